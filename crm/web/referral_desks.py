"""The page of one referral: the two parties, the letters as tabs, where it stands, and what can be recorded by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from crm.core import text, tokens
from crm.core.errors import Missing
from crm.core.i18n import _
from crm.domain import (
    goodwill_rules,
    introductions,
    openings,
    referral_cases,
    referral_letters,
    referral_rules,
    referrals,
    touch_reasons,
    vendors,
)
from crm.domain.goodwill_rules import Favour
from crm.domain.permissions import Act
from crm.domain.referral_cases import Case, Reader
from crm.domain.referral_letters import Obstacle, ObstacleKind
from crm.forms.referral_letters import ReferralLetterForm
from crm.forms.referrals import ClosedForm, StepForm
from crm.mail.drafts import Draft
from crm.models.enums import GoodwillSide, ReferralLetterKind, ReferralSide, ReferralState
from crm.queries import goodwill as goodwill_queries
from crm.queries.referral_letters import LetterRow
from crm.queries.referrals import Step
from crm.web import referral_lines
from crm.web.gate import Visit
from crm.web.referral_lines import Course

PAGE = "referrals/show.html"
INTRODUCTION, THANKS = "introduction", "thanks"
THANKS_TO_BUSINESS = "thanks-business"
_LETTERS: dict[str, tuple[ReferralLetterKind, ReferralSide | None]] = {
    ReferralSide.VENDOR.value: (ReferralLetterKind.ASK, ReferralSide.VENDOR),
    ReferralSide.BUSINESS.value: (ReferralLetterKind.ASK, ReferralSide.BUSINESS),
    INTRODUCTION: (ReferralLetterKind.INTRODUCTION, None),
    THANKS: (ReferralLetterKind.THANKS, ReferralSide.VENDOR),
    THANKS_TO_BUSINESS: (ReferralLetterKind.THANKS, ReferralSide.BUSINESS),
}
"""Every letter by its name in addresses: what it does, and who reads it; None for both."""
_HOUSE = {ObstacleKind.NO_SERVER, ObstacleKind.NO_LINKS, ObstacleKind.NO_POSTAL_ADDRESS}


@dataclass(frozen=True, slots=True)
class Party:
    """One of the two: the house, who reads its letters, and where it stands by its latest step."""

    side: ReferralSide
    house: str
    reader: Reader | None
    known_as: str
    state: ReferralState | None
    step: Step | None

    @property
    def name(self) -> str:
        return self.house

    @property
    def tint(self) -> int:
        return text.tint(self.house)

    @property
    def person(self) -> str:
        """Who reads the letters, or is known to look for someone; else the house."""
        return self.known_as or self.house

    @property
    def called(self) -> str:
        """How it is named in passing."""
        return referral_lines.in_passing(self.known_as, self.house)


@dataclass(frozen=True, slots=True)
class Tab:
    """A letter among the others."""

    key: str
    words: str
    is_done: bool
    is_chosen: bool


@dataclass(slots=True)
class Desk:
    """All that the page of a referral is made of, with one of its letters chosen."""

    visit: Visit
    case: Case
    referral: Any
    vendor: Any
    opening: Any
    steps: Sequence[Step]
    letters: Sequence[LetterRow]
    parties: dict[ReferralSide, Party]
    leaves_at: datetime | None
    key: str

    @property
    def kind(self) -> ReferralLetterKind:
        return _LETTERS[self.key][0]

    @property
    def side(self) -> ReferralSide | None:
        return _LETTERS[self.key][1]

    @property
    def sides(self) -> list[ReferralSide]:
        """Who reads the chosen letter."""
        return list(ReferralSide) if self.side is None else [self.side]

    @property
    def states(self) -> list[ReferralState]:
        return [step.state for step in self.steps]

    @property
    def is_introduced(self) -> bool:
        return referral_rules.is_introduced(self.states)

    @property
    def said_no(self) -> bool:
        """Whether it ended with a no."""
        return not self.is_introduced and self.referral.state in (*referral_rules.NOES, ReferralState.DECLINED)

    @property
    def choices(self) -> list[Reader]:
        """Who can be asked by the chosen letter, whoever is usually first; nobody where there is nothing to choose."""
        if self.side is None or self.kind is not ReferralLetterKind.ASK:
            return []
        usual = self.case.reader(self.side)
        return sorted(self.case.choices(self.side), key=lambda one: one != usual)

    @property
    def to(self) -> Reader | None:
        """Who reads the chosen letter; None for both."""
        return self.parties[self.side].reader if self.side is not None else None

    @property
    def is_on_record(self) -> bool:
        """Whether a letter has left, or may have: the referral is not taken back any more."""
        return any(row.may_have_left for row in self.letters)

    @property
    def introduction_left(self) -> bool:
        """Whether the letters that introduce them have left, or may have: there is no second introduction."""
        return introductions.may_have_left(self.letters)

    def can_undo(self, step: Step) -> bool:
        """Whether a step can be taken back: not the idea, what somebody said themselves, or what letters have done."""
        if step.state is ReferralState.INTRODUCED:
            return not self.introduction_left
        return step.state is not ReferralState.IDEA and step.given_at is None

    def why_taken_back(self, row: LetterRow) -> str:
        """Why a letter that introduces them was taken back: who changed their answer before it left, as far as their
        steps tell; else somebody here did not want it to go."""
        for step in reversed(self.steps):
            side, at = referral_rules.side_of(step.state), step.recorded_at
            if step.state not in (*referral_rules.NOES, *referral_rules.NOT_NOWS) or side is None:
                continue
            if at is not None and row.taken_back_at is not None and row.created_at <= at <= row.taken_back_at:
                return _("%(name)s changed their answer", name=self.parties[side].called)
        return _("held back here")

    def draft(self, to: Reader | None = None) -> Draft:
        """The words to begin the chosen letter with, for its reader or for another one."""
        session, by = self.visit.session, self.visit.member
        return referral_letters.draft(session, self.referral, self.kind, self.side, by=by, to=to or self.to)

    def form(self, formdata: Any = None) -> ReferralLetterForm:
        """The chosen letter's form: as it was typed, else with the draft in it. From here on whoever is chosen in it
        reads the letter."""
        choices = self.choices
        form = ReferralLetterForm(formdata, readers=[(one.key, f"{one.name}, {one.address}") for one in choices])
        self._choose(next((one for one in choices if one.key == form.to.data), None))
        if formdata is None:
            made = self.draft()
            form.subject.data, form.body.data = made.subject, made.body
            form.drafted.data, form.press.data = form.to.data, tokens.new_token()
        return form

    def redrafted(self, formdata: Any) -> ReferralLetterForm:
        """As it was typed, for the reader who is chosen now: what nobody has changed is written anew."""
        form = self.form(formdata)
        before = next((one for one in self.choices if one.key == form.drafted.data), None)
        typed = form.subject.data or "", form.body.data or ""
        words = touch_reasons.rewritten(typed, self.draft(before or self.case.reader(self.sides[0])), self.draft())
        form.subject.data, form.body.data = words
        form.drafted.data = form.to.data
        return form

    def _choose(self, to: Reader | None) -> None:
        if to is None or to.side is ReferralSide.BUSINESS:
            return
        self.parties[to.side] = replace(self.parties[to.side], reader=to, known_as=to.name)

    def obstacles(self) -> list[Obstacle]:
        """What keeps the chosen letter from leaving from here, each said once."""
        session, settings = self.visit.session, self.visit.settings
        found = [
            one
            for side in self.sides
            for one in referral_letters.obstacles(session, settings, self.referral, side, kind=self.kind, to=self.to)
        ]
        return list({str(one.words): one for one in found}.values())

    def mailto(self, form: ReferralLetterForm) -> str:
        """The address that opens the letter in the reader's own mail program, to all who read it."""
        readers = [self.parties[side].reader for side in self.sides]
        addresses = tuple(reader.address for reader in readers if reader)
        return Draft(addresses, form.subject.data or "", form.body.data or "").mailto


