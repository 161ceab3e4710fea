"""What the delegation board suggests and warns of, from plain values. It decides nothing: a person moves the level.

A *run* is the latest works of an area that say how it goes, in the order in which they were decided; what was called
off says nothing. A level that was lowered has answered the rejections decided until that day: the same two do not carry
four steps down. A step up needs no such rule: it waits for thirty days at the present level.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import takewhile

from crm.core.dates import FAR_END, add_days
from crm.domain.trust_scores import Band
from crm.models.enums import Hint, Level, Stage, WorkOutcome
from crm.queries.delegated_works import DECIDED
from crm.queries.delegation_hints import Area, Board, Breach, Held, PutOff, Work

DELIVERIES_IN_A_ROW = 5
SETTLED_DAYS = 30
"""A level stays for so many days before a step up is suggested."""
AFTER_A_BREACH = Level.CONSULT
REJECTIONS_RUNNING = 2
STEPS_DOWN = 2
LET_DOWN_RUNNING = 3
NEEDS_PROCEDURE = Level.ADVISE
NEEDS_LIMIT = Level.INQUIRE
PUT_OFF_DAYS = 30
SUGGESTIONS = (Hint.LEVEL_UP, Hint.CAP_AFTER_BREACH, Hint.STEP_DOWN)
NO_LONGER_WITH_US = (Stage.PARKED, Stage.ENDED, Stage.NOT_A_FIT)
_PARTED = (Stage.ENDED, Stage.NOT_A_FIT)


class FactKind(StrEnum):
    """What kind of record a hint rests on."""

    WORK = "work"
    TRUST = "trust"
    ACCESS = "access"
    LEVEL = "level"


@dataclass(frozen=True, slots=True)
class Fact:
    """One record that a hint rests on: ``id`` is an area's for a level; ``day`` is when it was so."""

    kind: FactKind
    id: int
    words: str
    day: date | None


@dataclass(frozen=True, slots=True)
class Finding:
    """A suggestion or a warning with its evidence.

    area      what it is about; None for the vendor as a whole.
    to_level  where to, for a suggestion.
    about     the numbers of the records that can grow: what comes on top of these makes a new cause.
    """

    kind: Hint
    area: Area | None
    evidence: tuple[Fact, ...]
    to_level: Level | None = None
    about: frozenset[int] = frozenset()
    put_off: PutOff | None = None
    """Who has put it off, where somebody has."""


def findings(board: Board, today: date, *, ability: Callable[[], Band]) -> list[Finding]:
    """All that holds today, put off or not: the vendor's own first, then by area. An area has one suggestion at the
    most, the most cautious of those that nobody has put off.

    ``ability`` gives the band of their ability; it is asked only where the answer matters.
    """
    found: list[Finding | None] = [open_access(board)]
    if board.stage not in _PARTED:
        found.append(look_elsewhere(board, today))
        for area in board.areas:
            found += [*suggestions(area, board, today, ability), no_procedure(area), no_limit(area)]
    marked = [_marked(finding, board.put_off, today) for finding in found if finding is not None]
    return _one_suggestion_each(marked)


def suggestions(area: Area, board: Board, today: date, ability: Callable[[], Band]) -> list[Finding | None]:
    """What holds of the three that name a level for an area."""
    run = decided(work for work in board.works if work.area_id == area.id)
    return [
        cap_after_breach(area, board.breaches),
        step_down(area, run),
        level_up(area, run, board.breaches, today, ability),
    ]


def level_up(
    area: Area, run: Sequence[Work], breaches: Sequence[Breach], today: date, ability: Callable[[], Band]
) -> Finding | None:
    """One level up: five accepted in a row without a change, able, no breach open, and thirty days at this level."""
    latest = run[-DELIVERIES_IN_A_ROW:]
    if len(latest) < DELIVERIES_IN_A_ROW or not all(map(_is_clean, latest)):
        return None
    settled = area.since is None or today >= add_days(area.since, SETTLED_DAYS)
    if area.level is Level.DELEGATE or breaches or not settled or ability() not in (Band.GOOD, Band.HIGH):
        return None
    return Finding(Hint.LEVEL_UP, area, _of_works(latest), Level(area.level + 1))


def cap_after_breach(area: Area, breaches: Sequence[Breach]) -> Finding | None:
    """To level 3 at the most, for as long as nothing has mended a major breach of their word."""
    if not breaches or area.level <= AFTER_A_BREACH:
        return None
    evidence = tuple(Fact(FactKind.TRUST, each.id, each.what_happened, each.occurred_on) for each in breaches)
    about = frozenset(each.id for each in breaches)
    return Finding(Hint.CAP_AFTER_BREACH, area, evidence, AFTER_A_BREACH, about)


def step_down(area: Area, run: Sequence[Work]) -> Finding | None:
    """Two levels down, not below 1, after two rejections running."""
    since_lowered = [work for work in run if area.lowered_on is None or _decided_on(work) > area.lowered_on]
    rejected = _end_of(since_lowered, lambda work: work.outcome is WorkOutcome.REJECTED)
    if len(rejected) < REJECTIONS_RUNNING or area.level is Level.TELL:
        return None
    to_level = Level(max(Level.TELL, area.level - STEPS_DOWN))
    return Finding(Hint.STEP_DOWN, area, _of_works(rejected), to_level, _numbers(rejected))


