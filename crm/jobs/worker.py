"""What the threads have in common that work off what the database holds: when they look, and how they stop."""

import logging
import os
import secrets
import socket
import threading
from abc import ABC, abstractmethod
from datetime import timedelta

from sqlalchemy import Engine

from crm.core.settings import Settings

log = logging.getLogger(__name__)


class Worker(ABC):
    """One worker. Any number of them may run, in any number of processes."""

    def __init__(self, engine: Engine, settings: Settings, bell: threading.Event) -> None:
        """``bell`` rings when there is something new in this process."""
        self._engine = engine
        self._settings = settings
        self._bell = bell
        self._lease = timedelta(seconds=settings.lease_seconds)
        self._stopping = threading.Event()
        self.owner = f"{socket.gethostname()[:24]}:{os.getpid()}:{secrets.token_hex(8)}"

    @abstractmethod
    def work_once(self) -> int:
        """Work off all that waits. How much it was."""

    def run(self) -> None:
        """Work until told to stop: whenever the bell rings, and at each tick for what others put in."""
        while not self._stopping.is_set():
            self._bell.clear()
            try:
                self.work_once()
            except Exception:
                log.exception("a turn of %s failed", type(self).__name__)
            self._bell.wait(self._settings.tick_seconds)

    def stop(self) -> None:
        """Finish what is in hand and go; the lease of what is not finished runs out, and another goes on."""
        self._stopping.set()
        self._bell.set()
