"""What a trial task asks for: one brief, which one vendor gets, or several."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import TypeVar

from sqlalchemy import select

from crm.core import limits
from crm.core.errors import Missing, Refused, Stale
from crm.core.i18n import LazyText, lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import amounts, news, replays, touches, trial_blindness
from crm.domain.news import Handed
from crm.models.categories import Category
from crm.models.needs import Need
from crm.models.trials import TrialBrief, TrialCondition, TrialCriterion, TrialReviewer, TrialTask
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership
from crm.queries import members
from crm.queries import trial_briefs as reading

CRITERIA: tuple[tuple[LazyText, bool], ...] = (
    (lazy("Quality"), False),
    (lazy("Instructions followed"), False),
    (lazy("Turnaround"), False),
    (lazy("Communication"), False),
    (lazy("Problem solving"), False),
    (lazy("Fit"), True),
)
"""What reviewers score unless a brief says otherwise, and whether it tells about fit."""

Row = TypeVar("Row", TrialCondition, TrialCriterion)
"""A line of a brief."""

COUNTS = (3, 2, 1)
"""How many times a criterion can count."""
HOURS_LARGEST = 1_000
ROUNDS_LARGEST = 20
LONG_FROM = 8
"""Over so many hours it is a job rather than a trial."""


@dataclass(frozen=True, slots=True)
class Condition:
    """An acceptance criterion; ``id`` is that of the one it stands for, if there is one."""

    what: str
    is_must: bool = True
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Criterion:
    """What reviewers score; ``id`` is that of the one it stands for, if there is one."""

    name: str
    counts: int = 1
    is_fit: bool = False
    id: int | None = None


@dataclass(frozen=True, slots=True)
class BriefTerms:
    """What a brief says. Money is in minor units of its currency: 0 is unpaid, None is still to be agreed.

    No criteria are the usual ones, no reviewers whoever writes it.
    """

    title: str
    body: str
    need_id: int | None = None
    category_id: int | None = None
    skill: str = ""
    deliverable: str = ""
    given: str = ""
    paid_amount: int | None = None
    paid_currency: str = ""
    unpaid_why: str = ""
    hours: int | None = None
    revision_rounds: int | None = None
    conditions: tuple[Condition, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    reviewer_ids: tuple[int, ...] = ()


def find(session: WorkspaceSession, brief_id: int) -> TrialBrief:
    """A brief of this business, to be acted on. Raises :class:`Missing`."""
    row = session.get(TrialBrief, brief_id, with_for_update=session.writing or None)
    if row is None:
        raise Missing
    return row


def usual_criteria() -> tuple[Criterion, ...]:
    """What reviewers score unless a brief says otherwise, in the words of whoever writes it."""
    return tuple(Criterion(str(name), is_fit=is_fit) for name, is_fit in CRITERIA)


def write(session: WorkspaceSession, *, by: Membership, terms: BriefTerms) -> TrialBrief:
    """Write a brief; nobody has it yet. Raises :class:`Refused` with the box that is wrong."""
    _check(session, terms, by=by, present=frozenset())
    brief = TrialBrief(created_by=by.user_id)
    _say(brief, terms)
    session.add(brief)
    session.flush()
    _put_conditions(session, brief, terms.conditions)
    _put_criteria(session, brief, terms.criteria or usual_criteria())
    _put_reviewers(session, brief, terms.reviewer_ids or (by.user_id,), by=by)
    return brief


def just_written(session: WorkspaceSession, *, by: Membership, terms: BriefTerms) -> TrialBrief | None:
    """The brief of exactly these terms that this person wrote a moment ago: their form has come again."""
    written = select(TrialBrief).where(
        TrialBrief.created_by == by.user_id,
        TrialBrief.created_at >= replays.since(session, by),
        TrialBrief.title == terms.title,
    )
    asked = _as_stored(terms, by=by)
    found = session.scalars(written.order_by(TrialBrief.id.desc())).all()
    return next((brief for brief in found if _as_stored(terms_of(session, brief), by=by) == asked), None)


def edit(brief: TrialBrief, *, by: Membership, version: int, terms: BriefTerms) -> None:
    """Change what it says. What was scored or held against a delivery already keeps its place.

    Raises :class:`Stale` where a colleague saved since, :class:`Refused`.
    """
    if brief.version != version:
        raise Stale
    session = session_of(brief)
    asked = {row.user_id for row in reading.reviewers_of(session, brief.id)}
    wanted = terms.reviewer_ids or (by.user_id,)
    _check(session, terms, by=by, present=asked)
    _check_blind(session, brief, asked, set(wanted), by=by)
    former = brief.title
    _say(brief, terms)
    brief.version += 1
    _put_conditions(session, brief, terms.conditions)
    _put_criteria(session, brief, terms.criteria or usual_criteria())
    _put_reviewers(session, brief, wanted, by=by)
    if former != brief.title or asked != set(wanted):
        _tell_tasks(session, brief, former)


def remove(brief: TrialBrief) -> None:
    """Delete a brief that nobody has got. Raises :class:`Refused` where somebody has."""
    session = session_of(brief)
    if is_given(session, brief.id):
        raise Refused(lazy("A vendor has this brief, so it stays."))
    session.delete(brief)
    session.flush()


def terms_of(session: WorkspaceSession, brief: TrialBrief) -> BriefTerms:
    """What a brief says, as it would be written. Three queries."""
    return BriefTerms(
        title=brief.title,
        body=brief.body,
        need_id=brief.need_id,
        category_id=brief.category_id,
        skill=brief.skill,
        deliverable=brief.deliverable,
        given=brief.given,
        paid_amount=brief.paid_amount,
        paid_currency=brief.paid_currency,
        unpaid_why=brief.unpaid_why,
        hours=brief.hours,
        revision_rounds=brief.revision_rounds,
        conditions=tuple(Condition(r.what, r.is_must, r.id) for r in reading.conditions_of(session, brief.id)),
        criteria=tuple(Criterion(r.name, r.counts, r.is_fit, r.id) for r in reading.criteria_of(session, brief.id)),
        reviewer_ids=tuple(row.user_id for row in reading.reviewers_of(session, brief.id)),
    )


def jot(session: WorkspaceSession, what: str, by: Membership) -> TrialBrief:
    """The brief of a trial task that is said in one line. Who says it reviews, by what most reviewers score."""
    title = what[: limits.LINE_LENGTH]
    brief = TrialBrief(title=title, body=what if title != what else "", created_by=by.user_id)
    session.add(brief)
    session.flush()
    _put_criteria(session, brief, usual_criteria())
    _put_reviewers(session, brief, (by.user_id,), by=by)
    return brief


def drop_unused(session: WorkspaceSession, brief_id: int) -> None:
    """Take a brief away that was said in one line, and that no trial task is about any more. One that somebody wrote
    in full is kept."""
    brief = find(session, brief_id)
    if _is_jotted(brief) and not is_given(session, brief_id):
        session.delete(brief)


def is_given(session: WorkspaceSession, brief_id: int, *, but: int | None = None) -> bool:
    """Whether a vendor has this brief, other than for the trial task ``but``. One query."""
    given = select(TrialTask.id).where(TrialTask.brief_id == brief_id)
    others = given if but is None else given.where(TrialTask.id != but)
    return session.scalar(others.limit(1)) is not None


def is_long(hours: int | None) -> bool:
    """Whether it asks for more of their time than a trial should."""
    return hours is not None and hours > LONG_FROM


def _is_jotted(brief: TrialBrief) -> bool:
    return brief.version == 1 and (not brief.body or brief.body[: limits.LINE_LENGTH] == brief.title)


# Writing


def _say(brief: TrialBrief, terms: BriefTerms) -> None:
    brief.title, brief.body, brief.skill = terms.title, terms.body, terms.skill
    brief.need_id, brief.category_id = terms.need_id, terms.category_id
    brief.deliverable, brief.given = terms.deliverable, terms.given
    brief.paid_amount = terms.paid_amount
    brief.paid_currency = terms.paid_currency if terms.paid_amount else ""
    brief.unpaid_why = terms.unpaid_why if terms.paid_amount == 0 else ""
    brief.hours, brief.revision_rounds = terms.hours, terms.revision_rounds


def _put_conditions(session: WorkspaceSession, brief: TrialBrief, wanted: Sequence[Condition]) -> None:
    known = {row.id: row for row in reading.conditions_of(session, brief.id)}
    gone = _left_out(known, wanted)
    for row in _still_needed(gone, reading.checked_conditions(session, brief.id) if gone else set()):
        words = lazy("Something was held against “%(what)s” already, so it stays.", what=row.what)
        raise Refused(words, field=f"condition_{row.id}")
    for position, one in enumerate(wanted):
        row = known.get(one.id or 0) or TrialCondition(brief_id=brief.id)
        row.what, row.is_must, row.position = one.what, one.is_must, position
        session.add(row)
    _delete(session, gone)


def _put_criteria(session: WorkspaceSession, brief: TrialBrief, wanted: Sequence[Criterion]) -> None:
    known = {row.id: row for row in reading.criteria_of(session, brief.id)}
    gone, altered = _left_out(known, wanted), _altered(known, wanted)
    scored = reading.scored_criteria(session, brief.id) if gone or altered else set()
    for row in _still_needed(gone, scored):
        words = lazy("Reviewers have scored “%(name)s” already, so it stays.", name=row.name)
        raise Refused(words, field=f"criterion_{row.id}")
    for row in _still_needed(altered, scored):
        words = lazy("Reviewers have scored “%(name)s” as it stands, so it stays so. Add another one.", name=row.name)
        raise Refused(words, field=f"criterion_{row.id}")
    for position, one in enumerate(wanted):
        row = known.get(one.id or 0) or TrialCriterion(brief_id=brief.id)
        row.name, row.counts, row.is_fit, row.position = one.name, one.counts, one.is_fit, position
        session.add(row)
    _delete(session, gone)


def _left_out(known: Mapping[int, Row], wanted: Sequence[Condition] | Sequence[Criterion]) -> list[Row]:
    kept = {one.id for one in wanted}
    return [row for row_id, row in known.items() if row_id not in kept]


def _altered(known: Mapping[int, TrialCriterion], wanted: Sequence[Criterion]) -> list[TrialCriterion]:
    """Those that are to have another name or weight, or to tell about something else. Another place is no matter."""
    pairs = [(known[one.id], one) for one in wanted if one.id is not None and one.id in known]
    return [row for row, one in pairs if (row.name, row.counts, row.is_fit) != (one.name, one.counts, one.is_fit)]


def _still_needed(rows: Iterable[Row], at_work: Set[int]) -> list[Row]:
    return [row for row in rows if row.id in at_work]


def _delete(session: WorkspaceSession, gone: Iterable[Row]) -> None:
    for row in gone:
        session.delete(row)
    session.flush()


def _put_reviewers(session: WorkspaceSession, brief: TrialBrief, wanted: Sequence[int], *, by: Membership) -> None:
    known = {row.user_id: row for row in reading.reviewers_of(session, brief.id)}
    gone = [row for row in known.values() if row.user_id not in wanted]
    at_it = reading.at_review(session, brief.id) if gone else set()
    for row in gone:
        if row.user_id in at_it:
            raise Refused(lazy("Whoever has scored already stays a reviewer."), field="reviewer_ids")
        session.delete(row)
    for user_id in dict.fromkeys(wanted):
        if user_id not in known:
            session.add(TrialReviewer(brief_id=brief.id, user_id=user_id))
            news.hand(session, user_id, by=by, what=Handed.REVIEWER, subject_id=brief.id, name=brief.title)
    session.flush()


def _tell_tasks(session: WorkspaceSession, brief: TrialBrief, former: str) -> None:
    """Lists and reminders call a trial task by the title of its brief, unless it has words of its own, and reviewers
    are reminded of what waits for them."""
    tasks = session.scalars(select(TrialTask).where(TrialTask.brief_id == brief.id)).all()
    for task in tasks:
        if task.what == former != brief.title:
            task.what = brief.title
            task.version += 1
    session.flush()
    concerned = {task.vendor_id for task in tasks if task.is_open}
    rows = select(Vendor).where(Vendor.id.in_(concerned)).order_by(Vendor.id).with_for_update()
    touches.refresh_many(session, session.scalars(rows).all())


def _as_stored(terms: BriefTerms, *, by: Membership) -> BriefTerms:
    """The terms as they are once they are written, whichever lines they stand in."""
    return replace(
        terms,
        paid_currency=terms.paid_currency if terms.paid_amount else "",
        unpaid_why=terms.unpaid_why if terms.paid_amount == 0 else "",
        conditions=tuple(replace(one, id=None) for one in terms.conditions),
        criteria=tuple(replace(one, id=None) for one in terms.criteria or usual_criteria()),
        reviewer_ids=tuple(sorted(set(terms.reviewer_ids or (by.user_id,)))),
    )


# Looking it through


def _check(session: WorkspaceSession, terms: BriefTerms, *, by: Membership, present: Set[int]) -> None:
    if not terms.title:
        raise Refused(lazy("Say what the trial task is."), field="title")
    if not terms.body:
        raise Refused(lazy("Write what you ask for."), field="body")
    for field, words, most in (
        ("title", terms.title, limits.LINE_LENGTH),
        ("skill", terms.skill, limits.LINE_LENGTH),
        ("body", terms.body, limits.TEXT_LENGTH),
        ("deliverable", terms.deliverable, limits.TEXT_LENGTH),
        ("given", terms.given, limits.TEXT_LENGTH),
        ("unpaid_why", terms.unpaid_why, limits.LINE_LENGTH),
        *((f"condition_{one.id}", one.what, limits.LINE_LENGTH) for one in terms.conditions),
        *((f"criterion_{one.id}", one.name, limits.NAME_LENGTH) for one in terms.criteria),
    ):
        if len(words) > most:
            raise Refused(lazy("Keep it under %(length)s characters.", length=most), field=field)
    if terms.need_id is not None and session.get(Need, terms.need_id) is None:
        raise Refused(lazy("Choose one of the list."), field="need_id")
    if terms.category_id is not None and session.get(Category, terms.category_id) is None:
        raise Refused(lazy("Choose one of the list."), field="category_id")
    _check_pay(terms)
    _check_rows(terms)
    _check_reviewers(session, terms, by=by, present=present)


def _check_pay(terms: BriefTerms) -> None:
    if terms.paid_amount == 0:
        if not terms.unpaid_why:
            raise Refused(lazy("Say why it is unpaid. Good people are paid for their time."), field="unpaid_why")
    else:
        amounts.require(terms.paid_amount, terms.paid_currency, box="paid")
    for field, number, least, most in (
        ("hours", terms.hours, 1, HOURS_LARGEST),
        ("revision_rounds", terms.revision_rounds, 0, ROUNDS_LARGEST),
    ):
        if number is not None and not least <= number <= most:
            raise Refused(lazy("Type a number from %(least)s to %(most)s.", least=least, most=most), field=field)


def _check_rows(terms: BriefTerms) -> None:
    if len(terms.conditions) > limits.TRIAL_CONDITIONS:
        raise Refused(lazy("Keep to %(most)s acceptance criteria.", most=limits.TRIAL_CONDITIONS))
    if len(terms.criteria) > limits.CRITERIA:
        raise Refused(lazy("Keep to %(most)s things to score.", most=limits.CRITERIA))
    seen: set[str] = set()
    for one in terms.criteria:
        if one.counts not in COUNTS:
            raise Refused(lazy("Choose one of the list."), field=f"criterion_{one.id}_counts")
        if one.name.casefold() in seen:
            raise Refused(lazy("“%(name)s” is there twice.", name=one.name), field=f"criterion_{one.id}")
        seen.add(one.name.casefold())


def _check_reviewers(session: WorkspaceSession, terms: BriefTerms, *, by: Membership, present: Set[int]) -> None:
    able = {member.user_id for member in members.workers_of(members.members_of(session, by.workspace_id))}
    for user_id in terms.reviewer_ids:
        if user_id not in able and user_id not in present:
            raise Refused(lazy("Choose somebody of your team who may work here."), field="reviewer_ids")


def _check_blind(
    session: WorkspaceSession, brief: TrialBrief, asked: Set[int], wanted: Set[int], *, by: Membership
) -> None:
    """Whoever is waited for stays, and nobody comes once scores can be read."""
    if asked == wanted:
        return
    blindness = trial_blindness.of_brief(session, brief.id, today=by.workspace.today)
    if blindness.waited_for & (asked - wanted):
        raise Refused(trial_blindness.STAYS, field="reviewer_ids")
    if blindness.is_open and wanted - asked:
        raise Refused(trial_blindness.CLOSED, field="reviewer_ids")
