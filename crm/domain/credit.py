"""Reading the credit that a vendor owes us, by :mod:`crm.domain.credit_rules`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import select

from crm.core.tenancy import WorkspaceSession
from crm.domain import credit_rules
from crm.domain.credit_rules import Entry, Statement
from crm.models.goodwill import CreditEntry, DiscountTerms


def statements(session: WorkspaceSession, vendor_id: int, today: date) -> dict[str, Statement]:
    """The credit with a vendor, line by line, by currency."""
    rows: dict[str, list[CreditEntry]] = {}
    for row, currency in lines(session, vendor_id):
        rows.setdefault(currency, []).append(row)
    return {currency: read(each, today) for currency, each in sorted(rows.items())}


def lines(session: WorkspaceSession, vendor_id: int) -> list[tuple[CreditEntry, str]]:
    """The lines that count, as they were written, each with its currency."""
    statement = (
        select(CreditEntry, DiscountTerms.currency)
        .join(DiscountTerms, DiscountTerms.id == CreditEntry.terms_id)
        .where(CreditEntry.vendor_id == vendor_id, CreditEntry.withdrawn_at.is_(None))
        .order_by(CreditEntry.id)
    )
    return [(row, currency) for row, currency in session.execute(statement)]


def lines_in(session: WorkspaceSession, vendor_id: int, currency: str) -> list[CreditEntry]:
    """The lines of one currency that count."""
    return [row for row, in_which in lines(session, vendor_id) if in_which == currency]


def read(rows: Sequence[CreditEntry], today: date) -> Statement:
    """What lines of one currency come to; those to be valued are left out.

    Raises :class:`Refused` where more would be used on some day than there was.
    """
    known = [_entry(row, place) for place, row in enumerate(rows) if row.amount is not None]
    return credit_rules.statement(known, today)


def _entry(row: CreditEntry, place: int) -> Entry:
    """A line that is not stored yet has no number: it gets one that no other has."""
    entry = Entry(row.id or 0, row.kind, row.amount or 0, row.happened_on, row.expires_on, row.lot_id)
    return entry if row.id else replace(entry, id=-place - 1)
