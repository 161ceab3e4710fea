"""A business's own fields: defining them, and what vendors have in them.

Each kind has one text form, which boxes, files, addresses and other programs share: :func:`parse` reads it and
:func:`as_text` writes it. A text or web address is itself, a number ``1234.5``, a date ``2026-11-27``, an amount
``38.50 GBP``, an option its name. What :func:`as_text` wrote, :func:`parse` reads back, in whatever language.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, func, select

from crm.core import clock, currencies, dates, formats, limits, text
from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import amounts, permissions
from crm.domain.permissions import Act
from crm.domain.web_addresses import web_address
from crm.models.custom_fields import NUMBER_SCALE, CustomChoice, CustomField, CustomValue
from crm.models.enums import FieldKind
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership
from crm.queries import custom_fields
from crm.queries.custom_fields import Field, Money, Option, Value, words_key

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
NUMBER_PLACES = 6
"""Digits after the point: what ``NUMBER_SCALE`` keeps."""
NUMBER_LARGEST = Decimal(10**12)


# Defining


def define(
    session: WorkspaceSession,
    *,
    by: Membership,
    name: str,
    kind: FieldKind,
    help_line: str = "",
    choices: Iterable[str] = (),
) -> CustomField:
    """Ask one more question about each vendor. ``choices`` are the answers of one of a list, in order.

    Raises Refused with the box that is wrong, Forbidden for whoever does not manage the business.
    """
    permissions.require(by, Act.MANAGE)
    known = custom_fields.fields(session, archived=True)
    if len(known) >= limits.CUSTOM_FIELDS:
        raise Refused(lazy("There can be %(most)s at the most.", most=limits.CUSTOM_FIELDS), field="name")
    field = CustomField(created_by=by.user_id, kind=kind, help=_line(help_line, "help_line"), position=len(known))
    field.name = _free_name(known, name, "name")
    field.normal_name = _key(field.name)
    wanted = _option_names(choices) if kind is FieldKind.CHOICE else []
    if kind is FieldKind.CHOICE and not wanted:
        raise Refused(lazy("Type what there is to choose from, one a line."), field="choices")
    session.add(field)
    session.flush()
    _insert_options(session, field, wanted, first=0)
    return field


def rename(field: CustomField, *, by: Membership, name: str, help_line: str | None = None) -> None:
    """Give a field another name, and another line of help unless that is None."""
    permissions.require(by, Act.MANAGE)
    others = [other for other in custom_fields.fields(session_of(field), archived=True) if other.id != field.id]
    new_name = _free_name(others, name, "name")
    new_help = field.help if help_line is None else _line(help_line, "help_line")
    field.name, field.normal_name, field.help = new_name, _key(new_name), new_help


def change_kind(field: CustomField, *, by: Membership, kind: FieldKind) -> None:
    """Make a field hold something else. Raises Refused once any vendor has something in it."""
    permissions.require(by, Act.MANAGE)
    if kind is field.kind:
        return
    if value_count(field):
        raise Refused(lazy("It holds values already. Make a new field instead."), field="kind")
    if kind is FieldKind.CHOICE:
        raise Refused(lazy("Make a new field for that: it needs something to choose from."), field="kind")
    session_of(field).execute(delete(CustomChoice).where(CustomChoice.field_id == field.id))
    field.kind = kind


def move(field: CustomField, *, by: Membership, steps: int) -> None:
    """Move a field up (-1) or down (1) among those that are asked; at the end it stays."""
    permissions.require(by, Act.MANAGE)
    session = session_of(field)
    _reorder(session, CustomField, [known.id for known in custom_fields.fields(session)], field.id, steps)


def archive(field: CustomField, *, by: Membership) -> None:
    """Ask it no longer. What vendors have in it is kept, and hidden."""
    permissions.require(by, Act.MANAGE)
    field.archived_at = field.archived_at or clock.now()


def restore(field: CustomField, *, by: Membership) -> None:
    """Ask it again, with all that was kept."""
    permissions.require(by, Act.MANAGE)
    field.archived_at = None


def delete_field(field: CustomField, *, by: Membership) -> int:
    """Delete a field for good with all that vendors have in it. Answers with how many values went."""
    permissions.require(by, Act.MANAGE)
    gone = value_count(field)
    session_of(field).delete(field)
    return gone


def value_count(field: CustomField) -> int:
    """How many vendors have something in the field."""
    statement = select(func.count(CustomValue.id)).where(CustomValue.field_id == field.id)
    return session_of(field).scalar(statement) or 0


def at(session: WorkspaceSession, field_id: int) -> CustomField:
    """The field, held for a change. Raises Missing."""
    field = session.get(CustomField, field_id, with_for_update=True if session.writing else None)
    if field is None:
        raise Missing
    return field


# What there is to choose from


def add_options(field: CustomField, *, by: Membership, names: Iterable[str]) -> None:
    """Add options to a choice, after the others. Those that are there already stay as they are."""
    permissions.require(by, Act.MANAGE)
    session = session_of(field)
    if field.kind is not FieldKind.CHOICE:
        raise Refused(lazy("Only a list has something to choose from."), field="choices")
    there = session.scalars(select(CustomChoice).where(CustomChoice.field_id == field.id)).all()
    known = {option.normal_name for option in there}
    new = [name for name in _option_names(names) if _key(name) not in known]
    if len(there) + len(new) > limits.CUSTOM_CHOICES:
        raise Refused(lazy("There can be %(most)s at the most.", most=limits.CUSTOM_CHOICES), field="choices")
    if not new and not known:
        raise Refused(lazy("Type what there is to choose from, one a line."), field="choices")
    _insert_options(session, field, new, first=max((option.position for option in there), default=-1) + 1)


def rename_option(option: CustomChoice, *, by: Membership, name: str) -> None:
    """Give an option another name, wherever it was chosen."""
    permissions.require(by, Act.MANAGE)
    [cleaned] = _option_names([name], field="option") or [""]
    if not cleaned:
        raise Refused(lazy("Type a name."), field="option")
    taken = select(CustomChoice.id).where(
        CustomChoice.field_id == option.field_id,
        CustomChoice.normal_name == _key(cleaned),
        CustomChoice.id != option.id,
    )
    if session_of(option).scalars(taken).first() is not None:
        raise Refused(lazy("There is one of this name here already."), field="option")
    option.name, option.normal_name = cleaned, _key(cleaned)


def move_option(option: CustomChoice, *, by: Membership, steps: int) -> None:
    """Move an option up (-1) or down (1); at the end it stays."""
    permissions.require(by, Act.MANAGE)
    session = session_of(option)
    siblings = (
        select(CustomChoice.id)
        .where(CustomChoice.field_id == option.field_id)
        .order_by(CustomChoice.position, CustomChoice.id)
    )
    _reorder(session, CustomChoice, list(session.scalars(siblings)), option.id, steps)


def delete_option(option: CustomChoice, *, by: Membership) -> int:
    """Take an option away; whoever has it has nothing then. Answers with how many those were."""
    permissions.require(by, Act.MANAGE)
    session = session_of(option)
    gone = custom_fields.option_counts(session, option.field_id).get(option.id, 0)
    session.delete(option)
    return gone


def option_at(session: WorkspaceSession, option_id: int) -> CustomChoice:
    """The option, held for a change. Raises Missing."""
    option = session.get(CustomChoice, option_id, with_for_update=True if session.writing else None)
    if option is None:
        raise Missing
    return option


# Values


def set_values(vendor: Vendor, values: Mapping[int, Value | None]) -> bool:
    """Put values on a vendor by the field's id; None empties a field, one left out keeps its own.

    Says whether anything changed. Raises Refused for a field that is not asked here, or a value of another kind.
    :func:`crm.domain.vendors.edit` calls this; whoever calls it otherwise raises the vendor's version too.
    """
    if not values:
        return False
    session = session_of(vendor)
    known = {field.id: field for field in custom_fields.fields(session)}
    for field_id, value in values.items():
        _check(known.get(field_id), value, box_of(field_id))
    stored = {
        row.field_id: row
        for row in session.scalars(
            select(CustomValue).where(CustomValue.vendor_id == vendor.id, CustomValue.field_id.in_(list(values)))
        )
    }
    changed = False
    for field_id, value in values.items():
        row = stored.get(field_id)
        if value is None:
            if row is not None:
                session.delete(row)
                changed = True
            continue
        columns = stored_columns(value)
        if row is None:
            session.add(CustomValue(vendor_id=vendor.id, field_id=field_id, **columns))
            changed = True
        elif any(getattr(row, name) != column for name, column in columns.items()):
            for name, column in columns.items():
                setattr(row, name, column)
            changed = True
    session.flush()
    return changed


def stored_columns(value: Value) -> dict[str, str | int | date | None]:
    """The columns of ``custom_values`` that hold a value; all of them, so that rows can be inserted together."""
    columns: dict[str, str | int | date | None] = dict.fromkeys(_COLUMNS)
    if isinstance(value, Money):
        columns |= {"number": value.amount, "currency": value.currency}
    elif isinstance(value, Option):
        columns |= {"choice_id": value.id}
    elif isinstance(value, Decimal):
        columns |= {"number": int(value * NUMBER_SCALE)}
    elif isinstance(value, date):
        columns |= {"day": value}
    else:
        columns |= {"words": value, "words_key": words_key(value)}
    return columns


_COLUMNS = ("words", "words_key", "number", "currency", "day", "choice_id")


def box_of(field_id: int) -> str:
    """The name of a field's box, as forms, refusals and changes call it."""
    return f"custom_{field_id}"


