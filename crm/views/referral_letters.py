"""Letters about introductions: previewed, sent from here, sent by one's own mail program, held back, taken back."""

from typing import Any

from flask import url_for

from crm.core.i18n import _
from crm.domain import introductions, referral_letters, referral_rules, referrals, settings
from crm.domain.permissions import Act
from crm.domain.referral_letters import ObstacleKind
from crm.forms.referral_letters import ReferralLetterForm
from crm.mail import mime
from crm.models.enums import Channel, ReferralLetterKind, ReferralSide, ReferralState
from crm.web import referral_desks, referral_lines
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.referral_desks import Desk
from crm.web.replies import AnyReply, Redirect, page, refusal, see, see_path

pages = Pages("referral_letters")


@pages.post("/referrals/<int:referral_id>/letters/<letter>", Act.WORK)
def send(visit: Visit, referral_id: int, letter: str) -> AnyReply:
    """Send it from here."""
    desk = referral_desks.open_desk(visit, referral_id, letter)
    form = desk.form(typed())
    undo: list[str] = []

    def act() -> None:
        _keep_address(desk, form)
        undo.append(_send(desk, form))

    if carries_out(form, act):
        return _see(desk, _sent_words(desk), undo[0])
    return refusal(referral_desks.PAGE, **referral_desks.shown(desk, form=form))


@pages.post("/referrals/<int:referral_id>/letters/<letter>/preview", Act.WORK)
def preview(visit: Visit, referral_id: int, letter: str) -> AnyReply:
    """The letter as it will arrive, with what is added to it; nothing is sent or stored."""
    desk = referral_desks.open_desk(visit, referral_id, letter)
    form = desk.form(typed())
    if not form.validate():
        return refusal(referral_desks.PAGE, **referral_desks.shown(desk, form=form))
    made = [(desk.parties[side], _made(desk, form, side)) for side in desk.sides]
    return page(
        "referral_letters/preview.html",
        desk=desk,
        form=form,
        letters=[(party, letter, mime.shown_html(letter.html, has_links=False)) for party, letter in made],
        may_send=_may_send(desk, form),
    )


@pages.post("/referrals/<int:referral_id>/letters/<letter>/draft", Act.WORK)
def redraft(visit: Visit, referral_id: int, letter: str) -> AnyReply:
    """Another reader: the letter for them. Nothing that was typed is lost, and nothing is stored."""
    desk = referral_desks.open_desk(visit, referral_id, letter)
    return page(referral_desks.PAGE, **referral_desks.shown(desk, form=desk.redrafted(typed())))


@pages.post("/referrals/<int:referral_id>/letters/<letter>/edit", Act.WORK)
def edit(visit: Visit, referral_id: int, letter: str) -> AnyReply:
    """Back from the preview, with what was typed."""
    desk = referral_desks.open_desk(visit, referral_id, letter)
    return page(referral_desks.PAGE, **referral_desks.shown(desk, form=desk.form(typed())))


@pages.post("/referrals/<int:referral_id>/letters/<letter>/log", Act.WORK)
def log(visit: Visit, referral_id: int, letter: str) -> AnyReply:
    """It was sent by one's own mail program: record the step that it is."""
    desk = referral_desks.open_desk(visit, referral_id, letter)
    form = desk.form(typed())
    made: list[Any] = []

    def act() -> None:
        today = visit.workspace.today
        made.append(
            referrals.record_step(
                desk.referral, by=visit.member, state=_step_of(desk), happened_on=today, channel=Channel.EMAIL
            )
        )
        introductions.follow(desk.referral, by=visit.member, settings=visit.settings)

    if carries_out(form, act):
        undo = url_for("referrals.undo_step", referral_id=referral_id, step_id=made[0].id)
        return _see(desk, _("Step recorded."), undo)
    return refusal(referral_desks.PAGE, **referral_desks.shown(desk, form=form))


@pages.post("/referrals/<int:referral_id>/introduction/words", Act.WORK)
def keep_words(visit: Visit, referral_id: int) -> AnyReply:
    """What the letters to both are to say, whenever they leave."""
    desk = referral_desks.open_desk(visit, referral_id, referral_desks.INTRODUCTION)
    form = desk.form(typed())
    if carries_out(form, lambda: _word(desk, form)):
        return _see(desk, _("Kept: the introduction will say this."))
    return refusal(referral_desks.PAGE, **referral_desks.shown(desk, form=form))


@pages.post("/referrals/<int:referral_id>/introduction/hold", Act.WORK)
def hold(visit: Visit, referral_id: int) -> AnyReply:
    """Do not introduce them yet."""
    introductions.hold(referrals.find(visit.session, referral_id), by=visit.member)
    words = _("Held back. It goes when you send it.")
    return see("referrals.show", referral_id=referral_id, letter=referral_desks.INTRODUCTION, toast=words)


