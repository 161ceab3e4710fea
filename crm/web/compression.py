"""Pages go out compressed where the browser takes that, and where it gives nothing away.

The length of a compressed page tells how often a text occurs twice in it. Whoever could put words of their own into
somebody's page, and see its length on the wire, could guess what else stands there, letter by letter. Words come into a
page from the address's query or from a form, so only answers to a GET without a query are compressed. The hidden token
is signed anew each second besides.
"""

import gzip

from flask import Flask, Response, request

WORTH_IT = 1024
"""Bytes. Below, the answer fits into one packet anyway."""
LEVEL = 5
"""Of 9: a page of 100 kB takes about a millisecond, and further effort saves a hundredth."""


def install(app: Flask) -> None:
    """Compress pages on their way out."""

    @app.after_request
    def compress(response: Response) -> Response:
        if not _is_page(response):
            return response
        response.vary.add("Accept-Encoding")
        body = response.get_data()
        if len(body) >= WORTH_IT and _gives_nothing_away() and request.accept_encodings["gzip"]:
            response.set_data(gzip.compress(body, LEVEL, mtime=0))
            response.content_encoding = "gzip"
        return response


def _is_page(response: Response) -> bool:
    return response.mimetype == "text/html" and not response.is_streamed and not response.content_encoding


def _gives_nothing_away() -> bool:
    return request.method == "GET" and not request.query_string
