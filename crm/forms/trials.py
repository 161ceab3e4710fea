"""Asking about trial tasks: what they are, what came, what went back, what was asked and what is met."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from flask_wtf.file import FileField
from wtforms import SelectChoice

from crm.core import clock, limits
from crm.core.i18n import _, lazy
from crm.domain.trials import TrialTerms
from crm.forms.base import (
    LINE,
    TEXT,
    Address,
    Day,
    Form,
    Line,
    Text,
    TimeOfDay,
    Whole,
    at_most,
    optional,
    required,
)
from crm.forms.conflicts import Versioned
from crm.forms.log_entries import OneOf

WHAT = lazy("Say what the trial task is.")
DAY = lazy("Pick the day it is due.")
_PAST = lazy("Pick today or a day before.")
_YES, _NO = "yes", "no"


def _said() -> list[SelectChoice]:
    return [SelectChoice(_YES, _("Yes")), SelectChoice(_NO, _("No")), SelectChoice("", _("Nobody has said"))]


def _met() -> list[SelectChoice]:
    return [SelectChoice(_YES, _("Met")), SelectChoice(_NO, _("Not met")), SelectChoice("", _("Not looked at"))]


def yes_or_no(said: str | None) -> bool | None:
    """What a choice between yes, no and nothing says."""
    return {_YES: True, _NO: False}.get(said or "")


def as_choice(said: bool | None) -> str:
    """A yes, a no or nothing, as the choice that stands for it."""
    return "" if said is None else _YES if said else _NO


class TrialForm(Form):
    """A trial task."""

    what = Text(lazy("The trial task"), [required(WHAT), LINE])
    due_on = Day(lazy("Due on"), [required(DAY)])

    def terms(self) -> TrialTerms:
        """The trial task, as the domain takes it."""
        return TrialTerms(self.what.data or "", self.due_on.data)


class DueForm(Form):
    """Another day for a trial task."""

    due_on = Day(lazy("Due on"), [required(DAY)])
    version = Whole(lazy("Version"), [required(lazy("Open this page again"))])


class ReviewDayForm(Form):
    """Another day until which we look at what came."""

    review_due_on = Day(lazy("Look at it by"), [required(lazy("Pick a day."))])
    version = Whole(lazy("Version"), [required(lazy("Open this page again"))])


class CallingOffForm(Form):
    """Why a trial task never came to anything."""

    note = Text(lazy("Why"), [required(lazy("Say why, in a sentence.")), TEXT])


class PieceForm(Form):
    """Something that came: a link, a file, or a line that says where it is."""

    what = Line(lazy("In a line"), [LINE])
    url = Address(lazy("A link to it"), [at_most(limits.URL_LENGTH)])
    file = FileField(lazy("A file"))

    @property
    def says_something(self) -> bool:
        """Whether anything was given."""
        return bool(self.what.data or self.url.data or self.has_file)

    @property
    def has_file(self) -> bool:
        return bool(self.file.data and self.file.data.filename)


class DeliverableForm(PieceForm):
    """One more thing that came, and when."""

    delivered_on = Day(lazy("It came on"), [required(_PAST)])


class TrialDeliveryForm(DeliverableForm):
    """It came: when, until when we look at it, and what it is."""

    review_due_on = Day(lazy("Look at it by"), [optional()])


class SendingBackForm(Form):
    """Asking for changes, by another day."""

    what = Text(lazy("What is to change"), [required(lazy("Say what is to change.")), TEXT])
    due_on = Day(lazy("Agreed for"), [required(DAY)])


class WordsForm(Versioned):
    """What we share with them, and what we must explain."""

    shared = Text(lazy("What we share"), [TEXT])
    to_explain = Text(lazy("What we must explain"), [TEXT])


class _MomentForm(Form):
    """When something happened, by the business's clock."""

    def _instant(self, day: Any, time: Any, zone: str) -> datetime:
        """The instant typed; without a time, this very moment if it was today, else noon."""
        on: date = day.data
        if time.data is None:
            return clock.now() if on == clock.today(zone) else clock.instant_of(on, 12, zone)
        return clock.instant_of(on, time.data.hour, zone, minute=time.data.minute)


class QuestionForm(_MomentForm):
    """What the vendor asked, and when."""

    body = Text(lazy("What they asked"), [required(lazy("Type what they asked.")), TEXT])
    asked_on = Day(lazy("Asked on"), [required(_PAST)])
    asked_at = TimeOfDay(lazy("At"), [optional()])

    def instant(self, zone: str) -> datetime:
        """When they asked."""
        return self._instant(self.asked_on, self.asked_at, zone)


class AnswerForm(_MomentForm):
    """When we answered, and what."""

    answer = Text(lazy("What we answered"), [TEXT])
    answered_on = Day(lazy("Answered on"), [required(_PAST)])
    answered_at = TimeOfDay(lazy("At"), [optional()])

    def instant(self, zone: str) -> datetime:
        """When we answered."""
        return self._instant(self.answered_on, self.answered_at, zone)


class PromisedForm(Form):
    """Whether we gave what was promised."""

    gave_promised = OneOf(lazy("Did we give them what we promised?"), choices=_said)


class ChecksForm(Form):
    """Which conditions are met: a choice for each, made by :func:`checks_form`."""

    @property
    def met(self) -> dict[int, bool | None]:
        """What was said of each condition. One that was not sent is left as it is."""
        return {
            int(field.name.removeprefix(_CONDITION)): yes_or_no(field.data)
            for field in self
            if field.name.startswith(_CONDITION) and field.raw_data
        }


_CONDITION = "condition_"


def checks_form(typed: Any, conditions: Iterable[tuple[int, str, bool | None]]) -> ChecksForm:
    """The form for these conditions, each with what it says and how it stands."""
    rows = list(conditions)
    boxes = {f"{_CONDITION}{number}": OneOf(what, choices=_met) for number, what, _is_met in rows}
    kind: type[ChecksForm] = type("ChecksForm", (ChecksForm,), boxes)
    return kind(typed, data={f"{_CONDITION}{number}": as_choice(is_met) for number, _what, is_met in rows})
