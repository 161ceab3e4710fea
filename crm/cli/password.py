"""``flask password``: a way back in for somebody who cannot sign in."""

import sys

import click
from flask.cli import with_appcontext

from crm.core.errors import Refused
from crm.core.tenancy import InstallationSession
from crm.core.unit_of_work import installation_work
from crm.domain import resets, two_step
from crm.models.workspaces import User
from crm.queries import members
from crm.web.installation import installation


@click.command("password")
@click.option("--user", "email", required=True, help="The e-mail address of the account.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--no-second-step", is_flag=True, help="Leave the password, and ask for nothing beside it any more.")
@with_appcontext
def command(email: str, password_stdin: bool, no_second_step: bool) -> None:
    """Set somebody's password anew, where no e-mail can be sent; every device of theirs is signed out.

    With --no-second-step the password stays: the codes of an app, the passkeys and the recovery codes are taken off.
    """
    if no_second_step:
        with installation_work(installation().engine) as session:
            two_step.let_back_in(session, _user(session, email))
        click.echo(f"{email} signs in with the password alone from now on.")
        return
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("New password", hide_input=True, confirmation_prompt=True)
    try:
        with installation_work(installation().engine) as session:
            resets.set_password(session, installation().settings, _user(session, email), new=password)
    except Refused as refused:
        raise click.ClickException(str(refused.words)) from None
    click.echo(f"{email} signs in with the new password from now on.")


def _user(session: InstallationSession, email: str) -> User:
    user = members.user_by_email(session, email.strip().lower())
    if user is None:
        raise click.ClickException(f"There is no account with the address {email}.")
    return user
