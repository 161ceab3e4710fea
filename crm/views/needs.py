"""What the business needs done, what has to come first, and who could bring it."""

from datetime import date
from typing import Any

from flask import request, url_for

from crm.core import formats, limits
from crm.core.errors import Refused, Stale
from crm.core.i18n import _, lazy
from crm.domain import criteria, deletions, needs, presences, readiness_rules, small_tasks
from crm.domain.need_rules import Concern
from crm.domain.permissions import Act
from crm.forms import needs as forms
from crm.forms.conflicts import rows_of
from crm.forms.needs import NeedForm, PrerequisiteForm, StatusForm
from crm.models import vocabulary
from crm.models.enums import CLOSED_NEEDS, NeedStatus, Stage
from crm.queries import categories as category_queries
from crm.queries import coverage, members, profiles, readiness
from crm.queries import needs as reading
from crm.queries import small_tasks as task_queries
from crm.queries.coverage import Bearer
from crm.web import small_task_lines, undoing
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.merging import saves_together, together
from crm.web.replies import AnyReply, page, refusal, see
from crm.web.ways import page_number

pages = Pages("needs")


@pages.get("/needs", Act.SEE)
def index(visit: Visit) -> AnyReply:
    """A page of the needs that are open, with their gaps, and one of those that are closed."""
    size, number, closed_number = limits.PAGE_ROWS, page_number(), page_number("closed")
    opened = reading.opened(visit.session, limit=size + 1, offset=(number - 1) * size)
    closed = reading.closed(visit.session, limit=size + 1, offset=(closed_number - 1) * size)
    tree = category_queries.tree(visit.session)
    return page(
        "needs/index.html",
        opened=opened[:size],
        closed=closed[:size],
        number=number,
        closed_number=closed_number,
        has_more=len(opened) > size,
        has_more_closed=len(closed) > size,
        covers=coverage.covers(visit.session, [row.need for row in opened[:size]], tree),
        meters={row.need.id: needs.meter(row.need) for row in opened},
        tree=tree,
        may_work=visit.may(Act.WORK),
        today=visit.today,
    )


@pages.get("/needs/new", Act.WORK)
def new(visit: Visit) -> AnyReply:
    """The empty form."""
    data = {"owner_id": visit.member.user_id, "importance": "useful"}
    return page("needs/new.html", form=_offer(visit, NeedForm(None, data=data)))


@pages.post("/needs", Act.WORK)
def create(visit: Visit) -> AnyReply:
    """Write a need down."""
    form = _offer(visit, NeedForm(typed()))
    known: list[Any] = []
    made: list[Any] = []

    def act() -> None:
        if (need := needs.just_added(visit.session, by=visit.member, terms=form.terms)) is not None:
            known.append(need)
        else:
            made.append(needs.add(visit.session, by=visit.member, terms=form.terms))

    if carries_out(form, act):
        words = _("Written down.") if made else _("You have just written this down.")
        return see("needs.show", need_id=[*known, *made][0].id, toast=words)
    return refusal("needs/new.html", form=form)


@pages.get("/needs/<int:need_id>", Act.SEE)
def show(visit: Visit, need_id: int) -> AnyReply:
    """A need: how far it is defined, what comes first, who could bring it, how it came so far."""
    return page("needs/show.html", **_shown(visit, needs.find(visit.session, need_id)))


@pages.get("/needs/<int:need_id>/edit", Act.WORK)
def edit(visit: Visit, need_id: int) -> AnyReply:
    """The form, filled."""
    need = needs.find(visit.session, need_id)
    form = _form_of(visit, need)
    form.remember(need.version)
    others = presences.others(visit.session, by=visit.member, form=request.path)
    return page("needs/edit.html", need=need, form=form, others=others)


@pages.post("/needs/<int:need_id>", Act.WORK)
def update(visit: Visit, need_id: int) -> AnyReply:
    """Save it. Where a colleague did so first, both versions are shown."""
    need = needs.find(visit.session, need_id)
    form = _offer(visit, NeedForm(typed()))

    def save() -> None:
        needs.edit(need, by=visit.member, version=form.version.data or 0, terms=form.terms)

    try:
        if carries_out(form, save):
            return see("needs.show", need_id=need_id, toast=_("Saved."))
    except Stale:
        differences = form.meet(_form_of(visit, need), need.version)
        if saves_together(form, differences, save):
            return see("needs.show", need_id=need_id, toast=together(differences))
        conflict = rows_of(differences)
        return refusal("needs/edit.html", status=409, need=need, form=form, conflict=conflict)
    return refusal("needs/edit.html", need=need, form=form)


