"""A browser that knows no more than measuring needs: one connection kept open, cookies, forms with their token."""

import http.client
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from time import perf_counter
from urllib.parse import urlencode

from crm.cli.bench.counts import NotAsExpected, token
from crm.cli.bench.seed import OWNER, PASSWORD

_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes


class HttpBrowser:
    """One person's browser, on one connection."""

    def __init__(self, port: int, cookies: dict[str, str] | None = None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)
        self._cookies = dict(cookies or {})
        self._port = port
        self.token = ""

    def another(self) -> "HttpBrowser":
        """A further tab of the same browser: signed in too, with a connection of its own."""
        tab = HttpBrowser(self._port, self._cookies)
        tab.token = self.token
        return tab

    def sign_in(self) -> "HttpBrowser":
        """Sign in by the form that everybody sees."""
        self.token = token(self.get("/sign-in").body.decode())
        answer = self.post("/sign-in", email=OWNER, password=PASSWORD)
        if answer.status != 303:
            raise NotAsExpected(f"the sign-in answered {answer.status}")
        self.token = token(self.get("/board").body.decode())
        return self

    def get(self, path: str) -> Answer:
        """Look at a page."""
        return self._ask("GET", path, None)

    def post(self, path: str, **fields: str) -> Answer:
        """Send a form."""
        return self._ask("POST", path, urlencode({"csrf_token": self.token, **fields}))

    def close(self) -> None:
        """Give the connection up."""
        self._connection.close()

    def _ask(self, method: str, path: str, body: str | None) -> Answer:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        read = answer.read()
        for header in answer.headers.get_all("Set-Cookie") or ():
            self._cookies.update({name: cookie.value for name, cookie in SimpleCookie(header).items()})
        return Answer(answer.status, read)


@dataclass(slots=True)
class Tally:
    """What came of many requests: seconds each took, and how many failed."""

    seconds: list[float] = field(default_factory=list)
    failures: int = 0


Act = Callable[[HttpBrowser, int], bool]
"""One request, the n-th of its kind; whether it was answered as it should."""


def in_turn(browser: HttpBrowser, act: Act, times: int, first: int = 0) -> Tally:
    """One request after the other."""
    tally = Tally()
    for number in range(first, first + times):
        _one(browser, act, number, tally)
    return tally


def together(browser: HttpBrowser, act: Act, clients: int, seconds: float) -> Tally:
    """Several clients for so many seconds, each sending its next request once it has the answer."""
    over = perf_counter() + seconds
    tallies = [Tally() for _ in range(clients)]

    def work(place: int) -> None:
        tab = browser.another()
        number = place
        while perf_counter() < over:
            _one(tab, act, number, tallies[place])
            number += clients
        tab.close()

    threads = [threading.Thread(target=work, args=(place,)) for place in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    everything = Tally(failures=sum(tally.failures for tally in tallies))
    for tally in tallies:
        everything.seconds += tally.seconds
    return everything


def _one(browser: HttpBrowser, act: Act, number: int, tally: Tally) -> None:
    began = perf_counter()
    try:
        well = act(browser, number)
    except (OSError, http.client.HTTPException):
        browser.close()  # the next request opens the connection anew
        well = False
    tally.seconds.append(perf_counter() - began)
    tally.failures += not well
