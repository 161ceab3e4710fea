"""The process that reads a calendar file: ``python -m crm.domain.calendar_child``, called by ``calendar_files``."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import recurring_ical_events
from icalendar import Calendar

from crm.core import limits, text
from crm.core.children import Job, serve
from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.domain.calendar_files import UNREADABLE


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
    try:
        calendar = Calendar.from_ical(words)
        whole = [each for each in calendar.walk("VEVENT") if _lasts_whole_days(each)]
        if len(whole) > limits.CLOSED_DAYS:
            raise Refused(lazy("This file closes more than 1,000 days. Choose one with holidays alone."))
        calendar.subcomponents = whole
        return list(recurring_ical_events.of(calendar).between(first, last + timedelta(days=1)))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        raise Refused(UNREADABLE) from None


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
    serve(_work)
