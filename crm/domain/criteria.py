"""What the business values in those it works with: criteria by rank, tradable or a must."""

import zlib
from collections.abc import Mapping, Sequence

from sqlalchemy import delete, func, select

from crm.core import clock, limits, text
from crm.core.errors import Missing, Refused, Stale
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.models.needs import Need
from crm.models.ratings import Criterion, NeedWeight
from crm.models.workspaces import Workspace

SEED = (
    lazy("Quality"),
    lazy("Turnaround"),
    lazy("Cost"),
    lazy("Communication"),
    lazy("Reliability"),
    lazy("Breadth"),
)
WHOLE = 10_000
"""Weights are kept in ten-thousandths."""
LEAST, MOST = 1, 5
"""The ends of the scale."""


def seed(session: WorkspaceSession) -> None:
    """Give a new business the criteria that most begin with, in the present reader's words."""
    session.add_all(Criterion(name=str(name), position=place) for place, name in enumerate(SEED))
    session.flush()


def find(session: WorkspaceSession, criterion_id: int) -> Criterion:
    """A criterion of this business, an archived one too. Raises :class:`Missing`."""
    row = session.get(Criterion, criterion_id, with_for_update=session.writing or None)
    if row is None:
        raise Missing
    return row


def ranked(session: WorkspaceSession) -> list[Criterion]:
    """The criteria that count, the most important first."""
    statement = select(Criterion).where(Criterion.archived_at.is_(None)).order_by(Criterion.position, Criterion.id)
    return list(session.scalars(statement))


def archived(session: WorkspaceSession) -> list[Criterion]:
    """What counted once, by name."""
    statement = select(Criterion).where(Criterion.archived_at.is_not(None)).order_by(Criterion.name, Criterion.id)
    return list(session.scalars(statement))


def add(session: WorkspaceSession, *, name: str) -> Criterion:
    """Add a criterion at the end of the ranking. Raises :class:`Refused`."""
    present = ranked(session)
    if len(present) >= limits.CRITERIA:
        raise Refused(lazy("There can be %(most)s at the most.", most=limits.CRITERIA), field="name")
    row = Criterion(name=_name(session, name), position=len(present))
    session.add(row)
    session.flush()
    return row


def edit(
    row: Criterion, *, version: int, name: str, is_must: bool, threshold: int | None = None, weight: int | None = None
) -> None:
    """Say what it is called, whether it is a must and from which rating on, and its own weight in ten-thousandths.

    Raises :class:`Stale` where a colleague saved since ``version``, :class:`Refused` with the box that is wrong.
    """
    if row.version != version:
        raise Stale
    if is_must and threshold is None:
        raise Refused(lazy("Say which rating it takes."), field="threshold")
    if threshold is not None and not LEAST <= threshold <= MOST:
        raise Refused(lazy("Type a number from 1 to 5."), field="threshold")
    if weight is not None:
        _check_weight(weight, "weight")
    row.name = _name(session_of(row), name, but_not=row.id)
    row.is_must, row.threshold, row.weight = is_must, threshold if is_must else None, weight
    row.version += 1


def rank(session: WorkspaceSession, ids: Sequence[int], *, began: Sequence[int] | None = None) -> None:
    """Put the criteria into this order, the most important first.

    ``began`` is the order that it was made from, if that is said: where another one was saved since, and not this very
    one, it raises :class:`Stale`. Raises :class:`Refused` unless each criterion is named once.
    """
    if began is not None:
        # Two who save at once come one after the other.
        session.get_one(Workspace, session.workspace_id, with_for_update=True)
    rows = {row.id: row for row in ranked(session)}
    present, wanted = list(rows), list(ids)
    if began and list(began) != present and wanted != present:
        raise Stale(lazy("A colleague has changed the ranking since you opened it."))
    if (began is not None and not began) or sorted(wanted) != sorted(present):
        raise Refused(lazy("The list has changed. Look at it again."))
    for place, criterion_id in enumerate(wanted):
        rows[criterion_id].position = place


