"""The gate: every request passes here, in one order.

Who is it, which business, may they, then the view, one commit, and only then the page. A route without a declared
policy stops the start.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import wraps
from typing import Any, TypeVar

from flask import Blueprint, Flask, Response, current_app, g, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.datastructures import CombinedMultiDict, ImmutableMultiDict
from werkzeug.http import parse_options_header

from crm.core import clock, i18n, limits
from crm.core.errors import Missing, Refused
from crm.core.settings import Settings
from crm.core.tenancy import (
    HouseSession,
    InstallationSession,
    WorkspaceSession,
    installation_session,
    workspace_session,
)
from crm.core.unit_of_work import commit, installation_work
from crm.domain import audit, members, permissions
from crm.domain.health import Trouble
from crm.domain.permissions import Act
from crm.models.enums import AuditKind
from crm.models.workspaces import Membership, User, Workspace
from crm.queries import news
from crm.queries.news import Waiting
from crm.web import confirming, door, kept, shown
from crm.web.installation import installation
from crm.web.paths import safe_path
from crm.web.replies import AnyReply, Redirect
from crm.web.sign_in import Visitor

PUBLIC = "public"
"""Anybody; the session is the installation's."""
PERSON = "person"
"""Anybody who is signed in, whatever business they look at; the session is the installation's."""
LINK = "link"
"""Anybody who holds a secret link; the view checks the token, and the page tells nobody where it came from."""

LARGEST_ID = 2**31 - 1
"""No row has a larger id; asking a database for one would fail instead of finding nothing."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
EXPORTED = frozenset({"text/csv", "text/vcard", "application/zip"})
"""Downloads of these kinds take many records out at once; the audit log names them."""
__all__ = [
    "LINK",
    "PERSON",
    "PUBLIC",
    "DoorVisit",
    "Pages",
    "Visit",
    "allow_bodies",
    "carries_out",
    "check_policies",
    "guarded",
    "safe_path",
    "typed",
]


@dataclass(slots=True)
class Visit:
    """A request by a member of a business, inside it."""

    session: WorkspaceSession
    settings: Settings
    member: Membership
    visitor: Visitor
    waiting: Waiting = field(default_factory=Waiting)

    @property
    def person(self) -> User:
        return self.member.user

    @property
    def workspace(self) -> Workspace:
        return self.member.workspace

    @property
    def role(self) -> str:
        return self.member.role

    @property
    def workspaces(self) -> list[Workspace]:
        return [m.workspace for m in self.visitor.memberships]

    @property
    def today(self) -> date:
        """The reader's own date."""
        return clock.today(self.person.time_zone)

    @property
    def trouble(self) -> str:
        """What keeps the installation from its work, for who may do something about it; else empty."""
        if not self.member.is_admin:
            return ""
        unheard = Trouble.WEBHOOK if self.member.workspace_id in self.visitor.unheard else ""
        return self.visitor.trouble or unheard

    @property
    def is_htmx(self) -> bool:
        return request.headers.get("HX-Request") == "true"

    def may(self, act: Act | str) -> bool:
        return permissions.may(self.member, act)


@dataclass(slots=True)
class DoorVisit:
    """A request outside all businesses: set-up, sign-in, a link from an e-mail."""

    session: InstallationSession
    settings: Settings
    visitor: Visitor | None

    @property
    def person(self) -> User | None:
        return self.visitor.person if self.visitor else None


View = Callable[..., AnyReply]
V = TypeVar("V", bound=View)


class Pages:
    """A noun's routes. Each names its policy: an :class:`Act`, or PUBLIC, PERSON or LINK.

    One that is ``fresh`` is dangerous: whoever has not proved for a while to be there is asked first, and what was
    typed is carried through. ``proof`` names the box of its own form that holds the present password.
    """

    def __init__(self, name: str) -> None:
        self.blueprint = Blueprint(name, __name__)

    def get(self, rule: str, policy: Act | str, *, fresh: bool = False) -> Callable[[V], V]:
        return self._route(rule, "GET", Passage(policy, fresh))

    def post(
        self,
        rule: str,
        policy: Act | str,
        *,
        body_bytes: int = limits.BODY_BYTES,
        fresh: bool = False,
        proof: str = "",
    ) -> Callable[[V], V]:
        return self._route(rule, "POST", Passage(policy, fresh, proof), body_bytes)

    def _route(
        self, rule: str, method: str, passage: "Passage", body_bytes: int = limits.BODY_BYTES
    ) -> Callable[[V], V]:
        def register(view: V) -> V:
            guard = guarded(view, passage)
            guard.body_bytes = body_bytes  # type: ignore[attr-defined]
            self.blueprint.add_url_rule(rule, endpoint=f"{view.__name__}", view_func=guard, methods=[method])
            return view

        return register


@dataclass(frozen=True, slots=True)
class Passage:
    """What it takes to get through to a view."""

    policy: Act | str
    fresh: bool = False
    """Whether it takes a proof of who one is that is not older than a quarter of an hour."""
    proof: str = ""

    def stops(self, visitor: Visitor) -> Response | None:
        """The question in place of a dangerous act; None where there is nothing to ask."""
        return confirming.stop(visitor, proof=self.proof) if self.fresh else None


def guarded(view: View, passage: Passage) -> Callable[..., Response]:
    """The view behind the gate."""
    way = _member_passage if isinstance(passage.policy, Act) else _door_passage

    @wraps(view)
    def pass_gate(**values: Any) -> Response:
        if any(isinstance(value, int) and value > LARGEST_ID for value in values.values()):
            return way(_nowhere, passage, {})
        return way(view, passage, values)

    pass_gate.policy = passage.policy  # type: ignore[attr-defined]
    pass_gate.fresh = passage.fresh  # type: ignore[attr-defined]
    return pass_gate


