"""The search page, and the command palette's list."""

from dataclasses import dataclass, field

from flask import request

from crm.core import text
from crm.core.i18n import _
from crm.domain.permissions import Act
from crm.models.enums import SearchKind
from crm.queries import needs, profiles, search
from crm.web import palette as ways
from crm.web.gate import Pages, Visit
from crm.web.palette import Option
from crm.web.replies import AnyReply, page, piece

pages = Pages("search")

OFFERED = 7
"""So many vendors and people the palette offers."""
NEEDS_OFFERED = 4


@dataclass(slots=True)
class Group:
    """A heading of the palette, and what stands below."""

    title: str
    options: list[Option] = field(default_factory=list)
    found: list[search.Found] = field(default_factory=list)
    wanted: list[needs.FoundNeed] = field(default_factory=list)
    recent: list[profiles.Pickable] = field(default_factory=list)


@pages.get("/search", Act.SEE)
def index(visit: Visit) -> AnyReply:
    """All that holds the words: vendors, people, what happened, files, needs; and pages by their name."""
    typed = _typed()
    kind = request.args.get("kind", "")
    chosen = SearchKind(kind) if kind in list(SearchKind) else None
    words = text.folded(typed).split()
    return page(
        "search/index.html",
        search_text=typed,
        kind=chosen,
        kinds=list(SearchKind),
        found=search.find(visit.session, visit.member, typed, kind=chosen),
        needs=needs.found(visit.session, typed, limit=search.FOUND) if chosen in (None, SearchKind.NEEDS) else [],
        places=ways.matching(visit, (*ways.ACTS, *ways.PAGES), words) if chosen is None else [],
        today=visit.today,
    )


@pages.get("/search/palette", Act.SEE)
def palette(visit: Visit) -> AnyReply:
    """The list below the palette's box. ``here`` is the vendor whose page it was opened on."""
    typed = _typed()
    return piece("search/_palette.html", groups=_groups(visit, typed), search_text=typed)


def _typed() -> str:
    return text.clean_line(request.args.get("q", ""))[: search.LONGEST]


def _groups(visit: Visit, typed: str) -> list[Group]:
    words = text.folded(typed).split()
    doing = Group(_("Do"), ways.matching(visit, ways.ACTS, words))
    going = Group(_("Go to"), ways.matching(visit, ways.PAGES, words))
    groups = [_here(visit, words), doing, going, _vendors(visit, typed, words), _needs(visit, typed)]
    if not words:
        groups = [groups[0], groups[3], doing, going]
    return [group for group in groups if group.options or group.found or group.recent or group.wanted]


def _here(visit: Visit, words: list[str]) -> Group:
    """What can be done with the vendor whose page is open."""
    here = request.args.get("here", type=int)
    vendor = search.vendor_named(visit.session, here) if here and 0 < here < 2**31 else None
    if vendor is None:
        return Group("")
    return Group(vendor.name, ways.acts_on(visit, vendor.id, vendor.name, vendor.stage, words))


def _needs(visit: Visit, typed: str) -> Group:
    """Needs by their outcome."""
    return Group(_("Needs"), wanted=needs.found(visit.session, typed, limit=NEEDS_OFFERED, by_outcome=True))


def _vendors(visit: Visit, typed: str, words: list[str]) -> Group:
    """Vendors and people by their names; or, where an act is named first, that act for vendors: "park kettle"."""
    if not words:
        return Group(_("Vendors"), recent=profiles.beginning(visit.session, "", limit=OFFERED))
    if len(words) > 1 and ways.begins_an_act(words[0]):
        found = search.find(visit.session, visit.member, typed.split(maxsplit=1)[1], kind=SearchKind.VENDORS, limit=4)
        options = [
            option
            for row in found.rows
            for option in ways.acts_on(visit, row.vendor_id, row.name, row.stage, words[:1], most=2)
        ]
        if options:
            return Group(_("Do with a vendor"), options)
    return Group(_("Found"), found=search.find(visit.session, visit.member, typed, limit=OFFERED).rows)
