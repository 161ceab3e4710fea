"""Who edits the same just now is said to the others, and to nobody who may not read it."""

from __future__ import annotations

import pytest

from crm.domain import notes, vendors
from crm.models.enums import Visibility
from tests.support.browsing import words


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def vendor_id(business, inside) -> int:
    with inside(business) as session:
        return vendors.add(session, by=business.owner, name="Wren").id


@pytest.fixture
def form(vendor_id) -> str:
    return f"/vendors/{vendor_id}/edit"


@pytest.fixture
def milo(browser_of, business, form):
    browser = browser_of(business.member)
    browser.get(form)
    return browser


def test_a_form_that_is_open_is_told_to_whoever_opens_it_too(client, milo, form):
    assert words(milo.post("/presences", form=form)) == ""
    assert "Milo is editing this too." in words(client.get(form), "form .others-here")
    assert "Milo is editing this too." in client.post("/presences", form=form).text
    assert "Olive is editing this too." in milo.post("/presences", form=form).text


def test_all_of_them_are_named(client, browser_of, business, milo, form):
    ada = browser_of(business.admin)
    ada.get(form)
    for browser in (milo, ada, milo):
        browser.post("/presences", form=form)
    assert "Ada, Milo are editing this too." in words(client.get(form), ".others-here")


def test_it_is_over_when_they_leave_and_leaving_twice_is_no_fault(client, milo, form):
    milo.post("/presences", form=form)
    for _again in range(2):
        assert milo.post("/presences", form=form, left="1").status_code == 200
    assert words(client.get(form), ".others-here") == ""


def test_it_is_over_after_a_minute_of_silence(client, milo, form, clock_at):
    milo.post("/presences", form=form)
    clock_at("2026-10-05 09:00:59")
    assert "Milo" in words(client.get(form), ".others-here")
    milo.post("/presences", form=form)
    clock_at("2026-10-05 09:01:30")
    assert "Milo" in words(client.get(form), ".others-here")
    clock_at("2026-10-05 09:02:00")
    assert words(client.get(form), ".others-here") == ""


def test_another_form_is_another_matter(client, milo, form, business, inside):
    with inside(business) as session:
        other = vendors.add(session, by=business.owner, name="Larch").id
    milo.post("/presences", form=form)
    assert words(client.get(f"/vendors/{other}/edit"), ".others-here") == ""


def test_what_one_may_not_read_says_nothing_of_who_edits_it(client, milo, business, inside, vendor_id):
    with inside(business) as session:
        vendor = vendors.at(session, vendor_id)
        kept = notes.write(vendor, by=business.member, body="A secret", visibility=Visibility.AUTHOR).id
    path = f"/notes/{kept}/edit"
    assert milo.post("/presences", form=path).status_code == 200
    client.get("/vendors")
    answer = client.post("/presences", form=path)
    assert answer.status_code == 404
    assert "Milo" not in answer.text


def test_a_stranger_learns_nothing_and_a_viewer_edits_nothing(browser_of, business, milo, form):
    milo.post("/presences", form=form)
    for person, status in ((business.stranger, 404), (business.viewer, 403)):
        browser = browser_of(person)
        browser.get("/vendors")
        assert browser.post("/presences", form=form).status_code == status


@pytest.mark.parametrize("path", ["", "/vendors", "/vendors/x/edit", "https://wren.example/vendors/1/edit", "/today"])
def test_what_is_no_form_is_refused(milo, path):
    assert milo.post("/presences", form=path).status_code == 422
