"""Vendors that may be the same as another: said as a warning when one is saved, never merged unasked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from crm.core import text
from crm.core.errors import Refused
from crm.core.i18n import LazyText, lazy, ngettext
from crm.core.tenancy import WorkspaceSession
from crm.domain.import_rows import are_near, loose_name, web_domain
from crm.queries import people, vendors

ALMOST = 0.92
"""From this likeness on, of 1, two names differ in little more than a slip of the pen."""
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Double:
    """A vendor that may be the same, and what speaks for it."""

    vendor_id: int
    name: str
    why: LazyText


class FoundDoubles(Refused):
    """The vendor may be here already. The person looks, and may add it all the same."""

    def __init__(self, doubles: Sequence[Double]) -> None:
        super().__init__(
            ngettext(
                "A vendor like this is here already. Look at it, or add this one as a second vendor.",
                "Vendors like this are here already. Look at them, or add this one as a further vendor.",
                len(doubles),
            )
        )
        self.doubles = list(doubles)


def find(
    session: WorkspaceSession,
    *,
    name: str,
    website: str = "",
    emails: Iterable[str] = (),
    but_not: int | None = None,
) -> list[Double]:
    """Vendors with the same e-mail address or web domain, or a near-identical name; the likeliest first."""
    addresses = [email.strip().casefold() for email in emails if email.strip()]
    domains = {domain for domain in (web_domain(website) if website else "", *map(web_domain, addresses)) if domain}
    found: dict[int, Double] = {}

    def note(rows: Iterable[vendors.NamedRow], why: LazyText) -> None:
        for row in rows:
            if row.id != but_not:
                found.setdefault(row.id, Double(row.id, row.name, why))

    note(vendors.named(session, people.holders_of(session, addresses)), lazy("has the same e-mail address"))
    note(vendors.with_domains(session, sorted(domains)), lazy("has the same web domain"))
    near = (row for row in vendors.beginning_like(session, _beginning(name)) if _is_near(name, row.name))
    note(near, lazy("has almost the same name"))
    return list(found.values())[:SHOWN]


def _beginning(name: str) -> str:
    return text.folded(name)[:3].strip()


def _is_near(one: str, other: str) -> bool:
    if are_near(one, other):
        return True
    first, second = loose_name(one), loose_name(other)
    return min(len(first), len(second)) > 5 and SequenceMatcher(None, first, second).ratio() >= ALMOST
