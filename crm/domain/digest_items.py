"""What a morning letter says about each thing that it names: who, why now, what was last said, what would be kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from crm.core import markdown, text
from crm.core.links import Links, links
from crm.core.settings import Settings
from crm.core.tenancy import WorkspaceSession
from crm.domain import matches, reminder_links, suggested_moves
from crm.domain.referral_rules import AFTERWARDS
from crm.domain.reminders import COMPLETED_ELSEWHERE, SNOOZED
from crm.domain.suggested_moves import Situation
from crm.mail.messages import DigestItem
from crm.models import vocabulary
from crm.models.enums import ReminderKind
from crm.models.stages import Parking
from crm.models.workspaces import Membership
from crm.queries import digests as digest_queries
from crm.queries import trust_figures
from crm.queries.digests import LastSaid, OpenReminder
from crm.queries.matches import Wanted

CHECK_INS = (ReminderKind.TOUCH, ReminderKind.REVISIT)
DECIDED = (ReminderKind.REVISIT, ReminderKind.TRIGGER)
"""What asks for a decision about a parking."""
OPENINGS_NAMED = 3
WORDS_LENGTH = 240


@dataclass(frozen=True, slots=True)
class _Background:
    """What is known of the vendors that a letter names."""

    parkings: dict[int, Parking]
    said: dict[int, LastSaid]
    openings: dict[int, list[Wanted]]
    mentioned_by: dict[int, str]
    names: dict[int, str]
    breached: set[int]
    """Whose word was broken without being mended, as far as the letter's reader may know."""


def made(
    session: WorkspaceSession,
    member: Membership,
    chosen: Sequence[OpenReminder],
    *,
    today: date,
    settings: Settings,
) -> list[DigestItem]:
    """The reminders that a letter names, in its reader's words. Call it inside ``i18n.speaking``."""
    to = links(settings)
    background = _background(session, chosen, member)
    return [_item(row, background, member, to, today, settings) for row in chosen]


def _background(session: WorkspaceSession, chosen: Sequence[OpenReminder], reader: Membership) -> _Background:
    vendor_ids = {row.vendor_id for row in chosen}
    checked_in = {row.vendor_id for row in chosen if row.kind in CHECK_INS}
    parkings = digest_queries.parkings_of(session, vendor_ids)
    return _Background(
        parkings=parkings,
        said=digest_queries.last_said(session, vendor_ids),
        openings=matches.openings_for(session, checked_in, reader.workspace.today),
        mentioned_by=digest_queries.mentioned_by(
            session, [row.subject_id for row in chosen if row.kind is ReminderKind.MENTION]
        ),
        names=digest_queries.first_names(session, {row.why["whose"] for row in chosen if row.why.get("whose")}),
        breached=trust_figures.breached(session, vendor_ids, reader=reader),
    )


def _item(
    row: OpenReminder, background: _Background, member: Membership, to: Links, today: date, settings: Settings
) -> DigestItem:
    parking = background.parkings.get(row.vendor_id)
    said = background.said.get(row.vendor_id) if row.kind is not ReminderKind.MENTION else None
    openings = background.openings.get(row.vendor_id, []) if row.kind in CHECK_INS else []
    move = suggested_moves.suggest(_situation(row, parking, openings), today)
    token = reminder_links.Tokens(settings, member, row.id, row.shown_on)
    slug, page = member.workspace.slug, f"/vendors/{row.vendor_id}"
    subject = {
        ReminderKind.WORK: f"/works/{row.subject_id}",
        ReminderKind.ACCESS: f"{page}/delegation",
        ReminderKind.TRIAL: f"/trials/{row.subject_id}",
        ReminderKind.REVIEW: f"/trials/{row.subject_id}",
        ReminderKind.QUESTION: f"/trials/{row.why.get('trial_id')}",
        ReminderKind.REFERRAL: f"/referrals/{row.subject_id}",
    }
    asks_outcome = row.kind is ReminderKind.REFERRAL and row.why.get("state") in AFTERWARDS
    is_ripe = row.kind is ReminderKind.TRIGGER
    return DigestItem(
        kind=row.kind,
        vendor=row.vendor_name,
        due_on=row.next_on,
        why=vocabulary.why(row.why, today),
        by=background.mentioned_by.get(row.subject_id, "") if row.kind is ReminderKind.MENTION else "",
        whose=vocabulary.whose(row.why, background.names.get(row.why.get("whose", 0))),
        parked=_parked(parking, row.kind, today),
        said=_short(markdown.plain(said.words)) if said else "",
        said_on=said.on if said else None,
        openings=tuple((opening.business, opening.what_they_need) for opening in openings[:OPENINGS_NAMED]),
        move=str(move) if move else "",
        done_url=None if row.kind in COMPLETED_ELSEWHERE or is_ripe or asks_outcome else to.reminder_done(token.done),
        snooze_url=to.reminder_snooze(token.snooze) if row.kind in SNOOZED else None,
        open_url=to.page(slug, subject.get(row.kind, page)),
        touch_url=to.page(slug, f"{page}/letters/new") if is_ripe else None,
        decide_url=to.page(slug, f"{page}/parking/decision") if row.kind in DECIDED else None,
        outcome_url=to.page(slug, f"/referrals/{row.subject_id}/outcome") if asks_outcome else None,
        headline=vocabulary.headline(row.why, row.vendor_name, today) if is_ripe else "",
        has_open_breach=row.vendor_id in background.breached,
    )


def _situation(row: OpenReminder, parking: Parking | None, openings: Sequence[Wanted]) -> Situation:
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


def _parked(parking: Parking | None, kind: ReminderKind, today: date) -> tuple[str, ...]:
    """Why a vendor is parked: the reason, what was noted with it, and what has to change.

    Where it is time to look again, the reminder says the reason already; where the time looks right, what had to change
    has changed.
    """
    if parking is None or kind is ReminderKind.MENTION:
        return ()
    if kind is ReminderKind.TRIGGER:
        return (vocabulary.parked_since(parking.reason, parking.parked_on, today),)
    reason = "" if kind is ReminderKind.REVISIT else vocabulary.word(parking.reason)
    parts = (reason, _short(markdown.plain(parking.details)), _short(parking.condition))
    said = [part for part in parts if part]
    return (*(part.rstrip(".") for part in said[:-1]), *said[-1:])


def _short(words: str) -> str:
    return text.excerpt(words, WORDS_LENGTH)
