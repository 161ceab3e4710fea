"""Medians and percentiles, and what is kept of a measurement."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed. 0 for no values."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[max(0, -(-int(share * 1_000) * len(ordered) // 1_000) - 1)]


def middle(values: Sequence[float | None]) -> float | None:
    """The median of what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return median(known) if known else None


@dataclass(frozen=True, slots=True)
class Round:
    """One round of one operation. Milliseconds; CPU is the server's, for one request."""

    p50: float
    p95: float
    cpu: float | None
    bare: float | None
    """CPU of the bare page, measured right before."""
    failures: int
    rates: dict[int, float] = field(default_factory=dict)
    """Requests a second by the number of clients at once."""

    @property
    def ratio(self) -> float | None:
        """CPU in bare pages."""
        return self.cpu / self.bare if self.cpu is not None and self.bare else None


@dataclass(frozen=True, slots=True)
class Timing:
    """The medians of an operation's rounds. Failures are added up."""

    p50_ms: float
    p95_ms: float
    cpu_ms: float | None
    bare_ms: float | None
    ratio: float | None
    failures: int
    rates: dict[str, float]


def timing(rounds: Sequence[Round]) -> Timing:
    """What is said of an operation after its rounds."""
    clients = sorted({count for each in rounds for count in each.rates})
    return Timing(
        p50_ms=median(each.p50 for each in rounds),
        p95_ms=median(each.p95 for each in rounds),
        cpu_ms=middle([each.cpu for each in rounds]),
        bare_ms=middle([each.bare for each in rounds]),
        ratio=middle([each.ratio for each in rounds]),
        failures=sum(each.failures for each in rounds),
        rates={str(count): median(each.rates[count] for each in rounds) for count in clients},
    )
