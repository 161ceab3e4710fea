"""Briefs of trial tasks: written, changed, given to vendors, and sent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask import request, url_for

from crm.core import limits, tokens
from crm.core.errors import Stale
from crm.core.i18n import _, ngettext
from crm.domain import (
    brief_giving,
    brief_templates,
    deletions,
    needs,
    settings,
    suppressions,
    touch_reasons,
    trial_blindness,
    trial_briefs,
    trials,
    vendor_letters,
)
from crm.domain.brief_giving import Giving
from crm.domain.need_rules import Concern, Meter
from crm.domain.permissions import Act
from crm.domain.trial_briefs import BriefTerms, Condition
from crm.domain.vendor_letters import Obstacle, Recipient
from crm.forms import trial_briefs as forms
from crm.forms.trial_briefs import BriefForm, GivingBoxes, GivingForm, NewBriefForm, SendingForm
from crm.mail.drafts import Draft
from crm.models.enums import BOARD_STAGES, Stage
from crm.queries import categories as category_queries
from crm.queries import members, people, profiles
from crm.queries import needs as need_queries
from crm.queries import trial_briefs as reading
from crm.queries.categories import Tree
from crm.queries.trial_briefs import Candidate
from crm.web import undoing
from crm.web.gate import LARGEST_ID, Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, Redirect, page, refusal, see, see_path

pages = Pages("trial_briefs")

NEAR = 20
"""So many vendors who do this kind of work are offered with a box of their own."""
_LIKELY = (Stage.TRIAL, Stage.PROSPECT, Stage.PARKED, Stage.ACTIVE)
"""Whom a trial task is most likely for, first."""


@pages.get("/trial-briefs", Act.SEE)
def index(visit: Visit) -> AnyReply:
    """All briefs that were written in full."""
    return page("trial_briefs/index.html", briefs=reading.earlier(visit.session), may_work=visit.may(Act.WORK))


@pages.get("/trial-briefs/<int:brief_id>/brief", Act.SEE)
def show(visit: Visit, brief_id: int) -> AnyReply:
    """The brief as it stands, and who has it."""
    brief = trial_briefs.find(visit.session, brief_id)
    terms = trial_briefs.terms_of(visit.session, brief)
    team = profiles.team(visit.session, reader=visit.member)
    return page(
        "trial_briefs/show.html",
        brief=brief,
        terms=terms,
        need=needs.find(visit.session, brief.need_id) if brief.need_id is not None else None,
        category=category_queries.tree(visit.session).node(brief.category_id),
        holders=reading.holders(visit.session, brief_id),
        reviewers=[team[each].name for each in terms.reviewer_ids if each in team],
        home=_home(brief_id),
        may_work=visit.may(Act.WORK),
        today=visit.today,
    )


# Writing one


@pages.get("/trial-briefs/new", Act.WORK)
def new(visit: Visit) -> AnyReply:
    """An empty brief, or one to begin with: of a need, of a kind of work, like an earlier one."""
    desk = _desk(visit)
    terms = _beginning(desk)
    data, conditions, criteria = forms.data_of(terms, keeps_ids=False)
    form = _form(desk, NewBriefForm, conditions, criteria, data={**data, "vendor_ids": desk.asked_ids})
    return page("trial_briefs/new.html", **_shown(desk, form))


@pages.post("/trial-briefs", Act.WORK)
def create(visit: Visit) -> AnyReply:
    """Write it, and give it to whoever was chosen."""
    desk = _desk(visit)
    form = _typed_form(desk, NewBriefForm)
    made: list[Any] = []
    given: list[Giving] = []
    repeats: list[bool] = []

    def act() -> None:
        known = trial_briefs.just_written(visit.session, by=visit.member, terms=form.terms)
        made.append(known or trial_briefs.write(visit.session, by=visit.member, terms=form.terms))
        have_it = {each.vendor_id for each in reading.holders(visit.session, known.id)} if known else set()
        if left := [each for each in form.chosen_ids if each not in have_it]:
            given.append(_give(visit, made[0], form, left))
        repeats.append(known is not None)

    if carries_out(form, act):
        if given:
            return _given(made[0], given[0])
        words = _("You have just written this down.") if repeats[0] else _("Brief written. Nobody has it yet.")
        return see_path(_home(made[0].id), toast=words)
    return refusal("trial_briefs/new.html", **_shown(desk, form))


@pages.post("/trial-briefs/draft", Act.WORK)
def redraft(visit: Visit) -> AnyReply:
    """More lines, or another need or vendor: the form with what belongs to it. Nothing is stored."""
    desk = _desk(visit)
    return page("trial_briefs/new.html", **_shown(desk, _typed_form(desk, NewBriefForm)))


@pages.get("/trial-briefs/<int:brief_id>/edit", Act.WORK)
def edit(visit: Visit, brief_id: int) -> AnyReply:
    """The brief, to be changed."""
    desk = _desk(visit, trial_briefs.find(visit.session, brief_id))
    form = _stored_form(desk)
    form.remember(desk.brief.version)
    return page("trial_briefs/edit.html", **_shown(desk, form))


@pages.post("/trial-briefs/<int:brief_id>", Act.WORK)
def update(visit: Visit, brief_id: int) -> AnyReply:
    """Save it. Where a colleague did so first, both versions are shown."""
    desk = _desk(visit, trial_briefs.find(visit.session, brief_id))
    form = _typed_form(desk, BriefForm)

    def act() -> None:
        trial_briefs.edit(desk.brief, by=visit.member, version=form.version.data or 0, terms=form.terms)

    try:
        if carries_out(form, act):
            return see_path(_home(brief_id), toast=_("Saved."))
    except Stale:
        conflict = form.met(_stored_form(desk, like=form), desk.brief.version)
        return refusal("trial_briefs/edit.html", status=409, conflict=conflict, **_shown(desk, form))
    return refusal("trial_briefs/edit.html", **_shown(desk, form))


@pages.post("/trial-briefs/<int:brief_id>/draft", Act.WORK)
def redraft_edit(visit: Visit, brief_id: int) -> AnyReply:
    """More lines, or another need. Nothing is stored."""
    desk = _desk(visit, trial_briefs.find(visit.session, brief_id))
    return page("trial_briefs/edit.html", **_shown(desk, _typed_form(desk, BriefForm)))


@pages.post("/trial-briefs/<int:brief_id>/removal", Act.WORK)
def remove(visit: Visit, brief_id: int) -> AnyReply:
    """Nobody has got it: delete it."""
    item = deletions.of_brief(trial_briefs.find(visit.session, brief_id), by=visit.member)
    return see("trial_briefs.index", toast=_("Deleted."), undo=undoing.from_bin(item))


# Giving it


@pages.get("/trial-briefs/<int:brief_id>/vendors", Act.WORK)
def vendors(visit: Visit, brief_id: int) -> AnyReply:
    """Who has it, and whom else to give it to."""
    return _vendors(visit, brief_id, None)


@pages.post("/trial-briefs/<int:brief_id>/vendors", Act.WORK)
def give(visit: Visit, brief_id: int) -> AnyReply:
    """Give it to more vendors."""
    return _vendors(visit, brief_id, typed())


@pages.post("/trial-briefs/<int:brief_id>/withdrawal", Act.WORK)
def withdraw(visit: Visit, brief_id: int) -> AnyReply:
    """Take a giving back: the tasks that ``?trial=…`` names, and the need's step that ``?need_move=…`` names."""
    brief = trial_briefs.find(visit.session, brief_id)
    move = next(iter(_numbers("need_move")), None)
    brief_giving.take_back(brief, by=visit.member, trial_ids=_numbers("trial"), need_move_id=move)
    return see("trial_briefs.vendors", brief_id=brief_id, toast=_("Taken back. They haven’t got it."))


