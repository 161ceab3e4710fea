"""Which column of a file is which field of a vendor: guessed from its words and values, or told."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from urllib.parse import urlsplit

from crm.core import currencies, text, tokens
from crm.core.csv_files import Column, looks_like
from crm.core.errors import Refused
from crm.core.i18n import _
from crm.domain import amounts
from crm.models.enums import FieldKind, RatePeriod, Tier
from crm.models.workspaces import Workspace
from crm.queries.custom_fields import Field as Asked


class ImportField(StrEnum):
    """What a column can hold; these are the words of ``--mapping``."""

    NAME = "name"
    KIND = "kind"
    WEBSITE = "website"
    SERVICES = "services"
    CATEGORY = "category"
    NICHE = "niche"
    TAGS = "tags"
    PERSON = "person"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    ROLE = "role"
    EMAIL = "email"
    PHONE = "phone"
    PERSON_2 = "person_2"
    ROLE_2 = "role_2"
    EMAIL_2 = "email_2"
    PHONE_2 = "phone_2"
    PERSON_3 = "person_3"
    ROLE_3 = "role_3"
    EMAIL_3 = "email_3"
    PHONE_3 = "phone_3"
    LOCATION = "location"
    ADDRESS = "address"
    POSTAL_CODE = "postal_code"
    CITY = "city"
    REGION = "region"
    COUNTRY = "country"
    TIME_ZONE = "time_zone"
    LANGUAGES = "languages"
    SOURCE = "source"
    TIER = "tier"
    OWNER = "looked_after_by"
    RATE = "rate"
    HOURLY_RATE = "hourly_rate"
    DAILY_RATE = "daily_rate"
    MONTHLY_RATE = "monthly_rate"
    PROJECT_RATE = "project_rate"
    RATE_CURRENCY = "rate_currency"
    RATE_PERIOD = "rate_period"
    MINIMUM = "minimum"
    MINIMUM_CURRENCY = "minimum_currency"
    MINIMUM_PERIOD = "minimum_period"
    NOTES = "notes"


Field = ImportField


class OwnField(str):
    """One of the business's own fields, as a mapping names it: ``custom:7``."""

    __slots__ = ()

    @classmethod
    def of(cls, field_id: int) -> "OwnField":
        """The field with this id."""
        return cls(f"{OWN}{field_id}")

    @property
    def id(self) -> int:
        """Its id."""
        return int(self.removeprefix(OWN))


class NewField(str):
    """A field of the business's own that is to be made of a column, as a mapping names it: ``new:3:date``."""

    __slots__ = ()

    @classmethod
    def of(cls, column: int, kind: FieldKind) -> "NewField":
        """The field that the column at this place becomes."""
        return cls(f"{NEW}{column}:{kind.value}")

    @property
    def column(self) -> int:
        """The column's place."""
        return int(self.split(":")[1])

    @property
    def kind(self) -> FieldKind:
        """What it is to hold."""
        return FieldKind(self.split(":")[2])

    @property
    def id(self) -> int:
        """What it is known by until it is made: a number that no field has."""
        return -1 - self.column


OWN, NEW = "custom:", "new:"
Target = ImportField | OwnField | NewField
"""Where a column can go."""


def target(said: str) -> Target:
    """What a kept mapping says. Raises ValueError for anything else."""
    if said.startswith(OWN):
        return OwnField.of(int(said.removeprefix(OWN)))
    if said.startswith(NEW):
        column, _colon, kind = said.removeprefix(NEW).partition(":")
        return NewField.of(int(column), FieldKind(kind))
    return ImportField(said)


def own_by_name(fields: Iterable[Asked]) -> dict[str, OwnField]:
    """The business's own fields by their names for comparing."""
    return {text.normal(field.name): OwnField.of(field.id) for field in fields}


def with_own(guesses: Mapping[str, ImportField], columns: Iterable[str], fields: Iterable[Asked]) -> dict[str, Target]:
    """The guesses, where a column that is called like one of the business's own fields goes there; but a vendor's name
    stays what it is."""
    own = own_by_name(fields)
    found: dict[str, Target] = {}
    for column in columns:
        guess, field = guesses.get(column), own.get(text.normal(column))
        if field is not None and guess is not Field.NAME and field not in found.values():
            found[column] = field
        elif guess is not None:
            found[column] = guess
    return found


