"""Asking about what the business needs done."""

from collections.abc import Iterable, Sequence
from typing import Any

from wtforms import BooleanField, SelectChoice, StringField, ValidationError

from crm.core import formats, limits
from crm.core.i18n import lazy
from crm.domain.needs import NeedTerms
from crm.forms.base import LINE, NAME, TEXT, Day, Form, Line, Pick, Text, Whole, at_most, between, optional, required
from crm.forms.conflicts import Versioned
from crm.forms.places import currency_choices
from crm.models.enums import Importance, NeedStatus
from crm.models.vocabulary import word


def number_or_none(value: Any) -> int | None:
    """A choice as an id; nothing where nothing was chosen."""
    return int(value) if value not in ("", None) else None


class NeedForm(Versioned):
    """The outcome first; the rest makes it a defined need."""

    together = (("budget", "budget_currency"), ("starts_from", "starts_by"))

    outcome = Line(
        lazy("What is to be different"),
        [required(lazy("Say what is to be different afterwards.")), LINE],
        description=lazy("The result, not the trade: “20 good enquiries a month”, not “SEO”."),
    )
    category_id = Pick(lazy("What kind of work"), coerce=number_or_none)
    deliverables = Text(lazy("What they hand over"), [TEXT])
    volume = Line(lazy("How much of it"), [NAME])
    budget = StringField(lazy("Budget a month"), [at_most(30)])
    budget_currency = Pick(lazy("Currency"))
    starts_from = Day(lazy("Could begin from"), [optional()])
    starts_by = Day(lazy("Has to begin by"), [optional()])
    acceptance = Text(lazy("How we’ll know that it is done"), [TEXT])
    importance = Pick(lazy("What depends on it"))
    owner_id = Pick(lazy("Looked after by"), coerce=number_or_none)
    is_small = BooleanField(lazy("A small task, fit to try somebody out"))

    def offer(self, *, categories: Sequence[tuple[int, str]], team: Iterable[tuple[int, str]], currency: str) -> None:
        """Hand in the tree, the team, and the business's currency."""
        nothing = SelectChoice("", str(lazy("Not said")))
        self.category_id.choices = [nothing, *(SelectChoice(value, words) for value, words in categories)]
        self.owner_id.choices = [nothing, *(SelectChoice(value, words) for value, words in team)]
        self.importance.choices = [SelectChoice(one.value, word(one)) for one in Importance]
        self.budget_currency.choices = list(currency_choices())
        if not self.budget_currency.data:
            self.budget_currency.data = currency

    def validate_budget(self, field: StringField) -> None:
        """An amount in the chosen currency."""
        if not (field.data or "").strip():
            return
        amount = self._amount()
        if amount is None or amount < 0:
            raise ValidationError(str(lazy("Type an amount, such as 1500")))
        if amount > limits.MONEY_LARGEST:
            raise ValidationError(str(lazy("This amount is too large. Type a smaller one.")))

    def _amount(self) -> int | None:
        typed, currency = (self.budget.data or "").strip(), self.budget_currency.data or ""
        if not typed or not formats.is_currency(currency):
            return None
        return formats.parse_money(typed, currency)

    @property
    def terms(self) -> NeedTerms:
        """What was typed."""
        return NeedTerms(
            outcome=self.outcome.data or "",
            category_id=self.category_id.data,
            deliverables=self.deliverables.data or "",
            volume=self.volume.data or "",
            budget_amount=self._amount(),
            budget_currency=self.budget_currency.data or "",
            starts_from=self.starts_from.data,
            starts_by=self.starts_by.data,
            acceptance=self.acceptance.data or "",
            importance=Importance(self.importance.data or Importance.USEFUL),
            is_small=self.is_small.data,
            owner_id=self.owner_id.data,
        )


class StatusForm(Form):
    """How far a need has come, and who fills it."""

    status = Pick(lazy("Where it stands"))
    filled_by_id = Pick(lazy("Who fills it"), coerce=number_or_none)
    why = Line(lazy("Why"), [LINE])
    version = Whole()

    def offer(self, vendors: Iterable[tuple[int, str]]) -> None:
        """Hand in the vendors who could fill it."""
        self.status.choices = [SelectChoice(one.value, word(one)) for one in NeedStatus]
        self.filled_by_id.choices = [
            SelectChoice("", str(lazy("Nobody yet"))),
            *(SelectChoice(value, words) for value, words in vendors),
        ]


class PrerequisiteForm(Form):
    """What has to come first: a line, or another need."""

    what = Line(lazy("In a few words"), [LINE])
    other_id = Pick(lazy("Or another need"), coerce=number_or_none)

    def offer(self, others: Iterable[tuple[int, str]]) -> None:
        """Hand in the other needs."""
        self.other_id.choices = [
            SelectChoice("", str(lazy("None"))),
            *(SelectChoice(value, words) for value, words in others),
        ]


class WeightsForm(Versioned):
    """What counts how much for one need; :func:`weighing` adds a box for each criterion."""

    @property
    def shares(self) -> list[Whole]:
        """The boxes, in the order of the ranking."""
        return [box for box in self if box.name.startswith("weight-")]

    @property
    def given(self) -> dict[int, int]:
        """Percent by criterion, of those that were typed."""
        return {int(box.name.removeprefix("weight-")): box.data for box in self.shares if box.data is not None}


def weighing(criteria: Iterable[tuple[int, str]]) -> type[WeightsForm]:
    """The form for these criteria."""
    boxes: dict[str, Any] = {f"weight-{each}": Whole(name, [optional(), between(0, 100)]) for each, name in criteria}
    return type("Weighing", (WeightsForm,), boxes)
