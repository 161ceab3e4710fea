"""One row of a file becomes a vendor to be, or a reason why not; and which vendor it is, if already known.

When are a row and a vendor the same? A row of the business's own export says which vendor it is
(:attr:`VendorDraft.record`). For all others this is the whole rule, and :class:`Matcher` is its only place:

1. Their names are equal (as :func:`normalised_name` reads them) and nothing contradicts: they do not have
   two different web sites. An equal e-mail address outweighs different sites. Of several vendors with that
   name, one with an equal address comes first, then one with an equal site, then the oldest.
2. Or they share an e-mail address or a web domain, their names are *near*, and nothing contradicts. Near
   names differ in accents, punctuation, "and" for "&", the spelling of the legal form (Ltd, Limited), or in
   that one of them leaves it out. "Engility LLC" and "Engility Corporation" are not near.

A row can fit several vendors by this rule. Whoever imports asks :meth:`Matcher.fitting` for all of them, and gives the
row to one that knows all of it already: so a file that is imported again goes where it went before.

Nothing else counts. Different firms do share an address (an accountant, a parent company), and registers
give one number to two firms. Such likenesses are told (:attr:`Match.alike`) and never merged.
"""

import re
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, lru_cache
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from crm.core import clock, currencies, limits, text
from crm.core.csv_files import Column
from crm.core.errors import Refused
from crm.core.i18n import _
from crm.domain.amounts import Pay, currency_in, pay_in, period_in
from crm.domain.import_columns import KIND_WORDS, PERSON_FIELDS, RATES, ImportField, Target, record_of
from crm.models.enums import RatePeriod, Tier, VendorKind

K = TypeVar("K", bound=Hashable)
PHONE_LENGTH = 60
SAME_NAME_LOOKS = 50
ALIKE_SHOWN = 3


# Drafts


@dataclass(frozen=True, slots=True)
class PersonDraft:
    """Somebody at a vendor. The name is empty where the file has an address or a number but names nobody."""

    name: str
    role: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VendorDraft:
    """What a row says about a vendor: cleaned, and within the limits of what we store."""

    name: str
    kind: VendorKind | None = None
    website: str = ""
    services: str = ""
    location: str = ""
    time_zone: str = ""
    languages: str = ""
    source: str = ""
    tier: Tier | None = None
    owner: str = ""
    """Who looks after them, by name or address."""
    rate: Pay | None = None
    """What they ask for, with what it is for."""
    minimum: Pay | None = None
    notes: str = ""
    categories: tuple[str, ...] = ()
    niches: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    people: tuple[PersonDraft, ...] = ()
    custom: tuple[tuple[int, str], ...] = ()
    """What stands in the business's own fields: their ids, and the values' text forms."""
    record: int | None = None
    """The id of the vendor that the row was exported from, by this very business."""
    remarks: tuple[str, ...] = field(default=(), compare=False)
    """Sentences about values that are not what their column says; the notes hold them instead."""

    @property
    def emails(self) -> tuple[str, ...]:
        """Every address of the row, each once."""
        return tuple(dict.fromkeys(email for person in self.people for email in person.emails))


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot become a vendor."""

    reason: str
    """A sentence for the person who has to mend the file."""


Reads = Callable[[str], str]
"""Reads a cell of one of the business's own fields, and answers with the value's text form. Raises Refused."""


@dataclass(frozen=True, slots=True)
class RowPlan:
    """Where in a row each field stands."""

    width: int
    places: Mapping[ImportField, tuple[int, ...]]
    names: Mapping[int, str]
    """The columns' names, for sentences."""
    own: tuple[tuple[int, int, Reads], ...] = ()
    """For each of the business's own fields its place in the row, its id, and how it is read."""
    record: int | None = None
    """Where our own exports say which record a row is."""
    mark: str = ""
    """The mark of the business whose records count."""
    currency: str = currencies.DEFAULT
    """What an amount without a currency is in."""

    @classmethod
    def of(
        cls,
        columns: Sequence[Column],
        mapping: Mapping[str, Target],
        *,
        width: int,
        own: Mapping[int, Reads] | None = None,
    ) -> "RowPlan":
        """The plan for a table's columns and a mapping by their names; ``width`` is the table's, and ``own`` reads the
        business's own fields by their ids."""
        places: dict[ImportField, tuple[int, ...]] = {}
        asked: list[tuple[int, int, Reads]] = []
        for column in columns:
            chosen = mapping.get(column.name)
            if isinstance(chosen, ImportField):
                places[chosen] = (*places.get(chosen, ()), column.index)
            elif chosen is not None and own and chosen.id in own:
                asked.append((column.index, chosen.id, own[chosen.id]))
        return cls(width, places, {column.index: column.name for column in columns}, tuple(asked))


