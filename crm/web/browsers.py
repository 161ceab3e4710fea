"""What a browser calls itself, in words that a person knows their device by."""

from crm.core.i18n import _

_PROGRAMS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)
"""In this order: several of these marks stand in one text, the more telling ones first."""


def name_of(user_agent: str) -> str:
    """``Firefox on Linux``; as much of it as can be told."""
    program = _first(_PROGRAMS, user_agent)
    system = _first(_SYSTEMS, user_agent)
    if program and system:
        return _("%(program)s on %(system)s", program=program, system=system)
    return program or system or _("A browser")


def _first(marks: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((words for mark, words in marks if mark in user_agent), "")
