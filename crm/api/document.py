"""``GET /api/v1/openapi.json``: all of the API, described from the very routes and fields that serve it."""

from importlib import import_module
from typing import Any

from marshmallow import Schema

from crm import api
from crm.api.fields import Part, Shape, object_shape, shape_of
from crm.api.gate import CSV, FORM, JSON, KEY_HEADER, KEY_LENGTH, Answer, Noun, Route
from crm.web.gate import PUBLIC
from crm.web.problems import MEDIA_TYPE

noun = Noun("document", "")

_PROBLEM = "#/components/schemas/Problem"
_ERRORS = {
    "400": "The request cannot be read.",
    "401": "There is no token, or it does not work.",
    "403": "The token only reads, or its person may not do this.",
    "404": "There is no such thing in this business.",
    "405": "This address does not take that method; `Allow` names those that it takes.",
    "406": "Answers are written in JSON alone.",
    "409": "Somebody was quicker: the version sent is stale, or the first request with this key is being worked on.",
    "410": "The vendor was merged into another one, which `merged_into` names.",
    "412": "`If-Match` names another version than the present one.",
    "413": "The body is too large.",
    "415": "The body is of a kind that is not taken here.",
    "422": "What was sent cannot be used; `errors` says where and why.",
    "429": "Too many requests; try again after `Retry-After` seconds.",
    "500": "A fault of the program.",
    "503": "The database is busy; try again.",
}
_INTRODUCTION = (
    "Every request bears a token (Settings, API), which belongs to a person and does at most what that person may do. "
    "Dates are local dates, instants are in UTC, money is in minor units of its currency. Errors are problem details "
    "(RFC 9457). A POST with an Idempotency-Key is carried out once, however often it is sent. Answers about one thing "
    "bear an ETag; a PATCH or DELETE with If-Match changes only that version."
)


@noun.get("/openapi.json", gives=None, policy=PUBLIC)
def show() -> Answer:
    """This document. It holds nothing of any business, so it needs no token."""
    return Answer(describe())


def describe() -> dict[str, Any]:
    """The document, in OpenAPI 3.1."""
    nouns = [import_module(f"crm.api.{name}").noun for name in api.NOUNS]
    schemas: dict[str, Shape] = {"Problem": _problem()}
    paths: dict[str, dict[str, Any]] = {}
    for each in (*nouns, noun):
        for route in each.routes:
            path, parameters = _path(route)
            operations = paths.setdefault(path, {"parameters": parameters} if parameters else {})
            operations[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Good Terms", "version": "1", "description": _INTRODUCTION},
        "servers": [{"url": "/"}],
        "tags": [{"name": each.name, "description": each.about} for each in nouns],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _path(route: Route) -> tuple[str, list[dict[str, Any]]]:
    """``/vendors/<int:vendor_id>`` as OpenAPI writes it, with its parameters."""
    parts, parameters = [], []
    for part in route.rule.split("/"):
        if part.startswith("<int:"):
            name = part.removeprefix("<int:").removesuffix(">")
            parts.append(f"{{{name}}}")
            shape = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}
            parameters.append({"name": name, "in": "path", "required": True, "schema": shape})
        else:
            parts.append(part)
    return "/".join(parts), parameters


def _operation(route: Route, schemas: dict[str, Shape]) -> dict[str, Any]:
    summary, _blank, more = (route.view.__doc__ or "").strip().partition("\n")
    name = f"{route.noun}_{route.view.__name__}".replace("-", "_")
    operation: dict[str, Any] = {"operationId": name, "summary": summary, "tags": [route.noun]}
    if more.strip():
        operation["description"] = " ".join(more.split())
    if route.policy == PUBLIC:
        return {"operationId": name, "summary": summary, "security": [], "responses": _document_given()}
    parameters = [*_query(route.asks), *_headers(route)]
    if parameters:
        operation["parameters"] = parameters
    if route.takes is not None:
        operation["requestBody"] = _sent(route, schemas)
    return {**operation, "responses": _responses(route, schemas)}


def _query(kind: type[Schema] | None) -> list[dict[str, Any]]:
    found = []
    for name, part in (kind().fields if kind else {}).items():
        assert isinstance(part, Part)
        shape = shape_of(part)
        about = shape.pop("description", "")
        found.append({"name": name, "in": "query", "description": about, "required": part.required, "schema": shape})
    return found


def _headers(route: Route) -> list[dict[str, Any]]:
    if route.takes_key:
        about = "Sent again with the same key, the same request is answered as before and not carried out twice."
        shape = {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH, "pattern": "^[!-~]+$"}
        return [{"name": KEY_HEADER, "in": "header", "description": about, "schema": shape}]
    if route.matches:
        about = "The ETag of the version that was read; with another one by now the answer is 412."
        return [{"name": "If-Match", "in": "header", "description": about, "schema": {"type": "string"}}]
    return []


def _sent(route: Route, schemas: dict[str, Shape]) -> dict[str, Any]:
    assert route.takes is not None
    if route.files:
        file = {"type": "string", "format": "binary"}
        form = object_shape(route.takes)
        form["properties"] = {"file": file, **form["properties"]}
        form["required"] = ["file"]
        return {"required": True, "content": {FORM: {"schema": form}, CSV: {"schema": {"type": "string"}}}}
    needs = any(field.required for field in route.takes().fields.values())
    return {"required": needs, "content": {JSON: {"schema": {"$ref": _named(route.takes, schemas)}}}}


def _responses(route: Route, schemas: dict[str, Shape]) -> dict[str, Any]:
    given: dict[str, Any] = {"description": "Done."}
    if route.gives is not None:
        given["content"] = {JSON: {"schema": {"$ref": _named(route.gives, schemas)}}}
    answers = {str(status): given for status in (route.status, route.also) if status}
    for status, about in _ERRORS.items():
        answers[status] = {"description": about, "content": {MEDIA_TYPE: {"schema": {"$ref": _PROBLEM}}}}
    return answers


def _document_given() -> dict[str, Any]:
    given: dict[str, Any] = {"200": {"description": "The document.", "content": {JSON: {"schema": {"type": "object"}}}}}
    for status in ("405", "500", "503"):
        given[status] = {"description": _ERRORS[status], "content": {MEDIA_TYPE: {"schema": {"$ref": _PROBLEM}}}}
    return given


def _named(kind: type[Schema], schemas: dict[str, Shape]) -> str:
    schemas.setdefault(kind.__name__, object_shape(kind))
    return f"#/components/schemas/{kind.__name__}"


def _problem() -> Shape:
    error = {
        "type": "object",
        "properties": {
            "pointer": {"type": "string", "description": "Where in the body, as a JSON pointer."},
            "parameter": {"type": "string", "description": "Which part of the query."},
            "detail": {"type": "string"},
        },
        "required": ["detail"],
    }
    return {
        "type": "object",
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "What happened, and what to do."},
            "errors": {"type": "array", "items": error},
            "merged_into": {"type": "integer", "description": "The vendor that has all of the one asked for."},
        },
        "required": ["type", "title", "status"],
    }
