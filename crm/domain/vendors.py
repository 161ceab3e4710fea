"""Adding, changing and deleting vendors. Stages, parking and the next touch have their own files."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypedDict, Unpack, cast

from sqlalchemy import delete, select, update

from crm.core import clock, limits, text, uploads
from crm.core.dates import CadenceUnit
from crm.core.errors import Missing, Refused, Stale
from crm.core.i18n import LazyText, lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import (
    audit,
    categories,
    custom_fields,
    doubles,
    field_edits,
    introductions,
    news,
    people,
    permissions,
    tags,
    timeline,
    touches,
    trial_briefs,
    trigger_rules,
    triggers,
)
from crm.domain.amounts import amount_of, currency_of
from crm.domain.import_rows import web_domain
from crm.domain.permissions import Act
from crm.domain.web_addresses import web_address
from crm.models.enums import AuditKind, Availability, CadenceChoice, RatePeriod, Stage, Tier, TimelineKind, VendorKind
from crm.models.needs import Need
from crm.models.trials import TrialDecision, TrialTask
from crm.models.vendors import Attachment, Vendor
from crm.models.workspaces import Membership
from crm.queries import members, vendors
from crm.queries.custom_fields import Value

FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2199, 12, 31)
STAGES_TO_ADD_IN = (Stage.PROSPECT, Stage.ACTIVE)
"""The others ask for something: a vendor comes to them by a move."""


class VendorFields(TypedDict, total=False):
    """What can be said about a vendor. What is left out keeps its value, or its default on a new vendor."""

    name: str
    what_they_do: str
    kind: VendorKind | None
    category_ids: Sequence[int]
    tags: Sequence[str]
    website: str
    location: str
    time_zone: str
    working_hours: str
    languages: str
    currency: str
    rate_amount: int | None
    """In minor units of ``currency``, as is ``minimum_amount``."""
    rate_period: RatePeriod | None
    minimum_amount: int | None
    minimum_period: RatePeriod | None
    availability: Availability
    availability_as_of: date | None
    availability_until: date | None
    leave_from: date | None
    leave_to: date | None
    source: str
    referred_by: str
    """The name of who recommended them; where it is a vendor's, the two are linked."""
    owner_id: int | None
    backup_id: int | None
    tier: Tier | None
    do_not_contact: bool
    cadence_choice: CadenceChoice
    cadence_every: int | None
    cadence_unit: str | None
    custom: Mapping[int, Value | None]
    """What stands in the business's own fields, by their ids (:mod:`crm.domain.custom_fields`)."""


_LINES = ("what_they_do", "location", "working_hours", "languages", "source")
_PLAIN = ("kind", "tier", "do_not_contact", "rate_period", "minimum_period")
_MOVES_THE_TOUCH = frozenset(
    "tier owner_id backup_id leave_from leave_to cadence_choice cadence_every cadence_unit do_not_contact name".split()
)
"""What the next touch and its reminders are made of."""


def add(
    session: WorkspaceSession,
    *,
    by: Membership,
    stage: Stage = Stage.PROSPECT,
    person: str = "",
    email: str = "",
    despite_doubles: bool = False,
    **fields: Unpack[VendorFields],
) -> Vendor:
    """Add a vendor; a name is enough. Whoever adds it looks after it, unless somebody else is named.

    Raises Refused with the box that is wrong, and FoundDoubles where it may be here already and
    ``despite_doubles`` is not said.
    """
    if stage not in STAGES_TO_ADD_IN:
        raise Refused(lazy("Add them as a prospect first, then move them."), field="stage")
    today = by.workspace.today
    vendor = Vendor(
        created_by=by.user_id,
        stage=stage,
        stage_since=today,
        cadence_began_on=today,
        cadence_choice=CadenceChoice.DEFAULT,
        availability=Availability.UNKNOWN,
        currency="",
        website="",
    )
    given = cast("VendorFields", {"name": "", "owner_id": by.user_id, **fields})
    with session.no_autoflush:
        _say(session, vendor, given, by)
        emails = people.email_addresses([email])
    if not despite_doubles:
        _refuse_doubles(session, vendor, emails)
    session.add(vendor)
    session.flush()
    if fields.get("category_ids"):
        categories.put_in(vendor, fields["category_ids"])
    if fields.get("tags"):
        tags.put_on(vendor, fields["tags"])
    custom_fields.set_values(vendor, fields.get("custom", {}))
    if person.strip() or emails:
        people.add(vendor, by=by, name=person or emails[0].partition("@")[0], emails=emails)
    timeline.record(
        session, vendor.id, TimelineKind.ADDED, vendor.id, on=today, by=by.user_id, is_new=True, stage=vendor.stage
    )
    touches.begin(session, vendor)
    news.hand_vendor(vendor, by=by)
    return vendor


