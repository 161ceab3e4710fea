"""The page of the answers: it says who asks, about whom and what a yes brings about; only its button answers."""

import pytest
from sqlalchemy import select

from crm.core import limits
from crm.core.tenancy import workspace_session
from crm.core.unit_of_work import installation_work
from crm.domain import (
    discounts,
    introductions,
    members,
    openings,
    referral_links,
    referrals,
    stopped_addresses,
    suppressions,
)
from crm.domain.discounts import Terms
from crm.models.enums import (
    Channel,
    MailState,
    ReferralAnswer,
    ReferralLetterKind,
    ReferralSide,
    ReferralState,
    ReminderKind,
    StopReason,
)
from crm.models.referrals import ReferralLetter
from crm.models.reminders import Reminder
from crm.models.vendors import Vendor
from tests.support.browsing import soup, words
from tests.support.introducing import Case
from tests.support.introductions import EWAN, MARTA

VENDOR, HOUSE = ReferralSide.VENDOR, ReferralSide.BUSINESS


@pytest.fixture
def settings(settings_with, smtp_sink):
    """Mail is set up."""
    return settings_with(SMTP_URL=smtp_sink.url, MAIL_FROM="Good Terms <goodterms@crm.example.org>")


@pytest.fixture
def case(engine, settings, business, inside, clock_at):
    clock_at("2026-10-05 09:00")
    return Case.begin(engine, settings, business, inside)


@pytest.fixture
def vendors_page(case):
    return case.ask(VENDOR)


@pytest.fixture
def houses_page(case):
    return case.ask(HOUSE)


def say(nobody, path: str, answer: str, **more):
    nobody.get(path)
    return nobody.post(path, answer=answer, **more)


# What it says


def test_the_vendor_reads_who_asks_about_whom_and_what_is_shared_with_whom_and_when(nobody, case, vendors_page):
    told = words(nobody.get(vendors_page))
    assert "Shall we introduce you to Ewan Price of Harbour Dental?" in told
    assert f"Who asks {case.connector.user.name} of Fern & Flint" in told
    assert "three short films" in told
    assert "She is patient." in told
    assert (
        f"If they say yes too, {case.connector.user.name} introduces you by e-mail: Ewan Price of Harbour Dental gets "
        f"your name, Marta Kowalczyk, and your address, {MARTA}, and you get theirs."
    ) in told
    assert EWAN not in told


def test_the_business_reads_the_same_the_other_way_round(nobody, houses_page):
    told = words(nobody.get(houses_page))
    assert "Shall we introduce you to Northlight Studio?" in told
    assert "Why She is patient." in told
    assert f"your name, Ewan Price, and your address, {EWAN}" in told
    assert MARTA not in told


def test_what_tells_how_anybody_is_reached_is_left_out_though_it_was_added_after_they_were_asked(
    nobody, case, inside, business, vendors_page, houses_page
):
    told = f"Films. {EWAN}, {MARTA}, +44 (113) 496-0123"
    with inside(business) as session:
        referral = referrals.find(session, case.referral_id)
        referral.blurb = told
        openings.find(session, referral.opening_id).what_they_need = told
        session.get_one(Vendor, referral.vendor_id).what_they_do = told
    for path in (vendors_page, houses_page):
        shown = words(nobody.get(path), "dl.terms")
        assert shown.count("Films. …, …, …") == 2
        assert "@" not in shown


def test_what_we_get_for_it_is_said_openly(nobody, case, inside, business):
    with inside(business) as session:
        vendor = session.get_one(Vendor, case.referral().vendor_id)
        discounts.agree(vendor, Terms(1_000, None, "GBP"), by=business.owner)
    for side in ReferralSide:
        assert "credit from Northlight Studio, 10% of what they close" in words(nobody.get(case.ask(side)))


@pytest.mark.parametrize(("wanted", "chosen"), [("yes", "yes"), ("not_now", "not_now"), ("no", "no"), ("maybe", None)])
def test_the_answer_of_the_link_is_chosen_and_not_given(nobody, case, vendors_page, wanted, chosen):
    page = soup(nobody.get(f"{vendors_page}?answer={wanted}"))
    assert [box["value"] for box in page.select("input[name=answer][checked]")] == ([chosen] if chosen else [])
    assert case.states() == [ReferralState.IDEA, ReferralState.VENDOR_ASKED]


