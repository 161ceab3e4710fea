"""Mentions: somebody was called with ``@name``, and has seen it."""

from flask import url_for

from crm.core.i18n import _
from crm.domain import mentions
from crm.domain.permissions import Act
from crm.web.gate import Pages, Visit
from crm.web.replies import AnyReply, see

pages = Pages("mentions")


@pages.post("/mentions/<int:mention_id>/seeing", Act.SEE)
def see_it(visit: Visit, mention_id: int) -> AnyReply:
    """The reader has seen a mention of themselves."""
    mention = mentions.find(visit.session, mention_id, reader=visit.member)
    mentions.see(mention, by=visit.member)
    return see("today.show", toast=_("Seen."), undo=url_for("mentions.unsee", mention_id=mention.id))


@pages.post("/mentions/<int:mention_id>/unseeing", Act.SEE)
def unsee(visit: Visit, mention_id: int) -> AnyReply:
    """Take that back."""
    mentions.unsee(mentions.find(visit.session, mention_id, reader=visit.member))
    return see("today.show")
