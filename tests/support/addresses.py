"""Every address of the application with ids of the populated business in it: pages, acts, and what programs call.

The list is the application's own. A new address is there as soon as it exists; one whose ids nobody knows fails until
the populated business holds such a thing.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import Engine, select
from werkzeug.routing import Rule

from crm.core.settings import Settings
from crm.core.tenancy import installation_session, workspace_session
from crm.core.unit_of_work import workspace_work
from crm.domain import imports
from crm.domain.permissions import Act
from crm.models.decision_areas import LevelChange
from crm.models.enums import ReminderKind
from crm.models.outbox import OutboxMessage
from crm.models.reminders import Reminder
from crm.models.stages import StageMove
from crm.models.trust_entries import TrustEntry
from crm.models.workspaces import UserSession
from crm.web.problems import API
from tests.support.populated import Populated
from tests.support.walking import IMPORT_FOR, QUERY_FOR, STAGE_FOR

LAST = (
    "demo",
    "switch",
    "save_password",
    "sign_out_device",
    "sign_out",
    "sign_out_everywhere",
    "email_changes.update",
    "members.leave",
)
"""Acts that end a walk, in the order in which they may come."""

_OF_THE_BUSINESS = frozenset({"slug"})
_ONLY_FOR = {"static_file": {"path": "css/base.css"}}


@dataclass(frozen=True)
class Address:
    """One rule of the application with ids of Fern & Flint in it."""

    endpoint: str
    rule: str
    method: str
    policy: Act | str
    path: str
    names_something_of_ours: bool
    is_fresh: bool = False
    """Whether somebody who proved long ago who they are is asked again."""

    def __str__(self) -> str:
        return f"{self.method} {self.path} ({self.endpoint}, {self.policy})"

    @property
    def is_an_act(self) -> bool:
        """Whether a place in a business is needed."""
        return isinstance(self.policy, Act)

    @property
    def is_for_programs(self) -> bool:
        """Whether programs call it."""
        return self.rule.startswith(API)

    @property
    def line(self) -> str:
        """How the list of all addresses names it."""
        return f"{self.method:6} {self.policy}{'+fresh' if self.is_fresh else ''} {self.rule}"


def every_address(app: Flask) -> list[Address]:
    """All addresses without ids, by their rules."""
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, _method(rule)))
    return [_address(app, rule, rule.rule) for rule in rules]


def addresses(app: Flask, engine: Engine, place: Populated, settings: Settings) -> list[Address]:
    """What a browser opens: what looks before what acts, and what ends a visit last."""
    known = {**place.ids, **_ids_for_pages(engine, place, settings)}
    pages = [rule for rule in app.url_map.iter_rules() if not rule.rule.startswith(API)]
    # The page and the act of a link are opened by the same secret.
    secrets = {rule.rule: place.tokens[rule.endpoint] for rule in pages if rule.endpoint in place.tokens}
    found = [
        _address(app, rule, _path(app, rule, {**known, "token": secrets.get(rule.rule), **_own_ids(rule, place)}))
        for rule in pages
    ]
    return sorted(found, key=lambda each: (each.method != "GET", _turn(each.endpoint), each.path))


def _own_ids(rule: Rule, place: Populated) -> dict[str, object]:
    """What only this address needs: a vendor at its stage, a file that has come so far, a question."""
    wanted: dict[str, object] = dict(_ONLY_FOR.get(rule.endpoint, {}))
    if rule.endpoint in STAGE_FOR:
        wanted["vendor_id"] = place.at_stage[STAGE_FOR[rule.endpoint]]
    if rule.endpoint in IMPORT_FOR:
        wanted["import_id"] = place.ids[f"{IMPORT_FOR[rule.endpoint]}_import_id"]
    return wanted


def addresses_for_programs(app: Flask, engine: Engine, place: Populated) -> list[Address]:
    """What a program calls: what reads first, what deletes last."""
    known = {**place.ids, **_ids_for_programs(engine, place)}
    found = [
        _address(app, rule, _path(app, rule, known)) for rule in app.url_map.iter_rules() if rule.rule.startswith(API)
    ]
    return sorted(found, key=lambda each: (each.method != "GET", each.method == "DELETE", each.path))


def _address(app: Flask, rule: Rule, path: str) -> Address:
    view: Any = app.view_functions[rule.endpoint]
    return Address(
        endpoint=rule.endpoint,
        rule=rule.rule,
        method=_method(rule),
        policy=view.policy,
        path=path,
        names_something_of_ours=any(name.endswith("_id") or name in _OF_THE_BUSINESS for name in rule.arguments),
        is_fresh=bool(getattr(view, "fresh", False)),
    )


def _path(app: Flask, rule: Rule, known: dict[str, Any]) -> str:
    unknown = [name for name in rule.arguments if known.get(name) is None]
    assert not unknown, f"{rule.rule}: the populated business has no {unknown}"
    values = {name: known[name] for name in rule.arguments}
    path = app.url_map.bind("localhost").build(rule.endpoint, values, method=_method(rule))
    asked = {name.removeprefix("q_"): value for name, value in QUERY_FOR.get(rule.endpoint, {}).items()}
    return f"{path}?{urlencode(asked)}" if asked else path


def _method(rule: Rule) -> str:
    [method] = (rule.methods or set()) - {"HEAD", "OPTIONS"}
    return method


def _turn(endpoint: str) -> int:
    name = endpoint.partition(".")[2]
    return next((turn for turn, last in enumerate(LAST, start=1) if last in (name, endpoint)), 0)


def _ids_for_pages(engine: Engine, place: Populated, settings: Settings) -> dict[str, object]:
    """Ids that come about by themselves in what the populated business holds; somebody has signed in before."""
    with installation_session(engine, writing=False) as session:
        letter = session.scalars(select(OutboxMessage.id)).first()
        browser = session.scalars(select(UserSession.id)).first()
    with workspace_session(engine, place.business.workspace.id, writing=False) as session:
        mention = session.scalars(select(Reminder.subject_id).where(Reminder.kind == ReminderKind.MENTION)).first()
        change = session.scalars(select(LevelChange.id).order_by(LevelChange.id.desc())).first()
    return {
        "import_id": _import(engine, place, settings),
        "message_id": letter,
        "session_id": browser,
        "mention_id": mention,
        "change_id": change,
        "slug": place.business.workspace.slug,
        "path": "team",
        "revision": "any",
        "letter": "vendor",
    }


def _import(engine: Engine, place: Populated, settings: Settings) -> int:
    """A file that was sent and not yet looked at."""
    with workspace_work(engine, place.business.workspace.id) as session:
        file = BytesIO(b"Name\nHazel Mill\n")
        owner = place.business.owner
        return imports.upload(session, by=owner, content=file, name="vendors.csv", folder=settings.uploads).id


def _ids_for_programs(engine: Engine, place: Populated) -> dict[str, object]:
    with workspace_session(engine, place.business.workspace.id, writing=False) as session:
        return {
            "move_id": session.scalars(select(StageMove.id)).first(),
            "entry_id": session.scalars(select(TrustEntry.id)).first(),
            "import_id": place.ids["checked_import_id"],
            "member_id": place.business.member.user_id,
        }
