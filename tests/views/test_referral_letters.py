"""Letters of a referral on its page: previewed, sent from here or by one's own mail program, held and taken back."""

from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from sqlalchemy import update

from crm.core.tenancy import workspace_session
from crm.core.unit_of_work import installation_work
from crm.domain import discounts, people, referrals, stopped_addresses
from crm.domain.discounts import Terms
from crm.models.enums import Availability, Channel, MailState, ReferralSide, ReferralState, StopReason
from crm.models.outbox import OutboxMessage
from crm.models.referrals import Referral
from crm.models.vendors import Vendor
from crm.models.workspaces import Workspace
from crm.queries import referrals as referral_queries
from tests.support.browsing import Browser, soup, words
from tests.support.forms import as_shown
from tests.support.introductions import EWAN, MARTA, Names, ask, page_of, prepare
from tests.support.letters import messages
from tests.support.mailboxes import Post

LETTER = "#letter-form"
PAGE_STATEMENTS = 16
"""So many the page of a referral sends to the database at the most, however much has happened."""


@pytest.fixture
def settings(settings_with, smtp_sink):
    """Mail is set up."""
    return settings_with(SMTP_URL=smtp_sink.url, MAIL_FROM="Good Terms <goodterms@crm.example.org>")


@pytest.fixture(autouse=True)
def _monday(clock_at) -> None:
    """It is Monday morning, here and for the reader."""
    clock_at("2026-10-05 09:00", "Europe/London")


@pytest.fixture
def referral(inside, business) -> int:
    """Northlight and Harbour Dental: nobody has been asked yet."""
    with inside(business) as session:
        return prepare(session, business.owner)


@pytest.fixture
def post(engine, settings, smtp_sink, clock_at) -> Post:
    return Post(engine, settings, smtp_sink, clock_at)


@pytest.fixture
def path(referral) -> str:
    return f"/referrals/{referral}"


@pytest.fixture
def states(engine, business, referral):
    """states() is what was recorded, in order."""

    def read() -> list[ReferralState]:
        with workspace_session(engine, business.workspace.id, writing=False) as session:
            return [step.state for step in referral_queries.steps_of(session, referral)]

    return read


def send(browser: Browser, path: str, letter: str, act: str = "", **changes):
    """Presses a button of the letter's form as the page shows it."""
    form = as_shown(browser.get(f"{path}?letter={letter}"), LETTER)
    return browser.post(f"{path}/letters/{letter}{act}", **{**form, **changes})


def say(browser: Browser, business, path: str, *answers: str):
    """Records answers by hand, of today."""
    for answer in answers:
        made = browser.post(f"{path}/steps", state=answer, happened_on=business.workspace.today.isoformat())
        assert made.status_code == 303
    return made


def undo(browser: Browser, page):
    """Presses Undo in the toast of the page that an act leads to."""
    return browser.post(soup(page).select(".toast form")[-1]["action"])


# The three letters


def test_the_letters_are_links_and_the_one_that_is_next_is_open(client, business, path) -> None:
    page = soup(client.get(path))
    tabs = page.select(".letter-tabs a")
    assert [tab.text for tab in tabs] == ["1. To Marta", "2. To Ewan", "3. To both"]
    assert [tab.text for tab in tabs if tab.get("aria-current")] == ["1. To Marta"]
    say(client, business, path, "vendor_yes")
    assert soup(client.get(path)).select_one(".letter-tabs [aria-current]").text == "2. To Ewan"
    assert soup(client.get(tabs[2]["href"])).select_one(".letter-tabs [aria-current]").text == "3. To both"


def test_a_letter_that_nobody_knows_is_not_found(client, path) -> None:
    assert client.get(f"{path}?letter=nonsense").status_code == 404
    assert client.post(f"{path}/letters/nonsense").status_code == 404


def test_an_ask_never_names_how_the_other_side_is_reached(client, path) -> None:
    to_vendor = soup(client.get(f"{path}?letter=vendor")).select_one(LETTER)
    assert EWAN not in str(to_vendor)
    assert MARTA in to_vendor.select_one(".letter-head").text
    assert MARTA not in str(soup(client.get(f"{path}?letter=business")).select_one(LETTER))


