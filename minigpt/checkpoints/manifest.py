"""Which moments of a training are saved: a list with sizes and checksums. Knows no torch.

A file counts only once it is listed, so a save that was cut short is never mistaken for one.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

from minigpt.errors import CheckpointError
from minigpt.files import read_json, write_json

MANIFEST = "latest.json"
VERSION = 1
FIRST_STEP = 8


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """One saved moment of training."""

    step: int
    file: str
    bytes: int
    sha256: str
    validation_loss: float | None
    """Nats per token, where this step was evaluated."""


def list_checkpoints(folder: Path) -> list[Checkpoint]:
    """What the manifest lists, earliest step first; nothing if there is none yet.

    Raises:
        CheckpointError: the manifest is damaged, or of another version of MiniGPT.
    """
    path = folder / MANIFEST
    if not path.exists():
        return []
    manifest = read_json(path) or {}
    if "version" in manifest and manifest["version"] != VERSION:
        raise CheckpointError(
            f"{path} has version {manifest['version']}; this MiniGPT reads version {VERSION}. "
            "Open it with the MiniGPT that wrote it."
        )
    try:
        known = [_checkpoint(entry) for entry in manifest["checkpoints"]]
        return sorted(known, key=lambda checkpoint: checkpoint.step)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"The list of saved weights, {path}, is damaged.") from error


def add_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """List a checkpoint, in place of an earlier one of the same step.

    Raises:
        CheckpointError: the manifest is damaged, or of another version of MiniGPT.
        OSError: the disk refused; the list is as it was.
    """
    others = [known for known in list_checkpoints(folder) if known.step != checkpoint.step]
    _write_manifest(folder, [*others, checkpoint])


def remove_checkpoint(folder: Path, step: int) -> None:
    """Forget one step and delete its file; harmless if it is not there.

    Raises:
        CheckpointError: the manifest is damaged, or of another version of MiniGPT.
        OSError: the disk refused.
    """
    known = {checkpoint.step: checkpoint for checkpoint in list_checkpoints(folder)}
    removed = known.pop(step, None)
    if removed is None:
        return
    # The manifest first: a file without an entry is waste, an entry without a file is a lie.
    _write_manifest(folder, known.values())
    (folder / removed.file).unlink(missing_ok=True)


def log_spaced_steps(total: int, count: int) -> frozenset[int]:
    """Step 0, the last step, and steps between them whose distances grow by a constant factor.

    Most of what changes in a model changes early, so that is where the moments lie densest.

    Args:
        total: The last step.
        count: The most steps to return; at least two.
    """
    if total < 1:
        return frozenset({0})
    first = max(1, min(FIRST_STEP, total // count))
    inner = count - 2
    growth = (total / first) ** (1 / max(1, inner))
    return frozenset({0, total} | {round(first * growth**index) for index in range(inner)})


def _checkpoint(entry: dict[str, Any]) -> Checkpoint:
    checkpoint = Checkpoint(**entry)
    # Files are read and deleted by this name, so it must not lead out of its folder.
    leads_out = PureWindowsPath(checkpoint.file).name != checkpoint.file
    if leads_out or not isinstance(checkpoint.step, int):
        raise ValueError(entry)
    return checkpoint


def _write_manifest(folder: Path, checkpoints: Iterable[Checkpoint]) -> None:
    entries: list[dict[str, Any]] = [asdict(checkpoint) for checkpoint in checkpoints]
    write_json(folder / MANIFEST, {"version": VERSION, "checkpoints": entries})
