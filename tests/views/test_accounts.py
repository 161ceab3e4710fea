"""The door: the first visit, signing in and out, and what was typed when a sign-in was over."""

import re

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import expect

from crm.core.unit_of_work import installation_work
from crm.domain import setup_code
from crm.domain.attempts import SHORT_ATTEMPTS
from crm.queries import members
from tests.support.browsing import Browser, soup, words
from tests.support.people import PASSWORD

FROM_ELSEWHERE = {"environ_base": {"REMOTE_ADDR": "192.168.1.44"}}

OWNER = {
    "business": "Wren & Daughters",
    "name": "Wanda Wren",
    "email": "wanda@wren.example",
    "password": PASSWORD,
    "time_zone": "Europe/Berlin",
}


def same_origin():
    return {"headers": {"Sec-Fetch-Site": "same-origin"}}


def other_site():
    return {"headers": {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}}


def hidden_fields(answer, action):
    """What the form that leads to an address would send."""
    form = soup(answer).find("form", action=action)
    assert form is not None, f"no form leads to {action}"
    return {box["name"]: box["value"] for box in form.find_all("input", type="hidden")}


def expire(browser):
    """The browser forgets its sign-in, as it does after fourteen days."""
    browser.client.delete_cookie("goodterms")


class TestTheFirstVisit:
    pytestmark = pytest.mark.bare

    def test_begins_with_the_set_up(self, nobody):
        assert nobody.get("/").location == "/set-up"
        assert nobody.get("/sign-in").location == "/set-up"
        assert "What is your business called?" in words(nobody.get("/set-up"), "h1")

    def test_sets_up_signs_in_and_offers_ways_to_begin(self, nobody):
        nobody.get("/set-up")
        answer = nobody.post("/set-up", **OWNER)
        assert (answer.status_code, answer.location) == (303, "/welcome")
        assert "Who do you work with?" in words(nobody.follow(answer), "h1")
        assert nobody.get("/").location == "/today"

    def test_guesses_the_time_zone_and_lets_it_be_corrected(self, nobody):
        box = soup(nobody.get("/set-up")).select_one("select[name=time_zone]")
        assert box["data-behaviour"] == "timezone"
        assert box.find("option", value="Pacific/Chatham") is not None

    def test_keeps_what_was_typed_and_says_what_is_missing(self, nobody):
        nobody.get("/set-up")
        answer = nobody.post("/set-up", **{**OWNER, "business": "", "password": "short"})
        assert answer.status_code == 422
        assert "Type your business’s name." in words(answer, ".error-summary")
        assert soup(answer).select_one("input[name=name]")["value"] == "Wanda Wren"
        answer = nobody.post("/set-up", **{**OWNER, "password": "short"})
        assert "Use at least 10 characters." in words(answer, ".error-summary")
        answer = nobody.post("/set-up", **{**OWNER, "business": " \u200b", "password": "short"})
        said = words(answer, ".error-summary")
        assert "Type your business’s name." in said
        assert "Use at least 10 characters." in said
        assert "short" not in answer.text.replace("shortcuts", "")

    def test_happens_once(self, nobody, app):
        nobody.get("/set-up")
        nobody.post("/set-up", **OWNER)
        other = Browser(app)
        assert other.get("/set-up").location == "/sign-in"
        other.get("/sign-in")
        answer = other.post("/set-up", **{**OWNER, "email": "second@wren.example"})
        assert answer.location == "/sign-in"
        other.get("/sign-in")
        assert other.post("/sign-in", email="second@wren.example", password=PASSWORD).status_code == 422

    def test_from_another_machine_needs_the_code_of_the_console(self, nobody, engine):
        with installation_work(engine) as session:
            code = setup_code.issue(session)
        assert "One-time code" in words(nobody.get("/set-up", **FROM_ELSEWHERE))
        assert nobody.post("/set-up", options=FROM_ELSEWHERE, **OWNER).status_code == 422
        assert nobody.post("/set-up", options=FROM_ELSEWHERE, code="abcd-efgh-jkmn", **OWNER).status_code == 422
        assert nobody.post("/set-up", options=FROM_ELSEWHERE, code=code, **OWNER).location == "/welcome"

    def test_through_a_proxy_on_this_machine_counts_as_another_machine(self, nobody):
        nobody.get("/set-up")
        answer = nobody.post("/set-up", options={"headers": {"X-Forwarded-For": "203.0.113.9"}}, **OWNER)
        assert answer.status_code == 422
        assert "One-time code" in words(answer)

    def test_on_this_machine_asks_for_no_code(self, nobody):
        assert "One-time code" not in words(nobody.get("/set-up"))


