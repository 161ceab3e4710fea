"""Another address to sign in with: a link to the new one, and word to the former one."""

import re

import pytest

from crm.mail import mime
from crm.models.enums import AuditKind, MailKind
from crm.models.workspaces import User
from tests.support import letters
from tests.support.browsing import Browser, words
from tests.support.people import PASSWORD

OWNER, NEW = "owner@fern.example", "olive@flint.example"
TAKEN = "stranger@rook.example"


@pytest.fixture
def mailing_app(make_app, settings_with, business):
    """The application, where mail is set up."""
    return make_app(settings_with(SMTP_URL="smtp://127.0.0.1:9?tls=off"))


@pytest.fixture
def owner(mailing_app, business) -> Browser:
    return Browser(mailing_app).sign_in(business.owner)


def ask(browser, email=NEW, password=PASSWORD):
    return browser.post("/settings/email", email=email, password=password)


def links_sent(engine):
    return [message for message in letters.messages(engine) if message.kind is MailKind.EMAIL_CHANGE]


def text_of(message) -> str:
    return mime.read(message.content).get_body(("plain",)).get_content()


def path_in(message) -> str:
    return re.search(r"http://crm\.example\.org(/email-changes/\S+)", text_of(message))[1]


def address_of(inside, business) -> str:
    with inside(business) as session:
        return session.get_one(User, business.owner.user_id).email


def test_the_address_changes_when_its_link_is_opened_and_not_before(
    owner, mailing_app, engine, inside, business
) -> None:
    assert ask(owner).status_code == 303
    asked, link = letters.messages(engine)
    assert (asked.kind, asked.recipient, link.kind, link.recipient) == (
        MailKind.SECURITY,
        OWNER,
        MailKind.EMAIL_CHANGE,
        NEW,
    )
    assert link.has_secrets
    assert NEW in text_of(asked)
    reader = Browser(mailing_app)
    page = reader.get(path_in(link))
    assert NEW in words(page, "form")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert address_of(inside, business) == OWNER
    assert reader.post(path_in(link)).location == "/sign-in"
    assert address_of(inside, business) == NEW
    told = letters.messages(engine)[-1]
    assert (told.kind, told.recipient) == (MailKind.SECURITY, OWNER)
    reader.get("/sign-in")
    assert reader.post("/sign-in", email=NEW, password=PASSWORD).status_code == 303


def test_a_link_ends_after_half_an_hour(engine, clock_at, mailing_app, business) -> None:
    clock_at("2026-10-05 09:00")
    owner = Browser(mailing_app).sign_in(business.owner)
    ask(owner)
    path = path_in(links_sent(engine)[0])
    clock_at("2026-10-05 09:29")
    assert owner.get(path).status_code == 200
    clock_at("2026-10-05 09:30")
    assert owner.get(path).status_code == 404


def test_a_used_link_is_none(owner, engine) -> None:
    ask(owner)
    path = path_in(links_sent(engine)[0])
    owner.get(path)
    assert owner.post(path).location == "/settings"
    assert owner.get(path).status_code == 404


def test_another_password_ends_what_was_asked(owner, engine) -> None:
    ask(owner)
    path = path_in(links_sent(engine)[0])
    owner.post("/settings/password", current=PASSWORD, new="a bench by the river")
    assert owner.get(path).status_code == 404


def test_a_wrong_password_sends_nothing(owner, engine) -> None:
    assert ask(owner, password="another long walk").status_code == 422
    assert letters.messages(engine) == []


def test_the_answer_does_not_tell_that_another_account_has_the_address(owner, engine) -> None:
    free, taken = ask(owner), ask(owner, TAKEN)
    assert (free.status_code, free.location) == (taken.status_code, taken.location)
    assert words(owner.get("/settings"), ".toasts").count("A link is on its way") == 2
    assert [message.recipient for message in links_sent(engine)] == [NEW]


def test_so_many_addresses_a_day_and_no_more_whether_they_are_taken_or_not(owner, engine) -> None:
    for number in range(4):
        assert ask(owner, f"olive{number}@flint.example").status_code == 303
    assert ask(owner, TAKEN).status_code == 303
    for refused in (NEW, TAKEN.replace("stranger", "nobody")):
        answer = ask(owner, refused)
        assert answer.status_code == 422
        assert "That is enough for one day." in words(answer)


def test_an_address_that_was_taken_meanwhile_is_refused(owner, engine, inside, business) -> None:
    ask(owner)
    path = path_in(links_sent(engine)[0])
    with inside(business) as session:
        session.get_one(User, business.admin.user_id).email = NEW
    owner.get(path)
    assert owner.post(path).status_code == 422
    assert address_of(inside, business) == OWNER


def test_without_mail_the_password_is_enough(client, inside, business, engine) -> None:
    assert ask(client).status_code == 303
    assert address_of(inside, business) == NEW
    assert letters.messages(engine) == []


def test_a_forged_link_is_none(nobody, business) -> None:
    assert nobody.get("/email-changes/abc.def").status_code == 404
    assert nobody.post("/email-changes/abc.def").status_code == 404


def test_the_audit_log_names_both_addresses(owner, engine) -> None:
    ask(owner)
    path = path_in(links_sent(engine)[0])
    owner.get(path)
    owner.post(path)
    log = words(owner.get("/audit", query_string={"kind": AuditKind.EMAIL_CHANGED}))
    assert f"{OWNER} before, now {NEW}" in log
