"""Vendors, their people, and what hangs directly on them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, validates

from crm.core import clock, text
from crm.core.columns import (
    Base,
    Choice,
    JsonValue,
    Owned,
    Recorded,
    belongs_to,
    belongs_to_member,
    owned,
    scoped_index,
)
from crm.models.enums import (
    AttachmentKind,
    Availability,
    CadenceChoice,
    Channel,
    ContactKind,
    RatePeriod,
    ReminderKind,
    Stage,
    Tier,
    VendorKind,
)


def _day_that_counts(context: Any) -> date | None:
    row = context.get_current_parameters()
    day: date | None = row.get("planned_on") or row.get("due_on")
    return day


def _searchable(*columns: str) -> Any:
    """A column that repeats others as the search box compares them, also where rows are inserted in bulk."""

    def from_row(context: Any) -> str:
        row = context.get_current_parameters()
        return text.searchable(*(row.get(column) or "" for column in columns))

    return mapped_column(Text, default=from_row)


class Vendor(Owned, Recorded, Base):
    """A freelancer, an agency or a supplier that the business has met."""

    __tablename__ = "vendors"
    __table_args__ = owned(
        belongs_to_member("owner_id"),
        belongs_to_member("backup_id"),
        belongs_to_member("updated_by"),
        belongs_to("vendors", "referred_by_id", goes_with_it=False),
        belongs_to("imports", "import_id", goes_with_it=False),
        scoped_index("stage", "next_on", "normal_name", "id"),
        scoped_index("normal_name"),
        scoped_index("due_on"),
        scoped_index("next_on"),
        scoped_index("web_domain"),
        scoped_index("owner_id"),
        by=True,
    )

    name: Mapped[str] = mapped_column(String(200))
    normal_name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[VendorKind | None] = mapped_column(Choice(VendorKind))
    what_they_do: Mapped[str] = mapped_column(String(500), default="")
    website: Mapped[str] = mapped_column(String(2000), default="")
    web_domain: Mapped[str] = mapped_column(String(255), default="")
    location: Mapped[str] = mapped_column(String(500), default="")
    time_zone: Mapped[str] = mapped_column(String(64), default="")
    working_hours: Mapped[str] = mapped_column(String(500), default="")
    languages: Mapped[str] = mapped_column(String(500), default="")

    currency: Mapped[str] = mapped_column(String(3), default="")
    rate_amount: Mapped[int | None] = mapped_column(BigInteger)
    """In minor units of ``currency``, as is ``minimum_amount``."""
    rate_period: Mapped[RatePeriod | None] = mapped_column(Choice(RatePeriod))
    minimum_amount: Mapped[int | None] = mapped_column(BigInteger)
    minimum_period: Mapped[RatePeriod | None] = mapped_column(Choice(RatePeriod))

    availability: Mapped[Availability] = mapped_column(Choice(Availability), default=Availability.UNKNOWN)
    availability_as_of: Mapped[date | None]
    availability_until: Mapped[date | None]
    leave_from: Mapped[date | None]
    leave_to: Mapped[date | None]

    source: Mapped[str] = mapped_column(String(500), default="")
    referred_by: Mapped[str] = mapped_column(String(200), default="")
    """A person's name, where it was not another vendor."""
    referred_by_id: Mapped[int | None]
    owner_id: Mapped[int | None]
    backup_id: Mapped[int | None]
    tier: Mapped[Tier | None] = mapped_column(Choice(Tier))
    do_not_contact: Mapped[bool] = mapped_column(default=False)

    stage: Mapped[Stage] = mapped_column(Choice(Stage), default=Stage.PROSPECT)
    stage_since: Mapped[date]

    cadence_choice: Mapped[CadenceChoice] = mapped_column(Choice(CadenceChoice), default=CadenceChoice.DEFAULT)
    cadence_every: Mapped[int | None]
    cadence_unit: Mapped[str | None] = mapped_column(String(8))
    cadence_in_force: Mapped[str] = mapped_column(String(32), default="")
    """The cadence that results, as text ("6 weeks", or empty): when it changes, it begins anew."""
    cadence_began_on: Mapped[date]

    due_on: Mapped[date | None]
    """The next touch."""
    planned_on: Mapped[date | None]
    """The day that the nightly plan found for a check-in; None for the day on which it is due."""
    next_on: Mapped[date | None] = mapped_column(default=_day_that_counts)
    """The day from which the next touch counts as today's or overdue: ``planned_on``, else ``due_on``. It follows those
    two by itself, but for an UPDATE in bulk."""
    due_kind: Mapped[ReminderKind | None] = mapped_column(Choice(ReminderKind))
    due_subject_id: Mapped[int | None]
    due_why: Mapped[JsonValue | None] = mapped_column(JSON)
    """The reason for it as facts; ``crm/models/vocabulary.py`` words them."""
    last_contact_on: Mapped[date | None]
    """The latest two-way interaction."""

    import_id: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)
    """Grows when somebody edits the fields above, so that two people's edits are told apart."""
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)
    updated_by: Mapped[int | None]
    search_text: Mapped[str] = _searchable("name", "what_they_do")

    @validates("name", "what_they_do")
    def _keep_searchable(self, key: str, value: str) -> str:
        fields = {"name": self.name or "", "what_they_do": self.what_they_do or "", key: value}
        self.search_text = text.searchable(fields["name"], fields["what_they_do"])
        return value

    @validates("due_on", "planned_on")
    def _keep_counting(self, key: str, value: date | None) -> date | None:
        days = {"due_on": self.due_on, "planned_on": self.planned_on, key: value}
        self.next_on = days["planned_on"] or days["due_on"]
        return value

    @property
    def initial(self) -> str:
        return next((letter.upper() for letter in self.name if letter.isalnum()), "?")

    @property
    def tint(self) -> int:
        return text.tint(self.name)


