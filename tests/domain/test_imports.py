"""Importing vendors: what a file brings, that a second time brings nothing, and what a broken one leaves."""

from __future__ import annotations

import io
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from crm.core import clock, limits
from crm.core.csv_files import UnreadableTable, open_table
from crm.core.dates import CadenceUnit, OpenDays
from crm.core.errors import Forbidden, Missing, Refused
from crm.domain import (
    categories,
    import_cadences,
    import_reading,
    imports,
    interactions,
    notes,
    stages,
    touches,
    vendors,
)
from crm.domain.cadences import Cadence
from crm.domain.import_columns import REASON_COLUMN
from crm.domain.import_running import BATCH, DoubleChoice, Outcome
from crm.domain.rhythms import Rhythm
from crm.models.categories import Category
from crm.models.enums import CadenceChoice, ContactKind, ImportState, InteractionKind, Stage, Tier, TimelineKind
from crm.models.imports import Import
from crm.models.log import Note, TimelineEntry
from crm.models.reminders import Reminder
from crm.models.vendors import Contact, Person, Tag, Vendor, VendorCategory, VendorTag
from tests.support.shared_data import shared_folder

pytestmark = pytest.mark.usefixtures("database")

TABLES = (Vendor, Person, Contact, Tag, VendorTag, Category, VendorCategory, Note, TimelineEntry, Reminder)


