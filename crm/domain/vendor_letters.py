"""Letters to vendors that leave from here: written by a person, sent in their name, kept in the log.

A letter waits a little before it leaves, so that it can be taken back. Before it leaves everything is looked at once
more; where nobody can know whether it has left, it is held until a person says so.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import select

from crm.core import clock, i18n
from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy
from crm.core.settings import Settings
from crm.core.tenancy import InstallationSession, WorkspaceSession, inside, session_of
from crm.domain import (
    interactions,
    letter_files,
    mail_settings,
    outside_letters,
    permissions,
    stopped_addresses,
    suppressions,
)
from crm.domain.letter_files import Taken, Wanted
from crm.domain.permissions import Act
from crm.mail import messages, mime, outbox
from crm.models.enums import Channel, InteractionKind, MailKind, MailState, Outcome, TouchReason
from crm.models.letters import VendorLetter
from crm.models.log import Interaction
from crm.models.outbox import OutboxMessage
from crm.models.trials import TrialTask
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership, Workspace
from crm.queries import vendor_letters
from crm.queries.people import PersonRow

HELD_BACK = timedelta(seconds=15)
"""A toast offers Undo for ten seconds, and the page that shows it takes a moment to come."""
PRESS_LENGTH = 64


class Obstacle(StrEnum):
    """Why no letter can leave from here to a vendor, whoever reads it there."""

    DO_NOT_CONTACT = "do_not_contact"
    NO_SERVER = "no_server"
    NO_POSTAL_ADDRESS = "no_postal_address"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody at a vendor, by one e-mail address."""

    person_id: int
    name: str
    address: str

    @property
    def key(self) -> str:
        return f"{self.person_id}:{self.address}"


def shut_addresses(session: WorkspaceSession, vendor_id: int, people: Iterable[PersonRow]) -> frozenset[str]:
    """The addresses at a vendor to which nothing goes: a mail server refused them, or somebody here marked them."""
    addresses = [address for person in people for address in person.emails]
    return vendor_letters.refused_addresses(session, vendor_id) | stopped_addresses.stopped(session, addresses)


def recipients(people: Iterable[PersonRow], shut: Iterable[str]) -> list[Recipient]:
    """Whom a letter can go to: those who like e-mail first, each by their first address first; none of the addresses to
    which nothing goes (:func:`shut_addresses`)."""
    shut = set(shut)
    by_liking = sorted(people, key=lambda person: _LIKING.get(person.preferred_channel, len(_LIKING)))
    return [
        Recipient(person.id, person.name, address)
        for person in by_liking
        for address in person.emails
        if address not in shut
    ]


_LIKING: dict[Channel | None, int] = {Channel.EMAIL: 0, None: 1}


def obstacles(session: WorkspaceSession, settings: Settings, vendor: Vendor) -> list[Obstacle]:
    """What keeps letters to this vendor from leaving from here; nothing where they can."""
    found = []
    if vendor.do_not_contact:
        found.append(Obstacle.DO_NOT_CONTACT)
    if mail_settings.effective(session, settings).server is None:
        found.append(Obstacle.NO_SERVER)
    if not _workspace(session).postal_address:
        found.append(Obstacle.NO_POSTAL_ADDRESS)
    return found


def find(session: WorkspaceSession, letter_id: int, *, writer: Membership) -> VendorLetter:
    """A letter that this person wrote. Raises :class:`Missing`, also for a letter of somebody else."""
    letter = session.get(VendorLetter, letter_id)
    if letter is None or letter.created_by != writer.user_id:
        raise Missing
    return letter


def send(
    vendor: Vendor,
    *,
    by: Membership,
    settings: Settings,
    to: Recipient,
    subject: str,
    body: str,
    press: str,
    reason: TouchReason | None = None,
    files: Wanted = letter_files.NOTHING,
) -> VendorLetter:
    """Write a letter into the outbox, and its copy into the log, in one transaction.

    ``press`` is a word of the form that was sent: the same letter of the same form goes once, however often it is
    sent. ``files`` are what it carries, frozen with it. Raises :class:`Refused` where no letter may go,
    :class:`Forbidden` for a role that may not write.
    """
    permissions.require(by, Act.WORK)
    session = session_of(vendor)
    session.refresh(vendor, with_for_update=True)
    _check(vendor, settings, to=to, subject=subject, body=body)
    outside_letters.check_answers(by.user)
    key = _key(by, to, subject, body, press, files)
    known = vendor_letters.by_key(session, key)
    if known is not None:
        if vendor_letters.state_of(session, known) is MailState.CANCELLED:
            raise Refused(lazy("This letter was taken back. Open it anew to send it."))
        return known
    outside_letters.check_number(session)
    taken = letter_files.take(vendor, files, by=by, folder=settings.uploads)
    copy = log(vendor, by=by, to=to, subject=subject, body=body, file_names=[one.file.name for one in taken])
    letter = VendorLetter(
        vendor_id=vendor.id,
        person_id=to.person_id,
        interaction_id=copy.id,
        reason=reason,
        recipient=to.address,
        subject=subject,
        body=body,
        created_by=by.user_id,
    )
    session.add(letter)
    session.flush()
    letter.message_id = _put_in(session, letter, by=by, settings=settings, to=to, key=key, taken=taken).id
    return letter