def _vendors(visit: Visit, brief_id: int, formdata: Any) -> AnyReply:
    desk = _desk(visit, trial_briefs.find(visit.session, brief_id))
    holders = reading.holders(visit.session, brief_id)
    at_work = {each.vendor_id for each in holders if each.is_open}
    form = GivingForm(formdata, data={"vendor_ids": [each for each in desk.asked_ids if each not in at_work]})
    _offer_vendors(desk, form, desk.brief.category_id, without=at_work)
    if formdata is not None:
        made: list[Giving] = []
        if carries_out(form, lambda: made.append(_give(visit, desk.brief, form, form.chosen_ids))):
            return _given(desk.brief, made[0])
    shown = {
        "brief": desk.brief,
        "home": _home(brief_id),
        "form": form,
        "holders": holders,
        "near": desk.near,
        "worth": _worth_a_word(desk, desk.brief.need_id, desk.brief.category_id, form.chosen_ids, None),
        "today": visit.today,
    }
    return (page if formdata is None else refusal)("trial_briefs/vendors.html", **shown)


def _give(visit: Visit, brief: Any, form: GivingBoxes, vendor_ids: list[int]) -> Giving:
    return brief_giving.give(brief, by=visit.member, vendor_ids=vendor_ids, due_on=form.due_on.data)


