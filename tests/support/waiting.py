"""Waiting for something in another process or thread, without guessing how long it takes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 90.0
"""Seconds. Far more than anything needs: only a hung program ever waits so long."""


def eventually(ask: Callable[[], T], *, what: str = "", within: float = PATIENCE) -> T:
    """Asks again and again until the answer is true, and returns it. Fails when patience is over."""
    pause = threading.Event()
    deadline = time.monotonic() + within
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain for {what or ask}; the last answer was {answer!r}")
        pause.wait(0.02)
