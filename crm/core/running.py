"""Whether somebody works with an instance folder: a lock that the system takes back when a process dies, however."""

import os
from contextlib import suppress
from pathlib import Path
from types import ModuleType

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no such locks: there nobody is told apart
    fcntl = None

FILE = "in_use"
_held: dict[Path, int] = {}


def hold(instance: Path) -> None:
    """From here until this process ends, the folder is in use. Asking again changes nothing."""
    if fcntl is None or instance in _held:
        return
    descriptor = _opened(instance)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    _held[instance] = descriptor


def take_alone(instance: Path) -> bool:
    """Whether nobody else uses the folder; from here until this process ends nobody else begins to.

    Whoever wants to begin meanwhile waits.
    """
    if fcntl is None:
        return True
    let_go(instance)
    descriptor = _opened(instance)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return False
    _held[instance] = descriptor
    return True


def let_go(instance: Path) -> None:
    """Give the folder back before the process ends."""
    descriptor = _held.pop(instance, None)
    if descriptor is not None:
        with suppress(OSError):
            os.close(descriptor)


def _opened(instance: Path) -> int:
    return os.open(instance / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
