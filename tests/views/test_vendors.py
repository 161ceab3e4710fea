"""The pages of vendors: what a person types stays, and what is wrong is said in words beside it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from crm.core import limits
from crm.domain import people, vendors
from crm.models.enums import Stage
from crm.models.vendors import Person, Vendor
from tests.support.browsing import soup, words

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def kettle(inside, business) -> int:
    with inside(business) as session:
        vendor = vendors.add(
            session,
            by=business.owner,
            name="Kettle & Crane",
            what_they_do="Press for beauty",
            website="kettle.example",
            person="Ann Wren",
            email="ann@kettle.example",
            tags=["PR"],
        )
        return vendor.id


def boxes(answer) -> dict[str, object]:
    """What a browser would send of the page's form, unless somebody types."""
    [form] = soup(answer).select("main form.form")
    found: dict[str, object] = {}
    for box in form.select("input[name], textarea[name], select[name]"):
        if box["name"] == "csrf_token":
            continue
        if box.name == "select":
            chosen = box.select_one("option[selected]") or box.select_one("option")
            found[box["name"]] = chosen["value"] if chosen else ""
        elif box.get("type") in ("checkbox", "radio"):
            if box.has_attr("checked"):
                found[box["name"]] = [*found.get(box["name"], []), box.get("value", "y")]
        else:
            found[box["name"]] = box.get_text() if box.name == "textarea" else box.get("value", "")
    return found


def mistakes(answer) -> str:
    return words(answer, ".error")


# Adding


def test_a_name_and_enter_add_a_vendor(client, inside, business):
    answer = client.post("/vendors", name="Fieldnote", what_they_do="Still life")

    with inside(business) as session:
        [vendor] = session.scalars(select(Vendor)).all()
        assert (vendor.name, vendor.what_they_do) == ("Fieldnote", "Still life")
        assert vendor.owner_id == business.owner.user_id
        assert answer.location == f"/vendors/{vendor.id}"
    assert "Fieldnote added." in words(client.follow(answer), ".toasts")


def test_the_whole_form_can_be_sent_as_it_stands(client, inside, business):
    empty = boxes(client.get("/vendors/new"))
    answer = client.post("/vendors", **{**empty, "name": "Fieldnote"})
    assert answer.status_code == 303, mistakes(answer)


@pytest.mark.parametrize(("stage", "leads_to"), [("trial", "stage-moves/new"), ("parked", "stage-moves/new")])
def test_a_stage_that_asks_for_something_asks_next(stage, leads_to, client, inside, business):
    answer = client.post("/vendors", name="Fieldnote", stage=stage)

    assert leads_to in answer.location
    with inside(business) as session:
        assert session.scalars(select(Vendor.stage)).all() == [Stage.PROSPECT]
    assert client.get(answer.location, follow_redirects=True).status_code == 200


def test_what_was_typed_stays_and_each_mistake_is_said(client):
    typed = {
        "name": "",
        "what_they_do": "Letterpress labels",
        "person": "Ann Wren",
        "email": "ann.wren.example",
        "website": "javascript:alert(1)",
        "rate_amount": "-38",
        "minimum_amount": "a lot",
        "kind": "wizard",
        "stage": "elsewhere",
        "leave_from": "31/12/2026",
        "owner_id": "999999",
        "category_ids": ["1", "x"],
        "cadence_every": "1e999999999",
        "time_zone": "Mars/Olympus",
        "availability": "sometimes",
        "currency": "€€€",
    }
    answer = client.post("/vendors", **typed)

    assert answer.status_code == 422
    assert words(answer, "title").startswith("There is a problem:")
    said = mistakes(answer)
    for sentence in (
        "Type the vendor’s name",
        "Type an e-mail address with an @, like ann@wren.example.",
        "Type a web address, like https://wren.example.",
        "Type an amount from 0 up, in figures.",
        "Type an amount in figures, such as 38 or 1,200.50.",
        "Type the day as year-month-day, such as 2026-11-27.",
        "Type a whole number.",
        "Choose one of the list.",
        "Choose from the list.",
    ):
        assert sentence in said
    kept = boxes(answer)
    for box in (
        "what_they_do",
        "person",
        "email",
        "website",
        "rate_amount",
        "minimum_amount",
        "leave_from",
        "cadence_every",
    ):
        assert kept[box] == typed[box]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ann\x00Wren", "AnnWren"),
        ("Ann\u2028Wren", "Ann Wren"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("{{ 7 * 7 }}", "{{ 7 * 7 }}"),
        ("'; DROP TABLE vendors; --", "'; DROP TABLE vendors; --"),
        ("مكتب الترجمة", "مكتب الترجمة"),
        ("🦆" * 200, "🦆" * 200),
    ],
)
def test_hostile_text_is_only_text(typed, kept, client, inside, business):
    answer = client.post("/vendors", name=typed)
    assert answer.status_code == 303
    with inside(business) as session:
        assert session.scalars(select(Vendor.name)).all() == [kept]
    listed = client.get("/vendors")
    assert kept in words(listed, "tbody")
    assert not soup(listed).select("main script")


