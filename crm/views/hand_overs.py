"""What somebody looks after goes to somebody else: chosen, counted, done."""

from typing import Any

from crm.core import limits
from crm.core.errors import Forbidden, Missing
from crm.core.i18n import _, lazy
from crm.domain import hand_overs
from crm.domain.permissions import Act
from crm.forms.hand_overs import HandOverForm, counted
from crm.queries import members as people
from crm.queries.hand_overs import HandedKind
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, page, refusal, see

pages = Pages("hand_overs")


@pages.get("/team/<int:user_id>/hand-over", Act.WORK)
def show(visit: Visit, user_id: int) -> AnyReply:
    """What somebody looks after, to choose from: one's own, or anybody's for whoever manages the team."""
    return page("hand_overs/show.html", **_asking(visit, user_id, None))


@pages.post("/team/<int:user_id>/hand-over", Act.WORK)
def hand_over(visit: Visit, user_id: int) -> AnyReply:
    """Give it to somebody else."""
    values = _asking(visit, user_id, typed())
    form: HandOverForm = values["form"]
    given: dict[HandedKind, int] = {}

    def act() -> None:
        assert form.successor.data is not None  # the form requires it
        given.update(
            hand_overs.hand_over(
                visit.session,
                user_id,
                by=visit.member,
                to=form.successor.data,
                kinds=form.chosen,
                staying=form.staying.data or (),
            )
        )

    if not carries_out(form, act):
        return refusal("hand_overs/show.html", **values)
    name = dict(values["others"])[form.successor.data]
    if not given:
        return see("hand_overs.show", user_id=user_id, toast=_("Nothing was handed over."))
    words = _("Handed over to %(name)s: %(things)s.", name=name, things=counted(given))
    return see("members.index", toast=words)


def _asking(visit: Visit, user_id: int, data: Any) -> dict[str, Any]:
    everyone = people.members_of(visit.session, visit.workspace.id, active_only=False)
    leaver = next((member for member in everyone if member.user_id == user_id), None)
    if leaver is None:
        raise Missing
    if not hand_overs.may_hand_over(visit.member, user_id):
        raise Forbidden(lazy("Only owners and admins can hand over what others look after."))
    others = [(each.user_id, each.user.name) for each in people.workers_of(everyone) if each.user_id != user_id]
    held = hand_overs.of(visit.session, user_id)
    return {
        "leaver": leaver,
        "others": others,
        "held": held,
        "has_any": any(held.values()),
        "listed": limits.HANDED_LISTED,
        "form": HandOverForm(data, others=others, held=held),
    }
