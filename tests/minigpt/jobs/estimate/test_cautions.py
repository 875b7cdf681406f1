import dataclasses

import pytest

from minigpt.jobs import machine
from minigpt.jobs.estimate.estimate import in_words, warnings_for
from tests.minigpt.jobs.estimate.measured import TEXT


@pytest.fixture(autouse=True)
def memory(monkeypatch):
    monkeypatch.setattr(machine, "total_memory", lambda: 8_000_000_000)
    monkeypatch.setattr(machine, "available_memory", lambda: 3_000_000_000)
    monkeypatch.setattr(machine, "cores", lambda: 4)


def said(config, text=TEXT, *, memory_bytes=1_000_000, seconds=60.0):
    return list(warnings_for(config, text, memory_bytes=memory_bytes, seconds=seconds))


def test_an_ordinary_training_needs_no_caution(tiny):
    assert said(tiny) == []
    assert said(tiny, seconds=None) == []


def test_more_memory_than_there_is_comes_before_more_than_is_free(tiny):
    (never,) = said(tiny, memory_bytes=9_000_000_000)
    assert "9.0 GB of memory; this machine has 8.0 GB" in never
    (now,) = said(tiny, memory_bytes=4_000_000_000)
    assert "only 3.0 GB are free now" in now


def test_where_memory_cannot_be_told_nothing_is_claimed(tiny, monkeypatch):
    monkeypatch.setattr(machine, "total_memory", lambda: None)
    monkeypatch.setattr(machine, "available_memory", lambda: None)
    assert said(tiny, memory_bytes=10**15) == []


def test_the_memory_of_a_graphics_card_is_not_that_of_the_machine(tiny):
    assert said(tiny.changed({"compute.device": "cuda"}), memory_bytes=10**15) == []


def test_hours_are_told_before_they_are_spent(tiny):
    (long,) = said(tiny, seconds=3 * 3600)
    assert "about 3 hours" in long


@pytest.mark.parametrize("part", ["training_tokens", "validation_tokens"])
def test_a_text_shorter_than_a_window_is_told(tiny, part):
    short = dataclasses.replace(TEXT, **{part: tiny.model.context_length})
    (warning,) = said(tiny, short)
    assert f"too short for a context of {tiny.model.context_length}" in warning
    assert said(tiny, dataclasses.replace(TEXT, **{part: tiny.model.context_length + 1})) == []


def test_more_threads_than_cores_wait_for_each_other(tiny):
    config = tiny.changed({"training.batch_size": 4, "compute.processes": 4, "compute.threads": 2})
    (warning,) = said(config)
    assert "8 threads in all share the 4 cores" in warning
    assert said(config.changed({"compute.threads": 1})) == []


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 seconds"), (42.4, "42 seconds"), (90, "1.5 minutes"), (7200, "2 hours")],
)
def test_time_spans_are_as_exact_as_an_estimate(seconds, words):
    assert in_words(seconds) == words
