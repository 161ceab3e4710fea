"""Passkeys in pages: adding one, naming it, taking it away, and where they do not work."""

import json

import pytest
from sqlalchemy import select

from crm.core.tenancy import installation_session
from crm.core.unit_of_work import installation_work
from crm.domain import two_step
from crm.models.enums import SignInWay
from crm.models.ways_in import Passkey, RecoveryCode
from crm.models.workspaces import UserSession
from tests.support.browsing import Browser, soup, words
from tests.support.devices import Device
from tests.support.people import PASSWORD

AT = "http://localhost"


@pytest.fixture
def app(make_app, settings_with):
    """Good Terms at an address where passkeys work."""
    return make_app(settings_with(BASE_URL=AT))


@pytest.fixture
def device() -> Device:
    """A telephone."""
    return Device(origin=AT)


def asked(browser: Browser, path: str) -> dict:
    """The question for a device, as a page's script gets it."""
    answer = browser.post(path)
    assert answer.status_code == 200, answer.text
    return json.loads(answer.text)


def add(browser: Browser, device: Device, *, name: str = "My telephone") -> None:
    """Adds a passkey as the page does."""
    question = asked(browser, "/settings/passkeys/ask")
    answer = browser.post("/settings/passkeys", name=name, credential=device.make(question))
    assert answer.status_code == 303, words(answer)


def kept(engine) -> list[Passkey]:
    with installation_session(engine, writing=False) as session:
        return list(session.scalars(select(Passkey).order_by(Passkey.id)))


class TestOnesOwn:
    def test_a_passkey_is_added_named_and_listed(self, client, device):
        assert "You have none yet" in words(client.get("/settings/passkeys"))
        add(client, device)
        shown = words(client.get("/settings/passkeys"), "main .devices")
        assert "My telephone" in shown
        assert "Not used yet." in shown

    def test_the_page_to_add_one_proposes_what_the_browser_calls_itself(self, client):
        agent = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0"}
        [box] = soup(client.get("/settings/passkeys/new", headers=agent)).select("[name=name]")
        assert box["value"] == "Firefox on Linux"

    def test_an_answer_is_taken_once(self, client, device, engine):
        answer = device.make(asked(client, "/settings/passkeys/ask"))
        assert client.post("/settings/passkeys", name="One", credential=answer).status_code == 303
        again = client.post("/settings/passkeys", name="Two", credential=answer)
        assert again.status_code == 422
        assert "That took too long" in words(again)
        assert [row.name for row in kept(engine)] == ["One"]

    def test_an_answer_is_taken_for_five_minutes(self, browser_of, business, device, clock_at, engine):
        clock_at("2026-11-23 09:00")
        client = browser_of(business.owner)
        answer = device.make(asked(client, "/settings/passkeys/ask"))
        clock_at("2026-11-23 09:06")
        assert client.post("/settings/passkeys", name="One", credential=answer).status_code == 422
        assert kept(engine) == []

    def test_the_question_of_one_person_is_none_of_another(self, client, browser_of, business, device, engine):
        answer = device.make(asked(client, "/settings/passkeys/ask"))
        other = browser_of(business.member)
        asked(other, "/settings/passkeys/ask")
        assert other.post("/settings/passkeys", name="One", credential=answer).status_code == 422
        assert kept(engine) == []

    def test_what_is_no_answer_is_refused_and_the_name_stays(self, client):
        asked(client, "/settings/passkeys/ask")
        answer = client.post("/settings/passkeys", name="Tablet", credential="<script>")
        assert answer.status_code == 422
        assert "cannot be read" in words(answer, ".error-summary")
        assert soup(answer).select_one("[name=name]")["value"] == "Tablet"

    def test_it_is_called_otherwise(self, client, device, engine):
        add(client, device)
        [row] = kept(engine)
        answer = client.post(f"/settings/passkeys/{row.id}/rename", **{f"key-{row.id}-name": "Old one"})
        assert answer.status_code == 303
        assert "Old one" in words(client.get("/settings/passkeys"))

    def test_without_a_name_nothing_changes_and_the_box_says_so(self, client, device, engine):
        add(client, device)
        [row] = kept(engine)
        answer = client.post(f"/settings/passkeys/{row.id}/rename", **{f"key-{row.id}-name": ""})
        assert answer.status_code == 422
        assert "Type a name" in words(answer, f"#passkey-{row.id}")
        assert [row.name for row in kept(engine)] == ["My telephone"]

    def test_it_is_taken_away(self, client, device, engine):
        add(client, device)
        [row] = kept(engine)
        assert client.post(f"/settings/passkeys/{row.id}/remove").status_code == 303
        assert kept(engine) == []
        assert client.post(f"/settings/passkeys/{row.id}/remove").status_code == 404

    @pytest.mark.parametrize("who", ["admin", "viewer", "stranger"])
    @pytest.mark.parametrize("act", ["rename", "remove"])
    def test_nobody_else_sees_or_touches_it(self, client, browser_of, business, device, engine, who, act):
        add(client, device)
        [row] = kept(engine)
        other = browser_of(getattr(business, who))
        assert "My telephone" not in words(other.get("/settings/passkeys"))
        assert other.post(f"/settings/passkeys/{row.id}/{act}", **{f"key-{row.id}-name": "Mine"}).status_code == 404
        assert [row.name for row in kept(engine)] == ["My telephone"]

    def test_a_viewer_has_passkeys_too(self, browser_of, business, device):
        viewer = browser_of(business.viewer)
        add(viewer, device)
        assert "My telephone" in words(viewer.get("/settings/passkeys"))


