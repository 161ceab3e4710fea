"""Erasing somebody outside: nothing says who they were any more, and the history stays readable."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import Engine, select, text

from crm.core.columns import Base
from crm.core.errors import Forbidden, Missing, Refused
from crm.core.tenancy import WorkspaceSession
from crm.domain import erasure, interactions, notes, openings, outsiders, people, vendors
from crm.domain.outsiders import Outsider, naming
from crm.models.audit import AuditEntry
from crm.models.enums import InteractionKind, MailKind, MailState, OutsiderKind, Visibility
from crm.models.log import Interaction, Note, TimelineEntry
from crm.models.outbox import OutboxMessage
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership
from crm.queries import search
from tests.support.letters import put_in

NAME, EMAIL, PHONE = "Mara Lindqvist", "mara@lindqvist.example", "+44 113 496 0000"


@pytest.fixture
def mara(inside, business) -> int:
    """Somebody at a vendor, of whom much was written."""
    with inside(business) as session:
        vendor = vendors.add(
            session, by=business.owner, name="Northlight Studio", what_they_do="Films, by Mara Lindqvist"
        )
        person = people.add(vendor, by=business.owner, name=NAME, emails=[EMAIL], phones=[PHONE])
        other = vendors.add(session, by=business.owner, name="Old Mill")
        notes.write(vendor, by=business.owner, body=f"{NAME} likes tea. “Mara” to friends. Write to {EMAIL}.")
        notes.write(vendor, by=business.member, body="mara lindqvist owes me.", visibility=Visibility.AUTHOR)
        notes.write(other, by=business.owner, body=f"Another {NAME} works here. Mara of Northlight is at {EMAIL}.")
        interactions.log(
            vendor, by=business.owner, kind=InteractionKind.CALL, occurred_on=date(2026, 10, 1), person_id=person.id,
            summary=f"Rang {PHONE}: @Nobody, {NAME} will film in May.",
        )  # fmt: skip
        return person.id


@pytest.fixture(autouse=True)
def _morning(clock_at):
    clock_at("2026-10-05 09:00")


def find(session: WorkspaceSession, person_id: int) -> Outsider:
    return outsiders.find(session, OutsiderKind.PERSON, person_id)


def erase(inside, business, person_id: int, *, by: Membership | None = None, **asked) -> None:
    with inside(business) as session:
        erasure.erase(session, find(session, person_id), by=by or business.owner, **asked)


def everything(engine: Engine) -> Iterator[tuple[str, str]]:
    """Every value of every table, as text."""
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for row in connection.execute(text(f"SELECT * FROM {table.name}")):
                yield from ((table.name, str(value)) for value in row)


def test_no_row_of_any_table_says_who_they_were(engine, inside, business, mara):
    put_in(engine, business.owner, kind=MailKind.TOUCH, recipient=EMAIL, recipient_name=NAME, to_outsider=True)
    erase(inside, business, mara)
    left = [(table, value) for table, value in everything(engine) if EMAIL in value or PHONE in value]
    assert left == []
    named = {(table, value) for table, value in everything(engine) if NAME.lower() in value.lower()}
    assert {table for table, _value in named} <= {"notes", "timeline_entries", "search_entries"}
    assert all("Another Mara Lindqvist works here" in value for _table, value in named)


def test_the_history_stays_readable_without_them(inside, business, mara):
    erase(inside, business, mara)
    with inside(business) as session:
        call = session.scalars(select(Interaction)).one()
        assert (call.person_id, call.summary) == (None, "Rang …: @Nobody, … will film in May.")
        bodies = session.scalars(select(Note.body).order_by(Note.id)).all()
        assert bodies[0] == "… likes tea. “Mara” to friends. Write to …."
        assert "… likes tea" in " ".join(session.scalars(select(TimelineEntry.body)))
        vendor = session.scalars(select(Vendor).where(Vendor.name == "Northlight Studio")).one()
        assert vendor.what_they_do == "Films, by …"
        assert "lindqvist" not in vendor.search_text
        with pytest.raises(Missing):
            find(session, mara)


def test_further_words_go_from_what_belongs_to_their_vendor(inside, business, mara):
    erase(inside, business, mara, also=["Mara"])
    with inside(business) as session:
        bodies = session.scalars(select(Note.body).order_by(Note.id)).all()
    assert "“…” to friends" in bodies[0]
    assert "Mara of Northlight" in bodies[2]


def test_a_freelancer_who_bears_only_their_name_gets_a_number(inside, business):
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name=NAME)
        vendor_id = vendor.id
        person_id = people.add(vendor, by=business.owner, name=NAME).id
    erase(inside, business, person_id)
    with inside(business) as session:
        vendor = session.get_one(Vendor, vendor_id)
        assert vendor.name == f"Erased vendor {vendor_id}"
        assert vendor.normal_name == f"erased vendor {vendor_id}"


def test_the_search_finds_them_no_more(inside, business, mara):
    def found() -> str:
        with inside(business) as session:
            return repr(search.find(session, business.owner, "lindqvist", limit=10))

    before = found()
    erase(inside, business, mara)
    assert "Northlight Studio" in before
    assert "Northlight Studio" not in found()


def test_a_letter_that_waits_is_taken_back_and_one_that_is_leaving_stands_in_the_way(engine, inside, business, mara):
    waiting = put_in(engine, business.owner, kind=MailKind.TOUCH, recipient=EMAIL, to_outsider=True)
    leaving = put_in(engine, business.owner, "letter:2", kind=MailKind.TOUCH, recipient=EMAIL, to_outsider=True)
    with inside(business) as session:
        session.get_one(OutboxMessage, leaving.id).state = MailState.BEGUN
    with pytest.raises(Refused, match="leaving at this moment"):
        erase(inside, business, mara)
    with inside(business) as session:
        find(session, mara)
        session.get_one(OutboxMessage, leaving.id).state = MailState.SENT
    erase(inside, business, mara)
    with inside(business) as session:
        assert session.get_one(OutboxMessage, waiting.id).state is MailState.CANCELLED
        assert session.get_one(OutboxMessage, leaving.id).recipient == ""


def test_the_contact_of_an_opening_is_erased_and_the_opening_stays(engine, inside, business):
    with inside(business) as session:
        opening = openings.add(session, by=business.owner, business="Harbour Dental", person=NAME, email=EMAIL)
        opening_id = opening.id
    with inside(business) as session:
        erasure.erase(session, outsiders.find(session, OutsiderKind.CONTACT, opening_id), by=business.owner)
    assert not [value for _table, value in everything(engine) if EMAIL in value or NAME in value]
    with inside(business) as session, pytest.raises(Missing):
        outsiders.find(session, OutsiderKind.CONTACT, opening_id)


def test_the_audit_log_tells_that_somebody_was_erased_and_not_who(inside, business, mara):
    erase(inside, business, mara)
    with inside(business) as session:
        line = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (line.kind, line.about) == ("erased", "Northlight Studio")


@pytest.mark.parametrize("who", ["member", "viewer"])
def test_only_who_manages_the_business_erases(inside, business, mara, who):
    with pytest.raises(Forbidden):
        erase(inside, business, mara, by=getattr(business, who))


def test_a_single_letter_is_no_word_to_take_out(inside, business, mara):
    with pytest.raises(Refused):
        erase(inside, business, mara, also=["M"])


@pytest.mark.parametrize(
    ("words", "said", "left"),
    [
        (["Will"], "Will will come. Willing.", "… will come. Willing."),
        (["Ann Wren", "Ann"], "ann wren and Ann and Annabel", "… and … and Annabel"),
        (["a.b@c.example"], "A.B@C.example, aXb@c.example", "…, aXb@c.example"),
        ([], "as it was", "as it was"),
    ],
)
def test_words_are_found_whole_and_a_single_one_in_its_own_capitals(words, said, left):
    assert naming(words).sub(erasure.FORGOTTEN, said) == left
