"""Asking for a file or a link of a vendor."""

from typing import Any

from flask_wtf.file import FileField, FileRequired

from crm.core import limits
from crm.core.i18n import lazy
from crm.forms.base import NAME, Address, Form, Line, Pick, at_most, required
from crm.forms.conflicts import Versioned
from crm.forms.vendors import by_its_rule, words_of
from crm.models.enums import AttachmentKind


class FileForm(Form):
    """A file to keep."""

    file = FileField(lazy("File"), [FileRequired(lazy("Choose a file"))])
    kind = Pick(lazy("What it is"), default=AttachmentKind.OTHER.value)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.kind.choices = words_of(AttachmentKind)


class LinkForm(Versioned):
    """An address on the web."""

    url = Address(
        lazy("Address"),
        [required(lazy("Type a web address, like https://wren.example")), at_most(limits.URL_LENGTH), by_its_rule],
    )
    title = Line(lazy("Title"), [NAME])
    kind = Pick(lazy("What it is"), default=AttachmentKind.OTHER.value)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.kind.choices = words_of(AttachmentKind)
        self.kind.id = self.kind.label.field_id = "link-kind"  # stands on one page with the form of a file

    def values(self) -> dict[str, Any]:
        """What was said, as the domain takes it."""
        return {
            "url": self.url.data or "",
            "title": self.title.data or "",
            "kind": AttachmentKind(self.kind.data or AttachmentKind.OTHER),
        }
