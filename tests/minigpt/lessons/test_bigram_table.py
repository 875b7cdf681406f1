import math

import pytest

from minigpt.errors import CorpusError
from minigpt.lessons.bigram_table import even_guess, one_step, train_table, untrained_table
from minigpt.lessons.excerpts import MOST_CHARACTERS
from minigpt.lessons.whole_runs.rungs import first_losses


def test_a_table_of_thousands_of_characters_is_refused_before_it_is_drawn():
    many = "".join(map(chr, range(0x4E00, 0x4E00 + MOST_CHARACTERS + 1)))
    with pytest.raises(CorpusError, match="different characters; a lesson takes at most"):
        train_table(many, steps=1, rate=0.1)
    with pytest.raises(CorpusError, match="different characters; a lesson takes at most"):
        first_losses({}, many, many)


def test_even_guessing_costs_the_logarithm_of_the_number():
    assert even_guess(65).loss == pytest.approx(4.1744, abs=5e-5)
    assert even_guess(1).loss == 0


def test_the_lectures_untrained_table():
    seen = untrained_table()
    assert seen.loss == pytest.approx(4.8786, abs=5e-5)
    assert seen.shape == (32, 65)
    assert seen.loss > seen.even
    assert len(seen.written) == 100
    assert seen.odds.sum(dim=1).tolist() == pytest.approx([1.0] * 65)


def test_a_step_lowers_the_loss_on_its_own_batch():
    seen = one_step(10, 1e-3)
    assert len(seen.losses) == 11
    assert seen.losses[0] == pytest.approx(4.8786, abs=5e-5)
    assert list(seen.losses) == sorted(seen.losses, reverse=True)
    # Adam's first step is as long as the learning rate, whatever the gradient is.
    assert abs(seen.after - seen.before) == pytest.approx(1e-3, rel=0.05)
    assert seen.gradient > 0


def test_a_hundred_steps_on_shakespeare(real_shakespeare):
    # The lecture reports 4.5879 of a single batch, which depends on the version of PyTorch.
    assert train_table(real_shakespeare, 100, 1e-3).last == pytest.approx(4.6, abs=0.15)


def test_the_table_learns_the_pairs_of_a_text():
    seen = train_table("the queen and the quilt. " * 400, 300, 0.1, "q")
    (best, share), *_ = seen.followers("q", 3)
    assert best == "u"
    assert share > 0.9
    assert seen.last < 1.0 < seen.even == pytest.approx(math.log(len(seen.characters)))
    assert seen.followers("X", 3) == []
