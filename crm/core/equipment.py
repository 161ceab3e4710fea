"""An engine that carries the settings of its installation.

What is written into the outbox with the act that caused it needs to know where links lead and how letters are signed.
The engine brings that along, so that it need not be handed through every act that may cause a letter.
"""

from sqlalchemy import Engine

from crm.core.settings import Settings
from crm.core.tenancy import HouseSession

_KEY = "good_terms_settings"


def equip(engine: Engine, settings: Settings) -> Engine:
    """The same engine, with settings for every session on it."""
    return engine.execution_options(**{_KEY: settings})


def settings_of(session: HouseSession) -> Settings | None:
    """The settings of the installation that a session works for; None where its engine carries none."""
    found: Settings | None = session.get_bind().get_execution_options().get(_KEY)
    return found
