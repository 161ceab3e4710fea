"""The list's address, read: filters, order, columns and page.

Every filter is one name with one readable value (``?stage=parked&tag=print&rate=40..60 GBP hour``). What cannot be read
is left out, and the page says so. A form may send a span in pieces (``rate.from``, ``rate.to``); the address that comes
of it has them in one.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from crm.core import clock, formats, limits, text
from crm.core.i18n import LazyText, _, lazy, ngettext
from crm.models.enums import Availability, FieldKind, RatePeriod, ReminderKind, Stage, Tier, VendorKind
from crm.models.vocabulary import word
from crm.queries.custom_fields import Field, Money, Operator
from crm.queries.standings import Held
from crm.queries.vendor_lists import (
    CUSTOM,
    USUAL_COLUMNS,
    Amount,
    Asked,
    Due,
    FilterChoices,
    Moments,
    Rhythm,
    Sort,
    Span,
    Wanted,
)

MINE, NOBODY, NONE, ANY, NEVER = "mine", "nobody", "none", "any", "never"
LONGEST = 200
MOST_TAGS = 10
MOST_DAYS = 36_500
LARGEST_NUMBER = Decimal(10) ** 12
PIECES = ("from", "to", "currency", "per", "known")
BESIDE = frozenset({"sort", "columns", "page", "saved", "add", "show", "stage", "q"})
"""Names in the address that are no filters in the menu."""

C = TypeVar("C", bound=StrEnum)


class Control(StrEnum):
    """How a filter is asked for."""

    CHOICE = "choice"
    LINE = "line"
    TAG = "tag"
    NUMBERS = "numbers"
    DAYS = "days"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading depends on: what the business offers, who reads, and its money and days."""

    choices: FilterChoices
    reader_id: int
    currency: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Understood:
    """What a value means: changes of :class:`Wanted`, in words, and the value as it is written in the address."""

    wanted: dict[str, Any]
    words: str
    value: str = ""


Reader = Callable[[str, Reading], Understood | None]
Choices = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Filter:
    """Something that the list can be narrowed by."""

    name: str
    label: LazyText | str
    control: Control
    read: Reader
    choices: Callable[[Reading], Choices] = lambda _reading: []
    unknown: LazyText | str = ""
    """What it is called where nothing is known, for filters of spans that can be asked for that."""
    unit: LazyText | str = ""
    periods: bool = False


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set, in words."""

    name: str
    label: str
    words: str
    value: str


@dataclass(frozen=True, slots=True)
class VendorFilter:
    """The list's address: what was asked in plain text, and what that means."""

    asked: dict[str, Any]
    """Every part of the address that counts, by name: enough to write the address again. Several tags are a list."""
    wanted: Wanted
    page: int
    columns: tuple[str, ...] = tuple(USUAL_COLUMNS)
    chips: list[Chip] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    """What could not be read, as it stood in the address."""
    in_pieces: bool = False
    """Whether the address should be written anew."""
    saved_id: int | None = None
    """The saved filter that the reader came from."""

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is set, the stage included."""
        return bool(self.chips) or "stage" in self.asked

    def with_(self, **changes: Any) -> dict[str, Any]:
        """The address with some parts changed; None leaves one out, and so does a new order or filter the page."""
        kept = {**self.asked, **({"saved": self.saved_id} if self.saved_id else {})}
        return {name: value for name, value in {**kept, **changes}.items() if value is not None}

    def without(self, chip: Chip) -> dict[str, Any]:
        """The address without one of its filters."""
        if chip.name != "tag":
            return self.with_(**{chip.name: None})
        others = [tag for tag in self.asked["tag"] if tag != chip.value]
        return self.with_(tag=others or None)

    def pairs(self, *, but: str = "") -> list[tuple[str, str]]:
        """The address as (name, value), for a form's hidden boxes; without one of its filters, several tags aside."""
        kept = {name: value for name, value in self.with_().items() if name != but or name == "tag"}
        return [
            (name, str(each))
            for name, value in kept.items()
            for each in (value if isinstance(value, list) else [value])
        ]

    def with_columns(self) -> "VendorFilter":
        """The same with its columns in the address, where they are not the usual ones."""
        if "columns" in self.asked or self.columns == tuple(USUAL_COLUMNS):
            return self
        return replace(self, asked={**self.asked, "columns": ",".join(self.columns)})

    @property
    def address(self) -> str:
        """The part after the question mark, as it is kept: without page and saved filter."""
        return urlencode(self.asked, doseq=True)


