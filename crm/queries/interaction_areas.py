"""Reading which decision areas conversations were about."""

from collections.abc import Iterable

from sqlalchemy import select

from crm.core.tenancy import WorkspaceSession
from crm.models.decision_areas import DecisionArea, InteractionArea


def ids_of(session: WorkspaceSession, interaction_ids: Iterable[int]) -> dict[int, list[int]]:
    """The areas of each of these conversations, by its id; one without areas has an empty list. One query."""
    found: dict[int, list[int]] = {interaction_id: [] for interaction_id in interaction_ids}
    if found:
        table = InteractionArea
        statement = select(table.interaction_id, table.area_id).where(table.interaction_id.in_(list(found)))
        for interaction_id, area_id in session.execute(statement.order_by(table.area_id)):
            found[interaction_id].append(area_id)
    return found


def choices(session: WorkspaceSession, vendor_id: int, besides: Iterable[int] = ()) -> list[tuple[int, str]]:
    """What a conversation with a vendor can be about, by name: the open areas, and those that it names ``besides``."""
    kept = set(besides)
    statement = select(DecisionArea.id, DecisionArea.name, DecisionArea.closed_at)
    rows = session.execute(statement.where(DecisionArea.vendor_id == vendor_id))
    some = [(area_id, name) for area_id, name, closed_at in rows if closed_at is None or area_id in kept]
    return sorted(some, key=lambda area: (area[1].casefold(), area[0]))
