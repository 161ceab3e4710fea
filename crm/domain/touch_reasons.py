"""Reasons to be in touch with a vendor, the most honest first: only those that hold, each with why it holds.

Pure but for :func:`facts_about`, which gathers what they rest on. What only some of the team may read has no part in
them, and a reason's evidence is for the writer's eyes: a draft never quotes a note.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from crm.core import formats, markdown, text
from crm.core.i18n import LazyText, _, ngettext
from crm.core.tenancy import session_of
from crm.domain import matches, small_tasks, suggested_moves, touches
from crm.mail import drafts
from crm.mail.drafts import Draft
from crm.models import vocabulary
from crm.models.enums import Availability, ParkingReason, PromiseKind, ReferralState, Stage, TouchReason
from crm.models.vendors import Vendor
from crm.queries import touch_reasons
from crm.queries.touch_reasons import PromiseRow, ReferralRow, ResultRow, SaidRow

PROMISE_AHEAD = timedelta(days=14)
"""A promise that is due later is no reason to write today."""
OUTCOME_AFTER, OUTCOME_WITHIN = timedelta(days=7), timedelta(days=60)
RESULT_WITHIN = timedelta(days=120)
NEWS_AFTER, NEWS_WITHIN = timedelta(days=7), timedelta(days=365)
KNOWN_FOR = timedelta(days=60)
"""What somebody said of their time is worth asking about again after that."""
EACH = 3
WORDS_LENGTH = 160

_UNDER_WAY = (ReferralState.INTRODUCED, ReferralState.TALKING)
_SETTLED = (ReferralState.WON, ReferralState.LOST, ReferralState.NO_REPLY)
_INTRODUCED = (*_UNDER_WAY, *_SETTLED, ReferralState.THANKED)


@dataclass(frozen=True, slots=True)
class OpeningFact:
    """A business that looks for someone, and to which the vendor may be referred."""

    id: int
    business: str
    need: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known on a day that a reason can rest on. Nothing in it is for some of the team only."""

    today: date
    vendor: str
    stage: Stage = Stage.ACTIVE
    do_not_contact: bool = False
    availability: Availability = Availability.UNKNOWN
    availability_as_of: date | None = None
    availability_until: date | None = None
    leave: tuple[date, date] | None = None
    parked_for: ParkingReason | None = None
    offers_small_tasks: bool = False
    small_task: tuple[int, str] | None = None
    """A small need that suits them while they are parked: its id and its outcome."""
    asks_for_discount: bool = False
    promises: Sequence[PromiseRow] = ()
    referrals: Sequence[ReferralRow] = ()
    openings: Sequence[OpeningFact] = ()
    result: ResultRow | None = None
    said: SaidRow | None = None

    @property
    def is_full(self) -> bool:
        return self.availability is Availability.FULL

    @property
    def is_away(self) -> bool:
        return self.leave is not None and self.leave[0] <= self.today <= self.leave[1]


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason that holds: what it rests on, in the reader's words; what would be kind; and what a letter would say."""

    kind: TouchReason
    subject_id: int
    why: str
    move: LazyText | None
    subject: str
    words: tuple[str, ...]
    """The paragraphs of the letter between its greeting and its signature."""

    @property
    def key(self) -> str:
        return f"{self.kind}-{self.subject_id}"


