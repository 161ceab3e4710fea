"""What is typed goes to the business on whose page it was typed, and is shown to nobody but who typed it."""

import pytest
from sqlalchemy import select

from crm.core.tenancy import installation_session
from crm.core.unit_of_work import installation_work, workspace_work
from crm.domain import accounts, vendors
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership
from tests.support.browsing import soup, words
from tests.support.people import PASSWORD

SAME_ORIGIN = {"headers": {"Sec-Fetch-Site": "same-origin"}}


def fields_of(answer, action):
    """What the form that leads to an address would send as it stands."""
    form = soup(answer).find("form", action=action)
    assert form is not None, f"no form leads to {action}"
    return {box["name"]: box["value"] for box in form.find_all("input", type="hidden")}


def token_of(answer):
    """The token of a page's own form."""
    return soup(answer).select_one("main input[name=csrf_token]")["value"]


@pytest.fixture
def other(engine, business):
    """The owner of Fern & Flint founds Alder & Ash, which comes first by name."""
    with installation_work(engine) as session:
        return accounts.set_up(
            session,
            business="Alder & Ash",
            owner_name="",
            email="owner@fern.example",
            password=PASSWORD,
            time_zone="Europe/London",
        ).workspace


@pytest.fixture
def homes_of(engine, business, other):
    """In which businesses a vendor of a name stands."""

    def find(name):
        found = []
        for workspace in (business.workspace, other):
            with workspace_work(engine, workspace.id) as session:
                found += [workspace.name for _ in session.scalars(select(Vendor).where(Vendor.name == name))]
        return found

    return find


@pytest.fixture
def tab(browser_of, business, other):
    """The owner's browser, which looks at Fern & Flint."""
    browser = browser_of(business.owner)
    browser.post("/switch", workspace=business.workspace.id)
    return browser


class TestAFormOfAnotherTab:
    def test_stores_nothing_in_the_business_that_is_looked_at_now(self, tab, other, homes_of):
        token = token_of(tab.get("/vendors/new"))
        tab.post("/switch", workspace=other.id)
        answer = tab.post("/vendors", csrf_token=token, name="Hedge Rowe")
        assert answer.status_code == 400
        assert homes_of("Hedge Rowe") == []
        assert words(answer, "h1") == "This was typed in Fern & Flint"
        assert "Hedge Rowe" in words(answer, ".kept")

    def test_is_sent_to_where_it_was_typed_by_a_button(self, tab, other, homes_of):
        token = token_of(tab.get("/vendors/new"))
        tab.post("/switch", workspace=other.id)
        asked = tab.post("/vendors", csrf_token=token, name="Hedge Rowe")
        assert words(asked, "main button") == "Send it to Fern & Flint"
        sent = tab.post("/vendors", **fields_of(asked, "/vendors"))
        assert sent.status_code == 303
        assert homes_of("Hedge Rowe") == ["Fern & Flint"]
        page = tab.follow(sent)
        assert page.status_code == 200
        assert "Fern & Flint" in words(page, ".brand")

    def test_of_a_business_that_one_has_left_is_only_shown(self, tab, engine, business, other, homes_of):
        token = token_of(tab.get("/vendors/new"))
        with installation_work(engine) as session:
            place = session.scalars(
                select(Membership).where(
                    Membership.workspace_id == business.workspace.id, Membership.user_id == business.owner.user_id
                )
            ).one()
            place.deactivated_at = place.joined_at
        answer = tab.post("/vendors", csrf_token=token, name="Hedge Rowe")
        assert answer.status_code == 400
        assert "You’re not in that business any more" in words(answer, ".lead")
        assert "Hedge Rowe" in words(answer, ".kept")
        assert soup(answer).select("main button") == []
        tab.post("/vendors", csrf_token=token, name="Hedge Rowe", send_to=business.workspace.id)
        assert homes_of("Hedge Rowe") == []

    def test_asked_for_as_a_piece_puts_the_question_in_place_of_the_page(self, tab, other):
        token = token_of(tab.get("/vendors/new"))
        tab.post("/switch", workspace=other.id)
        answer = tab.post("/vendors", htmx=True, csrf_token=token, name="Hedge Rowe")
        assert answer.headers["HX-Retarget"] == "body"

    @pytest.mark.parametrize("marks", ["~", "~x~y", "~1", "~99999999999999~1", "~1~2~3", "~²~1"])
    def test_with_marks_that_nobody_wrote_is_one_without_any(self, tab, business, homes_of, marks):
        plain = token_of(tab.get("/vendors/new")).partition("~")[0]
        assert tab.post("/vendors", csrf_token=plain + marks, name="Hedge Rowe").status_code == 303
        assert homes_of("Hedge Rowe") == ["Fern & Flint"]


