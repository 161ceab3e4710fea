"""The words for rhythms that several pages need."""

from crm.core.i18n import _
from crm.domain.cadences import CadenceSource, ResolvedCadence
from crm.models import vocabulary
from crm.models.enums import Tier
from crm.web.threads import cadence_of


def as_usual(resolved: ResolvedCadence, *, tier: Tier | None) -> str:
    """What the usual rhythm is and where it comes from: ``As usual for tier A: every 30 days``."""
    if resolved.cadence is None:
        return _("As usual: not at all")
    rhythm = vocabulary.cadence(resolved.cadence.every, resolved.cadence.unit)
    if resolved.source is CadenceSource.TIER and tier is not None:
        return _("As usual for tier %(tier)s: %(rhythm)s", tier=vocabulary.word(tier), rhythm=_lower(rhythm))
    if resolved.source is CadenceSource.OWN:
        return _("As set for them: %(rhythm)s", rhythm=_lower(rhythm))
    return _("As usual: %(rhythm)s", rhythm=_lower(rhythm))


def in_words(rhythm: str) -> str:
    """A cadence from its stored text, in words; empty for none."""
    cadence = cadence_of(rhythm)
    return vocabulary.cadence(cadence.every, cadence.unit) if cadence else ""


def within_words(rhythm: str) -> str:
    """The same, to stand within a sentence."""
    return _lower(in_words(rhythm))


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]
