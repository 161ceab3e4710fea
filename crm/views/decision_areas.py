"""The delegation board: what is handed over to a vendor, how far, and what they have access to; all boards as one."""

import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from flask import request, send_file, url_for

from crm.core import formats, limits
from crm.core.csv_files import write_rows
from crm.core.dates import CadenceUnit
from crm.core.errors import Refused, Stale
from crm.core.i18n import _, lazy
from crm.domain import decision_areas, delegation_hints, deletions
from crm.domain.decision_areas import AccessTerms, Agreement
from crm.domain.permissions import Act
from crm.forms.decision_areas import AccessForm, AreaForm, AskedBoard, LevelForm, NewAreaForm
from crm.models import vocabulary
from crm.models.enums import Level, Maturity
from crm.queries import decision_areas as reading
from crm.queries import members, profiles
from crm.queries.decision_areas import HandedRow
from crm.web import hint_lines, undoing
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, Raw, page, refusal, see
from crm.web.ways import page_number

pages = Pages("decision_areas")


@pages.get("/vendors/<int:vendor_id>/delegation", Act.SEE)
def index(visit: Visit, vendor_id: int) -> AnyReply:
    """The board: one row for each area, and the list of accesses."""
    vendor = profiles.vendor(visit.session, vendor_id)
    rows = reading.areas_of(visit.session, vendor_id)
    team = profiles.team(visit.session, reader=visit.member)
    return page(
        "decision_areas/index.html",
        vendor=vendor,
        open_rows=[row for row in rows if row.area.closed_at is None],
        closed_rows=[row for row in rows if row.area.closed_at is not None],
        **_of_accesses(reading.accesses_of(visit.session, vendor_id)),
        area_names={row.area.id: row.area.name for row in rows},
        team=team,
        around=hint_lines.on_board(visit.session, vendor, reader=visit.member, team=team),
        levels=_levels(),
        may_work=visit.may(Act.WORK),
        today=visit.today,
    )


