"""A program whose disk fills up while it runs: what was acknowledged is there, pages say what is wrong, reading goes
on, and once there is room all goes on by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tests.support.disks import SmallDisk, small_disk
from tests.support.letters import put_in
from tests.support.people import PASSWORD, Business
from tests.support.programs import token_for
from tests.support.serving import Server
from tests.support.smtp_sink import SmtpSink
from tests.support.visitors import Visitor
from tests.support.waiting import eventually
from tests.support.writers import Writer

pytestmark = [pytest.mark.journey, pytest.mark.sqlite]

MOST = 3_000
"""Far more writes than the room that the database has at hand is enough for."""


@pytest.fixture(params=["a disk of its own", "a limit on files"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "instance", may_mount=request.param == "a disk of its own") as disk:
        yield disk


@pytest.fixture
def instance(disk: SmallDisk) -> Path:
    """All that the program keeps is on that disk."""
    return disk.folder


def test_it_says_so_loses_nothing_and_recovers_by_itself(
    disk: SmallDisk,
    engine: Engine,
    business: Business,
    start_server: Callable[..., Server],
    smtp_sink: SmtpSink,
) -> None:
    server = start_server(TICK_SECONDS="0.5", SMTP_URL=smtp_sink.url)
    writer = Writer(server, token_for(engine, business.owner))
    stored = [name for name in ("Havel", "Panke", "Wuhle") if add(writer, name)[0] == 201]
    visitor = Visitor(server.url)
    assert visitor.get("/sign-in").status == 200

    disk.fill(server.pid)
    answer = (201, {})
    for number in range(MOST):
        answer = add(writer, f"Vendor {number}")
        if answer[0] != 201:
            break
        stored.append(f"Vendor {number}")
    assert answer[0] == 503, answer
    assert "disk is full" in answer[1]["detail"]
    signing_in = {"email": business.owner.user.email, "password": PASSWORD}
    refused = visitor.post("/sign-in", **signing_in)
    assert (refused.status, "its disk is full" in refused.words) == (503, True)
    assert visitor.get("/sign-in").status == 200
    assert names(writer) == sorted(stored)

    disk.free(server.pid)
    eventually(lambda: add(writer, "After all")[0] == 201, what="writing to go on")
    assert names(writer) == sorted([*stored, "After all"])
    assert visitor.post("/sign-in", **signing_in).status == 303
    put_in(engine, business.owner)
    [letter] = eventually(lambda: [each for each in smtp_sink.letters if each.key == "letter:1"], what="the letter")
    assert letter.recipient == business.owner.user.email
    with engine.connect() as connection:
        assert connection.scalar(text("PRAGMA quick_check")) == "ok"


def add(writer: Writer, name: str) -> tuple[int, dict[str, str]]:
    """Adds a vendor, and says how that was answered."""
    status, answer, _etag = writer.ask("POST", "/vendors", {"name": name, "what_they_do": "x" * 400})
    return status, answer


def names(writer: Writer) -> list[str]:
    """All vendors by name."""
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        status, page, _etag = writer.ask("GET", f"/vendors?cursor={cursor}" if cursor else "/vendors")
        assert status == 200
        found += [row["name"] for row in page["items"]]
        cursor = page["next_cursor"]
    return sorted(found)
