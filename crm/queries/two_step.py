"""Reading what somebody's sign-in asks for beside the password."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.models.ways_in import Passkey, RecoveryCode
from crm.models.workspaces import User


def is_on(session: Session, user: User) -> bool:
    """Whether a sign-in with the password needs a second step: an app counts, or there is a passkey."""
    return user.totp_since is not None or has_passkey(session, user.id)


def has_passkey(session: Session, user_id: int) -> bool:
    """Whether a person has a passkey at all."""
    return session.scalar(select(Passkey.id).where(Passkey.user_id == user_id).limit(1)) is not None


def codes_left(session: Session, user_id: int) -> int:
    """How many recovery codes of a person have not been used."""
    unused = (RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return session.scalar(select(func.count()).select_from(RecoveryCode).where(*unused)) or 0
