"""Reads uploaded files in a child process, so that no file can take this one's time or memory."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from crm.core import children, i18n, limits
from crm.core.children import Job, OutOfBounds
from crm.core.csv_files import UnreadableTable
from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.domain.import_child import packed_fields, unpacked
from crm.domain.import_columns import Target
from crm.domain.import_files import Drafted, OwnFields

_CHILD = "crm.domain.import_child"


def look(path: Path, own: OwnFields | None = None) -> Job:
    """What a file holds: ``rows``, ``columns`` (index, name, samples, filled, guess, and the kind of field that could
    be made of it), the ``mapping`` that is guessed, and ``preview`` drafts.

    Raises :class:`Refused` with words for what is no table, has too many rows, or takes too long.
    """
    return _call({"do": "look", "path": str(path), "own": packed_fields(own or OwnFields())})


@dataclass(frozen=True, slots=True)
class Reading:
    """The rows of a file, drafted: as many good ones, and the file of the others where there are any."""

    rows: int
    left_out: Path
    failed: int
    ignored: list[str]
    """The columns that hold something and go nowhere."""
    options: dict[int, list[str]]
    """The different values of lists that are to be made."""
    _drafts: Path

    def drafts(self) -> Iterator[Drafted]:
        """The drafts with their line numbers, one at a time."""
        with self._drafts.open(encoding="utf-8") as lines:
            for line in lines:
                yield unpacked(json.loads(line))


@contextmanager
def reading(path: Path, mapping: Mapping[str, Target], own: OwnFields | None = None) -> Iterator[Reading]:
    """Draft all rows of a file; what was written aside is gone after the block. Raises as :func:`look`.

    ``own`` are the business's own fields, where the mapping names any, and its mark.
    """
    with TemporaryDirectory(prefix="goodterms-import-") as scratch:
        drafts, left_out = Path(scratch) / "drafts", Path(scratch) / "left-out.csv"
        job = {"do": "draft", "path": str(path), "mapping": mapping, "drafts": str(drafts), "left_out": str(left_out)}
        if own is not None:
            job["own"] = packed_fields(own)
        done = _call(job)
        options = dict(done["options"])
        yield Reading(done["drafts"] + done["failed"], left_out, done["failed"], done["ignored"], options, drafts)


def _call(job: Job) -> Job:
    try:
        return children.call(
            _CHILD,
            {**job, "locale": i18n.current().tag},
            cpu_seconds=limits.IMPORT_CPU_SECONDS,
            seconds=limits.IMPORT_SECONDS,
            memory_bytes=limits.IMPORT_MEMORY_BYTES,
        )
    except OutOfBounds:
        words = lazy("This file takes too much time or memory to read. Divide it into smaller ones.")
        raise UnreadableTable(words) from None
    except Refused as refused:
        raise UnreadableTable(refused.words) from None
