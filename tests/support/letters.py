"""Vendors that are due, and letters about them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import undefer

from crm.core.settings import Settings
from crm.core.tenancy import WorkspaceSession, installation_session
from crm.core.unit_of_work import installation_work
from crm.domain import heartbeats, vendors
from crm.jobs import timetable
from crm.mail import outbox
from crm.mail.mime import Letter
from crm.models.enums import MailKind, Stage
from crm.models.outbox import OutboxMessage
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership

LETTER = Letter(subject="A letter", text="Hello.", html="<p>Hello.</p>")


def due_vendor(session: WorkspaceSession, by: Membership, name: str = "Northlight Studio", **fields: Any) -> Vendor:
    """An active vendor: 30 days from now it is due."""
    return vendors.add(session, by=by, name=name, stage=Stage.ACTIVE, despite_doubles=True, **fields)


def put_in(engine: Engine, to: Membership, key: str = "letter:1", **changes: Any) -> OutboxMessage:
    """A letter to one of our own people, in the outbox."""
    values: dict[str, Any] = {
        "key": key,
        "kind": MailKind.TEST,
        "sender": "Good Terms <goodterms@example.org>",
        "recipient": to.user.email,
        "recipient_name": to.user.name,
        "workspace_id": to.workspace_id,
        "user_id": to.user_id,
    }
    with installation_work(engine) as session:
        return outbox.enqueue(session, changes.pop("letter", LETTER), **{**values, **changes})


def messages(engine: Engine) -> list[OutboxMessage]:
    """What is in the outbox, bodies included, the oldest first."""
    with installation_session(engine, writing=False) as session:
        statement = select(OutboxMessage).order_by(OutboxMessage.id).options(undefer(OutboxMessage.content))
        return list(session.scalars(statement))


def only(engine: Engine) -> OutboxMessage:
    """The one letter in the outbox."""
    [message] = messages(engine)
    return message


def tick(engine: Engine, settings: Settings) -> None:
    """One tick of the timetable, without sending."""
    for job in timetable.TIMETABLE:
        job.act(engine, settings)


__all__ = ["LETTER", "due_vendor", "heartbeats", "messages", "only", "put_in", "tick"]
