"""Asking about a vendor. Rules stand in the domain; here they are said beside their box."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import Enum
from typing import Any, TypeVar, cast

from wtforms import BooleanField, SelectChoice, ValidationError
from wtforms.validators import Length

from crm.core import formats, limits
from crm.core.dates import CadenceUnit
from crm.core.errors import Refused
from crm.core.i18n import LazyText, lazy
from crm.domain import amounts, people, tags, vendors
from crm.domain.vendors import VendorFields
from crm.forms import custom_fields
from crm.forms.base import Address, Day, Email, Line, Mark, Pick, Picks, Whole, at_most, optional, required
from crm.forms.conflicts import Versioned
from crm.forms.places import ZonePick, currency_choices
from crm.models.enums import Availability, CadenceChoice, RatePeriod, Stage, Tier, VendorKind
from crm.models.vocabulary import word
from crm.queries.categories import Tree
from crm.queries.custom_fields import Field as CustomField
from crm.queries.custom_fields import Value

_NAME, _LINE = at_most(limits.NAME_LENGTH), at_most(limits.LINE_LENGTH)
_UNITS = {
    CadenceUnit.DAYS: lazy("days"),
    CadenceUnit.WEEKS: lazy("weeks"),
    CadenceUnit.MONTHS: lazy("months"),
}
_CADENCES = {
    CadenceChoice.DEFAULT: lazy("As usual for their stage and tier"),
    CadenceChoice.OWN: lazy("A rhythm of their own"),
    CadenceChoice.NONE: lazy("No check-ins"),
}


def by_its_rule(_form: Any, field: Any) -> None:
    """The domain's rule for the field of this name; what it keeps stands in the box from then on."""
    rule = vendors.rule_of(field.name)
    if rule is None or field.data is None:
        return
    try:
        field.data = rule(field.data)
    except Refused as refused:
        raise ValidationError(str(refused.words)) from None


def chosen(choices: Iterable[tuple[Any, Any]], nothing: LazyText | str | None = None) -> list[SelectChoice]:
    """Choices for a list: values as text, and an empty one first where nothing may be chosen."""
    first = [] if nothing is None else [SelectChoice("", str(nothing))]
    return [*first, *(SelectChoice(str(value), str(words)) for value, words in choices)]


def words_of(choices: Iterable[Enum], nothing: LazyText | str | None = None) -> list[SelectChoice]:
    """The choices of an enum in the reader's words."""
    return chosen(((choice.value, word(choice)) for choice in choices), nothing)


_HOURS = lazy(
    "Such as “Mon to Thu, 9 to 3”, by their own clock. With their time zone it says how many hours you share."
)