def draft_vendor(cells: Sequence[str], plan: RowPlan) -> VendorDraft | BadRow:
    """The vendor that a row describes, or why it describes none.

    A row is refused only if it has no name, holds what cannot be stored whole (too long a name or cell, or more cells
    than the header), or something in one of the business's own fields that is no value of its kind. A value that is
    not what its column says (an address without ``@``, an unknown time zone) goes to the notes, with a remark.
    """
    if len(cells) > plan.width:
        return BadRow(
            _(
                "The row has %(count)s cells, the header %(width)s. Is a value with a delimiter not quoted?",
                count=len(cells),
                width=plan.width,
            )
        )
    reader = _RowReader(cells, plan)
    if (too_long := reader.too_long()) is not None:
        return too_long
    custom = reader.own() if plan.own else ()
    if isinstance(custom, BadRow):
        return custom
    people = reader.people()
    name = reader.line(ImportField.NAME) or next((person.name for person in people if person.name), "")
    if not name:
        return BadRow(_("The row has no name."))
    if len(name) > limits.NAME_LENGTH:
        return BadRow(
            _(
                "The name has %(count)s characters; %(most)s are the most.",
                count=len(name),
                most=limits.NAME_LENGTH,
            )
        )
    rate = reader.rate()
    draft = VendorDraft(
        name=name,
        kind=reader.kind(),
        website=reader.website(),
        services=reader.short(ImportField.SERVICES),
        location=reader.location(),
        time_zone=reader.time_zone(),
        languages=reader.short(ImportField.LANGUAGES),
        source=reader.short(ImportField.SOURCE),
        tier=reader.tier(),
        owner=reader.owner(),
        rate=rate,
        minimum=reader.minimum(rate),
        categories=reader.several(ImportField.CATEGORY),
        niches=reader.several(ImportField.NICHE),
        tags=reader.several(ImportField.TAGS, most=limits.TAGS_PER_VENDOR),
        people=people,
        custom=custom,
        record=reader.record(),
        notes=reader.notes(),
        remarks=tuple(reader.remarks),
    )
    if len(draft.notes) > limits.TEXT_LENGTH:
        return BadRow(_("The row holds more than %(most)s characters of notes.", most=limits.TEXT_LENGTH))
    return draft


NOTHING = frozenset({"", "-", "--", "—", "n/a", "na", "n.a.", "none", "null", "k.a.", "keine", "unknown", "unbekannt"})
"""What people type into a cell of which they know nothing, in lower case."""


