"""Get in touch: reasons with their drafts, and a letter that leaves from here or by one's own mail program."""

import io
import re
import threading
from datetime import timedelta
from urllib.parse import unquote

import pytest
from sqlalchemy import select

from crm.core import limits
from crm.core.tenancy import installation_session, workspace_session
from crm.core.unit_of_work import installation_work
from crm.domain import attachments, notes, people, promises, suppressions, vendors
from crm.jobs.sender import Sender
from crm.models.enums import Channel, MailState, Outcome, PromiseKind, Stage, Visibility
from crm.models.log import Interaction
from crm.models.outbox import OutboxMessage
from crm.models.vendors import Vendor
from crm.models.workspaces import Workspace
from tests.support.browsing import Browser, soup, words
from tests.support.forms import as_shown


@pytest.fixture
def settings(settings_with, smtp_sink):
    """Mail is set up."""
    return settings_with(SMTP_URL=smtp_sink.url, MAIL_FROM="Good Terms <goodterms@crm.example.org>")


@pytest.fixture
def northlight(inside, business, clock_at) -> int:
    """A vendor with two people and a promise of ours; the business says where it is."""
    clock_at("2026-11-23 09:00")
    with inside(business) as session:
        by = business.owner
        vendor = vendors.add(session, by=by, name="Northlight Studio", stage=Stage.ACTIVE)
        people.add(vendor, by=by, name="Ben Falk", emails=["ben@northlight.example"], phones=["+44 113 496 0000"])
        people.add(vendor, by=by, name="Ana Ruiz", emails=["ana@northlight.example"], preferred_channel=Channel.EMAIL)
        due = business.workspace.today + timedelta(days=2)
        promises.make(vendor, by=by, kind=PromiseKind.OURS, due_on=due, what="Send the table")
        session.get_one(Workspace, business.workspace.id).postal_address = "12 Fern Lane"
        return vendor.id


@pytest.fixture
def path(northlight) -> str:
    return f"/vendors/{northlight}/letters"


def _send(browser: Browser, path: str, **changes):
    return browser.post(path, **{**as_shown(browser.get(f"{path}/new"), "#letter-form"), **changes})


def _letters(engine) -> list[OutboxMessage]:
    with installation_session(engine, writing=False) as session:
        return list(session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))


def _interactions(engine, business) -> list[Interaction]:
    with workspace_session(engine, business.workspace.id, writing=False) as session:
        return list(session.scalars(select(Interaction).where(Interaction.deleted_at.is_(None))))


def _change(inside, business, vendor_id: int, **values) -> None:
    with inside(business) as session:
        vendor = session.get_one(Vendor, vendor_id)
        for name, value in values.items():
            setattr(vendor, name, value)


# What is offered


def test_the_most_honest_reason_comes_first_with_its_draft(client, path):
    answer = client.get(f"{path}/new")
    form = as_shown(answer, "#letter-form")
    reasons = [box["value"].partition("-")[0] for box in soup(answer).select("[name=reason]")]
    assert reasons == ["promise", "availability", "none"]
    assert "We promised for Wed 25 Nov: Send the table" in words(answer)
    assert "Keep it today, or tell them when you will." in words(answer)
    assert form["to"].endswith(":ana@northlight.example")
    assert form["subject"] == "What I promised you"
    assert form["body"].replace("\r\n", "\n") == (
        "Hi Ana,\n\nI haven’t forgotten what I promised you for Wed 25 Nov: Send the table.\n\nOlive"
    )
    mailto = unquote(soup(answer).select_one("[data-behaviour=mailto]")["href"])
    assert mailto.startswith("mailto:ana@northlight.example?subject=What I promised you&body=Hi Ana,\r\n")


def test_nothing_private_is_shown_or_drafted(client, browser_of, business, inside, northlight, path):
    with inside(business) as session:
        vendor = session.get_one(Vendor, northlight)
        notes.write(vendor, by=business.owner, body="They expect twins.")
        notes.write(vendor, by=business.owner, body="Owes me money.", visibility=Visibility.AUTHOR)
        notes.write(vendor, by=business.owner, body="To be replaced.", visibility=Visibility.ADMINS)
    from tests.support.people import FOUNDED  # noqa: F401

    for browser in (client, browser_of(business.member)):
        page = words(browser.get(f"{path}/new"))
        assert "Owes me money" not in page
        assert "To be replaced" not in page


