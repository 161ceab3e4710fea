"""Files that people send: bytes outside the database, under random names, bound to the database's transaction.

A file is written before the commit and taken away again if that fails; it is removed only once the commit has
happened. So a row without its file never exists, whatever breaks in between.
"""

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import event
from sqlalchemy.orm import Session

CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that was written: its random name, its size in bytes, its fingerprint."""

    stored_as: str
    size: int
    sha256: str


def keep(session: Session, folder: Path, content: BinaryIO) -> Kept:
    """Write the content, from where it stands to its end, under a random name; gone again if the session rolls back."""
    folder.mkdir(parents=True, exist_ok=True)
    name = secrets.token_hex(16)
    path = folder / name
    digest, size = hashlib.sha256(), 0
    _gone_unless_committed(session, path)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while chunk := content.read(CHUNK):
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        file.flush()
        os.fsync(file.fileno())
    return Kept(name, size, digest.hexdigest())


def _gone_unless_committed(session: Session, path: Path) -> None:
    waiting = [path]
    event.listen(session, "after_commit", lambda _session: waiting.clear())

    def take_away(_session: Session, _transaction: object) -> None:
        for written in waiting:
            written.unlink(missing_ok=True)

    event.listen(session, "after_soft_rollback", take_away)


def drop(session: Session, folder: Path, stored_as: str) -> None:
    """Remove a file once the session has committed."""
    waiting = [place(folder, stored_as)]
    event.listen(session, "after_soft_rollback", lambda _session, _transaction: waiting.clear())

    def take_away(_session: Session) -> None:
        for unwanted in waiting:
            unwanted.unlink(missing_ok=True)

    event.listen(session, "after_commit", take_away)


def place(folder: Path, stored_as: str) -> Path:
    """Where a file lies. ValueError for a name that this module never gives, so that none leads out of the folder."""
    if not stored_as.isalnum() or not stored_as.isascii():
        raise ValueError("not the name of a stored file")
    return folder / stored_as
