"""Get in touch: a reason that holds, a letter that says it, and two ways for it to leave."""

from dataclasses import dataclass, field
from typing import Any

from flask import request, url_for

from crm.core import formats, limits, tokens
from crm.core.i18n import _
from crm.domain import attachments, settings, stopped_addresses, suppressions, touch_reasons, vendor_letters
from crm.domain.permissions import Act
from crm.domain.touch_reasons import Reason
from crm.domain.vendor_letters import Obstacle, Recipient
from crm.forms.vendor_letters import NO_REASON, LetterForm
from crm.mail.drafts import Draft
from crm.models import vocabulary
from crm.models.enums import Channel
from crm.queries import people, profiles
from crm.queries import vendor_letters as letter_queries
from crm.queries import vendors as vendor_queries
from crm.queries.people import PersonRow
from crm.queries.vendors import FileRow
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, page, refusal, see_path
from crm.web.ways import way_back

pages = Pages("vendor_letters")


@dataclass(slots=True)
class _Desk:
    """What a letter to a vendor is written from."""

    visit: Visit
    vendor: Any
    reasons: list[Reason] = field(default_factory=list)
    people: list[PersonRow] = field(default_factory=list)
    recipients: list[Recipient] = field(default_factory=list)
    refused: frozenset[str] = frozenset()
    stopped: frozenset[str] = frozenset()
    obstacles: list[Obstacle] = field(default_factory=list)
    files: list[FileRow] = field(default_factory=list)

    def reason(self, key: str | None) -> Reason | None:
        return touch_reasons.chosen(self.reasons, key or "")

    def recipient(self, key: str | None) -> Recipient | None:
        return next((one for one in self.recipients if one.key == key), None)

    def draft(self, reason: str | None, to: str | None) -> Draft:
        one = self.recipient(to)
        return touch_reasons.draft(
            self.reason(reason),
            to=one.name if one else self.vendor.name,
            address=one.address if one else "",
            sender=self.visit.person.first_name,
        )

    def form(self, formdata: Any = None, **values: Any) -> LetterForm:
        return LetterForm(
            formdata,
            reasons=[*((one.key, vocabulary.word(one.kind)) for one in self.reasons), (NO_REASON, _("Something else"))],
            recipients=[(one.key, f"{one.name}, {one.address}") for one in self.recipients],
            files=[(one.id, f"{one.name}, {formats.file_size(one.size)}") for one in self.files],
            data=values,
        )


@pages.get("/vendors/<int:vendor_id>/letters/new", Act.WORK)
def new(visit: Visit, vendor_id: int) -> AnyReply:
    """The reasons that hold, and the letter for the first of them, or for the one that is asked for."""
    desk = _desk(visit, vendor_id)
    asked, to = request.args.get("reason"), request.args.get("to")
    reason = desk.reason(asked) or (desk.reasons[0] if desk.reasons and asked != NO_REASON else None)
    one = desk.recipient(to) or (desk.recipients[0] if desk.recipients else None)
    return page(**_shown(desk, _fresh(desk, reason.key if reason else NO_REASON, one.key if one else "")))


@pages.get("/letters/<int:letter_id>/again", Act.WORK)
def again(visit: Visit, letter_id: int) -> AnyReply:
    """A letter of one's own that did not leave, to be changed and sent after all."""
    letter = vendor_letters.find(visit.session, letter_id, writer=visit.member)
    desk = _desk(visit, letter.vendor_id)
    keys = [one.key for one in desk.recipients]
    to = next((key for key in keys if key.endswith(f":{letter.recipient}")), keys[0] if keys else "")
    form = _fresh(desk, NO_REASON, to)
    form.subject.data, form.body.data = letter.subject, letter.body
    form.files.data = letter_queries.files_of(visit.session, letter)
    return page(**_shown(desk, form))


@pages.post("/vendors/<int:vendor_id>/letters/draft", Act.WORK)
def redraft(visit: Visit, vendor_id: int) -> AnyReply:
    """Another reason, or another reader: the letter for it. Nothing that was typed is lost, and nothing is stored."""
    desk = _desk(visit, vendor_id)
    form = desk.form(typed())
    before = desk.draft(*_pair(form.drafted.data))
    after = desk.draft(form.reason.data, form.to.data)
    subject, body = touch_reasons.rewritten((form.subject.data or "", form.body.data or ""), before, after)
    form.subject.data, form.body.data = subject, body
    form.drafted.data = _drafted(form.reason.data, form.to.data)
    return page(**_shown(desk, form), keeps_files=True)


