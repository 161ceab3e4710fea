"""Another address to sign in with, by a link that went there."""

from crm.core.i18n import _
from crm.domain import email_changes
from crm.forms.base import Form
from crm.web import sign_in as browser
from crm.web.gate import LINK, DoorVisit, Pages, carries_out, typed
from crm.web.replies import AnyReply, page, refusal, see

pages = Pages("email_changes")


@pages.get("/email-changes/<token>", LINK)
def edit(visit: DoorVisit, token: str) -> AnyReply:
    """Is this your address? Looking at it changes nothing."""
    change = email_changes.of_token(visit.session, visit.settings, token)
    return page("email_changes/edit.html", form=Form(formdata=None), change=change)


@pages.post("/email-changes/<token>", LINK)
def update(visit: DoorVisit, token: str) -> AnyReply:
    """From now on one signs in with it."""
    change = email_changes.of_token(visit.session, visit.settings, token)
    form = Form(typed())
    if not carries_out(form, lambda: email_changes.carry_out(visit.session, visit.settings, change)):
        return refusal("email_changes/edit.html", form=form, change=change)
    toast = _("From now on you sign in with %(email)s.", email=change.email)
    if visit.person is not None and visit.person.id == change.user.id:
        browser.mark_device(change.email)
        return see("settings.show", toast=toast)
    return see("accounts.sign_in", toast=toast)
