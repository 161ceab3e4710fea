"""Messages to webhooks on their way: none is lost, whatever dies in between; none stands in another's way."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from crm.core import clock
from crm.core.outward import Way
from crm.core.settings import Settings
from crm.core.unit_of_work import workspace_work
from crm.domain import stages, touches, vendors, webhook_deliveries, webhooks
from crm.domain.parking_terms import ParkingTerms
from crm.jobs import webhooks as job
from crm.jobs.webhooks import WebhookSender
from crm.models.enums import DeliveryState, ParkingReason, Stage, WebhookEvent
from tests.support.certificates import ServerContext, self_signed
from tests.support.hooks import hook, look, messages, tell
from tests.support.https_server import NAME, HttpsServer, https_server, way_to
from tests.support.people import Business

LEASE = timedelta(seconds=60)
DEAD = "https://dead.example/hook"
MONDAY = "2026-10-05 12:00"


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], ServerContext]:
    return self_signed(tmp_path_factory.mktemp("certificate"), NAME)


@pytest.fixture
def server(context: Callable[[], ServerContext]) -> Iterator[HttpsServer]:
    with https_server(context()) as running:
        yield running


@pytest.fixture
def way(context: Callable[[], ServerContext]) -> Way:
    """Every name stands for this machine, but one that is not known."""
    way = way_to(context().file)

    def look_up(host: str, port: int) -> list[str]:
        if host == "dead.example":
            raise OSError(0, "no such name")
        return list(way.look_up(host, port))

    return replace(way, look_up=look_up)


@pytest.fixture
def sender(engine: Engine, settings: Settings, way: Way) -> WebhookSender:
    return WebhookSender(engine, settings, way)


@pytest.fixture(autouse=True)
def noon(clock_at: Callable[..., None]) -> None:
    clock_at(MONDAY)


def is_signed_with(secret: str, headers: dict[str, str], body: str) -> bool:
    """As a receiver checks it, by the book."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body}".encode()
    right = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return f"v1,{right}" in headers["webhook-signature"].split(" ")


def test_a_message_arrives_once_and_signed(
    engine: Engine, business: Business, sender: WebhookSender, server: HttpsServer
) -> None:
    server.status, server.answer = 200, b"thank you"
    webhook_id, secret = hook(engine, business.owner, server.url)
    tell(engine, business.owner, webhook_id)
    assert [sender.work_once() for _ in range(3)] == [1, 0, 0]
    [told], [message] = server.told, messages(engine, business.owner)
    assert is_signed_with(secret, told.headers, told.body)
    assert told.headers["webhook-timestamp"] == str(int(clock.now().timestamp()))
    assert told.headers["content-type"] == "application/json"
    assert json.loads(told.body) == {
        "type": "webhook.test",
        "timestamp": "2026-10-05T11:00:00.000Z",
        "data": {"webhook_id": webhook_id},
    }
    assert (message.state, message.attempts, message.status) == (DeliveryState.DELIVERED, 1, 200)
    assert (message.answer, told.headers["webhook-id"]) == ("thank you", message.message_id)


def test_for_a_day_the_former_secret_signs_too(
    engine: Engine, business: Business, sender: WebhookSender, server: HttpsServer, settings: Settings, clock_at
) -> None:
    webhook_id, former = hook(engine, business.owner, server.url)
    with workspace_work(engine, business.workspace.id) as session:
        webhook = webhooks.find(session, webhook_id)
        new = webhooks.rotate(webhook, by=business.admin, secret_key=settings.secret_key)
    signed = []
    for moment in (MONDAY, "2026-10-06 12:01"):
        clock_at(moment)
        tell(engine, business.owner, webhook_id)
        sender.work_once()
        told = server.told[-1]
        signed.append([is_signed_with(each, told.headers, told.body) for each in (new, former)])
    assert signed == [[True, True], [True, False]]


