"""Reading people and where they belong."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, ScalarSelect, and_, bindparam, inspect, select
from sqlalchemy.orm import Session, contains_eager, joinedload, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict, set_committed_value

from crm.core.columns import Base
from crm.core.kept_questions import KeptQuestion
from crm.core.tenancy import WorkspaceSession
from crm.models.enums import Role
from crm.models.webhooks import Webhook
from crm.models.workspaces import (
    Heartbeat,
    InstallationSetting,
    Membership,
    User,
    UserSession,
    Workspace,
)
from crm.queries.keysets import Along, Page, Step, page, says

B = TypeVar("B", bound=Base)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A browser's living session with its person, and where that person belongs, by name of the business."""

    user_session: UserSession
    memberships: list[Membership]
    tick: datetime | None
    """When the scheduler lived last."""
    fuse: str | None
    """What is kept of a mail server that is away."""
    faults: str | None
    """What the last check of the database found."""
    unheard: frozenset[int] = frozenset()
    """The businesses of which a webhook was stopped because nothing arrived."""


def signed_in(
    connection: Connection, token_hash: str, now: datetime, *, tick: str, fuse: str, faults: str
) -> SignedIn | None:
    """Who a browser is signed in as, and how the installation is: the sign of life and the settings of these names.

    One question, put without a session, and the rows are made by hand: it is asked at every request, where a session
    takes three times as long for it.
    """
    values = {"token_hash": token_hash, "now": now, "tick": tick, "fuse": fuse, "faults": faults}
    rows = _signed_in().rows(connection, values)
    if not rows:
        return None
    user_session, user = _made(UserSession, rows[0]), _made(User, rows[0])
    set_committed_value(user_session, "user", user)
    memberships = []
    for row in rows:
        if row[_place_of(Membership).start] is None:
            continue  # belongs nowhere
        membership = _made(Membership, row)
        set_committed_value(membership, "user", user)
        set_committed_value(membership, "workspace", _made(Workspace, row))
        memberships.append(membership)
    unheard = frozenset(row.unheard for row in rows if row.unheard is not None)
    beat, of_mail, of_database = rows[0][-3:]
    return SignedIn(user_session, memberships, beat, of_mail, of_database, unheard)


def _made(kind: type[B], row: Row[*tuple[Any, ...]]) -> B:
    """A mapped row from its part of what was asked, as a session would have left it."""
    made = kind()
    instance_dict(made).update(zip(_names(kind), row[_place_of(kind)], strict=True))
    make_transient_to_detached(made)
    return made


@cache
def _names(kind: type[Base]) -> list[str]:
    return [attribute.key for attribute in inspect(kind).column_attrs]


@cache
def _place_of(kind: type[Base]) -> slice:
    """Where the columns of a table stand in the rows of :func:`_signed_in`."""
    first = sum(len(_names(earlier)) for earlier in _ASKED[: _ASKED.index(kind)])
    return slice(first, first + len(_names(kind)))


_ASKED: tuple[type[Base], ...] = (UserSession, User, Membership, Workspace)


@cache
def _signed_in() -> KeptQuestion:
    at_work = and_(Membership.user_id == UserSession.user_id, Membership.deactivated_at.is_(None))
    columns = [getattr(kind, name) for kind in _ASKED for name in _names(kind)]
    return KeptQuestion(
        select(
            *columns,
            _unheard().label("unheard"),
            select(Heartbeat.beat_at).where(Heartbeat.name == bindparam("tick")).scalar_subquery(),
            _kept("fuse"),
            _kept("faults"),
        )
        .select_from(UserSession)
        .join(UserSession.user)
        .outerjoin(Membership, at_work)
        .outerjoin(Membership.workspace)
        .where(UserSession.token_hash == bindparam("token_hash"), UserSession.expires_at > bindparam("now"))
        .order_by(Workspace.name, Workspace.id)
    )


def _unheard() -> ScalarSelect[int]:
    """The number of the row's business, where a webhook of it was stopped, and not by hand."""
    here = (Webhook.workspace_id == Workspace.id, Webhook.stopped_at.is_not(None), Webhook.stopped_why != "")
    return select(Webhook.workspace_id).where(*here).correlate(Workspace).limit(1).scalar_subquery()


def _kept(name: str) -> ScalarSelect[str]:
    return select(InstallationSetting.value).where(InstallationSetting.name == bindparam(name)).scalar_subquery()


def memberships_of(session: Session, user_id: int) -> Sequence[Membership]:
    """Where a person belongs, by name of the business, each with user and workspace."""
    statement = (
        select(Membership)
        .join(Membership.workspace)
        .join(Membership.user)
        .where(Membership.user_id == user_id, Membership.deactivated_at.is_(None))
        .order_by(Workspace.name, Workspace.id)
        .options(contains_eager(Membership.workspace), contains_eager(Membership.user))
    )
    return session.scalars(statement).all()


def members_of(session: Session, workspace_id: int, *, active_only: bool = True) -> Sequence[Membership]:
    """The people of a business by name, each with user and workspace."""
    statement = (
        select(Membership)
        .join(Membership.user)
        .join(Membership.workspace)
        .where(Membership.workspace_id == workspace_id)
        .order_by(User.name, User.id)
        .options(contains_eager(Membership.user), contains_eager(Membership.workspace))
    )
    if active_only:
        statement = statement.where(Membership.deactivated_at.is_(None))
    return session.scalars(statement).all()


def membership(session: Session, workspace_id: int, user_id: int) -> Membership | None:
    """One person's place in a business, active or not, with user and workspace."""
    statement = (
        select(Membership)
        .where(Membership.workspace_id == workspace_id, Membership.user_id == user_id)
        .options(joinedload(Membership.user, innerjoin=True), joinedload(Membership.workspace, innerjoin=True))
    )
    return session.scalars(statement).first()


def admins_of(members: Sequence[Membership]) -> list[Membership]:
    """The active owners and admins among them."""
    return [m for m in members if m.is_active and m.role in (Role.OWNER, Role.ADMIN)]


def workers_of(members: Sequence[Membership]) -> list[Membership]:
    """Those among them who may look after vendors: active, and no mere viewers."""
    return [m for m in members if m.is_active and m.role is not Role.VIEWER]


def user_by_email(session: Session, email: str) -> User | None:
    """The account of an address in lower case."""
    return session.scalars(select(User).where(User.email == email)).first()


SORTS = {"id": Along(Membership.user_id), "name": Along(User.name), "joined_at": Along(Membership.joined_at)}


def listed(session: WorkspaceSession, step: Step, *, words: str = "", is_active: bool | None = None) -> Page:
    """One page of the members of the session's business, each with user. One query."""
    statement = (
        select(Membership)
        .join(Membership.user)
        .where(Membership.workspace_id == session.workspace_id, *says(words, User.name, User.email))
        .options(contains_eager(Membership.user))
    )
    if is_active is not None:
        here = Membership.deactivated_at.is_(None)
        statement = statement.where(here if is_active else ~here)
    return page(session, statement, Membership.user_id, SORTS, step)
