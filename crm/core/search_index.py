"""The index of words: what lies in it, and the triggers that keep it true whoever writes a row.

``search_entries`` holds one row for each row that has words; its own triggers carry them into an FTS5 table on SQLite,
a generated ``tsvector`` on PostgreSQL. Which rows have words is said by :func:`register` (``crm/models/search.py``).
All of it is made anew after an upgrade that changed anything (:mod:`crm.core.migrations`): a batch migration on
SQLite drops a table's triggers, and one that renames a table fails while a trigger speaks of it.
"""

# ruff: noqa: S608 - only names and columns of ours are put into these statements

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError

from crm.core.columns import Base

ROOM = 16
"""An entry's id is its row's own id times this, plus a number for the kind of row."""
TABLE = "search_entries"
HANDLES = "search_handles"
"""By what else than its beginning a contact is found: an e-mail address by its domain, a number by its last digits."""
DIGITS = 9
_OURS = "search\\_%"
_COLUMNS = "id, workspace_id, vendor_id, title, body, about, happened_on, author_id, visibility"
_REGISTERED = "words that are searched"

EITHER = dict[str, str]
"""SQL for each database, where it differs."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """Another table that the words of a row depend on: when its columns change, the entries of the rows that point at
    it are made anew."""

    table: str
    watched: tuple[str, ...]
    key: str
    """The column of the rows that points there."""

    def changes(self, dialect: str) -> str:
        """The condition that something has changed between OLD and NEW."""
        return _changes(dialect, self.watched)


def _changes(dialect: str, watched: tuple[str, ...]) -> str:
    differs = "IS NOT" if dialect == "sqlite" else "IS DISTINCT FROM"
    cast = "::text" if dialect == "postgresql" else ""
    return " OR ".join(f"OLD.{name}{cast} {differs} NEW.{name}{cast}" for name in watched)


@dataclass(frozen=True, slots=True)
class Words:
    """Which rows of a table have words, as SQL. ``r`` is the row itself, ``v`` its vendor."""

    table: str
    codes: tuple[int, ...]
    joins: str
    day: EITHER
    watched: tuple[str, ...]
    """A change of these columns changes the entry."""
    code: str = ""
    vendor: str = "r.vendor_id"
    title: str = "''"
    body: str | EITHER = "''"
    about: str = "''"
    author: str = "NULL"
    visibility: str = "'team'"
    only: str = ""
    """Rows that do not fulfil this have no words; ``{r}`` is the row."""
    renewed: tuple[Renewal, ...] = ()

    def select(self, dialect: str, source: str) -> str:
        """The entries of the rows of ``source``, which is a table or a name of the new rows."""
        body = self.body if isinstance(self.body, str) else self.body[dialect]
        condition = f" WHERE {self.only.format(r='r')}" if self.only else ""
        return (
            f"SELECT r.id * {ROOM} + {self.code or self.codes[0]}, r.workspace_id, {self.vendor}, {self.title}, {body},"
            f" {self.about}, {self.day[dialect]}, {self.author}, {self.visibility}"
            f" FROM {source} r {self.joins}{condition}"
        )

    def one(self, dialect: str) -> str:
        """The entry of the row that a trigger is about."""
        return self._where(dialect, "r.id = NEW.id")

    def after(self, dialect: str, row_id: int) -> str:
        """The entries of the rows that came after this one."""
        return self._where(dialect, f"r.id > {row_id}")

    def _where(self, dialect: str, condition: str) -> str:
        return f"{self.select(dialect, self.table)} {'AND' if self.only else 'WHERE'} {condition}"

    def ids(self, row: str) -> str:
        """The ids that the entry of a row can have."""
        return ", ".join(f"{row}.id * {ROOM} + {code}" for code in self.codes)

    def changes(self, dialect: str) -> str:
        """The condition that something has changed between OLD and NEW."""
        return _changes(dialect, self.watched)

    def renew(self, dialect: str, renewal: Renewal) -> str:
        """Two statements: the entries of the rows that point at NEW go, and come as they are now."""
        there = f"r.workspace_id = NEW.workspace_id AND r.{renewal.key} = NEW.id"
        ids = f"SELECT r.id * {ROOM} + {self.codes[0]} FROM {self.table} r WHERE {there}"
        put = f"INSERT INTO {TABLE} ({_COLUMNS}) {self._where(dialect, there)}"
        return f"DELETE FROM {TABLE} WHERE id IN ({ids}); {put}"


@dataclass(frozen=True, slots=True)
class _Registered:
    words: tuple[Words, ...]
    vendor_words: tuple[str, ...]
    vendor_about: str


def register(*words: Words, vendor_words: tuple[str, ...] = (), vendor_about: str = "''") -> None:
    """Say what is searched; the models do."""
    Base.metadata.info[_REGISTERED] = _Registered(words, vendor_words, vendor_about)


def _registered() -> _Registered:
    found: _Registered = Base.metadata.info[_REGISTERED]
    return found


# What of it the models do not know


@dataclass(frozen=True, slots=True)
class Foreign:
    """What the database holds for the search besides ``search_entries``: it is in no model, and no migration."""

    tables: frozenset[str] = frozenset(
        {"search_words", "search_terms", HANDLES}
        | {f"search_index{part}" for part in ("", "_data", "_idx", "_content", "_docsize", "_config")}
    )
    columns: frozenset[tuple[str, str]] = frozenset({(TABLE, "words")})
    indexes: frozenset[str] = field(default=frozenset({"ix_search_entries_words"}))


FOREIGN = Foreign()


def is_modelled(thing: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
    """Whether autogeneration looks at something: the index of words is made here, by hand."""
    if kind == "table":
        return name not in FOREIGN.tables
    if kind == "column":
        return (thing.table.name, name) not in FOREIGN.columns
    return not (kind == "index" and name in FOREIGN.indexes)


# Making it


def remove(connection: Connection) -> None:
    """Take the triggers away, and what stands between an upgrade and the tables."""
    if connection.dialect.name == "postgresql":
        for statement in _remove_postgresql(connection):
            connection.exec_driver_sql(statement)
        return
    found = connection.exec_driver_sql(
        f"SELECT type, name FROM sqlite_master WHERE name LIKE '{_OURS}' ESCAPE '\\' AND type IN ('trigger', 'view')"
    ).all()
    for kind, name in found:
        connection.exec_driver_sql(f"DROP {kind} {name}")
    for name in ("search_terms", "search_index", HANDLES):
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")


def install(connection: Connection) -> None:
    """Make the index and its triggers, and fill it with all that is stored; nothing where the table is not yet."""
    if not inspect(connection).has_table(TABLE):
        return
    dialect = connection.dialect.name
    making = _make_postgresql(connection) if dialect == "postgresql" else _make_sqlite()
    for statement in making:
        connection.exec_driver_sql(statement)


def stored(connection: Connection) -> list[tuple[Any, ...]]:
    """What should stand in the table of entries, computed from what is stored: to compare."""
    every = " UNION ALL ".join(words.select(connection.dialect.name, words.table) for words in _registered().words)
    return sorted(tuple(row) for row in connection.exec_driver_sql(every))


def _fill(dialect: str) -> Iterator[str]:
    for words in _registered().words:
        yield f"INSERT INTO {TABLE} ({_COLUMNS}) {words.select(dialect, words.table)}"


# SQLite

_TEXTS = "title, body, about"
_SCOPE = f"'w' || {{0}}workspace_id || 'k' || ({{0}}id % {ROOM})"


@contextmanager
def in_bulk(connection: Connection) -> Iterator[None]:
    """For a block in a transaction that only adds rows: their words come into the index together, at its end.

    On SQLite a trigger for each row costs more than the row. They step aside, in this transaction alone, and the rows
    that are new then are indexed in one statement for each table. PostgreSQL's triggers take all rows at once anyway.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    before = _last_ids(connection)
    names = [f"search_{words.table}_insert" for words in _registered().words] + [f"search_{TABLE}_put"]
    triggers = {name: sql for name, sql in _triggers(connection).items() if name in names}
    for name in triggers:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    try:
        yield
    finally:
        now = _last_ids(connection)
        for words in _registered().words:
            last = before.get(words.table, 0)
            if now.get(words.table, 0) > last:
                _index_after(connection, words, last)
        for sql in triggers.values():
            connection.exec_driver_sql(sql)


