"""How often to be in touch with one vendor, in the browser."""

from __future__ import annotations

from datetime import date

import pytest

from crm.core.dates import CadenceUnit
from crm.domain import parkings, vendors
from crm.domain.rhythms import Rhythm
from crm.models.enums import CadenceChoice, ParkingReason, Tier
from crm.models.vendors import Vendor
from tests.support.browsing import soup, words


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def northlight(inside, business):
    with inside(business) as session:
        return vendors.add(session, by=business.owner, name="Northlight Studio")


@pytest.fixture
def address(northlight):
    return f"/vendors/{northlight.id}/cadence"


def kept(inside, business):
    with inside(business) as session:
        vendor = session.query(Vendor).one()
        return vendor.cadence_choice, vendor.cadence_every, vendor.cadence_unit, vendor.due_on


def test_it_says_what_is_in_force_and_what_is_usual(client, address, inside, business):
    shown = client.get(address)
    assert words(shown, ".lead") == "At present: Every 14 days."
    assert "As usual: every 14 days" in words(shown, "[name=rhythm]")
    with inside(business) as session:
        vendor = session.query(Vendor).one()
        vendors.edit(vendor, by=business.owner, version=vendor.version, tier=Tier.A)
    assert "As usual for tier A: every 30 days" in words(client.get(address), "[name=rhythm]")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({"rhythm": "6 weeks"}, (CadenceChoice.OWN, 6, "weeks", date(2026, 11, 16))),
        ({"rhythm": "1 months"}, (CadenceChoice.OWN, 1, "months", date(2026, 11, 5))),
        ({"rhythm": "other", "every": "10", "unit": "days"}, (CadenceChoice.OWN, 10, "days", date(2026, 10, 15))),
        ({"rhythm": "none"}, (CadenceChoice.NONE, None, None, None)),
        ({"rhythm": "none", "every": "10", "unit": "days"}, (CadenceChoice.NONE, None, None, None)),
        ({"rhythm": "default"}, (CadenceChoice.DEFAULT, None, None, date(2026, 10, 19))),
    ],
)
def test_a_rhythm_is_chosen(client, address, inside, business, typed, expected):
    assert client.post(address, version="1", **typed).status_code == 303
    assert kept(inside, business) == expected


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"rhythm": "other"},
        {"rhythm": "other", "every": "0", "unit": "days"},
        {"rhythm": "other", "every": "3651", "unit": "days"},
        {"rhythm": "other", "every": "ten", "unit": "days"},
        {"rhythm": "other", "every": "10", "unit": "years"},
        {"rhythm": "5 weeks"},
    ],
)
def test_what_is_no_rhythm_is_refused(client, address, inside, business, typed):
    answer = client.post(address, version="1", **typed)
    assert answer.status_code == 422
    assert soup(answer).select(".error")
    assert kept(inside, business)[0] is CadenceChoice.DEFAULT


def test_a_rhythm_that_is_not_in_the_list_is_shown_as_another(client, address):
    client.post(address, version="1", rhythm="other", every="10", unit="days")
    shown = soup(client.get(address))
    assert shown.select_one("[name=rhythm] option[selected]")["value"] == "other"
    assert shown.select_one("[name=every]")["value"] == "10"
    assert shown.select_one("[name=unit] option[selected]")["value"] == "days"


def test_the_second_to_save_is_told(client, address, inside, business):
    client.post(address, version="1", rhythm="6 weeks")
    answer = client.post(address, version="1", rhythm="3 months")
    assert answer.status_code == 409
    fresh = soup(answer).select_one("[name=version]")["value"]
    assert client.post(address, version=fresh, rhythm="3 months").status_code == 303
    assert kept(inside, business)[:3] == (CadenceChoice.OWN, 3, "months")


def test_while_parked_the_parkings_own_rhythm_is_named(client, address, inside, business):
    with inside(business) as session:
        parkings.park(
            session.query(Vendor).one(),
            by=business.owner,
            reason=ParkingReason.OTHER,
            rhythm=Rhythm(CadenceChoice.OWN, 6, CadenceUnit.WEEKS),
        )
    shown = client.get(address)
    assert "At present: Every 6 weeks." in words(shown, ".lead")
    assert "While they are parked the parking’s own rhythm counts." in words(shown, ".notice")


def test_a_stranger_finds_nothing_and_a_viewer_changes_nothing(browser_of, business, address):
    assert browser_of(business.stranger).post(address, version="1", rhythm="6 weeks").status_code == 404
    assert browser_of(business.viewer).get(address).status_code == 403
