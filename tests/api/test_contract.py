"""The document keeps its word: requests drawn from it, good and bad, are answered as it says.

Schemathesis draws them, the same ones each time, and holds all of its checks against the answers. They go to the real
application, as the owner of a business that is lived in.
"""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from flask import Flask
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.transport.wsgi import WSGITransport
from sqlalchemy import Engine

from crm.core.settings import Settings
from tests.support.people import Business
from tests.support.populated import populate
from tests.support.programs import API, token_for

EXAMPLES = 4
"""For each operation and phase, beside those that the document's limits and types give by themselves."""
RULES_OF_THE_DOMAIN = ["409", "412", "422"]
"""A request can fit the document and still break a rule that no schema can say: a day ahead, a vendor moved on."""


@pytest.fixture
def over_wsgi(monkeypatch: pytest.MonkeyPatch) -> None:
    """Schemathesis' engine hands options for connections to applications that it calls without any."""
    send = WSGITransport.send

    def without_connection(self: WSGITransport, case: Any, **options: Any) -> Any:
        for name in ("verify", "cert", "proxies", "max_redirects", "allow_redirects", "stream"):
            options.pop(name, None)
        return send(self, case, **options)

    monkeypatch.setattr(WSGITransport, "send", without_connection)


@pytest.mark.filterwarnings("default")  # of the tool, not of the application
def test_every_answer_is_as_described(
    app: Flask, engine: Engine, business: Business, settings: Settings, over_wsgi: None
) -> None:
    populate(engine, business, settings)
    accepted = ["2xx", "401", "403", "404", *RULES_OF_THE_DOMAIN]
    config = SchemathesisConfig.from_dict(
        {
            "headers": {"Authorization": f"Bearer {token_for(engine, business.owner)}"},
            "checks": {
                "positive_data_acceptance": {"expected-statuses": accepted},
                # 413: a text that is too long can make the whole body too large
                "negative_data_rejection": {
                    "expected-statuses": ["400", "401", "403", "404", "405", "413", "415", "422"]
                },
            },
            "generation": {"max-examples": EXAMPLES, "deterministic": True},
            "phases": {"coverage": {"enabled": engine.dialect.name == "sqlite"}},  # a thousand ways to be wrong: once
        }
    )
    schema = schemathesis.openapi.from_wsgi(f"{API}/openapi.json", app, config=config)
    found, asked, statuses = [], 0, set()
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            found.append(repr(event))
        if isinstance(event, events.ScenarioFinished):
            asked += len(event.recorder.interactions)
            statuses |= {each.response.status_code for each in event.recorder.interactions.values() if each.response}
            found += list(_failures(event))
    assert found == []
    assert asked > 300
    assert {200, 201, 204, 404, 422} <= statuses


def _failures(event: events.ScenarioFinished) -> list[str]:
    return [
        f"{event.recorder.cases[case_id].value.operation.label}: {check.name}: {check.failure_info.failure}"
        for case_id, checks in event.recorder.checks.items()
        for check in checks
        if check.failure_info is not None
    ]


def test_the_document_needs_no_token_and_names_every_route(app: Flask) -> None:
    document = app.test_client().get(f"{API}/openapi.json").json
    assert document["openapi"].startswith("3.1")
    described = {
        (path.replace("{", "<int:").replace("}", ">"), method.upper())
        for path, operations in document["paths"].items()
        for method in operations
        if method != "parameters"
    }
    routes = {
        (rule.rule, method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(API)
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert described == routes


def test_every_part_of_the_document_is_referred_to_and_there(app: Flask) -> None:
    document = app.test_client().get(f"{API}/openapi.json").json
    names = set(document["components"]["schemas"])
    assert set(_references(document)) == {f"#/components/schemas/{name}" for name in names}


def _references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if "$ref" in part else []
        return own + [found for each in part.values() for found in _references(each)]
    return [found for each in part for found in _references(each)] if isinstance(part, list) else []
