"""A whole installation in one file: its database, what people have uploaded, and the key that opens its secrets.

The file is a ZIP with a list of what it holds and of what each thing's bytes add up to. It is written beside its place,
read again, compared, and only then put there: a backup that exists is a sound one.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import URL, Engine, make_url, text

from crm.core import backups, clock, revisions
from crm.core.backups import BackupFailed
from crm.core.engine import is_sqlite, sqlite_driver
from crm.core.settings import SECRET_FILE, Settings
from crm.core.tenancy import installation_session

LIST = "backup.json"
FORMAT = 1
SQLITE, POSTGRESQL = "database.sqlite", "database.pgdump"
UPLOADS = "uploads/"
_CHUNK = 1 << 20


class RestoreFailed(Exception):
    """Nothing was put back, and what is there is untouched; the message is one line."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a backup holds."""

    made_at: str
    database: str
    """The name of the database's file in it, which tells its kind."""
    revision: str
    files: int
    size: int


def back_up(settings: Settings, engine: Engine, target: Path) -> Held:
    """Write a verified backup, while the application may be at work. Raises :class:`BackupFailed`; then nothing is left
    behind and an older file of that name stays."""
    aside = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="backup-", dir=settings.instance) as folder:
            stage = Path(folder)
            database = _copied_database(settings, engine, stage)
            revision = _revision(engine)
            sources = {database.name: database, **_uploads(settings, stage)}
            if (settings.instance / SECRET_FILE).exists():
                sources[SECRET_FILE] = settings.instance / SECRET_FILE
            _pack(aside, sources, database=database.name, revision=revision)
        held = inspect(aside)
        aside.replace(target)
    except (OSError, RestoreFailed, zipfile.BadZipFile) as error:
        raise BackupFailed(f"the backup could not be written: {error}") from error
    finally:
        aside.unlink(missing_ok=True)
    return held


def inspect(file: Path) -> Held:
    """Read a backup whole and compare every byte with its list. Raises :class:`RestoreFailed`."""
    with _opened(file) as (archive, listed):
        _compare(archive, listed)
        return Held(
            made_at=str(listed["made_at"]),
            database=str(listed["database"]),
            revision=str(listed["revision"]),
            files=sum(name.startswith(UPLOADS) for name in listed["files"]),
            size=file.stat().st_size,
        )


def restore(settings: Settings, engine: Engine, file: Path) -> Path:
    """Put a backup in the place of what is there, and say in which folder that is kept.

    Nobody else may be at work (:mod:`crm.core.running`). Everything is unpacked and compared, and what is there is kept
    whole, before anything is touched. Then the uploads are added, the database is put in place in one step, the key
    after it, and last goes what the database does not know. So wherever this is broken off, the old or the new database
    is there with its uploads, and the same backup can be restored again. Raises :class:`RestoreFailed`.
    """
    held = inspect(file)
    _require_fitting(settings, held)
    # What is put in a place in one step has to lie on the same disk before.
    beside = _sqlite_file(settings).parent if held.database == SQLITE else settings.instance
    beside.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="restore-", dir=beside) as folder:
        stage = Path(folder)
        with _opened(file) as (archive, listed):
            for name in listed["files"]:
                _unpack(archive, name, stage / name)
        if held.database == SQLITE:
            _require_sound(stage / SQLITE)
        else:
            _require_alone(engine)
        kept = _keep_what_is(settings, engine)
        secret = _secret_at_hand(settings, stage / SECRET_FILE)
        wanted = _add_uploads(settings, stage / UPLOADS)
        if held.database == SQLITE:
            _swap_sqlite(settings, engine, stage / SQLITE)
        else:
            _swap_postgresql(engine, stage / POSTGRESQL)
        if secret is not None:
            secret.replace(settings.instance / SECRET_FILE)
        _drop_other_uploads(settings, wanted)
    return kept


# Writing


def _copied_database(settings: Settings, engine: Engine, stage: Path) -> Path:
    """The database as it stood at one moment. Files uploaded before that moment are linked before, later ones after."""
    _link_uploads(settings, stage)
    if is_sqlite(settings.database_url):
        copy = stage / SQLITE
        backups.copy_sqlite(_sqlite_file(settings), copy)
    else:
        copy = stage / POSTGRESQL
        _dump(engine, copy)
    _link_uploads(settings, stage)
    return copy


