"""What we and a vendor did for each other, in two columns, and the credit that referrals earn."""

import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from flask import send_file, url_for

from crm.core import formats
from crm.core.csv_files import write_rows
from crm.core.errors import Forbidden, Stale
from crm.core.i18n import _
from crm.domain import credit, discounts, goodwill, goodwill_figures, goodwill_nudges, goodwill_rules, vendors
from crm.domain.goodwill_figures import Figures
from crm.domain.goodwill_rules import Favour
from crm.domain.permissions import Act
from crm.forms.goodwill import CreditForm, StrikeForm, TermsForm, TurnForm
from crm.models.enums import CreditKind, GoodwillSide
from crm.models.vocabulary import word
from crm.queries import goodwill as reading
from crm.queries import profiles
from crm.queries.goodwill import CreditLine
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, Raw, page, refusal, see, see_path
from crm.web.ways import way_back

pages = Pages("goodwill")


@pages.get("/goodwill", Act.SEE)
def overview(visit: Visit) -> AnyReply:
    """A year of good turns and referrals over all vendors."""
    found = goodwill_figures.figures(visit.session, visit.workspace.today)
    most = max(max(counts.given, counts.received) for _month, counts in found.months)
    return page("goodwill/overview.html", found=found, most=most, today=visit.today)


@pages.get("/goodwill.csv", Act.SEE)
def overview_file(visit: Visit) -> AnyReply:
    """The same year as a table for spreadsheets, a row for each vendor."""
    found = goodwill_figures.figures(visit.session, visit.workspace.today)
    out = io.BytesIO()
    write_rows(out, _overview_table(found))
    out.seek(0)
    return Raw(
        lambda: send_file(out, mimetype="text/csv", as_attachment=True, download_name="goodwill.csv", etag=False)
    )


@pages.get("/vendors/<int:vendor_id>/goodwill", Act.SEE)
def index(visit: Visit, vendor_id: int) -> AnyReply:
    """Given and received side by side, what is agreed about referrals, and the credit."""
    return page("goodwill/index.html", **_shown(visit, vendor_id))


@pages.post("/vendors/<int:vendor_id>/goodwill", Act.WORK)
def create(visit: Visit, vendor_id: int) -> AnyReply:
    """Write a good turn down."""
    vendor = vendors.at(visit.session, vendor_id)
    form = TurnForm(typed())
    form.offer(vendor.name)
    made: list[Any] = []

    def record() -> None:
        made.append(goodwill.record(vendor, form.turn(visit.workspace.currency), by=visit.member))

    if carries_out(form, record):
        undo = url_for("goodwill.strike", goodwill_id=made[0].id)
        return see("goodwill.index", vendor_id=vendor_id, toast=_("Written down."), undo=undo)
    return refusal("goodwill/index.html", **_shown(visit, vendor_id, turn_form=form))


@pages.post("/vendors/<int:vendor_id>/goodwill/not-now", Act.WORK)
def put_off(visit: Visit, vendor_id: int) -> AnyReply:
    """A word of thanks or a good turn is due, but not now: nothing is said of it for a month."""
    dismissal = goodwill_nudges.put_off(vendors.at(visit.session, vendor_id), by=visit.member)
    back = way_back(url_for("goodwill.index", vendor_id=vendor_id))
    undo = url_for("delegation_hints.show_again", dismissal_id=dismissal.id, back=back)
    return see_path(back, toast=_("Put off for a month."), undo=undo)


@pages.post("/goodwill/<int:goodwill_id>/striking", Act.WORK)
def strike(visit: Visit, goodwill_id: int) -> AnyReply:
    """It was a mistake: the line stays, struck out."""
    entry = goodwill.find(visit.session, goodwill_id)
    goodwill.strike(entry, why=StrikeForm(typed()).why.data or "")
    undo = url_for("goodwill.restore", goodwill_id=goodwill_id)
    return see("goodwill.index", vendor_id=entry.vendor_id, toast=_("Struck out."), undo=undo)


@pages.post("/goodwill/<int:goodwill_id>/restoring", Act.WORK)
def restore(visit: Visit, goodwill_id: int) -> AnyReply:
    """The line counts again."""
    entry = goodwill.find(visit.session, goodwill_id)
    goodwill.restore(entry)
    return see("goodwill.index", vendor_id=entry.vendor_id, toast=_("It counts again."))


@pages.get("/vendors/<int:vendor_id>/discount", Act.WORK)
def edit_terms(visit: Visit, vendor_id: int) -> AnyReply:
    """What the vendor gives for a referral that is won."""
    vendor = profiles.vendor(visit.session, vendor_id)
    return page("goodwill/terms.html", vendor=vendor, form=_terms_form(visit, vendor_id))


