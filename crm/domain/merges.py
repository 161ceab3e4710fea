"""Two vendors become one, with everything kept; and the way back, for 30 days.

What becomes of the rows of the vendor that is no more stands in one table, :data:`FATES`: whoever adds a table that
points at vendors or at their people decides it there, and a test asks for it. A merge reads all rows concerned before
and after, and keeps the difference (:mod:`crm.domain.row_changes`): that is what :func:`undo` takes back.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, update

from crm.core import clock
from crm.core.errors import Missing, Refused, Stale
from crm.core.i18n import _, lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import custom_fields, offboarding, permissions, row_changes, timeline, touches, triggers
from crm.domain.permissions import Act
from crm.domain.row_changes import Kept
from crm.domain.vendor_facts import FIELDS, told
from crm.models.custom_fields import CustomValue
from crm.models.enums import (
    Availability,
    BulkItemState,
    BulkKind,
    CadenceChoice,
    ParkingEnd,
    ReminderKind,
    Stage,
    TimelineKind,
    TriggerKind,
)
from crm.models.goodwill import DiscountTerms
from crm.models.lists import BulkAct, BulkItem
from crm.models.log import TimelineEntry
from crm.models.merges import DistinctPair, Merge
from crm.models.reminders import Snooze
from crm.models.stages import ParkingTrigger
from crm.models.standings import Standing
from crm.models.vendors import Contact, Person, Vendor
from crm.models.workspaces import Membership
from crm.queries import custom_fields as custom_queries

UNDO_FOR = timedelta(days=30)


class Fate(StrEnum):
    """What becomes of a row that points at the vendor, or the person, that is no more."""

    GOES_OVER = "goes_over"
    """It points at the one that is kept from now on."""
    ONE_EACH = "one_each"
    """It goes over, unless the one that is kept has the same already: then that one stays."""
    BY_RULE = "by_rule"
    """A rule of its own, below."""
    STAYS = "stays"
    """It goes with the one that is no more, and comes back with it."""
    FOLLOWS = "follows"
    """The database itself keeps it true to what it repeats."""


FATES: dict[str, Fate] = {
    "accepted_flaws.vendor_id": Fate.GOES_OVER,
    "accesses.vendor_id": Fate.GOES_OVER,
    "agreement_links.vendor_id": Fate.GOES_OVER,
    "attachments.vendor_id": Fate.GOES_OVER,
    "bulk_items.vendor_id": Fate.BY_RULE,
    "contacts.person_id": Fate.BY_RULE,
    "credit_entries.vendor_id": Fate.GOES_OVER,
    "custom_values.vendor_id": Fate.BY_RULE,
    "decision_areas.vendor_id": Fate.GOES_OVER,
    "delegated_works.vendor_id": Fate.GOES_OVER,
    "discount_terms.vendor_id": Fate.BY_RULE,
    "distinct_pairs.other_id": Fate.BY_RULE,
    "distinct_pairs.vendor_id": Fate.BY_RULE,
    "follows.vendor_id": Fate.ONE_EACH,
    "goodwill_entries.vendor_id": Fate.GOES_OVER,
    "hint_dismissals.vendor_id": Fate.GOES_OVER,
    "interactions.person_id": Fate.GOES_OVER,
    "interactions.vendor_id": Fate.GOES_OVER,
    "mentions.vendor_id": Fate.GOES_OVER,
    "merges.winner_id": Fate.GOES_OVER,
    "needs.filled_by_id": Fate.GOES_OVER,
    "news.vendor_id": Fate.GOES_OVER,
    "notes.vendor_id": Fate.GOES_OVER,
    "parking_triggers.vendor_id": Fate.GOES_OVER,
    "parkings.vendor_id": Fate.BY_RULE,
    "people.vendor_id": Fate.BY_RULE,
    "person_edits.person_id": Fate.GOES_OVER,
    "promises.vendor_id": Fate.GOES_OVER,
    "ratings.vendor_id": Fate.GOES_OVER,
    "referrals.vendor_id": Fate.GOES_OVER,
    "reminders.vendor_id": Fate.GOES_OVER,
    "search_entries.vendor_id": Fate.FOLLOWS,
    "skips.vendor_id": Fate.GOES_OVER,
    "snoozes.vendor_id": Fate.BY_RULE,
    "stage_moves.vendor_id": Fate.GOES_OVER,
    "standings.vendor_id": Fate.BY_RULE,
    "timeline_entries.vendor_id": Fate.BY_RULE,
    "trial_tasks.vendor_id": Fate.GOES_OVER,
    "trust_entries.person_id": Fate.GOES_OVER,
    "trust_entries.vendor_id": Fate.GOES_OVER,
    "vendor_cards.person_id": Fate.GOES_OVER,
    "vendor_cards.vendor_id": Fate.ONE_EACH,
    "vendor_categories.vendor_id": Fate.ONE_EACH,
    "vendor_edits.vendor_id": Fate.GOES_OVER,
    "vendor_letters.person_id": Fate.GOES_OVER,
    "vendor_letters.vendor_id": Fate.GOES_OVER,
    "vendor_links.vendor_id": Fate.GOES_OVER,
    "vendor_tags.vendor_id": Fate.ONE_EACH,
    "vendors.referred_by_id": Fate.BY_RULE,
}

_CAUSED_BY_THE_VENDOR = (TriggerKind.AVAILABILITY, TriggerKind.RATE)

_ONE_OF = {
    "follows": "user_id",
    "vendor_cards": "workspace_id",
    "vendor_categories": "category_id",
    "vendor_tags": "tag_id",
}
"""Of what a vendor has one at the most: one of each of these, or but one card."""

_NEVER_BLANK = ("name", "cadence", "stage")


@dataclass(frozen=True, slots=True)
class Question:
    """A field in which two vendors differ: both values by column, and the one that is suggested."""

    field: str
    ours: dict[str, Any]
    theirs: dict[str, Any]
    suggests_theirs: bool
    is_open: bool
    """Both have a value, so a person chooses; else the one that there is stays."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What came of taking a merge back."""

    vendor: Vendor
    """The vendor that is there again."""
    other: Vendor
    kept: list[str]
    """What could not be returned, because somebody changed it since: fields of :data:`FIELDS`, or tables."""


