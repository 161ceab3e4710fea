"""Asking about a brief: what it says, line by line, to whom it goes, and how it gets there."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from wtforms import BooleanField, HiddenField, SelectChoice, StringField, ValidationError

from crm.core import formats, limits
from crm.core.i18n import _, lazy
from crm.domain.trial_briefs import COUNTS, HOURS_LARGEST, ROUNDS_LARGEST, BriefTerms, Condition, Criterion
from crm.forms.base import (
    LINE,
    NAME,
    TEXT,
    Day,
    Form,
    Line,
    Mark,
    Pick,
    Text,
    Ticks,
    Whole,
    at_most,
    between,
    optional,
    required,
)
from crm.forms.conflicts import Versioned
from crm.forms.log_entries import number_or_none
from crm.forms.places import currency_choices

EMPTY_ROWS = 3
"""So many lines wait to be filled in, of each kind."""
MUST, SHOULD = "must", "should"
PAID, UNPAID = "paid", "unpaid"
_ROW = re.compile(r"(condition|criterion)_(\d{1,10}|new\d{1,3})")


class BriefForm(Versioned):
    """A brief; :func:`brief_form` adds its lines."""

    title = Line(lazy("What it is, in a few words"), [required(lazy("Say what the trial task is.")), LINE])
    need_id = Pick(lazy("For a need"), coerce=number_or_none)
    category_id = Pick(lazy("What kind of work"), coerce=number_or_none)
    skill = Line(lazy("What it is to prove"), [LINE])
    body = Text(lazy("The brief, as they read it"), [required(lazy("Write what you ask for.")), TEXT])
    deliverable = Text(lazy("What they hand over"), [TEXT])
    given = Text(lazy("What they get from us"), [TEXT])
    is_paid = Mark(lazy("Is it paid?"))
    paid = StringField(lazy("What we pay"), [at_most(30)])
    paid_currency = Pick(lazy("Currency"))
    unpaid_why = Line(lazy("Why it is unpaid"), [LINE])
    hours = Whole(lazy("Hours it may take"), [optional(), between(1, HOURS_LARGEST)])
    revision_rounds = Whole(lazy("Rounds of changes"), [optional(), between(0, ROUNDS_LARGEST)])
    reviewer_ids = Ticks(lazy("Who scores what comes back"), coerce=int)

    condition_keys: Sequence[str] = ()
    criterion_keys: Sequence[str] = ()

    def offer(
        self,
        *,
        needs: Iterable[tuple[int, str]],
        categories: Iterable[tuple[int, str]],
        reviewers: Iterable[tuple[int, str]],
        currency: str,
    ) -> None:
        """Hand in the open needs, the tree, who may score, and the business's currency."""
        self.need_id.choices = [SelectChoice("", _("None in particular")), *(SelectChoice(*each) for each in needs)]
        self.category_id.choices = [SelectChoice("", _("Not said")), *(SelectChoice(*each) for each in categories)]
        self.reviewer_ids.choices = [SelectChoice(*each) for each in reviewers]
        self.is_paid.choices = [SelectChoice(PAID, _("Paid")), SelectChoice(UNPAID, _("Unpaid"))]
        self.paid_currency.choices = list(currency_choices())
        if not self.paid_currency.data:
            self.paid_currency.data = currency
        if not self.is_paid.data:
            self.is_paid.data = PAID

    def validate_paid(self, field: StringField) -> None:
        """An amount in the chosen currency; it may be left open."""
        if self.is_paid.data == PAID and (field.data or "").strip() and not self._amount():
            raise ValidationError(str(lazy("Type an amount, such as 120, or choose Unpaid.")))

    def validate_unpaid_why(self, field: Line) -> None:
        """Who is not paid is told so for a reason."""
        if self.is_paid.data == UNPAID and not field.data:
            raise ValidationError(str(lazy("Say why it is unpaid. Good people are paid for their time.")))

    @property
    def condition_rows(self) -> list[tuple[Any, Any]]:
        """The boxes of each acceptance criterion: what, and whether it is a must."""
        return [(self[f"condition_{key}"], self[f"condition_{key}_kind"]) for key in self.condition_keys]

    @property
    def criterion_rows(self) -> list[tuple[Any, Any, Any]]:
        """The boxes of each thing to score: its name, how often it counts, whether it tells about fit."""
        return [
            (self[f"criterion_{key}"], self[f"criterion_{key}_counts"], self[f"criterion_{key}_fit"])
            for key in self.criterion_keys
        ]

    @property
    def terms(self) -> BriefTerms:
        """What was typed. Lines without words are left out."""
        return BriefTerms(
            title=self.title.data or "",
            body=self.body.data or "",
            need_id=self.need_id.data,
            category_id=self.category_id.data,
            skill=self.skill.data or "",
            deliverable=self.deliverable.data or "",
            given=self.given.data or "",
            paid_amount=0 if self.is_paid.data == UNPAID else self._amount(),
            paid_currency=self.paid_currency.data or "",
            unpaid_why=self.unpaid_why.data or "",
            hours=self.hours.data,
            revision_rounds=self.revision_rounds.data,
            conditions=tuple(
                Condition(what.data, kind.data != SHOULD, _row_id(key))
                for key, (what, kind) in zip(self.condition_keys, self.condition_rows, strict=True)
                if what.data
            ),
            criteria=tuple(
                Criterion(name.data, int(counts.data or 1), bool(fit.data), _row_id(key))
                for key, (name, counts, fit) in zip(self.criterion_keys, self.criterion_rows, strict=True)
                if name.data
            ),
            reviewer_ids=tuple(self.reviewer_ids.data or ()),
        )

    def _amount(self) -> int | None:
        typed, currency = (self.paid.data or "").strip(), self.paid_currency.data or ""
        if not typed or not formats.is_currency(currency):
            return None
        amount = formats.parse_money(typed, currency)
        return amount if amount is not None and 0 < amount <= limits.MONEY_LARGEST else None

    def _base(self) -> dict[str, Any]:
        # A line that a colleague added meanwhile was not on the page that was sent: nobody has emptied it.
        base, said = super()._base(), self.boxes()
        for kind, keys in (("condition", self.condition_keys), ("criterion", self.criterion_keys)):
            for name in (f"{kind}_{key}" for key in keys):
                if not self[name].raw_data:
                    base.update({box: said[box] for box in said if box == name or box.startswith(f"{name}_")})
        return base


