"""What letters say: in the reader's words, alike in both parts, and safe whatever was typed."""

import re
from datetime import UTC, date, datetime

import pytest
from bs4 import BeautifulSoup

from crm.core import i18n
from crm.core.links import Links
from crm.mail import messages
from crm.mail.messages import DigestItem
from crm.mail.mime import Letter
from crm.models.enums import ReminderKind, Role
from crm.models.workspaces import Membership, User, Workspace
from crm.queries.digests import Overdue, OverdueRow

TODAY = date(2026, 11, 16)
HERE = Links("https://crm.example.org")


@pytest.fixture
def nadia() -> Membership:
    return Membership(
        user=User(name="Nadia Okafor", email="nadia@fern.example", time_zone="Europe/London"),
        workspace=Workspace(name="Fern & Flint", slug="fern-flint"),
        digest_hour=8,
        digest_minute=0,
    )


def item(**changes) -> DigestItem:
    values = {
        "kind": ReminderKind.TOUCH,
        "vendor": "Northlight Studio",
        "due_on": TODAY,
        "why": "Every 6 weeks.",
        "by": "",
        "parked": ("They have no capacity", "Full until March."),
        "said": "Two long shoots.",
        "said_on": date(2026, 10, 5),
        "openings": (("Harbour Dental", "a video studio"),),
        "move": "Refer them.",
        "done_url": "https://crm.example.org/d",
        "snooze_url": "https://crm.example.org/s",
        "open_url": "https://crm.example.org/o",
    }
    return DigestItem(**{**values, **changes})


def digest(nadia, *items: DigestItem, others=(), unnamed=(), ripe=(), overdue=None, hour: int = 8) -> Letter:
    standing = [(each.kind, each.due_on) for each in (*ripe, *items, *others, *unnamed)]
    return messages.digest(
        nadia,
        ripe=ripe,
        overdue=overdue,
        items=items,
        others=others,
        counts=messages.digest_counts(standing, TODAY),
        today=TODAY,
        local_hour=hour,
        links=HERE,
        unsubscribe="https://crm.example.org/u",
    )


def mention(**changes) -> DigestItem:
    nothing = {"parked": (), "said": "", "said_on": None, "openings": (), "move": "", "snooze_url": None}
    return item(kind=ReminderKind.MENTION, why="Can we talk?", by="Priya", **{**nothing, **changes})


def ripe(vendor="Kettle & Crane") -> DigestItem:
    return item(
        kind=ReminderKind.TRIGGER,
        vendor=vendor,
        headline=f"{vendor}: the balm has a launch date",
        parked=("Parked in June. Nothing to outsource now.",),
        touch_url="https://crm.example.org/t",
        decide_url="https://crm.example.org/c",
        done_url=None,
        snooze_url=None,
        open_url=None,
    )


OVERDUE = Overdue(
    [OverdueRow(1, ReminderKind.PROMISE_OURS, "Studio Halden", date(2026, 10, 30), "Tom Ashby")],
    4,
)
LATE = date(2026, 11, 13)
SATURDAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("items", "subject", "sentence"),
    [
        ([item()], "1 due today: Northlight Studio", "One check-in is due today, Monday 16 November."),
        ([item(due_on=LATE)], "1 late: Northlight Studio", "One check-in is late today, Monday 16 November."),
        ([item(), item(), item(due_on=LATE)], "1 late, 2 due today", "One check-in is late and two are due today"),
        ([item()] * 13, "13 due today", "13 check-ins are due today"),
        ([item(due_on=SATURDAY)], "1 coming up: Northlight Studio", "One thing is coming up."),
        (
            [item(due_on=LATE), item(), item(due_on=SATURDAY)],
            "1 late, 1 due today, 1 coming up",
            "One check-in is late and one is due today, Monday 16 November. One more is coming up.",
        ),
        ([item(kind=ReminderKind.TRIAL)], "1 due today: Northlight Studio", "One thing is due today"),
        ([mention()], "1 mention: Northlight Studio", "Somebody mentioned you."),
        ([item(), mention()], "1 due today, 1 mention", "One check-in is due today"),
    ],
)
def test_subject_and_first_sentence_are_made_of_the_same_counts(nadia, items, subject, sentence) -> None:
    letter = digest(nadia, *items)
    assert letter.subject == subject
    assert sentence in " ".join(letter.text.split())
    assert sentence in letter.html


def test_for_whom_the_time_looks_right_comes_first_and_stands_in_the_subject(nadia) -> None:
    letter = digest(nadia, item(), item(due_on=LATE), item(due_on=LATE), ripe=[ripe()])
    assert letter.subject == "2 late, 1 due today, and the time looks right for Kettle & Crane"
    for words in (letter.text, BeautifulSoup(letter.html, "html.parser").get_text(" ")):
        flat = " ".join(words.split())
        assert "Two check-ins are late and one is due today" in flat
        flat = flat.partition("Good morning")[2]
        told = [flat.index(each) for each in ("Kettle & Crane: the balm", "Parked in June.", "Northlight Studio")]
        assert told == sorted(told)
    assert "Get in touch: https://crm.example.org/t" in letter.text
    assert "Decide: https://crm.example.org/c" in letter.text


def test_the_time_may_look_right_on_a_day_without_anything_due(nadia) -> None:
    assert digest(nadia, ripe=[ripe()]).subject == "The time looks right for Kettle & Crane"
    three = digest(nadia, ripe=[ripe(), ripe("Tidepool Ads"), ripe("Studio Halden")])
    assert three.subject == "The time looks right for Kettle & Crane and 2 more"


