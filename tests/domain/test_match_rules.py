"""Who fits an opening, by tables: what speaks for a vendor, what rules them out, what to know, all of it in words."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain import match_rules
from crm.domain.match_rules import FINAL, LATELY, WEIGHED, Caution, Exclusion, Reason, judge
from crm.models.enums import Availability, RatePeriod, Stage, StandingLevel
from crm.queries.matches import OFFERED, Between, Candidate, Wanted

TODAY = date(2026, 10, 5)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
OPEN, LIMITED, FULL, UNKNOWN = Availability.OPEN, Availability.LIMITED, Availability.FULL, Availability.UNKNOWN
PREFERRED, APPROVED, CONDITIONAL, SUSPENDED = StandingLevel

VENDOR = Candidate(1, "Northlight Studio", availability=OPEN)
OPENING = Wanted(1, "Harbour Dental")
BETWEEN = Between(niche="Films")
DEAR = replace(VENDOR, currency="GBP", minimum_amount=80000, minimum_period=RatePeriod.PROJECT)


def paying(amount: int | None, currency: str = "GBP") -> Wanted:
    return replace(OPENING, budget_amount=amount, currency=currency if amount is not None else "")


def held(vendor: Candidate = VENDOR, opening: Wanted = OPENING, between: Between = BETWEEN) -> match_rules.Match:
    return judge(vendor, opening, between, TODAY)


def test_a_vendor_of_the_niche_with_room_fits() -> None:
    match = held()
    assert match.fits
    assert (match.reasons, match.exclusions, match.cautions) == ((Reason.NICHE, Reason.ROOM), (), ())


@pytest.mark.parametrize(
    ("vendor", "opening", "between", "exclusion"),
    [
        (VENDOR, replace(OPENING, closed_on=TODAY), BETWEEN, Exclusion.OVER),
        (VENDOR, replace(OPENING, until=YESTERDAY), BETWEEN, Exclusion.OVER),
        (VENDOR, replace(OPENING, until=TODAY), BETWEEN, None),
        (replace(VENDOR, do_not_contact=True), OPENING, BETWEEN, Exclusion.DO_NOT_CONTACT),
        (VENDOR, OPENING, replace(BETWEEN, standing=SUSPENDED), Exclusion.SUSPENDED),
        # A suspension holds until somebody lifts it.
        (VENDOR, OPENING, replace(BETWEEN, standing=SUSPENDED, standing_until=YESTERDAY), Exclusion.SUSPENDED),
        (VENDOR, OPENING, replace(BETWEEN, standing=CONDITIONAL), None),
        (VENDOR, OPENING, replace(BETWEEN, referred_there_on=date(2025, 1, 1)), Exclusion.REFERRED_THERE),
        (VENDOR, OPENING, replace(BETWEEN, referred_on=TODAY), Exclusion.REFERRED_LATELY),
        (VENDOR, OPENING, replace(BETWEEN, referred_on=date(2026, 9, 6)), Exclusion.REFERRED_LATELY),  # 29 days
        (VENDOR, OPENING, replace(BETWEEN, referred_on=date(2026, 9, 5)), None),  # 30 days
        (replace(VENDOR, availability=FULL), OPENING, BETWEEN, Exclusion.FULL),
        (replace(VENDOR, availability=FULL, availability_until=TODAY), OPENING, BETWEEN, Exclusion.FULL),
        (replace(VENDOR, availability=FULL, availability_until=YESTERDAY), OPENING, BETWEEN, None),
        (replace(VENDOR, availability=LIMITED), OPENING, BETWEEN, None),
        (replace(VENDOR, availability=UNKNOWN), OPENING, BETWEEN, None),
        (DEAR, paying(79999), BETWEEN, Exclusion.BUDGET),
        (DEAR, paying(0), BETWEEN, Exclusion.BUDGET),
        (DEAR, paying(80000), BETWEEN, None),
        (DEAR, paying(79999, "EUR"), BETWEEN, None),
        (DEAR, paying(None), BETWEEN, None),
        (replace(DEAR, minimum_period=RatePeriod.DAY), paying(1), BETWEEN, None),
        (VENDOR, paying(1), BETWEEN, None),
        (replace(VENDOR, stage=Stage.PARKED), OPENING, BETWEEN, None),
        *(
            (replace(VENDOR, stage=stage), OPENING, BETWEEN, Exclusion.STAGE)
            for stage in (Stage.PROSPECT, Stage.TRIAL, Stage.ENDED, Stage.NOT_A_FIT)
        ),
    ],
)  # fmt: skip
def test_what_rules_a_vendor_out(vendor, opening, between, exclusion) -> None:
    match = held(vendor, opening, between)
    assert match.exclusions == ((exclusion,) if exclusion else ())
    assert match.fits is (exclusion is None)
    assert match.is_refused is (exclusion in FINAL)
    assert match.is_weighed is (exclusion in WEIGHED)


def test_active_and_parked_vendors_are_offered() -> None:
    assert set(OFFERED) == {Stage.ACTIVE, Stage.PARKED}


@pytest.mark.parametrize(
    ("vendor", "opening", "between", "reasons"),
    [
        (VENDOR, OPENING, Between(), [Reason.ROOM]),
        (replace(VENDOR, availability=LIMITED), OPENING, BETWEEN, [Reason.NICHE, Reason.ROOM]),
        (replace(VENDOR, availability=UNKNOWN), OPENING, BETWEEN, [Reason.NICHE]),
        (replace(VENDOR, availability_until=YESTERDAY), OPENING, BETWEEN, [Reason.NICHE]),
        (VENDOR, OPENING, replace(BETWEEN, standing=PREFERRED), [Reason.NICHE, Reason.STANDING, Reason.ROOM]),
        (
            VENDOR,
            OPENING,
            replace(BETWEEN, standing=APPROVED, standing_until=TODAY),
            [Reason.NICHE, Reason.STANDING, Reason.ROOM],
        ),
        # Past its last day it is to be reviewed, and speaks for nobody.
        (VENDOR, OPENING, replace(BETWEEN, standing=PREFERRED, standing_until=YESTERDAY), [Reason.NICHE, Reason.ROOM]),
        (VENDOR, OPENING, replace(BETWEEN, standing=CONDITIONAL), [Reason.NICHE, Reason.ROOM]),
        (DEAR, paying(80000), BETWEEN, [Reason.NICHE, Reason.BUDGET, Reason.ROOM]),
        (DEAR, paying(80000, "EUR"), BETWEEN, [Reason.NICHE, Reason.ROOM]),
        (VENDOR, paying(80000), BETWEEN, [Reason.NICHE, Reason.ROOM]),
    ],
)
def test_what_speaks_for_a_vendor(vendor, opening, between, reasons) -> None:
    assert list(held(vendor, opening, between).reasons) == reasons


@pytest.mark.parametrize(
    ("vendor", "opening", "between", "caution"),
    [
        (VENDOR, OPENING, Between(), Caution.OTHER_WORK),
        (VENDOR, OPENING, replace(BETWEEN, standing=CONDITIONAL), Caution.CONDITIONAL),
        (VENDOR, OPENING, replace(BETWEEN, standing=PREFERRED, standing_until=YESTERDAY), Caution.REVIEW_DUE),
        (replace(VENDOR, leave_from=TODAY, leave_to=TOMORROW), OPENING, BETWEEN, Caution.AWAY),
        (replace(VENDOR, availability=UNKNOWN), OPENING, BETWEEN, Caution.ROOM_NOT_KNOWN),
        (replace(VENDOR, availability=FULL, availability_until=YESTERDAY), OPENING, BETWEEN, Caution.ROOM_NOT_KNOWN),
        (DEAR, OPENING, BETWEEN, Caution.BUDGET_NOT_KNOWN),
        (DEAR, paying(80000, "EUR"), BETWEEN, Caution.NOT_COMPARED),
        (replace(DEAR, minimum_period=RatePeriod.HOUR), paying(80000), BETWEEN, Caution.NOT_COMPARED),
    ],
)
def test_what_to_know_before_they_are_referred(vendor, opening, between, caution) -> None:
    assert held(vendor, opening, between).cautions == (caution,)


@pytest.mark.parametrize(
    ("match", "words"),
    [
        (held(DEAR, paying(120000)).why,
         "In their niche: Films. The budget of £1,200 reaches their minimum of £800 a project. Has room."),
        (held(between=replace(BETWEEN, standing=PREFERRED)).why,
         "In their niche: Films. In good standing: Preferred. Has room."),
        (held(replace(DEAR, availability=FULL, availability_until=TOMORROW), paying(30000)).why_not,
         "Full until Tue 6 Oct. The budget of £300 is below their minimum of £800 a project."),
        (held(replace(VENDOR, availability=FULL)).why_not, "Full at the moment."),
        (held(replace(VENDOR, do_not_contact=True), between=replace(BETWEEN, standing=SUSPENDED)).why_not,
         "They asked to be left alone. Suspended for this kind of work."),
        (held(between=replace(BETWEEN, referred_there_on=TODAY, referred_on=TODAY)).why_not,
         "Referred to Harbour Dental already, on Mon 5 Oct."),
        (held(between=replace(BETWEEN, referred_on=date(2026, 9, 20))).why_not,
         "Referred lately, on Sun 20 Sept: give others a turn until Tue 20 Oct."),
        (held(opening=replace(OPENING, until=YESTERDAY)).why_not, "Harbour Dental is not looking any more."),
        (held(replace(VENDOR, stage=Stage.PROSPECT)).why_not, "You haven’t worked with them yet."),
        (held(replace(VENDOR, stage=Stage.ENDED)).why_not, "You don’t work with them any more."),
        (held(replace(VENDOR, availability=FULL, availability_until=YESTERDAY)).to_know,
         "Their time was “Full” until Sun 4 Oct."),
        (held(replace(VENDOR, leave_from=TODAY, leave_to=TOMORROW)).to_know, "On leave until Tue 6 Oct."),
        (held(replace(VENDOR, availability=UNKNOWN)).to_know, "You don’t know whether they have room."),
        (held(DEAR).to_know, "Their minimum is £800 a project, and no budget is noted."),
        (held(DEAR, paying(50000, "EUR")).to_know,
         "The budget is €500 and their minimum £800 a project: not compared."),
    ],
)  # fmt: skip
def test_it_is_said_in_words(match, words) -> None:
    assert match == words


# Whatever is known

days = st.dates(date(2026, 8, 1), date(2026, 12, 1))
maybe = st.none() | days
money = st.none() | st.integers(0, 200_000)
candidates = st.builds(
    Candidate,
    st.just(1),
    st.just("Northlight Studio"),
    st.sampled_from(Stage),
    st.booleans(),
    st.sampled_from(Availability),
    maybe,
    maybe,
    maybe,
    st.sampled_from(["GBP", "EUR"]),
    money,
    st.none() | st.sampled_from(RatePeriod),
)
openings = st.builds(
    Wanted, st.just(1), st.just("Harbour Dental"), st.just(""), money, st.sampled_from(["GBP", "EUR"]), maybe, maybe
)
betweens = st.builds(
    Between, st.sampled_from(["", "Films"]), st.none() | st.sampled_from(StandingLevel), maybe, maybe, maybe
)


@given(candidates, openings, betweens, days)
def test_whatever_is_known_there_is_one_verdict_and_words_for_all_of_it(vendor, opening, between, today) -> None:
    match = judge(vendor, opening, between, today)
    points = [*match.reasons, *match.exclusions, *match.cautions]
    assert len(points) == len(set(points))
    assert match.fits is (bool(between.niche) and not match.exclusions)
    assert not (match.is_refused and match.is_weighed)
    for point in points:
        words = match_rules.say(point, match)
        assert words.endswith(".")
        assert "%(" not in words
        assert "None" not in words


@given(candidates, openings, betweens, days)
def test_whoever_fits_is_none_of_those_who_must_not_be_named(vendor, opening, between, today) -> None:
    if judge(vendor, opening, between, today).fits:
        assert not vendor.do_not_contact
        assert between.standing is not SUSPENDED
        assert between.referred_there_on is None
        assert between.referred_on is None or today - between.referred_on >= LATELY
        assert vendor.stage in OFFERED
        assert opening.until is None or opening.until >= today


@given(candidates, openings, betweens, days, st.integers(0, 400))
def test_time_alone_ends_being_referred_lately(vendor, opening, between, today, later) -> None:
    """Once the days have passed they stay passed."""
    before = judge(vendor, opening, between, today).exclusions
    after = judge(vendor, opening, between, today + timedelta(days=later)).exclusions
    if Exclusion.REFERRED_LATELY not in before:
        assert Exclusion.REFERRED_LATELY not in after


@given(candidates, openings, betweens, days, st.integers(0, 200_000))
def test_a_higher_budget_never_rules_anybody_out(vendor, opening, between, today, more) -> None:
    if opening.budget_amount is None:
        return
    richer = replace(opening, budget_amount=opening.budget_amount + more)
    less, higher = (judge(vendor, each, between, today) for each in (opening, richer))
    assert set(higher.exclusions) <= set(less.exclusions)
    assert set(higher.reasons) >= set(less.reasons)
