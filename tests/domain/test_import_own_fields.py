"""A file brings what stands in the business's own fields: matched by name or as told, checked, never written over."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select

from crm.core import i18n, limits
from crm.core.csv_files import Column, open_table
from crm.core.errors import Forbidden, Refused
from crm.domain import custom_fields, import_child, import_reading, imports, vendors
from crm.domain.import_columns import ImportField, NewField, OwnField, read_mapping, target, with_own
from crm.domain.import_new_fields import EACH, FEW, Seen
from crm.domain.import_rows import VendorDraft
from crm.domain.import_running import DoubleChoice
from crm.models.custom_fields import CustomValue
from crm.models.enums import FieldKind
from crm.models.vendors import Vendor
from crm.queries import custom_fields as field_queries
from crm.queries.custom_fields import Field, Money

TERMS, SINCE = Field(7, "Payment terms", FieldKind.TEXT), Field(8, "Since", FieldKind.DATE)


def columns(*names: str) -> list[Column]:
    return [Column(index, name, (), ()) for index, name in enumerate(names)]


def test_a_column_called_like_a_field_goes_there():
    guesses = {"Supplier": ImportField.NAME, "Since": ImportField.NOTES, "Mail": ImportField.EMAIL}
    own = [TERMS, SINCE, Field(9, "Supplier", FieldKind.TEXT)]
    assert with_own(guesses, ["Supplier", "payment TERMS", "Payment terms", "Since", "Mail", "Other"], own) == {
        "Supplier": ImportField.NAME,
        "payment TERMS": OwnField.of(7),
        "Since": OwnField.of(8),
        "Mail": ImportField.EMAIL,
    }


def test_a_field_is_told_by_its_name():
    seen = columns("Supplier", "How long")
    told = {"Supplier": "name", "How long": " SINCE "}
    assert read_mapping(told, seen, [TERMS, SINCE]) == {"Supplier": ImportField.NAME, "How long": OwnField.of(8)}
    with pytest.raises(Refused, match="payment terms"):
        read_mapping({"How long": "duration"}, seen, [TERMS])
    with pytest.raises(Refused, match="Two columns"):
        read_mapping({"Supplier": "since", "How long": "since"}, seen, [SINCE])


@pytest.mark.parametrize("said", ["custom:", "custom:x", "new:", "new:x:date", "new:1:colour", "nonsense"])
def test_what_no_mapping_says_is_refused(said):
    with pytest.raises(ValueError, match="valid"):
        target(said)


def test_a_draft_keeps_its_values_on_the_way_between_processes():
    draft = VendorDraft("Fern", custom=((7, "two drafts"), (8, "2026-01-02")))
    assert import_child.unpacked(import_child.packed(3, draft)) == (3, draft)


# In the database


@pytest.fixture
def own(inside, business, database):
    """One field of each kind, by its kind's name, which is its own too."""
    with inside(business) as session:
        for kind in FieldKind:
            choices = ["Net 30", "Net 60"] if kind is FieldKind.CHOICE else []
            custom_fields.define(session, by=business.admin, name=f"Our {kind.value}", kind=kind, choices=choices)
        return {field.kind: field for field in field_queries.fields(session)}


@pytest.fixture
def bring(inside, business, tmp_path):
    def import_it(text: str, **told):
        path: Path = tmp_path / "vendors.csv"
        path.write_text(text, "utf-8")
        with inside(business) as session:
            return imports.import_file(
                session, path, by=business.owner, mapping=told.get("mapping"), left_out=tmp_path / "left-out.csv"
            )

    return import_it


@pytest.fixture
def kept(inside, business):
    def read(name: str):
        with inside(business) as session:
            vendor_id = session.scalars(select(Vendor.id).where(Vendor.name == name)).one()
            return field_queries.values_of(session, [vendor_id])[vendor_id]

    return read


FULL = (
    "Supplier,Our text,Our number,Our date,Our choice,Our url,Our money\n"
    'Fern,two drafts,"1,200.5",27.11.2026,NET 60,fern.example/terms,"€1,200.50"\n'
    "Flint,,n/a,-,none,,\n"
)


def test_a_file_fills_fields_of_each_kind_and_a_second_time_adds_nothing(bring, kept, own, inside, business):
    outcome = bring(FULL)
    assert (outcome.created, outcome.failed) == (2, 0)
    assert kept("Fern") == {
        own[FieldKind.TEXT].id: "two drafts",
        own[FieldKind.NUMBER].id: Decimal("1200.5"),
        own[FieldKind.DATE].id: date(2026, 11, 27),
        own[FieldKind.CHOICE].id: own[FieldKind.CHOICE].options[1],
        own[FieldKind.URL].id: "https://fern.example/terms",
        own[FieldKind.MONEY].id: Money(120050, "EUR"),
    }
    assert kept("Flint") == {}
    again = bring(FULL)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 2)
    with inside(business) as session:
        assert session.scalar(select(func.count(CustomValue.id))) == 6


