"""Parked for later: the page of all parked vendors, and the form that parks one."""

from datetime import date
from typing import Any

from flask import request, url_for

from crm.core import formats, limits
from crm.core.dates import add_days
from crm.core.errors import Refused, Stale
from crm.core.i18n import _
from crm.domain import parkings, small_tasks, stages, trials
from crm.domain.parking_terms import figure_of
from crm.domain.permissions import Act
from crm.forms import figures
from crm.forms.parkings import ParkingEditForm, ParkingForm
from crm.forms.rhythms import typed_as
from crm.models.enums import ParkingReason, Stage
from crm.models.vocabulary import word
from crm.queries import needs as need_queries
from crm.queries import parkings as parking_queries
from crm.web import parked, parked_lines, parking_boxes, taking_back, threads
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.parked_lines import ParkedLine
from crm.web.replies import AnyReply, page, refusal, see_path
from crm.web.ways import page_number, way_back

pages = Pages("parkings")
_TO = (Stage.PROSPECT, Stage.TRIAL, Stage.ACTIVE, Stage.ENDED, Stage.NOT_A_FIT)


@pages.get("/parked", Act.SEE)
def index(visit: Visit) -> AnyReply:
    """Who is parked, by reason, with the thread of contact."""
    today = visit.today
    owner_id = visit.member.user_id if request.args.get("who") == "me" else None
    quiet = threads.gone_quiet(parking_queries.silences(visit.session, owner_id=owner_id), today)
    only_quiet, only_ripe = request.args.get("quiet") == "1", request.args.get("ripe") == "1"
    number = page_number()
    found = parking_queries.parked(
        visit.session,
        owner_id=owner_id,
        silences=quiet if only_quiet else None,
        only_ripe=only_ripe,
        limit=limits.PARKED_ROWS,
        offset=(number - 1) * limits.PARKED_ROWS,
    )
    ids = [row.vendor_id for row in found.rows]
    since, zone = add_days(today, -threads.PAST_DAYS), visit.workspace.time_zone
    contacts = parking_queries.contacts(visit.session, ids, since, zone=zone)
    tasks = small_tasks.for_vendors(visit.session, ids, today)
    return page(
        "parkings/index.html",
        groups=_groups(found.rows, contacts, tasks, today),
        shared=parked_lines.Shared(today, visit.may(Act.WORK)),
        total=found.total,
        ripe=found.ripe,
        number=number,
        is_last=number * limits.PARKED_ROWS >= found.total,
        quiet=sum(silence.vendors for silence in quiet),
        who="me" if owner_id else "everyone",
        only_quiet=only_quiet,
        only_ripe=only_ripe,
    )


@pages.get("/vendors/<int:vendor_id>/parking/new", Act.WORK)
def new(visit: Visit, vendor_id: int) -> AnyReply:
    """Park a vendor: why, until when, and how to stay in touch."""
    return _new(visit, vendor_id, None)


@pages.post("/vendors/<int:vendor_id>/parking", Act.WORK)
def create(visit: Visit, vendor_id: int) -> AnyReply:
    """Park it."""
    return _new(visit, vendor_id, typed())


@pages.get("/vendors/<int:vendor_id>/parking/edit", Act.WORK)
def edit(visit: Visit, vendor_id: int) -> AnyReply:
    """Change the reason, the date or the rhythm."""
    return _edit(visit, vendor_id, None)


@pages.post("/vendors/<int:vendor_id>/parking/edit", Act.WORK)
def update(visit: Visit, vendor_id: int) -> AnyReply:
    """Save what was changed."""
    return _edit(visit, vendor_id, typed())


@pages.post("/vendors/<int:vendor_id>/parking/keep", Act.WORK)
def keep(visit: Visit, vendor_id: int) -> AnyReply:
    """Keep the vendor parked for another while."""
    vendor = stages.find_vendor(visit.session, vendor_id)
    parking = parkings.of_vendor(visit.session, vendor)
    return parked.kept(visit, vendor, parking, back=way_back(url_for("parkings.index")))


@pages.post("/vendors/<int:vendor_id>/parking/keep/undo", Act.WORK)
def undo_keep(visit: Visit, vendor_id: int) -> AnyReply:
    """The revisit date as it was."""
    vendor = stages.find_vendor(visit.session, vendor_id)
    parkings.undo_keep(parkings.of_vendor(visit.session, vendor), by=visit.member)
    return see_path(way_back(url_for("parkings.index")), toast=_("Taken back."))


@pages.post("/vendors/<int:vendor_id>/unparking", Act.WORK)
def end(visit: Visit, vendor_id: int) -> AnyReply:
    """Unpark: where to is asked by the menu; a trial task and an exit ask for more on a page of their own."""
    vendor = stages.find_vendor(visit.session, vendor_id)
    try:
        to = Stage(typed().get("to", ""))
    except ValueError:
        raise Refused(_("Choose where to.")) from None
    back = way_back(url_for("parkings.index"))
    if stages.questions(vendor.stage, to, undecided=False).any:
        return see_path(url_for("stages.new", vendor_id=vendor_id, to=to.value, back=back))
    move = parkings.end(parkings.of_vendor(visit.session, vendor), by=visit.member, to=to)
    words = _("%(name)s moved to %(stage)s.", name=vendor.name, stage=word(to))
    undo_url = url_for("stages.undo", move_id=move.id, back=back)
    return see_path(back, toast=words, undo=undo_url, more=taking_back.follows(vendor))