@pages.get("/delegation", Act.SEE)
def everywhere(visit: Visit) -> AnyReply:
    """Who decides what in the business: what is handed over to anybody."""
    asked = AskedBoard.read(request.args)
    total = reading.handed_count(visit.session, asked.wanted)
    number = min(page_number(), max(1, -(-total // limits.PAGE_ROWS)))
    offset = (number - 1) * limits.PAGE_ROWS
    rows = reading.handed(visit.session, asked.wanted, limit=limits.PAGE_ROWS, offset=offset, is_dated=False)
    vendor_ids = {row.area.vendor_id for row in rows}
    return page(
        "decision_areas/everywhere.html",
        asked=asked,
        marks=hint_lines.marks(visit.session, vendor_ids, reader=visit.member),
        groups=reading.grouped(rows, by_vendor=asked.wanted.by_vendor),
        shown=len(rows),
        total=total,
        first=(number - 1) * limits.PAGE_ROWS + 1,
        number=number,
        is_last=number * limits.PAGE_ROWS >= total,
        team=members.members_of(visit.session, visit.workspace.id),
        levels=_levels(),
        may_work=visit.may(Act.WORK),
        today=visit.today,
    )


@pages.get("/delegation.csv", Act.SEE)
def everywhere_file(visit: Visit) -> AnyReply:
    """The same as a table for spreadsheets, without pages."""
    rows = reading.handed(visit.session, AskedBoard.read(request.args).wanted)
    out = io.BytesIO()
    write_rows(out, _table(rows))
    out.seek(0)
    return Raw(
        lambda: send_file(out, mimetype="text/csv", as_attachment=True, download_name="delegation.csv", etag=False)
    )


@pages.get("/vendors/<int:vendor_id>/decision-areas/new", Act.WORK)
def new(visit: Visit, vendor_id: int) -> AnyReply:
    """Hand something over."""
    form = NewAreaForm(None, data={"limit_currency": visit.workspace.currency})
    return page("decision_areas/new.html", **_asked(visit, vendor_id, form))


@pages.post("/vendors/<int:vendor_id>/decision-areas", Act.WORK)
def create(visit: Visit, vendor_id: int) -> AnyReply:
    """Do it."""
    form = NewAreaForm(typed())
    values = _asked(visit, vendor_id, form)
    made: list[int] = []

    def hand_over() -> None:
        level = Level(form.level.data)
        area = decision_areas.hand_over(
            values["vendor"], by=visit.member, level=level, agreed=_agreed(form), why=form.why.data
        )
        made.append(area.id)

    if carries_out(form, hand_over):
        undo = url_for("decision_areas.remove", area_id=made[0])
        return see("decision_areas.index", vendor_id=vendor_id, toast=_("Handed over."), undo=undo)
    return refusal("decision_areas/new.html", **values)


@pages.get("/decision-areas/<int:area_id>/edit", Act.WORK)
def edit(visit: Visit, area_id: int) -> AnyReply:
    """Change what is agreed."""
    area = decision_areas.find(visit.session, area_id)
    form = _form_of(area, visit)
    form.remember(area.version)
    return page("decision_areas/edit.html", **_asked(visit, area.vendor_id, form), area=area)


@pages.post("/decision-areas/<int:area_id>", Act.WORK)
def update(visit: Visit, area_id: int) -> AnyReply:
    """Save it."""
    area = decision_areas.find(visit.session, area_id)
    form = AreaForm(typed())
    values = {**_asked(visit, area.vendor_id, form), "area": area}

    def agree() -> None:
        decision_areas.agree(area, by=visit.member, version=form.version.data or 0, agreed=_agreed(form))

    try:
        if carries_out(form, agree):
            return see("decision_areas.index", vendor_id=area.vendor_id, toast=_("Saved."))
    except Stale:
        differences = form.meet(_form_of(area, visit), area.version)
        rows = [(each.question, each.theirs, each.yours) for each in differences]
        return refusal("decision_areas/edit.html", status=409, **values, conflict={"rows": rows})
    return refusal("decision_areas/edit.html", **values)


@pages.get("/decision-areas/<int:area_id>/level", Act.WORK)
def level(visit: Visit, area_id: int) -> AnyReply:
    """Move it to another level and say why; how it went so far stands below."""
    area = decision_areas.find(visit.session, area_id)
    form = LevelForm(None, obj=area)
    form.remember(area.version)
    values, to = _levelling(visit, area, form), request.args.get("to", type=int)
    why = hint_lines.reason_to_move(values["board"], area.id, to, visit.workspace.today)
    if why:  # somebody takes a suggestion
        form.level.data, form.why.data = to, why
    return page("decision_areas/level.html", **values)


@pages.post("/decision-areas/<int:area_id>/level", Act.WORK)
def move(visit: Visit, area_id: int) -> AnyReply:
    """Move it. Where a colleague changed it first, both versions are shown."""
    area = decision_areas.find(visit.session, area_id)
    form = LevelForm(typed())
    moved: list[int] = []

    def move_to() -> None:
        level, why, version = Level(form.level.data), form.why.data or "", form.version.data
        moved.append(decision_areas.move_to(area, by=visit.member, level=level, why=why, version=version).id)

    try:
        is_moved = carries_out(form, move_to)
    except Stale:
        conflict = form.met(LevelForm(None, obj=area), area.version)
        values = _levelling(visit, area, form)
        return refusal("decision_areas/level.html", status=409, **values, conflict=conflict)
    if is_moved:
        words = _("%(area)s: %(level)s.", area=area.name, level=vocabulary.word(area.level))
        undo = url_for("decision_areas.undo_move", change_id=moved[0])
        return see("decision_areas.index", vendor_id=area.vendor_id, toast=words, undo=undo, _anchor=f"area-{area.id}")
    return refusal("decision_areas/level.html", **_levelling(visit, area, form))


@pages.post("/level-changes/<int:change_id>/undoing", Act.WORK)
def undo_move(visit: Visit, change_id: int) -> AnyReply:
    """Take the move back."""
    area = decision_areas.undo_move(visit.session, change_id)
    return see("decision_areas.index", vendor_id=area.vendor_id, toast=_("Taken back."))


@pages.post("/decision-areas/<int:area_id>/closing", Act.WORK)
def close(visit: Visit, area_id: int) -> AnyReply:
    """They no longer look after it."""
    area = decision_areas.find(visit.session, area_id)
    decision_areas.close(area, by=visit.member)
    undo = url_for("decision_areas.reopen", area_id=area.id)
    return see("decision_areas.index", vendor_id=area.vendor_id, toast=_("Closed."), undo=undo)


@pages.post("/decision-areas/<int:area_id>/removal", Act.WORK)
def remove(visit: Visit, area_id: int) -> AnyReply:
    """It was noted by mistake."""
    item = deletions.of_area(decision_areas.find(visit.session, area_id), by=visit.member)
    undo = undoing.from_bin(item)
    return see("decision_areas.index", vendor_id=item.vendor_id, toast=_("Deleted."), undo=undo)


@pages.post("/decision-areas/<int:area_id>/reopening", Act.WORK)
def reopen(visit: Visit, area_id: int) -> AnyReply:
    """They look after it again."""
    area = decision_areas.find(visit.session, area_id)
    decision_areas.reopen(area)
    return see("decision_areas.index", vendor_id=area.vendor_id, toast=_("It’s open again."))


# Access


@pages.get("/vendors/<int:vendor_id>/accesses/new", Act.WORK)
def new_access(visit: Visit, vendor_id: int) -> AnyReply:
    """Note an access."""
    form = AccessForm(None, data={"granted_on": visit.workspace.today, "owner_id": visit.member.user_id})
    return page("decision_areas/access.html", **_access_asked(visit, vendor_id, form))


@pages.post("/vendors/<int:vendor_id>/accesses", Act.WORK)
def give_access(visit: Visit, vendor_id: int) -> AnyReply:
    """Keep it."""
    form = AccessForm(typed())
    values = _access_asked(visit, vendor_id, form)
    given: list[int] = []

    def give() -> None:
        said = _access_terms(form)
        access = decision_areas.give_access(
            values["vendor"],
            by=visit.member,
            what=said.what,
            granted_on=said.granted_on,
            area_id=said.area_id,
            owner_id=said.owner_id,
            revoke_on=said.revoke_on,
        )
        given.append(access.id)

    if carries_out(form, give):
        undo = url_for("decision_areas.delete_access", access_id=given[0])
        return see("decision_areas.index", vendor_id=vendor_id, toast=_("Access noted."), undo=undo, _anchor="access")
    return refusal("decision_areas/access.html", **values)


@pages.get("/accesses/<int:access_id>/edit", Act.WORK)
def edit_access(visit: Visit, access_id: int) -> AnyReply:
    """Put right what is noted of an access."""
    access = decision_areas.find_access(visit.session, access_id)
    form = AccessForm(None, obj=access)
    values = _access_asked(visit, access.vendor_id, form, access)
    form.remember(access.version)
    return page("decision_areas/access.html", **values)


@pages.post("/accesses/<int:access_id>", Act.WORK)
def update_access(visit: Visit, access_id: int) -> AnyReply:
    """Save it. Where a colleague changed it first, both versions are shown."""
    access = decision_areas.find_access(visit.session, access_id)
    form = AccessForm(typed())
    values = _access_asked(visit, access.vendor_id, form, access)

    def edit() -> None:
        version = form.version.data or 0
        decision_areas.edit_access(access, by=visit.member, version=version, said=_access_terms(form))

    try:
        if carries_out(form, edit):
            return see("decision_areas.index", vendor_id=access.vendor_id, toast=_("Saved."), _anchor="access")
    except Stale:
        theirs = AccessForm(None, obj=access)
        _access_asked(visit, access.vendor_id, theirs, access)
        conflict = form.met(theirs, access.version)
        return refusal("decision_areas/access.html", status=409, **values, conflict=conflict)
    return refusal("decision_areas/access.html", **values)


@pages.post("/accesses/<int:access_id>/delete", Act.WORK)
def delete_access(visit: Visit, access_id: int) -> AnyReply:
    """It was never given."""
    item = deletions.of_access(decision_areas.find_access(visit.session, access_id), by=visit.member)
    words, undo = _("Taken off the list."), undoing.from_bin(item)
    return see("decision_areas.index", vendor_id=item.vendor_id, toast=words, undo=undo, _anchor="access")


@pages.post("/accesses/<int:access_id>/revocation", Act.WORK)
def revoke_access(visit: Visit, access_id: int) -> AnyReply:
    """It was taken back."""
    access = decision_areas.find_access(visit.session, access_id)
    decision_areas.revoke_access(access, by=visit.member)
    undo = url_for("decision_areas.restore_access", access_id=access.id)
    return see("decision_areas.index", vendor_id=access.vendor_id, toast=_("Taken back."), undo=undo, _anchor="access")


@pages.post("/accesses/<int:access_id>/restoration", Act.WORK)
def restore_access(visit: Visit, access_id: int) -> AnyReply:
    """It was not."""
    access = decision_areas.find_access(visit.session, access_id)
    decision_areas.restore_access(access)
    return see("decision_areas.index", vendor_id=access.vendor_id, toast=_("Restored."), _anchor="access")


def _levels() -> list[tuple[int, str]]:
    return [(each.value, vocabulary.word(each)) for each in Level]


def _of_accesses(accesses: Sequence[Any]) -> dict[str, Any]:
    """Those to take back first, then what stands, then what is taken back."""
    standing = [access for access in accesses if access.revoked_on is None]
    by_area: defaultdict[int, list[Any]] = defaultdict(list)
    for access in standing:
        by_area[access.area_id or 0].append(access)
    return {
        "accesses_of": dict(by_area),
        "asked_back": [access for access in standing if access.offboarding_on is not None],
        "standing": [access for access in standing if access.offboarding_on is None],
        "taken_back": [access for access in accesses if access.revoked_on is not None],
    }


def _table(rows: Iterable[HandedRow]) -> Iterator[tuple[str, ...]]:
    yield (
        _("What they look after"),
        _("Vendor"),
        _("Stage"),
        _("Level"),
        _("In words"),
        _("Since"),
        _("A month"),
        _("Currency"),
        _("Not included"),
        _("Should come to"),
        _("By when"),
        _("How it is done"),
        _("Looked after by"),
    )
    for row in rows:
        area = row.area
        amount = area.limit_amount
        yield (
            area.name,
            row.vendor_name,
            vocabulary.word(row.stage),
            str(area.level.value),
            vocabulary.word(area.level),
            row.since.isoformat() if row.since else "",
            "" if amount is None else formats.plain_money(amount, area.limit_currency),
            "" if amount is None else area.limit_currency,
            area.limit_scope,
            str(area.wished_level.value) if area.wished_level else "",
            area.wished_by.isoformat() if area.wished_by else "",
            area.procedure,
            row.owner,
        )


def _asked(visit: Visit, vendor_id: int, form: AreaForm) -> dict[str, Any]:
    form.offer()
    vendor = profiles.vendor(visit.session, vendor_id)
    return {"form": form, "vendor": vendor, "area_names": _area_names(reading.names(visit.session))}


def _area_names(known: list[str]) -> list[str]:
    """What is often handed over, and what this business calls it."""
    usual = [_("publish posts"), _("reply to customers"), _("spend on ads"), _("touch bank data")]
    has = {name.casefold() for name in known}
    return [*known, *(name for name in usual if name.casefold() not in has)]


def _access_asked(visit: Visit, vendor_id: int, form: AccessForm, access: Any = None) -> dict[str, Any]:
    areas = [row.area for row in reading.areas_of(visit.session, vendor_id)]
    everyone = members.members_of(visit.session, visit.workspace.id, active_only=False)
    able = {member.user_id for member in members.workers_of(everyone)}
    area_id, owner_id = (access.area_id, access.owner_id) if access else (None, None)
    form.offer(
        areas=[(area.id, area.name) for area in areas if area.closed_at is None or area.id == area_id],
        team=[(each.user_id, each.user.name) for each in everyone if each.user_id in able | {owner_id}],
    )
    return {"form": form, "vendor": profiles.vendor(visit.session, vendor_id), "access": access}


def _access_terms(form: AccessForm) -> AccessTerms:
    assert form.granted_on.data is not None  # the form requires it
    return AccessTerms(
        what=form.what.data,
        granted_on=form.granted_on.data,
        area_id=form.area_id.data,
        owner_id=form.owner_id.data,
        revoke_on=form.revoke_on.data,
    )


def _levelling(visit: Visit, area: Any, form: LevelForm) -> dict[str, Any]:
    board = delegation_hints.board_of(visit.session, area.vendor_id, reader=visit.member)
    return {
        "form": form,
        "board": board,
        "breaches": board.breaches,
        "vendor": profiles.vendor(visit.session, area.vendor_id),
        "row": reading.area_with_history(visit.session, area),
        "team": profiles.team(visit.session, reader=visit.member),
        "today": visit.today,
    }


def _form_of(area: Any, visit: Visit) -> AreaForm:
    amount = None if area.limit_amount is None else formats.plain_money(area.limit_amount, area.limit_currency)
    form = AreaForm(None, obj=area)
    form.offer()
    form.limit_amount.data = amount or ""
    form.limit_currency.data = area.limit_currency or visit.workspace.currency
    form.rhythm_unit.data = area.rhythm_unit or CadenceUnit.WEEKS.value
    return form


def _agreed(form: AreaForm) -> Agreement:
    amount = None
    if form.limit_amount.data:
        amount = formats.parse_money(form.limit_amount.data, form.limit_currency.data or "")
        if amount is None:
            raise Refused(lazy("Type an amount, such as 250 or 250.50."), field="limit_amount")
    every = form.rhythm_every.data
    return Agreement(
        name=form.name.data,
        wished_level=None if form.wished_level.data is None else Level(form.wished_level.data),
        wished_by=form.wished_by.data,
        spends_money=form.spends_money.data,
        limit_amount=amount,
        limit_currency=(form.limit_currency.data or "") if amount is not None else "",
        limit_scope=form.limit_scope.data,
        procedure=form.procedure.data,
        maturity=Maturity(form.maturity.data) if form.maturity.data else None,
        rhythm_every=every,
        rhythm_unit=None if every is None else CadenceUnit(form.rhythm_unit.data),
    )
