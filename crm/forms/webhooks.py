"""Asking for a webhook: an address, and what it is told."""

from collections.abc import Sequence
from typing import Any

from wtforms import HiddenField, SelectChoice

from crm.core import limits
from crm.core.i18n import lazy
from crm.forms.base import NAME, Address, Form, Line, Ticks, at_most, required
from crm.models.enums import WebhookEvent
from crm.models.vocabulary import word


class WebhookForm(Form):
    """What it is for, where messages go, and which."""

    name = Line(lazy("What it is for"), [required(lazy("Say what the webhook is for.")), NAME])
    url = Address(
        lazy("Address"),
        [required(lazy("Type the address that messages go to.")), at_most(limits.URL_LENGTH)],
        description=lazy("It begins with https:// and is on the public internet."),
    )
    events = Ticks(
        lazy("What it is told"), [required(lazy("Choose at least one thing to be told."))], coerce=WebhookEvent
    )
    version = HiddenField()

    def __init__(self, *args: Any, offered: Sequence[WebhookEvent], **values: Any) -> None:
        super().__init__(*args, **values)
        self.events.choices = [SelectChoice(event.value, word(event)) for event in offered]

    @property
    def version_typed(self) -> int:
        """The version that was read; 0 for nonsense."""
        typed = str(self.version.data)
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0

    def values(self) -> dict[str, Any]:
        return {"name": self.name.data, "url": self.url.data, "events": self.events.data}
