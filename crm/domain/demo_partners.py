"""The demo business on its way from a need to the right partner: needs, ratings, one brief for three writers, accesses.

All people and businesses in it are invented.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select, update

from crm.core import clock
from crm.core.dates import add_days
from crm.core.tenancy import WorkspaceSession
from crm.domain import (
    brief_giving,
    criteria,
    decision_areas,
    interactions,
    needs,
    people,
    ratings,
    readiness,
    timeline,
    touches,
    trial_briefs,
    trial_reviews,
    trial_work,
    vendors,
)
from crm.domain.decision_areas import Agreement
from crm.domain.needs import NeedTerms
from crm.domain.ratings import Occasion
from crm.domain.trial_briefs import BriefTerms, Condition, Criterion
from crm.domain.trial_reviews import Given
from crm.models.decision_areas import DecisionArea
from crm.models.enums import (
    Answer,
    Importance,
    InteractionKind,
    Level,
    Maturity,
    NeedStatus,
    RatePeriod,
    Statement,
    TimelineKind,
    VendorKind,
)
from crm.models.log import TimelineEntry
from crm.models.needs import Need, NeedMove
from crm.models.stages import StageMove
from crm.models.trials import TrialBrief, TrialTask
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership
from crm.queries import trial_briefs as brief_queries

GIVEN, DUE = 11, 1
"""The brief was given so many days ago, and was due so many days ago."""


@dataclass(frozen=True)
class _Writer:
    """Somebody who got the brief; days count back from today. ``scores`` are by reviewer, in the brief's order."""

    name: str
    does: str
    person: str
    email: str
    place: str
    zone: str = ""
    hours: str = ""
    source: str = ""
    referred_by: str = ""
    rate: int | None = None
    came: int | None = None
    sent: str = ""
    asked: tuple[tuple[str, str, int], ...] = ()
    """What they asked, what we answered, and after how many hours."""
    scores: tuple[tuple[int, ...], ...] = ()
    remarks: tuple[str, ...] = ()
    """Of the first reviewer, in the brief's order."""
    misses: str = ""
    """The condition that what came does not meet."""
    shared: str = ""
    to_explain: str = ""
    nudged: tuple[tuple[int, str], ...] = ()
    """How many days ago somebody asked how it goes, and what they said."""


_WRITERS = (
    _Writer(
        "Inês Duarte",
        "Product pages for small makers",
        "Inês Duarte",
        "ines@duarte.example",
        "Lisbon",
        zone="Europe/Lisbon",
        hours="Mon–Fri 10–18",
        referred_by="Copperbeech Words",
        rate=4500,
        came=3,
        sent="https://duarte.example/three-pages",
        asked=(
            ("May the burn time go into the first line?", "Yes. It is what people ask us at fairs.", 2),
            ("Who buys the gift set: parents or their friends?", "Friends, three times out of four.", 5),
            ("Is “unscented” a promise or a description?", "A promise. Say why.", 3),
        ),
        scores=((5, 4, 5, 5, 3), (5, 4, 5, 5, 3)),
        remarks=(
            "“Unscented, on purpose.” I would have signed that.",
            "One burn time wrong, caught it herself.",
            "Three good questions on day one.",
            "",
            "£45 a page after the trial.",
        ),
        shared="Slow words, small batches, no adjectives that a candle cannot keep.",
        to_explain="Why nothing may be called natural.",
    ),
    _Writer(
        "Copper Lane Copy",
        "Product pages for natural brands",
        "Dana Whitlock",
        "dana@copperlane.example",
        "Hudson, New York",
        zone="America/New_York",
        hours="9 to 5",
        source="Search",
        rate=7000,
        came=1,
        sent="https://copperlane.example/juniper",
        asked=(("Is the oil in the rosehip candle pressed or extracted?", "Pressed. Nobody ever asks.", 20),),
        scores=((3, 5, 4, 4, 2), (3, 5, 4, 4, 2)),
        remarks=(
            "Correct, a little brochure.",
            "Asked about the oil. Nobody asks.",
            "",
            "",
            "£70 a page, if we take ten.",
        ),
        misses="No “indulge”, no “luxurious”",
    ),
    _Writer(
        "Bluebell Words",
        "Content for shops of all kinds",
        "Ross Keady",
        "ross@bluebell.example",
        "Cardiff",
        source="search",
        rate=3200,
        nudged=((6, "Asked how it goes. “Fine, thanks.”"), (2, "Asked again. He is nearly done, he says.")),
    ),
)
_CRITERIA = (
    Criterion("Sounds like us", counts=3, is_fit=True),
    Criterion("Gets the candles right", counts=3),
    Criterion("Questions and manners", counts=2, is_fit=True),
    Criterion("On time", counts=2),
    Criterion("Price", counts=1),
)
_CONDITIONS = (
    Condition("Every burn time and weight as in the table"),
    Condition("No “indulge”, no “luxurious”", is_must=False),
    Condition("Says within the first lines why it costs what it costs", is_must=False),
)
_RATED = {
    "Saltmarsh Films": (5, 4, 2, 4, 5, 2),
    "Copperbeech Words": (4, 2, 4, 5, 3, 4),
    "Northgate Parcels": (3, 3, 4, 3, 3, 3),
    "Inês Duarte": (5, 5, 3, 5, 4, 2),
    "Copper Lane Copy": (3, 4, 2, 4, 4, 2),
}
"""What vendors are rated at by whoever looks after them, by the business's values in their order."""


