"""Encrypts the secrets that settings keep, such as a mail server's password, with a key made from SECRET_KEY."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken


def _box(secret_key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"goodterms:vault:" + secret_key.encode()).digest()))


def lock(secret_key: str, plain: str) -> str:
    """The text, encrypted."""
    return _box(secret_key).encrypt(plain.encode()).decode()


def unlock(secret_key: str, locked: str) -> str | None:
    """The text again; None where the key has changed since."""
    try:
        return _box(secret_key).decrypt(locked.encode()).decode()
    except InvalidToken:
        return None
