"""``flask routes --json``: every rule with its policy, and whether it asks for a fresh proof of who one is."""

import json
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from crm.web.extensions import csrf


@click.command("routes")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@with_appcontext
def command(as_json: bool) -> None:
    """List every rule with methods, endpoint, policy and CSRF exemption."""
    rows = all_routes()
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        click.echo(f"{','.join(row['methods']):10} {row['policy']:8} {row['rule']}")


def all_routes() -> list[dict[str, Any]]:
    """The rules of the present application."""
    rows: list[dict[str, Any]] = []
    for rule in sorted(current_app.url_map.iter_rules(), key=lambda rule: rule.rule):
        view = current_app.view_functions[rule.endpoint]
        name = f"{view.__module__}.{view.__name__}"
        rows.append(
            {
                "rule": rule.rule,
                "methods": sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}),
                "endpoint": rule.endpoint,
                "policy": str(getattr(view, "policy", "")),
                "fresh": bool(getattr(view, "fresh", False)),
                "csrf_exempt": name in csrf._exempt_views,
            }
        )
    return rows