F = TypeVar("F", bound=BriefForm)


class GivingBoxes(Form):
    """To whom a brief goes, and until when."""

    vendor_ids = Ticks(lazy("Who gets it"), coerce=int)
    other_id = Pick(lazy("Somebody else"), coerce=number_or_none)
    due_on = Day(lazy("Due on"), [optional()])

    def offer_vendors(self, near: Iterable[tuple[int, str]], others: Iterable[tuple[int, str]]) -> None:
        """Hand in those who suggest themselves, and everybody else."""
        self.vendor_ids.choices = [SelectChoice(*each) for each in near]
        self.other_id.choices = [SelectChoice("", _("Nobody else")), *(SelectChoice(*each) for each in others)]

    @property
    def chosen_ids(self) -> list[int]:
        """Everybody who was chosen."""
        other = [self.other_id.data] if self.other_id.data is not None else []
        return [*(self.vendor_ids.data or ()), *other]


class NewBriefForm(BriefForm, GivingBoxes):
    """A brief that is written, and may go to vendors at once."""


def brief_form(base: type[F], conditions: Sequence[str], criteria: Sequence[str]) -> type[F]:
    """The form with a line for each of these keys: the id of a line that is kept, or ``new1`` and so on."""
    boxes: dict[str, Any] = {"condition_keys": tuple(conditions), "criterion_keys": tuple(criteria)}
    for number, key in enumerate(conditions, start=1):
        boxes[f"condition_{key}"] = Line(lazy("Acceptance criterion %(number)s", number=number), [LINE])
        boxes[f"condition_{key}_kind"] = Pick(
            lazy("Acceptance criterion %(number)s: how firm", number=number), choices=_kinds, default=MUST
        )
    for number, key in enumerate(criteria, start=1):
        boxes[f"criterion_{key}"] = Line(lazy("What is scored %(number)s", number=number), [NAME])
        boxes[f"criterion_{key}_counts"] = Pick(
            lazy("What is scored %(number)s: how much it counts", number=number), choices=_counts, default="1"
        )
        boxes[f"criterion_{key}_fit"] = BooleanField(lazy("Tells about fit"))
    return type(base.__name__, (base,), boxes)


