"""The gate for programs: every request passes here, in one order.

Whose token is it, is it good for this, may its person do it, can the request be read; then the noun's function, one
commit, and only then the answer. Errors are problem details (:mod:`crm.web.problems`).
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import wraps
from io import BytesIO
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Blueprint, Response, current_app, g, request
from marshmallow import Schema, ValidationError
from werkzeug.datastructures import FileStorage

from crm.api.fields import LARGEST_ID, Body
from crm.core import clock, i18n, limits, vault
from crm.core.errors import Missing, Refused
from crm.core.i18n import _
from crm.core.settings import Settings
from crm.core.tenancy import WorkspaceSession, installation_session, workspace_session
from crm.core.unit_of_work import commit, installation_work
from crm.domain import api_answers, api_tokens, permissions
from crm.domain.api_answers import Claim, Given
from crm.domain.api_tokens import Entry
from crm.domain.permissions import Act
from crm.queries import doubles
from crm.web.gate import PUBLIC
from crm.web.installation import installation
from crm.web.problems import FieldError, Rejected

if TYPE_CHECKING:
    from crm.models.workspaces import Membership

PREFIX = "/api/v1"
JSON = "application/json"
CSV = "text/csv"
FORM = "multipart/form-data"
KEY_HEADER = "Idempotency-Key"
KEY_LENGTH = 255
_PLAIN_KEY = re.compile(rf"[!-~]{{1,{KEY_LENGTH}}}")
REALM = 'Bearer realm="Good Terms"'

_READ = frozenset({"GET"})


@dataclass(slots=True)
class Call:
    """A program's request for a member of a business, inside it."""

    session: WorkspaceSession
    settings: Settings
    member: "Membership"
    asked: dict[str, Any]
    """The query."""
    body: dict[str, Any]
    file: FileStorage | None = None

    @property
    def today(self) -> date:
        """The business's own date."""
        return self.member.workspace.today

    @property
    def readers_day(self) -> date:
        """The person's own date."""
        return clock.today(self.member.user.time_zone)

    def expect(self, mark: object) -> None:
        """Stop where ``If-Match`` names another version than this one."""
        wanted = request.headers.get("If-Match", "").strip()
        if not wanted or wanted == "*":
            return
        if etag(mark) not in [each.strip() for each in wanted.split(",")]:
            raise Rejected(
                412, _("Somebody saved this since you read it. Read it again."), headers={"ETag": etag(mark)}
            )

    def version(self, present: int) -> int:
        """The version that the body says was read; the present one where it says none."""
        said: int = self.body.pop("version", None) or present
        return said


@dataclass(slots=True)
class Answer:
    """What a noun's function answers with: loaded values, written once the session is closed."""

    value: Any = None
    mark: object = None
    """The version, for the ETag."""
    location: str = ""
    status: int | None = None


def etag(mark: object) -> str:
    """A version as an entity tag."""
    return f'"{mark}"'


NOTHING = Answer()

View = Callable[..., Answer]
V = TypeVar("V", bound=View)


@dataclass(frozen=True, slots=True)
class Route:
    """An address with all that the gate and the document need to know of it."""

    view: View
    noun: str
    method: str
    rule: str
    policy: Act | str
    gives: type[Schema] | None
    takes: type[Schema] | None
    asks: type[Schema] | None
    status: int
    also: int | None = None
    """Another status that it answers with, where nothing had to be made."""
    boxes: Mapping[str, str] = field(default_factory=dict)
    """Fields of the domain's refusals by other names than the program's."""
    files: bool = False
    matches: bool = False
    """Whether ``If-Match`` means something here."""

    @property
    def writes(self) -> bool:
        return self.method not in _READ

    @property
    def takes_key(self) -> bool:
        return self.method == "POST"