def test_what_stands_there_stays_and_what_is_missing_is_filled(bring, kept, own, inside, business):
    text, number = own[FieldKind.TEXT].id, own[FieldKind.NUMBER].id
    with inside(business) as session:
        vendors.add(session, by=business.member, name="Fern", custom={text: "ours"})
    outcome = bring("Supplier,Our text,Our number\nFern,theirs,5\n")
    assert outcome.updated == 1
    assert kept("Fern") == {text: "ours", number: Decimal(5)}
    with inside(business) as session:
        assert session.scalars(select(Vendor.version)).one() == 2, "whoever edits it meanwhile is told"


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("Our number", "twelve", "Type a number in figures"),
        ("Our date", "32/03/2026", "Type the day as year-month-day"),
        ("Our choice", "Net 90", "Choose one of these: Net 30, Net 60."),
        ("Our url", "javascript:alert(1)", "Type a web address"),
        ("Our money", "a lot", "Type an amount in figures"),
        ("Our text", "x" * 501, "Keep it under 500 characters."),
    ],
)
def test_a_row_with_what_is_no_value_is_left_out_with_its_reason(column, cell, reason, bring, own, tmp_path):
    outcome = bring(f"Supplier,{column}\nFern,{cell}\nFlint,\n")
    assert (outcome.created, outcome.failed) == (1, 1)
    with open_table(tmp_path / "left-out.csv") as table:
        [(_line, cells)] = list(table.rows())
    assert cells[0].startswith(f"The column “{column}”: {reason}")
    assert cells[1:] == ["Fern", cell]


@pytest.mark.parametrize(
    ("cells", "days"),
    [
        (["02/03/2026", "13/02/2026"], [date(2026, 3, 2), date(2026, 2, 13)]),
        (["02/03/2026", "02/13/2026"], [date(2026, 2, 3), date(2026, 2, 13)]),
        (["02/03/2026", "2026-02-04"], [date(2026, 3, 2), date(2026, 2, 4)]),
    ],
)
def test_slashes_divide_all_dates_of_a_column_in_one_way(cells, days, bring, kept, own):
    bring("Supplier,Our date\n" + "".join(f"Vendor {place},{cell}\n" for place, cell in enumerate(cells)))
    assert [kept(f"Vendor {place}")[own[FieldKind.DATE].id] for place in range(len(cells))] == days


def test_where_nothing_tells_slashes_divide_as_the_reader_writes(bring, kept, own):
    with i18n.speaking("en-US"):
        bring("Supplier,Our date\nFern,02/03/2026\n")
    assert kept("Fern") == {own[FieldKind.DATE].id: date(2026, 2, 3)}


def test_an_archived_field_takes_nothing(bring, kept, own, inside, business):
    with inside(business) as session:
        custom_fields.archive(custom_fields.at(session, own[FieldKind.TEXT].id), by=business.admin)
    bring("Supplier,Our text\nFern,two drafts\n")
    assert kept("Fern") == {}


def test_a_file_without_such_columns_asks_nothing_about_them(bring, own, count_queries):
    with count_queries() as statements:
        bring("Supplier\n" + "".join(f"Vendor {number}\n" for number in range(20)))
    index = ("DROP TRIGGER", "CREATE TRIGGER")  # which steps aside for all tables
    assert not [each for each in statements if "custom_values" in each and not each.startswith(index)]


# New fields


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["2026-01-02", "n/a", "3.4.2026", "12/31/2026"], FieldKind.DATE),
        (["12", "1,200.5", "0", "-3"], FieldKind.NUMBER),
        (["007", "012"], FieldKind.TEXT),
        (["+49 30 123456", "+49 30 654321"], FieldKind.TEXT),
        (["€12", "13.50 GBP"], FieldKind.MONEY),
        (["12", "13.50 GBP"], FieldKind.TEXT),
        (["https://fern.example", "www.moss.example"], FieldKind.URL),
        (["yes", "No", "yes"] * 2, FieldKind.CHOICE),
        (["yes", "no"], FieldKind.TEXT),
        ([f"Word {place}" for place in range(FEW + 1)] * EACH, FieldKind.TEXT),
        (["yes"] * 9, FieldKind.TEXT),
        ([], FieldKind.TEXT),
    ],
)
def test_what_a_column_seems_to_hold(cells, kind):
    seen = Seen()
    for cell in cells:
        seen.add(cell)
    assert seen.kind is kind