def _new(visit: Visit, vendor_id: int, formdata: object) -> AnyReply:
    vendor = stages.find_vendor(visit.session, vendor_id)
    back = way_back(url_for("profiles.show", vendor_id=vendor_id))
    if vendor.stage is Stage.PARKED:
        return see_path(url_for("parkings.edit", vendor_id=vendor_id, back=back))
    leaves_trial = stages.is_undecided(visit.session, vendor)
    form = ParkingForm(
        formdata,
        **parking_boxes.choices(visit, vendor),
        leaves_trial=leaves_trial,
        data=parking_boxes.fresh(vendor),
    )
    moved: list[int] = []
    shown: dict[str, Any] = {"form": form, "vendor": vendor, "back": back, "is_new": True, "conflict": None}
    shown["open_trials"] = trials.open_trials(visit.session, vendor) if leaves_trial else []
    if formdata is None:
        return page("parkings/form.html", **shown)
    if carries_out(
        form, lambda: moved.append(parkings.park(vendor, by=visit.member, **form.terms(), **form.left()).id)
    ):
        return see_path(
            back,
            toast=_parked_words(visit, vendor),
            undo=url_for("stages.undo", move_id=moved[0], back=request.args.get("back")),
            more=taking_back.follows(vendor),
        )
    return refusal("parkings/form.html", **shown)


def _edit(visit: Visit, vendor_id: int, formdata: object) -> AnyReply:
    vendor = stages.find_vendor(visit.session, vendor_id)
    parking = parkings.of_vendor(visit.session, vendor)
    back = way_back(url_for("profiles.show", vendor_id=vendor_id))
    waited_for = need_queries.waited_for(visit.session, parking.id)
    now = {**_kept(parking, vendor), "need_id": waited_for.id if waited_for else None}
    form = ParkingEditForm(formdata, **parking_boxes.choices(visit, vendor, waited_for), data=now)
    shown: dict[str, Any] = {"form": form, "vendor": vendor, "back": back, "is_new": False, "conflict": None}
    if formdata is None:
        return page("parkings/form.html", **shown)
    try:
        if carries_out(form, lambda: _save(form, parking, visit)):
            return see_path(back, toast=_("Parking changed."))
    except Stale:
        shown["conflict"] = _conflict(form, now)
        form.version.data = parking.version
        form.version.raw_data = [str(parking.version)]
        return refusal("parkings/form.html", status=409, **shown)
    return refusal("parkings/form.html", **shown)


def _save(form: ParkingEditForm, parking: Any, visit: Visit) -> None:
    parkings.edit(parking, by=visit.member, version=form.version.data or 0, **form.terms())


def _kept(parking: Any, vendor: Any) -> dict[str, Any]:
    return {
        "reason": parking.reason.value,
        "details": parking.details,
        "until": parking.revisit_on,
        "condition": parking.condition,
        **figures.typed_as(figure_of(parking)),
        "owner_id": vendor.owner_id,
        "told_vendor": parking.told_vendor,
        "look_for_referrals": parking.look_for_referrals,
        "offer_small_tasks": parking.offer_small_tasks,
        "ask_for_discount": parking.ask_for_discount,
        "version": parking.version,
        **typed_as(parking.cadence_choice, parking.cadence_every, parking.cadence_unit),
    }


def _conflict(form: ParkingEditForm, now: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What a colleague saved beside what was typed, where they differ."""
    rows = []
    for name, theirs in now.items():
        box = form._fields.get(name)
        if box is not None and name != "version" and (theirs or "") != (box.data or ""):
            rows.append((str(box.label.text), _shown(box, theirs), _shown(box, box.data)))
    return rows


def _shown(box: Any, value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    choices = {str(choice[0]): str(choice[1]) for choice in box.iter_choices()} if hasattr(box, "iter_choices") else {}
    return choices.get(str(value), str(value or ""))


def _parked_words(visit: Visit, vendor: Any) -> str:
    if vendor.next_on is None:
        return _("%(name)s is parked.", name=vendor.name)
    return _(
        "%(name)s is parked. Next check-in: %(day)s.", name=vendor.name, day=formats.day(vendor.next_on, visit.today)
    )


def _groups(
    rows: list[parking_queries.ParkedRow],
    contacts: dict[int, list[parking_queries.Contact]],
    tasks: dict[int, list[small_tasks.Match]],
    today: date,
) -> list[tuple[ParkingReason, int, list[ParkedLine]]]:
    """Each reason of the page with how many are parked for it in all, and the lines that stand here."""
    found: dict[ParkingReason, tuple[int, list[ParkedLine]]] = {}
    for row in rows:
        _all, lines = found.setdefault(row.reason, (row.of_reason, []))
        lines.append(parked_lines.line(row, contacts[row.vendor_id], tasks[row.vendor_id], today))
    return [(reason, count, lines) for reason, (count, lines) in found.items()]
