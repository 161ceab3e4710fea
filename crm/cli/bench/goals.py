"""The numbers that are held: what the tests gate on, and what a measurement is compared with. All of them are here."""

from dataclasses import dataclass

KIB = 1024

NODES = 1_500
"""Elements of a main page."""
PAGE_PACKED = 12 * KIB
"""Bytes of a page over the wire, once styles and scripts are in the browser's cache."""
PAGE_PLAIN = 160 * KIB
"""Bytes of a page before it is compressed, and of one that is never compressed since its address has a query."""
FIRST_LOAD_REQUESTS = 8
FIRST_LOAD_PACKED = 80 * KIB
"""Everything that the first look at the list fetches: page, styles, scripts, icons."""

PAGE_RATIO = 10.0
"""CPU of a page, in bare pages."""
GROWTH = 2.0
"""CPU of a page with ten times as many vendors."""
MEMORY = 90 * KIB * KIB
"""Bytes (proportional set size) of all that runs, at rest."""
START_SECONDS = 3.0
"""From the start of a fresh installation to its first page."""
CREATE_MS, NOTE_MS = 6.0, 4.0
"""CPU of adding a vendor, of adding a note."""
LIST_RATE = 80.0
"""Lists a second for four clients, from one process."""
IMPORT_SECONDS = 2.0
IMPORT_MEMORY = 40 * KIB * KIB
"""For 10,000 vendors: CPU seconds, and bytes above what the process takes anyway."""
MAIL_SECONDS = 20.0
MAIL_SHARE = 0.5
"""10,000 letters: seconds, and the speed beside a bare loop that hands ready bytes to the same server."""
TICK_MS = 5.0
NIGHT_SECONDS = 60.0
"""CPU for 100,000 vendors."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What one kind of page may cost. The number of queries is fixed, whatever the number of rows."""

    queries: int
    nodes: int = NODES
    packed: int | None = PAGE_PACKED
    """None where the address has a query, so that nothing is compressed."""
    plain: int = PAGE_PLAIN
    ratio: float = PAGE_RATIO
