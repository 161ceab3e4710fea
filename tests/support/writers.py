"""Programs that write at once, and while the server is killed."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from http.client import HTTPException
from typing import Any

from tests.support.serving import Server
from tests.support.waiting import eventually

WRITERS = 4
BETWEEN_KILLS = 20


class Writer:
    """A program with a token that asks a server for something."""

    def __init__(self, server: Server, token: str) -> None:
        self.server = server
        self._token = token

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, str]:
        """Status, answer and ETag. The status is 0 where no answer came."""
        request = urllib.request.Request(
            f"{self.server.url}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json", **headers},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer), answer.headers.get("ETag", "")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error), ""
        except (OSError, HTTPException, ValueError):  # cut off, before the answer or within it
            return 0, None, ""

    def count_together(self, vendor_ids: Sequence[int], *, clients: int, each: int) -> Counter[int]:
        """Each client adds one to a vendor's count, so many times: it reads, and writes if nobody was quicker, else it
        reads again. How often each status was answered."""
        answers: Counter[int] = Counter()

        def add_ones(client: int) -> None:
            for number in range(each):
                path = f"/vendors/{vendor_ids[(client * 7 + number) % len(vendor_ids)]}"
                status: int = HTTPStatus.PRECONDITION_FAILED
                while status == HTTPStatus.PRECONDITION_FAILED:
                    _, vendor, etag = self.ask("GET", path)
                    more = str(int(vendor["what_they_do"]) + 1)
                    status, _, _ = self.ask("PATCH", path, {"what_they_do": more}, **{"If-Match": etag})
                    answers[status] += 1

        with ThreadPoolExecutor(clients) as pool:
            list(pool.map(add_ones, range(clients)))
        return answers

    def write_through_kills(self, vendor_ids: Sequence[int], *, kills: int) -> list[str]:
        """Notes are added without a pause while the server is killed and started again so often: those of them that
        the server said it had stored."""
        acknowledged: list[str] = []
        stop = threading.Event()

        def write(client: int) -> None:
            number = 0
            while not stop.is_set():
                number += 1
                words = f"{client}-{number}"
                status, _, _ = self.ask("POST", "/notes", {"vendor_id": vendor_ids[client], "body": words})
                if status == HTTPStatus.CREATED:
                    acknowledged.append(words)

        with ThreadPoolExecutor(WRITERS) as pool:
            writers = [pool.submit(write, client) for client in range(WRITERS)]
            try:
                for kill in range(1, kills + 1):
                    least = BETWEEN_KILLS * kill
                    eventually(lambda least=least: len(acknowledged) >= least, what="more notes")  # type: ignore[misc]
                    self.server.kill()
                    self.server.start()
            finally:
                stop.set()
            for writer in writers:
                writer.result()
        return acknowledged
