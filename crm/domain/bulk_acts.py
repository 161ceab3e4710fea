"""One act on many vendors: kept with its vendors, worked off in slices, and taken back at most once.

Each vendor goes through the very function that serves it alone, inside a savepoint: one that refuses is named with the
reason, and the others go on. A slice is one transaction. An act is worked off by whoever holds its lease; a lease that
ran out passes to another process, and what a slice left unfinished was never done.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, event, or_, select, update
from sqlalchemy.exc import IntegrityError

from crm.core import clock, i18n, limits
from crm.core.dates import CadenceUnit
from crm.core.errors import Missing, Problem, Refused
from crm.core.i18n import _, lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import news, permissions, stages, tags, touches, trials, vendors
from crm.domain.parking_terms import Figure, ParkingTerms, revisit
from crm.domain.permissions import Act
from crm.domain.rhythms import Rhythm
from crm.domain.trials import TrialTerms
from crm.models.enums import (
    EXIT_STAGES,
    BulkItemState,
    BulkKind,
    BulkState,
    CadenceChoice,
    ParkingReason,
    Stage,
    Tier,
    TrialOutcome,
)
from crm.models.lists import BulkAct, BulkItem
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership
from crm.queries import members
from crm.queries import tags as tag_queries

SLICE = 50
AT_ONCE: dict[BulkKind, int] = {BulkKind.TAG: 200, BulkKind.UNTAG: 200}
AT_ONCE_USUALLY = 50
"""So many vendors are worked off while whoever asked waits; more of them by the job, with the page showing how far."""
UNDO_WITHIN = timedelta(days=1)
OPEN_STATES = (BulkState.WAITING, BulkState.UNDOING)

bell = threading.Event()
"""Rung when an act was committed that waits to be worked off."""

Terms = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StageTerms:
    """What moving many vendors asks for, once for all of them."""

    to: Stage
    why: str = ""
    trial: TrialTerms | None = None
    outcome: TrialOutcome | None = None
    parking: ParkingTerms | None = None


# What is asked for, as it is kept


def tagging(names: str | Sequence[str]) -> Terms:
    """The tags to put on, or to take off. Raises :class:`Refused` without any."""
    found = tags.names(names)
    if not found:
        raise Refused(lazy("Type at least one tag."), field="tags")
    return {"tags": found}


def owning(session: WorkspaceSession, user_id: int | None) -> Terms:
    """Who is to look after them, or nobody. Raises :class:`Refused` for somebody who is not of the team."""
    if user_id is not None:
        stages.check_member(session, user_id, field="owner_id")
    return {"owner_id": user_id}


def moving(terms: StageTerms, *, today: date) -> Terms:
    """Where to, and what that asks for. Raises :class:`Refused` as a single move does."""
    if terms.to is Stage.TRIAL and terms.trial is None and not terms.why:
        raise Refused(lazy("Give them a trial task, or say in one sentence why not."), field="what")
    if terms.to in EXIT_STAGES and not terms.why:
        raise Refused(lazy("Say why, in a sentence. You will want to know it one day."), field="why")
    if terms.to is Stage.PARKED and terms.parking is None:
        raise Refused(lazy("Say why now is the wrong time."), field="reason")
    if terms.trial is not None:
        trials.check(terms.trial, today)
    if terms.parking is not None:
        revisit(terms.parking.reason, terms.parking.until, today)
    return {
        "to": terms.to,
        "why": terms.why,
        "outcome": terms.outcome,
        "trial": terms.trial and {"what": terms.trial.what, "due_on": _text(terms.trial.due_on)},
        "parking": terms.parking and {**asdict(terms.parking), "until": _text(terms.parking.until)},
    }


def tiering(tier: Tier | None) -> Terms:
    """The tier, or none."""
    return {"tier": tier}


def pacing(rhythm: Rhythm) -> Terms:
    """How often to be in touch."""
    return {"choice": rhythm.choice, "every": rhythm.every, "unit": rhythm.unit}


# An act, from its beginning to its end


def begin(
    session: WorkspaceSession, *, by: Membership, kind: BulkKind, terms: Terms, vendor_ids: Sequence[int]
) -> BulkAct:
    """Keep an act on these vendors, to be worked off. A few are done at once; with more of them it waits for the job.

    Raises :class:`Refused` for none and for too many.
    """
    permissions.require(by, Act.WORK)
    if not vendor_ids:
        raise Refused(lazy("Tick at least one vendor first."))
    if len(vendor_ids) > limits.BULK_VENDORS:
        raise Refused(lazy("These are more than %(most)s vendors. Narrow the list first.", most=limits.BULK_VENDORS))
    act = BulkAct(created_by=by.user_id, kind=kind, terms=terms, total=len(vendor_ids))
    session.add(act)
    session.flush()
    waiting = {"act_id": act.id, "state": BulkItemState.WAITING, "reason": "", "before": {}}
    session.insert_many(BulkItem, [{**waiting, "vendor_id": vendor_id} for vendor_id in vendor_ids])
    _go(act, by)
    return act


def find(session: WorkspaceSession, act_id: int, *, by: Membership) -> BulkAct:
    """An act of one's own; those who manage the business see everybody's. Raises :class:`Missing`."""
    act = session.get(BulkAct, act_id, with_for_update=session.writing or None)
    if act is None or (act.created_by != by.user_id and not permissions.may(by, Act.MANAGE)):
        raise Missing
    return act


def may_undo(act: BulkAct, now: datetime | None = None) -> bool:
    """Whether the act can be taken back still: within a day, and once."""
    is_over = act.state in (BulkState.DONE, BulkState.STOPPED) and act.kind is not BulkKind.EXPORT
    return is_over and (now or clock.now()) - act.created_at <= UNDO_WITHIN


def undo(act: BulkAct, *, by: Membership) -> None:
    """Take the act back: every vendor returns to what it was, unless somebody changed it since.

    Raises :class:`Refused` where it was taken back already, is being worked off, or is older than a day.
    """
    permissions.require(by, Act.WORK)
    if act.state in (BulkState.UNDOING, BulkState.UNDONE):
        raise Refused(lazy("This has been taken back already."))
    if act.state is BulkState.WAITING:
        raise Refused(lazy("This is still being done. Wait until it has come to its end."))
    if not may_undo(act):
        raise Refused(lazy("This is too long ago to take back at once. Change the vendors one by one."))
    act.state, act.undone_by = BulkState.UNDOING, by.user_id
    act.error = ""
    session_of(act).flush()
    _go(act, by)


def _go(act: BulkAct, by: Membership) -> None:
    session = session_of(act)
    if act.total <= AT_ONCE.get(act.kind, AT_ONCE_USUALLY):
        while work_slice(act, by=by):
            pass
    else:
        event.listen(session, "after_commit", lambda _session: bell.set(), once=True)


# Working off


def open_acts(session: WorkspaceSession) -> list[int]:
    """The acts that somebody has to work off, the oldest first."""
    statement = select(BulkAct.id).where(BulkAct.state.in_(OPEN_STATES)).order_by(BulkAct.id)
    return list(session.scalars(statement))


def claim(session: WorkspaceSession, act_id: int, *, owner: str, lease: timedelta) -> bool:
    """Take an act for so long, or hold it for longer. False where another has it, or nothing is left to do."""
    now = clock.now()
    statement = (
        update(BulkAct)
        .where(
            BulkAct.id == act_id,
            BulkAct.state.in_(OPEN_STATES),
            or_(
                BulkAct.lease_owner == owner,
                BulkAct.lease_until.is_(None),
                BulkAct.lease_until < now,
                BulkAct.lease_until > now + 2 * lease,  # given before the clock was set back
            ),
        )
        .values(lease_owner=owner, lease_until=now + lease)
        .execution_options(synchronize_session=False)
    )
    result: CursorResult[Any] = session.execute(statement)  # type: ignore[assignment]
    return result.rowcount == 1


def work(session: WorkspaceSession, act_id: int) -> bool:
    """Work off one slice of a claimed act, in the name of whoever asked for it. Says whether more is left."""
    act = session.get_one(BulkAct, act_id, with_for_update=True)
    user_id = act.undone_by if act.state is BulkState.UNDOING else act.created_by
    by = members.membership(session, session.workspace_id, user_id) if user_id else None
    if by is None or not permissions.may(by, Act.WORK):
        _end(act, BulkState.UNDONE if act.state is BulkState.UNDOING else BulkState.STOPPED)
        act.error = _("Whoever asked for it may not do it any more.")
        return False
    with i18n.speaking(by.user.locale):
        return work_slice(act, by=by)


def work_slice(act: BulkAct, *, by: Membership) -> bool:
    """Work off the next vendors of an act, in this transaction. Says whether more are left."""
    session = session_of(act)
    is_undoing = act.state is BulkState.UNDOING
    here, there = (BulkItemState.DONE, BulkItemState.UNDONE) if is_undoing else (BulkItemState.WAITING, None)
    statement = select(BulkItem).where(BulkItem.act_id == act.id, BulkItem.state == here).order_by(BulkItem.id)
    items = session.scalars(statement.limit(SLICE)).all()
    held = select(Vendor).where(Vendor.id.in_([item.vendor_id for item in items])).order_by(Vendor.id).with_for_update()
    found = {vendor.id: vendor for vendor in session.scalars(held)}
    for item in items:
        vendor = found.get(item.vendor_id)
        if vendor is None:
            item.state, item.reason = BulkItemState.LEFT, str(lazy("It is gone."))
        elif there is None:
            _do(act, item, vendor, by)
        else:
            _take_back(act, item, vendor, by)
    session.flush()
    if len(items) == SLICE:
        return True
    _end(act, BulkState.UNDONE if is_undoing else BulkState.DONE)
    return False


def _end(act: BulkAct, state: BulkState) -> None:
    act.state = state
    act.lease_owner, act.lease_until = "", None
    if state is BulkState.UNDONE:
        act.undone_at = clock.now()
    else:
        act.finished_at = clock.now()


def _do(act: BulkAct, item: BulkItem, vendor: Vendor, by: Membership) -> None:
    session = session_of(act)
    try:
        with session.begin_nested(), news.gathering(session, act.id):
            before = _DOING[act.kind](vendor, act.terms, by)
    except (Problem, IntegrityError) as problem:
        item.state, item.reason = BulkItemState.REFUSED, _reason(problem)
        return
    item.state = BulkItemState.UNCHANGED if before is None else BulkItemState.DONE
    item.before = before or {}


def _take_back(act: BulkAct, item: BulkItem, vendor: Vendor, by: Membership) -> None:
    session = session_of(act)
    try:
        with session.begin_nested(), news.gathering(session, act.id):
            is_back = _UNDOING[act.kind](vendor, act.terms, item.before, by)
    except (Problem, IntegrityError) as problem:
        item.state, item.reason = BulkItemState.LEFT, _reason(problem)
        return
    item.state = BulkItemState.UNDONE if is_back else BulkItemState.LEFT
    if not is_back:
        item.reason = _("It was changed since.")


def _reason(problem: Exception) -> str:
    if isinstance(problem, Problem) and str(problem.words):
        return str(problem.words)[: limits.LINE_LENGTH]
    return _("Somebody changed it at the same moment.")


# One vendor. To do answers what undoing needs, or None where nothing had to change.


def _tag(vendor: Vendor, terms: Terms, by: Membership) -> dict[str, Any] | None:
    known = tag_queries.names_of(session_of(vendor), vendor.id)
    borne = set(map(tags.key, known))
    new = [name for name in terms["tags"] if tags.key(name) not in borne]
    if not new:
        return None
    vendors.edit(vendor, by=by, version=vendor.version, tags=[*known, *new])
    return {"tags": new}


def _untag(vendor: Vendor, terms: Terms, by: Membership) -> dict[str, Any] | None:
    known = tag_queries.names_of(session_of(vendor), vendor.id)
    unwanted = set(map(tags.key, terms["tags"]))
    gone = [name for name in known if tags.key(name) in unwanted]
    if not gone:
        return None
    vendors.edit(vendor, by=by, version=vendor.version, tags=[name for name in known if name not in gone])
    return {"tags": gone}


def _tag_back(vendor: Vendor, _terms: Terms, before: Mapping[str, Any], by: Membership) -> bool:
    return _untag(vendor, {"tags": before["tags"]}, by) is not None


def _untag_back(vendor: Vendor, _terms: Terms, before: Mapping[str, Any], by: Membership) -> bool:
    return _tag(vendor, {"tags": before["tags"]}, by) is not None


_FIELDS: dict[BulkKind, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    BulkKind.OWNER: lambda kept: {"owner_id": kept["owner_id"]},
    BulkKind.TIER: lambda kept: {"tier": Tier(kept["tier"]) if kept["tier"] else None},
    BulkKind.CADENCE: lambda kept: {
        "cadence_choice": CadenceChoice(kept["choice"]),
        "cadence_every": kept["every"],
        "cadence_unit": CadenceUnit(kept["unit"]) if kept["unit"] else None,
    },
}
"""Of what is kept, the fields as :func:`crm.domain.vendors.edit` takes them."""


def _editing(kind: BulkKind) -> Callable[[Vendor, Terms, Membership], dict[str, Any] | None]:
    def do(vendor: Vendor, terms: Terms, by: Membership) -> dict[str, Any] | None:
        before = {
            "owner_id": vendor.owner_id,
            "tier": vendor.tier,
            "choice": vendor.cadence_choice,
            "every": vendor.cadence_every,
            "unit": vendor.cadence_unit,
            "cadence": vendor.cadence_in_force,
            "began_on": vendor.cadence_began_on.isoformat(),
        }
        fields: Any = _FIELDS[kind](terms)
        return before if vendors.edit(vendor, by=by, version=vendor.version, **fields) else None

    return do


def _editing_back(kind: BulkKind) -> Callable[[Vendor, Terms, Mapping[str, Any], Membership], bool]:
    def take_back(vendor: Vendor, terms: Terms, before: Mapping[str, Any], by: Membership) -> bool:
        if any(getattr(vendor, name) != value for name, value in _FIELDS[kind](terms).items()):
            return False
        fields: Any = _FIELDS[kind](before)
        vendors.edit(vendor, by=by, version=vendor.version, **fields)
        if vendor.cadence_in_force == before["cadence"]:
            # The former cadence goes on as if it had never been changed.
            touches.refresh(session_of(vendor), vendor, began_on=date.fromisoformat(before["began_on"]))
        return True

    return take_back


def _move(vendor: Vendor, terms: Terms, by: Membership) -> dict[str, Any] | None:
    to = Stage(terms["to"])
    if vendor.stage is to:
        return None
    move = stages.move(
        vendor,
        by=by,
        to=to,
        why=terms["why"],
        trial=_trial(terms["trial"]),
        outcome=TrialOutcome(terms["outcome"]) if terms["outcome"] else None,
        parking=_parking(terms["parking"]),
    )
    return {"move": move.id}


def _move_back(vendor: Vendor, _terms: Terms, before: Mapping[str, Any], by: Membership) -> bool:
    stages.undo(stages.find_move(session_of(vendor), before["move"]), by=by)
    return True


def _trial(kept: Mapping[str, Any] | None) -> TrialTerms | None:
    return kept and TrialTerms(kept["what"], _day(kept["due_on"]))  # type: ignore[return-value]


def _parking(kept: Mapping[str, Any] | None) -> ParkingTerms | None:
    if not kept:
        return None
    rhythm = kept["rhythm"]
    unit = CadenceUnit(rhythm["unit"]) if rhythm["unit"] else None
    return ParkingTerms(
        **{
            **kept,
            "reason": ParkingReason(kept["reason"]),
            "until": _day(kept["until"]),
            "figure": Figure(**kept["figure"]) if kept.get("figure") else None,
            "rhythm": Rhythm(CadenceChoice(rhythm["choice"]), rhythm["every"], unit),
        }
    )


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day(kept: str | None) -> date | None:
    return date.fromisoformat(kept) if kept else None


_DOING: dict[BulkKind, Callable[[Vendor, Terms, Membership], dict[str, Any] | None]] = {
    BulkKind.TAG: _tag,
    BulkKind.UNTAG: _untag,
    BulkKind.STAGE: _move,
    **{kind: _editing(kind) for kind in _FIELDS},
}
_UNDOING: dict[BulkKind, Callable[[Vendor, Terms, Mapping[str, Any], Membership], bool]] = {
    BulkKind.TAG: _tag_back,
    BulkKind.UNTAG: _untag_back,
    BulkKind.STAGE: _move_back,
    **{kind: _editing_back(kind) for kind in _FIELDS},
}
