"""What is stored of a password, and whether a typed one is right."""

import pytest

from crm.core import limits
from crm.core.errors import Refused
from crm.domain import passwords

PASSWORD = "a long walk to the harbour"


@pytest.fixture(autouse=True)
def _with_all_the_work(monkeypatch, light_passwords):
    monkeypatch.setattr(passwords, "_hasher", light_passwords)


def test_only_the_password_itself_is_right():
    stored = passwords.hash_of(PASSWORD)
    assert passwords.is_right(stored, PASSWORD)
    assert not passwords.is_right(stored, PASSWORD + " ")
    assert not passwords.is_right(stored, PASSWORD.upper())
    assert not passwords.is_right(stored, "")


def test_the_same_password_is_stored_differently_each_time_and_never_readably():
    one, other = passwords.hash_of(PASSWORD), passwords.hash_of(PASSWORD)
    assert one != other
    assert PASSWORD not in one
    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert len(one) <= 200


def test_nobody_has_no_right_password_though_one_is_checked():
    assert not passwords.is_right(None, PASSWORD)
    assert not passwords.is_right(None, "the password of nobody")
    assert not passwords.is_right("", "the password of nobody")


def test_what_was_never_a_hash_is_never_right():
    assert not passwords.is_right("plain", "plain")


def test_length_at_the_limits():
    long = ("river bench " * limits.PASSWORD_LENGTH)[: limits.PASSWORD_LENGTH]
    assert passwords.hash_of(long[: limits.PASSWORD_LEAST])
    assert passwords.is_right(passwords.hash_of(long), long)
    for bad in (limits.PASSWORD_LEAST - 1, limits.PASSWORD_LENGTH + 1):
        with pytest.raises(Refused) as refused:
            passwords.hash_of("x" * bad)
        assert refused.value.field == "password"


def test_a_password_longer_than_any_is_refused_without_the_work():
    assert not passwords.is_right(passwords.hash_of(PASSWORD), "x" * (limits.PASSWORD_LENGTH + 1))


def test_a_hash_with_weaker_settings_is_outdated():
    assert not passwords.is_outdated(passwords.hash_of(PASSWORD))
    assert passwords.is_outdated("$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHRzb21l$" + "A" * 43)


@pytest.mark.parametrize(
    "common",
    [
        "password123",
        "Password123!",
        "P@ssw0rd2026",
        "passwordpassword",
        "qwertyuiop",
        "1234567890",
        "0987654321",
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "1q2w3e4r5t6y",
        "iloveyoubaby",
        "Welcome-2026!",
        "letmeinplease",
        "!!!!!!!!!!!!",
        "goodterms2026",
    ],
)
def test_what_others_would_guess_is_refused(common):
    with pytest.raises(Refused) as refused:
        passwords.hash_of(common)
    assert refused.value.field == "password"


@pytest.mark.parametrize(
    "good", [PASSWORD, "harbour walk", "kettle-and-crane", "Tuesday rain 41", "x7Kq2mVw9R", "größer als der Mond"]
)
def test_a_few_words_are_taken_without_digits_capitals_or_signs(good):
    assert passwords.hash_of(good)


def test_what_is_known_of_its_person_is_refused():
    about = ("nadia.lovell@kettle.example", "Nadia Lovell")
    for guessed in ("nadialovell", "Lovell2026!", "nadia.lovell@kettle"):
        with pytest.raises(Refused):
            passwords.hash_of(guessed, about=about)
    assert passwords.hash_of("nadia walks to the harbour", about=about)


def test_a_password_from_before_such_rules_still_opens_its_account():
    assert passwords.is_right(passwords.made_anew("password123"), "password123")