def arguments_of(address: str) -> dict[str, list[str]]:
    """A kept address as the arguments that :func:`read` takes."""
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(address, max_num_fields=200):
        found.setdefault(name, []).append(value)
    return found


def read(arguments: Mapping[str, Sequence[str]], reading: Reading) -> VendorFilter:
    """Read the address for a reader, within what the business offers."""
    return _Reader(arguments, reading).read()


class _Reader:
    """One address being read."""

    def __init__(self, arguments: Mapping[str, Sequence[str]], reading: Reading) -> None:
        self._reading = reading
        self._filters = {each.name: each for each in every_filter(reading)}
        self._by_id = {
            f"{CUSTOM}{each.id}": custom_name(each, reading.choices.fields) for each in reading.choices.fields
        }
        self._given: dict[str, list[str]] = {}
        self._left_out: list[str] = []
        self._in_pieces = False
        self._asked: dict[str, Any] = {}
        self._wanted: dict[str, Any] = {}
        self._chips: list[Chip] = []
        pieces: dict[str, dict[str, str]] = {}
        for name, values in arguments.items():
            typed = [cleaned for each in values if (cleaned := text.clean_line(each)[:LONGEST])]
            head, _dot, tail = name.rpartition(".")
            if tail in PIECES and self._name(head) in self._filters:
                self._in_pieces = True
                pieces.setdefault(self._name(head), {})[tail] = typed[0] if typed else ""
            elif typed:
                self._given[self._name(name)] = typed
        for name, parts in pieces.items():
            self._given[name] = [_joined(parts)] if _joined(parts) else []

    def _name(self, name: str) -> str:
        return self._by_id.get(name, name)

    def read(self) -> VendorFilter:
        """What the address means."""
        for name, one in self._filters.items():
            for typed in self._given.get(name, [])[: MOST_TAGS if name == "tag" else 1]:
                understood = one.read(typed, self._reading)
                if understood is None:
                    self._leave_out(name, typed)
                else:
                    self._take(one, understood, typed)
        sort, is_descending = self._order()
        if (sort, is_descending) != (Sort.NAME, False):
            self._asked["sort"] = ("-" if is_descending else "") + self._written(sort)
        columns, are_chosen = self._columns()
        if are_chosen:
            self._asked["columns"] = ",".join(self._written(column) for column in columns)
        for name in sorted(self._given.keys() - self._filters.keys() - BESIDE):
            self._leave_out(name, self._given[name][0])
        saved = _number(self._first("saved"))
        return VendorFilter(
            self._asked,
            Wanted(**self._wanted, sort=sort, is_descending=is_descending),
            page=_number(self._first("page")) or 1,
            columns=columns,
            chips=self._chips,
            left_out=self._left_out[:5],
            in_pieces=self._in_pieces,
            saved_id=saved if any(each.id == saved for each in self._reading.choices.saved) else None,
        )

    def _take(self, one: Filter, understood: Understood, typed: str) -> None:
        name, value = one.name, understood.value or typed
        if name == "tag":
            if value in self._asked.get("tag", []):
                return
            self._asked["tag"] = [*self._asked.get("tag", []), value]
        else:
            self._asked[name] = value
        for key, change in understood.wanted.items():
            self._wanted[key] = [*self._wanted.get(key, []), *change] if key in ("tags", "custom") else change
        if name != "stage":
            self._chips.append(Chip(name, str(one.label), understood.words, value))

    def _first(self, name: str) -> str:
        return next(iter(self._given.get(name, [])), "")

    def _leave_out(self, name: str, typed: str) -> None:
        self._left_out.append(f"{name[:40]}={typed[:40]}")

    def _order(self) -> tuple[str, bool]:
        typed = self._first("sort")
        column = self._column(typed.removeprefix("-"))
        if column is None:
            if typed:
                self._leave_out("sort", typed)
            return Sort.NAME, False
        return column, typed.startswith("-")

    def _columns(self) -> tuple[tuple[str, ...], bool]:
        """The columns that the address names, else those that the reader keeps, else the usual ones."""
        typed = self._first("columns")
        for named, is_chosen in ((typed, True), (self._reading.choices.columns, False)):
            found = [column for part in named.split(",") if part and (column := self._column(part.strip()))]
            if found:
                return tuple(dict.fromkeys([Sort.NAME, *found])), is_chosen
        return tuple(USUAL_COLUMNS), False

    def _column(self, typed: str) -> str | None:
        """A column by its name in the address, as :mod:`crm.queries.vendor_lists` names it."""
        if typed in list(Sort):
            return Sort(typed)
        name = self._name(typed)
        return next((own_id for own_id, written in self._by_id.items() if written == name), None)

    def _written(self, column: str) -> str:
        return str(self._by_id.get(column, column))


