"""The days that a calendar file (.ics) closes: its events that last whole days, repetitions worked out.

Such a file may come from anywhere and repeat without end, so it is read in a process of its own with limits, by
:mod:`crm.domain.calendar_child`. The libraries that read it are loaded there alone.
"""

from datetime import date

from crm.core import children, limits
from crm.core.errors import Refused
from crm.core.i18n import lazy

CHILD = "crm.domain.calendar_child"
CPU_SECONDS = 10
SECONDS = 20.0
MEMORY_BYTES = 512 * limits.MIB
UNREADABLE = lazy("This is no calendar that can be read. Choose a file that ends in .ics.")


def read(content: bytes, *, first: date, last: date) -> dict[date, str]:
    """The closed days from the first to the last, with their names, in order. Raises :class:`Refused`."""
    if len(content) > limits.CALENDAR_BYTES:
        raise Refused(lazy("This file is too large. Up to 1 MB is read."), field="file")
    try:
        words = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(UNREADABLE, field="file") from None
    job = {"words": words, "first": first.isoformat(), "last": last.isoformat()}
    try:
        found = children.call(CHILD, job, cpu_seconds=CPU_SECONDS, seconds=SECONDS, memory_bytes=MEMORY_BYTES)
    except Refused as refused:
        raise Refused(refused.words, field="file") from None
    except children.OutOfBounds:
        raise Refused(lazy("This calendar repeats so much that it cannot be worked out."), field="file") from None
    return {date.fromisoformat(day): name for day, name in found["days"]}
