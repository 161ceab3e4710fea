"""Today: whom to write to, and what would be kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request, url_for

from crm.core import clock, formats, limits
from crm.core.dates import OpenDays
from crm.core.i18n import _, ngettext
from crm.domain import matches, mirror, open_days, suggested_moves
from crm.domain.permissions import Act
from crm.domain.reminders import SNOOZED, snooze_dates
from crm.domain.suggested_moves import Situation
from crm.models import vocabulary
from crm.models.enums import ReminderKind, Stage
from crm.queries import reminders as reminder_queries
from crm.queries.reminders import Figures, LastSaid, TodayRow, Totals
from crm.web import snoozes, today_lines
from crm.web.gate import Pages, Visit
from crm.web.replies import AnyReply, page
from crm.web.today_lines import Shared, TodayLine
from crm.web.ways import page_number

pages = Pages("today")
_MANAGE = Act.MANAGE


@dataclass(frozen=True, slots=True)
class Ripe:
    """A parked vendor for whom the time looks right: what came true, and why they are parked."""

    row: TodayRow
    headline: str
    further: list[str]
    """What else came true."""
    parked: str
    whose: str


@pages.get("/today", Act.SEE)
def show(visit: Visit) -> AnyReply:
    """What is due, the latest first; then trial tasks, and what is handed over and late; in the margin mentions and the
    days ahead."""
    may_see_all = visit.may(_MANAGE)
    everyone = may_see_all and request.args.get("who") == "everyone"
    size, number = limits.TODAY_ROWS, page_number()
    found = reminder_queries.today_rows(
        visit.session, visit.member, visit.today, everyone=everyone, limit=size, offset=(number - 1) * size
    )
    ids = sorted({row.vendor_id for row in found.rows})
    said = reminder_queries.last_said(visit.session, ids)
    parked = sorted({row.vendor_id for row in found.rows if row.stage in (Stage.PARKED, Stage.ACTIVE)})
    openings = matches.openings_for(visit.session, parked, visit.workspace.today)
    days = open_days.of_business(visit.session, visit.workspace)
    since = mirror.offered_since(visit.member)
    figures = reminder_queries.figures(
        visit.session, visit.today, reader=visit.member, mirror_since=since, everyone=everyone
    )
    came_true = [row for row in found.rows if row.kind is ReminderKind.TRIGGER]
    ripe = _ripe(visit, came_true)
    lines = [_line(visit, row, said, openings, days) for row in found.rows if row not in came_true]
    return page(
        "today/show.html",
        greeting=_greeting(visit),
        sentence=_sentence(found.totals, everyone=everyone),
        ripe_sentence=_ripe_sentence(ripe, found.totals.ripe),
        ripe=ripe,
        lines=[line for line in lines if line.kind not in (*reminder_queries.TRIED, *reminder_queries.HANDED)],
        handed=[line for line in lines if line.kind in reminder_queries.HANDED],
        trials=[line for line in lines if line.kind in reminder_queries.TRIED],
        shared=Shared(visit.today, visit.may(Act.WORK), _here(everyone=everyone), everyone),
        totals=found.totals,
        ahead=found.ahead,
        mentions=reminder_queries.mentions(visit.session, visit.member),
        figures=figures,
        recheck=_recheck(visit, figures),
        mirror_is_offered=figures.mirror_is_due,
        everyone=everyone,
        may_see_all=may_see_all,
        number=number,
        is_last=number * size >= found.totals.all,
        why=vocabulary.why,
    )


def _recheck(visit: Visit, figures: Figures) -> list[tuple[str, str, date]] | None:
    """How long looking again at how ready we are can be put off, for who is asked to look again; None for others."""
    today, due_on = visit.workspace.today, figures.recheck_on
    if due_on is None or due_on > today or not visit.may(_MANAGE):
        return None
    return snoozes.from_day(due_on, today)


def _here(*, everyone: bool) -> str:
    return url_for("today.show", who="everyone") if everyone else url_for("today.show")


def _line(
    visit: Visit,
    row: TodayRow,
    said: Mapping[int, LastSaid],
    openings: Mapping[int, list[Any]],
    days: OpenDays,
) -> TodayLine:
    offered = openings.get(row.vendor_id, [])[:2] if row.kind in (ReminderKind.TOUCH, ReminderKind.REVISIT) else []
    return today_lines.line(
        row,
        why=_why(visit, row),
        said=said.get(row.vendor_id),
        openings=offered,
        move="" if offered else _move(visit, row),
        snoozes=_snoozes(visit, row, days) if row.kind in SNOOZED else [],
        whose=vocabulary.whose(row.why, _first(row.whose)),
    )


def _ripe(visit: Visit, rows: list[TodayRow]) -> list[Ripe]:
    """One for each vendor, whatever came true for them."""
    found: dict[int, Ripe] = {}
    for row in rows:
        known = found.get(row.vendor_id)
        if known is not None:
            known.further.append(vocabulary.why(row.why, visit.today))
        else:
            found[row.vendor_id] = Ripe(
                row=row,
                headline=vocabulary.headline(row.why, row.name, visit.today),
                further=[],
                parked=vocabulary.parked_since(row.parked_for, row.parked_on, visit.today)
                if row.parked_for and row.parked_on
                else "",
                whose=vocabulary.whose(row.why, _first(row.whose)),
            )
    return list(found.values())


def _ripe_sentence(ripe: list[Ripe], count: int) -> str:
    """For whom the time looks right; nothing where it does for nobody on this page."""
    if not ripe:
        return ""
    others = max(count - 1 - sum(len(each.further) for each in ripe), 0)
    if not others:
        return _("The time looks right for %(name)s.", name=ripe[0].row.name)
    words = formats.spelled(others, in_sentence=True)
    return ngettext(
        "The time looks right for %(name)s and one more.",
        "The time looks right for %(name)s and %(words)s more.",
        others,
        name=ripe[0].row.name,
        words=words,
    )


def _first(name: str | None) -> str:
    return name.split()[0] if name and name.split() else ""


def _move(visit: Visit, row: TodayRow) -> str:
    """What would be kind to do, where there is nobody to refer them to."""
    about = Situation(
        kind=row.kind,
        stage=row.stage,
        vendor_id=row.vendor_id,
        why=row.why,
        reason=row.parked_for,
        asks_for_discount=bool(row.asks_for_discount),
        offers_small_tasks=bool(row.offers_small_tasks),
    )
    return str(suggested_moves.suggest(about, visit.today) or "")


def _why(visit: Visit, row: TodayRow) -> str:
    words = vocabulary.why(row.why, visit.today)
    if row.kind is ReminderKind.TOUCH and row.parked_for is not None:
        reason = vocabulary.word(row.parked_for)
        return _("Parked: %(reason)s. %(why)s", reason=reason, why=words)
    return words


def _snoozes(visit: Visit, row: TodayRow, days: OpenDays) -> list[tuple[str, str, date]]:
    """The two lengths, each with the day it leads to: the business's next open day, the vendor's leave aside."""
    dates = snooze_dates(open_days.for_vendor(days, row), due_on=row.next_on, today=visit.workspace.today)
    return snoozes.in_words(dates)


def _greeting(visit: Visit) -> str:
    hour = clock.local(clock.now(), visit.person.time_zone).hour
    name = visit.person.first_name
    if hour < 12:
        return _("Good morning, %(name)s.", name=name)
    return _("Good afternoon, %(name)s.", name=name) if hour < 18 else _("Good evening, %(name)s.", name=name)


def _sentence(totals: Totals, *, everyone: bool) -> str:
    """One line made from the very counts of the lists below it."""
    parts = [words for words in (_check_ins(totals.late, totals.due), _others(totals), _trials(totals.trials)) if words]
    if parts or totals.ripe:
        return " ".join(parts)
    if everyone:
        return _("Nothing needs anybody today. You are on good terms with everyone.")
    return _("Nothing needs you today. You are on good terms with everyone.")


def _check_ins(late: int, due: int) -> str:
    if late and due:
        return _("%(late)s and %(due)s.", late=_late(late), due=_and_due(due))
    if late:
        return _("%(late)s.", late=_late(late))
    return _("%(due)s.", due=_due(due)) if due else ""


def _late(count: int) -> str:
    return ngettext("%(count)s check-in is late", "%(count)s check-ins are late", count, count=formats.spelled(count))


def _due(count: int) -> str:
    return ngettext(
        "%(count)s check-in is due today", "%(count)s check-ins are due today", count, count=formats.spelled(count)
    )


def _and_due(count: int) -> str:
    words = formats.spelled(count, in_sentence=True)
    return ngettext("%(count)s is due today", "%(count)s are due today", count, count=words)


def _others(totals: Totals) -> str:
    count = totals.others
    if not count:
        return ""
    words = formats.spelled(count)
    if totals.late or totals.due:
        return ngettext("%(count)s more thing needs you.", "%(count)s more things need you.", count, count=words)
    return ngettext("%(count)s thing needs you.", "%(count)s things need you.", count, count=words)


def _trials(count: int) -> str:
    if not count:
        return ""
    words = formats.spelled(count)
    return ngettext("%(count)s trial task waits for you.", "%(count)s trial tasks wait for you.", count, count=words)
