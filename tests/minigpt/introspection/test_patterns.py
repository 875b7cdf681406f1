import pytest
import torch

from minigpt.introspection.patterns import PATTERNS, blind_to, places

TEXT = torch.tensor([[3, 1, 2, 0, 3, 1, 2, 3]])


def columns(kind, row, marks=None):
    return places(kind, TEXT, marks)[0, row].nonzero().flatten().tolist()


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("previous", [3]),
        ("first", [0]),
        ("itself", [4]),
        ("same", [0]),  # the earlier 3, not this one
        ("copied", [1]),  # the 1 after it, and 1 comes next: neither the 3 itself nor the 2
    ],
)
def test_the_places_of_a_row(kind, found):
    assert columns(kind, 4) == found


def test_what_followed_a_copy_counts_only_where_it_comes_next():
    # After this 2 comes 3, and after the earlier one came 0.
    assert columns("same", 6) == [2]
    assert columns("copied", 6) == []


def test_marks_are_what_the_vocabulary_says():
    assert columns("marks", 5, torch.tensor([True, False, False, False])) == [3]
    assert columns("marks", 5) == []


@pytest.mark.parametrize("kind", PATTERNS)
def test_no_place_lies_in_the_future(kind):
    marks = torch.ones(4, dtype=torch.bool)
    found = places(kind, TEXT, marks)
    assert found.shape == (1, 8, 8)
    assert torch.equal(found, found.tril())


def test_who_is_blind_to_some_places_sees_the_others_as_before():
    weights = torch.rand(1, 8, 8).tril()
    where = places("previous", TEXT)
    seen = blind_to(where, weights)
    assert (seen[where] == 0).all()
    assert torch.equal(seen[~where], weights[~where])
