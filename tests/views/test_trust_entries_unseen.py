"""What somebody keeps to themselves about a vendor leaves no trace for whoever may not read it.

Every doorway is opened twice, before and after it is written down, and has to say the very same: pages, files, feeds,
search, the API, letters. The list of doorways is the application's own, so a new one is watched from its first day.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import Engine

from crm.core import clock
from crm.core.settings import Settings
from crm.core.tenancy import installation_session
from crm.core.unit_of_work import workspace_work
from crm.domain import digests, interactions, promises, trust_entries, vendor_exports
from crm.domain.trust_entries import Observation
from crm.domain.vendor_exports import Format
from crm.mail import mime
from crm.models.enums import (
    AuditKind,
    Dimension,
    Direction,
    InteractionKind,
    PromiseKind,
    PromiseState,
    RecordKind,
    TokenScope,
    Visibility,
    Weight,
)
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership
from crm.queries.trust_records import Ref
from crm.web.gate import LINK, PUBLIC
from tests.support.browsing import Browser
from tests.support.populated import Populated, populate
from tests.support.programs import API, Program, token_for
from tests.support.walking import signed_in_places

MONDAY = date(2026, 10, 5)
SECRET = "zwiebelkuchen"
"""A word that stands in every text of what is kept private, and nowhere else."""
BREACH = Observation(MONDAY, Dimension.INTEGRITY, Direction.NEGATIVE, Weight.MAJOR, "Invoiced twice.")
GOOD = Observation(MONDAY, Dimension.ABILITY, Direction.POSITIVE, Weight.MAJOR, "Used without a change.")
_VARYING = re.compile(rb'name="(csrf_token|press)" [^>]*>|content="[\w.~-]{60,}"|"last_used_at": ?"[^"]*"')
"""What differs from one answer to the next whatever happens: hidden words of forms, and when a token was used."""


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def place(engine: Engine, business, settings) -> Populated:
    """Fern & Flint with one of everything, and with what private notes could touch: a breach that everybody knows of,
    a promise that was kept, and a delivery."""
    place = populate(engine, business, settings)
    by = business.owner
    with workspace_work(engine, business.workspace.id) as session:
        vendor = session.get_one(Vendor, place.vendor_id)
        place.ids["breach_id"] = trust_entries.observe(vendor, by=by, seen=BREACH).id
        kept = promises.make(vendor, by=by, kind=PromiseKind.THEIRS, due_on=MONDAY, what="The table")
        promises.close(kept, by=by, state=PromiseState.KEPT)
        came = interactions.log(
            vendor, by=by, kind=InteractionKind.DELIVERY, occurred_on=MONDAY, summary="Twelve pages."
        )
        place.ids.update(kept_id=kept.id, delivery_id=came.id)
    return place


def keep_to_oneself(engine: Engine, place: Populated, author: Membership, visibility: Visibility) -> int:
    """All that can be kept private: praise and a breach, a repair of what all know of, notes that rest on records, and
    a correction. Says the id of one of the notes."""

    def secret(seen: Observation, **more: object) -> Observation:
        words = {"what_happened": f"{SECRET} 1", "evidence": f"{SECRET} 2", "our_response": f"{SECRET} 3"}
        return replace(seen, **words, visibility=visibility, **more)

    with workspace_work(engine, author.workspace_id) as session:
        vendor = session.get_one(Vendor, place.vendor_id)
        records = Ref(RecordKind.PROMISE, place.ids["kept_id"]), Ref(RecordKind.INTERACTION, place.ids["delivery_id"])
        for record in records:
            trust_entries.observe(vendor, by=author, seen=secret(GOOD, record=record, person_id=place.ids["person_id"]))
        trust_entries.observe(vendor, by=author, seen=secret(BREACH, attachment_id=place.ids["attachment_id"]))
        trust_entries.observe(vendor, by=author, seen=secret(GOOD, repairs_id=place.ids["breach_id"]))
        entry = trust_entries.observe(vendor, by=author, seen=secret(GOOD))
        return trust_entries.correct(entry, by=author, seen=secret(BREACH)).id


class Doorways:
    """All ways in which one person can look at the business."""

    def __init__(
        self, app: Flask, engine: Engine, settings: Settings, place: Populated, reader: Membership, browser: Browser
    ) -> None:
        self._app, self._settings, self._place, self._reader, self._browser = app, settings, place, reader, browser
        self._engine = engine
        self._program = Program(app, token_for(engine, reader, TokenScope.READ))
        self._program.get("/tags")  # a token that was never used is shown as such

    def all_said(self) -> dict[str, bytes]:
        """What each of them says, without what differs each time."""
        return {**self.pages(), **self.files(), **self.programs(), "digest": self.digest()}

    def pages(self) -> dict[str, bytes]:
        places = signed_in_places(self._app, self._place)
        asked = [place.path for place in places if place.endpoint != "audit.index"]
        # The log tells of the tables that this walk takes out, so it is asked for all else.
        asked += [f"/audit?kind={kind}" for kind in AuditKind if kind is not AuditKind.EXPORTED]
        vendor = f"/vendors/{self._place.vendor_id}"
        asked += [f"{vendor}?show=trust", f"{vendor}/trust-entries/new?record=promise-{self._place.ids['kept_id']}"]
        asked += [f"{vendor}/trust-entries/new?repairs={self._place.ids['breach_id']}"]
        asked += [f"{door}?q={word}" for door in ("/search", "/search/palette") for word in _WORDS]
        return {path: self.open(path) for path in asked}

    def files(self) -> dict[str, bytes]:
        vendor = f"/vendors/{self._place.vendor_id}"
        feed = self._path("calendars.feed", token=self._place.tokens["calendars.feed"])
        paths = ["/trust-entries.csv", f"{vendor}/trust-entries.csv", "/insights/check-ins.csv", feed]
        found = {path: self.open(path) for path in paths}
        with workspace_work(self._engine, self._reader.workspace_id) as session:
            for kind in Format:
                out = io.BytesIO()
                vendor_exports.write_all(session, out, file_format=kind, workspace="fern", today=MONDAY)
                found[f"export {kind}"] = re.sub(rb"REV:\S+", b"", out.getvalue())
        return found

    def programs(self) -> dict[str, bytes]:
        known = {
            **self._place.ids,
            "import_id": self._place.ids["checked_import_id"],
            "member_id": self._reader.user_id,
        }
        found = {}
        for rule in self._app.url_map.iter_rules():
            policy = getattr(self._app.view_functions[rule.endpoint], "policy", None)
            if not rule.rule.startswith(API) or "GET" not in (rule.methods or ()) or policy in (PUBLIC, LINK):
                continue
            path = re.sub(r"<int:(\w+)>", lambda match: str(known[match[1]]), rule.rule)
            found[path] = _plain(self._program.ask("GET", path).data)
        for path, query in (
            ("/trust-entries", {"vendor_id": self._place.vendor_id, "sort": "-id"}),
            *(("/trust-entries", {"q": word}) for word in _WORDS),
            *(("/vendors", {"q": word}) for word in _WORDS),
            (f"/vendors/{self._place.vendor_id}", {"include": "trust"}),
        ):
            found[f"{path} {query}"] = _plain(self._program.get(path, **query).data)
        return found

    def digest(self) -> bytes:
        """The morning letter as it would be written now; it is put away again."""
        now = clock.now()
        with installation_session(self._engine, writing=True) as session:
            member = session.get_one(Membership, self._reader.id)
            member.next_digest_at = now
            session.flush()
            letter = digests.plan(session, member.id, settings=self._settings, now=now)
            said = mime.part(letter.content, "plain") if letter else ""
            session.rollback()
        return re.sub(r"https?://\S+", "", said).encode()

    def open(self, path: str) -> bytes:
        """What a page or a file says, with its status."""
        answer = self._browser.client.get(path)
        data = answer.get_data()
        answer.close()
        return f"{answer.status_code} ".encode() + _plain(data)

    def _path(self, endpoint: str, **values: object) -> str:
        return self._app.url_map.bind("localhost").build(endpoint, values)


_WORDS = (SECRET, "zwiebel", "zwiebelkuchn", "invoiced")


def _plain(said: bytes) -> bytes:
    return _VARYING.sub(b"", said)


@pytest.fixture
def doorways(app, engine, settings, place, browser_of) -> Callable[[Membership], Doorways]:
    return lambda reader: Doorways(app, engine, settings, place, reader, browser_of(reader))


@pytest.mark.sqlite  # a walk through everything: once is enough, the rule is the same SQL for both
@pytest.mark.parametrize(
    ("author", "visibility", "reader"),
    [
        ("member", Visibility.AUTHOR, "owner"),
        ("admin", Visibility.ADMINS, "member"),
    ],
)
def test_no_doorway_says_anything_else_once_it_is_written(engine, place, doorways, author, visibility, reader):
    doors = doorways(getattr(place.business, reader))
    before = doors.all_said()
    entry_id = keep_to_oneself(engine, place, getattr(place.business, author), visibility)
    after = doors.all_said()
    assert [door for door in before if before[door] != after[door]] == []
    assert [door for door, said in before.items() if said.startswith(b"5")] == []
    for path in (f"/trust-entries/{entry_id}", f"/trust-entries/{entry_id}/correction"):
        assert doors.open(path) == doors.open("/trust-entries/987654" + path.removeprefix(f"/trust-entries/{entry_id}"))


def test_its_author_finds_it_behind_the_very_same_doors(engine, place, doorways):
    """Or the test above would prove nothing."""
    author = place.business.member
    doors = doorways(author)
    keep_to_oneself(engine, place, author, Visibility.AUTHOR)
    vendor, found = f"/vendors/{place.vendor_id}", f"/search?q={SECRET}"
    for path in (vendor, f"{vendor}?show=trust", f"{vendor}/trust-entries.csv", "/trust-entries.csv"):
        assert f"{SECRET} 1".encode() in doors.open(path), path
    assert SECRET.encode() in re.sub(rb'value="[^"]*"', b"", doors.open(found))