PERSON_FIELDS = (
    (Field.PERSON, Field.ROLE, Field.EMAIL, Field.PHONE),
    (Field.PERSON_2, Field.ROLE_2, Field.EMAIL_2, Field.PHONE_2),
    (Field.PERSON_3, Field.ROLE_3, Field.EMAIL_3, Field.PHONE_3),
)
"""The fields of the first, second and third person, in the same order."""

REPEATABLE = frozenset(
    field for fields in PERSON_FIELDS for field in fields if field.value.startswith(("email", "phone"))
) | {Field.CATEGORY, Field.TAGS, Field.ADDRESS, Field.NOTES}
"""Fields that several columns may fill: a person has several addresses, an address several lines."""

RATES: Mapping[ImportField, RatePeriod | None] = {
    Field.RATE: None,
    Field.HOURLY_RATE: RatePeriod.HOUR,
    Field.DAILY_RATE: RatePeriod.DAY,
    Field.MONTHLY_RATE: RatePeriod.MONTH,
    Field.PROJECT_RATE: RatePeriod.PROJECT,
}
"""The columns that hold what a vendor asks for, and for what; a vendor has one rate, the first that a row fills."""

_ABOUT_MONEY = frozenset({Field.RATE_CURRENCY, Field.RATE_PERIOD, Field.MINIMUM_CURRENCY, Field.MINIMUM_PERIOD})
_MONEY = frozenset({*RATES, Field.MINIMUM}) | _ABOUT_MONEY

REASON_COLUMN = "Why it was left out"
"""The first column of a file of rows left out. It is never translated: it marks the file as our own."""

EXPORT_COLUMN = "Good Terms record"
"""The last column of our own exports, which marks them likewise. It says which record a row is, see
:func:`record_cell`; in older files it holds a bare number, which tells nothing, as it may be another business's."""


def record_mark(workspace: Workspace) -> str:
    """What tells a business from every other, here and elsewhere, in the files that it exports."""
    return f"gt-{tokens.fingerprint(f'{workspace.id} {int(workspace.created_at.timestamp())}')[:10]}"


def record_cell(mark: str, vendor_id: int) -> str:
    """The cell of :data:`EXPORT_COLUMN`: whose vendor it is, and its number."""
    return f"{mark}/{vendor_id}"


def record_of(cell: str, mark: str) -> int | None:
    """The vendor's number, where the cell is of the business with this mark."""
    whose, _slash, number = cell.strip().partition("/")
    is_number = number.isascii() and number.isdigit() and len(number) < 19
    return int(number) if mark and whose == mark and is_number else None


@dataclass(frozen=True, slots=True)
class Guess:
    """What a column probably holds."""

    field: ImportField
    confidence: float
    """From 0 to 1."""


# What a person said


_ALSO_CALLED = {
    "vendor": Field.NAME,
    "company": Field.NAME,
    "supplier": Field.NAME,
    "contact": Field.PERSON,
    "mail": Field.EMAIL,
    "web": Field.WEBSITE,
    "url": Field.WEBSITE,
    "categories": Field.CATEGORY,
    "niches": Field.NICHE,
    "tag": Field.TAGS,
    "title": Field.ROLE,
    "language": Field.LANGUAGES,
    "note": Field.NOTES,
    "timezone": Field.TIME_ZONE,
    "zip": Field.POSTAL_CODE,
    "what_they_do": Field.SERVICES,
    "currency": Field.RATE_CURRENCY,
    "day_rate": Field.DAILY_RATE,
    "rate_amount": Field.RATE,
    "minimum_amount": Field.MINIMUM,
    "owner": Field.OWNER,
}
_IGNORED = frozenset({"", "-", "ignore", "ignored", "none", "skip"})