class _RowReader:
    """Reads one row by its plan; what does not fit is collected for the notes."""

    def __init__(self, cells: Sequence[str], plan: RowPlan) -> None:
        self._cells = cells
        self._plan = plan
        self._left_over: list[str] = []
        self._texts = {field: self._cleaned(places) for field, places in plan.places.items()}
        self.remarks: list[str] = []

    def too_long(self) -> BadRow | None:
        for places in self._plan.places.values():
            for place in places:
                if place < len(self._cells) and len(self._cells[place]) > limits.TEXT_LENGTH:
                    return BadRow(
                        _(
                            "The column “%(column)s” holds %(count)s characters; %(most)s are the most.",
                            column=self._plan.names[place],
                            count=len(self._cells[place]),
                            most=limits.TEXT_LENGTH,
                        )
                    )
        return None

    def _cleaned(self, places: Sequence[int]) -> list[tuple[int, str]]:
        cells = self._cells
        cleaned = [(place, text.clean_text(cells[place])) for place in places if place < len(cells) and cells[place]]
        return [(place, value) for place, value in cleaned if value]

    def texts(self, wanted: ImportField) -> list[tuple[int, str]]:
        """The filled cells of a field with their places, cleaned, line breaks kept."""
        return self._texts.get(wanted, [])

    def line(self, wanted: ImportField) -> str:
        """A field as one line."""
        if wanted not in self._texts:
            return ""
        return " ".join(" ".join(value for _place, value in self.texts(wanted)).split())

    def short(self, wanted: ImportField) -> str:
        """A field as one line of at most ``limits.LINE_LENGTH``; of a longer one the notes have the whole."""
        line = self.line(wanted)
        if len(line) <= limits.LINE_LENGTH:
            return line
        for place, value in self.texts(wanted):
            self._keep(place, value)
        return line[: limits.LINE_LENGTH - 1].rstrip() + "…"

    def several(self, wanted: ImportField, *, most: int = limits.TAGS_PER_VENDOR) -> tuple[str, ...]:
        """The values of a field that can hold a list, each once whatever its case."""
        found: dict[str, str] = {}
        for place, value in self.texts(wanted):
            for part in split_list(value):
                if len(part) > limits.NAME_LENGTH or len(found) >= most:
                    self._keep(place, part)
                else:
                    found.setdefault(normalised_name(part), part)
        return tuple(found.values())

    def kind(self) -> VendorKind | None:
        for place, value in self.texts(ImportField.KIND):
            if (known := KIND_WORDS.get(value.casefold())) is not None:
                return VendorKind(known)
            self._set_aside(place, value, _("“%(value)s” is not a kind of vendor.", value=_cut(value)))
        return None

    def website(self) -> str:
        for place, value in self.texts(ImportField.WEBSITE):
            if value.casefold() in NOTHING:
                continue
            first, *others = value.split()
            address = normalised_website(first)
            if not address:
                self._set_aside(place, value, _("“%(value)s” is not a web address.", value=_cut(value)))
                continue
            for other in others:
                self._keep(place, other)
            return address
        return ""

    def time_zone(self) -> str:
        for place, value in self.texts(ImportField.TIME_ZONE):
            if (known := _zones().get(value.casefold())) is not None:
                return known
            self._set_aside(place, value, _("“%(value)s” is not a time zone.", value=_cut(value)))
        return ""

    def tier(self) -> Tier | None:
        for place, value in self.texts(ImportField.TIER):
            if value.upper() in set(Tier):
                return Tier(value.upper())
            if value.casefold() not in NOTHING:
                self._set_aside(place, value, _("“%(value)s” is not a tier.", value=_cut(value)))
        return None

    def owner(self) -> str:
        line = self.short(ImportField.OWNER)
        return "" if line.casefold() in NOTHING else line

    def rate(self) -> Pay | None:
        """What they ask for: the first price of the row that says what it is for."""
        usual = self._currency(ImportField.RATE_CURRENCY) or self._plan.currency
        told = self._period(ImportField.RATE_PERIOD)
        found: Pay | None = None
        for wanted, period in RATES.items():
            for place, value in self.texts(wanted):
                pay = self._pay(place, value, usual)
                if pay is None:
                    continue
                pay = pay._replace(period=pay.period or period or told)
                if found is not None:
                    self._keep(place, value)
                elif pay.period is None:
                    words = _(
                        "“%(value)s” does not say what it is for: an hour, a day, a month or a project.",
                        value=_cut(value),
                    )
                    self._set_aside(place, value, words)
                else:
                    found = pay
        return found

    def minimum(self, rate: Pay | None) -> Pay | None:
        """The least they take, in the currency of the rate where it does not say another."""
        usual = self._currency(ImportField.MINIMUM_CURRENCY) or (rate.currency if rate else self._plan.currency)
        told = self._period(ImportField.MINIMUM_PERIOD)
        for place, value in self.texts(ImportField.MINIMUM):
            pay = self._pay(place, value, usual)
            if pay is not None:
                return pay._replace(period=pay.period or told)
        return None

    def _pay(self, place: int, value: str, usual: str) -> Pay | None:
        if value.casefold() in NOTHING:
            return None
        pay = pay_in(value, usual)
        if pay is None:
            self._set_aside(place, value, _("“%(value)s” is not an amount of money.", value=_cut(value)))
        return pay

    def _currency(self, wanted: ImportField) -> str:
        for place, value in self.texts(wanted):
            if (code := currency_in(value, self._plan.currency)) is not None:
                return code
            if value.casefold() not in NOTHING:
                self._set_aside(place, value, _("“%(value)s” is not a currency.", value=_cut(value)))
        return ""

    def _period(self, wanted: ImportField) -> RatePeriod | None:
        for place, value in self.texts(wanted):
            if (period := period_in(value)) is not None:
                return period
            if value.casefold() not in NOTHING:
                words = _("“%(value)s” is not an hour, a day, a month or a project.", value=_cut(value))
                self._set_aside(place, value, words)
        return None

    def location(self) -> str:
        """Where a vendor is, in one line: as told, else put together from the parts of an address."""
        address = ", ".join(
            line.strip(" ,")
            for _place, value in self.texts(ImportField.ADDRESS)
            for line in value.split("\n")
            if line.strip(" ,")
        )
        city = self.line(ImportField.CITY)
        postal_code, region = self.line(ImportField.POSTAL_CODE), self.line(ImportField.REGION)
        # In the state's countries the code follows it (MD 20743), elsewhere it leads the town (1020 Wien).
        town = f"{city}, {region} {postal_code}" if region else f"{postal_code} {city}"
        parts = [self.line(ImportField.LOCATION), address, town.strip(" ,"), self.line(ImportField.COUNTRY)]
        whole = ", ".join(part for part in parts if part)
        if len(whole) > limits.LINE_LENGTH:
            self._left_over.append(whole)
            return whole[: limits.LINE_LENGTH - 1].rstrip() + "…"
        return whole

    def people(self) -> tuple[PersonDraft, ...]:
        """The people of the row. Two names at one address stay two people; a name told twice is one."""
        found: dict[str, PersonDraft] = {}
        for number, (person, role, email, phone) in enumerate(PERSON_FIELDS):
            draft = PersonDraft(
                name=self._person_name(person, first=number == 0),
                role=self._person_line(role),
                emails=self._emails(email),
                phones=self._phones(phone),
            )
            if not (draft.name or draft.emails or draft.phones):
                continue
            key = normalised_name(draft.name)
            found[key] = _merged(found[key], draft) if key in found else draft
        return tuple(found.values())

    def _person_name(self, wanted: ImportField, *, first: bool) -> str:
        name = self._person_line(wanted)
        if name or not first:
            return name
        parts = (self.line(ImportField.FIRST_NAME), self.line(ImportField.LAST_NAME))
        return " ".join(part for part in parts if part)[: limits.NAME_LENGTH]

    def _person_line(self, wanted: ImportField) -> str:
        line = self.line(wanted)
        if line.casefold() in NOTHING:
            return ""
        if len(line) <= limits.NAME_LENGTH:
            return line
        for place, value in self.texts(wanted):
            self._keep(place, value)
        return line[: limits.NAME_LENGTH - 1].rstrip() + "…"

    def _emails(self, wanted: ImportField) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for place, value in self.texts(wanted):
            if value.casefold() in NOTHING:
                continue
            addresses = find_emails(value)
            if not addresses:
                words = _("“%(value)s” is not an e-mail address.", value=_cut(value))
                self._set_aside(place, value, words)
            for address in addresses:
                if address in found or len(found) < limits.CONTACTS_PER_PERSON:
                    found[address] = None
                else:
                    self._keep(place, address)
        return tuple(found)

    def _phones(self, wanted: ImportField) -> tuple[str, ...]:
        found: dict[str, str] = {}
        for place, value in self.texts(wanted):
            for part in split_phones(value):
                number = " ".join(part.split())
                digits = re.sub(r"\D", "", number)
                if number.casefold() in NOTHING:
                    continue
                if not digits or len(number) > PHONE_LENGTH:
                    words = _("“%(value)s” is not a phone number.", value=_cut(part))
                    self._set_aside(place, part, words)
                elif digits in found or len(found) < limits.CONTACTS_PER_PERSON:
                    found.setdefault(digits, number)
                else:
                    self._keep(place, number)
        return tuple(found.values())

    def record(self) -> int | None:
        """The vendor that the row was exported from."""
        place = self._plan.record
        return None if place is None or place >= len(self._cells) else record_of(self._cells[place], self._plan.mark)

    def own(self) -> tuple[tuple[int, str], ...] | BadRow:
        """What stands in the business's own fields, or why that cannot be."""
        found: list[tuple[int, str]] = []
        for place, field_id, read in self._plan.own:
            cell = text.clean_line(self._cells[place]) if place < len(self._cells) else ""
            try:
                value = read(cell)
            except Refused as refused:
                if cell.casefold() in NOTHING:
                    continue
                name = self._plan.names[place]
                return BadRow(_("The column “%(column)s”: %(problem)s", column=name, problem=str(refused.words)))
            if value:
                found.append((field_id, value))
        return tuple(found)

    def notes(self) -> str:
        """The file's own notes, then everything that found no other place. To be asked for last."""
        own = [value for _place, value in self.texts(ImportField.NOTES)]
        return "\n\n".join([*own, *self._left_over])

    def _set_aside(self, place: int, value: str, remark: str) -> None:
        self.remarks.append(remark)
        self._keep(place, value)

    def _keep(self, place: int, value: str) -> None:
        self._left_over.append(f"{self._plan.names[place]}: {value.strip()}")


