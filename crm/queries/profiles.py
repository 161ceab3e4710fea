"""Reading what stands on a vendor's page besides its timeline and its own fields, in one query."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Date, Integer, String, bindparam, case, cast, func, literal, null, select, union_all

from crm.core import text
from crm.core.errors import Missing
from crm.core.row_limits import at_most
from crm.core.tenancy import WorkspaceSession
from crm.models.categories import Category
from crm.models.custom_fields import CustomChoice, CustomField, CustomValue
from crm.models.decision_areas import Access, DecisionArea
from crm.models.delegated_works import DelegatedWork
from crm.models.enums import (
    ContactKind,
    FieldKind,
    Level,
    Outcome,
    ParkingReason,
    PromiseKind,
    PromiseState,
    ReferralState,
    Stage,
    StandingLevel,
    TimelineKind,
    TrialOutcome,
    Visibility,
    WorkOutcome,
)
from crm.models.log import Interaction, Promise, TimelineEntry
from crm.models.needs import Need, ParkingNeed
from crm.models.referrals import Opening, Referral, StoppedAddress
from crm.models.sharing import Follow
from crm.models.stages import Parking, StageMove
from crm.models.standings import Standing
from crm.models.trials import TrialTask
from crm.models.trust_entries import TrustEntry, TrustRecord
from crm.models.vendors import Contact, Person, Vendor
from crm.models.workspaces import Membership, User
from crm.queries import delegated_works, delegation_hints, goodwill_nudges, matches, niches, small_tasks
from crm.queries.custom_fields import Value, value_of
from crm.queries.delegated_works import Finished
from crm.queries.goodwill_nudges import NudgeKind
from crm.queries.matches import PackedRow
from crm.queries.small_tasks import SmallNeed
from crm.queries.trust_entries import stands, unmended_breach
from crm.queries.trust_figures import log_of
from crm.queries.trust_records import COLUMNS
from crm.queries.visibility import readable

EXCERPT = 600
TEAM_NOTES = 3
OF_A_SORT = 50
WEIGHED = 200
"""The trust notes that are looked through for the records that they rest on."""
"""How many promises, areas, referrals, trial tasks or moves of one vendor the page takes in."""


@dataclass(frozen=True, slots=True)
class Teammate:
    """Somebody of the business, now or before."""

    id: int
    name: str
    is_active: bool
    away_from: date | None = None
    away_to: date | None = None

    @property
    def first_name(self) -> str:
        return (self.name.split() or [self.name])[0]

    @property
    def initials(self) -> str:
        return text.initials(self.name)

    @property
    def tint(self) -> int:
        return text.tint(self.name)


@dataclass(frozen=True, slots=True)
class NamedRow:
    """Something with its name."""

    id: int
    words: str


@dataclass(frozen=True, slots=True)
class WaitedRow:
    """A need that is waited for, with its budget of a month; no amount where that is not known."""

    id: int
    outcome: str
    budget_amount: int | None
    budget_currency: str


@dataclass(frozen=True, slots=True)
class AreaRow:
    """Something that has been handed over, and how far."""

    id: int
    name: str
    level: Level


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """What is to come, and when."""

    id: int
    kind: PromiseKind
    what: str
    due_on: date


@dataclass(frozen=True, slots=True)
class TrialRow:
    """A trial task, and how it went."""

    id: int
    what: str
    outcome: TrialOutcome | None
    due_on: date | None
    waits: bool
    """Whether something is to come from them."""


@dataclass(frozen=True, slots=True)
class WorkRow:
    """Work that is not over: with them, or with us to look at."""

    id: int
    title: str
    due_on: date
    waits: bool


@dataclass(frozen=True, slots=True)
class ReferralRow:
    """A business that the vendor was recommended to."""

    id: int
    business: str
    state: ReferralState


@dataclass(frozen=True, slots=True)
class MoveRow:
    """A step from one stage to another."""

    from_stage: Stage
    to_stage: Stage
    moved_on: date


@dataclass(frozen=True, slots=True)
class ParkingRow:
    """Why the vendor is parked, until when, and what has to change."""

    id: int
    reason: ParkingReason
    condition: str
    details: str
    revisit_on: date
    parked_on: date


@dataclass(frozen=True, slots=True)
class NoteRow:
    """The beginning of a note for the whole team."""

    id: int
    body: str
    author_id: int
    written_on: date
    is_cut: bool


@dataclass(frozen=True, slots=True)
class BreachRow:
    """A major mark against their word that nothing has mended yet."""

    id: int
    what_happened: str
    occurred_on: date


@dataclass(frozen=True, slots=True)
class CustomRow:
    """What stands in one of the business's own fields."""

    field: str
    kind: FieldKind
    value: Value


