"""Referrals: who was sent to whom, and how it goes."""

from collections.abc import Iterable
from typing import Any

from flask import request, url_for
from werkzeug.datastructures import MultiDict

from crm.core import formats, limits
from crm.core.dates import add_months
from crm.core.errors import Missing
from crm.core.i18n import _
from crm.domain import goodwill_rules, openings, referral_rules, referrals, vendors
from crm.domain.permissions import Act
from crm.forms.referrals import ClosedForm, ReferralForm, StepForm
from crm.mail import drafts
from crm.models.enums import ReferralState
from crm.queries import goodwill as goodwill_queries
from crm.queries import openings as opening_queries
from crm.queries import referrals as referral_queries
from crm.queries.referrals import ReferralRow
from crm.web import referral_lines
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.referral_lines import Standing
from crm.web.replies import AnyReply, page, refusal, see
from crm.web.ways import page_number

pages = Pages("referrals")
_LOOKING_SHOWN = 10
_RECEIVED_SHOWN = 10
_GOODWILL_SHOWN = 5
_QUARTER = 3


@pages.get("/referrals", Act.SEE)
def index(visit: Visit) -> AnyReply:
    """What is under way, how the others went, whom others sent, and who is looking."""
    size, today = limits.PAGE_ROWS, visit.workspace.today
    open_page, number = page_number("open"), page_number()
    under_way, open_total = referral_queries.under_way(visit.session, size, (open_page - 1) * size)
    settled, settled_total = referral_queries.settled(visit.session, size, (number - 1) * size)
    a_year_ago = add_months(today, -goodwill_rules.SHOWN_MONTHS)
    received, received_total = referral_queries.received(visit.session, a_year_ago, _RECEIVED_SHOWN)
    standing = opening_queries.open_on(visit.session, today)
    return page(
        "referrals/index.html",
        under_way=_lines(visit, under_way),
        open_total=open_total,
        open_page=open_page,
        settled=_lines(visit, settled),
        settled_total=settled_total,
        number=number,
        size=size,
        received=received,
        received_total=received_total,
        passed_on=referral_queries.passed_on(visit.session, add_months(today, -_QUARTER)),
        spelled=formats.spelled,
        openings=standing[:_LOOKING_SHOWN],
        openings_total=len(standing),
        fits=opening_queries.fits_for(visit.session, standing[:_LOOKING_SHOWN]),
        between=goodwill_queries.latest_between(visit.session, since=a_year_ago, today=today, limit=_GOODWILL_SHOWN),
    )


def _lines(visit: Visit, rows: Iterable[ReferralRow]) -> list[tuple[ReferralRow, Standing]]:
    reader = visit.member.user_id
    return [(row, referral_lines.of_row(row, reader_id=reader, today=visit.today)) for row in rows]


@pages.get("/referrals/new", Act.WORK)
def new(visit: Visit) -> AnyReply:
    """Refer a vendor: from its page, from an opening, or from scratch."""
    form = _form(visit, MultiDict(request.args) if request.args else None)
    return page("referrals/new.html", form=form, openings=_standing(visit), vendor=_chosen_vendor(visit, form))


@pages.post("/referrals", Act.WORK)
def create(visit: Visit) -> AnyReply:
    """Note the referral as an idea; its page has the letters."""
    form = _form(visit, typed())
    made: list[Any] = []

    def act() -> None:
        values = form.values()
        vendor = vendors.at(visit.session, values.pop("vendor_id"))
        made.append(referrals.refer(vendor, by=visit.member, **values))

    if carries_out(form, act):
        return see("referrals.show", referral_id=made[0].id, toast=_("Referral noted. Nobody has been asked yet."))
    return refusal("referrals/new.html", form=form, openings=_standing(visit), vendor=_chosen_vendor(visit, form))


@pages.get("/referrals/<int:referral_id>", Act.SEE)
def show(visit: Visit, referral_id: int) -> AnyReply:
    """One referral: its letters and its steps."""
    return page("referrals/show.html", **_shown(visit, referral_id))


@pages.post("/referrals/<int:referral_id>/steps", Act.WORK)
def add_step(visit: Visit, referral_id: int) -> AnyReply:
    """Record a step that was taken by phone, in person or by one's own mail."""
    referral = referrals.find(visit.session, referral_id)
    shown = _shown(visit, referral_id, typed())
    form: StepForm = shown["form"]
    made: list[Any] = []
    if carries_out(form, lambda: made.append(referrals.record_step(referral, by=visit.member, **form.values()))):
        undo = url_for("referrals.undo_step", referral_id=referral_id, step_id=made[0].id)
        return see("referrals.show", referral_id=referral_id, toast=_("Step recorded."), undo=undo)
    return refusal("referrals/show.html", **shown)


