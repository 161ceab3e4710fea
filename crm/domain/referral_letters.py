"""Letters about introductions that leave from here: one reader each, previewed and sent by a person.

What keeps a letter from being written is said in words, and looked at once more before it leaves. Nobody reads the
address of the other side before both have said yes.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import select

from crm.core import clock, formats, i18n
from crm.core.engine import pass_alone
from crm.core.errors import Missing, Refused
from crm.core.i18n import LazyText, _, lazy
from crm.core.links import links
from crm.core.settings import Settings
from crm.core.tenancy import InstallationSession, WorkspaceSession, inside, session_of
from crm.domain import (
    contact_details,
    outside_letters,
    permissions,
    referral_cases,
    referral_links,
    referral_rules,
    referrals,
    stopped_addresses,
    suppressions,
    vendor_letters,
)
from crm.domain.outside_letters import Frame
from crm.domain.permissions import Act
from crm.domain.referral_cases import Case, Reader
from crm.mail import drafts, messages, outbox
from crm.mail.drafts import Draft
from crm.mail.mime import Letter
from crm.models import vocabulary
from crm.models.enums import (
    Availability,
    Channel,
    MailKind,
    MailState,
    ReferralAnswer,
    ReferralLetterKind,
    ReferralSide,
    ReferralState,
)
from crm.models.outbox import OutboxMessage
from crm.models.referrals import Referral, ReferralLetter, ReferralStep
from crm.models.workspaces import Membership
from crm.queries import members, referral_letters

ASKED_AGAIN_AFTER = timedelta(days=30)
"""So long nobody is asked again, about this or any other introduction."""
HELD_BACK = vendor_letters.HELD_BACK
PRESS_LENGTH = vendor_letters.PRESS_LENGTH
DISCLOSURE_LENGTH = 1_000
_NOWHERE = "preview"
_PHONE_DIGITS = 7
"""A shorter run of digits is no telephone number by which anybody is reached."""


class ObstacleKind(StrEnum):
    """Why a letter about an introduction cannot leave from here."""

    DO_NOT_CONTACT = "do_not_contact"
    SUSPENDED = "suspended"
    OVER = "over"
    INTRODUCED = "introduced"
    SAID_NO = "said_no"
    SAID_YES = "said_yes"
    NOT_BOTH = "not_both"
    NOT_WON = "not_won"
    THANKED = "thanked"
    ASKED_LATELY = "asked_lately"
    NO_ADDRESS = "no_address"
    SUPPRESSED = "suppressed"
    STOPPED = "stopped"
    REFUSED = "refused"
    NO_SERVER = "no_server"
    NO_LINKS = "no_links"
    NO_POSTAL_ADDRESS = "no_postal_address"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What is in the way, in words; with the day that they are about, where there is one."""

    kind: ObstacleKind
    words: LazyText
    day: date | None = None


def find(session: WorkspaceSession, letter_id: int) -> ReferralLetter:
    """A letter of this business. Raises :class:`Missing`."""
    letter = session.get(ReferralLetter, letter_id)
    if letter is None:
        raise Missing
    return letter


# Who reads it


def reader(session: WorkspaceSession, referral: Referral, side: ReferralSide) -> Reader | None:
    """Who reads the letters to a side: who was asked before, where they are still to be reached so; else, at a vendor,
    who likes e-mail first. An address that takes nothing comes last; None where there is no address at all."""
    return referral_cases.of(session, referral).reader(side)


# What is in the way


def obstacles(
    session: WorkspaceSession,
    settings: Settings,
    referral: Referral,
    side: ReferralSide,
    *,
    kind: ReferralLetterKind = ReferralLetterKind.ASK,
    to: Reader | None = None,
) -> list[Obstacle]:
    """What keeps a letter to this side from leaving from here, what matters most first; nothing where it can. ``to`` is
    who reads it, where that is not whoever usually does."""
    case = referral_cases.of(session, referral)
    to = to or case.reader(side)
    return [
        *_about_referral(case, side, kind),
        *_about_thanks(case, side, kind),
        *_about_reader(case, settings, side, kind, to),
        *_asked_lately(case, side, kind, to),
        *_about_house(case, settings, kind),
    ]


