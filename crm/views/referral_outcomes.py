"""How an introduction went: one page, one tap."""

from flask import request, url_for

from crm.core import formats
from crm.core.errors import Refused
from crm.core.i18n import _, lazy
from crm.domain import openings, referral_outcomes, referrals, vendors
from crm.domain.permissions import Act
from crm.models.enums import ReferralState
from crm.models.vocabulary import word
from crm.web.gate import Pages, Visit
from crm.web.replies import AnyReply, page, see_path
from crm.web.ways import way_back

pages = Pages("referral_outcomes")
LATER = "later"


@pages.get("/referrals/<int:referral_id>/outcome", Act.WORK)
def show(visit: Visit, referral_id: int) -> AnyReply:
    """Ask how it went; or, where that is known or there was no introduction yet, say so."""
    referral = referrals.find(visit.session, referral_id)
    steps = referrals.steps_of(visit.session, referral)
    introduced = next((step for step in steps if step.state is ReferralState.INTRODUCED), None)
    return page(
        "referral_outcomes/show.html",
        referral=referral,
        vendor=vendors.at(visit.session, referral.vendor_id),
        opening=openings.find(visit.session, referral.opening_id),
        introduced_on=introduced.happened_on if introduced else None,
        is_introduced=referral_outcomes.is_introduced(referral),
        known=referral_outcomes.known(referral) if referral_outcomes.is_introduced(referral) else None,
        answers=referral_outcomes.ANSWERS,
        next_on=referrals.asked_next_on(referral, visit.workspace.today),
        later=LATER,
        later_days=referral_outcomes.LATER_DAYS,
        back=way_back(url_for("referrals.show", referral_id=referral_id)),
    )


@pages.post("/referrals/<int:referral_id>/outcome", Act.WORK)
def answer(visit: Visit, referral_id: int) -> AnyReply:
    """Note the answer, or put the question off."""
    referral, how = referrals.find(visit.session, referral_id), request.form.get("how", "")
    back = way_back(url_for("referrals.show", referral_id=referral_id))
    if how == LATER:
        day = referral_outcomes.ask_later(referral, by=visit.member)
        return see_path(back, toast=_("We ask again on %(day)s.", day=formats.near_day(day, visit.today)))
    state = next((each for each in referral_outcomes.ANSWERS if each == how), None)
    if state is None:
        raise Refused(lazy("Choose one of the answers."))
    step = referral_outcomes.answer(referral, by=visit.member, state=state)
    undo = url_for("referrals.undo_step", referral_id=referral_id, step_id=step.id) if step else ""
    if state is ReferralState.WON:
        thanks = url_for("referrals.show", referral_id=referral_id, letter="thanks")
        return see_path(thanks, toast=_("Noted: they work together. A word of thanks comes next."), undo=undo)
    return see_path(back, toast=_("Noted: %(how)s.", how=word(state)), undo=undo)
