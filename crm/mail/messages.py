"""The letters that the product writes: one function each. They need no request, and speak the recipient's language.

Call them inside ``i18n.speaking``. Their words stand in ``templates/emails/<name>/``.
"""

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from crm.core import formats, i18n
from crm.core.i18n import _, ngettext
from crm.core.links import Links
from crm.mail.mime import EnclosedFile, Letter
from crm.models import vocabulary
from crm.models.enums import ReminderKind, Role
from crm.models.stages import Parking
from crm.models.workspaces import Membership, User
from crm.queries.digests import Overdue

FOLDER = Path(__file__).resolve().parents[2] / "templates" / "emails"
COLUMNS = 72
TEST_LASTS = timedelta(days=1)
EXCERPT_LENGTH = 600
"""So much of what somebody wrote is told by e-mail."""


@dataclass(frozen=True, slots=True)
class DigestItem:
    """One thing in a morning letter. Addresses are None where letters carry no links, or where it cannot be done so."""

    kind: ReminderKind
    vendor: str
    due_on: date
    why: str
    by: str
    """Who mentioned the reader."""
    parked: tuple[str, ...]
    """Why the vendor is parked: reason, details, what has to change."""
    said: str
    said_on: date | None
    openings: tuple[tuple[str, str], ...]
    """Businesses in the vendor's niche, each with what it looks for."""
    move: str
    done_url: str | None
    snooze_url: str | None
    open_url: str | None
    whose: str = ""
    """For whom the reader is reminded, in a sentence, where it is somebody else's."""
    touch_url: str | None = None
    """Where a letter to the vendor is written."""
    decide_url: str | None = None
    """Where it is decided what becomes of a parked vendor."""
    outcome_url: str | None = None
    """Where it is said how an introduction went."""
    headline: str = ""
    """That the time looks right for the vendor, in a line."""
    has_open_breach: bool = False
    """Whether their word was broken and nothing has mended it, as far as the reader may know."""

    @property
    def is_mention(self) -> bool:
        return self.kind is ReminderKind.MENTION


@dataclass(frozen=True, slots=True)
class DigestCounts:
    """All that stands in Today on the day of a letter, whether the letter names it or only counts it."""

    late: int = 0
    due: int = 0
    ahead: int = 0
    """Due on a day ahead on which the business is closed, and shown before it."""
    mentions: int = 0
    ripe: int = 0
    """For whom the time looks right."""
    only_check_ins: bool = False
    """Whether all that is late or due is a check-in."""

    @property
    def all(self) -> int:
        return self.late + self.due + self.ahead + self.mentions + self.ripe


def digest_counts(things: Iterable[tuple[ReminderKind, date]], today: date) -> DigestCounts:
    """Count reminders, each given by its kind and the day it is due on."""
    rows = list(things)
    counts = Counter(_how_it_stands(kind, due_on, today) for kind, due_on in rows)
    kinds = {kind for kind, due_on in rows if _how_it_stands(kind, due_on, today) in ("late", "due")}
    return DigestCounts(**counts, only_check_ins=kinds == {ReminderKind.TOUCH})


def _how_it_stands(kind: ReminderKind, due_on: date, today: date) -> str:
    if kind is ReminderKind.MENTION:
        return "mentions"
    if kind is ReminderKind.TRIGGER:
        return "ripe"
    if due_on < today:
        return "late"
    return "due" if due_on == today else "ahead"


