"""Asking about work that is handed to a vendor: what it is, when it came, what is said of it."""

from collections.abc import Iterable

from wtforms import SelectChoice

from crm.core import currencies, formats
from crm.core.errors import Refused
from crm.core.i18n import _, lazy
from crm.domain.delegated_works import MINUTES_LARGEST, RATINGS, Verdict, Wanted
from crm.forms.base import LINE, NAME, TEXT, Day, Form, Line, Pick, Text, Whole, between, optional, required
from crm.forms.conflicts import Versioned
from crm.forms.log_entries import OneOf, number_or_none
from crm.models import vocabulary

_DUE = lazy("Pick the day it is due.")


def _ratings() -> list[SelectChoice]:
    return [SelectChoice(number, vocabulary.rating(number)) for number in reversed(RATINGS)]


def _promised() -> list[SelectChoice]:
    return [SelectChoice("yes", _("Yes")), SelectChoice("no", _("No"))]


def _currencies() -> list[SelectChoice]:
    return [SelectChoice("", _("Not said")), *(SelectChoice(code) for code in currencies.codes())]


class WorkForm(Versioned):
    """What a piece of work is."""

    title = Line(lazy("What it is"), [required(lazy("Say what the work is.")), NAME])
    asked = Text(lazy("What is asked for"), [TEXT])
    area_id = Pick(lazy("For what they look after"), coerce=number_or_none)

    def offer(self, areas: Iterable[tuple[int, str]]) -> None:
        """Hand in what the vendor looks after."""
        picks = [SelectChoice(area_id, words) for area_id, words in areas]
        self.area_id.choices = [SelectChoice("", _("Nothing in particular")), *picks]

    @property
    def wanted(self) -> Wanted:
        """The work, as the domain takes it."""
        return Wanted(self.title.data or "", self.asked.data or "", self.area_id.data)


class NewWorkForm(WorkForm):
    """Handing a piece of work out: also since when, and until when."""

    due_on = Day(lazy("Agreed for"), [required(_DUE)])
    asked_on = Day(lazy("Asked on"), [required(lazy("Pick today or a day before."))])


class WorkDayForm(Versioned):
    """Another day for a piece of work."""

    due_on = Day(lazy("Agreed for"), [required(_DUE)])


class DeliveryForm(Form):
    """When it came."""

    delivered_on = Day(lazy("It came on"), [required(lazy("Pick today or a day before."))])


class ChangesForm(Form):
    """Asking for changes, by another day."""

    what = Text(lazy("What is to change"), [required(lazy("Say what is to change.")), TEXT])
    due_on = Day(lazy("Agreed for"), [required(_DUE)])


class VerdictForm(Form):
    """Accepting a delivery, and what there is to say of it."""

    delivered_on = Day(lazy("It came on"), [optional()])
    rating = OneOf(lazy("How good was it?"), choices=_ratings, coerce=number_or_none)
    remark = Text(lazy("What you saw"), [TEXT])
    gave_promised = OneOf(lazy("Did we give them what we promised?"), choices=_promised)
    our_minutes = Whole(lazy("Our minutes"), [optional(), between(0, MINUTES_LARGEST)])
    vendor_minutes = Whole(lazy("Their minutes"), [optional(), between(0, MINUTES_LARGEST)])
    cost_amount = Line(lazy("What it cost"), [LINE])
    cost_currency = Pick(lazy("Currency"), choices=_currencies)

    @property
    def verdict(self) -> Verdict:
        """What is said, as the domain takes it. Raises :class:`Refused` for an amount that is none."""
        amount = None
        if self.cost_amount.data and not self.cost_currency.data:
            raise Refused(lazy("Choose a currency."), field="cost_currency")
        if self.cost_amount.data:
            amount = formats.parse_money(self.cost_amount.data, self.cost_currency.data or "")
            if amount is None:
                raise Refused(lazy("Type an amount, such as 250 or 250.50."), field="cost_amount")
        return Verdict(
            remark=self.remark.data or "",
            rating=self.rating.data,
            our_minutes=self.our_minutes.data,
            vendor_minutes=self.vendor_minutes.data,
            cost_amount=amount,
            cost_currency=(self.cost_currency.data or "") if amount is not None else "",
            gave_promised={"yes": True, "no": False}.get(self.gave_promised.data or ""),
        )


class RejectionForm(VerdictForm):
    """Turning a delivery down."""

    remark = Text(lazy("Why"), [required(lazy("Say why.")), TEXT])


class CallingOffForm(Form):
    """Nobody needs it any more."""

    why = Text(lazy("Why"), [TEXT])