@dataclass(frozen=True, slots=True)
class StandingRow:
    """How the vendor stands for a category; for everything they do where that is empty."""

    id: int
    level: StandingLevel
    category: str
    reason: str
    valid_until: date
    given_on: date
    given_by: int | None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a vendor's page shows around the timeline."""

    team: dict[int, Teammate]
    areas: list[AreaRow]
    promises: list[PromiseRow]
    trials: list[TrialRow]
    works: list[WorkRow]
    finished: list[Finished]
    """What the works since the thread's beginning say for the figures."""
    hinted: list[tuple[int, str, str]]
    """What the hints rest on, as :func:`crm.queries.delegation_hints.with_lines` reads it."""
    referrals: list[ReferralRow]
    openings: list[PackedRow]
    """Those in their niche that stand, as :func:`crm.queries.matches.unpacked` reads them."""
    moves: list[MoveRow]
    notes: list[NoteRow]
    breaches: list[BreachRow]
    contact_days: list[date]
    referral_days: list[date]
    parking: ParkingRow | None
    custom: list[CustomRow]
    standings: list[StandingRow]
    asked_back: list[NamedRow]
    """Accesses to take back, because the vendor is active no longer."""
    waited_for: WaitedRow | None
    """The need that they are parked for: it has to be filled first, or its budget lacks."""
    nudges: list[tuple[NudgeKind, int | None, str]]
    """What is due to them: a word of thanks with its referral and business, or a good turn."""
    stopped: frozenset[str]
    """Addresses at the vendor to which nothing more goes, because somebody here marked them."""
    small_needs: list[SmallNeed]
    """The open small needs in their niche, while they are parked: what has to begin first stands first."""
    trust_log: str
    """The trust log as figures read it: :func:`crm.queries.trust_figures.log_of`."""
    weighed: frozenset[tuple[str, int]]
    """Of which records somebody has made a trust note that the reader may read: kind and id."""
    is_followed: bool = False
    """Whether the reader is told what happens with them."""

    @property
    def members(self) -> list[Teammate]:
        """Those who belong to the business now, by name."""
        return sorted((mate for mate in self.team.values() if mate.is_active), key=lambda mate: mate.name.casefold())


def vendor(session: WorkspaceSession, vendor_id: int) -> Vendor:
    """A vendor of this business, held fast where the session is about to write. Raises :class:`Missing`."""
    found = session.get(Vendor, vendor_id, with_for_update=session.writing)
    if found is None:
        raise Missing
    return found


@dataclass(frozen=True, slots=True)
class Pickable:
    """A vendor that something can be logged about."""

    id: int
    name: str
    what_they_do: str
    last_contact_on: date | None

    @property
    def tint(self) -> int:
        return text.tint(self.name)


def beginning(session: WorkspaceSession, words: str, *, limit: int) -> list[Pickable]:
    """Vendors whose name holds what was typed, by name; with nothing typed those that were spoken to last."""
    statement = select(Vendor.id, Vendor.name, Vendor.what_they_do, Vendor.last_contact_on).limit(limit)
    if words:
        statement = statement.where(Vendor.normal_name.contains(text.normal(words), autoescape=True))
        statement = statement.order_by(Vendor.normal_name, Vendor.id)
    else:
        statement = statement.order_by(
            Vendor.last_contact_on.is_(None), Vendor.last_contact_on.desc(), Vendor.id.desc()
        )
    return [Pickable(*row) for row in session.execute(statement)]


def team(session: WorkspaceSession, *, reader: Membership) -> dict[int, Teammate]:
    """Everybody of the business, now or before, by id."""
    return {line.id: _teammate(line) for line in session.rows(_team(reader.workspace_id))}


