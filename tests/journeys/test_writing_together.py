"""Many programs write at once, beside the scheduler; and a server that is killed while they do.

The long form is in ``make soak``.
"""

from __future__ import annotations

from http import HTTPStatus

import pytest
from sqlalchemy import select

from crm.domain import vendors
from crm.models.log import Note
from crm.models.vendors import Vendor
from tests.support.programs import token_for
from tests.support.writers import Writer

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
def writer(start_server, engine, business) -> Writer:
    return Writer(start_server(TICK_SECONDS="0.5"), token_for(engine, business.owner))


def test_no_update_is_lost_and_no_answer_is_a_fault(writer, vendor_ids, inside, business):
    answers = writer.count_together(vendor_ids, clients=CLIENTS, each=EACH)
    assert set(answers) <= {HTTPStatus.OK, HTTPStatus.PRECONDITION_FAILED}
    assert answers[HTTPStatus.OK] == CLIENTS * EACH
    with inside(business) as session:
        counts = session.scalars(select(Vendor.what_they_do).where(Vendor.id.in_(vendor_ids))).all()
    assert sum(int(count) for count in counts) == CLIENTS * EACH
    assert "locked" not in writer.server.said()


def test_what_was_acknowledged_is_there_after_the_server_is_killed(writer, vendor_ids, inside, business):
    acknowledged = writer.write_through_kills(vendor_ids, kills=KILLS)
    with inside(business) as session:
        kept = set(session.scalars(select(Note.body)))
    assert set(acknowledged) <= kept
