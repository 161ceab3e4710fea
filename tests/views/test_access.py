"""What holds for every address: which ones are open, that looking changes nothing, that no act goes without its token.

Who gets what where is walked in test_access_matrix.py.
"""

import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from crm.core.columns import Base
from crm.web.extensions import csrf
from tests.support.addresses import Address, addresses, every_address
from tests.support.browsing import Browser
from tests.support.people import PASSWORD, Business
from tests.support.populated import Populated, populate

PUBLIC_ADDRESSES = {
    "/",
    "/set-up",
    "/sign-in",
    "/sign-in/passkey",
    "/sign-in/passkey/ask",
    "/sign-in/second-step",
    "/sign-in/second-step/passkey",
    "/sign-in/second-step/passkey/ask",
    "/sign-in/service",
    "/sign-in/service/answer",
    "/sign-in/service/welcome",
    "/forgotten",
    "/healthz",
    "/metrics",
    "/readyz",
    "/api/v1/openapi.json",
    "/static/<revision>/<path:path>",
}
"""What anybody may open without any secret."""

PERSONS_ADDRESSES = {
    "/confirm",
    "/confirm/passkey",
    "/confirm/passkey/ask",
    "/no-business",
    "/open/<slug>/<path:path>",
    "/sign-out",
    "/switch",
    "/welcome/demo",
}
"""What anybody may open who is signed in, whatever business they are in."""

WITHOUT_TOKEN = {"reminder_links.leave", "opt_outs.leave"}
"""What takes a POST without the hidden token: wanting no more letters with one click, as mail programs do it."""


@pytest.fixture
def place(engine: Engine, business: Business, settings) -> Populated:
    """Fern & Flint with one of everything."""
    return populate(engine, business, settings)


@pytest.fixture
def pages(app: Flask, engine: Engine, place: Populated, settings, browser_of) -> list[Address]:
    """Every address that a browser opens; somebody has signed in."""
    browser_of(place.business.owner)
    return addresses(app, engine, place, settings)


def ask(browser: Browser, address: Address) -> TestResponse:
    """Opens the address."""
    return _read(browser.client.get(address.path))


def _read(answer: TestResponse) -> TestResponse:
    """The answer with its body in memory: files are closed."""
    answer.get_data()
    answer.close()
    return answer


def dump(engine: Engine) -> dict[str, list[tuple]]:
    """All rows of all tables."""
    with engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)))) for table in Base.metadata.sorted_tables
        }


def test_addresses_that_need_no_membership_are_these_alone(app):
    there = every_address(app)
    assert {each.rule for each in there if each.policy == "public"} == PUBLIC_ADDRESSES
    assert {each.rule for each in there if each.policy == "person"} == PERSONS_ADDRESSES
    assert all("<token>" in each.rule for each in there if each.policy == "link")


def test_addresses_that_take_a_post_without_the_token_are_these_alone(app):
    exempt = {
        endpoint
        for endpoint, view in app.view_functions.items()
        if f"{view.__module__}.{view.__name__}" in csrf._exempt_views and not view.__module__.startswith("crm.api.")
    }
    assert exempt == WITHOUT_TOKEN


def test_a_number_in_an_address_that_nothing_has_is_no_fault_of_ours(client, pages):
    asked = {
        name
        for file in Path("crm").rglob("*.py")
        for name in re.findall(r"args\.get(?:list)?\(\s*\"(\w+)\"", file.read_text())
    }
    assert {"before", "who", "page"} <= asked
    queries = [urlencode(dict.fromkeys(sorted(asked), number)) for number in (10**20, -(10**20), 0)]
    looks = [each.path + ("&" if "?" in each.path else "?") for each in pages if each.method == "GET"]
    faults = [f"{path}{query}" for path in looks for query in queries if _fails(client, path + query)]
    assert faults == []


def _fails(client: Browser, path: str) -> bool:
    return _read(client.client.get(path)).status_code == 500


def test_looking_changes_nothing_whoever_looks(app, browser_of, place, pages, engine):
    people = place.business
    browsers = [browser_of(people.owner), browser_of(people.viewer), browser_of(people.stranger), Browser(app)]
    before = dump(engine)
    looks = [each for each in pages if each.method == "GET"]
    for browser in browsers:
        for address in looks:
            ask(browser, address)
    for address in looks:
        _read(browsers[0].client.head(address.path))
    after = dump(engine)
    # That a whole list was taken out is noted; nothing that anybody works with is any different.
    told = [line for line in after.pop("audit_entries") if line not in before["audit_entries"]]
    assert [line for line in told if "AuditKind.EXPORTED" not in line] == []
    assert after == {table: rows for table, rows in before.items() if table != "audit_entries"}


def test_nothing_is_done_without_the_token(app, browser_of, place, pages, engine):
    signed_in = browser_of(place.business.owner)
    signed_in.get("/settings")
    before = dump(engine)
    for address in pages:
        if address.method == "GET" or address.endpoint in WITHOUT_TOKEN:
            continue
        for token in ("", "forged"):
            answer = signed_in.client.post(address.path, data={"csrf_token": token})
            assert answer.status_code == 400, str(address)
        answer = Browser(app).client.post(address.path)
        assert answer.status_code in (400, 401), str(address)
    assert dump(engine) == before


def test_over_https_a_page_that_names_no_referrer_still_sends_its_form(make_app, settings_with, place):
    browser = Browser(make_app(settings_with(BASE_URL="https://crm.example.org"))).client
    path = f"/invitations/{place.tokens['members.invitation']}"
    page = browser.get(path, base_url="https://crm.example.org")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    fields = {"csrf_token": token, "name": "Nell", "password": PASSWORD, "time_zone": "Europe/London"}
    assert browser.post(path, data=fields, base_url="https://crm.example.org").status_code == 303
