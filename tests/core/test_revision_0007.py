"""What people had stored before check-ins were planned is there afterwards, counts as it did, and can be planned."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text, update

from crm.core import migrations
from crm.core.tenancy import installation_session, workspace_session
from crm.core.unit_of_work import installation_work, workspace_work
from crm.domain import accounts, parkings, settings
from crm.jobs import night
from crm.models.enums import Role
from crm.models.stages import Parking
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership, Workspace
from crm.queries import members
from tests.support.old_databases import at_revision, found, put, put_vendor

pytestmark = pytest.mark.bare

PARKED = {"workspace_id": 1, "vendor_id": 7, "reason": "at_capacity", "cadence_choice": "default", "parked_by": 1}


@pytest.fixture
def before(engine: Engine, instance: Path):
    """A database as revision 0006 left it."""
    with at_revision(engine, instance, "0006") as old:
        yield old


@pytest.fixture
def upgraded(before: Engine, clock_at) -> Engine:
    """Two vendors, one parked for the second time, and a colleague who came and went."""
    clock_at("2026-10-05 09:00")
    with before.begin() as connection:
        found(connection)
        put_vendor(
            connection, 7, "Wren", stage="parked", availability="full", currency="GBP", rate_amount=4500,
            rate_period="hour", cadence_began_on="2026-09-01", cadence_in_force="60 days",
        )  # fmt: skip
        put_vendor(
            connection, 8, "Rook", stage="active", cadence_began_on="2026-10-01", cadence_in_force="30 days",
            due_on="2026-11-02", due_kind="touch", due_subject_id=8, due_why="{}", owner_id=1,
        )  # fmt: skip
        put(connection, "parkings", id=2, **PARKED, ended_on="2026-03-01", revisit_on="2026-03-01")
        put(connection, "parkings", id=3, **PARKED, revisit_on="2026-11-30")
        put(connection, "users", id=2, email="gone@fern.example", name="Gone", time_zone="UTC", locale="en-GB")
        put(connection, "memberships", id=9, workspace_id=1, user_id=2, role="member", digest_weekdays="01234")
        connection.execute(text("DELETE FROM memberships WHERE id = 9"))
        if before.dialect.name == "postgresql":
            for table in ("memberships", "users", "vendors", "parkings", "workspaces"):
                connection.execute(text(f"SELECT setval('{table}_id_seq', 9)"))
    migrations.upgrade(before)
    assert migrations.is_current(before)
    return before


def test_an_open_parking_remembers_what_is_true_now_and_can_go_on(upgraded: Engine) -> None:
    with workspace_work(upgraded, 1) as session:
        by = members.membership(session, 1, 1)
        assert by is not None
        over, opened = session.scalars(select(Parking).order_by(Parking.id)).all()
        assert over.at_parking == {}
        assert opened.at_parking == {
            "availability": "full",
            "currency": "GBP",
            "rate_amount": 4500,
            "rate_period": "hour",
            "minimum_amount": None,
            "minimum_period": None,
        }
        parkings.keep_parked(opened, by=by, until=date(2027, 1, 15))
        assert opened.revisit_on == date(2027, 1, 15)


def test_what_was_due_counts_from_its_day_and_is_planned_in_the_next_night(upgraded: Engine) -> None:
    with workspace_session(upgraded, 1, writing=False) as session:
        assert session.get_one(Vendor, 8).next_on == date(2026, 11, 2)
        assert session.get_one(Vendor, 7).next_on is None
        workspace = session.get_one(Workspace, 1)
        assert (workspace.touches_a_day, workspace.holidays_country, workspace.next_night_at) == (5, "", None)
    night.recompute(upgraded)
    with workspace_session(upgraded, 1, writing=False) as session:
        assert session.get_one(Vendor, 8).planned_on == date(2026, 11, 2)
        assert session.get_one(Vendor, 7).next_on == date(2026, 11, 2)
        assert session.get_one(Workspace, 1).last_night["vendors"] == 2


def test_people_and_businesses_work_as_before(upgraded: Engine) -> None:
    with workspace_work(upgraded, 1) as session:
        by = members.membership(session, 1, 1)
        assert by is not None
        settings.change_digest(session, by=by, on=True, at=time(7, 45), weekdays="01")
        settings.change_business(
            session,
            by=by,
            name="Fern & Co",
            time_zone="Europe/Berlin",
            currency="EUR",
            working_days="0123",
            working_hours="",
        )
        session.execute(update(Membership).values(calendar_hash="a" * 64))
    with installation_session(upgraded, writing=False) as session:
        member = session.get_one(Membership, 1)
        assert (member.digest_hour, member.digest_minute) == (7, 45)
        assert (member.mail_mentions, member.away_from, member.summarised_on) == (False, None, None)
        assert session.get_one(Workspace, 1).name == "Fern & Co"


def test_no_number_of_a_member_or_a_business_is_given_again(upgraded: Engine) -> None:
    with installation_work(upgraded) as session:
        user = accounts.account(
            session, email="new@fern.example", name="New", password="a long walk home", time_zone="UTC"
        )
        assert accounts.join(session, session.get_one(Workspace, 1), user, role=Role.MEMBER).id > 9
    with installation_work(upgraded) as session:
        session.execute(
            text(
                "INSERT INTO workspaces (id, name, slug, time_zone, currency, working_days, "
                "cadence_defaults, holidays_country, holidays_region, touches_a_day, postal_address, created_at) "
                "VALUES (40, 'A', 'a', 'UTC', 'GBP', '01234', '{}', '', '', 5, '', '2026-01-05 09:00:00')"
            )
        )
        session.execute(text("DELETE FROM workspaces WHERE id = 40"))
        if upgraded.dialect.name == "postgresql":
            session.execute(text("SELECT setval('workspaces_id_seq', 40)"))
        workspace = Workspace(name="B", slug="b")
        session.add(workspace)
        session.flush()
        assert workspace.id > 40