def find(session: WorkspaceSession, merge_id: int) -> Merge:
    """The merge, held for a change where the session writes. Raises Missing."""
    row = session.get(Merge, merge_id, with_for_update=session.writing or None)
    if row is None:
        raise Missing
    return row


def both(session: WorkspaceSession, winner_id: int, loser_id: int) -> tuple[Vendor, Vendor]:
    """The vendor to keep and the one to merge into it, held for a change where the session writes.

    Raises Missing, and Refused where they are the same.
    """
    if winner_id == loser_id:
        raise Refused(lazy("A vendor cannot be merged with itself."))
    found: dict[int, Vendor] = {}
    for vendor_id in sorted((winner_id, loser_id)):
        vendor = session.get(Vendor, vendor_id, with_for_update=session.writing or None)
        if vendor is None:
            raise Missing
        found[vendor_id] = vendor
    return found[winner_id], found[loser_id]


def questions(winner: Vendor, loser: Vendor) -> list[Question]:
    """The fields in which the two differ. The fuller value is suggested, else the one of whom was edited last."""
    found = []
    for field, columns in FIELDS.items():
        ours, theirs = _values(winner, columns), _values(loser, columns)
        if field == "referred_by":
            ours, theirs = _but_not(ours, loser.id), _but_not(theirs, winner.id)
        if _is_same(field, ours, theirs):
            continue
        lacks, has = _is_blank(field, ours), not _is_blank(field, theirs)
        is_open = not lacks and has
        found.append(
            Question(field, ours, theirs, _suggests_theirs(field, winner, loser) if is_open else lacks and has, is_open)
        )
    return found


