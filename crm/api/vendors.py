"""Vendors."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from crm.api import trust_scores
from crm.api.fields import (
    OWN_SORT,
    Body,
    Cadence,
    Day,
    Flag,
    Free,
    Instant,
    Line,
    Many,
    Of,
    Pick,
    Shown,
    Texts,
    Whole,
    Word,
    asked_number,
    cadence_shown,
    money,
    number,
)
from crm.api.gate import NOTHING, Answer, Call, Noun, escaped
from crm.api.paging import asking, paged, several, step
from crm.core import formats, limits, text
from crm.core.errors import Missing, Refused
from crm.core.i18n import _, lazy
from crm.domain import custom_fields, deletions, vendors
from crm.domain.doubles import FoundDoubles
from crm.domain.permissions import Act
from crm.forms import vendor_filter
from crm.models import vocabulary
from crm.models.enums import (
    Availability,
    FieldKind,
    RatePeriod,
    ReminderKind,
    Stage,
    StandingLevel,
    Tier,
    VendorKind,
)
from crm.queries import custom_fields as fields_read
from crm.queries import vendor_pages
from crm.queries import vendors as reading
from crm.queries.categories import Tree
from crm.queries.custom_fields import Field, Money, Option, Value
from crm.queries.standings import Held
from crm.queries.vendor_lists import FilterChoices, Wanted
from crm.queries.vendor_pages import Asked
from crm.web.problems import FieldError, Rejected

if TYPE_CHECKING:
    from crm.queries.vendor_pages import Whole as WholeVendor

noun = Noun("vendors", "Freelancers, agencies and suppliers that the business has met.")


class NextTouch(Shown):
    """When and why to be in touch next."""

    due_on = Day("When to be in touch next.")
    planned_on = Day(
        "The day found for a check-in by the nightly plan, from which it counts; null where there is none.",
        allow_none=True,
    )
    kind = Pick(ReminderKind)
    why = Line("The reason, in words.")


class StandingShown(Shown):
    """How they stand with us for a kind of work."""

    category_id = number("The kind of work it is for; null for everything they do.", allow_none=True)
    level = Pick(StandingLevel)
    reason = Line()
    valid_until = Day("The day after, it is to be reviewed.")
    given_on = Day()


_PLAIN: dict[str, Any] = {
    "name": Line(most=limits.NAME_LENGTH, least=1),
    "kind": Pick(VendorKind, allow_none=True),
    "what_they_do": Line("In a sentence."),
    "website": Line(most=limits.URL_LENGTH),
    "location": Line(),
    "time_zone": Line("An IANA name, such as Europe/London, or nothing.", most=limits.ZONE_LENGTH),
    "working_hours": Line(),
    "languages": Line(),
    "currency": Line("ISO 4217; that of rate_amount and minimum_amount.", most=limits.CURRENCY_LENGTH),
    "rate_amount": money("In minor units of the currency.", allow_none=True),
    "rate_period": Pick(RatePeriod, allow_none=True),
    "minimum_amount": money("The smallest engagement, in minor units.", allow_none=True),
    "minimum_period": Pick(RatePeriod, allow_none=True),
    "availability": Pick(Availability),
    "availability_as_of": Day(allow_none=True),
    "availability_until": Day(allow_none=True),
    "leave_from": Day(allow_none=True),
    "leave_to": Day(allow_none=True),
    "source": Line("How they were found."),
    "referred_by": Line("Who recommended them; a vendor's name links the two.", most=limits.NAME_LENGTH),
    "owner_id": number("Who looks after them: a member.", allow_none=True),
    "backup_id": number("Who stands in.", allow_none=True),
    "tier": Pick(Tier, allow_none=True),
    "do_not_contact": Flag(),
    "cadence": Cadence("How often to be in touch: an interval, \"default\" for the tier's or stage's, null for none."),
    "tags": Many(Line(most=limits.NAME_LENGTH), most=limits.TAGS_PER_VENDOR),
    "category_ids": Many(number(), "What they do.", most=limits.TAGS_PER_VENDOR),
    "custom_fields": Free("The business's own fields by their names; what has no value is left out."),
}
_READ_ONLY: dict[str, Any] = {
    "id": number(),
    "stage": Pick(Stage, "Changed by stage-moves and parkings."),
    "stage_since": Day(),
    "referred_by_id": number("The vendor who recommended them.", allow_none=True),
    "next_touch": Of(NextTouch, allow_none=True),
    "last_contact_on": Day("The latest conversation in which both spoke.", allow_none=True),
    "standings": Many(Of(StandingShown)),
    "version": Whole("Grows with each change of what is said about the vendor.", least=1),
    "created_at": Instant(),
    "created_by": number(allow_none=True),
    "updated_at": Instant(),
    "updated_by": number(allow_none=True),
    "trust": Of(trust_scores.Trust, "Only with include=trust.", metadata={"sometimes": True}),
}
_NEW: dict[str, Any] = {
    "stage": Pick(Stage, "The others are reached by a move.", only=vendors.STAGES_TO_ADD_IN),
    "person": Line("The name of somebody there.", most=limits.NAME_LENGTH),
    "email": Line("Their e-mail address.", most=limits.EMAIL_LENGTH),
}
_DOUBLES: dict[str, Any] = {
    "refuse_doubles": Flag("Answer 409 where a vendor like this is here already, with `doubles`."),
}

VendorShown = type("Vendor", (Shown,), {**_PLAIN, **_READ_ONLY})
NewVendor = type(
    "NewVendor", (Body,), {**_PLAIN, "name": Line(most=limits.NAME_LENGTH, least=1, required=True), **_NEW, **_DOUBLES}
)
VendorChange = type(
    "VendorChange", (Body,), {**_PLAIN, "version": Whole("The one that was read.", least=1), **_DOUBLES}
)
_WANTED_THERE = '{"Payment terms": "Net 30"}'
VendorsAsked = asking(
    "Vendors",
    vendor_pages.SORTS,
    by_own=True,
    stage=Pick(Stage),
    owner_id=asked_number(),
    tag=Line(most=limits.NAME_LENGTH),
    kind=Pick(VendorKind),
    tier=Pick(Tier),
    availability=Pick(Availability),
    category_id=asked_number(),
    standing=Pick(Held, "How they stand with us; with category_id, for that kind of work."),
    custom_fields=Texts(
        "JSON, the business's own fields by their names with what is wanted there, as in the list's address: words, an "
        "option, `40..60`, `2026-01-01..`, `..60 EUR`, `none` or `any`.",
        example=_WANTED_THERE,
    ),
    due_before=Day("Those whose next touch is due on this day or before."),
    updated_since=Instant("Those that somebody edited since."),
)


_EXACT = ("stage", "owner_id", "kind", "tier", "availability", "standing")


class OneAsked(Body):
    """What one vendor can be asked."""

    include = Word(("trust",), "Add the trust scores.")


_BOXES = {"cadence_every": "cadence", "cadence_unit": "cadence", "emails": "email"}


@noun.get("/vendors", asks=VendorsAsked, gives=several(VendorShown))
def index(call: Call) -> Answer:
    """Lists vendors."""
    known = _own_fields(call)
    asked = Asked(
        _wanted(call, known),
        words=call.asked["q"],
        due_before=call.asked.get("due_before"),
        updated_since=call.asked.get("updated_since"),
        sort_field=_sort_field(call, known),
    )
    found = vendor_pages.matching(call.session, asked, step(call, "vendors"), reader=call.member, today=call.today)
    items = [_shown(whole, call.readers_day) for whole in vendor_pages.wholes(call.session, found.rows)]
    return paged(call, "vendors", found, items)


@noun.get("/vendors/<int:vendor_id>", asks=OneAsked, gives=VendorShown)
def show(call: Call, vendor_id: int) -> Answer:
    """Shows one vendor, with its trust scores where `include=trust` asks for them."""
    vendor = reading.vendor(call.session, vendor_id)
    if vendor is None:
        raise Missing
    answer = _one(call, vendor)
    if call.asked.get("include") == "trust":
        answer.value["trust"] = trust_scores.of_vendor(call, vendor_id)
    return answer


@noun.post("/vendors", takes=NewVendor, gives=VendorShown, boxes=_BOXES)
def create(call: Call) -> Answer:
    """Adds a vendor; a name is enough.

    A vendor that may be here already is added all the same, unless `refuse_doubles` is true.
    """
    body = call.body
    despite = not body.pop("refuse_doubles", False)
    try:
        vendor = vendors.add(call.session, by=call.member, despite_doubles=despite, **_said(call, body))
    except FoundDoubles as found:
        raise _doubles(found) from None
    answer = _one(call, vendor)
    answer.location = f"/vendors/{vendor.id}"
    return answer


@noun.patch("/vendors/<int:vendor_id>", takes=VendorChange, gives=VendorShown, boxes=_BOXES)
def update(call: Call, vendor_id: int) -> Answer:
    """Changes what is said about a vendor. What is left out stays."""
    vendor = vendors.at(call.session, vendor_id)
    call.expect(vendor.version)
    version = call.version(vendor.version)
    despite = not call.body.pop("refuse_doubles", False)
    said = _said(call, call.body)
    try:
        vendors.edit(vendor, by=call.member, version=version, despite_doubles=despite, **said)
    except FoundDoubles as found:
        raise _doubles(found) from None
    return _one(call, vendor)


@noun.delete("/vendors/<int:vendor_id>", Act.MANAGE)
def destroy(call: Call, vendor_id: int) -> Answer:
    """Deletes a vendor with everything about it; for 30 days it lies in the bin."""
    vendor = vendors.at(call.session, vendor_id)
    call.expect(vendor.version)
    deletions.of_vendor(vendor, by=call.member)
    return NOTHING


def _own_fields(call: Call) -> dict[str, Field]:
    """The business's own fields by their names, where the question needs them."""
    is_asked = "custom_fields" in call.asked or OWN_SORT in call.asked["sort"]
    return {field.name: field for field in fields_read.fields(call.session)} if is_asked else {}


