"""Trust notes: written in full or in one tap, corrected, mended, and read with what stood in their place before."""

import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from flask import Response, request, send_file, url_for

from crm.core import formats
from crm.core.errors import Missing
from crm.core.i18n import _
from crm.domain import deletions, trust_entries, trust_exports
from crm.domain.permissions import Act
from crm.domain.trust_entries import Observation, Quick
from crm.forms.log_entries import TrustForm
from crm.models.enums import Dimension, Direction, RecordKind, Visibility, Weight
from crm.models.vocabulary import word
from crm.queries import profiles, trust_records, vendors
from crm.queries import trust_entries as reading
from crm.queries.trust_records import RecordRow, Ref
from crm.web import undoing
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, Raw, page, refusal, see_path
from crm.web.ways import way_back

pages = Pages("trust_entries")

EXCERPT = 80


@pages.get("/vendors/<int:vendor_id>/trust-entries/new", Act.WORK)
def new(visit: Visit, vendor_id: int) -> AnyReply:
    """Write a trust note; with ``repairs`` or ``record`` in the address much of it is filled in."""
    begun = _beginning(visit, vendor_id)
    values = _writing(visit, vendor_id, TrustForm(None, data=begun), record=Ref.parse(begun.get("record", "")))
    return page("trust_entries/new.html", **values)


@pages.post("/vendors/<int:vendor_id>/trust-entries", Act.WORK)
def create(visit: Visit, vendor_id: int) -> AnyReply:
    """Keep it."""
    form = TrustForm(typed())
    values = _writing(visit, vendor_id, form, record=Ref.parse(str(form.record.data or "")))
    written: list[int] = []
    if carries_out(
        form,
        lambda: written.append(trust_entries.observe(values["vendor"], by=visit.member, seen=_observed(form)).id),
    ):
        return _written(vendor_id, written[0])
    return refusal("trust_entries/new.html", **values)


@pages.post("/vendors/<int:vendor_id>/quick-trust-entries", Act.WORK)
def create_quickly(visit: Visit, vendor_id: int) -> AnyReply:
    """Write a trust note of what happens often, in one tap."""
    vendor = profiles.vendor(visit.session, vendor_id)
    entry = trust_entries.observe_quickly(vendor, by=visit.member, quick=_quick(), occurred_on=visit.workspace.today)
    return _written(vendor_id, entry.id)


@pages.post("/interactions/<int:interaction_id>/quick-trust-entries", Act.WORK)
def create_of_interaction(visit: Visit, interaction_id: int) -> AnyReply:
    """Write down, in one tap, what a delivery or a conversation in the log shows."""
    quick = _quick()
    said = trust_entries.record(visit.session, Ref(RecordKind.INTERACTION, interaction_id))
    return _noted(visit, said.vendor_id, trust_entries.of_delivery(said, by=visit.member, quick=quick))


@pages.post("/promises/<int:promise_id>/trust-entries", Act.WORK)
def create_of_promise(visit: Visit, promise_id: int) -> AnyReply:
    """Write down what a kept or broken promise amounts to, in one tap."""
    return _of_record(visit, Ref(RecordKind.PROMISE, promise_id))


@pages.post("/trials/<int:trial_id>/trust-entries", Act.WORK)
def create_of_trial(visit: Visit, trial_id: int) -> AnyReply:
    """Write down what a trial task's outcome amounts to, in one tap; or what coming on time, or late, does."""
    ref = Ref(RecordKind.TRIAL, trial_id)
    if request.form.get("about") != "day":
        return _of_record(visit, ref)
    trial = trust_entries.record(visit.session, ref)
    seen = trust_entries.of_trial_day(trial, by=visit.member)
    if seen is None:
        raise Missing
    return _noted(visit, trial.vendor_id, seen)


@pages.post("/works/<int:work_id>/trust-entries", Act.WORK)
def create_of_work(visit: Visit, work_id: int) -> AnyReply:
    """Write down what an accepted or rejected piece of work amounts to, in one tap."""
    return _of_record(visit, Ref(RecordKind.WORK, work_id))


@pages.get("/trust-entries.csv", Act.WORK)
def file(visit: Visit) -> AnyReply:
    """The business's whole trust log as a table, as far as the reader may read it."""
    return _file(visit, None, visit.workspace.slug)


@pages.get("/vendors/<int:vendor_id>/trust-entries.csv", Act.WORK)
def file_of_vendor(visit: Visit, vendor_id: int) -> AnyReply:
    """A vendor's trust log as a table, as far as the reader may read it."""
    profiles.vendor(visit.session, vendor_id)
    return _file(visit, vendor_id, f"{visit.workspace.slug}-{vendor_id}")


