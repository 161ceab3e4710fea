"""What a person had typed when the way was barred: a sign-in that was over, a page that was open too long.

It is carried through the sign-in in the page itself, and shown there with a button that sends it to where it was
going. It is never sent by itself, and never carried for a request that came from another site.
"""

import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import request

from crm.core.i18n import LazyText, lazy
from crm.web import shown
from crm.web.paths import post_path, safe_path
from crm.web.shown import Shown

SEND_TO = "send_to"
"""The box that says: yes, send it to the business where it was typed."""

TYPED_SECRETS = frozenset({"password", "current", "new", "code"})
"""What a person typed and no page shows again."""
_SECRETS = TYPED_SECRETS | {"csrf_token", "recovery", "confirm_password", "confirm_code", "confirm_sealed", SEND_TO}
_TECHNICAL = frozenset(
    {"version", "opened", "back", "next", "address", "asked", "act", "scope", "vendor", "username", "usually"}
)
_LABELS: dict[str, LazyText] = {
    "name": lazy("Name"),
    "what_they_do": lazy("What they do"),
    "summary": lazy("What was said"),
    "said": lazy("What happened"),
    "what_happened": lazy("What happened"),
    "body": lazy("Note"),
    "notes": lazy("Notes"),
    "note": lazy("Note"),
    "what": lazy("In a few words"),
    "promise": lazy("In a few words"),
    "why": lazy("Why"),
    "details": lazy("In your words"),
    "condition": lazy("Or something happens"),
    "title": lazy("Title"),
    "business": lazy("Business"),
    "person": lazy("Person"),
    "role": lazy("What they do there"),
    "email": lazy("E-mail"),
    "emails": lazy("E-mail"),
    "phones": lazy("Phone numbers"),
    "website": lazy("Website"),
    "location": lazy("Location"),
    "languages": lazy("Languages"),
    "working_hours": lazy("Working hours"),
    "referred_by": lazy("Recommended by"),
    "tags": lazy("Tags"),
    "terms": lazy("Terms"),
}
"""Boxes that hold a person's own words, as their forms name them."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A form that was sent to one of our addresses: its fields in order, without passwords and files."""

    path: str
    pairs: tuple[tuple[str, str], ...]
    had_files: bool = False
    shown: Shown | None = None
    """Where it was typed, and by whom, if the form said so."""

    @property
    def texts(self) -> list[tuple[str, str]]:
        """What is worth reading again, as (label, words): what stood in boxes for words, and sentences anywhere.

        Where there are none, whatever holds letters. The label is empty where the box is not known by name.
        """
        lettered = [(name, value) for name, value in self._typed if any(letter.isalpha() for letter in value)]
        return self.sentences or [(str(_LABELS.get(name, "")), value) for name, value in lettered]

    @property
    def sentences(self) -> list[tuple[str, str]]:
        """The part of them that stood in boxes for words, or is more than one word."""
        own = [(name, value) for name, value in self._typed if name in _LABELS or len(value.split()) > 1]
        return [(str(_LABELS.get(name, "")), value) for name, value in own]

    @property
    def _typed(self) -> list[tuple[str, str]]:
        return [(name, value.strip()) for name, value in self.pairs if value.strip() and not _is_technical(name)]

    def packed(self) -> str:
        """The fields as one text, for a hidden box."""
        where = [self.shown.workspace_id, self.shown.person_id] if self.shown else None
        return json.dumps([self.pairs, self.had_files, where], ensure_ascii=False)

    def is_of(self, person_id: int | None) -> bool:
        """Whether the person may read it: it is theirs, or nobody knows whose."""
        return self.shown is None or self.shown.person_id == person_id


def of_request(*, is_ours: bool = False) -> Kept | None:
    """What the present request would have sent, if it came from a page of ours: ``is_ours`` says that this is known."""
    path = post_path(request.full_path.rstrip("?"))
    if request.method != "POST" or not path or not (is_ours or _is_same_origin()):
        return None
    pairs = tuple((name, value) for name, values in request.form.lists() for value in values if name not in _SECRETS)
    has_files = any(file.filename for file in request.files.values())
    return Kept(path, pairs, had_files=has_files, shown=shown.where_typed())


def unpacked(path: str | None, packed: str | None) -> Kept | None:
    """What :meth:`Kept.packed` made, read again; None for anything else."""
    path = post_path(path or "")
    if not path:
        return None
    try:
        pairs, had_files, *where = json.loads(packed or "")
        fields = tuple((str(name), str(value)) for name, value in pairs)
    except (ValueError, TypeError):
        return None
    return Kept(path, fields, bool(had_files), shown.of_numbers(where[0]) if where else None)


def _is_technical(name: str) -> bool:
    return name in _TECHNICAL or name == "id" or name.endswith("_id")


def page_before() -> str:
    """The page of ours that the present request was sent from, or an empty text."""
    parts = urlsplit(request.referrer or "")
    if parts.netloc != request.host:
        return ""
    return safe_path(parts.path + (f"?{parts.query}" if parts.query else ""))


def _is_same_origin() -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("Origin") == request.host_url.rstrip("/")
