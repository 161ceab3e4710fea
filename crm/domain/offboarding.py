"""What is taken back when a vendor stops being active: the accesses that still stand become a list to work off.

An access is asked for back from the day on which its vendor left the active ones, wherever it went, or came to be
parked or let go. What stands open on that day is on the list, and so is what a parked or former vendor is given later.
A return to the active ones ends all that; so does taking back the move.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from crm.core.tenancy import WorkspaceSession
from crm.models.decision_areas import Access
from crm.models.enums import EXIT_STAGES, Stage
from crm.models.vendors import Vendor
from crm.models.workspaces import Workspace

WITHOUT_WORK = frozenset({Stage.PARKED, *EXIT_STAGES})
"""Stages in which a vendor does nothing for us. A prospect or one on trial may hold what the trial task needs."""
_ASKED, _LET_BE = "accesses_asked_back", "accesses_let_be"


def follow(session: WorkspaceSession, vendor: Vendor, *, left: Stage) -> dict[str, Any]:
    """Begin or end off-boarding after a vendor was moved from the stage it left; the facts that undoing needs."""
    standing = _standing(session, vendor)
    if vendor.stage is Stage.ACTIVE:
        let_be = {str(each.id): each.offboarding_on.isoformat() for each in standing if each.offboarding_on}
        _let_be(standing)
        return {_LET_BE: let_be} if let_be else {}
    if left is not Stage.ACTIVE and vendor.stage not in WITHOUT_WORK:
        return {}
    asked = _ask(standing, _today(session))
    return {_ASKED: asked} if asked else {}


def take_back(session: WorkspaceSession, vendor: Vendor, before: dict[str, Any]) -> None:
    """Make of :func:`follow` as if it had never been. The vendor stands in its former stage again."""
    for access in _named(session, vendor, before.get(_ASKED, ())):
        access.offboarding_on = None
    let_be = before.get(_LET_BE, {})
    for access in _named(session, vendor, let_be):
        access.offboarding_on = date.fromisoformat(let_be[str(access.id)])
    settle(session, vendor)


def settle(session: WorkspaceSession, vendor: Vendor) -> None:
    """Bring a vendor's standing accesses in line with its stage. Doing so again changes nothing."""
    if vendor.stage is Stage.ACTIVE:
        _let_be(_standing(session, vendor))
    elif vendor.stage in WITHOUT_WORK:
        _ask(_standing(session, vendor), _today(session))


def _standing(session: WorkspaceSession, vendor: Vendor) -> Sequence[Access]:
    statement = select(Access).where(Access.vendor_id == vendor.id, Access.revoked_on.is_(None))
    return session.scalars(statement.order_by(Access.id)).all()


def _named(session: WorkspaceSession, vendor: Vendor, ids: Any) -> Sequence[Access]:
    """Those of these ids that are the vendor's still."""
    wanted = [int(each) for each in ids]
    if not wanted:
        return ()
    return session.scalars(select(Access).where(Access.vendor_id == vendor.id, Access.id.in_(wanted))).all()


def _ask(accesses: Sequence[Access], today: date) -> list[int]:
    asked = [each for each in accesses if each.offboarding_on is None]
    for access in asked:
        access.offboarding_on = today
    return [each.id for each in asked]


def _let_be(accesses: Sequence[Access]) -> None:
    for access in accesses:
        access.offboarding_on = None


def _today(session: WorkspaceSession) -> date:
    return session.get_one(Workspace, session.workspace_id).today
