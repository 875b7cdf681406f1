"""Texts that visitors let models write; those of one model grow together, a step for all."""

import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from weakref import WeakKeyDictionary, WeakValueDictionary

from minigpt.models.language_model import LanguageModel
from minigpt.runs.trained_model import TrainedModel, has_ended, require_sensible
from minigpt.sampling.decoder import require_prompt
from minigpt.sampling.distribution import SamplingConfig
from minigpt.sampling.generate import Continuation
from minigpt.sampling.key_value_cache import kept_bytes
from minigpt.sampling.linear_maps import ROWS
from minigpt.sampling.shared import SharedContinuations
from ui.services.generation.turns import Turns, Waiting, by_turns

MOST_TEXTS_AT_ONCE = 32
"""Of one model; they grow together, a step for all at a time."""
TEXTS_BYTES = 256_000_000
"""For what is kept of them between steps."""
TOKENS_A_TURN = 256
"""Few texts are longer; whoever writes a longer one lets others in, if there are any waiting."""
WAIT_SECONDS = 0.5
"""How often whoever waits is told where they stand, and whether they pressed Stop is noticed."""


def start_text(
    trained: TrainedModel,
    prompt: str,
    sampling: SamplingConfig,
    *,
    seed: int,
    picks: Mapping[int, int] | None = None,
) -> Continuation:
    """A text of which only the beginning is there.

    Raises:
        MiniGPTError: the prompt has unknown characters, or is empty and the model knows no line
            break to begin after.
    """
    ids = trained.prompt_ids(prompt)
    require_prompt(ids)
    return Continuation(tuple(ids), sampling, seed, picks=picks or {})


def grow_texts(
    trained: TrainedModel, texts: Sequence[Continuation], *, tokens: int, stop: Sequence[str] = ()
) -> Generator[int | Waiting, None, None]:
    """Let texts grow to so many tokens each, or to a stop string, all by one token at a time.

    Yields:
        After each step, how many have been taken; in between, how many others are before these.

    Raises:
        ConfigurationError: at once, if a stop string is empty.
    """
    require_sensible(tokens, [text.seed for text in texts], stop)
    writers = writers_of(trained.model)
    return by_turns(
        writers.turns,
        _steps(trained, writers.texts, texts, tokens, stop),
        count=max(tokens - len(text.drawn) for text in texts),
        length=TOKENS_A_TURN,
        patience=WAIT_SECONDS,
        places=len(texts),
    )


def _steps(
    trained: TrainedModel,
    shared: SharedContinuations,
    texts: Sequence[Continuation],
    tokens: int,
    stop: Sequence[str],
) -> Iterator[int]:
    growing, taken = [text for text in texts if len(text.drawn) < tokens], 0
    while growing:
        read = {text: len(text.drawn) for text in growing}
        with ExitStack() as leaving:  # between turns no text grows
            draws = {
                text: leaving.enter_context(closing(shared.draw(text, _share(text, tokens))))
                for text in growing
            }
            for _step in range(TOKENS_A_TURN):
                for text, draw in list(draws.items()):
                    next(draw)
                    read[text] += 1
                    # Others who write may have let it grow further than was read here.
                    here = text.drawn[: read[text]]
                    if len(here) == tokens or has_ended(trained, text.prompt, here, stop):
                        draws.pop(text).close()
                        del text.drawn[len(here) :]
                taken += 1
                yield taken
                if not draws:
                    break
            growing = list(draws)


def _share(text: Continuation, tokens: int) -> int:
    return min(TOKENS_A_TURN, tokens - len(text.drawn))


def write_text(
    trained: TrainedModel, prompt: str, sampling: SamplingConfig, *, tokens: int, seed: int
) -> Iterator[str | Waiting]:
    """The continuation so far, once a token; in between, how many others are before it.

    Raises:
        MiniGPTError: at once, if the prompt has unknown characters, or is empty and the model
            knows no line break to begin after.
    """
    text = start_text(trained, prompt, sampling, seed=seed)
    return _told(trained, text, grow_texts(trained, [text], tokens=tokens))


def _told(
    trained: TrainedModel, text: Continuation, steps: Generator[int | Waiting, None, None]
) -> Iterator[str | Waiting]:
    with closing(steps):
        for step in steps:
            if isinstance(step, Waiting):
                yield step
            else:
                yield trained.continuation(text.prompt, [one.id for one in text.drawn[:step]])


@dataclass(frozen=True)
class Writers:
    """Those who let one model write: their texts, which grow together, and the line for a place."""

    texts: SharedContinuations
    turns: Turns


_turns: WeakKeyDictionary[LanguageModel, Turns] = WeakKeyDictionary()
# Texts hold their model, which so would never be forgotten: they are there while somebody writes,
# and as long no other object has the model's id.
_texts: WeakValueDictionary[int, SharedContinuations] = WeakValueDictionary()
_writers_lock = threading.Lock()


def writers_of(
    model: LanguageModel, *, most: int = MOST_TEXTS_AT_ONCE, most_bytes: int = TEXTS_BYTES
) -> Writers:
    """Those of a model; as many at once as its memory for them allows.

    The bounds are those of whoever asks for its writers first.
    """
    with _writers_lock:
        if (turns := _turns.get(model)) is None:
            one = kept_bytes(model, texts=ROWS, length=model.context_length) // ROWS
            places = max(1, min(most, most_bytes // max(1, one)))
            turns = _turns[model] = Turns(places)
        if (texts := _texts.get(id(model))) is None:
            texts = _texts[id(model)] = SharedContinuations(model)
        return Writers(texts, turns)
