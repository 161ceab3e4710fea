"""Whatever is deleted can be put back as it was, for 30 days."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import Engine, delete, select

from crm.core import clock, uploads
from crm.core.columns import Base
from crm.core.errors import Forbidden, Missing, Refused
from crm.core.tenancy import WorkspaceSession
from crm.domain import (
    bin_items,
    decision_areas,
    deletions,
    merges,
    needs,
    notes,
    openings,
    referrals,
    row_changes,
    touches,
    trial_briefs,
    trust_entries,
)
from crm.domain.decision_areas import Agreement
from crm.domain.needs import NeedTerms
from crm.domain.trial_briefs import BriefTerms
from crm.domain.trust_entries import Quick
from crm.models.audit import AuditEntry
from crm.models.bin_items import BinItem
from crm.models.categories import Category
from crm.models.enums import AuditKind, BinKind, Importance, Level, Visibility
from crm.models.log import Interaction, Note
from crm.models.vendors import Attachment, Contact, Person, Tag, Vendor
from crm.models.workspaces import Membership
from crm.queries import bin_items as reading
from tests.support.populated import Populated, populate

NOT_COMPARED = {"bin_items", "audit_entries", "retired_numbers"}
"""What the bin and the audit log themselves remember."""
GROWS = {"version"}
"""Only ever grows, so that an edit begun before is told from one begun after."""


def dump(engine: Engine) -> dict[str, dict[Any, dict[str, Any]]]:
    """Every row of every table by its number."""
    found = {}
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            if table.name in NOT_COMPARED:
                continue
            columns = [each for each in table.columns if each.name not in GROWS]
            key = [each.name for each in table.primary_key]
            rows = [dict(row) for row in connection.execute(select(*columns)).mappings()]
            found[table.name] = {tuple(row[name] for name in key): row for row in rows}
    return found


def differences(before: Any, after: Any) -> list[tuple[str, Any, Any, Any]]:
    """Where two dumps differ: the table, the row, and both values."""
    return [
        (table, key, rows.get(key), after[table].get(key))
        for table, rows in before.items()
        for key in {*rows, *after[table]}
        if rows.get(key) != after[table].get(key)
    ]


@pytest.fixture
def place(engine: Engine, business, settings, inside) -> Populated:
    found = populate(engine, business, settings)
    with inside(business) as session:
        # The bin is empty at first.
        bin_items.put_back(session.get_one(BinItem, found.ids["item_id"]), session, by=business.owner)
        session.execute(delete(AuditEntry))
        # As every night: what is compared is worked out anew whenever anything is put back.
        touches.refresh_many(session, session.scalars(select(Vendor)).all())
    return found


@dataclass
class Spares:
    """Things of which a deletion is allowed, because nothing hangs on them yet."""

    need_id: int
    opening_id: int
    area_id: int
    brief_id: int
    referral_id: int
    trust_id: int
    other_category_id: int


def spares_of(session: WorkspaceSession, place: Populated, by: Membership) -> Spares:
    vendor = session.get_one(Vendor, place.vendor_id)
    brief = trial_briefs.write(session, by=by, terms=BriefTerms(title="Nobody has it", body="Write a page."))
    area = decision_areas.hand_over(vendor, by=by, level=Level.TELL, agreed=Agreement(name="Postcards"))
    opening = openings.add(session, by=by, business="Nobody was referred")
    referred = openings.add(session, by=by, business="Somebody was referred")
    session.flush()
    return Spares(
        need_id=needs.add(session, by=by, terms=NeedTerms(outcome="A mistake", importance=Importance.USEFUL)).id,
        opening_id=opening.id,
        area_id=area.id,
        brief_id=brief.id,
        referral_id=referrals.refer(vendor, by=by, opening_id=referred.id).id,
        trust_id=trust_entries.observe_quickly(
            vendor, by=by, quick=next(iter(Quick)), occurred_on=by.workspace.today
        ).id,
        other_category_id=session.scalars(select(Category.id).where(Category.id != place.ids["category_id"])).all()[-1],
    )


def throw(session: WorkspaceSession, kind: BinKind, place: Populated, spares: Spares, by: Membership) -> BinItem:
    """Delete one thing of a kind."""
    ids = place.ids
    its_id = {
        BinKind.VENDOR: place.vendor_id,
        BinKind.PERSON: ids["person_id"],
        BinKind.NOTE: session.scalars(select(Note.id).where(Note.body.contains("@"))).first(),
        BinKind.INTERACTION: ids["interaction_id"],
        BinKind.TRUST_ENTRY: spares.trust_id,
        BinKind.FILE: ids["attachment_id"],
        BinKind.LINK: ids["link_id"],
        BinKind.NEED: spares.need_id,
        BinKind.OPENING: spares.opening_id,
        BinKind.RATING: ids["rating_id"],
        BinKind.AREA: spares.area_id,
        BinKind.TASK: ids["task_id"],
        BinKind.ACCESS: ids["access_id"],
        BinKind.FLAW: ids["flaw_id"],
        BinKind.BRIEF: spares.brief_id,
        BinKind.REFERRAL: spares.referral_id,
        BinKind.TAG: ids["tag_id"],
        BinKind.CATEGORY: ids["category_id"],
        BinKind.FIELD: ids["field_id"],
        BinKind.CHOICE: ids["option_id"],
        BinKind.FILTER: ids["saved_filter_id"],
    }[kind]
    row = session.get_one(row_changes.class_of(reading.TABLES[kind]), its_id)
    if kind is BinKind.CATEGORY:
        return deletions.of_category(row, by=by, instead=spares.other_category_id)
    return getattr(deletions, f"of_{kind}")(row, by=by)


def test_each_kind_of_thing_comes_back_row_by_row(engine: Engine, place, inside, business) -> None:
    """Every table is compared before the deletion and after putting back; between, the thing's row is gone."""
    with inside(business) as session:
        spares = spares_of(session, place, business.owner)
    with inside(business) as session:
        touches.refresh_many(session, session.scalars(select(Vendor)).all())
    for kind in BinKind:
        before = dump(engine)
        with inside(business) as session:
            item = throw(session, kind, place, spares, business.owner)
            its_id, subject_id = item.id, item.subject_id
        between = dump(engine)
        assert (subject_id,) in before[reading.TABLES[kind]], kind
        assert (subject_id,) not in between[reading.TABLES[kind]], kind
        with inside(business) as session:
            found = bin_items.find(session, its_id, reader=business.owner)
            assert bin_items.put_back(found, session, by=business.owner).kept == [], kind
        assert differences(before, dump(engine)) == [], kind


