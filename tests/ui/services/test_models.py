import gc
import weakref
from dataclasses import replace
from itertools import islice
from typing import get_args

import pytest
import torch

from minigpt.errors import CheckpointError, ConfigurationError, RunError, TokenizerError
from minigpt.introspection.trace import STAGES, trace, trace_bytes
from minigpt.runs.trained_model import open_model
from minigpt.sampling.distribution import SamplingConfig
from minigpt.sampling.generate import generate
from minigpt.tokenizers.character import CharacterTokenizer
from minigpt.training.config import ComputeConfig, Device, Precision
from minigpt.training.precision import choose_device, require_precision
from tests.ui.harness import made_run, save_weights
from ui.services import models
from ui.services.models import (
    TOKENS_A_TURN,
    TRACES_SECONDS,
    TraceCache,
    compute_options,
    longest_text,
    traced,
    trained_model,
    writers_of,
    written,
)
from ui.services.turns import Waiting

PROMPT = "ROMEO: To"


def test_a_model_is_opened_once_in_eval_mode_and_shared():
    run = made_run()
    opened = trained_model(run.id, 20)
    assert not opened.model.training
    assert opened.checkpoint.step == 20
    assert trained_model(run.id, 20) is opened
    assert trained_model(run.id, 0) is not opened


def test_weights_that_were_written_anew_are_read_anew():
    run = made_run()
    before = trained_model(run.id, 20).model
    save_weights(run, run.config(), [20], seed=1)
    after = trained_model(run.id, 20).model
    assert any(
        not torch.equal(one, other)
        for one, other in zip(before.parameters(), after.parameters(), strict=True)
    )


def test_what_is_not_there_is_an_expected_failure():
    run = made_run()
    with pytest.raises(RunError, match="Nothing was saved at step 7"):
        trained_model(run.id, 7)
    with pytest.raises(RunError, match="no run called"):
        trained_model("gone", None)
    (run.weights / "step-00000020.safetensors").write_bytes(b"damaged")
    with pytest.raises(CheckpointError, match="damaged"):
        trained_model(run.id, 20)


def test_a_trace_is_what_introspection_says_to_the_last_bit():
    run = made_run()
    opened = open_model(run, step=20)
    expected = trace(opened.model, torch.tensor([opened.tokenizer.encode(PROMPT)]))
    shown = traced(run.id, 20, PROMPT)
    assert torch.equal(shown.attention, expected.attention)
    assert torch.equal(shown.logits, expected.logits)
    assert traced(run.id, 20, PROMPT) is shown


def kept_bytes(seen):
    # Some are views of one and the same memory.
    tensors = [seen.embedded, seen.logits]
    tensors += [getattr(layer, stage) for layer in seen.layers for stage in STAGES]
    storages = [tensor.untyped_storage() for tensor in tensors]
    return sum({one.data_ptr(): one.nbytes() for one in storages}.values())


def test_what_a_trace_keeps_is_known_before_it_is_made():
    opened = trained_model(made_run().id, 20)
    for length in (4, 16):
        told = trace_bytes(opened.model, length=length)
        kept = kept_bytes(trace(opened.model, torch.zeros(1, length, dtype=torch.long)))
        assert 0.75 * kept <= told <= 1.25 * kept


def test_a_text_whose_trace_would_be_too_large_is_refused_with_the_longest(monkeypatch):
    run = made_run()
    opened = trained_model(run.id, 20)
    assert longest_text(opened) == opened.model.context_length
    small = trace_bytes(opened.model, length=5)
    monkeypatch.setattr(models, "LARGEST_TRACE_BYTES", small)
    assert longest_text(opened) == 5
    traced(run.id, 20, PROMPT[:5])
    with pytest.raises(ConfigurationError, match="At most 5 tokens can be shown"):
        traced(run.id, 20, PROMPT[:6])


def test_a_trace_that_nobody_looks_at_is_forgotten():
    now = [0.0]
    cache, made = TraceCache(100, clock=lambda: now[0]), []

    def look(key):
        return cache.get((key,), 10, lambda: made.append(key) or object())

    look("a")
    look("b")
    now[0] = TRACES_SECONDS
    look("b")
    now[0] = TRACES_SECONDS + 1
    look("b")
    assert cache.bytes == 10  # of a nobody wanted anything for longer than that
    look("a")
    assert made == ["a", "b", "a"]


def test_traces_are_kept_by_what_they_take_together():
    cache, made = TraceCache(100), []

    def look(key, size):
        return cache.get((key,), size, lambda: made.append(key) or object())

    first = look("a", 60)
    assert look("a", 60) is first
    look("b", 30)
    look("a", 60)
    look("c", 40)  # only b has to go, which nobody looked at since
    assert cache.bytes == 100
    assert look("a", 60) is first
    look("b", 30)
    assert made == ["a", "b", "c", "b"]
    assert cache.bytes == 90