class Noun:
    """A noun's routes below ``/api/v1``. Each names its policy, what it takes and what it gives."""

    def __init__(self, name: str, about: str) -> None:
        self.name, self.about = name, about
        self.blueprint = Blueprint(f"api_{name.replace('-', '_')}", __name__, url_prefix=PREFIX)
        self.routes: list[Route] = []

    def get(
        self, rule: str, *, gives: type[Schema] | None, asks: type[Schema] | None = None, policy: Act | str = Act.SEE
    ) -> Callable[[V], V]:
        """Reads."""
        return self._route("GET", rule, policy, gives=gives, asks=asks, status=200)

    def post(
        self,
        rule: str,
        policy: Act = Act.WORK,
        *,
        takes: type[Schema] | None,
        gives: type[Schema] | None,
        asks: type[Schema] | None = None,
        status: int = 201,
        also: int | None = None,
        boxes: Mapping[str, str] | None = None,
        files: bool = False,
        body_bytes: int = limits.FORM_BYTES,
    ) -> Callable[[V], V]:
        """Adds, or acts."""
        return self._route(
            "POST",
            rule,
            policy,
            takes=takes,
            gives=gives,
            asks=asks,
            status=status,
            also=also,
            boxes=boxes or {},
            files=files,
            body_bytes=body_bytes,
        )

    def patch(
        self,
        rule: str,
        policy: Act = Act.WORK,
        *,
        takes: type[Schema],
        gives: type[Schema],
        boxes: Mapping[str, str] | None = None,
    ) -> Callable[[V], V]:
        """Changes what is named and nothing else."""
        return self._route("PATCH", rule, policy, takes=takes, gives=gives, status=200, boxes=boxes or {}, matches=True)

    def delete(
        self, rule: str, policy: Act = Act.WORK, *, matches: bool = True, asks: type[Schema] | None = None
    ) -> Callable[[V], V]:
        """Deletes, or takes back."""
        return self._route("DELETE", rule, policy, status=204, matches=matches, asks=asks)

    def _route(
        self, method: str, rule: str, policy: Act | str, *, body_bytes: int = limits.FORM_BYTES, **options: Any
    ) -> Callable[[V], V]:
        def register(view: V) -> V:
            known = {"gives": None, "takes": None, "asks": None, **options}
            route = Route(view=view, noun=self.name, method=method, rule=PREFIX + rule, policy=policy, **known)
            self.routes.append(route)
            passage = _guarded(route)
            passage.body_bytes = body_bytes  # type: ignore[attr-defined]
            self.blueprint.add_url_rule(rule, endpoint=view.__name__, view_func=passage, methods=[method])
            return view

        return register


def _guarded(route: Route) -> Callable[..., Response]:
    @wraps(route.view)
    def pass_gate(**values: Any) -> Response:
        if route.policy == PUBLIC:
            return _written(route, route.view())
        entry = _entry()
        i18n.speak(i18n.PSEUDO if current_app.config.get("PSEUDO_LOCALE") else entry.member.user.locale)
        _require(route, entry)
        if any(isinstance(value, int) and value > LARGEST_ID for value in values.values()):
            raise Missing
        _note_use(entry)
        asked, body, file = _asked(route), _body(route), _file(route)
        key = _key(route)
        if key is None:
            return _carry_out(route, entry, asked, body, file, values)
        mine = _claimed(entry, key, _fingerprint())
        if isinstance(mine, Given):
            return _given(mine)
        try:
            return _carry_out(route, entry, asked, body, file, values, mine)
        except BaseException:
            with installation_work(installation().engine) as session:
                api_answers.release(session, mine)
            raise

    pass_gate.policy = route.policy  # type: ignore[attr-defined]
    pass_gate.route = route  # type: ignore[attr-defined]
    return pass_gate


def _carry_out(
    route: Route,
    entry: Entry,
    asked: dict[str, Any],
    body: dict[str, Any],
    file: FileStorage | None,
    values: dict[str, Any],
    mine: Claim | None = None,
) -> Response:
    home = installation()
    session = workspace_session(home.engine, entry.member.workspace_id, writing=route.writes)
    call = Call(session, home.settings, entry.member, asked, body, file)
    named = values.get("vendor_id", body.get("vendor_id"))
    try:
        answer = route.view(call, **values)
        if not route.writes:
            session.expunge_all()  # what was read stays readable for the answer
            session.rollback()
            return _written(route, answer)
        session.flush()
        response = None
        if mine is not None:  # an answer that is kept is kept with the act, or not at all
            response = _written(route, answer)
            api_answers.keep(session, mine, _kept(response))
        commit(session)
        return response or _written(route, answer)
    except Missing:
        session.rollback()
        _tell_of_merge(session, named)
        raise
    except Refused as refused:
        session.rollback()
        raise _in_their_words(route, refused) from None
    except BaseException:
        session.rollback()
        raise
    finally:
        session.close()


