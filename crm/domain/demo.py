"""A business with realistic content, to look around in. All people and businesses in it are invented."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import select, update

from crm.core import clock
from crm.core.dates import CadenceUnit, OpenDays, add_days
from crm.core.tenancy import InstallationSession, WorkspaceSession, inside
from crm.domain import (
    accounts,
    categories,
    criteria,
    custom_fields,
    decision_areas,
    delegated_works,
    demo_network,
    demo_partners,
    flaws,
    interactions,
    nights,
    notes,
    parkings,
    people,
    promises,
    readiness,
    readiness_rules,
    stages,
    standings,
    touches,
    trust_entries,
    vendors,
)
from crm.domain.decision_areas import Agreement
from crm.domain.delegated_works import Verdict, Wanted
from crm.domain.demo_partners import date_back
from crm.domain.parking_terms import Figure, ParkingTerms
from crm.domain.rhythms import Rhythm
from crm.domain.trials import TrialTerms
from crm.domain.trust_entries import Quick
from crm.models.categories import Category
from crm.models.enums import (
    Answer,
    CadenceChoice,
    FieldKind,
    InteractionKind,
    Level,
    Outcome,
    ParkingReason,
    PromiseKind,
    RatePeriod,
    ReminderKind,
    Role,
    Stage,
    StandingLevel,
    Statement,
    Tier,
    TimelineKind,
    VendorKind,
    Visibility,
)
from crm.models.stages import Parking
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership, User, Workspace
from crm.queries import custom_fields as field_queries

NAME = "Juniper & Wick"
_TEAM = (("Maya Ferreira", "maya"), ("Ollie Grant", "ollie"))


_NONE, _HEAD, _PART, _USED = Answer
_CHECKS: tuple[tuple[int, Answer, dict[Statement, Answer]], ...] = (
    (190, _HEAD, {Statement.MONEY_BUDGET: _NONE, Statement.DELEGATION_MISTAKES: _NONE, Statement.NEED_DONE: _PART}),
    (96, _PART, {Statement.DELEGATION_MISTAKES: _NONE, Statement.TIME_HOURS: _HEAD, Statement.NEED_OUTCOME: _USED}),
    (5, _PART, {Statement.TIME_HOURS: _HEAD, Statement.ACCESS_BACK: _HEAD, Statement.MONEY_BUDGET: _USED}),
)
"""So many days ago, what most answers were, and the others."""


@dataclass(frozen=True)
class _Talk:
    days_ago: int
    kind: InteractionKind
    summary: str
    minutes: int | None = None
    outcome: Outcome = Outcome.TWO_WAY
    by: int = 0


@dataclass(frozen=True)
class _Park:
    reason: ParkingReason
    details: str
    revisit_in: int
    every: int
    unit: CadenceUnit
    condition: str = ""
    figure: Figure | None = None
    has_come_true: bool = False


@dataclass(frozen=True)
class _Work:
    """What was asked for, how many days ago, until when, and when it came and was accepted; days ahead are negative."""

    title: str
    asked: int
    due: int
    came: int | None = None
    area: str = ""


@dataclass(frozen=True)
class _Story:
    """One vendor, and what has happened. Days count back from today; ``by`` is 0 for the owner, then the team."""

    name: str
    does: str
    niche: str
    kind: VendorKind
    person: str
    email: str
    place: str
    added: int
    path: tuple[tuple[int, Stage], ...] = ()
    looked_after_by: int = 0
    tier: Tier | None = None
    rate: tuple[int, str] | None = None
    talks: tuple[_Talk, ...] = ()
    notes: tuple[tuple[int, str, Visibility], ...] = ()
    trust: tuple[tuple[int, Quick], ...] = ()
    areas: tuple[tuple[str, Level], ...] = ()
    works: tuple[_Work, ...] = ()
    accepts: tuple[tuple[str, str], ...] = ()
    promise: tuple[PromiseKind, str, int] | None = None
    park: _Park | None = None
    trial: str = ""
    tags: tuple[str, ...] = field(default=())
    source: str = ""
    referred_by: str = ""
    minimum: tuple[int, str] | None = None
    hours: tuple[str, str] = ("", "")
    """When they work, by the clock of which zone."""


_WHY = {
    Stage.TRIAL: "A page or two first, to see how it goes.",
    Stage.ACTIVE: "It went well so far.",
    Stage.ENDED: "We both moved on.",
}

_STORIES = (
    _Story(
        "Saltmarsh Films", "Product films without actors", "Product films", VendorKind.FREELANCER,
        "Ines Calder", "ines@saltmarsh.example", "Whitby", 210, ((120, Stage.PARKED),), tier=Tier.A,
        talks=(
            _Talk(200, InteractionKind.CALL, "Showed us the ferry film. *Exactly* the light we want.", 25),
            _Talk(44, InteractionKind.CALL, "Full until spring. Keeps a day in March if we tell her by January.", 12),
        ),
        notes=((120, "Never rush her about the price: ask about the days first.", Visibility.TEAM),),
        park=_Park(ParkingReason.AT_CAPACITY, "Booked until March", 100, 6, CadenceUnit.WEEKS, "A free week"),
        tags=("film", "spring launch"),
        source="Makers’ fair",
    ),
    _Story(
        "Tern & Tide", "Packaging for breakable things", "Packaging design", VendorKind.AGENCY,
        "Jo Halloran", "jo@ternandtide.example", "Leith", 300, ((150, Stage.PARKED),),
        talks=(_Talk(63, InteractionKind.EMAIL, "Their new minimum: £3,500 for four boxes."),),
        park=_Park(
            ParkingReason.PRICE_TOO_HIGH, "Three times what we can spend", 25, 2, CadenceUnit.MONTHS,
            "Four boxes sell for £3,500 a month", Figure(260_000, 350_000, "GBP", "a month"),
        ),
        source="Makers’ Fair",
    ),
    _Story(
        "Kettle & Lark", "Press for small launches", "Links and mentions", VendorKind.AGENCY,
        "Imogen Shaw", "imogen@kettleandlark.example", "Bath", 180, ((130, Stage.PARKED),),
        talks=(_Talk(50, InteractionKind.EMAIL, "Ask again once the winter candle has a date: ten weeks ahead.", 10),),
        park=_Park(
            ParkingReason.NOTHING_TO_OUTSOURCE, "No launch before the winter candle", 60, 6, CadenceUnit.WEEKS,
            "The winter candle has a launch date", has_come_true=True,
        ),
        source="An article of theirs",
    ),
    _Story(
        "Copperbeech Words", "Product pages that sound like us", "Website copy", VendorKind.FREELANCER,
        "Rashid Amin", "rashid@copperbeech.example", "Leeds", 260,
        ((230, Stage.TRIAL), (205, Stage.ACTIVE)), tier=Tier.A, rate=(4200, "hour"),
        talks=(
            _Talk(220, InteractionKind.MEETING, "Read our reviews aloud and asked which ones we liked.", 50),
            _Talk(38, InteractionKind.CALL, "Winter range. He wants the burn times checked first.", 20),
            _Talk(9, InteractionKind.DELIVERY, "Winter pages, all eleven. Used without a change."),
        ),
        trust=(
            (190, Quick.ON_TIME), (182, Quick.ON_TIME), (155, Quick.OVERBILLED), (152, Quick.OWNED_A_MISTAKE),
            (96, Quick.CAUGHT_OUR_MISTAKE), (61, Quick.MISSED_SILENTLY), (38, Quick.WARNED_EARLY), (9, Quick.ON_TIME),
        ),
        areas=(("Product pages", Level.INQUIRE), ("Newsletter", Level.ADVISE), ("Claims about safety", Level.CONSULT)),
        works=(
            _Work("Gift sets, four pages", 190, 180, 180, "Product pages"),
            _Work("The spring letter", 150, 140, 141, "Newsletter"),
            _Work("Refill pages", 110, 100, 96, "Product pages"),
            _Work("The letter about refills", 104, 95, 95, "Newsletter"),
            _Work("The care leaflet", 75, 65, 61),
            _Work("Three summer letters", 72, 50, 52, "Newsletter"),
            _Work("The harvest letter", 46, 30, 31, "Newsletter"),
            _Work("The winter letter", 24, 10, 12, "Newsletter"),
            _Work("Spring pages", 3, -24, area="Product pages"),
        ),
        accepts=(("Slow to answer on Mondays", "Write on Tuesday"),),
        promise=(PromiseKind.OURS, "Send the new burn-time table", 2),
        referred_by="Beth Ledger", hours=("Tue to Fri, 9 to 3", "Europe/London"),
    ),
    _Story(
        "Ledgerwood", "Bookkeeping for small shops", "Bookkeeping", VendorKind.SUPPLIER,
        "Beth Ledger", "beth@ledgerwood.example", "York", 500, ((480, Stage.ACTIVE),), rate=(18000, "month"),
        talks=(_Talk(33, InteractionKind.EMAIL, "Quarter closed. Two receipts still missing, both ours.", by=2),),
        trust=((400, Quick.ON_TIME), (33, Quick.WARNED_EARLY)),
        areas=(("Bank feeds", Level.INQUIRE), ("VAT return", Level.AGREE)),
        referred_by="Hal Whitmore",
    ),
    _Story(
        "Pinnock Ads", "Paid social for gift shops", "Social ads", VendorKind.FREELANCER,
        "Dele Pinnock", "dele@pinnock.example", "Bristol", 34, ((6, Stage.TRIAL),), 1,
        talks=(_Talk(6, InteractionKind.CALL, "One campaign for the advent set, £250 and £300 spend.", 30, by=1),),
        trial="One campaign for the advent set, and a page of what we learnt",
        promise=(PromiseKind.THEIRS, "First draft of the three pictures", 4),
        source="Search",
    ),
    _Story(
        "Foxglove Photo", "Still life in daylight", "Product photos", VendorKind.FREELANCER,
        "Tamsin Yeo", "tamsin@foxglove.example", "Falmouth", 20, (),
        talks=(
            _Talk(16, InteractionKind.EMAIL, "Asked for her rates and when she could come north.", by=1),
            _Talk(8, InteractionKind.EMAIL, "Asked again.", outcome=Outcome.ATTEMPT, by=1),
        ),
        source="Makers’ fair",
    ),
    _Story(
        "Northgate Parcels", "Pick and pack for small boxes", "Packing", VendorKind.SUPPLIER,
        "Karl Stroud", "karl@northgate.example", "Hull", 400, ((360, Stage.ACTIVE),), 2, tier=Tier.B,
        talks=(_Talk(52, InteractionKind.MEETING, "Walked the warehouse. The tall boxes are found again.", 60, by=2),),
        trust=((52, Quick.MISSED_SILENTLY), (51, Quick.OWNED_A_MISTAKE)),
        areas=(("Daily dispatch", Level.DELEGATE), ("Choosing the carrier", Level.ADVISE)),
        accepts=(("Nobody answers after four", "Ring before lunch"),),
        source="Makers’ fair",
    ),
    _Story(
        "Wren & Marlow", "Being found by small shops’ customers", "SEO for shops", VendorKind.AGENCY,
        "Sol Marlow", "sol@wrenandmarlow.example", "Glasgow", 140, ((95, Stage.PARKED),), 1,
        talks=(_Talk(58, InteractionKind.CALL, "They take nobody below £600 a month, and say why.", 20, by=1),),
        park=_Park(ParkingReason.NO_BUDGET, "Their smallest job is £600 a month", 40, 8, CadenceUnit.WEEKS),
        source="Search", minimum=(60_000, "month"),
    ),
    _Story(
        "Little Anvil", "Shop building and repairs", "Shop building", VendorKind.AGENCY,
        "Priti Shah", "priti@littleanvil.example", "Sheffield", 330, ((300, Stage.ACTIVE), (70, Stage.ENDED)), 0,
        talks=(_Talk(75, InteractionKind.CALL, "They move on to bigger shops. A warm goodbye.", 20),),
        referred_by="Karl Stroud",
    ),
)  # fmt: skip


def build(session: InstallationSession, *, owner: User) -> Membership:
    """Make the demo business, owned by a person who can already sign in; their morning letter stays off there."""
    workspace = Workspace(
        name=NAME,
        slug=accounts.free_slug(session, NAME),
        time_zone=owner.time_zone,
        currency="GBP",
        holidays_country="GB",
        holidays_region="ENG",
        next_night_at=nights.next_after(owner.time_zone, clock.now()),
    )
    session.add(workspace)
    session.flush()
    membership = accounts.join(session, workspace, owner, role=Role.OWNER)
    team = [membership, *(_teammate(session, workspace, *one) for one in _TEAM)]
    for member in team:
        member.digest_on, member.next_digest_at = False, None
    session.flush()
    with inside(session, workspace.id) as within:
        categories.seed(within)
        criteria.seed(within)
        _tell(within, team)
    return membership


def _teammate(session: InstallationSession, workspace: Workspace, name: str, handle: str) -> Membership:
    user = User(
        email=f"{handle}-{secrets.token_hex(4)}@demo.invalid",
        name=name,
        password_hash="",  # nobody can sign in with it
        time_zone=workspace.time_zone,
    )
    session.add(user)
    session.flush()
    return accounts.join(session, workspace, user, role=Role.MEMBER)


def _tell(session: WorkspaceSession, team: Sequence[Membership]) -> None:
    niches = dict(session.execute(select(Category.name, Category.id)).all())
    _checks(session, team)
    told = {story.name: _tell_one(session, story, team, niches) for story in _STORIES}
    demo_network.tell(session, team, told, niches)
    _own_fields(session, team[0], told)
    _standings(team[0], told, niches)
    demo_partners.tell(session, team, told, niches)
    _plan(session)
    question = f"@{team[0].user.first_name} the tall boxes again: shall I ask for a second carrier?"
    notes.write(told["Northgate Parcels"], by=team[2], body=question)


def _checks(session: WorkspaceSession, team: Sequence[Membership]) -> None:
    """How ready they were to hand work over: three checks in half a year, each a little better, and what is left."""
    today = team[0].workspace.today
    for days_ago, everything, others in _CHECKS:
        answers = {statement: others.get(statement, everything) for statement in Statement}
        check = readiness.take(session, by=team[0], answers=answers)
        check.concluded_on = add_days(today, -days_ago)
        check.concluded_at = clock.now() - timedelta(days=days_ago)
        check.recheck_on = add_days(check.concluded_on, readiness_rules.RECHECK_AFTER)
    readiness.tick(readiness.add_task(check, by=team[1], statement=Statement.TIME_HOURS), by=team[1])
    readiness.add_task(check, by=team[0], statement=Statement.ACCESS_BACK)


def _plan(session: WorkspaceSession) -> None:
    """As if nights had passed all along: what is late was planned for its day, what is ahead has one."""
    today = session.get_one(Workspace, session.workspace_id).today
    late = select(Vendor).where(Vendor.due_kind == ReminderKind.TOUCH, Vendor.due_on < today)
    for vendor in session.scalars(late):
        vendor.planned_on = vendor.due_on
    session.flush()
    nights.store(session, nights.plan(session))


def _tell_one(session: WorkspaceSession, story: _Story, team: Sequence[Membership], niches: dict[str, int]) -> Vendor:
    keeper = team[story.looked_after_by]
    today = keeper.workspace.today
    niche = niches.get(story.niche)
    vendor = vendors.add(
        session,
        by=keeper,
        name=story.name,
        what_they_do=story.does,
        kind=story.kind,
        category_ids=[niche] if niche else [],
        tags=story.tags,
        location=story.place,
        tier=story.tier,
        source=story.source,
        working_hours=story.hours[0],
        time_zone=story.hours[1],
        referred_by=story.referred_by,
        currency="GBP" if story.rate or story.minimum else "",
        rate_amount=story.rate[0] if story.rate else None,
        rate_period=RatePeriod(story.rate[1]) if story.rate else None,
        minimum_amount=story.minimum[0] if story.minimum else None,
        minimum_period=RatePeriod(story.minimum[1]) if story.minimum else None,
        despite_doubles=True,
    )
    date_back(session, vendor, TimelineKind.ADDED, vendor.id, today - timedelta(days=story.added))
    vendor.stage_since = today - timedelta(days=story.added)
    people.add(vendor, by=keeper, name=story.person, emails=[story.email])
    for talk in story.talks:
        _talk(vendor, talk, team)
    for days_ago, stage in story.path:
        _move(session, vendor, story, stage, today - timedelta(days=days_ago), keeper)
    for days_ago, body, visibility in story.notes:
        note = notes.write(vendor, by=keeper, body=body, visibility=visibility)
        date_back(session, vendor, TimelineKind.NOTE, note.id, today - timedelta(days=days_ago))
    for days_ago, quick in story.trust:
        day = today - timedelta(days=days_ago)
        trust_entries.observe_quickly(vendor, by=keeper, quick=quick, occurred_on=day)
    areas: dict[str, int] = {}
    for name, level in story.areas:
        started = today - timedelta(days=min(days for days, _ in story.path))
        area = decision_areas.hand_over(vendor, by=keeper, level=level, agreed=Agreement(name=name), on=started)
        areas[name] = area.id
    for told in story.works:
        _work(session, vendor, told, areas.get(told.area), keeper)
    for flaw, workaround in story.accepts:
        flaws.accept(vendor, by=keeper, flaw=flaw, workaround=workaround)
    if story.promise is not None:
        kind, what, in_days = story.promise
        promises.make(vendor, by=keeper, kind=kind, due_on=today + timedelta(days=in_days), what=what)
    began = today - timedelta(days=story.path[-1][0] if story.path else story.added)
    touches.refresh(session, vendor, began_on=began)
    return vendor


def _work(session: WorkspaceSession, vendor: Vendor, told: _Work, area_id: int | None, by: Membership) -> None:
    """Work that was asked for; what came was accepted on the day, and what that says of them was noted."""
    today = by.workspace.today
    asked_on, due_on = today - timedelta(days=told.asked), today - timedelta(days=told.due)
    wanted = Wanted(told.title, area_id=area_id)
    work = delegated_works.hand_out(vendor, by=by, wanted=wanted, asked_on=asked_on, due_on=due_on)
    if told.came is None:
        return
    came_on = today - timedelta(days=told.came)
    step = delegated_works.accept(work, by=by, verdict=Verdict(rating=5), delivered_on=came_on)
    work.decided_on = came_on
    date_back(session, vendor, TimelineKind.WORK, work.id, came_on, step=step)
    seen = trust_entries.of_work(work, by=by)
    if seen is not None:
        trust_entries.note_once(vendor, by=by, seen=seen)


def _talk(vendor: Vendor, talk: _Talk, team: Sequence[Membership]) -> None:
    by = team[talk.by]
    interactions.log(
        vendor,
        by=by,
        kind=talk.kind,
        occurred_on=OpenDays().last_open_day_on_or_before(by.workspace.today - timedelta(days=talk.days_ago)),
        outcome=talk.outcome,
        summary=talk.summary,
        minutes=talk.minutes,
    )


def _move(session: WorkspaceSession, vendor: Vendor, story: _Story, stage: Stage, day: date, by: Membership) -> None:
    today = by.workspace.today
    parking = None
    if story.park is not None and stage is Stage.PARKED:
        parking = ParkingTerms(
            reason=story.park.reason,
            until=today + timedelta(days=story.park.revisit_in),
            details=story.park.details,
            condition=story.park.condition,
            figure=story.park.figure,
            rhythm=Rhythm(CadenceChoice.OWN, story.park.every, story.park.unit),
        )
    move = stages.move(
        vendor,
        by=by,
        to=stage,
        why="" if parking else _WHY[stage],
        trial=TrialTerms(what=story.trial, due_on=today + timedelta(days=8)) if story.trial else None,
        parking=parking,
    )
    move.moved_on, vendor.stage_since = day, day
    date_back(session, vendor, TimelineKind.STAGE, move.id, day)
    if parking is not None:
        session.execute(update(Parking).where(Parking.vendor_id == vendor.id).values(parked_on=day))
        date_back(session, vendor, TimelineKind.PARKING, None, day)
        if story.park is not None and story.park.has_come_true:
            parkings.tick(parkings.of_vendor(session, vendor), by=by)


def _own_fields(session: WorkspaceSession, owner: Membership, told: dict[str, Vendor]) -> None:
    """Two questions of the business's own, with some answers."""
    today = owner.workspace.today
    terms = custom_fields.define(
        session,
        by=owner,
        name="Payment terms",
        kind=FieldKind.CHOICE,
        choices=("Half up front", "On delivery", "30 days"),
    )
    since = custom_fields.define(
        session, by=owner, name="Contract until", kind=FieldKind.DATE, help_line="Ask two months before."
    )
    [choice] = [field for field in field_queries.fields(session) if field.id == terms.id]
    half, on_delivery, month = choice.options
    for name, option, days in (
        ("Copperbeech Words", month, 210),
        ("Ledgerwood", month, 75),
        ("Northgate Parcels", on_delivery, 40),
        ("Tern & Tide", half, None),
    ):
        ends_on = None if days is None else today + timedelta(days=days)
        custom_fields.set_values(told[name], {terms.id: option, since.id: ends_on})


def _standings(owner: Membership, told: dict[str, Vendor], niches: dict[str, int]) -> None:
    """Whom they ask first, and with whom they are careful."""
    copy, packing = niches.get("Website copy"), niches.get("Packing")
    standings.give(told["Copperbeech Words"], by=owner, level=StandingLevel.PREFERRED, category_id=copy)
    standings.give(told["Ledgerwood"], by=owner, level=StandingLevel.APPROVED)
    standings.give(
        told["Northgate Parcels"],
        by=owner,
        level=StandingLevel.CONDITIONAL,
        category_id=packing,
        valid_until=owner.workspace.today + timedelta(days=9),
        reason="Tall boxes only with two days’ notice",
    )
