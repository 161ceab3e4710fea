"""How far a vendor is trusted, and how that came about: the chart, its table, and what moved it."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from flask import request, send_file

from crm.core.csv_files import write_rows
from crm.core.i18n import _
from crm.domain import trust_figures
from crm.domain.permissions import Act
from crm.domain.trust_figures import Figure
from crm.domain.trust_scores import Trust
from crm.models.enums import Dimension, Level
from crm.models.vocabulary import word
from crm.queries import decision_areas, profiles
from crm.queries import trust_figures as reading
from crm.queries.trust_figures import EntryRow
from crm.web import hint_lines, trust_charts
from crm.web import trust_figures as figures
from crm.web.gate import Pages, Visit
from crm.web.replies import AnyReply, Raw, page
from crm.web.trust_charts import Moved, Over

pages = Pages("trust_figures")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the chart is to show: how far back, and which dimension (None: the headline)."""

    over: Over
    of: Dimension | None

    @property
    def values(self) -> dict[str, str]:
        """For an address."""
        of = {"of": self.of.value} if self.of else {}
        return of if self.over is Over.ALL else of | {"over": self.over.value}


@pages.get("/vendors/<int:vendor_id>/trust", Act.SEE)
def show(visit: Visit, vendor_id: int) -> AnyReply:
    """The figure in a sentence, its chart, what moved it, and what has been handed over."""
    vendor, asked, read = profiles.vendor(visit.session, vendor_id), _asked(), _read(visit, vendor_id)
    team = profiles.team(visit.session, reader=visit.member)
    moved = read.movers(asked)
    told = reading.told(visit.session, [each.entry.id for each in moved], reader=visit.member)
    chart = trust_charts.chart(read.entries, read.days(asked), moved, told, asked.of)
    return page(
        "trust_figures/show.html",
        vendor=vendor,
        figure=read.figure,
        asked=asked,
        chart=chart,
        grid=[(value, trust_charts.height(value)) for value in trust_charts.GRID],
        by_month=trust_charts.by_month(chart),
        may_work=visit.may(Act.WORK),
        today=visit.workspace.today,
        figures=figures,
        sides=list(Dimension),
        open_rows=[row for row in decision_areas.areas_of(visit.session, vendor_id) if row.area.closed_at is None],
        accesses_of={},
        levels=[(level.value, word(level)) for level in Level],
        team=team,
        around=hint_lines.on_board(visit.session, vendor, reader=visit.member, team=team),
    )


@pages.get("/vendors/<int:vendor_id>/trust.csv", Act.SEE)
def file(visit: Visit, vendor_id: int) -> AnyReply:
    """The points of the chart as a table for spreadsheets."""
    profiles.vendor(visit.session, vendor_id)
    asked, read = _asked(), _read(visit, vendor_id)
    days = read.days(asked)
    out = io.BytesIO()
    write_rows(out, _table(days, read.figure.history(days)))
    out.seek(0)
    return Raw(lambda: send_file(out, mimetype="text/csv", as_attachment=True, download_name="trust.csv", etag=False))


@dataclass(frozen=True, slots=True)
class _Read:
    """A vendor's trust as the reader may know it."""

    figure: Figure
    entries: list[EntryRow]

    def first_day(self, asked: _Asked) -> date:
        return trust_charts.first_day(self.figure.on, self.entries, asked.over)

    def movers(self, asked: _Asked) -> list[Moved]:
        return trust_charts.movers(self.entries, asked.of, self.first_day(asked))

    def days(self, asked: _Asked) -> list[date]:
        return trust_charts.days_of(self.first_day(asked), self.figure.on, self.movers(asked))


def _read(visit: Visit, vendor_id: int) -> _Read:
    today = visit.workspace.today
    log = reading.logs(visit.session, [vendor_id], reader=visit.member).get(vendor_id)
    entries = reading.entries(visit.session, vendor_id, reader=visit.member)
    return _Read(trust_figures.figure(log, today), trust_charts.until(entries, today))


def _asked() -> _Asked:
    over, of = request.args.get("over", ""), request.args.get("of", "")
    return _Asked(
        Over(over) if over in list(Over) else Over.ALL,
        Dimension(of) if of in list(Dimension) else None,
    )


def _table(days: list[date], found: list[Trust]) -> Iterator[tuple[str, ...]]:
    columns = (_("Trust"), _("At least"), _("At most"))
    sides = [f"{word(dimension)}: {column}" for dimension in Dimension for column in columns]
    yield (_("Day"), *columns, *sides)
    for day, trust in zip(days, found, strict=True):
        cells = [cell for of in (None, *Dimension) for cell in _cells(trust, of)]
        yield (day.isoformat(), *cells)


def _cells(trust: Trust, of: Dimension | None) -> tuple[str, str, str]:
    """A score with the ends of its interval; empty without enough evidence."""
    score = figures.shown(trust.known(of))
    return (str(score.points), str(score.low), str(score.high)) if score else ("", "", "")
