"""Asking on which days a business is closed, and how many check-ins a day it plans."""

from functools import lru_cache
from typing import Any

from babel import Locale
from flask_wtf.file import FileField, FileRequired
from wtforms import SelectChoice

from crm.core import i18n, public_holidays
from crm.core.i18n import _, lazy
from crm.domain.closed_days import TOUCHES_MOST
from crm.forms.base import Form, Pick, Whole, between, required


class HolidaysForm(Form):
    """Whose public holidays are kept. Regions are offered of the country that is kept now."""

    country = Pick(lazy("Country"))
    region = Pick(lazy("Region"))

    def __init__(self, *args: Any, country_now: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.country.choices = [SelectChoice("", _("No public holidays")), *_countries(str(i18n.current().locale))]
        regions = public_holidays.regions(country_now)
        self.region.choices = [
            SelectChoice("", _("The whole country")),
            *(SelectChoice(code, name) for code, name in regions.items()),
        ]


class CalendarForm(Form):
    """A calendar file."""

    file = FileField(lazy("Calendar file"), [FileRequired(lazy("Choose a file"))])


class PlanForm(Form):
    """How many check-ins a person has a day."""

    touches_a_day = Whole(
        lazy("Check-ins a day for each person, at most"),
        [required(lazy("Type a number.")), between(1, TOUCHES_MOST)],
    )


@lru_cache(maxsize=8)
def _countries(locale: str) -> tuple[SelectChoice, ...]:
    """The countries whose holidays are known, by name in the reader's language."""
    names = Locale.parse(locale).territories
    named = sorted((names.get(code, code), code) for code in public_holidays.countries())
    return tuple(SelectChoice(code, name) for name, code in named)
