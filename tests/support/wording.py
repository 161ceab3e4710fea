"""Finds words on a page that nobody could translate, because they never passed through gettext.

Such a page is made with the pseudo locale, which puts ⟦…⟧ around everything that is translated, and with a business
whose own texts are written in another alphabet. What is left in Latin letters was written into the program.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from babel import Locale
from bs4 import BeautifulSoup, Tag
from bs4.element import Comment, Doctype, NavigableString

from crm.core import clock

_FOREIGN = dict(zip("abcdefghijklmnopqrstuvwxyz", "абцдефгхийклмнопярстувщхыз", strict=True))
_ADDRESS = re.compile(r"https?://[^\s)]*|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b[\w-]+\.(?:example|org|invalid)\b[^\s)]*")
_ZONE = re.compile(r"\b(?:[A-Z][A-Za-z_-]+/[\w/+-]+|UTC)")
_FILE = re.compile(r"(?<=[^\sa-zA-Z])\.[a-z]{2,4}\b")
_WORD = re.compile(r"[A-Za-z]+")
_PRODUCT = "Good Terms"

_SPOKEN = ("placeholder", "aria-label", "aria-description", "aria-valuetext", "title", "alt", "label", "data-label")
_SILENT = ("script", "style", "pre", "code")
"""What is no language of people: commands to copy, the ends of secrets. Whole secrets bear their own class."""


def foreign(text: str) -> str:
    """A text that people typed, in letters that the program itself never uses. Addresses stay as they are."""

    def written(part: str) -> str:
        return "".join(_FOREIGN.get(sign, _FOREIGN.get(sign.lower(), sign).upper()) for sign in part)

    kept = [found.group() for found in _ADDRESS.finditer(text)]
    parts = [written(part) for part in _ADDRESS.split(text)]
    return "".join(part + (kept[at] if at < len(kept) else "") for at, part in enumerate(parts))


def untranslated(html: str, *, names: Iterable[str] = ()) -> list[str]:
    """All that a page says in Latin letters outside ⟦…⟧, some names aside; empty where all can be translated."""
    for name in names:
        html = html.replace(f">{name}<", "><")
    tree = BeautifulSoup(html, "html.parser")
    return [*_loose_text(tree), *_loose_attributes(tree)]


def untranslated_in(text: str) -> list[str]:
    """The same for plain text, such as a subject or the text of a letter."""
    return [text] if _says_something(_outside(text, 0)[0]) else []


def _loose_text(tree: BeautifulSoup) -> Iterator[str]:
    depth = 0
    for node in tree.descendants:
        if not isinstance(node, NavigableString) or isinstance(node, Comment | Doctype):
            continue
        parent = node.parent
        if parent is None or parent.name in _SILENT or "secret" in parent.get_attribute_list("class"):
            continue
        left, depth = _outside(str(node), depth)
        if _says_something(left) and not _is_key(parent) and not _is_zone(parent):
            yield " ".join(f"<{parent.name}> {node}".split())


def _loose_attributes(tree: BeautifulSoup) -> Iterator[str]:
    for element in tree.find_all(True):
        for name in _spoken_by(element):
            value = element.get(name)
            if isinstance(value, str) and _says_something(_outside(value, 0)[0]) and not _is_zone(element):
                yield f"<{element.name} {name}={value!r}>"


def _spoken_by(element: Tag) -> Iterator[str]:
    yield from _SPOKEN
    if element.name == "input" and element.get("type") in ("submit", "button", "reset"):
        yield "value"
    if element.get("id") == "words":
        yield from (name for name in element.attrs if name.startswith("data-"))


def _is_key(element: Tag) -> bool:
    is_shown_as_key = element.name == "kbd" or "hint" in (element.get("class") or [])
    shown = "".join(element.find_all(string=True)).strip()  # get_text() passes over what waits in a <template>
    return is_shown_as_key and len(shown) == 1


def _is_zone(element: Tag) -> bool:
    """Whether this is a time zone to choose, or the part of the world it lies in: names that the world has given."""
    first = element.find("option") if element.name == "optgroup" else element
    return isinstance(first, Tag) and first.name == "option" and clock.is_zone(str(first.get("value")))


def _outside(text: str, depth: int) -> tuple[str, int]:
    """What stands outside of ⟦…⟧, and how deep one is in it at the end."""
    if "⟦" not in text and "⟧" not in text:
        return (text, depth) if depth == 0 else ("", depth)
    left: list[str] = []
    for sign in text:
        if sign == "⟦":
            depth += 1
            left.append(" ")
        elif sign == "⟧":
            depth = max(0, depth - 1)
        elif depth == 0:
            left.append(sign)
    return "".join(left), depth


def _says_something(text: str) -> bool:
    if not _WORD.search(text):
        return False
    for pattern in (_ADDRESS, _ZONE, _FILE):
        text = pattern.sub(" ", text)
    for name in (_PRODUCT, *_long_names()):
        text = text.replace(name, " ") if name in text else text
    return any(word not in _short_names() for word in _WORD.findall(text))


@lru_cache(maxsize=1)
def _short_names() -> frozenset[str]:
    """Words that come from Babel: days, months, halves of the day, and codes of currencies."""
    locale = Locale("en", "GB")
    words = {"am", "pm"}
    for names in (locale.days, locale.months):
        for widths in names.values():
            for width in widths.values():
                words |= set(width.values())
    return frozenset(words | set(locale.currencies))


@lru_cache(maxsize=1)
def _long_names() -> tuple[str, ...]:
    """Names that come from Babel: of currencies, languages and countries."""
    locale = Locale("en", "GB")
    names = {*locale.currencies.values(), *locale.languages.values(), *locale.territories.values()}
    return tuple(sorted((name for name in names if len(name) > 3), key=len, reverse=True))
