"""How what a search found is written: hundreds of pieces a page, each letter typed asks for another page."""

from functools import lru_cache
from urllib.parse import urlencode

from markupsafe import Markup, escape

from crm.models.enums import SearchKind
from crm.queries.search import Found, Marked
from crm.web.addresses import address_of


@lru_cache(maxsize=512)
def marked(pieces: Marked) -> Markup:
    """A text with what was found in marks; every piece is escaped."""
    written = [f"<mark>{escape(words)}</mark>" if is_found else escape(words) for words, is_found in pieces]
    return Markup("".join(written))  # noqa: S704 - each piece is escaped just above


def place(row: Found) -> str:
    """Where a result leads: to its line on the vendor's timeline, to the files, or to the vendor."""
    if row.line is None and row.kind is SearchKind.FILES:
        return address_of("attachments.index", vendor_id=row.vendor_id)
    page = address_of("profiles.show", vendor_id=row.vendor_id)
    if row.line is not None:
        before = urlencode({"before": f"{row.on.isoformat()}.{row.line.id + 1}"})
        return f"{page}?{before}#{row.line.anchor}"
    return f"{page}#p-people" if row.kind is SearchKind.PEOPLE else page