def test_another_reason_brings_its_draft_and_keeps_what_was_changed(client, path):
    form = as_shown(client.get(f"{path}/new"), "#letter-form")
    ben = next(
        option["value"] for option in soup(client.get(f"{path}/new")).select("[name=to] option") if "Ben" in option.text
    )
    untouched = as_shown(
        client.post(f"{path}/draft", **{**form, "reason": "availability-0", "to": ben}), "#letter-form"
    )
    assert untouched["subject"] == "When will you have room?"
    assert untouched["body"].startswith("Hi Ben,")
    assert "How full are your next few months?" in untouched["body"]
    own = {**form, "body": form["body"].replace("Olive", "See you soon, Olive"), "to": ben}
    kept = as_shown(client.post(f"{path}/draft", **own), "#letter-form")
    assert kept["body"].startswith("Hi Ben,")
    assert "See you soon, Olive" in kept["body"]
    blank = as_shown(client.post(f"{path}/draft", **{**form, "reason": "none"}), "#letter-form")
    assert blank["body"].replace("\r\n", "\n") == "Hi Ana,\n\nOlive"


def test_drafting_stores_nothing(engine, business, client, path):
    form = as_shown(client.get(f"{path}/new"), "#letter-form")
    client.post(f"{path}/draft", **form)
    assert _letters(engine) == []
    assert _interactions(engine, business) == []


def test_whoever_is_reached_by_phone_only_is_called(client, inside, business, clock_at):
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Grey Heron")
        people.add(vendor, by=business.owner, name="Cy Dale", phones=["+44 1 23"], preferred_channel=Channel.PHONE)
        vendor_id = vendor.id
    page = client.get(f"/vendors/{vendor_id}/letters/new")
    assert "No e-mail address to write to." in words(page)
    assert "Cy Dale is best reached by phone. +44 1 23" in words(page)
    assert soup(page).select_one('a[href="tel:+44123"]') is not None
    assert soup(page).select_one("#letter-form") is None


def test_a_vendor_to_be_left_alone_gets_no_letter(engine, client, inside, business, northlight, path):
    form = as_shown(client.get(f"{path}/new"), "#letter-form")
    _change(inside, business, northlight, do_not_contact=True)
    assert "They asked to be left alone" in words(client.get(f"{path}/new"))
    answer = client.post(path, **form)
    assert answer.status_code == 422
    assert _letters(engine) == []


# Sending


def test_send_puts_it_into_outbox_and_timeline_and_undo_takes_it_out(engine, business, client, northlight, path):
    answer = _send(client, path, body="Hi Ana,\n\nHow did the ferry film go?")
    assert answer.status_code == 303
    page = client.follow(answer)
    assert "The letter to Ana Ruiz leaves in a moment." in words(page)
    entry = words(page, ".timeline .entry")
    assert "How did the ferry film go?" in entry
    assert "Waiting" in entry
    undo = re.search(r'action="(/letters/\d+/undo)"', page.text)
    assert undo is not None
    taken = client.post(undo[1])
    assert taken.status_code == 303
    again = client.follow(taken)
    assert "Taken back: the letter was not sent." in words(again)
    assert "How did the ferry film go?" in as_shown(again, "#letter-form")["body"]
    assert [each.state for each in _letters(engine)] == [MailState.CANCELLED]
    assert _interactions(engine, business) == []
    assert "How did the ferry film go?" not in words(client.get(f"/vendors/{northlight}"), ".timeline .entry")


def test_pressing_send_twice_sends_once(engine, business, client, path):
    form = as_shown(client.get(f"{path}/new"), "#letter-form")
    first, second = client.post(path, **form), client.post(path, **form)
    assert (first.status_code, second.status_code) == (303, 303)
    assert len(_letters(engine)) == 1
    assert len(_interactions(engine, business)) == 1


def test_it_leaves_and_says_so(engine, client, settings, smtp_sink, northlight, path, clock_at):
    _send(client, path)
    clock_at("2026-11-23 09:01")
    assert Sender(engine, settings).work_once() == 1
    assert [letter.recipient for letter in smtp_sink.letters] == ["ana@northlight.example"]
    assert "Sent to ana@northlight.example" in words(client.get(f"/vendors/{northlight}"), ".timeline .entry")


