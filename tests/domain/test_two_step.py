"""The second step: codes of an app, recovery codes, and the proof of being there still."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.core.errors import Missing, Refused, Throttled
from crm.core.unit_of_work import installation_work
from crm.domain import two_step
from crm.domain.attempts import SHORT_ATTEMPTS, Origin
from crm.models.audit import AuditEntry
from crm.models.enums import AuditKind, SignInWay
from crm.models.ways_in import Passkey, RecoveryCode
from crm.models.workspaces import User
from crm.queries import two_step as ways_in
from tests.support.authenticators import code_of
from tests.support.people import PASSWORD

HOME = Origin("192.0.2.7")


@pytest.fixture(autouse=True)
def _noon(clock_at):
    clock_at("2026-10-05 12:00")


@pytest.fixture
def session(engine):
    with installation_work(engine) as session:
        yield session


@pytest.fixture
def user(session, business) -> User:
    return session.get_one(User, business.member.user_id)


def secret_of(settings, user) -> str:
    return two_step.secret_in(two_step.address_of_secret(settings, user))


@pytest.fixture
def begun(session, settings, user) -> str:
    """The secret that the person's app has read."""
    two_step.begin(session, settings, user_id=user.id)
    return secret_of(settings, user)


@pytest.fixture
def codes(session, settings, user, begun) -> list[str]:
    """The recovery codes of a person who has turned it on."""
    return two_step.turn_on(session, settings, user_id=user.id, code=code_of(begun, steps=-1))


def takes(session, settings, user, code="", recovery="", origin=HOME):
    return two_step.sign_in(session, settings, user, code=code, recovery=recovery, origin=origin)


def told(session, kind) -> list[AuditEntry]:
    return list(session.scalars(select(AuditEntry).where(AuditEntry.kind == kind)))


class TestSettingItUp:
    def test_counts_only_when_the_first_code_was_right(self, session, settings, user, begun):
        assert not two_step.is_on(session, user)
        with pytest.raises(Refused) as refused:
            two_step.turn_on(session, settings, user_id=user.id, code=code_of(begun, steps=5))
        assert refused.value.field == "code"
        assert not two_step.is_on(session, user)
        assert len(two_step.turn_on(session, settings, user_id=user.id, code=code_of(begun))) == two_step.CODES
        assert two_step.is_on(session, user)
        assert len(told(session, AuditKind.TWO_STEP_ON)) == 1

    def test_keeps_neither_secret_nor_codes_readable(self, session, settings, user, begun, codes):
        assert begun.replace(" ", "") not in user.totp_secret
        stored = session.scalars(select(RecoveryCode.code_hash)).all()
        assert len(stored) == len(set(stored)) == len(set(codes)) == two_step.CODES
        assert not set(codes) & set(stored)

    def test_shows_the_secret_to_nobody_once_it_counts(self, session, settings, user, codes):
        with pytest.raises(Missing):
            two_step.address_of_secret(settings, user)
        with pytest.raises(Refused):
            two_step.begin(session, settings, user_id=user.id)

    def test_needs_a_secret_first(self, session, settings, user):
        with pytest.raises(Missing):
            two_step.turn_on(session, settings, user_id=user.id, code="123456")

    def test_a_secret_of_another_key_of_the_installation_takes_no_code(
        self, session, settings_with, settings, user, begun, codes
    ):
        other = settings_with(SECRET_KEY="another key of this installation, as long as it must be")
        assert takes(session, other, user, code_of(begun)) is None


class TestACode:
    def test_lets_in_and_never_twice(self, session, settings, user, begun, codes):
        assert takes(session, settings, user, code_of(begun)) is SignInWay.TWO_STEP
        assert takes(session, settings, user, code_of(begun)) is None
        assert takes(session, settings, user, code_of(begun, steps=-1)) is None

    @pytest.mark.parametrize(("steps", "way"), [(1, SignInWay.TWO_STEP), (2, None), (-2, None)])
    def test_may_be_one_step_off(self, session, settings, user, begun, codes, steps, way):
        assert takes(session, settings, user, code_of(begun, steps=steps)) is way

    def test_may_be_one_step_behind(self, session, settings, user, begun, clock_at):
        two_step.turn_on(session, settings, user_id=user.id, code=code_of(begun))
        clock_at("2026-10-05 12:10")
        assert takes(session, settings, user, code_of(begun, steps=-1)) is SignInWay.TWO_STEP

    def test_may_be_typed_with_a_blank(self, session, settings, user, begun, codes):
        code = code_of(begun)
        assert takes(session, settings, user, f" {code[:3]} {code[3:]}") is SignInWay.TWO_STEP

    @pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "000000\x00"])
    def test_is_six_digits_of_ours(self, session, settings, user, codes, typed):
        assert takes(session, settings, user, typed) is None

    def test_of_somebody_who_has_not_turned_it_on_lets_nobody_in(self, session, settings, user, begun):
        assert takes(session, settings, user, code_of(begun)) is None

    def test_is_guessed_a_few_times_and_the_failures_are_told(self, session, settings, user, begun, codes):
        for _attempt in range(SHORT_ATTEMPTS):
            assert takes(session, settings, user, code_of(begun, steps=9)) is None
        with pytest.raises(Throttled):
            takes(session, settings, user, code_of(begun))
        failures = told(session, AuditKind.SIGN_IN_FAILED)
        assert [entry.address for entry in failures] == [HOME.address] * SHORT_ATTEMPTS
        known = Origin("203.0.113.5", known_device="their own phone")
        assert takes(session, settings, user, code_of(begun), origin=known) is SignInWay.TWO_STEP


