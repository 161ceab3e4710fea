"""What a business values: a ranking, must-haves, weights of its own."""

from __future__ import annotations

import pytest

from crm.core import limits
from crm.core.errors import Missing, Refused, Stale
from crm.domain import criteria, needs
from crm.domain.needs import NeedTerms


@pytest.fixture
def session(inside, business):
    with inside(business) as session:
        yield session


def names(session) -> list[str]:
    session.flush()
    return [row.name for row in criteria.ranked(session)]


BEGIN = ["Quality", "Turnaround", "Cost", "Communication", "Reliability", "Breadth"]


def test_a_new_business_begins_with_six(session):
    assert names(session) == BEGIN


def test_the_ranking_is_what_the_list_says(session):
    rows = criteria.ranked(session)
    criteria.rank(session, [row.id for row in reversed(rows)])
    assert names(session) == BEGIN[::-1]
    with pytest.raises(Refused):
        criteria.rank(session, [row.id for row in rows[1:]])
    with pytest.raises(Refused):
        criteria.rank(session, [rows[0].id] * len(rows))


def test_one_moves_a_step_at_a_time_and_stays_at_the_end(session):
    def move(steps):
        criteria.move(session, quality.id, steps=steps, began=[row.id for row in criteria.ranked(session)])

    [quality, *_] = criteria.ranked(session)
    move(1)
    assert names(session)[:2] == ["Turnaround", "Quality"]
    move(-1)
    move(-1)
    assert names(session) == BEGIN


def test_an_order_is_not_written_over_that_was_saved_since(session):
    began = [row.id for row in criteria.ranked(session)]
    mine, theirs = [*began[1:], began[0]], began[::-1]
    criteria.rank(session, theirs, began=began)
    criteria.rank(session, theirs, began=began)  # sent again
    for late in (
        lambda: criteria.rank(session, mine, began=began),
        lambda: criteria.move(session, began[0], steps=1, began=began),
    ):
        with pytest.raises(Stale):
            late()
    assert names(session) == BEGIN[::-1]
    criteria.rank(session, mine, began=theirs)
    assert names(session) == [*BEGIN[1:], BEGIN[0]]


def test_one_that_came_meanwhile_makes_another_order(session):
    began = [row.id for row in criteria.ranked(session)]
    new = criteria.add(session, name="Kindness")
    with pytest.raises(Stale):
        criteria.rank(session, began[::-1], began=began)
    with pytest.raises(Stale):
        criteria.move(session, new.id, steps=-1, began=began)
    with pytest.raises(Missing):
        criteria.move(session, 987_654, steps=-1, began=began)


def test_what_no_longer_counts_leaves_the_ranking_and_comes_back_last(session):
    [quality, *others] = criteria.ranked(session)
    criteria.archive(quality)
    criteria.archive(quality)
    assert names(session) == BEGIN[1:]
    assert [row.position for row in criteria.ranked(session)] == list(range(5))
    criteria.restore(quality)
    assert names(session) == [*BEGIN[1:], "Quality"]
    for row in others:
        criteria.archive(row)
    with pytest.raises(Refused):
        criteria.archive(quality)


def test_a_must_have_names_its_threshold(session):
    [quality, *_] = criteria.ranked(session)
    for threshold in (None, 0, 6):
        with pytest.raises(Refused) as refused:
            criteria.edit(quality, version=1, name="Quality", is_must=True, threshold=threshold)
        assert refused.value.field == "threshold"
    criteria.edit(quality, version=1, name="Quality of work", is_must=True, threshold=4)
    assert (quality.name, quality.is_must, quality.threshold, quality.version) == ("Quality of work", True, 4, 2)
    with pytest.raises(Stale):
        criteria.edit(quality, version=1, name="Quality", is_must=False)
    criteria.edit(quality, version=2, name="Quality", is_must=False, threshold=4)
    assert quality.threshold is None


@pytest.mark.parametrize("name", ["", "  ", "turnaround", "x" * (limits.NAME_LENGTH + 1)])
def test_a_name_is_needed_and_its_own(session, name):
    with pytest.raises(Refused) as refused:
        criteria.add(session, name=name)
    assert refused.value.field == "name"


def test_so_many_count_and_no_more(session):
    for number in range(limits.CRITERIA - len(BEGIN)):
        criteria.add(session, name=f"Another {number}")
    assert len(criteria.ranked(session)) == limits.CRITERIA
    with pytest.raises(Refused):
        criteria.add(session, name="One more")


def test_a_need_may_weigh_otherwise(session, business):
    quality, turnaround, *_ = criteria.ranked(session)
    criteria.edit(quality, version=1, name="Quality", is_must=False, weight=5_000)
    need = needs.add(session, by=business.member, terms=NeedTerms(outcome="Two films"))
    assert criteria.own_weights(session, need.id) == {quality.id: 0.5}, "the business's own"
    criteria.weigh_for(need, {turnaround.id: 10_000})
    assert criteria.own_weights(session, need.id) == {turnaround.id: 1.0}
    assert criteria.own_weights(session, None) == {quality.id: 0.5}
    criteria.weigh_for(need, {})
    assert criteria.own_weights(session, need.id) == {quality.id: 0.5}


def test_weights_of_a_need_that_a_colleague_changed_meanwhile_are_not_written_over(session, business):
    quality, turnaround, *_ = criteria.ranked(session)
    need = needs.add(session, by=business.member, terms=NeedTerms(outcome="Two films"))
    as_opened = criteria.mark_of(criteria.weights_of(session, need.id))
    criteria.weigh_for(need, {quality.id: 7_000}, mark=as_opened)
    with pytest.raises(Stale):
        criteria.weigh_for(need, {turnaround.id: 9_000}, mark=as_opened)
    assert criteria.weights_of(session, need.id) == {quality.id: 7_000}


@pytest.mark.parametrize("weight", [-1, 10_001])
def test_a_weight_is_a_share(session, business, weight):
    [quality, *_] = criteria.ranked(session)
    with pytest.raises(Refused):
        criteria.edit(quality, version=1, name="Quality", is_must=False, weight=weight)
    need = needs.add(session, by=business.member, terms=NeedTerms(outcome="Two films"))
    with pytest.raises(Refused):
        criteria.weigh_for(need, {quality.id: weight})
    with pytest.raises(Refused):
        criteria.weigh_for(need, {quality.id: 0})


def test_another_business_has_its_own(inside, business):
    with inside(business) as ours:
        [quality, *_] = criteria.ranked(ours)
        quality_id = quality.id
    with inside(business.stranger) as theirs, pytest.raises(Missing):
        criteria.find(theirs, quality_id)
