"""Reminders: one thing for one person to act on."""

from typing import Any

from crm.api.fields import (
    AskedFlag,
    Body,
    Day,
    Instant,
    Line,
    Of,
    Pick,
    Shown,
    asked_number,
    number,
)
from crm.api.gate import NOTHING, Answer, Call, Noun
from crm.api.paging import asking, paged, several, step
from crm.api.vendors import NextTouch, next_touch
from crm.core import limits
from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy
from crm.domain import reminders
from crm.domain.next_touch import SnoozeChoice
from crm.models import vocabulary
from crm.models.enums import ReminderEnd, ReminderKind
from crm.queries import reminders as reading

noun = Noun("reminders", "One thing for one person to act on. An act on it closes it for everyone.")


class ReminderShown(Shown):
    """One thing to act on."""

    id = number()
    vendor_id = number()
    user_id = number("Whose it is: a member.")
    kind = Pick(ReminderKind)
    subject_id = number("What it is about, by its kind: the vendor, a promise, a parking and so on.")
    due_on = Day()
    shown_on = Day("The day on which it appears in Today.")
    why = Line("The reason, in words.", most=limits.TEXT_LENGTH)
    created_at = Instant()
    ended_at = Instant(allow_none=True)
    ended_by = number(allow_none=True)
    ended_how = Pick(ReminderEnd, allow_none=True)


class Putting(Body):
    """How long to put it off: a length, or a day."""

    length = Pick(SnoozeChoice, "From the later of today and its date.")
    until = Day("From tomorrow on.")


class Empty(Body):
    """Nothing needs to be said."""


class Done(Shown):
    """What an act on a reminder did."""

    reminder_id = number()
    vendor_id = number()
    interaction_id = number("The conversation that a check-in's completion logged.", allow_none=True)
    snooze_id = number("With DELETE /snoozes/{id} it is taken back.", allow_none=True)
    skip_id = number("With DELETE /skips/{id} it is taken back.", allow_none=True)
    next_touch = Of(NextTouch, "The vendor's next touch now.", allow_none=True)


class Taking(Body):
    """Which conversation goes with it."""

    interaction_id = asked_number("The conversation that the completion logged.")


RemindersAsked = asking(
    "Reminders",
    reading.SORTS,
    user_id=asked_number(),
    vendor_id=asked_number(),
    kind=Pick(ReminderKind),
    is_open=AskedFlag("Those that are not done."),
    due_before=Day("Those due on this day or before."),
)
_EXACT = ("user_id", "vendor_id", "kind", "is_open", "due_before")


@noun.get("/reminders", asks=RemindersAsked, gives=several(ReminderShown))
def index(call: Call) -> Answer:
    """Lists the team's reminders; being mentioned is shown to whom it concerns alone."""
    exact = {name: call.asked[name] for name in _EXACT if name in call.asked}
    found = reading.listed(call.session, step(call, "reminders"), reader=call.member, words=call.asked["q"], **exact)
    return paged(call, "reminders", found, [_shown(call, reminder) for reminder in found.rows])


@noun.get("/reminders/<int:reminder_id>", gives=ReminderShown)
def show(call: Call, reminder_id: int) -> Answer:
    """Shows one reminder."""
    return Answer(_shown(call, _found(call, reminder_id)))


@noun.post("/reminders/<int:reminder_id>/completion", takes=Empty, gives=Done)
def complete(call: Call, reminder_id: int) -> Answer:
    """Done. A check-in is logged with it, a promise is kept, a revisit keeps the vendor parked."""
    reminder = _found(call, reminder_id)
    done = reminders.complete(call.session, reminder, by=call.member)
    return _done(call, reminder, done.vendor, interaction_id=done.interaction_id)


@noun.delete("/reminders/<int:reminder_id>/completion", matches=False, asks=Taking)
def reopen(call: Call, reminder_id: int) -> Answer:
    """Takes Done back; for a check-in, `interaction_id` names the conversation that it logged."""
    reminder = _found(call, reminder_id)
    reminders.undo_complete(call.session, reminder, by=call.member, interaction_id=call.asked.get("interaction_id"))
    return NOTHING


@noun.post("/reminders/<int:reminder_id>/snooze", takes=Putting, gives=Done)
def snooze(call: Call, reminder_id: int) -> Answer:
    """Puts a reminder off: a length, or until a day."""
    reminder = _found(call, reminder_id)
    said = [call.body[name] for name in ("length", "until") if name in call.body]
    if len(said) != 1:
        raise Refused(lazy("Say either length or until."), field="until")
    row = reminders.snooze(call.session, reminder, by=call.member, choice=said[0])
    return _done(call, reminder, reminders.vendor_of(call.session, reminder), snooze_id=row.id)


@noun.post("/reminders/<int:reminder_id>/skip", takes=Empty, gives=Done)
def skip(call: Call, reminder_id: int) -> Answer:
    """Leaves this check-in out and waits for the one after it."""
    reminder = _found(call, reminder_id)
    row = reminders.skip(call.session, reminder, by=call.member)
    return _done(call, reminder, reminders.vendor_of(call.session, reminder), skip_id=row.id)


@noun.delete("/snoozes/<int:snooze_id>", matches=False)
def undo_snooze(call: Call, snooze_id: int) -> Answer:
    """Takes a snooze back."""
    reminders.undo_snooze(call.session, snooze_id, by=call.member)
    return NOTHING


@noun.delete("/skips/<int:skip_id>", matches=False)
def undo_skip(call: Call, skip_id: int) -> Answer:
    """Takes a skip back."""
    reminders.undo_skip(call.session, skip_id, by=call.member)
    return NOTHING


def _found(call: Call, reminder_id: int) -> Any:
    reminder = reminders.find(call.session, reminder_id)
    if not reading.may_see(call.member, reminder):
        raise Missing
    return reminder


def _done(call: Call, reminder: Any, vendor: Any, **made: int | None) -> Answer:
    nothing = {"interaction_id": None, "snooze_id": None, "skip_id": None}
    value = {"reminder_id": reminder.id, "vendor_id": vendor.id, **nothing, **made}
    return Answer({**value, "next_touch": next_touch(vendor, call.readers_day)})


def _shown(call: Call, reminder: Any) -> dict[str, Any]:
    names = [name for name in ReminderShown().fields if name != "why"]
    return {
        **{name: getattr(reminder, name) for name in names},
        "why": vocabulary.why(reminder.why, call.readers_day),
    }