class TestSigningIn:
    def test_leads_to_today_or_to_the_page_that_was_asked_for(self, nobody, business):
        assert nobody.get("/settings?from=mail").location == "/sign-in?next=/settings?from%3Dmail"
        page = nobody.get("/sign-in?next=/settings?from%3Dmail")
        wanted = hidden_fields(page, "/sign-in")["next"]
        answer = nobody.post("/sign-in", email="owner@fern.example", password=PASSWORD, next=wanted)
        assert answer.location == "/settings?from=mail"
        assert nobody.get("/sign-in").location == "/today"

    @pytest.mark.parametrize(
        "target",
        [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "///evil.example",
            "https:///evil.example",
            "/%2F/evil.example",
            "/\t/evil.example",
            "javascript:alert(1)",
            "/no/such/page",
            "/sign-out",
            "team",
        ],
    )
    def test_leads_nowhere_but_to_pages_of_ours(self, nobody, business, target):
        page = nobody.get("/sign-in", query_string={"next": target})
        assert "next" not in hidden_fields(page, "/sign-in")
        answer = nobody.post("/sign-in", email="owner@fern.example", password=PASSWORD, next=target)
        assert answer.location == "/today"

    def test_says_the_same_for_a_wrong_password_and_for_nobody(self, nobody, business):
        nobody.get("/sign-in")
        wrong = nobody.post("/sign-in", email="owner@fern.example", password="not this one")
        unknown = nobody.post("/sign-in", email="nobody@fern.example", password="not this one")
        assert (wrong.status_code, unknown.status_code) == (422, 422)
        assert words(wrong, ".error-summary") == words(unknown, ".error-summary")
        assert "not this one" not in wrong.text

    def test_is_slowed_down_with_429_and_says_for_how_long(self, nobody, business, clock_at):
        clock_at("2026-10-05 09:00")
        nobody.get("/sign-in")
        for _attempt in range(SHORT_ATTEMPTS):
            assert nobody.post("/sign-in", email="owner@fern.example", password="wrong").status_code == 422
        answer = nobody.post("/sign-in", email="owner@fern.example", password=PASSWORD)
        assert answer.status_code == 429
        assert 290 <= int(answer.headers["Retry-After"]) <= 301
        assert "Too many attempts. Try again in" in words(answer, ".error-summary")

    def test_works_on_a_known_device_while_others_guess(self, client, nobody, business, clock_at):
        clock_at("2026-10-05 09:00")
        client.get("/settings")
        client.post("/sign-out")
        nobody.get("/sign-in")
        for _attempt in range(SHORT_ATTEMPTS + 1):
            last = nobody.post("/sign-in", email="owner@fern.example", password="wrong")
        assert last.status_code == 429
        client.get("/sign-in")
        assert client.post("/sign-in", email="owner@fern.example", password=PASSWORD).status_code == 303

    def test_gives_the_browser_a_new_session(self, nobody, business):
        nobody.get("/sign-in")
        before = nobody.client.get_cookie("goodterms").value
        nobody.post("/sign-in", email="owner@fern.example", password=PASSWORD)
        first = nobody.client.get_cookie("goodterms").value
        nobody.get("/settings")
        nobody.post("/sign-in", email="owner@fern.example", password=PASSWORD)
        nobody.client.set_cookie("goodterms", first)
        assert before != first
        assert nobody.get("/settings").status_code == 303

    def test_cookies_are_kept_from_scripts_and_other_sites(self, nobody, business):
        nobody.get("/sign-in")
        answer = nobody.post("/sign-in", email="owner@fern.example", password=PASSWORD)
        cookies = answer.headers.getlist("Set-Cookie")
        assert len(cookies) == 2
        assert all("HttpOnly" in cookie and "SameSite=Lax" in cookie for cookie in cookies)

    @pytest.mark.parametrize(("stay", "outlives_the_browser"), [({"stay": "y"}, True), ({}, False)])
    def test_lasts_beyond_the_browser_only_where_that_was_ticked(self, nobody, business, stay, outlives_the_browser):
        assert "checked" in nobody.get("/sign-in").text
        answer = nobody.post("/sign-in", email="owner@fern.example", password=PASSWORD, **stay)
        [cookie] = [cookie for cookie in answer.headers.getlist("Set-Cookie") if cookie.startswith("goodterms=")]
        assert ("Expires" in cookie) is outlives_the_browser
        assert nobody.get("/settings").status_code == 200

    def test_over_https_cookies_are_bound_to_the_host(self, make_app, settings_with, business):
        browser = Browser(make_app(settings_with(BASE_URL="https://crm.example.org")))
        answer = browser.client.get("/sign-in", base_url="https://crm.example.org")
        [cookie] = answer.headers.getlist("Set-Cookie")
        assert cookie.startswith("__Host-goodterms=")
        assert "Secure" in cookie
        assert answer.headers["Strict-Transport-Security"]


