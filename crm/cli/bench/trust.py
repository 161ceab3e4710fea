"""What trust adds to the board: the logs of all its cards beside a bare query for the same rows."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from crm.cli.bench.seed import Seeded
from crm.core.engine import open_engine
from crm.core.tenancy import workspace_session
from crm.models.enums import Role
from crm.queries import board, members, trust_figures
from crm.queries.board import Filters

TIMES = 50


@dataclass(frozen=True, slots=True)
class Trust:
    """Milliseconds by the clock, medians: the board's cards with their logs, the logs alone, the bare query."""

    cards: int
    notes: int
    board_ms: float
    logs_ms: float
    bare_ms: float


def measure(database: str, seeded: Seeded) -> Trust:
    """Ask again and again, as an owner would."""
    engine = open_engine(database)
    with workspace_session(engine, seeded.workspace_id, writing=False) as session:
        [reader] = [each for each in members.members_of(session, seeded.workspace_id) if each.role is Role.OWNER]
        today = reader.workspace.today
        columns, _urgent = board.columns(session, Filters(), today, reader=reader)
        shown = [card.id for column in columns for card in column.cards]
        logs = trust_figures.logs(session, shown, reader=reader)
        cursor = session.connection().connection.cursor()
        bare = (
            "SELECT vendor_id, dimension, direction, weight, visibility, occurred_on FROM trust_entries"  # noqa: S608
            f" WHERE workspace_id = {seeded.workspace_id} AND vendor_id IN ({', '.join(map(str, shown))})"
        )

        def ask_barely() -> None:
            cursor.execute(bare)
            cursor.fetchall()

        found = Trust(
            cards=len(shown),
            notes=sum(len(trust_figures.entries_in(log)) for log in logs.values()),
            board_ms=_milliseconds(lambda: board.columns(session, Filters(), today, reader=reader)),
            logs_ms=_milliseconds(lambda: trust_figures.logs(session, shown, reader=reader)),
            bare_ms=_milliseconds(ask_barely),
        )
    engine.dispose()
    return found


def _milliseconds(act: Callable[[], object]) -> float:
    taken = []
    for _ in range(TIMES):
        began = perf_counter()
        act()
        taken.append(perf_counter() - began)
    return median(taken) * 1_000
