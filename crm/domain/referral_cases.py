"""A referral with all that its letters are about: the two sides, who reads for each, and what is known of their
addresses. Each thing is read once, when it is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from crm.core.errors import Missing
from crm.core.settings import Settings
from crm.core.tenancy import WorkspaceSession
from crm.domain import discounts, mail_settings, referral_rules, suppressions, vendor_letters
from crm.models.enums import ReferralLetterKind, ReferralSide, ReferralState, StandingLevel
from crm.models.goodwill import DiscountTerms
from crm.models.referrals import Opening, Referral
from crm.models.vendors import Vendor
from crm.models.workspaces import Workspace
from crm.queries import niches, people, referral_letters, standings, stopped_addresses
from crm.queries import referrals as referral_queries
from crm.queries import vendor_letters as vendor_letter_queries
from crm.queries.people import PersonRow
from crm.queries.referral_letters import LetterRow
from crm.queries.referrals import Step
from crm.queries.stopped_addresses import Stop

_CASES = "referral_cases"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the letters to one side, and where."""

    side: ReferralSide
    name: str
    address: str
    person_id: int = field(default=0, compare=False)
    """Who it is at the vendor; 0 for whoever looks for someone."""

    @property
    def key(self) -> str:
        """By which a form names them."""
        return f"{self.person_id}:{self.address}"


class Case:
    """What is known of one referral. It holds for as long as nothing of it changes."""

    def __init__(self, session: WorkspaceSession, referral: Referral) -> None:
        self.session, self.referral = session, referral
        self._suppressed: frozenset[str] | None = None
        self._has_server: bool | None = None

    @cached_property
    def vendor(self) -> Vendor:
        return self.session.get_one(Vendor, self.referral.vendor_id)

    @cached_property
    def opening(self) -> Opening:
        return self.session.get_one(Opening, self.referral.opening_id)

    @cached_property
    def house(self) -> Workspace:
        return self.session.get_one(Workspace, self.session.workspace_id)

    @property
    def today(self) -> date:
        return self.house.today

    @cached_property
    def steps(self) -> Sequence[Step]:
        """What has happened with it, the earliest first."""
        return referral_queries.steps_of(self.session, self.referral.id)

    @property
    def states(self) -> list[ReferralState]:
        """What its steps say, the earliest first."""
        return [step.state for step in self.steps]

    @property
    def sides(self) -> dict[ReferralSide, ReferralState]:
        """Where each side stands."""
        return referral_rules.sides(self.states)

    @cached_property
    def letters(self) -> list[LetterRow]:
        """What was sent about it from here, the earliest first."""
        return referral_letters.of_referral(self.session, self.referral.id)

    @cached_property
    def people(self) -> list[PersonRow]:
        """Those at the vendor."""
        return people.people_of(self.session, self.vendor.id)

    def house_of(self, side: ReferralSide) -> str:
        """What a side is called."""
        return self.vendor.name if side is ReferralSide.VENDOR else self.opening.business

    def readers(self, side: ReferralSide) -> list[Reader]:
        """All who can be written to on a side, whoever likes e-mail first."""
        if side is ReferralSide.BUSINESS:
            opening = self.opening
            return [Reader(side, opening.person or opening.business, opening.email)] if opening.email else []
        return [
            Reader(side, one.name, one.address, one.person_id) for one in vendor_letters.recipients(self.people, ())
        ]

    def reader(self, side: ReferralSide) -> Reader | None:
        """The one who reads the letters to a side; None where there is no address at all."""
        ask = ReferralLetterKind.ASK
        asked = [row for row in self.letters if row.side is side and row.kind is ask and row.counts][-1:]
        addresses, names = [row.recipient for row in asked], [row.recipient_name for row in asked]
        shut = self.refused.union(self.stops)
        return min(
            self.readers(side),
            key=lambda one: (one.address in shut, one.address not in addresses, one.name not in names),
            default=None,
        )

    def choices(self, side: ReferralSide) -> list[Reader]:
        """Those of a side who may be chosen to be asked: nobody by an address that takes nothing, unless there is no
        other one."""
        shut, usual = self.refused.union(self.stops), self.reader(side)
        return [one for one in self.readers(side) if one == usual or one.address not in shut]

    @cached_property
    def stops(self) -> Mapping[str, Stop]:
        """Those of the addresses on either side to which somebody here lets nothing go."""
        return stopped_addresses.among(self.session, self._addresses())

    @cached_property
    def refused(self) -> frozenset[str]:
        """Those that a mail server has refused."""
        return vendor_letter_queries.refused_addresses(self.session, self.vendor.id, also=self._addresses())

    def suppressed(self, settings: Settings) -> frozenset[str]:
        """Those whose holders want no mail from here."""
        if self._suppressed is None:
            self._suppressed = suppressions.among(self.session, settings, self._addresses())
        return self._suppressed

    def has_server(self, settings: Settings) -> bool:
        """Whether mail is set up."""
        if self._has_server is None:
            self._has_server = mail_settings.effective(self.session, settings).server is not None
        return self._has_server

    @cached_property
    def terms(self) -> DiscountTerms | None:
        """What is agreed with the vendor at present."""
        return discounts.in_force(self.session, self.vendor.id)

    @cached_property
    def is_suspended(self) -> bool:
        """Whether the vendor is, for everything or for what the business looks for; for anything at all where nobody
        noted what that is."""
        held = standings.current_of(self.session, [self.vendor.id])[self.vendor.id]
        suspended = [row.category_id for row in held if row.level is StandingLevel.SUSPENDED]
        if not suspended:
            return False
        places = niches.tree(self.session)
        wanted = places.get(self.opening.category_id or 0)
        return any(
            category is None or wanted is None or category not in places or places[category].matches(wanted)
            for category in suspended
        )

    def _addresses(self) -> list[str]:
        return [one.address for side in ReferralSide for one in self.readers(side)]


def shown(session: WorkspaceSession, referral_id: int, *, house: Workspace) -> Case:
    """The case of this number with the two it is about, for a page that is only read. ``house`` is the business as it
    was read already. Raises :class:`Missing`."""
    found = referral_queries.with_parties(session, referral_id)
    if found is None:
        raise Missing
    case = of(session, found[0])
    _referral, case.vendor, case.opening = found
    case.house = house
    return case


def of(session: WorkspaceSession, referral: Referral) -> Case:
    """The case of a referral. Where a page is only read nothing changes, so it is the same one each time."""
    if session.writing:
        return Case(session, referral)
    known: dict[int, Case] = session.info.setdefault(_CASES, {})
    return known.setdefault(referral.id, Case(session, referral))
