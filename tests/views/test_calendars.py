"""The calendar feed: read by a strict parser, with stable events, at an address that is a secret and can be revoked."""

import hashlib
import re
from datetime import date, datetime, timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select

from crm.core import logs
from crm.core.unit_of_work import installation_work
from crm.domain import calendars, interactions, members, notes, parkings, promises, reminders, trials, vendors
from crm.domain.trials import TrialTerms
from crm.models.enums import InteractionKind, ParkingReason, PromiseKind, Role, Stage
from crm.models.reminders import Reminder
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership
from tests.support.browsing import soup, words

SECRET_WORDS = "They owe us money"


@pytest.fixture
def path(business, browser_of, clock_at):
    """path() makes an address as that person sees it, and gives its path."""
    clock_at("2026-11-23 09:00")

    def make(person: Membership | None = None) -> str:
        browser = browser_of(person or business.owner)
        browser.get("/settings/calendar")
        shown = soup(browser.post("/settings/calendar")).select_one("#calendar-address")
        assert shown is not None
        return shown.text.removeprefix("http://crm.example.org")

    return make


@pytest.fixture
def full(inside, business, clock_at):
    """A vendor with a check-in, a promise and a name that tries to break lines; one that is parked; one on trial."""
    clock_at("2026-11-23 09:00")
    with inside(business) as session:
        by, today = business.owner, business.workspace.today
        one = vendors.add(session, by=by, name="Müller; Söhne, \\n & Ænd " + "ü" * 60, stage=Stage.ACTIVE)
        notes.write(one, by=by, body=SECRET_WORDS)
        promises.make(one, by=by, kind=PromiseKind.OURS, due_on=today + timedelta(days=3), what=SECRET_WORDS)
        parked = vendors.add(session, by=by, name="Saltmarsh")
        parkings.park(parked, by=by, reason=ParkingReason.OTHER, details=SECRET_WORDS)
        trial = vendors.add(session, by=by, name="Pinnock")
        trials.start(trial, by=by, terms=TrialTerms(what=SECRET_WORDS, due_on=today + timedelta(days=9)))
        far = vendors.add(session, by=by, name="Far Away")
        promises.make(far, by=by, kind=PromiseKind.THEIRS, due_on=today + timedelta(days=500), what="x")
        return one.id


def _events(answer) -> dict[str, object]:
    calendar = Calendar.from_ical(answer.data)
    assert calendar.errors == []
    return {str(event["summary"]): event for event in calendar.walk("VEVENT")}


def test_a_strict_parser_reads_it(nobody, path, full):
    answer = nobody.get(path())
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    body = answer.data
    assert body.startswith(b"BEGIN:VCALENDAR\r\n")
    assert body.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert max(map(len, body.split(b"\r\n"))) <= 75
    body.decode("utf-8")
    for line in body.decode().replace("\r\n ", "").split("\r\n")[:-1]:
        assert re.match(r"[A-Z-]+(;[A-Z-]+=[^:;]+)*:", line), line
    events = _events(answer)
    assert any(title.startswith("Check in with Müller; Söhne, \\n & Ænd ü") for title in events)
    assert {"Look at Saltmarsh again", "Trial task of Pinnock"} <= set(events)
    for event in events.values():
        assert type(event["dtstart"].dt) is date
        assert {"UID", "DTSTAMP", "LAST-MODIFIED", "SUMMARY"} <= set(event)
    assert len({str(event["uid"]) for event in events.values()}) == len(events)


def test_programs_are_told_how_often_to_look(nobody, path):
    said = nobody.get(path()).get_data(as_text=True).splitlines()
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT4H" in said
    assert "X-PUBLISHED-TTL:PT4H" in said


def test_no_private_word_is_in_it(nobody, path, full):
    body = nobody.get(path()).data.replace(b"\r\n ", b"")
    assert SECRET_WORDS.encode() not in body
    assert b"DESCRIPTION" not in body
    assert b"Far Away" in body  # its check-in
    assert b"Promise from Far Away" not in body  # later than twelve months


def test_an_event_keeps_its_uid_and_grows_newer_when_its_day_moves(nobody, path, full, inside, business, clock_at):
    address = path()
    first = _check_in(nobody.get(address))
    clock_at("2026-11-24 09:00")
    with inside(business) as session:
        vendor = session.get_one(Vendor, full)
        interactions.log(
            vendor, by=business.owner, kind=InteractionKind.CALL, occurred_on=business.workspace.today, summary="x"
        )
    second = _check_in(nobody.get(address))
    assert second["uid"] == first["uid"]
    assert second["dtstart"].dt > first["dtstart"].dt
    assert second["last-modified"].dt > first["last-modified"].dt


