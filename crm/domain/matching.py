"""Are two vendors the same? Pure functions over plain values: what is compared, how alike it is, what speaks for it.

A vendor is compared by a :class:`Profile`. :func:`compare` weighs two of them and says in :class:`Evidence` what it
weighed; :func:`candidates` names the pairs worth comparing among many, so that nothing is quadratic; :func:`pairs`
does both. Nothing here merges anything: a person decides.

What counts, each alone enough to ask (unless something contradicts): the same e-mail address, the same web domain
(mail providers and sites on which everybody has a page tell nobody), the same phone number, a near-identical name. The
same street address adds to what else is alike. What contradicts: street addresses with other house numbers, web
domains or phone numbers that differ. All weights are in :data:`WEIGHTS`, measured on real lists by
``tests/domain/test_matching.py``.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from itertools import combinations

from rapidfuzz import fuzz

from crm.core import text
from crm.domain.import_rows import loose_name, web_domain

PHONE_DIGITS = 7
"""So many last digits are a number within its area; fewer tell nobody."""
PHONE_TAIL = 9
"""Where both numbers are as long as that, so many must agree: what stands before is a country's code or a zero."""

IS_ALIKE = 0.5
"""From this score on a pair is worth a person's look."""
IS_LIKELY = 0.8
"""From this score on it is said to be probably the same."""

NAME_SAME, NAME_NEAR, NAME_ALIKE = 1.0, 0.9, 0.72
"""From these likenesses on a name is the same, nearly the same, or alike: the last alone is not enough."""

BLOCK_MOST = 40
"""More vendors with one thing in common (a word, the beginning of a name) are not compared for it alone: the word is
then no name, the domain a marketplace."""


class Sign(StrEnum):
    """What two vendors have, or do not have, in common."""

    EMAIL = "email"
    DOMAIN = "domain"
    PHONE = "phone"
    SAME_NAME = "same_name"
    NEAR_NAME = "near_name"
    ALIKE_NAME = "alike_name"
    ADDRESS = "address"
    OTHER_NAME = "other_name"
    OTHER_ADDRESS = "other_address"
    OTHER_DOMAIN = "other_domain"
    OTHER_PHONE = "other_phone"