class VendorForm(Versioned):
    """Everything that can be said about a vendor."""

    together = (
        ("currency", "rate_amount", "rate_period", "minimum_amount", "minimum_period"),
        ("availability", "availability_as_of", "availability_until"),
        ("leave_from", "leave_to"),
        ("owner_id", "backup_id"),
        ("cadence_choice", "cadence_every", "cadence_unit"),
    )

    name = Line(lazy("Name"), [required(lazy("Type the vendor’s name")), _NAME, by_its_rule])
    what_they_do = Line(
        lazy("What they do"),
        [_LINE],
        description=lazy("The narrower the better: “product films” rather than “video”."),
    )
    kind = Pick(lazy("Kind"))
    category_ids = Picks(lazy("Niches"))
    tags = Line(
        lazy("Tags"), [Length(max=limits.TEXT_LENGTH)], description=lazy("Words of your own, with commas between them.")
    )

    website = Address(lazy("Website"), [at_most(limits.URL_LENGTH), by_its_rule])
    location = Line(lazy("Location"), [_LINE])
    time_zone = ZonePick(lazy("Time zone"), [by_its_rule], nothing=lazy("Not known"))
    working_hours = Line(lazy("Working hours"), [_LINE], description=_HOURS)
    languages = Line(lazy("Languages"), [_LINE])

    currency = Pick(lazy("Currency"))
    rate_amount = Line(lazy("Rate"), [_NAME])
    rate_period = Pick(lazy("For"))
    minimum_amount = Line(lazy("Smallest job they take"), [_NAME])
    minimum_period = Pick(lazy("For"))

    availability = Mark(lazy("Have they time for you?"), default=Availability.UNKNOWN.value)
    availability_as_of = Day(lazy("As of"), [by_its_rule], description=lazy("Today, where you leave it empty."))
    availability_until = Day(lazy("Until"), [by_its_rule], description=lazy("The day it may change, if you know it."))
    leave_from = Day(lazy("On leave from"), [by_its_rule])
    leave_to = Day(lazy("to"), [by_its_rule])

    source = Line(
        lazy("How you found them"), [_LINE], description=lazy("Such as a fair, a search, an article of theirs.")
    )
    referred_by = Line(lazy("Recommended by"), [_NAME], description=lazy("A person, or the name of another vendor."))

    owner_id = Pick(lazy("Looked after by"))
    backup_id = Pick(lazy("Stands in"), description=lazy("Hears of it when a check-in is a week late."))
    tier = Pick(lazy("Tier"), description=lazy("How much they matter to you: A most."))
    cadence_choice = Mark(lazy("Stay in touch"), default=CadenceChoice.DEFAULT.value)
    cadence_every = Whole(lazy("Every"), [optional()])
    cadence_unit = Pick(lazy("Days, weeks or months"))
    do_not_contact = BooleanField(lazy("Do not contact them"))

    custom_fields: Sequence[CustomField] = ()
    """The business's own fields, each of which has a box: :func:`asking_too`."""

    def __init__(self, *args: Any, today: date, currency: str, **options: Any) -> None:
        self.today, self.usual_currency = today, currency
        self.tree = Tree()
        self.answers: dict[int, Value | None] = {}
        """What stands in the business's own fields, once it was validated."""
        self.amounts: dict[str, int | None] = {}
        super().__init__(*args, **options)
        self.kind.choices = words_of(VendorKind, lazy("Not said"))
        self.currency.choices = list(currency_choices())
        self.rate_period.choices = words_of(RatePeriod, lazy("for …"))
        self.minimum_period.choices = words_of(RatePeriod, lazy("for …"))
        self.availability.choices = words_of(Availability)
        self.tier.choices = words_of(Tier, lazy("None"))
        self.cadence_choice.choices = chosen(_CADENCES.items())
        self.cadence_unit.choices = chosen(_UNITS.items())
        self.currency.data = self.currency.data or currency
        self.cadence_unit.data = self.cadence_unit.data or CadenceUnit.WEEKS.value

    def offer(self, *, members: Sequence[tuple[int, str]], tree: Tree) -> None:
        """Hand in what this business offers to choose from."""
        self.tree = tree
        self.owner_id.choices = chosen(members, lazy("Nobody yet"))
        self.backup_id.choices = chosen(members, lazy("Nobody"))
        self.category_ids.choices = chosen((node.id, node.words) for node in tree)

    def validate(self, extra_validators: Any = None) -> bool:
        """Each box by itself, then what must go together."""
        is_valid = bool(super().validate(extra_validators))
        for name in ("rate_amount", "minimum_amount"):
            is_valid = self._read_amount(name) and is_valid
        if not is_valid:
            return False
        for clash in vendors.clashes(self.values(), self.today):
            self[clash.field].errors = [str(clash.words)]
            is_valid = False
        return is_valid

    @property
    def custom_boxes(self) -> list[Any]:
        """The boxes of the business's own fields, in order."""
        return [self[custom_fields.box_of(field.id)] for field in self.custom_fields]

    def validate_tags(self, field: Any) -> None:
        """Not too many, none too long."""
        try:
            tags.names(field.data or "")
        except Refused as refused:
            raise ValidationError(str(refused.words)) from None

    def values(self) -> VendorFields:  # type: ignore[override]
        """What was said, as the domain takes it."""
        typed = self.typed_values()
        has_amount = any(amount is not None for amount in self.amounts.values())
        said = {
            **{name: value or "" for name, value in typed.items() if name in _TEXTS},
            **{name: typed[name] for name in _DAYS},
            "kind": _one_of(VendorKind, typed["kind"]),
            "category_ids": [int(value) for value in typed["category_ids"] or ()],
            "tags": tags.names(typed["tags"] or ""),
            "currency": (typed["currency"] or "") if has_amount else "",
            "rate_amount": self.amounts.get("rate_amount"),
            "rate_period": _one_of(RatePeriod, typed["rate_period"]),
            "minimum_amount": self.amounts.get("minimum_amount"),
            "minimum_period": _one_of(RatePeriod, typed["minimum_period"]),
            "availability": Availability(typed["availability"]),
            "owner_id": _number(typed["owner_id"]),
            "backup_id": _number(typed["backup_id"]),
            "tier": _one_of(Tier, typed["tier"]),
            "do_not_contact": bool(typed["do_not_contact"]),
            "cadence_choice": CadenceChoice(typed["cadence_choice"]),
            "cadence_every": typed["cadence_every"],
            "cadence_unit": typed["cadence_unit"],
            "custom": dict(self.answers),
        }
        return cast("VendorFields", said)

    def _read_amount(self, name: str) -> bool:
        """Turn what was typed into minor units of the chosen currency."""
        typed = self[name].data or ""
        self.amounts[name] = None
        if not typed:
            return True
        amount = formats.parse_money(typed, self.currency.data or self.usual_currency)
        try:
            if amount is None:
                raise Refused(lazy("Type an amount in figures, such as 38 or 1,200.50."))
            self.amounts[name] = amounts.amount_of(amount)
        except Refused as refused:
            self[name].errors = [*self[name].errors, str(refused.words)]
            return False
        return True


