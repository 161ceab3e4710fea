"""What is held on people: found, handed over, erased, and proposed for erasure when nobody needs it any more."""

import io
import zipfile

from flask import request, send_file

from crm.core.i18n import _
from crm.domain import erasure, former_colleagues, held_data, outsiders, people, retention
from crm.domain.outsiders import Outsider
from crm.domain.permissions import Act
from crm.forms.privacy import ErasureForm, RetentionForm
from crm.models.enums import OutsiderKind
from crm.queries import privacy as reading
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, Raw, Reply, page, refusal, see

pages = Pages("privacy")

LONGEST_SEARCH = 200


@pages.get("/privacy", Act.MANAGE)
def index(visit: Visit) -> AnyReply:
    """Somebody looked for, and whom nobody has had to do with for long."""
    return _overview(visit, RetentionForm(None, data={"months": visit.workspace.retention_months}))


@pages.post("/privacy/retention", Act.MANAGE)
def keep_for(visit: Visit) -> AnyReply:
    """After how many months somebody is proposed."""
    form = RetentionForm(typed())
    if carries_out(form, lambda: retention.keep_for(visit.session, by=visit.member, months=form.months.data or 0)):
        return see("privacy.index", toast=_("Saved."))
    return _overview(visit, form)


@pages.get("/privacy/notice", Act.SEE)
def notice(visit: Visit) -> AnyReply:
    """A text that tells people outside what is held on them, to be made one's own."""
    return page("privacy/notice.html")


@pages.get("/privacy/people/<int:person_id>", Act.MANAGE)
def show_person(visit: Visit, person_id: int) -> AnyReply:
    """How much is held on somebody at a vendor, and what can be done about it."""
    return _shown(visit, _person(visit, person_id), ErasureForm(None))


@pages.get("/privacy/openings/<int:opening_id>", Act.MANAGE)
def show_contact(visit: Visit, opening_id: int) -> AnyReply:
    """The same for the contact of an opening."""
    return _shown(visit, _contact(visit, opening_id), ErasureForm(None))


@pages.get("/privacy/people/<int:person_id>/export", Act.MANAGE, fresh=True)
def export_person(visit: Visit, person_id: int) -> AnyReply:
    """All of it in one file: for people and for programs."""
    return _file(visit, _person(visit, person_id))


@pages.get("/privacy/openings/<int:opening_id>/export", Act.MANAGE, fresh=True)
def export_contact(visit: Visit, opening_id: int) -> AnyReply:
    """The same for the contact of an opening."""
    return _file(visit, _contact(visit, opening_id))


@pages.post("/privacy/people/<int:person_id>/erase", Act.MANAGE, fresh=True)
def erase_person(visit: Visit, person_id: int) -> AnyReply:
    """Take somebody at a vendor out of everything, for good."""
    return _erase(visit, _person(visit, person_id))


@pages.post("/privacy/openings/<int:opening_id>/erase", Act.MANAGE, fresh=True)
def erase_contact(visit: Visit, opening_id: int) -> AnyReply:
    """The same for the contact of an opening; the opening stays."""
    return _erase(visit, _contact(visit, opening_id))


@pages.post("/privacy/people/<int:person_id>/keep", Act.MANAGE)
def keep(visit: Visit, person_id: int) -> AnyReply:
    """Somebody is still needed: their time begins anew."""
    person = people.at(visit.session, person_id)
    retention.keep(person, by=visit.member)
    return see("privacy.index", toast=_("%(name)s is kept.", name=person.name))


@pages.post("/privacy/members/<int:user_id>/erase", Act.OWN, fresh=True)
def erase_colleague(visit: Visit, user_id: int) -> AnyReply:
    """Forget somebody who has left every team."""
    former_colleagues.erase(visit.session, user_id, by=visit.member)
    return see("members.index", toast=_("Erased. What they wrote stays, without their name."))


def _person(visit: Visit, person_id: int) -> Outsider:
    return outsiders.find(visit.session, OutsiderKind.PERSON, person_id)


def _contact(visit: Visit, opening_id: int) -> Outsider:
    return outsiders.find(visit.session, OutsiderKind.CONTACT, opening_id)


def _file(visit: Visit, who: Outsider) -> AnyReply:
    held = held_data.collect(visit.session, visit.settings, who, reader=visit.member)
    files = {"held.txt": held_data.as_text(held, _titles()), "held.json": held_data.as_json(held)}
    return _archive(files, f"{visit.workspace.slug}-{who.kind}-{who.id}.zip")


def _erase(visit: Visit, who: Outsider) -> AnyReply:
    form = ErasureForm(typed())
    if carries_out(form, lambda: erasure.erase(visit.session, who, by=visit.member, also=form.words())):
        return see("privacy.index", toast=_("Erased for good."))
    return _shown(visit, who, form)


def _overview(visit: Visit, form: RetentionForm) -> Reply:
    words = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    before = retention.untouched_since(visit.workspace)
    return (refusal if form.errors else page)(
        "privacy/index.html",
        form=form,
        words=words,
        found=reading.search(visit.session, words) if words else [],
        proposed=reading.untouched(visit.session, before) if before else [],
        most=reading.MOST,
    )


def _shown(visit: Visit, who: Outsider, form: ErasureForm) -> Reply:
    held = held_data.collect(visit.session, visit.settings, who, reader=visit.member)
    titles = _titles()
    counted = [(titles[name], count) for name, count in held_data.counts(held).items()]
    return (refusal if form.errors else page)("privacy/show.html", who=who, counted=counted, form=form)


def _titles() -> dict[str, str]:
    return {
        "about": _("About this file"),
        "details": _("Details"),
        "earlier_details": _("Details before they were edited"),
        "conversations": _("Conversations"),
        "notes": _("Notes that name them"),
        "trust_notes": _("Trust notes"),
        "letters": _("Letters to them"),
        "introductions": _("Letters about introductions"),
        "cards": _("Vendor cards that name them"),
        "mail": _("Envelopes in the outbox"),
        "wishes": _("Wishes about mail"),
    }


def _archive(files: dict[str, str], name: str) -> Raw:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for file_name, content in files.items():
            archive.writestr(file_name, content)
    out.seek(0)
    return Raw(lambda: send_file(out, mimetype="application/zip", as_attachment=True, download_name=name, etag=False))
