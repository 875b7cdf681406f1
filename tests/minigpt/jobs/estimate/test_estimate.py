import dataclasses

import pytest

from minigpt.jobs.estimate.analytic import duration
from minigpt.jobs.estimate.calibration import TimingProcess
from minigpt.jobs.estimate.estimate import (
    estimate,
    estimate_for_text,
    measured_estimate,
    warnings_for,
)
from minigpt.jobs.estimate.measurements import NOTHING, record_answer, recorded_result
from minigpt.jobs.estimate.memory import BASE_BYTES, COMPILER_BYTES, memory_bytes
from minigpt.jobs.estimate.token_counts import count_tokens
from minigpt.models.build import build_model
from minigpt.runs.presets import PRESETS
from minigpt.training.cost import evaluation_flops, step_flops
from tests.minigpt.jobs.estimate.measured import ANSWER, PARTS, PATIENT, TEXT

BROKEN = TimingProcess(module="minigpt.no_such_module")


def test_before_anything_was_measured_the_time_is_rough_and_says_so(tiny, this_machine):
    this_machine()
    rough = estimate(tiny, TEXT)
    assert rough.basis == "rough"
    assert rough.seconds is not None
    assert rough.seconds > 0
    assert any("rough guess" in note for note in rough.notes)


def test_what_was_measured_is_used_from_then_on(tiny):
    record_answer(tiny, ANSWER, vocabulary_size=TEXT.vocabulary_size)
    measured = estimate(tiny, TEXT, load=lambda: 0.0)
    assert measured.basis == "measured"
    assert measured.seconds == duration(tiny, TEXT, PARTS, steps=12).seconds
    assert measured.fastest_seconds < measured.seconds < measured.slowest_seconds
    [note] = measured.notes
    assert "measured" in note


def test_size_and_work_follow_from_the_settings(tiny):
    one = estimate(tiny, TEXT)
    assert one.parameters == build_model(tiny.model, vocabulary_size=24).num_parameters
    assert (one.steps, one.tokens) == (12, 12 * 2 * 8)
    step = step_flops(tiny.model, vocabulary_size=24, batch_size=2)
    look = evaluation_flops(
        tiny.model, vocabulary_size=24, training_tokens=900, validation_tokens=81
    )
    assert one.total_flops == 12 * step + 4 * look


def test_epochs_end_a_training_before_its_steps(tiny):
    config = tiny.changed({"training.steps": 1000, "training.epochs": 0.5})
    assert estimate(config, TEXT).steps == round(0.5 * 900 / 16)


def test_minutes_end_a_training_before_its_steps_and_a_note_says_so(tiny):
    record_answer(tiny, ANSWER, vocabulary_size=TEXT.vocabulary_size)
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


def test_a_broken_measurement_leads_to_a_rough_estimate_with_the_reason(tiny, this_machine):
    this_machine()
    one = measured_estimate(tiny, TEXT, load=lambda: 0.0, process=BROKEN)
    assert one.basis == "rough"
    assert one.seconds is not None
    assert any("broke down" in note for note in one.notes)
    assert one == estimate(tiny, TEXT, load=lambda: 0.0)


def test_nothing_is_tried_that_needs_more_memory_than_is_free(tiny, this_machine):
    this_machine(available=1024)
    one = measured_estimate(tiny, TEXT)
    assert one.basis == "rough"
    assert any("free now" in warning for warning in one.warnings)
    assert recorded_result(tiny, vocabulary_size=24) == NOTHING


def test_how_long_a_card_takes_that_was_never_used_is_not_known(tiny):
    config = tiny.changed({"compute.device": "mps"})
    assert estimate(config, TEXT).seconds is None


def test_a_text_is_read_and_steps_of_its_model_are_timed(tiny):
    one = estimate_for_text(tiny, process=PATIENT)
    facts = count_tokens(tiny)
    assert one.basis in ("measured", "busy")  # as the machine of this test is
    built = build_model(tiny.model, vocabulary_size=facts.vocabulary_size)
    assert one.parameters == built.num_parameters
    assert one.seconds is not None
    assert one.seconds > 0


@pytest.fixture
def small_machine(this_machine):
    this_machine(total=8_000_000_000, available=3_000_000_000, cores=4)


def said(config, text=TEXT, *, memory_bytes=1_000_000, seconds=60.0):
    return list(warnings_for(config, text, memory_bytes=memory_bytes, seconds=seconds))


def test_an_ordinary_training_needs_no_caution(small_machine, tiny):
    assert said(tiny) == []
    assert said(tiny, seconds=None) == []


