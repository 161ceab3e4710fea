"""The list of vendors: what it can be filtered and sorted by, its columns, its counts, and who is in it.

A page of the list costs three statements whatever is asked: what there is to choose from, the counts, the rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    SelectBase,
    String,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import aliased

from crm.core import limits, text
from crm.core.dates import add_days
from crm.core.tenancy import WorkspaceSession
from crm.models.categories import Category
from crm.models.custom_fields import CustomChoice, CustomField, CustomValue
from crm.models.enums import (
    Availability,
    CadenceChoice,
    ContactKind,
    FieldKind,
    ImportState,
    RatePeriod,
    ReminderKind,
    Stage,
    Tier,
    VendorKind,
)
from crm.models.imports import Import
from crm.models.lists import BulkItem, ListPreference, SavedFilter
from crm.models.sharing import Follow
from crm.models.standings import Standing
from crm.models.vendors import Contact, Person, Tag, Vendor, VendorCategory, VendorTag
from crm.models.workspaces import Membership, User
from crm.queries import custom_fields, standings
from crm.queries.categories import Tree, grown
from crm.queries.custom_fields import Field, Operator, Option, Value
from crm.queries.standings import Held

_AT_A_TIME = 1_000
LARGE = 20_000
"""A business with more vendors than this is large: there a stage is counted no further than needed."""
COUNTED = LARGE
COUNTED_IN_LARGE, COUNTED_FILTERED = 2_000, 500
"""How far a stage is counted: wholly, in a large business as it is, and there under filters."""
IMPORTS_OFFERED = 20
BETWEEN = "\x1f"
"""Stands between several values that one column gathers."""


class Due(StrEnum):
    """When the next check-in is, as a filter."""

    LATE = "late"
    TODAY = "today"
    WEEK = "week"
    MONTH = "month"
    PLANNED = "planned"
    NONE = "none"


class Rhythm(StrEnum):
    """Whether a vendor is checked in on, and whose wish it is, as a filter."""

    USUAL = "usual"
    OWN = "own"
    NONE = "none"


class Sort(StrEnum):
    """A column of the list, by which it can be sorted; those of the business's own fields are ``cf.`` and an id."""

    NAME = "name"
    STAGE = "stage"
    IN_STAGE = "in_stage"
    WHAT = "what"
    KIND = "kind"
    TIER = "tier"
    STANDING = "standing"
    OWNER = "owner"
    BACKUP = "backup"
    DOES = "does"
    TAGS = "tags"
    AVAILABILITY = "availability"
    DUE = "due"
    DUE_KIND = "due_kind"
    CONTACT = "contact"
    CADENCE = "cadence"
    PERSON = "person"
    EMAIL = "email"
    PHONE = "phone"
    WEBSITE = "website"
    LOCATION = "location"
    LANGUAGES = "languages"
    SOURCE = "source"
    RATE = "rate"
    MINIMUM = "minimum"
    ADDED = "added"
    ADDED_BY = "added_by"
    TIME_ZONE = "time_zone"
    HOURS = "hours"


USUAL_COLUMNS = (Sort.NAME, Sort.STAGE, Sort.OWNER, Sort.TIER, Sort.AVAILABILITY, Sort.DUE, Sort.CONTACT)
CUSTOM = "cf."


@dataclass(frozen=True, slots=True)
class Span:
    """From ``least`` up to ``most``, both included; None leaves an end open."""

    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Amount:
    """A span of money in minor units of one currency, for any period or for one."""

    span: Span
    currency: str
    period: RatePeriod | None = None


