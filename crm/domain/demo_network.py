"""The demo business and its network: who looks for someone, who was sent to whom, good turns, and a small task to give.

All people and businesses in it are invented.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from crm.core import clock
from crm.core.dates import add_days
from crm.core.tenancy import WorkspaceSession
from crm.domain import goodwill, needs, openings, referrals
from crm.domain.goodwill import Turn
from crm.domain.needs import NeedTerms
from crm.models.enums import Channel, GoodwillKind, GoodwillSide, ReferralState
from crm.models.referrals import Opening
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership

_State = ReferralState


@dataclass(frozen=True)
class _Opening:
    """A business that looks for someone; days count from today. ``by`` is 0 for the owner, then the team."""

    business: str
    person: str
    email: str
    wants: str
    niche: str
    monthly: int | None = None
    until_in: int | None = None
    by: int = 0


@dataclass(frozen=True)
class _Referral:
    """A vendor sent to one of the openings: how many days ago, why, and how far it has come since."""

    vendor: str
    business: str
    made: int
    why: str
    steps: tuple[tuple[int, ReferralState, Channel, str], ...]


_OPENINGS = (
    _Opening(
        "Marram Dental", "Dr Lowri Pugh", "lowri@marram.example",
        "Three short films for the waiting room", "Product films", monthly=120_000,
    ),
    _Opening(
        "Quarry Lane Nursery", "Hal Whitmore", "hal@quarrylane.example",
        "Somebody to rewrite the website", "Website copy", until_in=50, by=1,
    ),
    _Opening(
        "Heron Bikes", "Tove Aldridge", "tove@heronbikes.example",
        "The books in order before the bank asks", "Bookkeeping", monthly=30_000,
    ),
    _Opening(
        "Lanyard Coffee", "Ruth Ekwall", "ruth@lanyard.example",
        "Boxes that survive the post", "Packaging design", monthly=400_000, until_in=80,
    ),
)  # fmt: skip
_REFERRALS = (
    _Referral(
        "Copperbeech Words", "Quarry Lane Nursery", 13, "He makes plain things worth reading.",
        (
            (12, _State.VENDOR_ASKED, Channel.EMAIL, ""),
            (11, _State.VENDOR_YES, Channel.EMAIL, "Gladly. From next month, or two pages sooner."),
        ),
    ),
    _Referral(
        "Ledgerwood", "Heron Bikes", 40, "She finds what is missing before anybody asks for it.",
        (
            (39, _State.VENDOR_ASKED, Channel.PHONE, ""),
            (39, _State.VENDOR_YES, Channel.PHONE, "One more shop is what she has room for."),
            (36, _State.BUSINESS_ASKED, Channel.EMAIL, ""),
            (17, _State.BUSINESS_YES, Channel.EMAIL, "After the summer trade, yes."),
            (16, _State.INTRODUCED, Channel.EMAIL, ""),
        ),
    ),
)  # fmt: skip
_TURNS = (
    ("Ledgerwood", 261, GoodwillSide.RECEIVED, GoodwillKind.REFERRAL, "Sent us Rashid Amin of Copperbeech Words"),
    ("Northgate Parcels", 49, GoodwillSide.RECEIVED, GoodwillKind.RUSH_FAVOUR, "Packed the late order on a Saturday"),
    ("Copperbeech Words", 100, GoodwillSide.GIVEN, GoodwillKind.PROMPT_PAYMENT, "Paid on the day it came"),
    ("Copperbeech Words", 30, GoodwillSide.RECEIVED, GoodwillKind.ADVICE, "Read our refill leaflet, unasked"),
)


def tell(
    session: WorkspaceSession, team: Sequence[Membership], told: Mapping[str, Vendor], niches: Mapping[str, int]
) -> None:
    """Everything of this module, for vendors that are there already, by name."""
    wanted = {one.business: _opening(session, team, one, niches) for one in _OPENINGS}
    for referral in _REFERRALS:
        _refer(team[0], told[referral.vendor], wanted[referral.business], referral)
    today = team[0].workspace.today
    for name, days_ago, side, kind, note in _TURNS:
        goodwill.record(told[name], Turn(side, kind, add_days(today, -days_ago), note), by=team[0])
    _small_task(session, team[1], niches)


def _opening(
    session: WorkspaceSession, team: Sequence[Membership], one: _Opening, niches: Mapping[str, int]
) -> Opening:
    by = team[one.by]
    return openings.add(
        session,
        by=by,
        business=one.business,
        person=one.person,
        email=one.email,
        what_they_need=one.wants,
        category_id=niches.get(one.niche),
        budget_amount=one.monthly,
        currency="GBP",
        until=add_days(by.workspace.today, one.until_in) if one.until_in else None,
    )


def _refer(by: Membership, vendor: Vendor, opening: Opening, one: _Referral) -> None:
    today = by.workspace.today
    referral = referrals.refer(vendor, by=by, opening_id=opening.id, blurb=one.why)
    referral.created_at = clock.now() - timedelta(days=one.made)
    for days_ago, state, channel, note in one.steps:
        day = add_days(today, -days_ago)
        referrals.record_step(referral, by=by, state=state, happened_on=day, channel=channel, note=note)


def _small_task(session: WorkspaceSession, by: Membership, niches: Mapping[str, int]) -> None:
    """Something small for whoever is parked because there is nothing large."""
    terms = NeedTerms(
        outcome="One page for the press about the winter candle",
        category_id=niches.get("Links and mentions"),
        deliverables="One page, three pictures chosen from ours, and ten people to send it to",
        acceptance="We send it without a change",
        budget_amount=30_000,
        budget_currency="GBP",
        is_small=True,
        owner_id=by.user_id,
    )
    needs.add(session, by=by, terms=terms)
