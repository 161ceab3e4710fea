"""How a command that runs for long is asked to end."""

import os
import signal
from collections.abc import MutableMapping
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any

from waitress import wasyncore


class Leaving:
    """Hears SIGTERM and SIGINT from when it is made on, in the main thread.

    Python runs a signal's handler between any two steps of the main thread, also while that holds the lock of the
    ``threading.Event`` on which it waits: to set the event in the handler then waits for itself, for good. This queue
    is one into which such a handler may put something at any time.
    """

    def __init__(self) -> None:
        self._asked: SimpleQueue[int] = SimpleQueue()
        self._is_asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._hear)

    def wait(self, seconds: float) -> bool:
        """Whether it has been asked to end, as soon as it is or after so many seconds.

        A signal that another thread receives wakes nobody: it is heard at the end of the wait.
        """
        if not self._is_asked:
            try:
                self._asked.get(timeout=seconds)
                self._is_asked = True
            except Empty:
                pass
        return self._is_asked

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        self._asked.put(number)


class LeavingLoop(wasyncore.file_dispatcher):  # type: ignore[misc]  # the package has no types
    """Ends the web server's loop on SIGTERM and SIGINT, from when it is made on, in the main thread.

    The loop's thread holds locks that the threads of requests need. To raise in a handler may come between taking one
    and what gives it back; so the handler writes to a pipe, and the loop ends where it reads what it is told next.
    """

    def __init__(self, channels: MutableMapping[int, Any]) -> None:
        """``channels`` is the map of what the loop listens to."""
        heard, self._said = os.pipe()  # never closed: its number must not come to mean another file
        os.set_blocking(self._said, False)
        super().__init__(heard, map=channels)
        os.close(heard)  # the loop has a copy of its own
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._hear)

    def writable(self) -> bool:
        """It only listens."""
        return False

    def handle_read(self) -> None:
        """Something was heard: end."""
        raise SystemExit(0)

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        with suppress(OSError):
            os.write(self._said, b".")
        signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever presses twice will not wait