def _tell_of_merge(session: WorkspaceSession, vendor_id: object) -> None:
    """Where a vendor is missing because it was merged, say into which: nothing is done to another than was named."""
    into = doubles.merged_into(session, vendor_id) if isinstance(vendor_id, int) else None
    if into is not None:
        words = _("This vendor was merged into number %(id)s, which has all of it.", id=into)
        raise Rejected(
            410, words, merged_into=into, headers={"Link": f'<{PREFIX}/vendors/{into}>; rel="successor-version"'}
        )


# Who


def _entry() -> Entry:
    """Whose token it is. A request without one that works goes no further."""
    kind, _blank, secret = request.headers.get("Authorization", "").strip().partition(" ")
    if kind.lower() != "bearer" or not secret.strip():
        words = _("Send a token: Authorization: Bearer gt_…. Tokens are made in Settings, under API.")
        raise Rejected(401, words, headers={"WWW-Authenticate": REALM})
    with installation_session(installation().engine, writing=False) as session:
        entry = api_tokens.admitted(session, secret.strip())
        session.expunge_all()
    if entry is None:
        words = _("This token does not work. It may be mistyped, expired or revoked, or its person has left the team.")
        raise Rejected(401, words, headers={"WWW-Authenticate": f'{REALM}, error="invalid_token"'})
    g.api_token_id = entry.token.id
    return entry


