"""Fields of a business's own: what may be defined, what may stand in them, and one text form for each kind."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from crm.core import limits
from crm.core.errors import Forbidden, Missing, Refused
from crm.domain import custom_fields, vendors
from crm.domain.custom_fields import as_text, parse
from crm.models.custom_fields import CustomChoice, CustomValue
from crm.models.enums import FieldKind
from crm.models.vendors import Vendor
from crm.queries import custom_fields as field_queries
from crm.queries.custom_fields import Field, Money, Operator, Option, Value

OPTIONS = (Option(1, "Net 30"), Option(2, "Net 60"))


def field_of(kind: FieldKind) -> Field:
    return Field(1, "Terms", kind, options=OPTIONS if kind is FieldKind.CHOICE else ())


def read(kind: FieldKind, typed: str) -> Value | None:
    return parse(field_of(kind), typed, currency="GBP")


# One text form for each kind


@pytest.mark.parametrize(
    ("kind", "typed", "value", "text"),
    [
        (FieldKind.TEXT, "  two \n words ", "two words", "two words"),
        (FieldKind.NUMBER, "1,200.50", Decimal("1200.5"), "1200.5"),
        (FieldKind.NUMBER, "-0", Decimal(0), "0"),
        (FieldKind.NUMBER, "1000", Decimal(1000), "1000"),
        (FieldKind.DATE, "2026-11-27", date(2026, 11, 27), "2026-11-27"),
        (FieldKind.DATE, "27.11.2026", date(2026, 11, 27), "2026-11-27"),
        (FieldKind.CHOICE, "NET 60", OPTIONS[1], "Net 60"),
        (FieldKind.URL, "fern.example", "https://fern.example", "https://fern.example"),
        (FieldKind.MONEY, "38.5", Money(3850, "GBP"), "38.50 GBP"),
        (FieldKind.MONEY, "€1,200", Money(120000, "EUR"), "1200.00 EUR"),
        (FieldKind.MONEY, "usd 5", Money(500, "USD"), "5.00 USD"),
        (FieldKind.MONEY, "1500 JPY", Money(1500, "JPY"), "1500 JPY"),
        (FieldKind.MONEY, "-3.20", Money(-320, "GBP"), "-3.20 GBP"),
        *((kind, " \t\n", None, "") for kind in FieldKind),
    ],
)
def test_a_text_becomes_a_value_and_the_value_one_text(kind, typed, value, text):
    assert read(kind, typed) == value
    assert as_text(value) == text


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (FieldKind.TEXT, "x" * (limits.LINE_LENGTH + 1)),
        (FieldKind.NUMBER, "1e9"),
        (FieldKind.NUMBER, "twelve"),
        (FieldKind.NUMBER, "1,5"),
        (FieldKind.NUMBER, "0.0000001"),
        (FieldKind.NUMBER, "1000000000000"),
        (FieldKind.NUMBER, "NaN"),
        (FieldKind.NUMBER, "9" * 400),
        (FieldKind.DATE, "31.2.2026"),
        (FieldKind.DATE, "02/03/2026"),
        (FieldKind.DATE, "1899-12-31"),
        (FieldKind.DATE, "2200-01-01"),
        (FieldKind.CHOICE, "Net 90"),
        (FieldKind.URL, "javascript:alert(1)"),
        (FieldKind.URL, "two words"),
        (FieldKind.MONEY, "38.505"),
        (FieldKind.MONEY, "5 XQQ"),
        (FieldKind.MONEY, "EUR 5 GBP"),
        (FieldKind.MONEY, "GBP"),
        (FieldKind.MONEY, str(limits.MONEY_LARGEST)),
    ],
)
def test_what_is_no_value_of_the_kind_is_refused_in_words(kind, typed):
    with pytest.raises(Refused) as refused:
        read(kind, typed)
    assert str(refused.value)


VALUES: dict[FieldKind, st.SearchStrategy[Value]] = {
    FieldKind.TEXT: st.text(min_size=1, max_size=limits.LINE_LENGTH).map(lambda typed: read(FieldKind.TEXT, typed)),
    FieldKind.NUMBER: st.decimals(
        min_value=-(10**12) + 1, max_value=10**12 - 1, places=custom_fields.NUMBER_PLACES, allow_nan=False
    ),
    FieldKind.DATE: st.dates(custom_fields.FIRST_DAY, custom_fields.LAST_DAY),
    FieldKind.CHOICE: st.sampled_from(OPTIONS),
    FieldKind.URL: st.from_regex(r"[a-z]{1,20}\.example(/[a-zA-Z0-9?=&%~-]{0,30})?", fullmatch=True).map(
        lambda typed: read(FieldKind.URL, typed)
    ),
    FieldKind.MONEY: st.builds(
        Money,
        st.integers(-limits.MONEY_LARGEST, limits.MONEY_LARGEST),
        st.sampled_from(["GBP", "EUR", "USD", "JPY", "KWD", "CLF"]),
    ),
}


@pytest.mark.parametrize("kind", list(FieldKind))
@given(data=st.data())
def test_what_was_written_is_read_back(kind, data):
    value = data.draw(VALUES[kind].filter(lambda drawn: drawn is not None))
    assert read(kind, as_text(value)) == value


@pytest.mark.parametrize("kind", list(FieldKind))
@given(typed=st.text(max_size=80))
def test_any_text_is_a_value_or_refused(kind, typed):
    try:
        value = read(kind, typed)
    except Refused:
        return
    assert read(kind, as_text(value)) == value


# Defining


@pytest.fixture
def define(inside, business):
    """Defines a field and answers with its id."""

    def make(name: str, kind: FieldKind, *options: str) -> int:
        with inside(business) as session:
            return custom_fields.define(session, by=business.admin, name=name, kind=kind, choices=options).id

    return make


@pytest.fixture
def vendor_id(inside, business) -> int:
    with inside(business) as session:
        return vendors.add(session, by=business.member, name="Wren Studio").id


def fields(inside, business, **options) -> list[Field]:
    with inside(business) as session:
        return field_queries.fields(session, **options)


def put(inside, business, vendor_id: int, values) -> set[str]:
    with inside(business) as session:
        vendor = vendors.at(session, vendor_id)
        return vendors.edit(vendor, by=business.member, version=vendor.version, custom=values)


def values(inside, business, vendor_id: int) -> dict[int, Value]:
    with inside(business) as session:
        return field_queries.values_of(session, [vendor_id])[vendor_id]


@pytest.mark.parametrize("role", ["member", "viewer"])
def test_only_admins_define_fields(role, inside, business, define):
    field_id = define("Terms", FieldKind.CHOICE, "Net 30")
    person = getattr(business, role)
    with inside(business) as session:
        field = custom_fields.at(session, field_id)
        option = custom_fields.option_at(session, field_queries.fields(session)[0].options[0].id)
        for act in (
            lambda: custom_fields.define(session, by=person, name="Other", kind=FieldKind.TEXT),
            lambda: custom_fields.rename(field, by=person, name="Other"),
            lambda: custom_fields.change_kind(field, by=person, kind=FieldKind.TEXT),
            lambda: custom_fields.move(field, by=person, steps=1),
            lambda: custom_fields.archive(field, by=person),
            lambda: custom_fields.restore(field, by=person),
            lambda: custom_fields.delete_field(field, by=person),
            lambda: custom_fields.add_options(field, by=person, names=["Net 60"]),
            lambda: custom_fields.rename_option(option, by=person, name="Net 31"),
            lambda: custom_fields.move_option(option, by=person, steps=1),
            lambda: custom_fields.delete_option(option, by=person),
        ):
            with pytest.raises(Forbidden):
                act()


@pytest.mark.parametrize(
    ("said", "box"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "TERMS "}, "name"),
        ({"name": "New", "help_line": "x" * 501}, "help_line"),
        ({"name": "New", "kind": FieldKind.CHOICE}, "choices"),
        ({"name": "New", "kind": FieldKind.CHOICE, "choices": ["x" * 201]}, "choices"),
        ({"name": "New", "kind": FieldKind.CHOICE, "choices": map(str, range(limits.CUSTOM_CHOICES + 1))}, "choices"),
    ],
)
def test_a_definition_that_breaks_a_rule_is_refused_at_its_box(said, box, inside, business, define):
    define("Terms", FieldKind.TEXT)
    with inside(business) as session, pytest.raises(Refused) as refused:
        custom_fields.define(session, **{"by": business.admin, "kind": FieldKind.TEXT, **said})
    assert refused.value.field == box


def test_there_is_a_most_of_fields(inside, business):
    with inside(business) as session:
        for number in range(limits.CUSTOM_FIELDS):
            custom_fields.define(session, by=business.admin, name=f"Field {number}", kind=FieldKind.TEXT)
        with pytest.raises(Refused):
            custom_fields.define(session, by=business.admin, name="One more", kind=FieldKind.TEXT)


def test_fields_stand_in_the_order_given_and_archived_ones_are_hidden(inside, business, define):
    terms, since, rate = (
        define("Terms", FieldKind.TEXT),
        define("Since", FieldKind.DATE),
        define("Rate", FieldKind.MONEY),
    )
    with inside(business) as session:
        custom_fields.move(custom_fields.at(session, rate), by=business.admin, steps=-2)
        custom_fields.archive(custom_fields.at(session, terms), by=business.admin)
    assert [field.id for field in fields(inside, business)] == [rate, since]
    assert [(field.id, field.is_archived) for field in fields(inside, business, archived=True)] == [
        (rate, False),
        (since, False),
        (terms, True),
    ]
    with inside(business) as session:
        custom_fields.restore(custom_fields.at(session, terms), by=business.admin)
    assert {field.id for field in fields(inside, business)} == {rate, since, terms}


def test_another_business_has_fields_of_its_own(inside, business, define):
    field_id = define("Terms", FieldKind.CHOICE, "Net 30")
    option_id = fields(inside, business)[0].options[0].id
    with inside(business.stranger) as session:
        assert field_queries.fields(session, archived=True) == []
        for ask in (
            lambda: custom_fields.at(session, field_id),
            lambda: custom_fields.option_at(session, option_id),
        ):
            with pytest.raises(Missing):
                ask()
        custom_fields.define(session, by=business.stranger, name="Terms", kind=FieldKind.TEXT)
        vendor = vendors.add(session, by=business.stranger, name="Theirs")
        with pytest.raises(Refused):
            vendors.edit(vendor, by=business.stranger, version=vendor.version, custom={field_id: "x"})


def test_a_forged_field_or_option_fails_in_the_database_too(engine, inside, business, define, vendor_id):
    terms, other = define("Terms", FieldKind.CHOICE, "Net 30"), define("Paid by", FieldKind.CHOICE, "Card")
    card = fields(inside, business)[1].options[0].id
    with pytest.raises(IntegrityError), inside(business) as session:
        session.add(CustomValue(vendor_id=vendor_id, field_id=terms, choice_id=card))
    with inside(business.stranger) as session:
        theirs = vendors.add(session, by=business.stranger, name="Theirs").id
    with pytest.raises(IntegrityError), inside(business.stranger) as session:
        session.add(CustomValue(vendor_id=theirs, field_id=other, choice_id=card))


# Values


def test_each_kind_is_kept_exactly(inside, business, define, vendor_id):
    said: dict[int, Value | None] = {
        define("Text", FieldKind.TEXT): "’); DROP TABLE vendors; -- 𝄞",
        define("Number", FieldKind.NUMBER): Decimal("-999999999999.123456"),
        define("Date", FieldKind.DATE): date(1900, 1, 1),
        define("Address", FieldKind.URL): "https://wren.example/a?b=c#d",
        define("Money", FieldKind.MONEY): Money(limits.MONEY_LARGEST, "KWD"),
    }
    choice = define("Choice", FieldKind.CHOICE, "Net 30", "Net 60")
    said[choice] = fields(inside, business)[-1].options[1]
    assert put(inside, business, vendor_id, said) == {"custom"}
    assert values(inside, business, vendor_id) == said
    assert put(inside, business, vendor_id, said) == set(), "saying it again changes nothing"
    with inside(business) as session:
        assert vendors.at(session, vendor_id).version == 2


def test_what_is_left_out_stays_and_none_empties(inside, business, define, vendor_id):
    one, two = define("One", FieldKind.TEXT), define("Two", FieldKind.TEXT)
    put(inside, business, vendor_id, {one: "a", two: "b"})
    put(inside, business, vendor_id, {one: None})
    assert values(inside, business, vendor_id) == {two: "b"}
    assert put(inside, business, vendor_id, {one: None}) == set()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (FieldKind.TEXT, Decimal(1)),
        (FieldKind.TEXT, " untidy "),
        (FieldKind.NUMBER, "1"),
        (FieldKind.NUMBER, Decimal("0.1234567")),
        (FieldKind.DATE, date(1800, 1, 1)),
        (FieldKind.URL, "javascript:alert(1)"),
        (FieldKind.MONEY, Money(1, "XQQ")),
        (FieldKind.CHOICE, Option(10**6, "Nowhere")),
        (FieldKind.CHOICE, "Net 30"),
    ],
)
def test_a_value_of_another_kind_is_refused_whoever_says_it(kind, value, inside, business, define, vendor_id):
    field_id = define("Field", kind, *(["Net 30"] if kind is FieldKind.CHOICE else []))
    with pytest.raises(Refused) as refused:
        put(inside, business, vendor_id, {field_id: value})
    assert refused.value.field == custom_fields.box_of(field_id)


def test_an_archived_field_keeps_its_values_and_takes_none(inside, business, define, vendor_id):
    field_id = define("Terms", FieldKind.TEXT)
    put(inside, business, vendor_id, {field_id: "thirty days"})
    with inside(business) as session:
        custom_fields.archive(custom_fields.at(session, field_id), by=business.admin)
    assert values(inside, business, vendor_id) == {}
    with pytest.raises(Refused):
        put(inside, business, vendor_id, {field_id: "x"})
    with inside(business) as session:
        custom_fields.restore(custom_fields.at(session, field_id), by=business.admin)
    assert values(inside, business, vendor_id) == {field_id: "thirty days"}


def test_a_kind_changes_only_while_nothing_stands_in_the_field(inside, business, define, vendor_id):
    field_id = define("Since", FieldKind.TEXT)
    with inside(business) as session:
        custom_fields.change_kind(custom_fields.at(session, field_id), by=business.admin, kind=FieldKind.DATE)
    put(inside, business, vendor_id, {field_id: date(2026, 1, 2)})
    with inside(business) as session, pytest.raises(Refused) as refused:
        custom_fields.change_kind(custom_fields.at(session, field_id), by=business.admin, kind=FieldKind.TEXT)
    assert refused.value.field == "kind"


def test_an_option_that_is_renamed_is_renamed_everywhere(inside, business, define, vendor_id):
    field_id = define("Terms", FieldKind.CHOICE, "Net 30", "Net 60")
    net_30 = fields(inside, business)[0].options[0]
    put(inside, business, vendor_id, {field_id: net_30})
    with inside(business) as session:
        option = custom_fields.option_at(session, net_30.id)
        custom_fields.rename_option(option, by=business.admin, name="Thirty days")
        with pytest.raises(Refused):
            custom_fields.rename_option(option, by=business.admin, name="NET 60")
    assert values(inside, business, vendor_id) == {field_id: Option(net_30.id, "Thirty days")}


def test_options_are_added_ordered_and_taken_away(inside, business, define, vendor_id):
    field_id = define("Terms", FieldKind.CHOICE, "Net 30", "net 30", "", "Net 60")
    with inside(business) as session:
        field = custom_fields.at(session, field_id)
        custom_fields.add_options(field, by=business.admin, names=["NET 60", "At once"])
        options = {option.name: option for option in session.query(CustomChoice)}
        custom_fields.move_option(options["At once"], by=business.admin, steps=-2)
    assert [option.name for option in fields(inside, business)[0].options] == ["At once", "Net 30", "Net 60"]
    put(inside, business, vendor_id, {field_id: fields(inside, business)[0].options[0]})
    with inside(business) as session:
        option = custom_fields.option_at(session, fields(inside, business)[0].options[0].id)
        assert custom_fields.delete_option(option, by=business.admin) == 1
    assert values(inside, business, vendor_id) == {}


def test_deleting_a_field_or_a_vendor_takes_the_values_with_it(inside, business, define, vendor_id):
    terms, since = define("Terms", FieldKind.CHOICE, "Net 30"), define("Since", FieldKind.DATE)
    put(inside, business, vendor_id, {terms: fields(inside, business)[0].options[0], since: date(2026, 1, 2)})
    with inside(business) as session:
        assert custom_fields.delete_field(custom_fields.at(session, terms), by=business.admin) == 1
    assert values(inside, business, vendor_id) == {since: date(2026, 1, 2)}
    with inside(business) as session:
        session.delete(session.get_one(Vendor, vendor_id))
    with inside(business) as session:
        assert session.scalar(select(func.count(CustomValue.id))) == 0


# Filtering and sorting


@pytest.fixture
def three(inside, business, define):
    """Three vendors with values, one with none; and the fields by kind."""
    by_kind = {
        kind: define(kind.value, kind, *(["Net 60", "Net 30"] if kind is FieldKind.CHOICE else []))
        for kind in FieldKind
    }
    known = {field.kind: field for field in fields(inside, business)}
    first, last = known[FieldKind.CHOICE].options
    rows: dict[str, list[Value]] = {
        "Ann": ["Élan vital", Decimal("1.5"), date(2026, 1, 1), first, "https://ann.example", Money(100, "GBP")],
        "Bob": ["100% plan_b", Decimal("1.6"), date(2026, 1, 2), last, "https://bob.example", Money(200, "GBP")],
        "Cat": ["elan", Decimal(-7), date(2025, 12, 31), last, "https://cat.example/a_b", Money(150, "EUR")],
    }
    with inside(business) as session:
        for name, said in rows.items():
            custom = {by_kind[kind]: value for kind, value in zip(FieldKind, said, strict=True)}
            vendors.add(session, by=business.member, name=name, custom=custom)
        vendors.add(session, by=business.member, name="Dan")
    return known


def found(inside, business, *conditions) -> str:
    with inside(business) as session:
        return "".join(
            name[0] for name in session.scalars(select(Vendor.name).where(*conditions).order_by(Vendor.name))
        )


@pytest.mark.parametrize(
    ("kind", "operator", "value", "expected"),
    [
        (FieldKind.TEXT, Operator.CONTAINS, "ELAN", "AC"),
        (FieldKind.TEXT, Operator.CONTAINS, "vit él", "A"),
        (FieldKind.TEXT, Operator.CONTAINS, "%", "B"),
        (FieldKind.TEXT, Operator.IS, "élan", "C"),
        (FieldKind.TEXT, Operator.CONTAINS, "lan", ""),
        (FieldKind.URL, Operator.CONTAINS, "bob.example", "B"),
        (FieldKind.NUMBER, Operator.AT_LEAST, Decimal("1.5"), "AB"),
        (FieldKind.NUMBER, Operator.AT_MOST, Decimal("1.5"), "AC"),
        (FieldKind.NUMBER, Operator.IS, Decimal("1.60"), "B"),
        (FieldKind.DATE, Operator.AT_LEAST, date(2026, 1, 1), "AB"),
        (FieldKind.DATE, Operator.IS, date(2025, 12, 31), "C"),
        (FieldKind.MONEY, Operator.AT_LEAST, Money(100, "GBP"), "AB"),
        (FieldKind.MONEY, Operator.AT_MOST, Money(150, "GBP"), "A"),
        (FieldKind.MONEY, Operator.IS, Money(150, "EUR"), "C"),
        *((kind, Operator.FILLED, None, "ABC") for kind in FieldKind),
        *((kind, Operator.EMPTY, None, "D") for kind in FieldKind),
    ],
)
def test_each_kind_is_filtered_by_what_it_holds(kind, operator, value, expected, inside, business, three):
    assert operator in field_queries.OPERATORS[kind]
    assert found(inside, business, field_queries.condition(three[kind], operator, value)) == expected


def test_a_choice_is_filtered_by_one_or_several_options(inside, business, three):
    field = three[FieldKind.CHOICE]
    first, last = field.options
    for operator, value, expected in (
        (Operator.IS, last, "BC"),
        (Operator.IS, [first, last], "ABC"),
        (Operator.IS_NOT, last, "AD"),
        (Operator.IS, [], ""),
    ):
        assert found(inside, business, field_queries.condition(field, operator, value)) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (FieldKind.TEXT, "BCA"),
        (FieldKind.NUMBER, "CAB"),
        (FieldKind.DATE, "CAB"),
        (FieldKind.CHOICE, "ABC"),
        (FieldKind.URL, "ABC"),
        (FieldKind.MONEY, "ACB"),
    ],
)
def test_each_kind_is_sorted_by_what_it_holds(kind, expected, inside, business, three):
    key = field_queries.sort_key(three[kind])
    with inside(business) as session:
        rows = session.scalars(select(Vendor.name).where(key.is_not(None)).order_by(key, Vendor.name))
        assert "".join(name[0] for name in rows) == expected


def test_values_of_many_vendors_are_one_query(inside, business, three, count_queries):
    with inside(business) as session:
        ids = list(session.scalars(select(Vendor.id).order_by(Vendor.name)))
        with count_queries() as statements:
            values = field_queries.values_of(session, ids)
        assert len(statements) == 1
        assert [len(values[vendor_id]) for vendor_id in ids] == [6, 6, 6, 0]