@pytest.fixture
def monday(clock_at):
    clock_at("2026-10-05 09:00")
    return date(2026, 10, 5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where uploaded files lie."""
    return tmp_path / "uploads"


@pytest.fixture
def bring(inside, business, tmp_path):
    """bring("a;b\\n1;2") imports a text, bring(path) a file, in a transaction of its own, as the command does."""

    def import_it(source: str | Path, *, mapping=None, dry_run=False, by=None) -> Outcome:
        path = source if isinstance(source, Path) else tmp_path / "vendors.csv"
        if isinstance(source, str):
            path.write_text(source, "utf-8")
        with inside(business) as session:
            return imports.import_file(
                session,
                path,
                by=by or business.owner,
                mapping=mapping,
                left_out=tmp_path / "left-out.csv",
                dry_run=dry_run,
            )

    return import_it


@pytest.fixture
def stored(inside, business):
    """How many rows each table has: equal before and after where nothing was added."""

    def count() -> dict[str, int]:
        with inside(business) as session:
            return {table.__tablename__: session.scalar(select(func.count(table.id))) for table in TABLES}

    return count


@pytest.fixture
def emails(inside, business):
    """The distinct e-mail addresses of the business's vendors."""

    def find() -> set[str]:
        with inside(business) as session:
            return set(session.scalars(select(Contact.normal_value).where(Contact.kind == ContactKind.EMAIL)))

    return find


def only_vendor(session) -> Vendor:
    return session.scalars(select(Vendor)).one()


def names_and_contacts(session) -> list[tuple[str, list[str]]]:
    """The people in the order in which they came, each with addresses and numbers."""
    return [
        (name, list(session.scalars(select(Contact.value).where(Contact.person_id == id_).order_by(Contact.position))))
        for id_, name in session.execute(select(Person.id, Person.name).order_by(Person.id))
    ]


# What a row becomes

FULL = (
    "Supplier,Vendor type,Services,Website,Contact,Role,Email,Phone,Category,Niche,Tags,City,Country,Source,Notes\n"
    "Fern Studio,agency,Brand design,fern.example,Eva Fern,Owner,Eva@Fern.example,+49 30 123,Design,Packaging,"
    '"fast, calm",Berlin,Germany,A fair,"Met in May."\n'
)


def test_a_row_becomes_a_vendor_with_all_that_it_says(monday, bring, inside, business):
    outcome = bring(FULL)

    assert outcome.counts() == {"rows": 1, "created": 1, "updated": 0, "unchanged": 0, "failed": 0}
    with inside(business) as session:
        vendor = only_vendor(session)
        assert (vendor.name, vendor.normal_name, vendor.kind) == ("Fern Studio", "fern studio", "agency")
        assert (vendor.what_they_do, vendor.website, vendor.web_domain, vendor.location, vendor.source) == (
            "Brand design",
            "https://fern.example",
            "fern.example",
            "Berlin, Germany",
            "A fair",
        )
        assert names_and_contacts(session) == [("Eva Fern", ["eva@fern.example", "+49 30 123"])]
        assert session.scalars(select(Tag.name).order_by(Tag.name)).all() == [
            "Packaging",  # a niche that the tree does not know
            "calm",
            "fast",
        ]
        assert session.scalars(select(Note.body)).all() == ["Met in May."]


def test_an_imported_vendor_is_a_prospect_of_whoever_imports_and_nothing_is_planned(monday, bring, inside, business):
    bring("Supplier\nFern\n", by=business.member)

    with inside(business) as session:
        vendor = only_vendor(session)
        assert (vendor.stage, vendor.stage_since) == (Stage.PROSPECT, monday)
        assert vendor.owner_id == vendor.created_by == business.member.user_id
        assert (vendor.cadence_choice, vendor.due_on) == (CadenceChoice.NONE, None)
        assert vendor.search_text.strip() == "fern", "the search box finds it"
        assert session.get(Import, vendor.import_id).file_name == "vendors.csv"


def test_what_is_stored_is_what_adding_by_hand_and_refreshing_would_store(monday, bring, inside, business):
    bring("Supplier\nFern\n")

    with inside(business) as session:
        vendor = only_vendor(session)
        before = (vendor.cadence_in_force, vendor.cadence_began_on, vendor.due_on, vendor.last_contact_on)
        touches.refresh(session, vendor)
        assert (vendor.cadence_in_force, vendor.cadence_began_on, vendor.due_on, vendor.last_contact_on) == before


def test_being_imported_and_its_note_are_on_the_timeline(monday, bring, inside, business):
    bring("Supplier,Notes\nFern,Met in May.\n")

    with inside(business) as session:
        entries = session.scalars(select(TimelineEntry).order_by(TimelineEntry.id)).all()
        vendor = only_vendor(session)
        note = session.scalars(select(Note)).one()
        assert [(entry.kind, entry.subject_id, entry.body) for entry in entries] == [
            (TimelineKind.ADDED, vendor.id, ""),
            (TimelineKind.NOTE, note.id, "Met in May."),
        ]
        assert {entry.happened_on for entry in entries} == {monday}
        notes.edit(note, by=business.owner, version=1, body="Met in June.", visibility=note.visibility)
        assert len(session.scalars(select(TimelineEntry)).all()) == 2, "an edit writes the same entry anew"


def test_an_address_without_a_name_becomes_a_person_by_its_first_part(bring, inside, business):
    bring("Supplier,Email,Phone\nFern,office@fern.example,\nWren,,+44 113 1\n")

    with inside(business) as session:
        assert names_and_contacts(session) == [("office", ["office@fern.example"]), ("Wren", ["+44 113 1"])]


def test_a_name_takes_the_place_of_one_that_was_made_up(bring, inside, business, stored):
    bring("Supplier,Email\nFern,eva@fern.example\n")
    named = "Supplier,Contact,Email\nFern,Eva Fern,eva@fern.example\n"

    assert bring(named).updated == 1
    with inside(business) as session:
        assert names_and_contacts(session) == [("Eva Fern", ["eva@fern.example"])]
    before = stored()
    assert bring(named).unchanged == bring("Supplier,Email\nFern,eva@fern.example\n").unchanged == 1
    assert stored() == before


def test_two_names_at_one_address_stay_two_people(bring, inside, business):
    bring("Supplier,Contact,Email,Contact 2 Name,Contact 2 Email\nFern,Eva,o@f.example,Jo,o@f.example\n")

    with inside(business) as session:
        assert names_and_contacts(session) == [("Eva", ["o@f.example"]), ("Jo", ["o@f.example"])]


# Categories, niches and tags


def test_a_category_is_found_in_the_tree_by_name_or_path(bring, inside, business):
    with inside(business) as session:
        before = session.scalar(select(func.count(Category.id)))
        top = session.scalars(select(Category).where(Category.parent_id.is_(None)).order_by(Category.id)).first()
        niche = session.scalars(select(Category).where(Category.parent_id == top.id)).first()
        words = (top.name.upper(), f"{top.name} > {niche.name}")

    bring(f'Supplier,Category\nFern,"{words[0]}"\nWren,"{words[1]}"\n')

    with inside(business) as session:
        assert session.scalars(select(VendorCategory.category_id).order_by(VendorCategory.id)).all() == [
            top.id,
            niche.id,
        ]
        assert session.scalar(select(func.count(Category.id))) == before


def test_a_new_category_is_made_but_never_a_new_niche(bring, inside, business):
    bring("Supplier,Category,Niche\nFern,Falconry,Night falcons\nWren,falconry.,\n")

    with inside(business) as session:
        made = session.scalars(select(Category).where(Category.name == "Falconry")).one()
        assert session.scalars(select(VendorCategory.category_id)).all() == [made.id, made.id]
        assert session.scalars(select(Tag.name)).all() == ["Night falcons"], "what the tree does not know is a tag"


def test_the_tree_grows_to_its_limit_and_the_rest_become_tags(bring, inside, business):
    with inside(business) as session:
        room = limits.CATEGORIES - session.scalar(select(func.count(Category.id)))

    bring("Supplier,Category\n" + "".join(f"V{number},C{number}\n" for number in range(room + 1)))

    with inside(business) as session:
        assert session.scalar(select(func.count(Category.id))) == limits.CATEGORIES
        assert session.scalars(select(Tag.name)).all() == [f"C{room}"]
        with pytest.raises(Refused):
            categories.add(session, name="One more")


def test_a_vendor_has_tags_up_to_the_limit(bring, inside, business):
    several = "".join(f"Fern,t{number};u{number};v{number},x\n" for number in range(limits.TAGS_PER_VENDOR))

    bring("Supplier,Tags,Size\n" + several)

    with inside(business) as session:
        assert session.scalar(select(func.count(VendorTag.id))) == limits.TAGS_PER_VENDOR


def test_people_and_numbers_beyond_the_limit_become_notes(bring, inside, business, stored):
    most = limits.PEOPLE_PER_VENDOR
    rows = "".join(f"Fern,P{number},p{number}@f.example\n" for number in range(most + 1))
    rows += "".join(f"Fern,P0,q{number}@f.example\n" for number in range(limits.CONTACTS_PER_PERSON))

    bring("Supplier,Contact,Email\n" + rows)

    with inside(business) as session:
        assert session.scalar(select(func.count(Person.id))) == most
        first = session.scalars(select(Person.id).order_by(Person.id)).first()
        held = session.scalar(select(func.count(Contact.id)).where(Contact.person_id == first))
        assert held == limits.CONTACTS_PER_PERSON
        assert session.scalars(select(Note.body).order_by(Note.id)).all() == [
            f"P{most} · p{most}@f.example",
            f"P0 · q{limits.CONTACTS_PER_PERSON - 1}@f.example",
        ]
    before = stored()
    assert bring("Supplier,Contact,Email\n" + rows).updated == 0
    assert stored() == before


# Doubles


def test_what_is_missing_is_filled_in_and_nothing_is_written_over(bring, inside, business):
    with inside(business) as session:
        vendor = vendors.add(
            session, by=business.owner, name="Fern Studio", what_they_do="Logos", person="Eva", email="eva@fern.example"
        )
        version = vendor.version

    outcome = bring(
        "Supplier,Services,Website,Contact,Email,Phone\n"
        "FERN STUDIO,Websites,fern.example,Eva,eva@fern.example,+49 30 1\n"
    )

    assert (outcome.created, outcome.updated) == (0, 1)
    with inside(business) as session:
        vendor = only_vendor(session)
        assert (vendor.name, vendor.what_they_do, vendor.website) == ("Fern Studio", "Logos", "https://fern.example")
        assert names_and_contacts(session) == [("Eva", ["eva@fern.example", "+49 30 1"])]
        assert vendor.version == version + 1, "who edits it at the same time is told"
        assert vendor.cadence_choice is CadenceChoice.DEFAULT, "its check-ins stay as they were"


def test_a_note_that_was_taken_away_does_not_come_back(bring, inside, business, stored):
    bring("Supplier,Notes\nFern,Met in May.\n")
    with inside(business) as session:
        notes.delete(session.scalars(select(Note)).one(), by=business.owner)
    before = stored()

    assert bring("Supplier,Notes\nFern,Met in May.\n").unchanged == 1
    assert stored() == before


@pytest.mark.parametrize(
    ("choice", "names", "counts"),
    [
        (DoubleChoice.FILL, ["Fern"], (0, 1, 0)),
        (DoubleChoice.SECOND, ["Fern", "Fern"], (1, 0, 0)),
        (DoubleChoice.SKIP, ["Fern"], (0, 0, 1)),
    ],
)
def test_a_double_is_filled_in_or_added_or_left_out(choice, names, counts, inside, business, checked, carry_out):
    with inside(business) as session:
        vendors.add(session, by=business.owner, name="Fern")
    import_id = checked("Supplier,Website\nFern,fern.example\n")

    with inside(business) as session:
        outcome = carry_out(session, import_id, usually=DoubleChoice.SKIP, by_line={2: choice})
        assert (outcome.created, outcome.updated, outcome.unchanged) == counts
        assert session.scalars(select(Vendor.name)).all() == names


@pytest.fixture
def checked(inside, business, folder, tmp_path):
    """checked("a\n1") uploads and checks a text, in two steps as the pages do; answers with the import's id."""

    def take(text: str) -> int:
        with inside(business) as session:
            import_id = upload(session, business, text.encode(), folder).id
        with inside(business) as session:
            row = imports.find(session, import_id)
            columns = imports.told(row).columns
            with import_reading.reading(imports.original(row, folder), columns) as read:
                imports.check(row, by=business.owner, columns=columns, reading=read, folder=folder)
        return import_id

    return take


@pytest.fixture
def carry_out(business, folder):
    """carry_out(session, id) runs a checked import."""

    def run(session, import_id: int, usually=DoubleChoice.FILL, by_line=None) -> Outcome:
        row = imports.find(session, import_id)
        with import_reading.reading(imports.original(row, folder), imports.told(row).columns) as read:
            return imports.carry_out(
                row, by=business.owner, reading=read, usually=usually, by_line=by_line or {}, folder=folder
            )

    return run


def test_rows_of_one_file_that_are_the_same_make_one_vendor_wherever_they_stand(bring, inside, business):
    far = "".join(f"V{number},v{number}@a.example\n" for number in range(BATCH + 5))

    outcome = bring("Supplier,Email\nFern,a@fern.example\n" + far + "Fern,b@fern.example\nFern,b@fern.example\n")

    assert (outcome.created, outcome.updated, outcome.unchanged) == (BATCH + 6, 1, 1)


def test_what_a_vendor_gets_tells_it_from_others_further_down(bring, inside, business):
    bring(
        "Supplier,Email,Website\n"
        "Fern,a@one.example,one.example\n"
        "Fern,a@one.example,two.example\n"  # the same by its address; ours stays
        "Fern,c@two.example,two.example\n"  # another site: another Fern
    )
    with inside(business) as session:
        assert session.scalars(select(Vendor.website).order_by(Vendor.id)).all() == [
            "https://one.example",
            "https://two.example",
        ]


NAMES = st.sampled_from(["Fern", "FERN", "Fern Ltd", "Fern Limited", "Fern Tree Ltd", "Wren & Co"])
PARTS = st.tuples(
    NAMES,
    st.sampled_from(["", "Eva", "Jo"]),
    st.sampled_from(["", "o@one.example", "p@one.example", "o@two.example"]),
    st.sampled_from(["", "1234", "5678"]),
    st.sampled_from(["", "one.example", "two.example"]),
    st.sampled_from(["", "a", "a;b"]),
    st.sampled_from(["", "Kind.", "Slow."]),
)


def test_no_file_adds_anything_the_second_time(inside, business, tmp_path):
    """Whatever is in it, however rows and vendors are alike."""
    path = tmp_path / "vendors.csv"
    head = "Supplier,Contact,Email,Phone,Website,Tags,Notes\n"

    def bring_in(session) -> tuple[int, int]:
        left_out = tmp_path / "left-out.csv"
        outcome = imports.import_file(session, path, by=business.owner, mapping=None, left_out=left_out)
        return outcome.created, outcome.updated

    with inside(business) as session:

        @settings(max_examples=150)
        @given(st.lists(PARTS, min_size=1, max_size=12))
        def check(rows):
            path.write_text(
                head
                + "Zaunkönig,Zoe,z@z.example,1234567,z.example,z,Zzz\n"
                + "".join(",".join(row) + "\n" for row in rows)
            )
            fresh = session.begin_nested()
            try:
                bring_in(session)
                assert bring_in(session) == (0, 0)
            finally:
                fresh.rollback()

        check()


# Files that are real


@pytest.mark.parametrize("turns", [1, 2])
def test_the_pools_of_oasis_give_77_vendors_and_98_addresses(turns, bring, emails, stored):
    pools = sorted((shared_folder() / "vendors" / "us-gsa-oasis").glob("*.csv"))
    outcomes = [bring(pool) for pool in pools]

    assert sum(outcome.rows for outcome in outcomes) == 234
    assert sum(outcome.created for outcome in outcomes) == 77
    assert sum(outcome.failed for outcome in outcomes) == 0
    assert len(emails()) == 98
    before = stored()
    if turns == 2:
        assert sum(bring(pool).created for pool in pools) == 0
        assert stored() == before


def test_the_directory_of_maryland_gives_a_thousand_vendors_once(bring, emails, stored):
    path = shared_folder() / "vendors" / "us-maryland-mbe-directory.csv"

    assert bring(path).counts() == {"rows": 1000, "created": 1000, "updated": 0, "unchanged": 0, "failed": 0}
    assert len(emails()) == 959
    before = stored()
    assert bring(path).counts() == {"rows": 1000, "created": 0, "updated": 0, "unchanged": 1000, "failed": 0}
    assert stored() == before


FORMS = ("utf8.csv", "utf8bom-crlf.csv", "utf16le-tab.txt", "semicolon-cp1252.csv")


def test_one_table_in_four_forms_brings_the_same(bring, stored):
    folder = shared_folder() / "vendors" / "derived-eu-companies"
    first, *others, last = [folder / f"eu-companies-a.{form}" for form in FORMS]
    outcome = bring(first)
    assert (outcome.rows, outcome.failed) == (1536, 0)
    before = stored()
    for path in others:
        assert bring(path).unchanged == 1536, path.name
    assert stored() == before
    # The last holds 15 question marks for letters that its encoding lacks, in ten rows.
    assert bring(last).unchanged >= 1526


# What cannot be imported


def test_rows_left_out_stand_in_a_file_with_the_reason(bring, tmp_path):
    outcome = bring("Supplier,Email\nFern,a@f.example\n,nobody@f.example\nWren,b@w.example,too,many\n")

    assert (outcome.created, outcome.failed) == (1, 2)
    with open_table(tmp_path / "left-out.csv") as table:
        assert table.header == (REASON_COLUMN, "Supplier", "Email")
        assert [cells[1:] for _line, cells in table.rows()] == [
            ["", "nobody@f.example"],
            ["Wren", "b@w.example", "too", "many"],
        ]


def test_where_nothing_is_left_out_there_is_no_file(bring, tmp_path):
    bring("Supplier\nFern\n")
    assert not (tmp_path / "left-out.csv").exists()


def test_rows_left_out_are_left_out_again_for_the_same_reason(bring, tmp_path):
    bring("Supplier,Email\n,=SUM(1)\n,'quoted\nFern,b@w.example,too\nWren,a@w.example,too,many\n")
    first = (tmp_path / "left-out.csv").read_bytes()
    aside = tmp_path / "again.csv"
    aside.write_bytes(first)

    outcome = bring(aside)

    assert (outcome.rows, outcome.failed) == (4, 4)
    assert (tmp_path / "left-out.csv").read_bytes() == first


def test_rows_left_out_come_in_once_they_are_mended(bring, inside, business, tmp_path):
    bring("Supplier,Phone\n,+49 30 1\n")
    mended = (tmp_path / "left-out.csv").read_text("utf-8-sig").replace('""', '"Fern"')
    (tmp_path / "mended.csv").write_text(mended)

    assert bring(tmp_path / "mended.csv").created == 1
    with inside(business) as session:
        assert names_and_contacts(session) == [("Fern", ["+49 30 1"])], "the quote before the plus is off again"


def test_a_file_that_breaks_in_the_middle_leaves_nothing(bring, stored, tmp_path):
    before = stored()
    rows = "".join(f"V{number},\n" for number in range(2 * BATCH))

    with pytest.raises(UnreadableTable, match="longer than"):
        bring("Supplier,Notes\n,bad\n" + rows + "x" * (limits.TABLE_RECORD_LENGTH + 1))

    assert stored() == before
    assert not (tmp_path / "left-out.csv").exists()


def test_a_dry_run_says_what_would_happen_and_does_nothing(bring, stored, inside, business):
    before = stored()

    outcome = bring(FULL + ",,,,,,,,,,,,,,nameless\n", dry_run=True)

    assert outcome.counts() == {"rows": 2, "created": 1, "updated": 0, "unchanged": 0, "failed": 1}
    assert stored() == before
    with inside(business) as session:
        assert session.scalar(select(func.count(Import.id))) == 0


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"Firm": "name"}, "no column “Firm”"),
        ({"Supplier": "colour"}, "“colour”"),
        ({"Email": "email"}, "vendor’s name"),
        ({}, "No column is matched"),
    ],
)
def test_a_mapping_that_does_not_fit_is_said(mapping, words, bring):
    with pytest.raises(Refused, match=words):
        bring("Supplier,Email\nFern,a@f.example\n", mapping=mapping)


