"""Secrets that travel in links and cookies: random ones, kept as fingerprints, and signed ones, kept nowhere."""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from crm.core import clock


def new_token() -> str:
    """A random secret of 256 bits, safe in an address."""
    return secrets.token_urlsafe(32)


def fingerprint(token: str) -> str:
    """What is stored of a secret: its SHA-256, in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def keyed_fingerprint(secret_key: str, purpose: str, words: str) -> str:
    """What is stored of something that could be guessed, such as an e-mail address: an HMAC-SHA256 in hex.

    Nobody finds out what it stands for without the key; with another key it matches nothing any more.
    """
    key = hashlib.sha256(f"goodterms:{purpose}:{secret_key}".encode()).digest()
    return hmac.new(key, words.encode(), hashlib.sha256).hexdigest()


class Signer:
    """Signs facts for one purpose; a token for one purpose is worthless for any other."""

    def __init__(self, secret_key: str, purpose: str) -> None:
        self._serializer = URLSafeSerializer(secret_key, salt=f"goodterms:{purpose}")

    def sign(self, facts: dict[str, Any], *, lasts: timedelta) -> str:
        """A token that carries the facts until it expires."""
        expires = int((clock.now() + lasts).timestamp())
        return str(self._serializer.dumps({**facts, "exp": expires}))

    def read(self, token: str) -> dict[str, Any] | None:
        """The facts of a genuine token that has not expired, else None."""
        try:
            facts = self._serializer.loads(token)
        except BadData:
            return None
        if not isinstance(facts, dict) or clock.now() >= datetime.fromtimestamp(facts.pop("exp", 0), tz=UTC):
            return None
        return facts


SPOKEN = "abcdefghjkmnpqrstuvwxyz23456789"
"""No letter among them is taken for another one."""
_GROUP = 4


def new_code() -> str:
    """A random secret of 59 bits that a person can type: twelve letters and digits in groups of four."""
    letters = "".join(secrets.choice(SPOKEN) for _place in range(3 * _GROUP))
    return "-".join(letters[place : place + _GROUP] for place in range(0, len(letters), _GROUP))


def plain_code(typed: str) -> str:
    """A typed code as it is compared: capitals, blanks and hyphens do not matter."""
    return "".join(letter for letter in typed.lower() if letter.isalnum())