@pytest.mark.parametrize(
    ("preset", "rate", "words"),
    [
        ("lecture-gpt", 3.0, "3: 3,000 times the 0.001 of the preset “Lecture GPT”"),
        ("lecture-gpt", 0.01, None),
        ("bigram", 0.1, None),
        ("bigram", 3.0, "leaps, or stays far above"),
        ("quick", 1e-8, "1e-08: 2,000,000 times less than the 0.02 of the preset “Quick”"),
        ("quick", 1e-3, None),
    ],
)
def test_a_rate_far_from_a_preset_s_is_told_before_the_start(small_machine, preset, rate, words):
    told = said(PRESETS[preset].config.changed({"training.learning_rate": rate}))
    assert [words in one for one in told] == [True] if words else told == []


def test_of_a_rate_for_another_optimizer_nothing_is_said(small_machine):
    other = {"training.learning_rate": 3.0, "training.optimizer": "muon"}
    assert said(PRESETS["lecture-gpt"].config.changed(other)) == []


def test_no_preset_s_own_rate_is_far(small_machine):
    told = [one for preset in PRESETS.values() for one in said(preset.config)]
    assert not [one for one in told if "learning rate" in one]


def test_more_memory_than_there_is_comes_before_more_than_is_free(small_machine, tiny):
    (never,) = said(tiny, memory_bytes=9_000_000_000)
    assert "9.0 GB of memory; this machine has 8.0 GB" in never
    (now,) = said(tiny, memory_bytes=4_000_000_000)
    assert "only 3.0 GB are free now" in now


def test_where_memory_cannot_be_told_nothing_is_claimed(this_machine, tiny):
    this_machine(total=None, available=None)
    assert said(tiny, memory_bytes=10**15) == []


def test_the_memory_of_a_graphics_card_is_not_that_of_the_machine(small_machine, tiny):
    assert said(tiny.changed({"compute.device": "cuda"}), memory_bytes=10**15) == []


def test_hours_are_told_before_they_are_spent(small_machine, tiny):
    (long,) = said(tiny, seconds=3 * 3600)
    assert "about 3 h 0 min" in long


@pytest.mark.parametrize("part", ["training_tokens", "validation_tokens"])
def test_a_text_shorter_than_a_window_is_told(small_machine, tiny, part):
    short = dataclasses.replace(TEXT, **{part: tiny.model.context_length})
    (warning,) = said(tiny, short)
    assert f"too short for a context of {tiny.model.context_length}" in warning
    assert said(tiny, dataclasses.replace(TEXT, **{part: tiny.model.context_length + 1})) == []


def test_more_threads_than_cores_wait_for_each_other(small_machine, tiny):
    config = tiny.changed({"training.batch_size": 4, "compute.processes": 4, "compute.threads": 2})
    (warning,) = said(config)
    assert "8 threads in all share the 4 cores" in warning
    assert said(config.changed({"compute.threads": 1})) == []


def test_the_interpreter_counts_as_it_was_measured_or_else_as_it_usually_is(tiny):
    usual = memory_bytes(tiny, TEXT)
    assert usual > BASE_BYTES
    assert memory_bytes(tiny, TEXT, base_bytes=BASE_BYTES + 1e6) == usual + 1_000_000


def test_a_longer_text_takes_more_unless_it_is_read_from_the_disk(tiny):
    long = dataclasses.replace(
        TEXT, characters=50_000_000, training_tokens=45_000_000, validation_tokens=5_000_000
    )
    # 3 bytes a character, and 8 a token, twice while they are found.
    assert memory_bytes(tiny, long) >= BASE_BYTES + 50_000_000 * (3 + 16)
    file = dataclasses.replace(long, characters=0)
    assert memory_bytes(tiny, file) < memory_bytes(tiny, TEXT)


def test_every_process_holds_all_but_its_part_of_the_batch(tiny):
    config = tiny.changed({"training.batch_size": 8})
    one, four = (
        memory_bytes(config.changed({"compute.processes": count}), TEXT) for count in (1, 4)
    )
    # And a fifth one starts them.
    assert 4.9 * one < four < 5.1 * one


def test_the_largest_batch_that_fits_can_be_told(tiny):
    sizes = [memory_bytes(tiny.changed({"training.batch_size": size}), TEXT) for size in (2, 2000)]
    assert sizes[0] < sizes[1]


def test_translating_a_model_takes_a_compiler(tiny):
    compiled = tiny.changed({"compute.compile": True})
    assert memory_bytes(compiled, TEXT) == memory_bytes(tiny, TEXT) + COMPILER_BYTES