# One text form for each kind


def parse(field: Field, typed: str, *, currency: str, month_first: bool | None = None) -> Value | None:
    """The value that a text says; None for an empty one. ``currency`` is what an amount without one is in, and
    ``month_first`` how slashes divide a date: without it such a date is refused, as nobody can tell.

    Raises Refused with words about what to type.
    """
    cleaned = text.clean_line(typed)
    if not cleaned:
        return None
    if field.kind is FieldKind.CHOICE:
        return _parsed_option(field, cleaned)
    if field.kind is FieldKind.MONEY:
        return amounts.read(cleaned, currency)
    if field.kind is FieldKind.DATE:
        return _parsed_day(cleaned, month_first=month_first)
    return _PARSERS[field.kind](cleaned)


def as_text(value: Value | None) -> str:
    """The value's text form, which :func:`parse` reads back."""
    if value is None:
        return ""
    if isinstance(value, Money):
        return f"{formats.plain_money(value.amount, value.currency)} {value.currency}"
    if isinstance(value, Option):
        return value.name
    if isinstance(value, Decimal):
        return f"{value.normalize() + 0:f}"
    return value.isoformat() if isinstance(value, date) else value


def in_words(value: Value | None, today: date) -> str:
    """The value as a page says it: ``Fri 27 Nov``, ``£38.50``, ``1,234.5``."""
    if isinstance(value, Money):
        return formats.money(value.amount, value.currency)
    if isinstance(value, Decimal):
        return formats.exact_number(value)
    if isinstance(value, date):
        return formats.day(value, today)
    return as_text(value)


