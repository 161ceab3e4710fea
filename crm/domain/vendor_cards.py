"""The card of a vendor for somebody who looks for one: only what is marked as shareable, by a link until it is revoked.

The token is signed and kept nowhere. It names the card and its edition; revoking the link begins another edition.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from crm.core import clock, limits
from crm.core.errors import Refused, Stale
from crm.core.i18n import lazy
from crm.core.settings import Settings
from crm.core.tenancy import InstallationSession, WorkspaceSession, inside, session_of
from crm.core.tokens import Signer
from crm.domain import log_dates
from crm.models.enums import EXIT_STAGES, CardPart
from crm.models.vendor_cards import VendorCard
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership, Workspace
from crm.queries import people

CARD = "vendor-card"
LASTS = timedelta(days=2 * 365)
"""A link that nobody thinks of any more ends by itself."""
USUAL = (CardPart.WHAT_THEY_DO, CardPart.WEBSITE)
"""What most vendors tell everybody anyway."""
_OF_THE_PERSON = (CardPart.PERSON, CardPart.EMAIL, CardPart.PHONE)


@dataclass(frozen=True, slots=True)
class Card:
    """What the holder of a link reads. What is not marked is empty."""

    business: str
    vendor: str
    words: str
    what_they_do: str = ""
    location: str = ""
    languages: str = ""
    website: str = ""
    rate: tuple[int, str, str | None] | None = None
    """Minor units, currency, and for what."""
    person: str = ""
    email: str = ""
    phone: str = ""


def of_vendor(session: WorkspaceSession, vendor_id: int) -> VendorCard | None:
    """The card of a vendor, if it has one."""
    return session.scalars(select(VendorCard).where(VendorCard.vendor_id == vendor_id)).first()


def write(
    vendor: Vendor,
    *,
    by: Membership,
    parts: Collection[CardPart],
    person_id: int | None = None,
    words: str = "",
    version: int | None = None,
) -> VendorCard:
    """Mark what may be shared. Raises :class:`Refused`, and :class:`Stale` where a colleague saved since."""
    session = session_of(vendor)
    card = of_vendor(session, vendor.id)
    if card is not None and version is not None and card.version != version:
        raise Stale
    log_dates.require_person_of(session, vendor, person_id)
    if person_id is None and any(part in parts for part in _OF_THE_PERSON):
        raise Refused(lazy("Choose whom to ask for."), field="person_id")
    if len(words) > limits.LETTER_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.LETTER_LENGTH), field="words")
    if card is None:
        card = VendorCard(vendor_id=vendor.id, created_by=by.user_id, version=0)
        session.add(card)
    card.parts = [part.value for part in CardPart if part in parts]
    card.person_id = person_id
    card.words = words
    card.version += 1
    session.flush()
    return card


def share(card: VendorCard) -> None:
    """Let the link work. Raises :class:`Refused` where the vendor does not want it, or has left us."""
    vendor = session_of(card).get_one(Vendor, card.vendor_id)
    if vendor.do_not_contact:
        raise Refused(lazy("This vendor does not want to be contacted."))
    if vendor.stage in EXIT_STAGES:
        raise Refused(lazy("%(name)s no longer works for you, so there is nothing to share.", name=vendor.name))
    card.shared_at = card.shared_at or clock.now()


def revoke(card: VendorCard) -> None:
    """The link shows nothing from now on. Doing so again changes nothing."""
    if card.shared_at is not None:
        card.shared_at, card.edition = None, card.edition + 1


def token_of(settings: Settings, card: VendorCard) -> str | None:
    """The token of a card's link; None while there is none. It is the same each time."""
    rest = card.shared_at + LASTS - clock.now() if card.shared_at else timedelta()
    if rest <= timedelta():
        return None
    facts = {"b": card.workspace_id, "c": card.id, "e": card.edition}
    return Signer(settings.secret_key, CARD).sign(facts, lasts=rest)


def read(session: InstallationSession, settings: Settings, token: str) -> Card | None:
    """The card at a link, as it is today; None for a link that is forged, over or revoked, and where the vendor has
    left us or wants to be left alone."""
    facts = Signer(settings.secret_key, CARD).read(token)
    if facts is None or not all(isinstance(facts.get(name), int) for name in "bce"):
        return None
    if session.get(Workspace, facts["b"]) is None:
        return None
    with inside(session, facts["b"]) as rows:
        card = rows.get(VendorCard, facts["c"])
        if card is None or card.shared_at is None or card.edition != facts["e"]:
            return None
        vendor = rows.get_one(Vendor, card.vendor_id)
        return None if vendor.stage in EXIT_STAGES or vendor.do_not_contact else shown(rows, card, vendor)


def shown(session: WorkspaceSession, card: VendorCard, vendor: Vendor) -> Card:
    """What stands on a card."""
    marked = {CardPart(part) for part in card.parts}
    person = people.person(session, card.person_id) if card.person_id and marked & {*_OF_THE_PERSON} else None

    def of(part: CardPart, words: str | None) -> str:
        return words or "" if part in marked else ""

    asks = CardPart.RATE in marked and vendor.rate_amount is not None
    return Card(
        business=session.get_one(Workspace, session.workspace_id).name,
        vendor=vendor.name,
        words=card.words,
        what_they_do=of(CardPart.WHAT_THEY_DO, vendor.what_they_do),
        location=of(CardPart.LOCATION, vendor.location),
        languages=of(CardPart.LANGUAGES, vendor.languages),
        website=of(CardPart.WEBSITE, vendor.website),
        rate=(vendor.rate_amount or 0, vendor.currency, vendor.rate_period) if asks else None,
        person=of(CardPart.PERSON, person.name if person else ""),
        email=of(CardPart.EMAIL, person.emails[0] if person and person.emails else ""),
        phone=of(CardPart.PHONE, person.phones[0] if person and person.phones else ""),
    )
