"""What the team did: everybody's timeline, narrowed by person, by what it was and by day."""

from datetime import date, datetime, timedelta
from itertools import groupby

from flask import request

from crm.core import clock, limits
from crm.domain.permissions import Act
from crm.queries import activities, members
from crm.queries.activities import Asked, Sort
from crm.web.gate import Pages, Visit
from crm.web.replies import AnyReply, page

pages = Pages("activities")


@pages.get("/activity", Act.SEE)
def index(visit: Visit) -> AnyReply:
    """The newest first, by the reader's days."""
    people = members.members_of(visit.session, visit.workspace.id, active_only=False)
    who = request.args.get("who", type=int)
    sort = next((one for one in Sort if one.value == request.args.get("kind")), None)
    day = _day()
    before = request.args.get("before", type=int)
    asked = Asked(
        who=who if any(one.user_id == who for one in people) else None,
        sort=sort,
        since=_begin_of(visit, day) if day else None,
        until=_begin_of(visit, day + timedelta(days=1)) if day else None,
        before=before if before is not None and 0 < before < 2**62 else None,
    )
    rows = activities.page_of(visit.session, visit.member, asked)
    shown = rows[: limits.PAGE_ROWS]
    zone = visit.person.time_zone
    by_day = groupby(shown, lambda row: clock.local(row.recorded_at, zone).date())
    return page(
        "activities/index.html",
        days=[(on, list(lines)) for on, lines in by_day],
        next_before=shown[-1].id if len(rows) > len(shown) else None,
        is_first=asked.before is None,
        people=people,
        who=asked.who,
        kind=sort,
        kinds=list(Sort),
        day=day,
        today=visit.today,
    )


def _day() -> date | None:
    try:
        found = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return None
    return found if 1970 < found.year < 9000 else None


def _begin_of(visit: Visit, day: date) -> datetime:
    return clock.instant_of(day, 0, visit.person.time_zone)
