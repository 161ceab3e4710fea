"""Asking about trial tasks."""

from wtforms import RadioField

from crm.core.i18n import lazy
from crm.domain.trials import TrialTerms
from crm.forms.base import LINE, TEXT, Day, Form, Text, Whole, required
from crm.forms.stages import outcomes
from crm.models.enums import TrialOutcome

WHAT = lazy("Say what the trial task is.")
DAY = lazy("Pick the day it is due.")


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


class TrialOutcomeForm(Form):
    """How a trial task went."""

    outcome = RadioField(lazy("How did it go?"), [required(lazy("Choose how it went."))], choices=outcomes)
    note = Text(lazy("What you saw"), [TEXT])

    def outcome_chosen(self) -> TrialOutcome:
        """The outcome."""
        return TrialOutcome(self.outcome.data)