def surroundings(session: WorkspaceSession, vendor_id: int, *, reader: Membership, since: date) -> Surroundings:
    """All that stands around a vendor's timeline. Contacts and referrals of the thread count from ``since`` on."""
    asked = {
        "vendor_id": vendor_id,
        "since": since,
        "today": reader.workspace.today,
        "reader_id": reader.user_id,
        "workspace_id": session.workspace_id,
        **goodwill_nudges.values(session.workspace_id, reader.workspace.today),
    }
    of: dict[str, list[Any]] = {}
    for line in session.rows(_around(reader.is_admin), asked):
        of.setdefault(line.sort, []).append(line)
    return _surroundings(of)


@dataclass(frozen=True, slots=True)
class _AnyReader:
    """Stands for the reader while the statement is made: it is made once for admins and once for the others."""

    is_admin: bool
    user_id: Any


@lru_cache(maxsize=2)
def _around(is_admin: bool) -> Any:
    """The one statement. To make it takes longer than to run it, so it is made once; its values come with each run."""
    reader: Any = _AnyReader(is_admin, bindparam("reader_id", type_=Integer()))
    vendor_id: Any = bindparam("vendor_id", type_=Integer())
    since: Any = bindparam("since", type_=Date())
    today: Any = bindparam("today", type_=Date())
    return union_all(
        _team(bindparam("workspace_id", type_=Integer())),
        _areas(vendor_id),
        _promises(vendor_id),
        _trials(vendor_id),
        _works(vendor_id),
        _finished(vendor_id, since),
        _hinted(vendor_id),
        _referrals(vendor_id),
        _openings(vendor_id, today),
        _moves(vendor_id),
        _parking(vendor_id),
        _notes(vendor_id),
        _trust(vendor_id, reader),
        _breaches(vendor_id, reader),
        _weighed(vendor_id, reader),
        _contact_days(vendor_id, since),
        _referral_days(vendor_id, since),
        _custom(vendor_id),
        _standings(vendor_id),
        _asked_back(vendor_id),
        _waited_for(vendor_id),
        _small_needs(vendor_id),
        _nudges(vendor_id),
        _stopped(vendor_id),
        _arm("follow", Follow.id, literal("")).where(Follow.vendor_id == vendor_id, Follow.user_id == reader.user_id),
    ).order_by("day", "id")


def _surroundings(of: dict[str, list[Any]]) -> Surroundings:
    areas = [AreaRow(line.id, line.words, Level(line.number)) for line in of.get("area", ())]
    trust = of["trust"][0]
    return Surroundings(
        team={line.id: _teammate(line) for line in of.get("member", ())},
        areas=sorted(areas, key=lambda area: (-area.level, area.name.casefold())),
        promises=[PromiseRow(line.id, PromiseKind(line.kind), line.words, line.day) for line in of.get("promise", ())],
        trials=[_trial(line) for line in sorted(of.get("trial", ()), key=lambda line: -line.id)],
        works=[
            WorkRow(line.id, line.words, line.day, bool(line.number))
            for line in sorted(of.get("work", ()), key=lambda line: (line.day, line.id))
        ],
        finished=[_done(line) for line in of.get("finished", ())],
        hinted=[(line.id, line.words, line.more) for line in of.get("hint", ())],
        referrals=[
            ReferralRow(line.id, line.words, ReferralState(line.kind))
            for line in sorted(of.get("referral", ()), key=lambda line: -line.id)
        ],
        openings=[(line.id, line.words, line.kind, line.day, line.number, line.more) for line in of.get("opening", ())],
        moves=[MoveRow(Stage(line.more), Stage(line.kind), line.day) for line in of.get("move", ())],
        notes=[
            NoteRow(line.id, line.words, int(line.more), line.day, line.number > EXCERPT)
            for line in reversed(of.get("note", []))
        ],
        breaches=[BreachRow(line.id, line.words, line.day) for line in reversed(of.get("breach", []))],
        contact_days=[line.day for line in of.get("contact", ())],
        referral_days=[line.day for line in of.get("gift", ())],
        parking=next((_parked(line) for line in of.get("parking", ())), None),
        custom=[_custom_row(line) for line in sorted(of.get("custom", ()), key=lambda line: line.id)],
        standings=[
            StandingRow(
                line.id, StandingLevel(line.kind), line.words or "", line.more, line.day, line.other, line.number
            )
            for line in sorted(of.get("standing", ()), key=lambda line: ((line.words or "").casefold(), line.id))
        ],
        asked_back=[NamedRow(line.id, line.words) for line in of.get("access", ())],
        waited_for=next(
            (WaitedRow(line.id, line.words, line.number, line.kind or "") for line in of.get("need", ())), None
        ),
        nudges=[(NudgeKind(line.kind), line.id, line.words) for line in of.get("nudge", ())],
        stopped=frozenset(line.words for line in of.get("stopped", ())),
        small_needs=_small(of.get("small", ())),
        trust_log=trust.words or "",
        weighed=frozenset((line.kind, line.number) for line in of.get("weighed", ())),
        is_followed="follow" in of,
    )