def log(
    vendor: Vendor,
    *,
    by: Membership,
    to: Recipient | None,
    subject: str,
    body: str,
    answered: bool = False,
    file_names: Sequence[str] = (),
) -> Interaction:
    """Note a letter in the log, wherever it was sent from: an attempt, until they answer."""
    parts = (f"**{subject.replace('*', '')}**" if subject else "", body, letter_files.named(file_names))
    return interactions.log(
        vendor,
        by=by,
        kind=InteractionKind.EMAIL,
        occurred_on=by.workspace.today,
        outcome=Outcome.TWO_WAY if answered else Outcome.ATTEMPT,
        person_id=to.person_id if to else None,
        summary="\n\n".join(part for part in parts if part),
    )


def take_back(letter: VendorLetter, *, by: Membership) -> None:
    """Do not send it after all: it goes out of the outbox and out of the log. Raises :class:`Refused` where it may
    have left already."""
    session = session_of(letter)
    if letter.message_id is None or not outbox.take_back(session, letter.message_id):
        raise Refused(lazy("It is too late to take it back: the letter is on its way, or was taken back before."))
    for trial in session.scalars(select(TrialTask).where(TrialTask.letter_id == letter.id)):
        not_sent(trial)
    copy = session.get(Interaction, letter.interaction_id) if letter.interaction_id else None
    if copy is not None and copy.deleted_at is None:
        interactions.delete(copy, by=by)


def not_sent(trial: TrialTask) -> None:
    """The brief of a trial task has not gone to its vendor after all."""
    trial.sent_on = trial.sent_how = trial.letter_id = None
    trial.version += 1


def why_not(session: InstallationSession, message_id: int, *, workspace_id: int, is_here: bool) -> str | None:
    """Why a letter to a vendor is not to leave any more; None where it is still wanted. ``is_here`` says whether its
    writer still belongs to the business."""
    if not is_here:
        return "Whoever wrote it has left the business."
    facts = session.scalar(select(OutboxMessage.facts).where(OutboxMessage.id == message_id)) or {}
    with inside(session, workspace_id) as rows:
        letter = vendor_letters.of_message(rows, message_id)
        vendor = rows.get(Vendor, letter.vendor_id, populate_existing=True) if letter else None
        copy = rows.get(Interaction, letter.interaction_id) if letter and letter.interaction_id else None
        if vendor is None:
            return "The vendor is gone."
        if vendor.do_not_contact:
            return "They asked to be left alone."
        if copy is None or copy.deleted_at is not None:
            return "It was taken out of the log."
        if letter is not None and stopped_addresses.is_stopped(rows, letter.recipient):
            return stopped_addresses.STOPPED
    if suppressions.is_marked(session, str(facts.get("mark"))):
        return "This address takes no mail from here."
    return None


def sender_at(letters_sender: str, sender: str) -> str:
    """A letter's own sender, by name, at the address that is set up now."""
    name, _own = mail_settings.sender_parts(letters_sender)
    return mime.sender_line(name, mail_settings.sender_parts(sender)[1], mail_settings.SENDER_LENGTH)


def _check(vendor: Vendor, settings: Settings, *, to: Recipient, subject: str, body: str) -> None:
    session = session_of(vendor)
    words = {
        Obstacle.DO_NOT_CONTACT: lazy("They asked to be left alone, so nothing is sent to them from here."),
        Obstacle.NO_SERVER: lazy("Mail isn’t set up yet, so nothing can be sent from here."),
        Obstacle.NO_POSTAL_ADDRESS: lazy("Type your business’s postal address."),
    }
    for obstacle in obstacles(session, settings, vendor):
        box = "postal_address" if obstacle is Obstacle.NO_POSTAL_ADDRESS else None
        raise Refused(words[obstacle], field=box)
    if suppressions.is_suppressed(session, settings, to.address):
        raise Refused(lazy("This address takes no mail from here."), field="to")
    if to.address in vendor_letters.refused_addresses(session, vendor.id):
        raise Refused(lazy("A mail server refused this address. Change it, or choose another one."), field="to")
    if stopped_addresses.is_stopped(session, to.address):
        raise Refused(lazy("Nothing more goes to this address: somebody here marked it so."), field="to")
    outside_letters.check_words(subject, body)


def _key(by: Membership, to: Recipient, subject: str, body: str, press: str, files: Wanted) -> str:
    """Travels with the letter, so it says nothing of what it stands for."""
    parts = (str(by.workspace_id), str(by.user_id), press[:PRESS_LENGTH], to.address, subject, body, *files.marks())
    return f"touch:{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:40]}"


def _put_in(
    session: WorkspaceSession,
    letter: VendorLetter,
    *,
    by: Membership,
    settings: Settings,
    to: Recipient,
    key: str,
    taken: Sequence[Taken],
) -> OutboxMessage:
    frame = outside_letters.frame(session, settings, by=by, answered_by=by.user, address=to.address)
    with i18n.speaking(by.user.locale):
        message = messages.touch(
            subject=letter.subject,
            body=letter.body,
            signature=frame.signature,
            postal_address=frame.postal_address,
            reply_to=frame.reply_to,
            way_out=frame.way_out,
            files=[one.file for one in taken],
        )
    return outbox.enqueue(
        session,
        message,
        key=key,
        kind=MailKind.TOUCH,
        sender=frame.sender,
        recipient=to.address,
        recipient_name=to.name,
        workspace_id=session.workspace_id,
        user_id=by.user_id,
        to_outsider=True,
        has_secrets=frame.has_page,
        not_before=clock.now() + HELD_BACK,
        facts={
            "mark": frame.mark,
            "files": [[one.id, one.file.name, one.size] for one in taken],
        },
    )


def _workspace(session: WorkspaceSession) -> Workspace:
    return session.get_one(Workspace, session.workspace_id)