def custom_name(own: Field, fields: Iterable[Field]) -> str:
    """What one of the business's own fields is called in the address: its name, or its id where that is unclear."""
    slug = text.folded(own.name).replace(" ", "-")
    first = next((each.id for each in fields if text.folded(each.name).replace(" ", "-") == slug), own.id)
    is_plain = slug and first == own.id and not slug.isdigit() and slug.rpartition(".")[2] not in PIECES
    return f"{CUSTOM}{slug}" if is_plain else f"{CUSTOM}{own.id}"


def lasting(address: str, fields: Sequence[Field]) -> str:
    """An address to be kept: the business's own fields by their ids, so that another name does not lose them."""
    names = {custom_name(each, fields): f"{CUSTOM}{each.id}" for each in fields}

    def kept(name: str, value: str) -> str:
        if name == "columns":
            return ",".join(names.get(part, part) for part in value.split(","))
        if name == "sort" and value.startswith("-"):
            return "-" + names.get(value[1:], value[1:])
        return names.get(value, value) if name == "sort" else value

    pairs = parse_qsl(address, max_num_fields=200)
    return urlencode([(names.get(name, name), kept(name, value)) for name, value in pairs])


def _joined(parts: Mapping[str, str]) -> str:
    """The pieces of a span in one value; nothing where no end is said."""
    if parts.get("known"):
        return parts["known"]
    if not (parts.get("from") or parts.get("to")):
        return ""
    ends = f"{parts.get('from', '')}..{parts.get('to', '')}".replace(" ", "")
    return " ".join(part for part in (ends, parts.get("currency", ""), parts.get("per", "")) if part)


# The filters


def every_filter(reading: Reading) -> list[Filter]:
    """All filters of the list, the business's own fields last."""
    return [*_FILTERS, *(_custom(own, reading.choices.fields) for own in reading.choices.fields)]


def _choice(kind: type[C], key: str, words: Callable[[C], str] = word, **more: Understood) -> tuple[Reader, Any]:
    """A filter by one of an enum's values, and by further words such as *none*."""

    def read_choice(typed: str, _reading: Reading) -> Understood | None:
        if typed in more:
            return more[typed]
        return Understood({key: kind(typed)}, words(kind(typed))) if typed in list(kind) else None

    def offered(_reading: Reading) -> Choices:
        return [
            *((each.value, words(each)) for each in kind),
            *((value, str(understood.words)) for value, understood in more.items()),
        ]

    return read_choice, offered


def _member(key: str, without: str, *, has_none: bool = True) -> tuple[Reader, Any]:
    def read_member(typed: str, reading: Reading) -> Understood | None:
        if typed == MINE:
            return Understood({key: reading.reader_id}, _("Me"))
        if typed == NOBODY and has_none:
            return Understood({without: True}, _("Nobody yet"))
        name = next((name for user_id, name in reading.choices.owners if str(user_id) == typed), None)
        return None if name is None else Understood({key: int(typed)}, name)

    def offered(reading: Reading) -> Choices:
        nobody = [(NOBODY, _("Nobody yet"))] if has_none else []
        return [(MINE, _("Me")), *nobody, *((str(user_id), name) for user_id, name in reading.choices.owners)]

    return read_member, offered


def _does(typed: str, reading: Reading) -> Understood | None:
    if typed == NONE:
        return Understood({"without_category": True}, _("Not said yet"))
    node = next((node for node in reading.choices.tree if str(node.id) == typed), None)
    if node is None:
        return None
    return Understood({"category_ids": tuple(reading.choices.tree.below(node.id))}, node.name)


