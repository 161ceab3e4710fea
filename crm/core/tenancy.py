"""One workspace, one session. What hides every other workspace's rows, in one place, failing closed.

A workspace session adds its workspace's criterion to every statement on owned tables, stamps new rows and refuses
foreign ones. An installation session serves what belongs to no workspace, and refuses every owned table.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import repeat
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Integer, Row, SelectBase, Table, bindparam, event, insert, text, update
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction, object_session, with_loader_criteria
from sqlalchemy.sql import visitors

from crm.core.bulk_rows import insert_rows
from crm.core.columns import Base, Owned
from crm.core.engine import WRITING
from crm.core.errors import OutsideWorkspace, ReadOnly
from crm.core.kept_questions import KeptQuestion


class HouseSession(Session):
    """A session that never loads what it was not asked for and keeps its rows readable after the commit."""

    def __init__(self, bind: Engine | Connection, *, writing: bool, **options: Any) -> None:
        super().__init__(bind, expire_on_commit=False, **options)
        self.writing = writing


class WorkspaceSession(HouseSession):
    """A session inside one workspace, for its whole life."""

    def __init__(self, bind: Engine | Connection, workspace_id: int, *, writing: bool, **options: Any) -> None:
        super().__init__(bind, writing=writing, **options)
        self.workspace_id = workspace_id

    def rows(self, question: SelectBase, values: Mapping[str, Any] | None = None) -> Sequence[Row[*tuple[Any, ...]]]:
        """The rows of a question for columns, with the same condition as :meth:`execute` puts to every statement.

        It is put to the connection, without what the session does for mapped rows: half of the time of a small
        question. Keep the question: one that is written anew each time gains nothing.
        """
        if self.writing:
            self.flush()
        return _bounded(question).rows(self.connection(), {**(values or {}), _HERE: self.workspace_id})

    def insert_many(self, table: type[Owned], rows: Sequence[dict[str, Any]]) -> None:
        """Insert many rows at once, stamped with this workspace."""
        if not rows:
            return
        columns = rows[0].keys()
        if all(row.keys() == columns for row in rows):
            insert_rows(self.connection(), _bare(table), rows, {"workspace_id": repeat(self.workspace_id, len(rows))})
        else:
            self.execute(insert(table), [{**row, "workspace_id": self.workspace_id} for row in rows])

    def update_many(self, table: type[Owned], rows: Sequence[dict[str, Any]], *, by: Sequence[str]) -> None:
        """Change many rows at once, in one statement. Of each row's values those in ``by`` say which it is, and the
        others are set; all rows name the same columns. A row that is not there any more is no fault."""
        if not rows:
            return
        bare = _bare(table)
        said = [bare.c.workspace_id == self.workspace_id, *(bare.c[name] == bindparam(f"by_{name}") for name in by)]
        changed: dict[str, Any] = {name: bindparam(f"to_{name}") for name in rows[0] if name not in by}
        values = [{f"{'by' if name in by else 'to'}_{name}": value for name, value in row.items()} for row in rows]
        self.flush()
        self.execute(update(bare).where(*said).values(changed), values)

    def insert_numbered(self, table: type[Owned], rows: Sequence[dict[str, Any]]) -> list[int]:
        """Like :meth:`insert_many`, and answer with the new ids, in the order of the rows."""
        if not rows:
            return []
        bare = _bare(table)
        if self.get_bind().dialect.name == "sqlite":
            # A writing transaction is alone here, and asking for ids would send each row by itself.
            last = "SELECT seq FROM sqlite_sequence WHERE name = :table"
            first = (self.connection().scalar(text(last), {"table": bare.name}) or 0) + 1
            ids = range(first, first + len(rows))
            stamps = {"workspace_id": repeat(self.workspace_id, len(rows)), "id": ids}
            insert_rows(self.connection(), bare, rows, stamps)
            return list(ids)
        stamped = [{**row, "workspace_id": self.workspace_id} for row in rows]
        return list(self.scalars(insert(bare).returning(bare.c.id, sort_by_parameter_order=True), stamped))


def _bare(table: type[Owned]) -> Any:
    """The table of a mapped class. Inserting into it costs half of what inserting into the class does."""
    return table.__table__  # type: ignore[attr-defined]


class InstallationSession(HouseSession):
    """A session outside all workspaces: users, memberships, sign-ins, the outbox."""


def workspace_session(engine: Engine, workspace_id: int, *, writing: bool) -> WorkspaceSession:
    """Open a session inside a workspace."""
    return WorkspaceSession(way_in(engine, writing=writing), workspace_id, writing=writing)


def installation_session(engine: Engine, *, writing: bool) -> InstallationSession:
    """Open a session outside all workspaces."""
    return InstallationSession(way_in(engine, writing=writing), writing=writing)


@lru_cache(maxsize=8)
def way_in(engine: Engine, *, writing: bool) -> Engine:
    """The engine for transactions that write, or for those that read. It is made once: every request asks for it."""
    return engine.execution_options(**{WRITING: writing})


@contextmanager
def inside(outer: InstallationSession, workspace_id: int) -> Iterator[WorkspaceSession]:
    """A workspace's session within the transaction of an installation session: both are committed, or neither."""
    outer.flush()
    inner = WorkspaceSession(
        outer.connection(), workspace_id, writing=outer.writing, join_transaction_mode="rollback_only"
    )
    try:
        yield inner
        inner.flush()
    finally:
        inner.close()


