"""Reading the letters of referrals, each with how it fares in the outbox."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from crm.core.tenancy import WorkspaceSession
from crm.models.enums import MailState, ReferralLetterKind, ReferralSide, ReferralState
from crm.models.outbox import OutboxMessage
from crm.models.referrals import Opening, Referral, ReferralLetter, ReferralStep
from crm.models.workspaces import User
from crm.queries.vendor_letters import is_refused

_NEVER_LEFT = (MailState.CANCELLED, MailState.FAILED)
_WORDS_HANDED_OVER = ("data", "dot")
"""An attempt that came so far has given the letter to the server."""


@dataclass(frozen=True, slots=True)
class LetterRow:
    """A letter of a referral: what it does, to whom, by whom, and how it stands."""

    id: int
    kind: ReferralLetterKind
    side: ReferralSide
    recipient: str
    recipient_name: str
    subject: str
    body: str
    disclosure: str
    created_at: datetime
    author_id: int | None
    author: str
    """Empty where nobody knows any more."""
    taken_back_at: datetime | None
    message_id: int | None
    state: MailState | None
    """How it stands in the outbox; None where the outbox knows it no more."""
    problem: str
    leaves_at: datetime | None
    """Not before this moment; it says nothing once the letter has left."""
    is_refused: bool
    """The mail server does not know the address, or takes nothing for it."""
    may_have_left: bool
    """Nobody can know that its reader has not got it."""

    @property
    def is_on_its_way(self) -> bool:
        return self.state in (MailState.WAITING, MailState.SENDING, MailState.BEGUN)

    @property
    def counts(self) -> bool:
        """Whether it has reached its reader, or may still."""
        return self.taken_back_at is None and self.state not in _NEVER_LEFT


def of_referral(session: WorkspaceSession, referral_id: int) -> list[LetterRow]:
    """All letters of a referral, the earliest first. One query."""
    return of_referrals(session, [referral_id])[referral_id]


def of_referrals(session: WorkspaceSession, referral_ids: Iterable[int]) -> dict[int, list[LetterRow]]:
    """All letters of each of these referrals, the earliest first. One query."""
    found: dict[int, list[LetterRow]] = {referral_id: [] for referral_id in referral_ids}
    statement = (
        select(ReferralLetter, User.name, OutboxMessage.state, OutboxMessage.last_error, OutboxMessage.not_before)
        .add_columns(is_refused(), OutboxMessage.stage, OutboxMessage.sent_again)
        .outerjoin(OutboxMessage, OutboxMessage.id == ReferralLetter.message_id)
        .outerjoin(User, User.id == ReferralLetter.created_by)
        .where(ReferralLetter.referral_id.in_(list(found)))
        .order_by(ReferralLetter.id)
    )
    for letter, author, state, problem, leaves_at, refused, stage, sent_again in session.execute(statement):
        row = LetterRow(
            id=letter.id,
            kind=letter.kind,
            side=letter.side,
            recipient=letter.recipient,
            recipient_name=letter.recipient_name,
            subject=letter.subject,
            body=letter.body,
            disclosure=letter.disclosure,
            created_at=letter.created_at,
            author_id=letter.created_by,
            author=author or "",
            taken_back_at=letter.taken_back_at,
            message_id=letter.message_id,
            state=state,
            problem=problem or "",
            leaves_at=leaves_at,
            is_refused=bool(refused),
            may_have_left=bool(sent_again) or _may_have_left(letter, state, stage or ""),
        )
        found[letter.referral_id].append(row)
    return found


def _may_have_left(letter: ReferralLetter, state: MailState | None, stage: str) -> bool:
    """Whether its reader may have got it, unless it was in doubt before and sent again."""
    if state is None:
        return letter.taken_back_at is None
    if state is MailState.FAILED:
        return stage in _WORDS_HANDED_OVER
    return state not in (MailState.WAITING, MailState.CANCELLED)


def by_key(session: WorkspaceSession, key: str) -> ReferralLetter | None:
    """The letter with this key in the outbox."""
    statement = (
        select(ReferralLetter)
        .join(OutboxMessage, OutboxMessage.id == ReferralLetter.message_id)
        .where(OutboxMessage.key == key)
    )
    return session.scalars(statement).first()


def of_message(session: WorkspaceSession, message_id: int) -> ReferralLetter | None:
    """The letter that a row of the outbox carries."""
    return session.scalars(select(ReferralLetter).where(ReferralLetter.message_id == message_id)).first()


def written_since(session: WorkspaceSession, moment: datetime) -> int:
    """How many letters of referrals a business has written since then."""
    return session.scalar(select(func.count(ReferralLetter.id)).where(ReferralLetter.created_at >= moment)) or 0


def asked_at(session: WorkspaceSession, address: str, since: datetime) -> datetime | None:
    """When this address was asked last, by any letter since then that has left or still may."""
    statement = (
        select(func.max(ReferralLetter.created_at))
        .outerjoin(OutboxMessage, OutboxMessage.id == ReferralLetter.message_id)
        .where(
            ReferralLetter.recipient == address,
            ReferralLetter.kind == ReferralLetterKind.ASK,
            ReferralLetter.created_at > since,
            ~_is_dead(),
        )
    )
    return session.scalar(statement)


def asked_on(
    session: WorkspaceSession, side: ReferralSide, referral: Referral, address: str, since: date
) -> date | None:
    """When a side of this referral was asked last about any introduction, however that was done, after that day: the
    vendor, or the business and whoever else has its address (empty: nobody). A step whose letter never left does not
    count."""
    if side is ReferralSide.VENDOR:
        state, is_theirs = ReferralState.VENDOR_ASKED, Referral.vendor_id == referral.vendor_id
    else:
        state, is_theirs = ReferralState.BUSINESS_ASKED, Referral.opening_id == referral.opening_id
        if address:
            is_theirs = or_(is_theirs, Opening.email == address)
    never_left = (
        select(ReferralLetter.id)
        .outerjoin(OutboxMessage, OutboxMessage.id == ReferralLetter.message_id)
        .where(
            ReferralLetter.workspace_id == ReferralStep.workspace_id,
            ReferralLetter.referral_id == ReferralStep.referral_id,
            ReferralLetter.side == side,
            ReferralLetter.kind == ReferralLetterKind.ASK,
            _is_dead(),
        )
    )
    statement = (
        select(func.max(ReferralStep.happened_on))
        .join(Referral, Referral.id == ReferralStep.referral_id)
        .join(Opening, Opening.id == Referral.opening_id)
        .where(is_theirs, ReferralStep.state == state, ReferralStep.happened_on > since, ~never_left.exists())
    )
    return session.scalar(statement)


def _is_dead() -> ColumnElement[bool]:
    """Whether a letter has surely not reached its reader, and will not."""
    never_left = and_(OutboxMessage.id.is_not(None), OutboxMessage.state.in_(_NEVER_LEFT))
    return or_(ReferralLetter.taken_back_at.is_not(None), never_left)
