"""From Today to a letter: written in a sheet, sent from here, seen in the timeline, taken back within ten seconds."""

import re

import pytest
from playwright.sync_api import FilePayload, Page, expect
from sqlalchemy import select

from crm.core import limits
from crm.core.tenancy import installation_session
from crm.domain import people
from crm.models.enums import MailKind, MailState
from crm.models.outbox import OutboxMessage
from crm.models.workspaces import Workspace
from tests.support.journeys import late_vendor, sign_in
from tests.support.smtp_sink import Letter
from tests.support.waiting import eventually

pytestmark = pytest.mark.journey


def _file(name: str, size: int) -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": b"x" * size}


def _states(engine) -> list[MailState]:
    with installation_session(engine, writing=False) as session:
        letters = select(OutboxMessage).where(OutboxMessage.kind == MailKind.TOUCH).order_by(OutboxMessage.id)
        return [row.state for row in session.scalars(letters)]


def _to_the_vendor(sink) -> list[Letter]:
    """What has arrived there: the morning letter may come meanwhile, it is somebody else's."""
    return [letter for letter in sink.letters if letter.recipient.endswith("@northlight.example")]


def test_a_letter_from_today_is_sent_shown_and_taken_back(
    page: Page, start_server, smtp_sink, business, inside, engine
) -> None:
    with inside(business) as session:
        vendor = late_vendor(session, business.owner)
        people.add(vendor, by=business.owner, name="Marta Kowalczyk", emails=["marta@northlight.example"])
        people.add(vendor, by=business.owner, name="Ben Falk", emails=["ben@northlight.example"])
        session.get_one(Workspace, business.workspace.id).postal_address = "12 Fern Lane\nLeeds"
    server = start_server(SMTP_URL=smtp_sink.url, TICK_SECONDS="1")
    smtp_sink.answer("rcpt", "451 Come back later")  # so that it is still here when it is taken back, however slowly
    sign_in(page, server, business.owner)

    page.get_by_role("link", name="Get in touch").first.click()
    sheet = page.get_by_role("dialog", name="Get in touch with Northlight Studio")
    letter = sheet.get_by_label("Letter", exact=True)
    expect(letter).to_have_value(re.compile(r"^Hi Marta,\n\nWe last spoke on .*What’s new with you\?", re.DOTALL))
    sheet.get_by_text("Send files along").click()
    own_files = sheet.get_by_label("Files from this device")
    own_files.set_input_files([_file("large.txt", limits.LETTER_FILES_BYTES), _file("more.txt", 1)])
    expect(sheet.get_by_text("Choose files of up to 6 MB together.")).to_be_visible()
    own_files.set_input_files([_file("what we need.txt", 20)])
    sheet.get_by_label("To", exact=True).select_option(label="Ben Falk, ben@northlight.example")
    expect(letter).to_have_value(re.compile(r"^Hi Ben,\n\nWe last spoke on .*What’s new with you\?", re.DOTALL))
    sheet.get_by_text("Something else").click()
    expect(letter).to_have_value("Hi Ben,\n\nOlive")
    expect(sheet.get_by_text("what we need.txt", exact=True)).to_be_visible()
    sheet.get_by_label("Subject").fill("")
    sheet.get_by_role("button", name="Send to Ben").click()
    expect(sheet.get_by_text("Type a subject").first).to_be_visible()
    expect(sheet.get_by_text("Choose the files from this device again.")).to_be_visible()
    sheet.get_by_label("Files from this device").set_input_files([_file("what we need.txt", 20)])
    sheet.get_by_label("Subject").fill("The ferry film")
    letter.fill("Hi Ben,\n\nDid the ferry film go live?\n\nOlive")
    mailto = sheet.get_by_role("link", name="Open in my mail program")
    mailto.evaluate("link => link.addEventListener('click', event => event.preventDefault())")
    mailto.click()
    href = mailto.get_attribute("href") or ""
    assert href.startswith("mailto:ben@northlight.example?subject=The%20ferry%20film&body=Hi%20Ben")
    sheet.get_by_role("button", name="Send to Ben").click()

    toast = page.get_by_text("The letter to Ben Falk leaves in a moment.")
    expect(toast).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back: the letter was not sent.")).to_be_visible()
    assert _states(engine) == [MailState.CANCELLED]
    smtp_sink.answer("rcpt", None)
    expect(page.get_by_label("Letter", exact=True)).to_have_value("Hi Ben,\n\nDid the ferry film go live?\n\nOlive")

    expect(page.get_by_label("what we need.txt, 20 bytes")).to_be_checked()
    page.get_by_role("button", name="Send to Ben").click()
    expect(page.get_by_text("Waiting to go to ben@northlight.example")).to_be_visible()
    [arrived] = eventually(lambda: _to_the_vendor(smtp_sink), what="the letter")
    assert arrived.subject == "The ferry film"
    assert [part.get_filename() for part in arrived.message.iter_attachments()] == ["what we need.txt"]
    eventually(lambda: _states(engine) == [MailState.CANCELLED, MailState.SENT], what="the outbox to know")
    page.reload()
    expect(page.get_by_text("Sent to ben@northlight.example")).to_be_visible()
    expect(page.get_by_text("Did the ferry film go live?")).to_have_count(1)


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_without_script_it_is_a_page_with_a_button_for_the_draft(
    page: Page, start_server, smtp_sink, business, inside
) -> None:
    with inside(business) as session:
        vendor = late_vendor(session, business.owner)
        people.add(vendor, by=business.owner, name="Marta Kowalczyk", emails=["marta@northlight.example"])
        session.get_one(Workspace, business.workspace.id).postal_address = "12 Fern Lane\nLeeds"
    server = start_server(SMTP_URL=smtp_sink.url)
    sign_in(page, server, business.owner)
    page.get_by_role("link", name="Get in touch").first.click()
    expect(page.get_by_role("heading", name="Get in touch with Northlight Studio")).to_be_visible()
    page.get_by_label("Something else").check()
    page.get_by_role("button", name="Write the draft for these").click()
    expect(page.get_by_label("Letter", exact=True)).to_have_value("Hi Marta,\n\nOlive")
    page.get_by_label("Subject").fill("Hello")
    page.get_by_role("button", name="Log it").click()
    expect(page.get_by_text("E-mail logged.")).to_be_visible()
    assert _to_the_vendor(smtp_sink) == []
