"""Conversations with vendors, and attempts at one: logged, edited with their history kept, deleted, brought back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from crm.core import clock, limits
from crm.core.errors import Missing, Refused, Stale
from crm.core.i18n import _, lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import interaction_areas, log_dates, mentions, promises, timeline, touches
from crm.models.enums import InteractionKind, Outcome, PromiseKind, Side, TimelineKind
from crm.models.log import Interaction, Revision
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership

MINUTES_A_DAY = 1_440


@dataclass(frozen=True, slots=True)
class Next:
    """What was agreed to happen next: a follow-up, or a promise of ours or theirs, and when it is due."""

    due_on: date
    kind: PromiseKind = PromiseKind.FOLLOW_UP
    what: str = ""


def find(session: WorkspaceSession, interaction_id: int, *, deleted: bool = False) -> Interaction:
    """An interaction of this business; a deleted one only where that is asked for. Raises :class:`Missing`."""
    found = session.get(Interaction, interaction_id, with_for_update=session.writing or None)
    if found is None or (found.deleted_at is not None) != deleted:
        raise Missing
    return found


def log(
    vendor: Vendor,
    *,
    by: Membership,
    kind: InteractionKind,
    occurred_on: date,
    outcome: Outcome = Outcome.TWO_WAY,
    initiated_by: Side = Side.US,
    person_id: int | None = None,
    summary: str = "",
    minutes: int | None = None,
    area_ids: Sequence[int] = (),
    then: Next | None = None,
) -> Interaction:
    """Write a conversation down, or an attempt without an answer; with ``then`` also what comes next.

    ``summary`` is Markdown, in which ``@name`` calls a teammate; ``area_ids`` are what they look after that it was
    about. Raises :class:`Refused` for a day ahead of the business's own, or a person or an area that is not the
    vendor's.
    """
    session = session_of(vendor)
    _check(vendor, by=by, occurred_on=occurred_on, person_id=person_id, summary=summary, minutes=minutes)
    interaction_areas.require_of_vendor(session, vendor.id, area_ids)
    entry = Interaction(
        vendor_id=vendor.id,
        kind=kind,
        outcome=outcome,
        initiated_by=initiated_by,
        occurred_on=occurred_on,
        person_id=person_id,
        summary=summary,
        minutes=minutes,
        created_by=by.user_id,
    )
    session.add(entry)
    session.flush()
    if area_ids:
        interaction_areas.put_on(entry, area_ids)
    if then is not None:
        promises.make(vendor, by=by, kind=then.kind, what=then.what, due_on=then.due_on, interaction_id=entry.id)
    _record(entry, is_new=True)
    mentions.notice(entry, by=by)
    touches.refresh(session, vendor)
    return entry


def log_delivery(vendor: Vendor, *, by: Membership, on: date, what: str, area_ids: Sequence[int] = ()) -> Interaction:
    """Log the contact that a delivery is. What was delivered stands on the timeline by itself, so this does not."""
    entry = log(
        vendor,
        by=by,
        kind=InteractionKind.DELIVERY,
        occurred_on=on,
        initiated_by=Side.THEM,
        summary=_("Delivered: %(what)s", what=what),
        area_ids=area_ids,
    )
    timeline.erase(session_of(vendor), TimelineKind.INTERACTION, entry.id)
    return entry


def unlog(session: WorkspaceSession, interaction_id: int, *, by: Membership) -> None:
    """Take what an act has logged off the log with it, unless somebody has done so."""
    entry = session.get(Interaction, interaction_id, with_for_update=True)
    if entry is not None and entry.deleted_at is None:
        delete(entry, by=by)


def edit(
    entry: Interaction,
    *,
    by: Membership,
    version: int,
    kind: InteractionKind,
    occurred_on: date,
    outcome: Outcome,
    initiated_by: Side,
    person_id: int | None,
    summary: str,
    minutes: int | None,
    area_ids: Sequence[int] | None = None,
) -> None:
    """Change what an interaction says; what it said before is kept. Without ``area_ids`` it names those it named.

    Raises :class:`Stale` where somebody saved it since ``version`` was read.
    """
    if entry.version != version:
        raise Stale
    session = session_of(entry)
    vendor = vendor_of(entry)
    _check(vendor, by=by, occurred_on=occurred_on, person_id=person_id, summary=summary, minutes=minutes)
    before, named = _said(entry), interaction_areas.of(entry)
    wanted = named if area_ids is None else sorted(set(area_ids))
    interaction_areas.require_of_vendor(session, vendor.id, wanted, besides=named)
    entry.kind, entry.outcome, entry.initiated_by = kind, outcome, initiated_by
    entry.occurred_on, entry.person_id, entry.summary, entry.minutes = occurred_on, person_id, summary, minutes
    if _said(entry) == before and wanted == named:
        return
    interaction_areas.put_on(entry, wanted)
    entry.version += 1
    session.add(Revision(interaction_id=entry.id, before={**before, "area_ids": named}, edited_by=by.user_id))
    _record(entry)
    mentions.notice(entry, by=by)
    touches.refresh(session, vendor)


def delete(entry: Interaction, *, by: Membership) -> None:
    """Take an interaction out of the log, with what is still open of what was promised in it."""
    session = session_of(entry)
    entry.deleted_at = clock.now()
    timeline.erase(session, TimelineKind.INTERACTION, entry.id)
    mentions.forget(entry)
    promises.withdraw_of(entry, by=by)
    touches.refresh(session, vendor_of(entry))


def restore(entry: Interaction, *, by: Membership) -> None:
    """Take :func:`delete` back."""
    session = session_of(entry)
    entry.deleted_at = None
    _record(entry)
    mentions.notice(entry, by=by)
    promises.renew_of(entry, by=by)
    touches.refresh(session, vendor_of(entry))


def vendor_of(entry: Interaction) -> Vendor:
    """The vendor of an interaction, to be changed with it."""
    return session_of(entry).get_one(Vendor, entry.vendor_id, with_for_update=True)


def _check(
    vendor: Vendor, *, by: Membership, occurred_on: date, person_id: int | None, summary: str, minutes: int | None
) -> None:
    log_dates.require_past(occurred_on, by=by)
    log_dates.require_person_of(session_of(vendor), vendor, person_id)
    if len(summary) > limits.TEXT_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.TEXT_LENGTH), field="summary")
    if minutes is not None and not 0 < minutes <= MINUTES_A_DAY:
        raise Refused(lazy("Type a number from 1 to %(most)s.", most=MINUTES_A_DAY), field="minutes")


def _said(entry: Interaction) -> dict[str, object]:
    return {
        "kind": entry.kind,
        "outcome": entry.outcome,
        "initiated_by": entry.initiated_by,
        "occurred_on": entry.occurred_on.isoformat(),
        "person_id": entry.person_id,
        "summary": entry.summary,
        "minutes": entry.minutes,
    }


def _record(entry: Interaction, *, is_new: bool = False) -> None:
    timeline.record(
        session_of(entry),
        entry.vendor_id,
        TimelineKind.INTERACTION,
        entry.id,
        on=entry.occurred_on,
        by=entry.created_by,
        body=entry.summary,
        is_new=is_new,
        sort=entry.kind,
        outcome=entry.outcome,
        initiated_by=entry.initiated_by,
        minutes=entry.minutes,
        person_id=entry.person_id,
        edited=entry.version > 1,
    )