def test_a_secret_that_nobody_can_open_any_more_sends_nothing(
    engine: Engine, business: Business, server: HttpsServer, way: Way, settings_with
) -> None:
    webhook_id, _secret = hook(engine, business.owner, server.url)
    tell(engine, business.owner, webhook_id)
    WebhookSender(engine, settings_with(SECRET_KEY="another key of this installation"), way).work_once()
    [message] = messages(engine, business.owner)
    assert (server.told, message.state, message.last_error) == ([], DeliveryState.CANCELLED, job.LOST_KEY)


def test_what_was_in_a_dead_workers_hands_goes_out_under_the_same_id(
    engine: Engine, business: Business, sender: WebhookSender, server: HttpsServer, clock_at
) -> None:
    """It may have arrived already: then it arrives twice, and the receiver knows by the id."""
    webhook_id, _secret = hook(engine, business.owner, server.url)
    tell(engine, business.owner, webhook_id)
    with workspace_work(engine, business.workspace.id) as session:
        dead = webhook_deliveries.claim(session, webhook_id, owner="dead", lease=LEASE)
    assert dead is not None
    assert sender.work_once() == 0
    clock_at("2026-10-05 12:02")
    assert sender.work_once() == 1
    [message] = messages(engine, business.owner)
    assert (server.ids(), message.attempts) == ([message.message_id], 2)
    with workspace_work(engine, business.workspace.id) as session:  # it was only slow, and comes back
        late = webhook_deliveries.Result(problem="It was too late to begin.")
        assert webhook_deliveries.settle(session, dead, late) is None
    assert messages(engine, business.owner)[0].state is DeliveryState.DELIVERED


def test_what_came_of_an_earlier_attempt_is_no_news_of_a_later_one(
    engine: Engine, business: Business, clock_at
) -> None:
    webhook_id, _secret = hook(engine, business.owner)
    tell(engine, business.owner, webhook_id)
    claims = []
    for moment in (MONDAY, "2026-10-05 12:02"):
        clock_at(moment)
        with workspace_work(engine, business.workspace.id) as session:
            claims.append(webhook_deliveries.claim(session, webhook_id, owner="the same", lease=LEASE))
    with workspace_work(engine, business.workspace.id) as session:
        gone = webhook_deliveries.Result(problem="No connection.")
        assert [webhook_deliveries.settle(session, each, gone) for each in claims] == [None, DeliveryState.WAITING]


def test_a_worker_that_was_frozen_sends_nothing_when_it_wakes(
    engine: Engine, business: Business, settings: Settings, way: Way, server: HttpsServer, monkeypatch
) -> None:
    webhook_id, _secret = hook(engine, business.owner, server.url)
    tell(engine, business.owner, webhook_id)
    monkeypatch.setattr(job._Parcel, "is_fresh", lambda _parcel: False)
    assert WebhookSender(engine, settings, way).work_once() == 0
    assert server.told == []
    assert messages(engine, business.owner)[0].state is DeliveryState.WAITING


