"""The goodwill ledger: good turns given and received. Lines are added and, where they were a mistake, struck out."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from crm.core import clock, limits
from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import amounts, log_dates
from crm.models.enums import GoodwillKind, GoodwillSide
from crm.models.goodwill import GoodwillEntry
from crm.models.referrals import Referral
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership


@dataclass(frozen=True, slots=True)
class Turn:
    """A good turn: whose, which, when; ``value_amount`` in minor units where somebody put a price on it."""

    side: GoodwillSide
    kind: GoodwillKind
    happened_on: date
    note: str = ""
    value_amount: int | None = None
    value_currency: str = ""


def find(session: WorkspaceSession, entry_id: int) -> GoodwillEntry:
    """A line of the ledger. Raises :class:`Missing`."""
    row = session.get(GoodwillEntry, entry_id, with_for_update=session.writing or None)
    if row is None:
        raise Missing
    return row


def record(vendor: Vendor, turn: Turn, *, by: Membership) -> GoodwillEntry:
    """Write a good turn down. Raises :class:`Refused` with the box that is wrong."""
    log_dates.require_past(turn.happened_on, by=by, field="happened_on")
    if len(turn.note) > limits.TEXT_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.TEXT_LENGTH), field="note")
    amounts.require(turn.value_amount, turn.value_currency, box="value")
    entry = GoodwillEntry(
        vendor_id=vendor.id,
        side=turn.side,
        kind=turn.kind,
        happened_on=turn.happened_on,
        note=turn.note,
        value_amount=turn.value_amount,
        value_currency=turn.value_currency if turn.value_amount is not None else "",
        created_by=by.user_id,
    )
    session = session_of(vendor)
    session.add(entry)
    session.flush()
    return entry


def strike(entry: GoodwillEntry, *, why: str = "") -> None:
    """It was a mistake: the line stays, and counts no more. One that stands for a referral goes with its step alone.

    Raises :class:`Refused`.
    """
    if entry.referral_id is not None:
        raise Refused(lazy("It stands for a referral. Take the introduction back on the referral’s page."))
    if len(why) > limits.LINE_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.LINE_LENGTH), field="why")
    if entry.struck_at is None:
        entry.struck_at, entry.struck_why = clock.now(), why


def restore(entry: GoodwillEntry) -> None:
    """It was none after all: the line counts again."""
    if entry.referral_id is None:
        entry.struck_at, entry.struck_why = None, ""


def follow(session: WorkspaceSession, referral: Referral, introduced_on: date | None, *, by: int) -> None:
    """Hold the ledger against a referral: an introduction that was made is a good turn given, once, on its day."""
    statement = select(GoodwillEntry).where(
        GoodwillEntry.referral_id == referral.id, GoodwillEntry.side == GoodwillSide.GIVEN
    )
    present = session.scalars(statement.where(GoodwillEntry.struck_at.is_(None))).first()
    if present is not None and present.happened_on == introduced_on:
        return
    if present is not None:
        present.struck_at = clock.now()
        session.flush()
    if introduced_on is not None:
        session.add(
            GoodwillEntry(
                vendor_id=referral.vendor_id,
                side=GoodwillSide.GIVEN,
                kind=GoodwillKind.REFERRAL,
                happened_on=introduced_on,
                referral_id=referral.id,
                created_by=by,
            )
        )
        session.flush()


def follow_task(
    vendor: Vendor, entry_id: int | None, done_on: date | None, *, what: str, by: Membership
) -> GoodwillEntry | None:
    """Hold the ledger against a small task: accepted, it is a good turn given, once, on its day; undone (``done_on``
    None), its line is struck out. ``entry_id`` is the line that it had. Answers with the one that it has."""
    session = session_of(vendor)
    present = session.get(GoodwillEntry, entry_id) if entry_id is not None else None
    if present is not None and present.happened_on == done_on:
        restore(present)
        return present
    if present is not None and present.struck_at is None:
        strike(present)
    if done_on is None:
        return present
    return record(vendor, Turn(GoodwillSide.GIVEN, GoodwillKind.SMALL_TASK, done_on, note=what), by=by)
