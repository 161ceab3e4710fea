"""Asking which address takes no more mail, and why."""

from typing import Any

from wtforms import SelectChoice

from crm.core import limits
from crm.core.i18n import lazy
from crm.forms.base import Email, Form, Mark, at_most, required
from crm.models.enums import StopReason
from crm.models.vocabulary import word


class StopForm(Form):
    """An address, and why nothing more goes to it."""

    address = Email(
        lazy("E-mail address"), [required(lazy("Type their e-mail address.")), at_most(limits.EMAIL_LENGTH)]
    )
    why = Mark(lazy("Why?"))

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.why.choices = [SelectChoice(why.value, word(why)) for why in StopReason]

    def values(self) -> dict[str, Any]:
        return {"address": self.address.data, "why": StopReason(self.why.data)}
