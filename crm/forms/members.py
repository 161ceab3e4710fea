"""Asking about the team: who to invite, in which role, and who takes over."""

from collections.abc import Iterable
from typing import Any

from wtforms import SelectChoice

from crm.core import limits
from crm.core.i18n import lazy
from crm.forms.base import NAME, Day, Email, Form, Line, Pick, Secret, at_most, required
from crm.forms.places import ZonePick
from crm.models.enums import Role
from crm.models.vocabulary import word


def role_choices(*, with_owner: bool) -> list[SelectChoice]:
    """The roles that may be given, the weakest first."""
    roles = [Role.VIEWER, Role.MEMBER, Role.ADMIN, *([Role.OWNER] if with_owner else [])]
    return [SelectChoice(role.value, word(role)) for role in roles]


class InvitationForm(Form):
    """Whom to invite."""

    email = Email(lazy("E-mail"), [required(lazy("Type their e-mail address.")), at_most(limits.EMAIL_LENGTH)])
    role = Pick(lazy("Role"), [required(lazy("Choose a role."))], coerce=Role, default=Role.MEMBER)

    def __init__(self, *args: Any, with_owner: bool, **values: Any) -> None:
        super().__init__(*args, **values)
        self.role.choices = role_choices(with_owner=with_owner)


class RoleForm(Form):
    """A member's new role."""

    role = Pick(lazy("Role"), [required(lazy("Choose a role."))], coerce=Role)

    def __init__(self, *args: Any, with_owner: bool, **values: Any) -> None:
        super().__init__(*args, **values)
        self.role.choices = role_choices(with_owner=with_owner)


class LeavingForm(Form):
    """Who looks after somebody's vendors from now on."""

    successor = Pick(
        lazy("Who looks after all that from now on?"),
        coerce=lambda value: int(value) if value else None,
    )

    def __init__(self, *args: Any, others: Iterable[tuple[int, str]], **values: Any) -> None:
        super().__init__(*args, **values)
        nobody = SelectChoice("", str(lazy("Nobody yet: owners and admins are reminded")))
        self.successor.choices = [nobody, *(SelectChoice(str(number), name) for number, name in others)]


class TimeOffForm(Form):
    """From when to when somebody is away."""

    away_from = Day(lazy("First day"), [required(lazy("Pick the first day."))])
    away_to = Day(lazy("Last day"), [required(lazy("Pick the last day."))])


class AcceptForm(Form):
    """Coming in by an invitation: with the account of its address, or a new one."""

    name = Line(lazy("Your name"), [NAME])
    password = Secret(
        lazy("Password"),
        [required(lazy("Type a password."))],
        description=lazy(
            "At least %(least)s characters. If you have an account here already, type its password.",
            least=limits.PASSWORD_LEAST,
        ),
    )
    time_zone = ZonePick(
        lazy("Where you are"),
        default="UTC",
        description=lazy("Sets dates and when the morning e-mail comes."),
    )