def test_an_admin_hears_what_others_left_lying_a_few_by_name_and_the_rest_counted(nadia) -> None:
    letter = digest(nadia, overdue=OVERDUE)
    assert letter.subject == "4 things are left lying"
    for words in (letter.text, BeautifulSoup(letter.html, "html.parser").get_text(" ")):
        flat = " ".join(words.split())
        for said in ("Nothing of yours is due today", "Studio Halden", "Our promise", "Tom Ashby", "17 days late"):
            assert said in flat
        assert "3 more." in flat


def test_a_thing_that_is_somebody_elses_says_whose(nadia) -> None:
    letter = digest(nadia, item(whose="For Priya, who is away."))
    assert "For Priya, who is away." in letter.text
    assert "For Priya, who is away." in letter.html


def test_the_largest_letter_stays_whole_in_mail_programs_and_narrow_as_text(nadia) -> None:
    long = "word " * 48
    crowd = [item(due_on=LATE, why=long, said=long, parked=(long, long), openings=(("Harbour Dental", long),) * 3)] * 5
    waiting = [item(kind=ReminderKind.PROMISE_OURS, why=long, said=long, parked=(long,))] * 12
    letter = digest(nadia, *crowd, others=waiting, ripe=[ripe()] * 3, overdue=OVERDUE)
    assert len(letter.html.encode()) < 102_000
    assert all(len(line) <= 72 or "https://" in line for line in letter.text.splitlines())


def test_what_is_only_counted_counts_in_the_subject_too(nadia) -> None:
    letter = digest(nadia, *[item()] * 5, unnamed=[item(), *[item(due_on=LATE)] * 39])
    assert letter.subject == "39 late, 6 due today"
    assert "39 check-ins are late and six are due today" in letter.text
    assert "40 more things stand in Today." in letter.text


@pytest.mark.parametrize(("hour", "greeting"), [(6, "Good morning"), (12, "Good afternoon"), (18, "Good evening")])
def test_the_greeting_fits_the_hour(nadia, hour, greeting) -> None:
    assert f"{greeting}, Nadia." in digest(nadia, item(), hour=hour).text


def test_both_parts_say_the_same(nadia) -> None:
    letter = digest(nadia, item(due_on=LATE), others=[mention()], unnamed=[item()] * 3)
    shown = " ".join(BeautifulSoup(letter.html, "html.parser").get_text(" ").split())
    for said in (
        "Northlight Studio",
        "3 days late",
        "Every 6 weeks.",
        "Parked: They have no capacity. Full until March.",
        "Last said, Mon 5 Oct: “Two long shoots.”",
        "Harbour Dental is looking for someone: a video studio",
        "Refer them.",
        "Priya mentioned you",
        "“Can we talk?”",
        "3 more things stand in Today.",
        "Sent to nadia@fern.example at 08:00",
    ):
        assert said in " ".join(letter.text.split()), said
        assert said in shown, said
    addresses = set(re.findall(r"https://\S+", letter.text))
    assert addresses == {link["href"] for link in BeautifulSoup(letter.html, "html.parser").select("a")}


def test_what_was_typed_stays_text(nadia) -> None:
    evil = '<img src=x onerror="alert(1)"> & {{ 7 * 7 }} %(name)s'
    letter = digest(nadia, item(vendor=evil, why=evil, said=evil, move=evil, openings=((evil, evil),), parked=(evil,)))
    page = BeautifulSoup(letter.html, "html.parser")
    assert page.select("img") == []
    assert "{{ 7 * 7 }} %(name)s" in page.get_text()


def test_a_letter_needs_no_picture_and_no_script(nadia) -> None:
    page = BeautifulSoup(digest(nadia, item()).html, "html.parser")
    assert page.select("img, script, link, iframe, form") == []


def test_an_invitation_says_who_what_and_until_when() -> None:
    letter = messages.invitation(
        business="Fern & Flint",
        invited_by="Nadia Okafor",
        role=Role.MEMBER,
        recipient="new@example.org",
        url="https://crm.example.org/invitations/x",
        expires_at=datetime(2026, 11, 22, 23, 30, tzinfo=UTC),
        zone="Europe/Berlin",
    )
    assert letter.subject == "Nadia Okafor invites you to Fern & Flint"
    for words in (letter.text, letter.html):
        assert "https://crm.example.org/invitations/x" in words
        assert "until Mon 23 Nov 2026, 00:30 (Europe/Berlin)" in words


def test_every_word_passes_through_gettext(nadia) -> None:
    """In the pseudo-locale each translated word stands in brackets; what stands outside is not translated."""
    nothing = {"vendor": "", "why": "", "parked": (), "said": "", "openings": (), "move": ""}
    with i18n.speaking(i18n.PSEUDO):
        letters = [
            digest(nadia, item(due_on=LATE), others=[mention()], unnamed=[item(due_on=SATURDAY)] * 3),
            messages.test(nadia, links=Links(None)),
            messages.invitation(
                business="",
                invited_by="",
                role=Role.MEMBER,
                recipient="",
                url="https://crm.example.org/",
                expires_at=datetime(2026, 11, 23, tzinfo=UTC),
                zone="UTC",
            ),
        ]
    given = [str(value) for value in ("Good Terms", "Fern & Flint", *nothing, "Two long shoots.", "Every 6 weeks.")]
    known = [*given, "Northlight Studio", "They have no capacity. Full until March.", "Refer them."]
    for letter in letters:
        shown = BeautifulSoup(letter.html.partition("<main>")[2], "html.parser").get_text(" ")
        for words in (shown, letter.text):
            outside = re.sub(r"https?://\S+", "", _without_brackets(words))
            for said in known:
                outside = outside.replace(said, "").replace(said.upper(), "")
            assert re.findall(r"[^\W\d_]{2,}", outside) == [], outside


def _without_brackets(words: str) -> str:
    before = None
    while before != words:
        before, words = words, re.sub(r"⟦[^⟦⟧]*⟧", "", words)
    return words
