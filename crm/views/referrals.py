"""Referrals: who was sent to whom, and how it goes."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask import request, url_for
from werkzeug.datastructures import MultiDict

from crm.core import formats, limits
from crm.core.dates import add_months
from crm.core.errors import Missing
from crm.core.i18n import _
from crm.domain import (
    deletions,
    discounts,
    goodwill_rules,
    introductions,
    matches,
    openings,
    referrals,
    vendor_letters,
    vendors,
)
from crm.domain.permissions import Act
from crm.forms.referrals import ClosedForm, ReferralForm
from crm.mail import drafts
from crm.mail.drafts import Draft, Introduction
from crm.models.enums import ReferralSide, ReferralState
from crm.queries import goodwill as goodwill_queries
from crm.queries import openings as opening_queries
from crm.queries import people
from crm.queries import referrals as referral_queries
from crm.queries.referrals import ReferralRow
from crm.web import referral_desks, referral_lines, undoing
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.referral_lines import Course, Standing
from crm.web.replies import AnyReply, page, refusal, see
from crm.web.ways import page_number

pages = Pages("referrals")
_LOOKING_SHOWN = 10
_RECEIVED_SHOWN = 10
_GOODWILL_SHOWN = 5
_CHOICES = 500
"""So many vendors stand in the list to choose from; any other is referred from its own page."""
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
        fits=matches.fits_for(visit.session, standing[:_LOOKING_SHOWN], today),
        between=goodwill_queries.latest_between(visit.session, since=a_year_ago, today=today, limit=_GOODWILL_SHOWN),
    )


def _lines(visit: Visit, rows: Iterable[ReferralRow]) -> list[tuple[ReferralRow, Standing]]:
    reader, today, zone = visit.member.user_id, visit.today, visit.person.time_zone
    return [(row, referral_lines.of_row(row, reader_id=reader, today=today, zone=zone)) for row in rows]


@pages.get("/referrals/new", Act.WORK)
def new(visit: Visit) -> AnyReply:
    """Refer a vendor: from its page, from an opening, or from scratch."""
    standing = _standing(visit)
    form = _form(visit, standing, MultiDict(request.args) if request.args else None)
    return page("referrals/new.html", **_asked(visit, standing, form))


@pages.post("/referrals/draft", Act.WORK)
def redraft(visit: Visit) -> AnyReply:
    """Other ones are chosen: what is known of them, and the letters between them. Nothing is stored."""
    standing = _standing(visit)
    return page("referrals/new.html", **_asked(visit, standing, _form(visit, standing, typed())))


@pages.post("/referrals", Act.WORK)
def create(visit: Visit) -> AnyReply:
    """Note the referral as an idea; its page has the letters."""
    standing = _standing(visit)
    form = _form(visit, standing, typed())
    made: list[Any] = []

    def act() -> None:
        values = form.values()
        vendor = vendors.at(visit.session, values.pop("vendor_id"))
        opening = openings.find(visit.session, values["opening_id"])
        match = matches.of_pair(visit.session, vendor, opening, visit.workspace.today)
        matches.require(match, despite=values.pop("despite") or "")
        made.append(referrals.refer(vendor, by=visit.member, **values))

    if carries_out(form, act):
        return see("referrals.show", referral_id=made[0].id, toast=_("Referral noted. Nobody has been asked yet."))
    return refusal("referrals/new.html", **_asked(visit, standing, form))


@pages.get("/referrals/<int:referral_id>", Act.SEE)
def show(visit: Visit, referral_id: int) -> AnyReply:
    """One referral: its letters, of which one is chosen by ``?letter=…``, and where it stands."""
    desk = referral_desks.open_desk(visit, referral_id, request.args.get("letter"))
    return page(referral_desks.PAGE, **referral_desks.shown(desk))


@pages.post("/referrals/<int:referral_id>/steps", Act.WORK)
def add_step(visit: Visit, referral_id: int) -> AnyReply:
    """Record a step that was taken by phone, in person or by one's own mail."""
    desk = referral_desks.open_desk(visit, referral_id)
    form = referral_desks.fresh_step_form(desk, typed())
    made: list[Any] = []

    def record() -> None:
        made.append(referrals.record_step(desk.referral, by=visit.member, **form.values()))
        introductions.follow(desk.referral, by=visit.member, settings=visit.settings)

    if carries_out(form, record):
        undo = url_for("referrals.undo_step", referral_id=referral_id, step_id=made[0].id)
        return see("referrals.show", referral_id=referral_id, toast=_("Step recorded."), undo=undo)
    return refusal(referral_desks.PAGE, **referral_desks.shown(desk, step_form=form))


@pages.post("/referrals/<int:referral_id>/steps/<int:step_id>/undo", Act.WORK)
def undo_step(visit: Visit, referral_id: int, step_id: int) -> AnyReply:
    """Take a step back."""
    referral = referrals.find(visit.session, referral_id)
    referrals.undo_step(referral, by=visit.member, step_id=step_id)
    introductions.follow(referral, by=visit.member, settings=visit.settings)
    return see("referrals.show", referral_id=referral_id, toast=_("Step taken back."))


