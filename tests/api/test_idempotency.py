"""A request sent twice with one key is carried out once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from sqlalchemy import func, select

from crm.api import vendors as vendors_api
from crm.core.tenancy import installation_session
from crm.core.unit_of_work import installation_work
from crm.domain import leftovers
from crm.models.api_tokens import ApiAnswer
from crm.models.vendors import Vendor
from tests.support.programs import problem_of


@pytest.fixture
def vendor_count(inside, business):
    def count() -> int:
        with inside(business) as session:
            return session.scalar(select(func.count(Vendor.id)))

    return count


def test_the_same_request_is_answered_as_before(program, vendor_count):
    first = program.post("/vendors", {"name": "Nadia Voss"}, key="one")
    again = program.post("/vendors", {"name": "Nadia Voss"}, key="one")
    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert vendor_count() == 1


def test_another_request_with_the_same_key_is_a_mistake(program, vendor_count):
    program.post("/vendors", {"name": "Nadia Voss"}, key="one")
    assert problem_of(program.post("/vendors", {"name": "Silas Brandt"}, key="one"))["status"] == 422
    assert program.post("/tags", {"name": "Nadia Voss"}, key="one").status_code == 422
    assert vendor_count() == 1


def test_without_a_key_it_is_carried_out_each_time(program, vendor_count):
    for _time in range(2):
        assert program.post("/vendors", {"name": "Nadia Voss"}).status_code == 201
    assert vendor_count() == 2


def test_everybodys_keys_are_their_own(program_of, business, vendor_count):
    for person in (business.owner, business.member):
        assert program_of(person).post("/vendors", {"name": "Nadia Voss"}, key="one").status_code == 201
    assert vendor_count() == 2


def test_a_refused_request_leaves_its_key_free(program, engine):
    assert program.post("/vendors", {"name": ""}, key="one").status_code == 422
    assert program.post("/vendors", {"name": "Nadia", "leave_to": "2026-01-01"}, key="one").status_code == 422
    assert program.post("/vendors", {"name": "Nadia Voss"}, key="one").status_code == 201


def test_many_at_once_make_one_vendor(program, vendor_count):
    together = Barrier(6)

    def send(_number: int) -> int:
        together.wait()
        return program.post("/vendors", {"name": "Nadia Voss"}, key="one").status_code

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(send, range(6)))
    assert set(answers) <= {201, 409}
    assert 201 in answers
    assert vendor_count() == 1


def test_while_the_first_is_being_worked_on_a_second_one_waits_for_nothing(program, monkeypatch, vendor_count):
    begun, may_end = Event(), Event()
    add = vendors_api.vendors.add

    def slowly(*told, **more):
        begun.set()
        assert may_end.wait(10)
        return add(*told, **more)

    monkeypatch.setattr(vendors_api.vendors, "add", slowly)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(program.post, "/vendors", {"name": "Nadia Voss"}, key="one")
        assert begun.wait(10)
        second = program.post("/vendors", {"name": "Nadia Voss"}, key="one")
        may_end.set()
        assert first.result().status_code == 201
    assert problem_of(second)["status"] == 409
    assert second.headers["Retry-After"] == "1"
    assert program.post("/vendors", {"name": "Nadia Voss"}, key="one").json == first.result().json
    assert vendor_count() == 1


def test_a_request_that_died_can_be_sent_again_after_a_while(program, monkeypatch, clock_at, vendor_count):
    clock_at("2026-10-05 09:00")
    released = []
    monkeypatch.setattr("crm.domain.api_answers.release", lambda *_told: released.append(1))  # as if the process ended

    def die(*_told, **_more):
        raise RuntimeError

    add = vendors_api.vendors.add
    monkeypatch.setattr(vendors_api.vendors, "add", die)
    assert program.post("/vendors", {"name": "Nadia Voss"}, key="one").status_code == 500
    monkeypatch.setattr(vendors_api.vendors, "add", add)
    assert program.post("/vendors", {"name": "Nadia Voss"}, key="one").status_code == 409
    clock_at("2026-10-05 09:06")
    assert program.post("/vendors", {"name": "Nadia Voss"}, key="one").status_code == 201
    assert vendor_count() == 1
    assert released


def test_an_answer_is_kept_for_more_than_a_day_and_then_swept(program, engine, clock_at):
    def kept() -> int:
        with installation_work(engine) as session:
            leftovers.clear_away(session)
        with installation_session(engine, writing=False) as session:
            return session.scalar(select(func.count(ApiAnswer.id)))

    clock_at("2026-10-05 09:00")
    program.post("/vendors", {"name": "Nadia Voss"}, key="one")
    clock_at("2026-10-06 09:01")
    assert kept() == 1
    clock_at("2026-10-07 09:01")
    assert kept() == 0
