"""Vendors out of the business: a table that our own import reads back, safe to open, and cards for address books."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from sqlalchemy import select

from crm.domain import custom_fields, imports, people, vendor_exports, vendors
from crm.domain.import_files import open_sheet
from crm.domain.vendor_exports import Format
from crm.models.enums import ContactKind, FieldKind, RatePeriod, Tier, VendorKind
from crm.models.vendors import Contact, Person, Vendor
from crm.queries import custom_fields as custom_field_queries
from crm.queries import people as people_queries
from crm.queries import tags as tag_queries
from crm.queries.categories import tree
from crm.queries.vendors import category_ids_of

pytestmark = pytest.mark.usefixtures("database")

SAID = {
    "name": "=Ann, Søn & Co.",
    "what_they_do": "Films; “quick”, and -cheap",
    "kind": VendorKind.AGENCY,
    "website": "https://ann.example/work",
    "location": "12 Mill Lane, Leeds",
    "time_zone": "Europe/London",
    "languages": "Danish, English",
    "source": "@a fair",
    "currency": "EUR",
    "rate_amount": 6_050,
    "rate_period": RatePeriod.HOUR,
    "minimum_amount": 100_000,
    "minimum_period": RatePeriod.PROJECT,
}
PHONES = ["+44 20 7946 0000; ext 3", "020 / 7946 1", "+44 20, at night: 12"]
"""As files and older forms brought them; the boxes of today take figures alone."""
TAGS = ["By train", "print & web"]


def give_phones(session, person: Person, values: list[str]) -> None:
    session.add_all(
        Contact(
            person_id=person.id, kind=ContactKind.PHONE, value=value, normal_value=re.sub(r"\D", "", value), position=9
        )
        for value in values
    )
    session.flush()


@pytest.fixture
def full(inside, business) -> int:
    """A vendor of whom everything is known that an import can bring."""
    with inside(business) as session:
        custom_fields.define(session, by=business.owner, name="Studio dog", kind=FieldKind.TEXT)
        custom_fields.define(session, by=business.owner, name="Sample budget", kind=FieldKind.MONEY)
        [dog, budget] = custom_field_queries.fields(session)
        film = tree(session).children(None)[3]
        vendor = vendors.add(session, by=business.owner, tags=TAGS, category_ids=[film.id], **SAID)
        ann = people.add(
            vendor,
            by=business.owner,
            name="Ann Wren",
            role="Director",
            emails=["ann@ann.example", "info@ann.example"],
        )
        give_phones(session, ann, PHONES)
        people.add(vendor, by=business.owner, name="Bo Lark", emails=["bo@ann.example"])
        custom_fields.set_values(
            vendor,
            {
                dog.id: custom_fields.parse(dog, "Biscuit", currency="GBP"),
                budget.id: custom_fields.parse(budget, "12.50 EUR", currency="GBP"),
            },
        )
        return vendor.id


def written(session, business, *, file_format: Format = Format.CSV) -> bytes:
    out = io.BytesIO()
    vendor_exports.write_all(
        session, out, file_format=file_format, workspace=business.workspace.slug, today=business.workspace.today
    )
    return out.getvalue()


def test_our_own_import_reads_a_table_back(full, inside, business, tmp_path: Path):
    with inside(business) as session:
        file = tmp_path / "vendors.csv"
        file.write_bytes(written(session, business))
        before = custom_field_queries.values_of(session, [full])[full]
        session.delete(session.get_one(Vendor, full))
        session.flush()
        outcome = imports.import_file(session, file, by=business.owner, mapping=None, left_out=tmp_path / "left.csv")
        assert outcome.counts() == {"rows": 1, "created": 1, "updated": 0, "unchanged": 0, "failed": 0}
        assert outcome.notes == 0, "nothing was left over for a note"
        session.expire_all()
        vendor = session.scalars(select(Vendor)).one()
        assert {name: getattr(vendor, name) for name in SAID} == SAID
        assert tag_queries.names_of(session, vendor.id) == TAGS
        assert category_ids_of(session, vendor.id) == [tree(session).children(None)[3].id]
        assert [
            (person.name, person.role, person.emails, person.phones)
            for person in people_queries.people_of(session, vendor.id)
        ] == [
            ("Ann Wren", "Director", ["ann@ann.example", "info@ann.example"], PHONES),
            ("Bo Lark", "", ["bo@ann.example"], []),
        ]
        assert custom_field_queries.values_of(session, [vendor.id])[vendor.id] == before


def test_importing_it_where_it_came_from_changes_nothing(full, inside, business, tmp_path: Path):
    with inside(business) as session:
        file = tmp_path / "vendors.csv"
        file.write_bytes(written(session, business))
        outcome = imports.import_file(session, file, by=business.owner, mapping=None, left_out=tmp_path / "left.csv")
        assert (outcome.unchanged, outcome.created, outcome.updated) == (1, 0, 0)


def test_tier_and_who_looks_after_them_are_read_back(full, inside, business, tmp_path: Path):
    with inside(business) as session:
        vendor = session.get_one(Vendor, full)
        vendor.tier, vendor.owner_id = Tier.B, business.member.user_id
        session.flush()
        file = tmp_path / "vendors.csv"
        file.write_bytes(written(session, business))
        session.delete(vendor)
        session.flush()
        outcome = imports.import_file(session, file, by=business.owner, mapping=None, left_out=tmp_path / "left.csv")
        again = imports.import_file(session, file, by=business.owner, mapping=None, left_out=tmp_path / "left.csv")
        vendor = session.scalars(select(Vendor)).one()
        assert (vendor.tier, vendor.owner_id) == (Tier.B, business.member.user_id)
        assert outcome.notes == 0
        assert not {"Tier", "Looked after by"} & set(outcome.ignored)
        assert (again.unchanged, again.updated, again.created) == (1, 0, 0)


def test_no_cell_is_a_formula(full, inside, business):
    with inside(business) as session:
        body = written(session, business)
    assert body.startswith(b"\xef\xbb\xbf")
    raw = body.decode("utf-8-sig")
    assert '"\'=Ann, Søn & Co."' in raw
    assert '"\'@a fair"' in raw
    with open_sheet(body) as sheet:
        [(_line, cells)] = sheet.rows()
    assert cells[0] == SAID["name"], "our own import takes the quote off again"


def test_a_business_exports_itself_alone(full, inside, business):
    with inside(business.stranger) as session:
        assert written(session, business).count(b"\r\n") == 1, "the header alone"
        out = io.BytesIO()
        vendor_exports.write(
            session, [full], out, file_format=Format.CSV, columns=["name", "person"], workspace="rook-carpentry"
        )
        assert b"Ann" not in out.getvalue()


def test_a_card_is_a_card(full, inside, business):
    with inside(business) as session:
        body = written(session, business, file_format=Format.VCARD).decode()
    assert body.endswith("END:VCARD\r\n")
    assert all(len(line.encode()) <= 75 for line in body.split("\r\n"))
    unfolded = body.replace("\r\n ", "")
    assert "ORG:=Ann\\, Søn & Co.\r\n" in unfolded
    assert "NOTE:Films\\; “quick”\\, and -cheap\r\n" in unfolded
    assert "CATEGORIES:By train,print & web\r\n" in unfolded
    assert unfolded.count("BEGIN:VCARD\r\nVERSION:4.0\r\nUID:urn:uuid:") == 2
    assert (
        "TITLE:Director\r\nEMAIL:ann@ann.example\r\nEMAIL:info@ann.example\r\nTEL;VALUE=text:+44 20 7946 0000\\; ext"
        in unfolded
    )


def test_what_somebody_typed_ends_no_card_and_begins_no_line():
    assert vendor_exports._escaped("a\r\nEND:VCARD\nb\x00\x1b") == "a\\nEND:VCARD\\nb"
    folded = vendor_exports._folded("NOTE:" + "ü" * 200)
    assert folded.replace("\r\n ", "") == "NOTE:" + "ü" * 200


def test_a_long_file_is_read_in_batches(inside, business, monkeypatch, count_queries, engine):
    monkeypatch.setattr(vendor_exports, "BATCH", 10)
    today = business.workspace.today
    with inside(business) as session:
        session.add_all(
            Vendor(name=f"V{n:03}", normal_name=f"v{n:03}", stage_since=today, cadence_began_on=today)
            for n in range(25)
        )
        session.flush()
        with count_queries(engine) as statements:
            body = written(session, business)
    assert body.count(b"\r\n") == 26
    assert len(statements) == 10, "the ids, the business, the fields twice, and two for each batch"


# A row of our own file is its own vendor


def taken_in(session, business, body: bytes, folder: Path):
    file = folder / "own.csv"
    file.write_bytes(body)
    return imports.import_file(session, file, by=business.owner, mapping=None, left_out=folder / "left.csv")


def two_of_a_name(session, business) -> list[Vendor]:
    return [
        vendors.add(session, by=business.owner, name="Same Name Ltd", despite_doubles=True, **more)
        for more in ({"source": "a fair"}, {"location": "Leeds", "tags": ["rail"]})
    ]


def test_of_two_vendors_of_one_name_each_row_is_its_own(inside, business, tmp_path: Path):
    with inside(business) as session:
        first, _second = two_of_a_name(session, business)
        outcome = taken_in(session, business, written(session, business), tmp_path)
        assert (outcome.unchanged, outcome.created, outcome.updated) == (2, 0, 0)
        session.expire_all()
        assert (first.location, tag_queries.names_of(session, first.id)) == ("", [])


def test_a_vendor_that_the_file_calls_otherwise_is_no_second_one(inside, business, tmp_path: Path):
    with inside(business) as session:
        two_of_a_name(session, business)
        body = written(session, business).decode().replace("Same Name Ltd", "Quite Another GmbH", 1)
        outcome = taken_in(session, business, body.encode(), tmp_path)
        assert (outcome.created, outcome.rows) == (0, 2)


def test_a_row_copied_for_another_vendor_is_that_other_one(inside, business, tmp_path: Path):
    with inside(business) as session:
        vendors.add(session, by=business.owner, name="Fern Press")
        lines = written(session, business).decode().splitlines()
        copied = "\r\n".join([*lines, lines[1].replace("Fern Press", "Moss Press")])
        assert taken_in(session, business, copied.encode(), tmp_path).created == 1
        assert sorted(session.scalars(select(Vendor.name))) == ["Fern Press", "Moss Press"]


def test_numbers_of_another_business_and_bare_ones_say_nothing(inside, business, tmp_path: Path):
    with inside(business) as session:
        fern = vendors.add(session, by=business.owner, name="Fern Press")
        body, number = written(session, business).decode(), fern.id
    with inside(business.stranger) as session:
        theirs = Vendor(name="Old Rook", normal_name="old rook", **_days(business))
        session.add(theirs)
        session.flush()
        for body_of in (body.replace(f"/{number}", f"/{theirs.id}"), f"Vendor,Good Terms record\r\nFern,{theirs.id}"):
            file = tmp_path / "theirs.csv"
            file.write_text(body_of, "utf-8")
            outcome = imports.import_file(
                session, file, by=business.stranger, mapping=None, left_out=tmp_path / "left.csv"
            )
            assert (outcome.created, outcome.updated) == (1, 0)


def _days(business) -> dict:
    return {"stage_since": business.workspace.today, "cadence_began_on": business.workspace.today}


@pytest.mark.parametrize("tags", [["a; b"], ['12" pipe', "rail"], ['"odd"', "x | y", "n/a", "p, q"], ["p, q"]])
def test_names_that_hold_what_divides_a_list_come_back_whole(tags, inside, business, tmp_path: Path):
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Fern Press", tags=tags)
        kept = tag_queries.names_of(session, vendor.id)
        body = written(session, business)
        session.delete(vendor)
        session.flush()
        taken_in(session, business, body, tmp_path)
        [again] = session.scalars(select(Vendor))
        assert tag_queries.names_of(session, again.id) == kept


def test_a_single_number_with_what_divides_a_list_comes_back_whole(inside, business, tmp_path: Path):
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Fern Press")
        give_phones(session, people.add(vendor, by=business.owner, name="Fern"), ["030 1; 2"])
        body = written(session, business)
        session.delete(vendor)
        session.flush()
        taken_in(session, business, body, tmp_path)
        [again] = session.scalars(select(Vendor))
        assert people_queries.people_of(session, again.id)[0].phones == ["030 1; 2"]


def test_days_are_those_of_the_business(inside, business, clock_at):
    clock_at("2026-10-05 00:30", business.workspace.time_zone)
    with inside(business) as session:
        vendors.add(session, by=business.owner, name="Fern Press")
        with open_sheet(written(session, business)) as sheet:
            [(_line, cells)] = sheet.rows()
            assert cells[sheet.header.index("Added on")] == "2026-10-05"