def merge(
    winner: Vendor, loser: Vendor, *, by: Membership, versions: tuple[int, int], theirs: Collection[str]
) -> Merge:
    """Merge the second vendor into the first, with everything that belongs to it.

    ``theirs`` names the fields of :data:`FIELDS` in which the value of the second is kept, and ``custom-ID`` for a
    custom field; where the first has none, the second's is kept anyway. ``versions`` are those that the person looked
    at: raises Stale where somebody has edited either since.
    """
    permissions.require(by, Act.WORK)
    session = session_of(winner)
    if winner.id == loser.id:
        raise Refused(lazy("A vendor cannot be merged with itself."))
    if (winner.version, loser.version) != versions:
        raise Stale(lazy("Somebody changed one of these vendors while you were choosing."))
    row = Merge(
        winner_id=winner.id,
        into_id=winner.id,
        loser_id=loser.id,
        loser_name=loser.name,
        merged_on=by.workspace.today,
        merged_by=by.user_id,
    )
    session.add(row)
    concerned = _concerned(winner.id, loser.id)
    before = row_changes.snapshot(session, concerned)
    lost = _choose(winner, loser, by=by, theirs=theirs)
    lost |= _unite(session, winner, loser, by=by, theirs=theirs)
    winner.version += 1
    winner.updated_at, winner.updated_by = clock.now(), by.user_id
    session.flush()
    _hand_over(session, "vendors", winner.id, loser.id)
    name = loser.name
    session.delete(loser)
    session.flush()
    session.expire_all()
    timeline.record(
        session, winner.id, TimelineKind.MERGE, row.id, on=row.merged_on, by=by.user_id, name=name, lost=lost
    )
    triggers.settle(session, winner, by=by)
    offboarding.settle(session, winner)
    touches.refresh(session, winner)
    row.changes = row_changes.difference(before, row_changes.snapshot(session, concerned))
    return row


def undo(merge: Merge, *, by: Membership) -> Undone:
    """Take a merge back: both vendors are there again as they were. What came in since stays with the one that was
    kept; what somebody changed since stays as they left it, and is named.

    Raises Refused where it is undone already, 30 days have passed, or a later merge has to be taken back first.
    """
    permissions.require(by, Act.WORK)
    session = session_of(merge)
    _check_undo(session, merge)
    winner = session.get_one(Vendor, merge.into_id, with_for_update=True)
    changes: row_changes.Changes = merge.changes or {}
    refused = _without_second_parkings(session, winner, changes)
    restored = row_changes.restore(session, refused.changes, first=("vendors", "people"))
    merge.undone_at, merge.undone_by, merge.changes = clock.now(), by.user_id, None
    session.flush()
    loser = session.get_one(Vendor, merge.loser_id)
    kept = {*_named(restored.kept, winner.id), *refused.named, *_mend_stages(session, winner, loser, by=by)}
    for vendor in (winner, loser):
        triggers.settle(session, vendor, by=by)
        offboarding.settle(session, vendor)
    touches.refresh_many(session, [winner, loser])
    return Undone(loser, winner, sorted(kept))


def forget_old(session: WorkspaceSession) -> int:
    """Forget what undoing would need of merges that are older than 30 days; the old addresses still lead on."""
    statement = (
        update(Merge)
        .where(Merge.changes.is_not(None), Merge.merged_at <= clock.now() - UNDO_FOR)
        .values(changes=None)
        .execution_options(synchronize_session=False)
    )
    return int(session.execute(statement).rowcount)  # type: ignore[attr-defined] # an UPDATE's result counts its rows


# Choosing


def _values(row: Vendor | CustomValue, columns: Iterable[str]) -> dict[str, Any]:
    return {column: getattr(row, column) for column in columns}


def _but_not(values: dict[str, Any], vendor_id: int) -> dict[str, Any]:
    """A recommender who is one of the two is none any more."""
    return {**values, "referred_by_id": None} if values["referred_by_id"] == vendor_id else values


