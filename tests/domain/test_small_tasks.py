"""Small tasks for parked vendors: who is named for which need, giving one, and its line in the goodwill ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from crm.core import limits
from crm.core.errors import Refused
from crm.domain import (
    categories,
    delegated_works,
    goodwill,
    merges,
    needs,
    parkings,
    small_tasks,
    standings,
    touch_reasons,
    vendors,
)
from crm.domain.delegated_works import Verdict, Wanted
from crm.domain.needs import NeedTerms
from crm.models.enums import (
    Availability,
    GoodwillKind,
    GoodwillSide,
    NeedStatus,
    ParkingReason,
    RatePeriod,
    Stage,
    StandingLevel,
)
from crm.models.goodwill import GoodwillEntry
from crm.queries import small_tasks as reading

TODAY, DUE = date(2026, 10, 5), date(2026, 10, 19)
VERDICT = Verdict()


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def session(inside, business):
    with inside(business) as session:
        yield session


@pytest.fixture
def films(session):
    return categories.add(session, name="Films").id


@pytest.fixture
def terms(films):
    return NeedTerms(
        outcome="A film of the new candle",
        category_id=films,
        deliverables="Thirty seconds",
        acceptance="Used in the shop",
        volume="One",
        budget_amount=40_000,
        budget_currency="GBP",
        is_small=True,
    )


@pytest.fixture
def need(session, business, terms):
    return needs.add(session, by=business.owner, terms=terms)


@pytest.fixture
def park(session, business, films):
    def park(name, category_id=films, **more):
        facts = {"minimum_amount": 25_000, "minimum_period": RatePeriod.PROJECT, "currency": "GBP"}
        vendor = vendors.add(session, by=business.owner, name=name, category_ids=[category_id], **facts | more)
        parkings.park(vendor, by=business.owner, reason=ParkingReason.NO_BUDGET)
        return vendor

    return park


@pytest.fixture
def northlight(park):
    return park("Northlight", availability=Availability.OPEN)


@pytest.fixture
def give(need, northlight, business):
    return lambda: small_tasks.give(need, northlight, by=business.member, due_on=DUE)


def named(session, need) -> list[str]:
    return [match.offer.vendor for match in small_tasks.for_need(session, need, TODAY)]


def ledger(session) -> list[GoodwillEntry]:
    return list(session.scalars(select(GoodwillEntry).order_by(GoodwillEntry.id)))


class TestNaming:
    def test_a_parked_vendor_of_the_niche_is_named_from_both_sides(self, session, need, northlight):
        [match] = small_tasks.for_need(session, need, TODAY)
        assert small_tasks.for_vendors(session, [northlight.id], TODAY) == {northlight.id: [match]}
        assert (match.offer.need_id, match.offer.vendor, match.offer.niche) == (need.id, "Northlight", "Films")
        assert match.suits.is_sure

    def test_a_niche_matches_as_it_does_everywhere(self, session, business, park, films, terms):
        shorts = categories.add(session, name="Shorts", parent_id=films).id
        music = categories.add(session, name="Music videos", parent_id=films).id
        other = categories.add(session, name="Books").id
        for name, category_id in (("All", films), ("Shorts", shorts), ("Music", music), ("Books", other)):
            park(name, category_id)
        narrow = needs.add(session, by=business.owner, terms=replace(terms, category_id=shorts))
        assert named(session, narrow) == ["All", "Shorts"]

    @pytest.mark.parametrize(
        "facts",
        [
            {"minimum_amount": 40_001},
            {"availability": Availability.FULL},
            {"leave_from": TODAY, "leave_to": TODAY},
            {"do_not_contact": True},
        ],
    )
    def test_whoever_cannot_or_may_not_be_asked_is_not_named(self, session, need, park, facts):
        park("Northlight", **facts)
        assert named(session, need) == []

    def test_only_parked_ones_are_named_and_nobody_who_is_suspended(self, session, business, need, northlight, films):
        standings.give(
            northlight,
            by=business.owner,
            level=StandingLevel.SUSPENDED,
            category_id=films,
            reason="Late twice",
            valid_until=date(2027, 1, 1),
        )
        active = vendors.add(session, by=business.owner, name="Active", category_ids=[films])
        active.stage = Stage.ACTIVE
        session.flush()
        assert named(session, need) == []

    @pytest.mark.parametrize("change", [{"is_small": False}, {"category_id": None}])
    def test_a_need_that_is_not_small_or_names_no_work_is_for_nobody(
        self, session, business, northlight, terms, change
    ):
        need = needs.add(session, by=business.owner, terms=replace(terms, **change))
        assert named(session, need) == []
        assert small_tasks.for_vendors(session, [northlight.id], TODAY) == {northlight.id: []}

    @pytest.mark.parametrize("status", [NeedStatus.ON_HOLD, NeedStatus.DROPPED])
    def test_a_need_that_waits_or_is_over_is_for_nobody(self, session, business, need, northlight, status):
        needs.move(need, by=business.owner, to=status, why="Not now")
        assert named(session, need) == []

    def test_it_is_one_statement_for_many_vendors(self, session, need, park, count_queries):
        ids = [park(f"Vendor {letter * 3}").id for letter in "abcdef"]
        session.flush()
        with count_queries() as statements:
            found = small_tasks.for_vendors(session, ids, TODAY)
        assert len(statements) == 1
        assert [len(each) for each in found.values()] == [1] * 6

    def test_it_is_a_reason_to_write_to_them(self, session, need, northlight):
        session.flush()
        assert touch_reasons.facts_about(northlight, TODAY).small_task == (need.id, "A film of the new candle")


class TestGiving:
    def test_they_have_the_needs_words_and_stay_parked(self, session, need, northlight, give):
        work = give()
        assert (work.title, work.due_on, work.asked_on) == ("A film of the new candle", DUE, TODAY)
        assert "Thirty seconds" in work.asked
        assert "Used in the shop" in work.asked
        assert northlight.stage is Stage.PARKED
        assert reading.need_of(session, work.id) == reading.Of(need.id, "A film of the new candle")

    def test_given_twice_it_is_one_piece_of_work(self, give):
        assert give() is give()

    def test_what_somebody_has_is_offered_to_nobody_else(self, session, business, need, park, give):
        other = park("Other")
        give()
        assert named(session, need) == []
        with pytest.raises(Refused, match="Northlight has it already"):
            small_tasks.give(need, other, by=business.member, due_on=DUE)

    @pytest.mark.parametrize("end", ["rejected", "called_off", "withdrawn"])
    def test_what_came_to_nothing_is_offered_again(self, session, business, need, give, end):
        work = give()
        if end == "rejected":
            verdict = Verdict(remark="Not this")
            delegated_works.reject(work, by=business.member, verdict=verdict, delivered_on=TODAY)
        elif end == "called_off":
            delegated_works.call_off(work, by=business.member)
        else:
            delegated_works.withdraw(work)
        assert named(session, need) == ["Northlight"]

    def test_what_was_brought_is_offered_no_more(self, session, business, need, give):
        delegated_works.accept(give(), by=business.member, verdict=VERDICT, delivered_on=TODAY)
        assert named(session, need) == []

    def test_a_need_in_use_is_not_deleted(self, business, need, give):
        give()
        with pytest.raises(Refused, match="It has a history"):
            needs.remove(need, by=business.owner)

    def test_words_too_long_for_a_piece_of_work_are_cut_and_stay_with_the_need(
        self, session, business, northlight, terms
    ):
        most = limits.TEXT_LENGTH
        long = replace(terms, outcome="o" * 400, deliverables="d" * most, acceptance="a" * most)
        need = needs.add(session, by=business.owner, terms=long)
        work = small_tasks.give(need, northlight, by=business.member, due_on=DUE)
        assert len(work.title) == 200
        assert work.asked.startswith("o" * 400)
        assert work.asked.endswith("…")

    @pytest.mark.parametrize("why", ["not small", "dropped", "unparked", "do not contact", "yesterday"])
    def test_what_does_not_go_is_refused(self, session, business, need, northlight, why):
        due_on = DUE
        if why == "not small":
            need.is_small = False
        elif why == "dropped":
            needs.move(need, by=business.owner, to=NeedStatus.DROPPED)
        elif why == "unparked":
            parkings.end(parkings.of_vendor(session, northlight), by=business.owner, to=Stage.PROSPECT)
        elif why == "do not contact":
            northlight.do_not_contact = True
        else:
            due_on = date(2026, 10, 4)
        with pytest.raises(Refused):
            small_tasks.give(need, northlight, by=business.member, due_on=due_on)

    def test_it_is_due_in_two_weeks_on_a_working_day(self, session, business, need, clock_at):
        assert small_tasks.usual_day(session, need, by=business.owner) == DUE
        clock_at("2026-10-03 09:00")
        assert small_tasks.usual_day(session, need, by=business.owner) == DUE  # two weeks on is a Saturday


class TestGoodwill:
    def accept(self, work, business):
        return delegated_works.accept(work, by=business.member, verdict=VERDICT, delivered_on=TODAY)

    def test_accepted_it_is_a_good_turn_given_once(self, session, business, northlight, give):
        work = give()
        assert ledger(session) == []
        self.accept(work, business)
        [entry] = ledger(session)
        assert (entry.vendor_id, entry.side, entry.kind) == (northlight.id, GoodwillSide.GIVEN, GoodwillKind.SMALL_TASK)
        assert (entry.happened_on, entry.note, entry.created_by) == (
            TODAY, "A film of the new candle", business.member.user_id,
        )  # fmt: skip

    def test_taken_back_it_is_struck_out_and_accepted_again_it_counts_again(self, session, business, give):
        work = give()
        for _twice in range(2):
            step = self.accept(work, business)
            [entry] = ledger(session)
            assert entry.struck_at is None
            delegated_works.take_back(work, by=business.member, step=step)
            assert entry.struck_at is not None

    def test_accepted_again_on_another_day_it_counts_on_that_day_alone(self, session, business, give, clock_at):
        work = give()
        delegated_works.take_back(work, by=business.member, step=self.accept(work, business))
        clock_at("2026-10-07 09:00")
        self.accept(work, business)
        assert [(row.happened_on.day, row.struck_at is None) for row in ledger(session)] == [(5, False), (7, True)]

    def test_a_line_put_back_by_hand_is_not_counted_twice(self, session, business, give):
        work = give()
        delegated_works.take_back(work, by=business.member, step=self.accept(work, business))
        goodwill.restore(ledger(session)[0])
        self.accept(work, business)
        assert len(ledger(session)) == 1

    def test_words_changed_since_change_nothing_about_it(self, session, business, need, give):
        work = give()
        delegated_works.change(work, by=business.member, version=work.version, wanted=Wanted("A film"))
        assert reading.need_of(session, work.id).id == need.id
        self.accept(work, business)
        step = delegated_works.change(work, by=business.member, version=work.version, wanted=Wanted("The film"))
        [entry] = ledger(session)
        goodwill.strike(entry)
        delegated_works.take_back(work, by=business.member, step=step)
        assert entry.struck_at is not None  # who struck it out meant it

    def test_rejected_it_is_none(self, session, business, give):
        verdict = Verdict(remark="Not this")
        delegated_works.reject(give(), by=business.member, verdict=verdict, delivered_on=TODAY)
        assert ledger(session) == []

    def test_other_work_is_none(self, session, business, northlight):
        wanted = Wanted("A poster")
        work = delegated_works.hand_out(northlight, by=business.member, wanted=wanted, due_on=DUE, asked_on=TODAY)
        self.accept(work, business)
        assert ledger(session) == []

    def test_merged_into_another_the_task_and_its_line_go_with_it(self, session, business, northlight, need, give):
        work = give()
        winner = vendors.add(session, by=business.owner, name="North Light Ltd", despite_doubles=True)
        versions = (winner.version, northlight.version)
        merges.merge(winner, northlight, by=business.owner, versions=versions, theirs=["stage"])
        session.refresh(work)
        step = self.accept(work, business)
        [entry] = ledger(session)
        assert entry.vendor_id == winner.id
        assert [row.vendor for row in reading.given(session, need.id)] == ["North Light Ltd"]
        delegated_works.take_back(work, by=business.member, step=step)
        assert entry.struck_at is not None
