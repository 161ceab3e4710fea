"""Letters about introductions: what each says in both its parts, and that nothing typed breaks out of them."""

import pytest
from bs4 import BeautifulSoup

from crm.core import i18n
from crm.mail import drafts, messages
from crm.mail.drafts import Introduction
from crm.mail.messages import AnswerLink, OtherSide
from crm.mail.mime import Letter

PAGE = "https://crm.example.org/introductions/token"
ANSWERS = [
    AnswerLink("Yes, introduce us", f"{PAGE}?answer=yes"),
    AnswerLink("Not now", f"{PAGE}?answer=not_now"),
    AnswerLink("No, thank you", f"{PAGE}?answer=no"),
]
ABOUT = Introduction(
    vendor="Northlight Studio",
    vendor_person="Marta Kowalczyk",
    vendor_email="marta@northlight.example",
    business="Harbour Dental",
    business_person="Ewan Price",
    business_email="ewan@harbour.example",
    need="three short films",
    blurb="She is kind.",
    sender="Nadia",
)


def letter(**changes) -> Letter:
    values = {
        "subject": "Shall I introduce you?",
        "body": "Hi Marta,\n\nHarbour Dental\nneeds films.\n\nNadia",
        "signature": "Nadia Okafor of Fern & Flint",
        "postal_address": "12 Fern Lane\nLeeds LS1 1AA",
        "reply_to": ("Nadia Okafor", "nadia@fern.example"),
        "way_out": "https://crm.example.org/opt-out/token",
    }
    with i18n.speaking("en-GB"):
        return messages.referral(**{**values, **changes})


def page(made: Letter) -> BeautifulSoup:
    return BeautifulSoup(made.html, "html.parser")


def test_an_ask_offers_three_answers_in_both_parts() -> None:
    made = letter(answers=ANSWERS)
    links = [(link.get_text(), link["href"]) for link in page(made).select("a") if "/introductions/" in link["href"]]
    assert links == [(answer.words, answer.url) for answer in ANSWERS]
    for answer in ANSWERS:
        assert f"{answer.words}:\n{answer.url}\n" in made.text
    assert "passed on only if you both say yes" in " ".join(made.text.split())


def test_the_plain_part_reads_from_top_to_bottom() -> None:
    made = letter(answers=ANSWERS[:1], disclosure="So that you know.")
    assert made.text == (
        "Hi Marta,\n\nHarbour Dental\nneeds films.\n\nNadia\n\n"
        f"Yes, introduce us:\n{PAGE}?answer=yes\n\n"
        "No account needed. Your address is passed on only if you both say yes.\n\n"
        "So that you know.\n\n"
        "-- \nNadia Okafor of Fern & Flint\n12 Fern Lane\nLeeds LS1 1AA\n\n"
        "No more letters from here: https://crm.example.org/opt-out/token\n"
    )


def test_an_introduction_names_the_other_side_and_asks_nothing() -> None:
    made = letter(contact=OtherSide("Ewan Price of Harbour Dental", "o'ewan+films@harbour.example"))
    assert "Ewan Price of Harbour Dental\no'ewan+films@harbour.example\n" in made.text
    [link] = page(made).select('a[href^="mailto:"]')
    assert (link.get_text(), link["href"]) == (
        "o'ewan+films@harbour.example",
        "mailto:o%27ewan%2Bfilms@harbour.example",
    )
    assert "/introductions/" not in made.text + made.html
    assert "passed on" not in made.text + made.html


def test_thanks_have_only_their_words_and_the_way_out() -> None:
    made = letter()
    assert [link["href"] for link in page(made).select("a")] == ["https://crm.example.org/opt-out/token"]
    assert made.unsubscribe == "https://crm.example.org/opt-out/token"
    assert (made.reply_to, made.is_automatic) == (("Nadia Okafor", "nadia@fern.example"), False)


def test_what_we_get_for_it_stands_in_both_parts() -> None:
    made = letter(disclosure="So that you know: we get credit for it.")
    assert "So that you know: we get credit for it." in made.text
    assert "So that you know: we get credit for it." in page(made).get_text()


def test_nothing_typed_becomes_markup() -> None:
    evil = "<script>alert(1)</script>\"'>"
    made = letter(
        subject=evil,
        body=evil,
        signature=evil,
        postal_address=evil,
        disclosure=evil,
        contact=OtherSide(evil, f"{evil}@x.example"),
    )
    assert page(made).select("script") == []
    assert page(made).get_text().count("alert(1)") == 7


@pytest.mark.parametrize(
    "draft", [drafts.ask_vendor, drafts.ask_business, drafts.introduce, drafts.thank_vendor, drafts.thank_business]
)
def test_no_words_to_begin_with_tell_an_address(draft) -> None:
    with i18n.speaking("en-GB"):
        made = draft(ABOUT)
    assert "@" not in made.subject + made.body
    assert made.body.startswith("Hi ")
    assert made.body.endswith("\n\nNadia")


def test_thanks_name_whom_they_work_with() -> None:
    with i18n.speaking("en-GB"):
        to_vendor, to_business = drafts.thank_vendor(ABOUT), drafts.thank_business(ABOUT)
    assert (to_vendor.addresses, to_business.addresses) == (("marta@northlight.example",), ("ewan@harbour.example",))
    assert "working with Harbour Dental" in to_vendor.body
    assert "working with Northlight Studio" in to_business.body
