"""Letters to vendors: written once however often Send is pressed, looked at again before they leave, taken back."""

import io
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from crm.core import limits, uploads
from crm.core.errors import Missing, Refused
from crm.core.tenancy import installation_session, workspace_session
from crm.core.unit_of_work import installation_work
from crm.domain import attachments, interactions, members, people, suppressions, touches, vendor_letters, vendors
from crm.domain.letter_files import Upload, Wanted
from crm.domain.vendor_letters import Obstacle, Recipient
from crm.jobs.sender import Sender
from crm.mail import mime, outbox
from crm.models.enums import Channel, MailKind, MailState, Outcome, Role, Side, Stage, TouchReason
from crm.models.letters import VendorLetter
from crm.models.log import Interaction
from crm.models.outbox import OutboxMessage
from crm.models.vendors import Attachment, Vendor
from crm.models.workspaces import Membership, User, Workspace
from crm.queries import members as members_query
from crm.queries import people as people_queries
from crm.queries import vendor_letters as letter_queries

HELLO = {"subject": "How are you?", "body": "Hi Ana,\n\nWhat’s new with you?\n\nOlive"}


@pytest.fixture
def with_server(settings_with, smtp_sink):
    """Settings with a mail server that keeps what it is given."""
    return settings_with(SMTP_URL=smtp_sink.url, MAIL_FROM="Good Terms <goodterms@crm.example.org>")


@pytest.fixture
def ana(inside, business) -> tuple[int, Recipient]:
    """A vendor and the person whom a letter goes to; the business says where it is."""
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Northlight Studio", stage=Stage.ACTIVE)
        person = people.add(vendor, by=business.owner, name="Ana Ruiz", emails=["ana@northlight.example"])
        session.get_one(Workspace, business.workspace.id).postal_address = "12 Fern Lane\nLeeds LS1 1AA"
        return vendor.id, Recipient(person.id, person.name, "ana@northlight.example")


@pytest.fixture
def send(inside, business, with_server, ana):
    """send(by=…, press=…) writes a letter to Ana and answers with its id."""

    def write(by: Membership | None = None, **changes) -> int:
        with inside(business) as session:
            vendor = session.get_one(Vendor, ana[0])
            said = {"to": ana[1], "press": "one", **HELLO, **changes}
            return vendor_letters.send(vendor, by=by or business.owner, settings=with_server, **said).id

    return write


def _count(engine, business, table) -> int:
    with workspace_session(engine, business.workspace.id, writing=False) as session:
        return session.scalar(select(func.count(table.id)))


def _message(engine) -> OutboxMessage:
    with installation_session(engine, writing=False) as session:
        [message] = session.scalars(select(OutboxMessage))
        return message


def _go(engine, settings, clock_at, moment="2026-11-23 09:01") -> int:
    clock_at(moment)
    return Sender(engine, settings).work_once()


def test_a_letter_is_in_the_outbox_and_in_the_log_at_once(engine, business, send, ana, clock_at):
    clock_at("2026-11-23 09:00")
    letter_id = send(reason=TouchReason.NEWS)
    message = _message(engine)
    assert (message.kind, message.state, message.to_outsider) == (MailKind.TOUCH, MailState.WAITING, True)
    assert message.recipient == "ana@northlight.example"
    with workspace_session(engine, business.workspace.id, writing=False) as session:
        letter = session.get_one(VendorLetter, letter_id)
        copy = session.get_one(Interaction, letter.interaction_id)
        assert (letter.message_id, letter.reason, letter.created_by) == (
            message.id,
            TouchReason.NEWS,
            business.owner.user_id,
        )
        assert (copy.outcome, copy.initiated_by, copy.person_id) == (Outcome.ATTEMPT, Side.US, ana[1].person_id)
        assert "What’s new with you?" in copy.summary


def test_pressing_twice_sends_once_and_another_letter_goes_too(engine, business, send):
    assert send() == send()
    assert _count(engine, business, Interaction) == 1
    assert send(body="Hi Ana,\n\nOne more thing.") != send()
    assert send(press="two") != send()
    assert _count(engine, business, Interaction) == 3


