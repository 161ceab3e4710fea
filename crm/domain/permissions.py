"""Who may do what: one table, role by act."""

from enum import StrEnum

from crm.core.errors import Forbidden
from crm.core.i18n import lazy
from crm.models.enums import Role, Visibility
from crm.models.workspaces import Membership


class Act(StrEnum):
    """What a member of a business may be allowed to do."""

    SEE = "see"
    """Read vendors and what the team shares about them; one's own settings."""
    WORK = "work"
    """Add and change vendors, log, park, refer, remind."""
    IMPORT = "import"
    MANAGE = "manage"
    """Team, categories, mail and business settings, the outbox."""
    OWN = "own"
    """Name owners."""


_ROLES: dict[Role, frozenset[Act]] = {
    Role.VIEWER: frozenset({Act.SEE}),
    Role.MEMBER: frozenset({Act.SEE, Act.WORK, Act.IMPORT}),
    Role.ADMIN: frozenset({Act.SEE, Act.WORK, Act.IMPORT, Act.MANAGE}),
    Role.OWNER: frozenset(Act),
}


def may(member: Membership, act: Act | str) -> bool:
    """Whether the member's role allows the act."""
    return member.is_active and act in _ROLES[member.role]


def require(member: Membership, act: Act) -> None:
    """Raises :class:`Forbidden` where the role does not allow the act."""
    if not may(member, act):
        raise Forbidden(lazy("Your role does not allow this."))


def may_read(member: Membership, visibility: Visibility, author_id: int | None) -> bool:
    """Whether the member may read something of this visibility by this author. The same rule in SQL is
    :func:`crm.queries.visibility.readable`."""
    if visibility is Visibility.AUTHOR:
        return author_id == member.user_id
    return visibility is Visibility.TEAM or member.is_admin or author_id == member.user_id
