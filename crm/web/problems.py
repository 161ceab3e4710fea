"""Errors as programs read them: RFC 9457 problem details, for every address below ``/api/``."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from flask import Response, request

API = "/api/"
MEDIA_TYPE = "application/problem+json"

FieldError = dict[str, str]
"""``{"pointer": "#/name", "detail": …}`` for a part of the body, ``{"parameter": "sort", …}`` for one of the query."""


class Rejected(Exception):
    """A program's request that cannot be carried out, with the answer to it."""

    def __init__(
        self,
        status: int,
        detail: object = "",
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(str(detail))
        self.status = status
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.more = more


def is_from_program() -> bool:
    """Whether the present request is a program's: it is answered in problem details, and its cookies are not read."""
    return request.path.startswith(API)


def answer(
    status: int,
    detail: str = "",
    *,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """A problem. Its title is the status in words, ``detail`` says what happened this time and what to do."""
    body: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if detail:
        body["detail"] = detail
    if errors:
        body["errors"] = list(errors)
    body |= more
    response = Response(json.dumps(body, ensure_ascii=False), status, mimetype=MEDIA_TYPE)
    response.headers.update(headers or {})
    return response


def of_rejected(rejected: Rejected) -> Response:
    """The answer to a rejected request."""
    return answer(rejected.status, str(rejected), errors=rejected.errors, headers=rejected.headers, **rejected.more)
