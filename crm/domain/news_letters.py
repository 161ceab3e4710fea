"""Notifications by e-mail, for those who asked for them: what was handed to them, and what happens with whom they
follow.

Of one vendor one letter an hour leaves at the most: it tells the first thing, and its link shows the others. What is
undone, or not the reader's to read any more, by the time that a letter would leave, is not sent.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import and_, select

from crm.core import clock, i18n, markdown
from crm.core.equipment import settings_of
from crm.core.links import links
from crm.core.tenancy import WorkspaceSession
from crm.domain import mail_settings, reminder_links
from crm.mail import messages, outbox
from crm.mail.mime import Letter
from crm.models import news_words
from crm.models.enums import MailKind, NewsKind, Visibility
from crm.models.log import TimelineEntry
from crm.models.sharing import Follow, News
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership
from crm.queries import members

LASTS = timedelta(days=1)


def of_handed(session: WorkspaceSession, line: News, member: Membership) -> None:
    """Tell by e-mail that something was handed to a person."""
    session.flush()
    facts = line.facts
    with i18n.speaking(member.user.locale):
        words = news_words.handed(facts["what"], facts["name"])
        _send(session, line, member, words, key=f"news:{line.id}", page=_PAGES[facts["what"]] % facts["id"])


def of_followed(session: WorkspaceSession, line: News, entry: TimelineEntry, member: Membership) -> None:
    """Tell by e-mail that something happened with a vendor that a person follows."""
    session.flush()
    vendor = session.get_one(Vendor, entry.vendor_id)
    key = f"news:{member.id}:{vendor.id}:{clock.now():%Y-%m-%dT%H}"
    with i18n.speaking(member.user.locale):
        words = news_words.followed(entry.kind, vendor.name)
        said = markdown.plain(entry.body)[: messages.EXCERPT_LENGTH]
        _send(session, line, member, words, said=said, key=key, page=f"/vendors/{vendor.id}")


_PAGES = {
    "owner": "/vendors/%s",
    "backup": "/vendors/%s",
    "reviewer": "/trial-briefs/%s/brief",
    "need": "/needs/%s",
    "referral": "/referrals/%s",
}


def _send(
    session: WorkspaceSession,
    line: News,
    member: Membership,
    words: str,
    *,
    said: str = "",
    key: str,
    page: str,
) -> None:
    settings = settings_of(session)
    if settings is None:
        return
    to, slug = links(settings), member.workspace.slug
    by = members.membership(session, session.workspace_id, line.actor_id) if line.actor_id else None
    stop = reminder_links.unsubscribe_token(settings, member, MailKind.NEWS, news=line.kind)
    letter: Letter = messages.news(
        member,
        by=by.user.name if by else "",
        words=words,
        said=said,
        open_url=to.page(slug, page),
        news_url=to.page(slug, "/notifications"),
        settings_url=to.page(slug, "/settings"),
        unsubscribe=to.unsubscribe(stop),
    )
    outbox.enqueue(
        session,
        letter,
        key=key,
        kind=MailKind.NEWS,
        sender=mail_settings.sender(session, settings),
        recipient=member.user.email,
        recipient_name=member.user.name,
        workspace_id=session.workspace_id,
        user_id=member.user_id,
        has_secrets=to.base_url is not None,
        expires_at=clock.now() + LASTS,
        facts={"news": line.id},
    )


def why_not(session: WorkspaceSession, facts: dict[str, Any], member: Membership) -> str | None:
    """Why such a letter is not to leave any more; None where it is still wanted."""
    found = session.execute(
        select(News.kind, News.read_at, News.entry_id, TimelineEntry.visibility, Follow.id, News.vendor_id)
        .outerjoin(TimelineEntry, TimelineEntry.id == News.entry_id)
        .outerjoin(Follow, and_(Follow.vendor_id == News.vendor_id, Follow.user_id == News.user_id))
        .where(News.id == facts["news"])
    ).first()
    if found is None:
        return "There is nothing to tell any more."
    kind, read_at, entry_id, visibility, follow_id, vendor_id = found
    if not (member.mail_handed if kind is NewsKind.HANDED else member.mail_followed):
        return "The person wants no such letters."
    if kind is NewsKind.FOLLOWED and vendor_id is not None and follow_id is None:
        return "The person does not follow the vendor any more."
    if read_at is not None:
        return "The person has read it."
    if entry_id is not None and visibility is not Visibility.TEAM:
        return "It tells what is not for everybody any more."
    return None
