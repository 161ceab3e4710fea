"""The agreement with a vendor: what stands on it, what never does, and the links under which others read it."""

from __future__ import annotations

from datetime import date

import pytest

from crm.core.dates import CadenceUnit
from crm.domain import agreements, decision_areas, notes, stages, trust_entries, vendors
from crm.domain.decision_areas import Agreement
from crm.domain.trust_entries import Quick
from crm.models.decision_areas import AgreementLink
from crm.models.enums import Level, Maturity, Stage
from crm.models.vendors import Vendor
from tests.support.browsing import soup, words

MONDAY = date(2026, 10, 5)
OURS_ALONE = ("Between us", "Ten in a row were right", "wished", "It’s all yours", "Trust", "Well versed", "1 December")


@pytest.fixture(autouse=True)
def now(clock_at):
    clock_at("2026-10-05 09:00")
    return clock_at


@pytest.fixture
def vendor(inside, business) -> int:
    """A vendor who publishes posts, with all that is agreed about it, and much that is for the team alone."""
    with inside(business) as session:
        by = business.owner
        silas = vendors.add(session, by=by, name="Silas Brandt", stage=Stage.ACTIVE)
        agreed = Agreement(
            name="Publish posts",
            wished_level=Level.DELEGATE,
            wished_by=date(2026, 12, 1),
            limit_amount=25_050,
            limit_currency="GBP",
            limit_scope="no prices",
            procedure="1. draft\n2. publish",
            maturity=Maturity.HIGH,
            rhythm_every=2,
            rhythm_unit=CadenceUnit.WEEKS,
        )
        area = decision_areas.hand_over(silas, by=by, level=Level.AGREE, agreed=agreed, on=date(2026, 9, 1))
        decision_areas.move_to(area, by=by, level=Level.ADVISE, why="Ten in a row were right")
        for what, area_id in (("The blog", area.id), ("The drive", None), ("The old shop", None)):
            access = decision_areas.give_access(
                silas, by=by, what=what, granted_on=MONDAY, area_id=area_id, owner_id=business.member.user_id
            )
        decision_areas.revoke_access(access, by=by)
        closed = decision_areas.hand_over(silas, by=by, level=Level.TELL, agreed=Agreement(name="Closed one"))
        decision_areas.close(closed, by=by)
        notes.write(silas, by=by, body="Between us")
        trust_entries.observe_quickly(silas, by=by, quick=Quick.ON_TIME, occurred_on=MONDAY)
        return silas.id


@pytest.fixture
def share(client, vendor):
    """share() makes a link through the page and answers its path."""

    def make() -> str:
        shown = client.follow(client.post(f"/vendors/{vendor}/agreement/links"))
        return soup(shown).select(".secret")[0].text.removeprefix("http://crm.example.org")

    return make


def links(inside, business) -> list[AgreementLink]:
    with inside(business) as session:
        return session.query(AgreementLink).order_by(AgreementLink.id).all()


def test_it_says_in_plain_words_what_is_agreed(client, vendor):
    said = words(client.get(f"/vendors/{vendor}/agreement"), ".agreement")
    for part in (
        "Publish posts",
        "You decide. We say what we think before.",
        "up to £250.50 a month",
        "no prices",
        "publish",
        "every 2 weeks",
        "The blog",
        "The drive",
        "Mon 5 Oct",
    ):
        assert part in said, part
    for gone in ("The old shop", "Closed one", *OURS_ALONE):
        assert gone not in said, gone


def test_whoever_holds_the_link_reads_the_same_and_nothing_else(nobody, share):
    path = share()
    answer = nobody.get(path)
    assert answer.status_code == 200
    said = words(answer)
    assert "What Silas Brandt looks after for Fern & Flint" in said
    for part in ("The blog", "You decide. We say what we think before.", "up to £250.50 a month"):
        assert part in said
    for ours in (*OURS_ALONE, "The old shop", "Closed one"):
        assert ours not in answer.text, ours
    assert soup(answer).select("form, nav, a[href]") == []
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "no-store" in answer.headers["Cache-Control"]


def test_looking_changes_nothing_and_nothing_can_be_sent_there(nobody, share, inside, business):
    path = share()
    for _ in range(3):
        nobody.get(path)
    assert nobody.client.post(path).status_code == 405
    [link] = links(inside, business)
    assert link.revoked_at is None