def _merged(one: PersonDraft, other: PersonDraft) -> PersonDraft:
    return PersonDraft(
        name=one.name,
        role=one.role or other.role,
        emails=tuple(dict.fromkeys(one.emails + other.emails)),
        phones=tuple(dict.fromkeys(one.phones + other.phones)),
    )


def _cut(value: str) -> str:
    line = " ".join(value.split())
    return line if len(line) <= 60 else line[:59] + "…"


@cache
def _zones() -> dict[str, str]:
    named = {name: clock.canonical(name) for name in available_timezones()}
    return {name.casefold(): zone for name, zone in named.items() if clock.is_zone(zone)}


# Values


_BETWEEN_ADDRESSES = re.compile(r"[\s,;:<>()\[\]\"|]+")
_ADDRESS = re.compile(r"[^@]+@[^@.-][^@]*\.[^@.]{2,}")


def find_emails(value: str) -> tuple[str, ...]:
    """The e-mail addresses in a cell, in lower case, each once: ``Eva <Eva@fern.example>; b@c.example``."""
    found: dict[str, None] = {}
    for word in _BETWEEN_ADDRESSES.split(value.replace("\u00ad", "").replace("\u200b", "")):
        address = word.strip(".'").casefold()
        if len(address) <= limits.EMAIL_LENGTH and _ADDRESS.fullmatch(address):
            found.setdefault(address)
    return tuple(address for address in found if ".." not in address.rpartition("@")[2])


