"""Web addresses as people type them, in a file of their own: the process that reads imports needs little else."""

from crm.core import text
from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.domain.import_rows import normalised_website


def web_address(typed: str) -> str:
    """An http or https address as it is kept; nothing for nothing. Raises Refused for anything else."""
    if not typed.strip():
        return ""
    found = normalised_website(text.clean_line(typed))
    if not found:
        raise Refused(lazy("Type a web address, like https://wren.example."))
    return found
