"""What becomes of a vendor after a trial task: the sheet that asks, and the page of what was decided."""

from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from crm.core import tokens
from crm.core.errors import Refused
from crm.core.i18n import _
from crm.domain import (
    interactions,
    settings,
    stages,
    suppressions,
    touch_reasons,
    touches,
    trial_briefs,
    trial_decisions,
    trials,
    trust_entries,
    vendor_letters,
)
from crm.domain.permissions import Act
from crm.domain.trial_briefs import BriefTerms
from crm.domain.trial_decisions import Figures
from crm.domain.vendor_letters import Obstacle, Recipient
from crm.forms.trial_briefs import SendingForm
from crm.forms.trial_decisions import TrialDecisionForm, as_before
from crm.mail import decision_drafts
from crm.mail.decision_drafts import Decided
from crm.mail.drafts import Draft
from crm.models.enums import EXIT_STAGES, Stage, TrialDecisionKind
from crm.queries import members as member_queries
from crm.queries import people
from crm.queries import trial_decisions as reading
from crm.queries import vendor_letters as letter_queries
from crm.queries.trial_briefs import NOT_SENT_AFTER_ALL
from crm.web import parking_boxes, taking_back
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, Redirect, page, refusal, see_path
from crm.web.ways import way_back

pages = Pages("trial_decisions")


@pages.get("/trials/<int:trial_id>/decision", Act.WORK)
def new(visit: Visit, trial_id: int) -> AnyReply:
    """Bring on, go on once more, park, or part ways; with what the figures recommend beside it."""
    trial = trials.find(visit.session, trial_id)
    standing = reading.standing(visit.session, trial_id)
    if standing is not None:
        return see_path(url_for("trial_decisions.show", decision_id=standing.id, back=request.args.get("back")))
    sheet = _sheet(visit, trial)
    return page("trial_decisions/new.html", form=_decision_form(visit, sheet, None), **sheet.shown)


@pages.post("/trials/<int:trial_id>/decision", Act.WORK)
def create(visit: Visit, trial_id: int) -> AnyReply:
    """Do what was decided, with all that follows. Pressed twice, it is done once."""
    trial = trials.find(visit.session, trial_id)
    standing = reading.standing(visit.session, trial_id)
    sheet = _sheet(visit, trial)
    form = _decision_form(visit, sheet, typed())
    if standing is not None:
        return _decided_already(visit, sheet, form, standing)
    made: list[Any] = []

    def act() -> None:
        need_id = sheet.need.id if sheet.need else None
        terms = form.decided(need_id=need_id, is_parked=sheet.vendor.stage is Stage.PARKED)
        made.append(trial_decisions.decide(trial, by=visit.member, terms=terms))

    if carries_out(form, act):
        return see_path(
            url_for("trial_decisions.show", decision_id=made[0].id, back=request.args.get("back")),
            toast=_done(made[0].kind, sheet.vendor.name),
            undo=url_for("trial_decisions.undo", decision_id=made[0].id, back=request.args.get("back")),
            more=taking_back.follows(sheet.vendor),
        )
    return refusal("trial_decisions/new.html", form=form, **sheet.shown)


@pages.get("/trial-decisions/<int:decision_id>", Act.SEE)
def show(visit: Visit, decision_id: int) -> AnyReply:
    """What was decided, why, by whom, and what the figures said then; a letter that tells them."""
    desk = _desk(visit, decision_id)
    return page("trial_decisions/show.html", **_shown(desk, _letter_form(desk, None)))


@pages.post("/trial-decisions/<int:decision_id>/undo", Act.WORK)
def undo(visit: Visit, decision_id: int) -> AnyReply:
    """Take all of it back. Where something came after it, an old page says so and leads to what was decided."""
    decision = trial_decisions.find(visit.session, decision_id)
    try:
        undone = trial_decisions.undo(decision, by=visit.member)
    except Refused as refused:
        return Redirect(_url(decision_id), toast=str(refused.words), keeps_changes=False)
    words = _("Taken back. The trial task is open again.")
    if undone.letter_has_left:
        words = f"{words} {_('The letter has left already: write to them again.')}"
    return see_path(way_back(_trial_url(undone.trial)), toast=words)


