"""Asking how letters leave."""

import re
from typing import Any

from wtforms import SelectChoice
from wtforms.validators import Regexp, ValidationError

from crm.core import limits
from crm.core.i18n import lazy
from crm.forms.base import NAME, Email, Form, Line, Pick, Secret, Whole, at_most, between, optional

_HOST = re.compile(r"^(?!-)[A-Za-z0-9._-]+$|^[0-9A-Fa-f:.]+$")
_ADDRESS = re.compile(r"^[^@\s<>\"(),:;\\]+@[^@\s<>\"(),:;\\]+$")

SECURITY = {
    "starttls": lazy("STARTTLS, as most do (port 587)"),
    "tls": lazy("TLS from the first byte (port 465)"),
    "off": lazy("None: only for a server on this machine or network"),
}


def _plain_before_the_at(_form: Form, box: Email) -> None:
    """Only some servers take other letters there, and one that does not would refuse every letter of this sender."""
    if not str(box.data).rpartition("@")[0].isascii():
        raise ValidationError(lazy("Use an address with letters from a to z before the @."))


class MailForm(Form):
    """Server and sender. The password is never sent back; left empty it stays."""

    host = Line(
        lazy("Server"),
        [optional(), at_most(255), Regexp(_HOST, message=lazy("Type a server’s name, such as smtp.example.org."))],
        description=lazy("Empty: letters wait in the outbox."),
    )
    port = Whole(lazy("Port"), [optional(), between(1, 65_535)])
    security = Pick(lazy("Encryption"))
    user = Line(lazy("User"), [NAME], description=lazy("Often your whole e-mail address."))
    password = Secret(lazy("Password"), [at_most(limits.PASSWORD_LENGTH)])
    sender_name = Line(lazy("Name that letters come from"), [NAME])
    sender_address = Email(
        lazy("Address that letters come from"),
        [
            optional(),
            at_most(limits.EMAIL_LENGTH),
            _plain_before_the_at,
            Regexp(_ADDRESS, message=lazy("Type an e-mail address, such as nadia@example.org.")),
        ],
        description=lazy("Most providers want your own address here."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.security.choices = [SelectChoice(value, str(words)) for value, words in SECURITY.items()]