def test_it_waits_so_that_it_can_be_taken_back(engine, business, send, with_server, smtp_sink, inside, clock_at):
    clock_at("2026-11-23 09:00")
    letter_id = send()
    assert _go(engine, with_server, clock_at, "2026-11-23 09:00:10") == 0
    with inside(business) as session:
        vendor_letters.take_back(vendor_letters.find(session, letter_id, writer=business.owner), by=business.owner)
    assert _go(engine, with_server, clock_at) == 0
    assert smtp_sink.letters == []
    assert _message(engine).state is MailState.CANCELLED
    with workspace_session(engine, business.workspace.id, writing=False) as session:
        [copy] = session.scalars(select(Interaction))
        assert copy.deleted_at is not None


def test_what_was_taken_back_is_not_sent_by_pressing_again(business, send, inside):
    letter_id = send()
    with inside(business) as session:
        vendor_letters.take_back(vendor_letters.find(session, letter_id, writer=business.owner), by=business.owner)
    with pytest.raises(Refused, match="Open it anew"):
        send()


def test_what_has_left_cannot_be_taken_back(engine, business, send, with_server, inside, clock_at):
    clock_at("2026-11-23 09:00")
    letter_id = send()
    assert _go(engine, with_server, clock_at) == 1
    with inside(business) as session, pytest.raises(Refused, match="too late"):
        vendor_letters.take_back(vendor_letters.find(session, letter_id, writer=business.owner), by=business.owner)
    assert _message(engine).state is MailState.SENT


def test_nobody_takes_back_what_another_wrote(business, send, inside):
    letter_id = send()
    with inside(business) as session, pytest.raises(Missing):
        vendor_letters.find(session, letter_id, writer=business.admin)


def test_a_letter_is_an_attempt_so_the_next_check_in_waits_a_week(engine, business, send, ana, inside, clock_at):
    clock_at("2026-11-23 09:00")
    with inside(business) as session:
        vendor = session.get_one(Vendor, ana[0])
        touches.refresh(session, vendor, began_on=business.workspace.today - timedelta(days=90))
    letter_id = send()
    with inside(business) as session:
        assert session.get_one(Vendor, ana[0]).due_on == business.workspace.today + timedelta(days=7)
        vendor_letters.take_back(vendor_letters.find(session, letter_id, writer=business.owner), by=business.owner)
        assert session.get_one(Vendor, ana[0]).due_on < business.workspace.today


# What goes over the wire


def test_the_letter_as_it_arrives(engine, send, with_server, smtp_sink, clock_at, ana):
    clock_at("2026-11-23 09:00")
    to = Recipient(ana[1].person_id, "Zoë “Q” Åström, Films", ana[1].address)
    send(subject="Grüße aus Leeds", body="Hi Zoë,\n\n<b>bold</b> & more\nsecond line\n\nOlive", to=to)
    assert _go(engine, with_server, clock_at) == 1
    [letter] = smtp_sink.letters
    assert letter.subject == "Grüße aus Leeds"
    assert str(letter.message["To"].addresses[0].display_name) == "Zoë “Q” Åström, Films"
    sender = letter.message["From"].addresses[0]
    assert (sender.display_name, sender.addr_spec) == ("Olive Owner of Fern & Flint", "goodterms@crm.example.org")
    assert letter.message["Reply-To"].addresses[0].addr_spec == "owner@fern.example"
    assert letter.message["Auto-Submitted"] is None
    assert letter.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = letter.message["List-Unsubscribe"].strip("<>")
    text, html = letter.text().replace("\r\n", "\n"), letter.text("html")
    assert text.startswith("Hi Zoë,\n\n<b>bold</b> & more\nsecond line\n\nOlive")
    assert "12 Fern Lane\nLeeds LS1 1AA" in text
    assert address in text
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; more<br>second line" in html
    assert f'href="{address}"' in html
    assert "Good Terms" not in html


def test_nothing_typed_breaks_a_header(engine, send, with_server, smtp_sink, clock_at, ana, inside, business):
    clock_at("2026-11-23 09:00")
    with inside(business) as session:
        session.get_one(Workspace, business.workspace.id).name = 'Fern" <evil@x.example>\r\nBcc: b@x.example, Flint'
    to = Recipient(ana[1].person_id, "Ana\r\nBcc: a@x.example", ana[1].address)
    send(subject="Hello\r\nBcc: victim@x.example\u2028X-Evil: yes", to=to)
    assert _go(engine, with_server, clock_at) == 1
    [letter] = smtp_sink.letters
    assert letter.recipient == "ana@northlight.example"
    assert letter.message["Bcc"] is None
    assert letter.message["X-Evil"] is None
    assert [each.addr_spec for each in letter.message["From"].addresses] == ["goodterms@crm.example.org"]
    assert [each.addr_spec for each in letter.message["To"].addresses] == ["ana@northlight.example"]


