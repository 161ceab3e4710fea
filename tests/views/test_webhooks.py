"""Settings, Webhooks: made, watched, sent again. The secret is seen once."""

from __future__ import annotations

import re

import pytest

from crm.core import limits
from crm.domain import webhook_deliveries, webhooks
from crm.models.enums import DeliveryState
from tests.support.hooks import hook, look, messages, tell

EVENTS = ["vendor.stage_moved", "trial_task.decided"]
PLACE = "/settings/webhooks"


def made(client, **changes):
    said = {"name": "The office chat", "url": "https://chat.example/h", "events": EVENTS}
    return client.post(PLACE, **{**said, **changes})


def test_the_secret_is_shown_once(client, engine, business) -> None:
    answer = made(client)
    [secret] = set(re.findall(r"whsec_[A-Za-z0-9+/=]+", answer.text))
    place = re.search(rf"{PLACE}/(\d+)", answer.text)
    assert place
    pages = [client.get(path).text for path in (PLACE, place[0], f"{place[0]}/edit", "/audit")]
    assert all(secret not in page for page in pages)
    assert webhooks.wanted(look(engine, business.owner, int(place[1]))) == EVENTS


@pytest.mark.parametrize("url", ["http://chat.example/", "https://127.0.0.1/", "https://user:word@chat.example/", ""])
def test_an_address_that_is_never_called_is_refused_at_its_box(client, engine, business, url) -> None:
    answer = made(client, url=url)
    assert answer.status_code == 422
    assert "url-error" in answer.text
    assert 'value="The office chat"' in answer.text
    assert messages(engine, business.owner) == []


def test_nothing_is_told_where_nothing_is_chosen(client) -> None:
    assert "Choose at least one thing to be told." in made(client, events=[]).text


def test_changing_stopping_starting_and_deleting(client, engine, business) -> None:
    webhook_id, _secret = hook(engine, business.owner)
    place = f"{PLACE}/{webhook_id}"
    said = {"name": "The till", "url": "https://till.example/h", "events": EVENTS, "version": "1"}
    assert client.post(place, **said).status_code == 303
    assert client.post(place, **said).status_code == 409, "somebody saved since"
    assert look(engine, business.owner, webhook_id).url == "https://till.example/h"
    for act, words in (("stop", "Stopped on"), ("start", "Works")):
        for _ in range(2):
            assert client.post(f"{place}/{act}").status_code == 303
        assert words in client.get(place).text
    assert client.post(f"{place}/delete").status_code == 303
    assert client.get(place).status_code == 404


def test_a_new_secret_is_another_one(client, engine, business) -> None:
    webhook_id, secret = hook(engine, business.owner)
    answer = client.post(f"{PLACE}/{webhook_id}/secret")
    [new] = set(re.findall(r"whsec_[A-Za-z0-9+/=]+", answer.text))
    assert new != secret
    assert "The former one signs until" in client.get(f"{PLACE}/{webhook_id}").text


def test_a_test_stands_in_the_log_and_can_be_sent_again(client, engine, business) -> None:
    webhook_id, _secret = hook(engine, business.owner)
    client.post(f"{PLACE}/{webhook_id}/test")
    [message] = messages(engine, business.owner)
    place = f"{PLACE}/{webhook_id}/messages/{message.id}"
    assert place in client.get(f"{PLACE}/{webhook_id}").text
    page = client.get(place).text
    assert message.message_id in page
    assert "webhook_id" in page
    assert client.post(f"{place}/again").status_code == 303
    assert [each.state for each in messages(engine, business.owner)] == [DeliveryState.WAITING]


def test_a_message_is_found_at_its_own_webhook_alone(client, engine, business) -> None:
    one, _secret = hook(engine, business.owner)
    other, _secret = hook(engine, business.owner)
    delivery_id = tell(engine, business.owner, one)
    assert client.get(f"{PLACE}/{other}/messages/{delivery_id}").status_code == 404
    assert client.post(f"{PLACE}/{other}/messages/{delivery_id}/again").status_code == 404


def test_what_a_receiver_answers_is_shown_as_text(client, engine, business, inside) -> None:
    webhook_id, _secret = hook(engine, business.owner)
    delivery_id = tell(engine, business.owner, webhook_id)
    with inside(business) as session:
        webhook_deliveries.find(session, delivery_id).answer = "<script>alert(1)</script>"
    page = client.get(f"{PLACE}/{webhook_id}/messages/{delivery_id}").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize("role", ["member", "viewer"])
def test_others_than_admins_see_none_of_it(browser_of, engine, business, role) -> None:
    webhook_id, _secret = hook(engine, business.owner)
    browser = browser_of(getattr(business, role))
    assert browser.get(PLACE).status_code == 403
    assert browser.get(f"{PLACE}/{webhook_id}").status_code == 403
    assert "/settings/webhooks" not in browser.get("/settings").text


def test_the_log_costs_the_same_however_long(client, engine, business, count_queries) -> None:
    webhook_id, _secret = hook(engine, business.owner)
    costs = []
    for _ in range(2):
        tell(engine, business.owner, webhook_id)
        client.get(f"{PLACE}/{webhook_id}")
        with count_queries() as statements:
            client.get(f"{PLACE}/{webhook_id}")
        costs.append(len(statements))
    assert costs[0] == costs[1] <= limits.PAGE_ROWS // 10


def test_making_one_and_its_secret_need_a_fresh_proof(app) -> None:
    for name in ("create", "update", "rotate"):
        assert app.view_functions[f"webhooks.{name}"].fresh