def _given(brief: Any, given: Giving) -> Redirect:
    undo = url_for(
        "trial_briefs.withdraw",
        brief_id=brief.id,
        trial=[trial.id for trial in given.trials],
        need_move=given.need_move.id if given.need_move is not None else None,
    )
    more = (_("Send it to them"), url_for("trial_briefs.sending", trial_id=given.trials[0].id))
    return see_path(_home(brief.id), toast=_given_notice(given), undo=undo, more=more)


# Sending it


@pages.get("/trials/<int:trial_id>/sending", Act.WORK)
def sending(visit: Visit, trial_id: int) -> AnyReply:
    """The letter that takes the brief to its vendor, to be looked at and changed."""
    table = _table(visit, trial_id)
    to = table.recipients[0] if table.recipients else None
    draft = table.draft(to.key if to else "")
    key = to.key if to else ""
    form = table.form(None, to=key, drafted=key, subject=draft.subject, body=draft.body, press=tokens.new_token())
    return page(**_letter(table, form))


@pages.post("/trials/<int:trial_id>/sending/draft", Act.WORK)
def redraft_letter(visit: Visit, trial_id: int) -> AnyReply:
    """Another reader: the letter to them. What was changed stays, and nothing is stored."""
    table = _table(visit, trial_id)
    form = table.form(typed())
    before, after = table.draft(form.drafted.data), table.draft(form.to.data)
    said = (form.subject.data or "", form.body.data or "")
    form.subject.data, form.body.data = touch_reasons.rewritten(said, before, after)
    form.drafted.data = form.to.data
    return page(**_letter(table, form))


@pages.post("/trials/<int:trial_id>/sending", Act.WORK)
def send(visit: Visit, trial_id: int) -> AnyReply:
    """Send it from here."""
    table = _table(visit, trial_id)
    form = table.form(typed())

    def act() -> None:
        if form.postal_address.data and Obstacle.NO_POSTAL_ADDRESS in table.obstacles and visit.may(Act.MANAGE):
            settings.change_postal_address(visit.session, by=visit.member, address=form.postal_address.data)
        to = table.recipient(form.to.data)
        assert to is not None  # the form has checked it
        said = {"subject": form.subject.data or "", "body": form.body.data or "", "press": form.press.data or ""}
        brief_giving.send(table.trial, by=visit.member, settings=visit.settings, to=to, **said)

    if carries_out(form, act):
        to = table.recipient(form.to.data)
        words = _("The letter to %(name)s leaves in a moment.", name=to.name if to else table.vendor.name)
        return _on(table, words, url_for("trial_briefs.unsend", trial_id=trial_id))
    return refusal(**_letter(table, form))


@pages.post("/trials/<int:trial_id>/sending/log", Act.WORK)
def note_sent(visit: Visit, trial_id: int) -> AnyReply:
    """It was sent by one's own mail program, or handed over."""
    table = _table(visit, trial_id)
    form = table.form(typed(), by_hand=True)
    kept: list[Any] = []

    def act() -> None:
        to = table.recipient(form.to.data)
        said = {"subject": form.subject.data or "", "body": form.body.data or ""}
        copy = brief_giving.note_sent(table.trial, by=visit.member, to=to, keeps_copy=form.keeps_copy.data, **said)
        kept.append(copy.id if copy is not None else None)

    if carries_out(form, act):
        words = _("Noted: %(name)s has the brief.", name=table.vendor.name)
        return _on(table, words, url_for("trial_briefs.unsend", trial_id=trial_id, copy=kept[0]))
    return refusal(**_letter(table, form))


@pages.post("/trials/<int:trial_id>/sending/undo", Act.WORK)
def unsend(visit: Visit, trial_id: int) -> AnyReply:
    """It was not sent after all."""
    copy_id = next(iter(_numbers("copy")), None)
    brief_giving.take_sending_back(trials.find(visit.session, trial_id), by=visit.member, copy_id=copy_id)
    return see("trial_briefs.sending", trial_id=trial_id, toast=_("Taken back: it was not sent."))


