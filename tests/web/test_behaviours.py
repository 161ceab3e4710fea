"""What scripts add, in a real browser, on small pages made of the real components."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, redirect, render_template_string, request
from flask_wtf import CSRFProtect
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from crm.forms.base import Form, Mark
from crm.queries.news import Waiting
from crm.web import assets, headers, templating

ROOT = Path(__file__).resolve().parents[2]
HEAD = """{% extends "layouts/app.html" %}
{% from "components/parts.html" import move_list, snooze %}
{% from "components/forms.html" import act, choices, csrf, error_summary %}
{% block title %}Test{% endblock %}{% block main %}
"""
FORM = """<h1>Log something</h1>
<form class="form" method="post" action="/log" novalidate>
  {{ csrf() }}
  {% if mistake %}
  <div class="error-summary" tabindex="-1" data-behaviour="focus"><a href="#what">{{ mistake }}</a></div>
  {% endif %}
  <label for="what">What</label><input id="what" name="what">
  <button class="btn primary">Log it</button><a href="/today" data-close>Cancel</a>
</form>
"""
CHECK = """<h1>How ready are you?</h1>
<form class="form" method="post" action="/check" novalidate data-behaviour="answered"
  data-one="One thing to put right" data-many="{num} things to put right">
  {{ csrf() }}{{ error_summary(form, labelled=True) }}
  <p><span data-answered data-words="{some} of {all} answered"></span><svg><rect data-answered-bar></rect></svg></p>
  {% for box in form if box.name != "csrf_token" %}{{ choices(box) }}{% endfor %}
  <button>See</button>
</form>
"""
SIGN_IN = """<h1>Sign in</h1><form method="post"><button>Sign in</button></form>"""
TODAY = """<h1>Today</h1>
<ul>
  {% for name in ("Wren", "Loom") %}
  <li class="row" data-keys="row"><a class="row-name" href="/log">{{ name }}</a>
    {{ snooze("/done", name, [("week", "1 week", day)], day) }}{{ act("/done", "Done", key="d") }}</li>
  {% endfor %}
</ul>
<form class="composer" method="post" action="/log" data-behaviour="draft" data-draft="here">
  {{ csrf() }}
  <textarea id="say" name="what" aria-label="What happened" data-behaviour="mentions"
    data-mentions="Nadia,Priya"></textarea>
  <button>Send</button>
</form>
"""
BOARD = """<h1>Board</h1>
<div class="board" data-behaviour="board">
  {% for stage in ("prospect", "active", "parked") %}
  <section class="column" id="{{ stage }}"><h2>{{ stage }}</h2><ul class="cards">
    {% if stage == place %}
    <li class="card" id="card-7" data-keys="card"><h3><a class="card-name" href="/log">Wren</a></h3>
      <details class="menu"><summary aria-keyshortcuts="m">Ways</summary><div class="menu-list">
        {{ move_list([("prospect", "Prospect", "/move", false), ("active", "Active", "/move", false),
           ("parked", "Parked", "/log", true)]) }}
      </div></details></li>
    {% endif %}
  </ul></section>
  {% endfor %}