@pages.post("/needs/<int:need_id>/moves", Act.WORK)
def move(visit: Visit, need_id: int) -> AnyReply:
    """Bring it to another status."""
    need = needs.find(visit.session, need_id)
    bearers = _bearers(visit, need, category_queries.tree(visit.session))
    form = _status_form(visit, need, bearers, typed())
    made: list[Any] = []

    def bring() -> None:
        status = NeedStatus(form.status.data or need.status)
        version, filled_by_id = form.version.data, form.filled_by_id.data
        why = form.why.data or ""
        made.append(needs.move(need, by=visit.member, to=status, why=why, filled_by_id=filled_by_id, version=version))

    if carries_out(form, bring):
        undo = url_for("needs.undo_move", need_move_id=made[0].id)
        return see(
            "needs.show", need_id=need_id, toast=_("%(status)s.", status=vocabulary.word(need.status)), undo=undo
        )
    return refusal("needs/show.html", **{**_shown(visit, need), "status_form": form})


@pages.post("/need-moves/<int:need_move_id>/undoing", Act.WORK)
def undo_move(visit: Visit, need_move_id: int) -> AnyReply:
    """Take the move back."""
    need = needs.undo_move(visit.session, need_move_id, by=visit.member)
    return see("needs.show", need_id=need.id, toast=_("Taken back."))


@pages.post("/needs/<int:need_id>/removal", Act.WORK)
def remove(visit: Visit, need_id: int) -> AnyReply:
    """It was written down by mistake."""
    item = deletions.of_need(needs.find(visit.session, need_id), by=visit.member)
    return see("needs.index", toast=_("Deleted."), undo=undoing.from_bin(item))


# What has to come first


@pages.post("/needs/<int:need_id>/prerequisites", Act.WORK)
def require_first(visit: Visit, need_id: int) -> AnyReply:
    """Something has to come first."""
    need = needs.find(visit.session, need_id)
    form = _first_form(visit, need, typed())

    def require() -> None:
        what, other_id = form.what.data or "", form.other_id.data
        if not what and other_id is None:
            raise Refused(lazy("Type what has to come first, or choose a need."), field="what")
        needs.require_first(need, by=visit.member, other_id=other_id, whats=[what] if what else [])

    if carries_out(form, require):
        return see("needs.show", need_id=need_id, toast=_("Added."), _anchor="first")
    return refusal("needs/show.html", **{**_shown(visit, need), "first_form": form})


@pages.post("/needs/<int:need_id>/usual-prerequisites", Act.WORK)
def require_usual(visit: Visit, need_id: int) -> AnyReply:
    """What usually comes first for this kind of work has to come first here too."""
    need = needs.find(visit.session, need_id)
    usual = reading.usual_prerequisites(visit.session, need.category_id) if need.category_id is not None else []
    needs.require_first(need, by=visit.member, whats=usual)
    return see("needs.show", need_id=need_id, toast=_("Added."), _anchor="first")


@pages.post("/need-prerequisites/<int:prerequisite_id>/ticking", Act.WORK)
def tick(visit: Visit, prerequisite_id: int) -> AnyReply:
    """The line is done."""
    row = needs.find_prerequisite(visit.session, prerequisite_id)
    needs.tick(row, by=visit.member)
    undo = url_for("needs.untick", prerequisite_id=row.id)
    return see("needs.show", need_id=row.need_id, toast=_("Ticked off."), undo=undo, _anchor="first")


@pages.post("/need-prerequisites/<int:prerequisite_id>/unticking", Act.WORK)
def untick(visit: Visit, prerequisite_id: int) -> AnyReply:
    """It is not done after all."""
    row = needs.find_prerequisite(visit.session, prerequisite_id)
    needs.untick(row)
    return see("needs.show", need_id=row.need_id, _anchor="first")


@pages.post("/need-prerequisites/<int:prerequisite_id>/removal", Act.WORK)
def no_longer_first(visit: Visit, prerequisite_id: int) -> AnyReply:
    """It need not come first."""
    row = needs.find_prerequisite(visit.session, prerequisite_id)
    need_id = row.need_id
    needs.no_longer_first(row)
    return see("needs.show", need_id=need_id, toast=_("Taken off."), _anchor="first")


# What counts for this need


@pages.get("/needs/<int:need_id>/weights", Act.WORK)
def weights(visit: Visit, need_id: int) -> AnyReply:
    """What counts how much for this need alone."""
    need = needs.find(visit.session, need_id)
    form, mark = _weights_now(visit, need_id)
    form.remember(mark)
    return page("needs/weights.html", need=need, form=form)


