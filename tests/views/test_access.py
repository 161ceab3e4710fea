"""Who gets in where: every address of the application, as everybody, with the ids of a business that is lived in.

The list of addresses is the application's own; a new one is walked as soon as it exists, and one whose ids nobody
knows here fails the test until the populated business holds such a thing. The addresses for programs are walked in
tests/api.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from crm.core.columns import Base
from crm.core.tenancy import installation_session, workspace_session
from crm.core.unit_of_work import workspace_work
from crm.domain import imports
from crm.domain.permissions import Act
from crm.models.decision_areas import LevelChange
from crm.models.enums import ReminderKind
from crm.models.outbox import OutboxMessage
from crm.models.reminders import Reminder
from crm.models.workspaces import UserSession
from crm.web.extensions import csrf
from crm.web.problems import API
from tests.support.browsing import Browser
from tests.support.people import PASSWORD, Business
from tests.support.populated import Populated, populate

PUBLIC_ADDRESSES = {
    "/",
    "/set-up",
    "/sign-in",
    "/sign-in/second-step",
    "/forgotten",
    "/healthz",
    "/metrics",
    "/readyz",
    "/static/<revision>/<path:path>",
}
"""What anybody may open without any secret."""

PERSONS_ADDRESSES = {"/confirm", "/sign-out", "/no-business", "/switch", "/open/<slug>/<path:path>", "/welcome/demo"}
"""What anybody may open who is signed in, whatever business they are in."""

WITHOUT_TOKEN = {"reminder_links.leave", "opt_outs.leave"}
"""What takes a POST without the hidden token: wanting no more letters with one click, as mail programs do it."""

LAST = ("demo", "switch", "save_password", "sign_out_device", "sign_out", "sign_out_everywhere", "members.leave")
"""Acts that end a walk, in the order in which they may come."""

NOT_YOUR_ROLE = b"Your role does not allow this."

OF_THE_BUSINESS = frozenset({"slug"})


@dataclass(frozen=True)
class Address:
    """One rule of the application with ids of Fern & Flint in it."""

    endpoint: str
    rule: str
    method: str
    policy: Act | str
    path: str
    names_something_of_ours: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path} ({self.endpoint}, {self.policy})"

    @property
    def is_an_act(self) -> bool:
        return isinstance(self.policy, Act)


@pytest.fixture
def place(engine: Engine, business: Business, settings) -> Populated:
    """Fern & Flint with one of everything, and somebody signed in."""
    place = populate(engine, business, settings)
    if "import_id" not in place.ids:
        with workspace_work(engine, business.workspace.id) as session:
            file = BytesIO(b"Name\nHazel Mill\n")
            made = imports.upload(session, by=business.owner, content=file, name="vendors.csv", folder=settings.uploads)
            place.ids["import_id"] = made.id
    return place


@pytest.fixture
def addresses(app: Flask, engine: Engine, place: Populated, browser_of) -> list[Address]:
    """Every address of the application, what looks before what acts, and what ends a visit last."""
    browser_of(place.business.owner)
    known = {**place.ids, **_further_ids(engine, place)}
    found = list(_addresses(app, known, place))
    return sorted(found, key=lambda each: (each.method != "GET", _turn(each.endpoint), each.path))


def _turn(endpoint: str) -> int:
    name = endpoint.partition(".")[2]
    return next((place for place, last in enumerate(LAST, start=1) if last in (name, endpoint)), 0)


def _further_ids(engine: Engine, place: Populated) -> dict[str, object]:
    """Ids that come about by themselves in what the populated business holds."""
    with installation_session(engine, writing=False) as session:
        letter = session.scalars(select(OutboxMessage.id)).first()
        browser = session.scalars(select(UserSession.id)).first()
    with workspace_session(engine, place.business.workspace.id, writing=False) as session:
        mention = session.scalars(select(Reminder.subject_id).where(Reminder.kind == ReminderKind.MENTION)).first()
        change = session.scalars(select(LevelChange.id).order_by(LevelChange.id.desc())).first()
    return {
        "message_id": letter,
        "session_id": browser,
        "mention_id": mention,
        "change_id": change,
        "slug": place.business.workspace.slug,
        "path": "team",
        "revision": "any",
        "letter": "vendor",
    }


def _addresses(app: Flask, known: dict[str, object], place: Populated) -> Iterator[Address]:
    tokens = {
        rule.rule: place.tokens[rule.endpoint] for rule in app.url_map.iter_rules() if rule.endpoint in place.tokens
    }
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(API):
            continue
        values = {**known, "token": tokens.get(rule.rule)}
        unknown = [name for name in rule.arguments if values.get(name) is None]
        assert not unknown, f"{rule.rule}: the populated business has no {unknown}"
        with app.test_request_context():
            path = app.url_map.bind("localhost").build(
                rule.endpoint, {name: values[name] for name in rule.arguments}, method=_method(rule)
            )
        yield Address(
            endpoint=rule.endpoint,
            rule=rule.rule,
            method=_method(rule),
            policy=app.view_functions[rule.endpoint].policy,
            path=path,
            names_something_of_ours=bool(
                {name for name in rule.arguments if name.endswith("_id")} | (OF_THE_BUSINESS & rule.arguments)
            ),
        )


def _method(rule) -> str:
    [method] = rule.methods - {"HEAD", "OPTIONS"}
    return method


def ask(browser: Browser, address: Address) -> TestResponse:
    """Opens the address, or sends it an empty form."""
    if address.method == "GET":
        return _read(browser.client.get(address.path))
    return _read(browser.client.post(address.path, data={"csrf_token": browser.token()}))


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


def test_addresses_that_need_no_membership_are_these_alone(addresses):
    assert {each.rule for each in addresses if each.policy == "public"} == PUBLIC_ADDRESSES
    assert {each.rule for each in addresses if each.policy == "person"} == PERSONS_ADDRESSES
    assert all("<token>" in each.rule for each in addresses if each.policy == "link")


def test_addresses_that_take_a_post_without_the_token_are_these_alone(app, addresses):
    exempt = {
        endpoint
        for endpoint, view in app.view_functions.items()
        if f"{view.__module__}.{view.__name__}" in csrf._exempt_views and not view.__module__.startswith("crm.api.")
    }
    assert exempt == WITHOUT_TOKEN


def test_nobody_is_asked_to_sign_in_wherever_a_person_is_needed(nobody, addresses, engine):
    nobody.get("/sign-in")
    before = dump(engine)
    for address in addresses:
        if not address.is_an_act and address.policy != "person":
            continue
        answer = ask(nobody, address)
        if address.method == "GET":
            assert answer.status_code == 303, str(address)
            assert answer.location.startswith("/sign-in"), str(address)
        else:
            assert answer.status_code == 401, str(address)
    assert dump(engine) == before


@pytest.mark.parametrize(("role", "allowed"), [("viewer", {Act.SEE}), ("member", {Act.SEE, Act.WORK, Act.IMPORT})])
def test_a_role_opens_what_it_may_and_nothing_else(role, allowed, browser_of, place, addresses):
    person = getattr(place.business, role)
    browser = browser_of(person)
    for address in addresses:
        if not address.is_an_act:
            continue
        answer = ask(browser, address)
        if address.policy in allowed:
            assert answer.status_code < 500, str(address)
            assert answer.status_code != 401, str(address)
            assert NOT_YOUR_ROLE not in answer.data, str(address)
        else:
            assert answer.status_code == 403, str(address)
            assert NOT_YOUR_ROLE in answer.data, str(address)
        if answer.location == "/sign-in":
            browser = browser_of(person)


def test_no_act_with_an_empty_form_is_a_fault(browser_of, place, addresses):
    browser = browser_of(place.business.owner)
    faults = []
    for address in addresses:
        if address.endpoint == "health.ready":  # says 503 where no scheduler ticks, which is its trade
            continue
        answer = ask(browser, address)
        if answer.status_code >= 500:
            faults.append(f"{answer.status_code} {address}")
        if answer.location == "/sign-in":
            browser = browser_of(place.business.owner)
    assert faults == []


def test_an_owner_of_another_business_finds_nothing_of_ours_and_changes_nothing(browser_of, place, addresses, engine):
    browser = browser_of(place.business.stranger)
    browser.get("/settings")
    before = dump(engine)
    open_to_them = []
    for address in addresses:
        if not address.names_something_of_ours:
            continue
        answer = ask(browser, address)
        if answer.status_code != 404:
            open_to_them.append(f"{answer.status_code} {address}")
    assert open_to_them == []
    assert dump(engine) == before


def test_looking_changes_nothing_whoever_looks(app, browser_of, place, addresses, engine):
    people = place.business
    browsers = [browser_of(people.owner), browser_of(people.viewer), browser_of(people.stranger), Browser(app)]
    before = dump(engine)
    looks = [each for each in addresses if each.method == "GET"]
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


def test_nothing_is_done_without_the_token(app, browser_of, place, addresses, engine):
    signed_in = browser_of(place.business.owner)
    signed_in.get("/settings")
    before = dump(engine)
    for address in addresses:
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
