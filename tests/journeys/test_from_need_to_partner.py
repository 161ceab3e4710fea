"""From a need to the right partner: three try on one brief, one is brought on, one parked, one declined kindly.

In a real browser, with a mail server that keeps what it is given; the server's clock is moved by the test.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from playwright.sync_api import BrowserContext, Locator, Page, expect
from sqlalchemy import Engine, select

from crm.core.unit_of_work import workspace_work
from crm.domain import criteria, people, stages, vendors
from crm.domain.trials import TrialTerms
from crm.models.categories import Category
from crm.models.enums import RatePeriod, Stage, Statement, TokenScope
from crm.models.needs import Need
from crm.models.trials import TrialBrief, TrialTask
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership
from tests.support.faketime import FakeTime
from tests.support.journeys import sign_in
from tests.support.people import Business
from tests.support.programs import API, token_for
from tests.support.serving import Server, flask
from tests.support.smtp_sink import Letter, SmtpSink
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.journey

BEGINNING = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)
CAME = datetime(2026, 10, 12, 9, 0, tzinfo=UTC)
DECIDED = datetime(2026, 10, 13, 9, 0, tzinfo=UTC)
RAISED = datetime(2027, 2, 1, 10, 0, tzinfo=UTC)
NEXT_MORNING = datetime(2027, 2, 2, 8, 30, tzinfo=UTC)
USUAL = 5.0
"""Seconds that Playwright waits for what it expects, unless told otherwise."""

PAGES, POSTS = "A website that converts", "Two posts a week that are answered"
WILLOW, JUNIPER, ROWAN, HAZEL = "Willow Web", "Juniper Sites", "Rowan Pages", "Hazel Web"
TASK, SMALL_TASK = "One landing page", "A page about care"
MUST = "Works on a phone"
SCORED = (("Quality", 3, False), ("Turnaround", 2, False), ("Sounds like us", 1, True))
"""What is scored, how often it counts, and whether it tells about fit."""
SCORES: dict[str, dict[str, tuple[int, int, int]]] = {
    WILLOW: {"owner": (5, 4, 4), "member": (4, 4, 5)},
    JUNIPER: {"owner": (4, 5, 3), "member": (4, 4, 4)},
    ROWAN: {"owner": (3, 3, 2), "member": (2, 4, 3)},
}
"""
Willow: 4.5, 4, 4.5, so (3 × 4.5 + 2 × 4 + 4.5) / 6 = 26 / 6 = 4.333.
Juniper: 4, 4.5, 3.5, so (12 + 9 + 3.5) / 6 = 4.083.
Rowan: 2.5, 3.5, 2.5, so (7.5 + 7 + 2.5) / 6 = 2.833.
"""
ALTOGETHER = {WILLOW: "4.3", JUNIPER: "4.1", ROWAN: "2.8"}
SECRET = "The headline is ours to the letter."
"""What the owner remarks; the colleague learns it once both have handed in."""
VALUES = ("Quality", "Communication", "Turnaround", "Cost", "Breadth")
RATINGS = {WILLOW: (5, 4, 2, 3, 3), JUNIPER: (3, 4, 5, 4, 4), ROWAN: (3, 3, 4, 4, 3)}
"""By ranked values: 4.013, 3.700 and 3.247, the third dominated by the second."""
ADDRESS = "Fern & Flint, 1 Harbour Street, Whitby"


@dataclass(frozen=True)
class Place:
    """The vendors by name, the category they stand in, another one, and a colleague's program."""

    ids: dict[str, int]
    web: int
    social: int
    token: str


