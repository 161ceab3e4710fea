"""Vendors side by side."""

from typing import Any

from flask import request

from crm.domain import comparisons
from crm.domain import needs as needs_domain
from crm.domain.comparisons import Comparison
from crm.domain.permissions import Act
from crm.models import vocabulary
from crm.queries import needs
from crm.queries import ratings as reading
from crm.web import shared_hours
from crm.web.gate import Pages, Visit
from crm.web.replies import AnyReply, page
from crm.web.shared_hours import HoursLine

pages = Pages("comparisons")


@pages.get("/compare", Act.SEE)
def show(visit: Visit) -> AnyReply:
    """Two to four vendors that the address names, by the weights of a need if it names one; and whom to choose from."""
    ticked, need_id = list(dict.fromkeys(_numbers("vendor"))), next(iter(_numbers("need")), None)
    chosen = ticked[: comparisons.MOST]
    open_needs = needs.to_choose_from(visit.session)
    need = needs_domain.find(visit.session, need_id) if need_id is not None else None
    if need is not None and need_id not in [row.id for row in open_needs]:
        open_needs = [needs.Choice(need.id, need.outcome), *open_needs]  # one that is filled, or far down the list
    found = _compared(visit, chosen, need_id)
    return page(
        "comparisons/show.html",
        found=found,
        names={each.vendor_id: each.name for each in found.vendors} if found else {},
        hours=_hours(visit, found) if found else {},
        criteria={each.id: each.name for each in found.criteria} if found else {},
        chosen=chosen,
        is_too_many=len(ticked) > comparisons.MOST,
        is_one_alone=len(ticked) == 1,
        need_id=need_id,
        needs=open_needs,
        rated=reading.rated_vendors(visit.session, also=chosen),
        anchors=vocabulary.ratings(),
        most=comparisons.MOST,
        **_worth_a_word(visit, need if found else None, chosen),
        may_work=visit.may(Act.WORK),
        may_manage=visit.may(Act.MANAGE),
    )


def _hours(visit: Visit, found: Comparison) -> dict[int, HoursLine]:
    """How long each of them works at the same time as the business."""
    return {
        each.vendor_id: shared_hours.line(each.vendor_id, each, visit.workspace, today=visit.workspace.today)
        for each in found.vendors
    }


def _worth_a_word(visit: Visit, need: Any, chosen: list[int]) -> dict[str, Any]:
    """What to know before one of them is chosen for a need."""
    if need is None:
        return {"concerns": [], "about": {}, "meter": None}
    first = needs.prerequisites(visit.session, [need.id])[need.id]
    return {
        "concerns": needs_domain.concerns(need, unmet=sum(not each.is_met for each in first)),
        "about": needs_domain.concerns_about(visit.session, need, chosen),
        "meter": needs_domain.meter(need),
    }


def _compared(visit: Visit, chosen: list[int], need_id: int | None) -> Comparison | None:
    if len(set(chosen)) < comparisons.FEWEST:
        return None
    return comparisons.compare(visit.session, chosen, today=visit.workspace.today, need_id=need_id)


def _numbers(name: str) -> list[int]:
    typed = request.args.getlist(name)
    return [int(each) for each in typed if each.isascii() and each.isdigit() and len(each) < 19]
