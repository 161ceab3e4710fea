"""The page of a vendor: who they are, where we stand, what happened, and the composer that logs what happens next."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request, url_for
from flask import session as cookie

from crm.core import clock, formats
from crm.core.errors import Missing, Refused
from crm.core.i18n import _, lazy, ngettext
from crm.domain import (
    custom_fields,
    decision_areas,
    delegation_hints,
    interactions,
    matches,
    notes,
    parkings,
    small_tasks,
    threads,
    trigger_rules,
    trust_entries,
    work_figures,
)
from crm.domain.decision_areas import Agreement
from crm.domain.parking_terms import figure_of
from crm.domain.permissions import Act
from crm.domain.trigger_rules import Price
from crm.domain.trust_entries import Observation
from crm.forms import figures
from crm.forms.log_entries import DELEGATION, MOVED, NEW_AREA, NOTE, TRUST, LogForm
from crm.models import vocabulary
from crm.models.enums import (
    Dimension,
    FieldKind,
    InteractionKind,
    Level,
    MailState,
    Outcome,
    PromiseKind,
    ReminderKind,
    Side,
    Stage,
    TimelineKind,
    Visibility,
)
from crm.queries import doubles, profiles, timelines, vendor_letters, vendors
from crm.queries import triggers as trigger_queries
from crm.queries.delegation_hints import Board, Breach, with_lines
from crm.queries.profiles import CustomRow, Surroundings
from crm.queries.timelines import Place, Show
from crm.web import hint_lines, rhythms, small_task_lines
from crm.web.composers import Untouched
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.parked import WaitedFor, not_compared, waited_for
from crm.web.replies import AnyReply, Redirect, page, piece, refusal, see
from crm.web.trust_figures import LogShown
from crm.web.vendor_threads import ThreadLine
from crm.web.ways import Move, moves

pages = Pages("profiles")

LAST_KIND = "composer_kind"
SHOWN_MOVES = 4


@pages.get("/vendors/<int:vendor_id>", Act.SEE)
def show(visit: Visit, vendor_id: int) -> AnyReply:
    """A vendor's page; for htmx the earlier part of the timeline alone."""
    before = Place.parse(request.args.get("before", ""))
    if visit.is_htmx and before is not None:
        return piece("profiles/_stretch.html", **_happened(visit, vendor_id, before))
    try:
        return page("profiles/show.html", **_shown(visit, vendor_id))
    except Missing:
        kept = doubles.merged_into(visit.session, vendor_id)
        if kept is None:
            raise
        return see("profiles.show", vendor_id=kept)


@pages.post("/vendors/<int:vendor_id>/log", Act.WORK)
def log(visit: Visit, vendor_id: int) -> AnyReply:
    """Log what the composer holds."""
    form = LogForm(typed())
    _offer(form, visit, vendor_id)
    written = _Written()
    if carries_out(form, lambda: _write(visit, vendor_id, form, written)):
        cookie[LAST_KIND] = form.kind.data
        return Redirect(url_for("profiles.show", vendor_id=vendor_id), toast=written.toast, undo=written.undo)
    visit.session.rollback()  # the page below shows what is stored, not the half that was refused
    return refusal("profiles/show.html", **_shown(visit, vendor_id, form))


# Writing


@dataclass(slots=True)
class _Written:
    """What was logged, in words, and the address that takes it back."""

    toast: str = ""
    undo: str = ""


def _write(visit: Visit, vendor_id: int, form: LogForm, written: _Written) -> None:
    if form.kind.data == NOTE:
        _write_note(visit, vendor_id, form, written)
    elif form.kind.data == TRUST:
        _write_trust(visit, vendor_id, form, written)
    elif form.kind.data == DELEGATION:
        _write_delegation(visit, vendor_id, form, written)
    else:
        _write_interaction(visit, vendor_id, form, written)


def _write_interaction(visit: Visit, vendor_id: int, form: LogForm, written: _Written) -> None:
    vendor = profiles.vendor(visit.session, vendor_id)
    with _boxes(summary="said", occurred_on="on", due_on="follow_on", what="promise", area_ids="about_ids"):
        entry = interactions.log(
            vendor,
            by=visit.member,
            kind=InteractionKind(form.kind.data),
            occurred_on=_day(visit, form),
            outcome=Outcome.ATTEMPT if form.no_answer.data else Outcome.TWO_WAY,
            initiated_by=Side.THEM if form.they_began.data else Side.US,
            person_id=form.person_id.data,
            # What is for one's own eyes is kept as a note; the team sees that there was a conversation, and the day
            # on which to follow up.
            summary="" if form.private.data else form.said.data,
            minutes=form.minutes.data,
            area_ids=[int(area_id) for area_id in form.about_ids.data or ()],
            then=_then(visit, form),
        )
    written.undo = url_for("interactions.delete", interaction_id=entry.id)
    own_words = _own_words(visit, form) if form.private.data else ""
    if own_words:
        note = notes.write(vendor, by=visit.member, body=own_words, visibility=Visibility.AUTHOR)
        written.undo = url_for("interactions.delete_with_note", interaction_id=entry.id, note_id=note.id)
    written.toast = _logged(visit, InteractionKind(form.kind.data), vendor.next_on, vendor.due_kind)


