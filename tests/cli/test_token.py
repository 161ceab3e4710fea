"""``flask token create``."""

import pytest

from tests.support.programs import Program


@pytest.fixture
def run(app):
    return lambda *words: app.test_cli_runner().invoke(args=["token", "create", *words])


def test_it_prints_a_token_that_works(app, business, run):
    done = run("--user", "owner@fern.example", "--business", "fern-flint", "--scope", "write")
    assert done.exit_code == 0, done.output
    program = Program(app, done.stdout.strip())
    assert program.post("/vendors", {"name": "Nadia Voss"}).status_code == 201


def test_without_a_scope_it_reads(app, business, run):
    program = Program(app, run("--user", "owner@fern.example", "--business", "fern-flint").stdout.strip())
    assert program.get("/vendors").status_code == 200
    assert program.post("/vendors", {"name": "Nadia Voss"}).status_code == 403


@pytest.mark.parametrize(
    ("user", "slug", "words"),
    [
        ("owner@fern.example", "nowhere", "There is no business 'nowhere'."),
        ("nobody@fern.example", "fern-flint", "Nobody with the address nobody@fern.example belongs to fern-flint."),
        ("stranger@rook.example", "fern-flint", "Nobody with the address stranger@rook.example"),
    ],
)
def test_it_says_what_is_wrong_in_one_line(business, run, user, slug, words):
    done = run("--user", user, "--business", slug)
    assert done.exit_code == 1
    assert words in done.output