@dataclass(slots=True)
class _Table:
    """What the letter to a vendor is written from."""

    visit: Visit
    trial: Any
    brief: Any
    terms: BriefTerms
    vendor: Any
    recipients: list[Recipient] = field(default_factory=list)
    obstacles: list[Obstacle] = field(default_factory=list)

    def recipient(self, key: str | None) -> Recipient | None:
        return next((one for one in self.recipients if one.key == key), None)

    def draft(self, to: str | None) -> Draft:
        one = self.recipient(to)
        return brief_giving.draft(
            self.terms,
            to=one.name if one else self.vendor.name,
            address=one.address if one else "",
            due_on=self.trial.due_on,
            sender=self.visit.person.first_name,
            today=self.visit.workspace.today,
        )

    def form(self, formdata: Any, *, by_hand: bool = False, **values: Any) -> SendingForm:
        form = SendingForm(formdata, data={"keeps_copy": True, **values})
        nobody = [("", _("Nobody in particular"))] if by_hand else []
        form.offer([*((one.key, f"{one.name}, {one.address}") for one in self.recipients), *nobody])
        if by_hand:
            form.to.validators = ()  # it may have been handed over to somebody without an address
        return form


def _table(visit: Visit, trial_id: int) -> _Table:
    trial = trials.find(visit.session, trial_id)
    brief = trial_briefs.find(visit.session, trial.brief_id)
    vendor = profiles.vendor(visit.session, trial.vendor_id)
    rows = people.people_of(visit.session, vendor.id)
    return _Table(
        visit,
        trial,
        brief,
        replace(trial_briefs.terms_of(visit.session, brief), title=trial.what),
        vendor,
        recipients=vendor_letters.recipients(rows, vendor_letters.shut_addresses(visit.session, vendor.id, rows)),
        obstacles=vendor_letters.obstacles(visit.session, visit.settings, vendor),
    )


def _letter(table: _Table, form: SendingForm) -> dict[str, Any]:
    visit, to = table.visit, table.recipient(form.to.data)
    takes_none = to is not None and suppressions.is_suppressed(visit.session, visit.settings, to.address)
    may_send = bool(table.recipients) and not takes_none and not set(table.obstacles) - {Obstacle.NO_POSTAL_ADDRESS}
    asks_for_address = Obstacle.NO_POSTAL_ADDRESS in table.obstacles
    return {
        "template": "trial_briefs/sending.html",
        "trial": table.trial,
        "brief": table.brief,
        "vendor": table.vendor,
        "form": form,
        "to": to,
        "recipients": table.recipients,
        "blanks": brief_templates.blanks(form.body.data or ""),
        "is_sent": brief_giving.is_sent(visit.session, table.trial),
        "obstacles": table.obstacles,
        "takes_none": takes_none,
        "may_send": may_send and (not asks_for_address or visit.may(Act.MANAGE)),
        "asks_for_address": asks_for_address,
        "manages": visit.may(Act.MANAGE),
        "mailto": Draft((to.address,) if to else (), form.subject.data or "", form.body.data or "").mailto,
        "back": _home(table.brief.id),
        "today": visit.today,
    }


def _on(table: _Table, words: str, undo: str) -> Redirect:
    """To the next vendor who has the brief and knows nothing of it yet, or back to the brief."""
    waiting = [each for each in reading.holders(table.visit.session, table.brief.id) if each.wants_sending]
    if waiting:
        return see("trial_briefs.sending", trial_id=waiting[0].trial_id, toast=words, undo=undo)
    return see_path(_home(table.brief.id), toast=words, undo=undo)


# What the pages show


@dataclass(slots=True)
class _Desk:
    """What a brief is written from."""

    visit: Visit
    brief: Any
    needs: list[need_queries.Choice]
    tree: Tree
    asked_ids: list[int]
    """The vendors that the address names."""
    near: list[Candidate] = field(default_factory=list)
    """The vendors that are offered with a box of their own."""

    def need(self, need_id: int | None) -> Any:
        """One of the needs that can be chosen; None for another number."""
        if need_id is None or need_id not in [each.id for each in self.needs]:
            return None
        return needs.find(self.visit.session, need_id)


@dataclass(frozen=True, slots=True)
class _Worth:
    """What is worth a plain word before somebody goes on: of the need, of each vendor, of the time it takes."""

    concerns: list[Concern]
    meter: Meter | None
    about: list[tuple[str, list[Concern]]]
    active: list[str]
    left_alone: list[str]
    is_long: bool