def test_without_an_address_for_links_the_way_out_is_an_answer(inside, business, settings_with, smtp_sink, ana, engine):
    here = settings_with(SMTP_URL=smtp_sink.url, BASE_URL="")
    with inside(business) as session:
        vendor = session.get_one(Vendor, ana[0])
        vendor_letters.send(vendor, by=business.owner, settings=here, to=ana[1], press="one", **HELLO)
        content = session.scalars(select(OutboxMessage.content)).one()
    letter = mime.read(content)
    assert letter["List-Unsubscribe"] == "<mailto:owner@fern.example?subject=unsubscribe>"
    assert letter["List-Unsubscribe-Post"] is None
    assert "say so in an answer to this one" in mime.part(content, "plain")


def test_the_body_is_erased_once_sent_because_its_link_acts(engine, send, with_server, clock_at):
    clock_at("2026-11-23 09:00")
    send()
    _go(engine, with_server, clock_at)
    with installation_session(engine, writing=False) as session:
        assert session.scalars(select(OutboxMessage.content)).one() == b""


# Whom no letter goes to


def test_obstacles_are_all_named(business, settings, inside, ana):
    with inside(business) as session:
        vendor = session.get_one(Vendor, ana[0])
        assert vendor_letters.obstacles(session, settings, vendor) == [Obstacle.NO_SERVER]
        vendor.do_not_contact = True
        session.get_one(Workspace, business.workspace.id).postal_address = ""
        session.flush()
        assert vendor_letters.obstacles(session, settings, vendor) == list(Obstacle)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"subject": ""}, "Type a subject"),
        ({"subject": "x" * (limits.SUBJECT_LENGTH + 1)}, "Keep it under 200"),
        ({"body": ""}, "Type what you want to say"),
        ({"body": "x" * (limits.LETTER_LENGTH + 1)}, "Keep it under 20"),
    ],
)
def test_what_is_no_letter_is_refused(engine, business, send, change, words):
    with pytest.raises(Refused, match=words):
        send(**change)
    assert _count(engine, business, Interaction) == 0


def test_who_cannot_be_answered_everywhere_sends_it_themselves(engine, business, send):
    with installation_work(engine) as session:
        session.get_one(User, business.owner.user_id).email = "jürgen@fern.example"
    with workspace_session(engine, business.workspace.id, writing=False) as session:
        juergen = members_query.membership(session, business.workspace.id, business.owner.user_id)
    with pytest.raises(Refused, match="not every mail server writes to it"):
        send(by=juergen)


def test_the_longest_letter_is_taken(send):
    assert send(subject="x" * limits.SUBJECT_LENGTH, body="x" * limits.LETTER_LENGTH)


def test_an_address_that_opted_out_anywhere_takes_no_letter(engine, business, with_server, send):
    with installation_work(engine) as session:
        mark = suppressions.fingerprint(with_server, "  ANA@Northlight.Example ")
        suppressions.suppress(session, mark, how=suppressions.BY_PAGE)
    with pytest.raises(Refused, match="This address takes no mail from here"):
        send()
    assert _count(engine, business, Interaction) == 0


def test_a_day_has_a_limit(send, monkeypatch):
    monkeypatch.setattr(limits, "LETTERS_A_DAY", 2)
    send(press="1")
    send(press="2")
    with pytest.raises(Refused, match="2 letters a day"):
        send(press="3")


# Files


PDF = b"%PDF-1.7\n" + bytes(range(256)) * 8


@pytest.fixture
def contract(inside, business, with_server, ana) -> int:
    """A file that is kept of the vendor."""
    with inside(business) as session:
        vendor = session.get_one(Vendor, ana[0])
        kept = {"content": io.BytesIO(PDF), "name": "Vertrag – Größe.pdf", "folder": with_server.uploads}
        return attachments.attach(vendor, by=business.owner, **kept).id