def _require(route: Route, entry: Entry) -> None:
    if route.writes and not entry.token.may_write:
        raise Rejected(
            403,
            _("This token only reads. Make one that may write."),
            headers={"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="write"'},
        )
    permissions.require(entry.member, Act(route.policy))


def _note_use(entry: Entry) -> None:
    now = clock.now()
    if api_tokens.wants_noting(entry.token, now):
        with installation_work(installation().engine) as session:
            api_tokens.note_use(session, entry.token.id, now)


# What


def _asked(route: Route) -> dict[str, Any]:
    """The query, read. Nothing unknown, nothing twice."""
    given = request.args
    twice = [name for name in given if len(given.getlist(name)) > 1]
    if twice:
        words = _("Give this once.")
        raise Rejected(422, words, errors=[{"parameter": name, "detail": words} for name in twice])
    try:
        kind = route.asks or Body
        found: dict[str, Any] = kind().load(given.to_dict())
        return found
    except ValidationError as error:
        errors: list[FieldError] = [
            {"parameter": path.strip("/"), "detail": words} for path, words in _flat(error.messages)
        ]
        raise Rejected(422, _("Some of the query cannot be used."), errors=errors) from None


def _body(route: Route) -> dict[str, Any]:
    """The body, read. Reading it comes first, so that one that is too large is told."""
    raw = b"" if route.files else request.get_data()
    accepted = request.accept_mimetypes
    if len(accepted) and not (accepted[JSON] or accepted["application/problem+json"]):
        raise Rejected(406, _("Answers are written in JSON alone."))
    if route.files:
        return _form(route)
    if route.takes is None:
        return {}
    if request.mimetype != JSON:
        if not raw and not _needs_body(route):
            return {}
        raise Rejected(415, _("Send JSON: Content-Type: application/json."), headers={"Accept": JSON})
    return loaded(route.takes, _parsed(raw))


def _form(route: Route) -> dict[str, Any]:
    assert route.takes is not None
    if request.mimetype == FORM:
        return loaded(route.takes, request.form.to_dict())
    if request.mimetype == CSV:
        return {}
    words = _("Send a file as multipart/form-data, or its text as text/csv.")
    raise Rejected(415, words, headers={"Accept": f"{FORM}, {CSV}"})


def _file(route: Route) -> FileStorage | None:
    """The file of a form, or the body that is one itself."""
    if not route.files:
        return None
    if request.mimetype == CSV:
        return FileStorage(BytesIO(request.get_data()), filename="vendors.csv")
    return request.files.get("file")


def _needs_body(route: Route) -> bool:
    return route.takes is not None and any(field.required for field in route.takes().fields.values())


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Rejected(400, _("The body is no JSON.")) from None


def _no_number(_name: str) -> Any:
    raise ValueError


def loaded(kind: type[Schema], given: Any) -> dict[str, Any]:
    """What was sent, read field by field; every mistake is told at once."""
    if not isinstance(given, dict):
        words = _("The body has to be an object.")
        raise Rejected(422, words, errors=[{"pointer": "#", "detail": words}])
    try:
        found: dict[str, Any] = kind().load(given)
        return found
    except ValidationError as error:
        errors: list[FieldError] = [{"pointer": f"#{path}", "detail": words} for path, words in _flat(error.messages)]
        raise Rejected(422, _("Some of what was sent cannot be used."), errors=errors) from None


def _flat(messages: Any, path: str = "") -> list[tuple[str, str]]:
    if isinstance(messages, dict):
        return [found for name, each in messages.items() for found in _flat(each, f"{path}/{escaped(name)}")]
    each_once = messages if isinstance(messages, list) else [messages]
    return [(path.replace("/_schema", ""), str(words)) for words in each_once]


def escaped(name: object) -> str:
    """A name as a part of a JSON pointer."""
    return str(name).encode("utf-8", "replace").decode().replace("~", "~0").replace("/", "~1")


def _in_their_words(route: Route, refused: Refused) -> Rejected:
    words = str(refused.words)
    if refused.field is None:
        return Rejected(422, words)
    name = route.boxes.get(refused.field, refused.field)
    where: FieldError = {"pointer": f"#/{name}", "detail": words}
    return Rejected(422, words, errors=[where])


# Once


def _key(route: Route) -> str | None:
    key = request.headers.get(KEY_HEADER)
    if key is None or not route.takes_key:
        return None
    if not _PLAIN_KEY.fullmatch(key):
        words = _("An idempotency key has 1 to %(most)s plain characters and no space.", most=KEY_LENGTH)
        raise Rejected(400, words)
    return key


def _fingerprint() -> str:
    """What makes two requests the same: method, address, and what is sent, however a form divides it."""
    digest = hashlib.sha256(f"{request.method} {request.full_path}\n".encode())
    if request.mimetype == FORM:
        for name, value in sorted(request.form.items(multi=True)):
            digest.update(f"{name}={value}\n".encode())
        for name, file in sorted(request.files.items(multi=True), key=lambda pair: pair[0]):
            digest.update(f"{name} {file.filename}\n".encode() + hashlib.sha256(file.stream.read()).digest())
            file.stream.seek(0)
    else:
        digest.update(request.mimetype.encode() + b"\n" + request.get_data())
    return digest.hexdigest()


def _claimed(entry: Entry, key: str, fingerprint: str) -> Claim | Given:
    try:
        with installation_work(installation().engine) as session:
            return api_answers.claim(session, token_id=entry.token.id, key=key, fingerprint=fingerprint)
    except api_answers.OtherRequest as problem:
        raise Rejected(422, problem.words) from None
    except api_answers.StillWorking as problem:
        raise Rejected(409, problem.words, headers={"Retry-After": "1"}) from None


def _kept(response: Response) -> Given:
    headers = {name: value for name, value in response.headers.items() if name in ("ETag", "Location")}
    body = vault.lock(installation().settings.secret_key, response.get_data(as_text=True))  # it may hold a secret
    return Given(response.status_code, headers, body)


def _given(before: Given) -> Response:
    body = vault.unlock(installation().settings.secret_key, before.body)
    response = Response(before.body if body is None else body, before.status, mimetype=JSON)
    response.headers.update(before.headers)
    response.headers["Idempotent-Replayed"] = "true"
    return response


# The answer


def _written(route: Route, answer: Answer) -> Response:
    status = answer.status or route.status
    if status == 204:
        return Response(status=204)
    value = answer.value if route.gives is None else route.gives().dump(answer.value)
    response = Response(json.dumps(value, ensure_ascii=False), status, mimetype=JSON)
    if answer.mark is not None:
        response.headers["ETag"] = etag(answer.mark)
    if answer.location:
        response.headers["Location"] = PREFIX + answer.location
    return response