def _check_in(answer):
    return next(event for title, event in _events(answer).items() if title.startswith("Check in with Müller"))


def test_what_is_done_goes(nobody, path, full, inside, business):
    address = path()
    assert any(title.startswith("Promise to Müller") for title in _events(nobody.get(address)))
    with inside(business) as session:
        row = session.scalars(select(Reminder).where(Reminder.kind == "promise_ours")).one()
        reminders.complete(session, row, by=business.owner)
    assert not any(title.startswith("Promise to Müller") for title in _events(nobody.get(address)))


def test_who_has_seen_it_is_told_that_nothing_changed(nobody, path, full, inside, business, clock_at):
    address = path()
    mark = nobody.get(address).headers["ETag"]
    clock_at("2026-11-23 15:00")
    again = nobody.get(address, headers={"If-None-Match": mark})
    assert (again.status_code, again.data) == (304, b"")
    with inside(business) as session:
        session.get_one(Vendor, full).name = "Another name"
    assert nobody.get(address, headers={"If-None-Match": mark}).status_code == 200


def test_each_sees_their_own_days_alone(nobody, path, full, business):
    assert _events(nobody.get(path(business.member))) == {}
    assert _events(nobody.get(path(business.stranger))) == {}


# The address


def test_the_address_is_shown_once_and_kept_as_a_fingerprint(engine, client, path, business):
    address = path()
    secret = address.removeprefix("/calendar/").removesuffix(".ics")
    assert len(secret) == 43
    assert secret not in client.get("/settings/calendar").text
    with installation_work(engine) as session:
        kept = session.get_one(Membership, business.owner.id).calendar_hash
    assert kept == hashlib.sha256(secret.encode()).hexdigest()


def test_another_address_ends_the_first_and_revoking_ends_all(nobody, client, path):
    first, second = path(), path()
    assert nobody.get(first).status_code == 404
    assert nobody.get(second).status_code == 200
    client.get("/settings/calendar")
    assert "is revoked" in words(client.follow(client.post("/settings/calendar/revoke")))
    assert nobody.get(second).status_code == 404
    assert "Make an address" in words(client.get("/settings/calendar"))


def test_unknown_and_former_secrets_look_the_same(nobody, path, inside, business):
    address = path(business.member)
    with inside(business) as session:
        members.deactivate(session, business.member.user_id, by=business.owner)
    gone, unknown = nobody.get(address), nobody.get("/calendar/never-was.ics")
    assert gone.status_code == unknown.status_code == 404
    assert gone.data.replace(b"x", b"") == unknown.data.replace(b"x", b"")


def test_who_becomes_a_viewer_has_an_empty_calendar(nobody, path, inside, business):
    address = path(business.member)
    with inside(business) as session:
        vendors.add(session, by=business.member, name="Wren", stage=Stage.ACTIVE, owner_id=business.member.user_id)
    assert list(_events(nobody.get(address))) == ["Check in with Wren"]
    with inside(business) as session:
        members.change_role(session, business.member.user_id, by=business.owner, role=Role.VIEWER)
    assert _events(nobody.get(address)) == {}


def test_a_viewer_makes_none(browser_of, business):
    viewer = browser_of(business.viewer)
    assert "Make an address" not in words(viewer.get("/settings/calendar"))
    assert viewer.post("/settings/calendar").status_code == 403


def test_looking_needs_no_cookie_and_sets_none(nobody, path, full):
    answer = nobody.get(path())
    assert "Set-Cookie" not in answer.headers
    assert nobody.client.head(path()).status_code == 200


@pytest.mark.parametrize(
    "place",
    [
        "/calendar/{}.ics",
        "/opt-out/{}",
        "/resets/{}",
        "/unsubscribe/{}",
        "/reminder-links/{}/done",
        "/introductions/{}?answer=yes",
        "/agreements/{}",
        "/cards/{}",
    ],
)
def test_the_log_never_holds_the_secret(place):
    secret = "AbC-123_xyz"
    assert secret not in logs.masked(f'GET {place.format(secret)} HTTP/1.1" 200')


def test_the_days_are_the_persons_own_year(inside, business, engine, settings, clock_at):
    clock_at("2026-11-23 09:00")
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Edge", despite_doubles=True)
        for days in (365, 366):
            due = date(2026, 11, 23) + timedelta(days=days)
            promises.make(vendor, by=business.owner, kind=PromiseKind.OURS, due_on=due, what=f"{days}")
        secret = calendars.make(session, by=business.owner)
    with installation_work(engine) as session:
        found = calendars.feed(session, settings, secret)
    assert found is not None
    days = [event["dtstart"].dt for event in Calendar.from_ical(found.content).walk("VEVENT")]
    assert max(days) == date(2027, 11, 23)
    assert not any(isinstance(day, datetime) for day in days)
