"""What programs send and are sent, field by field: how it is read, how it is written, how the document describes it.

Text is cleaned as the pages' forms clean it. What is too long, of the wrong type or not one of the choices is told
here; whether it makes sense is for the domain to say.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, ClassVar

from marshmallow import RAISE, Schema, ValidationError, fields

from crm.core import limits, text
from crm.core.dates import CadenceUnit
from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.domain.rhythms import Rhythm
from crm.models.enums import CadenceChoice

LARGEST_ID = 2**31 - 1
Shape = dict[str, Any]
"""A JSON Schema."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DIGITS = re.compile(r"-?\d{1,18}", re.ASCII)
_WORDS = {
    "required": lazy("This is missing."),
    "null": lazy("This cannot be null."),
    "validator_failed": lazy("This cannot be used."),
    "type": lazy("This has to be an object."),
}


class Body(Schema):
    """What is sent: an unknown name is an error, so that a slip of the pen does not look as if it had worked."""

    class Meta:
        unknown = RAISE

    error_messages: ClassVar[dict[str, Any]] = {  # type: ignore[misc]
        "unknown": lazy("There is no such field."),
        "type": lazy("This has to be an object."),
    }


class Shown(Schema):
    """What a program is sent."""


class Part(fields.Field[Any]):
    """A field that describes itself."""

    default_error_messages = _WORDS  # type: ignore[assignment]

    def __init__(self, about: str = "", **options: Any) -> None:
        super().__init__(**options)
        self.about = about

    def shape(self) -> Shape:
        """The field in JSON Schema, apart from null and description."""
        raise NotImplementedError


class Line(Part):
    """Text of one line."""

    def __init__(self, about: str = "", *, most: int = limits.LINE_LENGTH, least: int = 0, **options: Any) -> None:
        super().__init__(about, **options)
        self.most, self.least = most, least

    def shape(self) -> Shape:
        return {"type": "string", "maxLength": self.most, **({"minLength": self.least} if self.least else {})}

    def cleaned(self, typed: str) -> str:
        """The text without what no program should keep."""
        return text.clean_line(typed)

    def _deserialize(self, value: Any, *_rest: Any, **_more: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError(str(lazy("This has to be a text.")))
        if len(value) > self.most:
            raise ValidationError(str(lazy("Keep it under %(length)s characters.", length=self.most)))
        cleaned = self.cleaned(value)
        if len(cleaned) < self.least:
            raise ValidationError(str(lazy("This cannot be empty.")))
        return cleaned


class Text(Line):
    """Text of several lines."""

    def __init__(self, about: str = "", *, most: int = limits.TEXT_LENGTH, **options: Any) -> None:
        super().__init__(about, most=most, **options)

    def cleaned(self, typed: str) -> str:
        return text.clean_text(typed)


class Day(Part):
    """A local date, ``2026-11-27``."""

    def shape(self) -> Shape:
        return {"type": "string", "format": "date"}

    def _deserialize(self, value: Any, *_rest: Any, **_more: Any) -> date:
        try:
            if isinstance(value, str) and _DAY.fullmatch(value):
                return date.fromisoformat(value)
        except ValueError:
            pass
        raise ValidationError(str(lazy("Type the day as year-month-day, such as 2026-11-27.")))

    def _serialize(self, value: date | None, *_rest: Any, **_more: Any) -> str | None:
        return None if value is None else value.isoformat()


class Instant(Part):
    """A point in time in UTC, ``2026-11-27T09:30:00.000Z``."""

    def shape(self) -> Shape:
        return {"type": "string", "format": "date-time"}

    def _deserialize(self, value: Any, *_rest: Any, **_more: Any) -> datetime:
        words = str(lazy("Type the moment as 2026-11-27T09:30:00Z."))
        if not isinstance(value, str) or not _DAY.match(value) or value[10:11] not in ("T", "t"):
            raise ValidationError(words)
        try:
            instant = datetime.fromisoformat(value.upper())
            if instant.tzinfo is None:
                raise ValidationError(words)
            return instant.astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValidationError(words) from None

    def _serialize(self, value: datetime | None, *_rest: Any, **_more: Any) -> str | None:
        return None if value is None else value.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


class Whole(Part):
    """A whole number."""

    def __init__(self, about: str = "", *, least: int = 0, most: int = LARGEST_ID, **options: Any) -> None:
        super().__init__(about, **options)
        self.least, self.most = least, most

    def shape(self) -> Shape:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}

    def _deserialize(self, value: Any, *_rest: Any, **_more: Any) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValidationError(str(lazy("Type a whole number.")))
        if not self.least <= value <= self.most:
            words = lazy("Type a number from %(least)s to %(most)s.", least=self.least, most=self.most)
            raise ValidationError(str(words))
        return value


