"""The team: invitations, roles, leaving and coming back."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.core import clock, limits
from crm.core.errors import Forbidden, Missing, Refused
from crm.core.tenancy import workspace_session
from crm.core.unit_of_work import installation_work, workspace_work
from crm.domain import accounts, decision_areas, members, needs, vendors
from crm.domain.needs import NeedTerms
from crm.mail import mime
from crm.models.enums import CadenceChoice, MailKind, Role, Stage, Tier
from crm.models.reminders import Reminder
from crm.models.vendors import Vendor
from crm.models.workspaces import Invitation, Membership, User, UserSession
from crm.queries import members as people
from tests.support import letters
from tests.support.people import PASSWORD

NEWCOMER = "newcomer@fern.example"


def account_of(session, email=NEWCOMER) -> User:
    return accounts.account(session, email=email, name="Nell", password=PASSWORD, time_zone="Europe/London")


@pytest.fixture
def invite(business, inside):
    """invite(role=…) asks the newcomer in, and answers with the link's secret."""

    def invite(role=Role.MEMBER, by=None, email=NEWCOMER) -> str:
        with inside(business) as session:
            return members.invite(session, by=by or business.owner, email=email, role=role).token

    return invite


@pytest.fixture
def accept(engine):
    def accept(token, email=NEWCOMER) -> Membership:
        with installation_work(engine) as session:
            return members.accept(session, token, user=account_of(session, email))

    return accept


class TestInvitations:
    def test_let_their_address_in_with_their_role(self, business, invite, accept):
        member = accept(invite(Role.ADMIN))
        assert (member.workspace_id, member.role, member.user.email) == (business.workspace.id, Role.ADMIN, NEWCOMER)
        assert member.next_digest_at is not None

    def test_work_once(self, invite, accept):
        token = invite()
        accept(token)
        with pytest.raises(Missing):
            accept(token)

    def test_work_for_seven_days(self, invite, accept, clock_at):
        clock_at("2026-10-05 09:00")
        first, second = invite(), invite(email="second@fern.example")
        clock_at("2026-10-12 08:59")
        accept(first)
        clock_at("2026-10-12 09:00")
        with pytest.raises(Missing):
            accept(second, "second@fern.example")

    def test_work_for_nobody_else(self, invite, accept):
        token = invite()
        with pytest.raises(Refused):
            accept(token, "thief@fern.example")
        accept(token)

    def test_are_worthless_once_withdrawn(self, business, inside, invite, accept):
        token = invite()
        with inside(business) as session:
            [waiting] = session.scalars(select(Invitation))
            members.withdraw(session, waiting.id, by=business.admin)
        with pytest.raises(Missing):
            accept(token)

    def test_are_replaced_by_a_newer_one_for_the_same_address(self, invite, accept):
        first, second = invite(), invite(Role.VIEWER)
        with pytest.raises(Missing):
            accept(first)
        assert accept(second).role is Role.VIEWER

    def test_keep_their_role_with_a_new_link(self, business, inside, invite, accept):
        first = invite(Role.VIEWER)
        with inside(business) as session:
            [waiting] = session.scalars(select(Invitation))
            again = members.renew(session, waiting.id, by=business.owner).token
        with pytest.raises(Missing):
            accept(first)
        assert accept(again).role is Role.VIEWER

    def test_store_nothing_that_opens_them(self, engine, invite):
        token = invite()
        with installation_work(engine) as session:
            [row] = session.scalars(select(Invitation))
        assert token not in repr(vars(row))

    def test_are_not_for_those_who_are_in_already(self, business, invite):
        with pytest.raises(Refused) as refused:
            invite(email="Viewer@fern.example")
        assert refused.value.field == "email"

    def test_of_owners_come_from_owners_alone(self, business, invite):
        with pytest.raises(Forbidden):
            invite(Role.OWNER, by=business.admin)
        with pytest.raises(Forbidden):
            invite(Role.VIEWER, by=business.member)
        assert invite(Role.ADMIN, by=business.admin)
        assert invite(Role.OWNER, by=business.owner)

    def test_are_so_many_a_day(self, business, inside, clock_at):
        clock_at("2026-10-05 09:00")
        with inside(business) as session:
            for number in range(limits.INVITATIONS_A_DAY):
                members.invite(session, by=business.owner, email=f"p{number}@fern.example", role=Role.VIEWER)
            with pytest.raises(Refused):
                members.invite(session, by=business.owner, email="more@fern.example", role=Role.VIEWER)
        clock_at("2026-10-06 09:01")
        with inside(business) as session:
            assert members.invite(session, by=business.owner, email="more@fern.example", role=Role.VIEWER)

    def test_bring_back_who_was_deactivated_in_the_role_now_given(self, business, inside, invite, accept):
        with inside(business) as session:
            members.deactivate(session, business.viewer.user_id, by=business.owner)
        token = invite(Role.MEMBER, email="viewer@fern.example")
        back = accept(token, "viewer@fern.example")
        assert (back.id, back.role, back.is_active) == (business.viewer.id, Role.MEMBER, True)

    def test_of_another_business_are_missing_here(self, business, inside, invite):
        invite()
        with inside(business) as session:
            [waiting] = session.scalars(select(Invitation.id))
        with inside(business.stranger) as session, pytest.raises(Missing):
            members.withdraw(session, waiting, by=business.stranger)

    def test_end_with_the_membership_of_whoever_made_them(self, business, inside, invite, accept):
        token = invite(Role.ADMIN, by=business.admin)
        with inside(business) as session:
            admin = people.membership(session, business.workspace.id, business.admin.user_id)
            assert [one.email for one in members.invitations_ending_with(session, admin)] == [NEWCOMER]
            members.deactivate(session, business.admin.user_id, by=business.owner)
        with pytest.raises(Missing):
            accept(token)

    def test_of_others_stay_when_somebody_leaves(self, business, inside, invite, accept):
        token = invite(by=business.owner)
        with inside(business) as session:
            members.deactivate(session, business.admin.user_id, by=business.owner)
        assert accept(token).is_active

    def test_end_with_the_role_that_allowed_to_make_them(self, business, inside, invite, accept):
        token = invite(Role.ADMIN, by=business.admin)
        with inside(business) as session:
            members.change_role(session, business.admin.user_id, by=business.owner, role=Role.MEMBER)
        with pytest.raises(Missing):
            accept(token)

    def test_of_an_owner_who_becomes_an_admin_end_for_owners_alone(self, business, inside, invite, accept):
        with inside(business) as session:
            members.change_role(session, business.admin.user_id, by=business.owner, role=Role.OWNER)
            second = people.membership(session, business.workspace.id, business.admin.user_id)
            for_owner = members.invite(session, by=second, email=NEWCOMER, role=Role.OWNER).token
            for_member = members.invite(session, by=second, email="other@fern.example", role=Role.MEMBER).token
            members.change_role(session, business.admin.user_id, by=business.owner, role=Role.ADMIN)
        with pytest.raises(Missing):
            accept(for_owner)
        assert accept(for_member, "other@fern.example").role is Role.MEMBER