def test_the_preview_is_the_letter_as_it_will_arrive_and_sends_nothing(client, engine, path, states) -> None:
    seen = send(client, path, "vendor", "/preview", body="Hi Marta,\n\nwould you like to?")
    assert seen.status_code == 200
    shown = soup(seen).select_one(".letter-shown")
    for part in ("would you like to?", "Yes, introduce us", "Not now", "No, thank you", "12 Fern Lane, Leeds"):
        assert part in shown.text
    assert shown.select("a[href]") == []  # an answer is not given from a preview
    assert messages(engine) == []
    assert states() == [ReferralState.IDEA]
    again = client.post(f"{path}/letters/vendor/edit", **as_shown(seen))
    assert as_shown(again, LETTER)["body"].endswith("would you like to?")
    assert client.post(f"{path}/letters/vendor", **as_shown(seen)).status_code == 303
    assert [letter.recipient for letter in messages(engine)] == [MARTA]


def test_what_is_earned_is_said_in_the_letter_and_cannot_be_left_out(client, inside, business, engine, path) -> None:
    with inside(business) as session:
        vendor = session.query(Vendor).one()
        discounts.agree(vendor, Terms(1_000, None, "GBP"), by=business.owner)
    line = "So that you know: if this leads to work, we get something for it: credit from Northlight Studio, 10%"
    page = client.get(f"{path}?letter=business")
    assert line in words(page, ".letter-below")
    assert soup(page).select(f"{LETTER} [name=disclosure]") == []
    assert line in soup(send(client, path, "business", "/preview", body="Hello.")).select_one(".letter-shown").text
    send(client, path, "business", body="Hello.", disclosure="")
    [letter] = messages(engine)
    assert line.encode()[:40] in letter.content.replace(b"=\r\n", b"")


def test_a_letter_that_says_nothing_is_asked_about_and_the_rest_is_kept(client, engine, path) -> None:
    answer = send(client, path, "vendor", subject="Kept", body=" ")
    assert answer.status_code == 422
    assert "Type what you want to say" in answer.text
    assert as_shown(answer, LETTER)["subject"] == "Kept"
    assert "There is a problem:" in soup(answer).title.text
    assert send(client, path, "vendor", "/preview", subject="").status_code == 422
    assert messages(engine) == []


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028"])
@pytest.mark.parametrize("button", ["", "/preview"])
def test_a_subject_is_one_line(client, engine, path, end, button) -> None:
    answer = send(client, path, "vendor", button, subject=f"Hello{end}Bcc: victim@elsewhere.example")
    assert answer.status_code == 422
    assert "Type the subject in one line." in words(answer, ".field .error")
    assert messages(engine) == []


def test_a_subject_wraps_where_the_screen_is_narrow(client, path) -> None:
    box = soup(client.get(f"{path}?letter=vendor")).select_one(f"{LETTER} [name=subject]")
    assert box.name == "textarea"
    assert box["data-behaviour"] == "line"  # Enter adds no line


# Asking


@pytest.mark.parametrize(
    ("letter", "to", "asked"), [("vendor", MARTA, "vendor_asked"), ("business", EWAN, "business_asked")]
)
def test_asking_sends_one_letter_records_it_and_is_taken_back_together(
    client, engine, path, states, letter, to, asked
) -> None:
    sent = send(client, path, letter)
    assert sent.status_code == 303
    [message] = messages(engine)
    assert (message.recipient, message.state, message.to_outsider) == (to, MailState.WAITING, True)
    assert states() == [ReferralState.IDEA, ReferralState(asked)]
    page = client.follow(sent)
    assert "Leaves in a moment" in page.text
    assert not soup(page).select(LETTER)  # while it is on its way there is nothing to write
    undone = undo(client, page)
    assert "Taken back: the letter was not sent." in client.follow(undone).text
    assert states() == [ReferralState.IDEA]
    assert messages(engine)[0].state is MailState.CANCELLED
    assert soup(client.get(f"{path}?letter={letter}")).select(LETTER)


PIOTR = "piotr@northlight.example"


@pytest.fixture
def two_readers(inside, business, referral) -> None:
    """Piotr is at Northlight too; Marta likes e-mail, so she is asked unless somebody chooses him."""
    with inside(business) as session:
        vendor = session.query(Vendor).one()
        people.add(vendor, by=business.owner, name="Piotr Nowak", emails=[PIOTR])


