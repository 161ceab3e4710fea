"""What a vendor gives us for referrals that are won: the terms, and the credit they earn.

The arithmetic is pure, in :mod:`crm.domain.credit_rules`. Whatever is written is read through first: no line may make
the credit of any day less than nothing.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, update

from crm.core import clock, currencies, limits
from crm.core.dates import add_days
from crm.core.errors import Missing, Refused, Stale
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import credit, credit_rules, log_dates, touches, triggers
from crm.models.enums import CreditKind
from crm.models.goodwill import CreditEntry, DiscountTerms
from crm.models.referrals import Referral
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership

KEEPS_DAYS_MOST = limits.EVERY_LARGEST


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed: ``percent`` in hundredths of a percent, or ``amount`` in minor units, for each referral won."""

    percent: int | None
    amount: int | None
    currency: str
    cap: int | None = None
    valid_until: date | None = None
    keeps_days: int | None = None
    evidence: str = ""


def in_force(session: WorkspaceSession, vendor_id: int) -> DiscountTerms | None:
    """What is agreed with a vendor at present."""
    statement = select(DiscountTerms).where(DiscountTerms.vendor_id == vendor_id, DiscountTerms.ended_on.is_(None))
    return session.scalars(statement).first()


def find(session: WorkspaceSession, terms_id: int) -> DiscountTerms:
    """An agreement of this business. Raises :class:`Missing`."""
    row = session.get(DiscountTerms, terms_id, with_for_update=session.writing or None)
    if row is None:
        raise Missing
    return row


def find_entry(session: WorkspaceSession, entry_id: int) -> CreditEntry:
    """A line of credit of this business. Raises :class:`Missing`."""
    row = session.get(CreditEntry, entry_id, with_for_update=session.writing or None)
    if row is None:
        raise Missing
    return row


def agree(vendor: Vendor, terms: Terms, *, by: Membership) -> DiscountTerms:
    """Note what is agreed from today on. What was agreed before ends; credit that it earned stays.

    Raises :class:`Refused`.
    """
    session = session_of(vendor)
    _check(terms, by=by)
    before = in_force(session, vendor.id)
    if before is not None:
        before.ended_on = by.workspace.today
        session.flush()
    row = DiscountTerms(vendor_id=vendor.id, agreed_on=by.workspace.today, created_by=by.user_id)
    _say(row, terms)
    session.add(row)
    session.flush()
    return row


def edit(row: DiscountTerms, terms: Terms, *, version: int, by: Membership) -> None:
    """Put what was noted right. Credit that was earned by it stays as it is, so its currency does too."""
    if row.version != version:
        raise Stale
    _check(terms, by=by)
    if terms.currency != row.currency and credit.lines_in(session_of(row), row.vendor_id, row.currency):
        raise Refused(lazy("There is credit in %(currency)s already.", currency=row.currency), field="currency")
    _say(row, terms)
    row.version += 1


def end(row: DiscountTerms, *, by: Membership) -> None:
    """Referrals that are won from now on earn nothing."""
    if row.ended_on is None:
        row.ended_on = by.workspace.today
        row.version += 1


def resume(row: DiscountTerms) -> None:
    """They go on after all. Raises :class:`Refused` where others came after them."""
    present = in_force(session_of(row), row.vendor_id)
    if present is not None and present.id != row.id:
        raise Refused(lazy("Other terms are in force by now."))
    row.ended_on = None
    row.version += 1


def follow(session: WorkspaceSession, referral: Referral, won_on: date | None, *, by: Membership) -> None:
    """Hold the credit against a referral: one that is won earns once; one that is not won after all loses what was not
    used of it."""
    earned = _earned_by(session, referral)
    if won_on is None and earned is not None:
        _lose(session, earned, by=by)
    elif won_on is not None and earned is None:
        _earn(session, referral, won_on, by=by)
    elif won_on is not None and earned is not None:
        _win_again(session, earned)
        _value_by_closing(session, earned, referral)
    _tell(session, referral.vendor_id, by=by)


