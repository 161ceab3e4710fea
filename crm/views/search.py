"""The search box."""

from flask import request

from crm.core import text
from crm.domain.permissions import Act
from crm.queries import search
from crm.web.gate import Pages, Visit
from crm.web.replies import AnyReply, page

pages = Pages("search")


@pages.get("/search", Act.SEE)
def index(visit: Visit) -> AnyReply:
    """Vendors and people that begin as what was typed."""
    typed = text.clean_line(request.args.get("q", ""))[: search.LONGEST]
    found = search.find(visit.session, visit.member, typed)
    return page("search/index.html", search_text=typed, found=found, has_more=len(found) == search.FOUND)
