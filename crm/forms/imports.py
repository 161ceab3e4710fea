"""Asking for a file of vendors, where its columns go, and what happens to doubles."""

from collections.abc import Sequence
from typing import Any

from flask_wtf.file import FileField, FileRequired
from wtforms import SelectChoice

from crm.core.i18n import LazyText, lazy
from crm.domain.import_columns import NEW, REPEATABLE, ImportField, NewField, OwnField, Target, target
from crm.domain.import_running import DoubleChoice
from crm.forms.base import Form, Mark, Pick
from crm.models.enums import FieldKind
from crm.models.vocabulary import word
from crm.queries.custom_fields import Field

FIELD_WORDS: dict[ImportField, LazyText] = {
    ImportField.NAME: lazy("Vendor’s name"),
    ImportField.KIND: lazy("Kind of vendor"),
    ImportField.SERVICES: lazy("What they do"),
    ImportField.CATEGORY: lazy("Category"),
    ImportField.NICHE: lazy("Niche"),
    ImportField.TAGS: lazy("Tags"),
    ImportField.WEBSITE: lazy("Website"),
    ImportField.LANGUAGES: lazy("Languages"),
    ImportField.TIME_ZONE: lazy("Time zone"),
    ImportField.SOURCE: lazy("How you found them"),
    ImportField.TIER: lazy("Tier"),
    ImportField.OWNER: lazy("Looked after by"),
    ImportField.NOTES: lazy("Note"),
    ImportField.PERSON: lazy("Person"),
    ImportField.FIRST_NAME: lazy("Person’s first name"),
    ImportField.LAST_NAME: lazy("Person’s last name"),
    ImportField.ROLE: lazy("Role"),
    ImportField.EMAIL: lazy("E-mail"),
    ImportField.PHONE: lazy("Phone"),
    ImportField.PERSON_2: lazy("Second person"),
    ImportField.ROLE_2: lazy("Second person’s role"),
    ImportField.EMAIL_2: lazy("Second person’s e-mail"),
    ImportField.PHONE_2: lazy("Second person’s phone"),
    ImportField.PERSON_3: lazy("Third person"),
    ImportField.ROLE_3: lazy("Third person’s role"),
    ImportField.EMAIL_3: lazy("Third person’s e-mail"),
    ImportField.PHONE_3: lazy("Third person’s phone"),
    ImportField.LOCATION: lazy("Where they are"),
    ImportField.ADDRESS: lazy("Street address"),
    ImportField.POSTAL_CODE: lazy("Postcode"),
    ImportField.CITY: lazy("Town"),
    ImportField.REGION: lazy("County or state"),
    ImportField.COUNTRY: lazy("Country"),
    ImportField.RATE: lazy("Rate"),
    ImportField.HOURLY_RATE: lazy("Rate for an hour"),
    ImportField.DAILY_RATE: lazy("Rate for a day"),
    ImportField.MONTHLY_RATE: lazy("Rate for a month"),
    ImportField.PROJECT_RATE: lazy("Rate for a project"),
    ImportField.RATE_CURRENCY: lazy("Currency of the rate"),
    ImportField.RATE_PERIOD: lazy("What the rate is for"),
    ImportField.MINIMUM: lazy("Smallest job they take"),
    ImportField.MINIMUM_CURRENCY: lazy("Currency of the smallest job"),
    ImportField.MINIMUM_PERIOD: lazy("What the smallest job is for"),
}
"""What a column can hold, as the reader calls it."""

_GROUPS = (
    (ImportField.NAME, lazy("The vendor")),
    (ImportField.PERSON, lazy("People")),
    (ImportField.LOCATION, lazy("Place")),
    (ImportField.RATE, lazy("Money")),
)

DOUBLE_WORDS = {
    DoubleChoice.FILL: lazy("Fill in what is missing"),
    DoubleChoice.SECOND: lazy("Add as a second vendor"),
    DoubleChoice.SKIP: lazy("Leave this row out"),
}


class UploadForm(Form):
    """A file of vendors."""

    file = FileField(lazy("File"), [FileRequired(lazy("Choose a file"))])


