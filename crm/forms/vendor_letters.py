"""Asking for a letter to a vendor: why, to whom, and what it says."""

from collections.abc import Sequence
from typing import Any

from flask_wtf.file import MultipleFileField
from wtforms import BooleanField, HiddenField, SelectChoice

from crm.core import limits
from crm.core.i18n import lazy
from crm.domain.letter_files import Upload, Wanted
from crm.forms.base import Form, Mark, Pick, Subject, Text, Ticks, at_most, required

NO_REASON = "none"
"""Something else: the letter says it."""


class LetterForm(Form):
    """A letter that somebody writes to a vendor. Reasons and recipients are handed in by the page."""

    reason = Mark(lazy("Why"))
    to = Pick(lazy("To"), [required(lazy("Choose whom it goes to"))])
    subject = Subject(lazy("Subject"), [required(lazy("Type a subject")), at_most(limits.SUBJECT_LENGTH)])
    body = Text(lazy("Letter"), [required(lazy("Type what you want to say")), at_most(limits.LETTER_LENGTH)])
    files = Ticks(lazy("Files of theirs to send along"), coerce=int)
    uploads = MultipleFileField(lazy("Files from this device"))
    postal_address = Text(lazy("Your business’s postal address"), [at_most(limits.POSTAL_LENGTH)])
    answered = BooleanField(lazy("They have answered already"))
    drafted = HiddenField()
    """The reason and the reader for which the text was offered, so that only what nobody has changed is replaced."""
    press = HiddenField()

    def __init__(
        self,
        *args: Any,
        reasons: Sequence[tuple[str, str]],
        recipients: Sequence[tuple[str, str]],
        files: Sequence[tuple[int, str]],
        **values: Any,
    ) -> None:
        super().__init__(*args, **values)
        self.reason.choices = [SelectChoice(key, words) for key, words in reasons]
        self.to.choices = [SelectChoice(key, words) for key, words in recipients]
        self.files.choices = [SelectChoice(number, words) for number, words in files]

    @property
    def wanted(self) -> Wanted:
        """The files that the letter is to carry."""
        sent = tuple(Upload(one.filename or "", one.stream) for one in self.uploads.data or ())
        return Wanted(tuple(self.files.data or ()), sent)