@pytest.mark.parametrize(
    ("change", "said"), [({"subject": ""}, "Type a subject"), ({"body": ""}, "Type what you want to say")]
)
def test_what_is_missing_is_said_and_the_rest_stays(engine, client, path, change, said):
    answer = _send(client, path, **{"body": "Kept words", "subject": "Kept subject", **change})
    assert answer.status_code == 422
    assert said in words(answer)
    kept = as_shown(answer, "#letter-form")
    assert kept["body"] in ("Kept words", change.get("body"))
    assert _letters(engine) == []


def test_an_address_that_is_not_theirs_is_no_choice(engine, client, path):
    assert _send(client, path, to="1:victim@x.example").status_code == 422
    assert _letters(engine) == []


def test_who_opted_out_is_told_of_as_an_address_alone(engine, client, settings, path):
    with installation_work(engine) as session:
        mark = suppressions.fingerprint(settings, "ANA@northlight.example")
        suppressions.suppress(session, mark, how=suppressions.BY_PAGE)
    page = client.get(f"{path}/new")
    assert "This address takes no mail from here." in words(page)
    assert "Send to" not in words(page, "#letter-form")
    answer = client.post(path, **as_shown(page, "#letter-form"))
    assert answer.status_code == 422
    assert _letters(engine) == []


# Files


PDF = b"%PDF-1.7 a contract"


@pytest.fixture
def contract(inside, business, settings, northlight) -> str:
    """The id of a file that is kept of the vendor, as the form names it."""
    with inside(business) as session:
        vendor = session.get_one(Vendor, northlight)
        kept = {"content": io.BytesIO(PDF), "name": "contract.pdf", "folder": settings.uploads}
        return str(attachments.attach(vendor, by=business.owner, **kept).id)


def _upload(name: str = "brief.txt", content: bytes = b"What we need") -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def test_files_are_offered_and_go_along(engine, client, settings, smtp_sink, path, contract, clock_at):
    page = client.get(f"{path}/new")
    assert [box["value"] for box in soup(page).select("[name=files]")] == [contract]
    assert "contract.pdf, 19 bytes" in words(page)
    answer = _send(client, path, files=contract, uploads=[_upload(), _upload("more.txt")])
    assert answer.status_code == 303
    number = _letters(engine)[0].id
    assert "contract.pdf 19 bytes brief.txt 12 bytes more.txt 12 bytes" in words(client.get(f"/outbox/{number}"))
    shown = client.get(f"/outbox/{number}/letter.eml")
    clock_at("2026-11-23 09:01")
    assert Sender(engine, settings).work_once() == 1
    [letter] = smtp_sink.letters
    assert letter.content == shown.get_data()
    names = [part.get_filename() for part in letter.message.iter_attachments()]
    assert names == ["contract.pdf", "brief.txt", "more.txt"]
    assert "With files: contract.pdf, brief.txt, more.txt" in words(client.get("/vendors/1"), ".timeline")


def test_taken_back_its_files_stand_ticked(client, path, contract):
    page = client.follow(_send(client, path, files=contract, uploads=[_upload()]))
    undo = re.search(r'action="(/letters/\d+/undo)"', page.text)
    again = client.follow(client.post(undo[1]))
    assert len(soup(again).select("[name=files][checked]")) == 2


def test_what_was_chosen_stays_and_what_a_page_cannot_hold_is_asked_for_again(client, path, contract):
    answer = _send(client, path, files=contract, uploads=[_upload()], subject="")
    assert answer.status_code == 422
    assert soup(answer).select_one("[name=files][checked]")["value"] == contract
    assert "Choose the files from this device again." in words(answer)
    assert "Choose the files" not in words(_send(client, path, files=contract, subject=""))


def test_a_file_that_is_no_file_of_theirs_is_no_choice(engine, client, path):
    answer = _send(client, path, files="99")
    assert answer.status_code == 422
    assert _letters(engine) == []


def test_too_much_is_said_in_plain_words_beside_its_box(engine, client, path, contract, monkeypatch):
    monkeypatch.setattr(limits, "LETTER_FILES_BYTES", 2**20)
    answer = _send(client, path, uploads=[_upload("large.txt", b"x" * 2**20), _upload()])
    assert answer.status_code == 422
    assert "A letter carries files of up to 1 MB together" in words(answer, ".field.bad")
    assert _letters(engine) == []


def test_who_may_not_read_a_letter_learns_no_file_names(engine, business, browser_of, path, contract):
    assert _send(browser_of(business.member), path, files=contract).status_code == 303
    [letter] = _letters(engine)
    assert "contract.pdf" not in words(browser_of(business.owner).get(f"/outbox/{letter.id}"))