def test_scanners_may_fetch_every_link_any_number_of_times(nobody, case, vendors_page):
    for _time in range(3):
        for answer in ("", *ReferralAnswer):
            path = f"{vendors_page}?answer={answer}"
            assert nobody.get(path).status_code == 200
            assert nobody.client.head(path).status_code == 200
    assert case.states() == [ReferralState.IDEA, ReferralState.VENDOR_ASKED]
    assert case.consents() == []


def test_a_post_without_the_pages_token_answers_nothing(nobody, case, vendors_page):
    assert nobody.post(vendors_page, answer="yes", csrf_token="forged").status_code == 400
    assert case.states()[-1] is ReferralState.VENDOR_ASKED


# Answering


def test_an_answer_is_noted_with_its_words_and_can_be_changed(nobody, case, vendors_page):
    told = words(say(nobody, vendors_page, "no", note="We are full until spring."))
    assert "Noted: No, thank you." in told
    assert "You can change your answer here" in told
    [step] = [one for one in case.steps() if one.state is ReferralState.VENDOR_NO]
    assert (step.channel, step.note, step.recorded_by) == (
        Channel.EMAIL,
        "We are full until spring.",
        case.connector.user_id,
    )
    assert "Noted on Mon 5 Oct: No, thank you." in words(nobody.get(vendors_page))
    assert "Noted: Yes, introduce us." in words(say(nobody, vendors_page, "yes"))
    assert case.states()[-2:] == [ReferralState.VENDOR_NO, ReferralState.VENDOR_YES]


def test_what_they_agreed_to_is_kept_as_they_read_it(nobody, case, vendors_page):
    say(nobody, vendors_page, "yes")
    [consent] = case.consents()
    assert consent.letter_id == case.letters(ReferralLetterKind.ASK)[0].id
    assert consent.step_id == case.steps()[-1].id
    shown = words(nobody.get(vendors_page))
    assert consent.words.startswith("Yes, introduce us. If they say yes too,")
    assert consent.words.removeprefix("Yes, introduce us. ") in shown


def test_after_an_answer_the_form_is_folded_and_its_terms_stand_once(nobody, vendors_page):
    assert soup(nobody.get(vendors_page)).select("main details") == []
    for told in (say(nobody, vendors_page, "yes"), nobody.get(vendors_page)):
        [folded] = soup(told).select("main details:has(form)")
        assert folded.select_one("summary").text == "Change my answer"
        assert not folded.has_attr("open")
        assert words(told).count("introduces you by e-mail") == 1
    assert soup(nobody.get(f"{vendors_page}?answer=yes")).select("main details[open]") == []
    assert soup(nobody.get(f"{vendors_page}?answer=no")).select("main details[open] form")  # chosen, and not sent yet
    mistaken = say(nobody, vendors_page, "yes", note="x" * (limits.LINE_LENGTH + 1))
    assert soup(mistaken).select("main form")
    assert soup(mistaken).select("main details") == []


@pytest.mark.parametrize("shut", [MARTA, EWAN])
@pytest.mark.parametrize("how", ["opted out", "stopped"])
def test_where_a_letter_reaches_one_of_them_no_more_both_are_promised_another_way_and_not_told_why(
    nobody, case, inside, business, engine, settings, browser_of, vendors_page, houses_page, shut, how
):
    if how == "opted out":
        with installation_work(engine) as session:
            suppressions.suppress(session, suppressions.fingerprint(settings, shut), how=suppressions.BY_PAGE)
    else:
        with inside(business) as session:
            stopped_addresses.stop(session, shut, by=business.member, why=StopReason.RETURNED)
    for path in (vendors_page, houses_page):
        before = words(nobody.get(path))
        assert f"{case.connector.user.name} introduces you in another way: " in before
        told = words(say(nobody, path, "yes"))
        assert "by e-mail" not in before + told
        for reason in ("no mail", "marked", "opted"):
            assert reason not in before + told
    assert [("another way" in one.words) for one in case.consents()] == [True, True]
    assert case.mail() == []
    owners = words(browser_of(business.owner).get(f"/referrals/{case.referral_id}?letter=introduction"))
    named, other = ("Northlight Studio", "Harbour Dental") if shut == MARTA else ("Harbour Dental", "Northlight Studio")
    reason = "This address takes no mail" if how == "opted out" else "Nothing more goes to this address"
    assert f"{named}: {reason}" in owners
    assert f"{other}: {reason}" not in owners