def test_bytes_that_are_no_text_do_no_harm(client):
    body = b"name=%ED%A0%80%FFAnn&csrf_token=" + client.token().encode()
    answer = client.client.post("/vendors", data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 303


def test_too_long_a_text_stays_in_its_box(client):
    answer = client.post("/vendors", name="Fieldnote", what_they_do="x" * 100_000)

    assert answer.status_code == 422
    assert "Keep it under 500 characters." in mistakes(answer)
    assert len(boxes(answer)["what_they_do"]) == 100_000


def test_more_than_a_request_may_hold_is_answered_in_words(client):
    answer = client.post("/vendors", name="x" * (limits.BODY_BYTES + 1))

    assert answer.status_code == 413
    assert "Nothing was saved" in words(answer)


def test_a_double_is_named_and_can_be_added_all_the_same(kettle, client, inside, business):
    answer = client.post("/vendors", name="Kettle and Crane Ltd", what_they_do="Press")

    assert answer.status_code == 422
    assert "Kettle & Crane has almost the same name" in words(answer, ".notice")
    assert soup(answer).select_one(".notice a")["href"] == f"/vendors/{kettle}"
    assert boxes(answer)["what_they_do"] == "Press"

    again = client.post("/vendors", **boxes(answer), despite_doubles="1")
    assert again.status_code == 303, mistakes(again)
    with inside(business) as session:
        assert len(session.scalars(select(Vendor.id)).all()) == 2


def test_ids_of_another_business_are_no_choice(client, inside, business):
    with inside(business.stranger) as session:
        theirs = vendors.add(session, by=business.stranger, name="Secret")
        category = session.scalars(select(vendors.categories.Category.id)).first()
        vendor_id = theirs.id
    answer = client.post("/vendors", name="Ann", owner_id=str(business.stranger.user_id), category_ids=[str(category)])
    assert answer.status_code == 422
    assert "Choose one of the list." in mistakes(answer)
    assert "Choose from the list." in mistakes(answer)
    for path in (f"/vendors/{vendor_id}/edit", f"/vendors/{vendor_id}/delete", f"/vendors/{vendor_id}/people/new"):
        assert client.get(path).status_code == 404
    for path in (f"/vendors/{vendor_id}", f"/vendors/{vendor_id}/delete", f"/vendors/{vendor_id}/people"):
        assert client.post(path, name="Mine now").status_code == 404


@pytest.mark.parametrize(
    "path", ["/vendors/0/edit", "/vendors/2147483648/edit", f"/vendors/{'9' * 40}/edit", "/people/9999999999/edit"]
)
def test_an_id_that_nobody_has_is_missing(path, client):
    assert client.get(path).status_code == 404


ANYTHING = st.text(st.characters(exclude_categories=("Cs",)), max_size=60) | st.sampled_from(
    [
        "",
        "0",
        "-1",
        "1e9",
        "9" * 30,
        "2026-02-30",
        "0001-01-01",
        "9999-12-31",
        "GBP",
        "own",
        "none",
        "true",
        "\x00",
        "1",
    ]
)
NAMES = [
    "name what_they_do kind category_ids tags website location time_zone working_hours languages currency rate_amount",
    "rate_period minimum_amount minimum_period availability availability_as_of availability_until leave_from leave_to",
    "source referred_by owner_id backup_id tier do_not_contact cadence_choice cadence_every cadence_unit person email",
    "stage version opened despite_doubles",
]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.dictionaries(st.sampled_from(" ".join(NAMES).split()), ANYTHING, max_size=12))
def test_nothing_that_can_be_typed_breaks_the_form(typed, client):
    answer = client.post("/vendors", **typed)
    assert answer.status_code in (303, 422), answer.text


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.dictionaries(st.sampled_from(" ".join(NAMES).split()), ANYTHING, max_size=12))
def test_nothing_that_can_be_typed_breaks_an_edit(typed, client, kettle):
    answer = client.post(f"/vendors/{kettle}", **typed)
    assert answer.status_code in (303, 409, 422), answer.text


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    asked=st.dictionaries(
        st.sampled_from("q stage owner does tag kind tier availability due sort page".split()), ANYTHING, max_size=6
    )
)
def test_no_address_of_the_list_breaks_it(asked, client, kettle):
    assert client.get("/vendors", query_string=asked).status_code == 200


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.text(st.characters(exclude_categories=("Cs",)), max_size=80))
def test_no_words_break_the_search(typed, client, kettle):
    assert client.get("/search", query_string={"q": typed}).status_code == 200


