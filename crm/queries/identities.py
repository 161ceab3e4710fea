"""Reading at which sign-in services somebody is known."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.models.ways_in import Identity


def of_person(session: Session, user_id: int) -> Sequence[Identity]:
    """What is linked to a person's account, the oldest first."""
    return session.scalars(select(Identity).where(Identity.user_id == user_id).order_by(Identity.id)).all()


def known_as(session: Session, issuer: str, subject: str) -> Identity | None:
    """The link of what a service calls somebody."""
    return session.scalars(select(Identity).where(Identity.issuer == issuer, Identity.subject == subject)).first()
