"""Which rows of a workspace a reader may see: one rule, put to every statement that reads opinions."""

from typing import Any

from sqlalchemy import ColumnElement, or_

from crm.models.enums import Visibility
from crm.models.workspaces import Membership


def readable(reader: Membership, visibility: Any, author_id: Any) -> ColumnElement[bool]:
    """The condition on two columns, who may read it and who wrote it, for this reader."""
    shared = [Visibility.TEAM, Visibility.ADMINS] if reader.is_admin else [Visibility.TEAM]
    own = author_id == reader.user_id
    condition: ColumnElement[bool] = or_(visibility.in_(shared), own)
    return condition
