"""Notifications as they are shown: in words, and with the page that each leads to."""

from dataclasses import dataclass

from flask import url_for

from crm.core.i18n import _
from crm.models import news_words
from crm.models.enums import NewsKind, TimelineKind
from crm.queries.news import NewsRow

_PAGES = {
    "reviewer": ("trial_briefs.show", "brief_id"),
    "need": ("needs.show", "need_id"),
    "referral": ("referrals.show", "referral_id"),
}
_SYMBOLS = {NewsKind.MENTION: "at-sign", NewsKind.HANDED: "hand-helping", NewsKind.FOLLOWED: "bell"}


@dataclass(frozen=True, slots=True)
class NewsLine:
    """A notification. ``words`` say what it is, but for a line of a timeline: that makes its own sentence."""

    row: NewsRow
    words: str
    symbol: str
    who: str


def line(row: NewsRow) -> NewsLine:
    """How a notification is shown."""
    who = "" if row.kind is NewsKind.FOLLOWED and row.actor is None else news_words.by_somebody(row.actor)
    return NewsLine(row, _words(row), _SYMBOLS[row.kind], who)


def _words(row: NewsRow) -> str:
    facts = row.facts
    if row.kind is NewsKind.MENTION:
        return _("You were mentioned on %(vendor)s", vendor=row.vendor_name or "")
    if "count" in facts:
        is_theirs = row.kind is NewsKind.HANDED
        return (news_words.gathered_handed if is_theirs else news_words.gathered_followed)(facts["count"])
    return news_words.handed(facts["what"], facts["name"]) if row.kind is NewsKind.HANDED else ""


def address(row: NewsRow) -> str:
    """The page that a notification leads to."""
    facts = row.facts
    if "count" in facts:
        return url_for("vendors.index", owner="mine") if row.kind is NewsKind.HANDED else url_for("activities.index")
    if row.kind is NewsKind.HANDED and facts["what"] in _PAGES:
        endpoint, name = _PAGES[facts["what"]]
        return url_for(endpoint, **{name: facts["id"]})
    if row.entry_kind is not None:
        step = f"-{row.entry_id}" if row.step else ""
        anchor = f"{row.entry_kind}-{row.subject_id}{step}"
        return url_for("profiles.show", vendor_id=row.vendor_id, before=str(row.place), _anchor=anchor)
    return url_for("profiles.show", vendor_id=row.vendor_id, _anchor=_said_at(row))


def _said_at(row: NewsRow) -> str | None:
    if row.note_id is not None:
        return f"{TimelineKind.NOTE}-{row.note_id}"
    return f"{TimelineKind.INTERACTION}-{row.interaction_id}" if row.interaction_id is not None else None