def _uploaded(name: str = "brief.txt", content: bytes = b"What we need") -> Upload:
    return Upload(name, io.BytesIO(content))


def _files(engine, business) -> list[str]:
    with workspace_session(engine, business.workspace.id, writing=False) as session:
        return list(session.scalars(select(Attachment.name).order_by(Attachment.id)))


def test_files_of_the_vendor_and_new_ones_go_along(engine, business, send, contract, with_server, smtp_sink, clock_at):
    clock_at("2026-11-23 09:00")
    send(files=Wanted((contract,), (_uploaded(),)))
    assert _files(engine, business) == ["Vertrag – Größe.pdf", "brief.txt"]
    assert _go(engine, with_server, clock_at) == 1
    [letter] = smtp_sink.letters
    found = {part.get_filename(): part.get_payload(decode=True) for part in letter.message.iter_attachments()}
    assert found == {"Vertrag – Größe.pdf": PDF, "brief.txt": b"What we need"}
    assert "What’s new with you?" in letter.text()
    with workspace_session(engine, business.workspace.id, writing=False) as session:
        [copy] = session.scalars(select(Interaction))
        assert copy.summary.endswith("With files: Vertrag – Größe.pdf, brief.txt")


def test_a_file_that_is_deleted_afterwards_still_goes(
    engine, business, send, contract, with_server, smtp_sink, inside, clock_at
):
    clock_at("2026-11-23 09:00")
    send(files=Wanted((contract,)))
    with inside(business) as session:
        attachments.delete_file(attachments.file_at(session, contract), by=business.owner, folder=with_server.uploads)
    assert _go(engine, with_server, clock_at) == 1
    [part] = smtp_sink.letters[0].message.iter_attachments()
    assert part.get_payload(decode=True) == PDF


def test_pressing_twice_keeps_and_sends_a_new_file_once_and_another_file_is_another_letter(engine, business, send):
    assert send(files=Wanted(uploads=(_uploaded(),))) == send(files=Wanted(uploads=(_uploaded(),)))
    assert _files(engine, business) == ["brief.txt"]
    assert send(files=Wanted(uploads=(_uploaded(content=b"Something else"),))) == 2


def test_all_files_together_have_a_limit(engine, business, send, contract, monkeypatch):
    monkeypatch.setattr(limits, "LETTER_FILES_BYTES", len(PDF) + 4)
    assert send(files=Wanted((contract,), (_uploaded(content=b"1234"),)))
    with pytest.raises(Refused, match="files of up to 0 MB together"):
        send(press="two", files=Wanted((contract,), (_uploaded(content=b"12345"),)))
    assert len(_files(engine, business)) == 2


def test_so_many_files_go_along_and_not_one_more(engine, business, send):
    def many(count: int) -> Wanted:
        return Wanted(uploads=tuple(_uploaded(f"{number}.txt") for number in range(count)))

    assert send(files=many(limits.LETTER_FILES))
    with pytest.raises(Refused, match="10 files at the most"):
        send(press="two", files=many(limits.LETTER_FILES + 1))


def test_the_largest_letter_is_one_that_servers_take(engine, business, send, contract, ana):
    """10,240,000 bytes is what a widespread server takes unless told otherwise."""
    most = b"%PDF-" + b"x" * (limits.LETTER_FILES_BYTES - 5)
    send(body="ü" * limits.LETTER_LENGTH, files=Wanted(uploads=(_uploaded("a.pdf", most),)))
    with installation_session(engine, writing=False) as session:
        message = session.scalars(select(OutboxMessage).options(undefer(OutboxMessage.content))).one()
        assert len(message.content + outbox.files_of(session, message.id)) < 10_240_000


@pytest.mark.parametrize("what", ["foreign", "deleted", "script", "lost"])
def test_what_cannot_go_along_is_said_and_nothing_is_kept(what, engine, business, send, contract, with_server, inside):
    wanted, words = Wanted((contract,)), "has been deleted"
    with inside(business) as session:
        if what == "foreign":
            other = vendors.add(session, by=business.owner, name="Grey Heron")
            session.get_one(Attachment, contract).vendor_id = other.id
        elif what == "deleted":
            attachments.delete_file(
                attachments.file_at(session, contract), by=business.owner, folder=with_server.uploads
            )
        elif what == "script":
            wanted, words = Wanted((), (_uploaded("x.html", b"<script>alert(1)</script>"),)), "Choose a PDF"
        else:
            uploads.place(with_server.uploads, session.get_one(Attachment, contract).stored_as).unlink()
            words = "no longer where it was kept"
    with pytest.raises(Refused, match=words):
        send(files=wanted)
    assert _count(engine, business, Interaction) == 0
    assert _count(engine, business, VendorLetter) == 0


