"""Who sees what of the outbox: envelopes for those who manage, words for those they are meant for."""

import re

import pytest
from sqlalchemy import update

from crm.core.errors import Refused
from crm.core.unit_of_work import installation_work
from crm.domain import letters, mail_settings
from crm.jobs.sender import Sender
from crm.mail import mime
from crm.mail.mime import Letter
from crm.models.enums import MailKind, MailState, ReferralSide
from crm.models.outbox import OutboxMessage
from tests.support.browsing import Browser, words
from tests.support.introductions import MARTA, ask, prepare
from tests.support.letters import due_vendor, messages, only, put_in, tick

SECRET = Letter(subject="Something private", text="The words inside.", html="<main><p>The words inside.</p></main>")


@pytest.fixture
def for_member(engine, business):
    """A letter to Milo, who is a member."""
    return put_in(engine, business.member, letter=SECRET, kind=MailKind.TEST)


def test_only_the_recipient_reads_it(business, browser_of, for_member) -> None:
    path = f"/outbox/{for_member.id}"
    own = words(browser_of(business.member).get(path))
    assert "Something private" in own
    assert "The words inside." in own
    admins = words(browser_of(business.admin).get(path))
    assert business.member.user.email in admins
    assert "Something private" not in admins
    assert "The words inside." not in admins


def test_the_list_shows_no_subject_of_others(business, browser_of, for_member) -> None:
    assert "Something private" in words(browser_of(business.member).get("/outbox"))
    admins = words(browser_of(business.owner).get("/outbox"))
    assert business.member.user.email in admins
    assert "Something private" not in admins


def test_others_find_nothing(business, browser_of, for_member) -> None:
    for person in (business.viewer, business.stranger):
        assert browser_of(person).get(f"/outbox/{for_member.id}").status_code == 404
        assert business.member.user.email not in words(browser_of(person).get("/outbox"))


def test_a_download_is_for_the_recipient(business, browser_of, for_member) -> None:
    path = f"/outbox/{for_member.id}/letter.eml"
    answer = browser_of(business.member).get(path)
    assert answer.mimetype == "message/rfc822"
    assert b"X-Goodterms-Key: letter:1\r\n" in answer.data
    assert browser_of(business.owner).get(path).status_code == 404


def test_an_invitation_is_read_by_those_who_manage(engine, business, browser_of) -> None:
    letter = put_in(
        engine, business.owner, letter=SECRET, kind=MailKind.INVITATION, recipient="new@example.org", user_id=None
    )
    assert "The words inside." in words(browser_of(business.admin).get(f"/outbox/{letter.id}"))
    assert browser_of(business.member).get(f"/outbox/{letter.id}").status_code == 404


def test_a_reset_is_read_by_nobody(engine, business, browser_of) -> None:
    letter = put_in(engine, business.owner, letter=SECRET, kind=MailKind.RESET)
    assert "The words inside." not in words(browser_of(business.owner).get(f"/outbox/{letter.id}"))


def test_without_a_mail_server_a_morning_letter_is_read_as_it_would_arrive(
    engine, business, settings, browser_of, inside, clock_at
) -> None:
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        due_vendor(session, business.member, "<b>Northlight</b> & Sons")
    clock_at("2026-11-04 08:00")
    tick(engine, settings)
    browser = browser_of(business.member)
    listed = browser.get("/outbox")
    assert "Letters wait here" in words(listed)
    shown = words(browser.get(f"/outbox/{only(engine).id}"))
    assert "Good morning, Milo." in shown
    assert "<b>Northlight</b> & Sons" in shown


def test_a_failed_letter_can_be_sent_again(engine, business, browser_of, for_member) -> None:
    _set_state(engine, MailState.FAILED)
    assert browser_of(business.member).post(f"/outbox/{for_member.id}/send-again").status_code == 403
    assert browser_of(business.admin).post(f"/outbox/{for_member.id}/send-again").status_code == 303
    assert only(engine).state is MailState.WAITING


def test_a_held_letter_can_be_said_to_have_arrived(engine, business, browser_of, for_member) -> None:
    _set_state(engine, MailState.HELD)
    assert browser_of(business.owner).post(f"/outbox/{for_member.id}/arrived").status_code == 303
    assert only(engine).state is MailState.SENT


def test_the_secrets_of_a_letter_that_arrived_are_erased(engine, business, browser_of) -> None:
    message = put_in(engine, business.member, has_secrets=True)
    _set_state(engine, MailState.HELD)
    browser_of(business.owner).post(f"/outbox/{message.id}/arrived")
    assert only(engine).content == b""


