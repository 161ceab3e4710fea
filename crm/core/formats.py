"""Dates, numbers and money as the reader writes them, and dates as people say them."""

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from itertools import groupby

from babel import dates, numbers

from crm.core import clock
from crm.core.i18n import Speech, _, current, lazy, ngettext


def day(value: date, today: date) -> str:
    """``Fri 27 Nov``, with the year when it is not this one."""
    return _written(value, "EEE d MMM" if value.year == today.year else "EEE d MMM y", current())


@lru_cache(maxsize=4096)
def _written(value: date, pattern: str, speech: Speech) -> str:
    """Kept, because a page says the same days many times, and working one out costs as much as a row."""
    return dates.format_date(value, pattern, locale=speech.locale)


def near_day(value: date, today: date) -> str:
    """``Today``, ``Yesterday``, ``Tomorrow``, then as :func:`day`."""
    match (value - today).days:
        case 0:
            return _("Today")
        case -1:
            return _("Yesterday")
        case 1:
            return _("Tomorrow")
        case _:
            return day(value, today)


def long_day(value: date) -> str:
    """``Tuesday 24 November``."""
    return dates.format_date(value, "EEEE d MMMM", locale=current().locale)


def month_comes_first() -> bool:
    """Whether the reader writes a date's month before its day where slashes divide it: 11/27/2026."""
    return str(current().locale.date_formats["short"].pattern).startswith("M")


def month(value: date, today: date) -> str:
    """``November``, with the year when it is not this one."""
    return _written(value, "LLLL" if value.year == today.year else "LLLL y", current())


def short_month(value: date) -> str:
    """``Nov``."""
    return dates.format_date(value, "LLL", locale=current().locale)


