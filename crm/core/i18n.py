"""Words in the reader's language, and which locale writes dates, numbers and money.

The reader is set once for a request or a letter (:func:`speaking`); everything below asks for words with :func:`_`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol, cast

from babel import Locale, negotiate_locale
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations
from markupsafe import escape

CATALOGUES = Path(__file__).resolve().parents[2] / "translations"
PSEUDO = "en-XA"
LOCALES = ("en-GB", "en-US", "en-AU", "en-CA", "en-IE", "en-IN", "en-NZ", "en-ZA")
DEFAULT_LOCALE = "en-GB"


class Catalogue(Protocol):
    """What gives words: gettext's two questions."""

    def ugettext(self, message: str) -> str: ...
    def ungettext(self, singular: str, plural: str, num: int) -> str: ...


@dataclass(frozen=True, slots=True)
class Speech:
    """A reader's language: its tag, its catalogue, and the locale for dates, numbers and money."""

    tag: str
    catalogue: Catalogue
    locale: Locale


class PseudoCatalogue:
    """Marks every translated word, so that a test finds the words that never passed through gettext."""

    OPEN, CLOSE = "\u27e6", "\u27e7"

    def ugettext(self, message: str) -> str:
        return f"{self.OPEN}{message}{self.CLOSE}"

    def ungettext(self, singular: str, plural: str, num: int) -> str:
        return self.ugettext(singular if num == 1 else plural)


@lru_cache(maxsize=32)
def speech(tag: str) -> Speech:
    """The speech for a locale tag such as ``en-GB``; the default for an unknown one."""
    if tag == PSEUDO:
        return Speech(tag, PseudoCatalogue(), Locale.parse("en_GB"))
    if tag not in LOCALES:
        tag = DEFAULT_LOCALE
    locale = Locale.parse(tag, sep="-")
    found = Translations.load(str(CATALOGUES), [locale])
    return Speech(tag, cast("Catalogue", found or NullTranslations()), locale)


_speech: ContextVar[Speech | None] = ContextVar("speech", default=None)


def current() -> Speech:
    """The speech of the present reader."""
    return _speech.get() or speech(DEFAULT_LOCALE)


def speak(tag: str) -> None:
    """From here on, speak to the reader in this locale."""
    _speech.set(speech(tag))


def fall_silent() -> None:
    """Nobody is being spoken to any more: what comes next in this thread begins with the default."""
    _speech.set(None)


@contextmanager
def speaking(tag: str) -> Iterator[Speech]:
    """Speak in this locale within the block: for letters, each in its recipient's words."""
    token = _speech.set(speech(tag))
    try:
        yield current()
    finally:
        _speech.reset(token)


def best_locale(accepted: list[str]) -> str:
    """The locale that fits a browser's ``Accept-Language`` best, most wanted first."""
    return negotiate_locale(accepted, LOCALES, sep="-") or DEFAULT_LOCALE


def _(message: str, **values: object) -> str:
    """The message in the reader's language, with ``%(name)s`` filled in."""
    words = current().catalogue.ugettext(message)
    return words % values if values else words


gettext = _


def ngettext(singular: str, plural: str, num: int, **values: object) -> str:
    """Like :func:`_` with a plural form; ``%(num)s`` is the number."""
    words = current().catalogue.ungettext(singular, plural, num)
    return words % {"num": counted(num), **values}


def counted(num: int) -> str:
    """A number among words, with the reader's separators."""
    return str(num) if -1000 < num < 1000 else format_decimal(num, locale=current().locale)


class LazyText:
    """Words that are looked up when they are shown: for forms and tables that are built before the reader is known."""

    __slots__ = ("message", "values")

    def __init__(self, message: str, values: dict[str, object]) -> None:
        self.message = message
        self.values = values

    def __str__(self) -> str:
        return _(self.message, **self.values)

    def __html__(self) -> str:
        return str(escape(str(self)))

    def __mod__(self, values: object) -> str:
        return str(self) % values

    def __bool__(self) -> bool:
        return bool(self.message)

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)

    def __hash__(self) -> int:
        return hash(self.message)


def lazy(message: str, **values: object) -> LazyText:
    """Words to be said later, see :class:`LazyText`."""
    return LazyText(message, values)
