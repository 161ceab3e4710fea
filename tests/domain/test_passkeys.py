"""Passkeys: what a device answers is held against the one question it was asked."""

from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import select
from webauthn.helpers import bytes_to_base64url

from crm.core import limits
from crm.core.errors import Missing, Refused
from crm.core.unit_of_work import installation_work
from crm.domain import passkeys
from crm.domain.passkeys import Place
from crm.models.audit import AuditEntry
from crm.models.enums import AuditKind
from crm.models.ways_in import Passkey
from crm.models.workspaces import User
from tests.support.devices import Device

PLACE = Place("localhost", "http://localhost")
ELSEWHERE = "203.0.113.7"
QUESTION, ANOTHER = b"q" * 32, b"r" * 32


@pytest.fixture
def house(engine):
    """`with house() as session:` is one writing transaction of the installation."""

    @contextmanager
    def open_house():
        with installation_work(engine) as session:
            yield session

    return open_house


@pytest.fixture
def device(house, business) -> Device:
    """The owner's device, with a passkey for this place."""
    made = Device()
    add(house, made, business.owner.user_id)
    return made


def add(house, device: Device, user_id: int, *, name: str = "Nadia's telephone", question: bytes = QUESTION) -> Passkey:
    with house() as session:
        options = passkeys.adding(session, user_id, place=PLACE, challenge=question)
    with house() as session:
        return passkeys.add(session, user_id, place=PLACE, challenge=question, answer=device.make(options), name=name)


def used(house, device: Device, *, question: bytes = QUESTION, asked: bytes | None = None, answer=None, **more):
    """Shows the key, and says who was recognised."""
    with house() as session:
        options = passkeys.asking(session, place=PLACE, challenge=asked or question)
        said = answer or device.show(options)
        found = passkeys.recognised(session, place=PLACE, challenge=question, answer=said, address=ELSEWHERE, **more)
        return found.id if found else None


def lines(house, kind: AuditKind) -> list[AuditEntry]:
    with house() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.kind == kind).order_by(AuditEntry.id)))


class TestAdding:
    def test_a_key_is_kept_with_what_is_known_of_its_device(self, house, business, device):
        with house() as session:
            row = session.scalars(select(Passkey)).one()
            handle = session.get_one(User, business.owner.user_id).passkey_handle
        assert (row.user_id, row.name) == (business.owner.user_id, "Nadia's telephone")
        assert row.facts["transports"] == ["internal"]
        assert device.handle == handle
        [line] = lines(house, AuditKind.PASSKEY_ADDED)
        assert (line.user_id, line.about) == (business.owner.user_id, "Nadia's telephone")

    def test_a_device_is_asked_for_a_key_that_it_keeps_and_that_it_opens_for_its_person_alone(self, house, business):
        with house() as session:
            options = passkeys.adding(session, business.owner.user_id, place=PLACE, challenge=QUESTION)
        wanted = options["authenticatorSelection"]
        assert (wanted["residentKey"], wanted["userVerification"]) == ("required", "required")
        assert options["rp"]["id"] == "localhost"
        assert business.owner.user.email.encode() not in options["user"]["id"].encode()

    def test_a_device_that_has_one_is_told_so(self, house, business, device):
        with house() as session:
            options = passkeys.adding(session, business.owner.user_id, place=PLACE, challenge=QUESTION)
        [known] = options["excludeCredentials"]
        assert known["transports"] == ["internal"]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"origin": "https://evil.example"},
            {"is_verifying": False},
        ],
    )
    def test_a_key_from_elsewhere_or_without_its_person_is_refused(self, house, business, wrong):
        with pytest.raises(Refused):
            add(house, Device(**wrong), business.owner.user_id)

    def test_a_key_for_another_question_or_another_host_is_refused(self, house, business):
        with house() as session:
            options = passkeys.adding(session, business.owner.user_id, place=PLACE, challenge=QUESTION)
        for said in (options | {"challenge": "AAAA"}, options | {"rp": {"id": "evil.example"}}):
            with house() as session, pytest.raises(Refused):
                passkeys.add(
                    session, business.owner.user_id, place=PLACE, challenge=QUESTION,
                    answer=Device().make(said), name="Mine",
                )  # fmt: skip

    def test_the_same_key_is_kept_once_whoever_brings_it(self, house, business, device):
        with pytest.raises(Refused, match="here already"):
            add(house, device, business.member.user_id)

    @pytest.mark.parametrize("name", ["", "  ", "x" * (limits.NAME_LENGTH + 1)])
    def test_it_has_a_name(self, house, business, name):
        with pytest.raises(Refused):
            add(house, Device(), business.owner.user_id, name=name)

    def test_nobody_has_more_than_the_limit(self, house, business, monkeypatch):
        monkeypatch.setattr(limits, "PASSKEYS_PER_PERSON", 2)
        add(house, Device(), business.owner.user_id)
        add(house, Device(), business.owner.user_id)
        with pytest.raises(Refused, match="You have 2 passkeys"):
            add(house, Device(), business.owner.user_id)