def _small(lines: Iterable[Any]) -> list[SmallNeed]:
    rows = sorted(lines, key=lambda line: (line.day or date.max, -line.id))
    return list(dict.fromkeys(SmallNeed(line.id, line.words, line.more, line.number, line.kind) for line in rows))


def _trial(line: Any) -> TrialRow:
    outcome = TrialOutcome(line.kind) if line.kind else None
    return TrialRow(line.id, line.words, outcome, line.day, outcome is None and bool(line.number))


def _done(line: Any) -> Finished:
    return Finished(
        asked_on=date.fromisoformat(line.words),
        original_due_on=line.other,
        delivered_on=line.day,
        outcome=WorkOutcome(line.kind) if line.kind else None,
        decided_on=date.fromisoformat(line.more) if line.more else None,
        rounds=line.number,
    )


def _parked(line: Any) -> ParkingRow:
    return ParkingRow(line.id, ParkingReason(line.kind), line.words, line.more, line.day, line.other)


def _custom_row(line: Any) -> CustomRow:
    kind = FieldKind(line.kind)
    # The words are the text, the option's name or the currency, whichever the kind has.
    option_id = 0 if kind is FieldKind.CHOICE else None
    value = value_of(kind, line.words, line.number, line.words, line.day, option_id, line.words)
    return CustomRow(line.more, kind, value or "")


def _arm(
    sort: str,
    row_id: Any,
    words: Any = None,
    more: Any = None,
    kind: Any = None,
    day: Any = None,
    other: Any = None,
    number: Any = None,
) -> Any:
    """One of the lists, brought into the shape that all of them share."""

    def column(value: Any, shape: Any, name: str) -> Any:
        return cast(null() if value is None else value, shape()).label(name)

    return select(
        literal(sort).label("sort"),
        column(row_id, Integer, "id"),
        column(words, String, "words"),
        column(more, String, "more"),
        column(kind, String, "kind"),
        # A cast to a date would make a number of it in SQLite.
        (cast(null(), Date()) if day is None else day).label("day"),
        (cast(null(), Date()) if other is None else other).label("other"),
        column(number, BigInteger, "number"),
    )


def _few(statement: Any) -> Any:
    """The statement with a limit, in a shape that both databases take in a union."""
    return select(statement.limit(at_most(OF_A_SORT)).subquery())


def _team(workspace_id: Any) -> Any:
    return (
        _arm(
            "member",
            User.id,
            User.name,
            day=Membership.away_to,
            other=Membership.away_from,
            number=cast(Membership.deactivated_at.is_(None), Integer),
        )
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.workspace_id == workspace_id)
    )


def _teammate(line: Any) -> Teammate:
    return Teammate(line.id, line.words, bool(line.number), line.other, line.day)


def _areas(vendor_id: Any) -> Any:
    return _few(
        _arm("area", DecisionArea.id, DecisionArea.name, number=DecisionArea.level)
        .where(DecisionArea.vendor_id == vendor_id, DecisionArea.closed_at.is_(None))
        .order_by(DecisionArea.id)
    )


def _asked_back(vendor_id: Any) -> Any:
    table = Access
    return _few(
        _arm("access", table.id, table.what)
        .where(table.vendor_id == vendor_id, table.revoked_on.is_(None), table.offboarding_on.is_not(None))
        .order_by(table.id)
    )


def _waited_for(vendor_id: Any) -> Any:
    return (
        _arm("need", Need.id, Need.outcome, kind=Need.budget_currency, number=Need.budget_amount)
        .join(ParkingNeed, ParkingNeed.need_id == Need.id)
        .join(Parking, Parking.id == ParkingNeed.parking_id)
        .where(
            Parking.vendor_id == vendor_id,
            Parking.ended_on.is_(None),
            Parking.reason.in_([ParkingReason.PREREQUISITE, ParkingReason.NO_BUDGET]),
        )
    )


