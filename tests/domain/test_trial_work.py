"""What happens while a vendor is on trial: each act, what it leaves behind, who is reminded of it until when."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from crm.core import clock
from crm.core.dates import OpenDays
from crm.core.errors import Missing, Refused, Stale
from crm.domain import (
    attachments,
    members,
    nights,
    reminders,
    stages,
    touches,
    trial_reviews,
    trial_rules,
    trial_work,
    trials,
    vendors,
)
from crm.domain.trials import TrialTerms
from crm.models.enums import ReminderEnd, ReminderKind, Stage, TimelineKind, TrialOutcome
from crm.models.log import Interaction, TimelineEntry
from crm.models.reminders import Reminder
from crm.models.trials import TrialCheck, TrialCondition, TrialReview, TrialReviewer
from crm.models.vendors import Attachment

TODAY = date(2026, 10, 5)
DUE = date(2026, 10, 12)
LATER = date(2026, 10, 14)
"""A Monday, the Monday after, and the Wednesday after that."""


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def session(inside, business):
    with inside(business) as session:
        yield session


@pytest.fixture
def vendor(session, business):
    return vendors.add(session, by=business.member, name="Bluebell Words", owner_id=business.member.user_id)


@pytest.fixture
def trial(vendor, business):
    return trials.start(vendor, by=business.member, terms=TrialTerms("Rewrite one page", DUE))


def reminded(session, kind, subject_id):
    """Who is reminded of it, and from when."""
    session.flush()
    table = Reminder
    statement = select(table.user_id, table.due_on).where(
        table.kind == kind, table.subject_id == subject_id, table.ended_at.is_(None)
    )
    return sorted(map(tuple, session.execute(statement)))


def ended(session, kind, subject_id):
    session.flush()
    statement = select(Reminder.ended_how, Reminder.ended_by).where(
        Reminder.kind == kind, Reminder.subject_id == subject_id
    )
    return sorted(map(tuple, session.execute(statement)))


def told(session, trial):
    """The sorts of what stands on the timeline, in order."""
    session.flush()
    entries = select(TimelineEntry).where(
        TimelineEntry.kind == TimelineKind.TRIAL, TimelineEntry.subject_id == trial.id
    )
    return [entry.facts.get("sort", "") for entry in session.scalars(entries.order_by(TimelineEntry.id))]


def asked_besides(session, trial, *people):
    session.add_all(TrialReviewer(brief_id=trial.brief_id, user_id=person.user_id) for person in people)
    session.flush()


def hand_in(session, trial, person):
    session.add(TrialReview(trial_id=trial.id, created_by=person.user_id, handed_in_at=clock.now()))
    touches.refresh(session, trials.vendor_of(trial))


class TestDelivery:
    def test_it_is_waited_for_no_longer_and_is_ours_to_look_at(self, session, trial, business):
        trial_work.deliver(trial, by=business.member, on=TODAY)
        assert (trial.waits, trial.delivered_on, trial.review_due_on) == (False, TODAY, date(2026, 10, 8))
        assert reminded(session, ReminderKind.TRIAL, trial.id) == []
        assert ended(session, ReminderKind.TRIAL, trial.id) == [(ReminderEnd.DONE, business.member.user_id)]
        assert reminded(session, ReminderKind.REVIEW, trial.id) == [(business.member.user_id, date(2026, 10, 8))]

    def test_what_came_late_stays_late_when_it_goes_back_for_another_day(self, session, trial, business, clock_at):
        clock_at("2026-10-26 09:00")
        late_by = date(2026, 10, 26) - trial.due_on
        trial_work.deliver(trial, by=business.member, on=date(2026, 10, 26))
        step = trial_work.send_back(trial, by=business.member, due_on=date(2026, 11, 9), what="The tone")
        trial_work.deliver(trial, by=business.member, on=date(2026, 10, 26))
        result = trial_reviews.result_of(session, trial, today=date(2026, 10, 26))
        facts = trial_reviews.facts_of(trial, result, has_unmet_must=False, today=date(2026, 10, 26))
        assert trial_rules.days_late(facts.due_on, facts.delivered_on, facts.today) == late_by.days > 0
        assert step

    def test_taking_the_delivery_back_forgets_the_day(self, trial, business):
        step = trial_work.deliver(trial, by=business.member, on=TODAY)
        assert trial.due_when_it_came == trial.due_on
        trials.take_back(trial, by=business.member, step=step)
        assert trial.due_when_it_came is None

    def test_it_counts_as_having_been_in_touch(self, session, vendor, trial, business):
        trial_work.deliver(trial, by=business.member, on=TODAY)
        assert vendor.last_contact_on == TODAY
        [entry] = session.scalars(select(Interaction).where(Interaction.vendor_id == vendor.id))
        assert entry.summary == "Delivered: Rewrite one page"

    def test_until_when_we_look_at_it_may_be_said(self, session, trial, business):
        trial_work.deliver(trial, by=business.member, on=TODAY, review_due_on=LATER)
        assert reminded(session, ReminderKind.REVIEW, trial.id) == [(business.member.user_id, LATER)]

    @pytest.mark.parametrize(
        ("on", "review_due_on", "box"),
        [
            (date(2026, 10, 6), None, "delivered_on"),
            (date(2026, 10, 4), None, "delivered_on"),
            (TODAY, date(2026, 10, 4), "review_due_on"),
        ],
    )
    def test_what_makes_no_sense_is_refused_beside_its_box(self, trial, business, on, review_due_on, box):
        with pytest.raises(Refused) as refused:
            trial_work.deliver(trial, by=business.member, on=on, review_due_on=review_due_on)
        assert refused.value.field == box

    def test_twice_is_once(self, trial, business):
        trial_work.deliver(trial, by=business.member, on=TODAY)
        with pytest.raises(Refused):
            trial_work.deliver(trial, by=business.member, on=TODAY)

    def test_taken_back_all_is_as_before(self, session, vendor, trial, business):
        before = reminded(session, ReminderKind.TRIAL, trial.id)
        step = trial_work.deliver(trial, by=business.member, on=TODAY)
        trials.take_back(trial, by=business.member, step=step)
        assert (trial.waits, trial.delivered_on, trial.review_due_on) == (True, None, None)
        assert reminded(session, ReminderKind.TRIAL, trial.id) == before
        assert reminded(session, ReminderKind.REVIEW, trial.id) == []
        assert (vendor.last_contact_on, told(session, trial)) == (None, [""])

    def test_a_day_agreed_on_since_leaves_it_but_not_a_round(self, trial, business):
        step = trial_work.deliver(trial, by=business.member, on=TODAY)
        trial_work.say_promised(trial, by=business.member, gave_promised=True)
        back = trial_work.send_back(trial, by=business.member, due_on=LATER, what="Shorter")
        with pytest.raises(Refused):
            trials.take_back(trial, by=business.member, step=step)
        trials.take_back(trial, by=business.member, step=back)
        trials.take_back(trial, by=business.member, step=step)
        assert (trial.rounds, trial.delivered_on, trial.gave_promised) == (0, None, True)

    def test_the_same_day_given_twice_is_no_way_round(self, trial, business):
        first = trial_work.deliver(trial, by=business.member, on=TODAY)
        trial_work.send_back(trial, by=business.member, due_on=LATER, what="Shorter")
        trial_work.deliver(trial, by=business.member, on=TODAY)
        with pytest.raises(Refused):
            trials.take_back(trial, by=business.member, step=first)


@given(
    delivered=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    waited=st.integers(0, 40),
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    closed=st.frozensets(st.dates(date(2026, 1, 1), date(2027, 12, 31)), max_size=20),
)
def test_three_working_days_lie_between_a_delivery_and_our_looking(delivered, waited, weekdays, closed):
    days, today = OpenDays(weekdays=weekdays, holidays=closed), delivered + timedelta(days=waited)
    found = trial_work.review_day(days, delivered, today)
    between = [delivered + timedelta(days=step) for step in range(1, (found - delivered).days + 1)]
    open_days = [day for day in between if days.is_open(day)]
    assert found >= today
    assert (len(open_days) == trial_work.REVIEW_DAYS and days.is_open(found)) or found == today


class TestChanges:
    def test_it_is_waited_for_again(self, session, trial, business, clock_at):
        trial_work.deliver(trial, by=business.member, on=TODAY)
        trial_work.send_back(trial, by=business.member, due_on=LATER, what="Shorter")
        assert (trial.waits, trial.rounds, trial.due_on, trial.original_due_on) == (True, 1, LATER, DUE)
        assert reminded(session, ReminderKind.REVIEW, trial.id) == []
        assert reminded(session, ReminderKind.TRIAL, trial.id) == [(business.member.user_id, LATER)]
        clock_at("2026-10-07 09:00")
        trial_work.deliver(trial, by=business.member, on=date(2026, 10, 7))
        assert (trial.delivered_on, trial.review_due_on) == (TODAY, date(2026, 10, 12))

    def test_more_rounds_than_agreed_are_counted_too(self, trial, business):
        for _round in range(3):
            trial_work.deliver(trial, by=business.member, on=TODAY)
            trial_work.send_back(trial, by=business.member, due_on=LATER, what="Shorter")
        assert trial.rounds == 3

    @pytest.mark.parametrize(
        ("due_on", "what", "box"), [(LATER, "", "what"), (date(2026, 10, 4), "x", "due_on"), (date.max, "x", "due_on")]
    )
    def test_it_asks_for_a_day_and_for_what(self, trial, business, due_on, what, box):
        trial_work.deliver(trial, by=business.member, on=TODAY)
        with pytest.raises(Refused) as refused:
            trial_work.send_back(trial, by=business.member, due_on=due_on, what=what)
        assert refused.value.field == box

    def test_what_has_not_come_cannot_go_back(self, trial, business):
        with pytest.raises(Refused):
            trial_work.send_back(trial, by=business.member, due_on=LATER, what="Shorter")

    def test_what_came_has_no_other_day(self, trial, business):
        trial_work.deliver(trial, by=business.member, on=TODAY)
        with pytest.raises(Refused):
            trials.change_due(trial, by=business.member, due_on=LATER, version=trial.version)


class TestOurSide:
    def test_each_who_has_not_handed_in_is_reminded(self, session, trial, business):
        asked_besides(session, trial, business.admin, business.owner)
        trial_work.deliver(trial, by=business.member, on=TODAY)
        hand_in(session, trial, business.admin)
        people = {user_id for user_id, _day in reminded(session, ReminderKind.REVIEW, trial.id)}
        assert people == {business.member.user_id, business.owner.user_id}
        hand_in(session, trial, business.owner)
        hand_in(session, trial, business.member)
        assert reminded(session, ReminderKind.REVIEW, trial.id) == []

    def test_whoever_left_is_not_and_whoever_takes_over_is_beside_the_rest(self, session, trial, business):
        asked_besides(session, trial, business.admin)
        trial_work.deliver(trial, by=business.member, on=TODAY)
        members.deactivate(session, business.admin.user_id, by=business.owner, successor_id=business.owner.user_id)
        asked = [user_id for user_id, _day in reminded(session, ReminderKind.REVIEW, trial.id)]
        assert asked == [business.owner.user_id, business.member.user_id]

    def test_where_nobody_is_asked_it_is_for_whoever_looks_after_them(self, session, trial, business):
        for row in session.scalars(select(TrialReviewer).where(TrialReviewer.brief_id == trial.brief_id)):
            session.delete(row)
        trial_work.deliver(trial, by=business.owner, on=TODAY)
        assert reminded(session, ReminderKind.REVIEW, trial.id) == [(business.member.user_id, date(2026, 10, 8))]

    def test_another_day_moves_the_reminder_for_all(self, session, trial, business):
        asked_besides(session, trial, business.admin)
        trial_work.deliver(trial, by=business.member, on=TODAY)
        step = trial_work.put_review_day(trial, by=business.admin, day=LATER, version=trial.version)
        assert {day for _who, day in reminded(session, ReminderKind.REVIEW, trial.id)} == {LATER}
        trials.take_back(trial, by=business.admin, step=step)
        assert {day for _who, day in reminded(session, ReminderKind.REVIEW, trial.id)} == {date(2026, 10, 8)}

    def test_the_second_to_move_it_is_told(self, trial, business):
        trial_work.deliver(trial, by=business.member, on=TODAY)
        version = trial.version
        trial_work.put_review_day(trial, by=business.member, day=LATER, version=version)
        with pytest.raises(Stale):
            trial_work.put_review_day(trial, by=business.admin, day=DUE, version=version)

    def test_what_is_decided_is_reminded_of_no_more(self, session, trial, business):
        trial_work.deliver(trial, by=business.member, on=TODAY)
        trials.decide(trial, by=business.admin, outcome=TrialOutcome.PASSED)
        assert reminded(session, ReminderKind.REVIEW, trial.id) == []
        assert ended(session, ReminderKind.REVIEW, trial.id) == [(ReminderEnd.DONE, business.admin.user_id)]
        trials.reopen(trial, by=business.admin)
        assert reminded(session, ReminderKind.REVIEW, trial.id) == [(business.member.user_id, date(2026, 10, 8))]

    def test_done_alone_hands_no_review_in(self, session, trial, business):
        trial_work.deliver(trial, by=business.member, on=TODAY)
        session.flush()
        reminder = session.scalars(select(Reminder).where(Reminder.kind == ReminderKind.REVIEW)).one()
        with pytest.raises(Refused):
            reminders.complete(session, reminder, by=business.member)

    def test_a_second_look_changes_nothing(self, session, vendor, trial, business):
        asked_besides(session, trial, business.admin)
        trial_work.deliver(trial, by=business.member, on=TODAY)
        trial_work.ask(trial, by=business.member, body="How long?", asked_at=clock.now())
        before = _all_reminders(session)
        for _time in range(2):
            touches.refresh(session, vendor)
            nights.mend(session, [vendor.id])
        assert _all_reminders(session) == before
        page = nights.look(session, 0)
        assert (page.drifted, page.handed_on) == ([], [])


def _all_reminders(session):
    session.flush()
    table = Reminder
    rows = session.execute(
        select(table.id, table.user_id, table.kind, table.subject_id, table.due_on, table.shown_on, table.ended_at)
    )
    return sorted(map(tuple, rows))


@dataclass
class _Question:
    asked_at: datetime
    answered_at: datetime | None


ASKED = datetime(2026, 10, 5, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "middle"),
    [([], None), ([None], None), ([3], 3), ([1, 3], 2), ([1, 2, 30], 2), ([1, None, 4, 5, None], 4)],
)
def test_how_fast_we_answer_is_the_middle_of_what_is_answered(hours, middle):
    rows = [_Question(ASKED, None if each is None else ASKED + timedelta(hours=each)) for each in hours]
    found = trial_work.answer_times(rows)
    assert found.middle == (None if middle is None else timedelta(hours=middle))
    assert (found.answered, found.waiting) == (len(hours) - hours.count(None), hours.count(None))


class TestQuestions:
    @pytest.fixture
    def question(self, trial, business):
        return trial_work.ask(trial, by=business.member, body="Which *scent*?", asked_at=clock.now())

    def test_it_is_to_be_answered_within_a_working_day(self, session, question, business):
        assert reminded(session, ReminderKind.QUESTION, question.id) == [(business.member.user_id, date(2026, 10, 6))]

    def test_on_a_friday_until_monday(self, session, trial, business, clock_at):
        clock_at("2026-10-09 16:00")
        question = trial_work.ask(trial, by=business.member, body="Which scent?", asked_at=clock.now())
        assert reminded(session, ReminderKind.QUESTION, question.id) == [(business.member.user_id, date(2026, 10, 12))]

    def test_answered_it_ends_and_taken_back_it_waits_again(self, session, question, business, clock_at):
        before = reminded(session, ReminderKind.QUESTION, question.id)
        clock_at("2026-10-05 12:00")
        trial_work.answer(question, by=business.admin, answered_at=clock.now(), words="The balm")
        assert (question.answered_by, question.answer) == (business.admin.user_id, "The balm")
        assert reminded(session, ReminderKind.QUESTION, question.id) == []
        assert ended(session, ReminderKind.QUESTION, question.id) == [(ReminderEnd.DONE, business.admin.user_id)]
        trial_work.ask_again(question, by=business.admin)
        assert reminded(session, ReminderKind.QUESTION, question.id) == before

    def test_done_says_that_it_is_answered_and_can_be_taken_back(self, session, question, business):
        session.flush()
        reminder = session.scalars(select(Reminder).where(Reminder.kind == ReminderKind.QUESTION)).one()
        reminders.complete(session, reminder, by=business.member)
        assert question.answered_at == clock.now()
        reminders.undo_complete(session, reminder, by=business.member)
        assert (question.answered_at, reminder.ended_at) == (None, None)

    def test_both_stand_on_the_timeline(self, session, trial, question, business, clock_at):
        clock_at("2026-10-05 12:00")
        trial_work.answer(question, by=business.member, answered_at=clock.now(), words="The balm")
        assert told(session, trial) == ["", "asked", "answered"]

    def test_one_that_nobody_asked_goes_without_a_trace(self, session, trial, question, business):
        trial_work.drop_question(question, by=business.member)
        assert told(session, trial) == [""]
        assert ended(session, ReminderKind.QUESTION, question.id) == []

    def test_an_answered_one_stays(self, question, business):
        trial_work.answer(question, by=business.member, answered_at=clock.now())
        with pytest.raises(Refused):
            trial_work.drop_question(question, by=business.member)
        with pytest.raises(Refused):
            trial_work.answer(question, by=business.member, answered_at=clock.now())

    def test_no_answer_comes_before_its_question_or_after_now(self, question, business):
        for at in (clock.now() - timedelta(minutes=1), clock.now() + timedelta(minutes=1)):
            with pytest.raises(Refused) as refused:
                trial_work.answer(question, by=business.member, answered_at=at)
            assert refused.value.field == "answered_on"

    def test_a_question_is_not_still_to_come(self, trial, business):
        with pytest.raises(Refused):
            trial_work.ask(trial, by=business.member, body="x", asked_at=clock.now() + timedelta(minutes=1))
        with pytest.raises(Refused):
            trial_work.ask(trial, by=business.member, body="", asked_at=clock.now())

    def test_once_decided_nobody_is_reminded(self, session, trial, question, business):
        trials.decide(trial, by=business.member, outcome=TrialOutcome.CALLED_OFF)
        assert reminded(session, ReminderKind.QUESTION, question.id) == []


class TestConditions:
    @pytest.fixture
    def conditions(self, session, trial):
        rows = [TrialCondition(brief_id=trial.brief_id, what=what) for what in ("Our words", "Two pages")]
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]

    def known(self, session, trial):
        rows = session.scalars(select(TrialCheck).where(TrialCheck.trial_id == trial.id))
        return {row.condition_id: row.is_met for row in rows}

    def test_met_not_met_and_not_looked_at(self, session, trial, business, conditions):
        first, second = conditions
        trial_work.check(trial, by=business.member, met={first: True, second: False})
        assert self.known(session, trial) == {first: True, second: False}
        trial_work.check(trial, by=business.admin, met={second: None})
        assert self.known(session, trial) == {first: True}
        trial_work.check(trial, by=business.admin, met={first: None})
        assert (self.known(session, trial), told(session, trial)) == ({}, [""])

    def test_one_line_on_the_timeline_says_how_they_stand(self, session, trial, business, conditions):
        first, second = conditions
        trial_work.check(trial, by=business.member, met={first: False})
        trial_work.check(trial, by=business.member, met={first: False, second: True})
        entry = session.scalars(select(TimelineEntry).where(TimelineEntry.step == "checked")).one()
        assert (entry.facts["met"], entry.facts["of"], entry.facts["unmet"]) == (1, 2, ["Our words"])

    def test_another_briefs_are_refused(self, session, trial, vendor, business, conditions):
        other = trials.start(vendor, by=business.member, terms=TrialTerms("Another page", DUE))
        with pytest.raises(Refused):
            trial_work.check(other, by=business.member, met={conditions[0]: True})


class TestWhatCame:
    def test_a_link_and_a_line(self, session, trial, business):
        link = trial_work.add_deliverable(trial, by=business.member, on=TODAY, url="bluebell.example/pages")
        line = trial_work.add_deliverable(trial, by=business.member, on=TODAY, what="In the shared folder")
        assert (link.url, line.what) == ("https://bluebell.example/pages", "In the shared folder")
        assert told(session, trial) == ["", "came", "came"]

    @pytest.mark.parametrize(
        ("what", "url", "box"), [("", "", "what"), ("", "javascript:alert(1)", "url"), ("x" * 501, "", "what")]
    )
    def test_it_is_something_and_nothing_dangerous(self, trial, business, what, url, box):
        with pytest.raises(Refused) as refused:
            trial_work.add_deliverable(trial, by=business.member, on=TODAY, what=what, url=url)
        assert refused.value.field == box

    def test_a_file_is_one_of_the_vendors(self, session, trial, business, tmp_path):
        row = trial_work.add_file(
            trial, by=business.member, on=TODAY, content=io.BytesIO(b"%PDF-1.7 pages"), name="pages", folder=tmp_path
        )
        file = session.get_one(Attachment, row.attachment_id)
        assert (file.vendor_id, row.what) == (trial.vendor_id, "pages.pdf")
        attachments.delete_file(file, by=business.owner, folder=tmp_path)
        session.flush()
        session.refresh(row)
        assert (row.attachment_id, row.what) == (None, "pages.pdf")

    def test_a_file_that_is_not_taken_keeps_nothing(self, trial, business, tmp_path):
        with pytest.raises(Refused) as refused:
            trial_work.add_file(
                trial, by=business.member, on=TODAY, content=io.BytesIO(b"\x7fELF\x00"), name="run.pdf", folder=tmp_path
            )
        assert refused.value.field == "file"

    def test_taken_away_its_file_stays(self, session, trial, business, tmp_path):
        row = trial_work.add_file(
            trial, by=business.member, on=TODAY, content=io.BytesIO(b"%PDF-1.7"), name="pages.pdf", folder=tmp_path
        )
        trial_work.drop_deliverable(row)
        assert session.scalars(select(Attachment.name)).all() == ["pages.pdf"]
        assert told(session, trial) == [""]


def test_notice_and_promises_are_taken_back_by_themselves(trial, business):
    notice = trial_work.note_notice(trial, by=business.member)
    promised = trial_work.say_promised(trial, by=business.member, gave_promised=False)
    assert (trial.gave_notice, trial.gave_promised) == (True, False)
    assert trial_work.note_notice(trial, by=business.member) is None
    trials.take_back(trial, by=business.member, step=notice)
    trials.take_back(trial, by=business.member, step=promised)
    assert (trial.gave_notice, trial.gave_promised) == (False, None)


def test_what_we_share_can_be_said_after_all_is_over(session, trial, business):
    trials.decide(trial, by=business.member, outcome=TrialOutcome.PASSED)
    version = trial.version
    trial_work.put_words(trial, by=business.member, version=version, shared="Soap", to_explain="Refills")
    assert (trial.shared, trial.to_explain) == ("Soap", "Refills")
    with pytest.raises(Stale):
        trial_work.put_words(trial, by=business.admin, version=version, shared="", to_explain="")


def test_a_move_whose_trial_task_came_to_something_cannot_be_undone(session, business):
    vendor = vendors.add(session, by=business.member, name="Halyard Sound")
    move = stages.move(vendor, by=business.member, to=Stage.TRIAL, trial=TrialTerms("One jingle", DUE))
    [trial] = trials.open_trials(session, vendor)
    question = trial_work.ask(trial, by=business.member, body="How long?", asked_at=clock.now())
    with pytest.raises(Refused):
        stages.undo(move, by=business.member)
    trial_work.drop_question(question, by=business.member)
    stages.undo(move, by=business.member)
    assert vendor.stage is Stage.PROSPECT


def test_what_is_over_is_not_acted_on(trial, business):
    step = trial_work.deliver(trial, by=business.member, on=TODAY)
    trials.decide(trial, by=business.member, outcome=TrialOutcome.FAILED)
    acts = (
        lambda: trial_work.send_back(trial, by=business.member, due_on=LATER, what="x"),
        lambda: trial_work.note_notice(trial, by=business.member),
        lambda: trial_work.say_promised(trial, by=business.member, gave_promised=True),
        lambda: trial_work.ask(trial, by=business.member, body="x", asked_at=clock.now()),
        lambda: trial_work.check(trial, by=business.member, met={}),
        lambda: trials.take_back(trial, by=business.member, step=step),
    )
    for act in acts:
        with pytest.raises(Refused):
            act()


def test_a_stranger_finds_nothing(session, inside, trial, business):
    question = trial_work.ask(trial, by=business.member, body="How long?", asked_at=clock.now()).id
    piece = trial_work.add_deliverable(trial, by=business.member, on=TODAY, what="Here").id
    session.commit()
    with inside(business.stranger) as elsewhere:
        for find, number in ((trial_work.find_question, question), (trial_work.find_deliverable, piece)):
            with pytest.raises(Missing):
                find(elsewhere, number)
