"""What those who were asked about an introduction answer themselves, on the page that a letter's links open.

The newest letter to a side asks; an older one asks nothing any more. An answer may be changed until the introduction
leaves. What one side answers, the other never learns from here.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from crm.core import limits
from crm.core.errors import Missing, Refused
from crm.core.i18n import _, lazy
from crm.core.settings import Settings
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import introductions, referral_rules, referrals, touches
from crm.domain.referral_letters import ObstacleKind
from crm.models.enums import (
    Channel,
    ReferralAnswer,
    ReferralLetterKind,
    ReferralSide,
    ReferralState,
)
from crm.models.referrals import Opening, Referral, ReferralConsent, ReferralLetter, ReferralStep
from crm.models.vendors import Vendor
from crm.models.vocabulary import word
from crm.models.workspaces import Membership
from crm.queries import members

_NOT_OF_LETTERS = (ObstacleKind.NOT_BOTH, ObstacleKind.INTRODUCED)
"""What keeps an introduction from leaving, and says nothing of whether a letter would arrive."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A letter that asks one of the two, with all that its page tells of. ``connector`` may have left since."""

    letter: ReferralLetter
    referral: Referral
    vendor: Vendor
    opening: Opening
    connector: Membership
    steps: tuple[ReferralStep, ...]
    """The earliest first."""
    is_leaving: bool
    """The introduction has left, or is just leaving."""

    @property
    def step(self) -> ReferralStep | None:
        """The latest step of the side that is asked."""
        theirs = [one for one in self.steps if referral_rules.side_of(one.state) is self.letter.side]
        return theirs[-1] if theirs else None

    @property
    def now(self) -> ReferralAnswer | None:
        """What they have answered."""
        return referral_rules.answer_of(self.step.state) if self.step else None

    @property
    def introduced_on(self) -> date | None:
        """When the two were introduced."""
        return next((one.happened_on for one in self.steps if one.state is ReferralState.INTRODUCED), None)

    @property
    def is_open(self) -> bool:
        """Whether an answer can be given or changed."""
        states = [one.state for one in self.steps]
        is_over = referral_rules.is_introduced(states) or ReferralState.DECLINED in states
        return not (is_over or self.is_leaving)

    @property
    def other(self) -> str:
        """Whom they would be introduced to."""
        if self.letter.side is ReferralSide.BUSINESS:
            return self.vendor.name
        if self.opening.person:
            return _("%(person)s of %(house)s", person=self.opening.person, house=self.opening.business)
        return self.opening.business


def find(session: WorkspaceSession, letter_id: int) -> Asked:
    """What a letter asks. In a writing session nobody else answers about this referral until the end of it.

    Raises :class:`Missing` where it asks nothing any more: it was taken back, a newer one asks the same, or the
    referral, the vendor or the business is gone.
    """
    letter = session.get(ReferralLetter, letter_id)
    if letter is None or letter.kind is not ReferralLetterKind.ASK:
        raise Missing
    referral = referrals.find(session, letter.referral_id)
    if _newest_ask(session, letter) != letter.id:
        raise Missing
    connector = members.membership(session, session.workspace_id, referral.connector_id)
    assert connector is not None  # a referral refers to its connector's membership
    return Asked(
        letter=letter,
        referral=referral,
        vendor=session.get_one(Vendor, referral.vendor_id),
        opening=session.get_one(Opening, referral.opening_id),
        connector=connector,
        steps=tuple(referrals.steps_of(session, referral)),
        is_leaving=introductions.is_leaving(session, referral),
    )


def is_by_letter(asked: Asked, *, settings: Settings) -> bool:
    """Whether letters from here can introduce them, as far as anybody knows now: both are still to be written to."""
    found = introductions.obstacles(session_of(asked.referral), settings, asked.referral)
    return all(one.kind in _NOT_OF_LETTERS for one in found)


