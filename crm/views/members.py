"""The team, and the way into it."""

from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from crm.core import clock, formats, i18n, tokens
from crm.core.errors import Missing, Throttled
from crm.core.i18n import _, lazy
from crm.domain import accounts, hand_overs, members, two_step
from crm.domain.permissions import Act
from crm.forms.hand_overs import counted
from crm.forms.members import AcceptForm, InvitationForm, LeavingForm, RoleForm, TimeOffForm, role_choices
from crm.models.enums import Role
from crm.queries import invitations
from crm.queries import members as people
from crm.queries.invitations import Invited
from crm.web import second_steps
from crm.web import sign_in as browser
from crm.web.gate import LINK, DoorVisit, Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, Reply, page, refusal, see, see_path

pages = Pages("members")

TODAY = "/today"


@dataclass(frozen=True, slots=True)
class Fresh:
    """An invitation just made, with the link that is shown this once."""

    email: str
    link: str
    is_mailed: bool


@pages.get("/team", Act.SEE)
def index(visit: Visit) -> AnyReply:
    """Who is in the team, and who is invited."""
    return page("members/index.html", **_team(visit, None))


@pages.post("/team/invitations", Act.MANAGE, fresh=True)
def invite(visit: Visit) -> AnyReply:
    """Invite an address; the page that answers shows the link, this once."""
    form = InvitationForm(typed(), with_owner=visit.may(Act.OWN))
    made: list[Fresh] = []

    def act() -> None:
        invited = members.invite(visit.session, by=visit.member, email=form.email.data, role=form.role.data)
        made.append(_fresh(visit, invited))

    if carries_out(form, act):
        return page("members/index.html", **_team(visit, None, fresh=made[0]))
    return refusal("members/index.html", **_team(visit, form))


@pages.post("/team/invitations/<int:invitation_id>/renew", Act.MANAGE, fresh=True)
def renew(visit: Visit, invitation_id: int) -> AnyReply:
    """A new link for somebody who lost theirs."""
    made = members.renew(visit.session, invitation_id, by=visit.member)
    return page("members/index.html", **_team(visit, None, fresh=_fresh(visit, made)))


@pages.post("/team/invitations/<int:invitation_id>/withdraw", Act.MANAGE)
def withdraw(visit: Visit, invitation_id: int) -> AnyReply:
    """The link is worthless from now on."""
    invitation = members.withdraw(visit.session, invitation_id, by=visit.member)
    return see("members.index", toast=_("The invitation for %(email)s is withdrawn.", email=invitation.email))


@pages.post("/team/<int:user_id>/role", Act.MANAGE, fresh=True)
def change_role(visit: Visit, user_id: int) -> AnyReply:
    """What a member may do from now on."""
    if people.membership(visit.session, visit.workspace.id, user_id) is None:
        raise Missing
    form = RoleForm(typed(), with_owner=visit.may(Act.OWN))
    changed: list[Any] = []
    if carries_out(
        form, lambda: changed.append(members.change_role(visit.session, user_id, by=visit.member, role=form.role.data))
    ):
        return see("members.index", toast=_("%(name)s’s role is changed.", name=changed[0].user.name))
    return refusal("members/index.html", **_team(visit, None, problem=form))


@pages.get("/team/<int:user_id>/leaving", Act.MANAGE)
def leaving(visit: Visit, user_id: int) -> AnyReply:
    """Before somebody's membership ends: who takes over?"""
    return page("members/leaving.html", **_leaving(visit, user_id, None))


@pages.post("/team/<int:user_id>/leaving", Act.MANAGE, fresh=True)
def deactivate(visit: Visit, user_id: int) -> AnyReply:
    """End a membership."""
    values = _leaving(visit, user_id, typed())
    form: LeavingForm = values["form"]
    if not carries_out(
        form,
        lambda: members.deactivate(visit.session, user_id, by=visit.member, successor_id=form.successor.data),
    ):
        return refusal("members/leaving.html", **values)
    if user_id == visit.member.user_id:
        return see_path("/", toast=_("You’ve left %(business)s.", business=visit.workspace.name))
    back = "" if form.successor.data else url_for("members.reactivate", user_id=user_id)
    return see("members.index", toast=_("%(name)s is out of the team.", name=values["leaver"].user.name), undo=back)


@pages.post("/team/<int:user_id>/reactivate", Act.MANAGE, fresh=True)
def reactivate(visit: Visit, user_id: int) -> AnyReply:
    """Let somebody in again."""
    member = members.reactivate(visit.session, user_id, by=visit.member)
    return see("members.index", toast=_("%(name)s is in the team again.", name=member.user.name))


@pages.get("/team/<int:user_id>/time-off", Act.MANAGE)
def time_off(visit: Visit, user_id: int) -> AnyReply:
    """From when to when is somebody away?"""
    return page("members/time_off.html", **_time_off(visit, user_id, None))


@pages.post("/team/<int:user_id>/time-off", Act.MANAGE)
def save_time_off(visit: Visit, user_id: int) -> AnyReply:
    """Somebody is away: whoever steps in for them is reminded."""
    values = _time_off(visit, user_id, typed())
    form: TimeOffForm = values["form"]
    if not carries_out(
        form,
        lambda: members.take_time_off(
            visit.session, user_id, by=visit.member, first=form.away_from.data, last=form.away_to.data
        ),
    ):
        return refusal("members/time_off.html", **values)
    return see("members.index", toast=_("%(name)s’s time off is saved.", name=values["colleague"].user.name))


@pages.post("/team/<int:user_id>/time-off/clear", Act.MANAGE)
def clear_time_off(visit: Visit, user_id: int) -> AnyReply:
    """Somebody is not away after all."""
    member = members.take_time_off(visit.session, user_id, by=visit.member, first=None, last=None)
    return see("members.index", toast=_("%(name)s’s time off is cleared.", name=member.user.name))


