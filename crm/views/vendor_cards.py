"""The card of a vendor: what may be shown of them, the link that shows it, and the page behind that link."""

from typing import Any

from flask import g, url_for

from crm.core.errors import Stale
from crm.core.i18n import _
from crm.domain import vendor_cards, vendors
from crm.domain.permissions import Act
from crm.forms.vendor_cards import CardForm
from crm.queries import people, profiles
from crm.web import qr_codes
from crm.web.gate import LINK, DoorVisit, Pages, Visit, carries_out, typed
from crm.web.paths import own_address
from crm.web.replies import AnyReply, page, refusal, see

pages = Pages("vendor_cards")


@pages.get("/vendors/<int:vendor_id>/card", Act.WORK)
def edit(visit: Visit, vendor_id: int) -> AnyReply:
    """What is marked, how the card looks, and its link."""
    return page("vendor_cards/edit.html", **_shown(visit, vendor_id, None))


@pages.post("/vendors/<int:vendor_id>/card", Act.WORK)
def update(visit: Visit, vendor_id: int) -> AnyReply:
    """Save what is marked. A link that works shows it from now on."""
    vendor = vendors.at(visit.session, vendor_id)
    form = CardForm(typed())
    form.offer(_people(visit, vendor_id))

    def save() -> None:
        vendor_cards.write(
            vendor,
            by=visit.member,
            parts=form.marked,
            person_id=form.person_id.data,
            words=form.words.data or "",
            version=form.version.data,
        )

    try:
        if carries_out(form, save):
            return see("vendor_cards.edit", vendor_id=vendor_id, toast=_("The card is saved."))
    except Stale:
        card = vendor_cards.of_vendor(visit.session, vendor_id)
        assert card is not None  # only what is there can be stale
        conflict = form.met(_form(visit, vendor_id, card), card.version)
        return refusal("vendor_cards/edit.html", status=409, conflict=conflict, **_shown(visit, vendor_id, form))
    return refusal("vendor_cards/edit.html", **_shown(visit, vendor_id, form))


@pages.post("/vendors/<int:vendor_id>/card/link", Act.WORK)
def share(visit: Visit, vendor_id: int) -> AnyReply:
    """Make the link. A card that nobody has marked yet shows what most tell everybody."""
    vendor = vendors.at(visit.session, vendor_id)
    card = vendor_cards.of_vendor(visit.session, vendor_id)
    if card is None:
        card = vendor_cards.write(vendor, by=visit.member, parts=vendor_cards.USUAL)
    vendor_cards.share(card)
    return see("vendor_cards.edit", vendor_id=vendor_id, toast=_("The link works."), _anchor="link")


@pages.post("/vendors/<int:vendor_id>/card/link/revocation", Act.WORK)
def revoke(visit: Visit, vendor_id: int) -> AnyReply:
    """The link shows nothing from now on."""
    card = vendor_cards.of_vendor(visit.session, vendors.at(visit.session, vendor_id).id)
    if card is not None:
        vendor_cards.revoke(card)
    return see("vendor_cards.edit", vendor_id=vendor_id, toast=_("Link revoked."), _anchor="link")


@pages.get("/cards/<token>", LINK)
def shared(visit: DoorVisit, token: str) -> AnyReply:
    """The card, for whoever holds the link."""
    g.came_by_token = True
    card = vendor_cards.read(visit.session, visit.settings, token)
    if card is None:
        return refusal("agreements/over.html", status=404)
    return page("vendor_cards/shared.html", card=card)


def _people(visit: Visit, vendor_id: int) -> list[tuple[int, str]]:
    return [(person.id, person.name) for person in people.people_of(visit.session, vendor_id)]


def _form(visit: Visit, vendor_id: int, card: Any) -> CardForm:
    marked = vendor_cards.USUAL if card is None else card.parts
    data = {"parts": [str(part) for part in marked]}
    if card is not None:
        data |= {"person_id": card.person_id, "words": card.words}
    form = CardForm(None, data=data)
    form.offer(_people(visit, vendor_id))
    form.remember(card.version if card is not None else 0)
    return form


def _shown(visit: Visit, vendor_id: int, form: CardForm | None) -> dict[str, Any]:
    vendor = profiles.vendor(visit.session, vendor_id)
    card = vendor_cards.of_vendor(visit.session, vendor_id)
    token = vendor_cards.token_of(visit.settings, card) if card is not None else None
    address = None if token is None else own_address(visit.settings) + url_for("vendor_cards.shared", token=token)
    return {
        "vendor": vendor,
        "form": form or _form(visit, vendor_id, card),
        "card": vendor_cards.shown(visit.session, card, vendor) if card is not None else None,
        "link": address,
        "code": qr_codes.drawn(address) if address else None,
        "opens_elsewhere": visit.settings.links_work,
    }
