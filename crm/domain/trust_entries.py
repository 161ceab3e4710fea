"""The trust log: what a vendor did that moved trust, as an observed fact.

An entry is not edited. A correction takes its place and points back at it; a repair is an entry of its own that points
at the breach it mends.
"""

from datetime import date
from typing import Any

from sqlalchemy import select

from crm.core import clock, limits
from crm.core.errors import Forbidden, Missing, Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import audit, log_dates, permissions, timeline, trust_offers
from crm.domain.trust_offers import (
    QUICK,
    Observation,
    Quick,
    of_delivery,
    of_promise,
    of_record,
    of_trial,
    of_trial_day,
    of_work,
)
from crm.models.enums import AuditKind, Direction, RecordKind, TimelineKind, Visibility
from crm.models.log import Interaction
from crm.models.trials import TrialTask
from crm.models.trust_entries import TrustEntry, TrustRecord
from crm.models.vendors import Attachment, Vendor
from crm.models.workspaces import Membership
from crm.queries import members
from crm.queries import trust_entries as reading
from crm.queries.trust_records import COLUMNS, TABLES, Ref

__all__ = [
    "QUICK",
    "Observation",
    "Quick",
    "correct",
    "find",
    "is_superseded",
    "may_change",
    "note_once",
    "observe",
    "observe_quickly",
    "of_delivery",
    "of_promise",
    "of_record",
    "of_trial",
    "of_trial_day",
    "of_work",
    "offers_of_trial",
    "record",
    "require_may_change",
    "take_back",
]

TAKEN_BACK_WITHIN_MINUTES = 15
"""How long its author can take back an entry that was written by mistake; later only a correction helps."""


def find(session: WorkspaceSession, entry_id: int, *, reader: Membership) -> TrustEntry:
    """A trust entry that the reader may read. Raises :class:`Missing`."""
    entry = session.get(TrustEntry, entry_id, with_for_update=session.writing or None)
    if entry is None or not reading.is_open_to(session, entry, reader):
        raise Missing
    return entry


def record(session: WorkspaceSession, ref: Ref) -> Any:
    """The piece of work, trial task, promise or conversation, held fast where something is about to be written.

    Raises :class:`Missing`, also for a conversation that was taken out of the log.
    """
    row = session.get(TABLES[ref.kind], ref.id, with_for_update=session.writing or None)
    if row is None or (isinstance(row, Interaction) and row.deleted_at is not None):
        raise Missing
    return row


def observe(vendor: Vendor, *, by: Membership, seen: Observation) -> TrustEntry:
    """Write down something that moved trust.

    Raises :class:`Refused` for a day ahead, for a person, file or record of another vendor, for somebody outside the
    team as observer, and for a repair of what is no breach.
    """
    entry = _write(vendor, by=by, seen=seen, older=None)
    _record(entry)
    return entry


def note_once(vendor: Vendor, *, by: Membership, seen: Observation) -> tuple[TrustEntry, bool]:
    """Write down what a record amounts to, if nobody has yet; with whether it is new. A trial task amounts to one note
    on each side, any other record to one.

    What somebody else keeps to themselves about the record is no reason not to: nobody may learn of it.
    """
    assert seen.record is not None
    noted = reading.all_of_record(session_of(vendor), seen.record, reader=by)
    has_sides = seen.record.kind is RecordKind.TRIAL
    known = next((entry for entry in noted if not has_sides or entry.dimension is seen.dimension), None)
    return (known, False) if known is not None else (observe(vendor, by=by, seen=seen), True)


def offers_of_trial(session: WorkspaceSession, trial: TrialTask, *, by: Membership) -> list[Observation]:
    """What a trial task that is over amounts to, and nobody has noted yet as far as the reader may know. One query."""
    noted = reading.all_of_record(session, Ref(RecordKind.TRIAL, trial.id), reader=by)
    sides = {entry.dimension for entry in noted}
    return [seen for seen in trust_offers.all_of_trial(trial, by=by) if seen.dimension not in sides]


def observe_quickly(vendor: Vendor, *, by: Membership, quick: Quick, occurred_on: date) -> TrustEntry:
    """Write down, with one tap, something that happens often."""
    return observe(vendor, by=by, seen=trust_offers.quickly(quick, by=by, on=occurred_on))


def correct(entry: TrustEntry, *, by: Membership, seen: Observation) -> TrustEntry:
    """Put a correction in the place of an entry; the entry stays to be read behind it.

    Repairs of the entry now mend the correction. What the entry mends, and the corrector may not read, it still mends.
    Raises :class:`Forbidden` unless its author or an admin corrects it, :class:`Refused` where it has been corrected
    already.
    """
    require_may_change(entry, by)
    session = session_of(entry)
    if is_superseded(entry):
        raise Refused(lazy("This was corrected already. Correct the newer one."))
    if seen.visibility is not entry.visibility and entry.created_by != by.user_id:
        raise Refused(lazy("Only its author can change who may read it."), field="visibility")
    vendor = session.get_one(Vendor, entry.vendor_id, with_for_update=True)
    newer = _write(vendor, by=by, seen=seen, older=entry)
    if seen.visibility is not entry.visibility:
        audit.record_here(
            session,
            AuditKind.VISIBILITY_CHANGED,
            by=by.user_id,
            about=vendor.name,
            what="trust_note",
            before=entry.visibility,
            after=seen.visibility,
        )
    timeline.erase(session, TimelineKind.TRUST, entry.id)
    _record(newer)
    _lead_repairs(entry, newer)
    return newer


