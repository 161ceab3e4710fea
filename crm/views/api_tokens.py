"""Settings, API: tokens for programs, and how to use them."""

from dataclasses import dataclass
from typing import Any

from crm.core import clock
from crm.core.i18n import _
from crm.domain import api_tokens
from crm.domain.permissions import Act
from crm.forms.api_tokens import TokenForm
from crm.models.enums import TokenScope
from crm.queries import api_tokens as reading
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.paths import own_address
from crm.web.replies import AnyReply, page, refusal, see

pages = Pages("api_tokens")

SHOWN = 200
SLOT = "$GOODTERMS_TOKEN"
"""Where a token stands in an example, when there is none to show."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A token just made, with the secret that is shown this once."""

    name: str
    secret: str
    may_write: bool


@pages.get("/settings/api", Act.SEE)
def index(visit: Visit) -> AnyReply:
    """One's tokens, the team's for admins, and how a program uses one."""
    return page("api_tokens/index.html", **_shown(visit, TokenForm(None)))


@pages.post("/settings/api/tokens", Act.SEE, fresh=True)
def create(visit: Visit) -> AnyReply:
    """Make a token; the page that answers shows it, this once."""
    form = TokenForm(typed())
    made: list[Fresh] = []

    def make() -> None:
        scope = TokenScope(form.scope.data)
        token = api_tokens.make(
            visit.session, by=visit.member, name=form.name.data or "", scope=scope, days=int(form.days.data)
        )
        made.append(Fresh(token.token.name, token.secret, token.token.may_write))

    if carries_out(form, make):
        return page("api_tokens/index.html", **_shown(visit, TokenForm(None), fresh=made[0]))
    return refusal("api_tokens/index.html", **_shown(visit, form))


@pages.post("/settings/api/tokens/<int:token_id>/revoke", Act.SEE)
def revoke(visit: Visit, token_id: int) -> AnyReply:
    """The token is worthless from now on."""
    token = api_tokens.revoke(visit.session, token_id, by=visit.member)
    return see(
        "api_tokens.index", toast=_("%(name)s is revoked. Programs that used it are locked out.", name=token.name)
    )


def _shown(visit: Visit, form: TokenForm, fresh: Fresh | None = None) -> dict[str, Any]:
    rows = reading.tokens_of(visit.session, visit.member, of_all=visit.may(Act.MANAGE), most=SHOWN)
    now = clock.now()
    return {
        "form": form,
        "fresh": fresh,
        "mine": [row for row in rows if row.token.user_id == visit.member.user_id],
        "others": [row for row in rows if row.token.user_id != visit.member.user_id],
        "now": now,
        "base": f"{own_address(visit.settings)}/api/v1",
        "document": f"{own_address(visit.settings)}/api/v1/openapi.json",
        "slot": fresh.secret if fresh else SLOT,
        "may_work": visit.may(Act.WORK),
    }
