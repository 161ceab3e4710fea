"""Asking for a letter about an introduction: what it says."""

from collections.abc import Sequence
from typing import Any

from wtforms import HiddenField, SelectChoice
from wtforms.widgets import TextArea

from crm.core import limits
from crm.core.i18n import lazy
from crm.forms.base import Form, Pick, Subject, Text, at_most, required


class ReferralLetterForm(Form):
    """A letter that somebody writes about an introduction. Whom it can go to is handed in by the page; where nothing is
    chosen, it goes to whoever reads it usually."""

    to = Pick(lazy("To"))
    subject = Subject(
        lazy("Subject"), [required(lazy("Type a subject")), at_most(limits.SUBJECT_LENGTH)], widget=TextArea()
    )
    """It wraps where it is longer than the screen is wide."""
    body = Text(lazy("Letter"), [required(lazy("Type what you want to say")), at_most(limits.LETTER_LENGTH)])
    postal_address = Text(lazy("Your business’s postal address"), [at_most(limits.POSTAL_LENGTH)])
    drafted = HiddenField()
    """The reader for whom the text was offered, so that only what nobody has changed is replaced."""
    press = HiddenField()

    def __init__(self, *args: Any, readers: Sequence[tuple[str, str]], **values: Any) -> None:
        super().__init__(*args, **values)
        self.to.choices = [SelectChoice(key, words) for key, words in readers or [("", "")]]
        if self.to.data is None and readers:
            self.to.data = readers[0][0]
