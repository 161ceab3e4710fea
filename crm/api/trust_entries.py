"""Trust entries: what a vendor did that moved trust, as observed facts."""

from typing import Any

from crm.api.fields import Body, Day, Flag, Instant, Line, Pick, Shown, Text, asked_number, number
from crm.api.gate import NOTHING, Answer, Call, Noun
from crm.api.paging import asking, paged, several, step
from crm.core import limits
from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy
from crm.domain import trust_entries, vendors
from crm.domain.trust_entries import Observation
from crm.models.enums import Dimension, Direction, Visibility, Weight
from crm.queries import trust_entries as reading

noun = Noun(
    "trust-entries", "Observed facts that moved trust. They are not changed: a correction takes the place of one."
)

_SAID: dict[str, Any] = {
    "occurred_on": Day("Never ahead; today where it is left out."),
    "dimension": Pick(Dimension),
    "direction": Pick(Direction),
    "weight": Pick(Weight, "It counts 1, 2 or 4."),
    "what_happened": Text("What one could see, not what one felt.", least=1),
    "person_id": number("Who at the vendor.", allow_none=True),
    "evidence": Line("A link, or where to find it.", most=limits.URL_LENGTH),
    "attachment_id": number("A file of the vendor that shows it.", allow_none=True),
    "expected_on": Day("The day it was promised for.", allow_none=True),
    "actual_on": Day("The day it came.", allow_none=True),
    "observer_id": number("Who saw it: a member; the token's person where it is left out.", allow_none=True),
    "vendor_told": Flag("Whether we told them."),
    "our_response": Text("What we did then."),
    "visibility": Pick(Visibility, "Who may read it."),
    "repairs_id": number("The entry whose breach this mends.", allow_none=True),
}
TrustEntryShown = type(
    "TrustEntry",
    (Shown,),
    {
        "id": number(),
        "vendor_id": number(),
        **_SAID,
        "corrects_id": number("The entry that this one took the place of.", allow_none=True),
        "created_at": Instant(),
        "created_by": number(allow_none=True),
    },
)
NewTrustEntry = type(
    "NewTrustEntry",
    (Body,),
    {
        **_SAID,
        "vendor_id": number(required=True),
        "dimension": Pick(Dimension, required=True),
        "direction": Pick(Direction, required=True),
        "weight": Pick(Weight, required=True),
        "what_happened": Text("What one could see, not what one felt.", least=1, required=True),
        "corrects_id": number("An entry of the same vendor, whose place this one takes."),
    },
)
_FILTERS: dict[str, Any] = {
    "vendor_id": asked_number(),
    "dimension": Pick(Dimension),
    "direction": Pick(Direction),
    "weight": Pick(Weight),
}


@noun.get("/trust-entries", asks=asking("TrustEntries", reading.SORTS, **_FILTERS), gives=several(TrustEntryShown))
def index(call: Call) -> Answer:
    """Lists the entries that stand and that the token's person may read."""
    exact = {name: call.asked[name] for name in _FILTERS if name in call.asked}
    at = step(call, "trust-entries")
    found = reading.listed(call.session, at, reader=call.member, words=call.asked["q"], **exact)
    return paged(call, "trust-entries", found, [_shown(entry) for entry in found.rows])


@noun.get("/trust-entries/<int:entry_id>", gives=TrustEntryShown)
def show(call: Call, entry_id: int) -> Answer:
    """Shows one entry, one that was corrected too."""
    return Answer(_shown(trust_entries.find(call.session, entry_id, reader=call.member)))


@noun.post("/trust-entries", takes=NewTrustEntry, gives=TrustEntryShown)
def create(call: Call) -> Answer:
    """Writes an entry; with `corrects_id` it takes the place of an earlier one, which stays to be read."""
    body = call.body
    vendor = vendors.at(call.session, body.pop("vendor_id"))
    corrected = body.pop("corrects_id", None)
    seen = Observation(**{"occurred_on": call.today, "observer_id": call.member.user_id, **body})
    if corrected is None:
        entry = trust_entries.observe(vendor, by=call.member, seen=seen)
    else:
        entry = trust_entries.correct(_older(call, corrected, vendor.id), by=call.member, seen=seen)
    return Answer(_shown(entry), location=f"/trust-entries/{entry.id}")


@noun.delete("/trust-entries/<int:entry_id>", matches=False)
def destroy(call: Call, entry_id: int) -> Answer:
    """Takes an entry back that was written by mistake a moment ago; later, only a correction helps."""
    trust_entries.take_back(trust_entries.find(call.session, entry_id, reader=call.member), by=call.member)
    return NOTHING


def _older(call: Call, entry_id: int, vendor_id: int) -> Any:
    try:
        entry = trust_entries.find(call.session, entry_id, reader=call.member)
    except Missing:
        entry = None
    if entry is None or entry.vendor_id != vendor_id:
        raise Refused(lazy("Choose one of the vendor’s trust notes."), field="corrects_id")
    return entry


def _shown(entry: Any) -> dict[str, Any]:
    names = [name for name in TrustEntryShown().fields if name != "corrects_id"]
    return {**{name: getattr(entry, name) for name in names}, "corrects_id": entry.supersedes_id}
