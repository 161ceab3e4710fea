"""What the search finds. One function, whatever the database: FTS5 on SQLite, ``tsvector`` and trigrams on PostgreSQL.

Words are found by their beginnings and in all their forms, whatever their case and accents, in ``search_entries``,
which the database keeps true itself (:mod:`crm.core.search_index`). Every statement joins that table, so that the
session's workspace and the reader's visibility hold before anything is counted. Where little is found, words that are
spelt alike are tried too, but only those that stand in something that the reader may see: what is found is a function
of that alone, whatever others keep to themselves and whatever other businesses write.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, lru_cache
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import OSA
from sqlalchemy import (
    ColumnElement,
    Integer,
    SelectBase,
    Text,
    and_,
    bindparam,
    case,
    cast,
    column,
    exists,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
    true,
    union_all,
)

from crm.core import text
from crm.core.search_index import DIGITS, HANDLES, ROOM, has_trigrams
from crm.core.tenancy import WorkspaceSession
from crm.core.word_forms import stem
from crm.models.categories import Category
from crm.models.enums import ContactKind, SearchKind, Stage, TimelineKind, Visibility
from crm.models.log import TimelineEntry
from crm.models.search import SearchEntry, SearchSource
from crm.models.vendors import Contact, Person, Tag, Vendor, VendorCategory, VendorTag
from crm.models.workspaces import Membership, User
from crm.queries.visibility import readable, readable_to

FOUND = 40
LONGEST = 200
"""Of what is typed, so many characters count."""
MOST_WORDS = 10
FEW = 3
"""With fewer results than this, words that are spelt alike are tried."""

SOURCES: dict[SearchKind, tuple[SearchSource, ...]] = {
    SearchKind.VENDORS: (SearchSource.VENDOR,),
    SearchKind.PEOPLE: (SearchSource.PERSON,),
    SearchKind.NOTES: (SearchSource.NOTE,),
    SearchKind.CONVERSATIONS: (SearchSource.CONVERSATION,),
    SearchKind.TRUST: (SearchSource.TRUST,),
    SearchKind.HISTORY: (SearchSource.HISTORY,),
    SearchKind.FILES: (SearchSource.FILE, SearchSource.LINK),
    SearchKind.FIELDS: (SearchSource.FIELD,),
    SearchKind.NEEDS: (),  # no vendor's, and so few that they are read: crm.queries.needs.found
}
_KINDS = {source: kind for kind, sources in SOURCES.items() for source in sources}
_SOURCES = {int(source): source for source in SearchSource}
_LINES = (SearchSource.NOTE, SearchSource.CONVERSATION, SearchSource.TRUST, SearchSource.HISTORY)

Marked = tuple[tuple[str, bool], ...]
"""A text in pieces, each with whether it was found."""


@dataclass(frozen=True, slots=True)
class Line:
    """Where on a vendor's timeline something stands."""

    id: int
    kind: TimelineKind
    subject_id: int
    step: str
    visibility: Visibility

    @property
    def anchor(self) -> str:
        """The place's name on the vendor's page."""
        return f"{self.kind.value}-{self.subject_id}" + (f"-{self.id}" if self.step else "")


@dataclass(frozen=True, slots=True)
class Found:
    """Something that was found: what it is, whose, and the words that did it."""

    kind: SearchKind
    vendor_id: int
    vendor: Marked
    what_they_do: Marked
    stage: Stage
    title: Marked
    snippet: Marked
    on: date
    author: str = ""
    line: Line | None = None

    @property
    def name(self) -> str:
        """The vendor's name."""
        return words_of(self.vendor)

    @property
    def person(self) -> str:
        return words_of(self.title) if self.kind is SearchKind.PEOPLE else ""

    @property
    def tint(self) -> int:
        return text.tint(self.name)


@dataclass(frozen=True, slots=True)
class Results:
    """What a search found, the nearest first."""

    rows: list[Found]
    has_more: bool = False
    is_guessed: bool = False
    """Whether words that are only spelt alike were needed."""


def words_of(marked: Marked) -> str:
    """The text without its marks."""
    return "".join(piece for piece, _is_found in marked)


def find(
    session: WorkspaceSession,
    reader: Membership,
    typed: str,
    *,
    kind: SearchKind | None = None,
    limit: int = FOUND,
) -> Results:
    """Find what holds all the words, as far as ``reader`` may see it. At most 24 queries, however much there is.

    ``kind`` narrows it to vendors, people, notes and so on.
    """
    question = _Question.ask(session, reader, typed, kind, limit)
    if question is None or (kind is not None and not SOURCES[kind]):
        return Results([])
    hits, is_guessed = _search(session, question)
    shown = hits[:limit]
    return Results(_shown(session, question, shown), has_more=len(hits) > limit, is_guessed=is_guessed)


def leads_to_vendor(session: WorkspaceSession, reader: Membership, typed: str) -> ColumnElement[bool]:
    """The condition that the words lead to a vendor, by itself or by what is known of it. At most 6 queries.

    Like the others below it is true of all that are found, in no order; of none, where no word was typed.
    """
    found = _matching(session, reader, typed, None)
    return false() if found is None else Vendor.id.in_(select(found.c.vendor_id))