@pages.get("/trust-entries/<int:entry_id>", Act.SEE)
def show(visit: Visit, entry_id: int) -> AnyReply:
    """A trust note with all that it says, what it said before, and what mended it."""
    entry = trust_entries.find(visit.session, entry_id, reader=visit.member)
    panels = vendors.side_panels(visit.session, entry.vendor_id)
    versions = reading.versions_of(visit.session, entry, reader=visit.member)
    latest, links = versions[0], reading.links_of(visit.session, versions, reader=visit.member)
    mends_id = links[latest.id].repairs_id
    stands = not trust_entries.is_superseded(latest)
    return page(
        "trust_entries/show.html",
        entry=entry,
        vendor=profiles.vendor(visit.session, entry.vendor_id),
        versions=versions,
        records=_shown_records(visit, entry.vendor_id, {row_id: link.record for row_id, link in links.items()}),
        mends=trust_entries.find(visit.session, mends_id, reader=visit.member) if mends_id else None,
        repairs=reading.repairs_of(visit.session, latest, reader=visit.member),
        team=profiles.team(visit.session, reader=visit.member),
        people={person.id: person.name for person in panels.people},
        files={attachment.id: attachment.name for attachment in panels.files},
        stands=stands,
        may_change=visit.may(Act.WORK) and stands and trust_entries.may_change(latest, visit.member),
        may_work=visit.may(Act.WORK) and stands,
        today=visit.today,
        zone=visit.person.time_zone,
    )


@pages.get("/trust-entries/<int:entry_id>/correction", Act.WORK)
def correct(visit: Visit, entry_id: int) -> AnyReply:
    """Put something else in its place."""
    entry = trust_entries.find(visit.session, entry_id, reader=visit.member)
    trust_entries.require_may_change(entry, visit.member)
    link = reading.links_of(visit.session, [entry], reader=visit.member)[entry.id]
    form = TrustForm(None, obj=entry, data={"record": str(link.record or "")})
    form.repairs_id.data = link.repairs_id
    return page("trust_entries/correct.html", **_correcting(visit, entry, form))


@pages.post("/trust-entries/<int:entry_id>/correction", Act.WORK)
def save_correction(visit: Visit, entry_id: int) -> AnyReply:
    """Keep the correction; what it corrects stays to be read behind it."""
    entry = trust_entries.find(visit.session, entry_id, reader=visit.member)
    form = TrustForm(typed())
    values = _correcting(visit, entry, form)
    written: list[int] = []
    if carries_out(
        form, lambda: written.append(trust_entries.correct(entry, by=visit.member, seen=_observed(form)).id)
    ):
        return _written(entry.vendor_id, written[0], toast=_("Corrected."))
    return refusal("trust_entries/correct.html", **values)


@pages.post("/trust-entries/<int:entry_id>/taking-back", Act.WORK)
def take_back(visit: Visit, entry_id: int) -> AnyReply:
    """Undo what was just written."""
    entry = trust_entries.find(visit.session, entry_id, reader=visit.member)
    vendor_id = entry.vendor_id
    item = deletions.of_trust_entry(entry, by=visit.member)
    return see_path(_back(vendor_id), toast=_("Taken back."), undo=undoing.from_bin(item))


# Writing


def _quick() -> Quick:
    wanted = request.form.get("quick", "")
    if wanted not in list(Quick):
        raise Missing
    return Quick(wanted)


def _of_record(visit: Visit, ref: Ref) -> AnyReply:
    row = trust_entries.record(visit.session, ref)
    seen = trust_entries.of_record(row, by=visit.member)
    if seen is None:
        raise Missing
    return _noted(visit, row.vendor_id, seen)


def _noted(visit: Visit, vendor_id: int, seen: Observation) -> AnyReply:
    vendor = profiles.vendor(visit.session, vendor_id)
    entry, is_new = trust_entries.note_once(vendor, by=visit.member, seen=seen)
    return _written(vendor_id, entry.id) if is_new else see_path(_back(vendor_id), toast=_("It is noted already."))


def _written(vendor_id: int, entry_id: int, *, toast: str = "") -> AnyReply:
    back = _back(vendor_id)
    undo = url_for("trust_entries.take_back", entry_id=entry_id, back=back)
    return see_path(back, toast=toast or _("Trust note added."), undo=undo)


def _back(vendor_id: int) -> str:
    return way_back(url_for("profiles.show", vendor_id=vendor_id))


def _correcting(visit: Visit, entry: Any, form: TrustForm) -> dict[str, Any]:
    link = reading.links_of(visit.session, [entry], reader=visit.member)[entry.id]
    values = _writing(visit, entry.vendor_id, form, record=link.record, mends=link.repairs_id, without=entry.id)
    return {**values, "entry": entry}


