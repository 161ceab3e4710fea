"""The page of what a business values: ranked by form, by buttons, and kept from those who only read."""

from __future__ import annotations

import pytest

from crm.domain import criteria
from tests.support.browsing import soup, words
from tests.support.forms import as_shown

pytestmark = pytest.mark.usefixtures("database")

BEGIN = ["Quality", "Turnaround", "Cost", "Communication", "Reliability", "Breadth"]


def names(client) -> list[str]:
    return [each.contents[0].strip() for each in soup(client.get("/values")).select(".values-name")]


def ids(client) -> list[str]:
    return [each["value"] for each in soup(client.get("/values")).select("input[name=order]")]


def began(client) -> str:
    """What the page says it was opened with."""
    return soup(client.get("/values")).select_one("form[data-submit] input[name=began]")["value"]


def test_each_value_stands_with_its_weight(client):
    assert names(client) == BEGIN
    shares = [each.get_text() for each in soup(client.get("/values")).select(".values-weight .num")]
    assert shares == ["40.8%", "24.2%", "15.8%", "10.3%", "6.1%", "2.8%"]


def test_the_form_and_the_buttons_rank(client):
    client.post("/values/ranking", order=ids(client)[::-1], began=began(client))
    assert names(client) == BEGIN[::-1]
    client.post(f"/values/{ids(client)[0]}/down", began=began(client))
    client.post(f"/values/{ids(client)[0]}/up", began=began(client))
    assert names(client)[:2] == ["Reliability", "Breadth"]


@pytest.mark.parametrize(("button", "place"), [("up", 2), ("down", 4)])
def test_a_button_leads_back_to_itself_so_that_it_can_be_pressed_again(client, button, place):
    third = ids(client)[2]
    answer = client.post(f"/values/{third}/{button}", began=began(client))
    anchor = answer.headers["Location"].partition("#")[2]
    page = client.follow(answer)
    assert soup(page).find(id=anchor)["formaction"] == f"/values/{third}/{button}"
    assert f"{BEGIN[2]} is number {place} now." in words(page, ".toasts")


@pytest.mark.parametrize("order", [[], ["x"], ["1", "1"], ["9" * 30]])
def test_a_ranking_that_names_something_else_changes_nothing(client, order):
    assert client.post("/values/ranking", order=order, began=began(client)).status_code == 422
    assert client.post("/values/ranking", order=ids(client)[::-1]).status_code == 422
    assert client.post("/values/ranking", order=ids(client)[::-1], began="x").status_code == 422
    assert names(client) == BEGIN


@pytest.mark.parametrize("button", [None, "down"])
def test_two_who_rank_at_once_see_both_orders(client, button):
    before, opened = ids(client), began(client)
    theirs = [*before[::-1]]
    client.post("/values/ranking", order=theirs, began=opened)
    mine = [before[1], before[0], *before[2:]]
    if button:
        late = client.post(f"/values/{before[0]}/{button}", began=opened)
    else:
        late = client.post("/values/ranking", order=mine, began=opened)
    assert late.status_code == 409
    assert ids(client) == theirs
    assert [each.contents[0].strip() for each in soup(late).select(".values-name")] == BEGIN[::-1]
    told = "Yours is not saved yet: Turnaround, Quality, Cost, Communication, Reliability, Breadth."
    assert told in words(late, ".conflict")
    sent = [each["value"] for each in soup(late).select(".conflict input[name=order]")]
    kept = soup(late).select_one(".conflict input[name=began]")["value"]
    assert client.post("/values/ranking", order=sent, began=kept).status_code == 303
    assert ids(client) == mine


def test_a_must_and_a_weight_of_its_own(client):
    address = f"/values/{ids(client)[0]}"
    form = as_shown(client.get(f"{address}/edit"))
    refused = client.post(address, **{**form, "is_must": "y"})
    assert refused.status_code == 422
    assert "Say which rating it takes." in words(refused, ".error")
    client.post(address, **{**form, "is_must": "y", "threshold": "4", "weight": "50"})
    page = client.get("/values")
    assert "a must, from 4 on" in words(page, ".values")
    shares = [float(each.get_text().removesuffix("%")) for each in soup(page).select(".values-weight .num")]
    assert shares[0] == pytest.approx(50 / (50 + 59.2) * 100, abs=0.1)
    late = client.post(address, **{**form, "name": "Fineness"})
    assert late.status_code == 409
    assert "Fineness" in late.text


@pytest.mark.parametrize(
    ("name", "sentence"), [("", "Type what it is called."), ("cost", "You have that one already.")]
)
def test_a_mistake_is_said_beside_its_box(client, name, sentence):
    answer = client.post("/values", name=name)
    assert answer.status_code == 422
    assert sentence in words(answer, ".error")
    assert soup(answer).select_one("input[name=name]")["value"] == name


def test_what_counts_no_longer_can_count_again(client):
    first = ids(client)[0]
    client.post("/values", name="Kindness")
    client.post(f"/values/{first}/archiving")
    assert names(client) == [*BEGIN[1:], "Kindness"]
    client.post(f"/values/{first}/restoring")
    assert names(client) == [*BEGIN[1:], "Kindness", "Quality"]


def test_a_teammate_sees_the_ranking_and_changes_nothing(inside, business, browser_of, client):
    teammate = browser_of(business.member)
    page = teammate.get("/values")
    assert not soup(page).select("[formaction], a[href$='/edit'], [data-behaviour~=rank]")
    assert teammate.post("/values/ranking", order=ids(client)[::-1]).status_code == 403
    with inside(business) as session:
        assert [row.name for row in criteria.ranked(session)] == BEGIN