# Changing


def test_an_edit_opens_with_all_that_is_known_and_saves_it_unchanged(kettle, client, inside, business):
    shown = client.get(f"/vendors/{kettle}/edit")
    opened = boxes(shown)
    assert (opened["name"], opened["tags"], opened["website"]) == ("Kettle & Crane", "PR", "https://kettle.example")

    answer = client.post(f"/vendors/{kettle}", **opened)
    assert answer.status_code == 303, mistakes(answer)
    with inside(business) as session:
        assert session.get(Vendor, kettle).version == 1, "saving what is there changes nothing"


def test_money_reads_back_as_it_was_typed(kettle, client, inside, business):
    opened = boxes(client.get(f"/vendors/{kettle}/edit"))
    answer = client.post(
        f"/vendors/{kettle}", **{**opened, "rate_amount": "1,200.50", "currency": "EUR", "rate_period": "month"}
    )
    assert answer.status_code == 303, mistakes(answer)
    with inside(business) as session:
        vendor = session.get(Vendor, kettle)
        assert (vendor.rate_amount, vendor.currency, vendor.rate_period) == (120_050, "EUR", "month")
    assert boxes(client.get(f"/vendors/{kettle}/edit"))["rate_amount"] == "1200.50"


def test_the_second_of_two_sees_both_texts_and_loses_nothing(kettle, browser_of, inside, business):
    olive, milo = browser_of(business.owner), browser_of(business.member)
    first, second = boxes(olive.get(f"/vendors/{kettle}/edit")), boxes(milo.get(f"/vendors/{kettle}/edit"))

    saved = olive.post(f"/vendors/{kettle}", **{**first, "location": "Leeds", "languages": "English"})
    assert saved.status_code == 303
    late = milo.post(f"/vendors/{kettle}", **{**second, "location": "York", "what_they_do": "Press for makers"})

    assert late.status_code == 409
    assert "Olive changed this while you were typing." in words(late, ".conflict")
    table = words(late, ".versions tbody")
    assert "Location Leeds York" in table
    assert "Languages English You left this as it was." in table
    assert "Press for makers" not in table, "only what the other one changed is a question"
    now = boxes(late)
    assert (now["location"], now["languages"], now["what_they_do"]) == ("York", "English", "Press for makers")

    kept = milo.post(f"/vendors/{kettle}", **now, choice="mine")
    assert kept.status_code == 303
    with inside(business) as session:
        vendor = session.get(Vendor, kettle)
        assert (vendor.location, vendor.languages, vendor.what_they_do) == ("York", "English", "Press for makers")


