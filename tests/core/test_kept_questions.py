"""Questions that are put again and again take a short way to the driver, with the answers of the long one."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import BigInteger, bindparam, event, func, literal, select
from sqlalchemy.exc import DBAPIError, StatementError

from crm.core.kept_questions import KeptQuestion
from crm.core.unit_of_work import installation_work
from crm.models.enums import MailState
from crm.models.outbox import OutboxMessage
from tests.support.letters import put_in

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
COLUMNS = (
    OutboxMessage.id,
    OutboxMessage.state,
    OutboxMessage.not_before,
    OutboxMessage.leased_until,
    OutboxMessage.has_secrets,
    OutboxMessage.content,
    OutboxMessage.facts,
    func.coalesce(func.nullif(OutboxMessage.answer, ""), literal("nothing")).label("said"),
)
OPEN = (MailState.WAITING, MailState.HELD)


@pytest.fixture
def connection(engine, business):
    """Inside a transaction, with a letter in the outbox."""
    put_in(engine, business.owner, facts={"reminders": [1]})
    with installation_work(engine) as session:
        yield session.connection()


def asked(kept, connection, *runs):
    return [kept.rows(connection, values) for values in runs]


def has_short_way(kept) -> bool:
    return any(kept._ways.values())


def test_the_answer_is_the_same_whichever_way_it_is_asked(connection) -> None:
    question = select(*COLUMNS).where(OutboxMessage.state.in_(OPEN), OutboxMessage.not_before > bindparam("since"))
    expected = connection.execute(question, {"since": NOON}).all()
    kept = KeptQuestion(question)
    first, second, third = asked(kept, connection, *[{"since": NOON}] * 3)
    assert has_short_way(kept)
    assert first == second == third == expected
    assert [row._mapping for row in third] == [row._mapping for row in expected]
    assert third[0].said == "nothing"
    assert third[0].facts == {"reminders": [1]}


def test_other_values_have_other_answers(connection) -> None:
    kept = KeptQuestion(select(OutboxMessage.id).where(OutboxMessage.not_before > bindparam("since")))
    late = datetime(2100, 1, 1, tzinfo=UTC)
    assert [len(rows) for rows in asked(kept, connection, *[{"since": NOON}, {"since": late}] * 3)] == [1, 0] * 3


def test_values_go_in_as_sqlalchemy_puts_them(connection) -> None:
    at = connection.scalar(select(OutboxMessage.not_before))
    kept = KeptQuestion(
        select(OutboxMessage.id).where(
            OutboxMessage.not_before == bindparam("at"),
            OutboxMessage.state == bindparam("state"),
            OutboxMessage.not_before < datetime(2100, 1, 1, tzinfo=UTC),
        )
    )
    runs = [{"at": at, "state": MailState.WAITING}] * 3
    assert [len(rows) for rows in asked(kept, connection, *runs)] == [1, 1, 1]
    assert has_short_way(kept)


def test_a_value_that_stands_in_the_question_can_be_replaced(connection) -> None:
    kept = KeptQuestion(select(OutboxMessage.id).where(literal(1) == bindparam("wanted", 1)))
    runs = [{}, {}, {"wanted": 2}, {}, {"wanted": 1}]
    assert [len(rows) for rows in asked(kept, connection, *runs)] == [1, 1, 0, 1, 1]


def test_lists_that_come_with_each_run_may_have_any_length(connection) -> None:
    kept = KeptQuestion(select(OutboxMessage.id).where(OutboxMessage.state.in_(bindparam("states", expanding=True))))
    runs = [{"states": states} for states in ([MailState.WAITING], [], list(OPEN), [MailState.SENT])]
    assert [len(rows) for rows in asked(kept, connection, *runs)] == [1, 0, 1, 0]


def test_a_value_that_is_missing_is_refused_each_time(connection) -> None:
    kept = KeptQuestion(select(OutboxMessage.id).where(OutboxMessage.not_before > bindparam("since")))
    asked(kept, connection, *[{"since": NOON}] * 3)
    with pytest.raises(StatementError):
        kept.rows(connection, {})


def test_whoever_listens_hears_of_every_question(connection) -> None:
    kept = KeptQuestion(select(OutboxMessage.id))
    asked(kept, connection, {}, {}, {})
    heard: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        heard.append(statement)

    event.listen(connection.engine, "before_cursor_execute", note)
    try:
        asked(kept, connection, {}, {})
    finally:
        event.remove(connection.engine, "before_cursor_execute", note)
    assert len(heard) == 2


def test_what_the_driver_refuses_is_said_in_sqlalchemys_words(connection) -> None:
    kept = KeptQuestion(select(func.abs(bindparam("number", type_=BigInteger()))))
    assert asked(kept, connection, *[{"number": -3}] * 3)[-1] == [(3,)]
    with pytest.raises(DBAPIError):
        kept.rows(connection, {"number": -(2**63)})
