"""A forgotten password."""

from crm.core.i18n import _
from crm.domain import resets
from crm.forms.accounts import ForgottenForm, NewPasswordForm
from crm.web import sign_in as browser
from crm.web.gate import LINK, PUBLIC, DoorVisit, Pages, carries_out, typed
from crm.web.replies import AnyReply, page, refusal, see

pages = Pages("resets")


@pages.get("/forgotten", PUBLIC)
def new(visit: DoorVisit) -> AnyReply:
    """Whose password is forgotten? Where no e-mail can be sent, what else helps."""
    can_be_sent = resets.can_be_sent(visit.session, visit.settings)
    return page("resets/new.html", form=ForgottenForm(formdata=None), can_be_sent=can_be_sent)


@pages.post("/forgotten", PUBLIC)
def create(visit: DoorVisit) -> AnyReply:
    """Mail a link. The answer is the same whether or not there is such an account."""
    form = ForgottenForm(typed())
    if carries_out(form, lambda: resets.ask(visit.session, visit.settings, email=form.email.data)):
        return page("resets/asked.html", email=form.email.data)
    return refusal("resets/new.html", form=form, can_be_sent=resets.can_be_sent(visit.session, visit.settings))


@pages.get("/resets/<token>", LINK)
def edit(visit: DoorVisit, token: str) -> AnyReply:
    """The new password."""
    user = resets.person_of(visit.session, visit.settings, token)
    return page("resets/edit.html", form=NewPasswordForm(formdata=None), email=user.email)


@pages.post("/resets/<token>", LINK)
def update(visit: DoorVisit, token: str) -> AnyReply:
    """Set it; every device is signed out, and one signs in with it."""
    user = resets.person_of(visit.session, visit.settings, token)
    form = NewPasswordForm(typed())
    if carries_out(form, lambda: resets.set_password(visit.session, visit.settings, user, new=form.password.data)):
        browser.let_out(visit.session, visit.visitor)
        browser.forget()
        return see("accounts.sign_in", toast=_("Your password is changed. Sign in with it."))
    return refusal("resets/edit.html", form=form, email=user.email)