@pages.post("/trial-decisions/<int:decision_id>/letter/draft", Act.WORK)
def redraft(visit: Visit, decision_id: int) -> AnyReply:
    """Another reader: the letter for them. Nothing that was typed is lost, and nothing is stored."""
    desk = _desk(visit, decision_id)
    form = _letter_form(desk, typed())
    before, after = _draft(desk, form.drafted.data), _draft(desk, form.to.data)
    typed_words = form.subject.data or "", form.body.data or ""
    form.subject.data, form.body.data = touch_reasons.rewritten(typed_words, before, after)
    form.drafted.data = form.to.data
    return page("trial_decisions/show.html", **_shown(desk, form))


@pages.post("/trial-decisions/<int:decision_id>/letter", Act.WORK)
def send(visit: Visit, decision_id: int) -> AnyReply:
    """Tell them by a letter from here."""
    desk = _desk(visit, decision_id)
    form = _letter_form(desk, typed())

    def act() -> None:
        if form.postal_address.data and Obstacle.NO_POSTAL_ADDRESS in desk.obstacles and visit.may(Act.MANAGE):
            settings.change_postal_address(visit.session, by=visit.member, address=form.postal_address.data)
        to = desk.recipient(form.to.data)
        assert to is not None  # the form has checked it
        trial_decisions.tell(
            desk.decision,
            by=visit.member,
            settings=visit.settings,
            to=to,
            subject=form.subject.data or "",
            body=form.body.data or "",
            press=form.press.data or "",
        )

    if carries_out(form, act):
        to = desk.recipient(form.to.data)
        return see_path(
            desk.url,
            toast=_("The letter to %(name)s leaves in a moment.", name=to.name if to else desk.vendor.name),
            undo=url_for("trial_decisions.unsend", decision_id=decision_id, back=request.args.get("back")),
        )
    return refusal("trial_decisions/show.html", **_shown(desk, form))


@pages.post("/trial-decisions/<int:decision_id>/letter/undo", Act.WORK)
def unsend(visit: Visit, decision_id: int) -> AnyReply:
    """Do not tell them after all: the letter has not left, or what was logged was a mistake (``?copy=…``)."""
    decision = trial_decisions.find(visit.session, decision_id)
    copy_id = request.args.get("copy", type=int)
    if copy_id is not None:
        trial_decisions.not_told_by_hand(decision, interactions.find(visit.session, copy_id), by=visit.member)
        words = _("Taken back.")
    else:
        trial_decisions.take_letter_back(decision, by=visit.member)
        words = _("Taken back: the letter was not sent.")
    return see_path(_url(decision_id), toast=words)


@pages.post("/trial-decisions/<int:decision_id>/telling", Act.WORK)
def log(visit: Visit, decision_id: int) -> AnyReply:
    """They were told by one's own mail program: log it."""
    desk = _desk(visit, decision_id)
    form = _letter_form(desk, typed())
    logged: list[Any] = []

    def act() -> None:
        logged.append(
            trial_decisions.told_by_hand(
                desk.decision,
                by=visit.member,
                to=desk.recipient(form.to.data),
                subject=form.subject.data or "",
                body=form.body.data or "",
            )
        )

    if not carries_out(form, act):
        return refusal("trial_decisions/show.html", **_shown(desk, form))
    copy = logged[0]
    taking_it_back = url_for("trial_decisions.unsend", decision_id=decision_id, copy=copy.id) if copy else ""
    return see_path(desk.url, toast=_("E-mail logged."), undo=taking_it_back)


# The sheet


@dataclass(slots=True)
class _Sheet:
    """What a decision is made from."""

    trial: Any
    vendor: Any
    brief: BriefTerms
    need: Any
    figures: Figures
    fills_need: bool
    shown: dict[str, Any]


