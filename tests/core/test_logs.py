"""What the program writes about itself: no secret of a link, no line that somebody else wrote, nobody's notes."""

from __future__ import annotations

import io
import json
import logging

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from crm.core import logs
from tests.support.addresses import every_address

FORGED = "harmless\r\n2026-01-01T00:00:00.000+00:00 INFO crm: Everything is fine\u2028\x85"


def written(formatter: logging.Formatter, words: str, error: BaseException | None = None) -> str:
    """What one event becomes."""
    output = io.StringIO()
    handler = logging.StreamHandler(output)
    handler.setFormatter(formatter)
    fault = (type(error), error, error.__traceback__) if error else None
    handler.handle(logging.LogRecord("crm", logging.WARNING, __file__, 1, words, None, fault))
    return output.getvalue()


def test_the_secret_of_each_link_there_is_is_masked(app):
    links = [each for each in every_address(app) if "<token>" in each.rule]
    assert links
    for each in links:
        said = logs.masked(f"GET {each.rule.replace('<token>', 's3cr3t.of-mine')} HTTP/1.1")
        assert "s3cr3t" not in said, f"{each} is not masked"


def test_an_event_is_one_line_whatever_it_quotes():
    assert written(logs._TextFormatter(), FORGED).count("\n") == 1
    assert json.loads(written(logs._JsonFormatter(), FORGED))["message"] == FORGED


def test_no_line_of_a_traceback_passes_for_one_of_the_log():
    try:
        raise ValueError(FORGED)
    except ValueError as error:
        lines = written(logs._TextFormatter(), "It failed", error).splitlines()
    assert len(lines) > 2
    assert [line for line in lines if not line.startswith("    ")] == lines[:1]


def test_what_a_database_complains_of_quotes_nobodys_words(engine):
    with engine.connect() as connection, pytest.raises(SQLAlchemyError) as failed:
        connection.execute(text("SELECT * FROM nowhere WHERE body = :body"), {"body": "what nobody may read"})
    assert "what nobody may read" not in str(failed.value)