def _logged(visit: Visit, kind: InteractionKind, next_on: date | None, due_kind: ReminderKind | None) -> str:
    if next_on is None:
        return _("%(kind)s logged.", kind=vocabulary.word(kind))
    day = formats.near_day(next_on, visit.today)
    if due_kind is ReminderKind.TOUCH:
        return _("%(kind)s logged. Next check-in: %(day)s.", kind=vocabulary.word(kind), day=day)
    return _("%(kind)s logged. Next: %(day)s.", kind=vocabulary.word(kind), day=day)


def _then(visit: Visit, form: LogForm) -> interactions.Next | None:
    due_on = form.follow_up_on(visit.workspace.today)
    kind = PromiseKind(form.promise_kind.data)
    if due_on is None:
        if form.follow.data == "day" or form.promise.data or kind is not PromiseKind.FOLLOW_UP:
            raise Refused(lazy("Pick the day it is due."), field="follow_on")
        return None
    if form.private.data:
        if kind is not PromiseKind.FOLLOW_UP and not form.promise.data:
            raise Refused(lazy("Say what was promised."), field="promise")
        return interactions.Next(due_on=due_on)
    return interactions.Next(due_on=due_on, kind=kind, what=form.promise.data or "")


def _own_words(visit: Visit, form: LogForm) -> str:
    """What a private entry keeps for its author: what was said, and what was promised."""
    said: list[str] = [form.said.data] if form.said.data else []
    due_on = form.follow_up_on(visit.workspace.today)
    if due_on is not None and form.promise.data:
        kind = vocabulary.word(PromiseKind(form.promise_kind.data))
        day = formats.day(due_on, visit.today)
        said.append(_("%(kind)s, %(day)s: %(what)s", kind=kind, day=day, what=form.promise.data))
    return "\n\n".join(said)


def _write_note(visit: Visit, vendor_id: int, form: LogForm, written: _Written) -> None:
    visibility = Visibility.AUTHOR if form.private.data else Visibility.TEAM
    vendor = profiles.vendor(visit.session, vendor_id)
    with _boxes(body="said"):
        note = notes.write(vendor, by=visit.member, body=form.said.data, visibility=visibility)
    written.toast = _("Note kept. Only you can see it.") if form.private.data else _("Note added.")
    written.undo = url_for("notes.delete", note_id=note.id)


def _write_trust(visit: Visit, vendor_id: int, form: LogForm, written: _Written) -> None:
    if not form.dimension.data:
        raise Refused(lazy("Choose what it touches."), field="dimension")
    if not form.moved.data:
        raise Refused(lazy("Choose what it did to your trust."), field="moved")
    direction, weight = MOVED[form.moved.data]
    seen = Observation(
        occurred_on=_day(visit, form),
        dimension=Dimension(form.dimension.data),
        direction=direction,
        weight=weight,
        what_happened=form.said.data,
        person_id=form.person_id.data,
        observer_id=visit.member.user_id,
        visibility=Visibility.AUTHOR if form.private.data else Visibility.TEAM,
    )
    vendor = profiles.vendor(visit.session, vendor_id)
    with _boxes(what_happened="said", occurred_on="on"):
        entry = trust_entries.observe(vendor, by=visit.member, seen=seen)
    written.toast = _("Trust note added.")
    written.undo = url_for("trust_entries.take_back", entry_id=entry.id)


