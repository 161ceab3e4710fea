"""What programs may ask and do: one file a noun. A new noun joins the list.

Each noun's file says what is sent and shown (schemas) and how (a few functions that call the queries and the domain).
"""

from importlib import import_module

from flask import Flask

from crm.web.extensions import csrf

NOUNS: tuple[str, ...] = (
    "vendors",
    "people",
    "interactions",
    "notes",
    "stage_moves",
    "parkings",
    "reminders",
    "trust_entries",
    "decision_areas",
    "accesses",
    "delegated_works",
    "readiness_checks",
    "needs",
    "criteria",
    "ratings",
    "trial_tasks",
    "openings",
    "referrals",
    "goodwill_entries",
    "tags",
    "imports",
    "members",
    "webhooks",
)


def install(app: Flask) -> None:
    """Register every noun's routes, and the document that describes them."""
    for name in (*NOUNS, "document"):
        blueprint = import_module(f"crm.api.{name}").noun.blueprint
        app.register_blueprint(blueprint)
    for view in app.view_functions.values():
        # A program shows its token each time, so no cookie could be abused. Pages about tokens are pages.
        if view.__module__.startswith(f"{__name__}."):
            csrf.exempt(view)
