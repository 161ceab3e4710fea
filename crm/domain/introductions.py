"""The introduction itself: two letters, one to each side, released by two yeses and taken back together or not at all.

They wait a quarter of an hour before they leave, so that an answer can be changed. Whoever acts here holds the row of
the referral: two answers at the same moment come one after the other, and the second finds what the first has done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from crm.core import clock
from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.core.settings import Settings
from crm.core.tenancy import HouseSession, InstallationSession, WorkspaceSession, inside, session_of
from crm.domain import outside_letters, permissions, referral_letters, referral_rules, referrals
from crm.domain.permissions import Act
from crm.domain.referral_letters import Obstacle, ObstacleKind
from crm.mail import outbox
from crm.models.enums import Channel, MailState, ReferralLetterKind, ReferralSide, ReferralState
from crm.models.outbox import OutboxMessage
from crm.models.referrals import Referral, ReferralConsent, ReferralLetter, ReferralStep
from crm.models.workspaces import Membership
from crm.queries import members
from crm.queries import referral_letters as referral_letter_queries
from crm.queries.referral_letters import LetterRow

HELD_BACK = timedelta(minutes=15)
"""So long after the second yes an answer can still be changed."""

_LEAVING = (MailState.SENDING, MailState.BEGUN, MailState.UNKNOWN, MailState.HELD, MailState.SENT)
"""From here on nobody can know that a letter has not left."""
_UNDER_WAY = (MailState.WAITING, MailState.SENDING, MailState.BEGUN)
_NOT_SENT = (MailState.CANCELLED, MailState.FAILED, None)


@dataclass(frozen=True, slots=True)
class _Half:
    """One of the two letters, and how it fares. A letter whose row in the outbox is gone has no state."""

    letter: ReferralLetter
    state: MailState | None
    not_before: datetime | None
    settled_at: datetime | None

    @property
    def is_over(self) -> bool:
        return self.letter.taken_back_at is not None or self.state in _NOT_SENT

    @property
    def is_leaving(self) -> bool:
        return self.letter.taken_back_at is None and self.state in _LEAVING

    @property
    def ended_at(self) -> datetime:
        return self.letter.taken_back_at or self.settled_at or self.letter.created_at


def follow(referral: Referral, *, by: Membership, settings: Settings) -> None:
    """Release the introduction where the steps ask for it, take it back where they do not any more; else do nothing.

    It is released by itself where one of the two was asked from here and both can be written to, once for each second
    yes: what somebody held back waits for :func:`send`. Raises :class:`Refused` where it is leaving and was not to,
    which undoes what asked for that. ``by`` is whoever recorded, or took back, what is followed; the letters are the
    connector's.
    """
    session = _held(referral)
    steps = referrals.steps_of(session, referral)
    states = [step.state for step in steps]
    pair = _pair(session, referral)
    if not _is_wanted(states):
        if not (referral_rules.is_introduced(states) and _any_leaves(pair)):
            _take_back(session, pair)
    elif _is_due(pair, steps) and _was_asked_from_here(session, referral) and not has_left(session, referral):
        connector = _connector(session, referral)
        if _may_write(connector) and not obstacles(session, settings, referral):
            _release(session, referral, by=connector, settings=settings)


def send(referral: Referral, *, by: Membership, settings: Settings) -> datetime:
    """Release it because a person wants it: when it leaves. Pressing again changes nothing.

    The letters are the connector's, and where the connector has left those of whoever presses. Raises
    :class:`Refused` in words, :class:`Forbidden`.
    """
    permissions.require(by, Act.WORK)
    session = _held(referral)
    states = [step.state for step in referrals.steps_of(session, referral)]
    if referral_rules.is_introduced(states):
        raise Refused(lazy("They have been introduced already."))
    if not _is_wanted(states):
        raise Refused(lazy("Introduce them once both have said yes."))
    pair = _pair(session, referral)
    if _any_leaves(pair) or has_left(session, referral):
        raise Refused(lazy("The introduction is on its way already."))
    known = leaves_at(session, referral)
    if known is not None:
        return known
    for one in obstacles(session, settings, referral):
        raise Refused(one.words)
    connector = _connector(session, referral)
    writer = connector if permissions.may(connector, Act.WORK) else by
    outside_letters.check_answers(writer.user)
    _take_back(session, pair)
    return _release(session, referral, by=writer, settings=settings)


def word(referral: Referral, *, by: Membership, subject: str, body: str) -> None:
    """Keep what the letters to both are to say. Raises :class:`Refused` where they wait to leave, or have left."""
    permissions.require(by, Act.WORK)
    session = _held(referral)
    outside_letters.check_words(subject, body)
    pair = _pair(session, referral)
    if pair and not all(half.is_over for half in pair):
        raise Refused(lazy("The introduction is on its way. Hold it back first to change it."))
    referral.introduction_subject, referral.introduction_body = subject, body
    referral.version += 1


def hold(referral: Referral, *, by: Membership) -> None:
    """Do not introduce them yet, although both said yes. Raises :class:`Refused` where it is too late."""
    permissions.require(by, Act.WORK)
    session = _held(referral)
    pair = _pair(session, referral)
    if not pair or all(half.is_over for half in pair):
        raise Refused(lazy("There is nothing to hold back."))
    _take_back(session, pair)


def call_off(referral: Referral) -> None:
    """The referral is about to be taken back: what waits goes with it; what has left has left."""
    session = _held(referral)
    pair = _pair(session, referral)
    if not _any_leaves(pair):
        _take_back(session, pair)


def call_off_all(session: WorkspaceSession, vendor_id: int) -> None:
    """A vendor is about to go with its referrals. Raises :class:`Refused` while an introduction is just leaving: half
    of it would stay behind."""
    for referral in session.scalars(select(Referral).where(Referral.vendor_id == vendor_id)).all():
        call_off(referral)
        if any(half.state in _UNDER_WAY and not half.is_over for half in _pair(session, referral)):
            raise Refused(lazy("An introduction of theirs is just leaving. Try again in a few minutes."))


def leaves_at(session: WorkspaceSession, referral: Referral) -> datetime | None:
    """When the introduction will leave; None where it does not wait, or is leaving."""
    return waits_until(referral_letter_queries.of_referral(session, referral.id))


def waits_until(letters: Sequence[LetterRow]) -> datetime | None:
    """The same, of all letters of a referral, the earliest first."""
    pair = [row for row in letters if row.kind is ReferralLetterKind.INTRODUCTION][-len(ReferralSide) :]
    if not pair or any(row.state is not MailState.WAITING or row.taken_back_at is not None for row in pair):
        return None
    return min(row.leaves_at for row in pair if row.leaves_at is not None)


def is_leaving(session: WorkspaceSession, referral: Referral) -> bool:
    """Whether the introduction has left, may have, or is just leaving."""
    return _any_leaves(_pair(session, referral))


def has_left(session: WorkspaceSession, referral: Referral) -> bool:
    """Whether any letter that introduces them has left, or may have: nobody is introduced twice."""
    return may_have_left(referral_letter_queries.of_referral(session, referral.id))


def may_have_left(letters: Sequence[LetterRow]) -> bool:
    """The same, of all letters of a referral."""
    return any(row.may_have_left for row in letters if row.kind is ReferralLetterKind.INTRODUCTION)


def obstacles(session: WorkspaceSession, settings: Settings, referral: Referral) -> list[Obstacle]:
    """What keeps the two letters from leaving from here, in words, each once; nothing where both can be written to."""
    kind = ReferralLetterKind.INTRODUCTION
    found = [
        one for side in ReferralSide for one in referral_letters.obstacles(session, settings, referral, side, kind=kind)
    ]
    found += [one for side in ReferralSide if (one := _about_consent(session, referral, side)) is not None]
    return list({str(one.words): one for one in found}.values())


def _about_consent(session: WorkspaceSession, referral: Referral, side: ReferralSide) -> Obstacle | None:
    """Who said yes on their own page agreed to share the address that stood there, and no other one."""
    said = (
        select(ReferralLetter.recipient, ReferralStep.state)
        .join(ReferralConsent, ReferralConsent.letter_id == ReferralLetter.id)
        .join(ReferralStep, ReferralStep.id == ReferralConsent.step_id)
        .where(ReferralLetter.referral_id == referral.id, ReferralLetter.side == side)
        .order_by(ReferralConsent.id.desc())
        .limit(1)
    )
    address, state = session.execute(said).first() or (None, None)
    to = referral_letters.reader(session, referral, side)
    if state not in referral_rules.YESES or to is None or to.address == address:
        return None
    if not address:
        return Obstacle(ObstacleKind.NO_ADDRESS, lazy("Whoever agreed is not known here any more. Ask them first."))
    words = lazy(
        "They agreed to share %(address)s, and nothing can be sent there any more. Ask them first.", address=address
    )
    return Obstacle(ObstacleKind.NO_ADDRESS, words)


def left(session: HouseSession, message_id: int) -> None:
    """A letter was accepted: where it introduces, the two have been introduced from now on. The second one of a pair
    says nothing new."""
    if isinstance(session, WorkspaceSession):
        _record(session, message_id)
        return
    workspace_id = session.scalar(select(OutboxMessage.workspace_id).where(OutboxMessage.id == message_id))
    if workspace_id is not None and isinstance(session, InstallationSession):
        with inside(session, workspace_id) as rows:
            _record(rows, message_id)


def _record(session: WorkspaceSession, message_id: int) -> None:
    letter = referral_letter_queries.of_message(session, message_id)
    if letter is None or letter.kind is not ReferralLetterKind.INTRODUCTION:
        return
    referral = referrals.find(session, letter.referral_id)
    states = [step.state for step in referrals.steps_of(session, referral)]
    if referral_rules.is_introduced(states) or not referral_rules.both_said_yes(states):
        return
    connector = _connector(session, referral)
    today = connector.workspace.today
    referrals.record_step(
        referral, by=connector, state=ReferralState.INTRODUCED, happened_on=today, channel=Channel.EMAIL
    )


def why_not(session: WorkspaceSession, message_id: int) -> str | None:
    """Why a letter of an introduction is not to leave any more, as far as the other one decides that: never half."""
    letter = referral_letter_queries.of_message(session, message_id)
    if letter is None or letter.kind is not ReferralLetterKind.INTRODUCTION:
        return None
    referral = session.get_one(Referral, letter.referral_id)
    others = [half for half in _pair(session, referral) if half.letter.side is not letter.side]
    if any(half.state is MailState.SENT for half in others):
        return None
    if not others or any(half.is_over for half in others):
        return "The other letter of the introduction was not sent."
    return None


def _held(referral: Referral) -> WorkspaceSession:
    """The session of a referral whose row nobody else changes until the end of the transaction."""
    session = session_of(referral)
    session.refresh(referral, with_for_update=True)
    return session


def _is_wanted(states: Sequence[ReferralState]) -> bool:
    over = referral_rules.is_introduced(states) or ReferralState.DECLINED in states
    return referral_rules.both_said_yes(states) and not over


def _is_due(pair: Sequence[_Half], steps: Sequence[ReferralStep]) -> bool:
    """Whether no letters stand for the yeses that hold now. What was held back after the latest of them stays so."""
    if not all(half.is_over for half in pair):
        return False
    said_at = max(step.recorded_at for step in steps if step.state in referral_rules.YESES)
    return all(half.ended_at <= said_at for half in pair)


def _any_leaves(pair: Sequence[_Half]) -> bool:
    return any(half.is_leaving for half in pair)


def _pair(session: WorkspaceSession, referral: Referral) -> list[_Half]:
    """The letters that were put in last, one to each side; none before the first time."""
    rows = session.execute(
        select(ReferralLetter, OutboxMessage.state, OutboxMessage.not_before, OutboxMessage.settled_at)
        .outerjoin(OutboxMessage, OutboxMessage.id == ReferralLetter.message_id)
        .where(ReferralLetter.referral_id == referral.id, ReferralLetter.kind == ReferralLetterKind.INTRODUCTION)
        .order_by(ReferralLetter.id.desc())
        .limit(len(ReferralSide))
    )
    return [_Half(*row) for row in rows]


def _take_back(session: WorkspaceSession, pair: Sequence[_Half]) -> None:
    """Both, or none."""
    standing = [half.letter for half in pair if not half.is_over]
    waiting = [letter.message_id for letter in standing if letter.message_id is not None]
    if _any_leaves(pair) or not outbox.take_back_together(session, waiting):
        raise Refused(lazy("It is too late: the introduction is on its way to both of them."))
    for letter in standing:
        letter.taken_back_at = clock.now()
    session.flush()


def _release(session: WorkspaceSession, referral: Referral, *, by: Membership, settings: Settings) -> datetime:
    """Put both letters into the outbox."""
    put_in = select(func.count(ReferralLetter.id)).where(
        ReferralLetter.referral_id == referral.id, ReferralLetter.kind == ReferralLetterKind.INTRODUCTION
    )
    number = (session.scalar(put_in) or 0) // len(ReferralSide)
    leaves = clock.now() + HELD_BACK
    for side in ReferralSide:
        reader = referral_letters.reader(session, referral, side)
        assert reader is not None  # to be nobody's is an obstacle
        draft = referral_letters.draft(session, referral, ReferralLetterKind.INTRODUCTION, side, by=by)
        referral_letters.put_in(
            referral,
            by=by,
            settings=settings,
            kind=ReferralLetterKind.INTRODUCTION,
            side=side,
            reader=reader,
            subject=draft.subject,
            body=draft.body,
            key=f"{referral.id}:{number}:{side}",
            not_before=leaves,
        )
    return leaves


def _was_asked_from_here(session: WorkspaceSession, referral: Referral) -> bool:
    asks = select(ReferralLetter.id).where(
        ReferralLetter.referral_id == referral.id,
        ReferralLetter.kind == ReferralLetterKind.ASK,
        ReferralLetter.taken_back_at.is_(None),
    )
    return session.scalars(asks.limit(1)).first() is not None


def _may_write(connector: Membership) -> bool:
    """Whether letters can leave in the connector's name, without anybody of the business pressing anything."""
    try:
        outside_letters.check_answers(connector.user)
    except Refused:
        return False
    return permissions.may(connector, Act.WORK)


def _connector(session: WorkspaceSession, referral: Referral) -> Membership:
    connector = members.membership(session, session.workspace_id, referral.connector_id)
    assert connector is not None  # a referral refers to its connector's membership
    return connector