class AskedWhole(Whole):
    """A whole number in the query."""

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> int:
        if not isinstance(value, str) or not _DIGITS.fullmatch(value):
            raise ValidationError(str(lazy("Type a whole number.")))
        return super()._deserialize(int(value), *rest, **more)


def number(about: str = "", **options: Any) -> Whole:
    """The id of something."""
    return Whole(about, least=1, **options)


def asked_number(about: str = "", **options: Any) -> AskedWhole:
    """The id of something, in the query."""
    return AskedWhole(about, least=1, **options)


def money(about: str = "", **options: Any) -> Whole:
    """An amount in minor units of its currency."""
    return Whole(about, most=limits.MONEY_LARGEST, **options)


class Flag(Part):
    """Yes or no."""

    def shape(self) -> Shape:
        return {"type": "boolean"}

    def _deserialize(self, value: Any, *_rest: Any, **_more: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError(str(lazy("This has to be true or false.")))
        return value


class AskedFlag(Flag):
    """Yes or no, in the query or a form."""

    def _deserialize(self, value: Any, *_rest: Any, **_more: Any) -> bool:
        if value not in ("true", "false"):
            raise ValidationError(str(lazy("This has to be true or false.")))
        return bool(value == "true")


class Pick(Part):
    """One of the product's choices."""

    def __init__(self, choices: type[Enum], about: str = "", *, only: tuple[Any, ...] = (), **options: Any) -> None:
        super().__init__(about, **options)
        self.choices = choices
        self.only = only or tuple(choices)

    def shape(self) -> Shape:
        values = [choice.value for choice in self.only]
        return {"type": "integer" if isinstance(values[0], int) else "string", "enum": values}

    def _deserialize(self, value: Any, *_rest: Any, **_more: Any) -> Enum:
        for choice in self.only:
            if type(value) is type(choice.value) and choice.value == value:
                found: Enum = choice
                return found
        words = ", ".join(str(choice.value) for choice in self.only)
        raise ValidationError(str(lazy("Choose one of: %(choices)s.", choices=words)))

    def _serialize(self, value: Any, *_rest: Any, **_more: Any) -> Any:
        return value.value if isinstance(value, Enum) else value


class Word(Part):
    """One of some words."""

    def __init__(self, words: tuple[str, ...], about: str = "", **options: Any) -> None:
        super().__init__(about, **options)
        self.words = words

    def shape(self) -> Shape:
        return {"type": "string", "enum": list(self.words)}

    def _deserialize(self, value: Any, *_rest: Any, **_more: Any) -> str:
        if value not in self.words or not isinstance(value, str):
            raise ValidationError(str(lazy("Choose one of: %(choices)s.", choices=", ".join(self.words))))
        return value


class Many(Part):
    """Several of one kind."""

    def __init__(self, inner: Part, about: str = "", *, most: int = 0, **options: Any) -> None:
        super().__init__(about, **options)
        self.inner, self.most = inner, most

    def shape(self) -> Shape:
        limit = {"maxItems": self.most} if self.most else {}
        return {"type": "array", "items": shape_of(self.inner), **limit}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ValidationError(str(lazy("This has to be a list.")))
        if self.most and len(value) > self.most:
            raise ValidationError(str(lazy("Keep it to %(most)s lines.", most=self.most)))
        found, wrong = [], {}
        for place, each in enumerate(value):
            try:
                found.append(self.inner.deserialize(each, attr, data, **more))
            except ValidationError as error:
                wrong[place] = error.messages
        if wrong:
            raise ValidationError(wrong)
        return found

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> list[Any] | None:
        return None if value is None else [self.inner._serialize(each, attr, obj, **more) for each in value]


class Of(Part):
    """An object of its own kind."""

    def __init__(self, kind: type[Schema], about: str = "", **options: Any) -> None:
        super().__init__(about, **options)
        self.kind = kind

    def shape(self) -> Shape:
        return object_shape(self.kind)

    def _deserialize(self, value: Any, *_rest: Any, **_more: Any) -> Any:
        if not isinstance(value, dict):
            raise ValidationError(str(lazy("This has to be an object.")))
        return self.kind().load(value)

    def _serialize(self, value: Any, *_rest: Any, **_more: Any) -> Any:
        return None if value is None else self.kind().dump(value)


class Free(Part):
    """An object whose names are the business's own."""

    def shape(self) -> Shape:
        return {"type": "object"}

    def _deserialize(self, value: Any, *_rest: Any, **_more: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError(str(lazy("This has to be an object.")))
        return value


TEXTS_LENGTH = 100_000


class Texts(Part):
    """Texts by names, as JSON in a form or the query."""

    def __init__(self, about: str = "", *, example: str, **options: Any) -> None:
        super().__init__(about, **options)
        self.example = example

    def shape(self) -> Shape:
        return {"type": "string", "maxLength": TEXTS_LENGTH}

    def _deserialize(self, value: Any, *_rest: Any, **_more: Any) -> dict[str, str]:
        words = str(lazy("Give an object of texts, such as %(example)s.", example=self.example))
        if not isinstance(value, str) or len(value) > TEXTS_LENGTH:
            raise ValidationError(words)
        try:
            told = json.loads(value)
        except (ValueError, RecursionError):
            raise ValidationError(words) from None
        if not isinstance(told, dict) or not all(isinstance(each, str | None) for each in told.values()):
            raise ValidationError(words)
        return {name: each or "" for name, each in told.items()}


class Order(Word):
    """What to sort by: one of some words, or one of the business's own fields."""

    def shape(self) -> Shape:
        own = {"type": "string", "pattern": f"^-?{re.escape(OWN_SORT)}.+$", "maxLength": limits.LINE_LENGTH}
        return {"type": "string", "anyOf": [{"enum": list(self.words)}, own]}

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> str:
        is_text = isinstance(value, str) and len(value) <= limits.LINE_LENGTH
        if is_text and value.removeprefix("-").startswith(OWN_SORT):
            return str(value)
        return super()._deserialize(value, *rest, **more)


OWN_SORT = "custom_fields."


class Cadence(Part):
    """How often to be in touch: an interval, ``"default"`` for the usual one, null for none."""

    def __init__(self, about: str = "", **options: Any) -> None:
        super().__init__(about, allow_none=True, **options)

    def shape(self) -> Shape:
        interval = {
            "type": "object",
            "properties": {
                "every": {"type": "integer", "minimum": 1, "maximum": limits.EVERY_LARGEST},
                "unit": {"type": "string", "enum": [unit.value for unit in CadenceUnit]},
            },
            "required": ["every", "unit"],
            "additionalProperties": False,
        }
        return {"oneOf": [interval, {"const": "default"}, {"type": "null"}]}

    def deserialize(self, value: Any, *_rest: Any, **_more: Any) -> Any:
        """A :class:`Rhythm`; null means none, so it cannot stand for a missing value."""
        if value is None:
            return Rhythm(CadenceChoice.NONE)
        if value == "default":
            return Rhythm(CadenceChoice.DEFAULT)
        return super().deserialize(value, *_rest, **_more)

    def _deserialize(self, value: Any, *_rest: Any, **_more: Any) -> Rhythm:
        if not isinstance(value, dict) or set(value) != {"every", "unit"}:
            raise ValidationError(str(lazy("Give an object with every and unit, or default, or null.")))
        every, unit = value["every"], value["unit"]
        if isinstance(every, float) and every.is_integer():
            every = int(every)
        if not isinstance(every, int) or isinstance(every, bool):
            raise ValidationError({"every": [str(lazy("Type a whole number."))]})
        if unit not in list(CadenceUnit):
            raise ValidationError({"unit": [str(lazy("Choose days, weeks or months."))]})
        try:
            return Rhythm(CadenceChoice.OWN, every, CadenceUnit(unit))
        except Refused as refused:
            raise ValidationError({refused.field or "every": [str(refused.words)]}) from None

    def _serialize(self, value: Any, *_rest: Any, **_more: Any) -> Any:
        return value


def cadence_shown(choice: CadenceChoice, every: int | None, unit: str | None) -> Any:
    """A cadence as programs see it."""
    if choice is CadenceChoice.OWN:
        return {"every": every, "unit": unit}
    return "default" if choice is CadenceChoice.DEFAULT else None


def shape_of(field: Part) -> Shape:
    """A field in JSON Schema, with null where it may be that, and its description."""
    shape = field.shape()
    if field.allow_none and "oneOf" not in shape:
        shape = {**shape, "type": [shape["type"], "null"]}
        if "enum" in shape:
            shape = {**shape, "enum": [*shape["enum"], None]}
    return {**shape, "description": field.about} if field.about else shape


def object_shape(kind: type[Schema]) -> Shape:
    """A schema in JSON Schema. Everything that is shown is always there, unless it says otherwise."""
    is_shown = issubclass(kind, Shown)
    properties: dict[str, Shape] = {}
    required: list[str] = []
    for name, field in kind().fields.items():
        assert isinstance(field, Part)
        properties[name] = shape_of(field)
        if field.required or (is_shown and not field.metadata.get("sometimes")):
            required.append(name)
    shape: Shape = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**shape, "required": required} if required else shape
