"""Adding a passkey, naming it, and what a device answers."""

from wtforms import HiddenField

from crm.core.i18n import lazy
from crm.forms.base import NAME, Form, Line, required


class NameForm(Form):
    """What the device is known by."""

    name = Line(lazy("Name"), [required(lazy("Type a name that you will know the device by.")), NAME])


class PasskeyForm(NameForm):
    """A new key. What the device answers is put in by script."""

    credential = HiddenField()


class AnswerForm(Form):
    """What a device has answered, put in by script."""

    credential = HiddenField()