F = TypeVar("F", bound=VendorForm)
_TEXTS = frozenset("name what_they_do website location time_zone working_hours languages source referred_by".split())
_DAYS = ("availability_as_of", "availability_until", "leave_from", "leave_to")


class NewVendorForm(VendorForm):
    """A vendor that is not here yet: a name is enough."""

    person = Line(lazy("Person"), [_NAME])
    email = Email(lazy("E-mail"), [at_most(limits.EMAIL_LENGTH)])
    stage = Mark(lazy("Where you stand"), default=Stage.PROSPECT.value)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.stage.choices = words_of((Stage.PROSPECT, Stage.TRIAL, Stage.ACTIVE, Stage.PARKED))

    def validate_email(self, field: Any) -> None:
        """An address, if anything."""
        try:
            people.email_addresses([field.data or ""])
        except Refused as refused:
            raise ValidationError(str(refused.words)) from None


def asking_too(form: type[F], fields: Sequence[CustomField], *, currency: str) -> type[F]:
    """The form with a box for each of the business's own fields. ``currency`` is what an amount without one is in."""
    boxes = custom_fields.boxes(fields, currency=currency)
    return cast("type[F]", type(form.__name__, (form,), {**boxes, "custom_fields": fields}))


def texts_of(
    vendor: Any,
    *,
    category_ids: Sequence[int],
    tag_names: Sequence[str],
    recommender: str,
    custom: Mapping[int, Value],
) -> dict[str, Any]:
    """What the boxes say about a vendor as it is kept; ``recommender`` is the vendor that recommended it, by name, and
    ``custom`` what stands in the business's own fields."""
    plain = (*_TEXTS, *_DAYS, "do_not_contact", "cadence_every", "cadence_unit", "currency")
    picks = "kind rate_period minimum_period availability tier cadence_choice".split()
    amounts = {
        name: "" if value is None else formats.plain_money(value, vendor.currency)
        for name, value in (("rate_amount", vendor.rate_amount), ("minimum_amount", vendor.minimum_amount))
    }
    return {
        **{name: getattr(vendor, name) for name in plain},
        **{name: choice.value if (choice := getattr(vendor, name)) else None for name in picks},
        **amounts,
        "owner_id": None if vendor.owner_id is None else str(vendor.owner_id),
        "backup_id": None if vendor.backup_id is None else str(vendor.backup_id),
        "category_ids": [str(category_id) for category_id in category_ids],
        "tags": ", ".join(tag_names),
        "referred_by": recommender or vendor.referred_by,
        **custom_fields.texts_of(custom),
    }


def _one_of(choices: Any, value: str | None) -> Any:
    return choices(value) if value else None


def _number(value: str | None) -> int | None:
    return int(value) if value else None