def test_several_senders_at_once_lose_and_double_nothing(
    engine: Engine, business: Business, settings: Settings, way: Way, server: HttpsServer
) -> None:
    webhook_id, _secret = hook(engine, business.owner, server.url)
    for _ in range(12):
        tell(engine, business.owner, webhook_id)
    senders = [WebhookSender(engine, settings, way) for _ in range(3)]
    threads = [threading.Thread(target=sender.work_once) for sender in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(server.ids()) == sorted(message.message_id for message in messages(engine, business.owner))


def test_one_address_that_fails_holds_up_no_other(
    engine: Engine, business: Business, sender: WebhookSender, server: HttpsServer, clock_at
) -> None:
    dead, _secret = hook(engine, business.owner, DEAD, name="Dead")
    well, _secret = hook(engine, business.owner, server.url)
    for webhook_id in (dead, dead, dead, well):
        tell(engine, business.owner, webhook_id)
    assert sender.work_once() == 1
    waiting = [message for message in messages(engine, business.owner) if message.webhook_id == dead]
    assert [message.attempts for message in waiting] == [1, 0, 0]
    assert {message.not_before - clock.now() for message in waiting} == {timedelta(minutes=1)}
    assert look(engine, business.owner, dead).failing_since == clock.now()
    tell(engine, business.owner, dead)
    assert messages(engine, business.owner)[-1].not_before > clock.now()
    clock_at("2026-10-05 12:01")
    sender.work_once()
    tried = [message.attempts for message in messages(engine, business.owner) if message.webhook_id == dead]
    assert tried == [1, 1, 0, 0], "what was tried least is tried next"


def test_a_message_that_is_refused_by_itself_holds_up_no_other(
    engine: Engine, business: Business, sender: WebhookSender, server: HttpsServer
) -> None:
    webhook_id, _secret = hook(engine, business.owner, server.url)
    bad = tell(engine, business.owner, webhook_id)
    tell(engine, business.owner, webhook_id)
    first = messages(engine, business.owner)[0].message_id

    def refuse(handler) -> None:
        server.status = 400 if handler.headers["webhook-id"] == first else 204

    server.before = refuse
    assert sender.work_once() == 1
    states = {message.id: message.state for message in messages(engine, business.owner)}
    assert states.pop(bad) is DeliveryState.WAITING
    assert set(states.values()) == {DeliveryState.DELIVERED}


def test_once_an_address_answers_again_all_that_waited_goes(
    engine: Engine, business: Business, sender: WebhookSender, server: HttpsServer
) -> None:
    server.status = 503
    webhook_id, _secret = hook(engine, business.owner, server.url)
    for _ in range(4):
        tell(engine, business.owner, webhook_id)
    assert sender.work_once() == 0
    assert len(server.told) == 1
    server.status = 204
    with workspace_work(engine, business.workspace.id) as session:  # somebody wants one of them to go at once
        last = messages(engine, business.owner)[-1]
        webhook_deliveries.send_again(webhook_deliveries.find(session, last.id))
    assert sender.work_once() == 4
    assert look(engine, business.owner, webhook_id).failing_since is None


@pytest.mark.parametrize("status", [301, 307, 400, 404, 500, 503])
def test_what_is_no_success_is_tried_again(
    engine: Engine, business: Business, sender: WebhookSender, server: HttpsServer, status: int
) -> None:
    server.status, server.headers = status, {"Location": "https://elsewhere.example/"}
    webhook_id, _secret = hook(engine, business.owner, server.url)
    tell(engine, business.owner, webhook_id)
    assert sender.work_once() == 0
    [message] = messages(engine, business.owner)
    assert (message.state, message.status, len(server.told)) == (DeliveryState.WAITING, status, 1)


def test_after_five_days_without_success_it_is_stopped_and_admins_are_told(
    engine: Engine, business: Business, sender: WebhookSender, clock_at, client, browser_of
) -> None:
    webhook_id, _secret = hook(engine, business.owner, DEAD)
    tell(engine, business.owner, webhook_id)
    sender.work_once()
    clock_at("2026-10-10 11:00")
    tell(engine, business.owner, webhook_id)
    sender.work_once()
    assert look(engine, business.owner, webhook_id).stopped_at is None
    clock_at("2026-10-10 12:30")
    sender.work_once()
    webhook = look(engine, business.owner, webhook_id)
    assert (webhook.stopped_at, webhook.stopped_why) == (clock.now(), "The name is not known.")
    assert {m.state for m in messages(engine, business.owner)} == {DeliveryState.FAILED, DeliveryState.CANCELLED}
    assert "A webhook is stopped." in client.get("/today").text
    assert "A webhook is stopped." not in browser_of(business.member).get("/today").text
    assert "The office chat is stopped." in client.get("/settings/webhooks").text
    assert "Webhook changed" in client.get("/audit").text


def test_a_receiver_that_is_gone_is_told_nothing_more(
    engine: Engine, business: Business, sender: WebhookSender, server: HttpsServer
) -> None:
    server.status = 410
    webhook_id, _secret = hook(engine, business.owner, server.url)
    tell(engine, business.owner, webhook_id)
    tell(engine, business.owner, webhook_id)
    sender.work_once()
    assert look(engine, business.owner, webhook_id).stopped_at is not None
    assert len(server.told) == 1


def test_sending_again_sends_the_same_bytes_under_the_same_id(
    engine: Engine, business: Business, sender: WebhookSender, server: HttpsServer, clock_at
) -> None:
    webhook_id, _secret = hook(engine, business.owner, server.url)
    delivery_id = tell(engine, business.owner, webhook_id)
    sender.work_once()
    clock_at("2026-10-20 12:00")
    for _ in range(2):
        with workspace_work(engine, business.workspace.id) as session:
            webhook_deliveries.send_again(webhook_deliveries.find(session, delivery_id))
    assert sender.work_once() == 1
    first, second = server.told
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]


