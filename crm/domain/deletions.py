"""Deleting, each thing in its own way, and always into the bin (:mod:`crm.domain.bin_items`): what the pages and
programs call. What may be deleted, and by whom, is the rule of the thing itself."""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import select

from crm.core import markdown
from crm.core.columns import Owned
from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.core.tenancy import session_of
from crm.domain import (
    attachments,
    bin_items,
    categories,
    criteria,
    custom_fields,
    decision_areas,
    flaws,
    interactions,
    needs,
    notes,
    people,
    permissions,
    ratings,
    readiness,
    referrals,
    saved_filters,
    tags,
    trial_briefs,
    trust_entries,
    vendors,
)
from crm.domain.bin_items import Thing
from crm.domain.permissions import Act
from crm.models.bin_items import BinItem
from crm.models.categories import Category
from crm.models.custom_fields import CustomChoice, CustomField
from crm.models.decision_areas import Access, DecisionArea
from crm.models.enums import BinKind, Visibility
from crm.models.lists import SavedFilter
from crm.models.log import Interaction, Note
from crm.models.needs import Need
from crm.models.ratings import Rating
from crm.models.readiness import ReadinessTask
from crm.models.referrals import Opening, Referral, ReferralLetter
from crm.models.trials import TrialBrief, TrialTask
from crm.models.trust_entries import TrustEntry
from crm.models.vendors import AcceptedFlaw, Attachment, Person, Tag, Vendor, VendorLink
from crm.models.workspaces import Membership

EXCERPT_LENGTH = 120


def of_vendor(vendor: Vendor, *, by: Membership) -> BinItem:
    """A vendor with everything about it. Raises :class:`Forbidden`, and :class:`Refused` while an introduction of
    theirs is just leaving."""
    permissions.require(by, Act.MANAGE)
    session = session_of(vendor)
    briefs = session.scalars(select(TrialTask.brief_id).where(TrialTask.vendor_id == vendor.id).distinct()).all()
    thing = Thing(BinKind.VENDOR, Vendor.__tablename__, vendor.id, vendor.name, vendor.id)
    return bin_items.throw_away(
        session,
        thing,
        lambda: vendors.delete_vendor(vendor, by=by),
        by=by,
        besides={TrialBrief.__tablename__: briefs},
        is_audited=True,
    )


def of_person(person: Person, *, by: Membership) -> BinItem:
    """A person of a vendor, with their addresses; letters about introductions forget them meanwhile."""
    session = session_of(person)
    letters = select(ReferralLetter.id).join(Referral, Referral.id == ReferralLetter.referral_id)
    named = session.scalars(letters.where(Referral.vendor_id == person.vendor_id)).all()
    thing = Thing(BinKind.PERSON, Person.__tablename__, person.id, person.name, person.vendor_id)
    return bin_items.throw_away(
        session,
        thing,
        lambda: people.delete_person(person, by=by),
        by=by,
        besides={ReferralLetter.__tablename__: named},
        is_audited=True,
    )


def of_note(note: Note, *, by: Membership) -> BinItem:
    """A note. Raises :class:`Forbidden` unless its author or an admin deletes it."""
    notes.require_may_change(note, by)
    thing = Thing(BinKind.NOTE, Note.__tablename__, note.id, _excerpt(note.body), note.vendor_id)
    thing = replace(thing, visibility=note.visibility, author_id=note.created_by)
    return _throw(note, thing, lambda: notes.delete(note, by=by), by=by, is_audited=True)


def of_interaction(entry: Interaction, *, by: Membership) -> BinItem:
    """A conversation, with what is still open of what was promised in it."""
    thing = Thing(BinKind.INTERACTION, Interaction.__tablename__, entry.id, _excerpt(entry.summary), entry.vendor_id)
    return _throw(entry, thing, lambda: interactions.delete(entry, by=by), by=by)


def of_trust_entry(entry: TrustEntry, *, by: Membership) -> BinItem:
    """A trust note that was just written. Raises :class:`Refused` once it is a record."""
    thing = Thing(BinKind.TRUST_ENTRY, TrustEntry.__tablename__, entry.id, _excerpt(entry.what_happened))
    thing = replace(thing, vendor_id=entry.vendor_id, visibility=entry.visibility, author_id=entry.created_by)
    return _throw(entry, thing, lambda: trust_entries.take_back(entry, by=by), by=by)


def of_file(row: Attachment, *, by: Membership) -> BinItem:
    """A file; its bytes stay until it leaves the bin for good, and nobody can read them meanwhile."""
    thing = Thing(BinKind.FILE, Attachment.__tablename__, row.id, row.name, row.vendor_id)
    return _throw(row, thing, lambda: attachments.delete_file(row, by=by), by=by, is_audited=True)


def of_link(row: VendorLink, *, by: Membership) -> BinItem:
    """A link."""
    thing = Thing(BinKind.LINK, VendorLink.__tablename__, row.id, row.title, row.vendor_id)
    return _throw(row, thing, lambda: attachments.delete_link(row), by=by)


def of_need(need: Need, *, by: Membership) -> BinItem:
    """A need that was written down by mistake. Raises :class:`Refused` for one with a history."""
    thing = Thing(BinKind.NEED, Need.__tablename__, need.id, need.outcome)
    return _throw(need, thing, lambda: needs.remove(need, by=by), by=by, is_audited=True)


