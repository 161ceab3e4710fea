"""Merging by page: choosing, the values that stay, taking it back, and the old address."""

import re

import pytest

from crm.domain import vendors
from crm.models.vendors import Vendor
from tests.support.populated import populate


@pytest.fixture
def pair(inside, business) -> tuple[int, int]:
    """Two vendors that differ in where they are."""
    with inside(business) as session:
        one = vendors.add(session, by=business.owner, name="Kettle & Crane", location="Leeds", tags=["film"])
        other = vendors.add(
            session,
            by=business.owner,
            name="Kettle & Crane Ltd",
            location="York",
            website="https://kettle.example",
            despite_doubles=True,
        )
        return one.id, other.id


def boxes(page: str) -> dict[str, str]:
    """The hidden versions of the form, as the browser would send them."""
    return dict(re.findall(r'name="(winner_version|loser_version)"[^>]*value="(\d+)"', page)) or {
        name: value for value, name in re.findall(r'value="(\d+)"[^>]*name="(winner_version|loser_version)"', page)
    }


def test_both_are_shown_and_the_chosen_values_stay(client, inside, business, pair) -> None:
    one, other = pair
    page = client.get(f"/vendors/{one}/merge/{other}").text
    assert "Which one stays?" in page
    assert "https://kettle.example" in page
    assert f"/vendors/{other}/merge/{one}" in page
    answer = client.post(f"/vendors/{one}/merge/{other}", **boxes(page), name="ours", location="theirs")
    assert answer.status_code == 303
    with inside(business) as session:
        kept = session.get_one(Vendor, one)
        assert (kept.name, kept.location, kept.website) == ("Kettle & Crane", "York", "https://kettle.example")
        assert session.get(Vendor, other) is None
    page = client.get(f"/vendors/{one}").text
    assert "Kettle &amp; Crane Ltd was merged into this vendor" in page
    assert "Location: Leeds" in page
    assert "Name: Kettle &amp; Crane Ltd" in page


def test_the_old_address_leads_to_the_vendor_that_was_kept_and_back_again(client, pair) -> None:
    one, other = pair
    client.post(f"/vendors/{one}/merge/{other}", **boxes(client.get(f"/vendors/{one}/merge/{other}").text))
    assert client.get(f"/vendors/{other}").location == f"/vendors/{one}"
    page = client.get("/vendors/doubles").text
    [merge_id] = set(re.findall(r"/merges/(\d+)/undo", page))
    assert client.post(f"/merges/{merge_id}/undo").location == f"/vendors/{other}"
    assert "is back. What came in since stays with Kettle &amp; Crane" in client.get(f"/vendors/{other}").text
    assert client.post(f"/merges/{merge_id}/undo").status_code == 422


def test_a_colleagues_save_in_between_is_shown_and_asked_about_again(
    client, browser_of, inside, business, pair
) -> None:
    one, other = pair
    page = client.get(f"/vendors/{one}/merge/{other}").text
    with inside(business) as session:
        vendor = session.get_one(Vendor, other)
        vendors.edit(vendor, by=business.member, version=vendor.version, location="Hull")
    answer = client.post(f"/vendors/{one}/merge/{other}", **boxes(page), name="ours", location="theirs")
    assert answer.status_code == 409
    assert "Hull" in answer.text
    assert "There is a problem" in answer.text
    again = client.post(f"/vendors/{one}/merge/{other}", **boxes(answer.text), name="ours", location="theirs")
    assert again.status_code == 303


def test_nothing_is_merged_by_a_form_that_says_nothing(client, inside, business, pair) -> None:
    one, other = pair
    assert client.post(f"/vendors/{one}/merge/{other}").status_code == 409
    answer = client.post(f"/vendors/{one}/merge/{other}", name="somebody's", winner_version="1", loser_version="1")
    assert answer.status_code == 422
    with inside(business) as session:
        assert session.get(Vendor, other) is not None


def test_no_vendor_is_merged_with_itself_with_a_strangers_or_by_whoever_only_looks(
    client, browser_of, inside, business, pair
) -> None:
    one, other = pair
    with inside(business.stranger) as session:
        foreign = vendors.add(session, by=business.stranger, name="Kettle & Crane").id
    assert client.get(f"/vendors/{one}/merge/{one}").status_code == 422
    assert client.post(f"/vendors/{one}/merge/{one}").status_code == 422
    for path in (f"/vendors/{one}/merge/{foreign}", f"/vendors/{foreign}/merge/{one}", f"/vendors/{foreign}/merge"):
        assert client.get(path).status_code == 404
    assert client.post(f"/vendors/{one}/merge/{foreign}").status_code == 404
    viewer = browser_of(business.viewer)
    for path in (f"/vendors/{one}/merge/{other}", f"/vendors/{one}/merge"):
        assert viewer.get(path).status_code == 403
    assert viewer.post(f"/vendors/{one}/merge/{other}").status_code == 403
    assert browser_of(business.stranger).get(f"/vendors/{other}").status_code == 404


def test_whom_to_merge_with_is_offered_and_found_by_name(client, inside, business, pair) -> None:
    one, other = pair
    with inside(business) as session:
        third = vendors.add(session, by=business.owner, name="Wren Sound Studio").id
    page = client.get(f"/vendors/{one}/merge").text
    assert f"/vendors/{one}/merge/{other}" in page
    assert f"/vendors/{one}/merge/{third}" not in page
    assert f"/vendors/{one}/merge/{third}" in client.get(f"/vendors/{one}/merge?q=wren+stu").text
    assert "Nobody of that name" in client.get(f"/vendors/{one}/merge?q=larch").text


def test_every_value_of_full_vendors_has_words(client, engine, business, settings) -> None:
    place = populate(engine, business, settings)
    ids = list(place.at_stage.values())
    for one in ids:
        for other in ids:
            if one != other:
                assert client.get(f"/vendors/{one}/merge/{other}").status_code == 200
    one, other = ids[0], ids[1]
    page = client.get(f"/vendors/{one}/merge/{other}").text
    chosen = {name: "theirs" for name in re.findall(r'name="([a-z_]+)" (?:type|value)="', page) if name != "csrf_token"}
    assert client.post(f"/vendors/{one}/merge/{other}", **{**chosen, **boxes(page)}).status_code == 303
    assert "What it had besides:" in client.get(f"/vendors/{one}").text