class TestTheLetter:
    def sent(self, engine, business, settings):
        with workspace_work(engine, business.workspace.id) as session:
            made = members.invite(session, by=business.owner, email=NEWCOMER, role=Role.MEMBER)
            letter = members.send_invitation(session, settings, made, by=business.owner)
            return made, letter

    def test_bears_the_link_where_mail_is_set_up(self, engine, business, settings_with):
        made, letter = self.sent(engine, business, settings_with(SMTP_URL="smtp://127.0.0.1:9?tls=off"))
        assert letter is not None
        stored = letters.only(engine)
        assert (stored.kind, stored.recipient) == (MailKind.INVITATION, NEWCOMER)
        text = mime.read(stored.content).get_body(("plain",)).get_content()
        assert f"http://crm.example.org/invitations/{made.token}" in text
        assert stored.has_secrets

    def test_is_not_written_where_mail_is_not_set_up_or_no_link_would_lead_here(self, engine, business, settings_with):
        assert self.sent(engine, business, settings_with())[1] is None
        nowhere = settings_with(SMTP_URL="smtp://127.0.0.1:9?tls=off", BASE_URL="")
        assert self.sent(engine, business, nowhere)[1] is None


class TestRoles:
    def test_are_changed_by_owners_and_admins(self, business, inside):
        with inside(business) as session:
            assert (
                members.change_role(session, business.viewer.user_id, by=business.admin, role=Role.MEMBER).role
                is Role.MEMBER
            )

    @pytest.mark.parametrize("by", ["member", "viewer"])
    def test_are_changed_by_nobody_else(self, business, inside, by):
        with inside(business) as session, pytest.raises(Forbidden):
            members.change_role(session, business.viewer.user_id, by=getattr(business, by), role=Role.ADMIN)

    def test_of_owners_are_given_and_taken_by_owners_alone(self, business, inside):
        with inside(business) as session:
            with pytest.raises(Forbidden):
                members.change_role(session, business.admin.user_id, by=business.admin, role=Role.OWNER)
            with pytest.raises(Forbidden):
                members.change_role(session, business.owner.user_id, by=business.admin, role=Role.VIEWER)
            members.change_role(session, business.admin.user_id, by=business.owner, role=Role.OWNER)

    def test_leave_the_last_owner_one(self, business, inside):
        with inside(business) as session:
            with pytest.raises(Refused):
                members.change_role(session, business.owner.user_id, by=business.owner, role=Role.ADMIN)
            members.change_role(session, business.admin.user_id, by=business.owner, role=Role.OWNER)
            members.change_role(session, business.owner.user_id, by=business.owner, role=Role.ADMIN)

    def test_an_owner_who_left_counts_for_nothing(self, business, inside):
        with inside(business) as session:
            members.change_role(session, business.admin.user_id, by=business.owner, role=Role.OWNER)
            members.deactivate(session, business.admin.user_id, by=business.owner)
            with pytest.raises(Refused):
                members.change_role(session, business.owner.user_id, by=business.owner, role=Role.MEMBER)

    def test_of_strangers_are_missing(self, business, inside):
        with inside(business) as session, pytest.raises(Missing):
            members.change_role(session, business.stranger.user_id, by=business.owner, role=Role.VIEWER)


