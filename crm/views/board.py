"""The board: where everybody stands, and the quickest way to add somebody."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request, url_for
from flask import session as cookie

from crm.core import limits
from crm.core.i18n import _
from crm.domain import vendors
from crm.domain.permissions import Act
from crm.forms.board import AddForm
from crm.models.enums import BOARD_STAGES, Stage
from crm.queries import board as board_queries
from crm.queries import categories as category_queries
from crm.queries.board import Filters
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, page, refusal, see, see_path

pages = Pages("board")
KEPT = "board"
_ASKS_FIRST = (Stage.TRIAL, Stage.PARKED)
_MOST_SHOWN = 200
"""Cards of a column; who has more of them reads the list."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What all cards are drawn with: the reader's day and the business's, the reader's role, and the card whose menu is
    open without script."""

    today: date
    trust_on: date
    may_work: bool
    open_card: int


@pages.get("/board", Act.SEE)
def show(visit: Visit) -> AnyReply:
    """The four columns. Filters are kept in this browser until they are changed."""
    return page("board/show.html", form=AddForm(formdata=None, stage=_column()), **_shown(visit))


@pages.post("/board/vendors", Act.WORK)
def add(visit: Visit) -> AnyReply:
    """Add a vendor: its name is enough. A column that asks for more gets its answer on the next page."""
    form = AddForm(typed())
    wanted = Stage(form.stage.data) if form.stage.data in list(Stage) else Stage.PROSPECT
    first = Stage.PROSPECT if wanted in _ASKS_FIRST else wanted
    added: list[Any] = []

    def act() -> None:
        name, what = form.name.data or "", form.what_they_do.data or ""
        added.append(
            vendors.add(
                visit.session,
                by=visit.member,
                stage=first,
                name=name,
                what_they_do=what,
                despite_doubles=form.despite_doubles.data,
            )
        )

    if not carries_out(form, act):
        return refusal("board/show.html", form=form, **_shown(visit))
    words = _("%(name)s added.", name=added[0].name)
    if wanted in _ASKS_FIRST:
        target = url_for("stages.new", vendor_id=added[0].id, to=wanted.value, back=url_for("board.show"))
        return see_path(target, toast=words)
    return see("board.show", toast=words, added=1, column=wanted.value)


def _shown(visit: Visit) -> dict[str, Any]:
    asked = _asked()
    tree = category_queries.tree(visit.session)
    filters = Filters(
        owner_id=visit.member.user_id if asked["who"] == "me" else None,
        due_by=visit.today if asked["needs"] == "attention" else None,
        category_ids=tuple(tree.below(asked["does"])) if tree.node(asked["does"]) else (),
    )
    columns, attention = board_queries.columns(visit.session, filters, visit.today, _how_many(), reader=visit.member)
    return {
        "asked": asked,
        "chosen": tree.node(asked["does"]),
        "columns": columns,
        "attention": attention,
        "categories": board_queries.top_categories(visit.session, tree),
        "counted": board_queries.COUNTED,
        "shared": Shared(visit.today, visit.workspace.today, visit.may(Act.WORK), _number("card")),
        "is_filtered": asked != _ALL,
        "most": _MOST_SHOWN,
        "has_just_added": request.args.get("added") == "1",
    }


_ALL: dict[str, Any] = {"who": "everyone", "needs": "", "does": 0}


def _asked() -> dict[str, Any]:
    """The filters asked for, else those kept in this browser; what is asked for is kept."""
    kept = {**_ALL, **cookie.get(KEPT, {})}
    asked = dict(kept)
    if request.args.get("who") in ("me", "everyone"):
        asked["who"] = request.args["who"]
    if "needs" in request.args:
        asked["needs"] = "attention" if request.args["needs"] == "attention" else ""
    if "does" in request.args:
        asked["does"] = _number("does")
    if asked != kept:
        cookie[KEPT] = asked
    return asked


def _number(name: str) -> int:
    """A number of the address; 0 where it is none."""
    typed_number = request.args.get(name, "")
    return int(typed_number) if typed_number.isascii() and typed_number.isdigit() and len(typed_number) < 10 else 0


def _how_many() -> dict[Stage, int]:
    """How many cards of each column to show: ``?prospect=100``."""
    found = {}
    for stage in BOARD_STAGES:
        number = request.args.get(stage.value, "")
        if number.isascii() and number.isdigit() and len(number) < 6:
            found[stage] = min(max(int(number), limits.BOARD_CARDS), _MOST_SHOWN)
    return found


def _column() -> str:
    asked = request.args.get("column", "")
    return asked if asked in {stage.value for stage in BOARD_STAGES} else Stage.PROSPECT.value
