"""What somebody looks after is given to somebody else: because they are away, have too much, or leave.

Everything that asks for a person by name is here, so that nothing is left with somebody who is gone. Promises and the
reminders of a vendor belong to whoever looks after it, and follow by themselves.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Set
from contextlib import nullcontext

from sqlalchemy import or_, select

from crm.core import clock
from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession
from crm.domain import audit, news, permissions, touches, trial_reviews
from crm.domain.news import Handed
from crm.domain.permissions import Act
from crm.models.decision_areas import Access
from crm.models.enums import AuditKind
from crm.models.needs import Need
from crm.models.referrals import Referral
from crm.models.trials import TrialBrief, TrialReviewer
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership, Workspace
from crm.queries import hand_overs as reading
from crm.queries import members
from crm.queries.hand_overs import HandedKind, Held

TOLD_ONE_BY_ONE = 5
"""So many vendors are told of one by one; more are counted."""
_TOLD = {
    HandedKind.VENDORS: Handed.OWNER,
    HandedKind.STEPPING_IN: Handed.BACKUP,
    HandedKind.NEEDS: Handed.NEED,
    HandedKind.REVIEWS: Handed.REVIEWER,
    HandedKind.REFERRALS: Handed.REFERRAL,
}
EVERYTHING = frozenset(HandedKind)


def of(session: WorkspaceSession, user_id: int) -> dict[HandedKind, list[Held]]:
    """What somebody looks after and could hand over, by kind. A fixed number of queries.

    Of reviews these are the ones not begun whose scores nobody can read yet: whoever takes one over must still be
    blind to what others saw.
    """
    held = reading.held_by(session, user_id)
    briefs = [one.id for one in held[HandedKind.REVIEWS]]
    today = session.get_one(Workspace, session.workspace_id).today
    tasks = reading.tasks_of(session, briefs) if briefs else ()
    results = trial_reviews.results(session, tasks, today=today) if tasks else {}
    is_open = {task.brief_id for task in tasks if results[task.id].is_revealed and results[task.id].handed_in}
    held[HandedKind.REVIEWS] = [one for one in held[HandedKind.REVIEWS] if one.id not in is_open]
    return held


def may_hand_over(by: Membership, user_id: int) -> bool:
    """Whether a member may pass on what somebody looks after: their own, or whoever manages the team anybody's."""
    return permissions.may(by, Act.WORK if by.user_id == user_id else Act.MANAGE)


def hand_over(
    session: WorkspaceSession,
    user_id: int,
    *,
    by: Membership,
    to: int,
    kinds: Collection[HandedKind] = EVERYTHING,
    staying: Collection[str] = (),
) -> Counter[HandedKind]:
    """Give what somebody looks after to a member: how many of each kind.

    ``staying`` are the keys of things that stay where they are (:attr:`Held.key`). Doing so again gives nothing more.
    Raises :class:`Forbidden`, :class:`Missing` for somebody who was never in the team, and :class:`Refused`, with the
    box ``successor``, for somebody who cannot look after anything.
    """
    permissions.require(by, Act.WORK if by.user_id == user_id else Act.MANAGE)
    if members.membership(session, session.workspace_id, user_id) is None:
        raise Missing
    given, vendor_ids = pass_on(session, user_id, by=by, to=to, kinds=kinds, staying=staying)
    session.flush()
    concerned = select(Vendor).where(Vendor.id.in_(vendor_ids)).order_by(Vendor.id).with_for_update()
    touches.refresh_many(session, session.scalars(concerned).all())
    return given


