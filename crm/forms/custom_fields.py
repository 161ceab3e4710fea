"""Asking about a business's own fields: which there are, and what a vendor has in them."""

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import Field as Box
from wtforms import SelectChoice, ValidationError

from crm.core import limits
from crm.core.errors import Refused
from crm.core.i18n import LazyText, lazy
from crm.domain import custom_fields
from crm.domain.custom_fields import as_text, box_of
from crm.forms.base import LINE, NAME, Address, Day, Form, Line, Pick, Text, at_most, required
from crm.models.enums import FieldKind
from crm.models.vocabulary import word
from crm.queries.custom_fields import Field, Option, Value


class FieldForm(Form):
    """A field's name, what it holds, and a line of help."""

    name = Line(lazy("Name"), [required(lazy("Type a name")), NAME])
    kind = Pick(lazy("What it holds"), default=FieldKind.TEXT.value)
    help_line = Line(lazy("Help"), [LINE], description=lazy("A line that stands above the box."))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.kind.choices = [SelectChoice(kind.value, word(kind)) for kind in FieldKind]

    @property
    def kind_chosen(self) -> FieldKind:
        """What it is to hold."""
        return FieldKind(self.kind.data)


class NewFieldForm(FieldForm):
    """A field that is not there yet."""

    choices = Text(
        lazy("What there is to choose from"),
        [at_most(limits.TEXT_LENGTH)],
        description=lazy("For one of a list: one a line, in order."),
    )


class OptionsForm(Form):
    """More to choose from."""

    choices = Text(lazy("Add to the list"), [at_most(limits.TEXT_LENGTH)], description=lazy("One a line."))


class OptionForm(Form):
    """The name of one option."""

    option = Line(lazy("Name"), [required(lazy("Type a name")), NAME])


# What a vendor has in them


class _Answer:
    """A check shared by all boxes: the domain's rule for the field's kind, and the value that it gave."""

    def __init__(self, field: Field, currency: str) -> None:
        self.field, self.currency = field, currency

    def __call__(self, form: Any, box: Any) -> None:
        if not box.raw_data:
            return  # the page did not ask for it yet: what is kept stays
        typed = box.data.isoformat() if self.field.kind is FieldKind.DATE and box.data else str(box.data or "")
        try:
            form.answers[self.field.id] = self._option(typed) if self._is_choice else self._value(typed)
        except Refused as refused:
            raise ValidationError(str(refused.words)) from None

    @property
    def _is_choice(self) -> bool:
        return self.field.kind is FieldKind.CHOICE

    def _option(self, typed: str) -> Option | None:
        return self.field.option(int(typed)) if typed.isascii() and typed.isdigit() else None

    def _value(self, typed: str) -> Value | None:
        return custom_fields.parse(self.field, typed, currency=self.currency)


_BOXES: Mapping[FieldKind, type[Box]] = {
    FieldKind.TEXT: Line,
    FieldKind.NUMBER: Line,
    FieldKind.MONEY: Line,
    FieldKind.DATE: Day,
    FieldKind.URL: Address,
}


__all__ = ["FieldForm", "NewFieldForm", "OptionForm", "OptionsForm", "box_of", "boxes", "texts_of"]


def boxes(fields: Sequence[Field], *, currency: str) -> dict[str, Any]:
    """A box for each field, by its name; they are made part of a form's class."""
    return {box_of(field.id): _box(field, currency) for field in fields}


def _box(field: Field, currency: str) -> Any:
    said: dict[str, Any] = {
        "label": field.name,
        "description": _help(field, currency),
        "validators": [_Answer(field, currency)],
    }
    if field.kind is FieldKind.CHOICE:
        offered = [SelectChoice(str(option.id), option.name) for option in field.options]
        return Pick(**said, choices=[SelectChoice("", str(lazy("Not said"))), *offered])
    if field.kind is FieldKind.DATE:
        return Day(**said)
    return _BOXES[field.kind](**said, render_kw=_ATTRIBUTES[field.kind])


_ATTRIBUTES: Mapping[FieldKind, dict[str, str]] = {
    FieldKind.TEXT: {"autocomplete": "off"},
    FieldKind.NUMBER: {"autocomplete": "off", "inputmode": "decimal"},
    FieldKind.MONEY: {"autocomplete": "off"},
    FieldKind.URL: {"autocomplete": "off", "inputmode": "url", "type": "text"},
}


def _help(field: Field, currency: str) -> LazyText | str:
    if field.help or field.kind is not FieldKind.MONEY:
        return field.help
    return lazy("In %(currency)s. For another currency add its code, such as 38.50 EUR.", currency=currency)


def texts_of(values: Mapping[int, Value]) -> dict[str, Any]:
    """What the boxes say about values as they are kept."""
    return {box_of(field_id): _text(value) for field_id, value in values.items()}


def _text(value: Value) -> Any:
    if isinstance(value, Option):
        return str(value.id)
    return value if not isinstance(value, str) and hasattr(value, "isoformat") else as_text(value)
