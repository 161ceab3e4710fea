"""How often a vendor is to hear from us, and whose wish that is."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.dates import FAR_END, CadenceUnit
from crm.domain.cadences import (
    STANDARD_DEFAULTS,
    Cadence,
    CadenceSource,
    ResolvedCadence,
    Wish,
    defaults_with,
    resolve,
    wish,
)
from crm.models.enums import CadenceChoice, Stage, Tier

SIX_WEEKS = Cadence(6, CadenceUnit.WEEKS)
MONTHLY = Cadence(1, CadenceUnit.MONTHS)
QUARTERLY = Cadence(3, CadenceUnit.MONTHS)
TEN_DAYS = Cadence(10, CadenceUnit.DAYS)

cadences = st.builds(Cadence, st.integers(1, 120), st.sampled_from(CadenceUnit))
days = st.dates(date(1990, 1, 1), date(2090, 12, 31))


def in_days(count: int) -> Cadence:
    return Cadence(count, CadenceUnit.DAYS)


@pytest.mark.parametrize(
    ("cadence", "anchor", "n", "expected"),
    [
        (TEN_DAYS, date(2026, 2, 20), 1, date(2026, 3, 2)),
        (TEN_DAYS, date(2026, 2, 20), 3, date(2026, 3, 22)),
        (SIX_WEEKS, date(2026, 10, 5), 1, date(2026, 11, 16)),
        (SIX_WEEKS, date(2026, 10, 5), 2, date(2026, 12, 28)),
        # Months clamp to the month's end and are counted from the anchor.
        (MONTHLY, date(2026, 1, 31), 1, date(2026, 2, 28)),
        (MONTHLY, date(2026, 1, 31), 2, date(2026, 3, 31)),
        (MONTHLY, date(2026, 1, 31), 3, date(2026, 4, 30)),
        (MONTHLY, date(2028, 1, 31), 1, date(2028, 2, 29)),
        (MONTHLY, date(2027, 12, 31), 2, date(2028, 2, 29)),
        (MONTHLY, date(2026, 11, 15), 2, date(2027, 1, 15)),
        (MONTHLY, date(2026, 11, 15), 1, date(2026, 12, 15)),
        (Cadence(12, CadenceUnit.MONTHS), date(2028, 2, 29), 1, date(2029, 2, 28)),
        (Cadence(12, CadenceUnit.MONTHS), date(2028, 2, 29), 4, date(2032, 2, 29)),
        (QUARTERLY, date(2026, 11, 30), 1, date(2027, 2, 28)),
    ],
)
def test_so_many_intervals_after_a_day(cadence: Cadence, anchor: date, n: int, expected: date) -> None:
    assert cadence.plus(anchor, n) == expected


@pytest.mark.parametrize("unit", CadenceUnit)
def test_an_interval_beyond_the_calendar_ends_where_the_calendar_does(unit: CadenceUnit) -> None:
    assert Cadence(10**12, unit).plus(date(2026, 1, 1), 1) == FAR_END
    assert Cadence(1, unit).first_after(date(9999, 12, 1), FAR_END) == FAR_END


@pytest.mark.parametrize("every", [0, -1])
def test_an_interval_is_at_least_one(every: int) -> None:
    with pytest.raises(ValueError, match="1 or more weeks"):
        Cadence(every, CadenceUnit.WEEKS)


@given(cadence=cadences, anchor=days, day=days)
def test_the_first_after_a_day_is_what_counting_one_by_one_finds(cadence: Cadence, anchor: date, day: date) -> None:
    n = 1
    while cadence.plus(anchor, n) <= day:
        n += 1
    assert cadence.first_after(anchor, day) == cadence.plus(anchor, n)


@given(cadence=cadences, earlier=days, later=days)
def test_a_later_anchor_never_gives_an_earlier_day(cadence: Cadence, earlier: date, later: date) -> None:
    earlier, later = sorted((earlier, later))
    assert cadence.plus(earlier, 1) <= cadence.plus(later, 1)


@pytest.mark.parametrize(
    ("stage", "tier", "expected"),
    [
        (Stage.PROSPECT, None, ResolvedCadence(in_days(14), CadenceSource.STAGE)),
        (Stage.TRIAL, None, ResolvedCadence(in_days(7), CadenceSource.STAGE)),
        (Stage.ACTIVE, None, ResolvedCadence(in_days(30), CadenceSource.STAGE)),
        (Stage.PARKED, None, ResolvedCadence(in_days(60), CadenceSource.STAGE)),
        (Stage.ENDED, None, ResolvedCadence(None, CadenceSource.STAGE)),
        (Stage.NOT_A_FIT, None, ResolvedCadence(None, CadenceSource.STAGE)),
        (Stage.PROSPECT, Tier.A, ResolvedCadence(in_days(30), CadenceSource.TIER)),
        (Stage.ACTIVE, Tier.B, ResolvedCadence(in_days(60), CadenceSource.TIER)),
        (Stage.PARKED, Tier.C, ResolvedCadence(in_days(90), CadenceSource.TIER)),
    ],
)
def test_without_a_wish_the_tier_decides_then_the_stage(
    stage: Stage, tier: Tier | None, expected: ResolvedCadence
) -> None:
    assert resolve(stage=stage, tier=tier) == expected


def test_its_own_interval_goes_before_its_tier() -> None:
    resolved = resolve(stage=Stage.ACTIVE, tier=Tier.A, own=SIX_WEEKS)
    assert resolved == ResolvedCadence(SIX_WEEKS, CadenceSource.OWN)


def test_an_explicit_none_goes_before_tier_and_stage() -> None:
    resolved = resolve(stage=Stage.ACTIVE, tier=Tier.A, own=CadenceChoice.NONE)
    assert resolved == ResolvedCadence(None, CadenceSource.NONE)


@pytest.mark.parametrize("own", [TEN_DAYS, CadenceChoice.NONE, CadenceChoice.DEFAULT])
def test_while_parked_the_parkings_interval_goes_before_everything(own: Wish) -> None:
    resolved = resolve(stage=Stage.PARKED, tier=Tier.A, own=own, parking=SIX_WEEKS)
    assert resolved == ResolvedCadence(SIX_WEEKS, CadenceSource.PARKING)


def test_a_parking_can_wish_for_no_check_ins() -> None:
    resolved = resolve(stage=Stage.PARKED, own=TEN_DAYS, parking=CadenceChoice.NONE)
    assert resolved == ResolvedCadence(None, CadenceSource.PARKING)


def test_a_parking_without_an_interval_leaves_it_to_the_vendor() -> None:
    assert resolve(stage=Stage.PARKED, own=TEN_DAYS) == ResolvedCadence(TEN_DAYS, CadenceSource.OWN)


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.PARKED])
def test_outside_the_parked_stage_a_parkings_interval_is_ignored(stage: Stage) -> None:
    resolved = resolve(stage=stage, own=TEN_DAYS, parking=SIX_WEEKS)
    assert resolved == ResolvedCadence(TEN_DAYS, CadenceSource.OWN)


def test_a_workspace_changes_its_defaults() -> None:
    defaults = defaults_with({Tier.A: SIX_WEEKS, Stage.PROSPECT: MONTHLY, Tier.C: None})
    assert resolve(stage=Stage.ACTIVE, tier=Tier.A, defaults=defaults).cadence == SIX_WEEKS
    assert resolve(stage=Stage.PROSPECT, defaults=defaults).cadence == MONTHLY
    assert resolve(stage=Stage.ACTIVE, tier=Tier.B, defaults=defaults).cadence == in_days(60)
    assert resolve(stage=Stage.ACTIVE, defaults=defaults).cadence == in_days(30)
    tier_without = resolve(stage=Stage.ACTIVE, tier=Tier.C, defaults=defaults)
    assert tier_without == ResolvedCadence(None, CadenceSource.TIER)
    assert STANDARD_DEFAULTS.by_tier[Tier.A] == in_days(30)


def test_a_wish_is_read_from_the_columns_that_keep_it() -> None:
    assert wish(CadenceChoice.OWN, 6, "weeks") == SIX_WEEKS
    assert wish(CadenceChoice.NONE, None, None) is CadenceChoice.NONE
    # What a form left behind does not count while the choice is another.
    assert wish(CadenceChoice.DEFAULT, 6, "weeks") is CadenceChoice.DEFAULT


@pytest.mark.parametrize(("every", "unit"), [(None, "weeks"), (6, None), (0, "weeks"), (6, "fortnights")])
def test_an_own_interval_must_be_whole(every: int | None, unit: str | None) -> None:
    with pytest.raises(ValueError, match=r"interval|repeats|fortnights"):
        wish(CadenceChoice.OWN, every, unit)


def test_as_text_a_cadence_can_be_stored_and_compared() -> None:
    assert str(SIX_WEEKS) == "6 weeks"
    assert str(resolve(stage=Stage.PARKED, parking=SIX_WEEKS)) == "6 weeks"
    assert str(resolve(stage=Stage.ENDED)) == ""
    # The same interval wished by someone else is the same: unparking then begins nothing anew.
    parked = resolve(stage=Stage.PARKED, own=TEN_DAYS, parking=TEN_DAYS)
    assert str(parked) == str(resolve(stage=Stage.ACTIVE, own=TEN_DAYS))