HOSTILE = [
    "",
    "[]",
    "null",
    "{}",
    '{"response": {}}',
    "[" * 15_000,
    '{"id": 7, "response": {"clientDataJSON": 7}}',
    '{"id": "&", "rawId": "&", "type": "public-key", "response": {"clientDataJSON": "&", "attestationObject": "&"}}',
    "x" * (passkeys.ANSWER_LENGTH + 1),
]


@pytest.mark.parametrize("answer", HOSTILE)
def test_what_is_no_answer_of_a_device_is_refused_in_words(house, business, device, answer):
    with house() as session:
        with pytest.raises(Refused, match="cannot be read"):
            passkeys.add(session, business.owner.user_id, place=PLACE, challenge=QUESTION, answer=answer, name="Mine")
        assert passkeys.recognised(session, place=PLACE, challenge=QUESTION, answer=answer, address=ELSEWHERE) is None


class TestUsing:
    def test_a_key_says_whose_it_is(self, house, business, device):
        assert used(house, device) == business.owner.user_id
        with house() as session:
            row = session.scalars(select(Passkey)).one()
        assert row.sign_count == 1
        assert row.last_used_at is not None

    def test_an_answer_is_good_once(self, house, business, device):
        device.counts = False
        with house() as session:
            answer = device.show(passkeys.asking(session, place=PLACE, challenge=QUESTION))
        assert used(house, device, answer=answer) == business.owner.user_id
        assert used(house, device, answer=answer) is None
        assert used(house, device, question=ANOTHER) == business.owner.user_id

    def test_an_answer_to_another_question_opens_nothing_and_is_noted(self, house, business, device):
        assert used(house, device, question=QUESTION, asked=ANOTHER) is None
        [line] = lines(house, AuditKind.SIGN_IN_FAILED)
        assert (line.user_id, line.address) == (business.owner.user_id, ELSEWHERE)

    def test_a_key_without_its_person_opens_nothing(self, house, device):
        device.is_verifying = False
        assert used(house, device) is None

    def test_a_page_of_somebody_else_opens_nothing(self, house, device):
        device.origin = "https://evil.example"
        assert used(house, device) is None

    def test_a_key_bound_to_another_host_opens_nothing(self, house, device):
        with house() as session:
            options = passkeys.asking(session, place=replace(PLACE, host="evil.example"), challenge=QUESTION)
        assert used(house, device, answer=device.show(options)) is None

    def test_another_key_under_the_same_number_opens_nothing(self, house, device):
        assert used(house, Device(credential_id=device.credential_id, handle=device.handle)) is None

    def test_a_key_that_nobody_has_here_opens_nothing(self, house, business):
        assert used(house, Device(handle="AAAA")) is None

    def test_a_key_that_calls_its_person_by_another_name_opens_nothing(self, house, device):
        with house() as session:
            options = passkeys.asking(session, place=PLACE, challenge=QUESTION)
        assert used(house, device, answer=device.show(options, handle="AAAA")) is None

    def test_where_one_person_is_asked_nobody_else_is_let_in(self, house, business, device):
        assert used(house, device, of=business.member.user_id) is None
        assert used(house, device, question=ANOTHER, of=business.owner.user_id) == business.owner.user_id

    def test_a_person_who_is_known_is_asked_for_their_own_keys_alone(self, house, business, device):
        add(house, Device(), business.member.user_id)
        with house() as session:
            options = passkeys.asking(session, place=PLACE, challenge=QUESTION, of=business.owner.user_id)
        assert [each["id"] for each in options["allowCredentials"]] == [bytes_to_base64url(device.credential_id)]

    def test_a_key_that_counts_backwards_may_be_a_copy_and_is_named_to_the_admins(self, house, business, device):
        device.count = 7
        assert used(house, device) == business.owner.user_id
        device.count = 3
        assert used(house, device, question=ANOTHER) is None
        [line] = lines(house, AuditKind.SIGN_IN_FAILED)
        assert (line.facts["what"], line.about) == ("passkey_copy", "Nadia's telephone")

    def test_a_key_that_counted_and_does_so_no_more_is_refused(self, house, business, device):
        assert used(house, device) == business.owner.user_id
        device.counts, device.count = False, 0
        assert used(house, device, question=ANOTHER) is None


class TestKeeping:
    def test_a_key_is_called_otherwise(self, house, business, device):
        with house() as session:
            row = session.scalars(select(Passkey)).one()
            passkeys.rename(passkeys.find(session, row.id, of=business.owner.user_id), name=" The old telephone ")
            assert row.name == "The old telephone"

    def test_a_key_that_is_removed_opens_nothing(self, house, business, device):
        with house() as session:
            row = session.scalars(select(Passkey)).one()
            passkeys.remove(session, row.id, of=business.owner.user_id)
        assert used(house, device) is None
        [line] = lines(house, AuditKind.PASSKEY_REMOVED)
        assert line.about == "Nadia's telephone"

    def test_nobody_touches_the_key_of_somebody_else(self, house, business, device):
        with house() as session:
            row = session.scalars(select(Passkey)).one()
            for act in (lambda: passkeys.remove(session, row.id, of=business.admin.user_id),
                        lambda: passkeys.find(session, row.id, of=business.admin.user_id)):  # fmt: skip
                with pytest.raises(Missing):
                    act()
