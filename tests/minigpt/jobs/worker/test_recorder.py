import dataclasses
import itertools
import json
import math
import os
import time

import pytest
import torch

from minigpt.checkpoints.manifest import list_checkpoints, list_states
from minigpt.checkpoints.weights import load_weights
from minigpt.errors import CheckpointError
from minigpt.jobs.worker import recorder as recorder_module
from minigpt.jobs.worker.recorder import Recorder, memory_in_use
from minigpt.jobs.worker.setup import prepare_training
from minigpt.models.build import build_model
from minigpt.training.distributed import World
from minigpt.training.progress import StepReport


def report(step, *, train_loss=3.0, validation_loss=None, gradient_norm=1.0):
    return StepReport(
        step=step,
        train_loss=train_loss,
        validation_loss=validation_loss,
        learning_rate=1e-3,
        gradient_norm=gradient_norm,
        tokens_seen=16 * step,
    )


@pytest.fixture
def prepared(run, tiny):
    return prepare_training(run, tiny, World())


@pytest.fixture
def model(prepared):
    return prepared.model


@pytest.fixture
def recorder(run, tiny, prepared):
    return Recorder(run=run, config=tiny, prepared=prepared)


def saved_steps(run):
    return [checkpoint.step for checkpoint in list_checkpoints(run.weights)]


def test_the_first_step_leaves_a_state_metrics_weights_and_a_sample(run, recorder, model):
    recorder.record(report(0, validation_loss=2.5))
    state = run.read("state")
    assert (state["phase"], state["step"], state["steps"]) == ("training", 0, 12)
    assert (state["pid"], state["parameters"]) == (os.getpid(), model.num_parameters)
    assert state["best_validation_loss"] == 2.5
    assert state["heartbeat"] == pytest.approx(time.time(), abs=60)
    assert run.lines("metrics")[0]["validation_loss"] == 2.5
    assert [sample["step"] for sample in run.lines("samples")] == [0]
    assert len(run.lines("samples")[0]["text"]) == 5
    assert saved_steps(run) == [0]


def test_what_was_saved_is_the_model_of_that_step(run, recorder, model, tiny):
    recorder.record(report(0, validation_loss=2.5))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(1)
    copy = build_model(tiny.model, vocabulary_size=model.vocabulary_size)
    load_weights(run.weights, list_checkpoints(run.weights)[0], copy)
    assert all(torch.equal(before[name], tensor) for name, tensor in copy.state_dict().items())


def test_steps_that_were_not_evaluated_leave_metrics_only(run, recorder):
    recorder.record(report(0, validation_loss=2.5))
    recorder.record(report(3))
    assert [row["step"] for row in run.lines("metrics")] == [0, 3]
    assert run.lines("metrics")[1]["validation_loss"] is None
    assert len(run.lines("samples")) == 1
    assert saved_steps(run) == [0]


def test_the_best_step_is_kept_and_the_one_it_beats_forgotten(run, recorder):
    for step, loss in [(0, 3.0), (2, 2.0), (4, 1.0), (6, 1.5)]:
        recorder.record(report(step, validation_loss=loss))
    assert saved_steps(run) == [0, 4]
    assert run.read("state")["best_step"] == 4


def test_beaten_steps_that_belong_to_the_film_stay(run, recorder):
    film = sorted(recorder.kept_steps)
    for step, loss in zip(film, itertools.count(3.0, -0.1), strict=False):
        recorder.record(report(step, validation_loss=loss))
    assert saved_steps(run) == film


def test_ending_early_saves_the_last_step_and_says_where_it_ended(run, recorder):
    recorder.record(report(0, validation_loss=3.0))
    recorder.record(report(1, train_loss=2.75))
    end = recorder.finish("stopped")
    assert saved_steps(run) == [0, 1]
    assert (end.outcome, end.step, end.train_loss) == ("stopped", 1, 2.75)
    assert (end.best_validation_loss, end.best_step) == (3.0, 0)
    assert end.tokens_per_second == pytest.approx(16 / end.seconds, rel=0.5)
    assert run.read("state")["phase"] == "done"


def test_nothing_is_saved_twice(run, recorder, monkeypatch):
    saved = []
    real = recorder_module.save_checkpoint
    monkeypatch.setattr(
        recorder_module,
        "save_checkpoint",
        lambda *args, **more: saved.append(more["step"]) or real(*args, **more),
    )
    recorder.record(report(0, validation_loss=3.0))
    recorder.record(report(12, validation_loss=2.0))
    recorder.finish("finished")
    assert saved == [0, 12]


def test_a_worker_that_ends_before_its_first_step_can_say_so(run, recorder):
    end = recorder.finish("stopped")
    assert (end.step, end.train_loss, end.best_validation_loss) == (0, None, None)
    assert saved_steps(run) == []


def test_numbers_that_are_none_are_written_as_nothing(run, recorder):
    recorder.record(
        report(0, train_loss=math.inf, validation_loss=math.nan, gradient_norm=math.inf)
    )
    text = run.metrics.read_text(encoding="utf-8") + json.dumps(run.read("state"))
    assert "NaN" not in text
    assert "Infinity" not in text
    row = run.lines("metrics")[0]
    assert (row["train_loss"], row["validation_loss"], row["gradient_norm"]) == (None, None, None)
    assert run.state().best_validation_loss is None


