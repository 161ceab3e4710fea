"""What one does with a reminder: done, put off, left out, and each of them taken back."""

from datetime import date
from typing import Any

from flask import request, url_for

from crm.core import formats
from crm.core.i18n import _
from crm.domain import reminders
from crm.domain.permissions import Act
from crm.forms.reminders import until
from crm.models.enums import ReminderKind
from crm.web import parked
from crm.web.gate import Pages, Visit, typed
from crm.web.replies import AnyReply, see_path
from crm.web.ways import way_back

pages = Pages("reminders")


@pages.post("/reminders/<int:reminder_id>/done", Act.WORK)
def done(visit: Visit, reminder_id: int) -> AnyReply:
    """It is done; a check-in is logged with it."""
    completed = reminders.complete(visit.session, reminders.find(visit.session, reminder_id), by=visit.member)
    undo = url_for("reminders.undo_done", reminder_id=reminder_id, interaction=completed.interaction_id, back=_back())
    return see_path(_back(), toast=_done_words(visit, completed), undo=undo)


@pages.post("/reminders/<int:reminder_id>/done/undo", Act.WORK)
def undo_done(visit: Visit, reminder_id: int) -> AnyReply:
    """It is not done after all."""
    reminder = reminders.find(visit.session, reminder_id)
    vendor = reminders.undo_complete(
        visit.session, reminder, by=visit.member, interaction_id=request.args.get("interaction", type=int)
    )
    return see_path(_back(), toast=_("Taken back. %(name)s is on the list again.", name=vendor.name))


@pages.post("/reminders/<int:reminder_id>/snooze", Act.WORK)
def snooze(visit: Visit, reminder_id: int) -> AnyReply:
    """Put it off: a week, a month, or to a day."""
    reminder = reminders.find(visit.session, reminder_id)
    row = reminders.snooze(visit.session, reminder, by=visit.member, choice=until(typed().get("until", "")))
    words = _("Snoozed until %(day)s.", day=formats.day(_due_of(visit, row), visit.today))
    return see_path(_back(), toast=words, undo=url_for("reminders.undo_snooze", snooze_id=row.id, back=_back()))


@pages.post("/snoozes/<int:snooze_id>/undo", Act.WORK)
def undo_snooze(visit: Visit, snooze_id: int) -> AnyReply:
    """The date as it was."""
    vendor = reminders.undo_snooze(visit.session, snooze_id, by=visit.member)
    return see_path(_back(), toast=_("Taken back. %(name)s is on the list again.", name=vendor.name))


@pages.post("/reminders/<int:reminder_id>/skip", Act.WORK)
def skip(visit: Visit, reminder_id: int) -> AnyReply:
    """Leave this check-in out."""
    reminder = reminders.find(visit.session, reminder_id)
    row = reminders.skip(visit.session, reminder, by=visit.member)
    vendor = reminders.vendor_of(visit.session, reminder)
    words = _("Skipped. %(next)s", next=_next_words(visit, vendor))
    return see_path(_back(), toast=words, undo=url_for("reminders.undo_skip", skip_id=row.id, back=_back()))


@pages.post("/skips/<int:skip_id>/undo", Act.WORK)
def undo_skip(visit: Visit, skip_id: int) -> AnyReply:
    """The check-in is on again."""
    vendor = reminders.undo_skip(visit.session, skip_id, by=visit.member)
    return see_path(_back(), toast=_("Taken back. %(name)s is on the list again.", name=vendor.name))


def _back() -> str:
    return way_back(url_for("today.show"))


def _due_of(visit: Visit, snooze: Any) -> date:
    """The day on which it will be due: the one that was picked, or the open day after it."""
    due: date = reminders.due_on(visit.session, snooze) or snooze.until
    return due


def _done_words(visit: Visit, completed: reminders.Completed) -> str:
    if completed.kind is ReminderKind.MENTION:
        return _("Seen.")
    if completed.kind is ReminderKind.STANDING:
        return _("Renewed for 12 months.")
    if completed.kind is ReminderKind.WORK:
        return _("Noted: it came today.")
    if completed.kind is ReminderKind.ACCESS:
        return _("Noted: taken back today.")
    if completed.kind is ReminderKind.QUESTION:
        return _("Noted: answered.")
    if completed.kept_until is not None:
        return parked.stays(visit, completed.vendor, completed.kept_until)
    return _("Done. %(next)s", next=_next_words(visit, completed.vendor))


def _next_words(visit: Visit, vendor: Any) -> str:
    if vendor.next_on is None:
        return _("Nothing is planned with %(name)s.", name=vendor.name)
    day = formats.near_day(vendor.next_on, visit.today)
    if vendor.due_kind is ReminderKind.TOUCH:
        return _("Next check-in with %(name)s: %(day)s.", name=vendor.name, day=day)
    return _("Next with %(name)s: %(day)s.", name=vendor.name, day=day)
