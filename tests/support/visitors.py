"""Somebody before a program that runs as a process: cookies, forms with their token, no redirects followed."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http.client import HTTPMessage
from http.cookiejar import CookieJar
from typing import IO, Any

from bs4 import BeautifulSoup


@dataclass(frozen=True)
class Seen:
    """A page: how it was answered, and what it says."""

    status: int
    words: str
    token: str


class Visitor:
    """Asks for pages of a server, and sends forms."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()), _StayHere())
        self._token = ""

    def get(self, path: str) -> Seen:
        """Opens a page."""
        return self._ask(urllib.request.Request(self._url + path))

    def post(self, path: str, **fields: str) -> Seen:
        """Sends a form with the token of the page that was seen last."""
        body = urllib.parse.urlencode({"csrf_token": self._token, **fields}).encode()
        return self._ask(urllib.request.Request(self._url + path, data=body))

    def _ask(self, request: urllib.request.Request) -> Seen:
        try:
            answer: Any = self._opener.open(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            page = BeautifulSoup(answer.read(), "html.parser")
            box = page.select_one("input[name=csrf_token]")
            self._token = str(box["value"]) if box else self._token
            return Seen(answer.status, page.get_text(" ", strip=True), self._token)


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None