_QUOTED = re.compile(r'(?:^|[;|\n])[^\S\n]*"(?:[^"]|"")+"[^\S\n]*(?=[;|\n]|$)')
_PARTS = re.compile(r'[^\S\n]*"((?:[^"]|"")+)"[^\S\n]*(?:[;|\n]|$)|([^;|\n]+)(?:[;|\n]|$)')


Splits = Callable[[str], tuple[str, ...]]
"""Takes a cell's list apart."""


def _with_quoted(value: str, split: Splits) -> tuple[str, ...] | None:
    """The parts of a list, where any is in quotes, as our own exports write them: it is taken as it is."""
    if '"' not in value or not _QUOTED.search(value):
        return None
    found: list[str] = []
    for match in _PARTS.finditer(value):
        found += [match[1].replace('""', '"')] if match[1] else split(f"{match[2]};")
    return tuple(found)


def split_phones(value: str) -> tuple[str, ...]:
    """The numbers in one cell: divided by semicolons, lines, or a stroke between blanks. One in quotes is one."""
    quoted = _with_quoted(value, split_phones)
    if quoted is not None:
        return quoted
    return tuple(part for part in re.split(r"[;\n]| / ", value) if part.strip())


def split_list(value: str) -> tuple[str, ...]:
    """The parts of a list in one cell: divided by semicolons, bars or lines; or by commas if nothing says no.

    "Design, print" is two; "Hotels, Resorts & Cruise Lines" is one. A part in quotes, as our own exports write them, is
    taken as it is.
    """
    quoted = _with_quoted(value, split_list)
    if quoted is not None:
        return quoted
    parts = re.split(r"[;|\n]", value)
    if len(parts) == 1 and not re.search(r"&|\band\b|\bund\b|\(", value):
        parts = value.split(",")
    cleaned = (" ".join(part.split()).strip("#, ") for part in parts)
    return tuple(part for part in cleaned if part and part.casefold() not in NOTHING)


@lru_cache(maxsize=1024)
def normalised_website(value: str) -> str:
    """A web address as it is kept (``https://fern.example/work``), or nothing if it is none."""
    if _PLAIN_SITE.fullmatch(value):
        return value.removesuffix("/")
    address = value.strip().strip("<>\"'").rstrip(".,;")
    if len(address) > limits.URL_LENGTH:
        return ""
    if not re.match(r"[a-z][a-z0-9+.-]*:", address, re.IGNORECASE) or re.match(r"[^/:]+\.[^/:]+:\d", address):
        address = f"https://{address.lstrip('/')}"
    if len(address) > limits.URL_LENGTH or re.search(r"[\s<>\"\\]", address):
        return ""
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not _HOST.fullmatch(host) or parts.username:
        return ""
    path = "" if parts.path == "/" and not parts.query else parts.path
    query = f"?{parts.query}" if parts.query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return f"{parts.scheme.lower()}://{host}{f':{port}' if port else ''}{path}{query}{fragment}"


_PLAIN_SITE = re.compile(r"https?://(?:[a-z0-9](?:[a-z0-9-]{0,50}[a-z0-9])?\.){1,4}[a-z](?:[a-z0-9-]{0,50}[a-z0-9])/?")
"""What nearly every address is: taken as it stands."""
_HOST = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]*[^\W_]")


# Names and domains, for comparing


def normalised_name(name: str) -> str:
    """A name for comparing: NFKC, white space runs made one, trailing ``. , ;`` cut, case folded."""
    return text.normal(name)