def reminded(session, vendor_id: int) -> set[int]:
    return set(
        session.scalars(select(Reminder.user_id).where(Reminder.vendor_id == vendor_id, Reminder.ended_at.is_(None)))
    )


@pytest.fixture
def vendor_id(business, inside) -> int:
    """Northlight, which the member looks after; who was a viewer stands in for them, and may work by now."""
    with inside(business) as session:
        members.change_role(session, business.viewer.user_id, by=business.owner, role=Role.MEMBER)
        return vendors.add(
            session,
            by=business.member,
            name="Northlight Studio",
            stage=Stage.ACTIVE,
            tier=Tier.A,
            backup_id=business.viewer.user_id,
        ).id


class TestLeaving:
    def test_ends_the_sessions_in_this_business_and_the_morning_letter(self, engine, business, inside):
        with installation_work(engine) as session:
            user = session.get_one(User, business.member.user_id)
            accounts.open_session(session, user)
        with inside(business) as session:
            gone = members.deactivate(session, business.member.user_id, by=business.admin)
            assert session.scalars(select(UserSession)).all() == []
            assert (gone.is_active, gone.next_digest_at) == (False, None)
            assert [member.role for member in people.members_of(session, business.workspace.id)] == [
                Role.ADMIN,
                Role.OWNER,
                Role.VIEWER,
            ]

    def test_keeps_what_they_looked_after_and_reminds_who_stands_in(self, business, inside, vendor_id):
        with inside(business) as session:
            assert reminded(session, vendor_id) == {business.member.user_id}
            members.deactivate(session, business.member.user_id, by=business.owner)
            assert session.get_one(Vendor, vendor_id).owner_id == business.member.user_id
            assert reminded(session, vendor_id) == {business.viewer.user_id}

    def test_reminds_owners_and_admins_where_nobody_stands_in(self, business, inside, vendor_id):
        with inside(business) as session:
            members.deactivate(session, business.viewer.user_id, by=business.owner)
            members.deactivate(session, business.member.user_id, by=business.owner)
            assert reminded(session, vendor_id) == {business.owner.user_id, business.admin.user_id}
            members.deactivate(session, business.admin.user_id, by=business.owner)
            assert reminded(session, vendor_id) == {business.owner.user_id}

    def test_hands_over_to_whom_one_says(self, business, inside, vendor_id):
        with inside(business) as session:
            members.deactivate(
                session, business.member.user_id, by=business.owner, successor_id=business.viewer.user_id
            )
            vendor = session.get_one(Vendor, vendor_id)
            assert (vendor.owner_id, vendor.backup_id) == (business.viewer.user_id, None)
            assert reminded(session, vendor_id) == {business.viewer.user_id}

    @pytest.mark.parametrize("has_successor", [True, False])
    def test_passes_on_what_they_answer_for_with_others_vendors(self, business, inside, has_successor):
        leaver, owner = business.member.user_id, business.owner.user_id
        with inside(business) as session:
            vendor = vendors.add(session, by=business.owner, name="Pinnock Ads", cadence_choice=CadenceChoice.NONE)
            access = decision_areas.give_access(
                vendor,
                by=business.owner,
                what="The advertising account",
                granted_on=business.workspace.today,
                owner_id=leaver,
                revoke_on=business.workspace.today,
            )
            need = needs.add(session, by=business.member, terms=NeedTerms(outcome="Two films", owner_id=leaver))
            session.flush()
            assert reminded(session, vendor.id) == {leaver}
            successor_id = business.admin.user_id if has_successor else None
            members.deactivate(session, leaver, by=business.owner, successor_id=successor_id)
            session.flush()
            expected = successor_id or owner
            assert expected in reminded(session, vendor.id)
            assert leaver not in reminded(session, vendor.id)
            assert (access.owner_id, need.owner_id) == (successor_id or leaver, successor_id or leaver)

    @pytest.mark.parametrize("successor", ["member", "stranger"])
    def test_hands_over_to_nobody_who_is_not_there(self, business, inside, vendor_id, successor):
        with inside(business) as session:
            with pytest.raises(Refused) as refused:
                members.deactivate(
                    session,
                    business.member.user_id,
                    by=business.owner,
                    successor_id=getattr(business, successor).user_id,
                )
            session.rollback()
        assert refused.value.field == "successor"

    def test_is_everybodys_own_right_but_the_last_owners(self, business, inside):
        with inside(business) as session:
            assert not members.deactivate(session, business.viewer.user_id, by=business.viewer).is_active
            with pytest.raises(Refused):
                members.deactivate(session, business.owner.user_id, by=business.owner)

    def test_of_others_is_decided_by_owners_and_admins(self, business, inside):
        with inside(business) as session:
            with pytest.raises(Forbidden):
                members.deactivate(session, business.viewer.user_id, by=business.member)
            with pytest.raises(Forbidden):
                members.deactivate(session, business.owner.user_id, by=business.admin)

    def test_two_owners_cannot_both_go_at_the_same_moment(self, engine, business, inside):
        with inside(business) as session:
            members.change_role(session, business.admin.user_id, by=business.owner, role=Role.OWNER)
        with inside(business) as session:
            members.deactivate(session, business.owner.user_id, by=business.owner)
        with workspace_session(engine, business.workspace.id, writing=True) as session, pytest.raises(Refused):
            members.deactivate(session, business.admin.user_id, by=business.admin)

    def test_and_coming_back_restores_role_letter_and_reminders(self, business, inside, vendor_id):
        with inside(business) as session:
            members.deactivate(session, business.member.user_id, by=business.owner)
        with inside(business) as session:
            back = members.reactivate(session, business.member.user_id, by=business.admin)
            assert (back.is_active, back.role) == (True, Role.MEMBER)
            assert back.next_digest_at is not None
            assert reminded(session, vendor_id) == {business.member.user_id}


