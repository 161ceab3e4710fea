"""The same form sent again: resent by the browser, gone back to, tried once more after no answer came.

Nothing tells a form sent twice from one filled in twice alike, but that the same person says exactly the same within a
few minutes. Whoever asks that here looks at what stands already, and does not write it down a second time.
"""

from datetime import datetime, timedelta

from sqlalchemy import select

from crm.core import clock
from crm.core.tenancy import WorkspaceSession
from crm.models.workspaces import Membership

SPAN = timedelta(minutes=15)
"""So long the same words of the same person are taken for the same form."""


def since(session: WorkspaceSession, by: Membership) -> datetime:
    """Since when the same of this person counts as said already.

    Until the transaction ends, nothing else of theirs that asks so gets further: of two that come at once, the second
    sees what the first has written.
    """
    own = select(Membership.id).where(Membership.id == by.id)
    session.execute(own.with_for_update(key_share=True))
    return clock.now() - SPAN
