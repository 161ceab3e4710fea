"""The way out that stands in each letter to an outsider. A GET shows; only a POST acts, and a second one says so."""

from flask import g, request, url_for

from crm.domain import suppressions
from crm.queries import workspaces
from crm.web.extensions import csrf
from crm.web.gate import LINK, DoorVisit, Pages
from crm.web.replies import AnyReply, Redirect, page, refusal

pages = Pages("opt_outs")


@pages.get("/opt-out/<token>", LINK)
def show(visit: DoorVisit, token: str) -> AnyReply:
    """No more letters from here? Or: there are none any more."""
    return _shown(visit, token)


@csrf.exempt  # type: ignore[untyped-decorator]
@pages.post("/opt-out/<token>", LINK)
def leave(visit: DoorVisit, token: str) -> AnyReply:
    """No more letters. Mail programs post here by themselves when their reader asks for it (RFC 8058)."""
    wish = suppressions.read(visit.settings, token)
    if wish is not None:
        is_one_click = request.form.get("List-Unsubscribe") == "One-Click"
        how = suppressions.BY_ONE_CLICK if is_one_click else suppressions.BY_PAGE
        suppressions.suppress(visit.session, wish.fingerprint, how=how)
    return _shown(visit, token)


@pages.post("/opt-out/<token>/undo", LINK)
def come_back(visit: DoorVisit, token: str) -> AnyReply:
    """It was a mistake: letters may come again."""
    wish = suppressions.read(visit.settings, token)
    if wish is None:
        return _shown(visit, token)
    suppressions.lift(visit.session, wish.fingerprint)
    return Redirect(url_for("opt_outs.show", token=token))


def _shown(visit: DoorVisit, token: str) -> AnyReply:
    g.came_by_token = True
    wish = suppressions.read(visit.settings, token)
    if wish is None:
        return refusal("opt_outs/over.html", status=404)
    return page(
        "opt_outs/show.html",
        token=token,
        business=workspaces.name_of(visit.session, wish.workspace_id),
        is_out=suppressions.is_marked(visit.session, wish.fingerprint),
    )