_FORMS = {
    word: form
    for form, words in {
        "inc": "inc incorporated",
        "corp": "corp corporation",
        "ltd": "ltd limited",
        "co": "co company",
        "llc": "llc",
        "llp": "llp",
        "lp": "lp",
        "plc": "plc",
        "pc": "pc",
        "pty": "pty proprietary",
        "gmbh": "gmbh mbh",
        "ag": "ag aktiengesellschaft",
        "kg": "kg",
        "ug": "ug",
        "ohg": "ohg",
        "gbr": "gbr",
        "kgaa": "kgaa",
        "ev": "ev",
        "eg": "eg",
        "sa": "sa",
        "sas": "sas",
        "sarl": "sarl",
        "srl": "srl",
        "spa": "spa",
        "bv": "bv",
        "nv": "nv",
        "ab": "ab",
        "as": "as",
        "oy": "oy",
        "se": "se",
    }.items()
    for word in words.split()
}
"""Legal forms as words without points, and the one spelling that stands for each."""


def _plain_words(name: str) -> list[str]:
    """The words of a name without accents and punctuation: ``C. R. Bard & Söhne`` gives c r bard & sohne."""
    folded = normalised_name(name)
    if not folded.isascii():
        folded = unicodedata.normalize("NFKD", folded)
        folded = "".join(letter for letter in folded if not unicodedata.combining(letter))
    # Points within a word join it (B.V., m.b.H.); any other mark divides.
    folded = re.sub(r"(?<=\w)[.'’](?=\w)", "", folded)
    return re.sub(r"[^\w&+]|_", " ", folded).split()


@lru_cache(maxsize=1024)
def _parted_name(name: str) -> tuple[str, frozenset[str]]:
    """What is near for all near names, and the legal forms."""
    words = [word for word in _plain_words(name) if word not in ("&", "+", "and", "und", "the")]
    forms = frozenset(_FORMS[word] for word in words if word in _FORMS)
    return "".join(word for word in words if word not in _FORMS) or "".join(words), forms


def loose_name(name: str) -> str:
    """A name without accents, punctuation and legal forms: for suggestions, never for merging unasked."""
    words = [word for word in _plain_words(name) if any(letter.isalnum() for letter in word)]
    return " ".join(word for word in words if word not in _FORMS) or " ".join(words)


def are_near(one: str, other: str) -> bool:
    """Whether two names differ only in their spelling, or in that one of them leaves the legal form out."""
    (first, first_forms), (second, second_forms) = _parted_name(one), _parted_name(other)
    return first == second and _agree(first_forms, second_forms)


def _agree(one: frozenset[str], other: frozenset[str]) -> bool:
    return one == other or not one or not other


def same_email(one: str, other: str) -> bool:
    """Whether two addresses are the same, whatever their case."""
    return one.strip().casefold() == other.strip().casefold()


_PROVIDERS = frozenset(
    """
    gmail.com googlemail.com google.com yahoo.com ymail.com rocketmail.com myyahoo.com aol.com aim.com
    hotmail.com outlook.com live.com msn.com passport.com icloud.com me.com mac.com gmx.com gmx.net gmx.de
    gmx.at gmx.ch gmx.eu mail.com email.com inbox.com fastmail.com fastmail.fm hushmail.com zoho.com
    zohomail.com zohomail.eu proton.me pm.me protonmail.com protonmail.ch tutanota.com tutanota.de tuta.io
    tuta.com posteo.de posteo.net mailbox.org web.de t-online.de freenet.de arcor.de online.de
    onlinehome.de vodafone.de vodafonemail.de kabelmail.de kabelbw.de unitybox.de o2online.de o2mail.de
    alice-dsl.net alice-dsl.de versatel.de netcologne.de ewetel.net ewe.net osnanet.de htp-tel.de email.de
    mail.de emailn.de lycos.de firemail.de aon.at chello.at a1.net inode.at utanet.at drei.at bluewin.ch
    sunrise.ch hispeed.ch comcast.net verizon.net att.net sbcglobal.net bellsouth.net pacbell.net
    ameritech.net swbell.net prodigy.net cox.net charter.net spectrum.net roadrunner.com rr.com
    earthlink.net mindspring.com netzero.net netzero.com juno.com optonline.net optimum.net rcn.com
    frontier.com frontiernet.net windstream.net centurylink.net centurytel.net embarqmail.com qwest.net
    q.com suddenlink.net mediacombb.net cableone.net starpower.net erols.com peoplepc.com adelphia.net
    tds.net usa.net usa.com excite.com lycos.com netscape.net compuserve.com prodigy.com att.com.net
    hughes.net btinternet.com btopenworld.com btconnect.com sky.com virginmedia.com virgin.net
    ntlworld.com blueyonder.co.uk talktalk.net tiscali.co.uk tiscali.it o2.co.uk plus.com orange.fr
    wanadoo.fr free.fr sfr.fr laposte.net neuf.fr bbox.fr numericable.fr libero.it virgilio.it alice.it
    tin.it tim.it inwind.it iol.it telefonica.net terra.es ziggo.nl kpnmail.nl planet.nl xs4all.nl
    hetnet.nl home.nl upcmail.nl casema.nl skynet.be telenet.be proximus.be telia.com bredband.net
    tele2.se comhem.se online.no tdcadsl.dk mail.dk wp.pl o2.pl onet.pl onet.eu interia.pl interia.eu
    gazeta.pl op.pl seznam.cz centrum.cz email.cz volny.cz azet.sk zoznam.sk freemail.hu citromail.hu
    abv.bg mail.bg mail.ru bk.ru inbox.ru list.ru rambler.ru yandex.ru yandex.com ya.ru ukr.net i.ua
    bigpond.com bigpond.net.au optusnet.com.au iinet.net.au tpg.com.au internode.on.net xtra.co.nz
    rogers.com shaw.ca sympatico.ca bell.net telus.net videotron.ca cogeco.ca qq.com 163.com 126.com
    sina.com sohu.com foxmail.com yeah.net naver.com hanmail.net daum.net rediffmail.com sify.com
    uol.com.br bol.com.br terra.com.br ig.com.br
    """.split()
)
"""Where anybody can have a mailbox, and the companies that sell people their access to the net."""

