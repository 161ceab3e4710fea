"""Who else edits the same: each open form says so for itself, and is told of the others."""

from crm.domain import presences
from crm.domain.permissions import Act
from crm.web.gate import Pages, Visit, typed
from crm.web.replies import AnyReply, piece

pages = Pages("presences")


@pages.post("/presences", Act.WORK)
def renew(visit: Visit) -> AnyReply:
    """A form is open, or was just closed; who else has it open is the answer."""
    form = str(typed().get("form", ""))
    if "left" in typed():
        presences.leave(visit.session, by=visit.member, form=form)
        return piece("presences/_others.html", others=())
    presences.note(visit.session, by=visit.member, form=form)
    return piece("presences/_others.html", others=presences.others(visit.session, by=visit.member, form=form))