def test_a_third_save_in_between_is_met_again(kettle, browser_of, business):
    olive, milo = browser_of(business.owner), browser_of(business.member)
    opened = boxes(milo.get(f"/vendors/{kettle}/edit"))
    for place in ("Leeds", "Hull"):
        assert (
            olive.post(
                f"/vendors/{kettle}", **{**boxes(olive.get(f"/vendors/{kettle}/edit")), "location": place}
            ).status_code
            == 303
        )
        late = milo.post(f"/vendors/{kettle}", **{**opened, "location": "York"})
        assert late.status_code == 409
        assert f"Location {place} York" in words(late, ".versions tbody")
        opened = boxes(late)


# The list


def test_the_list_takes_the_same_five_queries_with_10_and_with_300(client, inside, business, count_queries):
    counts = []
    for number in (10, 300):
        with inside(business) as session:
            for each in range(number - (10 if number > 10 else 0)):
                vendor = Vendor(
                    name=f"Vendor {number} {each}",
                    normal_name=f"vendor {number} {each}",
                    stage_since=business.workspace.today,
                    cadence_began_on=business.workspace.today,
                    owner_id=business.owner.user_id,
                )
                session.add(vendor)
        client.get("/vendors")
        with count_queries() as statements:
            answer = client.get("/vendors?owner=mine&sort=-due")
        counts.append(len(statements))
        assert len(soup(answer).select("tbody tr")) == min(number, limits.PAGE_ROWS)
        assert len(soup(answer).select("*")) < 1_500

    assert counts == [5, 5], statements


def test_pages_lead_to_the_end_and_back(client, inside, business):
    with inside(business) as session:
        for number in range(51):
            vendors.add(session, by=business.owner, name=f"Vendor {number:02}", despite_doubles=True)
    first = client.get("/vendors?stage=prospect&q=vendor")
    assert words(first, ".pager").endswith("1 to 50 of 51")
    last = client.get(soup(first).select_one(".pager a[rel=next]")["href"])
    assert [row.get_text() for row in soup(last).select("tbody th a")] == ["Vendor 50"]
    assert soup(last).select_one(".pager a[rel=next]") is None
    assert "stage=prospect" in soup(last).select_one(".pager a[rel=prev]")["href"]
    assert "Vendor 50" in words(client.get("/vendors?page=9999"), "tbody"), "beyond the end is the end"


def test_filters_are_kept_by_every_link(kettle, client):
    page = soup(client.get("/vendors?owner=mine&tag=PR&sort=-due&nonsense=1"))
    for link in page.select("thead th a, .chips a"):
        assert "owner=mine" in link["href"]
        assert "tag=PR" in link["href"]
        assert "nonsense" not in link["href"]


def test_an_empty_list_says_how_to_begin(client):
    assert "Begin with the ones you work with" in words(client.get("/vendors"), ".empty")
    assert "Nothing fits" in words(client.get("/vendors?tier=A"), ".empty")


def test_a_viewer_sees_the_list_and_changes_nothing(kettle, browser_of, business):
    vera = browser_of(business.viewer)
    listed = vera.get("/vendors")
    assert "Kettle & Crane" in words(listed)
    assert not soup(listed).select("a[href='/vendors/new']")
    assert vera.get("/vendors/new").status_code == 403
    assert vera.post("/vendors", name="Mine").status_code == 403
    assert vera.post(f"/vendors/{kettle}", name="Mine", version="1").status_code == 403


# Deleting


