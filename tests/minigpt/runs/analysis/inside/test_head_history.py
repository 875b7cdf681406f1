import pytest

from minigpt.runs.analysis.inside.head_history import (
    Birth,
    HeadPlace,
    all_heads,
    birth,
    head_curve,
    strongest_head,
)
from minigpt.runs.records import HeadRow


def row(step, copied, previous=((0.1, 0.9), (0.2, 0.3))):
    return HeadRow(step=step, previous=previous, copied=copied, copied_chance=0.04)


ROWS = [
    row(0, ((0.04, 0.05), (0.03, 0.04))),
    row(25, ((0.1, 0.05), (0.2, 0.49))),
    row(50, ((0.1, 0.04), (0.6, 0.3))),
    row(75, ((0.1, 0.04), (0.85, 0.1))),
]


def test_heads_are_counted_layer_by_layer():
    assert all_heads(ROWS) == [
        HeadPlace(layer=layer, head=head) for layer in (0, 1) for head in (0, 1)
    ]
    assert all_heads([]) == []


def test_the_strongest_is_that_of_the_last_look():
    assert strongest_head(ROWS, "copied") == HeadPlace(layer=1, head=0)
    assert strongest_head(ROWS[:2], "copied") == HeadPlace(layer=1, head=1)
    assert strongest_head(ROWS, "previous", layers=1) == HeadPlace(layer=0, head=1)
    with pytest.raises(ValueError, match="empty"):
        strongest_head([], "copied")


def test_a_curve_is_one_heads_share_over_steps():
    place = HeadPlace(layer=1, head=0)
    assert head_curve(ROWS, place, "copied") == [(0, 0.03), (25, 0.2), (50, 0.6), (75, 0.85)]
    assert head_curve([row(0, ((0.1,),), ((0.2,),)), *ROWS[3:]], place, "copied") == [(75, 0.85)]


def test_a_head_is_born_between_the_last_look_without_and_the_first_with_it():
    assert birth(ROWS) == Birth(before=25, step=50)
    assert birth(ROWS[:2]) is None
    assert birth(ROWS[2:]) == Birth(before=None, step=50)
    assert birth([]) is None
