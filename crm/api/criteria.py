"""Criteria: what the business values in those it works with, by rank. They are kept on the page of values."""

from typing import Any

from crm.api.fields import AskedFlag, Flag, Line, Shown, Whole, number
from crm.api.gate import Answer, Call, Noun
from crm.api.paging import asking, paged, several, step
from crm.core import limits
from crm.domain import criteria
from crm.queries import ratings as reading

noun = Noun("criteria", "What the business values in those it works with, by rank; ratings are given by these.")

CriterionShown = type(
    "Criterion",
    (Shown,),
    {
        "id": number(),
        "name": Line(most=limits.NAME_LENGTH),
        "position": Whole("Its place in the ranking, 0 the most important."),
        "weight": Whole(
            "Ten-thousandths that stand in for the weight of its rank.", most=criteria.WHOLE, allow_none=True
        ),
        "is_must": Flag("Whether it cannot be traded for anything else."),
        "threshold": Whole(
            "Of a must-have: the rating that it takes.", least=criteria.LEAST, most=criteria.MOST, allow_none=True
        ),
        "is_closed": Flag("Whether it counts no longer."),
        "version": Whole(least=1),
    },
)


@noun.get(
    "/criteria",
    asks=asking("Criteria", reading.CRITERIA_SORTS, "position", is_open=AskedFlag("Those that count.")),
    gives=several(CriterionShown),
)
def index(call: Call) -> Answer:
    """Lists what the business values, what counts no longer too."""
    exact = {"is_open": call.asked["is_open"]} if "is_open" in call.asked else {}
    found = reading.listed_criteria(call.session, step(call, "criteria"), words=call.asked["q"], **exact)
    return paged(call, "criteria", found, [_shown(row) for row in found.rows])


@noun.get("/criteria/<int:criterion_id>", gives=CriterionShown)
def show(call: Call, criterion_id: int) -> Answer:
    """Shows one of them."""
    row = criteria.find(call.session, criterion_id)
    return Answer(_shown(row), mark=row.version)


def _shown(row: Any) -> dict[str, Any]:
    names = [name for name in CriterionShown().fields if name != "is_closed"]
    return {**{name: getattr(row, name) for name in names}, "is_closed": row.archived_at is not None}
