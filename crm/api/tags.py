"""Tags."""

from typing import Any

from crm.api.fields import Body, Line, Shown, Whole, number
from crm.api.gate import NOTHING, Answer, Call, Noun
from crm.api.paging import asking, paged, several, step
from crm.core import limits, tokens
from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy
from crm.domain import deletions, tags
from crm.domain.permissions import Act
from crm.queries import tags as reading

noun = Noun("tags", "Words that group vendors across categories.")


class TagShown(Shown):
    """A tag."""

    id = number()
    name = Line(most=limits.NAME_LENGTH)
    vendors = Whole("How many vendors bear it.")


class NewTag(Body):
    """A tag to be made."""

    name = Line(most=limits.NAME_LENGTH, least=1, required=True)


class TagChange(Body):
    """What changes about a tag."""

    name = Line(most=limits.NAME_LENGTH, least=1)


@noun.get("/tags", asks=asking("Tags", reading.SORTS), gives=several(TagShown))
def index(call: Call) -> Answer:
    """Lists tags."""
    found = reading.listed(call.session, step(call, "tags"), words=call.asked["q"])
    counts = reading.vendor_counts(call.session, [tag.id for tag in found.rows])
    return paged(call, "tags", found, [_shown(tag, counts) for tag in found.rows])


@noun.get("/tags/<int:tag_id>", gives=TagShown)
def show(call: Call, tag_id: int) -> Answer:
    """Shows one tag."""
    tag = reading.tag(call.session, tag_id)
    if tag is None:
        raise Missing
    return _one(call, tag)


@noun.post("/tags", takes=NewTag, gives=TagShown, also=200)
def create(call: Call) -> Answer:
    """Makes a tag; one of this name that is there already is the answer, with status 200."""
    names = tags.names([call.body["name"]])
    if not names:
        raise Refused(lazy("Type the tag’s name."), field="name")
    is_new = not tags.exists(call.session, names[0])
    [tag] = tags.known(call.session, names)
    answer = _one(call, tag)
    if not is_new:
        answer.status = 200
    answer.location = f"/tags/{tag.id}"
    return answer


@noun.patch("/tags/<int:tag_id>", Act.MANAGE, takes=TagChange, gives=TagShown)
def update(call: Call, tag_id: int) -> Answer:
    """Gives a tag another name."""
    tag = tags.at(call.session, tag_id)
    call.expect(_mark(tag))
    if "name" in call.body:
        tags.rename(tag, name=call.body["name"])
    return _one(call, tag)


@noun.delete("/tags/<int:tag_id>", Act.MANAGE)
def destroy(call: Call, tag_id: int) -> Answer:
    """Deletes a tag and takes it off every vendor."""
    tag = tags.at(call.session, tag_id)
    call.expect(_mark(tag))
    deletions.of_tag(tag, by=call.member)
    return NOTHING


def _one(call: Call, tag: Any) -> Answer:
    if call.session.writing:
        call.session.flush()
    return Answer(_shown(tag, reading.vendor_counts(call.session, [tag.id])), mark=_mark(tag))


def _mark(tag: Any) -> str:
    """A tag says nothing but its name, so that tells its versions apart."""
    return tokens.fingerprint(tag.name)[:16]


def _shown(tag: Any, counts: dict[int, int]) -> dict[str, Any]:
    return {"id": tag.id, "name": tag.name, "vendors": counts.get(tag.id, 0)}
