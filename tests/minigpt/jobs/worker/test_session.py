import itertools
import shutil
import time
from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch

from minigpt.checkpoints.manifest import list_checkpoints, list_states
from minigpt.corpora import CORPORA, load_corpus
from minigpt.errors import CorpusError, TokenizerError, TrainingError
from minigpt.jobs.estimate.analytic import duration
from minigpt.jobs.estimate.measurements import recorded_runs
from minigpt.jobs.estimate.token_counts import TokenCounts
from minigpt.jobs.worker.control import Requests
from minigpt.jobs.worker.session import train_run
from minigpt.jobs.worker.setup import prepare_training
from minigpt.models import LADDER
from minigpt.runs.directory import RunDirectory
from minigpt.runs.trained_model import open_model
from minigpt.tokenizers import TOKENIZERS
from minigpt.training.distributed import World

TIMED = ("seconds", "own_seconds", "tokens_per_second", "memory")
TEACHABLE = [kind for kind in TOKENIZERS if kind != "gpt2"]


class AskedAt(Requests):
    """Asks for something after a step, once."""

    def __init__(self, run, **steps):
        super().__init__(run)
        self._steps, self._step = steps, 0

    def take_sample(self):
        return self._steps.get("sample") == self._step

    def take_save(self):
        self._step += 1  # the session asks for this once a step, and after the sample
        return self._steps.get("save") == self._step - 1

    def stop_pending(self):
        return self._steps.get("stop") == self._step - 1

    def pause_pending(self):
        return self._steps.get("pause") == self._step - 1


def trained_to_end(run):
    return train_run(run, Requests(run))


def created(store, config, **changes):
    paths = {name.replace("__", "."): value for name, value in changes.items()}
    return store.create(config.changed(paths), name="session")


def test_a_session_trains_to_the_last_step_and_leaves_everything(trained):
    end = trained.exit()
    assert (end.outcome, end.step) == ("finished", 12)
    assert [row["step"] for row in trained.lines("metrics")] == list(range(13))
    assert [sample["step"] for sample in trained.lines("samples")] == [0, 4, 8, 12]
    assert [event["text"] for event in trained.lines("events")] == ["Training began", "Finished"]
    assert {0, 12} <= {checkpoint.step for checkpoint in list_checkpoints(trained.weights)}
    assert trained.tokenizer().encode("a")


def test_a_run_that_ended_tells_the_estimates_how_long_its_parts_took(store, tiny):
    run = created(store, tiny)
    # By a clock that stands while others have the processor: what they take falls on any part.
    end = train_run(run, Requests(run), clock=time.process_time)
    size = run.tokenizer().vocabulary_size
    [parts] = recorded_runs(run.config(), vocabulary_size=size)
    assert parts.step_seconds > 0
    assert parts.evaluation_window_seconds > 0
    assert parts.token_seconds > 0
    assert parts.weights_seconds > 0
    windows = prepare_training(run, run.config(), World()).trainer.evaluation_windows
    text = TokenCounts(
        vocabulary_size=size, training_tokens=900, validation_tokens=8 * windows + 1, characters=0
    )
    # Added up again, they take as long as the run did.
    assert duration(run.config(), text, parts, steps=12).seconds == pytest.approx(
        end.seconds, rel=0.5
    )


def test_a_run_of_a_few_steps_tells_nothing(store, tiny):
    run = created(store, tiny, training__steps=3)
    trained_to_end(run)
    size = run.tokenizer().vocabulary_size
    assert recorded_runs(run.config(), vocabulary_size=size) == ()


def test_equal_settings_give_equal_runs(store, tiny, trained):
    again = created(store, tiny)
    trained_to_end(again)
    first, second = (one.lines("metrics") for one in (trained, again))
    for row in (*first, *second):
        for name in ("seconds", "tokens_per_second", "memory"):
            del row[name]
    assert first == second
    assert trained.lines("samples") == again.lines("samples")


def test_another_seed_gives_another_run(store, tiny, trained):
    other = created(store, tiny, seed=1)
    trained_to_end(other)
    assert other.lines("metrics")[1]["train_loss"] != trained.lines("metrics")[1]["train_loss"]


def test_a_session_stops_after_the_step_at_which_it_was_asked_to(store, tiny):
    run = created(store, tiny)
    end = train_run(run, AskedAt(run, stop=5))
    assert (end.outcome, end.step) == ("stopped", 5)
    assert list_checkpoints(run.weights)[-1].step == 5
    assert run.lines("events")[-1]["text"] == "Stopped on request"


