"""Letters about introductions: what is in the way, asking, taking back, and what no longer leaves."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from crm.core import limits
from crm.core.errors import Forbidden, Refused
from crm.core.tenancy import installation_session, workspace_session
from crm.core.unit_of_work import installation_work
from crm.domain import (
    categories,
    discounts,
    letters,
    members,
    openings,
    people,
    referral_letters,
    referrals,
    standings,
    stopped_addresses,
    suppressions,
    vendor_letters,
    vendors,
)
from crm.domain.discounts import Terms
from crm.domain.referral_cases import Reader
from crm.domain.referral_letters import ObstacleKind
from crm.domain.vendor_letters import Recipient
from crm.jobs.sender import Sender
from crm.mail import mime
from crm.models.enums import (
    Availability,
    Channel,
    MailKind,
    MailState,
    ReferralLetterKind,
    ReferralSide,
    ReferralState,
    Stage,
    StandingLevel,
    StopReason,
)
from crm.models.outbox import OutboxMessage
from crm.models.referrals import Opening, Referral, ReferralLetter, ReferralStep
from crm.models.vendors import Contact, Person, Vendor
from crm.models.workspaces import Workspace
from crm.queries import referral_letters as letter_queries
from crm.queries import vendor_letters as vendor_letter_queries

MARTA, EWAN = "marta@northlight.example", "ewan@harbour.example"
VENDOR, BUSINESS = ReferralSide.VENDOR, ReferralSide.BUSINESS
ASK, INTRODUCTION, THANKS = ReferralLetterKind.ASK, ReferralLetterKind.INTRODUCTION, ReferralLetterKind.THANKS
YESES = (ReferralState.VENDOR_YES, ReferralState.BUSINESS_YES)
HELLO = {"subject": "Someone who needs a film", "body": "Hi Marta,\n\nShall I introduce you?\n\nMo", "press": "one"}


@pytest.fixture
def monday(clock_at):
    clock_at("2026-10-05 09:00", "Europe/London")
    return date(2026, 10, 5)


@pytest.fixture
def with_server(settings_with, smtp_sink):
    """Settings with a mail server that keeps what it is given, and an address for links."""
    return settings_with(SMTP_URL=smtp_sink.url, MAIL_FROM="Good Terms <goodterms@crm.example.org>")


@pytest.fixture
def referred(monday, business, inside) -> int:
    """Northlight, referred by the member to Harbour Dental: both can be written to."""
    with inside(business) as session:
        session.get_one(Workspace, business.workspace.id).postal_address = "12 Fern Lane\nLeeds LS1 1AA"
        vendor = vendors.add(session, by=business.owner, name="Northlight Studio", stage=Stage.ACTIVE)
        people.add(vendor, by=business.owner, name="Marta Kowalczyk", emails=[MARTA], phones=["+44 113 496 0123"])
        opening = openings.add(session, by=business.owner, business="Harbour Dental", person="Ewan Price", email=EWAN)
        return referrals.refer(vendor, by=business.member, opening_id=opening.id, blurb="She is kind.").id


@pytest.fixture
def ask(inside, business, with_server, referred):
    """ask(side, …) asks one side by letter and answers with the letter's id."""

    def send(side: ReferralSide = VENDOR, by=None, **changes) -> int:
        with inside(business) as session:
            referral = referrals.find(session, referred)
            values = {"by": by or business.member, "settings": with_server, "side": side, **HELLO, **changes}
            return referral_letters.ask(referral, **values).id

    return send


@pytest.fixture
def introduce(inside, business, with_server, referred):
    """introduce() records two yeses and puts the two letters into the outbox, to leave at once."""

    def put_in() -> None:
        record(inside, business, referred, *YESES)
        with inside(business) as session:
            referral = referrals.find(session, referred)
            for side in ReferralSide:
                put_one_in(session, business, with_server, referral, side)

    return put_in


@pytest.fixture
def obstacles(business, inside, with_server, referred) -> Callable[..., list[ObstacleKind]]:
    """obstacles(side, …) is what is in the way, in order."""

    def look(side: ReferralSide = VENDOR, kind: ReferralLetterKind = ASK, settings=None) -> list[ObstacleKind]:
        with inside(business) as session:
            referral = session.get_one(Referral, referred)
            found = referral_letters.obstacles(session, settings or with_server, referral, side, kind=kind)
            assert all(str(each.words) for each in found)
            return [each.kind for each in found]

    return look


