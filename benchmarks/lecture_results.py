"""Trains the models of the lectures that MiniGPT grew from, and compares their reported losses.

    python -m benchmarks.lecture_results [PRESET ...]

Each is trained from its preset on tiny Shakespeare, characters, and judged on the whole
validation split. Reported figures come from others' machines and seeds, so a loss counts as
reproduced if it is at most 0.03 above.
"""

import sys
import time
from dataclasses import dataclass

import torch

from minigpt.corpora import load_corpus
from minigpt.models.build import build_model
from minigpt.runs.presets import preset_named
from minigpt.tokenizers.character import CharacterTokenizer
from minigpt.training.batches import evaluation_batches
from minigpt.training.trainer import Trainer, TrainingData

ALLOWED_ABOVE = 0.03
TOKENS_PER_BATCH = 8192


@dataclass(frozen=True)
class Reported:
    """Losses in nats per character, as written down by the lecture's author."""

    train: float
    validation: float


REPORTED = {
    "bigram": Reported(2.5403, 2.5804),
    "single-head": Reported(2.3643, 2.4116),
    "multi-head": Reported(2.2181, 2.2773),
    "transformer": Reported(2.0859, 2.1728),
    "lecture-gpt": Reported(1.6633, 1.8200),
}


@dataclass(frozen=True)
class Measured:
    """What one training here gave; losses in nats per character."""

    parameters: int
    train: float
    validation: float
    seconds: float


def main(names: list[str]) -> int:
    """Print the table, one row as each model is done; returns 1 if any loss is too high."""
    print("| preset | parameters | reported train | ours | reported val | ours | seconds |  |")
    print("|---|---|---|---|---|---|---|---|")
    missed = 0
    for name in names or list(REPORTED):
        reported, ours = REPORTED[name], measure(name)
        holds = ours.validation <= reported.validation + ALLOWED_ABOVE
        missed += not holds
        print(
            f"| {name} | {ours.parameters:,} | {reported.train:.4f} | {ours.train:.4f} "
            f"| {reported.validation:.4f} | {ours.validation:.4f} | {ours.seconds:.0f} "
            f"| {'reproduced' if holds else 'missed'} |",
            flush=True,
        )
    return 1 if missed else 0


def measure(preset: str) -> Measured:
    """Train one preset to its end."""
    config = preset_named(preset).config
    corpus = load_corpus("tiny-shakespeare")
    tokenizer = CharacterTokenizer.train(corpus.text)
    torch.manual_seed(config.seed)
    model = build_model(config.model, vocabulary_size=tokenizer.vocabulary_size)
    data = TrainingData(
        tokens=torch.tensor(tokenizer.encode(corpus.training_text)),
        evaluation=evaluation_batches(
            torch.tensor(tokenizer.encode(corpus.validation_text)),
            context_length=config.model.context_length,
            tokens_per_batch=TOKENS_PER_BATCH,
            largest=len(corpus.validation_text),
        ),
    )
    began, recent = time.perf_counter(), list[float]()
    for report in Trainer(model, data, config.training, seed=config.seed).reports():
        # One batch's loss is noisy; the mean of the last 200 is what can be compared.
        if report.train_loss is not None:
            recent = [*recent[-199:], report.train_loss]
    assert report.validation_loss is not None
    return Measured(
        parameters=model.num_parameters,
        train=sum(recent) / len(recent),
        validation=report.validation_loss,
        seconds=time.perf_counter() - began,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
