"""``flask backup``: everything in one file, checked, while the application may be at work."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from crm.core import archives
from crm.core.backups import BackupFailed
from crm.web.installation import installation


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def command(file: Path) -> None:
    """Write database, uploads and the secret key to FILE, and read them again. Keep it as safe as the data itself."""
    home = installation()
    try:
        held = archives.back_up(home.settings, home.engine, file)
    except BackupFailed as error:
        raise click.ClickException(f"No backup was made: {error}.") from None
    click.echo(f"{file} holds the database and {held.files} uploaded files, {held.size} bytes, read again and sound.")
