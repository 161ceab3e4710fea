"""Files of a vendor. They are handed out as downloads, whatever they are."""

from typing import Any

from flask import Response, send_file

from crm.core import limits, uploads
from crm.core.errors import Missing, Stale
from crm.core.i18n import _
from crm.domain import attachments, deletions, vendors
from crm.domain.permissions import Act
from crm.forms.attachments import FileForm, LinkForm
from crm.models.enums import AttachmentKind
from crm.queries import vendors as vendor_queries
from crm.web import undoing
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, Raw, page, refusal, see

pages = Pages("attachments")


@pages.get("/vendors/<int:vendor_id>/files", Act.SEE)
def index(visit: Visit, vendor_id: int) -> AnyReply:
    """Files and links, and boxes for one more of each."""
    return page("attachments/index.html", **listed(visit, vendor_id))


@pages.post("/vendors/<int:vendor_id>/files", Act.WORK)
def create(visit: Visit, vendor_id: int) -> AnyReply:
    """Keep a file."""
    vendor = vendors.at(visit.session, vendor_id)
    form = FileForm(typed())

    def keep() -> None:
        attachments.attach(
            vendor,
            by=visit.member,
            content=form.file.data.stream,
            name=form.file.data.filename or "",
            folder=visit.settings.uploads,
            kind=AttachmentKind(form.kind.data or AttachmentKind.OTHER),
        )

    if carries_out(form, keep):
        return see("attachments.index", vendor_id=vendor_id, toast=_("File added."))
    return refusal("attachments/index.html", **listed(visit, vendor_id, file_form=form))


@pages.get("/files/<int:attachment_id>", Act.SEE)
def show(visit: Visit, attachment_id: int) -> AnyReply:
    """The file itself."""
    row = attachments.file_at(visit.session, attachment_id)
    path = uploads.place(visit.settings.uploads, row.stored_as)
    if not path.is_file():
        raise Missing(_("The file is no longer where it was kept."))
    name, media_type = row.name, row.media_type

    def make() -> Response:
        return send_file(
            path, mimetype=media_type, as_attachment=True, download_name=name, conditional=True, etag=False
        )

    return Raw(make)


@pages.post("/files/<int:attachment_id>/delete", Act.WORK)
def destroy(visit: Visit, attachment_id: int) -> AnyReply:
    """Delete a file, into the bin."""
    item = deletions.of_file(attachments.file_at(visit.session, attachment_id), by=visit.member)
    words, undo = _("%(name)s deleted.", name=item.name), undoing.from_bin(item)
    return see("attachments.index", vendor_id=item.vendor_id, toast=words, undo=undo)


@pages.post("/vendors/<int:vendor_id>/links", Act.WORK)
def create_link(visit: Visit, vendor_id: int) -> AnyReply:
    """Keep a link."""
    vendor = vendors.at(visit.session, vendor_id)
    form = LinkForm(typed())
    if carries_out(form, lambda: attachments.add_link(vendor, by=visit.member, **form.values())):
        return see("attachments.index", vendor_id=vendor_id, toast=_("Link added."))
    return refusal("attachments/index.html", **listed(visit, vendor_id, link_form=form))


@pages.get("/links/<int:link_id>/edit", Act.WORK)
def edit_link(visit: Visit, link_id: int) -> AnyReply:
    """The form with the link as it is kept."""
    row = attachments.link_at(visit.session, link_id)
    form = _link_form(row)
    form.remember(row.version)
    return page("attachments/edit_link.html", link=row, form=form)


@pages.post("/links/<int:link_id>", Act.WORK)
def update_link(visit: Visit, link_id: int) -> AnyReply:
    """Change a link. Where a colleague did so first, both versions are shown."""
    row = attachments.link_at(visit.session, link_id)
    form = LinkForm(typed())

    def save() -> None:
        attachments.edit_link(row, version=form.version.data or 0, **form.values())

    try:
        if carries_out(form, save):
            return see("attachments.index", vendor_id=row.vendor_id, toast=_("Saved."))
    except Stale:
        conflict = form.met(_link_form(row), row.version)
        return refusal("attachments/edit_link.html", status=409, link=row, form=form, conflict=conflict)
    return refusal("attachments/edit_link.html", link=row, form=form)


def _link_form(row: Any) -> LinkForm:
    return LinkForm(None, data={"url": row.url, "title": row.title, "kind": row.kind.value})


@pages.post("/links/<int:link_id>/delete", Act.WORK)
def destroy_link(visit: Visit, link_id: int) -> AnyReply:
    """Take a link away."""
    item = deletions.of_link(attachments.link_at(visit.session, link_id), by=visit.member)
    words, undo = _("Link taken away."), undoing.from_bin(item)
    return see("attachments.index", vendor_id=item.vendor_id, toast=words, undo=undo)


def listed(
    visit: Visit, vendor_id: int, *, file_form: FileForm | None = None, link_form: LinkForm | None = None
) -> dict[str, Any]:
    """What the page of files and links shows."""
    vendor = vendor_queries.vendor(visit.session, vendor_id)
    if vendor is None:
        raise Missing
    return {
        "vendor": vendor,
        "panels": vendor_queries.side_panels(visit.session, vendor_id),
        "file_form": file_form or FileForm(None),
        "link_form": link_form or LinkForm(None),
        "accepted": attachments.ACCEPTED,
        "most": limits.FILE_BYTES,
    }
