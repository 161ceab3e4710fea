"""A vendor and a business that could be introduced to each other, and letters that ask them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from crm.core.settings import Settings
from crm.core.tenancy import WorkspaceSession
from crm.domain import openings, people, referral_letters, referral_links, referrals, vendors
from crm.models.enums import ReferralLetterKind, ReferralSide, Stage
from crm.models.referrals import ReferralLetter
from crm.models.workspaces import Membership, Workspace

MARTA, EWAN = "marta@northlight.example", "ewan@harbour.example"
POSTAL_ADDRESS = "12 Fern Lane, Leeds"


@dataclass(frozen=True)
class Names:
    """What the two are called, and what is said of them. Each of these words reaches a letter."""

    vendor: str = "Northlight Studio"
    vendor_person: str = "Marta Kowalczyk"
    business: str = "Harbour Dental"
    business_person: str = "Ewan Price"
    need: str = "three short films"
    blurb: str = "She is patient."
    terms: str = ""


def prepare(session: WorkspaceSession, by: Membership, *, email: str = EWAN, names: Names | None = None) -> int:
    """Notes a vendor, a business that looks for one, and the referral of one to the other, which it answers with."""
    names = names or Names()
    session.get_one(Workspace, session.workspace_id).postal_address = POSTAL_ADDRESS
    vendor = vendors.add(session, by=by, name=names.vendor, stage=Stage.ACTIVE, despite_doubles=True)
    people.add(vendor, by=by, name=names.vendor_person, emails=[MARTA])
    opening = openings.add(
        session,
        by=by,
        business=names.business,
        person=names.business_person,
        email=email,
        what_they_need=names.need,
    )
    return referrals.refer(vendor, by=by, opening_id=opening.id, blurb=names.blurb, terms=names.terms).id


def ask(
    session: WorkspaceSession, referral_id: int, side: ReferralSide, *, by: Membership, settings: Settings
) -> ReferralLetter:
    """Asks one of the two by the letter that is offered."""
    referral = referrals.find(session, referral_id)
    draft = referral_letters.draft(session, referral, ReferralLetterKind.ASK, side, by=by)
    press = str(session.scalar(select(func.count(ReferralLetter.id))))  # a form of its own each time
    return referral_letters.ask(
        referral, by=by, settings=settings, side=side, subject=draft.subject, body=draft.body, press=press
    )


def page_of(session: WorkspaceSession, referral_id: int, side: ReferralSide, *, settings: Settings) -> str:
    """The page on which the latest letter to that side is answered."""
    statement = select(ReferralLetter).where(
        ReferralLetter.referral_id == referral_id,
        ReferralLetter.side == side,
        ReferralLetter.kind == ReferralLetterKind.ASK,
    )
    letter = session.scalars(statement.order_by(ReferralLetter.id.desc())).first()
    assert letter is not None, f"the {side} was not asked"
    return f"/introductions/{referral_links.token_for(settings, letter)}"
