"""What stands around every page, as records that its parts are drawn from."""

from dataclasses import dataclass

from crm.web.gate import Visit


@dataclass(frozen=True, slots=True)
class Bar:
    """The bar on top: where one is, whose businesses there are, what the reader may do."""

    nav: str
    business: str = ""
    businesses: tuple[tuple[int, str, bool], ...] = ()
    """Each with its name, and whether it is the one looked at; only where there are several."""
    person: str = ""
    initials: str = ""
    tint: int = 0
    todo_count: int = 0
    acts: tuple[str, ...] = ()
    typed: str | None = None
    """What stands in the search box."""
    unread_count: int = 0
    """Notifications that are not read yet; from 100 on there may be more."""


ACTS = ("see", "work", "import", "manage")
"""What the bar asks about the reader."""


def bar(visit: Visit | None, nav: str = "", typed: str | None = None) -> Bar:
    """The bar for a visit, or for somebody who is not signed in."""
    if visit is None:
        return Bar(nav)
    here, person = visit.workspace, visit.person
    others = visit.workspaces if len(visit.visitor.memberships) > 1 else []
    return Bar(
        nav=nav,
        business=here.name,
        businesses=tuple((each.id, each.name, each.id == here.id) for each in others),
        person=person.name,
        initials=person.initials,
        tint=person.tint,
        todo_count=visit.waiting.todo,
        unread_count=visit.waiting.unread,
        acts=tuple(act for act in ACTS if visit.may(act)),
        typed=typed,
    )


@dataclass(frozen=True, slots=True)
class Troubled:
    """What is wrong with the installation."""

    what: str


def trouble(visit: Visit) -> Troubled:
    """The notice that stands above every page of an admin while something is wrong."""
    return Troubled(visit.trouble)
