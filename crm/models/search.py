"""What the search looks through: the words of everything, in one table that the database itself keeps true.

Tags, categories, e-mail addresses and telephone numbers are found where they are: their tables are small or in order.
"""

from datetime import date
from enum import IntEnum

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.columns import Base, Choice, Owned, belongs_to
from crm.core.search_index import ROOM, Renewal, Words, register
from crm.models.enums import Visibility


class SearchSource(IntEnum):
    """Where words come from. It is the last part of an entry's id: the row's own id x 16 + this."""

    VENDOR = 0
    PERSON = 1
    NOTE = 2
    CONVERSATION = 3
    TRUST = 4
    HISTORY = 5
    FILE = 6
    LINK = 7
    FIELD = 8


class SearchEntry(Owned, Base):
    """The words of one row of another table. Triggers write it (:mod:`crm.core.search_index`), nobody else does."""

    __tablename__ = "search_entries"
    # Less than other owned tables have: it is written with each row of the others, and nothing points at it. The index
    # begins with the vendor, or SQLite would rather read a whole workspace by it than a few entries by their ids.
    __table_args__ = (belongs_to("vendors", "vendor_id"), Index(None, "vendor_id", "workspace_id"))

    vendor_id: Mapped[int]
    title: Mapped[str] = mapped_column(Text, default="")
    """A name; empty for what has no name."""
    body: Mapped[str] = mapped_column(Text, default="")
    about: Mapped[str] = mapped_column(Text, default="")
    """Who its vendor is, so that a word of theirs and a word of this are found together."""
    happened_on: Mapped[date]
    author_id: Mapped[int | None]
    visibility: Mapped[Visibility] = mapped_column(Choice(Visibility), default=Visibility.TEAM)

    @property
    def source(self) -> SearchSource:
        return SearchSource(self.id % ROOM)

    @property
    def subject_id(self) -> int:
        """The id of the row whose words these are."""
        return self.id // ROOM


_VENDOR = "JOIN vendors v ON v.id = r.vendor_id"
_ADDED = {"sqlite": "substr(v.created_at, 1, 10)", "postgresql": "(v.created_at AT TIME ZONE 'UTC')::date"}
_MADE = {"sqlite": "substr(r.created_at, 1, 10)", "postgresql": "(r.created_at AT TIME ZONE 'UTC')::date"}
_ABOUT = "v.name || ' ' || v.what_they_do || ' ' || v.location"
_ASKED = "JOIN custom_fields f ON f.id = r.field_id AND f.archived_at IS NULL"
_SAID = "coalesce(r.words, (SELECT c.name FROM custom_choices c WHERE c.id = r.choice_id), '')"
"""What stands in a field of the business's own that is asked: a text, an address, or the name of an option."""
_FACTS = ("what", "area", "flaw", "workaround", "business", "condition", "told", "evidence", "response")
"""What a person typed stands in these facts of a line of the timeline; the rest are dates and choices."""


def _line() -> dict[str, str]:
    """The words of a line of the timeline: its body, and for most kinds what stands in its facts."""
    sqlite = " || ' ' || ".join(f"coalesce(json_extract(r.facts, '$.{fact}'), '')" for fact in _FACTS)
    postgresql = " || ' ' || ".join(f"coalesce(r.facts ->> '{fact}', '')" for fact in _FACTS)
    plain = "CASE WHEN r.kind IN ('note', 'interaction', 'email') THEN r.body ELSE trim(r.body || ' ' || {}) END"
    return {"sqlite": plain.format(sqlite), "postgresql": plain.format(postgresql)}


_LINES = "CASE r.kind WHEN 'note' THEN 2 WHEN 'interaction' THEN 3 WHEN 'email' THEN 3 WHEN 'trust' THEN 4 ELSE 5 END"

register(
    Words(
        "vendors", codes=(0,), joins="JOIN vendors v ON v.id = r.id", vendor="r.id", title="r.name",
        body="r.what_they_do || ' ' || r.location || ' ' || r.web_domain", about="''", day=_ADDED,
        author="r.created_by", watched=("name", "what_they_do", "location", "web_domain"),
    ),
    Words(
        "people", codes=(1,), joins=_VENDOR, title="r.name", body="r.role || ' ' || r.notes", about=_ABOUT, day=_MADE,
        author="r.created_by", watched=("name", "role", "notes", "vendor_id"),
    ),
    Words(
        "timeline_entries", codes=(2, 3, 4, 5), code=_LINES, joins=_VENDOR, body=_line(), about=_ABOUT,
        day={"sqlite": "r.happened_on", "postgresql": "r.happened_on"}, author="r.author_id", visibility="r.visibility",
        # The file has an entry of its own, the rest holds nothing that a person has typed.
        only="{r}.kind NOT IN ('added', 'file', 'snooze', 'skip')",
        watched=("body", "facts", "visibility", "happened_on", "author_id", "vendor_id"),
    ),
    Words(
        "attachments", codes=(6,), joins=_VENDOR, title="r.name", about=_ABOUT, day=_MADE, author="r.created_by",
        watched=("name", "vendor_id"),
    ),
    Words(
        "vendor_links", codes=(7,), joins=_VENDOR, title="r.title", body="r.url", about=_ABOUT, day=_MADE,
        author="r.created_by", watched=("title", "url", "vendor_id"),
    ),
    Words(
        "custom_values", codes=(8,), joins=f"{_ASKED} {_VENDOR}", body=_SAID, about=_ABOUT, day=_ADDED,
        only="({r}.words IS NOT NULL OR {r}.choice_id IS NOT NULL)", watched=("words", "choice_id", "vendor_id"),
        renewed=(
            Renewal("custom_choices", ("name",), "choice_id"), Renewal("custom_fields", ("archived_at",), "field_id"),
        ),
    ),
    vendor_words=("name", "what_they_do", "location"),
    vendor_about="NEW.name || ' ' || NEW.what_they_do || ' ' || NEW.location",
)  # fmt: skip
