"""Through the door: what happens when somebody has proved who they are, by whatever way."""

from crm.core.tenancy import InstallationSession
from crm.models.enums import SignInWay
from crm.models.workspaces import User
from crm.queries import members
from crm.web import door
from crm.web import sign_in as browser
from crm.web.kept import Kept
from crm.web.paths import safe_path
from crm.web.replies import AnyReply, see_path
from crm.web.sign_in import Visitor

TODAY = "/today"


def come_in(
    session: InstallationSession,
    user: User,
    *,
    before: Visitor | None,
    way: SignInWay,
    stays: bool = True,
    wanted: str = "",
    carried: Kept | None = None,
) -> AnyReply:
    """Sign this browser in, and go on to the page that was ``wanted``, or to what was typed before the sign-in.

    The caller has seen to it that no second step is missing (:func:`crm.domain.two_step.is_on`).
    """
    places = members.memberships_of(session, user.id)
    ids = [place.workspace_id for place in places]
    typed_at = carried.shown.workspace_id if carried is not None and carried.shown is not None else None
    looked_at = typed_at if typed_at in ids else next(iter(ids), None)
    browser.let_in(session, user, before=before, workspace_id=looked_at, stays=stays, way=way)
    if carried is not None:
        return door.typed_reply(carried, user.id, places, looked_at)
    return see_path(safe_path(wanted) or TODAY)
