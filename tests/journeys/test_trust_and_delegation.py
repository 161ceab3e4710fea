"""Half a year with a vendor: trusted with more, a word broken and mended, and in the end what they can open taken back.

In a real browser; the server's clock is moved by the test. A colleague looks on who may not read everything.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine

from crm.core.unit_of_work import workspace_work
from crm.domain import decision_areas, trust_entries, vendors
from crm.domain.decision_areas import Agreement
from crm.domain.trust_entries import Quick
from crm.models.enums import Level, Stage, TokenScope
from crm.models.vendors import Vendor
from crm.models.vocabulary import word
from crm.models.workspaces import Membership
from tests.support.faketime import FakeTime
from tests.support.journeys import sign_in
from tests.support.people import Business
from tests.support.programs import API, token_for
from tests.support.serving import Server
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.journey

NAME, AREA, ACCESS = "Silas Brandt", "Publish posts", "The blog"
BEGINNING = date(2026, 4, 1)
WORKS = ("The spring guide", "Five gift ideas", "The care page", "The summer guide", "The wedding list")
EVERY, TAKES = 18, 8
"""So many days from one piece of work to the next, and from asking to delivery."""
RAISED = BEGINNING + timedelta(days=4 * EVERY + TAKES)
BROKEN, MENDED, KEPT_PRIVATE, PARTED = date(2026, 8, 3), date(2026, 8, 31), date(2026, 9, 10), date(2026, 9, 30)
BREACH = "Invoiced the wedding list twice, and said nothing when it was paid."
REPAIR = "Found the double invoice, rang, and paid it back."
SECRET = "Two posts were copied from another shop; I have not told anyone."
USUAL = 5.0
"""Seconds that Playwright waits for what it expects, unless told otherwise."""
BANNER = "Their word was broken, and nothing has mended it yet."


@dataclass(frozen=True)
class Silas:
    """The vendor: what he looks after, what he can open, and a program's token for each who asks about him."""

    id: int
    area_id: int
    tokens: dict[int, str]


