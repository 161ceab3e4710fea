"""Asking what a business values."""

from wtforms import BooleanField, SelectChoice

from crm.core.i18n import lazy
from crm.forms.base import NAME, Form, Line, Pick, Whole, between, optional, required
from crm.forms.conflicts import Versioned


class NewCriterionForm(Form):
    """One more."""

    name = Line(lazy("Name"), [required(lazy("Type what it is called.")), NAME])


class CriterionForm(Versioned):
    """What it is called, whether it can be traded, and a weight of its own."""

    name = Line(lazy("Name"), [required(lazy("Type what it is called.")), NAME])
    is_must = BooleanField(lazy("It is a must: nothing else makes up for it"))
    threshold = Pick(lazy("From which rating on"))
    weight = Whole(lazy("Weight of its own, in percent"), [optional(), between(0, 100)])

    def offer(self, anchors: dict[int, str]) -> None:
        """Hand in what the numbers of the scale mean."""
        self.threshold.choices = [
            SelectChoice("", str(lazy("Choose a rating"))),
            *(SelectChoice(str(value), f"{value} {words}") for value, words in anchors.items()),
        ]

    @property
    def least(self) -> int | None:
        """The rating that a must takes."""
        return int(self.threshold.data) if self.threshold.data else None
