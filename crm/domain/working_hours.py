"""Hours of work: read from a person's words ("Mon–Thu 9 to 17:30", "22–6"), as hours of each weekday."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

WEEK = 7
DAY = 24 * 60
"""Minutes."""
HALF_DAY = DAY // 2
LONGEST = 100
"""Characters that a business may take to say its hours."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From when to when, in minutes since the midnight on which the day begins; over midnight it ends after ``DAY``."""

    start: int
    end: int

    @property
    def minutes(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Hours:
    """The spans that begin on each weekday, Monday first, each in order."""

    by_weekday: tuple[tuple[Span, ...], ...]

    @classmethod
    def daily(cls, *spans: Span) -> "Hours":
        """The same hours on every day of the week."""
        return cls((joined(spans),) * WEEK)

    def on(self, weekdays: Collection[int]) -> "Hours":
        """The same hours on some of the weekdays only."""
        return Hours(tuple(spans if day in weekdays else () for day, spans in enumerate(self.by_weekday)))

    @property
    def weekdays(self) -> frozenset[int]:
        """The days on which any work begins, Monday is 0."""
        return frozenset(day for day, spans in enumerate(self.by_weekday) if spans)


@dataclass(frozen=True, slots=True)
class Unread:
    """Words that say no hours; ``rest`` is what was not understood, empty where they say no hours at all."""

    rest: str


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans in order, those that touch as one."""
    whole: list[Span] = []
    for span in sorted(spans):
        if whole and span.start <= whole[-1].end:
            whole[-1] = Span(whole[-1].start, max(whole[-1].end, span.end))
        else:
            whole.append(span)
    return tuple(whole)


NINE_TO_FIVE = Hours.daily(Span(9 * 60, 17 * 60))
"""What a business works that says nothing else."""


def read(words: str) -> Hours | Unread:
    """The hours that a person's words mean.

    Days may stand before or behind their hours; without any the hours are those of every day. Several spans may be
    named. Where an end comes before its start and both may be read on a clock of twelve hours, the end is in the
    afternoon ("9 to 3" ends at 15:00); else the span goes over midnight ("22–6"). Whole hours of the early morning
    ("1–5") are those of the afternoon behind hours of the same day ("9–12, 1–5"), and else not guessed at.
    """
    pieces: list[_Days | Span] = []
    for piece in _pieces(_plain(words)):
        if isinstance(piece, Unread):
            return Unread(_as_typed(words, piece.rest))
        pieces.append(piece)
    return _by_weekday(pieces) or Unread("")


# A week out of days and spans

_Days: TypeAlias = frozenset[int]


def _by_weekday(pieces: list[_Days | Span]) -> Hours | None:
    """Each span with the days named just before it; where the first piece is a span, with those named behind."""
    if pieces and isinstance(pieces[0], Span):
        pieces.reverse()
    whole_week = frozenset(range(WEEK))
    week: dict[int, list[Span]] = {day: [] for day in whole_week}
    days, is_used = whole_week if pieces and isinstance(pieces[0], Span) else frozenset[int](), True
    for piece in pieces:
        if isinstance(piece, Span):
            for day in days:
                week[day].append(piece)
            is_used = True
        else:
            days, is_used = (piece if is_used else days | piece), False
    has_hours = any(isinstance(piece, Span) for piece in pieces)
    return Hours(tuple(joined(week[day]) for day in range(WEEK))) if has_hours and is_used else None


# Days and spans out of words

_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−~", "-"))
_TO = re.compile(r"\b(?:to|till|til|until|through|thru)\b")
_BETWEEN = re.compile(r"\bbetween\b([^,;]*?)\band\b")
_FILLERS = re.compile(r"\bfrom\b|\bo['’]?clock\b|\b(?:hrs|hours|uhr)\b|\bbetween\b")
_A_TIME = r"(?:noon|midday|midnight|\d{{1,2}}(?:[:.h]\d{{2}}|h)?(?:\s?[ap]\.?m?\b\.?)?(?!\d)|\d{{4}}\b)"
_SPAN = re.compile(rf"(?P<start>{_A_TIME.format()})\s*-\s*(?P<end>{_A_TIME.format()})")
_TIME = re.compile(r"(?P<hour>\d{1,2}?)(?:[:.h]?(?P<minute>\d{2}))?h?\s?(?:(?P<half>[ap])\.?m?\.?)?")
_NAMED = {"noon": 12 * 60, "midday": 12 * 60, "midnight": 0}
_DAY_NAMES = {
    name: day
    for day, names in enumerate(
        (
            "monday mondays mon mo",
            "tuesday tuesdays tue tues tu",
            "wednesday wednesdays wed weds we",
            "thursday thursdays thu thur thurs th",
            "friday fridays fri fr",
            "saturday saturdays sat sa",
            "sunday sundays sun su",
        )
    )
    for name in names.split()
}
_A_DAY = "|".join(sorted(_DAY_NAMES, key=len, reverse=True))
_DAYS = re.compile(rf"(?P<first>{_A_DAY})\b\.?(?:\s*-\s*(?P<last>{_A_DAY})\b\.?)?")
_KINDS_OF_DAY = {
    "weekdays": frozenset(range(5)),
    "weekday": frozenset(range(5)),
    "working days": frozenset(range(5)),
    "weekends": frozenset({5, 6}),
    "weekend": frozenset({5, 6}),
    "every day": frozenset(range(WEEK)),
    "daily": frozenset(range(WEEK)),
}
_KIND_OF_DAY = re.compile(r"(?:" + "|".join(_KINDS_OF_DAY) + r")\b")
_BETWEEN_PIECES = re.compile(r"[\s,;:&+/()]+|and\b|on\b")


def _plain(words: str) -> str:
    plain = _TO.sub("-", words.casefold().translate(_DASHES))
    plain = _BETWEEN.sub(r"\1-", plain)
    return " ".join(_FILLERS.sub(" ", plain).split())


def _pieces(words: str) -> Iterator[_Days | Span | Unread]:
    """What the words say, one after another; the first that says nothing ends it."""
    at, after = 0, DAY
    while at < len(words):
        if gap := _BETWEEN_PIECES.match(words, at):
            at = gap.end()
        elif found := _KIND_OF_DAY.match(words, at):
            at, after = found.end(), DAY
            yield _KINDS_OF_DAY[found[0]]
        elif found := _DAYS.match(words, at):
            at, after = found.end(), DAY
            yield _days(found["first"], found["last"])
        elif (found := _SPAN.match(words, at)) and (span := _span(found["start"], found["end"], after)):
            at, after = found.end(), span.end
            yield span
        else:
            yield Unread(found[0] if found else re.split(r"[\s,;()]", words[at:], maxsplit=1)[0])
            return


def _as_typed(words: str, rest: str) -> str:
    """The same words as the person wrote them, where they still stand there."""
    at = words.casefold().find(rest)
    return words[at : at + len(rest)] if rest and at >= 0 else rest


def _days(first: str, last: str | None) -> _Days:
    begin = _DAY_NAMES[first]
    steps = 0 if last is None else (_DAY_NAMES[last] - begin) % WEEK
    return frozenset((begin + step) % WEEK for step in range(steps + 1))


@dataclass(frozen=True, slots=True)
class _Time:
    """A time of day as typed. ``is_open``: whether it may be meant on a clock of twelve hours, without a word for
    which half."""

    minutes: int
    is_open: bool
    is_bare: bool

    @property
    def readings(self) -> tuple[int, ...]:
        return (self.minutes % HALF_DAY, self.minutes % HALF_DAY + HALF_DAY) if self.is_open else (self.minutes,)


def _span(start_words: str, end_words: str, after: int) -> Span | None:
    """From one typed time to another; None where one is none, or where it cannot be told what is meant.

    ``after``: the end of the hours named before on the same day, ``DAY`` where there are none.
    """
    start, end = _time(start_words), _time(end_words)
    if start is None or end is None or start.minutes == DAY:
        return None
    if start.is_open and end.is_open:
        if start.is_bare and end.is_bare and start.minutes < end.minutes <= 6 * 60:
            is_afternoon = after <= start.minutes + HALF_DAY
            return Span(start.minutes + HALF_DAY, end.minutes + HALF_DAY) if is_afternoon else None
        return _of_open(start.minutes, end.minutes)
    if start.is_open != end.is_open and (_says_half(start_words) or _says_half(end_words)):
        return _shortest(start, end)
    return _over_midnight(start.minutes, end.minutes)


def _of_open(start: int, end: int) -> Span | None:
    if end <= start and end + HALF_DAY > start:
        return Span(start, end + HALF_DAY)
    return _over_midnight(start, end)


def _over_midnight(start: int, end: int) -> Span | None:
    if start == end:
        return None
    return Span(start, end if end > start else end + DAY)


def _shortest(start: _Time, end: _Time) -> Span | None:
    """One of the two says which half of the day, the other is in the half that makes the shorter span: "1–5pm"."""
    spans = [Span(one, one + (other - one) % DAY) for one in start.readings for other in end.readings if one != other]
    return min(spans, key=lambda span: span.minutes, default=None)


def _says_half(words: str) -> bool:
    return words[-1:] in "apm." or words in _NAMED


def _time(words: str) -> _Time | None:
    if words in _NAMED:
        return _Time(_NAMED[words], is_open=False, is_bare=False)
    found = _TIME.fullmatch(words)
    if found is None:
        return None
    hour, minute, half = int(found["hour"]), int(found["minute"] or 0), found["half"]
    if minute > 59 or hour > 24 or (hour == 24 and minute) or (half and not 1 <= hour <= 12):
        return None
    if half:
        return _Time(hour % 12 * 60 + minute + (HALF_DAY if half == "p" else 0), is_open=False, is_bare=False)
    is_open = 1 <= hour <= 12 and not words.startswith("0") and not (len(words) == 4 and words.isdigit())
    return _Time(hour * 60 + minute, is_open=is_open, is_bare=found["minute"] is None)
