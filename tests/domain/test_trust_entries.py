"""The trust log: observed facts, corrected by superseding, mended by repairs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from crm.core import limits
from crm.core.errors import Forbidden, Missing, Refused
from crm.domain import interactions, people, promises, trials, trust_entries, vendors
from crm.domain.trials import TrialTerms
from crm.domain.trust_entries import QUICK, Observation, Quick
from crm.models.enums import (
    Dimension,
    Direction,
    InteractionKind,
    PromiseKind,
    PromiseState,
    RecordKind,
    TrialOutcome,
    Visibility,
    Weight,
)
from crm.models.log import Promise, TimelineEntry
from crm.queries import profiles, trust_records
from crm.queries import trust_entries as reading
from crm.queries.trust_records import Ref

MONDAY = date(2026, 10, 5)
BREACH = Observation(
    MONDAY, Dimension.INTEGRITY, Direction.NEGATIVE, Weight.MAJOR, "Invoiced work that was never done."
)
GOOD = Observation(MONDAY, Dimension.ABILITY, Direction.POSITIVE, Weight.MINOR, "Used without a change.")


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


def shown(session) -> list[str]:
    session.flush()
    return [row.body for row in session.query(TimelineEntry).filter_by(kind="trust").order_by(TimelineEntry.id)]


def breaches(session, vendor, reader) -> list[str]:
    session.flush()
    around = profiles.surroundings(session, vendor.id, reader=reader, since=MONDAY)
    return [row.what_happened for row in around.breaches]


def test_an_entry_keeps_all_that_was_seen(session, vendor, business):
    ana = people.add(vendor, by=business.owner, name="Ana")
    session.flush()
    seen = replace(
        GOOD,
        person_id=ana.id,
        evidence="https://example.org/page",
        expected_on=date(2026, 10, 9),
        actual_on=date(2026, 10, 2),
        observer_id=business.admin.user_id,
        vendor_told=True,
        our_response="Thanked her.",
    )
    entry = trust_entries.observe(vendor, by=business.member, seen=seen)
    written = [name for name in Observation.__dataclass_fields__ if name != "record"]
    assert Observation(**{name: getattr(entry, name) for name in written}) == seen
    assert entry.created_by == business.member.user_id
    assert shown(session) == ["Used without a change."]


@pytest.mark.parametrize(
    ("change", "box"),
    [
        ({"occurred_on": date(2026, 10, 6)}, "occurred_on"),
        ({"actual_on": date(2026, 10, 6)}, "actual_on"),
        ({"what_happened": ""}, "what_happened"),
        ({"what_happened": "x" * (limits.TEXT_LENGTH + 1)}, "what_happened"),
        ({"our_response": "x" * (limits.TEXT_LENGTH + 1)}, "our_response"),
        ({"evidence": "x" * (limits.URL_LENGTH + 1)}, "evidence"),
        ({"person_id": 987_654}, "person_id"),
        ({"attachment_id": 987_654}, "attachment_id"),
        ({"observer_id": 987_654}, "observer_id"),
        ({"repairs_id": 987_654}, "repairs_id"),
        ({"expected_on": date(2999, 1, 1)}, "expected_on"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_box(vendor, business, change, box):
    with pytest.raises(Refused) as refused:
        trust_entries.observe(vendor, by=business.member, seen=replace(GOOD, **change))
    assert refused.value.field == box


def test_the_observer_is_of_this_business(vendor, business):
    with pytest.raises(Refused) as refused:
        trust_entries.observe(vendor, by=business.member, seen=replace(GOOD, observer_id=business.stranger.user_id))
    assert refused.value.field == "observer_id"


@pytest.mark.parametrize(
    ("quick", "dimension", "direction", "weight"),
    [
        (Quick.ON_TIME, Dimension.INTEGRITY, Direction.POSITIVE, Weight.MINOR),
        (Quick.MISSED_SILENTLY, Dimension.INTEGRITY, Direction.NEGATIVE, Weight.NOTABLE),
        (Quick.WARNED_EARLY, Dimension.BENEVOLENCE, Direction.POSITIVE, Weight.MINOR),
        (Quick.CAUGHT_OUR_MISTAKE, Dimension.BENEVOLENCE, Direction.POSITIVE, Weight.NOTABLE),
        (Quick.OVERBILLED, Dimension.INTEGRITY, Direction.NEGATIVE, Weight.NOTABLE),
        (Quick.OWNED_A_MISTAKE, Dimension.INTEGRITY, Direction.POSITIVE, Weight.NOTABLE),
    ],
)
def test_one_tap_writes_down_what_happens_often(vendor, business, quick, dimension, direction, weight):
    entry = trust_entries.observe_quickly(vendor, by=business.member, quick=quick, occurred_on=MONDAY)
    assert (entry.dimension, entry.direction, entry.weight) == (dimension, direction, weight)
    assert entry.what_happened == str(QUICK[quick].words)
    assert entry.observer_id == business.member.user_id


def test_a_correction_takes_the_place_of_what_it_corrects(session, vendor, business):
    entry = trust_entries.observe(vendor, by=business.member, seen=GOOD)
    newer = trust_entries.correct(entry, by=business.member, seen=replace(GOOD, what_happened="One small change."))
    assert shown(session) == ["One small change."]
    assert entry.what_happened == "Used without a change."
    assert [row.id for row in reading.versions_of(session, entry, reader=business.viewer)] == [newer.id, entry.id]
    with pytest.raises(Refused):
        trust_entries.correct(entry, by=business.member, seen=GOOD)


def test_only_its_author_and_admins_correct_an_entry(session, vendor, business):
    entry = trust_entries.observe(vendor, by=business.admin, seen=GOOD)
    with pytest.raises(Forbidden):
        trust_entries.correct(entry, by=business.member, seen=GOOD)
    trust_entries.correct(entry, by=business.owner, seen=replace(GOOD, weight=Weight.NOTABLE))


def test_a_major_breach_of_their_word_stays_in_sight_until_it_is_mended(session, vendor, business):
    breach = trust_entries.observe(vendor, by=business.member, seen=BREACH)
    assert breaches(session, vendor, business.viewer) == ["Invoiced work that was never done."]
    trust_entries.observe(
        vendor,
        by=business.member,
        seen=replace(GOOD, dimension=Dimension.INTEGRITY, what_happened="Paid it back.", repairs_id=breach.id),
    )
    assert breaches(session, vendor, business.viewer) == []


@pytest.mark.parametrize(
    "change",
    [
        {"weight": Weight.NOTABLE},
        {"dimension": Dimension.ABILITY},
        {"direction": Direction.POSITIVE},
    ],
)
def test_nothing_less_than_a_major_breach_is_put_in_sight(session, vendor, business, change):
    trust_entries.observe(vendor, by=business.member, seen=replace(BREACH, **change))
    assert breaches(session, vendor, business.owner) == []


def test_a_repair_that_one_may_not_read_mends_nothing_for_them(session, vendor, business):
    breach = trust_entries.observe(vendor, by=business.member, seen=BREACH)
    repair = replace(GOOD, repairs_id=breach.id, visibility=Visibility.AUTHOR)
    trust_entries.observe(vendor, by=business.member, seen=repair)
    assert breaches(session, vendor, business.member) == []
    assert len(breaches(session, vendor, business.owner)) == 1


def test_a_breach_that_one_may_not_read_is_not_put_in_sight(session, vendor, business):
    trust_entries.observe(vendor, by=business.member, seen=replace(BREACH, visibility=Visibility.AUTHOR))
    assert breaches(session, vendor, business.owner) == []


def test_a_correction_takes_the_repairs_over(session, vendor, business):
    breach = trust_entries.observe(vendor, by=business.member, seen=BREACH)
    trust_entries.observe(vendor, by=business.member, seen=replace(GOOD, repairs_id=breach.id))
    trust_entries.correct(breach, by=business.member, seen=replace(BREACH, what_happened="Invoiced twice."))
    assert breaches(session, vendor, business.owner) == []


def test_a_repair_points_at_something_bad_and_is_good_itself(vendor, business):
    good = trust_entries.observe(vendor, by=business.member, seen=GOOD)
    breach = trust_entries.observe(vendor, by=business.member, seen=BREACH)
    with pytest.raises(Refused) as refused:
        trust_entries.observe(vendor, by=business.member, seen=replace(GOOD, repairs_id=good.id))
    assert refused.value.field == "repairs_id"
    with pytest.raises(Refused) as refused:
        trust_entries.observe(vendor, by=business.member, seen=replace(BREACH, repairs_id=breach.id))
    assert refused.value.field == "direction"


def test_a_repair_does_not_point_at_another_vendors_breach(session, vendor, business):
    other = vendors.add(session, by=business.owner, name="Another Studio")
    breach = trust_entries.observe(other, by=business.member, seen=BREACH)
    with pytest.raises(Refused) as refused:
        trust_entries.observe(vendor, by=business.member, seen=replace(GOOD, repairs_id=breach.id))
    assert refused.value.field == "repairs_id"


def test_a_slip_can_be_taken_back_for_a_moment_by_its_author(session, vendor, business, clock_at):
    entry = trust_entries.observe(vendor, by=business.member, seen=GOOD)
    with pytest.raises(Refused):
        trust_entries.take_back(entry, by=business.owner)
    clock_at("2026-10-05 09:16")
    with pytest.raises(Refused):
        trust_entries.take_back(entry, by=business.member)
    clock_at("2026-10-05 09:15")
    trust_entries.take_back(entry, by=business.member)
    assert shown(session) == []


def test_taking_a_correction_back_restores_what_it_corrected(session, vendor, business):
    breach = trust_entries.observe(vendor, by=business.member, seen=BREACH)
    trust_entries.observe(vendor, by=business.member, seen=replace(GOOD, repairs_id=breach.id))
    newer = trust_entries.correct(breach, by=business.member, seen=replace(BREACH, what_happened="Invoiced twice."))
    trust_entries.take_back(newer, by=business.member)
    assert set(shown(session)) == {"Invoiced work that was never done.", "Used without a change."}
    assert breaches(session, vendor, business.owner) == []


def test_what_something_rests_on_is_not_taken_back(vendor, business):
    breach = trust_entries.observe(vendor, by=business.member, seen=BREACH)
    trust_entries.observe(vendor, by=business.member, seen=replace(GOOD, repairs_id=breach.id))
    with pytest.raises(Refused):
        trust_entries.take_back(breach, by=business.member)


def test_a_private_entry_is_missing_for_others(session, vendor, business):
    entry = trust_entries.observe(vendor, by=business.member, seen=replace(GOOD, visibility=Visibility.AUTHOR))
    assert trust_entries.find(session, entry.id, reader=business.member) is entry
    with pytest.raises(Missing):
        trust_entries.find(session, entry.id, reader=business.owner)


# What shows it


@pytest.fixture
def kept(session, vendor, business) -> Promise:
    promise = promises.make(vendor, by=business.member, kind=PromiseKind.THEIRS, due_on=MONDAY, what="The table")
    promises.close(promise, by=business.member, state=PromiseState.KEPT)
    return promise


def records(session, entry) -> list[Ref]:
    return list(trust_records.of_entries(session, [entry.id]).values())


def test_what_comes_from_a_record_is_noted_once(session, vendor, business, kept):
    seen = trust_entries.of_promise(kept, by=business.member)
    entry, is_new = trust_entries.note_once(vendor, by=business.member, seen=seen)
    assert is_new
    assert trust_entries.note_once(vendor, by=business.owner, seen=seen) == (entry, False)
    assert records(session, entry) == [Ref(RecordKind.PROMISE, kept.id)]
    trust_entries.take_back(entry, by=business.member)
    assert trust_entries.note_once(vendor, by=business.owner, seen=seen)[1]


def test_a_private_note_on_a_record_does_not_stand_in_a_colleagues_way(vendor, business, kept):
    seen = trust_entries.of_promise(kept, by=business.member)
    mine = replace(seen, visibility=Visibility.AUTHOR)
    assert trust_entries.note_once(vendor, by=business.member, seen=mine)[1]
    assert trust_entries.note_once(vendor, by=business.owner, seen=seen)[1]


def test_a_trial_task_is_noted_once_on_each_side(session, vendor, business):
    trial = trials.start(vendor, by=business.owner, terms=TrialTerms("Ten pages", MONDAY))
    trial.delivered_on = MONDAY
    trials.decide(trial, by=business.owner, outcome=TrialOutcome.PASSED)
    offers = trust_entries.offers_of_trial(session, trial, by=business.member)
    assert [seen.dimension for seen in offers] == [Dimension.ABILITY, Dimension.INTEGRITY]
    assert [trust_entries.note_once(vendor, by=business.member, seen=seen)[1] for seen in offers] == [True, True]
    assert [trust_entries.note_once(vendor, by=business.owner, seen=seen)[1] for seen in offers] == [False, False]
    assert trust_entries.offers_of_trial(session, trial, by=business.owner) == []


def test_a_private_note_on_a_trial_task_is_no_reason_not_to_offer_it(session, vendor, business):
    trial = trials.start(vendor, by=business.owner, terms=TrialTerms("Ten pages", MONDAY))
    trials.decide(trial, by=business.owner, outcome=TrialOutcome.PASSED)
    [seen] = trust_entries.offers_of_trial(session, trial, by=business.member)
    trust_entries.observe(vendor, by=business.member, seen=replace(seen, visibility=Visibility.AUTHOR))
    assert trust_entries.offers_of_trial(session, trial, by=business.member) == []
    assert len(trust_entries.offers_of_trial(session, trial, by=business.owner)) == 1


def test_a_correction_keeps_the_record_it_is_given_and_can_choose_another(session, vendor, business, kept):
    said = interactions.log(vendor, by=business.member, kind=InteractionKind.CALL, occurred_on=MONDAY)
    entry = trust_entries.observe(vendor, by=business.member, seen=trust_entries.of_promise(kept, by=business.member))
    other = replace(GOOD, record=Ref(RecordKind.INTERACTION, said.id))
    newer = trust_entries.correct(entry, by=business.member, seen=other)
    assert records(session, newer) == [Ref(RecordKind.INTERACTION, said.id)]
    assert records(session, entry) == [Ref(RecordKind.PROMISE, kept.id)]
    # The record is free again: nothing that stands rests on it.
    assert reading.of_record(session, Ref(RecordKind.PROMISE, kept.id), reader=business.member) is None


def test_a_record_is_one_of_the_vendors_own(session, vendor, business, kept):
    other = vendors.add(session, by=business.owner, name="Another Studio")
    gone = interactions.log(vendor, by=business.member, kind=InteractionKind.CALL, occurred_on=MONDAY)
    interactions.delete(gone, by=business.member)
    for theirs, ref in (
        (other, Ref(RecordKind.PROMISE, kept.id)),
        (vendor, Ref(RecordKind.PROMISE, 987_654)),
        (vendor, Ref(RecordKind.WORK, 987_654)),
        (vendor, Ref(RecordKind.INTERACTION, gone.id)),
    ):
        with pytest.raises(Refused) as refused:
            trust_entries.observe(theirs, by=business.member, seen=replace(GOOD, record=ref))
        assert refused.value.field == "record"


def test_the_latest_records_of_a_vendor_can_be_chosen(session, vendor, business, kept):
    said = interactions.log(vendor, by=business.member, kind=InteractionKind.CALL, occurred_on=date(2026, 10, 1))
    dropped = promises.make(vendor, by=business.member, kind=PromiseKind.OURS, due_on=MONDAY, what="Pay")
    promises.close(dropped, by=business.member, state=PromiseState.DROPPED)
    session.flush()
    assert [row.ref for row in trust_records.recent(session, vendor.id)] == [
        Ref(RecordKind.PROMISE, kept.id),
        Ref(RecordKind.INTERACTION, said.id),
    ]


# Who may know


def facts(session, entry) -> dict:
    session.flush()
    return session.query(TimelineEntry).filter_by(kind="trust", subject_id=entry.id).one().facts


def test_what_its_author_took_back_for_themselves_is_gone_for_the_others(session, vendor, business):
    entry = trust_entries.observe(vendor, by=business.member, seen=GOOD)
    mine = trust_entries.correct(entry, by=business.member, seen=replace(GOOD, visibility=Visibility.AUTHOR))
    for gone in (entry, mine):
        with pytest.raises(Missing):
            trust_entries.find(session, gone.id, reader=business.owner)
        assert trust_entries.find(session, gone.id, reader=business.member) is gone
    assert [row.id for row in reading.versions_of(session, entry, reader=business.member)] == [mine.id, entry.id]


def test_what_was_private_before_is_not_told_of_what_is_public_now(session, vendor, business):
    entry = trust_entries.observe(vendor, by=business.member, seen=replace(GOOD, visibility=Visibility.AUTHOR))
    shared = trust_entries.correct(entry, by=business.member, seen=GOOD)
    assert facts(session, shared)["corrected"] is False
    assert [row.id for row in reading.versions_of(session, shared, reader=business.owner)] == [shared.id]
    assert reading.links_of(session, [shared], reader=business.owner)[shared.id].corrects_id is None
    assert reading.links_of(session, [shared], reader=business.member)[shared.id].corrects_id == entry.id


def test_a_repair_of_what_is_private_does_not_tell_of_it(session, vendor, business):
    breach = trust_entries.observe(vendor, by=business.member, seen=replace(BREACH, visibility=Visibility.AUTHOR))
    repair = trust_entries.observe(vendor, by=business.member, seen=replace(GOOD, repairs_id=breach.id))
    assert facts(session, repair)["repairs"] is False
    assert reading.links_of(session, [repair], reader=business.owner)[repair.id].repairs_id is None
    # Once all may read the breach, its repair says so; and no longer when it is taken back again.
    shared = trust_entries.correct(breach, by=business.member, seen=BREACH)
    assert facts(session, repair)["repairs"] is True
    trust_entries.correct(shared, by=business.member, seen=replace(BREACH, visibility=Visibility.AUTHOR))
    assert facts(session, repair)["repairs"] is False


def test_whoever_corrects_a_repair_leaves_what_it_mends_in_secret(session, vendor, business):
    breach = trust_entries.observe(vendor, by=business.member, seen=replace(BREACH, visibility=Visibility.AUTHOR))
    repair = trust_entries.observe(vendor, by=business.member, seen=replace(GOOD, repairs_id=breach.id))
    newer = trust_entries.correct(repair, by=business.owner, seen=replace(GOOD, what_happened="Used as it came."))
    assert newer.repairs_id == breach.id
    # Nor does a correction downwards say that there was something to mend.
    assert trust_entries.correct(newer, by=business.owner, seen=BREACH).repairs_id is None


def test_a_colleagues_private_repair_does_not_keep_a_slip_from_being_taken_back(session, vendor, business):
    breach = trust_entries.observe(vendor, by=business.member, seen=BREACH)
    private = replace(GOOD, repairs_id=breach.id, visibility=Visibility.AUTHOR)
    repair = trust_entries.observe(vendor, by=business.owner, seen=private)
    trust_entries.take_back(breach, by=business.member)
    assert repair.repairs_id is None
    assert facts(session, repair)["repairs"] is False


def test_a_repair_begun_on_older_words_mends_the_newest(session, vendor, business):
    breach = trust_entries.observe(vendor, by=business.member, seen=BREACH)
    newer = trust_entries.correct(breach, by=business.member, seen=replace(BREACH, what_happened="Invoiced twice."))
    repair = trust_entries.observe(vendor, by=business.owner, seen=replace(GOOD, repairs_id=breach.id))
    assert repair.repairs_id == newer.id
    assert breaches(session, vendor, business.viewer) == []
    with pytest.raises(Refused) as refused:
        trust_entries.correct(newer, by=business.member, seen=replace(GOOD, repairs_id=newer.id))
    assert refused.value.field == "repairs_id"
