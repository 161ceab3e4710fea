"""Standing: given for a kind of work or for everything, renewed, taken away; and its reminder."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from crm.core.errors import Forbidden, Missing, Refused, Stale
from crm.domain import categories, matches, openings, reminders, stages, standings, touches, vendors
from crm.domain.next_touch import SnoozeChoice
from crm.models import vocabulary
from crm.models.categories import Category
from crm.models.enums import ReminderEnd, ReminderKind, Stage, StandingLevel, TimelineKind
from crm.models.log import TimelineEntry
from crm.models.reminders import Reminder
from crm.models.standings import Standing
from crm.models.vendors import Vendor
from crm.queries import standings as standing_queries
from crm.queries.categories import tree
from crm.queries.standings import Held

pytestmark = pytest.mark.usefixtures("database")

TODAY = date(2026, 10, 5)
PREFERRED, APPROVED, CONDITIONAL, SUSPENDED = StandingLevel


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def session(inside, business):
    with inside(business) as session:
        yield session


@pytest.fixture
def film(session):
    """A category with a niche below it."""
    top = tree(session).children(None)[3]
    return top.id


@pytest.fixture
def niche(session, film):
    """The last one has nothing below it."""
    return tree(session).children(film)[-1].id


@pytest.fixture
def vendor(session, business, niche):
    return vendors.add(
        session, by=business.member, name="Northlight", stage=Stage.ACTIVE, category_ids=[niche], backup_id=None
    )


@pytest.fixture
def give(vendor, business):
    def give(level=PREFERRED, **said):
        return standings.give(vendor, by=business.member, level=level, **said)

    return give


def in_force(session, vendor):
    rows = standing_queries.current_of(session, [vendor.id])[vendor.id]
    return [(row.category_id, row.level, row.valid_until) for row in rows]


def told(session, vendor):
    """The vendor's open reminders about standings: who, which, when."""
    rows = session.scalars(
        select(Reminder).where(
            Reminder.vendor_id == vendor.id, Reminder.kind == ReminderKind.STANDING, Reminder.ended_at.is_(None)
        )
    )
    return [(row.user_id, row.subject_id, row.due_on) for row in rows]


def sentences(session, vendor):
    entries = session.scalars(
        select(TimelineEntry)
        .where(TimelineEntry.vendor_id == vendor.id, TimelineEntry.kind == TimelineKind.STANDING)
        .order_by(TimelineEntry.id)
    )
    return [(entry.step, entry.facts.get("before"), entry.facts["level"], entry.body) for entry in entries]


# Giving


def test_a_standing_holds_for_twelve_months_unless_said_otherwise(session, vendor, give, niche):
    give(category_id=niche)
    give(APPROVED, valid_until=date(2027, 1, 31), reason="Good with short notice")
    assert in_force(session, vendor) == [
        (None, APPROVED, date(2027, 1, 31)),
        (niche, PREFERRED, date(2027, 10, 5)),
    ]


def test_a_new_standing_takes_the_former_ones_place_and_the_history_keeps_both(session, vendor, give, niche):
    first = give(CONDITIONAL, category_id=niche, reason="Drafts two days early")
    second = give(PREFERRED, category_id=niche)
    assert in_force(session, vendor) == [(niche, PREFERRED, date(2027, 10, 5))]
    rows = standing_queries.history_of(session, vendor.id)
    assert [(row.id, row.ended_at is None, row.given_by, row.given_on) for row in rows] == [
        (second.id, True, "Milo Member", TODAY),
        (first.id, False, "Milo Member", TODAY),
    ]
    assert sentences(session, vendor) == [
        ("", None, "conditional", "Drafts two days early"),
        ("", "conditional", "preferred", ""),
    ]


