"""Whom an opening's page names, what a vendor's page offers, and what is said before somebody is referred."""

from datetime import date

import pytest

from crm.domain import matches, openings, parkings, referrals, standings, vendors
from crm.models.enums import Availability, CadenceChoice, ParkingReason, RatePeriod, Stage, StandingLevel
from crm.models.vendors import Vendor
from tests.support.browsing import soup, words

TODAY = date(2026, 10, 5)


@pytest.fixture(autouse=True)
def monday(clock_at) -> None:
    clock_at("2026-10-05 09:00", "Europe/London")


@pytest.fixture
def niche(business, inside) -> int:
    with inside(business) as session:
        return vendors.categories.add(session, name="Moving pictures").id


@pytest.fixture
def add(business, inside, niche):
    """Add a vendor of the niche, and act on it."""

    def add_vendor(name, then=lambda _vendor: None, **fields) -> int:
        with inside(business) as session:
            fields = {"stage": Stage.ACTIVE, "category_ids": [niche], "despite_doubles": True, **fields}
            vendor = vendors.add(session, by=business.owner, name=name, **fields)
            then(vendor)
            return vendor.id

    return add_vendor


@pytest.fixture
def look(business, inside, niche):
    """Add an opening of the niche."""

    def add_opening(name="Harbour Dental", **fields) -> int:
        with inside(business) as session:
            fields = {"category_id": niche, "what_they_need": "a film", **fields}
            return openings.add(session, by=business.owner, business=name, **fields).id

    return add_opening


def refer(inside, business, vendor_id: int, opening_id: int) -> None:
    with inside(business) as session:
        referrals.refer(vendors.at(session, vendor_id), by=business.owner, opening_id=opening_id)


class TestTheOpeningsPage:
    def test_says_who_fits_with_why_and_one_click_refers_them(self, client, add, look) -> None:
        vendor = add(
            "Northlight", availability=Availability.OPEN, minimum_amount=80000, minimum_period=RatePeriod.PROJECT,
            currency="GBP",
        )  # fmt: skip
        opening = look(budget_amount=120000, currency="GBP")
        page = client.get(f"/openings/{opening}")
        assert "Who would fit 1" in words(page, "main")
        assert (
            "In their niche: Moving pictures. The budget of £1,200 reaches their minimum of £800 a project. Has room."
            in words(page, "main")
        )
        [link] = [one["href"] for one in soup(page).select("main a.btn") if "Refer" in one.get_text()]
        page = client.get(link)
        assert "In their niche: Moving pictures." in words(page, "form .help")
        assert f'value="{vendor}" selected' in page.text or f'selected value="{vendor}"' in page.text

    def test_says_who_was_left_out_and_why_folded(self, client, business, inside, add, look) -> None:
        opening, other = look(budget_amount=30000, currency="GBP"), look("Quay Inn")
        suspend = {"by": business.owner, "level": StandingLevel.SUSPENDED, "reason": "Overbilled"}
        add("Full", availability=Availability.FULL)
        add("Silent", do_not_contact=True)
        add("Suspended", lambda vendor: standings.give(vendor, **suspend))
        add("Dear", minimum_amount=80000, minimum_period=RatePeriod.PROJECT, currency="GBP")
        refer(inside, business, add("Lately"), other)
        refer(inside, business, add("There"), opening)
        add("Prospect", stage=Stage.PROSPECT)
        add("Elsewhere", category_ids=[])
        page = client.get(f"/openings/{opening}")
        assert "Nobody else in this niche fits right now." in words(page, "main")
        assert words(page, "main details summary") == "6 in this niche were left out"
        assert [" ".join(line.get_text(" ").split()) for line in soup(page).select("main details li")] == [
            "Dear The budget of £300 is below their minimum of £800 a project.",
            "Full Full at the moment.",
            "Lately Referred lately, on Mon 5 Oct: give others a turn until Wed 4 Nov.",
            "Silent They asked to be left alone.",
            "Suspended Suspended for this kind of work.",
            "There Referred to Harbour Dental already, on Mon 5 Oct.",
        ]

    def test_names_nobody_once_it_is_over(self, client, add, look, clock_at) -> None:
        add("Northlight")
        opening = look(until=TODAY)
        assert "Northlight" in words(client.get(f"/openings/{opening}"), "main")
        clock_at("2026-10-06 09:00", "Europe/London")
        page = words(client.get(f"/openings/{opening}"), "main")
        assert "They are not looking any more" in page
        assert "Northlight" not in page

    def test_a_viewer_reads_and_refers_nobody(self, browser_of, business, add, look) -> None:
        add("Northlight")
        page = browser_of(business.viewer).get(f"/openings/{look()}")
        assert "Northlight" in words(page, "main")
        assert not soup(page).select("main a[href*='referrals/new']")

    def test_is_no_strangers_business(self, browser_of, business, look) -> None:
        assert browser_of(business.stranger).get(f"/openings/{look()}").status_code == 404

    @pytest.mark.parametrize("count", [2, 60])
    def test_takes_as_many_statements_for_two_as_for_many(self, client, add, look, count_queries, count) -> None:
        for number in range(count):
            add(f"Studio {number}", availability=Availability.FULL if number % 2 else Availability.OPEN)
        opening = look()
        for path, most in ((f"/openings/{opening}", 10), ("/openings", 6)):
            client.get(path)
            with count_queries() as statements:
                page = client.get(path)
            assert len(statements) <= most, statements
            assert "Studio 0" in page.text


