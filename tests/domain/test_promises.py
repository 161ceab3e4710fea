"""What is to come: made, changed, and how it ended."""

from __future__ import annotations

from datetime import date

import pytest

from crm.core.errors import Refused, Stale
from crm.domain import promises, trust_entries, vendors
from crm.models.enums import Direction, PromiseKind, PromiseState, ReminderKind, Weight
from crm.models.log import TimelineEntry
from crm.models.reminders import Reminder

MONDAY, WEDNESDAY, FRIDAY = date(2026, 10, 5), date(2026, 10, 7), date(2026, 10, 9)


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def session(inside, business):
    with inside(business) as session:
        yield session


@pytest.fixture
def vendor(session, business):
    return vendors.add(session, by=business.owner, name="Northlight Studio")


def make(vendor, by, kind=PromiseKind.THEIRS, due_on=WEDNESDAY, what="the report"):
    return promises.make(vendor, by=by, kind=kind, what=what, due_on=due_on)


@pytest.mark.parametrize(
    ("kind", "reminded"),
    [
        (PromiseKind.FOLLOW_UP, ReminderKind.FOLLOW_UP),
        (PromiseKind.OURS, ReminderKind.PROMISE_OURS),
        (PromiseKind.THEIRS, ReminderKind.PROMISE_THEIRS),
    ],
)
def test_an_open_promise_is_the_next_thing_when_it_comes_first(session, vendor, business, kind, reminded):
    promise = make(vendor, business.member, kind)
    assert (vendor.due_on, vendor.due_kind, vendor.due_subject_id) == (WEDNESDAY, reminded, promise.id)
    session.flush()
    assert session.query(Reminder).filter_by(kind=reminded, ended_at=None).count() == 1


def test_a_promise_says_what_and_a_follow_up_need_not(vendor, business):
    make(vendor, business.member, PromiseKind.FOLLOW_UP, what="")
    with pytest.raises(Refused) as refused:
        make(vendor, business.member, PromiseKind.OURS, what="")
    assert refused.value.field == "what"


@pytest.mark.parametrize("day", [date(1900, 1, 1), date(2037, 1, 1), date.max])
def test_a_date_that_cannot_be_meant_is_refused(vendor, business, day):
    with pytest.raises(Refused) as refused:
        make(vendor, business.member, due_on=day)
    assert refused.value.field == "due_on"


def test_changing_the_date_moves_the_reminder(session, vendor, business):
    promise = make(vendor, business.member)
    promises.change(promise, by=business.member, version=1, kind=PromiseKind.THEIRS, what="it", due_on=FRIDAY)
    assert vendor.due_on == FRIDAY
    session.flush()
    assert [row.due_on for row in session.query(Reminder).filter_by(kind="promise_theirs", ended_at=None)] == [FRIDAY]
    with pytest.raises(Stale):
        promises.change(promise, by=business.admin, version=1, kind=PromiseKind.THEIRS, what="it", due_on=MONDAY)


@pytest.mark.parametrize("state", [PromiseState.KEPT, PromiseState.BROKEN, PromiseState.DROPPED])
def test_its_end_is_told_once_and_can_be_taken_back(session, vendor, business, state):
    promise = make(vendor, business.member)
    promises.close(promise, by=business.admin, state=state)
    promises.close(promise, by=business.admin, state=state)
    assert (promise.closed_on, promise.closed_by) == (MONDAY, business.admin.user_id)
    assert vendor.due_kind is ReminderKind.TOUCH
    steps = [row.step for row in session.query(TimelineEntry).filter_by(kind="promise").order_by(TimelineEntry.id)]
    assert steps == ["", "closed"]

    promises.reopen(promise, by=business.admin)
    assert (promise.state, vendor.due_kind) == (PromiseState.OPEN, ReminderKind.PROMISE_THEIRS)
    assert session.query(TimelineEntry).filter_by(kind="promise", step="closed").all() == []


def test_what_is_kept_cannot_be_broken(vendor, business):
    promise = make(vendor, business.member)
    promises.close(promise, by=business.member, state=PromiseState.KEPT)
    with pytest.raises(Refused):
        promises.close(promise, by=business.member, state=PromiseState.BROKEN)
    with pytest.raises(Refused):
        promises.change(promise, by=business.member, version=2, kind=PromiseKind.OURS, what="it", due_on=FRIDAY)


@pytest.mark.parametrize(
    ("state", "direction", "weight"),
    [
        (PromiseState.KEPT, Direction.POSITIVE, Weight.MINOR),
        (PromiseState.BROKEN, Direction.NEGATIVE, Weight.NOTABLE),
    ],
)
def test_their_word_kept_or_broken_offers_the_trust_note_it_amounts_to(vendor, business, state, direction, weight):
    promise = make(vendor, business.member)
    assert trust_entries.of_promise(promise, by=business.member) is None
    promises.close(promise, by=business.member, state=state)
    offered = trust_entries.of_promise(promise, by=business.member)
    assert (offered.direction, offered.weight, offered.expected_on) == (direction, weight, WEDNESDAY)
    assert "the report" in offered.what_happened


@pytest.mark.parametrize("kind", [PromiseKind.FOLLOW_UP, PromiseKind.OURS])
def test_our_own_word_says_nothing_about_theirs(vendor, business, kind):
    promise = make(vendor, business.member, kind)
    promises.close(promise, by=business.member, state=PromiseState.KEPT)
    assert trust_entries.of_promise(promise, by=business.member) is None