def put_one_in(session, business, settings, referral, side) -> ReferralLetter:
    draft = referral_letters.draft(session, referral, INTRODUCTION, side, by=business.member)
    return referral_letters.put_in(
        referral,
        by=business.member,
        settings=settings,
        kind=INTRODUCTION,
        side=side,
        reader=referral_letters.reader(session, referral, side),
        subject=draft.subject,
        body=draft.body,
        key=f"introduction:{side}",
        not_before=referral.created_at,
    )


def record(inside, business, referral_id: int, *states: ReferralState) -> None:
    with inside(business) as session:
        referral = referrals.find(session, referral_id)
        for state in states:
            referrals.record_step(referral, by=business.member, state=state, happened_on=business.workspace.today)


def steps(engine, business) -> list[ReferralState]:
    with workspace_session(engine, business.workspace.id, writing=False) as session:
        return list(session.scalars(select(ReferralStep.state).order_by(ReferralStep.id)))


def outcomes(engine) -> list[tuple[str, MailState, str]]:
    """Each letter of the outbox: to whom, how it stands, and why."""
    with installation_session(engine, writing=False) as session:
        rows = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
        return [(row.recipient, row.state, row.last_error) for row in rows]


@pytest.fixture
def go(engine, with_server, clock_at):
    """go() lets what is due leave, a minute later; how many letters were looked at."""

    def work(moment: str = "2026-10-05 09:01") -> int:
        clock_at(moment)
        sender = Sender(engine, with_server)
        return sum(sender.work_once() for _ in range(3))

    return work


# Asking


def test_an_ask_is_in_the_outbox_and_among_the_steps_at_once(engine, business, inside, ask, referred) -> None:
    letter_id = ask()
    assert steps(engine, business) == [ReferralState.IDEA, ReferralState.VENDOR_ASKED]
    with inside(business) as session:
        [row] = letter_queries.of_referral(session, referred)
        message = session.get_one(OutboxMessage, row.message_id)
        step = session.scalars(select(ReferralStep).order_by(ReferralStep.id.desc())).first()
        assert (row.id, row.kind, row.side, row.recipient, row.state) == (
            letter_id,
            ASK,
            VENDOR,
            MARTA,
            MailState.WAITING,
        )
        assert (row.author, row.subject, row.is_on_its_way, row.counts) == (
            business.member.user.name,
            HELLO["subject"],
            True,
            True,
        )
        assert (message.kind, message.to_outsider, message.has_secrets) == (MailKind.REFERRAL, True, True)
        assert message.not_before - message.created_at == referral_letters.HELD_BACK
        assert (step.channel, step.recorded_by) == (Channel.EMAIL, business.member.user_id)


def test_pressing_twice_asks_once(engine, business, ask) -> None:
    assert ask() == ask()
    assert len(outcomes(engine)) == 1
    assert steps(engine, business) == [ReferralState.IDEA, ReferralState.VENDOR_ASKED]


def test_both_may_be_asked_at_once(engine, ask) -> None:
    ask(VENDOR)
    ask(BUSINESS)
    assert [recipient for recipient, _state, _why in outcomes(engine)] == [MARTA, EWAN]


def test_taken_back_within_the_seconds_it_waits_nobody_was_asked(engine, business, inside, ask, go, smtp_sink) -> None:
    letter_id = ask()
    with inside(business) as session:
        referral_letters.take_back(session.get_one(ReferralLetter, letter_id), by=business.member)
    assert steps(engine, business) == [ReferralState.IDEA]
    go()
    assert smtp_sink.letters == []
    with pytest.raises(Refused, match="Open it anew"):
        ask()
    assert ask(press="two") != letter_id


def test_a_step_that_stood_before_a_letter_stays_when_the_letter_is_taken_back(
    engine, business, inside, clock_at, ask, referred
) -> None:
    record(inside, business, referred, ReferralState.VENDOR_ASKED)
    clock_at("2026-11-16 09:00", "Europe/London")
    letter_id = ask()
    with inside(business) as session:
        referral_letters.take_back(session.get_one(ReferralLetter, letter_id), by=business.member)
    assert steps(engine, business) == [ReferralState.IDEA, ReferralState.VENDOR_ASKED]


def test_what_has_left_is_not_taken_back(business, inside, ask, go) -> None:
    letter_id = ask()
    assert go() == 1
    with inside(business) as session, pytest.raises(Refused, match="too late"):
        referral_letters.take_back(session.get_one(ReferralLetter, letter_id), by=business.member)