WEIGHTS: dict[Sign, float] = {
    Sign.EMAIL: 0.85,
    Sign.DOMAIN: 0.65,
    Sign.PHONE: 0.65,
    Sign.SAME_NAME: 0.8,
    Sign.NEAR_NAME: 0.72,
    Sign.ALIKE_NAME: 0.25,
    Sign.ADDRESS: 0.42,
    Sign.OTHER_NAME: -0.1,
    Sign.OTHER_ADDRESS: -0.5,
    Sign.OTHER_DOMAIN: -0.15,
    Sign.OTHER_PHONE: -0.05,
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that speaks for or against, with the value that both share (empty where nothing is shared)."""

    sign: Sign
    value: str = ""

    @property
    def speaks_for(self) -> bool:
        return WEIGHTS[self.sign] > 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """How alike two vendors are: ``score`` from 0 to 1, and why, the weightiest first."""

    score: float
    evidence: tuple[Evidence, ...]

    @property
    def is_alike(self) -> bool:
        return self.score >= IS_ALIKE

    @property
    def is_likely(self) -> bool:
        return self.score >= IS_LIKELY


@dataclass(frozen=True, slots=True)
class Profile:
    """What a vendor is compared by. Make it with :func:`profile`, which brings every value into its plain form."""

    key: int
    name: str
    """Without accents, marks and legal forms; see :func:`crm.domain.import_rows.loose_name`."""
    emails: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    """Digits alone, without a country's leading zeros."""
    street: str = ""
    """A street address in plain words, its house number first; empty where the location names no house."""
    tails: frozenset[str] = frozenset()
    """The last figures of each number: numbers that can be the same share one."""

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(self.name.split())


@dataclass(frozen=True, slots=True)
class Pair:
    """Two profiles by their keys, the lower first, and how alike they are."""

    one: int
    other: int
    verdict: Verdict


def profile(
    key: int,
    *,
    name: str,
    emails: Iterable[str] = (),
    website: str = "",
    phones: Iterable[str] = (),
    location: str = "",
) -> Profile:
    """The values of a vendor in the form that is compared. The domains of e-mail addresses count as its own."""
    addresses = frozenset(email.strip().casefold() for email in emails if email.strip())
    domains = {web_domain(website) if website else "", *map(web_domain, addresses)} - {""}
    numbers = frozenset(number for phone in phones if len(number := digits(phone)) >= PHONE_DIGITS)
    tails = frozenset(number[-PHONE_DIGITS:] for number in numbers)
    return Profile(key, plain_name(name), addresses, frozenset(domains), numbers, street(location), tails)


def with_key(one: Profile, key: int) -> Profile:
    """The same profile under another key."""
    return replace(one, key=key)


def digits(phone: str) -> str:
    """The figures of a phone number without what is dialled before it from abroad: ``+44 (0)113`` is ``44113``."""
    bare = re.sub(r"\(0\)", "", phone)
    return re.sub(r"\D", "", bare).lstrip("0")


def same_phone(one: str, other: str) -> bool:
    """Whether two numbers in :func:`digits` can be one: equal, or the longer only has a country's or area's code
    before the shorter."""
    if one == other:
        return True
    shorter = min(len(one), len(other))
    if shorter < PHONE_DIGITS:
        return False
    compared = min(shorter, PHONE_TAIL)
    return one[-compared:] == other[-compared:]


_STREET_WORDS = {
    "street": "st", "str": "st", "strasse": "st", "road": "rd", "avenue": "ave", "av": "ave", "boulevard": "blvd",
    "lane": "ln", "drive": "dr", "place": "pl", "court": "ct", "square": "sq", "parkway": "pkwy", "highway": "hwy",
    "north": "n", "south": "s", "east": "e", "west": "w", "saint": "st",
}  # fmt: skip
_STREET_KINDS = frozenset("st rd ave blvd ln dr pl ct sq pkwy hwy n s e w".split())


def street(location: str) -> str:
    """A location's house number and street in plain words: ``301 N. Mayfield Ave`` gives ``301 mayfield``. Empty
    where there is no house number, as in ``Leeds``: a town is no address."""
    words = [_STREET_WORDS.get(word, word) for word in text.folded(location).split()[:8]]
    number = next((place for place, word in enumerate(words) if word[0].isdigit()), None)
    if number is None or len(words) < 2:
        return ""
    # 301 Mayfield Ave, or Hauptstraße 5: the street stands on the other side of its number.
    named = [word for word in (words[1:] if number == 0 else words[:number][::-1]) if word not in _STREET_KINDS]
    house = re.match(r"\d+", words[number])
    return " ".join([house.group() if house else words[number], *named[:1]]) if named else ""


def likeness(one: str, other: str) -> float:
    """How alike two plain names are, from 0 to 1, whatever the order of their words. The same either way round."""
    if one == other:
        return 1.0
    if one.replace(" ", "") == other.replace(" ", ""):
        return 0.99
    whole = fuzz.ratio(one, other)
    sorted_words = fuzz.token_sort_ratio(one, other)
    best = max(whole, sorted_words) / 100
    # One name within the other (Crane, Kettle & Crane Films) is alike, never the same.
    shared = fuzz.token_set_ratio(one, other) / 100
    fewest = min(len(set(one.split())), len(set(other.split())))
    return max(best, min(shared, 0.89) if fewest >= 2 else 0.0)


def compare(one: Profile, other: Profile) -> Verdict:
    """Weigh everything that two vendors have in common. The same either way round."""
    found = [*_contacts(one, other), *_names(one, other), *_places(one, other)]
    score = sum(WEIGHTS[each.sign] for each in found)
    found.sort(key=lambda each: (-WEIGHTS[each.sign], each.sign, each.value))
    return Verdict(round(min(max(score, 0.0), 1.0), 4), tuple(found))


def candidates(profiles: Sequence[Profile]) -> Iterator[tuple[int, int]]:
    """The places of the pairs worth comparing, each once, the lower place first.

    Two vendors meet where they share an address, a domain, the end of a phone number, a street address, a rare word
    of their names, or how the names begin or end. What more than :data:`BLOCK_MOST` share is left out, except e-mail
    addresses and equal names, of which the nearest neighbours are taken: so the work grows with the vendors, not with
    their square.
    """
    blocks: dict[str, list[int]] = defaultdict(list)
    rarity = Counter(word for each in profiles for word in set(each.words))
    for place, each in enumerate(profiles):
        for key in _keys(each, rarity):
            blocks[key].append(place)
    met: set[tuple[int, int]] = set()
    for places in blocks.values():
        for pair in _met(places):
            if pair not in met:
                met.add(pair)
                yield pair


def pairs(profiles: Sequence[Profile]) -> list[Pair]:
    """Every pair of vendors that look like one, the likeliest first."""
    found = []
    for first, second in candidates(profiles):
        one, other = profiles[first], profiles[second]
        if not _is_worth_weighing(one, other):
            continue
        verdict = compare(one, other)
        if verdict.is_alike:
            lower, higher = sorted((one.key, other.key))
            found.append(Pair(lower, higher, verdict))
    return sorted(found, key=lambda pair: (-pair.verdict.score, pair.one, pair.other))


def _is_worth_weighing(one: Profile, other: Profile) -> bool:
    """Whether the pair can come to anything: with nothing else in common, only near names do. Cheap, as most do not."""
    if one.emails & other.emails or one.domains & other.domains or one.tails & other.tails:
        return True
    if one.street and other.street:
        return _parted(one.street)[0] == _parted(other.street)[0]
    cutoff = 100 * NAME_NEAR - 1
    return (
        fuzz.ratio(one.name, other.name, score_cutoff=cutoff) > 0
        or fuzz.token_sort_ratio(one.name, other.name, score_cutoff=cutoff) > 0
    )


def plain_name(name: str) -> str:
    """A name as it is compared: without accents, marks, legal forms, and the words that join."""
    words = loose_name(name.replace("+", " ")).split()
    return " ".join(word for word in words if word not in _JOINING) or " ".join(words) or name.strip().casefold()


_JOINING = frozenset(("and", "und", "the", "of"))


def _contacts(one: Profile, other: Profile) -> Iterator[Evidence]:
    emails = one.emails & other.emails
    if emails:
        yield Evidence(Sign.EMAIL, min(emails))
    domains = one.domains & other.domains
    if domains:
        # The domain of a shared address says nothing that the address has not said.
        if not emails:
            yield Evidence(Sign.DOMAIN, min(domains))
    elif one.domains and other.domains:
        yield Evidence(Sign.OTHER_DOMAIN)
    phones = [number for number in sorted(one.phones) if any(same_phone(number, each) for each in other.phones)]
    phones += [number for number in sorted(other.phones) if any(same_phone(number, each) for each in one.phones)]
    if phones:
        yield Evidence(Sign.PHONE, max(phones, key=lambda number: (len(number), number)))
    elif one.phones and other.phones:
        yield Evidence(Sign.OTHER_PHONE)


def _names(one: Profile, other: Profile) -> Iterator[Evidence]:
    alike = likeness(one.name, other.name)
    if alike >= NAME_SAME:
        yield Evidence(Sign.SAME_NAME)
    elif alike >= NAME_NEAR and min(len(one.name), len(other.name)) > 5 and _same_figures(one.name, other.name):
        yield Evidence(Sign.NEAR_NAME)
    elif alike >= NAME_ALIKE:
        yield Evidence(Sign.ALIKE_NAME)
    elif alike < 0.4:
        yield Evidence(Sign.OTHER_NAME)


def _same_figures(one: str, other: str) -> bool:
    """Names that differ in a number (Studio 12, Studio 14) are no slip of the pen."""
    return re.findall(r"\d+", one) == re.findall(r"\d+", other)


def _places(one: Profile, other: Profile) -> Iterator[Evidence]:
    if not one.street or not other.street:
        return
    (house, named), (other_house, other_named) = _parted(one.street), _parted(other.street)
    same_street = named == other_named or fuzz.ratio(named, other_named) >= 85
    if house == other_house and same_street:
        yield Evidence(Sign.ADDRESS, min(one.street, other.street))
    elif house != other_house:
        yield Evidence(Sign.OTHER_ADDRESS)


@lru_cache(maxsize=4096)
def _parted(address: str) -> tuple[str, str]:
    house, _blank, named = address.partition(" ")
    return house, named


def _keys(each: Profile, rarity: Counter[str]) -> Iterator[str]:
    """What a profile can meet others by."""
    yield f"n:{each.name}"
    for email in each.emails:
        yield f"e:{email}"
    for domain in each.domains:
        yield f"d:{domain}"
    for tail in each.tails:
        yield f"p:{tail}"
    if each.street:
        yield f"s:{each.street}"
    together = "".join(each.words)
    if len(together) > 5:
        yield f"b:{together[:6]}"
        yield f"t:{together[-6:]}"
        yield f"w:{''.join(sorted(each.words))[:12]}"
    for word in sorted(set(each.words), key=lambda word: (rarity[word], word))[:2]:
        if len(word) > 2:
            yield f"r:{word}"


def _met(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    if len(places) <= BLOCK_MOST:
        yield from combinations(places, 2)
        return
    # Too many to compare each with each: those that came one after the other, three apart at the most.
    for place, first in enumerate(places):
        for second in places[place + 1 : place + 4]:
            yield first, second
