"""Asking by when a small task is to be done."""

from crm.core.i18n import lazy
from crm.forms.base import Day, Form, required


class SmallTaskForm(Form):
    """The day that both agreed on."""

    due_on = Day(lazy("Agreed for"), [required(lazy("Pick the day it is due."))])
