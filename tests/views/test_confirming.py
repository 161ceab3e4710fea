"""What is dangerous asks for a fresh proof of who one is, and what was typed is carried through."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from crm.core.tenancy import installation_session
from crm.domain.attempts import SHORT_ATTEMPTS
from crm.models.workspaces import User
from tests.support.browsing import soup, words
from tests.support.people import PASSWORD

NEW = "seven seals on the sand"

DANGEROUS = {
    "api_tokens.create",
    "audit.keep",
    "mail_settings.save",
    "members.change_role",
    "members.deactivate",
    "members.invite",
    "members.leave",
    "members.reactivate",
    "members.renew",
    "settings.save_email",
    "settings.save_password",
    "two_step.begin",
    "two_step.make_codes",
    "two_step.new",
    "two_step.turn_off",
    "two_step.turn_on",
}


@pytest.fixture(autouse=True)
def _noon(clock_at):
    clock_at("2026-10-05 12:00")


@pytest.fixture
def later(client, clock_at):
    """The owner's browser, a quarter of an hour and a second after the sign-in."""
    client.get("/settings/api")
    clock_at("2026-10-05 12:15:01")
    return client


def hidden(answer):
    boxes = soup(answer).select("form#confirm input[type=hidden][name]")
    return {box["name"]: box["value"] for box in boxes if box["name"] != "csrf_token"}


def act_of(answer):
    return soup(answer).select_one("form#confirm")["action"]


def test_what_is_dangerous_says_so(app):
    fresh = {endpoint for endpoint, view in app.view_functions.items() if getattr(view, "fresh", False)}
    assert fresh >= DANGEROUS


def test_for_a_quarter_of_an_hour_the_sign_in_is_proof_enough(client, clock_at):
    client.get("/settings/api")
    clock_at("2026-10-05 12:15")
    answer = client.post("/settings/api/tokens", name="Books", scope="read", days="30")
    assert "This is the token for Books." in words(answer)


def test_an_act_is_carried_through_the_question(later):
    answer = later.post("/settings/api/tokens", name="Books", scope="read", days="30")
    assert answer.status_code == 403
    assert act_of(answer) == "/settings/api/tokens"
    assert "Books" not in words(later.get("/settings/api"))
    wrong = later.post(act_of(answer), **hidden(answer), confirm_password="a wrong guess")
    assert "The password is not right." in words(wrong, ".error-summary")
    done = later.post(act_of(wrong), **hidden(wrong), confirm_password=PASSWORD)
    assert "This is the token for Books." in words(done)
    assert later.post("/settings/api/tokens", name="Mill", scope="read", days="30").status_code == 200


def test_a_page_that_shows_a_secret_is_opened_after_the_question(later):
    answer = later.get("/settings/two-step/new")
    assert answer.location == "/confirm?next=/settings/two-step/new"
    page = later.follow(answer)
    assert later.post(act_of(page), **hidden(page)).status_code == 422
    answer = later.post(act_of(page), **hidden(page), confirm_password=PASSWORD)
    assert answer.location == "/settings/two-step/new"
    assert later.get("/confirm?next=/board").location == "/board"
    assert later.get("/confirm?next=//evil.example").location == "/today"


def test_the_present_password_in_the_form_itself_is_the_proof(later):
    answer = later.post("/settings/password", current=PASSWORD, new=NEW)
    assert answer.location == "/settings"


def test_a_new_password_is_carried_through_unread(later, engine):
    answer = later.post("/settings/password", current="not the present one", new=NEW)
    assert answer.status_code == 403
    assert NEW not in answer.text
    fields = hidden(answer)
    again = later.post(act_of(answer), **fields, confirm_password=PASSWORD)
    assert "This is not your present password." in words(again, ".error-summary")


def test_what_is_sealed_opens_for_its_own_act_and_person_alone(later, browser_of, business, clock_at):
    answer = later.post("/settings/email", email="new@fern.example", password="not the present one")
    sealed = hidden(answer)["confirm_sealed"]
    other = browser_of(business.admin)
    refused = other.post("/settings/email", email="ada@fern.example", password="", confirm_sealed=sealed)
    assert refused.status_code == 422
    refused = other.post("/settings/email", email="ada@fern.example", password="", confirm_sealed="forged")
    assert refused.status_code == 422


def test_guesses_are_slowed_down_and_told(later, business):
    answer = later.post("/settings/api/tokens", name="Books", scope="read", days="30")
    for _attempt in range(SHORT_ATTEMPTS):
        assert later.post(act_of(answer), **hidden(answer), confirm_password="a guess").status_code == 403
    slowed = later.post(act_of(answer), **hidden(answer), confirm_password=PASSWORD)
    assert slowed.status_code == 429
    assert int(slowed.headers["Retry-After"]) > 0
    assert words(later.get("/audit")).count("Sign-in failed") >= SHORT_ATTEMPTS


def test_a_role_is_refused_before_anybody_is_asked(browser_of, business, clock_at):
    viewer = browser_of(business.viewer)
    clock_at("2026-10-05 13:00")
    answer = viewer.post(f"/team/{business.member.user_id}/role", role="owner")
    assert answer.status_code == 403
    assert "Your role does not allow this." in words(answer)


def test_a_clock_that_was_set_back_proves_nothing(client, clock_at):
    clock_at("2026-10-05 11:00")
    assert client.get("/settings/two-step/new").location.startswith("/confirm")


def test_a_program_in_the_page_is_told_where_to_ask(later):
    headers = {"X-CSRFToken": later.token()}
    answer = later.client.post(
        "/settings/api/tokens", data=json.dumps({}), content_type="application/json", headers=headers
    )
    assert (answer.status_code, answer.json) == (403, {"confirm": "/confirm"})


def test_a_piece_of_a_page_sends_the_whole_page_to_the_question(later):
    answer = later.get("/settings/two-step/new", htmx=True, headers={"HX-Current-URL": "http://localhost/settings"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (403, "/confirm?next=/settings")


def test_nothing_is_written_until_it_is_proved(later, engine, business):
    later.post("/settings/email", email="new@fern.example", password="a wrong guess")
    with installation_session(engine, writing=False) as session:
        assert session.scalar(select(User.email).where(User.id == business.owner.user_id)) == business.owner.user.email
