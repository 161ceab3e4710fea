"""Two to four vendors side by side: what each gives, what each lacks, and how firm the lead is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession
from crm.domain import criteria, fit
from crm.domain.fit import Fit, Rated, Swap, TradeOff
from crm.models.enums import Stage
from crm.models.ratings import Criterion
from crm.models.vendors import Vendor
from crm.queries import ratings
from crm.queries.ratings import RatingRow

FEWEST, MOST = 2, 4


@dataclass(frozen=True, slots=True)
class Missed:
    """A must-have that a vendor falls short of; ``value`` is None where nobody has rated it."""

    criterion: str
    threshold: int
    value: float | None


@dataclass(frozen=True, slots=True)
class Compared:
    """One of the vendors: its values by criterion, its fit, the must-haves it misses, who is better throughout, and
    when it works."""

    vendor_id: int
    name: str
    stage: Stage
    values: dict[int, float]
    fit: Fit
    missed: list[Missed]
    dominated_by: list[int]
    time_zone: str
    working_hours: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """The criteria with their weights, the vendors in the order asked for, and what follows."""

    criteria: list[Criterion]
    weights: dict[int, float]
    vendors: list[Compared]
    trade_offs: list[TradeOff]
    leader: int | None
    swaps: list[Swap]

    @property
    def placed(self) -> list[Compared]:
        """Those whose fit is shown: one of them may lead."""
        return [each for each in self.vendors if each.fit.is_shown]


def compare(
    session: WorkspaceSession, vendor_ids: Sequence[int], *, today: date, need_id: int | None = None
) -> Comparison:
    """Compare vendors, by the weights of a need where one is given.

    Raises :class:`Refused` for fewer than two or more than four, :class:`Missing` for a vendor of nowhere.
    """
    wanted = list(dict.fromkeys(vendor_ids))
    if not FEWEST <= len(wanted) <= MOST:
        raise Refused(lazy("Choose two to four."), field="vendor_ids")
    rows = {row.id: row for row in session.scalars(select(Vendor).where(Vendor.id.in_(wanted)))}
    if len(rows) != len(wanted):
        raise Missing
    ranked = criteria.ranked(session)
    weighing = fit.weights([row.id for row in ranked], criteria.own_weights(session, need_id))
    given = ratings.by_vendor(session, wanted)
    rated = {vendor_id: values_of(given[vendor_id], today) for vendor_id in wanted}
    counts = {vendor_id: len(given[vendor_id]) for vendor_id in wanted}
    return Comparison(
        criteria=ranked,
        weights=weighing,
        vendors=[
            Compared(
                vendor_id=vendor_id,
                name=rows[vendor_id].name,
                stage=rows[vendor_id].stage,
                values=rated[vendor_id],
                fit=fit.fit(weighing, rated[vendor_id], ratings=counts[vendor_id]),
                missed=missed(ranked, rated[vendor_id]),
                dominated_by=[other for other in wanted if fit.dominates(rated[other], rated[vendor_id])],
                time_zone=rows[vendor_id].time_zone,
                working_hours=rows[vendor_id].working_hours,
            )
            for vendor_id in wanted
        ],
        trade_offs=fit.trade_offs(weighing, rated),
        leader=fit.leader(weighing, rated, counts),
        swaps=fit.swaps(weighing, rated, counts),
    )


def values_of(given: Iterable[RatingRow], today: date) -> dict[int, float]:
    """What a vendor is rated at, by criterion."""
    return fit.values([Rated(each.criterion_id, each.rater_id, each.value, each.rated_on) for each in given], today)


def missed(ranked: Sequence[Criterion], rated: fit.Values) -> list[Missed]:
    """The must-haves that are not reached, or not rated yet."""
    musts = [(row, rated.get(row.id)) for row in ranked if row.is_must and row.threshold is not None]
    return [
        Missed(row.name, row.threshold, value)
        for row, value in musts
        if row.threshold is not None and (value is None or value < row.threshold)
    ]
