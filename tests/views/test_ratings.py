"""Rating a vendor, and vendors side by side."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from crm.domain import criteria, delegated_works, needs, ratings, trials, vendors
from crm.domain.delegated_works import Verdict, Wanted
from crm.domain.needs import NeedTerms
from crm.domain.ratings import Occasion
from crm.domain.trials import TrialTerms
from crm.models.enums import NeedStatus
from crm.models.ratings import Rating
from crm.models.vendors import AcceptedFlaw, Vendor
from tests.support.browsing import soup, words
from tests.support.forms import as_shown

TODAY = date(2026, 10, 5)
ORDER = ("Quality", "Communication", "Turnaround", "Cost", "Breadth")
GIVEN = {"Ana": (5, 4, 2, 3, 3), "Ben": (3, 4, 5, 4, 4), "Cara": (3, 3, 4, 4, 3)}


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def three(inside, business) -> dict[str, int]:
    """The vendors of the worked example, by name."""
    with inside(business) as session:
        by_name = {row.name: row for row in criteria.ranked(session)}
        criteria.archive(by_name["Reliability"])
        ranked = [by_name[name] for name in ORDER]
        criteria.rank(session, [row.id for row in ranked])
        found = {}
        for name, values in GIVEN.items():
            vendor = vendors.add(session, by=business.owner, name=name)
            given = {row.id: value for row, value in zip(ranked, values, strict=True)}
            ratings.rate(vendor, by=business.owner, given=given, occasion=Occasion(TODAY, "The first month"))
            found[name] = vendor.id
        return found


def compare(client, *ids, **more):
    return client.get(
        "/compare?" + "&".join([*(f"vendor={each}" for each in ids), *(f"{k}={v}" for k, v in more.items())])
    )


def test_three_side_by_side(client, three):
    page = compare(client, *three.values())
    said = words(page)
    assert "Ana over Ben: +2.0 Quality, −3.0 Turnaround, −1.0 Cost" in said
    assert "Ana stays first unless Communication comes before Quality: then it is Ben." in said
    assert "Ben is at least as good as Cara in everything, and better in something." in said
    assert [each.get_text() for each in soup(page).select(".compare .overall b.num")] == ["4.0", "3.7", "3.2"]


@pytest.fixture
def rated(inside, business, three):
    """rated("Dora", Quality=5) rates somebody new."""

    def rate(name, **given):
        with inside(business) as session:
            by_name = {row.name: row.id for row in criteria.ranked(session)}
            vendor = vendors.add(session, by=business.owner, name=name)
            values = {by_name[criterion]: value for criterion, value in given.items()}
            ratings.rate(vendor, by=business.owner, given=values, occasion=Occasion(TODAY))
            return vendor.id

    return rate


def test_whom_one_rating_praises_does_not_lead(client, three, rated):
    dora = rated("Dora", Quality=5)
    said = words(compare(client, three["Ana"], three["Ben"], dora))
    assert "Ana stays first unless Communication comes before Quality: then it is Ben." in said
    assert "Not counted, as there is not enough to go on yet: Dora." in said
    assert "Dora stays first" not in said
    said = words(compare(client, three["Ana"], dora))
    assert "Ana alone is rated enough to be placed." in said
    assert "stays first" not in said
    assert "stays first" not in words(compare(client, dora, rated("Eva", Quality=4)))


def test_what_is_not_rated_yet_is_said_with_the_lead_and_the_trade_off(client, three, rated):
    fay = rated("Fay", Quality=5, Communication=5, Turnaround=5)
    said = words(compare(client, three["Ana"], fay))
    lead = "Fay stays first whichever neighbours of your ranking change places."
    assert f"{lead} That is as far as they are rated: 87% of what you value." in said
    few = "As far as they are rated: 2 values are not rated for one of them or both."
    assert f"Fay over Ana: +3.0 Turnaround, +1.0 Communication. {few}" in said
    said = words(compare(client, three["Ana"], three["Ben"], rated("Gil", Quality=4, Communication=4, Cost=3)))
    assert "then it is Gil. Gil is rated on 80% of what you value." in said
    assert "as far as they are rated" not in words(compare(client, *three.values()))


class TestHoursShared:
    @pytest.fixture
    def hours(self, inside, business):
        """hours("Ana", "9–17", "Europe/Paris") writes down when somebody works."""

        def write(vendor_id, words, zone):
            with inside(business) as session:
                vendor = session.get_one(Vendor, vendor_id)
                vendor.working_hours, vendor.time_zone = words, zone

        return write

    def row(self, page):
        return soup(page).select(".compare tbody tr")[-1]

    def test_stand_in_the_table_with_how_they_were_read(self, client, three, hours):
        hours(three["Ana"], "Mon to Thu, 9 to 3", "America/New_York")
        said = " ".join(self.row(compare(client, three["Ana"], three["Ben"])).get_text().split())
        assert "3 hours on Mon to Thu, none on Fri; 4 hours on Mon to Thu, none on Fri from Sun 25 Oct to" in said
        assert "(they work Mon to Thu 09:00–15:00, their time)" in said

    def test_say_what_is_missing_and_where_to_fill_it_in(self, client, browser_of, business, three, hours):
        hours(three["Ana"], "mornings", "Europe/Paris")
        row = self.row(compare(client, three["Ana"], three["Ben"]))
        said = " ".join(row.get_text().split())
        assert "Their working hours cannot be read: “mornings”. Put them right" in said
        assert "Their working hours are not known. Their time zone is not known. Fill it in" in said
        assert [link["href"] for link in row.select("a")] == [
            f"/vendors/{three['Ana']}/edit#working_hours",
            f"/vendors/{three['Ben']}/edit#working_hours",
        ]
        viewer = compare(browser_of(business.viewer), three["Ana"], three["Ben"])
        assert not self.row(viewer).select("a")
        assert "Their time zone is not known." in self.row(viewer).get_text()


def test_what_scored_low_is_accepted_with_one_click(client, three, browser_of, business, inside):
    form = soup(compare(client, *three.values())).select_one('form:has(input[name="flaw"])')
    said = form.select_one('input[name="flaw"]')["value"]
    assert said == "Turnaround: 2.0 of 5"
    for _press in range(2):
        answer = client.post(form["action"], flaw=said)
        assert answer.location.startswith("/compare?vendor=")
    with inside(business) as session:
        assert [(row.vendor_id, row.flaw) for row in session.scalars(select(AcceptedFlaw))] == [(three["Ana"], said)]
    assert "Ana over Ben" in words(client.get(answer.location))
    assert not soup(compare(browser_of(business.viewer), *three.values())).select('input[name="flaw"]')


def test_there_is_one_way_to_accept_a_flaw_of_each(client, three):
    """One click where something scored low, else the page where it can be written down."""
    page = soup(compare(client, three["Ana"], three["Ben"]))
    lines = [" ".join(each.get_text(" ").split()) for each in page.select("ul[aria-labelledby=live-with] li")]
    assert lines == ["Ana: Turnaround 2.0 of 5 Accept it", "Ben: nothing rated below 3 Accept a flaw of Ben"]
    assert [each["href"] for each in page.select("main a[href$='/flaws']")] == [f"/vendors/{three['Ben']}/flaws"]


def test_who_was_never_rated_is_not_called_flawless(client, three, inside, business):
    with inside(business) as session:
        new = vendors.add(session, by=business.owner, name="Dora").id
    page = soup(compare(client, three["Ben"], new))
    lines = [" ".join(each.get_text(" ").split()) for each in page.select("ul[aria-labelledby=live-with] li")]
    assert lines[1] == "Dora: not rated yet Accept a flaw of Dora"
    assert "over Dora" not in page.select_one("main").get_text()


def test_a_missed_must_is_said_in_words(client, three, inside, business):
    with inside(business) as session:
        row = next(row for row in criteria.ranked(session) if row.name == "Turnaround")
        criteria.edit(row, version=row.version, name=row.name, is_must=True, threshold=4)
    assert "Ana misses a must: Turnaround 2.0, it takes 4." in words(compare(client, three["Ana"], three["Ben"]))


def test_one_alone_asks_for_another(client, three):
    page = compare(client, three["Ana"])
    assert not soup(page).select(".compare")
    assert soup(page).select_one(f"input[name=vendor][value='{three['Ana']}']").has_attr("checked")


@pytest.mark.parametrize("address", ["/compare?vendor=1&vendor=987654", "/compare?need=987654"])
def test_what_is_not_there_is_not_compared(client, three, address):
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("address", ["/compare", "/compare?vendor=x&vendor=%F0&need=y", "/compare?vendor=" + "9" * 40])
def test_an_address_that_says_nothing_shows_whom_to_choose(client, address):
    assert client.get(address).status_code == 200


def test_a_vendor_is_rated_and_a_rating_taken_away(client, inside, business):
    with inside(business) as session:
        vendor_id = vendors.add(session, by=business.owner, name="Ana").id
    address = f"/vendors/{vendor_id}/ratings"
    form = as_shown(client.get(address))
    quality, turnaround, cost = [name for name in form if name.startswith("value-")][:3]
    client.post(address, **{**form, "what": "Spring films", quality: "5", turnaround: "4", cost: "3"})
    page = client.get(address)
    assert "4.3 of 5 by what you value." in words(page)
    assert "It covers 81% of that: the rest is not rated yet." in words(page)
    assert len(soup(page).select("form[action*='/removal']")) == 3
    client.post(soup(page).select_one("form[action*='/removal']")["action"])
    assert "Not enough to go on yet" in words(client.get(address))
    assert "Rated, Spring films: Quality 5 of 5, Turnaround 4 of 5" in words(client.get(f"/vendors/{vendor_id}"))


def test_the_same_ratings_sent_again_count_once(client, browser_of, inside, business, clock_at):
    with inside(business) as session:
        vendor_id = vendors.add(session, by=business.owner, name="Dara").id
    address = f"/vendors/{vendor_id}/ratings"
    boxes = [box["name"] for box in soup(client.get(address)).select('select[name^="value-"]')]
    said = {"what": "The menu", "rated_on": "2026-10-05", boxes[0]: "5", boxes[1]: "2"}

    def rated() -> int:
        with inside(business) as session:
            return len(session.scalars(select(Rating.id)).all())

    assert "2 ratings noted." in words(client.follow(client.post(address, **said)), "body")
    again = client.follow(client.post(address, **said))
    assert "You have just written this down." in words(again, "body")
    assert rated() == 2
    client.post(address, **{**said, "what": "The poster"})
    assert rated() == 4, "another occasion"
    client.post(address, **{**said, boxes[1]: "3"})
    assert rated() == 6, "another judgement"
    browser_of(business.member).post(address, **said)
    assert rated() == 8, "somebody else's"
    clock_at("2026-10-05 09:16")
    client.post(address, **said)
    assert rated() == 10, "another time"


def test_a_mistake_keeps_what_was_typed(client, three):
    address = f"/vendors/{three['Ana']}/ratings"
    answer = client.post(address, **{**as_shown(client.get(address)), "what": "Spring films", "rated_on": "2026-10-06"})
    assert answer.status_code == 422
    assert soup(answer).select_one("input[name=what]")["value"] == "Spring films"
    nothing = client.post(address, **as_shown(client.get(address)))
    assert nothing.status_code == 422
    assert "Rate at least one thing." in words(nothing)


def test_who_only_reads_rates_nobody(browser_of, business, three):
    viewer = browser_of(business.viewer)
    address = f"/vendors/{three['Ana']}/ratings"
    page = viewer.get(address)
    assert not soup(page).select("main form[method=post]")
    assert viewer.post(address, what="x").status_code == 403


def test_another_business_sees_none_of_it(browser_of, business, three):
    stranger = browser_of(business.stranger)
    assert stranger.get(f"/vendors/{three['Ana']}/ratings").status_code == 404
    assert compare(stranger, *three.values()).status_code == 404


# By a piece of work, or a trial task


@pytest.fixture
def work(inside, business, three) -> int:
    """Spring films, accepted on Friday."""
    with inside(business) as session:
        ana = vendors.at(session, three["Ana"])
        wanted = Wanted(title="Spring films")
        found = delegated_works.hand_out(
            ana, by=business.owner, wanted=wanted, due_on=date(2026, 10, 2), asked_on=date(2026, 9, 20)
        )
        delegated_works.accept(found, by=business.owner, verdict=Verdict(), delivered_on=date(2026, 10, 2))
        return found.id


def test_an_accepted_piece_of_work_is_the_occasion_in_one_click(client, work, three):
    [link] = [a["href"] for a in soup(client.get(f"/works/{work}")).select("a") if "work=" in a["href"]]
    page = client.get(link)
    form = as_shown(page)
    assert (form["what"], form["rated_on"]) == ("Spring films", "2026-10-05")
    [quality, *_rest] = [name for name in form if name.startswith("value-")]
    action = soup(page).select_one("main form.form")["action"]
    assert action == f"/vendors/{three['Ana']}/ratings?work={work}"
    assert client.post(action, **{**form, quality: "4"}).status_code == 303
    assert "work=" not in "".join(a["href"] for a in soup(client.get(f"/works/{work}")).select("a"))
    assert "4 Quality: Spring films" in words(client.get(f"/vendors/{three['Ana']}/ratings"))


def test_work_that_is_not_accepted_and_a_reader_are_offered_no_rating(client, work, browser_of, business, inside):
    assert "ratings?work=" not in browser_of(business.viewer).get(f"/works/{work}").text
    with inside(business) as session:
        found = delegated_works.find(session, work)
        delegated_works.take_back(found, by=business.owner, step=delegated_works.latest_step(found))
    assert "ratings?work=" not in client.get(f"/works/{work}").text


def test_a_trial_task_is_the_occasion_too(client, inside, business, three):
    with inside(business) as session:
        ana = vendors.at(session, three["Ana"])
        trial_id = trials.start(ana, by=business.owner, terms=TrialTerms("A film", date(2026, 10, 12))).id
    form = as_shown(client.get(f"/vendors/{three['Ana']}/ratings?trial={trial_id}"))
    assert (form["what"], form["rated_on"]) == ("A film", "2026-10-05")


@pytest.mark.parametrize("about", ["work=987654", "trial=987654"])
def test_an_occasion_of_nowhere_is_not_found(client, three, about):
    assert client.get(f"/vendors/{three['Ana']}/ratings?{about}").status_code == 404


def test_anothers_work_is_no_occasion(client, work, three):
    assert client.get(f"/vendors/{three['Ben']}/ratings?work={work}").status_code == 404
    answer = client.post(f"/vendors/{three['Ben']}/ratings?work={work}", rated_on="2026-10-05")
    assert answer.status_code == 404


# From the list of vendors


def test_those_ticked_in_the_list_are_compared(client, three):
    form = soup(client.get("/vendors?show=all")).select_one("form#many")
    [button] = [each for each in form.select("button") if each.get_text(strip=True) == "Compare"]
    assert form["method"] == "get"
    ticked = "&".join(f"vendor={three[name]}" for name in ("Ana", "Ben"))
    page = client.get(f"{button['formaction']}?address=show%3Dall&{ticked}")
    assert "Ana over Ben" in words(page)


def test_of_more_than_four_the_first_four_are_compared_and_it_says_so(client, three, inside, business):
    with inside(business) as session:
        more = [vendors.add(session, by=business.owner, name=f"Dora {each}", despite_doubles=True).id for each in "AB"]
    page = compare(client, *three.values(), *more)
    assert "These are the first four." in words(page)
    assert len(soup(page).select(".compare thead th")) == 5
    assert "These are the first four." not in words(compare(client, *three.values(), three["Ana"], more[0]))
    assert "One alone cannot be compared." in words(compare(client, three["Ana"]))


def test_those_of_a_filled_need_are_compared_by_its_weights_too(client, three, inside, business):
    with inside(business) as session:
        need = needs.add(session, by=business.owner, terms=NeedTerms("Two films a month"))
        ranked = criteria.ranked(session)
        criteria.weigh_for(need, {ranked[2].id: 10_000} | {row.id: 0 for row in ranked if row is not ranked[2]})
        needs.move(need, by=business.owner, to=NeedStatus.FILLED, filled_by_id=three["Ben"])
        need_id = need.id
    page = compare(client, three["Ana"], three["Ben"], need=need_id)
    assert [each.get_text() for each in soup(page).select(".compare .overall b.num")] == ["2.0", "5.0"]
    assert soup(page).select_one("select[name=need] option[selected]").get_text() == "Two films a month"
