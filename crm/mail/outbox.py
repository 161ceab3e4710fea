"""The outbox: each letter is a row, written with what caused it, and every step of it is one conditional UPDATE.

    waiting ─claim─▶ sending ─fence─▶ begun ─▶ sent · waiting (later) · failed (refused) · unknown
    unknown ─▶ claimed again and marked as sent again (our own people) · held for a person's decision (anybody else)

Any number of processes may work on it. A claim has an owner, a lease and the number of the attempt; a step that does
not find its row as the claim left it changes nothing. Nothing here speaks to a mail server.
"""

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Delete,
    Update,
    and_,
    bindparam,
    case,
    delete,
    event,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from crm.core import clock
from crm.core.engine import pass_alone
from crm.core.prepared import Prepared
from crm.core.tenancy import HouseSession, InstallationSession
from crm.mail import mime
from crm.mail.delivery import SERVER_STAGES, Outcome, Verdict
from crm.mail.mime import Letter
from crm.models.enums import MailKind, MailState
from crm.models.outbox import OutboxFiles, OutboxMessage

BACK_OFF_MINUTES = (1, 2, 5, 10, 20, 30)
"""Pauses after the first attempts; then one every hour."""
KEPT_TRYING = timedelta(days=5)
UNKNOWN_PAUSE = timedelta(minutes=1)
TEXTS_KEPT = timedelta(days=30)
"""So long the text of a settled letter can be read, and sent again."""
LETTERS_KEPT = timedelta(days=180)
"""So long it is known that a letter went to one of our own people. Far longer than its key could come again: that of a
morning letter bears its date, and others a number that is given once."""
CLEARED_AT_ONCE = 500
LONGEST_PAUSE = timedelta(hours=1)

UNSENT = (MailState.WAITING, MailState.UNKNOWN)
IN_HAND = (MailState.SENDING, MailState.BEGUN)
SETTLED = (MailState.SENT, MailState.FAILED, MailState.CANCELLED)
SECRET_KINDS = (MailKind.INVITATION, MailKind.RESET, MailKind.EMAIL_CHANGE)
"""Letters whose body is a way in by itself."""
REPLACED = "A newer one took its place."

_OPEN = (MailState.SENDING, MailState.BEGUN, MailState.UNKNOWN, MailState.HELD)
"""Where what became of an attempt is news."""

bell = threading.Event()
"""Rings when a letter has been committed in this process, so that it need not wait for the next tick."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One letter in one worker's hands, for one attempt."""

    message_id: int
    owner: str
    attempt: int
    kind: MailKind


def _is_any_of(*states: MailState) -> ColumnElement[bool]:
    return or_(*(OutboxMessage.state == state for state in states))