class TestSigningOut:
    def test_ends_the_session_also_for_a_copied_cookie(self, client):
        copied = client.client.get_cookie("goodterms").value
        client.get("/settings")
        assert client.post("/sign-out").location == "/sign-in"
        assert client.get("/settings").status_code == 303
        client.client.set_cookie("goodterms", copied)
        assert client.get("/settings").status_code == 303

    def test_happens_by_itself_after_fourteen_idle_days_and_never_while_one_comes_back(
        self, browser_of, business, clock_at
    ):
        clock_at("2026-10-01 09:00")
        idle, busy = browser_of(business.owner), browser_of(business.owner)
        clock_at("2026-10-10 09:00")
        assert busy.get("/settings").status_code == 200
        clock_at("2026-10-16 09:00")
        assert idle.get("/settings").status_code == 303
        assert busy.get("/settings").status_code == 200

    def test_the_cookie_is_dated_anew_once_an_hour(self, browser_of, business, clock_at):
        clock_at("2026-10-01 09:00")
        browser = browser_of(business.owner)
        browser.get("/settings")
        clock_at("2026-10-01 09:59")
        assert "Set-Cookie" not in browser.get("/settings").headers
        clock_at("2026-10-01 10:00")
        assert "Set-Cookie" in browser.get("/settings").headers
        assert "Set-Cookie" not in browser.get("/settings").headers

    def test_happens_after_sixty_days_however_busy(self, browser_of, business, clock_at):
        clock_at("2026-10-01 09:00")
        browser = browser_of(business.owner)
        for day in ("2026-10-12", "2026-10-23", "2026-11-03", "2026-11-14", "2026-11-25"):
            clock_at(f"{day} 09:00")
            assert browser.get("/settings").status_code == 200
        clock_at("2026-11-30 09:00")
        assert browser.get("/settings").status_code == 303


