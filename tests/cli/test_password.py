"""``flask password``: a way back in for somebody who is locked out."""

from __future__ import annotations

import pytest

from crm.core.tenancy import installation_session
from crm.core.unit_of_work import installation_work
from crm.domain import passwords, two_step
from crm.queries import members
from tests.support.authenticators import code_of
from tests.support.people import PASSWORD

NEW = "an even longer walk along the sea"


@pytest.fixture
def command(app, business):
    """command("--no-second-step") runs it for the member."""

    def run(*arguments, email=business.member.user.email, typed=""):
        return app.test_cli_runner().invoke(args=["password", "--user", email, *arguments], input=typed)

    return run


@pytest.fixture
def with_app(engine, settings, business) -> None:
    """The member types codes of an app at each sign-in."""
    with installation_work(engine) as session:
        two_step.begin(session, settings, user_id=business.member.user_id)
        user = members.user_by_email(session, business.member.user.email)
        secret = two_step.secret_in(two_step.address_of_secret(settings, user))
        two_step.turn_on(session, settings, user_id=user.id, code=code_of(secret))


@pytest.fixture
def stored(engine, business):
    """stored() is the password as it is kept, and whether there is a second step."""

    def read():
        with installation_session(engine, writing=False) as session:
            user = members.user_by_email(session, business.member.user.email)
            return user.password_hash, two_step.is_on(session, user)

    return read


@pytest.mark.usefixtures("with_app")
def test_gives_another_password_and_leaves_the_second_step(command, stored):
    result = command("--password-stdin", typed=f"{NEW}\n")
    assert result.exit_code == 0, result.output
    password, is_on = stored()
    assert passwords.is_right(password, NEW)
    assert is_on


@pytest.mark.usefixtures("with_app")
def test_takes_the_second_step_off_and_leaves_the_password(command, stored):
    result = command("--no-second-step")
    assert result.exit_code == 0, result.output
    assert "with the password alone" in result.output
    password, is_on = stored()
    assert passwords.is_right(password, PASSWORD)
    assert not is_on
    assert command("--no-second-step").exit_code == 0


@pytest.mark.parametrize("option", ["--no-second-step", "--password-stdin"])
def test_knows_no_account_by_another_address(command, option):
    result = command(option, email="nobody@example.org", typed=f"{NEW}\n")
    assert result.exit_code == 1
    assert "There is no account with the address nobody@example.org." in result.output