def look_elsewhere(board: Board, today: date) -> Finding | None:
    """Three late or rejected running, in one area or over all, though we gave what we had promised."""
    telling = [work for work in board.works if work.outcome in DECIDED or _is_late_and_open(work, today)]
    areas = dict.fromkeys(work.area_id for work in telling)
    runs = [[work for work in telling if work.area_id == area_id] for area_id in areas]
    let_down: dict[int, Work] = {}
    for run in (telling, *runs):
        latest = _end_of(_in_order(run), lambda work: _let_us_down(work, today))
        if len(latest) >= LET_DOWN_RUNNING:
            let_down |= {work.id: work for work in latest}
    if not let_down:
        return None
    works = _in_order(let_down.values())
    return Finding(Hint.LOOK_ELSEWHERE, None, _of_works(works), about=_numbers(works))


def no_procedure(area: Area) -> Finding | None:
    """From level 5 on somebody should have written down how it is done."""
    if area.level < NEEDS_PROCEDURE or area.has_procedure:
        return None
    return Finding(Hint.NO_PROCEDURE, area, (_level_of(area),))


def no_limit(area: Area) -> Finding | None:
    """From level 6 on money asks for a limit."""
    if area.level < NEEDS_LIMIT or not area.spends_money or area.has_limit:
        return None
    return Finding(Hint.NO_LIMIT, area, (_level_of(area),))


def open_access(board: Board) -> Finding | None:
    """Access still stands though they are parked, or we have parted."""
    if board.stage not in NO_LONGER_WITH_US or not board.accesses:
        return None
    about = frozenset(access.id for access in board.accesses)
    return Finding(Hint.OPEN_ACCESS, None, tuple(map(_of_access, board.accesses)), about=about)


def decided(works: Iterable[Work]) -> list[Work]:
    """The works that were accepted or rejected, in that order, the latest last."""
    return _in_order(work for work in works if work.outcome in DECIDED)


def was_late(work: Work, today: date) -> bool:
    """Whether it came after the day that was agreed on first, or that day has gone by without it."""
    return (work.delivered_on or work.decided_on or today) > work.original_due_on


def is_hidden(finding: Finding, put_off: PutOff, today: date) -> bool:
    """Whether somebody's "not yet" still hides it: until its day, unless something new has come on top."""
    same = (put_off.kind, put_off.area_id) == (finding.kind, finding.area.id if finding.area else None)
    return same and today < put_off.until and finding.about <= put_off.about


def _marked(finding: Finding, put_off: Iterable[PutOff], today: date) -> Finding:
    hiding = [each for each in put_off if is_hidden(finding, each, today)]
    return replace(finding, put_off=max(hiding, key=lambda each: (each.until, each.id))) if hiding else finding


def _one_suggestion_each(found: Sequence[Finding]) -> list[Finding]:
    """Of an area's suggestions only the most cautious that shows; what is put off stays beside it, as put off."""
    kept: dict[int, Finding] = {}
    for finding in found:
        if finding.kind in SUGGESTIONS and finding.put_off is None and finding.area and finding.to_level:
            known = kept.get(finding.area.id)
            if known is None or known.to_level is None or finding.to_level < known.to_level:
                kept[finding.area.id] = finding
    return [
        finding
        for finding in found
        if finding.kind not in SUGGESTIONS or finding.put_off is not None or finding in kept.values()
    ]


def _in_order(works: Iterable[Work]) -> list[Work]:
    """As they were decided; what is late and undecided stands last, by the day it was due."""
    return sorted(works, key=lambda work: (work.decided_on or FAR_END, work.original_due_on, work.id))


def _end_of(works: Sequence[Work], holds: Callable[[Work], bool]) -> list[Work]:
    """The latest works for which it holds without a break, in their order."""
    return list(takewhile(holds, reversed(works)))[::-1]


def _decided_on(work: Work) -> date:
    return work.decided_on or FAR_END


def _is_clean(work: Work) -> bool:
    return work.outcome is WorkOutcome.ACCEPTED and work.rounds == 0


def _let_us_down(work: Work, today: date) -> bool:
    is_bad = work.outcome is WorkOutcome.REJECTED or was_late(work, today)
    return is_bad and work.gave_promised is True


def _is_late_and_open(work: Work, today: date) -> bool:
    return work.outcome is None and was_late(work, today)


def _of_works(works: Iterable[Work]) -> tuple[Fact, ...]:
    return tuple(
        Fact(FactKind.WORK, work.id, work.title, work.decided_on or work.delivered_on or work.original_due_on)
        for work in works
    )


def _numbers(works: Iterable[Work]) -> frozenset[int]:
    return frozenset(work.id for work in works)


def _level_of(area: Area) -> Fact:
    return Fact(FactKind.LEVEL, area.id, area.name, area.since)


def _of_access(access: Held) -> Fact:
    return Fact(FactKind.ACCESS, access.id, access.what, access.granted_on)
