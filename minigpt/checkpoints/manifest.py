"""The checkpoints of a training: a list with sizes and checksums. Knows no torch.

A file counts only once it is listed, so a save that was cut short is never mistaken for one.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path, PureWindowsPath
from typing import Any, TypeVar

from minigpt import json_values
from minigpt.errors import CheckpointError
from minigpt.files import open_plain, read_json, write_json
from minigpt.sentences import N_

MANIFEST = "latest.json"
VERSION = 1
LARGEST_MANIFEST = 8 * 2**20
"""Bytes of the list; of some ten thousand steps."""
KEPT_STATES = 2
"""The newest to go on from, and the one before, should the newest turn out damaged."""


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """The weights of one step of a training, on disk."""

    step: int
    file: str
    bytes: int
    sha256: str
    validation_loss: float | None
    """Nats per token, where this step was evaluated."""


@dataclass(frozen=True, kw_only=True)
class SavedState:
    """A moment from which training can go on exactly: weights, and what the optimizers knew."""

    step: int
    file: str
    bytes: int
    sha256: str


Entry = TypeVar("Entry", Checkpoint, SavedState)


def list_checkpoints(folder: Path) -> list[Checkpoint]:
    """What the manifest lists, earliest step first; nothing if there is none yet.

    Raises:
        CheckpointError: the manifest is damaged, or of another version of MiniGPT.
    """
    return _entries(folder, "checkpoints", Checkpoint)


def list_states(folder: Path) -> list[SavedState]:
    """The moments to go on from, earliest first; nothing if there is none.

    Raises:
        CheckpointError: the manifest is damaged, or of another version of MiniGPT.
    """
    return _entries(folder, "training_states", SavedState)


def add_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """List a checkpoint, in place of an earlier one of the same step.

    Raises:
        CheckpointError: the manifest is damaged, or of another version of MiniGPT.
        OSError: the disk refused; the list is as it was.
    """
    others = [known for known in list_checkpoints(folder) if known.step != checkpoint.step]
    _write_manifest(folder, [*others, checkpoint], list_states(folder))


def add_state(folder: Path, state: SavedState) -> None:
    """List a moment to go on from, and forget all but the newest ones.

    Raises:
        CheckpointError: the manifest is damaged, or of another version of MiniGPT.
        OSError: the disk refused; the list is as it was.
    """
    known = [*(one for one in list_states(folder) if one.step != state.step), state]
    known.sort(key=lambda one: one.step)
    _write_manifest(folder, list_checkpoints(folder), known[-KEPT_STATES:])
    for forgotten in known[:-KEPT_STATES]:
        (folder / forgotten.file).unlink(missing_ok=True)


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
    _write_manifest(folder, known.values(), list_states(folder))
    (folder / removed.file).unlink(missing_ok=True)


def read_listed(folder: Path, saved: Checkpoint | SavedState) -> bytes:
    """The bytes of a file that is listed, proven by their checksum.

    Raises:
        CheckpointError: the file is missing or damaged.
    """
    if isinstance(saved, Checkpoint):
        missing = N_("The weights of step {step} are missing. Choose another step.")
        damaged = N_(
            "The weights of step {step} are damaged: the checksum does not match. Choose another "
            "step."
        )
    else:
        missing = N_("The training state of step {step} is missing. Choose another step.")
        damaged = N_(
            "The training state of step {step} is damaged: the checksum does not match. Choose "
            "another step."
        )
    try:
        with open_plain(folder / saved.file) as file:
            # Before it is read whole: a file that was put in its place may have any size.
            is_proven = hashlib.file_digest(file, "sha256").hexdigest() == saved.sha256
            file.seek(0)
            content = file.read() if is_proven else b""
    except OSError as error:
        raise CheckpointError(missing, step=saved.step) from error
    if not is_proven:
        raise CheckpointError(damaged, step=saved.step)
    return content


def log_spaced_steps(total: int, count: int) -> frozenset[int]:
    """Step 0, the last step, and steps between them whose distances grow by a constant factor.

    Most of what changes in a model changes early, so that is where the moments lie densest: from
    the first step on, by which it has learnt which tokens are frequent.

    Args:
        total: The last step.
        count: The most steps to return; at least two.
    """
    if total < 1:
        return frozenset({0})
    inner = count - 2
    growth = total ** (1 / max(1, inner))
    return frozenset({0, total} | {round(growth**index) for index in range(inner)})


def _entries(folder: Path, name: str, kind: type[Entry]) -> list[Entry]:
    path = folder / MANIFEST
    if not path.exists():
        return []
    manifest = read_json(path, largest_bytes=LARGEST_MANIFEST) or {}
    if "version" in manifest and manifest["version"] != VERSION:
        raise CheckpointError(
            "{path} has version {version}; this MiniGPT reads version {ours}. Open it with "
            "the MiniGPT that wrote it.",
            path=path,
            version=json_values.replace_surrogates(str(manifest["version"])[:20]),
            ours=VERSION,
        )
    try:
        # Manifests of runs that cannot go on have no list of states at all.
        found = manifest["checkpoints"] if name == "checkpoints" else manifest.get(name, [])
        return sorted((_entry(values, kind) for values in found), key=lambda one: one.step)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            "The list of saved weights, {path}, is damaged.", path=path
        ) from error


def _entry(values: dict[str, Any], kind: type[Entry]) -> Entry:
    # Strictly: the list is written anew from what was read, so what is left out would be lost.
    file = json_values.text(values, "file")
    # Files are read and deleted by this name, so it must not lead out of its folder.
    if file is None or file != values["file"] or PureWindowsPath(file).name != file:
        raise ValueError("file")
    for name in ("step", "bytes"):
        if not isinstance(values[name], int) or json_values.count(values, name) is None:
            raise ValueError(name)
    if json_values.text(values, "sha256") is None:
        raise ValueError("sha256")
    loss = values.get("validation_loss")
    if loss is not None and json_values.number(values, "validation_loss") is None:
        raise ValueError("validation_loss")
    return kind(**values)


def _write_manifest(
    folder: Path, checkpoints: Iterable[Checkpoint], states: Iterable[SavedState]
) -> None:
    entries: dict[str, list[dict[str, Any]]] = {
        "checkpoints": [asdict(checkpoint) for checkpoint in checkpoints],
        "training_states": [asdict(state) for state in states],
    }
    write_json(folder / MANIFEST, {"version": VERSION, **entries})
