"""Where one can go and what one can do, by words: for the command palette, and for the search page without script.

What a reader's role does not allow is not offered: the page's own policy decides, it is not written down here again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from flask import current_app, url_for

from crm.core import text
from crm.core.i18n import LazyText, lazy
from crm.domain.permissions import Act
from crm.models.enums import Stage
from crm.web.gate import Visit


@lru_cache(maxsize=512)
def _folded_words(words: str) -> tuple[str, ...]:
    return tuple(text.folded(words).split())


@dataclass(frozen=True, slots=True)
class Way:
    """A page or an act."""

    endpoint: str
    symbol: str
    words: LazyText
    also: LazyText | None = None
    """Other words that one may type for it."""
    anchor: str | None = None

    def answers(self, typed: Sequence[str]) -> bool:
        """Whether each word that was typed begins one of its own."""
        own = _folded_words(f"{self.words} {self.also or ''}")
        return all(any(word.startswith(each) for word in own) for each in typed)

    def is_open_to(self, visit: Visit) -> bool:
        """Whether this installation has the page and the reader's role allows it."""
        view = current_app.view_functions.get(self.endpoint)
        policy = getattr(view, "policy", None)
        return view is not None and (not isinstance(policy, Act) or visit.may(policy))


ACTS = (
    Way("vendors.new", "plus", lazy("Add a vendor"), lazy("new create")),
    Way("interactions.new", "phone", lazy("Log a call or meeting"), lazy("note e-mail message spoke")),
    Way("referrals.new", "user-round-plus", lazy("Refer somebody"), lazy("introduce recommend new referral")),
    Way("openings.new", "gift", lazy("Add an opening"), lazy("new business need network")),
    Way("needs.new", "target", lazy("Write a need down"), lazy("add a need new outsource wanted")),
    Way("readiness.new", "list-checks", lazy("Take the readiness check"), lazy("ready delegate prepare")),
    Way("imports.new", "file-up", lazy("Import vendors"), lazy("csv file upload spreadsheet")),
)
PAGES = (
    Way("today.show", "sun", lazy("Today"), lazy("due reminders")),
    Way("board.show", "columns-3", lazy("Board"), lazy("stages columns pipeline")),
    Way("vendors.index", "list", lazy("All vendors"), lazy("list filter export")),
    Way("parkings.index", "circle-parking", lazy("Parked"), lazy("later")),
    Way("news.index", "bell", lazy("Notifications"), lazy("bell news unread mentions")),
    Way("activities.index", "history", lazy("What the team did"), lazy("activity history team everybody")),
    Way("decision_areas.everywhere", "hand-helping", lazy("Who decides what"), lazy("delegation handed over levels")),
    Way("trials.index", "flask-conical", lazy("Trials"), lazy("trial tasks")),
    Way("referrals.index", "user-round-plus", lazy("Referrals"), lazy("introductions")),
    Way("needs.index", "target", lazy("Needs"), lazy("outsource wanted budget gaps")),
    Way("coverage.show", "columns-3", lazy("Coverage"), lazy("needs gaps vendors map depend single")),
    Way("goodwill.overview", "heart-handshake", lazy("Goodwill"), lazy("given received referrals favours insights")),
    Way("sources.index", "trending-up", lazy("Sources"), lazy("how found pass rate kept insights referred")),
    Way("openings.index", "gift", lazy("Openings"), lazy("network businesses")),
    Way("doubles.index", "merge", lazy("Doubles"), lazy("duplicates merge same vendor twice")),
    Way("comparisons.show", "scale", lazy("Compare vendors"), lazy("side by side fit trade-offs")),
    Way("mirror.show", "scale", lazy("Mirror"), lazy("micromanaging check-ins delegation hours")),
    Way("readiness.index", "list-checks", lazy("Readiness"), lazy("ready check verdict delegate")),
    Way("members.index", "users-round", lazy("Team"), lazy("members invite colleagues roles")),
    Way("imports.index", "file-up", lazy("Import and export"), lazy("csv")),
    Way("outbox.index", "send", lazy("Outbox"), lazy("e-mail letters sent")),
    Way("audit.index", "shield-check", lazy("Audit log"), lazy("sign-ins security exports deletions history")),
    Way("bin_items.index", "trash-2", lazy("Bin"), lazy("deleted trash put back restore undo recycle")),
    Way("privacy.index", "lock", lazy("Privacy"), lazy("gdpr erase forget export person data retention notice")),
    Way("settings.show", "settings", lazy("Settings"), lazy("profile password digest time zone keyboard shortcuts")),
    Way("settings.business", "building-2", lazy("Business settings"), lazy("currency working days holidays cadence")),
    Way("closed_days.show", "calendar-check", lazy("Planning"), lazy("closed days public holidays check-ins a day")),
    Way("categories.index", "list", lazy("What vendors do"), lazy("categories niches settings")),
    Way("criteria.index", "scale", lazy("What we value"), lazy("values ranking criteria weights must compare")),
    Way("custom_fields.index", "list-checks", lazy("Fields of your own"), lazy("custom fields settings")),
    Way("tags.index", "tag", lazy("Tags"), lazy("settings rename labels")),
    Way("two_step.show", "shield-check", lazy("Two-step sign-in"), lazy("2fa totp codes authenticator recovery")),
    Way("mail_settings.show", "mail", lazy("Mail settings"), lazy("smtp server test")),
    Way("webhooks.index", "webhook", lazy("Webhooks"), lazy("tell programs events api settings slack")),
    Way("api_tokens.index", "key-round", lazy("Access for programs"), lazy("api tokens settings")),
)
VENDOR_ACTS = (
    Way("profiles.show", "pencil-line", lazy("Log"), lazy("call meeting note e-mail message spoke"), anchor="log"),
    Way("parkings.new", "circle-parking", lazy("Park"), lazy("later")),
    Way("vendors.edit", "pencil", lazy("Edit"), lazy("change details")),
    Way("referrals.new", "user-round-plus", lazy("Refer"), lazy("introduce recommend")),
    Way("promises.new", "calendar-plus", lazy("Note a promise"), lazy("follow up")),
    Way("trust_entries.new", "shield-check", lazy("Write a trust note"), lazy("add")),
    Way("ratings.index", "star", lazy("Rate them"), lazy("ratings fit values")),
    Way("people.new", "user-round", lazy("Add a person"), lazy("contact new")),
    Way("cadences.edit", "repeat", lazy("How often to be in touch"), lazy("cadence interval rhythm change")),
    Way("decision_areas.index", "hand-helping", lazy("What is handed over"), lazy("delegation levels access")),
    Way("delegated_works.index", "package", lazy("Work they do for us"), lazy("delegated deliveries on time")),
    Way("delegated_works.new", "package", lazy("Hand work out"), lazy("delegate task new")),
    Way("trust_figures.show", "shield-check", lazy("How far they are trusted"), lazy("trust chart figure")),
    Way("agreements.show", "file-text", lazy("Print or share the agreement"), lazy("delegation sheet link")),
    Way("attachments.index", "paperclip", lazy("Files and links"), lazy("contract nda portfolio upload")),
)
_NEEDS_WORK = frozenset({"log"})


