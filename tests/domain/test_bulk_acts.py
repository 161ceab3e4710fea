"""Acts on many vendors: each by its own rules, slices survive their worker, and undoing spares later changes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update

from crm.core.errors import Forbidden, Missing, Refused
from crm.core.tenancy import workspace_session
from crm.core.unit_of_work import workspace_work
from crm.domain import bulk_acts, members, merges, stages, touches, vendors
from crm.domain.bulk_acts import StageTerms
from crm.domain.parking_terms import ParkingTerms
from crm.domain.rhythms import Rhythm
from crm.domain.trials import TrialTerms
from crm.jobs.bulk import BulkWorker
from crm.models.enums import (
    BulkItemState,
    BulkKind,
    BulkState,
    CadenceChoice,
    ParkingReason,
    Role,
    Stage,
    Tier,
    TimelineKind,
)
from crm.models.lists import BulkAct, BulkItem
from crm.models.log import TimelineEntry
from crm.models.stages import Parking, StageMove
from crm.models.trials import TrialTask
from crm.models.vendors import Vendor, VendorTag
from crm.queries import bulk_acts as bulk_queries
from crm.queries import tags as tag_queries

pytestmark = pytest.mark.usefixtures("database")

LEASE = timedelta(minutes=1)


@pytest.fixture
def three(clock_at, inside, business) -> list[int]:
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        return [vendors.add(session, by=business.owner, name=name).id for name in ("Ann", "Bo", "Cy")]


@pytest.fixture
def many(clock_at, inside, business) -> list[int]:
    """So many that they are left to the worker."""
    clock_at("2026-10-05 09:00")
    today = date(2026, 10, 5)
    with inside(business) as session:
        rows = [
            Vendor(name=f"V {place}", normal_name=f"v {place}", stage_since=today, cadence_began_on=today)
            for place in range(bulk_acts.AT_ONCE[BulkKind.TAG] + 20)
        ]
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def named(session, act) -> dict[str, str]:
    """The vendors that were left as they are, with the reasons."""
    return {item.name: item.reason for item in bulk_queries.left_alone(session, act.id)}


def begin(session, business, kind: BulkKind, terms, ids, by=None) -> BulkAct:
    return bulk_acts.begin(session, by=by or business.owner, kind=kind, terms=terms, vendor_ids=ids)


def get(session, vendor_id: int) -> Vendor:
    return session.get_one(Vendor, vendor_id)


# Each act, done and taken back


def test_tags_are_put_on_beside_those_that_are_there_and_taken_off_again(three, inside, business):
    ann, bo, cy = three
    with inside(business) as session:
        vendors.edit(get(session, ann), by=business.owner, version=1, tags=["Print"])
        act = begin(session, business, BulkKind.TAG, bulk_acts.tagging("print, by train"), three)
        assert tag_queries.names_of(session, ann) == ["by train", "Print"]
        assert tag_queries.names_of(session, bo) == ["by train", "Print"], "a tag is one, however it is typed"
        assert act.state is BulkState.DONE
        assert get(session, bo).version == 2, "it is an edit like any other"
        bulk_acts.undo(act, by=business.owner)
        assert tag_queries.names_of(session, ann) == ["Print"], "what was there before stays"
        assert tag_queries.names_of(session, cy) == []
        assert act.state is BulkState.UNDONE


def test_a_tag_is_taken_off_those_that_bear_it(three, inside, business):
    ann, bo, _cy = three
    with inside(business) as session:
        vendors.edit(get(session, ann), by=business.owner, version=1, tags=["Print", "Leeds"])
        act = begin(session, business, BulkKind.UNTAG, bulk_acts.tagging("PRINT"), three)
        assert tag_queries.names_of(session, ann) == ["Leeds"]
        assert bulk_queries.progress(session, act.id) == {BulkItemState.DONE: 1, BulkItemState.UNCHANGED: 2}
        bulk_acts.undo(act, by=business.owner)
        assert tag_queries.names_of(session, ann) == ["Leeds", "Print"]
        assert tag_queries.names_of(session, bo) == []


def test_another_owner_is_reminded_at_once_and_no_longer_after_undoing(three, inside, business):
    with inside(business) as session:
        terms = bulk_acts.owning(session, business.member.user_id)
        act = begin(session, business, BulkKind.OWNER, terms, three)
        assert {get(session, each).owner_id for each in three} == {business.member.user_id}
        due = get(session, three[0]).due_on
        assert due is not None
        bulk_acts.undo(act, by=business.owner)
        assert {get(session, each).owner_id for each in three} == {business.owner.user_id}


def test_a_tier_begins_its_cadence_and_undoing_gives_the_former_one_its_day_back(three, inside, business, clock_at):
    with inside(business) as session:
        before = {each: (get(session, each).due_on, get(session, each).cadence_began_on) for each in three}
    clock_at("2026-10-07 09:00")
    with inside(business) as session:
        act = begin(session, business, BulkKind.TIER, bulk_acts.tiering(Tier.A), three)
        assert get(session, three[0]).cadence_began_on == date(2026, 10, 7)
        assert get(session, three[0]).cadence_in_force == "30 days"
        bulk_acts.undo(act, by=business.owner)
        after = {each: (get(session, each).due_on, get(session, each).cadence_began_on) for each in three}
        assert after == before


def test_a_rhythm_for_all_and_back(three, inside, business):
    with inside(business) as session:
        act = begin(session, business, BulkKind.CADENCE, bulk_acts.pacing(Rhythm(CadenceChoice.NONE)), three)
        assert {get(session, each).due_on for each in three} == {None}
        bulk_acts.undo(act, by=business.owner)
        assert None not in {get(session, each).due_on for each in three}
        assert {get(session, each).cadence_choice for each in three} == {CadenceChoice.DEFAULT}


def test_parking_many_asks_once_and_each_has_its_parking_and_timeline(three, inside, business):
    with inside(business) as session:
        parking = ParkingTerms(reason=ParkingReason.NO_BUDGET, until=date(2026, 12, 1), condition="A grant")
        terms = bulk_acts.moving(StageTerms(Stage.PARKED, parking=parking), today=date(2026, 10, 5))
        act = begin(session, business, BulkKind.STAGE, terms, three)
        assert {get(session, each).stage for each in three} == {Stage.PARKED}
        rows = session.scalars(select(Parking)).all()
        assert {(row.vendor_id, row.revisit_on, row.condition) for row in rows} == {
            (each, date(2026, 12, 1), "A grant") for each in three
        }
        kept = select(func.count()).where(TimelineEntry.kind == TimelineKind.STAGE)
        assert session.scalar(kept) == 3
        bulk_acts.undo(act, by=business.owner)
        assert {get(session, each).stage for each in three} == {Stage.PROSPECT}
        assert session.scalar(kept) == 0


def test_a_trial_task_for_many_is_one_for_each(three, inside, business):
    with inside(business) as session:
        trial = TrialTerms("One page", date(2026, 10, 20))
        terms = bulk_acts.moving(StageTerms(Stage.TRIAL, trial=trial), today=date(2026, 10, 5))
        begin(session, business, BulkKind.STAGE, terms, three)
        assert sorted(session.scalars(select(TrialTask.vendor_id))) == three


def test_a_move_asks_what_a_single_one_asks(three, inside, business):
    today = date(2026, 10, 5)
    for terms, box in (
        (StageTerms(Stage.TRIAL), "what"),
        (StageTerms(Stage.ENDED), "why"),
        (StageTerms(Stage.NOT_A_FIT), "why"),
        (StageTerms(Stage.PARKED), "reason"),
        (StageTerms(Stage.PARKED, parking=ParkingTerms(ParkingReason.OTHER, until=today)), "until"),
        (StageTerms(Stage.TRIAL, trial=TrialTerms("A page", None)), "due_on"),
    ):
        with pytest.raises(Refused) as refused:
            bulk_acts.moving(terms, today=today)
        assert refused.value.field == box


# What cannot be done is named, the rest is done


def test_one_that_refuses_is_named_with_the_reason_and_leaves_nothing_half_done(three, inside, business):
    ann, bo, cy = three
    with inside(business) as session:
        stages.move(
            get(session, bo), by=business.owner, to=Stage.TRIAL, trial=TrialTerms("One page", date(2026, 11, 1))
        )
        vendor = get(session, cy)
        vendors.edit(vendor, by=business.owner, version=vendor.version, backup_id=business.member.user_id)
        terms = bulk_acts.moving(StageTerms(Stage.ACTIVE), today=date(2026, 10, 5))
        act = begin(session, business, BulkKind.STAGE, terms, three)
        assert {each: get(session, each).stage for each in three} == {
            ann: Stage.ACTIVE,
            bo: Stage.TRIAL,
            cy: Stage.ACTIVE,
        }
        assert named(session, act) == {"Bo": "Say how the trial task went, or in one sentence why there is no outcome."}
        owned = begin(session, business, BulkKind.OWNER, bulk_acts.owning(session, business.member.user_id), three)
        assert named(session, owned) == {"Cy": "Choose somebody else to stand in."}
        assert get(session, cy).owner_id == business.owner.user_id
        assert touches.outlook(session, get(session, bo)).next_touch is not None


def test_a_vendor_with_all_the_tags_it_can_bear_is_named(three, inside, business):
    with inside(business) as session:
        full = [f"tag {place}" for place in range(50)]
        vendors.edit(get(session, three[0]), by=business.owner, version=1, tags=full)
        act = begin(session, business, BulkKind.TAG, bulk_acts.tagging("one more"), three)
        assert named(session, act) == {"Ann": "Keep it to 50 tags."}
        assert tag_queries.names_of(session, three[1]) == ["one more"]


# Undoing spares what came later


def test_what_somebody_changed_since_is_left_and_named(three, inside, business):
    ann, bo, cy = three
    with inside(business) as session:
        act = begin(session, business, BulkKind.TIER, bulk_acts.tiering(Tier.A), three)
        vendor = get(session, ann)
        vendors.edit(vendor, by=business.admin, version=vendor.version, tier=Tier.C)
        vendor = get(session, bo)
        vendors.edit(vendor, by=business.admin, version=vendor.version, location="Leeds")
        bulk_acts.undo(act, by=business.owner)
        assert {each: get(session, each).tier for each in three} == {ann: Tier.C, bo: None, cy: None}
        assert get(session, bo).location == "Leeds", "other fields stay as somebody left them"
        assert named(session, act) == {"Ann": "It was changed since."}


def test_a_vendor_that_moved_again_stays_where_it_is(three, inside, business):
    ann, bo, _cy = three
    with inside(business) as session:
        terms = bulk_acts.moving(StageTerms(Stage.ACTIVE), today=date(2026, 10, 5))
        act = begin(session, business, BulkKind.STAGE, terms, three)
        stages.move(get(session, ann), by=business.admin, to=Stage.ENDED, why="They closed")
        bulk_acts.undo(act, by=business.owner)
        assert get(session, ann).stage is Stage.ENDED
        assert get(session, bo).stage is Stage.PROSPECT
        assert "has moved again since" in named(session, act)["Ann"]


def test_a_vendor_that_is_gone_does_not_stand_in_the_way(three, inside, business, settings):
    with inside(business) as session:
        act = begin(session, business, BulkKind.TIER, bulk_acts.tiering(Tier.A), three)
        act_id = act.id
    with inside(business) as session:
        vendors.delete_vendor(get(session, three[0]), by=business.owner, folder=settings.uploads)
    with inside(business) as session:
        act = bulk_acts.find(session, act_id, by=business.owner)
        bulk_acts.undo(act, by=business.owner)
        assert act.state is BulkState.UNDONE
        assert get(session, three[1]).tier is None


def test_undoing_is_once_and_within_a_day(three, inside, business, clock_at):
    with inside(business) as session:
        act = begin(session, business, BulkKind.TIER, bulk_acts.tiering(Tier.A), three)
        bulk_acts.undo(act, by=business.owner)
        with pytest.raises(Refused, match="already"):
            bulk_acts.undo(act, by=business.owner)
        late = begin(session, business, BulkKind.TIER, bulk_acts.tiering(Tier.B), three)
        late_id = late.id
    clock_at("2026-10-06 09:01")
    with inside(business) as session:
        with pytest.raises(Refused, match="too long ago"):
            bulk_acts.undo(bulk_acts.find(session, late_id, by=business.owner), by=business.owner)
        assert get(session, three[0]).tier is Tier.B


# Who may


def test_a_viewer_does_nothing_with_many(three, inside, business):
    with inside(business) as session, pytest.raises(Forbidden):
        begin(session, business, BulkKind.TIER, bulk_acts.tiering(Tier.A), three, by=business.viewer)


def test_an_act_is_its_own_persons_and_the_admins(three, inside, business):
    with inside(business) as session:
        act = begin(session, business, BulkKind.TIER, bulk_acts.tiering(Tier.A), three, by=business.member)
        assert bulk_acts.find(session, act.id, by=business.admin) is act
        other = begin(session, business, BulkKind.TIER, bulk_acts.tiering(Tier.B), three)
        with pytest.raises(Missing):
            bulk_acts.find(session, other.id, by=business.member)
        act_id = act.id
    with inside(business.stranger) as session, pytest.raises(Missing):
        bulk_acts.find(session, act_id, by=business.stranger)


def test_none_and_nobody_are_refused(three, inside, business):
    with inside(business) as session:
        with pytest.raises(Refused):
            begin(session, business, BulkKind.TIER, bulk_acts.tiering(Tier.A), [])
        with pytest.raises(Refused):
            bulk_acts.tagging(" , ")
        with pytest.raises(Refused):
            bulk_acts.owning(session, business.stranger.user_id)


# Worked off by whoever holds the lease


def test_many_wait_for_the_worker_and_are_done_and_undone_by_it(many, inside, business, engine, settings):
    with inside(business) as session:
        act = begin(session, business, BulkKind.TAG, bulk_acts.tagging("print"), many)
        act_id = act.id
        assert act.state is BulkState.WAITING
    worker = BulkWorker(engine, settings)
    assert worker.work_once() == -(-len(many) // bulk_acts.SLICE)
    with inside(business) as session:
        act = bulk_acts.find(session, act_id, by=business.owner)
        assert act.state is BulkState.DONE
        assert session.scalar(select(func.count()).select_from(VendorTag)) == len(many)
        bulk_acts.undo(act, by=business.owner)
        assert act.state is BulkState.UNDOING
    worker.work_once()
    with inside(business) as session:
        assert bulk_acts.find(session, act_id, by=business.owner).state is BulkState.UNDONE
        assert session.scalar(select(func.count()).select_from(VendorTag)) == 0
    assert worker.work_once() == 0


def test_a_worker_that_dies_in_a_slice_has_not_done_it_and_another_goes_on_when_the_lease_is_over(
    many, inside, business, engine, settings, clock_at
):
    workspace_id = business.workspace.id
    with inside(business) as session:
        act_id = begin(session, business, BulkKind.TAG, bulk_acts.tagging("print"), many).id
    with workspace_work(engine, workspace_id) as session:
        assert bulk_acts.claim(session, act_id, owner="one", lease=LEASE)
        assert bulk_acts.work(session, act_id)
    with workspace_session(engine, workspace_id, writing=True) as dying:
        assert bulk_acts.claim(dying, act_id, owner="one", lease=LEASE)
        assert bulk_acts.work(dying, act_id)
        dying.rollback()
    with inside(business) as session:
        assert session.scalar(select(func.count()).select_from(VendorTag)) == bulk_acts.SLICE
    other = BulkWorker(engine, settings)
    assert other.work_once() == 0, "the lease still holds"
    clock_at("2026-10-05 09:02")
    assert other.work_once() > 0
    with inside(business) as session:
        assert bulk_acts.find(session, act_id, by=business.owner).state is BulkState.DONE
        assert session.scalar(select(func.count()).select_from(VendorTag)) == len(many)


def test_whoever_lost_the_right_in_between_changes_nothing_more(many, inside, business, engine, settings):
    with inside(business) as session:
        act_id = begin(session, business, BulkKind.TAG, bulk_acts.tagging("print"), many, by=business.member).id
    with inside(business) as session:
        members.change_role(session, business.member.user_id, by=business.owner, role=Role.VIEWER)
    BulkWorker(engine, settings).work_once()
    with inside(business) as session:
        act = bulk_acts.find(session, act_id, by=business.owner)
        assert (act.state, bool(act.error)) == (BulkState.STOPPED, True)
        assert session.scalar(select(func.count()).select_from(VendorTag)) == 0


def test_an_act_that_waits_cannot_be_undone_yet(many, inside, business):
    with inside(business) as session:
        act = begin(session, business, BulkKind.TAG, bulk_acts.tagging("print"), many)
        with pytest.raises(Refused, match="still being done"):
            bulk_acts.undo(act, by=business.owner)


def test_moves_of_an_act_are_each_one_move(three, inside, business):
    with inside(business) as session:
        terms = bulk_acts.moving(StageTerms(Stage.ENDED, why="We both moved on"), today=date(2026, 10, 5))
        begin(session, business, BulkKind.STAGE, terms, three)
        session.execute(update(BulkItem).values(reason=""))
        found = session.execute(select(StageMove.vendor_id, StageMove.why).order_by(StageMove.vendor_id)).all()
        assert [tuple(row) for row in found] == [(each, "We both moved on") for each in three]


def test_a_vendor_deleted_since_is_counted_as_gone(three, inside, business, settings):
    with inside(business) as session:
        act_id = begin(session, business, BulkKind.TIER, bulk_acts.tiering(Tier.A), three).id
        counts = bulk_queries.progress(session, act_id)
        assert bulk_queries.gone(3, counts) == 0
        vendors.delete_vendor(get(session, three[0]), by=business.owner, folder=settings.uploads)
        session.flush()
        act = bulk_acts.find(session, act_id, by=business.owner)
        bulk_acts.undo(act, by=business.owner)
        counts = bulk_queries.progress(session, act_id)
        assert (counts, bulk_queries.gone(act.total, counts)) == ({BulkItemState.UNDONE: 2}, 1)


def test_nobody_who_only_reads_looks_after_many(three, inside, business):
    with inside(business) as session, pytest.raises(Refused, match="only reads"):
        bulk_acts.owning(session, business.viewer.user_id)


def test_whoever_looks_after_a_vendor_goes_on_as_a_mere_reader(three, inside, business):
    with inside(business) as session:
        vendor = get(session, three[0])
        vendors.edit(vendor, by=business.owner, version=vendor.version, owner_id=business.member.user_id)
        members.change_role(session, business.member.user_id, by=business.owner, role=Role.VIEWER)
        vendors.edit(
            vendor, by=business.owner, version=vendor.version, owner_id=business.member.user_id, source="A fair"
        )
        assert (vendor.owner_id, vendor.source) == (business.member.user_id, "A fair")


# Vendors that were merged since


def merged(session, business, winner_id: int, loser_id: int) -> int:
    one, other = get(session, winner_id), get(session, loser_id)
    return merges.merge(one, other, by=business.owner, versions=(one.version, other.version), theirs=()).id


def borne(session, vendor_id: int) -> list[str]:
    return tag_queries.names_of(session, vendor_id)


def test_of_a_vendor_merged_since_nothing_is_taken_back_on_another_and_it_is_named(three, inside, business):
    ann, bo, cy = three
    with inside(business) as session:
        act = begin(session, business, BulkKind.TAG, bulk_acts.tagging("rail"), [bo, cy])
        act_id = act.id
    with inside(business) as session:
        merge_id = merged(session, business, ann, bo)
        assert borne(session, ann) == ["rail"]
    with inside(business) as session:
        act = bulk_acts.find(session, act_id, by=business.owner)
        bulk_acts.undo(act, by=business.owner)
        assert act.state is BulkState.UNDONE
        assert (borne(session, ann), borne(session, cy)) == (["rail"], [])
        assert named(session, act) == {"Ann": "“Bo” was merged into it since."}
    with inside(business) as session:
        merges.undo(merges.find(session, merge_id), by=business.owner)
    with inside(business) as session:
        assert (borne(session, ann), borne(session, bo)) == ([], ["rail"]), "it comes back as it was"


def test_the_one_that_was_kept_is_taken_back_by_its_own_part(three, inside, business):
    ann, bo, _cy = three
    with inside(business) as session:
        vendors.edit(get(session, bo), by=business.owner, version=1, tier=Tier.C)
        act_id = begin(session, business, BulkKind.TIER, bulk_acts.tiering(Tier.A), [ann, bo]).id
    with inside(business) as session:
        merged(session, business, ann, bo)
    with inside(business) as session:
        act = bulk_acts.find(session, act_id, by=business.owner)
        bulk_acts.undo(act, by=business.owner)
        assert get(session, ann).tier is None, "its own former tier, not that of the other"
        assert named(session, act) == {"Ann": "“Bo” was merged into it since."}


def test_a_merge_taken_back_first_leaves_the_act_as_it_was(three, inside, business):
    ann, bo, cy = three
    with inside(business) as session:
        act_id = begin(session, business, BulkKind.TAG, bulk_acts.tagging("rail"), three).id
    with inside(business) as session:
        merge_id = merged(session, business, ann, bo)
    with inside(business) as session:
        merges.undo(merges.find(session, merge_id), by=business.owner)
    with inside(business) as session:
        act = bulk_acts.find(session, act_id, by=business.owner)
        bulk_acts.undo(act, by=business.owner)
        assert [borne(session, vendor_id) for vendor_id in (ann, bo, cy)] == [[], [], []]
        assert named(session, act) == {}


def test_a_vendor_merged_while_many_are_being_done_is_named_and_the_rest_is_done(
    many, inside, business, engine, settings
):
    first, second = many[0], many[-1]
    with inside(business) as session:
        act_id = begin(session, business, BulkKind.TAG, bulk_acts.tagging("rail"), many[1:]).id
        merged(session, business, first, second)
    BulkWorker(engine, settings).work_once()
    with inside(business) as session:
        act = bulk_acts.find(session, act_id, by=business.owner)
        assert act.state is BulkState.DONE
        assert borne(session, first) == [], "nobody asked for it"
        assert borne(session, many[1]) == ["rail"]
        assert len(named(session, act)) == 1
