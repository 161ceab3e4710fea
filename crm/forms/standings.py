"""Asking how a vendor stands with us."""

from collections.abc import Sequence
from datetime import date

from wtforms.widgets import HiddenInput

from crm.core import limits
from crm.core.i18n import LazyText, lazy
from crm.forms.base import Day, Form, Line, Mark, Pick, Whole, at_most, required
from crm.forms.vendors import chosen, words_of
from crm.models.enums import StandingLevel

WHAT_LEVELS_MEAN: dict[StandingLevel, LazyText] = {
    StandingLevel.PREFERRED: lazy("Whom we ask first."),
    StandingLevel.APPROVED: lazy("Good to work with."),
    StandingLevel.CONDITIONAL: lazy("Yes, on conditions."),
    StandingLevel.SUSPENDED: lazy("Not for now: no new work, no referrals."),
}


class StandingForm(Form):
    """How a vendor stands for a kind of work, and until when that holds."""

    category_id = Pick(lazy("For"))
    level = Mark(lazy("Standing"), default=StandingLevel.APPROVED.value)
    reason = Line(
        lazy("Why, or on which conditions"),
        [at_most(limits.LINE_LENGTH)],
        description=lazy("Facts, not character. A suspension needs a reason."),
    )
    valid_until = Day(
        lazy("Holds until"),
        [required(lazy("Pick the last day on which it holds."))],
        description=lazy("Then you’re reminded to look at it again. It changes nothing by itself."),
    )
    seen = Whole(widget=HiddenInput())
    """The standing that is changed, as it was seen."""

    def offer(self, categories: Sequence[tuple[int, str]]) -> None:
        """Hand in the vendor's categories."""
        self.category_id.choices = chosen(categories, lazy("Everything they do"))
        self.level.choices = words_of(StandingLevel)

    def said(self) -> tuple[StandingLevel, int | None, date | None, str]:
        """The level, the category's id, the last day and the reason."""
        category_id = int(self.category_id.data) if self.category_id.data else None
        return StandingLevel(self.level.data), category_id, self.valid_until.data, self.reason.data or ""