@pytest.mark.parametrize("rung", LADDER)
def test_every_rung_can_be_trained(store, tiny, rung):
    run = created(store, tiny, model__rung=rung, model__context_length=8, training__steps=2)
    assert trained_to_end(run).outcome == "finished"


@pytest.mark.parametrize("kind", TEACHABLE)
def test_every_tokenizer_can_be_trained_with_and_sampled_from(store, tiny, kind):
    run = created(store, tiny, tokenizer__kind=kind, training__steps=2)
    assert trained_to_end(run).outcome == "finished"
    assert run.tokenizer().kind == kind
    assert run.lines("samples")[0]["text"]


def test_a_text_without_line_breaks_is_sampled_from_its_first_token(store, tiny, monkeypatch):
    source = CORPORA["sentences"]
    changed = type(source)(name=source.name, title="t", description="d", read=lambda: "xyz" * 200)
    monkeypatch.setitem(CORPORA, "sentences", changed)
    run = created(store, tiny, training__steps=1)
    assert trained_to_end(run).outcome == "finished"
    assert set(run.lines("samples")[0]["text"]) <= set("xyz")


def test_the_text_it_was_created_for_is_accepted(store, tiny):
    checksum = load_corpus("sentences").sha256
    run = created(store, tiny, corpus__sha256=checksum, training__steps=1)
    assert trained_to_end(run).outcome == "finished"


def test_a_text_that_has_changed_is_refused(store, tiny):
    run = created(store, tiny, corpus__sha256="0" * 64)
    with pytest.raises(CorpusError, match="has changed since this run was created"):
        trained_to_end(run)
    assert list_checkpoints(run.weights) == []


def test_a_text_that_is_gone_is_refused(store, tiny):
    with pytest.raises(CorpusError, match="There is no text called"):
        trained_to_end(created(store, tiny, corpus__name="gone"))


def test_a_text_with_too_few_tokens_is_refused(store, tiny):
    run = created(store, tiny, tokenizer__kind="word", model__context_length=2000)
    with pytest.raises(CorpusError, match="too few for one window"):
        trained_to_end(run)


def test_a_vocabulary_that_cannot_be_made_is_refused(store, tiny):
    run = created(store, tiny, tokenizer__kind="bpe", tokenizer__vocabulary_size=2)
    with pytest.raises(TokenizerError):
        trained_to_end(run)


def test_training_that_diverges_keeps_what_was_good_and_says_where_it_stood(store, tiny):
    run = created(store, tiny, training__learning_rate=1e7, training__warmup_steps=0)
    with pytest.raises(TrainingError, match="learning rate"):
        trained_to_end(run)
    state = run.read("state")
    assert state["phase"] == "failed"
    assert state["step"] == run.lines("metrics")[-1]["step"]
    assert list_checkpoints(run.weights)[0].step == 0
    assert run.lines("events")[-1]["text"] == "Failed"


def test_the_first_error_is_told_even_if_the_disk_is_full(store, tiny, monkeypatch):
    run = created(store, tiny)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    def broken(*_):
        raise RuntimeError("the first error")

    monkeypatch.setattr("minigpt.jobs.worker.recorder.Recorder.record", broken)
    monkeypatch.setattr("minigpt.jobs.worker.recorder.Recorder.write_state", full)
    with pytest.raises(RuntimeError, match="the first error"):
        trained_to_end(run)


def weights_of(run, step):
    return open_model(run, step=step).model.state_dict()


def same(first, second):
    return all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("asked", ["stop", "pause"])
def test_a_run_that_ended_early_goes_on_as_if_it_never_had(store, tiny, trained, asked):
    run = created(store, tiny)
    end = train_run(run, AskedAt(run, **{asked: 5}))
    assert end.outcome == {"stop": "stopped", "pause": "paused"}[asked]
    end = trained_to_end(run)
    assert (end.outcome, end.step) == ("finished", 12)
    assert same(weights_of(run, 12), weights_of(trained, 12))
    for name in ("train_loss", "validation_loss", "gradient_norm", "learning_rate", "tokens"):
        rows = [row[name] for row in run.lines("metrics")]
        assert rows == [row[name] for row in trained.lines("metrics")]
    assert run.lines("samples") == trained.lines("samples")
    texts = [event["text"] for event in run.lines("events")]
    assert texts[-2:] == ["Training goes on", "Finished"]


