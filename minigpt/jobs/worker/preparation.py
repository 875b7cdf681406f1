"""From a run's settings to a trainer that is ready to go, or to go on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import torch

from minigpt.checkpoints.manifest import list_checkpoints, list_states
from minigpt.checkpoints.training_state import load_state
from minigpt.checkpoints.weights import load_weights
from minigpt.errors import CheckpointError, RunError
from minigpt.jobs.limits import Limits
from minigpt.jobs.worker.setup import open_text
from minigpt.models.build import build_model
from minigpt.models.language_model import LanguageModel
from minigpt.runs.config import RunConfig
from minigpt.runs.derive import progress_at_start
from minigpt.runs.directory import RunDirectory
from minigpt.shapes import TokenStream
from minigpt.tokenizers import LOADABLE, Tokenizer
from minigpt.training.batches import evaluation_batches
from minigpt.training.cost import EVALUATION_TOKENS_PER_BATCH, MOST_EVALUATION_TOKENS
from minigpt.training.distributed import World
from minigpt.training.trainer import Trainer, TrainingData


@dataclass(kw_only=True)
class Prepared:
    """All that training needs."""

    trainer: Trainer
    model: LanguageModel
    tokenizer: Tokenizer
    sample_prompt: Sequence[int]
    """The token ids that every sample continues."""
    characters_per_token: float
    """In the validation text."""
    notes: list[str] = field(default_factory=list)
    """What people should know about how it went."""


def prepare(run: RunDirectory, config: RunConfig, world: World) -> Prepared:
    """Text, tokenizer, model and trainer, restored to where the run stopped.

    Raises:
        MiniGPTError: the text, the settings or what was saved cannot work.
    """
    if config.compute.threads:
        torch.set_num_threads(config.compute.threads)
    text = open_text(run, config.corpus, world)
    tokenizer = _tokenizer(run, config, text.learning_text, world)
    tokens, validation = text.streams(tokenizer)
    data = TrainingData(
        tokens=tokens,
        evaluation=evaluation_batches(
            validation,
            context_length=config.model.context_length,
            tokens_per_batch=EVALUATION_TOKENS_PER_BATCH,
            largest=MOST_EVALUATION_TOKENS,
        ),
    )
    torch.manual_seed(config.seed)
    model = build_model(config.model, vocabulary_size=tokenizer.vocabulary_size)
    Limits.from_environment().require_size(config, vocabulary_size=tokenizer.vocabulary_size)
    trainer = Trainer(
        model, data, config.training, seed=config.seed, compute=config.compute, world=world
    )
    return Prepared(
        trainer=trainer,
        model=model,
        tokenizer=tokenizer,
        sample_prompt=_sample_prompt(tokenizer, data),
        characters_per_token=_characters_per_token(tokenizer, validation),
        notes=_restore(trainer, model, run, config),
    )


def _tokenizer(
    run: RunDirectory, config: RunConfig, text: Callable[[], str], world: World
) -> Tokenizer:
    """The one the run has already, or a new one made from its text."""
    try:
        return run.tokenizer()
    except RunError:
        tokenizer = LOADABLE[config.tokenizer.kind].train(
            text(), vocabulary_size=config.tokenizer.vocabulary_size
        )
    if world.is_first:
        run.write("tokenizer", tokenizer.to_dict())
    return tokenizer


def _restore(
    trainer: Trainer, model: LanguageModel, run: RunDirectory, config: RunConfig
) -> list[str]:
    """Bring back the newest good state; returns what people should know about it."""
    notes: list[str] = []
    for saved in reversed(list_states(run.weights)):
        try:
            trainer.restore(load_state(run.weights, saved))
            if config.start.kind == "fork" and saved.step == config.start.step:
                # It was made to go on, so the patience that its origin lost is there anew.
                trainer.progress = replace(trainer.progress, looks_since_best=0)
            return notes
        except CheckpointError as error:
            notes.append(f"{error.message} Going on from an earlier one.")
    if config.start.kind != "fresh":
        progress = progress_at_start(run, config.start)
        for checkpoint in list_checkpoints(run.weights):
            if checkpoint.step == progress.step:
                load_weights(run.weights, checkpoint, model)
                trainer.progress = progress
                return notes
        raise RunError("The weights that this run begins with are missing. Create it again.")
    return notes


def _sample_prompt(tokenizer: Tokenizer, data: TrainingData) -> list[int]:
    """A line break, after which anything may come; else whatever the text begins with."""
    if not tokenizer.unknown_characters("\n") and (ids := tokenizer.encode("\n")):
        return ids
    return [int(data.tokens[0])]


def _characters_per_token(tokenizer: Tokenizer, validation: TokenStream) -> float:
    some = validation[:MOST_EVALUATION_TOKENS].tolist()
    return len(tokenizer.decode(some)) / len(some)
