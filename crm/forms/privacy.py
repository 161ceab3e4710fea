"""Asking how long people outside are kept, and what else is taken out when somebody is erased."""

from wtforms import BooleanField

from crm.core.i18n import lazy
from crm.domain.retention import MOST_MONTHS
from crm.forms.base import Form, Text, Whole, at_most, between, required

WORDS_LENGTH = 500


class RetentionForm(Form):
    """After how many months somebody is proposed."""

    months = Whole(
        lazy("Propose whoever nobody has had to do with for so many months"),
        [required(lazy("Type a number of months, or 0 for never.")), between(0, MOST_MONTHS)],
    )


class ErasureForm(Form):
    """What else tells who they were, and that it is meant."""

    also = Text(lazy("Other words that tell who they are, one a line"), [at_most(WORDS_LENGTH)])
    sure = BooleanField(
        lazy("Erase them for good. Nobody can bring this back."), [required(lazy("Tick this if you mean it."))]
    )

    def words(self) -> list[str]:
        """The further words, line by line."""
        return [line.strip() for line in (self.also.data or "").splitlines() if line.strip()]
