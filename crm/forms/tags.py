"""Asking about tags."""

from collections.abc import Iterable

from crm.core.i18n import lazy
from crm.forms.base import NAME, Form, Line, Pick, required
from crm.forms.vendors import chosen


class TagForm(Form):
    """A tag's name."""

    name = Line(lazy("Name"), [required(lazy("Type the tag’s name")), NAME])


class MergeForm(Form):
    """Which tag takes over."""

    into = Pick(lazy("Merge into"))

    def offer(self, tags: Iterable[tuple[int, str]]) -> None:
        """Hand in the other tags."""
        self.into.choices = chosen(tags, lazy("Choose a tag"))