@dataclass(frozen=True, slots=True)
class Moments:
    """From one instant until before another."""

    begin: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of one of the business's own fields, as :func:`crm.queries.custom_fields.condition` takes it."""

    field: Field
    operator: Operator
    value: Value | Sequence[Option] | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which vendors the list shows, in which order. What is None or empty asks for nothing."""

    stage: Stage | None = None
    owner_id: int | None = None
    without_owner: bool = False
    backup_id: int | None = None
    without_backup: bool = False
    category_ids: Sequence[int] = ()
    without_category: bool = False
    tags: Sequence[str] = ()
    """Their normal names; a vendor bears all of them."""
    without_tags: bool = False
    kind: VendorKind | None = None
    tier: Tier | None = None
    without_tier: bool = False
    availability: Availability | None = None
    standing: Held | None = None
    due: Due | None = None
    due_kind: ReminderKind | None = None
    spoke: Span | None = None
    """So many days ago."""
    never_spoke: bool = False
    in_stage: Span | None = None
    """For so many days."""
    rhythm: Rhythm | None = None
    location: str = ""
    language: str = ""
    source: str = ""
    """As with ``location`` and ``language`` what stands there contains it, or is it where it is in double quotes."""
    was_referred: bool | None = None
    rate: Amount | None = None
    minimum: Amount | None = None
    do_not_contact: bool | None = None
    added: Moments | None = None
    added_by: int | None = None
    import_id: int | None = None
    followed_by: int | None = None
    custom: Sequence[Asked] = ()
    words: str = ""
    sort: str = Sort.NAME
    is_descending: bool = False

    @property
    def sought(self) -> list[str]:
        """The words as they are looked for."""
        return text.folded(self.words).split()[:10]


@dataclass(frozen=True, slots=True)
class ListRow:
    """A vendor as a line of the list; ``cells`` are what its columns hold, by the columns' names."""

    id: int
    name: str
    what_they_do: str
    do_not_contact: bool
    cells: dict[str, Any]

    @property
    def tint(self) -> int:
        return text.tint(self.name)

    @property
    def initial(self) -> str:
        return next((letter.upper() for letter in self.name if letter.isalnum()), "?")


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved filter, as its link shows it."""

    id: int
    name: str
    address: str
    owner_id: int | None
    is_shared: bool


@dataclass(frozen=True, slots=True)
class FilterChoices:
    """What the list can be filtered by in this business, and what one reader keeps about it."""

    owners: list[tuple[int, str]]
    tags: list[str]
    tree: Tree
    imports: list[tuple[int, str]] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    saved: list[Saved] = field(default_factory=list)
    """The reader's own and those that are shared, by name."""
    columns: str = ""
    """As the reader keeps them."""
    opens_with_id: int | None = None
    is_large: bool = False

    def counted(self, *, is_filtered: bool) -> int:
        """How far the vendors of a stage are counted: in a large business a longer list is narrowed, not read."""
        if not self.is_large:
            return COUNTED
        return COUNTED_FILTERED if is_filtered else COUNTED_IN_LARGE


# What there is to choose from


def filter_choices(session: WorkspaceSession, reader_id: int) -> FilterChoices:
    """The members, tags, categories, own fields and imports of the business, and the reader's saved filters.

    One query, which names its workspace itself.
    """
    found = session.rows(_offered(), {"here": session.workspace_id, "reader": reader_id})
    by_name = sorted(found, key=lambda row: (row[2].casefold(), row[1]))
    in_order = sorted(found, key=lambda row: (row[4] or 0, row[1]))
    options: dict[int, list[Option]] = {}
    for row in in_order:
        if row[0] == "option":
            options.setdefault(row[3], []).append(Option(row[1], row[2]))
    likes = next((row for row in found if row[0] == "likes"), None)
    return FilterChoices(
        owners=[(row[1], row[2]) for row in by_name if row[0] == "member"],
        tags=[row[2] for row in by_name if row[0] == "tag"],
        tree=grown([row[1:5] for row in found if row[0] == "category"]),
        imports=[(row[1], row[2]) for row in reversed(in_order) if row[0] == "import"],
        fields=[
            Field(row[1], row[2], FieldKind(row[5]), options=tuple(options.get(row[1], ())))
            for row in in_order
            if row[0] == "field"
        ],
        saved=[Saved(row[1], row[2], row[5], row[3], bool(row[4])) for row in by_name if row[0] == "saved"],
        columns=likes[2] if likes else "",
        opens_with_id=likes[3] if likes else None,
        is_large=any(row[0] == "large" for row in found),
    )


