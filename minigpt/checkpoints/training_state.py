"""What a training needs to go on exactly, on disk: safetensors, verified on reading."""

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import load as tensors_from_bytes
from safetensors.torch import save as tensors_to_bytes
from torch import Tensor

from minigpt.checkpoints.manifest import SavedState, add_state, read_listed
from minigpt.errors import CheckpointError
from minigpt.files import write_atomically
from minigpt.json_values import amount, count, number
from minigpt.training.progress import Progress, TrainingState

WEIGHTS, OPTIMIZER_STATE = "model/", "optimizer/"
FACTS = "facts"
LOSS_SCALE = "scaler"
COUNTED = ("step", "tokens_seen", "evaluations_since_best")
EVALUATIONS = "looks_since_best"
"""As the first files called the loss scale, and `Progress.evaluations_since_best`: both names stay,
so that a run can be resumed by a version before or after this one."""


def save_state(folder: Path, state: TrainingState) -> SavedState:
    """Write a training state and list it in the manifest; the oldest ones are forgotten.

    Raises:
        CheckpointError: a weight is not a finite number; nothing is written.
        OSError: the disk refused; earlier states are untouched.
    """
    step = state.progress.step
    if not all(bool(tensor.isfinite().all()) for tensor in state.weights.values()):
        raise CheckpointError("The weights at step {step} are no longer finite numbers.", step=step)
    folder.mkdir(parents=True, exist_ok=True)
    encoded = _encoded(state)
    saved = SavedState(
        step=step,
        file=f"training-{step:08d}.safetensors",
        bytes=len(encoded),
        sha256=hashlib.sha256(encoded).hexdigest(),
    )
    write_atomically(folder / saved.file, lambda file: file.write(encoded))
    add_state(folder, saved)
    return saved


def load_state(folder: Path, saved: SavedState) -> TrainingState:
    """Read a training state back.

    Raises:
        CheckpointError: the file is missing or damaged.
    """
    encoded = read_listed(folder, saved)
    try:
        tensors = tensors_from_bytes(encoded)
        facts = _facts(folder / saved.file)
        progress = _progress(facts["progress"])
        if progress.step != saved.step:
            raise ValueError("it is of another step")
    except (SafetensorError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise CheckpointError(
            "The training state of step {step} is not one that MiniGPT wrote.", step=saved.step
        ) from error
    return TrainingState(
        progress=progress,
        weights=_part(tensors, WEIGHTS),
        optimizer_state=_part(tensors, OPTIMIZER_STATE),
        loss_scale=facts["loss_scale"],
    )


def _encoded(state: TrainingState) -> bytes:
    parts = {WEIGHTS: state.weights, OPTIMIZER_STATE: state.optimizer_state}
    tensors = {
        f"{prefix}{name}": tensor.detach().cpu().contiguous()
        for prefix, part in parts.items()
        for name, tensor in part.items()
    }
    progress = dataclasses.asdict(state.progress)
    progress[EVALUATIONS] = progress.pop("evaluations_since_best")
    facts = {"progress": progress, LOSS_SCALE: state.loss_scale}
    return tensors_to_bytes(tensors, metadata={FACTS: json.dumps(facts)})


def _progress(written: dict[str, Any]) -> Progress:
    """What the file says, which may be a stranger's: a training counts on from these numbers."""
    values = {**dataclasses.asdict(Progress()), **written}
    if EVALUATIONS in values:
        values["evaluations_since_best"] = values.pop(EVALUATIONS)
    counted = {name: count(values, name) for name in COUNTED}
    seconds, best = amount(values, "seconds"), number(values, "best_loss")
    is_odd = best is None and values["best_loss"] is not None
    if seconds is None or is_odd or None in counted.values():
        raise ValueError("it does not say how far the training was")
    measured = {"seconds": float(seconds), "best_loss": None if best is None else float(best)}
    return Progress(**{**values, **counted, **measured})


def _facts(path: Path) -> dict[str, Any]:
    with safe_open(path, framework="pt") as file:
        facts: dict[str, Any] = json.loads((file.metadata() or {})[FACTS])
    return {"progress": facts["progress"], "loss_scale": facts[LOSS_SCALE]}


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }
