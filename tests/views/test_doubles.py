"""The page of doubles, what is said while one types, and telling two vendors apart."""

import pytest
from sqlalchemy import Engine

from crm.domain import notes, people, vendors
from crm.models.enums import Visibility
from crm.models.vendors import Vendor


@pytest.fixture
def add(inside, business):
    """add("Kettle & Crane", website="…") puts a vendor into the business and answers with its id."""

    def add_one(name: str, **fields: object) -> int:
        with inside(business) as session:
            return vendors.add(session, by=business.owner, name=name, despite_doubles=True, **fields).id

    return add_one


def test_pairs_are_shown_with_what_speaks_for_them_the_likeliest_first(client, add) -> None:
    one = add("Kettle & Crane", website="https://kettle.example", email="ann@kettle.example", person="Ann")
    add("K & C Films", email="ann@kettle.example", person="Ann")
    add("Wren Sound", location="Leeds")
    add("Wren Sounds", location="Leeds")
    add("Somebody Else")
    page = client.get("/vendors/doubles").text
    assert page.index("Kettle &amp; Crane and K &amp; C Films") < page.index("Wren Sound and Wren Sounds")
    assert "The same e-mail address: ann@kettle.example" in page
    assert "Almost the same name" in page
    assert "Somebody Else" not in page
    assert f"/vendors/{one}/merge/{one + 1}" in page


def test_without_doubles_it_says_so(client, add) -> None:
    add("Kettle & Crane")
    assert "No two vendors share" in client.get("/vendors/doubles").text


def test_who_may_not_work_looks_and_is_offered_no_act(browser_of, business, add) -> None:
    add("Wren Sound")
    add("Wren Sounds")
    page = browser_of(business.viewer).get("/vendors/doubles").text
    assert "Wren Sound and Wren Sounds" in page
    assert "Not the same" not in page
    assert "/merge/" not in page


def test_telling_two_apart_is_remembered_for_the_team_and_can_be_taken_back(client, browser_of, business, add) -> None:
    one, other = add("Wren Sound"), add("Wren Sounds")
    client.post(f"/vendors/{other}/doubles/{one}/apart")
    client.post(f"/vendors/{one}/doubles/{other}/apart")
    mate = browser_of(business.member)
    page = mate.get("/vendors/doubles").text
    assert "Wren Sound and Wren Sounds</h2>" not in page
    assert "Compare again" in page
    mate.post(f"/vendors/{one}/doubles/{other}/together")
    assert "Wren Sound and Wren Sounds</h2>" in mate.get("/vendors/doubles").text
    assert client.post(f"/vendors/{one}/doubles/{other}/together").status_code == 404


def test_a_strangers_vendor_is_told_apart_from_nobody(client, inside, business, add) -> None:
    with inside(business.stranger) as session:
        foreign = vendors.add(session, by=business.stranger, name="Wren Sound").id
    ours = add("Wren Sound Ltd")
    assert "Wren Sound and" not in client.get("/vendors/doubles").text
    assert client.post(f"/vendors/{ours}/doubles/{foreign}/apart").status_code == 404
    assert client.post(f"/vendors/{ours}/doubles/{ours}/apart").status_code == 422


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("name=kettle+and+crane", "has almost the same name"),
        ("name=Kettle+%26+Cr", "has a name that begins like this"),
        ("email=ann%40kettle.example", "has the same e-mail address"),
        ("name=Anything&website=kettle.example/about", "has the same web domain"),
        ("phone=0113+496+0000", "has the same phone number"),
    ],
)
def test_who_may_be_the_same_is_said_while_one_types(client, inside, business, add, typed, said) -> None:
    one = add("Kettle & Crane", website="https://kettle.example", email="ann@kettle.example", person="Ann")
    with inside(business) as session:
        people.add(session.get_one(Vendor, one), by=business.owner, name="Bob", phones=["+44 113 496 0000"])
    piece = client.get(f"/vendors/doubles/like?{typed}").text
    assert "Kettle &amp; Crane" in piece
    assert said in piece
    assert f'href="/vendors/{one}"' in piece
    assert "<html" not in piece


@pytest.mark.parametrize(
    "typed", ["", "name=", "name=K", "name=%26", "email=ann%40gmail.com", "name=" + "x" * 900, "but=x"]
)
def test_nothing_is_said_where_nobody_is_meant(client, add, typed) -> None:
    add("Kettle & Crane", email="ann@gmail.com", person="Ann") if "gmail" not in typed else add("Kettle & Crane")
    assert client.get(f"/vendors/doubles/like?{typed}").text.strip() == ""


def test_the_vendor_being_edited_is_not_its_own_double(client, add) -> None:
    one = add("Kettle & Crane")
    assert client.get(f"/vendors/doubles/like?name=Kettle+%26+Crane&but={one}").text.strip() == ""
    assert f"but={one}" in client.get(f"/vendors/{one}/edit").text


def test_the_page_asks_for_the_same_number_of_things_whatever_there_is(
    client, engine: Engine, add, count_queries
) -> None:
    for number in range(3):
        add(f"Wren {number} Sound")
    client.get("/vendors/doubles")
    with count_queries() as few:
        client.get("/vendors/doubles")
    for number in range(12):
        add("Kettle & Crane", email=f"hello{number}@kettle.example", person="Ann")
    with count_queries() as many:
        client.get("/vendors/doubles")
    assert len(few) == len(many) <= 10, many
    with count_queries() as typed:
        client.get("/vendors/doubles/like?name=Kettle+%26+Crane&email=x@kettle.example")
    assert len(typed) <= 9, typed


def test_notes_of_others_are_neither_told_nor_counted(browser_of, business, inside, add) -> None:
    one, other = add("Wren Sound"), add("Wren Sounds")
    with inside(business) as session:
        notes.write(session.get_one(Vendor, other), by=business.owner, body="x", visibility=Visibility.AUTHOR)
        notes.write(session.get_one(Vendor, other), by=business.owner, body="y", visibility=Visibility.ADMINS)
    assert '<th scope="row">Notes</th>' not in browser_of(business.member).get(f"/vendors/{one}/merge/{other}").text
    assert '<th scope="row">Notes</th>' in browser_of(business.owner).get(f"/vendors/{one}/merge/{other}").text
