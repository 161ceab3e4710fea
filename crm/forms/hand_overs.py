"""Asking what is handed over, and to whom."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wtforms import SelectChoice

from crm.core.i18n import LazyText, _, lazy, ngettext
from crm.forms.base import Form, Pick, Picks, Ticks, required
from crm.queries.hand_overs import HandedKind, Held

_NAMES: dict[HandedKind, LazyText] = {
    HandedKind.VENDORS: lazy("Vendors looked after"),
    HandedKind.STEPPING_IN: lazy("Vendors stepped in for"),
    HandedKind.NEEDS: lazy("Open needs"),
    HandedKind.ACCESSES: lazy("Access answered for"),
    HandedKind.REVIEWS: lazy("Trial reviews not begun"),
    HandedKind.REFERRALS: lazy("Referrals under way"),
}


def name_of(kind: HandedKind) -> str:
    """What things of a kind are called together."""
    return str(_NAMES[kind])


def how_many(kind: HandedKind, number: int) -> str:
    """So many of a kind, in words."""
    say = {
        HandedKind.VENDORS: ngettext("one vendor", "%(num)s vendors", number),
        HandedKind.STEPPING_IN: ngettext("one vendor to step in for", "%(num)s vendors to step in for", number),
        HandedKind.NEEDS: ngettext("one need", "%(num)s needs", number),
        HandedKind.ACCESSES: ngettext("one access", "%(num)s accesses", number),
        HandedKind.REVIEWS: ngettext("one trial review", "%(num)s trial reviews", number),
        HandedKind.REFERRALS: ngettext("one referral", "%(num)s referrals", number),
    }
    return say[kind]


def counted(given: Mapping[HandedKind, int]) -> str:
    """What was given, kind by kind, in words; empty for nothing."""
    return ", ".join(how_many(kind, given[kind]) for kind in HandedKind if given.get(kind))


class HandOverForm(Form):
    """To whom, which kinds of things, and what of them stays."""

    successor = Pick(
        lazy("To whom?"),
        [required(lazy("Choose who takes over."))],
        coerce=lambda value: int(value) if value else None,
    )
    kinds = Ticks(lazy("What?"), [required(lazy("Tick what is handed over."))], coerce=str)
    staying = Picks(lazy("What stays"), coerce=str)

    def __init__(
        self,
        *args: Any,
        others: Iterable[tuple[int, str]],
        held: Mapping[HandedKind, Sequence[Held]],
        **values: Any,
    ) -> None:
        there = [kind for kind in HandedKind if held[kind]]
        super().__init__(*args, data={"kinds": [kind.value for kind in there]}, **values)
        nobody = SelectChoice("", _("Choose somebody"))
        self.successor.choices = [nobody, *(SelectChoice(str(number), name) for number, name in others)]
        self.kinds.choices = [SelectChoice(kind.value, name_of(kind)) for kind in there]
        self.staying.choices = [SelectChoice(one.key, one.name) for kind in there for one in held[kind]]

    @property
    def chosen(self) -> list[HandedKind]:
        """The kinds that were ticked."""
        return [HandedKind(kind) for kind in self.kinds.data or ()]
