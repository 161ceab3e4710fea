"""Reading the timeline: its order, its stretches, its filters, and who may see what."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from crm.core import limits
from crm.domain import decision_areas, interactions, notes, promises, trust_entries, vendors
from crm.domain.decision_areas import Agreement
from crm.domain.trust_entries import Quick
from crm.models.enums import InteractionKind, Level, PromiseKind, TimelineKind, Visibility
from crm.queries import timelines
from crm.queries.timelines import Place, Show

MONDAY = date(2026, 10, 5)


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def session(inside, business):
    with inside(business) as session:
        yield session


@pytest.fixture
def vendor(session, business):
    return vendors.add(session, by=business.owner, name="Northlight Studio")


def call(vendor, by, days_ago, summary=""):
    day = MONDAY - timedelta(days=days_ago)
    return interactions.log(vendor, by=by, kind=InteractionKind.CALL, occurred_on=day, summary=summary)


def bodies(session, vendor, reader, **asked) -> list[str]:
    session.flush()
    found = timelines.stretch(session, vendor.id, reader=reader, **asked)
    return [row.body for row in found.entries if row.body]


def test_the_latest_comes_first_whatever_was_entered_first(session, vendor, business):
    for days_ago in (5, 40, 1):
        call(vendor, business.owner, days_ago, f"{days_ago} days ago")
    assert bodies(session, vendor, business.viewer) == ["1 days ago", "5 days ago", "40 days ago"]


def test_on_one_day_what_was_entered_last_comes_first(session, vendor, business):
    for summary in ("first", "second", "third"):
        call(vendor, business.owner, 0, summary)
    assert bodies(session, vendor, business.viewer) == ["third", "second", "first"]


@pytest.mark.parametrize("count", [limits.TIMELINE_ROWS - 1, limits.TIMELINE_ROWS, limits.TIMELINE_ROWS + 1])
def test_it_comes_in_stretches_that_neither_lose_nor_repeat_an_entry(session, vendor, business, count):
    # With the entry of the vendor itself there is one more than calls; many on one day are the hard case.
    for number in range(count):
        call(vendor, business.owner, number // 8, f"call {number}")
    session.flush()
    seen, before, stretches = [], None, 0
    while stretches < 5:
        found = timelines.stretch(session, vendor.id, reader=business.owner, before=before)
        assert len(found.entries) <= limits.TIMELINE_ROWS
        seen += [row.id for row in found.entries]
        stretches, before = stretches + 1, found.earlier
        if before is None:
            break
    assert len(seen) == len(set(seen)) == count + 1
    assert stretches == (1 if count < limits.TIMELINE_ROWS else 2)


@pytest.mark.parametrize(
    ("show", "kinds"),
    [
        (Show.CONVERSATIONS, {TimelineKind.INTERACTION, TimelineKind.PROMISE}),
        (Show.TRUST, {TimelineKind.TRUST}),
        (Show.DELEGATION, {TimelineKind.LEVEL, TimelineKind.ACCESS}),
        (Show.REFERRALS, set()),
        (
            Show.EVERYTHING,
            {
                TimelineKind.INTERACTION,
                TimelineKind.PROMISE,
                TimelineKind.TRUST,
                TimelineKind.LEVEL,
                TimelineKind.ACCESS,
                TimelineKind.NOTE,
                TimelineKind.ADDED,
            },
        ),
    ],
)
def test_a_filter_shows_its_kinds_alone(session, vendor, business, show, kinds):
    call(vendor, business.owner, 0)
    notes.write(vendor, by=business.owner, body="Never before ten.")
    promises.make(vendor, by=business.owner, kind=PromiseKind.OURS, what="the brief", due_on=MONDAY)
    trust_entries.observe_quickly(vendor, by=business.owner, quick=Quick.ON_TIME, occurred_on=MONDAY)
    decision_areas.hand_over(vendor, by=business.owner, level=Level.TELL, agreed=Agreement(name="Posts"))
    decision_areas.give_access(vendor, by=business.owner, what="The blog", granted_on=MONDAY)
    session.flush()
    found = timelines.stretch(session, vendor.id, reader=business.viewer, show=show)
    assert {row.kind for row in found.entries} == kinds


@pytest.mark.parametrize(
    ("reader", "seen"),
    [
        ("owner", {"for all", "for admins"}),
        ("admin", {"for all", "for admins"}),
        ("member", {"for all", "for admins", "for me"}),
        ("viewer", {"for all"}),
    ],
)
def test_each_reader_sees_what_is_for_them(session, vendor, business, reader, seen):
    # The member wrote them all, so the author sees what only admins and authors see.
    notes.write(vendor, by=business.member, body="for all", visibility=Visibility.TEAM)
    notes.write(vendor, by=business.member, body="for admins", visibility=Visibility.ADMINS)
    notes.write(vendor, by=business.member, body="for me", visibility=Visibility.AUTHOR)
    assert set(bodies(session, vendor, getattr(business, reader))) == seen


def test_an_entry_that_becomes_private_leaves_the_others_timeline(session, vendor, business):
    note = notes.write(vendor, by=business.member, body="They asked for more.")
    notes.edit(note, by=business.member, version=1, body="They asked for more.", visibility=Visibility.AUTHOR)
    assert bodies(session, vendor, business.owner) == []


def test_another_vendors_entries_stay_there(session, vendor, business):
    call(vendors.add(session, by=business.owner, name="Another Studio"), business.owner, 0, "elsewhere")
    assert bodies(session, vendor, business.owner) == []


def test_a_stranger_finds_nothing(inside, business):
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Northlight Studio")
        call(vendor, business.owner, 0, "secret")
    with inside(business.stranger) as elsewhere:
        assert timelines.stretch(elsewhere, vendor.id, reader=business.stranger).entries == []


@pytest.mark.parametrize("count", [3, 60])
def test_a_stretch_is_one_query_however_long_the_timeline(engine, session, vendor, business, count_queries, count):
    for number in range(count):
        call(vendor, business.owner, number)
    session.flush()
    with count_queries(engine) as statements:
        timelines.stretch(session, vendor.id, reader=business.member)
    assert len(statements) == 1, statements


def test_months_head_their_entries(session, vendor, business):
    for days_ago in (0, 4, 5, 40):
        call(vendor, business.owner, days_ago)
    session.flush()
    found = timelines.stretch(session, vendor.id, reader=business.owner, show=Show.CONVERSATIONS)
    assert [(first, len(rows)) for first, rows in found.months] == [
        (date(2026, 10, 1), 2),
        (date(2026, 9, 1), 1),
        (date(2026, 8, 1), 1),
    ]


@pytest.mark.parametrize("text", ["", "2026-10-05", "2026-10-05.", "x.y", "2026-13-01.1", "2026-10-05.-1", "9" * 99])
def test_an_address_that_names_no_place_names_none(text):
    assert Place.parse(text) is None


def test_a_place_survives_its_address():
    place = Place(MONDAY, 17)
    assert Place.parse(str(place)) == place


def test_a_long_text_is_folded_and_shown_whole_when_asked_for(session, vendor, business):
    note = notes.write(vendor, by=business.owner, body="word " * limits.TIMELINE_TEXT)
    session.flush()
    entry = timelines.stretch(session, vendor.id, reader=business.owner).entries[0]
    assert (entry.subject_id, entry.is_folded) == (note.id, True)
    assert len(entry.body) <= limits.TIMELINE_TEXT + 2
    asked = {"before": entry.from_here, "whole": entry.id}
    whole = timelines.stretch(session, vendor.id, reader=business.owner, **asked).entries[0]
    assert (whole.id, whole.is_folded, whole.body) == (entry.id, False, note.body)
