"""A limit that is no parameter, so that SQLite need not plan anew each time."""

from sqlalchemy import select

from crm.core.row_limits import at_most
from crm.core.unit_of_work import workspace_work
from crm.models.categories import Category


def test_the_limit_stands_in_the_statement_and_holds(engine, business) -> None:
    statement = select(Category.id).order_by(Category.id).limit(at_most(2))
    assert "LIMIT 2" in " ".join(str(statement.compile(engine)).split())
    with workspace_work(engine, business.workspace.id) as session:
        assert len(session.rows(statement)) == 2