def of_opening(opening: Opening, *, by: Membership) -> BinItem:
    """An opening that was noted by mistake. Raises :class:`Refused` where anybody was referred to it."""
    session = session_of(opening)
    if session.scalars(select(Referral.id).where(Referral.opening_id == opening.id)).first() is not None:
        raise Refused(lazy("Somebody was referred to it. Close it instead."))
    thing = Thing(BinKind.OPENING, Opening.__tablename__, opening.id, opening.business)
    return _throw(opening, thing, _nothing, by=by)


def of_rating(row: Rating, *, by: Membership) -> BinItem:
    """A rating. Raises :class:`Forbidden` unless its rater or an admin takes it away."""
    session = session_of(row)
    name = f"{criteria.find(session, row.criterion_id).name}: {row.value}"
    thing = Thing(BinKind.RATING, Rating.__tablename__, row.id, name, row.vendor_id, author_id=row.created_by)
    return _throw(row, thing, lambda: ratings.remove(row, by=by), by=by)


def of_area(area: DecisionArea, *, by: Membership) -> BinItem:
    """An area that was noted by mistake. Raises :class:`Refused` where something hangs on it."""
    thing = Thing(BinKind.AREA, DecisionArea.__tablename__, area.id, area.name, area.vendor_id)
    return _throw(area, thing, lambda: decision_areas.remove(area), by=by)


def of_access(access: Access, *, by: Membership) -> BinItem:
    """An access that was never given."""
    thing = Thing(BinKind.ACCESS, Access.__tablename__, access.id, access.what, access.vendor_id)
    return _throw(access, thing, lambda: decision_areas.delete_access(access), by=by)


def of_flaw(row: AcceptedFlaw, *, by: Membership) -> BinItem:
    """Something that is accepted no longer, or was never there."""
    thing = Thing(BinKind.FLAW, AcceptedFlaw.__tablename__, row.id, row.flaw, row.vendor_id)
    return _throw(row, thing, lambda: flaws.take_off(row), by=by)


def of_task(task: ReadinessTask, *, by: Membership) -> BinItem:
    """Something to do about readiness."""
    permissions.require(by, Act.WORK)
    thing = Thing(BinKind.TASK, ReadinessTask.__tablename__, task.id, task.title)
    return _throw(task, thing, lambda: readiness.remove(task, by=by), by=by)


def of_brief(brief: TrialBrief, *, by: Membership) -> BinItem:
    """A brief that nobody has got. Raises :class:`Refused` where somebody has."""
    thing = Thing(BinKind.BRIEF, TrialBrief.__tablename__, brief.id, brief.title)
    return _throw(brief, thing, lambda: trial_briefs.remove(brief), by=by)


def of_referral(referral: Referral, *, by: Membership) -> BinItem:
    """A referral that was a mistake: letters that wait do not leave. Raises :class:`Refused` once one may have left."""
    session = session_of(referral)
    opening = session.get_one(Opening, referral.opening_id)
    thing = Thing(BinKind.REFERRAL, Referral.__tablename__, referral.id, opening.business, referral.vendor_id)
    return _throw(referral, thing, lambda: referrals.take_back(referral, by=by), by=by)


def of_tag(tag: Tag, *, by: Membership) -> BinItem:
    """A tag, off every vendor."""
    permissions.require(by, Act.MANAGE)
    thing = Thing(BinKind.TAG, Tag.__tablename__, tag.id, tag.name)
    return _throw(tag, thing, lambda: tags.delete_tag(tag), by=by)


def of_category(category: Category, *, by: Membership, instead: int | None = None) -> BinItem:
    """A category; whoever stands in it moves to ``instead``. Raises :class:`Refused` for one in use without that."""
    permissions.require(by, Act.MANAGE)
    thing = Thing(BinKind.CATEGORY, Category.__tablename__, category.id, category.name)
    return _throw(category, thing, lambda: categories.delete_category(category, instead=instead), by=by)


def of_field(field: CustomField, *, by: Membership) -> BinItem:
    """A field of the business's own, with all that stands in it."""
    thing = Thing(BinKind.FIELD, CustomField.__tablename__, field.id, field.name)
    return _throw(field, thing, lambda: custom_fields.delete_field(field, by=by), by=by)


def of_choice(option: CustomChoice, *, by: Membership) -> BinItem:
    """One of the choices of a field; whoever has it has nothing then."""
    thing = Thing(BinKind.CHOICE, CustomChoice.__tablename__, option.id, option.name)
    return _throw(option, thing, lambda: custom_fields.delete_option(option, by=by), by=by)


def of_filter(row: SavedFilter, *, by: Membership) -> BinItem:
    """A saved filter; lists that opened with it open as usual."""
    visibility = Visibility.TEAM if row.is_shared else Visibility.AUTHOR
    thing = Thing(BinKind.FILTER, SavedFilter.__tablename__, row.id, row.name, None, visibility, row.created_by)
    return _throw(row, thing, lambda: saved_filters.delete(row, by=by), by=by)


def _throw(row: Owned, thing: Thing, act: Callable[[], object], *, by: Membership, is_audited: bool = False) -> BinItem:
    return bin_items.throw_away(session_of(row), thing, act, by=by, is_audited=is_audited)


def _nothing() -> None:
    """Deleting the row is all there is to do."""


def _excerpt(words: str) -> str:
    return markdown.plain(words)[:EXCERPT_LENGTH]
