"""The team: who is invited, what each may do, and what happens when somebody leaves."""

from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, or_, select, update

from crm.core import clock, engine, limits, tokens
from crm.core.errors import Forbidden, Missing, Refused
from crm.core.i18n import lazy, speaking
from crm.core.links import links
from crm.core.settings import Settings
from crm.core.tenancy import InstallationSession, WorkspaceSession, inside
from crm.domain import (
    accounts,
    api_tokens,
    audit,
    hand_overs,
    mail_settings,
    mentions,
    permissions,
    responsibility,
    touches,
)
from crm.domain.permissions import Act
from crm.mail import messages, outbox
from crm.models.decision_areas import Access
from crm.models.enums import AuditKind, MailKind, Role
from crm.models.outbox import OutboxMessage
from crm.models.referrals import Referral
from crm.models.trials import TrialReviewer, TrialTask
from crm.models.vendors import Vendor
from crm.models.workspaces import Invitation, Membership, User, UserSession
from crm.queries import invitations, members

INVITATION_LASTS = timedelta(days=7)
DAY = timedelta(days=1)
LONGEST_TIME_OFF = timedelta(days=366)


class Made(NamedTuple):
    """An invitation just made: its row, and the secret of its link, which is stored nowhere."""

    invitation: Invitation
    token: str


# Inviting


def invite(session: WorkspaceSession, *, by: Membership, email: str, role: Role) -> Made:
    """Invite an address in a role: the row, and the secret of its link, which is shown once.

    An earlier invitation of the same address ends. Raises :class:`Refused` for a member, for a bad address, and
    after too many a day; :class:`Forbidden` where the inviter may not name the role.
    """
    _require(by, role)
    email = accounts.checked_email(email)
    now = clock.now()
    engine.pass_alone(session.connection(), f"invitations:{session.workspace_id}")
    known = members.user_by_email(session, email)
    member = members.membership(session, session.workspace_id, known.id) if known else None
    if member is not None and member.is_active:
        raise Refused(lazy("%(name)s is in the team already.", name=member.user.name), field="email")
    if invitations.made_since(session, session.workspace_id, now, DAY) >= limits.INVITATIONS_A_DAY:
        raise Refused(lazy("That is enough invitations for one day. Invite the others tomorrow."))
    for earlier in invitations.waiting(session, session.workspace_id, now):
        if earlier.email == email:
            earlier.withdrawn_at = now
    token = tokens.new_token()
    invitation = Invitation(
        workspace_id=session.workspace_id,
        email=email,
        role=role,
        token_hash=tokens.fingerprint(token),
        invited_by=by.user_id,
        expires_at=now + INVITATION_LASTS,
    )
    session.add(invitation)
    session.flush()
    audit.record_here(session, AuditKind.INVITED, by=by.user_id, about=email, role=role)
    return Made(invitation, token)


def send_invitation(
    session: WorkspaceSession, settings: Settings, made: Made, *, by: Membership
) -> OutboxMessage | None:
    """Mail an invitation's link, where mail is set up and links lead here; else None, and the link goes by hand."""
    invitation, token = made
    url = links(settings).invitation(token)
    mail = mail_settings.effective(session, settings)
    if url is None or mail.server is None:
        return None
    known = members.user_by_email(session, invitation.email)
    with speaking(known.locale if known else by.user.locale):
        letter = messages.invitation(
            business=by.workspace.name,
            invited_by=by.user.name,
            role=invitation.role,
            recipient=invitation.email,
            url=url,
            expires_at=invitation.expires_at,
            zone=by.workspace.time_zone,
        )
    return outbox.enqueue(
        session,
        letter,
        key=f"invitation:{invitation.id}",
        kind=MailKind.INVITATION,
        sender=mail.sender,
        recipient=invitation.email,
        workspace_id=invitation.workspace_id,
        expires_at=invitation.expires_at,
        facts={"invitation": invitation.id},
    )


def withdraw(session: WorkspaceSession, invitation_id: int, *, by: Membership) -> Invitation:
    """Make an invitation's link worthless. Raises :class:`Missing` where there is no such one waiting."""
    invitation = _waiting(session, invitation_id)
    _require(by, invitation.role)
    invitation.withdrawn_at = clock.now()
    return invitation


def renew(session: WorkspaceSession, invitation_id: int, *, by: Membership) -> Made:
    """A new link, with seven days again, in place of one that was lost."""
    invitation = _waiting(session, invitation_id)
    return invite(session, by=by, email=invitation.email, role=invitation.role)


