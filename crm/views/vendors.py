"""Vendors: the list, adding, changing, deleting. A vendor's own page is in crm/views/profiles.py."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import request, url_for

from crm.core import formats, limits
from crm.core.errors import Missing, Stale
from crm.core.i18n import _
from crm.domain import deletions, presences, vendors
from crm.domain.doubles import Double, FoundDoubles
from crm.domain.permissions import Act
from crm.forms import vendor_filter
from crm.forms.conflicts import Difference
from crm.forms.vendors import NewVendorForm, VendorForm, asking_too, texts_of
from crm.models.enums import Stage
from crm.queries import categories, members, tags, vendor_lists
from crm.queries import custom_fields as custom_field_queries
from crm.queries import vendors as vendor_queries
from crm.web import list_addresses, list_lines, undoing
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.merging import saves_together, together
from crm.web.replies import AnyReply, page, refusal, see, see_path
from crm.web.ways import way_back

pages = Pages("vendors")

F = TypeVar("F", bound=VendorForm)


@pages.get("/vendors", Act.SEE)
def index(visit: Visit) -> AnyReply:
    """The list, filtered and ordered as its address says. Without any, it opens as its reader likes it."""
    choices = vendor_lists.filter_choices(visit.session, visit.member.user_id)
    opens_with = next((saved for saved in choices.saved if saved.id == choices.opens_with_id), None)
    if opens_with is not None and not request.args:
        return see_path(f"{url_for('vendors.index')}?{opens_with.address}&saved={opens_with.id}")
    reading = list_addresses.reading(visit, choices)
    listed = vendor_filter.read(dict(request.args.lists()), reading)
    if listed.in_pieces:
        return see_path(url_for("vendors.index", **listed.with_()))
    most_counted = choices.counted(is_filtered=bool(listed.chips))
    counts = vendor_lists.count_by_stage(visit.session, listed.wanted, visit.today, most=most_counted)
    total = counts.get(listed.wanted.stage, 0) if listed.wanted.stage else sum(counts.values())
    is_counted = all(count < most_counted for count in counts.values())
    page_number = min(listed.page, max(1, -(-total // limits.PAGE_ROWS))) if is_counted else listed.page
    offset = (page_number - 1) * limits.PAGE_ROWS
    rows = vendor_lists.list_rows(
        visit.session,
        listed.wanted,
        visit.today,
        columns=listed.columns,
        fields=choices.fields,
        offset=offset,
        limit=limits.PAGE_ROWS + 1,
    )
    around = list_addresses.offered(visit, choices, listed, request.args.get("add", ""))
    shown = rows[: limits.PAGE_ROWS]
    return page(
        "vendors/index.html",
        rows=shown,
        lines=list_lines.lines(shown, around["heads"]),
        columns=list_lines.columns(visit, around["heads"]),
        listed=listed,
        counts=counts,
        total=total,
        is_counted=is_counted,
        most_counted=most_counted,
        all_count=sum(counts.values()),
        first=offset + 1,
        page_number=page_number,
        has_more=len(rows) > limits.PAGE_ROWS,
        stages=list(Stage),
        today=visit.today,
        choices=choices,
        **around,
    )


@pages.get("/vendors/new", Act.WORK)
def new(visit: Visit) -> AnyReply:
    """The empty form; ``?name=`` and ``?stage=`` begin to fill it."""
    form = _form(visit, NewVendorForm)
    form.owner_id.data = str(visit.member.user_id)
    form.name.data = request.args.get("name", "")[: limits.NAME_LENGTH]
    if request.args.get("stage") in {str(choice.value) for choice in form.stage.choices}:
        form.stage.data = request.args["stage"]
    return page("vendors/new.html", form=form, doubles=[], back=way_back(url_for("vendors.index")))


@pages.post("/vendors", Act.WORK)
def create(visit: Visit) -> AnyReply:
    """Add a vendor. From the board's quick row a name and what they do are all that is sent."""
    form = _form(visit, NewVendorForm, typed())
    if "owner_id" not in typed():
        form.owner_id.data = str(visit.member.user_id)
    found: list[Double] = []
    added: list[Any] = []

    def add() -> None:
        added.append(
            vendors.add(
                visit.session,
                by=visit.member,
                stage=_stage_to_add_in(form),
                person=form.person.data or "",
                email=form.email.data or "",
                despite_doubles="despite_doubles" in typed(),
                **form.values(),
            )
        )

    if not carries_out(form, _noting_doubles(add, found)):
        back = way_back(url_for("vendors.index"))
        return refusal("vendors/new.html", form=form, doubles=found, back=back)
    vendor_id, toast = added[0].id, _("%(name)s added.", name=added[0].name)
    if _stage_to_add_in(form) != form.stage.data:
        # These stages ask for something: the vendor is kept as a prospect, and the question comes next.
        return see(
            "stages.new", vendor_id=vendor_id, to=form.stage.data, toast=_("%(name)s added.", name=added[0].name)
        )
    there = way_back(url_for("profiles.show", vendor_id=vendor_id))
    return see_path(there, toast=toast)


