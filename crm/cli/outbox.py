"""``flask outbox``: what is in the outbox."""

import json

import click
from flask.cli import with_appcontext

from crm.core.tenancy import installation_session
from crm.models.enums import MailState
from crm.queries import outbox
from crm.web.installation import installation


@click.command("outbox")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--state", type=click.Choice([state.value for state in MailState]), help="Only letters in this state.")
@with_appcontext
def command(as_json: bool, state: str | None) -> None:
    """List every letter with its state: envelopes, no bodies."""
    with installation_session(installation().engine, writing=False) as session:
        rows = [
            {
                "key": message.key,
                "message_id": message.message_id,
                "kind": message.kind.value,
                "recipient": message.recipient,
                "subject": message.subject,
                "state": message.state.value,
                "attempts": message.attempts,
                "stage": message.stage,
                "last_error": message.last_error,
                "sent_again": message.sent_again,
                "created_at": message.created_at.isoformat(),
                "not_before": message.not_before.isoformat(),
                "settled_at": message.settled_at.isoformat() if message.settled_at else None,
            }
            for message in outbox.everything(session, MailState(state) if state else None)
        ]
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        again = " (sent again)" if row["sent_again"] else ""
        error = f": {row['last_error']}" if row["last_error"] else ""
        click.echo(f"{row['state']:10} {row['attempts']:3} {row['key']} to {row['recipient']}{again}{error}")
