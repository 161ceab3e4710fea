"""Two who suit each other are introduced by letters: each is asked alone, both say yes, and what came of it is asked.

Three mailboxes on a mail server: whoever connects them, the vendor, and the business that looks for someone. What
filters and previews do to letters is done to each of these; the clock is moved by the test.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import Engine, select

from crm.core.dates import CadenceUnit
from crm.core.settings import Settings
from crm.core.tenancy import WorkspaceSession
from crm.domain import parkings, people, vendors
from crm.domain.rhythms import Rhythm
from crm.models.categories import Category
from crm.models.enums import CadenceChoice, ParkingReason, Stage
from crm.models.workspaces import Membership, Workspace
from tests.support.browsing import Browser, soup, words
from tests.support.forms import press
from tests.support.mailboxes import Post, addresses_in, everything, scan
from tests.support.people import Business
from tests.support.smtp_sink import Letter, SmtpSink

pytestmark = pytest.mark.journey

Inside = Callable[[Business | Membership], AbstractContextManager[WorkspaceSession]]
BrowserOf = Callable[[Membership], Browser]

PARKED_ON, DUE_ON = "2026-10-05", "2026-11-16"
"""Parked on a Monday, to be in touch every six weeks."""
LATER = "2026-12-07"
"""The business has room, three weeks after it had none."""
AFTER_TWO_WEEKS, OUTCOME_ON = "2026-12-21", "2027-01-21"
"""14 and 45 days after the introduction."""
VENDOR, BUSINESS = "Northlight Studio", "Harbour Dental"
MARTA, EWAN, CY = "marta@northlight.example", "ewan@harbour.example", "cy@rookdental.example"
NEED, BLURB = "Three short films for the waiting room", "She makes people who hate cameras forget there is one."
NICHE = "Product films"
POSTAL_ADDRESS = "12 Fern Lane, Leeds"
DISCLOSED = "10% of what they close"
CLOSED, EARNED = "1,234.55", "123.46"
"""A tenth is 123.455, rounded half up."""
REFUSED = "This address takes no mail from here."


@pytest.fixture
def settings(settings_with: Callable[..., Settings], smtp_sink: SmtpSink) -> Settings:
    """Mail is set up, and links in it lead here."""
    return settings_with(SMTP_URL=smtp_sink.url, MAIL_FROM="Good Terms <goodterms@crm.example.org>")


@pytest.fixture
def post(engine: Engine, settings: Settings, smtp_sink: SmtpSink, clock_at: Callable[..., None]) -> Post:
    return Post(engine, settings, smtp_sink, clock_at)


@pytest.fixture
def northlight(inside: Inside, business: Business, clock_at: Callable[..., None]) -> int:
    """A vendor whom there is no work for yet: parked, to be in touch every six weeks."""
    clock_at(f"{PARKED_ON} 09:00")
    with inside(business) as session:
        by = business.owner
        niche = session.scalars(select(Category.id).where(Category.name == NICHE)).one()
        vendor = vendors.add(session, by=by, name=VENDOR, stage=Stage.ACTIVE, category_ids=[niche], currency="GBP")
        people.add(vendor, by=by, name="Marta Kowalczyk", emails=[MARTA])
        rhythm = Rhythm(CadenceChoice.OWN, 6, CadenceUnit.WEEKS)
        parkings.park(vendor, by=by, reason=ParkingReason.NO_BUDGET, condition="A budget for films", rhythm=rhythm)
        session.get_one(Workspace, business.workspace.id).postal_address = POSTAL_ADDRESS
        return vendor.id


@dataclass
class Story:
    """Everybody in it: the connector's browser, those outside, their mailboxes, and all that is stored."""

    app: Flask
    engine: Engine
    business: Business
    browser_of: BrowserOf
    post: Post
    vendor_id: int
    referral: str = ""
    """The referral's address."""

    @property
    def connector(self) -> Browser:
        """Signed in anew: between two scenes weeks pass."""
        return self.browser_of(self.business.owner)

    @property
    def address(self) -> str:
        return str(self.business.owner.user.email)

    def says(self) -> str:
        """What the referral's page says at present."""
        return words(self.connector.get(self.referral), "main")

    def only_looked_at(self, *letters: Letter) -> None:
        """Filters fetch every address in these letters three times, and nothing whatever is changed by that."""
        before = everything(self.engine)
        for letter in letters:
            assert scan(self.app, letter) > 0
        assert everything(self.engine) == before

    def answers(self, letter: Letter, answer: str, **more: str) -> str:
        """Whoever has this letter follows one of its links and sends the answer off. What they read then."""
        [path] = {path for path in addresses_in(letter) if path.endswith(f"?answer={answer}")}
        done = press(Browser(self.app), path, "Send my answer", **more)
        assert done.status_code == 200, words(done)
        return words(done)


@pytest.fixture
def story(northlight: int, app: Flask, engine: Engine, business: Business, browser_of: BrowserOf, post: Post) -> Story:
    return Story(app, engine, business, browser_of, post, northlight)


