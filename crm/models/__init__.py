"""All tables; importing this package registers them."""

from crm.models import (
    categories,
    decision_areas,
    enums,
    imports,
    log,
    outbox,
    referrals,
    reminders,
    stages,
    trust_entries,
    vendors,
    workspaces,
)

__all__ = [
    "categories",
    "decision_areas",
    "enums",
    "imports",
    "log",
    "outbox",
    "referrals",
    "reminders",
    "stages",
    "trust_entries",
    "vendors",
    "workspaces",
]
