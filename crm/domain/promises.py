"""What is to come: follow-ups, our promises and theirs, each with a date. Kept, broken or dropped in the end."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from crm.core import clock, limits
from crm.core.errors import Missing, Refused, Stale
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import log_dates, timeline, touches
from crm.models.enums import PromiseKind, PromiseState, TimelineKind
from crm.models.log import Interaction, Promise
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership

CLOSED_STEP = "closed"


def find(session: WorkspaceSession, promise_id: int) -> Promise:
    """A promise of this business. Raises :class:`Missing`."""
    promise = session.get(Promise, promise_id, with_for_update=session.writing or None)
    if promise is None:
        raise Missing
    return promise


def make(
    vendor: Vendor,
    *,
    by: Membership,
    kind: PromiseKind,
    due_on: date,
    what: str = "",
    interaction_id: int | None = None,
) -> Promise:
    """Note down a follow-up, or what one side promised, with its date. A promise says what; a follow-up may.

    A date that has passed is allowed: it is late from the first day. Raises :class:`Refused`.
    """
    session = session_of(vendor)
    _check(kind, what, due_on, by=by)
    promise = Promise(
        vendor_id=vendor.id,
        interaction_id=interaction_id,
        kind=kind,
        what=what,
        due_on=due_on,
        created_by=by.user_id,
    )
    session.add(promise)
    session.flush()
    _record(promise, by=by)
    touches.refresh(session, vendor)
    return promise


def change(promise: Promise, *, by: Membership, version: int, kind: PromiseKind, what: str, due_on: date) -> None:
    """Change the words or the date of an open promise. Raises :class:`Stale`, :class:`Refused`."""
    if promise.version != version:
        raise Stale
    if promise.state is not PromiseState.OPEN:
        raise Refused(lazy("This is done already."))
    _check(kind, what, due_on, by=by)
    promise.kind, promise.what, promise.due_on = kind, what, due_on
    promise.version += 1
    _record(promise, by=by)
    touches.refresh(session_of(promise), vendor_of(promise))


def close(promise: Promise, *, by: Membership, state: PromiseState) -> None:
    """Say how a promise ended: kept, broken, or dropped because it no longer matters.

    Closing it again the same way changes nothing; another way raises :class:`Refused`.
    """
    if promise.state is state:
        return
    if promise.state is not PromiseState.OPEN:
        raise Refused(lazy("This is done already."))
    session = session_of(promise)
    today = by.workspace.today
    promise.state, promise.closed_on, promise.closed_by = state, today, by.user_id
    promise.version += 1
    timeline.record(
        session,
        promise.vendor_id,
        TimelineKind.PROMISE,
        promise.id,
        on=today,
        by=by.user_id,
        step=CLOSED_STEP,
        **_facts(promise),
    )
    touches.refresh(session, vendor_of(promise))


def reopen(promise: Promise, *, by: Membership) -> None:
    """Take :func:`close` back."""
    if promise.state is PromiseState.OPEN:
        return
    session = session_of(promise)
    promise.state, promise.closed_on, promise.closed_by = PromiseState.OPEN, None, None
    promise.version += 1
    timeline.erase(session, TimelineKind.PROMISE, promise.id, step=CLOSED_STEP)
    _record(promise, by=by)
    touches.refresh(session, vendor_of(promise))


def withdraw_of(interaction: Interaction, *, by: Membership) -> None:
    """The conversation in which they were made is taken out of the log: its open promises go with it.

    The caller refreshes the next touch.
    """
    session = session_of(interaction)
    for promise in _of(interaction, PromiseState.OPEN):
        promise.state, promise.closed_on = PromiseState.DROPPED, by.workspace.today
        promise.closed_by = None  # nobody dropped it: it was never said
        timeline.erase(session, TimelineKind.PROMISE, promise.id)


def renew_of(interaction: Interaction, *, by: Membership) -> None:
    """Take :func:`withdraw_of` back. The caller refreshes the next touch."""
    for promise in _of(interaction, PromiseState.DROPPED):
        if promise.closed_by is None:
            promise.state, promise.closed_on = PromiseState.OPEN, None
            _record(promise, by=by)


def vendor_of(promise: Promise) -> Vendor:
    """The vendor of a promise, to be changed with it."""
    return session_of(promise).get_one(Vendor, promise.vendor_id, with_for_update=True)


def _of(interaction: Interaction, state: PromiseState) -> Sequence[Promise]:
    statement = select(Promise).where(Promise.interaction_id == interaction.id, Promise.state == state)
    return session_of(interaction).scalars(statement).all()


def _check(kind: PromiseKind, what: str, due_on: date, *, by: Membership) -> None:
    log_dates.require_within_reach(due_on, by=by)
    if kind is not PromiseKind.FOLLOW_UP and not what:
        raise Refused(lazy("Say what was promised."), field="what")
    if len(what) > limits.LINE_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.LINE_LENGTH), field="what")


def _record(promise: Promise, *, by: Membership) -> None:
    """Its making, which stays what it was however it ends: the end is an entry of its own."""
    timeline.record(
        session_of(promise),
        promise.vendor_id,
        TimelineKind.PROMISE,
        promise.id,
        on=clock.local(promise.created_at, by.workspace.time_zone).date(),
        by=promise.created_by,
        **{**_facts(promise), "state": PromiseState.OPEN},
    )


def _facts(promise: Promise) -> dict[str, Any]:
    return {
        "sort": promise.kind,
        "what": promise.what,
        "due_on": promise.due_on.isoformat(),
        "state": promise.state,
    }
