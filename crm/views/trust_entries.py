"""Trust notes: written in full or in one tap, corrected, mended, and read with what stood in their place before."""

from typing import Any

from flask import request, url_for

from crm.core.errors import Missing
from crm.core.i18n import _
from crm.domain import promises, trust_entries
from crm.domain.permissions import Act
from crm.domain.trust_entries import Observation, Quick
from crm.forms.log_entries import TrustForm
from crm.models.enums import Dimension, Direction, Visibility, Weight
from crm.queries import profiles, vendors
from crm.queries import trust_entries as reading
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, page, refusal, see

pages = Pages("trust_entries")

EXCERPT = 80


@pages.get("/vendors/<int:vendor_id>/trust-entries/new", Act.WORK)
def new(visit: Visit, vendor_id: int) -> AnyReply:
    """Write a trust note; with ``repairs`` or ``promise`` in the address much of it is filled in."""
    form = TrustForm(None, data=_beginning(visit, vendor_id))
    return page("trust_entries/new.html", **_writing(visit, vendor_id, form))


@pages.post("/vendors/<int:vendor_id>/trust-entries", Act.WORK)
def create(visit: Visit, vendor_id: int) -> AnyReply:
    """Keep it."""
    form = TrustForm(typed())
    values = _writing(visit, vendor_id, form)
    written: list[int] = []

    def write() -> None:
        promise = _promise(visit, vendor_id, str(form.promise_id.data or ""))
        entry = trust_entries.observe(values["vendor"], by=visit.member, seen=_observed(form), promise=promise)
        written.append(entry.id)

    if carries_out(form, write):
        return _written(vendor_id, written[0])
    return refusal("trust_entries/new.html", **values)


@pages.post("/vendors/<int:vendor_id>/quick-trust-entries", Act.WORK)
def create_quickly(visit: Visit, vendor_id: int) -> AnyReply:
    """Write a trust note of what happens often, in one tap."""
    vendor = profiles.vendor(visit.session, vendor_id)
    wanted = request.form.get("quick", "")
    if wanted not in list(Quick):
        raise Missing
    quick, today = Quick(wanted), visit.workspace.today
    entry = trust_entries.observe_quickly(vendor, by=visit.member, quick=quick, occurred_on=today)
    return _written(vendor_id, entry.id)


@pages.post("/promises/<int:promise_id>/trust-entries", Act.WORK)
def create_of_promise(visit: Visit, promise_id: int) -> AnyReply:
    """Write down what a kept or broken promise amounts to, in one tap."""
    promise = promises.find(visit.session, promise_id)
    seen = trust_entries.of_promise(promise, by=visit.member)
    if seen is None:
        raise Missing
    vendor = promises.vendor_of(promise)
    return _written(vendor.id, trust_entries.observe(vendor, by=visit.member, seen=seen, promise=promise).id)


@pages.get("/trust-entries/<int:entry_id>", Act.SEE)
def show(visit: Visit, entry_id: int) -> AnyReply:
    """A trust note with all that it says, what it said before, and what mended it."""
    entry = trust_entries.find(visit.session, entry_id, reader=visit.member)
    panels = vendors.side_panels(visit.session, entry.vendor_id)
    versions = reading.versions_of(visit.session, entry, reader=visit.member)
    return page(
        "trust_entries/show.html",
        entry=entry,
        vendor=profiles.vendor(visit.session, entry.vendor_id),
        versions=versions,
        repairs=reading.repairs_of(visit.session, versions[0], reader=visit.member),
        team=profiles.team(visit.session, reader=visit.member),
        people={person.id: person.name for person in panels.people},
        files={attachment.id: attachment.name for attachment in panels.files},
        may_change=visit.may(Act.WORK) and trust_entries.may_change(versions[0], visit.member),
        may_work=visit.may(Act.WORK),
        today=visit.today,
        zone=visit.person.time_zone,
    )


@pages.get("/trust-entries/<int:entry_id>/correction", Act.WORK)
def correct(visit: Visit, entry_id: int) -> AnyReply:
    """Put something else in its place."""
    entry = trust_entries.find(visit.session, entry_id, reader=visit.member)
    trust_entries.require_may_change(entry, visit.member)
    form = TrustForm(None, obj=entry)
    return page("trust_entries/correct.html", **_writing(visit, entry.vendor_id, form), entry=entry)


