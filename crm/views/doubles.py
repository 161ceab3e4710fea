"""Vendors that look like one: among all, and like the one that is being typed."""

from flask import request, url_for

from crm.core import clock
from crm.core.i18n import _
from crm.domain import doubles, merges
from crm.domain.doubles import Likeness
from crm.domain.matching import Sign
from crm.domain.permissions import Act
from crm.queries import doubles as queries
from crm.web.gate import Pages, Visit
from crm.web.replies import AnyReply, page, piece, see
from crm.web.ways import page_number

pages = Pages("doubles")

PAIRS_A_PAGE = 25
LATEST = 50
"""How many merges, and pairs told apart, the page lists."""


@pages.get("/vendors/doubles", Act.SEE)
def index(visit: Visit) -> AnyReply:
    """Every pair that looks like one, the likeliest first; what was merged, and what was told apart."""
    looked = doubles.among_all(visit.session)
    import_id = request.args.get("import", "")
    shown = [each for each in looked.likenesses if not import_id or import_id in _imports(each)]
    last = max(1, -(-len(shown) // PAIRS_A_PAGE))
    number = min(page_number(), last)
    return page(
        "doubles/index.html",
        looked=looked,
        pairs=shown[(number - 1) * PAIRS_A_PAGE : number * PAIRS_A_PAGE],
        total=len(shown),
        number=number,
        is_last=number == last,
        import_id=import_id or None,
        merged=queries.open_merges(visit.session, since=clock.now() - merges.UNDO_FOR, most=LATEST),
        apart=queries.distinct_rows(visit.session, most=LATEST),
        reason=reason,
        today=visit.today,
    )


@pages.get("/vendors/doubles/like", Act.WORK)
def like(visit: Visit) -> AnyReply:
    """The vendors that may be the one being typed, as a piece of a page; nothing where there are none."""
    typed = {name: request.args.get(name, "")[:_MOST_TYPED] for name in ("name", "email", "website", "phone")}
    but = request.args.get("but", "")
    found = doubles.find(
        visit.session,
        name=typed["name"],
        website=typed["website"],
        emails=[typed["email"]],
        phones=[typed["phone"]],
        but_not=int(but) if but.isascii() and but.isdigit() and len(but) < 10 else None,
        begins=True,
    )
    return piece("doubles/_like.html", doubles=found)


_MOST_TYPED = 500


@pages.post("/vendors/<int:vendor_id>/doubles/<int:other_id>/apart", Act.WORK)
def tell_apart(visit: Visit, vendor_id: int, other_id: int) -> AnyReply:
    """The two are not the same: the team is not asked again."""
    doubles.tell_apart(visit.session, vendor_id, other_id, by=visit.member)
    undo = url_for("doubles.take_back", vendor_id=vendor_id, other_id=other_id)
    return see("doubles.index", toast=_("Not the same, then. They are left out from now on."), undo=undo)


@pages.post("/vendors/<int:vendor_id>/doubles/<int:other_id>/together", Act.WORK)
def take_back(visit: Visit, vendor_id: int, other_id: int) -> AnyReply:
    """The two may be the same after all."""
    doubles.take_back(visit.session, vendor_id, other_id, by=visit.member)
    return see("doubles.index", toast=_("They are compared again."))


def reason(sign: Sign, value: str) -> str:
    """What two vendors have in common, or not, in words."""
    return {
        Sign.EMAIL: lambda: _("The same e-mail address: %(value)s", value=value),
        Sign.DOMAIN: lambda: _("The same web domain: %(value)s", value=value),
        Sign.PHONE: lambda: _("The same phone number"),
        Sign.SAME_NAME: lambda: _("The same name, but for how it is written"),
        Sign.NEAR_NAME: lambda: _("Almost the same name"),
        Sign.ALIKE_NAME: lambda: _("Names that are alike"),
        Sign.ADDRESS: lambda: _("The same street address"),
        Sign.OTHER_NAME: lambda: _("different names"),
        Sign.OTHER_ADDRESS: lambda: _("another house number"),
        Sign.OTHER_DOMAIN: lambda: _("another web domain"),
        Sign.OTHER_PHONE: lambda: _("another phone number"),
    }[sign]()


def _imports(likeness: Likeness) -> set[str]:
    return {str(likeness.one.import_id), str(likeness.other.import_id)}
