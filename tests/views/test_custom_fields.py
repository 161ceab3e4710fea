"""A business's own fields on screen: defined in Settings, answered in a vendor's form, read on its page."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from crm.domain import custom_fields, vendors
from crm.models.enums import FieldKind
from crm.queries import custom_fields as field_queries
from crm.queries.custom_fields import Money
from tests.support.browsing import soup, words
from tests.support.forms import as_shown

pytestmark = pytest.mark.usefixtures("database")


def mistakes(answer) -> str:
    return words(answer, ".error-summary, .error")


def boxes(answer) -> dict[str, str]:
    """What the main form of the page would send."""
    return as_shown(answer, "main form:has(input[name=name])")


@pytest.fixture
def admin(browser_of, business):
    return browser_of(business.admin)


@pytest.fixture
def fields(inside, business):
    """The fields as they are defined now, by name."""

    def read(**options):
        with inside(business) as session:
            return {field.name: field for field in field_queries.fields(session, **options)}

    return read


@pytest.fixture
def defined(inside, business, fields):
    """One field of each kind, by its kind's name."""
    with inside(business) as session:
        for kind in FieldKind:
            options = ["Net 30", "Net 60"] if kind is FieldKind.CHOICE else []
            custom_fields.define(session, by=business.admin, name=kind.value, kind=kind, choices=options)
    return fields()


@pytest.fixture
def vendor_id(inside, business):
    with inside(business) as session:
        return vendors.add(session, by=business.member, name="Wren Studio").id


def kept(inside, business, vendor_id):
    with inside(business) as session:
        return field_queries.values_of(session, [vendor_id])[vendor_id]


def box(field) -> str:
    return custom_fields.box_of(field.id)


def test_an_admin_defines_a_field_and_changes_it(admin, fields):
    answer = admin.post(
        "/settings/fields", name="Terms", kind="choice", choices="Net 30\nNet 60\n", help_line="Paid in"
    )
    assert answer.status_code == 303
    assert "Terms" in words(admin.follow(answer))
    terms = fields()["Terms"]
    net_30, net_60 = terms.options

    page = admin.get(f"/settings/fields/{terms.id}/edit")
    assert boxes(page)["name"] == "Terms"
    admin.post(f"/settings/fields/{terms.id}", name="Payment", help_line="")
    admin.post(f"/settings/field-options/{net_30.id}", option="Thirty days")
    admin.post(f"/settings/field-options/{net_60.id}/up")
    admin.post(f"/settings/fields/{terms.id}/options", choices="At once")
    assert [option.name for option in fields()["Payment"].options] == ["Net 60", "Thirty days", "At once"]
    admin.post(f"/settings/field-options/{net_60.id}/down")
    admin.post(f"/settings/field-options/{net_30.id}/delete")
    assert [option.name for option in fields()["Payment"].options] == ["Net 60", "At once"]


def test_fields_are_ordered_put_away_asked_again_and_deleted(admin, defined, fields):
    number = defined["number"]
    admin.post(f"/settings/fields/{number.id}/up")
    assert next(iter(fields())) == "number"
    admin.post(f"/settings/fields/{number.id}/down")
    assert list(fields())[:2] == ["text", "number"]
    answer = admin.follow(admin.post(f"/settings/fields/{number.id}/archive"))
    assert "number is put away" in words(answer, "body")
    assert "number" not in fields()
    admin.post(f"/settings/fields/{number.id}/restore")
    assert "number" in fields()
    admin.post(f"/settings/fields/{number.id}/delete")
    assert "number" not in fields(archived=True)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": "", "kind": "text"}, "Type a name"),
        ({"name": "TEXT", "kind": "text"}, "There is one of this name here already."),
        ({"name": "New", "kind": "choice"}, "Type what there is to choose from, one a line."),
        ({"name": "New", "kind": "colour"}, "Choose one of the list."),
        ({"name": "x" * 201, "kind": "text"}, "Keep it under 200 characters."),
    ],
)
def test_a_field_that_breaks_a_rule_is_told_and_kept_in_its_boxes(typed, sentence, admin, defined):
    answer = admin.post("/settings/fields", **typed, help_line="As the contract says")
    assert answer.status_code == 422
    assert sentence in mistakes(answer)
    assert boxes(answer)["help_line"] == "As the contract says"