def _sheet(visit: Visit, trial: Any) -> _Sheet:
    session = visit.session
    vendor = stages.find_vendor(session, trial.vendor_id)
    brief = trial_briefs.terms_of(session, trial_briefs.find(session, trial.brief_id))
    need = trial_decisions.need_of(session, trial)
    figures = trial_decisions.figures_of(session, trial, today=visit.workspace.today)
    alone = need is not None and not reading.open_on_need(session, need.id, but=trial.id)
    shown = {
        "trial": trial,
        "vendor": vendor,
        # As they are before the act: what it refuses halfway must not show.
        "outcome": trial.outcome,
        "stage": vendor.stage,
        "need": need,
        "figures": figures,
        "counts_as": {kind: figures.outcome(kind, visit.workspace.today) for kind in TrialDecisionKind},
        "others": reading.others_open(session, trial),
        "alone": alone,
        "may_go_on": trial_decisions.may_go_on(trial),
        "decided_already": None,
        "today": visit.today,
        "back": way_back(_trial_url(trial)),
    }
    return _Sheet(trial, vendor, brief, need, figures, alone, shown)


def _decision_form(visit: Visit, sheet: _Sheet, formdata: Any) -> TrialDecisionForm:
    asked, exit_to = request.args.get("kind", ""), request.args.get("exit_to", "")
    team = member_queries.workers_of(member_queries.members_of(visit.session, visit.member.workspace_id))
    kinds = [kind for kind in TrialDecisionKind if kind is not TrialDecisionKind.EXTEND or sheet.shown["may_go_on"]]
    return TrialDecisionForm(
        formdata,
        kinds=kinds,
        deciders=[(member.user_id, member.user.name) for member in team],
        **parking_boxes.choices(visit, sheet.vendor),
        data={
            **parking_boxes.fresh(sheet.vendor),
            **as_before(sheet.brief),
            "kind": asked if asked in kinds else None,
            "decided_by": visit.member.user_id,
            "decided_on": visit.workspace.today,
            "fills_need": sheet.fills_need,
            "exit_to": exit_to if exit_to in EXIT_STAGES else Stage.NOT_A_FIT.value,
        },
    )


def _decided_already(visit: Visit, sheet: _Sheet, form: TrialDecisionForm, standing: Any) -> AnyReply:
    """The same decision, pressed twice, leads to it; another one is shown beside what a colleague decided."""
    if (form.kind.data, form.rationale.data or "") == (standing.kind.value, standing.rationale):
        return see_path(url_for("trial_decisions.show", decision_id=standing.id, back=request.args.get("back")))
    [row] = [row for row in reading.of_trials(visit.session, [sheet.trial.id])[sheet.trial.id] if row.stands]
    return refusal("trial_decisions/new.html", status=409, form=form, **{**sheet.shown, "decided_already": row})


def _done(kind: TrialDecisionKind, name: str) -> str:
    if kind is TrialDecisionKind.BRING_ON:
        return _("%(name)s is brought on.", name=name)
    if kind is TrialDecisionKind.EXTEND:
        return _("%(name)s gets another trial task.", name=name)
    if kind is TrialDecisionKind.PARK:
        return _("%(name)s is parked.", name=name)
    return _("You part ways with %(name)s.", name=name)


# The page of a decision


@dataclass(slots=True)
class _Desk:
    """A decision, and what a letter about it is written from."""

    visit: Visit
    decision: Any
    trial: Any
    vendor: Any
    brief: BriefTerms
    figures: Figures
    following: Any
    parking: Any
    recipients: list[Recipient]
    obstacles: list[Obstacle]

    @property
    def url(self) -> str:
        return _url(self.decision.id)

    def recipient(self, key: str | None) -> Recipient | None:
        return next((one for one in self.recipients if one.key == key), None)


