import json
import pickle

import pytest
import torch
from safetensors.torch import save_file

from minigpt.errors import CheckpointError
from minigpt.interop.weights import LARGEST_INDEX_BYTES, read_weights

SHAPES = {"wte.weight": [5, 2], "h.0.ln_1.bias": [2]}


def tensors(prefix="transformer."):
    return {
        f"{prefix}wte.weight": torch.arange(10.0).view(5, 2),
        f"{prefix}h.0.ln_1.bias": torch.tensor([1.0, 2.0]),
    }


def write_shards(folder, weight_map):
    for file, prefix in (("one.safetensors", "transformer.wte"), ("two.safetensors", "trans")):
        kept = {name: one for name, one in tensors().items() if name.startswith(prefix)}
        save_file(kept, folder / file)
    (folder / "model.safetensors.index.json").write_text(
        json.dumps({"metadata": {}, "weight_map": weight_map}), encoding="utf-8"
    )


PREFIXES = ["transformer.", "", "_orig_mod.transformer.", "module.", "module._orig_mod."]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_weights_are_read_by_their_bare_names(prefix, tmp_path):
    save_file(tensors(prefix), tmp_path / "model.safetensors")
    weights = read_weights(tmp_path, SHAPES, {})
    assert weights.keys() == SHAPES.keys()
    assert torch.equal(weights["wte.weight"], torch.arange(10.0).view(5, 2))


def test_optional_weights_may_be_there_or_not(tmp_path):
    save_file(tensors(), tmp_path / "model.safetensors")
    wanted = {"wte.weight": [5, 2]}
    optional = {"h.0.ln_1.bias": [2], "lm_head.weight": [5, 2]}
    assert read_weights(tmp_path, wanted, optional).keys() == SHAPES.keys()


def test_the_masks_of_old_files_are_passed_over(tmp_path):
    masks = {
        "transformer.h.0.attn.bias": torch.ones(1, 1, 4, 4),
        "transformer.h.0.attn.masked_bias": torch.tensor(-1e4),
    }
    save_file({**tensors(), **masks}, tmp_path / "model.safetensors")
    assert read_weights(tmp_path, SHAPES, {}).keys() == SHAPES.keys()


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_other_floats_become_32_bits(kind, tmp_path):
    save_file(
        {name: one.to(kind) for name, one in tensors().items()}, tmp_path / "model.safetensors"
    )
    weights = read_weights(tmp_path, SHAPES, {})
    assert all(one.dtype == torch.float32 for one in weights.values())


def test_whole_numbers_are_refused(tmp_path):
    save_file(
        {name: one.to(torch.int8) for name, one in tensors().items()},
        tmp_path / "model.safetensors",
    )
    with pytest.raises(CheckpointError, match="of the kind I8"):
        read_weights(tmp_path, SHAPES, {})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_are_refused(value, tmp_path):
    broken = tensors()
    broken["transformer.wte.weight"][1, 1] = value
    save_file(broken, tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"wte\.weight holds numbers that are not finite"):
        read_weights(tmp_path, SHAPES, {})


@pytest.mark.parametrize("shape", [[2, 5], [10], [5, 2, 1], [6, 2], []])
def test_a_wrong_shape_is_refused_with_both(shape, tmp_path):
    save_file(tensors(), tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError) as caught:
        read_weights(tmp_path, {**SHAPES, "wte.weight": shape}, {})
    assert "[5, 2]" in caught.value.message
    assert str(shape) in caught.value.message


def test_missing_and_unknown_weights_are_named(tmp_path):
    save_file(tensors(), tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"lack a, b, c and 1 more"):
        read_weights(tmp_path, {**SHAPES, **{name: [1] for name in "abcd"}}, {})
    with pytest.raises(CheckpointError, match=r"hold h\.0\.ln_1\.bias, for which"):
        read_weights(tmp_path, {"wte.weight": [5, 2]}, {})


