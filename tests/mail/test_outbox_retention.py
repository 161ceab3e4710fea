"""How long letters are kept: their texts for a month, that they were for half a year, what went outside for good."""

from __future__ import annotations

import pytest

from crm.core import clock
from crm.core.unit_of_work import installation_work
from crm.jobs import night
from crm.mail import outbox
from crm.models.enums import MailState
from crm.models.outbox import OutboxMessage
from tests.support.letters import messages, put_in


@pytest.fixture
def settled(engine, business, clock_at):
    """A letter of 1 May that came to an end on that day, or did not."""

    def make(state: MailState, key: str = "letter", **fields) -> None:
        clock_at("2026-05-01 12:00")
        letter = put_in(engine, business.owner, key, **fields)
        with installation_work(engine) as session:
            row = session.get_one(OutboxMessage, letter.id)
            row.state, row.settled_at = state, None if state in (MailState.WAITING, MailState.HELD) else clock.now()

    return make


def kept(engine) -> dict[str, bool]:
    """The letters that there are, and whether each has its text."""
    return {message.key: bool(message.content) for message in messages(engine)}


@pytest.mark.parametrize("state", [MailState.SENT, MailState.FAILED, MailState.CANCELLED])
def test_a_text_goes_after_30_days_and_the_letter_after_180(engine, settled, clock_at, state) -> None:
    settled(state)
    found = []
    for day in ("2026-05-31 11:59", "2026-05-31 12:00", "2026-10-28 10:59", "2026-10-28 11:00"):
        clock_at(day)
        night.clear_outbox(engine)
        found.append(kept(engine))
    assert found == [{"letter": True}, {"letter": False}, {"letter": False}, {}]


@pytest.mark.parametrize("state", [MailState.WAITING, MailState.HELD])
def test_what_somebody_has_still_to_decide_stays_whole(engine, settled, clock_at, state) -> None:
    settled(state, to_outsider=True)
    clock_at("2027-05-01 12:00")
    night.clear_outbox(engine)
    assert kept(engine) == {"letter": True}


def test_that_a_letter_went_outside_stays_known(engine, settled, clock_at) -> None:
    settled(MailState.FAILED, to_outsider=True)
    clock_at("2027-05-01 12:00")
    night.clear_outbox(engine)
    assert kept(engine) == {"letter": False}


def test_however_many_there_are(engine, settled, clock_at, monkeypatch) -> None:
    monkeypatch.setattr(outbox, "CLEARED_AT_ONCE", 2)
    for number in range(5):
        settled(MailState.SENT, f"letter:{number}")
    clock_at("2026-12-01 12:00")
    night.clear_outbox(engine)
    assert kept(engine) == {}