class VendorCategory(Owned, Base):
    """A vendor offers something of the tree."""

    __tablename__ = "vendor_categories"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"),
        belongs_to("categories", "category_id"),
        UniqueConstraint("workspace_id", "vendor_id", "category_id"),
        scoped_index("category_id", "vendor_id"),
    )

    vendor_id: Mapped[int]
    category_id: Mapped[int]


class Tag(Owned, Base):
    """A word that groups vendors across categories."""

    __tablename__ = "tags"
    __table_args__ = owned(UniqueConstraint("workspace_id", "normal_name"))

    name: Mapped[str] = mapped_column(String(200))
    normal_name: Mapped[str] = mapped_column(String(200))


class VendorTag(Owned, Base):
    """A vendor bears a tag."""

    __tablename__ = "vendor_tags"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"),
        belongs_to("tags", "tag_id"),
        UniqueConstraint("workspace_id", "vendor_id", "tag_id"),
        scoped_index("tag_id", "vendor_id"),
    )

    vendor_id: Mapped[int]
    tag_id: Mapped[int]


class Person(Owned, Recorded, Base):
    """Somebody at a vendor."""

    __tablename__ = "people"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"), belongs_to_member("updated_by"), scoped_index("vendor_id"), by=True
    )

    vendor_id: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    normal_name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(200), default="")
    preferred_channel: Mapped[Channel | None] = mapped_column(Choice(Channel))
    notes: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)
    updated_by: Mapped[int | None]
    search_text: Mapped[str] = _searchable("name", "role")

    @validates("name", "role")
    def _keep_searchable(self, key: str, value: str) -> str:
        fields = {"name": self.name or "", "role": self.role or "", key: value}
        self.search_text = text.searchable(fields["name"], fields["role"])
        return value


class VendorEdit(Owned, Base):
    """Somebody changed what is said about a vendor: each field with what it said before and after."""

    __tablename__ = "vendor_edits"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"), belongs_to_member("edited_by"), scoped_index("vendor_id")
    )

    vendor_id: Mapped[int]
    changes: Mapped[JsonValue] = mapped_column(JSON)
    """By field ``before`` and ``after``, as facts that ``crm/models/vocabulary.py`` words."""
    edited_at: Mapped[datetime] = mapped_column(default=clock.now)
    edited_by: Mapped[int]


class PersonEdit(Owned, Base):
    """Somebody changed what is said about a person at a vendor, likewise."""

    __tablename__ = "person_edits"
    __table_args__ = owned(belongs_to("people", "person_id"), belongs_to_member("edited_by"), scoped_index("person_id"))

    person_id: Mapped[int]
    changes: Mapped[JsonValue] = mapped_column(JSON)
    edited_at: Mapped[datetime] = mapped_column(default=clock.now)
    edited_by: Mapped[int]


class Contact(Owned, Base):
    """An e-mail address or a phone number of a person."""

    __tablename__ = "contacts"
    __table_args__ = owned(
        belongs_to("people", "person_id"),
        scoped_index("kind", "normal_value"),
        scoped_index("person_id"),
    )

    person_id: Mapped[int]
    kind: Mapped[ContactKind] = mapped_column(Choice(ContactKind))
    value: Mapped[str] = mapped_column(String(254))
    normal_value: Mapped[str] = mapped_column(String(254))
    """Lower-case address, or the number's digits."""
    position: Mapped[int] = mapped_column(default=0)


class Attachment(Owned, Recorded, Base):
    """A file of a vendor. Its bytes lie outside the database under a random name."""

    __tablename__ = "attachments"
    __table_args__ = owned(belongs_to("vendors", "vendor_id"), scoped_index("vendor_id"), by=True)

    vendor_id: Mapped[int]
    kind: Mapped[AttachmentKind] = mapped_column(Choice(AttachmentKind), default=AttachmentKind.OTHER)
    name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    stored_as: Mapped[str] = mapped_column(String(64), unique=True)


class VendorLink(Owned, Recorded, Base):
    """An address on the web that belongs to a vendor."""

    __tablename__ = "vendor_links"
    __table_args__ = owned(belongs_to("vendors", "vendor_id"), scoped_index("vendor_id"), by=True)

    vendor_id: Mapped[int]
    kind: Mapped[AttachmentKind] = mapped_column(Choice(AttachmentKind), default=AttachmentKind.OTHER)
    title: Mapped[str] = mapped_column(String(200))
    url: Mapped[str] = mapped_column(String(2000))
    version: Mapped[int] = mapped_column(default=1)


class AcceptedFlaw(Owned, Recorded, Base):
    """A trade-off we have decided to live with, and how."""

    __tablename__ = "accepted_flaws"
    __table_args__ = owned(belongs_to("vendors", "vendor_id"), scoped_index("vendor_id"), by=True)

    vendor_id: Mapped[int]
    flaw: Mapped[str] = mapped_column(String(500))
    workaround: Mapped[str] = mapped_column(String(500), default="")
    version: Mapped[int] = mapped_column(default=1)