def read_mapping(told: Mapping[str, str], columns: Sequence[Column], fields: Iterable[Asked] = ()) -> dict[str, Target]:
    """The mapping that a person gave, ``{"column in the file": "field"}``, by the columns' names. ``fields`` are the
    business's own, which are told by their names.

    Case and white space do not matter. An empty field (or ``ignore``) leaves a column out.
    Raises :class:`Refused` with words for an unknown column or field, and for one field told twice.
    """
    names = {_plain(column.name): column.name for column in columns}
    own = own_by_name(fields)
    mapping: dict[str, Target] = {}
    for column, said in told.items():
        name = names.get(_plain(column))
        if name is None:
            raise Refused(
                _(
                    "The file has no column “%(column)s”. Its columns are: %(columns)s.",
                    column=column,
                    columns=", ".join(column.name for column in columns),
                )
            )
        if (field := _field(said, column, own)) is not None:
            _add_once(mapping, name, field)
    if not told or not mapping:
        raise Refused(_("No column is matched with a field."))
    return mapping


def require_name(fields: Iterable[Target]) -> None:
    """Raises :class:`Refused` unless some column can name a vendor: the vendor's own name, or a person's."""
    if not {Field.NAME, Field.PERSON, Field.FIRST_NAME, Field.LAST_NAME} & set(fields):
        raise Refused(_("No column is the vendor’s name. Say which one it is."))


def _field(said: object, column: str, own: Mapping[str, OwnField]) -> Target | None:
    word = re.sub(r"[\s_-]+", "_", str(said or "").strip().casefold())
    word = {"e_mail": "email", "e_mail_2": "email_2", "e_mail_3": "email_3"}.get(word, word)
    if word in _IGNORED:
        return None
    if word in _ALSO_CALLED:
        return _ALSO_CALLED[word]
    try:
        return Field(word)
    except ValueError:
        if (field := own.get(text.normal(str(said)))) is not None:
            return field
        raise Refused(
            _(
                "“%(field)s”, told for column “%(column)s”, is no field. The fields are: %(fields)s.",
                field=said,
                column=column,
                fields=", ".join([*Field, *own]),
            )
        ) from None


def _add_once(mapping: dict[str, Target], name: str, field: Target) -> None:
    if field not in REPEATABLE and field in mapping.values():
        raise Refused(_("Two columns cannot both be “%(field)s”.", field=str(field)))
    mapping[name] = field


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).split()).casefold()


# The words of headers, in English and German


