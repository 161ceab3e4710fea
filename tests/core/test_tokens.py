"""Secrets in links and cookies."""

from datetime import timedelta

from crm.core import tokens
from crm.core.tokens import Signer

KEY = "a key of this test"


def test_a_new_token_is_never_the_same_and_holds_256_bits():
    made = {tokens.new_token() for _each in range(50)}
    assert len(made) == 50
    assert all(len(token) >= 43 for token in made)


def test_a_fingerprint_tells_nothing_but_sameness():
    assert tokens.fingerprint("one") == tokens.fingerprint("one")
    assert tokens.fingerprint("one") != tokens.fingerprint("two")
    assert "one" not in tokens.fingerprint("one")


def test_facts_come_back_as_they_were_signed():
    signer = Signer(KEY, "greeting")
    assert signer.read(signer.sign({"who": 7}, lasts=timedelta(hours=1))) == {"who": 7}


def test_a_token_is_worthless_for_another_purpose_under_another_key_and_after_a_change():
    token = Signer(KEY, "greeting").sign({"who": 7}, lasts=timedelta(hours=1))
    assert Signer(KEY, "farewell").read(token) is None
    assert Signer("another key", "greeting").read(token) is None
    assert Signer(KEY, "greeting").read(token[:-2] + "xx") is None
    assert Signer(KEY, "greeting").read("") is None


def test_a_token_ends_on_time(clock_at):
    clock_at("2026-10-05 09:00")
    signer = Signer(KEY, "greeting")
    token = signer.sign({"who": 7}, lasts=timedelta(minutes=30))
    clock_at("2026-10-05 09:29")
    assert signer.read(token) == {"who": 7}
    clock_at("2026-10-05 09:30")
    assert signer.read(token) is None
