"""The links in letters that ask about an introduction."""

from dataclasses import dataclass
from datetime import timedelta

from crm.core.settings import Settings
from crm.core.tokens import Signer
from crm.models.referrals import ReferralLetter

INTRODUCTION = "introduction"
LAST = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Question:
    """What a genuine link asks about: a business, and the letter that carries the link."""

    workspace_id: int
    letter_id: int


def token_for(settings: Settings, letter: ReferralLetter) -> str:
    """The token of the links in a letter that asks. The letter must have its id."""
    facts = {"b": letter.workspace_id, "l": letter.id}
    return Signer(settings.secret_key, INTRODUCTION).sign(facts, lasts=LAST)


def read(settings: Settings, token: str) -> Question | None:
    """What a token asks about; None for one that is forged, for something else, or over."""
    facts = Signer(settings.secret_key, INTRODUCTION).read(token)
    if facts is None or not isinstance(facts.get("b"), int) or not isinstance(facts.get("l"), int):
        return None
    return Question(facts["b"], facts["l"])