NEW_ONES = """Supplier,Since,Terms,Budget
Fern,02/13/2026,Net 30,1200
Flint,2026-01-02,net 30,n/a
Moss,,Net 60,
Bad,x,Net 90,
"""


@pytest.fixture
def taken(inside, business, tmp_path):
    """taken(text, {column: kind}) checks a file of which columns become new fields, and runs it if asked."""

    def take(content: str, kinds: dict[int, FieldKind], *, by=None, runs: bool = True):
        by = by or business.admin
        with inside(business) as session:
            own = imports.all_own(session)
            row = imports.upload(
                session, by=by, content=io.BytesIO(content.encode()), name="x.csv", folder=tmp_path, own=own
            )
            look, import_id = row.mapping["look"], row.id
        columns = {name: target(said) for name, said in look["mapping"].items()}
        columns |= {look["columns"][place]["name"]: NewField.of(place, kind) for place, kind in kinds.items()}
        with inside(business) as session:
            row = imports.find(session, import_id)
            own = imports.own_fields(session, columns)
            with import_reading.reading(imports.original(row, tmp_path), columns, own) as read:
                outcome = imports.check(row, by=by, columns=columns, reading=read, folder=tmp_path)
        if not runs:
            return outcome
        with inside(business) as session:
            row = imports.find(session, import_id)
            with import_reading.reading(imports.original(row, tmp_path), columns, own) as read:
                return imports.carry_out(
                    row, by=by, reading=read, usually=DoubleChoice.FILL, by_line={}, folder=tmp_path
                )

    return take


KINDS = {1: FieldKind.DATE, 2: FieldKind.CHOICE, 3: FieldKind.MONEY}


def test_columns_become_new_fields(taken, kept, inside, business):
    outcome = taken(NEW_ONES, KINDS)
    assert (outcome.created, outcome.failed, outcome.ignored) == (3, 1, [])
    with inside(business) as session:
        since, terms, budget = field_queries.fields(session)
    assert [(field.name, field.kind) for field in (since, terms, budget)] == [
        ("Since", FieldKind.DATE),
        ("Terms", FieldKind.CHOICE),
        ("Budget", FieldKind.MONEY),
    ]
    assert kept("Fern") == {
        since.id: date(2026, 2, 13),
        terms.id: terms.option_named("Net 30"),
        budget.id: Money(120_000, "GBP"),
    }
    assert kept("Flint") == {since.id: date(2026, 1, 2), terms.id: terms.option_named("Net 30")}
    again = taken(NEW_ONES, {})
    assert (again.created, again.updated, again.unchanged) == (0, 0, 3), "by their names they are known now"


def test_a_check_makes_no_field(taken, inside, business):
    assert taken(NEW_ONES, KINDS, runs=False).created == 3
    with inside(business) as session:
        assert field_queries.fields(session, archived=True) == []


def test_only_who_may_define_fields_makes_them(taken, business):
    with pytest.raises(Forbidden):
        taken(NEW_ONES, KINDS, by=business.member)


def test_a_name_that_is_taken_or_too_many_different_values_are_said_at_the_column(taken, inside, business):
    with inside(business) as session:
        field = custom_fields.define(session, by=business.admin, name="Since", kind=FieldKind.TEXT)
        custom_fields.archive(field, by=business.admin)
    with pytest.raises(Refused, match="of this name") as refused:
        taken(NEW_ONES, {1: FieldKind.DATE})
    assert refused.value.field == "column_1"
    many = "Supplier,Code\n" + "".join(f"V{n},c{n}\n" for n in range(limits.CUSTOM_CHOICES + 1))
    with pytest.raises(Refused, match="different values") as refused:
        taken(many, {1: FieldKind.CHOICE})
    assert refused.value.field == "column_1"
    assert taken(many.rsplit("V", 1)[0], {1: FieldKind.CHOICE}).created == limits.CUSTOM_CHOICES


def test_columns_that_go_nowhere_are_named(bring, taken):
    rows = "".join(f"Vendor {number},v{number}@fern.example,,,\n" for number in range(300))
    text = f"Supplier,E-mail,Colour,Empty,Shoe size\n{rows}Moss,m@moss.example,blue,,42\n"
    assert bring(text).ignored == ["Colour", "Shoe size"]
    assert taken(text, {}).ignored == ["Colour", "Shoe size"]
