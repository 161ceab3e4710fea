"""One's calendar: the feed itself, and the page in Settings where its address is made, shown once, and taken back."""

from flask import Response, make_response, request, url_for

from crm.core.errors import Missing
from crm.core.i18n import _
from crm.domain import calendars
from crm.domain.permissions import Act
from crm.web.gate import LINK, DoorVisit, Pages, Visit
from crm.web.paths import own_address
from crm.web.replies import AnyReply, Raw, page, see

pages = Pages("calendars")


@pages.get("/calendar/<token>.ics", LINK)
def feed(visit: DoorVisit, token: str) -> AnyReply:
    """What stands for a person, for their calendar program: it needs no cookie, only the secret in the address."""
    found = calendars.feed(visit.session, visit.settings, token)
    if found is None:
        raise Missing
    is_known = request.if_none_match.contains(found.mark)

    def make() -> Response:
        answer = make_response(b"" if is_known else found.content, 304 if is_known else 200)
        answer.headers["Content-Type"] = "text/calendar; charset=utf-8"
        answer.headers["Content-Disposition"] = 'inline; filename="good-terms.ics"'
        answer.set_etag(found.mark)
        return answer

    return Raw(make)


@pages.get("/settings/calendar", Act.SEE)
def show(visit: Visit) -> AnyReply:
    """Whether there is an address, and since when."""
    return page("calendars/show.html", feed_address="", made_at=visit.member.calendar_made_at)


@pages.post("/settings/calendar", Act.WORK)
def make(visit: Visit) -> AnyReply:
    """Make the address, or another one; the page that answers shows it, this once."""
    secret = calendars.make(visit.session, by=visit.member)
    address = own_address(visit.settings) + url_for("calendars.feed", token=secret)
    return page("calendars/show.html", feed_address=address, made_at=None)


@pages.post("/settings/calendar/revoke", Act.SEE)
def revoke(visit: Visit) -> AnyReply:
    """The address leads nowhere from now on."""
    calendars.revoke(visit.session, by=visit.member)
    return see("calendars.show", toast=_("The address is revoked. Calendars that use it find nothing any more."))