def test_what_a_clock_that_was_set_back_left_far_ahead_goes_on(
    engine: Engine, business: Business, sender: WebhookSender, server: HttpsServer, clock_at
) -> None:
    webhook_id, _secret = hook(engine, business.owner, server.url)
    tell(engine, business.owner, webhook_id)
    clock_at("2026-10-04 12:00")
    assert sender.work_once() == 1


def test_settled_messages_are_kept_for_thirty_days(
    engine: Engine, business: Business, settings: Settings, way: Way, server: HttpsServer, clock_at
) -> None:
    webhook_id, _secret = hook(engine, business.owner, server.url)
    tell(engine, business.owner, webhook_id)
    WebhookSender(engine, settings, way).work_once()
    counts = []
    for moment in ("2026-11-04 10:00", "2026-11-04 12:30"):
        clock_at(moment)
        WebhookSender(engine, settings, way).work_once()
        counts.append(len(messages(engine, business.owner)))
    assert counts == [1, 0]


def test_an_address_inside_is_not_called_by_the_way_that_is_used(
    engine: Engine, business: Business, settings: Settings, server: HttpsServer
) -> None:
    """What a release is started with: the same names, nothing allowed."""
    webhook_id, _secret = hook(engine, business.owner, server.url)
    tell(engine, business.owner, webhook_id)
    inside = Way(look_up=lambda _host, _port: ["127.0.0.1"])
    assert WebhookSender(engine, settings, inside).work_once() == 0
    [message] = messages(engine, business.owner)
    assert (server.told, message.state) == ([], DeliveryState.WAITING)
    assert "public internet" in message.last_error


def test_parkings_whose_day_has_come_are_told_once(
    engine: Engine, business: Business, settings: Settings, way: Way, parked: int, clock_at
) -> None:
    hook(engine, business.owner, events=[WebhookEvent.REVISIT_DUE])
    told: list[int] = []
    for moment in ("2026-10-11 23:50", "2026-10-12 00:05", "2026-10-12 12:00", "2026-10-13 02:00"):
        clock_at(moment)
        job.tell_revisits(engine)
        told.append(len(messages(engine, business.owner)))
    assert told == [0, 1, 1, 1]
    [message] = messages(engine, business.owner)
    assert json.loads(message.body)["data"] == {
        "parking_id": parked,
        "vendor_id": 1,
        "reason": "at_capacity",
        "revisit_on": "2026-10-12",
    }


def test_who_listens_since_a_later_day_is_not_told_of_earlier_ones(
    engine: Engine, business: Business, parked: int, clock_at
) -> None:
    clock_at("2026-10-13 09:00")
    hook(engine, business.owner)
    job.tell_revisits(engine)
    assert messages(engine, business.owner) == []


@pytest.fixture
def parked(engine: Engine, business: Business) -> int:
    """A parking until 12 October."""
    with workspace_work(engine, business.workspace.id) as session:
        vendor = vendors.add(session, by=business.owner, name="Northlight Studio")
        terms = ParkingTerms(ParkingReason.AT_CAPACITY, until=date(2026, 10, 12))
        stages.move(vendor, by=business.owner, to=Stage.PARKED, parking=terms)
        parking = touches.open_parking(session, vendor)
        assert parking is not None
        return parking.id
