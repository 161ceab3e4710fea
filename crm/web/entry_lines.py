"""The entries of a vendor's timeline, as records that they are drawn from."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from crm.models.enums import (
    InteractionKind,
    MailState,
    PromiseKind,
    PromiseState,
    TimelineKind,
    TrialOutcome,
    Visibility,
)
from crm.models.workspaces import Membership
from crm.queries.profiles import Teammate
from crm.queries.timelines import EntryRow
from crm.queries.vendor_letters import LetterRow

Letter = tuple[int, int | None, int, str, int | None, datetime, MailState, str, bool]


@dataclass(frozen=True, slots=True)
class Around:
    """What all entries of a vendor are drawn with: the vendor, whom and what they may name, and who reads."""

    id: int
    name: str
    mates: tuple[tuple[int, str, bool], ...]
    person_names: tuple[tuple[int, str], ...]
    attachment_names: tuple[tuple[int, str], ...]
    today: date
    may_work: bool
    user_id: int
    is_admin: bool

    @property
    def team(self) -> dict[int, Teammate]:
        """Everybody of the business, now or before, by id."""
        return {mate[0]: Teammate(*mate) for mate in self.mates}

    @property
    def people(self) -> dict[int, str]:
        """The vendor's people by id."""
        return dict(self.person_names)

    @property
    def files(self) -> dict[int, str]:
        """The vendor's files by id."""
        return dict(self.attachment_names)


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry. ``noted`` are its facts as JSON; ``letter`` is the letter whose copy it is, taken apart; ``is_open``
    says whether the trust note that it amounts to is still to be offered."""

    id: int
    kind: TimelineKind
    subject_id: int
    step: str
    happened_on: date
    author_id: int | None
    visibility: Visibility
    noted: str
    body: str
    is_folded: bool
    letter: Letter | None
    is_open: bool

    @property
    def row(self) -> EntryRow:
        """The entry as it was read."""
        return EntryRow(
            self.id,
            self.kind,
            self.subject_id,
            self.step,
            self.happened_on,
            self.author_id,
            self.visibility,
            json.loads(self.noted),
            self.body,
            self.is_folded,
        )

    @property
    def letters(self) -> dict[int, LetterRow]:
        """Its letter by the entry's subject; none for most."""
        return {self.subject_id: LetterRow(*self.letter)} if self.letter else {}


def around(
    vendor: Any,
    team: Mapping[int, Teammate],
    people: Mapping[int, str],
    files: Mapping[int, str],
    today: date,
    may_work: bool,
    reader: Membership,
) -> Around:
    """What the entries of a vendor are drawn with, for a reader."""
    return Around(
        vendor.id,
        vendor.name,
        tuple((mate.id, mate.name, mate.is_active) for mate in team.values()),
        tuple(people.items()),
        tuple(files.items()),
        today,
        may_work,
        reader.user_id,
        reader.is_admin,
    )


def lines(
    rows: Iterable[EntryRow], letters: Mapping[int, LetterRow], weighed: Collection[tuple[str, int]], today: date
) -> list[EntryLine]:
    """The lines of these entries. ``weighed`` are the records of which a trust note was made, as kind and id."""
    return [_line(row, letters.get(row.subject_id), _is_open(row, weighed, today)) for row in rows]


OFFERED_FOR = timedelta(days=30)
"""So long a trust note is offered beside what it comes from; later, few remember what there was to note."""


def _is_open(row: EntryRow, weighed: Collection[tuple[str, int]], today: date) -> bool:
    if today - row.happened_on > OFFERED_FOR or (row.kind.value, row.subject_id) in weighed:
        return False
    facts = row.facts
    if row.kind is TimelineKind.PROMISE:
        # Before records were kept, a fact of the line itself said that a note had been made of it.
        is_theirs = facts.get("sort") == PromiseKind.THEIRS and not facts.get("weighed")
        return bool(row.step) and is_theirs and facts.get("state") in (PromiseState.KEPT, PromiseState.BROKEN)
    if row.kind is TimelineKind.TRIAL:
        return facts.get("outcome") in (TrialOutcome.PASSED, TrialOutcome.FAILED)
    if row.kind is TimelineKind.WORK:
        return bool(facts.get("offers"))
    return row.kind is TimelineKind.INTERACTION and facts.get("sort") == InteractionKind.DELIVERY


def _line(row: EntryRow, letter: LetterRow | None, is_open: bool) -> EntryLine:
    return EntryLine(
        row.id,
        row.kind,
        row.subject_id,
        row.step,
        row.happened_on,
        row.author_id,
        row.visibility,
        json.dumps(row.facts),
        row.body,
        row.is_folded,
        _taken_apart(letter) if letter is not None and row.kind is TimelineKind.INTERACTION else None,
        is_open,
    )


def _taken_apart(letter: LetterRow) -> Letter:
    return (
        letter.id,
        letter.interaction_id,
        letter.message_id,
        letter.recipient,
        letter.written_by,
        letter.created_at,
        letter.state,
        letter.problem,
        letter.is_refused,
    )