class TestWhatWasTyped:
    """A sign-in that was over, or a page open too long, loses nothing."""

    NAMES = {"name": "Olive O. Owner", "time_zone": "Europe/London", "locale": "en-GB", "shortcuts": "y"}
    PATH = "/settings/profile"

    def test_comes_back_after_the_sign_in_and_is_sent_by_a_button(self, client, business, engine):
        client.get("/settings")
        expire(client)
        asked = client.post(self.PATH, options=same_origin(), **self.NAMES)
        assert asked.status_code == 401
        assert "what you typed is back" in words(asked, ".notice")
        carried = hidden_fields(asked, "/sign-in")
        assert "Olive O. Owner" in carried["kept"]
        del carried["csrf_token"]
        shown = client.post("/sign-in", email="owner@fern.example", password=PASSWORD, **carried)
        assert shown.status_code == 200
        assert "Olive O. Owner" in words(shown, ".kept")
        assert "Send what you typed" in words(shown, "button")
        with installation_work(engine) as session:
            assert members.user_by_email(session, "owner@fern.example").name == "Olive Owner"
        sent = client.post(self.PATH, **hidden_fields(shown, self.PATH))
        assert sent.location == "/settings"
        assert soup(client.get("/settings")).select_one("#name")["value"] == "Olive O. Owner"

    def test_comes_back_where_the_session_was_ended_elsewhere(self, client, browser_of, business):
        client.get("/settings")
        other = browser_of(business.owner)
        other.get("/settings")
        other.post("/settings/devices/sign-out")
        asked = client.post(self.PATH, options=same_origin(), **self.NAMES)
        assert asked.status_code == 401
        assert "Olive O. Owner" in hidden_fields(asked, "/sign-in")["kept"]

    def test_survives_a_wrong_password_and_a_sign_in_page_that_was_open_too_long(self, client, business):
        client.get("/settings")
        expire(client)
        asked = client.post(self.PATH, options=same_origin(), **self.NAMES)
        carried = hidden_fields(asked, "/sign-in")
        del carried["csrf_token"]
        wrong = client.post("/sign-in", email="owner@fern.example", password="wrong", **carried)
        assert "Olive O. Owner" in hidden_fields(wrong, "/sign-in")["kept"]
        expire(client)
        late = client.post("/sign-in", email="owner@fern.example", password=PASSWORD, **carried)
        assert late.status_code == 400
        assert "Olive O. Owner" in hidden_fields(late, "/sign-in")["kept"]

    def test_comes_back_with_a_fresh_token_where_one_is_signed_in_still(self, client, business):
        client.get("/settings")
        answer = client.post(self.PATH, options=same_origin(), csrf_token="stale", **self.NAMES)
        assert answer.status_code == 400
        assert "Olive O. Owner" in words(answer, ".kept")
        assert client.post(self.PATH, **hidden_fields(answer, self.PATH)).location == "/settings"

    def test_is_not_carried_for_another_site(self, client, business):
        client.get("/settings")
        for sign_in_is_over in (False, True):
            if sign_in_is_over:
                expire(client)
            answer = client.post(self.PATH, options=other_site(), csrf_token="forged", **self.NAMES)
            assert answer.status_code in (400, 401)
            assert "Olive O. Owner" not in answer.text

    def test_is_not_carried_without_word_of_where_it_came_from(self, client, business):
        client.get("/settings")
        expire(client)
        asked = client.post(self.PATH, **self.NAMES)
        assert "Olive O. Owner" not in asked.text
        assert "nothing was done. Sign in and try again." in words(asked, ".notice")

    def test_leaves_passwords_behind(self, client, business):
        client.get("/settings")
        expire(client)
        fields = {"current": "my old secret", "new": "my new secret"}
        asked = client.post("/settings/password", options=same_origin(), **fields)
        assert "secret" not in asked.text

    @pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example", "/no/such/form", "/settings", ""])
    def test_is_sent_only_to_forms_of_ours(self, nobody, business, path):
        nobody.get("/sign-in")
        answer = nobody.post(
            "/sign-in",
            email="owner@fern.example",
            password=PASSWORD,
            kept_path=path,
            kept='[[["name","Olive"]],false]',
        )
        assert (answer.status_code, answer.location) == (303, "/today")

    @pytest.mark.parametrize("kept", ["", "{", "[]", "[1,2]", '[["name"],false]', "null", '{"a":1}'])
    def test_that_cannot_be_read_is_nothing(self, nobody, business, kept):
        nobody.get("/sign-in")
        answer = nobody.post("/sign-in", email="owner@fern.example", password=PASSWORD, kept_path=self.PATH, kept=kept)
        assert answer.location == "/today"

    def test_is_shown_as_text_never_as_markup(self, client, business):
        client.get("/settings")
        expire(client)
        typed = '<img src=x onerror=alert(1)> "><script>alert(1)</script>'
        asked = client.post(self.PATH, options=same_origin(), **{**self.NAMES, "name": typed})
        carried = hidden_fields(asked, "/sign-in")
        del carried["csrf_token"]
        shown = client.post("/sign-in", email="owner@fern.example", password=PASSWORD, **carried)
        assert typed in words(shown, ".kept")
        assert BeautifulSoup(shown.text, "html.parser").find("img") is None


class TestPiecesOfPages:
    def test_a_piece_asked_for_after_the_end_lets_the_whole_page_go(self, client, business):
        expire(client)
        answer = client.get("/settings", htmx=True, headers={"HX-Current-URL": "http://localhost/team?x=1"})
        assert answer.status_code == 401
        assert answer.headers["HX-Redirect"] == "/sign-in?next=/team"

    def test_a_form_sent_for_a_piece_puts_the_sign_in_in_place_of_the_page(self, client, business):
        client.get("/settings")
        expire(client)
        answer = client.post("/settings/profile", htmx=True, options=same_origin(), name="Olive")
        assert answer.status_code == 401
        assert answer.headers["HX-Retarget"] == "body"


