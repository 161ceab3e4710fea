"""Letters about somebody's account. Call them inside ``i18n.speaking``, as those of :mod:`crm.mail.messages`."""

from collections.abc import Sequence

from crm.core.i18n import _
from crm.mail.messages import composed
from crm.mail.mime import Letter
from crm.models.workspaces import User


def security(
    user: User, *, recipient: str, headline: str, facts: Sequence[tuple[str, str]], advice: str, url: str | None
) -> Letter:
    """Tells what happened to an account, and what to do where it was not its person. ``url`` leads to a new password;
    None where that would not help, or where letters carry no links."""
    return composed(
        "security",
        headline,
        user=user,
        recipient=recipient,
        headline=headline,
        facts=facts,
        advice=advice,
        url=url,
    )


def email_change(user: User, *, recipient: str, url: str, minutes: int) -> Letter:
    """Leads whoever reads the new address of an account to saying that it is theirs."""
    return composed(
        "email_change", _("Your new address for Good Terms"), user=user, recipient=recipient, url=url, minutes=minutes
    )
