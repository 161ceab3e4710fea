"""`flask routes`: ours on the real command line, not Flask's own of the same name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from flask import Flask

from crm.cli import routes

ROOT = Path(__file__).parents[2]


def test_every_rule_is_listed_with_its_policy(tmp_path: Path, app: Flask) -> None:
    command = [Path(sys.executable).parent / "flask", "--app", "app", "routes", "--json"]
    environment = {**os.environ, "INSTANCE_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path / 'none.db'}"}
    answer = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    rows = {(row["rule"], tuple(row["methods"])): row for row in json.loads(answer.stdout)}
    with app.app_context():
        assert len(rows) == len(routes.all_routes())
    parking = rows["/vendors/<int:vendor_id>/parking", ("POST",)]
    assert parking["policy"] == "work"
    assert parking["csrf_exempt"] is False
