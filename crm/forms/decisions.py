"""Asking what becomes of a vendor that is parked: one of four answers, with what each of them needs."""

from enum import StrEnum
from typing import Any

from wtforms import RadioField, SelectChoice

from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.domain.trials import TrialTerms
from crm.forms.base import LINE, Day, Form, Line, Text, required
from crm.models import vocabulary
from crm.models.enums import EXIT_STAGES, Stage


class Answer(StrEnum):
    """What somebody can decide."""

    TRIAL = "trial"
    BRING_ON = "bring_on"
    KEEP = "keep"
    LET_GO = "let_go"


_WORDS = {
    Answer.TRIAL: lazy("Start a trial task"),
    Answer.BRING_ON: lazy("Bring them on"),
    Answer.KEEP: lazy("Keep them parked"),
    Answer.LET_GO: lazy("Let them go"),
}


_ONE = lazy("Choose one of the four.")


class DecisionForm(Form):
    """Which of the four, and what it needs."""

    answer = RadioField(lazy("What do you want to do?"), [required(_ONE)], validate_choice=False)
    what = Text(lazy("The trial task"), [LINE])
    due_on = Day(lazy("Due on"))
    why_none = Line(lazy("Or say in one sentence why there is none"), [LINE])
    until = Day(lazy("Look again on"))
    exit_to = RadioField(lazy("How do you part?"), default=Stage.ENDED.value, validate_choice=False)
    why = Line(lazy("Why"), [LINE])

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.answer.choices = [SelectChoice(each.value, str(words)) for each, words in _WORDS.items()]
        self.exit_to.choices = [SelectChoice(each.value, vocabulary.word(each)) for each in EXIT_STAGES]

    @property
    def chosen(self) -> Answer:
        """The answer. Raises Refused where it is none of the four."""
        if self.answer.data not in list(Answer):
            raise Refused(_ONE, field="answer")
        return Answer(self.answer.data)

    @property
    def to(self) -> Stage:
        """Where the answer leads to. Raises Refused where that is not said."""
        if self.chosen is Answer.TRIAL:
            return Stage.TRIAL
        if self.chosen is Answer.BRING_ON:
            return Stage.ACTIVE
        if self.exit_to.data not in {stage.value for stage in EXIT_STAGES}:
            raise Refused(lazy("Choose one of the list."), field="exit_to")
        return Stage(self.exit_to.data)

    def moved(self) -> dict[str, Any]:
        """What the move asks for, as the domain takes it."""
        if self.chosen is Answer.TRIAL:
            is_given = bool(self.what.data or self.due_on.data)
            trial = TrialTerms(self.what.data or "", self.due_on.data) if is_given else None
            return {"trial": trial, "why": self.why_none.data or ""}
        return {"why": self.why.data or "" if self.chosen is Answer.LET_GO else ""}
