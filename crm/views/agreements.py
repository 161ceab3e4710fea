"""The agreement with a vendor: to read, to print, and to share by a link that needs no account."""

from flask import g, url_for

from crm.core.i18n import _
from crm.domain import agreements
from crm.domain.permissions import Act
from crm.queries import agreements as reading
from crm.queries import profiles
from crm.web.gate import LINK, DoorVisit, Pages, Visit
from crm.web.paths import own_address
from crm.web.replies import AnyReply, page, refusal, see

pages = Pages("agreements")


@pages.get("/vendors/<int:vendor_id>/agreement", Act.SEE)
def show(visit: Visit, vendor_id: int) -> AnyReply:
    """What is agreed, in plain words, and the links under which it can be read."""
    vendor = profiles.vendor(visit.session, vendor_id)
    may_work = visit.may(Act.WORK)
    return page(
        "agreements/show.html",
        vendor=vendor,
        agreed=reading.agreed_with(visit.session, vendor),
        links=[(row, _address(visit, row)) for row in reading.links_of(visit.session, vendor_id)] if may_work else [],
        may_work=may_work,
        today=visit.workspace.today,
    )


@pages.post("/vendors/<int:vendor_id>/agreement/links", Act.WORK)
def share(visit: Visit, vendor_id: int) -> AnyReply:
    """Make a link."""
    agreements.share(profiles.vendor(visit.session, vendor_id), by=visit.member)
    return see("agreements.show", vendor_id=vendor_id, toast=_("Link made. Send it to them."), _anchor="links")


@pages.post("/agreement-links/<int:agreement_link_id>/revocation", Act.WORK)
def revoke(visit: Visit, agreement_link_id: int) -> AnyReply:
    """The link shows nothing from now on."""
    link = agreements.find_link(visit.session, agreement_link_id)
    agreements.revoke(link, by=visit.member)
    return see("agreements.show", vendor_id=link.vendor_id, toast=_("Link revoked."), _anchor="links")


@pages.get("/agreements/<token>", LINK)
def shared(visit: DoorVisit, token: str) -> AnyReply:
    """The agreement, for whoever holds the link. Nothing can be done here but read."""
    g.came_by_token = True
    agreed = agreements.read(visit.session, visit.settings, token)
    if agreed is None:
        return refusal("agreements/over.html", status=404)
    return page("agreements/shared.html", agreed=agreed, today=agreed.on)


def _address(visit: Visit, row: reading.LinkRow) -> str | None:
    token = agreements.token_of(visit.settings, row, workspace_id=visit.workspace.id)
    return None if token is None else own_address(visit.settings) + url_for("agreements.shared", token=token)
