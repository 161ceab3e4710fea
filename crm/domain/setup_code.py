"""The one-time code that proves, from another machine, that whoever sets up also started the program."""

import secrets

from crm.core import clock, tokens
from crm.core.tenancy import InstallationSession
from crm.models.workspaces import InstallationSetting

NAME = "setup_code"


def issue(session: InstallationSession) -> str:
    """A new code, in groups of four; only its fingerprint is stored, and an older code is worthless from now on."""
    code = tokens.new_code()
    stored = tokens.fingerprint(tokens.plain_code(code))
    kept = session.get(InstallationSetting, NAME)
    if kept is None:
        session.add(InstallationSetting(name=NAME, value=stored))
    else:
        kept.value, kept.changed_at = stored, clock.now()
    return code


def is_right(session: InstallationSession, typed: str) -> bool:
    """Whether the typed text is the code; capitals, blanks and hyphens do not matter."""
    kept = session.get(InstallationSetting, NAME)
    return kept is not None and secrets.compare_digest(kept.value, tokens.fingerprint(tokens.plain_code(typed)))


def forget(session: InstallationSession) -> None:
    """The code has done its work."""
    kept = session.get(InstallationSetting, NAME)
    if kept is not None:
        session.delete(kept)
