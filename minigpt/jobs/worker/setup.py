"""From a run's settings to a trainer that is ready to go, or to go on. Needs torch.

Equal settings and seeds give equal trainers; what was saved before is restored exactly.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import torch

from minigpt.checkpoints.foreign_tensors import require_stored
from minigpt.checkpoints.manifest import list_checkpoints, list_states
from minigpt.checkpoints.training_state import WEIGHTS, load_state
from minigpt.checkpoints.weights import load_weights
from minigpt.errors import CheckpointError, CorpusError, RunError
from minigpt.jobs.estimate.memory import (
    BASE_BYTES,
    FreeMemory,
    fits_memory,
    free_memory,
    require_memory,
)
from minigpt.jobs.estimate.token_counts import TokenCounts
from minigpt.jobs.limits import Limits
from minigpt.jobs.machine import cores
from minigpt.jobs.worker.frames import Probe, choose_probe
from minigpt.jobs.worker.threads import ThreadChooser, idle_cores
from minigpt.models.build import build_model
from minigpt.models.language_model import LanguageModel
from minigpt.reading.evaluation import judged_windows
from minigpt.reading.run_text import Streams, characters_per_token, open_text
from minigpt.runs.config import RunConfig
from minigpt.runs.directory import RunDirectory
from minigpt.runs.records.speed import row_at
from minigpt.runs.warm_start import progress_at_start
from minigpt.sentences import Sentence
from minigpt.tokenizers import Tokenizer
from minigpt.training.batches import Batch, Stretches
from minigpt.training.config import ComputeConfig
from minigpt.training.cost import MOST_EVALUATION_TOKENS, MOST_TRAINING_PART_TOKENS
from minigpt.training.distributed import World
from minigpt.training.precision import choose_device
from minigpt.training.progress import Progress
from minigpt.training.trainer import Trainer, TrainingData

COUNTED_TOKENS = 10_000_000
"""Of a longer text, the frequencies of tokens are those of its beginning."""
FREEING_SECONDS, FREEING_PAUSE_SECONDS = 5.0, 0.2


@dataclass(kw_only=True)
class PreparedTraining:
    """All that training needs."""

    trainer: Trainer
    model: LanguageModel
    tokenizer: Tokenizer
    sample_prompt: Sequence[int]
    """The token ids that every sample continues."""
    windows: Batch
    """Some of the validation text, always the same."""
    characters_per_token: float
    """In the validation text."""
    probe: Probe = field(default_factory=Probe)
    """The text of the film."""
    frequency_loss: float | None = None
    """Validation loss of knowing only how often each token occurs, in nats per token."""
    notes: list[str] = field(default_factory=list)
    """What people should know about how it went."""


def prepare_training(
    run: RunDirectory,
    config: RunConfig,
    world: World,
    *,
    free: FreeMemory = free_memory,
    freeing_seconds: float = FREEING_SECONDS,
) -> PreparedTraining:
    """Text, tokenizer, model and trainer, restored to where the run stopped.

    Nothing is built that needs more memory than `free` tells, unless whoever started the run
    said that it may; what an ending worker still holds is waited for `freeing_seconds`.

    Raises:
        MiniGPTError: the text, the settings or what was saved cannot work.
    """
    torch.set_num_threads(config.compute.threads or torch.get_num_threads())
    text = open_text(run, config.corpus, world)
    tokenizer = _tokenizer(run, config, text.learning_text, world)
    streams, unread = text.streams(tokenizer), partial(text.stretches, tokenizer)
    data, vocabulary_size = _data(config, streams, unread), tokenizer.vocabulary_size
    if world.is_first and not run.launch().exceed_memory:
        _require_memory(config, vocabulary_size, free, freeing_seconds)
    torch.manual_seed(config.seed)
    model = build_model(config.model, vocabulary_size=vocabulary_size)
    Limits.from_environment().require_size(config, vocabulary_size=vocabulary_size)
    trainer = _trainer(model, data, config, world)
    return PreparedTraining(
        trainer=trainer,
        model=model,
        tokenizer=tokenizer,
        sample_prompt=_sample_prompt(tokenizer, data),
        windows=data.evaluation[0],
        characters_per_token=characters_per_token(tokenizer, streams[1]),
        frequency_loss=_frequency_loss(streams, vocabulary_size),
        probe=choose_probe(model, tokenizer, streams[1], config.logging),
        notes=_restore(trainer, model, run, config),
    )


def _trainer(model: LanguageModel, data: TrainingData, config: RunConfig, world: World) -> Trainer:
    return Trainer(
        model, data, config.training, seed=config.seed, compute=config.compute, world=world,
        threads=_thread_chooser(config.compute),
    )  # fmt: skip


def _thread_chooser(compute: ComputeConfig) -> ThreadChooser | None:
    """What varies the threads of a run; nothing where their number was asked for or is built in.

    Compiled code holds the number that it was compiled for, and processes that share a training
    wait for the slowest of them.
    """
    is_fixed = compute.threads or compute.compile or compute.processes > 1
    if is_fixed or choose_device(compute).type != "cpu":
        return None
    return ThreadChooser(torch.get_num_threads(), first=idle_cores(cores()))


def _data(config: RunConfig, streams: Streams, find: Callable[[str], Stretches]) -> TrainingData:
    tokens, validation = streams
    windows = partial(judged_windows, context_length=config.model.context_length)
    judged = windows(validation, largest=MOST_EVALUATION_TOKENS)
    as_many = sum(batch.inputs.numel() for batch in judged)
    passage = config.training.never_read
    return TrainingData(
        tokens=tokens,
        evaluation=judged,
        unread=_with_rest(config, find(passage), len(tokens)) if passage else None,
        training_part=windows(tokens, largest=min(as_many, MOST_TRAINING_PART_TOKENS)),
    )


def _with_rest(config: RunConfig, unread: Stretches, tokens: int) -> Stretches:
    if not unread.free_starts(tokens, config.model.context_length):
        raise CorpusError(
            "Every window of {context_length} tokens of this text touches what is never to be "
            "read, so nothing is left to learn from. Choose a rarer passage or a shorter context.",
            field="training.never_read",
            context_length=config.model.context_length,
        )
    return unread


def _require_memory(
    config: RunConfig, vocabulary_size: int, free: FreeMemory, freeing_seconds: float
) -> None:
    # Of its text nothing is asked for: that is in memory by now, as is the process itself.
    text = TokenCounts(
        vocabulary_size=vocabulary_size, training_tokens=0, validation_tokens=0, characters=0
    )
    held = BASE_BYTES * config.compute.processes
    give_up = time.monotonic() + freeing_seconds
    # A worker starts the next run as its last act, and may still hold its own memory.
    while not fits_memory(config, text, free=free, held=held) and time.monotonic() < give_up:
        time.sleep(FREEING_PAUSE_SECONDS)
    require_memory(config, text, free=free, held=held)


def _tokenizer(
    run: RunDirectory, config: RunConfig, text: Callable[[], str], world: World
) -> Tokenizer:
    """The one the run has already, or a new one made from its text."""
    try:
        return run.tokenizer()
    except RunError:
        tokenizer = config.tokenizer.train(text())
    if world.is_first:
        run.write("tokenizer", tokenizer.to_dict())
    return tokenizer


def _shapes(model: LanguageModel) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


def _restore(
    trainer: Trainer, model: LanguageModel, run: RunDirectory, config: RunConfig
) -> list[str]:
    """Bring back the newest good state; returns what people should know about it."""
    notes: list[str] = []
    for saved in reversed(list_states(run.weights)):
        try:
            state = load_state(run.weights, saved)
            # Runs that were imported by an earlier version were not looked into.
            require_stored(run.weights / saved.file, _shapes(model), prefix=WEIGHTS)
            trainer.restore(state)
            # The trainer's clock began after its worker's, so it is behind what was written down.
            recorded = row_at(run.metric_rows(), saved.step).seconds or 0.0
            seconds = max(trainer.progress.seconds, recorded)
            trainer.progress = replace(trainer.progress, seconds=seconds)
            if config.start.kind == "fork" and saved.step == config.start.step:
                trainer.progress = _begun_anew(trainer.progress)
            return notes
        except CheckpointError as error:
            notes.append(Sentence("{reason} Going on from an earlier one.", reason=error.message))
    if config.start.kind != "fresh":
        progress = progress_at_start(run, config.start)
        for checkpoint in list_checkpoints(run.weights):
            if checkpoint.step == progress.step:
                load_weights(run.weights, checkpoint, model)
                trainer.progress = progress
                return notes
        raise RunError("The weights that this run begins with are missing. Create it again.")
    return notes


def _begun_anew(progress: Progress) -> Progress:
    """Of a fork: its patience is not what its origin had left, and its best is its own."""
    return replace(progress, evaluations_since_best=0, best_loss=None)


def _sample_prompt(tokenizer: Tokenizer, data: TrainingData) -> list[int]:
    """A line break, after which anything may come; else whatever the text begins with."""
    return tokenizer.line_break() or [int(data.tokens[0])]


def _frequency_loss(streams: Streams, vocabulary_size: int) -> float:
    tokens, validation = (stream[:COUNTED_TOKENS].long() for stream in streams)
    # One more of each, or a token that only the validation part has would cost infinitely much.
    counts = torch.bincount(tokens, minlength=vocabulary_size).double() + 1
    return -(counts / counts.sum()).log()[validation].mean().item()
