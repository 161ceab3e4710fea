"""How a vendor stands with us, for each kind of work."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import request, url_for

from crm.core import formats
from crm.core.errors import Stale
from crm.core.i18n import _
from crm.domain import standings, vendors
from crm.domain.permissions import Act
from crm.forms.standings import WHAT_LEVELS_MEAN, StandingForm
from crm.models import vocabulary
from crm.models.enums import StandingLevel
from crm.queries import members as member_queries
from crm.queries import standings as standing_queries
from crm.queries import vendors as vendor_queries
from crm.queries.standings import StandingRow
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, page, refusal, see, see_path
from crm.web.ways import way_back

pages = Pages("standings")


@pages.get("/vendors/<int:vendor_id>/standings", Act.SEE)
def index(visit: Visit, vendor_id: int) -> AnyReply:
    """What holds, and what held before."""
    vendor = vendors.at(visit.session, vendor_id)
    rows = standing_queries.history_of(visit.session, vendor_id)
    return page(
        "standings/index.html",
        vendor=vendor,
        current=[row for row in rows if row.ended_at is None],
        past=[row for row in rows if row.ended_at is not None],
        may_work=visit.may(Act.WORK),
        today=visit.today,
        zone=visit.person.time_zone,
    )


@pages.get("/vendors/<int:vendor_id>/standings/new", Act.WORK)
def new(visit: Visit, vendor_id: int) -> AnyReply:
    """The empty form; ``?category=`` chooses what it is for."""
    vendor = vendors.at(visit.session, vendor_id)
    form = StandingForm(None, data={"valid_until": standings.usual_end(visit.workspace.today)})
    offered = _offer(form, visit, vendor_id)
    wanted = request.args.get("category", type=int)
    if wanted in dict(offered):
        form.category_id.data = str(wanted)
    elif len(offered) == 1:
        form.category_id.data = str(offered[0][0])
    return page("standings/new.html", **_asked(vendor, form))


@pages.post("/vendors/<int:vendor_id>/standings", Act.WORK)
def create(visit: Visit, vendor_id: int) -> AnyReply:
    """Give it."""
    vendor = vendors.at(visit.session, vendor_id)
    form = StandingForm(typed())
    _offer(form, visit, vendor_id)
    given: list[Any] = []
    if carries_out(form, lambda: given.append(_give(visit, vendor, form))):
        back = way_back(url_for("profiles.show", vendor_id=vendor_id))
        return see_path(back, toast=_given_words(visit, given[0]), undo=_undo(given[0]))
    return refusal("standings/new.html", **_asked(vendor, form))


@pages.get("/standings/<int:standing_id>/edit", Act.WORK)
def edit(visit: Visit, standing_id: int) -> AnyReply:
    """The form with what holds."""
    standing = standings.at(visit.session, standing_id)
    vendor = standings.vendor_of(standing)
    form = StandingForm(None, data=_kept(standing, visit.workspace.today))
    _offer(form, visit, vendor.id)
    return page("standings/edit.html", **_asked(vendor, form), standing=standing, conflict=None)


@pages.post("/standings/<int:standing_id>", Act.WORK)
def update(visit: Visit, standing_id: int) -> AnyReply:
    """Give another in its place. Where a colleague did so first, both are shown and nothing is lost."""
    standing = standings.at(visit.session, standing_id)
    vendor = standings.vendor_of(standing)
    form = StandingForm(typed())
    _offer(form, visit, vendor.id)
    form.category_id.data = None if standing.category_id is None else str(standing.category_id)
    form.category_id.raw_data = None
    shown: dict[str, Any] = {"standing": standing, "conflict": None}
    seen = standing_id if form.seen.data is None else form.seen.data
    given: list[Any] = []
    try:
        if carries_out(form, lambda: given.append(_give(visit, vendor, form, seen=seen or None))):
            back = way_back(url_for("profiles.show", vendor_id=vendor.id))
            return see_path(back, toast=_given_words(visit, given[0]), undo=_undo(given[0]))
    except Stale:
        shown["conflict"] = _conflict(visit, vendor, standing.category_id, form)
        return refusal("standings/edit.html", status=409, **_asked(vendor, form), **shown)
    return refusal("standings/edit.html", **_asked(vendor, form), **shown)


@pages.post("/standings/<int:standing_id>/renew", Act.WORK)
def renew(visit: Visit, standing_id: int) -> AnyReply:
    """It holds for twelve months more."""
    standing = standings.at(visit.session, standing_id)
    given = standings.renew(standing, by=visit.member)
    back = way_back(url_for("profiles.show", vendor_id=given.vendor_id))
    return see_path(back, toast=_given_words(visit, given), undo=_undo(given))


@pages.post("/standings/<int:standing_id>/take-back", Act.WORK)
def take_back(visit: Visit, standing_id: int) -> AnyReply:
    """It was not given after all."""
    standing = standings.at(visit.session, standing_id)
    standings.take_back(standing, by=visit.member)
    return see("profiles.show", vendor_id=standing.vendor_id, toast=_("Taken back."))


@pages.post("/standings/<int:standing_id>/remove", Act.WORK)
def remove(visit: Visit, standing_id: int) -> AnyReply:
    """It holds no more, and nothing takes its place."""
    standing = standings.at(visit.session, standing_id)
    standings.remove(standing, by=visit.member)
    back = way_back(url_for("profiles.show", vendor_id=standing.vendor_id))
    return see_path(back, toast=_("Standing taken away."), undo=url_for("standings.put_back", standing_id=standing_id))


@pages.post("/standings/<int:standing_id>/put-back", Act.WORK)
def put_back(visit: Visit, standing_id: int) -> AnyReply:
    """It holds again."""
    standing = standings.at(visit.session, standing_id)
    standings.put_back(standing, by=visit.member)
    return see("profiles.show", vendor_id=standing.vendor_id, toast=_("Taken back."))


def _give(visit: Visit, vendor: Any, form: StandingForm, *, seen: int | None = None) -> Any:
    level, category_id, valid_until, reason = form.said()
    return standings.give(
        vendor,
        by=visit.member,
        level=level,
        category_id=category_id,
        valid_until=valid_until,
        reason=reason,
        instead_of=seen,
    )


def _offer(form: StandingForm, visit: Visit, vendor_id: int) -> Sequence[tuple[int, str]]:
    """What a standing can be for: the vendor's categories, and those it has a standing for already."""
    panels = vendor_queries.side_panels(visit.session, vendor_id)
    offered = {category.id: " › ".join(category.path) for category in panels.categories}
    for row in standing_queries.current_of(visit.session, [vendor_id])[vendor_id]:
        if row.category_id is not None:
            offered.setdefault(row.category_id, row.category)
    form.offer(list(offered.items()))
    return list(offered.items())


