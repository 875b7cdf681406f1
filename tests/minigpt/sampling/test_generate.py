from collections import Counter
from itertools import islice

import pytest
import torch

import minigpt.sampling.generate as sampling
from minigpt.errors import ConfigurationError
from minigpt.models.configs import BigramConfig
from minigpt.models.ladder.bigram import Bigram
from minigpt.sampling.distribution import SamplingConfig, next_token_distribution
from minigpt.sampling.generate import few_threads, generate


def drawn(model, prompt, config, *, seed=0, tokens=20):
    return list(islice(generate(model, prompt, config, seed=seed), tokens))


def test_equal_seeds_give_equal_tokens(tiny_model):
    config = SamplingConfig(temperature=1.0)
    first, second, other = (drawn(tiny_model, [1], config, seed=seed) for seed in (1, 1, 2))
    assert first == second
    assert [token.id for token in first] != [token.id for token in other]


def test_the_global_seed_neither_matters_nor_moves(tiny_model):
    before = torch.get_rng_state()
    first = drawn(tiny_model, [1], SamplingConfig())
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(99)
    assert drawn(tiny_model, [1], SamplingConfig()) == first


def test_temperature_zero_takes_the_likeliest_each_time(tiny_model):
    tokens = [3, 1]
    for token in drawn(tiny_model, [3, 1], SamplingConfig(temperature=0.0)):
        window = torch.tensor([tokens[-tiny_model.context_length :]])
        assert token.id == tiny_model(window)[0, -1].argmax()
        assert token.probability == 1
        tokens.append(token.id)


def test_each_token_comes_with_the_odds_it_had(tiny_model):
    config = SamplingConfig(temperature=1.3, top_k=5, top_p=0.9)
    tokens = [2]
    for token in drawn(tiny_model, tokens, config):
        logits = tiny_model(torch.tensor([tokens[-tiny_model.context_length :]]))[0, -1].detach()
        odds = next_token_distribution(logits, config)
        assert token.probability == pytest.approx(odds[token.id].item())
        assert token.probability > 0
        tokens.append(token.id)


def test_tokens_come_as_often_as_their_odds_say():
    model = Bigram(BigramConfig(), vocabulary_size=4)
    with torch.no_grad():
        model.table.weight.copy_(torch.tensor([0.5, 0.25, 0.125, 0.125]).log().expand(4, 4))
    config = SamplingConfig(temperature=1.0)
    counts = Counter(token.id for token in drawn(model, [0], config, tokens=2000))
    for token, expected in enumerate((0.5, 0.25, 0.125, 0.125)):
        assert counts[token] / 2000 == pytest.approx(expected, abs=0.05)


def test_a_prompt_longer_than_the_context_is_read_from_its_end(tiny_model):
    context = tiny_model.context_length
    long = [index % 24 for index in range(3 * context)]
    config = SamplingConfig()
    assert drawn(tiny_model, long, config) == drawn(tiny_model, long[-context:], config)


def test_the_prompt_is_left_as_it_was(tiny_model):
    prompt = [1, 2]
    drawn(tiny_model, prompt, SamplingConfig())
    assert prompt == [1, 2]


def test_an_empty_prompt_is_refused(tiny_model):
    with pytest.raises(ConfigurationError, match="prompt is empty") as refusal:
        drawn(tiny_model, [], SamplingConfig())
    assert refusal.value.field == "sampling.prompt"


@pytest.fixture
def three_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def test_a_small_model_gets_one_thread_and_the_others_come_back(three_threads, tiny_model):
    with few_threads(tiny_model):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 3


def test_the_threads_come_back_after_an_error_too(three_threads, tiny_model):
    with pytest.raises(KeyError), few_threads(tiny_model):
        raise KeyError
    assert torch.get_num_threads() == 3


def test_a_large_model_keeps_its_threads(three_threads, tiny_model, monkeypatch):
    monkeypatch.setattr(sampling, "SMALL_MODEL", 10)
    with few_threads(tiny_model):
        assert torch.get_num_threads() == 3
