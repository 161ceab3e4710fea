"""Asking why a vendor is parked, until when, and how to stay in touch meanwhile."""

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, RadioField, SelectChoice, ValidationError

from crm.core.i18n import lazy
from crm.forms.base import LINE, TEXT, Day, Line, Pick, Text, Whole, required
from crm.forms.figures import FigureBoxes
from crm.forms.rhythms import RhythmBoxes
from crm.forms.stages import OutcomeBoxes
from crm.models import vocabulary
from crm.models.enums import ParkingReason


def _number(value: Any) -> int | None:
    typed = str(value or "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 16 else None


class ParkingForm(RhythmBoxes, OutcomeBoxes, FigureBoxes):
    """Parking. ``reasons`` in the order of the page, ``keepers`` as (id, name); ``leaves_trial`` asks how it went.

    ``needs``, as (id, outcome), are those that can be waited for: where one comes first, or its budget lacks.
    """

    reason = RadioField(lazy("Why now is the wrong time"), [required(lazy("Choose why now is the wrong time."))])
    details = Text(lazy("In your words"), [TEXT])
    need_id = Pick(lazy("Which need they wait for"), coerce=_number)
    until = Day(lazy("A date comes"))
    condition = Line(lazy("Or something happens"), [LINE])
    owner_id = Pick(lazy("Who does"), coerce=_number)
    told_vendor = Text(lazy("What you told them"), [TEXT])
    look_for_referrals = BooleanField(lazy("Look for people to refer to them"))
    offer_small_tasks = BooleanField(lazy("Give them smaller tasks"))
    ask_for_discount = BooleanField(lazy("Ask for a discount in exchange for referrals"))
    why = Line(lazy("Or in a sentence, why there is no outcome"), [LINE])

    asks_what_comes_first = True
    """Whether somebody for whom something must come first cannot be parked without a word of what that is."""

    def __init__(
        self,
        *args: Any,
        reasons: Sequence[ParkingReason],
        keepers: Sequence[tuple[int, str]],
        leaves_trial: bool = False,
        needs: Sequence[tuple[int, str]] = (),
        **values: Any,
    ) -> None:
        super().__init__(*args, **values)
        self.reason.choices = [SelectChoice(one.value, vocabulary.word(one)) for one in reasons]
        self.owner_id.choices = [
            SelectChoice("", str(lazy("As now"))),
            *(SelectChoice(user_id, name) for user_id, name in keepers),
        ]
        self.need_id.choices = [
            SelectChoice("", str(lazy("None that is written down"))),
            *(SelectChoice(need_id, outcome) for need_id, outcome in needs),
        ]
        if not needs:
            del self.need_id
        if not leaves_trial:
            del self.outcome, self.why

    def validate_need_id(self, _field: Pick) -> None:
        """What must come first is named: a need, or a condition in words. Nothing else could say that it has come."""
        if self._is_unsaid():
            raise ValidationError(str(lazy("Name the need, or say in words what must come first.")))

    def validate_condition(self, _field: Line) -> None:
        """The same, where there is no need to choose from."""
        if "need_id" not in self and self._is_unsaid():
            raise ValidationError(str(lazy("Say in words what must come first.")))

    def _is_unsaid(self) -> bool:
        is_named = "need_id" in self and self.need_id.data is not None
        waits = self.reason.data == ParkingReason.PREREQUISITE.value
        return self.asks_what_comes_first and waits and not is_named and not self.condition.data

    def terms(self) -> dict[str, Any]:
        """What was answered about the parking, as the domain takes it. Raises Refused."""
        return {
            "reason": ParkingReason(self.reason.data),
            "until": self.until.data,
            "details": self.details.data or "",
            "condition": self.condition.data or "",
            "figure": self.figure_chosen(),
            "rhythm": self.rhythm_chosen(),
            "told_vendor": self.told_vendor.data or "",
            "look_for_referrals": self.look_for_referrals.data,
            "offer_small_tasks": self.offer_small_tasks.data,
            "ask_for_discount": self.ask_for_discount.data,
            "owner_id": self.owner_id.data,
            "need_id": self.need_id.data if "need_id" in self else None,
        }

    def left(self) -> dict[str, Any]:
        """What was answered about the trial task being left."""
        if "outcome" not in self:
            return {}
        return {"outcome": self.outcome_chosen(), "why": self.why.data or ""}


class ManyParkedForm(ParkingForm):
    """The same for many vendors at once: what comes first for each of them is said later, one by one."""

    asks_what_comes_first = False


class ParkingEditForm(ParkingForm):
    """The same for a parking that stands."""

    version = Whole(lazy("Version"), [required(lazy("Open this page again"))])