def test_a_viewer_asks_nobody(business, ask) -> None:
    with pytest.raises(Forbidden):
        ask(by=business.viewer)


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ("subject", ""),
        ("subject", "x" * (limits.SUBJECT_LENGTH + 1)),
        ("body", ""),
        ("body", "x" * (limits.LETTER_LENGTH + 1)),
    ],
)
def test_too_little_or_too_much_is_refused_at_its_box(ask, box, words) -> None:
    with pytest.raises(Refused) as refused:
        ask(**{box: words})
    assert refused.value.field == box


@pytest.mark.parametrize(
    ("side", "body"),
    [
        (VENDOR, f"Write to {EWAN.upper()}."),
        (BUSINESS, f"Write to {MARTA}."),
        (BUSINESS, "Call 0044 or +44 (113) 496-0123."),
    ],
)
def test_an_ask_does_not_tell_how_the_other_side_is_reached(ask, side, body) -> None:
    with pytest.raises(Refused, match="Leave the other side’s address out"):
        ask(side, body=body)


@pytest.mark.parametrize("told", [f"Ask {EWAN} or {MARTA}.", "Call 0113 496 0199.", "mo@elsewhere.example knows"])
@pytest.mark.parametrize(
    ("side", "box", "words"),
    [
        (VENDOR, "need", "^What they need, as it is noted, holds"),
        (VENDOR, "blurb", "^“Why they should meet” holds .* shown to them before they have agreed"),
        (BUSINESS, "blurb", "^“Why they should meet” holds"),
    ],
)
def test_nobody_is_asked_while_the_page_of_the_answers_would_tell_how_anybody_is_reached(
    business, inside, engine, ask, referred, side, box, words, told
) -> None:
    with inside(business) as session:
        if box == "need":
            session.scalars(select(Opening)).one().what_they_need = told
        else:
            session.get_one(Referral, referred).blurb = told
    with pytest.raises(Refused, match=words):
        ask(side)
    assert outcomes(engine) == []


def test_what_a_business_needs_is_not_shown_to_itself(business, inside, ask) -> None:
    with inside(business) as session:
        session.scalars(select(Opening)).one().what_they_need = "Call 0113 496 0199."
    ask(BUSINESS)


def test_a_business_sends_so_many_letters_a_day_of_all_kinds(
    business, inside, with_server, ask, referred, monkeypatch
) -> None:
    monkeypatch.setattr(limits, "LETTERS_A_DAY", 2)
    with inside(business) as session:
        vendor = session.get_one(Vendor, session.get_one(Referral, referred).vendor_id)
        person_id = session.scalars(select(Person.id)).one()
        to = Recipient(person_id, "Marta Kowalczyk", MARTA)
        vendor_letters.send(vendor, by=business.owner, settings=with_server, to=to, **HELLO)
    ask(VENDOR)
    with pytest.raises(Refused, match="2 letters a day"):
        ask(BUSINESS)


# What is in the way


def test_nothing_is_in_the_way_of_asking_either(obstacles) -> None:
    assert obstacles(VENDOR) == []
    assert obstacles(BUSINESS) == []


def test_who_wants_to_be_left_alone_is_neither_asked_nor_recommended(business, inside, obstacles) -> None:
    with inside(business) as session:
        session.scalars(select(Vendor)).one().do_not_contact = True
    for side in ReferralSide:
        assert obstacles(side) == [ObstacleKind.DO_NOT_CONTACT]


def test_who_is_suspended_for_this_niche_is_not_sent_anybody(business, inside, obstacles) -> None:
    with inside(business) as session:
        vendor = session.scalars(select(Vendor)).one()
        film, print_ = (categories.add(session, name=name) for name in ("Film work", "Print work"))
        categories.put_in(vendor, [film.id, print_.id])
        session.scalars(select(Opening)).one().category_id = film.id
        standings.give(
            vendor, by=business.owner, level=StandingLevel.SUSPENDED, category_id=print_.id, reason="Late twice"
        )
    assert obstacles() == []
    with inside(business) as session:
        vendor, film_id = session.scalars(select(Vendor)).one(), session.scalars(select(Opening.category_id)).one()
        standings.give(
            vendor, by=business.owner, level=StandingLevel.SUSPENDED, category_id=film_id, reason="Late thrice"
        )
    for side in ReferralSide:
        assert obstacles(side) == [ObstacleKind.SUSPENDED]


