"""Fills a scratch database with a business of the wanted size, as if it had been in use for years.

Rows are inserted many at once; the next touches and reminders are then worked out by the domain itself, so that the
nightly look finds nothing to mend.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Engine, func, select

from crm.cli.bench import invention
from crm.cli.bench.sizes import ENTRIES_EACH, SEED, TRUST_EACH, Size
from crm.core import clock, text
from crm.core.tenancy import WorkspaceSession
from crm.core.unit_of_work import installation_work, workspace_work
from crm.domain import accounts, nights
from crm.models.categories import Category
from crm.models.enums import (
    Availability,
    CadenceChoice,
    ContactKind,
    Dimension,
    Direction,
    InteractionKind,
    Outcome,
    ParkingReason,
    Role,
    Side,
    Stage,
    Tier,
    TimelineKind,
    VendorKind,
    Visibility,
    Weight,
)
from crm.models.log import Interaction, Note, TimelineEntry
from crm.models.reminders import Reminder
from crm.models.stages import Parking
from crm.models.trust_entries import TrustEntry
from crm.models.vendors import Contact, Person, Tag, Vendor, VendorCategory, VendorTag
from crm.queries import next_touches

OWNER, PASSWORD = "owner@bench.example", "a scratch database has no secrets"
BUSINESS = "Bench & Sons"
ZONE = "Europe/London"
_TEAM = (("Maya Ferreira", "maya", Role.ADMIN), ("Ollie Grant", "ollie", Role.MEMBER), ("Vic Hart", "vic", Role.VIEWER))
_AT_ONCE = 1_000
_STAGES = (
    *((Stage.PROSPECT,) * 8),
    Stage.TRIAL,
    *((Stage.ACTIVE,) * 5),
    *((Stage.PARKED,) * 4),
    Stage.ENDED,
    Stage.NOT_A_FIT,
)
_RHYTHM_DAYS = {Stage.PROSPECT: 14, Stage.TRIAL: 7, Stage.ACTIVE: 30, Stage.PARKED: 60}
_LATE = 25
"""So many vendors are late, however many there are: a small business that is later would not keep a list."""
_SPREAD = (4, 10, 16, 20, 30, 40)
"""How long the timelines of vendors are, in turn: 20 on average."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """What a measurement needs to know of the business."""

    workspace_id: int
    slug: str
    first_id: int
    """The vendor with the longest history: 60 entries and more."""
    tag: str
    vendors: int
    entries: int
    reminders: int


def fill(engine: Engine, size: Size) -> Seeded:
    """Found the business and write all it knows. The database has the present schema and nothing in it."""
    with installation_work(engine) as session:
        owner = accounts.set_up(
            session, business=BUSINESS, owner_name="Olive Bench", email=OWNER, password=PASSWORD, time_zone=ZONE
        )
        people = [owner.user_id]
        for name, handle, role in _TEAM:
            user = accounts.account(
                session, email=f"{handle}@bench.example", name=name, password=PASSWORD, time_zone=ZONE
            )
            people.append(accounts.join(session, owner.workspace, user, role=role).user_id)
        workspace_id, slug, today = owner.workspace_id, owner.workspace.slug, owner.workspace.today
    writer = _Writer(people=people[:-1], today=today)
    for first in range(0, size.vendors, _AT_ONCE):
        with workspace_work(engine, workspace_id) as session:
            writer.write(session, min(_AT_ONCE, size.vendors - first))
    _look_ahead(engine, workspace_id)
    return _seeded(engine, workspace_id, slug)


def _look_ahead(engine: Engine, workspace_id: int) -> None:
    """Work out every next touch, as the night does."""
    after = 0
    while True:
        with workspace_work(engine, workspace_id) as session:
            vendors = next_touches.vendors_after(session, after, _AT_ONCE)
            nights.mend(session, [vendor.id for vendor in vendors])
        if not vendors:
            return
        after = vendors[-1].id


def _seeded(engine: Engine, workspace_id: int, slug: str) -> Seeded:
    with workspace_work(engine, workspace_id) as session:
        return Seeded(
            workspace_id=workspace_id,
            slug=slug,
            first_id=session.scalar(select(func.min(Vendor.id))) or 0,
            tag=invention.TAGS[0],
            vendors=session.scalar(select(func.count(Vendor.id))) or 0,
            entries=session.scalar(select(func.count(TimelineEntry.id))) or 0,
            reminders=session.scalar(select(func.count(Reminder.id))) or 0,
        )


class _Writer:
    """Writes vendors with their histories, a thousand in a transaction."""

    def __init__(self, *, people: list[int], today: date) -> None:
        self._people = people
        self._today = today
        self._now = clock.now()
        self._chance = Random(SEED)  # noqa: S311 - invented content is no secret
        self._trust_chance = Random(SEED)  # noqa: S311 - its own, so that whatever else is written stays the same
        self._stock = invention.sentences(self._chance, 2_000)
        self._written = 0
        self._tags: list[int] = []
        self._niches: list[int] = []

    def write(self, session: WorkspaceSession, count: int) -> None:
        """The next vendors."""
        if not self._tags:
            self._begin(session)
        rows = [self._vendor() for _ in range(count)]
        ids = session.insert_numbered(Vendor, rows)
        self._surround(session, ids)
        self._tell(session, ids, rows)
        session.insert_many(Parking, list(self._parkings(ids, rows)))
        session.insert_many(TrustEntry, list(self._trust(ids)))

    def _begin(self, session: WorkspaceSession) -> None:
        self._tags = session.insert_numbered(
            Tag, [{"name": tag, "normal_name": text.normal(tag)} for tag in invention.TAGS]
        )
        self._niches = list(session.scalars(select(Category.id).order_by(Category.id)))

    def _vendor(self) -> dict[str, Any]:
        chance, number = self._chance, self._written
        self._written += 1
        name = invention.business(chance)
        stage = _STAGES[number % len(_STAGES)]
        added = self._today - timedelta(days=chance.randint(200, 900))
        domain = f"{text.slug(name)}-{number}.example"
        return {
            "name": name,
            "normal_name": text.normal(name),
            "kind": chance.choice(tuple(VendorKind)),
            "what_they_do": chance.choice(invention.TRADES),
            "website": f"https://{domain}",
            "web_domain": domain,
            "location": chance.choice(invention.PLACES),
            "availability": chance.choice(tuple(Availability)),
            "currency": "GBP" if number % 3 == 0 else "",
            "rate_amount": chance.randint(25, 900) * 100 if number % 3 == 0 else None,
            "owner_id": self._people[number % len(self._people)] if number % 11 else None,
            "tier": chance.choice((None, None, *Tier)) if stage is Stage.ACTIVE else None,
            "stage": stage,
            "stage_since": added + timedelta(days=chance.randint(0, 190)),
            "cadence_choice": CadenceChoice.NONE if stage is Stage.PROSPECT and number % 3 else CadenceChoice.DEFAULT,
            "cadence_began_on": added,
            "created_at": self._noon(added),
            "created_by": self._people[0],
            "updated_at": self._noon(added),
        }

    def _noon(self, day: date) -> datetime:
        return self._now - timedelta(days=(self._today - day).days)

    # What hangs on vendors

    def _surround(self, session: WorkspaceSession, ids: list[int]) -> None:
        chance = self._chance
        people = [{"vendor_id": vendor_id, **self._person()} for vendor_id in ids for _ in range(1 + vendor_id % 2)]
        contacts = []
        for number, person_id in enumerate(session.insert_numbered(Person, people)):
            address = f"{text.slug(people[number]['name'])}.{person_id}@mail.example"
            phone = f"+4420{chance.randint(10_000_000, 99_999_999)}"
            contacts.append(self._contact(person_id, ContactKind.EMAIL, address))
            contacts.append(self._contact(person_id, ContactKind.PHONE, phone))
        session.insert_many(Contact, contacts)
        session.insert_many(
            VendorCategory,
            [
                {"vendor_id": vendor_id, "category_id": niche}
                for vendor_id in ids
                for niche in chance.sample(self._niches, vendor_id % 3)
            ],
        )
        session.insert_many(
            VendorTag,
            [
                {"vendor_id": vendor_id, "tag_id": tag}
                for vendor_id in ids
                for tag in chance.sample(self._tags, vendor_id % 4)
            ],
        )

    def _person(self) -> dict[str, Any]:
        name = invention.name(self._chance)
        return {"name": name, "normal_name": text.normal(name), "created_at": self._now, "updated_at": self._now}

    def _contact(self, person_id: int, kind: ContactKind, value: str) -> dict[str, Any]:
        normal = value if kind is ContactKind.EMAIL else value.lstrip("+")
        return {"person_id": person_id, "kind": kind, "value": value, "normal_value": normal, "position": 0}

    def _parkings(self, ids: list[int], rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for vendor_id, row in zip(ids, rows, strict=True):
            if row["stage"] is Stage.PARKED:
                yield {
                    "vendor_id": vendor_id,
                    "reason": self._chance.choice(tuple(ParkingReason)),
                    "details": self._chance.choice(self._stock),
                    "condition": "A free week" if vendor_id % 3 else "",
                    "revisit_on": self._today + timedelta(days=self._chance.randint(15, 300)),
                    "parked_on": row["stage_since"],
                    "parked_by": self._people[0],
                }

    def _trust(self, ids: list[int]) -> Iterator[dict[str, Any]]:
        """Trust notes of two years, most of them good, a few for fewer eyes."""
        chance = self._trust_chance
        for vendor_id in ids:
            for _ in range(TRUST_EACH):
                day = self._today - timedelta(days=chance.randint(0, 700))
                yield {
                    "vendor_id": vendor_id,
                    "occurred_on": day,
                    "dimension": chance.choice(tuple(Dimension)),
                    "direction": chance.choice((Direction.POSITIVE,) * 3 + (Direction.NEGATIVE,)),
                    "weight": chance.choice((Weight.MINOR,) * 5 + (Weight.NOTABLE,) * 3 + (Weight.MAJOR,)),
                    "what_happened": chance.choice(self._stock),
                    "visibility": chance.choice((Visibility.TEAM,) * 8 + (Visibility.AUTHOR, Visibility.ADMINS)),
                    "created_at": self._noon(day),
                    "created_by": chance.choice(self._people),
                }

    # What happened

    def _tell(self, session: WorkspaceSession, ids: list[int], rows: list[dict[str, Any]]) -> None:
        notes: list[dict[str, Any]] = []
        talks: list[dict[str, Any]] = []
        entries: list[dict[str, Any]] = []
        for place, (vendor_id, row) in enumerate(zip(ids, rows, strict=True)):
            number = self._written - len(ids) + place
            added = self._entry(vendor_id, TimelineKind.ADDED, vendor_id, row["created_at"].date())
            entries.append({**added, "facts": {"stage": Stage.PROSPECT}})
            length = _SPREAD[number % len(_SPREAD)] + (60 if number == 0 else 0) - 1
            for turn, day in enumerate(self._days(number, row["stage"], length)):
                if turn % 4 == 1:
                    notes.append(self._note(vendor_id, day))
                else:
                    talks.append(self._talk(vendor_id, day))
        for kind, table, written in ((TimelineKind.NOTE, Note, notes), (TimelineKind.INTERACTION, Interaction, talks)):
            new_ids = session.insert_numbered(table, [row["row"] for row in written])
            for subject_id, one in zip(new_ids, written, strict=True):
                entry = self._entry(one["row"]["vendor_id"], kind, subject_id, one["day"])
                entries.append({**entry, **one["entry"]})
        session.insert_numbered(TimelineEntry, entries)

    def _days(self, number: int, stage: Stage, length: int) -> Iterator[date]:
        """When there was contact, the latest first: so long ago that a few are late and the others are not yet due."""
        rhythm = _RHYTHM_DAYS.get(stage, 60)
        ago = rhythm + self._chance.randint(1, 9) if number < _LATE else self._chance.randint(0, max(1, rhythm - 5))
        step = max(1, 190 // max(1, length))
        for _ in range(length):
            yield self._today - timedelta(days=ago)
            ago += self._chance.randint(1, 2 * step)

    def _note(self, vendor_id: int, day: date) -> dict[str, Any]:
        author = self._chance.choice(self._people)
        visibility = self._chance.choice((Visibility.TEAM,) * 5 + (Visibility.AUTHOR, Visibility.ADMINS))
        body = self._chance.choice(self._stock)
        at = self._noon(day)
        return {
            "day": day,
            "row": {
                "vendor_id": vendor_id,
                "body": body,
                "visibility": visibility,
                "created_at": at,
                "created_by": author,
            },
            "entry": {"author_id": author, "visibility": visibility, "body": body, "facts": {"edited": False}},
        }

    def _talk(self, vendor_id: int, day: date) -> dict[str, Any]:
        chance = self._chance
        author, kind = chance.choice(self._people), chance.choice(tuple(InteractionKind))
        outcome = Outcome.ATTEMPT if chance.random() < 0.05 else Outcome.TWO_WAY
        side = Side.THEM if chance.random() < 0.3 else Side.US
        body, at = chance.choice(self._stock), self._noon(day)
        facts = {
            "sort": kind,
            "outcome": outcome,
            "initiated_by": side,
            "minutes": None,
            "person_id": None,
            "edited": False,
        }
        return {
            "day": day,
            "row": {
                "vendor_id": vendor_id,
                "kind": kind,
                "outcome": outcome,
                "initiated_by": side,
                "occurred_on": day,
                "summary": body,
                "created_at": at,
                "created_by": author,
            },
            "entry": {"author_id": author, "body": body, "facts": facts},
        }

    def _entry(self, vendor_id: int, kind: TimelineKind, subject_id: int, day: date) -> dict[str, Any]:
        return {
            "vendor_id": vendor_id,
            "kind": kind,
            "subject_id": subject_id,
            "happened_on": day,
            "recorded_at": self._noon(day),
            "author_id": self._people[0],
            "visibility": Visibility.TEAM,
            "facts": {},
            "body": "",
        }


assert sum(_SPREAD) == ENTRIES_EACH * len(_SPREAD)