class TestASignInThatWasOver:
    @staticmethod
    def end_all(engine, person):
        with installation_work(engine) as session:
            accounts.end_all_sessions(session, person.user_id)

    def sent_too_late(self, tab, engine, business, **fields):
        token = token_of(tab.get("/vendors/new"))
        self.end_all(engine, business.owner)
        asked = tab.post("/vendors", csrf_token=token, options=dict(SAME_ORIGIN), **fields)
        assert asked.status_code == 401
        carried = fields_of(asked, "/sign-in")
        del carried["csrf_token"]
        return carried

    def test_opens_the_business_again_that_it_was_typed_in(self, tab, engine, business, homes_of):
        carried = self.sent_too_late(tab, engine, business, name="Hedge Rowe")
        shown = tab.post("/sign-in", email="owner@fern.example", password=PASSWORD, **carried)
        assert "Hedge Rowe" in words(shown, ".kept")
        sent = tab.post("/vendors", **fields_of(shown, "/vendors"))
        assert sent.status_code == 303
        assert homes_of("Hedge Rowe") == ["Fern & Flint"]

    def test_shows_it_to_nobody_else(self, tab, engine, business, homes_of):
        carried = self.sent_too_late(tab, engine, business, name="Hedge Rowe")
        answer = tab.post("/sign-in", email="member@fern.example", password=PASSWORD, **carried)
        assert answer.location == "/today"
        page = tab.follow(answer)
        assert "Hedge Rowe" not in page.text
        assert "belongs to somebody else" in words(page, ".toasts")

    def test_a_tab_left_open_shows_nothing_to_whoever_signed_in_after(self, tab, business, homes_of):
        token = token_of(tab.get("/vendors/new"))
        tab.post("/sign-out")
        tab.get("/sign-in")
        tab.sign_in(business.member)
        answer = tab.post("/vendors", csrf_token=token, options=dict(SAME_ORIGIN), name="Hedge Rowe")
        assert "Hedge Rowe" not in answer.text
        assert homes_of("Hedge Rowe") == []


def test_what_was_typed_is_shown_by_its_labels_without_what_only_the_program_reads(tab, engine, business):
    with workspace_work(engine, business.workspace.id) as session:
        vendor_id = vendors.add(session, by=business.owner, name="Rowan Reed").id
    path = f"/vendors/{vendor_id}"
    fields = fields_of(tab.get(f"{path}/edit"), path)
    assert fields["opened"].startswith("{")
    with installation_work(engine) as session:
        accounts.end_all_sessions(session, business.owner.user_id)
    asked = tab.post(
        path, options=dict(SAME_ORIGIN), **{**fields, "name": "Rowan", "what_they_do": "Signs and lettering"}
    )
    carried = fields_of(asked, "/sign-in")
    del carried["csrf_token"]
    shown = tab.post("/sign-in", email="owner@fern.example", password=PASSWORD, **carried)
    assert words(shown, ".kept") == "Name Rowan What they do Signs and lettering"


def test_a_page_says_in_each_of_its_forms_where_it_was_shown(tab, engine, business):
    page = soup(tab.get("/vendors/new"))
    tokens = {box["value"] for box in page.select("input[name=csrf_token]")}
    assert [token.partition("~")[2] for token in tokens] == [f"{business.workspace.id}~{business.owner.user_id}"]
    with installation_session(engine, writing=False) as session:
        assert session.get(Membership, business.owner.id) is not None