def test_every_vendor_of_a_business_comes_back_row_by_row(engine: Engine, place, inside, business) -> None:
    for vendor_id in place.at_stage.values():
        before = dump(engine)
        with inside(business) as session:
            item_id = deletions.of_vendor(session.get_one(Vendor, vendor_id), by=business.owner).id
        with inside(business) as session:
            assert bin_items.put_back(session.get_one(BinItem, item_id), session, by=business.owner).kept == []
        assert differences(before, dump(engine)) == [], vendor_id


def test_nothing_is_in_two_places(inside, business, place) -> None:
    """Whoever presses twice puts back once."""
    with inside(business) as session:
        item = deletions.of_person(session.get_one(Person, place.ids["person_id"]), by=business.owner)
        bin_items.put_back(item, session, by=business.owner)
        with pytest.raises(Missing):
            bin_items.find(session, item.id, reader=business.owner)


def test_what_was_changed_since_stays_as_it_was_left(inside, business, place) -> None:
    with inside(business) as session:
        item = deletions.of_tag(session.get_one(Tag, place.ids["tag_id"]), by=business.admin)
        vendor = session.get_one(Vendor, place.vendor_id)
        vendor.location = "Moved since"
        bin_items.put_back(item, session, by=business.admin)
        assert session.get_one(Vendor, place.vendor_id).location == "Moved since"


def test_what_it_pointed_at_may_be_gone_for_good(inside, business, place, settings) -> None:
    """A tag returns to the vendors that are there; the place on one that is erased stays empty, and is named."""
    with inside(business) as session:
        tag = deletions.of_tag(session.get_one(Tag, place.ids["tag_id"]), by=business.owner)
        vendor = deletions.of_vendor(session.get_one(Vendor, place.vendor_id), by=business.owner)
        bin_items.erase(vendor, session, by=business.owner, folder=settings.uploads)
        kept = bin_items.put_back(tag, session, by=business.owner).kept
        assert {each.table for each in kept} == {"vendor_tags"}
        assert session.get_one(Tag, place.ids["tag_id"]).name == "spring launch"


