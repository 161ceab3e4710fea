"""Two vendors become one with everything kept, and two again as they were."""

from datetime import date

import pytest
from sqlalchemy import Engine, select

from crm.core.columns import Base
from crm.core.errors import Forbidden, Missing, Refused, Stale
from crm.domain import doubles as finding
from crm.domain import (
    interactions,
    merges,
    notes,
    parkings,
    people,
    promises,
    row_changes,
    stages,
    standings,
    tags,
    touches,
    vendors,
)
from crm.domain.merges import FATES, Fate
from crm.domain.vendor_facts import FIELDS
from crm.models.enums import (
    InteractionKind,
    ParkingReason,
    PromiseKind,
    ReminderKind,
    Stage,
    StandingLevel,
    TimelineKind,
)
from crm.models.log import Interaction, Note, TimelineEntry
from crm.models.merges import Merge
from crm.models.reminders import Reminder
from crm.models.stages import Parking
from crm.models.standings import Standing
from crm.models.trials import TrialTask
from crm.models.vendors import Vendor
from crm.queries import doubles
from crm.queries import people as people_queries
from tests.support.populated import Populated, populate
from tests.support.trial_tasks import EVERY_KIND, in_full


def dump(engine: Engine, *, without: tuple[str, ...] = ("merges", "retired_numbers")) -> dict[str, list[str]]:
    """Every row of every table but the merges themselves; a vendor's version, which only grows, is left out."""
    found = {}
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            columns = [each for each in table.columns if each.name != "version"]
            if table.name not in without:
                found[table.name] = sorted(map(repr, connection.execute(select(*columns))))
    return found


@pytest.fixture
def place(engine: Engine, business, settings) -> Populated:
    return populate(engine, business, settings)


def merge_of(inside, place, winner_id: int, loser_id: int, *, theirs=(), by=None) -> int:
    with inside(place.business) as session:
        winner, loser = merges.both(session, winner_id, loser_id)
        versions = (winner.version, loser.version)
        row = merges.merge(winner, loser, by=by or place.business.owner, versions=versions, theirs=theirs)
        session.flush()
        return row.id


def every_pair(place):
    stages = (Stage.ACTIVE, Stage.PARKED, Stage.TRIAL, Stage.PROSPECT, Stage.ENDED)
    ids = place.at_stage
    return [(ids[one], ids[other]) for one in stages for other in stages if one is not other]


def test_every_table_that_points_at_vendors_or_people_says_what_becomes_of_its_rows() -> None:
    pointing = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column, target in row_changes.references(table.name)
        if target in ("vendors", "people")
    }
    assert pointing == set(FATES)


@pytest.mark.parametrize("theirs", [(), tuple(FIELDS)])
def test_undoing_a_merge_brings_everything_back_as_it_was(engine, inside, place, theirs) -> None:
    for winner_id, loser_id in every_pair(place):
        before = dump(engine)
        merge_id = merge_of(inside, place, winner_id, loser_id, theirs=theirs)
        assert dump(engine) != before
        with inside(place.business) as session:
            undone = merges.undo(merges.find(session, merge_id), by=place.business.owner)
            assert (undone.vendor.id, undone.other.id, undone.kept) == (loser_id, winner_id, [])
        after = dump(engine)
        assert [table for table in before if after[table] != before[table]] == [], (winner_id, loser_id)


def test_everything_of_both_is_there_after_a_merge(engine, inside, place) -> None:
    """Not a row of any table is lost, but for what both had alike."""
    winner_id, loser_id = place.at_stage[Stage.PARKED], place.at_stage[Stage.ACTIVE]
    with inside(place.business) as session:
        held = {place: _ids(session, place, (winner_id, loser_id)) for place in FATES}
    merge_of(inside, place, winner_id, loser_id)
    with inside(place.business) as session:
        for where, fate in FATES.items():
            if fate is Fate.GOES_OVER and where.endswith(".vendor_id"):
                assert held[where] <= _ids(session, where, (winner_id,)), where
                assert _ids(session, where, (loser_id,)) == set(), where
        for where in (
            "timeline_entries.vendor_id",
            "parkings.vendor_id",
            "people.vendor_id",
            "custom_values.vendor_id",
        ):
            assert held[where] <= _ids(session, where, (winner_id,)), where


def _ids(session, where: str, vendor_ids: tuple[int, ...]) -> set[int]:
    table, _dot, column = where.partition(".")
    kind = row_changes.class_of(table)
    return set(session.scalars(select(kind.id).where(getattr(kind, column).in_(vendor_ids))))


