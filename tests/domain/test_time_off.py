"""While somebody is away others are reminded, of everything alike; nothing is left to nobody, and it all comes back."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from crm.core.errors import Forbidden, Missing, Refused
from crm.domain import members, notes, openings, promises, referrals, stages, standings, touches, vendors
from crm.domain.trials import TrialTerms
from crm.models.enums import (
    Channel,
    PromiseKind,
    ReferralState,
    ReminderKind,
    Role,
    Stage,
    StandingLevel,
    Tier,
)
from crm.models.reminders import Reminder
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership

MONDAY, FRIDAY = date(2026, 10, 5), date(2026, 10, 9)


@pytest.fixture(autouse=True)
def monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def session(inside, business):
    with inside(business) as session:
        yield session


@pytest.fixture
def vendor(session, business) -> Vendor:
    """Northlight: the member's, with the admin standing in, and something of every kind to be reminded of."""
    vendor = vendors.add(
        session,
        by=business.member,
        name="Northlight Studio",
        stage=Stage.ACTIVE,
        tier=Tier.A,
        backup_id=business.admin.user_id,
    )
    promises.make(vendor, by=business.member, kind=PromiseKind.OURS, what="Send the brief", due_on=MONDAY)
    standings.give(vendor, by=business.owner, level=StandingLevel.APPROVED, valid_until=date(2027, 10, 4))
    opening = openings.add(session, by=business.member, business="Harbour Dental")
    referral = referrals.refer(vendor, by=business.member, opening_id=opening.id)
    referrals.record_step(
        referral,
        by=business.member,
        state=ReferralState.INTRODUCED,
        happened_on=MONDAY,
        channel=Channel.PHONE,
        both_said_yes=True,
    )
    stages.move(vendor, by=business.member, to=Stage.TRIAL, trial=TrialTerms("One page", FRIDAY))
    notes.write(vendor, by=business.owner, body="@Milo the lab has signed it off.")
    session.flush()
    return vendor


EVERYTHING = {
    ReminderKind.TOUCH,
    ReminderKind.PROMISE_OURS,
    ReminderKind.STANDING,
    ReminderKind.REFERRAL,
    ReminderKind.TRIAL,
}


def kinds(session, person: Membership) -> set[ReminderKind]:
    session.flush()
    statement = select(Reminder.kind).where(Reminder.user_id == person.user_id, Reminder.ended_at.is_(None))
    return set(session.scalars(statement))


def away(session, person, first=MONDAY, last=FRIDAY, by=None):
    return members.take_time_off(session, person.user_id, by=by or person, first=first, last=last)


def night(session):
    """What the night does."""
    touches.refresh_many(session, session.scalars(select(Vendor).order_by(Vendor.id)), begins=False)


def test_time_off_from_today_hands_everything_over_at_once_but_for_what_is_ones_own(session, business, vendor):
    assert kinds(session, business.member) == {*EVERYTHING, ReminderKind.MENTION}
    assert kinds(session, business.admin) == set()
    away(session, business.member)
    assert kinds(session, business.member) == {ReminderKind.MENTION}
    assert kinds(session, business.admin) == EVERYTHING
    assert kinds(session, business.owner) == set()


def test_whoever_stands_in_is_told_for_whom(session, business, vendor):
    away(session, business.member)
    [why] = session.scalars(
        select(Reminder.why).where(Reminder.user_id == business.admin.user_id, Reminder.kind == ReminderKind.TRIAL)
    )
    assert (why["whose"], why["is_away"]) == (business.member.user_id, True)


def test_the_same_reminders_come_back_when_it_is_cleared(session, business, vendor):
    def rows():
        session.flush()
        return set(
            session.execute(
                select(Reminder.id, Reminder.user_id, Reminder.kind).where(Reminder.ended_at.is_(None))
            ).all()
        )

    before = rows()
    away(session, business.member)
    assert rows() != before
    away(session, business.member, None, None)
    assert rows() == before


def test_time_off_that_is_still_to_come_begins_and_ends_with_the_nights(session, business, vendor, clock_at):
    away(session, business.member, date(2026, 10, 6), date(2026, 10, 7))
    assert kinds(session, business.admin) == set()
    for night_of, whose in (("06", business.admin), ("07", business.admin), ("08", business.member)):
        clock_at(f"2026-10-{night_of} 00:10")
        night(session)
        assert kinds(session, whose) >= EVERYTHING


def test_days_are_the_businesss_whatever_the_persons_zone(session, business, vendor, clock_at):
    business.member.user.time_zone = "Pacific/Kiritimati"  # where Tuesday has come already
    away(session, business.member, date(2026, 10, 6), date(2026, 10, 7))
    clock_at("2026-10-05 23:00")
    night(session)
    assert kinds(session, business.admin) == set()


