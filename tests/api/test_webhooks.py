"""Webhooks by program: for admins alone; the secret is in one answer and in no other."""

from __future__ import annotations

import pytest

from tests.support.hooks import hook, messages, tell
from tests.support.programs import problem_of

NEW = {"name": "The office chat", "url": "https://chat.example/h", "events": ["vendor.stage_moved"]}


def test_made_read_changed_and_deleted(program) -> None:
    made = program.post("/webhooks", NEW)
    assert (made.status_code, made.json["events"], made.json["is_stopped"]) == (201, NEW["events"], False)
    assert made.json["secret"].startswith("whsec_")
    place = f"/webhooks/{made.json['id']}"
    assert made.headers["Location"].endswith(place)
    shown = program.get(place)
    assert "secret" not in shown.json
    assert program.patch(place, {"name": "Chat"}, match='"9"').status_code == 412
    changed = program.patch(place, {"name": "Chat", "is_stopped": True}, match=shown.headers["ETag"])
    assert (changed.json["name"], changed.json["url"], changed.json["is_stopped"]) == ("Chat", NEW["url"], True)
    assert program.patch(place, {"is_stopped": False}).json["stopped_at"] is None
    assert [each["id"] for each in program.get("/webhooks").json["items"]] == [made.json["id"]]
    assert program.delete(place).status_code == 204
    assert program.get(place).status_code == 404


@pytest.mark.parametrize(
    "change",
    [{"url": "http://chat.example/"}, {"url": "https://10.0.0.1/"}, {"events": []}, {"events": ["webhook.test"]}],
)
def test_what_cannot_be_is_refused(program, change) -> None:
    answer = program.post("/webhooks", {**NEW, **change})
    assert answer.status_code == 422
    assert problem_of(answer)["errors"][0]["pointer"].startswith(f"#/{next(iter(change))}")


def test_a_new_secret_and_a_test_and_the_log(program, engine, business) -> None:
    webhook_id, secret = hook(engine, business.owner)
    assert program.post(f"/webhooks/{webhook_id}/secret").json["secret"] != secret
    sent = program.post(f"/webhooks/{webhook_id}/test").json
    [message] = messages(engine, business.owner)
    assert (sent["message_id"], sent["state"], sent["attempts"]) == (message.message_id, "waiting", 0)
    listed = program.get(f"/webhooks/{webhook_id}/deliveries", state="waiting").json["items"]
    assert [each["id"] for each in listed] == [message.id]
    assert program.get(f"/webhooks/{webhook_id}/deliveries", state="failed").json["items"] == []
    again = program.post(f"/webhook-deliveries/{message.id}/sending")
    assert (again.status_code, again.json["message_id"]) == (200, message.message_id)


def test_a_stopped_one_is_sent_nothing_again(program, engine, business) -> None:
    webhook_id, _secret = hook(engine, business.owner)
    delivery_id = tell(engine, business.owner, webhook_id)
    program.patch(f"/webhooks/{webhook_id}", {"is_stopped": True})
    assert program.post(f"/webhook-deliveries/{delivery_id}/sending").status_code == 422


@pytest.mark.parametrize("role", ["member", "viewer"])
def test_others_than_admins_are_shown_none(program_of, engine, business, role) -> None:
    webhook_id, _secret = hook(engine, business.owner)
    program = program_of(getattr(business, role))
    for path in ("/webhooks", f"/webhooks/{webhook_id}", f"/webhooks/{webhook_id}/deliveries"):
        assert program.get(path).status_code == 403


def test_a_secret_is_in_no_answer_that_is_kept(program, engine) -> None:
    """The answer is given again to the same request, and is not readable where it waits for that."""
    first = program.post("/webhooks", NEW, key="one")
    second = program.post("/webhooks", NEW, key="one")
    assert first.json["secret"] == second.json["secret"]
    with engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT * FROM api_answers").all()
    assert kept
    assert first.json["secret"] not in repr(kept)
