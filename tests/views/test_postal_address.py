"""The business's postal address in Settings: by who manages, several lines, kept when it is refused."""

import pytest

from crm.core import limits
from crm.core.tenancy import installation_session
from crm.core.unit_of_work import installation_work
from crm.domain import suppressions
from crm.models.workspaces import Workspace
from tests.support.browsing import soup, words


@pytest.fixture
def kept(engine, business):
    def read() -> str:
        with installation_session(engine, writing=False) as session:
            return session.get_one(Workspace, business.workspace.id).postal_address

    return read


def test_several_lines_are_kept(client, kept):
    client.get("/settings/business")
    answer = client.post("/settings/postal-address", postal_address=" 12 Fern Lane \r\nLeeds LS1 1AA\r\n")
    assert answer.status_code == 303
    assert kept() == "12 Fern Lane \nLeeds LS1 1AA"
    assert soup(client.follow(answer)).select_one("[name=postal_address]").text.strip().endswith("LS1 1AA")


def test_what_was_typed_stays_when_it_is_refused(client, kept):
    client.get("/settings/business")
    assert client.post("/settings/postal-address", postal_address="x" * limits.POSTAL_LENGTH).status_code == 303
    answer = client.post("/settings/postal-address", postal_address="y" * (limits.POSTAL_LENGTH + 1))
    assert answer.status_code == 422
    assert "yyy" in soup(answer).select_one("[name=postal_address]").text
    assert kept() == "x" * limits.POSTAL_LENGTH


def test_only_who_manages_changes_it(browser_of, business, kept):
    for person in (business.member, business.viewer):
        browser = browser_of(person)
        browser.get("/settings")
        assert browser.post("/settings/postal-address", postal_address="Elsewhere").status_code == 403
    stranger = browser_of(business.stranger)
    stranger.get("/settings/business")
    assert stranger.post("/settings/postal-address", postal_address="Theirs").status_code == 303
    assert kept() == ""


def test_how_many_want_no_letters_is_a_count_for_who_runs_the_installation(
    engine, settings, client, browser_of, business
):
    with installation_work(engine) as session:
        for address in ("a@x.example", "b@x.example"):
            suppressions.suppress(session, suppressions.fingerprint(settings, address), how=suppressions.BY_PAGE)
    page = words(client.get("/settings/mail"))
    assert "Addresses that take no mail from here 2" in page
    assert "x.example" not in page
    assert "Addresses that take no mail" not in words(browser_of(business.stranger).get("/settings/mail"))
