"""The bin: what was deleted lies here whole for 30 days, and can be put back as it was.

:func:`throw_away` reads all rows that a deletion can touch before and after it, and keeps the difference
(:mod:`crm.domain.row_changes`), so that whatever a deletion does is put back the same way: rows that are gone return
with their numbers, what pointed at them points at them again, and what somebody has changed since stays as they left
it. The rows themselves are gone in the meantime: nothing can find, count or export them. Bytes of files stay until the
thing is erased. What can be deleted, and how, stands in :mod:`crm.domain.deletions`.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from crm.core import clock, text, uploads
from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession
from crm.domain import audit, permissions, row_changes, row_graph, touches
from crm.domain.permissions import Act
from crm.domain.row_changes import Changes, Kept, Row, Snapshot
from crm.models.bin_items import BinItem
from crm.models.enums import AuditKind, BinKind, Visibility
from crm.models.standings import Standing
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership
from crm.queries import bin_items, doubles

KEPT_FOR = timedelta(days=30)
NAME_LENGTH = 300
_CHANGES = "changes"
_FORGOTTEN = "…"
_NOT_RETURNED = frozenset({"reminders", "snoozes"})
"""Of these only rows that are gone return; what else changed is worked out anew with the next touch."""


@dataclass(frozen=True, slots=True)
class Thing:
    """What is deleted: what it is, its row, and who may read it."""

    kind: BinKind
    table: str
    id: int
    name: str
    vendor_id: int | None = None
    visibility: Visibility = Visibility.TEAM
    author_id: int | None = None
    """Who wrote it, where that decides who may read or delete it."""


@dataclass(frozen=True, slots=True)
class PutBack:
    """What came of putting something back."""

    kind: BinKind
    subject_id: int
    vendor_id: int | None
    kept: list[Kept]
    """What could not return, because what it belonged to is gone, or somebody changed it since."""


def find(session: WorkspaceSession, item_id: int, *, reader: Membership) -> BinItem:
    """Something in the bin that the reader may put back. Raises :class:`Missing`."""
    item = session.get(BinItem, item_id, with_for_update=session.writing or None)
    if item is None or is_over(item) or not permissions.may_read(reader, item.visibility, item.author_id):
        raise Missing
    if not may_change(item, reader):
        raise Missing
    return item


def is_over(item: BinItem) -> bool:
    """Whether its 30 days have passed."""
    return item.deleted_at + KEPT_FOR <= clock.now()


def may_change(item: BinItem, member: Membership) -> bool:
    """Whether the member may put it back: whoever may delete such a thing may."""
    if item.kind in bin_items.OF_ADMINS:
        return permissions.may(member, Act.MANAGE)
    is_theirs = item.kind not in bin_items.OF_AUTHORS or member.is_admin or item.author_id == member.user_id
    return is_theirs and permissions.may(member, Act.WORK)


def throw_away(
    session: WorkspaceSession,
    thing: Thing,
    act: Callable[[], object],
    *,
    by: Membership,
    besides: Mapping[str, Collection[int]] | None = None,
    is_audited: bool = False,
) -> BinItem:
    """Carry out a deletion and keep what it takes. ``act`` may take its row away or only mark it: it is gone after.

    ``besides`` names rows that the act may touch though no foreign key leads to them. ``is_audited`` says that the act
    writes its own line into the audit log.
    """
    concerned = _concerned(session, thing, besides or {})
    before = _look(session, concerned, thing)
    act()
    row_graph.remove(session, thing.table, thing.id)
    vendor = _vendor(session, thing.vendor_id)
    if vendor is not None:
        touches.refresh(session, vendor)
    session.flush()
    changes = row_changes.difference(before, _look(session, concerned, thing, known=before))
    item = BinItem(
        kind=thing.kind,
        subject_id=thing.id,
        vendor_id=thing.vendor_id,
        name=text.clean_line(thing.name)[:NAME_LENGTH],
        visibility=thing.visibility,
        author_id=thing.author_id,
        rows={_CHANGES: changes},
        deleted_by=by.user_id,
    )
    session.add(item)
    if not is_audited:
        _tell_audit(session, AuditKind.DELETED, item, by=by)
    session.flush()
    return item


def put_back(item: BinItem, session: WorkspaceSession, *, by: Membership) -> PutBack:
    """Put it back as it was. Raises :class:`Refused` where its vendor is in the bin too, or gone for good."""
    vendor_id = _vendor_now(session, item)
    changes: Changes = item.rows.get(_CHANGES, {})
    moved = {item.vendor_id: vendor_id} if item.vendor_id != vendor_id else {}
    kept = row_graph.bring_back(session, _gone(changes, moved))
    if any(each.table == _table_of(item) and each.id == item.subject_id and not each.column for each in kept):
        raise Refused(lazy("What it belonged to is gone, so it cannot be put back."))
    kept += row_changes.restore(session, _changed(changes)).kept
    _tell_audit(session, AuditKind.RESTORED, item, by=by)
    done = PutBack(item.kind, item.subject_id, vendor_id, kept)
    session.delete(item)
    session.flush()
    touches.refresh_many(session, _concerning_touches(session, changes, vendor_id), begins=False)
    return done


def erase(item: BinItem, session: WorkspaceSession, *, by: Membership | None, folder: Path) -> None:
    """Delete it for good, with the bytes of its files. ``by`` is None where its time is over."""
    if by is not None:
        permissions.require(by, Act.MANAGE)
        _tell_audit(session, AuditKind.ERASED, item, by=by)
    for stored_as in stored_files(item):
        uploads.drop(session, folder, stored_as)
    session.delete(item)
    session.flush()


def erase_where(session: WorkspaceSession, condition: ColumnElement[bool], *, by: Membership, folder: Path) -> int:
    """Delete what fulfils a condition on :class:`BinItem` for good: how many that were."""
    items = session.scalars(select(BinItem).where(condition).order_by(BinItem.id)).all()
    for item in items:
        erase(item, session, by=by, folder=folder)
    return len(items)


def clear_away(session: WorkspaceSession, *, folder: Path) -> int:
    """Delete for good what lay here for 30 days: how many that were."""
    old = select(BinItem).where(BinItem.deleted_at <= clock.now() - KEPT_FOR)
    items = session.scalars(old).all()
    for item in items:
        erase(item, session, by=None, folder=folder)
    return len(items)


def forget_person(session: WorkspaceSession, *, person_id: int, words: Collection[str] = ()) -> int:
    """Take one person of a vendor out of all that lies here: how many things that concerned.

    The person's own item goes; in the others their row, their addresses and what names them by number are left out,
    and ``words`` (their names and addresses) are put out of all texts, together with those that the bin itself knows
    them by.
    """
    items = session.scalars(select(BinItem).order_by(BinItem.id)).all()
    every = {each for each in (*words, *_known_words(items, person_id)) if each.strip()}
    pattern = _any_of(every)
    forgotten = 0
    for item in items:
        if (item.kind, item.subject_id) == (BinKind.PERSON, person_id):
            session.delete(item)
            forgotten += 1
            continue
        rows = _without_words(_without_person(item.rows, person_id), pattern)
        name = pattern.sub(_FORGOTTEN, item.name) if pattern else item.name
        if (rows, name) != (item.rows, item.name):
            item.rows, item.name = rows, name
            forgotten += 1
    session.flush()
    return forgotten


def stored_files(item: BinItem) -> list[str]:
    """The names under which the bytes of its files lie."""
    return [row["stored_as"] for row in _gone(item.rows.get(_CHANGES, {}), {}).get("attachments", [])]


# What is looked at


def _concerned(
    session: WorkspaceSession, thing: Thing, besides: Mapping[str, Collection[int]]
) -> dict[str, Collection[int]]:
    going, pointing = row_graph.reach(session, {thing.table: [thing.id]})
    ids: dict[str, set[int]] = {}
    for found in (going, pointing, *row_graph.reach(session, besides)):
        for table, some in found.items():
            ids.setdefault(table, set()).update(some)
    return dict(ids)


def _look(
    session: WorkspaceSession, concerned: Mapping[str, Collection[int]], thing: Thing, known: Snapshot | None = None
) -> Snapshot:
    """All rows concerned, and what the vendor's history and reminders say; new lines of these do not count."""
    seen = row_graph.snapshot(session, concerned)
    if thing.vendor_id is not None:
        for table in ("timeline_entries", "news", "reminders", "snoozes"):
            kind = row_changes.class_of(table)
            found = row_changes.snapshot(session, {table: kind.vendor_id == thing.vendor_id})[table]
            seen.setdefault(table, {}).update(found)
    if known is not None:
        seen = {table: {key: row for key, row in seen[table].items() if key in rows} for table, rows in known.items()}
    return seen


