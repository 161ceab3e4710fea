"""Ways between pages: back to where somebody came from, and on to another stage."""

from flask import request

from crm.domain.stages import questions
from crm.models.enums import BOARD_STAGES, Stage
from crm.models.vocabulary import word
from crm.web.addresses import address_of
from crm.web.paths import safe_path

Move = tuple[Stage, str, str, bool]
"""A stage, its words, the address, and whether that is a form that asks first (else a button that posts)."""


def way_back(default: str) -> str:
    """The page of ours named by ``?back=…``, else the default."""
    return safe_path(request.args.get("back", "")) or default


def moves(
    vendor_id: int, here: Stage, *, undecided: bool, back: str = "", to: tuple[Stage, ...] = BOARD_STAGES
) -> list[Move]:
    """Where a vendor can go from here, for the menus of moves."""
    return [move(vendor_id, here, stage, undecided=undecided, back=back) for stage in to if stage is not here]


def move(vendor_id: int, here: Stage, to: Stage, *, undecided: bool, back: str = "") -> Move:
    """One way: a form where the move asks for something, else the act itself."""
    come_back = back or None
    asks = questions(here, to, undecided=undecided).any
    if to is Stage.PARKED:
        return to, word(to), address_of("parkings.new", vendor_id=vendor_id, back=come_back), True
    if asks:
        return to, word(to), address_of("stages.new", vendor_id=vendor_id, to=to.value, back=come_back), True
    # The stage that the page shows goes with it: a colleague may have moved the vendor meanwhile.
    return to, word(to), address_of("stages.move", vendor_id=vendor_id, here=here.value, back=come_back), False


def page_number(name: str = "page") -> int:
    """Which page of a list is asked for by ``?page=…``: 1 where it is missing or nonsense."""
    typed = request.args.get(name, "")
    return max(1, int(typed)) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 1
