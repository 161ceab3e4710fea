"""The team's page, and the way into it."""

import pytest

from crm.domain import members
from crm.models.enums import Role
from tests.support.browsing import Browser, soup, words
from tests.support.people import PASSWORD

NEWCOMER = "newcomer@fern.example"
NEW_ACCOUNT = {"name": "Nell Newcomer", "password": "a bench by the river", "time_zone": "Asia/Kathmandu"}


@pytest.fixture
def invite(client):
    """invite() asks the newcomer in, and gives the path of the link that the page shows."""

    def invite(email=NEWCOMER, role="member") -> str:
        client.get("/team")
        answer = client.post("/team/invitations", email=email, role=role)
        assert answer.status_code == 200, answer.text
        link = words(answer, "#invitation-link")
        assert link.startswith("http://crm.example.org/invitations/")
        return link.removeprefix("http://crm.example.org")

    return invite


class TestTheTeam:
    def test_is_seen_by_everybody_in_it(self, browser_of, business):
        page = browser_of(business.viewer).get("/team")
        assert "Four people share the vendors and notes of Fern & Flint." in words(page, ".lead")
        for person in business.people:
            assert person.user.email in words(page, "table")
        assert not soup(page).select("select[name=role]")
        assert "Invite somebody" not in words(page)

    def test_shows_links_to_its_managers_once(self, client, invite):
        path = invite()
        page = client.get("/team")
        assert NEWCOMER in words(page, "table")
        assert path not in page.text

    def test_says_what_is_wrong_with_an_invitation_and_keeps_it(self, client):
        client.get("/team")
        for email, said in (
            ("", "Type their e-mail address."),
            ("newcomer", "Type an e-mail address"),
            ("viewer@fern.example", "Vera Viewer is in the team already."),
        ):
            answer = client.post("/team/invitations", email=email, role="member")
            assert answer.status_code == 422
            assert said in words(answer, ".error-summary")
            assert soup(answer).select_one("#email").get("value", "") == email

    def test_an_admin_is_not_offered_to_name_owners(self, browser_of, business):
        admin = browser_of(business.admin)
        page = soup(admin.get("/team"))
        assert not page.select("option[value=owner]")
        assert len(page.select("form[action$='/role']")) == 3
        answer = admin.post("/team/invitations", email=NEWCOMER, role="owner")
        assert answer.status_code == 422

    def test_changes_a_role(self, client, browser_of, business):
        client.get("/team")
        answer = client.post(f"/team/{business.viewer.user_id}/role", role="member")
        assert "Vera Viewer’s role is changed." in words(client.follow(answer), ".toast")
        viewer = browser_of(business.viewer)
        viewer.get("/team")
        assert viewer.get("/vendors/new").status_code == 200

    def test_keeps_its_last_owner(self, client, business):
        client.get("/team")
        answer = client.post(f"/team/{business.owner.user_id}/role", role="viewer")
        assert answer.status_code == 422
        assert "A business needs an owner." in words(answer, ".error-summary")

    def test_lets_somebody_go_and_come_back(self, client, browser_of, business):
        member = browser_of(business.member)
        page = client.get(f"/team/{business.member.user_id}/leaving")
        assert "Take Milo Member out of the team?" in words(page, "h1")
        answer = client.post(f"/team/{business.member.user_id}/leaving", successor="")
        shown = client.follow(answer)
        assert "Milo Member is out of the team." in words(shown, ".toast")
        assert "Milo Member" in words(shown, "section[aria-labelledby=former]")
        assert member.get("/team").location.startswith("/sign-in")
        undo = soup(shown).select_one(".toast form")["action"]
        assert client.post(undo).location == "/team"
        assert "Milo Member" not in words(client.get("/team"), "section[aria-labelledby=former]")

    def test_can_be_left_by_oneself(self, browser_of, business):
        viewer = browser_of(business.viewer)
        viewer.get("/team")
        assert viewer.post("/team/leave").location == "/"
        assert viewer.get("/team").location.startswith("/sign-in")


