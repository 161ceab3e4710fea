"""Which value stays where two vendors that become one differ."""

from dataclasses import dataclass
from typing import Any

from wtforms import SelectChoice
from wtforms.widgets import HiddenInput

from crm.forms.base import Form, Mark, Whole

OURS, THEIRS = "ours", "theirs"


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of the form: the field, its name, both values in words, and which of them is suggested."""

    key: str
    label: str
    ours: str
    theirs: str
    suggests_theirs: bool = False


class MergeForm(Form):
    """The two versions that were looked at; the questions are added by :func:`merge_form`."""

    winner_version = Whole(widget=HiddenInput())
    loser_version = Whole(widget=HiddenInput())
    asked: list[Asked]

    def versions(self) -> tuple[int, int]:
        """The versions of both vendors that the person looked at."""
        return self.winner_version.data or 0, self.loser_version.data or 0

    def theirs(self) -> set[str]:
        """The fields in which the value of the second vendor stays."""
        return {part.name for part in self if isinstance(part, Mark) and part.data == THEIRS}

    def looked_at(self, versions: tuple[int, int]) -> None:
        """Remember the versions of what the page shows."""
        for box, version in ((self.winner_version, versions[0]), (self.loser_version, versions[1])):
            box.data, box.raw_data = version, None


def merge_form(asked: list[Asked], formdata: Any = None) -> MergeForm:
    """The questions, each with both values to choose from; the suggested one is chosen."""
    fields = {each.key: Mark(each.label, default=THEIRS if each.suggests_theirs else OURS) for each in asked}
    form: MergeForm = type("MergeForm", (MergeForm,), fields)(formdata)
    form.asked = asked
    for each in asked:
        box = form[each.key]
        box.choices = [SelectChoice(OURS, each.ours), SelectChoice(THEIRS, each.theirs)]
        if box.data is None:
            box.data = box.default  # asked only since a colleague's save: the suggestion stands until it is answered
    return form
