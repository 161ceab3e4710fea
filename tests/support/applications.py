"""Applications for tests: one that is built for settings of a kind serves one test after another.

To build one, and to translate its templates, takes longer than most tests do with it. What differs from test to test
is its folder and its database, and these it is given anew. One that a test has changed is not used again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Flask

from app import create_app
from crm.core.settings import Settings
from crm.web import installation
from tests.support.databases import open_engine

NOWHERE = Path("/nowhere")


class Applications:
    """Those that no test uses at present, by what their settings have in common."""

    def __init__(self) -> None:
        self._free: dict[Settings, list[tuple[Flask, Any]]] = defaultdict(list)

    @contextmanager
    def lend(self, settings: Settings) -> Iterator[Flask]:
        """An application with these settings, for as long as the block runs; its connections are closed at its end."""
        free = self._free[replace(settings, instance=NOWHERE, uploads=NOWHERE, database_url="")]
        app, before = free.pop() if free else _built(settings)
        app.instance_path = str(settings.instance)
        engine = open_engine(settings.database_url)
        installation.install(app, settings, engine)
        try:
            yield app
        finally:
            engine.dispose()
            if _looks_of(app) == before:
                free.append((app, before))


def _built(settings: Settings) -> tuple[Flask, Any]:
    app = create_app(settings)
    return app, _looks_of(app)


def _looks_of(app: Flask) -> Any:
    """What a test might change of an application."""
    env = app.jinja_env
    return dict(app.config), dict(app.view_functions), dict(env.globals), dict(env.filters)