def choices(page) -> list[str]:
    return [option.text for option in soup(page).select(f"{LETTER} select[name=to] option")]


def of(page, address: str) -> str:
    """The value by which the form names whoever has an address."""
    return next(one["value"] for one in soup(page).select(f"{LETTER} [name=to] option") if address in one.text)


def test_where_one_person_reads_there_is_nothing_to_choose(client, path) -> None:
    for letter in ("vendor", "business", "introduction"):
        assert choices(client.get(f"{path}?letter={letter}")) == []


def test_whoever_asks_chooses_who_reads_it(client, engine, path, two_readers) -> None:
    page = client.get(f"{path}?letter=vendor")
    assert choices(page) == [f"Marta Kowalczyk, {MARTA}", f"Piotr Nowak, {PIOTR}"]
    assert as_shown(page, LETTER)["to"] == of(page, MARTA)  # as it was before anybody could choose
    assert choices(client.get(f"{path}?letter=business")) == []
    sent = send(client, path, "vendor", to=of(page, PIOTR))
    assert [letter.recipient for letter in messages(engine)] == [PIOTR]
    assert "The letter to Piotr Nowak leaves in a moment." in client.follow(sent).text
    other = client.post(f"{path}/letters/vendor", **as_shown(page, LETTER))  # Marta, from a page that is open still
    assert other.status_code == 422
    assert len(messages(engine)) == 1


def test_another_reader_brings_their_draft_and_keeps_what_was_changed(client, engine, path, two_readers) -> None:
    page = client.get(f"{path}?letter=vendor")
    form = {**as_shown(page, LETTER), "to": of(page, PIOTR), "subject": "My own"}
    drafted = client.post(f"{path}/letters/vendor/draft", **form)
    shown = as_shown(drafted, LETTER)
    assert shown["body"].startswith("Hi Piotr,")
    assert (shown["subject"], shown["to"]) == ("My own", of(page, PIOTR))
    assert "mailto:piotr%40northlight.example" in drafted.text or f"mailto:{PIOTR}" in drafted.text
    changed = {**shown, "body": shown["body"] + "\nP.S. Hello.", "to": of(page, MARTA)}
    back = as_shown(client.post(f"{path}/letters/vendor/draft", **changed), LETTER)["body"]
    assert back.startswith("Hi Marta,")
    assert back.endswith("P.S. Hello.")
    assert messages(engine) == []


def test_the_preview_goes_to_whom_was_chosen_and_keeps_the_choice(client, engine, path, two_readers) -> None:
    chosen = of(client.get(f"{path}?letter=vendor"), PIOTR)
    seen = send(client, path, "vendor", "/preview", to=chosen)
    assert PIOTR in words(seen, ".envelope")
    assert MARTA not in words(seen, ".envelope")
    again = client.post(f"{path}/letters/vendor/edit", **as_shown(seen))
    assert as_shown(again, LETTER)["to"] == chosen
    client.post(f"{path}/letters/vendor", **as_shown(seen))
    assert [letter.recipient for letter in messages(engine)] == [PIOTR]


def test_who_was_chosen_and_is_gone_is_not_replaced_silently(client, engine, path, two_readers) -> None:
    answer = send(client, path, "vendor", to="1:somebody@else.example", subject="Kept")
    assert answer.status_code == 422
    assert "Choose one of the list." in answer.text
    assert as_shown(answer, LETTER)["subject"] == "Kept"
    assert messages(engine) == []


def test_an_address_that_takes_nothing_is_not_offered(client, inside, business, path, two_readers) -> None:
    with inside(business) as session:
        stopped_addresses.stop(session, PIOTR, by=business.owner, why=StopReason.RETURNED)
    assert choices(client.get(f"{path}?letter=vendor")) == []
    with inside(business) as session:
        stopped_addresses.stop(session, MARTA, by=business.owner, why=StopReason.RETURNED)
    assert "Nothing more goes to this address" in client.get(f"{path}?letter=vendor").text


def test_who_was_chosen_is_introduced(client, business, engine, path, two_readers) -> None:
    send(client, path, "vendor", to=of(client.get(f"{path}?letter=vendor"), PIOTR))
    say(client, business, path, "vendor_yes", "business_yes")
    assert [letter.recipient for letter in messages(engine)] == [PIOTR, PIOTR, EWAN]


