"""Two people edit the same thing: what each of them changed, told field by field, and nothing lost."""

import json
from dataclasses import dataclass
from typing import Any

from wtforms import BooleanField, Field, HiddenField, SelectField, SelectMultipleField
from wtforms.widgets import HiddenInput

from crm.core.i18n import _
from crm.forms.base import Form, Whole

_OWN = frozenset({"csrf_token", "version", "opened"})


@dataclass(frozen=True, slots=True)
class Difference:
    """A question that the two answered differently, both answers in words."""

    question: str
    theirs: str
    yours: str


class Versioned(Form):
    """A form that knows which version of its subject it was opened with, and what that said."""

    version = Whole(widget=HiddenInput())
    opened = HiddenField()

    def remember(self, version: int) -> None:
        """Note what the boxes say now as what the form was opened with."""
        self.version.data = version
        self.opened.data = json.dumps(self.boxes(), ensure_ascii=True)

    def boxes(self) -> dict[str, Any]:
        """What stands in each box, as plain values that can be compared."""
        return {field.name: _plain(field) for field in self if field.name not in _OWN}

    def meet(self, theirs: "Versioned", version: int) -> list[Difference]:
        """Bring what a colleague saved together with what was typed here.

        A box that was left alone takes the colleague's value; a box that was typed in keeps what was typed. Answers
        with every box that the colleague changed; from now on the form stands on the colleague's version.
        """
        base, saved, typed = self._base(), theirs.boxes(), self.boxes()
        differences = []
        for field in self:
            name = field.name
            if name not in saved or saved[name] == base.get(name, typed[name]):
                continue
            if name in base and typed[name] == base[name]:
                field.data = theirs[name].data
                field.raw_data = None
                yours = _("You left this as it was.")
            else:
                yours = _words(field)
            if saved[name] != typed[name]:
                differences.append(Difference(str(field.label.text), _words(theirs[name]), yours))
        self.version.data, self.version.raw_data = version, None
        self.opened.data = json.dumps(saved, ensure_ascii=True)
        return differences

    def met(self, theirs: "Versioned", version: int) -> dict[str, Any]:
        """:meth:`meet`, as the page shows it where nobody keeps who saved."""
        return {"rows": [(each.question, each.theirs, each.yours) for each in self.meet(theirs, version)]}

    def typed_values(self) -> dict[str, Any]:
        """The values of the boxes by name, without what the form keeps for itself."""
        return {name: value for name, value in self.data.items() if name not in _OWN}

    def _base(self) -> dict[str, Any]:
        try:
            base = json.loads(self.opened.data or "")
        except (ValueError, RecursionError):
            return {}
        return base if isinstance(base, dict) else {}


def _plain(field: Field) -> Any:
    if isinstance(field, BooleanField):
        return bool(field.data)
    if isinstance(field, SelectMultipleField):
        return sorted(str(value) for value in field.data or ())
    if isinstance(field, SelectField):
        return "" if field.data is None else str(field.data)
    return str(field._value() or "")


def _words(field: Field) -> str:
    """The answer as a person reads it."""
    if isinstance(field, BooleanField):
        return _("Yes") if field.data else _("No")
    if isinstance(field, SelectField | SelectMultipleField):
        chosen = _plain(field)
        chosen = chosen if isinstance(chosen, list) else [chosen]
        return ", ".join(str(choice.label) for choice in field.iter_choices() if str(choice.value or "") in chosen)
    return str(field._value() or "")
