"""Which rows of a workspace a reader may see: one rule, put to every statement that reads opinions."""

from typing import Any

from sqlalchemy import ColumnElement, or_

from crm.models.enums import Visibility
from crm.models.workspaces import Membership


def readable(reader: Membership, visibility: Any, author_id: Any) -> ColumnElement[bool]:
    """The condition on two columns, who may read it and who wrote it, for this reader."""
    return readable_to(reader.user_id, reader.is_admin, visibility, author_id)


def readable_to(user_id: Any, is_admin: bool, visibility: Any, author_id: Any) -> ColumnElement[bool]:
    """The same for a statement that is kept: the reader's id may be a parameter of it."""
    shared = [Visibility.TEAM, Visibility.ADMINS] if is_admin else [Visibility.TEAM]
    condition: ColumnElement[bool] = or_(visibility.in_(shared), author_id == user_id)
    return condition
