"""The same request sent twice is carried out once: who works on it, and what it was answered.

A program that lost the answer sends the request again with the same key. The answer is written in the transaction of
the act itself, so that neither can be there without the other. A request that was refused did nothing and leaves
nothing: its key is free again.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from crm.core import clock, engine, tokens
from crm.core.errors import Problem
from crm.core.i18n import lazy
from crm.core.tenancy import HouseSession, InstallationSession
from crm.models.api_tokens import ApiAnswer

KEPT_FOR = timedelta(days=2)
"""How long an answer is given again. Swept nightly."""
LEASE = timedelta(minutes=5)
"""How long a request may take before another one with its key may begin anew: longer than the longest import."""


class OtherRequest(Problem):
    """The key was used for something else."""


class StillWorking(Problem):
    """The first request with this key has not been answered yet."""


@dataclass(frozen=True, slots=True)
class Given:
    """An answer that was given before."""

    status: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class Claim:
    """The right, and the duty, to answer the request."""

    answer_id: int
    mark: str


def claim(session: InstallationSession, *, token_id: int, key: str, fingerprint: str) -> Claim | Given:
    """Begin a request with a key, or find the answer that it was given before.

    Raises :class:`OtherRequest` where the key belongs to another request, :class:`StillWorking` where the same one is
    under way.
    """
    engine.pass_alone(session.connection(), f"answer:{token_id}:{key}")
    now = clock.now()
    found = session.scalars(select(ApiAnswer).where(ApiAnswer.token_id == token_id, ApiAnswer.key == key)).first()
    mark = tokens.new_token()
    if found is None:
        found = ApiAnswer(token_id=token_id, key=key, fingerprint=fingerprint, claim=mark, claimed_at=now)
        session.add(found)
        session.flush()
        return Claim(found.id, mark)
    if found.fingerprint != fingerprint:
        raise OtherRequest(lazy("This idempotency key was used for another request."))
    if found.status is not None:
        return Given(found.status, dict(found.headers), found.body)
    if abs(now - found.claimed_at) < LEASE:  # one that lies far ahead is from before the clock was set back
        raise StillWorking(lazy("The first request with this idempotency key is still being worked on."))
    found.claim, found.claimed_at = mark, now
    return Claim(found.id, mark)


def keep(session: HouseSession, mine: Claim, answer: Given) -> None:
    """Keep an answer, in the transaction of what was done. Raises :class:`StillWorking` where the claim is lost."""
    changed = session.scalars(
        update(ApiAnswer)
        .where(ApiAnswer.id == mine.answer_id, ApiAnswer.claim == mine.mark, ApiAnswer.status.is_(None))
        .values(status=answer.status, headers=answer.headers, body=answer.body)
        .returning(ApiAnswer.id)
    ).all()
    if len(changed) != 1:
        raise StillWorking(lazy("Another request with this idempotency key has taken over."))


def release(session: InstallationSession, mine: Claim) -> None:
    """Nothing was done: the key is free again."""
    session.execute(
        delete(ApiAnswer).where(
            ApiAnswer.id == mine.answer_id, ApiAnswer.claim == mine.mark, ApiAnswer.status.is_(None)
        )
    )


def sweep(session: Session) -> None:
    """Forget the answers that are older than :data:`KEPT_FOR`."""
    session.execute(delete(ApiAnswer).where(ApiAnswer.claimed_at < clock.now() - KEPT_FOR))
