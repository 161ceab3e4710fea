"""Erasing somebody outside for good: the history stays readable, without them.

Where their name, addresses or numbers stood, three dots stand. The name is taken out of all that belongs to their
vendor; addresses and numbers, which are nobody else’s, out of the whole business. What keeps a wish of theirs (an
address that takes no more mail) stays as long as somebody needs it to keep to that wish.
"""

import re
from collections.abc import Collection
from functools import cache
from typing import Any, cast

from sqlalchemy import JSON, Column, ColumnElement, String, or_, select, update

from crm.core import limits, text
from crm.core.columns import Base
from crm.core.errors import Refused
from crm.core.i18n import _, lazy
from crm.core.tenancy import WorkspaceSession
from crm.domain import audit, bin_items, permissions, row_changes, touches
from crm.domain.outsiders import Outsider, naming
from crm.domain.permissions import Act
from crm.mail import outbox
from crm.models.enums import AuditKind, MailState, OutsiderKind
from crm.models.outbox import OutboxMessage
from crm.models.referrals import Opening, ReferralConsent, ReferralLetter
from crm.models.vendors import Person, Vendor
from crm.models.workspaces import Membership

FORGOTTEN = "…"
"""Stands where something stood that tells who somebody was."""
LEAST_LETTERS = 2
_NO_WORDS = 64
"""Columns up to this length hold codes, zones and fingerprints."""
_MADE_FROM_OTHERS = frozenset({"normal_name", "search_text", "web_domain", "media_type"})
_NOT_OURS_TO_WRITE = frozenset({"search_entries", "webhooks", "webhook_deliveries", "presences", "imports"})
"""Written by triggers, addressed to machines, or gone by themselves."""
_ABOVE = frozenset({"categories", "imports"})
"""What rows point at without hanging on it."""
_QUIETLY = {"synchronize_session": False}
_ON_ITS_WAY = (MailState.SENDING, MailState.BEGUN)


def erase(session: WorkspaceSession, who: Outsider, *, by: Membership, also: Collection[str] = ()) -> None:
    """Take somebody out of everything. ``also`` are further words that tell who they were, such as a nickname; they are
    taken out of what belongs to their vendor.

    Raises :class:`Refused` while a letter to them is just leaving, and for a word that is too short;
    :class:`Forbidden`.
    """
    permissions.require(by, Act.MANAGE)
    _check(also)
    _clear_mail(session, who)
    about = _of_whom(session, who)
    _clear_introductions(session, who)
    if who.kind is OutsiderKind.PERSON:
        bin_items.forget_person(session, person_id=who.id, words=[*who.known_by, *also])
        _let_go(session, session.get_one(Person, who.id))
    else:
        opening = session.get_one(Opening, who.id)
        opening.person = opening.email = ""
        opening.version += 1
    session.flush()
    _clear_words(session, who, also)
    audit.record_here(session, AuditKind.ERASED, by=by.user_id, about=about, what="person")


def _check(also: Collection[str]) -> None:
    if any(len(word) < LEAST_LETTERS for word in also):
        raise Refused(lazy("A single letter would be taken out everywhere. Type whole words."), field="also")


def _of_whom(session: WorkspaceSession, who: Outsider) -> str:
    """Whose they were; the log does not say who."""
    if who.vendor_id is None:
        return session.get_one(Opening, who.id).business
    vendor = session.get_one(Vendor, who.vendor_id)
    return "" if naming([who.name]).search(vendor.name) else vendor.name


def _let_go(session: WorkspaceSession, person: Person) -> None:
    """Conversations, letters and trust notes with them stay, without pointing at anybody."""
    for table in row_changes.tables():
        for column, target in row_changes.references(table):
            if target == Person.__tablename__ and column.nullable:
                pointing = update(row_changes.class_of(table)).where(column == person.id).values({column.name: None})
                session.execute(pointing, execution_options=_QUIETLY)
    session.delete(person)


# Letters


def _clear_mail(session: WorkspaceSession, who: Outsider) -> None:
    here = OutboxMessage.workspace_id == session.workspace_id, OutboxMessage.recipient.in_(who.emails)
    letters = session.scalars(select(OutboxMessage).where(*here).with_for_update()).all()
    if any(letter.state in _ON_ITS_WAY for letter in letters):
        raise Refused(lazy("A letter to them is leaving at this moment. Wait a minute, and try again."))
    for letter in letters:
        outbox.take_back(session, letter.id)
    cleared = update(OutboxMessage).where(OutboxMessage.id.in_([letter.id for letter in letters]))
    session.execute(cleared.values(recipient="", subject=FORGOTTEN, content=b"", answer=""))


