"""The readiness check: sixteen statements with four answers each."""

from typing import Any

from wtforms import Field

from crm.core.i18n import _
from crm.domain import readiness_rules
from crm.forms.base import Form, Mark
from crm.models.enums import Answer, ReadinessArea, Statement
from crm.models.vocabulary import word

_BY_VALUE = {str(answer.value): answer for answer in Answer}


class HowFar(Mark):
    """How far a statement is true; it may be left for later."""

    def pre_validate(self, form: Any) -> None:
        if self.data is not None:
            super().pre_validate(form)


class _ReadinessForm(Form):
    """What all the boxes have in common."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for statement in Statement:
            box = self[statement.value]
            box.label.text = word(statement)
            box.choices = [(value, word(answer)) for value, answer in _BY_VALUE.items()]

    @property
    def answers(self) -> dict[Statement, Answer]:
        """What was answered so far."""
        chosen = {statement: self[statement.value].data for statement in Statement}
        return {statement: _BY_VALUE[value] for statement, value in chosen.items() if value in _BY_VALUE}

    @property
    def by_area(self) -> list[tuple[ReadinessArea, list[Field]]]:
        """The boxes of each area, in the order of the page."""
        asked = readiness_rules.ASKED.items()
        return [(area, [self[statement.value] for statement in pair]) for area, pair in asked]

    def ask_for_the_rest(self) -> None:
        """Say at each statement without an answer that it needs one."""
        for statement in readiness_rules.missing(self.answers):
            self[statement.value].errors = [_("Choose one of the four.")]


ReadinessForm: type[_ReadinessForm] = type(
    "ReadinessForm", (_ReadinessForm,), {statement.value: HowFar() for statement in Statement}
)