@pages.post("/referrals/<int:referral_id>/closing", Act.MANAGE)
def note_closed(visit: Visit, referral_id: int) -> AnyReply:
    """What the business they closed was worth. A share of it may be credit."""
    desk = referral_desks.open_desk(visit, referral_id)
    form = ClosedForm(typed())

    def note() -> None:
        money = form.money(visit.workspace.currency)
        amount, currency = (money.amount, money.currency) if money else (None, "")
        referrals.note_closed(desk.referral, by=visit.member, amount=amount, currency=currency)

    if carries_out(form, note):
        return see("referrals.show", referral_id=referral_id, toast=_("Noted what they closed."))
    return refusal(referral_desks.PAGE, **referral_desks.shown(desk, closed_form=form))


@pages.get("/referrals/<int:referral_id>/removal", Act.WORK)
def removing(visit: Visit, referral_id: int) -> AnyReply:
    """Ask first: it goes with its steps and their notes."""
    referral = referrals.find(visit.session, referral_id)
    referrals.require_no_letter_left(visit.session, referral)
    return page(
        "referrals/remove.html",
        referral=referral,
        vendor=vendors.at(visit.session, referral.vendor_id),
        opening=openings.find(visit.session, referral.opening_id),
    )


@pages.post("/referrals/<int:referral_id>/removal", Act.WORK)
def remove(visit: Visit, referral_id: int) -> AnyReply:
    """The referral was a mistake, and no letter has left."""
    referral = referrals.find(visit.session, referral_id)
    introductions.call_off(referral)
    item = deletions.of_referral(referral, by=visit.member)
    return see("referrals.index", toast=_("Referral taken back."), undo=undoing.from_bin(item))


def _standing(visit: Visit) -> Any:
    return opening_queries.open_on(visit.session, visit.workspace.today)


def _form(visit: Visit, standing: Sequence[Any], formdata: Any = None) -> ReferralForm:
    choices = list(referral_queries.candidates(visit.session, "", _CHOICES))
    asked = str((formdata or {}).get("vendor_id") or "")
    if asked.isascii() and asked.isdigit() and len(asked) < 16 and int(asked) not in dict(choices):
        try:
            vendor = vendors.at(visit.session, int(asked))
            choices = [(vendor.id, vendor.name), *choices]
        except Missing:
            pass  # a vendor that is not here is no choice; the form says so
    return ReferralForm(formdata, vendors=choices, openings=[(one.id, one.business) for one in standing])


def _asked(visit: Visit, standing: Sequence[Any], form: ReferralForm) -> dict[str, Any]:
    """The form, with what is known of the two that are chosen: what speaks for and against them, and the letters."""
    vendor = _chosen_vendor(visit, form)
    opening = next((one for one in standing if one.id == form.opening_id.data), None)
    match = matches.of_pair(visit.session, vendor, opening, visit.workspace.today) if vendor and opening else None
    form.despite.data = match.key if match and match.is_weighed else ""
    about = _introduction(visit, vendor, opening, form.blurb.data or "")
    return {
        "form": form,
        "openings": standing,
        "vendor": vendor,
        "opening": opening,
        "match": match,
        "letters": _letters(about) if vendor and opening else [],
        "course": referral_lines.stops(_course(visit, about)),
        "between": referral_desks.between(visit, vendor.id) if vendor else {},
        "terms": discounts.in_force(visit.session, vendor.id) if vendor else None,
    }


def _introduction(visit: Visit, vendor: Any, opening: Any, blurb: str) -> Introduction:
    """What the letters would say; of one that is not chosen yet, nothing."""
    readers = vendor_letters.recipients(people.people_of(visit.session, vendor.id), ()) if vendor else []
    return Introduction(
        vendor=vendor.name if vendor else "",
        vendor_person=readers[0].name if readers else "",
        vendor_email=readers[0].address if readers else "",
        business=opening.business if opening else "",
        business_person=opening.person if opening else "",
        business_email=opening.email if opening else "",
        need=opening.what_they_need if opening else "",
        blurb=blurb,
        sender=visit.person.first_name,
    )


def _letters(about: Introduction) -> list[tuple[str, Draft]]:
    made = (drafts.ask_vendor(about), drafts.ask_business(about), drafts.introduce(about))
    names = (*_called(about).values(), _("both"))
    return [
        (_("%(number)s. To %(name)s", number=number, name=name), draft)
        for number, (name, draft) in enumerate(zip(names, made, strict=True), 1)
    ]


def _course(visit: Visit, about: Introduction) -> Course:
    zone = visit.person.time_zone
    return Course([], ReferralState.IDEA, _called(about), None, None, visit.today, zone)


def _called(about: Introduction) -> dict[ReferralSide, str]:
    """How the two are named in passing."""
    return {
        ReferralSide.VENDOR: referral_lines.in_passing(about.vendor_person, about.vendor or _("the vendor")),
        ReferralSide.BUSINESS: referral_lines.in_passing(about.business_person, about.business or _("the business")),
    }


def _chosen_vendor(visit: Visit, form: ReferralForm) -> Any:
    known = {value for value, *_rest in form.vendor_id.iter_choices()}
    return vendors.at(visit.session, form.vendor_id.data) if form.vendor_id.data in known else None
