"""What comes true for a parked vendor: told once, to whoever looks after it, and taken back with its cause."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from crm.core.errors import Refused, Stale
from crm.domain import categories, merges, parkings, reminders, stages, touches, triggers, vendors
from crm.domain.parking_terms import Figure
from crm.models import vocabulary
from crm.models.enums import (
    Availability,
    ParkingReason,
    RatePeriod,
    ReminderEnd,
    ReminderKind,
    Stage,
    TimelineKind,
    TriggerKind,
)
from crm.models.log import TimelineEntry
from crm.models.reminders import Reminder
from crm.models.stages import ParkingTrigger
from crm.models.vendors import Vendor

TODAY = date(2026, 10, 5)


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def session(inside, business):
    with inside(business) as session:
        yield session


@pytest.fixture
def vendor(session, business):
    return vendors.add(
        session,
        by=business.member,
        name="Harbour Films",
        availability=Availability.FULL,
        currency="GBP",
        rate_amount=9000,
        rate_period=RatePeriod.HOUR,
    )


def park(vendor, business, reason=ParkingReason.AT_CAPACITY, **terms):
    parkings.park(vendor, by=business.member, reason=reason, **terms)
    return parkings.of_vendor(stages.session_of(vendor), vendor)


def change(vendor, business, **fields):
    return vendors.edit(vendor, by=business.admin, version=vendor.version, **fields)


def fired(session):
    session.flush()
    return session.scalars(select(ParkingTrigger).order_by(ParkingTrigger.id)).all()


def told(session):
    """Whom the product tells that the time looks right, and in which words."""
    session.flush()
    waiting = select(Reminder).where(Reminder.kind == ReminderKind.TRIGGER, Reminder.ended_at.is_(None))
    return [
        (row.user_id, vocabulary.why(row.why, TODAY)) for row in session.scalars(waiting.order_by(Reminder.user_id))
    ]


def said(session):
    session.flush()
    entries = select(TimelineEntry).where(TimelineEntry.kind == TimelineKind.PARKING).order_by(TimelineEntry.id)
    return [vocabulary.trigger(row.facts, TODAY) for row in session.scalars(entries) if row.facts.get("trigger")]


CAUSES = {
    TriggerKind.AVAILABILITY: {"availability": Availability.OPEN},
    TriggerKind.RATE: {"rate_amount": 7000},
}


class TestTheTable:
    @pytest.mark.parametrize("reason", ParkingReason)
    @pytest.mark.parametrize("kind", CAUSES)
    def test_a_change_of_the_vendor_concerns_the_reasons_of_the_table_alone(
        self, session, vendor, business, reason, kind
    ):
        park(vendor, business, reason)
        change(vendor, business, **CAUSES[kind])
        wanted = {TriggerKind.AVAILABILITY: ParkingReason.AT_CAPACITY, TriggerKind.RATE: ParkingReason.PRICE_TOO_HIGH}
        assert [each.kind for each in fired(session)] == ([kind] if wanted[kind] is reason else [])

    @pytest.mark.parametrize("reason", ParkingReason)
    def test_a_condition_in_words_is_ticked_for_every_reason(self, session, vendor, business, reason):
        parking = park(vendor, business, reason, condition="The balm has a launch date")
        parkings.tick(parking, by=business.admin)
        assert said(session) == ["It has come true: The balm has a launch date"]
        assert told(session) == [(business.member.user_id, "It has come true: The balm has a launch date")]

    @pytest.mark.parametrize("reason", ParkingReason)
    @pytest.mark.parametrize("kind", [each for each in TriggerKind if each not in (*CAUSES, TriggerKind.CONDITION)])
    def test_what_comes_later_is_one_call_away(self, session, vendor, business, reason, kind):
        parking = park(vendor, business, reason)
        made = triggers.fire(session, parking, kind, 77, {"what": "20 leads a month"}, business.admin)
        again = triggers.fire(session, parking, kind, 77, {"what": "20 leads a month"}, business.admin)
        wanted = parking in triggers.waiting_for(session, kind)
        assert (made is not None, again, len(fired(session)), len(told(session))) == (
            wanted,
            None,
            int(wanted),
            int(wanted),
        )

    def test_another_record_is_another_cause(self, session, vendor, business):
        parking = park(vendor, business, ParkingReason.NO_BUDGET)
        for need in (1, 2, 1):
            triggers.fire(session, parking, TriggerKind.BUDGET, need, {}, business.admin)
        assert [each.cause_id for each in fired(session)] == [1, 2]

    def test_a_need_concerns_whose_niche_it_is(self, session, vendor, business):
        video = categories.add(session, name="Video")
        films = categories.add(session, name="Product films", parent_id=video.id)
        other = categories.add(session, name="Post", parent_id=video.id)
        change(vendor, business, category_ids=[films.id])
        parking = park(vendor, business, ParkingReason.NOTHING_TO_OUTSOURCE)
        found = {
            niche.name: parking in triggers.waiting_for(session, TriggerKind.NEED, category_id=niche.id)
            for niche in (video, films, other)
        }
        assert found == {"Video": True, "Product films": True, "Post": False}


class TestTheirTime:
    def test_room_is_told_at_once_to_whoever_looks_after_them(self, session, vendor, business):
        park(vendor, business)
        change(vendor, business, availability=Availability.LIMITED)
        assert told(session) == [(business.member.user_id, "Harbour Films has a little room again.")]
        assert said(session) == ["The vendor has a little room again."]
        [row] = session.scalars(select(Reminder).where(Reminder.kind == ReminderKind.TRIGGER))
        assert (row.due_on, row.shown_on) == (TODAY, TODAY)
        assert vendor.due_kind is not ReminderKind.TRIGGER, "it is something to act on, not a date to be in touch"

    def test_their_name_follows(self, session, vendor, business):
        park(vendor, business)
        change(vendor, business, availability=Availability.OPEN)
        change(vendor, business, name="Harbour and Sons", despite_doubles=True)
        assert told(session) == [(business.member.user_id, "Harbour and Sons has room again.")]

    def test_the_day_until_which_they_are_full_passes(self, session, vendor, business, clock_at):
        change(vendor, business, availability_until=date(2026, 11, 1))
        park(vendor, business)
        for day, count in (("2026-10-31", 0), ("2026-11-01", 0), ("2026-11-02", 1), ("2026-11-03", 0)):
            clock_at(f"{day} 09:00")
            assert triggers.let_time_pass(session) == count
        assert told(session) == [
            (business.member.user_id, "Harbour Films was full until Sun 1 Nov, and that has passed.")
        ]
        assert [each.fired_by for each in fired(session)] == [None]

    def test_a_day_that_had_passed_before_is_no_news(self, session, vendor, business, clock_at):
        change(vendor, business, availability_as_of=date(2026, 9, 1), availability_until=date(2026, 9, 30))
        park(vendor, business)
        clock_at("2026-11-02 09:00")
        assert triggers.let_time_pass(session) == 0

    def test_leave_that_ends_is_the_revisit_and_no_trigger(self, session, vendor, business, clock_at):
        change(vendor, business, leave_from=date(2026, 10, 6), leave_to=date(2026, 10, 20))
        park(vendor, business, ParkingReason.ON_LEAVE, until=date(2026, 10, 21))
        clock_at("2026-10-25 09:00")
        triggers.let_time_pass(session)
        assert not fired(session)

    def test_still_full_until_later_takes_it_back(self, session, vendor, business, clock_at):
        change(vendor, business, availability_until=date(2026, 10, 10))
        park(vendor, business)
        clock_at("2026-10-12 09:00")
        triggers.let_time_pass(session)
        change(vendor, business, availability_until=date(2026, 12, 1))
        assert (fired(session), told(session), said(session)) == ([], [], [])


class TestTheirPrice:
    def test_it_says_from_what_to_what(self, session, vendor, business):
        park(vendor, business, ParkingReason.PRICE_TOO_HIGH)
        change(vendor, business, rate_amount=7000)
        assert told(session) == [(business.member.user_id, "Their rate came down from £90 to £70 an hour.")]

    def test_it_compares_with_the_day_of_parking_whatever_came_between(self, session, vendor, business):
        parking = park(vendor, business, ParkingReason.PRICE_TOO_HIGH)
        change(vendor, business, rate_amount=12000)
        edit(parking, business, details="Dearer still")
        change(vendor, business, rate_amount=9000)
        assert not fired(session)
        change(vendor, business, rate_amount=8999)
        assert len(fired(session)) == 1

    def test_while_it_waits_it_says_what_is_so_now(self, session, vendor, business):
        park(vendor, business, ParkingReason.PRICE_TOO_HIGH)
        change(vendor, business, rate_amount=8000)
        change(vendor, business, rate_amount=7000)
        assert said(session) == ["Their rate came down from £90 to £70 an hour."]
        assert len(told(session)) == 1

    def test_another_period_is_not_compared(self, session, vendor, business):
        park(vendor, business, ParkingReason.PRICE_TOO_HIGH)
        change(vendor, business, rate_amount=500, rate_period=RatePeriod.DAY)
        assert not fired(session)


class TestTheFigure:
    GOAL = Figure(2_640_000, 3_000_000, "GBP", "a month")

    def parking(self, vendor, business):
        return park(
            vendor, business, ParkingReason.NO_BUDGET, condition="Turnover above £30,000 a month", figure=self.GOAL
        )

    def test_reaching_the_goal_fires_it(self, session, vendor, business):
        parking = self.parking(vendor, business)
        parkings.count_up(parking, by=business.admin, now=2_999_999)
        assert not fired(session)
        parkings.count_up(parking, by=business.admin, now=3_000_000)
        assert said(session) == ["Turnover above £30,000 a month: now £30,000 of £30,000 a month."]
        assert [each.fired_by for each in fired(session)] == [business.admin.user_id]

    def test_falling_short_again_takes_it_back_and_so_does_undo(self, session, vendor, business):
        parking = self.parking(vendor, business)
        for take_back in (
            lambda: parkings.count_up(parking, by=business.admin, now=2_000_000),
            lambda: parkings.undo_count(parking, by=business.admin),
        ):
            parkings.count_up(parking, by=business.admin, now=3_100_000)
            assert told(session)
            take_back()
            assert (fired(session), told(session), said(session)) == ([], [], [])
        assert parking.condition_now == 2_000_000

    def test_once_answered_it_does_not_fire_again(self, session, vendor, business):
        parking = self.parking(vendor, business)
        parkings.count_up(parking, by=business.admin, now=3_100_000)
        parkings.keep_parked(parking, by=business.member)
        for now in (2_000_000, 3_200_000):
            parkings.count_up(parking, by=business.admin, now=now)
        assert [each.answered_on for each in fired(session)] == [TODAY]
        assert not told(session)

    def test_a_new_goal_has_its_own_turn(self, session, vendor, business):
        parking = self.parking(vendor, business)
        parkings.count_up(parking, by=business.admin, now=3_100_000)
        parkings.keep_parked(parking, by=business.member)
        edit(parking, business, figure=Figure(3_100_000, 4_000_000, "GBP", "a month"))
        parkings.count_up(parking, by=business.admin, now=4_000_000)
        assert [each.answered_on for each in fired(session)] == [None]

    def test_better_words_are_the_same_condition(self, session, vendor, business):
        parking = self.parking(vendor, business)
        parkings.count_up(parking, by=business.admin, now=3_100_000)
        parkings.keep_parked(parking, by=business.member)
        edit(parking, business, condition="We turn over £30,000", figure=Figure(3_100_000, 3_000_000, "GBP"))
        assert [each.answered_on for each in fired(session)] == [TODAY]

    def test_the_second_to_change_it_is_told(self, session, vendor, business):
        parking = self.parking(vendor, business)
        parkings.count_up(parking, by=business.admin, now=2_700_000, seen=2_640_000)
        with pytest.raises(Stale):
            parkings.count_up(parking, by=business.member, now=2_800_000, seen=2_640_000)
        parkings.count_up(parking, by=business.member, now=2_700_000, seen=2_640_000)  # the same: nobody loses anything

    @pytest.mark.parametrize(
        ("figure", "box"),
        [
            (lambda: Figure(-1, 10), "now"),
            (lambda: Figure(0, 0), "goal"),
            (lambda: Figure(1, 10**16), "goal"),
            (lambda: Figure(1, 10, "XXQ"), "figure_currency"),
            (lambda: Figure(1, 10, "", "x" * 41), "figure_unit"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, figure, box):
        with pytest.raises(Refused) as refused:
            figure()
        assert refused.value.field == box

    def test_a_figure_belongs_to_words_and_is_still_to_come(self, vendor, business):
        for terms, box in (({"figure": self.GOAL}, "condition"), ({"figure": Figure(5, 5), "condition": "x"}, "goal")):
            with pytest.raises(Refused) as refused:
                park(vendor, business, **terms)
            assert refused.value.field == box
        assert vendor.stage is Stage.PROSPECT


class TestTheTick:
    def test_ticking_twice_is_ticking_once_and_a_mistake_leaves_no_trace(self, session, vendor, business):
        parking = park(vendor, business, condition="A free week")
        for _ in range(2):
            parkings.tick(parking, by=business.admin)
        assert len(fired(session)) == 1
        for _ in range(2):
            parkings.untick(parking, by=business.admin)
        assert (fired(session), told(session), said(session)) == ([], [], [])
        parkings.tick(parking, by=business.admin)
        assert len(told(session)) == 1

    def test_without_a_condition_there_is_nothing_to_tick(self, vendor, business):
        with pytest.raises(Refused):
            parkings.tick(park(vendor, business), by=business.admin)

    def test_what_the_figure_says_is_not_unticked(self, session, vendor, business):
        parking = park(vendor, business, condition="Orders", figure=Figure(1, 10))
        parkings.count_up(parking, by=business.admin, now=10)
        with pytest.raises(Refused):
            parkings.untick(parking, by=business.admin)

    def test_a_figure_that_moves_leaves_the_tick_alone(self, session, vendor, business):
        parking = park(vendor, business, condition="Orders", figure=Figure(1, 10))
        parkings.tick(parking, by=business.admin)
        parkings.count_up(parking, by=business.admin, now=2)
        assert len(told(session)) == 1

    def test_another_condition_has_not_come_true(self, session, vendor, business):
        parking = park(vendor, business, condition="A free week")
        parkings.tick(parking, by=business.admin)
        edit(parking, business, condition="Two free weeks")
        assert not fired(session)


class TestTheAnswer:
    def ripe(self, session, vendor, business, **terms):
        parking = park(vendor, business, condition="A free week", **terms)
        parkings.tick(parking, by=business.admin)
        change(vendor, business, availability=Availability.OPEN)
        assert len(told(session)) == 2
        return parking

    def test_keeping_them_parked_answers_all_and_can_be_taken_back(self, session, vendor, business):
        parking = self.ripe(session, vendor, business)
        parkings.keep_parked(parking, by=business.member)
        assert not told(session)
        ended = session.scalars(select(Reminder.ended_how).where(Reminder.kind == ReminderKind.TRIGGER)).all()
        assert set(ended) == {ReminderEnd.DONE}
        touches.refresh(session, vendor)
        assert not told(session)
        parkings.undo_keep(parking, by=business.member)
        assert len(told(session)) == 2

    def test_keeping_them_parked_never_brings_the_revisit_nearer(self, session, vendor, business):
        parking = self.ripe(session, vendor, business, until=date(2027, 6, 1))
        parkings.keep_parked(parking, by=business.member)
        assert parking.revisit_on == date(2027, 6, 1)
        assert not told(session)
        parkings.keep_parked(parking, by=business.member)
        assert parkings.times_kept(parking) == 1
        parkings.undo_keep(parking, by=business.member)
        assert len(told(session)) == 2

    @pytest.mark.parametrize("to", [Stage.PROSPECT, Stage.ACTIVE, Stage.NOT_A_FIT])
    def test_unparking_answers_and_undoing_asks_again(self, session, vendor, business, to):
        parking = self.ripe(session, vendor, business)
        move = parkings.end(parking, by=business.member, to=to, why="Decided")
        assert not told(session)
        assert {each.answered_on for each in fired(session)} == {TODAY}
        stages.undo(move, by=business.member)
        assert len(told(session)) == 2

    def test_done_on_it_keeps_them_parked_and_can_be_taken_back(self, session, vendor, business):
        self.ripe(session, vendor, business)
        row = session.scalars(select(Reminder).where(Reminder.kind == ReminderKind.TRIGGER)).first()
        reminders.complete(session, row, by=business.member)
        assert not told(session)
        reminders.undo_complete(session, row, by=business.member)
        assert len(told(session)) == 2

    def test_not_yet_puts_it_off(self, session, vendor, business):
        self.ripe(session, vendor, business)
        row = session.scalars(select(Reminder).where(Reminder.kind == ReminderKind.TRIGGER)).first()
        reminders.snooze(session, row, by=business.member, choice=date(2026, 10, 19))
        later = session.scalars(
            select(Reminder).where(
                Reminder.kind == row.kind, Reminder.subject_id == row.subject_id, Reminder.ended_at.is_(None)
            )
        ).one()
        assert (later.kind, later.due_on) == (ReminderKind.TRIGGER, date(2026, 10, 19))

    def test_taking_the_parking_back_leaves_nothing_to_tell(self, session, vendor, business):
        move = parkings.park(vendor, by=business.member, reason=ParkingReason.AT_CAPACITY)
        change(vendor, business, availability=Availability.OPEN)
        stages.undo(move, by=business.member)
        assert (told(session), said(session)) == ([], [])


class TestWhatElseHappens:
    def test_a_reason_that_does_not_react_any_more_takes_it_back(self, session, vendor, business):
        parking = park(vendor, business)
        change(vendor, business, availability=Availability.OPEN)
        edit(parking, business, reason=ParkingReason.SEASON)
        assert not fired(session)
        edit(parking, business, reason=ParkingReason.AT_CAPACITY)
        assert len(fired(session)) == 1

    def test_a_new_parking_begins_anew(self, session, vendor, business):
        parking = park(vendor, business)
        change(vendor, business, availability=Availability.OPEN)
        parkings.end(parking, by=business.member, to=Stage.PROSPECT)
        park(vendor, business)
        assert not told(session)
        change(vendor, business, availability=Availability.FULL)
        change(vendor, business, availability=Availability.OPEN)
        assert not told(session), "they had room on the day of parking"

    def test_an_owner_who_follows_is_told(self, session, vendor, business):
        park(vendor, business)
        change(vendor, business, availability=Availability.OPEN)
        change(vendor, business, owner_id=business.admin.user_id)
        assert [user_id for user_id, _ in told(session)] == [business.admin.user_id]

    def test_deleting_the_vendor_leaves_nothing(self, session, vendor, business, settings):
        park(vendor, business)
        change(vendor, business, availability=Availability.OPEN)
        vendors.delete_vendor(vendor, by=business.owner, folder=settings.uploads)
        session.flush()
        session.expire_all()
        assert (fired(session), told(session)) == ([], [])

    @pytest.mark.parametrize("parked_one_is_kept", [True, False])
    def test_a_merge_neither_doubles_nor_loses_it_and_is_taken_back(
        self, session, vendor, business, parked_one_is_kept
    ):
        park(vendor, business)
        change(vendor, business, availability=Availability.LIMITED)
        other = vendors.add(session, by=business.member, name="Harbor Film", despite_doubles=True)
        winner, loser = (vendor, other) if parked_one_is_kept else (other, vendor)
        versions = (winner.version, loser.version)
        row = merges.merge(
            winner, loser, by=business.owner, versions=versions, theirs=set() if parked_one_is_kept else {"stage"}
        )
        winner = session.get_one(Vendor, winner.id)
        assert winner.stage is Stage.PARKED
        assert len(told(session)) == 1
        change(winner, business, availability=Availability.OPEN)
        assert [(each.vendor_id, each.cause_id) for each in fired(session)] == [(winner.id, winner.id)]
        assert len(told(session)) == 1
        change(winner, business, availability=Availability.LIMITED)
        merges.undo(row, by=business.owner)
        session.expire_all()
        [back] = fired(session)
        assert (back.vendor_id, back.cause_id) == (vendor.id, vendor.id)
        assert len(told(session)) == 1

    def test_merged_with_what_has_room_it_comes_true(self, session, vendor, business):
        park(vendor, business)
        other = vendors.add(
            session, by=business.member, name="Harbor Film", availability=Availability.OPEN, despite_doubles=True
        )
        versions = (vendor.version, other.version)
        row = merges.merge(vendor, other, by=business.owner, versions=versions, theirs={"availability"})
        assert len(told(session)) == 1
        merges.undo(row, by=business.owner)
        session.expire_all()
        assert (fired(session), told(session)) == ([], [])


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("availability"), st.sampled_from(list(Availability))),
        st.tuples(st.just("rate_amount"), st.sampled_from((7000, 9000, 11000))),
        st.tuples(st.just("reason"), st.sampled_from((ParkingReason.AT_CAPACITY, ParkingReason.PRICE_TOO_HIGH))),
        st.tuples(st.just("count"), st.sampled_from((1, 9, 10, 11))),
        st.tuples(st.sampled_from(("tick", "untick", "keep", "unkeep", "time", "refresh")), st.none()),
    ),
    max_size=12,
)


@given(steps=STEPS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_done_each_cause_fires_once_and_one_reminder_stands_for_each_unanswered(inside, business, steps):
    with inside(business) as session:
        vendor = vendors.add(
            session,
            by=business.member,
            name="Harbour Films",
            availability=Availability.FULL,
            rate_amount=9000,
            rate_period=RatePeriod.HOUR,
            despite_doubles=True,
        )
        parking = park(vendor, business, condition="Orders", figure=Figure(1, 10, "", "orders"))
        for name, value in steps:
            _do(session, vendor, parking, business, name, value)
        session.flush()
        mine = select(ParkingTrigger).where(ParkingTrigger.parking_id == parking.id)
        rows = session.scalars(mine).all()
        assert len({(row.kind, row.cause_id) for row in rows}) == len(rows)
        waiting = select(Reminder.subject_id).where(
            Reminder.vendor_id == vendor.id, Reminder.kind == ReminderKind.TRIGGER, Reminder.ended_at.is_(None)
        )
        assert sorted(session.scalars(waiting)) == sorted(row.id for row in rows if row.answered_on is None)
        entries = select(func.count(TimelineEntry.id)).where(
            TimelineEntry.subject_id == parking.id,
            TimelineEntry.kind == TimelineKind.PARKING,
            TimelineEntry.step.startswith("true"),
        )
        assert session.scalar(entries) == len(rows)


def _do(session, vendor, parking, business, name, value):
    acts = {
        "reason": lambda: edit(parking, business, reason=value),
        "count": lambda: parkings.count_up(parking, by=business.admin, now=value),
        "tick": lambda: parkings.tick(parking, by=business.admin),
        "untick": lambda: parkings.untick(parking, by=business.admin),
        "keep": lambda: parkings.keep_parked(parking, by=business.admin),
        "unkeep": lambda: parkings.undo_keep(parking, by=business.admin),
        "time": lambda: triggers.let_time_pass(session),
        "refresh": lambda: touches.refresh(session, vendor),
    }
    try:
        acts.get(name, lambda: change(vendor, business, **{name: value}))()
    except Refused:
        assert name in ("untick", "unkeep")


def edit(parking, business, **changes):
    values = {
        "reason": parking.reason,
        "until": parking.revisit_on,
        "condition": parking.condition,
        "figure": parkings.figure_of(parking),
        **changes,
    }
    return parkings.edit(parking, by=business.member, version=parking.version, **values)
