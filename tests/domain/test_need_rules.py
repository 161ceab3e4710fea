"""When a need is defined, what is worth a warning, and that nothing waits for itself."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain import need_rules
from crm.domain.need_rules import Concern, Part, Said
from crm.models.enums import Importance

WHOLE = Said(
    outcome="20 good enquiries a month",
    category_id=1,
    deliverables="Four articles",
    volume="4 a month",
    budget_amount=60_000,
    starts_from=date(2026, 11, 1),
    acceptance="Enquiries counted in the shop's inbox",
    owner_id=7,
)


def test_a_need_of_which_all_is_said_is_defined():
    found = need_rules.meter(WHOLE)
    assert (found.is_defined, found.share, found.missing) == (True, 1.0, ())


def test_an_outcome_alone_is_an_idea():
    found = need_rules.meter(Said(outcome="20 good enquiries a month"))
    assert not found.is_defined
    assert found.said == (Part.OUTCOME,)
    assert found.share == 1 / len(Part)


@pytest.mark.parametrize(
    ("without", "defined"),
    [
        ({"outcome": ""}, False),
        ({"category_id": None}, False),
        ({"deliverables": ""}, False),
        ({"budget_amount": None}, False),
        ({"acceptance": ""}, False),
        ({"volume": ""}, True),
        ({"starts_from": None}, True),
        ({"owner_id": None}, True),
    ],
)
def test_five_things_define_a_need(without, defined):
    said = Said(**{**{name: getattr(WHOLE, name) for name in Said.__dataclass_fields__}, **without})
    found = need_rules.meter(said)
    assert found.is_defined is defined
    assert len(found.missing) == 1


def test_a_budget_of_nothing_is_a_budget():
    assert Part.BUDGET in need_rules.meter(Said(budget_amount=0)).said


@pytest.mark.parametrize(
    ("facts", "concerns"),
    [
        ({}, []),
        ({"is_defined": False}, [Concern.NOT_DEFINED]),
        ({"unmet": 1}, [Concern.PREREQUISITE]),
        ({"is_window_over": True}, [Concern.WINDOW_OVER]),
        ({"is_in_niche": False}, [Concern.OTHER_NICHE]),
        ({"is_in_niche": True}, []),
        ({"importance": Importance.STRATEGIC, "categories_offered": 3}, [Concern.GENERALIST]),
        ({"importance": Importance.STRATEGIC, "categories_offered": 2}, []),
        ({"importance": Importance.IMPORTANT, "categories_offered": 9}, []),
    ],
)
def test_what_is_worth_a_plain_word(facts, concerns):
    base = {"is_defined": True, "unmet": 0, "importance": Importance.USEFUL}
    assert need_rules.concerns(**{**base, **facts}) == concerns


def test_a_need_cannot_wait_for_itself_or_for_what_waits_for_it():
    waits = {1: [2], 2: [3]}
    assert need_rules.leads_back(1, 1, waits)
    assert need_rules.leads_back(3, 1, waits)
    assert not need_rules.leads_back(1, 3, waits)


@given(st.lists(st.tuples(st.integers(1, 8), st.integers(1, 8)), max_size=40))
def test_whatever_is_asked_for_there_is_never_a_circle(wanted):
    waits: dict[int, list[int]] = {}
    for need, other in wanted:
        if not need_rules.leads_back(need, other, waits):
            waits.setdefault(need, []).append(other)
    assert all(
        not need_rules.leads_back(need, other, without(waits, need, other)) for need in waits for other in waits[need]
    )


def without(waits, need, other):
    return {one: [each for each in others if (one, each) != (need, other)] for one, others in waits.items()}