@lru_cache(maxsize=1)
def _offered() -> Any:
    """One statement over nine tables, made once: to make it takes longer than to run it."""

    def here() -> Any:
        # A new one each time: SQLAlchemy compares a parameter in several places with itself at each execution.
        return bindparam("here", type_=Integer())

    def reader() -> Any:
        return bindparam("reader", type_=Integer())

    number, words = cast(null(), Integer), cast(null(), Text)
    imports = (
        select(Import.id, Import.file_name)
        .where(Import.workspace_id == here(), Import.state == ImportState.DONE)
        .order_by(Import.id.desc())
        .limit(IMPORTS_OFFERED)
        .subquery()
    )
    beyond = select(Vendor.id).where(Vendor.workspace_id == here()).offset(LARGE).limit(1).subquery()
    members = (
        select(literal("member"), User.id, User.name, number, number, words)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.workspace_id == here(), Membership.deactivated_at.is_(None))
    )
    field, option, saved, likes = CustomField, CustomChoice, SavedFilter, ListPreference
    return union_all(
        select(literal("tag").label("what"), Tag.id, cast(Tag.name, Text), number, number, words).where(
            Tag.workspace_id == here()
        ),
        select(literal("category"), Category.id, Category.name, Category.parent_id, Category.position, words).where(
            Category.workspace_id == here()
        ),
        members,
        select(literal("large"), beyond.c.id, cast(literal(""), Text), number, number, words),
        select(literal("import"), imports.c.id, imports.c.file_name, number, number, words),
        select(literal("field"), field.id, field.name, number, field.position, cast(field.kind, Text)).where(
            field.workspace_id == here(), field.archived_at.is_(None)
        ),
        select(literal("option"), option.id, option.name, option.field_id, option.position, words).where(
            option.workspace_id == here()
        ),
        select(
            literal("saved"), saved.id, saved.name, saved.created_by, cast(saved.is_shared, Integer), saved.address
        ).where(saved.workspace_id == here(), or_(saved.created_by == reader(), saved.is_shared.is_(True))),
        select(literal("likes"), likes.id, likes.columns, likes.opens_with_id, number, words).where(
            likes.workspace_id == here(), likes.user_id == reader()
        ),
    )


# Rows, counts, ids


def list_rows(
    session: WorkspaceSession,
    wanted: Wanted,
    today: date,
    *,
    columns: Sequence[str] = USUAL_COLUMNS,
    fields: Sequence[Field] = (),
    offset: int = 0,
    limit: int = limits.PAGE_ROWS,
) -> list[ListRow]:
    """One page of the list with these columns. One query.

    The page is found first, and only its vendors' further columns are looked up.
    """
    statement, cells = _listing(_shape(wanted), today, tuple(columns), tuple(fields))
    rows = session.rows(statement, {**_values(wanted), "offset": offset, "limit": limit})
    return [ListRow(row[0], row[1], row[2], row[3], _gathered(row[4:], cells)) for row in rows]


_Cells = list[tuple[str, tuple[Any, ...]]]

_KEPT = 64
"""So many statements of a sort are kept: to put one together takes longer than its answer. A list is looked at again
and again under the same filters; the words that are typed, and the place in the list, come with each run."""


@lru_cache(maxsize=_KEPT)
def _listing(
    shape: Wanted, today: date, columns: tuple[str, ...], fields: tuple[Field, ...]
) -> tuple[SelectBase, _Cells]:
    known = {f"{CUSTOM}{each.id}": each for each in fields}
    order = _Order(shape, known)
    found = (
        order.joined(select(Vendor.id).where(*_conditions(shape, today), *_in_stage(shape)))
        .order_by(*order.terms)
        .offset(bindparam("offset", type_=Integer()))
        .limit(bindparam("limit", type_=Integer()))
        .subquery()
    )
    cells = [(column, cell_of(column, known)) for column in columns]
    statement: Any = select(Vendor.id, Vendor.name, Vendor.what_they_do, Vendor.do_not_contact)
    statement = statement.add_columns(*(part for _column, parts in cells for part in parts))
    return order.joined(statement.join(found, found.c.id == Vendor.id)).order_by(*order.terms), cells


def _shape(wanted: Wanted) -> Wanted:
    """What a statement is kept for: the filters with their values, and how many words there are."""
    return replace(
        wanted,
        words=" ".join(str(place) for place in range(len(wanted.sought))),
        category_ids=tuple(wanted.category_ids),
        tags=tuple(wanted.tags),
        custom=tuple(
            replace(asked, value=tuple(asked.value)) if isinstance(asked.value, list) else asked
            for asked in wanted.custom
        ),
    )


