"""Suggestions and warnings on the delegation board: who sees them, what they rest on, taking and putting off."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from crm.domain import decision_areas, delegation_hints, stages, trust_entries, vendors
from crm.domain.decision_areas import Agreement
from crm.domain.trust_entries import Observation
from crm.models.decision_areas import DecisionArea, HintDismissal, LevelChange
from crm.models.delegated_works import DelegatedWork
from crm.models.enums import Dimension, Direction, Hint, Level, Stage, Visibility, Weight, WorkOutcome
from crm.models.vendors import Vendor, VendorCategory
from crm.queries import categories
from tests.support.browsing import soup, words
from tests.support.forms import as_shown

TODAY = date(2026, 10, 5)
LONG_AGO = date(2026, 8, 3)


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def silas(inside, business) -> int:
    with inside(business) as session:
        return vendors.add(session, by=business.owner, name="Silas Brandt", stage=Stage.ACTIVE).id


@pytest.fixture
def hand_over(inside, business, silas):
    def hand_over(level: int, *, name: str = "Titles", procedure: str = "As agreed", **more: object) -> int:
        with inside(business) as session:
            agreed = Agreement(name=name, procedure=procedure, **more)  # type: ignore[arg-type]
            vendor = session.get_one(Vendor, silas)
            return decision_areas.hand_over(
                vendor, by=business.owner, level=Level(level), agreed=agreed, on=LONG_AGO
            ).id

    return hand_over


@pytest.fixture
def deliver(inside, business, silas):
    """Works that were decided one a day, the last one today: ``a`` accepted, ``r`` rejected."""

    def deliver(area_id: int | None, signs: str, **more: object) -> list[int]:
        with inside(business) as session:
            made = []
            for place, sign in enumerate(signs):
                day = TODAY - timedelta(days=len(signs) - 1 - place)
                outcome = WorkOutcome.ACCEPTED if sign == "a" else WorkOutcome.REJECTED
                values = {"original_due_on": day, "gave_promised": True, **more}
                work = DelegatedWork(
                    vendor_id=silas,
                    area_id=area_id,
                    title=f"Work {place + 1}",
                    asked_on=LONG_AGO,
                    due_on=day,
                    delivered_on=day,
                    decided_on=day,
                    waits=False,
                    outcome=outcome,
                    created_by=business.owner.user_id,
                    **values,
                )
                session.add(work)
                session.flush()
                made.append(work.id)
            return made

    return deliver


@pytest.fixture
def observe(inside, business, silas):
    def observe(dimension: Dimension, sign: str, weight: Weight, *, by=None, **more: object) -> int:
        direction = Direction.POSITIVE if sign == "+" else Direction.NEGATIVE
        with inside(business) as session:
            seen = Observation(TODAY, dimension, direction, weight, f"{dimension} {sign}", **more)  # type: ignore[arg-type]
            vendor = session.get_one(Vendor, silas)
            return trust_entries.observe(vendor, by=by or business.owner, seen=seen).id

    return observe


@pytest.fixture
def ready(hand_over, deliver, observe) -> int:
    """An area at level 5 after five good deliveries of somebody able."""
    area_id = hand_over(5)
    deliver(area_id, "aaaaa")
    observe(Dimension.ABILITY, "+", Weight.MAJOR)
    return area_id


def board(browser, silas: int):
    return browser.get(f"/vendors/{silas}/delegation")


def shown(answer) -> list[str]:
    return [str(each["data-hint"]) for each in soup(answer).select("[data-hint]")]


def put_off(browser, silas: int, kind: str, area_id: int | str = ""):
    return browser.post(f"/vendors/{silas}/hint-dismissals", kind=kind, area_id=str(area_id))


def test_five_good_deliveries_suggest_a_level_and_show_what_they_rest_on(client, silas, ready):
    page = board(client, silas)
    assert shown(page) == ["level_up"]
    assert "The last five were accepted without a change" in words(page, "[data-hint]")
    assert [each.text for each in soup(page).select(".rests-on a")] == [f"Work {number}" for number in range(1, 6)]
    assert soup(page).select_one(f"#area-{ready} .could input")["value"] == "6"


def test_taking_it_goes_through_the_page_with_the_reason(client, silas, ready, inside, business):
    link = soup(board(client, silas)).select_one("[data-hint] a.btn")
    assert link.text.startswith("Move to 6")
    page = client.get(link["href"])
    sent = as_shown(page)
    assert (sent["level"], sent["why"]) == ("6", "The last five were accepted without a change.")
    client.post(f"/decision-areas/{ready}/level", **sent)
    with inside(business) as session:
        change = session.query(LevelChange).order_by(LevelChange.id.desc()).first()
        assert (change.to_level, change.why) == (Level.INQUIRE, "The last five were accepted without a change.")
    assert shown(board(client, silas)) == []


@pytest.mark.parametrize("to", ["5", "7", "x", ""])
def test_the_page_suggests_nothing_else(client, ready, to):
    sent = as_shown(client.get(f"/decision-areas/{ready}/level?to={to}"))
    assert (sent["level"], sent["why"]) == ("5", "")


def test_a_breach_shows_its_banner_before_a_level_is_raised(client, silas, ready, observe):
    observe(Dimension.INTEGRITY, "-", Weight.MAJOR)
    page = board(client, silas)
    assert shown(page) == ["cap_after_breach"]
    assert "nothing has mended it yet" in words(page, ".notice.red")
    assert "nothing has mended it yet" in words(client.get(f"/decision-areas/{ready}/level"), ".notice.red")
    refused = client.post(f"/decision-areas/{ready}/level", level="9")
    assert refused.status_code == 422
    assert "nothing has mended it yet" in words(refused, ".notice.red")


def test_a_repair_ends_what_the_breach_suggested(client, silas, ready, observe):
    breach = observe(Dimension.INTEGRITY, "-", Weight.MAJOR)
    observe(Dimension.INTEGRITY, "+", Weight.NOTABLE, repairs_id=breach)
    assert shown(board(client, silas)) == ["level_up"]


class TestPuttingOff:
    def test_not_yet_hides_it_for_everybody_and_says_who(self, browser_of, business, silas, ready):
        answer = put_off(browser_of(business.member), silas, "level_up", ready)
        assert answer.headers["Location"].endswith(f"/vendors/{silas}/delegation#area-{ready}")
        page = board(browser_of(business.viewer), silas)
        assert shown(page) == []
        assert "Milo put a hint off until" in words(page, "[data-put-off]")
        assert soup(page).select("main form") == []

    def test_it_is_kept_once_with_its_day(self, client, inside, business, silas, ready):
        for _time in range(2):
            put_off(client, silas, "level_up", ready)
        with inside(business) as session:
            kept = session.query(HintDismissal).one()
            assert (kept.kind, kept.area_id, kept.dismissed_by) == (Hint.LEVEL_UP, ready, business.owner.user_id)
            assert (kept.dismissed_on, kept.until) == (TODAY, date(2026, 11, 4))

    def test_after_thirty_days_it_is_back(self, client, browser_of, business, clock_at, silas, ready):
        put_off(client, silas, "level_up", ready)
        clock_at("2026-11-03 23:00")
        later = browser_of(business.owner)
        assert "Titles" in words(board(later, silas), ".duty")
        assert shown(board(later, silas)) == []
        clock_at("2026-11-04 01:00")
        assert shown(board(later, silas)) == ["level_up"]

    def test_it_can_be_taken_back(self, client, silas, ready):
        toast = client.follow(put_off(client, silas, "level_up", ready))
        undo = soup(toast).select_one(".toast form")["action"]
        client.post(undo)
        assert shown(board(client, silas)) == ["level_up"]
        assert client.post(undo).status_code == 404

    def test_a_new_breach_shows_it_again_on_the_same_day(self, client, silas, ready, observe):
        observe(Dimension.INTEGRITY, "-", Weight.MAJOR)
        put_off(client, silas, "cap_after_breach", ready)
        assert shown(board(client, silas)) == []
        observe(Dimension.INTEGRITY, "-", Weight.MAJOR)
        assert shown(board(client, silas)) == ["cap_after_breach"]

    @pytest.mark.parametrize(
        ("kind", "status"), [("step_down", 422), ("open_access", 422), ("mirror", 422), ("nonsense", 404), ("", 404)]
    )
    def test_what_does_not_hold_cannot_be_put_off(self, client, inside, business, silas, ready, kind, status):
        assert put_off(client, silas, kind, ready).status_code == status
        with inside(business) as session:
            assert session.query(HintDismissal).count() == 0

    @pytest.mark.parametrize("area_id", ["x", "-1", "1.5", "9" * 30, "٣"])
    def test_an_area_is_a_number(self, client, silas, ready, area_id):
        assert put_off(client, silas, "level_up", area_id).status_code == 404

    def test_a_viewer_cannot(self, browser_of, business, silas, ready, client):
        viewer = browser_of(business.viewer)
        assert put_off(viewer, silas, "level_up", ready).status_code == 403
        put_off(client, silas, "level_up", ready)
        assert viewer.post("/hint-dismissals/1/taking-back").status_code == 403
        assert shown(board(viewer, silas)) == []

    def test_a_stranger_meets_nothing(self, browser_of, business, silas, ready, client):
        stranger = browser_of(business.stranger)
        assert board(stranger, silas).status_code == 404
        assert put_off(stranger, silas, "level_up", ready).status_code == 404
        put_off(client, silas, "level_up", ready)
        assert stranger.post("/hint-dismissals/1/taking-back").status_code == 404
        assert shown(board(client, silas)) == []


class TestWhatIsPrivate:
    @pytest.fixture
    def hidden(self, ready, observe, business) -> int:
        """A breach that its author alone may read: the admin."""
        return observe(Dimension.INTEGRITY, "-", Weight.MAJOR, by=business.admin, visibility=Visibility.AUTHOR)

    def test_only_its_reader_is_told_what_it_suggests(self, browser_of, business, silas, hidden):
        assert shown(board(browser_of(business.admin), silas)) == ["cap_after_breach"]
        for other in (business.owner, business.member, business.viewer):
            page = board(browser_of(other), silas)
            assert shown(page) == ["level_up"]
            assert "integrity" not in words(page).lower()

    def test_nobody_else_can_put_it_off_or_see_that_it_was(self, browser_of, business, client, silas, ready, hidden):
        assert put_off(client, silas, "cap_after_breach", ready).status_code == 422
        put_off(browser_of(business.admin), silas, "cap_after_breach", ready)
        assert soup(board(client, silas)).select("[data-put-off]") == []
        assert shown(board(browser_of(business.admin), silas)) == []

    def test_putting_off_a_breach_leaves_another_that_one_could_not_see(
        self, browser_of, business, silas, ready, hidden, observe
    ):
        observe(Dimension.INTEGRITY, "-", Weight.MAJOR)
        put_off(browser_of(business.member), silas, "cap_after_breach", ready)
        assert shown(board(browser_of(business.member), silas)) == []
        assert shown(board(browser_of(business.admin), silas)) == ["cap_after_breach"]

    def test_ability_counts_as_the_reader_knows_it(self, browser_of, business, silas, hand_over, deliver, observe):
        area_id = hand_over(5)
        deliver(area_id, "aaaaa")
        observe(Dimension.ABILITY, "+", Weight.MAJOR, by=business.admin, visibility=Visibility.ADMINS)
        assert shown(board(browser_of(business.admin), silas)) == ["level_up"]
        assert shown(board(browser_of(business.owner), silas)) == ["level_up"]
        assert shown(board(browser_of(business.member), silas)) == []


class TestTheOthers:
    def test_two_rejections(self, client, silas, hand_over, deliver):
        area_id = hand_over(6, name="Posts")
        deliver(area_id, "rr")
        page = board(client, silas)
        assert shown(page) == ["step_down"]
        assert soup(page).select_one("[data-hint] a.btn").text.startswith("Move to 4")

    def test_warnings_name_what_to_do(self, client, silas, hand_over):
        hand_over(6, procedure="", spends_money=True)
        page = board(client, silas)
        assert shown(page) == ["no_procedure", "no_limit"]
        assert [each.text for each in soup(page).select("[data-hint] a.btn")] == [
            "Write it down: Titles",
            "Set a limit: Titles",
        ]

    def test_work_with_a_cost_is_money_too(self, client, silas, hand_over, deliver):
        area_id = hand_over(6)
        deliver(area_id, "a", cost_amount=5_000, cost_currency="GBP")
        assert shown(board(client, silas)) == ["no_limit"]

    def test_access_that_still_stands(self, client, inside, business, silas):
        with inside(business) as session:
            vendor = session.get_one(Vendor, silas)
            decision_areas.give_access(vendor, by=business.owner, what="The blog", granted_on=LONG_AGO)
            stages.move(vendor, by=business.owner, to=Stage.ENDED, why="Done")
        page = board(client, silas)
        assert shown(page) == ["open_access"]
        assert "Silas Brandt still has access to one thing" in words(page, "#access [data-hint]")

    def test_time_to_look_elsewhere_names_the_parked_of_the_niche_first(self, client, inside, business, silas, deliver):
        with inside(business) as session:
            tree = categories.tree(session)
            seo, video = [node.id for node in tree if node.parent_id is None][:2]
            audits, links = [node.id for node in tree if node.parent_id == seo][:2]
            for name, stage, offers in [
                ("Anna Active", Stage.ACTIVE, audits),
                ("Pia Parked", Stage.PARKED, seo),
                ("Otto Other", Stage.PARKED, video),
                ("Nina Niche", Stage.PARKED, links),
                ("Emil Ended", Stage.ENDED, audits),
            ]:
                vendor = vendors.add(session, by=business.owner, name=name, stage=Stage.PROSPECT)
                vendor.stage = stage
                session.add(VendorCategory(vendor_id=vendor.id, category_id=offers))
            session.add(VendorCategory(vendor_id=silas, category_id=audits))
        deliver(None, "rrr")
        page = board(client, silas)
        assert shown(page) == ["look_elsewhere"]
        assert [each.text for each in soup(page).select(".hint-words > p a")] == ["Pia Parked", "Anna Active"]


@pytest.mark.parametrize("count", [1, 12])
def test_the_board_asks_as_many_questions_with_many_areas(
    client, silas, hand_over, deliver, observe, count_queries, count
):
    observe(Dimension.ABILITY, "+", Weight.MAJOR)
    for number in range(count):
        deliver(hand_over(5, name=f"Area {number}"), "aaaaa")
    client.get("/")
    with count_queries() as statements:
        page = board(client, silas)
    assert len(shown(page)) == count
    assert len(statements) <= 8, statements


def test_many_vendors_take_one_question(inside, business, silas, ready, count_queries):
    with inside(business) as session:
        ids = [silas, *(vendors.add(session, by=business.owner, name=f"Vendor {number}").id for number in range(20))]
    with inside(business) as session, count_queries() as statements:
        found = delegation_hints.hints_of_many(session, ids, reader=business.owner, today=TODAY)
        assert {vendor_id for vendor_id, hints in found.items() if hints} == {silas}
        assert len(statements) == 1, statements


def test_a_closed_area_says_nothing(client, inside, business, silas, ready):
    with inside(business) as session:
        decision_areas.close(session.get_one(DecisionArea, ready), by=business.owner)
    assert shown(board(client, silas)) == []


class TestTheVendorsPage:
    def test_it_has_one_line(self, client, silas, ready):
        assert "One thing looks ready to hand over." in words(client.get(f"/vendors/{silas}"), "main")
        put_off(client, silas, "level_up", ready)
        assert "ready to hand over" not in words(client.get(f"/vendors/{silas}"), "main")

    def test_what_is_careful_comes_first(self, client, silas, ready, hand_over, deliver):
        deliver(hand_over(4, name="Reports"), "rr")
        page = client.get(f"/vendors/{silas}")
        assert "One thing may have gone too far." in words(page, "main")

    def test_where_nothing_is_to_say_it_says_nothing(self, client, silas, hand_over):
        hand_over(4)
        assert soup(client.get(f"/vendors/{silas}")).select(".mid + div .link") == []


def test_the_board_of_all_marks_what_is_suggested(client, browser_of, business, silas, ready, hand_over, deliver):
    deliver(hand_over(6, name="Posts"), "rr")
    page = client.get("/delegation")
    marked = [each.text for each in soup(page).select("tbody .sub .link")]
    assert sorted(marked) == ["Looks ready for 6", "Step back to 4 for now"]
    put_off(client, silas, "level_up", ready)
    assert [each.text for each in soup(client.get("/delegation")).select("tbody .sub .link")] == [
        "Step back to 4 for now"
    ]
