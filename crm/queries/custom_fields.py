"""Reading a business's own fields: which there are, what vendors have in them, lists filtered and sorted by them."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select

from crm.core import limits, text
from crm.core.tenancy import WorkspaceSession
from crm.models.custom_fields import NUMBER_SCALE, CustomChoice, CustomField, CustomValue
from crm.models.enums import FieldKind
from crm.models.vendors import Vendor


class Money(NamedTuple):
    """An amount in minor units of a currency (ISO 4217)."""

    amount: int
    currency: str


class Option(NamedTuple):
    """One of the answers that a choice offers."""

    id: int
    name: str


Value = str | Decimal | date | Money | Option
"""What a vendor has in a field: text and addresses are ``str``, numbers ``Decimal``, dates ``date``."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field as a business has defined it."""

    id: int
    name: str
    kind: FieldKind
    help: str = ""
    is_archived: bool = False
    options: tuple[Option, ...] = ()
    """Of a choice, in order."""

    def option(self, option_id: int) -> Option | None:
        """One of the options by its id, or None."""
        return next((option for option in self.options if option.id == option_id), None)

    def option_named(self, name: str) -> Option | None:
        """One of the options by its name, whatever its case, or None."""
        wanted = text.normal(name)
        return next((option for option in self.options if text.normal(option.name) == wanted), None)


class Operator(StrEnum):
    """How a filter compares what vendors have in a field with a value."""

    IS = "is"
    IS_NOT = "is_not"
    CONTAINS = "contains"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    FILLED = "filled"
    EMPTY = "empty"


_ORDERED = (Operator.IS, Operator.AT_LEAST, Operator.AT_MOST, Operator.FILLED, Operator.EMPTY)
_WORDY = (Operator.CONTAINS, Operator.IS, Operator.FILLED, Operator.EMPTY)
OPERATORS: dict[FieldKind, tuple[Operator, ...]] = {
    FieldKind.TEXT: _WORDY,
    FieldKind.URL: _WORDY,
    FieldKind.NUMBER: _ORDERED,
    FieldKind.MONEY: _ORDERED,
    FieldKind.DATE: _ORDERED,
    FieldKind.CHOICE: (Operator.IS, Operator.IS_NOT, Operator.FILLED, Operator.EMPTY),
}
"""What fields of each kind can be filtered by, the usual one first."""


def fields(session: WorkspaceSession, *, archived: bool = False) -> list[Field]:
    """The business's fields in order, each with its options; the archived ones, last, only on request. One query."""
    statement = (
        select(
            CustomField.id,
            CustomField.name,
            CustomField.kind,
            CustomField.help,
            CustomField.archived_at,
            CustomChoice.id,
            CustomChoice.name,
        )
        .outerjoin(CustomChoice, CustomChoice.field_id == CustomField.id)
        .order_by(
            CustomField.archived_at.is_not(None),
            CustomField.position,
            CustomField.id,
            CustomChoice.position,
            CustomChoice.id,
        )
    )
    if not archived:
        statement = statement.where(CustomField.archived_at.is_(None))
    found: dict[int, Field] = {}
    options: dict[int, list[Option]] = {}
    for field_id, name, kind, help_line, archived_at, option_id, option in session.execute(statement):
        found[field_id] = Field(field_id, name, kind, help_line, archived_at is not None)
        if option_id is not None:
            options.setdefault(field_id, []).append(Option(option_id, option))
    return [
        Field(one.id, one.name, one.kind, one.help, one.is_archived, tuple(options.get(one.id, ())))
        for one in found.values()
    ]


def values_of(
    session: WorkspaceSession, vendor_ids: Collection[int], *, archived: bool = False
) -> dict[int, dict[int, Value]]:
    """For each of the vendors what it has, by the field's id; archived fields only on request. One query."""
    found: dict[int, dict[int, Value]] = {vendor_id: {} for vendor_id in vendor_ids}
    if not found:
        return found
    statement = (
        select(
            CustomValue.vendor_id,
            CustomValue.field_id,
            CustomField.kind,
            CustomValue.words,
            CustomValue.number,
            CustomValue.currency,
            CustomValue.day,
            CustomChoice.id,
            CustomChoice.name,
        )
        .join(CustomField, CustomField.id == CustomValue.field_id)
        .outerjoin(CustomChoice, CustomChoice.id == CustomValue.choice_id)
        .where(CustomValue.vendor_id.in_(list(found)))
        .order_by(CustomField.position, CustomField.id)
    )
    if not archived:
        statement = statement.where(CustomField.archived_at.is_(None))
    for row in session.execute(statement):
        vendor_id, field_id, *columns = tuple[Any, ...](row)
        value = value_of(*columns)
        if value is not None:
            found[vendor_id][field_id] = value
    return found


