"""Moving a vendor from a page that has grown old: nobody's move is overwritten unseen."""

from __future__ import annotations

import pytest

from crm.domain import parkings, stages, vendors
from crm.models.enums import ParkingReason, Stage
from tests.support.browsing import soup, words


@pytest.fixture
def vendor_id(inside, business) -> int:
    """An active vendor."""
    with inside(business) as session:
        return vendors.add(session, by=business.owner, name="Northlight Studio", stage=Stage.ACTIVE).id


@pytest.fixture
def way(client, vendor_id) -> str:
    """Where the board's menu sends a move to Prospect."""
    client.get("/board")
    return f"/vendors/{vendor_id}/stage-moves?here=active"


def stage_of(inside, business, vendor_id) -> Stage:
    with inside(business) as session:
        return stages.find_vendor(session, vendor_id).stage


def park(inside, business, vendor_id) -> None:
    """A colleague parks the vendor."""
    with inside(business) as session:
        vendor = stages.find_vendor(session, vendor_id)
        parkings.park(vendor, by=business.member, reason=ParkingReason.AT_CAPACITY)


def test_the_board_and_the_vendors_page_say_where_the_vendor_stood(client, vendor_id) -> None:
    assert 'name="here" value="active"' in client.get("/board").text
    assert f"/vendors/{vendor_id}/stage-moves?here=active" in client.get(f"/vendors/{vendor_id}").text


def test_a_move_from_an_old_page_ends_no_parking(client, inside, business, vendor_id, way) -> None:
    park(inside, business, vendor_id)
    answer = client.post(way, stage="prospect")
    assert answer.status_code == 409
    assert "Northlight Studio is in Parked for later by now." in words(answer)
    assert stage_of(inside, business, vendor_id) is Stage.PARKED

    again = soup(answer).select_one("main form")["action"]
    assert client.post(again).status_code == 303
    assert stage_of(inside, business, vendor_id) is Stage.PROSPECT


def test_what_was_typed_for_the_move_is_kept(client, inside, business, vendor_id, way) -> None:
    park(inside, business, vendor_id)
    answer = client.post(f"{way}&to=ended", why="They moved to Lisbon.")
    assert answer.status_code == 409
    assert soup(answer).select_one("[name=why]")["value"] == "They moved to Lisbon."


def test_a_move_from_a_page_that_is_right_is_made(client, inside, business, vendor_id, way) -> None:
    assert client.post(way, stage="prospect").status_code == 303
    assert stage_of(inside, business, vendor_id) is Stage.PROSPECT