def _desk(visit: Visit, decision_id: int) -> _Desk:
    session = visit.session
    decision = trial_decisions.find(session, decision_id)
    trial = trials.find(session, decision.trial_id)
    vendor = stages.find_vendor(session, trial.vendor_id)
    rows = people.people_of(session, vendor.id)
    return _Desk(
        visit,
        decision,
        trial,
        vendor,
        trial_briefs.terms_of(session, trial_briefs.find(session, trial.brief_id)),
        trial_decisions.figures_of(session, trial, today=visit.workspace.today),
        trials.find(session, decision.next_trial_id) if decision.next_trial_id else None,
        touches.open_parking(session, vendor),
        vendor_letters.recipients(rows, vendor_letters.shut_addresses(session, vendor.id, rows)),
        vendor_letters.obstacles(session, visit.settings, vendor),
    )


def _letter_form(desk: _Desk, formdata: Any) -> SendingForm:
    first = desk.recipients[0].key if desk.recipients else ""
    letter = _draft(desk, first)
    form = SendingForm(
        formdata,
        data={
            "to": first,
            "subject": letter.subject,
            "body": letter.body,
            "drafted": first,
            "press": tokens.new_token(),
        },
    )
    form.offer((one.key, f"{one.name}, {one.address}") for one in desk.recipients)
    if not desk.recipients:
        form.offer([("", "")])  # they are told in another way, and that can be logged
        form.to.validators = ()
    return form


def _draft(desk: _Desk, to: str | None) -> Draft:
    one, parking = desk.recipient(to), desk.parking
    return decision_drafts.draft(
        Decided(
            desk.decision.kind,
            desk.trial.what,
            desk.visit.workspace.today,
            has_come=desk.figures.has_come,
            unmet=[each.what for each in desk.figures.unmet],
            gave_all=desk.trial.gave_promised is not False,
            is_paid=bool(desk.brief.paid_amount),
            next_work=desk.following.what if desk.following else "",
            next_due_on=desk.following.due_on if desk.following else None,
            reason=parking.reason if parking else None,
            revisit_on=parking.revisit_on if parking else None,
            looks_for_referrals=parking is not None and parking.look_for_referrals,
        ),
        to=one.name if one else desk.vendor.name,
        address=one.address if one else "",
        sender=desk.visit.person.first_name,
    )


def _shown(desk: _Desk, form: SendingForm) -> dict[str, Any]:
    visit, to = desk.visit, desk.recipient(form.to.data)
    [row] = [
        each for each in reading.of_trials(visit.session, [desk.trial.id])[desk.trial.id] if each.id == desk.decision.id
    ]
    letter = reading.letter_of(visit.session, desk.decision.letter_id)
    state = letter_queries.state_of(visit.session, letter) if letter else None
    takes_none = to is not None and suppressions.is_suppressed(visit.session, visit.settings, to.address)
    return {
        "decision": row,
        "trial": desk.trial,
        "vendor": desk.vendor,
        "following": desk.following,
        "figures": desk.figures,
        "form": form,
        "to": to,
        "takes_none": takes_none,
        "obstacles": desk.obstacles,
        "may_send": to is not None and not takes_none and not set(desk.obstacles) - {Obstacle.NO_POSTAL_ADDRESS},
        "asks_for_address": Obstacle.NO_POSTAL_ADDRESS in desk.obstacles,
        "manages": visit.may(Act.MANAGE),
        "mailto": Draft((to.address,) if to else (), form.subject.data or "", form.body.data or "").mailto,
        "came_after": trial_decisions.what_came_after(desk.decision) if row.stands and visit.may(Act.WORK) else None,
        "letter": state,
        "is_told": row.was_told and state not in NOT_SENT_AFTER_ALL,
        "recipients": desk.recipients,
        "offers": trust_entries.offers_of_trial(visit.session, desk.trial, by=visit.member),
        "today": visit.today,
        "back": way_back(_trial_url(desk.trial)),
    }


def _trial_url(trial: Any) -> str:
    return url_for("trials.show", trial_id=trial.id)


def _url(decision_id: int) -> str:
    return url_for("trial_decisions.show", decision_id=decision_id, back=request.args.get("back"))