class TestAnInvitation:
    def test_says_who_invites_whom_to_what_and_names_no_referrer(self, nobody, invite):
        page = nobody.get(invite())
        assert "Join Fern & Flint" in words(page, "h1")
        assert "Olive Owner invites newcomer@fern.example. Your role: Member." in words(page)
        assert page.headers["Referrer-Policy"] == "no-referrer"

    def test_lets_a_newcomer_in_with_name_password_and_time_zone(self, nobody, invite):
        path = invite()
        nobody.get(path)
        answer = nobody.post(path, **NEW_ACCOUNT)
        assert answer.location == "/today"
        page = soup(nobody.get("/settings"))
        assert page.select_one("#name")["value"] == "Nell Newcomer"
        assert page.select_one("#time_zone option[selected]")["value"] == "Asia/Kathmandu"

    def test_keeps_what_a_newcomer_typed_and_says_what_is_missing(self, nobody, invite):
        path = invite()
        nobody.get(path)
        answer = nobody.post(path, **{**NEW_ACCOUNT, "password": "short"})
        assert answer.status_code == 422
        assert "Use at least 10 characters." in words(answer, ".error-summary")
        assert soup(answer).select_one("#name")["value"] == "Nell Newcomer"
        assert nobody.post(path, **{**NEW_ACCOUNT, "name": ""}).status_code == 422

    def test_lets_an_account_in_with_its_own_password(self, app, business, invite):
        path = invite(email="stranger@rook.example")
        browser = Browser(app)
        same_page = words(browser.get(path), "form")
        assert same_page.replace("stranger@rook.example", NEWCOMER) == words(Browser(app).get(invite()), "form")
        assert browser.post(path, password="a wrong one", name="").status_code == 422
        assert browser.post(path, password=PASSWORD, name="").location == "/today"
        assert soup(browser.get("/settings")).select_one("#name")["value"] == "Silas Stranger"
        assert "Fern & Flint" in words(browser.get("/team"), ".lead")

    def test_is_no_place_to_guess_passwords(self, nobody, business, invite):
        path = invite(email="stranger@rook.example")
        nobody.get(path)
        statuses = [nobody.post(path, password="a wrong one", name="").status_code for _guess in range(11)]
        assert statuses == [422] * 10 + [429]

    def test_needs_one_button_of_who_is_signed_in_already(self, browser_of, business, invite):
        path = invite(email="stranger@rook.example")
        stranger = browser_of(business.stranger)
        page = stranger.get(path)
        assert not soup(page).select("input[type=password]")
        assert stranger.post(path).location == "/today"
        assert "Fern & Flint" in words(stranger.get("/team"), ".lead")

    def test_asks_somebody_else_who_is_signed_in_for_the_right_account(self, browser_of, business, invite):
        path = invite()
        stranger = browser_of(business.stranger)
        assert soup(stranger.get(path)).select("input[type=password]")
        assert stranger.post(path, **NEW_ACCOUNT).location == "/today"
        assert soup(stranger.get("/settings")).select_one("#email")["value"] == NEWCOMER

    def test_that_was_used_or_withdrawn_says_so(self, client, nobody, invite):
        used, withdrawn = invite(), invite(email="second@fern.example")
        nobody.get(used)
        nobody.post(used, **NEW_ACCOUNT)
        page = client.get("/team")
        [button] = soup(page).select("form[action$='/withdraw']")
        client.post(button["action"])
        for path in (used, withdrawn, "/invitations/no-such-token"):
            answer = nobody.get(path)
            assert answer.status_code == 404
            assert "This invitation has been used or is over." in words(answer)

    def test_gets_a_new_link_when_the_first_one_is_lost(self, client, nobody, invite):
        lost = invite()
        [button] = soup(client.get("/team")).select("form[action$='/renew']")
        answer = client.post(button["action"])
        found = words(answer, "#invitation-link").removeprefix("http://crm.example.org")
        assert nobody.get(lost).status_code == 404
        assert nobody.get(found).status_code == 200

    def test_is_mailed_too_where_mail_is_set_up(self, make_app, settings_with, business):
        browser = Browser(make_app(settings_with(SMTP_URL="smtp://127.0.0.1:9?tls=off"))).sign_in(business.owner)
        browser.get("/team")
        answer = browser.post("/team/invitations", email=NEWCOMER, role="viewer")
        assert "It is on its way by e-mail, too." in words(answer, ".notice")


def test_the_page_for_leaving_names_the_invitations_that_end_with_it(client, business, inside):
    with inside(business) as session:
        members.invite(session, by=business.admin, email="newcomer@fern.example", role=Role.ADMIN)
    page = client.get(f"/team/{business.admin.user_id}/leaving")
    assert "newcomer@fern.example (Admin)" in words(page, "main .notice")


def test_an_invitation_offers_the_businesss_clock_where_no_script_knows_better(nobody, business, inside):
    with inside(business) as session:
        made = members.invite(session, by=business.owner, email="newcomer@fern.example", role=Role.MEMBER)
    page = soup(nobody.get(f"/invitations/{made.token}"))
    assert page.select_one("#time_zone option[selected]")["value"] == "Europe/London"
