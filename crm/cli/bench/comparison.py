"""A measurement beside an older one. Times drift and are only looked at; a count that grew is a step back."""

from collections.abc import Iterator
from typing import Any

SLACK = 0.02
"""Bytes may differ by so much: tokens and dates do."""
_EXACT = ("queries", "nodes")
_BYTES = ("plain", "packed")

Report = dict[str, Any]


def grown(old: Report, new: Report) -> list[str]:
    """What counts more than before, in words: queries, elements, bytes, requests, failures, lost and doubled letters.

    Only what both measured is compared.
    """
    before = {(run["database"], run["size"]): run for run in old["runs"]}
    found: list[str] = []
    for run in new["runs"]:
        other = before.get((run["database"], run["size"]))
        if other is not None:
            where = f"{run['database']} {run['size']}"
            found += [f"{where}: {words}" for words in _of_run(other, run)]
    return found


def _of_run(old: Report, new: Report) -> Iterator[str]:
    for name, counts in new["counts"].items():
        yield from _more(name, old["counts"].get(name, {}), counts, _EXACT, slack=0.0)
        yield from _more(name, old["counts"].get(name, {}), counts, _BYTES, slack=SLACK)
    yield from _more("first load", old["first_load"], new["first_load"], ("requests",), slack=0.0)
    yield from _more("first load", old["first_load"], new["first_load"], ("packed",), slack=SLACK)
    for name, timing in new["timings"].items():
        yield from _more(name, old["timings"].get(name, {}), timing, ("failures",), slack=0.0)
    yield from _more("mail", old.get("mail") or {}, new.get("mail") or {}, ("lost", "doubled"), slack=0.0)
    before, now = old.get("digests") or {}, new.get("digests") or {}
    yield from _more("digests", before.get("sent", {}), now.get("sent", {}), ("lost", "doubled"), slack=0.0)


def _more(name: str, old: Report, new: Report, counts: tuple[str, ...], *, slack: float) -> Iterator[str]:
    for count in counts:
        if count in old and count in new and new[count] > old[count] * (1 + slack):
            yield f"{name}: {count} grew from {old[count]} to {new[count]}"
