import math

import pytest

from minigpt.lessons.playing.guesses import (
    GIVEN_UP,
    at_least,
    at_most,
    jackknife_bound,
    replay_guesses,
)

ALPHABET = " abcdefghijklmnopqrstuvwxyz"


def test_a_game_is_what_its_moves_say():
    played = replay_guesses("cat", "xyca" + "t", ALPHABET)
    assert played.ranks == (3, 1, 1)
    assert played.given_up == (False, False, False)
    assert played.tried == ""


def test_a_game_may_be_half_way():
    played = replay_guesses("cat", "cbe", ALPHABET)
    assert played.ranks == (1,)
    assert played.tried == "be"


def test_a_letter_given_up_counts_as_the_middle_of_what_is_left():
    played = replay_guesses("cat", "xy" + GIVEN_UP, ALPHABET)
    assert played.ranks == (2 + 13,)  # 25 are left; the 13th of them is the middle
    assert played.given_up == (True,)


def test_moves_that_cannot_have_been_made_change_nothing():
    assert replay_guesses("cat", "xx€x", ALPHABET).tried == "x"
    assert replay_guesses("ca", "cazz" + GIVEN_UP, ALPHABET).ranks == (1, 1)


def test_the_bounds_of_guesses_that_are_all_alike():
    assert at_least([1] * 8) == at_most([1] * 8) == 0
    # Who finds one of four equal letters at each guess equally often pays two bits.
    assert at_most([1, 2, 3, 4]) == pytest.approx(2)
    assert at_least([1, 2, 3, 4]) == pytest.approx(2)


def test_the_lower_bound_is_shannons_sum():
    ranks = [1, 1, 1, 1, 2, 2, 3]
    shares = {rank: ranks.count(rank) / len(ranks) for rank in range(1, 5)}
    shannon = sum(rank * (shares[rank] - shares[rank + 1]) * math.log2(rank) for rank in (1, 2, 3))
    assert at_least(ranks) == pytest.approx(shannon)
    assert at_least(ranks) < at_most(ranks)


def test_few_letters_say_less_and_leaving_one_out_tells_so():
    fair = [1, 1, 1, 1, 2, 2, 3, 4]
    found = jackknife_bound(fair, at_most)
    assert found.value > at_most(fair)  # the entropy of few numbers is too low
    assert jackknife_bound(fair * 20, at_most).error < found.error
    mean = jackknife_bound(fair, at_least)
    assert mean.value == pytest.approx(at_least(fair))  # a mean is not
    assert mean.error > 0
