"""Introductions of people and vendors who are deleted, or merged into another: what is kept, what leaves, what not."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from crm.core.errors import Refused
from crm.core.unit_of_work import installation_work
from crm.domain import introductions, merges, people, referral_letters, referrals, vendors
from crm.models.enums import MailState, ReferralAnswer, ReferralLetterKind, ReferralSide, ReferralState
from crm.models.outbox import OutboxMessage
from crm.models.referrals import Referral, ReferralConsent, ReferralLetter
from crm.models.vendors import Person, Vendor
from tests.support.introducing import Case
from tests.support.introductions import EWAN, MARTA

VENDOR, HOUSE = ReferralSide.VENDOR, ReferralSide.BUSINESS
YES = ReferralAnswer.YES
ASK = ReferralLetterKind.ASK


@pytest.fixture
def case(engine, settings_with, smtp_sink, business, inside, clock_at):
    clock_at("2026-11-23 09:00")
    settings = settings_with(SMTP_URL=smtp_sink.url, MAIL_FROM="Good Terms <goodterms@crm.example.org>")
    return Case.begin(engine, settings, business, inside)


@pytest.fixture
def agreed(case):
    """Both were asked from here, and have said yes on their pages: the introduction waits."""
    for side in (VENDOR, HOUSE):
        case.ask(side)
        case.answer(side, YES)
    return case


def delete_marta(inside, business) -> None:
    with inside(business) as session:
        person = session.scalars(select(Person).where(Person.name == "Marta Kowalczyk")).one()
        people.delete_person(person, by=business.owner)


class TestAPersonIsDeleted:
    def test_letters_and_consents_stay_without_name_and_address(self, agreed, inside, business):
        delete_marta(inside, business)
        with inside(business) as session:
            letters = session.scalars(select(ReferralLetter)).all()
            consents = session.scalars(select(ReferralConsent)).all()
            told = " ".join(f"{row.recipient} {row.recipient_name} {row.subject} {row.body}" for row in letters)
            told += " ".join(consent.words for consent in consents)
        assert len(letters) == 4
        assert len(consents) == 2
        assert MARTA not in told
        assert "Marta Kowalczyk" not in told
        assert EWAN in told, "the other side's stays"

    def test_no_introduction_leaves_to_anybody(self, agreed, inside, business, clock_at, smtp_sink):
        clock_at("2026-11-23 09:01")
        agreed.send_mail()
        known = len(smtp_sink.letters)
        delete_marta(inside, business)
        clock_at("2026-11-23 10:00")
        agreed.send_mail()
        assert smtp_sink.letters[known:] == []
        assert ReferralState.INTRODUCED not in agreed.states()

    def test_somebody_else_there_is_not_introduced_on_their_yes(self, agreed, inside, business):
        with inside(business) as session:
            vendor = session.scalars(select(Vendor)).one()
            people.add(vendor, by=business.owner, name="Piotr Nowak", emails=["piotr@northlight.example"])
        delete_marta(inside, business)
        with inside(business) as session:
            referral = session.get_one(Referral, agreed.referral_id)
            found = [str(each.words) for each in introductions.obstacles(session, agreed.settings, referral)]
            assert referral_letters.reader(session, referral, VENDOR).name == "Piotr Nowak"
        assert found == ["Whoever agreed is not known here any more. Ask them first."]

    def test_a_short_name_is_not_cut_out_of_other_words(self, agreed, inside, business):
        with inside(business) as session:
            vendor = session.scalars(select(Vendor)).one()
            people.delete_person(people.add(vendor, by=business.owner, name="Ma"), by=business.owner)
        with inside(business) as session:
            assert any("Marta" in letter.body for letter in session.scalars(select(ReferralLetter)))

    def test_letters_about_other_vendors_stay_as_they_are(self, agreed, inside, business):
        with inside(business) as session:
            other = vendors.add(session, by=business.owner, name="Elsewhere")
            people.delete_person(
                people.add(other, by=business.owner, name="Marta Kowalczyk", emails=[MARTA]), by=business.owner
            )
        with inside(business) as session:
            letters = session.scalars(select(ReferralLetter).where(ReferralLetter.side == VENDOR)).all()
            assert {letter.recipient for letter in letters} == {MARTA}


class TestAVendorIsDeleted:
    def delete(self, case, inside, business) -> None:
        with inside(business) as session:
            vendor = session.scalars(select(Vendor)).one()
            vendors.delete_vendor(vendor, by=business.owner, folder=case.settings.uploads)

    def test_what_waits_does_not_leave(self, agreed, inside, business, clock_at, smtp_sink):
        self.delete(agreed, inside, business)
        with inside(business) as session:
            assert session.scalars(select(ReferralConsent)).all() == []
            assert session.scalars(select(ReferralLetter)).all() == []
            waiting = select(OutboxMessage).where(OutboxMessage.recipient.in_([MARTA, EWAN]))
            states = {(row.key.split(":")[0], row.state) for row in session.scalars(waiting)}
        assert ("introduction", MailState.CANCELLED) in states
        clock_at("2026-11-23 10:00")
        agreed.send_mail()
        assert smtp_sink.letters == []

    def test_half_an_introduction_is_not_left_behind(self, agreed, engine, inside, business):
        [first, _second] = agreed.letters()
        with installation_work(engine) as session:
            session.execute(
                update(OutboxMessage).where(OutboxMessage.id == first.message_id).values(state=MailState.BEGUN)
            )
        with pytest.raises(Refused, match="just leaving"):
            self.delete(agreed, inside, business)
        assert len(agreed.letters()) == 2


class TestAVendorIsMerged:
    @pytest.fixture
    def merged(self, agreed, inside, business) -> int:
        """Northlight Studio is merged into another vendor; the merge's id."""
        with inside(business) as session:
            loser = session.scalars(select(Vendor)).one()
            winner = vendors.add(session, by=business.owner, name="North Light Ltd", despite_doubles=True)
            versions = (winner.version, loser.version)
            return merges.merge(winner, loser, by=business.owner, versions=versions, theirs=["name"]).id

    def test_letters_and_consents_go_with_the_referral_and_the_introduction_leaves(
        self, agreed, merged, clock_at, smtp_sink
    ):
        assert len(agreed.letters()) == len(agreed.letters(ASK)) == len(agreed.consents()) == 2
        clock_at("2026-11-23 09:20")
        agreed.send_mail()
        recipients = [letter.recipient for letter in smtp_sink.letters]
        assert sorted(recipients[-2:]) == [EWAN, MARTA]
        assert ReferralState.INTRODUCED in agreed.states()

    def test_taken_back_all_stands_as_it_stood(self, agreed, merged, inside, business):
        before = [(row.id, row.recipient, row.message_id) for row in agreed.letters()]
        with inside(business) as session:
            merges.undo(merges.find(session, merged), by=business.owner)
            vendor = session.get_one(Vendor, referrals.find(session, agreed.referral_id).vendor_id)
            assert vendor.name == "Northlight Studio"
        assert [(row.id, row.recipient, row.message_id) for row in agreed.letters()] == before
        assert len(agreed.consents()) == 2