@dataclass
class Reader:
    """Somebody's browser."""

    page: Page
    server: Server
    person: Membership

    def open(self, path: str) -> Page:
        """Opens a page; signs in where the sign-in is over."""
        self.page.goto(self.server.url + path)
        if "/sign-in" in self.page.url:
            sign_in(self.page, self.server, self.person, then=path)
        return self.page

    def main(self, path: str) -> Locator:
        return self.open(path).get_by_role("main")


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Whatever is waited for may take as long as a busy machine needs."""
    expect.set_options(timeout=PATIENCE * 1000)
    yield
    expect.set_options(timeout=USUAL * 1000)


@pytest.fixture
def server(start_server: Callable[..., Server], fake_time: FakeTime, smtp_sink: SmtpSink) -> Server:
    """Good Terms on Monday 5 October 2026. What its scheduler does, the test tells it to."""
    fake_time.set(BEGINNING)
    return start_server(**fake_time.env, SCHEDULER="off", SMTP_URL=smtp_sink.url, BASE_URL="{url}")


@pytest.fixture
def place(engine: Engine, business: Business) -> Place:
    """Four who build websites, one of them on a trial task that was said in a line; what is valued is ranked."""
    by = business.owner
    with time_machine.travel(BEGINNING, tick=False), workspace_work(engine, business.workspace.id) as session:
        named = {row.name: row.id for row in session.scalars(select(Category))}
        web, social = named["Web design"], named["Social media"]
        ids = {}
        for name in (WILLOW, JUNIPER, ROWAN, HAZEL):
            vendor = vendors.add(
                session,
                by=by,
                name=name,
                category_ids=[web],
                owner_id=by.user_id,
                currency="GBP",
                minimum_amount=150_000,
                minimum_period=RatePeriod.MONTH,
            )
            first = name.split()[0]
            people.add(vendor, by=by, name=f"{first} Marsh", emails=[f"{first.lower()}@web.example"])
            ids[name] = vendor.id
        small = TrialTerms(SMALL_TASK, CAME.date())
        stages.move(session.get_one(Vendor, ids[HAZEL]), by=by, to=Stage.TRIAL, trial=small)
        ranked = {row.name: row for row in criteria.ranked(session)}
        for name in ranked.keys() - set(VALUES):
            criteria.archive(ranked[name])
        criteria.rank(session, [ranked[name].id for name in VALUES])
    with time_machine.travel(BEGINNING, tick=False):
        token = token_for(engine, business.member, TokenScope.READ)
    return Place(ids, web, social, token)


@pytest.fixture
def owner(page: Page, server: Server, business: Business) -> Reader:
    page.set_default_timeout(PATIENCE * 1000)
    sign_in(page, server, business.owner)
    return Reader(page, server, business.owner)


@pytest.fixture
def colleague(new_context: Callable[..., BrowserContext], server: Server, business: Business) -> Reader:
    """A member of the team, in a browser without script."""
    page = new_context(java_script_enabled=False).new_page()
    page.set_default_timeout(PATIENCE * 1000)
    return Reader(page, server, business.member)


def test_from_a_need_to_the_right_partner(
    owner: Reader, colleague: Reader, place: Place, engine: Engine, fake_time: FakeTime, smtp_sink: SmtpSink
) -> None:
    the_check_says_start_small(owner)
    pages_come_before_posts(owner, place)
    three_get_the_same_brief(owner, place, engine)
    it_goes_out_from_here_and_by_hand(owner, engine, fake_time, smtp_sink)
    one_task_that_was_said_in_a_line_is_there_too(owner, engine)

    fake_time.set(CAME)
    all_three_deliver(owner, engine)
    two_score_blind(owner, colleague, place, engine)
    the_comparison_is_as_computed_by_hand(owner, colleague, engine)
    the_trade_offs_stand_in_words(owner, place)

    fake_time.set(DECIDED)
    one_is_brought_on(owner, engine)
    one_is_parked_because_the_budget_is_missing(owner, engine)
    one_is_declined_kindly(owner, engine, fake_time, smtp_sink)

    fake_time.set(RAISED)
    the_budget_is_raised(owner, engine)
    fake_time.set(NEXT_MORNING)
    the_next_morning_says_that_the_time_looks_right(owner, smtp_sink)


# October


def the_check_says_start_small(owner: Reader) -> None:
    """Fifteen statements partly written, and one in somebody's head: the weakest holds."""
    page = owner.open("/readiness/new")
    for statement in Statement:
        answer = 1 if statement is Statement.DELEGATION_DECISIONS else 2
        page.locator(f"label.choice:has(input[name={statement.value}][value='{answer}'])").click()
    page.get_by_role("button", name="See where you stand").click()
    expect(page.locator(".verdict").first).to_have_text("Start small")


def pages_come_before_posts(owner: Reader, place: Place) -> None:
    """Posts are wanted too, but what they would lead to is not there: the need says so."""
    page = owner.open("/needs/new")
    page.get_by_label("What is to be different").fill(PAGES)
    page.get_by_label("What kind of work").select_option(str(place.web))
    page.get_by_label("What they hand over").fill("Three pages, live.")
    page.locator("#budget").fill("800")
    page.get_by_label("How we’ll know that it is done").fill("One visitor in fifty writes to us.")
    page.get_by_role("button", name="Write it down").click()
    expect(page.get_by_role("heading", name=PAGES, level=1)).to_be_visible()
    page.get_by_role("combobox", name="Where it stands").select_option("defined")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".page-head")).to_contain_text("Defined since")

    page = owner.open("/needs/new")
    page.get_by_label("What is to be different").fill(POSTS)
    page.get_by_label("What kind of work").select_option(str(place.social))
    page.get_by_role("button", name="Write it down").click()
    page.get_by_text("Add something", exact=True).click()
    page.get_by_label("Or another need").select_option(label=PAGES)
    page.get_by_role("button", name="Add", exact=True).click()
    warning = page.locator(".notice", has_text="Something has to come first.")
    expect(warning).to_contain_text(f"{PAGES}. It is easier to buy once that is done.")


