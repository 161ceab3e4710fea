"""The owner's mirror: read for a day, and put off for the rest of a month."""

from datetime import date

from crm.core.dates import add_months
from crm.core.errors import Missing
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import mirror_rules, permissions
from crm.domain.mirror_rules import Mirror
from crm.domain.permissions import Act
from crm.models.decision_areas import HintDismissal
from crm.models.enums import Hint
from crm.models.workspaces import Membership
from crm.queries import mirror as reading

OFFERED_DAYS = 7
"""So many first days of a month Today offers it."""


def look(session: WorkspaceSession, *, reader: Membership) -> Mirror:
    """What the mirror shows on the business's today. Four queries. Raises :class:`Forbidden` for all but owners."""
    permissions.require(reader, Act.OWN)
    today = reader.workspace.today
    weeks = mirror_rules.weeks_before(today)
    areas = reading.areas(session)
    vendor_ids = sorted({area.vendor_id for area in areas})
    return mirror_rules.reflect(
        areas,
        reading.check_ins(session, vendor_ids, first=weeks.first, last=weeks.last),
        reading.hours(session, first=weeks.first, last=weeks.last),
        log_began_on=reading.log_began_on(session),
        today=today,
    )


def offered_since(reader: Membership) -> date | None:
    """In the first days of a month, to an owner, Today offers the mirror, where there is something to see since this
    day; None on other days, and to others."""
    today = reader.workspace.today
    if today.day > OFFERED_DAYS or not permissions.may(reader, Act.OWN):
        return None
    return mirror_rules.weeks_before(today).first


def put_off(session: WorkspaceSession, *, by: Membership) -> HintDismissal:
    """Have it offered no more this month. Doing it twice changes nothing."""
    permissions.require(by, Act.OWN)
    today = by.workspace.today
    known = reading.put_off(session, reader_id=by.user_id, today=today)
    if known is not None:
        return known
    dismissal = HintDismissal(
        kind=Hint.MIRROR,
        dismissed_by=by.user_id,
        dismissed_on=today,
        until=_next_month(today),
    )
    session.add(dismissal)
    session.flush()
    return dismissal


def offer_again(session: WorkspaceSession, dismissal_id: int, *, by: Membership) -> None:
    """Take one's own :func:`put_off` back. Raises :class:`Missing`."""
    dismissal = session.get(HintDismissal, dismissal_id, with_for_update=session.writing or None)
    if dismissal is None or dismissal.kind is not Hint.MIRROR or dismissal.dismissed_by != by.user_id:
        raise Missing
    session_of(dismissal).delete(dismissal)


def _next_month(today: date) -> date:
    return add_months(today.replace(day=1), 1)
