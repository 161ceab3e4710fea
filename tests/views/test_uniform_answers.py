"""No answer tells whether an account exists: status, headers and words are the same, and so is the work."""

import pytest
from argon2 import PasswordHasher

from crm.domain import passwords
from tests.support.browsing import Browser, words

KNOWN, UNKNOWN = "stranger@rook.example", "somebody@rook.example"
SAID_EACH_TIME = {"Set-Cookie", "Date", "Content-Length", "X-Request-Id"}


@pytest.fixture
def app(make_app, settings_with, business):
    """The application, where mail is set up."""
    return make_app(settings_with(SMTP_URL="smtp://127.0.0.1:9?tls=off"))


class CountingHasher(PasswordHasher):
    """Counts how often a password is checked, which is what takes time."""

    checks = 0

    def verify(self, *given, **named):
        type(self).checks += 1
        return super().verify(*given, **named)


def seen(answer, email):
    """All that somebody can see of an answer, but for the address that they typed themselves."""
    headers = {name: value for name, value in answer.headers.items() if name not in SAID_EACH_TIME}
    return answer.status_code, headers, words(answer).replace(email, "…")


def asked(browser, page, path, email, **fields):
    browser.get(page)
    return seen(browser.post(path, email=email, **fields), email)


def test_a_sign_in_that_fails(app, monkeypatch) -> None:
    monkeypatch.setattr(passwords, "_hasher", CountingHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._nobodys_hash.cache_clear()
    asked(Browser(app), "/sign-in", "/sign-in", UNKNOWN, password="a walk to warm up")
    told, counted = [], []
    for email in (KNOWN, UNKNOWN):
        before = CountingHasher.checks
        told.append(asked(Browser(app), "/sign-in", "/sign-in", email, password="another long walk"))
        counted.append(CountingHasher.checks - before)
    passwords._nobodys_hash.cache_clear()
    assert told[0] == told[1]
    assert counted == [1, 1]


def test_so_many_attempts(app) -> None:
    told = []
    for email in (KNOWN, UNKNOWN):
        guesser = Browser(app)
        told.append(
            [asked(guesser, "/sign-in", "/sign-in", email, password="another long walk")[0] for _n in range(12)]
        )
    assert told[0] == told[1]
    assert told[0][-1] == 429


def test_a_forgotten_password(app) -> None:
    told = [asked(Browser(app), "/forgotten", "/forgotten", email) for email in (KNOWN, UNKNOWN)]
    assert told[0] == told[1]
    assert told[0][0] == 200


def test_an_invitation(app, business) -> None:
    owner = Browser(app).sign_in(business.owner)
    told = [asked(owner, "/team", "/team/invitations", email, role="member") for email in (KNOWN, UNKNOWN)]
    assert [status for status, _headers, _words in told] == [200, 200]
    assert "Silas Stranger" not in told[0][2]
    rows = [words(owner.get("/team"), "main").count(email) for email in (KNOWN, UNKNOWN)]
    assert rows[0] == rows[1] > 0


def test_another_address(app, business) -> None:
    owner = Browser(app).sign_in(business.owner)
    password = "a long walk to the harbour"
    told = [asked(owner, "/settings", "/settings/email", email, password=password) for email in (KNOWN, UNKNOWN)]
    assert told[0] == told[1]
    assert told[0][0] == 303
