"""The main job, whole: a business in Berlin parks the right partner at the wrong time, and six weeks later a letter
leads to a call and a referral.

In a real browser and with a real mail server on this machine; the server's clock is moved by the test.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine, text

from crm.core.tenancy import installation_session
from crm.domain import heartbeats
from crm.models.enums import MailState
from tests.support.faketime import FakeTime
from tests.support.letters import messages
from tests.support.people import PASSWORD
from tests.support.serving import Server, flask
from tests.support.shared_data import shared_folder
from tests.support.smtp_sink import SmtpSink
from tests.support.waiting import PATIENCE, eventually

pytestmark = [pytest.mark.bare, pytest.mark.journey]

MONDAY = date(2026, 10, 5)
NEXT = date(2026, 11, 16)
"""Six weeks later, and three after the end of daylight saving in Berlin."""
AFTER_THAT = date(2026, 12, 28)

BUSINESS, SLUG = "Spree & Söhne", "spree-sohne"
FIRST_NAME, OWNER, EMAIL = "Jette", "Jette Lorenz", "jette@spree.example"
HIRED, PARKED = "Booz Allen Hamilton, Inc.", "Ball Aerospace & Technologies Corporation"
"""Two of pool 1."""
USUAL = 5.0
"""Seconds that Playwright waits for what it expects, unless told otherwise."""
NEED = "Three short films for the waiting room"
SAID = "Two long shoots until November. Gayle likes the work."


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A person in Berlin."""
    return {**browser_context_args, "timezone_id": "Europe/Berlin"}


@pytest.fixture
def server(start_server: Callable[..., Server], fake_time: FakeTime, smtp_sink: SmtpSink) -> Server:
    """Good Terms on the morning of Monday 5 October 2026, with its scheduler, before anybody has set it up."""
    fake_time.set(datetime(2026, 10, 5, 8, 0, tzinfo=UTC))
    return start_server(**fake_time.env, SCHEDULER="on", TICK_SECONDS="1", SMTP_URL=smtp_sink.url, BASE_URL="{url}")


@pytest.fixture
def patient(page: Page) -> Iterator[Page]:
    """A tab in which whatever is waited for may take as long as a busy machine needs."""
    page.set_default_timeout(PATIENCE * 1000)
    expect.set_options(timeout=PATIENCE * 1000)
    yield page
    expect.set_options(timeout=USUAL * 1000)


def test_the_main_job(patient: Page, server: Server, engine: Engine, fake_time: FakeTime, smtp_sink: SmtpSink) -> None:
    page = patient
    set_up(page, server)
    import_pool_1_by_page(page)
    import_pool_2_by_command(server)
    hire(page, server)
    park_and_log(page, server)
    add_opening(page, server)
    is_planned_for(page, server, NEXT)

    letter = wait_for_the_morning(server, engine, fake_time, smtp_sink)
    done_from_the_letter(page, server, engine, letter)
    log_after_signing_in(page)
    is_planned_for(page, server, AFTER_THAT)
    refer(page)
    the_timeline_shows_it_all(page)
    is_still_the_only_letter(server, engine, fake_time, smtp_sink)


# Monday 5 October


def set_up(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.get_by_label("Business name").fill(BUSINESS)
    page.get_by_label("Your name").fill(OWNER)
    expect(page.get_by_label("Where you are")).to_have_value("Europe/Berlin")  # guessed by the browser
    page.get_by_label("Your e-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Who do you work with?")).to_be_visible()
    for offer in ("Add a vendor", "Import a list"):
        expect(page.get_by_role("link", name=offer)).to_be_visible()
    expect(page.get_by_role("button", name="Open the demo business")).to_be_visible()


def import_pool_1_by_page(page: Page) -> None:
    page.get_by_role("link", name="Import a list").click()
    page.locator("input[type=file]").set_input_files(pool("1"))
    page.get_by_role("button", name="Look at the file").click()
    page.get_by_role("button", name="Check for doubles").click()
    page.get_by_role("button", name=re.compile("^Import")).click()
    expect(page.get_by_role("heading", name="45 new vendors")).to_be_visible()
    page.get_by_label("Stay in touch").select_option("none")
    page.get_by_role("button", name="Set the rhythm").click()
    expect(page.get_by_role("heading", name="How often do you want to be in touch?")).to_have_count(0)


def import_pool_2_by_command(server: Server) -> None:
    file = str(pool("2"))
    done = flask("vendors", "import", file, "--business", SLUG, "--user", EMAIL, env=server.env)
    counts = json.loads(done.stdout)
    assert (counts["rows"], counts["failed"]) == (25, 0)
    assert counts["created"] + counts["updated"] + counts["unchanged"] == 25


def pool(number: str) -> Any:
    return shared_folder() / "vendors" / "us-gsa-oasis" / f"oasis-pool-{number}.csv"


