"""Accepted flaws: trade-offs with a vendor that the team has decided to live with, and how."""

from sqlalchemy import select

from crm.core import clock, limits, text
from crm.core.errors import Missing, Refused, Stale
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import timeline
from crm.models.enums import TimelineKind
from crm.models.vendors import AcceptedFlaw, Vendor
from crm.models.workspaces import Membership


def accept(vendor: Vendor, *, by: Membership, flaw: str, workaround: str = "") -> AcceptedFlaw:
    """Write down what we accept about a vendor ("slow but thorough") and what we do about it ("two weeks' notice").

    Also for what a comparison or a trial task has shown, in its words. The same said again changes nothing.
    """
    session = session_of(vendor)
    row = AcceptedFlaw(vendor_id=vendor.id, created_by=by.user_id)
    _say(row, flaw, workaround)
    known = session.scalars(
        select(AcceptedFlaw).where(
            AcceptedFlaw.vendor_id == vendor.id,
            AcceptedFlaw.flaw == row.flaw,
            AcceptedFlaw.workaround == row.workaround,
        )
    ).first()
    if known is not None:
        return known
    session.add(row)
    session.flush()
    _record(session, row, by)
    return row


def edit(row: AcceptedFlaw, *, by: Membership, version: int, flaw: str, workaround: str = "") -> None:
    """Say it otherwise. Raises :class:`Stale` where somebody did so since ``version``."""
    if row.version != version:
        raise Stale
    _say(row, flaw, workaround)
    row.version += 1
    _record(session_of(row), row, by)


def take_off(row: AcceptedFlaw) -> None:
    """It no longer holds: off the list, and off the timeline."""
    session = session_of(row)
    timeline.erase(session, TimelineKind.FLAW, row.id)
    session.delete(row)


def at(session: WorkspaceSession, flaw_id: int) -> AcceptedFlaw:
    """The flaw, held for a change. Raises Missing."""
    row = session.get(AcceptedFlaw, flaw_id, with_for_update=True)
    if row is None:
        raise Missing
    return row


def _say(row: AcceptedFlaw, flaw: str, workaround: str) -> None:
    flaw, workaround = text.clean_line(flaw), text.clean_line(workaround)
    if not flaw:
        raise Refused(lazy("Type what you accept."), field="flaw")
    for box, value in (("flaw", flaw), ("workaround", workaround)):
        if len(value) > limits.LINE_LENGTH:
            raise Refused(lazy("Keep it under %(length)s characters.", length=limits.LINE_LENGTH), field=box)
    row.flaw, row.workaround = flaw, workaround


def _record(session: WorkspaceSession, row: AcceptedFlaw, by: Membership) -> None:
    timeline.record(
        session,
        row.vendor_id,
        TimelineKind.FLAW,
        row.id,
        on=clock.local(row.created_at, by.workspace.time_zone).date(),
        by=by.user_id,
        flaw=row.flaw,
        workaround=row.workaround,
    )