def _parsed_text(typed: str) -> str:
    if len(typed) > limits.LINE_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.LINE_LENGTH))
    return typed


def _parsed_number(typed: str) -> Decimal:
    number = formats.parse_number(typed)
    if number is None:
        raise Refused(lazy("Type a number in figures, such as 12 or 1,200.5."))
    if abs(number) >= NUMBER_LARGEST or number != round(number, NUMBER_PLACES):
        raise Refused(lazy("Type a number below a trillion, with at most %(most)s decimals.", most=NUMBER_PLACES))
    return number or Decimal(0)  # there is no negative nothing


def _parsed_day(typed: str, *, month_first: bool | None = None) -> date:
    day = dates.read_day(typed, month_first=month_first)
    if day is None:
        raise Refused(lazy("Type the day as year-month-day, such as 2026-11-27."))
    if not FIRST_DAY <= day <= LAST_DAY:
        raise Refused(lazy("Pick a day between %(first)s and %(last)s.", first=FIRST_DAY.year, last=LAST_DAY.year))
    return day


_PARSERS: dict[FieldKind, Callable[[str], Value]] = {
    FieldKind.TEXT: _parsed_text,
    FieldKind.NUMBER: _parsed_number,
    FieldKind.URL: web_address,
}


def _parsed_option(field: Field, typed: str) -> Option:
    option = field.option_named(typed)
    if option is None:
        offered = ", ".join(option.name for option in field.options[:10])
        raise Refused(lazy("Choose one of these: %(options)s.", options=offered))
    return option


