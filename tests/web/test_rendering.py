"""What is drawn once is drawn for what it shows, and for nothing else: no row stands in for another."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import Any

import pytest
from flask import g
from jinja2 import DictLoader, Environment, StrictUndefined, UndefinedError
from markupsafe import Markup

from crm.core import i18n
from crm.models.enums import Availability, Stage, Tier
from crm.web.frame import Bar
from crm.web.list_lines import Columns, Line
from crm.web.rendering import Drawings, NotPlain, key_of

pytestmark = pytest.mark.bare

TODAY = date(2026, 10, 5)
COLUMNS = Columns((("name", "Name"), ("stage", "Stage"), ("due", "Next"), ("tags", "Tags")), TODAY, "UTC", True)
LINE = Line(7, "Ann", "Films", False, (None, Stage.ACTIVE, date(2026, 10, 9), ("Beauty",)))
OTHERS = {
    "id": 71,
    "name": "Bea",
    "what_they_do": "Sound",
    "do_not_contact": True,
    "cells": (None, Stage.PARKED, date(2026, 10, 9), ("Beauty",)),
}


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Thing:
    value: Any
    other: Any = None


@pytest.fixture(autouse=True)
def _in_a_request(app):
    with app.test_request_context():
        yield


@pytest.fixture
def drawn(app):
    """As pages use it, with nothing drawn yet."""
    drawings = app.jinja_env.globals["drawn"]
    drawings.forget()
    return drawings


def drawings_of(**templates: str) -> Drawings:
    loader = DictLoader(templates)
    return Drawings(Environment(loader=loader, autoescape=True, undefined=StrictUndefined))


class TestARow:
    def test_is_drawn_once(self):
        seen: list[int] = []
        drawings = drawings_of(row="{{ seen(row.value) }}")
        drawings.environment.globals["seen"] = lambda value: seen.append(value) or value
        assert [drawings("row", None, [Thing(1), Thing(2), Thing(1)]) for _ in range(2)] == ["121", "121"]
        assert seen == [1, 2]

    @pytest.mark.parametrize("name", [field.name for field in fields(Line)])
    def test_that_differs_in_any_field_looks_different(self, drawn, name):
        other = replace(LINE, **{name: OTHERS[name]})
        first = drawn("vendors/_line.html", COLUMNS, [LINE])
        assert drawn("vendors/_line.html", COLUMNS, [other]) != first
        assert drawn("vendors/_line.html", COLUMNS, [LINE]) == first

    @pytest.mark.parametrize("cell", [Stage.PARKED, date(2026, 10, 10), ("Beauty", "Film")], ids=str)
    def test_that_differs_in_a_cell_looks_different(self, drawn, cell):
        cells = tuple(cell if type(cell) is type(before) else before for before in LINE.cells)
        rows = [LINE, replace(LINE, cells=cells)]
        assert drawn("vendors/_line.html", COLUMNS, rows[:1]) != drawn("vendors/_line.html", COLUMNS, rows[1:])

    @pytest.mark.parametrize(
        "other",
        [
            replace(COLUMNS, today=date(2026, 10, 9)),
            replace(COLUMNS, may_work=False),
            replace(COLUMNS, columns=(*COLUMNS.columns[:3], ("availability", "Time"))),
        ],
        ids=["day", "role", "column"],
    )
    def test_looks_different_on_another_page(self, drawn, other):
        line = replace(LINE, cells=(*LINE.cells[:3], Availability.FULL))
        assert drawn("vendors/_line.html", COLUMNS, [line]) != drawn("vendors/_line.html", other, [line])

    @pytest.mark.parametrize(
        ("one", "same"),
        [(1, True), (0, False), (1, 1.0), ("red", Colour.RED)],
        ids=repr,
    )
    def test_is_told_from_one_that_python_calls_equal(self, one, same):
        drawings = drawings_of(row="{{ row.value.__class__.__name__ }}{{ row.value }}")
        assert Thing(one) == Thing(same)
        assert key_of(Thing(one)) != key_of(Thing(same))
        first = drawings("row", None, [Thing(one)])
        assert drawings("row", None, [Thing(same)]) != first
        assert drawings("row", None, [Thing(one)]) == first

    def test_is_escaped_whatever_is_in_it(self, drawn):
        line = replace(LINE, name="<b>", what_they_do='"&', cells=(None, None, None, ("<i>",)))
        line = replace(line, cells=(None, Stage.ACTIVE, None, ("<i>",)))
        page = drawn("vendors/_line.html", COLUMNS, [line])
        assert isinstance(page, Markup)
        assert "<b>" not in page
        assert "<i>" not in page
        assert "&lt;b&gt;" in page

    @pytest.mark.parametrize(
        "value",
        [Markup("<b>"), ["a"], {"a": 1}, (1, ["a"]), object(), Thing(1), i18n.lazy("Name")],
        ids=lambda value: type(value).__name__,
    )
    def test_of_anything_that_could_change_or_is_markup_is_refused(self, value):
        with pytest.raises(TypeError):
            drawings_of(row="{{ row.value }}")("row", None, [Thing(value)])

    def test_of_markup_is_never_found_where_the_same_text_was_drawn(self):
        drawings = drawings_of(row="{{ row.value }}")
        assert drawings("row", None, [Thing("<b>")]) == "&lt;b&gt;"
        with pytest.raises(NotPlain):
            drawings("row", None, [Thing(Markup("<b>"))])

    def test_of_a_record_that_could_be_changed_is_refused(self):
        @dataclass
        class Loose:
            value: int

        with pytest.raises(NotPlain):
            drawings_of(row="{{ row.value }}")("row", None, [Loose(1)])


class TestADrawingKnowsNothingElse:
    @pytest.mark.parametrize("name", ["visit", "request", "session", "g", "config", "current_user", "today"])
    def test_neither_the_visit_nor_the_request(self, app, name):
        own = app.jinja_env.globals["drawn"].environment
        with pytest.raises(UndefinedError):
            own.from_string("{{ " + name + ".x }}").render()

    def test_nor_the_clock(self, app):
        assert "moment_ago" not in app.jinja_env.globals["drawn"].environment.filters

    @pytest.mark.parametrize("values", [{"_external": True}, {"_scheme": "https"}])
    def test_nor_the_host(self, app, values):
        own = app.jinja_env.globals["drawn"].environment
        with pytest.raises(NotPlain):
            own.globals["url_for"]("vendors.index", **values)

    def test_it_is_drawn_anew_in_another_language(self, drawn):
        plain = drawn("layouts/_keyboard.html")
        with i18n.speaking(i18n.PSEUDO):
            assert "⟦" in drawn("layouts/_keyboard.html")
        assert drawn("layouts/_keyboard.html") == plain

    def test_it_is_drawn_anew_below_another_path(self, app, drawn):
        assert '"/vendors/7"' in drawn("vendors/_line.html", COLUMNS, [LINE])
        with app.test_request_context("/", base_url="http://crm.example.org/crm/"):
            assert '"/crm/vendors/7"' in drawn("vendors/_line.html", COLUMNS, [LINE])


class TestTheTokenOfAForm:
    FORM = '<input name="csrf_token" value="{{ csrf_token() }}">{{ row.value }}'

    def test_is_each_visitor_s_own(self, app):
        drawings = drawings_of(row=self.FORM)
        tokens = []
        for _visitor in range(2):
            with app.app_context(), app.test_request_context():
                page = drawings("row", None, [Thing(1), Thing(2)])
                assert page.count(g.csrf_token) == 2
                tokens.append(g.csrf_token)
        assert tokens[0] != tokens[1]
        assert drawings.token_mark not in page

    def test_is_not_made_where_there_is_no_form(self, drawn):
        drawn("vendors/_line.html", COLUMNS, [replace(LINE, id=8)])
        assert "csrf_token" not in g

    def test_cannot_be_had_by_typing_its_mark(self):
        assert drawings_of(row="").token_mark != drawings_of(row="").token_mark

    def test_the_bar_has_one_for_each_of_its_forms(self, drawn):
        bar = Bar("board", "Fern", ((1, "Fern", True), (2, "Flint", False)), "Ann", "A", 1, 3, ("see",))
        assert drawn("layouts/_bar.html", bar).count(g.csrf_token) == 2
        assert drawn("layouts/_bar.html", replace(bar, businesses=())).count(g.csrf_token) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"nav": "today"},
        {"business": "Flint"},
        {"businesses": ((1, "Fern", False), (2, "Flint", True))},
        {"person": "Bea"},
        {"initials": "B"},
        {"tint": 2},
        {"todo_count": 4},
        {"unread_count": 1},
        {"acts": ("see", "work")},
        {"typed": "kettle"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_bar_that_differs_in_anything_looks_different(drawn, other):
    bar = Bar("board", "Fern", ((1, "Fern", True), (2, "Flint", False)), "Ann", "A", 1, 3, ("see",))
    bars = [drawn("layouts/_bar.html", each) for each in (bar, replace(bar, **other))]
    assert bars[0] != bars[1]


@pytest.mark.parametrize(("one", "same"), [(Tier.A, "A"), ((1,), (True,)), (((1,),), ((True,),))], ids=repr)
def test_a_key_holds_the_types_of_what_lies_within(one, same):
    assert Thing(one) == Thing(same)
    assert key_of(Thing(one)) != key_of(Thing(same))
