"""Asking what a business values."""

from typing import Any

from wtforms import BooleanField, SelectChoice

from crm.core.i18n import lazy
from crm.forms.base import NAME, Form, Line, Pick, Whole, between, optional, required
from crm.forms.conflicts import Versioned
from crm.models import vocabulary


class NewCriterionForm(Form):
    """One more."""

    name = Line(lazy("Name"), [required(lazy("Type what it is called.")), NAME])


class CriterionForm(Versioned):
    """What it is called, whether it can be traded, and a weight of its own."""

    name = Line(lazy("Name"), [required(lazy("Type what it is called.")), NAME])
    is_must = BooleanField(lazy("It is a must: nothing else makes up for it"))
    threshold = Pick(lazy("From which rating on"))
    weight = Whole(lazy("Weight of its own, in percent"), [optional(), between(0, 100)])

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.threshold.choices = [
            SelectChoice("", str(lazy("Choose a rating"))),
            *(SelectChoice(str(number), vocabulary.rating(number)) for number in vocabulary.ratings()),
        ]

    @property
    def least(self) -> int | None:
        """The rating that a must takes."""
        return int(self.threshold.data) if self.threshold.data else None
