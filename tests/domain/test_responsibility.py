"""Who is reminded of what, as a table: nobody is told twice, and nothing is left to nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain.responsibility import BACKUP_TOO_AFTER, Team, Told, responsible

OWNER, BACKUP, ADA, OLIVE, GONE = 1, 2, 3, 4, 9
HERE = frozenset({OWNER, BACKUP, ADA, OLIVE})
ADMINS = (ADA, OLIVE)


def team(*away, active=HERE, admins=ADMINS):
    return Team(active, admins, frozenset(away))


TABLE = [
    # owner, backup, team, days past day 0, who is told, whose it is, whether they are away
    (OWNER, BACKUP, team(), 0, (OWNER,), OWNER, False),
    (OWNER, BACKUP, team(), -30, (OWNER,), OWNER, False),
    (OWNER, BACKUP, team(), 6, (OWNER,), OWNER, False),
    (OWNER, BACKUP, team(), 7, (OWNER, BACKUP), OWNER, False),
    (OWNER, None, team(), 30, (OWNER,), OWNER, False),
    (OWNER, OWNER, team(), 30, (OWNER,), OWNER, False),
    (OWNER, GONE, team(), 30, (OWNER,), OWNER, False),
    (OWNER, BACKUP, team(BACKUP), 30, (OWNER,), OWNER, False),
    # nobody, or somebody who has left or only looks on
    (None, BACKUP, team(), 0, (BACKUP,), BACKUP, False),
    (GONE, BACKUP, team(), 30, (BACKUP,), BACKUP, False),
    (GONE, GONE, team(), 0, ADMINS, None, False),
    (None, None, team(), 30, ADMINS, None, False),
    (None, None, team(ADA), 0, (OLIVE,), None, False),
    (None, None, team(ADA, OLIVE), 0, ADMINS, None, False),
    # on holiday
    (OWNER, BACKUP, team(OWNER), 0, (BACKUP,), OWNER, True),
    (OWNER, BACKUP, team(OWNER), 30, (BACKUP,), OWNER, True),
    (OWNER, None, team(OWNER), 0, ADMINS, OWNER, True),
    (OWNER, GONE, team(OWNER), 0, ADMINS, OWNER, True),
    (OWNER, BACKUP, team(OWNER, BACKUP), 0, ADMINS, OWNER, True),
    (OWNER, BACKUP, team(OWNER, BACKUP, ADA), 0, (OLIVE,), OWNER, True),
    (OWNER, BACKUP, team(OWNER, BACKUP, ADA, OLIVE), 0, (OWNER,), OWNER, True),
    (GONE, BACKUP, team(BACKUP), 0, ADMINS, BACKUP, True),
    (ADA, None, team(ADA), 0, (OLIVE,), ADA, True),
]


@pytest.mark.parametrize(("owner", "backup", "who", "days", "people", "whose", "is_away"), TABLE)
def test_the_owner_else_the_backup_else_the_admins(owner, backup, who, days, people, whose, is_away):
    assert responsible(owner, backup, who, days=days) == Told(people, whose, is_away=is_away)


person = st.sampled_from([None, OWNER, BACKUP, ADA, OLIVE, GONE])
teams = st.builds(
    lambda active, away, admins: Team(active, tuple(sorted(admins & active)) or (ADA,), away),
    st.frozensets(st.sampled_from([OWNER, BACKUP, OLIVE])).map(lambda some: some | {ADA}),
    st.frozensets(st.sampled_from([OWNER, BACKUP, ADA, OLIVE])),
    st.frozensets(st.sampled_from([ADA, OLIVE])),
)


@given(person, person, teams, st.integers(-40, 40))
def test_somebody_is_always_told_and_nobody_twice(owner, backup, who, days):
    told = responsible(owner, backup, who, days=days)
    assert told.people
    assert len(set(told.people)) == len(told.people)
    assert set(told.people) <= who.active


@given(person, person, teams, st.integers(-40, 40))
def test_nobody_on_holiday_is_reminded_while_anybody_else_could_be(owner, backup, who, days):
    told = responsible(owner, backup, who, days=days)
    candidates = {owner, backup, *who.admins} & who.active
    if candidates - who.away:
        stays = told.people == (told.whose,) and not set(who.admins) - who.away
        assert stays or not set(told.people) & who.away


@given(person, person, teams, st.integers(-40, BACKUP_TOO_AFTER - 1), st.integers(BACKUP_TOO_AFTER, 60))
def test_time_takes_nothing_from_anybody(owner, backup, who, early, late):
    assert set(responsible(owner, backup, who, days=early).people) <= set(
        responsible(owner, backup, who, days=late).people
    )


def test_whoever_acts_for_somebody_else_is_told_for_whom():
    told = responsible(OWNER, BACKUP, team(OWNER))
    assert told.why({"kind": "touch"}, BACKUP) == {"kind": "touch", "whose": OWNER, "is_away": True}
    late = responsible(OWNER, BACKUP, team(), days=7)
    assert late.why({"kind": "touch"}, OWNER) == {"kind": "touch"}
    assert late.why({"kind": "touch"}, BACKUP) == {"kind": "touch", "whose": OWNER, "is_away": False}