def test_columns_that_the_mapping_does_not_name_are_ignored(bring, inside, business):
    bring("Supplier,Email\nFern,a@f.example\n", mapping={"supplier": "name"})

    with inside(business) as session:
        assert only_vendor(session).name == "Fern"
        assert names_and_contacts(session) == []


def test_a_viewer_imports_nothing(bring, business):
    with pytest.raises(Forbidden):
        bring("Supplier\nFern\n", by=business.viewer)


# Who looks after them


def test_a_new_vendor_goes_to_whom_the_file_names_by_name_or_address(bring, inside, business):
    said = business.member.user
    file = f"Supplier,Looked after by,Tier\nFern,{said.name.upper()},b\nMoss,{said.email},\nIvy,,A\n"
    bring(file)
    with inside(business) as session:
        found = {row.name: (row.owner_id, row.tier) for row in session.scalars(select(Vendor))}
    assert found == {
        "Fern": (business.member.user_id, Tier.B),
        "Moss": (business.member.user_id, None),
        "Ivy": (business.owner.user_id, Tier.A),
    }


@pytest.mark.parametrize("whose", ["viewer", "stranger"])
def test_who_cannot_look_after_a_vendor_is_named_in_a_note(bring, inside, business, whose):
    name = getattr(business, whose).user.name
    file = f"Supplier,Looked after by\nFern,{name}\n"
    outcome = bring(file)
    assert any(name in words for words in outcome.remarks)
    again = bring(file)
    with inside(business) as session:
        assert only_vendor(session).owner_id == business.owner.user_id
        assert session.scalars(select(Note.body)).all() == [f"Looked after by: {name}"]
    assert (again.unchanged, again.updated) == (1, 0)