@pytest.mark.parametrize(
    ("said", "box"),
    [
        ({"level": SUSPENDED}, "reason"),
        ({"level": SUSPENDED, "reason": " \u2028 "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"valid_until": date(2026, 10, 4)}, "valid_until"),
        ({"valid_until": date(2200, 1, 1)}, "valid_until"),
        ({"category_id": 999_999}, "category_id"),
    ],
)
def test_what_breaks_a_rule_is_refused_at_its_box(said, box, session, vendor, give):
    with pytest.raises(Refused) as refused:
        give(**said)
    assert refused.value.field == box
    assert in_force(session, vendor) == []


def test_a_standing_is_for_what_the_vendor_does_or_for_everything(session, vendor, give, film):
    with pytest.raises(Refused) as refused:
        give(category_id=film)
    assert refused.value.field == "category_id"


def test_a_category_that_the_vendor_left_can_still_be_renewed(session, vendor, business, give, niche):
    standing = give(category_id=niche)
    vendors.edit(vendor, by=business.member, version=vendor.version, category_ids=[])
    assert standings.renew(standing, by=business.member).category_id == niche


def test_a_viewer_gives_none(session, vendor, business, give):
    standing = give()
    for act in (
        lambda: standings.give(vendor, by=business.viewer, level=APPROVED),
        lambda: standings.renew(standing, by=business.viewer),
        lambda: standings.remove(standing, by=business.viewer),
        lambda: standings.take_back(standing, by=business.viewer),
        lambda: standings.put_back(standing, by=business.viewer),
    ):
        with pytest.raises(Forbidden):
            act()


def test_another_businesss_standing_is_not_found(session, vendor, give, inside, business):
    standing_id = give().id
    session.commit()
    with inside(business.stranger) as theirs:
        with pytest.raises(Missing):
            standings.at(theirs, standing_id)
        assert standing_queries.history_of(theirs, vendor.id) == []
        assert not standings.is_suspended(theirs, vendor.id)


def test_whoever_saves_second_is_told(session, vendor, business, give):
    seen = give()
    give(APPROVED)
    with pytest.raises(Stale):
        give(CONDITIONAL, instead_of=seen.id)
    with pytest.raises(Stale):
        standings.renew(seen, by=business.member)


def force_in(session, row):
    with session.begin_nested():
        session.add(row)
        session.flush()


def test_the_database_keeps_one_in_force_for_each_place(session, vendor, give, niche):
    for category_id in (None, niche):
        standing = give(category_id=category_id)
        double = Standing(
            vendor_id=vendor.id, category_id=category_id, level=APPROVED, valid_until=TODAY, given_on=TODAY
        )
        with pytest.raises(IntegrityError):
            force_in(session, double)
        assert standing.ended_at is None


# Taking away, and taking back


def test_taking_away_is_told_and_can_be_undone(session, vendor, business, give):
    standing = give(reason="Two launches")
    standings.remove(standing, by=business.member)
    standings.remove(standing, by=business.member)
    assert in_force(session, vendor) == []
    assert [entry[0] for entry in sentences(session, vendor)] == ["", standings.ENDED]
    standings.put_back(standing, by=business.member)
    standings.put_back(standing, by=business.member)
    assert in_force(session, vendor) == [(None, PREFERRED, date(2027, 10, 5))]
    assert [entry[0] for entry in sentences(session, vendor)] == [""]


def test_what_was_taken_away_is_not_put_back_over_another(session, business, give):
    standing = give()
    standings.remove(standing, by=business.member)
    give(APPROVED)
    with pytest.raises(Refused):
        standings.put_back(standing, by=business.member)


def test_giving_is_taken_back_and_the_former_one_holds_again(session, vendor, business, give):
    give(APPROVED)
    second = give(SUSPENDED, reason="Overbilled twice")
    assert standings.take_back(second, by=business.member).level is APPROVED
    assert in_force(session, vendor) == [(None, APPROVED, date(2027, 10, 5))]
    assert len(sentences(session, vendor)) == 1


# Suspension