class TestBusinesses:
    @pytest.fixture
    def both(self, engine, business):
        """The owner of Fern & Flint founds another business."""
        from crm.domain import accounts

        with installation_work(engine) as session:
            return accounts.set_up(
                session,
                business="Alder & Ash",
                owner_name="",
                email="owner@fern.example",
                password=PASSWORD,
                time_zone="Europe/London",
            ).workspace

    def test_are_switched_in_the_menu(self, browser_of, business, both):
        browser = browser_of(business.owner)
        page = browser.get("/settings/business")
        assert soup(page).select_one("#name")["value"] == "Alder & Ash"
        assert {"Alder & Ash", "Fern & Flint"} <= {
            button.get_text(strip=True) for button in soup(page).select("form[action='/switch'] button")
        }
        answer = browser.post("/switch", workspace=business.workspace.id, next="/settings/business")
        assert answer.location == "/settings/business"
        assert soup(browser.follow(answer)).select_one("#name")["value"] == "Fern & Flint"

    def test_are_asked_about_when_a_link_leads_into_another_one(self, browser_of, business, both):
        browser = browser_of(business.owner)
        assert browser.get("/open/alder-ash/team").location == "/team"
        page = browser.get("/open/fern-flint/settings/business?x=1")
        assert "This is in Fern & Flint" in words(page, "h1")
        answer = browser.post("/switch", **hidden_fields(page, "/switch"))
        assert answer.location == "/settings/business?x=1"
        assert soup(browser.follow(answer)).select_one("#name")["value"] == "Fern & Flint"

    def test_of_others_are_missing(self, client, business):
        client.get("/settings")
        assert client.post("/switch", workspace=business.stranger.workspace_id).status_code == 404
        assert client.post("/switch", workspace="x").status_code == 404
        assert client.get("/open/rook-carpentry/team").status_code == 404
        assert client.get("/open/fern-flint/no/such/page").status_code == 404

    def test_a_link_into_one_asks_nobody_in_without_signing_in(self, nobody, business):
        assert nobody.get("/open/fern-flint/team").location == "/sign-in?next=/open/fern-flint/team"

    def test_a_person_in_none_is_told_so(self, browser_of, business):
        owner, browser = browser_of(business.owner), browser_of(business.member)
        owner.get("/team")
        owner.post(f"/team/{business.member.user_id}/leaving", successor="")
        browser = browser_of(business.member)
        answer = browser.get("/settings")
        assert answer.location == "/no-business"
        assert "You’re in no business now" in words(browser.get("/no-business"), "h1")


def test_the_demo_business_is_made_once_and_stands_beside_ones_own(client, business):
    client.get("/settings")
    for _visit in range(2):
        answer = client.post("/welcome/demo")
        assert answer.location == "/today"
    page = soup(client.get("/settings/business"))
    names = [button.get_text(strip=True) for button in page.select("form[action='/switch'] button")]
    assert names == ["Fern & Flint", "Juniper & Wick"]
    assert page.select_one("#name")["value"] == "Juniper & Wick"


def test_a_viewer_makes_no_demo_business(browser_of, business):
    browser = browser_of(business.viewer)
    browser.get("/settings")
    assert browser.post("/welcome/demo").status_code == 403


@pytest.mark.parametrize("path", ["/sign-in", "/no/such/page", "/team"])
def test_every_answer_forbids_what_pages_never_do(nobody, business, path):
    answer = nobody.get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'")
    assert not re.search("unsafe|http", policy)
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.bare
def test_the_device_s_own_zone_is_chosen_also_under_a_name_of_former_days(live_server, page):
    """Chromium calls it Asia/Calcutta."""
    elsewhere = page.context.browser.new_context(timezone_id="Asia/Kolkata")
    tab = elsewhere.new_page()
    tab.goto(live_server.url)
    assert tab.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone") == "Asia/Calcutta"
    expect(tab.get_by_label("Where you are")).to_have_value("Asia/Kolkata")
    elsewhere.close()