@pages.post("/needs/<int:need_id>/weights", Act.WORK)
def weigh(visit: Visit, need_id: int) -> AnyReply:
    """Save it; all boxes empty, the ranking of the business holds. Where a colleague did so first, both are shown."""
    need = needs.find(visit.session, need_id)
    form = _weighing(visit)(typed())

    def save() -> None:
        given = {each: share * criteria.WHOLE // 100 for each, share in form.given.items()}
        criteria.weigh_for(need, given, mark=form.version.data or 0)

    try:
        if carries_out(form, save):
            return see("needs.show", need_id=need_id, toast=_("Saved."))
    except Stale:
        conflict = form.met(*_weights_now(visit, need_id))
        return refusal("needs/weights.html", status=409, need=need, form=form, conflict=conflict)
    return refusal("needs/weights.html", need=need, form=form)


def _weights_now(visit: Visit, need_id: int) -> tuple[forms.WeightsForm, int]:
    """The weights of a need as they are kept, and their mark."""
    own = criteria.weights_of(visit.session, need_id)
    data = {f"weight-{each}": round(weight * 100 / criteria.WHOLE) for each, weight in own.items()}
    return _weighing(visit)(None, data=data), criteria.mark_of(own)


def _weighing(visit: Visit) -> type[forms.WeightsForm]:
    return forms.weighing([(row.id, row.name) for row in criteria.ranked(visit.session)])


# What the pages show


def _shown(visit: Visit, need: Any) -> dict[str, Any]:
    session = visit.session
    first = reading.prerequisites(session, [need.id])[need.id]
    tree = category_queries.tree(session)
    bearers = _bearers(visit, need, tree)
    meter = needs.meter(need)
    check = next(iter(readiness.history(session, need.id, limit=1)), None)
    return {
        "need": need,
        "meter": meter,
        "first": first,
        "concerns": _concerns(need, sum(not each.is_met for each in first), visit.workspace.today),
        "about": needs.concerns_about(session, need, [each.id for each in bearers]),
        "waiting": reading.wait_for(session, need.id),
        "usual": [] if need.category_id is None else _not_there(session, need, first),
        "offering": bearers,
        "small_tasks": small_task_lines.lines(small_tasks.for_need(session, need, visit.today)),
        "given": task_queries.given(session, need.id) if need.is_small else [],
        "filled_by": profiles.vendor(session, need.filled_by_id) if need.filled_by_id else None,
        "moves": reading.moves_of(session, need.id),
        "check": check,
        "outcome": readiness_rules.outcome(check.answers) if check else None,
        "category": tree.node(need.category_id),
        "team": profiles.team(session, reader=visit.member),
        "status_form": _status_form(visit, need, bearers, None),
        "first_form": _first_form(visit, need, None),
        "may_work": visit.may(Act.WORK),
        "today": visit.today,
    }


def _concerns(need: Any, unmet: int, today: date) -> list[Concern]:
    """What to know before going on. An idea need not be defined yet; what else stands in its way is worth knowing
    early."""
    if need.status in CLOSED_NEEDS:
        return []
    found = needs.concerns(need, unmet=unmet, today=today)
    return [each for each in found if need.status is not NeedStatus.IDEA or each is not Concern.NOT_DEFINED]


_NEAREST = (Stage.ACTIVE, Stage.TRIAL, Stage.PARKED, Stage.PROSPECT)
NAMED = 50


def _bearers(visit: Visit, need: Any, tree: category_queries.Tree) -> list[Bearer]:
    """Who could bring it, or is at it: those we work with first."""
    cover = coverage.covers(visit.session, [need], tree)[need.id]
    return [each for stage in _NEAREST for each in cover.of(stage)][:NAMED]


def _not_there(session: Any, need: Any, first: list[reading.PrerequisiteRow]) -> list[str]:
    known = {each.what.casefold() for each in first}
    return [each for each in reading.usual_prerequisites(session, need.category_id) if each.casefold() not in known]


def _status_form(visit: Visit, need: Any, bearers: list[Bearer], given: Any) -> StatusForm:
    form = StatusForm(given, data={"status": need.status.value, "version": need.version})
    fitting = {each.id: each.name for each in bearers}
    others = [each for each in reading.active_vendors(visit.session) if each[0] not in fitting]
    if need.category_id is not None:
        others = [(vendor_id, _("%(name)s: not known for this work", name=name)) for vendor_id, name in others]
    form.offer([*fitting.items(), *others])
    return form


def _first_form(visit: Visit, need: Any, given: Any) -> PrerequisiteForm:
    form = PrerequisiteForm(given)
    form.offer((each.id, each.outcome) for each in reading.to_choose_from(visit.session) if each.id != need.id)
    return form


def _offer(visit: Visit, form: NeedForm) -> NeedForm:
    tree = [(node.id, node.words) for node in category_queries.tree(visit.session)]
    people = members.members_of(visit.session, visit.workspace.id)
    form.offer(
        categories=tree,
        team=[(person.user_id, person.user.name) for person in people],
        currency=visit.workspace.currency,
    )
    return form


def _form_of(visit: Visit, need: Any) -> NeedForm:
    has_budget = need.budget_amount is not None
    budget = formats.plain_money(need.budget_amount, need.budget_currency) if has_budget else ""
    values = {"budget": budget, "importance": need.importance.value}
    return _offer(visit, NeedForm(None, obj=need, data=values))
