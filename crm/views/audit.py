"""The audit log: for those who manage the business, by kind and person, as a page and as a table."""

import io
from collections.abc import Iterator
from typing import Any

from flask import request, send_file

from crm.core import limits
from crm.core.csv_files import write_rows
from crm.core.i18n import _
from crm.domain import audit
from crm.domain.permissions import Act
from crm.forms.audit import KeepingForm
from crm.models.enums import AuditKind
from crm.models.vocabulary import word
from crm.queries import audit as reading
from crm.queries import members
from crm.queries.audit import AuditLine
from crm.web import audit_words
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, Raw, page, refusal, see

pages = Pages("audit")


@pages.get("/audit", Act.MANAGE)
def index(visit: Visit) -> AnyReply:
    """What happened, the newest first."""
    return page("audit/index.html", **_shown(visit, _keeping(visit)))


@pages.get("/audit.csv", Act.MANAGE)
def table(visit: Visit) -> AnyReply:
    """All that the filter leaves, for spreadsheets."""
    kind, user_id = _filter(visit)
    out = io.BytesIO()
    write_rows(out, _rows(reading.everything(visit.session, kind=kind, user_id=user_id)))
    out.seek(0)
    name = f"{visit.workspace.slug}-audit.csv"
    return Raw(lambda: send_file(out, mimetype="text/csv", as_attachment=True, download_name=name, etag=False))


@pages.post("/audit/keeping", Act.OWN, fresh=True)
def keep(visit: Visit) -> AnyReply:
    """How long the lines are kept."""
    form = KeepingForm(typed())
    if carries_out(form, lambda: audit.keep(visit.session, by=visit.member, days=form.days.data or 0)):
        return see("audit.index", toast=_("Saved how long the log is kept."))
    return refusal("audit/index.html", **_shown(visit, form))


def _keeping(visit: Visit) -> KeepingForm:
    return KeepingForm(None, data={"days": visit.workspace.audit_days})


def _filter(visit: Visit) -> tuple[AuditKind | None, int | None]:
    kind = next((one for one in AuditKind if one.value == request.args.get("kind")), None)
    asked = request.args.get("who", type=int)
    people = members.members_of(visit.session, visit.workspace.id)
    return kind, next((one.user_id for one in people if one.user_id == asked), None)


def _shown(visit: Visit, form: KeepingForm) -> dict[str, Any]:
    kind, user_id = _filter(visit)
    number = max(1, request.args.get("page", 1, type=int))
    rows = reading.page_of(
        visit.session,
        kind=kind,
        user_id=user_id,
        offset=min(number - 1, 10_000) * limits.PAGE_ROWS,
        limit=limits.PAGE_ROWS + 1,
    )
    return {
        "rows": [(row, audit_words.what(row)) for row in rows[: limits.PAGE_ROWS]],
        "number": number,
        "has_more": len(rows) > limits.PAGE_ROWS,
        "kind": kind,
        "kinds": sorted(AuditKind, key=word),
        "who": user_id,
        "people": members.members_of(visit.session, visit.workspace.id),
        "form": form,
        "owns": visit.may(Act.OWN),
    }


def _rows(lines: Iterator[AuditLine]) -> Iterator[list[str]]:
    yield [_("When (UTC)"), _("What"), _("Who"), _("About"), _("Address")]
    for line in lines:
        moment = line.happened_at.strftime("%Y-%m-%d %H:%M:%S")
        yield [moment, word(line.kind), line.who or "", audit_words.what(line), line.address]
