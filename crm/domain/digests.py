"""The morning letter: one a person, business and local date, on days when there is something to say.

A letter, its reminders and the time of the next one are written in one transaction for each person, so that no
process count, repeated tick or restart makes two of it, and none is forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import joinedload

from crm.core import clock, i18n
from crm.core.dates import add_days
from crm.core.links import links
from crm.core.settings import Settings
from crm.core.tenancy import InstallationSession, WorkspaceSession, inside
from crm.domain import digest_items, mail_settings, notices, readiness_reminders, reminder_links, responsibility
from crm.domain.digest_items import CHECK_INS
from crm.domain.digest_times import next_for
from crm.mail import messages, outbox
from crm.mail.messages import DigestCounts
from crm.mail.mime import Letter
from crm.models.enums import MailKind, MailState, ReminderKind
from crm.models.outbox import OutboxMessage
from crm.models.readiness import ReadinessReminder
from crm.models.workspaces import Membership
from crm.queries import digests as digest_queries
from crm.queries.digests import OpenReminder, Overdue

NAMED_ON_DAYS = (0, 3, 7, 14)
"""Days after day 0 on which an item is named; then every week."""
CHECK_INS_NAMED = 5
TRIGGERS_NAMED = 3
ITEMS_NAMED = 20
"""A letter stays short: the rest is counted, and stands in Today."""
OVERDUE_NAMED = 5
SUMMARY_EVERY = timedelta(days=7)
_LETTER_OF = select(OutboxMessage.state).where(OutboxMessage.key == bindparam("key"))
_MEMBER = (
    select(Membership)
    .where(Membership.id == bindparam("membership_id"))
    .options(joinedload(Membership.user, innerjoin=True), joinedload(Membership.workspace, innerjoin=True))
    .with_for_update(of=Membership)
    .execution_options(populate_existing=True)
)
"""Written once and kept: letters are planned for many people in a row."""


@dataclass(frozen=True, slots=True)
class _Contents:
    """What a letter tells: what its reader is reminded of, and now and then what others have left lying."""

    chosen: list[OpenReminder]
    counts: DigestCounts
    overdue: Overdue | None
    recheck: ReadinessReminder | None = None
    """That it is time to look again at how ready we are."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to say."""
        return not self.chosen and self.overdue is None and self.recheck is None

    @property
    def facts(self) -> dict[str, Any]:
        """What its delivery will mean."""
        facts: dict[str, Any] = {
            "reminders": [row.id for row in self.chosen],
            "mentions": [row.id for row in self.chosen if row.kind is ReminderKind.MENTION],
        }
        if self.overdue is not None:
            facts["overdue"] = [row.id for row in self.overdue.rows]
        if self.recheck is not None:
            facts["recheck"] = self.recheck.id
        return facts


def plan(
    session: InstallationSession, membership_id: int, *, settings: Settings, now: datetime | None = None
) -> OutboxMessage | None:
    """Write a person's letter if its time has come and there is something to say, and set the time of the next one.

    A letter that was missed is made up for on the same local date only; after that the next regular one is the
    catch-up. Whoever comes second finds that the time has moved on, and does nothing. ``now`` is the present instant
    unless said.
    """
    member = session.scalars(_MEMBER, {"membership_id": membership_id}).first()
    # Asked for once the member is held: before that the clock may be set back, and all be planned anew meanwhile.
    now = now or clock.now()
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
    contents = _contents(session, member, today)
    if contents.is_empty:
        return None
    with i18n.speaking(member.user.locale):
        letter = _letter(session, member, contents, today=today, now=now, settings=settings)
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
        facts={**contents.facts, "local_date": today.isoformat()},
    )
    outbox.cancel_older_digests(session, message)
    return message


