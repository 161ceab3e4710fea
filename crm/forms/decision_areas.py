"""Asking what is handed over to a vendor, how far, and with what access."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wtforms import BooleanField, SelectChoice

from crm.core import currencies, limits, text
from crm.core.dates import CadenceUnit
from crm.core.i18n import _, lazy
from crm.forms.base import LINE, NAME, TEXT, Day, Line, Pick, Text, Whole, between, optional, required
from crm.forms.conflicts import Versioned
from crm.forms.log_entries import OneOf, choices_of, level_choices, number_or_none
from crm.models.enums import Level, Maturity
from crm.queries.decision_areas import Wanted


@dataclass(frozen=True, slots=True)
class AskedBoard:
    """What the address of the board of all vendors asks for; nonsense in it asks for nothing."""

    wanted: Wanted
    values: dict[str, str]
    """The same as an address says it."""

    @classmethod
    def read(cls, arguments: Mapping[str, str]) -> "AskedBoard":
        """Read an address."""
        said = {name: text.clean_line(arguments.get(name, ""))[: limits.NAME_LENGTH] for name in _ASKS}
        values = {name: value for name, value in said.items() if value and _ASKS[name](value)}
        owner_id, level = values.get("owner"), values.get("level")
        wanted = Wanted(
            words=values.get("q", ""),
            level=Level(int(level)) if level else None,
            owner_id=int(owner_id) if owner_id else None,
            has_procedure={"yes": True, "no": False}.get(values.get("procedure", "")),
            by_vendor=values.get("by") == "vendor",
        )
        return cls(wanted, values)

    def with_(self, **changes: Any) -> dict[str, str]:
        """The address with these changes; None takes one away."""
        return {name: str(value) for name, value in (self.values | changes).items() if value is not None}

    @property
    def is_narrowed(self) -> bool:
        """Whether less than all is asked for."""
        return bool(self.values.keys() - {"by"})


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) < 10 and int(value) > 0


_ASKS: dict[str, Callable[[str], bool]] = {
    "q": bool,
    "level": lambda value: value in {str(level.value) for level in Level},
    "owner": _is_number,
    "procedure": lambda value: value in ("yes", "no"),
    "by": lambda value: value == "vendor",
}


def _units() -> list[SelectChoice]:
    return [
        SelectChoice(CadenceUnit.DAYS.value, _("days")),
        SelectChoice(CadenceUnit.WEEKS.value, _("weeks")),
        SelectChoice(CadenceUnit.MONTHS.value, _("months")),
    ]


class AreaForm(Versioned):
    """What is agreed about an area, its level aside."""

    name = Line(
        lazy("What they look after"),
        [required(lazy("Say what they look after.")), NAME],
        description=lazy("One kind of decision: “publish posts”, “reply to customers”, “spend on ads”."),
    )
    spends_money = BooleanField(lazy("They spend our money for it"))
    limit_amount = Line(lazy("They may spend, a month"), [LINE])
    limit_currency = Pick(lazy("Currency"), choices=lambda: [SelectChoice(code) for code in currencies.codes()])
    limit_scope = Line(lazy("What it does not include"), [LINE])
    procedure = Text(lazy("How it is done"), [TEXT], description=lazy("A few steps, or a link to them."))
    maturity = Pick(lazy("How well they know this work"))
    rhythm_every = Whole(lazy("Look at it together every"), [optional(), between(1, limits.EVERY_LARGEST)])
    rhythm_unit = Pick(lazy("Days, weeks or months"), choices=_units, default=CadenceUnit.WEEKS.value)
    wished_level = Pick(lazy("How far you would like it to go"), coerce=number_or_none)
    wished_by = Day(lazy("By when"), [optional()])

    def offer(self) -> None:
        """Fill in the choices."""
        self.maturity.choices = [SelectChoice("", _("Not said")), *choices_of(Maturity)]
        self.wished_level.choices = [SelectChoice("", _("No further for now")), *level_choices()]


class NewAreaForm(AreaForm):
    """Handing something over: also its level and why."""

    level = OneOf(
        lazy("How far it is handed over"),
        [required(lazy("Choose how far it is handed over."))],
        choices=level_choices,
        coerce=number_or_none,
    )
    why = Text(lazy("Why so far"), [TEXT])


class LevelForm(Versioned):
    """Moving an area to another level."""

    level = OneOf(
        lazy("How far it is handed over"),
        [required(lazy("Choose how far it is handed over."))],
        choices=level_choices,
        coerce=number_or_none,
    )
    why = Text(lazy("Why"), [TEXT])


class AccessForm(Versioned):
    """Access that a vendor has been given."""

    what = Line(
        lazy("Access to what"),
        [required(lazy("Say what they have access to.")), NAME],
        description=lazy("The name of the thing, never a password."),
    )
    area_id = Pick(lazy("For what they look after"), coerce=number_or_none)
    owner_id = Pick(lazy("Who of us answers for it"), coerce=number_or_none)
    granted_on = Day(lazy("Given on"), [required(lazy("Pick today or a day before."))])
    revoke_on = Day(lazy("To take back on"), [optional()])

    def offer(self, *, areas: Iterable[tuple[int, str]], team: Iterable[tuple[int, str]]) -> None:
        """Hand in the vendor's areas and the team."""
        self.area_id.choices = [SelectChoice("", _("Nothing in particular")), *_picks(areas)]
        self.owner_id.choices = [SelectChoice("", _("Nobody in particular")), *_picks(team)]


def _picks(rows: Iterable[tuple[int, str]]) -> list[SelectChoice]:
    return [SelectChoice(row_id, words) for row_id, words in rows]
