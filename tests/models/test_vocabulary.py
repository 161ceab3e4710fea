"""The product's words for its choices."""

import pytest

from crm.models import enums as e
from crm.models.vocabulary import word


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (e.Stage.PROSPECT, e.ParkingEnd.PROSPECT),
        (e.Channel.OTHER, e.InteractionKind.OTHER),
        (e.Visibility.ADMINS, e.Visibility.AUTHOR),
    ],
)
def test_choices_of_different_kinds_keep_their_own_words_also_where_they_are_stored_alike(one, other):
    assert word(one) != word(other)


def test_every_stage_and_role_has_a_word():
    assert [word(stage) for stage in e.BOARD_STAGES] == ["Prospect", "Trial task", "Active", "Parked for later"]
    assert [word(role) for role in e.Role] == ["Owner", "Admin", "Member", "Viewer"]


def test_nothing_has_no_word():
    assert word(None) == ""
