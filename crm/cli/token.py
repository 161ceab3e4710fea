"""``flask token``: tokens for programs."""

import click
from flask.cli import AppGroup
from sqlalchemy import select

from crm.core import i18n
from crm.core.errors import Problem
from crm.core.unit_of_work import installation_work
from crm.domain import api_tokens
from crm.models.enums import TokenScope
from crm.models.workspaces import Membership, Workspace
from crm.queries import members
from crm.web.installation import installation

command = AppGroup("token", help="Tokens for programs.")


@command.command("create")
@click.option("--user", "email", required=True, help="The e-mail address of whoever it acts for.")
@click.option("--business", "slug", required=True, help="The business's name in lower case with hyphens.")
@click.option("--scope", type=click.Choice([scope.value for scope in TokenScope]), default="read", show_default=True)
@click.option("--name", default="Made in a terminal", help="What it is for.")
@click.option("--days", default=365, show_default=True, help="How long it works.")
def create(email: str, slug: str, scope: str, name: str, days: int) -> None:
    """Print a token, once. It is stored nowhere in a form that could be read."""
    with installation_work(installation().engine) as session:
        workspace = session.scalars(select(Workspace).where(Workspace.slug == slug)).first()
        if workspace is None:
            raise click.ClickException(f"There is no business {slug!r}.")
        user = members.user_by_email(session, email.strip().lower())
        member: Membership | None = members.membership(session, workspace.id, user.id) if user else None
        if member is None or not member.is_active:
            raise click.ClickException(f"Nobody with the address {email} belongs to {slug}.")
        try:
            with i18n.speaking(member.user.locale):
                made = api_tokens.make(session, by=member, name=name, scope=TokenScope(scope), days=days)
        except Problem as problem:
            raise click.ClickException(str(problem.words)) from None
    click.echo(made.secret)