def test_from_an_opening_to_thanks(story: Story) -> None:
    somebody_looks_and_a_share_is_agreed(story)
    the_morning_names_the_opening(story)
    to_vendor, to_business = both_are_asked_alone(story)
    one_says_yes_and_the_other_not_now(story, to_vendor, to_business)
    weeks_later_the_other_says_yes_too(story, to_business)
    the_introduction_leaves_once_to_each(story, to_vendor)
    the_outcome_is_asked_and_answered(story)
    thanks_are_sent(story)
    ledger_and_statement_add_up(story)


# October


def somebody_looks_and_a_share_is_agreed(story: Story) -> None:
    me = story.connector
    kinds = soup(me.get("/openings/new")).select("[name=category_id] option")
    niche = next(option["value"] for option in kinds if NICHE in option.text)
    known = {"business": BUSINESS, "person": "Ewan Price", "email": EWAN}
    added = press(me, "/openings/new", "Add", **known, what_they_need=NEED, category_id=niche)
    assert added.status_code == 303, words(added)
    agreed = press(me, f"/vendors/{story.vendor_id}/discount", "Save", share="10")
    assert agreed.status_code == 303, words(agreed)


# Monday 16 November


def the_morning_names_the_opening(story: Story) -> None:
    """The letter and Today say who looks for someone like the parked vendor, and lead to the referral."""
    [letter] = [each for each in story.post.carry(f"{DUE_ON} 08:01") if each.recipient == story.address]
    for kind in ("plain", "html"):
        said = " ".join(letter.text(kind).split())
        for expected in (VENDOR, BUSINESS, NEED):
            assert expected in said
    me = story.connector
    assert BUSINESS in words(me.get("/today"), "main")
    noted = press(me, f"/referrals/new?vendor_id={story.vendor_id}", "Prepare", opening_id="1", blurb=BLURB)
    assert noted.status_code == 303, words(noted)
    story.referral = noted.location.partition("?")[0]


def both_are_asked_alone(story: Story) -> tuple[Letter, Letter]:
    """Each by a letter of its own, after a look at it: who we are, what we get, and the way out, but not the other's
    address. Filters may fetch what they like."""
    me = story.connector
    for side, name in (("vendor", "Marta"), ("business", "Ewan")):
        path = f"{story.referral}?letter={side}"
        assert BLURB in words(press(me, path, "Preview")).replace("’", "'")
        sent = press(me, path, f"Send to {name}")
        assert sent.status_code == 303, words(sent)
    letters = story.post.carry(f"{DUE_ON} 08:05")
    [to_vendor] = [letter for letter in letters if letter.recipient == MARTA]
    [to_business] = [letter for letter in letters if letter.recipient == EWAN]
    assert len([letter for letter in letters if letter.recipient in (MARTA, EWAN)]) == 2
    for letter, others in ((to_vendor, EWAN), (to_business, MARTA)):
        assert [each.addr_spec for each in letter.message["To"].addresses] == [letter.recipient]
        assert [each.addr_spec for each in letter.message["Reply-To"].addresses] == [story.address]
        for kind in ("plain", "html"):
            said = " ".join(letter.text(kind).split())
            assert others not in said
            for expected in (BLURB, DISCLOSED, POSTAL_ADDRESS, "Olive Owner"):
                assert expected in said
        assert letter.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    story.only_looked_at(to_vendor, to_business)
    return to_vendor, to_business


def one_says_yes_and_the_other_not_now(story: Story, to_vendor: Letter, to_business: Letter) -> None:
    story.post.clock_at(f"{DUE_ON} 11:00")
    assert "Noted: Yes" in story.answers(to_vendor, "yes", note="Gladly, from March")
    assert "Noted: Not now" in story.answers(to_business, "not_now")
    said = story.says()
    assert "Gladly, from March" in said
    assert "not now" in said
    assert outside(story.post.carry("2026-11-18 11:30")) == []


# Monday 7 December


def weeks_later_the_other_says_yes_too(story: Story, to_business: Letter) -> None:
    """By the page of the letter that they still have; nothing leaves for a quarter of an hour."""
    story.post.clock_at(f"{LATER} 11:00")
    assert "Noted: Yes" in story.answers(to_business, "yes")
    assert "11:15" in story.says()
    assert outside(story.post.carry(f"{LATER} 11:14")) == []


def the_introduction_leaves_once_to_each(story: Story, to_vendor: Letter) -> None:
    letters = outside(story.post.carry(f"{LATER} 11:16"))
    assert sorted(letter.recipient for letter in letters) == [EWAN, MARTA]
    for letter in letters:
        other = {MARTA: EWAN, EWAN: MARTA}[letter.recipient]
        assert [each.addr_spec for each in letter.message["Reply-To"].addresses] == [story.address]
        assert "Cc" not in letter.message
        assert all(other in letter.text(kind) for kind in ("plain", "html"))
    story.only_looked_at(*letters)
    [path] = {path for path in addresses_in(to_vendor) if path.endswith("answer=no")}
    assert "You were introduced on" in words(Browser(story.app).get(path))
    later = [*story.post.carry(f"{LATER} 12:00"), *story.post.carry("2026-12-09 12:00")]
    assert outside(later) == []
    assert "Introduced" in story.says()


