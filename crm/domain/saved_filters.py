"""Filters of the list under a name, a person's own or shared with the team, and the columns that a person likes."""

from collections.abc import Iterable

from sqlalchemy import select, update

from crm.core import clock, limits, text
from crm.core.errors import Forbidden, Missing, Refused, Stale
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import permissions
from crm.domain.permissions import Act
from crm.models.lists import ListPreference, SavedFilter
from crm.models.workspaces import Membership


def save(
    session: WorkspaceSession,
    *,
    by: Membership,
    name: str,
    address: str,
    is_shared: bool = False,
    opens: bool = False,
) -> SavedFilter:
    """Keep an address of the list under a name. With ``opens`` the list opens with it.

    Raises :class:`Refused` for a name that one of theirs has, and :class:`Forbidden` for sharing without the right.
    """
    _require_may_share(by, is_shared)
    row = SavedFilter(
        created_by=by.user_id,
        name=_name(session, by.user_id, name),
        address=_address(address),
        is_shared=is_shared,
    )
    count = len(session.scalars(select(SavedFilter.id).where(SavedFilter.created_by == by.user_id)).all())
    if count >= limits.SAVED_FILTERS:
        raise Refused(lazy("Delete one first: %(most)s saved filters are the most.", most=limits.SAVED_FILTERS))
    session.add(row)
    session.flush()
    if opens:
        open_with(row, by=by)
    return row


def find(session: WorkspaceSession, saved_filter_id: int, *, by: Membership) -> SavedFilter:
    """A saved filter of one's own, or one that is shared. Raises :class:`Missing`: another's own is nobody else's."""
    row = session.get(SavedFilter, saved_filter_id, with_for_update=session.writing or None)
    if row is None or (row.created_by != by.user_id and not row.is_shared):
        raise Missing
    return row


def may_change(row: SavedFilter, by: Membership) -> bool:
    """Its owner may change a saved filter, and of shared ones those who manage the business."""
    return row.created_by == by.user_id or (row.is_shared and permissions.may(by, Act.MANAGE))


def change(row: SavedFilter, *, by: Membership, version: int, name: str, is_shared: bool) -> None:
    """Give it another name, share it, or keep it to oneself again. Raises :class:`Stale` after another's change."""
    _require_may_change(row, by)
    if row.version != version:
        raise Stale(lazy("A colleague has changed this saved filter since you opened it."))
    if is_shared and not row.is_shared:
        _require_may_share(by, is_shared)
    session = session_of(row)
    row.name = _name(session, row.created_by, name, but_not=row.id)
    if row.is_shared and not is_shared:
        # For everybody else it is gone: their lists open as usual again.
        _forget_opening(session, row, but_not=row.created_by)
    row.is_shared = is_shared
    _touch(row)


def replace(row: SavedFilter, *, by: Membership, address: str) -> None:
    """Keep another address under the same name."""
    _require_may_change(row, by)
    row.address = _address(address)
    _touch(row)


def delete(row: SavedFilter, *, by: Membership) -> None:
    """Delete it; lists that opened with it open as usual again."""
    _require_may_change(row, by)
    session = session_of(row)
    _forget_opening(session, row)
    session.delete(row)


def open_with(row: SavedFilter, *, by: Membership) -> None:
    """Let this person's list open with the saved filter."""
    _preference(session_of(row), by).opens_with_id = row.id


def open_as_usual(session: WorkspaceSession, *, by: Membership) -> None:
    """Let this person's list open with every vendor again."""
    _preference(session, by).opens_with_id = None


def choose_columns(session: WorkspaceSession, *, by: Membership, columns: Iterable[str]) -> None:
    """Keep the columns that a person likes; none for the usual ones."""
    _preference(session, by).columns = ",".join(columns)


def opens_with(session: WorkspaceSession, *, by: Membership) -> int | None:
    """The saved filter that this person's list opens with."""
    return session.scalars(select(ListPreference.opens_with_id).where(ListPreference.user_id == by.user_id)).first()


def _preference(session: WorkspaceSession, by: Membership) -> ListPreference:
    statement = select(ListPreference).where(ListPreference.user_id == by.user_id).with_for_update()
    row = session.scalars(statement).first()
    if row is None:
        row = ListPreference(user_id=by.user_id)
        session.add(row)
    return row


def _forget_opening(session: WorkspaceSession, row: SavedFilter, *, but_not: int | None = None) -> None:
    statement = update(ListPreference).where(ListPreference.opens_with_id == row.id)
    if but_not is not None:
        statement = statement.where(ListPreference.user_id != but_not)
    session.execute(statement.values(opens_with_id=None))


def _require_may_share(by: Membership, is_shared: bool) -> None:
    if is_shared:
        permissions.require(by, Act.WORK)


def _require_may_change(row: SavedFilter, by: Membership) -> None:
    if not may_change(row, by):
        raise Forbidden(lazy("Only whoever saved it, or an admin, can change it. Save one of your own instead."))


def _name(session: WorkspaceSession, owner_id: int | None, typed: str, but_not: int = 0) -> str:
    name = text.clean_line(typed)
    if not name:
        raise Refused(lazy("Type a name for the filter."), field="name")
    if len(name) > limits.NAME_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.NAME_LENGTH), field="name")
    own = select(SavedFilter.name).where(SavedFilter.created_by == owner_id, SavedFilter.id != but_not)
    if any(text.normal(other) == text.normal(name) for other in session.scalars(own)):
        raise Refused(lazy("You have a saved filter of this name. Choose another name."), field="name")
    return name


def _address(address: str) -> str:
    if len(address) > limits.ADDRESS_LENGTH:
        raise Refused(lazy("These are too many filters to keep."))
    return address


def _touch(row: SavedFilter) -> None:
    row.version += 1
    row.updated_at = clock.now()