def _write_delegation(visit: Visit, vendor_id: int, form: LogForm, written: _Written) -> None:
    if form.private.data:
        raise Refused(
            lazy("What is handed over is known to the team. Choose Note to keep a thought for yourself."),
            field="private",
        )
    vendor = profiles.vendor(visit.session, vendor_id)
    with _boxes(name="area_name", why="said", changed_on="on"):
        if form.area_id.data == NEW_AREA:
            if form.level.data is None:
                raise Refused(lazy("Choose how far it is handed over."), field="level")
            area = decision_areas.hand_over(
                vendor,
                by=visit.member,
                level=Level(form.level.data),
                agreed=Agreement(name=form.area_name.data),
                why=form.said.data,
                on=_day(visit, form),
            )
            written.undo = url_for("decision_areas.remove", area_id=area.id)
        else:
            area = decision_areas.find(visit.session, form.area_id.data)
            level = area.level if form.level.data is None else Level(form.level.data)
            change = decision_areas.move_to(
                area, by=visit.member, level=level, why=form.said.data, on=_day(visit, form)
            )
            written.undo = url_for("decision_areas.undo_move", change_id=change.id)
    written.toast = _("%(area)s: %(level)s.", area=area.name, level=vocabulary.word(area.level))


def _day(visit: Visit, form: LogForm) -> date:
    day = form.day(visit.workspace.today)
    if day is None:
        raise Refused(lazy("Pick the day on which it happened."), field="on")
    return day


@contextmanager
def _boxes(**names: str) -> Iterator[None]:
    """Say a broken rule beside the composer's own box: the domain's field name to the form's."""
    try:
        yield
    except Refused as refused:
        refused.field = names.get(refused.field or "", refused.field)
        raise


# Showing


def _shown(visit: Visit, vendor_id: int, form: LogForm | None = None) -> dict[str, Any]:
    values = _happened(visit, vendor_id, Place.parse(request.args.get("before", "")))
    vendor, around = values["vendor"], values["around"]
    today = visit.workspace.today
    parked = values["parked"]
    if form is not None:
        _choose(form, values["panels"], around)
    figure = figure_of(parked.parking) if parked else None
    return {
        **values,
        "form": form or Untouched(),
        "kind": form.kind.data if form else cookie.get(LAST_KIND) or InteractionKind.CALL.value,
        "figure": figure,
        "figure_shown": figures.shown(figure.now, figure.currency) if figure else "",
        "not_compared": not_compared(vendor, parked.parking) if parked else [],
        "often": parkings.OFTEN,
        "waited_for": _waited_for(vendor, around),
        "openings": matches.of_vendor(vendor, around.openings, today),
        "small_tasks": small_task_lines.lines(small_tasks.of_vendor(vendor, around.small_needs, visit.today)),
        "trust": LogShown(vendor_id, around.trust_log, today, visit.today),
        "thread": _thread(vendor, around, today),
        "rhythm": rhythms.in_words(vendor.cadence_in_force),
        "history": _history(vendor, around, visit.workspace.time_zone),
        "moves": _ways(vendor, around),
        "unpark_to": [stage for stage in Stage if stage is not Stage.PARKED],
        "quick": [(quick, meaning.words) for quick, meaning in trust_entries.QUICK.items()],
        "names": profiles.names(around.members),
        "work_figures": work_figures.figures(around.finished, today),
        "custom": [_answer(row, visit.today) for row in around.custom],
        "hint": _hint(vendor, around, today),
        "asked_back": around.asked_back,
    }


def _waited_for(vendor: Any, around: Surroundings) -> WaitedFor | None:
    """What the vendor's parking waits for, with what lacks of it."""
    need, parking = around.waited_for, around.parking
    if need is None or parking is None:
        return None
    minimum = trigger_rules.known(trigger_rules.snapshot(vendor)).minimum
    budget = Price(need.budget_amount, need.budget_currency)
    return waited_for(parking.reason, (need.id, need.outcome), budget, minimum)


def _hint(vendor: Any, around: Surroundings, today: date) -> str:
    """What is worth a look on the delegation board, in one line."""
    breaches = [Breach(row.id, row.what_happened, row.occurred_on) for row in around.breaches]
    board = Board(vendor.id, vendor.name, vendor.stage, around.trust_log, breaches=breaches)
    found = delegation_hints.found_on(with_lines(board, around.hinted), today)
    return hint_lines.vendor_sentence([finding for finding in found if finding.put_off is None])


def _answer(row: CustomRow, today: date) -> tuple[str, str, str]:
    """A field of the business's own: its name, what stands in it, and where that leads to, if anywhere."""
    words = custom_fields.in_words(row.value, today)
    return row.field, words, words if row.kind is FieldKind.URL else ""