class TestRecoveryCodes:
    def test_let_in_once_each(self, session, settings, user, codes):
        first, second, *_rest = codes
        assert takes(session, settings, user, recovery=first.upper().replace("-", " ")) is SignInWay.RECOVERY_CODE
        assert takes(session, settings, user, recovery=first) is None
        assert takes(session, settings, user, recovery=second) is SignInWay.RECOVERY_CODE
        assert ways_in.codes_left(session, user.id) == two_step.CODES - 2
        assert [entry.facts["left"] for entry in told(session, AuditKind.RECOVERY_CODE_USED)] == ["9", "8"]

    def test_of_somebody_else_let_nobody_in(self, session, settings, business, user, codes):
        other = session.get_one(User, business.owner.user_id)
        assert takes(session, settings, other, recovery=codes[0]) is None

    def test_new_ones_end_the_old_ones(self, session, settings, user, codes):
        fresh = two_step.make_codes(session, settings, user_id=user.id)
        assert takes(session, settings, user, recovery=codes[0]) is None
        assert takes(session, settings, user, recovery=fresh[0]) is SignInWay.RECOVERY_CODE

    def test_are_made_only_where_they_stand_in_for_something(self, session, settings, user):
        with pytest.raises(Missing):
            two_step.make_codes(session, settings, user_id=user.id)

    def test_stand_in_for_a_passkey_too(self, session, settings, user):
        session.add(Passkey(user_id=user.id, credential_id="one", public_key=b"half", name="Phone"))
        session.flush()
        [code, *_rest] = two_step.make_codes(session, settings, user_id=user.id)
        assert takes(session, settings, user, recovery=code) is SignInWay.RECOVERY_CODE


class TestTurningItOff:
    def test_takes_secret_and_codes_away_and_is_told_once(self, session, settings, user, codes):
        two_step.turn_off(session, user_id=user.id)
        two_step.turn_off(session, user_id=user.id)
        assert (user.totp_secret, user.totp_since) == ("", None)
        assert ways_in.codes_left(session, user.id) == 0
        assert not two_step.is_on(session, user)
        assert len(told(session, AuditKind.TWO_STEP_OFF)) == 1

    def test_leaves_the_codes_to_a_passkey(self, session, settings, user, codes):
        session.add(Passkey(user_id=user.id, credential_id="one", public_key=b"half", name="Phone"))
        two_step.turn_off(session, user_id=user.id)
        assert two_step.is_on(session, user)
        assert ways_in.codes_left(session, user.id) == two_step.CODES

    def test_whoever_is_locked_out_is_let_back_in_with_the_password_alone(self, session, settings, user, codes):
        session.add(Passkey(user_id=user.id, credential_id="one", public_key=b"half", name="Phone"))
        session.flush()
        two_step.let_back_in(session, user)
        assert not two_step.is_on(session, user)
        assert ways_in.codes_left(session, user.id) == 0


class TestBeingThereStill:
    def prove(self, session, settings, user, password="", code=""):
        return two_step.prove(session, settings, user, password=password, code=code, origin=HOME)

    def test_is_proved_by_password_or_code(self, session, settings, user, begun, codes):
        assert self.prove(session, settings, user, password=PASSWORD)
        assert self.prove(session, settings, user, code=code_of(begun))
        assert not self.prove(session, settings, user, code=code_of(begun))
        assert not self.prove(session, settings, user, password="another walk to the harbour")

    def test_is_guessed_as_often_as_at_the_door(self, session, settings, user):
        for _attempt in range(SHORT_ATTEMPTS):
            assert not self.prove(session, settings, user, password="a guess at it")
        with pytest.raises(Throttled) as slowed:
            self.prove(session, settings, user, password=PASSWORD)
        assert 0 < slowed.value.seconds <= timedelta(minutes=5).total_seconds() + 1

    def test_is_not_proved_by_a_code_that_counts_for_nothing_yet(self, session, settings, user, begun):
        assert not self.prove(session, settings, user, code=code_of(begun))