class TestWhere:
    @pytest.mark.parametrize(
        ("base", "said", "elsewhere"),
        [
            ("http://127.0.0.1:5000", "this address is a number", "http://localhost:5000/settings/passkeys"),
            ("http://192.168.7.20:5000", "this address is a number", None),
            ("http://crm.example.org", "begin with https", None),
            ("https://crm.example.org", "is known by", "https://crm.example.org/settings/passkeys"),
        ],
    )
    def test_where_they_do_not_work_the_page_says_why_and_where_they_do(
        self, make_app, settings_with, business, base, said, elsewhere
    ):
        browser = Browser(make_app(settings_with(BASE_URL=base)))
        browser.client.environ_base["wsgi.url_scheme"] = base.partition(":")[0]
        browser.sign_in(business.owner)
        shown = browser.get("/settings/passkeys")
        assert said in words(shown, ".notice")
        assert not soup(shown).select("main a[href='/settings/passkeys/new']")
        links = [link["href"] for link in soup(shown).select(".notice a")]
        assert links == ([elsewhere] if elsewhere else [])

    def test_where_they_work_nothing_stands_in_the_way(self, client):
        shown = client.get("/settings/passkeys")
        assert not soup(shown).select("main .notice")
        assert soup(shown).select("main a[href='/settings/passkeys/new']")

    def test_without_script_the_page_says_what_is_needed(self, client):
        assert "Passkeys need script" in words(client.get("/settings/passkeys/new"), "noscript")


