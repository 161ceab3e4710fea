"""All tables; importing this package registers them."""

from crm.models import (
    api_tokens,
    categories,
    custom_fields,
    decision_areas,
    enums,
    imports,
    lists,
    log,
    outbox,
    referrals,
    reminders,
    stages,
    standings,
    trust_entries,
    vendors,
    workspaces,
)

__all__ = [
    "api_tokens",
    "categories",
    "custom_fields",
    "decision_areas",
    "enums",
    "imports",
    "lists",
    "log",
    "outbox",
    "referrals",
    "reminders",
    "stages",
    "standings",
    "trust_entries",
    "vendors",
    "workspaces",
]
