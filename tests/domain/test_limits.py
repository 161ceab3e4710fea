"""What reaches a limit is taken, and one more is refused with words: limits that no other file tries at their edge."""

from __future__ import annotations

import pytest

from crm.core import limits
from crm.core.errors import Refused
from crm.core.unit_of_work import installation_work
from crm.domain import api_tokens, bulk_acts, saved_filters
from crm.models.enums import BulkKind, TokenScope


def test_tokens_of_one_person(business, engine):
    with installation_work(engine) as session:
        for number in range(limits.TOKENS_PER_MEMBER):
            api_tokens.make(session, by=business.owner, name=f"Token {number}", scope=TokenScope.READ)
        with pytest.raises(Refused, match="You have 50 tokens"):
            api_tokens.make(session, by=business.owner, name="One more", scope=TokenScope.READ)
        api_tokens.make(session, by=business.admin, name="Of somebody else", scope=TokenScope.READ)


def test_the_address_of_a_saved_filter(business, inside):
    with inside(business) as session:
        longest = "q=" + "w" * (limits.ADDRESS_LENGTH - 2)
        assert saved_filters.save(session, by=business.owner, name="Long", address=longest).address == longest
        with pytest.raises(Refused, match="too many filters"):
            saved_filters.save(session, by=business.owner, name="Longer", address=longest + "w")


def test_vendors_in_one_act(business, inside):
    with inside(business) as session, pytest.raises(Refused, match="more than"):
        bulk_acts.begin(
            session,
            by=business.owner,
            kind=BulkKind.TAG,
            terms=bulk_acts.tagging("quick"),
            vendor_ids=range(1, limits.BULK_VENDORS + 2),
        )
