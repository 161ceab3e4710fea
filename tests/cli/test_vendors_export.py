"""``flask vendors export``: to standard output, for one business."""

from __future__ import annotations

import pytest

from crm.domain import vendors

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def run(app, inside, business):
    with inside(business) as session:
        vendors.add(session, by=business.owner, name="Kettle & Crane")
    with inside(business.stranger) as session:
        vendors.add(session, by=business.stranger, name="Rook's own")
    runner = app.test_cli_runner()
    return lambda *arguments: runner.invoke(args=["vendors", "export", *arguments])


def test_a_table_by_default(run):
    done = run("--business", "fern-flint")
    assert done.exit_code == 0
    lines = done.stdout_bytes.decode("utf-8-sig").splitlines()
    assert lines[0].startswith('"Vendor","What they do"')
    assert lines[1].startswith('"Kettle & Crane"')
    assert len(lines) == 2


def test_cards(run):
    done = run("--business", "fern-flint", "--format", "vcard")
    assert "FN:Kettle & Crane" in done.stdout
    assert "Rook" not in done.stdout


@pytest.mark.parametrize("arguments", [("--business", "nobody"), (), ("--business", "fern-flint", "--format", "exe")])
def test_what_cannot_be_is_said_in_a_line(arguments, run):
    done = run(*arguments)
    assert done.exit_code == 2
    assert done.stderr.splitlines()[-1].startswith("Error: ")
