"""Acts on many vendors: ask what they need, do them, show how far they are, take them back; and files of vendors."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Response, request, send_file, url_for

from crm.core import limits
from crm.core.errors import Refused
from crm.core.i18n import LazyText, _, lazy, ngettext
from crm.domain import bulk_acts, vendor_exports
from crm.domain.bulk_acts import StageTerms
from crm.domain.parking_terms import ParkingTerms
from crm.domain.permissions import Act
from crm.domain.stages import Questions
from crm.domain.vendor_exports import Format
from crm.forms.base import Form
from crm.forms.bulk_acts import ExportForm, OwnerForm, StageForm, TagsForm, TierForm
from crm.forms.parkings import ManyParkedForm
from crm.forms.rhythms import RhythmBoxes
from crm.forms.stages import MoveForm
from crm.forms.vendor_filter import VendorFilter
from crm.models.enums import EXIT_STAGES, BulkItemState, BulkKind, BulkState, CadenceChoice, ParkingReason, Stage
from crm.models.vocabulary import word
from crm.queries import bulk_acts as bulk_queries
from crm.queries import members, vendor_lists, vendors
from crm.queries.vendor_lists import FilterChoices
from crm.web import list_addresses
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, Raw, Reply, page, refusal, see, see_path

pages = Pages("bulk_acts")

NAMED = 8
MOST_TICKED = 2_000


@dataclass(slots=True)
class Chosen:
    """The vendors that somebody chose: those ticked, or all that the filters let through at this moment."""

    listed: VendorFilter
    choices: FilterChoices
    is_all: bool
    ids: list[int]
    names: list[str] = field(default_factory=list)
    stages: set[Stage] = field(default_factory=set)

    @property
    def back(self) -> str:
        """The list that they were chosen in."""
        return url_for("vendors.index", **(self.listed.with_() or {"show": "all"}))


@pages.get("/bulk-acts", Act.WORK)
def index(visit: Visit) -> AnyReply:
    """What was done with many vendors, the latest first."""
    past = bulk_queries.past(visit.session, reader_id=visit.member.user_id, everyone=visit.may(Act.MANAGE))
    return page("bulk_acts/index.html", past=past, titled=_done_words)


@pages.get("/bulk-acts/new", Act.WORK)
def new(visit: Visit) -> AnyReply:
    """Ask what the act needs. ``?act=``, the ticked ``vendor`` or ``scope=all`` with the list's ``address``."""
    kind = _kind(request.args.get("act", ""))
    chosen = _chosen(visit, request.args)
    to = _stage(request.args.get("to", ""))
    return _asking(visit, kind, chosen, _form(visit, kind, chosen, to, None), to)


@pages.post("/bulk-acts", Act.WORK)
def create(visit: Visit) -> AnyReply:
    """Do it, with those vendors that are chosen at this moment."""
    kind = _kind(typed().get("act", ""))
    chosen = _chosen(visit, typed())
    to = _stage(typed().get("to", "")) if typed().get("asked") else None
    form = _form(visit, kind, chosen, to, typed())
    if kind is BulkKind.STAGE and to is None:
        if not form.validate():
            return _asking(visit, kind, chosen, form, to, status=422)
        return _asking(visit, kind, chosen, _form(visit, kind, chosen, Stage(form["to"].data), None), form["to"].data)
    done: list[Any] = []
    if not carries_out(form, lambda: done.append(_begin(visit, kind, chosen, form, to))):
        return _asking(visit, kind, chosen, form, to, status=422)
    [act] = done
    if kind is BulkKind.EXPORT:
        return see("bulk_acts.show", act_id=act.id)
    counts = bulk_queries.progress(visit.session, act.id)
    if act.state is BulkState.DONE and not counts.get(BulkItemState.REFUSED):
        toast = _result_words(act, counts)
        return see_path(chosen.back, toast=toast, undo=url_for("bulk_acts.undo", act_id=act.id))
    return see("bulk_acts.show", act_id=act.id)


@pages.get("/bulk-acts/<int:act_id>", Act.WORK)
def show(visit: Visit, act_id: int) -> AnyReply:
    """How far it is, what came of it, and which vendors were left as they are."""
    act = bulk_acts.find(visit.session, act_id, by=visit.member)
    counts = bulk_queries.progress(visit.session, act_id)
    is_open = act.state in bulk_acts.OPEN_STATES
    still = BulkItemState.DONE if act.state is BulkState.UNDOING else BulkItemState.WAITING
    return page(
        "bulk_acts/show.html",
        act=act,
        title=_done_words(act.kind, act.terms),
        counts={state.value: counts.get(state, 0) for state in BulkItemState},
        is_open=is_open,
        gone=bulk_queries.gone(act.total, counts),
        through=act.total - counts.get(still, 0) if is_open else act.total,
        left_alone=bulk_queries.left_alone(visit.session, act_id),
        may_undo=bulk_acts.may_undo(act),
        can_fetch=act.kind is BulkKind.EXPORT and act.created_by == visit.member.user_id,
    )


