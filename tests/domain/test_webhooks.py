"""Webhooks: who looks after them, what they are told and what never, and in the same transaction."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from crm.core import limits
from crm.core.errors import Forbidden, Missing, Refused, Stale
from crm.core.unit_of_work import workspace_work
from crm.domain import openings, referrals, stages, trial_briefs, trial_decisions, trials, vendors, webhooks
from crm.domain.parking_terms import ParkingTerms
from crm.domain.trial_briefs import BriefTerms, Criterion
from crm.domain.trial_decisions import DecisionTerms
from crm.domain.trials import TrialTerms
from crm.models.audit import AuditEntry
from crm.models.enums import (
    AuditKind,
    ParkingReason,
    ReferralState,
    Stage,
    TrialDecisionKind,
    WebhookEvent,
)
from crm.models.webhooks import Webhook
from tests.support.hooks import SECRET_KEY, hook, look, messages

URL = "https://chat.example/hook"
WHY = "They told us something private."


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def told(engine, business):
    """What the webhook was told since it was asked last: pairs of type and data."""
    hook(engine, business.owner)
    seen = 0

    def news() -> list[tuple[str, dict[str, Any]]]:
        nonlocal seen
        rows = messages(engine, business.owner)[seen:]
        seen += len(rows)
        assert all(WHY not in row.body for row in rows)
        said = [json.loads(row.body) for row in rows]
        return [(each["type"], each["data"]) for each in said]

    return news


def test_a_move_is_told_and_its_taking_back(engine, business, inside, told) -> None:
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Northlight Studio")
        moved = stages.move(vendor, by=business.member, to=Stage.NOT_A_FIT, why=WHY)
        vendor_id, move_id = vendor.id, moved.id
    facts = {"vendor_id": vendor_id, "stage_move_id": move_id}
    there = {**facts, "from_stage": "prospect", "to_stage": "not_a_fit", "is_undone": False}
    assert told() == [("vendor.stage_moved", there)]
    with inside(business) as session:
        stages.undo(stages.find_move(session, move_id), by=business.member)
    back = {**facts, "from_stage": "not_a_fit", "to_stage": "prospect", "is_undone": True}
    assert told() == [("vendor.stage_moved", back)]


def test_what_is_undone_whole_is_not_told(engine, business, told) -> None:
    def fail() -> None:
        with workspace_work(engine, business.workspace.id) as session:
            vendor = vendors.add(session, by=business.owner, name="Northlight Studio")
            stages.move(vendor, by=business.owner, to=Stage.ACTIVE)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert told() == []


def test_a_decision_is_told_and_its_taking_back(engine, business, inside, told) -> None:
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Northlight Studio")
        terms = BriefTerms("Rewrite one page", "Our words.", criteria=(Criterion("Quality"),))
        brief = trial_briefs.write(session, by=business.owner, terms=terms)
        trial_terms = TrialTerms("Rewrite one page", date(2026, 10, 12), brief_id=brief.id)
        stages.move(vendor, by=business.owner, to=Stage.TRIAL, trial=trial_terms)
        trial = trials.open_trials(session, vendor)[0]
        decided = DecisionTerms(TrialDecisionKind.DECLINE, WHY)
        decision = trial_decisions.decide(trial, by=business.owner, terms=decided)
        said = {
            "trial_task_id": trial.id,
            "vendor_id": vendor.id,
            "decision": "pass",
            "outcome": "called_off",
            "decided_on": "2026-10-05",
            "is_undone": False,
        }
        session.flush()
        trial_decisions.undo(decision, by=business.owner)
    found = [data for kind, data in told() if kind == "trial_task.decided"]
    assert found == [said, {**said, "outcome": None, "is_undone": True}]


def test_a_referral_that_moves_is_told_and_one_that_stays_is_not(engine, business, inside, told) -> None:
    day = date(2026, 10, 5)
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Northlight Studio")
        opening = openings.add(session, by=business.owner, business="Harbour Dental")
        referral = referrals.refer(vendor, by=business.member, opening_id=opening.id, blurb=WHY)
        asked, yes = ReferralState.VENDOR_ASKED, ReferralState.BUSINESS_ASKED
        referrals.record_step(referral, by=business.member, state=asked, happened_on=day, note=WHY)
        referrals.record_step(referral, by=business.member, state=yes, happened_on=day)
        referrals.undo_last_step(referral, by=business.member)
    moves = [(data["from_state"], data["to_state"]) for _kind, data in told()]
    assert moves[:2] == [(None, "idea"), ("idea", "vendor_asked")]
    assert all(former != present for former, present in moves)


def test_each_is_told_what_it_wants_and_all_of_one_thing_have_one_id(engine, business, inside) -> None:
    for number in range(2):
        hook(engine, business.owner, events=[WebhookEvent.STAGE_MOVED], name=f"Program {number}")
    hook(engine, business.owner, events=[WebhookEvent.REFERRAL_MOVED])
    stopped, _secret = hook(engine, business.owner)
    with inside(business) as session:
        webhooks.stop(webhooks.find(session, stopped), by=business.owner)
        vendor = vendors.add(session, by=business.owner, name="Northlight Studio")
        terms = ParkingTerms(ParkingReason.AT_CAPACITY)
        stages.move(vendor, by=business.owner, to=Stage.PARKED, parking=terms)
    found = messages(engine, business.owner)
    assert len(found) == 2
    assert len({message.message_id for message in found}) == 1


def test_another_business_is_told_nothing(engine, business, inside) -> None:
    hook(engine, business.stranger)
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Northlight Studio")
        stages.move(vendor, by=business.owner, to=Stage.ACTIVE)
    assert messages(engine, business.stranger) == []


@pytest.mark.parametrize("role", ["member", "viewer"])
def test_admins_alone_look_after_them(engine, business, inside, role) -> None:
    by = getattr(business, role)
    webhook_id, _secret = hook(engine, business.admin)
    acts = [
        lambda session, hook: webhooks.add(session, by=by, name="a", url=URL, events=[], secret_key=SECRET_KEY),
        lambda _session, hook: webhooks.edit(hook, by=by, version=1, name="a", url=URL, events=webhooks.EVENTS),
        lambda _session, hook: webhooks.rotate(hook, by=by, secret_key=SECRET_KEY),
        lambda _session, hook: webhooks.stop(hook, by=by),
        lambda _session, hook: webhooks.start(hook, by=by),
        lambda _session, hook: webhooks.delete(hook, by=by),
    ]
    with inside(business) as session:
        for act in acts:
            with pytest.raises(Forbidden):
                act(session, webhooks.find(session, webhook_id))


def test_a_stranger_finds_none(engine, business, inside) -> None:
    webhook_id, _secret = hook(engine, business.admin)
    with inside(business.stranger) as session, pytest.raises(Missing):
        webhooks.find(session, webhook_id)


@pytest.mark.parametrize(
    ("change", "box"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * (limits.NAME_LENGTH + 1)}, "name"),
        ({"url": "http://chat.example/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://a.example/" + "x" * limits.URL_LENGTH}, "url"),
        ({"events": []}, "events"),
        ({"events": [WebhookEvent.TEST]}, "events"),
    ],
)
def test_what_cannot_be_is_refused_at_its_box(business, inside, change, box) -> None:
    said = {"name": "Chat", "url": URL, "events": webhooks.EVENTS, **change}
    with inside(business) as session, pytest.raises(Refused) as refused:
        webhooks.add(session, by=business.owner, secret_key=SECRET_KEY, **said)
    assert refused.value.field == box


def test_so_many_and_no_more(engine, business) -> None:
    for number in range(limits.WEBHOOKS):
        hook(engine, business.owner, name=f"Program {number}")
    with pytest.raises(Refused):
        hook(engine, business.owner)


def test_a_stale_change_is_refused(engine, business, inside) -> None:
    webhook_id, _secret = hook(engine, business.owner)
    with inside(business) as session:
        webhook = webhooks.find(session, webhook_id)
        webhooks.edit(webhook, by=business.owner, version=1, name="New", url=URL, events=webhooks.EVENTS)
        with pytest.raises(Stale):
            webhooks.edit(webhook, by=business.admin, version=1, name="Newer", url=URL, events=webhooks.EVENTS)


def test_the_secret_is_stored_encrypted_and_nowhere_else(engine, business, inside) -> None:
    webhook_id, secret = hook(engine, business.owner)
    webhook = look(engine, business.owner, webhook_id)
    assert secret.startswith("whsec_")
    assert secret not in repr(vars(webhook))
    assert webhooks.keys_of(webhook, secret_key=SECRET_KEY) == [secret]
    assert webhooks.keys_of(webhook, secret_key="another") == []


def test_all_that_is_done_is_in_the_audit_log_without_address_and_secret(engine, business, inside) -> None:
    webhook_id, _secret = hook(engine, business.owner, "https://chat.example/hooks/private-part")
    new = "https://other.example/private-part"
    with inside(business) as session:
        webhook = webhooks.find(session, webhook_id)
        webhooks.edit(webhook, by=business.admin, version=1, name="Chat", url=new, events=webhooks.EVENTS)
        webhooks.rotate(webhook, by=business.admin, secret_key=SECRET_KEY)
        for _ in range(2):
            webhooks.stop(webhook, by=business.admin)
        for _ in range(2):
            webhooks.start(webhook, by=business.admin)
        webhooks.delete(webhook, by=business.admin)
        ours = select(AuditEntry).where(AuditEntry.workspace_id == business.workspace.id).order_by(AuditEntry.id)
        lines = [line for line in session.scalars(ours) if line.kind.value.startswith("webhook")]
        assert session.get(Webhook, webhook_id) is None
    changed = AuditKind.WEBHOOK_CHANGED
    made, deleted = AuditKind.WEBHOOK_MADE, AuditKind.WEBHOOK_DELETED
    assert [line.kind for line in lines] == [made, changed, changed, changed, changed, deleted]
    assert lines[1].facts == {"before": "chat.example", "after": "other.example"}
    assert all("private-part" not in f"{line.about} {line.facts}" for line in lines)
    assert {line.user_id for line in lines[1:]} == {business.admin.user_id}
