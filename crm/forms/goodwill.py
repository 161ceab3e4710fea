"""Asking for a good turn, for what is agreed about referrals, and for what was used of the credit."""

from decimal import Decimal

from wtforms import RadioField, SelectChoice

from crm.core import formats
from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.domain.discounts import KEEPS_DAYS_MOST, Terms
from crm.domain.goodwill import Turn
from crm.forms.base import LINE, TEXT, Day, Form, Line, Pick, Text, Whole, at_most, between, optional, required
from crm.forms.conflicts import Versioned
from crm.forms.figures import amount_in
from crm.forms.places import currency_choices
from crm.models.enums import GoodwillKind, GoodwillSide
from crm.models.vocabulary import word
from crm.queries.custom_fields import Money

_DAY = lazy("Pick today or a day before.")


class TurnForm(Form):
    """A good turn."""

    side = RadioField(lazy("Who did it?"), [required(lazy("Choose who did it."))], validate_choice=False)
    kind = Pick(lazy("What it was"), [required(lazy("Choose what it was."))])
    happened_on = Day(lazy("When"), [required(_DAY)])
    note = Text(lazy("In a few words"), [TEXT])
    value = Line(lazy("What it was worth"), [at_most(30)], description=lazy("If you can say: 50, or 60 EUR."))

    def offer(self, vendor: str) -> None:
        """Hand in the vendor's name."""
        self.side.choices = [
            SelectChoice(GoodwillSide.GIVEN.value, str(lazy("We did, for %(name)s", name=vendor))),
            SelectChoice(GoodwillSide.RECEIVED.value, str(lazy("%(name)s did, for us", name=vendor))),
        ]
        kinds = [SelectChoice(kind.value, word(kind)) for kind in sorted(GoodwillKind, key=word)]
        self.kind.choices = [SelectChoice("", str(lazy("Choose"))), *kinds]

    def turn(self, usual: str) -> Turn:
        """What was typed; ``usual`` is the business's currency. Raises Refused at the box that is wrong."""
        if self.side.data not in list(GoodwillSide):
            raise Refused(lazy("Choose who did it."), field="side")
        assert self.happened_on.data is not None  # the form requires it
        money = amount_in(self.value, usual) if self.value.data else None
        if money is not None and money.amount < 0:
            raise Refused(lazy("Type an amount from 0 up, in figures."), field="value")
        return Turn(
            GoodwillSide(self.side.data),
            GoodwillKind(self.kind.data),
            self.happened_on.data,
            self.note.data or "",
            money.amount if money else None,
            money.currency if money else "",
        )


class TermsForm(Versioned):
    """What a vendor gives for a referral that is won."""

    share = Line(lazy("A share of the business they close, in percent"), [at_most(10)])
    each = Line(lazy("Or an amount for each"), [at_most(30)])
    currency = Pick(lazy("Currency"))
    cap = Line(lazy("At most, altogether"), [at_most(30)])
    valid_until = Day(lazy("For referrals won until"), [optional()])
    keeps_days = Whole(lazy("Credit keeps for so many days"), [optional(), between(1, KEEPS_DAYS_MOST)])
    evidence = Line(lazy("Where it is agreed"), [at_most(2000)], description=lazy("A link, or where to find it."))

    def offer(self, usual: str) -> None:
        """Hand in the business's currency."""
        self.currency.choices = list(currency_choices())
        self.currency.data = self.currency.data or usual

    @property
    def terms(self) -> Terms:
        """What was typed. Raises Refused at the box that is wrong."""
        currency = self.currency.data or ""
        each = amount_in(self.each, currency) if self.each.data else None
        cap = amount_in(self.cap, currency) if self.cap.data else None
        for money, field in ((each, "each"), (cap, "cap")):
            if money is not None and money.currency != currency:
                raise Refused(lazy("Type it in the currency chosen."), field=field)
        if (each is None) == (not self.share.data):
            raise Refused(lazy("Type a share or an amount, one of the two."), field="share")
        return Terms(
            percent=self._hundredths() if self.share.data else None,
            amount=each.amount if each else None,
            currency=currency,
            cap=cap.amount if cap else None,
            valid_until=self.valid_until.data,
            keeps_days=self.keeps_days.data,
            evidence=self.evidence.data or "",
        )

    def _hundredths(self) -> int:
        number = formats.parse_number((self.share.data or "").rstrip("%").strip())
        hundredths = None if number is None else number * 100
        if hundredths is None or hundredths != int(hundredths) or not 0 < hundredths <= Decimal(10_000):
            raise Refused(lazy("Type a share from 0.01 to 100."), field="share")
        return int(hundredths)


class CreditForm(Form):
    """Some of the credit was used, or a piece of it has its value now."""

    amount = Line(lazy("How much"), [required(lazy("Type an amount, such as 50.")), at_most(30)])
    happened_on = Day(lazy("When"), [optional()])
    note = Line(lazy("On which invoice"), [LINE])

    def money(self, usual: str) -> Money:
        """The amount. Raises Refused at its box."""
        return amount_in(self.amount, usual)


class StrikeForm(Form):
    """Why a line counts no more."""

    why = Line(lazy("Why"), [LINE])