def _values(wanted: Wanted) -> dict[str, Any]:
    """The words, as the statement of :func:`_shape` takes them."""
    return {f"word_{place}": f"% {word}%" for place, word in enumerate(wanted.sought)}


def rows_of(
    session: WorkspaceSession, vendor_ids: Sequence[int], *, columns: Sequence[str], fields: Sequence[Field] = ()
) -> list[ListRow]:
    """These vendors as lines of the list, in the order of the ids. One query."""
    known = {f"{CUSTOM}{each.id}": each for each in fields}
    cells = [(column, cell_of(column, known)) for column in columns]
    statement: Any = select(Vendor.id, Vendor.name, Vendor.what_they_do, Vendor.do_not_contact)
    statement = statement.add_columns(*(part for _column, parts in cells for part in parts))
    found = {
        row[0]: ListRow(row[0], row[1], row[2], row[3], _gathered(row[4:], cells))
        for row in session.execute(statement.where(Vendor.id.in_(vendor_ids)))
    }
    return [found[vendor_id] for vendor_id in vendor_ids if vendor_id in found]


def count_by_stage(session: WorkspaceSession, wanted: Wanted, today: date, *, most: int = COUNTED) -> dict[Stage, int]:
    """How many vendors each stage has under the other filters, counted no further than ``most``. One query."""
    shape = replace(_shape(wanted), sort=Sort.NAME, is_descending=False, stage=None)
    [row] = session.rows(_counting(shape, today, most), {**_values(wanted), "here": session.workspace_id})
    return {stage: number for stage, number in zip(Stage, row, strict=True) if number}


@lru_cache(maxsize=_KEPT)
def _counting(shape: Wanted, today: date, most: int) -> SelectBase:
    if most >= COUNTED and (shape.words or shape.location or shape.language or shape.source):
        # Texts are in no index. Read once in the order of their ids, as they lie, they take a tenth of the time that
        # they take stage by stage; no id is below 1, but saying so names the order.
        each_stage = (func.coalesce(func.sum(case((Vendor.stage == stage, 1), else_=0)), 0) for stage in Stage)
        return select(*each_stage).where(Vendor.id > 0, *_conditions(shape, today))

    def counted(stage: Stage) -> Any:
        here = Vendor.workspace_id == bindparam("here", type_=Integer())
        some = select(Vendor.id).where(here, Vendor.stage == stage, *_conditions(shape, today))
        return select(func.count()).select_from(some.limit(most).subquery()).scalar_subquery()

    return select(*(counted(stage) for stage in Stage))


def matching_ids(session: WorkspaceSession, wanted: Wanted, today: date) -> list[int]:
    """Every vendor that the filters let through, in the list's order."""
    known = {f"{CUSTOM}{asked.field.id}": asked.field for asked in wanted.custom}
    order = _Order(wanted, known)
    statement = order.joined(select(Vendor.id).where(*_conditions(_shape(wanted), today), *_in_stage(wanted)))
    return list(session.scalars(statement.order_by(*order.terms), _values(wanted)))


def known_ids(session: WorkspaceSession, vendor_ids: Sequence[int]) -> list[int]:
    """Those of the ids that are vendors of this business, in their order."""
    found = set(session.scalars(select(Vendor.id).where(Vendor.id.in_(vendor_ids)))) if vendor_ids else set()
    return [vendor_id for vendor_id in dict.fromkeys(vendor_ids) if vendor_id in found]


def stages_of(session: WorkspaceSession, vendor_ids: Sequence[int]) -> set[Stage]:
    """The stages that these vendors are in."""
    found: set[Stage] = set()
    for begin in range(0, len(vendor_ids), _AT_A_TIME):
        part = list(vendor_ids[begin : begin + _AT_A_TIME])
        found.update(session.scalars(select(Vendor.stage).where(Vendor.id.in_(part)).distinct()))
    return found


def ids_of_act(session: WorkspaceSession, act_id: int) -> list[int]:
    """The vendors of an act on many, in the order in which they were chosen."""
    return list(session.scalars(select(BulkItem.vendor_id).where(BulkItem.act_id == act_id).order_by(BulkItem.id)))


# Conditions


