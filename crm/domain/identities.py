"""Accounts that somebody has at a sign-in service, linked to their account here by themselves.

No account is ever made, found or opened by an e-mail address that a service says: only by a link that its person made
while they were signed in here.
"""

from crm.core import clock, engine
from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy
from crm.core.tenancy import HouseSession, InstallationSession
from crm.domain import account_letters
from crm.models.enums import AuditKind
from crm.models.ways_in import Identity
from crm.models.workspaces import User
from crm.queries import identities


def person_of(session: InstallationSession, *, issuer: str, subject: str) -> User | None:
    """Whose account is linked to what a service calls somebody."""
    found = identities.known_as(session, issuer, subject)
    return session.get(User, found.user_id) if found is not None else None


def used(session: InstallationSession, *, issuer: str, subject: str) -> None:
    """Somebody signs in by it."""
    found = identities.known_as(session, issuer, subject)
    if found is not None:
        found.last_used_at = clock.now()


def link(session: HouseSession, user_id: int, *, issuer: str, subject: str, name: str) -> None:
    """Let a person sign in by what a service calls them; ``name`` is the service's. Linking again changes nothing.

    Raises :class:`Refused` where another account is linked to it.
    """
    engine.pass_alone(session.connection(), f"identity:{issuer}:{subject}")
    found = identities.known_as(session, issuer, subject)
    if found is not None:
        if found.user_id != user_id:
            raise Refused(lazy("This sign-in is linked to another account. Unlink it there first."))
        return
    session.add(Identity(user_id=user_id, issuer=issuer, subject=subject))
    account_letters.way_in_changed(session, AuditKind.IDENTITY_LINKED, user_id=user_id, about=name)
    session.flush()


def unlink(session: HouseSession, identity_id: int, *, of: int, name: str) -> None:
    """A person does not sign in by it any more. Raises :class:`Missing` where it is none of theirs."""
    found = session.get(Identity, identity_id)
    if found is None or found.user_id != of:
        raise Missing
    session.delete(found)
    account_letters.way_in_changed(session, AuditKind.IDENTITY_UNLINKED, user_id=of, about=name)
    session.flush()