# What is kept


def _gone(changes: Changes, moved: Mapping[int | None, int | None]) -> dict[str, list[Row]]:
    """The rows that are gone, by table. What belonged to a vendor that was merged since belongs to the other."""
    found: dict[str, list[Row]] = {}
    for table, groups in changes.items():
        rows = [group["before"] for group in groups if group["after"] is None]
        pointers = [link.column for link in row_graph.links_of(table) if link.target == "vendors"] if moved else []
        if rows:
            found[table] = [
                {**row, **{column: moved.get(row[column], row[column]) for column in pointers}} for row in rows
            ]
    return found


def _changed(changes: Changes) -> Changes:
    found: Changes = {}
    for table, groups in changes.items():
        some = [group for group in groups if group["before"] and group["after"]]
        if some and table not in _NOT_RETURNED:
            found[table] = some
    return found


def _table_of(item: BinItem) -> str:
    return bin_items.TABLES[item.kind]


def _vendor(session: WorkspaceSession, vendor_id: int | None) -> Vendor | None:
    return session.get(Vendor, vendor_id, with_for_update=True) if vendor_id is not None else None


def _concerning_touches(session: WorkspaceSession, changes: Changes, vendor_id: int | None) -> Sequence[Vendor]:
    """The vendors whose next touch rests on what came back: its own, and those whose standing it changes."""
    standing_ids = {row_id for group in changes.get(Standing.__tablename__, []) for row_id in group["ids"]}
    theirs = select(Standing.vendor_id).where(Standing.id.in_(standing_ids))
    return session.scalars(select(Vendor).where(or_(Vendor.id == vendor_id, Vendor.id.in_(theirs)))).all()


