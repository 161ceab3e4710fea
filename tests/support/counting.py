"""Counts the statements that a page or an act sends to the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event

_TRANSACTIONS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


class Statements(list[str]):
    """The statements in order: `assert len(statements) <= 6, statements` shows them all when they are too many."""

    def __repr__(self) -> str:
        return "\n".join(f"{number}. {statement}" for number, statement in enumerate(self, start=1))


@contextmanager
def count_queries(engine: Engine | None = None) -> Iterator[Statements]:
    """Collects what one engine is asked, or every engine of this process; transactions do not count."""
    statements = Statements()
    target = engine if engine is not None else Engine

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.upper().startswith(_TRANSACTIONS):
            statements.append(" ".join(statement.split()))

    event.listen(target, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(target, "before_cursor_execute", note)