@pytest.mark.parametrize("field", ["closed_on", "until"])
def test_an_opening_that_is_over_asks_for_nobody(business, inside, monday, obstacles, field) -> None:
    with inside(business) as session:
        setattr(session.scalars(select(Opening)).one(), field, monday - timedelta(days=1))
    assert obstacles() == [ObstacleKind.OVER]


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        ([ReferralState.VENDOR_YES], [ObstacleKind.SAID_YES]),
        ([ReferralState.VENDOR_NO], [ObstacleKind.SAID_NO]),
        ([ReferralState.BUSINESS_NO], [ObstacleKind.SAID_NO]),
        ([ReferralState.DECLINED], [ObstacleKind.SAID_NO]),
        ([*YESES, ReferralState.INTRODUCED], [ObstacleKind.INTRODUCED]),
        ([ReferralState.VENDOR_NOT_NOW], []),
        ([ReferralState.BUSINESS_YES], []),
        ([ReferralState.VENDOR_ASKED], [ObstacleKind.ASKED_LATELY]),
    ],
)
def test_what_was_answered_by_hand_decides_whether_to_ask(
    business, inside, referred, obstacles, recorded, expected
) -> None:
    record(inside, business, referred, *recorded)
    assert obstacles(VENDOR) == expected


def test_nobody_is_asked_twice_in_thirty_days_about_whomever(
    business, inside, clock_at, ask, referred, with_server
) -> None:
    ask(VENDOR)
    with inside(business) as session:
        vendor = session.get_one(Vendor, session.get_one(Referral, referred).vendor_id)
        opening = openings.add(session, by=business.owner, business="Mill Cafe", email="cafe@mill.example")
        other_id = referrals.refer(vendor, by=business.member, opening_id=opening.id).id

    def found(moment: str) -> list[tuple[ObstacleKind, date | None]]:
        clock_at(moment)
        with inside(business) as session:
            other = session.get_one(Referral, other_id)
            rows = referral_letters.obstacles(session, with_server, other, VENDOR)
            assert referral_letters.obstacles(session, with_server, other, BUSINESS) == []
            return [(row.kind, row.day) for row in rows]

    assert found("2026-11-03 12:00") == [(ObstacleKind.ASKED_LATELY, date(2026, 10, 5))]
    assert found("2026-11-04 12:00") == []


def test_who_has_no_address_is_not_taken_for_another_one_without(
    business, inside, monday, referred, with_server, obstacles
) -> None:
    with inside(business) as session:
        session.scalars(select(Opening)).one().email = ""
        vendor = session.get_one(Vendor, session.get_one(Referral, referred).vendor_id)
        opening = openings.add(session, by=business.owner, business="Mill Cafe")
        other = referrals.refer(vendor, by=business.member, opening_id=opening.id)
        referrals.record_step(other, by=business.member, state=ReferralState.BUSINESS_ASKED, happened_on=monday)
        kinds = [row.kind for row in referral_letters.obstacles(session, with_server, other, BUSINESS)]
        assert kinds == [ObstacleKind.NO_ADDRESS, ObstacleKind.ASKED_LATELY]
    assert obstacles(BUSINESS) == [ObstacleKind.NO_ADDRESS]


def test_an_ask_that_never_left_does_not_count(engine, business, inside, ask, obstacles, go, smtp_sink) -> None:
    smtp_sink.answer("rcpt", "550 No such user")
    ask()
    go()
    assert [state for _to, state, _why in outcomes(engine)] == [MailState.FAILED]
    assert obstacles() == [ObstacleKind.REFUSED]
    with inside(business) as session:
        vendor_id = session.scalars(select(Vendor.id)).one()
        assert vendor_letter_queries.refused_addresses(session, vendor_id) == {MARTA}
        assert vendor_letter_queries.refused_addresses(session, vendor_id + 1) == frozenset()
        session.scalars(select(Contact).where(Contact.value == MARTA)).one().value = "m@northlight.example"
    assert obstacles() == []


def test_an_address_that_is_suppressed_stopped_or_unknown_is_not_written_to(
    business, inside, engine, with_server, obstacles
) -> None:
    with installation_work(engine) as session:
        suppressions.suppress(session, suppressions.fingerprint(with_server, MARTA), how=suppressions.BY_PAGE)
    with inside(business) as session:
        stopped_addresses.stop(session, EWAN, by=business.member, why=StopReason.RETURNED)
    assert obstacles(VENDOR) == [ObstacleKind.SUPPRESSED]
    assert obstacles(BUSINESS) == [ObstacleKind.STOPPED]
    with inside(business) as session:
        session.scalars(select(Opening)).one().email = ""
    assert obstacles(BUSINESS) == [ObstacleKind.NO_ADDRESS]


