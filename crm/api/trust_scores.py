"""Trust scores as programs see them: beside a vendor, where they are asked for."""

from typing import Any

from crm.api.fields import Day, Flag, Many, Of, Part, Pick, Shape, Shown, Whole
from crm.api.gate import Call
from crm.domain import trust_figures
from crm.domain.trust_scores import Band
from crm.models.enums import Dimension
from crm.queries import trust_figures as reading


class Figure(Part):
    """A figure from 0 up."""

    def shape(self) -> Shape:
        return {"type": "number", "minimum": 0}

    def _serialize(self, value: Any, *_rest: Any, **_more: Any) -> float | None:
        return None if value is None else round(value, 4)


class Score(Shown):
    """One side of trust."""

    value = Figure("From 0 to 1.")
    evidence = Figure("What it rests on; below 2 it says nothing yet.")
    low = Figure("The lower end of the 80 % credible interval.")
    high = Figure("Its upper end.")
    band = Pick(Band)


class Trust(Shown):
    """How far a vendor is trusted."""

    ability = Of(Score)
    benevolence = Of(Score)
    integrity = Of(Score)
    headline = Figure("The lowest value among those with enough evidence; null where none has.", allow_none=True)
    headline_dimension = Pick(Dimension, "Whose value the headline is.", allow_none=True)
    without_evidence = Many(Pick(Dimension), "What there is not enough evidence for.")
    coverage = Whole("The notes that it rests on: those that stand and that this reader may read.")
    last_on = Day("The day of the latest of them.", allow_none=True)
    counts_private = Flag("Whether entries that not everybody may read are counted in.")
    open_breach = Flag("A major mark against their word that nothing has mended yet.")


def of_vendor(call: Call, vendor_id: int) -> dict[str, Any]:
    """The scores of a vendor, from the entries that this reader may read."""
    log = reading.logs(call.session, [vendor_id], reader=call.member).get(vendor_id)
    figure = trust_figures.figure(log, call.today)
    found = figure.trust
    return {
        **{dimension.value: score for dimension, score in found.by_dimension.items()},
        "headline": found.headline,
        "headline_dimension": found.weakest,
        "without_evidence": found.unknown,
        "coverage": figure.notes,
        "last_on": figure.last_on,
        "counts_private": figure.counts_private,
        "open_breach": figure.has_open_breach,
    }