def test_with_nobody_to_stand_in_the_admins_who_are_there_are_reminded(session, business, vendor):
    vendors.edit(vendor, by=business.member, version=vendor.version, backup_id=None)
    away(session, business.member)
    assert kinds(session, business.admin) == kinds(session, business.owner) == EVERYTHING
    away(session, business.admin)
    assert (kinds(session, business.admin), kinds(session, business.owner)) == (set(), EVERYTHING)


def test_while_everybody_is_away_it_stays_with_whose_it_is(session, business, vendor):
    for person in (business.admin, business.owner, business.member):
        away(session, person)
    assert kinds(session, business.member) == {*EVERYTHING, ReminderKind.MENTION}
    assert kinds(session, business.admin) == kinds(session, business.owner) == set()


def test_an_admin_who_comes_back_relieves_whoever_was_left_with_it(session, business, vendor):
    for person in (business.admin, business.owner, business.member):
        away(session, person)
    away(session, business.owner, None, None)
    assert kinds(session, business.owner) == EVERYTHING
    assert kinds(session, business.member) == {ReminderKind.MENTION}


def test_a_backup_who_leaves_meanwhile_leaves_it_to_the_admins(session, business, vendor):
    members.change_role(session, business.viewer.user_id, by=business.owner, role=Role.MEMBER)
    vendors.edit(vendor, by=business.member, version=vendor.version, backup_id=business.viewer.user_id)
    away(session, business.member)
    assert kinds(session, business.viewer) == EVERYTHING
    members.deactivate(session, business.viewer.user_id, by=business.owner)
    assert kinds(session, business.admin) == kinds(session, business.owner) == EVERYTHING


def test_a_backup_who_becomes_a_viewer_leaves_it_to_the_admins_and_an_admin_who_does_to_the_others(
    session, business, vendor
):
    away(session, business.member)
    members.change_role(session, business.admin.user_id, by=business.owner, role=Role.VIEWER)
    assert (kinds(session, business.admin), kinds(session, business.owner)) == (set(), EVERYTHING)


def test_whoever_leaves_while_away_leaves_it_to_the_backup(session, business, vendor):
    away(session, business.member)
    members.deactivate(session, business.member.user_id, by=business.owner)
    assert kinds(session, business.admin) == EVERYTHING
    members.reactivate(session, business.member.user_id, by=business.owner)
    assert kinds(session, business.admin) == EVERYTHING
    away(session, business.member, None, None)
    assert kinds(session, business.member) == {*EVERYTHING, ReminderKind.MENTION}


def test_a_week_overdue_the_backup_is_reminded_too(session, business, vendor, clock_at):
    clock_at("2026-10-11 09:00")
    night(session)
    assert kinds(session, business.admin) == set()
    clock_at("2026-10-12 09:00")
    night(session)
    assert kinds(session, business.admin) == {ReminderKind.PROMISE_OURS}
    [why] = session.scalars(
        select(Reminder.why).where(Reminder.user_id == business.admin.user_id, Reminder.ended_at.is_(None))
    )
    assert (why["whose"], why["is_away"]) == (business.member.user_id, False)
    assert ReminderKind.PROMISE_OURS in kinds(session, business.member)


# Who may say so, and what


def test_everybody_says_so_for_themselves_and_admins_for_anybody(session, business):
    for person in business.people:
        assert away(session, person).away_to == FRIDAY
    assert away(session, business.owner, None, None, by=business.admin).away_from is None
    with pytest.raises(Forbidden):
        away(session, business.owner, by=business.member)
    with pytest.raises(Forbidden):
        away(session, business.member, by=business.viewer)


def test_a_stranger_is_not_in_the_team_and_neither_is_whoever_has_left(session, business):
    with pytest.raises(Missing):
        away(session, business.stranger, by=business.owner)
    members.deactivate(session, business.viewer.user_id, by=business.owner)
    with pytest.raises(Missing):
        away(session, business.viewer, by=business.owner)


@pytest.mark.parametrize(
    ("first", "last", "box"),
    [
        (MONDAY, None, "away_to"),
        (None, FRIDAY, "away_from"),
        (FRIDAY, MONDAY, "away_to"),
        (date(2026, 9, 1), date(2026, 10, 4), "away_to"),
        (MONDAY, date(2028, 1, 1), "away_to"),
    ],
)
def test_days_that_make_no_time_off_are_refused_beside_their_box(session, business, first, last, box):
    with pytest.raises(Refused) as refused:
        away(session, business.member, first, last)
    assert refused.value.field == box


def test_saying_it_twice_is_saying_it_once(session, business, vendor):
    for _time in range(2):
        away(session, business.member)
        assert kinds(session, business.admin) == EVERYTHING
