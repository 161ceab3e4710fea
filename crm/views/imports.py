"""Bringing vendors in from a file: choose it, match its columns, check for doubles, import, choose a rhythm."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from flask import Response, send_file

from crm.core import limits, uploads
from crm.core.errors import Missing
from crm.core.i18n import _, ngettext
from crm.core.tenancy import WorkspaceSession, workspace_session
from crm.domain import custom_fields as own_fields
from crm.domain import doubles, import_cadences, import_reading, imports, touches
from crm.domain.cadences import ResolvedCadence, resolve
from crm.domain.import_child import unpacked
from crm.domain.import_columns import ImportField
from crm.domain.import_merging import pay_in_words
from crm.domain.import_rows import VendorDraft, Why
from crm.domain.permissions import Act
from crm.forms.imports import FIELD_WORDS, ColumnsForm, DoublesForm, UploadForm, columns_form, doubles_form
from crm.forms.rhythms import RhythmBoxes
from crm.models import vocabulary
from crm.models.enums import CadenceChoice, ImportState, Stage, VendorKind
from crm.queries import custom_fields
from crm.queries import imports as import_queries
from crm.queries.custom_fields import Field
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.installation import installation
from crm.web.replies import AnyReply, Raw, page, refusal, see
from crm.web.rhythms import as_usual

pages = Pages("imports")
_PAST_SHOWN = 50
_FORM_BYTES = 64 * limits.KIB
"""What a form weighs besides its file."""


@pages.get("/imports", Act.IMPORT)
def index(visit: Visit) -> AnyReply:
    """The imports that were."""
    return page("imports/index.html", past=import_queries.past(visit.session, most=_PAST_SHOWN))


@pages.get("/imports/new", Act.IMPORT)
def new(visit: Visit) -> AnyReply:
    """Choose a file."""
    return page("imports/new.html", **_limits(), form=UploadForm(None))


@pages.post("/imports", Act.IMPORT, body_bytes=limits.IMPORT_PAGE_BYTES + _FORM_BYTES)
def create(visit: Visit) -> AnyReply:
    """Take the file in. It is looked at before anything is asked of the database, which would have to wait."""
    form = UploadForm(typed())
    made: list[int] = []

    def take() -> None:
        file = form.file.data
        folder = visit.settings.uploads
        with _peeking(visit) as session:
            own = imports.all_own(session)
        row = imports.upload(
            visit.session, by=visit.member, content=file.stream, name=file.filename or "", folder=folder, own=own
        )
        imports.drop_stale(visit.session, folder=folder)
        made.append(row.id)

    is_taken = carries_out(form, take)
    if form.file.data:
        form.file.data.close()
    if is_taken:
        return see("imports.columns", import_id=made[0])
    return refusal("imports/new.html", **_limits(), form=form)


@pages.get("/imports/<int:import_id>", Act.IMPORT)
def show(visit: Visit, import_id: int) -> AnyReply:
    """What an import brought; one that is not done leads to its next step."""
    row = imports.find(visit.session, import_id)
    if row.state is ImportState.UPLOADED:
        return see("imports.columns", import_id=import_id)
    if row.state is ImportState.CHECKED:
        return see("imports.check", import_id=import_id)
    return page("imports/show.html", **_result(visit, row))


@pages.get("/imports/<int:import_id>/columns", Act.IMPORT)
def columns(visit: Visit, import_id: int) -> AnyReply:
    """Where each column goes: guessed, and corrected here."""
    row = imports.find(visit.session, import_id)
    if "look" not in row.mapping:
        return see("imports.show", import_id=import_id)
    fields = custom_fields.fields(visit.session)
    return page("imports/columns.html", **_columns(row, _columns_form(visit, row, fields), fields, visit.workspace))


@pages.post("/imports/<int:import_id>/columns", Act.IMPORT)
def match(visit: Visit, import_id: int) -> AnyReply:
    """Match the columns, and see what the import would do."""
    with _peeking(visit) as session:
        known, fields = imports.find(session, import_id), custom_fields.fields(session)
    if "look" not in known.mapping:
        return see("imports.show", import_id=import_id)
    form = _columns_form(visit, known, fields, typed())

    def check_them() -> None:
        said = form.columns()
        folder = visit.settings.uploads
        with _peeking(visit) as session:
            own = imports.own_fields(session, said)
        with import_reading.reading(imports.original(known, folder), said, own) as reading:
            row = imports.find(visit.session, import_id)
            imports.check(row, by=visit.member, columns=said, reading=reading, folder=folder)

    if carries_out(form, check_them):
        return see("imports.check", import_id=import_id)
    return refusal("imports/columns.html", **_columns(known, form, fields, visit.workspace))


@pages.get("/imports/<int:import_id>/check", Act.IMPORT)
def check(visit: Visit, import_id: int) -> AnyReply:
    """What the import would do, and the rows that look like vendors who are here."""
    row = imports.find(visit.session, import_id)
    if row.state is not ImportState.CHECKED:
        return see("imports.show", import_id=import_id)
    return page("imports/check.html", **_check(row, _doubles_form(row)))


@pages.post("/imports/<int:import_id>/run", Act.IMPORT)
def run(visit: Visit, import_id: int) -> AnyReply:
    """Import."""
    with _peeking(visit) as session:
        known = imports.find(session, import_id)
        own = imports.own_fields(session, imports.told(known).columns)
    if known.state is not ImportState.CHECKED:
        return see("imports.show", import_id=import_id)
    form = _doubles_form(known, typed())

    def import_them() -> None:
        usually, by_line = form.choices()
        folder = visit.settings.uploads
        said = imports.told(known).columns
        with import_reading.reading(imports.original(known, folder), said, own) as reading:
            row = imports.find(visit.session, import_id)
            imports.carry_out(row, by=visit.member, reading=reading, usually=usually, by_line=by_line, folder=folder)

    if carries_out(form, import_them):
        return see("imports.show", import_id=import_id)
    return refusal("imports/check.html", **_check(known, form))


@pages.post("/imports/<int:import_id>/discard", Act.IMPORT)
def discard(visit: Visit, import_id: int) -> AnyReply:
    """Forget a file that was not imported."""
    row = imports.find(visit.session, import_id)
    imports.discard(row, by=visit.member, folder=visit.settings.uploads)
    return see("imports.index", toast=_("%(file)s is forgotten.", file=row.file_name))


@pages.post("/imports/<int:import_id>/cadence", Act.IMPORT)
def choose_cadence(visit: Visit, import_id: int) -> AnyReply:
    """Choose how often to be in touch with those who came."""
    row = imports.find(visit.session, import_id)
    if row.state is not ImportState.DONE:
        return see("imports.show", import_id=import_id)
    form = _cadence_form(visit, typed())
    given: list[int] = []

    def choose() -> None:
        given.append(import_cadences.choose(row, by=visit.member, rhythm=form.rhythm_chosen()))

    if carries_out(form, choose):
        words = ngettext("%(num)s vendor has a rhythm now.", "%(num)s vendors have a rhythm now.", given[0])
        return see("imports.show", import_id=import_id, toast=words if given[0] else _("No check-ins, for now."))
    return refusal("imports/show.html", **_result(visit, row, form))


@pages.get("/imports/<int:import_id>/left-out", Act.IMPORT)
def left_out(visit: Visit, import_id: int) -> AnyReply:
    """The rows left out, each with its reason, as a file."""
    row = imports.find(visit.session, import_id)
    if not row.failed_as:
        raise Missing
    path = uploads.place(visit.settings.uploads, row.failed_as)
    if not path.is_file():
        raise Missing(_("The file is no longer where it was kept."))
    name = f"{PurePath(row.file_name).stem}-left-out.csv"

    def make() -> Response:
        return send_file(path, mimetype="text/csv", as_attachment=True, download_name=name, etag=False)

    return Raw(make)


def _peeking(visit: Visit) -> WorkspaceSession:
    """What stands now. A file is read before the visit's own transaction begins, which others wait for."""
    return workspace_session(installation().engine, visit.session.workspace_id, writing=False)


