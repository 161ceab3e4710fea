"""The bin: what was deleted, for 30 days, to be put back or to be gone for good."""

from datetime import datetime
from typing import Any

from flask import request, url_for

from crm.core import clock, limits
from crm.core.i18n import _, ngettext
from crm.domain import bin_items
from crm.domain.bin_items import PutBack
from crm.domain.permissions import Act
from crm.models.enums import BinKind
from crm.queries import bin_items as reading
from crm.web.gate import Pages, Visit
from crm.web.replies import AnyReply, page, see, see_path

pages = Pages("bin_items")

_LAST_PAGE = 10_000
_OF_VENDOR = {
    BinKind.FILE: "attachments.index",
    BinKind.LINK: "attachments.index",
    BinKind.RATING: "ratings.index",
    BinKind.AREA: "decision_areas.index",
    BinKind.ACCESS: "decision_areas.index",
    BinKind.FLAW: "flaws.index",
}
"""Where a thing of a vendor stands, if not on the vendor's page."""
_PLACES: dict[BinKind, tuple[str, str]] = {
    BinKind.NEED: ("needs.show", "need_id"),
    BinKind.OPENING: ("openings.show", "opening_id"),
    BinKind.BRIEF: ("trial_briefs.show", "brief_id"),
    BinKind.REFERRAL: ("referrals.show", "referral_id"),
    BinKind.TASK: ("readiness.index", ""),
    BinKind.TAG: ("tags.index", ""),
    BinKind.CATEGORY: ("categories.index", ""),
    BinKind.FIELD: ("custom_fields.index", ""),
    BinKind.CHOICE: ("custom_fields.index", ""),
    BinKind.FILTER: ("vendors.index", ""),
}
"""Where a thing stands, and what its address calls its number."""


@pages.get("/bin", Act.WORK)
def index(visit: Visit) -> AnyReply:
    """What may be put back, the latest first."""
    number = max(1, request.args.get("page", 1, type=int))
    rows = reading.page_of(
        visit.session,
        visit.member,
        since=clock.now() - bin_items.KEPT_FOR,
        offset=min(number - 1, _LAST_PAGE) * limits.PAGE_ROWS,
        limit=limits.PAGE_ROWS + 1,
    )
    return page(
        "bin_items/index.html",
        rows=rows[: limits.PAGE_ROWS],
        number=number,
        has_more=len(rows) > limits.PAGE_ROWS,
        may_erase=visit.may(Act.MANAGE),
        days=bin_items.KEPT_FOR.days,
        last_day=lambda row: _last_day(visit, row.deleted_at),
    )


@pages.post("/bin/<int:item_id>/putting-back", Act.WORK)
def put_back(visit: Visit, item_id: int) -> AnyReply:
    """It is there again, as it was."""
    item = bin_items.find(visit.session, item_id, reader=visit.member)
    name = item.name
    done = bin_items.put_back(item, visit.session, by=visit.member)
    return see_path(_place(done), toast=_said(name, done))


@pages.post("/bin/<int:item_id>/erasure", Act.MANAGE, fresh=True)
def erase(visit: Visit, item_id: int) -> AnyReply:
    """Nobody can bring it back."""
    item = bin_items.find(visit.session, item_id, reader=visit.member)
    bin_items.erase(item, visit.session, by=visit.member, folder=visit.settings.uploads)
    return see("bin_items.index", toast=_("Deleted for good."))


@pages.post("/bin/erasure", Act.MANAGE, fresh=True)
def empty(visit: Visit) -> AnyReply:
    """Everything goes that the reader may put back; what others keep to themselves stays theirs."""
    theirs = reading.changeable(visit.member)
    gone = bin_items.erase_where(visit.session, theirs, by=visit.member, folder=visit.settings.uploads)
    words = ngettext("One thing deleted for good.", "%(num)s things deleted for good.", gone)
    return see("bin_items.index", toast=words)


def _last_day(visit: Visit, deleted_at: datetime) -> Any:
    return clock.local(deleted_at + bin_items.KEPT_FOR, visit.person.time_zone).date()


def _said(name: str, done: PutBack) -> str:
    if done.kept:
        return _("It’s back, but for what is gone or was changed since.")
    return _("%(name)s is back.", name=name) if name else _("It’s back.")


def _place(done: PutBack) -> str:
    if done.kind in _PLACES:
        endpoint, number = _PLACES[done.kind]
        values: dict[str, Any] = {number: done.subject_id} if number else {}
        return url_for(endpoint, **values)
    return url_for(_OF_VENDOR.get(done.kind, "profiles.show"), vendor_id=done.vendor_id)
