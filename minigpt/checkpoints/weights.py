"""Weights on disk, as safetensors: written whole, verified on reading, never pickled."""

import hashlib
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import torch
from safetensors import SafetensorError
from safetensors.torch import load as tensors_from_bytes

from minigpt.checkpoints.foreign_tensors import (
    NUMBERS,
    are_finite,
    require_finite,
    require_numbers,
)
from minigpt.checkpoints.manifest import Checkpoint, add_checkpoint, read_listed
from minigpt.errors import CheckpointError
from minigpt.files import open_atomically
from minigpt.models.language_model import LanguageModel

KINDS = {getattr(torch, kind): name for name, kind in NUMBERS.items()}
"""Kinds of numbers, as a file's header names them."""
ALIGNED = 8
"""Bytes: where arrays begin in a file is a multiple of so many."""


def save_checkpoint(
    folder: Path, model: LanguageModel, *, step: int, validation_loss: float | None
) -> Checkpoint:
    """Write the weights of one step and list them in the manifest.

    Raises:
        CheckpointError: a weight is not a finite number; nothing is written.
        OSError: the disk refused; earlier checkpoints are untouched.
    """
    _require_finite(model, step)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"step-{step:08d}.safetensors"
    with open_atomically(folder / name) as file:
        size, sha256 = _write(file, _weights(model))
    checkpoint = Checkpoint(
        step=step, file=name, bytes=size, sha256=sha256, validation_loss=validation_loss
    )
    add_checkpoint(folder, checkpoint)
    return checkpoint


def load_weights(folder: Path, checkpoint: Checkpoint, model: LanguageModel) -> None:
    """Fill `model` with the weights of a checkpoint.

    Raises:
        CheckpointError: the file is missing, damaged, belongs to a model of another shape, or
            holds what no model computes with: numbers that are not finite, or of other kinds.
            `model` may then be half filled and is good for nothing.
    """
    try:
        # The file's bytes have no name here: they are gone before the model takes its own memory.
        tensors = tensors_from_bytes(read_listed(folder, checkpoint))
        require_numbers(tensors)
        require_finite(tensors.items())
        model.load_state_dict(tensors)
    except (RuntimeError, SafetensorError) as error:
        raise CheckpointError(
            "The weights of step {step} do not fit the model this run describes.",
            step=checkpoint.step,
        ) from error


def _write(file: BinaryIO, weights: Mapping[str, torch.Tensor]) -> tuple[int, str]:
    """Write what the library would, byte for byte, one array after the other.

    The library's own ways take the memory of the whole file once more, or put a file of another
    name and other rights in its place.

    Returns:
        How many bytes that were, and their checksum.
    """
    header: dict[str, dict[str, object]] = {}
    size, sha256 = 0, hashlib.sha256()
    names = sorted(weights, key=lambda name: (-weights[name].element_size(), name))
    for name in names:
        kind, end = KINDS[weights[name].dtype], size + weights[name].nbytes
        shape = list(weights[name].shape)
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [size, end]}
        size = end
    described = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    described += b" " * (-len(described) % ALIGNED)
    start = struct.pack("<Q", len(described)) + described
    file.write(start)
    sha256.update(start)
    for name in names:
        file.write(_raw(weights[name]))
        sha256.update(_raw(weights[name]))
    return len(start) + size, sha256.hexdigest()


def _raw(tensor: torch.Tensor) -> memoryview:
    return tensor.cpu().flatten().view(torch.uint8).numpy().data


def _weights(model: LanguageModel) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().contiguous() for name, tensor in model.state_dict().items()}


def _require_finite(model: LanguageModel, step: int) -> None:
    if not all(are_finite(tensor) for tensor in model.state_dict().values()):
        raise CheckpointError(
            "The weights at step {step} are no longer finite numbers, so they were not saved. "
            "The checkpoint before them is still good.",
            step=step,
        )
