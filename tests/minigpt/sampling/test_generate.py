import math
from collections import Counter
from itertools import islice

import pytest
import torch

import minigpt.sampling.generate as sampling
from minigpt.errors import ConfigurationError
from minigpt.models.configs import BigramConfig
from minigpt.models.ladder.bigram import Bigram
from minigpt.sampling.decoder import window_start
from minigpt.sampling.distribution import SamplingConfig, next_token_distribution
from minigpt.sampling.generate import NUMBERS, Continuation, Continuations, generate


def drawn(model, prompt, config, *, seed=0, tokens=20):
    return list(islice(generate(model, prompt, config, seed=seed), tokens))


def judged_by(tokens, context_length):
    return tokens[window_start(len(tokens), context_length) :]


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
        window = judged_by(tokens, tiny_model.context_length)
        assert token.id == tiny_model(torch.tensor([window]))[0, -1].argmax()
        assert token.probability == 1
        tokens.append(token.id)


def test_each_token_comes_with_the_odds_it_had(tiny_model):
    config = SamplingConfig(temperature=1.3, top_k=5, top_p=0.9)
    tokens = [2]
    for token in drawn(tiny_model, tokens, config):
        window = judged_by(tokens, tiny_model.context_length)
        logits = tiny_model(torch.tensor([window]))[0, -1].detach()
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
    forgotten = window_start(len(long), context)
    other = [7] * forgotten + long[forgotten:]
    assert len(long) - forgotten <= context
    assert drawn(tiny_model, long, config) == drawn(tiny_model, other, config)


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


def threads_while_drawing(model, monkeypatch):
    seen, draw = [], model.unembed
    monkeypatch.setattr(
        model, "unembed", lambda *a: seen.append(torch.get_num_threads()) or draw(*a)
    )
    drawn(model, [1], SamplingConfig(), tokens=3)
    return set(seen)


def test_a_small_model_gets_one_thread_and_the_others_come_back(
    three_threads, tiny_model, monkeypatch
):
    assert threads_while_drawing(tiny_model, monkeypatch) == {1}
    assert torch.get_num_threads() == 3


def test_the_threads_come_back_after_an_error_too(three_threads, tiny_model):
    with pytest.raises(ConfigurationError):
        drawn(tiny_model, [], SamplingConfig())
    assert torch.get_num_threads() == 3


def test_a_large_model_keeps_its_threads(three_threads, monkeypatch):
    tokens = math.isqrt(sampling.SMALL_MODEL) + 1
    large = Bigram(BigramConfig(), vocabulary_size=tokens).eval()
    assert large.num_parameters >= sampling.SMALL_MODEL
    assert threads_while_drawing(large, monkeypatch) == {3}


REQUESTS = [
    ([1], SamplingConfig(), 1),
    ([1], SamplingConfig(), 2),
    ([4] * 30, SamplingConfig(temperature=1.5, top_k=5), 1),
    ([2, 3], SamplingConfig(temperature=0.0), 3),
    ([2, 3], SamplingConfig(top_p=0.7, min_p=0.05, repetition_penalty=1.3), 4),
]


def test_a_text_among_others_is_the_text_alone(tiny_model):
    together = Continuations(tiny_model)
    texts = [Continuation(tuple(prompt), config, seed) for prompt, config, seed in REQUESTS]
    for text in texts:
        together.join(text)
    for _ in range(30):
        together.step()
    for text, (prompt, config, seed) in zip(texts, REQUESTS, strict=True):
        assert text.drawn == drawn(tiny_model, prompt, config, seed=seed, tokens=30)


def test_texts_come_and_go_without_a_word_to_the_others(tiny_model):
    together, texts = Continuations(tiny_model), []
    for prompt, config, seed in REQUESTS:
        texts.append(Continuation(tuple(prompt), config, seed))
        together.join(texts[-1])
        together.step()
    together.leave(texts[1])
    for _ in range(10):
        together.step()
    together.leave(texts[-1])
    together.step()
    assert len(together) == len(REQUESTS) - 2
    assert [len(text.drawn) for text in texts] == [16, 4, 14, 13, 11]
    for text, (prompt, config, seed) in zip(texts, REQUESTS, strict=True):
        alone = drawn(tiny_model, prompt, config, seed=seed, tokens=len(text.drawn))
        assert text.drawn == alone


def test_no_texts_take_no_steps(tiny_model):
    together = Continuations(tiny_model)
    together.step()
    text = Continuation((1,), SamplingConfig(), seed=0)
    together.join(text)
    together.leave(text)
    together.step()
    assert len(together) == 0


def test_luck_is_what_a_seed_gives_one_number_after_the_other():
    text, generator = Continuation((1,), SamplingConfig(), 3), torch.Generator().manual_seed(3)
    for _ in range(2 * NUMBERS + 1):
        assert text.next_number() == torch.rand((), generator=generator, dtype=torch.float64)


def test_luck_is_the_same_under_every_setting(tiny_model):
    numbers = [
        [token.uniform for token in drawn(tiny_model, [1], config, seed=5)]
        for config in (SamplingConfig(), SamplingConfig(temperature=2.0, top_k=3))
    ]
    assert numbers[0] == numbers[1]
    assert len(set(numbers[0])) == len(numbers[0])
    assert all(0 <= number < 1 for number in numbers[0])


def test_each_token_comes_with_what_the_model_itself_held_of_it(tiny_model):
    config = SamplingConfig(temperature=0.5, top_k=3)
    tokens = [2]
    for token in drawn(tiny_model, tokens, config):
        window = judged_by(tokens, tiny_model.context_length)
        plain = tiny_model(torch.tensor([window]))[0, -1].detach().softmax(-1)
        assert token.model_probability == pytest.approx(plain[token.id].item(), rel=1e-4)
        tokens.append(token.id)


def grown(model, tokens=12, **settings):
    text = Continuation((1, 2), SamplingConfig(temperature=1.0), 7, **settings)
    together = Continuations(model)
    together.join(text)
    while len(text.drawn) < tokens:
        together.step()
    return text.drawn


def test_a_picked_token_changes_what_follows_but_not_the_luck(tiny_model):
    plain = grown(tiny_model)
    other = (plain[4].id + 1) % 24
    forked = grown(tiny_model, picks={4: other})
    assert forked[:4] == plain[:4]
    assert forked[4].id == other
    assert [token.uniform for token in forked] == [token.uniform for token in plain]
    window = judged_by([1, 2, *(token.id for token in plain[:4])], tiny_model.context_length)
    odds = tiny_model(torch.tensor([window]))[0, -1].detach().softmax(-1)
    assert forked[4].probability == pytest.approx(odds[other].item(), rel=1e-4)
    assert grown(tiny_model, picks={4: plain[4].id}) == plain, "what was drawn anyway"


def test_a_text_that_is_taken_up_again_has_the_luck_that_is_left(tiny_model):
    whole = grown(tiny_model)
    again = grown(tiny_model, drawn=whole[:5])
    assert [(one.id, one.uniform) for one in again] == [(one.id, one.uniform) for one in whole]