def hire(page: Page, server: Server) -> None:
    """Prospect, trial task, active; with a trust note and something handed over on the way."""
    find(page, server, HIRED)
    move_to(page, "Trial task")
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("The trial task").fill("One page of the spring catalogue")
    sheet.get_by_label("Due on").fill("2026-10-09")
    sheet.get_by_role("button", name="Start the trial task").click()
    expect(stage(page)).to_contain_text("Trial task")

    composer = open_composer(page, "Trust note")
    composer.get_by_label("What happened").fill("Sent the page a day early and named two mistakes of ours.")
    composer.get_by_role("group", name="What does it touch?").get_by_text("Looks out for us").click()
    composer.get_by_role("group", name="What did it do to your trust?").get_by_text("More", exact=True).click()
    composer.get_by_role("button", name="Log it").click()
    expect(timeline(page)).to_contain_text("named two mistakes of ours")

    move_to(page, "Active")
    sheet = page.get_by_role("dialog")
    sheet.get_by_text("It worked", exact=True).click()
    sheet.get_by_role("button", name="Move to Active").click()
    expect(stage(page)).to_contain_text("Active")

    composer = open_composer(page, "Delegation note")
    composer.get_by_label("A new responsibility").fill("Publishing posts")
    composer.get_by_label("How far it is handed over").select_option("5")
    composer.get_by_role("button", name="Log it").click()
    expect(timeline(page)).to_contain_text("Publishing posts handed over: level 5")
    for words in (
        "Moved from Prospect to Trial task",
        "Trial task ended: it worked",
        "Moved from Trial task to Active",
    ):
        expect(timeline(page)).to_contain_text(words)


def park_and_log(page: Page, server: Server) -> None:
    """The right partner at the wrong time: full until spring, but worth a call every six weeks."""
    find(page, server, PARKED)
    page.locator("summary").filter(has_text=f"More about {PARKED}").click()
    page.get_by_role("link", name="Edit details").click()
    page.get_by_text("Pictures and film", exact=True).click()
    page.get_by_label("Product films").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name=PARKED, level=1)).to_be_visible()

    move_to(page, "Parked")
    sheet = page.get_by_role("dialog")
    sheet.get_by_text("They have no capacity").click()
    sheet.get_by_label("A date comes").fill("2027-03-01")
    sheet.get_by_label("Stay in touch").select_option("6 weeks")
    sheet.get_by_role("button", name="Park for later").click()
    expect(stage(page)).to_contain_text("Parked")

    composer = open_composer(page, "Call")
    composer.get_by_label("What happened").fill(SAID)
    composer.get_by_role("button", name="Log it").click()
    expect(timeline(page)).to_contain_text(SAID)


def add_opening(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/openings/new")
    page.get_by_label("Business").fill("Marram Dental")
    page.get_by_label("What they’re looking for").fill(NEED)
    kind = page.get_by_label("What kind of work")
    kind.select_option(kind.locator("option", has_text="Product films").get_attribute("value"))
    page.get_by_role("button", name=re.compile("Add")).click()
    expect(page.get_by_role("link", name=PARKED).first).to_be_visible()


def is_planned_for(page: Page, server: Server, day: date) -> None:
    """The vendor's page, the board and the parked say the same next check-in."""
    when = f"time[datetime='{day.isoformat()}']"
    page.goto(f"{server.url}/board")
    card = page.get_by_role("article").filter(has_text=PARKED)
    expect(card.locator(when)).to_be_visible()
    page.goto(f"{server.url}/parked")
    expect(page.get_by_role("listitem").filter(has_text=PARKED).locator(when)).to_be_visible()
    find(page, server, PARKED)
    expect(page.locator(".fact").filter(has_text="Next check-in").locator(when)).to_be_visible()


# Monday 16 November


def wait_for_the_morning(server: Server, engine: Engine, fake_time: FakeTime, smtp_sink: SmtpSink) -> Any:
    """Nothing at 06:59 UTC; the letter once it is 07:00, which is 8:00 in Berlin again."""
    early = datetime(2026, 11, 16, 6, 57, tzinfo=UTC)
    fake_time.set(early)
    ticks_pass(engine, since=early)
    fake_time.stop(datetime(2026, 11, 16, 6, 59, 59, tzinfo=UTC))
    flask("scheduler", "--once", env=server.env)
    assert messages(engine) == []
    assert smtp_sink.letters == []

    fake_time.set(datetime(2026, 11, 16, 7, 0, tzinfo=UTC))
    [letter] = smtp_sink.wait_for(1)
    assert letter.recipient == EMAIL
    assert letter.message["Date"].datetime.astimezone(UTC).date() == NEXT
    for kind in ("plain", "html"):
        words = " ".join(letter.text(kind).replace("&amp;", "&").split())
        for expected in (PARKED, "They have no capacity", SAID, "Marram Dental", NEED):
            assert expected in words
    return letter


def ticks_pass(engine: Engine, *, since: datetime, count: int = 3) -> None:
    """Waits until the scheduler has ticked several times since an instant of its own clock."""
    seen: set[datetime] = set()

    def enough() -> bool:
        with installation_session(engine, writing=False) as session:
            tick = heartbeats.last(session, heartbeats.TICK)
        if tick is not None and tick >= since:
            seen.add(tick)
        return len(seen) >= count

    eventually(enough, what=f"{count} ticks since {since}")


def is_still_the_only_letter(server: Server, engine: Engine, fake_time: FakeTime, smtp_sink: SmtpSink) -> None:
    evening = datetime(2026, 11, 16, 18, 0, tzinfo=UTC)
    fake_time.set(evening)
    ticks_pass(engine, since=evening)
    assert len(smtp_sink.letters) == 1
    assert [message.state for message in messages(engine)] == [MailState.SENT]


def done_from_the_letter(page: Page, server: Server, engine: Engine, letter: Any) -> None:
    """The sign-in of October is over. The link needs none; looking at it changes nothing, its button acts, once."""
    page.goto(f"{server.url}/today")
    expect(page.get_by_role("heading", name="Good to see you")).to_be_visible()

    [link] = re.findall(r"Done: (http\S+)", letter.text())
    assert link.startswith(f"{server.url}/")
    button = page.get_by_role("button", name="Done")
    for _again in range(2):
        page.goto(link)
        expect(page.get_by_role("heading", name=PARKED)).to_be_visible()
        expect(button).to_be_visible()
    assert due_on(engine, PARKED) == NEXT
    button.click()
    expect(page.get_by_role("status").filter(has_text="Done.")).to_contain_text("Next check-in: Mon 28 Dec")
    assert due_on(engine, PARKED) == AFTER_THAT

    page.goto(link)
    expect(page.get_by_role("status").filter(has_text="This is done already.")).to_contain_text(OWNER)
    expect(button).to_have_count(0)


def log_after_signing_in(page: Page) -> None:
    page.get_by_role("link", name=f"Open {PARKED}").click()
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name=PARKED)).to_be_visible()
    composer = open_composer(page, "Call")
    composer.get_by_label("What happened").fill("Free from March. Wants to meet the dentists.")
    composer.get_by_role("button", name="Log it").click()
    expect(timeline(page)).to_contain_text("Free from March.")


