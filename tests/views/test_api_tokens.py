"""Settings, API: a person makes a token, copies it once, and can take it away."""

import re

import pytest
from sqlalchemy import select

from crm.core import tokens
from crm.core.tenancy import installation_session
from crm.models.api_tokens import ApiToken
from tests.support.browsing import soup, words
from tests.support.programs import Program


def made_on(client, **fields) -> str:
    """Makes a token on the page and reads it there."""
    client.get("/settings/api")
    answer = client.post("/settings/api/tokens", **{"name": "Our website", "scope": "write", "days": "30", **fields})
    assert answer.status_code == 200, answer.text
    return words(answer, "#token")


def test_a_token_is_shown_once_and_works(app, client):
    secret = made_on(client)
    assert re.fullmatch(r"gt_[\w-]{43}", secret)
    assert Program(app, secret).post("/vendors", {"name": "Nadia Voss"}).status_code == 201
    later = client.get("/settings/api")
    assert secret not in later.text
    assert f"…{secret[-4:]}" in later.text


def test_the_page_shows_how_to_use_it_with_ones_own_token_and_the_real_address(client):
    client.get("/settings/api")
    answer = client.post("/settings/api/tokens", name="Our website", scope="read", days="30")
    secret = words(answer, "#token")
    examples = [each.text for each in soup(answer).select("pre")]
    assert examples
    assert all(secret in each and "http://crm.example.org/api/v1/" in each for each in examples)
    assert all("$GOODTERMS_TOKEN" in each.text for each in soup(client.get("/settings/api")).select("pre"))


def test_nothing_but_its_fingerprint_is_stored(client, engine):
    secret = made_on(client)
    with installation_session(engine, writing=False) as session:
        row = session.scalars(select(ApiToken)).one()
    assert row.token_hash == tokens.fingerprint(secret)
    assert secret not in repr(vars(row))


def test_a_revoked_token_is_worthless_at_once(app, client):
    secret = made_on(client)
    program = Program(app, secret)
    assert program.get("/vendors").status_code == 200
    [form] = soup(client.get("/settings/api")).select("form[action$=revoke]")
    assert client.post(form["action"]).status_code == 303
    assert program.get("/vendors").status_code == 401
    assert "Revoked" in words(client.get("/settings/api"), "table")


def test_what_is_wrong_is_said_beside_its_box(client):
    client.get("/settings/api")
    answer = client.post("/settings/api/tokens", name="", scope="all", days="9")
    assert answer.status_code == 422
    assert "Say what the token is for." in words(answer)


def test_members_see_their_own_and_admins_see_all(browser_of, business):
    made_on(browser_of(business.member), name="Milo's telephone")
    assert "Milo's telephone" in words(browser_of(business.admin).get("/settings/api"))
    assert "Milo's telephone" not in words(browser_of(business.viewer).get("/settings/api"))
    assert "Milo's telephone" not in words(browser_of(business.stranger).get("/settings/api"))


@pytest.mark.parametrize(("who", "status"), [("viewer", 403), ("admin", 303), ("stranger", 404)])
def test_only_its_person_and_admins_revoke_a_token(browser_of, business, engine, who, status):
    made_on(browser_of(business.member))
    with installation_session(engine, writing=False) as session:
        token_id = session.scalars(select(ApiToken.id)).one()
    browser = browser_of(getattr(business, who))
    browser.get("/settings/api")
    assert browser.post(f"/settings/api/tokens/{token_id}/revoke").status_code == status
