"""What tells how somebody is reached is found among other words, and nothing else is taken for it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain import contact_details


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("Write to ewan@harbour.example.", "Write to …."),
        ("EWAN@HARBOUR.EXAMPLE", "…"),
        ("Ewan <ewan.price+films@harbour.example>, or", "Ewan <…>, or"),
        ("mailto:ewan@harbour.example", "mailto:…"),
        ("ewan@localhost", "…"),
        ("Call +44 (113) 496-0123 now", "Call … now"),
        ("Call 0044 113 4960123", "Call …"),
        ("(0113) 496 0123", "…"),
        ("+44 (0) 113 496 0123", "…"),
        ("01.13.49.60.12", "…"),
        ("tel:01134960123", "tel:…"),
        ("020–7946–0000", "…"),
        ("020/7946000", "…"),
        ("612 345 678", "…"),
        ("on 2026-10-05 call 0113 496 0123 or write to a@b.example", "on 2026-10-05 call … or write to …"),
        ("£500, 0113 496 0123", "£500, …"),
    ],
)
def test_an_address_or_a_number_is_left_out(words: str, left: str) -> None:
    assert contact_details.has_any(words)
    assert contact_details.left_out(words) == left


@pytest.mark.parametrize(
    "words",
    [
        "",
        "three short films",
        "10–12 films of 90 seconds, 24/7",
        "from 2026-10-05 to 2026-11-30",
        "5.10.2026 - 7.10.2026",
        "05/10/2026",
        "in 2026–2027 or 2026/2027",
        "£10 000 000",
        "€25 000 - 30 000",
        "EUR 1,500,000.00",
        "10 000 000 EUR",
        "$1000000-$2000000",
        "at 12:30, room 404",
        "follow @harbour or us",
        "1234\n567",
    ],
)
def test_what_reaches_nobody_stays(words: str) -> None:
    assert not contact_details.has_any(words)
    assert contact_details.left_out(words) == words


@given(st.text(alphabet="a1 0+()@.-/€£–\n", max_size=80))
def test_what_was_left_out_once_leaves_nothing_more(words: str) -> None:
    assert contact_details.has_any(words) == (contact_details.left_out(words) != words)


@pytest.mark.parametrize("piece", ["a", "1", "1 ", "1,000", "+", "2026-", "@", "€1 - "])
def test_eight_times_as_many_words_take_nowhere_near_eight_times_eight(piece: str) -> None:
    def cost(times: int) -> float:
        began = time.process_time()
        contact_details.left_out(piece * times)
        return time.process_time() - began

    few, many = (min(cost(times) for _round in range(3)) for times in (1_000, 8_000))
    assert many < 30 * max(few, 0.001)
