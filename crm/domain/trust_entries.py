"""The trust log: what a vendor did that moved trust, as an observed fact.

An entry is not edited. A correction takes its place and points back at it; a repair is an entry of its own that points
at the breach it mends.
"""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from sqlalchemy import select

from crm.core import clock, limits
from crm.core.errors import Forbidden, Missing, Refused
from crm.core.i18n import LazyText, _, lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import log_dates, permissions, promises, timeline
from crm.models.enums import (
    Dimension,
    Direction,
    PromiseKind,
    PromiseState,
    TimelineKind,
    Visibility,
    Weight,
)
from crm.models.log import Promise
from crm.models.trust_entries import TrustEntry
from crm.models.vendors import Attachment, Vendor
from crm.models.workspaces import Membership
from crm.queries import members

TAKEN_BACK_WITHIN_MINUTES = 15
"""How long its author can take back an entry that was written by mistake; later only a correction helps."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What an entry says. ``expected_on`` and ``actual_on`` are for what was to be delivered by a day."""

    occurred_on: date
    dimension: Dimension
    direction: Direction
    weight: Weight
    what_happened: str
    person_id: int | None = None
    evidence: str = ""
    attachment_id: int | None = None
    expected_on: date | None = None
    actual_on: date | None = None
    observer_id: int | None = None
    vendor_told: bool = False
    our_response: str = ""
    visibility: Visibility = Visibility.TEAM
    repairs_id: int | None = None


