"""Both sides' lateness in a trial task at every door: the morning letter, the calendar, and a putting off."""

from __future__ import annotations

from datetime import date

import pytest
from icalendar import Calendar
from sqlalchemy import select

from crm.core import clock
from crm.core.unit_of_work import installation_work
from crm.domain import calendars, reminders, trial_work, trials, vendors
from crm.domain.next_touch import SnoozeChoice
from crm.domain.trials import TrialTerms
from crm.mail import mime
from crm.models.enums import CadenceChoice, ReminderKind
from crm.models.reminders import Reminder
from crm.models.trials import TrialReviewer
from tests.support.letters import messages, tick

TODAY = date(2026, 10, 5)


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def theirs(inside, business):
    """One that is to come on Thursday."""
    with inside(business) as session:
        return _given(session, business, "Pinnock Ads", date(2026, 10, 8)).id


@pytest.fixture
def ours(inside, business):
    """One that came today, for the owner and the admin to look at by Thursday, with a question left open."""
    with inside(business) as session:
        trial = _given(session, business, "Bluebell Words", date(2026, 10, 12))
        session.add(TrialReviewer(brief_id=trial.brief_id, user_id=business.admin.user_id))
        trial_work.ask(trial, by=business.owner, body="Which\n*scent*?", asked_at=clock.now())
        trial_work.deliver(trial, by=business.owner, on=TODAY)
        return trial.id


def _given(session, business, name, due_on):
    vendor = vendors.add(
        session,
        by=business.owner,
        name=name,
        owner_id=business.owner.user_id,
        cadence_choice=CadenceChoice.NONE,
    )
    return trials.start(vendor, by=business.owner, terms=TrialTerms("One page", due_on))


def test_the_morning_letter_names_each_with_the_page_it_is_done_on(engine, business, settings, theirs, ours, clock_at):
    clock_at("2026-10-08 08:00")
    tick(engine, settings)
    to = {letter.recipient: letter for letter in messages(engine)}
    for kind in ("plain", "html"):
        owners = " ".join(mime.part(to[business.owner.user.email].content, kind).split())
        admins = " ".join(mime.part(to[business.admin.user.email].content, kind).split())
        for said in (
            "Trial task due: One page",
            "Ask what is in the way, or note that it came.",
            f"/open/fern-flint/trials/{theirs}",
            "It came, and is to be looked at: One page",
            f"/open/fern-flint/trials/{ours}",
            "They asked, and wait for an answer: Which *scent*?",
            "Answered",
        ):
            assert said in owners, (kind, said)
        assert "It came, and is to be looked at: One page" in admins
        assert "They asked" not in admins
        assert "Trial task due" not in admins


def test_the_calendar_says_what_and_no_private_word(engine, business, settings, inside, theirs, ours):
    with inside(business) as session:
        secret = calendars.make(session, by=business.owner)
    with installation_work(engine) as session:
        feed = calendars.feed(session, settings, secret)
    events = Calendar.from_ical(feed.content).walk("VEVENT")
    assert {str(event["summary"]): event["dtstart"].dt for event in events} == {
        "Trial task of Pinnock Ads": date(2026, 10, 8),
        "Trial task of Bluebell Words to look at": date(2026, 10, 8),
        "Question of Bluebell Words to answer": date(2026, 10, 6),
    }


@pytest.mark.parametrize("kind", [ReminderKind.REVIEW, ReminderKind.QUESTION])
def test_it_is_put_off_for_everybody_and_back(inside, business, ours, kind):
    with inside(business) as session:
        row = session.scalars(select(Reminder).where(Reminder.kind == kind).order_by(Reminder.id)).first()
        before = row.due_on
        snooze = reminders.snooze(session, row, by=business.owner, choice=SnoozeChoice.ONE_WEEK)
        session.flush()
        open_rows = select(Reminder.due_on).where(Reminder.kind == kind, Reminder.ended_at.is_(None))
        assert set(session.scalars(open_rows)) == {reminders.due_on(session, snooze)}
        assert reminders.due_on(session, snooze) > before
        reminders.undo_snooze(session, snooze.id, by=business.owner)
        assert set(session.scalars(open_rows)) == {before}


def test_neither_is_the_next_time_to_be_in_touch(inside, business, ours):
    with inside(business) as session:
        vendor = trials.vendor_of(trials.find(session, ours))
        assert (vendor.due_on, vendor.due_kind) == (None, None)