@pages.post("/referral-letters/<int:referral_letter_id>/undo", Act.WORK)
def take_back(visit: Visit, referral_letter_id: int) -> AnyReply:
    """Do not send it after all."""
    letter = referral_letters.find(visit.session, referral_letter_id)
    referral = referrals.find(visit.session, letter.referral_id)
    referral_letters.take_back(letter, by=visit.member)
    introductions.follow(referral, by=visit.member, settings=visit.settings)
    words = _("Taken back: the letter was not sent.")
    key = _key_of(letter.kind, letter.side)
    return see("referrals.show", referral_id=referral.id, letter=key, toast=words)


def _send(desk: Desk, form: ReferralLetterForm) -> str:
    """Put the chosen letter on its way: the address at which that is taken back."""
    by, mail = desk.visit.member, desk.visit.settings
    if desk.side is None:
        _word(desk, form)
        introductions.send(desk.referral, by=by, settings=mail)
        return url_for("referral_letters.hold", referral_id=desk.referral.id)
    values: dict[str, Any] = {
        "by": by,
        "settings": mail,
        "side": desk.side,
        "subject": form.subject.data or "",
        "body": form.body.data or "",
        "press": form.press.data or "",
    }
    if desk.kind is ReferralLetterKind.ASK:
        letter = referral_letters.ask(desk.referral, **values, to=form.to.data or "")
    else:
        letter = referral_letters.thank(desk.referral, **values)
    introductions.follow(desk.referral, by=by, settings=mail)
    return url_for("referral_letters.take_back", referral_letter_id=letter.id)


def _word(desk: Desk, form: ReferralLetterForm) -> None:
    """Keep what the introduction says; what is as it is offered stays the usual words."""
    usual = desk.draft()
    subject, body = form.subject.data or "", form.body.data or ""
    if (subject, body) != (usual.subject, usual.body):
        introductions.word(desk.referral, by=desk.visit.member, subject=subject, body=body)


def _may_send(desk: Desk, form: ReferralLetterForm) -> bool:
    """Whether nothing is in the way but a postal address that was just typed."""
    address = _typed_address(desk, form)
    blocks = [one for one in desk.obstacles() if one.kind is not ObstacleKind.NO_POSTAL_ADDRESS or not address]
    return not blocks and desk.leaves_at is None


def _keep_address(desk: Desk, form: ReferralLetterForm) -> None:
    """The business's postal address, typed where it was missing."""
    visit, address = desk.visit, _typed_address(desk, form)
    if address and any(one.kind is ObstacleKind.NO_POSTAL_ADDRESS for one in desk.obstacles()):
        settings.change_postal_address(visit.session, by=visit.member, address=address)


def _typed_address(desk: Desk, form: ReferralLetterForm) -> str:
    """Only who manages the business says where it is."""
    return (form.postal_address.data or "") if desk.visit.may(Act.MANAGE) else ""


def _made(desk: Desk, form: ReferralLetterForm, side: ReferralSide) -> mime.Letter:
    return referral_letters.preview(
        desk.referral,
        by=desk.visit.member,
        settings=desk.visit.settings,
        kind=desk.kind,
        side=side,
        subject=form.subject.data or "",
        body=form.body.data or "",
        to=desk.to,
        postal_address=_typed_address(desk, form),
    )


def _step_of(desk: Desk) -> ReferralState:
    """What the chosen letter means once it is sent."""
    if desk.kind is ReferralLetterKind.THANKS:
        return ReferralState.THANKED
    return ReferralState.INTRODUCED if desk.side is None else referral_rules.ASKED[desk.side]


def _sent_words(desk: Desk) -> str:
    if desk.side is None:
        leaves_at = introductions.leaves_at(desk.visit.session, desk.referral)
        assert leaves_at is not None  # it was put in just now
        time = referral_lines.time_of(leaves_at, desk.visit.person.time_zone)
        return _("The introduction leaves at %(time)s.", time=time)
    return _("The letter to %(name)s leaves in a moment.", name=desk.parties[desk.side].person)


def _see(desk: Desk, toast: str, undo: str = "") -> Redirect:
    path = url_for("referrals.show", referral_id=desk.referral.id, letter=desk.key)
    return see_path(path, toast=toast, undo=undo)


def _key_of(kind: ReferralLetterKind, side: ReferralSide) -> str:
    if kind is ReferralLetterKind.ASK:
        return side.value
    if kind is ReferralLetterKind.INTRODUCTION:
        return referral_desks.INTRODUCTION
    return referral_desks.THANKS if side is ReferralSide.VENDOR else referral_desks.THANKS_TO_BUSINESS
