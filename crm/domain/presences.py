"""Who has the same form open just now. It is told by each browser for itself, and is over when it falls silent."""

import re
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, select

from crm.core import clock, engine
from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession
from crm.domain import notes
from crm.models.log import Interaction
from crm.models.needs import Need
from crm.models.sharing import Presence
from crm.models.vendors import Person, Vendor
from crm.models.workspaces import Membership, User

LASTS = timedelta(seconds=60)
_FORM = re.compile(r"/(vendors|people|notes|interactions|needs)/([0-9]{1,9})/edit", re.ASCII)
_TABLES = {"vendors": Vendor, "people": Person, "interactions": Interaction, "needs": Need}


def note(session: WorkspaceSession, *, by: Membership, form: str) -> None:
    """Somebody has the form open: the path of its page. Saying so again renews it.

    Raises :class:`Refused` for what is no such path, and :class:`Missing` for something that they may not read.
    """
    _require(session, by, form)
    engine.pass_alone(session.connection(), f"presence:{session.workspace_id}:{by.user_id}")
    over = Presence.seen_at < clock.now() - LASTS  # of forms that were left without a word
    session.execute(delete(Presence).where(Presence.user_id == by.user_id, over))
    mine = select(Presence).where(Presence.form == form, Presence.user_id == by.user_id)
    found = session.scalars(mine).first()
    if found is None:
        session.add(Presence(form=form, user_id=by.user_id, seen_at=clock.now()))
    else:
        found.seen_at = clock.now()
    session.flush()


def leave(session: WorkspaceSession, *, by: Membership, form: str) -> None:
    """They have closed it. Once is enough, twice is no fault."""
    session.execute(delete(Presence).where(Presence.form == form, Presence.user_id == by.user_id))


def others(session: WorkspaceSession, *, by: Membership, form: str) -> Sequence[str]:
    """The first names of those who have the form open too, by name. One query. The caller has made sure that ``by``
    may read what is edited."""
    statement = (
        select(User)
        .join(Presence, Presence.user_id == User.id)
        .where(Presence.form == form, Presence.user_id != by.user_id, Presence.seen_at > clock.now() - LASTS)
        .order_by(User.name, User.id)
    )
    return [user.first_name for user in session.scalars(statement)]


def _require(session: WorkspaceSession, by: Membership, form: str) -> None:
    named = _FORM.fullmatch(form)
    if named is None:
        raise Refused(lazy("There is no such form."))
    noun, number = named[1], int(named[2])
    if noun == "notes":
        notes.require_may_change(notes.find(session, number, reader=by), by)
    elif session.get(_TABLES[noun], number) is None:
        raise Missing
