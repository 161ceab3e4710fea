"""Trust scores as programs see them: beside a vendor, where they are asked for."""

from typing import Any

from crm.api.fields import Flag, Many, Of, Part, Pick, Shape, Shown
from crm.api.gate import Call
from crm.domain import trust_scores
from crm.domain.trust_scores import Band, Seen
from crm.models.enums import Dimension
from crm.queries import trust_entries


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
    counts_private = Flag("Whether entries that not everybody may read are counted in.")
    open_breach = Flag("A major mark against their word that nothing has mended yet.")


def of_vendor(call: Call, vendor_id: int) -> dict[str, Any]:
    """The scores of a vendor, from the entries that this reader may read."""
    entries = trust_entries.counted(call.session, vendor_id, reader=call.member)
    found = trust_scores.trust(
        [Seen(each.dimension, each.direction, each.weight, each.occurred_on) for each in entries], call.today
    )
    return {
        **{dimension.value: score for dimension, score in found.by_dimension.items()},
        "headline": found.headline,
        "headline_dimension": found.weakest,
        "without_evidence": found.unknown,
        "counts_private": any(each.is_private for each in entries),
        "open_breach": any(each.is_open_breach for each in entries),
    }