def test_a_person_of_a_vendor_in_the_bin_waits_for_the_vendor(inside, business, place) -> None:
    with inside(business) as session:
        person = deletions.of_person(session.get_one(Person, place.ids["person_id"]), by=business.owner)
        vendor = deletions.of_vendor(session.get_one(Vendor, place.vendor_id), by=business.owner)
        with pytest.raises(Refused, match="Put the vendor back first"):
            bin_items.put_back(person, session, by=business.owner)
        bin_items.put_back(vendor, session, by=business.owner)
        bin_items.put_back(person, session, by=business.owner)
        assert session.get_one(Person, place.ids["person_id"]).vendor_id == place.vendor_id


def test_what_belonged_to_a_vendor_that_was_merged_goes_to_the_one_that_is_kept(inside, business, place) -> None:
    with inside(business) as session:
        person = deletions.of_person(session.get_one(Person, place.ids["person_id"]), by=business.owner)
        winner, loser = merges.both(session, place.ids["other_id"], place.vendor_id)
        merge = merges.merge(winner, loser, by=business.owner, versions=(winner.version, loser.version), theirs=())
        bin_items.put_back(person, session, by=business.owner)
        assert session.get_one(Person, place.ids["person_id"]).vendor_id == place.ids["other_id"]
        assert merges.undo(merge, by=business.owner).vendor.id == place.vendor_id


def test_a_merge_is_taken_back_after_its_vendor_was_in_the_bin(inside, business, place) -> None:
    with inside(business) as session:
        merge = merges.find(session, place.ids["merge_id"])
        item = deletions.of_vendor(session.get_one(Vendor, merge.winner_id), by=business.owner)
        bin_items.put_back(item, session, by=business.owner)
        undone = merges.undo(merges.find(session, place.ids["merge_id"]), by=business.owner)
        assert undone.vendor.name == "Rosehip Printers"


# Who may


def listed(session: WorkspaceSession, reader: Membership) -> set[BinKind]:
    rows = reading.page_of(session, reader, since=clock.now() - bin_items.KEPT_FOR, offset=0, limit=100)
    findable = set()
    for item in session.scalars(select(BinItem)):
        try:
            findable.add(bin_items.find(session, item.id, reader=reader).id)
        except Missing:
            continue
    assert {row.id for row in rows} == findable, "the list and the rule for one thing differ"
    return {row.kind for row in rows}


def test_the_bin_shows_what_a_person_may_read_and_may_delete(inside, business, place) -> None:
    with inside(business) as session:
        spares = spares_of(session, place, business.owner)
        for kind in set(BinKind) - {BinKind.VENDOR}:
            throw(session, kind, place, spares, business.owner)
        throw(session, BinKind.VENDOR, place, spares, business.owner)
        of_authors = reading.OF_AUTHORS - {BinKind.NOTE}  # the note is the member's own
        assert listed(session, business.owner) == listed(session, business.admin) == set(BinKind)
        assert listed(session, business.member) == set(BinKind) - reading.OF_ADMINS - of_authors


def test_a_private_note_lies_there_for_its_author_alone(inside, business, place) -> None:
    """Nobody else learns of it: not by the list, not by a guessed number, not by the audit log."""
    with inside(business) as session:
        vendor = session.get_one(Vendor, place.vendor_id)
        note = notes.write(vendor, by=business.member, body="They drink", visibility=Visibility.AUTHOR)
        item = deletions.of_note(note, by=business.member)
        assert listed(session, business.member) == {BinKind.NOTE}
        assert listed(session, business.owner) == set()
        bin_items.put_back(item, session, by=business.member)
        kinds = (AuditKind.DELETED, AuditKind.RESTORED)
        assert session.scalars(select(AuditEntry).where(AuditEntry.kind.in_(kinds))).all() == []


def test_a_private_note_comes_back_with_its_vendor_and_is_private_still(inside, business, place) -> None:
    with inside(business) as session:
        vendor = session.get_one(Vendor, place.vendor_id)
        note_id = notes.write(vendor, by=business.member, body="They drink", visibility=Visibility.AUTHOR).id
        item = deletions.of_vendor(vendor, by=business.owner)
        assert "drink" not in item.name
        bin_items.put_back(item, session, by=business.owner)
        assert notes.find(session, note_id, reader=business.member).body == "They drink"
        with pytest.raises(Missing):
            notes.find(session, note_id, reader=business.owner)


def test_a_viewer_and_a_stranger_find_nothing(inside, business, place) -> None:
    with inside(business) as session:
        item = deletions.of_person(session.get_one(Person, place.ids["person_id"]), by=business.owner)
        item_id = item.id
        with pytest.raises(Missing):
            bin_items.find(session, item_id, reader=business.viewer)
    with inside(business.stranger) as session, pytest.raises(Missing):
        bin_items.find(session, item_id, reader=business.stranger)


