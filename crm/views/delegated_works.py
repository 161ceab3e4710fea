"""Work that is handed to a vendor: the list with its figures, a page for each, and what can be done with it."""

import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from flask import request, send_file, url_for

from crm.core import formats, limits
from crm.core.csv_files import write_rows
from crm.core.errors import Stale
from crm.core.i18n import _
from crm.domain import delegated_works, trust_entries, work_figures
from crm.domain.delegated_works import find
from crm.domain.permissions import Act
from crm.forms.delegated_works import (
    CallingOffForm,
    ChangesForm,
    DeliveryForm,
    NewWorkForm,
    RejectionForm,
    VerdictForm,
    WorkDayForm,
    WorkForm,
)
from crm.models import vocabulary
from crm.models.enums import RecordKind, TimelineKind, WorkOutcome
from crm.queries import delegated_works as reading
from crm.queries import interaction_areas, profiles, ratings, small_tasks
from crm.queries import trust_entries as trust_log
from crm.queries.steps import steps_of
from crm.queries.trust_records import Ref
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, Raw, page, refusal, see, see_path
from crm.web.ways import page_number, way_back

pages = Pages("delegated_works")


@pages.get("/vendors/<int:vendor_id>/works", Act.SEE)
def index(visit: Visit, vendor_id: int) -> AnyReply:
    """A vendor's works, what is open first, with what the last twelve months say."""
    today, number = visit.workspace.today, page_number()
    vendor = profiles.vendor(visit.session, vendor_id)
    rows, total = reading.works_of(visit.session, vendor_id, limits.PAGE_ROWS, (number - 1) * limits.PAGE_ROWS)
    finished = reading.finished_of(visit.session, vendor_id, since=work_figures.begins_on(today))
    return page(
        "delegated_works/index.html",
        vendor=vendor,
        rows=rows,
        total=total,
        number=number,
        size=limits.PAGE_ROWS,
        figures=work_figures.figures(finished, today),
        enough=work_figures.ENOUGH,
        may_work=visit.may(Act.WORK),
        today=visit.today,
    )


@pages.get("/vendors/<int:vendor_id>/works.csv", Act.WORK)
def file(visit: Visit, vendor_id: int) -> AnyReply:
    """A vendor's works as a table for spreadsheets."""
    vendor = profiles.vendor(visit.session, vendor_id)
    out = io.BytesIO()
    write_rows(out, _table(reading.all_of(visit.session, vendor.id)))
    out.seek(0)
    name = f"{visit.workspace.slug}-{vendor_id}-works.csv"
    return Raw(lambda: send_file(out, mimetype="text/csv", as_attachment=True, download_name=name, etag=False))


@pages.get("/vendors/<int:vendor_id>/works/new", Act.WORK)
def new(visit: Visit, vendor_id: int) -> AnyReply:
    """Hand a piece of work out."""
    area_id = request.args.get("area_id", type=int)
    form = NewWorkForm(None, data={"asked_on": visit.workspace.today, "area_id": area_id})
    return page("delegated_works/new.html", **_asking(visit, vendor_id, form))


@pages.post("/vendors/<int:vendor_id>/works", Act.WORK)
def create(visit: Visit, vendor_id: int) -> AnyReply:
    """Keep it."""
    form = NewWorkForm(typed())
    values = _asking(visit, vendor_id, form)
    made: list[int] = []

    def hand_out() -> None:
        assert form.due_on.data is not None  # the form requires both
        assert form.asked_on.data is not None
        work = delegated_works.hand_out(
            values["vendor"],
            by=visit.member,
            wanted=form.wanted,
            due_on=form.due_on.data,
            asked_on=form.asked_on.data,
        )
        made.append(work.id)

    if carries_out(form, hand_out):
        undo = url_for("delegated_works.withdraw", work_id=made[0])
        words = _("Handed out. We’ll remind you when it is late.")
        return see("delegated_works.show", work_id=made[0], toast=words, undo=undo)
    return refusal("delegated_works/new.html", **values)


