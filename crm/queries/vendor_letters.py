"""Reading letters to vendors, each with how it fares in the outbox."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, SelectBase, and_, bindparam, func, or_, select, union

from crm.core.row_limits import at_most
from crm.core.tenancy import WorkspaceSession
from crm.models.enums import MailState, ReferralSide
from crm.models.letters import VendorLetter
from crm.models.outbox import OutboxMessage
from crm.models.referrals import Referral, ReferralLetter

A_DAY = timedelta(days=1)
_OF_A_SORT = 50


@dataclass(frozen=True, slots=True)
class LetterRow:
    """A letter to a vendor: to whom, by whom, and how it stands. What it says is not read here."""

    id: int
    interaction_id: int | None
    message_id: int
    recipient: str
    written_by: int | None
    created_at: datetime
    state: MailState
    problem: str
    is_refused: bool
    """The mail server does not know the address, or takes nothing for it."""

    @property
    def is_on_its_way(self) -> bool:
        return self.state in (MailState.WAITING, MailState.SENDING, MailState.BEGUN)


def on_page(session: WorkspaceSession, vendor_id: int, interaction_ids: Iterable[int]) -> list[LetterRow]:
    """What a vendor's page says of letters: those whose copies it shows, and all that want somebody's word or whose
    address was refused. One question."""
    values = {"vendor_id": vendor_id, "interaction_ids": list(interaction_ids)}
    return [LetterRow(*row) for row in session.rows(_on_page(), values)]


@cache
def _on_page() -> SelectBase:
    """Written once and kept: putting it together costs more than its answer."""
    shown: Any = bindparam("interaction_ids", expanding=True, type_=Integer())
    concerns = or_(VendorLetter.interaction_id.in_(shown), OutboxMessage.state == MailState.HELD, is_refused())
    return (
        select(
            VendorLetter.id,
            VendorLetter.interaction_id,
            OutboxMessage.id,
            VendorLetter.recipient,
            VendorLetter.created_by,
            VendorLetter.created_at,
            OutboxMessage.state,
            OutboxMessage.last_error,
            is_refused(),
        )
        .join(OutboxMessage, OutboxMessage.id == VendorLetter.message_id)
        .where(VendorLetter.vendor_id == bindparam("vendor_id", type_=Integer()), concerns)
        .order_by(VendorLetter.id.desc())
        .limit(at_most(_OF_A_SORT))
    )


def refused_addresses(session: WorkspaceSession, vendor_id: int, *, also: Iterable[str] = ()) -> frozenset[str]:
    """The addresses at a vendor that a mail server has refused, whatever the letter was about; and those ``also`` asked
    about that it refused in any letter of a referral. One query."""
    to_vendors_side = and_(Referral.vendor_id == vendor_id, ReferralLetter.side == ReferralSide.VENDOR)
    to_vendor = (
        select(VendorLetter.recipient)
        .join(OutboxMessage, OutboxMessage.id == VendorLetter.message_id)
        .where(VendorLetter.vendor_id == vendor_id, is_refused())
    )
    about_referrals = (
        select(ReferralLetter.recipient)
        .join(Referral, Referral.id == ReferralLetter.referral_id)
        .join(OutboxMessage, OutboxMessage.id == ReferralLetter.message_id)
        .where(or_(to_vendors_side, ReferralLetter.recipient.in_(list(also))), is_refused())
    )
    return frozenset(row[0] for row in session.execute(union(to_vendor, about_referrals)))


def written_since(session: WorkspaceSession, moment: datetime) -> int:
    """How many letters to vendors a business has written since then."""
    return session.scalar(select(func.count(VendorLetter.id)).where(VendorLetter.created_at >= moment)) or 0


def by_key(session: WorkspaceSession, key: str) -> VendorLetter | None:
    """The letter with this key in the outbox."""
    statement = (
        select(VendorLetter)
        .join(OutboxMessage, OutboxMessage.id == VendorLetter.message_id)
        .where(OutboxMessage.key == key)
    )
    return session.scalars(statement).first()


def of_message(session: WorkspaceSession, message_id: int) -> VendorLetter | None:
    """The letter that a row of the outbox carries."""
    return session.scalars(select(VendorLetter).where(VendorLetter.message_id == message_id)).first()


def files_of(session: WorkspaceSession, letter: VendorLetter) -> list[int]:
    """The ids of the files that a letter carries; some may have been deleted since."""
    facts = session.scalar(select(OutboxMessage.facts).where(OutboxMessage.id == letter.message_id)) or {}
    return [number for number, _name, _size in facts.get("files", [])]


def state_of(session: WorkspaceSession, letter: VendorLetter) -> MailState | None:
    """How a letter stands in the outbox."""
    return session.scalar(select(OutboxMessage.state).where(OutboxMessage.id == letter.message_id))


def is_refused() -> ColumnElement[bool]:
    """For good, and for the address itself: not for what the letter says, nor because nobody could be reached."""
    return and_(
        OutboxMessage.state == MailState.FAILED, OutboxMessage.stage == "rcpt", OutboxMessage.answer.startswith("5")
    )