@pages.post("/vendors/<int:vendor_id>/discount", Act.WORK)
def update_terms(visit: Visit, vendor_id: int) -> AnyReply:
    """Save it."""
    vendor = vendors.at(visit.session, vendor_id)
    form = TermsForm(typed())
    form.offer(visit.workspace.currency)
    present = discounts.in_force(visit.session, vendor_id)

    def save() -> None:
        if present is None:
            discounts.agree(vendor, form.terms, by=visit.member)
        else:
            discounts.edit(present, form.terms, version=form.version.data or 0, by=visit.member)

    try:
        if carries_out(form, save):
            return see("goodwill.index", vendor_id=vendor_id, toast=_("Noted what is agreed."))
    except Stale:
        assert present is not None  # only what is there can be stale
        conflict = form.met(_terms_form(visit, vendor_id), present.version)
        return refusal("goodwill/terms.html", status=409, vendor=vendor, form=form, conflict=conflict)
    return refusal("goodwill/terms.html", vendor=vendor, form=form)


@pages.post("/discounts/<int:terms_id>/end", Act.WORK)
def end_terms(visit: Visit, terms_id: int) -> AnyReply:
    """Referrals won from now on earn nothing."""
    row = discounts.find(visit.session, terms_id)
    discounts.end(row, by=visit.member)
    undo = url_for("goodwill.resume_terms", terms_id=terms_id)
    return see("goodwill.index", vendor_id=row.vendor_id, toast=_("Ended. Credit that is there stays."), undo=undo)


@pages.post("/discounts/<int:terms_id>/resumption", Act.WORK)
def resume_terms(visit: Visit, terms_id: int) -> AnyReply:
    """They go on after all."""
    row = discounts.find(visit.session, terms_id)
    discounts.resume(row)
    return see("goodwill.index", vendor_id=row.vendor_id, toast=_("They are in force again."))


@pages.post("/vendors/<int:vendor_id>/credit", Act.WORK)
def use_credit(visit: Visit, vendor_id: int) -> AnyReply:
    """Some of the credit was taken off an invoice."""
    vendor = vendors.at(visit.session, vendor_id)
    _require_sight(visit, vendor_id)
    form = CreditForm(typed())
    made: list[Any] = []

    def use() -> None:
        money = form.money(_usual_currency(visit, vendor_id))
        on = form.happened_on.data or visit.workspace.today
        note = form.note.data or ""
        made.append(discounts.use(vendor, money.amount, money.currency, on=on, note=note, by=visit.member))

    if carries_out(form, use):
        undo = url_for("goodwill.take_back_credit", credit_id=made[0].id)
        return see("goodwill.index", vendor_id=vendor_id, toast=_("Taken off the credit."), undo=undo)
    return refusal("goodwill/index.html", **_shown(visit, vendor_id, credit_form=form))


@pages.post("/credit/<int:credit_id>/value", Act.WORK)
def value_credit(visit: Visit, credit_id: int) -> AnyReply:
    """Say what a won referral earned."""
    entry = discounts.find_entry(visit.session, credit_id)
    vendor_id = entry.vendor_id
    _require_sight(visit, vendor_id)
    form = CreditForm(typed())
    currency = discounts.find(visit.session, entry.terms_id).currency

    def value() -> None:
        discounts.value(entry, form.money(currency).amount, by=visit.member)

    if carries_out(form, value):
        return see("goodwill.index", vendor_id=vendor_id, toast=_("Its value is noted."))
    return refusal("goodwill/index.html", **_shown(visit, vendor_id, value_forms={credit_id: form}))


@pages.post("/credit/<int:credit_id>/taking-back", Act.WORK)
def take_back_credit(visit: Visit, credit_id: int) -> AnyReply:
    """A use was a mistake."""
    entry = discounts.find_entry(visit.session, credit_id)
    _require_sight(visit, entry.vendor_id)
    discounts.take_back(entry, by=visit.member)
    return see("goodwill.index", vendor_id=entry.vendor_id, toast=_("Taken back. The credit is there again."))


@pages.get("/vendors/<int:vendor_id>/credit.csv", Act.SEE)
def statement_file(visit: Visit, vendor_id: int) -> AnyReply:
    """The statement of credit as a table for spreadsheets."""
    vendor = profiles.vendor(visit.session, vendor_id)
    _require_sight(visit, vendor_id)
    out = io.BytesIO()
    write_rows(out, _table(visit, vendor.id))
    out.seek(0)
    name = f"{visit.workspace.slug}-{vendor_id}-credit.csv"
    return Raw(lambda: send_file(out, mimetype="text/csv", as_attachment=True, download_name=name, etag=False))


