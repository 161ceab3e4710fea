"""Planning: on which days a business is closed, and how many check-ins a day there are."""

from datetime import datetime
from typing import Any

from crm.core import limits
from crm.core.i18n import _, ngettext
from crm.domain import closed_days
from crm.domain.permissions import Act
from crm.forms.closed_days import CalendarForm, HolidaysForm, PlanForm
from crm.queries import closed_days as reading
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, page, refusal, see

pages = Pages("closed_days")


@pages.get("/settings/planning", Act.MANAGE)
def show(visit: Visit) -> AnyReply:
    """Holidays, closed days of one's own, the plan, and what the last night found."""
    return page("closed_days/show.html", **_all(visit))


@pages.post("/settings/planning/holidays", Act.MANAGE)
def save_holidays(visit: Visit) -> AnyReply:
    """Whose public holidays are kept. The page that follows offers that country's regions."""
    form = HolidaysForm(typed(), country_now=visit.workspace.holidays_country)
    if form.region.data not in {choice.value for choice in form.region.choices}:
        form.region.data = None

    def save() -> None:
        closed_days.choose_holidays(
            visit.session, by=visit.member, country=form.country.data or "", region=form.region.data or ""
        )

    if carries_out(form, save):
        return see("closed_days.show", toast=_("Your public holidays are saved. What is planned follows."))
    return refusal("closed_days/show.html", **_all(visit, holidays=form))


@pages.post("/settings/planning/calendar", Act.MANAGE)
def save_calendar(visit: Visit) -> AnyReply:
    """The days of a calendar file are closed, in place of those of the one before."""
    form = CalendarForm(typed())
    taken: list[int] = []

    def take() -> None:
        content = form.file.data.stream.read(limits.CALENDAR_BYTES + 1)
        taken.append(closed_days.take_file(visit.session, by=visit.member, content=content))

    is_taken = carries_out(form, take)
    if form.file.data:
        form.file.data.close()
    if is_taken:
        words = ngettext(
            "%(num)s day of your calendar is closed.", "%(num)s days of your calendar are closed.", taken[0]
        )
        return see("closed_days.show", toast=words)
    return refusal("closed_days/show.html", **_all(visit, calendar=form))


@pages.post("/settings/planning/calendar/removal", Act.MANAGE)
def remove_calendar(visit: Visit) -> AnyReply:
    """The calendar file closes nothing any more."""
    closed_days.remove_file(visit.session, by=visit.member)
    return see("closed_days.show", toast=_("The days of your calendar file are open again."))


@pages.post("/settings/planning/check-ins", Act.MANAGE)
def save_plan(visit: Visit) -> AnyReply:
    """How many check-ins a day."""
    form = PlanForm(typed())

    def save() -> None:
        closed_days.change_plan(visit.session, by=visit.member, touches_a_day=form.touches_a_day.data or 0)

    if carries_out(form, save):
        return see("closed_days.show", toast=_("Saved. The check-ins are planned anew."))
    return refusal("closed_days/show.html", **_all(visit, plan=form))


def _all(visit: Visit, **forms: Any) -> dict[str, Any]:
    """The page's forms as they stand, but for the one that was sent."""
    workspace = visit.workspace
    kept = {"country": workspace.holidays_country, "region": workspace.holidays_region}
    return {
        "holidays": forms.get("holidays")
        or HolidaysForm(formdata=None, data=kept, country_now=workspace.holidays_country),
        "calendar": forms.get("calendar") or CalendarForm(formdata=None),
        "plan": forms.get("plan") or PlanForm(formdata=None, data={"touches_a_day": workspace.touches_a_day}),
        "coming": closed_days.coming(visit.session, workspace),
        "file_days": reading.count(visit.session),
        "most_bytes": limits.CALENDAR_BYTES,
        "last_night": workspace.last_night,
        "last_night_at": _ended_at(workspace.last_night),
        "sent": next(iter(forms.values()), None),
        "today": visit.today,
    }


def _ended_at(report: dict[str, Any] | None) -> datetime | None:
    return datetime.fromisoformat(report["ended_at"]) if report else None