def _limits() -> dict[str, Any]:
    return {"most_bytes": limits.IMPORT_PAGE_BYTES, "most_rows": limits.IMPORT_PAGE_ROWS}


def _columns_form(visit: Visit, row: Any, fields: Sequence[Field], formdata: Any = None) -> ColumnsForm:
    chosen = row.mapping.get("columns", {})
    return columns_form(_shown_columns(row), formdata, chosen, fields, may_add=visit.may(Act.MANAGE))


def _shown_columns(row: Any) -> list[dict[str, Any]]:
    """The columns worth asking about: those that hold something."""
    found: list[dict[str, Any]] = row.mapping["look"]["columns"]
    return [column for column in found if column["filled"]]


def _columns(row: Any, form: ColumnsForm, fields: Sequence[Field], workspace: Any) -> dict[str, Any]:
    look = row.mapping["look"]
    drafts = [unpacked(facts)[1] for facts in look["preview"]]
    return {
        "row": row,
        "form": form,
        "look": look,
        "columns": [(column, form[f"column_{column['index']}"]) for column in _shown_columns(row)],
        "matched": sum(1 for column in _shown_columns(row) if row.mapping["columns"].get(column["name"])),
        "preview": [(draft, _told(draft, fields, workspace)) for draft in drafts],
    }


