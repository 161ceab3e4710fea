"""Pages that a letter's links open, without signing in. A GET shows; only the POST of its one button acts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import g

from crm.core.errors import Missing, Refused
from crm.core.tenancy import WorkspaceSession, inside
from crm.domain import readiness, readiness_reminders, reminder_links, reminders
from crm.domain.reminder_links import DONE, RECHECK, SNOOZE, Errand, Found
from crm.forms.reminder_links import SnoozeForm
from crm.models import vocabulary
from crm.models.enums import ReminderEnd, ReminderKind
from crm.queries import members
from crm.web import snoozes
from crm.web.extensions import csrf
from crm.web.gate import LINK, DoorVisit, Pages, carries_out, typed
from crm.web.replies import AnyReply, page, refusal

pages = Pages("reminder_links")


@dataclass(frozen=True, slots=True)
class Shown:
    """What such a page says, read before the session ends."""

    vendor: str
    why: str
    kind: ReminderKind
    business: str
    slug: str
    vendor_id: int
    today: date
    zone: str
    is_open: bool
    due_on: date
    ended_by: str
    ended_at: datetime | None
    was_done: bool


@dataclass(frozen=True, slots=True)
class ShownCheck:
    """What the page says on which looking again at how ready the business is can be put off."""

    member: Any
    business: str
    slug: str
    due_on: date
    is_open: bool

    @property
    def today(self) -> date:
        """The reader's day."""
        day: date = self.member.user.today
        return day


@pages.get("/reminder-links/<token>/done", LINK)
def done(visit: DoorVisit, token: str) -> AnyReply:
    """Is it done?"""
    return _at(visit, DONE, token, lambda _rows, _found, shown: page("reminder_links/done.html", shown=shown))


@pages.post("/reminder-links/<token>/done", LINK)
def complete(visit: DoorVisit, token: str) -> AnyReply:
    """It is done."""

    def act(rows: WorkspaceSession, found: Found, shown: Shown) -> AnyReply:
        if not shown.is_open:
            return page("reminder_links/done.html", shown=shown)
        member = members.membership(rows, rows.workspace_id, found.reminder.user_id)
        assert member is not None
        try:
            completed = reminders.complete(rows, found.reminder, by=member)
        except Refused as refused:
            return refusal("reminder_links/done.html", shown=shown, problem=str(refused.words))
        # What was said is added to the conversation that Done has logged: another one would count the touch twice.
        values = {
            "next_on": completed.vendor.next_on,
            "logged_id": completed.interaction_id,
            "kept_until": completed.kept_until,
            "came_id": completed.subject_id if completed.kind is ReminderKind.WORK else None,
        }
        return page("reminder_links/done.html", shown=shown, was_completed=True, **values)

    return _at(visit, DONE, token, act)


@pages.get("/reminder-links/<token>/snooze", LINK)
def snooze(visit: DoorVisit, token: str) -> AnyReply:
    """Until when?"""
    return _at(visit, SNOOZE, token, lambda rows, found, shown: _ask_until(rows, found, shown, SnoozeForm()))


@pages.post("/reminder-links/<token>/snooze", LINK)
def put_off(visit: DoorVisit, token: str) -> AnyReply:
    """Put it off."""

    def act(rows: WorkspaceSession, found: Found, shown: Shown) -> AnyReply:
        form = SnoozeForm(typed())
        if not shown.is_open:
            return _ask_until(rows, found, shown, form)
        member = members.membership(rows, rows.workspace_id, found.reminder.user_id)
        assert member is not None
        made: list[Any] = []
        if carries_out(
            form, lambda: made.append(reminders.snooze(rows, found.reminder, by=member, choice=form.wanted))
        ):
            until = reminders.due_on(rows, made[0]) or made[0].until
            return page("reminder_links/snooze.html", shown=shown, until=until)
        return _ask_until(rows, found, shown, form, status=422)

    return _at(visit, SNOOZE, token, act)


@pages.get("/reminder-links/<token>/recheck", LINK)
def recheck(visit: DoorVisit, token: str) -> AnyReply:
    """When to look again at how ready the business is?"""
    return _at_check(visit, token, lambda _check, shown: _ask_again(shown, SnoozeForm()))


