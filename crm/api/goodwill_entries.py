"""The goodwill ledger: good turns given and received. Entries are added and struck out, never edited."""

from typing import Any

from crm.api.fields import (
    AskedFlag,
    Body,
    Day,
    Flag,
    Instant,
    Line,
    Pick,
    Shown,
    Text,
    asked_number,
    money,
    number,
)
from crm.api.gate import NOTHING, Answer, Call, Noun
from crm.api.paging import asking, paged, several, step
from crm.core import limits
from crm.domain import goodwill, vendors
from crm.domain.goodwill import Turn
from crm.models.enums import GoodwillKind, GoodwillSide
from crm.queries import goodwill as reading

noun = Noun("goodwill-entries", "What we and a vendor did for each other beyond what was owed. Never edited.")

_SAID: dict[str, Any] = {
    "side": Pick(GoodwillSide, required=True),
    "kind": Pick(GoodwillKind, required=True),
    "happened_on": Day("Never ahead; today where it is left out."),
    "note": Text(),
    "value_amount": money("What it was worth, in minor units of value_currency.", allow_none=True),
    "value_currency": Line("ISO 4217; empty without a value.", most=limits.CURRENCY_LENGTH),
}
EntryShown = type(
    "GoodwillEntry",
    (Shown,),
    {
        "id": number(),
        "vendor_id": number(),
        **_SAID,
        "referral_id": number("The referral that it is; such an entry follows the referral.", allow_none=True),
        "is_struck": Flag("Whether it was a mistake and counts no more."),
        "struck_why": Line(),
        "created_at": Instant(),
        "created_by": number(allow_none=True),
    },
)
NewEntry = type("NewGoodwillEntry", (Body,), {"vendor_id": number(required=True), **_SAID})
_FILTERS: dict[str, Any] = {
    "vendor_id": asked_number(),
    "referral_id": asked_number(),
    "created_by": asked_number(),
    "side": Pick(GoodwillSide),
    "kind": Pick(GoodwillKind),
    "is_struck": AskedFlag(),
}


@noun.get("/goodwill-entries", asks=asking("GoodwillEntries", reading.SORTS, **_FILTERS), gives=several(EntryShown))
def index(call: Call) -> Answer:
    """Lists good turns, those that were struck out too."""
    exact = {name: call.asked[name] for name in _FILTERS if name in call.asked}
    found = reading.listed(call.session, step(call, "goodwill-entries"), words=call.asked["q"], **exact)
    return paged(call, "goodwill-entries", found, [_shown(row) for row in found.rows])


@noun.get("/goodwill-entries/<int:goodwill_id>", gives=EntryShown)
def show(call: Call, goodwill_id: int) -> Answer:
    """Shows one good turn."""
    return Answer(_shown(goodwill.find(call.session, goodwill_id)))


@noun.post("/goodwill-entries", takes=NewEntry, gives=EntryShown)
def create(call: Call) -> Answer:
    """Writes a good turn down."""
    body = {"happened_on": call.today} | call.body
    vendor = vendors.at(call.session, body.pop("vendor_id"))
    entry = goodwill.record(vendor, Turn(**body), by=call.member)
    return Answer(_shown(entry), location=f"/goodwill-entries/{entry.id}")


@noun.delete("/goodwill-entries/<int:goodwill_id>", matches=False)
def destroy(call: Call, goodwill_id: int) -> Answer:
    """Strikes a good turn out that was a mistake. It stays to be read, and counts no more."""
    goodwill.strike(goodwill.find(call.session, goodwill_id))
    return NOTHING


def _shown(entry: Any) -> dict[str, Any]:
    names = [name for name in EntryShown().fields if name != "is_struck"]
    return {**{name: getattr(entry, name) for name in names}, "is_struck": entry.struck_at is not None}
