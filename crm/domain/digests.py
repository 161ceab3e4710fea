"""The morning letter: one a person, business and local date, on days when there is something to say.

A letter, its reminders and the time of the next one are written in one transaction for each person, so that no
process count, repeated tick or restart makes two of it, and none is forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import joinedload

from crm.core import clock, i18n, markdown, text
from crm.core.links import Links, links
from crm.core.settings import Settings
from crm.core.tenancy import InstallationSession, WorkspaceSession, inside
from crm.domain import mail_settings, notices, reminder_links, suggested_moves
from crm.domain.digest_times import next_for
from crm.domain.reminders import COMPLETED_ELSEWHERE, SNOOZED
from crm.domain.suggested_moves import Situation
from crm.mail import messages, outbox
from crm.mail.messages import DigestCounts, DigestItem
from crm.mail.mime import Letter
from crm.models import vocabulary
from crm.models.enums import MailKind, MailState, ReminderKind
from crm.models.outbox import OutboxMessage
from crm.models.referrals import Opening
from crm.models.stages import Parking
from crm.models.workspaces import Membership
from crm.queries import digests as digest_queries
from crm.queries import openings as opening_queries
from crm.queries.digests import LastSaid, OpenReminder

NAMED_ON_DAYS = (0, 3, 7, 14)
"""Days after day 0 on which an item is named; then every week."""
CHECK_INS_NAMED = 5
ITEMS_NAMED = 20
"""A letter stays short: the rest is counted, and stands in Today."""
OPENINGS_NAMED = 3
WORDS_LENGTH = 240

_CHECK_INS = (ReminderKind.TOUCH, ReminderKind.REVISIT)


@dataclass(frozen=True, slots=True)
class _Background:
    """What is known of the vendors that a letter names."""

    parkings: dict[int, Parking]
    said: dict[int, LastSaid]
    openings: dict[int, list[Opening]]
    mentioned_by: dict[int, str]


def plan(
    session: InstallationSession, membership_id: int, *, settings: Settings, now: datetime
) -> OutboxMessage | None:
    """Write a person's letter if its time has come and there is something to say, and set the time of the next one.

    A letter that was missed is made up for on the same local date only; after that the next regular one is the
    catch-up. Whoever comes second finds that the time has moved on, and does nothing.
    """
    member = session.scalars(
        select(Membership)
        .where(Membership.id == membership_id)
        .options(joinedload(Membership.user, innerjoin=True), joinedload(Membership.workspace, innerjoin=True))
        .with_for_update(of=Membership)
        .execution_options(populate_existing=True)
    ).first()
    if member is None or member.next_digest_at is None or member.next_digest_at > now:
        return None
    if not member.is_active or not member.digest_on:
        member.next_digest_at = None
        return None
    zone = member.user.time_zone
    member.next_digest_at = next_for(member, now)
    today = clock.local(now, zone).date()
    if not is_due_on(member, today, now):
        return None
    with inside(session, member.workspace_id) as rows:
        return _write(rows, member, today=today, now=now, settings=settings)


def look_again(session: InstallationSession) -> None:
    """Let every member's turn come at once: it is written or not as the date says, and the next time set.

    For a clock that was set back. By its time of before, letters of dates that are still to come may count as done.
    """
    session.execute(
        update(Membership)
        .where(Membership.next_digest_at > clock.now())
        .values(next_digest_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def is_due_on(member: Membership, today: date, now: datetime) -> bool:
    """Whether a regular letter of this local date has come due."""
    zone = member.user.time_zone
    just_before = clock.instant_of(today, 0, zone) - timedelta(seconds=1)
    regular = next_for(member, just_before)
    return regular is not None and regular <= now and clock.local(regular, zone).date() == today


def is_to_be_named(shown_on: date, named_on: date | None, today: date) -> bool:
    """Whether a letter of today names an item: the first one on or after day 0, 3, 7, 14, then weekly.

    ``shown_on`` is its day 0; ``named_on`` the date of the last letter that named it and was sent. A date that is
    still to come everywhere on earth is none: the clock was wrong.
    """
    days = (today - shown_on).days
    if days < 0:
        return False
    if named_on is not None and named_on > today + clock.DATES_APART:
        named_on = None
    step = max(each for each in NAMED_ON_DAYS if each <= days)
    if step == NAMED_ON_DAYS[-1]:
        step += (days - step) // 7 * 7
    return named_on is None or named_on < shown_on + timedelta(days=step)


def _write(
    session: WorkspaceSession, member: Membership, *, today: date, now: datetime, settings: Settings
) -> OutboxMessage | None:
    key = f"digest:{member.user_id}:{member.workspace_id}:{today.isoformat()}"
    if _has_letter(session, key):
        return None
    waiting = digest_queries.open_reminders(session, member.user_id, today)
    told = notices.on_their_way(session, member.user_id)
    named = [row for row in waiting if row.id not in told and is_to_be_named(row.shown_on, row.named_on, today)]
    if not named:
        return None
    chosen = _chosen(named)
    with i18n.speaking(member.user.locale):
        counts = messages.digest_counts(((row.kind, row.next_on) for row in waiting), today)
        letter = _letter(session, member, chosen, counts, today=today, now=now, settings=settings)
    message = outbox.enqueue(
        session,
        letter,
        key=key,
        kind=MailKind.DIGEST,
        sender=mail_settings.sender(session, settings),
        recipient=member.user.email,
        recipient_name=member.user.name,
        workspace_id=member.workspace_id,
        user_id=member.user_id,
        has_secrets=links(settings).base_url is not None,
        facts={
            "reminders": [row.id for row in chosen],
            "mentions": [row.id for row in chosen if row.kind is ReminderKind.MENTION],
            "local_date": today.isoformat(),
        },
    )
    outbox.cancel_older_digests(session, message)
    return message


def _has_letter(session: WorkspaceSession, key: str) -> bool:
    """Whether the date has its letter. One that was cancelled gives up its place.

    A date may come again: to somebody who travels west, and where the clock is set back.
    """
    session.execute(
        delete(OutboxMessage)
        .where(OutboxMessage.key == key, OutboxMessage.state == MailState.CANCELLED)
        .execution_options(synchronize_session=False)
    )
    return session.scalars(select(OutboxMessage.id).where(OutboxMessage.key == key)).first() is not None


def _chosen(named: Sequence[OpenReminder]) -> list[OpenReminder]:
    """What a letter names: a few check-ins, those never named first, and the rest up to what a letter holds."""
    by_turn = sorted(named, key=lambda row: row.named_on is not None)
    check_ins = [row for row in by_turn if row.kind in _CHECK_INS][:CHECK_INS_NAMED]
    others = [row for row in by_turn if row.kind not in _CHECK_INS][: ITEMS_NAMED - len(check_ins)]
    kept = {row.id for row in (*check_ins, *others)}
    return [row for row in named if row.id in kept]


def _letter(
    session: WorkspaceSession,
    member: Membership,
    chosen: Sequence[OpenReminder],
    counts: DigestCounts,
    *,
    today: date,
    now: datetime,
    settings: Settings,
) -> Letter:
    to = links(settings)
    background = _background(session, chosen, member.workspace.today)
    items = [_item(row, background, member, to, today, settings) for row in chosen]
    return messages.digest(
        member,
        items=[item for item in items if item.kind in _CHECK_INS],
        others=[item for item in items if item.kind not in _CHECK_INS],
        counts=counts,
        today=today,
        local_hour=clock.local(now, member.user.time_zone).hour,
        links=to,
        unsubscribe=to.unsubscribe(reminder_links.unsubscribe_token(settings, member)),
    )


def _background(session: WorkspaceSession, chosen: Sequence[OpenReminder], day: date) -> _Background:
    vendor_ids = {row.vendor_id for row in chosen}
    parkings = digest_queries.parkings_of(session, vendor_ids)
    return _Background(
        parkings=parkings,
        said=digest_queries.last_said(session, vendor_ids),
        openings=opening_queries.in_niche_of(session, parkings, day),
        mentioned_by=digest_queries.mentioned_by(
            session, [row.subject_id for row in chosen if row.kind is ReminderKind.MENTION]
        ),
    )


def _item(
    row: OpenReminder, background: _Background, member: Membership, to: Links, today: date, settings: Settings
) -> DigestItem:
    parking = background.parkings.get(row.vendor_id)
    said = background.said.get(row.vendor_id) if row.kind is not ReminderKind.MENTION else None
    openings = background.openings.get(row.vendor_id, []) if row.kind in _CHECK_INS else []
    move = suggested_moves.suggest(_situation(row, parking, openings), today)
    token = reminder_links.Tokens(settings, member, row.id, row.shown_on)
    vendor_page = f"/vendors/{row.vendor_id}"
    return DigestItem(
        kind=row.kind,
        vendor=row.vendor_name,
        due_on=row.next_on,
        why=vocabulary.why(row.why, today),
        by=background.mentioned_by.get(row.subject_id, "") if row.kind is ReminderKind.MENTION else "",
        parked=_parked(parking, row.kind),
        said=_short(markdown.plain(said.words)) if said else "",
        said_on=said.on if said else None,
        openings=tuple((opening.business, opening.what_they_need) for opening in openings[:OPENINGS_NAMED]),
        move=str(move) if move else "",
        done_url=None if row.kind in COMPLETED_ELSEWHERE else to.reminder_done(token.done),
        snooze_url=to.reminder_snooze(token.snooze) if row.kind in SNOOZED else None,
        open_url=to.page(member.workspace.slug, vendor_page),
    )


def _situation(row: OpenReminder, parking: Parking | None, openings: Sequence[Opening]) -> Situation:
    return Situation(
        kind=row.kind,
        stage=row.stage,
        vendor_id=row.vendor_id,
        why=row.why,
        reason=parking.reason if parking else None,
        openings=tuple(opening.business for opening in openings),
        asks_for_discount=parking is not None and parking.ask_for_discount,
        offers_small_tasks=parking is not None and parking.offer_small_tasks,
    )


def _parked(parking: Parking | None, kind: ReminderKind) -> tuple[str, ...]:
    """Why a vendor is parked: the reason, what was noted with it, and what has to change.

    Where it is time to look again, the reminder says the reason already.
    """
    if parking is None or kind is ReminderKind.MENTION:
        return ()
    reason = "" if kind is ReminderKind.REVISIT else vocabulary.word(parking.reason)
    parts = (reason, _short(markdown.plain(parking.details)), _short(parking.condition))
    said = [part for part in parts if part]
    return (*(part.rstrip(".") for part in said[:-1]), *said[-1:])


def _short(words: str) -> str:
    words = text.clean_line(words)
    return words if len(words) <= WORDS_LENGTH else words[: WORDS_LENGTH - 1].rstrip() + "…"
