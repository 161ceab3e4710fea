"""Backup and restore as people type them, beside a server that runs."""

from __future__ import annotations

import pytest

from tests.support.serving import Server, flask


@pytest.fixture
def server(tmp_path):
    folder = tmp_path / "instance"
    folder.mkdir()
    server = Server(folder)
    flask("demo", env=server.env)
    server.start()
    yield server
    server.kill()


def test_a_backup_is_made_while_the_server_runs_and_put_back_only_when_it_does_not(server, tmp_path):
    file = tmp_path / "monday.zip"
    assert "read again and sound" in flask("backup", str(file), env=server.env).stdout
    refused = flask("restore", str(file), env=server.env, check=False)
    assert (refused.returncode, refused.stderr) == (
        1,
        "Error: Nothing was restored: Good Terms is running. Stop it first.\n",
    )
    server.kill()
    said = flask("restore", str(file), env=server.env).stdout
    assert f"Restored from {file}" in said
    server.start()


def test_what_is_no_backup_is_said_in_one_line(server, tmp_path):
    server.kill()
    file = tmp_path / "letter.txt"
    file.write_text("Dear all")
    said = flask("restore", str(file), env=server.env, check=False)
    assert said.returncode == 1
    assert said.stderr.startswith("Error: Nothing was restored: letter.txt is no whole backup of Good Terms")
    assert said.stderr.count("\n") == 1
