"""The composer on a vendor's page with nothing in it, as the record that it is drawn from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.core.i18n import LazyText
from crm.domain import trust_entries
from crm.forms.log_entries import LogForm
from crm.queries.profiles import Surroundings
from crm.queries.vendors import SidePanels


@dataclass(frozen=True, slots=True)
class Untouched:
    """Stands for the composer's form as long as nothing was typed: to make one takes longer than all that is shown."""

    errors: tuple[str, ...] = ()
    form_errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EmptyComposer:
    """All that the boxes depend on: the vendor, the kind that is chosen, and what can be chosen.

    latest  the last day on which something can have happened.
    """

    id: int
    name: str
    kind: str
    people: tuple[tuple[int, str], ...]
    areas: tuple[tuple[int, str], ...]
    names: tuple[str, ...]
    latest: date

    @property
    def form(self) -> LogForm:
        """The form with its choices."""
        form = LogForm(None, data={"kind": self.kind})
        form.offer(people=self.people, areas=self.areas)
        return form

    @property
    def quick(self) -> list[tuple[str, LazyText]]:
        """The trust notes of one tap."""
        return [(quick, meaning.words) for quick, meaning in trust_entries.QUICK.items()]


def empty_composer(
    vendor: Any, panels: SidePanels, around: Surroundings, names: Sequence[str], kind: str, latest: date
) -> EmptyComposer:
    """The composer for a vendor."""
    return EmptyComposer(
        vendor.id,
        vendor.name,
        str(kind),
        tuple((person.id, person.name) for person in panels.people),
        tuple((area.id, area.name) for area in around.areas),
        tuple(names),
        latest,
    )
