"""The reading log: at which steps a place of the training text was in a batch.

A step's batch follows from the seed and the step alone (`minigpt.training.batches`), so what was
drawn years ago can be drawn again. It is the same batch however many pieces or processes it was
computed in, and after every pause. A fork has the steps of the run it comes from; fine-tuning
follows all of the other run's steps.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Int

from minigpt.errors import MiniGPTError
from minigpt.runs.config import CorpusConfig, RunConfig
from minigpt.runs.directory import RunDirectory
from minigpt.runs.store import RunStore
from minigpt.sentences import N_, Sentence
from minigpt.training.batches import batch_generator, window_starts

MOST_ANCESTORS = 20
MOST_WINDOWS = 5_000_000
"""That are drawn again for one log, of 4 bytes each."""
MOST_STEPS = 500_000
"""Whose batches are drawn again: a second for 30,000, however small they are."""

OTHER_TEXT = N_("the {steps:,} steps of {run}, which learnt from another text")
GONE = N_("the {steps:,} steps of {run}, which is not here any more")


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Steps of one run, all drawn in the same way from the same text."""

    run: str
    first: int
    last: int
    """The last step that counts; below `first` if none does."""
    seed: int
    batch_size: int
    context_length: int

    @property
    def steps(self) -> int:
        """How many."""
        return max(0, self.last - self.first + 1)


@dataclass(frozen=True)
class History:
    """All steps that made a model what it is, as far as they can be drawn again."""

    stretches: tuple[Stretch, ...]
    """The earliest first."""
    unknown: tuple[Sentence, ...] = ()
    """Steps whose batches cannot be drawn again or were of another text, in words."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One step in whose batch a place was."""

    run: str
    step: int
    whole: int
    """Windows that had all of the place."""
    part: int
    """Windows that had some of it only."""


def history(run: RunDirectory, store: RunStore, *, step: int) -> History:
    """The steps behind the model that a run had at a step.

    Raises:
        MiniGPTError: the run's settings cannot be read.
    """
    stretches: list[Stretch] = []
    unknown: list[Sentence] = []
    config, name, until = run.config(), run.id, step
    text = config.corpus
    for _ in range(MOST_ANCESTORS):
        start = config.start
        first = (start.step or 0) + 1 if start.kind == "fork" else 1
        if not _is_same_text(config.corpus, text):
            unknown.append(Sentence(OTHER_TEXT, steps=max(0, until - first + 1), run=name))
        elif until >= first:
            stretches.insert(0, _stretch(config, name, first, until))
        if start.kind == "fresh" or not start.step:
            break
        name, until = start.run, start.step
        try:
            config = store.open(name).config()
        except MiniGPTError:
            unknown.append(Sentence(GONE, steps=until, run=name))
            break
    return History(tuple(stretches), tuple(unknown))


def _is_same_text(one: CorpusConfig, other: CorpusConfig) -> bool:
    if one.validation != other.validation:
        return False
    return one.sha256 == other.sha256 and bool(
        one.sha256 or (one.name, one.path) == (other.name, other.path)
    )


def _stretch(config: RunConfig, run: str, first: int, last: int) -> Stretch:
    return Stretch(
        run=run,
        first=first,
        last=last,
        seed=config.seed,
        batch_size=config.training.batch_size,
        context_length=config.model.context_length,
    )


