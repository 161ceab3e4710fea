"""Tags: words that group vendors across categories. Typing one makes it."""

from collections.abc import Iterable

from sqlalchemy import delete, select, update

from crm.core import limits, text
from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.models.vendors import Tag, Vendor, VendorTag


def names(typed: str | Iterable[str]) -> list[str]:
    """The tags in a line, divided by commas, each once whatever its case. Raises Refused for too long or too many."""
    parts = typed.split(",") if isinstance(typed, str) else typed
    cleaned = (text.clean_line(part).lstrip("#").strip() for part in parts)
    found = {key(name): name for name in cleaned if key(name)}
    if any(len(name) > limits.NAME_LENGTH for name in found.values()):
        raise Refused(lazy("Keep each tag under %(length)s characters.", length=limits.NAME_LENGTH), field="tags")
    if len(found) > limits.TAGS_PER_VENDOR:
        raise Refused(lazy("Keep it to %(most)s tags.", most=limits.TAGS_PER_VENDOR), field="tags")
    return list(found.values())


def put_on(vendor: Vendor, wanted: Iterable[str]) -> bool:
    """Make these the tags of the vendor, adding those that are new to the business. Says whether anything changed."""
    session = session_of(vendor)
    wanted_ids = {tag.id for tag in known(session, names(wanted))}
    present = set(session.scalars(select(VendorTag.tag_id).where(VendorTag.vendor_id == vendor.id)))
    if wanted_ids == present:
        return False
    session.execute(
        delete(VendorTag).where(VendorTag.vendor_id == vendor.id, VendorTag.tag_id.in_(present - wanted_ids))
    )
    session.insert_many(
        VendorTag, [{"vendor_id": vendor.id, "tag_id": tag_id} for tag_id in sorted(wanted_ids - present)]
    )
    return True


def known(session: WorkspaceSession, wanted: Iterable[str]) -> list[Tag]:
    """The tags of these names; those that do not exist yet are made."""
    keyed = {key(name): name for name in wanted}
    found = {tag.normal_name: tag for tag in session.scalars(select(Tag).where(Tag.normal_name.in_(keyed)))}
    new = [Tag(name=name, normal_name=key) for key, name in keyed.items() if key not in found]
    session.add_all(new)
    session.flush()
    return [*found.values(), *new]


def exists(session: WorkspaceSession, name: str) -> bool:
    """Whether the business has a tag of this name."""
    return session.scalars(select(Tag.id).where(Tag.normal_name == key(name))).first() is not None


def rename(tag: Tag, *, name: str) -> None:
    """Give a tag another name. Raises Refused where another tag has it: then they can be merged."""
    [cleaned] = names([name]) or [""]
    if not cleaned:
        raise Refused(lazy("Type the tag’s name."), field="name")
    session = session_of(tag)
    if session.scalars(select(Tag.id).where(Tag.normal_name == key(cleaned), Tag.id != tag.id)).first() is not None:
        raise Refused(lazy("Another tag has this name. Merge the two instead."), field="name")
    tag.name, tag.normal_name = cleaned, key(cleaned)


def merge(tag: Tag, *, into: Tag) -> None:
    """Put every vendor's tag ``into`` in the place of this one, and delete this one."""
    if tag.id == into.id:
        raise Refused(lazy("Choose another tag to merge into."), field="into")
    session = session_of(tag)
    both = select(VendorTag.vendor_id).where(VendorTag.tag_id == into.id)
    session.execute(delete(VendorTag).where(VendorTag.tag_id == tag.id, VendorTag.vendor_id.in_(both)))
    session.execute(update(VendorTag).where(VendorTag.tag_id == tag.id).values(tag_id=into.id))
    session.delete(tag)


def delete_tag(tag: Tag) -> None:
    """Delete a tag and take it off every vendor."""
    session_of(tag).delete(tag)


def at(session: WorkspaceSession, tag_id: int) -> Tag:
    """The tag, held for a change. Raises Missing."""
    tag = session.get(Tag, tag_id, with_for_update=True)
    if tag is None:
        raise Missing
    return tag


def key(name: str) -> str:
    """A tag's name for comparing."""
    return text.normal(name)[: limits.NAME_LENGTH]