def terms(asked: Asked, answer: ReferralAnswer, *, by_letter: bool = True) -> str:
    """What an answer brings about, in the words that stand beside its button. ``by_letter``: as :func:`is_by_letter`
    says; where it is not so, nobody is told why, for it may be about the other side."""
    if answer is ReferralAnswer.NOT_NOW:
        return _("Nothing is shared. If the time comes, say yes on this page.")
    if answer is ReferralAnswer.NO:
        return _("Nothing is shared, and %(other)s is not told.", other=asked.other)
    name = asked.letter.recipient_name
    shared = _("your name, %(name)s, and your address, %(address)s", name=name, address=asked.letter.recipient)
    shared = shared if name else _("your address, %(address)s", address=asked.letter.recipient)
    connector = asked.connector.user.name
    if by_letter:
        return _(
            "If they say yes too, %(connector)s introduces you by e-mail: %(other)s gets %(shared)s, and you get "
            "theirs. Until then neither of you learns the other’s address.",
            connector=connector,
            other=asked.other,
            shared=shared,
        )
    return _(
        "If they say yes too, %(connector)s introduces you in another way: %(other)s gets %(shared)s, and you get "
        "theirs. Until then neither of you learns the other’s address.",
        connector=connector,
        other=asked.other,
        shared=shared,
    )


def answer(asked: Asked, said: ReferralAnswer, *, settings: Settings, note: str = "") -> None:
    """Record what they answered, with the words that they saw, and let follow what follows from it.

    The same answer again changes its note at the most. Raises :class:`Refused` once the introduction is leaving.
    """
    if not asked.is_open:
        raise Refused(lazy("The introduction is on its way, so your answer cannot be changed any more."))
    session = session_of(asked.referral)
    by = asked.connector
    if said is asked.now:
        _say_again(session, asked, note, settings)
        return
    step = referrals.record_step(
        asked.referral,
        by=by,
        state=referral_rules.ANSWERED[asked.letter.side, said],
        happened_on=by.workspace.today,
        channel=Channel.EMAIL,
        note=note,
    )
    _consent(session, asked, step, said, settings)
    introductions.follow(asked.referral, by=by, settings=settings)
    if _is_our_turn(session, asked, said):
        asked.referral.follow_up_on = by.workspace.today
        touches.refresh(session, asked.vendor)


def _say_again(session: WorkspaceSession, asked: Asked, note: str, settings: Settings) -> None:
    """The same answer once more. Where somebody noted it for them, it is their own from now on."""
    step = asked.step
    assert step is not None
    assert asked.now is not None
    known = session.scalars(select(ReferralConsent.id).where(ReferralConsent.step_id == step.id)).first()
    if known is None:
        _consent(session, asked, step, asked.now, settings)
    if note and note not in step.note.split("\n"):
        _add_words(asked, step, note)


def _add_words(asked: Asked, step: ReferralStep, note: str) -> None:
    """What was noted before stays: it may be the team's own."""
    words = f"{step.note}\n{note}" if step.note else note
    if len(words) > limits.TIMELINE_TEXT:
        name = asked.connector.user.name
        raise Refused(lazy("There is no room for more here. Write to %(name)s.", name=name), field="note")
    referrals.change_note(asked.referral, step, words)


def _consent(
    session: WorkspaceSession, asked: Asked, step: ReferralStep, said: ReferralAnswer, settings: Settings
) -> None:
    words = f"{word(said)}. {terms(asked, said, by_letter=is_by_letter(asked, settings=settings))}"
    session.add(ReferralConsent(step_id=step.id, letter_id=asked.letter.id, words=words))
    session.flush()


def _is_our_turn(session: WorkspaceSession, asked: Asked, said: ReferralAnswer) -> bool:
    """Whether it stands in Today at once: after a no, and after a yes that nothing follows by itself. For the rest the
    usual time is soon enough."""
    if said is not ReferralAnswer.YES:
        return said is ReferralAnswer.NO
    sides = referral_rules.sides([one.state for one in asked.steps])
    other = next((state for side, state in sides.items() if side is not asked.letter.side), None)
    if other in referral_rules.YESES:
        return introductions.leaves_at(session, asked.referral) is None
    return other is None


def _newest_ask(session: WorkspaceSession, letter: ReferralLetter) -> int | None:
    return session.scalars(
        select(ReferralLetter.id)
        .where(
            ReferralLetter.referral_id == letter.referral_id,
            ReferralLetter.side == letter.side,
            ReferralLetter.kind == ReferralLetterKind.ASK,
            ReferralLetter.taken_back_at.is_(None),
        )
        .order_by(ReferralLetter.id.desc())
        .limit(1)
    ).first()
