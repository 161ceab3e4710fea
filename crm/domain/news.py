"""Notifications: who follows whom, and the lines that tell a person what concerns them.

A line is written in the transaction of what it tells, for those who may read it then; whoever reads it is asked for
their right once more (:mod:`crm.queries.news`). One act on many vendors tells each person one thing, not hundreds.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, select, update

from crm.core import clock
from crm.core.errors import Missing
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import news_letters, permissions
from crm.domain.permissions import Act
from crm.models.enums import NewsKind, TimelineKind, Visibility
from crm.models.log import Mention, TimelineEntry
from crm.models.sharing import Follow, News
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership
from crm.queries import members
from crm.queries import news as reading

KEPT = timedelta(days=90)
"""So long a line that was read is kept."""
KEPT_UNREAD = timedelta(days=365)
NO_NEWS = frozenset({TimelineKind.ADDED, TimelineKind.SNOOZE, TimelineKind.SKIP})
"""Nobody follows a vendor that is just added, and what one puts off is one's own business."""

_FOLLOWERS, _ACT = "followers", "act on many"
"""What a session remembers for its own length: who follows a vendor, and the act on many that is being worked off."""


class Handed(StrEnum):
    """What was made somebody's."""

    OWNER = "owner"
    BACKUP = "backup"
    REVIEWER = "reviewer"
    NEED = "need"
    REFERRAL = "referral"


# Following


def follow(vendor: Vendor, *, by: Membership) -> None:
    """Tell this person from now on what happens with the vendor. Saying it twice changes nothing."""
    permissions.require(by, Act.SEE)
    session = session_of(vendor)
    if session.scalars(_follow_of(vendor.id, by.user_id)).first() is None:
        session.add(Follow(vendor_id=vendor.id, user_id=by.user_id))
        session.flush()
    session.info.pop(_FOLLOWERS, None)


def unfollow(vendor: Vendor, *, by: Membership) -> None:
    """Tell this person no more of the vendor, but for what is theirs and where they are mentioned."""
    session = session_of(vendor)
    gone = delete(Follow).where(Follow.vendor_id == vendor.id, Follow.user_id == by.user_id)
    session.execute(gone.execution_options(synchronize_session=False))
    session.info.pop(_FOLLOWERS, None)


def _follow_of(vendor_id: int, user_id: int) -> Any:
    return select(Follow).where(Follow.vendor_id == vendor_id, Follow.user_id == user_id)


# Telling


def tell_followers(
    session: WorkspaceSession, entry: TimelineEntry, *, by: int | None, former: Visibility | None
) -> None:
    """Tell those who follow a vendor that a line was written on its timeline, or that they may read it from now on.

    ``former`` is who could read it before; None for a new line. Whoever wrote it knows.
    """
    if entry.kind in NO_NEWS or former is entry.visibility:
        return
    wanted = [
        member
        for member in _followers(session, entry.vendor_id)
        if member.user_id != by
        and permissions.may_read(member, entry.visibility, entry.author_id)
        and (former is None or not permissions.may_read(member, former, entry.author_id))
    ]
    if not wanted:
        return
    session.flush()  # the line has its number from here on
    already = _told_of(session, entry) if former is not None else set()
    for member in wanted:
        if member.user_id in already:
            continue  # it was closed meanwhile, and their line shows again
        if _is_gathered(session, NewsKind.FOLLOWED, member.user_id, by):
            continue
        line = News(
            user_id=member.user_id,
            kind=NewsKind.FOLLOWED,
            vendor_id=entry.vendor_id,
            entry_id=entry.id,
            facts={},
            actor_id=by,
        )
        session.add(line)
        if member.mail_followed and entry.visibility is Visibility.TEAM:
            # What not everybody may read is told here alone: nobody can take a letter back.
            news_letters.of_followed(session, line, entry, member)


def _told_of(session: WorkspaceSession, entry: TimelineEntry) -> set[int]:
    lines = select(News.user_id).where(News.kind == NewsKind.FOLLOWED, News.entry_id == entry.id)
    return set(session.scalars(lines))


def hand(
    session: WorkspaceSession,
    to: int | None,
    *,
    by: Membership,
    what: Handed,
    subject_id: int,
    name: str,
    vendor_id: int | None = None,
) -> None:
    """Tell somebody that something is theirs to look after from now on. Whoever took it themselves knows."""
    if to is None or to == by.user_id or _is_gathered(session, NewsKind.HANDED, to, by.user_id):
        return
    line = News(
        user_id=to,
        kind=NewsKind.HANDED,
        vendor_id=vendor_id,
        facts={"what": what, "id": subject_id, "name": name},
        actor_id=by.user_id,
    )
    session.add(line)
    member = members.membership(session, session.workspace_id, to)
    if member is not None and member.is_active and member.mail_handed:
        news_letters.of_handed(session, line, member)


