"""Late work, and access to take back: reminded of, done with one tap, put off, and each of them taken back."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from crm.core.errors import Refused
from crm.domain import decision_areas, delegated_works, reminders, touches, vendors
from crm.domain.delegated_works import Verdict, Wanted
from crm.domain.next_touch import SnoozeChoice
from crm.models.enums import InteractionKind, ReminderEnd, ReminderKind
from crm.models.log import Interaction
from crm.models.reminders import Reminder

DUE = date(2026, 10, 1)
TODAY = date(2026, 10, 5)


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def session(inside, business):
    with inside(business) as session:
        yield session


@pytest.fixture
def vendor(session, business):
    return vendors.add(session, by=business.member, name="Bluebell Words", owner_id=business.member.user_id)


@pytest.fixture
def work(vendor, business):
    return delegated_works.hand_out(
        vendor, by=business.member, wanted=Wanted("The autumn guide"), due_on=DUE, asked_on=date(2026, 9, 20)
    )


@pytest.fixture
def access(session, vendor, business):
    given = decision_areas.give_access(
        vendor,
        by=business.member,
        what="The shop",
        granted_on=date(2026, 9, 1),
        owner_id=business.admin.user_id,
        revoke_on=DUE,
    )
    touches.refresh(session, vendor)
    return given


def the_reminder(session, kind, person):
    statement = select(Reminder).where(Reminder.kind == kind, Reminder.user_id == person.user_id)
    return session.scalars(statement.order_by(Reminder.id.desc())).first()


def test_late_work_is_late_from_the_day_after(session, work, business):
    reminder = the_reminder(session, ReminderKind.WORK, business.member)
    assert (reminder.due_on, reminder.why["what"]) == (date(2026, 10, 2), "The autumn guide")


def test_done_on_late_work_says_that_it_came_today(session, vendor, work, business):
    reminder = the_reminder(session, ReminderKind.WORK, business.member)
    completed = reminders.complete(session, reminder, by=business.member)
    assert (completed.kind, completed.subject_id, completed.interaction_id) == (ReminderKind.WORK, work.id, None)
    assert (work.delivered_on, work.waits, vendor.last_contact_on) == (TODAY, False, TODAY)
    assert (reminder.ended_how, reminder.ended_by) == (ReminderEnd.DONE, business.member.user_id)
    [talk] = session.scalars(select(Interaction))
    assert talk.kind is InteractionKind.DELIVERY


def test_it_is_done_once(session, work, business):
    reminder = the_reminder(session, ReminderKind.WORK, business.member)
    reminders.complete(session, reminder, by=business.member)
    with pytest.raises(Refused):
        reminders.complete(session, reminder, by=business.member)


def test_done_on_late_work_is_taken_back(session, vendor, work, business):
    reminder = the_reminder(session, ReminderKind.WORK, business.member)
    reminders.complete(session, reminder, by=business.member)
    reminders.undo_complete(session, reminder, by=business.member)
    assert (work.delivered_on, work.waits, vendor.last_contact_on) == (None, True, None)
    assert reminder.ended_at is None


def test_done_is_not_taken_back_under_a_verdict(session, work, business):
    reminder = the_reminder(session, ReminderKind.WORK, business.member)
    reminders.complete(session, reminder, by=business.member)
    delegated_works.accept(work, by=business.admin, verdict=Verdict())
    with pytest.raises(Refused):
        reminders.undo_complete(session, reminder, by=business.member)


def test_late_work_is_put_off_and_back(session, vendor, work, business):
    reminder = the_reminder(session, ReminderKind.WORK, business.member)
    snooze = reminders.snooze(session, reminder, by=business.member, choice=SnoozeChoice.ONE_WEEK)
    assert reminders.due_on(session, snooze) == date(2026, 10, 12)
    reminders.undo_snooze(session, snooze.id, by=business.member)
    assert (reminder.ended_at, reminder.due_on) == (None, date(2026, 10, 2))


def test_another_day_ends_a_snooze(session, vendor, work, business):
    reminder = the_reminder(session, ReminderKind.WORK, business.member)
    reminders.snooze(session, reminder, by=business.member, choice=SnoozeChoice.ONE_MONTH)
    delegated_works.agree_day(work, by=business.member, due_on=date(2026, 10, 8), version=work.version)
    assert the_reminder(session, ReminderKind.WORK, business.member).due_on == date(2026, 10, 9)


def test_access_is_told_to_whoever_answers_for_it(session, access, business):
    assert the_reminder(session, ReminderKind.ACCESS, business.admin).due_on == DUE
    assert the_reminder(session, ReminderKind.ACCESS, business.member) is None


def test_done_on_access_takes_it_back_today_and_undoing_restores_it(session, vendor, access, business):
    reminder = the_reminder(session, ReminderKind.ACCESS, business.admin)
    reminders.complete(session, reminder, by=business.admin)
    assert access.revoked_on == TODAY
    assert reminder.ended_how is ReminderEnd.DONE
    reminders.undo_complete(session, reminder, by=business.admin)
    assert access.revoked_on is None
    assert reminder.ended_at is None


def test_access_is_put_off(session, access, business):
    reminder = the_reminder(session, ReminderKind.ACCESS, business.admin)
    snooze = reminders.snooze(session, reminder, by=business.admin, choice=date(2026, 10, 20))
    assert reminders.due_on(session, snooze) == date(2026, 10, 20)


@pytest.mark.parametrize("kind", [ReminderKind.WORK, ReminderKind.ACCESS])
def test_neither_is_skipped(session, work, access, business, kind):
    person = business.member if kind is ReminderKind.WORK else business.admin
    with pytest.raises(Refused):
        reminders.skip(session, the_reminder(session, kind, person), by=person)
