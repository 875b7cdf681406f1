"""Copies of models that are taught one sentence, and what came of it: numbers that many share."""

import threading
from dataclasses import dataclass
from functools import partial

import streamlit as st
import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.errors import ConfigurationError, MiniGPTError
from minigpt.introspection.ablation import token_losses
from minigpt.introspection.one_step import (
    ArrayMovement,
    StepRule,
    array_movements,
    sentence_losses,
    teach_copy,
)
from minigpt.introspection.report_card import Interval, Tally
from minigpt.models.language_model import LanguageModel
from minigpt.runs.analysis.inside.texts import LONGEST_WINDOW, validation_windows
from minigpt.sentences import N_
from minigpt.shapes import Tokens
from ui.i18n import Later
from ui.services.inside.prediction import Key, ModelOnText
from ui.services.inside.tables import OfModel
from ui.services.models import require_numbers, trained_model
from ui.services.runs import store
from ui.services.work.ahead import AHEAD

LESSONS, UNSEEN, AT_ONCE = 128, 64, 2
"""How many results are kept, of how many models what they lose on unseen text, and how many copies
are taught at a time."""
MOST_PARAMETERS = 30_000_000
"""Of a model that is copied: its gradients and what AdamW remembers take as much three times."""
MOST_SCORES, FEWEST_TOKENS = 16_000_000, 8
"""Of a sentence, or of the windows that are read at once: 64 MB, and as much again a few times."""
FEWEST, MOST, WORK = 4, 32, 20_000_000_000
"""Validation windows: within these, as many as so many operations read."""
LIKELY = 20
"""Tokens of which is kept how likely they are; a vocabulary may have a million."""

_copies = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What a model was before some steps on a sentence, and what it is after them."""

    means: tuple[float, ...]
    """The loss of the sentence before, and after each step, in nats a token."""
    before: tuple[float, ...]
    """The loss of each token of the sentence but the first."""
    after: tuple[float, ...]
    likeliest: tuple[tuple[int, float], ...]
    """What it says afterwards at the place that was asked about: a few tokens, the likeliest first,
    with their probabilities."""
    moved: tuple[ArrayMovement, ...]
    validation: Interval | None
    """The loss on the run's validation text before; None where that text is not here."""
    forgotten: Interval | None
    """By how much it has risen since, on the same windows."""


def teach_sentence(
    model_on_text: ModelOnText, position: int, sentence: str, rule: StepRule, steps: int
) -> Lesson:
    """Teach a copy of a model a sentence.

    Raises:
        MiniGPTError: the model is too large to be copied, or the sentence cannot be learnt from.
    """
    return _lesson(model_on_text.key, position, sentence, rule, steps)


@st.cache_data(max_entries=LESSONS, show_spinner=Later(N_("Teaching a copy of the model …")))
def _lesson(key: Key, position: int, sentence: str, rule: StepRule, steps: int) -> Lesson:
    _root, run_id, step, _sha256, text = key
    trained = trained_model(run_id, step)
    model, encode = trained.model, trained.tokenizer.encode
    ids, read = torch.tensor([encode(sentence)]), torch.tensor([encode(text)])
    require_small_enough(model, ids.shape[1])
    with _copies:
        taken = teach_copy(model, ids, rule, steps=steps)
        first = next(taken)
        losses, pupil = [first.losses, *(one.losses for one in taken)], first.pupil
        with torch.inference_mode():
            losses.append(sentence_losses(pupil, ids).clone())
            logits = pupil(read[:, : position + 1])[0, -1]
        require_numbers(logits)
        validation, forgotten = _judged(key[:4], pupil)
        return Lesson(
            means=tuple(float(one.mean()) for one in losses),
            before=tuple(losses[0].tolist()),
            after=tuple(losses[-1].tolist()),
            likeliest=_likeliest(logits),
            moved=tuple(array_movements(model, pupil)),
            validation=validation,
            forgotten=forgotten,
        )


