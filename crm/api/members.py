"""Members: who is in the team. People are invited, and given roles, on the team's page."""

from typing import Any

from crm.api.fields import AskedFlag, Flag, Instant, Line, Pick, Shown, number
from crm.api.gate import Answer, Call, Noun
from crm.api.paging import asking, paged, several, step
from crm.core import limits
from crm.core.errors import Missing
from crm.models.enums import Role
from crm.queries import members as reading

noun = Noun("members", "Who is in the team. Other things name a member by this id: owner_id, created_by and others.")


class MemberShown(Shown):
    """Somebody in the team."""

    id = number()
    name = Line(most=limits.NAME_LENGTH)
    email = Line(most=limits.EMAIL_LENGTH)
    role = Pick(Role)
    is_active = Flag("No longer, once they have left; what they wrote stays theirs.")
    is_me = Flag("Whether this token is theirs.")
    joined_at = Instant()


@noun.get("/members", asks=asking("Members", reading.SORTS, is_active=AskedFlag()), gives=several(MemberShown))
def index(call: Call) -> Answer:
    """Lists the members, those who have left too."""
    found = reading.listed(
        call.session, step(call, "members"), words=call.asked["q"], is_active=call.asked.get("is_active")
    )
    return paged(call, "members", found, [_shown(call, member) for member in found.rows])


@noun.get("/members/<int:member_id>", gives=MemberShown)
def show(call: Call, member_id: int) -> Answer:
    """Shows one member."""
    member = reading.membership(call.session, call.member.workspace_id, member_id)
    if member is None:
        raise Missing
    return Answer(_shown(call, member))


def _shown(call: Call, member: Any) -> dict[str, Any]:
    return {
        "id": member.user_id,
        "name": member.user.name,
        "email": member.user.email,
        "role": member.role,
        "is_active": member.is_active,
        "is_me": member.user_id == call.member.user_id,
        "joined_at": member.joined_at,
    }
