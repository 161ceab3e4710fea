"""Whatever file comes: it is read, or refused in words. Here without a child process; the pages have one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crm.core import children, limits
from crm.core.children import OutOfBounds
from crm.core.csv_files import UnreadableTable
from crm.core.errors import Refused
from crm.domain import import_reading
from crm.domain.import_child import unpacked, work
from crm.domain.import_columns import ImportField
from tests.support.shared_data import shared_folder

MADE = {
    "nothing": b"",
    "one byte": b"x",
    "a mark alone": b"\xef\xbb\xbf",
    "an open quote": b'Supplier,Notes\n"' + b"Fern,x\n" * 2000,
    "commas": b",,,\n" * 5000,
    "nul bytes": b"Supplier,Notes\nFe\x00rn,a\x00b\n",
    "equal names": b"Name," * 300 + b"\n" + b"x," * 300 + b"\n",
    "many columns": b"a," * 10_000 + b"\n",
    "mixed encodings": "Supplier\nBär\n".encode() + "Bär\n".encode("cp1252"),
    "surrogates": b"Supplier,Notes\nFern,\xed\xa0\x80\n",
    "markup": b"Supplier,Website\n<script>alert(1)</script>,javascript:alert(1)\n",
    "a long header": b"x" * 900_000 + b",Supplier\n1,2\n",
}


@pytest.mark.parametrize("name", MADE)
def test_no_made_up_file_breaks_anything(name, tmp_path):
    path = tmp_path / "vendors.csv"
    path.write_bytes(MADE[name])
    read(path, tmp_path)


def test_no_real_file_breaks_anything(tmp_path):
    folder = shared_folder()
    files = [path for part in ("csv-quirks", "hostile") for path in sorted((folder / part).rglob("*"))]
    read_in_full = [path for path in files if path.is_file() and read(path, tmp_path)]
    assert len(read_in_full) > 20


def read(path: Path, folder: Path) -> bool:
    """Looks at a file and drafts its rows, the first column being the name; says whether it is a table."""
    job = {"path": str(path), "locale": "en-GB"}
    try:
        look = work({**job, "do": "look"})
        json.dumps(look, ensure_ascii=False).encode()  # a page can show it
        mapping = {look["columns"][0]["name"]: "name"}
        drafts = folder / "drafts"
        done = work(
            {**job, "do": "draft", "mapping": mapping, "drafts": str(drafts), "left_out": str(folder / "left-out")}
        )
    except Refused:
        return False
    assert done["drafts"] + done["failed"] == look["rows"]
    lines = drafts.read_text("utf-8").splitlines()
    assert all(unpacked(json.loads(line))[1].name for line in lines)
    assert len(lines) == done["drafts"]
    return True


def test_the_child_drafts_as_we_do(tmp_path):
    path = tmp_path / "vendors.csv"
    path.write_text("Supplier,Vendor type,Contact,Email,Tags,Notes\nFern,agency,Eva,e@f.example,a;b,Kind.\n,,,,,x\n")
    look = import_reading.look(path)
    mapping = {column["name"]: ImportField(column["guess"]) for column in look["columns"]}

    with import_reading.reading(path, mapping) as reading:
        [(line, draft)] = reading.drafts()
        assert (line, draft.name, draft.kind, draft.tags, draft.notes) == (2, "Fern", "agency", ("a", "b"), "Kind.")
        assert (draft.people[0].name, draft.people[0].emails) == ("Eva", ("e@f.example",))
        assert (reading.rows, reading.failed, reading.left_out.exists()) == (2, 1, True)
    assert not reading.left_out.exists()


def test_the_child_says_what_is_wrong_in_words(tmp_path):
    path = tmp_path / "vendors.csv"
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(UnreadableTable, match="XLSX"):
        import_reading.look(path)


def test_a_child_that_takes_too_much_memory_or_time_is_ended(tmp_path):
    path = tmp_path / "vendors.csv"
    path.write_bytes(b"Supplier\n" + b"x\n" * limits.IMPORT_PAGE_ROWS)
    job = {"do": "look", "path": str(path), "locale": "en-GB"}
    bounds = {"cpu_seconds": 60, "seconds": 60.0, "memory_bytes": limits.IMPORT_MEMORY_BYTES}
    for less in ({"memory_bytes": 1}, {"seconds": 0.01}):
        with pytest.raises(OutOfBounds):
            children.call("crm.domain.import_child", job, **{**bounds, **less})
