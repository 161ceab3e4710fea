"""How a broken rule, a missing page or a fault is answered: in one place, in words, with a way on."""

import errno
import logging
import secrets
from typing import Any

from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException

from crm.core import i18n, limits
from crm.core.errors import Forbidden, Missing, Problem, Refused, Stale, Throttled
from crm.core.i18n import _
from crm.domain.permissions import Act
from crm.forms.accounts import SignInForm
from crm.web import door, kept, problems
from crm.web.gate import PERSON
from crm.web.sign_in import Visitor

log = logging.getLogger(__name__)

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_STATUS: dict[type[Problem], int] = {Refused: 422, Missing: 404, Forbidden: 403, Stale: 409, Throttled: 429}


def install(app: Flask) -> None:
    """Answer all errors of the application."""
    app.register_error_handler(Problem, _problem)
    app.register_error_handler(problems.Rejected, problems.of_rejected)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(IntegrityError, _clash)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(OSError, _system)
    app.register_error_handler(Exception, _fault)


def error_page(status: int, title: str, words: str, **values: Any) -> Response:
    """A page that says what happened and what to do, and shows what was typed and is not saved; a program is told the
    same in problem details."""
    if problems.is_from_program():
        return problems.answer(status, words)
    visit = g.get("visit")
    values = {"title": title, "words": words, "status": status, "toasts": [], **values}
    values["is_known"] = visit is not None or _is_known(status)
    values["unsaved"] = unsaved = _unsaved(status) if values["is_known"] else []
    body = render_template("layouts/error.html", visit=visit, locale_tag=i18n.current().tag, **values)
    answer = make_response(body, status)
    if unsaved and status in (403, 404, 409) and request.headers.get("HX-Request") == "true":
        answer.headers.update(door.SWAP_ALL)
    return answer


def _unsaved(status: int) -> list[tuple[str, str]]:
    """What the person had typed into a form of ours, as (label, words). Not where the form's own token was refused, nor
    where the body is too large to be read."""
    sent = kept.of_request(is_ours=True) if request.endpoint and status not in (400, 413) else None
    return sent.sentences if sent else []


def _is_known(status: int) -> bool:
    """Whether somebody is signed in who has not come as far as the gate. Where something broke nobody is asked for."""
    if status >= 500:
        return False
    visitor = current_user._get_current_object()
    return isinstance(visitor, Visitor) and visitor.member is not None


def _problem(problem: Problem) -> Response:
    status = next((code for kind, code in _STATUS.items() if isinstance(problem, kind)), 422)
    words = str(problem.words)
    if isinstance(problem, Missing) and g.get("came_by_token"):
        over = _("It was used already, or its time has passed. Ask for a new one where you need it.")
        return error_page(404, _("This link is over"), words or over)
    if isinstance(problem, Missing):
        words = words or _("It may have been moved, or it was never yours to see.")
        return error_page(404, _("There’s nothing here"), words)
    if isinstance(problem, Forbidden):
        return error_page(403, _("You can’t open this"), words)
    answer = error_page(status, _("That didn’t work"), words)
    if isinstance(problem, Throttled):
        answer.headers["Retry-After"] = str(problem.seconds)
    return answer


def _csrf(_error: CSRFError) -> Response:
    """The page was open for too long, or the sign-in is over; or somebody else's page sent this."""
    visitor = current_user._get_current_object()
    known = visitor if isinstance(visitor, Visitor) else None
    door.speak_to(known)
    if request.endpoint in ("accounts.open_session", "accounts.take_second_step"):
        typed = SignInForm(request.form)
        words = _("This page has been open too long. Type your password again.")
        return door.sign_in_page(status=400, notice=words, kept=kept.unpacked(typed.kept_path.data, typed.kept.data))
    carried = kept.of_request()
    policy = getattr(current_app.view_functions.get(request.endpoint or ""), "policy", "")
    if known is None and (isinstance(policy, Act) or policy == PERSON):
        return door.sign_in_again(carried)
    if carried:
        return door.typed_page(carried, known)
    return error_page(
        400,
        _("This page has been open too long"),
        _("Nothing was saved. Go back, copy what you typed, reload the page and send it again."),
    )


def _http(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.response)
    code = error.code or 500
    if code == 404:
        return _problem(Missing())
    if code == 413:
        most = _most_bytes() // limits.MIB
        words = _("Up to %(size)s MB can be sent here at once. Nothing was saved: go back and send less.", size=most)
        return error_page(413, _("That’s too large"), words)
    if code == 405:
        answer = error_page(405, _("That didn’t work"), _("This address does not take that kind of request."))
        answer.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or []))
        return answer
    return error_page(code, _("That didn’t work"), _("The request could not be read. Nothing was saved."))


def _most_bytes() -> int:
    """What a file may have here; its form travels with it."""
    taken: int = getattr(current_app.view_functions.get(request.endpoint or ""), "body_bytes", limits.BODY_BYTES)
    return taken - limits.FORM_BYTES


def _clash(error: IntegrityError) -> Response:
    log.warning("conflict in the database: %s", error.orig)
    return error_page(
        409,
        _("Somebody was quicker"),
        _("A colleague changed the same thing at the same moment. Nothing was saved: go back and look again."),
    )


def _database(error: OperationalError) -> Response:
    log.error("the database does not answer: %s", error.orig)
    return _no_room()


def _system(error: OSError) -> Response:
    if error.errno not in _NO_ROOM:
        return _fault(error)
    log.error("there is no room on the disk: %s", error)
    return _no_room()


def _no_room() -> Response:
    return error_page(
        503,
        _("We can’t save right now"),
        _("The database is busy or its disk is full. Nothing was lost: go back and try again in a moment."),
    )


def _fault(error: Exception) -> Response:
    number = secrets.token_hex(4)
    log.error("fault %s at %s %s", number, request.method, request.endpoint, exc_info=error)
    return error_page(
        500,
        _("Something broke, and it isn’t your fault"),
        _("Nothing you saved is lost. If you ask for help, quote the number %(number)s.", number=number),
    )