def test_it_says_what_is_not_set_up_here(business, inside, settings_with, obstacles) -> None:
    with inside(business) as session:
        session.get_one(Workspace, business.workspace.id).postal_address = ""
    bare = settings_with(BASE_URL="")
    everything = [ObstacleKind.NO_SERVER, ObstacleKind.NO_LINKS, ObstacleKind.NO_POSTAL_ADDRESS]
    assert obstacles(VENDOR, settings=bare) == everything
    record(inside, business, 1, *YESES)
    assert obstacles(VENDOR, INTRODUCTION, settings=bare) == [
        ObstacleKind.NO_SERVER,
        ObstacleKind.NO_POSTAL_ADDRESS,
    ]


def test_the_first_thing_in_the_way_is_why_it_is_refused(business, inside, ask) -> None:
    with inside(business) as session:
        session.get_one(Workspace, business.workspace.id).postal_address = ""
    with pytest.raises(Refused) as refused:
        ask()
    assert refused.value.field == "postal_address"


def test_a_vendor_without_room_is_asked_all_the_same_but_it_is_said(business, inside, referred, ask) -> None:
    def said() -> list[str]:
        with inside(business) as session:
            return referral_letters.warnings(session, session.get_one(Referral, referred), BUSINESS)

    assert said() == []
    with inside(business) as session:
        vendor = session.scalars(select(Vendor)).one()
        vendor.availability, vendor.availability_until = Availability.FULL, date(2027, 3, 1)
    [words] = said()
    assert "no room until Mon 1 Mar 2027" in words
    ask()
    with inside(business) as session:
        session.scalars(select(Vendor)).one().availability_until = date(2026, 10, 4)
    assert said() == []


# Who reads it


def test_whoever_was_asked_reads_the_introduction_too(business, inside, ask, referred) -> None:
    ask(VENDOR)
    with inside(business) as session:
        vendor = session.scalars(select(Vendor)).one()
        people.add(
            vendor,
            by=business.owner,
            name="Ada Byte",
            emails=["ada@northlight.example"],
            preferred_channel=Channel.EMAIL,
        )
    with inside(business) as session:
        referral = session.get_one(Referral, referred)
        assert referral_letters.reader(session, referral, VENDOR) == Reader(VENDOR, "Marta Kowalczyk", MARTA)
        stopped_addresses.stop(session, MARTA, by=business.member, why=StopReason.RETURNED)
        other = referral_letters.reader(session, referral, VENDOR)
        assert other is not None
        assert other.address == "ada@northlight.example"


def test_who_was_asked_by_an_address_that_two_share_is_introduced_by_name(business, inside, ask, referred) -> None:
    with inside(business) as session:
        vendor = session.scalars(select(Vendor)).one()
        ada = people.add(vendor, by=business.owner, name="Ada Byte", emails=[MARTA])
        key = Reader(VENDOR, "Ada Byte", MARTA, ada.id).key
    ask(VENDOR, to=key)
    with inside(business) as session:
        assert referral_letters.reader(session, session.get_one(Referral, referred), VENDOR) == Reader(
            VENDOR, "Ada Byte", MARTA
        )


@pytest.mark.parametrize("key", ["0:marta@northlight.example", "1:", "nonsense"])
def test_nobody_is_asked_who_is_not_there(engine, business, ask, key) -> None:
    with pytest.raises(Refused) as refused:
        ask(VENDOR, to=key)
    assert refused.value.field == "to"
    assert outcomes(engine) == []
    assert steps(engine, business) == [ReferralState.IDEA]


def test_whoever_is_chosen_has_to_take_letters(business, inside, ask) -> None:
    with inside(business) as session:
        vendor = session.scalars(select(Vendor)).one()
        ada = people.add(vendor, by=business.owner, name="Ada Byte", emails=["ada@northlight.example"])
        stopped_addresses.stop(session, "ada@northlight.example", by=business.member, why=StopReason.RETURNED)
        key = Reader(VENDOR, ada.name, "ada@northlight.example", ada.id).key
    with pytest.raises(Refused, match="Nothing more goes to this address"):
        ask(VENDOR, to=key)
    ask(VENDOR)


# Thanks


def test_thanks_go_to_both_and_are_recorded_once(engine, business, inside, referred, with_server, obstacles) -> None:
    assert obstacles(VENDOR, THANKS) == [ObstacleKind.NOT_WON]
    record(inside, business, referred, *YESES, ReferralState.INTRODUCED, ReferralState.WON)
    written = []
    for side in (VENDOR, BUSINESS, VENDOR):
        with inside(business) as session:
            referral = referrals.find(session, referred)
            values = {"by": business.member, "settings": with_server, "side": side, **HELLO}
            written.append(referral_letters.thank(referral, **values).id)
    assert written[0] == written[2] != written[1]
    assert steps(engine, business).count(ReferralState.THANKED) == 1
    assert obstacles(VENDOR, THANKS) == [ObstacleKind.THANKED]
    for letter_id, left in ((written[0], 1), (written[1], 0)):
        with inside(business) as session:
            referral_letters.take_back(session.get_one(ReferralLetter, letter_id), by=business.member)
        assert steps(engine, business).count(ReferralState.THANKED) == left