def stepped(ids: Sequence[int], criterion_id: int, *, steps: int) -> list[int]:
    """An order with one criterion moved up (-1) or down (1); at the end it stays, and so does all without it."""
    moved = list(ids)
    if criterion_id in moved:
        place = moved.index(criterion_id)
        moved.insert(max(0, min(len(moved) - 1, place + steps)), moved.pop(place))
    return moved


def move(session: WorkspaceSession, criterion_id: int, *, steps: int, began: Sequence[int]) -> Criterion:
    """Move a criterion up (-1) or down (1) from where it stood in ``began``. Raises :class:`Missing` for what does not
    count here, and as :func:`rank` does."""
    session.get_one(Workspace, session.workspace_id, with_for_update=True)
    row = next((row for row in ranked(session) if row.id == criterion_id), None)
    if row is None:
        raise Missing
    rank(session, stepped(began, criterion_id, steps=steps), began=began)
    return row


def archive(row: Criterion) -> None:
    """It counts no longer. Its ratings stay, should it come back. Raises :class:`Refused` for the last one."""
    session = session_of(row)
    rows = ranked(session)
    if row.archived_at is not None:
        return
    if len(rows) == 1:
        raise Refused(lazy("Something has to count. Add another one first."))
    row.archived_at = clock.now()
    row.version += 1
    session.flush()
    rank(session, [each.id for each in rows if each.id != row.id])


def restore(row: Criterion) -> None:
    """It counts again, as the least important."""
    if row.archived_at is None:
        return
    row.position, row.archived_at = len(ranked(session_of(row))), None
    row.version += 1


def weigh_for(need: Need, given: Mapping[int, int], *, mark: int | None = None) -> None:
    """Give criteria weights of their own, in ten-thousandths, for one need; none: those of the business hold.

    Raises :class:`Refused`, and :class:`Stale` where the need weighs otherwise by now than ``mark`` says, if that is
    said.
    """
    session = session_of(need)
    if mark is not None and mark != mark_of(weights_of(session, need.id)):
        raise Stale(lazy("A colleague has changed these weights since you opened them."))
    known = {row.id for row in ranked(session)}
    for criterion_id, weight in given.items():
        if criterion_id not in known:
            raise Refused(lazy("The list has changed. Look at it again."))
        _check_weight(weight, f"weight-{criterion_id}")
    if given and not sum(given.values()):
        raise Refused(lazy("Something has to count."))
    session.execute(delete(NeedWeight).where(NeedWeight.need_id == need.id))
    session.add_all(
        NeedWeight(need_id=need.id, criterion_id=criterion_id, weight=weight) for criterion_id, weight in given.items()
    )
    session.flush()


def weights_of(session: WorkspaceSession, need_id: int) -> dict[int, int]:
    """The weights that criteria have for one need, in ten-thousandths."""
    statement = select(NeedWeight.criterion_id, NeedWeight.weight).where(NeedWeight.need_id == need_id)
    return {row.criterion_id: row.weight for row in session.execute(statement)}


def mark_of(given: Mapping[int, int]) -> int:
    """A number that is another one for other weights: what a form was opened with, kept small."""
    return zlib.crc32(repr(sorted(given.items())).encode())


def own_weights(session: WorkspaceSession, need_id: int | None) -> dict[int, float]:
    """The weights that stand in for those of the ranks: the need's own, else those of the business, from 0 to 1."""
    of_need = weights_of(session, need_id) if need_id is not None else {}
    if of_need:
        return {criterion_id: weight / WHOLE for criterion_id, weight in of_need.items()}
    return {row.id: row.weight / WHOLE for row in ranked(session) if row.weight is not None}


def _check_weight(weight: int, field: str) -> None:
    if not 0 <= weight <= WHOLE:
        raise Refused(lazy("Type a share from 0 to 100."), field=field)


def _name(session: WorkspaceSession, typed: str, *, but_not: int | None = None) -> str:
    name = text.clean_line(typed)
    if not name:
        raise Refused(lazy("Type what it is called."), field="name")
    if len(name) > limits.NAME_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.NAME_LENGTH), field="name")
    taken = select(Criterion.id).where(func.lower(Criterion.name) == name.lower(), Criterion.archived_at.is_(None))
    if any(other != but_not for other in session.scalars(taken)):
        raise Refused(lazy("You have that one already."), field="name")
    return name
