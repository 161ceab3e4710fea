"""Needs as people write them down, define them, and find who could bring them."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from crm.domain import categories, needs, trial_briefs, trials, vendors
from crm.domain.needs import NeedTerms
from crm.domain.trials import TrialTerms
from crm.models.enums import Importance, NeedStatus, Stage
from crm.models.needs import Need
from tests.support.browsing import soup, words
from tests.support.forms import as_shown

TODAY = date(2026, 10, 5)


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def films(inside, business) -> int:
    with inside(business) as session:
        return categories.add(session, name="Films").id


@pytest.fixture
def need(client, films) -> str:
    """The address of a need that is defined."""
    form = as_shown(client.get("/needs/new"))
    typed = {
        "outcome": "Two product films a month",
        "category_id": str(films),
        "deliverables": "Two films of **thirty** seconds",
        "budget": "1,200",
        "budget_currency": "GBP",
        "acceptance": "Used in the shop without a change",
    }
    return client.post("/needs", **{**form, **typed}).headers["Location"]


def vendor(inside, business, films, name, stage=Stage.PROSPECT) -> int:
    with inside(business) as session:
        row = vendors.add(session, by=business.owner, name=name, category_ids=[films])
        row.stage = stage
        return row.id


def stored(inside, business, need) -> Need:
    with inside(business) as session:
        return session.get_one(Need, int(need.rsplit("/", 1)[1]))


def test_a_need_is_written_down_and_says_what_is_still_open(client, need):
    page = client.get(need)
    assert "6 of 8 things are said." in words(page)
    assert "Still open: how much of it, when it could begin." in words(page)
    assert "£1,200" in words(page)
    assert soup(page).select_one(".prose strong").get_text() == "thirty"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"outcome": ""}, "Say what is to be different afterwards."),
        ({"budget": "much"}, "Type an amount, such as 1500"),
        ({"starts_from": "2026-12-02", "starts_by": "2026-12-01"}, "Pick a day after the first one."),
        ({"starts_by": "soon"}, "Type the day as year-month-day"),
        ({"category_id": "987654"}, "Choose one of the list."),
    ],
)
def test_a_mistake_is_said_and_what_was_typed_stays(client, typed, sentence):
    form = as_shown(client.get("/needs/new"))
    answer = client.post("/needs", **{**form, "outcome": "Films", "volume": "Two a month", **typed})
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert soup(answer).select_one("input[name=volume]")["value"] == "Two a month"


def test_two_who_edit_at_once_see_both(client, need):
    form = as_shown(client.get(f"{need}/edit"))
    client.post(need, **{**form, "volume": "Two a month"})
    late = client.post(need, **{**form, "volume": "Three a month"})
    assert late.status_code == 409
    assert "Two a month" in late.text
    assert "Three a month" in late.text


def test_the_same_need_sent_again_is_written_down_once(client, browser_of, inside, business, films, clock_at):
    typed = {**as_shown(client.get("/needs/new")), "outcome": "Two product films a month", "category_id": str(films)}

    def there() -> int:
        with inside(business) as session:
            return len(session.scalars(select(Need.id)).all())

    first, again = client.post("/needs", **typed), client.post("/needs", **typed)
    assert again.location == first.location
    assert "You have just written this down." in words(client.follow(again), "body")
    assert there() == 1
    client.post("/needs", **{**typed, "volume": "Two"})
    assert there() == 2, "it says something else"
    colleague = browser_of(business.member)
    own = as_shown(colleague.get("/needs/new"))
    colleague.post("/needs", **{**own, "outcome": "Two product films a month", "category_id": str(films)})
    assert there() == 3, "somebody else's"
    clock_at("2026-10-05 09:16")
    client.post("/needs", **typed)
    assert there() == 4, "another time"


def test_it_moves_on_and_back(client, need, inside, business, films):
    kettle = vendor(inside, business, films, "Kettle & Crane", Stage.ACTIVE)
    form = {"version": stored(inside, business, need).version}
    nobody = client.post(f"{need}/moves", **form, status="filled")
    assert nobody.status_code == 422
    assert "Choose who fills it." in words(nobody)
    moved = client.post(f"{need}/moves", **form, status="filled", filled_by_id=str(kettle), why="The best by far")
    assert moved.status_code == 303
    row = stored(inside, business, need)
    assert (row.status, row.filled_by_id) == (NeedStatus.FILLED, kettle)
    undo = soup(client.follow(moved)).select_one("form[action*='/undoing']")["action"]
    client.post(undo)
    assert stored(inside, business, need).status is NeedStatus.IDEA


def test_going_on_too_early_earns_a_plain_word(client):
    form = as_shown(client.get("/needs/new"))
    need = client.post("/needs", **{**form, "outcome": "Films"}).headers["Location"]
    client.post(f"{need}/moves", status="sourcing")
    page = words(client.get(need))
    assert "This need is not defined yet." in page
    assert "Say what kind of work." in page


def test_what_comes_first_is_added_ticked_and_taken_off(client, need):
    client.post(f"{need}/prerequisites", what="A brand guide", other_id="")
    assert client.post(f"{need}/prerequisites", what="", other_id="").status_code == 422
    page = soup(client.get(need))
    client.post(page.select_one("form[action$='/ticking']")["action"])
    assert (
        soup(client.get(need)).select_one("#first ~ ul s, section[aria-labelledby=first] s").get_text()
        == "A brand guide"
    )
    client.post(soup(client.get(need)).select_one("form[action$='/unticking']")["action"])
    client.post(soup(client.get(need)).select_one("form[action*='need-prerequisites'][action$='/removal']")["action"])
    assert "A brand guide" not in words(client.get(need))


def test_what_usually_comes_first_is_offered_and_added_once(client, inside, business):
    form = as_shown(client.get("/needs/new"))
    options = soup(client.get("/needs/new")).select("select[name=category_id] option")
    social = next(option["value"] for option in options if option.get_text() == "Social media")
    need = client.post("/needs", **{**form, "outcome": "Posts", "category_id": social}).headers["Location"]
    assert "Usually comes first for this kind of work" in words(client.get(need))
    client.post(f"{need}/usual-prerequisites")
    client.post(f"{need}/usual-prerequisites")
    assert len(soup(client.get(need)).select("form[action$='/ticking']")) == 2
    assert "Usually comes first" not in words(client.get(need))


def test_a_circle_is_refused_in_words(client, need):
    form = as_shown(client.get("/needs/new"))
    other = client.post("/needs", **{**form, "outcome": "A page that sells"}).headers["Location"]
    client.post(f"{need}/prerequisites", what="", other_id=other.rsplit("/", 1)[1])
    answer = client.post(f"{other}/prerequisites", what="", other_id=need.rsplit("/", 1)[1])
    assert answer.status_code == 422
    assert "neither could ever begin" in words(answer)


def test_the_list_names_gaps_and_who_stands_alone(client, need, inside, business, films):
    assert "nobody yet" in words(client.get("/needs"))
    vendor(inside, business, films, "Harbour Films", Stage.PARKED)
    assert "nobody yet one parked" in words(client.get("/needs"))
    vendor(inside, business, films, "Kettle & Crane", Stage.ACTIVE)
    assert "Kettle & Crane alone" in words(client.get("/needs"))
    vendor(inside, business, films, "Otter Films", Stage.ACTIVE)
    assert "2 active" in words(client.get("/needs"))


def test_the_number_of_questions_does_not_grow_with_needs(client, engine, count_queries):
    def look() -> int:
        with count_queries(engine) as asked:
            client.get("/needs")
        return len(asked)

    form = as_shown(client.get("/needs/new"))
    client.post("/needs", **{**form, "outcome": "One"})
    client.get("/needs")
    few = look()
    for number in range(5):
        client.post("/needs", **{**form, "outcome": f"Another {number}"})
    client.get("/needs")
    assert look() == few


def test_weights_of_its_own(client, need):
    form = as_shown(client.get(f"{need}/weights"))
    [first, *_others] = [name for name in form if name.startswith("weight-")]
    assert client.post(f"{need}/weights", **{**form, first: "101"}).status_code == 422
    assert client.post(f"{need}/weights", **{**form, first: "70"}).status_code == 303
    assert as_shown(client.get(f"{need}/weights"))[first] == "70"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("99999999999999999999", "This amount is too large. Type a smaller one."),
        ("-5", "Type an amount, such as 1500"),
        ("some", "Type an amount, such as 1500"),
    ],
)
def test_a_budget_that_cannot_be_kept_is_refused_for_what_it_is(client, need, typed, sentence):
    late = client.post(need, **{**as_shown(client.get(f"{need}/edit")), "budget": typed})
    assert late.status_code == 422
    assert sentence in words(late, ".error")


@pytest.mark.parametrize(
    ("first", "last", "is_over"),
    [
        ("2026-08-01", "2026-10-04", True),
        ("", "2026-10-04", True),
        ("2026-08-01", "2026-10-05", False),
        ("2026-08-01", "", False),
    ],
)
def test_days_to_begin_that_are_over_are_named_and_bar_nothing(client, need, first, last, is_over):
    form = as_shown(client.get(f"{need}/edit"))
    assert client.post(need, **{**form, "starts_from": first, "starts_by": last}).status_code == 303
    assert ("The day by which it has to begin is over." in words(client.get(need))) is is_over


def test_two_who_weigh_at_once_see_both(client, need):
    form = as_shown(client.get(f"{need}/weights"))
    quality, turnaround, cost, *_others = [name for name in form if name.startswith("weight-")]
    client.post(f"{need}/weights", **{**form, quality: "70", cost: "15"})
    late = client.post(f"{need}/weights", **{**form, quality: "20", turnaround: "40"})
    assert late.status_code == 409
    assert "Quality 70 20 Cost 15 You left this as it was." in words(late, ".versions tbody")
    kept = as_shown(client.get(f"{need}/weights"))
    assert (kept[quality], kept[turnaround], kept[cost]) == ("70", "", "15")
    both = as_shown(late)
    assert (both[quality], both[turnaround], both[cost]) == ("20", "40", "15")
    assert client.post(f"{need}/weights", **both).status_code == 303
    kept = as_shown(client.get(f"{need}/weights"))
    assert (kept[quality], kept[turnaround], kept[cost]) == ("20", "40", "15")


def test_what_is_said_of_a_need_meanwhile_is_no_matter_to_its_weights(client, need):
    form = as_shown(client.get(f"{need}/weights"))
    [quality, *_others] = [name for name in form if name.startswith("weight-")]
    client.post(need, **{**as_shown(client.get(f"{need}/edit")), "volume": "Three a month"})
    assert client.post(f"{need}/weights", **{**form, quality: "70"}).status_code == 303


def test_a_mistake_can_be_deleted_and_a_history_cannot(client, need):
    client.post(f"{need}/moves", status="defined")
    assert client.post(f"{need}/removal").status_code == 422
    form = as_shown(client.get("/needs/new"))
    other = client.post("/needs", **{**form, "outcome": "Nonsense"}).headers["Location"]
    client.post(f"{other}/removal")
    assert client.get(other).status_code == 404


def test_who_only_reads_changes_nothing(browser_of, business, need):
    viewer = browser_of(business.viewer)
    assert not soup(viewer.get(need)).select("main form[method=post]")
    assert viewer.post(f"{need}/moves", status="defined").status_code == 403
    assert viewer.get("/needs/new").status_code == 403


def test_another_business_sees_none_of_it(browser_of, business, need):
    stranger = browser_of(business.stranger)
    assert stranger.get(need).status_code == 404
    assert "Two product films" not in stranger.get("/needs").text
    assert stranger.post(f"{need}/moves", status="defined").status_code == 404


def test_a_plain_word_before_somebody_is_chosen(client, inside, business):
    with inside(business) as session:
        films, print_, web, books = (categories.add(session, name=name) for name in ("Reels", "Zines", "Sites", "Sums"))
        terms = NeedTerms(outcome="Two films", category_id=films.id, importance=Importance.STRATEGIC)
        need = needs.add(session, by=business.owner, terms=terms)
        needs.require_first(need, by=business.owner, whats=["A brand guide"])
        many = [films.id, print_.id, web.id]
        every = vendors.add(session, by=business.owner, name="Everything Ltd", category_ids=many).id
        other = vendors.add(session, by=business.owner, name="Ledger House", category_ids=[books.id]).id
    generalist, niche = "They do a bit of everything", "Their niche is another"
    shown = client.get(f"/needs/{need.id}").text
    assert (generalist in shown, niche in shown) == (True, False)
    compared = client.get(f"/compare?vendor={every}&vendor={other}&need={need.id}").text
    for said in (generalist, niche, "This need is not defined yet", "Something has to come first"):
        assert said in compared
        assert said not in client.get(f"/compare?vendor={every}&vendor={other}").text


def test_what_has_to_come_first_is_named_as_soon_as_the_need_is_written_down(client, inside, business, need):
    with inside(business) as session:
        page = needs.add(session, by=business.owner, terms=NeedTerms("A website that converts"))
        needs.require_first(needs.find(session, int(need.rsplit("/", 1)[1])), by=business.owner, other_id=page.id)
    said = words(client.get(need))
    assert "Something has to come first. A website that converts. It is easier to buy once that is done." in said
    assert "This need is not defined yet." not in said


def test_anybody_we_work_with_can_fill_a_need_and_those_of_another_niche_are_marked(
    client, need, inside, business, films
):
    vendor(inside, business, films, "Harbour Films", Stage.PARKED)
    with inside(business) as session:
        other = vendors.add(session, by=business.owner, name="Ledger & Son")
        other.stage = Stage.ACTIVE
        form_value = str(other.id)
    offered = [option.get_text() for option in soup(client.get(need)).select("select[name=filled_by_id] option")]
    assert offered == ["Nobody yet", "Harbour Films", "Ledger & Son: not known for this work"]
    form = {"version": as_shown(client.get(f"{need}/edit"))["version"]}
    client.post(f"{need}/moves", **form, status="filled", filled_by_id=form_value)
    assert "Ledger & Son" in words(client.get(need), ".terms")
    assert "Ledger & Son" in words(client.get(need), "section[aria-labelledby=who]")


def test_who_is_on_trial_for_a_need_is_among_those_to_compare(client, need, inside, business):
    with inside(business) as session:
        ben = vendors.add(session, by=business.owner, name="Ben")
        ben.stage = Stage.TRIAL
        trial = trials.start(ben, by=business.owner, terms=TrialTerms("A film", date(2026, 10, 12)))
        trial_briefs.find(session, trial.brief_id).need_id = int(need.rsplit("/", 1)[1])
        ben_id = ben.id
    [box] = soup(client.get(need)).select("section[aria-labelledby=who] input[name=vendor]")
    assert box["value"] == str(ben_id)