class TestReminders:
    def test_follow_the_circle_of_admins_where_nobody_looks_after_a_vendor(self, business, inside, invite, accept):
        with inside(business) as session:
            lone = vendors.add(session, by=business.owner, name="Larch", stage=Stage.ACTIVE, owner_id=None).id
            assert reminded(session, lone) == {business.owner.user_id, business.admin.user_id}
            members.change_role(session, business.admin.user_id, by=business.owner, role=Role.MEMBER)
            assert reminded(session, lone) == {business.owner.user_id}
        newcomer = accept(invite(Role.ADMIN))
        with inside(business) as session:
            assert reminded(session, lone) == {business.owner.user_id, newcomer.user_id}


def test_a_browser_looks_at_another_business_only_where_its_person_is_in_it(engine, business):
    with installation_work(engine) as session:
        user = session.get_one(User, business.owner.user_id)
        own, _token = accounts.open_session(session, user)
        for workspace_id in (business.stranger.workspace_id, 999):
            with pytest.raises(Missing):
                members.switch(session, own.id, by=user, workspace_id=workspace_id)
        second = accounts.set_up(
            session, business="Alder", owner_name="", email=user.email, password=PASSWORD, time_zone="Europe/London"
        )
        members.switch(session, own.id, by=user, workspace_id=second.workspace_id)
        session.refresh(own)
        assert own.workspace_id == second.workspace_id


def test_the_invitations_end_lies_seven_days_ahead(business, inside):
    with inside(business) as session:
        made = members.invite(session, by=business.owner, email=NEWCOMER, role=Role.MEMBER)
    assert timedelta(days=6, hours=23) < made.invitation.expires_at - clock.now() <= timedelta(days=7)
