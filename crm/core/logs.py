"""What the program writes about itself: one line an event, as text or as JSON, without secrets.

Tokens in addresses are masked, and no line can be forged: what would break a line is written as an escape.
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime

from crm.core.settings import Settings

_TOKEN = re.compile(
    r"(/(?:reminder-links|unsubscribe|opt-out|introductions|agreements|cards|invitations|resets|email-changes|calendar)/)[^/\s?\"']+"
)
_LINE_BREAKS = str.maketrans({"\r": "\\r", "\n": "\\n", "\x85": "\\x85", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def masked(words: str) -> str:
    """The words without the secrets that links carry."""
    return _TOKEN.sub(r"\1***", words)


def _indented(words: str) -> str:
    """The lines of a traceback, so that none of them can pass for a line of the log: what failed may quote anything."""
    lines = words.split("\n")
    return "\n".join("    " + line.translate(_LINE_BREAKS) for line in lines)


class _TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds")
        words = masked(record.getMessage()).translate(_LINE_BREAKS)
        line = f"{moment} {record.levelname} {record.name}: {words}"
        return line + "\n" + _indented(masked(self.formatException(record.exc_info))) if record.exc_info else line


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "at": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": masked(record.getMessage()),
        }
        if record.exc_info:
            entry["exception"] = masked(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=True)


def configure(settings: Settings) -> None:
    """Write to standard error from now on."""
    output = logging.StreamHandler(sys.stderr)
    output.setFormatter(_JsonFormatter() if settings.log_format == "json" else _TextFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[output], force=True)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a tick left out while one is under way is no news
    logging.getLogger("alembic").setLevel(logging.WARNING)