def test_only_who_manages_the_business_deletes_a_vendor(inside, business, place) -> None:
    with inside(business) as session, pytest.raises(Forbidden):
        deletions.of_vendor(session.get_one(Vendor, place.vendor_id), by=business.member)


# Its end


def test_after_thirty_days_it_is_gone_with_its_files(inside, business, place, settings) -> None:
    with inside(business) as session:
        file = session.get_one(Attachment, place.ids["attachment_id"])
        stored = uploads.place(settings.uploads, file.stored_as)
        item_id = deletions.of_file(file, by=business.owner).id
    assert stored.exists(), "it could not be put back"
    with time_machine.travel(clock.now() + bin_items.KEPT_FOR - timedelta(minutes=1)), inside(business) as session:
        assert bin_items.clear_away(session, folder=settings.uploads) == 0
    with time_machine.travel(clock.now() + bin_items.KEPT_FOR + timedelta(minutes=1)), inside(business) as session:
        with pytest.raises(Missing):
            bin_items.find(session, item_id, reader=business.owner)
        assert bin_items.clear_away(session, folder=settings.uploads) == 1
        assert bin_items.clear_away(session, folder=settings.uploads) == 0
    assert not stored.exists()


def test_the_audit_log_calls_a_file_the_same_when_it_goes_and_when_it_is_back(inside, business, place) -> None:
    with inside(business) as session:
        item = deletions.of_file(session.get_one(Attachment, place.ids["attachment_id"]), by=business.owner)
        name = item.name
        bin_items.put_back(item, session, by=business.owner)
        said = session.scalars(select(AuditEntry.about).where(AuditEntry.facts["what"].as_string() == "file")).all()
        assert said == [f"{name}, Copperbeech Words"] * 2


def test_erasing_a_vendor_takes_the_bytes_of_its_files(inside, business, place, settings) -> None:
    with inside(business) as session:
        theirs = Attachment.vendor_id == place.vendor_id
        stored = [
            uploads.place(settings.uploads, name)
            for name in session.scalars(select(Attachment.stored_as).where(theirs))
        ]
        item = deletions.of_vendor(session.get_one(Vendor, place.vendor_id), by=business.owner)
        item_id = item.id
    assert stored
    assert all(path.exists() for path in stored)
    with inside(business) as session:
        item = bin_items.find(session, item_id, reader=business.admin)
        with pytest.raises(Forbidden):
            bin_items.erase(item, session, by=business.member, folder=settings.uploads)
        bin_items.erase(item, session, by=business.admin, folder=settings.uploads)
    assert not any(path.exists() for path in stored)
    with inside(business) as session:
        line = session.scalars(select(AuditEntry).where(AuditEntry.kind == AuditKind.ERASED)).one()
        assert (line.user_id, line.about) == (business.admin.user_id, "Copperbeech Words")


def test_a_person_is_taken_out_of_all_that_lies_in_the_bin(inside, business, place) -> None:
    person_id = place.ids["person_id"]
    with inside(business) as session:
        spoken = session.get_one(Interaction, place.ids["interaction_id"])
        spoken.summary = "Rashid Amin rang from rashid@copperbeech.example"
        deletions.of_interaction(spoken, by=business.owner)
        deletions.of_person(session.get_one(Person, person_id), by=business.owner)
        assert bin_items.forget_person(session, person_id=person_id) == 2
        [item] = session.scalars(select(BinItem))
        assert item.kind is BinKind.INTERACTION
        bin_items.put_back(item, session, by=business.owner)
        back = session.get_one(Interaction, place.ids["interaction_id"])
        assert (back.person_id, back.summary) == (None, "… rang from …")


def test_a_person_is_taken_out_of_a_vendor_in_the_bin(inside, business, place) -> None:
    person_id = place.ids["person_id"]
    with inside(business) as session:
        item = deletions.of_vendor(session.get_one(Vendor, place.vendor_id), by=business.owner)
        assert bin_items.forget_person(session, person_id=person_id) == 1
        assert "Rashid" not in json.dumps(item.rows)
        bin_items.put_back(item, session, by=business.owner)
        assert session.get(Person, person_id) is None
        assert session.scalars(select(Contact).where(Contact.person_id == person_id)).all() == []
        assert session.get_one(Interaction, place.ids["interaction_id"]).person_id is None
