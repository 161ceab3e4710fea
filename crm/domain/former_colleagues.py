"""Somebody who has left and wants to be forgotten: what they wrote stays with the business, without their name."""

import secrets

from sqlalchemy import ColumnElement, delete, or_, select

from crm.core import tokens
from crm.core.errors import Missing, Refused
from crm.core.i18n import _, lazy
from crm.core.tenancy import WorkspaceSession
from crm.domain import accounts, audit, passwords, permissions
from crm.domain.permissions import Act
from crm.mail import outbox
from crm.models.enums import AuditKind
from crm.models.outbox import OutboxMessage
from crm.models.ways_in import Identity, KnownDevice, Passkey, RecoveryCode
from crm.models.workspaces import Membership, User
from crm.queries import members

UNKNOWN = "erased.invalid"
"""A domain that exists nowhere."""


def erase(session: WorkspaceSession, user_id: int, *, by: Membership) -> None:
    """Take name, address and ways in from an account that is in no team any more. Nobody can sign in with it again.

    Owners do it. Raises :class:`Refused` for somebody who is in a team still, here or in another business.
    """
    permissions.require(by, Act.OWN)
    member = members.membership(session, session.workspace_id, user_id)
    if member is None:
        raise Missing
    if member.is_active or members.memberships_of(session, user_id):
        raise Refused(lazy("Only somebody who has left every team can be erased."))
    user = session.get_one(User, user_id)
    accounts.end_all_sessions(session, user_id)
    for kind in (Passkey, RecoveryCode, KnownDevice, Identity):
        session.execute(delete(kind).where(kind.user_id == user_id))
    for letter in session.scalars(select(OutboxMessage).where(_to_them(user))):
        outbox.take_back(session, letter.id)
        letter.recipient, letter.content = "", b""
    known_as = [user.name, user.email]
    user.name = _("Former colleague %(number)s", number=user_id)
    user.email = f"{secrets.token_hex(8)}@{UNKNOWN}"
    user.password_hash = passwords.hash_of(tokens.new_token())
    user.totp_secret, user.totp_since, user.passkey_handle = "", None, None
    audit.forget(session, user_id, names=known_as, instead=user.name)
    audit.record_here(session, AuditKind.ERASED, by=by.user_id, about=user.name, what="colleague")


def _to_them(user: User) -> ColumnElement[bool]:
    """Letters to the account, at whichever address it had."""
    to_the_account = (OutboxMessage.user_id == user.id) & OutboxMessage.to_outsider.is_(False)
    return or_(OutboxMessage.recipient == user.email, to_the_account)
