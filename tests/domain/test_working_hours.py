"""Hours of work in people's words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain.working_hours import DAY, NINE_TO_FIVE, WEEK, Hours, Span, Unread, read

WORKING_WEEK = frozenset(range(5))


def at(start, end):
    """at("9:00", "17:30") is that span; an end before the start lies on the next day."""
    begin, finish = (int(hour) * 60 + int(minute) for hour, minute in (text.split(":") for text in (start, end)))
    return Span(begin, finish if finish > begin else finish + DAY)


class TestOneSpan:
    @pytest.mark.parametrize(
        ("words", "start", "end"),
        [
            ("9–17", "9:00", "17:00"),
            ("9-17", "9:00", "17:00"),
            ("9 — 17 o’clock", "9:00", "17:00"),
            ("9:00 to 17:30", "9:00", "17:30"),
            ("9.30 – 17.00", "9:30", "17:00"),
            ("9h30-17h", "9:30", "17:00"),
            ("0900-1730", "9:00", "17:30"),
            ("from 8 until 16", "8:00", "16:00"),
            ("between 9 and 17", "9:00", "17:00"),
            ("9am-5pm", "9:00", "17:00"),
            ("9 a.m. to 5 p.m.", "9:00", "17:00"),
            ("9-5pm", "9:00", "17:00"),
            ("1-5pm", "13:00", "17:00"),
            ("8-8pm", "8:00", "20:00"),
            ("12am-8am", "0:00", "8:00"),
            ("noon to 6", "12:00", "18:00"),
            ("17 to midnight", "17:00", "24:00"),
            ("0-24", "0:00", "24:00"),
            ("1:00-5:00", "1:00", "5:00"),
            ("01-05", "1:00", "5:00"),
        ],
    )
    def test_is_read(self, words, start, end):
        assert read(words) == Hours.daily(at(start, end))

    @pytest.mark.parametrize("words", ["9-5", "9 to 5", "9:00–5:00", "9 till 5"])
    def test_ends_in_the_afternoon_where_the_end_comes_first_on_a_clock_of_twelve_hours(self, words):
        assert read(words) == Hours.daily(at("9:00", "17:00"))

    @pytest.mark.parametrize("words", ["22–6", "22:00 to 06:00", "10pm-6am", "10pm-6"])
    def test_goes_over_midnight(self, words):
        assert read(words) == Hours.daily(Span(22 * 60, 30 * 60))

    @given(st.integers(0, 10 * 60 - 1), st.integers(0, DAY - 1))
    def test_with_a_nought_in_front_is_taken_as_it_stands(self, start, end):
        words = f"{start // 60:02}:{start % 60:02}–{end // 60:02}:{end % 60:02}"
        if start == end:
            assert isinstance(read(words), Unread)
        else:
            assert read(words) == Hours.daily(Span(start, end if end > start else end + DAY))


class TestDays:
    @pytest.mark.parametrize(
        ("words", "days"),
        [
            ("Mon–Fri 9-17", WORKING_WEEK),
            ("monday to friday, 9-17", WORKING_WEEK),
            ("9-17 Mon-Fri", WORKING_WEEK),
            ("Weekdays 9–17", WORKING_WEEK),
            ("Mo-Fr: 9–17", WORKING_WEEK),
            ("Tue & Thu 9–17", {1, 3}),
            ("Mon, Wed and Fri from 9 until 17", {0, 2, 4}),
            ("weekends 9-17", {5, 6}),
            ("Fri to Mon 9–17", {4, 5, 6, 0}),
            ("every day 9–17", set(range(7))),
            ("9–17", set(range(7))),
        ],
    )
    def test_are_those_named_or_all(self, words, days):
        assert read(words) == NINE_TO_FIVE.on(days)

    @pytest.mark.parametrize("words", ["Mon–Fri 9–17, Sat 10–14", "9–17 Mon–Fri, 10–14 Sat"])
    def test_differ_in_their_hours(self, words):
        week = read(words)
        assert week.by_weekday == ((at("9:00", "17:00"),),) * 5 + ((at("10:00", "14:00"),), ())

    @pytest.mark.parametrize("words", ["Mon–Thu 9–12, 14–18", "Mon-Thu 9-12 and 2-6pm", "Mon to Thu 9–12, 2–6"])
    def test_have_several_spans(self, words):
        assert read(words) == Hours.daily(at("9:00", "12:00"), at("14:00", "18:00")).on(range(4))

    def test_have_spans_that_touch_as_one(self):
        assert read("12–17, 9–12") == NINE_TO_FIVE


class TestNotUnderstood:
    @pytest.mark.parametrize(
        ("words", "rest"),
        [
            ("", ""),
            ("   ", ""),
            ("Mornings", "Mornings"),
            ("9–17 CET", "CET"),
            ("9–17 (Berlin)", "Berlin"),
            ("mostly 9–17", "mostly"),
            ("9", "9"),
            ("9–25", "9-25"),
            ("9:75–17", "9:75-17"),
            ("13pm–5pm", "13pm-5pm"),
            ("09–09", "09-09"),
            ("1–5", "1-5"),
            ("Mon", ""),
            ("Mon–Thu 9–17, Fri", ""),
        ],
    )
    def test_says_which_words(self, words, rest):
        assert read(words) == Unread(rest)

    @given(st.text(max_size=60))
    def test_nothing_typed_breaks_it(self, words):
        found = read(words)
        assert isinstance(found, Unread) or len(found.by_weekday) == WEEK

    def test_long_words_take_no_time(self):
        assert isinstance(read("9" * 500), Unread)
        assert isinstance(read("9 " * 250 + "x"), Unread)
        assert isinstance(read("between " * 60), Unread)