def open_desk(visit: Visit, referral_id: int, key: str | None = None) -> Desk:
    """The desk of a referral with that letter chosen, or the one that is next. Raises :class:`Missing`."""
    case = _case(visit, referral_id)
    opening, steps, now = case.opening, case.steps, case.sides
    parties = {}
    for side in ReferralSide:
        reader = case.reader(side)
        person = opening.person if side is ReferralSide.BUSINESS else (reader.name if reader else "")
        latest = next((step for step in reversed(steps) if referral_rules.side_of(step.state) is side), None)
        parties[side] = Party(side, case.house_of(side), reader, person, now.get(side), latest)
    desk = Desk(
        visit,
        case,
        case.referral,
        case.vendor,
        opening,
        steps,
        case.letters,
        parties,
        introductions.waits_until(case.letters),
        key or "",
    )
    if key is not None and key not in _LETTERS:
        raise Missing
    desk.key = key or _standing(desk).letter or _latest_letter(desk)
    return desk


def _case(visit: Visit, referral_id: int) -> Case:
    """What the desk is about. Whoever may change it holds the three rows."""
    session = visit.session
    if not session.writing:
        return referral_cases.shown(session, referral_id, house=visit.workspace)
    case = referral_cases.of(session, referrals.find(session, referral_id))
    case.vendor = vendors.at(session, case.referral.vendor_id)
    case.opening = openings.find(session, case.referral.opening_id)
    return case


