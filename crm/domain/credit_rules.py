"""Credit for referrals: what each lot still holds, in integer minor units of one currency. Never below nothing.

A lot is what one won referral earned. Whatever is used comes from the lots that expire first. A lot that expires, or is
voided because its referral fell through, loses what was not used of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.models.enums import CreditKind

WHOLE = 10_000
"""A percentage is kept in hundredths of a percent."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the ledger. ``lot_id`` is the lot that a voiding is about; ``expires_on`` the last day of a lot."""

    id: int
    kind: CreditKind
    amount: int
    happened_on: date
    expires_on: date | None = None
    lot_id: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the statement: what it changed, and what was there afterwards."""

    entry_id: int
    """For an expiry: the lot's."""
    kind: CreditKind
    happened_on: date
    change: int
    balance: int


@dataclass(frozen=True, slots=True)
class Statement:
    """All lines, and the sums: ``balance`` is ``earned`` less ``used``, ``expired`` and ``voided``."""

    lines: list[Line]
    earned: int
    used: int
    expired: int
    voided: int
    next_expiry: date | None
    """When the next credit that is still there expires."""

    @property
    def balance(self) -> int:
        return self.earned - self.used - self.expired - self.voided


@dataclass(slots=True)
class _Lot:
    left: int
    expires_on: date | None


def percentage(closed: int, hundredths: int) -> int:
    """So many hundredths of a percent of closed business, in minor units, rounded half up."""
    return (closed * hundredths + WHOLE // 2) // WHOLE


def capped(amount: int, *, earned_before: int, cap: int | None) -> int:
    """What a won referral earns under terms that end at ``cap`` altogether."""
    return amount if cap is None else max(0, min(amount, cap - earned_before))


def statement(entries: Iterable[Entry], today: date) -> Statement:
    """Read the ledger through from its first day to today.

    Raises :class:`Refused` where more would be used on some day than there was.
    """
    lots: dict[int, _Lot] = {}
    lines: list[Line] = []
    sums = dict.fromkeys(CreditKind, 0)

    def note(entry_id: int, kind: CreditKind, on: date, change: int) -> None:
        sums[kind] += abs(change)
        lines.append(Line(entry_id, kind, on, change, sum(lot.left for lot in lots.values())))

    def let_expire(day: date) -> None:
        gone = [(lot.expires_on, lot_id) for lot_id, lot in lots.items() if lot.expires_on and lot.expires_on < day]
        for expires_on, lot_id in sorted(gone):
            lost, lots[lot_id].left, lots[lot_id].expires_on = lots[lot_id].left, 0, None
            if lost:
                note(lot_id, CreditKind.EXPIRED, expires_on, -lost)

    for entry in sorted(entries, key=_in_order):
        let_expire(entry.happened_on)
        if entry.kind is CreditKind.EARNED:
            lots[entry.id] = _Lot(entry.amount, entry.expires_on)
            note(entry.id, entry.kind, entry.happened_on, entry.amount)
        elif entry.kind is CreditKind.USED:
            _use(lots, entry.amount)
            note(entry.id, entry.kind, entry.happened_on, -entry.amount)
        elif entry.lot_id is not None and entry.lot_id in lots:
            lost, lots[entry.lot_id].left = lots[entry.lot_id].left, 0
            note(entry.id, CreditKind.VOIDED, entry.happened_on, -lost)
    let_expire(today)
    held = [lot.expires_on for lot in lots.values() if lot.left and lot.expires_on]
    return Statement(
        lines,
        sums[CreditKind.EARNED],
        sums[CreditKind.USED],
        sums[CreditKind.EXPIRED],
        sums[CreditKind.VOIDED],
        min(held, default=None),
    )


def _in_order(entry: Entry) -> tuple[date, int, int]:
    """By day; on one day what is earned comes before what is used, whichever was written down first."""
    return entry.happened_on, _ORDER.index(entry.kind), entry.id


_ORDER: Sequence[CreditKind] = (CreditKind.EARNED, CreditKind.USED, CreditKind.VOIDED, CreditKind.EXPIRED)


def _use(lots: dict[int, _Lot], amount: int) -> None:
    there = sum(lot.left for lot in lots.values())
    if amount > there:
        raise Refused(lazy("There was not so much credit on that day."), field="amount")
    for lot in sorted(lots.values(), key=lambda lot: lot.expires_on or date.max):
        taken = min(lot.left, amount)
        lot.left -= taken
        amount -= taken