def test_of_a_vendor_that_is_here_owner_and_tier_stay(bring, inside, business):
    bring("Supplier,Tier\nFern,A\n")
    outcome = bring(f"Supplier,Tier,Looked after by\nFern,C,{business.member.user.name}\n")
    assert outcome.unchanged == 1
    with inside(business) as session:
        vendor = only_vendor(session)
        assert (vendor.tier, vendor.owner_id) == (Tier.A, business.owner.user_id)


def test_a_column_of_other_tiers_is_not_taken_for_ours(bring):
    assert bring("Supplier,Tier\nFern,Gold\nMoss,Silver\n").ignored == ["Tier"]


# How much it costs


def test_the_statements_grow_with_the_batches_only(bring, count_queries, engine):
    def rows(count: int) -> str:
        line = "V{0},P{0},p{0}@v.example,1{0},v{0}.example,Design,t{1},n{0}\n"
        body = "".join(line.format(number, number % 7) for number in range(count))
        return "Supplier,Contact,Email,Phone,Website,Category,Tags,Notes\n" + body

    costs = []
    for count in (1, BATCH, 3 * BATCH):
        with count_queries() as statements:
            bring(rows(count), dry_run=True)
        costs.append(len(statements))

    assert costs[1] - costs[0] <= 2, "a full batch costs what one row costs, but for the pages of what it numbers"
    assert costs[2] - costs[1] <= 2 * 34, "half of them put the index of words aside and back"