class TestTheVendorsPage:
    def panel(self, client, vendor: int) -> str:
        return words(client.get(f"/vendors/{vendor}"), "[aria-labelledby=p-openings]")

    @pytest.mark.parametrize("is_parked", [False, True])
    def test_names_the_openings_in_their_niche_with_why(self, client, business, add, look, is_parked) -> None:
        def park(vendor: Vendor) -> None:
            if is_parked:
                parkings.park(vendor, by=business.owner, reason=ParkingReason.NO_BUDGET)

        vendor, opening = add("Northlight", park, availability=Availability.LIMITED), look()
        look("Elsewhere", category_id=None)
        said = self.panel(client, vendor)
        assert said == (
            "Looking for someone like them Harbour Dental Refer to Harbour Dental a film "
            "In their niche: Moving pictures. A little room."
        )
        links = [
            one["href"] for one in soup(client.get(f"/vendors/{vendor}")).select("[aria-labelledby=p-openings] a.btn")
        ]
        assert links == [f"/referrals/new?vendor_id={vendor}&opening_id={opening}"]

    def test_says_why_the_others_are_not_for_them(self, client, business, inside, add, look) -> None:
        vendor = add("Northlight")
        refer(inside, business, vendor, look())
        look("Quay Inn")
        said = self.panel(client, vendor)
        assert "Not for 2 in their niche" in said
        assert "Quay Inn Referred lately, on Mon 5 Oct" in said
        assert "Harbour Dental Referred to Harbour Dental already" in said
        assert not soup(client.get(f"/vendors/{vendor}")).select("[aria-labelledby=p-openings] a.btn")

    def test_says_nothing_where_nobody_looks_or_who_is_not_offered(self, client, add, look) -> None:
        assert not soup(client.get(f"/vendors/{add('Northlight')}")).select("#p-openings")
        look()
        prospect = add("Bluebell", stage=Stage.PROSPECT)
        assert not soup(client.get(f"/vendors/{prospect}")).select("#p-openings")

    def test_shows_no_viewer_a_way_to_refer(self, browser_of, business, add, look) -> None:
        look()
        page = browser_of(business.viewer).get(f"/vendors/{add('Northlight')}")
        assert "Harbour Dental" in words(page, "[aria-labelledby=p-openings]")
        assert not soup(page).select("[aria-labelledby=p-openings] a.btn")


