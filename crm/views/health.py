"""Whether the program lives, and whether it can do its work: for those who look after machines."""

from datetime import datetime, timedelta
from typing import Any

from flask import Response, jsonify
from sqlalchemy.exc import SQLAlchemyError

from crm.core import clock, revisions
from crm.domain import heartbeats
from crm.queries import outbox
from crm.web.gate import PUBLIC, DoorVisit, Pages
from crm.web.replies import AnyReply, Raw

pages = Pages("health")

SILENT_AFTER = timedelta(seconds=90)


@pages.get("/healthz", PUBLIC)
def alive(visit: DoorVisit) -> AnyReply:
    """The process can answer."""
    return _json({"status": "ok"}, 200)


@pages.get("/readyz", PUBLIC)
def ready(visit: DoorVisit) -> AnyReply:
    """The database answers, its schema is the present one, and the scheduler ticks."""
    try:
        return _report(visit)
    except SQLAlchemyError:
        visit.session.rollback()
        return _json({"status": "unavailable", "database": {"ok": False}}, 503)


def _report(visit: DoorVisit) -> AnyReply:
    session = visit.session
    present, newest = revisions.present(session), revisions.newest()
    report: dict[str, Any] = {
        "database": {"ok": True},
        "migrations": {"ok": present == newest, "present": present, "newest": newest},
    }
    if present != newest:
        return _json({"status": "unavailable", **report}, 503)
    now = clock.now()
    tick = heartbeats.last(session, heartbeats.TICK)
    ticks = tick is not None and abs(now - tick) <= max(
        SILENT_AFTER, timedelta(seconds=3 * visit.settings.tick_seconds)
    )
    counted = outbox.counts(session)
    report["scheduler"] = {"ok": ticks, "last_tick": _text(tick)}
    report["outbox"] = {
        "waiting": counted.waiting,
        "oldest_seconds": int((now - counted.oldest_waiting).total_seconds()) if counted.oldest_waiting else None,
        "failed": counted.failed,
        "held": counted.held,
    }
    return _json({"status": "ok" if ticks else "unavailable", **report}, 200 if ticks else 503)


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def _json(report: dict[str, Any], status: int) -> AnyReply:
    def make() -> Response:
        answer = jsonify(report)
        answer.status_code = status
        return answer

    return Raw(make)