class ColumnsForm(Form):
    """Where each column goes. Made by :func:`columns_form`, with a box for each column."""

    names: dict[str, str] = {}
    """The columns' names by their boxes."""

    def columns(self) -> dict[str, Target]:
        """The fields of the columns that are not left out, by the columns' names."""
        return {name: goal for box, name in self.names.items() if (goal := self._goal(box)) is not None}

    def _goal(self, box: str) -> Target | None:
        said = self[box].data
        if not said:
            return None
        if said.startswith(NEW):
            return NewField.of(int(box.removeprefix(_BOX)), FieldKind(said.removeprefix(NEW)))
        return target(said)

    def validate(self, extra_validators: Any = None) -> bool:
        """Each box by itself, then all of them: some column is a name, and no field is told twice."""
        if not super().validate(extra_validators):
            return False
        taken: dict[Target, str] = {}
        for box, name in self.names.items():
            field = self._goal(box)
            if field is None or field in REPEATABLE:
                continue
            if field in taken:
                words = lazy("“%(column)s” goes there already", column=taken[field])
                self[box].errors = [*self[box].errors, str(words)]
            taken.setdefault(field, name)
        return not any(self[box].errors for box in self.names)


_BOX = "column_"


def columns_form(
    columns: list[dict[str, Any]],
    formdata: Any,
    chosen: dict[str, str],
    own: Sequence[Field] = (),
    *,
    may_add: bool = False,
) -> ColumnsForm:
    """The boxes for these columns (``index``, ``name``, ``kind``); ``chosen`` are their fields so far, by name, and
    ``own`` the business's own fields, to which whoever ``may_add`` can add."""
    boxes = {f"{_BOX}{column['index']}": column for column in columns}
    offered = _choices(own)
    fields = {
        box: Pick(
            lazy("“%(column)s” goes into", column=column["name"]),
            choices=offered + (_new_choices(column.get("kind")) if may_add else []),
        )
        for box, column in boxes.items()
    }
    names = {box: column["name"] for box, column in boxes.items()}
    made = type("ColumnsForm", (ColumnsForm,), {**fields, "names": names})
    form: ColumnsForm = made(formdata, data={box: _said(chosen.get(name)) for box, name in names.items()})
    return form


def _said(chosen: str | None) -> str | None:
    """What a box says about a kept choice: of a new field its kind, as the column is the box's own."""
    if chosen is None or not chosen.startswith(NEW):
        return chosen
    return f"{NEW}{NewField(chosen).kind}"


def _new_choices(likely: str | None) -> list[SelectChoice]:
    """A new field for the column: first what it seems to hold."""
    group = str(lazy("A new field of your own"))
    kinds = sorted(FieldKind, key=lambda kind: kind != likely)
    return [
        SelectChoice(f"{NEW}{kind}", str(_new_words(kind, is_likely=kind == likely)), optgroup=group) for kind in kinds
    ]


def _new_words(kind: FieldKind, *, is_likely: bool) -> LazyText:
    return lazy("New: %(kind)s, as it looks", kind=word(kind)) if is_likely else lazy("New: %(kind)s", kind=word(kind))


def _choices(own: Sequence[Field]) -> list[SelectChoice]:
    found = [SelectChoice("", str(lazy("Leave out")))]
    groups = dict(_GROUPS)
    group = ""
    for field, words in FIELD_WORDS.items():
        group = str(groups[field]) if field in groups else group
        found.append(SelectChoice(field.value, str(words), optgroup=group))
    ours = str(lazy("Your own fields"))
    return found + [SelectChoice(str(OwnField.of(field.id)), field.name, optgroup=ours) for field in own]


class DoublesForm(Form):
    """What happens to rows that look like a vendor who is here. Made by :func:`doubles_form`."""

    usually = Mark(lazy("The others"), default=DoubleChoice.FILL.value)

    def choices(self) -> tuple[DoubleChoice, dict[int, DoubleChoice]]:
        """What happens in general, and to single rows by their line."""
        by_line = {
            int(part.name.removeprefix("line_")): DoubleChoice(part.data)
            for part in self
            if part.name.startswith("line_")
        }
        return DoubleChoice(self.usually.data), by_line


def doubles_form(lines: list[int], formdata: Any = None) -> DoublesForm:
    """The question for the rows on these lines."""
    fields = {f"line_{line}": Mark(lazy("This row"), default=DoubleChoice.FILL.value) for line in lines}
    form: DoublesForm = type("DoublesForm", (DoublesForm,), fields)(formdata)
    for part in form:
        if isinstance(part, Mark):
            part.choices = [SelectChoice(value.value, str(words)) for value, words in DOUBLE_WORDS.items()]
    return form
