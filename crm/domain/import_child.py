"""The process that reads an uploaded file: ``python -m crm.domain.import_child``, called by ``import_reading``."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crm.core import i18n, limits, text
from crm.core.children import Job, serve
from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.domain.amounts import Pay
from crm.domain.import_columns import Target, target, with_own
from crm.domain.import_files import Ignored, LeftOut, OwnFields, Sheet, drafted, open_sheet
from crm.domain.import_new_fields import Seen
from crm.domain.import_rows import PersonDraft, VendorDraft
from crm.models.enums import FieldKind, RatePeriod, Tier, VendorKind
from crm.queries.custom_fields import Field, Option

SHOWN = 2
_PLAIN = ("name", "website", "services", "location", "time_zone", "languages", "source", "owner", "notes")
_LISTS = ("categories", "niches", "tags", "remarks")


def packed(line: int, draft: VendorDraft) -> list[Any]:
    """A draft as JSON can carry it."""
    return [
        line,
        draft.kind,
        draft.tier,
        *(getattr(draft, name) for name in _PLAIN),
        *(getattr(draft, name) for name in _LISTS),
        [[person.name, person.role, person.emails, person.phones] for person in draft.people],
        draft.rate,
        draft.minimum,
        draft.custom,
        draft.record,
    ]


def unpacked(facts: list[Any]) -> tuple[int, VendorDraft]:
    """What :func:`packed` was given."""
    line, kind, tier, *rest, people, rate, minimum, custom, record = facts
    values: dict[str, Any] = dict(zip(_PLAIN, rest, strict=False))
    values |= {name: tuple(listed) for name, listed in zip(_LISTS, rest[len(_PLAIN) :], strict=True)}
    values["kind"], values["tier"] = VendorKind(kind) if kind else None, Tier(tier) if tier else None
    values["people"] = tuple(PersonDraft(name, role, tuple(mails), tuple(calls)) for name, role, mails, calls in people)
    values["rate"], values["minimum"] = _pay(rate), _pay(minimum)
    values["custom"] = tuple((field_id, value) for field_id, value in custom)
    values["record"] = record
    return line, VendorDraft(**values)


def _pay(facts: list[Any] | None) -> Pay | None:
    if facts is None:
        return None
    amount, currency, period = facts
    return Pay(amount, currency, RatePeriod(period) if period else None)


def packed_fields(own: OwnFields) -> dict[str, Any]:
    """What is the business's own as JSON can carry it."""
    fields = [[each.id, each.name, each.kind, each.options] for each in own.fields]
    return {"currency": own.currency, "mark": own.mark, "fields": fields}


def _unpacked_fields(facts: dict[str, Any] | None) -> OwnFields:
    if facts is None:
        return OwnFields()
    return OwnFields(
        [
            Field(field_id, name, FieldKind(kind), options=tuple(Option(*option) for option in options))
            for field_id, name, kind, options in facts["fields"]
        ],
        facts["currency"],
        facts["mark"],
    )


def work(job: Job) -> Job:
    """Do one of the two jobs, in the reader's language."""
    i18n.speak(job["locale"])
    with open_sheet(Path(job["path"])) as sheet:
        return _look(sheet, job) if job["do"] == "look" else _draft(sheet, job)


def _look(sheet: Sheet, job: Job) -> Job:
    """What the file holds: its columns with samples, likely fields, what a new field of each would hold, how often
    each is filled; where each would go, and two drafts."""
    own = _unpacked_fields(job.get("own"))
    guesses = sheet.guess()
    mapping = with_own(guesses, [column.name for column in sheet.columns], own.fields)
    rows, filled, seen = _counted(sheet, mapping)
    return {
        "rows": rows,
        "columns": [
            {
                "index": column.index,
                "name": column.name,
                "samples": [text.clean_line(sample) for sample in column.samples],
                "filled": filled[column.index],
                "guess": guesses.get(column.name, ""),
                "kind": seen[column.index].kind,
            }
            for column in sheet.columns
        ],
        "mapping": mapping,
        "preview": _preview(sheet, mapping, own),
    }


def _counted(sheet: Sheet, mapping: Mapping[str, Target]) -> tuple[int, list[int], dict[int, Seen]]:
    """How many rows there are, how often each cell is filled, and what the columns hold: those that go nowhere yet in
    all rows, the others in the first."""
    seen = {column.index: Seen() for column in sheet.columns}
    for column in sheet.columns:
        for value in column.values if column.name in mapping else ():
            seen[column.index].add(value)
    unmatched = [column.index for column in sheet.columns if column.name not in mapping]
    filled = [0] * len(sheet.header)
    rows = 0
    for _number, cells in sheet.rows():
        rows += 1
        if rows > limits.IMPORT_PAGE_ROWS:
            words = lazy("The file has more than %(most)s rows. Divide it into several.", most=limits.IMPORT_PAGE_ROWS)
            raise Refused(words)
        for place, cell in enumerate(cells[: len(filled)]):
            if cell and not cell.isspace():
                filled[place] += 1
        for place in unmatched:
            seen[place].add(cells[place])
    return rows, filled, seen


def _preview(sheet: Sheet, mapping: dict[str, Target], own: OwnFields) -> list[Any]:
    found: list[Any] = []
    with LeftOut(Path("/dev/null"), sheet.header) as left_out:
        for line, draft in drafted(sheet, mapping, left_out, own):
            found.append(packed(line, draft))
            if len(found) == SHOWN or line > limits.TABLE_RECORD_LINES:
                break
    return found


def _draft(sheet: Sheet, job: Job) -> Job:
    """Write every row's draft as a line of JSON, and the rows left out into their file."""
    mapping = {name: target(field) for name, field in job["mapping"].items()}
    own = _unpacked_fields(job.get("own"))
    rows = 0
    ignored = Ignored(sheet.columns, mapping)
    others = LeftOut(Path(job["left_out"]), sheet.header)
    with others as left_out, Path(job["drafts"]).open("w", encoding="utf-8") as out:
        for line, draft in drafted(sheet, mapping, left_out, own, ignored):
            rows += 1
            if rows + left_out.count > limits.IMPORT_PAGE_ROWS:
                raise Refused(lazy("The file has more than %(most)s rows.", most=limits.IMPORT_PAGE_ROWS))
            json.dump(packed(line, draft), out)
            out.write("\n")
    options = [[field_id, list(names.values())] for field_id, names in own.options.items()]
    return {"drafts": rows, "failed": left_out.count, "ignored": ignored.names, "options": options}


if __name__ == "__main__":
    serve(work)
