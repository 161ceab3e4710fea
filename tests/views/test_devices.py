"""Where somebody is signed in: the list, its ends, and word of a device that is new."""

from datetime import timedelta

import pytest

from crm.core.unit_of_work import installation_work
from crm.domain import deliveries
from crm.mail import mime, outbox
from crm.models.enums import MailKind
from crm.models.workspaces import User
from tests.support import letters
from tests.support.authenticators import code_of
from tests.support.browsing import Browser, words
from tests.support.people import PASSWORD


@pytest.fixture
def mailing_app(make_app, settings_with, business):
    """The application, where mail is set up."""
    return make_app(settings_with(SMTP_URL="smtp://127.0.0.1:9?tls=off"))


def text_of(message) -> str:
    return mime.read(message.content).get_body(("plain",)).get_content()


def test_the_first_browser_of_an_account_is_no_news_and_the_next_one_is(mailing_app, engine, business) -> None:
    Browser(mailing_app).sign_in(business.owner)
    assert letters.messages(engine) == []
    Browser(mailing_app).sign_in(business.owner)
    told = letters.only(engine)
    assert (told.kind, told.recipient, told.workspace_id) == (MailKind.SECURITY, "owner@fern.example", None)
    said = text_of(told)
    assert "127.0.0.1" in said
    assert "This was not me: http://crm.example.org/forgotten" in said


def test_a_browser_that_was_seen_is_no_news_whoever_else_used_it_since(mailing_app, engine, business) -> None:
    shared = Browser(mailing_app).sign_in(business.owner)
    for person in (business.admin, business.owner, business.admin):
        shared.get("/today")
        shared.post("/sign-out")
        shared.sign_in(person)
    assert letters.messages(engine) == []


def test_a_wrong_password_is_no_sign_in_and_no_news(mailing_app, engine, business) -> None:
    Browser(mailing_app).sign_in(business.owner)
    guesser = Browser(mailing_app)
    guesser.get("/sign-in")
    guesser.post("/sign-in", email="owner@fern.example", password="another long walk")
    assert letters.messages(engine) == []


def test_without_mail_nothing_waits_to_be_told_later(browser_of, engine, business) -> None:
    browser_of(business.owner)
    browser_of(business.owner)
    assert letters.messages(engine) == []


def test_where_links_lead_nowhere_no_letter_is_written(make_app, settings_with, engine, business) -> None:
    app = make_app(settings_with(SMTP_URL="smtp://127.0.0.1:9?tls=off", BASE_URL=""))
    for _each in range(2):
        Browser(app).sign_in(business.owner)
    assert letters.messages(engine) == []


def test_another_password_is_told(mailing_app, engine, business) -> None:
    owner = Browser(mailing_app).sign_in(business.owner)
    owner.post("/settings/password", current=PASSWORD, new="a bench by the river")
    assert letters.only(engine).subject == "Your password was changed"


def test_the_letter_is_wanted_whatever_the_address_is_by_now(mailing_app, engine, business, inside) -> None:
    """Whoever takes an account over does not keep its person from learning of it."""
    owner = Browser(mailing_app).sign_in(business.owner)
    owner.post("/settings/password", current=PASSWORD, new="a bench by the river")
    with inside(business) as session:
        session.get_one(User, business.owner.user_id).email = "thief@rook.example"
    lease = timedelta(minutes=1)
    with installation_work(engine) as session:
        [claim] = outbox.claim(session, owner="a worker", lease=lease, limit=1)
    with installation_work(engine) as session:
        parcel = deliveries.begin(session, claim, sender="Good Terms <goodterms@localhost>", lease=lease)
    assert parcel is not None
    assert parcel.recipient == "owner@fern.example"


def test_the_list_says_how_and_from_where(client) -> None:
    said = words(client.get("/settings"), ".devices")
    assert "Password" in said
    assert "from 127.0.0.1" in said


def test_signing_out_everywhere_ends_all_and_is_in_the_audit_log(client, browser_of, business) -> None:
    other = browser_of(business.owner)
    client.get("/settings")
    assert client.post("/settings/devices/sign-out").location == "/sign-in"
    assert other.get("/settings").status_code == 303
    log = words(browser_of(business.owner).get("/audit"))
    assert "Signed out everywhere" in log


def test_another_way_in_is_told_to_the_account(mailing_app, engine, business, clock_at) -> None:
    clock_at("2026-10-05 12:00")
    browser = Browser(mailing_app).sign_in(business.owner)
    secret = words(browser.follow(browser.post("/settings/two-step")), "#secret")
    browser.post("/settings/two-step/new", code=code_of(secret))
    told = letters.only(engine)
    assert (told.kind, told.recipient) == (MailKind.SECURITY, "owner@fern.example")
    assert "What: Two-step sign-in turned on" in text_of(told)
    browser.post("/settings/two-step/removal")
    assert "What: Two-step sign-in turned off" in text_of(letters.messages(engine)[-1])
