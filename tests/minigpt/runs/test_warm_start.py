import pytest
import torch

from minigpt.checkpoints.manifest import list_checkpoints, list_states
from minigpt.errors import CheckpointError, ConfigurationError, RunError
from minigpt.jobs.worker.control import Requests
from minigpt.jobs.worker.session import train_run
from minigpt.runs.directory import choose_checkpoint
from minigpt.runs.trained_model import open_model
from minigpt.runs.warm_start import (
    copy_origin,
    progress_at_start,
    require_fit,
    unknown_characters_note,
    warm_start_config,
)
from minigpt.tokenizers import TOKENIZERS


def derived(store, source, kind, *, step, **changes):
    paths = {name.replace("__", "."): value for name, value in changes.items()}
    config = warm_start_config(source, kind, step=step, changes=paths)
    run = store.create(config, name=kind)
    copy_origin(source, run, config.start)
    return run


def trained_to_end(run):
    return train_run(run, Requests(run))


def weights_of(run, step):
    return open_model(run, step=step).model.state_dict()


def same(first, second):
    return all(torch.equal(first[name], second[name]) for name in first)


def test_a_fork_at_the_saved_state_with_nothing_changed_is_the_run_itself(store, tiny, trained):
    source = store.create(tiny.changed({"training.steps": 20}), name="longer")
    run = store.create(tiny.changed({"training.steps": 20}), name="source")
    trained_to_end(source)
    trained_to_end(run)
    fork = derived(store, run, "fork", step=20, training__steps=30)
    # Its learning rate falls to another last step, so only where it begins can be compared.
    assert same(weights_of(fork, 20), weights_of(source, 20))
    assert [state.step for state in list_states(fork.weights)] == [20]
    assert trained_to_end(fork).step == 30


def test_a_fork_of_a_run_that_lost_its_patience_has_it_anew(store, tiny):
    lost = {"training.steps": 400, "training.learning_rate": 0.3, "training.patience": 2}
    source = store.create(tiny.changed(lost), name="lost")
    end = trained_to_end(source).step
    assert end < 400
    fork = derived(store, source, "fork", step=end)
    assert trained_to_end(fork).step > end + 4


def test_a_fork_keeps_what_was_recorded_up_to_its_step(store, trained):
    step = list_checkpoints(trained.weights)[1].step
    fork = derived(store, trained, "fork", step=step, training__steps=15)
    assert [row["step"] for row in fork.lines("metrics")] == list(range(step + 1))
    assert trained_to_end(fork).outcome == "finished"
    assert [row["step"] for row in fork.lines("metrics")] == list(range(16))
    assert fork.lines("metrics")[step] == trained.lines("metrics")[step]
    assert fork.lines("metrics")[15]["tokens"] == 15 * 2 * 8
    assert same(weights_of(fork, step), weights_of(trained, step))
    assert fork.lines("events")[0]["text"] == "Training goes on"


def test_a_fork_may_change_how_it_is_trained(store, trained):
    fork = derived(
        store, trained, "fork", step=12, training__steps=14, training__learning_rate=1e-5,
        training__schedule="constant", training__warmup_steps=0,
    )  # fmt: skip
    trained_to_end(fork)
    assert fork.lines("metrics")[-1]["learning_rate"] == 1e-5


def test_fine_tuning_begins_at_step_0_with_the_other_run_s_weights(store, trained):
    run = derived(store, trained, "fine_tune", step=12, training__steps=3)
    assert same(weights_of(run, 0), weights_of(trained, 12))
    assert run.lines("metrics") == []
    trained_to_end(run)
    assert [row["step"] for row in run.lines("metrics")] == [0, 1, 2, 3]
    end_of_source = trained.lines("metrics")[-1]["validation_loss"]
    assert run.lines("metrics")[0]["validation_loss"] == pytest.approx(end_of_source)


def test_fine_tuning_on_a_text_with_other_characters_leaves_them_out(store, trained):
    run = derived(
        store, trained, "fine_tune", step=12, training__steps=2, corpus__name="repeated-segments"
    )
    assert run.tokenizer().to_dict() == trained.tokenizer().to_dict()
    assert trained_to_end(run).outcome == "finished"


def test_what_becomes_of_the_source_does_not_matter(store, tiny):
    source = store.create(tiny, name="source")
    source.write("exit", trained_to_end(source).to_json())
    run = derived(store, source, "fine_tune", step=12, training__steps=2)
    store.delete(source.id)
    assert trained_to_end(run).outcome == "finished"


def test_the_best_step_is_taken_where_none_is_named(trained):
    config = warm_start_config(trained, "fine_tune", step=None, changes={})
    assert config.start.step == choose_checkpoint(trained, None).step
    assert config.start.run == trained.id


def test_a_step_that_was_not_saved_is_refused(trained):
    with pytest.raises(RunError, match="Nothing was saved at step 11"):
        warm_start_config(trained, "fork", step=11, changes={})


def test_another_model_is_refused_but_dropout_may_change(trained):
    with pytest.raises(ConfigurationError, match="same model and tokenizer"):
        warm_start_config(trained, "fine_tune", step=12, changes={"model.width": 32})
    changed = warm_start_config(trained, "fine_tune", step=12, changes={"model.dropout": 0.2})
    require_fit(trained, changed)


def test_a_fork_with_nothing_left_to_do_is_refused(trained):
    with pytest.raises(ConfigurationError, match="Choose more than 12 steps") as refusal:
        warm_start_config(trained, "fork", step=12, changes={})
    assert refusal.value.field == "training.steps"


def test_damaged_weights_are_not_copied(store, tiny):
    source = store.create(tiny, name="source")
    trained_to_end(source)
    config = warm_start_config(source, "fine_tune", step=12, changes={})
    path = source.weights / choose_checkpoint(source, 12).file
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match="step 12 are damaged"):
        copy_origin(source, store.create(config, name="x"), config.start)


def test_a_run_whose_first_weights_went_missing_says_so(store, trained):
    run = derived(store, trained, "fine_tune", step=12, training__steps=2)
    for path in run.weights.iterdir():
        path.unlink()
    with pytest.raises(RunError, match="weights that this run begins with are missing"):
        trained_to_end(run)


def test_a_fork_without_a_saved_state_starts_from_its_records(store, trained):
    step = list_checkpoints(trained.weights)[1].step
    fork = derived(store, trained, "fork", step=step, training__steps=15)
    progress = progress_at_start(fork, fork.config().start)
    assert (progress.step, progress.tokens_seen) == (step, step * 16)
    assert progress.best_loss is None  # what its parent reached is the parent's


def test_unknown_characters_are_told_before_the_launch():
    tokenizer = TOKENIZERS["character"].train("abc ")
    assert unknown_characters_note(tokenizer, "a cab") is None
    note = unknown_characters_note(tokenizer, "a cäb ü")
    assert note == "The model has never seen 'ä', 'ü': 28.6 % of this text will be left out."


def test_unknown_words_are_read_as_unknown():
    tokenizer = TOKENIZERS["word"].train("the cat sat on the mat. " * 20)
    note = unknown_characters_note(tokenizer, "the dog sat on the mat.")
    assert "'dog'" in note
    assert "read as “unknown”" in note