def facts_about(vendor: Vendor, today: date) -> Facts:
    """What is known of a vendor, as far as the whole team may read it. Seven questions."""
    session = session_of(vendor)
    parking = touches.open_parking(session, vendor)
    tasks = small_tasks.for_vendors(session, [vendor.id], today)[vendor.id]
    found = matches.openings_for(session, [vendor.id], today)[vendor.id]
    return Facts(
        today=today,
        vendor=vendor.name,
        stage=vendor.stage,
        do_not_contact=vendor.do_not_contact,
        availability=vendor.availability,
        availability_as_of=vendor.availability_as_of,
        availability_until=vendor.availability_until,
        leave=(vendor.leave_from, vendor.leave_to) if vendor.leave_from and vendor.leave_to else None,
        parked_for=parking.reason if parking else None,
        offers_small_tasks=parking is not None and parking.offer_small_tasks,
        small_task=(tasks[0].offer.need_id, tasks[0].offer.outcome) if tasks else None,
        asks_for_discount=parking is not None and parking.ask_for_discount,
        promises=touch_reasons.promises_of(session, vendor.id),
        referrals=touch_reasons.referrals_of(session, vendor.id),
        openings=[OpeningFact(row.id, row.business, row.what_they_need) for row in found],
        result=touch_reasons.last_result(session, vendor.id),
        said=touch_reasons.last_said(session, vendor.id),
    )


def reasons(facts: Facts) -> list[Reason]:
    """The reasons that hold, the most honest first. Whoever asked to be left alone gives none."""
    if facts.do_not_contact:
        return []
    return [
        *_few(_promises(facts)),
        *_few(_outcomes(facts)),
        *_few(_openings(facts)),
        *_result(facts),
        *_small_task(facts),
        *_discount(facts),
        *_news(facts),
        *_availability(facts),
    ]


def draft(reason: Reason | None, *, to: str, address: str, sender: str) -> Draft:
    """The letter for a reason, to a person by their first name; without a reason only its greeting and signature."""
    paragraphs = [drafts.greeting(to), *(reason.words if reason else ()), sender]
    return Draft((address,) if address else (), reason.subject if reason else "", drafts.join(paragraphs))


def rewritten(typed: tuple[str, str], before: Draft, after: Draft) -> tuple[str, str]:
    """Subject and text once another reason or reader is chosen. What somebody has changed stays as they have it, but
    for a greeting that they left as it was."""
    subject, body = typed
    old_greeting, new_greeting = (each.body.split("\n", 1)[0] for each in (before, after))
    if body in ("", before.body):
        body = after.body
    elif body.startswith(old_greeting):
        body = new_greeting + body.removeprefix(old_greeting)
    return (after.subject if subject in ("", before.subject) else subject), body


def _few(found: Iterator[Reason]) -> list[Reason]:
    return [reason for reason, _number in zip(found, range(EACH), strict=False)]


# A promise to keep


def _promises(facts: Facts) -> Iterator[Reason]:
    near = [row for row in facts.promises if row.due_on <= facts.today + PROMISE_AHEAD]
    for row in sorted(near, key=lambda row: _PROMISE_ORDER.index(row.kind)):
        if row.kind is PromiseKind.OURS:
            yield _our_promise(row, facts.today)
        elif row.kind is PromiseKind.FOLLOW_UP:
            yield _follow_up(row, facts.today)
        elif row.due_on < facts.today:
            yield _their_promise(row, facts.today)


_PROMISE_ORDER = (PromiseKind.OURS, PromiseKind.FOLLOW_UP, PromiseKind.THEIRS)


def _our_promise(row: PromiseRow, today: date) -> Reason:
    day = formats.day(row.due_on, today)
    words = [
        _("I haven’t forgotten what I promised you for %(day)s: %(what)s.", day=day, what=_sentence(row.what))
        if row.what
        else _("I haven’t forgotten what I promised you for %(day)s.", day=day)
    ]
    if row.due_on < today:
        words.append(_("I’m sorry that it’s late."))
    return Reason(
        TouchReason.PROMISE,
        row.id,
        _promised(_("We promised for %(day)s", day=day), row.what),
        suggested_moves.KEEP_PROMISE,
        _("What I promised you"),
        tuple(words),
    )


def _follow_up(row: PromiseRow, today: date) -> Reason:
    day = formats.day(row.due_on, today)
    return Reason(
        TouchReason.PROMISE,
        row.id,
        _promised(_("You wanted to follow up on %(day)s", day=day), row.what),
        None,
        _("Back in touch"),
        (_("I meant to be in touch about now, so here I am."), _("How are things with you?")),
    )