class TestBeforeSomebodyIsReferred:
    @pytest.fixture
    def full(self, add) -> int:
        return add("Northlight", availability=Availability.FULL)

    def test_what_speaks_against_it_is_said_and_then_it_is_done_all_the_same(self, client, full, look) -> None:
        opening = look()
        answer = client.post("/referrals", vendor_id=full, opening_id=opening, blurb="She is patient.")
        assert answer.status_code == 422
        assert "Full at the moment." in words(answer, ".error-summary")
        assert "She is patient." in answer.text
        assert "Refer them all the same" in words(answer, "main form .form-foot")
        despite = soup(answer).select_one("main form [name=despite]")["value"]
        made = client.post("/referrals", vendor_id=full, opening_id=opening, blurb="She is patient.", despite=despite)
        assert made.status_code == 303

    def test_it_is_said_when_both_are_chosen_before(self, client, full, look) -> None:
        page = client.get(f"/referrals/new?vendor_id={full}&opening_id={look()}")
        assert "We would not offer Northlight for this. Full at the moment." in words(page, "main .notice")
        assert "Refer them all the same" in words(page, "main form .form-foot")

    def test_what_was_said_of_one_opening_counts_for_no_other(self, client, full, look) -> None:
        opening, other = look(), look("Quay Inn")
        answer = client.post("/referrals", vendor_id=full, opening_id=other, despite=f"{full}-{opening}")
        assert answer.status_code == 422

    def test_who_is_suspended_is_never_referred(self, client, business, add, look) -> None:
        suspend = {"by": business.owner, "level": StandingLevel.SUSPENDED, "reason": "Overbilled"}
        vendor = add("Northlight", lambda one: standings.give(one, **suspend))
        opening = look()
        page = client.get(f"/referrals/new?vendor_id={vendor}&opening_id={opening}")
        assert "Northlight can’t be referred there. Suspended for this kind of work." in words(page, "main .notice")
        for despite in ("", f"{vendor}-{opening}"):
            answer = client.post("/referrals", vendor_id=vendor, opening_id=opening, despite=despite)
            assert answer.status_code == 422
            assert "Suspended for this kind of work." in words(answer, ".error-summary")
        assert "Northlight" not in words(client.get("/referrals"), "main .refs")

    def test_who_is_not_known_yet_is_referred_with_a_word_about_it(self, client, add, look) -> None:
        vendor, opening = add("Bluebell", stage=Stage.PROSPECT), look()
        page = client.get(f"/referrals/new?vendor_id={vendor}&opening_id={opening}")
        assert "You haven’t worked with them yet." in words(page, "main .notice")
        assert client.post("/referrals", vendor_id=vendor, opening_id=opening).status_code == 303


@pytest.mark.parametrize(("fields", "is_named"), [({}, True), ({"availability": Availability.FULL}, False)])
def test_a_letter_offers_an_opening_as_its_reason_where_the_rules_allow_it(client, add, look, fields, is_named) -> None:
    look()
    page = client.get(f"/vendors/{add('Northlight', **fields)}/letters/new")
    assert page.status_code == 200
    assert ("Harbour Dental" in page.text) is is_named


class TestToday:
    @pytest.mark.parametrize(
        ("fields", "is_named"),
        [({}, True), ({"availability": Availability.FULL}, False),
         ({"availability": Availability.FULL, "availability_until": TODAY}, True),
         ({"minimum_amount": 80000, "currency": "GBP"}, False)],
    )  # fmt: skip
    def test_names_an_opening_only_where_the_rules_allow_it(self, client, add, look, clock_at, fields, is_named):
        look(budget_amount=30000, currency="GBP")
        add("Northlight", cadence_choice=CadenceChoice.OWN, cadence_every=1, cadence_unit="weeks", **fields)
        clock_at("2026-10-12 09:00", "Europe/London")
        row = words(client.get("/today"), ".row")
        assert "Northlight" in row
        assert ("Refer Harbour Dental" in row) is is_named

    def test_names_nobody_who_was_referred_within_thirty_days(self, browser_of, business, inside, add, look, clock_at):
        look()
        vendor = add("Northlight", cadence_choice=CadenceChoice.OWN, cadence_every=1, cadence_unit="weeks")
        refer(inside, business, vendor, look("Quay Inn", category_id=None))
        for day, is_named in (("2026-11-03", False), ("2026-11-04", True)):
            clock_at(f"{day} 09:00", "Europe/London")
            assert ("Refer Harbour Dental" in words(browser_of(business.owner).get("/today"), ".row")) is is_named
        with inside(business) as session:
            assert matches.openings_for(session, [vendor], date(2026, 11, 3)) == {vendor: []}
