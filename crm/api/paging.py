"""Collections: a page at a time, sorted, with a cursor that only this installation can have made."""

import hashlib
import json
from datetime import timedelta
from typing import Any

from marshmallow import Schema

from crm.api.fields import AskedWhole, Body, Line, Many, Of, Order, Shown, Word
from crm.api.gate import Answer, Call
from crm.core import limits
from crm.core.i18n import _
from crm.core.tokens import Signer
from crm.queries.keysets import Page, Sorts, Step
from crm.web.problems import Rejected

USUAL, MOST = 50, 200
_SORT = "What to sort by; with a hyphen downwards."
_BY_OWN = " One of the business's own fields is `custom_fields.` and its name."
CURSOR_LASTS = timedelta(days=7)
CURSOR_LENGTH = 2_000


def asking(name: str, sorts: Sorts, usual_sort: str = "id", *, by_own: bool = False, **filters: Any) -> type[Schema]:
    """What a collection can be asked: the page, the order (``by_own``: also by the business's own fields), words, and
    its filters."""
    order = tuple(word for sort in sorts for word in (sort, f"-{sort}"))
    parts = {
        "page_size": AskedWhole("How many at the most.", least=1, most=MOST, load_default=USUAL),
        "cursor": Line("Where the page begins: the `next_cursor` of the one before.", most=CURSOR_LENGTH),
        "sort": (Order if by_own else Word)(order, _SORT + (_BY_OWN if by_own else ""), load_default=usual_sort),
        "q": Line("Words that have to be in it.", most=limits.NAME_LENGTH, load_default=""),
    }
    kind: type[Schema] = type(f"{name}Asked", (Body,), {**parts, **filters})
    return kind


def several(kind: type[Schema]) -> type[Schema]:
    """A page of a collection."""
    parts = {
        "items": Many(Of(kind)),
        "next_cursor": Line("Where the next page begins; null at the end.", most=CURSOR_LENGTH, allow_none=True),
    }
    found: type[Schema] = type(f"{kind.__name__}Page", (Shown,), parts)
    return found


def step(call: Call, name: str) -> Step:
    """Which page is asked for. A cursor goes with the question that it was given for."""
    asked = call.asked
    sort, size = asked["sort"], asked["page_size"]
    at = None
    if "cursor" in asked:
        facts = _signer(call).read(asked["cursor"])
        if facts is None or facts.get("of") != _question(call, name):
            words = _("This cursor is over, or belongs to another question. Begin again without it.")
            raise Rejected(422, words, errors=[{"parameter": "cursor", "detail": words}])
        at = (facts["at"][0], facts["at"][1])
    return Step(sort.removeprefix("-"), sort.startswith("-"), at, size)


def paged(call: Call, name: str, page: Page, items: list[Any]) -> Answer:
    """The page, with the cursor of the next one."""
    cursor = None
    if page.after is not None:
        cursor = _signer(call).sign({"of": _question(call, name), "at": list(page.after)}, lasts=CURSOR_LASTS)
    return Answer({"items": items, "next_cursor": cursor})


def _signer(call: Call) -> Signer:
    return Signer(call.settings.secret_key, "cursor")


def _question(call: Call, name: str) -> str:
    """What was asked, in short: the business, the collection, order and filters."""
    asked = {key: str(value) for key, value in sorted(call.asked.items()) if key not in ("cursor", "page_size")}
    said = json.dumps([call.member.workspace_id, name, asked])
    return hashlib.sha256(said.encode()).hexdigest()[:16]
