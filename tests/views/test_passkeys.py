"""Passkeys in pages: adding one, naming it, taking it away, and where they do not work."""

import json

import pytest
from sqlalchemy import select

from crm.core.tenancy import installation_session
from crm.models.ways_in import Passkey
from tests.support.browsing import Browser, soup, words
from tests.support.devices import Device

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
        assert "You have none yet." in words(client.get("/settings/passkeys"))
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

    def test_an_answer_is_taken_for_five_minutes(self, client, device, clock_at, engine):
        clock_at("2026-11-23 09:00")
        client.get("/settings/passkeys")
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