def filters(wanted: Wanted, today: date) -> list[ColumnElement[bool]]:
    """Every filter, the stage's too, but for the words, for questions that are put otherwise."""
    return [*_conditions(_shape(replace(wanted, words="")), today), *_in_stage(wanted)]


def _conditions(shape: Wanted, today: date) -> list[ColumnElement[bool]]:
    """Every filter but the stage."""
    return [
        *_exact(shape),
        *_tags_and_niches(shape),
        *_dated(shape, today),
        *_words(shape),
        *_others(shape, today),
    ]


def _exact(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    columns: dict[Any, Any] = {
        Vendor.owner_id: wanted.owner_id,
        Vendor.backup_id: wanted.backup_id,
        Vendor.kind: wanted.kind,
        Vendor.tier: wanted.tier,
        Vendor.availability: wanted.availability,
        Vendor.due_kind: wanted.due_kind,
        Vendor.created_by: wanted.added_by,
        Vendor.import_id: wanted.import_id,
        Vendor.do_not_contact: wanted.do_not_contact,
    }
    yield from (column == value for column, value in columns.items() if value is not None)
    for is_without, column in (
        (wanted.without_owner, Vendor.owner_id),
        (wanted.without_backup, Vendor.backup_id),
        (wanted.without_tier, Vendor.tier),
        (wanted.never_spoke, Vendor.last_contact_on),
    ):
        if is_without:
            yield column.is_(None)


def _tags_and_niches(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.category_ids:
        in_them = select(VendorCategory.vendor_id).where(VendorCategory.category_id.in_(wanted.category_ids))
        yield Vendor.id.in_(in_them)
    if wanted.without_category:
        yield Vendor.id.not_in(select(VendorCategory.vendor_id))
    for tag in wanted.tags:
        tagged = select(VendorTag.vendor_id).join(Tag, Tag.id == VendorTag.tag_id).where(Tag.normal_name == tag)
        yield Vendor.id.in_(tagged)
    if wanted.without_tags:
        yield Vendor.id.not_in(select(VendorTag.vendor_id))


def _dated(wanted: Wanted, today: date) -> Iterator[ColumnElement[bool]]:
    if wanted.due is not None:
        yield _due_condition(wanted.due, today)
    if wanted.spoke is not None:
        yield _days_ago(Vendor.last_contact_on, wanted.spoke, today)
    if wanted.in_stage is not None:
        yield _days_ago(Vendor.stage_since, wanted.in_stage, today)
    if wanted.added is not None and wanted.added.begin is not None:
        yield Vendor.created_at >= wanted.added.begin
    if wanted.added is not None and wanted.added.end is not None:
        yield Vendor.created_at < wanted.added.end


def _words(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    for place in wanted.words.split():
        # A word is letters and figures alone: nothing in it means anything to LIKE.
        yield Vendor.search_text.like(bindparam(f"word_{place}", type_=Text()))
    for column, typed in (
        (Vendor.location, wanted.location),
        (Vendor.languages, wanted.language),
        (Vendor.source, wanted.source),
    ):
        if len(typed) > 2 and typed[0] == typed[-1] == '"':
            exact = typed[1:-1]
            yield or_(func.lower(column) == exact.lower(), column == exact)
        elif typed:
            # SQLite lowers plain letters alone: a name typed in lower case is looked for with its capital as well.
            yield or_(
                func.lower(column).contains(typed.lower(), autoescape=True),
                column.contains(typed[0].upper() + typed[1:], autoescape=True),
            )


def _others(wanted: Wanted, today: date) -> Iterator[ColumnElement[bool]]:
    if wanted.rhythm is Rhythm.NONE:
        yield Vendor.cadence_in_force == ""
    elif wanted.rhythm is not None:
        is_own = wanted.rhythm is Rhythm.OWN
        yield Vendor.cadence_choice == (CadenceChoice.OWN if is_own else CadenceChoice.DEFAULT)
        yield Vendor.cadence_in_force != ""
    if wanted.was_referred is not None:
        referred = or_(Vendor.referred_by != "", Vendor.referred_by_id.is_not(None))
        yield referred if wanted.was_referred else ~referred
    if wanted.rate is not None:
        yield _money(wanted.rate, Vendor.rate_amount, Vendor.rate_period)
    if wanted.minimum is not None:
        yield _money(wanted.minimum, Vendor.minimum_amount, Vendor.minimum_period)
    if wanted.standing is not None:
        yield standings.condition(wanted.standing, today, category_ids=wanted.category_ids)
    if wanted.followed_by is not None:
        yield Vendor.id.in_(select(Follow.vendor_id).where(Follow.user_id == wanted.followed_by))
    for asked in wanted.custom:
        yield custom_fields.condition(asked.field, asked.operator, asked.value)


def _due_condition(due: Due, today: date) -> ColumnElement[bool]:
    return {
        Due.LATE: Vendor.next_on < today,
        Due.TODAY: Vendor.next_on == today,
        Due.WEEK: Vendor.next_on.between(today, add_days(today, 7)),
        Due.MONTH: Vendor.next_on.between(today, add_days(today, 30)),
        Due.PLANNED: Vendor.next_on.is_not(None),
        Due.NONE: Vendor.next_on.is_(None),
    }[due]


def _days_ago(column: Any, span: Span, today: date) -> ColumnElement[bool]:
    ends = [column.is_not(None)]
    if span.least is not None:
        ends.append(column <= add_days(today, -span.least))
    if span.most is not None:
        ends.append(column >= add_days(today, -span.most))
    return and_(*ends)


def _money(asked: Amount, amount: Any, period: Any) -> ColumnElement[bool]:
    terms = [amount.is_not(None), Vendor.currency == asked.currency]
    if asked.span.least is not None:
        terms.append(amount >= asked.span.least)
    if asked.span.most is not None:
        terms.append(amount <= asked.span.most)
    if asked.period is not None:
        terms.append(period == asked.period)
    return and_(*terms)


def _in_stage(wanted: Wanted) -> list[ColumnElement[bool]]:
    return [] if wanted.stage is None else [Vendor.stage == wanted.stage]


# Columns

_BACKUP, _ADDER, _OWNER = aliased(User), aliased(User), aliased(User)


def _gathering(column: Any, link: Any, *joins: Any) -> Any:
    statement = select(func.aggregate_strings(column, BETWEEN)).select_from(link)
    for target, condition in joins:
        statement = statement.join(target, condition)
    return statement.where(link.vendor_id == Vendor.id).correlate(Vendor).scalar_subquery()


def _first(column: Any, link: Any, *joins: Any) -> Any:
    """The least of a column that several rows of a vendor have: what a list of them is sorted by."""
    statement = select(func.min(column)).select_from(link)
    for target, condition in joins:
        statement = statement.join(target, condition)
    return statement.where(link.vendor_id == Vendor.id).correlate(Vendor).scalar_subquery()


def _person(column: Any) -> Any:
    return (
        select(column)
        .where(Person.vendor_id == Vendor.id)
        .order_by(Person.id)
        .limit(1)
        .correlate(Vendor)
        .scalar_subquery()
    )


def _contact(kind: ContactKind) -> Any:
    return (
        select(Contact.value)
        .join(Person, Person.id == Contact.person_id)
        .where(Person.vendor_id == Vendor.id, Contact.kind == kind)
        .order_by(Person.id, Contact.position, Contact.id)
        .limit(1)
        .correlate(Vendor)
        .scalar_subquery()
    )


def _member(user_id: Any) -> Any:
    member = aliased(User)
    return select(member.name).where(member.id == user_id).correlate(Vendor).scalar_subquery()


_IN_TAG = (Tag, Tag.id == VendorTag.tag_id)
_IN_CATEGORY = (Category, Category.id == VendorCategory.category_id)

_OWN_VALUES: dict[FieldKind, tuple[Any, ...]] = {
    FieldKind.TEXT: (CustomValue.words,),
    FieldKind.URL: (CustomValue.words,),
    FieldKind.NUMBER: (CustomValue.number,),
    FieldKind.MONEY: (CustomValue.number, CustomValue.currency),
    FieldKind.DATE: (CustomValue.day,),
    FieldKind.CHOICE: (CustomChoice.name,),
}


def _own_value(column: Any, field: Field) -> Any:
    """A part of what a vendor has in one of the business's own fields."""
    statement = select(column).select_from(CustomValue)
    if field.kind is FieldKind.CHOICE:
        statement = statement.join(CustomChoice, CustomChoice.id == CustomValue.choice_id)
    of_vendor = CustomValue.workspace_id == Vendor.workspace_id, CustomValue.vendor_id == Vendor.id
    return statement.where(*of_vendor, CustomValue.field_id == field.id).correlate(Vendor).scalar_subquery()


def _standings() -> Any:
    """Each standing in force as its level, its last day and its category."""
    parts = type_coerce(Standing.level, String), cast(Standing.valid_until, String), func.coalesce(Category.name, "")
    level, day, name = parts
    return (
        select(func.aggregate_strings(level + " " + day + " " + name, BETWEEN))
        .select_from(Standing)
        .outerjoin(Category, Category.id == Standing.category_id)
        .where(Standing.vendor_id == Vendor.id, Standing.ended_at.is_(None))
        .correlate(Vendor)
        .scalar_subquery()
    )


_CELLS: dict[str, tuple[Any, ...]] = {
    Sort.NAME: (),
    Sort.STAGE: (Vendor.stage,),
    Sort.IN_STAGE: (Vendor.stage_since,),
    Sort.WHAT: (Vendor.what_they_do,),
    Sort.KIND: (Vendor.kind,),
    Sort.TIER: (Vendor.tier,),
    Sort.STANDING: (_standings(),),
    Sort.OWNER: (_member(Vendor.owner_id),),
    Sort.BACKUP: (_member(Vendor.backup_id),),
    Sort.DOES: (_gathering(Category.name, VendorCategory, _IN_CATEGORY),),
    Sort.TAGS: (_gathering(Tag.name, VendorTag, _IN_TAG),),
    Sort.AVAILABILITY: (Vendor.availability,),
    Sort.DUE: (Vendor.next_on,),
    Sort.DUE_KIND: (Vendor.due_kind,),
    Sort.CONTACT: (Vendor.last_contact_on,),
    Sort.CADENCE: (Vendor.cadence_in_force,),
    Sort.PERSON: (_person(Person.name),),
    Sort.EMAIL: (_contact(ContactKind.EMAIL),),
    Sort.PHONE: (_contact(ContactKind.PHONE),),
    Sort.WEBSITE: (Vendor.website,),
    Sort.LOCATION: (Vendor.location,),
    Sort.LANGUAGES: (Vendor.languages,),
    Sort.SOURCE: (Vendor.source,),
    Sort.RATE: (Vendor.rate_amount, Vendor.currency, Vendor.rate_period),
    Sort.MINIMUM: (Vendor.minimum_amount, Vendor.currency, Vendor.minimum_period),
    Sort.ADDED: (Vendor.created_at,),
    Sort.ADDED_BY: (_member(Vendor.created_by),),
    Sort.TIME_ZONE: (Vendor.time_zone,),
    Sort.HOURS: (Vendor.working_hours,),
}
_GATHERED = frozenset({Sort.DOES, Sort.TAGS, Sort.STANDING})


def cell_of(column: str, fields: dict[str, Field]) -> tuple[Any, ...]:
    """The expressions that a column reads, on :class:`Vendor`."""
    if column in _CELLS:
        return _CELLS[column]
    field = fields[column]
    return tuple(_own_value(each, field) for each in _OWN_VALUES[field.kind])


def _gathered(values: Sequence[Any], cells: _Cells) -> dict[str, Any]:
    """The cells of a row by their columns; several values of one are a list in order."""
    found: dict[str, Any] = {}
    place = 0
    for column, parts in cells:
        if len(parts) == 1:
            value = values[place]
            found[column] = split(value) if column in _GATHERED else value
        else:
            found[column] = tuple(values[place : place + len(parts)])
        place += len(parts)
    return found


def split(gathered: str | None) -> list[str]:
    """The values that one column gathered, in order."""
    return sorted(gathered.split(BETWEEN), key=str.casefold) if gathered else []


# Order


def _said(column: Any) -> Any:
    """Text without regard to case; nothing said is unknown."""
    return func.nullif(func.lower(column), "")


def _in_order_of(column: Any, choices: type[StrEnum]) -> Any:
    return case({choice.value: place for place, choice in enumerate(choices)}, value=type_coerce(column, String))


def _interval(column: Any) -> Any:
    """About how many days "6 weeks" are."""
    figure = func.nullif(column, "")
    for unit in ("days", "weeks", "months"):
        figure = func.replace(figure, f" {unit}", "")
    return cast(figure, Integer) * case((column.like("%weeks"), 7), (column.like("%months"), 30), else_=1)


_KEYS: dict[str, Any] = {
    Sort.NAME: Vendor.normal_name,
    Sort.STAGE: _in_order_of(Vendor.stage, Stage),
    Sort.IN_STAGE: Vendor.stage_since,
    Sort.WHAT: _said(Vendor.what_they_do),
    Sort.KIND: Vendor.kind,
    Sort.TIER: Vendor.tier,
    Sort.OWNER: func.lower(_OWNER.name),
    Sort.BACKUP: func.lower(_BACKUP.name),
    Sort.DOES: _first(func.lower(Category.name), VendorCategory, _IN_CATEGORY),
    Sort.TAGS: _first(Tag.normal_name, VendorTag, _IN_TAG),
    Sort.AVAILABILITY: case(
        {choice.value: place for place, choice in enumerate(Availability) if choice is not Availability.UNKNOWN},
        value=type_coerce(Vendor.availability, String),
        else_=null(),
    ),
    Sort.DUE: Vendor.next_on,
    Sort.DUE_KIND: _in_order_of(Vendor.due_kind, ReminderKind),
    Sort.CONTACT: Vendor.last_contact_on,
    Sort.CADENCE: _interval(Vendor.cadence_in_force),
    Sort.PERSON: _person(Person.normal_name),
    Sort.EMAIL: _contact(ContactKind.EMAIL),
    Sort.PHONE: _contact(ContactKind.PHONE),
    Sort.WEBSITE: func.nullif(Vendor.web_domain, ""),
    Sort.LOCATION: _said(Vendor.location),
    Sort.LANGUAGES: _said(Vendor.languages),
    Sort.SOURCE: _said(Vendor.source),
    Sort.RATE: Vendor.rate_amount,
    Sort.MINIMUM: Vendor.minimum_amount,
    Sort.ADDED: Vendor.id,
    Sort.ADDED_BY: func.lower(_ADDER.name),
    Sort.TIME_ZONE: _said(Vendor.time_zone),
    Sort.HOURS: _said(Vendor.working_hours),
}
_NEVER_UNKNOWN = frozenset({Sort.NAME, Sort.STAGE, Sort.IN_STAGE, Sort.ADDED})
_TURNED = frozenset({Sort.IN_STAGE})
"""The longest time in a stage began the earliest."""
_JOINS: dict[str, tuple[Any, Any]] = {
    Sort.OWNER: (_OWNER, _OWNER.id == Vendor.owner_id),
    Sort.BACKUP: (_BACKUP, _BACKUP.id == Vendor.backup_id),
    Sort.ADDED_BY: (_ADDER, _ADDER.id == Vendor.created_by),
}


class _Order:
    """The chosen column, what is unknown last either way, then by name."""

    def __init__(self, wanted: Wanted, fields: dict[str, Field]) -> None:
        self._sort = wanted.sort
        key = self._key(fields)
        is_descending = wanted.is_descending != (self._sort in _TURNED)
        towards = key.desc() if is_descending else key.asc()
        if self._sort not in _NEVER_UNKNOWN:
            towards = towards.nulls_last()
        # By name alone the index gives the order; a further column would make the database sort everything.
        by_name = [] if self._sort == Sort.NAME else [Vendor.normal_name]
        ties = Vendor.id.desc() if wanted.is_descending and self._sort == Sort.NAME else Vendor.id
        first = [func.nullif(Vendor.currency, "").nulls_last()] if self._sort in (Sort.RATE, Sort.MINIMUM) else []
        self.terms: list[Any] = [*first, towards, *by_name, ties]

    def _key(self, fields: dict[str, Field]) -> Any:
        if self._sort == Sort.STANDING:
            return standings.sort_key()
        if self._sort in _KEYS:
            return _KEYS[self._sort]
        return custom_fields.sort_key(fields[self._sort])

    def joined(self, statement: Any) -> Any:
        """The statement with what the order needs besides the vendors."""
        if self._sort not in _JOINS:
            return statement
        target, condition = _JOINS[self._sort]
        return statement.outerjoin(target, condition)
