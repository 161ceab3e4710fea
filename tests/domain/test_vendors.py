"""Adding, changing and deleting vendors."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select, update

from crm.core.columns import Base
from crm.core.errors import Forbidden, Missing, Refused, Stale
from crm.domain import attachments, categories, flaws, people, touches, vendors
from crm.domain.doubles import FoundDoubles
from crm.models.enums import (
    Availability,
    CadenceChoice,
    RatePeriod,
    Stage,
    Tier,
    TimelineKind,
)
from crm.models.log import Interaction, TimelineEntry
from crm.models.reminders import Reminder
from crm.models.trials import TrialBrief, TrialDecision, TrialTask
from crm.models.vendors import Contact, Person, Vendor
from crm.queries import vendors as vendor_queries
from tests.support.populated import populate
from tests.support.trial_tasks import EVERY_KIND, in_full

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def today(clock_at):
    clock_at("2026-10-05 09:00")
    return date(2026, 10, 5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where files lie."""
    return tmp_path / "uploads"


def kettle(session, business, **said):
    return vendors.add(session, by=business.owner, **{"name": "Kettle & Crane", **said})


# Adding


def test_a_name_is_enough(today, inside, business):
    with inside(business) as session:
        vendor = vendors.add(session, by=business.member, name="  Kettle &\tCrane ")

        assert (vendor.name, vendor.normal_name) == ("Kettle & Crane", "kettle & crane")
        assert (vendor.stage, vendor.stage_since) == (Stage.PROSPECT, today)
        assert vendor.owner_id == business.member.user_id, "who adds it looks after it"
        assert vendor.availability is Availability.UNKNOWN
        assert vendor.due_on == date(2026, 10, 19), "a prospect is asked after every 14 days"


def test_what_a_new_vendor_begins_with_is_what_its_history_gives(today, inside, business):
    with inside(business) as session:
        vendor = kettle(session, business, tier=Tier.A, backup_id=business.member.user_id)
        begun = (vendor.due_on, vendor.cadence_in_force, vendor.due_why, reminders_of(session, vendor))
        touches.refresh(session, vendor)
        assert (vendor.due_on, vendor.cadence_in_force, vendor.due_why, reminders_of(session, vendor)) == begun
        assert len(begun[3]) == 1


def reminders_of(session, vendor):
    session.flush()
    rows = session.scalars(select(Reminder).where(Reminder.vendor_id == vendor.id)).all()
    return [(row.user_id, row.kind, row.due_on, row.shown_on, row.ended_at) for row in rows]


def test_being_added_is_the_first_thing_that_happened(today, inside, business):
    with inside(business) as session:
        vendor = kettle(session, business)

        [entry] = session.scalars(select(TimelineEntry)).all()
        assert (entry.kind, entry.vendor_id, entry.happened_on) == (TimelineKind.ADDED, vendor.id, today)
        assert entry.author_id == business.owner.user_id


def test_a_person_can_come_with_the_vendor(inside, business):
    with inside(business) as session:
        kettle(session, business, person="Ann Wren", email="Ann@Kettle.example")

        assert session.scalars(select(Person.name)).all() == ["Ann Wren"]
        assert session.scalars(select(Contact.value)).all() == ["ann@kettle.example"]


def test_an_address_alone_names_the_person(inside, business):
    with inside(business) as session:
        kettle(session, business, email="ann@kettle.example")

        assert session.scalars(select(Person.name)).all() == ["ann"]


def test_a_vendor_can_begin_as_active(inside, business):
    with inside(business) as session:
        assert kettle(session, business, stage=Stage.ACTIVE).stage is Stage.ACTIVE


