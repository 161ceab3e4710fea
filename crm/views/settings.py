"""Settings: one's own, and the business's."""

from datetime import time
from typing import Any

from flask import request, url_for

from crm.core import clock, limits
from crm.core.errors import Stale
from crm.core.i18n import _
from crm.domain import account_letters, accounts, email_changes, members, settings, touches
from crm.domain.permissions import Act
from crm.forms.members import TimeOffForm
from crm.forms.settings import (
    CADENCE_KEYS,
    DAILY,
    WEEKLY,
    BusinessForm,
    CadencesForm,
    DigestForm,
    EmailForm,
    NoticesForm,
    PasswordForm,
    PostalForm,
    ProfileForm,
)
from crm.models.vocabulary import word
from crm.queries import identities
from crm.queries.accounts import sessions_of
from crm.web import browsers
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, Redirect, page, refusal, see

pages = Pages("settings")


@pages.get("/settings", Act.SEE)
def show(visit: Visit) -> AnyReply:
    """What a person chooses for themselves."""
    return page("settings/show.html", **_own(visit))


@pages.post("/settings/profile", Act.SEE)
def save_profile(visit: Visit) -> AnyReply:
    """Name, time zone, formats, keys."""
    form = ProfileForm(typed())
    if carries_out(form, lambda: settings.change_profile(visit.session, by=visit.member, **form.values())):
        return see("settings.show", toast=_("Your profile is saved."))
    return refusal("settings/show.html", **_own(visit, profile=form))


@pages.post("/settings/email", Act.SEE, fresh=True, proof="password")
def save_email(visit: Visit) -> AnyReply:
    """The address one signs in with."""
    form = EmailForm(typed())
    is_asked: list[bool] = []

    def change() -> None:
        is_asked.append(email_changes.ask(visit.session, visit.settings, by=visit.member, **form.values()))

    if carries_out(form, change):
        if is_asked == [True]:
            words = _("A link is on its way to %(email)s. It works once, for 30 minutes.", email=form.email.data)
        else:
            words = _("From now on you sign in with %(email)s.", email=form.email.data)
        return see("settings.show", toast=words)
    return refusal("settings/show.html", **_own(visit, email=form))


@pages.post("/settings/password", Act.SEE, fresh=True, proof="current")
def save_password(visit: Visit) -> AnyReply:
    """Another password; all other devices are signed out."""
    form = PasswordForm(typed())
    here = visit.visitor.user_session.id
    if carries_out(
        form,
        lambda: settings.change_password(visit.session, visit.settings, by=visit.member, here=here, **form.values()),
    ):
        return see("settings.show", toast=_("Your password is changed. Your other devices are signed out."))
    return refusal("settings/show.html", **_own(visit, password=form))


@pages.post("/settings/digest", Act.SEE)
def save_digest(visit: Visit) -> AnyReply:
    """When the morning letter comes."""
    form = DigestForm(typed())
    if carries_out(
        form,
        lambda: settings.change_digest(
            visit.session,
            by=visit.member,
            on=form.on.data,
            at=form.at.data,
            weekdays=form.digits,
        ),
    ):
        return see("settings.show", toast=_("Your morning letter is saved."))
    return refusal("settings/show.html", **_own(visit, digest=form))


@pages.post("/settings/notices", Act.SEE)
def save_notices(visit: Visit) -> AnyReply:
    """What is told by e-mail at once."""
    form = NoticesForm(typed())
    if carries_out(form, lambda: settings.change_notices(visit.session, by=visit.member, **form.values())):
        return see("settings.show", toast=_("What comes at once is saved."))
    return refusal("settings/show.html", **_own(visit, notices=form))


@pages.post("/settings/time-off", Act.SEE)
def save_time_off(visit: Visit) -> AnyReply:
    """From when to when one is away."""
    form = TimeOffForm(typed())
    mine = visit.member.user_id
    if carries_out(
        form,
        lambda: members.take_time_off(
            visit.session, mine, by=visit.member, first=form.away_from.data, last=form.away_to.data
        ),
    ):
        return see("settings.show", toast=_("Your time off is saved."))
    return refusal("settings/show.html", **_own(visit, time_off=form))


@pages.post("/settings/time-off/clear", Act.SEE)
def clear_time_off(visit: Visit) -> AnyReply:
    """Not away after all."""
    members.take_time_off(visit.session, visit.member.user_id, by=visit.member, first=None, last=None)
    return see("settings.show", toast=_("Your time off is cleared."))


@pages.post("/settings/devices/<int:session_id>/sign-out", Act.SEE)
def sign_out_device(visit: Visit, session_id: int) -> AnyReply:
    """Sign one of one's browsers out."""
    accounts.end_session(visit.session, session_id, of=visit.person.id)
    return see("settings.show", toast=_("That device is signed out."))


@pages.post("/settings/devices/sign-out", Act.SEE)
def sign_out_everywhere(visit: Visit) -> AnyReply:
    """Sign all one's browsers out, this one too."""
    accounts.sign_out_everywhere(visit.session, visit.person, address=request.remote_addr or "")
    words = _("You’re signed out everywhere.")
    return Redirect(url_for("accounts.sign_in"), toast=words, signed_out=visit.person.id)


