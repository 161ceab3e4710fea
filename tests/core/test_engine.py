"""How transactions begin on SQLite: one writes at a time, and who waits has a turn as soon as there is one."""

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from crm.core import engine as engines
from crm.core.engine import open_engine

pytestmark = pytest.mark.sqlite


@pytest.fixture
def other(database):
    engine = open_engine(database)
    yield engine
    engine.dispose()


def test_who_comes_second_writes_as_soon_as_the_first_is_done(engine, other) -> None:
    written = []

    def write(by, what: str) -> None:
        with by.begin() as connection:
            connection.execute(text("CREATE TABLE IF NOT EXISTS written (what TEXT)"))
            written.append(what)

    second = threading.Thread(target=write, args=(other, "second"))
    with engine.begin() as connection:
        second.start()
        second.join(0.2)
        connection.execute(text("CREATE TABLE IF NOT EXISTS written (what TEXT)"))
        written.append("first")
    second.join()
    assert written == ["first", "second"]


def test_who_waited_in_vain_is_told_so_and_waits_as_long_the_next_time(engine, other, monkeypatch) -> None:
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MS", 50)
    with engine.begin(), pytest.raises(OperationalError, match="locked"), other.begin():
        pass
    with other.begin() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 50
