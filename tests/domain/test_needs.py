"""Needs: written down, defined, filled; what has to come first; and whom they bring forward."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from crm.core import limits
from crm.core.errors import Missing, Refused, Stale
from crm.domain import categories, merges, needs, parkings, stages, vendors
from crm.domain.needs import NeedTerms
from crm.models.categories import Category
from crm.models.enums import Importance, NeedStatus, ParkingReason, RatePeriod, ReminderKind, Stage, TriggerKind
from crm.models.needs import Need, ParkingNeed
from crm.models.reminders import Reminder
from crm.models.stages import ParkingTrigger
from crm.models.vendors import Vendor
from crm.queries import needs as reading
from tests.support.trial_tasks import in_full

TODAY = date(2026, 10, 5)


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def session(inside, business):
    with inside(business) as session:
        yield session


@pytest.fixture
def films(session):
    return categories.add(session, name="Films")


@pytest.fixture
def wanted(films):
    return NeedTerms(
        outcome="Two product films a month",
        category_id=films.id,
        deliverables="Two films of thirty seconds",
        budget_amount=120_000,
        budget_currency="GBP",
        acceptance="Used in the shop without a change",
    )


@pytest.fixture
def need(session, business, wanted):
    return needs.add(session, by=business.member, terms=wanted)


def parked(session, business, films, reason, *, need_id=None, **said):
    vendor = vendors.add(session, by=business.member, name="Harbour Films", category_ids=[films.id], **said)
    parkings.park(vendor, by=business.member, reason=reason, details="In words", need_id=need_id)
    return vendor


def fired(session):
    session.flush()
    return [(row.kind, row.vendor_id) for row in session.scalars(select(ParkingTrigger).order_by(ParkingTrigger.id))]


# Writing down


def test_a_need_begins_as_an_idea(session, business, need):
    assert (need.status, need.status_since, need.importance) == (NeedStatus.IDEA, TODAY, Importance.USEFUL)
    assert needs.meter(need).is_defined
    assert [(move.from_status, move.to_status) for move in reading.moves_of(session, need.id)] == [
        (None, NeedStatus.IDEA)
    ]


@pytest.mark.parametrize(
    ("said", "box"),
    [
        ({"outcome": ""}, "outcome"),
        ({"outcome": "x" * 501}, "outcome"),
        ({"category_id": 987_654}, "category_id"),
        ({"owner_id": 987_654}, "owner_id"),
        ({"budget_amount": -1}, "budget_amount"),
        ({"budget_currency": "ABC"}, "budget_currency"),
        ({"starts_from": date(2026, 12, 2), "starts_by": date(2026, 12, 1)}, "starts_by"),
    ],
)
def test_what_cannot_be_is_refused_at_its_box(session, business, wanted, said, box):
    with pytest.raises(Refused) as refused:
        needs.add(session, by=business.member, terms=replace(wanted, **said))
    assert refused.value.field == box
    assert session.scalars(select(Need)).all() == []


def test_a_colleague_who_was_quicker_is_not_overwritten(business, need, wanted):
    needs.edit(need, by=business.admin, version=need.version, terms=replace(wanted, volume="2 a month"))
    with pytest.raises(Stale):
        needs.edit(need, by=business.member, version=1, terms=wanted)
    assert need.volume == "2 a month"


def test_nothing_of_another_business_is_found(business, inside):
    with inside(business) as ours:
        need_id = needs.add(ours, by=business.member, terms=NeedTerms(outcome="Two films")).id
    with inside(business.stranger) as theirs, pytest.raises(Missing):
        needs.find(theirs, need_id)


# Where it stands


def test_a_filled_need_names_who_fills_it(session, business, films, need):
    with pytest.raises(Refused) as refused:
        needs.move(need, by=business.member, to=NeedStatus.FILLED)
    assert refused.value.field == "filled_by_id"
    vendor = vendors.add(session, by=business.member, name="Harbour Films")
    needs.move(need, by=business.member, to=NeedStatus.FILLED, filled_by_id=vendor.id)
    needs.move(need, by=business.member, to=NeedStatus.SOURCING, why="They moved away")
    assert need.filled_by_id is None
    assert [move.to_status for move in reading.moves_of(session, need.id)] == ["sourcing", "filled", "idea"]


def test_a_move_can_be_taken_back_once(session, business, need):
    move = needs.move(need, by=business.member, to=NeedStatus.DEFINED)
    with pytest.raises(Refused):
        needs.move(need, by=business.member, to=NeedStatus.DEFINED)
    needs.undo_move(session, move.id, by=business.member)
    assert need.status is NeedStatus.IDEA
    with pytest.raises(Missing):
        needs.undo_move(session, move.id, by=business.member)


def test_who_fills_a_need_can_still_be_deleted(session, business, need, tmp_path):
    vendor = vendors.add(session, by=business.owner, name="Harbour Films")
    needs.move(need, by=business.member, to=NeedStatus.FILLED, filled_by_id=vendor.id)
    session.flush()
    vendors.delete_vendor(vendor, by=business.owner, folder=tmp_path)
    session.flush()
    session.refresh(need)
    assert (need.filled_by_id, need.status) == (None, NeedStatus.FILLED)


def test_a_category_in_use_by_a_need_asks_where_it_goes(session, films, need):
    with pytest.raises(Refused):
        categories.delete_category(films)
    other = categories.add(session, name="Pictures")
    categories.delete_category(films, instead=other.id)
    session.flush()
    session.refresh(need)
    assert need.category_id == other.id


def test_a_need_with_a_brief_is_dropped_rather_than_deleted(session, business, need):
    in_full(vendors.add(session, by=business.owner, name="Harbour Films"), by=business.owner, need_id=need.id)
    with pytest.raises(Refused):
        needs.remove(need, by=business.owner)


# What has to come first


def test_a_line_is_met_when_ticked_and_a_need_when_filled(session, business, films, need, wanted):
    page = needs.add(session, by=business.member, terms=replace(wanted, outcome="A page that sells"))
    [line] = needs.require_first(need, by=business.member, whats=["  A brand   guide "])
    needs.require_first(need, by=business.member, other_id=page.id)
    assert [(row.what, row.is_met) for row in reading.prerequisites(session, [need.id])[need.id]] == [
        ("A brand guide", False),
        ("A page that sells", False),
    ]
    needs.tick(line, by=business.admin)
    vendor = vendors.add(session, by=business.member, name="Harbour Films")
    needs.move(page, by=business.member, to=NeedStatus.FILLED, filled_by_id=vendor.id)
    session.flush()
    assert [row.is_met for row in reading.prerequisites(session, [need.id])[need.id]] == [True, True]


def test_the_same_is_asked_for_once(session, business, need):
    needs.require_first(need, by=business.member, whats=["A brand guide", "a brand guide", " "])
    needs.require_first(need, by=business.member, whats=["A BRAND GUIDE"])
    assert len(reading.prerequisites(session, [need.id])[need.id]) == 1


def test_so_many_things_come_first_and_no_more(session, business, need):
    most = limits.PREREQUISITES_PER_NEED
    assert (
        len(needs.require_first(need, by=business.member, whats=[f"Line {number}" for number in range(most)])) == most
    )
    with pytest.raises(Refused):
        needs.require_first(need, by=business.member, whats=["One more"])


def test_needs_do_not_wait_in_a_circle(session, business, need, wanted):
    page = needs.add(session, by=business.member, terms=replace(wanted, outcome="A page that sells"))
    needs.require_first(need, by=business.member, other_id=page.id)
    for one, other in ((page, need), (need, need)):
        with pytest.raises(Refused) as refused:
            needs.require_first(one, by=business.member, other_id=other.id)
        assert refused.value.field == "other_id"


def test_a_new_business_knows_what_usually_comes_first(session):
    social = session.scalars(select(Category).where(Category.name == "Social media")).one()
    posts = session.scalars(select(Category).where(Category.parent_id == social.id)).first()
    usual = ["A landing page that turns visitors into enquiries", "Something to post about"]
    assert reading.usual_prerequisites(session, social.id) == usual
    assert reading.usual_prerequisites(session, posts.id) == usual, "a niche has what its category has"


# Whom it brings forward


def test_a_need_that_becomes_defined_brings_forward_whom_we_had_nothing_for(session, business, films, need):
    vendor = parked(session, business, films, ParkingReason.NOTHING_TO_OUTSOURCE)
    assert fired(session) == [], "an idea is not enough"
    move = needs.move(need, by=business.member, to=NeedStatus.DEFINED)
    assert fired(session) == [(TriggerKind.NEED, vendor.id)]
    needs.move(need, by=business.member, to=NeedStatus.SOURCING)
    assert fired(session) == [(TriggerKind.NEED, vendor.id)], "once"
    told = session.scalars(select(Reminder).where(Reminder.kind == ReminderKind.TRIGGER)).all()
    assert [(row.user_id, row.why["what"]) for row in told] == [(business.member.user_id, "Two product films a month")]
    assert move.to_status is NeedStatus.DEFINED


def test_what_was_taken_back_brings_nobody_forward(session, business, films, need):
    parked(session, business, films, ParkingReason.NOTHING_TO_OUTSOURCE)
    move = needs.move(need, by=business.member, to=NeedStatus.DEFINED)
    needs.undo_move(session, move.id, by=business.member)
    assert fired(session) == []
    assert session.scalars(select(Reminder).where(Reminder.kind == ReminderKind.TRIGGER)).all() == []


def test_another_niche_is_not_brought_forward(session, business, films, need):
    pictures = categories.add(session, name="Pictures")
    parked(session, business, pictures, ParkingReason.NOTHING_TO_OUTSOURCE)
    needs.move(need, by=business.member, to=NeedStatus.DEFINED)
    assert fired(session) == []


@pytest.mark.parametrize(
    ("minimum", "period", "currency", "comes"),
    [
        (120_000, RatePeriod.MONTH, "GBP", True),
        (120_001, RatePeriod.MONTH, "GBP", False),
        (100, RatePeriod.PROJECT, "GBP", False),
        (100, RatePeriod.MONTH, "EUR", False),
        (None, None, "GBP", False),
    ],
)
def test_a_budget_that_reaches_their_minimum_brings_them_forward(
    session, business, films, wanted, minimum, period, currency, comes
):
    terms = {"currency": currency, "minimum_amount": minimum, "minimum_period": period}
    vendor = parked(session, business, films, ParkingReason.NO_BUDGET, **terms)
    need = needs.add(session, by=business.member, terms=replace(wanted, budget_amount=1))
    assert fired(session) == []
    needs.edit(need, by=business.member, version=need.version, terms=wanted)
    assert fired(session) == ([(TriggerKind.BUDGET, vendor.id)] if comes else [])
    needs.edit(need, by=business.member, version=need.version, terms=replace(wanted, budget_amount=1))
    assert fired(session) == [], "the money is gone again, and nobody has answered"


def test_a_filled_prerequisite_brings_forward_who_waits_for_it(session, business, films, need):
    waiting = parked(session, business, films, ParkingReason.PREREQUISITE, need_id=need.id)
    filler = vendors.add(session, by=business.member, name="Kettle & Crane", stage=Stage.PROSPECT)
    needs.move(need, by=business.member, to=NeedStatus.FILLED, filled_by_id=filler.id)
    assert fired(session) == [(TriggerKind.PREREQUISITE, waiting.id)]
    assert session.get_one(Vendor, waiting.id).due_on is not None


def waited_for(session, vendor):
    found = reading.waited_for(session, parkings.of_vendor(session, vendor).id)
    return found.id if found else None


def fill(session, business, need):
    filler = vendors.add(session, by=business.member, name="Kettle & Crane", despite_doubles=True)
    return needs.move(need, by=business.member, to=NeedStatus.FILLED, filled_by_id=filler.id)


def edit(session, business, vendor, reason=ParkingReason.PREREQUISITE, need_id=None):
    parking = parkings.of_vendor(session, vendor)
    until = parking.revisit_on
    parkings.edit(parking, by=business.member, version=parking.version, reason=reason, until=until, need_id=need_id)


def test_a_parking_waits_for_a_need_where_something_must_come_first_alone(session, business, films, need):
    first = parked(session, business, films, ParkingReason.PREREQUISITE, need_id=need.id)
    other = parked(session, business, films, ParkingReason.AT_CAPACITY, need_id=need.id, despite_doubles=True)
    assert (waited_for(session, first), waited_for(session, other)) == (need.id, None)
    edit(session, business, first, need_id=need.id)
    assert waited_for(session, first) == need.id
    edit(session, business, first, ParkingReason.SEASON, need_id=need.id)
    assert waited_for(session, first) is None


def test_what_is_unknown_or_filled_is_not_waited_for(session, business, films, need, wanted):
    other = needs.add(session, by=business.member, terms=replace(wanted, outcome="A page that sells"))
    vendor = parked(session, business, films, ParkingReason.PREREQUISITE, need_id=other.id)
    fill(session, business, need)
    for wrong in (need.id, 987654):
        with pytest.raises(Refused) as refused:
            edit(session, business, vendor, need_id=wrong)
        assert refused.value.field == "need_id"
        with pytest.raises(Refused):
            parked(session, business, films, ParkingReason.PREREQUISITE, need_id=wrong, despite_doubles=True)
    fill(session, business, other)
    edit(session, business, vendor, need_id=other.id)  # it stands there, and may stay
    assert fired(session) == [(TriggerKind.PREREQUISITE, vendor.id)]


def test_waiting_for_another_need_takes_back_what_the_former_one_brought(session, business, films, need, wanted):
    other = needs.add(session, by=business.member, terms=replace(wanted, outcome="A page that sells"))
    vendor = parked(session, business, films, ParkingReason.PREREQUISITE, need_id=need.id)
    fill(session, business, need)
    assert fired(session) == [(TriggerKind.PREREQUISITE, vendor.id)]
    edit(session, business, vendor, need_id=other.id)
    assert fired(session) == []


def test_an_unparking_that_is_taken_back_waits_again(session, business, films, need):
    vendor = parked(session, business, films, ParkingReason.PREREQUISITE, need_id=need.id)
    move = stages.move(vendor, by=business.member, to=Stage.ACTIVE)
    stages.undo(move, by=business.member)
    assert waited_for(session, vendor) == need.id
    fill(session, business, need)
    assert fired(session) == [(TriggerKind.PREREQUISITE, vendor.id)]


def test_what_is_filled_while_they_are_unparked_is_told_when_that_is_taken_back(session, business, films, need):
    vendor = parked(session, business, films, ParkingReason.PREREQUISITE, need_id=need.id)
    move = stages.move(vendor, by=business.member, to=Stage.ACTIVE)
    fill(session, business, need)
    assert fired(session) == []
    stages.undo(move, by=business.member)
    assert fired(session) == [(TriggerKind.PREREQUISITE, vendor.id)]


def test_what_is_filled_no_longer_when_an_unparking_is_taken_back_is_not_told(session, business, films, need):
    vendor = parked(session, business, films, ParkingReason.PREREQUISITE, need_id=need.id)
    filling = fill(session, business, need)
    assert fired(session) == [(TriggerKind.PREREQUISITE, vendor.id)]
    move = stages.move(vendor, by=business.member, to=Stage.ACTIVE)
    needs.undo_move(session, filling.id, by=business.member)
    stages.undo(move, by=business.member)
    assert fired(session) == []


def test_a_need_that_becomes_defined_while_they_are_unparked_is_told_and_an_older_one_is_not(
    session, business, films, need, wanted
):
    older = needs.add(session, by=business.member, terms=replace(wanted, outcome="A page that sells"))
    needs.move(older, by=business.member, to=NeedStatus.SOURCING)
    vendor = parked(session, business, films, ParkingReason.NOTHING_TO_OUTSOURCE)
    move = stages.move(vendor, by=business.member, to=Stage.ACTIVE)
    needs.move(need, by=business.member, to=NeedStatus.DEFINED)
    stages.undo(move, by=business.member)
    rows = session.scalars(select(ParkingTrigger)).all()
    assert [(row.kind, row.cause_id, row.vendor_id) for row in rows] == [(TriggerKind.NEED, need.id, vendor.id)]


def test_a_need_that_stood_there_on_the_day_of_parking_brings_nobody_forward(session, business, films, need, wanted):
    needs.move(need, by=business.member, to=NeedStatus.SOURCING)
    parked(session, business, films, ParkingReason.NOTHING_TO_OUTSOURCE)
    needs.edit(need, by=business.member, version=need.version, terms=replace(wanted, volume="Four a month"))
    needs.move(need, by=business.member, to=NeedStatus.IN_TRIAL)
    assert fired(session) == []


def test_a_need_that_is_written_down_with_money_brings_them_forward_at_once(session, business, films, wanted):
    terms = {"currency": "GBP", "minimum_amount": 100, "minimum_period": RatePeriod.MONTH}
    vendor = parked(session, business, films, ParkingReason.NO_BUDGET, **terms)
    needs.add(session, by=business.member, terms=wanted)
    assert fired(session) == [(TriggerKind.BUDGET, vendor.id)]


def test_a_merge_keeps_what_is_waited_for(session, business, films, need):
    vendor = parked(session, business, films, ParkingReason.PREREQUISITE, need_id=need.id)
    kept = vendors.add(session, by=business.member, name="Harbour Film Ltd", despite_doubles=True)
    merges.merge(kept, vendor, by=business.member, versions=(kept.version, vendor.version), theirs={"stage"})
    session.flush()
    fill(session, business, need)
    assert [row.need_id for row in session.scalars(select(ParkingNeed))] == [need.id]


def test_an_idea_can_be_deleted_and_what_has_a_history_cannot(session, business, films, need, wanted):
    other = needs.add(session, by=business.member, terms=replace(wanted, outcome="A page that sells"))
    needs.require_first(need, by=business.member, other_id=other.id)
    with pytest.raises(Refused):
        needs.remove(other, by=business.owner)
    needs.remove(need, by=business.owner)
    needs.remove(other, by=business.owner)
    assert session.scalars(select(Need)).all() == []


# A budget that is waited for by name


@pytest.mark.parametrize(
    ("said", "after", "comes"),
    [
        ({}, {"budget_amount": 150_000}, True),
        ({}, {"budget_amount": 120_000}, False),
        ({}, {"budget_amount": 90_000}, False),
        ({}, {"budget_amount": None}, False),
        ({}, {"budget_amount": 150_000, "budget_currency": "EUR"}, False),
        ({"minimum": 140_000}, {"budget_amount": 150_000}, True),
        ({"minimum": 160_000}, {"budget_amount": 150_000}, False),
        # What does not compare with a month's budget stands in nobody's way.
        ({"minimum": 160_000, "period": RatePeriod.PROJECT}, {"budget_amount": 150_000}, True),
        # Neither does another niche: the need itself was named.
        ({}, {"budget_amount": 150_000, "category_id": None}, True),
    ],
)
def test_whoever_waits_for_a_needs_budget_comes_forward_once_it_is_raised(
    session, business, films, wanted, need, said, after, comes
):
    asks = {
        "currency": "GBP",
        "minimum_amount": said.get("minimum"),
        "minimum_period": said.get("period", RatePeriod.MONTH),
    }
    vendor = parked(session, business, films, ParkingReason.NO_BUDGET, need_id=need.id, **(asks if said else {}))
    needs.edit(need, by=business.member, version=need.version, terms=replace(wanted, **after))
    assert fired(session) == ([(TriggerKind.BUDGET, vendor.id)] if comes else [])
    needs.edit(need, by=business.member, version=need.version, terms=wanted)
    assert fired(session) == [], "it is as low as on the day of parking again"


def test_a_budget_is_waited_for_at_a_need_that_is_still_open(session, business, films, wanted, need):
    parked(session, business, films, ParkingReason.NO_BUDGET, need_id=need.id)
    needs.move(need, by=business.member, to=NeedStatus.ON_HOLD)
    needs.edit(need, by=business.member, version=need.version, terms=replace(wanted, budget_amount=150_000))
    assert fired(session) == []
    needs.move(need, by=business.member, to=NeedStatus.SOURCING)
    assert len(fired(session)) == 1