def three_get_the_same_brief(owner: Reader, place: Place, engine: Engine) -> None:
    chosen = "&".join(f"vendor={place.ids[name]}" for name in SCORES)
    page = owner.open(f"/trial-briefs/new?{chosen}&need={need_of(engine, PAGES).id}")
    page.locator("#title").fill(TASK)
    page.locator("#body").fill("One page for the unscented balm, in our voice.")
    for box in page.locator("input[id^=condition_new]").all():
        box.fill("")
    page.locator("#condition_new1").fill(MUST)
    page.locator("#paid").fill("300")
    for box in page.locator("input[id^=criterion_new]:not([type=checkbox])").all()[len(SCORED) :]:
        box.fill("")
    for box in page.locator("input[type=checkbox][id^=criterion_new]").all():
        box.uncheck()
    for number, (name, counts, is_fit) in enumerate(SCORED, start=1):
        page.locator(f"#criterion_new{number}").fill(name)
        page.locator(f"#criterion_new{number}_counts").select_option(str(counts))
        page.locator(f"#criterion_new{number}_fit").set_checked(is_fit)
    reviewers = page.get_by_role("group", name="Who scores what comes back")
    for name in ("Olive Owner", "Milo Member"):
        reviewers.get_by_label(name).check()
    for name in SCORES:
        page.get_by_role("group", name="Who gets it").get_by_label(name).check()
    page.locator("#due_on").fill(CAME.date().isoformat())
    page.get_by_role("button", name="Save the brief").click()
    expect(page.get_by_role("status").first).to_be_visible()
    assert sorted(tasks_of(engine)) == sorted(SCORES)
    assert need_of(engine, PAGES).status == "in_trial"


def it_goes_out_from_here_and_by_hand(owner: Reader, engine: Engine, fake_time: FakeTime, smtp_sink: SmtpSink) -> None:
    """One gets it by a letter, the others from somebody's own mail program. What is scored stays here."""
    for name, trial_id in tasks_of(engine).items():
        page = owner.open(f"/trials/{trial_id}/sending")
        if name == WILLOW:
            page.locator("#postal_address").fill(ADDRESS)
            page.get_by_role("button", name="Send to Willow").click()
        else:
            page.get_by_role("button", name="It is sent").click()
        expect(page.get_by_role("status").first).to_be_visible()
    fake_time.set(BEGINNING.replace(hour=11))
    [letter] = carried(owner, smtp_sink, to="willow@web.example")
    for kind in ("plain", "html"):
        assert "One page for the unscented balm" in letter.text(kind)
        assert "Sounds like us" not in letter.text(kind)


def one_task_that_was_said_in_a_line_is_there_too(owner: Reader, engine: Engine) -> None:
    """It stands in the same list, and has a brief of its own to be scored by."""
    expect(owner.main("/trials")).to_contain_text(SMALL_TASK)
    with workspace_work(engine, owner.person.workspace_id) as session:
        brief_id = session.scalars(select(TrialBrief.id).where(TrialBrief.title == SMALL_TASK)).one()
    main = owner.main(f"/trial-briefs/{brief_id}")
    for words in (HAZEL, "Instructions followed", "Problem solving"):
        expect(main).to_contain_text(words)


# A week later


def all_three_deliver(owner: Reader, engine: Engine) -> None:
    for name, trial_id in tasks_of(engine).items():
        page = owner.open(f"/trials/{trial_id}")
        page.get_by_role("button", name="It came today").click()
        expect(page.get_by_role("link", name="Score it")).to_be_visible()
        page.get_by_role("group", name=MUST).get_by_text("Not met" if name == ROWAN else "Met", exact=True).click()
        page.get_by_role("button", name="Save what is met").click()
        expect(page.get_by_role("status").first).to_be_visible()


