"""What one running application consists of: its settings and its database."""

from dataclasses import dataclass

from flask import Flask, current_app
from sqlalchemy import Engine

from crm.core.equipment import equip
from crm.core.settings import Settings

_KEY = "goodterms"


@dataclass(frozen=True, slots=True)
class Installation:
    """The settings of this machine, and its database."""

    settings: Settings
    engine: Engine


def install(app: Flask, settings: Settings, engine: Engine) -> None:
    """Hand the application its settings and engine."""
    app.extensions[_KEY] = Installation(settings, equip(engine, settings))


def installation(app: Flask | None = None) -> Installation:
    """The settings and engine of the present (or the given) application."""
    found: Installation = (app or current_app).extensions[_KEY]
    return found