def warnings(session: WorkspaceSession, referral: Referral, side: ReferralSide) -> list[str]:
    """What somebody should know before they ask, though it keeps nobody from asking."""
    case = referral_cases.of(session, referral)
    vendor = case.vendor
    is_over = vendor.availability_until is not None and vendor.availability_until < case.today
    if vendor.availability is not Availability.FULL or is_over:
        return []
    if vendor.availability_until is not None:
        until = formats.day(vendor.availability_until, case.today)
        return [_("%(vendor)s has no room until %(day)s. Say so in the letter.", vendor=vendor.name, day=until)]
    return [_("%(vendor)s has no room at present. Say so in the letter.", vendor=vendor.name)]


def _about_referral(case: Case, side: ReferralSide, kind: ReferralLetterKind) -> list[Obstacle]:
    found = []
    if case.vendor.do_not_contact and not (kind is ReferralLetterKind.THANKS and side is ReferralSide.BUSINESS):
        words = lazy("%(vendor)s asked to be left alone, so nothing is sent from here.", vendor=case.vendor.name)
        found.append(Obstacle(ObstacleKind.DO_NOT_CONTACT, words))
    if kind is not ReferralLetterKind.THANKS and case.is_suspended:
        words = lazy("%(vendor)s is suspended, so nobody is sent to them.", vendor=case.vendor.name)
        found.append(Obstacle(ObstacleKind.SUSPENDED, words))
    return [*found, *_about_steps(case, side, kind)]


def _about_steps(case: Case, side: ReferralSide, kind: ReferralLetterKind) -> list[Obstacle]:
    """What its steps say: who has answered what, and whether it is over."""
    if kind is ReferralLetterKind.THANKS:
        words = lazy("Thank them once they work together.")
        return [] if ReferralState.WON in case.states else [Obstacle(ObstacleKind.NOT_WON, words)]
    if referral_rules.is_introduced(case.states):
        return [Obstacle(ObstacleKind.INTRODUCED, lazy("They have been introduced already."))]
    if kind is ReferralLetterKind.INTRODUCTION:
        words = lazy("Introduce them once both have said yes.")
        return [] if referral_rules.both_said_yes(case.states) else [Obstacle(ObstacleKind.NOT_BOTH, words)]
    if ReferralState.DECLINED in case.states or set(case.sides.values()) & set(referral_rules.NOES):
        return [Obstacle(ObstacleKind.SAID_NO, lazy("One of them said no, so nobody is asked any more."))]
    if case.sides.get(side) in referral_rules.YESES:
        return [Obstacle(ObstacleKind.SAID_YES, lazy("They have said yes already."))]
    ended = case.opening.closed_on or case.opening.until
    if ended is not None and (case.opening.closed_on is not None or ended < case.today):
        words = lazy("%(business)s is not looking any more.", business=case.opening.business)
        return [Obstacle(ObstacleKind.OVER, words, ended)]
    return []


def _about_thanks(case: Case, side: ReferralSide, kind: ReferralLetterKind) -> list[Obstacle]:
    if kind is not ReferralLetterKind.THANKS:
        return []
    if any(row.kind is kind and row.side is side and row.counts for row in case.letters):
        return [Obstacle(ObstacleKind.THANKED, lazy("They have been thanked from here already."))]
    return []


def _about_reader(
    case: Case, settings: Settings, side: ReferralSide, kind: ReferralLetterKind, to: Reader | None
) -> list[Obstacle]:
    if to is None:
        words = lazy("No e-mail address of %(house)s is known here.", house=case.house_of(side))
        return [Obstacle(ObstacleKind.NO_ADDRESS, words)]
    found = []
    if to.address in case.suppressed(settings):
        words = lazy("This address takes no mail from here.")
        found.append(Obstacle(ObstacleKind.SUPPRESSED, words))
    if to.address in case.stops:
        words = lazy("Nothing more goes to this address: somebody here marked it so.")
        found.append(Obstacle(ObstacleKind.STOPPED, words))
    if to.address in case.refused:
        words = lazy("A mail server refused this address. Change it where it is noted.")
        found.append(Obstacle(ObstacleKind.REFUSED, words))
    if kind is not ReferralLetterKind.INTRODUCTION:
        return found
    # An introduction goes to both, so it has to be said whose address it is.
    house = case.house_of(side)
    return [replace(one, words=lazy("%(house)s: %(words)s", house=house, words=one.words)) for one in found]