# Looked at once more before it leaves


@pytest.mark.parametrize("what", ["contact", "suppressed", "left", "copy", "gone"])
def test_what_changed_since_keeps_it_here(what, engine, business, send, with_server, smtp_sink, inside, ana, clock_at):
    clock_at("2026-11-23 09:00")
    send(by=business.member)
    with inside(business) as session:
        if what == "contact":
            session.get_one(Vendor, ana[0]).do_not_contact = True
        elif what == "copy":
            interactions.delete(session.scalars(select(Interaction)).one(), by=business.owner)
        elif what == "gone":
            session.delete(session.get_one(Vendor, ana[0]))
        elif what == "suppressed":
            mark = suppressions.fingerprint(with_server, ana[1].address)
            suppressions.suppress(session, mark, how=suppressions.BY_ONE_CLICK)
    if what == "left":
        with inside(business) as session:
            members.deactivate(session, business.member.user_id, by=business.owner)
    assert _go(engine, with_server, clock_at) == 0
    assert smtp_sink.letters == []
    message = _message(engine)
    assert message.state is MailState.CANCELLED
    assert message.last_error


def test_a_refused_address_is_flagged_and_not_offered_again(
    engine, business, send, with_server, smtp_sink, inside, ana, clock_at
):
    clock_at("2026-11-23 09:00")
    send()
    smtp_sink.answer("rcpt", "550 5.1.1 No such user")
    _go(engine, with_server, clock_at)
    with inside(business) as session:
        refused = letter_queries.refused_addresses(session, ana[0])
        assert refused == {"ana@northlight.example"}
        rows = people_queries.people_of(session, ana[0])
        assert vendor_letters.recipients(rows, refused) == []
        person = people.at(session, ana[1].person_id)
        people.edit(person, by=business.owner, version=person.version, name="Ana Ruiz", emails=["a.ruiz@north.example"])
        rows = people_queries.people_of(session, ana[0])
        assert [each.address for each in vendor_letters.recipients(rows, refused)] == ["a.ruiz@north.example"]
    with pytest.raises(Refused, match="A mail server refused this address"):
        send(press="two")


@pytest.mark.parametrize(("stage", "answer"), [("rcpt", "450 Later"), ("data", "554 We do not like it")])
def test_only_a_final_no_to_the_address_flags_it(
    stage, answer, engine, business, send, with_server, smtp_sink, inside, ana, clock_at
):
    clock_at("2026-11-23 09:00")
    send()
    smtp_sink.answer(stage, answer)
    _go(engine, with_server, clock_at)
    with inside(business) as session:
        assert letter_queries.refused_addresses(session, ana[0]) == frozenset()


def test_who_likes_e_mail_comes_first():
    def row(number: int, name: str, channel: Channel | None, *emails: str):
        return people_queries.PersonRow(number, 1, name, "", channel, "", 1, None, None, list(emails))

    rows = [
        row(1, "Phone", Channel.PHONE, "p@x.example"),
        row(2, "Any", None, "a@x.example", "b@x.example"),
        row(3, "Mail", Channel.EMAIL, "m@x.example"),
        row(4, "None", Channel.EMAIL),
    ]
    found = vendor_letters.recipients(rows, {"b@x.example"})
    assert [each.key for each in found] == ["3:m@x.example", "2:a@x.example", "1:p@x.example"]


def test_a_person_who_is_deleted_leaves_the_letter(engine, business, send, inside, ana):
    letter_id = send()
    with inside(business) as session:
        people.delete_person(people.at(session, ana[1].person_id), by=business.owner)
    with workspace_session(engine, business.workspace.id, writing=False) as session:
        assert session.get_one(VendorLetter, letter_id).person_id is None


def test_a_viewer_writes_none(send, business):
    assert business.viewer.role is Role.VIEWER
    with pytest.raises(Exception, match="Your role does not allow this"):
        send(by=business.viewer)
