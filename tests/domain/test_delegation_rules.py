"""What the delegation board suggests and warns of: the rules as tables, and what holds whatever the values."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain import delegation_rules as rules
from crm.domain.delegation_rules import Finding, findings
from crm.domain.trust_scores import Band
from crm.models.enums import Hint, Level, Stage, WorkOutcome
from crm.queries.delegation_hints import Area, Board, Breach, Held, PutOff, Work

TODAY = date(2026, 10, 5)
LONG_AGO = TODAY - timedelta(days=200)
ACCEPTED, REJECTED, CALLED_OFF = WorkOutcome.ACCEPTED, WorkOutcome.REJECTED, WorkOutcome.CALLED_OFF
BREACH = Breach(90, "Sold our list", TODAY - timedelta(days=3))


def area(level: int = 4, **more: object) -> Area:
    given: dict[str, object] = {"since": LONG_AGO, "has_procedure": True, "has_limit": True, **more}
    return Area(7, "Titles", Level(level), **given)  # type: ignore[arg-type]


def works(signs: str, *, area_id: int | None = 7, ends: date = TODAY, first_id: int = 1) -> list[Work]:
    """One work a day up to ``ends``: ``a`` accepted, ``c`` accepted after a change, ``l`` accepted late,
    ``r`` rejected, ``x`` called off, ``o`` overdue and open; in capitals where we did not give what we had promised."""
    return [
        _work(sign, first_id + place, ends - timedelta(days=len(signs) - 1 - place), area_id)
        for place, sign in enumerate(signs)
    ]


def _work(sign: str, number: int, day: date, area_id: int | None) -> Work:
    kind, is_open = sign.lower(), sign.lower() == "o"
    outcomes = {"r": REJECTED, "x": CALLED_OFF, "o": None}
    return Work(
        id=number,
        area_id=area_id,
        title=f"Work {number}",
        outcome=outcomes.get(kind, ACCEPTED),
        decided_on=None if is_open else day,
        original_due_on=day - timedelta(days=9) if kind in "lo" else day,
        delivered_on=None if is_open else day,
        rounds=1 if kind == "c" else 0,
        gave_promised=sign.islower(),
    )


def board(*areas: Area, signs: str = "", stage: Stage = Stage.ACTIVE, **more: object) -> Board:
    given: dict[str, object] = {"areas": list(areas), "works": works(signs), **more}
    return Board(1, "Silas", stage, **given)  # type: ignore[arg-type]


def found(known: Board, *, ability: Band = Band.GOOD, today: date = TODAY) -> list[Finding]:
    return findings(known, today, ability=lambda: ability)


def kinds(known: Board, **more: object) -> list[Hint]:
    return [each.kind for each in found(known, **more) if each.put_off is None]  # type: ignore[arg-type]


def level_of(known: Board, kind: Hint, **more: object) -> int | None:
    """Where the suggestion leads to; None where there is none."""
    return next((each.to_level for each in found(known, **more) if each.kind is kind), None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("signs", "level", "leads_to"),
    [
        ("aaaaa", 4, 5),
        ("aaaa", 4, None),
        ("aaaaaaaa", 6, 7),
        ("aaaaa", 7, None),
        ("aacaa", 4, None),  # a round of changes breaks the row
        ("caaaaa", 4, 5),
        ("aaraa", 4, None),
        ("raaaaa", 4, 5),
        ("aaaxaa", 4, 5),  # what was called off says nothing
        ("aaaaar", 4, None),
        ("lllll", 4, 5),  # lateness has rules of its own
        ("aaaaao", 4, 5),
        ("AAAAA", 4, 5),
    ],
)
def test_five_accepted_in_a_row_suggest_one_level_up(signs, level, leads_to):
    assert level_of(board(area(level), signs=signs), Hint.LEVEL_UP) == leads_to


@pytest.mark.parametrize(
    ("ability", "is_suggested"),
    [
        (Band.HIGH, True),
        (Band.GOOD, True),
        (Band.MIXED, False),
        (Band.LOW, False),
        (Band.NOT_ENOUGH_EVIDENCE, False),
    ],
)
def test_a_level_up_asks_for_ability(ability, is_suggested):
    known = board(area(), signs="aaaaa")
    assert (level_of(known, Hint.LEVEL_UP, ability=ability) is not None) == is_suggested


def test_ability_is_asked_only_where_everything_else_holds():
    def never() -> Band:
        raise AssertionError("asked")

    findings(board(area(), signs="aaaa"), TODAY, ability=never)
    findings(board(area(7), signs="aaaaa"), TODAY, ability=never)


@pytest.mark.parametrize(("days", "is_suggested"), [(0, False), (29, False), (30, True), (31, True)])
def test_a_level_stays_thirty_days(days, is_suggested):
    known = board(area(since=TODAY - timedelta(days=days)), signs="aaaaa")
    assert (level_of(known, Hint.LEVEL_UP) is not None) == is_suggested


def test_an_open_breach_suggests_no_level_up():
    assert kinds(board(area(3), signs="aaaaa", breaches=[BREACH])) == []


def test_after_thirty_days_at_a_level_a_row_that_still_stands_carries_the_next_step():
    before = works("aaaaa", ends=TODAY - timedelta(days=40))
    assert kinds(board(area(5, since=TODAY - timedelta(days=29)), works=before)) == []
    assert level_of(board(area(5, since=TODAY - timedelta(days=30)), works=before), Hint.LEVEL_UP) == 6


def test_its_evidence_are_the_five_deliveries():
    [hint] = found(board(area(), signs="caaaaa"))
    assert [(fact.kind, fact.id, fact.words) for fact in hint.evidence] == [
        ("work", number, f"Work {number}") for number in range(2, 7)
    ]
    assert hint.evidence[-1].day == TODAY


def test_works_of_another_area_do_not_count():
    known = board(area(), works=works("aaaa") + works("a", area_id=8, first_id=9))
    assert kinds(known) == []


@pytest.mark.parametrize(("level", "leads_to"), [(1, None), (2, None), (3, None), (4, 3), (5, 3), (7, 3)])
def test_a_breach_suggests_level_three_at_the_most(level, leads_to):
    assert level_of(board(area(level), breaches=[BREACH]), Hint.CAP_AFTER_BREACH) == leads_to


@pytest.mark.parametrize(
    ("signs", "level", "leads_to"),
    [
        ("rr", 6, 4),
        ("rr", 3, 1),
        ("rr", 2, 1),
        ("rr", 1, None),
        ("r", 6, None),
        ("rar", 6, None),
        ("rrx", 6, 4),
        ("rra", 6, None),
        ("arrr", 7, 5),
        ("RR", 6, 4),
    ],
)
def test_two_rejections_running_suggest_two_levels_down(signs, level, leads_to):
    assert level_of(board(area(level), signs=signs), Hint.STEP_DOWN) == leads_to


def test_a_step_down_answers_its_rejections():
    at = TODAY - timedelta(days=1)
    stepped = area(4, since=at, lowered_on=at)
    assert kinds(board(stepped, works=works("rr", ends=at))) == []
    assert kinds(board(stepped, works=works("rr", ends=at) + works("R", first_id=9))) == []
    later = works("rr", ends=at + timedelta(days=5), first_id=9)
    assert level_of(board(stepped, works=works("rr", ends=at) + later), Hint.STEP_DOWN) == 2


@pytest.mark.parametrize(
    ("level", "kind", "leads_to"),
    [(7, Hint.CAP_AFTER_BREACH, 3), (5, Hint.CAP_AFTER_BREACH, 3), (4, Hint.STEP_DOWN, 2)],
)
def test_of_two_suggestions_for_an_area_the_more_cautious_shows(level, kind, leads_to):
    shown = found(board(area(level), signs="rr", breaches=[BREACH]))
    assert [(each.kind, each.to_level) for each in shown] == [(kind, leads_to)]


def test_the_next_shows_where_the_more_cautious_is_put_off():
    put_off = PutOff(1, Hint.CAP_AFTER_BREACH, 7, 1, TODAY + timedelta(days=9), frozenset({BREACH.id}))
    known = board(area(7), signs="rr", breaches=[BREACH], put_off=[put_off])
    assert kinds(known) == [Hint.STEP_DOWN]


@pytest.mark.parametrize(
    ("signs", "is_asked"),
    [
        ("rrr", True),
        ("lll", True),
        ("rlr", True),
        ("llo", True),  # not delivered, and the first day has gone by
        ("ooo", True),
        ("all", False),
        ("lla", False),
        ("llal", False),
        ("rRr", False),  # we did not give what we had promised
        ("RRRlll", True),
        ("cll", False),
        ("lxll", True),
    ],
)
def test_three_late_or_rejected_running_ask_whether_to_look_elsewhere(signs, is_asked):
    known = board(area(1), signs=signs)
    assert (Hint.LOOK_ELSEWHERE in kinds(known)) == is_asked


def test_nobody_said_whether_we_gave_it_is_not_a_yes():
    silent = [replace(work, gave_promised=None) for work in works("lll")]
    assert kinds(board(area(1), works=silent)) == []


def test_late_in_one_area_and_in_all_together_both_count():
    elsewhere = works("aaa", area_id=8, first_id=50)
    assert Hint.LOOK_ELSEWHERE in kinds(board(area(1), works=works("lll") + elsewhere))
    mixed = [*works("l", area_id=7), *works("l", area_id=8, first_id=2), *works("l", area_id=None, first_id=3)]
    assert Hint.LOOK_ELSEWHERE in kinds(board(area(1), works=mixed))


@pytest.mark.parametrize(
    ("due", "delivered", "is_late"),
    [(0, 0, False), (0, 1, True), (0, -1, False), (-1, None, True), (0, None, False), (1, None, False)],
)
def test_late_is_against_the_original_date(due, delivered, is_late):
    day = None if delivered is None else TODAY + timedelta(days=delivered)
    work = Work(1, 7, "Titles", None, None, TODAY + timedelta(days=due), day)
    assert rules.was_late(work, TODAY) == is_late


@pytest.mark.parametrize(
    ("level", "written", "warns"), [(4, False, False), (5, False, True), (5, True, False), (7, False, True)]
)
def test_from_level_five_on_a_procedure_is_missed(level, written, warns):
    assert (kinds(board(area(level, has_procedure=written))) == [Hint.NO_PROCEDURE]) == warns


@pytest.mark.parametrize(
    ("level", "spends", "limited", "warns"),
    [(5, True, False, False), (6, True, False, True), (7, True, True, False), (7, False, False, False)],
)
def test_from_level_six_on_money_asks_for_a_limit(level, spends, limited, warns):
    known = board(area(level, spends_money=spends, has_limit=limited))
    assert (kinds(known) == [Hint.NO_LIMIT]) == warns


@pytest.mark.parametrize(
    ("stage", "warns"),
    [
        (Stage.PROSPECT, False),
        (Stage.TRIAL, False),
        (Stage.ACTIVE, False),
        (Stage.PARKED, True),
        (Stage.ENDED, True),
        (Stage.NOT_A_FIT, True),
    ],
)
def test_access_that_still_stands_is_warned_of(stage, warns):
    assert (kinds(board(stage=stage, accesses=[Held(3, "The blog", LONG_AGO)])) == [Hint.OPEN_ACCESS]) == warns


@pytest.mark.parametrize("stage", [Stage.ENDED, Stage.NOT_A_FIT])
def test_of_those_we_have_parted_with_nothing_else_is_said(stage):
    known = board(area(7, has_procedure=False), signs="rrr", breaches=[BREACH], stage=stage)
    assert kinds(known) == []


class TestPuttingOff:
    def test_it_hides_until_its_day(self):
        put_off = PutOff(1, Hint.LEVEL_UP, 7, 1, TODAY + timedelta(days=30))
        known = board(area(), signs="aaaaa", put_off=[put_off])
        assert kinds(known) == []
        assert kinds(known, today=TODAY + timedelta(days=29)) == []
        assert kinds(known, today=TODAY + timedelta(days=30)) == [Hint.LEVEL_UP]
        [hidden] = found(known)
        assert hidden.put_off == put_off

    def test_another_kind_or_area_is_not_hidden(self):
        for kind, area_id in ((Hint.STEP_DOWN, 7), (Hint.LEVEL_UP, 8), (Hint.LEVEL_UP, None)):
            put_off = PutOff(1, kind, area_id, 1, TODAY + timedelta(days=30))
            assert kinds(board(area(), signs="aaaaa", put_off=[put_off])) == [Hint.LEVEL_UP]

    def test_further_deliveries_are_no_new_cause(self):
        put_off = PutOff(1, Hint.LEVEL_UP, 7, 1, TODAY + timedelta(days=30))
        assert kinds(board(area(), signs="aaaaaaaa", put_off=[put_off])) == []

    def test_another_breach_shows_it_again_and_a_mended_one_does_not(self):
        put_off = PutOff(1, Hint.CAP_AFTER_BREACH, 7, 1, TODAY + timedelta(days=30), frozenset({89, 90}))
        assert kinds(board(area(5), breaches=[BREACH], put_off=[put_off])) == []
        another = replace(BREACH, id=91)
        assert kinds(board(area(5), breaches=[BREACH, another], put_off=[put_off])) == [Hint.CAP_AFTER_BREACH]

    def test_a_third_rejection_shows_it_again(self):
        put_off = PutOff(1, Hint.STEP_DOWN, 7, 1, TODAY + timedelta(days=30), frozenset({1, 2}))
        assert kinds(board(area(5), signs="rr", put_off=[put_off])) == []
        assert kinds(board(area(5), works=works("rr") + works("R", first_id=3), put_off=[put_off])) == [Hint.STEP_DOWN]


signs = st.text(alphabet="aclrxoACLR", max_size=9)
levels = st.integers(1, 7)
breaches = st.sampled_from([[], [BREACH]])


@given(signs, levels, breaches)
def test_an_area_has_one_suggestion_at_the_most(each, level, open_breaches):
    shown = [hint for hint in found(board(area(level), signs=each, breaches=open_breaches)) if hint.to_level]
    assert len(shown) <= 1


@given(signs, levels, breaches)
def test_a_suggestion_leads_somewhere_else_and_stays_on_the_scale(each, level, open_breaches):
    for hint in found(board(area(level), signs=each, breaches=open_breaches)):
        if hint.to_level is not None:
            assert 1 <= hint.to_level <= 7
            assert hint.to_level != level
            assert hint.to_level <= level + 1
            assert hint.evidence


@given(signs, levels, st.integers(1, 4))
def test_more_accepted_never_takes_a_level_up_away(each, level, more):
    before = level_of(board(area(level), signs=each), Hint.LEVEL_UP)
    after = level_of(board(area(level), works=works(each) + works("a" * more, first_id=50)), Hint.LEVEL_UP)
    assert before is None or after == before


@given(signs, levels)
def test_a_breach_never_raises_anything(each, level):
    with_breach = found(board(area(level), signs=each, breaches=[BREACH]))
    assert all(hint.to_level is None or hint.to_level < level for hint in with_breach)


@given(signs, levels, breaches, st.randoms(use_true_random=False))
def test_the_order_in_which_works_were_read_does_not_matter(each, level, open_breaches, chance):
    known = works(each)
    mixed = list(known)
    chance.shuffle(mixed)
    first = found(board(area(level), works=known, breaches=open_breaches))
    assert found(board(area(level), works=mixed, breaches=open_breaches)) == first


@given(signs, levels, breaches, st.integers(0, 60))
def test_a_not_yet_to_all_hides_all_for_thirty_days_exactly(each, level, open_breaches, later):
    known = board(area(level, since=None, has_procedure=False), signs=each, breaches=open_breaches)
    day = TODAY + timedelta(days=100)  # what is open is late by then, and stays so

    def hide(hints: list[Finding]) -> list[PutOff]:
        until = day + timedelta(days=rules.PUT_OFF_DAYS)
        return [PutOff(9, hint.kind, hint.area.id if hint.area else None, 1, until, hint.about) for hint in hints]

    hidden = replace(known, put_off=hide(found(known, today=day)))
    hidden = replace(hidden, put_off=hide(found(hidden, today=day)))  # a suggestion that stood behind another
    shown = kinds(hidden, today=day + timedelta(days=later))
    assert shown == ([] if later < 30 else kinds(known, today=day))
