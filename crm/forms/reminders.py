"""Putting something off: a choice of lengths, or a day."""

from datetime import date

from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.domain.next_touch import SnoozeChoice


def until(typed: str) -> SnoozeChoice | date:
    """A length of the list, or the day that was picked. Raises :class:`Refused` for anything else."""
    if typed in list(SnoozeChoice):
        return SnoozeChoice(typed)
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        raise Refused(lazy("Pick a day from tomorrow on."), field="until") from None