def _likeliest(logits: Float[Tensor, " V"]) -> tuple[tuple[int, float], ...]:
    found = logits.softmax(-1).topk(min(LIKELY, len(logits)))
    return tuple(zip(found.indices.tolist(), found.values.tolist(), strict=True))


def get_ready(model_on_text: ModelOnText) -> None:
    """Let be done, while the page stands, what every lesson of this model needs.

    Whoever asks for the first one before it is done waits for the rest of it, and no longer.
    """
    AHEAD.prepare({("lesson", *model_on_text.key[:4]): partial(_get_ready, model_on_text)})


def _get_ready(model_on_text: ModelOnText) -> None:
    torch.set_num_threads(1)  # of this thread; viewers leave the other cores alone
    model = trained_model(model_on_text.run_id, model_on_text.step).model
    if model.num_parameters <= MOST_PARAMETERS:
        # Torch loads a large part of itself when an optimizer is made for the first time.
        StepRule().optimizer(model).zero_grad()
        _unseen(model_on_text.key[:4])


def longest_lesson(model: LanguageModel) -> int:
    """How many tokens of a large vocabulary can be learnt from at once."""
    return max(FEWEST_TOKENS, MOST_SCORES // model.vocabulary_size)


def require_small_enough(model: LanguageModel, length: int = 0) -> None:
    """Refuse to teach a model what is too large for a machine that many share.

    Args:
        model: What is copied.
        length: Tokens of the sentence.

    Raises:
        ConfigurationError: it has too many parameters, or the sentence too many tokens.
    """
    if length > (most := longest_lesson(model)):
        raise ConfigurationError(
            "The sentence has {length:,} tokens. Each is scored against {vocabulary:,} others, so "
            "at most {most:,} can be taught at a time: shorten it.",
            length=length,
            vocabulary=model.vocabulary_size,
            most=most,
        )
    if model.num_parameters > MOST_PARAMETERS:
        raise ConfigurationError(
            "This model has {count:,} parameters; a copy with its gradients would take too much "
            "memory. Models of up to {most:,} can be taught here.",
            count=model.num_parameters,
            most=MOST_PARAMETERS,
        )


@dataclass(frozen=True)
class Unseen:
    """Pieces of a run's validation text, and the loss of a model on each."""

    windows: Tokens
    losses: Float[Tensor, " windows"]


# Shared and not copied for each visitor: nothing in it is ever changed.
@st.cache_resource(max_entries=UNSEEN, show_spinner=False)
def _unseen(of: OfModel) -> Unseen:
    _root, run_id, step, _sha256 = of
    trained = trained_model(run_id, step)
    model = trained.model
    length = min(model.context_length, LONGEST_WINDOW, longest_lesson(model))
    each = max(1, length * model.config.forward_flops(model.vocabulary_size))
    count = max(FEWEST, min(MOST, WORK // each))
    found = validation_windows(
        store().open(run_id), trained.tokenizer, length=length, windows=count
    )
    return Unseen(found, _window_losses(model, found))


def _judged(of: OfModel, pupil: LanguageModel) -> tuple[Interval | None, Interval | None]:
    """The loss on the windows before, and by how much it has risen since."""
    try:
        unseen = _unseen(of)
    except MiniGPTError:
        return None, None  # a model from elsewhere, or a text that is gone
    risen = _window_losses(pupil, unseen.windows) - unseen.losses
    return _tallied(unseen.losses), _tallied(risen)


def _window_losses(
    model: LanguageModel, windows: Tokens, *, most: int = MOST_SCORES
) -> Float[Tensor, " windows"]:
    at_once = max(1, most // (windows.shape[1] * model.vocabulary_size))
    with torch.inference_mode():
        losses = [
            token_losses(model(some[:, :-1]), some[:, 1:]).mean(-1)
            for some in torch.split(windows, at_once)
        ]
        return torch.cat(losses)


def _tallied(numbers: Float[Tensor, " windows"]) -> Interval:
    tally = Tally(())
    for number in numbers:
        tally.add(number)
    return tally.estimate