class ReadingLog:
    """Every window that a model was trained on, drawn again; then places are looked up at once."""

    def __init__(
        self,
        past: History,
        *,
        total_tokens: int,
        most_windows: int = MOST_WINDOWS,
        most_steps: int = MOST_STEPS,
    ) -> None:
        """Draw the batches again: about a second for 30,000 steps.

        Args:
            past: The steps.
            total_tokens: Of the whole training part.
            most_windows: More than so many are not drawn.
            most_steps: Nor those of more steps, however small their batches.

        Raises:
            MiniGPTError: there are too many windows or steps to draw them here.
        """
        windows = sum(stretch.steps * stretch.batch_size for stretch in past.stretches)
        if windows > most_windows:
            raise MiniGPTError(
                "This model was trained on {windows:,} windows of text; the reading log draws at "
                "most {most:,} again. Look at an earlier step.",
                windows=windows,
                most=most_windows,
            )
        if (steps := sum(stretch.steps for stretch in past.stretches)) > most_steps:
            raise MiniGPTError(
                "This model was trained for {steps:,} steps; the reading log draws the batches of "
                "at most {most:,} again. Look at an earlier step.",
                steps=steps,
                most=most_steps,
            )
        self.history = past
        self._starts = [_drawn(stretch, total_tokens) for stretch in past.stretches]

    def readings(self, first: int, last: int) -> list[Reading]:
        """The steps whose batches had tokens from `first` to the one before `last`, in order."""
        return [
            reading
            for stretch, starts in zip(self.history.stretches, self._starts, strict=True)
            for reading in _of_stretch(stretch, starts, first, last)
        ]

    def readings_of_any(
        self, firsts: Int[np.ndarray, " places"], lasts: Int[np.ndarray, " places"]
    ) -> list[Reading]:
        """The steps whose batches had any of some places, however many these are, in order.

        A window counts once: as one that had all of a place, or else of a part of one.

        Args:
            firsts: Of each place its first token; rising.
            lasts: The one after its last; rising.
        """
        return [
            reading
            for stretch, starts in zip(self.history.stretches, self._starts, strict=True)
            for reading in _of_any(stretch, starts, firsts, lasts)
        ]

    @property
    def steps(self) -> int:
        """That were drawn again."""
        return sum(stretch.steps for stretch in self.history.stretches)

    @property
    def windows(self) -> int:
        """Of all those steps."""
        return sum(starts.size for starts in self._starts)


def _drawn(stretch: Stretch, total_tokens: int) -> Int[np.ndarray, "steps B"]:
    starts = torch.empty(stretch.steps, stretch.batch_size, dtype=torch.int32)
    for row, step in enumerate(range(stretch.first, stretch.last + 1)):
        starts[row] = window_starts(
            total_tokens,
            batch_size=stretch.batch_size,
            context_length=stretch.context_length,
            generator=batch_generator(stretch.seed, step),
        )
    return starts.numpy()


def _of_stretch(
    stretch: Stretch, starts: Int[np.ndarray, "steps B"], first: int, last: int
) -> Iterator[Reading]:
    # A window has one token more than the context: its last target.
    ends = starts.astype(np.int64) + stretch.context_length + 1
    touched = (starts < last) & (ends > first)
    whole = (starts <= first) & (ends >= last)
    yield from _by_step(stretch, touched, whole)


def _of_any(
    stretch: Stretch,
    starts: Int[np.ndarray, "steps B"],
    firsts: Int[np.ndarray, " places"],
    lasts: Int[np.ndarray, " places"],
) -> Iterator[Reading]:
    ends = starts.astype(np.int64) + stretch.context_length + 1
    # Places are in order, so those that a window touches, or has all of, follow each other.
    touched = np.searchsorted(lasts, starts, "right") < np.searchsorted(firsts, ends, "left")
    whole = np.searchsorted(firsts, starts, "left") < np.searchsorted(lasts, ends, "right")
    yield from _by_step(stretch, touched, whole)


def _by_step(
    stretch: Stretch, touched: Bool[np.ndarray, "steps B"], whole: Bool[np.ndarray, "steps B"]
) -> Iterator[Reading]:
    for row in np.flatnonzero(touched.any(axis=1)):
        inside = int(whole[row].sum())
        part = int(touched[row].sum()) - inside
        yield Reading(stretch.run, stretch.first + int(row), inside, part)


def in_words(readings: list[Reading], past: History) -> Sentence:
    """How often a place was read, and when first and last."""
    whole = [reading for reading in readings if reading.whole]
    steps = sum(stretch.steps for stretch in past.stretches)
    if whole:
        template = N_(
            "Of {steps:,} steps, {whole:,} had all of this place in their batch, the first at step "
            "{first:,}, the last at step {last:,}; {part:,} more had a part of it."
        )
        return Sentence(
            template,
            steps=steps,
            whole=len(whole),
            first=whole[0].step,
            last=whole[-1].step,
            part=len(readings) - len(whole),
        )
    if readings:
        return Sentence(
            "None of {steps:,} steps had all of this place in its batch; {part:,} had a part of "
            "it, the last at step {last:,}.",
            steps=steps,
            part=len(readings),
            last=readings[-1].step,
        )
    return Sentence(
        "This place was never read: it was in no batch of {steps:,} steps.", steps=steps
    )