def test_the_same_answer_twice_is_noted_once(nobody, case, vendors_page):
    for _time in range(2):
        assert say(nobody, vendors_page, "yes", note="Any day but Friday.").status_code == 200
    say(nobody, vendors_page, "yes", note="Mornings.")
    assert case.states().count(ReferralState.VENDOR_YES) == 1
    assert case.steps()[-1].note == "Any day but Friday.\nMornings."
    assert len(case.consents()) == 1


def test_an_answer_that_was_noted_for_them_becomes_their_own(nobody, case, vendors_page):
    case.record(ReferralState.VENDOR_YES, note="On the phone, a bit short")
    page = nobody.get(vendors_page)
    assert "a bit short" not in page.text
    say(nobody, vendors_page, "yes", note="Gladly")
    assert case.states().count(ReferralState.VENDOR_YES) == 1
    assert len(case.consents()) == 1
    assert case.steps()[-1].note == "On the phone, a bit short\nGladly"
    assert "a bit short" not in nobody.get(vendors_page).text


@pytest.mark.parametrize("fields", [{}, {"answer": "perhaps"}])
def test_one_of_the_three_has_to_be_chosen(nobody, case, vendors_page, fields):
    nobody.get(vendors_page)
    answer = nobody.post(vendors_page, **fields)
    assert answer.status_code == 422
    assert "Choose one of the list." in words(answer)
    assert case.states()[-1] is ReferralState.VENDOR_ASKED


def test_a_line_is_a_line(nobody, case, vendors_page):
    too_long = say(nobody, vendors_page, "yes", note="x" * (limits.LINE_LENGTH + 1))
    assert too_long.status_code == 422
    assert case.consents() == []
    say(nobody, vendors_page, "yes", note="x" * limits.LINE_LENGTH)
    assert len(case.steps()[-1].note) == limits.LINE_LENGTH


def test_what_is_added_to_an_answer_has_an_end(nobody, case, vendors_page):
    answers = [say(nobody, vendors_page, "yes", note=str(number) * limits.LINE_LENGTH) for number in range(9)]
    assert {answer.status_code for answer in answers} == {200, 422}
    assert "There is no room for more here." in words(answers[-1])
    assert len(case.steps()[-1].note) <= limits.TIMELINE_TEXT


def test_a_no_is_never_told_to_the_other_side(nobody, case, vendors_page, houses_page):
    before = words(nobody.get(houses_page))
    say(nobody, vendors_page, "no", note="Never with dentists")
    assert words(nobody.get(houses_page)) == before
    told = words(say(nobody, houses_page, "yes"))
    assert "Noted: Yes, introduce us." in told
    assert "dentists" not in told
    assert case.mail() == []


def test_two_yeses_on_their_pages_release_the_introduction_and_a_changed_one_takes_it_back(
    nobody, case, vendors_page, houses_page
):
    say(nobody, vendors_page, "yes")
    say(nobody, houses_page, "not_now")
    assert case.mail() == []
    say(nobody, houses_page, "yes")
    assert [state for _to, state in case.mail()] == [MailState.WAITING, MailState.WAITING]
    say(nobody, vendors_page, "no")
    assert [state for _to, state in case.mail()] == [MailState.CANCELLED, MailState.CANCELLED]


def test_after_it_has_left_the_page_shows_how_it_stands_and_takes_nothing(
    nobody, case, vendors_page, houses_page, clock_at
):
    say(nobody, vendors_page, "yes")
    say(nobody, houses_page, "yes")
    clock_at("2026-10-05 09:20")
    case.send_mail()
    told = nobody.get(vendors_page)
    assert "You were introduced on" in words(told)
    assert soup(told).select("main form") == []
    answer = nobody.post(vendors_page, answer="no")
    assert answer.status_code == 422
    assert "You were introduced on" in words(answer)
    assert case.referral().state is ReferralState.INTRODUCED


# Who is told


def reminders_of(engine, business) -> list[int]:
    with workspace_session(engine, business.workspace.id, writing=False) as session:
        rows = session.scalars(
            select(Reminder).where(
                Reminder.kind == ReminderKind.REFERRAL,
                Reminder.ended_at.is_(None),
                Reminder.due_on <= business.workspace.today,
            )
        )
        return [row.user_id for row in rows]


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_the_connector_has_it_in_today_where_it_is_their_turn(
    engine, business, nobody, browser_of, case, vendors_page, answer
):
    assert reminders_of(engine, business) == []
    say(nobody, vendors_page, answer)
    assert reminders_of(engine, business) == [case.connector.user_id]
    assert f"They said {answer} to Harbour Dental." in words(browser_of(business.member).get("/today"))


