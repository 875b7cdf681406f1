import dataclasses
import hashlib
import json
import math

import pytest
import torch
from safetensors import safe_open

from minigpt.checkpoints.manifest import KEPT_STATES, list_checkpoints, list_states
from minigpt.checkpoints.training_state import load_state, save_state
from minigpt.errors import CheckpointError
from minigpt.training.progress import Progress, TrainingState

PROGRESS = Progress(step=7, seconds=1.5, tokens_seen=224, best_loss=2.25, evaluations_since_best=1)


def state_at(step=7):
    return TrainingState(
        progress=dataclasses.replace(PROGRESS, step=step),
        weights={"table.weight": torch.arange(6.0).view(2, 3)},
        optimizer_state={
            "table.weight/exp_avg": torch.full((2, 3), 0.1),
            "table.weight/step": torch.tensor(7.0),
        },
        loss_scale={"scale": 2.0},
    )


def test_a_state_comes_back_as_it_was(tmp_path):
    saved = save_state(tmp_path, state_at())
    loaded = load_state(tmp_path, saved)
    assert loaded.progress == PROGRESS
    assert loaded.loss_scale == {"scale": 2.0}
    for before, after in [
        (state_at().weights, loaded.weights),
        (state_at().optimizer_state, loaded.optimizer_state),
    ]:
        assert before.keys() == after.keys()
        assert all(torch.equal(before[name], after[name]) for name in before)


def test_only_the_newest_states_are_kept_and_checkpoints_are_none_of_them(tmp_path):
    for step in range(1, 6):
        save_state(tmp_path, state_at(step))
    assert [saved.step for saved in list_states(tmp_path)] == [4, 5]
    assert len(list(tmp_path.glob("training-*.safetensors"))) == KEPT_STATES
    assert list_checkpoints(tmp_path) == []


@pytest.mark.parametrize("damage", ["truncated", "changed", "gone"])
def test_a_damaged_state_is_refused_and_the_one_before_still_good(tmp_path, damage):
    earlier, newest = save_state(tmp_path, state_at(6)), save_state(tmp_path, state_at(7))
    path = tmp_path / newest.file
    encoded = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(encoded[:-5] if damage == "truncated" else encoded[:-5] + b"12345")
    with pytest.raises(CheckpointError, match=r"step 7 is (missing|damaged)"):
        load_state(tmp_path, newest)
    assert load_state(tmp_path, earlier).progress.step == 6


def test_weights_that_are_no_numbers_are_not_saved(tmp_path):
    broken = state_at()
    broken.weights["table.weight"][0, 0] = torch.nan
    with pytest.raises(CheckpointError, match="no longer finite"):
        save_state(tmp_path, broken)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_refuses_leaves_the_list_as_it_was(tmp_path, refuse_writes):
    save_state(tmp_path, state_at(1))
    refuse_writes()
    with pytest.raises(OSError, match="No space"):
        save_state(tmp_path, state_at(2))
    assert [saved.step for saved in list_states(tmp_path)] == [1]


ODD = ("7", True, -7, 7.5, 1e300, math.nan, math.inf, None, [7], {"step": 7})
MEASURED = {"seconds": (7.5,), "best_loss": (7.5, None, -7)}
"""What else may be said there."""
TOLD = ("step", "tokens_seen", "looks_since_best", *MEASURED, "unknown")


@pytest.mark.parametrize("odd", ODD, ids=str)
@pytest.mark.parametrize("name", TOLD)
def test_a_state_that_says_the_absurd_of_itself_is_refused(tmp_path, name, odd):
    saved = retold(tmp_path, lambda facts: facts["progress"].update({name: odd}))
    if odd in MEASURED.get(name, ()):
        assert load_state(tmp_path, saved).progress.step == 7
        return
    with pytest.raises(CheckpointError, match="not one that MiniGPT wrote"):
        load_state(tmp_path, saved)


@pytest.mark.parametrize("step", [0, 6, 8])
def test_a_state_of_another_step_than_its_list_says_is_refused(tmp_path, step):
    saved = retold(tmp_path, lambda facts: facts["progress"].update(step=step))
    with pytest.raises(CheckpointError, match="step 7 is not one that MiniGPT wrote"):
        load_state(tmp_path, saved)


def retold(folder, change):
    """A state of step 7 whose own account of itself was changed."""
    from safetensors.torch import load, save

    saved = save_state(folder, state_at(7))
    path = folder / saved.file
    with safe_open(path, framework="pt") as file:
        facts = json.loads(file.metadata()["facts"])
    change(facts)
    encoded = save(load(path.read_bytes()), metadata={"facts": json.dumps(facts)})
    path.write_bytes(encoded)
    sha256 = hashlib.sha256(encoded).hexdigest()
    return dataclasses.replace(saved, bytes=len(encoded), sha256=sha256)


def test_a_file_that_is_no_state_is_refused(tmp_path):
    from safetensors.torch import save

    from minigpt.checkpoints.manifest import SavedState

    encoded = save({"a": torch.zeros(1)})
    (tmp_path / "training-1.safetensors").write_bytes(encoded)
    import hashlib

    saved = SavedState(
        step=1, file="training-1.safetensors", bytes=len(encoded),
        sha256=hashlib.sha256(encoded).hexdigest(),
    )  # fmt: skip
    with pytest.raises(CheckpointError, match="not one that MiniGPT wrote"):
        load_state(tmp_path, saved)


def test_the_file_keeps_the_names_of_the_first_version(tmp_path):
    saved = save_state(tmp_path, state_at())
    with safe_open(tmp_path / saved.file, framework="pt") as file:
        written = json.loads(file.metadata()["facts"])
    assert written["progress"]["looks_since_best"] == PROGRESS.evaluations_since_best
    assert "evaluations_since_best" not in written["progress"]
