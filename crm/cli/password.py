"""``flask password``: another password for somebody who cannot sign in."""

import sys

import click
from flask.cli import with_appcontext

from crm.core.errors import Refused
from crm.core.unit_of_work import installation_work
from crm.domain import resets
from crm.queries import members
from crm.web.installation import installation


@click.command("password")
@click.option("--user", "email", required=True, help="The e-mail address of the account.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@with_appcontext
def command(email: str, password_stdin: bool) -> None:
    """Set somebody's password anew, where no e-mail can be sent; every device of theirs is signed out."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("New password", hide_input=True, confirmation_prompt=True)
    try:
        with installation_work(installation().engine) as session:
            user = members.user_by_email(session, email.strip().lower())
            if user is None:
                raise click.ClickException(f"There is no account with the address {email}.")
            resets.set_password(session, installation().settings, user, new=password)
    except Refused as refused:
        raise click.ClickException(str(refused.words)) from None
    click.echo(f"{email} signs in with the new password from now on.")