@pytest.mark.parametrize("length", [0, 4, 8, 100, -1])
def test_a_file_that_was_cut_short_is_refused(length, tmp_path):
    path = tmp_path / "model.safetensors"
    save_file(tensors(), path)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(CheckpointError, match=r"model\.safetensors cannot be read"):
        read_weights(tmp_path, SHAPES, {})


@pytest.mark.parametrize("start", [0, 8, 20, 60])
def test_garbage_is_refused(start, tmp_path):
    path = tmp_path / "model.safetensors"
    save_file(tensors(), path)
    content = bytearray(path.read_bytes())
    content[start : start + 8] = b"\xff" * 8
    path.write_bytes(content)
    with pytest.raises(CheckpointError):
        read_weights(tmp_path, SHAPES, {})


def test_several_files_are_read_through_their_index(tmp_path):
    write_shards(
        tmp_path,
        {
            "transformer.wte.weight": "one.safetensors",
            "transformer.h.0.ln_1.bias": "two.safetensors",
        },
    )
    weights = read_weights(tmp_path, SHAPES, {})
    assert torch.equal(weights["h.0.ln_1.bias"], torch.tensor([1.0, 2.0]))


def test_an_index_that_is_wrong_about_a_file_is_refused(tmp_path):
    write_shards(
        tmp_path, dict.fromkeys(["transformer.wte.weight", "transformer.h.0.ln_1.bias"], "x")
    )
    with pytest.raises(CheckpointError, match="index"):
        read_weights(tmp_path, SHAPES, {})
    names = ["transformer.wte.weight", "transformer.h.0.ln_1.bias"]
    write_shards(tmp_path, dict.fromkeys(names, "one.safetensors"))
    with pytest.raises(CheckpointError, match=r"one\.safetensors cannot be read"):
        read_weights(tmp_path, SHAPES, {})
    (tmp_path / "one.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"one\.safetensors is missing"):
        read_weights(tmp_path, SHAPES, {})


@pytest.mark.parametrize(
    "file",
    [
        "../secret.safetensors",
        "/etc/secret.safetensors",
        "below/x.safetensors",
        "..\\secret.safetensors",
        "C:\\secret.safetensors",
        "C:secret.safetensors",
        "x\0.safetensors",
        "x" * 300 + ".safetensors",
        "two.safetensors\n",
        "..",
        "",
        "pytorch_model.bin",
        None,
        3,
        ["one.safetensors"],
    ],
    ids=range(15),
)
def test_an_index_that_leads_elsewhere_is_refused(file, tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    save_file(tensors(), tmp_path / "secret.safetensors")
    write_shards(inside, {"transformer.wte.weight": file})
    with pytest.raises(CheckpointError, match=r"must name a \.safetensors file in the same"):
        read_weights(inside, SHAPES, {})


def test_a_weight_that_is_there_twice_is_refused(tmp_path):
    save_file({**tensors(), **tensors("")}, tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError, match="twice"):
        read_weights(tmp_path, SHAPES, {})


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"weight_map": []}', "\x00"])
def test_a_damaged_index_is_refused(content, tmp_path):
    (tmp_path / "model.safetensors.index.json").write_text(content, encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"index\.json"):
        read_weights(tmp_path, SHAPES, {})


def test_an_index_of_endless_size_is_refused(tmp_path):
    with (tmp_path / "model.safetensors.index.json").open("wb") as file:
        file.truncate(LARGEST_INDEX_BYTES + 1)  # takes no room
    with pytest.raises(CheckpointError, match=f"at most {LARGEST_INDEX_BYTES:,} are read"):
        read_weights(tmp_path, SHAPES, {})


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "model.ckpt", "x.pkl"])
def test_pickled_weights_are_never_opened(name, tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("the file was opened",))

    (tmp_path / name).write_bytes(pickle.dumps(Trap()))
    with pytest.raises(CheckpointError, match="can run code") as caught:
        read_weights(tmp_path, SHAPES, {})
    assert name in caught.value.message
    assert "save_pretrained" in caught.value.message


def test_a_folder_without_weights_says_so(tmp_path):
    with pytest.raises(CheckpointError, match=r"no model\.safetensors"):
        read_weights(tmp_path, SHAPES, {})
