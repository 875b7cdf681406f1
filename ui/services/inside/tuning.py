"""Copies of a model that go on learning from a visitor's text: one computation for all who ask."""

import copy
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from minigpt.checkpoints.manifest import Checkpoint
from minigpt.lessons.playing import tuned as outcomes
from minigpt.lessons.playing.fine_tuning import (
    EVERY,
    FinishedTuning,
    StepLosses,
    Texts,
    fine_tuning,
    finish_tuning,
    split_new_text,
)
from minigpt.lessons.playing.tuned import ContinuationPair, own_writing
from minigpt.models.language_model import LanguageModel
from minigpt.runs.directory import choose_checkpoint
from minigpt.runs.trained_model import TrainedModel
from minigpt.shapes import TokenStream
from ui.services.inside.teaching import require_small_enough
from ui.services.models import SizedCache, trained_model
from ui.services.runs import store
from ui.services.work.pieces import Pieces

COURSES_BYTES = 128_000_000
"""Of all copies that are kept for whoever asks for the same."""
BYTES_PER_PARAMETER, WHILE_LEARNING = 4, 3
"""A copy that learns has its gradients and what AdamW remembers, besides its weights."""
MOST_STEPS = 40
"""How long a copy can go on learning."""
Stage = tuple[StepLosses, LanguageModel]
"""The losses after a step, and the copy as it was then."""

_courses: SizedCache[Pieces[Stage]] = SizedCache(COURSES_BYTES)
_writings: SizedCache[TokenStream] = SizedCache(1_000_000)
_partings: SizedCache[ContinuationPair] = SizedCache(1_000_000)


def fine_tuned(
    run_id: str,
    text: str,
    *,
    rate: float,
    steps: int,
    seed: int,
    rehearsing: bool = False,
    tell: Callable[[float], None],
) -> FinishedTuning:
    """A copy of a model after some steps on a text, and how it came there.

    Who asks for fewer steps sees the beginning of what who asks for more sees.

    Args:
        run_id: Whose model.
        text: The new text.
        rate: The learning rate.
        steps: How many, a multiple of `EVERY`; at most `MOST_STEPS`.
        seed: Of the windows that are drawn.
        rehearsing: Whether half of each batch is what the model wrote itself before.
        tell: Called with how far it is, from 0 to 1, while it is computed.

    Raises:
        MiniGPTError: the model is too large to be copied, or the text too short or long.
    """
    chosen = choose_checkpoint(store().open(run_id), None)
    trained = trained_model(run_id, None)
    require_small_enough(trained.model)
    read = split_new_text(trained.tokenizer, text)
    course = _courses.get(
        (chosen.sha256, text, rate, seed, rehearsing),
        _bytes(trained.model),
        lambda: Pieces(lambda: _learning(trained, chosen, read, rehearsing, rate=rate, seed=seed)),
    )
    found = []
    for measured, pupil in islice(course, min(steps, MOST_STEPS) // EVERY + 1):
        found.append(measured)
        learnt = pupil
        tell(measured.step / steps)
    return finish_tuning(found, learnt, read.unread)


def _bytes(model: LanguageModel) -> int:
    copies = MOST_STEPS // EVERY + 1 + WHILE_LEARNING
    return BYTES_PER_PARAMETER * model.num_parameters * copies


def _learning(
    trained: TrainedModel, chosen: Checkpoint, read: Texts, rehearsing: bool, **options: Any
) -> Iterator[Stage]:
    rehearsed = _own_writing(trained, chosen) if rehearsing else None
    for measured, pupil in fine_tuning(
        trained.model, read, steps=MOST_STEPS, rehearsed=rehearsed, **options
    ):
        yield measured, copy.deepcopy(pupil)  # which goes on learning


def _own_writing(trained: TrainedModel, chosen: Checkpoint) -> TokenStream:
    def write() -> TokenStream:
        return own_writing(trained.model, trained.tokenizer)

    return _writings.get((chosen.sha256,), 16_000, write)


def write_before_and_after(
    run_id: str, learnt: FinishedTuning, key: tuple[object, ...], prompt: str, luck: int
) -> ContinuationPair:
    """What a model writes before and after it was fine-tuned, written once for all who ask.

    Args:
        run_id: Whose model.
        learnt: The copy.
        key: What tells this copy from other copies of the model.
        prompt: Where both begin.
        luck: The seed of what both draw.

    Raises:
        MiniGPTError: the model does not know all characters of the prompt.
    """
    chosen = choose_checkpoint(store().open(run_id), None)
    trained = trained_model(run_id, None)

    def write() -> ContinuationPair:
        return outcomes.continue_both(trained.model, learnt.model, trained.tokenizer, prompt, luck)

    return _partings.get((chosen.sha256, *key, prompt, luck), 1_000, write)
