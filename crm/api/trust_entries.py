"""Trust entries: what a vendor did that moved trust, as observed facts."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from crm.api.fields import Body, Day, Flag, Instant, Line, Of, Pick, Shown, Text, asked_number, number
from crm.api.gate import NOTHING, Answer, Call, Noun
from crm.api.paging import asking, paged, several, step
from crm.core import limits
from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy
from crm.domain import deletions, trust_entries, vendors
from crm.domain.trust_entries import Observation
from crm.models.enums import Dimension, Direction, RecordKind, Visibility, Weight
from crm.queries import trust_entries as reading
from crm.queries.trust_records import Ref

noun = Noun(
    "trust-entries", "Observed facts that moved trust. They are not changed: a correction takes the place of one."
)


class Record(Body):
    """What shows what an entry says."""

    kind = Pick(RecordKind, required=True)
    id = number("The id of the piece of work, trial task, promise or interaction.", required=True)


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
    "record": Of(Record, "The record of the vendor that shows it.", allow_none=True),
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
    return paged(call, "trust-entries", found, _shown(call, found.rows))


@noun.get("/trust-entries/<int:entry_id>", gives=TrustEntryShown)
def show(call: Call, entry_id: int) -> Answer:
    """Shows one entry, one that was corrected too."""
    return Answer(_shown(call, [trust_entries.find(call.session, entry_id, reader=call.member)])[0])


@noun.post("/trust-entries", takes=NewTrustEntry, gives=TrustEntryShown)
def create(call: Call) -> Answer:
    """Writes an entry; with `corrects_id` it takes the place of an earlier one, which stays to be read."""
    body = call.body
    vendor = vendors.at(call.session, body.pop("vendor_id"))
    corrected = body.pop("corrects_id", None)
    if body.get("record") is not None:
        body["record"] = Ref(**body["record"])
    seen = Observation(**{"occurred_on": call.today, "observer_id": call.member.user_id, **body})
    if corrected is None:
        entry = trust_entries.observe(vendor, by=call.member, seen=seen)
    else:
        older = _older(call, corrected, vendor.id)
        entry = trust_entries.correct(older, by=call.member, seen=_kept(call, older, seen, body))
    return Answer(_shown(call, [entry])[0], location=f"/trust-entries/{entry.id}")


@noun.delete("/trust-entries/<int:entry_id>", matches=False)
def destroy(call: Call, entry_id: int) -> Answer:
    """Takes an entry back that was written by mistake a moment ago; later, only a correction helps."""
    deletions.of_trust_entry(trust_entries.find(call.session, entry_id, reader=call.member), by=call.member)
    return NOTHING


def _older(call: Call, entry_id: int, vendor_id: int) -> Any:
    try:
        entry = trust_entries.find(call.session, entry_id, reader=call.member)
    except Missing:
        entry = None
    if entry is None or entry.vendor_id != vendor_id:
        raise Refused(lazy("Choose one of the vendor’s trust notes."), field="corrects_id")
    return entry


def _kept(call: Call, older: Any, seen: Observation, body: dict[str, Any]) -> Observation:
    """What a correction does not speak of, the entry goes on pointing at."""
    links = reading.links_of(call.session, [older], reader=call.member)[older.id]
    return replace(
        seen,
        record=seen.record if "record" in body else links.record,
        repairs_id=seen.repairs_id if "repairs_id" in body else links.repairs_id,
    )


def _shown(call: Call, entries: Sequence[Any]) -> list[dict[str, Any]]:
    names = [name for name in TrustEntryShown().fields if name not in ("corrects_id", "repairs_id", "record")]
    links = reading.links_of(call.session, entries, reader=call.member)
    return [{**{name: getattr(entry, name) for name in names}, **asdict(links[entry.id])} for entry in entries]
