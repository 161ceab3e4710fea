"""Two-step sign-in in Settings: an app that shows codes, and recovery codes for the day it is gone."""

from io import BytesIO
from typing import Any

from flask import send_file

from crm.core.errors import Missing
from crm.core.i18n import _
from crm.domain import two_step
from crm.domain.permissions import Act
from crm.forms.two_step import CodesForm, FirstCodeForm
from crm.queries import two_step as ways_in
from crm.web import qr_codes
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, Raw, page, refusal, see

pages = Pages("two_step")


@pages.get("/settings/two-step", Act.SEE)
def show(visit: Visit) -> AnyReply:
    """Whether it is on, and what stands in for a phone that is gone."""
    return page(
        "two_step/show.html",
        since=visit.person.totp_since,
        is_on=ways_in.is_on(visit.session, visit.person),
        left=ways_in.codes_left(visit.session, visit.person.id),
        most=two_step.CODES,
    )


@pages.post("/settings/two-step", Act.SEE, fresh=True)
def begin(visit: Visit) -> AnyReply:
    """Make a secret for an app; nothing counts yet."""
    two_step.begin(visit.session, visit.settings, user_id=visit.person.id)
    return see("two_step.new")


@pages.get("/settings/two-step/new", Act.SEE, fresh=True)
def new(visit: Visit) -> AnyReply:
    """The secret for the app, and a box for the first code."""
    if visit.person.totp_since is not None or not visit.person.totp_secret:
        return see("two_step.show")
    return page("two_step/new.html", form=FirstCodeForm(formdata=None), **_secret(visit))


@pages.post("/settings/two-step/new", Act.SEE, fresh=True)
def turn_on(visit: Visit) -> AnyReply:
    """Turn it on, if the app shows the right code; the recovery codes are shown once."""
    form, codes = FirstCodeForm(typed()), list[str]()

    def act() -> None:
        mine, code = visit.person.id, form.code.data or ""
        codes.extend(two_step.turn_on(visit.session, visit.settings, user_id=mine, code=code))

    if carries_out(form, act):
        return page("two_step/codes.html", codes=codes, is_new=True)
    return refusal("two_step/new.html", form=form, **_secret(visit))


@pages.post("/settings/two-step/codes", Act.SEE, fresh=True)
def make_codes(visit: Visit) -> AnyReply:
    """New recovery codes; the old ones are worthless from now on."""
    codes = two_step.make_codes(visit.session, visit.settings, user_id=visit.person.id)
    return page("two_step/codes.html", codes=codes, is_new=False)


@pages.post("/settings/two-step/codes.txt", Act.SEE)
def download_codes(visit: Visit) -> AnyReply:
    """The codes that the page shows, as a file. They come from the page: nothing here knows them any more."""
    form = CodesForm(typed())
    if not form.validate():
        raise Missing
    lines = [_("Good Terms: recovery codes of %(email)s", email=visit.person.email), "", *form.codes.data.split(), ""]
    out, name = BytesIO("\r\n".join(lines).encode()), "good-terms-recovery-codes.txt"
    return Raw(lambda: send_file(out, mimetype="text/plain", as_attachment=True, download_name=name, etag=False))


@pages.post("/settings/two-step/removal", Act.SEE, fresh=True)
def turn_off(visit: Visit) -> AnyReply:
    """Ask for no code any more."""
    two_step.turn_off(visit.session, user_id=visit.person.id)
    return see("two_step.show", toast=_("No code of an app is asked for any more."))


def _secret(visit: Visit) -> dict[str, Any]:
    address = two_step.address_of_secret(visit.settings, visit.person)
    return {"square": qr_codes.drawn(address), "secret": two_step.secret_in(address)}