def hand_vendor(vendor: Vendor, *, by: Membership, former: tuple[int | None, int | None] = (None, None)) -> None:
    """Tell whoever looks after a vendor, or stands in, where ``former`` says that it was somebody else before."""
    asked = (Handed.OWNER, vendor.owner_id, former[0]), (Handed.BACKUP, vendor.backup_id, former[1])
    for what, user_id, before in asked:
        if user_id != before:
            hand(
                session_of(vendor),
                user_id,
                by=by,
                what=what,
                subject_id=vendor.id,
                name=vendor.name,
                vendor_id=vendor.id,
            )


def mentioned(session: WorkspaceSession, mention: Mention, *, by: Membership) -> None:
    """Tell somebody that they were called. Their letter is that of the reminder (:mod:`crm.domain.notices`). Whoever
    follows the vendor as well is told this alone."""
    kind, said_id = (
        (TimelineKind.NOTE, mention.note_id)
        if mention.note_id is not None
        else (TimelineKind.INTERACTION, mention.interaction_id)
    )
    entry = select(TimelineEntry.id).where(TimelineEntry.kind == kind, TimelineEntry.subject_id == said_id)
    told = delete(News).where(News.user_id == mention.user_id, News.entry_id.in_(entry))
    session.execute(told.execution_options(synchronize_session=False))
    session.add(
        News(
            user_id=mention.user_id,
            kind=NewsKind.MENTION,
            vendor_id=mention.vendor_id,
            mention_id=mention.id,
            facts={},
            actor_id=by.user_id,
        )
    )


@contextmanager
def gathering(session: WorkspaceSession, act_id: int) -> Iterator[None]:
    """Within it one act is done on many vendors: each person is told once of it, with a count."""
    session.info[_ACT] = act_id
    try:
        yield
    finally:
        session.info.pop(_ACT, None)


def _is_gathered(session: WorkspaceSession, kind: NewsKind, user_id: int, actor_id: int | None) -> bool:
    """Whether it counts in the one line of an act on many. The line is made with the first of them."""
    act_id = session.info.get(_ACT)
    if act_id is None:
        return False
    latest = select(News).where(News.user_id == user_id, News.kind == kind, News.vendor_id.is_(None))
    line = session.scalars(latest.order_by(News.id.desc()).limit(1)).first()
    if line is None or line.facts.get("act") != act_id:
        line = News(user_id=user_id, kind=kind, facts={"act": act_id, "count": 0}, actor_id=actor_id)
        session.add(line)
    line.facts = {**line.facts, "count": line.facts["count"] + 1}
    session.flush()
    return True


def _followers(session: WorkspaceSession, vendor_id: int) -> list[Membership]:
    """Those who follow a vendor: asked once for each vendor that a transaction writes about."""
    known: dict[int, list[Membership]] = session.info.setdefault(_FOLLOWERS, {})
    if vendor_id not in known:
        known[vendor_id] = list(reading.followers(session, vendor_id))
    return known[vendor_id]


# Having read


def find(session: WorkspaceSession, line_id: int, *, reader: Membership) -> News:
    """A line of the reader's own. Raises :class:`Missing`."""
    line = session.get(News, line_id, with_for_update=session.writing or None)
    if line is None or line.user_id != reader.user_id:
        raise Missing
    return line


def read(line: News) -> None:
    """Its person has read it."""
    line.read_at = line.read_at or clock.now()


def unread(line: News) -> None:
    """Take :func:`read` back."""
    line.read_at = None


def read_all(session: WorkspaceSession, *, by: Membership) -> None:
    """The person has read every line there is. What waits in Today goes on waiting."""
    every = update(News).where(News.user_id == by.user_id, News.read_at.is_(None)).values(read_at=clock.now())
    session.execute(every.execution_options(synchronize_session=False))


def read_mention(mention: Mention) -> None:
    """Whoever has seen a mention has read the line that tells it."""
    its = update(News).where(News.mention_id == mention.id, News.read_at.is_(None)).values(read_at=clock.now())
    session_of(mention).execute(its.execution_options(synchronize_session=False))


def forget_old(session: WorkspaceSession) -> None:
    """Forget what was read long ago, and what nobody read in a year."""
    now = clock.now()
    for gone in (News.read_at <= now - KEPT, News.happened_at <= now - KEPT_UNREAD):
        session.execute(delete(News).where(gone).execution_options(synchronize_session=False))
