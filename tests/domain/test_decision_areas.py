"""What is handed over: areas with their level, limits and history, and the access that goes with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from crm.core import limits
from crm.core.dates import CadenceUnit
from crm.core.errors import Missing, Refused, Stale
from crm.domain import decision_areas, vendors
from crm.domain.decision_areas import Agreement
from crm.models.enums import Level, Maturity
from crm.models.log import TimelineEntry
from crm.queries import decision_areas as reading

MONDAY = date(2026, 10, 5)
POSTS = Agreement(
    name="Publish posts",
    wished_level=Level.INQUIRE,
    wished_by=date(2026, 12, 1),
    limit_amount=25_000,
    limit_currency="GBP",
    limit_scope="no prices",
    procedure="1. draft\n2. publish",
    maturity=Maturity.MEDIUM,
    rhythm_every=2,
    rhythm_unit=CadenceUnit.WEEKS,
)


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


@pytest.fixture
def area(vendor, business):
    return decision_areas.hand_over(vendor, by=business.member, level=Level.AGREE, agreed=POSTS, why="A good trial.")


def told(session) -> list[tuple[int | None, int | None]]:
    session.flush()
    rows = session.query(TimelineEntry).filter_by(kind="level").order_by(TimelineEntry.id)
    return [(row.facts.get("before"), row.facts.get("level")) for row in rows]


def test_handing_something_over_keeps_all_that_is_agreed(session, area):
    kept = Agreement(**{name: getattr(area, name) for name in Agreement.__dataclass_fields__})
    assert kept == POSTS
    assert told(session) == [(None, 4)]


def test_each_change_of_level_is_kept_with_its_reason(session, vendor, area, business):
    decision_areas.move_to(area, by=business.admin, level=Level.ADVISE, why="Ten in a row were right.")
    [row] = reading.areas_of(session, vendor.id)
    assert [(change.from_level, change.to_level, change.why) for change in row.changes] == [
        (Level.AGREE, Level.ADVISE, "Ten in a row were right."),
        (None, Level.AGREE, "A good trial."),
    ]
    assert row.changes[0].changed_by == business.admin.user_id
    assert told(session) == [(None, 4), (4, 5)]


def test_a_note_on_the_level_it_has_is_kept_too(session, vendor, area, business):
    decision_areas.move_to(area, by=business.member, level=Level.AGREE, why="Looked at it; fine as it is.")
    [row] = reading.areas_of(session, vendor.id)
    assert row.since.to_level is Level.AGREE
    assert row.since.why == "A good trial."
    assert told(session) == [(None, 4), (4, 4)]


def test_a_move_can_be_taken_back_while_it_is_the_latest(session, area, business):
    first = decision_areas.move_to(area, by=business.member, level=Level.ADVISE)
    second = decision_areas.move_to(area, by=business.member, level=Level.INQUIRE)
    with pytest.raises(Refused):
        decision_areas.undo_move(session, first.id)
    decision_areas.undo_move(session, second.id)
    assert area.level is Level.ADVISE
    assert told(session) == [(None, 4), (4, 5)]


def test_the_first_level_cannot_be_taken_back(session, vendor, area):
    [row] = reading.areas_of(session, vendor.id)
    with pytest.raises(Missing):
        decision_areas.undo_move(session, row.changes[0].id)


@pytest.mark.parametrize(
    ("change", "box"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * (limits.NAME_LENGTH + 1)}, "name"),
        ({"limit_scope": "x" * (limits.LINE_LENGTH + 1)}, "limit_scope"),
        ({"procedure": "x" * (limits.TEXT_LENGTH + 1)}, "procedure"),
        ({"limit_amount": -1}, "limit_amount"),
        ({"limit_amount": limits.MONEY_LARGEST + 1}, "limit_amount"),
        ({"limit_currency": "XXX"}, "limit_currency"),
        ({"limit_currency": ""}, "limit_currency"),
        ({"wished_by": date(2999, 1, 1)}, "wished_by"),
        ({"rhythm_every": 0}, "rhythm_every"),
        ({"rhythm_every": None}, "rhythm_every"),
        ({"rhythm_every": limits.EVERY_LARGEST + 1}, "rhythm_every"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_box(vendor, business, change, box):
    with pytest.raises(Refused) as refused:
        decision_areas.hand_over(vendor, by=business.member, level=Level.TELL, agreed=replace(POSTS, **change))
    assert refused.value.field == box


def test_nothing_is_handed_over_from_tomorrow_on(vendor, business):
    with pytest.raises(Refused) as refused:
        decision_areas.hand_over(vendor, by=business.member, level=Level.TELL, agreed=POSTS, on=date(2026, 10, 6))
    assert refused.value.field == "changed_on"


def test_who_saves_second_is_told(area, business):
    decision_areas.agree(area, by=business.member, version=1, agreed=replace(POSTS, limit_scope="no prices, no people"))
    with pytest.raises(Stale):
        decision_areas.agree(area, by=business.admin, version=1, agreed=POSTS)
    assert area.limit_scope == "no prices, no people"


def test_a_closed_area_keeps_its_history_and_can_be_opened_again(session, vendor, area, business):
    decision_areas.close(area, by=business.member)
    with pytest.raises(Refused):
        decision_areas.move_to(area, by=business.member, level=Level.DELEGATE)
    [row] = reading.areas_of(session, vendor.id)
    assert len(row.changes) == 1
    decision_areas.reopen(area)
    decision_areas.move_to(area, by=business.member, level=Level.DELEGATE)
    assert told(session) == [(None, 4), (4, 7)]


def test_what_was_noted_by_mistake_is_deleted_and_what_has_a_history_is_not(session, vendor, area, business):
    decision_areas.remove(area)
    assert reading.areas_of(session, vendor.id) == []
    assert told(session) == []
    used = decision_areas.hand_over(vendor, by=business.member, level=Level.TELL, agreed=POSTS)
    access = decision_areas.give_access(
        vendor, by=business.member, what="The blog", granted_on=date(2026, 10, 5), area_id=used.id
    )
    with pytest.raises(Refused):
        decision_areas.remove(used)
    session.delete(access)
    session.flush()
    decision_areas.move_to(used, by=business.member, level=Level.SELL)
    with pytest.raises(Refused):
        decision_areas.remove(used)


def test_access_is_given_and_taken_back(session, vendor, area, business):
    access = decision_areas.give_access(
        vendor,
        by=business.member,
        what="The shop's blog",
        granted_on=MONDAY,
        area_id=area.id,
        owner_id=business.owner.user_id,
    )
    decision_areas.revoke_access(access, by=business.member)
    assert access.revoked_on == MONDAY
    with pytest.raises(Refused):
        decision_areas.revoke_access(access, by=business.member)
    session.flush()
    told = [row.facts["revoked"] for row in session.query(TimelineEntry).filter_by(kind="access")]
    assert told == [False, True]
    decision_areas.restore_access(access)
    assert access.revoked_on is None


@pytest.mark.parametrize(
    ("given", "box"),
    [
        ({"what": ""}, "what"),
        ({"what": "x" * (limits.NAME_LENGTH + 1)}, "what"),
        ({"granted_on": date(2026, 10, 6)}, "granted_on"),
        ({"revoke_on": date(2026, 10, 4)}, "revoke_on"),
        ({"owner_id": 987_654}, "owner_id"),
    ],
)
def test_an_access_that_cannot_be_is_refused(vendor, business, given, box):
    with pytest.raises(Refused) as refused:
        decision_areas.give_access(vendor, by=business.member, **({"what": "Blog", "granted_on": MONDAY} | given))
    assert refused.value.field == box


def test_access_belongs_to_an_area_of_the_same_vendor(session, vendor, business):
    other = vendors.add(session, by=business.owner, name="Another Studio")
    area = decision_areas.hand_over(other, by=business.member, level=Level.TELL, agreed=POSTS)
    with pytest.raises(Refused) as refused:
        decision_areas.give_access(vendor, by=business.member, what="Blog", granted_on=MONDAY, area_id=area.id)
    assert refused.value.field == "area_id"


def test_a_strangers_area_is_missing(inside, business):
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Northlight Studio")
        area = decision_areas.hand_over(vendor, by=business.member, level=Level.TELL, agreed=POSTS)
    with inside(business.stranger) as elsewhere, pytest.raises(Missing):
        decision_areas.find(elsewhere, area.id)
