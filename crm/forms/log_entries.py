"""Asking what happened: the composer on a vendor's page, and the forms of what it writes."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from wtforms import BooleanField, RadioField, SelectChoice, ValidationError

from crm.core.dates import add_months
from crm.core.i18n import _, lazy
from crm.forms.base import LINE, TEXT, Day, Form, Line, Pick, Picks, Text, Whole, optional, required
from crm.forms.conflicts import Versioned
from crm.models import vocabulary
from crm.models.enums import (
    Dimension,
    Direction,
    InteractionKind,
    Level,
    Outcome,
    PromiseKind,
    Side,
    Visibility,
    Weight,
)

NOTE, TRUST, DELEGATION = "note", "trust", "delegation"
NEW_AREA = 0

MOVED: dict[str, tuple[Direction, Weight]] = {
    "much_less": (Direction.NEGATIVE, Weight.MAJOR),
    "less": (Direction.NEGATIVE, Weight.MINOR),
    "more": (Direction.POSITIVE, Weight.MINOR),
    "much_more": (Direction.POSITIVE, Weight.MAJOR),
}
"""What a thing did to trust, in the composer's words."""


def number_or_none(value: Any) -> int | None:
    """The id that a list sends; None for its empty line."""
    return None if value in ("", None, "None") else int(value)


def choices_of(enum: Any) -> list[SelectChoice]:
    """All of an enum, in the product's words."""
    return [SelectChoice(one.value, str(vocabulary.word(one))) for one in enum]


def level_choices() -> list[SelectChoice]:
    """The seven levels, each with its number."""
    return [SelectChoice(level.value, f"{level.value}: {vocabulary.word(level)}") for level in Level]


def _kinds() -> list[SelectChoice]:
    return [
        SelectChoice(NOTE, _("Note")),
        *choices_of(InteractionKind),
        SelectChoice(TRUST, _("Trust note")),
        SelectChoice(DELEGATION, _("Delegation note")),
    ]


class OneOf(RadioField):
    """One of some choices as radio buttons; none chosen is the business of ``required``."""

    def pre_validate(self, form: Any) -> None:
        if self.data in (None, ""):
            return
        try:
            super().pre_validate(form)
        except (ValueError, TypeError):
            raise ValidationError(_("Choose one of the list.")) from None


class LogForm(Form):
    """The composer: what kind of thing, what was said, when, and what comes next."""

    kind = OneOf(
        lazy("What kind"),
        [required(lazy("Choose what kind of thing it was."))],
        choices=_kinds,
        default=InteractionKind.CALL.value,
    )
    said = Text(lazy("What happened"), [TEXT])
    when = Pick(lazy("When"), default="today")
    on = Day(lazy("On which day"), [optional()])
    follow = Pick(lazy("Follow up"), default="")
    follow_on = Day(lazy("Follow up on"), [optional()])
    private = BooleanField(lazy("Only for me"))
    person_id = Pick(lazy("With whom"), coerce=number_or_none)
    minutes = Whole(lazy("Minutes"), [optional()])
    no_answer = BooleanField(lazy("No answer"))
    they_began = BooleanField(lazy("They got in touch"))
    about_ids = Picks(lazy("What it was about"))
    promise_kind = Pick(lazy("What comes next"), default=PromiseKind.FOLLOW_UP.value)
    promise = Line(lazy("In a few words"), [LINE])
    dimension = OneOf(lazy("What does it touch?"), default="")
    moved = OneOf(lazy("What did it do to your trust?"), default="")
    area_id = Pick(lazy("Which responsibility"), coerce=number_or_none, default=NEW_AREA)
    area_name = Line(lazy("A new responsibility"), [LINE])
    level = Pick(lazy("How far it is handed over"), coerce=number_or_none)

    def offer(self, *, people: Iterable[tuple[int, str]], areas: Iterable[tuple[int, str]]) -> None:
        """Hand in the vendor's people and what has been handed over to them; the other choices are always the same."""
        self.when.choices = [
            SelectChoice("today", _("Today")),
            SelectChoice("yesterday", _("Yesterday")),
            SelectChoice("day", _("Pick a day")),
        ]
        self.follow.choices = [
            SelectChoice("", _("as usual")),
            SelectChoice("week", _("in a week")),
            SelectChoice("2weeks", _("in 2 weeks")),
            SelectChoice("month", _("in a month")),
            SelectChoice("3months", _("in 3 months")),
            SelectChoice("day", _("on a day")),
        ]
        self.promise_kind.choices = choices_of(PromiseKind)
        self.dimension.choices = choices_of(Dimension)
        self.moved.choices = [
            SelectChoice("much_less", _("Much less")),
            SelectChoice("less", _("Less")),
            SelectChoice("more", _("More")),
            SelectChoice("much_more", _("Much more")),
        ]
        self.person_id.choices = [SelectChoice("", _("Nobody in particular")), *_picks(people)]
        looked_after = _picks(areas)
        self.about_ids.choices = looked_after
        self.area_id.choices = [*looked_after, SelectChoice(NEW_AREA, _("Something new"))]
        self.level.choices = [SelectChoice("", _("As it is")), *level_choices()]

    def day(self, today: date) -> date | None:
        """The day on which it happened; None where a day was to be picked and is not."""
        if self.when.data == "day":
            return self.on.data
        return today - timedelta(days=1) if self.when.data == "yesterday" else today

    def follow_up_on(self, today: date) -> date | None:
        """When to follow up; None for nothing beyond the usual rhythm."""
        days = {"week": 7, "2weeks": 14}
        months = {"month": 1, "3months": 3}
        choice = self.follow.data
        if choice in days:
            return today + timedelta(days=days[choice])
        if choice in months:
            return add_months(today, months[choice])
        return self.follow_on.data


