"""What can go wrong by the rules. Each is answered in one place, ``crm/web/answers.py``; nothing is written then."""

from crm.core.i18n import LazyText


class Problem(Exception):
    """A rule stands against the act. ``words`` say what to do, in the user's language."""

    def __init__(self, words: str | LazyText = "") -> None:
        super().__init__(str(words))
        self.words = words


class Refused(Problem):
    """The input breaks a rule. ``field`` names the box of the form that it belongs to, if one does."""

    def __init__(self, words: str | LazyText, *, field: str | None = None) -> None:
        super().__init__(words)
        self.field = field


class Missing(Problem):
    """There is no such thing here; somebody else's thing looks just the same."""


class Forbidden(Problem):
    """The reader's role does not allow it."""


class Stale(Problem):
    """Somebody saved the same record since it was opened."""


class Throttled(Problem):
    """Too many attempts; try again after ``seconds``."""

    def __init__(self, words: str | LazyText, *, seconds: int) -> None:
        super().__init__(words)
        self.seconds = seconds


class OutsideWorkspace(RuntimeError):
    """A statement or a row crosses the border of its workspace: a defect of the program, never of the input."""


class ReadOnly(RuntimeError):
    """Something is about to be written while only reading was asked for: a defect of the program."""


class BadSetting(Exception):
    """A setting cannot be used; the message is one line: its name, what is wrong, an example."""