def test_the_same_form_sent_twice_is_one_letter(client, engine, path, states) -> None:
    form = as_shown(client.get(path), LETTER)
    for _press in range(2):
        assert client.post(f"{path}/letters/vendor", **form).status_code == 303
    assert len(messages(engine)) == 1
    assert states() == [ReferralState.IDEA, ReferralState.VENDOR_ASKED]


def test_who_was_asked_lately_is_not_asked_from_here_but_ones_own_mail_program_stays(client, path, post) -> None:
    send(client, path, "vendor")
    assert [letter.recipient for letter in post.carry("2026-10-09 09:00")] == [MARTA]
    page = client.get(f"{path}?letter=vendor")
    assert "They were asked on Mon 5 Oct" in words(page)
    assert soup(page).select("[data-behaviour=mailto]")
    assert "Send to Marta" not in words(page)


def test_by_ones_own_mail_program_the_step_is_recorded_and_nothing_is_sent(client, engine, path, states) -> None:
    mailto = urlsplit(soup(client.get(path)).select_one("[data-behaviour=mailto]")["href"])
    assert unquote(mailto.path) == MARTA
    assert "Harbour Dental" in parse_qs(mailto.query)["body"][0]
    logged = send(client, path, "vendor", "/log")
    assert logged.status_code == 303
    assert states() == [ReferralState.IDEA, ReferralState.VENDOR_ASKED]
    assert messages(engine) == []
    undo(client, client.follow(logged))
    assert states() == [ReferralState.IDEA]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"do_not_contact": True}, "asked to be left alone"),
        ({"stop": EWAN}, "Nothing more goes to this address"),
        ({"postal_address": ""}, "Your business’s postal address"),
    ],
)
def test_what_is_in_the_way_is_said_in_words(client, inside, business, engine, path, change, reason) -> None:
    with inside(business) as session:
        if "do_not_contact" in change:
            session.query(Vendor).one().do_not_contact = True
        if "stop" in change:
            stopped_addresses.stop(session, address=EWAN, why=StopReason.RETURNED, by=business.owner)
        if "postal_address" in change:
            session.get_one(Workspace, business.workspace.id).postal_address = ""
    page = client.get(f"{path}?letter=business")
    assert reason in words(page)
    form = as_shown(page, LETTER)
    assert client.post(f"{path}/letters/business", **form).status_code == 422
    assert messages(engine) == []


def test_an_admin_types_the_postal_address_where_it_is_missing_and_others_are_told_who_can(
    client, browser_of, inside, business, engine, path
) -> None:
    with inside(business) as session:
        session.get_one(Workspace, business.workspace.id).postal_address = ""
    theirs = browser_of(business.member).get(path)
    assert "an owner or admin has to add the postal address" in words(theirs)
    assert "Send to Marta" not in words(theirs)
    assert send(client, path, "vendor", postal_address="12 Fern Lane").status_code == 303
    assert len(messages(engine)) == 1


def test_an_address_just_typed_stands_in_the_preview_which_stores_nothing(
    client, browser_of, inside, business, engine, path
) -> None:
    with inside(business) as session:
        session.get_one(Workspace, business.workspace.id).postal_address = ""
    shown = send(client, path, "vendor", "/preview", postal_address="12 Fern Lane")
    assert "12 Fern Lane" in words(shown, ".letter-shown")
    assert "Send to Marta" in words(shown)
    with inside(business) as session:
        assert session.get_one(Workspace, business.workspace.id).postal_address == ""
    theirs = send(browser_of(business.member), path, "vendor", "/preview", postal_address="12 Fern Lane")
    assert "12 Fern Lane" not in words(theirs, ".letter-shown")
    assert "Send to Marta" not in words(theirs)
    assert client.post(f"{path}/letters/vendor", **as_shown(shown, "main form")).status_code == 303
    assert len(messages(engine)) == 1


def test_who_has_no_room_is_said_so_before_they_are_asked(client, inside, business, path) -> None:
    with inside(business) as session:
        session.query(Vendor).one().availability = Availability.FULL
    page = client.get(path)
    assert "has no room at present" in words(page)
    assert "Send to Marta" in words(page)


# Two yeses


@pytest.fixture
def both_yes(inside, business, settings, referral, client, path) -> str:
    """The business was asked from here, both said yes by phone: when the introduction leaves, as the toast says."""
    with inside(business) as session:
        ask(session, referral, ReferralSide.BUSINESS, by=business.owner, settings=settings)
    return client.follow(say(client, business, path, "vendor_yes", "business_yes")).text


