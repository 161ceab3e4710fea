"""Two vendors become one with everything kept, and two again as they were."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from crm.core.columns import Base
from crm.core.errors import Forbidden, Missing, Refused, Stale
from crm.core.unit_of_work import workspace_work
from crm.domain import merges, people, row_changes, vendors
from crm.domain.merges import FATES, Fate
from crm.models.enums import Stage
from crm.models.merges import Merge
from crm.models.vendors import Person, Vendor
from tests.support.populated import Populated, populate


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


@pytest.mark.parametrize("theirs", [(), tuple(merges.FIELDS)])
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