def _does_offered(reading: Reading) -> Choices:
    return [*((str(node.id), node.words) for node in reading.choices.tree), (NONE, _("Not said yet"))]


def _tag(typed: str, reading: Reading) -> Understood | None:
    normal = text.normal(typed)[: limits.NAME_LENGTH]
    if normal == NONE:
        return Understood({"without_tags": True}, _("None"), NONE)
    name = next((name for name in reading.choices.tags if text.normal(name) == normal), None)
    return Understood({"tags": [normal]}, name or typed, name or typed) if normal else None


def _line(key: str) -> Reader:
    return lambda typed, _reading: Understood({key: typed}, typed)


def _words(typed: str, _reading: Reading) -> Understood | None:
    return Understood({"words": typed}, typed) if text.folded(typed) else None


def _days_span(key: str, words: Callable[[Span], str], **more: Understood) -> Reader:
    def read_span(typed: str, _reading: Reading) -> Understood | None:
        if typed in more:
            return more[typed]
        ends = _ends(typed, lambda each: _whole(each, MOST_DAYS))
        if ends is None:
            return None
        span = Span(*ends)
        return Understood({key: span}, words(span), _span_value(*ends))

    return read_span


def _ago_words(span: Span) -> str:
    if span.most is None:
        return ngettext("%(num)s day ago or longer", "%(num)s days ago or longer", span.least or 0)
    if not span.least:
        return ngettext("in the last day", "in the last %(num)s days", span.most)
    return _("%(least)s to %(most)s days ago", least=span.least, most=span.most)


def _for_words(span: Span) -> str:
    if span.most is None:
        return ngettext("%(num)s day or longer", "%(num)s days or longer", span.least or 0)
    if not span.least:
        return ngettext("up to %(num)s day", "up to %(num)s days", span.most)
    return _("%(least)s to %(most)s days", least=span.least, most=span.most)


def _money(key: str) -> Reader:
    def read_money(typed: str, reading: Reading) -> Understood | None:
        found = _amounts(typed, reading.currency)
        if found is None:
            return None
        amount, value = found
        return Understood({key: amount}, _money_words(amount), value)

    return read_money


def _amounts(typed: str, usual_currency: str) -> tuple[Amount, str] | None:
    ends_typed, *rest = typed.split()
    codes = [part.upper() for part in rest if part.casefold() not in list(RatePeriod)]
    periods = [part.casefold() for part in rest if part.casefold() in list(RatePeriod)]
    if len(codes) > 1 or len(periods) > 1 or (codes and not formats.is_currency(codes[0])):
        return None
    currency = codes[0] if codes else usual_currency
    ends = _ends(ends_typed, _decimal)
    if ends is None:
        return None
    unit = Decimal(10) ** formats.minor_digits(currency)
    least, most = (None if end is None else int((end * unit).to_integral_value()) for end in ends)
    if max(least or 0, most or 0) > limits.MONEY_LARGEST:
        return None
    period = RatePeriod(periods[0]) if periods else None
    value = " ".join(part for part in (_span_value(*ends), currency, period or "") if part)
    return Amount(Span(least, most), currency, period), value


def _money_words(amount: Amount) -> str:
    span, currency = amount.span, amount.currency
    least = "" if span.least is None else formats.money(span.least, currency)
    most = "" if span.most is None else formats.money(span.most, currency)
    words = _between(least, most)
    return f"{words} {word(amount.period)}" if amount.period else words


def _between(least: str, most: str) -> str:
    if not most:
        return _("from %(least)s", least=least)
    if not least:
        return _("up to %(most)s", most=most)
    return least if least == most else _("%(least)s to %(most)s", least=least, most=most)


def _added(typed: str, reading: Reading) -> Understood | None:
    ends = _ends(typed, _day)
    if ends is None:
        return None
    begin, last = ends
    moments = Moments(
        begin and clock.instant_of(begin, 0, reading.time_zone),
        last and clock.instant_of(last + timedelta(days=1), 0, reading.time_zone),
    )
    return Understood({"added": moments}, _days_words(begin, last), _span_value(begin, last))


def _days_words(begin: date | None, last: date | None) -> str:
    return _between(*("" if day is None else formats.long_day(day) for day in (begin, last)))


