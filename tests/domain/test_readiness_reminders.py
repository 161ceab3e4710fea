"""Owners and admins are told by letter when it is time to look again: on day 0, 3, 7, 14, then weekly, and once."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from crm.domain import readiness
from crm.jobs.sender import Sender
from crm.mail import mime
from crm.models.enums import Answer, MailState, Role, Statement
from crm.models.readiness import ReadinessReminder
from crm.models.workspaces import Membership
from tests.support.browsing import words
from tests.support.letters import messages, tick

ANSWERS = dict.fromkeys(Statement, Answer.PARTLY_WRITTEN)
DUE_ON = date(2027, 1, 3)  # a Sunday, on which no letter goes out


@pytest.fixture(autouse=True)
def check_id(inside, business, clock_at) -> int:
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        return readiness.take(session, by=business.member, answers=ANSWERS).id


@pytest.fixture
def mailing(settings_with, smtp_sink):
    return settings_with(SMTP_URL=smtp_sink.url)


def morning(engine, settings, clock_at, day: date) -> list[str]:
    """Who got a letter on a morning."""
    before = len(messages(engine))
    clock_at(f"{day} 08:00")
    tick(engine, settings)
    while Sender(engine, settings).work_once():
        pass
    return [message.recipient.split("@")[0] for message in messages(engine)[before:]]


def test_it_is_named_to_owners_and_admins_in_the_rhythm_of_all_items(engine, mailing, clock_at):
    named = {}
    for step in (-2, 1, 2, 3, 8):
        day = DUE_ON + timedelta(days=step)
        if who := morning(engine, mailing, clock_at, day):
            named[step] = sorted(who)
    # Day 0 and day 7 are Sundays: the letters of the Mondays after them say it.
    assert list(named) == [1, 3, 8]
    assert all(who == ["admin", "owner"] for who in named.values())


def test_the_letter_says_it_in_words_and_leads_to_the_page(engine, settings, clock_at):
    clock_at("2027-01-04 08:00")
    tick(engine, settings)
    assert len(messages(engine)) == 2
    for message in messages(engine):
        assert mime.read(message.content)["Subject"] == "How ready are you? Time to look again"
        plain = " ".join(mime.part(message.content, "plain").split())
        assert "Nothing of yours is due today, Monday 4 January." in plain
        assert "it was to be looked at again on Sun 3 Jan. It takes three minutes." in plain
        assert "more thing" not in plain
        for kind in ("plain", "html"):
            assert "/readiness" in mime.part(message.content, kind)


def test_there_is_one_row_for_a_person_and_a_day(engine, mailing, clock_at, inside, business):
    for day in (4, 5, 6):
        morning(engine, mailing, clock_at, date(2027, 1, day))
    with inside(business) as session:
        rows = session.execute(select(ReadinessReminder.user_id, ReadinessReminder.named_on)).all()
    assert sorted(rows) == sorted((each.user_id, date(2027, 1, 6)) for each in (business.owner, business.admin))


def test_it_counts_as_named_only_when_the_letter_was_sent(engine, mailing, smtp_sink, clock_at, inside, business):
    smtp_sink.answer("rcpt", "451 Later")
    morning(engine, mailing, clock_at, date(2027, 1, 4))
    with inside(business) as session:
        assert session.scalar(select(func.count(ReadinessReminder.named_on))) == 0


def test_who_has_looked_by_then_is_not_told(engine, mailing, smtp_sink, clock_at, inside, business):
    clock_at("2027-01-04 08:00")
    tick(engine, mailing)
    with inside(business) as session:
        readiness.take(session, by=business.member, answers=ANSWERS)
    while Sender(engine, mailing).work_once():
        pass
    assert {message.state for message in messages(engine)} == {MailState.CANCELLED}
    assert smtp_sink.letters == []
    assert morning(engine, mailing, clock_at, date(2027, 1, 5)) == []


def test_what_is_put_off_is_told_again_on_its_new_day(engine, mailing, clock_at, inside, business, check_id):
    morning(engine, mailing, clock_at, date(2027, 1, 4))
    with inside(business) as session:
        readiness.snooze(readiness.find(session, check_id), by=business.admin, choice=date(2027, 1, 13))
    days = [date(2027, 1, day) for day in (5, 11, 13, 14, 18)]
    told = [day.day for day in days if morning(engine, mailing, clock_at, day)]
    assert told == [13, 18]


def test_no_other_business_is_told(engine, mailing, clock_at, business):
    assert business.stranger.user.email.split("@")[0] not in morning(engine, mailing, clock_at, date(2027, 1, 4))


# The letter's link


def link_in(engine, settings) -> str:
    """The path of the owner's Snooze link."""
    tick(engine, settings)
    [letter] = [each for each in messages(engine) if each.recipient.startswith("owner@")]
    [path] = re.findall(r"http://[^/]+(/reminder-links/\S+/recheck)", mime.part(letter.content, "plain"))
    assert path in mime.part(letter.content, "html")
    return path


def put_off_until(inside, business, check_id) -> date | None:
    with inside(business) as session:
        return readiness.find(session, check_id).snoozed_until


@pytest.fixture
def monday(clock_at) -> None:
    clock_at("2027-01-04 08:00")


@pytest.mark.parametrize(
    ("fields", "until"),
    [
        ({"choice": "one_week"}, date(2027, 1, 11)),
        ({"choice": "one_month"}, date(2027, 2, 4)),
        ({"until": "2027-01-20"}, date(2027, 1, 20)),
    ],
)
@pytest.mark.usefixtures("monday")
def test_the_letters_link_puts_it_off_once_without_signing_in(
    engine, settings, inside, business, nobody, check_id, fields, until
):
    path = link_in(engine, settings)
    assert "How ready are you?" in words(nobody.get(path))
    assert put_off_until(inside, business, check_id) is None, "looking changes nothing"
    assert "Snoozed until" in words(nobody.post(path, **fields))
    assert put_off_until(inside, business, check_id) == until
    assert "There is nothing to do here any more." in words(nobody.post(path, choice="one_month"))
    assert put_off_until(inside, business, check_id) == until


@pytest.mark.parametrize("fields", [{}, {"until": "2027-01-04"}, {"until": "soon"}, {"choice": "for ever"}])
@pytest.mark.usefixtures("monday")
def test_a_day_that_cannot_be_is_refused_on_the_links_page(
    engine, settings, inside, business, nobody, check_id, fields
):
    path = link_in(engine, settings)
    assert nobody.post(path, **fields).status_code == 422
    assert put_off_until(inside, business, check_id) is None


@pytest.mark.usefixtures("monday")
def test_the_link_of_whoever_no_longer_manages_the_business_does_nothing(
    engine, settings, inside, business, nobody, check_id
):
    path = link_in(engine, settings)
    assert nobody.get(path.replace("/recheck", "x/recheck")).status_code == 404, "forged"
    with inside(business) as session:
        session.get_one(Membership, business.owner.id).role = Role.MEMBER
    assert nobody.post(path, choice="one_week").status_code == 403
    assert put_off_until(inside, business, check_id) is None


@pytest.mark.usefixtures("monday")
def test_the_link_says_when_somebody_has_looked_since(engine, settings, inside, business, nobody):
    path = link_in(engine, settings)
    with inside(business) as session:
        readiness.take(session, by=business.member, answers=ANSWERS)
    assert "There is nothing to do here any more." in words(nobody.get(path))
