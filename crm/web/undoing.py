"""Where a toast's Undo sends to."""

from flask import url_for

from crm.models.bin_items import BinItem


def from_bin(item: BinItem) -> str:
    """The address that puts back what was just deleted."""
    return url_for("bin_items.put_back", item_id=item.id)
