"""What the boxes of a parking offer, wherever somebody can be parked."""

from typing import Any

from crm.domain import touches
from crm.forms.rhythms import typed_as
from crm.models.enums import CadenceChoice, Role, Stage
from crm.queries import members as member_queries
from crm.queries import needs as need_queries
from crm.queries import parkings as parking_queries
from crm.queries.needs import Choice
from crm.web import rhythms
from crm.web.gate import Visit


def choices(visit: Visit, vendor: Any, waited_for: Choice | None = None) -> dict[str, Any]:
    """What there is to choose from; ``waited_for`` is the need that a parking waits for already."""
    needs = {each.id: each.outcome for each in need_queries.to_choose_from(visit.session)}
    if waited_for is not None:
        needs[waited_for.id] = waited_for.outcome
    keepers = member_queries.members_of(visit.session, visit.member.workspace_id)
    usual = touches.usual_cadence(visit.session, vendor, Stage.PARKED)
    return {
        "reasons": parking_queries.REASONS_IN_ORDER,
        "keepers": [
            (member.user_id, member.user.name)
            for member in keepers
            if member.role is not Role.VIEWER or member.user_id == vendor.owner_id
        ],
        "as_usual": rhythms.as_usual(usual, tier=vendor.tier),
        "needs": list(needs.items()),
    }


def fresh(vendor: Any) -> dict[str, Any]:
    """What the boxes say before anybody has typed."""
    return {
        **typed_as(CadenceChoice.DEFAULT, None, None),
        "look_for_referrals": True,
        "owner_id": vendor.owner_id,
    }