def _import(typed: str, reading: Reading) -> Understood | None:
    name = next((name for import_id, name in reading.choices.imports if str(import_id) == typed), None)
    return None if name is None else Understood({"import_id": int(typed)}, name)


def _yes_no(key: str) -> Reader:
    def read_flag(typed: str, _reading: Reading) -> Understood | None:
        return {"yes": Understood({key: True}, _("Yes")), "no": Understood({key: False}, _("No"))}.get(typed)

    return read_flag


def _followed(typed: str, reading: Reading) -> Understood | None:
    """Whom others follow is their own business."""
    return Understood({"followed_by": reading.reader_id}, _("By me")) if typed == MINE else None


def _yes_or_no(_reading: Reading) -> list[tuple[str, str]]:
    return [("yes", _("Yes")), ("no", _("No"))]


DUE_WORDS: dict[Due, LazyText] = {
    Due.LATE: lazy("Late"),
    Due.TODAY: lazy("Today"),
    Due.WEEK: lazy("In the next 7 days"),
    Due.MONTH: lazy("In the next 30 days"),
    Due.PLANNED: lazy("Planned"),
    Due.NONE: lazy("Not planned"),
}
_RHYTHM_WORDS = {
    Rhythm.USUAL: lazy("As usual"),
    Rhythm.OWN: lazy("A rhythm of their own"),
    Rhythm.NONE: lazy("No check-ins"),
}
HELD_WORDS: dict[Held, LazyText] = {
    Held.PREFERRED: lazy("Preferred"),
    Held.APPROVED: lazy("Approved"),
    Held.CONDITIONAL: lazy("Conditional"),
    Held.SUSPENDED: lazy("Suspended"),
    Held.REVIEW_DUE: lazy("Review due"),
    Held.NONE: lazy("None given"),
}


def _enum(name: str, label: LazyText, kind: type[C], words: Callable[[C], str] = word, key: str = "") -> Filter:
    read_choice, offered = _choice(kind, key or name, words)
    return Filter(name, label, Control.CHOICE, read_choice, offered)


def _of_members(name: str, label: LazyText, key: str, without: str, *, has_none: bool = True) -> Filter:
    read_member, offered = _member(key, without, has_none=has_none)
    return Filter(name, label, Control.CHOICE, read_member, offered)


def _tier(typed: str, _reading: Reading) -> Understood | None:
    if typed == NONE:
        return Understood({"without_tier": True}, _("None"))
    return Understood({"tier": Tier(typed)}, typed) if typed in list(Tier) else None


def _spoke(typed: str, reading: Reading) -> Understood | None:
    if typed == NEVER:
        return Understood({"never_spoke": True}, _("never"))
    return _days_span("spoke", _ago_words)(typed, reading)


_FILTERS: tuple[Filter, ...] = (
    Filter("q", lazy("Name or what they do"), Control.LINE, _words),
    _enum("stage", lazy("Stage"), Stage),
    _of_members("owner", lazy("Looked after by"), "owner_id", "without_owner"),
    _of_members("backup", lazy("Stands in"), "backup_id", "without_backup"),
    Filter("followed", lazy("Followed"), Control.CHOICE, _followed, lambda _reading: [(MINE, _("By me"))]),
    Filter("does", lazy("Niche"), Control.CHOICE, _does, _does_offered),
    Filter("tag", lazy("Tag"), Control.TAG, _tag, lambda reading: [(name, name) for name in reading.choices.tags]),
    _enum("due", lazy("Next check-in"), Due, lambda due: str(DUE_WORDS[due])),
    _enum("due_kind", lazy("What is due"), ReminderKind),
    Filter("spoke", lazy("Last spoke"), Control.NUMBERS, _spoke, unknown=lazy("Never"), unit=lazy("days ago")),
    Filter("in_stage", lazy("In this stage"), Control.NUMBERS, _days_span("in_stage", _for_words), unit=lazy("days")),
    _enum("cadence", lazy("Stay in touch"), Rhythm, lambda rhythm: str(_RHYTHM_WORDS[rhythm]), key="rhythm"),
    _enum("standing", lazy("Standing"), Held, lambda held: str(HELD_WORDS[held])),
    Filter(
        "tier",
        lazy("Tier"),
        Control.CHOICE,
        _tier,
        lambda _reading: [*((tier.value, tier.value) for tier in Tier), (NONE, _("None"))],
    ),
    _enum("kind", lazy("Kind"), VendorKind),
    _enum("availability", lazy("Has time"), Availability),
    Filter("location", lazy("Location"), Control.LINE, _line("location")),
    Filter("language", lazy("Language"), Control.LINE, _line("language")),
    Filter("source", lazy("How found"), Control.LINE, _line("source")),
    Filter("referred", lazy("Recommended by somebody"), Control.CHOICE, _yes_no("was_referred"), _yes_or_no),
    Filter("rate", lazy("Rate"), Control.MONEY, _money("rate"), periods=True),
    Filter("minimum", lazy("Minimum"), Control.MONEY, _money("minimum"), periods=True),
    Filter(
        "do_not_contact",
        lazy("Do not contact"),
        Control.CHOICE,
        _yes_no("do_not_contact"),
        _yes_or_no,
    ),
    Filter("added", lazy("Added"), Control.DAYS, _added),
    _of_members("added_by", lazy("Added by"), "added_by", "", has_none=False),
    Filter(
        "import",
        lazy("Came with the import"),
        Control.CHOICE,
        _import,
        lambda reading: [(str(import_id), name) for import_id, name in reading.choices.imports],
    ),
)