</div>
"""


ANSWERS = [SelectChoice("0", "Not started"), SelectChoice("3", "Used")]


class ThreeMarks(Form):
    """Three questions."""

    money = Mark("What it may cost.", choices=ANSWERS)
    time = Mark("Who has the time.", choices=ANSWERS)
    access = Mark("Whose keys they are.", choices=ANSWERS)


def unanswered() -> ThreeMarks:
    """The questions, sent without an answer."""
    form = ThreeMarks(None)
    for box in (form.money, form.time, form.access):
        box.errors = ["Choose one of the four."]
    return form


@dataclass
class Shop:
    """The small application, and what it was told."""

    url: str = ""
    place: str = "prospect"
    told: list[dict[str, str]] = field(default_factory=list)
    refuses: bool = False
    is_door_shut: bool = False


def build(shop: Shop) -> Flask:
    app = Flask("behaviours", static_folder=None, template_folder=str(ROOT / "templates"))
    app.config["SECRET_KEY"] = "for these pages alone"
    CSRFProtect(app)
    templating.install(app)
    headers.install(app, SimpleNamespace(is_https=False))  # type: ignore[arg-type]
    assets.install(app)
    templating.install_drawings(app)
    person = SimpleNamespace(id=1, name="Nadia Okafor", initials="NO", tint=1, shortcuts=True)
    place = SimpleNamespace(id=1, name="Fern & Flint")

    def show(text: str, status: int = 200, **values: Any) -> tuple[str, int]:
        person.shortcuts = "quiet" not in request.args
        visit = SimpleNamespace(
            person=person,
            workspace=place,
            workspaces=[place],
            visitor=SimpleNamespace(memberships=[place]),
            waiting=Waiting(todo=2),
            trouble="",
            may=lambda _act: True,
        )
        page = render_template_string(
            HEAD + text + "{% endblock %}", visit=visit, day=date(2026, 11, 24), locale_tag="en-GB", **values
        )
        return page, status

    @app.get("/today", endpoint="today.show")
    def today() -> tuple[str, int]:
        said = {"words": "Logged.", "undo_url": "", "tone": "", "arrived": request.args.get("said", "")}
        return show(TODAY, toasts=[said] if "said" in request.args else [])

    @app.get("/board", endpoint="board.show")
    def board() -> tuple[str, int]:
        return show(BOARD, place=shop.place)

    @app.get("/log", endpoint="interactions.new")
    def ask() -> tuple[str, int]:
        return show(FORM, mistake="")

    @app.post("/log")
    def log() -> tuple[str, int] | Response:
        if shop.is_door_shut:
            return show(SIGN_IN, status=401)
        shop.told.append(request.form.to_dict())
        return (
            redirect(f"/today?said={request.form.get('draft', '')}")
            if request.form["what"]
            else show(FORM, status=422, mistake="Say what happened")
        )

    app.add_url_rule("/check", view_func=lambda: show(CHECK, form=unanswered()), endpoint="check")

    @app.post("/done")
    def done() -> Response:
        shop.told.append(request.form.to_dict())
        return redirect("/today?said=1")

    @app.post("/move")
    def move() -> tuple[str, int] | Response:
        if shop.refuses:
            return show("<p>Somebody was quicker.</p>", status=409)
        shop.place = request.form["stage"]
        return redirect("/board")

    return app


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    server = make_server("127.0.0.1", 0, build(shop), threaded=True)
    shop.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield shop
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def today(page: Page, shop: Shop) -> Page:
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{shop.url}/today")
    return page


@pytest.fixture
def board(page: Page, shop: Shop) -> Page:
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{shop.url}/board")
    return page


def test_the_chosen_appearance_is_kept_on_this_device(today: Page) -> None:
    today.locator("summary.me").click()
    today.get_by_role("button", name="Dark").click()
    today.reload()
    assert today.locator("html").get_attribute("data-theme") == "dark"


def test_escape_closes_a_menu_and_gives_the_focus_back(today: Page) -> None:
    today.locator("summary.me").focus()
    today.keyboard.press("Enter")
    today.keyboard.press("ArrowDown")
    expect(today.locator(".menu[open] :focus")).to_have_count(1)
    today.keyboard.press("Escape")
    expect(today.locator(".menu[open]")).to_have_count(0)
    expect(today.locator("summary.me")).to_be_focused()


def test_rows_are_walked_and_done_by_keys(today: Page, shop: Shop) -> None:
    today.keyboard.press("j")
    expect(today.get_by_role("link", name="Wren")).to_be_focused()
    today.keyboard.press("j")
    today.keyboard.press("s")
    expect(today.locator(".row .menu[open]")).to_have_count(1)
    today.keyboard.press("Escape")
    today.keyboard.press("d")
    expect(today.locator(".toast")).to_have_text("Logged.")
    assert len(shop.told) == 1


def test_single_keys_never_act_inside_a_box(today: Page) -> None:
    today.locator("#say").focus()
    today.keyboard.type("glad?")
    expect(today.locator("dialog[open]")).to_have_count(0)
    assert today.locator("#say").input_value() == "glad?"


def test_single_keys_can_be_switched_off(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.url}/today?quiet=1")
    page.keyboard.press("?")
    page.keyboard.press("l")
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_g_and_a_letter_goes_places(today: Page) -> None:
    today.keyboard.press("g")
    today.keyboard.press("b")
    expect(today.get_by_role("heading", name="Board", level=1)).to_be_visible()


def test_a_sheet_sends_its_form_and_shows_the_next_page(today: Page, shop: Shop) -> None:
    today.keyboard.press("l")
    sheet = today.locator("dialog.fetched")
    expect(sheet.get_by_label("What")).to_be_focused()
    sheet.get_by_label("What").fill("Spoke to Wren")
    sheet.get_by_role("button", name="Log it").click()
    expect(today.locator(".toast")).to_have_text("Logged.")
    expect(sheet).to_have_count(0)
    assert [told["what"] for told in shop.told] == ["Spoke to Wren"]


def test_a_mistake_comes_back_into_the_sheet(today: Page) -> None:
    today.keyboard.press("l")
    today.get_by_role("button", name="Log it").click()
    expect(today.locator("dialog .error-summary")).to_be_focused()
    expect(today.locator("dialog .error-summary")).to_have_text("Say what happened")


def test_closing_a_sheet_gives_the_focus_back(today: Page) -> None:
    today.get_by_role("link", name="Log", exact=True).click()
    expect(today.locator("dialog[open]")).to_have_count(1)
    today.get_by_role("link", name="Cancel").click()
    expect(today.locator("dialog[open]")).to_have_count(0)
    expect(today.get_by_role("link", name="Log", exact=True)).to_be_focused()


def test_a_sign_in_that_was_over_is_shown_and_not_lost_in_the_sheet(today: Page, shop: Shop) -> None:
    today.keyboard.press("l")
    today.get_by_label("What", exact=True).fill("Spoke to Wren")
    shop.is_door_shut = True
    today.get_by_role("button", name="Log it").click()
    expect(today.get_by_role("heading", name="Sign in", level=1)).to_be_visible()


def test_what_could_not_be_sent_stays_in_the_sheet(browser: Browser, shop: Shop) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{shop.url}/today")
    page.keyboard.press("l")
    box = page.get_by_label("What", exact=True)
    box.fill("Spoke to Wren")
    context.set_offline(True)
    page.get_by_role("button", name="Log it").click()
    expect(page.locator("dialog .toast.red")).to_contain_text("offline")
    expect(box).to_have_value("Spoke to Wren")
    context.close()


def test_a_draft_is_kept_until_it_was_sent(today: Page, shop: Shop) -> None:
    today.locator("#say").fill("Half a thought")
    today.reload()
    expect(today.locator("#say")).to_have_value("Half a thought")
    today.locator("#say").press("Control+Enter")
    expect(today.locator(".toast")).to_have_text("Logged.")
    expect(today.locator("#say")).to_have_value("")
    assert shop.told[0]["what"] == "Half a thought"


def test_an_at_sign_offers_the_team(today: Page) -> None:
    today.locator("#say").press_sequentially("Ask @p")
    expect(today.get_by_role("option")).to_have_text(["Priya"])
    today.keyboard.press("Enter")
    expect(today.locator("#say")).to_have_value("Ask @Priya ")


def test_a_toast_leaves_after_ten_seconds_unless_it_is_looked_at(page: Page, shop: Shop) -> None:
    page.clock.install()
    page.goto(f"{shop.url}/today?said=1")
    page.locator(".toast").hover()
    page.clock.run_for(15_000)
    expect(page.locator(".toast")).to_have_count(1)
    page.mouse.move(5, 5)
    page.clock.run_for(11_000)
    expect(page.locator(".toast")).to_have_count(0)


def test_a_card_is_dragged_to_another_column(board: Page, shop: Shop) -> None:
    board.drag_and_drop("#card-7 .card-name", "#active h2")
    expect(board.locator("#active #card-7 .card-name")).to_be_focused()
    expect(board.locator(".toast")).to_have_text("Wren moved to active.")
    assert shop.place == "active"


def test_a_card_is_moved_by_its_menu_and_by_keys(board: Page, shop: Shop) -> None:
    board.locator(".card-name").focus()
    board.keyboard.press("m")
    board.keyboard.press("2")
    expect(board.locator("#active #card-7 .card-name")).to_be_focused()
    assert shop.place == "active"


def test_a_refused_move_goes_back_and_says_why(board: Page, shop: Shop) -> None:
    shop.refuses = True
    board.drag_and_drop("#card-7 .card-name", "#active h2")
    expect(board.locator(".toast.red")).to_have_text("Somebody was quicker.")
    expect(board.locator("#prospect #card-7")).to_have_count(1)


def test_a_move_that_asks_first_is_settled_only_by_its_form(board: Page, shop: Shop) -> None:
    board.drag_and_drop("#card-7 .card-name", "#parked h2")
    expect(board.locator("dialog.fetched[open]")).to_have_count(1)
    board.keyboard.press("Escape")
    expect(board.locator("#prospect #card-7")).to_have_count(1)
    assert shop.told == []


def test_a_form_is_sent_once_however_often_it_is_pressed(today: Page, shop: Shop) -> None:
    today.keyboard.press("l")
    today.get_by_label("What", exact=True).fill("Spoke to Wren")
    today.evaluate(
        "() => { const form = document.querySelector('dialog form.form'); form.requestSubmit(); form.requestSubmit() }"
    )
    expect(today.locator(".toast")).to_have_text("Logged.")
    assert len(shop.told) == 1


def test_without_script_every_act_still_works(browser: Browser, shop: Shop) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{shop.url}/board")
    page.locator("summary", has_text="Ways").click()
    page.get_by_role("button", name="Active").click()
    expect(page.locator("#active #card-7")).to_have_count(1)
    page.locator("summary.me").click()
    expect(page.get_by_text("Appearance")).to_be_hidden()
    context.close()


def test_an_answer_takes_its_mistake_away_and_its_line_on_top(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.url}/check")
    summary = page.locator(".error-summary")
    for left, question in ((2, "What it may cost."), (1, "Whose keys they are.")):
        group = page.get_by_role("group", name=question)
        expect(group.locator(".error")).to_have_text("Choose one of the four.")
        group.get_by_label("Used").check()
        expect(group.locator(".error")).to_have_count(0)
        expect(group.locator("[aria-invalid]")).to_have_count(0)
        assert group.get_attribute("aria-describedby") is None, "it leads nowhere"
        expect(summary.locator("li")).to_have_count(left)
        expect(summary).not_to_contain_text(question)
        expect(summary.locator("h2")).to_have_text(
            f"{left} things to put right" if left > 1 else "One thing to put right"
        )
    expect(page.locator("fieldset.bad")).to_have_count(1)
    page.get_by_role("group", name="Who has the time.").get_by_label("Not started").check()
    expect(summary).to_have_count(0)
    expect(page.get_by_text("3 of 3 answered")).to_be_visible()
