"""A program that talks to the API: it shows its token with each request and reads JSON."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from crm.core.unit_of_work import workspace_work
from crm.domain import api_tokens
from crm.models.enums import TokenScope
from crm.models.workspaces import Membership

API = "/api/v1"


def token_for(engine: Engine, person: Membership, scope: TokenScope = TokenScope.WRITE, *, days: int = 365) -> str:
    """A token of a person's, made through the domain."""
    with workspace_work(engine, person.workspace_id) as session:
        return api_tokens.make(session, by=person, name="A program", scope=scope, days=days).secret


class Program:
    """Somebody's program, or one without a token."""

    def __init__(self, app: Flask, token: str = "") -> None:
        self._client = app.test_client(use_cookies=False)
        self.token = token

    def get(self, path: str, **query: Any) -> TestResponse:
        """Reads: ``get("/vendors", stage="active")``."""
        return self.ask("GET", path, query_string=query)

    def post(self, path: str, body: Any = None, *, key: str = "") -> TestResponse:
        """Sends JSON, with an idempotency key where one is given."""
        return self.ask("POST", path, json=body, headers={"Idempotency-Key": key} if key else {})

    def patch(self, path: str, body: Any, *, match: str = "") -> TestResponse:
        """Changes, if the version is still this one."""
        return self.ask("PATCH", path, json=body, headers={"If-Match": match} if match else {})

    def delete(self, path: str, *, match: str = "") -> TestResponse:
        """Deletes, if the version is still this one."""
        return self.ask("DELETE", path, headers={"If-Match": match} if match else {})

    def ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> TestResponse:
        """Any request; options are those of Flask's test client."""
        shown = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if options.get("json", ...) is None:
            del options["json"]
        address = path if path.startswith("/api/") else API + path
        return self._client.open(address, method=method, headers={**shown, **(headers or {})}, **options)


def problem_of(answer: TestResponse) -> dict[str, Any]:
    """The problem that an answer tells; fails where it is none."""
    assert answer.mimetype == "application/problem+json", answer.text
    found: dict[str, Any] = answer.get_json()
    assert found["status"] == answer.status_code
    return found
