"""Reading passkeys. They belong to people: every question here names its person or its key."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.models.ways_in import Passkey
from crm.models.workspaces import User


def passkeys_of(session: Session, user_id: int) -> Sequence[Passkey]:
    """A person's passkeys, the first one first."""
    return session.scalars(select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.id)).all()


def passkey_count(session: Session, user_id: int) -> int:
    """How many passkeys a person has."""
    return session.scalar(select(func.count(Passkey.id)).where(Passkey.user_id == user_id)) or 0


def passkey(session: Session, passkey_id: int, *, of: int) -> Passkey | None:
    """One passkey of a person (the user's id)."""
    return session.scalars(select(Passkey).where(Passkey.id == passkey_id, Passkey.user_id == of)).first()


def is_known(session: Session, credential_id: str) -> bool:
    """Whether somebody here has this key."""
    return session.scalar(select(Passkey.id).where(Passkey.credential_id == credential_id)) is not None


def to_be_used(session: Session, credential_id: str) -> tuple[Passkey, User] | None:
    """The key with this id and its person. Until the end of the transaction nobody else uses it."""
    statement = (
        select(Passkey, User)
        .join(User, User.id == Passkey.user_id)
        .where(Passkey.credential_id == credential_id)
        .with_for_update(of=Passkey)
    )
    found = session.execute(statement).first()
    return (found[0], found[1]) if found else None
