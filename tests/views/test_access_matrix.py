"""Who gets what where: every address, for browsers and for programs, as everybody.

What is expected follows from the policy that an address declares, and from the short lists below. That nobody changes
a policy in passing is seen to by tests/views/addresses.txt, which names every address with its policy: one that is not
in it fails, and so does one that is no more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, delete, select, update
from werkzeug.test import TestResponse

from crm.core import clock
from crm.core.columns import Base
from crm.core.settings import Settings
from crm.core.unit_of_work import installation_work
from crm.domain import api_tokens
from crm.domain.permissions import Act
from crm.models.api_tokens import ApiToken
from crm.models.workspaces import Membership, UserSession
from crm.web.gate import LINK, PUBLIC
from tests.support.addresses import Address, addresses, addresses_for_programs, every_address
from tests.support.browsing import Browser
from tests.support.people import Business
from tests.support.populated import Populated, populate
from tests.support.programs import Program, token_for

LISTED = Path(__file__).with_name("addresses.txt")

ALLOWED = {
    "viewer": {Act.SEE},
    "member": {Act.SEE, Act.WORK, Act.IMPORT},
    "admin": {Act.SEE, Act.WORK, Act.IMPORT, Act.MANAGE},
    "owner": set(Act),
}
INSIDE = tuple(ALLOWED)
NOT_SIGNED_IN = ("nobody", "expired", "revoked")
"""Without anything; with a sign-in, or for programs a token, that is over; with one that was taken back."""

LEADS_ON = {
    "accounts.confirm",
    "accounts.home",
    "accounts.no_business",
    "accounts.open_page",
    "accounts.second_step",
    "accounts.set_up",
    "accounts.sign_in",
    "identities.ask",
    "identities.decide",
    "identities.hear",
    "two_step.new",
}
"""Pages that lead on whoever needs no such page."""

_TO_NOBODY_ELSE = "missing"
_BY_RULE = "forbidden"
OTHERS_GET: dict[str, dict[str, str]] = {
    "outbox.show": {"viewer": _TO_NOBODY_ELSE, "member": _TO_NOBODY_ELSE},
    "outbox.download": {"viewer": _TO_NOBODY_ELSE, "member": _TO_NOBODY_ELSE, "admin": _TO_NOBODY_ELSE},
    "vendor_letters.again": {"member": _TO_NOBODY_ELSE, "admin": _TO_NOBODY_ELSE},
    "bulk_acts.show": {"member": _TO_NOBODY_ELSE},
    "bulk_acts.file": dict.fromkeys(("member", "admin", "owner"), _TO_NOBODY_ELSE),  # no row of it failed
    "goodwill.statement_file": {"viewer": _BY_RULE, "member": _BY_RULE},
    "notes.edit": {"member": _BY_RULE},
    "trust_entries.correct": {"member": _BY_RULE},
    "accounts.demo": {"viewer": "role", "member": "role"},
}
"""What a role may do, but not with what is here, which is the owner's."""

SAYS_NO = {"health.ready": 503}
"""Where no scheduler ticks, which is its trade to say."""
NOT_YOUR_ROLE = "Your role does not allow this."


@dataclass(frozen=True)
class Visitor:
    """Somebody who asks for every address: in a browser, and by a program."""

    name: str
    app: Flask
    browser: Browser
    program: Program
    person: Membership | None = None

    def ask(self, address: Address) -> TestResponse:
        """Opens the address, or sends it nothing."""
        if address.is_for_programs:
            body = {"json": {}} if address.method in ("POST", "PATCH") else {}
            return self.program.ask(address.method, address.path, **body)
        if address.method == "GET":
            return _read(self.browser.client.get(address.path))
        answer = _read(self.browser.client.post(address.path, data={"csrf_token": self.browser.token()}))
        if self.person is not None and answer.location == "/sign-in":  # the act has signed them out
            self.browser.sign_in(self.person)
        return answer


@pytest.fixture
def place(engine: Engine, business: Business, settings: Settings) -> Populated:
    """Fern & Flint with one of everything."""
    return populate(engine, business, settings)


@pytest.fixture
def visitors(app: Flask, engine: Engine, business: Business) -> dict[str, Visitor]:
    """All eight kinds."""

    def somebody(name: str, person: Membership) -> Visitor:
        return Visitor(name, app, Browser(app).sign_in(person), Program(app, token_for(engine, person)), person)

    known = {name: somebody(name, getattr(business, name)) for name in (*INSIDE, "stranger")}
    nobody = Visitor("nobody", app, Browser(app), Program(app))
    return {
        **known,
        "nobody": nobody,
        "expired": _expired(app, engine, business),
        "revoked": _revoked(app, engine, business),
    }


def _expired(app: Flask, engine: Engine, business: Business) -> Visitor:
    """An owner whose sign-in and token have run their time."""
    browser, program = Browser(app).sign_in(business.owner), Program(app, token_for(engine, business.owner))
    with installation_work(engine) as session:
        session.execute(_newest(update, UserSession).values(expires_at=clock.now() - timedelta(seconds=1)))
        session.execute(_newest(update, ApiToken).values(expires_at=clock.now() - timedelta(seconds=1)))
    return Visitor("expired", app, browser, program)


def _revoked(app: Flask, engine: Engine, business: Business) -> Visitor:
    """An owner who was signed out from elsewhere and whose token was revoked."""
    browser, program = Browser(app).sign_in(business.owner), Program(app, token_for(engine, business.owner))
    with installation_work(engine) as session:
        session.execute(_newest(delete, UserSession))
        [newest] = session.scalars(_newest(select, ApiToken))
        api_tokens.revoke(session, newest.id, by=business.owner)
    return Visitor("revoked", app, browser, program)


