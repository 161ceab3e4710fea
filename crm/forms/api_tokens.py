"""Asking for a program's token."""

from wtforms import SelectChoice

from crm.core.i18n import lazy, ngettext
from crm.domain.api_tokens import DAYS_CHOICES, USUAL_DAYS
from crm.forms.base import NAME, Form, Line, Pick, required
from crm.models.enums import TokenScope
from crm.models.vocabulary import word


def _days() -> list[SelectChoice]:
    return [SelectChoice(str(days), str(ngettext("%(num)s day", "%(num)s days", days))) for days in DAYS_CHOICES]


class TokenForm(Form):
    """What a token is for, what it may do, and how long it works."""

    name = Line(lazy("What it is for"), [required(lazy("Say what the token is for.")), NAME])
    scope = Pick(
        lazy("What it may do"),
        coerce=TokenScope,
        choices=lambda: [SelectChoice(scope.value, word(scope)) for scope in TokenScope],
        default=TokenScope.READ,
    )
    days = Pick(lazy("How long it works"), coerce=int, choices=_days, default=USUAL_DAYS)