def _small_needs(vendor_id: Any) -> Any:
    wanted = niches.Placed("wanted")
    named = _arm(
        "small",
        Need.id,
        Need.outcome,
        wanted.entry.name,
        kind=Need.budget_currency,
        day=Need.starts_by,
        number=Need.budget_amount,
    )
    return _few(small_tasks.beside(named, wanted).where(Vendor.id == vendor_id).order_by(Need.id.desc()))


def _nudges(vendor_id: Any) -> Any:
    due = union_all(goodwill_nudges.unthanked(vendor_id), goodwill_nudges.our_turns(vendor_id)).subquery()
    return _few(_arm("nudge", due.c.referral_id, due.c.business, kind=due.c.kind))


def _stopped(vendor_id: Any) -> Any:
    return _few(
        _arm("stopped", StoppedAddress.id, StoppedAddress.address)
        .join(Contact, Contact.normal_value == StoppedAddress.address)
        .join(Person, Person.id == Contact.person_id)
        .where(
            Person.vendor_id == vendor_id,
            Contact.kind == ContactKind.EMAIL,
            Contact.workspace_id == StoppedAddress.workspace_id,
        )
    )


def _promises(vendor_id: Any) -> Any:
    return _few(
        _arm("promise", Promise.id, Promise.what, kind=Promise.kind, day=Promise.due_on)
        .where(Promise.vendor_id == vendor_id, Promise.state == PromiseState.OPEN)
        .order_by(Promise.due_on, Promise.id)
    )


def _trials(vendor_id: Any) -> Any:
    return _few(
        _arm(
            "trial",
            TrialTask.id,
            func.substr(TrialTask.what, 1, EXCERPT),
            kind=TrialTask.outcome,
            day=TrialTask.due_on,
            number=case((TrialTask.review_due_on.is_(None), 1), else_=0),
        )
        .where(TrialTask.vendor_id == vendor_id)
        .order_by(TrialTask.id.desc())
    )


def _works(vendor_id: Any) -> Any:
    table = DelegatedWork
    return _few(
        _arm("work", table.id, table.title, day=table.due_on, number=cast(table.waits, Integer))
        .where(table.vendor_id == vendor_id, table.outcome.is_(None))
        .order_by(table.due_on, table.id)
    )


def _finished(vendor_id: Any, since: Any) -> Any:
    """Not a few: a figure rests on all of them."""
    table = DelegatedWork
    return _arm(
        "finished",
        table.id,
        cast(table.asked_on, String),
        cast(table.decided_on, String),
        table.outcome,
        table.delivered_on,
        table.original_due_on,
        table.rounds,
    ).where(delegated_works.counted(vendor_id, since))


def _hinted(vendor_id: Any) -> Any:
    lines = delegation_hints.lines_of(vendor_id)
    return _arm("hint", lines.c.id, lines.c.words, lines.c.packed)


def _referrals(vendor_id: Any) -> Any:
    return _few(
        _arm("referral", Referral.id, Opening.business, kind=Referral.state)
        .join(Opening, Opening.id == Referral.opening_id)
        .where(Referral.vendor_id == vendor_id)
        .order_by(Referral.id.desc())
    )


def _openings(vendor_id: Any, today: Any) -> Any:
    lines = matches.packed_for(vendor_id, today)
    return _arm(
        "opening", lines.c.id, lines.c.business, lines.c.packed, lines.c.need, lines.c.until, number=lines.c.budget
    )


def _moves(vendor_id: Any) -> Any:
    return _few(
        _arm("move", StageMove.id, more=StageMove.from_stage, kind=StageMove.to_stage, day=StageMove.moved_on)
        .where(StageMove.vendor_id == vendor_id, StageMove.undone_at.is_(None))
        .order_by(StageMove.moved_at.desc(), StageMove.id.desc())
    )


def _parking(vendor_id: Any) -> Any:
    return _arm(
        "parking",
        Parking.id,
        Parking.condition,
        func.substr(Parking.details, 1, EXCERPT),
        Parking.reason,
        Parking.revisit_on,
        Parking.parked_on,
    ).where(Parking.vendor_id == vendor_id, Parking.ended_on.is_(None))


