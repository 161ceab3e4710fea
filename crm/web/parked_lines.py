"""The lines of the page of parked vendors, as records that they are drawn from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from crm.core import formats, text
from crm.core.i18n import _, ngettext
from crm.domain.small_tasks import Match
from crm.domain.trigger_rules import Price
from crm.models import vocabulary
from crm.models.enums import InteractionKind, ParkingReason, Stage, TriggerKind
from crm.queries.parkings import Contact, ParkedRow
from crm.web import rhythms, threads
from crm.web.parked import WaitedFor, waited_for
from crm.web.threads import Thread
from crm.web.ways import Move, moves

_TO = (Stage.PROSPECT, Stage.TRIAL, Stage.ACTIVE, Stage.ENDED, Stage.NOT_A_FIT)


@dataclass(frozen=True, slots=True)
class Shared:
    """What all lines are drawn with: the reader's day and role."""

    today: date
    may_work: bool


@dataclass(frozen=True, slots=True)
class ParkedLine:
    """A parked vendor with its contacts: the day and kind of each, and whether it was a referral."""

    vendor_id: int
    name: str
    what_they_do: str
    owner: str
    reason: ParkingReason
    details: str
    condition: str
    revisit_on: date
    next_on: date | None
    rhythm: str
    last_contact_on: date | None
    figure: str
    """How far the condition has come, in words; empty without a figure."""
    share: int
    """The same in percent, from 0 to 100."""
    waited: tuple[int, str, str] | None
    """What :attr:`waits_for` says, as plain values."""
    came_true: str
    """What has come true and waits for an answer, in words; empty for nothing."""
    contacts: tuple[tuple[date, InteractionKind | None, bool], ...]
    small_task: tuple[int, str, int] | None = None
    """A small need that suits them: its id, its outcome, and how many more there are."""

    @property
    def tint(self) -> int:
        """The tint of its name."""
        return text.tint(self.name)

    @property
    def waits_for(self) -> WaitedFor | None:
        """The need that has to be filled first, or whose budget lacks."""
        return WaitedFor(*self.waited) if self.waited else None

    @property
    def given(self) -> int:
        """How many referrals there were."""
        return sum(is_referral for _on, _kind, is_referral in self.contacts)

    @property
    def last_kind(self) -> InteractionKind | None:
        """How they were in touch the last time, if that is known."""
        spoken = [(on, kind) for on, kind, is_referral in self.contacts if not is_referral]
        return spoken[-1][1] if spoken and spoken[-1][0] == self.last_contact_on else None

    @property
    def keeper(self) -> str:
        """Who stays in touch, and how often: ``Tom, every 6 weeks``."""
        often = rhythms.within_words(self.rhythm)
        first_name = (self.owner.split() or [self.owner])[0]
        if not first_name or not often:
            return often or first_name
        return _("%(name)s, %(rhythm)s", name=first_name, rhythm=often)

    @property
    def ways(self) -> list[Move]:
        """Where the vendor can go from here."""
        return moves(self.vendor_id, Stage.PARKED, undecided=False, back="/parked", to=_TO)

    def thread(self, today: date) -> Thread:
        """The line of time, as it is drawn."""
        drawn = threads.of_parked(self, [Contact(*contact) for contact in self.contacts], today)
        # What had to change has changed: the flag stands at today.
        return replace(drawn, flag=threads.NOW) if self.came_true else drawn

    def sentence(self, today: date) -> str:
        """All that the thread shows, in words."""
        times = len(self.contacts) - self.given
        parts = [
            ngettext("In touch once in eight months.", "In touch %(num)s times in eight months.", times)
            if times
            else _("Not in touch in the last eight months.")
        ]
        if self.next_on is not None:
            parts.append(_("Next check-in: %(day)s.", day=formats.near_day(self.next_on, today)))
        if self.came_true:
            parts.append(_("The time looks right."))
        parts.append(_("May change on %(day)s.", day=formats.day(self.revisit_on, today)))
        return " ".join(parts)


def line(row: ParkedRow, contacts: Sequence[Contact], tasks: Sequence[Match], today: date) -> ParkedLine:
    """The line of a row, with the small needs that suit the vendor."""
    figure = {"now": row.now or 0, "goal": row.goal, "currency": row.currency, "unit": row.unit} if row.goal else None
    return ParkedLine(
        row.vendor_id,
        row.name,
        row.what_they_do,
        row.owner,
        row.reason,
        row.details,
        row.condition,
        row.revisit_on,
        row.next_on,
        row.rhythm,
        row.last_contact_on,
        vocabulary.figure(figure, begins=True) if figure else "",
        min(100, (row.now or 0) * 100 // row.goal) if row.goal else 0,
        _waited(row),
        _came_true(row, today),
        tuple([(contact.on, contact.kind, contact.is_referral) for contact in contacts]),
        (tasks[0].offer.need_id, tasks[0].offer.outcome, len(tasks) - 1) if tasks else None,
    )


def _waited(row: ParkedRow) -> tuple[int, str, str] | None:
    if row.need_id is None or row.need is None:
        return None
    budget = Price(row.budget_amount, row.budget_currency or "")
    minimum = Price(row.minimum_amount, row.vendor_currency, row.minimum_period)
    waits_for = waited_for(row.reason, (row.need_id, row.need), budget, minimum)
    return waits_for.id, waits_for.outcome, waits_for.lacking


def _came_true(row: ParkedRow, today: date) -> str:
    if row.trigger is None or row.fired_on is None:
        return ""
    ago, name = formats.ago(row.fired_on, today), (row.fired_by.split() or [""])[0]
    if row.trigger is TriggerKind.CONDITION and (row.facts or {}).get("ticked"):
        if name:
            return _("Ticked off by %(name)s %(ago)s", name=name, ago=ago)
        return _("Ticked off %(ago)s", ago=ago)
    if row.trigger is TriggerKind.CONDITION:
        return _("Reached %(ago)s", ago=ago)
    return vocabulary.trigger({**(row.facts or {}), "trigger": row.trigger, "name": row.name}, today)
