"""Many programs write at once, beside the scheduler; and a server that is killed while they do."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

import pytest
from sqlalchemy import select

from crm.domain import vendors
from crm.models.log import Note
from crm.models.vendors import Vendor
from tests.support.programs import token_for
from tests.support.serving import Server
from tests.support.waiting import eventually

pytestmark = pytest.mark.journey

CLIENTS, VENDORS, EACH, KILLS = 8, 20, 25, 3


@pytest.fixture
def vendor_ids(inside, business) -> list[int]:
    with inside(business) as session:
        return [
            vendors.add(session, by=business.owner, name=f"Vendor {number}", what_they_do="0").id
            for number in range(VENDORS)
        ]


@pytest.fixture
def ask(engine, business) -> Callable[..., Any]:
    """ask(server, "PATCH", "/vendors/7", body, match=etag) is status, answer and ETag; status 0 for no answer."""
    token = token_for(engine, business.owner)

    def send(server: Server, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, str]:
        request = urllib.request.Request(
            f"{server.url}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json", **headers},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer), answer.headers.get("ETag", "")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error), ""
        except OSError:
            return 0, None, ""

    return send


def test_no_update_is_lost_and_no_answer_is_a_fault(start_server, ask, vendor_ids, inside, business):
    """Each reads a count, adds one, and writes it if nobody was quicker; else it reads again."""
    server = start_server(TICK_SECONDS="0.5")
    answers: Counter[int] = Counter()

    def add_ones(client: int) -> None:
        for number in range(EACH):
            path = f"/vendors/{vendor_ids[(client * 7 + number) % VENDORS]}"
            status = HTTPStatus.PRECONDITION_FAILED
            while status == HTTPStatus.PRECONDITION_FAILED:
                _, vendor, etag = ask(server, "GET", path)
                more = str(int(vendor["what_they_do"]) + 1)
                status, _, _ = ask(server, "PATCH", path, {"what_they_do": more}, **{"If-Match": etag})
                answers[status] += 1

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(add_ones, range(CLIENTS)))
    assert set(answers) <= {HTTPStatus.OK, HTTPStatus.PRECONDITION_FAILED}
    assert answers[HTTPStatus.OK] == CLIENTS * EACH
    with inside(business) as session:
        counts = session.scalars(select(Vendor.what_they_do).where(Vendor.id.in_(vendor_ids))).all()
    assert sum(int(count) for count in counts) == CLIENTS * EACH
    assert "locked" not in server.said()


def test_what_was_acknowledged_is_there_after_the_server_is_killed(start_server, ask, vendor_ids, inside, business):
    server = start_server(TICK_SECONDS="0.5")
    acknowledged: list[str] = []
    stop = threading.Event()

    def write(client: int) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            words = f"{client}-{number}"
            status, _, _ = ask(server, "POST", "/notes", {"vendor_id": vendor_ids[client], "body": words})
            if status == HTTPStatus.CREATED:
                acknowledged.append(words)

    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write, client) for client in range(4)]
        for kill in range(1, KILLS + 1):
            eventually(lambda least=20 * kill: len(acknowledged) >= least, what="more notes")
            server.kill()
            server.start()
        stop.set()
        for writer in writers:
            writer.result()
    with inside(business) as session:
        kept = set(session.scalars(select(Note.body)))
    assert set(acknowledged) <= kept
