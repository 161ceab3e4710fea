"""Morning letters where many processes run at once, some of which die: each letter arrives, and once.

The clock is the processes' own, and the test moves it. The mail server is real, and on this machine.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
import time_machine
from sqlalchemy import Engine, select

from crm.core.dates import CadenceUnit
from crm.core.tenancy import installation_session
from crm.core.unit_of_work import installation_work, workspace_work
from crm.domain import accounts, heartbeats, interactions, parkings, promises, vendors
from crm.domain.rhythms import Rhythm
from crm.models.enums import CadenceChoice, InteractionKind, MailState, ParkingReason, PromiseKind, Stage
from crm.models.outbox import OutboxMessage
from crm.models.workspaces import Membership
from tests.support.faketime import FakeTime
from tests.support.letters import messages, put_in
from tests.support.people import PASSWORD
from tests.support.serving import Server, flask
from tests.support.smtp_sink import STAGES, SmtpSink
from tests.support.waiting import eventually

pytestmark = [pytest.mark.bare, pytest.mark.journey]

PARKED_AT = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
EIGHT_IN_BERLIN = datetime(2026, 11, 16, 7, 0, tzinfo=UTC)
"""Six weeks later, and three after the end of daylight saving."""


@pytest.fixture
def owner(engine: Engine) -> Membership:
    """Somebody in Berlin, on 5 October. A studio is parked then, for six weeks."""
    with time_machine.travel(PARKED_AT, tick=False), installation_work(engine) as session:
        return accounts.set_up(
            session,
            business="Spree & Co",
            owner_name="Jette Lorenz",
            email="jette@spree.example",
            password=PASSWORD,
            time_zone="Europe/Berlin",
        )


@pytest.fixture
def studio(engine: Engine, owner: Membership) -> str:
    """A studio that was parked for capacity on that day, and spoken with: due on 16 November. Its name."""
    with time_machine.travel(PARKED_AT, tick=False), workspace_work(engine, owner.workspace_id) as session:
        studio = vendors.add(session, by=owner, name="Northlight Studio", stage=Stage.ACTIVE)
        parkings.park(
            studio,
            by=owner,
            reason=ParkingReason.AT_CAPACITY,
            until=date(2027, 3, 1),
            rhythm=Rhythm(CadenceChoice.OWN, 6, CadenceUnit.WEEKS),
        )
        interactions.log(studio, by=owner, kind=InteractionKind.CALL, occurred_on=PARKED_AT.date())
        assert studio.due_on == EIGHT_IN_BERLIN.date()
    return "Northlight Studio"


@pytest.fixture
def promised(engine: Engine, owner: Membership) -> list[str]:
    """Three vendors, to each of whom something is promised: on 16, 17 and 18 November. Their names."""
    names = ["Havel Bookkeeping", "Panke Films", "Wuhle Packaging"]
    with time_machine.travel(PARKED_AT, tick=False), workspace_work(engine, owner.workspace_id) as session:
        for place, name in enumerate(names):
            vendor = vendors.add(session, by=owner, name=name, cadence_choice=CadenceChoice.NONE)
            due_on = EIGHT_IN_BERLIN.date() + timedelta(days=place)
            promises.make(vendor, by=owner, kind=PromiseKind.OURS, due_on=due_on, what="Send the figures")
    return names


@pytest.fixture
def common(fake_time: FakeTime, smtp_sink: SmtpSink) -> dict[str, str]:
    """What all processes are started with, some minutes before eight in Berlin."""
    fake_time.set(EIGHT_IN_BERLIN - timedelta(minutes=20))
    return {
        **fake_time.env,
        "SMTP_URL": smtp_sink.url,
        "BASE_URL": "http://crm.example.org",
        "TICK_SECONDS": "1",
        "LEASE_SECONDS": "2",
    }


@pytest.fixture
def schedulers(start_server: Callable[..., Server], common: dict[str, str], owner: Membership) -> list[Server]:
    """Two schedulers."""
    started = [start_server("scheduler", **common) for _ in range(2)]
    for each in started:
        is_ticking(each)
    return started


def is_ticking(scheduler: Server) -> None:
    """Waits for what a scheduler says when its timer has begun."""
    eventually(lambda: scheduler.said().count("The scheduler ticks") > 0, what="a scheduler")


def revive(scheduler: Server) -> None:
    """Starts a scheduler that has died."""
    scheduler.log.unlink()
    scheduler.start()
    is_ticking(scheduler)


def ticks_pass(engine: Engine, count: int = 3) -> None:
    """Waits until that many ticks have been done from now on, by whichever scheduler."""
    seen: set[datetime | None] = set()

    def enough() -> bool:
        with installation_session(engine, writing=False) as session:
            seen.add(heartbeats.last(session, heartbeats.TICK))
        return len(seen) > count

    eventually(enough, what=f"{count} ticks")


def once(env: dict[str, str], *, processes: int = 1) -> None:
    """Runs `flask scheduler --once`, in several processes at the same time, to the end."""
    with ThreadPoolExecutor(processes) as pool:
        list(pool.map(lambda _place: flask("scheduler", "--once", env=env), range(processes)))


@pytest.mark.parametrize("preload", ["", "--preload"], ids=["loaded in each", "preloaded"])
def test_four_web_processes_two_schedulers_and_the_reloader_send_each_letter_once(
    preload: str,
    start_server: Callable[..., Server],
    owner: Membership,
    schedulers: list[Server],
    common: dict[str, str],
    studio: str,
    engine: Engine,
    fake_time: FakeTime,
    smtp_sink: SmtpSink,
) -> None:
    """The web processes bring a third scheduler, and the reloader is two processes on one program."""
    web = start_server(**common, WEB_WORKERS="4", GUNICORN_CMD_ARGS=preload)
    start_server("run", "--debug", **common)
    with time_machine.travel(EIGHT_IN_BERLIN - timedelta(hours=1), tick=False):
        for number in range(40):
            put_in(engine, owner, key=f"letter:{number}")
    smtp_sink.wait_for(40)
    ticks_pass(engine)
    fake_time.stop(EIGHT_IN_BERLIN - timedelta(seconds=1))
    once(web.env)
    assert {message.key for message in messages(engine)} == {f"letter:{number}" for number in range(40)}

    fake_time.set(EIGHT_IN_BERLIN)
    once(web.env, processes=2)
    *others, letter = smtp_sink.wait_for(41)
    assert len({other.key for other in others}) == 40
    assert letter.subject == f"1 due today: {studio}"

    for scheduler in schedulers:
        scheduler.kill()
        revive(scheduler)
    fake_time.set(EIGHT_IN_BERLIN + timedelta(hours=2))
    once(web.env)
    ticks_pass(engine)
    assert smtp_sink.letters == [*others, letter]
    assert {message.state for message in messages(engine)} == {MailState.SENT}


def test_a_scheduler_that_dies_while_it_sends_neither_loses_nor_doubles_a_letter(
    promised: list[str],
    schedulers: list[Server],
    engine: Engine,
    fake_time: FakeTime,
    smtp_sink: SmtpSink,
) -> None:
    """Each morning the one that has the letter in hand is killed at another point of its talk with the mail server."""
    for place, (stage, name) in enumerate(zip(STAGES, promised, strict=True)):
        morning = EIGHT_IN_BERLIN + timedelta(days=place)
        dead: list[Server] = []
        smtp_sink.answer(stage, partial(_kill_who_sends, engine, schedulers, dead))
        fake_time.set(morning)
        eventually(lambda dead=dead: dead, what=f"the letter to be at {stage}")
        smtp_sink.answer(stage, None)
        eventually(partial(_is_given_up, engine, place), what="the other one to find that the first is gone")
        assert len(smtp_sink.letters) == place

        fake_time.set(morning + timedelta(minutes=5))
        letters = smtp_sink.wait_for(place + 1)
        assert name in letters[-1].text()
        revive(dead[0])
    ticks_pass(engine)
    assert len({letter.key for letter in smtp_sink.letters}) == len(smtp_sink.letters) == len(promised)


def _kill_who_sends(engine: Engine, schedulers: list[Server], dead: list[Server], _address: str) -> str:
    """Takes the life of the process whose claim is in the outbox. What it is answered, it does not hear any more."""
    with installation_session(engine, writing=False) as session:
        claim = select(OutboxMessage.claimed_by).where(OutboxMessage.state == MailState.BEGUN)
        pid = int(str(session.scalars(claim).one()).split(":")[1])
    holder = next(each for each in schedulers if each.pid == pid)
    holder.kill()
    dead.append(holder)
    return "451 Come back later"


def _is_given_up(engine: Engine, place: int) -> bool:
    found = messages(engine)
    return len(found) == place + 1 and found[-1].state is MailState.UNKNOWN
