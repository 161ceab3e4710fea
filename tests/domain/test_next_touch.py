"""When to be in touch next: examples from the product's rules, then what holds for every history."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.dates import FAR_END, HORIZON_DAYS, CadenceUnit, OpenDays
from crm.domain.cadences import Cadence
from crm.domain.next_touch import (
    Candidate,
    Conversation,
    FixedDate,
    History,
    Outlook,
    Skip,
    Snooze,
    SnoozeChoice,
    TouchKey,
    compute,
    snooze_until,
)
from crm.models.enums import ReminderKind

EVERY_DAY = OpenDays(weekdays=frozenset(range(7)))
NEVER_OPEN = OpenDays(weekdays=frozenset())
WEEKDAYS = OpenDays()

TEN_DAYS = Cadence(10, CadenceUnit.DAYS)
THIRTY_DAYS = Cadence(30, CadenceUnit.DAYS)
WEEKLY = Cadence(1, CadenceUnit.WEEKS)
SIX_WEEKS = Cadence(6, CadenceUnit.WEEKS)
MONTHLY = Cadence(1, CadenceUnit.MONTHS)

VENDOR = 7
CHECK_IN = TouchKey(ReminderKind.TOUCH, VENDOR)
PROMISE = TouchKey(ReminderKind.PROMISE_OURS, 31)
REVISIT = TouchKey(ReminderKind.REVISIT, 41)
TRIAL = TouchKey(ReminderKind.TRIAL, 51)


def spoke(*days: date) -> tuple[Conversation, ...]:
    return tuple(Conversation(day, two_way=True) for day in days)


def tried(*days: date) -> tuple[Conversation, ...]:
    return tuple(Conversation(day, two_way=False) for day in days)


def vendor(
    cadence: Cadence | None,
    *conversations: Conversation,
    began_on: date = date(2026, 1, 1),
    skips: tuple[Skip, ...] = (),
    snoozes: tuple[Snooze, ...] = (),
    fixed_dates: tuple[FixedDate, ...] = (),
    open_days: OpenDays = EVERY_DAY,
) -> History:
    return History(
        VENDOR, began_on, cadence, conversations, skips, snoozes, fixed_dates=fixed_dates, open_days=open_days
    )


def find(outlook: Outlook, key: TouchKey) -> Candidate:
    found = outlook.candidate(key)
    assert found is not None
    return found


def check_in(history: History) -> Candidate:
    return find(compute(history), CHECK_IN)


# Rules 1 and 2: anchor and base.


@pytest.mark.parametrize(
    ("cadence", "last_spoke_on", "expected"),
    [
        (MONTHLY, date(2026, 1, 31), date(2026, 2, 28)),
        (MONTHLY, date(2028, 1, 31), date(2028, 2, 29)),
        (MONTHLY, date(2026, 6, 3), date(2026, 7, 3)),
        (SIX_WEEKS, date(2026, 10, 5), date(2026, 11, 16)),
        (THIRTY_DAYS, date(2026, 2, 1), date(2026, 3, 3)),
        (Cadence(12, CadenceUnit.MONTHS), date(2028, 2, 29), date(2029, 2, 28)),
    ],
)
def test_the_check_in_is_one_interval_after_the_last_conversation(
    cadence: Cadence, last_spoke_on: date, expected: date
) -> None:
    assert check_in(vendor(cadence, *spoke(last_spoke_on))).due_on == expected


def test_a_call_on_the_monday_of_parking_for_six_weeks_is_followed_on_a_monday() -> None:
    monday = date(2026, 10, 5)
    parked_and_called = vendor(SIX_WEEKS, *spoke(monday), began_on=monday, open_days=WEEKDAYS)
    assert check_in(parked_and_called).due_on == date(2026, 11, 16)


def test_a_cadence_that_began_after_the_last_conversation_counts_from_its_beginning() -> None:
    history = vendor(TEN_DAYS, *spoke(date(2026, 3, 1)), began_on=date(2026, 3, 15))
    assert check_in(history).due_on == date(2026, 3, 25)
    assert compute(history).anchor_on == date(2026, 3, 15)


def test_without_any_conversation_it_counts_from_the_day_the_cadence_began() -> None:
    history = vendor(TEN_DAYS, began_on=date(2026, 3, 15))
    touch = compute(history).next_touch
    assert touch is not None
    assert touch.candidate.due_on == date(2026, 3, 25)
    assert touch.last_conversation_on is None


def test_a_conversation_entered_late_does_not_bring_back_an_earlier_anchor() -> None:
    assert check_in(vendor(TEN_DAYS, *spoke(date(2026, 3, 20), date(2026, 3, 1)))).due_on == date(2026, 3, 30)


def test_without_a_cadence_there_is_no_check_in_and_no_retry() -> None:
    outlook = compute(vendor(None, *spoke(date(2026, 3, 1)), *tried(date(2026, 3, 9))))
    assert outlook.candidates == ()
    assert outlook.next_touch is None


# Rule 2: skip.


def test_a_skipped_month_goes_back_to_the_anchors_day_of_the_month() -> None:
    skip = Skip(made_on=date(2026, 2, 28), skipped_on=date(2026, 2, 28))
    history = vendor(MONTHLY, *spoke(date(2026, 1, 31)), skips=(skip,))
    assert check_in(history).due_on == date(2026, 3, 31)


@pytest.mark.parametrize(
    ("skips", "expected"),
    [
        # Skipped ahead of time: past the skipped date, though the next one is not today's yet.
        ([(date(2026, 3, 5), date(2026, 3, 11))], date(2026, 3, 21)),
        # Skipped when long overdue: past today as well.
        ([(date(2026, 4, 2), date(2026, 3, 11))], date(2026, 4, 10)),
        # Twice in a row, and the same one twice (a double click).
        ([(date(2026, 3, 5), date(2026, 3, 11)), (date(2026, 3, 5), date(2026, 3, 21))], date(2026, 3, 31)),
        ([(date(2026, 3, 5), date(2026, 3, 11)), (date(2026, 3, 6), date(2026, 3, 11))], date(2026, 3, 21)),
        # Made on the day that falls due next: after today means after it.
        ([(date(2026, 3, 21), date(2026, 3, 11))], date(2026, 3, 31)),
        # Made on the anchor's day, or before it: the anchor wins.
        ([(date(2026, 3, 1), date(2026, 3, 11))], date(2026, 3, 11)),
        ([(date(2026, 2, 20), date(2026, 3, 11))], date(2026, 3, 11)),
    ],
)
def test_a_skip_raises_the_check_in_past_today_and_past_the_skipped_date(
    skips: list[tuple[date, date]], expected: date
) -> None:
    history = vendor(TEN_DAYS, *spoke(date(2026, 3, 1)), skips=tuple(Skip(*skip) for skip in skips))
    assert check_in(history).due_on == expected
    assert check_in(replace(history, skips=history.skips[::-1])).due_on == expected


def test_what_is_skipped_is_the_check_in_as_shown_on_an_open_day() -> None:
    # Daily from Friday: Saturday is shown on Monday 9 March; that skipped, Tuesday is next, not Sunday.
    daily = vendor(Cadence(1, CadenceUnit.DAYS), *spoke(date(2026, 3, 6)), open_days=WEEKDAYS)
    monday = check_in(daily).unsnoozed_on
    assert monday == date(2026, 3, 9)
    skipped = replace(daily, skips=(Skip(made_on=date(2026, 3, 7), skipped_on=monday),))
    assert check_in(skipped).due_on == date(2026, 3, 10)


def test_a_skip_leaves_promises_where_they_are() -> None:
    history = vendor(
        TEN_DAYS,
        skips=(Skip(date(2026, 1, 5), date(2026, 1, 11)),),
        fixed_dates=(FixedDate(PROMISE, date(2026, 1, 11)),),
    )
    assert find(compute(history), PROMISE).due_on == date(2026, 1, 11)


def test_a_skip_of_a_retried_check_in_goes_past_the_retry() -> None:
    history = vendor(TEN_DAYS, *spoke(date(2026, 3, 1)), *tried(date(2026, 3, 18)))
    retry_on = check_in(history).unsnoozed_on
    assert retry_on == date(2026, 3, 25)
    assert check_in(replace(history, skips=(Skip(date(2026, 3, 18), retry_on),))).due_on == date(2026, 3, 31)


def test_an_attempt_entered_late_does_not_undo_a_skip() -> None:
    skipped = vendor(TEN_DAYS, *spoke(date(2026, 3, 1)), skips=(Skip(date(2026, 3, 11), date(2026, 3, 11)),))
    with_attempt = replace(skipped, conversations=skipped.conversations + tried(date(2026, 3, 10)))
    assert check_in(skipped).due_on == date(2026, 3, 21)
    assert check_in(with_attempt).due_on == date(2026, 3, 21)


def test_a_skip_that_lies_at_the_end_of_the_calendar_ends_there() -> None:
    history = vendor(Cadence(1, CadenceUnit.DAYS), skips=(Skip(date(2026, 2, 1), FAR_END),))
    assert check_in(history).due_on == FAR_END


# Rule 2: unanswered attempts.


@pytest.mark.parametrize(
    ("attempts", "expected", "other_channel"),
    [
        ([], date(2026, 3, 31), False),
        # Early attempts: the check-in stays the later of the two.
        ([date(2026, 3, 10)], date(2026, 3, 31), False),
        ([date(2026, 3, 24)], date(2026, 3, 31), False),
        ([date(2026, 3, 25)], date(2026, 4, 1), False),
        ([date(2026, 3, 31)], date(2026, 4, 7), False),
        ([date(2026, 3, 31), date(2026, 4, 7)], date(2026, 4, 14), False),
        # The third in a row waits a whole interval and suggests another channel; so does the fourth.
        ([date(2026, 3, 31), date(2026, 4, 7), date(2026, 4, 14)], date(2026, 5, 14), True),
        (
            [date(2026, 3, 31), date(2026, 4, 7), date(2026, 4, 14), date(2026, 5, 14)],
            date(2026, 6, 13),
            True,
        ),
        # Two on one day are two.
        ([date(2026, 3, 31), date(2026, 3, 31), date(2026, 3, 31)], date(2026, 4, 30), True),
        # On the anchor's day and before it they do not count.
        ([date(2026, 2, 20), date(2026, 3, 1), date(2026, 3, 31)], date(2026, 4, 7), False),
    ],
)
def test_an_unanswered_attempt_is_repeated_after_a_week_and_from_the_third_after_an_interval(
    attempts: list[date], expected: date, other_channel: bool
) -> None:
    for order in (attempts, attempts[::-1]):
        touch = compute(vendor(THIRTY_DAYS, *spoke(date(2026, 3, 1)), *tried(*order))).next_touch
        assert touch is not None
        assert touch.candidate.due_on == expected
        assert touch.other_channel is other_channel


def test_a_conversation_ends_the_row_of_attempts() -> None:
    attempts = tried(date(2026, 3, 20), date(2026, 3, 21), date(2026, 3, 22), date(2026, 4, 2))
    touch = compute(vendor(THIRTY_DAYS, *spoke(date(2026, 3, 25)), *attempts)).next_touch
    assert touch is not None
    assert (touch.attempts, touch.other_channel) == (1, False)
    assert touch.candidate.due_on == date(2026, 4, 24)


def test_a_new_cadence_begins_a_new_row_of_attempts() -> None:
    attempts = tried(date(2026, 3, 20), date(2026, 3, 21), date(2026, 3, 22))
    touch = compute(vendor(THIRTY_DAYS, *attempts, began_on=date(2026, 3, 22))).next_touch
    assert touch is not None
    assert touch.attempts == 0
    assert touch.candidate.due_on == date(2026, 4, 21)


def test_the_third_attempt_at_a_short_interval_still_waits_a_week() -> None:
    every_three_days = Cadence(3, CadenceUnit.DAYS)
    history = vendor(
        every_three_days,
        *spoke(date(2026, 3, 1)),
        *tried(date(2026, 3, 4), date(2026, 3, 5), date(2026, 3, 20)),
    )
    assert check_in(history).due_on == date(2026, 3, 27)


def test_a_retry_on_a_closed_day_moves_to_the_next_open_day() -> None:
    history = vendor(WEEKLY, *spoke(date(2026, 3, 2)), *tried(date(2026, 3, 14)), open_days=WEEKDAYS)
    assert check_in(history).due_on == date(2026, 3, 23)


# Rule 3: candidates.


def test_the_earliest_candidate_is_the_next_touch_and_the_others_stay() -> None:
    history = vendor(
        THIRTY_DAYS,
        *spoke(date(2026, 3, 2)),
        fixed_dates=(
            FixedDate(REVISIT, date(2026, 5, 4)),
            FixedDate(PROMISE, date(2026, 3, 12)),
            FixedDate(TRIAL, date(2026, 3, 20)),
        ),
    )
    outlook = compute(history)
    assert outlook.next_touch is not None
    assert outlook.next_touch.candidate.key == PROMISE
    assert outlook.next_touch.last_conversation_on == date(2026, 3, 2)
    assert outlook.next_touch.cadence == THIRTY_DAYS
    assert [each.key for each in outlook.candidates] == [PROMISE, TRIAL, CHECK_IN, REVISIT]


def test_without_a_cadence_a_promise_is_the_next_touch() -> None:
    touch = compute(vendor(None, fixed_dates=(FixedDate(PROMISE, date(2026, 3, 12)),))).next_touch
    assert touch is not None
    assert (touch.candidate.key, touch.cadence) == (PROMISE, None)


def test_on_the_same_date_a_promise_is_first_and_the_check_in_last() -> None:
    same = date(2026, 1, 11)
    fixed_dates = (FixedDate(REVISIT, same), FixedDate(TRIAL, same), FixedDate(PROMISE, same))
    outlook = compute(vendor(TEN_DAYS, fixed_dates=fixed_dates))
    assert [each.key for each in outlook.candidates] == [PROMISE, TRIAL, REVISIT, CHECK_IN]


def test_the_earliest_is_decided_after_closed_days_are_left_out() -> None:
    # The check-in falls on Saturday 7 March and moves to Monday 9; the promise of Sunday 8 comes before that.
    history = vendor(
        WEEKLY,
        *spoke(date(2026, 2, 28)),
        fixed_dates=(FixedDate(PROMISE, date(2026, 3, 8)),),
        open_days=WEEKDAYS,
    )
    assert [each.key for each in compute(history).candidates] == [PROMISE, CHECK_IN]


@pytest.mark.parametrize("kind", [ReminderKind.TOUCH, ReminderKind.REFERRAL, ReminderKind.MENTION])
def test_only_promises_trials_and_revisits_have_a_fixed_date(kind: ReminderKind) -> None:
    with pytest.raises(ValueError, match=kind.value):
        FixedDate(TouchKey(kind, 1), date(2026, 3, 1))


# Rule 4: snooze.


def snoozed(key: TouchKey, made_for: date, until: date, made_on: date) -> Snooze:
    return Snooze(key, made_for=made_for, until=until, made_on=made_on)


BASE = vendor(TEN_DAYS, *spoke(date(2026, 3, 1)))  # checked in on 11 March
TO_THE_20TH = snoozed(CHECK_IN, date(2026, 3, 11), until=date(2026, 3, 20), made_on=date(2026, 3, 11))


def test_a_snooze_replaces_the_date_of_its_candidate_alone() -> None:
    promised = FixedDate(PROMISE, date(2026, 3, 11))
    outlook = compute(replace(BASE, snoozes=(TO_THE_20TH,), fixed_dates=(promised,)))
    put_off = find(outlook, CHECK_IN)
    assert (put_off.due_on, put_off.own_on, put_off.unsnoozed_on, put_off.snoozed) == (
        date(2026, 3, 20),
        date(2026, 3, 11),
        date(2026, 3, 11),
        True,
    )
    assert find(outlook, PROMISE).due_on == date(2026, 3, 11)
    assert not find(outlook, PROMISE).snoozed


def test_a_snooze_may_also_bring_the_check_in_nearer() -> None:
    nearer = snoozed(CHECK_IN, date(2026, 3, 11), until=date(2026, 3, 5), made_on=date(2026, 3, 3))
    assert check_in(replace(BASE, snoozes=(nearer,))).due_on == date(2026, 3, 5)


@pytest.mark.parametrize(
    "changed",
    [
        replace(BASE, conversations=BASE.conversations + spoke(date(2026, 3, 12))),
        replace(BASE, conversations=BASE.conversations + spoke(date(2026, 3, 10))),
        replace(BASE, began_on=date(2026, 3, 9)),
        replace(BASE, cadence=Cadence(11, CadenceUnit.DAYS)),
        replace(BASE, skips=(Skip(date(2026, 3, 12), date(2026, 3, 11)),)),
    ],
)
def test_a_snooze_of_the_check_in_ends_when_the_check_in_moves(changed: History) -> None:
    assert check_in(replace(changed, snoozes=(TO_THE_20TH,))) == check_in(changed)


def test_a_snooze_made_on_the_anchors_day_does_not_count() -> None:
    same_day = snoozed(CHECK_IN, date(2026, 3, 11), until=date(2026, 3, 20), made_on=date(2026, 3, 1))
    assert check_in(replace(BASE, snoozes=(same_day,))).due_on == date(2026, 3, 11)


def test_a_snooze_is_in_force_again_when_the_conversation_that_ended_it_is_deleted() -> None:
    spoken_to = replace(BASE, snoozes=(TO_THE_20TH,), conversations=BASE.conversations + spoke(date(2026, 3, 12)))
    assert check_in(spoken_to).due_on == date(2026, 3, 22)
    assert check_in(replace(spoken_to, conversations=BASE.conversations)).due_on == date(2026, 3, 20)


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        # The later of the snooze and a week after the attempt.
        ([date(2026, 3, 12)], date(2026, 3, 20)),
        ([date(2026, 3, 13)], date(2026, 3, 20)),
        ([date(2026, 3, 14)], date(2026, 3, 21)),
        ([date(2026, 3, 20)], date(2026, 3, 27)),
        # The third in a row after it, two of the row before it: an interval.
        ([date(2026, 3, 9), date(2026, 3, 10), date(2026, 3, 20)], date(2026, 3, 30)),
    ],
)
def test_an_attempt_moves_the_snooze_of_the_check_in_but_does_not_end_it(attempts: list[date], expected: date) -> None:
    history = replace(BASE, conversations=tried(*attempts) + BASE.conversations, snoozes=(TO_THE_20TH,))
    assert check_in(history).due_on == expected
    assert check_in(history).snoozed


@pytest.mark.parametrize(
    ("tried_on", "expected"),
    [
        # Before the snooze was made, and on that day: the chosen date stands.
        (date(2026, 3, 10), date(2026, 3, 13)),
        (date(2026, 3, 11), date(2026, 3, 13)),
        (date(2026, 3, 12), date(2026, 3, 19)),
    ],
)
def test_after_an_attempt_a_nearer_date_can_be_chosen(tried_on: date, expected: date) -> None:
    nearer = replace(TO_THE_20TH, until=date(2026, 3, 13))
    history = replace(BASE, conversations=BASE.conversations + tried(tried_on), snoozes=(nearer,))
    assert check_in(history).due_on == expected


def test_a_retried_check_in_can_be_snoozed_and_is_not_lost_by_the_next_attempt() -> None:
    retried = replace(BASE, conversations=BASE.conversations + tried(date(2026, 3, 11)))
    assert check_in(retried).due_on == date(2026, 3, 18)
    later = snoozed(CHECK_IN, check_in(retried).own_on, until=date(2026, 4, 18), made_on=date(2026, 3, 12))
    again = replace(retried, snoozes=(later,), conversations=retried.conversations + tried(date(2026, 3, 13)))
    assert check_in(again).due_on == date(2026, 4, 18)


def test_the_latest_snooze_counts() -> None:
    again = snoozed(CHECK_IN, date(2026, 3, 11), until=date(2026, 3, 16), made_on=date(2026, 3, 12))
    for snoozes in ((TO_THE_20TH, again), (again, TO_THE_20TH)):
        assert check_in(replace(BASE, snoozes=snoozes)).due_on == date(2026, 3, 16)


def test_of_two_snoozes_of_one_day_the_last_counts() -> None:
    again = replace(TO_THE_20TH, until=date(2026, 3, 16))
    assert check_in(replace(BASE, snoozes=(TO_THE_20TH, again))).due_on == date(2026, 3, 16)
    assert check_in(replace(BASE, snoozes=(again, TO_THE_20TH))).due_on == date(2026, 3, 20)


@pytest.mark.parametrize("key", [PROMISE, REVISIT, TRIAL])
def test_a_snooze_of_a_fixed_date_holds_until_that_date_is_changed(key: TouchKey) -> None:
    put_off = snoozed(key, date(2026, 3, 12), until=date(2026, 3, 30), made_on=date(2026, 1, 1))
    history = vendor(None, snoozes=(put_off,), fixed_dates=(FixedDate(key, date(2026, 3, 12)),))
    assert find(compute(history), key).due_on == date(2026, 3, 30)
    talked = replace(history, conversations=spoke(date(2026, 3, 11)) + tried(date(2026, 3, 28)))
    assert find(compute(talked), key).due_on == date(2026, 3, 30)
    changed = replace(history, fixed_dates=(FixedDate(key, date(2026, 3, 13)),))
    assert find(compute(changed), key).due_on == date(2026, 3, 13)


@pytest.mark.parametrize(
    ("choice", "today", "due_on", "expected"),
    [
        (SnoozeChoice.ONE_WEEK, date(2026, 3, 11), date(2026, 3, 11), date(2026, 3, 18)),
        (SnoozeChoice.ONE_WEEK, date(2026, 3, 20), date(2026, 3, 11), date(2026, 3, 27)),
        (SnoozeChoice.ONE_WEEK, date(2026, 3, 1), date(2026, 3, 11), date(2026, 3, 18)),
        (SnoozeChoice.ONE_MONTH, date(2026, 1, 31), date(2026, 1, 20), date(2026, 2, 28)),
        (SnoozeChoice.ONE_MONTH, date(2026, 1, 1), date(2026, 1, 31), date(2026, 2, 28)),
        (date(2026, 3, 13), date(2026, 3, 11), date(2026, 3, 20), date(2026, 3, 13)),
    ],
)
def test_a_snooze_counts_from_the_later_of_today_and_the_date(
    choice: SnoozeChoice | date, today: date, due_on: date, expected: date
) -> None:
    assert snooze_until(choice, today=today, due_on=due_on) == expected


# Rule 5: open days.


@pytest.mark.parametrize(
    ("open_days", "expected"),
    [
        # 7 March 2026 is a Saturday.
        (EVERY_DAY, date(2026, 3, 7)),
        (WEEKDAYS, date(2026, 3, 9)),
        (OpenDays(holidays=frozenset({date(2026, 3, 9)})), date(2026, 3, 10)),
        (OpenDays(closed_ranges=((date(2026, 3, 2), date(2026, 3, 20)),)), date(2026, 3, 23)),
        (
            OpenDays(
                holidays=frozenset({date(2026, 3, 23)}),
                closed_ranges=((date(2026, 3, 24), date(2026, 3, 25)), (date(2026, 3, 1), date(2026, 3, 22))),
            ),
            date(2026, 3, 26),
        ),
        (OpenDays(weekdays=frozenset({2})), date(2026, 3, 11)),
        # A range that ends before it begins closes nothing.
        (OpenDays(closed_ranges=((date(2026, 3, 12), date(2026, 3, 9)),)), date(2026, 3, 9)),
        # Closed for ever: the day itself, rather than never.
        (NEVER_OPEN, date(2026, 3, 7)),
        (OpenDays(closed_ranges=((date(2026, 3, 1), FAR_END),)), date(2026, 3, 7)),
    ],
)
def test_check_ins_and_snoozes_move_to_the_next_open_day(open_days: OpenDays, expected: date) -> None:
    weekly = vendor(WEEKLY, *spoke(date(2026, 2, 28)), open_days=open_days)
    assert check_in(weekly).due_on == expected
    own_on = check_in(weekly).own_on
    assert own_on == date(2026, 3, 7)

    monthly = vendor(MONTHLY, *spoke(date(2026, 2, 28)), open_days=open_days)
    put_off = snoozed(CHECK_IN, date(2026, 3, 28), until=date(2026, 3, 7), made_on=date(2026, 3, 1))
    assert check_in(replace(monthly, snoozes=(put_off,))).due_on == expected

    promised = replace(weekly, cadence=None, fixed_dates=(FixedDate(PROMISE, date(2026, 3, 3)),))
    put_off = snoozed(PROMISE, date(2026, 3, 3), until=date(2026, 3, 7), made_on=date(2026, 3, 1))
    assert find(compute(replace(promised, snoozes=(put_off,))), PROMISE).due_on == expected


@pytest.mark.parametrize(
    ("open_days", "shown_on"),
    [
        # 8 March 2026 is a Sunday.
        (EVERY_DAY, date(2026, 3, 8)),
        (WEEKDAYS, date(2026, 3, 6)),
        (OpenDays(holidays=frozenset({date(2026, 3, 6)})), date(2026, 3, 5)),
        (OpenDays(closed_ranges=((date(2026, 3, 2), date(2026, 3, 20)),)), date(2026, 2, 27)),
        (NEVER_OPEN, date(2026, 3, 8)),
    ],
)
@pytest.mark.parametrize("key", [PROMISE, REVISIT, TRIAL])
def test_fixed_dates_stay_and_are_shown_on_the_last_open_day_before(
    key: TouchKey, open_days: OpenDays, shown_on: date
) -> None:
    sunday = date(2026, 3, 8)
    found = find(compute(vendor(None, fixed_dates=(FixedDate(key, sunday),), open_days=open_days)), key)
    assert (found.due_on, found.shown_on) == (sunday, shown_on)


def test_a_leave_that_is_long_but_ends_is_waited_for() -> None:
    first = date(2026, 3, 1)
    last = first + timedelta(days=HORIZON_DAYS - 10)
    on_leave = OpenDays(frozenset(range(7)), closed_ranges=((first, last),))
    assert on_leave.next_open_day(date(2026, 3, 7)) == last + timedelta(days=1)
    assert on_leave.last_open_day_on_or_before(last) == first - timedelta(days=1)


def test_the_ends_of_the_calendar_are_no_obstacle() -> None:
    assert NEVER_OPEN.next_open_day(FAR_END) == FAR_END
    assert NEVER_OPEN.last_open_day_on_or_before(date.min) == date.min


# What holds for every history. Days lie close together, so that they often meet.

cadences = st.one_of(
    st.builds(Cadence, st.integers(1, 40), st.just(CadenceUnit.DAYS)),
    st.builds(Cadence, st.integers(1, 6), st.just(CadenceUnit.WEEKS)),
    st.builds(Cadence, st.integers(1, 3), st.just(CadenceUnit.MONTHS)),
)
days = st.dates(date(2027, 12, 15), date(2028, 4, 15))
ranges = st.builds(lambda day, length: (day, day + timedelta(days=length)), days, st.integers(0, 40))
open_days = st.builds(
    OpenDays,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.frozensets(days, max_size=10),
    st.lists(ranges, max_size=3).map(tuple),
)
conversations = st.lists(st.builds(Conversation, days, st.booleans()), max_size=8).map(tuple)
two_ways = st.lists(st.builds(Conversation, days, st.just(True)), max_size=6).map(tuple)
keys = st.sampled_from([CHECK_IN, PROMISE, REVISIT, TRIAL])
skips = st.lists(st.builds(Skip, days, days), max_size=3).map(tuple)
fixed_dates = st.lists(
    st.builds(FixedDate, st.sampled_from([PROMISE, REVISIT, TRIAL]), days),
    max_size=3,
    unique_by=lambda fixed: fixed.key,
).map(tuple)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """A vendor with everything at once, with snoozes that are mostly in force."""
    history = History(
        VENDOR,
        began_on=draw(days),
        cadence=draw(st.none() | cadences),
        conversations=draw(conversations),
        skips=draw(skips),
        fixed_dates=draw(fixed_dates),
        open_days=draw(open_days),
    )
    candidates = compute(history).candidates
    if not candidates:
        return history
    aimed = st.builds(
        lambda candidate, until, made_on: Snooze(candidate.key, candidate.own_on, until, made_on),
        st.sampled_from(candidates),
        days,
        days,
    )
    stray = st.builds(Snooze, keys, days, days, days)
    # One a day, because among several of a day the order of entry does count.
    put_off = st.lists(aimed | stray, max_size=4, unique_by=lambda snooze: snooze.made_on)
    return replace(history, snoozes=tuple(draw(put_off)))


@given(cadence=cadences, began_on=days, before=two_ways, day=days, open_days=open_days)
def test_a_conversation_never_brings_the_check_in_nearer(
    cadence: Cadence, began_on: date, before: tuple[Conversation, ...], day: date, open_days: OpenDays
) -> None:
    history = vendor(cadence, *before, began_on=began_on, open_days=open_days)
    after = replace(history, conversations=before + spoke(day))
    assert check_in(after).due_on >= check_in(history).due_on


@given(history=histories(), cadence=cadences, day=days)
def test_an_attempt_never_brings_the_check_in_nearer(history: History, cadence: Cadence, day: date) -> None:
    history = replace(history, cadence=cadence)
    after = replace(history, conversations=history.conversations + tried(day))
    assert check_in(after).due_on >= check_in(history).due_on
    assert check_in(after).unsnoozed_on >= check_in(history).unsnoozed_on


@given(history=histories(), cadence=cadences)
def test_a_check_in_never_falls_on_a_closed_day(history: History, cadence: Cadence) -> None:
    found = check_in(replace(history, cadence=cadence))
    assert history.open_days.is_open(found.due_on)
    assert history.open_days.is_open(found.unsnoozed_on)


@given(history=histories(), data=st.data())
def test_the_order_of_entry_makes_no_difference(history: History, data: st.DataObject) -> None:
    shuffled = replace(
        history,
        conversations=tuple(data.draw(st.permutations(history.conversations))),
        skips=tuple(data.draw(st.permutations(history.skips))),
        snoozes=tuple(data.draw(st.permutations(history.snoozes))),
        fixed_dates=tuple(data.draw(st.permutations(history.fixed_dates))),
    )
    assert compute(shuffled) == compute(history)
    assert compute(history) == compute(history)


@given(history=histories())
def test_only_a_snooze_moves_a_promise(history: History) -> None:
    outlook = compute(replace(history, snoozes=()))
    for fixed in history.fixed_dates:
        assert find(outlook, fixed.key).due_on == fixed.on


@given(history=histories(), cadence=cadences)
def test_a_skip_of_the_check_in_as_shown_always_moves_it_on(history: History, cadence: Cadence) -> None:
    history = replace(history, cadence=cadence)
    outlook = compute(history)
    before = check_in(history)
    skip = Skip(made_on=outlook.anchor_on + timedelta(days=1), skipped_on=before.unsnoozed_on)
    after = check_in(replace(history, skips=(*history.skips, skip)))
    assert after.own_on > max(skip.made_on, skip.skipped_on)
    assert after.unsnoozed_on > before.unsnoozed_on


@given(history=histories())
def test_what_is_due_on_an_open_day_is_shown_then_and_else_with_no_open_day_between(history: History) -> None:
    for candidate in compute(history).candidates:
        assert candidate.shown_on <= candidate.due_on
        assert history.open_days.is_open(candidate.shown_on)
        between = (candidate.due_on - candidate.shown_on).days
        for distance in range(1, between + 1):
            assert not history.open_days.is_open(candidate.shown_on + timedelta(days=distance))


@given(history=histories())
def test_the_next_touch_is_the_earliest_of_all_candidates(history: History) -> None:
    outlook = compute(history)
    expected = {fixed.key for fixed in history.fixed_dates} | ({CHECK_IN} if history.cadence else set())
    assert {each.key for each in outlook.candidates} == expected
    if outlook.next_touch is None:
        assert not expected
    else:
        assert outlook.next_touch.candidate.due_on == min(each.due_on for each in outlook.candidates)


@given(history=histories(), day=days, key=keys)
def test_a_snooze_of_one_candidate_leaves_the_others_alone(history: History, day: date, key: TouchKey) -> None:
    put_off = find_or_none(history, key)
    if put_off is None:
        return
    snooze = Snooze(key, put_off.own_on, until=day, made_on=day)
    before = {each.key: each for each in compute(history).candidates if each.key != key}
    after = compute(replace(history, snoozes=(*history.snoozes, snooze)))
    assert {each.key: each for each in after.candidates if each.key != key} == before


def find_or_none(history: History, key: TouchKey) -> Candidate | None:
    return compute(history).candidate(key)
