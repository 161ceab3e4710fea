"""Which decision areas a conversation was about."""

from collections.abc import Iterable

from sqlalchemy import delete

from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.models.decision_areas import InteractionArea
from crm.models.log import Interaction
from crm.queries import interaction_areas as reading


def of(entry: Interaction) -> list[int]:
    """The areas that a conversation names, by their ids."""
    return reading.ids_of(session_of(entry), [entry.id])[entry.id]


def require_of_vendor(
    session: WorkspaceSession, vendor_id: int, area_ids: Iterable[int], *, besides: Iterable[int] = ()
) -> None:
    """Raises :class:`Refused` unless each is an open area of the vendor, or one of those named already."""
    wanted = set(area_ids)
    if wanted and not wanted <= {area_id for area_id, _name in reading.choices(session, vendor_id, besides)}:
        raise Refused(lazy("Choose one of the vendor’s areas."), field="area_ids")


def put_on(entry: Interaction, area_ids: Iterable[int]) -> None:
    """Let a conversation name these areas, and no others."""
    session, wanted, named = session_of(entry), set(area_ids), set(of(entry))
    if named - wanted:
        table = InteractionArea
        gone = delete(table).where(table.interaction_id == entry.id, table.area_id.in_(sorted(named - wanted)))
        session.execute(gone)
    session.add_all(InteractionArea(interaction_id=entry.id, area_id=area_id) for area_id in sorted(wanted - named))