def tell(
    session: WorkspaceSession, team: Sequence[Membership], told: dict[str, Vendor], niches: dict[str, int]
) -> None:
    """Everything of this module, for vendors that are there already, by name."""
    wanted = _needs(session, team, told, niches)
    writers = [_writer(session, team[0], one, niches) for one in _WRITERS]
    told.update({vendor.name: vendor for vendor in writers})
    _trial(session, team, writers, wanted, niches)
    _ratings(session, team, told)
    _handed_over(session, team, told)


# Needs


def _needs(
    session: WorkspaceSession, team: Sequence[Membership], told: Mapping[str, Vendor], niches: Mapping[str, int]
) -> Need:
    """One is filled, one waits for another, one lacks a budget, one is an idea; the one that is to be in trial."""
    owner = team[0]

    def add(outcome: str, niche: str, *, monthly: int | None = None, by: Membership = owner, **said: str) -> Need:
        terms = NeedTerms(
            outcome=outcome,
            category_id=niches.get(niche),
            deliverables=said.get("deliverables", ""),
            volume=said.get("volume", ""),
            acceptance=said.get("acceptance", ""),
            importance=Importance(said.get("importance", Importance.USEFUL)),
            budget_amount=monthly,
            budget_currency="GBP" if monthly else "",
            owner_id=by.user_id,
        )
        return needs.add(session, by=by, terms=terms)

    books = add(
        "The books closed by the tenth of each month",
        "Bookkeeping",
        monthly=35_000,
        deliverables="Bank matched, invoices chased, a page of figures",
        acceptance="Figures by the tenth, nothing left unmatched",
        importance=Importance.IMPORTANT,
    )
    [feeds] = needs.require_first(books, by=owner, whats=["Bank feeds"])
    needs.tick(feeds, by=owner)
    needs.move(books, by=owner, to=NeedStatus.FILLED, filled_by_id=told["Ledgerwood"].id)

    pages = add(
        "Product pages that a tired parent reads to the end",
        "Website copy",
        monthly=60_000,
        deliverables="Forty product pages, rewritten by spring",
        volume="Ten pages a month",
        acceptance="Used in the shop with one round of changes at the most",
        importance=Importance.STRATEGIC,
    )
    needs.move(pages, by=owner, to=NeedStatus.DEFINED)

    photos = add(
        "The spring range photographed in daylight",
        "Product photos",
        monthly=40_000,
        deliverables="Six pictures of each of twelve candles",
        acceptance="No picture needs retouching by us",
        by=team[1],
    )
    needs.move(photos, by=team[1], to=NeedStatus.SOURCING)

    films = add(
        "Two product films a month for the shop",
        "Product films",
        monthly=90_000,
        deliverables="Two films of thirty seconds, cut for the shop and for social media",
        acceptance="Used in the shop without a change",
    )
    needs.require_first(films, by=owner, other_id=photos.id)
    [guide] = needs.require_first(films, by=owner, whats=["A brand guide"])
    needs.tick(guide, by=owner)
    needs.move(films, by=owner, to=NeedStatus.DEFINED)
    _check_of(session, films, owner)

    found = add(
        "Found by whoever looks for an unscented candle",
        "SEO for shops",
        deliverables="A page for each kind of candle, and what to do each month",
        acceptance="Twice the visitors from searches within half a year",
        by=team[1],
    )
    add("Customers’ letters answered within a day", "Customer support")
    for need, days_ago in ((books, 300), (pages, 30), (photos, 20), (films, 26), (found, 45)):
        _has_stood(session, need, add_days(owner.workspace.today, -days_ago))
    return pages


