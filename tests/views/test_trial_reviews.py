"""Scoring what a vendor delivered: a draft, handing in, joining, and what nobody else may read yet."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from crm.domain import trial_briefs, trial_reviews, trial_work, trials, vendors
from crm.domain.trial_briefs import BriefTerms, Criterion
from crm.domain.trials import TrialTerms
from crm.models.trials import TrialReview, TrialReviewer, TrialScore
from tests.support.browsing import soup, words
from tests.support.forms import as_shown

DUE = date(2026, 11, 10)
DELIVERED = date(2026, 11, 9)


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-11-02 09:00")


@pytest.fixture
def trial_id(inside, business, clock_at):
    """One that came on Monday the 9th; the owner and an admin are asked to look at it until Thursday."""
    with inside(business) as session:
        terms = BriefTerms(
            title="Three rewrites",
            body="Rewrite three pages.",
            criteria=(Criterion("Sounds like us", 3), Criterion("On time", 1)),
            reviewer_ids=(business.owner.user_id, business.admin.user_id),
        )
        brief = trial_briefs.write(session, by=business.owner, terms=terms)
        vendor = vendors.add(session, by=business.owner, name="Inês Duarte")
        terms = TrialTerms(brief.title, DUE, brief_id=brief.id)
        trial_id = trials.start(vendor, by=business.owner, terms=terms).id
    clock_at("2026-11-09 15:00")
    with inside(business) as session:
        trial = trials.find(session, trial_id)
        trial_work.deliver(trial, by=business.owner, on=DELIVERED)
        link = "https://pages.example/balm"
        trial_work.add_deliverable(trial, by=business.owner, on=DELIVERED, what="The pages", url=link)
    return trial_id


@pytest.fixture
def boxes(inside, business, trial_id):
    """The names of the boxes: two for each criterion."""
    with inside(business) as session:
        brief_id = trials.find(session, trial_id).brief_id
        rows = trial_reviews.reading.criteria(session, [brief_id])
        return [(f"value-{row.id}", f"remark-{row.id}") for row in rows]


def score(browser, trial_id, boxes, *values, act="hand_in", lines=(), remark="", **more):
    address = f"/trials/{trial_id}/review"
    typed = as_shown(browser.get(address))
    for (value_box, remark_box), value, line in zip(boxes, values, lines or ("",) * len(boxes), strict=True):
        typed |= {value_box: str(value or ""), remark_box: line}
    return browser.post(address, **{**typed, "remark": remark, "act": act, **more})


def stored(inside, business):
    with inside(business) as session:
        rows = session.scalars(select(TrialReview).order_by(TrialReview.id)).all()
        scores = session.scalars(select(TrialScore).order_by(TrialScore.id)).all()
        return [
            (row.created_by, row.handed_in_at is not None, [s.value for s in scores if s.review_id == row.id])
            for row in rows
        ]


def test_the_page_says_what_came_what_counts_and_that_nobody_reads_it_yet(client, trial_id):
    page = client.get(f"/trials/{trial_id}/review")
    said = words(page)
    assert "Nobody reads yours until everybody is in. Waiting for Ada Admin and Olive Owner, until Thu 12 Nov." in said
    assert "Matters most, counts 3 times" in said
    assert soup(page).select_one("a[href='https://pages.example/balm']").get_text() == "The pages"
    assert [each.get_text() for each in soup(page).select("form.form fieldset")[0].select("label span")][:6] == [
        *"12345",
        "Not scored",
    ]


def test_a_draft_is_kept_and_then_handed_in(browser_of, inside, business, trial_id, boxes):
    owner = browser_of(business.owner)
    kept = score(owner, trial_id, boxes, 5, None, act="draft", lines=("I would sign that", ""), remark="So far")
    assert kept.location.split("?")[0] == f"/trials/{trial_id}/review"
    again = as_shown(owner.get(f"/trials/{trial_id}/review"))
    assert (again[boxes[0][0]], again[boxes[0][1]], again["remark"]) == ("5", "I would sign that", "So far")
    assert stored(inside, business) == [(business.owner.user_id, False, [5])]

    done = score(owner, trial_id, boxes, 4, 3)
    assert done.status_code == 303
    assert "Handed in. It opens once everybody is in." in words(owner.follow(done))
    assert stored(inside, business) == [(business.owner.user_id, True, [4, 3])]


def _everywhere(inside, business, trial_id):
    """Wherever a trial task is told of."""
    with inside(business) as session:
        trial = trials.find(session, trial_id)
        brief, vendor = f"/trial-briefs/{trial.brief_id}", f"/vendors/{trial.vendor_id}"
    own = f"/trials/{trial_id}"
    return [own, f"{own}/review", f"{own}/decision", brief, f"{brief}?names=hidden", vendor, "/trials", "/today"]


def test_a_draft_and_what_is_handed_in_stay_with_their_writer(browser_of, inside, business, trial_id, boxes):
    owner, others = browser_of(business.owner), [browser_of(each) for each in (business.admin, business.member)]
    for act in ("draft", "hand_in"):
        score(owner, trial_id, boxes, 5, 2, act=act, lines=("Secret line", "Other secret"), remark="Secret remark")
        for other in others:
            for address in _everywhere(inside, business, trial_id):
                page = other.get(address)
                assert page.status_code == 200, address
                assert "ecret" not in page.text, address
    assert "Olive Owner has handed in." in words(others[0].get(f"/trials/{trial_id}/review"))


def test_the_last_one_in_opens_them_and_makes_them_final(browser_of, inside, business, trial_id, boxes):
    owner, admin = browser_of(business.owner), browser_of(business.admin)
    score(owner, trial_id, boxes, 5, 4, remark="Hire her")
    assert score(owner, trial_id, boxes, 3, 4, remark="Hire her").status_code == 303, "still hidden: it may change"
    done = score(admin, trial_id, boxes, 4, 4)
    page = admin.follow(done)
    assert "Handed in. The scores are open now." in words(page)
    assert "Hire her" in words(page)
    final = owner.get(f"/trials/{trial_id}/review")
    assert "so yours is final." in words(final)
    assert not soup(final).select("main form")
    address = f"/trials/{trial_id}/review"
    answer = owner.post(address, act="hand_in", version="2", **{boxes[0][0]: "1"})
    assert answer.status_code == 422
    assert stored(inside, business)[0] == (business.owner.user_id, True, [3, 4])


def test_a_mistake_keeps_what_was_typed(client, trial_id, boxes):
    answer = score(client, trial_id, boxes, None, 3, lines=("Words without a score", ""), remark="Overall words")
    assert answer.status_code == 422
    assert "Give it a score too, from 1 to 5." in words(answer)
    kept = as_shown(answer)
    assert (kept[boxes[0][1]], kept[boxes[1][0]], kept["remark"]) == ("Words without a score", "3", "Overall words")
    nothing = score(client, trial_id, boxes, None, None)
    assert "Score at least one thing before you hand it in." in words(nothing)


@pytest.mark.parametrize("value", ["6", "0", "-1", "x", "5.5"])
def test_a_score_is_one_of_five(client, inside, business, trial_id, boxes, value):
    assert score(client, trial_id, boxes, value, 3).status_code == 422
    assert stored(inside, business) == []


def test_two_windows_lose_nothing(browser_of, inside, business, trial_id, boxes):
    owner = browser_of(business.owner)
    address = f"/trials/{trial_id}/review"
    older = as_shown(owner.get(address))
    score(owner, trial_id, boxes, 5, 4, act="draft", remark="From the first window")
    answer = owner.post(address, **{**older, boxes[0][0]: "2", "remark": "From the second", "act": "hand_in"})
    assert answer.status_code == 409
    assert "You, in another window, changed this while you were typing." in words(answer)
    rows = {
        row.select_one("th").get_text(): [cell.get_text() for cell in row.select("td")]
        for row in soup(answer).select("table.versions tbody tr")
    }
    assert rows["Overall"] == ["From the first window", "From the second"]
    assert stored(inside, business) == [(business.owner.user_id, False, [5, 4])]
    owner.post(address, **{**as_shown(answer), "act": "hand_in"})
    assert stored(inside, business) == [(business.owner.user_id, True, [2, 4])]


def test_whoever_was_not_asked_joins_and_can_take_it_back(browser_of, inside, business, trial_id, boxes):
    member = browser_of(business.member)
    address = f"/trials/{trial_id}/review"
    page = member.get(address)
    assert "You were not asked to score this" in words(page)
    assert member.post(address, act="hand_in", version="0", **{boxes[0][0]: "5"}).status_code == 422
    for _twice in range(2):
        member.post(f"{address}/joining")
    with inside(business) as session:
        assert len(session.scalars(select(TrialReviewer)).all()) == 3
    member.post(f"{address}/leaving")
    assert "You were not asked to score this" in words(member.get(address))
    member.post(f"{address}/joining")
    assert score(member, trial_id, boxes, 3, 3).status_code == 303


def test_nobody_joins_once_they_are_open(browser_of, business, trial_id, boxes):
    for person in (business.owner, business.admin):
        score(browser_of(person), trial_id, boxes, 5, 4)
    member = browser_of(business.member)
    page = member.get(f"/trials/{trial_id}/review")
    assert "nobody can join any more" in words(page)
    assert not soup(page).select("main form")
    assert member.post(f"/trials/{trial_id}/review/joining").status_code in (409, 422)


def test_who_is_waited_for_is_not_taken_off_the_brief_and_it_says_so_at_the_box(
    browser_of, inside, business, trial_id, boxes
):
    with inside(business) as session:
        brief_id = trials.find(session, trial_id).brief_id
    owner, admin = browser_of(business.owner), browser_of(business.admin)
    path, form = f"/trial-briefs/{brief_id}", "#brief-form"
    assert "Scores are" not in words(owner.get(f"{path}/edit"), "#reviewer_ids")
    score(owner, trial_id, boxes, 5, 4)
    page = admin.get(f"{path}/edit")
    waits = "Scores are in that wait for theirs, so whoever has not scored yet stays a reviewer."
    assert waits in words(page, "#reviewer_ids .help")
    alone = {**as_shown(page, form), "reviewer_ids": str(business.owner.user_id)}
    refused = admin.post(path, **alone)
    assert refused.status_code == 422
    assert waits in words(refused, "#reviewer_ids .error")
    assert admin.post(f"/trials/{trial_id}/review/leaving").status_code in (409, 422)
    assert "Waiting for Ada Admin" in words(admin.get(f"/trials/{trial_id}/review"))

    score(admin, trial_id, boxes, 5, 4)
    page = owner.get(f"{path}/edit")
    closed = "Scores are open already, so nobody can be added any more."
    assert words(page, "#reviewer_ids .help").endswith(closed)
    asked = [str(each.user_id) for each in (business.owner, business.admin)]
    kept = {**as_shown(page, form), "reviewer_ids": asked}
    more = owner.post(path, **{**kept, "reviewer_ids": [*asked, str(business.member.user_id)]})
    assert more.status_code == 422
    assert words(more, "#reviewer_ids .error") == closed
    assert owner.post(path, **{**kept, "skill": "Tone"}).status_code == 303


def test_joining_while_scores_wait_offers_no_way_back(browser_of, business, trial_id, boxes):
    member, joining = browser_of(business.member), f"/trials/{trial_id}/review/joining"
    assert soup(member.follow(member.post(joining))).select(".toast form")
    member.post(f"/trials/{trial_id}/review/leaving")
    score(browser_of(business.owner), trial_id, boxes, 5, 4)
    assert not soup(member.follow(member.post(joining))).select(".toast form")


def test_nobody_joins_for_a_vendor_once_another_one_can_be_read(browser_of, inside, business, trial_id, boxes):
    with inside(business) as session:
        brief_id = trials.find(session, trial_id).brief_id
        vendor = vendors.add(session, by=business.owner, name="Copper Lane Copy")
        other = trials.start(vendor, by=business.owner, terms=TrialTerms("Three rewrites", DUE, brief_id=brief_id))
        trial_work.deliver(other, by=business.owner, on=DELIVERED)
        other_id = other.id
    member, address = browser_of(business.member), f"/trials/{other_id}/review"
    link = f"main a[href^='{address}']"
    assert soup(member.get(f"/trial-briefs/{brief_id}")).select(link)
    for person in (business.owner, business.admin):
        score(browser_of(person), trial_id, boxes, 5, 4)
    assert not soup(member.get(f"/trial-briefs/{brief_id}")).select(link)
    page = member.get(address)
    assert "nobody can join any more" in words(page)
    assert not soup(page).select("main form")


def test_before_anything_came_it_says_so(client, inside, business):
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Bluebell Words")
        trial = trials.start(vendor, by=business.owner, terms=TrialTerms("A logo", DUE))
        number = trial.id
    page = client.get(f"/trials/{number}/review")
    assert "Nothing has come yet, and the day has not passed." in words(page)
    assert not soup(page).select("main form")


def test_who_only_reads_never_scores(browser_of, inside, business, trial_id, boxes):
    viewer = browser_of(business.viewer)
    address = f"/trials/{trial_id}/review"
    assert viewer.get(address).status_code == 403
    for path in (address, f"{address}/joining", f"{address}/leaving"):
        assert viewer.post(path, act="hand_in", version="0", **{boxes[0][0]: "5"}).status_code == 403
    assert stored(inside, business) == []


def test_another_business_finds_nothing(browser_of, business, trial_id, boxes):
    stranger = browser_of(business.stranger)
    address = f"/trials/{trial_id}/review"
    assert stranger.get(address).status_code == 404
    for path in (address, f"{address}/joining", f"{address}/leaving"):
        assert stranger.post(path, act="hand_in", version="0").status_code == 404


def test_the_number_of_queries_stays(client, trial_id, boxes, count_queries):
    address = f"/trials/{trial_id}/review"
    client.get(address)
    with count_queries() as before:
        client.get(address)
    score(client, trial_id, boxes, 5, 4, act="draft")
    with count_queries() as after:
        client.get(address)
    assert len(before) <= len(after) <= len(before) + 1 <= 15, after
