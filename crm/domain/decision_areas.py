"""The delegation board: what a vendor decides or does for us, how far that goes, its limits, and access given."""

import re
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from crm.core import clock, limits
from crm.core.dates import CadenceUnit
from crm.core.errors import Missing, Refused, Stale
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import amounts, log_dates, offboarding, permissions, timeline, touches
from crm.domain.permissions import Act
from crm.models.decision_areas import Access, DecisionArea, InteractionArea, LevelChange
from crm.models.delegated_works import DelegatedWork
from crm.models.enums import Level, Maturity, ReminderKind, TimelineKind
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership
from crm.queries import members

CLOSED_STEP, REVOKED_STEP = "closed", "revoked"

_A_PASSWORD = re.compile(r"\b(pass(word|wd|phrase|code)?|pwd?|pin|secret)\s*[:=]\s*\S", re.IGNORECASE)
"""What looks like a password written down: its name, a colon, and something behind it."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What is agreed about an area, its level aside. Money is a month's, in minor units of its currency."""

    name: str
    wished_level: Level | None = None
    wished_by: date | None = None
    spends_money: bool = False
    limit_amount: int | None = None
    limit_currency: str = ""
    limit_scope: str = ""
    procedure: str = ""
    maturity: Maturity | None = None
    rhythm_every: int | None = None
    rhythm_unit: CadenceUnit | None = None


@dataclass(frozen=True, slots=True)
class AccessTerms:
    """What is said of an access: to what, since when, for which area, who of us answers for it, until when."""

    what: str
    granted_on: date
    area_id: int | None = None
    owner_id: int | None = None
    revoke_on: date | None = None


def find(session: WorkspaceSession, area_id: int) -> DecisionArea:
    """An area of this business. Raises :class:`Missing`."""
    area = session.get(DecisionArea, area_id, with_for_update=session.writing or None)
    if area is None:
        raise Missing
    return area


def find_access(session: WorkspaceSession, access_id: int) -> Access:
    """An access of this business. Raises :class:`Missing`."""
    found = session.get(Access, access_id)
    if found is not None and session.writing:
        # The vendor first, as a move of its stage does: two who change both never wait for one another.
        vendor_of(found)
        found = session.get(Access, access_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise Missing
    return found


def hand_over(
    vendor: Vendor, *, by: Membership, level: Level, agreed: Agreement, why: str = "", on: date | None = None
) -> DecisionArea:
    """Hand something over to a vendor, at a level; from ``on``, else from today. Raises :class:`Refused`."""
    _check(agreed, by=by)
    session = session_of(vendor)
    area = DecisionArea(vendor_id=vendor.id, name=agreed.name, level=level, created_by=by.user_id)
    _agree(area, agreed)
    session.add(area)
    session.flush()
    _change_level(area, None, level, by=by, why=why, on=on)
    return area


def agree(area: DecisionArea, *, by: Membership, version: int, agreed: Agreement) -> None:
    """Change what is agreed about an area, its level aside. Raises :class:`Stale`, :class:`Refused`."""
    if area.version != version:
        raise Stale
    _require_open(area)
    _check(agreed, by=by)
    _agree(area, agreed)
    area.version += 1


def move_to(
    area: DecisionArea,
    *,
    by: Membership,
    level: Level,
    why: str = "",
    on: date | None = None,
    version: int | None = None,
) -> LevelChange:
    """Move an area to a level, with the reason. The level that it has already records why it stays there.

    Raises :class:`Refused` for a closed area or a day ahead, and :class:`Stale` where somebody saved it since
    ``version``, if that is said.
    """
    if version is not None and area.version != version:
        raise Stale
    _require_open(area)
    if len(why) > limits.TEXT_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.TEXT_LENGTH), field="why")
    before = area.level
    area.level = level
    area.version += 1
    return _change_level(area, before, level, by=by, why=why, on=on)


def undo_move(session: WorkspaceSession, change_id: int) -> DecisionArea:
    """Take the latest change of an area's level back. Raises :class:`Missing`, :class:`Refused`."""
    change = session.get(LevelChange, change_id)
    if change is None or change.from_level is None:
        raise Missing
    area = find(session, change.area_id)
    if area.level is not change.to_level:
        raise Refused(lazy("The level has changed since."))
    area.level = change.from_level
    area.version += 1
    timeline.erase(session, TimelineKind.LEVEL, area.id, step=str(change.id))
    session.delete(change)
    return area


