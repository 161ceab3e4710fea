"""Whoever stops being active gives back what they have access to: the list, its reminders, and every way in and out."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from crm.core.errors import Refused, Stale
from crm.domain import bulk_acts, decision_areas, merges, parkings, reminders, stages, touches, vendors
from crm.domain.bulk_acts import StageTerms
from crm.domain.decision_areas import AccessTerms
from crm.domain.parking_terms import ParkingTerms
from crm.domain.trials import TrialTerms
from crm.models.decision_areas import Access
from crm.models.enums import BulkKind, ParkingReason, ReminderKind, Stage
from crm.models.log import TimelineEntry
from crm.models.reminders import Reminder
from tests.support.people import Business

MONDAY, TUESDAY = date(2026, 10, 5), date(2026, 10, 6)
NO_MONEY = ParkingTerms(ParkingReason.NO_BUDGET)
TRIAL = TrialTerms("Rewrite one page", date(2026, 10, 20))
ANSWERS = {
    Stage.PROSPECT: {},
    Stage.TRIAL: {"trial": TRIAL},
    Stage.ACTIVE: {},
    Stage.PARKED: {"parking": NO_MONEY},
    Stage.ENDED: {"why": "The work is done"},
    Stage.NOT_A_FIT: {"why": "They only do weddings"},
}
LEAVES = [stage for stage in Stage if stage is not Stage.ACTIVE]


@pytest.fixture(autouse=True)
def now(clock_at):
    clock_at("2026-10-05 09:00")
    return clock_at


@pytest.fixture
def session(inside, business):
    with inside(business) as session:
        yield session


def at_stage(session, business: Business, stage: Stage, name: str = "Silas Brandt"):
    """A vendor that came to its stage without ever having been active before, if it is another."""
    vendor = vendors.add(session, by=business.owner, name=name, despite_doubles=True)
    if stage is not Stage.PROSPECT:
        stages.move(vendor, by=business.owner, to=stage, **ANSWERS[stage])
    return vendor


@pytest.fixture
def vendor(session, business):
    return at_stage(session, business, Stage.ACTIVE)


def give(vendor, business: Business, what: str = "The shop", **more) -> Access:
    return decision_areas.give_access(vendor, by=business.owner, what=what, granted_on=MONDAY, **more)


def told(session) -> list[tuple[int, date]]:
    """Who is reminded to take an access back, and for when."""
    session.flush()
    rows = select(Reminder).where(Reminder.kind == ReminderKind.ACCESS, Reminder.ended_at.is_(None))
    return sorted((row.user_id, row.due_on) for row in session.scalars(rows))


@pytest.mark.parametrize("to", LEAVES)
def test_leaving_the_active_ones_asks_for_every_open_access(session, business, vendor, to):
    shop, taken, later = give(vendor, business), give(vendor, business, "Old"), give(vendor, business, "Ads")
    decision_areas.revoke_access(taken, by=business.owner)
    stages.move(vendor, by=business.owner, to=to, **ANSWERS[to])
    assert [each.offboarding_on for each in (shop, taken, later)] == [MONDAY, None, MONDAY]
    assert told(session) == [(business.owner.user_id, MONDAY)] * 2


@pytest.mark.parametrize("to", LEAVES)
def test_taking_the_move_back_lets_all_be(session, business, vendor, now, to):
    access = give(vendor, business)
    move = stages.move(vendor, by=business.owner, to=to, **ANSWERS[to])
    now("2026-10-06 09:00")
    meanwhile = give(vendor, business, "Given meanwhile")
    decision_areas.revoke_access(access, by=business.owner)
    stages.undo(move, by=business.owner)
    decision_areas.restore_access(access)
    assert (access.offboarding_on, meanwhile.offboarding_on) == (None, None)
    assert told(session) == []


@pytest.mark.parametrize("back", LEAVES)
def test_coming_back_to_the_active_ones_lets_all_be_and_its_undo_asks_again(session, business, vendor, now, back):
    access = give(vendor, business)
    stages.move(vendor, by=business.owner, to=back, **ANSWERS[back])
    now("2026-10-06 09:00")
    why = {"why": "It went well"} if back is Stage.TRIAL else {}
    move = stages.move(vendor, by=business.owner, to=Stage.ACTIVE, **why)
    assert access.offboarding_on is None
    assert told(session) == []
    stages.undo(move, by=business.owner)
    assert access.offboarding_on == MONDAY
    assert told(session) == [(business.owner.user_id, MONDAY)]


@pytest.mark.parametrize(
    ("stage", "asks"), [(each, each in (Stage.PARKED, Stage.ENDED, Stage.NOT_A_FIT)) for each in Stage]
)
def test_what_is_given_to_a_parked_or_former_vendor_is_to_come_back_too(session, business, stage, asks):
    access = give(at_stage(session, business, stage), business)
    assert access.offboarding_on == (MONDAY if asks else None)


@pytest.mark.parametrize("to", [Stage.PARKED, Stage.ENDED, Stage.NOT_A_FIT])
def test_what_a_trial_needed_comes_back_when_it_leads_nowhere(session, business, to):
    vendor = at_stage(session, business, Stage.TRIAL)
    access = give(vendor, business)
    answers = {"why": "It came to nothing", **ANSWERS[to]}
    move = stages.move(vendor, by=business.owner, to=to, **answers)
    assert access.offboarding_on == MONDAY
    stages.undo(move, by=business.owner)
    assert access.offboarding_on is None


def test_parked_to_trial_keeps_the_list_and_a_second_move_asks_no_second_time(session, business, vendor, now):
    access = give(vendor, business)
    stages.move(vendor, by=business.owner, to=Stage.PARKED, parking=NO_MONEY)
    now("2026-10-06 09:00")
    stages.move(vendor, by=business.owner, to=Stage.TRIAL, trial=TRIAL)
    stages.move(vendor, by=business.owner, to=Stage.ENDED, why="No")
    assert access.offboarding_on == MONDAY
    assert told(session) == [(business.owner.user_id, MONDAY)]


def test_parking_by_its_own_name_and_unparking_are_moves_too(session, business, vendor):
    access = give(vendor, business)
    parkings.park(vendor, by=business.owner, reason=ParkingReason.NO_BUDGET)
    assert access.offboarding_on == MONDAY
    parkings.end(parkings.of_vendor(session, vendor), by=business.owner, to=Stage.ACTIVE)
    assert access.offboarding_on is None


def test_a_move_of_many_asks_for_theirs_and_its_undo_lets_be(session, business, vendor):
    access = give(vendor, business)
    terms = bulk_acts.moving(StageTerms(Stage.PARKED, parking=NO_MONEY), today=MONDAY)
    act = bulk_acts.begin(session, by=business.owner, kind=BulkKind.STAGE, terms=terms, vendor_ids=[vendor.id])
    assert access.offboarding_on == MONDAY
    bulk_acts.undo(act, by=business.owner)
    assert access.offboarding_on is None


def merged(session, business, winner, loser):
    return merges.merge(winner, loser, by=business.owner, versions=(winner.version, loser.version), theirs=())


def test_a_merge_goes_by_the_stage_of_the_one_that_is_kept(session, business, vendor, now):
    parked = at_stage(session, business, Stage.ACTIVE, "Silas Brand")
    theirs = give(parked, business, "Theirs")
    stages.move(parked, by=business.owner, to=Stage.PARKED, parking=NO_MONEY)
    now("2026-10-06 09:00")
    merge = merged(session, business, vendor, parked)
    assert session.get_one(Access, theirs.id).offboarding_on is None
    merges.undo(merge, by=business.owner)
    session.expire_all()
    assert session.get_one(Access, theirs.id).offboarding_on == MONDAY
    assert told(session) == [(business.owner.user_id, MONDAY)]


def test_merged_into_a_former_vendor_an_access_is_asked_back(session, business, vendor):
    access = give(vendor, business)
    former = at_stage(session, business, Stage.ENDED, "Silas Brand")
    merge = merged(session, business, former, vendor)
    assert session.get_one(Access, access.id).offboarding_on == MONDAY
    merges.undo(merge, by=business.owner)
    session.expire_all()
    assert session.get_one(Access, access.id).offboarding_on is None


def test_the_reminder_ends_with_the_access_and_comes_back_with_it(session, business, vendor):
    access = give(vendor, business, owner_id=business.member.user_id)
    stages.move(vendor, by=business.owner, to=Stage.ENDED, why="Done")
    assert told(session) == [(business.member.user_id, MONDAY)]
    decision_areas.revoke_access(access, by=business.member)
    assert told(session) == []
    decision_areas.restore_access(access)
    decision_areas.restore_access(access)
    assert told(session) == [(business.member.user_id, MONDAY)]
    [due] = session.scalars(select(Reminder).where(Reminder.kind == ReminderKind.ACCESS)).all()
    reminders.complete(session, due, by=business.member)
    assert access.revoked_on == MONDAY
    reminders.undo_complete(session, due, by=business.member)
    assert (access.revoked_on, access.offboarding_on) == (None, MONDAY)


def test_an_access_is_put_right_and_its_reminder_follows(session, business, vendor):
    access = give(vendor, business, "The shpo", revoke_on=date(2026, 11, 1))
    assert told(session) == [(business.owner.user_id, date(2026, 11, 1))]
    said = AccessTerms("The shop", MONDAY, owner_id=business.member.user_id, revoke_on=date(2026, 12, 1))
    decision_areas.edit_access(access, by=business.owner, version=1, said=said)
    assert (access.what, access.version) == ("The shop", 2)
    assert told(session) == [(business.member.user_id, date(2026, 12, 1))]
    [entry] = session.query(TimelineEntry).filter_by(kind="access").all()
    assert entry.facts["what"] == "The shop"
    with pytest.raises(Stale):
        decision_areas.edit_access(access, by=business.owner, version=1, said=said)


@pytest.mark.parametrize(
    ("change", "box"),
    [
        ({"what": ""}, "what"),
        ({"granted_on": TUESDAY}, "granted_on"),
        ({"revoke_on": date(2026, 10, 4)}, "revoke_on"),
        ({"owner_id": 987_654}, "owner_id"),
    ],
)
def test_what_cannot_be_is_refused_when_put_right_too(business, vendor, change, box):
    access = give(vendor, business)
    said = AccessTerms(**({"what": "The shop", "granted_on": MONDAY} | change))
    with pytest.raises(Refused) as refused:
        decision_areas.edit_access(access, by=business.owner, version=1, said=said)
    assert refused.value.field == box


def test_who_only_reads_answers_for_no_access(business, vendor):
    with pytest.raises(Refused) as refused:
        give(vendor, business, owner_id=business.viewer.user_id)
    assert refused.value.field == "owner_id"


def test_a_mistyped_access_leaves_no_trace(session, business, vendor):
    access = give(vendor, business, revoke_on=TUESDAY)
    decision_areas.delete_access(access)
    session.flush()
    assert session.query(Access).all() == []
    assert session.query(TimelineEntry).filter_by(kind="access").all() == []
    assert session.scalars(select(Reminder).where(Reminder.kind == ReminderKind.ACCESS)).all() == []


def test_settling_again_changes_nothing(session, business, vendor):
    access = give(vendor, business)
    stages.move(vendor, by=business.owner, to=Stage.ENDED, why="Done")
    before = told(session)
    touches.refresh(session, vendor)
    touches.refresh(session, vendor)
    assert (access.offboarding_on, told(session)) == (MONDAY, before)