def _vendor_now(session: WorkspaceSession, item: BinItem) -> int | None:
    """The vendor that it belongs to: itself, or the one that it was merged into."""
    if item.vendor_id is None or item.kind is BinKind.VENDOR:
        return item.vendor_id
    if session.get(Vendor, item.vendor_id) is not None:
        return item.vendor_id
    if bin_items.of_vendor(session, item.vendor_id) is not None:
        raise Refused(lazy("Its vendor is in the bin too. Put the vendor back first."))
    into = doubles.merged_into(session, item.vendor_id)
    if into is None:
        raise Refused(lazy("Its vendor is gone for good, so it cannot be put back."))
    return into


def _tell_audit(session: WorkspaceSession, kind: AuditKind, item: BinItem, *, by: Membership) -> None:
    """Names the vendor, not the words; a file by both, as its deletion does. What somebody kept to themselves
    is told to nobody."""
    if item.visibility is Visibility.AUTHOR:
        return
    about = item.name
    if item.vendor_id is not None and item.kind is not BinKind.VENDOR:
        vendor = session.get(Vendor, item.vendor_id)
        whose = vendor.name if vendor is not None else ""
        about = f"{item.name}, {whose}" if item.kind is BinKind.FILE else whose
    audit.record_here(session, kind, by=by.user_id, about=about, what=item.kind.value)


# Forgetting


def _without_person(rows: Mapping[str, Any], person_id: int) -> dict[str, Any]:
    changes: Changes = {}
    for table, groups in rows.get(_CHANGES, {}).items():
        columns = [link.column for link in row_graph.links_of(table) if link.target == "people"]
        needed = {link.column for link in row_graph.links_of(table) if link.target == "people" and link.is_needed}
        left = []
        for group in groups:
            values = group["before"] or {}
            is_them = table == "people" and person_id in group["ids"]
            if is_them or any(values.get(column) == person_id for column in needed):
                continue
            cleared = {column: None for column in columns if values.get(column) == person_id}
            left.append({**group, "before": {**values, **cleared}} if cleared else group)
        if left:
            changes[table] = left
    return {**rows, _CHANGES: changes}


def _known_words(items: Iterable[BinItem], person_id: int) -> Iterator[str]:
    """The names and addresses by which things in the bin know the person."""
    for item in items:
        for table, groups in item.rows.get(_CHANGES, {}).items():
            for group in groups:
                row = group["before"] or {}
                if table == "people" and person_id in group["ids"] and row.get("name"):
                    yield row["name"]
                if table == "contacts" and row.get("person_id") == person_id:
                    yield row["value"]


def _any_of(words: Collection[str]) -> re.Pattern[str] | None:
    if not words:
        return None
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile("|".join(rf"(?<!\w){re.escape(each)}(?!\w)" for each in longest_first), re.IGNORECASE)


def _without_words(value: Any, pattern: re.Pattern[str] | None) -> Any:
    if pattern is None:
        return value
    if isinstance(value, str):
        return pattern.sub(_FORGOTTEN, value)
    if isinstance(value, dict):
        return {key: _without_words(each, pattern) for key, each in value.items()}
    return [_without_words(each, pattern) for each in value] if isinstance(value, list) else value
