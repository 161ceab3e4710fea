"""What every test can ask for. Where things come from stands in tests/support."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import hypothesis
import pytest
import time_machine
from argon2 import PasswordHasher
from flask import Flask
from playwright.sync_api import BrowserContext, ConsoleMessage, Page
from sqlalchemy import Engine

from crm.core.settings import Settings, load
from crm.core.tenancy import WorkspaceSession
from crm.core.unit_of_work import workspace_work
from crm.domain import passwords
from crm.models.workspaces import Membership
from tests.support import counting, people, postgres
from tests.support.applications import Applications
from tests.support.browsing import Browser
from tests.support.databases import PostgresDatabases, SqliteDatabases, open_engine
from tests.support.faketime import LIBRARIES, FakeTime
from tests.support.people import TIME_ZONE, Business
from tests.support.serving import Server
from tests.support.smtp_sink import SmtpSink

SECRET_KEY = "for tests alone: it signs nothing that anybody keeps"
BASE_URL = "http://crm.example.org"
IS_CI = os.environ.get("CI", "").lower() in ("1", "true")

# The machine's own zone decides nothing, and this one, three quarters of an hour off, shows it where it does.
os.environ["TZ"] = "Pacific/Chatham"
time.tzset()

# Examples are the same in each run, and the speed of the machine is no property of the product.
hypothesis.settings.register_profile("house", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=["sqlite", "postgresql", "both"],
        default="both",
        help="run the tests that need a database on this one only",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs each test that needs a database on both; what a real browser shows is looked at on one, journeys aside."""
    if "database" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--database")
        if metafunc.definition.get_closest_marker("sqlite"):
            kinds = ["sqlite"]
        elif chosen == "both":
            is_look = "page" in metafunc.fixturenames and metafunc.definition.get_closest_marker("journey") is None
            kinds = ["sqlite"] if is_look else ["sqlite", "postgresql"]
        else:
            kinds = [chosen]
        metafunc.parametrize("database", kinds, indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what drives a browser, so that `-m "not browser"` leaves it out.

    On a busy machine a browser may take a key before it has moved the focus: what fails in one is tried once more, and
    the report names it. What fails twice has failed.
    """
    for item in items:
        if "page" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where changes are accepted nothing may be skipped: a test that did not run has shown nothing."""
    reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if IS_CI and skipped and session.exitstatus == pytest.ExitCode.OK:
        reporter.write_line(f"CI is set, and {len(skipped)} skipped: that is a failure.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session", autouse=True)
def light_passwords() -> Iterator[PasswordHasher]:
    """In this process a password costs next to no work, since thousands of tests sign in. Yields the real hasher."""
    real = passwords._hasher
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield real


# Databases


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    """Where SQLite files for tests come from."""
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_databases() -> Iterator[PostgresDatabases]:
    """Where PostgreSQL databases for tests come from."""
    try:
        with postgres.running_server() as server:
            databases = PostgresDatabases(server)
            yield databases
            databases.drop_all()
    except postgres.NoPostgres as reason:
        pytest.skip(str(reason))


@pytest.fixture
def postgres_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's own programs on the path, of the version of the server that tests run."""
    folder = postgres.binaries()
    if folder is not None:
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    """An instance folder of its own."""
    folder = tmp_path / "instance"
    folder.mkdir()
    return folder


@pytest.fixture
def is_peopled(request: pytest.FixtureRequest) -> bool:
    """Whether Fern & Flint has been set up: not in tests marked `bare`, which begin with an empty database."""
    return request.node.get_closest_marker("bare") is None


@pytest.fixture
def database(request: pytest.FixtureRequest, instance: Path, is_peopled: bool) -> Iterator[str]:
    """The address of a fresh database, SQLite and PostgreSQL in turn, with the people in it."""
    if request.param == "sqlite":
        files: SqliteDatabases = request.getfixturevalue("sqlite_databases")
        copy = files.copy(instance, peopled=is_peopled)
    else:
        server: PostgresDatabases = request.getfixturevalue("postgres_databases")
        is_alone = request.node.get_closest_marker("alone") is not None
        copy = server.copy(peopled=is_peopled, alone=is_alone)
    with copy as url:
        yield url


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """The program's engine on that database."""
    engine = open_engine(database)
    yield engine
    engine.dispose()


@pytest.fixture
def business(engine: Engine) -> Business:
    """Fern & Flint: workspace, owner, admin, member, viewer, and a stranger who owns another business."""
    return people.business(engine)


@pytest.fixture
def inside(engine: Engine) -> Callable[[Business | Membership], AbstractContextManager[WorkspaceSession]]:
    """`with inside(business) as session:` is one writing transaction in the business, committed at its end."""

    @contextmanager
    def open_inside(place: Business | Membership) -> Iterator[WorkspaceSession]:
        workspace_id = place.workspace_id if isinstance(place, Membership) else place.workspace.id
        with workspace_work(engine, workspace_id) as session:
            yield session

    return open_inside


@pytest.fixture
def count_queries() -> Callable[..., AbstractContextManager[counting.Statements]]:
    """`with count_queries() as statements:` collects them; an engine may be named."""
    return counting.count_queries


# The application


@pytest.fixture
def settings_with(instance: Path, database: str) -> Callable[..., Settings]:
    """Settings as the environment would give them: settings_with(SMTP_URL=sink.url)."""

    def make(**environment: str) -> Settings:
        basis = {
            "INSTANCE_DIR": str(instance),
            "DATABASE_URL": database,
            "SECRET_KEY": SECRET_KEY,
            "BASE_URL": BASE_URL,
            "SCHEDULER": "off",
        }
        return load({**basis, **environment})

    return make


@pytest.fixture
def settings(settings_with: Callable[..., Settings]) -> Settings:
    """The usual settings: links lead to crm.example.org, no mail server, no scheduler."""
    return settings_with()


@pytest.fixture(scope="session")
def applications() -> Applications:
    """Where applications for tests come from."""
    return Applications()


@pytest.fixture
def make_app(applications: Applications) -> Iterator[Callable[[Settings], Flask]]:
    """The application for settings of one's own; its connections are closed in the end."""
    with ExitStack() as lent:
        yield lambda settings: lent.enter_context(applications.lend(settings))


@pytest.fixture
def app(make_app: Callable[[Settings], Flask], settings: Settings) -> Flask:
    """The application, for the usual settings."""
    return make_app(settings)


@pytest.fixture
def nobody(app: Flask) -> Browser:
    """The browser of somebody who is not signed in."""
    return Browser(app)


@pytest.fixture
def browser_of(app: Flask) -> Callable[[Membership], Browser]:
    """browser_of(business.viewer) is a browser in which that person has signed in."""
    return lambda person: Browser(app).sign_in(person)


@pytest.fixture
def client(browser_of: Callable[[Membership], Browser], business: Business) -> Browser:
    """The owner's browser, signed in."""
    return browser_of(business.owner)


# Time


@pytest.fixture
def clock_at() -> Iterator[Callable[..., None]]:
    """clock_at("2026-10-05 09:00", "Europe/London") stops the clock there; again moves it on."""
    journeys: list[time_machine.travel] = []

    def travel(moment: str, zone: str = TIME_ZONE) -> None:
        while journeys:
            journeys.pop().stop()
        instant = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone)).astimezone(ZoneInfo("UTC"))
        journey = time_machine.travel(instant.timestamp(), tick=False)
        journey.start()
        journeys.append(journey)

    yield travel
    while journeys:
        journeys.pop().stop()


