"""Trust as pages show it, in words: how high, how sure, resting on what, and how it has changed."""

from dataclasses import dataclass
from datetime import date, timedelta

from crm.core import formats
from crm.core.dates import add_months
from crm.core.i18n import LazyText, _, lazy, ngettext
from crm.domain import trust_figures
from crm.domain.trust_figures import Figure
from crm.domain.trust_scores import Band, Score
from crm.models.vocabulary import word

BANDS: dict[Band, LazyText] = {
    Band.NOT_ENOUGH_EVIDENCE: lazy("Not enough to go on yet"),
    Band.LOW: lazy("Low"),
    Band.MIXED: lazy("Mixed"),
    Band.GOOD: lazy("Good"),
    Band.HIGH: lazy("High"),
}
_SURE, _FAIRLY_SURE = 0.15, 0.30
"""How wide the interval may be to say so."""
CHANGE_MONTHS = 3
DRIFT_STEPS = 13
DRIFT_DAYS = 14


def points(value: float) -> int:
    """A value from 0 to 1 as it is shown: rounded to two decimals, out of a hundred."""
    return round(round(value, 2) * 100)


@dataclass(frozen=True, slots=True)
class Shown:
    """A score as it is shown: out of a hundred, with its interval and its band."""

    points: int
    low: int
    high: int
    band: Band

    @property
    def words(self) -> str:
        """The band in words."""
        return str(BANDS[self.band])


def shown(score: Score | None) -> Shown | None:
    """A score as it is shown; None without enough evidence."""
    if score is None or not score.is_known:
        return None
    return Shown(points(score.value), points(score.low), points(score.high), score.band)


@dataclass(frozen=True, slots=True)
class InShort:
    """A vendor's trust where there is little room."""

    score: Shown | None
    notes: int
    has_open_breach: bool
    counts_private: bool

    @property
    def words(self) -> str:
        """It in words: the band, that there is not enough to go on, or that there are no notes."""
        if not self.notes:
            return _("No trust notes yet")
        return self.score.words if self.score else str(BANDS[Band.NOT_ENOUGH_EVIDENCE])


def in_short(log: str | None, today: date) -> InShort:
    """The trust of a log in short, on the business's day."""
    figure = trust_figures.figure(log, today)
    return InShort(shown(figure.trust.known()), figure.notes, figure.has_open_breach, figure.counts_private)


@dataclass(frozen=True, slots=True)
class LogShown:
    """A vendor's log, to be shown on the business's day: what the fact on the vendor's page is drawn from."""

    vendor_id: int
    log: str
    on: date
    today: date

    @property
    def figure(self) -> Figure:
        """Its figure."""
        return trust_figures.figure(self.log, self.on)


def certainty(score: Score) -> str:
    """How sure we are, as the end of a sentence."""
    width = score.high - score.low
    if width <= _SURE:
        return _("and we are sure of it")
    return _("and we are fairly sure of it") if width <= _FAIRLY_SURE else _("but we are not sure of it yet")


def rests_on(figure: Figure, today: date) -> str:
    """What a figure rests on, and how fresh that is; nothing where there are no notes."""
    if figure.last_on is None:
        return ""
    return ngettext(
        "Rests on %(num)s note, from %(month)s.",
        "Rests on %(num)s notes, the last in %(month)s.",
        figure.notes,
        month=formats.month(figure.last_on, today),
    )


def privacy(figure: Figure) -> str:
    """That notes are counted in which not everybody may read; nothing where there are none."""
    if not figure.counts_private:
        return ""
    if figure.counts_own_alone:
        return _("Counts notes that only you can see.")
    return _("Counts notes that not everybody can see.")


def unknown(figure: Figure) -> str:
    """What there is not enough to go on for, where there is a headline."""
    if figure.trust.weakest is None or not figure.trust.unknown:
        return ""
    sides = ", ".join(word(dimension).lower() for dimension in figure.trust.unknown)
    return _("Not enough to go on yet: %(sides)s.", sides=sides)


def change(figure: Figure, today: date) -> str:
    """How the headline has changed over the last months, as a sentence; nothing where it was not known then."""
    now, day = figure.trust.known(), add_months(figure.on, -CHANGE_MONTHS)
    then = figure.history([day])[0].known()
    if now is None or then is None:
        return ""
    moved, month = points(now.value) - points(then.value), formats.month(day, today)
    if moved > 0:
        return ngettext("%(num)s point up since %(month)s.", "%(num)s points up since %(month)s.", moved, month=month)
    if moved < 0:
        return ngettext(
            "%(num)s point down since %(month)s.", "%(num)s points down since %(month)s.", -moved, month=month
        )
    return _("The same as in %(month)s.", month=month)


def drift(figure: Figure) -> list[int]:
    """The headline of the last half-year in equal steps, for a small line; empty with fewer than two figures."""
    days = [figure.on - timedelta(days=DRIFT_DAYS * step) for step in reversed(range(DRIFT_STEPS))]
    known = [score for each in figure.history(days) if (score := each.known()) is not None]
    return [points(score.value) for score in known] if len(known) > 1 else []
