"""Asking what we accept about a vendor."""

from crm.core.i18n import lazy
from crm.forms.base import LINE, Line, required
from crm.forms.conflicts import Versioned


class FlawForm(Versioned):
    """A trade-off, and what we do about it."""

    flaw = Line(
        lazy("What we accept"), [required(lazy("Type what you accept")), LINE], description=lazy("Slow, but thorough.")
    )
    workaround = Line(lazy("What we do about it"), [LINE], description=lazy("Give two weeks’ notice."))