def test_filling_in_costs_no_more_for_many_vendors(bring, count_queries):
    bring("Supplier\n" + "".join(f"V{number}\n" for number in range(BATCH)))
    costs = []
    for count in (1, BATCH):
        body = "".join(f"V{number},p{number}@v.example,n{number}\n" for number in range(count))
        with count_queries() as statements:
            bring("Supplier,Email,Notes\n" + body, dry_run=True)
        costs.append(len(statements))
    assert costs[1] - costs[0] <= 2


# By page: a file is kept, looked at, checked, run


def test_an_upload_is_looked_at(inside, business, folder):
    with inside(business) as session:
        content = io.BytesIO(b"Supplier;E-Mail;Colour\nFern;a@f.example;\nWren;;\n")
        row = imports.upload(session, by=business.member, content=content, name=" my\tvendors.csv ", folder=folder)

        assert (row.state, row.file_name) == (ImportState.UPLOADED, "my vendors.csv")
        look = row.mapping["look"]
        assert look["rows"] == 2
        assert [(column["name"], column["guess"], column["filled"]) for column in look["columns"]] == [
            ("Supplier", "name", 2),
            ("E-Mail", "email", 1),
            ("Colour", "", 0),
        ]
        assert imports.original(row, folder).read_bytes() == content.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"PK\x03\x04" + b"x" * 100, "XLSX"),
        (bytes(range(1, 9)) * 200, "not a text file"),
        (b"Supplier\n" + b"x" * (limits.TABLE_RECORD_LENGTH + 1), "longer than"),
        (b"," * (limits.TABLE_COLUMNS + 1), "columns"),
    ],
)
def test_what_is_no_table_is_refused_in_words_and_not_kept(content, words, inside, business, folder):
    with pytest.raises(Refused, match=words) as refused, inside(business) as session:
        imports.upload(session, by=business.owner, content=io.BytesIO(content), name="x.csv", folder=folder)

    assert refused.value.field == "file"
    assert not folder.exists() or list(folder.iterdir()) == []