@pytest.mark.parametrize("stage", [Stage.TRIAL, Stage.PARKED, Stage.ENDED, Stage.NOT_A_FIT])
def test_stages_that_ask_for_something_are_reached_by_a_move(stage, inside, business):
    with inside(business) as session, pytest.raises(Refused) as refused:
        kettle(session, business, stage=stage)
    assert refused.value.field == "stage"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "\x00\u2028 "),
        ("name", "x" * 201),
        ("what_they_do", "x" * 501),
        ("website", "javascript:alert(1)"),
        ("website", "ftp://kettle.example"),
        ("website", "not a site"),
        ("time_zone", "Europe/Atlantis"),
        ("currency", "XXY"),
        ("rate_amount", -1),
        ("rate_amount", 10**15 + 1),
        ("minimum_amount", -5),
        ("leave_to", date(9999, 1, 1)),
        ("owner_id", 987_654),
        ("backup_id", 987_654),
        ("category_ids", [987_654]),
        ("tags", ["x" * 201]),
        ("tags", [str(number) for number in range(51)]),
        ("referred_by", "x" * 201),
    ],
)
def test_what_cannot_be_is_refused_at_its_box(field, value, inside, business):
    with inside(business) as session, pytest.raises(Refused) as refused:
        kettle(session, business, **{field: value, "rate_period": RatePeriod.HOUR})
    assert refused.value.field == field
    assert str(refused.value.words)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"leave_from": date(2026, 12, 1)}, "leave_to"),
        ({"leave_to": date(2026, 12, 1)}, "leave_from"),
        ({"leave_from": date(2026, 12, 2), "leave_to": date(2026, 12, 1)}, "leave_to"),
        ({"availability": Availability.FULL, "availability_as_of": date(2026, 10, 6)}, "availability_as_of"),
        ({"availability": Availability.FULL, "availability_as_of": date(1980, 1, 1)}, "availability_as_of"),
        ({"availability": Availability.FULL, "availability_until": date(2300, 1, 1)}, "availability_until"),
        ({"availability": Availability.FULL, "availability_until": date(2026, 10, 4)}, "availability_until"),
        ({"rate_amount": 3800}, "rate_period"),
        ({"cadence_choice": CadenceChoice.OWN, "cadence_unit": "weeks"}, "cadence_every"),
        ({"cadence_choice": CadenceChoice.OWN, "cadence_every": 3651, "cadence_unit": "days"}, "cadence_every"),
        ({"cadence_choice": CadenceChoice.OWN, "cadence_every": 2, "cadence_unit": "years"}, "cadence_unit"),
    ],
)
def test_what_does_not_go_together_is_refused(said, field, today, inside, business):
    with inside(business) as session, pytest.raises(Refused) as refused:
        kettle(session, business, **said)
    assert refused.value.field == field


def test_the_largest_values_are_kept(inside, business):
    with inside(business) as session:
        vendor = kettle(
            session,
            business,
            name="\ufdfa" * 200,
            what_they_do="x" * 500,
            rate_amount=10**15,
            rate_period=RatePeriod.PROJECT,
        )
        vendor_id = vendor.id
    with inside(business) as session:
        vendor = session.get(Vendor, vendor_id)
        assert (len(vendor.name), vendor.rate_amount) == (200, 10**15)
        assert len(vendor.normal_name) == 200, "what a name unfolds to is cut to the column"


def test_nobody_stands_in_for_themselves(inside, business):
    with inside(business) as session, pytest.raises(Refused) as refused:
        kettle(session, business, backup_id=business.owner.user_id)
    assert refused.value.field == "backup_id"


def test_nobody_of_another_business_can_look_after_a_vendor(inside, business):
    with inside(business) as session, pytest.raises(Refused) as refused:
        kettle(session, business, owner_id=business.stranger.user_id)
    assert refused.value.field == "owner_id"


def test_a_web_address_is_completed_and_its_domain_kept(inside, business):
    with inside(business) as session:
        vendor = kettle(session, business, website="www.Kettle.example/work")

        assert (vendor.website, vendor.web_domain) == ("https://www.kettle.example/work", "kettle.example")


def test_money_without_a_currency_is_in_that_of_the_business(inside, business):
    with inside(business) as session:
        vendor = kettle(session, business, rate_amount=3800, rate_period=RatePeriod.HOUR)

        assert vendor.currency == business.workspace.currency


def test_what_is_known_of_their_time_is_as_of_a_day(clock_at, inside, business):
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        vendor = kettle(session, business, availability=Availability.FULL)
        assert vendor.availability_as_of == date(2026, 10, 5)

        clock_at("2026-11-20 09:00")
        vendors.edit(
            vendor,
            by=business.owner,
            version=1,
            availability=Availability.OPEN,
            availability_as_of=date(2026, 10, 5),
        )
        assert vendor.availability_as_of == date(2026, 11, 20), "news are of the day they were written"

        vendors.edit(vendor, by=business.owner, version=2, availability=Availability.UNKNOWN)
        assert vendor.availability_as_of is None


def test_who_recommended_them_is_a_person_or_another_vendor(inside, business):
    with inside(business) as session:
        northlight = vendors.add(session, by=business.owner, name="Northlight Studio")
        known = kettle(session, business, referred_by="NORTHLIGHT studio")
        unknown = vendors.add(session, by=business.owner, name="Fieldnote", referred_by="Aunt May")

        assert (known.referred_by_id, known.referred_by) == (northlight.id, "")
        assert (unknown.referred_by_id, unknown.referred_by) == (None, "Aunt May")


# Doubles


