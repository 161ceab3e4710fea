"""Trust logs as texts: what stands, what the reader may read, and what is still open, in one query for all vendors."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from crm.domain import trust_entries, trust_figures, trust_scores, vendors
from crm.domain.trust_entries import Observation
from crm.models.enums import Dimension, Direction, Visibility, Weight
from crm.queries import trust_figures as reading

TODAY = date(2026, 10, 5)
KEPT = Observation(TODAY, Dimension.INTEGRITY, Direction.POSITIVE, Weight.MINOR, "Came on time.")
BREACH = replace(KEPT, direction=Direction.NEGATIVE, weight=Weight.MAJOR, what_happened="Invoiced twice.")


@pytest.fixture
def session(inside, business, clock_at):
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        yield session


@pytest.fixture
def vendor(session, business):
    return vendors.add(session, by=business.owner, name="Silas Brandt")


def counted(session, vendor, reader):
    session.flush()
    return reading.entries_in(reading.logs(session, [vendor.id], reader=reader).get(vendor.id))


def test_a_vendor_without_notes_has_no_log(session, business, vendor):
    session.flush()
    assert reading.logs(session, [vendor.id], reader=business.owner) == {}
    assert reading.logs(session, [], reader=business.owner) == {}
    assert reading.entries_in(None) == []


def test_an_entry_is_read_as_it_was_written(session, business, vendor):
    seen = replace(KEPT, dimension=Dimension.ABILITY, weight=Weight.NOTABLE, occurred_on=TODAY - timedelta(days=9))
    trust_entries.observe(vendor, by=business.owner, seen=seen)
    [entry] = counted(session, vendor, business.viewer)
    assert entry == reading.Counted(
        Dimension.ABILITY, Direction.POSITIVE, Weight.NOTABLE, Visibility.TEAM, False, TODAY - timedelta(days=9)
    )


@pytest.mark.parametrize(
    ("visibility", "readers"),
    [
        (Visibility.TEAM, {"owner", "admin", "member", "viewer"}),
        (Visibility.ADMINS, {"owner", "admin", "member"}),
        (Visibility.AUTHOR, {"member"}),
    ],
)
def test_an_entry_counts_for_those_alone_who_may_read_it(session, business, vendor, visibility, readers):
    trust_entries.observe(vendor, by=business.member, seen=replace(BREACH, visibility=visibility))
    for name in ("owner", "admin", "member", "viewer"):
        found = counted(session, vendor, getattr(business, name))
        assert [entry.is_open_breach for entry in found] == ([True] if name in readers else []), name


def test_what_was_corrected_does_not_count(session, business, vendor):
    entry = trust_entries.observe(vendor, by=business.owner, seen=BREACH)
    trust_entries.correct(entry, by=business.owner, seen=KEPT)
    assert [entry.direction for entry in counted(session, vendor, business.owner)] == [Direction.POSITIVE]


def test_a_breach_is_open_until_a_repair_that_the_reader_may_read(session, business, vendor):
    breach = trust_entries.observe(vendor, by=business.owner, seen=BREACH)
    repair = replace(KEPT, repairs_id=breach.id, visibility=Visibility.AUTHOR)
    trust_entries.observe(vendor, by=business.owner, seen=repair)
    for reader, is_open in ((business.owner, False), (business.member, True)):
        found = counted(session, vendor, reader)
        assert any(entry.is_open_breach for entry in found) is is_open


def test_the_logs_of_many_vendors_are_one_query_and_never_mixed(session, business, engine, count_queries):
    added = [
        vendors.add(session, by=business.owner, name=f"Vendor {number}", despite_doubles=True) for number in range(5)
    ]
    for number, vendor in enumerate(added):
        for _each in range(number):
            trust_entries.observe(vendor, by=business.owner, seen=KEPT)
    session.flush()
    with count_queries(engine) as statements:
        found = reading.logs(session, [vendor.id for vendor in added], reader=business.owner)
    assert len(statements) == 1
    assert [len(reading.entries_in(found.get(vendor.id))) for vendor in added] == [0, 1, 2, 3, 4]


def test_another_business_reads_nothing(session, business, inside, vendor):
    trust_entries.observe(vendor, by=business.owner, seen=KEPT)
    session.commit()
    with inside(business.stranger) as other:
        assert reading.logs(other, [vendor.id], reader=business.stranger) == {}
        assert reading.entries(other, vendor.id, reader=business.stranger) == []


def test_the_page_reads_the_same_entries_as_the_figure_with_their_words(session, business, vendor):
    first = trust_entries.observe(vendor, by=business.member, seen=replace(KEPT, observer_id=business.admin.user_id))
    trust_entries.observe(vendor, by=business.member, seen=replace(BREACH, visibility=Visibility.AUTHOR))
    trust_entries.correct(first, by=business.member, seen=replace(KEPT, what_happened="Came early."))
    session.flush()
    for reader in (business.owner, business.member):
        rows = reading.entries(session, vendor.id, reader=reader)
        figure = trust_figures.figure(reading.logs(session, [vendor.id], reader=reader)[vendor.id], TODAY)
        assert trust_scores.trust(rows, TODAY) == figure.trust
        assert figure.notes == len(rows)
    told = reading.told(session, [row.id for row in rows], reader=business.owner)
    assert [each.what_happened for each in told.values()] == ["Came early."]
    assert [each.seen_by for each in told.values()] == [business.member.user.name]


def test_the_figure_says_what_it_rests_on(session, business, vendor):
    for days, visibility in ((3, Visibility.TEAM), (40, Visibility.AUTHOR)):
        seen = replace(KEPT, occurred_on=TODAY - timedelta(days=days), visibility=visibility)
        trust_entries.observe(vendor, by=business.owner, seen=seen)
    session.flush()
    mine, theirs = (
        trust_figures.figure(reading.logs(session, [vendor.id], reader=reader)[vendor.id], TODAY)
        for reader in (business.owner, business.admin)
    )
    assert (mine.notes, mine.last_on, mine.counts_private, mine.counts_own_alone) == (2, date(2026, 10, 2), True, True)
    assert (theirs.notes, theirs.counts_private, theirs.counts_own_alone) == (1, False, False)
    nothing = trust_figures.figure(None, TODAY)
    assert (nothing.notes, nothing.last_on, nothing.has_open_breach) == (0, None, False)
