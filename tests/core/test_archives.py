"""Backups: whole, checked, and put back without losing what was there."""

from __future__ import annotations

import itertools
import os
import sqlite3
import sys
import tempfile
import threading
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, text

from crm.core import archives
from crm.core.archives import RestoreFailed
from crm.core.backups import BackupFailed
from crm.core.engine import is_sqlite, open_engine
from crm.domain import notes, vendors
from crm.models.log import Note
from crm.models.vendors import Vendor
from tests.support.disks import files_of_at_most

pytestmark = [pytest.mark.usefixtures("postgres_programs"), pytest.mark.alone]

WORDS = b"signed by both"


@pytest.fixture
def place(tmp_path) -> Path:
    return tmp_path / "backups" / "monday.zip"


@pytest.fixture
def upload(settings) -> Path:
    settings.uploads.mkdir(parents=True, exist_ok=True)
    file = settings.uploads / "a1b2"
    file.write_bytes(WORDS)
    return file


@pytest.fixture
def add(inside, business):
    def vendor(name: str) -> None:
        with inside(business) as session:
            vendors.add(session, by=business.owner, name=name)

    return vendor


@pytest.fixture
def names(settings):
    def read() -> list[str]:
        engine = open_engine(settings.database_url)
        with engine.connect() as connection:
            found = connection.execute(text("SELECT name FROM vendors ORDER BY name")).scalars().all()
        engine.dispose()
        return list(found)

    return read


def put_back(settings, engine, file) -> Path:
    engine.dispose()
    return archives.restore(settings, engine, file)


def _killed_before_step(step: int, act: Callable[[], object]) -> bool:
    """Do it in a process of its own that dies before its step of this number, counted by what changes the disk."""
    steps = itertools.count()

    def count(event: str, _arguments: object) -> None:
        if event in ("os.rename", "os.link", "os.remove", "os.mkdir", "os.chmod") and next(steps) == step:
            os._exit(9)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other threads do not matter to a child that soon dies
        child = os.fork()
    if child == 0:
        try:
            sys.addaudithook(count)
            act()
            os._exit(0)
        finally:
            os._exit(1)
    _child, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) in (0, 9)
    return status != 0


def vendor_in(engine) -> str:
    with engine.connect() as connection:
        name = connection.scalar(text("SELECT name FROM vendors"))
    engine.dispose()
    return name


class TestBackup:
    def test_holds_the_database_and_what_was_uploaded(self, settings, engine, place, upload, add):
        add("Northlight")
        held = archives.back_up(settings, engine, place)
        assert (held.files, held.size) == (1, place.stat().st_size)
        assert archives.inspect(place) == held

    def test_is_its_owners_alone(self, settings, engine, place):
        archives.back_up(settings, engine, place)
        assert place.stat().st_mode & 0o077 == 0

    def test_leaves_an_older_one_where_there_is_no_room(self, settings, engine, place):
        archives.back_up(settings, engine, place)
        before = place.read_bytes()
        with files_of_at_most(10_000), pytest.raises(BackupFailed):
            archives.back_up(settings, engine, place)
        assert place.read_bytes() == before
        assert [file.name for file in place.parent.iterdir()] == [place.name]

    def test_under_load_each_one_is_a_moment_of_the_whole(self, settings, engine, place, inside, business, names):
        """Each write adds a vendor and a note in one transaction: no backup has one without the other."""
        stop, written = threading.Event(), []

        def write() -> None:
            while not stop.is_set():
                with inside(business) as session:
                    vendor = vendors.add(session, by=business.owner, name=f"Vendor {len(written)}")
                    notes.write(vendor, by=business.owner, body="with it")
                written.append(vendor.id)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            known = []
            for number in range(3):
                before = len(written)
                archives.back_up(settings, engine, place.with_name(f"{number}.zip"))
                known.append(before)
        finally:
            stop.set()
            writer.join()
        for number, least in enumerate(known):
            put_back(settings, engine, place.with_name(f"{number}.zip"))
            with inside(business) as session:
                added = len(session.scalars(select(Vendor.id)).all())
                assert added == len(session.scalars(select(Note.id)).all())
                assert least <= added <= len(written)


