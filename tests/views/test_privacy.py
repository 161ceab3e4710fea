"""Privacy: somebody is found, handed over as one file, and erased; a notice is there to copy."""

import io
import json
import zipfile

import pytest

from crm.domain import openings, people, vendors
from tests.support.browsing import words

NAME, EMAIL = "Mara Lindqvist", "mara@lindqvist.example"


@pytest.fixture
def mara(business, inside) -> int:
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Northlight Studio")
        return people.add(vendor, by=business.owner, name=NAME, emails=[EMAIL], phones=["+44 113 496 0000"]).id


@pytest.mark.parametrize("asked", ["lindq", "mara@", "113 496"])
def test_somebody_is_found_by_name_address_and_number(browser_of, business, mara, asked):
    shown = browser_of(business.owner).get("/privacy", query_string={"q": asked})
    assert f"/privacy/people/{mara}" in shown.text
    assert "Northlight Studio" in words(shown)


def test_who_looks_for_one_is_found_too(browser_of, business, inside):
    with inside(business) as session:
        opening = openings.add(session, by=business.owner, business="Harbour Dental", person=NAME, email=EMAIL)
        opening_id = opening.id
    browser = browser_of(business.owner)
    assert f"/privacy/openings/{opening_id}" in browser.get("/privacy?q=mara").text
    assert browser.get(f"/privacy/openings/{opening_id}").status_code == 200


def test_the_file_holds_it_for_people_and_for_programs(browser_of, business, mara):
    answer = browser_of(business.owner).get(f"/privacy/people/{mara}/export")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert sorted(archive.namelist()) == ["held.json", "held.txt"]
        assert json.loads(archive.read("held.json"))["details"][0]["name"] == NAME
        assert EMAIL in archive.read("held.txt").decode()


def test_the_file_is_told_in_the_audit_log(browser_of, business, mara):
    browser = browser_of(business.owner)
    browser.get(f"/privacy/people/{mara}/export")
    assert f"people-{mara}.zip" in words(browser.get("/audit"))


def test_erasing_asks_whether_it_is_meant_and_keeps_what_was_typed(browser_of, business, mara):
    browser = browser_of(business.owner)
    refused = browser.post(f"/privacy/people/{mara}/erase", also="Marachen")
    assert refused.status_code == 422
    assert "Tick this if you mean it." in words(refused)
    assert "Marachen" in refused.text
    assert browser.post(f"/privacy/people/{mara}/erase", sure="y").location == "/privacy"
    assert browser.get(f"/privacy/people/{mara}").status_code == 404


def test_how_long_is_said_by_who_manages(browser_of, business):
    browser = browser_of(business.owner)
    assert browser.post("/privacy/retention", months="0").location == "/privacy"
    assert "set this to never" in words(browser.get("/privacy"))
    assert browser.post("/privacy/retention", months="1000").status_code == 422


def test_the_notice_names_the_business_and_how_long(browser_of, business):
    shown = words(browser_of(business.viewer).get("/privacy/notice"))
    assert f"What {business.workspace.name} holds" in shown
    assert "for 24 months" in shown


def test_the_pages_ask_a_fixed_number_of_questions(browser_of, business, inside, mara, count_queries):
    browser = browser_of(business.owner)

    def asked() -> int:
        with count_queries() as counted:
            browser.get("/privacy?q=studio")
            browser.get(f"/privacy/people/{mara}")
        return len(counted)

    before = asked()
    with inside(business) as session:
        for number in range(20):
            vendor = vendors.add(session, by=business.owner, name=f"Studio {number}", despite_doubles=True)
            people.add(vendor, by=business.owner, name=f"Studio Person {number}", emails=[f"studio{number}@x.example"])
    assert asked() == before