def _asked_lately(case: Case, side: ReferralSide, kind: ReferralLetterKind, to: Reader | None) -> list[Obstacle]:
    if kind is not ReferralLetterKind.ASK or case.sides.get(side) in referral_rules.YESES:
        return []
    since = case.today - ASKED_AGAIN_AFTER
    address = to.address if to is not None else ""
    by_letter = _asked_by_letter(case, address) if address else None
    by_step = referral_letters.asked_on(case.session, side, case.referral, address, since)
    days = [day for day in (by_letter, by_step) if day is not None and day > since]
    if not days:
        return []
    words = lazy(
        "They were asked on %(day)s, and nobody is asked twice in %(num)s days.",
        day=formats.day(max(days), case.today),
        num=ASKED_AGAIN_AFTER.days,
    )
    return [Obstacle(ObstacleKind.ASKED_LATELY, words, max(days))]


def _asked_by_letter(case: Case, address: str) -> date | None:
    """On which day, by the business's own clock, an address was asked last; long ago does not matter."""
    moment = referral_letters.asked_at(case.session, address, clock.now() - ASKED_AGAIN_AFTER - timedelta(days=1))
    return clock.local(moment, case.house.time_zone).date() if moment is not None else None


def _about_house(case: Case, settings: Settings, kind: ReferralLetterKind) -> list[Obstacle]:
    found = []
    if not case.has_server(settings):
        words = lazy("Mail isn’t set up yet, so nothing can be sent from here.")
        found.append(Obstacle(ObstacleKind.NO_SERVER, words))
    if kind is ReferralLetterKind.ASK and links(settings).base_url is None:
        words = lazy("The address of this installation isn’t set, so letters carry no buttons to answer with.")
        found.append(Obstacle(ObstacleKind.NO_LINKS, words))
    if not case.house.postal_address:
        found.append(Obstacle(ObstacleKind.NO_POSTAL_ADDRESS, lazy("Type your business’s postal address.")))
    return found


# What it says


def disclosure(session: WorkspaceSession, referral: Referral) -> str:
    """What we get for it, said openly, in the language spoken now; empty where that is nothing."""
    case = referral_cases.of(session, referral)
    gains = [gain for gain in (referral.terms.strip().rstrip("."), _credit(case)) if gain]
    if not gains:
        return ""
    words = _("So that you know: if this leads to work, we get something for it: %(gains)s.", gains="; ".join(gains))
    return words[:DISCLOSURE_LENGTH]


def _credit(case: Case) -> str:
    terms = case.terms
    if terms is None or (terms.valid_until is not None and terms.valid_until < case.today):
        return ""
    if terms.percent is not None:
        share = formats.number(terms.percent / 100)
        return _("credit from %(vendor)s, %(share)s%% of what they close", vendor=case.vendor.name, share=share)
    amount = formats.money(terms.amount or 0, terms.currency)
    return _("credit from %(vendor)s, %(amount)s", vendor=case.vendor.name, amount=amount)


def draft(
    session: WorkspaceSession,
    referral: Referral,
    kind: ReferralLetterKind,
    side: ReferralSide | None,
    *,
    by: Membership,
    to: Reader | None = None,
) -> Draft:
    """A letter to begin with, in the language of whoever writes it. ``side`` None: to both, which only an introduction
    from one's own mail program is. ``to`` is who reads it at the vendor, where that is not whoever usually does."""
    about = _about(session, referral, by=by, to=to)
    with i18n.speaking(by.user.locale):
        made = _words(about, kind, side)
    if kind is ReferralLetterKind.INTRODUCTION:
        at = {ReferralSide.VENDOR: about.vendor_email, ReferralSide.BUSINESS: about.business_email}
        addresses = made.addresses if side is None else tuple(address for address in [at[side]] if address)
        subject = referral.introduction_subject or made.subject
        made = Draft(addresses, subject, referral.introduction_body or made.body)
    return made


def _words(about: drafts.Introduction, kind: ReferralLetterKind, side: ReferralSide | None) -> Draft:
    if kind is ReferralLetterKind.INTRODUCTION:
        return drafts.introduce(about)
    is_vendor = side is ReferralSide.VENDOR
    if kind is ReferralLetterKind.ASK:
        return drafts.ask_vendor(about) if is_vendor else drafts.ask_business(about)
    return drafts.thank_vendor(about) if is_vendor else drafts.thank_business(about)