@pages.post("/bulk-acts/<int:act_id>/undo", Act.WORK)
def undo(visit: Visit, act_id: int) -> AnyReply:
    """Take it back."""
    act = bulk_acts.find(visit.session, act_id, by=visit.member)
    bulk_acts.undo(act, by=visit.member)
    counts = bulk_queries.progress(visit.session, act_id)
    if act.state is BulkState.UNDONE and not counts.get(BulkItemState.LEFT):
        back = counts.get(BulkItemState.UNDONE, 0)
        words = ngettext("Taken back for %(num)s vendor.", "Taken back for %(num)s vendors.", back)
        return see("vendors.index", show="all", toast=words)
    return see("bulk_acts.show", act_id=act_id)


@pages.get("/bulk-acts/<int:act_id>/file", Act.WORK)
def file(visit: Visit, act_id: int) -> AnyReply:
    """The file of an export, written anew each time it is fetched."""
    out = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the answer
    kind = vendor_exports.write_recorded(visit.session, act_id, out, by=visit.member)
    out.seek(0)
    name = f"{visit.workspace.slug}-vendors-{visit.today.isoformat()}.{vendor_exports.SUFFIXES[kind]}"

    def make() -> Response:
        return send_file(
            out, mimetype=vendor_exports.MEDIA_TYPES[kind], as_attachment=True, download_name=name, etag=False
        )

    return Raw(make)


# Who is chosen


def _chosen(visit: Visit, arguments: Any) -> Chosen:
    choices = vendor_lists.filter_choices(visit.session, visit.member.user_id)
    listed = list_addresses.read(visit, choices, arguments.get("address", ""))
    is_all = arguments.get("scope") == "all"
    if is_all:
        ids = vendor_lists.matching_ids(visit.session, listed.wanted, visit.today)
    else:
        ticked = [int(each) for each in arguments.getlist("vendor")[:MOST_TICKED] if _is_id(each)]
        ids = vendor_lists.known_ids(visit.session, ticked)
    chosen = Chosen(listed, choices, is_all, ids)
    chosen.names = [row.name for row in vendors.named(visit.session, ids[:NAMED])]
    chosen.stages = vendor_lists.stages_of(visit.session, ids)
    return chosen


def _is_id(typed_id: str) -> bool:
    return typed_id.isascii() and typed_id.isdigit() and len(typed_id) < 10


def _kind(typed_kind: str) -> BulkKind:
    if typed_kind not in list(BulkKind):
        raise Refused(lazy("Choose what to do with the vendors that you ticked."))
    return BulkKind(typed_kind)


def _stage(typed_stage: str) -> Stage | None:
    return Stage(typed_stage) if typed_stage in list(Stage) else None


# What is asked


def _form(visit: Visit, kind: BulkKind, chosen: Chosen, to: Stage | None, formdata: Any) -> Form:
    if kind is BulkKind.STAGE and to is not None:
        return _stage_form(visit, chosen, to, formdata)
    if kind is BulkKind.OWNER:
        form = OwnerForm(formdata)
        form.offer(_workers(visit))
        return form
    if kind is BulkKind.CADENCE:
        data = {"rhythm": CadenceChoice.DEFAULT.value, "unit": "weeks"}
        return RhythmBoxes(formdata, as_usual=_("As usual for each of them"), data=data)
    plain: dict[BulkKind, type[Form]] = {
        BulkKind.TAG: TagsForm,
        BulkKind.UNTAG: TagsForm,
        BulkKind.STAGE: StageForm,
        BulkKind.TIER: TierForm,
        BulkKind.EXPORT: ExportForm,
    }
    return plain[kind](formdata, data={"file": "columns"} if kind is BulkKind.EXPORT else None)


def _workers(visit: Visit) -> list[tuple[int, str]]:
    """Those who may look after vendors."""
    everyone = members.members_of(visit.session, visit.workspace.id)
    return [(member.user_id, member.user.name) for member in members.workers_of(everyone)]


def _stage_form(visit: Visit, chosen: Chosen, to: Stage, formdata: Any) -> Form:
    leaves_trial = Stage.TRIAL in chosen.stages and to is not Stage.TRIAL
    if to is Stage.PARKED:
        return ManyParkedForm(
            formdata,
            as_usual=_("As usual for each of them"),
            reasons=list(ParkingReason),
            keepers=_workers(visit),
            leaves_trial=leaves_trial,
            data={
                "rhythm": CadenceChoice.DEFAULT.value,
                "unit": "weeks",
                "look_for_referrals": True,
            },
        )
    asked = Questions(trial=to is Stage.TRIAL, reason=to in EXIT_STAGES, outcome=leaves_trial)
    return MoveForm(formdata, asked=asked)


def _asking(
    visit: Visit, kind: BulkKind, chosen: Chosen, form: Form, to: Stage | str | None, *, status: int = 200
) -> Reply:
    known_to = None if to is None else Stage(to)
    values = {
        "kind": kind,
        "to": known_to,
        "is_exit": known_to in EXIT_STAGES,
        "chosen": chosen,
        "form": form,
        "title": _asking_words(kind, known_to, len(chosen.ids)),
        "button": str(_BUTTONS[kind]),
        "tags": chosen.choices.tags[:300],
    }
    if status == 200:
        return page("bulk_acts/new.html", **values)
    return refusal("bulk_acts/new.html", status=status, **values)