# The business's own fields


def _custom(own: Field, fields: Sequence[Field]) -> Filter:
    name = custom_name(own, fields)
    control = {
        FieldKind.NUMBER: Control.NUMBERS,
        FieldKind.MONEY: Control.MONEY,
        FieldKind.DATE: Control.DAYS,
        FieldKind.CHOICE: Control.CHOICE,
    }.get(own.kind, Control.LINE)

    def read_custom(typed: str, reading: Reading) -> Understood | None:
        return read_own(own, typed, reading)

    def offered(_reading: Reading) -> Choices:
        return [*((option.name, option.name) for option in own.options), (NONE, _("Nothing")), (ANY, _("Something"))]

    return Filter(name, own.name, control, read_custom, offered, unknown=lazy("Nothing"))


def read_own(own: Field, typed: str, reading: Reading) -> Understood | None:
    """What is asked of one of the business's own fields; None where it cannot be read."""
    if typed in (NONE, ANY):
        operator = Operator.EMPTY if typed == NONE else Operator.FILLED
        return Understood({"custom": [Asked(own, operator)]}, _("Nothing") if typed == NONE else _("Something"))
    return _CUSTOM_READERS[own.kind](own, typed, reading)


def _own_words(own: Field, typed: str, _reading: Reading) -> Understood | None:
    return Understood({"custom": [Asked(own, Operator.CONTAINS, typed)]}, typed)


def _own_choice(own: Field, typed: str, _reading: Reading) -> Understood | None:
    option = own.option_named(typed)
    return option and Understood({"custom": [Asked(own, Operator.IS, option)]}, option.name, option.name)


def _own_span(own: Field, least: Any, most: Any) -> list[Asked]:
    ends = ((Operator.AT_LEAST, least), (Operator.AT_MOST, most))
    return [Asked(own, operator, value) for operator, value in ends if value is not None]


def _own_number(own: Field, typed: str, _reading: Reading) -> Understood | None:
    ends = _ends(typed, _decimal)
    if ends is None:
        return None
    words = _between(*("" if end is None else formats.number(end) for end in ends))
    return Understood({"custom": _own_span(own, *ends)}, words, _span_value(*ends))


def _own_day(own: Field, typed: str, _reading: Reading) -> Understood | None:
    ends = _ends(typed, _day)
    return ends and Understood({"custom": _own_span(own, *ends)}, _days_words(*ends), _span_value(*ends))


def _own_money(own: Field, typed: str, reading: Reading) -> Understood | None:
    found = _amounts(typed, reading.currency)
    if found is None or found[0].period is not None:
        return None
    amount, value = found
    ends = (None if end is None else Money(end, amount.currency) for end in (amount.span.least, amount.span.most))
    return Understood({"custom": _own_span(own, *ends)}, _money_words(amount), value)


