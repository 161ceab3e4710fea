"""Two people edit the same at once: whoever saves second sees both versions, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from crm.domain import attachments, categories, decision_areas, flaws, vendors
from crm.domain.decision_areas import Agreement
from crm.models.enums import Level
from tests.support.browsing import words
from tests.support.forms import as_shown

pytestmark = pytest.mark.usefixtures("database")


@dataclass(frozen=True)
class Edited:
    """Something that two may edit: where its form is, where it goes, and what either types."""

    form: str
    goes_to: str
    selector: str
    theirs: dict[str, str]
    ours: dict[str, str]
    told: tuple[str, ...]
    """What the page of both versions says."""


def flaw(session, by, vendor) -> Edited:
    row = flaws.accept(vendor, by=by, flaw="Slow")
    texts = {"flaw": "Slow in May"}, {"flaw": "Slow, but thorough"}
    return Edited(f"/flaws/{row.id}/edit", f"/flaws/{row.id}", "main form", *texts, ("Slow in May", "but thorough"))


def link(session, by, vendor) -> Edited:
    row = attachments.add_link(vendor, by=by, url="https://wren.example", title="Work")
    texts = {"title": "Portfolio"}, {"title": "Showreel"}
    return Edited(f"/links/{row.id}/edit", f"/links/{row.id}", "main form", *texts, ("Portfolio", "Showreel"))


def category(session, by, vendor) -> Edited:
    row = categories.add(session, name="Sails")
    path = f"/settings/categories/{row.id}"
    return Edited(f"{path}/edit", path, "main form", {"name": "Masts"}, {"name": "Rigging"}, ("Masts", "Rigging"))


def level(session, by, vendor) -> Edited:
    area = decision_areas.hand_over(vendor, by=by, level=Level.TELL, agreed=Agreement(name="Publish posts"))
    path = f"/decision-areas/{area.id}/level"
    texts = {"level": "5", "why": "x"}, {"level": "7", "why": "Ten in a row"}
    return Edited(path, path, "main form", *texts, ("5: You decide, I advise", "7: "))


def cadences(session, by, vendor) -> Edited:
    texts = {"every_A": "11"}, {"every_A": "22"}
    selector = "form[action='/settings/cadences']"
    return Edited("/settings/business", "/settings/cadences", selector, *texts, ("Tier A: every", "11", "22"))


@pytest.mark.parametrize("make", [flaw, link, category, level, cadences])
def test_whoever_saves_second_sees_both_and_nothing_is_lost(
    make: Callable[..., Edited], client, browser_of, inside, business
):
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Wren")
        edited = make(session, business.owner, vendor)
    colleague = browser_of(business.admin)
    mine, theirs = (as_shown(each.get(edited.form), edited.selector) for each in (client, colleague))
    assert colleague.post(edited.goes_to, **{**theirs, **edited.theirs}).status_code == 303
    clash = client.post(edited.goes_to, **{**mine, **edited.ours})
    assert clash.status_code == 409
    for told in edited.told:
        assert told in words(clash, ".versions")
    kept = as_shown(clash, edited.selector)
    assert {name: kept[name] for name in edited.ours} == edited.ours, "what was typed is still in the form"
    assert client.post(edited.goes_to, **kept).status_code == 303
    saved = as_shown(client.get(edited.form), edited.selector)
    assert {name: value for name, value in edited.ours.items() if name != "why"}.items() <= saved.items()