def test_a_worker_that_comes_back_meanwhile_knows_better(engine, business, inside, for_member) -> None:
    """Between reading that a letter is held and letting it go again, its worker says that the server took it."""
    _set_state(engine, MailState.HELD)
    with inside(business) as session:
        message = letters.find(session, for_member.id, reader=business.owner)
        assert message.state is MailState.HELD
        behind_its_back = update(OutboxMessage).values(state=MailState.SENT)
        session.execute(behind_its_back.execution_options(synchronize_session=False))
        with pytest.raises(Refused):
            letters.send_again(session, message, by=business.owner)
    assert only(engine).state is MailState.SENT


def test_a_letter_on_its_way_cannot_be_sent_again(engine, business, browser_of, for_member) -> None:
    assert browser_of(business.owner).post(f"/outbox/{for_member.id}/send-again").status_code == 422


@pytest.mark.parametrize(
    "path", ["/outbox?page=0", "/outbox?page=x", "/outbox?page=99999999999", "/outbox?state=bogus"]
)
def test_odd_addresses_show_the_list(client, path) -> None:
    assert client.get(path).status_code == 200


def _set_state(engine, state: MailState) -> None:
    with installation_work(engine) as session:
        session.get(OutboxMessage, only(engine).id).state = state


class TestMailSettings:
    FIELDS = {
        "host": "smtp.example.org",
        "port": "587",
        "security": "starttls",
        "user": "olive",
        "password": "a mail password",
        "sender_name": "Fern & Flint",
        "sender_address": "olive@fern.example",
    }

    def test_what_is_typed_is_kept_and_the_password_never_shown(self, engine, settings, client) -> None:
        assert client.post("/settings/mail", **self.FIELDS).status_code == 303
        shown = client.get("/settings/mail").text
        assert "smtp.example.org" in shown
        assert "a mail password" not in shown
        with installation_work(engine) as session:
            mail = mail_settings.effective(session, settings)
        assert mail.server.password == "a mail password"
        assert mail.sender == "Fern & Flint <olive@fern.example>"

    def test_a_sender_may_have_any_name_and_domain(self, engine, settings, client) -> None:
        names = {"sender_name": "Günter Ötzi", "sender_address": "g@bücher.example"}
        assert client.post("/settings/mail", **{**self.FIELDS, **names}).status_code == 303
        assert 'value="Günter Ötzi"' in client.get("/settings/mail").text
        with installation_work(engine) as session:
            assert mail_settings.effective(session, settings).sender == '"Günter Ötzi" <g@xn--bcher-kva.example>'

    def test_an_empty_password_stays_only_for_the_same_server(self, client) -> None:
        client.post("/settings/mail", **self.FIELDS)
        assert client.post("/settings/mail", **{**self.FIELDS, "password": ""}).status_code == 303
        elsewhere = {**self.FIELDS, "password": "", "host": "smtp.evil.example"}
        assert client.post("/settings/mail", **elsewhere).status_code == 422

    @pytest.mark.parametrize(
        "wrong",
        [
            {"host": "smtp example"},
            {"host": "http://smtp.example.org"},
            {"port": "0"},
            {"port": "65536"},
            {"port": "smtp"},
            {"security": "rot13"},
            {"sender_address": "nobody"},
            {"sender_address": ""},
            {"sender_address": "günter@fern.example"},
            {"sender_address": "a@b\r\nBcc: c@d.example"},
            {"sender_name": "x" * 201},
            {"host": "x" * 256},
        ],
    )
    def test_what_cannot_be_used_is_said_beside_its_box(self, engine, settings, client, wrong) -> None:
        answer = client.post("/settings/mail", **{**self.FIELDS, **wrong})
        assert answer.status_code == 422
        with installation_work(engine) as session:
            assert mail_settings.effective(session, settings).server is None

    def test_the_environment_wins_and_is_shown_as_locked(self, settings_with, make_app, business) -> None:
        app = make_app(settings_with(SMTP_URL="smtp://u:secret@mail.example.org:2525", MAIL_FROM="A <a@example.org>"))
        browser = Browser(app).sign_in(business.owner)
        shown = browser.get("/settings/mail")
        assert "mail.example.org, port 2525. SMTP_URL decides" in words(shown)
        assert "MAIL_FROM decides" in words(shown)
        assert "secret" not in shown.text
        assert browser.post("/settings/mail", **self.FIELDS).status_code == 303
        assert "mail.example.org, port 2525" in words(browser.get("/settings/mail"))

    def test_a_preset_fills_the_boxes_in(self, client) -> None:
        assert 'value="smtp.gmail.com"' in client.get("/settings/mail?preset=gmail").text

    def test_it_says_why_letters_carry_no_links(self, settings_with, make_app, business) -> None:
        browser = Browser(make_app(settings_with(BASE_URL=""))).sign_in(business.owner)
        assert "Set BASE_URL" in words(browser.get("/settings/mail"))

    def test_only_the_business_that_began_the_installation_changes_it(
        self, engine, settings, business, browser_of
    ) -> None:
        browser = browser_of(business.stranger)
        assert browser.get("/settings/mail").status_code == 200
        assert browser.post("/settings/mail", **self.FIELDS).status_code == 403
        assert browser_of(business.member).get("/settings/mail").status_code == 403
        with installation_work(engine) as session:
            assert mail_settings.effective(session, settings).server is None

    def test_a_test_waits_in_the_outbox_without_a_server(self, engine, client) -> None:
        answer = client.follow(client.post("/settings/mail/test"))
        assert "It waits in the outbox." in words(answer)
        assert messages(engine)[0].kind is MailKind.TEST

    def test_a_test_goes_the_way_of_all_letters_and_shows_the_servers_answer(
        self, engine, settings_with, make_app, business, smtp_sink
    ) -> None:
        settings = settings_with(SMTP_URL=smtp_sink.url, MAIL_FROM="olive@fern.example")
        browser = Browser(make_app(settings)).sign_in(business.owner)
        there = browser.post("/settings/mail/test").location
        waiting = browser.get(there)
        assert waiting.headers["Refresh"] == "2"
        Sender(engine, settings).work_once()
        arrived = browser.get(there)
        assert "Refresh" not in arrived.headers
        assert "The server took it." in words(arrived)
        assert "250 OK" in words(arrived)
        assert smtp_sink.letters[0].subject == "Letters from Good Terms arrive here"

    @pytest.mark.parametrize(
        ("reply", "said"),
        [("550 5.1.1 Unknown here", "The server refused it."), ("451 4.3.0 Later", "It didn’t work yet.")],
    )
    def test_a_test_that_fails_shows_what_the_server_said(
        self, engine, settings_with, make_app, business, smtp_sink, reply, said
    ) -> None:
        smtp_sink.answer("rcpt", reply)
        settings = settings_with(SMTP_URL=smtp_sink.url)
        browser = Browser(make_app(settings)).sign_in(business.owner)
        there = browser.post("/settings/mail/test").location
        Sender(engine, settings).work_once()
        assert said in words(browser.get(there))
        assert reply in words(browser.get(there))

    def test_a_password_whose_key_has_changed_is_asked_for_again(
        self, engine, settings_with, make_app, business, client
    ) -> None:
        client.post("/settings/mail", **self.FIELDS)
        settings = settings_with(SECRET_KEY="another one, as after a restore without it")
        browser = Browser(make_app(settings)).sign_in(business.owner)
        assert "Type the mail password again." in words(browser.get("/settings/mail"))
        with installation_work(engine) as session:
            assert mail_settings.effective(session, settings).server is None

    def test_it_says_how_mail_is_doing(self, engine, settings, client, clock_at) -> None:
        assert "The scheduler is silent." in words(client.get("/settings/mail"))
        tick(engine, settings)
        assert "The scheduler is silent." not in words(client.get("/settings/mail"))