_PHRASES: tuple[tuple[ImportField, float, str], ...] = (
    (
        Field.NAME,
        1.0,
        """
        vendor, vendor name, supplier, suppliers, supplier name, company, company name, contractor,
        contractor name, business name, organisation, organization, organisation name, organization
        name, firm, firm name, agency name, freelancer, partner name, payee, employer, legal name,
        trading name, site name, lieferant, lieferantenname, firma, firmenname, firmenbezeichnung,
        unternehmen, unternehmensname, dienstleister, anbieter, kreditor, auftragnehmer
        """,
    ),
    (Field.NAME, 0.7, "agency, business, partner, security, agentur"),
    (
        Field.PERSON,
        0.9,
        """
        contact, contact name, contact person, person, person name, full name, display name, poc,
        point of contact, representative, account manager, ansprechpartner, ansprechpartnerin,
        ansprechperson, kontakt, kontaktperson, kontaktname
        """,
    ),
    (Field.FIRST_NAME, 1.0, "first name, given name, forename, vorname"),
    (Field.LAST_NAME, 1.0, "last name, family name, surname, nachname, familienname"),
    (Field.ROLE, 0.9, "role, job title, title, position, funktion, rolle"),
    (
        Field.EMAIL,
        1.0,
        """
        email, emails, email address, mail, mail address, emailadresse, mailadresse, email adresse
        """,
    ),
    (
        Field.PHONE,
        1.0,
        """
        phone, phones, phone number, phone no, telephone, telephone number, tel, mobile, mobile
        number, mobile phone, cell, cell phone, cellphone, work phone, telefon, telefonnummer,
        telefonnr, handy, handynummer, mobil, mobiltelefon, mobilnummer, rufnummer
        """,
    ),
    (
        Field.WEBSITE,
        1.0,
        """
        website, website url, web site, web page, webpage, web address, homepage, home page, web,
        url, site url, www, internet, webseite, internetseite, internetadresse
        """,
    ),
    (Field.WEBSITE, 0.7, "domain, site"),
    (Field.KIND, 1.0, "vendor type, vendor kind, supplier type, company type"),
    (Field.KIND, 0.7, "kind, type, typ, art"),
    (
        Field.SERVICES,
        1.0,
        """
        services, products services, products and services, services description, what they do,
        specialities, specialties, skills, leistungen, leistung, dienstleistungen
        """,
    ),
    (Field.SERVICES, 0.7, "description, angebot, beschreibung"),
    (
        Field.CATEGORY,
        1.0,
        """
        category, categories, service category, industry, sector, discipline, trade, kategorie,
        kategorien, branche, gewerk
        """,
    ),
    (
        Field.NICHE,
        1.0,
        """
        niche, niches, sub category, subcategory, sub industry, sub sector, speciality, specialty,
        specialism, specialisation, specialization, nische, unterkategorie, spezialisierung,
        schwerpunkt, fachgebiet
        """,
    ),
    (Field.TAGS, 1.0, "tags, tag, labels, keywords, schlagworte, schlagwörter, stichworte"),
    (Field.LOCATION, 1.0, "location, headquarters, headquarters location, based in, standort, sitz"),
    (
        Field.ADDRESS,
        1.0,
        """
        address, street, street address, postal address, mailing address, address line, adresse,
        anschrift, strasse
        """,
    ),
    (Field.POSTAL_CODE, 1.0, "zip, zip code, zipcode, postcode, post code, postal code, plz, postleitzahl"),
    (Field.CITY, 1.0, "city, town, suburb, locality, ort, stadt, wohnort"),
    (Field.REGION, 1.0, "state, province, bundesland, kanton"),
    (Field.REGION, 0.8, "region, county"),
    (Field.COUNTRY, 1.0, "country, land, staat"),
    (Field.TIME_ZONE, 1.0, "time zone, timezone, tz, zeitzone"),
    (Field.LANGUAGES, 1.0, "language, languages, sprache, sprachen"),
    (
        Field.SOURCE,
        1.0,
        """
        source, lead source, how found, found through, referred by, recommended by, quelle,
        herkunft, empfohlen von
        """,
    ),
    (Field.TIER, 0.79, "tier, vendor tier"),
    (Field.OWNER, 0.79, "looked after by, relationship owner, vendor owner, account owner"),
    (
        Field.HOURLY_RATE,
        1.0,
        "hourly rate, hourly fee, hourly price, rate per hour, price per hour, rate hour, stundensatz, stundenlohn",
    ),
    (
        Field.DAILY_RATE,
        1.0,
        "daily rate, day rate, daily fee, rate per day, price per day, rate day, tagessatz, tagesrate",
    ),
    (
        Field.MONTHLY_RATE,
        1.0,
        "monthly rate, month rate, monthly fee, rate per month, price per month, retainer, monatssatz, monatspauschale",
    ),
    (Field.PROJECT_RATE, 1.0, "project rate, project fee, price per project, rate per project, projektpreis"),
    (Field.RATE, 0.79, "rate, rates, rate amount, fee, fees, honorar, satz, preis, price"),
    (Field.RATE_CURRENCY, 0.79, "rate in, rate currency, currency, currency code, währung"),
    (Field.RATE_PERIOD, 0.79, "rate for, rate period, rate per, rate unit"),
    (
        Field.MINIMUM,
        0.79,
        """
        minimum, minimum amount, minimum fee, minimum charge, minimum engagement, minimum project, minimum project
        size, smallest job, mindestauftrag, mindestauftragswert, mindestbetrag
        """,
    ),
    (Field.MINIMUM_CURRENCY, 0.79, "minimum in, minimum currency"),
    (Field.MINIMUM_PERIOD, 0.79, "minimum for, minimum period"),
    (
        Field.NOTES,
        1.0,
        """
        note, notes, comment, comments, remark, remarks, background, memo, notiz, notizen,
        bemerkung, bemerkungen, kommentar, kommentare, anmerkung, anmerkungen
        """,
    ),
)
"""What headers call a field, and how surely. Below 0.8 the phrase must be the whole header."""

