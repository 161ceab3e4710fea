"""The disk is full: pages say so, reading goes on, and all is well again without a restart."""

from __future__ import annotations

import io

import pytest
from sqlalchemy.exc import OperationalError

from crm.domain import vendors
from crm.jobs.sender import Sender
from tests.support.browsing import soup, words
from tests.support.disks import files_of_at_most
from tests.support.letters import put_in
from tests.support.programs import Program, token_for

pytestmark = pytest.mark.sqlite


@pytest.fixture
def vendor_id(inside, business) -> int:
    with inside(business) as session:
        return vendors.add(session, by=business.owner, name="Northlight").id


def names(client) -> list[str]:
    return [words(row.select_one("th[scope=row] a")) for row in soup(client.get("/vendors")).select("tbody tr")]


def test_what_cannot_be_saved_is_said_and_reading_goes_on(client, vendor_id):
    with files_of_at_most(0):
        answer = client.post("/vendors", name="Harbour Films")
        assert answer.status_code == 503
        assert "its disk is full" in words(soup(answer))
        assert names(client) == ["Northlight"]
        assert client.get(f"/vendors/{vendor_id}").status_code == 200
    assert names(client) == ["Northlight"]
    assert client.post("/vendors", name="Harbour Films").status_code == 303
    assert sorted(names(client)) == ["Harbour Films", "Northlight"]


def test_a_file_that_has_no_room_is_said_too_and_leaves_nothing_behind(client, vendor_id, settings, caplog):
    contract = (io.BytesIO(b"%PDF-1.7 " + b"x" * 50_000), "contract.pdf")
    with files_of_at_most(10_000):
        answer = client.post(f"/vendors/{vendor_id}/files", file=contract)
    assert answer.status_code == 503
    assert "its disk is full" in words(soup(answer))
    assert "there is no room on the disk" in caplog.text
    assert not settings.uploads.exists() or not list(settings.uploads.iterdir())


def test_a_program_is_told_so_in_problem_details(app, engine, business, vendor_id):
    program = Program(app, token_for(engine, business.owner))
    with files_of_at_most(0):
        answer = program.post("/api/v1/vendors", {"name": "Harbour Films"})
    assert (answer.status_code, answer.content_type) == (503, "application/problem+json")


def test_letters_wait_for_room_and_leave_then(engine, settings_with, business, smtp_sink):
    put_in(engine, business.owner)
    sender = Sender(engine, settings_with(SMTP_URL=smtp_sink.url))
    with files_of_at_most(0), pytest.raises(OperationalError):
        sender.work_once()
    assert smtp_sink.letters == []
    assert sender.work_once() == len(smtp_sink.letters) == 1