def waiting(engine) -> list[str]:
    return [each.recipient for each in messages(engine) if each.state is MailState.WAITING and each.key[:4] == "intr"]


def test_two_yeses_let_it_leave_after_a_quarter_of_an_hour_unless_it_is_held_back(
    client, engine, path, both_yes
) -> None:
    assert "The introduction leaves at 09:15." in both_yes
    assert sorted(waiting(engine)) == [EWAN, MARTA]
    assert "Both said yes. The introduction leaves at 09:15" in words(client.get("/referrals"))
    held = client.post(f"{path}/introduction/hold")
    assert "Held back. It goes when you send it." in client.follow(held).text
    assert waiting(engine) == []
    assert "The introduction leaves at" not in client.get(path).text
    assert "Both said yes. Your turn" in words(client.get("/referrals"))
    assert client.post(f"{path}/introduction/hold").status_code in (400, 409, 422)


def test_an_answer_that_changes_takes_the_introduction_back(client, business, engine, path, both_yes) -> None:
    say(client, business, path, "vendor_not_now")
    assert waiting(engine) == []
    assert "Marta said not now" in words(client.get(path))
    say(client, business, path, "vendor_yes")
    assert sorted(waiting(engine)) == [EWAN, MARTA]


def test_letters_taken_back_are_a_line_each_that_says_why(client, business, path, both_yes, clock_at) -> None:
    client.post(f"{path}/introduction/hold")
    assert "held back here" in words(client.get(f"{path}?letter=introduction"), ".letter-fold summary")
    clock_at("2026-10-05 09:02", "Europe/London")
    send(client, path, "introduction")
    say(client, business, path, "vendor_no")
    folded = soup(client.get(f"{path}?letter=introduction")).select(".letter-fold")
    why = [" ".join(fold.select_one("summary").text.split()).rpartition(", ")[2] for fold in folded]
    assert why == ["held back here"] * 2 + ["Marta changed their answer"] * 2
    assert not [fold for fold in folded if fold.has_attr("open")]


def test_what_one_did_oneself_is_recorded_as_a_fact_however_lately_they_were_asked(
    client, inside, business, path, post, settings
) -> None:
    with inside(business) as session:
        another = prepare(session, business.owner, names=Names(vendor="Grey Heron", vendor_person="Cy Dale"))
    send(client, path, "business")
    post.carry("2026-10-09 09:00")
    page = client.get(f"/referrals/{another}?letter=business")
    assert "They were asked on Mon 5 Oct" in words(page)
    assert "recorded as what happened, although nobody is asked twice in 30 days" in words(page, ".letter-log")
    assert send(client, f"/referrals/{another}", "business", "/log").status_code == 303


def test_undoing_a_yes_takes_the_introduction_back(client, engine, path, both_yes) -> None:
    actions = [form["action"] for form in soup(client.get(path)).select(".step-log form")]
    client.post(actions[-1])
    assert waiting(engine) == []


def test_taking_the_referral_back_takes_its_letters_along(client, engine, path, both_yes) -> None:
    assert client.post(f"{path}/removal").status_code == 303
    assert waiting(engine) == []


def undoable(page) -> list[str]:
    """The steps beside which the page offers to take them back."""
    return [form.find_parent("li").b.text for form in soup(page).select(".step-log form")]


def test_once_a_letter_has_left_the_page_says_why_the_referral_stays(client, path, post) -> None:
    send(client, path, "vendor")
    assert soup(client.get(path)).select("a[href$='/removal']")  # while it waits
    assert [letter.recipient for letter in post.carry("2026-10-05 09:05")] == [MARTA]
    page = client.get(path)
    stays = "Letters have gone out, so it stays on record. Record “Came to nothing” instead."
    assert stays in words(page)
    assert not soup(page).select("a[href$='/removal']")
    for refused in (client.get(f"{path}/removal"), client.post(f"{path}/removal")):
        assert refused.status_code == 422
        assert stays in words(refused)
    assert client.get(path).status_code == 200