def two_score_blind(owner: Reader, colleague: Reader, place: Place, engine: Engine) -> None:
    """Neither page nor program tells anybody what the first one saw, until the second is in too."""
    for name, trial_id in tasks_of(engine).items():
        score(owner, trial_id, SCORES[name]["owner"], remark=SECRET)
    scorecard = comparison(engine)
    for reader in (owner, colleague):
        main = reader.main(scorecard)
        expect(main.locator("tfoot tr").first.get_by_text("Hidden")).to_have_count(len(SCORES))
        assert SECRET not in main.inner_text()
        assert main.locator(".points, .total").count() == 0
    for trial_id in tasks_of(engine).values():
        hidden = ask_api(colleague, place, trial_id)
        assert (hidden["is_hidden"], hidden["reviews"], hidden["score"], hidden["fit"]) == (True, [], None, None)
    for name, trial_id in tasks_of(engine).items():
        score(colleague, trial_id, SCORES[name]["member"])
    assert ask_api(colleague, place, tasks_of(engine)[WILLOW])["score"] == 4.3333


def the_comparison_is_as_computed_by_hand(owner: Reader, colleague: Reader, engine: Engine) -> None:
    for reader in (owner, colleague):
        main = reader.main(comparison(engine))
        for name, altogether in ALTOGETHER.items():
            cells = main.locator(f"td[data-who='{name}']")
            expect(cells.locator(".total")).to_have_text(altogether)
            advice = main.locator(f"tr.advice td[data-who='{name}']")
            if name == ROWAN:
                expect(advice).to_contain_text(f"It must be met, and is not: {MUST}.")
            else:
                expect(advice).to_contain_text("Bring them on.")
        expect(main).to_contain_text(SECRET)
        expect(main.locator("th.lead-col")).to_contain_text(WILLOW)


def the_trade_offs_stand_in_words(owner: Reader, place: Place) -> None:
    for name, values in RATINGS.items():
        page = owner.open(f"/vendors/{place.ids[name]}/ratings")
        page.get_by_role("textbox", name="Occasion").fill(TASK)
        for criterion, value in zip(VALUES, values, strict=True):
            page.get_by_role("combobox", name=criterion).select_option(str(value))
        page.get_by_role("button", name="Note it").click()
        expect(page.get_by_role("heading", name="So far")).to_be_visible()
    chosen = "&".join(f"vendor={place.ids[name]}" for name in RATINGS)
    main = owner.main(f"/compare?{chosen}")
    expect(main.locator(".overall b.num")).to_have_text(["4.0", "3.7", "3.2"])
    for words in (
        f"{WILLOW} over {JUNIPER}: +2.0 Quality, −3.0 Turnaround, −1.0 Cost",
        f"{JUNIPER} is at least as good as {ROWAN} in everything, and better in something.",
        f"{WILLOW} stays first unless Communication comes before Quality: then it is {JUNIPER}.",
    ):
        expect(main).to_contain_text(words)


def one_is_brought_on(owner: Reader, engine: Engine) -> None:
    """The need stays open: there is work for two."""
    sheet = decide(owner, engine, f"Bring on {WILLOW}")
    expect(sheet).to_contain_text("Recommended: Bring them on.")
    expect(sheet.locator("#fills_need")).not_to_be_checked()
    sheet.locator("#rationale").fill("The best of the three, and quick to answer.")
    sheet.get_by_role("button", name="Decide", exact=True).click()
    expect(owner.page.get_by_role("heading", name=re.compile(f"^{WILLOW}: "), level=1)).to_be_visible()
    assert stage_of(owner, engine, WILLOW) is Stage.ACTIVE


def one_is_parked_because_the_budget_is_missing(owner: Reader, engine: Engine) -> None:
    sheet = decide(owner, engine, f"Park {JUNIPER}")
    sheet.get_by_text("We can’t afford them yet").click()
    sheet.locator("#until").fill("2027-06-01")
    sheet.locator("#rationale").fill("Good work; 1,500 a month is too much this year.")
    sheet.get_by_role("button", name="Decide", exact=True).click()
    expect(owner.page.get_by_role("heading", name=re.compile(f"^{JUNIPER}: "), level=1)).to_be_visible()
    assert stage_of(owner, engine, JUNIPER) is Stage.PARKED