# What each letter costs, and each tick, is prepared.
_ITS = (
    OutboxMessage.id == bindparam("its_id"),
    OutboxMessage.claimed_by == bindparam("its_owner"),
    OutboxMessage.attempts == bindparam("its_attempt"),
)
_PASSES = (
    update(OutboxMessage)
    .where(*_ITS, OutboxMessage.state == MailState.SENDING, OutboxMessage.leased_until > bindparam("now"))
    .values(state=MailState.BEGUN, leased_until=bindparam("until"), sender=bindparam("its_sender"))
)
_FENCE, _FENCE_RENEWED = Prepared(_PASSES), Prepared(_PASSES.values(content=bindparam("its_content")))
_ACCEPTED = Prepared(
    update(OutboxMessage)
    .where(*_ITS, _is_any_of(*_OPEN))
    .values(
        state=MailState.SENT,
        stage=bindparam("its_stage"),
        answer=bindparam("its_answer"),
        last_error="",
        leased_until=None,
        settled_at=bindparam("now"),
    )
    .returning(OutboxMessage.has_secrets)
)
_OVER = (
    update(OutboxMessage)
    .where(_is_any_of(*UNSENT), OutboxMessage.expires_at <= bindparam("now"))
    .values(settled_at=bindparam("now"), claimed_by=None)
)
_FAIL_TRIED = Prepared(_OVER.where(OutboxMessage.attempts > 0).values(state=MailState.FAILED))
_DROP_EXPIRED = Prepared(_OVER.values(state=MailState.CANCELLED, last_error="It was not sent before it expired."))
_ERASE_EXPIRED = Prepared(
    update(OutboxMessage)
    .where(
        _is_any_of(*SETTLED),
        OutboxMessage.has_secrets,
        OutboxMessage.expires_at <= bindparam("now"),
        func.length(OutboxMessage.content) > 0,
    )
    .values(content=b"")
)
_PULL_NEAR = Prepared(
    update(OutboxMessage)
    .where(_is_any_of(*UNSENT, *IN_HAND), OutboxMessage.not_before > bindparam("too_far"))
    .values(not_before=bindparam("now"))
)
_SHORTEN = Prepared(
    update(OutboxMessage)
    .where(_is_any_of(*IN_HAND), OutboxMessage.leased_until > bindparam("too_far"))
    .values(leased_until=bindparam("until"))
)
_Newer = aliased(OutboxMessage)
_NEWER_DIGEST = Prepared(
    select(_Newer.id)
    .join(OutboxMessage, (OutboxMessage.user_id == _Newer.user_id) & (OutboxMessage.id < _Newer.id))
    .where(
        OutboxMessage.id == bindparam("its_id"),
        OutboxMessage.workspace_id == _Newer.workspace_id,
        _Newer.kind == MailKind.DIGEST,
        _Newer.state != MailState.CANCELLED,
    )
    .limit(1)
)
_REPLACE_OLDER = Prepared(
    update(OutboxMessage)
    .where(
        OutboxMessage.kind == MailKind.DIGEST,
        OutboxMessage.user_id == bindparam("its_person"),
        OutboxMessage.workspace_id == bindparam("its_business"),
        OutboxMessage.id != bindparam("its_id"),
        _is_any_of(*UNSENT),
    )
    .values(state=MailState.CANCELLED, settled_at=bindparam("now"), last_error=REPLACED)
)
_OF_KEY = select(OutboxMessage).where(OutboxMessage.key == bindparam("key"))
_HAS_TRIED = Prepared(select(OutboxMessage.id).where(_is_any_of(*UNSENT), OutboxMessage.attempts > 0).limit(1))
_HAS_LOST = Prepared(
    select(OutboxMessage.id).where(_is_any_of(*IN_HAND), OutboxMessage.leased_until <= bindparam("now")).limit(1)
)
_IS_DUE = select(OutboxMessage.id).where(
    OutboxMessage.state.in_(UNSENT),
    OutboxMessage.not_before <= bindparam("now"),
    OutboxMessage.expires_at > bindparam("now"),
)
_DUE = _IS_DUE.order_by(
    case((OutboxMessage.kind == MailKind.DIGEST, 1), else_=0), OutboxMessage.not_before, OutboxMessage.id
).limit(bindparam("most"))
_FREE = _IS_DUE.where(OutboxMessage.id.in_(bindparam("ids", expanding=True))).with_for_update(skip_locked=True)
_NEWEST = select(func.max(OutboxMessage.id))
_TAKE = (
    update(OutboxMessage)
    .where(OutboxMessage.id.in_(bindparam("ids", expanding=True)), OutboxMessage.state.in_(UNSENT))
    .values(
        sent_again=or_(OutboxMessage.sent_again, OutboxMessage.state == MailState.UNKNOWN),
        state=MailState.SENDING,
        claimed_by=bindparam("its_owner"),
        leased_until=bindparam("until"),
        attempts=OutboxMessage.attempts + 1,
    )
    .returning(OutboxMessage.id, OutboxMessage.attempts, OutboxMessage.kind)
)


# Putting in