@pages.get("/works/<int:work_id>", Act.SEE)
def show(visit: Visit, work_id: int) -> AnyReply:
    """How it stands, what was asked, and what happened so far."""
    work = find(visit.session, work_id)
    areas = interaction_areas.choices(visit.session, work.vendor_id, besides=[work.area_id or 0])
    return page(
        "delegated_works/show.html",
        **_of(visit, work),
        area=dict(areas).get(work.area_id or 0, ""),
        steps=steps_of(visit.session, TimelineKind.WORK, work_id),
        latest=delegated_works.latest_step(work),
        team=profiles.team(visit.session, reader=visit.member),
        may_work=visit.may(Act.WORK),
        offers_rating=_offers_rating(visit, work),
        small_task_of=small_tasks.need_of(visit.session, work_id),
        **_trusted(visit, work),
    )


def _offers_rating(visit: Visit, work: Any) -> bool:
    """Whether the reader has still to say how it was, by what the business values."""
    if work.outcome is not WorkOutcome.ACCEPTED or not visit.may(Act.WORK):
        return False
    return not ratings.is_rated(visit.session, work.id, visit.member.user_id)


def _trusted(visit: Visit, work: Any) -> dict[str, Any]:
    """The trust note that the work is shown by, else whether one is offered."""
    noted = trust_log.of_record(visit.session, Ref(RecordKind.WORK, work.id), reader=visit.member)
    may_note = noted is None and visit.may(Act.WORK)
    return {"noted": noted, "offers_note": may_note and trust_entries.of_work(work, by=visit.member) is not None}


@pages.get("/works/<int:work_id>/edit", Act.WORK)
def edit(visit: Visit, work_id: int) -> AnyReply:
    """Change what it is."""
    work = find(visit.session, work_id)
    form = WorkForm(None, obj=work)
    form.remember(work.version)
    return page("delegated_works/edit.html", **_changing(visit, work, form))


@pages.post("/works/<int:work_id>", Act.WORK)
def update(visit: Visit, work_id: int) -> AnyReply:
    """Save the change. Where a colleague was quicker, both versions are shown."""
    work = find(visit.session, work_id)
    form = WorkForm(typed())
    values = _changing(visit, work, form)

    def act() -> str | None:
        return delegated_works.change(work, by=visit.member, version=form.version.data or 0, wanted=form.wanted)

    return _save(visit, work, form, act, template="delegated_works/edit.html", values=values, toast=lambda: _("Saved."))


@pages.get("/works/<int:work_id>/day", Act.WORK)
def day(visit: Visit, work_id: int) -> AnyReply:
    """Agree on another day."""
    work = find(visit.session, work_id)
    form = WorkDayForm(None, obj=work)
    form.remember(work.version)
    return page("delegated_works/day.html", form=form, **_of(visit, work))


@pages.post("/works/<int:work_id>/day", Act.WORK)
def agree_day(visit: Visit, work_id: int) -> AnyReply:
    """Save the other day. Where a colleague was quicker, both are shown."""
    work = find(visit.session, work_id)
    form = WorkDayForm(typed())

    def act() -> str | None:
        assert form.due_on.data is not None  # the form requires it
        version = form.version.data or 0
        return delegated_works.agree_day(work, by=visit.member, due_on=form.due_on.data, version=version)

    def toast() -> str:
        return _("Agreed for %(day)s now.", day=formats.day(work.due_on, visit.today))

    values = {"form": form, **_of(visit, work)}
    return _save(visit, work, form, act, template="delegated_works/day.html", values=values, toast=toast)


@pages.get("/works/<int:work_id>/delivery", Act.WORK)
def delivery(visit: Visit, work_id: int) -> AnyReply:
    """When did it come?"""
    work = find(visit.session, work_id)
    form = DeliveryForm(None, data={"delivered_on": visit.workspace.today})
    return page("delegated_works/delivery.html", form=form, **_of(visit, work))


@pages.post("/works/<int:work_id>/delivery", Act.WORK)
def deliver(visit: Visit, work_id: int) -> AnyReply:
    """It came."""
    form = DeliveryForm(typed())

    def act(work: Any) -> str:
        assert form.delivered_on.data is not None  # the form requires it
        return delegated_works.deliver(work, by=visit.member, on=form.delivered_on.data)

    return _act(visit, work_id, form, act, template="delegated_works/delivery.html", toast=_("Noted: it came."))