def test_deleting_says_how_many_values_go(admin, defined, inside, business, vendor_id):
    text, choice = defined["text"], defined["choice"]
    with inside(business) as session:
        values = {text.id: "two drafts", choice.id: choice.options[0]}
        custom_fields.set_values(vendors.at(session, vendor_id), values)
    page = words(admin.get(f"/settings/fields/{text.id}/edit"))
    assert "What stands in it goes too: 1 value." in page
    assert "1 vendor has something in it, so that stays." in page
    assert "1 vendor has it, and will have nothing." in words(admin.get(f"/settings/fields/{choice.id}/edit"))
    refused = admin.post(f"/settings/fields/{text.id}", name="text", kind="date")
    assert "It holds values already. Make a new field instead." in mistakes(refused)
    told = admin.follow(admin.post(f"/settings/fields/{text.id}/delete"))
    assert "text deleted, with 1 value." in words(told, "body")


@pytest.mark.parametrize("role", ["member", "viewer"])
def test_only_who_manages_sees_the_settings(role, browser_of, business, defined):
    browser = browser_of(getattr(business, role))
    assert browser.get("/settings/fields").status_code == 403
    assert browser.post("/settings/fields", name="New", kind="text").status_code == 403
    assert browser.post(f"/settings/fields/{defined['text'].id}/delete").status_code == 403
    assert "Your own fields" not in words(browser.get("/settings"))


def test_a_stranger_finds_none_of_it(browser_of, business, defined):
    stranger = browser_of(business.stranger)
    option = defined["choice"].options[0].id
    for path in (f"/settings/fields/{defined['text'].id}", f"/settings/field-options/{option}"):
        assert stranger.post(path, name="x", option="x").status_code == 404
    assert "choice" not in words(stranger.get("/settings/fields"), ".tree")


# Answers


ANSWERS = {
    "text": "two <b>drafts</b>",
    "number": "1,200.5",
    "date": "2026-01-02",
    "url": "wren.example/terms",
    "money": "1,200.50 eur",
}


def answers(defined) -> dict[str, str]:
    said = {box(defined[kind]): typed for kind, typed in ANSWERS.items()}
    return {**said, box(defined["choice"]): str(defined["choice"].options[1].id)}


def test_a_new_vendor_brings_its_answers(browser_of, business, inside, defined):
    member = browser_of(business.member)
    form = boxes(member.get("/vendors/new"))
    assert set(answers(defined)) <= set(form)
    answer = member.post("/vendors", **{**form, "name": "Linnet"})
    assert answer.status_code == 303
    made = member.post("/vendors", **{**form, "name": "Fieldnote", **answers(defined)})
    vendor_id = int(made.location.rsplit("/", 1)[1])
    assert kept(inside, business, vendor_id) == {
        defined["text"].id: "two <b>drafts</b>",
        defined["number"].id: Decimal("1200.5"),
        defined["date"].id: date(2026, 1, 2),
        defined["choice"].id: defined["choice"].options[1],
        defined["url"].id: "https://wren.example/terms",
        defined["money"].id: Money(120050, "EUR"),
    }
    panel = words(member.follow(made), "[aria-labelledby=p-custom], #p-custom, aside")
    for sentence in ("two <b>drafts</b>", "1,200.5", "Fri 2 Jan", "Net 60", "https://wren.example/terms", "€1,200.50"):
        assert sentence in panel
    edited = boxes(member.get(f"/vendors/{vendor_id}/edit"))
    assert edited[box(defined["money"])] == "1200.50 EUR"
    assert edited[box(defined["number"])] == "1200.5"
    assert edited[box(defined["choice"])] == str(defined["choice"].options[1].id)
    member.post(f"/vendors/{vendor_id}", **{**edited, box(defined["money"]): ""})
    assert defined["money"].id not in kept(inside, business, vendor_id)
    assert len(kept(inside, business, vendor_id)) == 5


