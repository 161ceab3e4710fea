"""The parts of what is said about a vendor: which columns belong together, and how their values are kept in words."""

from typing import Any

from crm.core.tenancy import WorkspaceSession
from crm.domain import row_changes
from crm.queries import members, vendors

FIELDS: dict[str, tuple[str, ...]] = {
    "name": ("name", "normal_name"),
    "kind": ("kind",),
    "what_they_do": ("what_they_do",),
    "website": ("website", "web_domain"),
    "location": ("location",),
    "time_zone": ("time_zone",),
    "working_hours": ("working_hours",),
    "languages": ("languages",),
    "terms": ("currency", "rate_amount", "rate_period", "minimum_amount", "minimum_period"),
    "availability": ("availability", "availability_as_of", "availability_until"),
    "leave": ("leave_from", "leave_to"),
    "source": ("source",),
    "referred_by": ("referred_by", "referred_by_id"),
    "owner": ("owner_id",),
    "backup": ("backup_id",),
    "tier": ("tier",),
    "do_not_contact": ("do_not_contact",),
    "cadence": ("cadence_choice", "cadence_every", "cadence_unit"),
    "stage": ("stage", "stage_since"),
}
"""What a vendor can have one of, and its columns: what belongs together is chosen together."""


def told(session: WorkspaceSession, field: str, values: dict[str, Any]) -> dict[str, Any]:
    """A value of a field as facts that can be kept and worded (:func:`crm.models.vocabulary.vendor_value`): people and
    vendors by their names."""
    if field in ("owner", "backup"):
        user_id = next(iter(values.values()))
        member = members.membership(session, session.workspace_id, user_id) if user_id else None
        return {"person": member.user.name if member else ""}
    if field == "referred_by":
        known = vendors.named(session, [values["referred_by_id"]] if values["referred_by_id"] else [])
        return {"name": known[0].name if known else values["referred_by"]}
    return {column: row_changes.frozen(value) for column, value in values.items()}
