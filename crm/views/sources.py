"""Where vendors came from, and which sources bring those who stay."""

import io
from collections.abc import Iterator

from flask import request, send_file

from crm.core.csv_files import write_rows
from crm.core.i18n import _
from crm.domain import sources
from crm.domain.permissions import Act
from crm.domain.sources import REFERRED, Order, Share, Source
from crm.web.gate import Pages, Visit
from crm.web.replies import AnyReply, Raw, page

pages = Pages("sources")


@pages.get("/sources", Act.SEE)
def index(visit: Visit) -> AnyReply:
    """Every source with what came of it; ``?order=…`` orders them."""
    typed = request.args.get("order", "")
    order = Order(typed) if typed in list(Order) else Order.VENDORS
    found, unknown = sources.figures(visit.session, visit.workspace.today)
    best = next((source for source in sources.ordered(found, Order.KEPT) if source.kept.percent), None)
    return page(
        "sources/index.html",
        rows=sources.ordered(found, order),
        by=Order,
        order=order,
        unknown=unknown,
        best=best,
        referred=REFERRED,
        fewest=sources.FEWEST,
    )


@pages.get("/sources.csv", Act.SEE)
def file(visit: Visit) -> AnyReply:
    """The same as a table for spreadsheets."""
    found, _unknown = sources.figures(visit.session, visit.workspace.today)
    out = io.BytesIO()
    write_rows(out, _table(found))
    out.seek(0)
    return Raw(lambda: send_file(out, mimetype="text/csv", as_attachment=True, download_name="sources.csv", etag=False))


def _table(found: list[Source]) -> Iterator[tuple[str, ...]]:
    yield (
        _("How found"),
        _("Vendors"),
        _("Had a trial task"),
        _("Trial task ended with a verdict"),
        _("Passed"),
        _("Pass rate in percent"),
        _("Active half a year ago or before"),
        _("Kept beyond 6 months"),
        _("Kept in percent"),
    )
    for source in found:
        name = _("Referred") if source.key == REFERRED else source.name
        yield (name, str(source.vendors), str(source.tried), *_cells(source.passed), *_cells(source.kept))


def _cells(share: Share) -> tuple[str, str, str]:
    return (str(share.of), str(share.some), str(share.percent)) if share.is_told else (str(share.of), "", "")
