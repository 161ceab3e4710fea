"""Copies of a SQLite database while it is in use: the online backup, checked, and put in place in one step."""

import os
from contextlib import closing
from pathlib import Path

from crm.core.engine import sqlite_driver


class BackupFailed(Exception):
    """The copy is not sound; the message is one line."""


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database to a file that did not exist or is replaced. Raises :class:`BackupFailed`; then nothing is
    left behind and an older copy stays."""
    driver = sqlite_driver()
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(target.name + ".part")
    aside.unlink(missing_ok=True)
    try:
        with closing(driver.connect(str(source))) as old, closing(driver.connect(str(aside))) as new:
            old.backup(new)
            verdict = new.execute("PRAGMA integrity_check").fetchone()[0]
        if verdict != "ok":
            raise BackupFailed(f"the copy of {source.name} is not sound: {verdict}")
        with aside.open("rb+") as file:
            os.fsync(file.fileno())
        aside.replace(target)
    except driver.Error as error:
        raise BackupFailed(f"{source.name} could not be copied: {error}") from error
    finally:
        aside.unlink(missing_ok=True)