def _about(session: WorkspaceSession, referral: Referral, *, by: Membership, to: Reader | None) -> drafts.Introduction:
    case = referral_cases.of(session, referral)
    if to is None or to.side is not ReferralSide.VENDOR:
        to = case.reader(ReferralSide.VENDOR)
    return drafts.Introduction(
        vendor=case.vendor.name,
        vendor_person=to.name if to else "",
        vendor_email=to.address if to else "",
        business=case.opening.business,
        business_person=case.opening.person,
        business_email=case.opening.email,
        need=case.opening.what_they_need,
        blurb=referral.blurb,
        sender=by.user.first_name,
    )


def preview(
    referral: Referral,
    *,
    by: Membership,
    settings: Settings,
    kind: ReferralLetterKind,
    side: ReferralSide,
    subject: str,
    body: str,
    to: Reader | None = None,
    postal_address: str = "",
) -> Letter:
    """The letter as it will arrive, to whoever reads it usually or to ``to``. Its links lead nowhere.

    ``postal_address`` stands in it where the business has none yet.
    """
    session = session_of(referral)
    to = to or reader(session, referral, side) or Reader(side, "", "")
    letter = _letter(session, referral, by=by, kind=kind, to=to, subject=subject, body=body)
    frame = _frame(session, settings, referral, by=by, address=to.address)
    frame = replace(
        frame,
        way_out=links(settings).opt_out(_NOWHERE) or frame.way_out,
        postal_address=frame.postal_address or postal_address,
    )
    return _made(session, settings, referral, letter, frame, by=by, token=_NOWHERE)


# Sending it


def ask(
    referral: Referral,
    *,
    by: Membership,
    settings: Settings,
    side: ReferralSide,
    subject: str,
    body: str,
    press: str,
    to: str = "",
) -> ReferralLetter:
    """Ask one side by letter, and record that they were asked, in one transaction.

    ``to`` is the key of who is asked; empty for whoever reads the letters to that side usually. ``press`` is a word of
    the form that was sent: the same letter of the same form goes once, however often it is sent. Raises
    :class:`Refused` where no letter may go, :class:`Forbidden` for a role that may not write.
    """
    kind = ReferralLetterKind.ASK
    letter, is_new = _send(
        referral, by=by, settings=settings, kind=kind, side=side, subject=subject, body=body, press=press, chosen=to
    )
    if is_new:
        _record(referral, referral_rules.ASKED[side], by=by)
    return letter


def thank(
    referral: Referral, *, by: Membership, settings: Settings, side: ReferralSide, subject: str, body: str, press: str
) -> ReferralLetter:
    """Thank one side by letter. That they were thanked is recorded once, with the first of the two letters.

    As :func:`ask` for ``press`` and what it raises.
    """
    kind = ReferralLetterKind.THANKS
    letter, is_new = _send(
        referral, by=by, settings=settings, kind=kind, side=side, subject=subject, body=body, press=press
    )
    if is_new:
        _record(referral, ReferralState.THANKED, by=by)
    return letter


def put_in(
    referral: Referral,
    *,
    by: Membership,
    settings: Settings,
    kind: ReferralLetterKind,
    side: ReferralSide,
    reader: Reader,
    subject: str,
    body: str,
    key: str,
    not_before: datetime,
) -> ReferralLetter:
    """Write a letter into the outbox, to leave at ``not_before``; a second one with this ``key`` is not made.

    It looks at no obstacles, and records no step: that is for whoever calls it.
    """
    session = session_of(referral)
    hidden = _key(session, kind, key)
    pass_alone(session.connection(), hidden)
    known = referral_letters.by_key(session, hidden)
    if known is not None:
        return known
    letter = _letter(session, referral, by=by, kind=kind, to=reader, subject=subject, body=body)
    session.add(letter)
    session.flush()
    letter.message_id = _enqueue(session, settings, referral, letter, by=by, key=hidden, at=not_before)
    session.flush()
    return letter


def take_back(letter: ReferralLetter, *, by: Membership) -> None:
    """Do not send it after all: it goes out of the outbox, and the step that it recorded goes with it. Raises
    :class:`Refused` where it may have left already, and for one of the two letters of an introduction."""
    session = session_of(letter)
    if letter.kind is ReferralLetterKind.INTRODUCTION:
        raise Refused(lazy("An introduction is held back to both of them, not to one."))
    if letter.message_id is None or not outbox.take_back(session, letter.message_id):
        raise Refused(lazy("It is too late to take it back: the letter is on its way, or was taken back before."))
    letter.taken_back_at = clock.now()
    session.flush()
    step = _recorded_with(session, letter)
    if step is not None:
        referrals.undo_step(referrals.find(session, letter.referral_id), by=by, step_id=step.id)


