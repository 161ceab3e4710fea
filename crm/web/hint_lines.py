"""Suggestions and warnings in the reader's words, with the addresses of what they rest on."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from crm.core import formats
from crm.core.i18n import _, ngettext
from crm.core.tenancy import WorkspaceSession
from crm.domain import delegation_hints
from crm.domain.delegation_rules import Fact, FactKind, Finding
from crm.models.enums import Hint, Level, Stage
from crm.models.vendors import Vendor
from crm.models.vocabulary import word
from crm.models.workspaces import Membership
from crm.queries import delegation_hints as reading
from crm.queries.delegation_hints import Another, Board, Breach
from crm.queries.profiles import Teammate
from crm.web.addresses import address_of

OTHERS = 5
"""So many others are named where it is time to look elsewhere."""
_TONES = {Hint.LEVEL_UP: "plum"}
_SYMBOLS = {
    Hint.LEVEL_UP: "trending-up",
    Hint.CAP_AFTER_BREACH: "circle-pause",
    Hint.STEP_DOWN: "circle-pause",
    Hint.LOOK_ELSEWHERE: "search",
    Hint.NO_PROCEDURE: "file-text",
    Hint.NO_LIMIT: "banknote",
    Hint.OPEN_ACCESS: "key-round",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A record that a hint rests on: its words, its address, and its day."""

    words: str
    url: str
    day: date | None


@dataclass(frozen=True, slots=True)
class HintLine:
    """A suggestion or a warning.

    about      the name of the area; empty for the vendor as a whole.
    act        words and address of what can be done about it, for those who may.
    put_off    until when somebody has put it off, and who; None while it shows.
    others     who else does this kind of work, the parked ones first.
    """

    kind: Hint
    vendor_id: int
    area_id: int | None
    about: str
    tone: str
    symbol: str
    words: str
    rests_on: tuple[Shown, ...]
    act: tuple[str, str] | None = None
    to_level: int | None = None
    put_off: tuple[int, date, str] | None = None
    others: tuple[Another, ...] = ()

    @property
    def parked(self) -> list[Another]:
        """Of the others those who are parked."""
        return [other for other in self.others if other.stage is Stage.PARKED]

    @property
    def further(self) -> list[Another]:
        """Of the others those who are not."""
        return [other for other in self.others if other.stage is not Stage.PARKED]


@dataclass(frozen=True, slots=True)
class OnBoard:
    """What stands around a vendor's areas: the hints by area, those about the vendor as a whole under None, and the
    breaches of their word that nothing has mended."""

    hints: dict[int | None, list[HintLine]]
    breaches: list[Breach]

    @property
    def of_access(self) -> list[HintLine]:
        """What is said of accesses."""
        return [hint for hint in self.hints.get(None, []) if hint.kind is Hint.OPEN_ACCESS]

    @property
    def of_vendor(self) -> list[HintLine]:
        """What else is said of the vendor as a whole."""
        return [hint for hint in self.hints.get(None, []) if hint.kind is not Hint.OPEN_ACCESS]

    def of_area(self, area_id: int) -> list[HintLine]:
        """What is said of an area."""
        return self.hints.get(area_id, [])

    def suggested(self, area_id: int) -> int | None:
        """The level that is suggested for an area."""
        levels = [hint.to_level for hint in self.of_area(area_id) if hint.put_off is None and hint.to_level is not None]
        return levels[0] if levels else None


def on_board(session: WorkspaceSession, vendor: Vendor, *, reader: Membership, team: Mapping[int, Teammate]) -> OnBoard:
    """All that shows on a vendor's board, and what is put off. One query, and one more where it is time to look
    elsewhere."""
    today = reader.workspace.today
    board = delegation_hints.board_of(session, vendor.id, reader=reader)
    hints: dict[int | None, list[HintLine]] = {}
    for finding in delegation_hints.found_on(board, today):
        asks = finding.kind is Hint.LOOK_ELSEWHERE and finding.put_off is None
        others = reading.others_of_the_niche(session, vendor.id, limit=OTHERS) if asks else ()
        hint = line(finding, vendor.id, vendor.name, team=team, others=others, stage=vendor.stage)
        hints.setdefault(hint.area_id, []).append(hint)
    return OnBoard(hints, board.breaches)