def test_nobody_is_called_while_the_other_side_thinks(engine, business, nobody, case, vendors_page, houses_page):
    say(nobody, vendors_page, "yes")
    assert reminders_of(engine, business) == []
    say(nobody, houses_page, "yes")  # the introduction leaves by itself
    assert reminders_of(engine, business) == []


def test_where_nothing_leaves_by_itself_they_are_called(
    engine, business, nobody, inside, case, vendors_page, houses_page
):
    say(nobody, vendors_page, "yes")
    with inside(business) as session:
        members.deactivate(session, business.member.user_id, by=business.owner)
    say(nobody, houses_page, "yes")
    assert case.mail() == []
    assert business.member.user_id not in reminders_of(engine, business)
    assert reminders_of(engine, business) != []


# Links that ask nothing any more


def is_over(nobody, path: str) -> bool:
    answers = [nobody.get(path), nobody.post(path, answer="yes")]
    return all(
        answer.status_code == 404
        and "This link is over" in words(answer)
        and "This link no longer leads to a question. Nothing was changed." in words(answer)
        for answer in answers
    )


def test_an_older_letter_asks_nothing_any_more(nobody, case, vendors_page, clock_at):
    clock_at("2026-11-10 09:00")
    newer = case.ask(VENDOR)
    assert is_over(nobody, vendors_page)
    assert nobody.get(newer).status_code == 200


def test_sixty_days_and_no_longer(nobody, vendors_page, clock_at):
    clock_at("2026-12-04 07:59")  # summer time has ended
    assert nobody.get(vendors_page).status_code == 200
    clock_at("2026-12-04 08:00")
    assert is_over(nobody, vendors_page)


def test_a_letter_of_another_business_or_of_another_kind_asks_nothing(nobody, case, business, vendors_page):
    [ask] = case.letters(ReferralLetterKind.ASK)
    foreign = ReferralLetter(id=ask.id, workspace_id=business.stranger.workspace_id)
    assert is_over(nobody, case.path(foreign))
    assert is_over(nobody, case.path(ReferralLetter(id=ask.id, workspace_id=10_000)))
    case.record(ReferralState.VENDOR_YES)
    case.record(ReferralState.BUSINESS_YES)
    for letter in case.letters():
        assert is_over(nobody, case.path(letter))


def test_what_was_taken_back_or_deleted_asks_nothing(nobody, case, inside, business, vendors_page, houses_page):
    with inside(business) as session:
        referral = referrals.find(session, case.referral_id)
        introductions.call_off(referral)
        referrals.take_back(referral, by=business.member)
    assert is_over(nobody, vendors_page)
    assert is_over(nobody, houses_page)
    for untrue in ("too old", "copied", "newer letter"):
        assert untrue not in words(nobody.get(vendors_page))


def test_where_the_vendor_is_gone_nothing_is_asked(nobody, case, inside, business, houses_page):
    with inside(business) as session:
        session.delete(session.get_one(Vendor, case.referral().vendor_id))
    assert is_over(nobody, houses_page)


def test_an_answer_that_comes_after_the_opening_was_closed_is_noted_all_the_same(
    nobody, case, inside, business, houses_page
):
    with inside(business) as session:
        openings.close(openings.find(session, case.referral().opening_id), by=business.member)
    assert "Noted: No, thank you." in words(say(nobody, houses_page, "no"))


def test_the_page_is_a_fixed_number_of_queries(nobody, count_queries, vendors_page):
    nobody.get(vendors_page)
    with count_queries() as statements:
        assert nobody.get(vendors_page).status_code == 200
    assert len(statements) <= 18


def test_the_token_says_nothing_of_whom_it_asks(case, vendors_page):
    token = vendors_page.rpartition("/")[2]
    question = referral_links.read(case.settings, token)
    assert question is not None
    assert (question.workspace_id, question.letter_id) == (
        case.business.workspace.id,
        case.letters(ReferralLetterKind.ASK)[0].id,
    )
    assert "marta" not in token.lower()
