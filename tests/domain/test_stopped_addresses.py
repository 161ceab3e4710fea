"""Addresses that somebody here marked: nothing is written to them, and what was written does not leave."""

import pytest
from sqlalchemy import select

from crm.core.errors import Forbidden, Refused
from crm.core.tenancy import installation_session
from crm.domain import people, stopped_addresses, vendor_letters, vendors
from crm.domain.vendor_letters import Recipient
from crm.jobs.sender import Sender
from crm.models.enums import MailState, Stage, StopReason
from crm.models.outbox import OutboxMessage
from crm.models.referrals import StoppedAddress
from crm.models.vendors import Vendor
from crm.models.workspaces import Workspace
from crm.queries import people as people_queries

ANA = "ana@northlight.example"


@pytest.fixture
def with_server(settings_with, smtp_sink):
    """Settings with a mail server that keeps what it is given."""
    return settings_with(SMTP_URL=smtp_sink.url, MAIL_FROM="Good Terms <goodterms@crm.example.org>")


@pytest.fixture
def write(inside, business, with_server):
    """write() puts a letter to Ana into the outbox."""
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Northlight Studio", stage=Stage.ACTIVE)
        person = people.add(vendor, by=business.owner, name="Ana Ruiz", emails=[ANA])
        session.get_one(Workspace, business.workspace.id).postal_address = "12 Fern Lane\nLeeds LS1 1AA"
        vendor_id, to = vendor.id, Recipient(person.id, person.name, ANA)

    def put_in(press: str = "one") -> None:
        with inside(business) as session:
            vendor = session.get_one(Vendor, vendor_id)
            said = {"subject": "How are you?", "body": "What’s new?", "press": press}
            vendor_letters.send(vendor, by=business.owner, settings=with_server, to=to, **said)

    return put_in


def test_an_address_is_known_however_it_is_typed(business, inside) -> None:
    with inside(business) as session:
        stopped_addresses.stop(session, " Ana@Northlight.example ", by=business.member, why=StopReason.RETURNED)
        assert stopped_addresses.is_stopped(session, ANA)
        assert stopped_addresses.is_stopped(session, "ANA@northlight.example")
        assert not stopped_addresses.is_stopped(session, "tom@northlight.example")
        assert stopped_addresses.stopped(session, [ANA, "tom@northlight.example", ""]) == {ANA}


def test_marking_it_again_keeps_one_mark_with_the_later_reason(business, inside) -> None:
    with inside(business) as session:
        for why in (StopReason.RETURNED, StopReason.RETURNED, StopReason.ASKED_TO_STOP):
            stopped_addresses.stop(session, ANA, by=business.member, why=why)
    with inside(business) as session:
        [mark] = session.scalars(select(StoppedAddress))
        assert (mark.address, mark.why, mark.created_by) == (ANA, StopReason.ASKED_TO_STOP, business.member.user_id)


def test_a_mark_is_lifted_and_lifting_it_again_is_nothing(business, inside) -> None:
    with inside(business) as session:
        stopped_addresses.stop(session, ANA, by=business.member, why=StopReason.RETURNED)
        for _time in range(2):
            stopped_addresses.lift(session, ANA.upper(), by=business.owner)
            assert not stopped_addresses.is_stopped(session, ANA)


def test_another_business_writes_to_it_still(business, inside) -> None:
    with inside(business) as session:
        stopped_addresses.stop(session, ANA, by=business.owner, why=StopReason.ASKED_TO_STOP)
    with inside(business.stranger) as session:
        assert not stopped_addresses.is_stopped(session, ANA)
        stopped_addresses.lift(session, ANA, by=business.stranger)
    with inside(business) as session:
        assert stopped_addresses.is_stopped(session, ANA)


def test_who_may_only_look_marks_and_lifts_nothing(business, inside) -> None:
    with inside(business) as session:
        with pytest.raises(Forbidden):
            stopped_addresses.stop(session, ANA, by=business.viewer, why=StopReason.RETURNED)
        with pytest.raises(Forbidden):
            stopped_addresses.lift(session, ANA, by=business.viewer)


def test_what_is_no_address_is_not_marked(business, inside) -> None:
    with inside(business) as session, pytest.raises(Refused, match="with an @"):
        stopped_addresses.stop(session, "ana at northlight", by=business.owner, why=StopReason.RETURNED)


def test_nothing_is_written_to_it_until_the_mark_is_lifted(business, inside, write) -> None:
    with inside(business) as session:
        stopped_addresses.stop(session, ANA, by=business.member, why=StopReason.RETURNED)
    with pytest.raises(Refused, match="marked it so") as refused:
        write()
    assert refused.value.field == "to"
    with inside(business) as session:
        stopped_addresses.lift(session, ANA, by=business.member)
    write()


def test_what_was_written_before_does_not_leave(
    engine, business, inside, with_server, write, smtp_sink, clock_at
) -> None:
    clock_at("2026-11-23 09:00")
    write()
    with inside(business) as session:
        stopped_addresses.stop(session, ANA, by=business.member, why=StopReason.ASKED_TO_STOP)
    clock_at("2026-11-23 09:01")
    Sender(engine, with_server).work_once()
    assert smtp_sink.letters == []
    with installation_session(engine, writing=False) as session:
        [message] = session.scalars(select(OutboxMessage))
        assert (message.state, message.last_error) == (MailState.CANCELLED, stopped_addresses.STOPPED)


def test_nobody_is_offered_whose_address_is_marked(business, inside, write) -> None:
    with inside(business) as session:
        stopped_addresses.stop(session, ANA, by=business.member, why=StopReason.RETURNED)
        vendor = session.scalars(select(Vendor)).one()
        both = people.add(vendor, by=business.owner, name="Tom", emails=["tom@northlight.example"])
        rows = people_queries.people_of(session, vendor.id)
        shut = vendor_letters.shut_addresses(session, vendor.id, rows)
        assert [one.person_id for one in vendor_letters.recipients(rows, shut)] == [both.id]