@dataclass(frozen=True, slots=True)
class Mark:
    """An area where there is little room: since when it has its level, the level that is suggested, and a few words."""

    since: date | None
    to_level: int | None = None
    words: str = ""


def marks(session: WorkspaceSession, vendor_ids: Collection[int], *, reader: Membership) -> dict[int, Mark]:
    """A mark for each open area of these vendors, by its id. One query."""
    today = reader.workspace.today
    found: dict[int, Mark] = {}
    for board in reading.boards(session, vendor_ids, reader=reader).values():
        found |= {area.id: Mark(area.since) for area in board.areas}
        for finding in delegation_hints.found_on(board, today):
            if finding.area and finding.to_level is not None and finding.put_off is None:
                found[finding.area.id] = Mark(finding.area.since, int(finding.to_level), _briefly(finding))
    return found


def _briefly(finding: Finding) -> str:
    level = int(finding.to_level or 0)
    if finding.kind is Hint.LEVEL_UP:
        return _("Looks ready for %(level)s", level=level)
    return _("Step back to %(level)s for now", level=level)


def reason_to_move(board: Board, area_id: int, to: int | None, today: date) -> str:
    """Why an area should move to a level, as it is suggested; empty where it is not."""
    for finding in delegation_hints.found_on(board, today):
        if finding.area and finding.area.id == area_id and finding.to_level is not None and finding.to_level == to:
            return reason(finding)
    return ""


def line(
    finding: Finding,
    vendor_id: int,
    name: str,
    *,
    team: Mapping[int, Teammate],
    others: Sequence[Another] = (),
    stage: Stage | None = None,
) -> HintLine:
    """A hint about a vendor of this name, as it is shown."""
    put_off = finding.put_off
    who = team[put_off.by].first_name if put_off and put_off.by in team else ""
    return HintLine(
        kind=finding.kind,
        vendor_id=vendor_id,
        area_id=finding.area.id if finding.area else None,
        about=finding.area.name if finding.area else "",
        tone=_TONES.get(finding.kind, "ochre"),
        symbol=_SYMBOLS[finding.kind],
        words=words(finding, name, stage),
        rests_on=tuple(Shown(_fact(fact), _address(fact, vendor_id), fact.day) for fact in finding.evidence),
        act=_act(finding, vendor_id),
        to_level=finding.to_level,
        put_off=(put_off.id, put_off.until, who) if put_off else None,
        others=tuple(others),
    )


def words(finding: Finding, name: str, stage: Stage | None = None) -> str:
    """What a hint says, in a sentence or two."""
    said = {
        Hint.LEVEL_UP: _level_up,
        Hint.CAP_AFTER_BREACH: _cap,
        Hint.STEP_DOWN: _step_down,
        Hint.NO_PROCEDURE: _no_procedure,
        Hint.NO_LIMIT: _no_limit,
    }
    if finding.kind is Hint.LOOK_ELSEWHERE:
        return _look_elsewhere(finding)
    if finding.kind is Hint.OPEN_ACCESS:
        return _open_access(finding, name, stage)
    return said[finding.kind](finding)


def reason(finding: Finding) -> str:
    """Why a level moves as a suggestion has it, for the history of the area."""
    days = [fact.day for fact in finding.evidence if fact.day is not None]
    count = formats.spelled(len(finding.evidence), in_sentence=True)
    if finding.kind is Hint.LEVEL_UP:
        return _("The last %(count)s were accepted without a change.", count=count)
    if finding.kind is Hint.STEP_DOWN:
        return _("The last %(count)s were turned down.", count=count)
    told = finding.evidence[0].words
    return _("%(day)s: %(what)s", day=days[0].isoformat(), what=told) if days else told