def refer(page: Page) -> None:
    page.get_by_role("link", name="Refer", exact=True).click()
    expect(page.get_by_label("This vendor").locator("option:checked")).to_have_text(PARKED)
    page.get_by_label("To this business").select_option(label="Marram Dental")
    page.get_by_label("Why they should meet").fill("They film without actors.")
    page.get_by_role("button", name="Prepare the letters").click()
    expect(page.get_by_role("heading", name=f"{PARKED} and Marram Dental")).to_be_visible()
    page.locator("summary").filter(has_text="Record what happened").click()
    page.get_by_role("combobox", name="What happened").select_option(label="Introduced")
    page.get_by_label("They told me by phone that both say yes").check()
    page.get_by_role("button", name="Record it").click()
    expect(page.locator(".page-head")).to_contain_text("Introduced")
    page.locator(".party").filter(has_text=PARKED).get_by_role("link").click()


def the_timeline_shows_it_all(page: Page) -> None:
    """Each thing with who did it and on which day."""
    for words, day in (
        ("was added", MONDAY),
        ("Moved from Prospect to Parked", MONDAY),
        ("Parked until", MONDAY),
        (SAID, MONDAY),
        ("Free from March.", NEXT),
        ("Marram Dental", NEXT),
    ):
        entry = timeline(page).locator("li.entry").filter(has_text=words).first
        expect(entry).to_contain_text(OWNER.split(maxsplit=1)[0])
        expect(entry.locator(f"time[datetime='{day.isoformat()}']")).to_be_visible()


# What is on the page


def find(page: Page, server: Server, name: str) -> None:
    """Goes to a vendor's page by the search box."""
    page.goto(f"{server.url}/board")
    box = page.get_by_role("searchbox")
    box.fill(name)
    box.press("Enter")
    page.get_by_role("main").get_by_role("link", name=name).first.click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def stage(page: Page) -> Locator:
    return page.locator(".stage-line summary")


def move_to(page: Page, name: str) -> None:
    """Opens what a move asks for, by the menu of stages."""
    stage(page).click()
    page.locator(".stage-line").get_by_role("link", name=re.compile(f"^{name}")).click()


def timeline(page: Page) -> Locator:
    return page.get_by_role("main").locator(".with-aside > div")


def open_composer(page: Page, kind: str) -> Locator:
    composer = page.get_by_role("form", name=re.compile("^Log something"))
    composer.get_by_text(kind, exact=True).click()
    return composer


def due_on(engine: Engine, name: str) -> date:
    statement = text("SELECT due_on FROM vendors WHERE name = :name")
    with installation_session(engine, writing=False) as session:
        return date.fromisoformat(str(session.execute(statement, {"name": name}).scalar_one()))
