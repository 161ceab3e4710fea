"""The parts that pages are made of say the same to the eye, to a screen reader and to a keyboard."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask, render_template_string
from flask_wtf import CSRFProtect, FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, DateField, FileField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from crm.web import assets, templating

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 24)

Render = Callable[..., str]


class VendorForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    name = StringField("Name", [InputRequired("Type the vendor's name"), Length(max=80)], description="As they say it")
    niche = StringField("What they do")
    notes = TextAreaField("Notes")
    check = DateField("First check-in", [InputRequired("Pick a day")])
    stage = RadioField(
        "Where you stand", choices=[SelectChoice("trial", "Trial task"), SelectChoice("active", "Active")]
    )
    owner = SelectField("Looked after by", choices=[SelectChoice("1", "Nadia")])
    private = BooleanField("Only for me")
    contract = FileField("Contract")


@pytest.fixture
def shop() -> Flask:
    app = Flask("components", static_folder=None, template_folder=str(ROOT / "templates"))
    app.config["SECRET_KEY"] = "for these pages alone"
    CSRFProtect(app)
    templating.install(app)
    assets.install(app)
    return app


@pytest.fixture
def render(shop: Flask) -> Iterator[Render]:
    """render("{{ due(day, today) }}", day=...) with all components at hand."""
    heads = (
        '{% from "components/forms.html" import field, choices, error_summary, hidden, act, form_foot %}'
        '{% from "components/parts.html" import due, tile, avatar, trust, thread, pager, entry, move_list %}'
    )
    with shop.test_request_context("/"):
        yield lambda text, **values: render_template_string(heads + text, **values)


def form(**typed: str) -> VendorForm:
    """The form as it was sent, with these values, and judged."""
    sent = VendorForm(MultiDict(typed), meta={"csrf": False})
    sent.validate()
    return sent


def test_a_field_asks_helps_corrects_and_then_shows_its_box(render: Render) -> None:
    html = render("{{ field(form.name) }}", form=form())
    order = [html.index(part) for part in ("<label", 'class="help"', 'class="error"', "<input")]
    assert order == sorted(order)
    assert 'aria-describedby="name-help name-error"' in html
    assert 'aria-invalid="true"' in html
    assert 'for="name"' in html
    assert 'id="name"' in html


def test_a_field_without_a_mistake_claims_none(render: Render) -> None:
    html = render("{{ field(form.name) }}", form=form(name="Wren"))
    assert "aria-invalid" not in html
    assert 'aria-describedby="name-help"' in html


def test_optional_fields_are_marked_and_required_ones_are_not(render: Render) -> None:
    values = form()
    assert "(optional)" in render("{{ field(form.niche) }}", form=values)
    assert "(optional)" not in render("{{ field(form.name) }}", form=values)
    assert "(optional)" not in render("{{ field(form.owner) }}", form=values)
    assert "(optional)" not in render("{{ field(form.niche, optional=False) }}", form=values)


def test_every_kind_of_field_has_its_box(render: Render) -> None:
    values = form()
    assert "<textarea" in render("{{ field(form.notes) }}", form=values)
    assert 'type="date"' in render("{{ field(form.check) }}", form=values)
    assert "<select" in render("{{ field(form.owner) }}", form=values)
    assert 'type="file"' in render("{{ field(form.contract) }}", form=values)
    assert re.search(r'class="check"[^>]*><input[^>]+type="checkbox"', render("{{ field(form.private) }}", form=values))
    radios = render("{{ field(form.stage) }}", form=values)
    assert radios.count('type="radio"') == 2
    assert "<fieldset" in radios
    assert "<legend>" in radios


def test_what_was_typed_is_shown_again_and_never_as_markup(render: Render) -> None:
    html = render("{{ field(form.niche) }}", form=form(niche='"><script>alert(1)</script>'))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_the_summary_leads_to_each_box_that_needs_work(render: Render) -> None:
    html = render("{{ error_summary(form) }}", form=form())
    assert '<a href="#name">Type the vendor&#39;s name</a>' in html
    assert '<a href="#check">Pick a day</a>' in html
    assert 'tabindex="-1"' in html
    right = form(name="Wren", check="2026-12-01", stage="trial", owner="1")
    assert render("{{ error_summary(form) }}", form=right) == ""


def test_a_form_of_one_button_carries_the_token(render: Render) -> None:
    html = render("{{ act('/done', 'Done', key='d') }}")
    assert 'method="post"' in html
    assert 'name="csrf_token"' in html
    assert 'aria-keyshortcuts="d"' in html


@pytest.mark.parametrize(
    ("day", "kind", "words"),
    [
        (None, "none", "Not planned"),
        (date(2026, 11, 21), "late", "3 days late"),
        (date(2026, 11, 23), "late", "1 day late"),
        (TODAY, "today", "Today"),
        (date(2026, 11, 27), "due", "Fri 27 Nov"),
        (date(2027, 1, 5), "due", "Tue 5 Jan 2027"),
    ],
)
def test_a_due_date_says_its_state_in_words_and_shape(render: Render, day: date | None, kind: str, words: str) -> None:
    html = render("{{ due(day, today) }}", day=day, today=TODAY)
    assert words in html
    assert kind in html
    assert "<use " in html
    assert day is None or f'datetime="{day.isoformat()}"' in html


def test_a_teammate_alone_is_named(render: Render) -> None:
    nadia = SimpleNamespace(name="Nadia Okafor", initials="NO", tint=1)
    assert 'aria-label="Nadia Okafor"' in render("{{ avatar(who) }}", who=nadia)
    assert 'aria-hidden="true"' in render("{{ avatar(who, alone=False) }}", who=nadia)


def test_a_vendor_without_a_first_letter_still_has_a_tile(render: Render) -> None:
    assert ">?<" in render("{{ tile(who) }}", who=SimpleNamespace(name=" ", tint=2))


def test_a_move_that_asks_first_is_a_link_and_another_is_a_button(render: Render) -> None:
    moves = [
        ("active", "Active", "/vendors/7/stage", False),
        ("parked", "Parked for later", "/vendors/7/parking/new", True),
    ]
    html = render("{{ move_list(moves) }}", moves=moves)
    assert re.search(r'<button name="stage" value="active" data-to="active"', html)
    assert re.search(r'<a href="/vendors/7/parking/new" data-behaviour="sheet" data-to="parked"', html)


def test_trust_that_is_not_known_shows_no_figure(render: Render) -> None:
    html = render("{{ trust(none) }}")
    assert "No trust notes yet" in html
    assert "<svg" not in html


def test_drawings_have_a_sentence_and_no_style(render: Render) -> None:
    html = render(
        "{{ thread([(10, 'knot'), (40, 'gift')], [(10, 40, 'whole'), (40, 60, 'late')], 'Quiet since June', now=60, "
        "next=(65, true), flag=80) }}"
    )
    assert 'role="img" aria-label="Quiet since June"' in html
    assert "style=" not in html


def test_a_private_entry_says_who_can_see_it(render: Render) -> None:
    html = render("{% call entry('pencil', 'Note', private_words='Only you can see this') %}<p>…</p>{% endcall %}")
    assert "Only you can see this" in html
    assert "#lock" in html


def test_a_list_on_one_page_has_no_pager(render: Render) -> None:
    assert render("{{ pager(none, none) }}").strip() == ""
    assert 'rel="next"' in render("{{ pager(none, '?page=2') }}")
