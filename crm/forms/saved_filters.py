"""Asking under which name to keep a filter of the list."""

from wtforms import BooleanField, HiddenField

from crm.core.i18n import lazy
from crm.forms.base import NAME, Form, Line, Whole, required


class SavedFilterForm(Form):
    """A name, and for whom it is."""

    name = Line(lazy("Name"), [required(lazy("Type a name for the filter.")), NAME])
    is_shared = BooleanField(lazy("Share it with the team"))
    opens = BooleanField(lazy("Open the list with it"))
    address = HiddenField()


class SavedFilterEditForm(SavedFilterForm):
    """The same for one that is kept."""

    version = Whole(lazy("Version"), [required(lazy("Open this page again"))])
