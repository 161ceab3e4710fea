"""Readiness checks: drafts, a verdict that stands, tasks, when to look again, and whom it brings forward."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select

from crm.core.errors import Forbidden, Missing, Refused
from crm.domain import needs, parkings, readiness, readiness_reminders, vendors
from crm.domain.needs import NeedTerms
from crm.domain.next_touch import SnoozeChoice
from crm.models import vocabulary
from crm.models.enums import Answer, ParkingReason, ReminderKind, Statement, TriggerKind, Verdict
from crm.models.readiness import ReadinessAnswer, ReadinessCheck, ReadinessTask
from crm.models.reminders import Reminder
from crm.models.stages import ParkingTrigger
from crm.queries import readiness as reading

TODAY = date(2026, 10, 5)
BUDGET, HOURS = Statement.MONEY_BUDGET, Statement.TIME_HOURS


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def session(inside, business):
    with inside(business) as session:
        yield session


def said(everything: int = 3, **other: int) -> dict[Statement, Answer]:
    return {statement: Answer(other.get(statement, everything)) for statement in Statement}


def take(session, member, everything=3, **other):
    return readiness.take(session, by=member, answers=said(everything, **other))


# Taking one


def test_what_was_answered_is_kept_until_the_rest_is_there(session, business):
    readiness.save(session, by=business.member, answers={BUDGET: Answer(2)})
    readiness.save(session, by=business.member, answers={HOURS: Answer(1)})
    draft = reading.draft_of(session, business.member.user_id)
    assert reading.answers_of(session, [draft.id])[draft.id] == {BUDGET: Answer(2), HOURS: Answer(1)}
    assert (draft.verdict, reading.latest(session), reading.history(session)) == (None, None, [])
    check = readiness.conclude(session, by=business.member, answers=said(3, money_budget=2))
    assert (check.id, check.verdict) == (draft.id, Verdict.READY)
    assert (check.concluded_on, check.concluded_by) == (TODAY, business.member.user_id)


def test_a_later_answer_takes_the_place_of_the_former(session, business):
    for answer in (0, 3, 3):
        readiness.save(session, by=business.member, answers={BUDGET: Answer(answer)})
    draft = reading.draft_of(session, business.member.user_id)
    assert reading.answers_of(session, [draft.id])[draft.id] == {BUDGET: Answer(3)}
    assert session.scalar(select(func.count(ReadinessAnswer.id))) == 1


def test_all_sixteen_are_needed_to_conclude(session, business):
    answers = said(3)
    del answers[HOURS]
    with pytest.raises(Refused) as refused:
        readiness.conclude(session, by=business.member, answers=answers)
    assert refused.value.field == "time_hours"
    readiness.save(session, by=business.member, answers={HOURS: Answer(0)})
    assert readiness.conclude(session, by=business.member, answers=answers).verdict is Verdict.PREPARE_FIRST


def test_a_draft_is_its_authors_alone(session, business):
    draft = readiness.save(session, by=business.member, answers={BUDGET: Answer(2)})
    assert reading.draft_of(session, business.owner.user_id) is None
    with pytest.raises(Missing):
        readiness.find(session, draft.id)
    assert readiness.save(session, by=business.owner, answers={}).id != draft.id


def test_sending_it_twice_is_one_check(session, business):
    first = readiness.conclude(session, by=business.member, answers=said(2))
    assert readiness.conclude(session, by=business.member, answers=said(2)).id == first.id
    assert readiness.conclude(session, by=business.admin, answers=said(2)).id != first.id
    assert session.scalar(select(func.count(ReadinessCheck.id))) == 2


def test_the_history_is_kept_with_every_answer_the_latest_first(session, business, clock_at):
    take(session, business.member, 0)
    clock_at("2026-12-01 09:00")
    take(session, business.owner, 2, money_budget=1)
    rows = reading.history(session)
    assert [(row.concluded_on, row.verdict, row.by) for row in rows] == [
        (date(2026, 12, 1), Verdict.START_SMALL, "Olive Owner"),
        (TODAY, Verdict.PREPARE_FIRST, "Milo Member"),
    ]
    assert rows[0].answers == said(2, money_budget=1)
    assert list(rows[0].answers) == list(Statement)


def test_a_whole_check_leaves_a_draft_alone(session, business):
    draft = readiness.save(session, by=business.member, answers={BUDGET: Answer(0)})
    assert take(session, business.member, 3).verdict is Verdict.READY
    assert reading.draft_of(session, business.member.user_id).id == draft.id


def test_who_only_reads_takes_no_check(session, business):
    for act in (readiness.save, readiness.conclude, readiness.take):
        with pytest.raises(Forbidden):
            act(session, by=business.viewer, answers=said(3))


def test_a_stranger_finds_nothing_of_ours(inside, session, business):
    check = take(session, business.member, 0)
    task = readiness.add_task(check, by=business.member, statement=BUDGET)
    session.commit()
    with inside(business.stranger) as elsewhere:
        assert reading.latest(elsewhere) is None
        assert (reading.history(elsewhere), reading.tasks(elsewhere, is_done=False)) == ([], [])
        for find, number in ((readiness.find, check.id), (readiness.task_at, task.id)):
            with pytest.raises(Missing):
                find(elsewhere, number)


def test_a_check_is_taken_back_on_its_day_and_goes_on_as_a_draft(session, business, clock_at):
    before = take(session, business.owner, 0)
    check = readiness.conclude(session, by=business.member, answers=said(3))
    with pytest.raises(Refused, match="whoever took"):
        readiness.take_back(check, by=business.owner)
    readiness.take_back(check, by=business.member)
    assert reading.latest(session).id == before.id
    assert reading.draft_of(session, business.member.user_id).id == check.id
    again = readiness.conclude(session, by=business.member, answers={})
    assert (again.id, again.verdict) == (check.id, Verdict.READY)
    clock_at("2026-10-06 09:00")
    with pytest.raises(Refused, match="own day"):
        readiness.take_back(again, by=business.member)


# What to do


def test_a_weak_answer_becomes_a_task_once(session, business):
    check = take(session, business.member, 3, money_budget=1, time_hours=0)
    task = readiness.add_task(check, by=business.member, statement=BUDGET)
    assert readiness.add_task(check, by=business.owner, statement=BUDGET).id == task.id
    readiness.add_task(check, by=business.owner, statement=HOURS, title="Talk to Priya")
    assert [(row.title, row.added_by) for row in reading.tasks(session, is_done=False)] == [
        ("Set a sum a month, and for how many months it holds", "Milo Member"),
        ("Talk to Priya", "Olive Owner"),
    ]
    with pytest.raises(Refused, match="written down"):
        readiness.add_task(check, by=business.member, statement=Statement.ACCESS_OWN)


def test_each_statement_has_something_that_could_be_done(session, business):
    check = take(session, business.member, 1)
    titles = {readiness.add_task(check, by=business.member, statement=each).title for each in Statement}
    assert len(titles) == 16


def test_a_task_is_ticked_off_and_taken_back(session, business, clock_at):
    task = readiness.add_task(take(session, business.member, 0), by=business.member, statement=BUDGET)
    readiness.tick(task, by=business.owner)
    first = task.done_at
    clock_at("2026-10-06 09:00")
    readiness.tick(task, by=business.member)
    assert (task.done_at, task.done_by) == (first, business.owner.user_id)
    [row] = reading.tasks(session, is_done=True)
    assert (row.done_by, reading.tasks(session, is_done=False)) == ("Olive Owner", [])
    readiness.untick(task, by=business.member)
    assert (task.done_at, task.done_by) == (None, None)


def test_a_task_leaves_the_list_and_comes_back(session, business):
    check = take(session, business.member, 0)
    task = readiness.add_task(check, by=business.member, statement=BUDGET)
    readiness.remove(task, by=business.member)
    readiness.remove(task, by=business.member)
    assert reading.tasks(session, is_done=False) == []
    with pytest.raises(Refused):
        readiness.tick(task, by=business.member)
    other = readiness.add_task(check, by=business.member, statement=BUDGET)
    with pytest.raises(Refused, match="once more"):
        readiness.put_back(task, by=business.member)
    readiness.tick(other, by=business.member)
    readiness.put_back(task, by=business.member)
    with pytest.raises(Refused, match="once more"):
        readiness.untick(other, by=business.member)


def test_who_only_reads_changes_no_task(session, business):
    check = take(session, business.member, 0)
    task = readiness.add_task(check, by=business.member, statement=BUDGET)
    for act in (readiness.tick, readiness.untick, readiness.remove, readiness.put_back):
        with pytest.raises(Forbidden):
            act(task, by=business.viewer)
    with pytest.raises(Forbidden):
        readiness.add_task(check, by=business.viewer, statement=HOURS)
    assert session.scalar(select(func.count(ReadinessTask.id))) == 1


# When to look again


def test_it_is_time_to_look_again_after_90_days(session, business):
    assert take(session, business.member).due_on == date(2027, 1, 3)


def test_looking_again_is_put_off_and_the_former_day_comes_back(session, business, clock_at):
    check = take(session, business.member)
    clock_at("2027-01-04 09:00")
    assert readiness.snooze(check, by=business.owner, choice=SnoozeChoice.ONE_WEEK) == date(2027, 1, 11)
    assert readiness.snooze(check, by=business.admin, choice=date(2027, 3, 1)) == date(2027, 3, 1)
    readiness.undo_snooze(check, by=business.admin)
    assert check.due_on == date(2027, 1, 11)
    readiness.undo_snooze(check, by=business.admin)
    assert (check.due_on, check.snoozed_by) == (date(2027, 1, 3), None)
    with pytest.raises(Refused, match="from tomorrow on"):
        readiness.snooze(check, by=business.owner, choice=date(2027, 1, 4))


def test_only_the_latest_check_is_looked_at_again(session, business):
    check = take(session, business.member)
    take(session, business.member, 2)
    with pytest.raises(Refused, match="newer check"):
        readiness.snooze(check, by=business.owner, choice=SnoozeChoice.ONE_WEEK)
    with pytest.raises(Forbidden):
        readiness.snooze(reading.latest(session), by=business.member, choice=SnoozeChoice.ONE_WEEK)


# Whom it brings forward


@pytest.fixture
def vendor(session, business):
    return vendors.add(session, by=business.member, name="Harbour Films")


def park(vendor, member, reason=ParkingReason.NOT_READY):
    parkings.park(vendor, by=member, reason=reason)
    return parkings.of_vendor(readiness.session_of(vendor), vendor)


def fired(session):
    session.flush()
    return [
        (row.cause_id, row.facts["before"], row.facts["verdict"])
        for row in session.scalars(select(ParkingTrigger).order_by(ParkingTrigger.id))
    ]


def told(session):
    session.flush()
    waiting = select(Reminder).where(Reminder.kind == ReminderKind.TRIGGER, Reminder.ended_at.is_(None))
    return [vocabulary.why(row.why, TODAY) for row in session.scalars(waiting)]


def test_a_better_verdict_brings_forward_whom_we_were_not_ready_for(session, business, vendor):
    take(session, business.member, 0)
    park(vendor, business.member)
    check = take(session, business.member, 1)
    assert fired(session) == [(check.id, "prepare_first", "start_small")]
    assert told(session) == ["The readiness check says “Start small”. When you parked them it said “Prepare first”."]


@pytest.mark.parametrize("then", [0, 1, 2])
def test_a_verdict_that_is_no_better_than_on_the_day_of_parking_does_not(session, business, vendor, then):
    take(session, business.member, then)
    park(vendor, business.member)
    take(session, business.owner, then)
    take(session, business.member, 0)
    assert fired(session) == []


def test_without_a_check_on_the_day_of_parking_only_ready_does(session, business, vendor):
    park(vendor, business.member)
    take(session, business.member, 1)
    assert fired(session) == []
    check = take(session, business.member, 2)
    assert fired(session) == [(check.id, None, "ready")]
    assert told(session) == ["The readiness check says “Ready”."]


@pytest.mark.parametrize("reason", [reason for reason in ParkingReason if reason is not ParkingReason.NOT_READY])
def test_no_other_reason_is_brought_forward(session, business, vendor, reason):
    take(session, business.member, 0)
    park(vendor, business.member, reason)
    take(session, business.member, 3)
    assert fired(session) == []


def test_it_fires_once_for_a_parking_and_a_check(session, business, vendor):
    take(session, business.member, 0)
    parking = park(vendor, business.member)
    first = take(session, business.member, 1)
    for _again in range(2):
        vendors.edit(vendor, by=business.member, version=vendor.version, name="Harbour Film")
    assert [cause for cause, *_ in fired(session)] == [first.id]
    parkings.keep_parked(parking, by=business.member)
    assert told(session) == []
    vendors.edit(vendor, by=business.member, version=vendor.version, name="Harbour Films")
    assert told(session) == []
    second = take(session, business.member, 2)
    assert [cause for cause, *_ in fired(session)] == [first.id, second.id]
    assert len(told(session)) == 1


def test_what_an_earlier_check_said_gives_way_to_a_later_one(session, business, vendor):
    take(session, business.member, 0)
    park(vendor, business.member)
    take(session, business.member, 1)
    better = take(session, business.member, 3)
    assert fired(session) == [(better.id, "prepare_first", "ready")]
    take(session, business.member, 0)
    assert (fired(session), told(session)) == ([], [])


def test_taking_the_check_back_takes_back_what_it_brought_forward(session, business, vendor):
    take(session, business.member, 0)
    park(vendor, business.member)
    check = take(session, business.member, 3)
    assert len(told(session)) == 1
    readiness.take_back(check, by=business.member)
    assert (fired(session), told(session)) == ([], [])


def test_a_parking_whose_reason_becomes_not_being_ready_is_held_against_its_own_day(session, business, vendor):
    take(session, business.member, 0)
    parking = park(vendor, business.member, ParkingReason.OTHER)
    check = take(session, business.member, 2)
    assert fired(session) == []
    parkings.edit(
        parking, by=business.member, version=parking.version, reason=ParkingReason.NOT_READY, until=parking.revisit_on
    )
    assert fired(session) == [(check.id, "prepare_first", "ready")]
    assert session.scalars(select(ParkingTrigger.kind)).all() == [TriggerKind.VERDICT]


# About one need


@pytest.fixture
def need(session, business):
    return needs.add(session, by=business.member, terms=NeedTerms("A website that converts"))


def take_for(session, member, need, everything=3, **other):
    return readiness.take(session, by=member, answers=said(everything, **other), need=need)


def test_a_check_about_a_need_is_not_the_businesss(session, business, need):
    ours = take(session, business.member, everything=1)
    about = take_for(session, business.member, need, everything=2)
    assert reading.latest(session).id == ours.id
    assert reading.latest(session, need.id).id == about.id
    assert [row.id for row in reading.history(session)] == [ours.id]
    assert [(row.id, row.need_id, row.verdict) for row in reading.history(session, need.id)] == [
        (about.id, need.id, Verdict.READY)
    ]


def test_a_check_about_a_need_brings_nobody_forward_and_asks_nobody_to_look_again(session, business, need):
    vendor = vendors.add(session, by=business.member, name="Harbour Films")
    parkings.park(vendor, by=business.member, reason=ParkingReason.NOT_READY, details="In words")
    take_for(session, business.member, need)
    assert session.scalar(select(func.count(ParkingTrigger.id))) == 0
    assert readiness_reminders.due(session, business.owner, date(2028, 1, 1)) is None
    taken = take_for(session, business.member, need)
    with pytest.raises(Refused):
        readiness.snooze(taken, by=business.owner, choice=SnoozeChoice.ONE_WEEK)


def test_sending_a_check_about_a_need_twice_is_one_check(session, business, need):
    other = needs.add(session, by=business.member, terms=NeedTerms("Something to post"))
    first = take_for(session, business.member, need)
    assert take_for(session, business.member, need).id == first.id
    assert take_for(session, business.member, other).id != first.id
    assert take_for(session, business.member, need, need_done=1).id != first.id


def test_a_check_about_a_need_is_discarded_by_its_author_on_its_day(session, business, need, clock_at):
    taken = take_for(session, business.member, need)
    with pytest.raises(Refused):
        readiness.discard(taken, by=business.admin)
    clock_at("2026-10-06 09:00")
    with pytest.raises(Refused):
        readiness.discard(taken, by=business.member)
    clock_at("2026-10-05 09:00")
    assert readiness.discard(taken, by=business.member) == need.id
    assert reading.history(session, need.id) == []
    with pytest.raises(Missing):
        readiness.discard(take(session, business.member), by=business.member)


def test_a_need_that_was_looked_at_is_dropped_and_not_deleted(session, business, need):
    take_for(session, business.member, need)
    with pytest.raises(Refused):
        needs.remove(need, by=business.owner)
