"""The words of notifications, for the page and for letters."""

from crm.core.i18n import LazyText, _, lazy, ngettext
from crm.models.enums import TimelineKind

_HANDED = {
    "owner": lazy("You look after %(name)s now"),
    "backup": lazy("You step in for %(name)s now"),
    "reviewer": lazy("You review the trial task “%(name)s”"),
    "need": lazy("The need “%(name)s” is yours now"),
    "referral": lazy("The referral to %(name)s is yours now"),
}
_FOLLOWED: dict[TimelineKind, LazyText] = {
    TimelineKind.INTERACTION: lazy("A conversation with %(name)s"),
    TimelineKind.EMAIL: lazy("A conversation with %(name)s"),
    TimelineKind.NOTE: lazy("A note on %(name)s"),
    TimelineKind.TRUST: lazy("A trust note on %(name)s"),
    TimelineKind.STAGE: lazy("%(name)s has moved to another stage"),
    TimelineKind.PARKING: lazy("The parking of %(name)s"),
    TimelineKind.TRIAL: lazy("A trial task of %(name)s"),
    TimelineKind.PROMISE: lazy("A promise with %(name)s"),
    TimelineKind.REFERRAL: lazy("A referral of %(name)s"),
    TimelineKind.FILE: lazy("A file about %(name)s"),
}


def handed(what: str, name: str) -> str:
    """That something is the reader’s to look after: an owner, a backup, a reviewer, a need, a referral."""
    return _(_HANDED[what].message, name=name)


def followed(kind: TimelineKind, name: str) -> str:
    """That something happened with a vendor, in a line that quotes nothing."""
    return _((_FOLLOWED.get(kind) or lazy("News of %(name)s")).message, name=name)


def gathered_handed(count: int) -> str:
    """That many vendors are the reader’s at once."""
    return ngettext("You look after %(num)s more vendor now", "You look after %(num)s more vendors now", count)


def gathered_followed(count: int) -> str:
    """That one act changed many vendors that the reader follows."""
    return ngettext("%(num)s vendor you follow changed at once", "%(num)s vendors you follow changed at once", count)


def by_somebody(name: str | None) -> str:
    """Who brought it about."""
    return name or _("Somebody")
