"""The weights of a run in an archive: listed on the way out, checked on the way in."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from minigpt.checkpoints.manifest import (
    MANIFEST,
    VERSION,
    Checkpoint,
    SavedState,
    list_checkpoints,
    list_states,
)
from minigpt.corpora.large_files import sha256_of
from minigpt.errors import CheckpointError, RunError
from minigpt.files import write_json
from minigpt.models.sizes import parameter_count
from minigpt.runs import records
from minigpt.runs.config import RunConfig
from minigpt.runs.directory import RunDirectory

LEAST_BYTES_OF_A_WEIGHT = 2
PREFIXES: dict[type, str] = {Checkpoint: "step", SavedState: "training"}

Saved = Checkpoint | SavedState


def weights_list(saved: Sequence[Saved]) -> dict[str, Any]:
    """The content of weights/latest.json for these and no others."""
    return {
        "version": VERSION,
        "checkpoints": [dataclasses.asdict(one) for one in saved if isinstance(one, Checkpoint)],
        "training_states": [
            dataclasses.asdict(one) for one in saved if isinstance(one, SavedState)
        ],
    }


def settle_weights(run: RunDirectory, config: RunConfig) -> None:
    """Check the weights of a run that was unpacked against their list and the run's settings.

    Raises:
        RunError: a file is damaged, missing or not listed, or is too small for the model.
        TokenizerError: the tokenizer, which says how many tokens there are, is damaged.
    """
    saved = _listed(run.weights)
    files = {path.name for path in run.weights.iterdir()} - {MANIFEST}
    if files != {one.file for one in saved} or len(files) < len(saved):
        _refuse("its weights are not those that its list of weights names")
    for one in saved:
        _check(run.weights / one.file, one)
    if saved:
        write_json(run.weights / MANIFEST, weights_list(saved))
    if run.read("tokenizer"):
        _check_sizes(run, config, saved)


def _listed(folder: Path) -> list[Saved]:
    try:
        return [*list_checkpoints(folder), *list_states(folder)]
    except CheckpointError:  # which names a folder that nobody will find
        _refuse("its list of weights is damaged, or of another version of MiniGPT")


def _check(path: Path, saved: Saved) -> None:
    facts = dataclasses.asdict(saved)
    step, size = records.whole(facts, "step"), records.whole(facts, "bytes")
    loss = facts.get("validation_loss")
    is_loss = loss is None or records.number(facts, "validation_loss") is not None
    is_named = saved.file == f"{PREFIXES[type(saved)]}-{saved.step:08d}.safetensors"
    if step is None or step < 0 or size is None or not is_loss or not is_named:
        _refuse("its list of weights is damaged")
    if path.stat().st_size != saved.bytes or sha256_of(path) != saved.sha256:
        _refuse(f"{path.name} is damaged: its checksum does not match")


def _check_sizes(run: RunDirectory, config: RunConfig, saved: Sequence[Saved]) -> None:
    """Settings of a huge model beside small weights would fill the memory when it is opened."""
    tokenizer = run.tokenizer()
    if tokenizer.kind != config.tokenizer.kind:
        _refuse("its tokenizer is not the one that its settings name")
    parameters = parameter_count(config.model, vocabulary_size=tokenizer.vocabulary_size)
    if any(one.bytes < LEAST_BYTES_OF_A_WEIGHT * parameters for one in saved):
        _refuse("its weights are too small for the model that its settings describe")


def _refuse(what: str) -> NoReturn:
    raise RunError(
        f"This run cannot be imported: {what}. Download it again where it came from, or ask "
        "whoever gave it to you for a new file."
    )