_CUSTOM_READERS: dict[FieldKind, Callable[[Field, str, Reading], Understood | None]] = {
    FieldKind.TEXT: _own_words,
    FieldKind.URL: _own_words,
    FieldKind.NUMBER: _own_number,
    FieldKind.MONEY: _own_money,
    FieldKind.DATE: _own_day,
    FieldKind.CHOICE: _own_choice,
}


# Values


def _ends(typed: str, value_of: Callable[[str], Any]) -> tuple[Any, Any] | None:
    """Both ends of "40..60", "40..", "..60" or "40"; None where they cannot be read or are the wrong way round."""
    least_typed, dots, most_typed = typed.partition("..")
    if not dots:
        most_typed = least_typed
    if not (least_typed or most_typed):
        return None
    ends = [None if not end else value_of(end) for end in (least_typed, most_typed)]
    if any(end is None and typed_end for end, typed_end in zip(ends, (least_typed, most_typed), strict=True)):
        return None
    least, most = ends
    if least is not None and most is not None and least > most:
        return None
    return least, most


def _span_value(least: Any, most: Any) -> str:
    """Both ends as they are written in the address."""
    if least == most:
        return _plain(least)
    return f"{_plain(least)}..{_plain(most)}"


def _plain(end: Any) -> str:
    if end is None:
        return ""
    return f"{end.normalize():f}" if isinstance(end, Decimal) else str(end)


def _whole(typed: str, most: int) -> int | None:
    return int(typed) if re.fullmatch(r"[0-9]{1,9}", typed) and int(typed) <= most else None


def _decimal(typed: str) -> Decimal | None:
    if not re.fullmatch(r"-?[0-9]{1,13}([.,][0-9]{1,6})?", typed):
        return None
    try:
        value = Decimal(typed.replace(",", "."))
    except InvalidOperation:
        return None
    return value if abs(value) <= LARGEST_NUMBER else None


def _day(typed: str) -> date | None:
    try:
        day = date.fromisoformat(typed) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", typed) else None
    except ValueError:
        return None
    return day if day is not None and 1900 <= day.year <= 2199 else None


def _number(typed: str) -> int:
    return int(typed) if re.fullmatch(r"[0-9]{1,7}", typed) else 0


# What the page offers

HEADS: dict[str, LazyText] = {
    Sort.NAME: lazy("Vendor"),
    Sort.STAGE: lazy("Stage"),
    Sort.IN_STAGE: lazy("In this stage"),
    Sort.WHAT: lazy("What they do"),
    Sort.KIND: lazy("Kind"),
    Sort.TIER: lazy("Tier"),
    Sort.STANDING: lazy("Standing"),
    Sort.OWNER: lazy("Looked after by"),
    Sort.BACKUP: lazy("Stands in"),
    Sort.DOES: lazy("Niche"),
    Sort.TAGS: lazy("Tags"),
    Sort.AVAILABILITY: lazy("Has time"),
    Sort.DUE: lazy("Next check-in"),
    Sort.DUE_KIND: lazy("What is due"),
    Sort.CONTACT: lazy("Last spoke"),
    Sort.CADENCE: lazy("Stay in touch"),
    Sort.PERSON: lazy("Person"),
    Sort.EMAIL: lazy("E-mail"),
    Sort.PHONE: lazy("Phone"),
    Sort.WEBSITE: lazy("Website"),
    Sort.LOCATION: lazy("Location"),
    Sort.LANGUAGES: lazy("Languages"),
    Sort.SOURCE: lazy("How found"),
    Sort.RATE: lazy("Rate"),
    Sort.MINIMUM: lazy("Minimum"),
    Sort.ADDED: lazy("Added"),
    Sort.ADDED_BY: lazy("Added by"),
    Sort.TIME_ZONE: lazy("Time zone"),
    Sort.HOURS: lazy("Working hours"),
}


@dataclass(frozen=True, slots=True)
class Head:
    """A column that can be shown: its name in queries and in the address, its words, and what its cells hold."""

    column: str
    written: str
    words: str
    kind: str


def heads(fields: Sequence[Field]) -> dict[str, Head]:
    """Every column that the list can have, by its name in queries."""
    known = {str(column): Head(column, column, str(words), str(column)) for column, words in HEADS.items()}
    for own in fields:
        column = f"{CUSTOM}{own.id}"
        known[column] = Head(column, custom_name(own, fields), own.name, f"own_{own.kind}")
    return known