# What it says


def test_what_we_get_for_it_is_said_where_it_is_anything(business, inside, referred, monday) -> None:
    def said() -> str:
        with inside(business) as session:
            return referral_letters.disclosure(session, session.get_one(Referral, referred))

    assert said() == ""
    with inside(business) as session:
        vendor = session.scalars(select(Vendor)).one()
        discounts.agree(vendor, Terms(1000, None, "GBP", valid_until=monday), by=business.owner)
    assert said().endswith("we get something for it: credit from Northlight Studio, 10% of what they close.")
    with inside(business) as session:
        session.get_one(Referral, referred).terms = "a bottle of wine."
    assert "for it: a bottle of wine; credit from" in said()
    with inside(business) as session:
        vendor = session.scalars(select(Vendor)).one()
        terms = discounts.agree(vendor, Terms(None, 5000, "GBP"), by=business.owner)
        assert "credit from Northlight Studio, £50" in referral_letters.disclosure(
            session, session.get_one(Referral, referred)
        )
        discounts.end(terms, by=business.owner)
    assert said().endswith("for it: a bottle of wine.")


def test_credit_that_is_agreed_no_longer_is_not_named(business, inside, referred, monday, clock_at) -> None:
    with inside(business) as session:
        vendor = session.scalars(select(Vendor)).one()
        discounts.agree(vendor, Terms(1000, None, "GBP", valid_until=monday), by=business.owner)
    clock_at("2026-10-06 09:00", "Europe/London")
    with inside(business) as session:
        assert referral_letters.disclosure(session, session.get_one(Referral, referred)) == ""


def test_the_connectors_own_words_introduce_them(business, inside, referred) -> None:
    with inside(business) as session:
        referral = session.get_one(Referral, referred)
        usual = referral_letters.draft(session, referral, INTRODUCTION, None, by=business.member)
        assert usual.addresses == (MARTA, EWAN)
        referral.introduction_body = "Marta, Ewan. Ewan, Marta."
        own = referral_letters.draft(session, referral, INTRODUCTION, BUSINESS, by=business.member)
        assert (own.addresses, own.subject, own.body) == ((EWAN,), usual.subject, "Marta, Ewan. Ewan, Marta.")


@pytest.mark.parametrize("kind", [ASK, THANKS])
def test_no_draft_but_the_introduction_has_the_other_sides_address(business, inside, referred, kind) -> None:
    with inside(business) as session:
        referral = session.get_one(Referral, referred)
        to_vendor = referral_letters.draft(session, referral, kind, VENDOR, by=business.member)
        to_business = referral_letters.draft(session, referral, kind, BUSINESS, by=business.member)
        assert (to_vendor.addresses, to_business.addresses) == ((MARTA,), (EWAN,))
        assert EWAN not in to_vendor.body + to_vendor.subject
        assert MARTA not in to_business.body + to_business.subject


# As it arrives


def test_an_ask_as_it_arrives(business, inside, ask, go, smtp_sink, referred) -> None:
    with inside(business) as session:
        session.get_one(Referral, referred).terms = "a bottle of wine"
    ask(VENDOR, body="Hi Marta,\n\n<b>Harbour</b> & you?\n\nMo")
    assert go() == 1
    [letter] = smtp_sink.letters
    sender = letter.message["From"].addresses[0]
    assert (sender.display_name, sender.addr_spec) == (
        f"{business.member.user.name} of Fern & Flint",
        "goodterms@crm.example.org",
    )
    assert letter.message["Reply-To"].addresses[0].addr_spec == business.member.user.email
    assert letter.message["Auto-Submitted"] is None
    assert letter.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    way_out = letter.message["List-Unsubscribe"].strip("<>")
    for part in (letter.text().replace("\r\n", "\n"), letter.text("html")):
        assert part.count("/introductions/") == 3
        for answer in ("yes", "not_now", "no"):
            assert f"?answer={answer}" in part
        assert "we get something for it: a bottle of wine." in part.replace("\n", " ")
        assert "12 Fern Lane" in part
        assert way_out in part
        assert EWAN not in part
        assert "Good Terms" not in part
    assert "&lt;b&gt;Harbour&lt;/b&gt; &amp; you?" in letter.text("html")


