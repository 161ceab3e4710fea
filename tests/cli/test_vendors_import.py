"""`flask vendors import`: what it prints, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import func, select

from crm.core.csv_files import open_table
from crm.domain.import_columns import REASON_COLUMN
from crm.models.vendors import Vendor

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def run(app, tmp_path):
    """run("Supplier\\nFern\\n", "--dry-run") imports a text into Fern & Flint; words of one's own overrule."""

    def import_it(source: str | bytes | Path, *more: str, business="fern-flint", user="owner@fern.example"):
        path = source if isinstance(source, Path) else tmp_path / "vendors.csv"
        if not isinstance(source, Path):
            path.write_bytes(source.encode() if isinstance(source, str) else source)
        words = ["vendors", "import", str(path), "--business", business, "--user", user, *more]
        return app.test_cli_runner().invoke(args=words)

    return import_it


@pytest.fixture
def count(inside, business):
    """How many vendors there are."""

    def ask() -> int:
        with inside(business) as session:
            return session.scalar(select(func.count(Vendor.id)))

    return ask


def test_it_prints_a_summary(run, count):
    done = run("Supplier;Email\nFern;a@fern.example\n;;\nWren;b@wren.example\n;c@c.example\n")

    assert done.exit_code == 0, done.output
    summary = json.loads(done.output)
    failed_file = summary.pop("failed_file")
    counts = {"rows": 3, "created": 2, "updated": 0, "unchanged": 0, "failed": 1}
    assert summary == {**counts, "ignored_columns": []}
    assert count() == 2
    with open_table(Path(failed_file)) as table:
        assert table.header == (REASON_COLUMN, "Supplier", "Email")


def test_it_says_null_where_nothing_was_left_out(run):
    assert json.loads(run("Supplier\nFern\n").output)["failed_file"] is None


def test_again_it_adds_nothing(run, count):
    run("Supplier,Email\nFern,a@fern.example\n")
    summary = json.loads(run("Supplier,Email\nFern,a@fern.example\n").output)
    assert (summary["created"], summary["updated"], summary["unchanged"]) == (0, 0, 1)
    assert count() == 1


def test_a_dry_run_does_nothing(run, count):
    assert json.loads(run("Supplier\nFern\n", "--dry-run").output)["created"] == 1
    assert count() == 0


def test_a_mapping_says_which_column_is_what(run, inside, business):
    done = run("A,B\nx,Fern\n", "--mapping", '{"B": "name"}')

    assert json.loads(done.output)["created"] == 1
    with inside(business) as session:
        assert session.scalars(select(Vendor.name)).all() == ["Fern"]


def test_a_file_of_which_every_row_fails_was_read_all_the_same(run):
    done = run("Supplier,Email\n,a@fern.example\n")
    assert (done.exit_code, json.loads(done.output)["failed"]) == (0, 1)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (Path("nowhere.csv"), "There is no file nowhere.csv"),
        ("", "empty"),
        (b"PK\x03\x04" + b"0" * 100, "XLSX"),
        ("Colour,Size\n1,2\n3,4\n", "No column is the vendor’s name"),
    ],
)
def test_it_ends_with_1_where_nothing_could_be_read(source, words, run, count):
    done = run(source)

    assert done.exit_code == 1
    [line] = done.output.splitlines()
    assert words in line
    assert count() == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"business": "nobodys"}, "There is no business 'nobodys'"),
        ({"user": "nobody@fern.example"}, "Nobody with the address nobody@fern.example"),
        ({"user": "stranger@rook.example"}, "Nobody with the address stranger@rook.example"),
        ({"user": "viewer@fern.example"}, "may not import"),
    ],
)
def test_it_says_in_a_line_who_or_where_is_wrong(options, words, run, count):
    done = run("Supplier\nFern\n", **options)

    assert done.exit_code == 2
    [line] = done.output.splitlines()
    assert words in line
    assert count() == 0


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ("{", "no JSON"),
        ("[1]", "must be an object"),
        ('{"Supplier": 1}', "must be an object"),
        ('{"Firm": "name"}', "no column “Firm”"),
        ('{"Supplier": "colour"}', "“colour”"),
    ],
)
def test_it_says_in_a_line_what_is_wrong_with_a_mapping(mapping, words, run, count):
    done = run("Supplier\nFern\n", "--mapping", mapping)

    assert done.exit_code == 2
    [line] = done.output.splitlines()
    assert words in line
    assert count() == 0
