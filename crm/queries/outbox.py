"""Reading the outbox. Bodies are not read here: who may see one is decided in :mod:`crm.domain.letters`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from crm.core.tenancy import HouseSession
from crm.models.enums import MailKind, MailState
from crm.models.outbox import OutboxMessage

ON_THE_WAY = (MailState.WAITING, MailState.SENDING, MailState.BEGUN, MailState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Counts:
    """How the outbox stands."""

    waiting: int
    failed: int
    held: int
    oldest_waiting: datetime | None
    last_digest: datetime | None
    last_error: str
    last_error_at: datetime | None


def everything(session: HouseSession, state: MailState | None = None) -> Sequence[OutboxMessage]:
    """All letters of the installation, the oldest first."""
    statement = select(OutboxMessage).order_by(OutboxMessage.id)
    if state is not None:
        statement = statement.where(OutboxMessage.state == state)
    return session.scalars(statement).all()


def page_of(
    session: HouseSession,
    workspace_id: int,
    *,
    user_id: int | None,
    state: MailState | None,
    offset: int,
    limit: int,
) -> Sequence[OutboxMessage]:
    """Letters of a business, the newest first; only a person's own where ``user_id`` is given."""
    statement = (
        select(OutboxMessage)
        .where(*_of(workspace_id, user_id))
        .order_by(OutboxMessage.created_at.desc(), OutboxMessage.id.desc())
        .offset(offset)
        .limit(limit)
    )
    if state is not None:
        statement = statement.where(OutboxMessage.state == state)
    return session.scalars(statement).all()


def by_state(session: HouseSession, workspace_id: int | None = None) -> dict[MailState, int]:
    """How many letters of a business, or of the installation, are in each state."""
    statement = (
        select(OutboxMessage.state, func.count(OutboxMessage.id))
        .where(*_of(workspace_id, None))
        .group_by(OutboxMessage.state)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def counts(session: HouseSession, workspace_id: int | None = None) -> Counts:
    """How the outbox of a business, or of the installation, stands."""
    here = _of(workspace_id, None)
    numbers = by_state(session, workspace_id)
    oldest = session.scalar(
        select(func.min(OutboxMessage.created_at)).where(*here, OutboxMessage.state.in_(ON_THE_WAY))
    )
    last_digest = session.scalar(
        select(func.max(OutboxMessage.settled_at)).where(
            *here, OutboxMessage.kind == MailKind.DIGEST, OutboxMessage.state == MailState.SENT
        )
    )
    trouble = session.execute(
        select(OutboxMessage.last_error, OutboxMessage.created_at)
        .where(
            *here,
            OutboxMessage.last_error != "",
            OutboxMessage.state.in_((*ON_THE_WAY, MailState.FAILED, MailState.HELD)),
        )
        .order_by(OutboxMessage.id.desc())
        .limit(1)
    ).first()
    return Counts(
        waiting=sum(numbers.get(state, 0) for state in ON_THE_WAY),
        failed=numbers.get(MailState.FAILED, 0),
        held=numbers.get(MailState.HELD, 0),
        oldest_waiting=oldest,
        last_digest=last_digest,
        last_error=trouble.last_error if trouble else "",
        last_error_at=trouble.created_at if trouble else None,
    )


def _of(workspace_id: int | None, user_id: int | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if workspace_id is not None:
        conditions.append(OutboxMessage.workspace_id == workspace_id)
    if user_id is not None:
        conditions.append(OutboxMessage.user_id == user_id)
    return conditions
