"""What programs may send is as long as what is kept, field by field: no length is written twice."""

from __future__ import annotations

import pytest
from marshmallow import Schema
from sqlalchemy import String

from crm.api import (
    decision_areas,
    delegated_works,
    needs,
    openings,
    people,
    ratings,
    referrals,
    trial_tasks,
    trust_entries,
    vendors,
)
from crm.api.fields import Line
from crm.core.columns import Base
from crm.models.decision_areas import DecisionArea
from crm.models.delegated_works import DelegatedWork
from crm.models.needs import Need
from crm.models.ratings import Rating
from crm.models.referrals import Opening, Referral
from crm.models.trials import TrialBrief, TrialCondition, TrialCriterion
from crm.models.trust_entries import TrustEntry
from crm.models.vendors import Person, Vendor

PAIRS: list[tuple[type[Schema], type[Base]]] = [
    (vendors.NewVendor, Vendor),
    (people.NewPerson, Person),
    (openings.NewOpening, Opening),
    (decision_areas.NewArea, DecisionArea),
    (delegated_works.NewWork, DelegatedWork),
    (needs.NewNeed, Need),
    (ratings.NewRating, Rating),
    (referrals.NewReferral, Referral),
    (trust_entries.NewTrustEntry, TrustEntry),
    (trial_tasks.NewTask, TrialBrief),
    (trial_tasks.ConditionSaid, TrialCondition),
    (trial_tasks.CriterionSaid, TrialCriterion),
]


@pytest.mark.parametrize(("kind", "table"), PAIRS)
def test_a_text_may_be_as_long_as_its_column(kind, table):
    columns = table.__table__.columns
    lengths = {
        name: (part.most, columns[name].type.length)
        for name, part in kind().fields.items()
        if isinstance(part, Line) and name in columns and isinstance(columns[name].type, String)
    }
    kept = {name: (said, length) for name, (said, length) in lengths.items() if length is not None}
    assert kept
    assert {name for name, (said, length) in kept.items() if said != length} == set()