def leads_to_person(session: WorkspaceSession, reader: Membership, typed: str) -> ColumnElement[bool]:
    """The condition that the words lead to somebody at a vendor."""
    found = _matching(session, reader, typed, SearchKind.PEOPLE)
    return false() if found is None else Person.id.in_(select(found.c.id // ROOM))


_TOLD = {
    TimelineKind.NOTE: SearchKind.NOTES,
    TimelineKind.INTERACTION: SearchKind.CONVERSATIONS,
    TimelineKind.TRUST: SearchKind.TRUST,
}


def leads_to(
    session: WorkspaceSession, reader: Membership, typed: str, kind: TimelineKind, subject_id: Any
) -> ColumnElement[bool]:
    """The condition that the words lead to a note, an interaction or a trust entry, whose id is in that column."""
    found = _matching(session, reader, typed, _TOLD[kind])
    if found is None:
        return false()
    line = TimelineEntry
    told = select(line.subject_id).where(
        line.workspace_id == session.workspace_id, line.kind == kind, line.id.in_(select(found.c.id // ROOM))
    )
    condition: ColumnElement[bool] = subject_id.in_(told)
    return condition


@dataclass(frozen=True, slots=True)
class Named:
    """A vendor by its name."""

    id: int
    name: str
    stage: Stage


def vendor_named(session: WorkspaceSession, vendor_id: int) -> Named | None:
    """The vendor of this business with that id."""
    row = session.execute(select(Vendor.id, Vendor.name, Vendor.stage).where(Vendor.id == vendor_id)).first()
    return Named(*row) if row else None


# What the index does not hold


@dataclass(frozen=True, slots=True)
class Written:
    """A text with a title, and whose it is: its id."""

    id: int
    title: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class FoundText:
    """A text that holds all the words, with these marked."""

    id: int
    title: Marked
    snippet: Marked


def among(texts: Sequence[Written], typed: str, *, limit: int = FOUND) -> list[FoundText]:
    """Which of these texts hold all the words, by the same rules as :func:`find`, the nearest first. It reads each of
    them: for the few hundred things of a business that are no vendor's."""
    words = [_Word(word) for word in _asked_words(typed)]
    if not words:
        return []
    found = _answering(texts, words)
    if len(found) < FEW:
        terms = sorted({stem(part) for each in texts for part in _words(f"{each.title} {each.body}")})
        words = [_Word(word.typed, _spelt_alike(terms, word)) for word in words]
        found += [each for each in _answering(texts, words) if each not in found]
    return [FoundText(each.id, mark(each.title, words), _holding_snippet(each, words)) for each in found[:limit]]


def _answering(texts: Sequence[Written], words: list["_Word"]) -> list[Written]:
    near: list[tuple[float, Written]] = []
    for each in texts:
        title, body = _words(each.title), _words(each.body)
        points = [max(word.best(title) * 3.0, word.best(body) * 1.5) for word in words]
        if all(points):
            near.append((sum(points), each))
    near.sort(key=lambda found: (-found[0], found[1].title.casefold(), found[1].id))
    return [each for _points, each in near]


def _spelt_alike(terms: list[str], word: "_Word") -> tuple[str, ...]:
    if len(word.typed) <= 3 or word.typed.isdigit():
        return ()
    return tuple(_alike(terms, word.typed)[:ALIKE])


def _holding_snippet(each: Written, words: list["_Word"]) -> Marked:
    """The part of the body that holds one of the words; nothing where the title says it all."""
    body = _unmarked(each.body)
    return _snippet(body, words) if any(word.best(_words(body)) for word in words) else ()


def _asked_words(typed: str) -> list[str]:
    return list(dict.fromkeys(text.folded(text.clean_line(typed[:LONGEST])).split()))[:MOST_WORDS]


# The question


@dataclass(slots=True)
class _Word:
    """A word as typed, and those that may be meant."""

    typed: str
    alike: tuple[str, ...] = ()
    """Stems of the index that are spelt alike."""
    is_short: bool = field(init=False)
    stem: str = field(init=False)
    _alike_begin: frozenset[str] = field(init=False)
    _begins: frozenset[str] = field(init=False)
    """How all that fits begins: with as many letters of it as are looked at."""

    def __post_init__(self) -> None:
        self.is_short = len(self.typed) < 3
        self.stem = stem(self.typed)
        self._alike_begin = frozenset(other[:2] for other in self.alike)
        self._begins = self._alike_begin | {self.typed[:2]}

    def fits(self, word: str) -> int:
        """How well a word of a text answers: 3 the same, 2 another form or longer, 1 alike, 0 not at all."""
        if word.startswith(self.typed[:2]):  # no form of a word changes its first two letters
            if word == self.typed:
                return 3
            if word.startswith(self.typed) or (not self.is_short and stem(word).startswith(self.stem)):
                return 2
        return 1 if self.alike and word[:2] in self._alike_begin and stem(word) in self.alike else 0

    def best(self, words: Iterable[str]) -> int:
        """How well the best of these words answers. Most begin otherwise, and are passed over at once."""
        size, begins = min(len(self.typed), 2), self._begins
        near = [self.fits(word) for word in words if word[:size] in begins]
        return max(near) if near else 0


@dataclass(slots=True)
class _Question:
    reader: Membership
    typed: str
    words: list[_Word]
    kind: SearchKind | None
    limit: int
    as_words: str = field(init=False)
    today: date = field(init=False)
    labels: list[tuple[str, int, str]] | None = None
    """All tags and categories (sort, id, name), once they have been read."""

    def __post_init__(self) -> None:
        self.as_words = " ".join(word.typed for word in self.words)
        self.today = self.reader.workspace.today

    @classmethod
    def ask(
        cls, session: WorkspaceSession, reader: Membership, typed: str, kind: SearchKind | None, limit: int
    ) -> "_Question | None":
        typed = text.clean_line(typed[:LONGEST])
        words = _asked_words(typed)
        if not words or reader.workspace_id != session.workspace_id:
            return None
        return cls(reader, typed, [_Word(word) for word in words], kind, limit)

    def wants(self, source: SearchSource) -> bool:
        return self.kind is None or source in SOURCES[self.kind]

    @property
    def asked(self) -> list[_Word]:
        """The words that the index is asked for: very short ones only where there is nothing else."""
        return [word for word in self.words if not word.is_short] or self.words


@dataclass(slots=True)
class _Hit:
    """An entry that answers."""

    id: int
    vendor_id: int
    title: str
    body: str
    about: str
    on: date
    author_id: int | None
    reason: str = ""
    """The tag, category, address or number that was found instead of the entry's own words."""
    bonus: float = 0.0
    score: float = 0.0

    @property
    def source(self) -> SearchSource:
        return _SOURCES[self.id % ROOM]


def _search(session: WorkspaceSession, question: _Question) -> tuple[list[_Hit], bool]:
    """The hits in their order, and whether guessing was needed."""
    hits = _ranked(_gather(session, question), question)
    if len(hits) >= FEW:
        return hits, False
    guessed = _guess(session, question)
    if guessed is None:
        return hits, False
    known = {hit.id for hit in hits}
    more = [hit for hit in _ranked(_gather(session, guessed), guessed) if hit.id not in known]
    if more:
        question.words = guessed.words
    return hits + more, bool(more)


def _gather(session: WorkspaceSession, question: _Question) -> Iterator[_Hit]:
    """Everything that may answer, some of it twice."""
    labels = _labels(session, question)
    yield from _with_words(session, question)
    yield from _labelled(session, question, labels)
    yield from _reached(session, question)
    yield from _named(session, question)


def _columns() -> tuple[Any, ...]:
    entry = SearchEntry
    return (
        entry.id,
        entry.vendor_id,
        entry.title,
        func.substr(entry.body, 1, 1000).label("body"),
        entry.about,
        entry.happened_on,
        entry.author_id,
    )


def _with_words(session: WorkspaceSession, question: _Question) -> Iterator[_Hit]:
    """Entries that hold the words, the newest of each sort.

    Whole words are asked for first: they are found at once in an index of any size. Where that is not enough the last
    word may be a beginning, as it is being typed; and where that finds next to nothing, all of them.
    """
    words, sorts = question.asked, _sorts(question)
    whole = _newest(session, question, _Asked(words, len(words)), sorts)
    yield from whole
    if words[-1].is_short:  # then all of them are, and none may be a beginning
        return
    counts = Counter(hit.id % ROOM for hit in whole)
    wanting = [(sources, most) for sources, most in sorts if sum(counts[source] for source in sources) < most]
    begun = _newest(session, question, _Asked(words, len(words) - 1), wanting)
    known = {hit.id for hit in whole}
    yield from (hit for hit in begun if hit.id not in known)
    if len(whole) + len(begun) < FEW and len(words) > 1:
        wanted = tuple(source for source in SearchSource if question.wants(source))
        yield from _newest(session, question, _Asked(words), [(wanted, max(60, question.limit))])


@dataclass(frozen=True, slots=True)
class _Asked:
    """Words that an entry must hold. Those from ``open_from`` on may be beginnings."""

    words: Sequence[_Word]
    open_from: int = 0
    begun: Sequence[_Word] = ()
    """Very short words, of which the beginning has to stand somewhere."""

    def __iter__(self) -> Iterator[tuple[_Word, bool]]:
        """Each word, and whether it may be a beginning."""
        return ((word, place >= self.open_from and not word.is_short) for place, word in enumerate(self.words))

    def __len__(self) -> int:
        return len(self.words)


def _hits(session: WorkspaceSession, statement: Any, *, reason: str = "", bonus: float = 0.0) -> list[_Hit]:
    rows: Iterable[Any] = session.execute(statement)
    return [_Hit(*(*row, reason, bonus)) for row in rows]


_Sorts = Sequence[tuple[tuple[SearchSource, ...], int]]
"""Sources that are looked for together, and how many of them."""


def _newest(session: WorkspaceSession, question: _Question, asked: _Asked, sorts: _Sorts) -> list[_Hit]:
    """The newest entries of each sort that hold the words: one statement that is kept, and its values."""
    if not sorts:
        return []
    here, reader, is_postgresql = session.workspace_id, question.reader, _is_postgresql(session)
    values: dict[str, Any] = {"here": here, "reader": reader.user_id}
    if is_postgresql:
        values |= {"exactly": question.typed.lower(), "words": _tsquery(asked)}
    for place, (sources, most) in enumerate(sorts):
        values[f"most_{place}"] = most
        if is_postgresql:
            values[f"scope_{place}"] = _tsquery_scope(here, sources)
        else:
            values[f"words_{place}"] = _fts5(here, asked, sources)
    rows: Iterable[Any] = session.rows(_kept_newest(is_postgresql, reader.is_admin, len(sorts)), values)
    return [_Hit(*row) for row in rows]


@cache
def _kept_newest(is_postgresql: bool, is_admin: bool, sorts: int) -> SelectBase:
    """Written once and kept: putting it together costs more than its answer."""
    each = [_newest_of_sort(is_postgresql, is_admin, place) for place in range(sorts)]
    return union_all(*(select(one.subquery()) for one in each)) if sorts > 1 else each[0]


def _newest_of_sort(is_postgresql: bool, is_admin: bool, place: int) -> Any:
    words: Any = bindparam("words" if is_postgresql else f"words_{place}", type_=Text())
    reader: Any = bindparam("reader", type_=Integer())
    statement = (
        select(*_columns())
        .where(
            SearchEntry.workspace_id == bindparam("here", type_=Integer()),
            readable_to(reader, is_admin, SearchEntry.visibility, SearchEntry.author_id),
        )
        .limit(bindparam(f"most_{place}", type_=Integer()))
    )
    if is_postgresql:
        exactly = func.lower(SearchEntry.title) == bindparam("exactly", type_=Text())
        holds = _tsvector_holds(bindparam(f"scope_{place}", type_=Text()), words)
        return statement.where(holds).order_by(exactly.desc(), SearchEntry.id.desc())
    matches = literal_column("search_index").op("MATCH")(words)
    joined = statement.select_from(_INDEX).join(SearchEntry, SearchEntry.id == _INDEX.c.rowid)
    return joined.where(matches).order_by(_INDEX.c.rowid.desc())


def _sorts(question: _Question) -> _Sorts:
    """What is looked for apart, so that many of one sort leave room for the others, and how many of each."""
    if question.kind is not None:
        return [(SOURCES[question.kind], max(120, question.limit * 2))]
    wide = max(60, question.limit)
    return [
        ((SearchSource.VENDOR,), wide),
        ((SearchSource.PERSON, SearchSource.FILE, SearchSource.LINK, SearchSource.FIELD), wide),
        (_LINES, wide),
    ]


def _arm(
    session: WorkspaceSession,
    question: _Question,
    asked: _Asked,
    sources: Sequence[SearchSource],
    most: int,
    *more: Any,
) -> Any:
    statement = _holding(session, question, _columns(), asked, sources).where(*more).limit(most)
    newest = SearchEntry.id if _is_postgresql(session) else _INDEX.c.rowid
    if _is_postgresql(session):
        exactly = func.lower(SearchEntry.title) == question.typed.lower()
        statement = statement.order_by(exactly.desc())
    return statement.order_by(newest.desc())


_INDEX = table("search_index", column("rowid"))


def _holding(
    session: WorkspaceSession,
    question: _Question,
    columns: Sequence[Any],
    asked: _Asked,
    sources: Sequence[SearchSource],
) -> Any:
    """The entries of this workspace that hold the words and that the reader may see."""
    statement = select(*columns).where(*_seen(session, question.reader))
    if _is_postgresql(session):
        scope = literal(_tsquery_scope(session.workspace_id, sources))
        return statement.where(_tsvector_holds(scope, _tsquery(asked)))
    matches = literal_column("search_index").op("MATCH")(_fts5(session.workspace_id, asked, sources))
    return statement.select_from(_INDEX).join(SearchEntry, SearchEntry.id == _INDEX.c.rowid).where(matches)


def _seen(session: WorkspaceSession, reader: Membership) -> tuple[ColumnElement[bool], ...]:
    """The condition that the reader may see an entry. It names the workspace once more than the session does."""
    return (
        SearchEntry.workspace_id == session.workspace_id,
        readable(reader, SearchEntry.visibility, SearchEntry.author_id),
    )


def _is_postgresql(session: WorkspaceSession) -> bool:
    return session.get_bind().dialect.name == "postgresql"


# In the words of FTS5. Only letters and figures of what was typed come this far.


def _fts5(workspace_id: int, asked: _Asked, sources: Sequence[SearchSource]) -> str:
    """The words in FTS5's language: each somewhere, one of them in the entry itself and not only in its vendor."""
    scope = _fts5_scope(workspace_id, sources)
    terms = [_fts5_terms(word, is_open) for word, is_open in asked]
    own = f"{{title body}} : ({' OR '.join(terms)})"
    every = [f"{{title body about}} : ({each})" for each in terms] if len(terms) > 1 else []
    begun = [f'{{title body about}} : ("{word.typed}" *)' for word in asked.begun]
    return " AND ".join([scope, own, *every, *begun])


def _fts5_scope(workspace_id: int, sources: Iterable[SearchSource]) -> str:
    return f"scope : ({' OR '.join(f'w{workspace_id}k{source}' for source in sources)})"


def _fts5_terms(word: _Word, is_open: bool) -> str:
    end = " *" if is_open else ""
    asked = [f'"{spelling}"{end}' for spelling in _spellings(word.typed)]
    return " OR ".join([*asked, *(f'"{_asking(other)}"' for other in word.alike)])


_LETTERS = (("ss", "ß"), ("ae", "æ"), ("oe", "œ"), ("th", "þ"), ("o", "ø"), ("l", "ł"), ("d", "đ"), ("i", "ı"))


def _spellings(word: str) -> list[str]:
    """The word, and with letters that are no accented ones: SQLite folds é to e, but not ß, ø or ł."""
    found = [word]
    for plain, letter in _LETTERS:
        places = [place.start() for place in re.finditer(plain, word)]
        found += [word[:at] + letter + word[at + len(plain) :] for at in places[:2]]
        if len(places) > 1:
            found.append(word.replace(plain, letter))
    return found[:12]


# In the words of PostgreSQL


def _tsquery(asked: _Asked) -> str:
    own = " | ".join(_lexemes(word, is_open, "AB") for word, is_open in asked)
    every = [f"({_lexemes(word, is_open, '')})" for word, is_open in asked] if len(asked) > 1 else []
    begun = [f"'{word.typed}':*" for word in asked.begun]
    return " & ".join([f"({own})", *every, *begun])


def _tsquery_scope(workspace_id: int, sources: Iterable[SearchSource]) -> str:
    return " | ".join(f"'w{workspace_id}~{int(source)}'" for source in sources)


def _tsvector_holds(scope: Any, words: Any) -> Any:
    from sqlalchemy.dialects.postgresql import TSQUERY  # here: an installation on SQLite need not load it

    query = func.to_tsquery(literal_column("'search_words'::regconfig"), words)
    return literal_column("search_entries.words").op("@@")(cast(scope, TSQUERY).op("&&")(query))


def _lexemes(word: _Word, is_open: bool, weights: str) -> str:
    star = "*" if is_open else ""
    return " | ".join(
        f"'{each}'" + (f":{sign}{weights}" if sign or weights else "")
        for each, sign in ((word.typed, star), *((_asking(other), "") for other in word.alike))
    )


# Tags and categories: their names are few, and who bears them is indexed


@dataclass(frozen=True, slots=True)
class _Labels:
    """Tags and categories that answer a word."""

    names: tuple[str, ...]
    tags: tuple[int, ...]
    categories: tuple[int, ...]


def _labels(session: WorkspaceSession, question: _Question) -> list[_Labels | None]:
    """For each word the labels that answer it."""
    if question.labels is None:
        question.labels = [(sort, label_id, name) for sort, label_id, name in session.rows(_every_label())]
    return [_labels_of(word, question.labels) for word in question.asked]


@cache
def _every_label() -> SelectBase:
    tagged = select(literal("tag").label("sort"), Tag.id, Tag.name)
    return union_all(tagged, select(literal("category"), Category.id, Category.name))


def _labels_of(word: _Word, every: Sequence[tuple[str, int, str]]) -> _Labels | None:
    fitting = [row for row in every if any(word.fits(part) for part in _tokens(row[2]))]
    if not fitting:
        return None
    return _Labels(
        names=tuple(name for _sort, _id, name in fitting),
        tags=tuple(label_id for sort, label_id, _name in fitting if sort == "tag")[:50],
        categories=tuple(label_id for sort, label_id, _name in fitting if sort == "category")[:50],
    )


_BEARERS = 2_000
"""Of the vendors with a tag or category, so many of the newest are looked at."""


def _labelled(session: WorkspaceSession, question: _Question, labels: list[_Labels | None]) -> Iterator[_Hit]:
    """Vendors that bear a label for some of the words, and everything that holds the rest of the words of such."""
    borne = [label for label in labels if label is not None]
    if not borne:
        return
    rest = [word for word, label in zip(question.asked, labels, strict=True) if label is None]
    bearing = [SearchEntry.vendor_id.in_(_bearers(label, _BEARERS)) for label in borne]
    reason = ", ".join(dict.fromkeys(name for label in borne for name in label.names[:2]))
    if rest:
        for sources, most in _sorts(question):
            arm = _arm(session, question, _Asked(rest), sources, most, *bearing)
            yield from _hits(session, arm, reason=reason, bonus=1.5)
    elif question.wants(SearchSource.VENDOR):
        statement = (
            select(*_columns())
            .where(*bearing, SearchEntry.id == SearchEntry.vendor_id * ROOM)
            .order_by(SearchEntry.id.desc())
            .limit(max(60, question.limit))
        )
        yield from _hits(session, statement, reason=reason, bonus=1.5)


def _bearers(labels: _Labels, most: int | None) -> Any:
    tagged = select(VendorTag.vendor_id).where(VendorTag.tag_id.in_(labels.tags))
    filed = select(VendorCategory.vendor_id).where(VendorCategory.category_id.in_(labels.categories))
    arms = [
        select(arm.order_by(each.vendor_id.desc()).limit(most).subquery().c.vendor_id)
        for arm, each, wanted in ((tagged, VendorTag, labels.tags), (filed, VendorCategory, labels.categories))
        if wanted
    ]
    return union_all(*arms) if len(arms) > 1 else arms[0]


# E-mail addresses and telephone numbers: found in order by how they begin, by their domain, by their last digits

_PHONE = re.compile(r"^[\d\s()+./-]{4,}$")


def _reached(session: WorkspaceSession, question: _Question) -> Iterator[_Hit]:
    """People whose address or number is meant."""
    meant = _meant(question)
    if meant is None:
        return
    kind, values = meant
    statement = _kept_reached(_is_postgresql(session), kind, "handle" in values)
    rows: Iterable[Any] = session.rows(statement, {**values, "here": session.workspace_id})
    yield from (_Hit(*(*row, 4.0)) for row in rows)


def _meant(question: _Question) -> tuple[ContactKind, dict[str, str]] | None:
    """Whether an address or a number may be meant, and the values that :func:`_contacts` compares with."""
    typed = question.typed.casefold()
    if not question.wants(SearchSource.PERSON):
        return None
    if _PHONE.match(typed):
        digits = re.sub(r"\D", "", typed)
        whole = {"handle": digits[-DIGITS:]} if len(digits) >= DIGITS else {}
        return (ContactKind.PHONE, _ends_of(digits) | whole) if digits else None
    if " " in typed or len(typed) < 3:
        return None
    handle = typed.removeprefix("@")
    return ContactKind.EMAIL, {**_ends_of(typed), "handle": handle, "beyond_handle": handle + "\U0010ffff"}


@cache
def _kept_reached(is_postgresql: bool, kind: ContactKind, has_handle: bool) -> SelectBase:
    names = ("first", "beyond", "pattern", "here", *(("handle", "beyond_handle") if has_handle else ()))
    given = {name: bindparam(name, type_=Integer() if name == "here" else Text()) for name in names}
    meant = [select(each.limit(100).subquery()) for each in _contacts(is_postgresql, kind, given)]
    contacts = union_all(*meant).subquery()
    return (
        select(*_columns(), contacts.c.value)
        .join(contacts, contacts.c.person_id * ROOM + int(SearchSource.PERSON) == SearchEntry.id)
        .order_by(SearchEntry.id.desc())
    )


def _contacts(is_postgresql: bool, kind: ContactKind, given: Mapping[str, Any]) -> list[Any]:
    """The contacts that are meant, as statements that each read a stretch of an index.

    They begin with what was typed. Numbers also end with it, and addresses have a domain that begins with it.
    """
    contacts = select(Contact.person_id, Contact.value)
    found = [contacts.where(Contact.kind == kind, _begins_as_given(Contact.normal_value, is_postgresql, given))]
    if "handle" not in given:
        return found
    handles = table(HANDLES, column("workspace_id"), column("handle"), column("contact_id"))
    wanted = handles.c.handle == given["handle"]
    if kind is ContactKind.EMAIL:
        wanted = and_(handles.c.handle >= given["handle"], handles.c.handle < given["beyond_handle"])
    joined = contacts.select_from(handles).join(Contact, Contact.id == handles.c.contact_id)
    return [*found, joined.where(handles.c.workspace_id == given["here"], wanted)]


def _begins(column: Any, beginning: str) -> Any:
    """A stretch of an index in the order of the letters' numbers."""
    return and_(column >= beginning, column < beginning + "\U0010ffff") if beginning else false()


def _named(session: WorkspaceSession, question: _Question) -> Iterator[_Hit]:
    """Vendors whose name begins as what was typed, by name: the newest entries alone would leave an old one out."""
    if not question.wants(SearchSource.VENDOR):
        return
    beginning = text.normal(question.typed)
    if beginning:
        rows: Iterable[Any] = session.rows(_kept_named(_is_postgresql(session)), _ends_of(beginning))
        yield from (_Hit(*row) for row in rows)


def _ends_of(beginning: str) -> dict[str, str]:
    """The values of :func:`_begins_as_given`."""
    pattern = re.sub(r"([/%_])", r"/\1", beginning)
    return {"first": beginning, "beyond": beginning + "\U0010ffff", "pattern": f"{pattern}%"}


def _begins_as_given(column: Any, is_postgresql: bool, given: Mapping[str, Any]) -> ColumnElement[bool]:
    """A stretch of an index: ``given`` holds what :func:`_ends_of` says, or parameters for it."""
    if is_postgresql:
        found: ColumnElement[bool] = column.like(given["pattern"], escape="/")
        return found
    return and_(column >= given["first"], column < given["beyond"])


@cache
def _kept_named(is_postgresql: bool) -> SelectBase:
    given = {name: bindparam(name, type_=Text()) for name in ("first", "beyond", "pattern")}
    named = (
        select(Vendor.id)
        .where(_begins_as_given(Vendor.normal_name, is_postgresql, given))
        .order_by(Vendor.normal_name, Vendor.id)
        .limit(20)
    )
    return select(*_columns()).where(SearchEntry.id.in_(select(named.subquery().c.id * ROOM)))


# Ranking

_KIND_WEIGHT: dict[int, float] = {SearchSource.VENDOR: 3.0, SearchSource.PERSON: 2.5, SearchSource.NOTE: 0.5}
_AGELESS = (SearchSource.VENDOR, SearchSource.PERSON)
_SPLIT = re.compile(r"[^\W_]+")


@lru_cache(maxsize=20_000)
def _tokens(value: str) -> tuple[str, ...]:
    """The words of a short text, folded."""
    return tuple(_words(value))


def _words(value: str) -> list[str]:
    return _SPLIT.findall(value.casefold()) if value.isascii() else text.folded(value).split()


def _ranked(hits: Iterable[_Hit], question: _Question) -> list[_Hit]:
    """Those that answer, each once: the nearest first, of equally near ones the newest, vendors by name."""
    best: dict[int, _Hit] = {}
    for hit in hits:
        hit.score = _score(hit, question)
        if hit.score > 0 and (hit.id not in best or hit.score > best[hit.id].score):
            best[hit.id] = hit
    return sorted(best.values(), key=lambda hit: (-hit.score, hit.title.casefold(), -hit.id))


def _score(hit: _Hit, question: _Question) -> float:
    """How near an entry is. 0: it does not answer."""
    title, body = _words(hit.title), _words(hit.body)
    total = _KIND_WEIGHT.get(hit.id % ROOM, 0.0) + hit.bonus
    for word in question.words:
        near = _nearness(word, title, body, hit)
        if near == 0 and word.is_short:
            return 0.0
        total += near
    asked = question.as_words
    named = " ".join(title)
    if named == asked:
        total += 20
    elif named.startswith(asked):
        total += 6
    if len(question.words) > 1 and asked in " ".join(body):
        total += 5
    if hit.id % ROOM in _AGELESS:
        return total
    age = max((question.today - hit.on).days, 0)
    return total + 2.0 / (1.0 + age / 180)


def _nearness(word: _Word, title: list[str], body: list[str], hit: _Hit) -> float:
    in_title = word.best(title)
    in_body = word.best(body) if in_title < 3 else 0
    near = max(in_title * 3.0, in_body * 1.5)
    if near or not word.is_short:
        return near or 0.5
    others = _words(f"{hit.about} {hit.reason}")
    return 0.5 if any(word.fits(part) for part in others) else 0.0


# As a condition: all that is found, in the order of whoever asks


def _matching(session: WorkspaceSession, reader: Membership, typed: str, kind: SearchKind | None) -> Any:
    """The entries (id, vendor_id) that the words lead to, some twice; None where no word was typed.

    The same steps as for a list: where next to nothing is found all words may be beginnings, then spelt alike.
    """
    question = _Question.ask(session, reader, typed, kind, FEW)
    if question is None:
        return None
    labels = _labels(session, question)
    found = _every(session, question, labels, len(question.asked) - 1)
    if len(question.asked) > 1 and not _is_enough(session, found):
        found = _every(session, question, labels, 0)
    if _is_enough(session, found):
        return union_all(*found).subquery()
    guessed = _guess(session, question)
    if guessed is not None:
        found += _every(session, guessed, _labels(session, guessed), 0)
    return union_all(*found).subquery()


def _is_enough(session: WorkspaceSession, found: list[Any]) -> bool:
    entries = union_all(*found).subquery()
    return len(session.scalars(select(entries.c.id).distinct().limit(FEW)).all()) == FEW


def _every(session: WorkspaceSession, question: _Question, labels: list[_Labels | None], open_from: int) -> list[Any]:
    """What :func:`_gather` finds, all of it, as statements to be put together."""
    wanted = [source for source in SearchSource if question.wants(source)]
    words, entry = question.asked, (SearchEntry.id, SearchEntry.vendor_id)
    begun = [word for word in question.words if word.is_short and word not in words]
    arms = [_holding(session, question, entry, _Asked(words, open_from, begun), wanted)]
    bearing = [SearchEntry.vendor_id.in_(_bearers(label, None)) for label in labels if label is not None]
    rest = [word for word, label in zip(words, labels, strict=True) if label is None] or begun
    is_vendor = SearchEntry.id == SearchEntry.vendor_id * ROOM
    if bearing and rest:
        asked = _Asked(rest, 0, begun)
        arms.append(_holding(session, question, entry, asked, wanted).where(*bearing))
    elif bearing and question.wants(SearchSource.VENDOR):
        arms.append(select(*entry).where(*_seen(session, question.reader), is_vendor, *bearing))
    is_postgresql, meant = _is_postgresql(session), _meant(question)
    for contacts in _contacts(is_postgresql, meant[0], {**meant[1], "here": session.workspace_id}) if meant else ():
        people = select(contacts.subquery().c.person_id * ROOM + int(SearchSource.PERSON))
        arms.append(select(*entry).where(*_seen(session, question.reader), SearchEntry.id.in_(people)))
    if question.wants(SearchSource.VENDOR):
        begins = _begins_as_given(Vendor.normal_name, is_postgresql, _ends_of(text.normal(question.typed)))
        named = select(Vendor.id * ROOM).where(Vendor.workspace_id == session.workspace_id, begins)
        arms.append(select(*entry).where(*_seen(session, question.reader), SearchEntry.id.in_(named)))
    return arms


# Typing errors


def _guess(session: WorkspaceSession, question: _Question) -> _Question | None:
    """The same question with words that are spelt alike; None where there are none."""
    unsure = _unknown(session, question)
    if not unsure:
        return None
    terms = _terms(session, unsure)
    alike = _standing(session, question, {typed: _alike(terms, typed) for typed in unsure})
    words = [_Word(word.typed, alike.get(word.typed, ())) for word in question.words]
    if not any(word.alike for word in words):
        return None
    return replace(question, words=words)


def _unknown(session: WorkspaceSession, question: _Question) -> list[str]:
    """The longer words that stand, whole, in nothing that the reader may see."""
    longer = [word for word in question.words if len(word.typed) > 3 and not word.typed.isdigit()]
    if not longer:
        return []
    every = tuple(SearchSource)
    arms = []
    for place, word in enumerate(longer):
        known = _arm(session, question, _Asked([word], 1), every, 1).subquery()
        arms.append(select(literal(place), known.c.id))
    known_places = {row[0] for row in session.execute(union_all(*arms))}
    return [word.typed for place, word in enumerate(longer) if place not in known_places]


ALIKE = 12


def _alike(terms: list[str], typed: str) -> list[str]:
    """Words of the index at a small distance: one letter wrong, missing, too many or swapped; two in longer words.

    All of them, the nearest first. Most may stand in nothing that the reader may see.
    """
    far = 1 if len(typed) < 6 else 2
    found: dict[str, int] = {}
    for asked in {typed, stem(typed)}:
        for term, distance, _place in process.extract(asked, terms, scorer=OSA.distance, score_cutoff=far, limit=None):
            found[term] = min(int(distance), found.get(term, far))
    beginnings = [term[: len(typed)] for term in terms]
    for _term, distance, place in process.extract(typed, beginnings, scorer=OSA.distance, score_cutoff=far, limit=None):
        found.setdefault(terms[place], int(distance) + 1)
    return sorted(found, key=lambda term: (found[term], term))


_FOREIGN_LETTER = re.compile(r"[^\x00-\x7f]")


@lru_cache(maxsize=20_000)
def _asking(term: str) -> str:
    """A word that the index takes for this stem, as it takes the stem of what it is asked for: "hous" is asked for as
    "house", for as it stands it would be "hou". Empty where no such word is known."""
    plain = _FOREIGN_LETTER.sub("b", term)
    return next((term + end for end in ("", "e", "ed", "s") if stem(plain + end) == plain), "")


def _standing(
    session: WorkspaceSession, question: _Question, alike: dict[str, list[str]]
) -> dict[str, tuple[str, ...]]:
    """For each word the nearest of these that stand in something that the reader may see. One query.

    Nothing is cut off before: else a word that the reader may not see would take the place of one that counts.
    """
    asking = {typed: {_asking(term): term for term in terms if _asking(term)} for typed, terms in alike.items()}
    arms = []
    for place, asked in enumerate(asking.values()):
        arms.append(select(literal(place), _first_standing(session, question, list(asked)).c.word))
    found: dict[str, tuple[str, ...]] = {}
    places = list(asking)
    for place, word in session.execute(union_all(*arms)):
        typed = places[place]
        found[typed] = (*found.get(typed, ()), asking[typed][word])
    return found


def _first_standing(session: WorkspaceSession, question: _Question, asked: list[str]) -> Any:
    """The first of the words that stand in something, as a statement that reads no further than it must."""
    every, seen = tuple(SearchSource), _seen(session, question.reader)
    if _is_postgresql(session):
        from sqlalchemy.dialects.postgresql import ARRAY

        near = func.unnest(cast(asked, ARRAY(Text))).table_valued("word", with_ordinality="place", name="near")
        near = near.render_derived()
        # Sorted before any is looked up, and looked up one by one: OFFSET and CASE keep the planner from joining.
        sorted_near = select(near.c.word, near.c.place).order_by(near.c.place).offset(0).subquery()
        scope = literal(_tsquery_scope(session.workspace_id, every))
        stands = exists().where(*seen, _tsvector_holds(scope, sorted_near.c.word))
        statement = select(sorted_near.c.word).where(case((stands, true()), else_=false()))
        return statement.order_by(sorted_near.c.place).limit(ALIKE).subquery()
    listed = func.json_each(json.dumps(asked)).table_valued("value", name="near")
    question_of = literal(f"{_fts5_scope(session.workspace_id, every)} AND {{title body about}} : ").op("||")
    matches = literal_column("search_index").op("MATCH")(question_of(listed.c.value))
    holding = select(literal(1)).select_from(_INDEX).join(SearchEntry, SearchEntry.id == _INDEX.c.rowid)
    stands = holding.where(matches, *seen).correlate(listed).exists()
    return select(listed.c.value.label("word")).where(stands).limit(ALIKE).subquery()


def _terms(session: WorkspaceSession, typed: Sequence[str]) -> list[str]:
    """Stems of the index that may be meant: they begin with one of the first two letters, or share trigrams."""
    letters = sorted({letter for word in typed for letter in word[:2]})
    if _is_postgresql(session):
        words = table("search_words", column("workspace_id"), column("word"))
        close = [_begins(words.c.word, letter) for letter in letters]
        if has_trigrams(session.connection()):
            close += [words.c.word.op("%")(word) for word in typed]
        asked = select(words.c.word).where(words.c.workspace_id == session.workspace_id, or_(*close)).distinct()
        return [term for term in session.scalars(asked) if term.isalpha()]
    terms = table("search_terms", column("term"))
    arms = [
        select(terms.c.term).where(terms.c.term >= letter, terms.c.term <= letter + "\U0010ffff") for letter in letters
    ]
    return [term for term in session.scalars(union_all(*arms)) if term.isalpha()]


# What is shown


def _shown(session: WorkspaceSession, question: _Question, hits: list[_Hit]) -> list[Found]:
    """The hits with what a page says of them, in one statement."""
    if not hits:
        return []
    details = _details(session, question.reader, hits)
    known: dict[str, Marked] = {}

    def marked(value: str) -> Marked:
        if value not in known:
            known[value] = mark(value, question.words)
        return known[value]

    return [_found(hit, details[hit.id], question, marked) for hit in hits if hit.id in details]


def _details(session: WorkspaceSession, reader: Membership, hits: list[_Hit]) -> dict[int, Any]:
    """The vendor, the whole body, the author's name and the place on the timeline of each."""
    values = {"ids": [hit.id for hit in hits], "reader": reader.user_id}
    rows: Iterable[Any] = session.rows(_kept_details(reader.is_admin), values)
    return {row.id: row for row in rows if row.name is not None}


@cache
def _kept_details(is_admin: bool) -> SelectBase:
    line = TimelineEntry
    ids: Any = bindparam("ids", expanding=True)
    reader: Any = bindparam("reader", type_=Integer())
    return (
        select(
            SearchEntry.id,
            SearchEntry.body,
            Vendor.name,
            Vendor.what_they_do,
            Vendor.stage,
            User.name.label("author"),
            line.id.label("line_id"),
            line.kind,
            line.subject_id,
            line.step,
            line.visibility,
        )
        .outerjoin(Vendor, Vendor.id == SearchEntry.vendor_id)  # SQLite would begin with all vendors of a plain join
        .outerjoin(User, User.id == SearchEntry.author_id)
        .outerjoin(
            line,
            and_(line.id == SearchEntry.id // ROOM, (SearchEntry.id % ROOM).in_([int(source) for source in _LINES])),
        )
        .where(
            SearchEntry.id.in_(ids),
            readable_to(reader, is_admin, SearchEntry.visibility, SearchEntry.author_id),
        )
    )


def _found(hit: _Hit, detail: Any, question: _Question, marked: Callable[[str], Marked]) -> Found:
    source = hit.source
    line = None
    if detail.line_id is not None:
        line = Line(detail.line_id, detail.kind, detail.subject_id, detail.step, detail.visibility)
    said = hit.reason if source in (SearchSource.VENDOR, SearchSource.PERSON) and hit.reason else ""
    body = said if source is SearchSource.VENDOR else said or detail.body
    return Found(
        kind=_KINDS[source],
        vendor_id=hit.vendor_id,
        vendor=marked(detail.name),
        what_they_do=marked(detail.what_they_do),
        stage=detail.stage,
        title=marked(hit.title),
        snippet=_snippet(_unmarked(body), question.words),
        on=hit.on,
        author=detail.author or "",
        line=line,
    )


_BEFORE, _AFTER = 60, 170
_SIGNS = re.compile(r"[*`]+|~~|^\s*(?:#+|>+|[-+])\s|\[([^\]]*)\]\([^)]*\)", re.MULTILINE)


def _unmarked(body: str) -> str:
    """Markdown without its signs, on one line: for a line or two of it."""
    return " ".join(_SIGNS.sub(lambda found: found[1] or "", body).split())


def mark(value: str, words: Sequence[_Word]) -> Marked:
    """The text in pieces, with those words marked that answer one of the question's."""
    pieces: list[tuple[str, bool]] = []
    done = 0
    for found in _SPLIT.finditer(value):
        if not any(word.best(_tokens(found[0])) for word in words):
            continue
        if found.start() > done:
            pieces.append((value[done : found.start()], False))
        pieces.append((found[0], True))
        done = found.end()
    if done < len(value):
        pieces.append((value[done:], False))
    return tuple(pieces)


def _snippet(value: str, words: Sequence[_Word]) -> Marked:
    """The part of a text where most of the words stand, marked."""
    if len(value) <= _BEFORE + _AFTER:
        return mark(value, words)
    at = _best_place(value, words)
    start = value.rfind(" ", 0, max(at - _BEFORE, 0)) + 1 if at > _BEFORE else 0
    end = value.find(" ", at + _AFTER)
    end = len(value) if end == -1 else end
    pieces = mark(value[start:end], words)
    return (*((("… ", False),) if start else ()), *pieces, *(((" …", False),) if end < len(value) else ()))


def _best_place(value: str, words: Sequence[_Word]) -> int:
    """Where the stretch begins that holds most different words."""
    places: list[tuple[int, str]] = []
    for found in _SPLIT.finditer(value[:20_000]):
        for part in _tokens(found[0]):
            places += [(found.start(), word.typed) for word in words if word.fits(part)]
    if not places:
        return 0
    return max(
        places,
        key=lambda place: (len({name for at, name in places if 0 <= at - place[0] < _AFTER}), -place[0]),
    )[0]