def _index_after(connection: Connection, words: Words, last: int) -> None:
    connection.exec_driver_sql(f"INSERT INTO {TABLE} ({_COLUMNS}) {words.after('sqlite', last)}")
    connection.exec_driver_sql(
        f"INSERT INTO search_index (rowid, scope, {_TEXTS}) SELECT id, {_SCOPE.format('')}, {_TEXTS} FROM {TABLE}"
        f" WHERE id >= {(last + 1) * ROOM} AND id % {ROOM} IN ({', '.join(map(str, words.codes))}) ORDER BY id"
    )


def _last_ids(connection: Connection) -> dict[str, int]:
    return {row.name: row.seq for row in connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence")}


def _triggers(connection: Connection) -> dict[str, str]:
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    return {row.name: row.sql for row in rows}


def _make_sqlite() -> Iterator[str]:
    yield f"DELETE FROM {TABLE}"
    yield from _fill("sqlite")
    # One word says whose an entry is and of what kind, so that no question reads another business's entries.
    yield (f"CREATE VIEW search_texts AS SELECT id, {_SCOPE.format('')} AS scope, {_TEXTS} FROM {TABLE}")
    yield (
        f"CREATE VIRTUAL TABLE search_index USING fts5(scope, {_TEXTS}, content='search_texts', content_rowid='id',"
        " columnsize=0, detail=column, tokenize='porter unicode61 remove_diacritics 2')"
    )
    yield "CREATE VIRTUAL TABLE search_terms USING fts5vocab(search_index, 'row')"
    yield "INSERT INTO search_index (search_index) VALUES ('rebuild')"
    scope = f"{_SCOPE}, {{0}}title, {{0}}body, {{0}}about"
    put = f"INSERT INTO search_index (rowid, scope, {_TEXTS}) VALUES (NEW.id, {scope.format('NEW.')});"
    drop = (
        f"INSERT INTO search_index (search_index, rowid, scope, {_TEXTS})"
        f" VALUES ('delete', OLD.id, {scope.format('OLD.')});"
    )
    for name, event, acts in (("put", "INSERT", put), ("drop", "DELETE", drop), ("change", "UPDATE", drop + put)):
        yield f"CREATE TRIGGER search_{TABLE}_{name} AFTER {event} ON {TABLE} BEGIN {acts} END"
    yield from _sqlite_handles()
    found = _registered()
    for words in found.words:
        yield from _sqlite_triggers(words)
    yield (
        f"CREATE TRIGGER search_vendors_about AFTER UPDATE OF {', '.join(found.vendor_words)} ON vendors"
        f" WHEN {_about_changes(found, 'IS NOT')} BEGIN {_retell(found)}; END"
    )


def _sqlite_triggers(words: Words) -> Iterator[str]:
    table = words.table
    only = f" WHEN {words.only.format(r='NEW')}" if words.only else ""
    put = f"INSERT INTO {TABLE} ({_COLUMNS}) {words.one('sqlite')};"
    drop = f"DELETE FROM {TABLE} WHERE id IN ({words.ids('OLD')});"
    watched = ", ".join(words.watched)
    yield f"CREATE TRIGGER search_{table}_insert AFTER INSERT ON {table}{only} BEGIN {put} END"
    yield f"CREATE TRIGGER search_{table}_delete AFTER DELETE ON {table} BEGIN {drop} END"
    yield (
        f"CREATE TRIGGER search_{table}_update AFTER UPDATE OF {watched} ON {table}"
        f" WHEN {words.changes('sqlite')} BEGIN {drop} {put} END"
    )
    for renewal in words.renewed:
        yield (
            f"CREATE TRIGGER search_{table}_by_{renewal.table} AFTER UPDATE OF {', '.join(renewal.watched)}"
            f" ON {renewal.table} WHEN {renewal.changes('sqlite')} BEGIN {words.renew('sqlite', renewal)}; END"
        )


def _handle(row: str, dialect: str) -> str:
    value = f"{row}.normal_value"
    if dialect == "sqlite":
        domain, end = f"substr({value}, instr({value}, '@') + 1)", f"substr({value}, -{DIGITS})"
    else:
        domain, end = f"split_part({value}, '@', 2)", f"right({value}, {DIGITS})"
    return f"CASE WHEN {row}.kind = 'email' THEN {domain} ELSE {end} END"


def _put_handles(dialect: str, source: str = "contacts") -> str:
    return (
        f"INSERT INTO {HANDLES} (workspace_id, handle, contact_id)"
        f" SELECT r.workspace_id, {_handle('r', dialect)}, r.id FROM {source} r"
    )


def _sqlite_handles() -> Iterator[str]:
    yield (
        f"CREATE TABLE {HANDLES} (workspace_id INTEGER NOT NULL, handle TEXT NOT NULL, contact_id INTEGER NOT NULL,"
        " PRIMARY KEY (workspace_id, handle, contact_id)) WITHOUT ROWID"
    )
    yield _put_handles("sqlite")
    put = (
        f"INSERT INTO {HANDLES} (workspace_id, handle, contact_id)"
        f" VALUES (NEW.workspace_id, {_handle('NEW', 'sqlite')}, NEW.id);"
    )
    drop = (
        f"DELETE FROM {HANDLES} WHERE workspace_id = OLD.workspace_id AND handle = {_handle('OLD', 'sqlite')}"
        " AND contact_id = OLD.id;"
    )
    yield f"CREATE TRIGGER search_contacts_insert AFTER INSERT ON contacts BEGIN {put} END"
    yield f"CREATE TRIGGER search_contacts_delete AFTER DELETE ON contacts BEGIN {drop} END"
    yield f"CREATE TRIGGER search_contacts_update AFTER UPDATE OF kind, normal_value ON contacts BEGIN {drop} {put} END"


def _postgresql_handles() -> Iterator[str]:
    yield (
        f'CREATE TABLE {HANDLES} (workspace_id integer NOT NULL, handle text COLLATE "C" NOT NULL,'
        " contact_id integer NOT NULL REFERENCES contacts ON DELETE CASCADE,"
        " PRIMARY KEY (workspace_id, handle, contact_id))"
    )
    yield f"CREATE INDEX ix_search_handles_contact_id ON {HANDLES} (contact_id)"
    yield _put_handles("postgresql")
    yield _function("search_contacts_insert", _put_handles("postgresql", "fresh"))
    yield (
        "CREATE TRIGGER search_contacts_insert AFTER INSERT ON contacts REFERENCING NEW TABLE AS fresh"
        " FOR EACH STATEMENT EXECUTE FUNCTION search_contacts_insert()"
    )
    renewed = f"UPDATE {HANDLES} SET handle = {_handle('NEW', 'postgresql')} WHERE contact_id = NEW.id"
    yield from _postgresql_row("search_contacts_update", "contacts", "UPDATE OF kind, normal_value", "", renewed)


def _retell(found: _Registered) -> str:
    return (
        f"UPDATE {TABLE} SET about = {found.vendor_about}"
        " WHERE workspace_id = NEW.workspace_id AND vendor_id = NEW.id AND about <> ''"
    )


def _about_changes(found: _Registered, differs: str) -> str:
    return " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in found.vendor_words)


# PostgreSQL

_FOLDED = r"""
CREATE OR REPLACE FUNCTION search_folded(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT regexp_replace(replace(replace(replace(replace(replace(replace(translate(
        lower(regexp_replace(normalize(value, NFKD), '[\u0300-\u036f]', '', 'g')),
        'øØłŁđĐðÐı', 'oollddddi'), 'ß', 'ss'), 'æ', 'ae'), 'Æ', 'ae'), 'œ', 'oe'), 'Œ', 'oe'), 'þ', 'th'),
        '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u2000-\u206f\u3000-\u303f]+', ' ', 'g')
$$
"""
_VECTOR = (
    "setweight(to_tsvector('search_words', search_folded(title)), 'A')"
    " || setweight(to_tsvector('search_words', search_folded(body)), 'B')"
    " || setweight(to_tsvector('search_words', search_folded(about)), 'C')"
    f" || array_to_tsvector(ARRAY['w' || workspace_id::text || '~' || mod(id, {ROOM})::text])"
)
_LEARN = r"""
CREATE FUNCTION search_learn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO search_words (workspace_id, word)
    SELECT DISTINCT f.workspace_id, w.word FROM fresh f CROSS JOIN LATERAL unnest(tsvector_to_array(f.words)) AS w(word)
    WHERE length(w.word) BETWEEN 3 AND 40 AND w.word !~ '[~0-9]'
    AND NOT EXISTS (SELECT 1 FROM search_words s WHERE s.workspace_id = f.workspace_id AND s.word = w.word COLLATE "C");
    RETURN NULL;
END $$
"""


def _remove_postgresql(connection: Connection) -> Iterator[str]:
    functions = connection.exec_driver_sql(
        "SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace"
        " AND proname LIKE %s AND prorettype = 'trigger'::regtype",
        (_OURS,),
    ).all()
    for (name,) in functions:
        yield f"DROP FUNCTION {name}() CASCADE"
    if inspect(connection).has_table(TABLE):
        yield f"ALTER TABLE {TABLE} DROP COLUMN IF EXISTS words"
    yield f"DROP TABLE IF EXISTS search_words, {HANDLES}"
    yield "DROP FUNCTION IF EXISTS search_folded(text)"
    yield "DROP TEXT SEARCH CONFIGURATION IF EXISTS search_words"
    yield "DROP TEXT SEARCH DICTIONARY IF EXISTS search_stems"


def _make_postgresql(connection: Connection) -> Iterator[str]:
    yield "CREATE TEXT SEARCH DICTIONARY search_stems (TEMPLATE = snowball, Language = porter)"
    yield "CREATE TEXT SEARCH CONFIGURATION search_words (COPY = simple)"
    yield (
        "ALTER TEXT SEARCH CONFIGURATION search_words ALTER MAPPING FOR"
        " asciiword, word, numword, int, uint, float, sfloat WITH search_stems"
    )
    yield _FOLDED
    yield f"DELETE FROM {TABLE}"
    yield f"ALTER TABLE {TABLE} ADD COLUMN words tsvector GENERATED ALWAYS AS ({_VECTOR}) STORED"
    yield (
        "CREATE TABLE search_words (workspace_id integer NOT NULL REFERENCES workspaces ON DELETE CASCADE,"
        ' word text COLLATE "C" NOT NULL)'
    )
    yield "CREATE INDEX ix_search_words_workspace_id_word ON search_words (workspace_id, word)"
    if _may_trigrams(connection):
        yield "CREATE INDEX ix_search_words_trigrams ON search_words USING gin (word gin_trgm_ops)"
    yield _LEARN
    for event in ("INSERT", "UPDATE"):
        yield (
            f"CREATE TRIGGER search_learn_{event.lower()} AFTER {event} ON {TABLE} REFERENCING NEW TABLE AS fresh"
            " FOR EACH STATEMENT EXECUTE FUNCTION search_learn()"
        )
    yield from _fill("postgresql")
    yield f"CREATE INDEX ix_search_entries_words ON {TABLE} USING gin (words)"
    yield from _postgresql_handles()
    found = _registered()
    for words in found.words:
        yield from _postgresql_triggers(words)
    yield from _postgresql_row(
        "search_vendors_about",
        "vendors",
        f"UPDATE OF {', '.join(found.vendor_words)}",
        _about_changes(found, "IS DISTINCT FROM"),
        _retell(found),
    )


def _may_trigrams(connection: Connection) -> bool:
    """Whether pg_trgm is here or can be had. Without it typing errors are forgiven where the first letter is right."""
    if has_trigrams(connection):
        return True
    allowed = connection.exec_driver_sql(
        "SELECT has_database_privilege(current_database(), 'CREATE') AND EXISTS"
        " (SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm')"
    ).scalar()
    if not allowed:
        return False
    try:
        with connection.begin_nested():
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DBAPIError:  # a server says no in many ways, and the search goes on without
        return False
    return True


def has_trigrams(connection: Connection) -> bool:
    """Whether this PostgreSQL can compare words by their trigrams."""
    return bool(
        connection.exec_driver_sql("SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm')").scalar()
    )


def _postgresql_triggers(words: Words) -> Iterator[str]:
    table = words.table
    put = f"INSERT INTO {TABLE} ({_COLUMNS})"
    drop = f"DELETE FROM {TABLE} WHERE id IN ({words.ids('OLD')})"
    yield _function(f"search_{table}_insert", f"{put} {words.select('postgresql', 'fresh')}")
    yield (
        f"CREATE TRIGGER search_{table}_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS fresh"
        f" FOR EACH STATEMENT EXECUTE FUNCTION search_{table}_insert()"
    )
    yield from _postgresql_row(f"search_{table}_delete", table, "DELETE", "", drop)
    yield from _postgresql_row(
        f"search_{table}_update",
        table,
        f"UPDATE OF {', '.join(words.watched)}",
        words.changes("postgresql"),
        f"{drop}; {put} {words.one('postgresql')}",
    )
    for renewal in words.renewed:
        yield from _postgresql_row(
            f"search_{table}_by_{renewal.table}",
            renewal.table,
            f"UPDATE OF {', '.join(renewal.watched)}",
            renewal.changes("postgresql"),
            words.renew("postgresql", renewal),
        )


def _postgresql_row(name: str, table: str, event: str, condition: str, acts: str) -> Iterator[str]:
    yield _function(name, acts)
    when = f" WHEN ({condition})" if condition else ""
    yield f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW{when} EXECUTE FUNCTION {name}()"


def _function(name: str, acts: str) -> str:
    return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {acts}; RETURN NULL; END $$"
