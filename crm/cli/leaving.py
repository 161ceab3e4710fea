"""How a command that runs for long is asked to end."""

import signal
from queue import Empty, SimpleQueue
from types import FrameType


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