def _desk(visit: Visit, brief: Any = None) -> _Desk:
    open_needs = need_queries.to_choose_from(visit.session)
    if brief is not None and brief.need_id is not None and brief.need_id not in [each.id for each in open_needs]:
        need = needs.find(visit.session, brief.need_id)
        open_needs = [*open_needs, need_queries.Choice(need.id, need.outcome)]
    return _Desk(visit, brief, open_needs, category_queries.tree(visit.session), _numbers("vendor"))


def _beginning(desk: _Desk) -> BriefTerms:
    """What the address asks to begin with: an earlier brief, a kind of work, a need; and who begins it reviews."""
    session, by = desk.visit.session, desk.visit.member.user_id
    need = desk.need(next(iter(_numbers("need")), None))
    like = next(iter(_numbers("like")), None)
    if like is not None:
        terms = trial_briefs.terms_of(session, trial_briefs.find(session, like))
        return replace(terms, need_id=need.id if need else terms.need_id, reviewer_ids=(by,))
    template = brief_templates.find(request.args.get("template", ""))
    place = desk.tree.node(need.category_id) if need is not None else None
    if template is None and place is not None and "template" not in request.args:
        template = brief_templates.for_category(place.path)
    terms = template.terms() if template else BriefTerms(title="", body="", criteria=trial_briefs.usual_criteria())
    if need is not None:
        terms = _for_need(terms, need)
    elif template is not None and template.place is not None:
        same = [node.id for node in desk.tree.children(None) if brief_templates.for_category(node.path) is template]
        terms = replace(terms, category_id=next(iter(same), None))
    return replace(terms, reviewer_ids=(by,))


def _for_need(terms: BriefTerms, need: Any) -> BriefTerms:
    wanted = [line.lstrip("-* ").strip() for line in need.acceptance.splitlines()]
    own = tuple(Condition(line[: limits.LINE_LENGTH]) for line in wanted if line)
    return replace(
        terms,
        need_id=need.id,
        category_id=need.category_id,
        title=terms.title or need.outcome,
        deliverable=need.deliverables or terms.deliverable,
        conditions=(*own, *terms.conditions),
    )


def _typed_form(desk: _Desk, base: type[BriefForm]) -> Any:
    given = typed()
    keys: dict[str, list[str]] = {}
    for kind in ("condition", "criterion"):
        known = forms.keys_typed(given.keys(), kind)
        if desk.brief is not None:
            rows = reading.conditions_of if kind == "condition" else reading.criteria_of
            there = [str(row.id) for row in rows(desk.visit.session, desk.brief.id)]
            known = [*there, *(key for key in known if key not in there)]
        keys[kind] = forms.with_empty(known) if given.get("more") == kind else known
    return _form(desk, base, keys["condition"], keys["criterion"], formdata=given, adds_empty=False)


def _stored_form(desk: _Desk, like: BriefForm | None = None) -> Any:
    """What is stored; ``like`` is a form whose lines it is to have."""
    terms = trial_briefs.terms_of(desk.visit.session, desk.brief)
    data, conditions, criteria = forms.data_of(terms, keeps_ids=True)
    if like is not None:
        return _form(desk, BriefForm, like.condition_keys, like.criterion_keys, data=data, adds_empty=False)
    return _form(desk, BriefForm, conditions, criteria, data=data)


def _form(
    desk: _Desk,
    base: type[BriefForm],
    conditions: Sequence[str],
    criteria: Sequence[str],
    *,
    formdata: Any = None,
    data: dict[str, Any] | None = None,
    adds_empty: bool = True,
) -> Any:
    lines = [forms.with_empty(keys) if adds_empty else keys for keys in (conditions, criteria)]
    form = forms.brief_form(base, *lines)(formdata, data=data)
    team = members.members_of(desk.visit.session, desk.visit.workspace.id)
    able = {member.user_id: member.user.name for member in members.workers_of(team)}
    asked = set(form.reviewer_ids.data or ()) - set(able)
    form.offer(
        needs=[(each.id, each.outcome) for each in desk.needs],
        categories=[(node.id, node.words) for node in desk.tree],
        reviewers=[*able.items(), *((each.user_id, each.user.name) for each in team if each.user_id in asked)],
        currency=desk.visit.workspace.currency,
    )
    if isinstance(form, GivingBoxes):
        _offer_vendors(desk, form, _category_of(desk, form))
    return form