_TITLE_WORDS = frozenset("name names id t title full legal bezeichnung".split())
"""What may follow a word for the vendor in the header of its name: not "company size"."""

_ABOUT = frozenset("type typ status label date count size rel formatted verified".split())
"""What follows a familiar word where the column tells about it instead of holding it: "address type"."""

_NOT_OURS = frozenset(
    """
    fax telefax pager linkedin facebook twitter instagram xing profile avatar photo image logo
    details latitude longitude geocoded ip birth birthday wedding spouse letter contract expense
    expenditure cost price amount payment invoice transaction nick nickname screen file user
    username yomi phonetic prefix suffix lower custom relation fingerprint password conversation
    datenquelle
    """.split()
)
"""A header with one of these is about something that is not kept, however familiar the rest sounds."""

_PRIVATE = frozenset("home private other privat personal".split())
_NUMBERS = {
    "1": 1,
    "2": 2,
    "3": 3,
    "first": 1,
    "second": 2,
    "third": 3,
    "secondary": 2,
    "alternate": 2,
    "backup": 2,
}
_GENERAL = (
    frozenset(
        """
        contact contacts contactperson primary main work business office mobile cell direct phone
        telephone tel email mail address display full name person number no nr value values info poc
        role title job position the of for point us e company vendor supplier
        """.split()
    )
    | _PRIVATE
    | frozenset(_NUMBERS)
)
"""Words that do not tell one person of a row from another."""


@lru_cache(maxsize=4096)
def _words(header: str) -> tuple[str, ...]:
    """A header's words: ``E-Mail-Adresse`` gives email, adresse; ``websiteURL`` gives website, url."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header).casefold().replace("ß", "ss")
    text = unicodedata.normalize("NFKD", text)
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = re.sub(r"\be[\s_-]?mail", "email", re.sub(r"[^a-z0-9]+", " ", text))
    return tuple(dict.fromkeys(text.split()))


_READY: list[tuple[ImportField, tuple[str, ...], float]] = [
    (field, _words(phrase), weight) for field, weight, phrases in _PHRASES for phrase in phrases.split(",")
]


@dataclass(frozen=True, slots=True)
class _Hint:
    """What the words of one header suggest."""

    field: ImportField
    score: float


def _hint(header: str) -> _Hint | None:
    """The field that a header's words fit best."""
    words = tuple(word for word in _words(header) if not word.isdigit())
    if (money := _MONEY_PHRASES.get(tuple(word for word in words if word not in _OF_MONEY))) is not None:
        return money
    if not words or set(words) & _NOT_OURS:
        return None
    best: _Hint | None = None
    for field, phrase, weight in _OF_WORDS:
        score = weight * _fit(field, phrase, words, whole=weight < 0.8)
        if score > (best.score if best else 0.45):
            best = _Hint(field, score)
    return best


_OF_MONEY = frozenset("eur euro euros usd dollar dollars gbp pound pounds chf net netto gross brutto excl vat".split())
"""What the header of a price says besides: "Day rate (EUR, net)"."""
_OF_WORDS = [ready for ready in _READY if ready[0] not in _MONEY]
_MONEY_PHRASES = {phrase: _Hint(field, max(weight, 0.8)) for field, phrase, weight in _READY if field in _MONEY}
"""Prices are known by their whole header alone: a success rate and a service fee are none."""


def _fit(field: ImportField, phrase: tuple[str, ...], words: tuple[str, ...], *, whole: bool) -> float:
    """From 0 to 1: 1 if the phrase is the whole header, less if a part, least if not its end."""
    if phrase == words:
        return 1.0
    length = len(phrase)
    at = next((place for place in range(len(words)) if words[place : place + length] == phrase), None)
    if whole or at is None:
        return 0.0
    rest = {word for word in words[at + length :] if word not in ("value", "line")}
    if rest & _ABOUT or (field is Field.NAME and rest - _TITLE_WORDS):
        return 0.0
    return 0.45 + 0.35 * length / len(words) + (0.0 if rest else 0.2)


