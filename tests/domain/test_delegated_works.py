"""Work that is handed to a vendor: each act, what it leaves behind, and that it can be taken back."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from crm.core.errors import Refused, Stale
from crm.domain import decision_areas, delegated_works, interactions, touches, vendors
from crm.domain.decision_areas import Agreement
from crm.domain.delegated_works import Verdict, Wanted
from crm.models.delegated_works import DelegatedWork
from crm.models.enums import InteractionKind, Level, ReminderEnd, ReminderKind, Side, TimelineKind, WorkOutcome
from crm.models.log import Interaction, TimelineEntry
from crm.models.reminders import Reminder
from crm.queries import interaction_areas

TODAY = date(2026, 10, 5)
DUE = date(2026, 10, 12)
LATE = date(2026, 10, 15)


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def session(inside, business):
    with inside(business) as session:
        yield session


@pytest.fixture
def vendor(session, business):
    return vendors.add(session, by=business.member, name="Bluebell Words")


@pytest.fixture
def area(vendor, business):
    agreed = Agreement(name="Product pages")
    return decision_areas.hand_over(vendor, by=business.member, level=Level.AGREE, agreed=agreed)


@pytest.fixture
def work(vendor, area, business):
    wanted = Wanted("The autumn guide", "Twelve pages, **in our voice**.", area.id)
    return delegated_works.hand_out(vendor, by=business.member, wanted=wanted, due_on=DUE, asked_on=TODAY)


def timeline_of(session, work):
    statement = select(TimelineEntry).where(
        TimelineEntry.kind == TimelineKind.WORK, TimelineEntry.subject_id == work.id
    )
    return session.scalars(statement.order_by(TimelineEntry.id)).all()


STATE = (
    "title", "asked", "area_id", "due_on", "delivered_on", "redelivered_on", "waits", "rounds", "outcome",
    "decided_on", "gave_promised", "our_minutes", "vendor_minutes", "cost_amount", "cost_currency", "rating", "remark",
)  # fmt: skip
"""What acts change, and taking one back restores."""


def state_of(work):
    return {name: getattr(work, name) for name in STATE}


def open_reminders(session, work):
    statement = select(Reminder).where(
        Reminder.kind == ReminderKind.WORK, Reminder.subject_id == work.id, Reminder.ended_at.is_(None)
    )
    return session.scalars(statement).all()


def test_what_was_asked_and_the_day_stand_on_the_timeline(session, work):
    [entry] = timeline_of(session, work)
    assert (entry.happened_on, entry.body) == (TODAY, "Twelve pages, **in our voice**.")
    assert entry.facts == {"what": "The autumn guide", "due": "2026-10-12"}


@pytest.mark.parametrize(
    ("wanted", "asked_on", "due_on", "box"),
    [
        (Wanted(""), TODAY, DUE, "title"),
        (Wanted("x" * 201), TODAY, DUE, "title"),
        (Wanted("Guide", area_id=4_000), TODAY, DUE, "area_id"),
        (Wanted("Guide"), date(2026, 10, 6), DUE, "asked_on"),
        (Wanted("Guide"), TODAY, date(2026, 10, 4), "due_on"),
        (Wanted("Guide"), TODAY, date.max, "due_on"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_box(vendor, business, wanted, asked_on, due_on, box):
    with pytest.raises(Refused) as refused:
        delegated_works.hand_out(vendor, by=business.member, wanted=wanted, due_on=due_on, asked_on=asked_on)
    assert refused.value.field == box


def test_another_vendors_area_or_a_closed_one_cannot_be_named(session, vendor, area, business):
    other = vendors.add(session, by=business.member, name="Dunlin Paper")
    theirs = decision_areas.hand_over(other, by=business.member, level=Level.TELL, agreed=Agreement(name="Paper"))
    decision_areas.close(area, by=business.member)
    for area_id in (theirs.id, area.id):
        with pytest.raises(Refused):
            delegated_works.hand_out(
                vendor, by=business.member, wanted=Wanted("Guide", "", area_id), due_on=DUE, asked_on=TODAY
            )


def test_work_keeps_an_area_that_was_closed_since(work, area, business):
    decision_areas.close(area, by=business.member)
    delegated_works.change(work, by=business.member, version=1, wanted=Wanted("The winter guide", "", area.id))
    assert (work.title, work.area_id) == ("The winter guide", area.id)


def test_it_is_late_on_the_day_after_its_day(session, work):
    assert [row.due_on for row in open_reminders(session, work)] == [date(2026, 10, 13)]


def test_another_day_moves_the_reminder_and_keeps_the_day_first_agreed_on(session, work, business):
    delegated_works.agree_day(work, by=business.member, due_on=LATE, version=1)
    delegated_works.agree_day(work, by=business.admin, due_on=date(2026, 10, 20), version=2)
    assert (work.original_due_on, work.due_on) == (DUE, date(2026, 10, 20))
    assert [row.due_on for row in open_reminders(session, work)] == [date(2026, 10, 21)]
    first, second = timeline_of(session, work)[1:]
    assert (first.facts["before"], first.facts["due"], first.author_id) == (
        "2026-10-12",
        "2026-10-15",
        business.member.user_id,
    )
    assert (second.facts["before"], second.facts["due"], second.author_id) == (
        "2026-10-15",
        "2026-10-20",
        business.admin.user_id,
    )


def test_agreeing_on_the_same_day_is_no_step(session, work, business):
    assert delegated_works.agree_day(work, by=business.member, due_on=DUE, version=1) is None
    assert (work.version, len(timeline_of(session, work))) == (1, 1)


def test_the_second_to_change_it_is_told(work, business):
    delegated_works.change(work, by=business.member, version=1, wanted=Wanted("The winter guide"))
    with pytest.raises(Stale):
        delegated_works.change(work, by=business.admin, version=1, wanted=Wanted("The spring guide"))
    with pytest.raises(Stale):
        delegated_works.agree_day(work, by=business.admin, due_on=LATE, version=1)


def test_a_delivery_ends_the_reminder_for_everyone_as_done(session, work, business):
    [reminder] = open_reminders(session, work)
    delegated_works.deliver(work, by=business.member, on=TODAY)
    assert (work.delivered_on, work.waits) == (TODAY, False)
    assert (reminder.ended_how, reminder.ended_by) == (ReminderEnd.DONE, business.member.user_id)
    assert not open_reminders(session, work)


def test_a_delivery_is_contact_that_names_its_area_and_has_one_line_on_the_timeline(
    session, vendor, work, area, business
):
    delegated_works.deliver(work, by=business.member, on=TODAY)
    [talk] = session.scalars(select(Interaction).where(Interaction.vendor_id == vendor.id)).all()
    assert (talk.kind, talk.initiated_by, talk.occurred_on) == (InteractionKind.DELIVERY, Side.THEM, TODAY)
    assert vendor.last_contact_on == TODAY
    assert interaction_areas.ids_of(session, [talk.id]) == {talk.id: [area.id]}
    kinds = session.scalars(select(TimelineEntry.kind).where(TimelineEntry.vendor_id == vendor.id)).all()
    assert TimelineKind.INTERACTION not in kinds


def test_a_taken_back_delivery_is_no_contact_either(session, vendor, work, business):
    step = delegated_works.deliver(work, by=business.member, on=TODAY)
    delegated_works.take_back(work, by=business.member, step=step)
    assert (work.delivered_on, work.waits, vendor.last_contact_on) == (None, True, None)
    assert [row.due_on for row in open_reminders(session, work)] == [date(2026, 10, 13)]
    assert all(row.deleted_at for row in session.scalars(select(Interaction)))


def test_a_delivery_whose_conversation_was_deleted_can_be_taken_back_all_the_same(session, work, business):
    step = delegated_works.deliver(work, by=business.member, on=TODAY)
    interactions.delete(session.scalars(select(Interaction)).one(), by=business.member)
    delegated_works.take_back(work, by=business.member, step=step)
    assert work.waits


@pytest.mark.parametrize("day", [date(2026, 10, 6), date(2026, 10, 4)])
def test_it_comes_neither_tomorrow_nor_before_it_was_asked_for(work, business, day):
    with pytest.raises(Refused) as refused:
        delegated_works.deliver(work, by=business.member, on=day)
    assert refused.value.field == "delivered_on"


def test_a_round_of_changes_keeps_the_first_delivery_and_is_late_by_its_own_day(session, work, business, clock_at):
    delegated_works.deliver(work, by=business.member, on=TODAY)
    delegated_works.send_back(work, by=business.member, due_on=LATE, what="The tone of page 3")
    assert (work.rounds, work.waits, work.due_on, work.original_due_on) == (1, True, LATE, DUE)
    assert [row.due_on for row in open_reminders(session, work)] == [date(2026, 10, 16)]
    clock_at("2026-10-14 09:00")
    delegated_works.deliver(work, by=business.member, on=date(2026, 10, 14))
    assert (work.delivered_on, work.redelivered_on, work.waits) == (TODAY, date(2026, 10, 14), False)


def test_only_what_came_is_sent_back_with_words_and_a_day_to_come(work, business):
    with pytest.raises(Refused):
        delegated_works.send_back(work, by=business.member, due_on=LATE, what="The tone")
    delegated_works.deliver(work, by=business.member, on=TODAY)
    for due_on, what, box in ((LATE, "", "what"), (date(2026, 10, 4), "The tone", "due_on")):
        with pytest.raises(Refused) as refused:
            delegated_works.send_back(work, by=business.member, due_on=due_on, what=what)
        assert refused.value.field == box


def test_what_is_said_when_it_is_accepted_is_kept(session, vendor, work, business):
    delegated_works.deliver(work, by=business.member, on=TODAY)
    said = Verdict("Used as it came", 5, 20, 240, 45_000, "GBP", gave_promised=True)
    delegated_works.accept(work, by=business.member, verdict=said)
    assert (work.outcome, work.decided_on, work.rating, work.our_minutes) == (WorkOutcome.ACCEPTED, TODAY, 5, 20)
    assert (work.vendor_minutes, work.cost_amount, work.cost_currency, work.gave_promised) == (240, 45_000, "GBP", True)
    assert timeline_of(session, work)[-1].body == "Used as it came"


def test_accepting_needs_a_delivery_which_may_be_said_at_once(session, work, business):
    with pytest.raises(Refused) as refused:
        delegated_works.accept(work, by=business.member, verdict=Verdict())
    assert refused.value.field == "delivered_on"
    before = state_of(work)
    step = delegated_works.accept(work, by=business.member, verdict=Verdict(), delivered_on=TODAY)
    assert (work.outcome, work.delivered_on, work.waits) == (WorkOutcome.ACCEPTED, TODAY, False)
    delegated_works.take_back(work, by=business.member, step=step)
    assert state_of(work) == before
    assert all(row.deleted_at for row in session.scalars(select(Interaction)))


@pytest.mark.parametrize(
    ("said", "box"),
    [
        (Verdict(rating=0), "rating"),
        (Verdict(rating=6), "rating"),
        (Verdict(our_minutes=-1), "our_minutes"),
        (Verdict(vendor_minutes=60_001), "vendor_minutes"),
        (Verdict(cost_amount=-1, cost_currency="GBP"), "cost_amount"),
        (Verdict(cost_amount=1, cost_currency="XXX1"), "cost_currency"),
        (Verdict(remark="x" * 100_001), "remark"),
    ],
)
def test_a_verdict_that_makes_no_sense_is_refused_beside_its_box(work, business, said, box):
    with pytest.raises(Refused) as refused:
        delegated_works.accept(work, by=business.member, verdict=said, delivered_on=TODAY)
    assert refused.value.field == box
    assert work.outcome is None


def test_a_rejection_says_why(session, vendor, work, business):
    with pytest.raises(Refused) as refused:
        delegated_works.reject(work, by=business.member, verdict=Verdict(), delivered_on=TODAY)
    assert refused.value.field == "remark"
    said = Verdict("Half of it is missing", gave_promised=False)
    delegated_works.reject(work, by=business.member, verdict=said, delivered_on=TODAY)
    assert (work.outcome, work.gave_promised) == (WorkOutcome.REJECTED, False)


def test_what_is_called_off_is_nobodys_fault(session, vendor, work, business):
    delegated_works.call_off(work, by=business.member, why="The fair is cancelled")
    assert work.outcome is WorkOutcome.CALLED_OFF
    assert not open_reminders(session, work)


def test_what_is_over_is_over(work, business):
    delegated_works.call_off(work, by=business.member)
    for act in (
        lambda: delegated_works.deliver(work, by=business.member, on=TODAY),
        lambda: delegated_works.agree_day(work, by=business.member, due_on=LATE, version=work.version),
        lambda: delegated_works.accept(work, by=business.member, verdict=Verdict()),
        lambda: delegated_works.call_off(work, by=business.member),
    ):
        with pytest.raises(Refused):
            act()


def test_it_can_come_only_once_until_it_is_sent_back(work, business):
    delegated_works.deliver(work, by=business.member, on=TODAY)
    with pytest.raises(Refused):
        delegated_works.deliver(work, by=business.member, on=TODAY)
    with pytest.raises(Refused):
        delegated_works.agree_day(work, by=business.member, due_on=LATE, version=work.version)


def test_undo_pressed_twice_takes_one_step_back(work, business):
    delegated_works.deliver(work, by=business.member, on=TODAY)
    step = delegated_works.accept(work, by=business.member, verdict=Verdict(rating=4))
    delegated_works.take_back(work, by=business.member, step=step)
    with pytest.raises(Refused):
        delegated_works.take_back(work, by=business.member, step=step)
    assert (work.outcome, work.delivered_on) == (None, TODAY)


def test_only_the_latest_step_can_be_taken_back(work, business):
    came = delegated_works.deliver(work, by=business.member, on=TODAY)
    delegated_works.accept(work, by=business.member, verdict=Verdict())
    with pytest.raises(Refused):
        delegated_works.take_back(work, by=business.member, step=came)
    with pytest.raises(Refused):
        delegated_works.take_back_delivery(work, by=business.member)


def test_what_was_handed_out_by_mistake_leaves_no_trace(session, vendor, work):
    delegated_works.withdraw(work)
    session.flush()
    assert session.scalars(select(DelegatedWork)).all() == []
    assert not session.scalars(select(TimelineEntry).where(TimelineEntry.kind == TimelineKind.WORK)).all()
    assert not session.scalars(select(Reminder).where(Reminder.kind == ReminderKind.WORK)).all()


def test_what_has_come_is_not_withdrawn(work, business):
    delegated_works.deliver(work, by=business.member, on=TODAY)
    with pytest.raises(Refused):
        delegated_works.withdraw(work)


def _acts(business):
    """Each act as a program would press it, whatever the work is like at that moment."""
    by = business.member
    return {
        "change": lambda work: delegated_works.change(
            work, by=by, version=work.version, wanted=Wanted(f"{work.title}!"[:200], work.asked, work.area_id)
        ),
        "day": lambda work: delegated_works.agree_day(work, by=by, due_on=LATE, version=work.version),
        "deliver": lambda work: delegated_works.deliver(work, by=by, on=TODAY),
        "send back": lambda work: delegated_works.send_back(work, by=by, due_on=LATE, what="More"),
        "accept": lambda work: delegated_works.accept(work, by=by, verdict=Verdict(rating=4), delivered_on=TODAY),
        "reject": lambda work: delegated_works.reject(work, by=by, verdict=Verdict("No"), delivered_on=TODAY),
        "call off": lambda work: delegated_works.call_off(work, by=by),
    }


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(
        st.sampled_from(["change", "day", "deliver", "send back", "accept", "reject", "call off"]), max_size=7
    )
)
def test_whatever_happened_can_be_taken_back_step_by_step_to_the_beginning(session, vendor, business, names):
    work = delegated_works.hand_out(vendor, by=business.member, wanted=Wanted("Guide"), due_on=DUE, asked_on=TODAY)
    acts = _acts(business)
    states = []
    for name in names:
        before = state_of(work)
        try:
            step = acts[name](work)
        except Refused:
            assert state_of(work) == before, "a refused act changed something"
            continue
        if step is not None:
            states.append((step, before))
    for step, before in reversed(states):
        assert delegated_works.latest_step(work) == step
        delegated_works.take_back(work, by=business.member, step=step)
        assert state_of(work) == before
    assert delegated_works.latest_step(work) is None
    stored = touches.expected(session, [vendor])[0]
    assert (vendor.due_on, vendor.last_contact_on) == (stored.due_on, stored.last_contact_on)
    delegated_works.withdraw(work)
