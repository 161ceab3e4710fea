"""The outbox: every letter from the moment it is due, how it stands, and, for whom it is meant, what it says."""

from flask import Response, make_response, request, url_for

from crm.core import limits
from crm.core.errors import Missing
from crm.core.i18n import _
from crm.domain import letters, mail_settings
from crm.domain.permissions import Act
from crm.mail import outbox as mail_outbox
from crm.models.enums import MailState
from crm.queries import outbox, stopped_addresses
from crm.web.gate import Pages, Visit
from crm.web.replies import AnyReply, Raw, page, see_path
from crm.web.ways import way_back

pages = Pages("outbox")

FILTERS = (MailState.WAITING, MailState.SENT, MailState.FAILED, MailState.HELD, MailState.CANCELLED)


@pages.get("/outbox", Act.SEE)
def index(visit: Visit) -> AnyReply:
    """Letters, the newest first: all of the business for those who manage it, else one's own."""
    number = max(1, request.args.get("page", 1, type=int))
    state = next((each for each in FILTERS if each.value == request.args.get("state")), None)
    manages = visit.may(Act.MANAGE)
    rows = outbox.page_of(
        visit.session,
        visit.workspace.id,
        user_id=None if manages else visit.person.id,
        state=state,
        offset=min(number - 1, 10_000) * limits.PAGE_ROWS,
        limit=limits.PAGE_ROWS + 1,
    )
    return page(
        "outbox/index.html",
        rows=[(row, letters.may_read(row, visit.member)) for row in rows[: limits.PAGE_ROWS]],
        number=number,
        has_more=len(rows) > limits.PAGE_ROWS,
        state=state,
        states=FILTERS,
        manages=manages,
        is_set_up=mail_settings.effective(visit.session, visit.settings).server is not None,
    )


@pages.get("/outbox/<int:message_id>", Act.SEE)
def show(visit: Visit, message_id: int) -> AnyReply:
    """One letter: its envelope, how it stands, and what it says."""
    message = letters.find(visit.session, message_id, reader=visit.member)
    may_read = letters.may_read(message, visit.member)
    outside = [message.recipient] if message.to_outsider else []
    says = letters.shown(message) if may_read and message.content else None
    return page(
        "outbox/show.html",
        message=message,
        may_read=may_read,
        says=says,
        may_download=letters.may_download(message, visit.member),
        files=[(name, size) for _id, name, size in message.facts.get("files", [])] if may_read else [],
        stop=stopped_addresses.among(visit.session, outside).get(message.recipient),
        may_settle=letters.may_settle(message, visit.member),
        can_be_sent_again=bool(message.content) and message.state in (MailState.FAILED, MailState.HELD),
    )


@pages.get("/outbox/<int:message_id>/letter.eml", Act.SEE)
def download(visit: Visit, message_id: int) -> AnyReply:
    """The letter as it goes over the wire, for a mail program."""
    message = letters.find(visit.session, message_id, reader=visit.member)
    if not letters.may_download(message, visit.member):
        raise Missing
    content = message.content + mail_outbox.files_of(visit.session, message.id)

    def make() -> Response:
        answer = make_response(content)
        answer.headers["Content-Type"] = "message/rfc822"
        answer.headers["Content-Disposition"] = 'attachment; filename="letter.eml"'
        return answer

    return Raw(make)


@pages.post("/outbox/<int:message_id>/send-again", Act.WORK)
def send_again(visit: Visit, message_id: int) -> AnyReply:
    """Let it go once more."""
    message = letters.find(visit.session, message_id, reader=visit.member)
    letters.send_again(visit.session, message, by=visit.member)
    return see_path(way_back(url_for("outbox.show", message_id=message.id)), toast=_("It goes again."))


@pages.post("/outbox/<int:message_id>/arrived", Act.WORK)
def it_arrived(visit: Visit, message_id: int) -> AnyReply:
    """It was received."""
    message = letters.find(visit.session, message_id, reader=visit.member)
    letters.it_arrived(visit.session, message, by=visit.member)
    return see_path(way_back(url_for("outbox.show", message_id=message.id)), toast=_("Noted: it arrived."))
