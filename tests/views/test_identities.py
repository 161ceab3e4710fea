"""Signing in by the sign-in service of one's business: linked once by its person, and nothing opened by an address."""

import re

import pytest
from joserfc.jwk import RSAKey

from crm.models.workspaces import User
from tests.support import letters
from tests.support.browsing import Browser, words
from tests.support.sign_in_services import SignInServer

ANSWER, WELCOME = "/sign-in/service/answer", "/sign-in/service/welcome"


@pytest.fixture
def service():
    with SignInServer() as server:
        yield server


@pytest.fixture
def app(make_app, settings_with, service):
    return make_app(settings_with(**service.settings))


def go_there_and_back(browser, service):
    """Ends on the page that asks."""
    answer = browser.get("/sign-in/service")
    assert answer.status_code == 303
    back = browser.get(service.visit(answer.location))
    return browser.follow(back) if back.location == WELCOME else back


def link(browser, service):
    assert "Link Fern Login?" in words(go_there_and_back(browser, service), "h1")
    assert browser.post("/settings/identities").location == "/settings"


def is_in(browser) -> bool:
    return browser.get("/settings").status_code == 200


def test_a_linked_account_signs_in_without_the_password(client, nobody, service) -> None:
    link(client, service)
    assert "Linked to your account" in words(client.get("/settings"))
    assert "Sign in with Fern Login" in words(nobody.get("/sign-in"))
    page = go_there_and_back(nobody, service)
    assert "Sign in as Olive Owner" in words(page, "main")
    assert not is_in(nobody)
    assert nobody.post(WELCOME).location == "/today"
    assert is_in(nobody)
    assert "Sign-in service" in words(nobody.get("/settings"), ".devices")


def test_an_address_that_the_service_says_opens_no_account(nobody, service, business) -> None:
    service.person = {"sub": "u-9", "email": "owner@fern.example", "email_verified": True}
    page = go_there_and_back(nobody, service)
    assert "No account here is linked" in words(page, "main")
    assert nobody.post(WELCOME).location == WELCOME
    assert not is_in(nobody)


def test_the_page_is_the_same_whether_or_not_an_account_has_the_address(app, service, business) -> None:
    pages = []
    for email in ("owner@fern.example", "nobody@fern.example"):
        service.person = {"sub": email, "email": email, "email_verified": True}
        pages.append(words(go_there_and_back(Browser(app), service)))
    assert pages[0] == pages[1]


def test_one_sign_in_there_is_linked_to_one_account(client, browser_of, business, service) -> None:
    link(client, service)
    admin = browser_of(business.admin)
    assert "linked to another account" in words(go_there_and_back(admin, service), "main")
    answer = admin.post("/settings/identities")
    assert answer.status_code == 422
    assert "linked to another account" in words(answer)


def test_linking_again_changes_nothing(client, service) -> None:
    link(client, service)
    assert go_there_and_back(client, service).location == "/settings"
    assert words(client.get("/settings")).count("Linked to your account") == 1


def test_what_is_unlinked_opens_nothing(client, nobody, service, browser_of, business) -> None:
    link(client, service)
    [number] = re.findall(r"/settings/identities/(\d+)/unlink", client.get("/settings").text)
    path = f"/settings/identities/{number}/unlink"
    assert browser_of(business.admin).post(path).status_code == 404
    assert client.post(path).location == "/settings"
    assert client.post(path).status_code == 404
    assert "No account here is linked" in words(go_there_and_back(nobody, service), "main")


@pytest.mark.parametrize(
    "lie",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another program"},
        {"aud": ["good-terms", "another program"], "azp": "another program"},
        {"nonce": "of another question"},
        {"exp": 1_700_000_000},
        {"sub": ""},
        {"sub": 7},
    ],
)
def test_what_cannot_be_believed_signs_nobody_in(client, nobody, service, lie) -> None:
    link(client, service)
    service.lies = lie
    assert go_there_and_back(nobody, service).location == "/sign-in"
    assert "Fern Login did not sign you in." in words(nobody.get("/sign-in"))
    assert nobody.post(WELCOME).location == "/sign-in"
    assert not is_in(nobody)


def test_what_another_key_signed_signs_nobody_in(client, nobody, service) -> None:
    link(client, service)
    service.signs_with = RSAKey.generate_key(2048, {"kid": "one"})
    assert go_there_and_back(nobody, service).location == "/sign-in"


def test_an_answer_that_this_browser_has_not_asked_for_is_none(client, nobody, app, service) -> None:
    link(client, service)
    other = Browser(app)
    theirs = service.visit(other.get("/sign-in/service").location)
    assert nobody.get(theirs).location == "/sign-in"
    nobody.get("/sign-in/service")
    assert nobody.get(theirs).location == "/sign-in"
    assert nobody.get(f"{ANSWER}?error=access_denied").location == "/sign-in"


def test_an_answer_counts_once(nobody, service, business) -> None:
    back = service.visit(nobody.get("/sign-in/service").location)
    assert nobody.get(back).location == WELCOME
    assert nobody.get(back).location == "/sign-in"


def test_whoever_has_a_second_step_is_asked_for_it(client, nobody, service, inside, business) -> None:
    link(client, service)
    with inside(business) as session:
        user = session.get_one(User, business.owner.user_id)
        user.totp_secret, user.totp_since = "locked", user.created_at
    go_there_and_back(nobody, service)
    assert nobody.post(WELCOME).location == "/sign-in/second-step"
    assert not is_in(nobody)


def test_a_service_that_is_away_is_said_plainly(nobody, service, business) -> None:
    service.is_away = True
    assert nobody.get("/sign-in/service").location == "/sign-in"
    assert "Fern Login did not sign you in." in words(nobody.get("/sign-in"))


def test_where_no_service_is_set_up_there_is_none(make_app, settings_with, business) -> None:
    nobody = Browser(make_app(settings_with()))
    for path in ("/sign-in/service", ANSWER, WELCOME):
        assert nobody.get(path).location == "/sign-in"
    assert "sign-in/service" not in nobody.get("/sign-in").text


def test_linking_and_unlinking_are_in_the_audit_log(client, service, engine) -> None:
    link(client, service)
    [number] = re.findall(r"/settings/identities/(\d+)/unlink", client.get("/settings").text)
    client.post(f"/settings/identities/{number}/unlink")
    log = words(client.get("/audit"))
    assert log.count("Fern Login") >= 2
    assert letters.messages(engine) == []