def _their_promise(row: PromiseRow, today: date) -> Reason:
    day = formats.day(row.due_on, today)
    noted = (
        _("I had this down for %(day)s: %(what)s.", day=day, what=_sentence(row.what))
        if row.what
        else _("I had something of yours down for %(day)s.", day=day)
    )
    return Reason(
        TouchReason.PROMISE,
        row.id,
        _promised(_("They promised for %(day)s", day=day), row.what),
        suggested_moves.ASK_ABOUT_PROMISE,
        _("Is anything in the way?"),
        (noted, _("Is anything in the way that I can help with?")),
    )


def _promised(begins: str, what: str) -> str:
    return _("%(begins)s: %(what)s", begins=begins, what=what) if what else f"{begins}."


# The outcome of a referral


def _outcomes(facts: Facts) -> Iterator[Reason]:
    for row in facts.referrals:
        age = facts.today - row.since
        if row.state in _UNDER_WAY and age >= OUTCOME_AFTER:
            words = _(
                "I introduced you to %(business)s a while ago, and I’d like to know how it went.", business=row.business
            )
        elif row.state is ReferralState.WON and age <= OUTCOME_WITHIN:
            words = _("I’m glad that it worked out between you and %(business)s.", business=row.business)
        elif row.state in _SETTLED and age <= OUTCOME_WITHIN:
            words = _(
                "I’m sorry that nothing came of it with %(business)s. I’ll keep you in mind for the next one.",
                business=row.business,
            )
        else:
            continue
        state, day = vocabulary.word(row.state), formats.day(row.since, facts.today)
        yield Reason(
            TouchReason.REFERRAL_OUTCOME,
            row.id,
            _(
                "%(business)s: %(state)s since %(day)s",
                business=row.business,
                state=state,
                day=day,
            ),
            suggested_moves.ASK_HOW_IT_WENT if row.state in _UNDER_WAY else None,
            _("You and %(business)s", business=row.business),
            (words,) if row.state in (ReferralState.LOST, ReferralState.NO_REPLY) else (words, _("How is it going?")),
        )


# A business that could use them


def _openings(facts: Facts) -> Iterator[Reason]:
    for row in facts.openings:
        said = drafts.asks_about(row.business, row.need)
        yield Reason(
            TouchReason.OPENING,
            row.id,
            _("%(business)s is looking: %(need)s", business=row.business, need=row.need)
            if row.need
            else _("%(business)s is looking for someone like them.", business=row.business),
            suggested_moves.refer_to(row.business),
            drafts.asks_to_introduce(row.business),
            said,
        )


# What we ask, offer and tell


def _result(facts: Facts) -> Iterator[Reason]:
    row = facts.result
    if row is None or facts.today - row.on > RESULT_WITHIN:
        return
    day = formats.day(row.on, facts.today)
    yield Reason(
        TouchReason.RESULT,
        row.id,
        _promised(_("They delivered on %(day)s", day=day), _excerpt(row.words)),
        None,
        _("What came of your work"),
        (
            _("I’d like to tell you what came of the work you sent us on %(day)s.", day=day),
            _("Do you have ten minutes for that this week?"),
        ),
    )


def _small_task(facts: Facts) -> Iterator[Reason]:
    if facts.is_full or facts.is_away:
        return
    if facts.small_task is not None:
        need_id, outcome = facts.small_task
        yield Reason(
            TouchReason.SMALL_TASK,
            need_id,
            _("A small task in their niche is open: %(what)s", what=outcome),
            suggested_moves.OFFER_SMALL_TASK,
            _("A small job that may suit you"),
            (
                _("We can’t take on anything big just now, but there is something small: %(what)s", what=outcome),
                _("Would you like to do it, and by when could you?"),
            ),
        )
        return
    if not facts.offers_small_tasks:
        return
    yield Reason(
        TouchReason.SMALL_TASK,
        0,
        _("You noted when you parked them: offer small tasks that fit the budget."),
        suggested_moves.OFFER_SMALL_TASK,
        _("Would a small job suit you?"),
        (
            _("We can’t take on anything big just now, but a small job may come up."),
            _("Would a few paid hours suit you, and what would you want to know first?"),
        ),
    )