def _begin(visit: Visit, kind: BulkKind, chosen: Chosen, form: Any, to: Stage | None) -> Any:
    if kind is BulkKind.EXPORT:
        return _export(visit, chosen, form.file.data)
    terms: dict[BulkKind, Callable[[], dict[str, Any]]] = {
        BulkKind.TAG: lambda: bulk_acts.tagging(form.tags.data or ""),
        BulkKind.UNTAG: lambda: bulk_acts.tagging(form.tags.data or ""),
        BulkKind.OWNER: lambda: bulk_acts.owning(visit.session, form.owner()),
        BulkKind.STAGE: lambda: bulk_acts.moving(_stage_terms(form, to or Stage.PROSPECT), today=visit.workspace.today),
        BulkKind.TIER: lambda: bulk_acts.tiering(form.chosen()),
        BulkKind.CADENCE: lambda: bulk_acts.pacing(form.rhythm_chosen()),
    }
    return bulk_acts.begin(visit.session, by=visit.member, kind=kind, terms=terms[kind](), vendor_ids=chosen.ids)


def _stage_terms(form: Any, to: Stage) -> StageTerms:
    if to is Stage.PARKED:
        return StageTerms(to, parking=ParkingTerms(**form.terms()), **form.left())
    return StageTerms(to, **form.moved())


def _export(visit: Visit, chosen: Chosen, wanted: str) -> Any:
    if not chosen.ids:
        raise Refused(lazy("Tick at least one vendor first."))
    if len(chosen.ids) > limits.BULK_VENDORS:
        raise Refused(lazy("These are more than %(most)s vendors. Narrow the list first.", most=limits.BULK_VENDORS))
    columns: Any = chosen.listed.columns
    if wanted == "everything":
        columns = vendor_exports.everything(chosen.choices.fields)
    return vendor_exports.record(
        visit.session,
        by=visit.member,
        file_format=Format.VCARD if wanted == "vcard" else Format.CSV,
        columns=columns,
        vendor_ids=chosen.ids,
    )


# Words


_BUTTONS: dict[BulkKind, LazyText] = {
    BulkKind.TAG: lazy("Tag"),
    BulkKind.UNTAG: lazy("Take the tag off"),
    BulkKind.OWNER: lazy("Set who looks after them"),
    BulkKind.STAGE: lazy("Move"),
    BulkKind.TIER: lazy("Set the tier"),
    BulkKind.CADENCE: lazy("Set the rhythm"),
    BulkKind.EXPORT: lazy("Make the file"),
}


def _asking_words(kind: BulkKind, to: Stage | None, count: int) -> str:
    if kind is BulkKind.STAGE:
        if to is None:
            return ngettext("Move %(num)s vendor", "Move %(num)s vendors", count)
        words = "Move %(num)s vendor to %(stage)s", "Move %(num)s vendors to %(stage)s"
        return ngettext(*words, count, stage=word(to))
    return {
        BulkKind.TAG: lambda: ngettext("Tag %(num)s vendor", "Tag %(num)s vendors", count),
        BulkKind.UNTAG: lambda: ngettext("Take a tag off %(num)s vendor", "Take a tag off %(num)s vendors", count),
        BulkKind.OWNER: lambda: ngettext("Who looks after %(num)s vendor", "Who looks after %(num)s vendors", count),
        BulkKind.TIER: lambda: ngettext("The tier of %(num)s vendor", "The tier of %(num)s vendors", count),
        BulkKind.CADENCE: lambda: ngettext(
            "Stay in touch with %(num)s vendor", "Stay in touch with %(num)s vendors", count
        ),
        BulkKind.EXPORT: lambda: ngettext("Export %(num)s vendor", "Export %(num)s vendors", count),
    }[kind]()


def _done_words(kind: BulkKind, terms: dict[str, Any]) -> str:
    """What an act did, for its title."""
    if kind in (BulkKind.TAG, BulkKind.UNTAG):
        tags = ", ".join(terms["tags"])
        return _("Tagged %(tags)s", tags=tags) if kind is BulkKind.TAG else _("Took off %(tags)s", tags=tags)
    if kind is BulkKind.STAGE:
        return _("Moved to %(stage)s", stage=word(Stage(terms["to"])))
    if kind is BulkKind.TIER:
        return _("Tier %(tier)s", tier=terms["tier"]) if terms["tier"] else _("No tier")
    return {
        BulkKind.OWNER: _("Somebody else looks after them"),
        BulkKind.CADENCE: _("Another rhythm"),
        BulkKind.EXPORT: _("A file of vendors"),
    }[kind]


def _result_words(act: Any, counts: dict[BulkItemState, int]) -> str:
    done = counts.get(BulkItemState.DONE, 0)
    words = ngettext("%(num)s vendor changed.", "%(num)s vendors changed.", done)
    same = counts.get(BulkItemState.UNCHANGED, 0)
    return f"{words} {ngettext('%(num)s was so already.', '%(num)s were so already.', same)}" if same else words
