"""Weights on disk, as safetensors: written whole, verified on reading, never pickled."""

import hashlib
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load as tensors_from_bytes
from safetensors.torch import save as tensors_to_bytes

from minigpt.checkpoints.foreign_tensors import are_finite, require_finite, require_numbers
from minigpt.checkpoints.manifest import Checkpoint, add_checkpoint, read_listed
from minigpt.errors import CheckpointError
from minigpt.files import write_atomically
from minigpt.models.language_model import LanguageModel


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
    encoded = tensors_to_bytes(_weights(model))
    checkpoint = Checkpoint(
        step=step,
        file=f"step-{step:08d}.safetensors",
        bytes=len(encoded),
        sha256=hashlib.sha256(encoded).hexdigest(),
        validation_loss=validation_loss,
    )
    write_atomically(folder / checkpoint.file, lambda file: file.write(encoded))
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


def _weights(model: LanguageModel) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().contiguous() for name, tensor in model.state_dict().items()}


def _require_finite(model: LanguageModel, step: int) -> None:
    if not all(are_finite(tensor) for tensor in model.state_dict().values()):
        raise CheckpointError(
            "The weights at step {step} are no longer finite numbers, so they were not saved. "
            "The checkpoint before them is still good.",
            step=step,
        )