def one_is_declined_kindly(owner: Reader, engine: Engine, fake_time: FakeTime, smtp_sink: SmtpSink) -> None:
    """The letter thanks them, and says nothing of what was noted here."""
    sheet = decide(owner, engine, f"Part ways with {ROWAN}")
    noted = "It breaks on every phone we have."
    sheet.locator("#rationale").fill(noted)
    sheet.get_by_role("button", name="Decide", exact=True).click()
    page = owner.page
    expect(page.get_by_role("heading", name=re.compile(f"^{ROWAN}: "), level=1)).to_be_visible()
    page.get_by_role("button", name="Send to Rowan").click()
    expect(page.get_by_role("status").filter(has_text="leaves in a moment")).to_be_visible()
    assert stage_of(owner, engine, ROWAN) is Stage.NOT_A_FIT

    fake_time.set(DECIDED.replace(hour=11))
    [letter] = carried(owner, smtp_sink, to="rowan@web.example")
    for kind in ("plain", "html"):
        words = letter.text(kind)
        assert "Rowan" in words
        assert "hank" in words
        for private in (noted, "2.8", SECRET, WILLOW, JUNIPER):
            assert private not in words
    assert ADDRESS.splitlines()[0] in letter.text()


# Months later


def the_budget_is_raised(owner: Reader, engine: Engine) -> None:
    page = owner.open(f"/needs/{need_of(engine, PAGES).id}/edit")
    page.locator("#budget").fill("1800")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name=PAGES, level=1)).to_be_visible()


def the_next_morning_says_that_the_time_looks_right(owner: Reader, smtp_sink: SmtpSink) -> None:
    expect(owner.main("/today").locator(".ripe", has_text=JUNIPER)).to_contain_text(PAGES)
    letters = carried(owner, smtp_sink, to=owner.person.user.email)
    [letter] = [each for each in letters if each.key.startswith("digest:")]
    assert letter.message["Date"].datetime.date() == NEXT_MORNING.date()
    assert letter.subject.endswith(f"the time looks right for {JUNIPER}")
    assert f"{JUNIPER}: A need has the budget for them: {PAGES}" in " ".join(letter.text().split())
    for words in (JUNIPER, "A need has the budget for them", PAGES):
        assert words in letter.text("html")


# Doing and asking


def decide(owner: Reader, engine: Engine, name: str) -> Locator:
    """Opens the sheet for one of the four answers about a vendor of the comparison."""
    page = owner.open(comparison(engine))
    page.get_by_role("link", name=name, exact=True).click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("button", name="Decide", exact=True)).to_be_visible()
    return sheet


def carried(owner: Reader, smtp_sink: SmtpSink, *, to: str) -> list[Letter]:
    """Lets the scheduler do what is due, and answers with what that brings to an address."""
    before = len(smtp_sink.letters)
    flask("scheduler", "--once", env=owner.server.env)
    return [each for each in smtp_sink.letters[before:] if each.recipient == to]


def score(reader: Reader, trial_id: int, values: tuple[int, ...], *, remark: str = "") -> None:
    page = reader.open(f"/trials/{trial_id}/review")
    for (criterion, _counts, _fit), value in zip(SCORED, values, strict=True):
        page.get_by_role("group", name=criterion).get_by_label(str(value), exact=True).check(force=True)
    if remark:
        page.get_by_label("Overall").fill(remark)
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_role("main")).not_to_contain_text("Hand in")


def ask_api(reader: Reader, place: Place, trial_id: int) -> dict[str, Any]:
    """What a program of the colleague's reads of a trial task."""
    answer = reader.page.request.get(
        f"{reader.server.url}{API}/trial-tasks/{trial_id}", headers={"Authorization": f"Bearer {place.token}"}
    )
    assert answer.ok, answer.text()
    found: dict[str, Any] = answer.json()
    return found


def need_of(engine: Engine, outcome: str) -> Need:
    with workspace_work(engine, 1) as session:
        return session.scalars(select(Need).where(Need.outcome == outcome)).one()


def comparison(engine: Engine) -> str:
    """The address of the three side by side."""
    with workspace_work(engine, 1) as session:
        return f"/trial-briefs/{session.scalars(select(TrialBrief.id).where(TrialBrief.title == TASK)).one()}"


def tasks_of(engine: Engine) -> dict[str, int]:
    """The trial tasks about the brief, by the vendor's name."""
    with workspace_work(engine, 1) as session:
        rows = select(Vendor.name, TrialTask.id).join(TrialTask, TrialTask.vendor_id == Vendor.id)
        return {row.name: row.id for row in session.execute(rows.where(TrialTask.what == TASK))}


def stage_of(owner: Reader, engine: Engine, name: str) -> Stage:
    with workspace_work(engine, owner.person.workspace_id) as session:
        return session.scalars(select(Vendor.stage).where(Vendor.name == name)).one()
