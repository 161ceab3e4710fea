"""Money as people and files write it: an amount with a currency, and a price with what it is for."""

import re
from decimal import Decimal
from typing import NamedTuple

from crm.core import currencies, formats, limits
from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.models.enums import RatePeriod
from crm.queries.custom_fields import Money

_SIGNS = {"£": "GBP", "€": "EUR", "¥": "JPY", "$": "USD"}
_DOLLARS = frozenset({"AUD", "CAD", "NZD", "SGD", "HKD", "USD"})
_AMOUNT = re.compile(r"(?P<before>[A-Za-z]{3}|[£€¥$])?\s*(?P<amount>[^A-Za-z£€¥$]+?)\s*(?P<after>[A-Za-z]{3}|[£€¥$])?")
_HOW = lazy("Type an amount in figures, such as 38 or 1,200.50 EUR.")


class Pay(NamedTuple):
    """A price in minor units of a currency; what it is for may not be said."""

    amount: int
    currency: str
    period: RatePeriod | None = None


def amount_of(minor: int | None) -> int | None:
    """An amount that a vendor asks for, in minor units, or none."""
    if minor is not None and not 0 <= minor <= limits.MONEY_LARGEST:
        raise Refused(lazy("Type an amount from 0 up, in figures."))
    return minor


def currency_of(typed: str) -> str:
    """A currency's ISO code, or nothing."""
    code = typed.strip().upper()
    if code and code not in currencies.codes():
        raise Refused(lazy("Choose one of the list."))
    return code


def require(amount: int | None, currency: str, *, box: str) -> None:
    """Hold an amount of minor units, if there is one, and its currency against what can be kept.

    Raises :class:`Refused` at the boxes ``box``_amount and ``box``_currency.
    """
    if amount is None:
        return
    if not 0 <= amount <= limits.MONEY_LARGEST:
        raise Refused(lazy("Check the amount."), field=f"{box}_amount")
    if currency not in currencies.codes():
        raise Refused(lazy("Choose a currency."), field=f"{box}_currency")


def read(typed: str, usual: str) -> Money:
    """The amount that a text says; ``usual`` is what one without a currency is in. Raises Refused with how to type."""
    found = _AMOUNT.fullmatch(typed)
    said = (found["before"] or found["after"]) if found else None
    if found is None or (found["before"] and found["after"]):
        raise Refused(_HOW)
    code = _currency(said, usual)
    number = formats.parse_number(found["amount"])
    amount = None if number is None else formats.minor_units(number, code)
    if amount is None:
        raise Refused(_HOW)
    if abs(amount) > limits.MONEY_LARGEST:
        raise Refused(lazy("Type a smaller amount."))
    return Money(amount, code)


def names_currency(typed: str) -> bool:
    """Whether an amount says what it is in."""
    found = _AMOUNT.fullmatch(typed.strip())
    return found is not None and bool(found["before"] or found["after"])


def _currency(said: str | None, usual: str) -> str:
    if said is None:
        return usual
    if said == "$" and usual in _DOLLARS:
        return usual
    code = _SIGNS.get(said, said.upper())
    if not formats.is_currency(code):  # one that is used no more too: what is kept in it can still be read back
        raise Refused(lazy("“%(code)s” is no currency.", code=said))
    return code


# What a vendor asks for, as files write it


_PERIODS = {
    word: period
    for period, words in {
        RatePeriod.HOUR: "hour hours hourly hr hrs h std stunde stunden stündlich",
        RatePeriod.DAY: "day days daily d tag tage tg täglich",
        RatePeriod.MONTH: "month months monthly mo mth monat monate monatlich",
        RatePeriod.PROJECT: "project projects projekt projekte fixed flat pauschal pauschale",
    }.items()
    for word in words.split()
}
_PER = frozenset({"/", "per", "a", "an", "pro", "je", "the"})
_DECIMAL_COMMA = re.compile(r"(?<![\d.,])(\d{1,3}(?:\.\d{3})+|\d+),(\d{1,2})(?![\d.,])")


def currency_in(said: str, usual: str = "") -> str | None:
    """The currency that a cell names, by its code or its sign, if it is one that is used today."""
    cleaned = said.strip()
    try:
        code = _currency(cleaned, usual) if cleaned in _SIGNS else cleaned.upper()
    except Refused:
        return None
    return code if code in currencies.codes() else None


def period_in(said: str) -> RatePeriod | None:
    """What a price is for, as a cell says it: ``hour``, ``per day``, ``/ month``."""
    words = [word for word in _tokens(said) if word not in _PER]
    return _PERIODS.get(words[0]) if len(words) == 1 else None


def pay_in(said: str, usual: str) -> Pay | None:
    """The price that a cell says, such as ``60``, ``€60 / h`` or ``1.200,50 EUR per day``; None where it is none.

    ``usual`` is what one without a currency is in.
    """
    tokens = said.replace("/", " / ").split()
    period = _PERIODS.get(tokens[-1].casefold().rstrip(".")) if tokens else None
    if period is not None:
        tokens.pop()
        while tokens and tokens[-1].casefold() in _PER:
            tokens.pop()
    plain = _DECIMAL_COMMA.sub(_with_point, " ".join(tokens))
    try:
        money = read(plain, usual)
        amount_of(money.amount)
    except Refused:
        return None
    return Pay(money.amount, money.currency, period) if money.currency in currencies.codes() else None


def _with_point(match: re.Match[str]) -> str:
    return f"{Decimal(match[1].replace('.', ''))}.{match[2]}"


def _tokens(said: str) -> list[str]:
    return [word.casefold().rstrip(".") for word in said.replace("/", " / ").split()]
