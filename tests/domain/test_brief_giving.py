"""A brief goes to vendors: to several at once, by a letter or by hand, each of them once, and back again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select

from crm.core import limits
from crm.core.errors import Forbidden, Missing, Refused
from crm.domain import (
    brief_giving,
    interactions,
    needs,
    parkings,
    people,
    stages,
    touches,
    trial_briefs,
    trials,
    vendor_letters,
    vendors,
)
from crm.domain.needs import NeedTerms
from crm.domain.trial_briefs import BriefTerms, Condition
from crm.domain.vendor_letters import Recipient
from crm.models.enums import (
    InteractionKind,
    MailState,
    NeedStatus,
    ParkingReason,
    ReminderKind,
    SentHow,
    Stage,
    TrialOutcome,
)
from crm.models.log import Interaction
from crm.models.outbox import OutboxMessage
from crm.models.stages import Parking
from crm.models.trials import TrialBrief, TrialTask
from crm.models.workspaces import Workspace
from crm.queries import trial_briefs as reading

TODAY, DUE = date(2026, 10, 5), date(2026, 10, 19)
TERMS = BriefTerms(
    title="Three product pages",
    body="Rewrite the pages of the **balm**, the soap and the candle.",
    skill="Whether it sounds like us",
    deliverable="Three texts in one document",
    given="Our style sheet",
    paid_amount=12_000,
    paid_currency="GBP",
    hours=6,
    revision_rounds=1,
    conditions=(Condition("No invented facts"), Condition("Under 120 words each", is_must=False)),
)
LETTER = {"subject": "A small piece of work", "body": "Hi Ana,\n\nHere it is.\n\nMilo", "press": "one"}


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def session(inside, business):
    with inside(business) as session:
        session.get_one(Workspace, business.workspace.id).postal_address = "12 Fern Lane"
        yield session


@pytest.fixture
def need(session, business):
    return needs.add(session, by=business.member, terms=NeedTerms(outcome="Pages that sell"))


@pytest.fixture
def brief(session, business, need) -> TrialBrief:
    return trial_briefs.write(session, by=business.member, terms=replace(TERMS, need_id=need.id))


@pytest.fixture
def add(session, business):
    return lambda name, **more: vendors.add(session, by=business.member, name=name, **more)


@pytest.fixture
def ana(session, business, brief, add) -> tuple[TrialTask, Recipient]:
    """A vendor who has the brief, and whom a letter to them goes to."""
    vendor = add("Northlight Studio")
    person = people.add(vendor, by=business.member, name="Ana Ruiz", emails=["ana@northlight.example"])
    [trial] = brief_giving.give(brief, by=business.member, vendor_ids=[vendor.id], due_on=DUE).trials
    return trial, Recipient(person.id, person.name, "ana@northlight.example")


@pytest.fixture
def with_server(settings_with, smtp_sink):
    return settings_with(SMTP_URL=smtp_sink.url, MAIL_FROM="Good Terms <goodterms@crm.example.org>")


@pytest.fixture
def send(ana, business, with_server):
    """send(by=…, body=…) sends the brief to Ana."""
    trial, to = ana

    def write(**changes):
        return brief_giving.send(
            trial, **{"by": business.member, "settings": with_server, "to": to, **LETTER, **changes}
        )

    return write


def count(session, table) -> int:
    return session.scalar(select(func.count(table.id)))


# Giving it


def test_several_vendors_get_the_same_brief_and_whoever_stood_elsewhere_moves(session, business, brief, add):
    prospect, parked, trying = add("Bluebell Words"), add("Copper Lane Copy"), add("Inês Duarte")
    parkings.park(parked, by=business.member, reason=ParkingReason.NO_BUDGET, condition="More money")
    trying.stage = Stage.TRIAL
    given = brief_giving.give(
        brief, by=business.member, vendor_ids=[trying.id, prospect.id, parked.id, prospect.id], due_on=DUE
    )
    assert {trial.vendor_id for trial in given.trials} == {prospect.id, parked.id, trying.id}
    for vendor in (prospect, parked, trying):
        [trial] = trials.open_trials(session, vendor)
        assert (trial.brief_id, trial.what, trial.due_on, trial.original_due_on) == (brief.id, TERMS.title, DUE, DUE)
        assert (vendor.stage, trial.sent_on) == (Stage.TRIAL, None)
        assert (vendor.due_kind is ReminderKind.TRIAL) == (vendor.due_on == DUE)
    assert session.scalars(select(Parking.ended_on)).all() == [TODAY]


@pytest.mark.parametrize("status", list(NeedStatus))
def test_a_need_that_is_not_that_far_is_in_trial_from_now_on(business, brief, need, add, status):
    vendor = add("Bluebell Words")
    if status is not need.status:
        needs.move(need, by=business.member, to=status, filled_by_id=vendor.id)
    given = brief_giving.give(brief, by=business.member, vendor_ids=[vendor.id], due_on=DUE)
    earlier = status in (NeedStatus.IDEA, NeedStatus.DEFINED, NeedStatus.SOURCING)
    assert need.status is (NeedStatus.IN_TRIAL if earlier else status)
    assert (given.need_move is not None) == earlier


def test_who_has_it_is_left_out_and_named_and_the_others_get_it(session, business, brief, add):
    first, second = add("Bluebell Words"), add("Copper Lane Copy")
    brief_giving.give(brief, by=business.member, vendor_ids=[first.id], due_on=DUE)
    given = brief_giving.give(brief, by=business.member, vendor_ids=[first.id, second.id], due_on=DUE)
    assert ([trial.vendor_id for trial in given.trials], given.has_it) == ([second.id], ["Bluebell Words"])
    with pytest.raises(Refused, match="Bluebell Words has this brief already") as refused:
        brief_giving.give(brief, by=business.member, vendor_ids=[first.id], due_on=DUE)
    assert refused.value.field == "vendor_ids"
    assert count(session, TrialTask) == 2


def test_whoever_is_through_with_it_may_have_it_again(session, business, brief, add):
    vendor = add("Bluebell Words")
    [trial] = brief_giving.give(brief, by=business.member, vendor_ids=[vendor.id], due_on=DUE).trials
    trials.decide(trial, by=business.member, outcome=TrialOutcome.FAILED)
    assert brief_giving.give(brief, by=business.member, vendor_ids=[vendor.id], due_on=DUE).trials


@pytest.mark.parametrize(("due_on", "box"), [(None, "due_on"), (date(2026, 10, 4), "due_on"), (date.max, "due_on")])
def test_the_day_has_to_make_sense_and_nobody_moves_before_it_does(business, brief, add, due_on, box):
    vendor = add("Bluebell Words")
    with pytest.raises(Refused) as refused:
        brief_giving.give(brief, by=business.member, vendor_ids=[vendor.id], due_on=due_on)
    assert (refused.value.field, vendor.stage) == (box, Stage.PROSPECT)


def test_it_goes_to_somebody_and_to_no_stranger_and_to_no_crowd(business, brief, add):
    with pytest.raises(Refused, match="Choose who gets it"):
        brief_giving.give(brief, by=business.member, vendor_ids=[], due_on=DUE)
    with pytest.raises(Missing):
        brief_giving.give(brief, by=business.member, vendor_ids=[987_654], due_on=DUE)
    crowd = [add(f"Vendor {number}", despite_doubles=True).id for number in range(limits.TRIAL_VENDORS + 1)]
    with pytest.raises(Refused, match="20 at once"):
        brief_giving.give(brief, by=business.member, vendor_ids=crowd, due_on=DUE)
    assert len(brief_giving.give(brief, by=business.member, vendor_ids=crowd[1:], due_on=DUE).trials) == 20


# Taking it back


def test_taking_it_back_leaves_everything_as_it_was(session, business, brief, need, add):
    prospect, trying = add("Bluebell Words"), add("Inês Duarte")
    trying.stage = Stage.TRIAL
    touches.refresh(session, trying)
    before = (prospect.stage, prospect.due_on, prospect.due_kind, trying.due_on)
    given = brief_giving.give(brief, by=business.member, vendor_ids=[prospect.id, trying.id], due_on=DUE)
    ids = [trial.id for trial in given.trials]
    brief_giving.take_back(brief, by=business.member, trial_ids=ids, need_move_id=given.need_move.id)
    assert (prospect.stage, prospect.due_on, prospect.due_kind, trying.due_on) == before
    assert (count(session, TrialTask), need.status, trying.stage) == (0, NeedStatus.IDEA, Stage.TRIAL)
    assert trial_briefs.find(session, brief.id) is brief, "a brief that somebody wrote is kept"
    with pytest.raises(Refused, match="taken back already"):
        brief_giving.take_back(brief, by=business.member, trial_ids=ids, need_move_id=given.need_move.id)


def test_a_need_that_went_on_or_has_another_trial_stays(session, business, brief, need, add):
    first, second = add("Bluebell Words"), add("Copper Lane Copy")
    given = brief_giving.give(brief, by=business.member, vendor_ids=[first.id], due_on=DUE)
    brief_giving.give(brief, by=business.member, vendor_ids=[second.id], due_on=DUE)
    brief_giving.take_back(brief, by=business.member, trial_ids=[given.trials[0].id], need_move_id=given.need_move.id)
    assert need.status is NeedStatus.IN_TRIAL


@pytest.mark.parametrize("what", ["sent", "delivered", "decided"])
def test_what_has_gone_on_is_not_taken_back(session, business, brief, ana, what):
    trial, _to = ana
    if what == "sent":
        trial.sent_on = TODAY
    elif what == "delivered":
        trial.delivered_on = TODAY
    else:
        trials.decide(trial, by=business.member, outcome=TrialOutcome.PASSED)
    with pytest.raises(Refused, match="gone on since"):
        brief_giving.take_back(brief, by=business.member, trial_ids=[trial.id])
    assert count(session, TrialTask) == 1


def test_the_task_of_another_brief_is_not_taken_back_with_it(session, business, brief, ana):
    other = trial_briefs.write(session, by=business.member, terms=TERMS)
    with pytest.raises(Refused):
        brief_giving.take_back(other, by=business.member, trial_ids=[ana[0].id])
    assert count(session, TrialTask) == 1


def test_a_vendor_who_moved_again_keeps_the_task_closed(session, business, brief, ana):
    trial, _to = ana
    vendor = stages.find_vendor(session, trial.vendor_id)
    stages.move(vendor, by=business.member, to=Stage.ACTIVE, outcome=TrialOutcome.PASSED)
    with pytest.raises(Refused):
        brief_giving.take_back(brief, by=business.member, trial_ids=[trial.id])


# What the letter says


def test_the_letter_says_what_the_vendor_needs_and_keeps_our_own_thoughts(business):
    draft = brief_giving.draft(
        TERMS, to="Ana Ruiz", address="ana@northlight.example", due_on=DUE, sender="Milo", today=TODAY
    )
    assert draft.addresses == ("ana@northlight.example",)
    assert draft.subject == "A small piece of work: Three product pages"
    assert draft.body == (
        "Hi Ana,\n\n"
        "Here is the brief for a small piece of work: Three product pages.\n\n"
        "Rewrite the pages of the **balm**, the soap and the candle.\n\n"
        "What you hand over:\nThree texts in one document\n\n"
        "What it has to be:\n- No invented facts\n\n"
        "What would be even better:\n- Under 120 words each\n\n"
        "What you get from us:\nOur style sheet\n\n"
        "What we agree on:\n- We need it by Mon 19 Oct.\n- It should take about 6 hours.\n- We pay £120 for it.\n"
        "- One round of changes is part of it.\n\n"
        "If anything is unclear, ask: answer this letter, and we answer soon.\n\n"
        "Milo"
    )
    assert "sounds like us" not in draft.body


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"paid_amount": None}, "- It is paid; we settle the amount before you begin."),
        ({"paid_amount": 0, "unpaid_why": "They are new to it"}, "- It is unpaid."),
        ({"revision_rounds": 0}, "- We take it as it comes, without rounds of changes."),
        ({"revision_rounds": 2}, "- 2 rounds of changes are part of it."),
        ({"hours": 1}, "- It should take about 1 hour."),
    ],
)
def test_what_is_agreed_is_said_in_words(change, line):
    terms = replace(TERMS, **change)
    draft = brief_giving.draft(terms, to="Ana", address="", due_on=DUE, sender="Milo", today=TODAY)
    assert line in draft.body.splitlines()
    assert "new to it" not in draft.body


def test_the_subject_of_a_long_title_still_leaves(business):
    terms = replace(TERMS, title="x" * limits.LINE_LENGTH)
    draft = brief_giving.draft(terms, to="Ana", address="", due_on=DUE, sender="Milo", today=TODAY)
    assert len(draft.subject) == limits.SUBJECT_LENGTH


# Sending it


def test_a_letter_takes_it_to_the_vendor_and_the_task_knows(session, ana, send):
    letter = send()
    trial, to = ana
    assert (trial.sent_on, trial.sent_how, trial.letter_id) == (TODAY, SentHow.LETTER, letter.id)
    assert (letter.vendor_id, letter.recipient) == (trial.vendor_id, to.address)
    assert session.scalars(select(OutboxMessage.recipient)).all() == ["ana@northlight.example"]
    [holder] = reading.holders(session, trial.brief_id)
    assert (holder.is_sent, holder.wants_sending, holder.state) == (True, False, MailState.WAITING)


def test_pressing_twice_sends_once(session, send):
    assert send() is send() is send(press="two")
    assert (count(session, OutboxMessage), count(session, Interaction)) == (1, 1)


def test_a_colleague_who_is_slower_is_told_that_they_have_it(session, business, send):
    send()
    for changes in ({"by": business.owner}, {"body": "Other words"}):
        with pytest.raises(Refused, match="They have this brief already"):
            send(**changes)
    assert count(session, OutboxMessage) == 1


def test_taken_back_it_can_be_sent_anew(session, business, ana, send):
    send()
    trial, _to = ana
    brief_giving.take_sending_back(trial, by=business.member)
    assert (trial.sent_on, trial.sent_how, trial.letter_id) == (None, None, None)
    with pytest.raises(Refused, match="taken back already"):
        brief_giving.take_sending_back(trial, by=business.member)
    send(press="two")
    states = session.scalars(select(OutboxMessage.state).order_by(OutboxMessage.id)).all()
    assert states == [MailState.CANCELLED, MailState.WAITING]
    assert trial.sent_on == TODAY


def test_a_letter_taken_back_from_its_vendors_page_has_not_taken_the_brief_along(session, business, ana, send):
    letter = send()
    vendor_letters.take_back(letter, by=business.member)
    assert ana[0].sent_on is None


def test_a_letter_that_failed_has_not_reached_them(session, business, ana, send):
    letter = send()
    session.get_one(OutboxMessage, letter.message_id).state = MailState.FAILED
    session.flush()
    [holder] = reading.holders(session, ana[0].brief_id)
    assert (holder.is_sent, holder.wants_sending) == (False, True)
    assert send(body="To your other address") is not letter


def test_only_the_writer_takes_a_letter_back(business, ana, send):
    send()
    with pytest.raises(Missing):
        brief_giving.take_sending_back(ana[0], by=business.owner)


def test_who_only_reads_sends_nothing(session, business, ana, send):
    with pytest.raises(Forbidden):
        send(by=business.viewer)
    with pytest.raises(Forbidden):
        brief_giving.note_sent(ana[0], by=business.viewer, to=None, subject="", body="", keeps_copy=True)
    assert ana[0].sent_on is None


def test_it_was_sent_by_hand_with_a_copy_in_the_log_or_without(session, business, ana):
    trial, to = ana
    text = {"to": to, "subject": LETTER["subject"], "body": LETTER["body"]}
    assert brief_giving.note_sent(trial, by=business.member, keeps_copy=False, **text) is None
    assert (trial.sent_on, trial.sent_how, trial.letter_id) == (TODAY, SentHow.BY_HAND, None)
    with pytest.raises(Refused, match="They have this brief already"):
        brief_giving.note_sent(trial, by=business.member, keeps_copy=True, **text)
    assert count(session, Interaction) == 0
    brief_giving.take_sending_back(trial, by=business.member)
    copy = brief_giving.note_sent(trial, by=business.member, keeps_copy=True, **text)
    assert (copy.kind, copy.person_id) == (InteractionKind.EMAIL, to.person_id)
    brief_giving.take_sending_back(trial, by=business.member, copy_id=copy.id)
    assert (trial.sent_on, copy.deleted_at is not None) == (None, True)


def test_taking_it_back_deletes_no_other_entry_of_the_log(session, business, ana, add):
    trial, to = ana
    elsewhere = add("Copper Lane Copy")
    others = [
        interactions.log(elsewhere, by=business.member, kind=InteractionKind.EMAIL, occurred_on=TODAY),
        interactions.log(
            stages.find_vendor(session, trial.vendor_id),
            by=business.owner,
            kind=InteractionKind.EMAIL,
            occurred_on=TODAY,
        ),
    ]
    for other in others:
        brief_giving.note_sent(trial, by=business.member, to=to, subject="", body="x", keeps_copy=False)
        brief_giving.take_sending_back(trial, by=business.member, copy_id=other.id)
        assert other.deleted_at is None


def test_nothing_is_sent_for_a_task_that_is_over(business, ana, send):
    trial, to = ana
    trials.decide(trial, by=business.member, outcome=TrialOutcome.CALLED_OFF)
    with pytest.raises(Refused, match="outcome already"):
        send()
    with pytest.raises(Refused, match="outcome already"):
        brief_giving.note_sent(trial, by=business.member, to=to, subject="", body="", keeps_copy=False)


def test_whoever_asked_to_be_left_alone_gets_no_letter(session, ana, send):
    trial, _to = ana
    stages.find_vendor(session, trial.vendor_id).do_not_contact = True
    with pytest.raises(Refused, match="left alone"):
        send()
    assert (trial.sent_on, count(session, OutboxMessage)) == (None, 0)
