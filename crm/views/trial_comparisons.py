"""One brief, several vendors: what the reviewers saw, side by side."""

from flask import request, url_for

from crm.core import formats
from crm.core.i18n import _, ngettext
from crm.domain import trial_briefs, trial_comparisons
from crm.domain.permissions import Act
from crm.domain.trial_comparisons import Column, Comparison
from crm.domain.trial_rules import EXTENSIONS_AT_MOST
from crm.web.gate import Pages, Visit
from crm.web.replies import AnyReply, page
from crm.web.ways import page_number

pages = Pages("trial_comparisons")

ACROSS = 4
"""So many vendors stand side by side; the others are on further pages."""


@pages.get("/trial-briefs/<int:brief_id>", Act.SEE)
def show(visit: Visit, brief_id: int) -> AnyReply:
    """The scorecard of a brief; ``?names=hidden`` shows Vendor A, B, C."""
    brief = trial_briefs.find(visit.session, brief_id)
    hides_names = request.args.get("names") == "hidden"
    business = visit.workspace
    found = trial_comparisons.compare(
        visit.session, brief, today=business.today, zone=business.time_zone, hides_names=hides_names
    )
    pages_of = max(1, -(-len(found.columns) // ACROSS))
    number = min(page_number(), pages_of)
    return page(
        "trial_comparisons/show.html",
        brief=brief,
        found=found,
        columns=found.columns[(number - 1) * ACROSS : number * ACROSS],
        number=number,
        pages_of=pages_of,
        hides_names=hides_names,
        lead=_lead(found),
        ahead=_ahead(found),
        sent=_sent(visit, found),
        before=(number - 1) * ACROSS,
        after=max(0, len(found.columns) - number * ACROSS),
        me=visit.member.user_id,
        may_work=visit.may(Act.WORK),
        due_words=due_words,
        spelled=formats.spelled,
        across=ACROSS,
        most_extensions=EXTENSIONS_AT_MOST,
        here=url_for("trial_comparisons.show", brief_id=brief_id),
        today=visit.today,
    )


def _lead(found: Comparison) -> str:
    """What it is about, and how many have delivered."""
    count = len(found.columns)
    if not count:
        return _("Nobody has this brief yet.")
    return f"{_what(found)} {_came(found)}"


def _what(found: Comparison) -> str:
    count, pay = len(found.columns), _pay(found)
    if count == 1:
        name = found.columns[0].name
        if pay:
            return _("A brief for %(name)s, %(pay)s.", name=name, pay=pay)
        return _("A brief for %(name)s.", name=name)
    many = formats.spelled(count, in_sentence=True)
    if pay:
        return _("The same brief to %(many)s vendors, %(pay)s each.", many=many, pay=pay)
    return _("The same brief to %(many)s vendors.", many=many)


def _pay(found: Comparison) -> str:
    brief = found.brief
    if brief.paid_amount is None:
        return ""
    return formats.money(brief.paid_amount, brief.paid_currency) if brief.paid_amount else _("unpaid")


def _came(found: Comparison) -> str:
    """Without the full stop where the sentence goes on with who is ahead."""
    came, count = found.came, len(found.columns)
    if not came:
        words = _("Nothing has come yet")
    elif count == 1:
        words = _("It has come")
    elif came == count == 2:
        words = _("Both have delivered")
    elif came == count:
        words = _("All %(many)s have delivered", many=formats.spelled(count, in_sentence=True))
    else:
        words = ngettext("%(many)s has delivered", "%(many)s have delivered", came, many=formats.spelled(came))
    return f"{words};" if found.leader else f"{words}."


def _ahead(found: Comparison) -> tuple[str, str] | None:
    """Who is ahead, and in what."""
    if found.leader is None:
        return None
    who = _("%(name)s is ahead", name=found.leader.name)
    return who, _("where it matters most.") if found.leads_most else _("altogether.")


def _sent(visit: Visit, found: Comparison) -> str:
    count, days = found.sent
    everybody = len(found.columns)
    if not count:
        return _("Not sent yet") if everybody else ""
    if len(days) > 1 or count < everybody:
        return _("Sent to %(some)s of %(all)s", some=count, all=everybody)
    day = formats.day(days.pop(), visit.today)
    if everybody == 1:
        return _("Sent %(day)s", day=day)
    if everybody == 2:
        return _("Sent %(day)s to both", day=day)
    return _("Sent %(day)s to all %(many)s", day=day, many=formats.spelled(everybody, in_sentence=True))


def due_words(column: Column) -> tuple[str, str]:
    """How a vendor stands to the day agreed on: the words, and the tone ``good``, ``late``, ``today`` or nothing."""
    days, trial = column.days_late, column.trial
    if days is None:
        return "", ""
    if column.has_come and trial.rounds and not trial.waits:
        return ngettext("After %(num)s round of changes", "After %(num)s rounds of changes", trial.rounds), ""
    if column.has_come and not trial.waits:
        return (
            (_("On the day"), "good") if days == 0 else (_early(-days), "good") if days < 0 else (_late(days), "late")
        )
    if days > 0:
        late = _late(days)
        if column.has_come:
            return _("%(late)s with the changes", late=late), "late"
        return _("%(late)s, nothing yet", late=late), "late"
    return (_("Due today"), "today") if days == 0 else (_in(-days), "")


def _early(days: int) -> str:
    return _("A day early") if days == 1 else _("%(many)s days early", many=formats.spelled(days))


def _late(days: int) -> str:
    return _("A day late") if days == 1 else _("%(many)s days late", many=formats.spelled(days))


def _in(days: int) -> str:
    return _("Due tomorrow") if days == 1 else _("Due in %(many)s days", many=formats.spelled(days, in_sentence=True))