def digest(
    member: Membership,
    *,
    ripe: Sequence[DigestItem] = (),
    items: Sequence[DigestItem],
    others: Sequence[DigestItem],
    counts: DigestCounts,
    overdue: Overdue | None = None,
    recheck_on: date | None = None,
    recheck_snooze: str | None = None,
    today: date,
    local_hour: int,
    links: Links,
    unsubscribe: str | None,
) -> Letter:
    """The morning letter: for whom the time looks right, who to be in touch with, then what else waits; what is not
    named is counted. For an admin, ``overdue`` is what others have left lying, and ``recheck_on`` since when it is time
    to look again at how ready the business is, which ``recheck_snooze`` puts off."""
    slug = member.workspace.slug
    names = [item.vendor for item in (*ripe, *items, *others)]
    return composed(
        "digest",
        digest_subject(counts, names, [item.vendor for item in ripe], overdue.all if overdue else 0, recheck_on),
        unsubscribe=unsubscribe,
        member=member,
        greeting=_greeting(member.user.first_name, local_hour),
        sentence=_sentence(counts, today, overdue, recheck_on),
        ripe_items=ripe,
        items=items,
        others=others,
        overdue=overdue,
        recheck_on=recheck_on,
        readiness_url=links.page(slug, "/readiness"),
        recheck_snooze_url=recheck_snooze,
        names=names or [row.vendor_name for row in (overdue.rows if overdue else ())],
        more=counts.all - len(names),
        today=today,
        sent_hour=formats.time_of_day(member.digest_hour, member.digest_minute),
        today_url=links.page(slug, "/today"),
        everyones_url=links.page(slug, "/today?who=everyone"),
        settings_url=links.page(slug, "/settings"),
    )


def invitation(
    *, business: str, invited_by: str, role: Role, recipient: str, url: str | None, expires_at: datetime, zone: str
) -> Letter:
    """Asks somebody into a business. The zone is the business's: by its clock the end is said."""
    return composed(
        "invitation",
        _("%(name)s invites you to %(business)s", name=invited_by, business=business),
        business=business,
        invited_by=invited_by,
        role=vocabulary.word(role),
        recipient=recipient,
        url=url,
        until=formats.moment(expires_at, zone),
        zone=zone,
    )


def reset(user: User, *, url: str, minutes: int) -> Letter:
    """Leads somebody who forgot their password to a new one."""
    return composed("reset", _("A new password for Good Terms"), user=user, url=url, minutes=minutes)


def news(
    member: Membership,
    *,
    by: str,
    words: str,
    said: str = "",
    open_url: str | None,
    news_url: str | None,
    settings_url: str | None,
    unsubscribe: str | None = None,
) -> Letter:
    """Says that something was handed to the reader, or happened with a vendor that they follow: ``words`` say which,
    ``said`` is what somebody wrote."""
    return composed(
        "news",
        words,
        member=member,
        by=by,
        said=said,
        open_url=open_url,
        news_url=news_url,
        settings_url=settings_url,
        unsubscribe=unsubscribe,
    )


def mention(
    member: Membership,
    *,
    by: str,
    vendor: str,
    words: str,
    seen_url: str | None,
    open_url: str | None,
    settings_url: str | None,
    unsubscribe: str | None = None,
) -> Letter:
    """Says at once that somebody mentioned the reader, and in which words."""
    return composed(
        "mention",
        _("%(name)s mentioned you on %(vendor)s", name=by or _("Somebody"), vendor=vendor),
        member=member,
        vendor=vendor,
        words=words,
        seen_url=seen_url,
        open_url=open_url,
        settings_url=settings_url,
        unsubscribe=unsubscribe,
    )


def trigger(
    member: Membership,
    *,
    why: dict[str, Any],
    parking: Parking,
    vendor: str,
    today: date,
    touch_url: str | None,
    decide_url: str | None,
    settings_url: str | None,
    unsubscribe: str | None = None,
) -> Letter:
    """Says at once that the time looks right for a parked vendor: what came true, and why they are parked."""
    return composed(
        "trigger",
        _("The time looks right for %(name)s", name=vendor),
        member=member,
        headline=vocabulary.headline(why, vendor, today),
        parked=vocabulary.parked_since(parking.reason, parking.parked_on, today),
        touch_url=touch_url,
        decide_url=decide_url,
        settings_url=settings_url,
        unsubscribe=unsubscribe,
    )


