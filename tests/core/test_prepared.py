"""Statements that are handed to the driver as they are: the same answers as SQLAlchemy's way gives."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import bindparam, select, update

from crm.core.errors import OutsideWorkspace
from crm.core.prepared import Prepared
from crm.core.unit_of_work import installation_work, installation_works
from crm.models.enums import MailState
from crm.models.outbox import OutboxMessage
from crm.models.vendors import Vendor
from tests.support.letters import only, put_in

COLUMNS = (
    OutboxMessage.state,
    OutboxMessage.not_before,
    OutboxMessage.leased_until,
    OutboxMessage.has_secrets,
    OutboxMessage.content,
    OutboxMessage.facts,
    OutboxMessage.attempts,
)
NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)


def test_values_come_as_sqlalchemy_gives_them(engine, business) -> None:
    message = put_in(engine, business.owner, has_secrets=True, facts={"reminders": [1, 2]})
    statement = select(*COLUMNS).where(OutboxMessage.id == bindparam("its_id"))
    with installation_work(engine) as session:
        expected = session.execute(statement, {"its_id": message.id}).one()
        assert Prepared(statement).first(session.connection(), its_id=message.id) == tuple(expected)
        assert Prepared(statement).first(session.connection(), its_id=message.id + 1) is None


def test_values_go_in_as_sqlalchemy_puts_them(engine, business) -> None:
    put_in(engine, business.owner)
    change = Prepared(
        update(OutboxMessage)
        .where(OutboxMessage.state == MailState.WAITING, OutboxMessage.expires_at > bindparam("now"))
        .values(state=MailState.BEGUN, leased_until=bindparam("until"))
    )
    with installation_works(engine) as begin:
        with begin() as session:
            assert change.change(session.connection(), now=NOON, until=NOON + timedelta(seconds=60)) == 1
        with begin() as session:
            assert change.change(session.connection(), now=NOON, until=NOON) == 0
    assert (only(engine).state, only(engine).leased_until) == (MailState.BEGUN, NOON + timedelta(seconds=60))


def test_one_of_several_transactions_in_a_row_is_undone_alone(engine, business) -> None:
    put_in(engine, business.owner)
    change = Prepared(update(OutboxMessage).values(answer=bindparam("said")))
    with installation_works(engine) as begin:
        with begin() as session:
            change.change(session.connection(), said="first")
        with pytest.raises(RuntimeError):
            _fail_after(begin, lambda session: change.change(session.connection(), said="second"))
    assert only(engine).answer == "first"


def test_a_workspaces_table_is_refused(engine) -> None:
    for statement in (select(Vendor.id), update(Vendor).values(version=1)):
        with installation_work(engine) as session, pytest.raises(OutsideWorkspace):
            Prepared(statement).first(session.connection())


def test_a_missing_value_is_an_error(engine) -> None:
    statement = Prepared(select(OutboxMessage.id).where(OutboxMessage.id == bindparam("its_id")))
    with installation_work(engine) as session, pytest.raises(KeyError):
        statement.first(session.connection())


def _fail_after(begin, act) -> None:
    with begin() as session:
        act(session)
        raise RuntimeError