def revalue(session: WorkspaceSession, referral: Referral, *, by: Membership) -> None:
    """What they closed is noted anew: a share of it follows. Where more of it is used already than the new share comes
    to, it stays as it was."""
    earned = _earned_by(session, referral)
    if earned is None or earned.amount is None or referral.closed_amount is None:
        return
    terms, before = find(session, earned.terms_id), earned.amount
    if terms.percent is None or terms.currency != referral.closed_currency:
        return
    earned.amount = None
    _value_by_closing(session, earned, referral)
    try:
        credit.read(credit.lines_in(session, earned.vendor_id, terms.currency), by.workspace.today)
    except Refused:
        earned.amount = before
    _tell(session, earned.vendor_id, by=by)


def let_go(session: WorkspaceSession, referral: Referral, *, by: Membership) -> None:
    """The referral itself goes: what it earned is lost, and its lines name it no more."""
    follow(session, referral, None, by=by)
    session.execute(update(CreditEntry).where(CreditEntry.referral_id == referral.id).values(referral_id=None))


def value(entry: CreditEntry, amount: int, *, by: Membership) -> None:
    """Say what a won referral earned, where nobody knew what business was closed. Raises :class:`Refused`."""
    if entry.kind is not CreditKind.EARNED or entry.amount is not None:
        raise Refused(lazy("This credit has its value already."))
    session = session_of(entry)
    _check_amount(amount)
    entry.amount = _under_cap(session, find(session, entry.terms_id), amount)
    _tell(session, entry.vendor_id, by=by)


def use(vendor: Vendor, amount: int, currency: str, *, on: date, note: str = "", by: Membership) -> CreditEntry:
    """Some of the credit was taken off an invoice. Raises :class:`Refused` where there was not so much on that day."""
    session = session_of(vendor)
    log_dates.require_past(on, by=by, field="happened_on")
    _check_amount(amount)
    _check_line(note, "note")
    known = credit.lines_in(session, vendor.id, currency)
    if not known:
        raise Refused(lazy("There was not so much credit on that day."), field="amount")
    row = CreditEntry(
        vendor_id=vendor.id,
        terms_id=known[-1].terms_id,
        kind=CreditKind.USED,
        amount=amount,
        happened_on=on,
        note=note,
        created_by=by.user_id,
    )
    credit.read([*known, row], by.workspace.today)
    session.add(row)
    _tell(session, vendor.id, by=by)
    return row


def take_back(entry: CreditEntry, *, by: Membership) -> None:
    """A use was a mistake: the line stays, and counts no more. Raises :class:`Refused` for any other line."""
    if entry.kind is not CreditKind.USED:
        raise Refused(lazy("Only what was used can be taken back."))
    entry.withdrawn_at = entry.withdrawn_at or clock.now()
    _tell(session_of(entry), entry.vendor_id, by=by)


def to_be_valued(session: WorkspaceSession, vendor_id: int) -> list[CreditEntry]:
    """What was earned without anybody knowing how much it is."""
    known = (row for row, _currency in credit.lines(session, vendor_id))
    return [each for each in known if each.kind is CreditKind.EARNED and each.amount is None]


def _earned_by(session: WorkspaceSession, referral: Referral) -> CreditEntry | None:
    statement = select(CreditEntry).where(
        CreditEntry.referral_id == referral.id,
        CreditEntry.kind == CreditKind.EARNED,
        CreditEntry.withdrawn_at.is_(None),
    )
    return session.scalars(statement).first()


def _tell(session: WorkspaceSession, vendor_id: int, *, by: Membership) -> None:
    """Credit that covers what a parked vendor is too dear by brings the parking forward."""
    session.flush()
    vendor = session.get_one(Vendor, vendor_id, with_for_update=True)
    if triggers.settle(session, vendor, by=by):
        touches.refresh(session, vendor)


