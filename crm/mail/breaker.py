"""A fuse before the mail server: while it is away, one knock at a time, whatever the number of processes.

Kept in the database beside the settings, for the server as it is set up at present: another server or user
has a fuse of its own. Beside it stands since when no letter has been taken, also by a server that answers and puts
every letter off: then there is no failure, and nobody is kept from trying.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from crm.core import clock, tokens
from crm.core.engine import pass_alone
from crm.core.prepared import Prepared
from crm.core.settings import MailServer
from crm.core.tenancy import HouseSession, InstallationSession
from crm.models.workspaces import InstallationSetting

NAME = "mail_fuse"
PAUSE_MINUTES = (1, 1, 2, 2, 5)
"""Pauses between knocks; the last one stays."""

_VALUE = select(InstallationSetting.value).where(InstallationSetting.name == NAME)
_IS_KEPT = Prepared(select(InstallationSetting.name).where(InstallationSetting.name == NAME))


def may_try(session: InstallationSession, server: MailServer) -> bool | None:
    """True while all is well. None for the one who may knock now; False for everybody else."""
    kept = _kept(session, server)
    if kept is None or not kept["failures"]:
        return True
    now = clock.now()
    until = datetime.fromisoformat(kept["until"])
    if now < until <= now + timedelta(minutes=PAUSE_MINUTES[-1]):  # later: from before the clock was set back
        return False
    _keep(session, server, kept["failures"], now + _pause(kept["failures"]), since=kept.get("since"))
    return None


def trip(session: InstallationSession, server: MailServer) -> None:
    """The server is away, or does not let us in."""
    kept = _kept(session, server)
    failures = (kept["failures"] if kept else 0) + 1
    since = kept.get("since") if kept else None
    _keep(session, server, failures, clock.now() + _pause(failures), since=since)


def put_off(session: InstallationSession, server: MailServer, *, answers: bool) -> bool:
    """The server lets us in and has not taken a letter. Whether it was away before and ``answers`` now."""
    kept = _kept(session, server)
    failures = kept["failures"] if kept else 0
    is_back = answers and failures > 0
    if kept is None or is_back:
        _keep(session, server, 0, clock.now(), since=kept.get("since") if kept else None)
    return is_back


def is_put_off(session: HouseSession) -> bool:
    """Whether the server lets us in and takes no letter."""
    value = session.scalar(_VALUE)
    return value is not None and not json.loads(value)["failures"]


def failing_since(session: HouseSession) -> datetime | None:
    """Since when no letter has been taken, because the server is away or puts them off; None while all is well."""
    return since(session.scalar(_VALUE))


def since(value: str | None) -> datetime | None:
    """The same from what is kept under :data:`NAME`."""
    first = json.loads(value).get("since") if value else None
    return datetime.fromisoformat(first) if first else None


def heal(session: InstallationSession, server: MailServer) -> bool:
    """The server took a letter, or refused one for good. Whether it was away before."""
    if _IS_KEPT.first(session.connection()) is None:  # as after nearly every letter: nobody needs to wait for that
        return False
    kept = _kept(session, server)
    if kept is None:
        return False
    reset(session)
    return bool(kept["failures"])


def reset(session: HouseSession) -> None:
    """Forget what was: somebody has changed the settings, or wants to know at once."""
    session.execute(delete(InstallationSetting).where(InstallationSetting.name == NAME))


def _kept(session: InstallationSession, server: MailServer) -> dict[str, Any] | None:
    pass_alone(session.connection(), NAME)
    value = session.scalar(_VALUE)
    kept = json.loads(value) if value else None
    return kept if kept and kept["server"] == _mark(server) else None


def _keep(
    session: InstallationSession, server: MailServer, failures: int, until: datetime, *, since: str | None
) -> None:
    value = json.dumps(
        {
            "server": _mark(server),
            "failures": failures,
            "since": since or clock.now().isoformat(),
            "until": until.isoformat(),
        }
    )
    session.merge(InstallationSetting(name=NAME, value=value))
    session.flush()


def _mark(server: MailServer) -> str:
    return tokens.fingerprint(f"{server.security}:{server.user}@{server.host}:{server.port}")


def _pause(failures: int) -> timedelta:
    return timedelta(minutes=PAUSE_MINUTES[min(failures, len(PAUSE_MINUTES)) - 1])