def test_what_somebody_said_on_their_own_page_offers_no_taking_back(
    client, nobody, business, inside, settings, referral, path, post
) -> None:
    send(client, path, "vendor")
    post.carry("2026-10-05 09:05")
    with inside(business) as session:
        theirs = page_of(session, referral, ReferralSide.VENDOR, settings=settings)
    nobody.post(theirs, answer="yes")
    page = client.get(path)
    assert "They pressed: “Yes, introduce us." in words(page)
    assert undoable(page) == ["Vendor asked"]
    [step] = [step for step in _steps(inside, business, referral) if step.state is ReferralState.VENDOR_YES]
    refused = client.post(f"{path}/steps/{step.id}/undo")
    assert refused.status_code == 422
    assert "They said so themselves, so it stays. Record what they have said since." in words(refused)
    say(client, business, path, "vendor_no")
    page = client.get(path)
    assert undoable(page) == ["Vendor asked", "Vendor said no"]
    assert "They pressed: “Yes, introduce us." in words(page)


def _steps(inside, business, referral):
    with inside(business) as session:
        return referral_queries.steps_of(session, referral)


def test_an_introduction_that_left_stands_and_there_is_no_second_one(
    client, inside, business, referral, path, both_yes, post
) -> None:
    assert sorted(letter.recipient for letter in post.carry("2026-10-05 09:16")) == [EWAN, MARTA]
    page = client.get(f"{path}?letter=introduction")
    assert "Introduced" not in undoable(page)
    assert "Its letters have gone out, so it stays on record." in words(page)
    assert not soup(page).select(LETTER)
    [step] = [step for step in _steps(inside, business, referral) if step.state is ReferralState.INTRODUCED]
    refused = client.post(f"{path}/steps/{step.id}/undo")
    assert refused.status_code == 422
    assert "The letters that introduce them have gone out" in words(refused)
    assert post.carry("2026-10-05 10:00") == []


@pytest.mark.parametrize("state", [MailState.HELD, MailState.UNKNOWN, MailState.SENT])
def test_where_letters_may_have_introduced_them_no_second_introduction_is_offered(
    client, engine, path, both_yes, state
) -> None:
    with installation_work(engine) as session:
        pair = OutboxMessage.key.startswith("intr")
        session.execute(update(OutboxMessage).where(pair).values(state=state))
    page = client.get(f"{path}?letter=introduction")
    assert "The introduction has gone out, or may have. Nobody is introduced twice." in words(page)
    assert not soup(page).select(LETTER)
    assert not soup(page).select("[data-behaviour=mailto]")
    sent = client.post(f"{path}/letters/introduction", subject="Meet", body="Hello both.", press="again")
    assert sent.status_code == 422
    assert waiting(engine) == []


def test_the_words_to_both_are_kept_before_anybody_answered_and_are_what_leaves(client, business, engine, path) -> None:
    form = as_shown(client.get(f"{path}?letter=introduction"), LETTER)
    kept = client.post(
        f"{path}/introduction/words", **{**form, "subject": "Meet", "body": "My own words for you both."}
    )
    assert "My own words for you both." in client.follow(kept).text
    say(client, business, path, "vendor_yes", "business_yes")
    sent = client.follow(send(client, path, "introduction"))
    assert "The introduction leaves at 09:15." in sent.text
    pair = messages(engine)
    assert sorted(each.recipient for each in pair) == [EWAN, MARTA]
    assert all(b"My own words for you both." in each.content for each in pair)
    undo(client, sent)
    assert waiting(engine) == []


def test_each_letter_of_an_introduction_is_previewed_with_the_address_of_the_other(client, business, path) -> None:
    say(client, business, path, "vendor_yes", "business_yes")
    to_vendor, to_business = soup(send(client, path, "introduction", "/preview")).select(".letter-shown")
    assert EWAN in to_vendor.text
    assert MARTA not in to_vendor.text
    assert MARTA in to_business.text


def test_an_introduction_by_ones_own_mail_program_goes_to_both_and_is_recorded(client, business, path, states) -> None:
    say(client, business, path, "vendor_yes", "business_yes")
    link = soup(client.get(path)).select_one("[data-behaviour=mailto]")["href"]
    assert urlsplit(link).path == f"{MARTA},{EWAN}"
    assert send(client, path, "introduction", "/log").status_code == 303
    assert states()[-1] is ReferralState.INTRODUCED
    assert "Say how it went" in words(client.get(path))