def test_answers_go_to_who_introduces_them_whoever_sends_it(business, ask, go, smtp_sink) -> None:
    ask(by=business.admin)
    go()
    [letter] = smtp_sink.letters
    assert letter.message["From"].addresses[0].display_name.startswith(business.admin.user.name)
    assert letter.message["Reply-To"].addresses[0].addr_spec == business.member.user.email


def test_each_reads_the_others_address_in_the_introduction(introduce, go, smtp_sink, engine, business) -> None:
    introduce()
    assert go() == 2
    by_reader = {letter.recipient: letter for letter in smtp_sink.letters}
    assert set(by_reader) == {MARTA, EWAN}
    for reader, other, named in (
        (MARTA, EWAN, "Ewan Price of Harbour Dental"),
        (EWAN, MARTA, "Marta Kowalczyk of Northlight Studio"),
    ):
        letter = by_reader[reader]
        assert [each.addr_spec for each in letter.message["To"].addresses] == [reader]
        assert letter.message["Cc"] is None
        assert letter.message["Reply-To"].addresses[0].addr_spec == business.member.user.email
        for part in (letter.text(), letter.text("html")):
            assert other in part
            assert named in part
            assert "/introductions/" not in part
    assert steps(engine, business).count(ReferralState.INTRODUCED) == 1


def test_nothing_typed_breaks_a_header(business, inside, ask, go, smtp_sink, referred) -> None:
    evil = "\r\nBcc: victim@x.example\u2028X-Evil: yes"
    with inside(business) as session:
        session.get_one(Workspace, business.workspace.id).name = f'Fern" <evil@x.example>{evil}'
        session.scalars(select(Opening)).one().person = f"Ewan{evil}"
    ask(BUSINESS, subject=f"Hello{evil}", body=f"Hi{evil}")
    assert go() == 1
    [letter] = smtp_sink.letters
    assert letter.recipient == EWAN
    assert letter.message["Bcc"] is None
    assert letter.message["X-Evil"] is None
    assert [each.addr_spec for each in letter.message["To"].addresses] == [EWAN]
    assert [each.addr_spec for each in letter.message["From"].addresses] == ["goodterms@crm.example.org"]


def test_a_preview_says_what_the_letter_will_say(business, inside, ask, go, smtp_sink, referred, with_server) -> None:
    with inside(business) as session:
        referral = session.get_one(Referral, referred)
        said = {"subject": HELLO["subject"], "body": HELLO["body"]}
        letter = referral_letters.preview(
            referral, by=business.member, settings=with_server, kind=ASK, side=VENDOR, **said
        )
    ask()
    go()
    [sent] = smtp_sink.letters
    shown, arrived = (part.split("/introductions/")[0] for part in (letter.text, sent.text().replace("\r\n", "\n")))
    assert shown == arrived
    assert letter.text.count("/introductions/preview?") == 3
    assert letter.unsubscribe is not None
    assert letter.unsubscribe.endswith("/opt-out/preview")


# What no longer leaves


def _leave_alone(session, business) -> None:
    session.scalars(select(Vendor)).one().do_not_contact = True


def _suspend(session, business) -> None:
    vendor = session.scalars(select(Vendor)).one()
    standings.give(vendor, by=business.owner, level=StandingLevel.SUSPENDED, reason="Late twice")


def _stop(session, business) -> None:
    stopped_addresses.stop(session, MARTA, by=business.member, why=StopReason.ASKED_TO_STOP)


def _change_address(session, business) -> None:
    session.scalars(select(Contact).where(Contact.value == MARTA)).one().value = "m@northlight.example"


def _close(session, business) -> None:
    openings.close(session.scalars(select(Opening)).one(), by=business.member)


def _answer(state: ReferralState):
    def by_hand(session, business) -> None:
        referral = session.scalars(select(Referral)).one()
        referrals.record_step(referral, by=business.member, state=state, happened_on=business.workspace.today)

    return by_hand


def _undo_step(session, business) -> None:
    referrals.undo_last_step(session.scalars(select(Referral)).one(), by=business.member)


def _take_referral_back(session, business) -> None:
    referrals.take_back(session.scalars(select(Referral)).one(), by=business.member)


