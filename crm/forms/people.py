"""Asking about somebody at a vendor."""

from collections.abc import Callable
from typing import Any

from wtforms import ValidationError

from crm.core import limits
from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.domain import people
from crm.forms.base import Line, Pick, Text, at_most, required
from crm.forms.conflicts import Versioned
from crm.forms.vendors import words_of
from crm.models.enums import Channel

_NAME = at_most(limits.NAME_LENGTH)
_LINES = at_most(limits.CONTACTS_PER_PERSON * (limits.EMAIL_LENGTH + 10))


def _each_line(rule: Callable[[list[str]], list[str]]) -> Callable[[Any, Any], None]:
    """A rule for the lines of a box, said beside it with the line that breaks it."""

    def check(_form: Any, field: Any) -> None:
        for line in (field.data or "").split("\n"):
            try:
                rule([line])
            except Refused as refused:
                raise ValidationError(f"{refused.words} ({line.strip()[:60]})") from None
        try:
            rule((field.data or "").split("\n"))
        except Refused as refused:
            raise ValidationError(str(refused.words)) from None

    return check


class PersonForm(Versioned):
    """A person: a name is enough."""

    name = Line(lazy("Name"), [required(lazy("Type the person’s name")), _NAME])
    role = Line(lazy("What they do there"), [_NAME])
    emails = Text(
        lazy("E-mail addresses"), [_LINES, _each_line(people.email_addresses)], description=lazy("One to a line.")
    )
    phones = Text(lazy("Phone numbers"), [_LINES, _each_line(people.phone_numbers)], description=lazy("One to a line."))
    preferred_channel = Pick(lazy("Best reached by"))
    notes = Text(lazy("Notes"), [at_most(limits.TEXT_LENGTH)], description=lazy("Such as “never ring before ten”."))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.preferred_channel.choices = words_of(Channel, lazy("Not said"))

    def values(self) -> dict[str, Any]:
        """What was said, as the domain takes it."""
        typed = self.typed_values()
        channel = typed["preferred_channel"]
        return {
            **{name: typed[name] or "" for name in ("name", "role", "notes")},
            "emails": (typed["emails"] or "").split("\n"),
            "phones": (typed["phones"] or "").split("\n"),
            "preferred_channel": Channel(channel) if channel else None,
        }


def texts_of(row: Any) -> dict[str, Any]:
    """What the boxes say about a person as they are kept."""
    return {
        "name": row.name,
        "role": row.role,
        "emails": "\n".join(row.emails),
        "phones": "\n".join(row.phones),
        "preferred_channel": row.preferred_channel.value if row.preferred_channel else None,
        "notes": row.notes,
    }