def test_a_revoked_a_forged_and_a_foreign_link_read_the_same(client, nobody, share, inside, business, settings, vendor):
    path = share()
    [link] = links(inside, business)
    assert client.post(f"/agreement-links/{link.id}/revocation").status_code == 303
    row = agreements.LinkRow(link.id, link.created_at, "", None, "")
    foreign = agreements.token_of(settings, row, workspace_id=business.stranger.workspace_id)
    nowhere = agreements.token_of(settings, row, workspace_id=987_654)
    pages = [nobody.get(each) for each in (path, f"{path}x", f"/agreements/{foreign}", f"/agreements/{nowhere}")]
    pages.append(nobody.get("/agreements/abc"))
    assert {page.status_code for page in pages} == {404}
    assert len({words(page, "main") for page in pages}) == 1
    assert "This link is over" in words(pages[0], "main")
    assert all("Silas" not in page.text for page in pages)


def test_the_list_of_links_says_who_made_and_revoked_which(client, browser_of, business, share, vendor):
    share()
    browser_of(business.member).post("/agreement-links/1/revocation")
    second = share()
    page = client.get(f"/vendors/{vendor}/agreement")
    said = words(page, "#links")
    assert f"made by {business.owner.user.name}" in said
    assert f"revoked by {business.member.user.name}" in said
    assert [each.text for each in soup(page).select(".secret")] == [f"http://crm.example.org{second}"]


def test_revoking_again_changes_nothing(client, share, inside, business, now):
    share()
    client.post("/agreement-links/1/revocation")
    now("2026-10-06 09:00")
    assert client.post("/agreement-links/1/revocation").status_code == 303
    [link] = links(inside, business)
    assert link.revoked_at.date() == MONDAY


def test_the_address_stays_the_same_and_ends_by_itself(browser_of, business, nobody, share, now, vendor):
    path = share()
    now("2026-11-05 09:00")
    later = browser_of(business.owner)
    assert soup(later.get(f"/vendors/{vendor}/agreement")).select_one(".secret").text.endswith(path)
    now("2028-10-06 09:00")
    assert nobody.get(path).status_code == 404


def test_what_changes_shows_at_the_link_and_parting_ends_it(nobody, share, inside, business, vendor):
    path = share()
    with inside(business) as session:
        silas = session.get_one(Vendor, vendor)
        decision_areas.hand_over(silas, by=business.owner, level=Level.TELL, agreed=Agreement(name="Adverts"))
    assert "Adverts" in words(nobody.get(path))
    with inside(business) as session:
        move = stages.move(session.get_one(Vendor, vendor), by=business.owner, to=Stage.ENDED, why="Done")
    assert nobody.get(path).status_code == 404
    with inside(business) as session:
        stages.undo(stages.find_move(session, move.id), by=business.owner)
    assert nobody.get(path).status_code == 200


def test_a_viewer_reads_and_prints_but_shares_nothing(browser_of, business, share, vendor):
    share()
    viewer = browser_of(business.viewer)
    page = viewer.get(f"/vendors/{vendor}/agreement")
    assert "Publish posts" in words(page, ".agreement")
    assert soup(page).select("#links, .secret") == []
    assert viewer.post(f"/vendors/{vendor}/agreement/links").status_code == 403
    assert viewer.post("/agreement-links/1/revocation").status_code == 403


def test_a_stranger_finds_nothing(browser_of, business, share, vendor, inside):
    share()
    stranger = browser_of(business.stranger)
    assert stranger.get(f"/vendors/{vendor}/agreement").status_code == 404
    assert stranger.post(f"/vendors/{vendor}/agreement/links").status_code == 404
    assert stranger.post("/agreement-links/1/revocation").status_code == 404
    assert links(inside, business)[0].revoked_at is None


def test_with_nothing_handed_over_there_is_one_way_to_begin(client, inside, business):
    with inside(business) as session:
        new = vendors.add(session, by=business.owner, name="New One").id
    page = client.get(f"/vendors/{new}/agreement")
    assert soup(page).select_one(f'.empty a[href="/vendors/{new}/decision-areas/new"]')
