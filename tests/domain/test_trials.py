"""Trial tasks: given, given another day, decided, and opened again."""

from __future__ import annotations

from datetime import date

import pytest

from crm.core.errors import Missing, Refused, Stale
from crm.domain import trials, vendors
from crm.domain.trials import TrialTerms
from crm.models.enums import ReminderKind, TimelineKind, TrialOutcome
from crm.models.log import TimelineEntry

DUE = date(2026, 10, 12)


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
def trial(vendor, business):
    return trials.start(vendor, by=business.member, terms=TrialTerms("Rewrite one page", DUE))


def test_its_day_is_something_to_be_in_touch_about(vendor, trial):
    assert (vendor.due_on, vendor.due_kind, vendor.due_subject_id) == (DUE, ReminderKind.TRIAL, trial.id)


@pytest.mark.parametrize(
    ("what", "due_on", "box"),
    [
        ("", DUE, "what"),
        ("Rewrite one page", None, "due_on"),
        ("Rewrite one page", date(2026, 10, 4), "due_on"),
        ("Rewrite one page", date.max, "due_on"),
    ],
)
def test_it_needs_a_task_and_a_day_from_today_on(vendor, business, what, due_on, box):
    with pytest.raises(Refused) as refused:
        trials.start(vendor, by=business.member, terms=TrialTerms(what, due_on))
    assert refused.value.field == box


def test_another_day_keeps_the_one_first_agreed_on(vendor, trial, business):
    trials.change_due(trial, by=business.member, due_on=date(2026, 10, 15), version=trial.version)
    trials.change_due(trial, by=business.member, due_on=date(2026, 10, 16), version=trial.version)
    assert (trial.due_on, trial.original_due_on) == (date(2026, 10, 16), DUE)
    assert vendor.due_on == date(2026, 10, 16)


def test_the_second_to_change_the_day_is_told(trial, business):
    version = trial.version
    trials.change_due(trial, by=business.member, due_on=date(2026, 10, 15), version=version)
    with pytest.raises(Stale):
        trials.change_due(trial, by=business.admin, due_on=date(2026, 10, 20), version=version)


def test_an_outcome_ends_it_and_can_be_taken_back(session, vendor, trial, business):
    trials.decide(trial, by=business.member, outcome=TrialOutcome.PASSED, note="Used as it came")
    assert (trial.outcome, trial.outcome_note, trial.ended_on) == (
        TrialOutcome.PASSED,
        "Used as it came",
        date(2026, 10, 5),
    )
    assert vendor.due_kind is ReminderKind.TOUCH

    trials.reopen(trial, by=business.member)
    assert (trial.outcome, vendor.due_kind) == (None, ReminderKind.TRIAL)
    with pytest.raises(Refused):
        trials.reopen(trial, by=business.member)


def test_what_has_its_outcome_is_not_changed(trial, business):
    trials.decide(trial, by=business.member, outcome=TrialOutcome.FAILED)
    with pytest.raises(Refused):
        trials.decide(trial, by=business.member, outcome=TrialOutcome.PASSED)
    with pytest.raises(Refused):
        trials.change_due(trial, by=business.member, due_on=date(2026, 10, 15), version=trial.version)


def test_each_step_stands_in_the_timeline(session, trial, business):
    trials.change_due(trial, by=business.member, due_on=date(2026, 10, 15), version=trial.version)
    trials.decide(trial, by=business.member, outcome=TrialOutcome.PASSED)
    session.flush()
    entries = session.query(TimelineEntry).filter(TimelineEntry.kind == TimelineKind.TRIAL)
    told = [
        {name: value for name, value in entry.facts.items() if name not in ("was", "now")}
        for entry in entries.order_by(TimelineEntry.id)
    ]
    assert told == [
        {"what": "Rewrite one page", "due": "2026-10-12"},
        {"what": "Rewrite one page", "sort": "other_day", "due": "2026-10-15", "before": "2026-10-12"},
        {"what": "Rewrite one page", "outcome": "passed"},
    ]


def test_a_stranger_finds_nothing(inside, business, engine, vendor, trial, session):
    number = trial.id
    session.commit()
    with inside(business.stranger) as elsewhere, pytest.raises(Missing):
        trials.find(elsewhere, number)