def _clear_introductions(session: WorkspaceSession, who: Outsider) -> None:
    theirs = ReferralLetter.recipient.in_(who.emails)
    letters = session.scalars(select(ReferralLetter.id).where(theirs)).all()
    forgotten = {"recipient": "", "recipient_name": "", "subject": FORGOTTEN, "body": FORGOTTEN}
    session.execute(update(ReferralLetter).where(ReferralLetter.id.in_(letters)).values(**forgotten))
    consents = update(ReferralConsent).where(ReferralConsent.letter_id.in_(letters))
    session.execute(consents.values(words=FORGOTTEN))


# Words


def _clear_words(session: WorkspaceSession, who: Outsider, also: Collection[str]) -> None:
    unmistakable = (*who.emails, *who.phones)
    if unmistakable:
        pattern = naming(unmistakable)
        for table in _tables():
            _rewrite(session, table, _gives(table, unmistakable), pattern)
    names = [words for words in (who.name, *also) if words]
    if who.vendor_id is None or not names:
        return
    pattern = naming(names)
    for table in _tables():
        condition = _belongs_to(table, who.vendor_id)
        if condition is not None:
            _rewrite(session, table, condition, pattern)
    session.expire_all()
    _name_anew(session, session.get_one(Vendor, who.vendor_id))


def _name_anew(session: WorkspaceSession, vendor: Vendor) -> None:
    """A freelancer bears the name of the person: the vendor needs another one. What is made from words follows them."""
    if not vendor.name.replace(FORGOTTEN, "").strip():
        vendor.name = _("Erased vendor %(number)s", number=vendor.id)
    vendor.normal_name = text.normal(vendor.name)[: limits.NAME_LENGTH] or vendor.name.casefold()[: limits.NAME_LENGTH]
    vendor.what_they_do = vendor.what_they_do  # what the search compares follows
    vendor.version += 1
    touches.refresh(session, vendor)


def _gives(table: str, words: Collection[str]) -> ColumnElement[bool]:
    """The rows in which one of these stands."""
    columns = [column.cast(String) if isinstance(column.type, JSON) else column for column in _texts(table)]
    return or_(*(column.icontains(each, autoescape=True) for column in columns for each in words))


def _rewrite(session: WorkspaceSession, table: str, condition: ColumnElement[bool], pattern: re.Pattern[str]) -> None:
    kind, columns = row_changes.class_of(table), _texts(table)
    for row in session.execute(select(kind.id, *columns).where(condition)).all():
        before = dict(zip((column.name for column in columns), row[1:], strict=True))
        after = {name: _rewritten(value, pattern) for name, value in before.items()}
        changed = {name: value for name, value in after.items() if value != before[name]}
        if changed:
            session.execute(update(kind).where(kind.id == row.id).values(**changed), execution_options=_QUIETLY)


def _rewritten(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(FORGOTTEN, value)
    if isinstance(value, dict):
        return {key: _rewritten(each, pattern) for key, each in value.items()}
    return [_rewritten(each, pattern) for each in value] if isinstance(value, list) else value


@cache
def _tables() -> tuple[str, ...]:
    """Every table of a business in which people write."""
    return tuple(name for name in row_changes.tables() if name not in _NOT_OURS_TO_WRITE and _texts(name))


@cache
def _texts(table: str) -> tuple[Column[Any], ...]:
    """The columns that hold words."""
    return tuple(column for column in Base.metadata.tables[table].columns if _holds_words(column))


def _holds_words(column: Column[Any]) -> bool:
    if isinstance(column.type, JSON):
        return True
    is_long = isinstance(column.type, String) and (column.type.length or _NO_WORDS + 1) > _NO_WORDS
    return is_long and column.name not in _MADE_FROM_OTHERS


def _belongs_to(table: str, vendor_id: int, *, steps: int = 3) -> ColumnElement[bool] | None:
    """The condition on a table’s rows that hang on a vendor, at most so many steps away; None where none ever does."""
    kind = row_changes.class_of(table)
    if kind is Vendor:
        return Vendor.id == vendor_id
    if hasattr(kind, "vendor_id"):
        return cast(ColumnElement[bool], kind.vendor_id == vendor_id)
    found = []
    for column, target in row_changes.references(table) if steps else ():
        is_above = target in _ABOVE or not row_changes.is_of_a_business(target)
        condition = None if is_above else _belongs_to(target, vendor_id, steps=steps - 1)
        if condition is not None:
            found.append(column.in_(select(row_changes.class_of(target).id).where(condition)))
    return or_(*found) if found else None
