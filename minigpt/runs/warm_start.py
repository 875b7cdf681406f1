"""Warm starts: runs that begin with the weights of another one.

A fork goes on counting from a saved step, with what was recorded up to there; fine-tuning begins
at step 0 with another text. All that is needed is copied when the run is created, so it
does not matter what becomes of the other run. Knows no torch.
"""

import shutil
from dataclasses import replace
from typing import Any

from minigpt.checkpoints.manifest import (
    Checkpoint,
    add_checkpoint,
    add_state,
    list_checkpoints,
    list_states,
    read_listed,
)
from minigpt.errors import ConfigurationError
from minigpt.runs.config import RunConfig, StartConfig, StartKind
from minigpt.runs.directory import RECORDS, RunDirectory, choose_checkpoint, rows_until, write_rows
from minigpt.runs.records import MetricRow
from minigpt.sentences import N_, Sentence
from minigpt.tokenizers import Tokenizer
from minigpt.training.progress import Progress

SHOWN_CHARACTERS = 8


def warm_start_config(
    source: RunDirectory, kind: StartKind, *, step: int | None, changes: dict[str, Any]
) -> RunConfig:
    """The settings of a run that begins with another one's weights.

    Args:
        source: The run to begin with.
        kind: Whether it goes on counting ("fork") or begins again ("fine_tune").
        step: The saved step to begin with; None for the best one.
        changes: Settings that shall differ, by path such as "training.steps".

    Raises:
        RunError: nothing is saved, or not at that step.
        ConfigurationError: a change does not fit.
    """
    start = choose_checkpoint(source, step).step
    base = source.config()
    if "corpus.name" in changes or "corpus.path" in changes:
        base = base.changed({"corpus.path": "", "corpus.sha256": ""})
    origin = {"start.kind": kind, "start.run": source.id, "start.step": start}
    config = _with_start(base, origin, changes)
    require_fit(source, config)
    return config


def require_fit(source: RunDirectory, config: RunConfig) -> None:
    """Refuse settings that the other run's weights do not fit.

    Raises:
        ConfigurationError: the model has another shape, or a fork would have no step left.
    """
    if _shape(source.config()) != _shape(config):
        raise ConfigurationError(
            "A run that begins with another one's weights has the same model and tokenizer. "
            "Leave their settings as they are; only dropout may change.",
            field="model.rung",
        )
    start = config.start.step
    if config.start.kind == "fork" and start is not None and config.training.steps <= start:
        raise ConfigurationError(
            "A fork at step {start} that ends at step {steps} has nothing left to do. Choose "
            "more than {start} steps.",
            field="training.steps",
            start=start,
            steps=config.training.steps,
        )


def copy_origin(source: RunDirectory, run: RunDirectory, start: StartConfig) -> None:
    """Fill a new run's directory with what it begins with.

    Raises:
        RunError: the other run has no tokenizer, or nothing saved at that step.
        CheckpointError: its weights are damaged.
        OSError: the disk refused.
    """
    run.write("tokenizer", source.tokenizer().to_dict())
    run.weights.mkdir(parents=True, exist_ok=True)
    beginning = choose_checkpoint(source, start.step)
    if start.kind == "fine_tune":
        _copy_weights(source, run, beginning, as_step=0)
        return
    for checkpoint in list_checkpoints(source.weights):
        if checkpoint.step <= beginning.step:
            _copy_weights(source, run, checkpoint, as_step=checkpoint.step)
    for state in list_states(source.weights):
        if state.step == beginning.step:
            shutil.copyfile(source.weights / state.file, run.weights / state.file)
            add_state(run.weights, state)
    for name in RECORDS:
        write_rows(run, name, rows_until(source, name, beginning.step))


def progress_at_start(run: RunDirectory, start: StartConfig) -> Progress:
    """Where a run that begins with another one's weights stands, as its own records say.

    Its best is its own: what its parent reached is the parent's.
    """
    if start.kind == "fine_tune" or not start.step:
        return Progress()
    last = MetricRow(step=0)
    for row in run.metric_rows():
        last = row if row.step <= start.step else last
    return Progress(
        step=start.step,
        seconds=last.seconds or 0.0,
        tokens_seen=last.tokens or 0,
    )


def unknown_characters_note(tokenizer: Tokenizer, text: str) -> str | None:
    """What happens to what a tokenizer does not know of a text; None if it knows everything."""
    unknown = tokenizer.unknown_characters(text)
    if not unknown:
        return None
    shown = ", ".join(repr(one) for one in unknown[:SHOWN_CHARACTERS])
    left = len(unknown) - SHOWN_CHARACTERS
    if left > 0:
        shown = Sentence("{shown} and {left} more", shown=shown, left=left)
    pieces = [piece for piece in tokenizer.pieces(text) if piece.is_unknown]
    share = 100 * sum(len(piece.text) for piece in pieces) / len(text)
    if all(piece.id is None for piece in pieces):
        fate = N_("The model has never seen {shown}: {share:.1f} % of this text will be left out.")
    else:
        fate = N_(
            "The model has never seen {shown}: {share:.1f} % of this text will be read as "
            "“unknown”."
        )
    return Sentence(fate, shown=shown, share=share)


def _with_start(base: RunConfig, origin: dict[str, Any], changes: dict[str, Any]) -> RunConfig:
    values = base.changed(changes).to_dict()
    values["start"] = {path.removeprefix("start."): value for path, value in origin.items()}
    return RunConfig.from_dict(values)


def _shape(config: RunConfig) -> dict[str, Any]:
    values = config.to_dict()
    shape = {
        **values["model"],
        **{f"tokenizer {key}": one for key, one in values["tokenizer"].items()},
    }
    shape.pop("dropout", None)
    return shape


def _copy_weights(
    source: RunDirectory, run: RunDirectory, checkpoint: Checkpoint, *, as_step: int
) -> None:
    encoded = read_listed(source.weights, checkpoint)
    file = f"step-{as_step:08d}.safetensors"
    (run.weights / file).write_bytes(encoded)
    loss = checkpoint.validation_loss if as_step == checkpoint.step else None
    add_checkpoint(run.weights, replace(checkpoint, step=as_step, file=file, validation_loss=loss))
