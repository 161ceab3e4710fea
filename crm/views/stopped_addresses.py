"""Addresses outside to which nothing more goes: marked by hand where an address stands, and listed on a page."""

from flask import request, url_for

from crm.core import limits
from crm.core.i18n import _
from crm.domain import stopped_addresses
from crm.domain.permissions import Act
from crm.forms.stopped_addresses import StopForm
from crm.queries import stopped_addresses as stop_queries
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, Reply, page, refusal, see_path
from crm.web.ways import page_number, way_back

pages = Pages("stopped_addresses")


@pages.get("/stopped-addresses", Act.SEE)
def index(visit: Visit) -> AnyReply:
    """All of them, the latest first, and one more."""
    return _listed(visit, StopForm(None))


@pages.post("/stopped-addresses", Act.WORK)
def stop(visit: Visit) -> AnyReply:
    """Send nothing more to an address."""
    form = StopForm(typed())
    if carries_out(form, lambda: stopped_addresses.stop(visit.session, by=visit.member, **form.values())):
        toast = _("Nothing more goes to %(address)s from here.", address=form.address.data)
        return see_path(way_back(url_for("stopped_addresses.index")), toast=toast)
    return _listed(visit, form)


@pages.post("/stopped-addresses/lift", Act.WORK)
def lift(visit: Visit) -> AnyReply:
    """Write to an address again."""
    address = request.form.get("address", "")
    stopped_addresses.lift(visit.session, address, by=visit.member)
    return see_path(way_back(url_for("stopped_addresses.index")), toast=_("Letters can go to it again."))


def _listed(visit: Visit, form: StopForm) -> Reply:
    number = page_number()
    rows = stop_queries.listed(visit.session, offset=(number - 1) * limits.PAGE_ROWS, limit=limits.PAGE_ROWS + 1)
    answer = refusal if form.errors else page
    return answer(
        "stopped_addresses/index.html",
        form=form,
        rows=rows[: limits.PAGE_ROWS],
        number=number,
        has_more=len(rows) > limits.PAGE_ROWS,
        zone=visit.person.time_zone,
        may_work=visit.may(Act.WORK),
    )