def edit(
    vendor: Vendor,
    *,
    by: Membership,
    version: int,
    despite_doubles: bool = False,
    **fields: Unpack[VendorFields],
) -> set[str]:
    """Change what is said about a vendor, and answer with the names of the fields that changed.

    Raises Stale where somebody saved since ``version``, Refused with the box that is wrong, and FoundDoubles where
    the new name or web site is another vendor's.
    """
    if vendor.version != version:
        raise Stale(lazy("Somebody changed this vendor while you were typing."))
    session = session_of(vendor)
    before, said, lists = _snapshot(vendor), field_edits.columns_of(vendor), field_edits.lists_of(vendor, fields)
    with session.no_autoflush:
        try:
            _say(session, vendor, fields, by)
            if not despite_doubles and (vendor.name, vendor.web_domain) != (before["name"], before["web_domain"]):
                _refuse_doubles(session, vendor, ())
        except Refused:
            for name, value in before.items():
                setattr(vendor, name, value)
            raise
    changed = {name for name, value in _snapshot(vendor).items() if value != before[name]}
    if "category_ids" in fields and categories.put_in(vendor, fields["category_ids"]):
        changed.add("category_ids")
    if "tags" in fields and tags.put_on(vendor, fields["tags"]):
        changed.add("tags")
    if "custom" in fields and custom_fields.set_values(vendor, fields["custom"]):
        changed.add("custom")
    if changed:
        vendor.version += 1
        vendor.updated_at, vendor.updated_by = clock.now(), by.user_id
        field_edits.keep_vendor(vendor, said, lists, fields, by)
        news.hand_vendor(vendor, by=by, former=(before["owner_id"], before["backup_id"]))
    has_fired = bool(changed & trigger_rules.COMPARED) and triggers.settle(session, vendor, by=by)
    if has_fired or changed & _MOVES_THE_TOUCH:
        touches.refresh(session, vendor)
    return changed


def delete_vendor(vendor: Vendor, *, by: Membership, folder: Path | None = None) -> None:
    """Delete a vendor with everything about it. ``folder`` is where files lie; without it their bytes stay, for whoever
    keeps the rows (:mod:`crm.domain.deletions`).

    Vendors that it recommended keep its name. A brief of one line that nobody else was given goes too. An introduction
    that waits to leave does not leave; while one is just leaving, it raises Refused.
    """
    permissions.require(by, Act.MANAGE)
    session = session_of(vendor)
    introductions.call_off_all(session, vendor.id)
    audit.record_here(session, AuditKind.DELETED, by=by.user_id, about=vendor.name, what="vendor")
    session.execute(
        update(Vendor)
        .where(Vendor.referred_by_id == vendor.id)
        .values(referred_by_id=None, referred_by=vendor.name)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Need)
        .where(Need.filled_by_id == vendor.id)
        .values(filled_by_id=None)
        .execution_options(synchronize_session=False)
    )
    if folder is not None:
        for stored_as in session.scalars(select(Attachment.stored_as).where(Attachment.vendor_id == vendor.id)):
            uploads.drop(session, folder, stored_as)
    _forget_trials(session, vendor)
    session.delete(vendor)


def _forget_trials(session: WorkspaceSession, vendor: Vendor) -> None:
    """Delete its trial tasks before what they point at: its files, letters and moves."""
    theirs = TrialTask.vendor_id == vendor.id
    briefs = session.scalars(select(TrialTask.brief_id).where(theirs).distinct()).all()
    for gone in (
        delete(TrialDecision).where(TrialDecision.trial_id.in_(select(TrialTask.id).where(theirs))),
        delete(TrialTask).where(theirs),
    ):
        session.execute(gone.execution_options(synchronize_session=False))
    for brief_id in briefs:
        trial_briefs.drop_unused(session, brief_id)