class TestGettingIn:
    def test_a_passkey_alone_signs_in_and_the_device_list_says_so(self, app, client, device, engine):
        add(client, device)
        browser = Browser(app)
        browser.get("/sign-in")
        answer = device.show(asked(browser, "/sign-in/passkey/ask"))
        came_in = browser.post("/sign-in/passkey", credential=answer, next="/board")
        assert (came_in.status_code, came_in.location) == (303, "/board")
        assert browser.get("/today").status_code == 200
        with installation_session(engine, writing=False) as session:
            assert session.scalars(select(UserSession.way).order_by(UserSession.id.desc())).first() is SignInWay.PASSKEY

    def test_the_question_names_nobody(self, app, client, device):
        add(client, device)
        question = asked(Browser(app), "/sign-in/passkey/ask")
        assert not question["allowCredentials"]
        assert question["userVerification"] == "required"

    def test_an_answer_signs_in_once(self, app, client, device):
        device.counts = False
        add(client, device)
        browser = Browser(app)
        answer = device.show(asked(browser, "/sign-in/passkey/ask"))
        name = app.config["SESSION_COOKIE_NAME"]
        before = browser.client.get_cookie(name)
        assert browser.post("/sign-in/passkey", credential=answer).status_code == 303
        copied = Browser(app)
        copied.client.set_cookie(name, before.value)  # as it was, with its question
        refused = copied.post("/sign-in/passkey", credential=answer)
        assert refused.status_code == 422
        assert "opens nothing here" in words(refused, ".error-summary")

    @pytest.mark.parametrize("credential", ["", "{}", "<script>alert(1)</script>"])
    def test_what_is_no_answer_opens_nothing_and_the_page_stands(self, nobody, credential):
        asked(nobody, "/sign-in/passkey/ask")
        answer = nobody.post("/sign-in/passkey", credential=credential, email="nadia@fern.example")
        assert answer.status_code == 422
        assert soup(answer).select("form [name=password]")
        assert "<script>alert" not in answer.text

    def test_a_passkey_that_was_removed_opens_nothing(self, app, client, device, engine):
        add(client, device)
        client.post(f"/settings/passkeys/{kept(engine)[0].id}/remove")
        browser = Browser(app)
        answer = device.show(asked(browser, "/sign-in/passkey/ask"))
        assert browser.post("/sign-in/passkey", credential=answer).status_code == 422

    def test_the_button_stands_where_passkeys_work_and_only_there(self, nobody, make_app, settings_with):
        assert soup(nobody.get("/sign-in")).select("button[formaction='/sign-in/passkey'][formnovalidate]")
        elsewhere = Browser(make_app(settings_with(BASE_URL="http://crm.example.org")))
        assert not soup(elsewhere.get("/sign-in")).select("button[formaction]")


class TestSecondStep:
    def held(self, app, person) -> Browser:
        """A browser in which somebody's password was right."""
        browser = Browser(app)
        browser.get("/sign-in")
        answer = browser.post("/sign-in", email=person.user.email, password=PASSWORD, stay="y", next="/board")
        assert answer.location == "/sign-in/second-step", answer.text
        return browser

    def test_with_a_passkey_the_password_alone_lets_nobody_in(self, app, client, business, device):
        add(client, device)
        browser = self.held(app, business.owner)
        assert browser.get("/today").status_code == 303
        assert browser.post("/sign-in/second-step").status_code == 422
        assert browser.get("/today").status_code == 303

    def test_after_the_password_ones_own_passkey_lets_in(self, app, client, business, device):
        add(client, device)
        browser = self.held(app, business.owner)
        assert soup(browser.get("/sign-in/second-step")).select("button[data-give='/sign-in/second-step/passkey']")
        question = asked(browser, "/sign-in/second-step/passkey/ask")
        assert len(question["allowCredentials"]) == 1
        given = browser.post("/sign-in/second-step/passkey", credential=device.show(question))
        assert (given.status_code, given.json) == (200, {})
        came_in = browser.post("/sign-in/second-step")
        assert (came_in.status_code, came_in.location) == (303, "/board")
        assert browser.get("/today").status_code == 200

    def test_the_passkey_of_somebody_else_does_not(self, app, client, browser_of, business, device):
        add(client, device)
        other = Device(origin=AT)
        add(browser_of(business.member), other)
        browser = self.held(app, business.owner)
        question = asked(browser, "/sign-in/second-step/passkey/ask")
        given = browser.post("/sign-in/second-step/passkey", credential=other.show(question))
        assert given.status_code == 422
        assert "opens nothing here" in given.json["words"]
        assert browser.post("/sign-in/second-step").status_code == 422

    def test_an_answer_to_the_sign_in_is_none_to_the_second_step(self, app, client, business, device):
        add(client, device)
        browser = self.held(app, business.owner)
        answer = device.show(asked(browser, "/sign-in/passkey/ask"))
        assert browser.post("/sign-in/second-step/passkey", credential=answer).status_code == 422

    def test_without_a_password_before_it_there_is_no_second_step(self, nobody):
        answer = nobody.post("/sign-in/second-step/passkey/ask")
        assert answer.status_code == 422
        assert "Type your password again" in answer.json["words"]
        assert nobody.post("/sign-in/second-step/passkey", credential="{}").status_code == 422


