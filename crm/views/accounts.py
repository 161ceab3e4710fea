"""The door: the first visit, signing in and out."""

from typing import Any

from flask import request, url_for

from crm.core import engine, i18n
from crm.core.errors import Missing, Refused, Throttled
from crm.core.i18n import _, lazy
from crm.domain import accounts, members, permissions, setup_code, two_step
from crm.domain.permissions import Act
from crm.forms.accounts import ConfirmForm, SecondStepForm, SetUpForm, SignInForm, SwitchForm
from crm.models.enums import SignInWay
from crm.queries import members as people
from crm.web import confirming, kept, second_steps
from crm.web import sign_in as browser
from crm.web.coming_in import TODAY, come_in
from crm.web.gate import PERSON, PUBLIC, DoorVisit, Pages, Visit, carries_out, safe_path, typed
from crm.web.hosts import is_this_machine
from crm.web.replies import AnyReply, Redirect, Reply, page, refusal, see, see_path
from crm.web.sign_in import Visitor

pages = Pages("accounts")


@pages.get("/", PUBLIC)
def home(visit: DoorVisit) -> AnyReply:
    """Where the name of the place leads: to one's work, to the sign-in, or to the set-up of a fresh one."""
    if visit.visitor is not None:
        return see_path(TODAY)
    return see("accounts.sign_in" if accounts.is_set_up(visit.session) else "accounts.set_up")


# The first visit


@pages.get("/set-up", PUBLIC)
def set_up(visit: DoorVisit) -> AnyReply:
    """The first business and its owner."""
    if accounts.is_set_up(visit.session):
        return see("accounts.sign_in")
    return page("accounts/set_up.html", form=SetUpForm(formdata=None), needs_code=not is_this_machine(visit.settings))


@pages.post("/set-up", PUBLIC)
def set_up_now(visit: DoorVisit) -> AnyReply:
    """Make them, and sign the owner in."""
    engine.pass_alone(visit.session.connection(), "set-up")
    if accounts.is_set_up(visit.session):
        return see("accounts.sign_in", toast=_("This is set up already. Sign in."))
    form = SetUpForm(typed())
    if carries_out(form, lambda: _set_up(visit, form)):
        return see("accounts.welcome")
    return refusal("accounts/set_up.html", form=form, needs_code=not is_this_machine(visit.settings))


def _set_up(visit: DoorVisit, form: SetUpForm) -> None:
    if not is_this_machine(visit.settings) and not setup_code.is_right(visit.session, form.code.data or ""):
        raise Refused(lazy("Type the code that the console shows."), field="code")
    owner = accounts.set_up(
        visit.session,
        business=form.business.data,
        owner_name=form.name.data,
        email=form.email.data,
        password=form.password.data,
        time_zone=form.time_zone.data,
        locale=i18n.current().tag,
    )
    setup_code.forget(visit.session)
    browser.let_in(visit.session, owner.user, before=visit.visitor, workspace_id=owner.workspace_id)


@pages.get("/welcome", Act.SEE)
def welcome(visit: Visit) -> AnyReply:
    """How to begin: bring a list, add one vendor, or look around."""
    return page("accounts/welcome.html")


@pages.post("/welcome/demo", PERSON)
def demo(visit: DoorVisit) -> AnyReply:
    """Look around in a made-up business. It is made once for a person, and stands beside their own."""
    from crm.domain import demo as demo_business  # here: its texts take megabytes, and hardly anybody asks for them

    if visit.visitor is None or visit.visitor.member is None:
        raise Missing
    permissions.require(visit.visitor.member, Act.MANAGE)
    here, person = visit.visitor.user_session.id, visit.visitor.person
    made = next((m for m in visit.visitor.memberships if m.workspace.name == demo_business.NAME), None)
    if made is None:
        owner = people.user_by_email(visit.session, person.email)
        if owner is None:
            raise Missing
        made = demo_business.build(visit.session, owner=owner)
    members.switch(visit.session, here, by=person, workspace_id=made.workspace_id)
    return see_path(
        TODAY, toast=_("This is %(business)s. Your own business is in the menu.", business=made.workspace.name)
    )


# In and out


@pages.get("/sign-in", PUBLIC)
def sign_in(visit: DoorVisit) -> AnyReply:
    """Who are you?"""
    wanted = safe_path(request.args.get("next", ""))
    if visit.visitor is not None:
        return see_path(wanted or TODAY)
    if not accounts.is_set_up(visit.session):
        return see("accounts.set_up")
    return page("accounts/sign_in.html", form=SignInForm(formdata=None, next=wanted), notice="", kept=None)


