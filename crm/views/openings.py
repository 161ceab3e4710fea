"""Businesses that look for someone."""

from typing import Any

from crm.core import formats, limits
from crm.core.i18n import _
from crm.domain import deletions, matches, openings
from crm.domain.permissions import Act
from crm.forms.openings import OpeningForm
from crm.queries import categories as category_queries
from crm.queries import openings as opening_queries
from crm.queries import referrals as referral_queries
from crm.queries import stopped_addresses
from crm.web import undoing
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, page, refusal, see

pages = Pages("openings")
_PAST_SHOWN = 50


@pages.get("/openings", Act.SEE)
def index(visit: Visit) -> AnyReply:
    """Who is looking, and who would fit."""
    today = visit.workspace.today
    standing, over = opening_queries.open_and_over(visit.session, today, _PAST_SHOWN)
    return page(
        "openings/index.html",
        openings=standing,
        fits=matches.fits_for(visit.session, standing, today),
        over=over,
    )


@pages.get("/openings/new", Act.WORK)
def new(visit: Visit) -> AnyReply:
    """The empty form."""
    return page("openings/new.html", form=_form(visit))


@pages.post("/openings", Act.WORK)
def create(visit: Visit) -> AnyReply:
    """Add an opening."""
    form = _form(visit, typed())
    made: list[Any] = []
    if carries_out(form, lambda: made.append(openings.add(visit.session, by=visit.member, **form.values()))):
        return see("openings.show", opening_id=made[0].id, toast=_("Opening added."))
    return refusal("openings/new.html", form=form)


@pages.get("/openings/<int:opening_id>", Act.SEE)
def show(visit: Visit, opening_id: int) -> AnyReply:
    """One opening: who would fit and why, who would not and why, and who was referred."""
    opening, today = openings.find(visit.session, opening_id), visit.workspace.today
    tree = category_queries.tree(visit.session)
    return page(
        "openings/show.html",
        opening=opening,
        category=tree.node(opening.category_id),
        is_over=openings.is_over(opening, today),
        matched=matches.of_opening(visit.session, opening, today, entries=tree),
        shown=limits.PAGE_ROWS,
        referrals=referral_queries.of_opening(visit.session, opening.id),
        stop=stopped_addresses.among(visit.session, [opening.email]).get(opening.email),
    )


@pages.get("/openings/<int:opening_id>/edit", Act.WORK)
def edit(visit: Visit, opening_id: int) -> AnyReply:
    """The form, filled."""
    opening = openings.find(visit.session, opening_id)
    budget = formats.plain_money(opening.budget_amount, opening.currency) if opening.budget_amount is not None else ""
    form = _form(visit, obj=opening, data={"budget": budget})
    return page("openings/edit.html", opening=opening, form=form, may_delete=_may_delete(visit, opening_id))


@pages.post("/openings/<int:opening_id>", Act.WORK)
def update(visit: Visit, opening_id: int) -> AnyReply:
    """Save what changed."""
    opening = openings.find(visit.session, opening_id)
    form = _form(visit, typed())
    version = int(form.version.data) if str(form.version.data).isdigit() else 0
    if carries_out(form, lambda: openings.edit(opening, by=visit.member, version=version, **form.values())):
        return see("openings.show", opening_id=opening_id, toast=_("Saved."))
    return refusal("openings/edit.html", opening=opening, form=form, may_delete=_may_delete(visit, opening_id))


@pages.post("/openings/<int:opening_id>/deletion", Act.WORK)
def destroy(visit: Visit, opening_id: int) -> AnyReply:
    """It was noted by mistake."""
    item = deletions.of_opening(openings.find(visit.session, opening_id), by=visit.member)
    return see("openings.index", toast=_("%(name)s deleted.", name=item.name), undo=undoing.from_bin(item))


@pages.post("/openings/<int:opening_id>/closing", Act.WORK)
def close(visit: Visit, opening_id: int) -> AnyReply:
    """They look no longer."""
    opening = openings.find(visit.session, opening_id)
    openings.close(opening, by=visit.member)
    return see("openings.index", toast=_("%(business)s: closed.", business=opening.business))


@pages.post("/openings/<int:opening_id>/reopening", Act.WORK)
def reopen(visit: Visit, opening_id: int) -> AnyReply:
    """They look again."""
    openings.reopen(openings.find(visit.session, opening_id), by=visit.member)
    return see("openings.show", opening_id=opening_id, toast=_("Looking again."))


def _may_delete(visit: Visit, opening_id: int) -> bool:
    """Nobody was referred to it."""
    return not referral_queries.of_opening(visit.session, opening_id)


def _form(visit: Visit, formdata: Any = None, **values: Any) -> OpeningForm:
    choices = [(node.id, node.words) for node in category_queries.tree(visit.session)]
    return OpeningForm(formdata, categories=choices, currency=visit.workspace.currency, **values)