def session_of(row: Owned) -> WorkspaceSession:
    """The session that a row of a workspace lives in."""
    session = object_session(row)
    if not isinstance(session, WorkspaceSession):
        raise OutsideWorkspace(f"{type(row).__name__} is in no workspace's session.")
    return session


def is_owned(entity: type[Any]) -> bool:
    """Whether a mapped class belongs to workspaces."""
    return issubclass(entity, Owned)


@event.listens_for(HouseSession, "do_orm_execute", propagate=True)
def _keep_inside(state: ORMExecuteState) -> None:
    session = state.session
    if isinstance(session, WorkspaceSession):
        _scope(state, session.workspace_id)
    elif _names_owned_table(state):
        raise OutsideWorkspace("A statement on a workspace's table needs a session inside that workspace.")


def _scope(state: ORMExecuteState, workspace_id: int) -> None:
    if state.is_insert:
        _check_inserted(state, workspace_id)
    state.statement = _scoped(state.statement, workspace_id)


_SCOPED: WeakKeyDictionary[Any, dict[int, Any]] = WeakKeyDictionary()
"""Statements that somebody keeps, with the condition: only the same object needs no new key in SQLAlchemy's cache."""
_KEPT_WORKSPACES = 8


def _scoped(statement: Any, workspace_id: int) -> Any:
    is_question = isinstance(statement, SelectBase)
    if not is_question:
        return statement.options(_criterion(workspace_id))
    known = _SCOPED.setdefault(statement, {})
    scoped = known.get(workspace_id)
    if scoped is None:
        scoped = statement.options(_criterion(workspace_id))
        if len(known) < _KEPT_WORKSPACES:
            known[workspace_id] = scoped
    return scoped


_HERE = "the_workspace_of_the_session"
_BOUNDED: WeakKeyDictionary[SelectBase, KeptQuestion] = WeakKeyDictionary()
"""Questions for columns with the condition, whose value comes with each run: without it the question fails."""
_OF_THE_SESSION = with_loader_criteria(
    Owned,
    lambda table: table.workspace_id == bindparam("the_workspace_of_the_session", type_=Integer()),
    include_aliases=True,
)


def _bounded(question: Any) -> KeptQuestion:
    """The question with the condition of the session that will put it."""
    bounded = _BOUNDED.get(question)
    if bounded is None:
        is_question = isinstance(question, SelectBase)  # beside the condition: its type has no options
        if not is_question:
            raise OutsideWorkspace("Only a question has rows.")
        bounded = _BOUNDED[question] = KeptQuestion(question.options(_OF_THE_SESSION))
    return bounded


@lru_cache(maxsize=1024)
def _criterion(workspace_id: int) -> Any:
    """The condition that hides other workspaces' rows. Making it costs more than a small question: it is kept."""
    return with_loader_criteria(
        Owned, lambda table: table.workspace_id == workspace_id, include_aliases=True, track_closure_variables=True
    )


def _check_inserted(state: ORMExecuteState, workspace_id: int) -> None:
    if not any(is_owned(mapper.class_) for mapper in state.all_mappers):
        return
    given: Any = state.parameters
    rows: list[dict[str, Any]] = given if isinstance(given, list) else [given or {}]
    if any(row.get("workspace_id") != workspace_id for row in rows):
        raise OutsideWorkspace("Rows are inserted through insert_many(), which stamps them.")


def _names_owned_table(state: ORMExecuteState) -> bool:
    known = _looked_through.get(state.statement)
    if known is None:
        known = _looked_through[state.statement] = _look_through(state)
    return known


_looked_through: WeakKeyDictionary[Any, bool] = WeakKeyDictionary()
"""What was found in statements that are written once and asked often: to look costs as much as a small answer."""


def _look_through(state: ORMExecuteState) -> bool:
    if any(is_owned(mapper.class_) for mapper in state.all_mappers):
        return True
    return names_owned_table(state.statement)


def names_owned_table(statement: Any) -> bool:
    """Whether a statement names a table that belongs to workspaces."""
    owned = _owned_tables(len(Base.metadata.tables))
    return any(isinstance(element, Table) and element.name in owned for element in visitors.iterate(statement))


@lru_cache(maxsize=8)
def _owned_tables(_how_many: int) -> frozenset[str]:
    """Their names. Kept for as long as there are no more tables."""
    return frozenset(
        mapper.local_table.name
        for mapper in Base.registry.mappers
        if is_owned(mapper.class_) and isinstance(mapper.local_table, Table)
    )


@event.listens_for(HouseSession, "before_flush", propagate=True)
def _stamp(session: HouseSession, _flush: UOWTransaction, _instances: object) -> None:
    if not session.writing:
        raise ReadOnly("A reading session writes nothing.")
    for row in (*session.new, *session.dirty, *session.deleted):
        if not isinstance(row, Owned):
            continue
        if not isinstance(session, WorkspaceSession):
            raise OutsideWorkspace(f"{type(row).__name__} needs a session inside its workspace.")
        if row.workspace_id is None and row in session.new:
            row.workspace_id = session.workspace_id
        if row.workspace_id != session.workspace_id:
            raise OutsideWorkspace(f"{type(row).__name__} belongs to another workspace.")
