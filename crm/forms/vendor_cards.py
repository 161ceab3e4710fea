"""Asking what of a vendor may be shown to somebody who looks for one."""

from collections.abc import Iterable

from wtforms import SelectChoice

from crm.core.i18n import lazy
from crm.forms.base import Pick, Text, Ticks, at_most
from crm.forms.conflicts import Versioned
from crm.forms.log_entries import number_or_none
from crm.models.enums import CardPart
from crm.models.vocabulary import word


class CardForm(Versioned):
    """What is marked as shareable."""

    parts = Ticks(lazy("What may be shown"))
    person_id = Pick(lazy("Whom to ask for"), coerce=number_or_none)
    words = Text(lazy("Why you recommend them"), [at_most(20_000)])

    def offer(self, people: Iterable[tuple[int, str]]) -> None:
        """Hand in the vendor's people."""
        self.parts.choices = [SelectChoice(part.value, word(part)) for part in CardPart]
        nobody = SelectChoice("", str(lazy("Nobody in particular")))
        self.person_id.choices = [nobody, *(SelectChoice(person_id, name) for person_id, name in people)]

    @property
    def marked(self) -> list[CardPart]:
        """What is ticked."""
        return [CardPart(part) for part in self.parts.data or ()]