def test(member: Membership, *, links: Links) -> Letter:
    """Shows that letters arrive."""
    return composed(
        "test",
        _("Letters from Good Terms arrive here"),
        member=member,
        has_links=links.base_url is not None,
        today_url=links.page(member.workspace.slug, "/today"),
    )


def touch(
    *,
    subject: str,
    body: str,
    signature: str,
    postal_address: str,
    reply_to: tuple[str, str],
    way_out: str,
    files: Sequence[EnclosedFile] = (),
) -> Letter:
    """What a person wrote to a vendor. ``way_out`` is the address that ends such letters: a page, or ``mailto:``."""
    letter = _written("touch", subject, body, way_out, reply_to, signature=signature, postal_address=postal_address)
    return replace(letter, files=tuple(files))


@dataclass(frozen=True, slots=True)
class AnswerLink:
    """An answer that a letter offers: its words, and the page that asks whether it is meant."""

    words: str
    url: str


@dataclass(frozen=True, slots=True)
class OtherSide:
    """Whom an introduction introduces its reader to, by the address that was agreed to be shared."""

    name: str
    address: str


def referral(
    *,
    subject: str,
    body: str,
    signature: str,
    postal_address: str,
    reply_to: tuple[str, str],
    way_out: str,
    answers: Sequence[AnswerLink] = (),
    contact: OtherSide | None = None,
    disclosure: str = "",
) -> Letter:
    """A letter about an introduction. One that asks has ``answers``, the first of them as a button; one that introduces
    has the ``contact``. ``disclosure`` says what the writer gets for it, where that is anything."""
    return _written(
        "referral",
        subject,
        body,
        way_out,
        reply_to,
        signature=signature,
        postal_address=postal_address,
        answers=answers,
        contact=contact,
        disclosure=disclosure,
        promise=_("No account needed. Your address is passed on only if you both say yes."),
    )


def _written(name: str, subject: str, body: str, way_out: str, reply_to: tuple[str, str], **values: Any) -> Letter:
    """A letter that a person wrote to somebody outside: answers go to that person, and there is a way out."""
    paragraphs = [paragraph.split("\n") for paragraph in re.split(r"\n{2,}", body)]
    letter = composed(name, subject, unsubscribe=way_out, body=body, paragraphs=paragraphs, **values)
    return replace(letter, reply_to=reply_to, is_automatic=False)


def digest_subject(
    counts: DigestCounts,
    names: Sequence[str],
    ripe: Sequence[str] = (),
    overdue: int = 0,
    recheck_on: date | None = None,
) -> str:
    """``2 late, 1 due today, and the time looks right for Kettle & Crane``, with the name where there is but one."""
    parts = []
    if counts.late:
        parts.append(ngettext("%(num)s late", "%(num)s late", counts.late))
    if counts.due:
        parts.append(ngettext("%(num)s due today", "%(num)s due today", counts.due))
    if counts.ahead:
        parts.append(ngettext("%(num)s coming up", "%(num)s coming up", counts.ahead))
    if counts.mentions:
        parts.append(ngettext("%(num)s mention", "%(num)s mentions", counts.mentions))
    said = ", ".join(parts)
    if ripe:
        return _ripe_subject(said, ripe, counts.ripe - 1)
    if not said and not overdue and recheck_on is not None:
        return _("How ready are you? Time to look again")
    if not said:
        return ngettext("One thing is left lying", "%(num)s things are left lying", overdue)
    return _("%(counts)s: %(name)s", counts=said, name=names[0]) if counts.all == 1 and names else said


def _ripe_subject(said: str, ripe: Sequence[str], others: int) -> str:
    if others > 0:
        who = ngettext("%(name)s and one more", "%(name)s and %(num)s more", others, name=ripe[0])
    else:
        who = ripe[0]
    if said:
        return _("%(counts)s, and the time looks right for %(name)s", counts=said, name=who)
    return _("The time looks right for %(name)s", name=who)


