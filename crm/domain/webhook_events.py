"""What webhooks are told: ids and states, never words that somebody wrote. In the transaction of what is told."""

from datetime import timedelta
from typing import Any

from crm.core import clock, tokens
from crm.core.engine import pass_alone
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import permissions, webhook_deliveries
from crm.domain.permissions import Act
from crm.models.enums import ReferralState, WebhookEvent
from crm.models.referrals import Referral
from crm.models.stages import StageMove
from crm.models.trials import TrialDecision, TrialTask
from crm.models.webhooks import Webhook, WebhookDelivery
from crm.models.workspaces import Membership, Workspace
from crm.queries import webhooks

MADE_UP_FOR = timedelta(days=7)
"""So long after its day a parking that nobody told of, because nothing ran, is told of still."""


def stage_moved(move: StageMove) -> None:
    """A vendor went to another stage, or back, where the move was taken back."""
    is_undone = move.undone_at is not None
    here, to = (move.to_stage, move.from_stage) if is_undone else (move.from_stage, move.to_stage)
    _tell(
        session_of(move),
        WebhookEvent.STAGE_MOVED,
        vendor_id=move.vendor_id,
        stage_move_id=move.id,
        from_stage=here.value,
        to_stage=to.value,
        is_undone=is_undone,
    )


def trial_decided(decision: TrialDecision, trial: TrialTask) -> None:
    """A trial task was decided, or the decision was taken back."""
    _tell(
        session_of(decision),
        WebhookEvent.TRIAL_DECIDED,
        trial_task_id=trial.id,
        vendor_id=trial.vendor_id,
        decision=decision.kind.value,
        outcome=trial.outcome.value if trial.outcome else None,
        decided_on=decision.decided_on.isoformat(),
        is_undone=decision.undone_at is not None,
    )


def referral_moved(referral: Referral, former: ReferralState | None) -> None:
    """A referral stands elsewhere than before. Nothing is told where it does not."""
    if referral.state is former:
        return
    _tell(
        session_of(referral),
        WebhookEvent.REFERRAL_MOVED,
        referral_id=referral.id,
        vendor_id=referral.vendor_id,
        opening_id=referral.opening_id,
        from_state=former.value if former else None,
        to_state=referral.state.value,
    )


def test(webhook: Webhook, *, by: Membership) -> WebhookDelivery:
    """A message that says nothing, to see whether it arrives."""
    permissions.require(by, Act.MANAGE)
    return webhook_deliveries.put(
        session_of(webhook),
        webhook,
        WebhookEvent.TEST,
        message_id=webhook_deliveries.new_message_id(),
        at=clock.now(),
        data={"webhook_id": webhook.id},
    )


def tell_revisits(session: WorkspaceSession) -> int:
    """Tell of the parkings whose day has come, each once for its day: how many messages were written.

    Whoever listens since a later day is not told of earlier ones.
    """
    listening = _listening(session, WebhookEvent.REVISIT_DUE)
    if not listening:
        return 0
    pass_alone(session.connection(), f"revisits:{session.workspace_id}")
    workspace = session.get_one(Workspace, session.workspace_id)
    due = webhooks.revisits(session, workspace.today, MADE_UP_FOR)
    ids = {row.id: _revisit_id(workspace, row.id, row.revisit_on.isoformat()) for row in due}
    known = webhooks.told(session, list(ids.values())) if due else set()
    now, written = clock.now(), 0
    for webhook in listening:
        since = clock.local(webhook.created_at, workspace.time_zone).date()
        for row in due:
            if row.revisit_on < since or (webhook.id, ids[row.id]) in known:
                continue
            data = {
                "parking_id": row.id,
                "vendor_id": row.vendor_id,
                "reason": row.reason.value,
                "revisit_on": row.revisit_on.isoformat(),
            }
            kind = WebhookEvent.REVISIT_DUE
            webhook_deliveries.put(session, webhook, kind, message_id=ids[row.id], at=now, data=data)
            written += 1
    return written


def _revisit_id(workspace: Workspace, parking_id: int, day: str) -> str:
    """The same whenever it is asked for, and another one in every other business and installation."""
    said = f"{workspace.id}:{workspace.created_at.isoformat()}:{parking_id}:{day}"
    return f"msg_{tokens.fingerprint(said)[:43]}"


def _tell(session: WorkspaceSession, kind: WebhookEvent, **data: Any) -> None:
    listening = _listening(session, kind)
    if not listening:
        return
    message_id, now = webhook_deliveries.new_message_id(), clock.now()
    for webhook in listening:
        webhook_deliveries.put(session, webhook, kind, message_id=message_id, at=now, data=data)


def _listening(session: WorkspaceSession, kind: WebhookEvent) -> list[Webhook]:
    session.flush()
    return [webhook for webhook in webhooks.listening(session) if kind.value in webhook.events.get("names", ())]