def _newest(verb, table):
    return verb(table).where(table.id == select(table.id).order_by(table.id.desc()).limit(1).scalar_subquery())


def _read(answer: TestResponse) -> TestResponse:
    """The answer with its body in memory: files are closed."""
    answer.get_data()
    answer.close()
    return answer


def expected(visitor: str, address: Address) -> str:
    """What a visitor gets: open, role, missing, or sign in."""
    if visitor in NOT_SIGNED_IN:
        return "open" if address.policy in (PUBLIC, LINK) else "sign in"
    if visitor == "stranger":
        return "missing" if address.names_something_of_ours else "open"
    if address.is_an_act and address.policy not in ALLOWED[visitor]:
        return "role"
    return OTHERS_GET.get(address.endpoint, {}).get(visitor, "open")


def got(address: Address, answer: TestResponse) -> str:
    """What an answer amounts to."""
    if answer.status_code == SAYS_NO.get(address.endpoint, 0):
        return "open"
    if answer.status_code == 401 or (answer.status_code == 303 and (answer.location or "").startswith("/sign-in?")):
        return "sign in"
    if answer.status_code == 403:
        return "role" if NOT_YOUR_ROLE in answer.text else "forbidden"
    if answer.status_code == 404:
        return "missing"
    if answer.status_code == 422 and address.is_for_programs:
        return "unreadable"
    if address.method == "GET" and answer.status_code != (303 if address.endpoint in LEADS_ON else 200):
        return "open" if answer.status_code == 200 else str(answer.status_code)
    return "open" if answer.status_code < 500 else str(answer.status_code)


def dump(engine: Engine) -> dict[str, list[str]]:
    """All rows of all tables, but when a token was last used."""
    with engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in Base.metadata.sorted_tables
            if table.name != ApiToken.__tablename__
        }


def walk(visitor: Visitor, places: Iterable[Address], *, also: tuple[str, ...] = ()) -> list[str]:
    """Asks for each address; says where the answer is another than expected, and none of ``also``."""
    wrong = []
    for address in places:
        wanted, found = expected(visitor.name, address), got(address, visitor.ask(address))
        if found not in (wanted, *also):
            wrong.append(f"{visitor.name} {address}: {found} instead of {wanted}")
    return wrong


def test_every_address_is_listed_with_its_policy(app):
    listed = [line for line in LISTED.read_text("utf-8").splitlines() if line]
    there = [each.line for each in every_address(app)]
    new, gone = sorted(set(there) - set(listed)), sorted(set(listed) - set(there))
    assert not new, f"not in {LISTED.name}, for somebody to think about:\n" + "\n".join(new)
    assert not gone, f"in {LISTED.name}, and there no more:\n" + "\n".join(gone)


def test_every_address_gives_everybody_what_its_policy_says(app, engine, place, settings, visitors):
    """First whatever only looks, then what somebody may not do, which changes nothing; what may be done comes last."""
    everything = [*addresses_for_programs(app, engine, place), *addresses(app, engine, place, settings)]
    looks = [each for each in everything if each.method == "GET"]
    acts = [each for each in everything if each.method != "GET"]
    wrong = [line for visitor in visitors.values() for line in walk(visitor, looks)]
    before = dump(engine)
    for name, visitor in visitors.items():
        held_off = [each for each in acts if expected(name, each) != "open"]
        wrong += walk(visitor, held_off, also=("unreadable",) if name == "stranger" else ())
    assert dump(engine) == before
    for name in INSIDE:  # whoever comes second finds much of it done or gone, and some of it is the owner's
        allowed = [each for each in acts if expected(name, each) == "open"]
        wrong += walk(visitors[name], allowed, also=("missing", "forbidden", "unreadable"))
    assert not wrong, "\n".join(wrong)


def test_whoever_proved_long_ago_who_they_are_is_asked_before_anything_dangerous(
    app, engine, place, settings, visitors
):
    owner = visitors["owner"]
    dangerous = [each for each in addresses(app, engine, place, settings) if each.is_fresh]
    with installation_work(engine) as session:
        session.execute(update(UserSession).values(confirmed_at=clock.now() - timedelta(minutes=16)))
    before = dump(engine)
    answers = {str(each): owner.ask(each) for each in dangerous}
    assert dump(engine) == before
    assert [name for name, answer in answers.items() if not _asks_for_proof(answer)] == []
    assert len(answers) >= 30


def _asks_for_proof(answer: TestResponse) -> bool:
    return (answer.location or "").startswith("/confirm") or 'id="confirm"' in answer.text


def test_no_link_opens_with_another_secret(app, engine, place, settings, visitors):
    """One sign of it changed, next to none of it, and the secret of another link."""
    links = [each for each in addresses(app, engine, place, settings) if each.policy == LINK]
    before, opened = dump(engine), []
    for each in links:
        secret = next(token for token in place.tokens.values() if token in each.path)
        foreign = next(token for token in place.tokens.values() if token != secret)
        for forged in (secret[:-2] + ("BB" if secret.endswith("AA") else "AA"), "x", foreign):
            address = replace(each, path=each.path.replace(secret, forged))
            for name in ("nobody", "owner"):
                answer = visitors[name].ask(address)
                opened += [f"{name} {address}: {answer.status_code}"] if answer.status_code != 404 else []
    assert opened == []
    assert dump(engine) == before
    assert len(links) >= 20
