"""People at vendors."""

from typing import Any

from flask import request

from crm.core import formats
from crm.core.errors import Missing, Stale
from crm.core.i18n import _
from crm.domain import deletions, people, presences, vendors
from crm.domain.permissions import Act
from crm.forms.people import PersonForm, texts_of
from crm.queries import members, stopped_addresses
from crm.queries import people as people_queries
from crm.queries import vendors as vendor_queries
from crm.web import undoing
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.merging import saves_together, together
from crm.web.replies import AnyReply, page, refusal, see

pages = Pages("people")


@pages.get("/vendors/<int:vendor_id>/people/new", Act.WORK)
def new(visit: Visit, vendor_id: int) -> AnyReply:
    """The empty form."""
    return page("people/new.html", vendor=_vendor(visit, vendor_id), form=PersonForm(None))


@pages.post("/vendors/<int:vendor_id>/people", Act.WORK)
def create(visit: Visit, vendor_id: int) -> AnyReply:
    """Add somebody at a vendor."""
    vendor = vendors.at(visit.session, vendor_id)
    form = PersonForm(typed())
    if carries_out(form, lambda: people.add(vendor, by=visit.member, **form.values())):
        return see("profiles.show", vendor_id=vendor_id, toast=_("%(name)s added.", name=form.name.data))
    return refusal("people/new.html", vendor=vendor, form=form)


@pages.get("/people/<int:person_id>/edit", Act.WORK)
def edit(visit: Visit, person_id: int) -> AnyReply:
    """The form with all that is known."""
    row = _person(visit, person_id)
    form = PersonForm(None, data=texts_of(row))
    form.remember(row.version)
    others = presences.others(visit.session, by=visit.member, form=request.path)
    return page("people/edit.html", **_edited(visit, row, form), others=others)


@pages.post("/people/<int:person_id>", Act.WORK)
def update(visit: Visit, person_id: int) -> AnyReply:
    """Save. Where a colleague saved first, both versions are shown and nothing is lost."""
    person = people.at(visit.session, person_id)
    row = _person(visit, person_id)
    form = PersonForm(typed())

    def save() -> None:
        people.edit(person, by=visit.member, version=form.version.data or 0, **form.values())

    try:
        if carries_out(form, save):
            return see("profiles.show", vendor_id=row.vendor_id, toast=_("%(name)s saved.", name=form.name.data))
    except Stale:
        differences = form.meet(PersonForm(None, data=texts_of(row)), row.version)
        if saves_together(form, differences, save):
            return see("profiles.show", vendor_id=row.vendor_id, toast=together(differences))
        who = members.membership(visit.session, visit.workspace.id, row.updated_by) if row.updated_by else None
        conflict = {
            "who": who.user.first_name if who else _("A colleague"),
            "when": formats.moment_ago(row.updated_at, visit.person.time_zone),
            "rows": [(each.question, each.theirs, each.yours) for each in differences],
        }
        return refusal("people/edit.html", status=409, **_edited(visit, row, form, conflict))
    return refusal("people/edit.html", **_edited(visit, row, form))


@pages.post("/people/<int:person_id>/delete", Act.WORK)
def destroy(visit: Visit, person_id: int) -> AnyReply:
    """Delete a person, into the bin."""
    item = deletions.of_person(people.at(visit.session, person_id), by=visit.member)
    words, undo = _("%(name)s deleted.", name=item.name), undoing.from_bin(item)
    return see("profiles.show", vendor_id=item.vendor_id, toast=words, undo=undo)


def _vendor(visit: Visit, vendor_id: int) -> Any:
    vendor = vendor_queries.vendor(visit.session, vendor_id)
    if vendor is None:
        raise Missing
    return vendor


def _person(visit: Visit, person_id: int) -> people_queries.PersonRow:
    row = people_queries.person(visit.session, person_id)
    if row is None:
        raise Missing
    return row


def _edited(visit: Visit, row: people_queries.PersonRow, form: PersonForm, conflict: Any = None) -> dict[str, Any]:
    return {
        "vendor": _vendor(visit, row.vendor_id),
        "person": row,
        "form": form,
        "conflict": conflict,
        "stops": stopped_addresses.among(visit.session, row.emails),
    }