def test_nobody_is_introduced_from_here_before_both_said_yes(client, business, engine, path) -> None:
    say(client, business, path, "vendor_yes")
    form = as_shown(client.get(f"{path}?letter=introduction"), LETTER)
    refused = client.post(f"{path}/letters/introduction", **form)
    assert refused.status_code == 422
    assert "Introduce them once both have said yes." in refused.text
    assert messages(engine) == []


# Afterwards


def test_thanks_are_offered_when_it_was_won_to_either_side(client, business, engine, path, states) -> None:
    assert "4. Thanks" not in words(client.get(path))
    say(client, business, path, "vendor_yes", "business_yes", "introduced", "won")
    page = client.get(path)
    assert soup(page).select_one(".letter-tabs [aria-current]").text == "4. Thanks"
    assert "Thank Ewan instead" in words(page)
    assert send(client, path, "thanks").status_code == 303
    assert send(client, path, "thanks-business").status_code == 303
    assert [each.recipient for each in messages(engine)] == [MARTA, EWAN]
    assert states().count(ReferralState.THANKED) == 1


# Who may do what


def test_a_viewer_sees_how_it_stands_and_can_do_nothing(client, browser_of, business, path, engine) -> None:
    send(client, path, "vendor")
    viewer = browser_of(business.viewer)
    page = viewer.get(f"{path}?letter=vendor")
    assert page.status_code == 200
    assert "Shall I introduce you?" in words(page)
    assert soup(page).select("main form") == []
    for act in ("letters/vendor", "letters/vendor/preview", "letters/vendor/log", "introduction/hold"):
        assert viewer.post(f"{path}/{act}", subject="x", body="y").status_code == 403
    assert len(messages(engine)) == 1


def test_a_teammate_sends_in_their_own_name_and_answers_go_to_who_introduces(
    browser_of, business, engine, path
) -> None:
    assert send(browser_of(business.member), path, "vendor").status_code == 303
    [letter] = messages(engine)
    assert business.member.user.name in letter.sender
    assert f"Reply-To: {business.owner.user.name} <{business.owner.user.email}>".encode() in letter.content


def test_a_stranger_finds_nothing(browser_of, business, path, engine) -> None:
    stranger = browser_of(business.stranger)
    for act in ("letters/vendor", "letters/vendor/preview", "letters/vendor/log", "introduction/hold"):
        assert stranger.post(f"{path}/{act}", subject="x", body="y").status_code == 404
    assert messages(engine) == []


def test_what_people_are_called_stays_text(client, inside, business) -> None:
    names = Names(vendor="<b>Studio</b>", vendor_person="<i>Marta</i>", business="A & B", blurb="<script>x</script>")
    with inside(business) as session:
        referral_id = prepare(session, business.owner, names=names)
    for letter in ("vendor", "business", "introduction"):
        page = client.get(f"/referrals/{referral_id}?letter={letter}")
        assert "<b>Studio" not in page.text
        assert "<script>x" not in page.text
    seen = send(client, f"/referrals/{referral_id}", "vendor", "/preview")
    assert "<script>x" not in seen.text


@pytest.mark.parametrize("letter", ["vendor", "business", "introduction", "thanks"])
def test_the_page_asks_the_database_as_often_however_much_happened(
    client, business, inside, referral, path, count_queries, letter
) -> None:
    def statements() -> int:
        with count_queries() as seen:
            assert client.get(f"{path}?letter={letter}").status_code == 200
        assert len(seen) <= PAGE_STATEMENTS, seen
        return len(seen)

    statements()
    send(client, path, "vendor")
    few = statements()
    with inside(business) as session:
        row = session.get_one(Referral, referral)
        vendor = session.get_one(Vendor, row.vendor_id)
        discounts.agree(vendor, Terms(1_000, None, "GBP"), by=business.owner)
        for number in range(4):
            people.add(vendor, by=business.owner, name=f"Person {number}", emails=[f"p{number}@northlight.example"])
        stopped_addresses.stop(session, EWAN, by=business.owner, why=StopReason.RETURNED)
        for number in range(12):
            answer = ReferralState.VENDOR_YES if number % 2 else ReferralState.VENDOR_NOT_NOW
            today = business.workspace.today
            referrals.record_step(row, by=business.owner, state=answer, happened_on=today, channel=Channel.PHONE)
    assert statements() <= few