def test_weights_that_are_no_numbers_are_refused_and_the_good_ones_stay(run, recorder, model):
    recorder.record(report(0, validation_loss=3.0))
    with torch.no_grad():
        next(model.parameters()).fill_(math.nan)
    with pytest.raises(CheckpointError, match="no longer finite"):
        recorder.record(report(4, validation_loss=2.0))
    assert saved_steps(run) == [0]
    assert len(list_states(run.weights)) == 1


def test_the_state_is_written_once_a_second_and_not_at_every_step(run, tiny, prepared):
    now = [100.0]
    recorder = Recorder(run=run, config=tiny, prepared=prepared, clock=lambda: now[0])
    for second, step in [(0.0, 1), (0.5, 2), (1.0, 3), (1.25, 4), (2.0, 5)]:
        now[0] = 100.0 + second
        recorder.record(report(step))
        assert run.state().step == (4 if step >= 4 else 1)


def test_metrics_of_a_long_run_are_thinned_out(run, tiny):
    config = tiny.changed({"training.steps": 10_000})
    recorder = Recorder(run=run, config=config, prepared=prepare_training(run, config, World()))
    for step in range(1, 12):
        recorder.record(report(step))
    assert [row["step"] for row in run.lines("metrics")] == [5, 10]


def test_the_heartbeat_timeout_grows_with_the_longest_pause(run, tiny, prepared):
    now = [100.0]
    recorder = Recorder(run=run, config=tiny, prepared=prepared, clock=lambda: now[0])
    recorder.record(report(0, validation_loss=3.0))
    assert run.read("state")["heartbeat_timeout"] == 30.0
    now[0] += 40.0
    recorder.record(report(1))
    assert run.read("state")["heartbeat_timeout"] == pytest.approx(400.0, rel=0.1)


def test_the_rate_is_that_of_the_last_seconds(run, tiny, prepared):
    now = [100.0]
    recorder = Recorder(run=run, config=tiny, prepared=prepared, clock=lambda: now[0])
    for second, step in [(0, 0), (100, 10), (105, 20)]:
        now[0] = 100.0 + second
        recorder.record(report(step, validation_loss=3.0))
    assert run.read("state")["tokens_per_second"] == pytest.approx(160 / 5)


def test_no_samples_are_written_where_none_are_wanted(run, tiny, prepared):
    config = tiny.changed({"logging.sample_tokens": 0})
    recorder = Recorder(run=run, config=config, prepared=prepared)
    recorder.record(report(0, validation_loss=3.0))
    assert run.lines("samples") == []


def test_equal_seeds_write_equal_samples(run, recorder):
    recorder.record(report(0, validation_loss=3.0))
    recorder.record(report(4, validation_loss=3.0))
    first, second = run.lines("samples")
    assert first["text"] == second["text"]


def test_events_have_a_time_and_details(run, recorder):
    recorder.event("Something", step=3)
    event = run.lines("events")[0]
    assert (event["text"], event["step"]) == ("Something", 3)
    assert event["at"] == pytest.approx(time.time(), abs=60)


def test_what_training_needs_to_go_on_is_saved_where_it_looks(run, recorder):
    recorder.record(report(0, validation_loss=3.0))
    recorder.record(report(1))
    assert len(list_states(run.weights)) == 1


def test_a_step_saved_on_request_stays_although_others_are_better(run, recorder):
    recorder.record(report(0, validation_loss=3.0))
    recorder.save_all(report(3))
    recorder.record(report(5, validation_loss=2.0))
    recorder.record(report(7, validation_loss=1.0))
    assert saved_steps(run) == [0, 3, 7]


def test_what_was_saved_by_an_earlier_worker_stays_and_its_best_is_known(run, tiny, prepared):
    first = Recorder(run=run, config=tiny, prepared=prepared)
    for step, loss in [(0, 3.0), (2, 1.5), (5, 2.0)]:
        first.record(report(step, validation_loss=loss))
    first.save_all(report(5))
    prepared.trainer.progress = dataclasses.replace(
        prepared.trainer.progress, step=5, best_loss=1.5
    )
    second = Recorder(run=run, config=tiny, prepared=prepared)
    assert (second.best_loss, second.best_step) == (1.5, 2)
    second.record(report(7, validation_loss=1.75))
    assert saved_steps(run) == [0, 2, 5]
    second.record(report(8, validation_loss=1.0))
    assert saved_steps(run) == [0, 5, 8]


def test_event_files_are_written_where_they_are_wanted(run, tiny, prepared):
    pytest.importorskip("tensorboard")
    config = tiny.changed({"logging.tensorboard": True})
    Recorder(run=run, config=config, prepared=prepared).record(report(0, validation_loss=3.0))
    assert list((run.path / "tensorboard").glob("events.out.*"))


def test_rows_tell_speed_and_memory(run, recorder):
    recorder.record(report(0, validation_loss=3.0))
    recorder.record(report(1))
    row = run.lines("metrics")[-1]
    assert row["tokens_per_second"] > 0
    assert row["memory"] > 2**20
    state = run.read("state")
    assert (state["device"], state["processes"]) == ("cpu", 1)
    assert state["characters_per_token"] == pytest.approx(1.0)


def test_a_large_array_is_seen():
    before = memory_in_use()
    held = torch.ones(64 * 2**20, dtype=torch.uint8)
    assert memory_in_use() - before > 32 * 2**20
    assert held.numel() == 64 * 2**20


def test_without_proc_the_most_ever_held_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(recorder_module, "STATUS", tmp_path / "nothing")
    assert memory_in_use() > 10 * 2**20