def _writing(
    visit: Visit,
    vendor_id: int,
    form: TrustForm,
    *,
    record: Ref | None = None,
    mends: int | None = None,
    without: int = 0,
) -> dict[str, Any]:
    """What the form needs. ``record`` and ``mends`` can be chosen however old they are, ``without`` not be mended."""
    panels = vendors.side_panels(visit.session, vendor_id)
    team = profiles.team(visit.session, reader=visit.member)
    also = mends or form.repairs_id.data
    mendable = reading.mendable(visit.session, vendor_id, reader=visit.member, also=also)
    form.offer(
        people=[(person.id, person.name) for person in panels.people],
        files=[(attachment.id, attachment.name) for attachment in panels.files],
        team=[(mate.id, mate.name) for mate in team.values() if mate.is_active],
        mendable=[
            (row.id, f"{formats.day(row.occurred_on, visit.today)}: {_short(row.what_happened)}")
            for row in mendable
            if row.id != without
        ],
        records=[(str(row.ref), _named(row, visit.today)) for row in _choosable(visit, vendor_id, record)],
    )
    vendor = profiles.vendor(visit.session, vendor_id)
    return {"form": form, "vendor": vendor, "today": visit.today, "back": _back(vendor_id)}


def _choosable(visit: Visit, vendor_id: int, ref: Ref | None) -> Sequence[RecordRow]:
    recent = trust_records.recent(visit.session, vendor_id)
    if ref is None or any(row.ref == ref for row in recent):
        return recent
    try:
        is_theirs = trust_entries.record(visit.session, ref).vendor_id == vendor_id
    except Missing:
        is_theirs = False
    return [*trust_records.rows_of(visit.session, [ref]).values(), *recent] if is_theirs else recent


def _beginning(visit: Visit, vendor_id: int) -> dict[str, Any]:
    """What the form holds at first."""
    begun: dict[str, Any] = {"occurred_on": visit.workspace.today, "observer_id": visit.member.user_id}
    ref = Ref.parse(request.args.get("record", ""))
    if ref is not None:
        begun |= _begun_by(visit, vendor_id, ref)
    repairs_id = _repaired(visit, vendor_id)
    if repairs_id is not None:
        begun |= {"repairs_id": repairs_id, "dimension": Dimension.INTEGRITY, "direction": Direction.POSITIVE}
    return begun


def _begun_by(visit: Visit, vendor_id: int, ref: Ref) -> dict[str, Any]:
    row = trust_entries.record(visit.session, ref)
    if row.vendor_id != vendor_id:
        return {}
    seen = trust_entries.of_record(row, by=visit.member)
    if seen is not None:
        return {**asdict(seen), "record": str(ref)}
    spoken_on = {"occurred_on": row.occurred_on} if ref.kind is RecordKind.INTERACTION else {}
    return {"record": str(ref), **spoken_on}


def _repaired(visit: Visit, vendor_id: int) -> int | None:
    """What is to be mended: the newest words of the note that the address names."""
    asked = request.args.get("repairs", "")
    if not (asked.isascii() and asked.isdigit() and len(asked) < 10):
        return None
    try:
        named = trust_entries.find(visit.session, int(asked), reader=visit.member)
    except Missing:
        return None
    breach = reading.newest_of(visit.session, named)
    return breach.id if breach.vendor_id == vendor_id else None


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
        record=Ref.parse(form.record.data or ""),
    )


# Showing


def _shown_records(visit: Visit, vendor_id: int, refs: dict[int, Ref | None]) -> dict[int, tuple[str, str]]:
    """For each version that rests on a record: what that is called, and where it stands in the log."""
    rows = trust_records.rows_of(visit.session, {ref for ref in refs.values() if ref is not None})
    named = {ref: (_named(row, visit.today), _place(visit, vendor_id, ref)) for ref, row in rows.items()}
    return {row_id: named[ref] for row_id, ref in refs.items() if ref in named}


def _place(visit: Visit, vendor_id: int, ref: Ref) -> str:
    line = trust_records.line_of(visit.session, ref)
    if line is None:
        return url_for("profiles.show", vendor_id=vendor_id)
    return url_for("profiles.show", vendor_id=vendor_id, before=str(line.before), _anchor=line.anchor)


def _named(row: RecordRow, today: date) -> str:
    """A record in a line: what it is, of which day, and its words."""
    sort = str(word(row.way or row.ref.kind))
    dated = _("%(what)s, %(day)s", what=sort, day=formats.day(row.on, today)) if row.on else sort
    return f"{dated}: {_short(row.words)}" if row.words else dated


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= EXCERPT else f"{line[:EXCERPT].rstrip()}…"


def _file(visit: Visit, vendor_id: int | None, name: str) -> AnyReply:
    out = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the answer
    trust_exports.write(visit.session, out, reader=visit.member, vendor_id=vendor_id)
    out.seek(0)
    name = f"{name}-trust-{visit.today.isoformat()}.csv"

    def make() -> Response:
        return send_file(out, mimetype="text/csv; charset=utf-8", as_attachment=True, download_name=name, etag=False)

    return Raw(make)