@pytest.fixture
def two(inside, business):
    """Makes two vendors and answers with their ids: two({…}, {…})."""

    def make(one: dict, other: dict) -> tuple[int, int]:
        with inside(business) as session:
            made = [
                vendors.add(session, by=business.owner, despite_doubles=True, **{"name": f"Fern {place}", **fields})
                for place, fields in enumerate((one, other))
            ]
            return made[0].id, made[1].id

    return make


def merged(inside, business, ids, *, theirs=(), by=None) -> int:
    with inside(business) as session:
        winner, loser = merges.both(session, *ids)
        versions = (winner.version, loser.version)
        return merges.merge(winner, loser, by=by or business.owner, versions=versions, theirs=theirs).id


def test_what_one_lacks_is_filled_in_and_what_differs_is_chosen(inside, business, two) -> None:
    ids = two({"location": "Leeds", "languages": "Danish"}, {"location": "York", "website": "https://fern.example"})
    merged(inside, business, ids, theirs={"location"})
    with inside(business) as session:
        kept = session.get_one(Vendor, ids[0])
        assert (kept.location, kept.languages, kept.website) == ("York", "Danish", "https://fern.example")
        assert (kept.web_domain, kept.name) == ("fern.example", "Fern 0")
        [entry] = session.scalars(select(TimelineEntry).where(TimelineEntry.kind == TimelineKind.MERGE))
        assert entry.facts["lost"] == {
            "name": {"name": "Fern 1", "normal_name": "fern 1"},
            "location": {"location": "Leeds"},
        }


def test_the_same_person_becomes_one_with_all_addresses(inside, business, two) -> None:
    ids = two({}, {})
    with inside(business) as session:
        one, other = (session.get_one(Vendor, each) for each in ids)
        by = business.owner
        ann = people.add(one, by=by, name="ann", emails=["ann@fern.example"])
        again = people.add(other, by=by, name="Ann Bell", emails=["ann@fern.example", "ann@home.example"], role="Films")
        interactions.log(
            other, by=by, kind=InteractionKind.CALL, occurred_on=business.workspace.today, person_id=again.id
        )
        people.add(one, by=by, name="Bo Finch", role="Books")
        people.add(other, by=by, name="bo finch", phones=["+44 113 496 0000"], role="Sound")
        ann_id = ann.id
        assert len(merges.same_people(session, *ids)) == 2
    merged(inside, business, ids)
    with inside(business) as session:
        found = {person.name: person for person in people_queries.people_of(session, ids[0])}
        assert set(found) == {"Ann Bell", "Bo Finch"}
        assert (found["Ann Bell"].id, found["Ann Bell"].role) == (ann_id, "Films")
        assert found["Ann Bell"].emails == ["ann@fern.example", "ann@home.example"]
        assert (found["Bo Finch"].role, found["Bo Finch"].phones) == ("Books", ["+44 113 496 0000"])
        assert session.scalars(select(Interaction.person_id)).one() == ann_id
        call = session.scalars(select(TimelineEntry).where(TimelineEntry.kind == TimelineKind.INTERACTION)).one()
        assert call.facts["person_id"] == ann_id


@pytest.mark.parametrize(("theirs", "stage"), [((), Stage.ACTIVE), (("stage",), Stage.PARKED)])
def test_one_stage_and_one_open_parking_at_the_most(inside, business, two, theirs, stage) -> None:
    ids = two({"stage": Stage.ACTIVE}, {"stage": Stage.ACTIVE})
    with inside(business) as session:
        parkings.park(session.get_one(Vendor, ids[1]), by=business.owner, reason=ParkingReason.NO_BUDGET)
    merged(inside, business, ids, theirs=theirs)
    with inside(business) as session:
        kept = session.get_one(Vendor, ids[0])
        open_now = session.scalars(select(Parking).where(Parking.ended_on.is_(None))).all()
        assert kept.stage is stage
        assert len(open_now) == (stage is Stage.PARKED)
        assert kept.due_on == touches.outlook(session, kept).next_touch.candidate.due_on


