"""How well vendors that are one are found: measured on a real list whose true identities are known.

The list is not part of the project. Where its folder is not given, or it is not there, that is said.
"""

import csv
from itertools import combinations
from pathlib import Path
from time import process_time
from typing import Any

from crm.domain import matching

LIST = Path("matching") / "childcare-sites-with-true-ids.csv"
_WEB, _PHONE, _MAIL = "Website", "Phone", "Email Address"


def measure(shared: Path | None, left_out: list[str]) -> dict[str, Any] | None:
    """Precision and recall over pairs, and the CPU seconds that it takes."""
    if shared is None or not (shared / LIST).is_file():
        left_out.append("matching: SHARED_DATA or --shared names the folder with the list of known identities")
        return None
    with (shared / LIST).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    began = process_time()
    found = {(pair.one, pair.other) for pair in matching.pairs([_profile(key, row) for key, row in enumerate(rows)])}
    seconds = process_time() - began
    return {**quality(found, true_pairs([row["True Id"] for row in rows])), "rows": len(rows), "seconds": seconds}


def true_pairs(identities: list[str]) -> set[tuple[int, int]]:
    """The pairs of places that bear the same identity."""
    places: dict[str, list[int]] = {}
    for place, identity in enumerate(identities):
        places.setdefault(identity, []).append(place)
    return {pair for same in places.values() for pair in combinations(same, 2)}


def quality(found: set[tuple[int, int]], true: set[tuple[int, int]]) -> dict[str, float]:
    """Which part of what was found is true (precision), and which part of what is true was found (recall)."""
    right = len(found & true)
    return {
        "precision": round(right / len(found), 4) if found else 0.0,
        "recall": round(right / len(true), 4) if true else 0.0,
    }


def _profile(key: int, row: dict[str, str]) -> matching.Profile:
    return matching.profile(
        key,
        name=row["Site name"],
        emails=[row[_MAIL]] if row[_MAIL] else [],
        website=row[_WEB],
        phones=[row[_PHONE]] if row[_PHONE] else [],
        location=row["Address"],
    )
