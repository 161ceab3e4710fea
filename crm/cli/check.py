"""``flask check``: whether the database is whole, what is stored is right, and what was begun goes on."""

import json
from dataclasses import dataclass
from typing import Any

import click
from flask.cli import with_appcontext
from sqlalchemy import Engine

from crm.core import integrity
from crm.core.tenancy import installation_session, workspace_session
from crm.domain import checks
from crm.domain.checks import Drift
from crm.jobs import night
from crm.models.workspaces import Workspace
from crm.queries import workspaces
from crm.web.installation import installation

NAMED = 20
"""So many vendors are named; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the look at one business found."""

    slug: str
    drift: Drift
    stuck: list[str]
    last_night: dict[str, Any] | None


@click.command("check")
@click.option("--repair", is_flag=True, help="Mend what has drifted, and plan anew.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@with_appcontext
def command(repair: bool, as_json: bool) -> None:
    """Check the database, every next touch and the work that was begun. Exits 1 where something is wrong.

    It only reads, unless --repair is given; the application may be at work meanwhile.
    """
    engine = installation().engine
    whole = integrity.look(engine)
    if repair:
        night.look_over(engine)
        night.recompute(engine)
    businesses = [_look_at(engine, workspace_id) for workspace_id in _workspaces(engine)]
    with installation_session(engine, writing=False) as session:
        stuck = checks.stuck_everywhere(session)
    is_well = not whole.faults and not stuck and not any(each.drift.touches or each.stuck for each in businesses)
    if as_json:
        click.echo(json.dumps(_as_json(whole, businesses, stuck, is_well=is_well), indent=2, ensure_ascii=False))
    else:
        _say(whole, businesses, stuck, is_well=is_well)
    if not is_well:
        raise SystemExit(1)


def _workspaces(engine: Engine) -> list[int]:
    with installation_session(engine, writing=False) as session:
        return list(workspaces.all_ids(session))


def _look_at(engine: Engine, workspace_id: int) -> Found:
    with workspace_session(engine, workspace_id, writing=False) as session:
        workspace = session.get_one(Workspace, workspace_id)
        return Found(workspace.slug, checks.drift(session), checks.stuck_in(session), workspace.last_night)


def _as_json(whole: integrity.Integrity, businesses: list[Found], stuck: list[str], *, is_well: bool) -> dict[str, Any]:
    return {
        "ok": is_well,
        "database": {"name": whole.database, "remark": whole.remark, "faults": whole.faults},
        "stuck": stuck,
        "businesses": [
            {
                "business": each.slug,
                "vendors": each.drift.vendors,
                "drifted": each.drift.touches,
                "handed_on": len(each.drift.handed_on),
                "to_plan": len(each.drift.to_plan),
                "stuck": each.stuck,
                "last_night": each.last_night,
            }
            for each in businesses
        ],
    }


def _say(whole: integrity.Integrity, businesses: list[Found], stuck: list[str], *, is_well: bool) -> None:
    remark = f" ({whole.remark})" if whole.remark else ""
    click.echo(f"{whole.database}{remark}: {'whole' if not whole.faults else f'{len(whole.faults)} faults'}.")
    for fault in whole.faults:
        click.echo(f"  {fault}")
    for each in businesses:
        for line in _lines(each):
            click.echo(line)
    for line in stuck:
        click.echo(f"Stuck: {line}.")
    click.echo("All is well." if is_well else "Something is wrong.")


def _lines(found: Found) -> list[str]:
    drift = found.drift
    state = f"{len(drift.touches)} next touches have drifted" if drift.touches else "every next touch is right"
    lines = [f"{found.slug}: {drift.vendors} vendors, {state}."]
    if drift.touches:
        named = ", ".join(str(vendor_id) for vendor_id in drift.touches[:NAMED])
        more = f" and {len(drift.touches) - NAMED} more" if len(drift.touches) > NAMED else ""
        lines.append(f"  Vendors {named}{more}. --repair mends them, as the next night does.")
    if drift.to_plan:
        lines.append(f"  {len(drift.to_plan)} check-ins get another day in the next plan.")
    if found.last_night is not None:
        lines.append(
            f"  The last night ended at {found.last_night['ended_at']} and mended {found.last_night['drifted']}."
        )
    return lines + [f"  Stuck: {line}." for line in found.stuck]