@pytest.mark.parametrize(
    "said",
    [
        {"name": "kettle and crane Ltd"},
        {"name": "Kettle & Crane, Limited"},
        {"name": "Ketle & Crane"},
        {"name": "K & C", "website": "http://kettle.example/contact"},
        {"name": "K & C", "email": "ANN@kettle.example"},
        {"name": "K & C", "email": "somebody.else@kettle.example"},
    ],
)
def test_a_vendor_that_may_be_here_already_is_named(said, inside, business):
    with inside(business) as session:
        first = kettle(session, business, website="kettle.example", email="ann@kettle.example")
        with pytest.raises(FoundDoubles) as found:
            vendors.add(session, by=business.owner, **said)

        assert [double.vendor_id for double in found.value.doubles] == [first.id]
        assert vendors.add(session, by=business.owner, despite_doubles=True, **said).id != first.id


@pytest.mark.parametrize(
    "said",
    [
        {"name": "Kettle Black"},
        {"name": "K & C", "website": "https://facebook.com/kc", "email": "kc@gmail.com"},
        {"name": "K & C", "email": "ann@other.example"},
    ],
)
def test_others_are_no_doubles(said, inside, business):
    with inside(business) as session:
        kettle(session, business, website="facebook.com/kettle", email="kettle@gmail.com")

        assert vendors.add(session, by=business.owner, **said).id


def test_a_vendor_of_another_business_is_no_double(inside, business):
    with inside(business.stranger) as session:
        vendors.add(session, by=business.stranger, name="Kettle & Crane", email="ann@kettle.example")
    with inside(business) as session:
        assert kettle(session, business, email="ann@kettle.example").id


def test_a_vendor_is_no_double_of_itself(inside, business):
    with inside(business) as session:
        vendor = kettle(session, business, website="kettle.example")

        assert "name" in vendors.edit(vendor, by=business.owner, version=1, name="Kettle and Crane")


# Changing


def test_an_edit_says_what_changed_and_who_did_it(clock_at, inside, business):
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        vendor = kettle(session, business)
        clock_at("2026-10-07 11:00")

        changed = vendors.edit(vendor, by=business.member, version=1, name="Kettle & Crane", tier=Tier.A)

        assert changed == {"tier"}
        assert (vendor.version, vendor.updated_by) == (2, business.member.user_id)
        assert vendor.updated_at.isoformat() == "2026-10-07T10:00:00+00:00"


def test_saving_what_is_there_already_changes_nothing(inside, business):
    with inside(business) as session:
        vendor = kettle(session, business, tags=["Beauty"])

        assert vendors.edit(vendor, by=business.owner, version=1, name="Kettle & Crane", tags=["beauty"]) == set()
        assert vendor.version == 1


def test_the_second_of_two_edits_is_told_that_it_is_stale(inside, business):
    with inside(business) as session:
        vendor = kettle(session, business)
        vendors.edit(vendor, by=business.member, version=1, location="Leeds")

        with pytest.raises(Stale):
            vendors.edit(vendor, by=business.owner, version=1, location="York")
        assert vendor.location == "Leeds"


def test_a_refused_edit_leaves_the_vendor_as_it_was(inside, business):
    with inside(business) as session:
        vendor = kettle(session, business, location="Leeds")
        with pytest.raises(Refused):
            vendors.edit(vendor, by=business.owner, version=1, location="York", website="javascript:x")

        assert (vendor.location, vendor.version) == ("Leeds", 1)


@pytest.mark.parametrize(
    ("said", "due_on"),
    [
        ({"tier": Tier.B}, date(2026, 12, 4)),
        ({"cadence_choice": CadenceChoice.OWN, "cadence_every": 6, "cadence_unit": "weeks"}, date(2026, 11, 16)),
        ({"cadence_choice": CadenceChoice.NONE}, None),
        ({"leave_from": date(2026, 10, 19), "leave_to": date(2026, 10, 20)}, date(2026, 10, 21)),
    ],
)
def test_the_next_check_in_follows_an_edit(said, due_on, today, inside, business):
    with inside(business) as session:
        vendor = kettle(session, business)
        vendors.edit(vendor, by=business.owner, version=1, **said)

        assert vendor.due_on == due_on


def test_a_rhythm_that_is_given_up_leaves_no_interval_behind(inside, business):
    with inside(business) as session:
        vendor = kettle(session, business, cadence_choice=CadenceChoice.OWN, cadence_every=6, cadence_unit="weeks")
        vendors.edit(
            vendor,
            by=business.owner,
            version=1,
            cadence_choice=CadenceChoice.DEFAULT,
            cadence_every=6,
            cadence_unit="weeks",
        )

        assert (vendor.cadence_every, vendor.cadence_unit) == (None, None)


def test_categories_and_tags_are_what_was_said_last(inside, business):
    with inside(business) as session:
        first, second, third = (categories.add(session, name=name).id for name in ("Press", "Prints", "Post"))
        vendor = kettle(session, business, category_ids=[first, second], tags=["PR", "pr", " Leeds"])
        vendors.edit(vendor, by=business.owner, version=1, category_ids=[second, third], tags=["Leeds", "quick"])

        panels = vendor_queries.side_panels(session, vendor.id)
        assert {row.id for row in panels.categories} == {second, third}
        assert [row.name for row in panels.tags] == ["Leeds", "quick"]


