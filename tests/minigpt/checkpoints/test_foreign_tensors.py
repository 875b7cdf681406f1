import math

import pytest
import torch
from safetensors.torch import save_file

from minigpt.checkpoints.foreign_tensors import require_finite, require_numbers, require_stored
from minigpt.errors import CheckpointError

SHAPES = {"a": (3, 4), "b": (4,)}


def weights(**changes):
    return {"a": torch.ones(3, 4), "b": torch.ones(4), **changes}


def file_of(tmp_path, tensors):
    save_file(tensors, tmp_path / "w.safetensors")
    return tmp_path / "w.safetensors"


@pytest.mark.parametrize("kind", [torch.float32, torch.float16, torch.bfloat16])
def test_the_numbers_of_models_are_taken(tmp_path, kind):
    kept = {name: tensor.to(kind) for name, tensor in weights().items()}
    require_stored(file_of(tmp_path, kept), SHAPES)
    require_numbers(kept)


@pytest.mark.parametrize("kind", [torch.int64, torch.float64, torch.bool, torch.uint8])
def test_numbers_of_another_kind_are_named(tmp_path, kind):
    odd = weights(b=torch.ones(4).to(kind))
    name = str(kind).removeprefix("torch.")
    with pytest.raises(CheckpointError, match="weight b holds numbers of the kind"):
        require_stored(file_of(tmp_path, odd), SHAPES)
    with pytest.raises(CheckpointError, match=f"of the kind {name}"):
        require_numbers(odd)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite_are_named(tmp_path, value):
    odd = weights(b=torch.tensor([0.0, 0.0, value, 0.0]))
    with pytest.raises(CheckpointError, match="weight b holds numbers that are not finite"):
        require_stored(file_of(tmp_path, odd), SHAPES)
    with pytest.raises(CheckpointError, match="not finite"):
        require_finite(odd.items())


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"a": torch.ones(4, 3)}, r"weight a has the shape \[4, 3\].*must be \[3, 4\]"),
        ({"a": torch.ones(3_000, 4)}, "weight a has the shape"),
        ({"c": torch.ones(1_000_000)}, "weight c is only in"),
    ],
)
def test_another_shape_is_refused(tmp_path, changes, match):
    with pytest.raises(CheckpointError, match=match):
        require_stored(file_of(tmp_path, weights(**changes)), SHAPES)


def test_a_training_state_may_hold_what_an_optimizer_keeps_and_no_more(tmp_path):
    own = {f"model/{name}": tensor for name, tensor in weights().items()}
    good = {**own, "optimizer/step": torch.tensor(3), "optimizer/a": torch.ones(2, 3, 4)}
    require_stored(file_of(tmp_path, good), SHAPES, prefix="model/")
    large = {**good, "optimizer/b": torch.zeros(1_100)}
    with pytest.raises(CheckpointError, match="keeps 1,125 numbers"):
        require_stored(file_of(tmp_path, large), SHAPES, prefix="model/")


def test_a_file_that_holds_no_tensors_is_refused(tmp_path):
    (tmp_path / "w.safetensors").write_bytes(b"\xff" * 100)
    with pytest.raises(CheckpointError, match="no file of weights"):
        require_stored(tmp_path / "w.safetensors", SHAPES)
