import pytest
import torch

from minigpt.errors import ConfigurationError
from minigpt.lessons.playing.fine_tuning import (
    LONGEST,
    SHORTEST,
    fine_tuning,
    finish_tuning,
    split_new_text,
)
from minigpt.lessons.playing.held_out import held_out
from minigpt.lessons.playing.tuned import (
    ContinuationPair,
    RehearsalComparison,
    compare_rates,
    continue_both,
    own_writing,
)
from minigpt.models.build import build_model
from minigpt.models.configs import GPTConfig
from minigpt.tokenizers.character import CharacterTokenizer

NEW = "sun all day, no wind.\n" * 20


@pytest.fixture(scope="module")
def tokenizer():
    return CharacterTokenizer.train(held_out() + NEW)


@pytest.fixture(scope="module")
def model(tokenizer):
    torch.manual_seed(0)
    config = GPTConfig(context_length=16, width=16, num_layers=1, num_heads=2)
    return build_model(config, vocabulary_size=tokenizer.vocabulary_size).eval()


@pytest.fixture(scope="module")
def read(tokenizer):
    return split_new_text(tokenizer, NEW)


def learn(model, read, *, rate=0.01, steps=9, **options):
    found = list(fine_tuning(model, read, rate=rate, steps=steps, seed=1, **options))
    return finish_tuning([one for one, _ in found], found[-1][1], read.unread)


def test_a_copy_learns_and_the_model_stays_as_it_is(model, read):
    before = {name: one.clone() for name, one in model.state_dict().items()}
    seen = learn(model, read)
    assert [step for step, _ in seen.learnt] == [0, 4, 8, 9]
    assert seen.gained > 0.3
    for name, one in model.state_dict().items():
        torch.testing.assert_close(one, before[name], rtol=0, atol=0)
    assert seen.model is not model


def test_the_same_seed_learns_the_same(model, read):
    assert learn(model, read).own == learn(model, read).own


def test_the_rest_is_not_learnt_from(tokenizer, read):
    whole = torch.cat([read.learnt, read.rest])
    assert tokenizer.decode(whole.tolist()) == NEW
    assert len(read.rest) == pytest.approx(0.2 * len(NEW), abs=1)


def test_what_the_model_does_not_know_is_left_out_and_counted(tokenizer):
    found = split_new_text(tokenizer, "é" + NEW + "9")
    assert found.unread == 2
    assert len(found.learnt) + len(found.rest) == len(NEW)


@pytest.mark.parametrize("text", ["", "é" * 500, "a" * (SHORTEST - 1), "a" * (LONGEST + 1)])
def test_a_text_too_short_or_too_long_is_refused(tokenizer, text):
    with pytest.raises(ConfigurationError, match="Write more, or less") as caught:
        split_new_text(tokenizer, text)
    assert caught.value.field == "text"


def test_going_over_its_own_writing_asks_half_of_each_batch(model, tokenizer, read):
    old = own_writing(model, tokenizer)
    assert len(old) == 8 * 160
    assert torch.equal(old, own_writing(model, tokenizer))
    alone, beside = learn(model, read), learn(model, read, rehearsed=old)
    assert beside.learnt != alone.learnt
    seen = RehearsalComparison(alone=alone, beside=beside)
    assert seen.gained == (alone.gained, beside.gained)
    assert RehearsalComparison(alone=alone, beside=alone).kept == pytest.approx(0, abs=1e-6)


def test_rates_are_compared_by_where_they_end(model, read):
    found = compare_rates({rate: learn(model, read, rate=rate, steps=4) for rate in (0.0, 0.01)})
    assert found.best == 1
    assert found.rest[0] == pytest.approx(found.before[0])  # a rate of nothing changes nothing


def test_the_same_model_and_luck_write_the_same(model, tokenizer):
    found = continue_both(model, model, tokenizer, "sun", 3)
    assert found.same == len(found.before) == len(found.after) == 80
    assert ContinuationPair(prompt="", before="abc", after="abd").same == 2
    assert ContinuationPair(prompt="", before="xbc", after="abd").same == 0
