"""What makes a need a defined one, and what is worth a warning: plain answers from plain values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from crm.models.enums import Importance

GENERALIST_FROM = 3
"""Who offers work of so many categories is a generalist."""


class Part(StrEnum):
    """What a need can say; the first ones make it a defined one."""

    OUTCOME = "outcome"
    CATEGORY = "category"
    DELIVERABLES = "deliverables"
    BUDGET = "budget"
    ACCEPTANCE = "acceptance"
    VOLUME = "volume"
    START = "start"
    OWNER = "owner"


ESSENTIAL = frozenset({Part.OUTCOME, Part.CATEGORY, Part.DELIVERABLES, Part.BUDGET, Part.ACCEPTANCE})


class Concern(StrEnum):
    """What is worth a plain word before somebody goes on; it never stands in the way."""

    NOT_DEFINED = "not_defined"
    PREREQUISITE = "prerequisite"
    WINDOW_OVER = "window_over"
    OTHER_NICHE = "other_niche"
    GENERALIST = "generalist"


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of a need."""

    outcome: str = ""
    category_id: int | None = None
    deliverables: str = ""
    volume: str = ""
    budget_amount: int | None = None
    starts_from: date | None = None
    starts_by: date | None = None
    acceptance: str = ""
    owner_id: int | None = None


@dataclass(frozen=True, slots=True)
class Meter:
    """How far a need is defined: the parts that are said, and those that are not, in the order of :class:`Part`."""

    said: tuple[Part, ...]
    missing: tuple[Part, ...]

    @property
    def is_defined(self) -> bool:
        """Whether all that is essential is said."""
        return ESSENTIAL.isdisjoint(self.missing)

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return len(self.said) / len(Part)


def meter(said: Said) -> Meter:
    """How far a need is defined."""
    has = {
        Part.OUTCOME: bool(said.outcome),
        Part.CATEGORY: said.category_id is not None,
        Part.DELIVERABLES: bool(said.deliverables),
        Part.BUDGET: said.budget_amount is not None,
        Part.ACCEPTANCE: bool(said.acceptance),
        Part.VOLUME: bool(said.volume),
        Part.START: said.starts_from is not None or said.starts_by is not None,
        Part.OWNER: said.owner_id is not None,
    }
    return Meter(tuple(part for part in Part if has[part]), tuple(part for part in Part if not has[part]))


def concerns(
    *,
    is_defined: bool,
    unmet: int,
    importance: Importance,
    is_window_over: bool = False,
    is_in_niche: bool | None = None,
    categories_offered: int = 0,
) -> list[Concern]:
    """What is worth saying before a need is gone on with; the last two where a vendor is in question.

    ``is_in_niche`` is None where nobody is in question, or one side has no category.
    """
    found = {
        Concern.NOT_DEFINED: not is_defined,
        Concern.PREREQUISITE: unmet > 0,
        Concern.WINDOW_OVER: is_window_over,
        Concern.OTHER_NICHE: is_in_niche is False,
        Concern.GENERALIST: importance is Importance.STRATEGIC and categories_offered >= GENERALIST_FROM,
    }
    return [concern for concern in Concern if found[concern]]


def leads_back(need_id: int, other_id: int, needs_of: Mapping[int, Iterable[int]]) -> bool:
    """Whether ``other_id`` as a prerequisite of ``need_id`` would close a circle; ``needs_of`` gives the
    prerequisites of each need."""
    waiting, seen = [other_id], set[int]()
    while waiting:
        one = waiting.pop()
        if one == need_id:
            return True
        if one not in seen:
            seen.add(one)
            waiting.extend(needs_of.get(one, ()))
    return False
