"""Programs read how an introduction stands, and record steps that release it, or take it back, as pages do."""

from __future__ import annotations

import pytest

from crm.models.enums import ReferralAnswer, ReferralSide
from tests.support.introducing import Case
from tests.support.introductions import EWAN, MARTA

VENDOR, HOUSE = ReferralSide.VENDOR, ReferralSide.BUSINESS
YES = ReferralAnswer.YES


@pytest.fixture
def settings(settings_with, smtp_sink):
    """Mail is set up."""
    return settings_with(SMTP_URL=smtp_sink.url, MAIL_FROM="Good Terms <goodterms@crm.example.org>")


@pytest.fixture
def case(engine, settings, business, inside, clock_at):
    clock_at("2026-10-05 09:00")
    return Case.begin(engine, settings, business, inside)


@pytest.fixture
def path(case) -> str:
    return f"/referrals/{case.referral_id}"


def test_where_the_two_stand_and_who_said_so(program, case, path):
    assert program.get(path).json["sides"] == {"vendor": None, "business": None}
    case.ask(VENDOR)
    case.answer(VENDOR, YES)
    program.post(f"{path}/steps", {"state": "business_asked", "channel": "phone"})
    read = program.get(path).json
    assert read["sides"] == {
        "vendor": {"state": "vendor_yes", "answer": "yes", "happened_on": "2026-10-05", "is_their_own": True},
        "business": {"state": "business_asked", "answer": None, "happened_on": "2026-10-05", "is_their_own": False},
    }
    answered = {step["state"]: step["answered_at"] for step in read["steps"]}
    assert answered["vendor_yes"].startswith("2026-10-05T")
    assert answered["business_asked"] is None
    assert program.get("/referrals").json["items"] == [read]


def test_letters_are_read_with_their_state_and_without_addresses(program_of, case, path):
    program = program_of(case.connector)
    case.ask(VENDOR)
    [letter] = program.get(path).json["letters"]
    assert (letter["kind"], letter["side"], letter["state"]) == ("ask", "vendor", "waiting")
    assert letter["leaves_at"] is not None
    assert letter["is_taken_back"] is False
    assert "Harbour Dental" in letter["body"], "its author reads it"
    assert MARTA not in program.get(path).text
    assert EWAN not in program.get(path).text


def test_nobody_but_its_author_reads_what_a_letter_says(program_of, business, case, path):
    case.ask(VENDOR)
    others = [person for person in business.people if person.user_id != case.connector.user_id]
    ours = [person for person in others if person.workspace_id == business.workspace.id]
    assert ours
    for person in ours:
        read = program_of(person).get(path)
        [letter] = read.json["letters"]
        assert (letter["subject"], letter["body"]) == (None, None), person.role
        assert letter["state"] == "waiting"
    assert program_of(business.stranger).get(path).status_code == 404


def test_two_yeses_release_the_introduction_and_a_step_taken_back_holds_it(program, case, path):
    case.ask(VENDOR)
    case.answer(VENDOR, YES)
    read = program.post(f"{path}/steps", {"state": "business_yes"}).json
    letters = [each for each in read["letters"] if each["kind"] == "introduction"]
    assert [(each["side"], each["state"], each["is_taken_back"]) for each in letters] == [
        ("vendor", "waiting", False),
        ("business", "waiting", False),
    ]
    assert {each["leaves_at"] for each in letters} == {"2026-10-05T08:15:00.000Z"}  # a quarter past nine in Leeds
    assert program.delete(f"{path}/steps/latest").status_code == 204
    read = program.get(path).json
    letters = [each for each in read["letters"] if each["kind"] == "introduction"]
    assert [(each["state"], each["is_taken_back"], each["leaves_at"]) for each in letters] == [
        ("cancelled", True, None),
        ("cancelled", True, None),
    ]


def test_a_no_takes_the_introduction_back(program, case, path):
    case.ask(VENDOR)
    case.answer(VENDOR, YES)
    program.post(f"{path}/steps", {"state": "business_yes"})
    read = program.post(f"{path}/steps", {"state": "vendor_not_now"}).json
    assert read["state"] == "vendor_not_now"
    assert {each["state"] for each in read["letters"] if each["kind"] == "introduction"} == {"cancelled"}


def test_a_referral_that_is_taken_back_sends_nothing_more(program, case, path, clock_at, smtp_sink):
    case.ask(VENDOR)
    case.answer(VENDOR, YES)
    program.post(f"{path}/steps", {"state": "business_yes"})
    assert program.delete(path).status_code == 204
    assert program.get(path).status_code == 404
    clock_at("2026-10-05 10:00")
    case.send_mail()
    assert [letter.recipient for letter in smtp_sink.letters] == []


def test_what_letters_have_done_is_not_taken_back_and_neither_is_what_they_said_themselves(
    program, case, path, clock_at
):
    case.ask(VENDOR)
    clock_at("2026-10-05 09:05")
    case.send_mail()
    gone = program.delete(path)
    assert gone.status_code == 422
    assert "Letters have gone out, so it stays on record." in gone.text
    case.answer(VENDOR, YES)
    stays = program.delete(f"{path}/steps/latest")
    assert stays.status_code == 422
    assert "They said so themselves" in stays.text
    program.post(f"{path}/steps", {"state": "business_yes"})
    clock_at("2026-10-05 10:00")
    case.send_mail()
    assert program.get(path).json["state"] == "introduced"
    stays = program.delete(f"{path}/steps/latest")
    assert stays.status_code == 422
    assert "have gone out, so this stays on record" in stays.text
    assert program.get(path).json["state"] == "introduced"


def test_a_viewers_program_changes_nothing(program_of, business, case, path):
    viewer = program_of(business.viewer)
    assert viewer.get(path).status_code == 200
    assert viewer.post(f"{path}/steps", {"state": "vendor_asked"}).status_code == 403
    assert viewer.delete(f"{path}/steps/latest").status_code == 403
    assert viewer.delete(path).status_code == 403
