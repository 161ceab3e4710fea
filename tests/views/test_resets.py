"""A forgotten password: a link by e-mail, once, for half an hour."""

import re

import pytest

from crm.mail import mime
from crm.models.enums import MailKind
from tests.support import letters
from tests.support.browsing import Browser, words
from tests.support.people import PASSWORD

OWNER = "owner@fern.example"
NEW = "a bench by the river"


@pytest.fixture
def visitor(make_app, settings_with, business) -> Browser:
    """Nobody's browser, where mail is set up."""
    return Browser(make_app(settings_with(SMTP_URL="smtp://127.0.0.1:9?tls=off")))


def ask(visitor, email=OWNER):
    visitor.get("/forgotten")
    return visitor.post("/forgotten", email=email)


def link_in(message) -> str:
    text = mime.read(message.content).get_body(("plain",)).get_content()
    return re.search(r"http://crm\.example\.org(/resets/\S+)", text)[1]


def sign_in(visitor, password):
    visitor.get("/sign-in")
    return visitor.post("/sign-in", email=OWNER, password=password)


def test_a_link_by_e_mail_leads_to_a_new_password(visitor, engine):
    assert "Forgotten your password?" in words(visitor.get("/forgotten"), "h1")
    ask(visitor, "Owner@Fern.example")
    letter = letters.only(engine)
    assert (letter.kind, letter.recipient, letter.has_secrets) == (MailKind.RESET, OWNER, True)
    path = link_in(letter)
    page = visitor.get(path)
    assert OWNER in words(page, "form")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert visitor.post(path, password=NEW).location == "/sign-in"
    assert sign_in(visitor, PASSWORD).status_code == 422
    assert sign_in(visitor, NEW).status_code == 303


def test_the_answer_is_the_same_for_an_address_without_an_account(visitor, engine):
    known = words(ask(visitor), "main")
    unknown = words(ask(visitor, "nobody@fern.example"), "main")
    assert known.replace(OWNER, "nobody@fern.example") == unknown
    assert letters.only(engine).recipient == OWNER


def test_asking_again_at_once_sends_no_second_letter(visitor, engine, clock_at):
    clock_at("2026-10-05 09:00")
    for _each in range(3):
        ask(visitor)
    letters.only(engine)
    clock_at("2026-10-05 09:05")
    ask(visitor)
    assert len(letters.messages(engine)) == 2


def test_looking_at_the_link_uses_nothing_up_and_a_bad_password_neither(visitor, engine):
    ask(visitor)
    path = link_in(letters.only(engine))
    visitor.get(path)
    assert visitor.post(path, password="short").status_code == 422
    assert visitor.post(path, password=NEW).status_code == 303


def test_a_link_works_once(visitor, engine):
    ask(visitor)
    path = link_in(letters.only(engine))
    visitor.get(path)
    visitor.post(path, password=NEW)
    answer = visitor.get(path)
    assert answer.status_code == 404
    assert "This link has been used or is over." in words(answer)


def test_a_link_ends_after_half_an_hour(visitor, engine, clock_at):
    clock_at("2026-10-05 09:00")
    ask(visitor)
    path = link_in(letters.only(engine))
    clock_at("2026-10-05 09:29")
    assert visitor.get(path).status_code == 200
    clock_at("2026-10-05 09:30")
    assert visitor.get(path).status_code == 404


def test_a_forged_link_is_none(visitor):
    assert visitor.get("/resets/abc.def").status_code == 404


def test_all_devices_are_signed_out(visitor, engine, browser_of, business):
    other = browser_of(business.owner)
    ask(visitor)
    path = link_in(letters.only(engine))
    visitor.get(path)
    visitor.post(path, password=NEW)
    assert other.get("/settings").status_code == 303


def test_where_no_e_mail_can_be_sent_another_way_is_named(nobody, engine, business):
    page = nobody.get("/forgotten")
    assert "flask password --user" in words(page)
    nobody.get("/sign-in")
    nobody.post("/forgotten", email=OWNER)
    assert letters.messages(engine) == []


def test_a_terminal_gives_a_new_password_too(app, nobody, business):
    run = app.test_cli_runner().invoke
    assert run(args=["password", "--user", OWNER, "--password-stdin"], input=f"{NEW}\n").exit_code == 0
    assert sign_in(nobody, NEW).status_code == 303
    assert run(args=["password", "--user", "nobody@fern.example", "--password-stdin"], input=NEW).exit_code == 1
    assert run(args=["password", "--user", OWNER, "--password-stdin"], input="short\n").exit_code == 1
