"""Answering whether to be introduced."""

from typing import Any

from wtforms import SelectChoice

from crm.core.i18n import lazy
from crm.forms.base import LINE, Form, Line, Mark
from crm.models.enums import ReferralAnswer
from crm.models.vocabulary import word


class AnswerForm(Form):
    """Yes, not now or no, and a line to go with it."""

    answer = Mark(lazy("Your answer"))
    note = Line(lazy("Anything you want to say with it"), [LINE])

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.answer.choices = [SelectChoice(each.value, word(each)) for each in ReferralAnswer]

    @property
    def said(self) -> ReferralAnswer:
        """What was chosen."""
        return ReferralAnswer(self.answer.data)
