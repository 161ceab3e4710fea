"""What came of an introduction: asked twice, answered with one tap, or put off."""

from datetime import date

from crm.core.dates import add_days
from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import permissions, referral_rules, referrals, touches
from crm.domain.permissions import Act
from crm.models.enums import ReferralState, ReminderKind
from crm.models.referrals import Referral, ReferralStep
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership

ANSWERS = (ReferralState.TALKING, *referral_rules.OUTCOMES)
LATER_DAYS = 7
_CHANGE_FIRST = lazy("It is noted already how it went. To change it, take that step back first.")


def is_introduced(referral: Referral) -> bool:
    """Whether there is anything to ask about."""
    return referral_rules.is_introduced(_recorded(session_of(referral), referral))


def known(referral: Referral) -> ReferralStep | None:
    """The outcome that is recorded; None while it is open. Raises :class:`Refused` where they are not introduced."""
    steps = referrals.steps_of(session_of(referral), referral)
    states = [step.state for step in steps]
    if not referral_rules.is_introduced(states):
        raise Refused(lazy("They have not been introduced yet, so there is nothing to ask."))
    if referral_rules.is_outcome_open(states):
        return None
    return next(step for step in reversed(steps) if step.state in (*referral_rules.OUTCOMES, ReferralState.DECLINED))


def answer(referral: Referral, *, by: Membership, state: ReferralState) -> ReferralStep | None:
    """Say how it went, one of :data:`ANSWERS`, today. Answers with the step; None where just that is recorded already.

    That they still talk leaves it open, and it is asked again when the next question is due. Raises :class:`Refused`
    before the introduction, and where something else is recorded; :class:`Forbidden` for a role that may not write.
    """
    permissions.require(by, Act.WORK)
    session, outcome = session_of(referral), known(referral)
    if outcome is not None and outcome.state is state:
        return None
    if outcome is not None:
        raise Refused(_CHANGE_FIRST)
    touches.end_reminders(session, ReminderKind.REFERRAL, referral.id, by=by.user_id)
    if state is ReferralState.TALKING and state in _recorded(session, referral):
        referrals.was_asked_about(referral, by.workspace.today)
        touches.refresh(session, _vendor(session, referral))
        return None
    return referrals.record_step(referral, by=by, state=state, happened_on=by.workspace.today)


def ask_later(referral: Referral, *, by: Membership) -> date:
    """Ask again in a week. Raises :class:`Refused` where there is nothing to ask any more."""
    permissions.require(by, Act.WORK)
    if known(referral) is not None:
        raise Refused(_CHANGE_FIRST)
    session, day = session_of(referral), add_days(by.workspace.today, LATER_DAYS)
    touches.end_reminders(session, ReminderKind.REFERRAL, referral.id, by=by.user_id)
    referral.follow_up_on = day
    touches.refresh(session, _vendor(session, referral))
    return day


def _recorded(session: WorkspaceSession, referral: Referral) -> list[ReferralState]:
    return [step.state for step in referrals.steps_of(session, referral)]


def _vendor(session: WorkspaceSession, referral: Referral) -> Vendor:
    return session.get_one(Vendor, referral.vendor_id, with_for_update=True)
