"""What the business can learn from its own log: so far, how well it keeps in touch."""

import io
from collections.abc import Iterable, Iterator
from datetime import date

from flask import send_file

from crm.core import limits
from crm.core.csv_files import write_rows
from crm.core.dates import add_months
from crm.core.i18n import _
from crm.domain.permissions import Act
from crm.models.vocabulary import word
from crm.queries import check_ins, profiles
from crm.queries.check_ins import Kept, MonthRow, NamedRow
from crm.web.gate import Pages, Visit
from crm.web.replies import AnyReply, Raw, page
from crm.web.ways import page_number

pages = Pages("insights")

MONTHS = 12


@pages.get("/insights", Act.SEE)
def index(visit: Visit) -> AnyReply:
    """A year of check-ins by month, by person and by vendor."""
    today = visit.workspace.today
    since, number = _since(today), page_number()
    rows = check_ins.by_vendor(
        visit.session,
        since=since,
        today=today,
        limit=limits.PAGE_ROWS + 1,
        offset=(number - 1) * limits.PAGE_ROWS,
    )
    months = _whole_year(check_ins.by_month(visit.session, since=since, today=today), since)
    return page(
        "insights/index.html",
        today=today,
        months=months,
        most=max(row.counts.came_due for row in months),
        total=_total(months),
        people=check_ins.by_person(visit.session, since=since, today=today),
        vendors=rows[: limits.PAGE_ROWS],
        number=number,
        is_last=len(rows) <= limits.PAGE_ROWS,
        may_own=visit.may(Act.OWN),
    )


@pages.get("/insights/check-ins.csv", Act.SEE)
def check_ins_file(visit: Visit) -> AnyReply:
    """The same year as a table for spreadsheets, a row for each vendor."""
    today = visit.workspace.today
    rows = check_ins.by_vendor(visit.session, since=_since(today), today=today)
    out = io.BytesIO()
    write_rows(out, _table(rows))
    out.seek(0)
    return Raw(
        lambda: send_file(out, mimetype="text/csv", as_attachment=True, download_name="check-ins.csv", etag=False)
    )


@pages.get("/vendors/<int:vendor_id>/check-ins", Act.SEE)
def vendor(visit: Visit, vendor_id: int) -> AnyReply:
    """A year of check-ins with one vendor, each with how it went."""
    today = visit.workspace.today
    known = profiles.vendor(visit.session, vendor_id)
    rows = check_ins.of_vendor(visit.session, vendor_id, since=_since(today), today=today)
    return page("insights/vendor.html", vendor=known, rows=rows, total=check_ins.ends(rows), today=today)


def _since(today: date) -> date:
    """The first day of the month eleven months ago: twelve months with the present one."""
    return add_months(today.replace(day=1), 1 - MONTHS)


def _whole_year(rows: Iterable[MonthRow], since: date) -> list[MonthRow]:
    found = {row.month: row.counts for row in rows}
    months = [add_months(since, step) for step in range(MONTHS)]
    return [MonthRow(month, found.get(month, Kept())) for month in months]


def _total(rows: Iterable[MonthRow]) -> Kept:
    counts = [row.counts for row in rows]
    return Kept(
        kept=sum(each.kept for each in counts),
        late=sum(each.late for each in counts),
        missed=sum(each.missed for each in counts),
        ahead=sum(each.ahead for each in counts),
    )


def _table(rows: Iterable[NamedRow]) -> Iterator[tuple[str, ...]]:
    yield (_("Vendor"), _("Came due"), *(word(end) for end in check_ins.ORDER))
    for row in rows:
        yield (row.name, str(row.counts.came_due), *(str(row.counts.of(end)) for end in check_ins.ORDER))
