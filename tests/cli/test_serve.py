"""The program as people start it: real processes."""

import json
import os
import signal
import sqlite3
import urllib.error
import urllib.request
from contextlib import closing

import psutil
import pytest

from tests.support.serving import environment, flask, free_port
from tests.support.waiting import eventually


def ask(url: str) -> tuple[int, dict]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def ready(server) -> dict | None:
    try:
        status, report = ask(f"{server.url}/readyz")
    except OSError:
        return None
    return report if status == 200 else None


@pytest.mark.bare
def test_the_first_start_makes_everything_and_tells_the_code(live_server) -> None:
    report = eventually(lambda: ready(live_server), what="the scheduler's first tick")
    assert report["migrations"]["ok"]
    assert report["scheduler"]["last_tick"]
    counts = {"waiting": 0, "oldest_seconds": None, "failed": 0, "held": 0}
    assert report["outbox"] == {**counts, "server_failing_since": None}
    said = live_server.said()
    assert f"Good Terms is at {live_server.url}" in said
    assert "asks for this code: " in said


def test_it_ends_cleanly_when_asked_to(start_server) -> None:
    server = start_server()
    assert server.stop() == 0
    assert "Traceback" not in server.said()


def test_a_second_signal_disturbs_nothing(start_server) -> None:
    server = start_server()
    os.kill(server.pid, signal.SIGTERM)
    assert server.stop() == 0
    assert "Traceback" not in server.said()


def test_a_restart_on_the_same_port_works(live_server) -> None:
    live_server.restart()
    assert ask(f"{live_server.url}/healthz") == (200, {"status": "ok"})


def test_a_port_that_is_taken_is_said_in_one_line(live_server) -> None:
    done = flask("serve", env={**live_server.env}, check=False)
    assert done.returncode == 1
    assert "cannot listen on 127.0.0.1" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_scheduler_it_answers_and_says_that_it_is_not_ready(start_server) -> None:
    server = start_server(SCHEDULER="off")
    status, report = ask(f"{server.url}/readyz")
    assert (status, report["scheduler"]) == (503, {"ok": False, "last_tick": None})
    flask("scheduler", "--once", env=server.env)
    assert ask(f"{server.url}/readyz")[0] == 200


def test_several_workers_share_one_scheduler_which_is_replaced_when_it_dies(start_server) -> None:
    server = start_server(WEB_WORKERS="2", TICK_SECONDS="1")
    eventually(lambda: ready(server), what="the scheduler's first tick")
    [first] = _schedulers(server)
    first.kill()
    eventually(lambda: [s for s in _schedulers(server) if s.pid != first.pid], what="another scheduler")
    family = psutil.Process(server.pid).children(recursive=True)
    assert server.stop() == 0
    assert not any(_lives(child) for child in family)


def test_killed_it_leaves_no_worker_behind(start_server) -> None:
    server = start_server(WEB_WORKERS="2")
    family = psutil.Process(server.pid).children(recursive=True)
    assert server.kill() == -signal.SIGKILL
    eventually(lambda: not any(_lives(child) for child in family), what="the others to end")


def _schedulers(server) -> list[psutil.Process]:
    children = psutil.Process(server.pid).children()
    return [child for child in children if _lives(child) and "scheduler" in child.cmdline()]


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_database_of_an_older_schema_is_copied_before_it_is_migrated(instance) -> None:
    env = environment(instance)
    flask("db", "upgrade", env=env)
    with closing(sqlite3.connect(instance / "goodterms.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'long ago'")
        connection.commit()
    done = flask("scheduler", "--once", env=env, check=False)
    [copy] = (instance / "backups").glob("before-*.db")
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("long ago",)
    assert "is copied to" in done.stdout


def test_the_outbox_is_listed_for_scripts(start_server, smtp_sink) -> None:
    server = start_server(SCHEDULER="off")
    assert json.loads(flask("outbox", "--json", env=server.env).stdout) == []
    assert flask("outbox", "--state", "waiting", env=server.env).stdout == ""
    assert flask("outbox", "--state", "bogus", env=server.env, check=False).returncode == 2


def test_a_setting_that_cannot_be_used_stops_the_start_with_one_line(instance) -> None:
    done = flask("serve", env=environment(instance, PORT=str(free_port()), TICK_SECONDS="often"), check=False)
    assert done.returncode != 0
    assert "TICK_SECONDS" in done.stderr
