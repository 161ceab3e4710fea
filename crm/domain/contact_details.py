"""How somebody is reached, where it stands in the middle of other words: e-mail addresses and telephone numbers."""

import re

_GAP = r"[^\S\n]"
_YEAR = r"(?:19|20)\d\d"
_DAY = rf"{_YEAR}(?P<a>[./-])\d{{1,2}}(?P=a)\d{{1,2}}|\d{{1,2}}(?P<b>[./-])\d{{1,2}}(?P=b){_YEAR}"
_YEARS = rf"{_YEAR}{_GAP}?[-–/]{_GAP}?{_YEAR}"
_FIGURE = r"\d{1,3}(?:[ \u00a0\u202f.,'’]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?"
_FIGURES = rf"(?:{_FIGURE})(?:{_GAP}?[-–]{_GAP}?(?:[£€$¥]{_GAP}?)?(?:{_FIGURE}))?"
_CURRENCY = r"(?:[£€$¥]|\b(?:GBP|EUR|USD|CHF|SEK|NOK|DKK|PLN|CAD|AUD|JPY)\b)"
_NO_MORE = r"(?![./-]?\d)"
_PARTS = re.compile(
    rf"(?P<other>(?<!\d)(?:{_DAY}|{_YEARS}){_NO_MORE}|{_CURRENCY}{_GAP}?{_FIGURES}{_NO_MORE}|(?<![\d+]){_FIGURES}{_GAP}?{_CURRENCY})"
    r"|(?P<address>[^\s@<>()\[\]{},;:\"“”]{1,64}@[^\s@<>()\[\]{},;:\"“”]*[^\s@<>()\[\]{},;:\"“”.!?])"
    rf"|(?P<number>(?<!\w)[+(]{{0,2}}\d(?:(?:{_GAP}|[().\/–-]){{0,3}}\d){{6,}})"
)
"""What looks like a number and is a day, a span of years or a sum of money is taken first, and left alone."""


def has_any(words: str) -> bool:
    """Whether a text holds an e-mail address, or what looks like a telephone number: seven digits or more."""
    return any(part["other"] is None for part in _PARTS.finditer(words))


def left_out(words: str) -> str:
    """The text with an ellipsis in place of each e-mail address and of each number that looks like a telephone's."""
    return _PARTS.sub(lambda part: part[0] if part["other"] else "…", words)