def _happened(visit: Visit, vendor_id: int, before: Place | None) -> dict[str, Any]:
    """What a stretch of the timeline needs."""
    show = _wanted()
    vendor, parked = trigger_queries.vendor_and_parking(visit.session, vendor_id)
    panels = vendors.side_panels(visit.session, vendor_id)
    since = threads.begins_on(visit.workspace.today)
    found = timelines.stretch(visit.session, vendor_id, reader=visit.member, show=show, before=before, whole=_whole())
    copies = [row.subject_id for row in found.entries if row.kind is TimelineKind.INTERACTION]
    letters = vendor_letters.on_page(visit.session, vendor_id, copies)
    return {
        "vendor": vendor,
        "parked": parked,
        "letters": {letter.interaction_id: letter for letter in letters},
        "held": [letter for letter in letters if letter.state is MailState.HELD],
        "refused": {letter.recipient for letter in letters if letter.is_refused},
        "panels": panels,
        "around": profiles.surroundings(visit.session, vendor_id, reader=visit.member, since=since),
        "show": show,
        "before": before,
        "found": found,
        "may_work": visit.may(Act.WORK),
        "today": visit.today,
        "people_names": {person.id: person.name for person in panels.people},
        "file_names": {attachment.id: attachment.name for attachment in panels.files},
    }


def _whole() -> int:
    """The entry whose text is to be shown in full, however long it is."""
    number = request.args.get("whole", "")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0


def _wanted() -> Show:
    wanted = request.args.get("show", "")
    return Show(wanted) if wanted in list(Show) else Show.EVERYTHING


def _offer(form: LogForm, visit: Visit, vendor_id: int) -> None:
    """Hand the composer its choices, as far as something of them was chosen."""
    if not form.person_id.data and not form.about_ids.data and form.area_id.data in (None, NEW_AREA):
        form.offer(people=(), areas=())
        return
    around = profiles.surroundings(visit.session, vendor_id, reader=visit.member, since=visit.workspace.today)
    _choose(form, vendors.side_panels(visit.session, vendor_id), around)


def _choose(form: LogForm, panels: vendors.SidePanels, around: Surroundings) -> None:
    form.offer(
        people=[(person.id, person.name) for person in panels.people],
        areas=[(area.id, area.name) for area in around.areas],
    )


def _ways(vendor: Any, around: Surroundings) -> list[Move]:
    """Where the vendor can go from here."""
    undecided = vendor.stage is Stage.TRIAL and any(trial.outcome is None for trial in around.trials)
    back = url_for("profiles.show", vendor_id=vendor.id)
    return moves(vendor.id, vendor.stage, undecided=undecided, back=back, to=tuple(Stage))


_DAYS = {"days": 1, "weeks": 7, "months": 30}


def _thread(vendor: Any, around: Surroundings, today: date) -> ThreadLine:
    every, _blank, unit = vendor.cadence_in_force.partition(" ")
    return ThreadLine(
        words=_thread_words(vendor, around, today),
        today=today,
        contacts=tuple(around.contact_days),
        gifts=tuple(around.referral_days),
        next_on=vendor.next_on,
        flag_on=around.parking.revisit_on if around.parking else None,
        rhythm_days=int(every) * _DAYS[unit] if every.isdigit() else None,
    )


def _thread_words(vendor: Any, around: Surroundings, today: date) -> str:
    """All that the thread shows, as a sentence."""
    times = len(around.contact_days)
    said = [
        ngettext("In touch once in a year.", "In touch %(num)s times in a year.", times)
        if times
        else _("Not in touch in the last year.")
    ]
    if around.referral_days:
        said.append(ngettext("One referral.", "%(num)s referrals.", len(around.referral_days)))
    if vendor.next_on is not None:
        late = (today - vendor.next_on).days
        said.append(
            ngettext("The next check-in is %(num)s day late.", "The next check-in is %(num)s days late.", late)
            if late > 0
            else _("Next check-in: %(day)s.", day=formats.near_day(vendor.next_on, today))
        )
    if around.parking is not None:
        said.append(_("To look at again on %(day)s.", day=formats.day(around.parking.revisit_on, today)))
    return " ".join(said)


@dataclass(frozen=True, slots=True)
class _Stop:
    stage: Stage
    since: date
    is_now: bool = False


def _history(vendor: Any, around: Surroundings, zone: str) -> list[_Stop]:
    """The stages so far, the present one last; the latest few of many."""
    stops = [_Stop(move.to_stage, move.moved_on) for move in around.moves[:-1]]
    if around.moves:
        began = clock.local(vendor.created_at, zone).date()
        stops.insert(0, _Stop(around.moves[0].from_stage, min(began, around.moves[0].moved_on)))
    stops.append(_Stop(vendor.stage, vendor.stage_since, is_now=True))
    return stops[-SHOWN_MOVES:]