class Quick(StrEnum):
    """What happens so often that one tap writes it down."""

    ON_TIME = "on_time"
    MISSED_SILENTLY = "missed_silently"
    WARNED_EARLY = "warned_early"
    CAUGHT_OUR_MISTAKE = "caught_our_mistake"
    OVERBILLED = "overbilled"
    OWNED_A_MISTAKE = "owned_a_mistake"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a quick entry amounts to."""

    words: LazyText
    dimension: Dimension
    direction: Direction
    weight: Weight


QUICK: dict[Quick, Meaning] = {
    Quick.ON_TIME: Meaning(lazy("Delivered on time"), Dimension.INTEGRITY, Direction.POSITIVE, Weight.MINOR),
    Quick.MISSED_SILENTLY: Meaning(
        lazy("Missed a date without telling us"), Dimension.INTEGRITY, Direction.NEGATIVE, Weight.NOTABLE
    ),
    Quick.WARNED_EARLY: Meaning(lazy("Warned us early"), Dimension.BENEVOLENCE, Direction.POSITIVE, Weight.MINOR),
    Quick.CAUGHT_OUR_MISTAKE: Meaning(
        lazy("Caught our mistake"), Dimension.BENEVOLENCE, Direction.POSITIVE, Weight.NOTABLE
    ),
    Quick.OVERBILLED: Meaning(lazy("Overbilled us"), Dimension.INTEGRITY, Direction.NEGATIVE, Weight.NOTABLE),
    Quick.OWNED_A_MISTAKE: Meaning(lazy("Owned a mistake"), Dimension.INTEGRITY, Direction.POSITIVE, Weight.NOTABLE),
}


def find(session: WorkspaceSession, entry_id: int, *, reader: Membership) -> TrustEntry:
    """A trust entry that the reader may read. Raises :class:`Missing`."""
    entry = session.get(TrustEntry, entry_id, with_for_update=session.writing or None)
    if entry is None or not permissions.may_read(reader, entry.visibility, entry.created_by):
        raise Missing
    return entry


def observe(vendor: Vendor, *, by: Membership, seen: Observation, promise: Promise | None = None) -> TrustEntry:
    """Write down something that moved trust; ``promise`` is the one that it comes from.

    Raises :class:`Refused` for a day ahead, for a person or file of another vendor, for somebody outside the team as
    observer, and for a repair of what is no breach.
    """
    entry = _write(vendor, by=by, seen=seen, supersedes_id=None)
    _record(entry)
    if promise is not None:
        promises.mark_weighed(promise)
    return entry


def observe_quickly(vendor: Vendor, *, by: Membership, quick: Quick, occurred_on: date) -> TrustEntry:
    """Write down, with one tap, something that happens often."""
    meaning = QUICK[quick]
    seen = Observation(
        occurred_on=occurred_on,
        dimension=meaning.dimension,
        direction=meaning.direction,
        weight=meaning.weight,
        what_happened=str(meaning.words),
        observer_id=by.user_id,
    )
    return observe(vendor, by=by, seen=seen)


def correct(entry: TrustEntry, *, by: Membership, seen: Observation) -> TrustEntry:
    """Put a correction in the place of an entry; the entry stays to be read behind it.

    Repairs of the entry now mend the correction. Raises :class:`Forbidden` unless its author or an admin corrects it,
    :class:`Refused` where it has been corrected already.
    """
    require_may_change(entry, by)
    session = session_of(entry)
    if is_superseded(entry):
        raise Refused(lazy("This was corrected already. Correct the newer one."))
    if seen.visibility is not entry.visibility and entry.created_by != by.user_id:
        raise Refused(lazy("Only its author can change who may read it."), field="visibility")
    vendor = session.get_one(Vendor, entry.vendor_id, with_for_update=True)
    newer = _write(vendor, by=by, seen=replace(seen, repairs_id=entry.repairs_id), supersedes_id=entry.id)
    for repair in session.scalars(select(TrustEntry).where(TrustEntry.repairs_id == entry.id)):
        repair.repairs_id = newer.id
    timeline.erase(session, TimelineKind.TRUST, entry.id)
    _record(newer)
    return newer


def take_back(entry: TrustEntry, *, by: Membership) -> None:
    """Undo an entry that was just written by mistake; what it had corrected stands again.

    Raises :class:`Refused` once it is older than a moment, or something else rests on it.
    """
    session = session_of(entry)
    age = (clock.now() - entry.created_at).total_seconds()
    if entry.created_by != by.user_id or age > TAKEN_BACK_WITHIN_MINUTES * 60:
        raise Refused(lazy("It’s too late to take this back. Correct it instead."))
    repaired = session.scalars(select(TrustEntry.id).where(TrustEntry.repairs_id == entry.id)).first() is not None
    if is_superseded(entry) or (repaired and entry.supersedes_id is None):
        raise Refused(lazy("Something else rests on this. Correct it instead."))
    _restore_older(entry)
    timeline.erase(session, TimelineKind.TRUST, entry.id)
    session.flush()
    session.delete(entry)
    session.flush()


def of_promise(promise: Promise, *, by: Membership) -> Observation | None:
    """What a promise of theirs that was kept or broken amounts to; None for any other."""
    if promise.kind is not PromiseKind.THEIRS or promise.closed_on is None:
        return None
    meanings = {
        PromiseState.KEPT: (Direction.POSITIVE, Weight.MINOR, _("Kept a promise: %(what)s", what=promise.what)),
        PromiseState.BROKEN: (Direction.NEGATIVE, Weight.NOTABLE, _("Broke a promise: %(what)s", what=promise.what)),
    }
    if promise.state not in meanings:
        return None
    direction, weight, words = meanings[promise.state]
    return Observation(
        occurred_on=promise.closed_on,
        dimension=Dimension.INTEGRITY,
        direction=direction,
        weight=weight,
        what_happened=words,
        expected_on=promise.due_on,
        actual_on=promise.closed_on if promise.state is PromiseState.KEPT else None,
        observer_id=by.user_id,
    )


def is_superseded(entry: TrustEntry) -> bool:
    """Whether a correction has taken the entry's place."""
    statement = select(TrustEntry.id).where(TrustEntry.supersedes_id == entry.id)
    return session_of(entry).scalars(statement).first() is not None


def may_change(entry: TrustEntry, member: Membership) -> bool:
    """Whether the member may correct the entry: its author and the admins may."""
    return entry.created_by == member.user_id or member.is_admin


def require_may_change(entry: TrustEntry, member: Membership) -> None:
    """Raises :class:`Forbidden` where :func:`may_change` says no."""
    if not may_change(entry, member):
        raise Forbidden(lazy("Only its author and admins can correct a trust note."))


