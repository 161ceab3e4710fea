"""``flask setup``: a business and its owner."""

import sys

import click
from flask.cli import with_appcontext

from crm.core import clock, text
from crm.core.errors import Refused
from crm.core.unit_of_work import installation_work
from crm.domain import accounts
from crm.web.installation import installation


@click.command("setup")
@click.option("--business", required=True, help="The business's name.")
@click.option("--owner", required=True, help="The owner's e-mail address.")
@click.option("--name", default="", help="The owner's name; without it, the address's first part.")
@click.option("--timezone", "time_zone", default="UTC", help="An IANA name, such as Europe/London.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@with_appcontext
def command(business: str, owner: str, name: str, time_zone: str, password_stdin: bool) -> None:
    """Make a business and its owner, the first or a further one."""
    if not clock.is_zone(time_zone):
        raise click.BadParameter(f"{time_zone!r} is no time zone; for example Europe/London", param_hint="--timezone")
    email = text.clean_line(owner).lower()
    try:
        with installation_work(installation().engine) as session:
            member = accounts.set_up(
                session,
                business=text.clean_line(business),
                owner_name=text.clean_line(name) or email.partition("@")[0],
                email=email,
                password=_password(from_stdin=password_stdin),
                time_zone=time_zone,
            )
            slug = member.workspace.slug
    except Refused as refused:
        raise click.ClickException(str(refused.words)) from None
    click.echo(f"{text.clean_line(business)} is set up as {slug}. {email} owns it.")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed
