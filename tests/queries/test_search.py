"""What the search box finds."""

from __future__ import annotations

import pytest

from crm.domain import people, vendors
from crm.queries import search

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def found(inside, business):
    """Vendors of ours and of a stranger; a function that searches ours by name."""
    with inside(business) as session:
        kettle = vendors.add(session, by=business.owner, name="Kettle & Crane", what_they_do="Press for beauty")
        people.add(kettle, by=business.owner, name="Inês Duarte", emails=["ines@kettle.example"])
        vendors.add(session, by=business.owner, name="Crane Hire", person="Ann Wren", email="ann@wren.example")
        vendors.add(session, by=business.owner, name="Straße 100% Zoë", what_they_do="Words about cranes")
        vendors.add(session, by=business.owner, name="Crane")
    with inside(business.stranger) as session:
        vendors.add(session, by=business.stranger, name="Crane Secret", person="Ann Hidden", email="ann@wren.example")

    def find(typed: str) -> list[str]:
        with inside(business) as session:
            return [row.name for row in search.find(session, business.owner, typed)]

    return find


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("kett", ["Kettle & Crane"]),
        ("CRANE kettle", ["Kettle & Crane"]),
        ("crane", ["Crane", "Crane Hire", "Kettle & Crane", "Straße 100% Zoë"]),
        ("ines", ["Kettle & Crane"]),
        ("duarte kettle", ["Kettle & Crane"]),
        ("wren", ["Crane Hire"]),
        ("ann@wren.example", ["Crane Hire"]),
        ("@wren", ["Crane Hire"]),
        ("wren.ex", ["Crane Hire"]),
        ("strasse zoe", ["Straße 100% Zoë"]),
        ("beauty", ["Kettle & Crane"]),
        ("rane", []),
        ("%", []),
        ("", []),
        ("  \x00 ", []),
        ("nobody", []),
        ("100%", ["Straße 100% Zoë"]),
        ("x" * 100_000, []),
    ],
)
def test_words_are_found_by_their_beginnings(typed, expected, found):
    assert found(typed) == expected


def test_who_was_found_is_said(found, inside, business):
    with inside(business) as session:
        [row] = search.find(session, business.viewer, "ines@")
        assert (row.person, row.address) == ("Inês Duarte", "ines@kettle.example")


def test_a_search_takes_two_queries_however_many_there_are(inside, business, count_queries, engine):
    with inside(business) as session:
        for number in range(60):
            vendors.add(session, by=business.owner, name=f"Crane {number:02}", person="Crane", despite_doubles=True)
    with inside(business) as session, count_queries(engine) as statements:
        rows = search.find(session, business.owner, "crane")

    assert (len(statements), len(rows)) == (2, search.FOUND), statements
    assert rows[0].name == "Crane 00"
