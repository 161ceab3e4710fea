"""What people and businesses choose for themselves."""

from collections.abc import Mapping
from datetime import time

from sqlalchemy import or_, select

from crm.core import clock, currencies, i18n, limits, text
from crm.core.errors import Missing, Refused, Stale
from crm.core.i18n import lazy
from crm.core.settings import Settings
from crm.core.tenancy import WorkspaceSession
from crm.domain import account_letters, accounts, audit, nights, passwords, permissions, touches
from crm.domain import working_hours as hours
from crm.domain.cadences import Cadence
from crm.domain.permissions import Act
from crm.domain.working_hours import Unread
from crm.models.enums import AuditKind, Stage, Tier
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership, User, Workspace
from crm.queries import members

# A person's own


def change_profile(
    session: WorkspaceSession, *, by: Membership, name: str, time_zone: str, locale: str, shortcuts: bool
) -> None:
    """Change how a person is called and where they live. The morning letter of each of their businesses follows."""
    if not name:
        raise Refused(lazy("Type your name."), field="name")
    if locale not in i18n.LOCALES:
        raise Refused(lazy("Choose one of the list."), field="locale")
    user = _person(session, by)
    user.name, user.time_zone, user.locale, user.shortcuts = name, _zone(time_zone), locale, shortcuts
    for membership in members.memberships_of(session, user.id):
        accounts.plan_digest(membership)


def change_email(session: WorkspaceSession, *, by: Membership, email: str, password: str) -> None:
    """Change the address that a person signs in with. Raises :class:`Refused` for a wrong password, a taken address."""
    user = _person(session, by)
    if not passwords.is_right(user.password_hash, password):
        raise Refused(lazy("This is not your present password."), field="password")
    email = accounts.checked_email(email)
    other = members.user_by_email(session, email)
    if other is not None and other.id != user.id:
        raise Refused(lazy("This address cannot be used. Choose another one."), field="email")
    if email != user.email:
        audit.record(session, AuditKind.EMAIL_CHANGED, user_id=user.id, before=user.email, after=email)
    user.email = email


def change_password(
    session: WorkspaceSession, installation: Settings, *, by: Membership, current: str, new: str, here: int
) -> None:
    """Change a password; every browser but the one ``here`` (its session's id) is signed out, and a letter tells it."""
    user = _person(session, by)
    accounts.change_password(session, user, current=current, new=new, but=here)
    account_letters.password_changed(session, installation, user)


def change_digest(session: WorkspaceSession, *, by: Membership, on: bool, at: time, weekdays: str) -> None:
    """Change when the morning letter comes. ``weekdays`` are digits, Monday is 0."""
    days = _weekdays(weekdays)
    if on and not days:
        raise Refused(lazy("Choose a day at least, or switch the morning letter off."), field="weekdays")
    member = members.membership(session, session.workspace_id, by.user_id)
    if member is None:
        raise Missing
    member.digest_on, member.digest_weekdays = on, days
    member.digest_hour, member.digest_minute = at.hour, at.minute
    accounts.plan_digest(member)


def change_notices(
    session: WorkspaceSession,
    *,
    by: Membership,
    mentions: bool,
    triggers: bool,
    handed: bool = False,
    followed: bool = False,
) -> None:
    """Change what a person is told by e-mail at once; the morning letter tells the rest."""
    member = members.membership(session, session.workspace_id, by.user_id)
    if member is None:
        raise Missing
    member.mail_mentions, member.mail_triggers = mentions, triggers
    member.mail_handed, member.mail_followed = handed, followed


# The business's