def test_deleting_asks_first_and_only_those_who_manage(kettle, browser_of, inside, business):
    assert browser_of(business.member).get(f"/vendors/{kettle}/delete").status_code == 403
    ada = browser_of(business.admin)
    asked = ada.get(f"/vendors/{kettle}/delete")
    assert "Delete Kettle & Crane?" in words(asked, "h1")
    with inside(business) as session:
        assert session.get(Vendor, kettle)
    answer = ada.post(f"/vendors/{kettle}/delete")
    assert "Kettle & Crane deleted." in words(ada.follow(answer), ".toasts")
    with inside(business) as session:
        assert session.get(Vendor, kettle) is None


# The search box


def test_the_search_box_finds_people(kettle, client):
    answer = client.get("/search?q=ann+w")
    assert "Kettle & Crane" in words(answer, "#results")
    assert "Ann Wren" in words(answer, "#results")


def test_what_is_not_found_can_be_added(client):
    answer = client.get("/search?q=videographer")
    assert "Nothing found for “videographer”" in words(answer, "#results")
    there = client.get(soup(answer).select_one("#results a[href*='/vendors/new']")["href"])
    assert boxes(there)["name"] == "videographer"


# People


def test_a_person_is_added_and_changed(kettle, client, inside, business):
    added = client.post(
        f"/vendors/{kettle}/people",
        name="Ayo Brandt",
        emails="ayo@kettle.example\r\n\r\nbills@kettle.example",
        phones="",
    )
    assert added.status_code == 303, mistakes(added)
    with inside(business) as session:
        person_id = session.scalars(select(Person.id).where(Person.name == "Ayo Brandt")).one()
    opened = boxes(client.get(f"/people/{person_id}/edit"))
    assert opened["emails"].split() == ["ayo@kettle.example", "bills@kettle.example"]
    answer = client.post(f"/people/{person_id}", **{**opened, "role": "Invoices"})
    assert answer.status_code == 303, mistakes(answer)
    with inside(business) as session:
        assert session.get(Person, person_id).role == "Invoices"
    gone = client.post(f"/people/{person_id}/delete")
    assert "Ayo Brandt deleted." in words(client.follow(gone), ".toasts")


def test_the_line_that_is_wrong_is_named(kettle, client):
    answer = client.post(
        f"/vendors/{kettle}/people", name="Ayo", emails="ayo@kettle.example\nayo.kettle", phones="ring"
    )
    assert answer.status_code == 422
    assert "(ayo.kettle)" in mistakes(answer)
    assert "(ring)" in mistakes(answer)
    assert boxes(answer)["emails"].split() == ["ayo@kettle.example", "ayo.kettle"]


def test_two_people_change_the_same_person(kettle, browser_of, inside, business):
    with inside(business) as session:
        person_id = session.scalars(select(Person.id)).one()
    olive, milo = browser_of(business.owner), browser_of(business.member)
    first, second = boxes(olive.get(f"/people/{person_id}/edit")), boxes(milo.get(f"/people/{person_id}/edit"))
    assert olive.post(f"/people/{person_id}", **{**first, "notes": "Rings back"}).status_code == 303
    late = milo.post(f"/people/{person_id}", **{**second, "notes": "Never ring"})
    assert late.status_code == 409
    assert "Notes Rings back Never ring" in words(late, ".versions tbody")
    assert milo.post(f"/people/{person_id}", **boxes(late)).status_code == 303
    with inside(business) as session:
        assert session.get(Person, person_id).notes == "Never ring"


PERSON = "name role emails phones preferred_channel notes version opened".split()


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.dictionaries(st.sampled_from(PERSON), ANYTHING, max_size=8))
def test_nothing_that_can_be_typed_breaks_the_form_of_a_person(typed, client, kettle):
    assert client.post(f"/vendors/{kettle}/people", **typed).status_code in (303, 422)


def test_somebody_of_another_business_is_missing(client, inside, business):
    with inside(business.stranger) as session:
        secret = vendors.add(session, by=business.stranger, name="Secret")
        person_id = people.add(secret, by=business.stranger, name="Sam").id
    assert client.get(f"/people/{person_id}/edit").status_code == 404
    assert client.post(f"/people/{person_id}", name="Mine").status_code == 404
    assert client.post(f"/people/{person_id}/delete").status_code == 404
