"""Columns of a file that become new fields of the business's own: what they seem to hold, and making the fields.

While a file is read such a field has no row yet. It is known by :attr:`NewField.id`, a number below nothing, until
:func:`make` has made it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from crm.core import dates, formats, limits, text
from crm.core.csv_files import looks_like
from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession
from crm.domain import amounts, custom_fields
from crm.domain.import_columns import NewField, Target
from crm.domain.import_files import Drafted
from crm.domain.import_rows import NOTHING
from crm.models.enums import FieldKind
from crm.models.workspaces import Membership
from crm.queries import custom_fields as reading
from crm.queries.custom_fields import Field

FEW = 20
"""So many different values may be a list to choose from."""
EACH = 3
"""... if on the average each of them stands there so often."""


# What a column seems to hold


def _is_day(value: str) -> bool:
    return any(dates.read_day(value, month_first=first) is not None for first in (False, True))


_FIGURES = re.compile(r"-?(?:0|[1-9][\d.,'’ ]*)(?:[.,]\d+)?")
"""A number, and neither a phone number nor a key such as 007."""


def _is_number(value: str) -> bool:
    return _FIGURES.fullmatch(value) is not None and formats.parse_number(value) is not None


def _is_money(value: str) -> bool:
    try:
        return amounts.names_currency(value) and amounts.read(value, "") is not None
    except Refused:
        return False


def _is_address(value: str) -> bool:
    return looks_like(value) == "web"


_LOOKS: Mapping[FieldKind, Callable[[str], bool]] = {
    FieldKind.DATE: _is_day,
    FieldKind.NUMBER: _is_number,
    FieldKind.MONEY: _is_money,
    FieldKind.URL: _is_address,
}


class Seen:
    """The values of a column, one after the other, and the kind of field that would hold them all."""

    def __init__(self) -> None:
        self._kinds = list(_LOOKS)
        self._different: set[str] = set()
        self._count = 0

    def add(self, cell: str) -> None:
        """One more cell."""
        if not self._kinds and len(self._different) > FEW:
            return  # a text it is, whatever else comes
        value = text.clean_line(cell)
        if value.casefold() in NOTHING:
            return
        self._count += 1
        if self._kinds:
            self._kinds = [kind for kind in self._kinds if _LOOKS[kind](value)]
        if len(self._different) <= FEW:
            self._different.add(text.normal(value))

    @property
    def kind(self) -> FieldKind:
        """What the column seems to hold."""
        if self._count and self._kinds:
            return self._kinds[0]
        is_list = 2 <= len(self._different) <= FEW and self._count >= EACH * len(self._different)
        return FieldKind.CHOICE if is_list else FieldKind.TEXT


# Making them

Options = Mapping[int, Iterable[str]]
"""The different values of each new list, by its :attr:`NewField.id`."""


def make(
    session: WorkspaceSession, columns: Mapping[str, Target], options: Options, *, by: Membership
) -> dict[int, Field]:
    """Make the new fields among the columns, each called as its column; answers with them by their former ids.

    Raises Refused with the column's box, Forbidden for whoever does not manage the business.
    """
    made: dict[int, int] = {}
    for name, target in columns.items():
        if isinstance(target, NewField):
            made[target.id] = _made(session, name, target, options.get(target.id, ()), by)
    if not made:
        return {}
    known = {field.id: field for field in reading.fields(session)}
    return {former: known[field_id] for former, field_id in made.items()}


def _made(session: WorkspaceSession, name: str, target: NewField, options: Iterable[str], by: Membership) -> int:
    try:
        field = custom_fields.define(session, by=by, name=name, kind=target.kind, choices=options)
    except Refused as refused:
        words = refused.words
        if refused.field == "choices":
            words = lazy("It holds nothing, or more than %(most)s different values.", most=limits.CUSTOM_CHOICES)
        raise Refused(words, field=f"column_{target.column}") from None
    return field.id


def settled(drafts: Iterable[Drafted], made: Mapping[int, Field]) -> Iterator[Drafted]:
    """The drafts with the fields that were made in the place of those that were to be."""
    for line, draft in drafts:
        custom = tuple((made[field_id].id if field_id in made else field_id, said) for field_id, said in draft.custom)
        yield line, replace(draft, custom=custom)