def _has_stood(session: WorkspaceSession, need: Need, since: date) -> None:
    """As if it had been written down, and come so far, on an earlier day."""
    session.flush()
    need.status_since = since
    session.execute(update(NeedMove).where(NeedMove.need_id == need.id).values(moved_on=since))


def _check_of(session: WorkspaceSession, need: Need, by: Membership) -> None:
    """Films are a thing of their own: what is to be handed over is clear, how it is looked after is not."""
    answers = dict.fromkeys(Statement, Answer.WRITTEN_AND_USED)
    answers |= {Statement.TIME_HOURS: Answer.PARTLY_WRITTEN, Statement.PROCESS_STEPS: Answer.IN_A_HEAD}
    readiness.take(session, by=by, answers=answers, need=need)


# One brief for three writers


def _writer(session: WorkspaceSession, by: Membership, one: _Writer, niches: Mapping[str, int]) -> Vendor:
    niche = niches.get("Website copy")
    vendor = vendors.add(
        session,
        by=by,
        name=one.name,
        what_they_do=one.does,
        kind=VendorKind.FREELANCER,
        category_ids=[niche] if niche else [],
        location=one.place,
        time_zone=one.zone,
        working_hours=one.hours,
        source=one.source,
        referred_by=one.referred_by,
        currency="GBP",
        rate_amount=one.rate,
        rate_period=RatePeriod.PROJECT,
        despite_doubles=True,
    )
    people.add(vendor, by=by, name=one.person, emails=[one.email])
    date_back(session, vendor, TimelineKind.ADDED, vendor.id, add_days(by.workspace.today, -GIVEN - 6))
    return vendor


def _trial(
    session: WorkspaceSession,
    team: Sequence[Membership],
    writers: Sequence[Vendor],
    need: Need,
    niches: Mapping[str, int],
) -> None:
    owner, reviewers = team[0], team[:2]
    terms = BriefTerms(
        title="Three product-page rewrites",
        body=(
            "Rewrite three pages: the unscented balm candle, the rosehip one and the gift set. Keep every burn time as"
            " it is. Tell a tired parent in two minutes why it is worth £18.\n\n"
            "Half a page on what you would do differently with a free hand."
        ),
        need_id=need.id,
        category_id=niches.get("Website copy"),
        skill="Our voice, with nothing made up",
        deliverable="Three pages as text, and half a page of thoughts",
        given="Our table of burn times, ten letters from customers, and the tone of voice on one page",
        paid_amount=12_000,
        paid_currency="GBP",
        hours=5,
        revision_rounds=1,
        conditions=_CONDITIONS,
        criteria=_CRITERIA,
        reviewer_ids=tuple(member.user_id for member in reviewers),
    )
    brief = trial_briefs.write(session, by=owner, terms=terms)
    given = brief_giving.give(
        brief, by=owner, vendor_ids=[vendor.id for vendor in writers], due_on=owner.workspace.today
    )
    by_vendor = {task.vendor_id: task for task in given.trials}
    for vendor, one in zip(writers, _WRITERS, strict=True):
        task = by_vendor[vendor.id]
        _began(session, vendor, task, owner)
        _went(session, vendor, task, one, team)
        touches.refresh(session, vendor, began_on=task.started_on)
    for vendor, one in zip(writers, _WRITERS, strict=True):
        for place, reviewer in enumerate(reviewers if one.scores else ()):
            _review(session, brief, by_vendor[vendor.id], one, place, reviewer)


def _began(session: WorkspaceSession, vendor: Vendor, task: TrialTask, by: Membership) -> None:
    """As if it had been given, and sent to them by hand, on an earlier day."""
    brief_giving.note_sent(task, by=by, to=None, subject="", body="", keeps_copy=False)
    today = by.workspace.today
    day, due = add_days(today, -GIVEN), add_days(today, -DUE)
    task.started_on = task.sent_on = vendor.stage_since = day
    task.due_on = task.original_due_on = due
    session.execute(update(StageMove).where(StageMove.vendor_id == vendor.id).values(moved_on=day))
    date_back(session, vendor, TimelineKind.STAGE, None, day)
    timeline.record(
        session,
        vendor.id,
        TimelineKind.TRIAL,
        task.id,
        on=day,
        by=by.user_id,
        what=task.what,
        due=due.isoformat(),
    )


