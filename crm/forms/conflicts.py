"""Two people edit the same thing: what each of them changed, told field by field, and nothing lost."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from wtforms import BooleanField, Field, HiddenField, SelectField, SelectMultipleField
from wtforms.widgets import HiddenInput

from crm.core import text_merge
from crm.core.i18n import _
from crm.forms.base import Form, Text, Whole

_OWN = frozenset({"csrf_token", "version", "opened"})


@dataclass(frozen=True, slots=True)
class Difference:
    """A question that the colleague answered anew, both answers in words.

    ``collides`` is whether only a person can say which of the two holds: both changed it, or what goes with it.
    """

    question: str
    theirs: str
    yours: str
    collides: bool


def rows_of(differences: Sequence[Difference]) -> dict[str, Any]:
    """Both versions, as the page shows them where nobody keeps who saved."""
    return {"rows": [(each.question, each.theirs, each.yours) for each in differences]}


class Versioned(Form):
    """A form that knows which version of its subject it was opened with, and what that said."""

    version = Whole(widget=HiddenInput())
    opened = HiddenField()
    together: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Boxes that mean something only together, such as an amount and its currency: what one changed in the one and
    the other in the other is not merged."""

    knows_its_base = False
    """Whether it was opened here, with a version that there was: else nobody knows what was changed in it."""

    def remember(self, version: int) -> None:
        """Note what the boxes say now as what the form was opened with."""
        self.version.data = version
        self.opened.data = json.dumps(self.boxes(), ensure_ascii=True)

    def boxes(self) -> dict[str, Any]:
        """What stands in each box, as plain values that can be compared."""
        return {field.name: _plain(field) for field in self if field.name not in _OWN}

    def meet(self, theirs: "Versioned", version: int) -> list[Difference]:
        """Bring what a colleague saved together with what was typed here.

        A box that was left alone takes the colleague's value; a box that was typed in keeps what was typed, and a text
        takes the colleague's lines along where they stand apart. Answers with every box that the colleague changed;
        from now on the form stands on the colleague's version. Where none of them collides, it can be saved.
        """
        base, saved, typed = self._base(), theirs.boxes(), self.boxes()
        self.knows_its_base = bool(base) and 0 < (self.version.data or 0) < version
        mine = {name for name in typed if name not in base or typed[name] != base[name]}
        others = {name for name in saved if name in typed and saved[name] != base.get(name, typed[name])}
        differences = []
        for field in self:
            name = field.name
            if name not in others:
                continue
            joined = self._joined(field, base.get(name), saved[name], typed[name]) if name in mine else None
            if name not in mine:
                _take(field, saved[name])
                yours = _("You left this as it was.")
            elif joined is not None:
                _take(field, joined)
                yours = _("Both changes are in it.")
            else:
                yours = _words(field)
            if saved[name] != typed[name]:
                collides = (name in mine and joined is None) or bool(mine & (self._beside(name) - {name}))
                differences.append(Difference(str(field.label.text), _words(theirs[name]), yours, collides))
        self.version.data, self.version.raw_data = version, None
        self.opened.data, self.opened.raw_data = json.dumps(saved, ensure_ascii=True), None
        return differences

    def _joined(self, field: Field, base: Any, saved: Any, typed: Any) -> str | None:
        """What two changes of one text amount to; None where they are in each other's way."""
        if not isinstance(field, Text) or not isinstance(base, str):
            return None
        return text_merge.merge(base, typed, saved)

    def _beside(self, name: str) -> set[str]:
        """The boxes that mean something only together with this one."""
        return {other for group in self.together if name in group for other in group}

    def met(self, theirs: "Versioned", version: int) -> dict[str, Any]:
        """:meth:`meet`, as the page shows it where nobody keeps who saved."""
        return rows_of(self.meet(theirs, version))

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


def _take(field: Field, plain: Any) -> None:
    """Put a plain value into a box as if it had been typed."""
    if isinstance(field, BooleanField):
        typed = ["y"] if plain else []
    else:
        typed = plain if isinstance(plain, list) else [plain]
    field.raw_data = typed
    field.process_formdata(typed)


def _words(field: Field) -> str:
    """The answer as a person reads it."""
    if isinstance(field, BooleanField):
        return _("Yes") if field.data else _("No")
    if isinstance(field, SelectField | SelectMultipleField):
        chosen = _plain(field)
        chosen = chosen if isinstance(chosen, list) else [chosen]
        return ", ".join(str(choice.label) for choice in field.iter_choices() if str(choice.value or "") in chosen)
    return str(field._value() or "")
