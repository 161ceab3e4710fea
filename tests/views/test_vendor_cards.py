"""A vendor's card: what is marked stands on it and nothing else, its link, and the square that opens it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from crm.domain import people, stages, vendors
from crm.models.enums import CardPart, RatePeriod, Stage
from crm.models.vendor_cards import VendorCard
from tests.support.browsing import Browser, soup, words

SECRETS = ("Leeds", "German", "£38", "Ines Park", "ines@north.example", "+44 113 496 0000", "https://north.example")


@pytest.fixture(autouse=True)
def now(clock_at):
    clock_at("2026-10-05 09:00")
    return clock_at


@pytest.fixture
def vendor_id(inside, business) -> int:
    with inside(business) as session:
        vendor = vendors.add(
            session,
            by=business.owner,
            name="Northlight Studio",
            what_they_do="Short films",
            location="Leeds",
            languages="German",
            website="https://north.example",
            currency="GBP",
            rate_amount=3_800,
            rate_period=RatePeriod.HOUR,
        )
        people.add(
            vendor, by=business.owner, name="Ines Park", emails=["ines@north.example"], phones=["+44 113 496 0000"]
        )
        return vendor.id


@pytest.fixture
def card_of(inside, business, vendor_id):
    def read() -> VendorCard | None:
        with inside(business) as session:
            return session.scalars(select(VendorCard)).first()

    return read


def mark(client, vendor_id: int, *parts: CardPart, **more):
    return client.post(f"/vendors/{vendor_id}/card", parts=[part.value for part in parts], **more)


def share(client, vendor_id: int) -> str:
    client.post(f"/vendors/{vendor_id}/card/link")
    shown = soup(client.get(f"/vendors/{vendor_id}/card"))
    return shown.select_one(".secret").text.removeprefix("http://crm.example.org")


def test_only_what_is_marked_stands_on_it(client, nobody, vendor_id):
    mark(client, vendor_id, CardPart.LOCATION, words="They **listen**")
    page = nobody.get(share(client, vendor_id))
    assert page.status_code == 200
    said = words(page)
    assert "Northlight Studio" in said
    assert "Leeds" in said
    assert "They listen" in said
    assert "Recommended by Fern & Flint" in said
    assert not [secret for secret in (*SECRETS, "Short films") if secret != "Leeds" and secret in page.text]


def test_everything_that_is_marked_stands_on_it(client, nobody, vendor_id, inside, business):
    with inside(business) as session:
        [person] = people_of(session, vendor_id)
    mark(client, vendor_id, *CardPart, person_id=person)
    page = nobody.get(share(client, vendor_id))
    assert not [secret for secret in (*SECRETS, "Short films") if secret not in page.text]


def people_of(session, vendor_id: int) -> list[int]:
    from crm.queries.people import people_of as read

    return [row.id for row in read(session, vendor_id)]


def test_how_to_reach_them_takes_a_person(client, vendor_id, card_of):
    page = mark(client, vendor_id, CardPart.EMAIL, words="Ask her")
    assert page.status_code == 422
    assert "Choose whom to ask for." in words(page)
    assert "Ask her" in page.text
    assert card_of() is None


def test_without_a_mark_it_shows_what_most_tell_everybody(client, nobody, vendor_id):
    page = nobody.get(share(client, vendor_id))
    assert "Short films" in page.text
    assert "ines@north.example" not in page.text


def test_a_revoked_link_shows_nothing_and_a_new_one_is_another(client, nobody, vendor_id):
    first = share(client, vendor_id)
    assert share(client, vendor_id) == first
    for _twice in range(2):
        client.post(f"/vendors/{vendor_id}/card/link/revocation")
    assert nobody.get(first).status_code == 404
    second = share(client, vendor_id)
    assert second != first
    assert (nobody.get(first).status_code, nobody.get(second).status_code) == (404, 200)


@pytest.mark.parametrize("spoilt", ["x", "", "other"])
def test_a_forged_link_shows_nothing(client, nobody, vendor_id, spoilt):
    path = share(client, vendor_id)
    token = path.removeprefix("/cards/")
    forged = {"x": token[:-2], "": "nonsense", "other": token.replace(token[3], "A" if token[3] != "A" else "B", 1)}
    assert nobody.get(f"/cards/{forged[spoilt]}").status_code == 404


def test_who_left_us_or_wants_to_be_left_alone_is_shown_no_more(client, nobody, vendor_id, inside, business):
    path = share(client, vendor_id)
    with inside(business) as session:
        vendor = vendors.at(session, vendor_id)
        vendor.do_not_contact = True
    assert nobody.get(path).status_code == 404
    with inside(business) as session:
        vendor = vendors.at(session, vendor_id)
        vendor.do_not_contact = False
        stages.move(vendor, by=business.owner, to=Stage.ENDED, why="They moved on")
    assert nobody.get(path).status_code == 404
    client.post(f"/vendors/{vendor_id}/card/link/revocation")
    assert client.post(f"/vendors/{vendor_id}/card/link").status_code == 422


def test_the_link_ends_by_itself(client, nobody, vendor_id, now):
    path = share(client, vendor_id)
    now("2028-10-03 09:00")
    assert nobody.get(path).status_code == 200
    now("2028-10-05 09:00")
    assert nobody.get(path).status_code == 404


def test_the_square_says_the_address(client, vendor_id):
    share(client, vendor_id)
    square = soup(client.get(f"/vendors/{vendor_id}/card")).select_one("figure.qr-code svg")
    assert square["viewbox"].split()[:2] == ["0", "0"]
    assert square.select_one("path")["d"]


def test_a_link_that_others_cannot_open_is_called_so(client, make_app, settings_with, business, vendor_id):
    share(client, vendor_id)
    only_here = "So far it opens on this computer only."
    assert only_here not in words(client.get(f"/vendors/{vendor_id}/card"))
    at_home = Browser(make_app(settings_with(BASE_URL="", HOST="127.0.0.1"))).sign_in(business.owner)
    assert only_here in words(at_home.get(f"/vendors/{vendor_id}/card"))


def test_two_people_who_mark_are_told(client, vendor_id, card_of):
    mark(client, vendor_id, CardPart.LOCATION, version="0")
    stale = mark(client, vendor_id, CardPart.WEBSITE, version="0")
    assert stale.status_code == 409
    assert card_of().parts == ["location"]


def test_a_stranger_and_a_viewer_mark_nothing(browser_of, business, vendor_id, card_of):
    assert mark(browser_of(business.viewer), vendor_id, CardPart.LOCATION).status_code == 403
    assert mark(browser_of(business.stranger), vendor_id, CardPart.LOCATION).status_code == 404
    assert card_of() is None


def test_the_card_goes_on_without_a_person_who_is_deleted(client, nobody, vendor_id, inside, business):
    with inside(business) as session:
        [person] = people_of(session, vendor_id)
    mark(client, vendor_id, CardPart.PERSON, CardPart.LOCATION, person_id=person)
    path = share(client, vendor_id)
    with inside(business) as session:
        people.delete_person(people.at(session, person), by=business.owner)
    page = nobody.get(path)
    assert "Ines Park" not in page.text
    assert "Leeds" in page.text


def test_the_card_goes_with_its_vendor(client, vendor_id, inside, business, card_of, tmp_path):
    with inside(business) as session:
        [person] = people_of(session, vendor_id)
    mark(client, vendor_id, CardPart.PERSON, person_id=person)
    with inside(business) as session:
        vendors.delete_vendor(vendors.at(session, vendor_id), by=business.owner, folder=tmp_path)
    assert card_of() is None
