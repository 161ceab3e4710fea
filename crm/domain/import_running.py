"""Runs drafts of vendors into a business: which vendor each row is, what it adds, and what all of it comes to.

Rows are taken in batches. A batch costs a fixed number of statements, so that neither a long file nor a large business
makes many; the caller's transaction holds all of it.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Any

from crm.core.i18n import _
from crm.core.tenancy import WorkspaceSession
from crm.domain.import_files import Drafted
from crm.domain.import_merging import Compared, VendorState, assign, compare, merge, new_vendor
from crm.domain.import_rows import Match, Matcher, VendorDraft, Why
from crm.domain.import_writing import Shelves, Team, Writer, load
from crm.models.imports import Import
from crm.models.workspaces import Membership
from crm.queries import imports
from crm.queries.custom_fields import Field

BATCH = 500
DOUBLES_SHOWN = 20
REMARKS_SHOWN = 5


class DoubleChoice(StrEnum):
    """What happens to a row that looks like a vendor who was here before the import."""

    FILL = "fill"
    SECOND = "second"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person decided about doubles: for all of them, and for single rows by their line."""

    usually: DoubleChoice = DoubleChoice.FILL
    by_line: Mapping[int, DoubleChoice] = field(default_factory=dict)

    def at(self, line: int) -> DoubleChoice:
        """What happens to the double on this line."""
        return self.by_line.get(line, self.usually)


@dataclass(frozen=True, slots=True)
class DoubleRow:
    """A row that looks like a vendor who was here before."""

    line: int
    vendor_id: int
    name: str
    why: Why
    facts: list[Compared]

    @property
    def is_worth_a_look(self) -> bool:
        """Whether it brings something, or says something else than we do, be it the name."""
        return any(fact.verdict != "same" for fact in self.facts)


@dataclass(slots=True)
class Outcome:
    """What an import comes to. created + updated + unchanged + failed = rows."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    people: int = 0
    notes: int = 0
    doubles: int = 0
    """Rows that look like a vendor who was here before."""
    shown: list[DoubleRow] = field(default_factory=list)
    """Some of those that are worth a look."""
    alike: list[tuple[str, str]] = field(default_factory=list)
    """Some new names with a vendor's who shares an address or a domain, but is named otherwise."""
    remarks: list[str] = field(default_factory=list)
    """Sentences about values that are not what their column says."""
    ignored: list[str] = field(default_factory=list)
    """The columns that hold something and went nowhere."""

    @property
    def rows(self) -> int:
        return self.created + self.updated + self.unchanged + self.failed

    def counts(self) -> dict[str, int]:
        """The figures that are kept."""
        return {name: getattr(self, name) for name in ("rows", "created", "updated", "unchanged", "failed")}


@dataclass(slots=True)
class _Planned:
    """A row of the present batch: its vendor by place, and what is to be done."""

    line: int
    draft: VendorDraft
    place: int
    match: Match
    is_new: bool
    is_left_out: bool


class _Known:
    """All vendors, those that were here first, by their place: what tells one from another, and their ids."""

    def __init__(self, session: WorkspaceSession) -> None:
        self._matcher = Matcher()
        self.ids = array("q")
        self.names: list[str] = []
        self._has_site = bytearray()
        for vendor in imports.known_vendors(session):
            self._add(vendor.name, vendor.emails, vendor.website, vendor.id)
        self.before = len(self.ids)

    def _add(self, name: str, emails: Iterable[str], website: str, vendor_id: int = 0) -> int:
        place = len(self.ids)
        self.ids.append(vendor_id)
        self.names.append(name)
        self._has_site.append(bool(website))
        self._matcher.add(place, name=name, emails=emails, website=website)
        return place

    def new(self, draft: VendorDraft) -> Match:
        return self._matcher.new(emails=draft.emails, website=draft.website)

    def fitting(self, draft: VendorDraft) -> dict[int, Why]:
        return self._matcher.fitting(name=draft.name, emails=draft.emails, website=draft.website)

    def of_record(self, vendor_id: int) -> int | None:
        """The place of a vendor that was here before, by its id: those come in the order of their ids."""
        place = bisect_left(self.ids, vendor_id, hi=self.before)
        return place if place < self.before and self.ids[place] == vendor_id else None

    def add(self, draft: VendorDraft) -> int:
        """A new vendor; it is numbered when it is written."""
        return self._add(draft.name, draft.emails, draft.website)

    def learn(self, place: int, draft: VendorDraft) -> None:
        """A vendor gets what a row says: its addresses, and its site where it had none."""
        website = "" if self._has_site[place] else draft.website
        if draft.emails or website:
            self._matcher.add(place, name=self.names[place], emails=draft.emails, website=website)
            self._has_site[place] = self._has_site[place] or bool(website)


