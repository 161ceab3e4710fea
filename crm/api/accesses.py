"""Accesses: what a vendor can open. Never a password."""

from typing import Any

from crm.api.fields import AskedFlag, Body, Day, Flag, Instant, Line, Shown, Whole, asked_number, number
from crm.api.gate import NOTHING, Answer, Call, Noun
from crm.api.paging import asking, paged, several, step
from crm.core import limits
from crm.domain import decision_areas, deletions, vendors
from crm.domain.decision_areas import AccessTerms
from crm.queries import decision_areas as reading

noun = Noun("accesses", "What a vendor has access to, and until when. Never a password.")

_SAID: dict[str, Any] = {
    "what": Line("The name of the thing, never a password.", most=limits.NAME_LENGTH, least=1),
    "granted_on": Day("Today or before."),
    "area_id": number("The decision area that it is for.", allow_none=True),
    "owner_id": number("Who of us takes it back.", allow_none=True),
    "revoke_on": Day("The day agreed on to take it back.", allow_none=True),
}
AccessShown = type(
    "Access",
    (Shown,),
    {
        "id": number(),
        "vendor_id": number(),
        **_SAID,
        "offboarding_on": Day("Since when it is to be taken back, the vendor being active no longer.", allow_none=True),
        "is_revoked": Flag("Whether it was taken back."),
        "revoked_on": Day(allow_none=True),
        "version": Whole(least=1),
        "created_at": Instant(),
        "created_by": number(allow_none=True),
    },
)
NewAccess = type(
    "NewAccess",
    (Body,),
    {
        **_SAID,
        "vendor_id": number(required=True),
        "what": Line("The name of the thing, never a password.", most=limits.NAME_LENGTH, least=1, required=True),
        "granted_on": Day("Today where it is left out."),
    },
)
AccessChange = type(
    "AccessChange",
    (Body,),
    {
        **_SAID,
        "is_revoked": Flag("Whether it was taken back."),
        "version": Whole("The one that was read.", least=1),
    },
)


@noun.get(
    "/accesses",
    asks=asking(
        "Accesses", reading.ACCESS_SORTS, vendor_id=asked_number(), area_id=asked_number(), is_open=AskedFlag()
    ),
    gives=several(AccessShown),
)
def index(call: Call) -> Answer:
    """Lists accesses, those taken back too."""
    exact = {name: call.asked[name] for name in ("vendor_id", "area_id", "is_open") if name in call.asked}
    found = reading.listed_accesses(call.session, step(call, "accesses"), words=call.asked["q"], **exact)
    return paged(call, "accesses", found, [_shown(access) for access in found.rows])


@noun.get("/accesses/<int:access_id>", gives=AccessShown)
def show(call: Call, access_id: int) -> Answer:
    """Shows one access."""
    return _one(decision_areas.find_access(call.session, access_id))


@noun.post("/accesses", takes=NewAccess, gives=AccessShown)
def create(call: Call) -> Answer:
    """Notes an access that a vendor was given."""
    body = {"granted_on": call.today} | call.body
    vendor = vendors.at(call.session, body.pop("vendor_id"))
    access = decision_areas.give_access(vendor, by=call.member, **body)
    answer = _one(access)
    answer.location = f"/accesses/{access.id}"
    return answer


@noun.patch("/accesses/<int:access_id>", takes=AccessChange, gives=AccessShown)
def update(call: Call, access_id: int) -> Answer:
    """Changes an access, notes that it was taken back today, or that it was not."""
    access = decision_areas.find_access(call.session, access_id)
    call.expect(access.version)
    version, body = call.version(access.version), call.body
    said = AccessTerms(**{name: body.get(name, getattr(access, name)) for name in _SAID})
    decision_areas.edit_access(access, by=call.member, version=version, said=said)
    if body.get("is_revoked") is True and access.revoked_on is None:
        decision_areas.revoke_access(access, by=call.member)
    elif body.get("is_revoked") is False:
        decision_areas.restore_access(access)
    return _one(access)


@noun.delete("/accesses/<int:access_id>")
def destroy(call: Call, access_id: int) -> Answer:
    """Deletes an access that was never given."""
    access = decision_areas.find_access(call.session, access_id)
    call.expect(access.version)
    deletions.of_access(access, by=call.member)
    return NOTHING


def _one(access: Any) -> Answer:
    return Answer(_shown(access), mark=access.version)


def _shown(access: Any) -> dict[str, Any]:
    names = [name for name in AccessShown().fields if name != "is_revoked"]
    return {**{name: getattr(access, name) for name in names}, "is_revoked": access.revoked_on is not None}