def _wanted(call: Call, known: dict[str, Field]) -> Wanted:
    """The filters, as the list of vendors takes them."""
    said: dict[str, Any] = {name: call.asked[name] for name in _EXACT if name in call.asked}
    if tag := call.asked.get("tag"):
        said["tags"] = [text.normal(tag)]
    if "category_id" in call.asked:
        said["category_ids"] = [call.asked["category_id"]]
    workspace = call.member.workspace
    about = vendor_filter.Reading(
        FilterChoices([], [], Tree()), call.member.user_id, workspace.currency, workspace.time_zone
    )
    custom: list[Any] = []
    for name, typed in call.asked.get("custom_fields", {}).items():
        field = known.get(name)
        understood = field and vendor_filter.read_own(field, typed, about)
        if not understood:
            words = lazy("“%(name)s” cannot be asked that.", name=name) if field else lazy("There is no such field.")
            raise _wrong_in_query("custom_fields", words)
        custom += understood.wanted["custom"]
    return Wanted(**said, custom=custom)


def _sort_field(call: Call, known: dict[str, Field]) -> Field | None:
    name = call.asked["sort"].removeprefix("-")
    if not name.startswith(OWN_SORT):
        return None
    field = known.get(name.removeprefix(OWN_SORT))
    if field is None:
        raise _wrong_in_query("sort", lazy("There is no such field."))
    return field


