from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import get_args

import pytest
import torch

from minigpt.checkpoints.weights import save_checkpoint
from minigpt.errors import CheckpointError, ConfigurationError, RunError, TokenizerError
from minigpt.introspection.trace import STAGES, trace, trace_bytes
from minigpt.runs.trained_model import open_model
from minigpt.training.config import ComputeConfig, Device, Precision
from minigpt.training.precision import choose_device, require_precision
from tests.ui.harness import made_run, save_weights, tiny_config
from ui.services import models
from ui.services.models import (
    TRACES_SECONDS,
    SizedCache,
    compute_options,
    longest_text,
    trace_of,
    trained_model,
)

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
    shown = trace_of(run.id, 20, PROMPT)
    assert torch.equal(shown.attention, expected.attention)
    assert torch.equal(shown.logits, expected.logits)
    assert trace_of(run.id, 20, PROMPT) is shown


def test_a_model_whose_numbers_run_away_is_refused_and_not_drawn():
    run, config = made_run(steps=()), tiny_config()
    save_weights(run, config, [0])
    model = open_model(run, step=0).model
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1e30)
    save_checkpoint(run.weights, model, step=20, validation_loss=None)
    with pytest.raises(ConfigurationError, match="grow beyond what a computer can count with"):
        trace_of(run.id, 20, PROMPT)


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
    trace_of(run.id, 20, PROMPT[:5])
    with pytest.raises(ConfigurationError, match="At most 5 tokens can be shown"):
        trace_of(run.id, 20, PROMPT[:6])


def test_a_trace_that_nobody_looks_at_is_forgotten():
    now = [0.0]
    cache, made = SizedCache(100, clock=lambda: now[0]), []

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


def test_what_is_kept_waits_for_nothing_that_is_made():
    cache, begun, is_over = SizedCache(100), Event(), Event()
    cache.get(("kept",), 10, lambda: "at once")

    def slow():
        begun.set()
        assert is_over.wait(60)
        return "late"

    with ThreadPoolExecutor(3) as pool:
        both = [pool.submit(cache.get, ("slow",), 10, slow) for _ in range(2)]
        try:
            assert begun.wait(60)
            looked = pool.submit(cache.get, ("kept",), 10, lambda: "made twice")
            assert looked.result(60) == "at once"
        finally:
            is_over.set()
        assert [one.result(60) for one in both] == ["late", "late"]
    assert cache.bytes == 20


def test_several_are_made_at_a_time_where_that_is_asked_for():
    cache, both = SizedCache(15, at_once=2), Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        made = [pool.submit(cache.get, (key,), 10, lambda: both.wait(60)) for key in "ab"]
        assert {one.result(60) for one in made} == {0, 1}
    assert cache.bytes == 10  # what came last took the place of the other


def test_traces_are_kept_by_what_they_take_together():
    cache, made = SizedCache(100), []

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
        trace_of(made_run().id, 20, text)


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


def test_a_film_opens_each_of_its_models_once(monkeypatch):
    run = made_run(steps=range(12))
    opened, real = [], models.open_model
    monkeypatch.setattr(
        models, "open_model", lambda run, step: opened.append(step) or real(run, step=step)
    )
    for _time in range(2):
        for step in range(12):
            assert models.trained_model(run.id, step).checkpoint.step == step
    assert opened == list(range(12))
