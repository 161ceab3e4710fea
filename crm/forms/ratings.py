"""Rating a vendor: a number by each thing that the business values."""

from collections.abc import Iterable
from typing import Any

from wtforms import SelectChoice

from crm.core.i18n import _, lazy
from crm.forms.base import NAME, TEXT, Day, Form, Line, Pick, Text, required
from crm.models import vocabulary

_BOX = "value-"


class RatingForm(Form):
    """The occasion; :func:`asking` adds a box for each criterion."""

    what = Line(lazy("Occasion"), [NAME], description=lazy("What it is about: the spring catalogue, the last invoice."))
    rated_on = Day(lazy("When"), [required(lazy("Pick today or a day before."))])
    remark = Text(lazy("In a few words"), [TEXT])

    @property
    def scales(self) -> list[Pick]:
        """The boxes of the criteria, in the order of the ranking."""
        return [box for box in self if box.name.startswith(_BOX)]

    @property
    def given(self) -> dict[int, int]:
        """What was rated, by criterion."""
        return {int(box.name.removeprefix(_BOX)): int(box.data) for box in self.scales if box.data}


def asking(criteria: Iterable[tuple[int, str]]) -> type[RatingForm]:
    """The form for these criteria."""
    boxes: dict[str, Any] = {f"{_BOX}{criterion_id}": Pick(name) for criterion_id, name in criteria}

    def offer(self: RatingForm, *args: Any, **options: Any) -> None:
        RatingForm.__init__(self, *args, **options)
        for box in self.scales:
            box.choices = [
                SelectChoice("", _("Not rated")),
                *(SelectChoice(str(number), vocabulary.rating(number)) for number in vocabulary.ratings()),
            ]

    return type("Asking", (RatingForm,), {**boxes, "__init__": offer})