def at(session: WorkspaceSession, vendor_id: int) -> Vendor:
    """The vendor, held for a change. Raises Missing."""
    vendor = session.get(Vendor, vendor_id, with_for_update=True)
    if vendor is None:
        raise Missing
    return vendor


# What may be said. Each rule takes what was typed and gives what is kept, or raises Refused.


def name_of(typed: str) -> str:
    """A vendor's name."""
    name = line(typed, most=limits.NAME_LENGTH)
    if not name:
        raise Refused(lazy("Type the vendor’s name."))
    return name


def line(typed: str, *, most: int = limits.LINE_LENGTH) -> str:
    """One line of text."""
    cleaned = text.clean_line(typed)
    if len(cleaned) > most:
        raise Refused(lazy("Keep it under %(length)s characters.", length=most))
    return cleaned


def zone_of(typed: str) -> str:
    """An IANA time zone under its name of today, or nothing."""
    if typed and not clock.is_zone(typed):
        raise Refused(lazy("Choose one of the list."))
    return clock.canonical(typed)


def day_of(day: date | None) -> date | None:
    """A day of this time, or none."""
    if day is not None and not FIRST_DAY <= day <= LAST_DAY:
        raise Refused(lazy("Pick a day between %(first)s and %(last)s.", first=FIRST_DAY.year, last=LAST_DAY.year))
    return day


_RULES: dict[str, Callable[[Any], Any]] = {
    "name": name_of,
    **dict.fromkeys(_LINES, line),
    "website": web_address,
    "time_zone": zone_of,
    "currency": currency_of,
    "rate_amount": amount_of,
    "minimum_amount": amount_of,
    "availability_as_of": day_of,
    "availability_until": day_of,
    "leave_from": day_of,
    "leave_to": day_of,
}


def rule_of(field: str) -> Callable[[Any], Any] | None:
    """The rule for one field by itself, for forms to ask."""
    return _RULES.get(field)


@dataclass(frozen=True, slots=True)
class Clash:
    """Two fields that do not go together: which box it is said at, and how."""

    field: str
    words: LazyText


def clashes(said: VendorFields, today: date) -> list[Clash]:
    """What does not go together in what is said about a vendor."""
    found: list[Clash] = []

    def unless(is_fine: object, field: str, words: LazyText) -> None:
        if not is_fine:
            found.append(Clash(field, words))

    leave_from, leave_to = said.get("leave_from"), said.get("leave_to")
    unless(leave_from or not leave_to, "leave_from", lazy("Pick the day their leave begins."))
    unless(leave_to or not leave_from, "leave_to", lazy("Pick the day their leave ends."))
    if leave_from and leave_to:
        unless(leave_from <= leave_to, "leave_to", lazy("Pick a day from the beginning of the leave on."))
    as_of, until = said.get("availability_as_of"), said.get("availability_until")
    unless(not as_of or as_of <= today, "availability_as_of", lazy("Pick a day up to today."))
    if as_of and until:
        unless(as_of <= until, "availability_until", lazy("Pick a day from then on."))
    if said.get("rate_amount") is not None:
        unless(said.get("rate_period"), "rate_period", lazy("Choose what the rate is for."))
    if said.get("cadence_choice") is CadenceChoice.OWN:
        every, unit = said.get("cadence_every"), said.get("cadence_unit")
        unless(
            every is not None and 1 <= every <= limits.EVERY_LARGEST,
            "cadence_every",
            lazy("Type a number from %(least)s to %(most)s.", least=1, most=limits.EVERY_LARGEST),
        )
        unless(unit in list(CadenceUnit), "cadence_unit", lazy("Choose days, weeks or months."))
    owner, backup = said.get("owner_id"), said.get("backup_id")
    unless(backup is None or backup != owner, "backup_id", lazy("Choose somebody else to stand in."))
    return found


