"""Logging conversations: what is kept, what follows from it, and taking it back."""

from __future__ import annotations

from datetime import date

import pytest

from crm.core import limits
from crm.core.errors import Missing, Refused, Stale
from crm.domain import interactions, people, vendors
from crm.domain.interactions import Next
from crm.models.enums import InteractionKind, Outcome, PromiseKind, PromiseState, ReminderKind, Side
from crm.models.log import Promise, TimelineEntry
from crm.models.vendors import Vendor
from crm.queries import log as history

MONDAY = date(2026, 10, 5)


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


def call(vendor, by, on=MONDAY, **said):
    return interactions.log(vendor, by=by, kind=InteractionKind.CALL, occurred_on=on, **said)


def entry_of(session, interaction) -> TimelineEntry | None:
    return session.query(TimelineEntry).filter_by(kind="interaction", subject_id=interaction.id).one_or_none()


def edited(interaction, by, **changed):
    """Edits with everything as it was but for what is named."""
    names = ("kind", "occurred_on", "outcome", "initiated_by", "person_id", "summary", "minutes", "version")
    interactions.edit(interaction, by=by, **({name: getattr(interaction, name) for name in names} | changed))


def test_a_call_is_logged_with_who_when_and_what_was_said(session, vendor, business):
    entry = call(vendor, business.member, summary="Free from March.", minutes=20, initiated_by=Side.THEM)
    shown = entry_of(session, entry)
    assert (shown.happened_on, shown.author_id, shown.body) == (MONDAY, business.member.user_id, "Free from March.")
    assert shown.facts["minutes"] == 20
    assert shown.facts["initiated_by"] == "them"


def test_a_conversation_moves_the_next_check_in_and_an_older_one_does_not(vendor, business):
    call(vendor, business.member)
    assert (vendor.last_contact_on, vendor.due_on) == (MONDAY, date(2026, 10, 19))
    call(vendor, business.member, on=date(2026, 9, 1))
    assert (vendor.last_contact_on, vendor.due_on) == (MONDAY, date(2026, 10, 19))


def test_an_attempt_without_an_answer_is_no_contact(vendor, business):
    call(vendor, business.member, outcome=Outcome.ATTEMPT)
    assert vendor.last_contact_on is None


def test_nothing_is_dated_ahead_of_the_businesss_own_day(vendor, business, clock_at):
    # Half past midnight in London is still Sunday in New York, and already Monday for the business.
    clock_at("2026-10-05 00:30", "Europe/London")
    call(vendor, business.member, on=MONDAY)
    with pytest.raises(Refused) as refused:
        call(vendor, business.member, on=date(2026, 10, 6))
    assert refused.value.field == "occurred_on"


@pytest.mark.parametrize(
    ("said", "box"),
    [
        ({"minutes": 0}, "minutes"),
        ({"minutes": 1_441}, "minutes"),
        ({"on": date(1969, 12, 31)}, "occurred_on"),
        ({"summary": "x" * (limits.TEXT_LENGTH + 1)}, "summary"),
        ({"person_id": 987_654}, "person_id"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_box(vendor, business, said, box):
    with pytest.raises(Refused) as refused:
        call(vendor, business.member, **said)
    assert refused.value.field == box


def test_the_longest_text_is_taken_whole(session, vendor, business):
    entry = call(vendor, business.member, summary="x" * limits.TEXT_LENGTH)
    assert len(entry_of(session, entry).body) == limits.TEXT_LENGTH


def test_the_person_is_one_of_this_vendors(session, vendor, business):
    other = vendors.add(session, by=business.owner, name="Another Studio")
    theirs = people.add(other, by=business.owner, name="Ana")
    session.flush()
    with pytest.raises(Refused) as refused:
        call(vendor, business.member, person_id=theirs.id)
    assert refused.value.field == "person_id"


def test_a_follow_up_is_agreed_in_the_same_act(session, vendor, business):
    then = Next(due_on=date(2026, 10, 7), kind=PromiseKind.THEIRS, what="the report")
    entry = call(vendor, business.member, then=then)
    promise = session.query(Promise).one()
    assert (promise.interaction_id, promise.kind, promise.due_on) == (entry.id, PromiseKind.THEIRS, date(2026, 10, 7))
    assert (vendor.due_on, vendor.due_kind) == (date(2026, 10, 7), ReminderKind.PROMISE_THEIRS)


def test_an_edit_keeps_what_was_said_before(session, vendor, business):
    entry = call(vendor, business.member, summary="Free from March.")
    edited(entry, business.admin, summary="Free from May.", occurred_on=date(2026, 10, 1))
    [before] = history.revisions_of(session, entry, reader=business.viewer)
    assert before.before["summary"] == "Free from March."
    assert before.edited_by == business.admin.user_id
    assert entry_of(session, entry).body == "Free from May."
    assert entry_of(session, entry).facts["edited"] is True
    assert vendor.last_contact_on == date(2026, 10, 1)


def test_saving_without_a_change_leaves_no_trace(session, vendor, business):
    entry = call(vendor, business.member, summary="Free from March.")
    edited(entry, business.member)
    assert (entry.version, history.revisions_of(session, entry, reader=business.member)) == (1, [])


def test_who_saves_second_is_told(session, vendor, business):
    entry = call(vendor, business.member, summary="Free from March.")
    edited(entry, business.admin, summary="Free from May.")
    with pytest.raises(Stale):
        edited(entry, business.member, summary="Free from June.", version=1)
    assert entry.summary == "Free from May."


def test_deleting_takes_it_off_with_its_open_promise_and_restoring_brings_both_back(session, vendor, business):
    call(vendor, business.member, on=date(2026, 9, 1))
    entry = call(vendor, business.member, then=Next(due_on=date(2026, 10, 7), what="ask again"))
    promise = session.query(Promise).one()

    interactions.delete(entry, by=business.member)
    assert entry_of(session, entry) is None
    assert promise.state is PromiseState.DROPPED
    assert vendor.last_contact_on == date(2026, 9, 1)
    with pytest.raises(Missing):
        interactions.find(session, entry.id)

    interactions.restore(interactions.find(session, entry.id, deleted=True), by=business.member)
    assert entry_of(session, entry) is not None
    assert promise.state is PromiseState.OPEN
    assert (vendor.last_contact_on, vendor.due_on) == (MONDAY, date(2026, 10, 7))


def test_a_strangers_interaction_is_missing(inside, business):
    with inside(business) as session:
        entry = call(vendors.add(session, by=business.owner, name="Northlight Studio"), business.member)
    with inside(business.stranger) as elsewhere, pytest.raises(Missing):
        interactions.find(elsewhere, entry.id)


def test_the_log_is_dated_in_the_businesss_zone_wherever_its_author_is(business, vendor, clock_at):
    business.member.workspace.time_zone = "Pacific/Auckland"
    clock_at("2026-10-05 18:00", "Europe/London")  # Tuesday morning in Auckland
    entry = call(vendor, business.member, on=date(2026, 10, 6))
    assert entry.occurred_on == date(2026, 10, 6)


def test_logging_touches_no_other_vendor(session, vendor, business):
    other = vendors.add(session, by=business.owner, name="Another Studio")
    before = (other.due_on, other.last_contact_on)
    call(vendor, business.member)
    assert (session.get(Vendor, other.id).due_on, other.last_contact_on) == before