def _send(
    referral: Referral,
    *,
    by: Membership,
    settings: Settings,
    kind: ReferralLetterKind,
    side: ReferralSide,
    subject: str,
    body: str,
    press: str,
    chosen: str = "",
) -> tuple[ReferralLetter, bool]:
    """The letter, and whether it is a new one."""
    permissions.require(by, Act.WORK)
    session = session_of(referral)
    session.refresh(referral, with_for_update=True)
    key = chr(0).join([str(by.user_id), press[:PRESS_LENGTH], str(referral.id), side, subject, body, chosen])
    known = referral_letters.by_key(session, _key(session, kind, key))
    if known is not None:
        if known.taken_back_at is not None:
            raise Refused(lazy("This letter was taken back. Open it anew to send it."))
        return known, False
    to = _chosen(referral_cases.of(session, referral), side, chosen)
    if to is not None:
        pass_alone(session.connection(), f"asked:{session.workspace_id}:{to.address}")
    _check(session, settings, referral, by=by, kind=kind, side=side, to=to, subject=subject, body=body)
    assert to is not None
    letter = put_in(
        referral,
        by=by,
        settings=settings,
        kind=kind,
        side=side,
        reader=to,
        subject=subject,
        body=body,
        key=key,
        not_before=clock.now() + HELD_BACK,
    )
    return letter, True


def _chosen(case: Case, side: ReferralSide, key: str) -> Reader | None:
    """Who was chosen, or who reads usually. Nobody else reads for whoever is not there any more."""
    if not key:
        return case.reader(side)
    found = next((one for one in case.readers(side) if one.key == key), None)
    if found is None:
        raise Refused(lazy("Choose one of the list."), field="to")
    return found


def _check(
    session: WorkspaceSession,
    settings: Settings,
    referral: Referral,
    *,
    by: Membership,
    kind: ReferralLetterKind,
    side: ReferralSide,
    to: Reader | None,
    subject: str,
    body: str,
) -> None:
    for obstacle in obstacles(session, settings, referral, side, kind=kind, to=to):
        box = "postal_address" if obstacle.kind is ObstacleKind.NO_POSTAL_ADDRESS else None
        raise Refused(obstacle.words, field=box)
    outside_letters.check_answers(_connector(session, referral, by).user)
    outside_letters.check_words(subject, body)
    if kind is ReferralLetterKind.ASK and _names_other_side(session, referral, side, f"{subject}\n{body}"):
        words = lazy("Leave the other side’s address out: they agree to share it by saying yes.")
        raise Refused(words, field="body")
    if kind is ReferralLetterKind.ASK:
        _check_page(session, referral, side)
    outside_letters.check_number(session)


def _check_page(session: WorkspaceSession, referral: Referral, side: ReferralSide) -> None:
    """Raises :class:`Refused` where what the page of the answers shows to a side tells how anybody is reached."""
    if side is ReferralSide.VENDOR and contact_details.has_any(
        referral_cases.of(session, referral).opening.what_they_need
    ):
        raise Refused(
            lazy(
                "What they need, as it is noted, holds an e-mail address or a phone number. It is shown to them before "
                "they have agreed to anything: take it out there first."
            )
        )
    if contact_details.has_any(referral.blurb):
        raise Refused(
            lazy(
                "“Why they should meet” holds an e-mail address or a phone number. It is shown to them before they "
                "have agreed to anything: take this referral back and write it without."
            )
        )


def _names_other_side(session: WorkspaceSession, referral: Referral, side: ReferralSide, words: str) -> bool:
    """Whether a letter tells how the other side is reached."""
    case = referral_cases.of(session, referral)
    if side is ReferralSide.VENDOR:
        addresses, phones = [case.opening.email], []
    else:
        addresses = [address for person in case.people for address in person.emails]
        phones = [re.sub(r"\D", "", number) for person in case.people for number in person.phones]
    plain, digits = words.casefold(), re.sub(r"\D", "", words)
    return any(address and address.casefold() in plain for address in addresses) or any(
        len(number) >= _PHONE_DIGITS and number in digits for number in phones
    )


