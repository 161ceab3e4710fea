"""A person's notifications, and which vendors they follow."""

from flask import request, url_for

from crm.core import limits
from crm.core.errors import Missing
from crm.core.i18n import _
from crm.domain import mentions, news
from crm.domain.permissions import Act
from crm.queries import news as reading
from crm.queries import profiles
from crm.web import news_lines
from crm.web.gate import Pages, Visit
from crm.web.replies import AnyReply, Redirect, page, see

pages = Pages("news")


@pages.get("/notifications", Act.SEE)
def index(visit: Visit) -> AnyReply:
    """What is not read yet, then the rest, the newest first."""
    number = min(max(1, request.args.get("page", 1, type=int)), 10_000)
    rows = reading.page_of(
        visit.session, visit.member, offset=(number - 1) * limits.PAGE_ROWS, limit=limits.PAGE_ROWS + 1
    )
    return page(
        "news/index.html",
        lines=[news_lines.line(row) for row in rows[: limits.PAGE_ROWS]],
        number=number,
        has_more=len(rows) > limits.PAGE_ROWS,
        today=visit.today,
    )


@pages.post("/notifications/<int:news_id>/opening", Act.SEE)
def open_it(visit: Visit, news_id: int) -> AnyReply:
    """Go to what it tells of: it is read with that, and a mention is seen."""
    row = reading.line(visit.session, visit.member, news_id)
    if row is None:
        raise Missing
    line = news.find(visit.session, news_id, reader=visit.member)
    news.read(line)
    if line.mention_id is not None:
        mentions.see(mentions.find(visit.session, line.mention_id, reader=visit.member), by=visit.member)
    return Redirect(news_lines.address(row))


@pages.post("/notifications/<int:news_id>/reading", Act.SEE)
def read(visit: Visit, news_id: int) -> AnyReply:
    """It is read. What waits in Today goes on waiting."""
    news.read(news.find(visit.session, news_id, reader=visit.member))
    return see("news.index", toast=_("Marked as read."), undo=url_for("news.unread", news_id=news_id))


@pages.post("/notifications/<int:news_id>/unreading", Act.SEE)
def unread(visit: Visit, news_id: int) -> AnyReply:
    """Take that back."""
    news.unread(news.find(visit.session, news_id, reader=visit.member))
    return see("news.index")


@pages.post("/notifications/reading", Act.SEE)
def read_all(visit: Visit) -> AnyReply:
    """All of them are read."""
    news.read_all(visit.session, by=visit.member)
    return see("news.index", toast=_("All marked as read."))


@pages.post("/vendors/<int:vendor_id>/following", Act.SEE)
def follow(visit: Visit, vendor_id: int) -> AnyReply:
    """Be told what happens with a vendor."""
    vendor = profiles.vendor(visit.session, vendor_id)
    news.follow(vendor, by=visit.member)
    words = _("You follow %(name)s. The bell tells you what happens.", name=vendor.name)
    return see("profiles.show", vendor_id=vendor_id, toast=words)


@pages.post("/vendors/<int:vendor_id>/unfollowing", Act.SEE)
def unfollow(visit: Visit, vendor_id: int) -> AnyReply:
    """Be told no more."""
    vendor = profiles.vendor(visit.session, vendor_id)
    news.unfollow(vendor, by=visit.member)
    words = _("You no longer follow %(name)s.", name=vendor.name)
    return see("profiles.show", vendor_id=vendor_id, toast=words)
