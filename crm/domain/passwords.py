"""Passwords: what is stored of one, and whether a typed one is right.

Argon2id with 19 MiB, two passes and one lane, the least that OWASP's cheat sheet on password storage advises; one
check takes a few hundredths of a second.
"""

from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from crm.core import limits
from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.domain import common_passwords

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hash_of(password: str, *, about: tuple[str, ...] = ()) -> str:
    """What is stored of a new password; its salt is random, so the same password gives another text each time.

    Raises :class:`Refused` for one that is too short or too long to take, and for one that others would guess;
    ``about`` is what they know of its person anyway. No kinds of characters are asked for: length counts.
    """
    if len(password) < limits.PASSWORD_LEAST:
        raise Refused(lazy("Use at least %(least)s characters.", least=limits.PASSWORD_LEAST), field="password")
    if len(password) > limits.PASSWORD_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.PASSWORD_LENGTH), field="password")
    if common_passwords.is_common(password, about=about):
        raise Refused(lazy("Others would guess this one. A few words in a row are good."), field="password")
    return made_anew(password)


def made_anew(password: str) -> str:
    """What is stored, by today's settings, of a password in use, whatever is asked of a new one by now."""
    return _hasher.hash(password)


def is_right(stored: str | None, password: str) -> bool:
    """Whether the password is the one stored.

    Where nothing is stored the check takes as long as usual and fails, so that time does not tell who has an account.
    """
    if len(password) > limits.PASSWORD_LENGTH:
        return False
    try:
        return _hasher.verify(stored or _nobodys_hash(), password) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether the stored text was made with weaker settings than today's."""
    return _hasher.check_needs_rehash(stored)


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return _hasher.hash("the password of nobody")