def _record(referral: Referral, state: ReferralState, *, by: Membership) -> None:
    """Write the step down that a letter means, unless it stands."""
    session = session_of(referral)
    if referral_rules.is_new(referral_cases.of(session, referral).states, state):
        referrals.record_step(referral, by=by, state=state, happened_on=by.workspace.today, channel=Channel.EMAIL)


def _recorded_with(session: WorkspaceSession, letter: ReferralLetter) -> ReferralStep | None:
    """The step that was recorded as the letter was sent; none where it stood before, or stands for another letter."""
    is_ask = letter.kind is ReferralLetterKind.ASK
    others = referral_letters.of_referral(session, letter.referral_id)
    if not is_ask and any(row.kind is letter.kind and row.counts for row in others):
        return None
    statement = (
        select(ReferralStep)
        .where(
            ReferralStep.referral_id == letter.referral_id,
            ReferralStep.state == (referral_rules.ASKED[letter.side] if is_ask else ReferralState.THANKED),
            ReferralStep.recorded_at >= letter.created_at,
        )
        .order_by(ReferralStep.id.desc())
    )
    return session.scalars(statement).first()


# On its way


def why_not(session: InstallationSession, message_id: int, *, workspace_id: int, is_here: bool) -> str | None:
    """Why a letter about an introduction is not to leave any more; None where it is still wanted. ``is_here`` says
    whether its writer still belongs to the business."""
    if not is_here:
        return "Whoever wrote it has left the business."
    facts = session.scalar(select(OutboxMessage.facts).where(OutboxMessage.id == message_id)) or {}
    with inside(session, workspace_id) as rows:
        answered_by = members.membership(rows, workspace_id, int(facts.get("answered_by") or 0))
        if answered_by is None or not answered_by.is_active:
            return "Whoever introduces them has left the business."
        letter = referral_letters.of_message(rows, message_id)
        referral = rows.get(Referral, letter.referral_id, populate_existing=True) if letter else None
        if letter is None or referral is None:
            return "The referral is gone."
        if letter.taken_back_at is not None:
            return "It was taken back."
        case = referral_cases.of(rows, referral)
        if letter.kind is ReferralLetterKind.INTRODUCTION:
            return _why_no_introduction(case, letter, facts)
        return _why_not_now(case, letter) or _why_not_there(case, letter, str(facts.get("mark")))


def _why_not_now(case: Case, letter: ReferralLetter) -> str | None:
    """What has happened with the referral since it was written."""
    for obstacle in _about_referral(case, letter.side, letter.kind):
        return str(obstacle.words)
    if letter.kind is ReferralLetterKind.ASK:
        stands = case.sides.get(letter.side)
        if stands is None:
            return "That they were asked was taken back."
        if stands is not referral_rules.ASKED[letter.side]:
            return "They have answered already."
    return None


def _why_not_there(case: Case, letter: ReferralLetter, mark: str) -> str | None:
    """What has happened to its address since it was written."""
    if letter.recipient not in {one.address for one in case.readers(letter.side)}:
        return "The address has changed."
    if suppressions.is_marked(case.session, mark):
        return "This address takes no mail from here."
    if letter.recipient in case.stops:
        return stopped_addresses.STOPPED
    return None


def _why_no_introduction(case: Case, letter: ReferralLetter, facts: dict[str, object]) -> str | None:
    """They are introduced to each other or not at all: what has happened to the one address keeps the letter to the
    other one back too, until either has left."""
    own = _why_not_there(case, letter, str(facts.get("mark")))
    twin, state, twin_facts = _twin(case.session, letter)
    if own is not None or twin is None or state is MailState.SENT:
        return own
    return _why_not_now(case, letter) or _why_not_there(case, twin, str(twin_facts.get("mark")))


def _twin(
    session: WorkspaceSession, letter: ReferralLetter
) -> tuple[ReferralLetter | None, MailState | None, dict[str, object]]:
    """The letter that introduces the other side, and how it stands."""
    statement = (
        select(ReferralLetter, OutboxMessage.state, OutboxMessage.facts)
        .join(OutboxMessage, OutboxMessage.id == ReferralLetter.message_id)
        .where(
            ReferralLetter.referral_id == letter.referral_id,
            ReferralLetter.kind == letter.kind,
            ReferralLetter.side != letter.side,
            ReferralLetter.taken_back_at.is_(None),
        )
        .order_by(ReferralLetter.id.desc())
    )
    row = session.execute(statement).first()
    return (None, None, {}) if row is None else (row[0], row[1], row[2] or {})


