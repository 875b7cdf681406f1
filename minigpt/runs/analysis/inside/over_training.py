"""What explains the model of a run, step by step: plain counting in its text, and its heads.

At each kept step the model reads the same pieces of validation text. How far what it expects is
from what counts of runs of one to five tokens say, tells which of them it is most like, and when it
went beyond all of them. Beside it stands where its heads look, as the report card measures it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from minigpt.checkpoints.manifest import list_checkpoints
from minigpt.corpora.counted_odds import counted_odds
from minigpt.errors import RunError
from minigpt.introspection.ablation import heads_shape
from minigpt.introspection.heads import FIRST_ROW
from minigpt.introspection.pairs.divergence import LogOdds, divergence, judged_log_odds
from minigpt.introspection.patterns import Pattern
from minigpt.introspection.report_card import SHARE_WINDOWS, looks
from minigpt.runs.analysis.head_report import punctuation
from minigpt.runs.analysis.inside.texts import LONGEST_WINDOW, validation_windows
from minigpt.runs.directory import RunDirectory
from minigpt.runs.trained_model import TrainedModel, open_model
from minigpt.shapes import Tokens
from minigpt.tokenizers import Tokenizer

LONGEST = 5
"""Tokens in the longest runs that are counted."""
MOST_STEPS = 40
MOST_ODDS, FEWEST_PLACES = 2_000_000, 100
"""A guess at one place is a number for each token of the vocabulary, for each way of counting."""
MOST_OPERATIONS = 2e11
"""For one step: some seconds of one core."""

HeadShares = tuple[tuple[float, ...], ...]
"""For each layer and head."""


@dataclass(frozen=True, kw_only=True)
class Yardstick:
    """What every step of a run is measured on."""

    texts: Tokens
    """Of validation text."""
    judged: Bool[Tensor, "B T"]
    """After which of their tokens predictions are compared."""
    came: Int[Tensor, " places"]
    """The tokens that came there."""
    counted: tuple[LogOdds, ...]
    """What an even guess expects there, then counts of single tokens, of runs of 2, and so on."""
    marks: Bool[Tensor, " V"]

    @property
    def losses(self) -> tuple[float, ...]:
        """What each way of counting loses there, in nats a token."""
        return tuple(self.loss_of(one) for one in self.counted)

    def loss_of(self, log_odds: LogOdds) -> float:
        """What somebody loses there, in nats a token."""
        return -float(log_odds.gather(-1, self.came[:, None]).double().mean())


@dataclass(frozen=True, kw_only=True)
class AtStep:
    """What is known of one kept step."""

    step: int
    loss: float
    """At the places that are compared, in nats a token."""
    distances: tuple[float, ...]
    """From an even guess, from counts of single tokens, of runs of 2, ...; in nats a token."""
    shares: Mapping[Pattern, HeadShares]
    """Of its attention, what each head gives to each kind of place; none without attention, and
    without kinds that the texts have no place of."""
    chances: Mapping[Pattern, float]
    """The same for a head that looks at all its past alike."""

    @property
    def nearest(self) -> int:
        """How long the runs are whose counts the model is most like; 0 for an even guess."""
        return min(range(len(self.distances)), key=lambda one: self.distances[one])


def steps_looked_at(run: RunDirectory) -> list[int]:
    """The kept steps; of very many, some evenly spread with the first and the last.

    Raises:
        RunError: nothing was kept yet.
    """
    steps = [one.step for one in list_checkpoints(run.weights)]
    if not steps:
        raise RunError("This run has saved no weights yet; wait for its first checkpoint.")
    chosen = np.linspace(0, len(steps) - 1, min(len(steps), MOST_STEPS)).round().astype(int)
    return [steps[place] for place in chosen]


def yardstick(run: RunDirectory, trained: TrainedModel) -> Yardstick:
    """Cut the texts, and count. A million characters take a second or two.

    Args:
        run: The one whose text is counted and read.
        trained: Its model, at any step.

    Raises:
        MiniGPTError: the run's text is not here, has changed, or is too short.
    """
    model, tokenizer = trained.model, trained.tokenizer
    length = min(model.context_length, LONGEST_WINDOW)
    affordable = int(MOST_OPERATIONS / (4 * model.num_parameters * length))
    windows = validation_windows(
        run, tokenizer, length=length, windows=max(2, min(SHARE_WINDOWS, affordable))
    )
    texts, size = windows[:, :-1], tokenizer.vocabulary_size
    judged = _places(texts, most=max(FEWEST_PLACES, MOST_ODDS // size))
    guesses = counted_odds(
        _training_ids(run, tokenizer), texts.numpy(), size, judged=judged.numpy(), longest=LONGEST
    )
    return Yardstick(
        texts=texts,
        judged=judged,
        came=windows[:, 1:][judged],
        counted=tuple(torch.from_numpy(np.log(odds)) for odds in guesses),
        marks=punctuation(tokenizer),
    )


def _places(texts: Tokens, *, most: int) -> Bool[Tensor, "B T"]:
    """At most so many, evenly spread; each has as much before it as the longest runs see."""
    judged = torch.zeros(texts.shape, dtype=torch.bool)
    judged[:, min(LONGEST - 2, texts.shape[1] - 1) :] = True
    there = judged.flatten().nonzero()[:, 0]
    if len(there) > most:
        judged[:] = False
        judged.view(-1)[there[torch.linspace(0, len(there) - 1, most).long()]] = True
    return judged


def _training_ids(run: RunDirectory, tokenizer: Tokenizer) -> Int[np.ndarray, " training"]:
    config = run.config().corpus
    corpus = config.load()
    config.require_same(corpus.sha256, title=corpus.title)
    return np.array(tokenizer.encode_known(tokenizer.known_form(corpus.training_text)))


def at_step(run: RunDirectory, step: int, on: Yardstick) -> AtStep:
    """Measure one kept step.

    Raises:
        MiniGPTError: it is not there, or its weights are damaged.
    """
    model = open_model(run, step=step).model
    log_odds = judged_log_odds(model, on.texts, on.judged)
    seen = None
    if heads_shape(model)[0] and on.texts.shape[1] > FIRST_ROW:
        seen = looks(model, on.texts, on.marks).shares
    known = {kind: one for kind, one in (seen or {}).items() if one.chance == one.chance}
    return AtStep(
        step=step,
        loss=on.loss_of(log_odds),
        distances=tuple(divergence(log_odds, one) for one in on.counted),
        shares={
            kind: tuple(tuple(layer) for layer in one.heads.tolist()) for kind, one in known.items()
        },
        chances={kind: one.chance for kind, one in known.items()},
    )


@dataclass(frozen=True, kw_only=True)
class Era:
    """A stretch of a training during which the model is most like one way of counting."""

    run_length: int
    first: int
    last: int
    """The kept steps at which it began and ended."""


def eras(found: Sequence[AtStep]) -> list[Era]:
    """What the model is most like, kept step after kept step."""
    told: list[Era] = []
    for one in found:
        if told and told[-1].run_length == one.nearest:
            told[-1] = Era(run_length=one.nearest, first=told[-1].first, last=one.step)
        else:
            told.append(Era(run_length=one.nearest, first=one.step, last=one.step))
    return told


def best_heads(found: Sequence[AtStep]) -> dict[Pattern, tuple[int, int]]:
    """For each kind of place the head that looks there most at the last step."""
    best: dict[Pattern, tuple[int, int]] = {}
    for kind, shares in (found[-1].shares if found else {}).items():
        table: Float[np.ndarray, "L H"] = np.array(shares)
        layer, head = np.unravel_index(int(table.argmax()), table.shape)
        best[kind] = int(layer), int(head)
    return best