def keys_typed(names: Iterable[str], kind: str) -> list[str]:
    """The keys of the lines of this kind that a form was sent with, kept ones first."""
    found = {match[2] for name in names if (match := _ROW.fullmatch(name)) and match[1] == kind}
    return sorted(found, key=lambda key: (key.startswith("new"), int(key.removeprefix("new"))))


def with_empty(keys: Sequence[str], count: int = EMPTY_ROWS) -> list[str]:
    """The keys and so many more, for lines that are still empty."""
    last = max((int(key.removeprefix("new")) for key in keys if key.startswith("new")), default=0)
    return [*keys, *(f"new{last + number}" for number in range(1, count + 1) if last + number < 1_000)]


def data_of(terms: BriefTerms, *, keeps_ids: bool) -> tuple[dict[str, Any], list[str], list[str]]:
    """What stands in the boxes for a brief, and the keys of its lines. Without their ids the lines are new ones."""
    is_unpaid = terms.paid_amount == 0
    data: dict[str, Any] = {
        **{name: getattr(terms, name) for name in _PLAIN},
        "reviewer_ids": list(terms.reviewer_ids),
        "is_paid": UNPAID if is_unpaid else PAID,
        "paid": formats.plain_money(terms.paid_amount, terms.paid_currency) if terms.paid_amount else "",
        "paid_currency": terms.paid_currency,
    }
    keys: dict[str, list[str]] = {"condition": [], "criterion": []}
    for number, condition in enumerate(terms.conditions, start=1):
        name = _name("condition", condition.id if keeps_ids else None, number, keys)
        data[name], data[f"{name}_kind"] = condition.what, MUST if condition.is_must else SHOULD
    for number, criterion in enumerate(terms.criteria, start=1):
        name = _name("criterion", criterion.id if keeps_ids else None, number, keys)
        data[name], data[f"{name}_counts"], data[f"{name}_fit"] = (
            criterion.name,
            str(criterion.counts),
            criterion.is_fit,
        )
    return data, keys["condition"], keys["criterion"]


class GivingForm(GivingBoxes):
    """Giving a brief that is there to more vendors."""


class SendingForm(Form):
    """The letter that takes a brief to its vendor."""

    to = Pick(lazy("To"), [required(lazy("Choose whom it goes to"))])
    subject = Line(lazy("Subject"), [required(lazy("Type a subject")), at_most(limits.SUBJECT_LENGTH)])
    body = Text(lazy("Letter"), [required(lazy("Type what you want to say")), at_most(limits.LETTER_LENGTH)])
    postal_address = Text(lazy("Your business’s postal address"), [at_most(limits.POSTAL_LENGTH)])
    keeps_copy = BooleanField(lazy("Keep a copy in the timeline"), default=True)
    drafted = HiddenField()
    """The reader for whom the text was offered, so that only what nobody has changed is replaced."""
    press = HiddenField()

    def offer(self, recipients: Iterable[tuple[str, str]]) -> None:
        """Hand in whom it can go to."""
        self.to.choices = [SelectChoice(*each) for each in recipients]


_PLAIN = (
    *("title", "body", "need_id", "category_id", "skill", "deliverable", "given"),
    *("unpaid_why", "hours", "revision_rounds"),
)


def _name(kind: str, row_id: int | None, number: int, keys: dict[str, list[str]]) -> str:
    keys[kind].append(str(row_id) if row_id is not None else f"new{number}")
    return f"{kind}_{keys[kind][-1]}"


def _row_id(key: str) -> int | None:
    return int(key) if key.isdigit() else None


def _kinds() -> list[SelectChoice]:
    return [SelectChoice(MUST, _("Must")), SelectChoice(SHOULD, _("Should"))]


def _counts() -> list[SelectChoice]:
    words = {3: _("Counts 3 times"), 2: _("Counts twice"), 1: _("Counts once")}
    return [SelectChoice(str(number), words[number]) for number in COUNTS]
