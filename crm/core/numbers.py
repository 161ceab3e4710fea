"""Numbers that no other row gets: an old address never leads to somebody else.

PostgreSQL counts on by itself. SQLite gives the number of a deleted last row away again, so the tables whose numbers
stand in addresses that people keep remember the highest one that was ever taken out of use.
"""

from sqlalchemy import String, Table, func, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from crm.core.columns import Base


class RetiredNumber(Base):
    """The highest number of a table that was taken out of use."""

    __tablename__ = "retired_numbers"

    table_name: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int]


def retire(session: Session, table: Table, number: int) -> None:
    """Take a row's number out of use; the row is about to be deleted."""
    known = session.scalar(select(RetiredNumber.number).where(RetiredNumber.table_name == table.name))
    if known is None:
        session.execute(insert(RetiredNumber), [{"table_name": table.name, "number": number}])
    elif known < number:
        session.execute(
            update(RetiredNumber).where(RetiredNumber.table_name == table.name).values(number=number),
            execution_options={"synchronize_session": False},
        )


def first_free(session: Session, table: Table) -> int:
    """The first number after all that are, or were, in use. For SQLite, where a writing transaction is alone."""
    held = select(func.max(table.c.id)).scalar_subquery()
    retired = select(RetiredNumber.number).where(RetiredNumber.table_name == table.name).scalar_subquery()
    row = session.connection().execute(select(func.coalesce(held, 0), func.coalesce(retired, 0))).one()
    highest: int = max(row)
    return highest + 1
