"""Which revision of its schema a database is at, and which this program knows: asked often, so without Alembic."""

import re
from functools import lru_cache
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

VERSIONS = Path(__file__).resolve().parents[2] / "migrations" / "versions"

_REVISION = re.compile(r"^revision\b[^=]*=\s*[\"'](\w+)[\"']", re.MULTILINE)
_DOWN = re.compile(r"^down_revision\b[^=]*=\s*[\"'](\w+)[\"']", re.MULTILINE)


@lru_cache(maxsize=1)
def newest() -> str:
    """The revision that no other one stands upon."""
    stood_upon = {found for source in _sources() for found in _DOWN.findall(source)}
    (last,) = known() - stood_upon
    return last


@lru_cache(maxsize=1)
def known() -> frozenset[str]:
    """Every revision that this program knows."""
    return frozenset(str(found) for source in _sources() for found in _REVISION.findall(source))


def _sources() -> list[str]:
    return [path.read_text("utf-8") for path in sorted(VERSIONS.glob("*.py"))]


def present(session: Session) -> str | None:
    """The revision of the session's database; None for an empty one."""
    if not inspect(session.connection()).has_table("alembic_version"):
        return None
    found: str | None = session.scalar(text("SELECT version_num FROM alembic_version"))
    return found
