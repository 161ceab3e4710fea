"""The demo business: what it shows off is worked out by the product itself, from what was recorded."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from crm.core.tenancy import inside as within
from crm.core.unit_of_work import installation_work
from crm.domain import comparisons, demo, matches, needs, shared_hours, small_tasks, sources, trial_reviews
from crm.domain.trial_rules import advice
from crm.models.decision_areas import Access
from crm.models.enums import (
    Coverage,
    GoodwillKind,
    GoodwillSide,
    NeedStatus,
    ParkingReason,
    ReferralState,
    TimelineKind,
    TrialAdvice,
    Verdict,
)
from crm.models.goodwill import GoodwillEntry
from crm.models.log import TimelineEntry
from crm.models.needs import Need
from crm.models.readiness import ReadinessCheck
from crm.models.referrals import Opening, Referral
from crm.models.stages import Parking
from crm.models.trials import TrialBrief, TrialTask
from crm.models.vendors import Vendor
from crm.models.workspaces import User
from crm.queries import categories, coverage
from crm.queries import needs as need_queries


@pytest.fixture
def shown(engine, business, clock_at):
    """The demo business of the owner of Fern & Flint, and a session inside it."""
    clock_at("2026-11-23 09:00")
    with installation_work(engine) as session:
        owner = demo.build(session, owner=session.get_one(User, business.owner.user_id))
        with within(session, owner.workspace_id) as inner:
            yield inner, owner


def named(session):
    return {vendor.name: vendor for vendor in session.scalars(select(Vendor))}


def test_needs_stand_at_every_step_and_say_what_is_missing(shown):
    session, _owner = shown
    wanted = {" ".join(need.outcome.split()[:2]): need for need in session.scalars(select(Need))}
    assert {words: need.status for words, need in wanted.items()} == {
        "The books": NeedStatus.FILLED,
        "The spring": NeedStatus.SOURCING,
        "Product pages": NeedStatus.IN_TRIAL,
        "Two product": NeedStatus.DEFINED,
        "Found by": NeedStatus.IDEA,
        "Customers’ letters": NeedStatus.IDEA,
        "One page": NeedStatus.IDEA,
    }
    first = need_queries.prerequisites(session, [wanted["Two product"].id])[wanted["Two product"].id]
    assert sorted(each.is_met for each in first) == [False, True]
    assert wanted["Found by"].budget_amount is None
    tree = categories.tree(session)
    covers = coverage.covers(session, coverage.wanted(session, limit=50), tree)
    assert {cover.state for cover in covers.values()} >= {Coverage.GAP, Coverage.ALONE}


def test_a_budget_for_what_lacks_one_brings_the_parked_vendor_forward(shown):
    session, owner = shown
    [need] = session.scalars(select(Need).where(Need.outcome.startswith("Found by"))).all()
    [parking] = session.scalars(select(Parking).where(Parking.reason == ParkingReason.NO_BUDGET)).all()
    assert needs.true_of(session, parking) == []
    terms = needs.NeedTerms(need.outcome, need.category_id, budget_amount=60_000, budget_currency="GBP")
    needs.edit(need, by=owner, version=need.version, terms=terms)
    assert [cause for _kind, cause in needs.true_of(session, parking)] == [need.id]


def test_three_writers_are_compared_as_worked_out_by_hand(shown):
    """(3·5 + 3·4 + 2·5 + 2·5 + 3) / 11 and (3·3 + 3·5 + 2·4 + 2·4 + 2) / 11."""
    session, owner = shown
    today = owner.workspace.today
    brief = session.scalars(select(TrialBrief).where(TrialBrief.title == "Three product-page rewrites")).one()
    tasks = session.scalars(select(TrialTask).where(TrialTask.brief_id == brief.id).order_by(TrialTask.id)).all()
    found = trial_reviews.results(session, tasks, today=today)
    names = {vendor.id: name for name, vendor in named(session).items()}
    scores = {names[task.vendor_id]: found[task.id].score for task in tasks}
    assert scores == {
        "Inês Duarte": pytest.approx(50 / 11),
        "Copper Lane Copy": pytest.approx(42 / 11),
        "Bluebell Words": None,
    }
    ines, copper, bluebell = tasks
    assert [(task.delivered_on - task.due_on).days for task in (ines, copper)] == [-2, 0]
    assert bluebell.delivered_on is None
    assert (today - bluebell.due_on).days == 1
    begun = select(TimelineEntry).where(TimelineEntry.kind == TimelineKind.TRIAL, TimelineEntry.step == "")
    told = [entry for entry in session.scalars(begun) if entry.subject_id == bluebell.id]
    assert [(entry.happened_on, entry.facts["due"]) for entry in told] == [
        (bluebell.started_on, bluebell.due_on.isoformat())
    ]
    facts = trial_reviews.facts_of(ines, found[ines.id], has_unmet_must=False, today=today)
    assert advice(facts) is TrialAdvice.BRING_ON


def test_ratings_hours_and_sources_make_something_to_compare(shown):
    session, owner = shown
    known, today = named(session), owner.workspace.today
    three = [known[name].id for name in ("Copperbeech Words", "Inês Duarte", "Copper Lane Copy")]
    compared = comparisons.compare(session, three, today=today)
    assert all(each.fit.is_shown for each in compared.vendors)
    assert compared.vendors[2].dominated_by == [known["Inês Duarte"].id]
    assert compared.leader == known["Inês Duarte"].id
    hours = shared_hours.with_vendor(known["Copper Lane Copy"], owner.workspace, first=today)
    assert hours.usual.week.minutes[0] == 180
    assert shared_hours.with_vendor(known["Bluebell Words"], owner.workspace, first=today).lacks
    found, unknown = sources.figures(session, today)
    assert {source.key: source.kept.percent for source in found if source.kept.is_told} == {"referred": 100}
    assert unknown == 0


def test_readiness_is_said_for_the_business_and_for_one_need(shown):
    session, _owner = shown
    verdicts = [check.verdict for check in session.scalars(select(ReadinessCheck).order_by(ReadinessCheck.id))]
    assert verdicts[-1] is Verdict.START_SMALL
    assert len(verdicts) == 4


def test_whoever_left_can_open_one_thing_still(shown):
    session, _owner = shown
    left = named(session)["Little Anvil"]
    accesses = session.scalars(select(Access).where(Access.vendor_id == left.id)).all()
    assert {access.what: access.revoked_on is None for access in accesses} == {
        "The shop’s back end": True,
        "Error reports": False,
    }


def test_the_network_has_something_at_every_step(shown):
    session, owner = shown
    today = owner.workspace.today
    names = {vendor.id: name for name, vendor in named(session).items()}
    stand = {names[row.vendor_id]: row for row in session.scalars(select(Referral))}
    assert {name: row.state for name, row in stand.items()} == {
        "Copperbeech Words": ReferralState.VENDOR_YES,
        "Ledgerwood": ReferralState.INTRODUCED,
    }
    assert stand["Ledgerwood"].follow_up_on <= today, "it is asked how it went"
    fits = {
        opening.business: [match.name for match in matches.of_opening(session, opening, today).fits]
        for opening in session.scalars(select(Opening))
    }
    assert fits["Marram Dental"] == ["Saltmarsh Films"]
    assert fits["Lanyard Coffee"] == ["Tern & Tide"]
    given = [entry.kind for entry in session.scalars(select(GoodwillEntry)) if entry.side is GoodwillSide.GIVEN]
    assert GoodwillKind.REFERRAL in given


def test_a_small_task_suits_somebody_who_is_parked(shown):
    session, owner = shown
    session.flush()
    lark = named(session)["Kettle & Lark"]
    [match] = small_tasks.for_vendors(session, [lark.id], owner.workspace.today)[lark.id]
    assert match.offer.outcome == "One page for the press about the winter candle"
