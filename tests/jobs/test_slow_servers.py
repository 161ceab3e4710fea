"""A server that takes its time: the claim is kept alive meanwhile, and a worker that was frozen sends nothing."""

import threading

import pytest

from crm.core import clock
from crm.jobs.sender import Sender
from crm.models.enums import MailState
from tests.support.letters import only, put_in


@pytest.fixture
def sending(settings_with, smtp_sink):
    return settings_with(SMTP_URL=smtp_sink.url, LEASE_SECONDS="0.6")


def test_a_server_slower_than_the_lease_gets_the_letter_once(engine, business, sending, smtp_sink) -> None:
    def slowly(_address: str) -> None:
        threading.Event().wait(1.5)

    smtp_sink.answer("rcpt", slowly)
    put_in(engine, business.owner)
    first = Sender(engine, sending)
    worker = threading.Thread(target=first.work_once)
    worker.start()
    other = Sender(engine, sending)
    while worker.is_alive():
        other.work_once()
        worker.join(0.1)
    message = only(engine)
    assert (message.state, message.attempts, message.sent_again) == (MailState.SENT, 1, False)
    assert len(smtp_sink.letters) == 1


def test_a_worker_without_a_sign_of_life_sends_nothing(engine, business, sending, smtp_sink, monkeypatch) -> None:
    real = clock.monotonic
    put_in(engine, business.owner)

    def frozen_for_an_hour_behind_the_fence() -> float:
        return real() + (3600.0 if only(engine).state is MailState.BEGUN else 0.0)

    monkeypatch.setattr(clock, "monotonic", frozen_for_an_hour_behind_the_fence)
    Sender(engine, sending).work_once()
    assert smtp_sink.letters == []
    assert only(engine).state is MailState.WAITING