def _discount(facts: Facts) -> Iterator[Reason]:
    if not facts.asks_for_discount:
        return
    sent = sum(row.state in _INTRODUCED for row in facts.referrals)
    why = _("You noted when you parked them: ask for a better price in return for referrals.")
    if sent:
        so_far = ngettext("One introduction so far.", "%(num)s introductions so far.", sent)
        opening_words = _("I’ve introduced you to people before, and I’d like to go on doing that.")
    else:
        so_far = _("No introductions so far.")
        opening_words = _("I’d like to send people your way.")
    yield Reason(
        TouchReason.DISCOUNT,
        0,
        f"{why} {so_far}",
        suggested_moves.ASK_FOR_DISCOUNT,
        _("An idea about your price"),
        (opening_words, _("For those that come to something, would you meet us on price in return?")),
    )


def _news(facts: Facts) -> Iterator[Reason]:
    row = facts.said
    if row is None or not NEWS_AFTER <= facts.today - row.on <= NEWS_WITHIN:
        return
    day = formats.day(row.on, facts.today)
    if row.was_said:
        first = _("We last spoke on %(day)s, and I’ve been wondering how it went since.", day=day)
        why = _("Last said on %(day)s: “%(words)s”", day=day, words=_excerpt(row.words))
    else:
        first = _("You came to mind today.")
        why = _("Noted on %(day)s: “%(words)s”", day=day, words=_excerpt(row.words))
    yield Reason(
        TouchReason.NEWS,
        row.id,
        why,
        suggested_moves.ASK_WHAT_IS_NEW,
        _("How has it gone since?") if row.was_said else _("How are you?"),
        (first, _("What’s new with you?")),
    )


def _availability(facts: Facts) -> Iterator[Reason]:
    why = _what_is_not_known(facts)
    if why is None or facts.is_away:
        return
    is_full = facts.is_full or facts.parked_for is ParkingReason.AT_CAPACITY
    yield Reason(
        TouchReason.AVAILABILITY,
        0,
        why,
        suggested_moves.ASK_FOR_ROOM if is_full else None,
        _("When will you have room?"),
        (
            _("When do you think you’ll have room again?")
            if is_full
            else _("How full are your next few months? Is there room for something new?"),
            _("No hurry: it helps me plan."),
        ),
    )


def _what_is_not_known(facts: Facts) -> str | None:
    """Why a question about their time makes sense; None where it was answered lately."""
    if facts.availability is Availability.UNKNOWN:
        return _("You don’t know whether they have room.")
    said = vocabulary.word(facts.availability)
    if facts.availability_until is not None and facts.availability_until < facts.today:
        day = formats.day(facts.availability_until, facts.today)
        return _("Their time was “%(said)s” until %(day)s.", said=said, day=day)
    if facts.availability_as_of is None:
        return _("Their time is “%(said)s”, and nobody noted since when.", said=said)
    if facts.availability_as_of < facts.today - KNOWN_FOR:
        day = formats.day(facts.availability_as_of, facts.today)
        return _("Their time was “%(said)s” on %(day)s; nobody asked since.", said=said, day=day)
    return None


def _sentence(what: str) -> str:
    """Words of a promise as the end of a sentence."""
    return what.rstrip(" .!")


def _excerpt(words: str) -> str:
    plain = text.clean_line(markdown.plain(words))
    return plain if len(plain) <= WORDS_LENGTH else plain[: WORDS_LENGTH - 1].rstrip() + "…"


def chosen(found: Iterable[Reason], key: str) -> Reason | None:
    """The reason of that key, None where it is not among those that hold."""
    return next((reason for reason in found if reason.key == key), None)