def knows_header(cells: Sequence[str]) -> bool:
    """Whether a line reads like a header of vendors or contacts: at least half of its cells are known."""
    filled = [cell for cell in cells if cell.strip()]
    known = [hint for hint in map(_hint, filled) if hint and hint.score >= 0.75]
    named = [cell for cell in filled if _words(cell) in (("name",), ("names",))]
    return bool(filled) and 2 * (len(known) + len(named)) >= len(filled)


# Guessing


_UNTOLD = 0.6
"""The confidence in a column that is known by its place among the others, not by its words."""


@dataclass(slots=True)
class _Candidate:
    """A column on its way to a field."""

    column: Column
    words: tuple[str, ...]
    hint: _Hint | None
    kinds: Mapping[str | None, float]

    @property
    def key(self) -> frozenset[str]:
        """What tells the person of this column from others: ``COCM Phone`` gives cocm."""
        return frozenset(self.words) - _GENERAL

    @property
    def number(self) -> int:
        """Which person the header counts: 2 for ``Contact 2 Name``."""
        return next((_NUMBERS[word] for word in self.words if word in _NUMBERS), 1)

    @property
    def names_something(self) -> bool:
        return bool(self.words) and self.words[-1] in ("name", "names") and not set(self.words) & _NOT_OURS

    @property
    def field(self) -> ImportField | None:
        return self.hint.field if self.hint else None

    @property
    def score(self) -> float:
        return self.hint.score if self.hint else 0.0


def guess_columns(columns: Sequence[Column], *, has_header: bool = True) -> dict[str, Guess]:
    """The likely field of each column, by the columns' names; columns that fit nothing are left out.

    No field is given twice, but those in :data:`REPEATABLE`.
    """
    candidates = [_candidate(column, has_header=has_header) for column in columns]
    found: dict[str, Guess] = {}
    name = _name_column(candidates, has_header=has_header)
    if name is not None:
        found[name.column.name] = Guess(Field.NAME, name.score or (0.9 if name.words == ("name",) else _UNTOLD))
    rest = [candidate for candidate in candidates if candidate is not name]
    found |= _people(rest, name)
    has_person = any(guess.field in (Field.PERSON, Field.FIRST_NAME) for guess in found.values())
    if not has_person:
        found = {column: guess for column, guess in found.items() if guess.field is not Field.ROLE}
    person_fields = {field for fields in PERSON_FIELDS for field in fields}
    person_fields |= {Field.NAME, Field.FIRST_NAME, Field.LAST_NAME}
    for candidate in sorted(rest, key=lambda each: (-each.score, not each.column.values)):
        field = candidate.field
        if field is None or field in person_fields or candidate.column.name in found:
            continue
        if not any(guess.field is field for guess in found.values()) or _is_another_line(candidate, field):
            found[candidate.column.name] = Guess(field, candidate.score)
    found = _told_money(found, columns)
    return {column.name: found[column.name] for column in columns if column.name in found}


def _told_money(found: dict[str, Guess], columns: Sequence[Column]) -> dict[str, Guess]:
    """The guesses without a rate of which nobody says what it is for, and without what belongs to a price if there is
    none: such a column tells of something else."""
    fields = {guess.field for guess in found.values()}
    values = {column.name: column.values for column in columns}
    if Field.RATE_PERIOD not in fields:
        found = {
            column: guess for column, guess in found.items() if guess.field is not Field.RATE or _says(values[column])
        }
        fields = {guess.field for guess in found.values()}
    if fields & {*RATES, Field.MINIMUM}:
        return found
    return {column: guess for column, guess in found.items() if guess.field not in _ABOUT_MONEY}


def _says(values: Sequence[str]) -> bool:
    """Whether the prices of a column say what they are for."""
    read = [_pay(value) for value in values]
    return sum(pay is not None and pay.period is not None for pay in read) > 0.5 * len(values)


def _is_another_line(candidate: _Candidate, field: ImportField) -> bool:
    if field is Field.ADDRESS:
        return candidate.number > 1 and not set(candidate.words) & _PRIVATE
    return field in REPEATABLE and candidate.score >= 0.9