@pytest.fixture
def asked(business, inside, settings_with, clock_at) -> str:
    """The page in the outbox of a letter by which the member asks a vendor about an introduction."""
    clock_at("2026-10-05 09:00")
    able = settings_with(SMTP_URL="smtp://127.0.0.1:2525", MAIL_FROM="Good Terms <goodterms@example.org>")
    with inside(business) as session:
        referral_id = prepare(session, business.member)
        letter = ask(session, referral_id, ReferralSide.VENDOR, by=business.member, settings=able)
        return f"/outbox/{letter.message_id}"


def test_a_letter_about_an_introduction_is_read_by_its_sender_alone(business, browser_of, asked) -> None:
    own = words(browser_of(business.member).get(asked))
    assert "She is patient." in own
    for person in (business.owner, business.admin):
        browser = browser_of(person)
        theirs = words(browser.get(asked))
        assert MARTA in theirs
        assert "Only who wrote it can read it here." in theirs
        for told in (theirs, words(browser.get("/outbox"))):
            assert "She is patient." not in told
            assert "Harbour Dental" not in told
    for person in (business.viewer, business.stranger):
        assert browser_of(person).get(asked).status_code == 404


def test_nobody_answers_an_introduction_out_of_the_outbox(engine, business, browser_of, asked) -> None:
    """The letter holds the addresses on which its reader answers, and the way out; the page of it holds none."""
    sent = mime.part(only(engine).content, "plain")
    secrets = re.findall(r"/(?:introductions|opt-out)/([^\s?]+)", sent)
    assert len(set(secrets)) == 2
    for person in (business.member, business.owner):
        browser = browser_of(person)
        shown = browser.get(asked).text
        assert not [secret for secret in secrets if secret in shown]
        assert "answer=" not in shown
        assert browser.get(f"{asked}/letter.eml").status_code == 404
        assert "letter.eml" not in shown
    assert "Yes, introduce us" in browser_of(business.member).get(asked).text
