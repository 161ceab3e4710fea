"""The page on which those who were asked say whether they want to be introduced. A GET shows; only its POST answers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from flask import g, request

from crm.core.errors import Missing
from crm.core.settings import Settings
from crm.core.tenancy import WorkspaceSession, inside
from crm.domain import contact_details, referral_answers, referral_links
from crm.domain.referral_answers import Asked
from crm.forms.referral_answers import AnswerForm
from crm.models.enums import ReferralAnswer, ReferralSide
from crm.web.gate import LINK, DoorVisit, Pages, carries_out, typed
from crm.web.replies import AnyReply, page, refusal

pages = Pages("referral_answers")


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page says, read before the session ends. Of the other side's answer it knows nothing."""

    house: str
    connector: str
    other: str
    is_vendor: bool
    need: str
    offer: str
    blurb: str
    disclosure: str
    terms: dict[str, str]
    now: ReferralAnswer | None
    said_on: date | None
    is_open: bool
    introduced_on: date | None
    today: date

    @property
    def other_terms(self) -> dict[str, str]:
        """What the answers bring about that they have not given."""
        return {answer: words for answer, words in self.terms.items() if answer != self.now}


@pages.get("/introductions/<token>", LINK)
def show(visit: DoorVisit, token: str) -> AnyReply:
    """What is asked, and what they said. The answer that the link bears is chosen, and not given."""

    def look(_rows: WorkspaceSession, asked: Asked) -> AnyReply:
        shown = _shown(asked, visit.settings)
        wanted = request.args.get("answer", "")
        chosen = wanted if wanted in list(ReferralAnswer) else shown.now
        form = AnswerForm(None, data={"answer": chosen})
        return page("referral_answers/show.html", shown=shown, form=form, is_chosen=chosen not in (None, shown.now))

    return _at(visit, token, look)


@pages.post("/introductions/<token>", LINK)
def answer(visit: DoorVisit, token: str) -> AnyReply:
    """They say so."""

    def act(rows: WorkspaceSession, asked: Asked) -> AnyReply:
        form = AnswerForm(typed())

        def say() -> None:
            referral_answers.answer(asked, form.said, settings=visit.settings, note=form.note.data or "")

        if carries_out(form, say):
            told = _shown(referral_answers.find(rows, asked.letter.id), visit.settings)
            return page("referral_answers/show.html", shown=told, form=form, is_noted=True)
        return refusal("referral_answers/show.html", shown=_shown(asked, visit.settings), form=form)

    return _at(visit, token, act)


def _at(visit: DoorVisit, token: str, act: Callable[[WorkspaceSession, Asked], AnyReply]) -> AnyReply:
    """Find what a link asks and do something there. A link that asks nothing any more says so."""
    g.came_by_token = True
    question = referral_links.read(visit.settings, token)
    if question is None:
        return _over()
    try:
        with inside(visit.session, question.workspace_id) as rows:
            return act(rows, referral_answers.find(rows, question.letter_id))
    except Missing:
        return _over()


def _shown(asked: Asked, settings: Settings) -> Shown:
    by_letter = asked.is_open and referral_answers.is_by_letter(asked, settings=settings)
    workspace, step = asked.connector.workspace, asked.step
    is_vendor = asked.letter.side is ReferralSide.VENDOR
    return Shown(
        house=workspace.name,
        connector=asked.connector.user.name,
        other=asked.other,
        is_vendor=is_vendor,
        need=contact_details.left_out(asked.opening.what_they_need),
        offer=contact_details.left_out(asked.vendor.what_they_do),
        blurb=contact_details.left_out(asked.referral.blurb),
        disclosure=asked.letter.disclosure,
        terms={str(each): referral_answers.terms(asked, each, by_letter=by_letter) for each in ReferralAnswer},
        now=asked.now,
        said_on=step.happened_on if step and asked.now else None,
        is_open=asked.is_open,
        introduced_on=asked.introduced_on,
        today=workspace.today,
    )


def _over() -> AnyReply:
    return refusal("referral_answers/over.html", status=404)
