"""Morning letters for everybody at once: planned as at their hour, then delivered, and every one accounted for."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from sqlalchemy import Engine, insert, select

from crm.cli.bench import invention, letters
from crm.cli.bench.letters import Sent
from crm.core import clock, text
from crm.core.engine import open_engine
from crm.core.tenancy import WorkspaceSession, inside
from crm.core.unit_of_work import installation_work
from crm.jobs import timetable
from crm.models.enums import CadenceChoice, ReminderKind, Role, Stage
from crm.models.outbox import OutboxMessage
from crm.models.reminders import Reminder
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership, User, Workspace

PEOPLE_EACH = 50
"""So many people has a business at the most, and so many vendors, three of which are due for each of them."""
DUE_EACH = 3


@dataclass(frozen=True, slots=True)
class Planned:
    """How long it took to write so many letters into the outbox, and what became of them."""

    letters: int
    seconds: float
    cpu_seconds: float
    per_second: float
    sent: Sent


def measure(database: str, scratch: Path, count: int) -> Planned:
    """Let the letters of so many people come due at once, plan them, and send them all."""
    engine = open_engine(database)
    for first in range(0, count, PEOPLE_EACH):
        _invent(engine, first, min(PEOPLE_EACH, count - first))
    settings = letters.settings(database, scratch, port=25)
    began, worked = perf_counter(), process_time()
    timetable.plan_digests(engine, settings)
    taken, cpu = perf_counter() - began, process_time() - worked
    with installation_work(engine) as session:
        rows = session.execute(select(OutboxMessage.key, OutboxMessage.content)).all()
    engine.dispose()
    contents = {row.key: row.content for row in rows}
    return Planned(len(contents), taken, cpu, len(contents) / taken, letters.deliver(database, scratch, contents))


def _invent(engine: Engine, first: int, people: int) -> None:
    """A business with its people, whose letters are due now, at midnight of their day, and what they name."""
    now = clock.now()
    today = clock.local(now, "UTC").date()
    with installation_work(engine) as session:
        workspace = Workspace(name=f"Business {first}", slug=f"business-{first}", time_zone="UTC")
        session.add(workspace)
        session.flush()
        users = [
            {"email": f"reader{number}@bench.example", "name": f"Reader {number}", "password_hash": ""}
            for number in range(first, first + people)
        ]
        session.execute(insert(User), users)
        ids = list(session.scalars(select(User.id).where(User.email.in_([user["email"] for user in users]))))
        session.execute(insert(Membership), [_member(workspace.id, user_id, now) for user_id in ids])
        with inside(session, workspace.id) as rows:
            _surround(rows, ids, today, now)


def _member(workspace_id: int, user_id: int, now: datetime) -> dict[str, Any]:
    return {
        "workspace_id": workspace_id,
        "user_id": user_id,
        "role": Role.MEMBER,
        "digest_hour": 0,
        "digest_weekdays": "0123456",
        "next_digest_at": now,
    }


def _surround(session: WorkspaceSession, people: list[int], today: date, now: datetime) -> None:
    vendors = session.insert_numbered(Vendor, [_vendor(number, today, now) for number in range(len(people))])
    session.insert_many(
        Reminder,
        [
            {
                "user_id": user_id,
                "vendor_id": vendors[(place + turn) % len(vendors)],
                "kind": ReminderKind.FOLLOW_UP,
                "subject_id": place * DUE_EACH + turn + 1,
                "due_on": today,
                "shown_on": today,
            }
            for place, user_id in enumerate(people)
            for turn in range(DUE_EACH)
        ],
    )


def _vendor(number: int, today: date, now: datetime) -> dict[str, Any]:
    name = f"{invention.PLACES[number % len(invention.PLACES)]} Films {number}"
    return {
        "name": name,
        "normal_name": text.normal(name),
        "what_they_do": invention.TRADES[number % len(invention.TRADES)],
        "stage": Stage.ACTIVE,
        "stage_since": today,
        "cadence_choice": CadenceChoice.DEFAULT,
        "cadence_began_on": today,
        "created_at": now,
        "updated_at": now,
    }