@pages.get("/works/<int:work_id>/changes", Act.WORK)
def changes(visit: Visit, work_id: int) -> AnyReply:
    """What is to change, and by when?"""
    work = find(visit.session, work_id)
    return page("delegated_works/changes.html", form=ChangesForm(formdata=None), **_of(visit, work))


@pages.post("/works/<int:work_id>/changes", Act.WORK)
def send_back(visit: Visit, work_id: int) -> AnyReply:
    """Send it back."""
    form = ChangesForm(typed())

    def act(work: Any) -> str:
        assert form.due_on.data is not None  # the form requires it
        return delegated_works.send_back(work, by=visit.member, due_on=form.due_on.data, what=form.what.data or "")

    toast = _("Sent back for changes. We’ll remind you when it is late.")
    return _act(visit, work_id, form, act, template="delegated_works/changes.html", toast=toast)


@pages.get("/works/<int:work_id>/acceptance", Act.WORK)
def acceptance(visit: Visit, work_id: int) -> AnyReply:
    """How good was it?"""
    return page("delegated_works/verdict.html", accepts=True, **_judging(visit, work_id, VerdictForm))


@pages.post("/works/<int:work_id>/acceptance", Act.WORK)
def accept(visit: Visit, work_id: int) -> AnyReply:
    """Take it as it is."""
    return _decide(visit, work_id, VerdictForm(typed()), delegated_works.accept, toast=_("Accepted."), accepts=True)


@pages.get("/works/<int:work_id>/rejection", Act.WORK)
def rejection(visit: Visit, work_id: int) -> AnyReply:
    """Why not?"""
    return page("delegated_works/verdict.html", accepts=False, **_judging(visit, work_id, RejectionForm))


@pages.post("/works/<int:work_id>/rejection", Act.WORK)
def reject(visit: Visit, work_id: int) -> AnyReply:
    """Turn it down."""
    return _decide(visit, work_id, RejectionForm(typed()), delegated_works.reject, toast=_("Rejected."), accepts=False)


@pages.get("/works/<int:work_id>/calling-off", Act.WORK)
def calling_off(visit: Visit, work_id: int) -> AnyReply:
    """Does nobody need it any more?"""
    work = find(visit.session, work_id)
    return page("delegated_works/calling_off.html", form=CallingOffForm(formdata=None), **_of(visit, work))


@pages.post("/works/<int:work_id>/calling-off", Act.WORK)
def call_off(visit: Visit, work_id: int) -> AnyReply:
    """Call it off."""
    form = CallingOffForm(typed())

    def act(work: Any) -> str:
        return delegated_works.call_off(work, by=visit.member, why=form.why.data or "")

    return _act(visit, work_id, form, act, template="delegated_works/calling_off.html", toast=_("Called off."))


@pages.post("/works/<int:work_id>/taking-back", Act.WORK)
def take_back(visit: Visit, work_id: int) -> AnyReply:
    """Take the latest back, which the address names: pressing twice takes one back."""
    work = find(visit.session, work_id)
    delegated_works.take_back(work, by=visit.member, step=request.args.get("step", ""))
    return see("delegated_works.show", work_id=work_id, toast=_("Taken back."))


@pages.post("/works/<int:work_id>/withdrawal", Act.WORK)
def withdraw(visit: Visit, work_id: int) -> AnyReply:
    """It was never handed out."""
    vendor = delegated_works.withdraw(find(visit.session, work_id))
    return see("delegated_works.index", vendor_id=vendor.id, toast=_("Taken back."))


def _act(
    visit: Visit, work_id: int, form: Any, act: Callable[[Any], str], *, template: str, toast: str, **more: Any
) -> AnyReply:
    """Carry an act out, and go to the work's page with the way to take it back."""
    work = find(visit.session, work_id)
    steps: list[str] = []
    if carries_out(form, lambda: steps.append(act(work))):
        return see_path(_way_back(work_id), toast=toast, undo=_undo(work_id, steps[0]))
    return refusal(template, form=form, **_of(visit, work), **more)