@pytest.mark.parametrize(
    ("text", "expected", "words"),
    [
        ("", ConfigurationError, "reads 1 to 16 tokens"),
        ("%", TokenizerError, "never seen '%'"),
        ("o" * 17, ConfigurationError, "17 were given"),
    ],
)
def test_texts_that_cannot_be_read_are_refused_in_words(text, expected, words):
    with pytest.raises(expected, match=words):
        traced(made_run().id, 20, text)


def continuation(run, **settings):
    sampling = SamplingConfig(**settings)
    return list(written(open_model(run, step=20), PROMPT, sampling, tokens=12, seed=3))


def continuation_of(opened, *, seed):
    sampling = SamplingConfig(temperature=1.0)
    return list(written(opened, PROMPT, sampling, tokens=12, seed=seed))


def test_text_grows_by_a_token_and_is_what_the_generator_draws():
    run = made_run()
    opened = open_model(run, step=20)
    drawn = generate(
        opened.model, opened.tokenizer.encode(PROMPT), SamplingConfig(temperature=1.0), seed=3
    )
    expected = opened.tokenizer.decode([token.id for token in islice(drawn, 12)])
    shown = continuation(run, temperature=1.0)
    assert shown == [expected[: length + 1] for length in range(12)]


@pytest.mark.timeout(30)
def test_a_place_is_free_again_however_writing_ends():
    opened = open_model(made_run(), step=20)
    without_line_breaks = replace(opened, tokenizer=CharacterTokenizer.train("abc"))
    for _ in range(3):
        pieces = written(opened, PROMPT, SamplingConfig(), tokens=5, seed=1)
        next(pieces)
        pieces.close()
        with pytest.raises(ConfigurationError, match="prompt is empty"):
            written(without_line_breaks, "", SamplingConfig(), tokens=5, seed=1)
    assert writers_of(opened.model).turns.is_idle
    assert len(writers_of(opened.model).texts) == 0


def test_a_model_is_forgotten_when_nobody_writes_with_it_any_more():
    opened = open_model(made_run(), step=20)
    assert len(continuation_of(opened, seed=1)) == 12
    model = weakref.ref(opened.model)
    del opened
    gc.collect()
    assert model() is None


@pytest.mark.timeout(60)
def test_those_who_write_with_one_model_write_together():
    opened = open_model(made_run(), step=20)
    alone = [continuation_of(opened, seed=seed) for seed in range(8)]
    together = [
        written(opened, PROMPT, SamplingConfig(temperature=1.0), tokens=12, seed=seed)
        for seed in range(8)
    ]
    assert list(zip(*together, strict=True)) == list(zip(*alone, strict=True))
    assert writers_of(opened.model).turns.is_idle


@pytest.mark.timeout(60)
def test_thousands_of_tokens_of_some_do_not_keep_others_from_their_first(monkeypatch):
    monkeypatch.setattr(models, "MOST_TEXTS_AT_ONCE", 2)
    opened = open_model(made_run(), step=20)
    alone = continuation_of(opened, seed=3)
    long = [
        written(opened, PROMPT, SamplingConfig(), tokens=100_000, seed=seed) for seed in range(2)
    ]
    for one in long:
        next(one)
    short = written(opened, PROMPT, SamplingConfig(temperature=1.0), tokens=12, seed=3)
    assert next(short) == Waiting(2)
    for one in long:  # each writes to the end of its turn, and has to wait in its turn
        told = list(islice(one, TOKENS_A_TURN))
        assert [isinstance(piece, Waiting) for piece in told[:-1]] == [False] * (TOKENS_A_TURN - 1)
    for one in long:
        one.close()
    assert [piece for piece in short if not isinstance(piece, Waiting)] == alone
    assert writers_of(opened.model).turns.is_idle


def test_as_many_write_at_once_as_the_memory_for_them_allows(monkeypatch):
    opened = open_model(made_run(), step=20)
    monkeypatch.setattr(models, "TEXTS_BYTES", 1)
    line = writers_of(opened.model).turns
    assert line.before(line.line_up(), 0.0) == 0
    assert line.before(line.line_up(), 0.0) == 1


def test_the_machine_offers_what_training_would_accept_and_nothing_else():
    found = compute_options()
    assert {"auto", "cpu"} <= set(found.devices)
    for device in get_args(Device):
        for precision in get_args(Precision):
            try:
                compute = ComputeConfig(device=device, precision=precision)
                require_precision(compute, choose_device(compute))
            except ConfigurationError:
                assert precision not in found.precisions.get(device, ())
            else:
                assert precision in found.precisions[device]
    assert found.cards == torch.cuda.device_count()
    assert found.cores >= 1
    assert compute_options() is found