def _went(session: WorkspaceSession, vendor: Vendor, task: TrialTask, one: _Writer, team: Sequence[Membership]) -> None:
    by = team[0]
    first_day = clock.instant_of(task.started_on, 9, by.workspace.time_zone)
    for hour, (question, words, after) in enumerate(one.asked):
        asked_at = first_day + timedelta(hours=hour)
        row = trial_work.ask(task, by=by, body=question, asked_at=asked_at)
        trial_work.answer(row, by=team[1], answered_at=asked_at + timedelta(hours=after), words=words)
    for days_ago, summary in one.nudged:
        day = add_days(by.workspace.today, -days_ago)
        interactions.log(vendor, by=team[1], kind=InteractionKind.EMAIL, occurred_on=day, summary=summary)
    if one.came is None:
        return
    came_on = add_days(by.workspace.today, -one.came)
    trial_work.say_promised(task, by=by, gave_promised=True)
    trial_work.deliver(task, by=by, on=came_on)
    trial_work.add_deliverable(task, by=by, on=came_on, what="Three pages, and half a page of thoughts", url=one.sent)
    trial_work.put_words(task, by=by, version=task.version, shared=one.shared, to_explain=one.to_explain)
    conditions = brief_queries.conditions_of(session, task.brief_id)
    trial_work.check(task, by=by, met={row.id: row.what != one.misses for row in conditions})


def _review(
    session: WorkspaceSession, brief: TrialBrief, task: TrialTask, one: _Writer, place: int, reviewer: Membership
) -> None:
    remarks = one.remarks if place == 0 else ("",) * len(_CRITERIA)
    rows = brief_queries.criteria_of(session, brief.id)
    given = {row.id: Given(value, remark) for row, value, remark in zip(rows, one.scores[place], remarks, strict=True)}
    trial_reviews.save(task, by=reviewer, version=0, given=given, hand_in=True)


# Ratings, and what is handed over


def _ratings(session: WorkspaceSession, team: Sequence[Membership], told: Mapping[str, Vendor]) -> None:
    """Those whom they know best, by what they value."""
    ranked = criteria.ranked(session)
    today = team[0].workspace.today
    for name, values in _RATED.items():
        given = {row.id: value for row, value in zip(ranked, values, strict=True)}
        is_new = name in {one.name for one in _WRITERS}
        occasion = (
            Occasion(today, "Three product-page rewrites") if is_new else Occasion(add_days(today, -20), "Autumn")
        )
        ratings.rate(told[name], by=team[0], given=given, occasion=occasion)


def _handed_over(session: WorkspaceSession, team: Sequence[Membership], told: Mapping[str, Vendor]) -> None:
    """A procedure, a level wished for, what they can open; and what somebody who left can open still."""
    owner, maya = team[:2]
    today = owner.workspace.today
    words, left = told["Copperbeech Words"], told["Little Anvil"]
    letters = select(DecisionArea).where(DecisionArea.vendor_id == words.id, DecisionArea.name == "Newsletter")
    letter = session.scalars(letters).one()
    agreed = Agreement(
        name=letter.name,
        wished_level=Level.INQUIRE,
        wished_by=add_days(today, 40),
        procedure="1. Maya names the candle.\n2. He drafts by Wednesday.\n3. Burn times are checked.\n"
        "4. It leaves on Friday at ten.",
        maturity=Maturity.HIGH,
    )
    decision_areas.agree(letter, by=owner, version=letter.version, agreed=agreed)
    for what, days_ago, area_id in (("The shop’s editor", 200, None), ("The newsletter program", 150, letter.id)):
        decision_areas.give_access(
            words,
            by=owner,
            what=what,
            granted_on=add_days(today, -days_ago),
            area_id=area_id,
            owner_id=maya.user_id,
            revoke_on=add_days(today, 120),
        )
    given_on = add_days(today, -295)
    decision_areas.give_access(left, by=owner, what="The shop’s back end", granted_on=given_on, owner_id=owner.user_id)
    reports = decision_areas.give_access(left, by=owner, what="Error reports", granted_on=given_on)
    decision_areas.revoke_access(reports, by=owner)


def date_back(
    session: WorkspaceSession, vendor: Vendor, kind: TimelineKind, subject: int | None, day: date, *, step: str = ""
) -> None:
    """What was just recorded as of today happened on an earlier day."""
    session.flush()
    statement = update(TimelineEntry).where(TimelineEntry.vendor_id == vendor.id, TimelineEntry.kind == kind)
    if subject is not None:
        statement = statement.where(TimelineEntry.subject_id == subject)
    if step:
        statement = statement.where(TimelineEntry.step == step)
    session.execute(statement.values(happened_on=day))