def run(
    session: WorkspaceSession,
    drafts: Iterable[Drafted],
    *,
    row: Import,
    by: Membership,
    choices: Choices | None = None,
    own: Sequence[Field] = (),
) -> Outcome:
    """Import the drafts. To see what would happen, run this inside a savepoint and roll that back.

    ``own`` are the business's own fields that the drafts may hold; what they hold in others is left aside.
    """
    return _Run(session, row, by, choices or Choices(), own).run(drafts)


class _Run:
    def __init__(
        self, session: WorkspaceSession, row: Import, by: Membership, choices: Choices, own: Sequence[Field]
    ) -> None:
        self._session = session
        self._own = own
        self._choices = choices
        self._known = _Known(session)
        self._shelves = Shelves(session)
        self._team = Team(session)
        self._writer = Writer(session, row, by, own)
        self._outcome = Outcome()
        self._recorded: set[int] = set()

    def run(self, drafts: Iterable[Drafted]) -> Outcome:
        for batch in _batches(drafts):
            self._take(self._planned(batch))
        outcome = self._outcome
        outcome.people, outcome.notes = self._writer.people, self._writer.notes
        return outcome

    def _planned(self, batch: list[Drafted]) -> list[_Planned]:
        """The batch's rows with their vendors. Where a row fits several, what comes before it is written first."""
        planned: list[_Planned] = []
        for line, draft in batch:
            if (recorded := self._of_record(draft)) is not None:
                planned.append(self._plan(line, draft, recorded))
                continue
            fitting = self._known.fitting(draft)
            if len(fitting) > 1:
                self._take(planned)
                planned = []
            match = self._most_fitting(draft, fitting) if fitting else self._known.new(draft)
            planned.append(self._plan(line, draft, match))
        return planned

    def _of_record(self, draft: VendorDraft) -> Match | None:
        """The vendor that the row was exported from; for the first row that says so: another is a copy of it."""
        place = None if draft.record is None else self._known.of_record(draft.record)
        if place is None or place in self._recorded:
            return None
        self._recorded.add(place)
        return Match(place, Why.RECORD)

    def _most_fitting(self, draft: VendorDraft, fitting: Mapping[int, Why]) -> Match:
        """The first of these vendors to whom the row adds nothing; where it adds something to each, the first."""
        first, why = next(iter(fitting.items()))
        if len(fitting) == 1:
            return Match(first, why)
        ids = [self._known.ids[place] for place in fitting]
        states = load(self._session, ids, with_notes=ids, with_custom=bool(self._own))
        tags = [self._shelves.tag(name) or 0 for name in self._tag_names(draft)]  # 0: one that nobody has
        categories = self._categories(draft)
        for vendor_id, (place, its_why) in zip(ids, fitting.items(), strict=True):
            if not merge(states[vendor_id], draft, tags=tags, categories=categories):
                return Match(place, its_why)
        return Match(first, why)

    def _plan(self, line: int, draft: VendorDraft, match: Match) -> _Planned:
        """What is to be done with a row. Rows come in their order, as each can be what a later one is like."""
        choice = DoubleChoice.FILL
        if match.vendor is not None and match.vendor < self._known.before:
            self._outcome.doubles += 1
            choice = self._choices.at(line)
        if match.vendor is None or choice is DoubleChoice.SECOND:
            self._note_likeness(draft, match)
            return _Planned(line, draft, self._known.add(draft), match, is_new=True, is_left_out=False)
        if choice is DoubleChoice.FILL:
            self._known.learn(match.vendor, draft)
        return _Planned(line, draft, match.vendor, match, is_new=False, is_left_out=choice is DoubleChoice.SKIP)

    def _note_likeness(self, draft: VendorDraft, match: Match) -> None:
        before = [place for place in match.alike if place < self._known.before]
        if before and len(self._outcome.alike) < REMARKS_SHOWN:
            self._outcome.alike.append((draft.name, self._known.names[before[0]]))

    def _take(self, batch: list[_Planned]) -> None:
        if not batch:
            return
        states = self._states(batch)
        wanted = [planned.draft for planned in batch if not planned.is_left_out]
        self._shelves.make_categories(name for draft in wanted for name in draft.categories)
        self._shelves.make_tags(name for draft in wanted for name in self._tag_names(draft))
        for planned in batch:
            self._settle(planned, states[planned.place])
        new = [states[planned.place] for planned in batch if planned.is_new]
        self._writer.write(new, [state for state in states.values() if state.id is not None])
        for planned in batch:
            if planned.is_new:
                self._known.ids[planned.place] = states[planned.place].id or 0

    def _states(self, batch: list[_Planned]) -> dict[int, VendorState]:
        new = {planned.place: new_vendor(planned.draft.name) for planned in batch if planned.is_new}
        places = {planned.place for planned in batch} - new.keys()
        ids = {self._known.ids[place]: place for place in sorted(places)}
        noted = [self._known.ids[planned.place] for planned in batch if planned.place in places and _may_note(planned)]
        known = load(self._session, list(ids), with_notes=noted, with_custom=bool(self._own))
        return new | {ids[vendor_id]: state for vendor_id, state in known.items()}

    def _settle(self, planned: _Planned, vendor: VendorState) -> None:
        outcome, draft = self._outcome, planned.draft
        outcome.remarks += draft.remarks[: REMARKS_SHOWN - len(outcome.remarks)]
        if planned.match.vendor is not None and planned.match.vendor < self._known.before:
            self._show(planned, vendor)
        if planned.is_left_out:
            outcome.unchanged += 1
            return
        tags = [tag for name in self._tag_names(draft) if (tag := self._shelves.tag(name)) is not None]
        changed = merge(vendor, draft, tags=tags, categories=self._categories(draft))
        if vendor.id is None:
            self._assign(vendor, draft)
        if planned.is_new:
            outcome.created += 1
        elif changed:
            outcome.updated += 1
        else:
            outcome.unchanged += 1

    def _assign(self, vendor: VendorState, draft: VendorDraft) -> None:
        owner_id = self._team.find(draft.owner)
        assign(vendor, draft, owner_id)
        if draft.owner and owner_id is None and len(self._outcome.remarks) < REMARKS_SHOWN:
            words = _("“%(name)s” is nobody of the team who could look after a vendor.", name=draft.owner)
            self._outcome.remarks += [] if words in self._outcome.remarks else [words]

    def _categories(self, draft: VendorDraft) -> list[int]:
        found = (self._shelves.category(name) for name in (*draft.categories, *draft.niches))
        return [category for category in found if category is not None]

    def _tag_names(self, draft: VendorDraft) -> list[str]:
        """The row's tags, and what the tree of categories does not know and has no room for."""
        others = (name for name in (*draft.niches, *draft.categories) if self._shelves.category(name) is None)
        return [*draft.tags, *others]

    def _show(self, planned: _Planned, vendor: VendorState) -> None:
        why, place = planned.match.why, planned.match.vendor
        if place is None or why is None or planned.is_new or vendor.id is None:
            return
        if len(self._outcome.shown) >= DOUBLES_SHOWN:
            return
        facts = compare(vendor, planned.draft)
        double = DoubleRow(planned.line, vendor.id, vendor.fields["name"], why, facts)
        if double.is_worth_a_look:
            self._outcome.shown.append(double)


def _may_note(planned: _Planned) -> bool:
    """Whether a row can become a note: it has words, more people than there may be room for, or another currency."""
    draft = planned.draft
    return bool(draft.notes or draft.people or draft.rate or draft.minimum)


def _batches(drafts: Iterable[Drafted]) -> Iterator[list[Any]]:
    remaining = iter(drafts)
    while batch := list(islice(remaining, BATCH)):
        yield batch
