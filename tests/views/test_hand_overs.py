"""The page that hands over what somebody looks after."""

from __future__ import annotations

import pytest

from crm.core.tenancy import workspace_session
from crm.domain import members, needs, vendors
from crm.domain.needs import NeedTerms
from crm.models.vendors import Vendor
from tests.support.browsing import soup, words


@pytest.fixture
def vendor_ids(business, inside) -> list[int]:
    """Two vendors and a need of the member's."""
    with inside(business) as session:
        needs.add(
            session, by=business.member, terms=NeedTerms("Twenty enquiries a month", owner_id=business.member.user_id)
        )
        return [vendors.add(session, by=business.member, name=name).id for name in ("Bluebell Words", "Larch Print")]


@pytest.fixture
def owners(engine, business, vendor_ids):
    """owners() is who looks after each of the two."""

    def read() -> list[int | None]:
        with workspace_session(engine, business.workspace.id, writing=False) as session:
            return [session.get_one(Vendor, vendor_id).owner_id for vendor_id in vendor_ids]

    return read


def path_of(person) -> str:
    return f"/team/{person.user_id}/hand-over"


def test_it_lists_and_counts_what_there_is_and_ticks_all_of_it(client, business, vendor_ids):
    page = client.get(path_of(business.member))
    assert "Hand over what Milo Member looks after" in words(page, "h1")
    assert words(page, ".hand-over").count("Bluebell Words") == 1
    ticked = soup(page).select("input[name=kinds][checked]")
    assert [box["value"] for box in ticked] == ["vendors", "needs"]
    assert "Vera Viewer" not in words(page, "select[name=successor]")


def test_it_hands_over_and_says_how_much(client, business, vendor_ids, owners):
    client.get(path_of(business.member))
    answer = client.post(path_of(business.member), successor=str(business.admin.user_id), kinds=["vendors", "needs"])
    assert answer.status_code == 303, answer.text
    assert "Handed over to Ada Admin: 2 vendors, one need." in words(client.follow(answer), ".toast")
    assert owners() == [business.admin.user_id] * 2
    log = words(client.get("/audit"))
    assert "Milo Member, to Ada Admin, Vendors looked after: 2, Open needs: 1" in log


def test_what_is_ticked_stays(browser_of, business, vendor_ids, owners):
    browser = browser_of(business.member)
    browser.get(path_of(business.member))
    kept = f"vendors:{vendor_ids[0]}"
    browser.post(path_of(business.member), successor=str(business.admin.user_id), kinds=["vendors"], staying=[kept])
    assert owners() == [business.member.user_id, business.admin.user_id]


def test_it_asks_for_whom_and_what_and_keeps_what_was_ticked(client, business, vendor_ids, owners):
    client.get(path_of(business.member))
    kept = f"vendors:{vendor_ids[0]}"
    answer = client.post(path_of(business.member), successor="", staying=[kept])
    assert answer.status_code == 422
    assert "Choose who takes over." in words(answer, ".error-summary")
    assert "Tick what is handed over." in words(answer, ".error-summary")
    assert soup(answer).select_one(f"input[name=staying][value='{kept}'][checked]")
    assert owners() == [business.member.user_id] * 2


def test_with_nothing_it_says_so(client, business):
    assert "There is nothing to hand over." in words(client.get(path_of(business.viewer)), "main")


@pytest.mark.parametrize(("reader", "status"), [("owner", 200), ("admin", 200), ("viewer", 403), ("stranger", 404)])
def test_others_things_are_handed_over_by_whoever_manages_the_team(browser_of, business, vendor_ids, reader, status):
    assert browser_of(getattr(business, reader)).get(path_of(business.member)).status_code == status


def test_a_member_hands_over_their_own_alone(browser_of, business, vendor_ids):
    browser = browser_of(business.member)
    assert browser.get(path_of(business.member)).status_code == 200
    assert browser.get(path_of(business.owner)).status_code == 403
    assert browser.post(path_of(business.owner), successor=str(business.member.user_id)).status_code == 403
    assert f'href="{path_of(business.member)}"' in browser.get("/team").text


def test_what_somebody_left_behind_is_handed_over_later(client, business, inside, vendor_ids, owners):
    with inside(business) as session:
        members.deactivate(session, business.member.user_id, by=business.owner)
    assert f'href="{path_of(business.member)}"' in client.get("/team").text
    client.post(path_of(business.member), successor=str(business.owner.user_id), kinds=["vendors"])
    assert owners() == [business.owner.user_id] * 2


def test_the_page_for_leaving_says_what_they_looked_after(client, business, vendor_ids):
    page = words(client.get(f"/team/{business.member.user_id}/leaving"), "main")
    assert "Looked after until now: 2 vendors, one need." in page


def test_a_hundred_vendors_take_as_many_questions_as_two(client, business, inside, vendor_ids, count_queries, engine):
    client.get(path_of(business.member))
    with count_queries(engine) as few:
        client.get(path_of(business.member))
    with inside(business) as session:
        for number in range(20):
            vendors.add(session, by=business.member, name=f"Vendor {number}")
    with count_queries(engine) as many:
        client.get(path_of(business.member))
    assert len(many) == len(few), many
