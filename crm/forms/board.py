"""Asking for a vendor in one line."""

from wtforms import BooleanField, SelectChoice

from crm.core.i18n import lazy
from crm.forms.base import LINE, NAME, Form, Line, Pick, required
from crm.models import vocabulary
from crm.models.enums import BOARD_STAGES


def _columns() -> list[SelectChoice]:
    return [SelectChoice(stage.value, vocabulary.word(stage)) for stage in BOARD_STAGES]


class AddForm(Form):
    """A vendor: a name is enough."""

    name = Line(lazy("Vendor’s name"), [required(lazy("Type the vendor’s name")), NAME])
    what_they_do = Line(lazy("What they do"), [LINE])
    stage = Pick(lazy("Column"), choices=_columns)
    despite_doubles = BooleanField(lazy("Add as a second vendor"))