def _earn(session: WorkspaceSession, referral: Referral, won_on: date, *, by: Membership) -> None:
    terms = in_force(session, referral.vendor_id)
    if terms is None or won_on < terms.agreed_on or (terms.valid_until is not None and won_on > terms.valid_until):
        return
    entry = CreditEntry(
        vendor_id=referral.vendor_id,
        terms_id=terms.id,
        kind=CreditKind.EARNED,
        happened_on=won_on,
        expires_on=None if terms.keeps_days is None else add_days(won_on, terms.keeps_days),
        referral_id=referral.id,
        amount=None if terms.amount is None else _under_cap(session, terms, terms.amount),
        created_by=by.user_id,
    )
    session.add(entry)
    session.flush()
    _value_by_closing(session, entry, referral)


def _value_by_closing(session: WorkspaceSession, entry: CreditEntry, referral: Referral) -> None:
    """A share of closed business is known once that is; in another currency a person has to say what it is."""
    terms = find(session, entry.terms_id)
    if entry.amount is not None or terms.percent is None or referral.closed_amount is None:
        return
    if referral.closed_currency == terms.currency:
        share = credit_rules.percentage(referral.closed_amount, terms.percent)
        entry.amount = _under_cap(session, terms, share)


def _lose(session: WorkspaceSession, earned: CreditEntry, *, by: Membership) -> None:
    """Where nothing of it was used, it is as if it had never been; else what is left of it is voided."""
    currency = find(session, earned.terms_id).currency
    others = [each for each in credit.lines_in(session, earned.vendor_id, currency) if each.id != earned.id]
    try:
        credit.read(others, by.workspace.today)
    except Refused:
        session.add(
            CreditEntry(
                vendor_id=earned.vendor_id,
                terms_id=earned.terms_id,
                kind=CreditKind.VOIDED,
                amount=0,
                happened_on=by.workspace.today,
                lot_id=earned.id,
                created_by=by.user_id,
            )
        )
    else:
        earned.withdrawn_at = clock.now()
    session.flush()


def _win_again(session: WorkspaceSession, earned: CreditEntry) -> None:
    statement = select(CreditEntry).where(CreditEntry.lot_id == earned.id, CreditEntry.withdrawn_at.is_(None))
    for voiding in session.scalars(statement):
        voiding.withdrawn_at = clock.now()
    session.flush()


def _under_cap(session: WorkspaceSession, terms: DiscountTerms, amount: int) -> int:
    earned = (
        each.amount or 0
        for each in credit.lines_in(session, terms.vendor_id, terms.currency)
        if each.kind is CreditKind.EARNED and each.terms_id == terms.id
    )
    return credit_rules.capped(amount, earned_before=sum(earned), cap=terms.cap)


def _say(row: DiscountTerms, terms: Terms) -> None:
    row.percent, row.amount, row.currency, row.cap = terms.percent, terms.amount, terms.currency, terms.cap
    row.valid_until, row.keeps_days, row.evidence = terms.valid_until, terms.keeps_days, terms.evidence


def _check(terms: Terms, *, by: Membership) -> None:
    if (terms.percent is None) == (terms.amount is None):
        raise Refused(lazy("Type a share or an amount."), field="percent")
    if terms.percent is not None and not 0 < terms.percent <= credit_rules.WHOLE:
        raise Refused(lazy("Type a share from 0.01 to 100%."), field="percent")
    for field, amount in (("amount", terms.amount), ("cap", terms.cap)):
        if amount is not None and not 0 < amount <= limits.MONEY_LARGEST:
            raise Refused(lazy("Check the amount."), field=field)
    if terms.currency not in currencies.codes():
        raise Refused(lazy("Choose a currency."), field="currency")
    if terms.valid_until is not None:
        log_dates.require_within_reach(terms.valid_until, by=by, field="valid_until")
    if terms.keeps_days is not None and not 0 < terms.keeps_days <= KEEPS_DAYS_MOST:
        raise Refused(lazy("Type a number from 1 to %(most)s.", most=KEEPS_DAYS_MOST), field="keeps_days")
    if len(terms.evidence) > limits.URL_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.URL_LENGTH), field="evidence")


def _check_amount(amount: int) -> None:
    if not 0 < amount <= limits.MONEY_LARGEST:
        raise Refused(lazy("Check the amount."), field="amount")


def _check_line(words: str, field: str) -> None:
    if len(words) > limits.LINE_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.LINE_LENGTH), field=field)
