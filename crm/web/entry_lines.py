"""The entries of a vendor's timeline, as records that they are drawn from."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from crm.models.enums import MailState, TimelineKind, Visibility
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
    """An entry. ``noted`` are its facts as JSON; ``letter`` is the letter whose copy it is, taken apart."""

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


def lines(rows: Iterable[EntryRow], letters: Mapping[int, LetterRow]) -> list[EntryLine]:
    """The lines of these entries."""
    return [_line(row, letters.get(row.subject_id)) for row in rows]


def _line(row: EntryRow, letter: LetterRow | None) -> EntryLine:
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
