"""The rows of Today, as records that they are drawn from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from crm.core import text
from crm.core.i18n import LazyText
from crm.domain import trust_entries
from crm.domain.referral_rules import AFTERWARDS
from crm.models.enums import InteractionKind, ReminderKind, Stage
from crm.queries.reminders import LastSaid, TodayRow
from crm.web.ways import Move, moves

_TO = (Stage.PROSPECT, Stage.TRIAL, Stage.ACTIVE, Stage.ENDED, Stage.NOT_A_FIT)


class Offer(NamedTuple):
    """An opening that the vendor could be referred to."""

    id: int
    business: str
    what_they_need: str


@dataclass(frozen=True, slots=True)
class Shared:
    """What all rows are drawn with: the reader's day and role, the page to come back to, and whether it is
    everyone's."""

    today: date
    may_work: bool
    here: str
    everyone: bool

    @property
    def quick(self) -> list[tuple[str, LazyText]]:
        """The trust notes of one tap."""
        return [(quick, meaning.words) for quick, meaning in trust_entries.QUICK.items()]


@dataclass(frozen=True, slots=True)
class TodayLine:
    """Something to act on, in the reader's words.

    last      what was last said: the day, how, the words, and by whom.
    offers    the openings that the vendor fits: id, business, and what they need.
    snoozes   the lengths to put it off for: value, words, and the day that it leads to.
    whose     what is somebody else's, in words; empty for what is the reader's own.
    """

    id: int
    kind: ReminderKind
    subject_id: int
    vendor_id: int
    name: str
    what_they_do: str
    stage: Stage
    next_on: date
    why: str
    last: tuple[date, InteractionKind, str, str] | None
    offers: tuple[tuple[int, str, str], ...]
    move: str
    snoozes: tuple[tuple[str, str, date], ...]
    whose: str
    person: str
    trial_id: int | None
    """The trial task that it is about, where it is about one."""
    asks_how_it_went: bool
    """Whether it asks what came of an introduction."""

    @property
    def tint(self) -> int:
        """The tint of the vendor's name."""
        return text.tint(self.name)

    @property
    def said(self) -> LastSaid | None:
        """What was last said."""
        return LastSaid(*self.last) if self.last else None

    @property
    def openings(self) -> list[Offer]:
        """The openings that the vendor fits."""
        return [Offer(*offer) for offer in self.offers]

    @property
    def ways(self) -> list[Move]:
        """Where to unpark the vendor to, where that is the question."""
        if self.kind is not ReminderKind.REVISIT:
            return []
        return moves(self.vendor_id, self.stage, undecided=False, back="/today", to=_TO)

    @property
    def can_skip(self) -> bool:
        return self.kind is ReminderKind.TOUCH

    @property
    def can_finish(self) -> bool:
        return self.kind not in (ReminderKind.TRIAL, ReminderKind.REVIEW)


def line(
    row: TodayRow,
    *,
    why: str,
    said: LastSaid | None,
    openings: Sequence[Any],
    move: str,
    snoozes: Sequence[tuple[str, str, date]],
    whose: str,
) -> TodayLine:
    """The line of a row."""
    return TodayLine(
        row.id,
        row.kind,
        row.subject_id,
        row.vendor_id,
        row.name,
        row.what_they_do,
        row.stage,
        row.next_on,
        why,
        (said.on, said.kind, said.words, said.by) if said else None,
        tuple((opening.id, opening.business, opening.what_they_need) for opening in openings),
        move,
        tuple(snoozes),
        whose,
        row.person,
        _trial_of(row),
        row.kind is ReminderKind.REFERRAL and row.why.get("state") in AFTERWARDS,
    )


def _trial_of(row: TodayRow) -> int | None:
    if row.kind in (ReminderKind.TRIAL, ReminderKind.REVIEW):
        return row.subject_id
    return row.why.get("trial_id") if row.kind is ReminderKind.QUESTION else None