def _sentence(counts: DigestCounts, today: date, overdue: Overdue | None, recheck_on: date | None) -> str:
    day = formats.long_day(today)
    if counts.late or counts.due or counts.ahead:
        return " ".join(filter(None, [_late_and_due(counts, day), _ahead(counts)]))
    if counts.ripe:
        return _("Nothing is due today, %(day)s, but something has changed.", day=day)
    if counts.mentions or (overdue is None and recheck_on is None):
        return ngettext("Somebody mentioned you.", "You were mentioned %(num)s times.", counts.mentions)
    return _("Nothing of yours is due today, %(day)s.", day=day)


def _ahead(counts: DigestCounts) -> str:
    words = formats.spelled(counts.ahead)
    if not counts.ahead:
        return ""
    if counts.late or counts.due:
        return ngettext("One more is coming up.", "%(words)s more are coming up.", counts.ahead, words=words)
    return ngettext("One thing is coming up.", "%(words)s things are coming up.", counts.ahead, words=words)


def _late_and_due(counts: DigestCounts, day: str) -> str:
    if counts.late and counts.due:
        due = formats.spelled(counts.due, in_sentence=True)
        return _(
            "%(late)s and %(due)s today, %(day)s.",
            late=_late(counts),
            due=ngettext("one is due", "%(words)s are due", counts.due, words=due),
            day=day,
        )
    if counts.late:
        return _("%(late)s today, %(day)s.", late=_late(counts), day=day)
    return _("%(due)s today, %(day)s.", due=_due(counts), day=day) if counts.due else ""


def _late(counts: DigestCounts) -> str:
    words = formats.spelled(counts.late)
    if counts.only_check_ins:
        return ngettext("One check-in is late", "%(words)s check-ins are late", counts.late, words=words)
    return ngettext("One thing is late", "%(words)s things are late", counts.late, words=words)


def _due(counts: DigestCounts) -> str:
    words = formats.spelled(counts.due)
    if counts.only_check_ins:
        return ngettext("One check-in is due", "%(words)s check-ins are due", counts.due, words=words)
    return ngettext("One thing is due", "%(words)s things are due", counts.due, words=words)


def _greeting(name: str, hour: int) -> str:
    if hour < 12:
        return _("Good morning, %(name)s.", name=name)
    if hour < 18:
        return _("Good afternoon, %(name)s.", name=name)
    return _("Good evening, %(name)s.", name=name)


def due_words(due_on: date, today: date) -> str:
    """``3 days late``, ``Today``, or the day where it is closed then and shown before."""
    if due_on < today:
        return ngettext("%(num)s day late", "%(num)s days late", (today - due_on).days)
    return formats.near_day(due_on, today)


# Making them


@lru_cache(maxsize=1)
def _environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    env.install_gettext_callables(i18n.gettext, _plural, newstyle=True)  # type: ignore[attr-defined]
    env.filters.update(day=formats.day, ago=formats.ago, fill=fill, word=vocabulary.word)
    env.globals.update(due_words=due_words)
    return env


def fill(words: str, lead: str = "") -> str:
    """Plain text in lines of 72 columns. Addresses are never broken; ``lead`` stands before the first line."""
    return "\n".join(
        line
        for paragraph in words.split("\n")
        for line in textwrap.wrap(
            paragraph,
            COLUMNS,
            initial_indent=lead,
            subsequent_indent=" " * len(lead),
            break_long_words=False,
            break_on_hyphens=False,
        )
        or [""]
    )


def composed(name: str, subject: str, *, unsubscribe: str | None = None, **values: Any) -> Letter:
    """A letter from its two templates."""
    env = _environment()
    values = {"subject": subject, "unsubscribe_url": unsubscribe, "lang": i18n.current().tag, **values}
    return Letter(
        subject=subject,
        text=env.get_template(f"{name}/letter.txt").render(values),
        html=env.get_template(f"{name}/letter.html").render(values),
        unsubscribe=unsubscribe,
    )


def _plural(singular: str, plural: str, num: int) -> str:
    return i18n.current().catalogue.ungettext(singular, plural, num)
