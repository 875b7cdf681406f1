import dataclasses
import hashlib
import math
import os

import pytest
import torch
from safetensors.torch import load_file, save_file
from safetensors.torch import save as library_bytes

from minigpt.checkpoints.manifest import MANIFEST, list_checkpoints
from minigpt.checkpoints.weights import load_weights, save_checkpoint
from minigpt.errors import CheckpointError
from minigpt.models.configs import GPTConfig


def save(folder, model, step=0, loss=None):
    return save_checkpoint(folder, model, step=step, validation_loss=loss)


@pytest.fixture
def model(tiny_config, build_tiny):
    return build_tiny(tiny_config("gpt"))


@pytest.fixture
def other(tiny_config, build_tiny):
    return build_tiny(tiny_config("gpt"), seed=1)


def test_a_loaded_model_gives_the_same_logits(variant, build_tiny, folder, random_tokens):
    saved, loaded = build_tiny(variant), build_tiny(variant, seed=1)
    tokens = random_tokens()
    assert not torch.equal(saved(tokens), loaded(tokens))
    load_weights(folder, save(folder, saved), loaded)
    assert torch.equal(saved(tokens), loaded(tokens))


def test_the_list_describes_the_file(folder, model):
    checkpoint = save(folder, model, step=120, loss=1.5)
    encoded = (folder / "step-00000120.safetensors").read_bytes()
    assert list_checkpoints(folder) == [checkpoint]
    assert (checkpoint.step, checkpoint.file) == (120, "step-00000120.safetensors")
    assert checkpoint.bytes == len(encoded)
    assert checkpoint.sha256 == hashlib.sha256(encoded).hexdigest()
    assert checkpoint.validation_loss == 1.5


def test_other_programs_can_read_the_file(folder, model):
    tensors = load_file(folder / save(folder, model).file)
    assert set(tensors) == set(model.state_dict())
    assert torch.equal(tensors["token_embedding.weight"], model.token_embedding.weight)


def test_the_file_is_what_the_library_would_write(folder, model):
    model.get_parameter(next(iter(dict(model.named_parameters())))).data = torch.ones(3).half()
    checkpoint = save(folder, model)
    assert (folder / checkpoint.file).read_bytes() == library_bytes(dict(model.state_dict()))


def test_saving_changes_nothing_on_the_model(folder, model):
    before = {name: value.clone() for name, value in model.state_dict().items()}
    save(folder, model)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_a_missing_file_is_reported(folder, model, other):
    checkpoint = save(folder, model, step=3)
    (folder / checkpoint.file).unlink()
    with pytest.raises(CheckpointError, match="step 3 are missing"):
        load_weights(folder, checkpoint, other)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda encoded: b"", id="emptied"),
        pytest.param(lambda encoded: encoded[:-1], id="cut short"),
        pytest.param(lambda encoded: encoded[:-1] + bytes([encoded[-1] ^ 1]), id="one bit turned"),
        pytest.param(lambda encoded: encoded + b"\0", id="grown"),
    ],
)
def test_a_damaged_file_is_refused_and_fills_nothing(folder, model, other, damage):
    checkpoint = save(folder, model, step=3)
    path = folder / checkpoint.file
    path.write_bytes(damage(path.read_bytes()))
    before = other.token_embedding.weight.clone()
    with pytest.raises(CheckpointError, match=r"step 3 are damaged.*Choose another step"):
        load_weights(folder, checkpoint, other)
    assert torch.equal(other.token_embedding.weight, before)


def test_a_file_that_never_held_weights_is_refused(folder, model, other):
    checkpoint = save(folder, model)
    garbage = b"\x80\x04 a pickle, or anything else"
    (folder / checkpoint.file).write_bytes(garbage)
    pretended = dataclasses.replace(checkpoint, sha256=hashlib.sha256(garbage).hexdigest())
    with pytest.raises(CheckpointError, match="do not fit"):
        load_weights(folder, pretended, other)


@pytest.mark.parametrize(
    "options",
    [{"width": 32}, {"num_layers": 3}, {"num_layers": 1}, {"bias": False}, {"position": "rotary"}],
)
def test_weights_of_another_shape_are_refused(folder, model, build_tiny, options):
    sizes = {"context_length": 8, "width": 16, "num_layers": 2, "num_heads": 2}
    another = build_tiny(GPTConfig(**{**sizes, **options}))
    with pytest.raises(CheckpointError, match="do not fit the model"):
        load_weights(folder, save(folder, model), another)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_weights_that_are_no_numbers_are_not_saved(folder, model, contents, value):
    save(folder, model, step=1)
    before = contents(folder)
    with torch.no_grad():
        model.token_embedding.weight[3, 2] = value
    with pytest.raises(CheckpointError, match=r"step 2 are no longer finite.*before them is still"):
        save(folder, model, step=2)
    assert contents(folder) == before


def refuse(*_, **__):
    raise OSError("no space left on device")


@pytest.mark.parametrize("broken", ["os.fsync", "pathlib.Path.replace"])
def test_a_save_that_fails_leaves_the_earlier_ones(
    folder, model, other, contents, monkeypatch, broken
):
    checkpoint = save(folder, model, step=1)
    before = contents(folder)
    with monkeypatch.context() as patch:
        patch.setattr(broken, refuse)
        with pytest.raises(OSError, match="no space"):
            save(folder, model, step=2)
    assert contents(folder) == before
    load_weights(folder, checkpoint, other)


def test_weights_written_but_not_listed_do_not_count(folder, model, monkeypatch):
    checkpoint = save(folder, model, step=1)
    really_replace = os.replace

    def refuse_the_manifest(source, target):
        if str(target).endswith(MANIFEST):
            refuse()
        return really_replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", lambda path, to: refuse_the_manifest(path, to))
        with pytest.raises(OSError, match="no space"):
            save(folder, model, step=2)
    assert list_checkpoints(folder) == [checkpoint]
    save(folder, model, step=2)
    assert [one.step for one in list_checkpoints(folder)] == [1, 2]


def test_saving_a_step_again_replaces_it(folder, model, other):
    save(folder, other, step=1, loss=3.0)
    checkpoint = save(folder, model, step=1, loss=2.0)
    assert list_checkpoints(folder) == [checkpoint]
    load_weights(folder, checkpoint, other)
    assert torch.equal(other.token_embedding.weight, model.token_embedding.weight)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda tensor: tensor.fill_(math.nan), "not finite"),
        (lambda tensor: tensor.double(), "of the kind float64"),
        (lambda tensor: tensor.long(), "of the kind int64"),
    ],
)
def test_weights_of_an_old_run_are_looked_at_too(folder, model, other, change, match):
    checkpoint = save(folder, model)
    path = folder / checkpoint.file
    tensors = load_file(path)
    tensors["token_embedding.weight"] = change(tensors["token_embedding.weight"])
    save_file(tensors, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(CheckpointError, match=match):
        load_weights(folder, dataclasses.replace(checkpoint, sha256=digest), other)
