"""Somebody saves what a colleague has saved meanwhile: together where both go together."""

from collections.abc import Callable, Sequence

from crm.core.i18n import _
from crm.forms.conflicts import Difference, Versioned
from crm.web.gate import carries_out


def saves_together(form: Versioned, differences: Sequence[Difference], act: Callable[[], object]) -> bool:
    """Save the form that has met the colleague's version, unless a person has to choose between the two.

    What does not hold together by the rules is not saved either: the page of both versions shows it.
    """
    return form.knows_its_base and not any(each.collides for each in differences) and carries_out(form, act)


def together(differences: Sequence[Difference]) -> str:
    """What the page says that follows: what of the colleague's stayed."""
    if not differences:
        return _("Saved.")
    what = ", ".join(each.question for each in differences)
    return _("Saved, together with what a colleague changed meanwhile: %(what)s.", what=what)