def _candidate(column: Column, *, has_header: bool) -> _Candidate:
    kinds = _kinds(column.values)
    words = _words(column.name) if has_header else ()
    hint = _hint(column.name) if has_header else None
    if hint and not _agrees(hint.field, column, kinds):
        hint = None
    if hint and set(words) & _PRIVATE:
        hint = _Hint(hint.field, hint.score * 0.8)
    if hint is None and not set(words) & _NOT_OURS:
        hint = _hint_from_values(column, kinds, has_header=has_header)
    return _Candidate(column, words, hint, kinds)


def _kinds(values: Sequence[str]) -> dict[str | None, float]:
    """The shares of e-mail addresses, web addresses, numbers, ... among the values."""
    shares: dict[str | None, float] = {}
    for value in values:
        kind = looks_like(value)
        shares[kind] = shares.get(kind, 0.0) + 1 / len(values)
    return shares


def _agrees(field: ImportField, column: Column, kinds: Mapping[str | None, float]) -> bool:
    """Whether the values do not speak against what the header says."""
    values = column.values
    if not values:
        return True
    if field in (Field.NAME, Field.PERSON, Field.FIRST_NAME, Field.LAST_NAME):
        return kinds.get(None, 0.0) >= 0.5 and not _are_codes(column)
    if field is Field.EMAIL:
        return any("@" in value for value in values)
    if field is Field.PHONE:
        return any(sum(letter.isdigit() for letter in value) >= 4 for value in values)
    if field is Field.WEBSITE:
        return any("." in value for value in values) and not _share_one_host(values)
    if field in _MONEY:
        return sum(_READS_MONEY[field](value) is not None for value in values) >= 0.5 * len(values)
    if field is Field.KIND:
        return all(value.strip().casefold() in KIND_WORDS for value in values)
    if field is Field.TIER:
        return all(value.strip().upper() in set(Tier) for value in values)
    return field is not Field.NOTES or kinds.get("date", 0.0) < 0.5


def _pay(value: str) -> amounts.Pay | None:
    return amounts.pay_in(value, currencies.DEFAULT)


_READS_MONEY: Mapping[ImportField, Callable[[str], object]] = {
    **dict.fromkeys((*RATES, Field.MINIMUM), _pay),
    **dict.fromkeys((Field.RATE_CURRENCY, Field.MINIMUM_CURRENCY), amounts.currency_in),
    **dict.fromkeys((Field.RATE_PERIOD, Field.MINIMUM_PERIOD), amounts.period_in),
}


KIND_WORDS = {
    "freelancer": "freelancer",
    "freelance": "freelancer",
    "freiberufler": "freelancer",
    "freiberuflerin": "freelancer",
    "self-employed": "freelancer",
    "contractor": "freelancer",
    "consultant": "freelancer",
    "agency": "agency",
    "agentur": "agency",
    "studio": "agency",
    "supplier": "supplier",
    "lieferant": "supplier",
    "company": "supplier",
    "firma": "supplier",
    "vendor": "supplier",
}
"""Words for a vendor's kind, in lower case, and the kind that each one means."""


def _are_codes(column: Column) -> bool:
    """Whether a column of names holds keys instead (V-00123): "Supplier ID" can be either."""
    if not set(_words(column.name)) & {"id", "number", "no", "nr", "code"}:
        return False
    return sum(" " in value.strip() for value in column.values) < 0.4 * len(column.values)


def _share_one_host(values: Sequence[str]) -> bool:
    """Whether all addresses lead to one site, as links into a register do: no vendor's own."""
    hosts = {_host(value.strip()) for value in values}
    return len(values) >= 3 and len(hosts) == 1


def _host(address: str) -> str:
    try:
        return urlsplit(address if "//" in address else f"//{address}").netloc
    except ValueError:
        return address


def _hint_from_values(column: Column, kinds: Mapping[str | None, float], *, has_header: bool) -> _Hint | None:
    if kinds.get("email", 0.0) >= 0.6:
        return _Hint(Field.EMAIL, 0.7)
    if has_header:
        return None
    if kinds.get("web", 0.0) >= 0.6 and not _share_one_host(column.values):
        return _Hint(Field.WEBSITE, 0.7)
    if kinds.get("phone", 0.0) >= 0.6 and any(value.lstrip()[:1] in ("+", "(", "0") for value in column.values):
        return _Hint(Field.PHONE, 0.6)
    return None


