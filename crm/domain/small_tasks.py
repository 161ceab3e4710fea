"""Small tasks for parked vendors: which open needs suit whom, and giving one out without unparking anybody.

A small task is delegated work like any other; what it was handed out for is kept with its handing out. Once it is
accepted it counts in the goodwill ledger as a good turn given (:mod:`crm.domain.delegated_works`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from crm.core import limits
from crm.core.errors import Refused
from crm.core.i18n import _, lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import delegated_works, open_days, small_task_rules
from crm.domain.delegated_works import Wanted
from crm.domain.small_task_rules import Suits, Time
from crm.domain.trigger_rules import Price
from crm.models.delegated_works import DelegatedWork
from crm.models.enums import CLOSED_NEEDS, NeedStatus, Stage
from crm.models.needs import Need
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership
from crm.queries import small_tasks
from crm.queries.small_tasks import Candidate, SmallNeed

USUALLY = timedelta(days=14)
"""So long a small task is given unless somebody says otherwise."""


@dataclass(frozen=True, slots=True)
class Match:
    """A small need that suits a parked vendor, and why."""

    offer: Candidate
    suits: Suits

    @property
    def budget(self) -> Price:
        """What the need has, a month."""
        return Price(self.offer.budget_amount, self.offer.budget_currency)

    @property
    def minimum(self) -> Price:
        """What the vendor asks for at the least."""
        return _minimum(self.offer)


def for_vendors(session: WorkspaceSession, vendor_ids: Iterable[int], today: date) -> dict[int, list[Match]]:
    """The small needs that suit each of these vendors, of those among them who are parked: what has to begin first
    stands first. One query."""
    ids = list(vendor_ids)
    found: dict[int, list[Match]] = {vendor_id: [] for vendor_id in ids}
    for match in _matches(small_tasks.for_vendors(session, ids), today):
        found[match.offer.vendor_id].append(match)
    return found


def of_vendor(vendor: Vendor, needs: Iterable[SmallNeed], today: date) -> list[Match]:
    """Those of the small needs in a parked vendor's niche that suit it."""
    return _matches([need.beside(vendor) for need in needs], today)


def for_need(session: WorkspaceSession, need: Need, today: date) -> list[Match]:
    """The parked vendors whom a need suits, by name, if it is small, open, and nobody has it. One query at most."""
    return _matches(small_tasks.for_need(session, need.id), today) if need.is_small else []


def usual_day(session: WorkspaceSession, need: Need, *, by: Membership) -> date:
    """By when a small task is due unless somebody says otherwise: in two weeks, on a working day. One query."""
    days = open_days.of_business(session, by.workspace)
    return days.next_open_day(by.workspace.today + USUALLY)


def give(need: Need, vendor: Vendor, *, by: Membership, due_on: date) -> DelegatedWork:
    """Give a small need to a parked vendor as a task, for a day that both agreed on. They stay parked.

    Given to them once more it is the work that they have. Raises :class:`Refused`.
    """
    session = session_of(need)
    open_ones = [each for each in small_tasks.given(session, need.id) if each.outcome is None]
    known = next((each for each in open_ones if each.vendor_id == vendor.id), None)
    if known is not None:
        return delegated_works.find(session, known.work_id)
    _check(need, vendor)
    if open_ones:
        raise Refused(lazy("%(name)s has it already.", name=open_ones[0].vendor))
    return delegated_works.hand_out(
        vendor, by=by, wanted=_wanted(need), due_on=due_on, asked_on=by.workspace.today, need_id=need.id
    )


def _check(need: Need, vendor: Vendor) -> None:
    if not need.is_small:
        raise Refused(lazy("This need is not marked as a small task."))
    if need.status in (*CLOSED_NEEDS, NeedStatus.ON_HOLD):
        raise Refused(lazy("Nobody is looked for any more."))
    if vendor.stage is not Stage.PARKED:
        raise Refused(lazy("They are not parked. Hand the work out on their own page."))
    if vendor.do_not_contact:
        raise Refused(lazy("This vendor does not want to be contacted."))


def _matches(offers: Iterable[Candidate], today: date) -> list[Match]:
    found = []
    for offer in offers:
        time = Time(offer.availability, offer.availability_until, offer.leave_from, offer.leave_to)
        budget = Price(offer.budget_amount, offer.budget_currency)
        suits = small_task_rules.suits(budget, _minimum(offer), time, today)
        if suits is not None:
            found.append(Match(offer, suits))
    return found


def _minimum(offer: Candidate) -> Price:
    return Price(offer.minimum_amount, offer.currency, offer.minimum_period)


def _wanted(need: Need) -> Wanted:
    """The need's own words. What is too long for a piece of work stands with the need, which the work leads to."""
    title = need.outcome
    parts = [need.outcome] if len(title) > limits.NAME_LENGTH else []
    parts += [need.deliverables] if need.deliverables else []
    parts += [_("How much of it: %(volume)s", volume=need.volume)] if need.volume else []
    parts += [_("How we’ll know that it is done: %(words)s", words=need.acceptance)] if need.acceptance else []
    return Wanted(_cut(title, limits.NAME_LENGTH), _cut("\n\n".join(parts), limits.TEXT_LENGTH))


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"
