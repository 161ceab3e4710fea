"""Time off, a weekly letter, and what comes at once: said in Settings, seen by the team."""

from __future__ import annotations

import pytest

from crm.core.tenancy import installation_session, workspace_session
from crm.domain import vendors
from crm.models.reminders import Reminder
from crm.models.workspaces import Membership
from crm.queries import members as people
from tests.support.letters import only


@pytest.fixture(autouse=True)
def monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def place_of(engine, business):
    """place_of(business.member) is their membership as it is stored now."""

    def read(person) -> Membership:
        with installation_session(engine, writing=False) as session:
            found = people.membership(session, business.workspace.id, person.user_id)
            assert found is not None
            return found

    return read


@pytest.fixture
def vendor_id(business, inside) -> int:
    with inside(business) as session:
        return vendors.add(session, by=business.member, name="Northlight Studio", backup_id=business.admin.user_id).id


def reminded(engine, business) -> set[int]:
    with workspace_session(engine, business.workspace.id, writing=False) as session:
        return {row.user_id for row in session.query(Reminder).filter(Reminder.ended_at.is_(None))}


OFF = {"away_from": "2026-10-05", "away_to": "2026-10-09"}


def test_everybody_says_it_for_themselves_and_the_backup_is_reminded_at_once(
    engine, business, browser_of, vendor_id, place_of
):
    browser = browser_of(business.member)
    assert reminded(engine, business) == {business.member.user_id}
    assert browser.post("/settings/time-off", **OFF).status_code == 303
    assert reminded(engine, business) == {business.admin.user_id}
    assert "Away until Fri 9 Oct" in browser.get("/settings").text
    browser.post("/settings/time-off/clear")
    assert (place_of(business.member).away_from, place_of(business.member).away_to) == (None, None)
    assert reminded(engine, business) == {business.member.user_id}


def test_a_viewer_may_be_away_too(business, browser_of, place_of):
    assert browser_of(business.viewer).post("/settings/time-off", **OFF).status_code == 303
    assert place_of(business.viewer).away_to is not None


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"away_from": "2026-10-09", "away_to": "2026-10-05"}, "The last day comes before the first."),
        ({"away_from": "2026-10-05", "away_to": ""}, "Pick the last day."),
        ({"away_from": "soon", "away_to": "2026-10-05"}, "Type the day as year-month-day"),
    ],
)
def test_days_that_make_no_time_off_are_said_beside_their_box_and_kept(business, browser_of, place_of, typed, words):
    answer = browser_of(business.member).post("/settings/time-off", **typed)
    assert answer.status_code == 422
    assert words in answer.text
    assert f'value="{typed["away_from"]}"' in answer.text
    assert place_of(business.member).away_to is None


def test_the_team_sees_it_where_vendors_owners_stand(business, browser_of, vendor_id):
    browser_of(business.member).post("/settings/time-off", **OFF)
    teammate = browser_of(business.viewer)
    assert "Away until Fri 9 Oct" in teammate.get("/team").text
    assert "Away until Fri 9 Oct" in teammate.get(f"/vendors/{vendor_id}").text


def test_an_admin_says_it_for_a_colleague(engine, business, browser_of, vendor_id, place_of):
    browser = browser_of(business.admin)
    page = f"/team/{business.member.user_id}/time-off"
    assert "When is Milo Member away?" in browser.get(page).text
    assert browser.post(page, **OFF).status_code == 303
    assert place_of(business.member).away_to is not None
    assert "Away until Fri 9 Oct" in browser.get(page).text
    browser.post(f"{page}/clear")
    assert place_of(business.member).away_to is None
    assert browser.post(page, away_from="2026-10-09", away_to="2026-10-01").status_code == 422


@pytest.mark.parametrize("person", ["member", "viewer"])
def test_nobody_else_says_it_for_somebody(business, browser_of, place_of, person):
    browser = browser_of(getattr(business, person))
    page = f"/team/{business.owner.user_id}/time-off"
    assert browser.get(page).status_code == 403
    assert browser.post(page, **OFF).status_code == 403
    assert browser.post(f"{page}/clear").status_code == 403
    assert place_of(business.owner).away_to is None


def test_a_stranger_finds_nobody_of_another_business(business, browser_of, place_of):
    browser = browser_of(business.stranger)
    page = f"/team/{business.owner.user_id}/time-off"
    assert browser.get(page).status_code == 404
    assert browser.post(page, **OFF).status_code == 404
    assert place_of(business.owner).away_to is None


# How often, and what comes at once


def test_the_letter_comes_once_a_week_where_that_is_chosen(business, browser_of, place_of):
    browser = browser_of(business.member)
    chosen = {"on": "y", "at": "08:00", "weekdays": ["0", "1"], "weekday": "2"}
    assert browser.post("/settings/digest", often="weekly", **chosen).status_code == 303
    assert place_of(business.member).digest_weekdays == "2"
    assert browser.post("/settings/digest", often="daily", **chosen).status_code == 303
    assert place_of(business.member).digest_weekdays == "01"


def test_what_comes_at_once_is_chosen_one_by_one(business, browser_of, place_of):
    browser = browser_of(business.viewer)
    browser.post("/settings/notices", mentions="y")
    assert (place_of(business.viewer).mail_mentions, place_of(business.viewer).mail_triggers) == (True, False)
    browser.post("/settings/notices", triggers="y")
    assert (place_of(business.viewer).mail_mentions, place_of(business.viewer).mail_triggers) == (False, True)


def test_a_mention_written_on_a_page_is_mailed_with_links_to_here(engine, business, browser_of, vendor_id):
    browser_of(business.owner).post("/settings/notices", mentions="y")
    browser_of(business.member).post(f"/vendors/{vendor_id}/notes", body="@Olive the lab has signed it off")
    letter = only(engine)
    assert letter.recipient == business.owner.user.email
    assert b"http://crm.example.org/open/" in letter.content