def test_the_next_touch_follows_from_both_histories(inside, business, two, clock_at) -> None:
    clock_at("2026-10-05 09:00")
    ids = two({"stage": Stage.ACTIVE}, {"stage": Stage.ACTIVE})
    clock_at("2026-10-20 09:00")
    with inside(business) as session:
        loser = session.get_one(Vendor, ids[1])
        interactions.log(loser, by=business.owner, kind=InteractionKind.CALL, occurred_on=date(2026, 10, 19))
        promises.make(loser, by=business.owner, kind=PromiseKind.OURS, due_on=date(2026, 12, 1), what="A list")
    merged(inside, business, ids)
    with inside(business) as session:
        kept = session.get_one(Vendor, ids[0])
        assert (kept.due_on, kept.last_contact_on) == (date(2026, 11, 18), date(2026, 10, 19))
        assert kept.cadence_began_on == date(2026, 10, 5)
        open_now = select(Reminder.kind, Reminder.due_on).where(Reminder.ended_at.is_(None)).order_by(Reminder.due_on)
        assert [tuple(row) for row in session.execute(open_now)] == [
            (ReminderKind.TOUCH, date(2026, 11, 18)),
            (ReminderKind.PROMISE_OURS, date(2026, 12, 1)),
        ]


def test_what_came_in_since_stays_and_what_was_changed_since_is_named(inside, business, two) -> None:
    ids = two({"location": "Leeds"}, {"location": "York", "website": "https://fern.example", "tags": ["film"]})
    merge_id = merged(inside, business, ids, theirs={"location"})
    with inside(business) as session:
        kept = session.get_one(Vendor, ids[0])
        vendors.edit(kept, by=business.member, version=kept.version, location="Hull")
        late = notes.write(kept, by=business.member, body="Written since").id
        tags.put_on(kept, [])
    with inside(business) as session:
        undone = merges.undo(merges.find(session, merge_id), by=business.admin)
        assert undone.kept == ["location", "vendor_tags"]
        assert (undone.vendor.id, undone.vendor.location, undone.vendor.website) == (
            ids[1],
            "York",
            "https://fern.example",
        )
        assert (undone.other.location, undone.other.website) == ("Hull", "")
        assert session.get_one(Note, late).vendor_id == ids[0]


def test_a_vendor_that_was_parked_anew_since_keeps_that_parking(inside, business, two) -> None:
    ids = two({"stage": Stage.ACTIVE}, {"stage": Stage.ACTIVE})
    with inside(business) as session:
        parkings.park(session.get_one(Vendor, ids[0]), by=business.owner, reason=ParkingReason.NO_BUDGET)
    merge_id = merged(inside, business, ids, theirs={"stage"})
    with inside(business) as session:
        parkings.park(session.get_one(Vendor, ids[0]), by=business.owner, reason=ParkingReason.SEASON)
    with inside(business) as session:
        undone = merges.undo(merges.find(session, merge_id), by=business.owner)
        assert (undone.other.stage, undone.vendor.stage, undone.kept) == (Stage.PARKED, Stage.ACTIVE, ["stage"])
        [open_now] = session.scalars(select(Parking).where(Parking.ended_on.is_(None)))
        assert open_now.reason is ParkingReason.SEASON


def test_a_merge_is_taken_back_once_in_the_reverse_order_and_for_30_days(inside, business, two, clock_at) -> None:
    clock_at("2026-10-05 09:00")
    first, second = two({}, {})
    third, _fourth = two({"name": "Third"}, {"name": "Fourth"})
    one = merged(inside, business, (first, second))
    other = merged(inside, business, (third, first))

    def undo(merge_id: int) -> None:
        with inside(business) as session:
            merges.undo(merges.find(session, merge_id), by=business.owner)

    with pytest.raises(Refused, match="Take that merge back first"):
        undo(one)
    with inside(business) as session:
        assert doubles.merged_into(session, second) == doubles.merged_into(session, first) == third
    undo(other)
    with inside(business) as session:
        assert doubles.merged_into(session, second) == first
    clock_at("2026-11-04 07:59")
    with inside(business) as session:
        assert merges.forget_old(session) == 0
    clock_at("2026-11-04 08:00")
    with pytest.raises(Refused, match="30 days"):
        undo(one)
    with inside(business) as session:
        assert merges.forget_old(session) == 1
        assert merges.forget_old(session) == 0
        assert doubles.merged_into(session, second) == first
    with pytest.raises(Refused, match="taken back already"):
        undo(other)


def test_the_number_of_a_merged_vendor_is_given_to_nobody_else(inside, business, two) -> None:
    ids = two({}, {})
    merge_id = merged(inside, business, ids)
    with inside(business) as session:
        newer = vendors.add(session, by=business.owner, name="Somebody new", person="Ann").id
        assert newer > ids[1]
        [imported] = session.insert_numbered(
            Vendor,
            [{"name": "x", "normal_name": "x", "stage_since": FIRST, "cadence_began_on": FIRST}],
        )
        assert imported > newer
        assert merges.undo(merges.find(session, merge_id), by=business.owner).vendor.id == ids[1]


