"""The people that tests are about: one in each role of a business, and a stranger, who owns another one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import time_machine
from sqlalchemy import Engine, select

from crm.core.tenancy import InstallationSession, installation_session
from crm.core.unit_of_work import installation_work
from crm.domain import accounts
from crm.models.enums import Role
from crm.models.workspaces import Membership, Workspace
from crm.queries import members

PASSWORD = "a long walk to the harbour"
FOUNDED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""A Monday morning: when both businesses began, whatever day the tests run on."""

BUSINESS, OTHER_BUSINESS = "Fern & Flint", "Rook Carpentry"
TIME_ZONE = "Europe/London"

_TEAM = {
    "admin": ("Ada Admin", Role.ADMIN),
    "member": ("Milo Member", Role.MEMBER),
    "viewer": ("Vera Viewer", Role.VIEWER),
}


@dataclass(frozen=True)
class Business:
    """Fern & Flint with its people: memberships with their user and workspace, in no session."""

    workspace: Workspace
    owner: Membership
    admin: Membership
    member: Membership
    viewer: Membership
    stranger: Membership
    """The owner of Rook Carpentry, who has nothing to do with Fern & Flint."""

    @property
    def people(self) -> list[Membership]:
        """Those who belong to it."""
        return [self.owner, self.admin, self.member, self.viewer]


def settle(engine: Engine) -> None:
    """Founds both businesses and gives Fern & Flint its people, each through the domain."""
    with time_machine.travel(FOUNDED, tick=False), installation_work(engine) as session:
        fern = _found(session, BUSINESS, "owner@fern.example", "Olive Owner")
        for key, (name, role) in _TEAM.items():
            user = accounts.account(
                session, email=f"{key}@fern.example", name=name, password=PASSWORD, time_zone=TIME_ZONE
            )
            accounts.join(session, fern.workspace, user, role=role)
        _found(session, OTHER_BUSINESS, "stranger@rook.example", "Silas Stranger")


def _found(session: InstallationSession, name: str, email: str, owner: str) -> Membership:
    return accounts.set_up(
        session, business=name, owner_name=owner, email=email, password=PASSWORD, time_zone=TIME_ZONE
    )


def business(engine: Engine) -> Business:
    """Reads Fern & Flint and its people from a database that they have settled in."""
    with installation_session(engine, writing=False) as session:
        fern, rook = session.scalars(select(Workspace).order_by(Workspace.id)).all()[:2]
        by_role = {member.role: member for member in members.members_of(session, fern.id)}
        [stranger] = members.members_of(session, rook.id)
    team = {key: by_role[role] for key, (_name, role) in _TEAM.items()}
    return Business(workspace=fern, owner=by_role[Role.OWNER], stranger=stranger, **team)