class TestConfirming:
    def test_before_what_is_dangerous_a_passkey_is_proof_enough(self, app, business, device, clock_at):
        clock_at("2026-11-23 09:00")
        browser = Browser(app).sign_in(business.owner)
        add(browser, device)
        clock_at("2026-11-23 09:30")
        stopped = browser.get("/settings/passkeys/new")
        assert stopped.location.startswith("/confirm")
        assert soup(browser.follow(stopped)).select("button[data-give='/confirm/passkey']")
        question = asked(browser, "/confirm/passkey/ask")
        assert browser.post("/confirm/passkey", credential=device.show(question)).json == {}
        assert browser.get("/settings/passkeys/new").status_code == 200

    def test_the_passkey_of_somebody_else_is_none(self, app, browser_of, business, device, clock_at):
        clock_at("2026-11-23 09:00")
        browser = Browser(app).sign_in(business.owner)
        add(browser, device)
        other = Device(origin=AT)
        add(browser_of(business.member), other)
        clock_at("2026-11-23 09:30")
        answer = other.show(asked(browser, "/confirm/passkey/ask"))
        assert browser.post("/confirm/passkey", credential=answer).status_code == 422
        assert browser.get("/settings/passkeys/new").status_code == 303

    def test_what_is_removed_is_asked_for_after_a_while_and_carried_through(
        self, app, business, device, clock_at, engine
    ):
        clock_at("2026-11-23 09:00")
        browser = Browser(app).sign_in(business.owner)
        add(browser, device)
        clock_at("2026-11-23 09:30")
        [row] = kept(engine)
        stopped = browser.post(f"/settings/passkeys/{row.id}/remove")
        assert stopped.status_code == 403
        assert len(kept(engine)) == 1
        question = asked(browser, "/confirm/passkey/ask")
        browser.post("/confirm/passkey", credential=device.show(question))
        assert browser.post(f"/settings/passkeys/{row.id}/remove").status_code == 303
        assert kept(engine) == []


class TestRecoveryCodes:
    def test_they_go_with_the_last_passkey_that_they_stood_in_for(self, client, device, engine, settings, business):
        add(client, device)
        with installation_work(engine) as session:
            two_step.make_codes(session, settings, user_id=business.owner.user_id)
        client.post(f"/settings/passkeys/{kept(engine)[0].id}/remove")
        with installation_session(engine, writing=False) as session:
            assert session.scalars(select(RecoveryCode)).all() == []

    def test_whoever_has_none_is_told_and_whoever_has_them_is_not(self, client, device, engine, settings, business):
        add(client, device)
        assert soup(client.get("/settings/passkeys")).select(".notice a[href='/settings/two-step']")
        with installation_work(engine) as session:
            two_step.make_codes(session, settings, user_id=business.owner.user_id)
        assert not soup(client.get("/settings/passkeys")).select(".notice")


def test_the_page_asks_the_database_as_much_for_one_passkey_as_for_many(client, engine, count_queries):
    client.get("/settings/passkeys")
    add(client, Device(origin=AT))
    with count_queries(engine) as for_one:
        client.get("/settings/passkeys")
    for _number in range(4):
        add(client, Device(origin=AT))
    with count_queries(engine) as for_many:
        client.get("/settings/passkeys")
    assert len(for_many) == len(for_one) <= 6