@pages.get("/vendors/<int:vendor_id>/edit", Act.WORK)
def edit(visit: Visit, vendor_id: int) -> AnyReply:
    """The form with all that is known."""
    vendor = vendor_queries.vendor(visit.session, vendor_id)
    if vendor is None:
        raise Missing
    form = _filled(visit, vendor)
    form.remember(vendor.version)
    others = presences.others(visit.session, by=visit.member, form=request.path)
    return page("vendors/edit.html", **_edited(vendor.id, vendor.name, form), others=others)


@pages.post("/vendors/<int:vendor_id>", Act.WORK)
def update(visit: Visit, vendor_id: int) -> AnyReply:
    """Save. Where a colleague saved first, both versions are shown and nothing is lost."""
    vendor = vendors.at(visit.session, vendor_id)
    name = vendor.name
    form = _form(visit, VendorForm, typed(), vendor)
    found: list[Double] = []

    def save() -> None:
        vendors.edit(
            vendor,
            by=visit.member,
            version=form.version.data or 0,
            despite_doubles="despite_doubles" in typed(),
            **form.values(),
        )

    try:
        if carries_out(form, _noting_doubles(save, found)):
            return see("profiles.show", vendor_id=vendor_id, toast=_("%(name)s saved.", name=vendor.name))
    except Stale:
        differences = form.meet(_filled(visit, vendor), vendor.version)
        if saves_together(form, differences, _noting_doubles(save, found)):
            return see("profiles.show", vendor_id=vendor_id, toast=together(differences))
        values = _edited(vendor_id, name, form) | {"conflict": _conflict(visit, vendor, differences)}
        return refusal("vendors/edit.html", status=409, **values)
    return refusal("vendors/edit.html", **_edited(vendor_id, name, form, found))


@pages.get("/vendors/<int:vendor_id>/delete", Act.MANAGE)
def delete(visit: Visit, vendor_id: int) -> AnyReply:
    """Ask before deleting."""
    vendor = vendor_queries.vendor(visit.session, vendor_id)
    if vendor is None:
        raise Missing
    return page("vendors/delete.html", vendor=vendor)


@pages.post("/vendors/<int:vendor_id>/delete", Act.MANAGE)
def destroy(visit: Visit, vendor_id: int) -> AnyReply:
    """Delete a vendor, into the bin."""
    item = deletions.of_vendor(vendors.at(visit.session, vendor_id), by=visit.member)
    return see("vendors.index", toast=_("%(name)s deleted.", name=item.name), undo=undoing.from_bin(item))


def _form(visit: Visit, kind: type[F], formdata: Any = None, vendor: Any = None, **data: Any) -> F:
    currency = visit.workspace.currency
    asked = asking_too(kind, custom_field_queries.fields(visit.session), currency=currency)
    form = asked(formdata, today=visit.workspace.today, currency=currency, **data)
    everyone = members.members_of(visit.session, visit.workspace.id)
    offered = [(m.user_id, m.user.name) for m in members.workers_of(everyone)]
    known = {user_id for user_id, _name in offered}
    for user_id in {vendor.owner_id, vendor.backup_id} - {None} - known if vendor is not None else ():
        gone = members.membership(visit.session, visit.workspace.id, user_id)
        offered += [(user_id, gone.user.name)] if gone else []
    form.offer(members=offered, tree=categories.tree(visit.session))
    return form


def _filled(visit: Visit, vendor: Any) -> VendorForm:
    """The form with what is kept about the vendor."""
    recommender = vendor_queries.named(visit.session, [vendor.referred_by_id] if vendor.referred_by_id else [])
    texts = texts_of(
        vendor,
        category_ids=vendor_queries.category_ids_of(visit.session, vendor.id),
        tag_names=tags.names_of(visit.session, vendor.id),
        recommender=recommender[0].name if recommender else "",
        custom=custom_field_queries.values_of(visit.session, [vendor.id])[vendor.id],
    )
    return _form(visit, VendorForm, None, vendor, data=texts)


def _edited(vendor_id: int, name: str, form: VendorForm, doubles: list[Double] | None = None) -> dict[str, Any]:
    return {"vendor_id": vendor_id, "name": name, "form": form, "doubles": doubles or [], "conflict": None}


def _conflict(visit: Visit, vendor: Any, differences: list[Difference]) -> dict[str, Any]:
    """Who saved first, when, and what differs."""
    who = members.membership(visit.session, visit.workspace.id, vendor.updated_by) if vendor.updated_by else None
    return {
        "who": who.user.first_name if who else _("A colleague"),
        "when": formats.moment_ago(vendor.updated_at, visit.person.time_zone),
        "rows": [(row.question, row.theirs, row.yours) for row in differences],
    }


def _noting_doubles(act: Callable[[], None], found: list[Double]) -> Callable[[], None]:
    """The act, which leaves the doubles that stood in its way in the list, for the page to name."""

    def noting() -> None:
        try:
            act()
        except FoundDoubles as refused:
            found.extend(refused.doubles)
            raise

    return noting


def _stage_to_add_in(form: NewVendorForm) -> Stage:
    wanted = Stage(form.stage.data)
    return wanted if wanted in vendors.STAGES_TO_ADD_IN else Stage.PROSPECT
