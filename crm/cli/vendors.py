"""``flask vendors``: vendors in and out from a terminal."""

import gc
import json
import re
import secrets
import sys
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import select

from crm.core import i18n
from crm.core.csv_files import UnreadableTable
from crm.core.errors import Problem
from crm.core.tenancy import installation_session, workspace_session
from crm.core.unit_of_work import workspace_work
from crm.domain import audit, imports, permissions, vendor_exports
from crm.domain.permissions import Act
from crm.domain.vendor_exports import Format
from crm.models.enums import AuditKind
from crm.models.workspaces import Membership, Workspace
from crm.queries import members
from crm.web.installation import Installation, installation

command = AppGroup("vendors", help="Vendors in and out.")


class WrongArgument(click.ClickException):
    """One line about an argument that cannot be used. Exit 1 is kept for a file of which nothing could be read."""

    exit_code = 2


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--business", "slug", required=True, help="The business's name in lower case with hyphens.")
@click.option("--user", "email", required=True, help="The e-mail address of whoever imports.")
@click.option("--mapping", help='JSON: {"column in the file": "field"}; without it columns are guessed.')
@click.option("--dry-run", is_flag=True, help="Say what would happen, and do nothing.")
def import_vendors(file: Path, slug: str, email: str, mapping: str | None, dry_run: bool) -> None:
    """Import vendors from a file, in one transaction, and print a summary as JSON."""
    home = installation()
    member = _member(home, slug, email)
    told = _mapping(mapping)
    if not file.is_file():
        raise click.ClickException(f"There is no file {file}.")
    left_out = _place_for_left_out(home, file)
    gc.freeze()  # what the program itself is made of stays: to look through it again and again took a fifth of the time
    try:
        with i18n.speaking(member.user.locale), workspace_work(home.engine, member.workspace_id) as session:
            outcome = imports.import_file(session, file, by=member, mapping=told, left_out=left_out, dry_run=dry_run)
    except UnreadableTable as refused:
        raise click.ClickException(f"{file}: {refused.words}") from None
    except Problem as problem:
        raise (WrongArgument if told is not None else click.ClickException)(f"{file}: {problem.words}") from None
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}.") from None
    failed_file = str(left_out) if outcome.failed else None
    click.echo(json.dumps({**outcome.counts(), "failed_file": failed_file, "ignored_columns": outcome.ignored}))


@command.command("export")
@click.option("--business", "slug", required=True, help="The business's name in lower case with hyphens.")
@click.option("--format", "kind", type=click.Choice([each.value for each in Format]), default=Format.CSV.value)
def export_vendors(slug: str, kind: str) -> None:
    """Write every vendor with everything to standard output: a table, or cards for an address book."""
    home = installation()
    with installation_session(home.engine, writing=False) as outside:
        workspace = outside.scalars(select(Workspace).where(Workspace.slug == slug)).first()
    if workspace is None:
        raise WrongArgument(f"There is no business {slug!r}.")
    with workspace_work(home.engine, workspace.id) as writing:
        audit.record_here(writing, AuditKind.EXPORTED, by=None, about=f"vendors export --format {kind}")
    with workspace_session(home.engine, workspace.id, writing=False) as session:
        vendor_exports.write_all(
            session, sys.stdout.buffer, file_format=Format(kind), workspace=slug, today=workspace.today
        )


def _member(home: Installation, slug: str, email: str) -> Membership:
    with installation_session(home.engine, writing=False) as session:
        workspace = session.scalars(select(Workspace).where(Workspace.slug == slug)).first()
        if workspace is None:
            raise WrongArgument(f"There is no business {slug!r}.")
        user = members.user_by_email(session, email.strip().lower())
        member = members.membership(session, workspace.id, user.id) if user else None
        if member is None or not member.is_active:
            raise WrongArgument(f"Nobody with the address {email} belongs to {slug}.")
        if not permissions.may(member, Act.IMPORT):
            raise WrongArgument(f"{email} may not import into {slug}: their role there is {member.role}.")
        return member


def _mapping(said: str | None) -> dict[str, str] | None:
    if said is None:
        return None
    try:
        told: Any = json.loads(said)
    except ValueError as error:
        raise WrongArgument(f"--mapping is no JSON: {error}.") from None
    if not isinstance(told, dict) or not all(isinstance(value, str | None) for value in told.values()):
        raise WrongArgument('--mapping must be an object of texts, for example {"Supplier": "name"}.')
    return told


def _place_for_left_out(home: Installation, file: Path) -> Path:
    """In the instance folder, which can be written, unlike the folder of the file perhaps."""
    folder = home.settings.instance / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    stem = re.sub(r"[^\w.-]+", "-", file.stem)[:100]
    return folder / f"{stem}-left-out-{secrets.token_hex(4)}.csv"
