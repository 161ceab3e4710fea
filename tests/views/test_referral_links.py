"""Links in letters about introductions, in the wrong hands: forged, over, used again, of another business; and words
that would like to be more than words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.core.tokens import Signer
from crm.domain import referral_letters, referral_links, referrals, suppressions, vendor_cards, vendors
from crm.models.enums import MailState, ReferralSide, ReferralState
from crm.models.referrals import ReferralConsent, ReferralLetter, ReferralStep
from crm.models.workspaces import Workspace
from tests.support.browsing import words
from tests.support.forms import press
from tests.support.introductions import EWAN, MARTA, POSTAL_ADDRESS, Names, ask, page_of, prepare
from tests.support.letters import messages
from tests.support.mailboxes import Post, addresses_in, everything, scan

VENDOR, BUSINESS = ReferralSide.VENDOR, ReferralSide.BUSINESS


@pytest.fixture
def settings(settings_with, smtp_sink):
    """Mail is set up."""
    return settings_with(SMTP_URL=smtp_sink.url, MAIL_FROM="Good Terms <goodterms@crm.example.org>")


@pytest.fixture
def post(engine, settings, smtp_sink, clock_at) -> Post:
    clock_at("2026-10-05 09:00")
    return Post(engine, settings, smtp_sink, clock_at)


@pytest.fixture
def referral_id(post, inside, business, settings) -> int:
    """Both were asked on Monday 5 October."""
    with inside(business) as session:
        referral_id = prepare(session, business.owner)
        for side in ReferralSide:
            ask(session, referral_id, side, by=business.owner, settings=settings)
        return referral_id


@pytest.fixture
def page_for(inside, business, settings, referral_id):
    """page_for(side) is where that side answers."""

    def find(side: ReferralSide) -> str:
        with inside(business) as session:
            return page_of(session, referral_id, side, settings=settings)

    return find


def say(nobody, path: str, answer: str = "yes", **more):
    nobody.get(path)
    return nobody.post(path.partition("?")[0], answer=answer, **more)


def stands(inside, business, referral_id) -> ReferralState:
    with inside(business) as session:
        return referrals.find(session, referral_id).state


def answers(inside, business) -> list[ReferralState]:
    """The steps that are answers of their own."""
    with inside(business) as session:
        own = select(ReferralStep.state).join(ReferralConsent, ReferralConsent.step_id == ReferralStep.id)
        return list(session.scalars(own.order_by(ReferralStep.id)))


# Looking


def test_whoever_only_looks_changes_nothing(engine, app, post, referral_id):
    letters = post.carry("2026-10-05 09:01")
    assert {letter.recipient for letter in letters} == {MARTA, EWAN}
    before = everything(engine)
    for letter in letters:
        assert scan(app, letter) >= 4  # three answers and the way out
    assert everything(engine) == before


def test_a_form_that_a_filter_sends_off_answers_nothing(engine, nobody, page_for):
    path = page_for(VENDOR)
    before = everything(engine)
    assert nobody.client.post(path, data={"answer": "yes"}).status_code == 400
    assert nobody.client.post(f"{path}?answer=yes").status_code == 400
    assert everything(engine) == before


def test_the_page_tells_no_other_site_where_it_is_and_is_kept_nowhere(nobody, page_for):
    headers = nobody.get(page_for(VENDOR)).headers
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in headers["Cache-Control"]


def test_the_page_tells_neither_address_nor_answer_of_the_other(nobody, page_for):
    say(nobody, page_for(VENDOR), "no", note="Never again with dentists")
    page = nobody.get(page_for(BUSINESS)).text
    for secret in (MARTA, "Never again", "no longer", "said no"):
        assert secret not in page
    assert EWAN not in nobody.get(page_for(VENDOR)).text


def test_what_the_team_wrote_beside_an_answer_stays_with_the_team(nobody, inside, business, referral_id, page_for):
    with inside(business) as session:
        referrals.record_step(
            referrals.find(session, referral_id),
            by=business.owner,
            state=ReferralState.VENDOR_YES,
            happened_on=business.workspace.today,
            note="Grumpy, but yes",
        )
    page = nobody.get(page_for(VENDOR))
    assert page.status_code == 200
    assert "Grumpy" not in page.text


# Forged


def _forgeries(settings, business, path: str) -> dict[str, str]:
    token = path.rpartition("/")[2]
    body, _dot, signature = token.rpartition(".")
    facts = {"b": business.workspace.id, "l": 1}
    return {
        "cut short": token[:-4],
        "another letter": body[:-3] + "AAA." + signature,
        "no signature": body,
        "another key": Signer("somebody else's key, just as long as ours", "introduction").sign(
            facts, lasts=timedelta(days=1)
        ),
        "another purpose": suppressions.token_for(settings, EWAN, workspace_id=business.workspace.id),
        "a card's": Signer(settings.secret_key, vendor_cards.CARD).sign(facts, lasts=timedelta(days=1)),
        "words for numbers": Signer(settings.secret_key, referral_links.INTRODUCTION).sign(
            {"b": "1", "l": "1"}, lasts=timedelta(days=1)
        ),
        "nothing": "%00",
    }


def test_a_forged_link_leads_nowhere(engine, nobody, settings, business, page_for):
    path = page_for(BUSINESS)
    nobody.get(path)
    before = everything(engine)
    for kind, token in _forgeries(settings, business, path).items():
        assert nobody.get(f"/introductions/{token}").status_code == 404, kind
        assert nobody.post(f"/introductions/{token}", answer="yes").status_code == 404, kind
    assert everything(engine) == before


def test_a_link_that_asks_opens_no_other_door(engine, nobody, page_for):
    token = page_for(BUSINESS).rpartition("/")[2]
    before = everything(engine)
    for path in (f"/opt-out/{token}", f"/cards/{token}", f"/unsubscribe/{token}", f"/reminder-links/{token}/done"):
        assert nobody.get(path).status_code == 404, path
        assert nobody.post(path).status_code in (404, 405), path
    assert everything(engine) == before


# Over, and used again


def test_a_link_is_over_after_sixty_days(inside, business, nobody, page_for, referral_id, clock_at):
    path = page_for(BUSINESS)
    clock_at("2026-12-04 07:59")
    assert nobody.get(path).status_code == 200
    clock_at("2026-12-04 08:00")
    assert say(nobody, path).status_code == 404
    assert answers(inside, business) == []


def test_only_the_newest_letter_to_a_side_asks(inside, business, nobody, settings, page_for, referral_id, clock_at):
    old = page_for(BUSINESS)
    say(nobody, old, "not_now")
    clock_at("2026-11-09 09:00")
    with inside(business) as session:
        ask(session, referral_id, BUSINESS, by=business.owner, settings=settings)
    assert nobody.get(page_for(BUSINESS)).status_code == 200
    refused = nobody.post(old, answer="yes")
    assert refused.status_code == 404
    assert "This link is over" in words(refused)
    assert answers(inside, business) == [ReferralState.BUSINESS_NOT_NOW]
    assert say(nobody, page_for(BUSINESS)).status_code == 200


def test_a_letter_that_was_taken_back_asks_nothing(inside, business, nobody, page_for):
    path = page_for(VENDOR)
    with inside(business) as session:
        letter = session.scalars(select(ReferralLetter).where(ReferralLetter.side == VENDOR)).one()
        referral_letters.take_back(letter, by=business.owner)
    assert say(nobody, path).status_code == 404
    assert answers(inside, business) == []


def test_answering_again_answers_once_and_nothing_after_the_introduction(
    engine, inside, business, nobody, post, page_for, referral_id
):
    for side in (VENDOR, BUSINESS):
        for _again in range(3):
            assert say(nobody, page_for(side)).status_code == 200
    assert answers(inside, business) == [ReferralState.VENDOR_YES, ReferralState.BUSINESS_YES]
    post.carry("2026-10-05 09:16")
    assert stands(inside, business, referral_id) is ReferralState.INTRODUCED
    before = everything(engine)
    for answer in ("no", "not_now", "yes"):
        refused = say(nobody, page_for(VENDOR), answer)
        assert refused.status_code == 422
        assert "introduced on" in words(refused)
    assert everything(engine) == before
    assert post.carry("2026-10-06 07:00") == []


# Another business's


def test_nobody_of_another_business_finds_it(engine, app, browser_of, business, referral_id):
    stranger = browser_of(business.stranger)
    before = everything(engine)
    assert stranger.get(f"/referrals/{referral_id}").status_code == 404
    rules = {rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/referrals/<int:referral_id>")}
    for rule in sorted(rules):
        path = (
            rule.replace("<int:referral_id>", str(referral_id))
            .replace("<int:step_id>", "1")
            .replace("<letter>", "vendor")
        )
        assert stranger.post(path, answer="yes").status_code in (404, 405), path
    after = everything(engine)
    assert {name for name in before if before[name] != after[name]} <= {"sessions"}


def test_a_letter_is_answered_in_its_own_business_alone(engine, nobody, settings, business, page_for, inside):
    """Even where the number of the letter is one in both: a link says whose it is."""
    with inside(business.stranger) as session:
        theirs = prepare(session, business.stranger)
        ask(session, theirs, BUSINESS, by=business.stranger, settings=settings)
    with inside(business) as session:
        letter_id = session.scalars(select(ReferralLetter.id).where(ReferralLetter.side == VENDOR)).one()
    elsewhere = Signer(settings.secret_key, referral_links.INTRODUCTION).sign(
        {"b": business.stranger.workspace_id, "l": letter_id}, lasts=timedelta(days=1)
    )
    nobody.get(page_for(VENDOR))
    before = everything(engine)
    assert nobody.get(f"/introductions/{elsewhere}").status_code == 404
    assert nobody.post(f"/introductions/{elsewhere}", answer="yes").status_code == 404
    assert everything(engine) == before


# The way out holds in every business


def test_who_wants_no_more_letters_gets_none_from_anybody_here(
    inside, business, nobody, settings, post, referral_id, browser_of
):
    with inside(business.stranger) as session:
        theirs = prepare(session, business.stranger)
    [letter] = [each for each in post.carry("2026-10-05 09:01") if each.recipient == EWAN]
    with inside(business.stranger) as session:  # it waits in another business's outbox as he leaves
        ask(session, theirs, BUSINESS, by=business.stranger, settings=settings)
    [way_out] = {path for path in addresses_in(letter) if path.startswith("/opt-out/")}
    nobody.get(way_out)
    assert nobody.post(way_out).status_code == 200

    assert [each for each in post.carry("2026-10-05 09:02") if each.recipient == EWAN] == []
    assert _waiting(post.engine, EWAN) == [(MailState.CANCELLED, "This address takes no mail from here.")]
    for member in (business.owner, business.stranger):
        with inside(member) as session:
            again = prepare(session, member, names=Names(vendor="Grey Heron", vendor_person="Cy Dale"))
            referral = referrals.find(session, again)
            said = [one.words for one in referral_letters.obstacles(session, settings, referral, BUSINESS)]
        assert "This address takes no mail from here." in map(str, said)
        page = words(browser_of(member).get(f"/referrals/{again}?letter=business"))
        assert "This address takes no mail from here." in page
        assert "opted" not in page


def _waiting(engine, address: str) -> list[tuple[MailState, str]]:
    """How the letters stand that have not gone to an address, and why."""
    return [
        (row.state, row.last_error or "")
        for row in messages(engine)
        if row.recipient == address and row.state is not MailState.SENT
    ]


# Words that would like to be more

EVIL = "Harbour\r\nBcc: victim@elsewhere.example\r\n\r\n<script>alert(1)</script>"
FAR = "Harbour\u2028Bcc: victim@elsewhere.example\x0b\x00\u0085To: victim@elsewhere.example"


@pytest.mark.parametrize("words_typed", [EVIL, FAR], ids=["CRLF", "rarer ends of lines"])
def test_words_stay_words_in_every_box_that_reaches_a_letter(
    inside, business, browser_of, nobody, settings, post, words_typed
):
    owner = browser_of(business.owner)
    shown_early = words_typed.replace("@", " ")  # an address in these would keep them from being asked
    made = press(
        owner, "/openings/new", "Add", business=words_typed, person=words_typed, email=EWAN, what_they_need=shown_early
    )
    assert made.status_code == 303, words(made)
    with inside(business) as session:
        by = business.owner
        session.get_one(Workspace, business.workspace.id).postal_address = POSTAL_ADDRESS
        vendor = vendors.add(session, by=by, name="Northlight Studio").id
    added = press(owner, f"/vendors/{vendor}/people/new", "Add", name=words_typed, emails=MARTA)
    assert added.status_code == 303, words(added)
    renamed = press(owner, f"/vendors/{vendor}/edit", "Save", name=words_typed, what_they_do=words_typed)
    assert renamed.status_code == 303, words(renamed)
    noted = press(
        owner, f"/referrals/new?vendor_id={vendor}", "Prepare", opening_id="1", blurb=shown_early, terms=words_typed
    )
    assert noted.status_code == 303, words(noted)
    with inside(business) as session:
        for side in ReferralSide:
            ask(session, 1, side, by=business.owner, settings=settings)
    asked = post.carry("2026-10-05 09:01")
    with inside(business) as session:
        pages = [page_of(session, 1, side, settings=settings) for side in ReferralSide]
    for path in pages:
        assert say(nobody, path, note=words_typed).status_code == 200
    introduced = post.carry("2026-10-05 09:17")
    assert [sorted(letter.recipient for letter in sent) for sent in (asked, introduced)] == [[EWAN, MARTA]] * 2
    for letter in (*asked, *introduced):
        assert set(letter.message.keys()) <= HEADERS, letter.message.keys()
        assert len(letter.message.keys()) == len(set(letter.message.keys()))
        assert [each.addr_spec for each in letter.message["To"].addresses] == [letter.recipient]
        assert [each.addr_spec for each in letter.message["Reply-To"].addresses] == [business.owner.user.email]
        assert "<script" not in letter.text("html")


HEADERS = {
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "X-Goodterms-Key",
}
"""All that a letter about an introduction has."""
