"""Imports: vendors from a file."""

from typing import Any

from crm.api.fields import TEXTS_LENGTH, AskedFlag, Body, Instant, Line, Many, Of, Pick, Shown, Texts, Whole, number
from crm.api.gate import NOTHING, Answer, Call, Noun
from crm.api.paging import asking, paged, several, step
from crm.core import limits
from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, workspace_session
from crm.domain import import_whole, imports
from crm.domain.import_running import DoubleChoice
from crm.domain.import_whole import COUNTS, Sent
from crm.domain.permissions import Act
from crm.models.enums import ImportState
from crm.queries import custom_fields
from crm.queries import imports as reading
from crm.web.installation import installation

noun = Noun("imports", "Vendors from a file: CSV, XLSX or vCard.")


class Counts(Shown):
    """What an import came to, or a trial would. The last four add up to the rows."""

    rows = Whole()
    created = Whole()
    updated = Whole()
    unchanged = Whole()
    failed = Whole()


class ImportShown(Shown):
    """A file on its way into the business."""

    id = number()
    file_name = Line(most=limits.FILE_NAME_LENGTH)
    state = Pick(ImportState, "After a trial checked, after an import done.")
    counts = Of(Counts)
    ignored_columns = Many(Line(), "The columns that hold something and go into no field.")
    error = Line()
    created_at = Instant()
    created_by = number(allow_none=True)
    finished_at = Instant(allow_none=True)


_HOW: dict[str, Any] = {
    "mapping": Texts(
        'JSON, {"column in the file": "field"}; without it the columns are guessed.', example='{"Supplier": "name"}'
    ),
    "dry_run": AskedFlag("Only say what would happen. The file is kept for a day, to be run."),
    "doubles": Pick(DoubleChoice, "What happens to rows that look like a vendor who is here."),
}
NewImport = type("NewImport", (Body,), dict(_HOW))
ImportAsked = type("ImportAsked", (Body,), {**_HOW, "file_name": Line(most=limits.FILE_NAME_LENGTH)})


class Running(Body):
    """How a tried import is run."""

    doubles = Pick(DoubleChoice, "What happens to rows that look like a vendor who is here.")


@noun.get(
    "/imports",
    asks=asking("Imports", reading.SORTS, state=Pick(ImportState)),
    gives=several(ImportShown),
    policy=Act.IMPORT,
)
def index(call: Call) -> Answer:
    """Lists imports."""
    exact = {"state": call.asked["state"]} if "state" in call.asked else {}
    found = reading.listed(call.session, step(call, "imports"), words=call.asked["q"], **exact)
    return paged(call, "imports", found, [_shown(row) for row in found.rows])


@noun.get("/imports/<int:import_id>", gives=ImportShown, policy=Act.IMPORT)
def show(call: Call, import_id: int) -> Answer:
    """Shows one import with its counts."""
    return Answer(_shown(imports.find(call.session, import_id)))


@noun.post(
    "/imports",
    Act.IMPORT,
    takes=NewImport,
    asks=ImportAsked,
    gives=ImportShown,
    files=True,
    body_bytes=limits.IMPORT_PAGE_BYTES + 2 * TEXTS_LENGTH,
)
def create(call: Call) -> Answer:
    """Imports a file, sent in a form or as text/csv; with `dry_run` it only says what would happen.

    In a form, how it is imported stands in the form; with text/csv in the query.
    """
    if call.file is None:
        raise Refused(lazy("Choose a file"), field="file")
    said = {**call.asked, **call.body}
    sent = Sent(
        content=call.file.stream,  # type: ignore[arg-type]
        name=said.get("file_name") or call.file.filename or "",
        mapping=said.get("mapping"),
        doubles=said.get("doubles", DoubleChoice.FILL),
        is_trial=said.get("dry_run", False),
    )
    with _peek(call) as known:
        fields = custom_fields.fields(known)
    row = import_whole.take(call.session, sent, by=call.member, fields=fields, folder=call.settings.uploads)
    return Answer(_shown(row), location=f"/imports/{row.id}")


@noun.post("/imports/<int:import_id>/run", Act.IMPORT, takes=Running, gives=ImportShown, status=200)
def run(call: Call, import_id: int) -> Answer:
    """Runs an import that was tried."""
    doubles, folder = call.body.get("doubles", DoubleChoice.FILL), call.settings.uploads
    with _peek(call) as known:
        row = import_whole.run(call.session, import_id, known=known, by=call.member, doubles=doubles, folder=folder)
    return Answer(_shown(row))


@noun.delete("/imports/<int:import_id>", Act.IMPORT, matches=False)
def destroy(call: Call, import_id: int) -> Answer:
    """Forgets an import that was not run, with its file."""
    imports.discard(imports.find(call.session, import_id), by=call.member, folder=call.settings.uploads)
    return NOTHING


def _peek(call: Call) -> WorkspaceSession:
    """A reading session beside the writing one, which nobody has to wait for while a file is read."""
    return workspace_session(installation().engine, call.member.workspace_id, writing=False)


def _shown(row: Any) -> dict[str, Any]:
    names = [name for name in ImportShown().fields if name not in ("counts", "ignored_columns")]
    counts = {name: row.counts.get(name, 0) for name in COUNTS}
    ignored = row.counts.get("ignored_columns", [])
    return {**{name: getattr(row, name) for name in names}, "counts": counts, "ignored_columns": ignored}