def _link_uploads(settings: Settings, stage: Path) -> None:
    """Hold on to every uploaded file: what somebody deletes while the backup is written stays for it."""
    held = stage / "held"
    held.mkdir(exist_ok=True)
    for file in _uploaded(settings):
        place = held / file.name
        if place.exists():
            continue
        with suppress(FileNotFoundError):
            _link_or_copy(file, place)


def _link_or_copy(file: Path, place: Path) -> None:
    try:
        os.link(file, place)
    except FileNotFoundError:
        raise
    except OSError:  # it lies on another disk
        shutil.copyfile(file, place)


def _uploads(settings: Settings, stage: Path) -> dict[str, Path]:
    return {f"{UPLOADS}{file.name}": file for file in sorted((stage / "held").iterdir())}


def _revision(engine: Engine) -> str:
    with installation_session(engine, writing=False) as session:
        present = revisions.present(session)
    if present is None:
        raise BackupFailed("there is no database yet")
    return present


def _pack(target: Path, sources: dict[str, Path], *, database: str, revision: str) -> None:
    listed = {
        "format": FORMAT,
        "made_at": clock.now().isoformat(),
        "database": database,
        "revision": revision,
        "files": {name: _sum(path) for name, path in sources.items()},
    }
    descriptor = os.open(target, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)  # it holds everything: its owner's alone
    with os.fdopen(descriptor, "wb") as out:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr(LIST, json.dumps(listed))
            for name, path in sources.items():
                archive.write(path, name)
        out.flush()
        os.fsync(out.fileno())


# Reading


@contextmanager
def _opened(file: Path) -> Iterator[tuple[zipfile.ZipFile, dict[str, Any]]]:
    try:
        with zipfile.ZipFile(file) as archive:
            listed = json.loads(archive.read(LIST))
            if listed["format"] != FORMAT:
                raise RestoreFailed(f"{file.name} is a backup of a kind that this version does not know")
            yield archive, listed
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        raise RestoreFailed(f"{file.name} is no whole backup of Good Terms: {error}") from error


def _compare(archive: zipfile.ZipFile, listed: dict[str, Any]) -> None:
    for name, expected in listed["files"].items():
        with archive.open(name) as member:
            if _sum_of(member) != expected:
                raise RestoreFailed(f"{name} in the backup is damaged")


def _unpack(archive: zipfile.ZipFile, name: str, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(name) as member, place.open("wb") as out:
        shutil.copyfileobj(member, out, _CHUNK)
        out.flush()
        os.fsync(out.fileno())


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return _sum_of(file)


def _sum_of(file: Any) -> str:
    digest = hashlib.sha256()
    stream: BinaryIO = file
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


# Putting back


def _require_fitting(settings: Settings, held: Held) -> None:
    wanted = SQLITE if is_sqlite(settings.database_url) else POSTGRESQL
    if held.database != wanted:
        kinds = {SQLITE: "SQLite", POSTGRESQL: "PostgreSQL"}
        raise RestoreFailed(
            f"the backup is of {kinds.get(held.database, held.database)}, and DATABASE_URL names {kinds[wanted]}"
        )
    if held.revision not in revisions.known():
        raise RestoreFailed(f"the backup is of a newer version of Good Terms (schema {held.revision}): upgrade first")


def _require_sound(database: Path) -> None:
    driver = sqlite_driver()
    try:
        with closing(driver.connect(str(database))) as connection:
            verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
    except driver.Error as error:
        raise RestoreFailed(f"the database in the backup cannot be read: {error}") from error
    if verdict != "ok":
        raise RestoreFailed(f"the database in the backup is not sound: {verdict}")


def _keep_what_is(settings: Settings, engine: Engine) -> Path:
    """A folder with all that is there now. It has its name once it is whole."""
    kept = settings.instance / "backups" / f"before-restore-{clock.now():%Y%m%dT%H%M%S%fZ}"
    aside = kept.with_name(kept.name + ".part")
    (aside / "uploads").mkdir(parents=True)
    if is_sqlite(settings.database_url):
        engine.dispose()
        place = _sqlite_file(settings)
        _write_log_back(place)
        for present in (place, *_side_files(place)):
            if present.exists():
                _link_or_copy(present, aside / present.name)
    else:
        try:
            _dump(engine, aside / POSTGRESQL)
        except BackupFailed as error:
            shutil.rmtree(aside)
            raise RestoreFailed(str(error)) from error
    for upload in _uploaded(settings):
        _link_or_copy(upload, aside / "uploads" / upload.name)
    if (settings.instance / SECRET_FILE).exists():
        shutil.copy2(settings.instance / SECRET_FILE, aside / SECRET_FILE)
    aside.replace(kept)
    return kept


def _side_files(place: Path) -> list[Path]:
    return [place.with_name(place.name + side) for side in ("-wal", "-shm")]


def _swap_sqlite(settings: Settings, engine: Engine, new: Path) -> None:
    """At each moment there is a whole database in the place: the old one, then the new one. The log of the old one must
    be gone before, or it would be read into the new one."""
    engine.dispose()
    place = _sqlite_file(settings)
    for side in _side_files(place):
        side.unlink(missing_ok=True)
    new.replace(place)
    _sync_folder(place.parent)


def _write_log_back(place: Path) -> None:
    """Bring what stands in the write-ahead log into the database; a database that cannot be opened is kept as it is."""
    if not place.exists():
        return
    driver = sqlite_driver()
    try:
        with closing(driver.connect(str(place))) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except driver.Error:
        return


def _require_alone(engine: Engine) -> None:
    """Who has just gone is still seen by the server for a moment."""
    for _ in range(10):
        with engine.connect() as connection:
            others = connection.execute(text(_OTHERS)).scalar_one()
        engine.dispose()
        if not others:
            return
        threading.Event().wait(0.2)
    raise RestoreFailed("somebody is connected to the database: stop Good Terms everywhere first")


_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND backend_type = 'client backend'"
)