def _is_same(field: str, ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    if field == "stage":
        return bool(ours["stage"] is theirs["stage"] and ours["stage"] is not Stage.PARKED)
    if field == "website":
        return bool(ours["website"].rstrip("/").casefold() == theirs["website"].rstrip("/").casefold())
    return ours == theirs


def _is_blank(field: str, values: dict[str, Any]) -> bool:
    if field in _NEVER_BLANK:
        return False
    if field == "availability":
        return values["availability"] is Availability.UNKNOWN
    if field == "terms":
        return values["rate_amount"] is None and values["minimum_amount"] is None
    return not any(values.values())


def _suggests_theirs(field: str, winner: Vendor, loser: Vendor) -> bool:
    if field == "stage":
        return loser.stage_since > winner.stage_since
    if field == "cadence":
        return winner.cadence_choice is CadenceChoice.NONE
    if field == "availability" and winner.availability_as_of and loser.availability_as_of:
        return loser.availability_as_of > winner.availability_as_of
    if field == "name":
        return False
    return loser.updated_at > winner.updated_at


def _choose(winner: Vendor, loser: Vendor, *, by: Membership, theirs: Collection[str]) -> dict[str, Any]:
    """Give the winner the chosen values; the values that lose, by field, as facts."""
    lost: dict[str, Any] = {}
    session = session_of(winner)
    for question in questions(winner, loser):
        takes = question.field in theirs if question.is_open else question.suggests_theirs
        if question.is_open:
            losing = question.ours if takes else question.theirs
            lost[question.field] = told(session, question.field, losing)
        if question.field == "stage":
            _end_parking(session, winner if takes else loser, by=by)
        kept = question.theirs if takes else question.ours
        for column, value in kept.items():
            setattr(winner, column, value)
    if winner.referred_by_id == loser.id:
        winner.referred_by_id = None  # nobody recommends themselves
    if winner.backup_id is not None and winner.backup_id == winner.owner_id:
        winner.backup_id = None
    return lost


def _end_parking(session: WorkspaceSession, losing: Vendor, *, by: Membership) -> None:
    """One open parking at the most: that of the side whose stage is not kept ends."""
    parking = touches.open_parking(session, losing)
    if parking is not None:
        parking.ended_on, parking.ended_how = by.workspace.today, ParkingEnd.MERGED
        parking.version += 1
        session.flush()


# Uniting what belongs to them


def _unite(
    session: WorkspaceSession, winner: Vendor, loser: Vendor, *, by: Membership, theirs: Collection[str]
) -> dict[str, Any]:
    """What needs a rule of its own goes over; the rest is :func:`_hand_over`. Answers with what is lost, as facts."""
    lost = _unite_people(session, winner.id, loser.id)
    lost |= _unite_custom_values(session, winner.id, loser.id, theirs)
    _unite_standings(session, winner.id, loser.id, by=by)
    _unite_discount_terms(session, winner.id, loser.id, by=by)
    _leave_bulk_items(session, winner, loser)
    _unite_pairs(session, winner.id, loser.id)
    for table, column in _ONE_OF.items():
        kind = row_changes.class_of(table)
        one_of = getattr(kind, column)
        had = select(one_of).where(kind.vendor_id == winner.id)
        _silently(session, delete(kind).where(kind.vendor_id == loser.id, one_of.in_(had)))
    of_loser = (Snooze.vendor_id == loser.id, Snooze.kind == ReminderKind.TOUCH, Snooze.subject_id == loser.id)
    _silently(session, update(Snooze).where(*of_loser).values(subject_id=winner.id))
    caused = (ParkingTrigger.vendor_id == loser.id, ParkingTrigger.kind.in_(_CAUSED_BY_THE_VENDOR))
    _silently(session, update(ParkingTrigger).where(*caused).values(cause_id=winner.id))
    added = session.scalars(
        select(TimelineEntry).where(TimelineEntry.kind == TimelineKind.ADDED, TimelineEntry.vendor_id == loser.id)
    )
    for entry in added:
        entry.facts = {"name": loser.name, **entry.facts}
    others = (Vendor.referred_by_id == loser.id, Vendor.id != winner.id)
    _silently(session, update(Vendor).where(*others).values(referred_by_id=winner.id))
    return lost


def _unite_people(session: WorkspaceSession, winner_id: int, loser_id: int) -> dict[str, Any]:
    """The same person of both, by an e-mail address or the name, becomes one; names that get lost are answered."""
    ours, theirs, addresses = _people(session, winner_id, loser_id)
    lost: dict[str, Any] = {}
    for person in theirs:
        same = _same_person(person, ours, addresses)
        if same is None:
            person.vendor_id = winner_id
        else:
            words = _join(session, same, person, addresses)
            if words:
                lost.setdefault("people", {"people": []})["people"].append(words)
    session.flush()
    return lost


def same_people(session: WorkspaceSession, winner_id: int, loser_id: int) -> list[tuple[str, str]]:
    """The people who are with both, by their names there: one person each after a merge."""
    ours, theirs, addresses = _people(session, winner_id, loser_id)
    pairs = [(_same_person(person, ours, addresses), person) for person in theirs]
    return [(same.name, person.name) for same, person in pairs if same is not None]


def _people(
    session: WorkspaceSession, winner_id: int, loser_id: int
) -> tuple[list[Person], list[Person], dict[int, list[Contact]]]:
    """The people of both, oldest first, and the addresses and numbers of each."""
    both_of = select(Person).where(Person.vendor_id.in_((winner_id, loser_id))).order_by(Person.id)
    people = session.scalars(both_of).all()
    addresses: dict[int, list[Contact]] = {person.id: [] for person in people}
    of_them = select(Contact).where(Contact.person_id.in_(list(addresses))).order_by(Contact.position, Contact.id)
    for contact in session.scalars(of_them):
        addresses[contact.person_id].append(contact)
    ours = [person for person in people if person.vendor_id == winner_id]
    return ours, [person for person in people if person.vendor_id == loser_id], addresses


def _same_person(person: Person, among: Sequence[Person], addresses: dict[int, list[Contact]]) -> Person | None:
    emails = _emails(addresses[person.id])
    held = [each for each in among if emails & _emails(addresses[each.id])]
    named = [each for each in among if each.normal_name == person.normal_name]
    return next((each for each in named if each in held), None) or next(iter(named or held), None)


def _emails(contacts: Iterable[Contact]) -> set[str]:
    return {contact.normal_value for contact in contacts if "@" in contact.normal_value}


def _join(session: WorkspaceSession, kept: Person, gone: Person, addresses: dict[int, list[Contact]]) -> str:
    """One person of two; what of the second finds no place any more, in words of its own."""
    mine = {(contact.kind, contact.normal_value) for contact in addresses[kept.id]}
    for contact in addresses[gone.id]:
        if (contact.kind, contact.normal_value) in mine:
            session.delete(contact)
        else:
            contact.person_id, contact.position = kept.id, len(addresses[kept.id])
            addresses[kept.id].append(contact)
    lost = [] if gone.normal_name == kept.normal_name else [gone.name]
    if kept.name in {email.partition("@")[0] for email in _emails(addresses[kept.id])}:
        # We had made that name up from the address.
        lost = [kept.name] if lost else []
        kept.name, kept.normal_name = gone.name, gone.normal_name
    lost += [gone.role] if gone.role and kept.role and gone.role != kept.role else []
    kept.role = kept.role or gone.role
    kept.preferred_channel = kept.preferred_channel or gone.preferred_channel
    if gone.notes and gone.notes not in kept.notes:
        kept.notes = f"{kept.notes}\n\n{gone.notes}".strip()
    kept.version += 1
    session.flush()
    _hand_over(session, "people", kept.id, gone.id)
    with_them = (TimelineEntry.vendor_id == gone.vendor_id,)
    for entry in session.scalars(select(TimelineEntry).where(*with_them)):
        if entry.facts.get("person_id") == gone.id:
            entry.facts = {**entry.facts, "person_id": kept.id}
    session.delete(gone)
    session.flush()
    return ", ".join(lost)


_VALUE = ("words", "words_key", "number", "currency", "day", "choice_id")


def _unite_custom_values(
    session: WorkspaceSession, winner_id: int, loser_id: int, theirs: Collection[str]
) -> dict[str, Any]:
    """A field has one value: the chosen one. It is copied, as the row that stays is the winner's."""
    rows = session.scalars(select(CustomValue).where(CustomValue.vendor_id.in_((winner_id, loser_id)))).all()
    ours = {row.field_id: row for row in rows if row.vendor_id == winner_id}
    both_have = ours.keys() & {row.field_id for row in rows if row.vendor_id == loser_id}
    words = _custom_words(session, winner_id, loser_id) if both_have else {}
    lost: dict[str, Any] = {}
    for row in [row for row in rows if row.vendor_id == loser_id]:
        kept = ours.get(row.field_id)
        if kept is None:
            row.vendor_id = winner_id
            continue
        mine, other = _values(kept, _VALUE), _values(row, _VALUE)
        if mine != other:
            takes = f"custom-{row.field_id}" in theirs
            label, said, theirs_said = words[row.field_id]
            lost[f"custom-{row.field_id}"] = {"label": label, "words": said if takes else theirs_said}
            for name in _VALUE if takes else ():
                setattr(kept, name, other[name])
        session.delete(row)
    session.flush()
    return lost


def _custom_words(session: WorkspaceSession, winner_id: int, loser_id: int) -> dict[int, tuple[str, str, str]]:
    """The fields of the business by their ids: the name, and the value of either in words."""
    values = custom_queries.values_of(session, (winner_id, loser_id), archived=True)
    return {
        field.id: (
            field.name,
            custom_fields.as_text(values[winner_id].get(field.id)),
            custom_fields.as_text(values[loser_id].get(field.id)),
        )
        for field in custom_queries.fields(session, archived=True)
    }


def custom_questions(session: WorkspaceSession, winner_id: int, loser_id: int) -> list[tuple[str, str, str, str]]:
    """The business's own fields in which the two have different values: the key, the name, and both values in words."""
    return [
        (f"custom-{field_id}", name, ours, theirs)
        for field_id, (name, ours, theirs) in _custom_words(session, winner_id, loser_id).items()
        if ours and theirs and ours != theirs
    ]


def _unite_standings(session: WorkspaceSession, winner_id: int, loser_id: int, *, by: Membership) -> None:
    """One standing stands for each category: the later one; the other one ends and stays as history."""
    rows = session.scalars(
        select(Standing).where(Standing.vendor_id.in_((winner_id, loser_id)), Standing.ended_at.is_(None))
    ).all()
    ours = {row.category_id: row for row in rows if row.vendor_id == winner_id}
    for row in [row for row in rows if row.vendor_id == loser_id]:
        mine = ours.get(row.category_id)
        if mine is not None:
            ends = mine if row.given_at > mine.given_at else row
            ends.ended_at, ends.ended_by = clock.now(), by.user_id
    session.flush()
    _silently(session, update(Standing).where(Standing.vendor_id == loser_id).values(vendor_id=winner_id))


def _unite_discount_terms(session: WorkspaceSession, winner_id: int, loser_id: int, *, by: Membership) -> None:
    """One agreement is in force: the winner's, else the loser's. The credit of both goes over with its terms."""
    in_force = DiscountTerms.ended_on.is_(None)
    if session.scalars(select(DiscountTerms.id).where(DiscountTerms.vendor_id == winner_id, in_force)).first():
        ends = update(DiscountTerms).where(DiscountTerms.vendor_id == loser_id, in_force)
        _silently(session, ends.values(ended_on=by.workspace.today))
    _silently(session, update(DiscountTerms).where(DiscountTerms.vendor_id == loser_id).values(vendor_id=winner_id))


def _leave_bulk_items(session: WorkspaceSession, winner: Vendor, loser: Vendor) -> None:
    """What an act on many did to the one that is no more is not taken back on another: the act names it instead. The
    rest of its part in such acts goes with it, and so does its place in files, where the winner has its own."""
    acts = select(BulkAct.id).where(BulkAct.kind != BulkKind.EXPORT)
    open_items = BulkItem.act_id.in_(acts), BulkItem.state.in_((BulkItemState.DONE, BulkItemState.WAITING))
    for item in session.scalars(select(BulkItem).where(BulkItem.vendor_id == loser.id, *open_items)):
        item.vendor_id, item.state = winner.id, BulkItemState.LEFT
        item.reason = _("“%(name)s” was merged into it since.", name=loser.name)
    session.flush()


def _unite_pairs(session: WorkspaceSession, winner_id: int, loser_id: int) -> None:
    """Whoever was told apart from the one stays told apart from the other."""
    rows = session.scalars(select(DistinctPair).where(_names(DistinctPair, (winner_id, loser_id)))).all()
    known = {_other(row, winner_id) for row in rows if loser_id not in (row.vendor_id, row.other_id)}
    for row in rows:
        if loser_id not in (row.vendor_id, row.other_id):
            continue
        third = _other(row, loser_id)
        if third == winner_id or third in known:
            session.delete(row)
        else:
            row.vendor_id, row.other_id = sorted((winner_id, third))
            known.add(third)
    session.flush()


def _names(kind: type[DistinctPair], ids: tuple[int, int]) -> ColumnElement[bool]:
    return or_(kind.vendor_id.in_(ids), kind.other_id.in_(ids))


def _other(row: DistinctPair, vendor_id: int) -> int:
    return row.other_id if row.vendor_id == vendor_id else row.vendor_id


def _hand_over(session: WorkspaceSession, table: str, to: int, gone: int) -> None:
    """Every row that still points at the one that is no more points at the one that is kept."""
    for place, fate in FATES.items():
        name, _dot, column = place.partition(".")
        points_there = any(each.name == column and target == table for each, target in row_changes.references(name))
        if points_there and fate not in (Fate.STAYS, Fate.FOLLOWS) and name not in _WITHOUT_REST:
            kind = row_changes.class_of(name)
            _silently(session, update(kind).where(getattr(kind, column) == gone).values(**{column: to}))


_WITHOUT_REST = ("vendors", "distinct_pairs", "bulk_items")
"""Their rules leave nothing to hand over."""


def _silently(session: WorkspaceSession, statement: Any) -> None:
    """Many rows at once; what is in memory is read anew afterwards."""
    session.flush()
    session.execute(statement, execution_options={"synchronize_session": False})


def _concerned(winner_id: int, loser_id: int) -> dict[str, ColumnElement[bool]]:
    """Every row that a merge of the two may change, by table."""
    ids = (winner_id, loser_id)
    people = select(Person.id).where(Person.vendor_id.in_(ids))
    concerned: dict[str, ColumnElement[bool]] = {
        "vendors": or_(Vendor.id.in_(ids), Vendor.referred_by_id.in_(ids)),
        "contacts": Contact.person_id.in_(people),
        "distinct_pairs": _names(DistinctPair, ids),
    }
    for place, fate in FATES.items():
        name, _dot, column = place.partition(".")
        if name not in concerned and column in ("vendor_id", "winner_id") and fate is not Fate.FOLLOWS:
            concerned[name] = getattr(row_changes.class_of(name), column).in_(ids)
    return concerned


# Taking back


def _check_undo(session: WorkspaceSession, merge: Merge) -> None:
    if merge.undone_at is not None:
        raise Refused(lazy("This merge is taken back already."))
    if merge.changes is None or merge.merged_at <= clock.now() - UNDO_FOR:
        raise Refused(lazy("A merge can be taken back for 30 days. This one is older."))
    statement = select(Merge.loser_name).where(
        Merge.id > merge.id,
        Merge.undone_at.is_(None),
        or_(Merge.winner_id == merge.winner_id, Merge.loser_id == merge.into_id),
    )
    later = session.scalars(statement.order_by(Merge.id.desc()).limit(1)).first()
    if later is not None:
        raise Refused(lazy("%(name)s was merged later. Take that merge back first.", name=later))


@dataclass(frozen=True, slots=True)
class _Possible:
    changes: row_changes.Changes
    named: frozenset[str]


def _without_second_parkings(session: WorkspaceSession, winner: Vendor, changes: row_changes.Changes) -> _Possible:
    """Where the winner has been parked anew since, the parking that the merge ended stays ended."""
    open_now = touches.open_parking(session, winner)
    if open_now is None:
        return _Possible(changes, frozenset())
    groups = changes.get("parkings", [])
    if any(open_now.id in group["ids"] for group in groups):
        return _Possible(changes, frozenset())
    stays = [
        group
        for group in groups
        if (group["before"] or {}).get("ended_on", "") is not None or "vendor_id" in group["before"]
    ]
    return _Possible({**changes, "parkings": stays}, frozenset({"stage"} if len(stays) != len(groups) else ()))


def _mend_stages(session: WorkspaceSession, winner: Vendor, loser: Vendor, *, by: Membership) -> set[str]:
    """A vendor is parked exactly when it has an open parking: where moves since the merge left it otherwise, the stage
    gives way."""
    mended: set[str] = set()
    for vendor, other in ((winner, loser), (loser, winner)):
        parking = touches.open_parking(session, vendor)
        if vendor.stage is Stage.PARKED and parking is None:
            vendor.stage = other.stage if other.stage is not Stage.PARKED else Stage.PROSPECT
            mended.add("stage")
        elif vendor.stage is not Stage.PARKED and parking is not None:
            parking.ended_on, parking.ended_how = by.workspace.today, ParkingEnd.UNDONE
            mended.add("stage")
    session.flush()
    return mended


_DERIVED = frozenset(
    "due_on planned_on next_on due_kind due_subject_id due_why last_contact_on search_text version updated_at "
    "updated_by cadence_in_force cadence_began_on normal_name web_domain stage_since position".split()
)
"""What follows from other values, and is worked out anew."""
_SILENT = frozenset(
    "timeline_entries bulk_items reminders snoozes skips mentions distinct_pairs merges stage_moves "
    "parking_triggers follows news".split()
)
"""Tables that nobody edits by themselves, or whose rows not everybody may know of."""


def _named(kept: Iterable[Kept], winner_id: int) -> set[str]:
    """What could not be returned, by the field or the table that people know."""
    fields = {column: field for field, columns in FIELDS.items() for column in columns}
    named: set[str] = set()
    for each in kept:
        if each.column in _DERIVED or each.table in _SILENT:
            continue
        named.add(fields.get(each.column, "vendors") if each.table == "vendors" else each.table)
    return named
