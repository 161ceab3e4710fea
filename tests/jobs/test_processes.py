"""Several real processes on one database, over the end of daylight saving, and a clock that is moved on."""

from datetime import UTC, date, datetime

from crm.core.dates import CadenceUnit
from crm.core.tenancy import installation_session
from crm.core.unit_of_work import installation_work
from crm.domain import heartbeats, interactions, parkings
from crm.domain.digest_times import next_digest_at
from crm.domain.rhythms import Rhythm
from crm.models.enums import CadenceChoice, InteractionKind, MailState, ParkingReason
from crm.models.workspaces import Membership, User
from tests.support.letters import due_vendor, only
from tests.support.waiting import eventually


def test_a_server_and_two_schedulers_send_one_letter_at_the_persons_hour(
    engine, business, inside, clock_at, start_server, fake_time, smtp_sink
) -> None:
    clock_at("2026-10-05 09:00", "Europe/Berlin")
    with installation_work(engine) as session:
        session.get(User, business.owner.user_id).time_zone = "Europe/Berlin"
        member = session.get(Membership, business.owner.id)
        member.next_digest_at = next_digest_at("Europe/Berlin", 8, "01234", datetime(2026, 10, 5, 8, tzinfo=UTC))
    with inside(business) as session:
        vendor = due_vendor(session, business.owner, "Nordlicht Film")
        rhythm = Rhythm(CadenceChoice.OWN, 6, CadenceUnit.WEEKS)
        parkings.park(
            vendor, by=business.owner, reason=ParkingReason.AT_CAPACITY, until=date(2027, 3, 1), rhythm=rhythm
        )
        interactions.log(
            vendor, by=business.owner, kind=InteractionKind.CALL, occurred_on=date(2026, 10, 5), summary="Full."
        )
    settings = {**fake_time.env, "TICK_SECONDS": "0.5", "SMTP_URL": smtp_sink.url, "BASE_URL": "http://crm.example.org"}
    fake_time.set(datetime(2026, 11, 15, 12, 0, tzinfo=UTC))
    processes = [start_server(*command, **settings) for command in ((), ("scheduler",), ("scheduler",))]
    eventually(lambda: "ticks every" in processes[-1].said(), what="the second scheduler")
    fake_time.set(datetime(2026, 11, 16, 6, 40, 0, tzinfo=UTC))
    eventually(
        lambda: _last_tick(engine) >= datetime(2026, 11, 16, 6, 40, 0, tzinfo=UTC), what="a tick before it is time"
    )
    assert smtp_sink.letters == []
    fake_time.set(datetime(2026, 11, 16, 7, 0, 0, tzinfo=UTC))
    [letter] = smtp_sink.wait_for(1)
    assert letter.message["Date"].datetime.replace(microsecond=0) >= datetime(2026, 11, 16, 7, 0, tzinfo=UTC)
    assert "Nordlicht Film" in letter.text()
    # Killed between the server's answer and our note of it, it would rightly come again.
    eventually(lambda: only(engine).state is MailState.SENT, what="the note that it was sent")

    processes[1].kill()
    begun = processes[1].said().count("ticks every")
    fake_time.set(datetime(2026, 11, 16, 15, 0, 0, tzinfo=UTC))
    processes[1].start()
    # Before it says so it has no ear for being asked to end.
    eventually(lambda: processes[1].said().count("ticks every") > begun, what="the scheduler started again")
    eventually(lambda: _last_tick(engine) >= datetime(2026, 11, 16, 15, 0, 0, tzinfo=UTC), what="a tick after it")
    for process in processes:
        assert process.stop() == 0, process.said()
    assert (only(engine).state, len(smtp_sink.letters)) == (MailState.SENT, 1)


def _last_tick(engine) -> datetime:
    with installation_session(engine, writing=False) as session:
        return heartbeats.last(session, heartbeats.TICK) or datetime.min.replace(tzinfo=UTC)