def _swap_postgresql(engine: Engine, new: Path) -> None:
    """The server itself puts everything back in one transaction."""
    try:
        options = ["--clean", "--if-exists", "--no-owner", "--no-privileges", "--no-comments", "--single-transaction"]
        _run("pg_restore", options, engine.url, str(new))
    except BackupFailed as error:
        raise RestoreFailed(str(error)) from error


def _dump(engine: Engine, target: Path) -> None:
    _run("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", f"--file={target}"], engine.url)


def _uploaded(settings: Settings) -> list[Path]:
    return [file for file in settings.uploads.iterdir() if file.is_file()] if settings.uploads.exists() else []


def _add_uploads(settings: Settings, new: Path) -> set[str]:
    """Put the backup's files beside those that are there: their names are random, so they get in nobody's way."""
    settings.uploads.mkdir(parents=True, exist_ok=True)
    files = list(new.iterdir()) if new.exists() else []
    for file in files:
        _put_beside(file, settings.uploads / file.name)
    _sync_folder(settings.uploads)
    return {file.name for file in files}


def _drop_other_uploads(settings: Settings, wanted: set[str]) -> None:
    for file in _uploaded(settings):
        if file.name not in wanted:
            file.unlink()


def _secret_at_hand(settings: Settings, new: Path) -> Path | None:
    """The key comes back with what it opens: it lies beside its place now. Where SECRET_KEY is set in the environment,
    that one counts."""
    if not new.exists():
        return None
    new.chmod(0o600)
    aside = settings.instance / f"{SECRET_FILE}.part"
    _put_beside(new, aside)
    return aside


def _put_beside(file: Path, place: Path) -> None:
    """Move a file, also from another disk: in its place it is whole."""
    aside = place.with_name(place.name + ".moving")
    aside.unlink(missing_ok=True)
    _link_or_copy(file, aside)
    aside.chmod(0o600)
    with aside.open("rb") as moved:
        os.fsync(moved.fileno())
    aside.replace(place)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sqlite_file(settings: Settings) -> Path:
    return Path(str(make_url(settings.database_url).database))


def _run(program: str, options: list[str], url: URL, *arguments: str) -> None:
    """One of PostgreSQL's own programs. The password travels in the environment, where nobody else can read it."""
    found = shutil.which(program)
    if found is None:
        raise BackupFailed(f"{program} is not here; it comes with PostgreSQL (on Debian: postgresql-client)")
    address = url.set(drivername="postgresql", password=None).render_as_string()
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    done = subprocess.run(
        [found, *options, f"--dbname={address}", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["it did not say why"])[-1]
        raise BackupFailed(f"{program}: {said}")