def pass_on(
    session: WorkspaceSession,
    user_id: int,
    *,
    by: Membership,
    to: int,
    kinds: Collection[HandedKind] = EVERYTHING,
    staying: Collection[str] = (),
) -> tuple[Counter[HandedKind], Set[int]]:
    """:func:`hand_over` for whoever has asked for leave already: how many of each kind, and the vendors whose
    reminders are to be made anew. Writes a line into the audit log where anything was given."""
    successor = members.membership(session, session.workspace_id, to)
    if successor is None or not permissions.may(successor, Act.WORK) or to == user_id:
        raise Refused(lazy("Choose somebody who is in the team."), field="successor")
    wanted = {
        kind: {one.id: one.name for one in held if one.key not in staying} if kind in kinds else {}
        for kind, held in of(session, user_id).items()
    }
    reviews, reviewed = _pass_reviews(session, wanted[HandedKind.REVIEWS].keys(), user_id, to)
    wanted[HandedKind.REVIEWS] = {brief_id: wanted[HandedKind.REVIEWS][brief_id] for brief_id in sorted(reviews)}
    vendor_ids = (
        _pass_vendors(session, wanted[HandedKind.VENDORS].keys(), wanted[HandedKind.STEPPING_IN].keys(), to)
        | _pass_needs_and_accesses(session, wanted[HandedKind.NEEDS].keys(), wanted[HandedKind.ACCESSES].keys(), to)
        | _pass_referrals(session, wanted[HandedKind.REFERRALS].keys(), to)
        | reviewed
    )
    given = Counter({kind: len(ids) for kind, ids in wanted.items() if ids})
    if given:
        _tell(session, wanted, by=by, to=to)
        leaver = members.membership(session, session.workspace_id, user_id)
        audit.record_here(
            session,
            AuditKind.HANDED_OVER,
            by=by.user_id,
            about=leaver.user.name if leaver else "",
            to=successor.user.name,
            **{kind.value: str(number) for kind, number in given.items()},
        )
    return given, vendor_ids


def _tell(session: WorkspaceSession, given: Mapping[HandedKind, Mapping[int, str]], *, by: Membership, to: int) -> None:
    """Let the successor know what is theirs from now on: many vendors in one line."""
    many = len(given[HandedKind.VENDORS]) > TOLD_ONE_BY_ONE
    for kind, what in _TOLD.items():
        is_gathered = many and kind is HandedKind.VENDORS
        with news.gathering(session, _mark()) if is_gathered else nullcontext():
            for number, name in given[kind].items():
                vendor_id = number if kind in (HandedKind.VENDORS, HandedKind.STEPPING_IN) else None
                news.hand(session, to, by=by, what=what, subject_id=number, name=name, vendor_id=vendor_id)


def _mark() -> int:
    """Tells one gathering from all others; an act on many vendors has its own number, which is never below 0."""
    return -int(clock.now().timestamp() * 1_000_000)


def _pass_vendors(session: WorkspaceSession, owned: Set[int], stood_in: Set[int], to: int) -> set[int]:
    """Whoever looks after a vendor does not step in for themselves: then nobody does."""
    concerned = select(Vendor).where(or_(Vendor.id.in_(owned), Vendor.id.in_(stood_in))).with_for_update()
    changed = set()
    for vendor in session.scalars(concerned):
        owner_id = to if vendor.id in owned else vendor.owner_id
        backup_id = to if vendor.id in stood_in else vendor.backup_id
        vendor.owner_id, vendor.backup_id = owner_id, (None if backup_id == owner_id else backup_id)
        vendor.version += 1
        changed.add(vendor.id)
    return changed


def _pass_needs_and_accesses(session: WorkspaceSession, needs: Set[int], accesses: Set[int], to: int) -> set[int]:
    concerned: Iterable[Need | Access] = (
        *session.scalars(select(Need).where(Need.id.in_(needs)).with_for_update()),
        *session.scalars(select(Access).where(Access.id.in_(accesses)).with_for_update()),
    )
    changed = set()
    for one in concerned:
        one.owner_id = to
        one.version += 1
        if isinstance(one, Access):
            changed.add(one.vendor_id)
    return changed


def _pass_referrals(session: WorkspaceSession, referrals: Set[int], to: int) -> set[int]:
    changed = set()
    for referral in session.scalars(select(Referral).where(Referral.id.in_(referrals)).with_for_update()):
        referral.connector_id = to
        referral.version += 1
        changed.add(referral.vendor_id)
    return changed


def _pass_reviews(session: WorkspaceSession, briefs: Set[int], user_id: int, to: int) -> tuple[set[int], set[int]]:
    """The briefs that changed hands, and the vendors who are on trial by them. Who reviews one already cannot review
    it a second time. The place keeps its time: as if its new holder had been asked then, nothing opens early."""
    there = select(TrialReviewer.brief_id).where(TrialReviewer.user_id == to)
    places = select(TrialReviewer).where(
        TrialReviewer.user_id == user_id, TrialReviewer.brief_id.in_(briefs), TrialReviewer.brief_id.not_in(there)
    )
    passed = set()
    for place in session.scalars(places).all():
        place.user_id = to
        passed.add(place.brief_id)
    for brief in session.scalars(select(TrialBrief).where(TrialBrief.id.in_(passed)).with_for_update()):
        brief.version += 1
    return passed, {task.vendor_id for task in reading.tasks_of(session, sorted(passed)) if task.is_open}
