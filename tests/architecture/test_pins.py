"""What is installed is decided here, exactly, and the files that say so name no place to get it from."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import pytest

from tests.support.house_rules import ROOT

FILES = ["requirements", "requirements-dev", "setup/node"]
PIN = re.compile(r"^([a-z0-9._-]+)(\[[a-z]+\])?==([^\s;\\]+)", re.MULTILINE)


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def pins(name: str) -> set[tuple[str, str]]:
    return {(package, version) for package, _extra, version in PIN.findall(text(name))}


@pytest.mark.parametrize("name", FILES)
def test_every_package_is_pinned_with_its_hashes(name: str) -> None:
    lines = text(f"{name}.txt").splitlines()
    packages = [number for number, line in enumerate(lines) if line and line[0] not in " #"]
    assert packages
    for begin, end in pairwise([*packages, len(lines)]):
        assert PIN.match(lines[begin]), lines[begin]
        assert any("--hash=sha256:" in line for line in lines[begin:end]), f"{lines[begin]} has no hash"


@pytest.mark.parametrize("name", FILES)
def test_what_was_chosen_is_what_is_pinned(name: str) -> None:
    assert pins(f"{name}.in") <= pins(f"{name}.txt")


def test_tests_run_with_what_the_application_runs_with() -> None:
    runtime = dict(pins("requirements.txt"))
    for package, version in pins("requirements-dev.txt"):
        assert runtime.get(package, version) == version, package


def test_browser_libraries_are_pinned_with_their_hashes() -> None:
    chosen = json.loads(text("package.json"))["dependencies"]
    locked = json.loads(text("package-lock.json"))["packages"]
    for name, version in chosen.items():
        assert locked[f"node_modules/{name}"]["version"] == version
        assert locked[f"node_modules/{name}"]["integrity"].startswith("sha512-")


def test_no_file_says_where_packages_come_from() -> None:
    names = [f"{name}.{kind}" for name in FILES for kind in ("in", "txt")]
    for name in [*names, "package.json", "package-lock.json", "Makefile", "setup/lock", "setup/audit"]:
        assert not re.search(r"https?://|--(extra-)?index-url|--find-links|\bresolved\"", text(name)), name
