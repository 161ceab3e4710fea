"""Asking for a letter about an introduction: what it says."""

from wtforms import HiddenField

from crm.core import limits
from crm.core.i18n import lazy
from crm.forms.base import Form, Line, Text, at_most, required


class ReferralLetterForm(Form):
    """A letter that somebody writes about an introduction. Whom it goes to, the referral says."""

    subject = Line(lazy("Subject"), [required(lazy("Type a subject")), at_most(limits.SUBJECT_LENGTH)])
    body = Text(lazy("Letter"), [required(lazy("Type what you want to say")), at_most(limits.LETTER_LENGTH)])
    postal_address = Text(lazy("Your business’s postal address"), [at_most(limits.POSTAL_LENGTH)])
    press = HiddenField()