def _nowhere(_visit: Visit | DoorVisit) -> AnyReply:
    raise Missing


def _member_passage(view: View, passage: Passage, values: dict[str, Any]) -> Response:
    visitor = _visitor()
    if visitor is None:
        return _to_sign_in()
    member = visitor.member
    if member is None:
        return Redirect(url_for("accounts.no_business")).render({})
    i18n.speak(i18n.PSEUDO if current_app.config.get("PSEUDO_LOCALE") else member.user.locale)
    typed_at = _typed_elsewhere(member)
    if typed_at is not None:
        there = _sent_there(visitor, typed_at)
        if there is None:
            return _ask_where(visitor)
        member = there
    permissions.require(member, Act(passage.policy))
    question = passage.stops(visitor)
    if question is not None:
        return question
    home = installation()
    session = workspace_session(home.engine, member.workspace_id, writing=_is_writing())
    visit = Visit(session, home.settings, member, visitor)
    g.visit = visit
    response = _carry_out(session, lambda: view(visit, **values), visit)
    _note_export(response, member)
    return response


def _note_export(response: Response, member: Membership) -> None:
    disposition = response.headers.get("Content-Disposition", "")
    if request.method == "HEAD" or response.mimetype not in EXPORTED or not disposition.startswith("attachment"):
        return
    name = parse_options_header(disposition)[1].get("filename", "")
    with installation_work(installation().engine) as session:
        audit.record(session, AuditKind.EXPORTED, user_id=member.user_id, workspace_id=member.workspace_id, about=name)


def _typed_elsewhere(member: Membership) -> int | None:
    """The business on whose page the form was filled in that is being sent, if it is not the one looked at now."""
    typed_on = shown.where_typed() if _is_writing() else None
    if typed_on is None or typed_on.workspace_id == member.workspace_id:
        return None
    return typed_on.workspace_id


def _sent_there(visitor: Visitor, workspace_id: int) -> Membership | None:
    """The person's place in the business where it was typed, if they say that it is to be sent there: the browser
    looks at that one from now on."""
    there = next((member for member in visitor.memberships if member.workspace_id == workspace_id), None)
    if there is None or request.form.get(kept.SEND_TO) != str(workspace_id):
        return None
    with installation_work(installation().engine) as session:
        members.switch(session, visitor.user_session.id, by=visitor.person, workspace_id=workspace_id)
    visitor.user_session.workspace_id = workspace_id
    return there


def _ask_where(visitor: Visitor) -> Response:
    """Nothing is stored in a business that it was not typed for."""
    typed_text = kept.of_request(is_ours=True)
    if typed_text is None:
        raise Missing
    return door.typed_page(typed_text, visitor)


def _door_passage(view: View, passage: Passage, values: dict[str, Any]) -> Response:
    visitor = _visitor()
    if visitor is None and passage.policy == PERSON:
        return _to_sign_in()
    g.came_by_token = passage.policy == LINK
    door.speak_to(visitor)
    question = passage.stops(visitor) if visitor is not None else None
    if question is not None:
        return question
    home = installation()
    session = installation_session(home.engine, writing=_is_writing())
    visit = DoorVisit(session, home.settings, visitor)
    g.door = visit
    return _carry_out(session, lambda: view(visit, **values), None)


def _carry_out(session: HouseSession, act: Callable[[], AnyReply], visit: Visit | None) -> Response:
    try:
        reply = act()
        if visit is not None and reply.is_page:
            visit.waiting = news.waiting(visit.session, visit.member, visit.today)
        if session.writing and reply.keeps_changes:
            commit(session)
        else:
            session.expunge_all()  # what was typed stays readable for the form
            session.rollback()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.close()
    return reply.render({"visit": visit, "locale_tag": i18n.current().tag})


def _is_writing() -> bool:
    return request.method not in SAFE_METHODS


def _visitor() -> Visitor | None:
    person = current_user._get_current_object()
    return person if isinstance(person, Visitor) else None


def _to_sign_in() -> Response:
    """Ask who it is. A page is opened again after the sign-in; what was being sent is carried through it."""
    if not _is_writing():
        return door.to_sign_in()
    return door.sign_in_again(kept.of_request())


def carries_out(form: FlaskForm, act: Callable[[], object]) -> bool:
    """Validate the form and do the act. A broken rule is put beside its box, and the answer is no."""
    if not form.validate():
        return False
    try:
        act()
    except Refused as refused:
        box = form._fields.get(refused.field or "")
        if box is None:
            form.form_errors.append(str(refused.words))
        else:
            box.errors = [*box.errors, str(refused.words)]
        return False
    return True


def typed() -> CombinedMultiDict[str, Any] | ImmutableMultiDict[str, Any]:
    """What the browser sent, files included."""
    return CombinedMultiDict([request.files, request.form]) if request.files else request.form


def allow_bodies(app: Flask) -> None:
    """Let a route take the size of body that it names, before anything reads the body."""

    @app.url_value_preprocessor
    def set_most(endpoint: str | None, _values: object) -> None:
        view = app.view_functions.get(endpoint or "")
        request.max_content_length = getattr(view, "body_bytes", limits.BODY_BYTES)


def check_policies(app: Flask) -> None:
    """Stop the start where a route has no policy."""
    for rule in app.url_map.iter_rules():
        if not hasattr(app.view_functions[rule.endpoint], "policy"):
            raise RuntimeError(f"{rule.rule} ({rule.endpoint}) declares no policy")