def enqueue(
    session: HouseSession,
    letter: Letter,
    *,
    key: str,
    kind: MailKind,
    sender: str,
    recipient: str,
    recipient_name: str = "",
    workspace_id: int | None,
    user_id: int | None = None,
    to_outsider: bool = False,
    has_secrets: bool = False,
    expires_at: datetime | None = None,
    not_before: datetime | None = None,
    facts: dict[str, Any] | None = None,
) -> OutboxMessage:
    """Freeze a letter into the outbox, in the transaction of what caused it.

    ``key`` is unique: a second letter with it is not made, and the first one is returned. ``has_secrets`` says that
    the body holds links which act by themselves: it is erased once the letter is sent or has expired.
    ``expires_at`` is when it is worth nothing any more (5 days from now unless said), ``not_before`` when it may
    leave (at once unless said).
    """
    pass_alone(session.connection(), f"outbox:{key}")
    known = session.scalars(_OF_KEY, {"key": key}).first()
    if known is not None:
        return known
    now = clock.now()
    message_id = mime.new_message_id(sender)
    frozen = mime.freeze(
        letter,
        key=key,
        message_id=message_id,
        sender=sender,
        recipient=recipient,
        recipient_name=recipient_name,
        date=now,
    )
    message = OutboxMessage(
        workspace_id=workspace_id,
        key=key,
        kind=kind,
        user_id=user_id,
        to_outsider=to_outsider,
        recipient=recipient,
        sender=sender,
        subject=mime.subject(letter),
        message_id=message_id,
        content=frozen.content,
        facts=facts or {},
        has_secrets=has_secrets or kind in SECRET_KINDS,
        expires_at=expires_at or now + KEPT_TRYING,
        not_before=not_before or now,
        created_at=now,
    )
    session.add(message)
    session.flush()
    if frozen.files:
        session.add(OutboxFiles(message_id=message.id, content=frozen.files))
        session.flush()
    event.listen(session, "after_commit", lambda _session: bell.set(), once=True)
    return message


def cancel_older_digests(session: HouseSession, newer: OutboxMessage) -> int:
    """A newer digest says all that an unsent one of the same person and business would have said."""
    return _REPLACE_OLDER.change(
        session.connection(),
        its_id=newer.id,
        its_person=newer.user_id,
        its_business=newer.workspace_id,
        now=clock.now(),
    )


def is_replaced(session: InstallationSession, message_id: int) -> bool:
    """Whether a newer digest was written while this one was in a worker's hands."""
    return _NEWER_DIGEST.first(session.connection(), its_id=message_id) is not None


# Claiming


class Queue:
    """What is due, in its order, looked up once for many claims: to sort all that wait for each of them takes longer
    than to send it. It only proposes; whether a letter is still due is asked when it is claimed.
    """

    LENGTH = 1_000
    LASTS = timedelta(seconds=15)
    """After which it is looked up anew, as letters come due that were put off; new ones are seen at once."""

    def __init__(self) -> None:
        self._ids: deque[int] = deque()
        self._newest: int | None = None
        self._seen_at: datetime | None = None

    def look_up(self, session: InstallationSession, now: datetime) -> bool:
        """Look up what is due, where that is called for. Whether it was."""
        newest = session.scalar(_NEWEST)
        is_recent = self._seen_at is not None and self._seen_at <= now < self._seen_at + self.LASTS
        if self._ids and newest == self._newest and is_recent:
            return False
        self._ids = deque(session.scalars(_DUE, {"now": now, "most": self.LENGTH}))
        self._newest, self._seen_at = newest, now
        return True

    def take(self, limit: int) -> list[int]:
        """Up to ``limit`` letters from its head."""
        return [self._ids.popleft() for _ in range(min(limit, len(self._ids)))]


def claim(
    session: InstallationSession,
    *,
    owner: str,
    lease: timedelta,
    limit: int,
    per_hour: int | None = None,
    queue: Queue | None = None,
) -> list[Claim]:
    """Take up to ``limit`` letters that are due into one's hands, urgent ones first. Commit before going on.

    Empty only where none is left: what ``queue`` proposes may have gone to others meanwhile.
    """
    now = clock.now()
    limit = min(limit, _allowance(session, per_hour, now))
    if limit <= 0:
        return []
    queue = queue or Queue()
    is_new = queue.look_up(session, now)
    while True:
        while proposed := queue.take(limit):
            if claims := _taken(session, proposed, owner, now, now + lease):
                return claims
        if is_new:
            return []
        is_new = queue.look_up(session, now)


