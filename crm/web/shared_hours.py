"""The hours that a vendor and the business share, in the reader's words."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from crm.core import formats
from crm.core.i18n import _
from crm.domain import shared_hours
from crm.domain.shared_hours import AtWork, Business, Lacks, Run, SharedHours, Week
from crm.domain.working_hours import DAY, Hours, Span


@dataclass(frozen=True, slots=True)
class HoursLine:
    """What ``trials/_overlap.html`` shows.

    vendor_id  whose hours they are.
    words      how long both work, and when it is otherwise; empty where something is lacking.
    read_as    how the vendor's hours were read; empty where they were not.
    lacks      what has to be filled in first.
    unread     the words that nobody understood.
    """

    vendor_id: int
    words: str
    read_as: str
    lacks: tuple[Lacks, ...]
    unread: str


def line(
    vendor_id: int,
    vendor: AtWork,
    business: Business,
    *,
    today: date,
    first: date | None = None,
    last: date | None = None,
) -> HoursLine:
    """What a vendor and the business share from ``first``, else today, to ``last``, else for a year; told on ``today``.
    Asks the database nothing."""
    found = shared_hours.with_vendor(vendor, business, first=first or today, last=last)
    read_as = hours_words(found.theirs) if found.theirs else ""
    return HoursLine(vendor_id, words(found, today), read_as, found.lacks, found.unread)


def words(found: SharedHours, today: date) -> str:
    """``3 hours a day, 14:00–17:00 by your clock; 4 hours a day from Sun 14 Mar to Sat 27 Mar``."""
    if found.usual is None:
        return ""
    ends = found.first, found.last
    otherwise: defaultdict[Week, list[str]] = defaultdict(list)
    for run in found.changes:
        otherwise[run.week].append(_when(run, ends, today))
    changes = [_("%(time)s %(days)s", time=_how_long(week), days=", ".join(days)) for week, days in otherwise.items()]
    return "; ".join([_with_clock(found.usual.week), *changes])


def hours_words(hours: Hours) -> str:
    """Hours as they were read: ``Mon to Thu 09:00–15:00``."""
    days: defaultdict[tuple[Span, ...], list[int]] = defaultdict(list)
    for day in sorted(hours.weekdays):
        days[hours.by_weekday[day]].append(day)
    return "; ".join(
        _("%(days)s %(hours)s", days=formats.weekdays(on), hours=_spans(spans)) for spans, on in days.items()
    )


def _with_clock(week: Week) -> str:
    """How long, with the time of day where it is the same on each day."""
    if not any(week.by_weekday):
        return _("No hours in common")
    at = {spans for spans in week.by_weekday if spans is not None}
    if len(at) != 1:
        return _how_long(week)
    return _("%(time)s, %(hours)s by your clock", time=_how_long(week), hours=_spans(at.pop()))


def _how_long(week: Week) -> str:
    days: defaultdict[int, list[int]] = defaultdict(list)
    for day, minutes in enumerate(week.minutes):
        if minutes is not None:
            days[minutes].append(day)
    if not any(days):
        return _("no hours in common")
    if len(days) == 1:
        return _("%(time)s a day", time=formats.duration(next(iter(days))))
    return ", ".join(
        _("%(time)s on %(days)s", time=formats.duration(minutes), days=formats.weekdays(on))
        if minutes
        else _("none on %(days)s", days=formats.weekdays(on))
        for minutes, on in sorted(days.items(), reverse=True)
    )


def _when(run: Run, ends: tuple[date, date], today: date) -> str:
    first, last = formats.day(run.first, today), formats.day(run.last, today)
    if run.first == ends[0]:
        return _("until %(last)s", last=last)
    if run.last == ends[1]:
        return _("from %(first)s on", first=first)
    return _("from %(first)s to %(last)s", first=first, last=last)


def _spans(spans: Iterable[Span]) -> str:
    return ", ".join(f"{_clock(span.start)}–{_clock(span.end)}" for span in spans)


def _clock(minutes: int) -> str:
    hour, minute = divmod(minutes % DAY, 60)
    return formats.time_of_day(hour, minute)
