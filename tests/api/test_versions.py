"""Two that change one thing: nothing of what either wrote is lost unseen."""

import pytest

from tests.support.programs import problem_of


@pytest.fixture
def vendor(program) -> dict:
    return program.post("/vendors", {"name": "Nadia Voss", "location": "Leeds", "tags": ["film"]}).json


def test_what_is_left_out_stays(program, vendor):
    changed = program.patch(f"/vendors/{vendor['id']}", {"location": "York"}).json
    assert (changed["name"], changed["location"], changed["tags"]) == ("Nadia Voss", "York", ["film"])
    assert changed["version"] == vendor["version"] + 1


def test_a_change_of_the_version_that_was_read_is_saved(program, vendor):
    path = f"/vendors/{vendor['id']}"
    tag = program.get(path).headers["ETag"]
    saved = program.patch(path, {"location": "York"}, match=tag)
    assert saved.status_code == 200
    assert saved.headers["ETag"] != tag
    assert program.get(path).headers["ETag"] == saved.headers["ETag"]


def test_a_change_of_an_older_version_is_refused(program, vendor):
    path = f"/vendors/{vendor['id']}"
    tag = program.get(path).headers["ETag"]
    program.patch(path, {"location": "York"})
    refused = program.patch(path, {"location": "Hull"}, match=tag)
    assert problem_of(refused)["status"] == 412
    assert refused.headers["ETag"] == program.get(path).headers["ETag"]
    assert program.delete(path, match=tag).status_code == 412
    assert program.get(path).json["location"] == "York"


def test_the_version_can_be_said_in_the_body_as_lists_show_it(program, vendor):
    path = f"/vendors/{vendor['id']}"
    [listed] = program.get("/vendors").json["items"]
    assert program.patch(path, {"location": "York", "version": listed["version"]}).status_code == 200
    stale = program.patch(path, {"location": "Hull", "version": listed["version"]})
    assert problem_of(stale)["status"] == 409


def test_any_version_and_a_list_of_versions_are_understood(program, vendor):
    path = f"/vendors/{vendor['id']}"
    tag = program.get(path).headers["ETag"]
    assert program.patch(path, {"location": "York"}, match=f'"999", {tag}').status_code == 200
    assert program.patch(path, {"location": "Hull"}, match="*").status_code == 200
    assert program.patch(path, {"location": "Ely"}, match=f"W/{tag}").status_code == 412


def test_tags_have_versions_too(program):
    tag = program.post("/tags", {"name": "film"})
    path = f"/tags/{tag.json['id']}"
    assert program.patch(path, {"name": "video"}, match=tag.headers["ETag"]).json["name"] == "video"
    assert program.patch(path, {"name": "cinema"}, match=tag.headers["ETag"]).status_code == 412
