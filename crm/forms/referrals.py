"""Asking about referrals and their steps."""

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, HiddenField, SelectChoice

from crm.core.i18n import lazy
from crm.domain import referral_rules
from crm.forms.base import LINE, TEXT, Day, Form, Line, Pick, Text, at_most, required
from crm.forms.figures import amount_in, shown
from crm.models.enums import Channel, ReferralState
from crm.models.vocabulary import word
from crm.queries.custom_fields import Money

_NOT_ASKED_FOR = (ReferralState.IDEA, ReferralState.DECLINED)
"""It begins as an idea; who said no, is said."""


def recordable(recorded: Sequence[ReferralState]) -> list[ReferralState]:
    """The steps that say something new after these. From the introduction on, nobody asks or answers any more."""
    offered = referral_rules.AFTERWARDS if referral_rules.is_introduced(recorded) else tuple(ReferralState)
    return [one for one in offered if one not in _NOT_ASKED_FOR and referral_rules.is_new(recorded, one)]


def _number(value: Any) -> int | None:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


class ReferralForm(Form):
    """Which vendor, to whom, and why they should meet."""

    vendor_id = Pick(lazy("This vendor"), [required(lazy("Choose a vendor"))], coerce=_number)
    opening_id = Pick(lazy("To this business"), [required(lazy("Choose a business"))], coerce=_number)
    blurb = Text(lazy("Why they should meet"), [TEXT])
    terms = Line(lazy("Terms"), [LINE])
    despite = HiddenField()
    """The vendor and the opening against which the page said something, before they are referred all the same."""

    def __init__(
        self, *args: Any, vendors: Sequence[tuple[int, str]], openings: Sequence[tuple[int, str]], **values: Any
    ) -> None:
        super().__init__(*args, **values)
        nobody = SelectChoice("", str(lazy("Choose one")))
        self.vendor_id.choices = [nobody, *(SelectChoice(value, words) for value, words in vendors)]
        self.opening_id.choices = [nobody, *(SelectChoice(value, words) for value, words in openings)]


class ClosedForm(Form):
    """What the business that they closed was worth."""

    closed_amount = Line(
        lazy("What they closed"),
        [at_most(30)],
        description=lazy("Only admins see it. Empty where you do not know."),
    )

    def show(self, amount: int | None, currency: str) -> None:
        """Fill in what is noted."""
        self.closed_amount.data = "" if amount is None else shown(amount, currency)

    def money(self, usual: str) -> Money | None:
        """The amount, if one was typed. Raises Refused at its box."""
        return amount_in(self.closed_amount, usual) if self.closed_amount.data else None


class StepForm(Form):
    """How far a referral has come."""

    state = Pick(lazy("What happened"), [required(lazy("Choose what happened"))])
    happened_on = Day(lazy("When"), [required(lazy("Pick a day up to today"))])
    channel = Pick(lazy("How"))
    note = Text(lazy("In their words"), [TEXT])
    both_said_yes = BooleanField(lazy("They told me by phone that both say yes"))

    def __init__(self, *args: Any, recorded: Sequence[ReferralState], **values: Any) -> None:
        super().__init__(*args, **values)
        self.state.choices = [SelectChoice(one.value, word(one)) for one in recordable(recorded)]
        self.channel.choices = [
            SelectChoice("", str(lazy("Not said"))),
            *(SelectChoice(one.value, word(one)) for one in Channel),
        ]

    def values(self) -> dict[str, Any]:
        values = super().values()
        channel = values["channel"]
        return {
            **values,
            "state": ReferralState(values["state"]),
            "channel": Channel(channel) if channel else None,
            "note": values["note"] or "",
        }