@pages.post("/team/leave", Act.SEE, fresh=True)
def leave(visit: Visit) -> AnyReply:
    """Leave the business oneself."""
    members.deactivate(visit.session, visit.member.user_id, by=visit.member)
    return see_path("/", toast=_("You’ve left %(business)s.", business=visit.workspace.name))


def _team(visit: Visit, form: InvitationForm | None, **values: Any) -> dict[str, Any]:
    session, workspace_id = visit.session, visit.workspace.id
    everyone = people.members_of(session, workspace_id, active_only=False)
    manages = visit.may(Act.MANAGE)
    with_owner = visit.may(Act.OWN)
    active = [m for m in everyone if m.is_active]
    return {
        "active": active,
        "how_many": formats.spelled(len(active)),
        "former": [m for m in everyone if not m.is_active],
        "waiting": invitations.waiting(session, workspace_id, clock.now()) if manages else [],
        "form": form or InvitationForm(formdata=None, with_owner=with_owner),
        "roles": role_choices(with_owner=with_owner),
        "with_owner": with_owner,
        "manages": manages,
        "fresh": None,
        "problem": None,
        "mine": visit.member.user_id,
        "today": visit.workspace.today,
        **values,
    }


def _leaving(visit: Visit, user_id: int, data: Any) -> dict[str, Any]:
    everyone = people.members_of(visit.session, visit.workspace.id)
    leaver = next((m for m in everyone if m.user_id == user_id), None)
    if leaver is None:
        raise Missing
    others = [(m.user_id, m.user.name) for m in everyone if m is not leaver and m.role is not Role.VIEWER]
    ending = members.invitations_ending_with(visit.session, leaver)
    held = counted({kind: len(things) for kind, things in hand_overs.of(visit.session, user_id).items()})
    return {"leaver": leaver, "form": LeavingForm(data, others=others), "ending": ending, "held": held}


def _time_off(visit: Visit, user_id: int, data: Any) -> dict[str, Any]:
    colleague = people.membership(visit.session, visit.workspace.id, user_id)
    if colleague is None or not colleague.is_active:
        raise Missing
    form = TimeOffForm(data, data={"away_from": colleague.away_from, "away_to": colleague.away_to})
    return {"colleague": colleague, "form": form, "today": visit.workspace.today}


def _fresh(visit: Visit, made: members.Made) -> Fresh:
    letter = members.send_invitation(visit.session, visit.settings, made, by=visit.member)
    return Fresh(made.invitation.email, _link(visit, made.token), is_mailed=letter is not None)


def _link(visit: Visit, token: str) -> str:
    """The link as it is shown, to be passed on by hand: it leads where the reader is."""
    path = url_for("members.invitation", token=token)
    base = visit.settings.base_url if visit.settings.base_url_is_set else request.host_url.rstrip("/")
    return base + path


# Coming in


@pages.get("/invitations/<token>", LINK)
def invitation(visit: DoorVisit, token: str) -> AnyReply:
    """What one is invited to."""
    values = _invited(visit, token)
    zone = values["invited"].workspace.time_zone  # script may know better where they are
    return page("members/invitation.html", form=AcceptForm(formdata=None, data={"time_zone": zone}), **values)


@pages.post("/invitations/<token>", LINK)
def accept(visit: DoorVisit, token: str) -> AnyReply:
    """Come in: as who one is, with the account of the address, or with a new one."""
    values = _invited(visit, token)
    invited: Invited = values["invited"]
    form = AcceptForm(typed())
    if values["is_mine"]:
        return _join(visit, token, invited)
    values["form"] = form
    if not form.validate():
        return refusal("members/invitation.html", **values)
    email = invited.invitation.email
    if people.user_by_email(visit.session, email) is None:
        if not carries_out(form, lambda: _open_account(visit, invited, form)):
            return refusal("members/invitation.html", **values)
        return _join(visit, token, invited)
    try:
        user = accounts.sign_in(visit.session, email=email, password=form.password.data, origin=browser.origin(email))
    except Throttled as throttled:
        form.form_errors.append(str(throttled.words))
        return Reply("members/invitation.html", values, 429, {"Retry-After": str(throttled.seconds)})
    if user is None:
        form.form_errors.append(_("The e-mail address or the password is not right."))
        return Reply("members/invitation.html", values, 422, must_keep=True)
    if two_step.is_on(visit.session, user):  # then it takes one button, as for whoever is signed in
        return second_steps.ask(visit.session, user, wanted=url_for("members.invitation", token=token))
    return _join(visit, token, invited)


def _invited(visit: DoorVisit, token: str) -> dict[str, Any]:
    found = invitations.of_token(visit.session, tokens.fingerprint(token), clock.now())
    if found is None:
        raise Missing(lazy("This invitation has been used or is over. Ask for a new one."))
    return {"invited": found, "is_mine": visit.person is not None and visit.person.email == found.invitation.email}


def _open_account(visit: DoorVisit, invited: Invited, form: AcceptForm) -> None:
    accounts.account(
        visit.session,
        email=invited.invitation.email,
        name=form.name.data,
        password=form.password.data,
        time_zone=form.time_zone.data or invited.workspace.time_zone,
        locale=i18n.current().tag,
    )


def _join(visit: DoorVisit, token: str, invited: Invited) -> AnyReply:
    user = people.user_by_email(visit.session, invited.invitation.email)
    if user is None:
        raise Missing
    membership = members.accept(visit.session, token, user=user)
    browser.let_in(visit.session, user, before=visit.visitor, workspace_id=membership.workspace_id)
    return see_path(TODAY, toast=_("You’re in. This is %(business)s.", business=invited.workspace.name))