@pages.post("/vendors/<int:vendor_id>/letters", Act.WORK)
def create(visit: Visit, vendor_id: int) -> AnyReply:
    """Send it from here."""
    desk = _desk(visit, vendor_id)
    form = desk.form(typed())
    sent: list[Any] = []

    def act() -> None:
        if form.postal_address.data and Obstacle.NO_POSTAL_ADDRESS in desk.obstacles and visit.may(Act.MANAGE):
            settings.change_postal_address(visit.session, by=visit.member, address=form.postal_address.data)
        to, reason = desk.recipient(form.to.data), desk.reason(form.reason.data)
        assert to is not None  # the form has checked it
        sent.append(
            vendor_letters.send(
                desk.vendor,
                by=visit.member,
                settings=visit.settings,
                to=to,
                subject=form.subject.data or "",
                body=form.body.data or "",
                press=form.press.data or "",
                reason=reason.kind if reason else None,
                files=form.wanted,
            )
        )

    if carries_out(form, act):
        to = desk.recipient(form.to.data)
        return see_path(
            way_back(url_for("profiles.show", vendor_id=vendor_id)),
            toast=_("The letter to %(name)s leaves in a moment.", name=to.name if to else desk.vendor.name),
            undo=url_for("vendor_letters.take_back", letter_id=sent[0].id),
        )
    return refusal(**_shown(desk, form))


@pages.post("/vendors/<int:vendor_id>/letters/log", Act.WORK)
def log(visit: Visit, vendor_id: int) -> AnyReply:
    """It was sent by one's own mail program: log it."""
    desk = _desk(visit, vendor_id)
    form = desk.form(typed())
    logged: list[Any] = []

    def act() -> None:
        logged.append(
            vendor_letters.log(
                desk.vendor,
                by=visit.member,
                to=desk.recipient(form.to.data),
                subject=form.subject.data or "",
                body=form.body.data or "",
                answered=form.answered.data,
            )
        )

    if carries_out(form, act):
        return see_path(
            way_back(url_for("profiles.show", vendor_id=vendor_id)),
            toast=_("E-mail logged."),
            undo=url_for("interactions.delete", interaction_id=logged[0].id),
        )
    return refusal(**_shown(desk, form))


@pages.post("/letters/<int:letter_id>/undo", Act.WORK)
def take_back(visit: Visit, letter_id: int) -> AnyReply:
    """Do not send it after all. What was written stands ready to be changed."""
    letter = vendor_letters.find(visit.session, letter_id, writer=visit.member)
    vendor_letters.take_back(letter, by=visit.member)
    return see_path(
        url_for("vendor_letters.again", letter_id=letter_id), toast=_("Taken back: the letter was not sent.")
    )


def _desk(visit: Visit, vendor_id: int) -> _Desk:
    vendor = profiles.vendor(visit.session, vendor_id)
    rows = people.people_of(visit.session, vendor_id)
    refused = letter_queries.refused_addresses(visit.session, vendor_id)
    stopped = stopped_addresses.stopped(visit.session, [address for row in rows for address in row.emails])
    return _Desk(
        visit,
        vendor,
        reasons=touch_reasons.reasons(touch_reasons.facts_about(vendor, visit.workspace.today)),
        people=rows,
        recipients=vendor_letters.recipients(rows, refused | stopped),
        refused=refused,
        stopped=stopped,
        obstacles=vendor_letters.obstacles(visit.session, visit.settings, vendor),
        files=vendor_queries.files(visit.session, vendor_id),
    )


def _fresh(desk: _Desk, reason: str, to: str) -> LetterForm:
    letter = desk.draft(reason, to)
    return desk.form(
        reason=reason,
        to=to,
        subject=letter.subject,
        body=letter.body,
        drafted=_drafted(reason, to),
        press=tokens.new_token(),
    )


def _drafted(reason: str | None, to: str | None) -> str:
    return f"{reason or NO_REASON} {to or ''}"


def _pair(drafted: str | None) -> tuple[str, str]:
    reason, _blank, to = (drafted or "").partition(" ")
    return reason, to


def _shown(desk: _Desk, form: LetterForm) -> dict[str, Any]:
    visit = desk.visit
    to = desk.recipient(form.to.data)
    takes_none = to is not None and suppressions.is_suppressed(visit.session, visit.settings, to.address)
    reason = desk.reason(form.reason.data)
    return {
        "template": "vendor_letters/new.html",
        "vendor": desk.vendor,
        "form": form,
        "reason": reason,
        "about": {one.key: one.why for one in desk.reasons},
        "to": to,
        "takes_none": takes_none,
        "refused": sorted(desk.refused),
        "stopped": sorted(desk.stopped),
        "callers": [
            one for one in desk.people if one.phones and (one.preferred_channel is Channel.PHONE or to is None)
        ],
        "obstacles": desk.obstacles,
        "accepted": attachments.ACCEPTED,
        "most": limits.LETTER_FILES_BYTES,
        "most_files": limits.LETTER_FILES,
        "lost_files": bool(form.uploads.data),
        "may_send": not takes_none and not set(desk.obstacles) - {Obstacle.NO_POSTAL_ADDRESS},
        "asks_for_address": Obstacle.NO_POSTAL_ADDRESS in desk.obstacles,
        "manages": visit.may(Act.MANAGE),
        "mailto": Draft((to.address,) if to else (), form.subject.data or "", form.body.data or "").mailto,
        "back": way_back(url_for("profiles.show", vendor_id=desk.vendor.id)),
    }
