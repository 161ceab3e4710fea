"""The thread of a vendor: contacts as knots on a line of time. Positions are percent of its width."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Protocol

from crm.core.dates import CadenceUnit
from crm.domain.cadences import Cadence
from crm.queries.parkings import Contact, Silence


class Parked(Protocol):
    """What the drawing asks of a parked vendor."""

    @property
    def rhythm(self) -> str: ...
    @property
    def next_on(self) -> date | None: ...
    @property
    def revisit_on(self) -> date: ...


PAST_DAYS, FUTURE_DAYS = 243, 162
"""Eight months back, and five and a third ahead: today stands at 60 of 100."""
NOW = 60.0


@dataclass(frozen=True, slots=True)
class Thread:
    """What the drawing shows: knots, the line's pieces (whole, quiet or late), the next check-in, the flag."""

    points: list[tuple[float, str]]
    pieces: list[tuple[float, float, str]]
    next: tuple[float, bool] | None
    flag: float | None
    now: float = NOW


def cadence_of(rhythm: str) -> Cadence | None:
    """A cadence from its text as it is kept with the vendor ("6 weeks", or empty)."""
    if not rhythm:
        return None
    every, unit = rhythm.split(" ")
    return Cadence(int(every), CadenceUnit(unit))


def is_quiet(last_on: date, rhythm: str, until: date) -> bool:
    """Whether nothing was heard for twice the rhythm."""
    cadence = cadence_of(rhythm)
    return cadence is not None and cadence.plus(last_on, 2) < until


def gone_quiet(silences: Iterable[Silence], today: date) -> list[Silence]:
    """Of the silences those that last for twice their rhythm."""
    return [silence for silence in silences if is_quiet(silence.last_on, silence.rhythm, today)]


def of_parked(row: Parked, contacts: Sequence[Contact], today: date) -> Thread:
    """The thread of a parked vendor."""
    seen = [contact for contact in contacts if contact.on <= today]
    points = [(_x(contact.on, today), "gift" if contact.is_referral else "knot") for contact in seen]
    pieces = [
        (_x(one.on, today), _x(other.on, today), "quiet" if is_quiet(one.on, row.rhythm, other.on) else "whole")
        for one, other in pairwise(seen)
        if one.on < other.on
    ]
    is_late = row.next_on is not None and row.next_on < today
    if seen:
        pieces += _to_now(seen[-1].on, row, today)
    if row.next_on is not None and not is_late:
        pieces.append((NOW, _x(row.next_on, today), "quiet"))
    return Thread(
        points=points,
        pieces=pieces,
        next=(_x(row.next_on, today), is_late) if row.next_on is not None else None,
        flag=_x(row.revisit_on, today),
    )


def _to_now(last_on: date, row: Parked, today: date) -> list[tuple[float, float, str]]:
    if is_quiet(last_on, row.rhythm, today):
        return [(_x(last_on, today), NOW, "quiet")]
    if row.next_on is None or row.next_on >= today:
        return [(_x(last_on, today), NOW, "whole")]
    due = max(row.next_on, last_on)
    return [(_x(last_on, today), _x(due, today), "whole"), (_x(due, today), NOW, "late")]


def _x(day: date, today: date) -> float:
    days = (day - today).days
    share = NOW * days / PAST_DAYS if days < 0 else (100 - NOW) * days / FUTURE_DAYS
    return round(min(98.0, max(2.0, NOW + share)), 2)
