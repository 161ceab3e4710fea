"""What people see: one file a noun. A new noun joins the list."""

from importlib import import_module

from flask import Flask

NOUNS: tuple[str, ...] = (
    "accounts",
    "board",
    "cadences",
    "health",
    "members",
    "openings",
    "parkings",
    "decisions",
    "conditions",
    "referrals",
    "reminder_links",
    "reminders",
    "resets",
    "settings",
    "closed_days",
    "standings",
    "custom_fields",
    "stages",
    "today",
    "trials",
    "vendors",
    "people",
    "flaws",
    "goodwill",
    "attachments",
    "categories",
    "criteria",
    "needs",
    "coverage",
    "ratings",
    "comparisons",
    "tags",
    "search",
    "decision_areas",
    "agreements",
    "delegation_hints",
    "mirror",
    "delegated_works",
    "interactions",
    "mentions",
    "notes",
    "profiles",
    "promises",
    "trust_entries",
    "trust_figures",
    "mail_settings",
    "outbox",
    "imports",
    "insights",
    "sources",
    "readiness",
    "api_tokens",
    "saved_filters",
    "bulk_acts",
    "doubles",
    "merges",
    "vendor_letters",
    "opt_outs",
    "calendars",
)


def install(app: Flask) -> None:
    """Register every noun's routes."""
    for noun in NOUNS:
        app.register_blueprint(import_module(f"crm.views.{noun}").pages.blueprint)
