"""The suggestions and warnings of a delegation board: reading what holds for a reader, and putting it off.

Nothing here is stored but the "not yet" of a person, which hides a hint for thirty days from everybody. What it rested
on is kept with it: a new cause, such as another breach, shows the hint again before that.
"""

from collections.abc import Collection
from datetime import date

from crm.core.dates import add_days
from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import delegation_rules, permissions, trust_figures
from crm.domain.delegation_rules import PUT_OFF_DAYS, Finding
from crm.domain.permissions import Act
from crm.domain.trust_scores import Band
from crm.models.decision_areas import HintDismissal
from crm.models.enums import Dimension, Hint
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership
from crm.queries import delegation_hints as reading
from crm.queries.delegation_hints import Board


def hints_of(session: WorkspaceSession, vendor_id: int, *, reader: Membership, today: date) -> list[Finding]:
    """What holds for a vendor as far as the reader may know, with who has put it off where somebody has. One query.

    ``today`` is the business's.
    """
    return hints_of_many(session, [vendor_id], reader=reader, today=today).get(vendor_id, [])


def hints_of_many(
    session: WorkspaceSession, vendor_ids: Collection[int], *, reader: Membership, today: date
) -> dict[int, list[Finding]]:
    """The same for several vendors, by their ids. One query."""
    boards = reading.boards(session, vendor_ids, reader=reader)
    return {vendor_id: found_on(board, today) for vendor_id, board in boards.items()}


def board_of(session: WorkspaceSession, vendor_id: int, *, reader: Membership) -> Board:
    """What is known of a vendor's board, the breaches that nothing has mended among it. Raises :class:`Missing`."""
    boards = reading.boards(session, [vendor_id], reader=reader)
    if vendor_id not in boards:
        raise Missing
    return boards[vendor_id]


def found_on(board: Board, today: date) -> list[Finding]:
    """What holds on a board that was read."""
    return delegation_rules.findings(board, today, ability=lambda: _ability(board, today))


def put_off(vendor: Vendor, *, by: Membership, kind: Hint, area_id: int | None) -> HintDismissal:
    """Say "not yet" to a hint that shows: it is hidden for thirty days. Doing it twice changes nothing.

    Raises :class:`Refused` where it does not hold any more.
    """
    permissions.require(by, Act.WORK)
    session, today = session_of(vendor), by.workspace.today
    for finding in hints_of(session, vendor.id, reader=by, today=today):
        if (finding.kind, finding.area.id if finding.area else None) == (kind, area_id):
            if finding.put_off is not None:
                return session.get_one(HintDismissal, finding.put_off.id)
            return _keep(vendor, finding, by=by, today=today)
    raise Refused(lazy("This has changed since. There is nothing to put off."))


def find(session: WorkspaceSession, dismissal_id: int) -> HintDismissal:
    """Somebody's "not yet" about a vendor. Raises :class:`Missing`."""
    dismissal = session.get(HintDismissal, dismissal_id, with_for_update=session.writing or None)
    if dismissal is None or dismissal.vendor_id is None:
        raise Missing
    return dismissal


def show_again(dismissal: HintDismissal) -> None:
    """Take a "not yet" back: the hint shows again where it still holds."""
    session_of(dismissal).delete(dismissal)


def _keep(vendor: Vendor, finding: Finding, *, by: Membership, today: date) -> HintDismissal:
    session = session_of(vendor)
    dismissal = HintDismissal(
        kind=finding.kind,
        vendor_id=vendor.id,
        area_id=finding.area.id if finding.area else None,
        dismissed_by=by.user_id,
        dismissed_on=today,
        until=add_days(today, PUT_OFF_DAYS),
        about=" ".join(map(str, sorted(finding.about))),
    )
    session.add(dismissal)
    session.flush()
    return dismissal


def _ability(board: Board, today: date) -> Band:
    return trust_figures.figure(board.trust_log, today).trust.by_dimension[Dimension.ABILITY].band
