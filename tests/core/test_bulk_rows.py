"""Many rows at once: they are stored as SQLAlchemy would store them one by one."""

from datetime import UTC, date, datetime
from itertools import repeat

import pytest
from sqlalchemy import insert, select

from crm.core.bulk_rows import insert_rows
from crm.models.enums import Stage, TimelineKind, Visibility
from crm.models.log import TimelineEntry
from crm.models.vendors import Vendor

DAY, NOON = date(2026, 10, 5), datetime(2026, 10, 5, 12, tzinfo=UTC)


def _vendor(number: int) -> dict:
    return {
        "name": f"Café {number}",
        "normal_name": f"café {number}",
        "stage": Stage.ACTIVE if number else Stage.PROSPECT,
        "stage_since": DAY,
        "cadence_began_on": DAY,
        "due_on": DAY if number else None,
        "created_at": NOON,
        "updated_at": NOON,
    }


def _entry(vendor_id: int, number: int) -> dict:
    return {
        "vendor_id": vendor_id,
        "kind": TimelineKind.NOTE,
        "subject_id": number,
        "happened_on": DAY,
        "recorded_at": NOON,
        "visibility": Visibility.ADMINS if number else Visibility.TEAM,
        "facts": {"edited": bool(number)},
    }


@pytest.mark.parametrize("count", [1, 3])
def test_defaults_and_types_are_those_of_the_columns(business, inside, count) -> None:
    table = Vendor.__table__
    rows = [_vendor(number) for number in range(count)]
    with inside(business) as session:
        insert_rows(session.connection(), table, rows, {"workspace_id": repeat(business.workspace.id, count)})
        theirs = [{**row, "workspace_id": business.workspace.id} for row in rows]
        session.execute(insert(table), theirs)
        columns = [column for column in table.columns if column.name != "id"]
        stored = [tuple(row) for row in session.execute(select(*columns).order_by(table.c.id))]
        assert stored[:count] == stored[count:]
        by_hand = session.connection().execute(select(table.c.search_text, table.c.version, table.c.stage)).all()
        assert (by_hand[0].search_text, by_hand[0].version) == (" cafe 0", 1)


def test_facts_and_choices_come_back_as_they_were(business, inside) -> None:
    with inside(business) as session:
        [vendor_id] = session.insert_numbered(Vendor, [_vendor(0)])
        session.insert_many(TimelineEntry, [_entry(vendor_id, number) for number in range(3)])
        found = session.scalars(select(TimelineEntry).order_by(TimelineEntry.subject_id)).all()
        assert [entry.facts for entry in found] == [{"edited": False}, {"edited": True}, {"edited": True}]
        assert [entry.visibility for entry in found] == [Visibility.TEAM, Visibility.ADMINS, Visibility.ADMINS]
        assert {entry.workspace_id for entry in found} == {business.workspace.id}
        assert found[0].recorded_at == NOON


def test_ids_are_in_the_order_of_the_rows(business, inside) -> None:
    with inside(business) as session:
        ids = session.insert_numbered(Vendor, [_vendor(number) for number in range(5)])
        names = dict(session.execute(select(Vendor.id, Vendor.name)).all())
        assert [names[vendor_id] for vendor_id in ids] == [f"Café {number}" for number in range(5)]
        session.delete(session.get(Vendor, ids[-1]))
        session.flush()
        assert session.insert_numbered(Vendor, [_vendor(9)])[0] > ids[-1]
