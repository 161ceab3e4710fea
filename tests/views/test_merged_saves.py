"""Two people save the same: what goes together is saved together, what does not is asked, and nothing is lost."""

from __future__ import annotations

import pytest

from crm.domain import interactions, needs, notes, people, vendors
from crm.domain.needs import NeedTerms
from crm.models.enums import InteractionKind
from tests.support.browsing import soup, words
from tests.support.forms import as_shown

BODY = "Met at the fair.\n\nAsk for prices.\n\nLikes trains."


@pytest.fixture
def vendor_id(business, inside) -> int:
    with inside(business) as session:
        return vendors.add(session, by=business.owner, name="Wren", location="Leeds", languages="Danish").id


@pytest.fixture
def made(business, inside, vendor_id):
    """made("note") writes one of a kind: the path of its form, and the one that it goes to."""

    def make(kind: str) -> tuple[str, str]:
        with inside(business) as session:
            vendor = vendors.at(session, vendor_id)
            by = business.owner
            match kind:
                case "note":
                    row, noun = notes.write(vendor, by=by, body=BODY), "notes"
                case "interaction":
                    row = interactions.log(
                        vendor, by=by, kind=InteractionKind.CALL, occurred_on=by.workspace.today, summary=BODY
                    )
                    noun = "interactions"
                case "person":
                    row, noun = people.add(vendor, by=by, name="Ines Duarte", role="Printer"), "people"
                case "need":
                    row, noun = needs.add(session, by=by, terms=NeedTerms("Twenty enquiries a month")), "needs"
                case _:
                    row, noun = vendor, "vendors"
            return f"/{noun}/{row.id}/edit", f"/{noun}/{row.id}"

    return make


@pytest.fixture
def both(client, browser_of, business):
    """both(paths, theirs, ours): a colleague saves, then we do, each from the form as it was. The answer to us."""

    def save(paths, theirs, ours):
        form, goes_to = paths
        colleague = browser_of(business.admin)
        selector = f"form[action='{goes_to}']"
        mine, others = (as_shown(each.get(form), selector) for each in (client, colleague))
        assert colleague.post(goes_to, **{**others, **theirs}).status_code == 303
        return client.post(goes_to, **{**mine, **ours})

    return save


@pytest.mark.parametrize(
    ("kind", "theirs", "ours", "told"),
    [
        ("vendor", {"location": "York"}, {"languages": "Danish, Polish"}, "Location"),
        ("person", {"role": "Owner"}, {"name": "Inês Duarte"}, "What they do there"),
        ("need", {"volume": "Two a week"}, {"outcome": "Thirty enquiries a month"}, "How much of it"),
        ("interaction", {"minutes": "25"}, {"summary": "Met at the fair, again."}, "Minutes"),
        ("note", {"body": BODY.replace("Met", "We met")}, {"body": BODY.replace("trains", "night trains")}, "Note"),
    ],
)
def test_what_goes_together_is_saved_together_and_said(client, made, both, kind, theirs, ours, told):
    paths = made(kind)
    answer = both(paths, theirs, ours)
    assert answer.status_code == 303, words(answer, ".versions")
    assert f"together with what a colleague changed meanwhile: {told}." in words(client.follow(answer), ".toast")
    saved = as_shown(client.get(paths[0]), f"form[action='{paths[1]}']")
    wanted = {**theirs, **ours}
    if kind == "note":
        wanted = {"body": BODY.replace("Met", "We met").replace("trains", "night trains")}
    assert {name: saved[name].replace("\r\n", "\n") for name in wanted} == wanted


@pytest.mark.parametrize(
    ("kind", "theirs", "ours"),
    [
        ("vendor", {"location": "York"}, {"location": "Hull"}),
        ("vendor", {"currency": "EUR", "rate_amount": "50", "rate_period": "hour"}, {"minimum_amount": "400"}),
        ("person", {"name": "Ines D."}, {"name": "I. Duarte"}),
        ("need", {"budget": "500"}, {"budget_currency": "EUR"}),
        ("interaction", {"summary": "Short"}, {"summary": "Shorter"}),
        ("note", {"body": "All new"}, {"body": "All other"}),
    ],
)
def test_what_does_not_go_together_is_shown_in_both_versions(client, made, both, kind, theirs, ours):
    paths = made(kind)
    answer = both(paths, theirs, ours)
    assert answer.status_code == 409
    assert soup(answer).select(".versions tbody tr")
    kept = as_shown(answer, f"form[action='{paths[1]}']")
    assert {name: kept[name] for name in ours} == ours, "what was typed is still in the form"
    assert client.post(paths[1], **kept).status_code == 303


def test_nobody_shows_words_to_more_people_that_they_have_not_seen(made, both):
    answer = both(made("note"), {"body": BODY + "\n\nOwes us money."}, {"visibility": "admins"})
    assert answer.status_code == 409


def test_a_box_that_collides_is_asked_and_others_are_taken_along(made, both):
    paths = made("vendor")
    answer = both(paths, {"location": "York", "languages": "Polish"}, {"location": "Hull"})
    assert answer.status_code == 409
    kept = as_shown(answer, f"form[action='{paths[1]}']")
    assert (kept["location"], kept["languages"]) == ("Hull", "Polish")


def test_what_breaks_a_rule_together_is_not_saved(client, made, both):
    paths = made("need")
    answer = both(paths, {"outcome": "Thirty enquiries"}, {"volume": "x" * 300})
    assert answer.status_code == 422