# Two weeks later, and 45 days later


def the_outcome_is_asked_and_answered(story: Story) -> None:
    """Twice, whatever was said the first time; with the answer comes what was closed, which is for admins."""
    for day, answer in ((AFTER_TWO_WEEKS, "They are talking"), (OUTCOME_ON, "They work together")):
        asks = [each for each in story.post.carry(f"{day} 08:01") if each.recipient == story.address]
        assert all(VENDOR in each.text("plain") for each in asks)
        assert asks
        me = story.connector
        page = me.get("/today")
        assert f"{story.referral}/outcome" in page.text
        before = everything(story.engine)
        assert me.get(f"{story.referral}/outcome").status_code == 200
        assert everything(story.engine) == before
        said = press(me, f"{story.referral}/outcome", answer)
        assert said.status_code == 303, words(said)
    noted = press(story.connector, story.referral, "Save", closed_amount=CLOSED)
    assert noted.status_code == 303, words(noted)
    assert CLOSED not in words(story.browser_of(story.business.member).get(story.referral))


def thanks_are_sent(story: Story) -> None:
    me = story.connector
    for tab, name in (("thanks", "Marta"), ("thanks-business", "Ewan")):
        sent = press(me, f"{story.referral}?letter={tab}", f"Send to {name}")
        assert sent.status_code == 303, words(sent)
    thanks = outside(story.post.carry(f"{OUTCOME_ON} 08:30"))
    assert sorted(letter.recipient for letter in thanks) == [EWAN, MARTA]
    for letter in thanks:
        assert DISCLOSED not in letter.text("plain")
    assert "Thanked" in story.says()


def ledger_and_statement_add_up(story: Story) -> None:
    me = story.connector
    ledger = words(me.get(f"/vendors/{story.vendor_id}/goodwill"), "main")
    assert "Given: Referral, Harbour Dental" in ledger.replace(" :", ":").replace(" ,", ",")
    assert f"Credit: £{EARNED}" in ledger
    statement = me.get(f"/vendors/{story.vendor_id}/credit.csv").text.splitlines()[1:]
    assert statement == [f'"{OUTCOME_ON}","Earned","{BUSINESS}","{EARNED}","","{EARNED}","GBP"']
    year = me.get("/goodwill.csv").text.splitlines()[1:]
    assert year == [f'"{VENDOR}","1","0","1","1","1"']
    assert [len(story.post.box(address)) for address in (MARTA, EWAN)] == [3, 3]  # asked, introduced, thanked


def outside(letters: list[Letter]) -> list[Letter]:
    """Those among them that go to nobody of the two businesses: morning letters are another matter."""
    return [letter for letter in letters if not letter.recipient.endswith(("@fern.example", "@rook.example"))]


# A second business


def test_who_wants_no_more_letters_is_written_to_by_nobody_here(
    story: Story, business: Business, inside: Inside
) -> None:
    """One click in a mail program, and neither the business that wrote nor another one on this installation can."""
    referral = look_for(story.connector, "Rook Dental", CY, story.vendor_id)
    assert press(story.connector, f"{referral}?letter=business", "Send to Cy").status_code == 303
    [letter] = outside(story.post.carry(f"{PARKED_ON} 09:05"))
    [way_out] = [path for path in addresses_in(letter) if path.startswith("/opt-out/")]
    by_program = Browser(story.app).client.post(way_out, data={"List-Unsubscribe": "One-Click"})
    assert by_program.status_code == 200

    stranger = story.browser_of(business.stranger)
    with inside(business.stranger) as session:
        theirs = vendors.add(session, by=business.stranger, name="Grey Heron", stage=Stage.ACTIVE).id
    for me, vendor_id, name in ((story.connector, story.vendor_id, "Cy Again"), (stranger, theirs, "Cy There")):
        again = f"{look_for(me, name, CY.upper(), vendor_id)}?letter=business"
        page = me.get(again)
        assert REFUSED in words(page)
        assert "Send to" not in words(page)
        refused = me.post(f"{again.partition('?')[0]}/letters/business", subject="Hello", body="Hello", press="1")
        assert refused.status_code == 422
        assert REFUSED in words(refused)
    assert outside(story.post.carry("2026-10-07 12:00")) == []
    assert len(story.post.box(CY)) == 1


def look_for(me: Browser, business: str, email: str, vendor_id: int) -> str:
    """Notes that a business looks for someone, and refers a vendor to it, also where that was done lately. The address
    of the referral."""
    added = press(me, "/openings/new", "Add", business=business, person="Cy Dale", email=email)
    assert added.status_code == 303, words(added)
    opening_id = added.location.partition("?")[0].rpartition("/")[2]
    path = f"/referrals/new?vendor_id={vendor_id}&opening_id={opening_id}"
    noted = press(me, path, "all the same" if "all the same" in words(me.get(path)) else "Prepare")
    assert noted.status_code == 303, words(noted)
    return noted.location.partition("?")[0]
