"""Two-step sign-in: setting it up, and the step after the password."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from crm.core.unit_of_work import installation_work
from crm.domain.attempts import SHORT_ATTEMPTS
from crm.models.workspaces import User
from tests.support.authenticators import code_of
from tests.support.browsing import Browser, soup, words
from tests.support.people import PASSWORD

STEP = "/sign-in/second-step"
ELSEWHERE = {"REMOTE_ADDR": "198.51.100.9"}
SAME = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(autouse=True)
def _noon(clock_at):
    clock_at("2026-10-05 12:00")


@pytest.fixture
def phone(browser_of, business) -> tuple[str, list[str]]:
    """The member has turned it on: the secret in their app, and their recovery codes."""
    browser = browser_of(business.member)
    page = browser.follow(browser.post("/settings/two-step"))
    secret = words(page, "#secret")
    answer = browser.post("/settings/two-step/new", code=code_of(secret, steps=-1))
    return secret, [item.text for item in soup(answer).select(".recovery li")]


def password(browser, business, **fields):
    browser.get("/sign-in")
    return browser.post("/sign-in", email=business.member.user.email, password=PASSWORD, **fields)


def with_both_steps(app, business, phone):
    """A browser in which the member has taken both steps."""
    browser = Browser(app)
    password(browser, business)
    browser.follow(browser.post(STEP, code=code_of(phone[0])))
    return browser


class TestSettingItUp:
    def test_shows_the_codes_once_and_says_how_many_are_left(self, browser_of, business):
        browser = browser_of(business.viewer)
        page = browser.follow(browser.post("/settings/two-step"))
        assert soup(page).select_one(".qr-code svg") is not None
        secret = words(page, "#secret")
        refused = browser.post("/settings/two-step/new", code="000000x")
        assert refused.status_code == 422
        assert words(refused, "#secret") == secret
        answer = browser.post("/settings/two-step/new", code=code_of(secret))
        codes = [item.text for item in soup(answer).select(".recovery li")]
        assert len(codes) == 10
        page = browser.get("/settings/two-step")
        assert "10 codes are left of 10." in words(page)
        assert not any(code in page.text for code in codes)
        assert secret not in words(browser.follow(browser.get("/settings/two-step/new")))

    def test_gives_the_codes_as_a_file(self, app, business, phone):
        browser = with_both_steps(app, business, phone)
        file = browser.post("/settings/two-step/codes.txt", codes=" ".join(phone[1]))
        assert file.headers["Content-Disposition"] == "attachment; filename=good-terms-recovery-codes.txt"
        assert file.text.split("\r\n")[2:-1] == phone[1]
        assert browser.post("/settings/two-step/codes.txt", codes="<b>anything</b>").status_code == 404

    def test_is_turned_off_again(self, app, business, phone):
        browser = with_both_steps(app, business, phone)
        browser.post("/settings/two-step/removal")
        assert password(Browser(app), business).location == "/today"


class TestTheSecondStep:
    def test_is_asked_for_after_the_password_and_nobody_is_in_before_it(self, app, business, phone):
        browser = Browser(app)
        answer = password(browser, business, next="/board")
        assert answer.location == STEP
        assert browser.get("/today").location.startswith("/sign-in")
        answer = browser.post(STEP, code=code_of(phone[0]))
        assert answer.location == "/board"
        assert browser.get("/board").status_code == 200
        assert browser.get(STEP).location == "/sign-in"

    def test_says_so_where_the_code_is_wrong_and_slows_guessing_down(self, app, business, phone):
        browser = Browser(app)
        password(browser, business)
        for _attempt in range(SHORT_ATTEMPTS):
            answer = browser.post(STEP, code=code_of(phone[0], steps=7), options={"environ_base": ELSEWHERE})
            assert answer.status_code == 422
        assert "This code is not right, or it has been used." in words(answer, ".error-summary")
        # The browser is unknown: this account has not come in with it before.
        answer = browser.post(STEP, code=code_of(phone[0]), options={"environ_base": ELSEWHERE})
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 0

    def test_takes_a_recovery_code(self, app, business, phone):
        browser = Browser(app)
        password(browser, business)
        assert browser.post(STEP, recovery=phone[1][0]).location == "/today"
        again = Browser(app)
        password(again, business)
        answer = again.post(STEP, recovery=phone[1][0])
        assert answer.status_code == 422
        assert soup(answer).select_one("details[open]") is not None

    def test_is_over_after_ten_minutes(self, app, business, phone, clock_at):
        browser = Browser(app)
        password(browser, business)
        clock_at("2026-10-05 12:10")
        answer = browser.post(STEP, code=code_of(phone[0]))
        assert answer.status_code == 422
        assert "That took too long" in words(answer)
        assert browser.get("/today").location.startswith("/sign-in")

    def test_is_over_with_another_password(self, app, business, phone, engine):
        browser = Browser(app)
        password(browser, business)
        with installation_work(engine) as session:
            session.execute(update(User).where(User.id == business.member.user_id).values(password_hash="another"))
        assert browser.post(STEP, code=code_of(phone[0])).status_code == 422

    def test_carries_what_was_typed_before(self, app, business, phone):
        browser = with_both_steps(app, business, phone)
        browser.get("/vendors/new")
        browser.client.delete_cookie("goodterms")
        answer = browser.post("/board/vendors", name="Hazel Mill", options={"headers": SAME})
        assert answer.status_code == 401
        kept = {box["name"]: box["value"] for box in soup(answer).select("form input[type=hidden]")}
        kept.pop("csrf_token")
        answer = browser.post("/sign-in", email=business.member.user.email, password=PASSWORD, **kept)
        assert "One more step" in words(answer, "h1")
        kept = {box["name"]: box["value"] for box in soup(answer).select("form input[type=hidden]")}
        kept.pop("csrf_token")
        answer = browser.post(STEP, recovery=phone[1][1], **kept)
        assert "Hazel Mill" in words(answer, ".kept")

    def test_of_an_invitation_leads_back_to_it(self, app, business, phone, browser_of):
        stranger = browser_of(business.stranger)
        answer = stranger.post("/team/invitations", email=business.member.user.email, role="member")
        link = soup(answer).select_one(".secret").text.split("example.org")[-1].strip()
        browser = Browser(app)
        browser.get(link)
        assert browser.post(link, password=PASSWORD).location == STEP
        answer = browser.post(STEP, recovery=phone[1][2])
        assert answer.location == link
        browser.follow(answer)
        assert browser.post(link).location == "/today"
