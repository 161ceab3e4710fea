"""Asking how long the audit log is kept."""

from crm.core.i18n import lazy
from crm.domain.audit import LEAST_DAYS, MOST_DAYS
from crm.forms.base import Form, Whole, between, required


class KeepingForm(Form):
    """How long its lines are kept."""

    days = Whole(
        lazy("Keep each line for so many days"),
        [required(lazy("Type a number of days.")), between(LEAST_DAYS, MOST_DAYS)],
    )
