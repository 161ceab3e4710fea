"""What every letter to somebody outside has around its words: whose it is, where they are, where an answer goes, and
the way out."""

from dataclasses import dataclass
from urllib.parse import quote

from crm.core import clock, i18n, limits
from crm.core.errors import Refused
from crm.core.i18n import _, lazy
from crm.core.links import links
from crm.core.settings import Settings
from crm.core.tenancy import WorkspaceSession
from crm.domain import mail_settings, suppressions
from crm.mail import mime
from crm.models.workspaces import Membership, User, Workspace
from crm.queries import referral_letters, vendor_letters


@dataclass(frozen=True, slots=True)
class Frame:
    """Around the words of one person to one address."""

    signature: str
    postal_address: str
    sender: str
    """``Name <address>``, as it stands in From."""
    way_out: str
    """A page of ours, or ``mailto:`` where letters carry no links."""
    has_page: bool
    answered_by: User
    mark: str
    """What the suppression list knows the address by."""

    @property
    def reply_to(self) -> tuple[str, str]:
        """Name and address that answers go to."""
        return (self.answered_by.name, self.answered_by.email)


def frame(session: WorkspaceSession, settings: Settings, *, by: Membership, answered_by: User, address: str) -> Frame:
    """What goes around a letter of this person. ``answered_by`` gets its answers."""
    house = session.get_one(Workspace, session.workspace_id)
    own = mail_settings.sender(session, settings)
    page = links(settings).opt_out(suppressions.token_for(settings, address, workspace_id=house.id))
    with i18n.speaking(by.user.locale):
        name = _("%(person)s of %(house)s", person=by.user.name, house=house.name)
    return Frame(
        signature=name,
        postal_address=house.postal_address,
        sender=mime.sender_line(name, mail_settings.sender_parts(own)[1], mail_settings.SENDER_LENGTH),
        way_out=page or f"mailto:{quote(answered_by.email, safe='@')}?subject=unsubscribe",
        has_page=page is not None,
        answered_by=answered_by,
        mark=suppressions.fingerprint(settings, address),
    )


def check_answers(user: User) -> None:
    """Answers go to this person's own address. Raises :class:`Refused` where not every mail server writes to it."""
    if not user.email.rpartition("@")[0].isascii():
        raise Refused(
            lazy("Answers go to your own address, and not every mail server writes to it. Send it from there.")
        )


def check_number(session: WorkspaceSession) -> None:
    """Raises :class:`Refused` where a business has written as many letters as it may in a day."""
    since = clock.now() - vendor_letters.A_DAY
    if vendor_letters.written_since(session, since) + referral_letters.written_since(session, since) >= (
        limits.LETTERS_A_DAY
    ):
        raise Refused(lazy("A business sends %(most)s letters a day at the most.", most=limits.LETTERS_A_DAY))


def check_words(subject: str, body: str) -> None:
    """Raises :class:`Refused` with the box in which there is nothing, or too much."""
    if not subject:
        raise Refused(lazy("Type a subject."), field="subject")
    if len(subject) > limits.SUBJECT_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.SUBJECT_LENGTH), field="subject")
    if not body:
        raise Refused(lazy("Type what you want to say."), field="body")
    if len(body) > limits.LETTER_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.LETTER_LENGTH), field="body")
