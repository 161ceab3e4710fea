"""The days that a calendar file (.ics) closes: its events that last whole days, repetitions worked out.

Such a file may come from anywhere and repeat without end, so it is read in a process of its own with limits:
``python -m crm.domain.calendar_files`` is the child's side. The libraries that read it are loaded there alone.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from crm.core import children, limits, text
from crm.core.children import Job
from crm.core.errors import Refused
from crm.core.i18n import lazy

CPU_SECONDS = 10
SECONDS = 20.0
MEMORY_BYTES = 512 * limits.MIB
_UNREADABLE = lazy("This is no calendar that can be read. Choose a file that ends in .ics.")


def read(content: bytes, *, first: date, last: date) -> dict[date, str]:
    """The closed days from the first to the last, with their names, in order. Raises :class:`Refused`."""
    if len(content) > limits.CALENDAR_BYTES:
        raise Refused(lazy("This file is too large. Up to 1 MB is read."), field="file")
    try:
        words = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(_UNREADABLE, field="file") from None
    job = {"words": words, "first": first.isoformat(), "last": last.isoformat()}
    try:
        found = children.call(__name__, job, cpu_seconds=CPU_SECONDS, seconds=SECONDS, memory_bytes=MEMORY_BYTES)
    except Refused as refused:
        raise Refused(refused.words, field="file") from None
    except children.OutOfBounds:
        raise Refused(lazy("This calendar repeats so much that it cannot be worked out."), field="file") from None
    return {date.fromisoformat(day): name for day, name in found["days"]}


# The child's side


def _work(job: Job) -> Job:
    first, last = date.fromisoformat(job["first"]), date.fromisoformat(job["last"])
    found: dict[date, list[str]] = {}
    for event in _events(job["words"], first, last):
        name = text.clean_line(str(event.get("SUMMARY", "")))
        for day in _days(event, first, last):
            names = found.setdefault(day, [])
            if name and name not in names:
                names.append(name)
    if not found:
        raise Refused(lazy("No event of this file lasts a whole day from last year on: it closes nothing."))
    if len(found) > limits.CLOSED_DAYS:
        raise Refused(lazy("This file closes more than 1,000 days. Choose one with holidays alone."))
    return {"days": [(day.isoformat(), ", ".join(names)[: limits.NAME_LENGTH]) for day, names in sorted(found.items())]}


def _events(words: str, first: date, last: date) -> list[Any]:
    import recurring_ical_events
    from icalendar import Calendar

    try:
        calendar = Calendar.from_ical(words)
        whole = [each for each in calendar.walk("VEVENT") if _lasts_whole_days(each)]
        if len(whole) > limits.CLOSED_DAYS:
            raise Refused(lazy("This file closes more than 1,000 days. Choose one with holidays alone."))
        calendar.subcomponents = whole
        return list(recurring_ical_events.of(calendar).between(first, last + timedelta(days=1)))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        raise Refused(_UNREADABLE) from None


def _lasts_whole_days(event: Any) -> bool:
    begins = getattr(event.get("DTSTART"), "dt", None)
    is_day = isinstance(begins, date) and not hasattr(begins, "hour")
    return is_day and str(event.get("STATUS", "")).upper() != "CANCELLED"


def _days(event: Any, first: date, last: date) -> Iterator[date]:
    """Its days within the bounds; the end of an event is the day after its last."""
    begins = event["DTSTART"].dt
    ends = getattr(event.get("DTEND"), "dt", begins + timedelta(days=1))
    day = max(begins, first)
    while day <= last and (day < ends or day == begins):
        yield day
        day += timedelta(days=1)


if __name__ == "__main__":
    children.serve(_work)
