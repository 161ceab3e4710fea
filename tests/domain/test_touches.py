"""The stored next touch and its reminders follow from the history alone, whatever was done in whatever order."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from crm.core.dates import CadenceUnit, add_days
from crm.core.engine import open_engine
from crm.core.errors import Refused
from crm.core.tenancy import workspace_session
from crm.domain import (
    categories,
    closed_days,
    interactions,
    members,
    nights,
    open_days,
    parkings,
    promises,
    reminders,
    rhythms,
    stages,
    standings,
    touches,
    trials,
    vendors,
)
from crm.domain.next_touch import SnoozeChoice
from crm.domain.parking_terms import ParkingTerms
from crm.domain.rhythms import Rhythm
from crm.domain.trials import TrialTerms
from crm.models.enums import (
    CadenceChoice,
    InteractionKind,
    Outcome,
    ParkingReason,
    PromiseKind,
    PromiseState,
    ReminderKind,
    Role,
    Stage,
    StandingLevel,
    Tier,
    TrialOutcome,
)
from crm.models.log import Interaction, Promise
from crm.models.reminders import Reminder, Skip, Snooze
from crm.models.stages import Parking, StageMove
from crm.models.standings import Standing
from crm.models.trials import TrialTask
from crm.models.vendors import Vendor
from crm.models.workspaces import Workspace
from tests.support import people

BEGIN = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)

rhythm_wishes = st.one_of(
    st.sampled_from([Rhythm(), Rhythm(CadenceChoice.NONE)]),
    st.builds(Rhythm, st.just(CadenceChoice.OWN), st.integers(1, 9), st.sampled_from(CadenceUnit)),
)


class Doings(RuleBasedStateMachine):
    """All that people do with one vendor, on days that pass."""

    engine = None
    business = None

    @initialize(stage=st.sampled_from([Stage.PROSPECT, Stage.TRIAL, Stage.TRIAL, Stage.PARKED]))
    def begin(self, stage):
        self.journey = time_machine.travel(BEGIN, tick=False)
        self.travelling = self.journey.start()
        self.session = workspace_session(self.engine, self.business.workspace.id, writing=True)
        self.by = self.business.member
        self.seen = None
        self.category_id = categories.add(self.session, name="Film").id
        self.vendor = vendors.add(
            self.session, by=self.by, name="Northlight Studio", backup_id=None, category_ids=[self.category_id]
        )
        day = add_days(self.today, 10)
        if stage is not Stage.PROSPECT:
            stages.move(
                self.vendor,
                by=self.by,
                to=stage,
                trial=TrialTerms("One page", day) if stage is Stage.TRIAL else None,
                parking=ParkingTerms(ParkingReason.AT_CAPACITY, until=day) if stage is Stage.PARKED else None,
            )

    def teardown(self):
        if hasattr(self, "session"):
            self.session.rollback()
            self.session.close()
            self.journey.stop()

    @property
    def today(self) -> date:
        return self.business.workspace.today

    def pick(self, data, table, *conditions):
        rows = self.session.query(table).filter(*conditions).order_by(table.id).all()
        return data.draw(st.sampled_from(rows)) if rows else None

    def tried(self, act):
        """What the rules refuse changes nothing."""
        try:
            act()
        except Refused:
            return

    @rule(days=st.integers(1, 40))
    def days_pass(self, days):
        self.travelling.shift(timedelta(days=days))

    @rule(back=st.integers(0, 60), two_way=st.booleans())
    def log(self, back, two_way):
        interactions.log(
            self.vendor,
            by=self.by,
            kind=InteractionKind.CALL,
            occurred_on=add_days(self.today, -back),
            outcome=Outcome.TWO_WAY if two_way else Outcome.ATTEMPT,
        )

    @rule(data=st.data(), back=st.integers(0, 60), two_way=st.booleans())
    def edit(self, data, back, two_way):
        entry = self.pick(data, Interaction, Interaction.deleted_at.is_(None))
        if entry:
            interactions.edit(
                entry,
                by=self.by,
                version=entry.version,
                kind=entry.kind,
                occurred_on=add_days(self.today, -back),
                outcome=Outcome.TWO_WAY if two_way else Outcome.ATTEMPT,
                initiated_by=entry.initiated_by,
                person_id=None,
                summary=entry.summary,
                minutes=None,
            )

    @rule(data=st.data())
    def delete(self, data):
        entry = self.pick(data, Interaction, Interaction.deleted_at.is_(None))
        if entry:
            interactions.delete(entry, by=self.by)

    @rule(data=st.data())
    def restore(self, data):
        entry = self.pick(data, Interaction, Interaction.deleted_at.is_not(None))
        if entry:
            interactions.restore(entry, by=self.by)

    @rule(kind=st.sampled_from(PromiseKind), ahead=st.integers(-5, 30))
    def promise(self, kind, ahead):
        self.tried(
            lambda: promises.make(
                self.vendor, by=self.by, kind=kind, what="Send the list", due_on=add_days(self.today, ahead)
            )
        )

    @rule(data=st.data())
    def keep_or_reopen_a_promise(self, data):
        promise = self.pick(data, Promise)
        if promise and promise.state is PromiseState.OPEN:
            promises.close(promise, by=self.by, state=PromiseState.KEPT)
        elif promise:
            promises.reopen(promise, by=self.by)

    @rule(data=st.data(), choice=st.sampled_from([*SnoozeChoice, 1, 3, 20]))
    def snooze(self, data, choice):
        reminder = self.pick(data, Reminder, Reminder.ended_at.is_(None))
        if reminder:
            until = add_days(self.today, choice) if isinstance(choice, int) else choice
            self.tried(lambda: reminders.snooze(self.session, reminder, by=self.by, choice=until))

    @rule(data=st.data())
    def undo_snooze(self, data):
        row = self.pick(data, Snooze, Snooze.undone_at.is_(None))
        if row:
            reminders.undo_snooze(self.session, row.id, by=self.by)

    @rule(data=st.data())
    def skip(self, data):
        reminder = self.pick(data, Reminder, Reminder.ended_at.is_(None))
        if reminder:
            self.tried(lambda: reminders.skip(self.session, reminder, by=self.by))

    @rule(data=st.data())
    def undo_skip(self, data):
        row = self.pick(data, Skip, Skip.undone_at.is_(None))
        if row:
            reminders.undo_skip(self.session, row.id, by=self.by)

    @rule(data=st.data())
    def done(self, data):
        reminder = self.pick(data, Reminder, Reminder.ended_at.is_(None))
        if reminder:
            self.tried(lambda: reminders.complete(self.session, reminder, by=self.by))

    @rule(
        to=st.sampled_from(Stage),
        rhythm=rhythm_wishes,
        reason=st.sampled_from(ParkingReason),
        ahead=st.integers(1, 90),
        with_trial=st.booleans(),
    )
    def move(self, to, rhythm, reason, ahead, with_trial):
        day = add_days(self.today, ahead)
        self.tried(
            lambda: stages.move(
                self.vendor,
                by=self.by,
                to=to,
                why="So it is",
                trial=TrialTerms("One page", day) if with_trial else None,
                parking=ParkingTerms(reason, until=day, rhythm=rhythm),
            )
        )

    @rule(data=st.data())
    def undo_move(self, data):
        row = self.pick(data, StageMove, StageMove.undone_at.is_(None))
        if row:
            self.tried(lambda: stages.undo(row, by=self.by))

    @precondition(lambda self: self.vendor.stage is Stage.PARKED)
    @rule(rhythm=rhythm_wishes, keep=st.booleans())
    def change_the_parking(self, rhythm, keep):
        parking = parkings.of_vendor(self.session, self.vendor)
        if keep:
            parkings.keep_parked(parking, by=self.by)
        else:
            parkings.edit(
                parking,
                by=self.by,
                version=parking.version,
                reason=parking.reason,
                until=parking.revisit_on,
                rhythm=rhythm,
            )

    @rule(data=st.data(), outcome=st.sampled_from(TrialOutcome), ahead=st.integers(0, 30))
    def work_on_a_trial(self, data, outcome, ahead):
        trial = self.pick(data, TrialTask)
        if trial and trial.is_open and ahead % 2:
            trials.change_due(trial, by=self.by, due_on=add_days(self.today, ahead), version=trial.version)
        elif trial and trial.is_open:
            trials.decide(trial, by=self.by, outcome=outcome)
        elif trial:
            trials.reopen(trial, by=self.by)

    @rule(level=st.sampled_from(StandingLevel), ahead=st.integers(0, 60), in_niche=st.booleans())
    def give_a_standing(self, level, ahead, in_niche):
        standings.give(
            self.vendor,
            by=self.by,
            level=level,
            category_id=self.category_id if in_niche else None,
            valid_until=add_days(self.today, ahead),
            reason="So it is",
        )

    @rule(
        data=st.data(),
        act=st.sampled_from([standings.renew, standings.remove, standings.take_back, standings.put_back]),
    )
    def change_a_standing(self, data, act):
        standing = self.pick(data, Standing)
        if standing and (standing.ended_at is None or act is standings.put_back):
            self.tried(lambda: act(standing, by=self.by))

    @rule(name=st.sampled_from(["Film", "Moving pictures"]))
    def rename_the_category(self, name):
        categories.rename(categories.at(self.session, self.category_id), name=name)

    @rule(rhythm=rhythm_wishes)
    def change_the_rhythm(self, rhythm):
        rhythms.change(self.vendor, version=self.vendor.version, rhythm=rhythm)

    @rule(tier=st.sampled_from([None, *Tier]), owner=st.sampled_from([None, "member", "admin"]), leave=st.booleans())
    def change_the_vendor(self, tier, owner, leave):
        vendors.edit(
            self.vendor,
            by=self.by,
            version=self.vendor.version,
            tier=tier,
            owner_id=getattr(self.business, owner).user_id if owner else None,
            leave_from=self.today if leave else None,
            leave_to=add_days(self.today, 10) if leave else None,
        )

    @rule(country=st.sampled_from(["", "GB", "ES"]))
    def keep_other_holidays(self, country):
        closed_days.choose_holidays(self.session, by=self.business.owner, country=country, region="")

    @rule(most=st.integers(1, 3), others=st.integers(0, 6))
    def the_night_plans(self, most, others):
        """Beside other vendors of the same owner that are due when this one is."""
        self.session.get_one(Workspace, self.session.workspace_id).touches_a_day = most
        with self.session.begin_nested() as meanwhile:
            for number in range(others if self.vendor.due_kind is ReminderKind.TOUCH else 0):
                self.session.add(self.alike(number))
            changes = [change for change in nights.plan(self.session) if change.vendor_id == self.vendor.id]
            meanwhile.rollback()
        nights.store(self.session, changes)
        self.session.expire_all()
        self.seen = None

    def alike(self, number):
        vendor, name = self.vendor, f"Vendor {number}"
        return Vendor(
            name=name,
            normal_name=name.lower(),
            stage_since=self.today,
            cadence_began_on=self.today,
            cadence_in_force=vendor.cadence_in_force,
            owner_id=vendor.owner_id,
            tier=Tier.A,
            due_on=vendor.due_on,
            due_kind=ReminderKind.TOUCH,
        )

    @invariant()
    def what_is_stored_is_what_the_history_gives(self):
        if not hasattr(self, "session"):
            return
        stored = self.stored()
        touches.refresh(self.session, self.vendor)
        assert self.stored() == stored, "refreshing again changes nothing"
        page = nights.look(self.session, 0)
        assert (page.drifted, page.handed_on) == ([], []), "the night finds nothing to mend"
        self.forget()
        touches.refresh(self.session, self.vendor)
        assert self.stored() == stored, "what is stored does not depend on how it came about"

    @invariant()
    def a_planned_day_stands_until_its_check_in_moves(self):
        if not hasattr(self, "session"):
            return
        vendor = self.vendor
        if vendor.planned_on is not None:
            assert vendor.due_kind is ReminderKind.TOUCH
            assert vendor.planned_on >= vendor.due_on
        if self.seen is not None and vendor.planned_on is not None:
            assert (vendor.due_on, vendor.planned_on) == self.seen, "only the night plans"
        self.seen = (vendor.due_on, vendor.planned_on)

    @invariant()
    def a_check_in_is_on_an_open_day_and_only_a_snooze_moves_a_promise(self):
        if not hasattr(self, "session"):
            return
        workspace = self.session.get_one(Workspace, self.session.workspace_id)
        days = open_days.for_vendor(open_days.of_business(self.session, workspace), self.vendor)
        for one in touches.outlook(self.session, self.vendor).candidates:
            if one.key.kind is ReminderKind.TOUCH:
                assert days.is_open(one.due_on)
            elif not one.snoozed:
                assert one.due_on == one.own_on

    @invariant()
    def each_reminder_is_single_and_is_a_candidate(self):
        if not hasattr(self, "session"):
            return
        open_now = self.session.query(Reminder).filter(Reminder.ended_at.is_(None)).all()
        keys = [(row.user_id, row.kind, row.subject_id, row.due_on) for row in open_now]
        assert len(keys) == len(set(keys))
        people_told = {row.user_id for row in open_now}
        expected = {
            (user_id, one.key.kind, one.key.subject_id, one.due_on)
            for user_id in people_told
            for one in touches.outlook(self.session, self.vendor).candidates
        }
        assert set(keys) == expected

    @invariant()
    def a_standing_is_no_reason_to_be_in_touch(self):
        if hasattr(self, "session"):
            assert self.vendor.due_kind is not ReminderKind.STANDING

    @invariant()
    def one_parking_is_open_while_parked_and_none_else(self):
        if hasattr(self, "session"):
            count = self.session.query(Parking).filter(Parking.ended_on.is_(None)).count()
            assert count == (1 if self.vendor.stage is Stage.PARKED else 0)

    def stored(self):
        self.session.flush()
        vendor = self.vendor
        rows = self.session.query(Reminder).filter(Reminder.ended_at.is_(None))
        return (
            vendor.due_on,
            vendor.planned_on,
            vendor.next_on,
            vendor.due_kind,
            vendor.due_subject_id,
            vendor.due_why,
            vendor.last_contact_on,
            vendor.cadence_in_force,
            vendor.cadence_began_on,
            sorted(
                (row.user_id, row.kind, row.subject_id, row.due_on, row.shown_on, json.dumps(row.why)) for row in rows
            ),
        )

    def forget(self):
        """All that is computed, but for the day on which the rhythm began, and a planned day with the one it is for:
        those are facts of their own."""
        vendor = self.vendor
        if vendor.planned_on is None:
            vendor.due_on = None
        vendor.due_kind = vendor.due_subject_id = vendor.due_why = vendor.last_contact_on = None
        self.session.query(Reminder).delete()
        self.session.expire_all()


def test_what_is_stored_follows_from_the_history_alone(sqlite_databases, tmp_path):
    file = tmp_path / "goodterms.db"
    shutil.copyfile(sqlite_databases.template(peopled=True), file)
    engine = open_engine(f"sqlite:///{file}")
    Doings.engine, Doings.business = engine, people.business(engine)
    try:
        run_state_machine_as_test(
            Doings,
            settings=settings(
                max_examples=30,
                stateful_step_count=25,
                phases=[Phase.generate],  # a failure is shown as it was found: making a history shorter takes minutes
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        engine.dispose()


# Who is reminded


@pytest.fixture(autouse=True)
def _monday(request, clock_at):
    if "business" in request.fixturenames:
        clock_at("2026-10-05 09:00")


@pytest.fixture
def session(inside, business):
    with inside(business) as session:
        yield session


def told(session, vendor):
    session.flush()
    rows = session.query(Reminder).filter(Reminder.vendor_id == vendor.id, Reminder.ended_at.is_(None))
    return {row.user_id for row in rows}


def test_whoever_looks_after_the_vendor_is_reminded(session, business):
    vendor = vendors.add(session, by=business.member, name="Northlight Studio", backup_id=business.admin.user_id)
    assert told(session, vendor) == {business.member.user_id}


def test_without_an_owner_the_backup_is_reminded_and_without_both_the_admins_are(session, business):
    vendor = vendors.add(session, by=business.member, name="Northlight Studio", backup_id=business.admin.user_id)

    vendors.edit(vendor, by=business.member, version=vendor.version, owner_id=None)
    assert told(session, vendor) == {business.admin.user_id}

    vendors.edit(vendor, by=business.member, version=vendor.version, backup_id=None)
    assert told(session, vendor) == {business.owner.user_id, business.admin.user_id}


def test_a_viewer_is_not_reminded_of_what_they_could_not_do(session, business):
    vendor = vendors.add(session, by=business.owner, name="Northlight Studio", backup_id=business.member.user_id)
    vendor.owner_id = business.viewer.user_id  # given to them while they could still act
    touches.refresh(session, vendor)
    assert told(session, vendor) == {business.member.user_id}


def test_reminders_move_on_when_their_persons_role_becomes_a_viewers(session, business):
    vendor = vendors.add(session, by=business.member, name="Northlight Studio", tier=Tier.A, stage=Stage.ACTIVE)
    assert told(session, vendor) == {business.member.user_id}
    members.change_role(session, business.member.user_id, by=business.owner, role=Role.VIEWER)
    assert told(session, vendor) == {business.owner.user_id, business.admin.user_id}
    members.change_role(session, business.member.user_id, by=business.owner, role=Role.MEMBER)
    assert told(session, vendor) == {business.member.user_id}


def test_a_mention_is_told_once_however_often_it_is_asked_for(session, business):
    vendor = vendors.add(session, by=business.member, name="Northlight Studio")
    for _time in range(3):
        touches.remind(
            session,
            user_id=business.admin.user_id,
            vendor_id=vendor.id,
            kind=ReminderKind.MENTION,
            subject_id=7,
            due_on=date(2026, 10, 5),
            why={"kind": "mention", "what": "Look"},
        )
        session.flush()
    assert session.query(Reminder).filter(Reminder.kind == ReminderKind.MENTION).count() == 1


def test_whoever_asked_to_be_left_alone_is_not_checked_in_on(session, business):
    vendor = vendors.add(session, by=business.owner, name="Northlight")
    planned = vendor.due_on
    vendors.edit(vendor, by=business.owner, version=vendor.version, do_not_contact=True)
    assert (planned is not None, vendor.due_on) == (True, None)
    promises.make(vendor, by=business.owner, kind=PromiseKind.OURS, what="Pay", due_on=planned)
    assert (vendor.due_on, vendor.due_kind) == (planned, ReminderKind.PROMISE_OURS)
    vendors.edit(vendor, by=business.owner, version=vendor.version, do_not_contact=False)
    assert vendor.due_on == planned


def test_a_change_of_the_businesss_usual_rhythms_begins_nothing(session, business, clock_at):
    vendor = vendors.add(session, by=business.member, name="Northlight Studio")
    clock_at("2026-10-12 09:00")
    workspace = session.get(type(business.workspace), business.workspace.id)
    workspace.cadence_defaults = {"prospect": {"every": 10, "unit": "days"}}

    touches.refresh_many(session, [vendor], begins=False)

    assert (vendor.cadence_began_on, vendor.due_on) == (date(2026, 10, 5), date(2026, 10, 15))


def test_refreshing_many_keeps_vendors_apart(session, business):
    both = [vendors.add(session, by=business.member, name=name) for name in ("Northlight Studio", "Pixelmill")]
    interactions.log(both[0], by=business.member, kind=InteractionKind.CALL, occurred_on=date(2026, 10, 5))
    before = [(vendor.due_on, vendor.last_contact_on) for vendor in both]
    touches.refresh_many(session, session.query(Vendor).order_by(Vendor.id).all())
    assert [(vendor.due_on, vendor.last_contact_on) for vendor in both] == before
