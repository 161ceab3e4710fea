"""Asking, from a letter's link, until when something is put off."""

from datetime import date
from typing import Any

from wtforms import SelectChoice

from crm.core.i18n import lazy
from crm.domain.next_touch import SnoozeChoice
from crm.forms.base import Day, Form, Pick


class SnoozeForm(Form):
    """A week, a month, or a day of one's own."""

    choice = Pick(lazy("For how long"))
    until = Day(lazy("Or until a day"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.choice.choices = [SelectChoice("", "")] + [SelectChoice(each.value, each.value) for each in SnoozeChoice]

    def validate(self, extra_validators: Any = None) -> bool:
        """A day that is typed counts before the buttons; one of them must be there."""
        if not super().validate(extra_validators):
            return False
        if self.until.data is None and not self.choice.data:
            self.until.errors = [*self.until.errors, str(lazy("Pick a day from tomorrow on."))]
            return False
        return True

    @property
    def wanted(self) -> SnoozeChoice | date:
        """What was chosen."""
        day: date | None = self.until.data
        return day if day is not None else SnoozeChoice(self.choice.data)