def change_business(
    session: WorkspaceSession,
    *,
    by: Membership,
    name: str,
    time_zone: str,
    currency: str,
    working_days: str,
    working_hours: str,
) -> None:
    """Change what a business is called, where it is, what it counts in, and when it works; empty hours are 9 to 17.

    Its address (the slug) stays as it is, so that links go on working. Raises :class:`Refused` for hours that cannot be
    read, beside what cannot be chosen.
    """
    permissions.require(by, Act.MANAGE)
    if not name:
        raise Refused(lazy("Type your business’s name."), field="name")
    if currency not in currencies.codes():
        raise Refused(lazy("Choose one of the list."), field="currency")
    days = _weekdays(working_days)
    if not days:
        raise Refused(lazy("Choose a working day at least."), field="working_days")
    working_hours = _hours(working_hours)
    workspace = session.get_one(Workspace, session.workspace_id)
    moves = days != workspace.working_days or time_zone != workspace.time_zone
    workspace.name, workspace.time_zone, workspace.currency = name, _zone(time_zone), currency
    workspace.working_days, workspace.working_hours = days, working_hours
    if moves:
        nights.follow(session, select(Vendor).where(Vendor.due_on.is_not(None)))


def change_postal_address(session: WorkspaceSession, *, by: Membership, address: str) -> None:
    """Change where a business can be written to by post. Letters to outsiders carry it; without one none leaves."""
    permissions.require(by, Act.MANAGE)
    address = text.clean_text(address)
    if len(address) > limits.POSTAL_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.POSTAL_LENGTH), field="postal_address")
    session.get_one(Workspace, session.workspace_id).postal_address = address
    session.flush()


def business(session: WorkspaceSession) -> Workspace:
    """The business as it is kept now."""
    return session.get_one(Workspace, session.workspace_id, populate_existing=True)


def change_cadences(
    session: WorkspaceSession, *, by: Membership, version: int, wanted: Mapping[Tier | Stage, Cadence | None]
) -> None:
    """Change how often a vendor of a tier or stage is checked in on, unless it has an interval of its own; None is
    never. What is running begins nothing anew. Raises :class:`Stale` where somebody did so since ``version``."""
    permissions.require(by, Act.MANAGE)
    workspace = session.get_one(Workspace, session.workspace_id, with_for_update=True)
    if workspace.cadences_version != version:
        raise Stale
    before = touches.cadence_defaults(workspace)
    present: dict[Tier | Stage, Cadence | None] = dict(before.by_tier.items())
    present.update(before.by_stage.items())
    changed = [key for key, cadence in wanted.items() if present.get(key) != cadence]
    if not changed:
        return
    kept = {**present, **wanted}
    workspace.cadences_version += 1
    workspace.cadence_defaults = {
        key.value: {"every": cadence.every, "unit": cadence.unit.value} if cadence else None
        for key, cadence in kept.items()
    }
    stages = [key for key in changed if isinstance(key, Stage)]
    tiers = [key for key in changed if isinstance(key, Tier)]
    nights.follow(session, select(Vendor).where(or_(Vendor.stage.in_(stages), Vendor.tier.in_(tiers))))


def _person(session: WorkspaceSession, by: Membership) -> User:
    return session.get_one(User, by.user_id)


def _zone(name: str) -> str:
    if not clock.is_zone(name):
        raise Refused(lazy("Choose a time zone of the list."), field="time_zone")
    return clock.canonical(name)


def _hours(words: str) -> str:
    words = text.clean_line(words)
    if len(words) > hours.LONGEST:
        raise Refused(lazy("Keep it under %(length)s characters.", length=hours.LONGEST), field="working_hours")
    found = hours.read(words) if words else None
    if isinstance(found, Unread):
        why = lazy("Hours are written like “9–17” or “Mon–Thu 9:00 to 17:30”.")
        if found.rest:
            why = lazy(
                "“%(words)s” is not understood. Hours are written like “9–17” or “Mon–Thu 9:00 to 17:30”.",
                words=found.rest,
            )
        raise Refused(why, field="working_hours")
    return words


def _weekdays(digits: str) -> str:
    """The digits of weekdays in order, each once."""
    return "".join(digit for digit in "0123456" if digit in digits)
