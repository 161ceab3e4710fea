"""Whether the program lives, and whether it can do its work: for those who look after machines."""

import hmac
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flask import Response, jsonify, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from crm.core import revisions
from crm.core.errors import Missing
from crm.core.settings import Settings
from crm.domain import health
from crm.domain.health import Health
from crm.queries import outbox
from crm.web.gate import PUBLIC, DoorVisit, Pages
from crm.web.hosts import is_this_machine
from crm.web.replies import AnyReply, Raw

pages = Pages("health")


@pages.get("/healthz", PUBLIC)
def alive(visit: DoorVisit) -> AnyReply:
    """The process can answer."""
    return _json({"status": "ok"}, 200)


@pages.get("/readyz", PUBLIC)
def ready(visit: DoorVisit) -> AnyReply:
    """The database answers and is whole, its schema is the present one, and the scheduler ticks."""
    try:
        return _report(visit)
    except SQLAlchemyError:
        visit.session.rollback()
        return _json({"status": "unavailable", "database": {"ok": False}}, 503)


@pages.get("/metrics", PUBLIC)
def metrics(visit: DoorVisit) -> AnyReply:
    """The same as figures for Prometheus: with METRICS_TOKEN, or from this machine itself."""
    if not _may_measure(visit.settings):
        raise Missing
    present = revisions.present(visit.session)
    found = _look(visit) if present == revisions.newest() else None
    registry = CollectorRegistry()
    states = {state.value: count for state, count in outbox.by_state(visit.session).items()} if found else {}
    registry.register(_Figures(found, states))
    text = generate_latest(registry)
    return Raw(lambda: Response(text, content_type=CONTENT_TYPE_LATEST))


class _Figures(Collector):
    """What was seen, in the words of Prometheus."""

    def __init__(self, seen: Health | None, states: dict[str, int]) -> None:
        self._seen = seen
        self._states = states

    def collect(self) -> Iterator[Metric]:
        """Everything, each as it is now."""
        seen = self._seen
        yield GaugeMetricFamily(
            "goodterms_up", "1 while the database answers with the present schema.", seen is not None
        )
        if seen is None:
            return
        yield GaugeMetricFamily(
            "goodterms_database_faults", "What the last check of the database found wrong.", len(seen.faults)
        )
        yield GaugeMetricFamily("goodterms_scheduler_up", "1 while the scheduler ticks.", not seen.is_silent)
        yield GaugeMetricFamily(
            "goodterms_scheduler_last_tick_timestamp_seconds", "When it ticked last.", _seconds(seen.tick)
        )
        letters = GaugeMetricFamily("goodterms_outbox_messages", "Letters in the outbox.", labels=("state",))
        for state, count in sorted(self._states.items()):
            letters.add_metric((state,), count)
        yield letters
        yield GaugeMetricFamily(
            "goodterms_outbox_oldest_seconds", "How long the oldest letter waits.", seen.oldest_seconds or 0
        )
        yield GaugeMetricFamily(
            "goodterms_mail_failing_seconds",
            "How long no letter has been taken: the mail server is away, or puts them all off.",
            (seen.at - seen.mail_failing_since).total_seconds() if seen.mail_failing_since else 0,
        )
        yield GaugeMetricFamily(
            "goodterms_last_digest_timestamp_seconds",
            "When a morning letter was sent last.",
            _seconds(seen.outbox.last_digest),
        )


def _may_measure(settings: Settings) -> bool:
    token = settings.metrics_token
    shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(shown.encode(), token.encode()):
        return True
    return is_this_machine(settings)


def _look(visit: DoorVisit) -> Health:
    return health.look(visit.session, tick_seconds=visit.settings.tick_seconds)


def _report(visit: DoorVisit) -> AnyReply:
    present, newest = revisions.present(visit.session), revisions.newest()
    report: dict[str, Any] = {
        "database": {"ok": True},
        "migrations": {"ok": present == newest, "present": present, "newest": newest},
    }
    if present != newest:
        return _json({"status": "unavailable", **report}, 503)
    found = _look(visit)
    if found.faults:
        report["database"] = {"ok": False, "faults": len(found.faults)}
    report["scheduler"] = {"ok": not found.is_silent, "last_tick": found.tick.isoformat() if found.tick else None}
    report["outbox"] = {
        "waiting": found.outbox.waiting,
        "oldest_seconds": found.oldest_seconds,
        "failed": found.outbox.failed,
        "held": found.outbox.held,
        "server_failing_since": found.mail_failing_since.isoformat() if found.mail_failing_since else None,
    }
    is_ready = not found.is_silent and not found.faults
    return _json({"status": "ok" if is_ready else "unavailable", **report}, 200 if is_ready else 503)


def _seconds(instant: datetime | None) -> float:
    return instant.timestamp() if instant else 0.0


def _json(report: dict[str, Any], status: int) -> AnyReply:
    def make() -> Response:
        answer = jsonify(report)
        answer.status_code = status
        return answer

    return Raw(make)