def upload(session, business, content: bytes, folder: Path) -> Import:
    return imports.upload(session, by=business.owner, content=io.BytesIO(content), name="x.csv", folder=folder)


def test_the_largest_number_of_rows_and_one_more(inside, business, folder):
    most = limits.IMPORT_PAGE_ROWS
    with inside(business) as session:
        assert upload(session, business, b"Supplier\n" + b"x\n" * most, folder).mapping["look"]["rows"] == most
        with pytest.raises(Refused, match="rows"):
            upload(session, business, b"Supplier\n" + b"x\n" * (most + 1), folder)


def test_the_largest_file_and_a_byte_more(inside, business, folder):
    line = b"Fern," + b"x" * 9_994 + b"\n"
    head = b"Supplier,Notes\n"
    whole, rest = divmod(limits.IMPORT_PAGE_BYTES - len(head), len(line))
    content = head + line * whole + b"y" * rest
    with inside(business) as session:
        assert len(content) == limits.IMPORT_PAGE_BYTES
        assert upload(session, business, content, folder).mapping["look"]["rows"] == whole + bool(rest)
        with pytest.raises(Refused, match="50 MB"):
            upload(session, business, content + b"y", folder)


def test_a_check_counts_and_keeps_nothing_else(monday, inside, business, checked, stored):
    before = stored()

    import_id = checked(FULL + ",,,,,,,,,,,,,,nameless\n")

    assert stored() == before
    with inside(business) as session:
        row = imports.find(session, import_id)
        assert (row.state, row.counts["created"], row.counts["failed"]) == (ImportState.CHECKED, 1, 1)
        assert (row.counts["people"], row.counts["notes"]) == (1, 1)
        assert row.failed_as, "the rows that will be left out can be looked at already"


