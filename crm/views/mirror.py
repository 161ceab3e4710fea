"""The mirror: how closely we look after what is handed over. For owners alone."""

from flask import url_for

from crm.core import formats
from crm.core.i18n import _, ngettext
from crm.domain import mirror, mirror_rules
from crm.domain.mirror_rules import Mirror
from crm.domain.permissions import Act
from crm.web.gate import Pages, Visit
from crm.web.replies import AnyReply, page, see

pages = Pages("mirror")


@pages.get("/mirror", Act.OWN)
def show(visit: Visit) -> AnyReply:
    """The last four whole weeks: our check-ins against what each level means, and our hours against theirs."""
    shown = mirror.look(visit.session, reader=visit.member)
    return page(
        "mirror/show.html",
        mirror=shown,
        sentence=_sentence(shown),
        overhead=mirror_rules.overhead(shown.hours),
        overhead_of=lambda hours: mirror_rules.overhead([hours]),
        today=visit.workspace.today,
    )


@pages.post("/mirror/dismissals", Act.OWN)
def put_off(visit: Visit) -> AnyReply:
    """Not this month."""
    dismissal = mirror.put_off(visit.session, by=visit.member)
    undo = url_for("mirror.offer_again", mirror_dismissal_id=dismissal.id)
    return see("today.show", toast=_("Not this month, then."), undo=undo)


@pages.post("/mirror/dismissals/<int:mirror_dismissal_id>/taking-back", Act.OWN)
def offer_again(visit: Visit, mirror_dismissal_id: int) -> AnyReply:
    """This month after all."""
    mirror.offer_again(visit.session, mirror_dismissal_id, by=visit.member)
    return see("today.show", toast=_("It shows again."))


def _sentence(shown: Mirror) -> str:
    """What the mirror shows, in one line."""
    if not shown.reflections:
        return ""
    over = len(shown.over)
    if not over:
        return _("Your weeks go with your board.")
    return ngettext(
        "One thing has more of your attention than its level means.",
        "%(count)s things have more of your attention than their levels mean.",
        over,
        count=formats.spelled(over),
    )
