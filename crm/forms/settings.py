"""Asking what a person, or a business, chooses for themselves."""

from typing import Any

from babel import Locale
from wtforms import BooleanField, SelectChoice

from crm.core import i18n, limits
from crm.core.dates import CadenceUnit
from crm.core.i18n import LazyText, _, lazy
from crm.domain import working_hours
from crm.domain.cadences import Cadence
from crm.forms.base import (
    NAME,
    Email,
    Form,
    Line,
    Mark,
    Pick,
    Secret,
    Text,
    Ticks,
    TimeOfDay,
    Whole,
    at_most,
    between,
    optional,
    required,
)
from crm.forms.conflicts import Versioned
from crm.forms.places import ZonePick, currency_choices
from crm.models.enums import Stage, Tier
from crm.models.vocabulary import word

WEEKDAYS = (
    lazy("Monday"),
    lazy("Tuesday"),
    lazy("Wednesday"),
    lazy("Thursday"),
    lazy("Friday"),
    lazy("Saturday"),
    lazy("Sunday"),
)
DAILY, WEEKLY = "daily", "weekly"
UNITS = {CadenceUnit.DAYS: lazy("days"), CadenceUnit.WEEKS: lazy("weeks"), CadenceUnit.MONTHS: lazy("months")}
CADENCE_KEYS: tuple[Tier | Stage, ...] = (*Tier, Stage.PROSPECT, Stage.TRIAL, Stage.ACTIVE, Stage.PARKED)


class Weekdays(Ticks):
    """Days of the week as boxes to tick; its data is their digits, Monday is 0."""

    def __init__(self, label: LazyText | str = "", validators: Any = None, **options: Any) -> None:
        super().__init__(label, validators, choices=_weekday_choices, **options)

    @property
    def digits(self) -> str:
        """The ticked days as the domain takes them."""
        return "".join(self.data or [])


def _weekday_choices() -> list[SelectChoice]:
    return [SelectChoice(str(digit), str(words)) for digit, words in enumerate(WEEKDAYS)]


def _rhythm_choices() -> list[SelectChoice]:
    return [
        SelectChoice(DAILY, str(lazy("On the days below"))),
        SelectChoice(WEEKLY, str(lazy("Once a week"))),
    ]


def _locale_choices() -> list[SelectChoice]:
    own = i18n.current().locale
    return [SelectChoice(tag, str(Locale.parse(tag, sep="-").get_display_name(own))) for tag in i18n.LOCALES]


class ProfileForm(Form):
    """How a person is called, and where they are."""

    name = Line(lazy("Your name"), [required(lazy("Type your name.")), NAME])
    time_zone = ZonePick(
        lazy("Time zone"),
        [required(lazy("Choose a time zone of the list."))],
        description=lazy("Says when today begins and when the morning letter comes."),
    )
    locale = Pick(
        lazy("Language and formats"),
        [required(lazy("Choose one of the list."))],
        choices=_locale_choices,
        description=lazy("How dates, numbers and money are written."),
    )
    shortcuts = BooleanField(lazy("Keys of a single letter, such as L for Log"))


class EmailForm(Form):
    """The address that a person signs in with."""

    email = Email(lazy("E-mail"), [required(lazy("Type your e-mail address.")), at_most(limits.EMAIL_LENGTH)])
    password = Secret(lazy("Your password"), [required(lazy("Type your password."))])


class PasswordForm(Form):
    """Another password."""

    current = Secret(lazy("Present password"), [required(lazy("Type your present password."))])
    new = Secret(lazy("New password"), [required(lazy("Type a new password."))])


class DigestForm(Form):
    """When the morning letter comes."""

    on = BooleanField(lazy("Send me a letter in the morning when something is due"))
    at = TimeOfDay(lazy("At"), [required(lazy("Type the time as hours and minutes, such as 08:30."))])
    often = Mark(lazy("How often"), choices=_rhythm_choices, default=DAILY)
    weekdays = Weekdays(lazy("On these days"))
    weekday = Pick(lazy("Once a week on"), choices=_weekday_choices, default="0")

    @property
    def digits(self) -> str:
        """The days chosen, as the domain takes them."""
        return str(self.weekday.data) if self.often.data == WEEKLY else self.weekdays.digits


class NoticesForm(Form):
    """What is told by e-mail at once."""

    mentions = BooleanField(lazy("When somebody mentions me"))
    triggers = BooleanField(lazy("When the time looks right for somebody parked"))
    handed = BooleanField(lazy("When something is handed to me"))
    followed = BooleanField(lazy("When something happens with a vendor I follow"))


class BusinessForm(Form):
    """What a business is called, where it is, and when it works."""

    name = Line(lazy("Business name"), [required(lazy("Type your business’s name.")), NAME])
    time_zone = ZonePick(lazy("Time zone"), [required(lazy("Choose a time zone of the list."))])
    currency = Pick(lazy("Currency"), [required(lazy("Choose one of the list."))], choices=currency_choices)
    working_days = Weekdays(lazy("Working days"), description=lazy("Check-ins are planned for these days."))
    working_hours = Line(
        lazy("Working hours"),
        [at_most(working_hours.LONGEST)],
        description=lazy(
            "Such as “9–17” or “Mon–Thu 9:00 to 17:30”. They say how many hours you share with each vendor; "
            "9 to 17 where you leave it empty."
        ),
    )


class PostalForm(Form):
    """Where a business can be written to by post."""

    postal_address = Text(lazy("Postal address"), [at_most(limits.POSTAL_LENGTH)])


class CadencesForm(Versioned):
    """How often vendors of each tier and stage are checked in on."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for key in CADENCE_KEYS:
            whose = _("Tier %(tier)s", tier=word(key)) if isinstance(key, Tier) else word(key)
            self[f"every_{key}"].label.text = _("%(whose)s: every", whose=whose)
            self[f"unit_{key}"].label.text = _("%(whose)s: days, weeks or months", whose=whose)

    @classmethod
    def of(cls, present: dict[Tier | Stage, Cadence | None]) -> "CadencesForm":
        """The form as it stands now."""
        data: dict[str, Any] = {}
        for key in CADENCE_KEYS:
            cadence = present.get(key)
            data[f"every_{key}"] = cadence.every if cadence else None
            data[f"unit_{key}"] = (cadence.unit if cadence else CadenceUnit.DAYS).value
        return cls(formdata=None, data=data)

    def wanted(self) -> dict[Tier | Stage, Cadence | None]:
        """What was typed: None where the number is left out."""
        return {key: self._cadence(key) for key in CADENCE_KEYS}

    def _cadence(self, key: Tier | Stage) -> Cadence | None:
        every, unit = self[f"every_{key}"].data, self[f"unit_{key}"].data
        return Cadence(every, CadenceUnit(unit)) if every else None


def _unit_choices() -> list[SelectChoice]:
    return [SelectChoice(unit.value, str(words)) for unit, words in UNITS.items()]


for _key in CADENCE_KEYS:
    setattr(CadencesForm, f"every_{_key}", Whole(lazy("Every"), [optional(), between(1, limits.EVERY_LARGEST)]))
    setattr(CadencesForm, f"unit_{_key}", Pick(lazy("Days, weeks or months"), choices=_unit_choices))
