"""The browsers that somebody has signed in with. Another one is told by letter."""

from datetime import timedelta

from sqlalchemy import delete, select

from crm.core import clock, engine, tokens
from crm.core.settings import Settings
from crm.core.tenancy import InstallationSession
from crm.domain import account_letters
from crm.models.ways_in import KnownDevice
from crm.models.workspaces import User

KEPT = timedelta(days=365)
"""After so long without a sign-in a browser is new again."""


def seen(
    session: InstallationSession, settings: Settings, user: User, *, device: str, browser: str, address: str
) -> None:
    """Somebody signs in with a browser, which bears this mark. The first one of an account is no news.

    ``browser`` is what its person knows it by, ``address`` the network address.
    """
    engine.pass_alone(session.connection(), f"devices:{user.id}")
    now, device_hash = clock.now(), tokens.fingerprint(device)
    session.execute(delete(KnownDevice).where(KnownDevice.user_id == user.id, KnownDevice.last_seen_at < now - KEPT))
    known = {row.device_hash: row for row in session.scalars(select(KnownDevice).where(KnownDevice.user_id == user.id))}
    if device_hash in known:
        known[device_hash].last_seen_at = now
        return
    session.add(KnownDevice(user_id=user.id, device_hash=device_hash))
    session.flush()
    if known:
        account_letters.new_device(session, settings, user, device_hash=device_hash, browser=browser, address=address)
