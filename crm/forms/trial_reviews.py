"""Reviewing what a vendor delivered on a trial task: 1 to 5 by each criterion, with a line of remark."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wtforms import Field, SelectChoice

from crm.core.i18n import _, lazy
from crm.domain.trial_reviews import Given
from crm.domain.trial_rules import LEAST, MOST
from crm.forms.base import LINE, TEXT, Line, Text
from crm.forms.conflicts import Versioned
from crm.forms.log_entries import OneOf, number_or_none

_VALUE, _REMARK = "value-", "remark-"


@dataclass(frozen=True, slots=True)
class Asked:
    """A criterion with its two boxes."""

    id: int
    counts: int
    value: Field
    remark: Field


class ReviewForm(Versioned):
    """What one reviewer saw; :func:`asking` adds two boxes for each criterion."""

    remark = Text(lazy("Overall"), [TEXT], description=lazy("What the others should know when they decide."))
    counted: Mapping[int, int] = {}
    """How many times each criterion counts, in the order of the brief."""

    @property
    def asked(self) -> list[Asked]:
        """The criteria with their boxes, in the order of the brief."""
        return [
            Asked(number, counts, self[f"{_VALUE}{number}"], self[f"{_REMARK}{number}"])
            for number, counts in self.counted.items()
        ]

    @property
    def given(self) -> dict[int, Given]:
        """What is given for each criterion, as the domain takes it."""
        return {each.id: Given(each.value.data, each.remark.data or "") for each in self.asked}


def boxes_of(given: Mapping[int, Given], remark: str) -> dict[str, Any]:
    """What a review says, as the boxes of its form take it."""
    values = {f"{_VALUE}{number}": each.value for number, each in given.items()}
    remarks = {f"{_REMARK}{number}": each.remark for number, each in given.items()}
    return {**values, **remarks, "remark": remark}


def asking(criteria: Iterable[tuple[int, str, int]]) -> type[ReviewForm]:
    """The form for these criteria, each with its name and how many times it counts."""
    boxes: dict[str, Any] = {}
    counted: dict[int, int] = {}
    for number, name, counts in criteria:
        counted[number] = counts
        boxes[f"{_VALUE}{number}"] = OneOf(name, choices=_scale, coerce=number_or_none)
        boxes[f"{_REMARK}{number}"] = Line(_("A line on it: %(criterion)s", criterion=name), [LINE])
    return type("Asking", (ReviewForm,), {**boxes, "counted": counted})


def _scale() -> list[SelectChoice]:
    numbers = [SelectChoice(number, str(number)) for number in range(LEAST, MOST + 1)]
    return [*numbers, SelectChoice("", _("Not scored"))]