def _taken(
    session: InstallationSession, proposed: Sequence[int], owner: str, now: datetime, until: datetime
) -> list[Claim]:
    """Those of the letters that are still due and in nobody's hands, in their order."""
    connection = session.connection()
    ids = connection.scalars(_FREE, {"now": now, "ids": proposed}).all()
    if not ids:
        return []
    taken = connection.execute(_TAKE, {"ids": ids, "its_owner": owner, "until": until})
    claims = {row.id: Claim(row.id, owner, row.attempts, row.kind) for row in taken}
    return [claims[number] for number in proposed if number in claims]


def renew(session: InstallationSession, *, owner: str, lease: timedelta, revive: bool = False) -> int:
    """A sign of life: leases that are not over yet last longer. One that is over stays over, unless it shall
    ``revive``: where only the clock was set forward."""
    now = clock.now()
    mine = update(OutboxMessage).where(OutboxMessage.claimed_by == owner, OutboxMessage.state.in_(IN_HAND))
    if not revive:
        mine = mine.where(OutboxMessage.leased_until > now)
    return _change(session, mine.values(leased_until=now + lease))


def release(session: InstallationSession, claims: Iterable[Claim]) -> None:
    """Give letters back untouched: this was no attempt."""
    for one in claims:
        _change(
            session,
            _mine(one, MailState.SENDING).values(
                state=MailState.WAITING,
                attempts=OutboxMessage.attempts - 1,
                claimed_by=None,
                leased_until=None,
            ),
        )


def fence(
    session: InstallationSession, one: Claim, *, lease: timedelta, sender: str, content: bytes | None = None
) -> bool:
    """From here on the letter may have left. True only for the worker whose claim still holds; commit before MAIL FROM.

    ``sender`` and ``content``, where it has changed, are what goes over the wire from now on, attempt after attempt.
    """
    now = clock.now()
    values = {
        "its_id": one.message_id,
        "its_owner": one.owner,
        "its_attempt": one.attempt,
        "now": now,
        "until": now + lease,
        "its_sender": sender,
    }
    if content is None:
        return _FENCE.change(session.connection(), **values) == 1
    return _FENCE_RENEWED.change(session.connection(), **values, its_content=content) == 1


def cancel(session: InstallationSession, one: Claim, reason: str) -> bool:
    """The letter is no longer wanted: it was not sent and will not be."""
    return (
        _change(
            session,
            _mine(one, MailState.SENDING).values(
                state=MailState.CANCELLED, last_error=reason, settled_at=clock.now(), claimed_by=None, leased_until=None
            ),
        )
        == 1
    )


# What came of it


def settle(session: InstallationSession, one: Claim, outcome: Outcome) -> MailState | None:
    """Record what came of an attempt; None where the row has gone another way meanwhile.

    A worker that was taken for dead still knows better than the guess made in its absence, as long as nobody has
    begun another attempt: so the states in which such a guess leaves a letter are accepted too.
    """
    if outcome.verdict is Verdict.ACCEPTED:
        return MailState.SENT if _was_accepted(session, one, outcome) else None
    message = session.scalars(select(OutboxMessage).where(OutboxMessage.id == one.message_id).with_for_update()).first()
    if message is None or message.attempts != one.attempt or message.claimed_by != one.owner:
        return None
    if message.state not in _OPEN:
        return None
    message.stage, message.answer = outcome.stage, outcome.answer
    message.leased_until = None
    if outcome.verdict is Verdict.REFUSED:
        _close(message, MailState.FAILED, outcome.words)
    elif outcome.verdict is Verdict.UNKNOWN:
        _now_unknown(message, outcome.words)
    else:
        _later(message, outcome.words)
    session.flush()
    return message.state


def _was_accepted(session: InstallationSession, one: Claim, outcome: Outcome) -> bool:
    """What nearly every letter comes to, in one statement."""
    values = {
        "its_id": one.message_id,
        "its_owner": one.owner,
        "its_attempt": one.attempt,
        "its_stage": outcome.stage,
        "its_answer": outcome.answer,
        "now": clock.now(),
    }
    accepted = _ACCEPTED.first(session.connection(), **values)
    if accepted is None:
        return False
    if accepted == (True,):
        _change(session, update(OutboxMessage).where(OutboxMessage.id == one.message_id).values(content=b""))
        _change(session, delete(OutboxFiles).where(OutboxFiles.message_id == one.message_id))
    return True