_PROVIDER_FAMILIES = frozenset("yahoo hotmail outlook live gmx aol googlemail ymail msn".split())
"""Providers with a domain in every country: yahoo.co.uk, hotmail.fr."""

_SHARED_SITES = frozenset(
    """
    facebook.com fb.com linkedin.com instagram.com twitter.com x.com youtube.com youtu.be github.com
    gitlab.com behance.net dribbble.com pinterest.com tiktok.com vimeo.com medium.com etsy.com amazon.com
    ebay.com upwork.com fiverr.com freelancer.com malt.com malt.de malt.fr xing.com linktr.ee about.me
    wa.me t.me notion.so goo.gl bit.ly google.com sites.google.com docs.google.com drive.google.com
    maps.google.com dropbox.com yelp.com trustpilot.com crunchbase.com angel.co wikipedia.org
    """.split()
)
"""Sites where many have a page: such an address does not tell whose it is."""


@lru_cache(maxsize=1024)
def web_domain(address: str) -> str:
    """The domain that tells a company, of a web site or an e-mail address; empty if it tells nobody.

    ``https://www.Fern.example/work`` and ``eva@fern.example`` both give ``fern.example``. Mail providers,
    access providers and sites on which everybody has a page give nothing.
    """
    if "@" in address and "/" not in address:
        host = address.rpartition("@")[2]
    else:
        website = normalised_website(address)
        host = (urlsplit(website).hostname or "") if website else ""
    host = _ascii_host(host.strip().strip(".").casefold())
    for prefix in ("www.", "www2.", "m."):
        if host.startswith(prefix) and host.count(".") > 1:
            host = host.removeprefix(prefix)
            break
    return "" if _tells_nobody(host) else host


def _ascii_host(host: str) -> str:
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def _tells_nobody(host: str) -> bool:
    if "." not in host or host in _PROVIDERS or host in _SHARED_SITES:
        return True
    site, _dot, ending = host.partition(".")
    country = re.fullmatch(r"(?:com?\.)?[a-z]{2}|com", ending) is not None
    if country and site in _PROVIDER_FAMILIES:
        return True
    parent = host.partition(".")[2]
    return parent in ("facebook.com", "linkedin.com", "comcast.net", "rr.com", "t-online.de", "xing.com")


# The same vendor?


class Why(StrEnum):
    """What made a row and a vendor the same."""

    RECORD = "record"
    NAME_AND_EMAIL = "name_and_email"
    NAME_AND_WEBSITE = "name_and_website"
    NAME = "name"
    EMAIL = "email"
    WEBSITE = "website"


@dataclass(frozen=True, slots=True)
class Match:
    """What a row is to the vendors that we know."""

    vendor: int | None
    """The vendor that it is, or None for a new one."""
    why: Why | None = None
    alike: tuple[int, ...] = ()
    """For a new one: up to three vendors that share an address or a domain but are named otherwise."""