def _picks(rows: Iterable[tuple[int | str, str]]) -> list[SelectChoice]:
    return [SelectChoice(row_id, words) for row_id, words in rows]


class InteractionForm(Versioned):
    """Changing an interaction."""

    together = (("kind", "outcome", "initiated_by"),)

    kind = Pick(lazy("What kind"), choices=lambda: choices_of(InteractionKind))
    outcome = OneOf(lazy("How it went"), [required(lazy("Choose how it went."))], choices=lambda: choices_of(Outcome))
    initiated_by = OneOf(
        lazy("Who got in touch"), [required(lazy("Choose who got in touch."))], choices=lambda: choices_of(Side)
    )
    occurred_on = Day(lazy("When"), [required(lazy("Pick today or a day before."))])
    person_id = Pick(lazy("With whom"), coerce=number_or_none)
    minutes = Whole(lazy("Minutes"), [optional()])
    area_ids = Picks(lazy("What it was about"))
    summary = Text(lazy("What was said"), [TEXT])

    def offer(self, people: Iterable[tuple[int, str]], areas: Iterable[tuple[int, str]]) -> None:
        """Hand in the vendor's people and what they look after."""
        self.area_ids.choices = _picks(areas)
        self.person_id.choices = [SelectChoice("", _("Nobody in particular")), *_picks(people)]


class NoteForm(Versioned):
    """Writing or changing a note."""

    together = (("body", "visibility"),)  # nobody widens who may read words that they have not seen

    body = Text(lazy("Note"), [required(lazy("Type what there is to note.")), TEXT])
    visibility = OneOf(lazy("Who may read it"), choices=lambda: choices_of(Visibility), default=Visibility.TEAM.value)


class PromiseForm(Versioned):
    """A follow-up, or what one side promised."""

    kind = OneOf(lazy("What it is"), choices=lambda: choices_of(PromiseKind), default=PromiseKind.FOLLOW_UP.value)
    what = Line(lazy("In a few words"), [LINE])
    due_on = Day(lazy("By when"), [required(lazy("Pick a day."))])


class TrustForm(Form):
    """A trust note with all that it can say."""

    occurred_on = Day(lazy("When"), [required(lazy("Pick today or a day before."))])
    what_happened = Text(
        lazy("What happened"),
        [required(lazy("Say what happened.")), TEXT],
        description=lazy("What one could see, not what one felt."),
    )
    dimension = OneOf(
        lazy("What does it touch?"), [required(lazy("Choose what it touches."))], choices=lambda: choices_of(Dimension)
    )
    direction = OneOf(
        lazy("Which way did it move your trust?"),
        [required(lazy("Choose up or down."))],
        choices=lambda: choices_of(Direction),
    )
    weight = OneOf(lazy("How much does it weigh?"), choices=lambda: choices_of(Weight), default=Weight.MINOR.value)
    person_id = Pick(lazy("Who at the vendor"), coerce=number_or_none)
    evidence = Line(lazy("What shows it"), description=lazy("A link, or where to find it."))
    record = Pick(lazy("Something in the log that shows it"))
    attachment_id = Pick(lazy("A file that shows it"), coerce=number_or_none)
    expected_on = Day(lazy("Promised for"), [optional()])
    actual_on = Day(lazy("Came on"), [optional()])
    observer_id = Pick(lazy("Who saw it"), coerce=number_or_none)
    vendor_told = BooleanField(lazy("We told them"))
    our_response = Text(lazy("What we did then"), [TEXT])
    visibility = OneOf(lazy("Who may read it"), choices=lambda: choices_of(Visibility), default=Visibility.TEAM.value)
    repairs_id = Pick(lazy("It mends"), coerce=number_or_none)

    def offer(
        self,
        *,
        people: Iterable[tuple[int, str]],
        files: Iterable[tuple[int, str]],
        team: Iterable[tuple[int, str]],
        mendable: Iterable[tuple[int, str]],
        records: Iterable[tuple[str, str]],
    ) -> None:
        """Hand in the vendor's people, files and records, the team, and what a repair can point at."""
        nobody = SelectChoice("", _("Nobody in particular"))
        self.person_id.choices = [nobody, *_picks(people)]
        self.attachment_id.choices = [SelectChoice("", _("None")), *_picks(files)]
        self.observer_id.choices = [nobody, *_picks(team)]
        self.repairs_id.choices = [SelectChoice("", _("Nothing from before")), *_picks(mendable)]
        self.record.choices = [SelectChoice("", _("None")), *_picks(records)]
