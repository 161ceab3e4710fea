"""Asking how far a condition has come: two amounts, or two plain numbers, as a person types them."""

from typing import Any

from crm.core import formats
from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.domain import amounts
from crm.domain.parking_terms import UNIT_LENGTH, Figure
from crm.forms.base import Form, Line, at_most, required
from crm.queries.custom_fields import Money

_HOW = lazy("Type a number, such as 12, or an amount, such as £26,400.")
_LONGEST = 40


class FigureBoxes(Form):
    """The boxes of a figure. What they say is told by :meth:`figure_chosen`."""

    now = Line(lazy("Now"), [at_most(_LONGEST)])
    goal = Line(lazy("It has to reach"), [at_most(_LONGEST)])
    figure_unit = Line(lazy("Of what"), [at_most(UNIT_LENGTH)])

    def figure_chosen(self) -> Figure | None:
        """The figure, or none. Raises Refused with the box that is wrong."""
        if not self.goal.data:
            if self.now.data:
                raise Refused(lazy("Type what it has to reach."), field="goal")
            return None
        goal, currency = read("goal", self.goal.data, _named(self.now.data))
        now = read("now", self.now.data, currency)[0] if self.now.data else 0
        return Figure(now, goal, currency, self.figure_unit.data or "")


class CountForm(Form):
    """How far it has come by now. ``seen`` is the figure that the person looked at."""

    now = Line(lazy("Now"), [required(lazy("Type how far it has come.")), at_most(_LONGEST)])
    seen = Line(lazy("Before"))

    def seen_figure(self) -> int | None:
        """The figure that the page showed, in minor units; None where it is no number."""
        shown = self.seen.data or ""
        return int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 17 else None


def read(box: str, typed: str, currency: str) -> tuple[int, str]:
    """What was typed into a box: minor units and their currency where an amount is meant, else a whole number.

    ``currency`` is what one without a sign is in; a number where that is empty. Raises Refused.
    """
    try:
        if not currency and not amounts.names_currency(typed):
            number = formats.parse_number(typed)
            if number is None or number != number.to_integral_value():
                raise Refused(_HOW)
            return int(number), ""
        money = amounts.read(typed, currency)
        if currency and money.currency != currency:
            raise Refused(lazy("Type both in one currency."))
        return money.amount, money.currency
    except Refused as refused:
        raise Refused(refused.words, field=box) from None


def amount_in(box: Line, usual: str) -> Money:
    """The amount that was typed into a box; ``usual`` is what one without a currency is in.

    Raises Refused at the box.
    """
    try:
        return amounts.read(box.data or "", usual)
    except Refused as refused:
        raise Refused(refused.words, field=box.name) from None


def shown(number: int, currency: str) -> str:
    """A figure's number as its box shows it, so that it is read back as the same."""
    if not currency:
        return formats.number(number)
    said = formats.money(number, currency)
    try:
        if amounts.read(said, "") == (number, currency):
            return said
    except Refused:
        pass
    return f"{formats.plain_money(number, currency)} {currency}"


def typed_as(figure: Figure | None) -> dict[str, Any]:
    """A kept figure as the boxes show it."""
    if figure is None:
        return {"now": "", "goal": "", "figure_unit": ""}
    return {
        "now": shown(figure.now, figure.currency),
        "goal": shown(figure.goal, figure.currency),
        "figure_unit": figure.unit,
    }


def _named(typed: str | None) -> str:
    """The currency that a text names, if it is an amount."""
    if not typed or not amounts.names_currency(typed):
        return ""
    try:
        return amounts.read(typed, "").currency
    except Refused:
        return ""
