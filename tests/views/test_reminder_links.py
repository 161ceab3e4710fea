"""Links in letters: who follows one needs no sign-in; looking changes nothing, one POST acts, the next says so."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from crm.core.tenancy import workspace_session
from crm.core.tokens import Signer
from crm.core.unit_of_work import installation_work
from crm.domain import reminder_links
from crm.domain.reminder_links import Tokens
from crm.mail import mime
from crm.models.enums import MailKind, NewsKind, ReminderEnd
from crm.models.log import Interaction
from crm.models.reminders import Reminder
from crm.models.workspaces import Membership
from tests.support.browsing import soup, words
from tests.support.letters import due_vendor, only, tick

SORTS = (*(kind for kind in reminder_links.KINDS if kind is not MailKind.NEWS), NewsKind.HANDED, NewsKind.FOLLOWED)
"""What a person can turn off, each by itself: the kinds of letters, and of notifications."""


@pytest.fixture
def reminder(engine, business, inside, clock_at) -> Reminder:
    """A check-in that is due today, Wednesday 4 November."""
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        due_vendor(session, business.owner)
    clock_at("2026-11-04 09:00")
    return _reminders(engine, business)[0]


@pytest.fixture
def tokens(settings, business, reminder) -> Tokens:
    return Tokens(settings, business.owner, reminder.id, reminder.shown_on)


def _reminders(engine, business) -> list[Reminder]:
    with workspace_session(engine, business.workspace.id, writing=False) as session:
        return list(session.scalars(select(Reminder).order_by(Reminder.id)))


def _interactions(engine, business) -> int:
    with workspace_session(engine, business.workspace.id, writing=False) as session:
        return len(session.scalars(select(Interaction)).all())


def test_every_link_in_a_letter_leads_somewhere(engine, business, settings, reminder, nobody) -> None:
    tick(engine, settings)
    text = mime.part(only(engine).content, "plain")
    paths = [address.removeprefix("http://crm.example.org") for address in re.findall(r"http://\S+", text)]
    assert len(paths) >= 5
    for path in paths:
        assert nobody.get(path).status_code in (200, 302, 303), path


def test_looking_at_done_any_number_of_times_changes_nothing(engine, business, nobody, tokens) -> None:
    for _ in range(3):
        answer = nobody.get(f"/reminder-links/{tokens.done}/done")
        assert answer.status_code == 200
        assert "Northlight Studio" in words(answer)
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert _reminders(engine, business)[0].ended_at is None
    assert _interactions(engine, business) == 0


def test_done_acts_once_and_says_so_the_second_time(engine, business, nobody, tokens) -> None:
    path = f"/reminder-links/{tokens.done}/done"
    nobody.get(path)
    assert "Next check-in: Fri 4 Dec" in words(nobody.post(path))
    assert _reminders(engine, business)[0].ended_how is ReminderEnd.DONE
    second = nobody.post(path)
    assert second.status_code == 200
    assert "This is done already. Olive Owner said so" in words(second)
    assert _interactions(engine, business) == 1


def test_what_was_said_is_added_to_the_conversation_that_done_has_logged(
    engine, business, nobody, browser_of, tokens
) -> None:
    answer = nobody.post(f"/reminder-links/{tokens.done}/done")
    (link,) = [a["href"] for a in soup(answer).select("a.primary") if a.get_text() == "Log what was said"]
    browser = browser_of(business.owner)
    opened = browser.get(browser.get(link).headers["Location"])
    form = soup(opened).select_one("main form[action]")
    fields = {box["name"]: box.get("value", "") for box in form.select("input[name]") if box.get("type") != "radio"}
    fields.pop("csrf_token", None)
    chosen = {"kind": "call", "outcome": "two_way", "initiated_by": "us", "summary": "They have room in May."}
    assert browser.post(form["action"], **{**fields, **chosen}).status_code == 303
    with workspace_session(engine, business.workspace.id, writing=False) as session:
        assert [entry.summary for entry in session.scalars(select(Interaction))] == ["They have room in May."]


def test_a_post_without_the_pages_token_does_nothing(engine, business, nobody, tokens) -> None:
    assert nobody.post(f"/reminder-links/{tokens.done}/done", csrf_token="forged").status_code == 400
    assert _interactions(engine, business) == 0


@pytest.mark.parametrize(
    ("fields", "until"),
    [
        ({"choice": "one_week"}, date(2026, 11, 11)),
        ({"choice": "one_month"}, date(2026, 12, 4)),
        ({"until": "2026-11-20"}, date(2026, 11, 20)),
    ],
)
def test_snooze_puts_off_once(engine, business, nobody, tokens, fields, until) -> None:
    path = f"/reminder-links/{tokens.snooze}/snooze"
    nobody.get(path)
    assert "Snoozed until" in words(nobody.post(path, **fields))
    [open_one] = [each for each in _reminders(engine, business) if each.ended_at is None]
    assert open_one.due_on == until
    assert "There is nothing to do here any more." in words(nobody.post(path, **fields))
    [still] = [each for each in _reminders(engine, business) if each.ended_at is None]
    assert still.due_on == until


@pytest.mark.parametrize("fields", [{}, {"until": "2026-11-04"}, {"until": "soon"}, {"choice": "for ever"}])
def test_a_snooze_that_cannot_be_read_is_asked_again(engine, business, nobody, tokens, fields) -> None:
    path = f"/reminder-links/{tokens.snooze}/snooze"
    nobody.get(path)
    assert nobody.post(path, **fields).status_code == 422
    assert _reminders(engine, business)[0].ended_at is None


def test_the_days_that_are_offered_are_the_days_that_are_kept(engine, business, settings, inside, nobody, clock_at):
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        due_vendor(session, business.owner)
    clock_at("2026-11-08 09:00")  # a Sunday: a month later is a Tuesday, a week later a Sunday again
    reminder = _reminders(engine, business)[0]
    path = f"/reminder-links/{Tokens(settings, business.owner, reminder.id, reminder.shown_on).snooze}/snooze"
    offered = words(nobody.get(path))
    assert "1 week Mon 16 Nov" in offered
    assert "Snoozed until Mon 16 Nov." in words(nobody.post(path, choice="one_week"))
    assert _reminders(engine, business)[-1].due_on == date(2026, 11, 16)


def test_a_snooze_until_another_age_is_refused(engine, business, nobody, tokens) -> None:
    answer = nobody.post(f"/reminder-links/{tokens.snooze}/snooze", until="9999-12-31")
    assert answer.status_code == 422
    assert "Check the year." in words(answer)


def test_a_link_serves_one_purpose(nobody, tokens) -> None:
    assert nobody.get(f"/reminder-links/{tokens.done}/snooze").status_code == 404
    assert nobody.get(f"/unsubscribe/{tokens.done}").status_code == 404


@pytest.mark.parametrize(
    "spoil", [lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"), lambda _: "x", str.upper]
)
def test_a_forged_link_says_so(nobody, tokens, spoil) -> None:
    answer = nobody.get(f"/reminder-links/{spoil(tokens.done)}/done")
    assert answer.status_code == 404
    assert "This link is over" in words(answer)


def test_a_link_lasts_a_fortnight(nobody, tokens, clock_at) -> None:
    path = f"/reminder-links/{tokens.done}/done"
    clock_at("2026-11-04 08:00")
    path = f"/reminder-links/{tokens.done}/done"
    clock_at("2026-11-18 07:59")
    assert nobody.get(path).status_code == 200
    clock_at("2026-11-18 08:00")
    assert nobody.get(path).status_code == 404


def test_who_has_left_the_business_can_do_nothing(engine, business, nobody, tokens) -> None:
    path = f"/reminder-links/{tokens.done}/done"
    nobody.get(path)
    with installation_work(engine) as session:
        session.get(Membership, business.owner.id).deactivated_at = business.owner.joined_at
    assert nobody.post(path).status_code == 404
    assert _interactions(engine, business) == 0


def test_a_link_of_another_business_leads_nowhere(settings, business, reminder, nobody) -> None:
    forged = Tokens(settings, business.stranger, reminder.id, reminder.shown_on)
    assert nobody.get(f"/reminder-links/{forged.done}/done").status_code == 404


class TestUnsubscribe:
    @pytest.fixture
    def path(self, settings, business) -> str:
        return f"/unsubscribe/{reminder_links.unsubscribe_token(settings, business.owner)}"

    def test_looking_changes_nothing(self, engine, business, nobody, path) -> None:
        assert nobody.get(path).status_code == 200
        assert _wants(engine, business.owner)

    def test_one_click_turns_off_that_persons_letters_from_that_business(self, engine, business, nobody, path) -> None:
        answer = nobody.client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert not _wants(engine, business.owner)
        assert all(_wants(engine, other) for other in (business.admin, business.member, business.stranger))
        assert nobody.client.post(path).status_code == 200

    @pytest.mark.parametrize("kind", SORTS)
    def test_it_turns_off_that_kind_of_letter_and_only_that(self, engine, business, settings, nobody, kind) -> None:
        with installation_work(engine) as session:
            member = session.get(Membership, business.owner.id)
            member.mail_mentions = member.mail_triggers = member.mail_handed = member.mail_followed = True
        letter, news = _letter_of(kind)
        path = f"/unsubscribe/{reminder_links.unsubscribe_token(settings, business.owner, letter, news=news)}"
        assert "Stop these letters" in nobody.get(path).text
        assert all(_all_wanted(engine, business.owner).values())
        nobody.client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert _all_wanted(engine, business.owner) == {each: each is not kind for each in SORTS}
        assert "Stop these letters" not in nobody.get(path).text

    def test_a_link_of_before_there_were_kinds_is_about_the_morning_letter(self, engine, business, settings, nobody):
        old = Signer(settings.secret_key, reminder_links.UNSUBSCRIBE).sign(
            {"m": business.owner.id}, lasts=timedelta(days=1)
        )
        assert nobody.client.post(f"/unsubscribe/{old}").status_code == 200
        assert not _wants(engine, business.owner)

    def test_a_forged_one_turns_off_nothing(self, engine, business, nobody, path) -> None:
        assert nobody.client.post(path[:-2]).status_code == 404
        assert _wants(engine, business.owner)

    def test_it_stands_in_the_letters_head(self, engine, business, settings, reminder) -> None:
        tick(engine, settings)
        message = mime.read(only(engine).content)
        assert message["List-Unsubscribe"].startswith("<http://crm.example.org/unsubscribe/")
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def _wants(engine, member) -> bool:
    return _all_wanted(engine, member)[MailKind.DIGEST]


def _all_wanted(engine, member) -> dict[MailKind | NewsKind, bool]:
    with installation_work(engine) as session:
        found = session.get(Membership, member.id)
        return {kind: reminder_links.Subscription(found, *_letter_of(kind)).is_on for kind in SORTS}


def _letter_of(sort: MailKind | NewsKind) -> tuple[MailKind, NewsKind | None]:
    return (MailKind.NEWS, sort) if isinstance(sort, NewsKind) else (sort, None)
