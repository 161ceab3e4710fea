"""``flask restore``: back to what a backup holds; what was there is kept."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from crm.core import archives, running
from crm.core.archives import RestoreFailed
from crm.web.installation import installation


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def command(file: Path) -> None:
    """Put database, uploads and key from FILE in the place of what is there. Good Terms must be stopped."""
    home = installation()
    if not running.take_alone(home.settings.instance):
        raise click.ClickException("Nothing was restored: Good Terms is running. Stop it first.")
    try:
        kept = archives.restore(home.settings, home.engine, file)
    except (RestoreFailed, OSError) as error:
        raise click.ClickException(f"Nothing was restored: {error}.") from None
    click.echo(f"Restored from {file}. What was there before is kept in {kept}.")