@pages.post("/referrals/<int:referral_id>/steps/<int:step_id>/undo", Act.WORK)
def undo_step(visit: Visit, referral_id: int, step_id: int) -> AnyReply:
    """Take a step back."""
    referrals.undo_step(referrals.find(visit.session, referral_id), by=visit.member, step_id=step_id)
    return see("referrals.show", referral_id=referral_id, toast=_("Step taken back."))


@pages.post("/referrals/<int:referral_id>/closing", Act.MANAGE)
def note_closed(visit: Visit, referral_id: int) -> AnyReply:
    """What the business they closed was worth. A share of it may be credit."""
    referral = referrals.find(visit.session, referral_id)
    form = ClosedForm(typed())

    def note() -> None:
        money = form.money(visit.workspace.currency)
        amount, currency = (money.amount, money.currency) if money else (None, "")
        referrals.note_closed(referral, by=visit.member, amount=amount, currency=currency)

    if carries_out(form, note):
        return see("referrals.show", referral_id=referral_id, toast=_("Noted what they closed."))
    return refusal("referrals/show.html", **{**_shown(visit, referral_id), "closed_form": form})


@pages.get("/referrals/<int:referral_id>/removal", Act.WORK)
def removing(visit: Visit, referral_id: int) -> AnyReply:
    """Ask first: it goes with its steps and their notes."""
    referral = referrals.find(visit.session, referral_id)
    return page(
        "referrals/remove.html",
        referral=referral,
        vendor=vendors.at(visit.session, referral.vendor_id),
        opening=openings.find(visit.session, referral.opening_id),
    )


@pages.post("/referrals/<int:referral_id>/removal", Act.WORK)
def remove(visit: Visit, referral_id: int) -> AnyReply:
    """The referral was a mistake."""
    referrals.take_back(referrals.find(visit.session, referral_id), by=visit.member)
    return see("referrals.index", toast=_("Referral taken back."))


def _standing(visit: Visit) -> Any:
    return opening_queries.open_on(visit.session, visit.workspace.today)


def _form(visit: Visit, formdata: Any = None) -> ReferralForm:
    choices = list(referral_queries.candidates(visit.session, "", limits.PAGE_ROWS))
    asked = str((formdata or {}).get("vendor_id") or "")
    if asked.isascii() and asked.isdigit() and len(asked) < 16 and int(asked) not in dict(choices):
        try:
            vendor = vendors.at(visit.session, int(asked))
            choices = [(vendor.id, vendor.name), *choices]
        except Missing:
            pass  # a vendor that is not here is no choice; the form says so
    names = [(one.id, one.business) for one in _standing(visit)]
    return ReferralForm(formdata, vendors=choices, openings=names)


def _chosen_vendor(visit: Visit, form: ReferralForm) -> Any:
    known = {value for value, *_rest in form.vendor_id.iter_choices()}
    return vendors.at(visit.session, form.vendor_id.data) if form.vendor_id.data in known else None


def _shown(visit: Visit, referral_id: int, formdata: Any = None) -> dict[str, Any]:
    referral = referrals.find(visit.session, referral_id)
    vendor = vendors.at(visit.session, referral.vendor_id)
    opening = openings.find(visit.session, referral.opening_id)
    steps = referral_queries.steps_of(visit.session, referral_id)
    contact = referral_queries.contact_of(visit.session, vendor.id) or ("", "")
    about = drafts.Introduction(
        vendor=vendor.name,
        vendor_person=contact[0],
        vendor_email=contact[1],
        business=opening.business,
        business_person=opening.person,
        business_email=opening.email,
        need=opening.what_they_need,
        blurb=referral.blurb,
        sender=visit.person.first_name,
    )
    states = {step.state for step in steps}
    said_yes, said_no = states.issuperset(referral_rules.YESES), ReferralState.DECLINED in states
    form = StepForm(formdata, recorded=[step.state for step in steps], data={"happened_on": visit.workspace.today})
    return {
        "referral": referral,
        "vendor": vendor,
        "opening": opening,
        "steps": steps,
        "letters": (drafts.ask_vendor(about), drafts.ask_business(about)),
        "introduction": drafts.introduce(about) if said_yes and not said_no else None,
        "said_no": said_no,
        "form": form,
        "closed_form": _closed_form(referral) if visit.may(Act.MANAGE) and ReferralState.WON in states else None,
    }


def _closed_form(referral: Any) -> ClosedForm:
    form = ClosedForm(None)
    form.show(referral.closed_amount, referral.closed_currency)
    return form