def accept(session: InstallationSession, token: str, *, user: User) -> Membership:
    """Join the business that a link leads into. The link works once.

    Raises :class:`Missing` for a link that is used, withdrawn, over or unknown, and :class:`Refused` where it was
    made for another address.
    """
    engine.pass_alone(session.connection(), f"invitation:{tokens.fingerprint(token)}")
    found = invitations.of_token(session, tokens.fingerprint(token), clock.now())
    if found is None:
        raise Missing
    if user.email != found.invitation.email:
        raise Refused(lazy("This invitation is for %(email)s.", email=found.invitation.email))
    found.invitation.used_at = clock.now()
    present = members.membership(session, found.workspace.id, user.id)
    if present is not None and present.is_active:
        return present
    membership = accounts.join(session, found.workspace, user, role=found.invitation.role)
    audit.record(
        session, AuditKind.JOINED, user_id=user.id, workspace_id=found.workspace.id, role=found.invitation.role
    )
    with inside(session, found.workspace.id) as rows:
        _refresh_reminders(rows, user.id, admins_change=membership.is_admin)
    return membership


def _waiting(session: WorkspaceSession, invitation_id: int) -> Invitation:
    for invitation in invitations.waiting(session, session.workspace_id, clock.now()):
        if invitation.id == invitation_id:
            return invitation
    raise Missing


# Roles, leaving, coming back


def change_role(session: WorkspaceSession, user_id: int, *, by: Membership, role: Role) -> Membership:
    """Give a member another role. Raises :class:`Refused` for the last owner, :class:`Forbidden` where only an
    owner may."""
    member = _changeable(session, user_id, by=by)
    _require(by, role)
    if not member.is_active:
        raise Refused(lazy("Let %(name)s in again first.", name=member.user.name))
    if role is not Role.OWNER:
        _keep_an_owner(session, member)
    was_admin, could_work = member.is_admin, permissions.may(member, Act.WORK)
    if role is not member.role:
        audit.record_here(
            session, AuditKind.ROLE_CHANGED, by=by.user_id, about=member.user.name, before=member.role, after=role
        )
    member.role = role
    session.flush()
    for invitation in invitations_ending_with(session, member):
        if not permissions.may(member, _needed_for(invitation.role)):
            invitation.withdrawn_at = clock.now()
    if was_admin != member.is_admin:
        mentions.weigh_again(session, member)
    if (was_admin, could_work) != (member.is_admin, permissions.may(member, Act.WORK)):
        _refresh_reminders(session, user_id, admins_change=was_admin != member.is_admin)
    return member


def deactivate(
    session: WorkspaceSession, user_id: int, *, by: Membership, successor_id: int | None = None
) -> Membership:
    """End a membership: the person is signed out of the business, and all that they wrote stays.

    With a successor, all that they looked after is the successor's from now on. Invitations that they made end with
    them, so that nobody comes back through one's own.
    Anybody may leave by themselves; the last owner may not. Raises :class:`Refused`, :class:`Forbidden`,
    :class:`Missing`.
    """
    member = _member(session, user_id) if user_id == by.user_id else _changeable(session, user_id, by=by)
    if not member.is_active:
        return member
    _keep_an_owner(session, member)
    if successor_id is not None:
        hand_overs.pass_on(session, user_id, by=by, to=successor_id)
    member.deactivated_at = clock.now()
    audit.record_here(session, AuditKind.LEFT, by=by.user_id, about=member.user.name)
    accounts.plan_digest(member)
    accounts.end_all_sessions(session, user_id, workspace_id=session.workspace_id)
    api_tokens.revoke_all_of(session, member)
    for invitation in invitations_ending_with(session, member):
        invitation.withdrawn_at = clock.now()
    session.flush()
    _refresh_reminders(session, user_id, successor_id, admins_change=member.is_admin)
    return member


def reactivate(session: WorkspaceSession, user_id: int, *, by: Membership) -> Membership:
    """Let somebody in again, in the role they had."""
    member = _changeable(session, user_id, by=by)
    if member.is_active:
        return member
    member.deactivated_at = None
    audit.record_here(session, AuditKind.CAME_BACK, by=by.user_id, about=member.user.name)
    accounts.plan_digest(member)
    session.flush()
    _refresh_reminders(session, user_id, admins_change=member.is_admin)
    return member


def take_time_off(
    session: WorkspaceSession, user_id: int, *, by: Membership, first: date | None, last: date | None
) -> Membership:
    """Say from when to when somebody is on holiday, both days included and counted by the business; None and None for
    never. From the first day on their reminders go to whoever stands in for them, and come back after the last.

    Everybody says so for themselves, and whoever manages the team for anybody. Raises :class:`Refused`,
    :class:`Forbidden`, :class:`Missing`.
    """
    if user_id != by.user_id:
        permissions.require(by, Act.MANAGE)
    member = _member(session, user_id)
    if not member.is_active:
        raise Missing
    today = member.workspace.today
    _check_days(first, last, today)
    was_away = responsibility.is_away(member, today)
    member.away_from, member.away_to = first, last
    session.flush()
    if was_away != responsibility.is_away(member, today):
        _refresh_reminders(session, user_id, admins_change=member.is_admin)
    return member


