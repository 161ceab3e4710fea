"""What is measured: pages by their names, with their addresses and goals."""

from dataclasses import dataclass

from crm.cli.bench.counts import Count, FirstLoad
from crm.cli.bench.goals import FIRST_LOAD_PACKED, FIRST_LOAD_REQUESTS, Goal
from crm.cli.bench.seed import Seeded


@dataclass(frozen=True, slots=True)
class Place:
    """A page that is looked at. ``is_tried_together`` says that several clients at once are measured too."""

    name: str
    path: str
    goal: Goal
    is_tried_together: bool = False


def pages(seeded: Seeded) -> tuple[Place, ...]:
    """The pages of the product that people see each day."""
    return (
        Place("list", "/vendors", Goal(queries=6), is_tried_together=True),
        Place("list, filtered", "/vendors?stage=active&due=planned", Goal(queries=6, packed=None)),
        Place("list, words", "/vendors?q=film", Goal(queries=6, packed=None)),
        Place("list, by tag", f"/vendors?tag={seeded.tag.replace(' ', '+')}", Goal(queries=6, packed=None)),
        Place("vendor", f"/vendors/{seeded.first_id}", Goal(queries=8), is_tried_together=True),
        Place("today", "/today", Goal(queries=8)),
        Place("board", "/board", Goal(queries=8)),
        Place("parked", "/parked", Goal(queries=8)),
        Place("search", "/search?q=mar", Goal(queries=14, packed=None, ratio=14.0)),
    )


def goals_by_name() -> dict[str, Goal]:
    """The goals of all pages."""
    nobody = Seeded(workspace_id=0, slug="", first_id=0, tag="", vendors=0, entries=0, reminders=0)
    return {place.name: place.goal for place in pages(nobody)}


def broken(place: Place, count: Count) -> list[str]:
    """In which ways a page costs more than its goal, in words."""
    goal = place.goal
    most = {"queries": goal.queries, "nodes": goal.nodes, "plain": goal.plain, "packed": goal.packed or goal.plain}
    return [
        f"{place.name}: {name} {getattr(count, name)}, at most {limit}"
        for name, limit in most.items()
        if getattr(count, name) > limit
    ]


def broken_by_first_load(load: FirstLoad) -> list[str]:
    """The same for the first look at the list."""
    most = {"requests": FIRST_LOAD_REQUESTS, "packed": FIRST_LOAD_PACKED}
    return [
        f"first load: {name} {getattr(load, name)}, at most {limit}"
        for name, limit in most.items()
        if getattr(load, name) > limit
    ]
