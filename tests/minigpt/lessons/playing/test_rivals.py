import numpy as np
import pytest
import torch

from minigpt.corpora import load_corpus
from minigpt.lessons.playing.counting import count_contexts
from minigpt.lessons.playing.held_out import (
    BEFORE,
    LETTERS,
    PASSAGES,
    START,
    fold_capitals,
    held_out,
    join_capitals,
    passage_starts,
    symbols,
)
from minigpt.lessons.playing.rivals import (
    Rival,
    bits_over_training,
    foretell_letters,
    long_rival,
    play_passage,
    rival_of,
)
from minigpt.lessons.playing.stretches import compare_stretches
from minigpt.runs.store import PROJECT_FOLDER, RunStore
from minigpt.runs.trained_model import open_model


@pytest.fixture(scope="module")
def demo():
    return open_model(RunStore(PROJECT_FOLDER / "checkpoints").open("demo-shakespeare"))


def test_the_text_is_of_the_part_that_the_demo_model_is_judged_by(real_shakespeare):
    boundary = int(0.9 * len(real_shakespeare))
    there = real_shakespeare[boundary + START :][: len(held_out())]
    assert there == held_out()
    assert held_out()[:2000] not in real_shakespeare[:boundary]


def test_passages_begin_at_words_and_stay_in_their_line():
    text = held_out()
    assert len(set(passage_starts())) == PASSAGES
    for start in passage_starts():
        assert start >= BEFORE
        assert text[start - 1] == " "
        assert "\n" not in text[start : start + LETTERS]


def test_a_letter_and_its_capital_are_one(demo):
    known = symbols(demo.tokenizer)
    assert len(known) == 38
    odds = torch.zeros(1, 65)
    odds[0, demo.tokenizer.encode("aA\n ")] = torch.tensor([0.1, 0.2, 0.3, 0.4])
    shares = join_capitals(odds, demo.tokenizer)[0]
    assert shares[known.index("a")].item() == pytest.approx(0.3)
    assert shares[known.index(" ")].item() == pytest.approx(0.7)
    assert fold_capitals("To\nBE") == "to be"


def test_who_has_odds_guesses_in_their_order():
    odds = torch.tensor([[0.5, 0.25, 0.25], [0.125, 0.5, 0.375]])
    found = rival_of(odds, "ac", "abc")
    assert found.ranks == (1, 2)
    assert found.bits == pytest.approx((1.0, -np.log2(0.375)))


def test_a_game_is_played_by_the_model_and_by_counting(demo):
    training = np.array(demo.tokenizer.encode(held_out()[6000:]))
    seen = play_passage(1, {2000: demo.model}, demo.tokenizer, training)
    assert seen.letters == fold_capitals(held_out()[passage_starts()[0] :][:LETTERS])
    assert len(seen.ranks) == len(seen.bits) == LETTERS
    assert list(seen.counts) == [1, 2, 3, 4, 5, 6]
    assert sum(seen.counts[2].bits) < sum(seen.counts[1].bits)
    assert play_passage(1, {2000: demo.model}, demo.tokenizer, None).counts == {}


def test_the_odds_of_a_long_text_are_those_of_its_letters(demo):
    length, known = demo.model.context_length, symbols(demo.tokenizer)
    # The first letter that is judged has half a context and a letter before it.
    ids = torch.tensor([demo.tokenizer.encode(held_out()[length // 2 - 1 : length])])
    with torch.inference_mode():
        odds = join_capitals(demo.model(ids)[:, -1].softmax(-1), demo.tokenizer)
    own = rival_of(odds, fold_capitals(held_out()[length]), known)
    found = long_rival(demo.model, demo.tokenizer, 40)
    assert len(found.ranks) == 40
    assert found.bits[0] == pytest.approx(own.bits[0], rel=1e-4)


def test_the_bounds_hold_the_bits_of_the_model(demo):
    found = foretell_letters(long_rival(demo.model, demo.tokenizer, 600), demo.tokenizer, 600)
    assert found.lower < found.exact < found.upper < found.even
    assert sum(found.share(rank) for rank in range(1, 39)) == pytest.approx(100)


def test_half_of_the_way_is_the_first_step_past_the_middle():
    found = bits_over_training({step: Rival(ranks=(), bits=(bits,)) for step, bits in
                    ((0, 5.0), (10, 4.0), (20, 2.9), (100, 1.0))})  # fmt: skip
    assert (found.half, found.middle, found.share) == (20, 3.0, 20.0)


def test_short_stretches_are_more_often_wrong():
    chance = np.random.default_rng(0)
    worse, better = (
        Rival(ranks=(), bits=tuple(chance.exponential(mean, 2000).tolist())) for mean in (2.4, 2.0)
    )
    short, long = (compare_stretches(worse, better, length) for length in (5, 200))
    assert short.wrong > long.wrong
    assert short.range[1] - short.range[0] > long.range[1] - long.range[0]
    assert short.later[0] == pytest.approx(sum(better.bits[:5]) / 5)


def test_with_more_counted_longer_runs_pay():
    text = load_corpus("reduplication")
    few, many = (
        count_contexts(text.training_text[:size], text.validation_text[:2000])
        for size in (300, 20_000)
    )
    assert few.best < many.best
    assert few.unseen[3] > many.unseen[3]
    assert many.characters == 20_000
