"""Signing in by the sign-in service of one's business, where one is set up."""

import logging

from flask import request

from crm.core.i18n import _
from crm.core.openid import ServiceFailed
from crm.domain import identities
from crm.domain.permissions import Act
from crm.forms.base import Form
from crm.models.enums import SignInWay
from crm.queries import two_step as ways_in
from crm.web import coming_in, second_steps
from crm.web import sign_in_services as services
from crm.web.gate import PUBLIC, DoorVisit, Pages, Visit, carries_out, safe_path, typed
from crm.web.replies import AnyReply, Redirect, page, refusal, see

log = logging.getLogger(__name__)
pages = Pages("identities")


@pages.get("/sign-in/service", PUBLIC)
def ask(visit: DoorVisit) -> AnyReply:
    """Send the browser to the service. It comes back with an answer."""
    if not services.name():
        return see("accounts.sign_in")
    try:
        return Redirect(services.ask(wanted=safe_path(request.args.get("next", ""))).url)
    except ServiceFailed as failed:
        return _failed(visit, failed)


@pages.get("/sign-in/service/answer", PUBLIC)
def hear(visit: DoorVisit) -> AnyReply:
    """The service's answer. Nobody is signed in by looking at an address: the next page asks."""
    if not services.name():
        return see("accounts.sign_in")
    try:
        services.hear(state=request.args.get("state", ""), code=request.args.get("code", ""))
    except ServiceFailed as failed:
        return _failed(visit, failed)
    return see("identities.decide")


@pages.get("/sign-in/service/welcome", PUBLIC)
def decide(visit: DoorVisit) -> AnyReply:
    """Who the service says it is, and what that opens: an account, or the question whether to link it."""
    found = services.told()
    if found is None:
        return see("settings.show" if visit.visitor else "accounts.sign_in")
    claims = found[0]
    known = identities.person_of(visit.session, issuer=claims.issuer, subject=claims.subject)
    if visit.person is not None and known is not None and known.id == visit.person.id:
        return see("settings.show", toast=_("%(service)s is linked to your account.", service=services.name()))
    template = "identities/link.html" if visit.person is not None else "identities/sign_in.html"
    return page(template, form=Form(formdata=None), claims=claims, known=known, person=visit.person)


@pages.post("/sign-in/service/welcome", PUBLIC)
def sign_in(visit: DoorVisit) -> AnyReply:
    """Sign in by a linked account; whoever has a second step is asked for it as after the password."""
    found = services.told()
    if found is None:
        return see("accounts.sign_in", toast=_("That took too long. Sign in again."))
    claims, wanted = found
    user = identities.person_of(visit.session, issuer=claims.issuer, subject=claims.subject)
    if user is None:
        return see("identities.decide")
    services.forget()
    identities.used(visit.session, issuer=claims.issuer, subject=claims.subject)
    if ways_in.is_on(visit.session, user):
        return second_steps.ask(visit.session, user, wanted=wanted)
    return coming_in.come_in(visit.session, user, before=visit.visitor, way=SignInWay.IDENTITY, wanted=wanted)


@pages.post("/settings/identities", Act.SEE, fresh=True)
def link(visit: Visit) -> AnyReply:
    """From now on this person signs in by what the service said just now."""
    name, found = services.name(), services.told()
    if found is None:
        return see("settings.show", toast=_("That took too long. Begin again."))
    claims, form = found[0], Form(typed())
    if not carries_out(
        form,
        lambda: identities.link(
            visit.session, visit.person.id, issuer=claims.issuer, subject=claims.subject, name=name
        ),
    ):
        return refusal("identities/link.html", form=form, claims=claims, known=None, person=visit.person)
    services.forget()
    return see("settings.show", toast=_("%(service)s is linked to your account.", service=name))


@pages.post("/settings/identities/<int:identity_id>/unlink", Act.SEE, fresh=True)
def unlink(visit: Visit, identity_id: int) -> AnyReply:
    """One does not sign in by it any more."""
    name = services.name()
    identities.unlink(visit.session, identity_id, of=visit.person.id, name=name)
    return see("settings.show", toast=_("%(service)s is not linked any more.", service=name))


def _failed(visit: DoorVisit, failed: ServiceFailed) -> AnyReply:
    """One sentence for whatever went wrong; the log has the rest."""
    log.warning("the sign-in service %s: %s", services.configured().issuer, failed)
    words = _("%(service)s did not sign you in. Try again, or use your password.", service=services.name())
    return see("settings.show" if visit.visitor else "accounts.sign_in", toast=words)
