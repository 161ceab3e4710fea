"""``flask demo``: a business with realistic content, to try things."""

import secrets

import click
from flask.cli import with_appcontext

from crm.cli.starting import bring_database_up
from crm.core.unit_of_work import installation_work
from crm.domain import accounts
from crm.queries import members
from crm.web.installation import installation

_EMAIL = "demo@demo.invalid"


@click.command("demo")
@click.option("--owner", "email", default=_EMAIL, help="The e-mail address of the account that shall own it.")
@with_appcontext
def command(email: str) -> None:
    """Make the demo business; without an account of yours, for one made for it, whose password is printed."""
    from crm.domain import demo  # here: every command would load its texts, the server too

    home = installation()
    bring_database_up(home.settings, home.engine)
    with installation_work(home.engine) as session:
        owner = members.user_by_email(session, email.strip().lower())
        if owner is None and email != _EMAIL:
            raise click.ClickException(f"There is no account with the address {email}.")
        password = ""
        if owner is None:
            password = secrets.token_urlsafe(9)
            owner = accounts.account(
                session, email=_EMAIL, name="Sam Juniper", password=password, time_zone="Europe/London"
            )
        made = demo.build(session, owner=owner)
        click.echo(f"{made.workspace.name} is ready. Sign in as {owner.email}.")
        if password:
            click.echo(f"The password is {password}")
