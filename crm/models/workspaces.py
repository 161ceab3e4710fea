"""The installation's own tables: businesses, people, who belongs where, and how they sign in."""

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.core import clock, text
from crm.core.columns import NUMBERED_ONCE, Base, Choice, JsonValue
from crm.models.enums import Role, SignInWay

MONDAY_TO_FRIDAY = "01234"


class Workspace(Base):
    """One business."""

    __tablename__ = "workspaces"
    __table_args__ = (Index(None, "next_night_at"), NUMBERED_ONCE)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    slug: Mapped[str] = mapped_column(String(200), unique=True)
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    currency: Mapped[str] = mapped_column(String(3), default="GBP")
    working_days: Mapped[str] = mapped_column(String(7), default=MONDAY_TO_FRIDAY)
    """Digits of the weekdays worked on, Monday is 0."""
    working_hours: Mapped[str] = mapped_column(String(100), default="")
    """From when to when, as typed; empty for 9 to 17 o'clock."""
    cadence_defaults: Mapped[JsonValue] = mapped_column(JSON, default=dict)
    cadences_version: Mapped[int] = mapped_column(default=1)
    """Changed defaults: tier or stage to {"every", "unit"}."""
    holidays_country: Mapped[str] = mapped_column(String(2), default="")
    """ISO 3166 code of the country whose public holidays are kept; empty for none."""
    holidays_region: Mapped[str] = mapped_column(String(64), default="")
    touches_a_day: Mapped[int] = mapped_column(default=5)
    """So many check-ins at most are planned for a person and a day."""
    postal_address: Mapped[str] = mapped_column(Text, default="")
    """Stands in every letter to somebody outside."""
    audit_days: Mapped[int] = mapped_column(default=365)
    """So long the lines of the audit log are kept."""
    retention_months: Mapped[int] = mapped_column(default=24)
    """A person outside whom nobody has touched for so long is proposed for erasure; 0 for never."""
    next_night_at: Mapped[datetime | None]
    """The instant of the next nightly plan and repair; None for at once."""
    last_night: Mapped[JsonValue | None] = mapped_column(JSON)
    """What the last one found: see ``crm/domain/nights.py``."""
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    @property
    def open_weekdays(self) -> frozenset[int]:
        return frozenset(int(digit) for digit in self.working_days)

    @property
    def today(self) -> date:
        return clock.today(self.time_zone)


class User(Base):
    """A person who can sign in. Belongs to any number of businesses."""

    __tablename__ = "users"
    __table_args__ = (Index(None, "passkey_handle", unique=True), NUMBERED_ONCE)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    """Lower case."""
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(200))
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    locale: Mapped[str] = mapped_column(String(10), default="en-GB")
    shortcuts: Mapped[bool] = mapped_column(default=True)
    totp_secret: Mapped[str] = mapped_column(Text, default="")
    """Encrypted by :mod:`crm.core.vault`; empty where there is none. It counts from ``totp_since`` on."""
    totp_since: Mapped[datetime | None]
    totp_last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    """The time step of the last code that was taken: no code is taken twice."""
    passkey_handle: Mapped[str | None] = mapped_column(String(64))
    """How passkeys name this person: random, and nothing else is known by it."""
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    @property
    def initials(self) -> str:
        return text.initials(self.name)

    @property
    def tint(self) -> int:
        return text.tint(self.name)

    @property
    def first_name(self) -> str:
        return (self.name.split() or [self.name])[0]

    @property
    def today(self) -> date:
        return clock.today(self.time_zone)


class Membership(Base):
    """A person in a business: role, and when their digest comes. Never deleted, so that history keeps its names."""

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("workspace_id", "user_id"),
        Index(None, "next_digest_at"),
        Index(None, "user_id"),
        NUMBERED_ONCE,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    role: Mapped[Role] = mapped_column(Choice(Role))
    joined_at: Mapped[datetime] = mapped_column(default=clock.now)
    deactivated_at: Mapped[datetime | None]
    digest_on: Mapped[bool] = mapped_column(default=True)
    digest_hour: Mapped[int] = mapped_column(default=8)
    digest_minute: Mapped[int] = mapped_column(default=0)
    digest_weekdays: Mapped[str] = mapped_column(String(7), default=MONDAY_TO_FRIDAY)
    next_digest_at: Mapped[datetime | None]
    """The instant of the next regular digest; None where it is off."""
    mail_mentions: Mapped[bool] = mapped_column(default=False)
    """Whether being mentioned is told by e-mail at once."""
    mail_triggers: Mapped[bool] = mapped_column(default=False)
    """Whether a trigger that comes true is told by e-mail at once."""
    mail_handed: Mapped[bool] = mapped_column(default=False)
    """Whether being handed something to look after is told by e-mail at once."""
    mail_followed: Mapped[bool] = mapped_column(default=False)
    """Whether what happens with a followed vendor is told by e-mail at once."""
    away_from: Mapped[date | None]
    away_to: Mapped[date | None]
    """First and last day of a holiday, in which reminders go to the backup."""
    summarised_on: Mapped[date | None]
    """The local date of the last digest sent that told an admin what is long overdue."""
    calendar_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Fingerprint of the secret in the address of the calendar feed; None where there is none."""
    calendar_made_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(lazy="raise_on_sql")
    workspace: Mapped[Workspace] = relationship(lazy="raise_on_sql")

    @property
    def is_active(self) -> bool:
        return self.deactivated_at is None

    @property
    def is_admin(self) -> bool:
        return self.role in (Role.OWNER, Role.ADMIN)


class UserSession(Base):
    """A browser that is signed in. Deleting the row ends it; the cookie holds the token, the row its fingerprint."""

    __tablename__ = "user_sessions"
    __table_args__ = NUMBERED_ONCE

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    workspace_id: Mapped[int | None] = mapped_column(ForeignKey("workspaces.id", ondelete="SET NULL"))
    """The business that this browser is looking at."""
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    browser: Mapped[str] = mapped_column(String(300), default="")
    address: Mapped[str] = mapped_column(String(64), default="")
    """The network address it was signed in from."""
    way: Mapped[SignInWay] = mapped_column(Choice(SignInWay), default=SignInWay.PASSWORD)
    confirmed_at: Mapped[datetime] = mapped_column(default=clock.now)
    """When its person last proved to be there. What is dangerous asks for a proof that is fresh."""

    user: Mapped[User] = relationship(lazy="raise_on_sql")


class SignInAttempt(Base):
    """A failed attempt to sign in, kept for an hour to slow guessing down."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (Index(None, "account", "attempted_at"), NUMBERED_ONCE)

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(64))
    """Fingerprint of the e-mail address typed, whether or not an account has it."""
    address: Mapped[str] = mapped_column(String(64))
    attempted_at: Mapped[datetime] = mapped_column(default=clock.now)


class Invitation(Base):
    """A link into a business for one address and role; works once, for seven days."""

    __tablename__ = "invitations"
    __table_args__ = (Index(None, "workspace_id", "email"), NUMBERED_ONCE)

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[Role] = mapped_column(Choice(Role))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class InstallationSetting(Base):
    """A setting made on a page instead of in the environment. Secrets are encrypted."""

    __tablename__ = "installation_settings"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)


class Heartbeat(Base):
    """When something last lived: the scheduler's tick, for example."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    beat_at: Mapped[datetime]