# The postal address


def test_the_postal_address_is_asked_for_where_it_is_missing(engine, client, inside, business, path):
    with inside(business) as session:
        session.get_one(Workspace, business.workspace.id).postal_address = ""
    answer = _send(client, path, postal_address="")
    assert answer.status_code == 422
    assert "Type your business’s postal address." in words(answer)
    assert _send(client, path, postal_address="1 New Road\r\nYork").status_code == 303
    with inside(business) as session:
        assert session.get_one(Workspace, business.workspace.id).postal_address == "1 New Road\nYork"
    assert len(_letters(engine)) == 1


def test_only_who_manages_gives_the_postal_address(engine, browser_of, inside, business, path):
    with inside(business) as session:
        session.get_one(Workspace, business.workspace.id).postal_address = ""
    browser = browser_of(business.member)
    page = browser.get(f"{path}/new")
    assert "an owner or admin has to add the postal address" in words(page)
    assert "Send to" not in words(page, "#letter-form")
    answer = browser.post(path, **as_shown(page, "#letter-form"), postal_address="1 New Road")
    assert answer.status_code == 422
    with inside(business) as session:
        assert session.get_one(Workspace, business.workspace.id).postal_address == ""
    assert _letters(engine) == []


# By one's own mail program


@pytest.mark.parametrize(("answered", "outcome"), [(None, Outcome.ATTEMPT), ("y", Outcome.TWO_WAY)])
def test_log_it(engine, business, client, path, answered, outcome):
    form = as_shown(client.get(f"{path}/new"), "#letter-form")
    answer = client.post(f"{path}/log", **{**form, "answered": answered})
    assert answer.status_code == 303
    assert "E-mail logged." in words(client.follow(answer))
    [entry] = _interactions(engine, business)
    assert entry.outcome is outcome
    assert "**What I promised you**" in entry.summary
    assert _letters(engine) == []


def test_without_a_mail_server_the_own_mail_program_is_the_way(make_app, settings_with, business, path):
    browser = Browser(make_app(settings_with())).sign_in(business.owner)
    page = browser.get(f"{path}/new")
    assert "mail has to be set up" in words(page)
    assert "Send to" not in words(page, "#letter-form")
    assert "Open in my mail program" in words(page)


# Who may


def test_a_teammate_writes_a_viewer_and_a_stranger_do_not(engine, business, browser_of, client, path):
    form = as_shown(client.get(f"{path}/new"), "#letter-form")
    for person, status in ((business.viewer, 403), (business.stranger, 404)):
        browser = browser_of(person)
        assert browser.get(f"{path}/new").status_code == status
        for act in (path, f"{path}/draft", f"{path}/log"):
            sent = {name: value for name, value in form.items() if name != "csrf_token"}
            assert browser.post(act, **sent).status_code == status, act
    assert _letters(engine) == []
    assert _send(browser_of(business.member), path).status_code == 303
    [letter] = _letters(engine)
    assert letter.user_id == business.member.user_id
    for person, status in ((business.viewer, 403), (business.stranger, 404), (business.admin, 404)):
        assert browser_of(person).post("/letters/1/undo").status_code == status
        assert browser_of(person).get("/letters/1/again").status_code == status


def test_only_who_wrote_it_reads_its_body_in_the_outbox(engine, business, browser_of, path):
    writer = browser_of(business.member)
    _send(writer, path, body="Hi Ana,\n\nBetween us.")
    number = _letters(engine)[0].id
    assert "Between us." in words(writer.get(f"/outbox/{number}"))
    others = words(browser_of(business.owner).get(f"/outbox/{number}"))
    assert "ana@northlight.example" in others
    assert "Between us." not in others
    assert "Only who wrote it can read it here." in others
    assert browser_of(business.owner).get(f"/outbox/{number}/letter.eml").status_code == 404
    for person in (business.viewer, business.stranger):
        assert browser_of(person).get(f"/outbox/{number}").status_code == 404


# Where nobody can know whether it left


def _stall(_address: str) -> None:
    """The server has all of it, and says nothing for longer than anybody waits."""
    threading.Event().wait(2)


