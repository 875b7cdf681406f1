"""Runs to and from other people's programs: a run's model as a folder, their models as runs."""

from pathlib import Path

from minigpt.checkpoints.weights import save_checkpoint
from minigpt.errors import RunError
from minigpt.files import explained, removed_on_failure, write_atomically, write_json
from minigpt.interop.huggingface import ImportedModel, export_model, import_model, new_folder
from minigpt.interop.nanogpt import import_nanogpt
from minigpt.interop.state_dict import state_dict_bytes
from minigpt.runs.config import UNKNOWN_CORPUS, CorpusConfig, RunConfig, TokenizerConfig
from minigpt.runs.directory import RunDirectory
from minigpt.runs.records import Event, Exit, WorkerState
from minigpt.runs.status import Status
from minigpt.runs.store import RunStore
from minigpt.runs.trained_model import open_model
from minigpt.sentences import Sentence
from minigpt.training.config import TrainingConfig


def export_run(run: RunDirectory, folder: Path, step: int | None = None) -> str | None:
    """Write a run's model at `step`, or at its best step, in Hugging Face's form.

    Returns:
        Why the tokenizer was left out; None if it is there.

    Raises:
        RunError: nothing is saved yet, or not at that step.
        CheckpointError: the weights are damaged.
        ConfigurationError: the model is no GPT-2, or the folder cannot be written.
    """
    opened = open_model(run, step=step)
    return export_model(opened.model, opened.tokenizer, folder)


WEIGHTS, SETTINGS, TOKENIZER = "model.pt", "config.json", "tokenizer.json"
"""The files of a folder for PyTorch."""


def export_state_dict(run: RunDirectory, folder: Path, step: int | None = None) -> None:
    """Write the weights of any run's model at `step`, or at its best step, for PyTorch alone.

    Beside them lie the settings, as in a run, and the tokenizer, both as JSON.

    Raises:
        RunError: nothing is saved yet, or not at that step.
        CheckpointError: the weights are damaged.
        ConfigurationError: the folder holds something or cannot be written.
    """
    opened = open_model(run, step=step)
    with new_folder(folder) as draft:
        encoded = state_dict_bytes(opened.model)
        write_atomically(draft / WEIGHTS, lambda file: file.write(encoded))
        write_json(draft / SETTINGS, run.config().to_dict())
        write_json(draft / TOKENIZER, opened.tokenizer.to_dict())


def import_checkpoint(
    store: RunStore, path: Path, name: str, *, text: str | None = None
) -> RunDirectory:
    """Make a finished run of nanoGPT's checkpoint. Its one checkpoint is step 0.

    Args:
        store: Where runs are.
        path: The checkpoint.
        name: What people call the run.
        text: What the model was trained on, where its tokens are characters.

    Raises:
        MiniGPTError: the checkpoint or its tokens cannot be used, or the run not be written.
    """
    return _made(store, import_nanogpt(path, text=text), path, name)


def import_run(store: RunStore, folder: Path, name: str) -> RunDirectory:
    """Make a finished run of a model in Hugging Face's form. Its one checkpoint is step 0.

    Raises:
        ConfigurationError: the model is none that can be built here.
        CheckpointError: its weights are missing or damaged.
        TokenizerError: its tokenizer is missing, damaged or another model's.
        RunError: the run cannot be written.
    """
    return _made(store, import_model(folder), folder, name)


def import_notes(run: RunDirectory) -> list[str]:
    """What was noted when a model became this run: what is not quite as it was there."""
    events = filter(None, map(Event.from_json, run.lines("events")))
    return [event.text for event in events][1:]


def _made(store: RunStore, imported: ImportedModel, source: Path, name: str) -> RunDirectory:
    run = store.create(_config(imported), name=name)
    with (
        explained(
            "The model could not be written to {path}: {reason}. Free some space and import "
            "it again.",
            kind=RunError,
            path=run.path,
        ),
        removed_on_failure(run.path),
    ):
        _fill(run, imported, source)
    return run


def _config(imported: ImportedModel) -> RunConfig:
    return RunConfig(
        corpus=CorpusConfig(name=UNKNOWN_CORPUS),
        tokenizer=TokenizerConfig(kind=imported.tokenizer.kind),
        model=imported.model.config,
        training=TrainingConfig(steps=1),
    )


def _fill(run: RunDirectory, imported: ImportedModel, origin: Path) -> None:
    run.write("tokenizer", imported.tokenizer.to_dict())
    source = origin.name or str(origin)
    for words in (Sentence("Imported from {source}", source=source), *imported.notes):
        run.append("events", Event(at=run.host.now(), text=words).to_json())
    save_checkpoint(run.weights, imported.model, step=0, validation_loss=None)
    state = WorkerState(
        phase="done",
        heartbeat=run.host.now(),
        step=0,
        steps=run.config().training.steps,
        parameters=imported.model.num_parameters,
        vocabulary_size=imported.tokenizer.vocabulary_size,
    )
    run.write("state", state.to_json())
    run.write("exit", Exit(outcome=str(Status.FINISHED), step=0, steps=state.steps).to_json())
