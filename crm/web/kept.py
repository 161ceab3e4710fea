"""What a person had typed when the way was barred: a sign-in that was over, a page that was open too long.

It is carried through the sign-in in the page itself, and shown there with a button that sends it to where it was
going. It is never sent by itself, and never carried for a request that came from another site.
"""

import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import request

from crm.web.paths import post_path, safe_path

_SECRETS = frozenset({"csrf_token", "password", "current", "new"})


@dataclass(frozen=True, slots=True)
class Kept:
    """A form that was sent to one of our addresses: its fields in order, without passwords and files."""

    path: str
    pairs: tuple[tuple[str, str], ...]
    had_files: bool = False

    @property
    def texts(self) -> list[str]:
        """What is worth reading again: sentences and names; where there are none, whatever holds letters."""
        values = [value.strip() for _name, value in self.pairs]
        sentences = [value for value in values if len(value.split()) > 1]
        return sentences or [value for value in values if any(letter.isalpha() for letter in value)]

    def packed(self) -> str:
        """The fields as one text, for a hidden box."""
        return json.dumps([self.pairs, self.had_files], ensure_ascii=False)


def of_request() -> Kept | None:
    """What the present request would have sent, if it came from a page of ours."""
    path = post_path(request.full_path.rstrip("?"))
    if request.method != "POST" or not path or not _is_same_origin():
        return None
    pairs = tuple((name, value) for name, values in request.form.lists() for value in values if name not in _SECRETS)
    return Kept(path, pairs, had_files=any(file.filename for file in request.files.values()))


def unpacked(path: str | None, packed: str | None) -> Kept | None:
    """What :meth:`Kept.packed` made, read again; None for anything else."""
    path = post_path(path or "")
    if not path:
        return None
    try:
        pairs, had_files = json.loads(packed or "")
        return Kept(path, tuple((str(name), str(value)) for name, value in pairs), bool(had_files))
    except (ValueError, TypeError):
        return None


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
