"""A sender that is killed while an address has the message and has not answered: nothing is lost, the id stays."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from crm.core import clock
from crm.core.settings import Settings
from crm.jobs.webhooks import WebhookSender
from crm.models.enums import DeliveryState
from tests.support.certificates import self_signed
from tests.support.hooks import hook, messages, tell
from tests.support.house_rules import ROOT
from tests.support.https_server import NAME, https_server, way_to
from tests.support.people import Business

SENDER = """
import os, sys
from crm.core.settings import load
from crm.jobs.webhooks import WebhookSender
from tests.support.databases import open_engine
from tests.support.https_server import way_to
settings = load(dict(os.environ))
WebhookSender(open_engine(settings.database_url), settings, way_to(sys.argv[1], seconds=60)).run()
"""


@pytest.mark.sqlite  # what is shown is the sender's; the database's part is shown on both beside this file
def test_a_killed_sender_loses_no_message(
    engine: Engine,
    business: Business,
    settings: Settings,
    database: str,
    instance: Path,
    tmp_path: Path,
    clock_at: Callable[..., None],
) -> None:
    context = self_signed(tmp_path, NAME)
    has_it, over = threading.Event(), threading.Event()
    environment = {
        "INSTANCE_DIR": str(instance),
        "DATABASE_URL": database,
        "SECRET_KEY": settings.secret_key,
        "PYTHONPATH": str(ROOT),
    }
    with https_server(context()) as server:

        def hold(_handler: object) -> None:
            has_it.set()
            over.wait(60)

        server.before = hold
        webhook_id, _secret = hook(engine, business.owner, server.url)
        for _ in range(3):
            tell(engine, business.owner, webhook_id)
        command = [sys.executable, "-c", SENDER, context().file]
        process = subprocess.Popen(command, env=environment, cwd=ROOT)
        try:
            assert has_it.wait(60)
        finally:
            process.kill()
            process.wait()
            over.set()
        server.before = None
        assert messages(engine, business.owner)[0].state is DeliveryState.SENDING
        clock_at((clock.now() + timedelta(minutes=2)).isoformat(), "UTC")
        assert WebhookSender(engine, settings, way_to(context().file)).work_once() == 3
        ids = [message.message_id for message in messages(engine, business.owner)]
        assert {message.state for message in messages(engine, business.owner)} == {DeliveryState.DELIVERED}
        assert sorted(server.ids()) == sorted([ids[0], *ids]), "the one that was in hand came twice, under one id"
