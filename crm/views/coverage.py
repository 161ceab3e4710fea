"""The coverage map: needs against vendors, where there are gaps, and what rests on one vendor alone."""

import io
from collections import defaultdict
from collections.abc import Iterator

from flask import request, send_file

from crm.core import limits
from crm.core.csv_files import write_rows
from crm.core.i18n import _
from crm.domain.permissions import Act
from crm.models import vocabulary
from crm.models.enums import Coverage, Stage
from crm.queries import categories as category_queries
from crm.queries import coverage
from crm.queries.coverage import Bearer, Cover, Wanted
from crm.web.gate import Pages, Visit
from crm.web.replies import AnyReply, Raw, page
from crm.web.ways import page_number

pages = Pages("coverage")

COLUMNS = (Stage.ACTIVE, Stage.TRIAL, Stage.PARKED, Stage.PROSPECT)
"""The stages in the order of the map: the nearest first."""
NAMED = 5
"""So many vendors are named in a cell, the rest are counted."""


@pages.get("/coverage", Act.SEE)
def show(visit: Visit) -> AnyReply:
    """A page of the map; ``?state=…`` shows the needs that stand so. The figures are of all needs."""
    needs = coverage.wanted(visit.session, limit=limits.NEEDS_MAPPED)
    tree = category_queries.tree(visit.session)
    covers = coverage.covers(visit.session, needs, tree)
    typed = request.args.get("state", "")
    state = Coverage(typed) if typed in list(Coverage) else None
    chosen = [need for need in needs if state in (None, covers[need.id].state)]
    number = page_number()
    first = (number - 1) * limits.PAGE_ROWS
    return page(
        "coverage/show.html",
        rows=chosen[first : first + limits.PAGE_ROWS],
        covers=covers,
        counts={each: sum(cover.state is each for cover in covers.values()) for each in Coverage},
        all_count=len(needs),
        state=state,
        stages=COLUMNS,
        named=NAMED,
        leaned_on=_leaned_on(needs, covers),
        tree=tree,
        number=number,
        is_last=first + limits.PAGE_ROWS >= len(chosen),
        may_work=visit.may(Act.WORK),
    )


@pages.get("/coverage.csv", Act.SEE)
def file(visit: Visit) -> AnyReply:
    """The whole map as a table for spreadsheets, a row for each need."""
    needs = coverage.wanted(visit.session, limit=limits.NEEDS_MAPPED)
    tree = category_queries.tree(visit.session)
    covers = coverage.covers(visit.session, needs, tree)
    out = io.BytesIO()
    write_rows(out, _table(needs, covers, tree))
    out.seek(0)
    return Raw(
        lambda: send_file(out, mimetype="text/csv", as_attachment=True, download_name="coverage.csv", etag=False)
    )


def _leaned_on(needs: list[Wanted], covers: dict[int, Cover]) -> list[tuple[Bearer, list[Wanted]]]:
    """The vendors that something rests on alone, with what it is: those with most of it first."""
    found: defaultdict[Bearer, list[Wanted]] = defaultdict(list)
    for need in needs:
        bearer = covers[need.id].rests_on
        if bearer is not None:
            found[bearer].append(need)
    return sorted(found.items(), key=lambda each: (-len(each[1]), each[0].name.casefold(), each[0].id))


def _table(needs: list[Wanted], covers: dict[int, Cover], tree: category_queries.Tree) -> Iterator[tuple[str, ...]]:
    stages = [vocabulary.word(stage) for stage in COLUMNS]
    yield (_("Need"), _("Where it stands"), _("What kind of work"), _("How it is covered"), *stages)
    for need in needs:
        cover, node = covers[need.id], tree.node(need.category_id)
        names = ["; ".join(each.name for each in cover.of(stage)) for stage in COLUMNS]
        kind = node.words if node else ""
        yield (need.outcome, vocabulary.word(need.status), kind, vocabulary.word(cover.state), *names)