@pytest.fixture
def fake_time(tmp_path: Path) -> FakeTime:
    """Another time for another process."""
    if not LIBRARIES:
        pytest.skip("faketime is not installed")
    return FakeTime(tmp_path)


# Mail


@pytest.fixture
def smtp_sink() -> Iterator[SmtpSink]:
    """A mail server that keeps what it is given."""
    sink = SmtpSink()
    sink.start()
    yield sink
    sink.stop()


# The program as a process, and a real browser


@pytest.fixture
def start_server(instance: Path, database: str) -> Iterator[Callable[..., Server]]:
    """Starts `flask serve` on the test's database with further settings: start_server(SMTP_URL=smtp_sink.url).

    Another command may be named: start_server("scheduler").
    """
    servers: list[Server] = []

    def start(*command: str, **settings: str) -> Server:
        server = Server(instance, *command, **{"DATABASE_URL": database, **settings})
        servers.append(server)
        return server.start()

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def live_server(start_server: Callable[..., Server]) -> Server:
    """Good Terms running by itself, with the people in it (unless the test is marked `bare`)."""
    return start_server()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium: Playwright's own is not downloaded."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("Chromium is not installed")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": found, "args": arguments}


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A person in London."""
    return {**browser_context_args, "locale": "en-GB", "timezone_id": TIME_ZONE}


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab of a real browser. What a script throws, or the content policy refuses, fails the test."""
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        is_refusal = message.text.startswith("Failed to load resource") and " 4" in message.text
        if message.type == "error" and not (is_refusal and "/static/" not in message.location["url"]):
            complaints.append(message.text)

    page = context.new_page()
    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    # A browser that is too busy to draw how one page turns into the next says so; no script of ours has a part in it.
    complaints = [words for words in complaints if not words.startswith("Transition was ")]
    assert complaints == []