def _write(vendor: Vendor, *, by: Membership, seen: Observation, supersedes_id: int | None) -> TrustEntry:
    session = session_of(vendor)
    _check(session, vendor, by=by, seen=seen)
    entry = TrustEntry(
        vendor_id=vendor.id,
        person_id=seen.person_id,
        occurred_on=seen.occurred_on,
        dimension=seen.dimension,
        direction=seen.direction,
        weight=seen.weight,
        what_happened=seen.what_happened,
        evidence=seen.evidence,
        attachment_id=seen.attachment_id,
        expected_on=seen.expected_on,
        actual_on=seen.actual_on,
        observer_id=seen.observer_id,
        vendor_told=seen.vendor_told,
        our_response=seen.our_response,
        visibility=seen.visibility,
        supersedes_id=supersedes_id,
        repairs_id=seen.repairs_id,
        created_by=by.user_id,
    )
    session.add(entry)
    session.flush()
    return entry


def _check(session: WorkspaceSession, vendor: Vendor, *, by: Membership, seen: Observation) -> None:
    log_dates.require_past(seen.occurred_on, by=by)
    if seen.actual_on is not None:
        log_dates.require_past(seen.actual_on, by=by, field="actual_on")
    if seen.expected_on is not None:
        log_dates.require_within_reach(seen.expected_on, by=by, field="expected_on")
    log_dates.require_person_of(session, vendor, seen.person_id)
    _check_words(seen)
    if seen.attachment_id is not None:
        attachment = session.get(Attachment, seen.attachment_id)
        if attachment is None or attachment.vendor_id != vendor.id:
            raise Refused(lazy("Choose one of the vendor's files."), field="attachment_id")
    if seen.observer_id is not None and members.membership(session, session.workspace_id, seen.observer_id) is None:
        raise Refused(lazy("Choose somebody of the team."), field="observer_id")
    if seen.repairs_id is not None:
        _check_repair(session, vendor, by=by, seen=seen)


def _check_words(seen: Observation) -> None:
    if not seen.what_happened:
        raise Refused(lazy("Say what happened."), field="what_happened")
    for field, words, most in (
        ("what_happened", seen.what_happened, limits.TEXT_LENGTH),
        ("our_response", seen.our_response, limits.TEXT_LENGTH),
        ("evidence", seen.evidence, limits.URL_LENGTH),
    ):
        if len(words) > most:
            raise Refused(lazy("Keep it under %(length)s characters.", length=most), field=field)


def _check_repair(session: WorkspaceSession, vendor: Vendor, *, by: Membership, seen: Observation) -> None:
    breach = session.get(TrustEntry, seen.repairs_id)
    if breach is None or breach.vendor_id != vendor.id or breach.direction is not Direction.NEGATIVE:
        raise Refused(lazy("Choose what was mended."), field="repairs_id")
    if not permissions.may_read(by, breach.visibility, breach.created_by):
        raise Refused(lazy("Choose what was mended."), field="repairs_id")
    if seen.direction is not Direction.POSITIVE:
        raise Refused(lazy("Something that mends trust moves it up."), field="direction")


def _restore_older(entry: TrustEntry) -> None:
    """What the entry had corrected stands again, with the repairs that had moved on."""
    if entry.supersedes_id is None:
        return
    session = session_of(entry)
    older = session.get_one(TrustEntry, entry.supersedes_id)
    for repair in session.scalars(select(TrustEntry).where(TrustEntry.repairs_id == entry.id)):
        repair.repairs_id = older.id
    _record(older)


def _record(entry: TrustEntry) -> None:
    timeline.record(
        session_of(entry),
        entry.vendor_id,
        TimelineKind.TRUST,
        entry.id,
        on=entry.occurred_on,
        by=entry.created_by,
        visibility=entry.visibility,
        body=entry.what_happened,
        dimension=entry.dimension,
        direction=entry.direction,
        weight=entry.weight,
        person_id=entry.person_id,
        evidence=entry.evidence,
        attachment_id=entry.attachment_id,
        expected_on=entry.expected_on.isoformat() if entry.expected_on else None,
        actual_on=entry.actual_on.isoformat() if entry.actual_on else None,
        observer_id=entry.observer_id,
        vendor_told=entry.vendor_told,
        response=entry.our_response,
        repairs=entry.repairs_id is not None,
        corrected=entry.supersedes_id is not None,
    )
