"""Which addresses are ours: where a redirect may lead, and where a form may be sent again."""

import re
from urllib.parse import urlsplit

from flask import current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from crm.core.settings import Settings

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


def own_address(settings: Settings) -> str:
    """The address of this installation without a path: the one that is set, else the one it was reached at."""
    return settings.base_url.rstrip("/") if settings.base_url_is_set else request.host_url.rstrip("/")
