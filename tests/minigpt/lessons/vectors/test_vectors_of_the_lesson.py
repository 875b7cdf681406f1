import pytest
import torch

from minigpt.errors import ConfigurationError
from minigpt.lessons.vectors.order import turned_round
from minigpt.lessons.vectors.places import places
from minigpt.lessons.vectors.token_and_place import LONGEST, letters_of, token_and_place
from minigpt.lessons.vectors.words import known_word, word_vectors


def test_x_is_token_plus_place_and_only_that_tells_two_equal_letters_apart():
    seen = token_and_place("anna", "learned")
    assert torch.equal(seen.x, seen.token + seen.position)
    first, second = seen.twice
    assert (first, second) == (1, 2)
    assert torch.equal(seen.token[first], seen.token[second])
    assert not torch.equal(seen.x[first], seen.x[second])
    nothing = token_and_place("anna", "none")
    assert torch.equal(nothing.x[1], nothing.x[2])
    assert token_and_place("abc", "none").twice is None


def test_what_was_typed_is_cut_to_letters():
    assert letters_of("Déjà vu!") == "djvu"
    assert len(letters_of("a" * 40)) == LONGEST
    with pytest.raises(ConfigurationError, match="no letter"):
        letters_of("123")


def test_names_come_to_lie_beside_names_and_not_before_training():
    seen = word_vectors("anna", 100)
    assert set(seen.nearest[:3]) <= set(seen.names)
    assert seen.cosines[0] > 0.5 > abs(seen.chance)
    untrained = word_vectors("anna", 0)
    assert not set(untrained.nearest[:3]) <= set(seen.names)
    assert untrained.loss > seen.loss
    assert known_word("Xyz Ben") == "ben"
    with pytest.raises(ConfigurationError, match="anna"):
        known_word("xyz")


@pytest.mark.parametrize("kind", ["waves", "rotary"])
def test_of_waves_and_angles_only_the_distance_counts(kind):
    seen = places(kind)
    assert seen.near == pytest.approx(seen.far, abs=1e-5)
    assert seen.near == pytest.approx(float(seen.alike[5]), abs=1e-5)


def test_learned_vectors_begin_without_any_likeness():
    seen = places("learned")
    assert float(seen.alike[1:40].abs().max()) < 0.2
    assert not places("none").table.any()


def test_one_layer_without_positions_does_not_see_the_order_and_all_else_does():
    one, two = turned_round(1).change.tolist(), turned_round(2).change.tolist()
    assert one[0] == pytest.approx(0, abs=1e-5)
    assert min(*one[1:], *two) > 1e-2