# Making it


def _letter(
    session: WorkspaceSession,
    referral: Referral,
    *,
    by: Membership,
    kind: ReferralLetterKind,
    to: Reader,
    subject: str,
    body: str,
) -> ReferralLetter:
    """A letter that is stored nowhere yet."""
    with i18n.speaking(by.user.locale):
        gain = "" if kind is ReferralLetterKind.THANKS else disclosure(session, referral)
    return ReferralLetter(
        referral_id=referral.id,
        kind=kind,
        side=to.side,
        recipient=to.address,
        recipient_name=to.name,
        subject=subject,
        body=body,
        disclosure=gain,
        created_by=by.user_id,
    )


def _enqueue(
    session: WorkspaceSession,
    settings: Settings,
    referral: Referral,
    letter: ReferralLetter,
    *,
    by: Membership,
    key: str,
    at: datetime,
) -> int:
    frame = _frame(session, settings, referral, by=by, address=letter.recipient)
    token = referral_links.token_for(settings, letter)
    message = outbox.enqueue(
        session,
        _made(session, settings, referral, letter, frame, by=by, token=token),
        key=key,
        kind=MailKind.REFERRAL,
        sender=frame.sender,
        recipient=letter.recipient,
        recipient_name=letter.recipient_name,
        workspace_id=session.workspace_id,
        user_id=by.user_id,
        to_outsider=True,
        has_secrets=frame.has_page,
        expires_at=at + outbox.KEPT_TRYING,
        not_before=at,
        facts={"mark": frame.mark, "answered_by": frame.answered_by.id},
    )
    return message.id


def _made(
    session: WorkspaceSession,
    settings: Settings,
    referral: Referral,
    letter: ReferralLetter,
    frame: Frame,
    *,
    by: Membership,
    token: str,
) -> Letter:
    """The letter as it goes over the wire."""
    is_introduction = letter.kind is ReferralLetterKind.INTRODUCTION
    with i18n.speaking(by.user.locale):
        return messages.referral(
            subject=letter.subject,
            body=letter.body,
            signature=frame.signature,
            postal_address=frame.postal_address,
            reply_to=frame.reply_to,
            way_out=frame.way_out,
            answers=_answers(settings, token) if letter.kind is ReferralLetterKind.ASK else (),
            contact=_contact(session, referral, letter.side) if is_introduction else None,
            disclosure=letter.disclosure,
        )


def _frame(session: WorkspaceSession, settings: Settings, referral: Referral, *, by: Membership, address: str) -> Frame:
    connector = _connector(session, referral, by)
    return outside_letters.frame(session, settings, by=by, answered_by=connector.user, address=address)


def _answers(settings: Settings, token: str) -> list[messages.AnswerLink]:
    addresses = {answer: links(settings).introduction(token, answer.value) for answer in ReferralAnswer}
    return [messages.AnswerLink(vocabulary.word(answer), url) for answer, url in addresses.items() if url is not None]


def _contact(session: WorkspaceSession, referral: Referral, side: ReferralSide) -> messages.OtherSide | None:
    """Whom an introduction to this side names, and how they are reached."""
    case = referral_cases.of(session, referral)
    other = case.reader(ReferralSide.BUSINESS if side is ReferralSide.VENDOR else ReferralSide.VENDOR)
    if other is None:
        return None
    return messages.OtherSide(drafts.person_of(other.name, case.house_of(other.side)), other.address)


def _connector(session: WorkspaceSession, referral: Referral, by: Membership) -> Membership:
    """Who gets the answers: who introduces them; who sends it, where they have left."""
    known = members.membership(session, session.workspace_id, referral.connector_id)
    return known if known is not None and known.is_active else by


def _key(session: WorkspaceSession, kind: ReferralLetterKind, key: str) -> str:
    """Travels with the letter, so it says nothing of what it stands for."""
    secret = f"{session.workspace_id}{chr(0)}{key}"
    return f"{kind.value}:{hashlib.sha256(secret.encode()).hexdigest()[:40]}"
