"""Clears away what nobody needs any more."""

from datetime import timedelta

from sqlalchemy import delete

from crm.core import clock
from crm.core.tenancy import InstallationSession
from crm.domain import api_answers
from crm.models.workspaces import SignInAttempt, UserSession

ATTEMPTS_KEPT = timedelta(days=1)


def clear_away(session: InstallationSession) -> None:
    """Sign-ins that have ended by themselves, attempts that no longer count, answers that programs no longer need."""
    now = clock.now()
    session.execute(delete(UserSession).where(UserSession.expires_at <= now))
    session.execute(delete(SignInAttempt).where(SignInAttempt.attempted_at < now - ATTEMPTS_KEPT))
    api_answers.sweep(session)
