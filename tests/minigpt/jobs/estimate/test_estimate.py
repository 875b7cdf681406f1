import dataclasses

import pytest

from minigpt.jobs import machine
from minigpt.jobs.estimate import calibration
from minigpt.jobs.estimate.analytic import duration
from minigpt.jobs.estimate.calibration import NOTHING, keep, recorded
from minigpt.jobs.estimate.estimate import estimate, estimate_for_text, measured_estimate
from minigpt.jobs.estimate.token_counts import count_tokens
from minigpt.models.build import build_model
from minigpt.training.cost import evaluation_flops, step_flops
from tests.minigpt.jobs.estimate.measured import ANSWER, PARTS, TEXT


@pytest.fixture
def broken(monkeypatch):
    monkeypatch.setattr(calibration, "WORKER", "minigpt.no_such_module")


def test_before_anything_was_measured_the_time_is_rough_and_says_so(tiny, monkeypatch):
    monkeypatch.setattr(machine, "has_graphics", lambda: False)
    rough = estimate(tiny, TEXT)
    assert rough.basis == "rough"
    assert rough.seconds is not None
    assert rough.seconds > 0
    assert any("rough guess" in note for note in rough.notes)


def test_what_was_measured_is_used_from_then_on(tiny):
    keep(tiny, ANSWER, vocabulary_size=TEXT.vocabulary_size)
    measured = estimate(tiny, TEXT)
    assert measured.basis == "measured"
    assert measured.seconds == duration(tiny, TEXT, PARTS, steps=12).seconds
    assert measured.notes == ()


def test_size_and_work_follow_from_the_settings(tiny):
    one = estimate(tiny, TEXT)
    assert one.parameters == build_model(tiny.model, vocabulary_size=24).num_parameters
    assert (one.steps, one.tokens) == (12, 12 * 2 * 8)
    assert one.flops_per_step == step_flops(tiny.model, vocabulary_size=24, batch_size=2)
    look = evaluation_flops(tiny.model, vocabulary_size=24, validation_tokens=81)
    assert one.total_flops == 12 * one.flops_per_step + 4 * look


def test_epochs_end_a_training_before_its_steps(tiny):
    config = tiny.changed({"training.steps": 1000, "training.epochs": 0.5})
    assert estimate(config, TEXT).steps == round(0.5 * 900 / 16)


def test_minutes_end_a_training_before_its_steps_and_a_note_says_so(tiny):
    keep(tiny, ANSWER, vocabulary_size=TEXT.vocabulary_size)
    config = tiny.changed({"training.steps": 100_000, "training.minutes": 1.0})
    one = estimate(config, TEXT)
    assert one.steps < 1000
    assert one.tokens == one.steps * 16
    assert any(f"{one.steps:,} of 100,000 steps" in note for note in one.notes)


def test_a_fork_has_only_the_steps_ahead_of_it(tiny):
    def steps(kind):
        changes = {"start.kind": kind, "start.run": "other", "start.step": 5}
        return estimate(tiny.changed(changes), TEXT).steps

    assert (steps("fork"), steps("fine_tune")) == (7, 12)


def test_several_processes_are_named(tiny):
    config = tiny.changed({"compute.processes": 2})
    assert any("2 processes together" in note for note in estimate(config, TEXT).notes)


def test_a_text_counted_in_part_is_named(tiny):
    sampled = dataclasses.replace(TEXT, is_sampled=True)
    assert any("beginning" in note for note in estimate(tiny, sampled).notes)


def test_a_text_that_is_too_short_is_a_warning_and_no_error(tiny):
    short = dataclasses.replace(TEXT, training_tokens=8, validation_tokens=0)
    assert any("too short" in warning for warning in estimate(tiny, short).warnings)


def test_a_broken_measurement_leads_to_a_rough_estimate_with_the_reason(tiny, broken, monkeypatch):
    monkeypatch.setattr(machine, "has_graphics", lambda: False)
    one = measured_estimate(tiny, TEXT)
    assert one.basis == "rough"
    assert one.seconds is not None
    assert any("broke down" in note for note in one.notes)
    assert one == estimate(tiny, TEXT)


def test_nothing_is_tried_that_needs_more_memory_than_is_free(tiny, monkeypatch):
    monkeypatch.setattr(machine, "available_memory", lambda: 1000)
    one = measured_estimate(tiny, TEXT)
    assert one.basis == "rough"
    assert any("free now" in warning for warning in one.warnings)
    assert recorded(tiny, vocabulary_size=24) == NOTHING


def test_how_long_a_card_takes_that_was_never_used_is_not_known(tiny):
    config = tiny.changed({"compute.device": "mps"})
    assert estimate(config, TEXT).seconds is None


def test_a_text_is_read_and_steps_of_its_model_are_timed(tiny):
    one = estimate_for_text(tiny)
    facts = count_tokens(tiny)
    assert one.basis == "measured"
    built = build_model(tiny.model, vocabulary_size=facts.vocabulary_size)
    assert one.parameters == built.num_parameters
    assert one.seconds is not None
    assert one.seconds > 0