def _save(
    visit: Visit,
    work: Any,
    form: Any,
    act: Callable[[], str | None],
    *,
    template: str,
    values: dict[str, Any],
    toast: Callable[[], str],
) -> AnyReply:
    """Save a change; where a colleague was quicker, both versions are shown, and saving again keeps what was typed."""
    steps: list[str | None] = []
    try:
        if carries_out(form, lambda: steps.append(act())):
            undo = _undo(work.id, steps[0]) if steps[0] else ""
            return see_path(_way_back(work.id), toast=toast(), undo=undo)
    except Stale:
        theirs = type(form)(None, obj=work)
        if isinstance(form, WorkForm):
            theirs.area_id.choices = form.area_id.choices
        return refusal(template, status=409, **values, conflict=form.met(theirs, work.version))
    return refusal(template, **values)


def _decide(
    visit: Visit, work_id: int, form: VerdictForm, decide: Callable[..., str], *, toast: str, accepts: bool
) -> AnyReply:
    def act(work: Any) -> str:
        on = form.delivered_on.data if work.waits else None
        return decide(work, by=visit.member, verdict=form.verdict, delivered_on=on)

    return _act(visit, work_id, form, act, template="delegated_works/verdict.html", toast=toast, accepts=accepts)


def _judging(visit: Visit, work_id: int, kind: type[VerdictForm]) -> dict[str, Any]:
    work = find(visit.session, work_id)
    begun = {"delivered_on": visit.workspace.today, "cost_currency": visit.workspace.currency}
    return {"form": kind(None, data=begun), **_of(visit, work)}


def _asking(visit: Visit, vendor_id: int, form: NewWorkForm) -> dict[str, Any]:
    vendor = profiles.vendor(visit.session, vendor_id)
    form.offer(interaction_areas.choices(visit.session, vendor_id))
    return {"form": form, "vendor": vendor, "today": visit.workspace.today}


def _changing(visit: Visit, work: Any, form: WorkForm) -> dict[str, Any]:
    form.offer(interaction_areas.choices(visit.session, work.vendor_id, besides=[work.area_id or 0]))
    return {"form": form, **_of(visit, work)}


def _of(visit: Visit, work: Any) -> dict[str, Any]:
    return {
        "work": work,
        "vendor": profiles.vendor(visit.session, work.vendor_id),
        "back": _way_back(work.id),
        "today": visit.workspace.today,
    }


def _way_back(work_id: int) -> str:
    return way_back(url_for("delegated_works.show", work_id=work_id))


def _undo(work_id: int, step: str) -> str:
    return url_for("delegated_works.take_back", work_id=work_id, step=step)


def _table(works: Iterable[tuple[Any, str]]) -> Iterator[tuple[str, ...]]:
    yield (
        _("Work"),
        _("For what they look after"),
        _("Asked on"),
        _("First agreed for"),
        _("Due on"),
        _("First came on"),
        _("Last came on"),
        _("Rounds of changes"),
        _("Outcome"),
        _("Decided on"),
        _("Rating"),
        _("Our minutes"),
        _("Their minutes"),
        _("Cost"),
        _("Currency"),
        _("Remark"),
    )
    for work, area in works:
        amount = work.cost_amount
        yield (
            work.title,
            area,
            work.asked_on.isoformat(),
            work.original_due_on.isoformat(),
            work.due_on.isoformat(),
            work.delivered_on.isoformat() if work.delivered_on else "",
            work.redelivered_on.isoformat() if work.redelivered_on else "",
            str(work.rounds),
            vocabulary.word(work.outcome),
            work.decided_on.isoformat() if work.decided_on else "",
            _number(work.rating),
            _number(work.our_minutes),
            _number(work.vendor_minutes),
            formats.plain_money(amount, work.cost_currency) if amount is not None else "",
            work.cost_currency,
            work.remark,
        )


def _number(value: int | None) -> str:
    return "" if value is None else str(value)