def close(area: DecisionArea, *, by: Membership) -> None:
    """The vendor no longer looks after this area. Its history stays."""
    _require_open(area)
    area.closed_at = clock.now()
    area.version += 1
    timeline.record(
        session_of(area),
        area.vendor_id,
        TimelineKind.LEVEL,
        area.id,
        on=by.workspace.today,
        by=by.user_id,
        step=CLOSED_STEP,
        area=area.name,
        closed=True,
    )


def remove(area: DecisionArea) -> None:
    """Delete an area that was noted by mistake. Raises :class:`Refused` where something hangs on it: its level has
    changed, or work, an access or a conversation names it."""
    session = session_of(area)
    hangs = (
        select(func.count()).where(DelegatedWork.area_id == area.id).scalar_subquery(),
        select(func.count()).where(Access.area_id == area.id).scalar_subquery(),
        select(func.count()).where(InteractionArea.area_id == area.id).scalar_subquery(),
        select(func.count() - 1).where(LevelChange.area_id == area.id).scalar_subquery(),
    )
    if any(session.execute(select(*hangs)).one()):
        raise Refused(lazy("It has a history. Say that they no longer look after it instead."))
    timeline.erase(session, TimelineKind.LEVEL, area.id)
    session.delete(area)
    session.flush()


def reopen(area: DecisionArea) -> None:
    """Take :func:`close` back."""
    area.closed_at = None
    area.version += 1
    timeline.erase(session_of(area), TimelineKind.LEVEL, area.id, step=CLOSED_STEP)


def give_access(
    vendor: Vendor,
    *,
    by: Membership,
    what: str,
    granted_on: date,
    area_id: int | None = None,
    owner_id: int | None = None,
    revoke_on: date | None = None,
) -> Access:
    """Note that a vendor has access to something, who answers for it, and until when. Never a password.

    Raises :class:`Refused`.
    """
    session = session_of(vendor)
    said = AccessTerms(what, granted_on, area_id, owner_id, revoke_on)
    _check_access(session, vendor, said, by=by)
    access = Access(vendor_id=vendor.id, created_by=by.user_id)
    _say_access(access, said)
    session.add(access)
    session.flush()
    _record_access(access, by=by, step="")
    _settle_access(vendor)
    return access


def edit_access(access: Access, *, by: Membership, version: int, said: AccessTerms) -> None:
    """Say otherwise what they have access to, who answers for it, or until when. Raises :class:`Stale`,
    :class:`Refused`."""
    if access.version != version:
        raise Stale
    session, vendor = session_of(access), vendor_of(access)
    _check_access(session, vendor, said, by=by, present=access)
    if access.revoked_on is not None and access.revoked_on < said.granted_on:
        raise Refused(lazy("It was taken back before that day."), field="granted_on")
    _say_access(access, said)
    access.version += 1
    _record_access(access, by=by, step="")
    if access.revoked_on is not None:
        _record_access(access, by=by, step=REVOKED_STEP)
    touches.refresh(session, vendor)


def delete_access(access: Access) -> None:
    """It was never given: off the list, off the timeline, and nobody is reminded of it."""
    session, vendor = session_of(access), vendor_of(access)
    timeline.erase(session, TimelineKind.ACCESS, access.id)
    touches.forget(session, ReminderKind.ACCESS, access.id)
    session.delete(access)
    touches.refresh(session, vendor)


def revoke_access(access: Access, *, by: Membership) -> None:
    """The access was taken back today. Raises :class:`Refused` where it was before."""
    if access.revoked_on is not None:
        raise Refused(lazy("This is done already."))
    access.revoked_on = by.workspace.today
    access.version += 1
    _record_access(access, by=by, step=REVOKED_STEP)
    touches.end_reminders(session_of(access), ReminderKind.ACCESS, access.id, by=by.user_id)
    touches.refresh(session_of(access), vendor_of(access))


def restore_access(access: Access) -> None:
    """Take :func:`revoke_access` back."""
    if access.revoked_on is None:
        return
    access.revoked_on = None
    access.version += 1
    timeline.erase(session_of(access), TimelineKind.ACCESS, access.id, step=REVOKED_STEP)
    _settle_access(vendor_of(access))


def vendor_of(row: DecisionArea | Access) -> Vendor:
    """The vendor of an area or an access, to be changed with it."""
    return session_of(row).get_one(Vendor, row.vendor_id, with_for_update=True)


def _agree(area: DecisionArea, agreed: Agreement) -> None:
    area.name = agreed.name
    area.wished_level, area.wished_by = agreed.wished_level, agreed.wished_by
    area.spends_money = agreed.spends_money
    area.limit_amount, area.limit_currency = agreed.limit_amount, agreed.limit_currency
    area.limit_scope, area.procedure, area.maturity = agreed.limit_scope, agreed.procedure, agreed.maturity
    area.rhythm_every, area.rhythm_unit = agreed.rhythm_every, agreed.rhythm_unit