@pytest.mark.parametrize(
    ("happens", "words"),
    [
        (_leave_alone, "asked to be left alone"),
        (_suspend, "is suspended"),
        (_stop, "marked it so"),
        (_change_address, "address has changed"),
        (_close, "not looking any more"),
        (_answer(ReferralState.VENDOR_YES), "have said yes already"),
        (_answer(ReferralState.VENDOR_NOT_NOW), "have answered already"),
        (_answer(ReferralState.BUSINESS_NO), "said no"),
        (_undo_step, "taken back"),
        (_take_referral_back, "It was taken back"),
    ],
)
def test_an_ask_is_looked_at_again_before_it_leaves(
    engine, business, inside, ask, go, smtp_sink, happens, words
) -> None:
    ask()
    with inside(business) as session:
        happens(session, business)
    go()
    assert smtp_sink.letters == []
    [(_to, state, why)] = outcomes(engine)
    assert state is MailState.CANCELLED
    assert words in why


def test_who_opts_out_before_it_leaves_gets_nothing(engine, ask, go, smtp_sink, with_server) -> None:
    ask()
    with installation_work(engine) as session:
        suppressions.suppress(session, suppressions.fingerprint(with_server, MARTA), how=suppressions.BY_ONE_CLICK)
    go()
    assert smtp_sink.letters == []
    assert outcomes(engine) == [(MARTA, MailState.CANCELLED, "This address takes no mail from here.")]


@pytest.mark.parametrize("who_sends", ["member", "admin"])
def test_nothing_leaves_for_a_connector_who_has_left(engine, business, inside, ask, go, smtp_sink, who_sends) -> None:
    ask(by=getattr(business, who_sends))
    with inside(business) as session:
        members.deactivate(session, business.member.user_id, by=business.owner)
    go()
    assert smtp_sink.letters == []
    [(_to, state, why)] = outcomes(engine)
    assert state is MailState.CANCELLED
    assert "has left the business" in why


def test_what_was_taken_back_does_not_leave_by_sending_it_again(engine, business, inside, ask, go, smtp_sink) -> None:
    letter_id = ask()
    with inside(business) as session:
        letter = session.get_one(ReferralLetter, letter_id)
        referral_letters.take_back(letter, by=business.member)
        message = letters.find(session, letter.message_id, reader=business.member)
        letters.send_again(session, message, by=business.member)
    go()
    assert smtp_sink.letters == []
    assert outcomes(engine) == [(MARTA, MailState.CANCELLED, "It was taken back.")]


@pytest.mark.parametrize("address", [MARTA, EWAN])
def test_an_introduction_leaves_to_both_or_to_none(
    engine, business, inside, introduce, go, smtp_sink, with_server, address
) -> None:
    introduce()
    with installation_work(engine) as session:
        suppressions.suppress(session, suppressions.fingerprint(with_server, address), how=suppressions.BY_PAGE)
    go()
    assert smtp_sink.letters == []
    assert [state for _to, state, _why in outcomes(engine)] == [MailState.CANCELLED, MailState.CANCELLED]
    assert ReferralState.INTRODUCED not in steps(engine, business)


def test_an_introduction_does_not_leave_once_one_of_them_changed_their_mind(
    engine, business, inside, introduce, go, smtp_sink
) -> None:
    introduce()
    record(inside, business, 1, ReferralState.BUSINESS_NOT_NOW)
    go()
    assert smtp_sink.letters == []
    assert {state for _to, state, _why in outcomes(engine)} == {MailState.CANCELLED}


def test_one_half_of_an_introduction_is_not_taken_back(business, inside, introduce) -> None:
    introduce()
    with inside(business) as session:
        letter = session.scalars(select(ReferralLetter).limit(1)).one()
        with pytest.raises(Refused, match="held back to both"):
            referral_letters.take_back(letter, by=business.member)


def test_the_same_introduction_is_put_in_once(engine, business, inside, introduce, with_server, referred) -> None:
    introduce()
    with inside(business) as session:
        put_one_in(session, business, with_server, referrals.find(session, referred), VENDOR)
    with inside(business) as session:
        assert session.scalar(select(func.count(ReferralLetter.id))) == 2
    assert len(outcomes(engine)) == 2


def test_a_held_introduction_that_arrived_has_introduced_them(engine, business, inside, introduce) -> None:
    introduce()
    with inside(business) as session:
        message_id = session.scalars(select(ReferralLetter.message_id).order_by(ReferralLetter.id)).first()
        message = letters.find(session, message_id, reader=business.member)
        message.state = MailState.HELD
        session.flush()
        letters.it_arrived(session, message, by=business.member)
    assert steps(engine, business)[-1] is ReferralState.INTRODUCED


def test_a_frozen_letter_keeps_to_its_standards(engine, ask) -> None:
    ask()
    with installation_session(engine, writing=False) as session:
        message = mime.read(session.scalars(select(OutboxMessage.content)).one())
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert message["Message-ID"].endswith("@crm.example.org>")
    assert max(len(line) for line in message.as_bytes().splitlines()) <= 998