def test_what_came_after_the_last_saved_state_is_done_again(store, tiny, trained):
    run = created(store, tiny)
    train_run(run, AskedAt(run, pause=5))
    run.append("metrics", {"step": 6, "train_loss": 99.0})
    run.append("samples", {"step": 6, "text": "from a worker that was killed"})
    trained_to_end(run)
    assert [row["step"] for row in run.lines("metrics")] == list(range(13))
    assert run.lines("metrics")[6]["train_loss"] != 99.0
    assert run.lines("samples") == trained.lines("samples")


def test_a_damaged_newest_state_leads_back_to_the_one_before(store, tiny, trained):
    run = created(store, tiny)
    train_run(run, AskedAt(run, save=3, pause=6))
    newest = run.weights / list_states(run.weights)[-1].file
    newest.write_bytes(newest.read_bytes()[:100])
    assert trained_to_end(run).outcome == "finished"
    assert same(weights_of(run, 12), weights_of(trained, 12))
    told = [event["text"] for event in run.lines("events")]
    assert any("step 6 is damaged" in text and "earlier one" in text for text in told)


def test_a_run_killed_before_it_saved_anything_begins_again(store, tiny, trained):
    run = created(store, tiny)
    run.append("metrics", {"step": 0, "train_loss": 99.0})
    trained_to_end(run)
    assert [row["step"] for row in run.lines("metrics")] == list(range(13))
    assert same(weights_of(run, 12), weights_of(trained, 12))


def kept_before_each_write(run, monkeypatch):
    """Train to the end; returns what a sudden end would have left before each write, as runs."""
    left = []

    def keep_before(write):
        def wrapped(*arguments):
            left.append(run.path.with_name(f"left-{len(left)}"))
            shutil.copytree(run.path, left[-1])
            return write(*arguments)

        return wrapped

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", keep_before(Path.replace))  # by which each file comes about
        patch.setattr(RunDirectory, "append", keep_before(RunDirectory.append))
        trained_to_end(run)
    return [RunDirectory(path) for path in left]


def facts(run, name):
    return [{key: row[key] for key in row if key not in TIMED} for row in run.lines(name)]


@pytest.mark.parametrize("changes", [{}, {"training__patience": 1, "training__learning_rate": 0.3}])
def test_killed_before_any_write_it_ends_like_one_that_never_was(store, tiny, monkeypatch, changes):
    never = created(store, tiny, **changes)
    expected_end = trained_to_end(never)
    assert (expected_end.step < 12) == bool(changes)
    killed = kept_before_each_write(created(store, tiny, **changes), monkeypatch)
    assert len(killed) > 10
    for run in killed:
        end = trained_to_end(run)
        untimed = dict.fromkeys(field.name for field in fields(end) if field.name in TIMED)
        assert replace(end, **untimed) == replace(expected_end, **untimed)
        assert end.tokens_per_second > 0
        assert facts(run, "metrics") == facts(never, "metrics")
        assert facts(run, "samples") == facts(never, "samples")
        assert checksums(run) == checksums(never)


def checksums(run):
    return {one.step: one.sha256 for one in list_checkpoints(run.weights)}


def test_saving_and_sampling_on_request(store, tiny):
    run = created(store, tiny)
    train_run(run, AskedAt(run, save=5, sample=6))
    assert 5 in {checkpoint.step for checkpoint in list_checkpoints(run.weights)}
    assert [sample["step"] for sample in run.lines("samples")] == [0, 4, 6, 8, 12]
    assert "Saved on request" in [event["text"] for event in run.lines("events")]


def test_a_finished_run_that_is_started_again_has_nothing_left_to_do(store, tiny):
    run = created(store, tiny)
    trained_to_end(run)
    before = run.lines("metrics")
    assert trained_to_end(run).outcome == "finished"
    assert run.lines("metrics") == before


def test_a_run_that_stops_getting_better_finishes_and_says_why(store, tiny, monkeypatch):
    losses = itertools.chain([3.0, 2.0], itertools.repeat(2.5))
    monkeypatch.setattr("minigpt.training.trainer.mean_loss", lambda *_, **__: next(losses))
    run = created(store, tiny, training__patience=2, training__steps=400)
    end = trained_to_end(run)
    assert (end.outcome, end.step) == ("finished", 12)
    assert "stopped falling" in run.lines("events")[-1]["text"]


def test_steps_follow_from_passes_over_the_text(store, tiny):
    run = created(store, tiny, training__steps=10_000, training__epochs=0.01)
    end = trained_to_end(run)
    assert 0 < end.step < 10_000
    assert run.read("state")["steps"] == end.step