def take_back(entry: TrustEntry, *, by: Membership) -> None:
    """Undo an entry that was just written by mistake; what it had corrected stands again.

    Raises :class:`Refused` once it is older than a moment, or something else rests on it. A repair that the author
    may not read is no hindrance, or they would learn of it: it stays as an entry that mends nothing.
    """
    session = session_of(entry)
    age = (clock.now() - entry.created_at).total_seconds()
    if entry.created_by != by.user_id or age > TAKEN_BACK_WITHIN_MINUTES * 60:
        raise Refused(lazy("It’s too late to take this back. Correct it instead."))
    is_mended = bool(reading.repairs_of(session, entry, reader=by))
    if is_superseded(entry) or (is_mended and entry.supersedes_id is None):
        raise Refused(lazy("Something else rests on this. Correct it instead."))
    older = session.get(TrustEntry, entry.supersedes_id) if entry.supersedes_id else None
    _lead_repairs(entry, older)
    if older is not None:
        _record(older)
    timeline.erase(session, TimelineKind.TRUST, entry.id)
    session.flush()
    session.delete(entry)
    session.flush()


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


def _write(vendor: Vendor, *, by: Membership, seen: Observation, older: TrustEntry | None) -> TrustEntry:
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
        supersedes_id=older.id if older else None,
        repairs_id=_mended(session, vendor, by=by, seen=seen, older=older),
        created_by=by.user_id,
    )
    session.add(entry)
    session.flush()
    if seen.record is not None:
        session.add(TrustRecord(entry_id=entry.id, **{COLUMNS[seen.record.kind].key: seen.record.id}))
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
            raise Refused(lazy("Choose one of the vendor’s files."), field="attachment_id")
    if seen.observer_id is not None and members.membership(session, session.workspace_id, seen.observer_id) is None:
        raise Refused(lazy("Choose somebody of the team."), field="observer_id")
    if seen.record is not None:
        _check_record(session, vendor, seen.record)


def _check_record(session: WorkspaceSession, vendor: Vendor, ref: Ref) -> None:
    try:
        is_theirs = record(session, ref).vendor_id == vendor.id
    except Missing:
        is_theirs = False
    if not is_theirs:
        raise Refused(lazy("Choose one of the vendor’s records."), field="record")


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


def _mended(
    session: WorkspaceSession, vendor: Vendor, *, by: Membership, seen: Observation, older: TrustEntry | None
) -> int | None:
    """The breach that an entry mends: what stands in its place now. Raises :class:`Refused` for what is none."""
    if seen.repairs_id is None:
        return _mended_unseen(session, by=by, seen=seen, older=older)
    breach = session.get(TrustEntry, seen.repairs_id)
    if breach is not None and breach.vendor_id == vendor.id and reading.is_open_to(session, breach, by):
        breach = reading.newest_of(session, breach)
        is_itself = older is not None and breach.id == older.id
        if breach.direction is Direction.NEGATIVE and not is_itself and _may_read(by, breach):
            if seen.direction is not Direction.POSITIVE:
                raise Refused(lazy("Something that mends trust moves it up."), field="direction")
            return breach.id
    raise Refused(lazy("Choose what was mended."), field="repairs_id")


def _mended_unseen(
    session: WorkspaceSession, *, by: Membership, seen: Observation, older: TrustEntry | None
) -> int | None:
    """What a corrected entry goes on mending without the corrector's knowledge."""
    if older is None or older.repairs_id is None or seen.direction is not Direction.POSITIVE:
        return None
    return None if _may_read(by, session.get_one(TrustEntry, older.repairs_id)) else older.repairs_id


def _may_read(member: Membership, entry: TrustEntry) -> bool:
    return permissions.may_read(member, entry.visibility, entry.created_by)


def _lead_repairs(entry: TrustEntry, other: TrustEntry | None) -> None:
    """What mends an entry mends another instead, or nothing; the timeline says so only to those who may know."""
    session = session_of(entry)
    for repair in session.scalars(select(TrustEntry).where(TrustEntry.repairs_id == entry.id)):
        repair.repairs_id = other.id if other else None
        session.flush()
        if not is_superseded(repair):
            _record(repair)


_CLOSED = {Visibility.TEAM: 0, Visibility.ADMINS: 1, Visibility.AUTHOR: 2}
"""The higher, the fewer eyes."""


def _tells_of(entry: TrustEntry, other_id: int | None) -> bool:
    """Whether all who may read an entry may also know of another, which its author has read."""
    other = session_of(entry).get(TrustEntry, other_id) if other_id is not None else None
    return other is not None and _CLOSED[other.visibility] <= _CLOSED[entry.visibility]


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
        repairs=_tells_of(entry, entry.repairs_id),
        corrected=_tells_of(entry, entry.supersedes_id),
    )