# Deleting


def test_only_those_who_manage_may_delete(inside, business, folder):
    with inside(business) as session:
        vendor = kettle(session, business)
        with pytest.raises(Forbidden):
            vendors.delete_vendor(vendor, by=business.member, folder=folder)


def test_a_deleted_vendor_takes_everything_with_it(inside, business, folder):
    with inside(business) as session:
        vendor = kettle(session, business, person="Ann", email="ann@kettle.example", tags=["PR"])
        recommended = vendors.add(session, by=business.owner, name="Fieldnote", referred_by="Kettle & Crane")
        flaws.accept(vendor, by=business.owner, flaw="Slow")
        attachments.attach(vendor, by=business.owner, content=io.BytesIO(b"%PDF-1.7 x"), name="nda.pdf", folder=folder)
        [ann] = session.scalars(select(Person)).all()
        session.add(Interaction(vendor_id=vendor.id, person_id=ann.id, kind="call", occurred_on=vendor.stage_since))
        vendor_id, recommended_id = vendor.id, recommended.id
    assert len(list(folder.iterdir())) == 1

    with inside(business) as session:
        vendors.delete_vendor(vendors.at(session, vendor_id), by=business.admin, folder=folder)

    assert list(folder.iterdir()) == []
    with inside(business) as session:
        assert session.scalars(select(Person.id)).all() == []
        assert session.scalars(select(Interaction.id)).all() == []
        with pytest.raises(Missing):
            vendors.at(session, vendor_id)
        left = vendors.at(session, recommended_id)
        assert (left.referred_by_id, left.referred_by) == (None, "Kettle & Crane")


def test_a_vendor_with_a_long_history_can_be_deleted(inside, business, engine, settings):
    place = populate(engine, business, settings)
    with inside(business) as session:
        vendors.delete_vendor(vendors.at(session, place.vendor_id), by=business.owner, folder=settings.uploads)

    with inside(business) as session:
        left = {
            table.name
            for table in Base.metadata.sorted_tables
            if "vendor_id" in table.c
            and session.execute(select(table.c.id).where(table.c.vendor_id == place.vendor_id)).first()
        }
        # What was deleted before lies in the bin until its own day.
        assert left == {"bin_items"}


def test_a_trial_task_goes_with_its_vendor_and_a_brief_that_others_have_stays(inside, business, folder):
    by = business.owner
    with inside(business) as session:
        one, other = (vendors.add(session, by=by, name=name) for name in ("Kettle & Crane", "Harbour Films"))
        _alone, shared = in_full(one, by=by), in_full(one, by=by)
        session.get_one(TrialTask, shared.next_id).vendor_id = other.id
        session.execute(update(TrialDecision).values(next_trial_id=None))
        session.get_one(TrialTask, shared.next_id).extends_id = None
        session.flush()

        vendors.delete_vendor(one, by=by, folder=folder)
        session.flush()
        assert session.scalars(select(TrialTask.id)).all() == [shared.next_id]
        assert session.scalars(select(TrialBrief.id)).all() == [shared.brief_id]
        vendors.delete_vendor(other, by=by, folder=folder)
        session.flush()
        left = {kind.__tablename__: session.scalars(select(kind.id)).all() for kind in EVERY_KIND}
        assert left == {kind.__tablename__: [] for kind in EVERY_KIND}


def test_a_deletion_that_fails_keeps_the_files(inside, business, folder):
    with inside(business) as session:
        vendor = kettle(session, business)
        attachments.attach(vendor, by=business.owner, content=io.BytesIO(b"%PDF-1.7 x"), name="nda.pdf", folder=folder)
        vendor_id = vendor.id

    def delete_and_stop():
        with inside(business) as session:
            vendors.delete_vendor(vendors.at(session, vendor_id), by=business.owner, folder=folder)
            session.flush()
            raise RuntimeError("the machine stops here")

    with pytest.raises(RuntimeError):
        delete_and_stop()

    assert len(list(folder.iterdir())) == 1
    with inside(business) as session:
        assert vendors.at(session, vendor_id)


def test_a_vendor_of_another_business_is_missing(inside, business):
    with inside(business) as session:
        vendor_id = kettle(session, business).id
    with inside(business.stranger) as session, pytest.raises(Missing):
        vendors.at(session, vendor_id)


def test_people_are_found_again_by_what_they_are_called_now(inside, business):
    with inside(business) as session:
        vendor = kettle(session, business, person="Ann Wren")
        [ann] = session.scalars(select(Person)).all()
        people.edit(ann, by=business.owner, version=1, name="Inês Duarte")

        assert ann.search_text == " ines duarte"
        assert vendor.search_text == " kettle crane"