def vendor_sentence(shown: Collection[Finding]) -> str:
    """One line for a vendor's page: what is worth a look on the board; nothing where nothing is."""
    kinds = Counter(finding.kind for finding in shown)
    if kinds[Hint.LOOK_ELSEWHERE]:
        return _("Time to look elsewhere?")
    too_far = kinds[Hint.CAP_AFTER_BREACH] + kinds[Hint.STEP_DOWN]
    if too_far:
        count = formats.spelled(too_far)
        return ngettext(
            "One thing may have gone too far.", "%(count)s things may have gone too far.", too_far, count=count
        )
    ready = kinds[Hint.LEVEL_UP]
    if ready:
        count = formats.spelled(ready)
        return ngettext(
            "One thing looks ready to hand over.", "%(count)s things look ready to hand over.", ready, count=count
        )
    missing = len(shown)
    if missing:
        count = formats.spelled(missing)
        return ngettext(
            "One thing is still to be agreed.", "%(count)s things are still to be agreed.", missing, count=count
        )
    return ""


def _level_up(finding: Finding) -> str:
    level = Level(finding.to_level or 1)
    return _(
        "The last %(count)s were accepted without a change. They may be ready for the next step: “%(level)s”.",
        count=formats.spelled(len(finding.evidence), in_sentence=True),
        level=word(level),
    )


def _cap(finding: Finding) -> str:
    return _(
        "They broke their word, and nothing has mended it yet. Until then, step back to “%(level)s”.",
        level=word(Level(finding.to_level or 1)),
    )


def _step_down(finding: Finding) -> str:
    return _(
        "The last %(count)s were turned down. Step back to “%(level)s” for now, and ask what would make the next one "
        "easier.",
        count=formats.spelled(len(finding.evidence), in_sentence=True),
        level=word(Level(finding.to_level or 1)),
    )


def _look_elsewhere(finding: Finding) -> str:
    return _(
        "The last %(count)s came late or were turned down, though you gave what you had promised. Time to look "
        "elsewhere?",
        count=formats.spelled(len(finding.evidence), in_sentence=True),
    )


def _no_procedure(_finding: Finding) -> str:
    return _("They decide this, and it is written down nowhere how it is done.")


def _no_limit(_finding: Finding) -> str:
    return _("They spend money here without asking first, and no limit is agreed.")


def _open_access(finding: Finding, name: str, stage: Stage | None) -> str:
    count = len(finding.evidence)
    if stage is Stage.PARKED:
        return ngettext(
            "%(name)s is parked and still has access to one thing.",
            "%(name)s is parked and still has access to %(count)s things.",
            count,
            name=name,
            count=formats.spelled(count, in_sentence=True),
        )
    return ngettext(
        "You have parted ways, and %(name)s still has access to one thing.",
        "You have parted ways, and %(name)s still has access to %(count)s things.",
        count,
        name=name,
        count=formats.spelled(count, in_sentence=True),
    )


def _act(finding: Finding, vendor_id: int) -> tuple[str, str] | None:
    area_id = finding.area.id if finding.area else 0
    if finding.to_level is not None:
        moving = _("Move to %(level)s", level=int(finding.to_level))
        return moving, address_of("decision_areas.level", area_id=area_id, to=int(finding.to_level))
    if finding.kind is Hint.NO_PROCEDURE:
        return _("Write it down"), address_of("decision_areas.edit", area_id=area_id)
    if finding.kind is Hint.NO_LIMIT:
        return _("Set a limit"), address_of("decision_areas.edit", area_id=area_id)
    if finding.kind is Hint.OPEN_ACCESS:
        return _("See what is open"), address_of("decision_areas.index", vendor_id=vendor_id, _anchor="access")
    return None


def _fact(fact: Fact) -> str:
    return _("At this level") if fact.kind is FactKind.LEVEL else fact.words


def _address(fact: Fact, vendor_id: int) -> str:
    if fact.kind is FactKind.TRUST:
        return address_of("trust_entries.show", entry_id=fact.id)
    if fact.kind is FactKind.WORK:
        return address_of("delegated_works.show", work_id=fact.id)
    if fact.kind is FactKind.ACCESS:
        return address_of("decision_areas.index", vendor_id=vendor_id, _anchor="access")
    return address_of("decision_areas.index", vendor_id=vendor_id, _anchor=f"area-{fact.id}")
