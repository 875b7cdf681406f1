"""Runs to and from other people's programs: a run's model as a folder, a folder as a run."""

import shutil
import time
from pathlib import Path

from minigpt.checkpoints.weights import save_checkpoint
from minigpt.errors import RunError
from minigpt.interop.huggingface import ImportedModel, export_model, import_model
from minigpt.runs.config import CorpusConfig, RunConfig, TokenizerConfig
from minigpt.runs.directory import RunDirectory
from minigpt.runs.records import Event, Exit, WorkerState
from minigpt.runs.status import Status
from minigpt.runs.store import RunStore
from minigpt.runs.trained_model import open_model
from minigpt.sentences import Sentence
from minigpt.tokenizers.imported import ImportedTokenizer
from minigpt.training.config import TrainingConfig

UNKNOWN_CORPUS = "imported"
"""What an imported run has for its text: nobody knows which it was."""


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


def import_run(store: RunStore, folder: Path, name: str) -> RunDirectory:
    """Make a finished run of a model in Hugging Face's form. Its one checkpoint is step 0.

    Raises:
        ConfigurationError: the model is none that can be built here.
        CheckpointError: its weights are missing or damaged.
        TokenizerError: its tokenizer is missing, damaged or another model's.
        RunError: the run cannot be written.
    """
    imported = import_model(folder)
    run = store.create(_config(imported), name=name)
    try:
        _fill(run, imported, folder)
    except BaseException as error:
        shutil.rmtree(run.path, ignore_errors=True)
        if isinstance(error, OSError):
            raise RunError(
                "The model could not be written to {path}: {reason}. Free some space and import "
                "it again.",
                path=run.path,
                reason=error.strerror,
            ) from error
        raise
    return run


def _config(imported: ImportedModel) -> RunConfig:
    return RunConfig(
        corpus=CorpusConfig(name=UNKNOWN_CORPUS),
        tokenizer=TokenizerConfig(kind=ImportedTokenizer.kind),
        model=imported.model.config,
        training=TrainingConfig(steps=1),
    )


def _fill(run: RunDirectory, imported: ImportedModel, folder: Path) -> None:
    run.write("tokenizer", imported.tokenizer.to_dict())
    source = folder.name or str(folder)
    run.append(
        "events",
        Event(at=time.time(), text=Sentence("Imported from {source}", source=source)).to_json(),
    )
    save_checkpoint(run.weights, imported.model, step=0, validation_loss=None)
    state = WorkerState(
        phase="done",
        heartbeat=time.time(),
        step=0,
        steps=run.config().training.steps,
        parameters=imported.model.num_parameters,
        vocabulary_size=imported.tokenizer.vocabulary_size,
    )
    run.write("state", state.to_json())
    run.write("exit", Exit(outcome=str(Status.FINISHED), step=0, steps=state.steps).to_json())
