"""Setting up, signing in and out."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, inspect, select

from crm.core import clock, tokens
from crm.core.errors import Missing, Refused, Throttled
from crm.core.tenancy import inside as inside_of
from crm.core.tenancy import installation_session
from crm.core.unit_of_work import installation_work
from crm.domain import accounts
from crm.domain.accounts import LASTS
from crm.domain.attempts import LONG_ATTEMPTS, SHORT_ATTEMPTS, Origin
from crm.models.categories import Category
from crm.models.enums import Role, SignInWay
from crm.models.workspaces import Membership, SignInAttempt, User, UserSession, Workspace
from crm.queries import members
from tests.support.people import PASSWORD

HOME = Origin("198.51.100.7")
ELSEWHERE = Origin("203.0.113.9")
KNOWN = Origin("198.51.100.7", known_device="the laptop in the office")
OWNER = "owner@fern.example"


@pytest.fixture
def session(engine):
    with installation_work(engine) as session:
        yield session


def set_up(session, **changes):
    values = {
        "business": "Wren & Daughters",
        "owner_name": "Wanda Wren",
        "email": "Wanda@Wren.example",
        "password": PASSWORD,
        "time_zone": "Europe/Berlin",
    }
    return accounts.set_up(session, **{**values, **changes})


def fail(session, origin, email=OWNER):
    assert accounts.sign_in(session, email=email, password="a wrong one", origin=origin) is None


def succeed(session, origin):
    return accounts.sign_in(session, email=OWNER, password=PASSWORD, origin=origin)


class TestSettingUp:
    pytestmark = pytest.mark.bare

    def test_makes_a_business_its_owner_and_the_usual_categories(self, session):
        owner = set_up(session)
        assert (owner.workspace.name, owner.workspace.slug) == ("Wren & Daughters", "wren-daughters")
        assert (owner.workspace.currency, owner.workspace.time_zone) == ("EUR", "Europe/Berlin")
        assert (owner.role, owner.user.name, owner.user.email) == (Role.OWNER, "Wanda Wren", "wanda@wren.example")
        with inside_of(session, owner.workspace_id) as rows:
            tops = rows.scalar(select(func.count(Category.id)).where(Category.parent_id.is_(None)))
            niches = rows.scalar(select(func.count(Category.id)).where(Category.parent_id.is_not(None)))
        assert tops == 12
        assert niches > tops

    def test_plans_the_first_morning_letter_in_the_owners_zone(self, session, clock_at):
        clock_at("2026-11-27 12:00", "UTC")
        assert clock.local(set_up(session).next_digest_at, "Europe/Berlin").isoformat() == "2026-11-30T08:00:00+01:00"

    def test_a_second_business_of_the_same_name_has_an_address_of_its_own(self, session):
        slugs = [set_up(session).workspace.slug for _each in range(3)]
        assert slugs == ["wren-daughters", "wren-daughters-2", "wren-daughters-3"]
        assert session.scalar(select(func.count(User.id))) == 1

    def test_a_name_in_any_script_gives_an_address(self, session):
        assert set_up(session, business="株式会社").workspace.slug == "business"

    def test_an_existing_account_needs_its_own_password(self, session):
        set_up(session)
        with pytest.raises(Refused) as refused:
            set_up(session, password="something else entirely")
        assert refused.value.field == "password"

    @pytest.mark.parametrize(
        ("field", "change"),
        [
            ("business", {"business": ""}),
            ("name", {"owner_name": ""}),
            ("email", {"email": "wanda"}),
            ("email", {"email": "wanda@wren.example, tom@wren.example"}),
            ("email", {"email": "w@" + "x" * 254}),
            ("password", {"password": "short"}),
            ("time_zone", {"time_zone": "Europe/Atlantis"}),
        ],
    )
    def test_says_at_which_box_something_is_missing(self, session, field, change):
        with pytest.raises(Refused) as refused:
            set_up(session, **change)
        assert refused.value.field == field

    def test_is_set_up_once_anybody_has_an_account(self, session):
        assert not accounts.is_set_up(session)
        set_up(session)
        assert accounts.is_set_up(session)


class TestSigningIn:
    def test_by_address_in_any_case_and_password(self, session, business):
        found = accounts.sign_in(session, email=" Owner@Fern.Example ", password=PASSWORD, origin=HOME)
        assert found is not None
        assert found.id == business.owner.user_id

    def test_not_with_a_wrong_password_nor_as_nobody(self, session, business):
        fail(session, HOME)
        fail(session, HOME, email="nobody@fern.example")

    def test_is_slowed_down_after_ten_failures_in_five_minutes_from_one_address(self, session, business, clock_at):
        clock_at("2026-10-05 09:00:00")
        for _attempt in range(SHORT_ATTEMPTS):
            fail(session, HOME)
        clock_at("2026-10-05 09:01:00")
        with pytest.raises(Throttled) as throttled:
            succeed(session, HOME)
        assert 235 <= throttled.value.seconds <= 241
        assert succeed(session, ELSEWHERE) is not None

    def test_is_allowed_again_when_the_oldest_failure_is_five_minutes_old(self, session, business, clock_at):
        clock_at("2026-10-05 09:00:00")
        for _attempt in range(SHORT_ATTEMPTS):
            fail(session, HOME)
        clock_at("2026-10-05 09:05:01")
        assert succeed(session, HOME) is not None

    def test_nine_failures_slow_nobody_down_and_success_forgets_them(self, session, business):
        for _attempt in range(SHORT_ATTEMPTS - 1):
            fail(session, HOME)
        assert succeed(session, HOME) is not None
        fail(session, HOME)
        assert succeed(session, HOME) is not None

    def test_is_slowed_down_after_fifty_failures_in_an_hour_from_anywhere(self, session, business, clock_at):
        clock_at("2026-10-05 09:00:00")
        for number in range(LONG_ATTEMPTS):
            fail(session, Origin(f"203.0.113.{number}"))
        with pytest.raises(Throttled) as throttled:
            succeed(session, HOME)
        assert throttled.value.seconds >= 3_599

    def test_locks_nobody_out_of_a_device_that_is_known(self, session, business):
        for number in range(LONG_ATTEMPTS):
            fail(session, Origin(HOME.address if number < SHORT_ATTEMPTS else f"203.0.113.{number}"))
        assert succeed(session, KNOWN) is not None

    def test_is_slowed_down_on_a_known_device_by_its_own_failures_alone(self, session, business):
        for _attempt in range(SHORT_ATTEMPTS):
            fail(session, KNOWN)
        with pytest.raises(Throttled):
            succeed(session, KNOWN)

    def test_is_slowed_down_after_fifty_failures_in_an_hour_on_a_known_device(self, session, business, clock_at):
        for number in range(LONG_ATTEMPTS):
            clock_at(f"2026-10-05 09:{number:02}:00")
            fail(session, KNOWN)
        clock_at("2026-10-05 09:56:00")
        with pytest.raises(Throttled):
            succeed(session, KNOWN)
        assert succeed(session, replace(KNOWN, known_device="the telephone")) is not None

    def test_is_slowed_down_the_same_for_an_address_without_an_account(self, session, business):
        for _attempt in range(SHORT_ATTEMPTS):
            fail(session, HOME, email="nobody@fern.example")
        with pytest.raises(Throttled):
            fail(session, HOME, email="nobody@fern.example")

    def test_keeps_failures_for_an_hour_and_no_readable_address(self, session, business, clock_at):
        clock_at("2026-10-05 09:00")
        fail(session, HOME)
        clock_at("2026-10-05 10:01")
        fail(session, ELSEWHERE)
        [kept] = session.scalars(select(SignInAttempt))
        assert kept.attempted_at == clock.now()
        assert "fern" not in kept.account
        assert ELSEWHERE.address not in kept.address

    def test_counts_guesses_that_come_at_the_same_moment(self, engine, business):
        def guess(_number):
            try:
                with installation_work(engine) as session:
                    fail(session, HOME)
            except Throttled:
                return "slowed down"
            return "checked"

        with ThreadPoolExecutor(4) as people:
            results = list(people.map(guess, range(SHORT_ATTEMPTS + 6)))
        assert results.count("checked") == SHORT_ATTEMPTS


def signed_in(session, opened, now):
    return members.signed_in(session.connection(), opened.token_hash, now, tick="tick", fuse="fuse", faults="faults")


class TestSessions:
    def test_a_browser_keeps_a_secret_of_which_only_the_fingerprint_is_stored(self, session, business):
        user = session.get_one(User, business.owner.user_id)
        opened, token = accounts.open_session(session, user, browser="Firefox")
        assert opened.token_hash == tokens.fingerprint(token)
        assert opened.workspace_id == business.workspace.id
        assert signed_in(session, opened, clock.now()).user_session.user_id == user.id

    def test_who_is_signed_in_is_known_as_if_a_session_had_loaded_them(self, session, business):
        user = session.get_one(User, business.owner.user_id)
        user.totp_secret, user.totp_since, user.totp_last_step, user.passkey_handle = "locked", clock.now(), 7, "one"
        opened, _token = accounts.open_session(session, user, address="192.0.2.7", way=SignInWay.TWO_STEP)
        opened.confirmed_at = clock.now() - timedelta(minutes=5)
        session.flush()
        found = signed_in(session, opened, clock.now())
        assert found.user_session.way is SignInWay.TWO_STEP
        assert found.user_session.confirmed_at == opened.confirmed_at
        [member] = found.memberships
        stored = session.get_one(Membership, member.id)
        pairs = [
            (found.user_session, opened),
            (found.user_session.user, session.get_one(User, business.owner.user_id)),
            (member, stored),
            (member.workspace, session.get_one(Workspace, stored.workspace_id)),
        ]
        for made, loaded in pairs:
            names = [attribute.key for attribute in inspect(type(loaded)).column_attrs]
            assert [getattr(made, name) for name in names] == [getattr(loaded, name) for name in names]
            assert inspect(made).identity == inspect(loaded).identity
            assert inspect(made).detached
            assert not inspect(made).modified
        assert member.user is found.user_session.user

    def test_a_sign_in_ends_after_sixty_days(self, session, business, clock_at):
        clock_at("2026-10-05 09:00")
        opened, _token = accounts.open_session(session, session.get_one(User, business.owner.user_id))
        last = clock.now() + LASTS
        assert signed_in(session, opened, last - timedelta(seconds=1)) is not None
        assert signed_in(session, opened, last) is None

    def test_one_can_be_ended_by_its_person_alone(self, session, business):
        user = session.get_one(User, business.owner.user_id)
        opened, _token = accounts.open_session(session, user)
        with pytest.raises(Missing):
            accounts.end_session(session, opened.id, of=business.member.user_id)
        assert session.scalar(select(func.count(UserSession.id))) == 1
        accounts.end_session(session, opened.id, of=user.id)
        assert session.scalar(select(func.count(UserSession.id))) == 0

    def test_all_but_one_end_with_a_new_password(self, session, business):
        user = session.get_one(User, business.owner.user_id)
        here, _token = accounts.open_session(session, user)
        accounts.open_session(session, user)
        accounts.change_password(session, user, current=PASSWORD, new="an even longer walk", but=here.id)
        assert session.scalars(select(UserSession.id)).all() == [here.id]
        assert succeed(session, HOME) is None
        assert accounts.sign_in(session, email=OWNER, password="an even longer walk", origin=HOME) is not None

    @pytest.mark.parametrize(
        ("current", "new", "field"), [("wrong one", "long enough!", "current"), (PASSWORD, "short", "new")]
    )
    def test_a_password_changes_only_with_the_present_one_and_to_a_long_one(
        self, session, business, current, new, field
    ):
        user = session.get_one(User, business.owner.user_id)
        with pytest.raises(Refused) as refused:
            accounts.change_password(session, user, current=current, new=new)
        assert refused.value.field == field


def test_whoever_was_deactivated_comes_back_by_joining_again(engine, business):
    with installation_work(engine) as session:
        membership = members.membership(session, business.workspace.id, business.viewer.user_id)
        membership.deactivated_at = clock.now()
        accounts.plan_digest(membership)
        assert membership.next_digest_at is None
        session.flush()
        user = session.get_one(User, business.viewer.user_id)
        accounts.join(session, session.get_one(Workspace, business.workspace.id), user, role=Role.MEMBER)
    with installation_session(engine, writing=False) as session:
        again = session.get_one(Membership, membership.id)
        assert (again.role, again.is_active) == (Role.MEMBER, True)
        assert again.next_digest_at is not None