def _check(agreed: Agreement, *, by: Membership) -> None:
    if not agreed.name:
        raise Refused(lazy("Say what they look after."), field="name")
    for field, words, most in (
        ("name", agreed.name, limits.NAME_LENGTH),
        ("limit_scope", agreed.limit_scope, limits.LINE_LENGTH),
        ("procedure", agreed.procedure, limits.TEXT_LENGTH),
    ):
        if len(words) > most:
            raise Refused(lazy("Keep it under %(length)s characters.", length=most), field=field)
    if agreed.wished_by is not None:
        log_dates.require_within_reach(agreed.wished_by, by=by, field="wished_by")
    amounts.require(agreed.limit_amount, agreed.limit_currency, box="limit")
    if (agreed.rhythm_every is None) != (agreed.rhythm_unit is None):
        raise Refused(lazy("Type a number and choose days, weeks or months."), field="rhythm_every")
    if agreed.rhythm_every is not None and not 0 < agreed.rhythm_every <= limits.EVERY_LARGEST:
        raise Refused(lazy("Type a number from 1 to %(most)s.", most=limits.EVERY_LARGEST), field="rhythm_every")


def _check_access(
    session: WorkspaceSession, vendor: Vendor, said: AccessTerms, *, by: Membership, present: Access | None = None
) -> None:
    if not said.what:
        raise Refused(lazy("Say what they have access to."), field="what")
    if len(said.what) > limits.NAME_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.NAME_LENGTH), field="what")
    if _A_PASSWORD.search(said.what):
        raise Refused(lazy("Name the thing, and leave the password out: it does not belong here."), field="what")
    if said.area_id is not None and find(session, said.area_id).vendor_id != vendor.id:
        raise Refused(lazy("Choose one of the vendor’s areas."), field="area_id")
    if said.owner_id is not None and not (present and said.owner_id == present.owner_id):
        _check_answers(session, said.owner_id, by=by)
    log_dates.require_past(said.granted_on, by=by, field="granted_on")
    if said.revoke_on is not None:
        log_dates.require_within_reach(said.revoke_on, by=by, field="revoke_on")
        if said.revoke_on < said.granted_on:
            raise Refused(lazy("Pick a day after it was given."), field="revoke_on")


def _check_answers(session: WorkspaceSession, user_id: int, *, by: Membership) -> None:
    """Whoever answers for an access can take it back."""
    found = members.membership(session, by.workspace_id, user_id)
    if found is None or not found.is_active:
        raise Refused(lazy("Choose somebody of the team."), field="owner_id")
    if not permissions.may(found, Act.WORK):
        raise Refused(lazy("%(name)s only reads. Choose somebody else.", name=found.user.name), field="owner_id")


def _say_access(access: Access, said: AccessTerms) -> None:
    access.what, access.granted_on, access.revoke_on = said.what, said.granted_on, said.revoke_on
    access.area_id, access.owner_id = said.area_id, said.owner_id


def _settle_access(vendor: Vendor) -> None:
    session = session_of(vendor)
    session.flush()
    offboarding.settle(session, vendor)
    touches.refresh(session, vendor)


def _require_open(area: DecisionArea) -> None:
    if area.closed_at is not None:
        raise Refused(lazy("They no longer look after this."))


def _change_level(
    area: DecisionArea, before: Level | None, level: Level, *, by: Membership, why: str, on: date | None
) -> LevelChange:
    day = on or by.workspace.today
    log_dates.require_past(day, by=by, field="changed_on")
    session = session_of(area)
    change = LevelChange(
        area_id=area.id, from_level=before, to_level=level, why=why, changed_on=day, changed_by=by.user_id
    )
    session.add(change)
    session.flush()
    timeline.record(
        session,
        area.vendor_id,
        TimelineKind.LEVEL,
        area.id,
        on=day,
        by=by.user_id,
        step=str(change.id),
        body=why,
        area=area.name,
        before=int(before) if before else None,
        level=int(level),
    )
    return change


def _record_access(access: Access, *, by: Membership, step: str) -> None:
    revoked_on = access.revoked_on if step == REVOKED_STEP else None
    timeline.record(
        session_of(access),
        access.vendor_id,
        TimelineKind.ACCESS,
        access.id,
        on=revoked_on or access.granted_on,
        by=by.user_id,
        step=step,
        what=access.what,
        revoked=revoked_on is not None,
    )