def _wrong_in_query(parameter: str, words: object) -> Rejected:
    return Rejected(
        422, _("Some of the query cannot be used."), errors=[{"parameter": parameter, "detail": str(words)}]
    )


def next_touch(vendor: Any, today: date) -> dict[str, Any] | None:
    """When and why to be in touch next; None where nothing is planned."""
    if vendor.due_on is None:
        return None
    return {
        "due_on": vendor.due_on,
        "planned_on": vendor.planned_on,
        "kind": vendor.due_kind,
        "why": vocabulary.why(vendor.due_why, today),
    }


def _said(call: Call, body: dict[str, Any]) -> Any:
    """The body as the domain takes it."""
    if "cadence" in body:
        rhythm = body.pop("cadence")
        body |= {"cadence_choice": rhythm.choice, "cadence_every": rhythm.every, "cadence_unit": rhythm.unit}
    if "custom_fields" in body:
        body["custom"] = _custom(call, body.pop("custom_fields"))
    return body


def _custom(call: Call, said: dict[str, Any]) -> dict[int, Value | None]:
    """The values by their fields' ids. Raises :class:`Rejected` with all that is wrong, each at its field."""
    known = {field.name: field for field in fields_read.fields(call.session)}
    values: dict[int, Value | None] = {}
    errors: list[FieldError] = []
    for name, value in said.items():
        try:
            field = known.get(name)
            if field is None:
                raise Refused(lazy("There is no such field."))
            currency = call.member.workspace.currency
            values[field.id] = custom_fields.parse(field, _as_text(field, value), currency=currency)
        except Refused as refused:
            errors.append({"pointer": f"#/custom_fields/{escaped(name)}", "detail": str(refused.words)})
    if errors:
        raise Rejected(422, _("Some of what was sent cannot be used."), errors=errors)
    return values