def _notes(vendor_id: Any) -> Any:
    table = TimelineEntry
    return select(
        _arm(
            "note",
            table.subject_id,
            func.substr(table.body, 1, EXCERPT),
            table.author_id,
            day=table.happened_on,
            number=func.length(table.body),
        )
        .where(table.vendor_id == vendor_id, table.kind == TimelineKind.NOTE, table.visibility == Visibility.TEAM)
        .order_by(table.happened_on.desc(), table.id.desc())
        .limit(at_most(TEAM_NOTES))
        .subquery()
    )


def _trust(vendor_id: Any, reader: Any) -> Any:
    return _arm("trust", null(), log_of(vendor_id, bindparam("workspace_id", type_=Integer()), reader))


def _breaches(vendor_id: Any, reader: Any) -> Any:
    return _few(
        _arm("breach", TrustEntry.id, func.substr(TrustEntry.what_happened, 1, EXCERPT), day=TrustEntry.occurred_on)
        .where(
            TrustEntry.vendor_id == vendor_id,
            readable(reader, TrustEntry.visibility, TrustEntry.created_by),
            stands(),
            unmended_breach(reader),
        )
        .order_by(TrustEntry.occurred_on.desc(), TrustEntry.id.desc())
    )


def _weighed(vendor_id: Any, reader: Any) -> Any:
    """The records of the vendor's latest trust notes that have one."""
    of_kind = [(column.is_not(None), kind.value) for kind, column in COLUMNS.items()]
    return select(
        _arm("weighed", TrustRecord.id, kind=case(*of_kind), number=func.coalesce(*COLUMNS.values()))
        .join(TrustEntry, TrustEntry.id == TrustRecord.entry_id)
        .where(
            TrustEntry.vendor_id == vendor_id, readable(reader, TrustEntry.visibility, TrustEntry.created_by), stands()
        )
        .order_by(TrustRecord.id.desc())
        .limit(at_most(WEIGHED))
        .subquery()
    )


def _contact_days(vendor_id: Any, since: Any) -> Any:
    table = Interaction
    return (
        _arm("contact", null(), day=table.occurred_on)
        .where(
            table.vendor_id == vendor_id,
            table.deleted_at.is_(None),
            table.outcome == Outcome.TWO_WAY,
            table.occurred_on >= since,
        )
        .distinct()
    )


def _referral_days(vendor_id: Any, since: Any) -> Any:
    table = TimelineEntry
    return (
        _arm("gift", null(), day=table.happened_on)
        .where(table.vendor_id == vendor_id, table.kind == TimelineKind.REFERRAL, table.happened_on >= since)
        .distinct()
    )


def _custom(vendor_id: Any) -> Any:
    """The values in the order of their fields, whose place stands for an id here."""
    words = func.coalesce(CustomChoice.name, CustomValue.words, CustomValue.currency)
    return (
        _arm(
            "custom",
            CustomField.position,
            words,
            CustomField.name,
            kind=CustomField.kind,
            day=CustomValue.day,
            number=CustomValue.number,
        )
        .select_from(CustomValue)
        .join(CustomField, CustomField.id == CustomValue.field_id)
        .outerjoin(CustomChoice, CustomChoice.id == CustomValue.choice_id)
        .where(CustomValue.vendor_id == vendor_id, CustomField.archived_at.is_(None))
    )


def _standings(vendor_id: Any) -> Any:
    return _few(
        _arm(
            "standing",
            Standing.id,
            Category.name,
            Standing.reason,
            kind=Standing.level,
            day=Standing.valid_until,
            other=Standing.given_on,
            number=Standing.given_by,
        )
        .select_from(Standing)
        .outerjoin(Category, Category.id == Standing.category_id)
        .where(Standing.vendor_id == vendor_id, Standing.ended_at.is_(None))
        .order_by(Standing.id)
    )


def names(team: Iterable[Teammate]) -> list[str]:
    """What to type after ``@`` to call each of them: the first name, or the full name where two share it."""
    mates = list(team)
    firsts = [mate.first_name.casefold() for mate in mates]
    return [mate.name if firsts.count(mate.first_name.casefold()) > 1 else mate.first_name for mate in mates]