def _has_letter(session: WorkspaceSession, key: str) -> bool:
    """Whether the date has its letter. One that was cancelled gives up its place.

    A date may come again: to somebody who travels west, and where the clock is set back.
    """
    state = session.scalar(_LETTER_OF, {"key": key})
    if state is MailState.CANCELLED:
        session.execute(
            delete(OutboxMessage)
            .where(OutboxMessage.key == key, OutboxMessage.state == MailState.CANCELLED)
            .execution_options(synchronize_session=False)
        )
    return state not in (None, MailState.CANCELLED)


def _contents(session: WorkspaceSession, member: Membership, today: date) -> _Contents:
    waiting = digest_queries.open_reminders(session, member.user_id, today)
    told = notices.on_their_way(session, member.user_id)
    named = [row for row in waiting if row.id not in told and is_to_be_named(row.shown_on, row.named_on, today)]
    return _Contents(
        chosen=_chosen(named),
        counts=messages.digest_counts(((row.kind, row.next_on) for row in waiting), today),
        overdue=_overdue(session, member, today),
        recheck=_recheck(session, member, today),
    )


def _recheck(session: WorkspaceSession, member: Membership, today: date) -> ReadinessReminder | None:
    """That it is time to look again at how ready we are, on the days on which an item is named."""
    due = readiness_reminders.due(session, member, today)
    return due if due is not None and is_to_be_named(due.due_on, due.named_on, today) else None


def _recheck_snooze(member: Membership, recheck: ReadinessReminder | None, settings: Settings) -> str | None:
    if recheck is None:
        return None
    token = reminder_links.Tokens(settings, member, recheck.id, recheck.due_on)
    return links(settings).recheck(token.recheck)


def _overdue(session: WorkspaceSession, member: Membership, today: date) -> Overdue | None:
    """What others have left lying for a fortnight: told to an admin once a week at most, counted from the last letter
    that told of it and was sent. Never what the admin is reminded of as well."""
    told_on = member.summarised_on
    is_told = told_on is not None and timedelta() <= today - told_on < SUMMARY_EVERY
    if not member.is_admin or is_told:
        return None
    since = add_days(today, -responsibility.SUMMED_UP_AFTER)
    found = digest_queries.overdue(session, since, reader_id=member.user_id, limit=OVERDUE_NAMED)
    return found if found.rows else None


def _chosen(named: Sequence[OpenReminder]) -> list[OpenReminder]:
    """What a letter names: whom the time looks right for, a few check-ins, those never named first, and the rest up to
    what a letter holds."""
    by_turn = sorted(named, key=lambda row: row.named_on is not None)
    ripe = [row for row in by_turn if row.kind is ReminderKind.TRIGGER][:TRIGGERS_NAMED]
    check_ins = [row for row in by_turn if row.kind in CHECK_INS][:CHECK_INS_NAMED]
    room = ITEMS_NAMED - len(ripe) - len(check_ins)
    others = [row for row in by_turn if row.kind not in (*CHECK_INS, ReminderKind.TRIGGER)][:room]
    kept = {row.id for row in (*ripe, *check_ins, *others)}
    return [row for row in named if row.id in kept]


def _letter(
    session: WorkspaceSession,
    member: Membership,
    contents: _Contents,
    *,
    today: date,
    now: datetime,
    settings: Settings,
) -> Letter:
    to = links(settings)
    items = digest_items.made(session, member, contents.chosen, today=today, settings=settings)
    return messages.digest(
        member,
        ripe=[item for item in items if item.kind is ReminderKind.TRIGGER],
        items=[item for item in items if item.kind in CHECK_INS],
        others=[item for item in items if item.kind not in (*CHECK_INS, ReminderKind.TRIGGER)],
        counts=contents.counts,
        overdue=contents.overdue,
        recheck_on=contents.recheck.due_on if contents.recheck else None,
        recheck_snooze=_recheck_snooze(member, contents.recheck, settings),
        today=today,
        local_hour=clock.local(now, member.user.time_zone).hour,
        links=to,
        unsubscribe=to.unsubscribe(reminder_links.unsubscribe_token(settings, member)),
    )