class Matcher:
    """Finds the vendor that a row is about, by the rule at the head of this file, in constant time.

    The caller adds every vendor it knows, oldest first, and each one that it creates. When a vendor gets
    another address or site, add it again with what is new.
    """

    def __init__(self) -> None:
        self._by_name: dict[str, dict[int, str]] = {}
        self._by_name_and_email: dict[tuple[str, str], tuple[int, ...]] = {}
        self._by_name_and_site: dict[tuple[str, str], tuple[int, ...]] = {}
        self._near: dict[tuple[str, str], dict[frozenset[str], tuple[int, ...]]] = {}
        self._sites: dict[int, str] = {}
        self._holders: dict[str, list[int]] = {}

    def add(self, vendor: int, *, name: str, emails: Iterable[str] = (), website: str = "") -> None:
        """Make a vendor known: its name, every e-mail address of its people, its web site or its domain."""
        key = _name_key(name)
        site = web_domain(website)
        if site:
            self._sites.setdefault(vendor, site)
            _put(self._by_name_and_site, (key, site), vendor)
        known = self._by_name.setdefault(key, {})
        known[vendor] = self._sites.get(vendor, "")
        near, forms = _parted_name(name)
        addresses = _addresses(emails)
        for email in addresses:
            _put(self._by_name_and_email, (key, email), vendor)
        for shared in _shared(addresses, site):
            _put(self._near.setdefault((near, shared), {}), forms, vendor)
            holders = self._holders.setdefault(shared, [])
            if len(holders) < ALIKE_SHOWN and vendor not in holders:
                holders.append(vendor)

    def find(self, *, name: str, emails: Iterable[str] = (), website: str = "") -> Match:
        """The vendor that is the same, or a new one and what it is like."""
        best = next(self._fitting(name, _addresses(emails), web_domain(website)), None)
        return self.new(emails=emails, website=website) if best is None else Match(*best)

    def new(self, *, emails: Iterable[str] = (), website: str = "") -> Match:
        """What a vendor is like that fits none."""
        shared = _shared(_addresses(emails), web_domain(website))
        alike = dict.fromkeys(vendor for place in shared for vendor in self._holders.get(place, ()))
        return Match(None, alike=tuple(alike)[:ALIKE_SHOWN])

    def fitting(self, *, name: str, emails: Iterable[str] = (), website: str = "") -> dict[int, Why]:
        """Every vendor that the row can be by the rule, and why; the one that :meth:`find` answers with first."""
        found: dict[int, Why] = {}
        for vendor, why in self._fitting(name, _addresses(emails), web_domain(website)):
            found.setdefault(vendor, why)
        return found

    def _fitting(self, name: str, addresses: Sequence[str], site: str) -> Iterator[tuple[int, Why]]:
        key = _name_key(name)
        for email in addresses:
            for vendor in self._by_name_and_email.get((key, email), ()):
                yield vendor, Why.NAME_AND_EMAIL
        if site:
            for vendor in self._by_name_and_site.get((key, site), ()):
                yield vendor, Why.NAME_AND_WEBSITE
        if (same := self._same_name(key, site)) is not None:
            yield same, Why.NAME
        yield from self._near_ones(name, addresses, site)

    def _near_ones(self, name: str, addresses: Sequence[str], site: str) -> Iterator[tuple[int, Why]]:
        near, forms = _parted_name(name)
        for place in _shared(addresses, site):
            for known_forms, vendors in self._near.get((near, place), {}).items():
                if not _agree(forms, known_forms):
                    continue
                for vendor in vendors:
                    if not _contradict(site, self._sites.get(vendor, "")):
                        yield vendor, Why.EMAIL if "@" in place else Why.WEBSITE

    def _same_name(self, key: str, site: str) -> int | None:
        """The oldest vendor of that name whose site does not speak against it."""
        for looked, (vendor, known) in enumerate(self._by_name.get(key, {}).items()):
            if not _contradict(site, known):
                return vendor
            if looked >= SAME_NAME_LOOKS:
                return None
        return None


def _put(shelf: dict[K, tuple[int, ...]], key: K, vendor: int) -> None:
    """Add a vendor to those with one key, oldest first, as long as there is room to look through them."""
    known = shelf.get(key, ())
    if vendor not in known and len(known) < SAME_NAME_LOOKS:
        shelf[key] = (*known, vendor)


def _addresses(emails: Iterable[str]) -> list[str]:
    return [email.strip().casefold() for email in emails]


def _name_key(name: str) -> str:
    """What equal names share; for a name of points only, which nothing is left of, the name itself."""
    return normalised_name(name) or name.strip().casefold()


def _shared(emails: Sequence[str], site: str) -> list[str]:
    """What two vendors may share: addresses, then domains of addresses and site."""
    domains = [domain for domain in (site, *(web_domain(email) for email in emails)) if domain]
    return list(dict.fromkeys([*emails, *domains]))


def _contradict(one: str, other: str) -> bool:
    """Whether two sites are of two companies: a shop below the same domain is not another company."""
    if not one or not other or one == other:
        return False
    return not one.endswith(f".{other}") and not other.endswith(f".{one}")
