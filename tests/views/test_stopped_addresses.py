"""Marking an address by hand, where it stands: with a person, an opening, a letter; and the page of all of them."""

import pytest

from crm.core.tenancy import workspace_session
from crm.domain import openings, people, stopped_addresses, vendors
from crm.models.enums import MailKind, StopReason
from tests.support.browsing import words
from tests.support.letters import put_in

ANA = "ana@northlight.example"
NOTHING_MORE = "Nothing more goes to"
MARKED = "Mail to it comes back. Marked by"


@pytest.fixture
def places(engine, business, inside) -> dict[str, str]:
    """Where Ana's address stands."""
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Northlight Studio")
        person = people.add(vendor, by=business.owner, name="Ana Ruiz", emails=[ANA])
        opening = openings.add(session, by=business.owner, business="Harbour Dental", email=ANA)
        found = {"person": f"/people/{person.id}/edit", "opening": f"/openings/{opening.id}"}
    letter = put_in(engine, business.member, kind=MailKind.TOUCH, recipient=ANA, to_outsider=True)
    return {**found, "letter": f"/outbox/{letter.id}", "list": "/stopped-addresses"}


def is_stopped(engine, business) -> bool:
    with workspace_session(engine, business.workspace.id, writing=False) as session:
        return stopped_addresses.is_stopped(session, ANA)


@pytest.mark.parametrize("where", ["person", "opening", "letter"])
def test_it_is_marked_where_it_stands_and_unmarked_there(engine, business, browser_of, places, where) -> None:
    browser, path = browser_of(business.member), places[where]
    assert NOTHING_MORE in words(browser.get(path))
    answer = browser.post(f"/stopped-addresses?back={path}", address=ANA, why="returned")
    assert (answer.status_code, answer.location) == (303, path)
    assert is_stopped(engine, business)
    shown = words(browser.get(path))
    assert f"{MARKED} {business.member.user.name}" in shown
    answer = browser.post(f"/stopped-addresses/lift?back={path}", address=ANA)
    assert (answer.status_code, answer.location) == (303, path)
    assert not is_stopped(engine, business)
    assert MARKED not in words(browser.get(path))


def test_the_list_names_them_with_why_and_takes_one_more(engine, business, browser_of, inside) -> None:
    browser = browser_of(business.owner)
    assert "None so far" in words(browser.get("/stopped-addresses"))
    assert browser.post("/stopped-addresses", address=ANA, why="asked_to_stop").location == "/stopped-addresses"
    shown = words(browser.get("/stopped-addresses"))
    assert ANA in shown
    assert "They want no more mail. Marked by" in shown


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"address": "ana at northlight", "why": "returned"}, "with an @"),
        ({"address": "", "why": "returned"}, "Type their e-mail address."),
        ({"address": ANA, "why": "because"}, "Choose one of the list."),
        ({"address": ANA}, "Choose one of the list."),
    ],
)
def test_what_cannot_be_marked_is_said_beside_its_box(engine, business, browser_of, typed, said) -> None:
    answer = browser_of(business.member).post("/stopped-addresses", **typed)
    assert answer.status_code == 422
    assert said in words(answer)
    assert not is_stopped(engine, business)


def test_who_may_only_look_sees_the_mark_and_no_button(engine, business, browser_of, places, inside) -> None:
    with inside(business) as session:
        stopped_addresses.stop(session, ANA, by=business.member, why=StopReason.RETURNED)
    viewer = browser_of(business.viewer)
    for where in ("opening", "list"):
        shown = words(viewer.get(places[where]))
        assert MARKED in shown
        assert "Write to it again" not in shown
    assert viewer.post("/stopped-addresses/lift", address=ANA).status_code == 403
    assert viewer.post("/stopped-addresses", address="tom@x.example", why="returned").status_code == 403
    assert is_stopped(engine, business)


def test_a_stranger_sees_and_changes_nothing_of_it(engine, business, browser_of, inside) -> None:
    with inside(business) as session:
        stopped_addresses.stop(session, ANA, by=business.member, why=StopReason.RETURNED)
    stranger = browser_of(business.stranger)
    assert ANA not in words(stranger.get("/stopped-addresses"))
    stranger.post("/stopped-addresses/lift", address=ANA)
    assert is_stopped(engine, business)


def test_an_address_of_our_own_people_is_not_offered(engine, business, browser_of) -> None:
    letter = put_in(engine, business.member, kind=MailKind.TEST)
    assert NOTHING_MORE not in words(browser_of(business.member).get(f"/outbox/{letter.id}"))


def test_a_page_of_them_asks_one_question(engine, business, browser_of, inside, count_queries) -> None:
    browser = browser_of(business.owner)
    asked = []
    for many in (1, 30):
        with inside(business) as session:
            for number in range(many):
                stopped_addresses.stop(
                    session, f"p{many}-{number}@x.example", by=business.member, why=StopReason.RETURNED
                )
        with count_queries(engine) as statements:
            browser.get("/stopped-addresses")
        asked.append(len(statements))
    assert asked[0] == asked[1]


def test_a_vendors_page_tells_which_address_takes_no_more_mail(business, browser_of, inside, places) -> None:
    with inside(business) as session:
        vendor = people.at(session, int(places["person"].split("/")[2])).vendor_id
        people.add(vendors.at(session, vendor), by=business.owner, name="Tom", emails=["tom@northlight.example"])
        stopped_addresses.stop(session, ANA, by=business.member, why=StopReason.ASKED_TO_STOP)
    shown = words(browser_of(business.viewer).get(f"/vendors/{vendor}"), "main")
    assert f"{ANA} No more mail" in shown
    assert "tom@northlight.example No more mail" not in shown