def test_a_check_shows_what_doubles_have_and_get(inside, business, checked):
    with inside(business) as session:
        vendors.add(session, by=business.owner, name="Fern Ltd", what_they_do="Logos", email="eva@fern.example")
        vendors.add(session, by=business.owner, name="Wren", email="w@wren.example")

    import_id = checked(
        "Supplier,Services,Email,Website\nFern,Websites,eva@fern.example,fern.example\nOwl,,w@wren.example,\n"
        "Wren,,w@wren.example,\n"
    )

    with inside(business) as session:
        kept = imports.find(session, import_id).counts["check"]
        assert kept["doubles"] == 2
        [double] = kept["shown"]
        assert (double["line"], double["name"], double["why"]) == (2, "Fern Ltd", "email")
        assert [(fact["field"], fact["have"], fact["theirs"], fact["verdict"]) for fact in double["facts"]] == [
            ("name", "Fern Ltd", "Fern", "other"),
            ("services", "Logos", "Websites", "other"),
            ("website", "", "https://fern.example", "new"),
            ("email", "eva@fern.example", "eva@fern.example", "same"),
        ]
        assert kept["alike"] == [["Owl", "Wren"]]


def test_a_run_does_what_the_check_said_and_the_file_goes(inside, business, folder, checked, carry_out):
    import_id = checked(FULL + ",,,,,,,,,,,,,,nameless\n")
    with inside(business) as session:
        said = imports.find(session, import_id).counts

    with inside(business) as session:
        carry_out(session, import_id)

    with inside(business) as session:
        row = imports.find(session, import_id)
        assert (row.state, row.stored_as) == (ImportState.DONE, "")
        assert all(row.counts[name] == said[name] for name in ("rows", "created", "failed", "people", "notes"))
        assert only_vendor(session).import_id == import_id
        assert [path.name for path in folder.iterdir()] == [row.failed_as], "only the rows left out stay"
        with pytest.raises(Refused, match="no longer here"):
            carry_out(session, import_id)


class PowerCutError(Exception):
    """What nobody foresees."""


def test_a_run_that_fails_leaves_nothing_and_can_be_tried_again(inside, business, folder, stored, checked, carry_out):
    import_id = checked("Supplier\n" + "".join(f"V{number}\n" for number in range(BATCH + 1)))
    before = stored()

    def fail() -> None:
        with inside(business) as session:
            carry_out(session, import_id)
            raise PowerCutError

    with pytest.raises(PowerCutError):
        fail()

    assert stored() == before
    with inside(business) as session:
        assert imports.find(session, import_id).state is ImportState.CHECKED
        assert carry_out(session, import_id).created == BATCH + 1


def test_files_that_nobody_imports_are_forgotten_after_a_day(clock_at, inside, business, folder):
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        upload(session, business, b"Supplier\nFern\n", folder)
    clock_at("2026-10-06 08:59")
    with inside(business) as session:
        assert imports.drop_stale(session, folder=folder) == 0
    clock_at("2026-10-06 09:01")
    with inside(business) as session:
        assert imports.drop_stale(session, folder=folder) == 1
    assert list(folder.iterdir()) == []
    with inside(business) as session:
        assert session.scalar(select(func.count(Import.id))) == 0


def test_another_business_has_its_own_imports(inside, business, folder):
    with inside(business) as session:
        import_id = upload(session, business, b"Supplier\nFern\n", folder).id
    with inside(business.stranger) as session, pytest.raises(Missing):
        imports.find(session, import_id)


# The choice of a rhythm

SIX_WEEKS = Rhythm(CadenceChoice.OWN, 6, CadenceUnit.WEEKS)


def state_of(session) -> list[tuple[object, ...]]:
    """All that is stored about next touches, vendor by vendor."""
    columns = (
        "name cadence_choice cadence_every cadence_unit cadence_in_force cadence_began_on due_on due_kind "
        "due_subject_id due_why last_contact_on version"
    ).split()
    found = [
        tuple(getattr(vendor, name) for name in columns)
        for vendor in session.scalars(select(Vendor).order_by(Vendor.id).execution_options(populate_existing=True))
    ]
    reminders = session.execute(
        select(Reminder.user_id, Reminder.vendor_id, Reminder.kind, Reminder.subject_id, Reminder.due_on,
               Reminder.shown_on, Reminder.why, Reminder.ended_at).order_by(Reminder.vendor_id, Reminder.due_on)
    )  # fmt: skip
    return [*found, *map(tuple, reminders)]