def _check_days(first: date | None, last: date | None, today: date) -> None:
    if first is None and last is None:
        return
    if first is None:
        raise Refused(lazy("Pick the first day."), field="away_from")
    if last is None:
        raise Refused(lazy("Pick the last day."), field="away_to")
    if last < first:
        raise Refused(lazy("The last day comes before the first."), field="away_to")
    if last < today:
        raise Refused(lazy("Pick a last day from today on."), field="away_to")
    if last - first > LONGEST_TIME_OFF:
        raise Refused(lazy("That is more than a year. Hand their vendors to somebody else."), field="away_to")


def switch(session: InstallationSession, user_session_id: int, *, by: User, workspace_id: int) -> None:
    """Let a browser look at another business of its person's. Raises :class:`Missing` where they are not in it."""
    member = members.membership(session, workspace_id, by.id)
    if member is None or not member.is_active:
        raise Missing
    session.execute(
        update(UserSession)
        .where(UserSession.id == user_session_id, UserSession.user_id == by.id)
        .values(workspace_id=workspace_id)
    )


def invitations_ending_with(session: WorkspaceSession, member: Membership) -> list[Invitation]:
    """The invitations that wait and end when a member leaves: those they made, and those to their own address."""
    waiting = invitations.waiting(session, session.workspace_id, clock.now())
    return [one for one in waiting if one.invited_by == member.user_id or one.email == member.user.email]


def _require(by: Membership, role: Role) -> None:
    permissions.require(by, _needed_for(role))


def _needed_for(role: Role) -> Act:
    """Owners are named by owners; everybody else by whoever manages the team."""
    return Act.OWN if role is Role.OWNER else Act.MANAGE


def _member(session: WorkspaceSession, user_id: int) -> Membership:
    member = members.membership(session, session.workspace_id, user_id)
    if member is None:
        raise Missing
    return member


def _changeable(session: WorkspaceSession, user_id: int, *, by: Membership) -> Membership:
    permissions.require(by, Act.MANAGE)
    member = _member(session, user_id)
    if member.role is Role.OWNER and not permissions.may(by, Act.OWN):
        raise Forbidden(lazy("Only an owner can change an owner."))
    return member


def _keep_an_owner(session: WorkspaceSession, member: Membership) -> None:
    """Raises :class:`Refused` where the business would be left without an owner, also by two at the same moment."""
    if member.role is not Role.OWNER:
        return
    engine.pass_alone(session.connection(), f"owners:{session.workspace_id}")
    others = select(Membership.id).where(
        Membership.workspace_id == session.workspace_id,
        Membership.role == Role.OWNER,
        Membership.deactivated_at.is_(None),
        Membership.user_id != member.user_id,
    )
    if session.scalars(others).first() is None:
        raise Refused(lazy("A business needs an owner. Make somebody else an owner first."))


def _refresh_reminders(
    session: WorkspaceSession, user_id: int, successor_id: int | None = None, *, admins_change: bool
) -> None:
    """Reminders go to whoever is responsible now: for the vendors that the person (or the successor) looks after,
    stands in for, introduces, or answers for an access of; and, where the circle of admins changes, for those that
    nobody is there to look after."""
    people = [user_id] if successor_id is None else [user_id, successor_id]
    introduced = select(Referral.vendor_id).where(Referral.connector_id.in_(people))
    answered_for = select(Access.vendor_id).where(Access.owner_id.in_(people), Access.revoked_on.is_(None))
    reviewed = (
        select(TrialTask.vendor_id)
        .join(TrialReviewer, TrialReviewer.brief_id == TrialTask.brief_id)
        .where(TrialReviewer.user_id.in_(people), TrialTask.outcome.is_(None))
    )
    conditions: list[ColumnElement[bool]] = [
        Vendor.owner_id.in_(people),
        Vendor.backup_id.in_(people),
        Vendor.id.in_(introduced),
        Vendor.id.in_(answered_for),
        Vendor.id.in_(reviewed),
    ]
    if admins_change:
        people_now = members.members_of(session, session.workspace_id)
        team = responsibility.team_of(people_now, people_now[0].workspace.today)
        there = [person for person in team.active if team.is_there(person)]
        nobodys = or_(Vendor.owner_id.is_(None), Vendor.owner_id.not_in(there))
        followed = select(Referral.vendor_id).where(Referral.follow_up_on.is_not(None))
        conditions.append(nobodys & Vendor.due_on.is_not(None))
        conditions.append(Vendor.id.in_(followed))
    vendors = session.scalars(select(Vendor).where(or_(*conditions)).order_by(Vendor.id)).all()
    touches.refresh_many(session, vendors)