@dataclass(frozen=True, slots=True)
class Option:
    """A line of the palette."""

    url: str
    symbol: str
    words: str
    hint: str = ""


def matching(visit: Visit, ways: Sequence[Way], typed: Sequence[str]) -> list[Option]:
    """The pages or acts that answer all the words."""
    return [
        Option(url_for(way.endpoint), way.symbol, str(way.words))
        for way in ways
        if way.answers(typed) and way.is_open_to(visit)
    ]


def acts_on(
    visit: Visit, vendor_id: int, name: str, stage: Stage, typed: Sequence[str] = (), *, most: int = 12
) -> list[Option]:
    """What can be done with a vendor, of what answers the words."""
    return [
        Option(url_for(way.endpoint, vendor_id=vendor_id, _anchor=way.anchor), way.symbol, str(way.words), name)
        for way in VENDOR_ACTS
        if way.answers(typed)
        and way.is_open_to(visit)
        and (way.anchor not in _NEEDS_WORK or visit.may(Act.WORK))
        and not (way.endpoint == "parkings.new" and stage is Stage.PARKED)
    ][:most]


def begins_an_act(word: str) -> bool:
    """Whether what is typed may name something to do with a vendor: "park kettle"."""
    return any(way.answers([word]) for way in VENDOR_ACTS)
