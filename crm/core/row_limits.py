"""Limits, and other numbers, that are written into a statement rather than handed in with each run."""

from sqlalchemy import ColumnElement, Integer, literal_column


def at_most(rows: int) -> ColumnElement[int]:
    """A limit for a statement that is kept: ``statement.limit(at_most(50))``.

    SQLite plans by the number of rows that are wanted. Where that is a parameter it plans anew at each execution, which
    takes several times as long as a small question itself. Each number is a statement of its own: there should be few.
    """
    return written_out(rows)


def written_out(number: int) -> ColumnElement[int]:
    """A number as it stands. A list of such is a part of a statement that is kept: one that comes with each run is put
    into it anew each time."""
    return literal_column(str(int(number)), Integer)
