"""One training, from a run's settings to its end.

The one place where texts, tokenizers, models, training and files meet.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import torch

from minigpt.models.build import build_model
from minigpt.runs.config import RunConfig
from minigpt.runs.directory import RunDirectory
from minigpt.runs.recorder import Recorder
from minigpt.runs.texts import RunText, open_text
from minigpt.tokenizers import LOADABLE, Tokenizer
from minigpt.training.batches import evaluation_batches
from minigpt.training.trainer import TrainingData, train

EVALUATION_TOKENS_PER_BATCH = 8192
MOST_EVALUATION_TOKENS = 200_000


def train_run(run: RunDirectory, stop_pending: Callable[[], bool]) -> dict[str, Any]:
    """Train until the last step, or until `stop_pending` says so; returns how it ended.

    Raises:
        MiniGPTError: the text, the settings or the training itself cannot work. What was saved
            before stays good.
    """
    config = run.config()
    recorder, data = _prepare(run, config)
    recorder.event("Training began")
    try:
        for report in train(recorder.model, data, config.training, seed=config.seed):
            recorder.record(report)
            if stop_pending():
                recorder.event("Stopped on request", step=report.step)
                return recorder.finish("stopped")
    except Exception:
        with suppress(OSError):  # the disk may be what failed; the first error is the one to tell
            recorder.event("Failed")
            recorder.write_state("failed")
        raise
    recorder.event("Finished", step=report.step)
    return recorder.finish("finished")


def _prepare(run: RunDirectory, config: RunConfig) -> tuple[Recorder, TrainingData]:
    text = open_text(run, config.corpus)
    tokenizer = LOADABLE[config.tokenizer.kind].train(
        text.learning_text(), vocabulary_size=config.tokenizer.vocabulary_size
    )
    run.write("tokenizer", tokenizer.to_dict())
    data = _training_data(text, tokenizer, config)
    torch.manual_seed(config.seed)
    model = build_model(config.model, vocabulary_size=tokenizer.vocabulary_size)
    recorder = Recorder(
        run=run,
        config=config,
        model=model,
        tokenizer=tokenizer,
        sample_prompt=_sample_prompt(tokenizer, data),
    )
    return recorder, data


def _training_data(text: RunText, tokenizer: Tokenizer, config: RunConfig) -> TrainingData:
    tokens, validation = text.streams(tokenizer)
    return TrainingData(
        tokens=tokens,
        evaluation=evaluation_batches(
            validation,
            context_length=config.model.context_length,
            tokens_per_batch=EVALUATION_TOKENS_PER_BATCH,
            largest=MOST_EVALUATION_TOKENS,
        ),
    )


def _sample_prompt(tokenizer: Tokenizer, data: TrainingData) -> list[int]:
    """A line break, after which anything may come; else whatever the text begins with."""
    if not tokenizer.unknown_characters("\n") and (ids := tokenizer.encode("\n")):
        return ids
    return [int(data.tokens[0])]
