"""Asking for what makes a move meaningful."""

from typing import Any

from wtforms import RadioField, SelectChoice

from crm.core.i18n import lazy
from crm.domain.stages import OUTCOMES, Questions
from crm.domain.trials import TrialTerms
from crm.forms.base import LINE, Day, Form, Line, Text
from crm.models import vocabulary
from crm.models.enums import TrialOutcome


def outcomes() -> list[SelectChoice]:
    """How a trial task can end, in the product's words."""
    return [SelectChoice(one.value, vocabulary.word(one)) for one in OUTCOMES]


class OutcomeBoxes(Form):
    """How the trial task being left went, where the move asks for it."""

    outcome = RadioField(lazy("How did the trial task go?"), choices=outcomes, validate_choice=False)

    def outcome_chosen(self) -> TrialOutcome | None:
        """The outcome; None where none was chosen, or an unknown one was sent."""
        return TrialOutcome(self.outcome.data) if self.outcome.data in list(OUTCOMES) else None


class MoveForm(OutcomeBoxes):
    """The boxes that a move asks for; those it does not ask for are taken out."""

    what = Text(lazy("The trial task"), [LINE])
    due_on = Day(lazy("Due on"))
    why = Line(lazy("Why"), [LINE])

    def __init__(self, *args: Any, asked: Questions, **values: Any) -> None:
        super().__init__(*args, **values)
        if not asked.trial:
            del self.what, self.due_on
        if not asked.outcome:
            del self.outcome

    def moved(self) -> dict[str, Any]:
        """What was answered, as the domain takes it. Raises Refused for a trial task without its day."""
        return {
            "why": self.why.data or "",
            "trial": self._trial(),
            "outcome": self.outcome_chosen() if "outcome" in self else None,
        }

    def _trial(self) -> TrialTerms | None:
        if "what" not in self or not (self.what.data or self.due_on.data):
            return None
        return TrialTerms(self.what.data or "", self.due_on.data)