def _as_text(field: Field, value: Any) -> str:
    """A value in the one text form of its field's kind."""
    if value is None:
        return ""
    if field.kind is FieldKind.MONEY:
        return _money_as_text(value)
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{Decimal(str(value)):f}" if abs(value) < 10**15 else str(value)
    raise Refused(lazy("This cannot be used."))


def _money_as_text(value: Any) -> str:
    """Only an amount beside its currency says what it is: a bare number could be major or minor units."""
    if isinstance(value, dict) and set(value) == {"amount", "currency"}:
        amount, currency = value["amount"], value["currency"]
        if isinstance(amount, int) and not isinstance(amount, bool) and isinstance(currency, str):
            if abs(amount) > limits.MONEY_LARGEST:
                raise Refused(lazy("Type a smaller amount."))
            if not formats.is_currency(currency):
                raise Refused(lazy("“%(code)s” is no currency.", code=currency))
            return custom_fields.as_text(Money(amount, currency))
    raise Refused(lazy("Say it as an amount in minor units with its currency, such as %(example)s.", example=_MONEY))


_MONEY = '{"amount": 3850, "currency": "GBP"}'


def _doubles(found: FoundDoubles) -> Rejected:
    doubles = [{"vendor_id": each.vendor_id, "name": each.name, "why": str(each.why)} for each in found.doubles]
    return Rejected(409, str(lazy("A vendor like this is here already.")), doubles=doubles)


def _one(call: Call, vendor: Any) -> Answer:
    if call.session.writing:
        call.session.flush()
    [whole] = vendor_pages.wholes(call.session, [vendor])
    return Answer(_shown(whole, call.readers_day), mark=vendor.version)


def _shown(whole: "WholeVendor", today: date) -> dict[str, Any]:
    vendor = whole.vendor
    found = {name: getattr(vendor, name) for name in (*_PLAIN, *_READ_ONLY) if hasattr(vendor, name)}
    return found | {
        "cadence": cadence_shown(vendor.cadence_choice, vendor.cadence_every, vendor.cadence_unit),
        "next_touch": next_touch(vendor, today),
        "tags": whole.tags,
        "category_ids": whole.category_ids,
        "standings": whole.standings,
        "custom_fields": {field.name: _plain(field, value) for field, value in whole.custom},
    }


def _plain(_field: Field, value: Value) -> Any:
    if isinstance(value, Money):
        return {"amount": value.amount, "currency": value.currency}
    if isinstance(value, Option):
        return value.name
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date) else value