# What may be said


def _check(field: Field | None, value: Value | None, box: str) -> None:
    """Only what :func:`parse` could have given is kept, whoever says it."""
    if field is None:
        raise Refused(lazy("This field is not asked any more."), field=box)
    if value is None:
        return
    if field.kind is FieldKind.CHOICE:
        if not isinstance(value, Option) or field.option(value.id) is None:
            raise Refused(lazy("Choose one of the list."), field=box)
        return
    usual = value.currency if isinstance(value, Money) else currencies.DEFAULT
    try:
        read = parse(field, as_text(value), currency=usual)
    except Refused as refused:
        raise Refused(refused.words, field=box) from None
    if type(read) is not type(value) or read != value:
        raise Refused(lazy("This is no value for “%(field)s”.", field=field.name), field=box)


def _free_name(others: Sequence[Field], typed: str, box: str) -> str:
    name = text.clean_line(typed)
    if not name:
        raise Refused(lazy("Type a name."), field=box)
    if len(name) > limits.NAME_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.NAME_LENGTH), field=box)
    if _key(name) in {_key(other.name) for other in others}:
        raise Refused(lazy("There is one of this name here already."), field=box)
    return name


def _line(typed: str, box: str) -> str:
    line = text.clean_line(typed)
    if len(line) > limits.LINE_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.LINE_LENGTH), field=box)
    return line


def _option_names(typed: Iterable[str], *, field: str = "choices") -> list[str]:
    """The options among some lines, each once whatever its case."""
    found: dict[str, str] = {}
    for line in typed:
        name = text.clean_line(line)
        if len(name) > limits.NAME_LENGTH:
            raise Refused(lazy("Keep each under %(length)s characters.", length=limits.NAME_LENGTH), field=field)
        if name:
            found.setdefault(_key(name), name)
    if len(found) > limits.CUSTOM_CHOICES:
        raise Refused(lazy("There can be %(most)s at the most.", most=limits.CUSTOM_CHOICES), field=field)
    return list(found.values())


def _insert_options(session: WorkspaceSession, field: CustomField, names: Sequence[str], *, first: int) -> None:
    session.insert_many(
        CustomChoice,
        [
            {"field_id": field.id, "name": name, "normal_name": _key(name), "position": first + place}
            for place, name in enumerate(names)
        ],
    )


def _reorder(session: WorkspaceSession, table: Any, ids: list[int], moved: int, steps: int) -> None:
    if moved not in ids:
        return
    place = ids.index(moved)
    ids.insert(max(0, min(len(ids) - 1, place + steps)), ids.pop(place))
    for row in session.scalars(select(table).where(table.id.in_(ids))):
        row.position = ids.index(row.id)


def _key(name: str) -> str:
    return text.normal(name)[: limits.NAME_LENGTH] or name.casefold()[: limits.NAME_LENGTH]
