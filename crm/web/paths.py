"""Which addresses are ours: where a redirect may lead, and where a form may be sent again."""

import re
from urllib.parse import urlsplit

from flask import current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

_PATH = re.compile(r"/([A-Za-z0-9][^\\\s]*)?\Z")


def safe_path(path: str) -> str:
    """The path, if it is one of ours that a GET shows, else an empty text: no redirect leads anywhere else."""
    return path if _is_ours(path, "GET") else ""


def post_path(path: str) -> str:
    """The path, if it is one of ours that takes a POST, else an empty text."""
    return path if _is_ours(path, "POST") else ""


def _is_ours(path: str, method: str) -> bool:
    if not _PATH.match(path):
        return False
    adapter = current_app.create_url_adapter(request)
    if adapter is None:
        return False
    try:
        adapter.match(urlsplit(path).path, method=method)
    except (RequestRedirect, HTTPException, ValueError):
        return False
    return True
