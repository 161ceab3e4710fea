"""Asking how often to be in touch: one list of usual answers, and a number with its unit for any other."""

from typing import Any

from wtforms import SelectChoice

from crm.core import limits
from crm.core.dates import CadenceUnit
from crm.core.i18n import lazy
from crm.domain.rhythms import Rhythm
from crm.forms.base import Form, Pick, Whole, between, optional, required
from crm.models import vocabulary
from crm.models.enums import CadenceChoice

COMMON = ((2, "weeks"), (1, "months"), (6, "weeks"), (3, "months"))
OTHER = "other"

_UNITS = {CadenceUnit.DAYS: lazy("days"), CadenceUnit.WEEKS: lazy("weeks"), CadenceUnit.MONTHS: lazy("months")}


class RhythmBoxes(Form):
    """The boxes for a rhythm. Their values are told by :meth:`rhythm_chosen`."""

    rhythm = Pick(lazy("Stay in touch"), [required(lazy("Choose how often to stay in touch"))])
    every = Whole(lazy("Every"), [optional(), between(1, limits.EVERY_LARGEST)])
    unit = Pick(lazy("Unit"))

    def __init__(self, *args: Any, as_usual: str, **values: Any) -> None:
        """``as_usual`` says what the usual rhythm is."""
        super().__init__(*args, **values)
        self.rhythm.choices = [
            SelectChoice(CadenceChoice.DEFAULT.value, as_usual),
            *(SelectChoice(f"{every} {unit}", vocabulary.cadence(every, unit)) for every, unit in COMMON),
            SelectChoice(OTHER, str(lazy("Another rhythm, as typed below"))),
            SelectChoice(CadenceChoice.NONE.value, str(lazy("Not at all"))),
        ]
        self.unit.choices = [SelectChoice(unit.value, str(words)) for unit, words in _UNITS.items()]

    def rhythm_chosen(self) -> Rhythm:
        """The rhythm. Raises Refused where a number is missing."""
        chosen = self.rhythm.data
        if chosen in (CadenceChoice.DEFAULT, CadenceChoice.NONE):
            return Rhythm(CadenceChoice(chosen))
        if chosen == OTHER:
            return Rhythm(CadenceChoice.OWN, self.every.data, CadenceUnit(self.unit.data))
        every, unit = chosen.split(" ")
        return Rhythm(CadenceChoice.OWN, int(every), CadenceUnit(unit))


def typed_as(choice: CadenceChoice, every: int | None, unit: str | None) -> dict[str, Any]:
    """A kept rhythm as the boxes show it."""
    if choice is not CadenceChoice.OWN:
        return {"rhythm": choice.value, "every": None, "unit": CadenceUnit.WEEKS.value}
    is_common = (every, unit) in COMMON
    return {"rhythm": f"{every} {unit}" if is_common else OTHER, "every": None if is_common else every, "unit": unit}


class RhythmForm(RhythmBoxes):
    """How often to be in touch with a vendor."""

    version = Whole(lazy("Version"), [required(lazy("Open this page again"))])