def _kept(standing: Any, today: date) -> dict[str, Any]:
    """What holds, as the form says it; whoever changes what is over begins with the usual day."""
    return {
        "category_id": None if standing.category_id is None else str(standing.category_id),
        "level": standing.level.value,
        "reason": standing.reason,
        "valid_until": standing.valid_until if standing.valid_until >= today else standings.usual_end(today),
        "seen": standing.id,
    }


def _asked(vendor: Any, form: StandingForm) -> dict[str, Any]:
    return {
        "vendor": vendor,
        "form": form,
        "about": {level.value: words for level, words in WHAT_LEVELS_MEAN.items()},
        "back": way_back(url_for("profiles.show", vendor_id=vendor.id)),
    }


def _conflict(visit: Visit, vendor: Any, category_id: int | None, form: StandingForm) -> dict[str, Any]:
    """Who changed it first, and what differs. The form stands on the colleague's from now on."""
    rows = standing_queries.current_of(visit.session, [vendor.id])[vendor.id]
    theirs = next((row for row in rows if row.category_id == category_id), None)
    form.seen.data, form.seen.raw_data = (theirs.id if theirs else 0), None
    level, _category, valid_until, reason = form.said()
    yours = (vocabulary.word(level), formats.day(valid_until, visit.today) if valid_until else "", reason)
    boxes: tuple[Any, ...] = (form.level, form.valid_until, form.reason)
    answers = zip(boxes, _answers(theirs, visit.today), yours, strict=True)
    who = member_queries.membership(visit.session, visit.workspace.id, _changer(visit, theirs))
    return {
        "who": who.user.first_name if who else _("A colleague"),
        "rows": [(str(box.label.text), one, other) for box, one, other in answers if one != other],
    }


def _answers(row: StandingRow | None, today: date) -> tuple[str, str, str]:
    if row is None:
        return ("", "", "")
    return (vocabulary.word(row.level), formats.day(row.valid_until, today), row.reason)


def _changer(visit: Visit, row: StandingRow | None) -> int:
    return (standings.at(visit.session, row.id).given_by if row else None) or 0


def _given_words(visit: Visit, standing: Any) -> str:
    day = formats.day(standing.valid_until, visit.today)
    if standing.level is StandingLevel.SUSPENDED:
        return _("Suspended. Look at it again on %(day)s.", day=day)
    return _("%(level)s until %(day)s.", level=vocabulary.word(standing.level), day=day)


def _undo(standing: Any) -> str:
    return url_for("standings.take_back", standing_id=standing.id)