def test_a_suspension_covers_what_stands_below_it_and_holds_past_its_day(session, vendor, give, film, niche, clock_at):
    def suspended(category_id=None):
        return standings.is_suspended(session, vendor.id, category_id)

    assert not suspended()
    give(SUSPENDED, category_id=niche, reason="Overbilled", valid_until=TODAY)
    assert (suspended(), suspended(niche), suspended(film)) == (True, True, False)
    below = categories.add(session, name="Candle films", parent_id=niche)
    assert suspended(below.id)
    clock_at("2027-10-05 09:00")
    assert suspended(niche)
    give(APPROVED, category_id=niche)
    assert not suspended()
    give(SUSPENDED, reason="Overbilled")
    assert (suspended(), suspended(film)) == (True, True)


@pytest.mark.parametrize("everything", [True, False])
def test_openings_name_nobody_who_is_suspended(everything, session, vendor, business, give, niche):
    opening = openings.add(session, by=business.member, business="Marram Dental", category_id=niche)

    def named():
        fits = [match.vendor.id for match in matches.of_opening(session, opening, TODAY).fits]
        offered = [wanted.id for wanted in matches.openings_for(session, [vendor.id], TODAY)[vendor.id]]
        return fits == [vendor.id], offered == [opening.id]

    assert named() == (True, True)
    give(SUSPENDED, category_id=None if everything else niche, reason="Overbilled")
    assert named() == (False, False)
    give(CONDITIONAL, category_id=None if everything else niche)
    assert named() == (True, True)


# The reminder


def test_whoever_looks_after_the_vendor_is_reminded_on_the_last_day_once(session, vendor, business, give, inside):
    standing = give(valid_until=date(2026, 11, 4))
    expected = [(business.member.user_id, standing.id, date(2026, 11, 4))]
    for _time in range(3):
        touches.refresh(session, vendor)
        session.flush()
        assert told(session, vendor) == expected
    session.commit()
    with inside(business) as another:
        again = another.get_one(Vendor, vendor.id)
        touches.refresh_many(another, [again])
        assert told(another, again) == expected


def test_it_says_what_is_to_be_reviewed_by_the_categorys_present_name(session, vendor, give, niche):
    give(category_id=niche)
    categories.rename(session.get_one(Category, niche), name="Launch films")
    session.flush()
    [row] = session.scalars(select(Reminder).where(Reminder.kind == ReminderKind.STANDING))
    assert vocabulary.why(row.why, TODAY) == "Preferred for Launch films. Does that still hold?"


def test_it_is_no_check_in(session, vendor, give):
    before = (vendor.due_on, vendor.due_kind)
    give(valid_until=TODAY)
    assert (vendor.due_on, vendor.due_kind) == before


def test_done_renews_it_for_everyone_and_can_be_taken_back(session, vendor, business, give):
    vendor.owner_id = None
    standing = give(valid_until=TODAY, reason="Two launches")
    rows = session.scalars(select(Reminder).where(Reminder.kind == ReminderKind.STANDING)).all()
    assert {row.user_id for row in rows} == {business.owner.user_id, business.admin.user_id}
    reminders.complete(session, rows[0], by=business.owner)
    assert {row.ended_how for row in rows} == {ReminderEnd.DONE}
    assert in_force(session, vendor) == [(None, PREFERRED, date(2027, 10, 5))]
    assert {due for _user, _subject, due in told(session, vendor)} == {date(2027, 10, 5)}
    reminders.undo_complete(session, rows[0], by=business.owner)
    assert in_force(session, vendor) == [(None, PREFERRED, TODAY)]
    assert {subject for _user, subject, _due in told(session, vendor)} == {standing.id}


def test_it_can_be_put_off(session, vendor, business, give):
    give(valid_until=TODAY)
    [row] = session.scalars(select(Reminder).where(Reminder.kind == ReminderKind.STANDING))
    reminders.snooze(session, row, by=business.member, choice=SnoozeChoice.ONE_WEEK)
    assert [due for _user, _subject, due in told(session, vendor)] == [date(2026, 10, 12)]