@dataclass
class Reader:
    """Somebody's browser, and what it shows of the vendor."""

    page: Page
    server: Server
    person: Membership
    vendor: Silas

    def open(self, path: str) -> Page:
        """Opens a page; signs in where the sign-in is over."""
        answer = self.page.goto(self.server.url + path)
        if "/sign-in" in self.page.url:
            sign_in(self.page, self.server, self.person)
            answer = self.page.goto(self.server.url + path)
        assert answer is not None
        assert answer.ok, path
        return self.page

    def profile(self) -> Page:
        return self.open(f"/vendors/{self.vendor.id}")

    def board(self) -> Page:
        """What is handed over to the vendor."""
        return self.open(f"/vendors/{self.vendor.id}/delegation")

    def raising(self) -> Page:
        """Where the level of what is handed over is changed."""
        return self.open(f"/decision-areas/{self.vendor.area_id}/level")

    def trust(self) -> Page:
        return self.open(f"/vendors/{self.vendor.id}/trust")

    def card(self) -> Any:
        return self.open("/board").locator(f"#card-{self.vendor.id}")

    def figures(self) -> dict[str, str]:
        """The figure of the vendor's trust in each place that shows it."""
        card = self.card().locator(".trust b").inner_text()
        fact = self.profile().locator(".fact", has_text="Trust").first.locator(".big").inner_text()
        chart = self.trust().locator(".page-head .lead b").inner_text().split(",")[0]
        rows = list(csv.DictReader(self._fetch(f"/vendors/{self.vendor.id}/trust.csv").splitlines()))
        program = self.ask_api()
        return {
            "card": card,
            "page": fact,
            "chart": chart,
            "table": rows[-1]["Trust"],
            "api": f"{100 * program['headline']:.0f}",
        }

    def ask_api(self) -> dict[str, Any]:
        """What a program with this person's token reads."""
        token = self.vendor.tokens[self.person.id]
        answer = self.page.request.get(
            f"{self.server.url}{API}/vendors/{self.vendor.id}?include=trust",
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.ok, answer.text()
        found: dict[str, Any] = answer.json()["trust"]
        return found

    def says(self) -> str:
        """All the words of all the places that tell of the vendor's trust."""
        pages = (f"/vendors/{self.vendor.id}", f"/vendors/{self.vendor.id}/trust", "/board")
        words = [self.open(path).locator("main").inner_text() for path in pages]
        files = [self._fetch(f"/vendors/{self.vendor.id}/{name}.csv") for name in ("trust", "trust-entries")]
        # What stands ready for a card without its menu is text to a browser, with the form's token in it.
        return re.sub(r'value="[^"]*"', "", "\n".join([*words, *files, str(self.ask_api())]))

    def _fetch(self, path: str) -> str:
        answer = self.page.request.get(self.server.url + path)
        assert answer.ok, path
        return answer.text().removeprefix("\ufeff")


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Whatever is waited for may take as long as a busy machine needs."""
    expect.set_options(timeout=PATIENCE * 1000)
    yield
    expect.set_options(timeout=USUAL * 1000)


@pytest.fixture
def server(start_server: Callable[..., Server], fake_time: FakeTime) -> Server:
    """Good Terms on 1 April 2026."""
    fake_time.set(_morning(BEGINNING))
    return start_server(**fake_time.env, SCHEDULER="off")


@pytest.fixture
def vendor(engine: Engine, business: Business) -> Silas:
    """Active from the first day, with one thing to look after at level 4, and what it takes."""
    owner = business.owner
    with time_machine.travel(_morning(BEGINNING), tick=False):
        with workspace_work(engine, business.workspace.id) as session:
            silas = vendors.add(session, by=owner, name=NAME, stage=Stage.ACTIVE, owner_id=owner.user_id)
            agreed = Agreement(name=AREA, procedure="Draft on Monday, live on Thursday.")
            area = decision_areas.hand_over(silas, by=owner, level=Level.AGREE, agreed=agreed)
            decision_areas.give_access(
                silas, by=owner, what=ACCESS, granted_on=BEGINNING, area_id=area.id, owner_id=owner.user_id
            )
            vendor_id, area_id = silas.id, area.id
        tokens = {each.id: token_for(engine, each, TokenScope.READ) for each in (owner, business.member)}
    return Silas(vendor_id, area_id, tokens)


@pytest.fixture
def some_notes(engine: Engine, business: Business, vendor: Silas) -> None:
    """A word that was kept twice, and one that everybody knows was not."""
    with (
        time_machine.travel(_morning(BROKEN), tick=False),
        workspace_work(engine, business.workspace.id) as session,
    ):
        silas = session.get_one(Vendor, vendor.id)
        for quick in (Quick.ON_TIME, Quick.OWNED_A_MISTAKE, Quick.MISSED_SILENTLY):
            trust_entries.observe_quickly(silas, by=business.owner, quick=quick, occurred_on=BROKEN)


@pytest.fixture
def owner(page: Page, server: Server, business: Business, vendor: Silas) -> Reader:
    sign_in(page, server, business.owner)
    return Reader(page, server, business.owner, vendor)


@pytest.fixture
def colleague(new_context: Callable[..., BrowserContext], server: Server, business: Business, vendor: Silas) -> Reader:
    """A member of the team in a browser without script: all there is to read has to be there without."""
    page = new_context(java_script_enabled=False).new_page()
    return Reader(page, server, business.member, vendor)


def test_half_a_year(owner: Reader, colleague: Reader, fake_time: FakeTime) -> None:
    five_works_in_a_row(owner, fake_time)
    one_level_up(owner)

    fake_time.set(_morning(BROKEN))
    a_word_is_broken(owner)
    the_banner_stands_wherever_somebody_is_about_to_trust(owner, colleague)
    step_down(owner)

    fake_time.set(_morning(MENDED))
    a_repair_mends_it(owner)

    the_chart_tells_the_story(owner)
    the_chart_tells_the_story_without_script(colleague)


# Spring


def five_works_in_a_row(owner: Reader, fake_time: FakeTime) -> None:
    """Each handed out, delivered, accepted, and written into the trust notes with one tap."""
    for number, title in enumerate(WORKS):
        asked_on = BEGINNING + timedelta(days=number * EVERY)
        fake_time.set(_morning(asked_on))
        page = owner.open(f"/vendors/{owner.vendor.id}/works/new")
        page.get_by_label("What it is").fill(title)
        page.get_by_label("For what they look after").select_option(label=AREA)
        page.get_by_label("Agreed for").fill((asked_on + timedelta(days=10)).isoformat())
        page.get_by_role("button", name="Hand it out").click()
        expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
        work = page.url.removeprefix(owner.server.url)

        fake_time.set(_morning(asked_on + timedelta(days=TAKES)))
        owner.open(work)
        if number == 0:
            page.get_by_role("button", name="It came today").click()
            page.get_by_role("link", name="Accept", exact=True).click()
        else:
            page.get_by_role("link", name="It came, accept it").click()
        page.get_by_role("button", name="Accept", exact=True).click()
        expect(page.get_by_role("main")).to_contain_text("Accepted")
        owner.profile().get_by_role("button", name="Add it to the trust notes").first.click()
        expect(page.get_by_role("status").filter(has_text="Trust note added.")).to_be_visible()
        if number == len(WORKS) - 2:
            expect(owner.board().locator("[data-hint=level_up]")).to_have_count(0)


def one_level_up(owner: Reader) -> None:
    """The board suggests it, with what it rests on; a person does it, with a reason."""
    page = owner.board()
    hint = page.locator(f"#area-{owner.vendor.area_id} [data-hint=level_up]")
    expect(hint).to_contain_text("The last five were accepted without a change.")
    hint.locator("summary").click()
    expect(hint.locator(".rests-on li")).to_have_count(len(WORKS))
    hint.get_by_role("link", name=re.compile("^Move to 5")).click()
    expect(page.get_by_role("radio", name=f"5: {word(Level.ADVISE)}")).to_be_checked()
    page.get_by_role("textbox", name="Why").fill("Five posts in a row, and I read none of them first.")
    page.get_by_role("button", name="Save").click()
    area = page.locator(f"#area-{owner.vendor.area_id}")
    expect(area.locator(".duty-head")).to_contain_text(f"5 {word(Level.ADVISE)}")
    expect(page.locator("[data-hint=level_up]")).to_have_count(0)
    area.locator("summary", has_text="How it came to be").click()
    expect(area.locator(".entry").first).to_contain_text("I read none of them first.")


# Summer


def a_word_is_broken(owner: Reader) -> None:
    page = owner.profile()
    composer = page.get_by_role("form", name=re.compile("^Log something"))
    composer.get_by_text("Trust note", exact=True).click()
    composer.get_by_label("What happened").fill(BREACH)
    composer.get_by_role("group", name="What does it touch?").get_by_text("Keeps their word").click()
    composer.get_by_role("group", name="What did it do to your trust?").get_by_text("Much less", exact=True).click()
    composer.get_by_role("button", name="Log it").click()
    expect(page.locator(".notice", has_text=BANNER)).to_contain_text("Invoiced the wedding list twice")


def the_banner_stands_wherever_somebody_is_about_to_trust(owner: Reader, colleague: Reader) -> None:
    for reader in (owner, colleague):
        expect(reader.card()).to_contain_text("Their word was broken")
        for open_page in (reader.profile, reader.trust, reader.board, reader.raising):
            expect(open_page().locator(".notice.red", has_text=BANNER)).to_be_visible()
        assert reader.ask_api()["open_breach"] is True


def step_down(owner: Reader) -> None:
    """To 3 at most, for as long as nothing has mended it."""
    page = owner.board()
    hint = page.locator(f"#area-{owner.vendor.area_id} [data-hint=cap_after_breach]")
    expect(hint).to_contain_text(f"step back to “{word(Level.CONSULT)}”")
    hint.get_by_role("link", name=re.compile("^Move to 3")).click()
    expect(page.get_by_role("textbox", name="Why")).to_have_value(re.compile("Invoiced the wedding list twice"))
    page.get_by_role("button", name="Save").click()
    expect(page.locator(f"#area-{owner.vendor.area_id} .duty-head")).to_contain_text(f"3 {word(Level.CONSULT)}")
    expect(page.locator("[data-hint=cap_after_breach]")).to_have_count(0)


def a_repair_mends_it(owner: Reader) -> None:
    page = owner.profile()
    page.locator(".notice", has_text=BANNER).get_by_role("link", name="Record a repair").click()
    page.get_by_label("What happened").fill(REPAIR)
    page.get_by_role("group", name="How much does it weigh?").get_by_text("Major").click()
    page.get_by_role("button", name="Add trust note").click()
    expect(page.get_by_role("status").filter(has_text="Trust note added.")).to_be_visible()
    for open_page in (owner.profile, owner.trust, owner.board, owner.raising):
        expect(open_page().get_by_text(BANNER)).to_have_count(0)
    expect(owner.card()).not_to_contain_text("Their word was broken")
    assert owner.ask_api()["open_breach"] is False


# Autumn


@pytest.mark.usefixtures("some_notes")
def test_what_is_kept_private_moves_the_figure_of_its_author_alone(
    owner: Reader, colleague: Reader, fake_time: FakeTime
) -> None:
    fake_time.set(_morning(KEPT_PRIVATE))
    before, said = colleague.figures(), colleague.says()
    assert owner.figures() == before
    assert len(set(before.values())) == 1, before

    page = owner.open(f"/vendors/{owner.vendor.id}/trust-entries/new")
    page.get_by_label("What happened").fill(SECRET)
    page.get_by_role("group", name="What does it touch?").get_by_text("Keeps their word").click()
    page.get_by_role("group", name="Which way did it move your trust?").get_by_text("Trust down").click()
    page.get_by_role("group", name="How much does it weigh?").get_by_text("Notable").click()
    page.get_by_role("group", name="Who may read it").get_by_text("Only me").click()
    page.get_by_role("button", name="Add trust note").click()
    expect(page.get_by_role("status").filter(has_text="Trust note added.")).to_be_visible()

    own = owner.figures()
    assert len(set(own.values())) == 1, own
    assert int(own["page"]) < int(before["page"])
    expect(owner.trust().locator("main")).to_contain_text("Counts notes that only you can see.")
    assert owner.ask_api()["counts_private"] is True
    assert "copied from another shop" in owner.says()

    assert colleague.figures() == before
    assert colleague.says() == said
    assert colleague.ask_api()["counts_private"] is False


def the_chart_tells_the_story(owner: Reader) -> None:
    """Every mark has a number and, once focused, its words; the list beside it and the table say the same."""
    page = owner.trust()
    assert marks_of(page) == listed(page)
    assert {words.split()[0] for _, _, words in listed(page)} == {"figure", "up", "down"}
    for mark in page.locator(".chart a.mark").all():
        tip = mark.locator(".tip p")
        expect(tip).not_to_be_visible()
        mark.focus()
        expect(tip).to_be_visible()
        assert mark.locator(".tip b").inner_text() in str(mark.get_attribute("aria-label"))
    page.locator(".as-table summary").click()
    rows = page.locator(".as-table tbody tr")
    expect(rows).to_have_count(5)  # from the first note, in April, to August
    expect(rows.last).to_contain_text(page.locator(".page-head .lead b").inner_text().split(",")[0])


def the_chart_tells_the_story_without_script(colleague: Reader) -> None:
    page = colleague.trust()
    assert marks_of(page) == listed(page)
    expect(page.locator(".moved")).to_contain_text("Invoiced the wedding list twice")
    expect(page.locator(".moved")).to_contain_text(REPAIR)
    page.locator(".as-table summary").click()
    expect(page.locator(".as-table tbody tr").last).to_be_visible()


def marks_of(page: Page) -> list[tuple[str, str, str]]:
    """Number, address and effect of each mark, from left to right."""
    return [
        (number, str(mark.get_attribute("href")), mark.locator(".tip b").text_content() or "")
        for mark in page.locator(".chart a.mark").all()
        for number in [mark.locator(".mark-n").text_content() or ""]
        if str(mark.get_attribute("aria-label")).startswith(f"{number}: ")
    ]


def listed(page: Page) -> list[tuple[str, str, str]]:
    """The same from the list of what moved it, which begins with the latest."""
    return [
        (
            row.locator(".n").inner_text(),
            str(row.locator("a").get_attribute("href")),
            row.locator(".delta").inner_text(),
        )
        for row in reversed(page.locator(".moved > li").all())
    ]


def test_what_they_can_open_is_taken_back_once_they_leave(owner: Reader, fake_time: FakeTime) -> None:
    """Parked: the access becomes a list to work off, in Today each day until it is done."""
    fake_time.set(_morning(PARTED))
    page = owner.open(f"/vendors/{owner.vendor.id}/parking/new")
    page.get_by_text("They have no capacity").click()
    page.get_by_label("A date comes").fill("2027-03-01")
    page.get_by_role("button", name="Park for later").click()
    for day in (PARTED, PARTED + timedelta(days=10)):
        fake_time.set(_morning(day))
        row = owner.open("/today").locator(".row", has_text=ACCESS)
        expect(row).to_contain_text(NAME)
    row.get_by_role("link", name=re.compile("^Open")).click()
    access = page.locator("#access")
    expect(access.get_by_role("heading", name="1 access to take back")).to_be_visible()
    access.get_by_role("button", name=f"Taken back: {ACCESS}").click()
    expect(access.get_by_role("heading", name="1 access to take back")).to_have_count(0)
    expect(owner.open("/today").locator(".row", has_text=ACCESS)).to_have_count(0)


def _morning(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, 0, tzinfo=UTC)