@pages.get("/settings/business", Act.MANAGE)
def business(visit: Visit) -> AnyReply:
    """What a business chooses."""
    return page("settings/business.html", **_business(visit))


@pages.post("/settings/business", Act.MANAGE)
def save_business(visit: Visit) -> AnyReply:
    """Name, place, currency and working days."""
    form = BusinessForm(typed())
    if carries_out(
        form,
        lambda: settings.change_business(
            visit.session,
            by=visit.member,
            name=form.name.data,
            time_zone=form.time_zone.data,
            currency=form.currency.data,
            working_days=form.working_days.digits,
            working_hours=form.working_hours.data,
        ),
    ):
        return see("settings.business", toast=_("Your business is saved."))
    return refusal("settings/business.html", **_business(visit, business=form))


@pages.post("/settings/cadences", Act.MANAGE)
def save_cadences(visit: Visit) -> AnyReply:
    """How often to stay in touch. Where a colleague saved first, both versions are shown."""
    form = CadencesForm(typed())

    def save() -> None:
        version = form.version.data or 0
        settings.change_cadences(visit.session, by=visit.member, version=version, wanted=form.wanted())

    try:
        if carries_out(form, save):
            return see("settings.business", toast=_("How often you stay in touch is saved."))
    except Stale:
        workspace = settings.business(visit.session)
        conflict = form.met(_cadences(workspace), workspace.cadences_version)
        return refusal("settings/business.html", status=409, **_business(visit, cadences=form), conflict=conflict)
    return refusal("settings/business.html", **_business(visit, cadences=form))


@pages.post("/settings/postal-address", Act.MANAGE)
def save_postal_address(visit: Visit) -> AnyReply:
    """Where the business can be written to by post."""
    form = PostalForm(typed())
    if carries_out(
        form,
        lambda: settings.change_postal_address(visit.session, by=visit.member, address=form.postal_address.data),
    ):
        return see("settings.business", toast=_("The postal address is saved."))
    return refusal("settings/business.html", **_business(visit, postal=form))


def _own(visit: Visit, **forms: Any) -> dict[str, Any]:
    """The page's forms as they stand, but for the one that was sent."""
    person, member = visit.person, visit.member
    days = member.digest_weekdays
    is_weekly = len(days) == 1
    digest = {
        "on": member.digest_on,
        "at": time(member.digest_hour, member.digest_minute),
        "often": WEEKLY if is_weekly else DAILY,
        "weekdays": list(visit.workspace.working_days if is_weekly else days),
        "weekday": days if is_weekly else "0",
    }
    notices = {
        "mentions": member.mail_mentions,
        "triggers": member.mail_triggers,
        "handed": member.mail_handed,
        "followed": member.mail_followed,
    }
    away = {"away_from": member.away_from, "away_to": member.away_to}
    here = visit.visitor.user_session.id
    return {
        "profile": forms.get("profile") or ProfileForm(formdata=None, obj=person),
        "email": forms.get("email") or EmailForm(formdata=None, data={"email": person.email}),
        "password": forms.get("password") or PasswordForm(formdata=None),
        "digest": forms.get("digest") or DigestForm(formdata=None, data=digest),
        "notices": forms.get("notices") or NoticesForm(formdata=None, data=notices),
        "time_off": forms.get("time_off") or TimeOffForm(formdata=None, data=away),
        "is_off": member.away_to is not None and member.away_to >= visit.workspace.today,
        "least": limits.PASSWORD_LEAST,
        "identities": identities.of_person(visit.session, person.id) if visit.settings.sign_in_service else [],
        "by_link": account_letters.can_be_sent(visit.session, visit.settings),
        "sent": next(iter(forms.values()), None),
        "devices": [
            {
                "id": row.id,
                "name": browsers.name_of(row.browser),
                "since": row.created_at,
                "address": row.address,
                "way": word(row.way),
                "is_here": row.id == here,
            }
            for row in sessions_of(visit.session, person.id, clock.now())
        ],
    }


def _cadences(workspace: Any) -> CadencesForm:
    present = touches.cadence_defaults(workspace)
    form = CadencesForm.of(dict(present.by_tier.items()) | dict(present.by_stage.items()))
    form.remember(workspace.cadences_version)
    return form


def _business(visit: Visit, **forms: Any) -> dict[str, Any]:
    workspace = visit.workspace
    values = {
        "name": workspace.name,
        "time_zone": workspace.time_zone,
        "currency": workspace.currency,
        "working_days": list(workspace.working_days),
        "working_hours": workspace.working_hours,
    }
    return {
        "business": forms.get("business") or BusinessForm(formdata=None, data=values),
        "cadences": forms.get("cadences") or _cadences(workspace),
        "cadence_keys": CADENCE_KEYS,
        "postal": forms.get("postal")
        or PostalForm(formdata=None, data={"postal_address": visit.workspace.postal_address}),
        "sent": next(iter(forms.values()), None),
    }
