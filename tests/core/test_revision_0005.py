"""Vendors that were stored before there were merges can be merged, and the merge can be taken back."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from crm.core import migrations
from crm.core.unit_of_work import installation_work, workspace_work
from crm.domain import doubles, merges
from crm.models.vendors import Vendor
from crm.queries import members
from tests.support.old_databases import at_revision, found, put_vendor

pytestmark = pytest.mark.bare


@pytest.fixture
def before(engine: Engine, instance: Path):
    """A database as revision 0004 left it."""
    with at_revision(engine, instance, "0004") as old:
        yield old


def test_vendors_of_before_are_found_merged_and_parted_again(before: Engine) -> None:
    with before.begin() as connection:
        found(connection)
        put_vendor(connection, 7, "Wren Sound")
        put_vendor(connection, 8, "Wren Sounds")
    migrations.upgrade(before)
    with installation_work(before) as session:
        [owner] = members.members_of(session, 1)
    with workspace_work(before, 1) as session:
        [pair] = doubles.among_all(session).likenesses
        winner, loser = merges.both(session, pair.one.id, pair.other.id)
        row = merges.merge(winner, loser, by=owner, versions=(winner.version, loser.version), theirs=())
        assert session.scalars(select(Vendor.id)).all() == [7]
        assert merges.undo(row, by=owner).vendor.id == 8
        assert session.scalars(select(Vendor.name).order_by(Vendor.id)).all() == ["Wren Sound", "Wren Sounds"]