def _name_column(candidates: Sequence[_Candidate], *, has_header: bool) -> _Candidate | None:
    """The column of the vendors' names, by the header; without one, the first with different texts."""
    if not has_header:
        texts = [each for each in candidates if each.hint is None and each.kinds.get(None, 0.0) >= 0.8]
        return max(texts, key=_variety, default=None)
    companies = [each for each in candidates if each.field is Field.NAME]
    if companies:
        return max(companies, key=lambda each: each.score)
    named = [each for each in candidates if each.names_something and each.field is None and _holds_names(each)]
    bare = [each for each in named if each.words in (("name",), ("names",))]
    told = {each.key for each in candidates if each.field is Field.PERSON}
    reached = {each.key for each in candidates if each.field in (Field.EMAIL, Field.PHONE, Field.ROLE)} - told
    apart = [each for each in named if each.key not in reached]
    return next(iter(bare or apart or named), None)


def _variety(candidate: _Candidate) -> float:
    values = candidate.column.values
    return len(set(values)) / len(values) if values else 0.0


def _holds_names(candidate: _Candidate) -> bool:
    return _agrees(Field.NAME, candidate.column, candidate.kinds)


@dataclass(slots=True)
class _Group:
    """The columns about one person of a row."""

    candidates: list[tuple[_Candidate, ImportField]]

    def __init__(self) -> None:
        self.candidates = []

    def has(self, field: ImportField) -> bool:
        return any(each is field for _candidate, each in self.candidates)


def _people(candidates: Sequence[_Candidate], name: _Candidate | None) -> dict[str, Guess]:
    """The columns about people: up to three, each with a name, a role, addresses and numbers."""
    groups = _groups(candidates, name)
    found: dict[str, Guess] = {}
    for fields, group in zip(PERSON_FIELDS, groups, strict=False):
        places = dict(zip(PERSON_FIELDS[0], fields, strict=True))
        for candidate, field in sorted(group.candidates, key=_surest):
            place = places.get(field, field)
            if place in REPEATABLE or not any(guess.field is place for guess in found.values()):
                found[candidate.column.name] = Guess(place, candidate.score or _UNTOLD)
    return found


def _surest(pair: tuple[_Candidate, ImportField]) -> tuple[float, bool]:
    return -pair[0].score, not pair[0].column.values


_OF_A_PERSON = (Field.PERSON, Field.FIRST_NAME, Field.LAST_NAME, Field.ROLE, Field.EMAIL, Field.PHONE)


def _groups(candidates: Sequence[_Candidate], name: _Candidate | None) -> list[_Group]:
    """The people that a row names. Columns that tell of nobody in particular belong to the first."""
    by_key: dict[tuple[frozenset[str], int], _Group] = {}
    for candidate in candidates:
        field = candidate.field
        if field is None and candidate.names_something and _holds_names(candidate):
            field = Field.PERSON
        if field in _OF_A_PERSON:
            key = (candidate.key, candidate.number)
            by_key.setdefault(key, _Group()).candidates.append((candidate, field))
    plain = by_key.pop((frozenset(), 1), _Group())
    others: list[tuple[frozenset[str], _Group]] = []
    for (words, number), group in by_key.items():
        reachable = group.has(Field.EMAIL) or group.has(Field.PHONE)
        said = any(candidate.field is Field.PERSON for candidate, _field in group.candidates)
        if group.has(Field.PERSON) and (reachable or said):
            others.append((words, group))
        elif not words or number > 1:
            plain.candidates += [pair for pair in group.candidates if pair[1] in (Field.EMAIL, Field.PHONE)]
        else:
            plain.candidates += [pair for pair in group.candidates if pair[0].field is not None]
    kin = [(words, group) for words, group in others if name and words & name.key]
    chosen = [group for _words, group in (kin or others)]
    if not chosen:
        return [plain]
    if plain.has(Field.PERSON) or plain.has(Field.FIRST_NAME):
        return [plain, *chosen]
    chosen[0].candidates += plain.candidates
    return chosen
