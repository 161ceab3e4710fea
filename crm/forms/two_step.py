"""Asking for the first code of an app, and for codes that go into a file."""

import re

from wtforms import HiddenField
from wtforms.validators import Regexp

from crm.core import tokens
from crm.core.i18n import lazy
from crm.domain import two_step
from crm.forms.base import LINE, Form, Line, required

_CODE = f"[{tokens.SPOKEN}-]{{14}}"
_CODES = re.compile(rf"{_CODE}( {_CODE}){{0,{two_step.CODES - 1}}}\Z")


class FirstCodeForm(Form):
    """What the app shows, to see that it has the secret."""

    code = Line(lazy("Code from your app"), [required(lazy("Type the code that the app shows.")), LINE])


class CodesForm(Form):
    """The recovery codes of the page that shows them; nobody else has them any more."""

    codes = HiddenField(validators=[Regexp(_CODES)])
