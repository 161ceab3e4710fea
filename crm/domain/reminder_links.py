"""Links in e-mails that act without signing in: signed, for one purpose each, for a fortnight.

A link names a reminder as it stood when the letter was written. What it may do is what its person may do at the moment
it is followed; what is done already stays done.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from crm.core.errors import Missing
from crm.core.settings import Settings
from crm.core.tenancy import InstallationSession, WorkspaceSession
from crm.core.tokens import Signer
from crm.domain import permissions
from crm.domain.permissions import Act
from crm.models.enums import MailKind, NewsKind, ReminderKind
from crm.models.reminders import Reminder
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership
from crm.queries import members

LASTS = timedelta(days=14)
UNSUBSCRIBE_LASTS = timedelta(days=60)
"""Longer than the others: whoever wants no more letters finds the way out in an old one too."""

DONE = "reminder-done"
SNOOZE = "reminder-snooze"
RECHECK = "recheck-snooze"
UNSUBSCRIBE = "digest-unsubscribe"
KINDS = (MailKind.DIGEST, MailKind.MENTION, MailKind.TRIGGER, MailKind.NEWS)
"""What a person can turn off by a link, each by itself."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one reminder in one person's letter."""

    settings: Settings
    member: Membership
    reminder_id: int
    shown_on: date

    @property
    def done(self) -> str:
        return self._sign(DONE)

    @property
    def snooze(self) -> str:
        return self._sign(SNOOZE)

    @property
    def recheck(self) -> str:
        """Where the reminder is the one to look again at how ready the business is."""
        return self._sign(RECHECK)

    def _sign(self, purpose: str) -> str:
        facts = {
            "b": self.member.workspace_id,
            "u": self.member.user_id,
            "r": self.reminder_id,
            "d": self.shown_on.isoformat(),
        }
        return Signer(self.settings.secret_key, purpose).sign(facts, lasts=LASTS)


@dataclass(frozen=True, slots=True)
class Errand:
    """What a genuine link asks for."""

    workspace_id: int
    user_id: int
    reminder_id: int
    shown_on: date


@dataclass(frozen=True, slots=True)
class Found:
    """The reminder of a link, its vendor, and whether there is still anything to do."""

    reminder: Reminder
    vendor: Vendor
    is_open: bool


@dataclass(frozen=True, slots=True)
class Subscription:
    """One kind of letter of one business to one person."""

    member: Membership
    kind: MailKind
    news: NewsKind | None = None
    """Of notifications, those of which kind."""

    @property
    def is_on(self) -> bool:
        """Whether such letters come."""
        return bool(getattr(self.member, self._switch))

    @property
    def name(self) -> str:
        """What these letters are: the kind of letter, and of notification."""
        return self.news.value if self.news else self.kind.value

    @property
    def _switch(self) -> str:
        return _SWITCHES[self.news or self.kind]

    def stop(self) -> None:
        """No more of them."""
        setattr(self.member, self._switch, False)


_SWITCHES: dict[MailKind | NewsKind, str] = {
    MailKind.DIGEST: "digest_on",
    MailKind.MENTION: "mail_mentions",
    MailKind.TRIGGER: "mail_triggers",
    NewsKind.HANDED: "mail_handed",
    NewsKind.FOLLOWED: "mail_followed",
}
"""Where a membership keeps whether such letters come."""


def unsubscribe_token(
    settings: Settings, member: Membership, kind: MailKind = MailKind.DIGEST, *, news: NewsKind | None = None
) -> str:
    """The token with which a person turns one kind of letter, or of notification, of one business off."""
    facts = {"m": member.id, "k": kind.value, **({"n": news.value} if news else {})}
    return Signer(settings.secret_key, UNSUBSCRIBE).sign(facts, lasts=UNSUBSCRIBE_LASTS)


def read(settings: Settings, purpose: str, token: str) -> Errand | None:
    """What a token asks for; None for one that is forged, over, or for another purpose."""
    facts = Signer(settings.secret_key, purpose).read(token)
    try:
        return _errand(facts) if facts else None
    except (KeyError, TypeError, ValueError):
        return None


def member_of(session: InstallationSession, errand: Errand) -> Membership:
    """The person whom the link was sent to. Raises :class:`Missing` where they have left the business."""
    member = members.membership(session, errand.workspace_id, errand.user_id)
    if member is None or not member.is_active:
        raise Missing
    return member


def find(session: WorkspaceSession, errand: Errand, member: Membership) -> Found:
    """The reminder that a link is about. Raises :class:`Missing` where it is gone, :class:`Forbidden` where the
    person's role no longer allows to act.

    A reminder that has moved to a later day since is nothing to do any more: somebody has put it off.
    """
    reminder = session.get(Reminder, errand.reminder_id, with_for_update=session.writing or None)
    if reminder is None or reminder.user_id != errand.user_id:
        raise Missing
    if reminder.kind is not ReminderKind.MENTION:
        permissions.require(member, Act.WORK)
    vendor = session.get_one(Vendor, reminder.vendor_id)
    return Found(reminder, vendor, reminder.ended_at is None and reminder.shown_on <= errand.shown_on)


def subscription(session: InstallationSession, settings: Settings, token: str) -> Subscription | None:
    """Which letters an unsubscribe link is about; None for one that is forged or over."""
    facts = Signer(settings.secret_key, UNSUBSCRIBE).read(token) or {}
    number, kind = facts.get("m"), facts.get("k", MailKind.DIGEST.value)  # links of earlier letters name no kind
    found = session.get(Membership, number) if isinstance(number, int) else None
    member = members.membership(session, found.workspace_id, found.user_id) if found else None
    news = next((one for one in NewsKind if one in _SWITCHES and one.value == facts.get("n")), None)
    if member is None or kind not in KINDS or (kind == MailKind.NEWS) is not (news is not None):
        return None
    return Subscription(member, MailKind(kind), news)


def unsubscribe(wanted: Subscription) -> None:
    """No more letters of this kind for this person from this business, and nothing else."""
    wanted.stop()
    if wanted.kind is MailKind.DIGEST:
        wanted.member.next_digest_at = None


def subscribe(member: Membership, *, next_at: Any) -> None:
    """Letters again, from the given instant on."""
    member.digest_on = True
    member.next_digest_at = next_at


def _errand(facts: dict[str, Any]) -> Errand:
    return Errand(int(facts["b"]), int(facts["u"]), int(facts["r"]), date.fromisoformat(facts["d"]))