@pytest.fixture
def held(engine, client, settings_with, smtp_sink, path, clock_at):
    """A letter whose final dot the server took, and never answered in time."""
    impatient = settings_with(SMTP_URL=smtp_sink.url, MAIL_FROM="g@crm.example.org", SMTP_DATA_TIMEOUT="1")
    _send(client, path)
    smtp_sink.answer("data", _stall)
    clock_at("2026-11-23 09:01")
    assert Sender(engine, impatient).work_once() == 0
    smtp_sink.answer("data", None)
    [letter] = _letters(engine)
    assert letter.state is MailState.HELD
    smtp_sink.wait_for(1)
    return impatient


def _press(browser: Browser, page: str, words_on_it: str):
    shown = soup(browser.get(page))
    button = next(button for button in shown.select("main button") if button.get_text(strip=True) == words_on_it)
    return browser.post(button.find_parent("form")["action"])


def test_a_held_letter_asks_and_is_not_sent_by_itself(engine, client, held, smtp_sink, northlight, clock_at):
    page = words(client.get(f"/vendors/{northlight}"))
    assert "A letter to ana@northlight.example may have been sent." in page
    assert "May have been sent to ana@northlight.example" in page
    clock_at("2026-11-24 09:01")
    assert Sender(engine, held).work_once() == 0
    assert len(smtp_sink.letters) == 1


def test_it_arrived(engine, client, held, smtp_sink, northlight, clock_at):
    answer = _press(client, f"/vendors/{northlight}", "It arrived")
    assert answer.location == f"/vendors/{northlight}"
    clock_at("2026-11-23 09:30")
    assert Sender(engine, held).work_once() == 0
    assert [each.state for each in _letters(engine)] == [MailState.SENT]
    assert len(smtp_sink.letters) == 1


def test_send_again_sends_exactly_one_more_and_the_same(engine, client, held, smtp_sink, northlight, clock_at):
    _press(client, f"/vendors/{northlight}", "Send again")
    clock_at("2026-11-23 09:30")
    assert Sender(engine, held).work_once() == 1
    assert Sender(engine, held).work_once() == 0
    first, second = smtp_sink.letters
    assert first.content == second.content
    assert [(each.state, each.sent_again) for each in _letters(engine)] == [(MailState.SENT, True)]


def test_who_wrote_it_and_who_manages_say_what_becomes_of_it(engine, business, browser_of, client, held, northlight):
    [letter] = _letters(engine)
    for person, status in ((business.member, 404), (business.viewer, 403), (business.stranger, 404)):
        browser = browser_of(person)
        assert "It arrived" not in words(browser.get(f"/vendors/{northlight}"))
        for act in ("arrived", "send-again"):
            assert browser.post(f"/outbox/{letter.id}/{act}").status_code == status
    assert _letters(engine)[0].state is MailState.HELD
    admin = browser_of(business.admin)
    assert "It arrived" in words(admin.get(f"/outbox/{letter.id}"))
    assert admin.post(f"/outbox/{letter.id}/arrived").status_code == 303
    assert _letters(engine)[0].state is MailState.SENT


def test_a_member_settles_their_own(engine, business, browser_of, settings_with, smtp_sink, path, northlight, clock_at):
    impatient = settings_with(SMTP_URL=smtp_sink.url, MAIL_FROM="g@crm.example.org", SMTP_DATA_TIMEOUT="1")
    browser = browser_of(business.member)
    _send(browser, path)
    smtp_sink.answer("data", _stall)
    clock_at("2026-11-23 09:01")
    Sender(engine, impatient).work_once()
    assert _press(browser, f"/vendors/{northlight}", "It arrived").status_code == 303
    assert _letters(engine)[0].state is MailState.SENT


def test_a_refused_address_is_marked_at_the_person(engine, client, settings, smtp_sink, northlight, path, clock_at):
    _send(client, path)
    smtp_sink.answer("rcpt", "550 5.1.1 No such user")
    clock_at("2026-11-23 09:01")
    Sender(engine, settings).work_once()
    page = client.get(f"/vendors/{northlight}")
    assert "Refused: ana@northlight.example takes no mail" in words(page, ".timeline")
    assert "ana@northlight.example Takes no mail: change it" in words(page, "aside")
    offered = client.get(f"{path}/new")
    assert [option.text for option in soup(offered).select("[name=to] option")] == ["Ben Falk, ben@northlight.example"]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028"])
def test_a_subject_is_one_line(engine, client, path, end):
    answer = _send(client, path, subject=f"Hello{end}Bcc: victim@elsewhere.example")
    assert answer.status_code == 422
    assert "Type the subject in one line." in words(answer, ".field .error")
    assert _letters(engine) == []
