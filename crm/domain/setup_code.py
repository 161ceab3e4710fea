"""The one-time code that proves, from another machine, that whoever sets up also started the program."""

import secrets

from crm.core import clock, tokens
from crm.core.tenancy import InstallationSession
from crm.models.workspaces import InstallationSetting

NAME = "setup_code"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_LENGTH = 12


def issue(session: InstallationSession) -> str:
    """A new code, in groups of four; only its fingerprint is stored, and an older code is worthless from now on."""
    code = "".join(secrets.choice(_LETTERS) for _place in range(_LENGTH))
    kept = session.get(InstallationSetting, NAME)
    if kept is None:
        session.add(InstallationSetting(name=NAME, value=tokens.fingerprint(code)))
    else:
        kept.value, kept.changed_at = tokens.fingerprint(code), clock.now()
    return "-".join(code[place : place + 4] for place in range(0, _LENGTH, 4))


def is_right(session: InstallationSession, typed: str) -> bool:
    """Whether the typed text is the code; capitals, blanks and hyphens do not matter."""
    plain = "".join(letter for letter in typed.lower() if letter.isalnum())
    kept = session.get(InstallationSetting, NAME)
    return kept is not None and secrets.compare_digest(kept.value, tokens.fingerprint(plain))


def forget(session: InstallationSession) -> None:
    """The code has done its work."""
    kept = session.get(InstallationSetting, NAME)
    if kept is not None:
        session.delete(kept)
