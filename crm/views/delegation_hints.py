"""Suggestions and warnings of the delegation board: "not yet", and taking that back."""

from flask import url_for

from crm.core.errors import Missing
from crm.core.i18n import _
from crm.domain import delegation_hints
from crm.domain.permissions import Act
from crm.models.enums import Hint
from crm.queries import profiles
from crm.web.gate import Pages, Visit, typed
from crm.web.replies import AnyReply, see_path
from crm.web.ways import way_back

pages = Pages("delegation_hints")


@pages.post("/vendors/<int:vendor_id>/hint-dismissals", Act.WORK)
def put_off(visit: Visit, vendor_id: int) -> AnyReply:
    """Hide one for thirty days: ``kind``, and the ``area_id`` that it is about, if any."""
    vendor = profiles.vendor(visit.session, vendor_id)
    kind, area_id = _asked()
    dismissal = delegation_hints.put_off(vendor, by=visit.member, kind=kind, area_id=area_id)
    undo = url_for("delegation_hints.show_again", dismissal_id=dismissal.id)
    return see_path(_back(vendor_id, area_id), toast=_("Put off for a month."), undo=undo)


@pages.post("/hint-dismissals/<int:dismissal_id>/taking-back", Act.WORK)
def show_again(visit: Visit, dismissal_id: int) -> AnyReply:
    """Show it again."""
    dismissal = delegation_hints.find(visit.session, dismissal_id)
    vendor_id, area_id = dismissal.vendor_id or 0, dismissal.area_id
    delegation_hints.show_again(dismissal)
    return see_path(_back(vendor_id, area_id), toast=_("It shows again."))


def _asked() -> tuple[Hint, int | None]:
    said = typed()
    kind, area_id = said.get("kind", ""), said.get("area_id", "")
    if kind not in list(Hint) or (area_id and not (area_id.isascii() and area_id.isdigit() and len(area_id) < 19)):
        raise Missing
    return Hint(kind), int(area_id) if area_id else None


def _back(vendor_id: int, area_id: int | None) -> str:
    anchor = f"area-{area_id}" if area_id else None
    return way_back(url_for("decision_areas.index", vendor_id=vendor_id, _anchor=anchor))
