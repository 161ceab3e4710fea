"""Briefs to begin with: one for each kind of work, and each of them one that could be written as it stands."""

from __future__ import annotations

from datetime import date

import pytest

from crm.core import limits
from crm.domain import brief_giving, brief_templates, trial_briefs
from crm.domain.brief_templates import TEMPLATES, BriefTemplate
from crm.domain.category_seed import SEED

EACH = pytest.mark.parametrize("template", TEMPLATES, ids=lambda each: each.key)


def test_there_is_one_for_each_category_of_the_seed_and_one_for_the_rest():
    assert [each.place for each in TEMPLATES] == [*range(len(SEED)), None]
    assert len({each.key for each in TEMPLATES}) == len(TEMPLATES)


@EACH
def test_each_can_be_written_as_it_stands(inside, business, template: BriefTemplate):
    with inside(business) as session:
        brief = trial_briefs.write(session, by=business.member, terms=template.terms())
        stored = trial_briefs.terms_of(session, brief)
    assert stored.title == str(template.title)
    assert {each.is_must for each in stored.conditions} == {True, False}, "musts and shoulds"
    assert len(stored.conditions) <= limits.TRIAL_CONDITIONS


@EACH
def test_each_says_what_to_do_what_comes_back_and_what_we_give(template: BriefTemplate):
    terms = template.terms()
    assert all((terms.skill, terms.deliverable, terms.given))
    assert terms.hours is not None
    assert not trial_briefs.is_long(terms.hours), "a trial, not a job"
    assert brief_templates.blanks(terms.body), "what only the business knows is marked"
    usual = [each.name for each in trial_briefs.usual_criteria()]
    assert [each.name for each in terms.criteria][-len(usual) :] == usual
    assert len({each.name.casefold() for each in terms.criteria}) == len(terms.criteria)


@EACH
def test_the_letter_of_each_leaves_in_one_piece(template: BriefTemplate):
    day = date(2026, 10, 5)
    draft = brief_giving.draft(template.terms(), to="Ana", address="", due_on=day, sender="Olive", today=day)
    assert len(draft.body) < limits.LETTER_LENGTH
    assert len(draft.subject) <= limits.SUBJECT_LENGTH


@pytest.mark.parametrize(
    ("names", "key"),
    [
        (("Words",), "words"),
        (("Words", "Newsletters"), "words"),
        (("words",), "words"),
        (("Candles", "Words"), None),
        (("Anything else",), None),
        ((), None),
    ],
)
def test_a_category_finds_its_own_by_the_name_at_the_top(names, key):
    found = brief_templates.for_category(names)
    assert (found.key if found else None) == key


def test_an_unknown_key_finds_none():
    assert brief_templates.find("words") is not None
    assert brief_templates.find("nonsense") is None


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("We are [what you do], for [whom].", ["[what you do]", "[whom]"]),
        ("[name] and [name]", ["[name]"]),
        ("See [our shop](https://fern.example)", []),
        ("Nothing [ ] here, not even [x]", []),
        ("A [line\nbreak] is none", []),
    ],
)
def test_what_is_still_to_be_filled_in_is_found(words, expected):
    assert brief_templates.blanks(words) == expected
