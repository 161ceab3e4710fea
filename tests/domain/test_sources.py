"""Which sources bring good vendors."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from crm.domain import sources, stages, trials, vendors
from crm.domain.sources import Order, Share, Source
from crm.domain.trials import TrialTerms
from crm.models.enums import Stage, TrialOutcome
from crm.models.stages import StageMove

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def grown(inside, business, clock_at):
    """grown("Fair", stage, days ago, …) adds a vendor and moves it on so many days ago; returns its id."""

    def at(days_ago: int) -> None:
        clock_at(f"{date(2026, 10, 5) - timedelta(days=days_ago)} 09:00")

    numbers = count(1)

    def grow(source: str, *path: tuple[Stage, int], outcome: TrialOutcome | None = None, **fields: object) -> int:
        at(path[0][1] if path else 0)
        stage = path[0][0] if path else Stage.PROSPECT
        first = stage if stage in vendors.STAGES_TO_ADD_IN else Stage.PROSPECT
        with inside(business) as session:
            vendor = vendors.add(
                session, by=business.owner, name=f"Vendor {next(numbers)}", source=source, stage=first, **fields
            )
        for to, days_ago in path:
            at(days_ago)
            with inside(business) as session:
                found = stages.find_vendor(session, vendor.id)
                if to is not found.stage:
                    task = TrialTerms(what="A sample", due_on=date(2026, 12, 1)) if to is Stage.TRIAL else None
                    stages.move(found, by=business.owner, to=to, why="Agreed", trial=task)
                if to is Stage.TRIAL and outcome is not None:
                    [trial] = trials.open_trials(session, found)
                    trials.decide(trial, by=business.owner, outcome=outcome)
        at(0)
        return vendor.id

    return grow


@pytest.fixture
def figures(inside, business):
    """figures() is every source by its key; ``figures.unknown`` how many say none."""

    def read() -> dict[str, Source]:
        with inside(business) as session:
            found, read.unknown = sources.figures(session, date(2026, 10, 5))
        return {source.key: source for source in found}

    return read


def test_spellings_of_one_source_are_one(grown, figures) -> None:
    for spelling in ("Trade fair", "trade  FAIR ", "Trade Fair", "Trade fair"):
        grown(spelling)
    grown("Search")
    grown("")
    found = figures()
    assert {key: (source.name, source.vendors) for key, source in found.items()} == {
        "trade fair": ("Trade fair", 4),
        "search": ("Search", 1),
    }
    assert figures.unknown == 1


def test_whoever_was_recommended_counts_as_referred_and_by_their_source(grown, figures) -> None:
    grown("Trade fair", referred_by="Ana Petrov")
    grown("", referred_by="Vendor 1")
    grown("Referred")
    found = figures()
    assert {key: source.vendors for key, source in found.items()} == {"trade fair": 1, "referred": 3}
    assert figures.unknown == 0


def test_passed_is_of_those_whose_trial_task_had_a_verdict(grown, figures) -> None:
    for outcome in (TrialOutcome.PASSED, TrialOutcome.PASSED, TrialOutcome.FAILED, TrialOutcome.CALLED_OFF, None):
        grown("Fair", (Stage.TRIAL, 30), outcome=outcome)
    grown("Fair")
    fair = figures()["fair"]
    assert (fair.vendors, fair.tried, fair.passed, fair.passed.percent) == (6, 5, Share(2, 3), 67)


def test_kept_is_of_those_who_became_active_more_than_half_a_year_ago(grown, figures) -> None:
    grown("Fair", (Stage.ACTIVE, 183))
    grown("Fair", (Stage.ACTIVE, 400), (Stage.ENDED, 217))
    grown("Fair", (Stage.ACTIVE, 400), (Stage.ENDED, 218))
    grown("Fair", (Stage.ACTIVE, 400), (Stage.NOT_A_FIT, 310), (Stage.ACTIVE, 93))
    grown("Fair", (Stage.ACTIVE, 182))
    grown("Fair", (Stage.ACTIVE, 10))
    grown("Fair", (Stage.PROSPECT, 400))
    assert figures()["fair"].kept == Share(3, 4)


def test_a_move_that_was_taken_back_was_never_made(grown, figures, inside, business) -> None:
    vendor_id = grown("Fair", (Stage.ACTIVE, 200), (Stage.ENDED, 190))
    assert figures()["fair"].kept == Share(0, 1)
    with inside(business) as session:
        vendor = stages.find_vendor(session, vendor_id)
        [move] = session.scalars(select(StageMove).where(StageMove.vendor_id == vendor.id))
        stages.undo(move, by=business.owner)
    assert figures()["fair"].kept == Share(1, 1)


def test_no_share_is_told_of_fewer_than_three() -> None:
    assert [Share(1, of).percent for of in range(1, 5)] == [None, None, 33, 25]
    assert [Share(1, 3).is_told, Share(0, 2).is_told] == [True, False]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)), max_size=8))
def test_every_order_keeps_every_source_and_puts_what_is_not_told_last(counts: list[tuple[int, int, int]]) -> None:
    found = [
        Source(f"s{place}", f"S{place}", of, tried, Share(min(some, of), of), Share(min(tried, of), of))
        for place, (of, tried, some) in enumerate(counts)
    ]
    for order in Order:
        assert sorted(sources.ordered(found, order), key=repr) == sorted(found, key=repr)
    told = [source.kept.is_told for source in sources.ordered(found, Order.KEPT)]
    assert told == sorted(told, reverse=True)


def test_another_business_is_not_counted(grown, figures, inside, business) -> None:
    grown("Fair")
    with inside(business.stranger) as session:
        vendors.add(session, by=business.stranger, name="Theirs", source="Fair")
    assert figures()["fair"].vendors == 1