FIRST = date(2026, 1, 5)


def test_moves_from_before_a_merge_are_not_taken_back_behind_its_back(inside, business, two) -> None:
    ids = two({}, {})
    with inside(business) as session:
        move = stages.move(session.get_one(Vendor, ids[1]), by=business.owner, to=Stage.ACTIVE).id
    merged(inside, business, ids)
    with inside(business) as session, pytest.raises(Refused, match="Take the merge back first"):
        stages.undo(stages.find_move(session, move), by=business.owner)


def test_whoever_works_may_merge_and_who_looks_may_not(inside, business, two) -> None:
    ids = two({}, {})
    with pytest.raises(Forbidden):
        merged(inside, business, ids, by=business.viewer)
    merge_id = merged(inside, business, ids, by=business.member)
    with inside(business) as session, pytest.raises(Forbidden):
        merges.undo(merges.find(session, merge_id), by=business.viewer)


def test_a_merge_needs_two_vendors_as_they_were_looked_at(inside, business, two) -> None:
    ids = two({}, {})
    with inside(business.stranger) as session:
        foreign = vendors.add(session, by=business.stranger, name="Fern").id
    with inside(business) as session:
        with pytest.raises(Refused):
            merges.both(session, ids[0], ids[0])
        with pytest.raises(Missing):
            merges.both(session, ids[0], foreign)
        winner, loser = merges.both(session, *ids)
        with pytest.raises(Stale):
            merges.merge(winner, loser, by=business.owner, versions=(winner.version, loser.version + 1), theirs=())
        assert session.scalars(select(Merge)).all() == []


def test_two_with_a_standing_each_are_two_again(inside, business, two) -> None:
    ids = two({}, {})
    levels = dict(zip(ids, (StandingLevel.APPROVED, StandingLevel.PREFERRED), strict=True))
    with inside(business) as session:
        for vendor_id, level in levels.items():
            standings.give(session.get_one(Vendor, vendor_id), by=business.owner, level=level, reason="Good work")
    merge_id = merged(inside, business, ids)
    with inside(business) as session:
        merges.undo(merges.find(session, merge_id), by=business.owner)
    with inside(business) as session:
        held = select(Standing.vendor_id, Standing.level).where(Standing.ended_at.is_(None))
        assert dict(session.execute(held).all()) == levels


def test_vendors_told_apart_from_one_stay_told_apart_from_the_other(inside, business, two) -> None:
    one, other = two({}, {})
    third, fourth = two({"name": "Third"}, {"name": "Fourth"})
    with inside(business) as session:
        for pair in ((other, third), (one, third), (other, fourth), (one, other)):
            finding.tell_apart(session, *pair, by=business.owner)
    merged(inside, business, (one, other))
    with inside(business) as session:
        assert doubles.distinct_keys(session) == {(one, third), (one, fourth)}


def test_a_recommender_goes_over_and_nobody_recommends_themselves(inside, business, two) -> None:
    one, other = two({}, {"name": "Wren"})
    third, _fourth = two({"name": "Third", "referred_by": "Wren"}, {"name": "Fourth"})
    with inside(business) as session:
        vendor = session.get_one(Vendor, one)
        vendors.edit(vendor, by=business.owner, version=vendor.version, referred_by="Wren")
    merged(inside, business, (one, other))
    with inside(business) as session:
        assert session.get_one(Vendor, third).referred_by_id == one
        assert session.get_one(Vendor, one).referred_by_id is None


def test_a_trial_task_goes_over_with_all_that_hangs_on_it_and_comes_back(engine, inside, business, two) -> None:
    ids = two({}, {})
    with inside(business) as session:
        for vendor_id in ids:
            in_full(session.get_one(Vendor, vendor_id), by=business.owner)
    before = dump(engine)
    merge_id = merged(inside, business, ids)
    after = dump(engine)
    for kind in EVERY_KIND:
        if kind is not TrialTask:
            assert after[kind.__tablename__] == before[kind.__tablename__]
    with inside(business) as session:
        assert {trial.vendor_id for trial in session.scalars(select(TrialTask))} == {ids[0]}
        assert len(session.scalars(select(TrialTask)).all()) == 4
        assert merges.undo(merges.find(session, merge_id), by=business.owner).kept == []
    assert dump(engine) == before