def counts(session: WorkspaceSession) -> dict[int, int]:
    """How many vendors have something in each field. One query."""
    statement = select(CustomValue.field_id, func.count()).group_by(CustomValue.field_id)
    return {row[0]: row[1] for row in session.execute(statement)}


def option_counts(session: WorkspaceSession, field_id: int) -> dict[int, int]:
    """How many vendors have each option of a choice. One query."""
    statement = (
        select(CustomValue.choice_id, func.count())
        .where(CustomValue.field_id == field_id, CustomValue.choice_id.is_not(None))
        .group_by(CustomValue.choice_id)
    )
    return {option_id: count for option_id, count in session.execute(statement) if option_id is not None}


def condition(field: Field, operator: Operator, value: Value | Sequence[Option] | None = None) -> ColumnElement[bool]:
    """The vendors whose value compares so. Several options of a choice mean any of them.

    Texts are compared as the search box compares them: case, accents and signs aside. Money compares within its own
    currency. ``EMPTY``, and of a choice ``IS_NOT``, hold for vendors without a value too.
    """
    having = select(CustomValue.vendor_id).where(CustomValue.field_id == field.id)
    if operator is Operator.FILLED:
        return Vendor.id.in_(having)
    if operator is Operator.EMPTY:
        return Vendor.id.not_in(having)
    if value is None:
        raise ValueError(f"{operator} compares with a value")
    if operator is Operator.IS_NOT:
        return Vendor.id.not_in(having.where(*_compared(Operator.IS, value)))
    return Vendor.id.in_(having.where(*_compared(operator, value)))


def sort_key(field: Field) -> ColumnElement[Any]:
    """What vendors are sorted by for a field, NULL where they have nothing: options in their order, money by its
    amount (minor units, whatever the currency)."""
    of_vendor = (
        CustomValue.workspace_id == Vendor.workspace_id,
        CustomValue.vendor_id == Vendor.id,
        CustomValue.field_id == field.id,
    )
    if field.kind is FieldKind.CHOICE:
        chosen = select(CustomChoice.position).join(CustomValue, CustomValue.choice_id == CustomChoice.id)
        return chosen.where(*of_vendor).correlate(Vendor).scalar_subquery()
    column: Any = {
        FieldKind.NUMBER: CustomValue.number,
        FieldKind.MONEY: CustomValue.number,
        FieldKind.DATE: CustomValue.day,
    }.get(field.kind, CustomValue.words_key)
    return select(column).where(*of_vendor).correlate(Vendor).scalar_subquery()


def words_key(words: str) -> str:
    """A text as it is stored for comparing and sorting."""
    return text.searchable(words)[: limits.LINE_LENGTH]


def _compared(operator: Operator, value: Value | Sequence[Option]) -> list[ColumnElement[bool]]:
    if isinstance(value, Money):
        return [CustomValue.currency == value.currency, _ordered(CustomValue.number, operator, value.amount)]
    if isinstance(value, Option):
        return [CustomValue.choice_id == value.id]
    if isinstance(value, str):
        return _worded(operator, value)
    if isinstance(value, Decimal):
        return [_ordered(CustomValue.number, operator, int(value * NUMBER_SCALE))]
    if isinstance(value, date):
        return [_ordered(CustomValue.day, operator, value)]
    return [CustomValue.choice_id.in_([option.id for option in value])]


def _worded(operator: Operator, words: str) -> list[ColumnElement[bool]]:
    folded = text.folded(words)
    if not folded:  # signs alone
        return (
            [CustomValue.words == words]
            if operator is Operator.IS
            else [CustomValue.words.contains(words, autoescape=True)]
        )
    if operator is Operator.IS:
        return [CustomValue.words_key == words_key(words)]
    return [CustomValue.words_key.contains(f" {word}", autoescape=True) for word in folded.split()[:10]]


_COMPARISONS: dict[Operator, Callable[[Any, Any], ColumnElement[bool]]] = {
    Operator.IS: lambda column, value: column == value,
    Operator.AT_LEAST: lambda column, value: column >= value,
    Operator.AT_MOST: lambda column, value: column <= value,
}


def _ordered(column: Any, operator: Operator, value: Any) -> ColumnElement[bool]:
    return _COMPARISONS[operator](column, value)


def value_of(
    kind: FieldKind,
    words: str | None,
    number: int | None,
    currency: str | None,
    day: date | None,
    option_id: int | None,
    option: str | None,
) -> Value | None:
    """The value that a row of ``custom_values`` holds, with the name of its option."""
    if kind is FieldKind.DATE:
        return day
    if kind is FieldKind.CHOICE:
        return None if option_id is None else Option(option_id, option or "")
    if kind is FieldKind.MONEY:
        return None if number is None else Money(number, currency or "")
    if kind is FieldKind.NUMBER:
        return None if number is None else Decimal(number) / NUMBER_SCALE
    return words