@pages.post("/sign-in", PUBLIC)
def open_session(visit: DoorVisit) -> AnyReply:
    """Sign in, and go on where one was."""
    form = SignInForm(typed())
    carried = kept.unpacked(form.kept_path.data, form.kept.data)
    values: dict[str, Any] = {"form": form, "notice": "", "kept": carried}
    if not form.validate():
        return refusal("accounts/sign_in.html", **values)
    email: str = form.email.data
    try:
        user = accounts.sign_in(visit.session, email=email, password=form.password.data, origin=browser.origin(email))
    except Throttled as throttled:
        form.form_errors.append(str(throttled.words))
        return Reply("accounts/sign_in.html", values, 429, {"Retry-After": str(throttled.seconds)})
    if user is None:
        form.form_errors.append(_("The e-mail address or the password is not right."))
        return Reply("accounts/sign_in.html", values, 422, must_keep=True)
    wanted: str = form.next.data or ""
    if two_step.is_on(visit.session, user):
        return second_steps.ask(visit.session, user, stays=form.stay.data, wanted=safe_path(wanted), carried=carried)
    stays: bool = form.stay.data
    way = SignInWay.PASSWORD
    return come_in(visit.session, user, before=visit.visitor, way=way, stays=stays, wanted=wanted, carried=carried)


@pages.get("/sign-in/second-step", PUBLIC)
def second_step(visit: DoorVisit) -> AnyReply:
    """The code, after the right password."""
    found = browser.held(visit.session)
    if found is None:
        return see("accounts.sign_in")
    return page(second_steps.TEMPLATE, **second_steps.values(visit.session, found[0], SecondStepForm(formdata=None)))


@pages.post("/sign-in/second-step", PUBLIC)
def take_second_step(visit: DoorVisit) -> AnyReply:
    """Take the code, and go on where one was."""
    form = SecondStepForm(typed())
    carried = kept.unpacked(form.kept_path.data, form.kept.data)
    found = browser.held(visit.session)
    if found is None:
        again = SignInForm(formdata=None, kept_path=form.kept_path.data, kept=form.kept.data)
        words = _("That took too long, or it was begun elsewhere. Type your password again.")
        return refusal("accounts/sign_in.html", form=again, notice=words, kept=carried)
    user, held = found
    try:
        way = SignInWay(held.way) if held.way else second_steps.way_of(visit.session, visit.settings, user, form)
    except Throttled as throttled:
        form.form_errors.append(str(throttled.words))
        headers = {"Retry-After": str(throttled.seconds)}
        return Reply(second_steps.TEMPLATE, second_steps.values(visit.session, user, form), 429, headers)
    if way is None:
        values = second_steps.values(visit.session, user, form)
        return Reply(second_steps.TEMPLATE, values, 422, must_keep=True)
    before, stays, wanted = visit.visitor, held.stays, held.wanted
    return come_in(visit.session, user, before=before, way=way, stays=stays, wanted=wanted, carried=carried)


@pages.get("/confirm", PERSON)
def confirm(visit: DoorVisit) -> AnyReply:
    """Is it you still? Before what is dangerous."""
    form = ConfirmForm(formdata=None, next=safe_path(request.args.get("next", "")))
    visitor = _present(visit)
    if browser.is_fresh(visitor):
        return see_path(form.next.data or TODAY)
    return page(confirming.TEMPLATE, **confirming.page_values(visit.session, visitor, form, carried=None))


@pages.post("/confirm", PERSON)
def confirm_now(visit: DoorVisit) -> AnyReply:
    """Take the proof, and go on to the page that was wanted."""
    form, visitor = ConfirmForm(typed()), _present(visit)
    if browser.is_fresh(visitor) or confirming.is_proved(visit.session, visitor, form):
        return see_path(safe_path(form.next.data or "") or TODAY)
    values = confirming.page_values(visit.session, visitor, form, carried=None)
    return Reply(confirming.TEMPLATE, values, 422, must_keep=True)


def _present(visit: DoorVisit) -> Visitor:
    if visit.visitor is None:
        raise Missing
    return visit.visitor


@pages.post("/sign-out", PERSON)
def sign_out(visit: DoorVisit) -> AnyReply:
    """Sign this browser out."""
    browser.let_out(visit.session, visit.visitor)
    browser.forget()
    left = visit.person.id if visit.person else None
    return Redirect(url_for("accounts.sign_in"), toast=_("You’re signed out."), signed_out=left)


@pages.get("/no-business", PERSON)
def no_business(visit: DoorVisit) -> AnyReply:
    """For somebody who has an account and is in no business any more."""
    if visit.visitor is not None and visit.visitor.member is not None:
        return see_path(TODAY)
    return page("accounts/no_business.html", person=visit.person)


@pages.post("/switch", PERSON)
def switch(visit: DoorVisit) -> AnyReply:
    """Look at another of one's businesses."""
    form = SwitchForm(typed())
    if visit.visitor is None or not form.validate():
        raise Missing
    here, person = visit.visitor.user_session.id, visit.visitor.person
    members.switch(visit.session, here, by=person, workspace_id=form.workspace.data or 0)
    return see_path(safe_path(form.next.data or "") or TODAY)


@pages.get("/open/<slug>/<path:path>", PERSON)
def open_page(visit: DoorVisit, slug: str, path: str) -> AnyReply:
    """A page of one of one's businesses, from a link in a letter: where another one is open, switching comes first."""
    wanted = safe_path(f"/{path}" + (f"?{request.query_string.decode()}" if request.query_string else ""))
    found = next((m for m in visit.visitor.memberships if m.workspace.slug == slug), None) if visit.visitor else None
    if found is None or not wanted:
        raise Missing
    if visit.visitor is not None and visit.visitor.member is found:
        return see_path(wanted)
    return page("accounts/open_page.html", workspace=found.workspace, wanted=wanted)
