"""Asking about a business that looks for someone."""

from collections.abc import Sequence
from typing import Any

from wtforms import HiddenField, SelectChoice, StringField, ValidationError

from crm.core import formats, limits
from crm.core.i18n import lazy
from crm.forms.base import LINE, NAME, Day, Email, Form, Line, Pick, at_most, optional, required
from crm.forms.places import currency_choices


class OpeningForm(Form):
    """Who looks, for what, and until when."""

    business = Line(lazy("Business"), [required(lazy("Type the name of the business")), NAME])
    person = Line(lazy("Who to talk to there"), [NAME])
    email = Email(lazy("Their e-mail address"), [at_most(limits.EMAIL_LENGTH)])
    what_they_need = Line(lazy("What they’re looking for"), [LINE])
    category_id = Pick(lazy("What kind of work"), coerce=lambda value: int(value) if value not in ("", None) else None)
    budget = StringField(lazy("Budget"), [at_most(30)])
    currency = Pick(lazy("Currency"))
    until = Day(lazy("Until"), [optional()])
    version = HiddenField()

    def __init__(self, *args: Any, categories: Sequence[tuple[int, str]], currency: str, **values: Any) -> None:
        super().__init__(*args, **values)
        self.category_id.choices = [
            SelectChoice("", str(lazy("Not said"))),
            *(SelectChoice(value, words) for value, words in categories),
        ]
        self.currency.choices = list(currency_choices())
        if not self.currency.data:
            self.currency.data = currency

    def validate_budget(self, field: StringField) -> None:
        """An amount in the chosen currency."""
        typed = (field.data or "").strip()
        if typed and (self.budget_amount() is None):
            raise ValidationError(str(lazy("Type an amount, such as 1500")))

    def budget_amount(self) -> int | None:
        """The budget in minor units, None where none is given or readable."""
        typed = (self.budget.data or "").strip()
        currency = self.currency.data or ""
        if not typed or not formats.is_currency(currency):
            return None
        amount = formats.parse_money(typed, currency)
        return amount if amount is not None and 0 <= amount <= limits.MONEY_LARGEST else None

    def values(self) -> dict[str, Any]:
        values = super().values()
        values.pop("version")
        values.pop("budget")
        return {**values, "budget_amount": self.budget_amount()}