def test_without_an_answer_there_is_no_panel_and_a_viewer_reads(browser_of, business, inside, defined, vendor_id):
    viewer = browser_of(business.viewer)
    assert "p-custom" not in viewer.get(f"/vendors/{vendor_id}").text
    with inside(business) as session:
        custom_fields.set_values(vendors.at(session, vendor_id), {defined["text"].id: "two drafts"})
    page = viewer.get(f"/vendors/{vendor_id}")
    assert "two drafts" in words(page)
    assert not soup(page).select('a[href$="#part-custom"]')


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("number", "twelve"),
        ("date", "31.2.2026"),
        ("url", "javascript:alert(1)"),
        ("money", "5 XQQ"),
        ("text", "x" * 501),
        ("choice", "999999"),
        ("choice", "Net 30"),
    ],
)
def test_an_answer_that_is_none_is_told_at_its_box_and_stays_there(kind, typed, client, defined, vendor_id):
    form = boxes(client.get(f"/vendors/{vendor_id}/edit"))
    sent = {**form, box(defined["text"]): "kept", box(defined[kind]): typed}
    answer = client.post(f"/vendors/{vendor_id}", **sent)
    assert answer.status_code == 422
    assert soup(answer).select_one(f"#{box(defined[kind])}-error")
    if kind != "choice":
        assert boxes(answer)[box(defined[kind])] == typed


def test_two_who_save_at_once_see_both_answers(browser_of, business, inside, defined, vendor_id):
    first, second = browser_of(business.owner), browser_of(business.member)
    text, choice, money = defined["text"], defined["choice"], defined["money"]
    opened = boxes(first.get(f"/vendors/{vendor_id}/edit"))
    theirs = {box(text): "theirs", box(choice): str(choice.options[0].id), box(money): "12 EUR"}
    second.post(f"/vendors/{vendor_id}", **{**boxes(second.get(f"/vendors/{vendor_id}/edit")), **theirs})

    clash = first.post(f"/vendors/{vendor_id}", **{**opened, box(text): "mine"})
    assert clash.status_code == 409
    table = words(clash, ".versions")
    assert "theirs" in table
    assert "mine" in table
    assert "Net 30" in table
    again = boxes(clash)
    assert again[box(text)] == "mine"
    assert again[box(money)] == "12.00 EUR", "what I left alone is my colleague's"
    assert first.post(f"/vendors/{vendor_id}", **again).status_code == 303
    values = kept(inside, business, vendor_id)
    assert values[text.id] == "mine"
    assert values[choice.id] == choice.options[0]
    assert values[money.id] == Money(1200, "EUR")


def test_a_box_that_the_page_did_not_have_keeps_what_is_there(client, inside, business, defined, vendor_id):
    form = boxes(client.get(f"/vendors/{vendor_id}/edit"))
    with inside(business) as session:
        custom_fields.set_values(vendors.at(session, vendor_id), {defined["text"].id: "kept"})
    client.post(f"/vendors/{vendor_id}", **{**form, box(defined["text"]): None})
    assert kept(inside, business, vendor_id) == {defined["text"].id: "kept"}


@pytest.mark.parametrize(
    "typed",
    ["<script>alert(1)</script>", "{{ 7 * 7 }}", "'; DROP TABLE vendors; --", "مكتب", "🦆" * 200, "a\x00b\u2028c"],
)
def test_hostile_text_is_only_text(typed, client, admin, defined, vendor_id):
    form = boxes(client.get(f"/vendors/{vendor_id}/edit"))
    assert client.post(f"/vendors/{vendor_id}", **{**form, box(defined["text"]): typed}).status_code == 303
    page = client.get(f"/vendors/{vendor_id}")
    assert not soup(page).select("main script")
    admin.post("/settings/fields", name=typed[:100], kind="choice", choices=typed[:100])
    assert not soup(admin.get("/settings/fields")).select("main script")


@pytest.mark.parametrize("count", [1, 40])
def test_the_form_asks_a_fixed_number_of_questions_of_the_database(
    count, client, inside, business, count_queries, vendor_id
):
    with inside(business) as session:
        said = {}
        for number in range(count):
            kind = FieldKind.CHOICE if number % 2 else FieldKind.TEXT
            field = custom_fields.define(session, by=business.admin, name=f"F{number}", kind=kind, choices=["a", "b"])
            said[field.id] = "x" if kind is FieldKind.TEXT else field_queries.fields(session)[-1].options[0]
        custom_fields.set_values(vendors.at(session, vendor_id), said)
    with count_queries() as statements:
        client.get(f"/vendors/{vendor_id}/edit")
    assert len(statements) <= 10, statements
