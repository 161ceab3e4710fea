"""People at vendors."""

from typing import TYPE_CHECKING, Any

from crm.api.fields import Body, Instant, Line, Many, Pick, Shown, Text, Whole, asked_number, number
from crm.api.gate import NOTHING, Answer, Call, Noun
from crm.api.paging import asking, paged, several, step
from crm.core import limits
from crm.core.errors import Missing
from crm.domain import deletions, people, vendors
from crm.models.enums import Channel
from crm.queries import people as reading

if TYPE_CHECKING:
    from crm.queries.people import PersonRow

noun = Noun("people", "Somebody at a vendor, and how they are reached.")

_PLAIN: dict[str, Any] = {
    "name": Line(most=limits.NAME_LENGTH, least=1),
    "role": Line(most=limits.NAME_LENGTH),
    "emails": Many(Line(most=limits.EMAIL_LENGTH), "The first one is used.", most=limits.CONTACTS_PER_PERSON),
    "phones": Many(Line(most=people.PHONE_LENGTH), most=limits.CONTACTS_PER_PERSON),
    "preferred_channel": Pick(Channel, allow_none=True),
    "notes": Text(),
}
_READ_ONLY: dict[str, Any] = {
    "id": number(),
    "vendor_id": number(),
    "version": Whole(least=1),
    "updated_at": Instant(),
    "updated_by": number(allow_none=True),
}
PersonShown = type("Person", (Shown,), {**_PLAIN, **_READ_ONLY})
NewPerson = type(
    "NewPerson",
    (Body,),
    {
        **_PLAIN,
        "vendor_id": number(required=True),
        "name": Line(most=limits.NAME_LENGTH, least=1, required=True),
    },
)
PersonChange = type("PersonChange", (Body,), {**_PLAIN, "version": Whole("The one that was read.", least=1)})
PeopleAsked = asking(
    "People", reading.SORTS, vendor_id=asked_number(), email=Line("An address of theirs.", most=limits.EMAIL_LENGTH)
)


@noun.get("/people", asks=PeopleAsked, gives=several(PersonShown))
def index(call: Call) -> Answer:
    """Lists people."""
    exact = {name: call.asked[name] for name in ("vendor_id", "email") if name in call.asked}
    found = reading.listed(call.session, step(call, "people"), reader=call.member, words=call.asked["q"], **exact)
    return paged(call, "people", found, found.rows)


@noun.get("/people/<int:person_id>", gives=PersonShown)
def show(call: Call, person_id: int) -> Answer:
    """Shows one person."""
    return _one(call, person_id)


@noun.post("/people", takes=NewPerson, gives=PersonShown)
def create(call: Call) -> Answer:
    """Adds somebody at a vendor."""
    vendor = vendors.at(call.session, call.body.pop("vendor_id"))
    person = people.add(vendor, by=call.member, **call.body)
    answer = _one(call, person.id)
    answer.location = f"/people/{person.id}"
    return answer


@noun.patch("/people/<int:person_id>", takes=PersonChange, gives=PersonShown)
def update(call: Call, person_id: int) -> Answer:
    """Changes a person. What is left out stays."""
    person = people.at(call.session, person_id)
    call.expect(person.version)
    version = call.version(person.version)
    before = _row(call, person_id)
    said = {name: getattr(before, name) for name in _PLAIN} | call.body
    people.edit(person, by=call.member, version=version, **said)
    return _one(call, person_id)


@noun.delete("/people/<int:person_id>")
def destroy(call: Call, person_id: int) -> Answer:
    """Deletes a person, into the bin. What was said with them stays."""
    person = people.at(call.session, person_id)
    call.expect(person.version)
    deletions.of_person(person, by=call.member)
    return NOTHING


def _one(call: Call, person_id: int) -> Answer:
    if call.session.writing:
        call.session.flush()
    row = _row(call, person_id)
    return Answer(row, mark=row.version)


def _row(call: Call, person_id: int) -> "PersonRow":
    row = reading.person(call.session, person_id)
    if row is None:
        raise Missing
    return row