def recover(session: InstallationSession) -> dict[MailState, int]:
    """Take over what dead workers left: how many letters went on to which state."""
    if _HAS_LOST.first(session.connection(), now=clock.now()) is None:
        return {}
    statement = (
        select(OutboxMessage)
        .where(
            OutboxMessage.state.in_(IN_HAND),
            OutboxMessage.leased_until <= clock.now(),
        )
        .limit(500)
        .with_for_update(skip_locked=True)
    )
    counts: dict[MailState, int] = {}
    for message in session.scalars(statement):
        if message.state is MailState.SENDING:
            message.state, message.claimed_by = MailState.WAITING, None
        else:
            _now_unknown(message, "The worker that was sending it did not come back.")
        message.leased_until = None
        counts[message.state] = counts.get(message.state, 0) + 1
    session.flush()
    return counts


def has_tried(session: InstallationSession) -> bool:
    """Whether any letter waits for another attempt."""
    return _HAS_TRIED.first(session.connection()) is not None


def expire(session: InstallationSession) -> int:
    """Give up what nobody needs any more: failed after attempts, cancelled where none was made."""
    connection, now = session.connection(), clock.now()
    return _FAIL_TRIED.change(connection, now=now) + _DROP_EXPIRED.change(connection, now=now)


def erase_secrets(session: InstallationSession) -> int:
    """Erase the text of settled letters that are a way in by themselves and worth nothing any more. It looks at every
    letter that there is: not for each tick.
    """
    erased = _ERASE_EXPIRED.change(session.connection(), now=clock.now())
    _drop_files(session)
    return erased


def clear_away(session: InstallationSession) -> int:
    """Erase old texts, and old letters to our own people, a few at a time: how many. What went to somebody outside
    stays without its text: it belongs to the vendor's story, and tells which addresses were refused.
    """
    now = clock.now()
    over = select(OutboxMessage.id).where(OutboxMessage.state.in_(SETTLED)).limit(CLEARED_AT_ONCE)
    readable = over.where(OutboxMessage.settled_at <= now - TEXTS_KEPT, func.length(OutboxMessage.content) > 0)
    texts = update(OutboxMessage).where(OutboxMessage.id.in_(readable)).values(content=b"")
    known = over.where(OutboxMessage.settled_at <= now - LETTERS_KEPT, OutboxMessage.to_outsider.is_(False))
    cleared = _change(session, texts) + _change(session, delete(OutboxMessage).where(OutboxMessage.id.in_(known)))
    _drop_files(session)
    return cleared


def _drop_files(session: InstallationSession) -> None:
    """Files go with the text of their letter."""
    erased = select(OutboxMessage.id).where(
        OutboxMessage.id == OutboxFiles.message_id, func.length(OutboxMessage.content) == 0
    )
    _change(session, delete(OutboxFiles).where(erased.exists()))


def files_of(session: HouseSession, message_id: int) -> bytes:
    """What follows a letter's content on the wire: nothing for most."""
    return session.scalar(select(OutboxFiles.content).where(OutboxFiles.message_id == message_id)) or b""


def set_right(session: InstallationSession, *, lease: timedelta) -> int:
    """Bring near what lies further ahead than anything is ever put: it was said before the clock was set back.

    A claim gets a lease of the usual length: a worker that lives renews it, and one that is gone is given up soon.
    """
    connection, now = session.connection(), clock.now()
    pulled = _PULL_NEAR.change(connection, now=now, too_far=now + 2 * LONGEST_PAUSE)
    return pulled + _SHORTEN.change(connection, until=now + lease, too_far=now + 2 * lease)


def hurry(session: InstallationSession) -> int:
    """The server answers again: what waited only for the server goes now."""
    now = clock.now()
    return _change(
        session,
        update(OutboxMessage)
        .where(
            OutboxMessage.state == MailState.WAITING,
            OutboxMessage.not_before > now,
            OutboxMessage.stage.in_([str(stage) for stage in SERVER_STAGES]),
        )
        .values(not_before=now),
    )