def _told(draft: VendorDraft, fields: Sequence[Field], workspace: Any) -> list[tuple[str, str]]:
    """What a draft says besides, with the names of what it says: prices, and the business's own fields."""
    prices = [(_("Rate"), draft.rate), (_("Smallest job they take"), draft.minimum)]
    found = [(words, pay_in_words(pay)) for words, pay in prices if pay]
    known = {field.id: field for field in fields}
    for field_id, said in draft.custom:
        if field_id in known:
            value = own_fields.parse(known[field_id], said, currency=workspace.currency)
            found.append((known[field_id].name, own_fields.in_words(value, workspace.today)))
    return found


def _doubles_form(row: Any, formdata: Any = None) -> DoublesForm:
    return doubles_form([double["line"] for double in row.counts["check"]["shown"]], formdata)


def _check(row: Any, form: DoublesForm) -> dict[str, Any]:
    kept = row.counts["check"]
    return {
        "row": row,
        "form": form,
        "counts": row.counts,
        "kept": kept,
        "doubles": [_double(double, form) for double in kept["shown"]],
        "others": kept["doubles"] - len(kept["shown"]),
    }


_WHY = {
    Why.RECORD: lambda: _("this very vendor, by its record"),
    Why.NAME_AND_EMAIL: lambda: _("same name and e-mail"),
    Why.NAME_AND_WEBSITE: lambda: _("same name and website"),
    Why.NAME: lambda: _("same name"),
    Why.EMAIL: lambda: _("nearly the same name, same e-mail or its domain"),
    Why.WEBSITE: lambda: _("nearly the same name, same web domain"),
}


def _double(double: dict[str, Any], form: DoublesForm) -> dict[str, Any]:
    facts = [
        {
            **fact,
            "words": FIELD_WORDS[ImportField(fact["field"])],
            "have": _said(fact["field"], fact["have"]),
            "theirs": _said(fact["field"], fact["theirs"]),
        }
        for fact in double["facts"]
    ]
    return {**double, "facts": facts, "why": _WHY[Why(double["why"])](), "box": form[f"line_{double['line']}"]}


def _said(field: str, value: str) -> str:
    return vocabulary.word(VendorKind(value)) if field == ImportField.KIND and value else value


def _cadence_form(visit: Visit, formdata: Any = None) -> RhythmBoxes:
    usual = resolve(stage=Stage.PROSPECT, defaults=touches.cadence_defaults(visit.workspace))
    return RhythmBoxes(
        formdata,
        as_usual=as_usual(ResolvedCadence(usual.cadence, usual.source), tier=None),
        data={"rhythm": CadenceChoice.DEFAULT.value, "unit": "weeks"},
    )


def _result(visit: Visit, row: Any, form: RhythmBoxes | None = None) -> dict[str, Any]:
    return {
        "row": row,
        "counts": row.counts,
        "awaiting": import_queries.awaiting_count(visit.session, row.id),
        "alike": doubles.of_import(visit.session, row.id) if row.counts.get("created") else [],
        "form": form or _cadence_form(visit),
    }