def test_changing_or_taking_away_ends_it(session, vendor, business, give):
    give(valid_until=TODAY)
    changed = give(APPROVED)
    assert [subject for _user, subject, _due in told(session, vendor)] == [changed.id]
    standings.remove(changed, by=business.member)
    assert told(session, vendor) == []


def test_nobody_reviews_whom_we_let_go(session, vendor, business, give):
    give(valid_until=TODAY)
    move = stages.move(vendor, by=business.member, to=Stage.ENDED, why="Finished")
    assert told(session, vendor) == []
    stages.undo(move, by=business.member)
    assert len(told(session, vendor)) == 1


# When a category goes


def test_a_categorys_standings_go_where_its_vendors_go(session, vendor, give, niche, film):
    standing = give(category_id=niche)
    categories.delete_category(session.get_one(Category, niche), instead=film)
    session.flush()
    assert in_force(session, vendor) == [(film, PREFERRED, date(2027, 10, 5))]
    assert standing.id == told(session, vendor)[0][1]


def test_the_standing_that_is_there_already_stays(session, vendor, business, give, niche, film):
    vendors.edit(vendor, by=business.member, version=vendor.version, category_ids=[niche, film])
    give(APPROVED, category_id=film)
    give(PREFERRED, category_id=niche)
    categories.delete_category(session.get_one(Category, niche), instead=film)
    session.flush()
    assert in_force(session, vendor) == [(film, APPROVED, date(2027, 10, 5))]
    assert len(standing_queries.history_of(session, vendor.id)) == 2


def test_without_an_heir_they_go_with_it(session, vendor, business, give, niche):
    give(category_id=niche)
    vendors.edit(vendor, by=business.member, version=vendor.version, category_ids=[])
    categories.delete_category(session.get_one(Category, niche))
    session.flush()
    assert standing_queries.history_of(session, vendor.id) == []
    assert told(session, vendor) == []
    assert sentences(session, vendor) == []


# In lists


def test_lists_are_filtered_and_sorted_by_standing(session, business, niche, clock_at):
    def add(name, *given):
        vendor = vendors.add(session, by=business.member, name=name, category_ids=[niche])
        for level, category_id, until in given:
            standings.give(
                vendor, by=business.member, level=level, category_id=category_id, valid_until=until, reason="So it is"
            )

    late, soon = date(2027, 10, 5), date(2026, 10, 6)
    add("Ann", (PREFERRED, niche, late))
    add("Bob", (PREFERRED, None, soon), (APPROVED, niche, late))
    add("Cat", (SUSPENDED, None, soon))
    add("Dan")
    clock_at("2026-10-07 09:00")
    today = date(2026, 10, 7)

    def found(*conditions, order=Vendor.name):
        return "".join(name[0] for name in session.scalars(select(Vendor.name).where(*conditions).order_by(order)))

    expected = {
        Held.PREFERRED: "A",
        Held.APPROVED: "B",
        Held.CONDITIONAL: "",
        Held.SUSPENDED: "C",
        Held.REVIEW_DUE: "BC",
        Held.NONE: "D",
    }
    for held, names in expected.items():
        assert found(standing_queries.condition(held, today)) == names, held
    other = tree(session).children(None)[0].id
    assert found(standing_queries.condition(Held.PREFERRED, today, category_ids=[niche])) == "A"
    assert found(standing_queries.condition(Held.PREFERRED, today, category_ids=[other])) == ""
    assert found(standing_queries.condition(Held.SUSPENDED, today, category_ids=[other])) == "C"
    key = standing_queries.sort_key()
    assert found(key.is_not(None), order=key) == "ABC"


def test_standings_of_many_vendors_are_one_query(session, vendor, give, count_queries, niche):
    give()
    give(category_id=niche)
    session.flush()
    with count_queries() as statements:
        assert len(standing_queries.current_of(session, [vendor.id, 999])[vendor.id]) == 2
    assert len(statements) == 1