def shown(
    desk: Desk,
    *,
    form: ReferralLetterForm | None = None,
    step_form: StepForm | None = None,
    closed_form: ClosedForm | None = None,
) -> dict[str, Any]:
    """The values of the page. A form that was sent is shown as it was typed."""
    visit, referral, session = desk.visit, desk.referral, desk.visit.session
    may_work = visit.may(Act.WORK)
    obstacles = desk.obstacles() if may_work else []
    if may_work and form is None:
        form = desk.form()
    called = {side: party.called for side, party in desk.parties.items()}
    course = Course(
        desk.steps, referral.state, called, referral.follow_up_on, desk.leaves_at, visit.today, visit.person.time_zone
    )
    return {
        "desk": desk,
        "referral": referral,
        "vendor": desk.vendor,
        "opening": desk.opening,
        "steps": desk.steps,
        "parties": desk.parties,
        "standing": _standing(desk),
        "course": referral_lines.stops(course),
        "tabs": _tabs(desk),
        "sent": [row for row in desk.letters if row.kind is desk.kind and row.side in desk.sides],
        "blocks": [one for one in obstacles if one.kind not in _HOUSE],
        "house_blocks": [one for one in obstacles if one.kind in _HOUSE],
        "asks_for_address": [one.kind for one in obstacles] == [ObstacleKind.NO_POSTAL_ADDRESS],
        "warnings": referral_letters.warnings(session, referral, desk.sides[0]) if may_work else [],
        "disclosure": "" if desk.kind is ReferralLetterKind.THANKS else referral_letters.disclosure(session, referral),
        "letter_form": form,
        "mailto": desk.mailto(form) if form is not None else "",
        "step_form": step_form or fresh_step_form(desk),
        "closed_form": closed_form or _closed_form(desk),
        "stops": desk.case.stops,
        "between": between(visit, desk.vendor.id),
        "terms": desk.case.terms,
        "time_of": referral_lines.time_of,
        "may_work": may_work,
        "on_record": referrals.ON_RECORD,
    }


def fresh_step_form(desk: Desk, formdata: Any = None) -> StepForm:
    """What can be recorded by hand now."""
    return StepForm(formdata, recorded=desk.states, data={"happened_on": desk.visit.workspace.today})


def between(visit: Visit, vendor_id: int) -> dict[GoodwillSide, int]:
    """How many good turns each of the two has done the other in a year."""
    lines = goodwill_queries.of_vendor(visit.session, vendor_id)
    favours = [
        Favour(line.entry.side, line.entry.kind, line.entry.happened_on)
        for line in lines
        if line.entry.struck_at is None
    ]
    return {side: goodwill_rules.column(favours, side, visit.workspace.today).count for side in GoodwillSide}


def _standing(desk: Desk) -> referral_lines.Standing:
    visit, referral = desk.visit, desk.referral
    names = {side: party.called for side, party in desk.parties.items()}
    is_due = referral.follow_up_on is not None and referral.follow_up_on <= visit.today
    connector = desk.steps[0].recorder  # whoever had the idea
    turn = referral_lines.turn(connector, is_reader=referral.connector_id == visit.member.user_id)
    leaves = referral_lines.time_of(desk.leaves_at, visit.person.time_zone) if desk.leaves_at else ""
    return referral_lines.standing(
        desk.states, referral.state, names=names, called=names, turn=turn, is_due=is_due, leaves=leaves
    )


def _latest_letter(desk: Desk) -> str:
    """Where nothing is next: what was done last, or is waited for."""
    if ReferralState.WON in desk.states:
        return THANKS
    if desk.is_introduced:
        return INTRODUCTION
    asked = [side for side, party in desk.parties.items() if party.state is not None]
    return asked[-1].value if asked else ReferralSide.VENDOR.value


def _tabs(desk: Desk) -> list[Tab]:
    named = [
        (side.value, _("%(number)s. To %(name)s", number=number, name=party.called), party.state is not None)
        for number, (side, party) in enumerate(desk.parties.items(), 1)
    ]
    named.append((INTRODUCTION, _("3. To both"), desk.is_introduced))
    if ReferralState.WON in desk.states or ReferralState.THANKED in desk.states:
        named.append((THANKS, _("4. Thanks"), ReferralState.THANKED in desk.states))
    chosen = THANKS if desk.key == THANKS_TO_BUSINESS else desk.key
    return [Tab(key, words, is_done, key == chosen) for key, words, is_done in named]


def _closed_form(desk: Desk) -> ClosedForm | None:
    if not desk.visit.may(Act.MANAGE) or ReferralState.WON not in desk.states:
        return None
    form = ClosedForm(None)
    form.show(desk.referral.closed_amount, desk.referral.closed_currency)
    return form
