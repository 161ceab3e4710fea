"""Asking what is to be done with many vendors: what a single act asks for, once for all of them."""

from collections.abc import Sequence
from typing import Any

from wtforms import SelectChoice

from crm.core.i18n import lazy
from crm.forms.base import Form, Line, Mark, Pick, required
from crm.models import vocabulary
from crm.models.enums import Stage, Tier

NOBODY = "nobody"
NO_TIER = "none"


class TagsForm(Form):
    """Tags to put on or to take off."""

    tags = Line(lazy("Tags"), [required(lazy("Type at least one tag."))])


class OwnerForm(Form):
    """Who is to look after them."""

    owner_id = Pick(lazy("Looked after by"), [required(lazy("Choose who looks after them."))])

    def offer(self, owners: Sequence[tuple[int, str]]) -> None:
        """Offer the people of the team, and nobody."""
        self.owner_id.choices = [
            SelectChoice("", ""),
            *(SelectChoice(str(user_id), name) for user_id, name in owners),
            SelectChoice(NOBODY, str(lazy("Nobody"))),
        ]

    def owner(self) -> int | None:
        """The person's id; None for nobody."""
        return None if self.owner_id.data in (None, NOBODY) else int(self.owner_id.data)


class StageForm(Form):
    """Where to: what that asks for comes next."""

    to = Mark(lazy("Where to?"), [required(lazy("Choose where they go."))])

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.to.choices = [SelectChoice(stage.value, vocabulary.word(stage)) for stage in Stage]


class TierForm(Form):
    """Their tier."""

    tier = Mark(lazy("Tier"), [required(lazy("Choose a tier."))])

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        tiers = [SelectChoice(tier.value, vocabulary.word(tier)) for tier in Tier]
        self.tier.choices = [*tiers, SelectChoice(NO_TIER, str(lazy("No tier")))]

    def chosen(self) -> Tier | None:
        """The tier; None for none."""
        return Tier(self.tier.data) if self.tier.data in list(Tier) else None


class ExportForm(Form):
    """What kind of file, and how much of each vendor."""

    file = Mark(lazy("What kind of file"), [required(lazy("Choose what kind of file."))])

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.file.choices = [
            SelectChoice("columns", str(lazy("A table with the columns of the list"))),
            SelectChoice("everything", str(lazy("A table with everything, people included"))),
            SelectChoice("vcard", str(lazy("Cards for an address book (vCard)"))),
        ]
