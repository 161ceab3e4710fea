"""``flask setup``: a business and its owner, from a terminal."""

import pytest

from crm.core.tenancy import installation_session
from crm.domain import passwords
from crm.models.enums import Role
from crm.queries import members
from tests.support.people import PASSWORD

pytestmark = pytest.mark.bare


@pytest.fixture
def setup(app):
    """setup("--business", …) runs the command, with a password on standard input."""

    def run(*arguments, typed=f"{PASSWORD}\n"):
        return app.test_cli_runner().invoke(args=["setup", *arguments], input=typed)

    return run


def owners(engine, email="wanda@wren.example"):
    with installation_session(engine, writing=False) as session:
        user = members.user_by_email(session, email)
        return [] if user is None else list(members.memberships_of(session, user.id))


def test_makes_the_first_business_and_its_owner(setup, engine):
    result = setup(
        "--business", "Wren & Daughters", "--owner", "Wanda@Wren.example", "--name", "Wanda Wren",
        "--timezone", "Europe/Berlin", "--password-stdin",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "wren-daughters" in result.output
    [owner] = owners(engine)
    assert (owner.role, owner.user.name, owner.workspace.name) == (Role.OWNER, "Wanda Wren", "Wren & Daughters")
    assert (owner.user.time_zone, owner.workspace.time_zone) == ("Europe/Berlin", "Europe/Berlin")
    assert passwords.is_right(owner.user.password_hash, PASSWORD)


def test_asks_for_the_password_twice_where_it_is_not_piped_in(setup, engine):
    result = setup("--business", "Wren", "--owner", "wanda@wren.example", typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0, result.output
    assert PASSWORD not in result.output
    assert owners(engine)[0].user.name == "wanda"


def test_takes_a_password_as_it_is(setup, engine):
    setup("--business", "Wren", "--owner", "wanda@wren.example", "--password-stdin", typed="  blanks at the ends  \r\n")
    assert passwords.is_right(owners(engine)[0].user.password_hash, "  blanks at the ends  ")


def test_makes_a_further_business_for_the_same_owner(setup, engine):
    for _each in range(2):
        setup("--business", "Wren", "--owner", "wanda@wren.example", "--password-stdin")
    assert sorted(owner.workspace.slug for owner in owners(engine)) == ["wren", "wren-2"]


@pytest.mark.parametrize(
    ("arguments", "typed", "said"),
    [
        (("--timezone", "Atlantis"), f"{PASSWORD}\n", "Europe/London"),
        (("--owner", "wanda"), f"{PASSWORD}\n", "e-mail address"),
        ((), "short\n", "at least 10"),
        ((), "", "at least 10"),
        (("--business", " "), f"{PASSWORD}\n", "business’s name"),
    ],
)
def test_says_what_is_wrong_and_makes_nothing(setup, engine, arguments, typed, said):
    result = setup("--business", "Wren", "--owner", "wanda@wren.example", "--password-stdin", *arguments, typed=typed)
    assert result.exit_code != 0
    assert said in result.output
    assert "Traceback" not in result.output
    assert owners(engine) == []