class TestRestore:
    def test_brings_back_what_was_and_keeps_what_is(self, settings, engine, place, upload, add, names):
        add("Northlight")
        archives.back_up(settings, engine, place)
        add("Harbour Films")
        upload.write_bytes(b"changed")
        (settings.uploads / "c3d4").write_bytes(b"new")
        kept = put_back(settings, engine, place)
        assert names() == ["Northlight"]
        assert {file.name: file.read_bytes() for file in settings.uploads.iterdir()} == {"a1b2": WORDS}
        assert (kept / "uploads" / "c3d4").read_bytes() == b"new"
        assert any(file.name.startswith(("goodterms", "database")) for file in kept.iterdir())

    @pytest.mark.sqlite
    def test_broken_off_anywhere_leaves_the_old_or_the_new_and_can_be_done_again(
        self, settings, engine, place, upload, add, names
    ):
        """Killed before each of its steps in turn, each time on what the last time left."""
        secret = settings.instance / "secret_key"
        secret.write_text("the key of then")
        add("Northlight")
        archives.back_up(settings, engine, place)
        found = set()
        for step in itertools.count():
            if names() == ["Northlight"]:
                add("Harbour Films")
                (settings.uploads / "c3d4").write_bytes(b"new")
                secret.write_text("the key of now")
            engine.dispose()
            if not _killed_before_step(step, lambda: archives.restore(settings, engine, place)):
                break
            present = {file.name: file.read_bytes() for file in settings.uploads.iterdir()}
            assert present["a1b2"] == WORDS
            is_old = names() != ["Northlight"]
            assert not is_old or (names(), present["c3d4"]) == (["Harbour Films", "Northlight"], b"new")
            assert not is_old or secret.read_text() == "the key of now"
            found.add(is_old)
        assert (found, step > 10) == ({True, False}, True)
        assert (names(), secret.read_text()) == (["Northlight"], "the key of then")
        assert [file.name for file in settings.uploads.iterdir()] == ["a1b2"]

    @pytest.mark.sqlite
    def test_of_a_database_on_another_disk_than_the_rest(self, settings_with, settings, engine, place, add):
        add("Northlight")
        archives.back_up(settings, engine, place)
        memory = Path("/dev/shm")  # another disk than the one of all else, where there is one
        with tempfile.TemporaryDirectory(dir=memory if memory.exists() else None) as disk:
            there = settings_with(DATABASE_URL=f"sqlite:///{disk}/data/there.db")
            elsewhere = open_engine(there.database_url)
            archives.restore(there, elsewhere, place)
            with elsewhere.begin() as connection:
                connection.execute(text("UPDATE vendors SET name = 'Harbour Films'"))
            kept = put_back(there, elsewhere, place)
            assert vendor_in(elsewhere) == "Northlight"
        assert vendor_in(open_engine(f"sqlite:///{kept / 'there.db'}")) == "Harbour Films"

    def test_of_a_file_that_is_cut_short_touches_nothing(self, settings, engine, place, add, names):
        archives.back_up(settings, engine, place)
        add("Northlight")
        whole = place.read_bytes()
        for size in (0, 10, len(whole) // 2, len(whole) - 1):
            place.write_bytes(whole[:size])
            with pytest.raises(RestoreFailed, match="no whole backup"):
                put_back(settings, engine, place)
        assert names() == ["Northlight"]

    def test_of_a_file_with_other_bytes_in_it_touches_nothing(self, settings, engine, place, upload, add, names):
        archives.back_up(settings, engine, place)
        add("Northlight")
        forged = place.with_name("forged.zip")
        with zipfile.ZipFile(place) as old, zipfile.ZipFile(forged, "w") as new:
            for name in old.namelist():
                new.writestr(name, b"forged" if name.startswith("uploads/") else old.read(name))
        with pytest.raises(RestoreFailed, match="is damaged"):
            put_back(settings, engine, forged)
        assert names() == ["Northlight"]

    def test_of_the_other_kind_of_database_is_refused(self, settings_with, settings, engine, place):
        archives.back_up(settings, engine, place)
        other = "postgresql://nobody@localhost/none" if is_sqlite(settings.database_url) else "sqlite:////tmp/none.db"
        with pytest.raises(RestoreFailed, match="and DATABASE_URL names"):
            archives.restore(settings_with(DATABASE_URL=other), engine, place)

    def test_of_a_newer_version_is_refused(self, settings, engine, place, names):
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        archives.back_up(settings, engine, place)
        with pytest.raises(RestoreFailed, match="newer version"):
            put_back(settings, engine, place)

    def test_runs_twice_with_the_same_result(self, settings, engine, place, upload, add, names):
        add("Northlight")
        archives.back_up(settings, engine, place)
        first, second = put_back(settings, engine, place), put_back(settings, engine, place)
        assert first != second
        assert names() == ["Northlight"]


@pytest.mark.sqlite
class TestSideFiles:
    def test_of_another_database_are_never_read_into_the_restored_one(self, settings, engine, place, add, names):
        """As after a power loss: the log of the old database still lies beside it."""
        add("Northlight")
        archives.back_up(settings, engine, place)
        add("Harbour Films")
        file = Path(str(engine.url.database))
        log = file.with_name(file.name + "-wal")
        stale = log.read_bytes()
        engine.dispose()
        file.write_bytes(b"no database at all")
        log.write_bytes(stale)
        kept = put_back(settings, engine, place)
        assert names() == ["Northlight"]
        assert (kept / log.name).read_bytes() == stale

    def test_at_each_moment_there_is_a_database_in_the_place(self, settings, engine, place, add):
        add("Northlight")
        archives.back_up(settings, engine, place)
        engine.dispose()
        kept = archives.restore(settings, engine, place)
        with sqlite3.connect(kept / Path(str(engine.url.database)).name) as old:
            assert old.execute("SELECT count(*) FROM vendors").fetchone() == (1,)
