"""Businesses in our network that look for someone."""

from datetime import date
from typing import Any

from crm.core import limits
from crm.core.errors import Missing, Refused, Stale
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import amounts, log_dates, people
from crm.models.categories import Category
from crm.models.referrals import Opening
from crm.models.workspaces import Membership


def find(session: WorkspaceSession, opening_id: int) -> Opening:
    """An opening of this business. Raises :class:`Missing`."""
    opening = session.get(Opening, opening_id, with_for_update=session.writing)
    if opening is None:
        raise Missing
    return opening


def is_over(opening: Opening, today: date) -> bool:
    """Whether they look no longer."""
    return opening.closed_on is not None or (opening.until is not None and opening.until < today)


def add(session: WorkspaceSession, *, by: Membership, business: str, **fields: Any) -> Opening:
    """Note a business that looks for someone. ``fields`` as in :func:`edit`."""
    opening = Opening(business=business, created_by=by.user_id)
    _fill(session, opening, fields, by=by)
    session.add(opening)
    session.flush()
    return opening


def edit(opening: Opening, *, by: Membership, version: int, business: str, **fields: Any) -> Opening:
    """Change what is known: person, email, what_they_need, category_id, budget_amount (minor units), currency, until.

    Raises :class:`Stale` where somebody saved it since this form was opened.
    """
    if version != opening.version:
        raise Stale(
            lazy("A colleague changed this opening while you were typing. Nothing was saved: look at it again.")
        )
    opening.business = business
    _fill(session_of(opening), opening, fields, by=by)
    opening.version += 1
    return opening


def close(opening: Opening, *, by: Membership) -> None:
    """They have found someone, or look no longer."""
    opening.closed_on = by.workspace.today


def reopen(opening: Opening, *, by: Membership) -> None:
    """They look again."""
    opening.closed_on = None
    if opening.until is not None and opening.until < by.workspace.today:
        opening.until = None


def _fill(session: WorkspaceSession, opening: Opening, fields: dict[str, Any], *, by: Membership) -> None:
    category_id = fields.get("category_id")
    if category_id is not None and session.get(Category, category_id) is None:
        raise Refused(lazy("Choose one of the list."), field="category_id")
    amount = fields.get("budget_amount")
    if amount is not None and not 0 <= amount <= limits.MONEY_LARGEST:
        raise Refused(lazy("Type an amount from 0 on."), field="budget_amount")
    until = fields.get("until")
    if until is not None and until != opening.until:
        if until < by.workspace.today:
            raise Refused(lazy("Pick a day from today on."), field="until")
        log_dates.require_within_reach(until, by=by, field="until")
    opening.person = fields.get("person") or ""
    opening.email = _address(fields.get("email") or "")
    opening.what_they_need = fields.get("what_they_need") or ""
    opening.category_id, opening.budget_amount, opening.until = category_id, amount, until
    opening.currency = _currency(fields.get("currency") or by.workspace.currency) if amount is not None else ""


def _currency(typed: str) -> str:
    try:
        return amounts.currency_of(typed)
    except Refused as refused:
        refused.field = "currency"
        raise


def _address(typed: str) -> str:
    """One address, as people have them, or none. Raises Refused."""
    try:
        return people.email_address(typed) if typed.strip() else ""
    except Refused as refused:
        refused.field = "email"
        raise
