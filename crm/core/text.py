"""Text as people type it, made safe to store, to show and to mail."""

import re
import unicodedata
from functools import lru_cache

# NUL, other control characters but tab and line feed, lone surrogates, and separators that break e-mail lines.
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\ud800-\udfff\ufffe\uffff]")
# Marks that force or isolate a direction of writing: a name that holds one turns what stands after it around.
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Letters by their class that show nothing all the same: fillers of Hangul, and the empty Braille pattern.
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_SEEN = re.compile("[!-~]")
_LINE_ENDS = re.compile("\r\n|\r|\u2028|\u2029")


def clean_text(text: str) -> str:
    """Text of several lines: line ends become LF, characters that no program should keep are dropped, ends stripped.

    What shows nothing to anybody is no text: it becomes the empty one.
    """
    cleaned = _UNWANTED.sub("", _LINE_ENDS.sub("\n", text)).strip()
    return cleaned if is_visible(cleaned) else ""


def is_visible(text: str) -> bool:
    """Whether any character of the text can be seen; marks and joiners alone cannot."""
    return _SEEN.search(text) is not None or any(
        letter not in _BLANK_LETTERS and unicodedata.category(letter)[0] not in "CZM" for letter in text
    )


def clean_line(text: str) -> str:
    """Text of one line: like :func:`clean_text`, white space made one blank, and nothing that turns the writing."""
    return " ".join(clean_text(_TURNS.sub("", text)).split())


def excerpt(text: str, most: int) -> str:
    """So many characters of a text at the most, as one line."""
    line = clean_line(text)
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


_TITLES = frozenset({"dr", "prof", "professor", "mr", "mrs", "ms", "miss", "mx", "sir", "dame", "rev", "herr", "frau"})


def short_name(name: str) -> str:
    """How somebody is named in passing: by the first name, or by the title and the last: ``Marta``, ``Dr Price``."""
    parts = name.split() or [name]
    is_titled = len(parts) > 1 and parts[0].rstrip(".").casefold() in _TITLES
    return f"{parts[0]} {parts[-1]}" if is_titled else parts[0]


def normal(text: str) -> str:
    """A name for comparing: NFKC, white space runs made one, trailing ``. , ;`` cut, case folded."""
    return _normal(text) if len(text) <= _SHORT else _normal.__wrapped__(text)


_SHORT = 200


@lru_cache(maxsize=2_048)
def _normal(text: str) -> str:
    # Names are compared several times over: a row of an import asks a dozen times.
    return " ".join(unicodedata.normalize("NFKC", text).split()).rstrip(".,; ").casefold()


_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i"})
_NO_LETTERS = re.compile(r"[\W_]+")


def folded(text: str) -> str:
    """Text for searching: words of letters and figures alone, no accents, case folded, one blank between them."""
    plain = text
    if not text.isascii():
        plain = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
        plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(_NO_LETTERS.split(plain.casefold())).strip()


def searchable(*parts: str) -> str:
    """Folded text in which every word has a blank before it, so that ``" mar"`` finds where words begin."""
    return f" {folded(' '.join(parts))}"


def slug(name: str) -> str:
    """A business's name in lower case with hyphens: ``Fern & Flint`` becomes ``fern-flint``."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", plain).strip("-") or "business"


def initials(name: str) -> str:
    """Up to two capital letters that stand for a name."""
    words = [word for word in name.split() if word[0].isalnum()]
    chosen = [words[0], words[-1]] if len(words) > 1 else words
    return "".join(word[0] for word in chosen).upper()


def tint(name: str) -> int:
    """One of six identity tints (1 to 6), always the same for a name."""
    return sum(name.encode()) % 6 + 1