def _overview_table(found: Figures) -> Iterator[list[str]]:
    yield [_("Vendor"), _("Given"), _("Received"), _("Introduced"), _("Won"), _("Thanked")]
    for _vendor_id, name, each in found.vendors:
        counts = (each.given, each.received, each.introduced, each.won, each.thanked)
        yield [name, *(str(count) for count in counts)]


def _table(visit: Visit, vendor_id: int) -> Iterator[list[str]]:
    known = {line.entry.id: line for line in reading.credit_of(visit.session, vendor_id)}
    yield [_("Date"), _("What"), _("About"), _("In"), _("Out"), _("Balance"), _("Currency")]
    for currency, statement in credit.statements(visit.session, vendor_id, visit.workspace.today).items():
        for line in statement.lines:
            of = known[line.entry_id]
            yield [
                line.happened_on.isoformat(),
                word(line.kind),
                of.business or of.entry.note,
                formats.plain_money(line.change, currency) if line.change > 0 else "",
                formats.plain_money(-line.change, currency) if line.change < 0 else "",
                formats.plain_money(line.balance, currency),
                currency,
            ]


def _shown(
    visit: Visit,
    vendor_id: int,
    *,
    turn_form: TurnForm | None = None,
    credit_form: CreditForm | None = None,
    value_forms: dict[int, CreditForm] | None = None,
) -> dict[str, Any]:
    vendor = profiles.vendor(visit.session, vendor_id)
    if turn_form is None:
        turn_form = TurnForm(None, data={"happened_on": visit.workspace.today})
        turn_form.offer(vendor.name)
    lines = reading.of_vendor(visit.session, vendor_id)
    counted = [line.entry for line in lines if line.entry.struck_at is None]
    favours = [Favour(row.side, row.kind, row.happened_on, row.value_amount, row.value_currency) for row in counted]
    today = visit.workspace.today
    sees_credit = _sees_credit(visit, vendor_id)
    written = list(reading.credit_of(visit.session, vendor_id)) if sees_credit else []
    return {
        "vendor": vendor,
        "lines": lines,
        "columns": [(side, goodwill_rules.column(favours, side, today)) for side in GoodwillSide],
        "is_our_turn": goodwill_rules.owes_a_turn(favours, today),
        "terms": discounts.in_force(visit.session, vendor_id),
        "sees_credit": sees_credit,
        "statements": credit.statements(visit.session, vendor_id, visit.workspace.today) if sees_credit else {},
        "known": {line.entry.id: line for line in written},
        "unvalued": [line for line in written if _waits_for_value(line)],
        "turn_form": turn_form,
        "credit_form": credit_form or CreditForm(None, data={"happened_on": today}),
        "value_forms": value_forms or {},
        "empty_form": CreditForm(None),
        "may_work": visit.may(Act.WORK),
        "today": visit.today,
    }


def _waits_for_value(line: CreditLine) -> bool:
    entry = line.entry
    return entry.kind is CreditKind.EARNED and entry.amount is None and entry.withdrawn_at is None


def _sees_credit(visit: Visit, vendor_id: int) -> bool:
    """What business was closed is for admins: so is credit from which it could be worked out."""
    return visit.member.is_admin or not reading.tells_of_closed_business(visit.session, vendor_id)


def _require_sight(visit: Visit, vendor_id: int) -> None:
    if not _sees_credit(visit, vendor_id):
        raise Forbidden(_("Only admins see this credit: it tells what business was closed."))


def _usual_currency(visit: Visit, vendor_id: int) -> str:
    """Of the terms in force, else of the credit that is there."""
    terms = discounts.in_force(visit.session, vendor_id)
    known = credit.statements(visit.session, vendor_id, visit.workspace.today)
    return terms.currency if terms else next(iter(known), visit.workspace.currency)


def _terms_form(visit: Visit, vendor_id: int) -> TermsForm:
    row = discounts.in_force(visit.session, vendor_id)
    if row is None:
        form = TermsForm(None)
    else:
        form = TermsForm(
            None,
            data={
                "share": str(Decimal(row.percent).scaleb(-2).normalize() + 0) if row.percent else "",
                "each": formats.plain_money(row.amount, row.currency) if row.amount else "",
                "currency": row.currency,
                "cap": formats.plain_money(row.cap, row.currency) if row.cap else "",
                "valid_until": row.valid_until,
                "keeps_days": row.keeps_days,
                "evidence": row.evidence,
            },
        )
        form.remember(row.version)
    form.offer(visit.workspace.currency)
    return form