def _say(session: WorkspaceSession, vendor: Vendor, fields: VendorFields, by: Membership) -> None:
    """Put what was said on the vendor, rule by rule."""
    _say_availability(vendor, fields, by.workspace.today)
    for field, value in fields.items():
        if field in _RULES and not field.startswith("availability"):
            setattr(vendor, field, _kept(field, value))
        elif field in _PLAIN:
            setattr(vendor, field, value)
    vendor.normal_name = text.normal(vendor.name)[: limits.NAME_LENGTH] or vendor.name.casefold()[: limits.NAME_LENGTH]
    vendor.web_domain = web_domain(vendor.website)[:255] if vendor.website else ""
    _say_cadence(vendor, fields)
    _say_members(session, vendor, fields)
    if "referred_by" in fields:
        _say_referred_by(session, vendor, fields["referred_by"])
    if not vendor.currency and (vendor.rate_amount is not None or vendor.minimum_amount is not None):
        vendor.currency = by.workspace.currency
    for amount, period in (("rate_amount", "rate_period"), ("minimum_amount", "minimum_period")):
        if getattr(vendor, amount) is None:
            setattr(vendor, period, None)
    said = cast("VendorFields", {key: getattr(vendor, key) for key in _CHECKED})
    for clash in clashes(said, by.workspace.today):
        raise Refused(clash.words, field=clash.field)


_CHECKED = (
    "leave_from leave_to availability_as_of availability_until rate_amount rate_period cadence_choice cadence_every "
    "cadence_unit owner_id backup_id"
).split()


def _kept(field: str, value: Any) -> Any:
    try:
        return _RULES[field](value)
    except Refused as refused:
        raise Refused(refused.words, field=field) from None


def _say_cadence(vendor: Vendor, fields: VendorFields) -> None:
    if "cadence_choice" not in fields:
        return
    vendor.cadence_choice = fields["cadence_choice"]
    is_own = vendor.cadence_choice is CadenceChoice.OWN
    vendor.cadence_every = fields.get("cadence_every") if is_own else None
    vendor.cadence_unit = fields.get("cadence_unit") if is_own else None


def _say_availability(vendor: Vendor, fields: VendorFields, today: date) -> None:
    """What is known of their time is known as of a day: today, unless another is said."""
    state = fields.get("availability", vendor.availability)
    as_of = fields.get("availability_as_of", vendor.availability_as_of)
    until = fields.get("availability_until", vendor.availability_until)
    if state is Availability.UNKNOWN:
        as_of = until = None
    elif as_of is None or (state is not vendor.availability and as_of == vendor.availability_as_of):
        as_of = today
    vendor.availability = state
    vendor.availability_as_of = _kept("availability_as_of", as_of)
    vendor.availability_until = _kept("availability_until", until)


def _say_members(session: WorkspaceSession, vendor: Vendor, fields: VendorFields) -> None:
    for field in ("owner_id", "backup_id"):
        if field not in fields:
            continue
        user_id: int | None = fields[field]
        if user_id is not None and user_id != getattr(vendor, field):
            member = members.membership(session, session.workspace_id, user_id)
            if member is None or not member.is_active:
                raise Refused(lazy("Choose one of the list."), field=field)
            if not permissions.may(member, Act.WORK):
                raise Refused(lazy("%(name)s only reads. Choose somebody else.", name=member.user.name), field=field)
        setattr(vendor, field, user_id)


def _say_referred_by(session: WorkspaceSession, vendor: Vendor, typed: str) -> None:
    name = _kept_line("referred_by", typed, limits.NAME_LENGTH)
    known = vendors.with_name(session, text.normal(name)[: limits.NAME_LENGTH]) if name else None
    if known is not None and known.id != vendor.id:
        vendor.referred_by_id, vendor.referred_by = known.id, ""
    else:
        vendor.referred_by_id, vendor.referred_by = None, name


def _kept_line(field: str, typed: str, most: int) -> str:
    try:
        return line(typed, most=most)
    except Refused as refused:
        raise Refused(refused.words, field=field) from None


def _refuse_doubles(session: WorkspaceSession, vendor: Vendor, emails: Iterable[str]) -> None:
    found = doubles.find(session, name=vendor.name, website=vendor.website, emails=emails, but_not=vendor.id or None)
    if found:
        raise doubles.FoundDoubles(found)


_KEPT = (
    *VendorFields.__annotations__.keys() - {"category_ids", "tags", "custom"},
    "normal_name",
    "web_domain",
    "referred_by_id",
)


def _snapshot(vendor: Vendor) -> dict[str, Any]:
    return {name: getattr(vendor, name) for name in _KEPT}