@pages.post("/reminder-links/<token>/recheck", LINK)
def put_recheck_off(visit: DoorVisit, token: str) -> AnyReply:
    """Look again later."""

    def act(check: Any, shown: ShownCheck) -> AnyReply:
        form = SnoozeForm(typed())
        if not shown.is_open:
            return _ask_again(shown, form)
        made: list[date] = []
        if carries_out(form, lambda: made.append(readiness.snooze(check, by=shown.member, choice=form.wanted))):
            return page("reminder_links/recheck.html", shown=shown, until=made[0])
        return _ask_again(shown, form, status=422)

    return _at_check(visit, token, act)


@pages.get("/unsubscribe/<token>", LINK)
def leaving(visit: DoorVisit, token: str) -> AnyReply:
    """No more letters?"""
    g.came_by_token = True
    letters = reminder_links.subscription(visit.session, visit.settings, token)
    return _over() if letters is None else page("reminder_links/unsubscribe.html", letters=letters)


@csrf.exempt  # type: ignore[untyped-decorator]
@pages.post("/unsubscribe/<token>", LINK)
def leave(visit: DoorVisit, token: str) -> AnyReply:
    """No more letters. Mail programs post here by themselves when their reader asks for it (RFC 8058)."""
    g.came_by_token = True
    letters = reminder_links.subscription(visit.session, visit.settings, token)
    if letters is None:
        return _over()
    reminder_links.unsubscribe(letters)
    visit.session.flush()
    return page("reminder_links/unsubscribe.html", letters=letters)


def _at(
    visit: DoorVisit, purpose: str, token: str, act: Callable[[WorkspaceSession, Found, Shown], AnyReply]
) -> AnyReply:
    """Find what a link is about and do something there. A link that leads nowhere any more says so."""
    g.came_by_token = True
    errand = reminder_links.read(visit.settings, purpose, token)
    if errand is None:
        return _over()
    try:
        member = reminder_links.member_of(visit.session, errand)
        with inside(visit.session, errand.workspace_id) as rows:
            found = reminder_links.find(rows, errand, member)
            return act(rows, found, _shown(rows, errand, found))
    except Missing:
        return _over()


def _at_check(visit: DoorVisit, token: str, act: Callable[[Any, ShownCheck], AnyReply]) -> AnyReply:
    """Find the readiness check that a link is about and do something there."""
    g.came_by_token = True
    errand = reminder_links.read(visit.settings, RECHECK, token)
    if errand is None:
        return _over()
    try:
        member = reminder_links.member_of(visit.session, errand)
        with inside(visit.session, errand.workspace_id) as rows:
            check, is_open = readiness_reminders.of_link(rows, errand.reminder_id, member)
            shown = ShownCheck(member, member.workspace.name, member.workspace.slug, errand.shown_on, is_open)
            return act(check, shown)
    except Missing:
        return _over()


def _ask_again(shown: ShownCheck, form: SnoozeForm, *, status: int = 200) -> AnyReply:
    dates = snoozes.from_day(shown.due_on, shown.member.workspace.today)
    template = "reminder_links/recheck.html"
    if status == 200:
        return page(template, shown=shown, form=form, dates=dates)
    return refusal(template, status=status, shown=shown, form=form, dates=dates)


def _shown(rows: WorkspaceSession, errand: Errand, found: Found) -> Shown:
    reminder, vendor = found.reminder, found.vendor
    member = members.membership(rows, errand.workspace_id, errand.user_id)
    assert member is not None
    ender = members.membership(rows, errand.workspace_id, reminder.ended_by) if reminder.ended_by else None
    return Shown(
        vendor=vendor.name,
        why=vocabulary.why(reminder.why, member.user.today),
        kind=reminder.kind,
        business=member.workspace.name,
        slug=member.workspace.slug,
        vendor_id=vendor.id,
        today=member.user.today,
        zone=member.user.time_zone,
        is_open=found.is_open,
        due_on=reminder.next_on,
        ended_by=ender.user.name if ender else "",
        ended_at=reminder.ended_at,
        was_done=reminder.ended_how is ReminderEnd.DONE,
    )


def _ask_until(rows: WorkspaceSession, found: Found, shown: Shown, form: SnoozeForm, *, status: int = 200) -> AnyReply:
    member = members.membership(rows, rows.workspace_id, found.reminder.user_id)
    assert member is not None
    dates = [(each.value, day) for each, day in reminders.snooze_days(found.vendor, found.reminder.next_on, by=member)]
    template = "reminder_links/snooze.html"
    if status == 200:
        return page(template, shown=shown, form=form, dates=dates)
    return refusal(template, status=status, shown=shown, form=form, dates=dates)


def _over() -> AnyReply:
    return refusal("reminder_links/over.html", status=404)