@pages.post("/trust-entries/<int:entry_id>/correction", Act.WORK)
def save_correction(visit: Visit, entry_id: int) -> AnyReply:
    """Keep the correction; what it corrects stays to be read behind it."""
    entry = trust_entries.find(visit.session, entry_id, reader=visit.member)
    form = TrustForm(typed())
    values = _writing(visit, entry.vendor_id, form)
    written: list[int] = []
    if carries_out(
        form, lambda: written.append(trust_entries.correct(entry, by=visit.member, seen=_observed(form)).id)
    ):
        undo = url_for("trust_entries.take_back", entry_id=written[0])
        return see("profiles.show", vendor_id=entry.vendor_id, toast=_("Corrected."), undo=undo)
    return refusal("trust_entries/correct.html", **values, entry=entry)


@pages.post("/trust-entries/<int:entry_id>/taking-back", Act.WORK)
def take_back(visit: Visit, entry_id: int) -> AnyReply:
    """Undo what was just written."""
    entry = trust_entries.find(visit.session, entry_id, reader=visit.member)
    vendor_id = entry.vendor_id
    trust_entries.take_back(entry, by=visit.member)
    return see("profiles.show", vendor_id=vendor_id, toast=_("Taken back."))


def _written(vendor_id: int, entry_id: int) -> AnyReply:
    undo = url_for("trust_entries.take_back", entry_id=entry_id)
    return see("profiles.show", vendor_id=vendor_id, toast=_("Trust note added."), undo=undo)


def _writing(visit: Visit, vendor_id: int, form: TrustForm) -> dict[str, Any]:
    panels = vendors.side_panels(visit.session, vendor_id)
    team = profiles.team(visit.session, reader=visit.member)
    mendable = reading.mendable(visit.session, vendor_id, reader=visit.member)
    form.offer(
        people=[(person.id, person.name) for person in panels.people],
        files=[(attachment.id, attachment.name) for attachment in panels.files],
        team=[(mate.id, mate.name) for mate in team.values() if mate.is_active],
        mendable=[(row.id, _short(row.what_happened)) for row in mendable],
    )
    return {"form": form, "vendor": profiles.vendor(visit.session, vendor_id), "today": visit.today}


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= EXCERPT else f"{line[:EXCERPT].rstrip()}…"


def _beginning(visit: Visit, vendor_id: int) -> dict[str, Any]:
    """What the form holds at first."""
    promise = _promise(visit, vendor_id, request.args.get("promise", ""))
    seen = trust_entries.of_promise(promise, by=visit.member) if promise else None
    if promise is not None and seen is not None:
        return {
            "promise_id": promise.id,
            "occurred_on": seen.occurred_on,
            "what_happened": seen.what_happened,
            "dimension": seen.dimension,
            "direction": seen.direction,
            "weight": seen.weight,
            "expected_on": seen.expected_on,
            "actual_on": seen.actual_on,
            "observer_id": seen.observer_id,
        }
    begun: dict[str, Any] = {"occurred_on": visit.workspace.today, "observer_id": visit.member.user_id}
    repairs = request.args.get("repairs", type=int)
    if repairs is not None:
        begun |= {"repairs_id": repairs, "dimension": Dimension.INTEGRITY, "direction": Direction.POSITIVE}
    return begun


def _promise(visit: Visit, vendor_id: int, typed_id: str) -> Any:
    if not (typed_id.isascii() and typed_id.isdigit() and len(typed_id) < 10):
        return None
    promise = promises.find(visit.session, int(typed_id))
    return promise if promise.vendor_id == vendor_id else None


def _observed(form: TrustForm) -> Observation:
    assert form.occurred_on.data is not None  # the form requires it
    return Observation(
        occurred_on=form.occurred_on.data,
        dimension=Dimension(form.dimension.data),
        direction=Direction(form.direction.data),
        weight=Weight(form.weight.data),
        what_happened=form.what_happened.data,
        person_id=form.person_id.data,
        evidence=form.evidence.data,
        attachment_id=form.attachment_id.data,
        expected_on=form.expected_on.data,
        actual_on=form.actual_on.data,
        observer_id=form.observer_id.data,
        vendor_told=form.vendor_told.data,
        our_response=form.our_response.data,
        visibility=Visibility(form.visibility.data),
        repairs_id=form.repairs_id.data,
    )