def _shown(desk: _Desk, form: Any) -> dict[str, Any]:
    if desk.brief is not None:
        holders = reading.holders(desk.visit.session, desk.brief.id)
        chosen = [each.vendor_id for each in holders if each.is_open]
        blindness = trial_blindness.of_brief(desk.visit.session, desk.brief.id, today=desk.visit.workspace.today)
        more: dict[str, Any] = {"brief": desk.brief, "holders": holders, "of_reviewers": blindness.words}
    else:
        chosen = form.chosen_ids
        more = {
            "brief": None,
            "of_reviewers": [],
            "near": desk.near,
            "templates": brief_templates.TEMPLATES,
            "earlier": reading.earlier(desk.visit.session),
            "begun_with": request.args.get("template", ""),
            "begun_like": next(iter(_numbers("like")), None),
            "asked_ids": desk.asked_ids,
            "need_id": form.need_id.data,
        }
    worth = _worth_a_word(desk, form.need_id.data, _category_of(desk, form), chosen, form.hours.data)
    return {"form": form, "worth": worth, **more}


def _category_of(desk: _Desk, form: Any) -> int | None:
    """The kind of work: as the brief says, else as its need does."""
    if form.category_id.data is not None:
        return int(form.category_id.data)
    need = desk.need(form.need_id.data)
    return need.category_id if need is not None else None


def _offer_vendors(desk: _Desk, form: GivingBoxes, category_id: int | None, *, without: Iterable[int] = ()) -> None:
    """Those who suggest themselves: named by the address or ticked, then who does this kind of work, else who is not
    active yet; everybody else stands in a list."""
    session, gone = desk.visit.session, set(without)
    known = {each.id: each for each in reading.everybody(session, BOARD_STAGES) if each.id not in gone}
    asked = [each for each in dict.fromkeys([*desk.asked_ids, *_ticked(form)]) if each not in gone]
    known |= {each.id: each for each in reading.candidates(session, asked)}
    if category_id is not None:
        offered = need_queries.offers(session, known, category_id)
        fitting = [each for each in known.values() if offered[each.id].is_in_niche and each.stage in _LIKELY]
        further = [each.id for each in sorted(fitting, key=lambda each: _LIKELY.index(each.stage))]
    else:
        further = [each.id for each in known.values() if each.stage in (Stage.TRIAL, Stage.PROSPECT)]
    near_ids = [each for each in dict.fromkeys([*asked, *further[:NEAR]]) if each in known]
    desk.near = [known[each] for each in near_ids]
    others = [(each.id, each.name) for each in known.values() if each.id not in near_ids]
    form.offer_vendors([(each.id, each.name) for each in desk.near], others)


def _ticked(form: GivingBoxes) -> list[int]:
    return [int(each) for each in form.vendor_ids.data or ()]


def _worth_a_word(
    desk: _Desk, need_id: int | None, category_id: int | None, vendor_ids: Sequence[int], hours: int | None
) -> _Worth:
    session, need = desk.visit.session, desk.need(need_id)
    chosen = reading.candidates(session, vendor_ids)
    concerns: list[Concern] = []
    if need is not None:
        first = need_queries.prerequisites(session, [need.id])[need.id]
        concerns = needs.concerns(need, unmet=sum(not each.is_met for each in first))
    about = brief_giving.concerns_about(session, vendor_ids, need=need, category_id=category_id)
    return _Worth(
        concerns=concerns,
        meter=needs.meter(need) if need is not None else None,
        about=[(each.name, about[each.id]) for each in chosen if about.get(each.id)],
        active=[each.name for each in chosen if each.stage is Stage.ACTIVE],
        left_alone=[each.name for each in chosen if each.do_not_contact],
        is_long=trial_briefs.is_long(hours),
    )


def _given_notice(given: Giving) -> str:
    words = ngettext("Given to one vendor.", "Given to %(num)s vendors.", len(given.trials))
    had = _("%(names)s had it already.", names=", ".join(given.has_it)) if given.has_it else ""
    return f"{words} {had}".strip()


def _home(brief_id: int) -> str:
    """Where a brief is looked at: its vendors side by side."""
    return url_for("trial_comparisons.show", brief_id=brief_id)


def _numbers(name: str) -> list[int]:
    """The ids that the address names."""
    found = (each for each in request.args.getlist(name) if each.isascii() and each.isdigit())
    return [int(each) for each in found if int(each) <= LARGEST_ID][: limits.TRIAL_VENDORS]