def the_import(session) -> Import:
    return session.scalars(select(Import)).one()


def many(count: int) -> str:
    return "Supplier\n" + "".join(f"V{number}\n" for number in range(count))


def test_a_hundred_vendors_do_not_fall_due_on_one_day(monday, bring, inside, business):
    bring(many(100))

    with inside(business) as session:
        assert import_cadences.choose(the_import(session), by=business.owner, rhythm=SIX_WEEKS) == 100

    with inside(business) as session:
        due = session.scalars(select(Vendor.due_on).order_by(Vendor.id)).all()
        assert [due.count(day) for day in sorted(set(due))] == [5] * 20
        assert due == sorted(due), "who stands first in the file comes first"
        assert due[-1] == monday + timedelta(weeks=6)
        assert all(day.weekday() < 5 for day in due)
        began = set(session.scalars(select(Vendor.cadence_began_on)))
        assert max(began) == monday, "none begins ahead: a call logged today counts for all"


@pytest.mark.parametrize(
    "rhythm",
    [
        Rhythm(),
        SIX_WEEKS,
        Rhythm(CadenceChoice.OWN, 1, CadenceUnit.MONTHS),
        Rhythm(CadenceChoice.OWN, 1, CadenceUnit.DAYS),
        Rhythm(CadenceChoice.NONE),
    ],
)
def test_the_choice_in_bulk_stores_what_refreshing_each_would(rhythm, monday, bring, inside, business):
    bring(many(23))
    with inside(business) as session:
        import_cadences.choose(the_import(session), by=business.owner, rhythm=rhythm)
    with inside(business) as session:
        in_bulk = state_of(session)
        for vendor in session.scalars(select(Vendor).order_by(Vendor.id)):
            began_on = vendor.cadence_began_on
            vendor.cadence_choice = CadenceChoice.NONE
            vendor.cadence_every = vendor.cadence_unit = None
            touches.refresh(session, vendor)
            vendor.cadence_choice = rhythm.choice
            vendor.cadence_every, vendor.cadence_unit = rhythm.every, rhythm.unit
            touches.refresh(session, vendor, began_on=began_on)
        session.flush()
        assert state_of(session) == in_bulk


def test_vendors_with_which_something_happened_are_refreshed_one_by_one(monday, bring, inside, business):
    bring(many(8))
    with inside(business) as session:
        first, second, third, fourth, *_rest = session.scalars(select(Vendor).order_by(Vendor.id)).all()
        interactions.log(first, by=business.owner, kind=InteractionKind.CALL, occurred_on=monday)
        stages.move(second, by=business.owner, to=Stage.ACTIVE)
        vendors.edit(third, by=business.owner, version=third.version, leave_from=monday, leave_to=date(2026, 12, 24))
        vendors.edit(fourth, by=business.owner, version=fourth.version, cadence_choice=CadenceChoice.DEFAULT)
        kept = fourth.due_on

    with inside(business) as session:
        assert import_cadences.choose(the_import(session), by=business.owner, rhythm=SIX_WEEKS) == 7

    with inside(business) as session:
        found = session.scalars(select(Vendor).order_by(Vendor.id)).all()
        assert found[0].due_on == monday + timedelta(weeks=6), "six weeks from the call"
        assert found[2].due_on == date(2026, 12, 25), "the first open day after the leave"
        assert (found[3].cadence_choice, found[3].due_on) == (CadenceChoice.DEFAULT, kept), "it was chosen already"
        before = state_of(session)
        touches.refresh_many(session, found, begins=False)
        session.flush()
        assert state_of(session) == before, "nothing has drifted"


def test_none_is_a_choice_too(monday, bring, inside, business):
    bring(many(3))
    with inside(business) as session:
        row = the_import(session)
        assert import_cadences.choose(row, by=business.owner, rhythm=Rhythm(CadenceChoice.NONE)) == 0
        assert row.cadence_chosen_at == clock.now()
        assert session.scalars(select(Vendor.due_on)).all() == [None] * 3


def test_a_short_rhythm_spreads_over_one_interval_at_most():
    monday = date(2026, 10, 5)
    for cadence in (Cadence(1, CadenceUnit.DAYS), Cadence(1, CadenceUnit.WEEKS), Cadence(1, CadenceUnit.MONTHS)):
        days = import_cadences.begin_days(1000, cadence, today=monday, calendar=OpenDays())
        assert len(days) == 1000
        assert all(day <= monday < cadence.plus(day, 1) for day in days)


def test_the_choice_costs_a_fixed_number_of_statements(monday, bring, inside, business, count_queries):
    bring(many(200))
    with inside(business) as session, count_queries() as statements:
        import_cadences.choose(the_import(session), by=business.owner, rhythm=SIX_WEEKS)
    assert len(statements) <= 8, statements
