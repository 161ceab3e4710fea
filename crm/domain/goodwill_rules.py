"""What we gave a vendor and what we received: counts side by side, never their difference, and when a word is due.

A relationship, not a debt: there is no single score.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from crm.core.dates import add_months
from crm.models.enums import GoodwillKind, GoodwillSide
from crm.queries.goodwill_nudges import GIVEN_WITHIN_MONTHS, RECEIVED_OFTEN

SHOWN_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Favour:
    """One entry of the ledger; ``value`` in minor units of ``currency``, None where nobody put a price on it."""

    side: GoodwillSide
    kind: GoodwillKind
    happened_on: date
    value: int | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One side of the ledger: how many, of which kinds, and what they were worth by currency."""

    count: int
    kinds: dict[GoodwillKind, int]
    totals: dict[str, int]


def column(favours: Iterable[Favour], side: GoodwillSide, today: date) -> Column:
    """What one side did in the last twelve months."""
    since = add_months(today, -SHOWN_MONTHS)
    kinds: defaultdict[GoodwillKind, int] = defaultdict(int)
    totals: defaultdict[str, int] = defaultdict(int)
    for each in favours:
        if each.side is not side or not since < each.happened_on <= today:
            continue
        kinds[each.kind] += 1
        if each.value is not None:
            totals[each.currency] += each.value
    return Column(sum(kinds.values()), dict(kinds), dict(totals))


def owes_a_turn(favours: Iterable[Favour], today: date) -> bool:
    """Whether we received twice and gave nothing in the last six months."""
    since = add_months(today, -GIVEN_WITHIN_MONTHS)
    sides = [each.side for each in favours if since < each.happened_on <= today]
    return sides.count(GoodwillSide.RECEIVED) >= RECEIVED_OFTEN and GoodwillSide.GIVEN not in sides