def ago(value: date, today: date) -> str:
    """How long ago, by days up to a fortnight and by weeks then: ``yesterday``, ``7 weeks ago``."""
    days = (today - value).days
    if days <= 0:
        return _("today")
    if days == 1:
        return _("yesterday")
    if days < 14:
        return ngettext("%(num)s day ago", "%(num)s days ago", days)
    if days < 400:
        return ngettext("%(num)s week ago", "%(num)s weeks ago", days // 7)
    return ngettext("%(num)s year ago", "%(num)s years ago", days // 365)


def moment_ago(instant: datetime, zone_name: str) -> str:
    """``2 h ago`` on the same local day, else as :func:`ago`."""
    then, at_present = clock.local(instant, zone_name), clock.local(clock.now(), zone_name)
    if then.date() != at_present.date():
        return ago(then.date(), at_present.date())
    minutes = max(0, int((at_present - then).total_seconds() // 60))
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return ngettext("%(num)s min ago", "%(num)s min ago", minutes)
    return ngettext("%(num)s h ago", "%(num)s h ago", minutes // 60)


def moment(instant: datetime, zone_name: str) -> str:
    """An instant as the reader's wall clock shows it: ``Fri 27 Nov 2026, 08:00``."""
    local = clock.local(instant, zone_name)
    return _(
        "%(day)s, %(time)s",
        day=dates.format_date(local.date(), "EEE d MMM y", locale=current().locale),
        time=dates.format_time(local.time(), "short", locale=current().locale),
    )


def number(value: int | float | Decimal) -> str:
    """A number with the reader's separators."""
    return numbers.format_decimal(value, locale=current().locale)


def exact_number(value: Decimal) -> str:
    """Like :func:`number`, with every digit after the point that it has."""
    return numbers.format_decimal(value.normalize() + 0, locale=current().locale, decimal_quantization=False)


def file_size(size: int) -> str:
    """``84 kB``, ``1.2 MB``."""
    if size < 1000:
        return _("%(size)s bytes", size=number(size))
    if size < 1_000_000:
        return _("%(size)s kB", size=number(round(size / 1000)))
    return _("%(size)s MB", size=number(round(size / 1_000_000, 1)))


def minor_digits(currency: str) -> int:
    """How many digits a currency's minor unit has: 2 for GBP, 0 for JPY."""
    return numbers.get_currency_precision(currency)


def money(amount: int, currency: str) -> str:
    """An amount in minor units as the reader writes it: ``£38``, ``£38.50``."""
    digits = minor_digits(currency)
    value = Decimal(amount).scaleb(-digits)
    is_whole = value == value.to_integral_value()
    pattern = None
    if is_whole:
        pattern = current().locale.currency_formats["standard"].pattern.replace(".00", "")
    return numbers.format_currency(
        value, currency, format=pattern, locale=current().locale, currency_digits=not is_whole
    )


def plain_money(amount: int, currency: str) -> str:
    """An amount in minor units as a form shows it: ``38.50``."""
    return f"{Decimal(amount).scaleb(-minor_digits(currency)):f}"


_AMOUNT = re.compile(r"[+-]?[\d.,'’ \u00a0\u202f]{1,40}")
"""No exponents: the whole number of "1e999999999" would fill the machine's memory."""


_PLAIN = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?")


def parse_number(text: str) -> Decimal | None:
    """A number as a program writes it (``1200.5``) or else a person (``1,200.5``); None where it is none."""
    return Decimal(text.strip()) if _PLAIN.fullmatch(text.strip()) else _typed_number(text)


def parse_money(text: str, currency: str) -> int | None:
    """Minor units from what a person typed (``1,200.50``); None where it is no amount or has too many digits."""
    value = _typed_number(text)
    return None if value is None else minor_units(value, currency)


def minor_units(value: Decimal, currency: str) -> int | None:
    """An amount in minor units; None where it has more digits than the currency."""
    minor = value.scaleb(minor_digits(currency))
    return int(minor) if minor.is_finite() and minor == minor.to_integral_value() else None


def _typed_number(text: str) -> Decimal | None:
    if not _AMOUNT.fullmatch(text.strip()):
        return None
    try:
        return numbers.parse_decimal(text.strip(), locale=current().locale, strict=True)
    except (numbers.NumberFormatError, InvalidOperation):
        return None


def is_currency(code: str) -> bool:
    """Whether a currency with this code is known here."""
    return code in currencies()


def currencies() -> frozenset[str]:
    """The codes of all currencies (ISO 4217) known here."""
    return frozenset(numbers.list_currencies())


def time_of_day(hour: int, minute: int) -> str:
    """A time of day as the reader's clock shows it: ``08:30``."""
    return dates.format_time(time(hour, minute), "short", locale=current().locale)


def duration(minutes: int) -> str:
    """A length of time in words: ``3 hours``, ``45 minutes``, ``3 hours 30 minutes``."""
    hours, rest = divmod(minutes, 60)
    parts = (
        ngettext("%(num)s hour", "%(num)s hours", hours) if hours else "",
        ngettext("%(num)s minute", "%(num)s minutes", rest) if rest or not hours else "",
    )
    return " ".join(part for part in parts if part)


def lasting(length: timedelta) -> str:
    """How long something took, in its largest unit: ``12 minutes``, ``3 hours``, ``2 days`` from two days on."""
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes < 60:
        return duration(minutes) if minutes else _("less than a minute")
    hours = minutes // 60
    return duration(hours * 60) if hours < 48 else ngettext("%(num)s day", "%(num)s days", hours // 24)


def weekdays(days: Iterable[int]) -> str:
    """Days of the week, Monday is 0, with three and more in a row as one: ``Mon to Thu``, ``Tue, Thu``."""
    names = dates.get_day_names("abbreviated", locale=current().locale)
    said: list[str] = []
    rows = groupby(enumerate(sorted(set(days))), lambda pair: pair[1] - pair[0])
    for row in ([day for _place, day in each] for _step, each in rows):
        if len(row) > 2:
            said.append(_("%(first)s to %(last)s", first=names[row[0]], last=names[row[-1]]))
        else:
            said.extend(names[day] for day in row)
    return ", ".join(said)


_NUMBERS = (
    (lazy("None"), lazy("none")),
    (lazy("One"), lazy("one")),
    (lazy("Two"), lazy("two")),
    (lazy("Three"), lazy("three")),
    (lazy("Four"), lazy("four")),
    (lazy("Five"), lazy("five")),
    (lazy("Six"), lazy("six")),
    (lazy("Seven"), lazy("seven")),
    (lazy("Eight"), lazy("eight")),
    (lazy("Nine"), lazy("nine")),
    (lazy("Ten"), lazy("ten")),
    (lazy("Eleven"), lazy("eleven")),
    (lazy("Twelve"), lazy("twelve")),
)


def spelled(value: int, *, in_sentence: bool = False) -> str:
    """A number in words up to twelve, as a sentence begins; ``in_sentence`` gives small letters. Then figures."""
    if 0 <= value < len(_NUMBERS):
        return str(_NUMBERS[value][in_sentence])
    return number(value)