def send_again(session: HouseSession, message: OutboxMessage) -> bool:
    """A person wants a failed, held or cancelled letter to go once more. False where its words are gone."""
    wanted = (MailState.FAILED, MailState.HELD, MailState.CANCELLED)
    if message.state not in wanted or not message.content:
        return False
    message.sent_again = message.sent_again or message.state is MailState.HELD
    now = clock.now()
    message.state, message.not_before, message.settled_at = MailState.WAITING, now, None
    message.claimed_by, message.last_error = None, ""
    message.expires_at = max(message.expires_at, now + timedelta(days=1))
    event.listen(session, "after_commit", lambda _session: bell.set(), once=True)
    return True


def take_back(session: HouseSession, message_id: int) -> bool:
    """A person does not want a letter to go after all. True where it had surely not left."""
    waiting = update(OutboxMessage).where(OutboxMessage.id == message_id, OutboxMessage.state == MailState.WAITING)
    taken = waiting.values(state=MailState.CANCELLED, settled_at=clock.now(), last_error="It was taken back.")
    return _change(session, taken) == 1


def take_back_together(session: HouseSession, message_ids: Sequence[int]) -> bool:
    """Take back all of these letters, or none: False where one of them is in a worker's hands at this moment, or does
    not wait any more. It waits for nobody."""
    waiting = select(OutboxMessage.id).where(
        OutboxMessage.id.in_(message_ids), OutboxMessage.state == MailState.WAITING
    )
    found = session.scalars(waiting.with_for_update(skip_locked=True)).all()
    return len(found) == len(message_ids) and all(take_back(session, message_id) for message_id in found)


def it_arrived(message: OutboxMessage) -> bool:
    """A person knows that a held letter was received."""
    if message.state is not MailState.HELD:
        return False
    _close(message, MailState.SENT, "")
    if message.has_secrets:
        message.content = b""
    return True


# How a row changes


def back_off(attempts: int) -> timedelta:
    """The pause after so many attempts."""
    if attempts <= len(BACK_OFF_MINUTES):
        return timedelta(minutes=BACK_OFF_MINUTES[max(attempts, 1) - 1])
    return LONGEST_PAUSE


def _later(message: OutboxMessage, words: str) -> None:
    now = clock.now()
    message.last_error = words
    if now >= message.expires_at:
        _close(message, MailState.FAILED, words)
        return
    message.state, message.claimed_by = MailState.WAITING, None
    message.not_before = now + back_off(message.attempts)


def _now_unknown(message: OutboxMessage, words: str) -> None:
    """It may have been sent. Our own people get it again; anybody else does only if a person says so."""
    message.last_error = words
    message.state = MailState.HELD if message.to_outsider else MailState.UNKNOWN
    message.not_before = clock.now() + UNKNOWN_PAUSE


def _close(message: OutboxMessage, state: MailState, words: str) -> None:
    message.state, message.last_error, message.settled_at = state, words, clock.now()
    message.leased_until = None


def _mine(one: Claim, state: MailState) -> Update:
    return update(OutboxMessage).where(
        OutboxMessage.id == one.message_id,
        OutboxMessage.state == state,
        OutboxMessage.claimed_by == one.owner,
        OutboxMessage.attempts == one.attempt,
    )


def _change(session: HouseSession, statement: Update | Delete) -> int:
    result = session.execute(statement.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", result).rowcount


def _allowance(session: InstallationSession, per_hour: int | None, now: datetime) -> int:
    """How many letters may go now under the provider's limit."""
    if per_hour is None:
        return 1_000_000
    pass_alone(session.connection(), "mail-per-hour")
    spent = session.scalar(
        select(func.count(OutboxMessage.id)).where(
            or_(
                OutboxMessage.state.in_(IN_HAND),
                and_(
                    OutboxMessage.state == MailState.SENT,
                    OutboxMessage.settled_at > now - timedelta(hours=1),
                    OutboxMessage.settled_at <= now,  # later: from before the clock was set back
                ),
            )
        )
    )
    return per_hour - (spent or 0)
